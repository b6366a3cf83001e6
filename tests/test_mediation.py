"""Mediation: the paths of statsmodels' regressions, its own mediation, Sobel's error, and laws."""

import numpy as np
import pytest
import statsmodels.api as sm
from numpy.testing import assert_allclose
from statsmodels.stats.mediation import Mediation as TheirMediation

from b2bsurvey.statistics.linearisation import SampleDesign
from b2bsurvey.statistics.mediation import mediation

NAN = np.nan


def drawn(n=300, seed=1):
    generator = np.random.default_rng(seed)
    c = generator.normal(size=n)
    x = 0.4 * c + generator.normal(size=n)
    m = 0.5 * x + 0.2 * c + generator.normal(size=n)
    y = 0.3 * x + 0.6 * m - 0.3 * c + generator.normal(size=n)
    return x, m, y, c, generator.uniform(0.5, 2, n)


def test_paths_are_those_of_weighted_regressions_and_the_indirect_is_their_product():
    x, m, y, c, weights = drawn()
    x[:5], m[5:9] = NAN, NAN
    found = mediation(SampleDesign(weights), (x, m, y), c, np.arange(300), 1, 0.95, 99)
    all_of = np.isfinite(x) & np.isfinite(m)
    assert found.n == all_of.sum() == 291

    def slopes(outcome, *columns):
        design = sm.add_constant(np.column_stack(columns)[all_of])
        return sm.WLS(outcome[all_of], design, weights[all_of]).fit().params

    a, (direct, b), total = slopes(m, x, c)[1], slopes(y, x, m, c)[1:3], slopes(y, x, c)[1]
    assert_allclose(found.estimate, [a, b, direct, a * b, total], rtol=1e-10)


def test_the_indirect_path_is_about_that_of_statsmodels_and_its_error_that_of_sobel():
    x, m, y, *_ = drawn(400, 3)
    of_outcome = sm.OLS(y, np.column_stack([np.ones(400), x, m]))
    of_mediator = sm.OLS(m, np.column_stack([np.ones(400), x]))
    np.random.seed(0)
    theirs = TheirMediation(of_outcome, of_mediator, [1, 1], 2).fit(n_rep=500).summary()
    ours = mediation(SampleDesign.simple(400), (x, m, y), np.empty((400, 0)), np.arange(400), 1, 0.95)
    row = theirs.loc["ACME (average)"]
    assert_allclose(ours.estimate[3], row["Estimate"], rtol=0.05)
    # their interval simulates outcomes too, so it is the wider one
    assert row["Lower CI bound"] < ours.low[3] < ours.high[3] < row["Upper CI bound"]
    fitted_a, fitted_b = of_mediator.fit(), of_outcome.fit()
    sobel = np.hypot(fitted_b.params[2] * fitted_a.bse[1], fitted_a.params[1] * fitted_b.bse[2])
    assert_allclose(ours.std_error[3], sobel, rtol=0.1)


def test_order_and_scale_play_no_part():
    x, m, y, c, weights = drawn(120, 5)
    order = np.random.default_rng(2).permutation(120)
    one = mediation(SampleDesign(weights), (x, m, y), c, np.arange(120), 7, 0.9, 199)
    other = mediation(
        SampleDesign(weights[order]), (x[order] + 100, 2 * m[order], y[order]), c[order], order, 7, 0.9, 199
    )
    factor = [2, 0.5, 1, 1, 1]
    for name in ("estimate", "std_error", "low", "high"):
        assert_allclose(getattr(other, name), getattr(one, name) * np.array(factor), rtol=1e-8)


@pytest.mark.parametrize("n", [3, 60])
def test_what_cannot_be_estimated_says_why(n):
    x, _, y, *_ = drawn(n)
    found = mediation(SampleDesign.simple(n), (x, 2 * x + 1, y), np.empty((n, 0)), np.arange(n), 1, 0.95)
    assert np.isnan(found.estimate).all()
    assert found.note == ("too few respondents have all values" if n == 3 else "one score follows from the others")
