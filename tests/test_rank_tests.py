"""Rank tests of groups, against R (stats, coin, effectsize, dunn.test, survey), scipy, pingouin and enumeration."""

from itertools import combinations, permutations

import numpy as np
import pandas as pd
import pingouin
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import stats

import reference
from b2bsurvey.statistics import rank_tests
from b2bsurvey.statistics.group_means import groups_of
from b2bsurvey.statistics.linearisation import SampleDesign
from b2bsurvey.statistics.multiplicity import adjust
from b2bsurvey.statistics.rank_tests import (
    design_rank_pairs,
    design_rank_test,
    dunn,
    epsilon_squared,
    kruskal_wallis,
    mann_whitney,
    rank_biserial,
    somers_d,
    subset_sum_probability,
)
from significance import EXACT, assert_order_does_not_matter, assert_refused, derivatives, numbers


def bfi(*columns):
    return reference.data("bfi")[list(columns)].apply(pd.to_numeric, errors="coerce").to_numpy().T


def survey(n=220, groups=4, seed=5):
    """Return scores that rise with the group, groups and a design; some of both are missing."""
    rng = np.random.default_rng(seed)
    group = rng.integers(-1, groups, n)
    scores = np.round(rng.normal(size=n) + group / 4)
    scores[rng.random(n) < 0.1] = np.nan
    return scores, group, SampleDesign(rng.uniform(0.5, 3, n), np.arange(n) % 3, rng.integers(0, 15, n))


# ---- against R


def test_mann_whitney_equals_r():
    expected = reference.value("tests", "mannwhitney.bfi.N1_gender")
    scores, gender = bfi("N1", "gender")
    found = mann_whitney(scores, gender.astype(int))
    assert (found.n, found.statistic) == (expected["n1"] + expected["n2"], expected["U1"])
    assert_allclose(found.p_value, expected["p_uncorrected"], **EXACT)
    assert_allclose(found.p_value, 2 * stats.norm.sf(abs(expected["z_coin"])), **EXACT)
    assert_allclose([found.effect.estimate] * 2, [expected["rank_biserial"], expected["effectsize_rb"]], **EXACT)
    assert_allclose((found.effect.estimate + 1) / 2, expected["cles"], **EXACT)


def test_kruskal_wallis_equals_r():
    expected = reference.value("tests", "kruskal.chile.age_vote")
    chile = reference.data("Chile")
    votes = pd.Categorical(chile["vote"], ["A", "N", "U", "Y"])
    found = kruskal_wallis(pd.to_numeric(chile["age"], errors="coerce"), votes.codes)
    assert (found.n, found.df1) == (expected["n"], 3)
    assert_allclose(found.statistic, expected["statistic"]["Kruskal-Wallis chi-squared"], **EXACT)
    assert_allclose(found.p_value, expected["p_value"], **EXACT)
    assert_allclose(found.effect.estimate, expected["effectsize_eps2"], **EXACT)


def test_dunn_equals_r():
    a1, education = bfi("A1", "education")
    pairs = dunn(a1, np.nan_to_num(education, nan=-1).astype(int))
    names = [f"{p.first} - {p.second}" for p in pairs]
    z, p = np.array([pair.result.statistic for pair in pairs]), [pair.result.p_value for pair in pairs]

    expected = reference.value("tests", "dunn2.bfi.A1_education.holm")
    order = [names.index(name) for name in expected["comparisons"]]
    assert_allclose(z[order], expected["Z"], **EXACT)
    assert_allclose(np.array(p)[order], expected["altP"], **EXACT)
    assert_allclose(adjust(p, "holm")[order], expected["altP_adj"], **EXACT)

    expected = reference.value("tests", "dunn.bfi.A1_education.BH")
    assert names == [f"{g1} - {g2}" for g1, g2 in zip(expected["g1"], expected["g2"], strict=True)]
    assert_allclose(-z, expected["z"], **EXACT)  # rstatix takes second − first
    assert_allclose(adjust(p, "bh"), expected["p_adj"], **EXACT)


def test_dunn_by_vote_equals_r():
    expected = reference.value("tests", "dunn.chile.age_vote.holm")
    chile = reference.data("Chile")
    votes = pd.Categorical(chile["vote"], ["A", "N", "U", "Y"])
    pairs = dunn(pd.to_numeric(chile["age"], errors="coerce"), votes.codes)
    assert_allclose([-pair.result.statistic for pair in pairs], expected["z"], **EXACT)
    assert_allclose(adjust([pair.result.p_value for pair in pairs], "holm"), expected["p_adj"], **EXACT)


def ranks_as_in_r(design, scores, found):
    """Weighted ranks as R survey 4.1.1 has them: among ties with unequal weights, the order of the rows decides."""
    order = np.argsort(scores, kind="stable")
    weights = design.weights[order]
    ranks = np.empty(design.n)
    ranks[order] = pd.Series(np.cumsum(weights) - weights / 2).groupby(np.asarray(scores)[order]).transform("mean")
    return ranks / weights.sum()


@pytest.mark.parametrize("name", reference.DESIGNS)
@pytest.mark.parametrize(("test", "column"), [("ranktest", "sch.wide"), ("kruskal", "stype")])
def test_design_based_rank_tests_equal_r(monkeypatch, test, column, name):
    expected = reference.value("design", f"{test}.api00_{'schwide' if test == 'ranktest' else 'stype'}.{name}")
    data, design = reference.design(name)
    groups = pd.factorize(data[column], sort=True)[0]
    tied = name.startswith(("strat", "weights"))  # the others have equal weights
    ours = design_rank_test(design, data["api00"], groups)
    monkeypatch.setattr(rank_tests, "rank_scores", ranks_as_in_r)
    for found, tolerance in ((design_rank_test(design, data["api00"], groups), 1e-9), (ours, 2e-3 if tied else 1e-9)):
        if test == "ranktest":
            assert_allclose(-found.statistic, expected["statistic"], rtol=tolerance)
            assert found.df1 == expected["parameter"]
        else:  # as R gives them: statistic is the number of differences, parameter the Wald χ²
            assert found.df1 == expected["statistic"]
            assert_allclose(found.statistic * found.df1, expected["parameter"], rtol=tolerance)
        assert_allclose(found.p_value, expected["p_value"], rtol=5 * tolerance)


def test_our_ranks_are_those_of_r_over_all_orders_of_the_rows():
    scores, weights = np.array([1, 2, 2, 2, 3.0]), np.array([1, 5, 2, 1, 4.0])
    found = groups_of(scores, np.arange(5))
    ours = rank_tests.rank_scores(SampleDesign(weights), scores, found)
    orders = [np.array(order) for order in permutations(range(5))]
    theirs = np.zeros(5)
    for order in orders:
        theirs[order] += ranks_as_in_r(SampleDesign(weights[order]), scores[order], None) / len(orders)
    assert_allclose(ours, theirs, rtol=1e-12)


# ---- against scipy, pingouin and enumeration

small = st.tuples(
    st.lists(st.integers(0, 4), min_size=1, max_size=5), st.lists(st.integers(0, 4), min_size=1, max_size=5)
)


@settings(deadline=None, max_examples=60)
@given(small)
def test_mann_whitney_equals_the_enumeration_of_all_divisions(samples):
    first, second = map(np.array, samples)
    scores, groups = np.concatenate([first, second]), np.repeat([0, 1], [first.size, second.size])
    found = mann_whitney(scores, groups)
    if scores.size < 3 or np.ptp(scores) == 0:
        assert not found.is_estimable
        return
    u = np.sum(first[:, None] > second) + np.sum(first[:, None] == second) / 2
    assert found.statistic == u
    ranks = stats.rankdata(scores)
    sums = np.array([sum(chosen) for chosen in combinations(ranks, first.size)])
    centre = first.size * ranks.mean()
    expected = np.mean(np.abs(sums - centre) >= abs(ranks[: first.size].sum() - centre) - 1e-9)
    assert_allclose(found.p_value, expected, rtol=1e-12)
    assert_allclose(found.effect.estimate, 2 * u / (first.size * second.size) - 1, atol=1e-12)
    assert -1 <= found.effect.low <= found.effect.estimate <= found.effect.high <= 1


def test_mann_whitney_equals_scipy():
    rng = np.random.default_rng(1)
    few, many = rng.normal(size=40), np.round(rng.normal(size=400))
    for scores, groups, options in (
        (few, np.arange(40) % 3 > 0, {"method": "exact"}),
        (many, np.arange(400) % 3 > 0, {"method": "asymptotic", "use_continuity": False}),
    ):
        expected = stats.mannwhitneyu(scores[~groups], scores[groups], **options)
        found = mann_whitney(scores, groups.astype(int))
        assert_allclose([found.statistic, found.p_value], [expected.statistic, expected.pvalue], rtol=1e-11)


def test_kruskal_wallis_equals_scipy_and_two_groups_are_mann_whitney():
    scores, group, _ = survey()
    base = (group >= 0) & ~np.isnan(scores)
    expected = stats.kruskal(*(scores[base & (group == g)] for g in range(4)))
    found = kruskal_wallis(scores, group)
    assert_allclose([found.statistic, found.p_value], [expected.statistic, expected.pvalue], rtol=1e-11)
    two = np.where(group > 1, -1, group)
    assert_allclose(kruskal_wallis(scores, two).p_value, mann_whitney(scores, two).p_value, rtol=1e-11)


def test_dunn_of_two_groups_is_mann_whitney():
    scores, group, _ = survey(groups=2)
    (pair,) = dunn(scores, group)
    assert_allclose(pair.result.p_value, mann_whitney(scores, group).p_value, rtol=1e-11)
    assert pair.result.effect == mann_whitney(scores, group).effect


def test_somers_d_equals_scipy():
    scores, group, _ = survey()
    base = (group >= 0) & ~np.isnan(scores)
    d, _ = somers_d(SampleDesign.simple(scores.size), scores, group)
    assert_allclose(d, stats.somersd(group[base], scores[base]).statistic, rtol=1e-12)


def test_subsets_of_whole_numbers_are_counted():
    values = np.array([-2, 0, 3, 3, 7])
    sums = np.array([sum(chosen) for chosen in combinations(values, 2)])
    for observed in sums:
        expected = np.mean(np.abs(sums - 2 * values.mean()) >= abs(observed - 2 * values.mean()) - 1e-9)
        assert_allclose(subset_sum_probability(values, 2, float(observed)), expected, rtol=1e-12)


# ---- linearisations


def test_linearisations_are_derivatives(monkeypatch):
    scores, group, design = survey(n=50)
    found = []
    monkeypatch.setattr(rank_tests, "covariance_of_totals", lambda design, scores: found.append(scores) or np.eye(1))
    groups = groups_of(scores, group)

    def concordance(weights):
        return somers_d(SampleDesign(weights), scores, group)[0]

    def share(weights):
        return epsilon_squared(SampleDesign(weights), scores, groups).estimate

    for statistic in (concordance, share):
        found.clear()
        statistic(design.weights)
        assert_allclose(found[0][:, 0], derivatives(statistic, design.weights), rtol=1e-6, atol=1e-8)


# ---- designs


def test_weights_count_as_respondents_in_the_effects():
    scores, group, _ = survey()
    weights = 1.0 + np.arange(scores.size) % 3
    many = [np.repeat(a, weights.astype(int)) for a in (scores, group)]
    two = np.where(group > 1, -1, group)
    found = rank_biserial(SampleDesign(weights), scores, groups_of(scores, two))
    assert_allclose(found.estimate, mann_whitney(many[0], np.repeat(two, weights.astype(int))).effect.estimate)
    found = epsilon_squared(SampleDesign(weights), scores, groups_of(scores, group))
    assert_allclose(found.estimate, kruskal_wallis(*many).effect.estimate)


def test_equal_weights_bring_the_design_based_tests_to_the_classical_ones():
    rng = np.random.default_rng(2)
    scores, group = np.round(rng.normal(size=6000), 1), rng.integers(0, 4, 6000)
    scores += group / 25
    simple, two = SampleDesign.simple(6000), np.where(group > 1, -1, group)
    f, h = design_rank_test(simple, scores, group), kruskal_wallis(scores, group)
    assert_allclose(f.statistic * f.df1, h.statistic, rtol=0.02)
    assert f.effect == h.effect
    t, u = design_rank_test(simple, scores, two), mann_whitney(scores, two)
    assert_allclose(t.p_value, u.p_value, rtol=0.05)
    assert t.effect == u.effect
    for pair, classical in zip(design_rank_pairs(simple, scores, group), dunn(scores, group), strict=True):
        assert (pair.first, pair.second) == (classical.first, classical.second)
        assert_allclose(pair.result.statistic, classical.result.statistic, rtol=0.05, atol=0.02)
        assert pair.result.effect == classical.result.effect


@pytest.mark.parametrize("groups", [2, 4])
def test_the_order_of_respondents_does_not_matter(groups):
    scores, group, design = survey(groups=groups)
    assert_order_does_not_matter(design_rank_test, design, scores, group)
    classical = mann_whitney if groups == 2 else kruskal_wallis
    assert_order_does_not_matter(lambda _, s, g: classical(s, g), design, scores, group)
    pairs = [numbers(p.result) for p in design_rank_pairs(design, scores, group)]
    order = np.random.default_rng(1).permutation(design.n)
    shuffled = SampleDesign(design.weights[order], design.strata[order], design.clusters[order])
    again = [numbers(p.result) for p in design_rank_pairs(shuffled, scores[order], group[order])]
    assert all(a == pytest.approx(b, rel=1e-9) for a, b in zip(pairs, again, strict=True))


def test_copies_of_respondents_within_clusters_add_nothing():
    scores, group, _ = survey()
    n = scores.size
    once = SampleDesign(np.linspace(1, 2, n))
    twice = SampleDesign(np.repeat(np.linspace(1, 2, n), 2), clusters=np.repeat(np.arange(n), 2))
    for codes in (group, np.where(group > 1, -1, group)):
        one = numbers(design_rank_test(once, scores, codes))
        two = numbers(design_rank_test(twice, np.repeat(scores, 2), np.repeat(codes, 2)))
        for name in one.keys() - {"n"}:
            assert one[name] == pytest.approx(two[name], rel=0.01 if name in ("low", "high") else 1e-9), name


# ---- what cannot be estimated


@pytest.mark.parametrize("weights", [np.ones(6), np.arange(1.0, 7)], ids=["equal", "unequal"])
def test_pathologies_are_refused_with_their_reason(weights):
    design, scores, groups = SampleDesign(weights), np.arange(6.0), np.arange(6) % 2
    nobody, one_group, alone = np.full(6, -1), np.zeros(6, int), np.array([0, 1, -1, -1, -1, -1])
    for test in (
        mann_whitney,
        kruskal_wallis,
        lambda s, g: design_rank_test(design, s, g),
    ):
        assert_refused(test(np.ones(6), groups), "all respondents have the same score")
        assert_refused(test(np.full(6, np.nan), groups), "0 of the groups hold respondents, and 2 are needed")
        assert_refused(test(scores, nobody), "0 of the groups hold respondents, and 2 are needed")
        assert_refused(test(scores, one_group), "1 of the groups hold respondents, and 2 are needed")
        assert_refused(test(scores, alone), "fewer than 3 respondents are in the groups")
    for pairs in (dunn(np.ones(6), groups), dunn(scores, nobody), design_rank_pairs(design, scores, one_group)):
        assert pairs == []


def test_constants_give_no_nan():
    with np.errstate(all="ignore"):
        assert np.isnan(stats.kruskal([2, 2, 2], [2, 2, 2]).statistic)  # what scipy says
    assert_refused(kruskal_wallis([2.0] * 6, [0, 0, 0, 1, 1, 1]), "all respondents have the same score")


def test_groups_that_do_not_overlap_have_an_interval_all_the_same():
    found = mann_whitney(np.arange(12.0), np.arange(12) // 6)
    assert found.effect.estimate == -1
    assert found.effect.low == -1 < found.effect.high < -0.2
    assert_allclose(found.p_value, 2 / 924, rtol=1e-12)


def test_a_small_group_is_said():
    found = kruskal_wallis(np.arange(20.0), np.array([0] * 3 + [1] * 17))
    assert found.note == "the p-value is rough: the smallest group has only 3 respondents"


def test_p_values_never_underflow_to_zero():
    scores, groups = np.arange(20_000.0), np.arange(20_000) // 10_000
    assert 0 < mann_whitney(scores, groups).p_value < 1e-300
    assert 0 < kruskal_wallis(scores, groups).p_value < 1e-300
    assert 0 < dunn(scores, groups)[0].result.p_value < 1e-300
    assert 0 < design_rank_test(SampleDesign.simple(20_000), scores, groups).p_value < 1e-300


def test_wrong_input_is_refused():
    with pytest.raises(ValueError, match="compares two groups, found 3"):
        mann_whitney(np.arange(6.0), np.arange(6) % 3)
    with pytest.raises(ValueError, match="one value a respondent"):
        kruskal_wallis(np.arange(6.0), np.arange(5))
    with pytest.raises(ValueError, match="two groups"):
        somers_d(SampleDesign.simple(3), [1, 2, 3], [0, 0, 0])


# ---- how good the intervals are


@pytest.mark.parametrize("shift", [0.0, 0.6, 2.0])
def test_the_interval_of_the_rank_biserial_correlation_covers_what_it_should(shift):
    rng = np.random.default_rng(14)
    one, other = np.round(rng.normal(shift, 1.3, 3000)), np.round(rng.normal(0, 1, 3000))
    truth = np.mean(np.sign(one[:, None] - other))
    effects = [
        mann_whitney(np.concatenate([rng.choice(one, 30), rng.choice(other, 50)]), np.repeat([0, 1], [30, 50])).effect
        for _ in range(400)
    ]
    assert 0.92 <= np.mean([e.low <= truth <= e.high for e in effects]) <= 0.985


@pytest.mark.parametrize("between", [0.0, 0.15, 0.8])
def test_the_interval_of_epsilon_squared_covers_what_it_should(between):
    rng = np.random.default_rng(15)
    group = np.arange(40_000) % 3
    scores = np.round(rng.normal(size=group.size) + between * group, 1)
    truth = kruskal_wallis(scores, group).effect.estimate
    effects = []
    for _ in range(400):
        chosen = rng.integers(0, group.size, 240)
        effects.append(kruskal_wallis(scores[chosen], group[chosen]).effect)
    assert 0.92 <= np.mean([e.low <= truth <= e.high for e in effects]) <= 0.985


def test_rank_biserial_equals_pingouin():
    scores, group, _ = survey(groups=2)
    base = (group >= 0) & ~np.isnan(scores)
    expected = pingouin.mwu(scores[base & (group == 0)], scores[base & (group == 1)])["RBC"].iloc[0]
    assert_allclose(abs(mann_whitney(scores, group).effect.estimate), abs(expected), rtol=1e-10)
