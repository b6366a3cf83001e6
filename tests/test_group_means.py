"""Means of groups, against R (stats, survey), scipy, statsmodels, pingouin and numerical derivatives."""

import numpy as np
import pandas as pd
import pingouin
import pytest
from numpy.testing import assert_allclose
from scipy import stats
from statsmodels.stats.oneway import anova_oneway

import reference
from b2bsurvey.statistics import group_means
from b2bsurvey.statistics.group_means import (
    cohens_d,
    design_group_means,
    design_mean_pairs,
    eta_squared,
    groups_of,
    welch_anova,
    welch_pairs,
    welch_t,
)
from b2bsurvey.statistics.linearisation import SampleDesign
from significance import EXACT, assert_order_does_not_matter, assert_refused, derivatives, numbers
from test_rank_tests import bfi, survey

# ---- against R


def test_welchs_anova_and_eta_squared_equal_r():
    expected = reference.value("tests", "welch_anova.bfi.A1_education")
    a1, education = bfi("A1", "education")
    found = welch_anova(a1, np.nan_to_num(education, nan=-1).astype(int))
    assert_allclose(found.statistic, expected["welch"]["statistic"]["F"], **EXACT)
    assert_allclose([found.df1, found.df2], list(expected["welch"]["parameter"].values()), **EXACT)
    assert_allclose(found.p_value, expected["welch"]["p_value"], **EXACT)
    assert_allclose(found.effect.estimate, expected["eta2"], **EXACT)


@pytest.mark.parametrize("name", reference.DESIGNS)
def test_the_design_based_t_equals_r(name):
    expected = reference.value("design", f"ttest.api00_schwide.{name}")
    data, design = reference.design(name)
    found = design_group_means(design, data["api00"], pd.factorize(data["sch.wide"], sort=True)[0])
    assert_allclose(-found.statistic, expected["statistic"]["t"], **EXACT)  # R takes second − first
    assert (found.df1, found.n) == (expected["parameter"]["df"], len(data))
    assert_allclose(found.p_value, expected["p_value"], **EXACT)


# ---- against scipy, statsmodels and pingouin


def test_welch_equals_scipy_and_pingouin():
    scores, group, _ = survey()
    base = (group >= 0) & ~np.isnan(scores)
    found = welch_anova(scores, group)
    expected = pingouin.welch_anova(pd.DataFrame({"y": scores, "g": group})[base], dv="y", between="g").iloc[0]
    assert_allclose([found.statistic, found.df2], [expected["F"], expected["ddof2"]], rtol=1e-10)
    expected = anova_oneway(scores[base], group[base], use_var="unequal")
    assert_allclose(found.p_value, expected.pvalue, rtol=1e-9)
    two = np.where(group > 1, -1, group)
    t = welch_t(scores, two)
    expected = stats.ttest_ind(scores[base & (two == 0)], scores[base & (two == 1)], equal_var=False)
    assert_allclose([t.statistic, t.df1, t.p_value], [expected.statistic, expected.df, expected.pvalue], rtol=1e-11)
    assert_allclose(t.p_value, welch_anova(scores, two).p_value, rtol=1e-10)
    d = pingouin.compute_effsize(scores[base & (two == 0)], scores[base & (two == 1)], eftype="cohen")
    assert_allclose(t.effect.estimate, d, rtol=1e-12)


def test_pairs_are_tests_of_their_two_groups():
    scores, group, design = survey()
    pairs = welch_pairs(scores, group)
    assert [(p.first, p.second) for p in pairs] == [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)]
    for pair in pairs:
        assert pair.result == welch_t(scores, np.where(np.isin(group, (pair.first, pair.second)), group, -1))
    for pair in design_mean_pairs(design, scores, group):
        alone = design_group_means(design, scores, np.where(np.isin(group, (pair.first, pair.second)), group, -1))
        assert_allclose(pair.result.statistic, alone.statistic, rtol=1e-10)
        assert pair.result.df1 == alone.df1 - 2  # residual degrees of freedom of all four groups
        assert pair.result.effect == alone.effect


# ---- designs


def test_linearisations_are_derivatives(monkeypatch):
    scores, group, design = survey(n=50)
    found = []
    monkeypatch.setattr(group_means, "covariance_of_totals", lambda design, scores: found.append(scores) or np.eye(1))
    for effect, groups in (
        (cohens_d, groups_of(scores, np.where(group > 1, -1, group))),
        (eta_squared, groups_of(scores, group)),
    ):
        found.clear()

        def statistic(weights, effect=effect, groups=groups):
            return effect(SampleDesign(weights), scores, groups).estimate

        statistic(design.weights)
        assert_allclose(found[0][:, 0], derivatives(statistic, design.weights), rtol=1e-5, atol=1e-8)


def test_weights_count_as_respondents_in_the_effects():
    scores, group, _ = survey()
    weights = 1.0 + np.arange(scores.size) % 3
    repeated = np.repeat(scores, weights.astype(int)), np.repeat(group, weights.astype(int))
    found = eta_squared(SampleDesign(weights), scores, groups_of(scores, group))
    assert_allclose(found.estimate, welch_anova(*repeated).effect.estimate)


def test_equal_weights_bring_the_design_based_tests_to_the_classical_ones():
    rng = np.random.default_rng(2)
    group = rng.integers(0, 4, 6000)
    scores, simple, two = rng.normal(size=6000) + group / 40, SampleDesign.simple(6000), np.where(group > 1, -1, group)
    f, welch = design_group_means(simple, scores, group), welch_anova(scores, group)
    assert_allclose([f.statistic, f.p_value], [welch.statistic, welch.p_value], rtol=0.02)
    assert f.effect == welch.effect
    t, welch = design_group_means(simple, scores, two), welch_t(scores, two)
    assert_allclose(t.statistic, welch.statistic, rtol=0.02)
    assert t.effect == welch.effect


@pytest.mark.parametrize("groups", [2, 4])
def test_the_order_of_respondents_does_not_matter(groups):
    scores, group, design = survey(groups=groups)
    assert_order_does_not_matter(design_group_means, design, scores, group)
    classical = welch_t if groups == 2 else welch_anova
    assert_order_does_not_matter(lambda _, s, g: classical(s, g), design, scores, group)


def test_copies_of_respondents_within_clusters_add_nothing():
    scores, group, _ = survey()
    n = scores.size
    once = SampleDesign(np.linspace(1, 2, n))
    twice = SampleDesign(np.repeat(np.linspace(1, 2, n), 2), clusters=np.repeat(np.arange(n), 2))
    for codes in (group, np.where(group > 1, -1, group)):
        one = numbers(design_group_means(once, scores, codes))
        two = numbers(design_group_means(twice, np.repeat(scores, 2), np.repeat(codes, 2)))
        for name in one.keys() - {"n"}:
            assert one[name] == pytest.approx(two[name], rel=0.02 if name in ("effect", "low", "high") else 1e-9), name


# ---- what cannot be estimated


@pytest.mark.parametrize("weights", [np.ones(6), np.arange(1.0, 7)], ids=["equal", "unequal"])
def test_pathologies_are_refused_with_their_reason(weights):
    design, scores, groups = SampleDesign(weights), np.arange(6.0), np.arange(6) % 2
    nobody, one_group, alone = np.full(6, -1), np.zeros(6, int), np.array([0, 1, -1, -1, -1, -1])
    for test in (welch_t, welch_anova, lambda s, g: design_group_means(design, s, g)):
        assert_refused(test(np.full(6, np.nan), groups), "0 of the groups hold respondents, and 2 are needed")
        assert_refused(test(scores, nobody), "0 of the groups hold respondents, and 2 are needed")
        assert_refused(test(scores, one_group), "1 of the groups hold respondents, and 2 are needed")
        assert_refused(test(scores, alone), "fewer than 3 respondents are in the groups")
    for test in (welch_t, lambda s, g: design_group_means(design, s, g)):
        assert_refused(test(np.full(6, 0.1), groups), "nothing varies, so there is no standard error")
        assert_refused(test(groups / 10, groups), "nothing varies, so there is no standard error")
    constant = "all respondents of a group have the same score"
    assert_refused(welch_anova(np.full(6, 0.1), groups), constant)
    assert_refused(welch_anova([1, 1, 1, 1, 2, 3], [0, 0, 0, 1, 1, 1]), constant)
    for test in (welch_t, welch_anova):
        assert_refused(test(scores, [0, 0, 0, 0, 0, 1]), "a group has only one respondent")
    assert design_mean_pairs(design, scores, one_group) == []


@pytest.mark.filterwarnings("ignore")
def test_one_group_has_no_infinite_f_and_constants_no_p_of_zero():
    # pg.anova of one group gave F = inf, p = 8e-33
    assert_refused(welch_anova([1.0, 2, 3, 4], [0, 0, 0, 0]), "1 of the groups hold respondents, and 2 are needed")
    assert stats.ttest_ind([1.0, 1, 1], [2.0, 2, 2], equal_var=False).pvalue == 0  # what scipy says
    assert_refused(welch_t([1, 1, 1, 2, 2, 2], [0, 0, 0, 1, 1, 1]), "nothing varies")


def test_a_group_of_one_is_compared_under_a_design():
    scores, weights = np.array([1, 2, 3, 5, 4, 6.0]), np.arange(1.0, 7)
    assert design_group_means(SampleDesign(weights), scores, [0, 0, 0, 0, 0, 1]).is_estimable


def test_too_few_clusters_are_refused():
    scores, group, _ = survey()
    design = SampleDesign(np.ones(scores.size), clusters=np.arange(scores.size) % 4)
    assert_refused(
        design_group_means(design, scores, group),
        "3 differences are too many for the 0 degrees of freedom of the design",
    )


def test_p_values_never_underflow_to_zero():
    scores, groups = np.arange(20_000.0), np.arange(20_000) // 10_000
    for found in (
        welch_t(scores, groups),
        welch_anova(scores, groups),
        design_group_means(SampleDesign.simple(20_000), scores, groups),
    ):
        assert 0 < found.p_value < 1e-300


def test_wrong_input_is_refused():
    with pytest.raises(ValueError, match="compares two groups, found 3"):
        welch_t(np.arange(6.0), np.arange(6) % 3)


# ---- how good the intervals are


@pytest.mark.parametrize("shift", [0.0, 0.5, 1.5])
def test_the_interval_of_cohens_d_covers_what_it_should(shift):
    rng = np.random.default_rng(21)
    groups, hits = np.repeat([0, 1], [40, 60]), 0
    truth = -shift / np.sqrt((39 * 1 + 59 * 2.25) / 98)
    for _ in range(500):
        scores = np.concatenate([rng.normal(0, 1, 40), rng.normal(shift, 1.5, 60)])
        effect = welch_t(scores, groups).effect
        hits += effect.low <= truth <= effect.high
    assert 0.925 <= hits / 500 <= 0.98


@pytest.mark.parametrize("between", [0.0, 0.2, 1.0])
def test_the_interval_of_eta_squared_covers_what_it_should(between):
    rng = np.random.default_rng(22)
    groups, effects = np.arange(240) % 3, []
    truth = between**2 * 2 / 3 / (1 + between**2 * 2 / 3)
    for _ in range(400):
        effects.append(welch_anova(rng.normal(size=240) + between * groups, groups).effect)
    assert 0.92 <= np.mean([e.low <= truth <= e.high for e in effects]) <= 0.98
