"""Tick-all sets across groups, against the definition over all patterns, Pearson's χ² and simulation."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy import stats

from b2bsurvey.statistics.contingency import cramers_v, pearson, rao_scott
from b2bsurvey.statistics.linearisation import SampleDesign
from b2bsurvey.statistics.tick_all import bilder_loughin, thomas_decady, tick_all_by_groups
from significance import assert_order_does_not_matter, assert_refused, assert_same, numbers

# Kansas farmers by education (88, 16, 31, 113, 14 respondents) who named each of five sources of veterinary
# information (Loughin & Scherer 1998; 453 answers in all)
FARMERS = np.array([88, 16, 31, 113, 14])
SOURCES = np.array([[19, 38, 29, 47, 40], [2, 6, 8, 8, 4], [1, 13, 10, 17, 14], [19, 29, 40, 53, 29], [3, 4, 8, 6, 6]])


def survey(n=300, seed=3, difference=0.0):
    """Return dependent ticks of four options, more in later groups, groups and a design; some are missing."""
    rng = np.random.default_rng(seed)
    groups = rng.integers(-1, 3, n)
    leaning = rng.normal(size=(n, 1)) + difference * groups[:, None]
    ticks = (leaning + rng.normal(size=(n, 4)) > [0, 0.5, 1, -0.5]).astype(float)
    ticks[rng.random(n) < 0.08] = np.nan
    return ticks, groups, SampleDesign(rng.uniform(0.5, 3, n), np.arange(n) % 3, rng.integers(0, 20, n))


def over_all_patterns(ticks, groups):
    """The second-order test of Bilder, Loughin & Nettleton (2000) from the multinomial of all 2^c patterns."""
    c, r, n = ticks.shape[1], groups.max() + 1, len(ticks)
    patterns = np.array(list(product((0, 1), repeat=c)))
    place = (ticks @ 2 ** np.arange(c)[::-1]).astype(int)
    sizes = np.bincount(groups)
    shares = np.array([np.bincount(place[groups == g], minlength=2**c) / sizes[g] for g in range(r)])
    by_group, overall = shares @ patterns, ticks.mean(axis=0)
    x2 = sum(stats.chi2_contingency(pd.crosstab(groups, ticks[:, j]), correction=False).statistic for j in range(c))
    covariance = np.zeros((r * c, r * c))  # of √n × the proportions within groups
    for g in range(r):
        multinomial = np.diag(shares[g]) - np.outer(shares[g], shares[g])
        block = slice(g * c, (g + 1) * c)
        covariance[block, block] = patterns.T @ multinomial @ patterns * n / sizes[g]
    centre = np.eye(r * c) - np.kron(np.ones((r, 1)) @ (sizes / n)[None, :], np.eye(c))
    scale = np.kron(sizes / n, 1 / (overall * (1 - overall)))
    eigenvalues = np.linalg.eigvals(np.diag(scale) @ centre @ covariance @ centre.T).real
    assert by_group.shape == (r, c)
    squares, df = np.sum(eigenvalues**2), (r - 1) * c
    return x2, df * x2 / squares, df**2 / squares


def test_it_equals_the_definition_over_all_patterns():
    ticks, groups, _ = survey(difference=0.3)
    base = (groups >= 0) & ~np.isnan(ticks[:, 0])
    x2, corrected, df = over_all_patterns(ticks[base], groups[base])
    found = tick_all_by_groups(SampleDesign.simple(len(ticks)), ticks, groups)
    assert (found.test, found.n, found.df2) == ("bilder_loughin", base.sum(), None)
    assert_allclose([found.statistic, found.df1], [corrected, df], rtol=1e-10)
    assert_allclose(found.p_value, stats.chi2.sf(corrected, df), rtol=1e-10)
    first = thomas_decady(SampleDesign.simple(len(ticks)), ticks, groups)
    assert_allclose([first.statistic, first.df1], [x2, 8], rtol=1e-10)


def test_the_sum_over_the_sources_of_kansas_farmers():
    groups = np.repeat(np.arange(5), FARMERS)
    ticks = np.vstack([np.arange(n)[:, None] < row for n, row in zip(FARMERS, SOURCES, strict=True)]).astype(float)
    assert ticks.sum() == 453
    expected = sum(pearson(np.column_stack([column, FARMERS - column])).statistic for column in SOURCES.T)
    found = thomas_decady(SampleDesign.simple(262), ticks, groups)
    assert_allclose(found.statistic, expected, rtol=1e-12)
    assert found.df1 == 20


def test_a_single_option_is_pearsons_chi_squared_or_rao_scotts_f():
    ticks, groups, design = survey(difference=0.2)
    simple, one = SampleDesign.simple(len(ticks)), ticks[:, :1]
    base = (groups >= 0) & ~np.isnan(one[:, 0])
    expected = pearson(pd.crosstab(groups[base], one[base, 0]))
    found = thomas_decady(simple, one, groups)
    assert_allclose([found.statistic, found.df1, found.p_value], [expected.statistic, 2, expected.p_value], rtol=1e-10)
    assert_allclose(found.effect.estimate, expected.effect.estimate, rtol=1e-10)
    codes = np.nan_to_num(one[:, 0], nan=-1).astype(int)
    expected = rao_scott(design, codes, groups, 2, 3)
    found = bilder_loughin(design, one, groups)
    assert_allclose(found.statistic, expected.statistic, rtol=0.1)  # their covariances are not both under independence
    assert_allclose(found.df2 / found.df1, expected.df2 / expected.df1)


def test_the_effect_is_the_root_mean_square_of_the_options_v():
    ticks, groups, _ = survey(difference=0.3)
    base = (groups >= 0) & ~np.isnan(ticks[:, 0])
    v = [cramers_v(pd.crosstab(groups[base], column)).estimate for column in ticks[base].T]
    found = tick_all_by_groups(SampleDesign.simple(len(ticks)), ticks, groups)
    assert_allclose(found.effect.estimate, np.sqrt(np.mean(np.square(v))), rtol=1e-10)
    assert 0 < found.effect.low < found.effect.estimate < found.effect.high < 1


def test_options_ticked_alike_count_once():
    ticks, groups, _ = survey(difference=0.3)
    simple, one = SampleDesign.simple(len(ticks)), ticks[:, :1]
    once, thrice = bilder_loughin(simple, one, groups), bilder_loughin(simple, np.repeat(one, 3, axis=1), groups)
    assert_allclose([thrice.df1, thrice.p_value], [once.df1, once.p_value], rtol=1e-9)
    assert thomas_decady(simple, np.repeat(one, 3, axis=1), groups).p_value < 0.5 * once.p_value  # too liberal


@pytest.mark.parametrize("weighted", [False, True])
def test_it_rejects_as_often_as_it_says(weighted):
    rng = np.random.default_rng(40)
    rejected = {bilder_loughin: 0, thomas_decady: 0}
    for _ in range(800):
        groups = rng.integers(0, 3, 150)
        ticks = (2 * rng.normal(size=(150, 1)) + rng.normal(size=(150, 5)) > 0).astype(float)
        design = SampleDesign(rng.uniform(0.3, 3, 150) if weighted else np.ones(150))
        for test in rejected:
            rejected[test] += test(design, ticks, groups).p_value <= 0.05
    assert 0.035 <= rejected[bilder_loughin] / 800 <= 0.08
    assert rejected[thomas_decady] > rejected[bilder_loughin]


def test_equal_weights_bring_the_design_based_test_to_the_classical_one():
    ticks, groups, _ = survey(n=6000, difference=0.03)
    classical = bilder_loughin(SampleDesign.simple(6000), ticks, groups)
    clusters = bilder_loughin(SampleDesign(np.ones(6000), clusters=np.arange(6000)), ticks, groups)
    assert_allclose(clusters.statistic * clusters.df1, classical.statistic, rtol=0.01)
    assert_allclose(clusters.p_value, classical.p_value, rtol=0.05)
    assert clusters.df2 == pytest.approx(clusters.df1 * 5999)
    assert_allclose(clusters.effect.estimate, classical.effect.estimate, rtol=1e-9)


def test_order_and_copies():
    ticks, groups, design = survey(difference=0.2)
    for by in (design, SampleDesign.simple(len(ticks))):
        assert_order_does_not_matter(tick_all_by_groups, by, ticks, groups)
        assert_same(tick_all_by_groups(by, ticks[:, ::-1], groups), tick_all_by_groups(by, ticks, groups))
        reversed_groups = np.where(groups < 0, -1, 2 - groups)
        assert_same(tick_all_by_groups(by, ticks, reversed_groups), tick_all_by_groups(by, ticks, groups))
        flipped = tick_all_by_groups(by, 1 - ticks, groups)  # unticked instead of ticked
        assert numbers(flipped) == pytest.approx(numbers(tick_all_by_groups(by, ticks, groups)))
    n = len(ticks)
    once = SampleDesign(np.linspace(1, 2, n))
    twice = SampleDesign(np.repeat(np.linspace(1, 2, n), 2), clusters=np.repeat(np.arange(n), 2))
    one = numbers(tick_all_by_groups(once, ticks, groups))
    two = numbers(tick_all_by_groups(twice, np.repeat(ticks, 2, axis=0), np.repeat(groups, 2)))
    for name in ("statistic", "df1", "df2", "p", "effect"):
        assert one[name] == pytest.approx(two[name]), name


def test_the_choice_follows_the_design_and_says_why():
    ticks, groups, design = survey()
    found = tick_all_by_groups(SampleDesign.simple(len(ticks)), ticks, groups)
    plain = "equal weights, no strata, clusters or finite population"
    assert found.reason == f"{plain}; the options are not independent"
    why = "the design has unequal weights, strata, clusters, so the test is design-based"
    assert tick_all_by_groups(design, ticks, groups).reason == f"{why}; the options are not independent"


# ---- what cannot be estimated


@pytest.mark.parametrize("weights", [np.ones(8), np.arange(1.0, 9)], ids=["equal", "unequal"])
def test_pathologies_are_refused_with_their_reason(weights):
    design, groups = SampleDesign(weights), np.arange(8) % 2
    ticks = np.array([[0, 0], [0, 1], [1, 0], [1, 1], [0, 0], [0, 1], [1, 1], [1, 1.0]])
    for test in (bilder_loughin, thomas_decady):
        assert_refused(test(design, ticks, np.zeros(8, int)), "1 of the groups hold respondents, and 2 are needed")
        assert_refused(test(design, np.full((8, 2), np.nan), groups), "0 of the groups hold respondents")
        assert_refused(test(design, np.zeros((8, 2)), groups), "nobody or everybody ticked each of the options")
        assert_refused(test(design, np.column_stack([groups, groups]), groups), "no sampling variance")


def test_options_that_nobody_ticked_are_left_out_and_said():
    ticks, groups, design = survey()
    wider = np.column_stack([ticks, 0 * ticks[:, 0], 1 + 0 * ticks[:, 0]])
    for by in (design, SampleDesign.simple(len(ticks))):
        found = tick_all_by_groups(by, wider, groups)
        assert numbers(found) == pytest.approx(numbers(tick_all_by_groups(by, ticks, groups)))
        assert found.note == "2 of 6 options left out: nobody or everybody ticked them"
        assert tick_all_by_groups(by, wider[:, :5], groups).note.startswith("1 of 5 options")


def test_p_values_never_underflow_to_zero():
    groups = np.arange(20_000) % 2
    ticks = np.column_stack([groups, groups]).astype(float)
    ticks[:4] = 1 - ticks[:4]
    for design in (SampleDesign.simple(20_000), SampleDesign(np.linspace(1, 2, 20_000))):
        assert 0 < tick_all_by_groups(design, ticks, groups).p_value < 1e-300
