"""Trends over ordered groups, against R (stats, coin), scipy, statsmodels and enumeration."""

from itertools import permutations, product

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import stats

import reference
from b2bsurvey.statistics.group_means import design_group_means
from b2bsurvey.statistics.linearisation import SampleDesign
from b2bsurvey.statistics.rank_tests import mann_whitney
from b2bsurvey.statistics.trend import (
    cochran_armitage,
    design_trend,
    exact_trend,
    jonckheere_terpstra,
    linear_by_linear,
    trend,
)
from significance import EXACT, assert_order_does_not_matter, assert_refused, numbers
from test_rank_tests import bfi

PLAIN = "equal weights, no strata, clusters or finite population"


def survey(n=200, seed=17):
    """Return yes–no answers that rise with the group's score, the scores, and a design; some are missing."""
    rng = np.random.default_rng(seed)
    group = rng.integers(1, 6, n).astype(float)
    yes = (rng.random(n) < 0.2 + 0.1 * group).astype(float)
    yes[rng.random(n) < 0.1], group[rng.random(n) < 0.1] = np.nan, np.nan
    return yes, group, SampleDesign(rng.uniform(0.5, 3, n), np.arange(n) % 3, rng.integers(0, 15, n))


# ---- against R


def test_both_variants_of_cochran_armitage_equal_r():
    expected = reference.value("tests", "trend.housing_like")
    a2, education = bfi("A2", "education")
    yes = np.where(np.isnan(a2), np.nan, a2 >= 5)
    found = trend(SampleDesign.simple(a2.size), yes, education)
    assert (found.test, found.n, found.df1) == ("cochran_armitage", sum(expected["n"]), 1)
    assert_allclose([found.statistic, found.p_value], [expected["chi2"], expected["p"]], **EXACT)
    permuted = cochran_armitage(yes, education, variant="n-1")
    assert_allclose(np.sqrt(permuted.statistic), expected["z_coin"], **EXACT)
    assert permuted.statistic < found.statistic
    assert_allclose(linear_by_linear(yes, education).p_value, permuted.p_value, **EXACT)


def test_linear_by_linear_equals_r():
    expected = reference.value("tests", "linear_by_linear.job")
    table = np.array(expected["table"]["values"])
    income, satisfaction = (np.repeat(a.ravel(), table.ravel()) for a in np.indices(table.shape))
    found = trend(SampleDesign.simple(income.size), satisfaction, income)
    assert found.test == "linear_by_linear"
    assert_allclose([np.sqrt(found.statistic), found.p_value], [expected["z"], expected["p"]], **EXACT)


# ---- against other libraries and enumeration


def test_the_linear_chi_squared_is_that_of_the_correlation():
    yes, group, _ = survey()
    base = ~np.isnan(yes + group)
    r = stats.pearsonr(yes[base], group[base]).statistic
    assert_allclose(cochran_armitage(yes, group).statistic, base.sum() * r**2, rtol=1e-12)
    assert_allclose(cochran_armitage(yes, group).effect.estimate, r, rtol=1e-12)


def test_cochran_armitage_is_pearsons_chi_squared_for_two_groups():
    yes, group, _ = survey()
    two = np.where(group > 2, np.nan, group)
    base = ~np.isnan(yes + two)
    expected = stats.chi2_contingency(pd.crosstab(yes[base], two[base]), correction=False)
    found = cochran_armitage(yes, two)
    assert_allclose([found.statistic, found.p_value], [expected.statistic, expected.pvalue], rtol=1e-11)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 1), st.integers(-1, 3)), min_size=3, max_size=8))
def test_the_exact_trend_equals_the_enumeration_of_all_divisions(rows):
    yes, scores = np.array(rows, dtype=float).T
    found = exact_trend(yes, scores)
    if np.ptp(yes) == 0 or np.ptp(scores) == 0:
        assert not found.is_estimable
        return
    ways = np.array([way for way in product((0, 1), repeat=yes.size) if sum(way) == yes.sum()])
    sums, centre = ways @ scores, yes.sum() * scores.mean()
    expected = np.mean(np.abs(sums - centre) >= abs(yes @ scores - centre) - 1e-9)
    assert_allclose(found.p_value, expected, rtol=1e-12)


def test_jonckheere_terpstra_has_the_moments_of_all_permutations():
    scores, groups = np.array([1, 2, 2, 3, 3, 1, 4.0]), np.array([0, 0, 0, 1, 1, 2, 2])

    def count(scores):
        pairs = [(i, j) for i in range(7) for j in range(7) if groups[i] < groups[j]]
        return sum(np.sign(scores[j] - scores[i]) / 2 + 0.5 for i, j in pairs)

    all_counts = np.array([count(np.array(order)) for order in permutations(scores)])
    expected = (count(scores) - all_counts.mean()) / all_counts.std()
    found = jonckheere_terpstra(scores, groups)
    assert_allclose(found.statistic, expected, rtol=1e-10)
    assert_allclose(found.p_value, 2 * stats.norm.sf(abs(expected)), rtol=1e-10)
    assert_allclose(found.effect.estimate, stats.somersd(groups, scores).statistic, rtol=1e-12)


def test_jonckheere_terpstra_of_two_groups_is_mann_whitney():
    rng = np.random.default_rng(4)
    scores, groups = np.round(rng.normal(size=300), 1), rng.integers(0, 2, 300)
    found, expected = jonckheere_terpstra(scores, groups), mann_whitney(scores, groups)
    assert_allclose(found.p_value, expected.p_value, rtol=1e-10)
    assert_allclose(found.effect.estimate, -expected.effect.estimate, rtol=1e-12)
    assert_allclose(found.effect.high, -expected.effect.low, rtol=1e-9)


# ---- designs


@pytest.mark.parametrize("name", reference.DESIGNS)
def test_the_slope_over_two_groups_is_the_t_of_r(name):
    expected = reference.value("design", f"ttest.api00_schwide.{name}")
    data, design = reference.design(name)
    found = design_trend(design, data["api00"], pd.factorize(data["sch.wide"], sort=True)[0])
    assert_allclose(found.statistic, expected["statistic"]["t"], **EXACT)
    assert found.df1 == expected["parameter"]["df"]
    assert_allclose(found.p_value, expected["p_value"], **EXACT)


def test_the_slope_equals_weighted_least_squares_with_robust_errors():
    yes, group, design = survey()
    base = ~np.isnan(yes + group)
    weighted = SampleDesign(design.weights)
    fit = sm.WLS(yes[base], sm.add_constant(group[base]), weights=design.weights[base]).fit(cov_type="HC0")
    found = design_trend(weighted, yes, group)
    assert_allclose(found.statistic, fit.tvalues[1] * np.sqrt((yes.size - 1) / yes.size), rtol=1e-9)


def test_equal_weights_bring_the_slope_to_the_classical_tests():
    rng = np.random.default_rng(8)
    group = rng.integers(1, 6, 8000).astype(float)
    yes = (rng.random(8000) < 0.3 + 0.008 * group).astype(float)
    t, chi2 = design_trend(SampleDesign.simple(8000), yes, group), cochran_armitage(yes, group)
    assert_allclose(t.statistic**2, chi2.statistic, rtol=0.02)
    assert t.effect == chi2.effect


def test_order_copies_and_choice():
    yes, group, design = survey()
    assert_order_does_not_matter(trend, design, yes, group)
    assert_order_does_not_matter(trend, SampleDesign.simple(yes.size), yes, group)
    assert_order_does_not_matter(
        lambda _, y, g: jonckheere_terpstra(y, np.nan_to_num(g, nan=-1).astype(int)), design, yes, group
    )
    once = SampleDesign(np.linspace(1, 2, yes.size))
    twice = SampleDesign(np.repeat(np.linspace(1, 2, yes.size), 2), clusters=np.repeat(np.arange(yes.size), 2))
    one, two = numbers(trend(once, yes, group)), numbers(trend(twice, np.repeat(yes, 2), np.repeat(group, 2)))
    assert {k: v for k, v in one.items() if k != "n"} == pytest.approx({k: v for k, v in two.items() if k != "n"})
    simple, few = SampleDesign.simple(yes.size), np.where(np.arange(yes.size) < 40, yes, np.nan)
    rare = np.where(np.isnan(few), np.nan, np.arange(yes.size) % 20 == 0)
    for by, scores, test, reason in (
        (simple, yes, "cochran_armitage", f"{PLAIN}; the answers are yes or no"),
        (simple, rare, "exact_trend", f"{PLAIN}; an expected count is only 0.2, below 5"),
        (simple, yes + group, "linear_by_linear", f"{PLAIN}; the scores have an order"),
        (
            design,
            yes,
            "design_trend_t",
            "the design has unequal weights, strata, clusters, so the test is design-based",
        ),
    ):
        found = trend(by, scores, group)
        assert (found.test, found.reason) == (test, reason)
        assert found.n == np.sum(~np.isnan(scores + group))


def test_the_direction_of_the_trend_is_that_of_the_effect():
    yes, group, design = survey()
    for by in (design, SampleDesign.simple(yes.size)):
        up, down = trend(by, yes, group).effect, trend(by, yes, -group).effect
        assert up.low > 0 > down.high
        assert_allclose([up.low, up.estimate, up.high], [-down.high, -down.estimate, -down.low], rtol=1e-9)


# ---- what cannot be estimated


@pytest.mark.parametrize("weights", [np.ones(6), np.arange(1.0, 7)], ids=["equal", "unequal"])
def test_pathologies_are_refused_with_their_reason(weights):
    design, x, nothing = SampleDesign(weights), np.arange(6.0), np.full(6, np.nan)
    yes = np.array([0, 0, 1, 0, 1, 1.0])
    for test in (
        lambda y, x: trend(design, y, x),
        cochran_armitage,
        linear_by_linear,
        exact_trend,
    ):
        assert_refused(test(np.zeros(6), x), "all respondents have the same score")
        assert_refused(test(yes, np.full(6, 3.0)), "all respondents are in groups with the same score")
        assert_refused(test(nothing, x), "fewer than 3 respondents are in the groups")
        assert_refused(test(yes, np.where(x < 2, x, np.nan)), "fewer than 3 respondents are in the groups")
    assert_refused(jonckheere_terpstra(x, np.zeros(6, int)), "1 of the groups hold respondents")
    assert_refused(jonckheere_terpstra(np.ones(6), np.arange(6) % 2), "all respondents have the same score")
    assert_refused(jonckheere_terpstra(nothing, np.arange(6) % 2), "0 of the groups hold respondents")


def test_a_perfect_trend_is_tested_but_has_no_interval():
    yes = np.repeat([0.0, 1], 30)
    found = cochran_armitage(yes, yes + 1)
    assert (found.statistic, found.effect.estimate, found.effect.low) == (pytest.approx(60), 1.0, None)
    assert_refused(design_trend(SampleDesign(np.linspace(1, 2, 60)), yes, yes + 1), "the trend is perfect")


def test_p_values_never_underflow_to_zero():
    x = np.arange(20_000) // 4000
    for found in (
        cochran_armitage(x > 2, x),
        linear_by_linear(x, x),
        jonckheere_terpstra(x + np.arange(20_000) % 2, x),
        design_trend(SampleDesign.simple(20_000), x > 2, x),
    ):
        assert 0 < found.p_value < 1e-300


def test_wrong_input_is_refused():
    with pytest.raises(ValueError, match="'N'; it must be 'n' or 'n-1'"):
        cochran_armitage([0, 1, 1], [1, 2, 3], variant="N")
    with pytest.raises(ValueError, match="one value a respondent"):
        trend(SampleDesign.simple(3), [0, 1, 1], [1, 2])


def test_the_slope_of_group_means_and_the_t_of_two_groups_agree():
    yes, group, design = survey()
    two = np.where(group > 2, np.nan, group)
    t = design_group_means(design, yes, np.nan_to_num(two, nan=-1).astype(int))
    assert_allclose(trend(design, yes, two).p_value, t.p_value, rtol=1e-9)
