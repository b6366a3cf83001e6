"""Two answers of the same respondents, against R, scipy, statsmodels, print and enumeration."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import stats
from statsmodels.stats.contingency_tables import SquareTable
from statsmodels.stats.contingency_tables import mcnemar as statsmodels_mcnemar

import reference
from b2bsurvey.statistics import paired
from b2bsurvey.statistics.linearisation import SampleDesign
from b2bsurvey.statistics.paired import (
    bowker,
    design_paired_t,
    design_signed_rank,
    design_stuart_maxwell,
    mcnemar,
    mcnemar_exact,
    mcnemar_midp,
    mean_difference,
    paired_categories,
    paired_difference,
    paired_proportions,
    paired_scores,
    paired_t,
    proportion_difference,
    signed_rank,
    square_table,
    stuart_maxwell,
)
from significance import EXACT, assert_order_does_not_matter, assert_refused, assert_same, derivatives, numbers

NAN = np.nan


def survey(n=240, seed=4, answers=5):
    """Return two related answers with some missing, unequal weights, strata and clusters."""
    rng = np.random.default_rng(seed)
    first = rng.integers(0, answers, n).astype(float)
    second = np.clip(first + rng.integers(-1, 3, n), 0, answers - 1)
    first[rng.random(n) < 0.1], second[rng.random(n) < 0.1] = NAN, NAN
    strata = np.arange(n) % 3
    return first, second, SampleDesign(rng.uniform(0.5, 3, n), strata, rng.integers(0, 15, n))


def codes(answers):
    return np.nan_to_num(answers, nan=-1).astype(int)


def respondents(table):
    """Return first and second codes of the respondents of a square table."""
    rows, columns = np.indices(np.shape(table))
    counts = np.asarray(table).ravel()
    return np.repeat(rows.ravel(), counts), np.repeat(columns.ravel(), counts)


# ---- McNemar


def test_mcnemar_equals_r():
    expected = reference.value("tests", "mcnemar_exact_ci.bfi_N1N2")
    bfi = reference.data("bfi")[["N1", "N2", "N3", "N4", "N5"]].apply(pd.to_numeric, errors="coerce").dropna()
    first, second = bfi["N1"] >= 4, bfi["N2"] >= 4
    found = paired_proportions(SampleDesign.simple(len(bfi)), first, second)
    assert (found.test, found.n) == ("mcnemar_exact", 2694)
    assert_allclose(found.p_value, expected["p_value"], **EXACT)
    assert_allclose(found.effect.estimate, (expected["parameter"]["c"] - expected["statistic"]["b"]) / 2694, **EXACT)


def test_internal_and_commercial_use_of_open_source():  # open source programme survey 2018: 152 and 48 of 684
    found = mcnemar(both=300, only_first=152, only_second=48, neither=184)
    assert found.n == 684
    assert f"{found.p_value:.1e}" == "8.7e-14"
    assert [f"{100 * v:.1f}" for v in (found.effect.estimate, found.effect.low, found.effect.high)] == [
        "15.2",
        "11.3",
        "19.1",
    ]


def test_paired_differences_equal_the_printed_ones():
    # Fagerland, Lydersen & Laake (2017), ch. 8: Bentur (2009), Cavo (2012)
    found = paired_difference([1, 59], [1, 6], [7, 16], [12, 80], 0.95)
    assert [f"{x:.3f}" for x in (found.estimate[0], found.low[0], found.high[0])] == ["-0.286", "-0.507", "-0.026"]
    assert [f"{x:.4f}" for x in (found.estimate[1], found.low[1], found.high[1])] == ["-0.0621", "-0.1186", "-0.0046"]


@given(st.integers(0, 60), st.integers(0, 60))
def test_mcnemar_equals_the_binomial_test_and_statsmodels(b, c):
    if b + c:
        assert_allclose(mcnemar_exact(b, c), stats.binomtest(b, b + c).pvalue, rtol=1e-9)
        assert_allclose(mcnemar_exact(b, c), min(1, statsmodels_mcnemar([[1, b], [c, 1]]).pvalue), rtol=1e-9)
        observed = stats.binom.pmf(min(b, c), b + c, 0.5)
        assert_allclose(mcnemar_midp(b, c), 2 * stats.binom.cdf(min(b, c), b + c, 0.5) - observed, rtol=1e-9)
        assert mcnemar(3, b, c, 4, mid_p=True).p_value == pytest.approx(float(mcnemar_midp(b, c)))


def test_mcnemar_equals_the_enumeration_of_all_ways_in_which_pairs_may_differ():
    for b, c in ((0, 4), (1, 5), (3, 3), (2, 7)):
        ways = np.array([sum(way) for way in product((0, 1), repeat=b + c)])
        expected = np.mean(np.abs(ways - (b + c) / 2) >= abs(b - (b + c) / 2))
        assert_allclose(mcnemar_exact(b, c), expected, rtol=1e-12)
        assert_allclose(mcnemar_midp(b, c), min(1, expected - (b != c) * np.mean(ways == min(b, c))), rtol=1e-12)


def test_equal_counts_in_both_directions_have_a_mid_p_of_one():
    assert_allclose(mcnemar_midp([3, 40], [3, 40]), 1.0)


def test_no_respondents_and_no_discordant_pairs():
    found = paired_difference([0, 5], [0, 0], [0, 0], [0, 5])
    assert np.isnan(found.low[0])
    assert found.low[1] < 0 < found.high[1]
    assert np.isnan(paired_difference(0, 0, 0, 0).estimate)
    assert_refused(mcnemar(5, 0, 0, 5), "nobody's two answers differ")
    still = proportion_difference(SampleDesign.simple(10), np.arange(10) % 2, np.arange(10) % 2)
    assert (still.estimate, round(still.high, 4)) == (0.0, round(found.high[1], 4))


def test_p_values_never_underflow_to_zero():
    assert 0 < mcnemar_exact(5000, 0) < 1e-300
    assert 0 < mcnemar_midp(5000, 0) < 1e-300
    assert 0 < bowker([[1, 90_000], [0, 1]]).p_value < 1e-300
    assert 0 < stuart_maxwell([[1, 90_000], [0, 1]]).p_value < 1e-300


# ---- a square table


def test_stuart_maxwell_and_bowker_equal_r():
    expected = reference.value("tests", "marginal_homogeneity.VisualAcuity.female")
    table = expected["table"]["values"]
    found = paired_categories(SampleDesign.simple(int(np.sum(table))), *respondents(table), 4)
    assert (found.test, found.df1) == ("stuart_maxwell", expected["stuart_maxwell_df"])
    assert_allclose(found.statistic, expected["stuart_maxwell"], **EXACT)
    assert_allclose(found.p_value, expected["stuart_maxwell_p"], **EXACT)
    symmetry = bowker(table)
    assert symmetry.df1 == expected["bowker_df"]
    assert_allclose([symmetry.statistic, symmetry.p_value], [expected["bowker"], expected["bowker_p"]], **EXACT)


square = st.integers(2, 4).flatmap(lambda k: st.lists(st.integers(1, 40), min_size=k * k, max_size=k * k))


@settings(deadline=None)
@given(square)
def test_square_tables_equal_statsmodels(cells):
    k = round(len(cells) ** 0.5)
    table = np.reshape(cells, (k, k))
    oracle = SquareTable(table, shift_zeros=False)
    for found, expected in ((bowker(table), oracle.symmetry()), (stuart_maxwell(table), oracle.homogeneity())):
        assert found.df1 == expected.df
        assert_allclose(found.statistic, expected.statistic, rtol=1e-8, atol=1e-12)
        assert_allclose(found.p_value, expected.pvalue, rtol=1e-8, atol=1e-15)  # theirs is 1 − a probability
        assert 0 <= found.effect.low <= found.effect.estimate <= found.effect.high <= 1
    assert stuart_maxwell(table).statistic <= bowker(table).statistic * (1 + 1e-9)  # margins are part of symmetry


def test_no_half_respondent_is_put_into_empty_cells():
    table = [[20, 9, 0, 0], [3, 20, 5, 0], [4, 6, 20, 1], [0, 0, 2, 9]]
    found = bowker(table)
    assert_allclose(found.statistic, 36 / 12 + 1 / 11 + 16 / 4 + 1 / 3, rtol=1e-12)
    assert found.df1 == 4  # nobody moved between the last answer and the first two
    shifted = SquareTable(np.array(table)).symmetry()  # what statsmodels does unless told not to
    assert shifted.statistic < found.statistic - 0.5


def test_two_categories_are_mcnemars_chi_squared():
    table = [[10, 15], [4, 20]]
    expected = statsmodels_mcnemar(table, exact=False, correction=False)
    for found in (bowker(table), stuart_maxwell(table)):
        assert_allclose([found.statistic, found.p_value], [expected.statistic, expected.pvalue], rtol=1e-12)


def test_categories_that_nobody_left_or_entered_do_not_count():
    table, wider = [[10, 15, 2], [4, 20, 1], [3, 6, 4]], np.zeros((5, 5), int)
    wider[np.ix_([0, 2, 4], [0, 2, 4])] = table
    wider[1, 1] = 30
    found, expected = stuart_maxwell(wider), stuart_maxwell(table)
    assert (found.statistic, found.df1) == (pytest.approx(expected.statistic), expected.df1)
    first, second = respondents(wider)
    weights = np.linspace(1, 2, first.size)
    kept = first != 1
    design, dense = SampleDesign(weights), SampleDesign(weights[kept])
    place = np.array([0, -1, 1, -1, 2])
    found = design_stuart_maxwell(design, first, second, 5)
    expected = design_stuart_maxwell(dense, place[first[kept]], place[second[kept]], 3)
    assert found.df1 == expected.df1 == 2
    assert_allclose(found.statistic, expected.statistic, rtol=0.15)  # respondents more, and no more information


def test_a_table_that_falls_apart_has_the_degrees_of_freedom_of_its_parts():
    table = np.zeros((4, 4), int)
    table[:2, :2], table[2:, 2:] = [[5, 9], [2, 5]], [[5, 3], [8, 5]]
    found = stuart_maxwell(table)
    assert found.df1 == 2
    assert_allclose(found.statistic, 49 / 11 + 25 / 11, rtol=1e-12)
    weights = np.linspace(1, 2, table.sum())
    assert_refused(design_stuart_maxwell(SampleDesign(weights), *respondents(table), 4), "singular")


def test_a_square_table_of_weights_sums_to_the_respondents():
    first, second, design = survey()
    table = square_table(design, codes(first), codes(second), 5)
    base = ~np.isnan(first + second)
    assert_allclose(table.sum(), base.sum())
    inside = base & (first == 2) & (second == 3)
    assert_allclose(table[2, 3] / table.sum(), design.weights[inside].sum() / design.weights[base].sum())


# ---- two scores


@settings(deadline=None)
@given(st.lists(st.integers(-4, 4), min_size=1, max_size=9))
def test_signed_ranks_equal_the_enumeration_of_all_signs(differences):
    found, d = signed_rank(differences), np.array(differences)
    moved = d[d != 0]
    if not moved.size:
        assert_refused(found, "nobody's two answers differ")
        return
    ranks = stats.rankdata(np.abs(moved))
    sums = np.array(
        [sum(r for r, sign in zip(ranks, signs, strict=True) if sign) for signs in product((0, 1), repeat=moved.size)]
    )
    assert found.statistic == ranks[moved > 0].sum()
    expected = np.mean(np.abs(sums - ranks.sum() / 2) >= abs(found.statistic - ranks.sum() / 2) - 1e-9)
    assert_allclose(found.p_value, expected, rtol=1e-12)
    assert_allclose(found.effect.estimate, 2 * found.statistic / ranks.sum() - 1, atol=1e-12)


def test_signed_ranks_equal_scipy():
    rng = np.random.default_rng(2)
    few, many = rng.normal(0.4, 1, 20), rng.integers(-3, 5, 200).astype(float)
    exact = stats.wilcoxon(few, method="exact")
    assert_allclose(signed_rank(few).p_value, exact.pvalue, rtol=1e-12)
    rough = stats.wilcoxon(many, zero_method="wilcox", correction=False, method="asymptotic")
    found = signed_rank(many)
    assert_allclose(found.p_value, rough.pvalue, rtol=1e-12)
    assert min(found.statistic, np.sum(stats.rankdata(np.abs(many[many != 0]))) - found.statistic) == rough.statistic
    zeros = int((many == 0).sum())
    assert found.note == f"{zeros} of 200 pairs do not differ and do not count"


def test_paired_t_equals_scipy():
    first, second, _ = survey()
    base = ~np.isnan(first + second)
    found = paired_scores(SampleDesign.simple(first.size), first, second, "interval")
    expected = stats.ttest_rel(first[base], second[base])
    assert (found.test, found.n, found.df1) == ("paired_t", base.sum(), expected.df)
    assert_allclose([found.statistic, found.p_value], [expected.statistic, expected.pvalue], rtol=1e-11)
    interval = expected.confidence_interval()
    assert_allclose([found.effect.low, found.effect.high], [interval.low, interval.high], rtol=1e-11)


def test_the_linearisation_of_signed_ranks_is_the_derivative():
    rng = np.random.default_rng(8)
    d, weights = rng.choice([-3, -2, -1, 1, 2, 3.0], 40), rng.uniform(1, 3, 40)
    _, influence = paired._signed_rank_correlation(weights, d)
    expected = derivatives(lambda w: paired._signed_rank_correlation(w, d)[0], weights)
    assert_allclose(influence, expected, rtol=1e-6, atol=1e-9)


# ---- designs


def test_the_design_based_difference_is_that_of_the_weighted_means():
    first, second, design = survey()
    base = ~np.isnan(first + second)
    found = design_paired_t(design, first, second)
    expected = np.average((first - second)[base], weights=design.weights[base])
    assert_allclose(found.effect.estimate, expected, rtol=1e-12)
    assert found.df1 == design.df
    assert (found.effect.low + found.effect.high) / 2 == pytest.approx(expected)
    assert_same(paired_scores(design, first, second, "interval"), found)
    assert mean_difference(design, first, second) == found.effect


def test_the_choice_follows_the_design_and_says_why():
    first, second, design = survey()
    simple, yes = SampleDesign.simple(first.size), [np.where(np.isnan(a), NAN, a > 2) for a in (first, second)]
    plain = "equal weights, no strata, clusters or finite population"
    why = "the design has unequal weights, strata, clusters, so the test is design-based"
    for found, test, reason in (
        (paired_proportions(simple, *yes), "mcnemar_exact", f"{plain}; exact at any number of pairs"),
        (paired_proportions(design, *yes), "design_paired_t", why),
        (paired_scores(simple, first, second, "ordinal"), "wilcoxon_signed_rank", f"{plain}; the scores are ordinal"),
        (paired_scores(design, first, second, "ordinal"), "design_signed_rank_t", f"{why}; the scores are ordinal"),
        (paired_scores(design, first, second, "interval"), "design_paired_t", f"{why}; the scores are interval"),
        (paired_categories(simple, codes(first), codes(second), 5), "stuart_maxwell", plain),
        (paired_categories(design, codes(first), codes(second), 5), "design_stuart_maxwell_F", why),
    ):
        assert (found.test, found.reason) == (test, reason)
        assert numbers(found)["low"] <= numbers(found)["effect"] <= numbers(found)["high"]
        assert found.n == np.sum(~np.isnan(first + second))


@pytest.mark.parametrize("test", ["proportions", "ordinal", "interval", "categories"])
def test_respondents_in_another_order_with_scaled_weights_give_the_same(test):
    first, second, design = survey()

    def run(design, first, second):
        if test == "proportions":
            return paired_proportions(design, *(np.where(np.isnan(a), NAN, a > 2) for a in (first, second)))
        if test == "categories":
            return paired_categories(design, codes(first), codes(second), 5)
        return paired_scores(design, first, second, test)

    assert_order_does_not_matter(run, design, first, second)
    assert_order_does_not_matter(run, SampleDesign.simple(first.size), first, second)


def test_equal_weights_bring_the_design_based_tests_to_the_classical_ones():
    rng = np.random.default_rng(3)
    first = rng.integers(0, 5, 4000).astype(float)
    second = np.clip(first + rng.choice([-1, 0, 1], 4000, p=[0.26, 0.5, 0.24]), 0, 4)
    simple = SampleDesign.simple(4000)
    t, proportions = design_paired_t(simple, first > 2, second > 2), paired_proportions(simple, first > 2, second > 2)
    assert_allclose(t.effect.estimate, proportions.effect.estimate)
    assert_allclose([t.effect.low, t.effect.high], [proportions.effect.low, proportions.effect.high], atol=1e-4)
    ranks, wilcoxon = design_signed_rank(simple, first, second), signed_rank(first - second)
    assert_allclose(ranks.p_value, wilcoxon.p_value, rtol=0.05)
    assert_allclose(ranks.effect.estimate, wilcoxon.effect.estimate, atol=1e-3)
    f, chi2 = (
        design_stuart_maxwell(simple, *(a.astype(int) for a in (first, second)), 5),
        stuart_maxwell(square_table(simple, first.astype(int), second.astype(int), 5)),
    )
    assert_allclose(f.statistic * f.df1, chi2.statistic, rtol=0.02)
    assert_allclose([f.effect.estimate, f.effect.high], [chi2.effect.estimate, chi2.effect.high], rtol=0.02)


def test_copies_of_respondents_within_clusters_add_nothing():
    first, second, _ = survey()
    base = ~np.isnan(first + second)
    first, second = first[base], second[base]
    once, twice = (
        SampleDesign(np.linspace(1, 2, first.size)),
        SampleDesign(np.repeat(np.linspace(1, 2, first.size), 2), clusters=np.repeat(np.arange(first.size), 2)),
    )
    double = [np.repeat(a, 2) for a in (first, second)]
    for test in (
        design_paired_t,
        lambda d, a, b: paired_categories(d, codes(a), codes(b), 5),
        design_signed_rank,
    ):
        one, two = numbers(test(once, first, second)), numbers(test(twice, *double))
        for name in one.keys() - {"n", "low", "high"}:
            assert one[name] == pytest.approx(two[name]), name
    assert_allclose(
        paired_categories(once, codes(first), codes(second), 5).effect.low,
        paired_categories(twice, *(codes(a) for a in double), 5).effect.low,
        rtol=0.02,
    )


def test_a_stuart_maxwell_f_of_two_categories_is_the_square_of_t():
    first, second, design = survey(answers=2)
    f, t = design_stuart_maxwell(design, codes(first), codes(second), 2), design_paired_t(design, first, second)
    assert_allclose([f.statistic, f.p_value], [t.statistic**2, t.p_value], rtol=1e-10)


# ---- what cannot be estimated


@pytest.mark.parametrize("weights", [np.ones(6), np.arange(1.0, 7)], ids=["equal", "unequal"])
def test_pathologies_are_refused_with_their_reason(weights):
    design, zeros, nothing = SampleDesign(weights), np.zeros(6), np.full(6, NAN)
    one = np.array([1, NAN, NAN, NAN, NAN, NAN])
    alike, few = "nobody's two answers differ", "fewer than 2 respondents gave both answers"
    for found, why in (
        (paired_proportions(design, zeros, zeros), alike),
        (paired_proportions(design, nothing, zeros), alike if design.is_simple else few),
        (paired_scores(design, zeros, zeros, "interval"), alike),
        (paired_scores(design, zeros + 0.1, zeros, "interval"), "all respondents differ by the same amount"),
        (paired_scores(design, one, zeros, "interval"), few),
        (paired_scores(design, nothing, zeros, "interval"), few),
        (paired_scores(design, zeros, zeros, "ordinal"), alike),
        (paired_scores(design, nothing, zeros, "ordinal"), alike),
        (paired_categories(design, zeros.astype(int), zeros.astype(int), 3), alike),
        (paired_categories(design, codes(nothing), zeros.astype(int), 3), alike),
    ):
        assert_refused(found, why)
    assert_refused(bowker(np.diag([4, 0, 3])), alike)
    assert_refused(bowker(np.zeros((3, 3))), alike)
    assert_refused(stuart_maxwell(np.zeros((3, 3))), alike)


def test_a_t_test_of_constants_has_no_p_of_zero():
    with np.errstate(divide="ignore"), pytest.warns(RuntimeWarning):
        assert stats.ttest_rel([3, 3, 3, 3], [2, 2, 2, 2]).pvalue == 0  # what scipy says
    assert_refused(paired_t([1, 1, 1, 1]), "all respondents differ by the same amount")


def test_more_differences_than_degrees_of_freedom_are_refused():
    rng = np.random.default_rng(5)
    first, second = rng.integers(0, 6, 60), rng.integers(0, 6, 60)
    design = SampleDesign(np.ones(60), clusters=np.arange(60) % 5)
    assert_refused(
        design_stuart_maxwell(design, first, second, 6), "5 differences are too many for the 4 degrees of freedom"
    )


def test_one_respondent_who_differs_has_an_interval_all_the_same():
    found = signed_rank([0, 0, 2])
    assert (found.p_value, found.effect.estimate) == (1.0, 1.0)
    assert -1 < found.effect.low < found.effect.high == 1.0


def test_wrong_input_is_refused():
    design = SampleDesign.simple(3)
    with pytest.raises(ValueError, match="0 and 1"):
        paired_proportions(design, [0, 1, 2], [0, 1, 1])
    with pytest.raises(ValueError, match="one value a respondent"):
        paired_proportions(design, [0, 1], [0, 1, 1])
    with pytest.raises(ValueError, match="'nominal'; it must be 'ordinal' or 'interval'"):
        paired_scores(design, [0, 1, 2], [0, 1, 1], "nominal")
    with pytest.raises(ValueError, match="not below"):
        paired_categories(design, [0, 1, 2], [0, 1, 1], 2)
    with pytest.raises(ValueError, match="nobody has both"):
        proportion_difference(design, [NAN, NAN, 1], [0, 1, NAN])
    with pytest.raises(ValueError, match="nobody has both"):
        mean_difference(design, [NAN, NAN, 1], [0, 1, NAN])


# ---- how good the intervals are


@pytest.mark.parametrize("shift", [0.0, 0.5, 1.5])
def test_the_interval_of_the_rank_biserial_correlation_covers_what_it_should(shift):
    rng = np.random.default_rng(11)
    population = np.round(rng.normal(shift, 1.2, 4000))
    population = population[population != 0]
    truth, _ = paired._signed_rank_correlation(np.ones(population.size), population)
    hits = 0
    for _ in range(400):
        effect = signed_rank(rng.choice(population, 60)).effect
        hits += effect.low <= truth <= effect.high
    assert 0.92 <= hits / 400 <= 0.985
