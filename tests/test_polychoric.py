"""The polychoric correlation, against R (polycor, psych, lavaan), scipy and simulation."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy import stats
from scipy.optimize import minimize

import reference
from b2bsurvey.statistics import polychoric as module
from b2bsurvey.statistics.linearisation import SampleDesign
from b2bsurvey.statistics.polychoric import bivariate_normal, design_polychoric, polychoric
from significance import assert_order_does_not_matter, assert_refused, derivatives

TABLE = np.array([[30, 12, 5], [14, 25, 13], [3, 10, 28]])


def below_both(x, y, rho):
    return stats.multivariate_normal.cdf([x, y], cov=[[1, rho], [rho, 1]], abseps=1e-13, releps=1e-13)


def direct(table):
    """Maximise the likelihood without derivatives of ours, by scipy's bivariate normal distribution."""
    r = len(table)

    def negative(theta):
        a, b = np.r_[-8, theta[: r - 1], 8], np.r_[-8, theta[r - 1 : -1], 8]
        below = np.array([[below_both(x, y, np.tanh(theta[-1])) for y in b] for x in a])
        cells = np.diff(np.diff(below, axis=0), axis=1)
        return -np.sum(table * np.log(np.maximum(cells, 1e-300)))

    share = table / table.sum()
    start = np.r_[stats.norm.ppf(np.cumsum(share.sum(1))[:-1]), stats.norm.ppf(np.cumsum(share.sum(0))[:-1]), 0.3]
    found = minimize(negative, start, method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-11, "maxiter": 20_000})
    return np.r_[found.x[:-1], np.tanh(found.x[-1])]


def test_it_equals_r():
    expected = reference.value("scales", "polychoric.bfi_A")
    complete = reference.data("bfi").iloc[:, 1:26].apply(pd.to_numeric, errors="coerce").dropna()
    items = [complete[f"A{i}"].to_numpy() for i in range(1, 6)]
    table = pd.crosstab(items[0], items[1]).to_numpy()
    assert_allclose(polychoric(table, two_step=True).rho, expected["polycor_2step_12"], atol=1e-5)
    # the optimiser of polycor stops 0.003 short of the maximum, after a step from the two-step estimate
    assert polychoric(table).rho < expected["polycor_ml_12"] < expected["polycor_2step_12"]
    assert_allclose(polychoric(table).rho, expected["polycor_ml_12"], atol=4e-3)
    for name, tolerance in (("psych", 3e-5), ("lavaan", 1e-7)):
        correlations = np.array(expected[name]["values"])
        for i in range(5):
            for j in range(i):
                two_step = polychoric(pd.crosstab(items[i], items[j]).to_numpy(), two_step=True)
                assert_allclose(two_step.rho, correlations[i, j], atol=tolerance)


def test_it_equals_a_direct_maximisation():
    found, expected = polychoric(TABLE), direct(TABLE)
    assert_allclose(np.r_[found.row_thresholds, found.column_thresholds, found.rho], expected, atol=1e-6)


def test_four_fields_have_the_tetrachoric_correlation():
    # with both thresholds at 0, ρ = sin(2π(p − ¼)) with p the share of yes–yes (Sheppard 1899)
    assert_allclose(polychoric([[35, 15], [15, 35]]).rho, np.sin(2 * np.pi * 0.1), rtol=1e-10)
    assert_allclose(polychoric([[15, 35], [35, 15]]).rho, -np.sin(2 * np.pi * 0.1), rtol=1e-10)
    assert_allclose(polychoric([[25, 25], [25, 25]]).rho, 0, atol=1e-12)


@pytest.mark.parametrize("rho", [-0.95, -0.3, 0.0, 0.5, 0.99])
def test_the_bivariate_normal_equals_scipy(rho):
    points = np.array([-3, -1.2, 0.0, 0.4, 2.5])
    expected = [[below_both(h, k, rho) for k in points] for h in points]
    assert_allclose(bivariate_normal(points[:, None], points, rho), expected, atol=1e-9)


def test_the_likelihood_does_not_depend_on_the_order_of_rows_and_columns():
    found = polychoric(TABLE)
    assert_allclose(polychoric(TABLE.T).rho, found.rho, rtol=1e-9)
    assert_allclose(polychoric(TABLE[::-1]).rho, -found.rho, rtol=1e-9)
    wider = np.insert(np.insert(TABLE, 1, 0, axis=0), 2, 0, axis=1)
    assert_allclose(polychoric(wider).rho, found.rho, rtol=1e-12)
    assert_allclose(polychoric(0.01 * TABLE).rho, found.rho, rtol=1e-9)


def test_it_finds_the_correlation_that_answers_were_cut_from():
    rng = np.random.default_rng(1)
    x = rng.normal(size=200_000)
    y = 0.6 * x + 0.8 * rng.normal(size=x.size)
    table = pd.crosstab(np.digitize(x, [-1, 0.2, 1.3]), np.digitize(y, [-0.5, 0.9])).to_numpy()
    found = polychoric(table)
    assert_allclose(found.rho, 0.6, atol=0.006)
    assert_allclose(found.row_thresholds, [-1, 0.2, 1.3], atol=0.02)
    assert_allclose(found.column_thresholds, [-0.5, 0.9], atol=0.02)


# ---- designs


def respondents(table=TABLE):
    rows, columns = np.indices(table.shape)
    return np.repeat(rows.ravel(), table.ravel()), np.repeat(columns.ravel(), table.ravel())


def test_weights_count_as_respondents_and_the_linearisation_is_the_derivative(monkeypatch):
    rows, columns = respondents()
    weights = 1.0 + np.arange(rows.size) % 3
    found = []
    monkeypatch.setattr(module, "covariance_of_totals", lambda design, scores: found.append(scores) or np.eye(1))

    def rho(weights):
        return design_polychoric(SampleDesign(weights), rows, columns, 3, 3).effect.estimate

    many = polychoric(pd.crosstab(*(np.repeat(a, weights.astype(int)) for a in (rows, columns))).to_numpy())
    assert_allclose(rho(weights), many.rho, rtol=1e-9)
    assert_allclose(found[0][:, 0], derivatives(rho, weights, step=1e-3), rtol=1e-4, atol=1e-7)


def test_the_standard_error_is_that_of_simulation():
    rng = np.random.default_rng(3)
    estimates, errors, hits = [], [], 0
    for _ in range(250):
        x = rng.normal(size=300)
        y = 0.5 * x + np.sqrt(0.75) * rng.normal(size=300)
        rows, columns = np.digitize(x, [-0.5, 0.7]), np.digitize(y, [-0.8, 0, 0.8])
        found = design_polychoric(SampleDesign.simple(300), rows, columns, 3, 4)
        estimates.append(found.effect.estimate)
        errors.append(np.arctanh(found.effect.estimate) / found.statistic * (1 - found.effect.estimate**2))
        hits += found.effect.low <= 0.5 <= found.effect.high
    assert_allclose(np.mean(errors), np.std(estimates), rtol=0.12)
    assert 0.91 <= hits / 250 <= 0.985


def test_the_order_of_respondents_does_not_matter():
    rows, columns = respondents()
    rows[::17] = -1
    design = SampleDesign(np.linspace(1, 3, rows.size), np.arange(rows.size) % 4)
    assert_order_does_not_matter(lambda d, r, c: design_polychoric(d, r, c, 3, 3), design, rows, columns)
    assert design_polychoric(design, rows, columns, 3, 3).n == np.sum(rows >= 0)


# ---- what cannot be estimated


@pytest.mark.parametrize("table", [np.diag([20, 30, 10]), [[20, 5], [0, 30]], np.diag([3, 4])[::-1]])
def test_a_perfect_order_has_no_maximum(table):
    table = np.array(table)
    assert polychoric(table) is None
    found = design_polychoric(SampleDesign.simple(table.sum()), *respondents(table), *table.shape)
    assert_refused(found, "the likelihood grows without end towards a perfect correlation")


def test_answers_that_do_not_vary_are_refused():
    design, one, two = SampleDesign.simple(6), np.zeros(6, int), np.arange(6) % 2
    for rows, columns in ((one, two), (two, one), (one - 1, two)):
        assert_refused(design_polychoric(design, rows, columns, 2, 2), "one of the two variables does not vary")
    assert polychoric([[3, 4]]) is None
    assert polychoric([[3, 4], [0, 0]]) is None
