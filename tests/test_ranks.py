from itertools import combinations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from scipy import stats
from statsmodels.stats.multitest import multipletests

from b2bsurvey.statistics.linearisation import SampleDesign, means
from b2bsurvey.statistics.ranks import rank_intervals


def definition(estimate, covariance, df, level):
    """Rank bounds from the definition, pair by pair."""
    pairs = list(combinations(range(len(estimate)), 2))
    p = [
        2 * stats.t.sf(abs(estimate[i] - estimate[j]) / np.sqrt(np.array([1, -1]) @ c @ np.array([1, -1])), df)
        for i, j in pairs
        for c in [covariance[np.ix_([i, j], [i, j])]]
    ]
    low, high = np.ones(len(estimate)), np.full(len(estimate), float(len(estimate)))
    for (i, j), rejected in zip(pairs, multipletests(p, 1 - level, method="holm")[0], strict=True):
        if rejected:
            better, worse = (i, j) if estimate[i] > estimate[j] else (j, i)
            low[worse] += 1
            high[better] -= 1
    return low, high


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 7))
def test_bounds_equal_the_definition(seed, k):
    rng = np.random.default_rng(seed)
    spread = rng.normal(size=(k, k))
    estimate, covariance = rng.normal(0, 4, k), spread @ spread.T
    found = rank_intervals(estimate, covariance, 30, 0.9)
    low, high = definition(estimate, covariance, 30, 0.9)
    assert_array_equal(found.low, low)
    assert_array_equal(found.high, high)
    assert_array_equal(found.rank, stats.rankdata(-estimate, "min"))
    assert (found.low <= found.rank).all()
    assert (found.rank <= found.high).all()


def test_clear_order_and_overlap():
    found = rank_intervals([0.1, 0.9, 0.5, 0.51], np.eye(4) * 1e-4, 500)
    assert_array_equal(found.rank, [4, 1, 3, 2])
    assert_array_equal(found.low, [4, 1, 2, 2])
    assert_array_equal(found.high, [4, 1, 3, 3])


def test_the_covariance_within_respondents_narrows_the_ranks():
    estimate, variance = [0.50, 0.54], 0.03**2
    independent = rank_intervals(estimate, np.eye(2) * variance, 500)
    dependent = rank_intervals(estimate, np.array([[1, 0.9], [0.9, 1]]) * variance, 500)
    assert_array_equal(independent.high - independent.low, 1)
    assert_array_equal(dependent.high - dependent.low, 0)


def test_ties_share_the_best_rank_and_are_never_told_apart():
    found = rank_intervals([0.3, 0.7, 0.3], np.zeros((3, 3)), 10)
    assert_array_equal(found.rank, [2, 1, 2])
    assert_array_equal(found.low, [2, 1, 2])
    assert_array_equal(found.high, [3, 1, 3])


def test_two_copies_of_an_item_are_tied_in_spite_of_rounding():
    values = np.random.default_rng(1).integers(1, 6, (80, 1)) / 3
    items = means(SampleDesign(np.linspace(0.3, 2.9, 80)), values * np.array([[1, 1, 1]]))
    jitter = np.array([0, 1, -1]) * 1e-16
    found = rank_intervals(items.estimate + jitter, items.covariance, 79)
    assert_array_equal(found.rank, 1)
    assert_array_equal(found.high, 3)


def test_one_item_none_and_unknown_ones():
    assert_array_equal(rank_intervals([0.4], [[0.1]], 9).high, [1])
    assert rank_intervals([], np.empty((0, 0)), 9).rank.shape == (0,)
    found = rank_intervals([0.4, np.nan, 0.8], np.diag([1e-6, np.nan, 1e-6]), 99)
    assert_array_equal(found.rank, [2, np.nan, 1])
    assert_array_equal(found.high, [2, np.nan, 1])


def test_all_true_ranks_are_covered_together_as_often_as_claimed():
    rng = np.random.default_rng(2)
    truth = np.array([0.30, 0.34, 0.38, 0.38])
    covered = 0
    for _ in range(400):
        answers = rng.random((150, 4)) < truth
        items = means(SampleDesign.simple(150), answers)
        found = rank_intervals(items.estimate, items.covariance, items.df, 0.9)
        best, worst = np.array([4, 3, 1, 1]), np.array([4, 3, 2, 2])  # a tie may stand in either order
        covered += np.all((found.low <= best) & (found.high >= worst))
    assert covered / 400 > 0.9 - 3 * np.sqrt(0.09 / 400)
