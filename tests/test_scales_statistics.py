"""Reliability, validity and factor structure against R (psych, lavaan, semTools), and where they have no answer."""

from itertools import product

import numpy as np
import pingouin as pg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from statsmodels.multivariate.factor import Factor

import reference
from b2bsurvey.statistics import common_method, confirmatory, factor_analysis
from b2bsurvey.statistics import reliability as rel

EXACT = {"rtol": 1e-9, "atol": 1e-12}
REVERSED = ("A1", "C4", "C5", "E1", "E2", "O2", "O5")
ITEMS = [f"{scale}{i}" for scale in "ACENO" for i in range(1, 6)]
OF_25 = [i // 5 for i in range(25)]


def items(scale):
    data = reference.data("bfi")[[f"{scale}{i}" for i in range(1, 6)]]
    return data.apply(lambda column: 7 - column if column.name in REVERSED else column).to_numpy(float)


def all_items():
    return reference.data("bfi")[ITEMS].dropna().to_numpy(float)


def simulated(n=200, seed=1, k=6):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, 1)) + rng.normal(size=(n, k))


@pytest.mark.parametrize("scale", list("ACENO"))
def test_alpha_equals_psych(scale):
    expected = reference.value("scales", f"alpha.bfi_{scale}.complete")
    found = rel.reliability(items(scale))
    assert found.n == expected["n"]
    for name, key in (("alpha", "raw_alpha"), ("low", "feldt_lower"), ("high", "feldt_upper")):
        assert_allclose(getattr(found, name), expected[key], **EXACT)
    assert_allclose(found.standardised, expected["std_alpha"], **EXACT)
    assert_allclose(found.mean_correlation, expected["average_r"], **EXACT)
    for name, key in (("if_dropped", "alpha_drop"), ("item_rest", "r_drop"), ("item_total", "raw_r")):
        assert_allclose(getattr(found, name), list(expected[key].values()), **EXACT)


@pytest.mark.parametrize("scale", list("ACENO"))
def test_pairwise_alpha_equals_psych(scale):
    expected = reference.value("scales", f"alpha.bfi_{scale}.pairwise")
    alpha = rel.alpha_of(rel.pairwise_covariance(items(scale)))
    assert_allclose(alpha, expected["raw_alpha"], **EXACT)
    interval = rel.feldt_interval(alpha, expected["n"], 5)
    assert_allclose(interval, (expected["feldt_lower"], expected["feldt_upper"]), **EXACT)


@given(st.integers(0, 10_000), st.integers(2, 8), st.integers(5, 60))
@settings(max_examples=40)
def test_alpha_equals_pingouin_and_ignores_the_order_of_rows(seed, k, n):
    rng = np.random.default_rng(seed)
    data = rng.integers(1, 6, (n, k)) + rng.integers(0, 3, (n, 1))
    found = rel.reliability(data)
    if found.note:
        assert (np.ptp(data, axis=0) == 0).any()
        return
    import pandas as pd

    assert_allclose(found.alpha, pg.cronbach_alpha(pd.DataFrame(data))[0], **EXACT)
    assert_allclose(rel.reliability(rng.permutation(data)).alpha, found.alpha, rtol=1e-12)


@pytest.mark.parametrize("scale", list("CENO"))
def test_omega_and_ave_equal_lavaan(scale):
    expected = reference.value("scales", f"omega_cfa.bfi_{scale}")
    found = confirmatory.confirm(items(scale), [0] * 5)
    standardised = found.standardised[:, 0]
    assert_allclose(standardised, expected["std_loadings"], atol=1e-5)
    omega = rel.omega_total(found.loadings[:, 0], found.residual_variances)
    assert_allclose(omega, expected["omega_unstd"], atol=1e-5)
    assert_allclose(rel.omega_total(standardised, 1 - standardised**2), expected["omega_std"], atol=1e-5)
    assert_allclose(rel.average_variance_extracted(standardised), expected["AVE_std"], atol=1e-5)


@pytest.mark.parametrize("scale", list("CENO"))
def test_omega_of_one_explored_factor_equals_psych(scale):
    expected = reference.value("scales", f"omega1.bfi_{scale}")
    loadings = factor_analysis.explore(items(scale), 1).loadings[:, 0]
    assert_allclose(loadings, expected["ml_loadings"], atol=1e-4)
    assert_allclose(rel.omega_total(loadings, 1 - loadings**2), expected["omega_total_ml_std"], atol=1e-4)


def test_confirmatory_model_equals_lavaan():
    expected = reference.value("scales", "cfa.bfi.ml")
    found = confirmatory.confirm(all_items(), OF_25)
    names = {"chi2": "chisq", "df": "df", "cfi": "cfi", "tli": "tli", "rmsea": "rmsea", "srmr": "srmr"}
    names |= {"rmsea_low": "rmsea.ci.lower", "rmsea_high": "rmsea.ci.upper", "aic": "aic", "bic": "bic"}
    names |= {"log_likelihood": "logl", "parameters": "npar"}
    for ours, theirs in names.items():
        assert_allclose(getattr(found, ours), expected["fit"][theirs], rtol=1e-5, err_msg=ours)
    loadings = [
        (e, s) for op, e, s in zip(*(expected["std"][k] for k in ("op", "est", "se")), strict=True) if op == "=~"
    ]
    assert_allclose(np.abs(found.standardised.sum(axis=1)), np.abs([e for e, _ in loadings]), atol=1e-5)
    width = (found.high - found.low).sum(axis=1) / (2 * 1.959963984540054)
    assert_allclose(width, [s for _, s in loadings], atol=1e-5)
    names = {name: i for i, name in enumerate(dict.fromkeys(expected["std"]["lhs"][:25]))}
    for op, lhs, rhs, estimate, error in zip(
        *(expected["std"][k] for k in ("op", "lhs", "rhs", "est", "se")), strict=True
    ):
        if op == "~~" and lhs != rhs:
            place = names[lhs], names[rhs]
            assert_allclose(np.abs(found.factor_correlations[place]), abs(estimate), atol=1e-5)
            assert_allclose(found.correlation_errors[place], error, atol=1e-5)
    for scale, (cr, ave) in enumerate(zip(*(expected["crave"][k].values() for k in ("CR", "AVE")), strict=True)):
        own = found.standardised[[i // 5 == scale for i in range(25)], scale]
        assert_allclose(rel.omega_total(own, 1 - own**2), cr, atol=1e-4)
        assert_allclose(rel.average_variance_extracted(own), ave, atol=1e-5)


def test_htmt_equals_semtools_and_its_two_forms_differ():
    expected = np.array(reference.value("scales", "htmt.bfi")["htmt"]["values"])
    correlation = np.corrcoef(all_items(), rowvar=False)
    assert_allclose(rel.htmt(correlation, OF_25, geometric=True), expected, **EXACT)
    assert f"{rel.htmt(correlation, OF_25)[1, 0]:.4f}" == "0.3507"
    assert f"{rel.htmt(correlation, OF_25, geometric=True)[1, 0]:.4f}" == "0.2988"


def test_kmo_and_bartlett_equal_psych():
    kmo, bartlett = reference.value("scales", "kmo.bfi25"), reference.value("scales", "bartlett.bfi25")
    found = factor_analysis.suitability(all_items())
    assert found.n == kmo["n"]
    assert_allclose(found.kmo, kmo["MSA"], **EXACT)
    assert_allclose(found.kmo_of_item, list(kmo["MSAi"].values()), **EXACT)
    assert_allclose(found.chi2, bartlett["chisq"], rtol=1e-9)
    assert found.df == bartlett["df"]
    assert 0 < found.p_value < 1e-300  # underflow is not 0


def test_parallel_analysis_agrees_with_psych():
    expected = reference.value("scales", "parallel.bfi25")
    count, eigenvalues, reached = factor_analysis.parallel_analysis(all_items(), seed=1)
    assert count == expected["ncomp"]
    assert_allclose(eigenvalues, expected["pc_values"], rtol=1e-9)
    assert (np.diff(reached) < 0).all()
    again = factor_analysis.parallel_analysis(np.random.default_rng(3).permutation(all_items()), seed=1)
    assert_allclose(again[2], reached, atol=1e-12)


@pytest.mark.parametrize("rotation", ["varimax", "oblimin"])
def test_explored_loadings_equal_psych_up_to_order_and_sign(rotation):
    expected = reference.value("scales", f"efa5.ml.{rotation}")
    wanted = np.array(expected["loadings"]["values"])
    found = factor_analysis.explore(all_items(), 5, rotation)
    nearest = np.abs(found.loadings.T @ wanted).argmax(axis=0)
    assert sorted(nearest) == list(range(5))
    signs = np.sign(np.sum(found.loadings[:, nearest] * wanted, axis=0))
    assert_allclose(found.loadings[:, nearest] * signs, wanted, atol=1e-4)
    explained = np.array(expected["vaccounted"]["values"][1])
    assert_allclose(found.explained[nearest], explained, atol=1e-4)
    if rotation == "oblimin":
        phi = found.correlations[np.ix_(nearest, nearest)] * np.outer(signs, signs)
        assert_allclose(phi, expected["Phi"]["values"], atol=1e-4)


@pytest.mark.parametrize("factors", [1, 3, 5])
def test_the_explored_solution_is_the_maximum_and_the_same_each_time(factors):
    """There the model fits each item's variance, Σλ² + ψ = 1, and no slope is left: checked with numerical ones."""
    correlation = np.corrcoef(all_items(), rowvar=False)
    found = factor_analysis.explore(all_items(), factors, "none")
    sigma = found.loadings @ found.loadings.T
    np.fill_diagonal(sigma, 1.0)
    slopes = np.linalg.inv(sigma) @ (sigma - correlation) @ np.linalg.inv(sigma)
    assert np.abs(slopes @ found.loadings).max() < 1e-9
    assert np.abs(np.diagonal(slopes)).max() < 1e-9
    assert (
        factor_analysis.explore(all_items(), factors).loadings == factor_analysis.explore(all_items(), factors).loadings
    ).all()


def test_random_eigenvalues_are_those_of_drawn_data():
    rng = np.random.default_rng(2)
    drawn = [np.linalg.eigvalsh(np.corrcoef(rng.normal(size=(60, 6)), rowvar=False))[::-1] for _ in range(4000)]
    matrices = factor_analysis._random_correlations(60, 6, 3, 4000)
    found = np.linalg.eigvalsh(matrices)[:, ::-1]
    for quantile in (0.05, 0.5, 0.95):
        assert_allclose(np.quantile(found, quantile, axis=0), np.quantile(drawn, quantile, axis=0), atol=0.02)


def test_a_single_factor_takes_the_variance_of_the_first_component():
    data = simulated(k=7)
    standard = (data - data.mean(axis=0)) / data.std(axis=0)
    singular = np.linalg.svd(standard, compute_uv=False)
    found = common_method.single_factor(data)
    assert_allclose(found.share, singular[0] ** 2 / np.sum(singular**2), rtol=1e-12)
    some = data.copy()
    some[:20, 0] = np.nan
    assert common_method.single_factor(some).n == 180


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (simulated(k=2), "a single factor needs at least 3 items"),
        (simulated(2), "only 2 respondents answered both of two items"),
        (np.column_stack([simulated(50, k=3), np.ones(50)]), "an item has the same answer from everybody"),
        (np.column_stack([simulated(50, k=3), np.full(50, np.nan)]), "only 0 respondents answered both of two items"),
    ],
)
def test_a_single_factor_that_cannot_be_estimated_says_why(data, why):
    assert common_method.single_factor(data).note == f"not estimable: {why}"


@given(st.integers(0, 10_000), st.floats(0.01, 0.6))
@settings(max_examples=30)
def test_a_correlation_without_the_method_is_a_partial_correlation(seed, method):
    """With a factor that loads √r_M on all variables, given which they correlate as the partial correlation says."""
    rng = np.random.default_rng(seed)
    r = np.corrcoef(rng.normal(size=(40, 4)), rowvar=False)
    with_factor = np.pad(r, (0, 1), constant_values=np.sqrt(method))
    with_factor[-1, -1] = 1.0
    precision = np.linalg.inv(with_factor[np.ix_([0, 1, 4], [0, 1, 4])])
    partial = -precision[0, 1] / np.sqrt(precision[0, 0] * precision[1, 1])
    sign = np.sign(np.linalg.det(with_factor[np.ix_([0, 1, 4], [0, 1, 4])]))  # of a matrix that may be no correlation
    if sign > 0:
        assert_allclose(common_method.without_method(r[0, 1], method), partial, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize(
    ("correlations", "method"),
    [([0.3, 0.1, 0.2], 0.2), ([-0.3, 0.1], 0.1), ([-0.3, -0.1], 0.0), ([np.nan, 0.2, 0.4], 0.4), ([np.nan], np.nan)],
)
def test_the_method_adds_the_second_smallest_positive_correlation(correlations, method):
    assert_allclose(common_method.method_correlation(correlations), method)


PATHOLOGIES = {
    "nobody": np.empty((0, 4)),
    "one": simulated(1, k=4),
    "two": simulated(2, k=4),
    "constant": np.column_stack([simulated(50, k=3), np.ones(50)]),
    "all missing": np.column_stack([simulated(50, k=3), np.full(50, np.nan)]),
    "sum of others": np.column_stack([simulated(50, k=3), simulated(50, k=3).sum(axis=1)]),
    "fewer respondents than items": simulated(4, k=6),
}


@pytest.mark.parametrize("case", PATHOLOGIES)
def test_what_cannot_be_estimated_says_why(case):
    data = PATHOLOGIES[case]
    k = data.shape[1]
    if case not in ("sum of others", "fewer respondents than items"):
        found = rel.reliability(data)
        assert found.note.startswith("not estimable: ")
        assert np.isnan(found.alpha)
    for model in (confirmatory.confirm(data, [0] * k), factor_analysis.explore(data, 1)):
        assert model.note.startswith("not estimable: ")
        assert np.isnan(model.loadings).all()
    assert factor_analysis.suitability(data).note.startswith("not estimable: ")


def test_a_scale_of_one_item_has_no_alpha():
    assert rel.reliability(simulated(k=1)).note == "not estimable: a scale needs at least 2 items"


def test_scores_need_enough_items():
    answers = np.array([[1, 2, np.nan], [np.nan, np.nan, 5], [3, 3, 3]])
    assert_allclose(rel.scale_scores(answers, 2), [1.5, np.nan, 3.0])
    assert_allclose(rel.scale_scores(answers, 1), [1.5, 5.0, 3.0])


@pytest.mark.parametrize(("factors", "correlation"), list(product((1, 2), (0.0, 0.5))))
def test_confirmatory_model_recovers_its_truth(factors, correlation):
    """A property of the method: with many respondents the true loadings are found."""
    rng = np.random.default_rng(7)
    n, own = 40_000, 4
    scores = rng.multivariate_normal(np.zeros(factors), np.eye(factors) * (1 - correlation) + correlation, n)
    codes = [f for f in range(factors) for _ in range(own)]
    data = 0.7 * scores[:, codes] + np.sqrt(0.51) * rng.normal(size=(n, own * factors))
    found = confirmatory.confirm(data, codes)
    assert_allclose(found.standardised[np.arange(len(codes)), codes], 0.7, atol=0.02)
    if factors == 2:
        assert_allclose(found.factor_correlations[0, 1], correlation, atol=0.03)
    assert found.rmsea < 0.02
    scaled = confirmatory.confirm(data * 10 + 3, codes)
    assert_allclose(scaled.chi2, found.chi2, rtol=1e-9)


def test_least_residuals_are_less_than_those_of_maximum_likelihood_and_of_principal_axes_stopped_early():
    data = simulated(300, k=8) + simulated(300, seed=2, k=8) * (np.arange(8) > 3)
    correlation = np.corrcoef(data, rowvar=False)

    def residuals(method):
        loadings = factor_analysis.explore(data, 2, "none", method).loadings
        return np.sum((correlation - loadings @ loadings.T)[np.triu_indices(8, 1)] ** 2)

    assert residuals("minres") < residuals("pa") < residuals("minres") * 1.01
    assert residuals("minres") < residuals("ml")


def test_promax_lets_factors_correlate_and_keeps_what_they_have_in_common():
    data = simulated(500, k=8) + 2 * simulated(500, seed=2, k=8) * (np.arange(8) > 3)
    none, turned = (factor_analysis.explore(data, 2, rotation) for rotation in ("none", "promax"))
    assert_allclose(np.diagonal(turned.correlations), 1.0)
    assert abs(turned.correlations[0, 1]) > 0.1
    common = turned.loadings @ turned.correlations @ turned.loadings.T
    assert_allclose(common, none.loadings @ none.loadings.T, atol=1e-10)


def test_maximum_likelihood_is_the_same_each_time_and_above_that_of_statsmodels():
    data = simulated(400, k=8) + simulated(400, seed=2, k=8) * (np.arange(8) > 3)
    found, again = (factor_analysis.explore(data, 2, "none").loadings for _ in range(2))
    assert (found == again).all()
    correlation = np.corrcoef(data, rowvar=False)

    def misfit(loadings):
        model = loadings @ loadings.T
        np.fill_diagonal(model, 1.0)
        return np.linalg.slogdet(model)[1] + np.trace(np.linalg.solve(model, correlation))

    other = Factor(corr=correlation, n_factor=2, method="ml", nobs=400).fit(rng=1)
    assert_allclose(np.sum(found**2, axis=1), 1 - other.uniqueness, atol=1e-4)
    assert misfit(found) <= misfit(np.asarray(other.loadings)) + 1e-12


def test_an_improper_solution_is_refused_whatever_the_method():
    rng = np.random.default_rng(4)
    common = rng.normal(size=60)
    data = np.column_stack(
        [common, common + 0.01 * rng.normal(size=60), rng.normal(size=(60, 3)) + 0.2 * common[:, None]]
    )
    for method in ("ml", "minres", "pa"):
        found = factor_analysis.explore(data, 1, method=method)
        assert found.note == "not estimable: improper solution: a communality reaches 1"
        assert np.isnan(found.loadings).all()
