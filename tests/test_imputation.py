"""Multiple imputation: pooling as in R mice; imputed values are values that were given, and bring the truth back."""

import numpy as np
from numpy.testing import assert_allclose

import reference
from b2bsurvey.statistics.imputation import impute, pool


def test_pooling_equals_mice():
    expected = reference.value("quality", "rubin_pool")
    found = pool(np.array(expected["q"])[:, None], np.array(expected["u"])[:, None], complete_df=571 - 2)
    assert_allclose(found.estimate[0], expected["qbar"], rtol=1e-12)
    assert_allclose(found.std_error[0] ** 2, expected["t"], rtol=1e-9)
    assert_allclose(found.df[0], expected["df"], rtol=1e-9)
    assert_allclose(found.fmi[0], expected["fmi"], rtol=1e-9)


def test_without_missing_values_pooling_is_the_estimate_itself():
    found = pool(np.tile([1.0, 2.0], (5, 1)), np.tile([0.04, 0.09], (5, 1)), complete_df=100)
    assert_allclose(found.std_error, [0.2, 0.3])
    assert_allclose(found.fmi, 0)


def test_regression_after_imputation_agrees_with_mice():
    """mice imputes by chance: its estimates lie within two of its own standard errors of ours."""
    expected = reference.value("quality", "mice.pmm.pool")
    data = reference.data("bfi")[["N1", "N2", "N3", "N4", "N5", "age", "gender"]].to_numpy(float)
    estimates, variances = [], []
    for filled in impute(data, 10, seed=1):
        x = np.column_stack([np.ones(len(filled)), filled[:, 1:]])
        inverse = np.linalg.inv(x.T @ x)
        b = inverse @ x.T @ filled[:, 0]
        residual = filled[:, 0] - x @ b
        estimates.append(b)
        variances.append(np.diagonal(inverse) * (residual @ residual) / (len(x) - 7))
    found = pool(estimates, variances, len(data) - 7)
    se = np.array(expected["se"])
    assert (np.abs(found.estimate - expected["estimate"]) < 0.5 * se).all()
    assert_allclose(found.std_error, se, rtol=0.05)


def test_imputed_values_were_given_by_somebody_and_the_rest_stays():
    rng = np.random.default_rng(1)
    data = rng.integers(1, 6, (200, 4)).astype(float)
    data[rng.random((200, 4)) < 0.1] = np.nan
    for filled in impute(data, 3, seed=2):
        assert np.isfinite(filled).all()
        assert_allclose(filled[np.isfinite(data)], data[np.isfinite(data)])
        assert set(np.unique(filled)) <= {1, 2, 3, 4, 5}


def test_the_order_of_rows_plays_no_part():
    rng = np.random.default_rng(1)
    data = rng.normal(size=(80, 3))
    data[rng.random((80, 3)) < 0.2] = np.nan
    order = rng.permutation(80)
    assert_allclose(impute(data[order], 2, seed=5), impute(data, 2, seed=5)[:, order])


def test_imputation_takes_the_bias_of_listwise_deletion_away():
    """x2 is missing where x1 is large: its mean among the complete is too small, among the imputed right."""
    rng = np.random.default_rng(4)
    x1 = rng.normal(size=3000)
    x2 = 0.8 * x1 + 0.6 * rng.normal(size=3000)
    data = np.column_stack([x1, np.where(rng.random(3000) < 1 / (1 + np.exp(-2 * x1)), np.nan, x2)])
    listwise = np.nanmean(data[:, 1])
    imputed = np.mean([filled[:, 1].mean() for filled in impute(data, 10, seed=1)])
    assert listwise < -0.3
    assert abs(imputed - x2.mean()) < 0.06


def test_columns_that_help_nothing():
    data = np.array([[1.0, np.nan, 2.0]] * 6 + [[np.nan, np.nan, 2.0]])
    filled = impute(data, 2, seed=1)
    assert_allclose(filled[:, :, 0], 1.0)
    assert np.isnan(filled[:, :, 1]).all()
