"""Pairs of columns: against formulas written out, the R reference's designs, and columns that overlap."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import stats

from b2bsurvey.statistics.column_shares import column_pairs
from b2bsurvey.statistics.linearisation import Calibration, SampleDesign


def indicator(counts):
    """Return (given, columns) of columns side by side: (with the answer, without it) of each."""
    answers = np.concatenate([np.repeat([1.0, 0.0], pair) for pair in counts])
    place = np.repeat(np.arange(len(counts)), [sum(pair) for pair in counts])
    return answers, place[:, None] == np.arange(len(counts))


def written_out(weights, strata, clusters, y, one, other):
    """Return difference and standard error by the definition: squared totals of scores a cluster, around the stratum's.

    A score is w(y − p)/W in the first column less the same in the second: both, for who is in both.
    """
    p = [np.sum(weights * y * c) / np.sum(weights * c) for c in (one, other)]
    scores = sum(
        sign * weights * c * (y - share) / np.sum(weights * c)
        for sign, c, share in zip((1, -1), (one, other), p, strict=True)
    )
    variance = 0.0
    for stratum in np.unique(strata):
        units = np.unique(clusters[strata == stratum])
        totals = np.array([scores[(strata == stratum) & (clusters == unit)].sum() for unit in units])
        variance += len(units) / (len(units) - 1) * np.sum((totals - totals.mean()) ** 2)
    return p[0] - p[1], np.sqrt(variance)


def test_equal_weights_give_the_z_of_two_proportions_without_pooling():
    """By hand: 60 of 100 and 45 of 120; √(0.6·0.4/100 + 0.375·0.625/120 · …) but for n/(n − 1) of the whole sample."""
    answers, columns = indicator([(60, 40), (45, 75)])
    (pair,) = column_pairs(SampleDesign.simple(220), answers, columns)
    error = np.sqrt((0.6 * 0.4 / 100 + 0.375 * 0.625 / 120) * 220 / 219)
    assert (pair.first, pair.second) == (0, 1)
    assert_allclose(pair.result.effect.estimate, 0.225)
    assert_allclose(pair.result.statistic, 0.225 / error, rtol=1e-12)
    assert_allclose(pair.result.p_value, 2 * stats.t.sf(0.225 / error, 219), rtol=1e-9)
    half = stats.t.ppf(0.975, 219) * error
    assert_allclose((pair.result.effect.low, pair.result.effect.high), (0.225 - half, 0.225 + half), rtol=1e-9)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.booleans(), st.booleans())
def test_strata_clusters_weights_and_overlap_agree_with_the_definition(seed, stratified, clustered):
    rng = np.random.default_rng(seed)
    n = 400
    strata = rng.integers(0, 3, n) if stratified else np.zeros(n, int)
    clusters = rng.integers(0, 60, n) if clustered else np.arange(n)
    weights, y = rng.uniform(0.5, 3, n), rng.integers(0, 2, n).astype(float)
    columns = rng.random((n, 3)) < 0.5
    design = SampleDesign(weights, strata if stratified else None, clusters if clustered else None)
    pairs = column_pairs(design, y, columns)
    assert len(pairs) == 3
    for pair in pairs:
        d, error = written_out(weights, strata, clusters, y, columns[:, pair.first], columns[:, pair.second])
        assert_allclose(pair.result.effect.estimate, d, atol=1e-12)
        assert_allclose(pair.result.statistic, d / error, rtol=1e-8)
        units = len(np.unique(np.column_stack([strata, clusters]), axis=0))
        assert pair.result.df1 == units - len(np.unique(strata))


def test_overlapping_columns_have_a_covariance():
    """Only who is in just one of the columns can make a difference: 30 of the first 50, 20 of the last 50."""
    y = np.repeat([1.0, 0.0, 1.0, 0.0, 1.0, 0.0], [30, 20, 150, 150, 20, 30])
    one, other = np.arange(400) < 350, np.arange(400) >= 50
    (pair,) = column_pairs(SampleDesign.simple(400), y, np.column_stack([one, other]))
    apart = np.sqrt(sum(y[c].var() / c.sum() for c in (one, other)))
    assert_allclose(pair.result.effect.estimate, 10 / 350)
    assert pair.result.effect.estimate / pair.result.statistic < 0.4 * apart


def test_the_same_respondents_in_both_columns_cannot_differ():
    y = np.tile([1.0, 0.0], 50)
    (pair,) = column_pairs(SampleDesign.simple(100), y, np.ones((100, 2), bool))
    assert not pair.result.is_estimable
    assert pair.result.note == "not estimable: nothing varies, so there is no standard error"


def test_a_share_without_variance_takes_that_of_both_columns_together():
    """0 of 100 beside 20 of 100: v₁ = 0.1·0.9/100 and v₂ = 0.2·0.8/100 · 200/199, not 0 and v₂."""
    answers, columns = indicator([(0, 100), (20, 80)])
    (pair,) = column_pairs(SampleDesign.simple(200), answers, columns)
    error = np.sqrt(0.1 * 0.9 / 100 + 0.2 * 0.8 / 100 * 200 / 199)
    assert_allclose(pair.result.statistic, -0.2 / error, rtol=1e-12)


@pytest.mark.parametrize(
    ("counts", "why"),
    [
        ([(15, 14), (60, 60)], "a column has fewer than 30 respondents"),
        ([(2, 98), (7, 93)], "fewer than 5 would be expected in a column with or without it"),
        ([(98, 2), (93, 7)], "fewer than 5 would be expected in a column with or without it"),
    ],
)
def test_small_columns_and_rare_answers_are_not_compared(counts, why):
    answers, columns = indicator(counts)
    (pair,) = column_pairs(SampleDesign.simple(len(answers)), answers, columns)
    assert pair.result.p_value is None
    assert pair.result.note == f"not estimable: {why}"


def test_columns_without_respondents_are_in_no_pair():
    answers, columns = indicator([(60, 40), (0, 0), (45, 75)])
    assert [(p.first, p.second) for p in column_pairs(SampleDesign.simple(220), answers, columns)] == [(0, 2)]
    assert column_pairs(SampleDesign.simple(220), answers, columns[:, :2]) == []


def test_what_weights_are_calibrated_to_has_no_sampling_error():
    """Columns that are a margin, and an answer that is the other: its share in all is fixed, not that in a column."""
    rng = np.random.default_rng(3)
    group, y = rng.integers(0, 2, 300), rng.integers(0, 2, 300)
    cells = 2 * group + y
    design = SampleDesign(np.ones(300), calibration=Calibration(np.ones(300), cells[:, None]))
    (pair,) = column_pairs(design, y.astype(float), group[:, None] == np.arange(2))
    assert not pair.result.is_estimable


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_the_order_of_respondents_and_columns_changes_the_sign_alone(seed):
    rng = np.random.default_rng(seed)
    weights, y = rng.uniform(0.5, 3, 300), rng.integers(0, 2, 300).astype(float)
    columns, order = rng.random((300, 3)) < 0.5, rng.permutation(300)
    one = {(p.first, p.second): p.result for p in column_pairs(SampleDesign(weights), y, columns)}
    turned = column_pairs(SampleDesign(weights[order]), y[order], columns[order][:, ::-1])
    for pair in turned:
        same = one[2 - pair.second, 2 - pair.first]
        assert_allclose(pair.result.statistic, -same.statistic, rtol=1e-9, atol=1e-12)
        assert_allclose(pair.result.p_value, same.p_value, rtol=1e-9)
