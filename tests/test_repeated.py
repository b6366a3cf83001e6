"""Several items of the same respondents, against R, scipy and statsmodels."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import stats
from statsmodels.stats.contingency_tables import cochrans_q

import reference
from b2bsurvey.statistics import repeated
from b2bsurvey.statistics.linearisation import SampleDesign
from b2bsurvey.statistics.paired import design_paired_t
from b2bsurvey.statistics.repeated import (
    cochran_q,
    design_cochran,
    design_friedman,
    friedman,
    ranks_of_items,
    ranks_within,
    several_proportions,
)
from significance import EXACT, assert_order_does_not_matter, assert_refused, assert_same, derivatives, numbers


def neuroticism() -> np.ndarray:
    return reference.data("bfi")[["N1", "N2", "N3", "N4", "N5"]].apply(pd.to_numeric, errors="coerce").to_numpy()


def survey(n=210, k=4, seed=6):
    """Return scores of items of which the later are higher, some missing, and a design."""
    rng = np.random.default_rng(seed)
    scores = np.clip(rng.integers(0, 5, (n, 1)) + rng.integers(-1, 2, (n, k)) + np.arange(k) // 2, 0, 5).astype(float)
    scores[rng.random((n, k)) < 0.03] = np.nan
    return scores, SampleDesign(rng.uniform(0.5, 3, n), np.arange(n) % 3, rng.integers(0, 14, n))


def ticks(scores, above=2):
    return np.where(np.isnan(scores), np.nan, scores > above)


# ---- against R


def test_friedman_and_kendalls_w_equal_r():
    expected = reference.value("tests", "friedman.bfi_N")
    found = ranks_of_items(SampleDesign.simple(2800), neuroticism())
    assert (found.test, found.n, found.df1) == ("friedman", expected["n"], 4)
    assert_allclose(found.statistic, expected["statistic"]["Friedman chi-squared"], **EXACT)
    assert_allclose(found.p_value, expected["p_value"], **EXACT)
    assert_allclose(found.effect.estimate, expected["effectsize_W"], **EXACT)


def test_cochrans_q_equals_r():
    expected = reference.value("tests", "cochranQ.bfi_N_ge4")
    found = several_proportions(SampleDesign.simple(2800), ticks(neuroticism(), 3.5))
    assert (found.test, found.n, found.df1) == ("cochran_q", 2694, expected["df"])
    assert_allclose([found.statistic, found.statistic], [expected["Q"], expected["coin_stat"]], **EXACT)
    assert_allclose(found.p_value, expected["p"], **EXACT)


# ---- against scipy and statsmodels

rows = st.lists(st.lists(st.integers(0, 3), min_size=4, max_size=4), min_size=3, max_size=25)


@settings(deadline=None)
@given(rows)
def test_any_table_equals_scipy_and_statsmodels(values):
    scores = np.array(values, dtype=float)
    assert_allclose(ranks_within(scores), [stats.rankdata(row) for row in scores])
    f, q = friedman(scores), cochran_q(scores > 1)
    if f.is_estimable:
        expected = stats.friedmanchisquare(*scores.T)
        assert_allclose([f.statistic, f.p_value], [expected.statistic, expected.pvalue], rtol=1e-9, atol=1e-13)
        assert 0 <= f.effect.low <= f.effect.estimate <= f.effect.high <= 1
        assert_allclose(f.effect.estimate, f.statistic / (len(values) * 3), atol=1e-12)
    else:
        assert (np.ptp(scores, axis=1) == 0).all()
    if q.is_estimable:
        expected = cochrans_q(scores > 1)
        assert_allclose([q.statistic, q.p_value], [expected.statistic, expected.pvalue], rtol=1e-9, atol=1e-13)


def test_complete_agreement_has_a_w_of_one():
    found = friedman(np.tile([1, 2, 3, 4], (30, 1)))
    assert_allclose([found.effect.estimate, found.effect.high], 1)
    assert 0.6 < found.effect.low < 1


def test_p_values_never_underflow_to_zero():
    assert 0 < friedman(np.tile([1, 2, 3], (5000, 1))).p_value < 1e-300
    assert 0 < cochran_q(np.tile([1, 0, 0], (5000, 1))).p_value < 1e-300


def test_few_respondents_who_tell_items_apart_are_said():
    found = cochran_q([[1, 0, 0], [1, 0, 1], [1, 1, 1], [0, 0, 0]])
    assert found.note == "the p-value is rough: only 2 respondents tell the items apart"
    assert cochran_q(np.tile([1, 0, 0], (8, 1))).note == ""


# ---- designs


def test_two_items_under_a_design_are_the_square_of_the_paired_t():
    scores, design = survey(k=2)
    for f, values in (
        (design_cochran(design, ticks(scores)), ticks(scores)),
        (design_friedman(design, scores), ranks_within(scores)),
    ):
        t = design_paired_t(design, values[:, 1], values[:, 0])
        assert_allclose([f.statistic, f.p_value], [t.statistic**2, t.p_value], rtol=1e-10)
        assert (f.df1, f.df2) == (1, t.df1)


def test_equal_weights_give_hotellings_t_squared():
    scores, _ = survey()
    scores = scores[~np.isnan(scores).any(axis=1)]
    for found, values in (
        (design_cochran(SampleDesign.simple(len(scores)), scores > 2), scores > 2),
        (design_friedman(SampleDesign.simple(len(scores)), scores), ranks_within(scores)),
    ):
        d = values[:, 1:] - 1.0 * values[:, :1]
        n, k = d.shape
        t2 = n * d.mean(axis=0) @ np.linalg.solve(np.cov(d.T), d.mean(axis=0))
        assert_allclose(found.statistic, t2 * (n - k) / (k * (n - 1)), rtol=1e-10)
        assert (found.df1, found.df2) == (k, n - k)


def test_equal_weights_bring_the_design_based_tests_to_the_classical_ones():
    rng = np.random.default_rng(1)
    scores = rng.normal(size=(5000, 4)) + 0.04 * np.arange(4)
    simple = SampleDesign.simple(5000)
    for f, chi2 in (
        (design_friedman(simple, scores), friedman(scores)),
        (design_cochran(simple, scores > 0), cochran_q(scores > 0)),
    ):
        assert_allclose(f.statistic * f.df1, chi2.statistic, rtol=0.05)
        assert_allclose(f.effect.estimate, chi2.effect.estimate, rtol=1e-9)
        assert f.effect == chi2.effect


def test_weights_count_as_respondents_in_w():
    scores, _ = survey()
    scores = scores[~np.isnan(scores).any(axis=1)]
    weights = 1.0 + np.arange(len(scores)) % 3
    found = design_friedman(SampleDesign(weights), scores)
    assert_allclose(found.effect.estimate, friedman(np.repeat(scores, weights.astype(int), axis=0)).effect.estimate)
    assert found.n == len(scores)


def test_copies_of_respondents_within_clusters_add_nothing():
    scores, _ = survey()
    scores = scores[~np.isnan(scores).any(axis=1)]
    n = len(scores)
    once, twice = (
        SampleDesign(np.linspace(1, 2, n)),
        SampleDesign(np.repeat(np.linspace(1, 2, n), 2), clusters=np.repeat(np.arange(n), 2)),
    )
    for test in (design_friedman, lambda d, s: design_cochran(d, ticks(s))):
        one, two = numbers(test(once, scores)), numbers(test(twice, np.repeat(scores, 2, axis=0)))
        for name in ("statistic", "df1", "df2", "p", "effect"):
            assert one[name] == pytest.approx(two[name]), name
        assert_allclose([one["low"], one["high"]], [two["low"], two["high"]], rtol=0.02)


def test_the_linearisation_of_w_is_the_derivative(monkeypatch):
    scores, design = survey(n=30)
    values, base = np.nan_to_num(ranks_within(scores)), ~np.isnan(scores).any(axis=1)
    found = []
    monkeypatch.setattr(repeated, "covariance_of_totals", lambda design, scores: found.append(scores) or np.eye(1))

    def w(weights):
        return repeated._kendalls_w(SampleDesign(weights), values, base, 0.95).estimate

    w(design.weights)
    assert_allclose(found[0][:, 0], derivatives(w, design.weights), rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("between", [0.0, 0.1, 0.6, 1.5])
def test_the_interval_of_w_covers_what_it_should(between):
    rng = np.random.default_rng(12)
    population = ranks_within(np.round(rng.normal(size=(20_000, 4)) + between * np.arange(4)))
    truth = ((population.mean(axis=0) - 2.5) ** 2).sum() / ((population - 2.5) ** 2).sum(axis=1).mean()
    effects = [friedman(rng.choice(population, 150)).effect for _ in range(400)]
    assert 0.915 <= np.mean([effect.low <= truth <= effect.high for effect in effects]) <= 0.985


@pytest.mark.parametrize("simple", [True, False])
def test_neither_the_order_of_respondents_nor_that_of_items_matters(simple):
    scores, design = survey()
    design = SampleDesign.simple(design.n) if simple else design
    for test in (ranks_of_items, lambda d, s: several_proportions(d, ticks(s))):
        assert_order_does_not_matter(test, design, scores)
        assert_same(test(design, scores[:, [2, 0, 3, 1]]), test(design, scores))


def test_the_choice_follows_the_design_and_says_why():
    scores, design = survey()
    plain = SampleDesign.simple(design.n)
    found = [several_proportions(d, ticks(scores)) for d in (plain, design)]
    found += [ranks_of_items(d, scores) for d in (plain, design)]
    assert [f.test for f in found] == ["cochran_q", "design_cochran_F", "friedman", "design_friedman_F"]
    why = "the design has unequal weights, strata, clusters, so the test is design-based"
    assert [f.reason for f in found] == 2 * ["equal weights, no strata, clusters or finite population", why]
    assert {f.n for f in found} == {int((~np.isnan(scores).any(axis=1)).sum())}


# ---- what cannot be estimated


@pytest.mark.parametrize("weights", [np.ones(6), np.arange(1.0, 7)], ids=["equal", "unequal"])
@pytest.mark.parametrize("test", [several_proportions, ranks_of_items])
def test_pathologies_are_refused_with_their_reason(weights, test):
    design, nothing = SampleDesign(weights), np.full((6, 3), np.nan)
    one = nothing.copy()
    one[0] = 1, 0, 1
    assert_refused(test(design, np.ones((6, 3))), "every respondent gave all items the same answer")
    assert_refused(test(design, np.ones((6, 1))), "there are fewer than 2 items")
    for values in (nothing, one):
        assert_refused(test(design, values), "fewer than 2 respondents answered all items")


def test_items_answered_alike_by_everybody_are_singular_under_a_design():
    rng = np.random.default_rng(3)
    values = rng.integers(0, 2, (40, 2))
    twice = np.column_stack([values, values[:, 1]])
    assert_refused(design_cochran(SampleDesign(rng.uniform(1, 2, 40)), twice), "singular: one follows from the others")
    assert cochran_q(twice).is_estimable


def test_too_few_clusters_are_refused():
    scores, _ = survey(k=6)
    design = SampleDesign(np.ones(len(scores)), clusters=np.arange(len(scores)) % 4)
    assert_refused(
        design_friedman(design, scores), "5 differences are too many for the 3 degrees of freedom of the design"
    )


def test_wrong_shapes_are_refused():
    with pytest.raises(ValueError, match="a row for each of 5"):
        ranks_of_items(SampleDesign.simple(5), np.ones((4, 3)))
    with pytest.raises(ValueError, match="expected 5"):
        ranks_of_items(SampleDesign(np.arange(1.0, 6)), np.ones((4, 3)))
