"""Pearson and Spearman, against scipy, statsmodels, pingouin and numerical derivatives."""

import numpy as np
import pingouin
import pytest
from numpy.testing import assert_allclose
from scipy import stats
from statsmodels.stats.weightstats import DescrStatsW

from b2bsurvey.statistics import correlation as module
from b2bsurvey.statistics.correlation import (
    correlation,
    design_pearson,
    design_spearman,
    linear_effect,
    pearson,
    spearman,
)
from b2bsurvey.statistics.linearisation import SampleDesign
from significance import assert_order_does_not_matter, assert_refused, derivatives, numbers


def survey(n=200, seed=9, strength=0.5):
    """Return two related scores with ties, some missing, and a design."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n)
    y = np.round(strength * x + rng.normal(size=n), 1)
    x = np.round(x, 1)
    x[rng.random(n) < 0.05], y[rng.random(n) < 0.05] = np.nan, np.nan
    return x, y, SampleDesign(rng.uniform(0.5, 3, n), np.arange(n) % 3, rng.integers(0, 15, n))


# ---- against other libraries


def test_pearson_and_spearman_equal_scipy_and_pingouin():
    x, y, _ = survey()
    base = ~np.isnan(x + y)
    found, expected = pearson(x, y), stats.pearsonr(x[base], y[base])
    assert (found.n, found.df1) == (base.sum(), base.sum() - 2)
    assert_allclose([found.effect.estimate, found.p_value], [expected.statistic, expected.pvalue], rtol=1e-11)
    interval = expected.confidence_interval()
    assert_allclose([found.effect.low, found.effect.high], [interval.low, interval.high], rtol=1e-11)
    found, expected = spearman(x, y), stats.spearmanr(x[base], y[base])
    assert_allclose([found.effect.estimate, found.p_value], [expected.statistic, expected.pvalue], rtol=1e-11)
    expected = pingouin.corr(x[base], y[base], method="spearman").iloc[0]
    assert_allclose(found.effect.estimate, expected["r"], rtol=1e-12)


def test_the_interval_of_spearman_is_that_of_bonett_and_wright():
    x, y, _ = survey()
    effect = spearman(x, y).effect
    half = 1.959963984540054 * np.sqrt((1 + effect.estimate**2 / 2) / (np.sum(~np.isnan(x + y)) - 3))
    expected = np.tanh(np.arctanh(effect.estimate) + np.array([-half, half]))
    assert_allclose([effect.low, effect.high], expected, rtol=1e-12)


def test_the_weighted_correlation_equals_statsmodels():
    x, y, design = survey()
    base = ~np.isnan(x + y)
    expected = DescrStatsW(np.column_stack([x, y])[base], weights=design.weights[base]).corrcoef[0, 1]
    assert_allclose(design_pearson(design, x, y).effect.estimate, expected, rtol=1e-12)
    assert linear_effect(design, x, y) == design_pearson(design, x, y).effect


# ---- designs


@pytest.mark.parametrize("statistic", [module._pearson, module._spearman], ids=["pearson", "spearman"])
def test_linearisations_are_derivatives(statistic):
    x, y, design = survey(n=60)
    base = ~np.isnan(x + y)
    x, y, weights = x[base], y[base], design.weights[base]
    value, influence = statistic(weights, x, y)
    assert_allclose(influence, derivatives(lambda w: statistic(w, x, y)[0], weights), rtol=1e-6, atol=1e-9)
    assert_allclose(weights @ influence, 0, atol=1e-12)  # a correlation does not depend on the scale of the weights
    assert -1 < value < 1


def test_the_linearised_variance_is_near_the_jackknife():
    x, y, _ = survey(n=150)
    base = ~np.isnan(x + y)
    x, y, n = x[base], y[base], base.sum()
    for statistic in (module._pearson, module._spearman):
        left_out = [statistic(np.delete(np.ones(n), i), np.delete(x, i), np.delete(y, i))[0] for i in range(n)]
        jackknife = np.var(left_out) * (n - 1)
        found = SampleDesign.simple(n)
        _, std_error, _ = module._linearised(statistic, found, x, y)
        assert_allclose(std_error, np.sqrt(jackknife), rtol=0.03)


def test_weights_count_as_respondents():
    x, y, _ = survey()
    weights = 1.0 + np.arange(x.size) % 3
    many = np.repeat(x, weights.astype(int)), np.repeat(y, weights.astype(int))
    for weighted, classical in ((design_pearson, pearson), (design_spearman, spearman)):
        found = weighted(SampleDesign(weights), x, y).effect.estimate
        assert_allclose(found, classical(*many).effect.estimate, rtol=1e-12)


def test_equal_weights_bring_the_design_based_tests_to_the_classical_ones():
    rng = np.random.default_rng(4)
    x = rng.normal(size=5000)
    y = 0.05 * x + rng.normal(size=5000)
    for weighted, classical in ((design_pearson, pearson), (design_spearman, spearman)):
        found, expected = weighted(SampleDesign.simple(5000), x, y), classical(x, y)
        assert_allclose(found.effect.estimate, expected.effect.estimate, rtol=1e-9)
        assert_allclose(found.statistic, expected.statistic, rtol=0.03)
        assert_allclose([found.effect.low, found.effect.high], [expected.effect.low, expected.effect.high], atol=3e-4)


@pytest.mark.parametrize("measurement", ["ordinal", "interval"])
def test_order_copies_and_choice(measurement):
    x, y, design = survey()

    def run(design, x, y):
        return correlation(design, x, y, measurement)

    assert_order_does_not_matter(run, design, x, y)
    assert_order_does_not_matter(run, SampleDesign.simple(x.size), x, y)
    assert numbers(run(design, y, x)) == pytest.approx(numbers(run(design, x, y)))  # neither comes first
    once = SampleDesign(np.linspace(1, 2, x.size))
    twice = SampleDesign(np.repeat(np.linspace(1, 2, x.size), 2), clusters=np.repeat(np.arange(x.size), 2))
    one, two = numbers(run(once, x, y)), numbers(run(twice, np.repeat(x, 2), np.repeat(y, 2)))
    assert {k: v for k, v in one.items() if k != "n"} == pytest.approx({k: v for k, v in two.items() if k != "n"})
    names = {"ordinal": ("spearman", "design_spearman_t"), "interval": ("pearson", "design_pearson_t")}[measurement]
    for by, test, why in (
        (SampleDesign.simple(x.size), names[0], "equal weights, no strata, clusters or finite population"),
        (design, names[1], "the design has unequal weights, strata, clusters, so the test is design-based"),
    ):
        found = run(by, x, y)
        assert (found.test, found.reason) == (test, f"{why}; the scores are {measurement}")


# ---- what cannot be estimated


@pytest.mark.parametrize("weights", [np.ones(6), np.arange(1.0, 7)], ids=["equal", "unequal"])
@pytest.mark.parametrize("measurement", ["ordinal", "interval"])
def test_pathologies_are_refused_with_their_reason(weights, measurement):
    design, x, nothing = SampleDesign(weights), np.arange(6.0), np.full(6, np.nan)

    def run(x, y):
        return correlation(design, x, y, measurement)

    assert_refused(run(x, np.full(6, 0.1)), "one of the two variables does not vary")
    assert_refused(run(np.full(6, 0.1), x), "one of the two variables does not vary")
    assert_refused(run(x, nothing), "fewer than 3 respondents have both values")
    assert_refused(run(x, np.where(x < 2, x, np.nan)), "fewer than 3 respondents have both values")
    assert_refused(run(x, 0.1 * x + 3), "the correlation is perfect")
    assert_refused(run(x, -x), "the correlation is perfect")
    assert linear_effect(design, x, nothing) is None
    assert (linear_effect(design, x, -x).estimate, linear_effect(design, x, -x).low) == (-1, None)


def test_three_respondents_have_no_interval():
    found = pearson([1, 2, 3], [1, 3, 2])
    assert (found.df1, found.effect.estimate) == (1, pytest.approx(0.5))
    assert (found.effect.low, found.effect.high) == (None, None)


def test_p_values_never_underflow_to_zero():
    rng = np.random.default_rng(1)
    x = rng.normal(size=20_000)
    y = x + 0.1 * rng.normal(size=20_000)
    for found in (pearson(x, y), spearman(x, y), design_pearson(SampleDesign.simple(20_000), x, y)):
        assert 0 < found.p_value < 1e-300


def test_wrong_input_is_refused():
    with pytest.raises(ValueError, match="one value a respondent"):
        pearson([1, 2, 3], [1, 2])
    with pytest.raises(ValueError, match="'nominal'; it must be 'ordinal' or 'interval'"):
        correlation(SampleDesign.simple(3), [1, 2, 3], [1, 2, 2], "nominal")


@pytest.mark.parametrize("strength", [0.0, 0.6, 2.0])
def test_the_intervals_under_a_design_cover_what_they_should(strength):
    rng = np.random.default_rng(31)
    x = rng.normal(size=40_000)
    y = np.round(strength * x + rng.normal(size=x.size), 1)
    for weighted, truth in ((design_pearson, pearson(x, y)), (design_spearman, spearman(x, y))):
        hits = 0
        for _ in range(300):
            chosen = rng.integers(0, x.size, 120)
            effect = weighted(SampleDesign.simple(120), x[chosen], y[chosen]).effect
            hits += effect.low <= truth.effect.estimate <= effect.high
        assert 0.91 <= hits / 300 <= 0.985
