"""Whether rows of a grid of ticks differ: the jackknife, the mentions as a clustered sample, and the level of the test."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats

from b2bsurvey.statistics.contingency import cramers_v, pearson, rao_scott
from b2bsurvey.statistics.linearisation import SampleDesign
from b2bsurvey.statistics.tick_all import mentions, rows_differ
from significance import assert_refused, assert_same


def grid(n=400, seed=5, difference=0.0, leaning=1.0):
    """Return dependent ticks of 4 rows × 3 columns; with `difference` the last row prefers the last column."""
    rng = np.random.default_rng(seed)
    bias = np.add.outer([-1.0, -0.5, -1.5, -0.8], [0.0, -0.4, 0.3])
    bias[3, 2] += difference
    noise = leaning * rng.normal(size=(n, 1, 1)) + rng.normal(size=(n, 4, 3))
    return (noise + bias > 0).astype(float)


def independent(n, rng, rows=(0.5, 0.3, 0.6, 0.2), columns=(0.5, 0.9, 0.4)):
    """Return ticks whose mentions are exactly the product of rows and columns, dependent within respondents."""
    share = np.outer(rows, columns)
    return (rng.random((n, 1, 1)) * 0.6 + rng.random((n, 4, 3)) * 0.4 < _matched(share)).astype(float)


def _matched(share):
    """Return thresholds t with P(0.6u + 0.4v < t) = share, u and v uniform."""
    at = np.linspace(0, 1, 4001)
    cumulative = np.where(at <= 0.4, at**2 / 0.48, np.where(at <= 0.6, (at - 0.2) / 0.6, 1 - (1 - at) ** 2 / 0.48))
    return np.interp(share, cumulative, at)


def by_jackknife(weights, ticks):
    """Return F, df1 and df2 from the delete-one jackknife of p − rc over respondents, scaled by √(rc)."""

    def deviations(w):
        p = np.tensordot(w, ticks, axes=1)
        p /= p.sum()
        expected = np.outer(p.sum(axis=1), p.sum(axis=0))
        return (p - expected).ravel(), np.sqrt(expected).ravel()

    n = len(weights)
    whole, root = deviations(weights)
    left = np.array([deviations(np.where(np.arange(n) == i, 0, weights))[0] for i in range(n)])
    moved = (left - left.mean(axis=0)) / root
    covariance = (n - 1) / n * moved.T @ moved
    trace = np.trace(covariance)
    df1 = trace**2 / np.sum(covariance**2)
    return np.sum((whole / root) ** 2) / trace, df1, df1 * (n - 1)


@pytest.mark.parametrize("difference", [0.0, 1.0])
def test_it_is_the_jackknife_over_respondents(difference):
    ticks = grid(difference=difference)
    weights = np.random.default_rng(1).uniform(0.5, 3, len(ticks))
    found = rows_differ(SampleDesign(weights), ticks)
    assert_allclose([found.statistic, found.df1, found.df2], by_jackknife(weights, ticks), rtol=0.01)
    assert found.n == ticks.any(axis=(1, 2)).sum() < len(ticks)


def test_it_is_near_rao_scott_of_the_mentions_with_respondents_as_clusters():
    ticks = grid(n=1500, seed=8)
    weights = np.random.default_rng(2).uniform(0.5, 3, len(ticks))
    who, rows, columns = np.nonzero(ticks)
    clustered = rao_scott(SampleDesign(weights[who], clusters=who), rows, columns, 4, 3)
    found = rows_differ(SampleDesign(weights), ticks)
    assert_allclose([found.statistic, found.df1], [clustered.statistic, clustered.df1], rtol=0.06)
    assert_allclose(found.effect.estimate, clustered.effect.estimate, rtol=1e-10)


def test_one_tick_each_brings_back_a_table_of_respondents():
    table = np.array([[30, 20, 10], [60, 40, 20], [15, 10, 5]])  # independent: V is the identity but for margins
    ticks = np.zeros((table.sum(), 3, 3))
    place = np.repeat(np.arange(9), table.ravel())
    ticks[np.arange(len(ticks)), place // 3, place % 3] = 1
    design = SampleDesign.simple(len(ticks))
    found = rows_differ(design, ticks)
    assert found.statistic == pytest.approx(0, abs=1e-20)
    assert found.df1 == pytest.approx(4)
    ticks[:4] = 0
    ticks[:4, 0, 2] = 1
    table[0] += [-4, 0, 4]
    found, classical = rows_differ(design, ticks), pearson(table)
    assert_allclose(found.statistic * 4, classical.statistic, rtol=0.1)
    assert found.effect.estimate == pytest.approx(cramers_v(table).estimate)
    assert_allclose(mentions(design, ticks), table)


def test_it_rejects_as_often_as_it_says_where_pearson_does_not():
    rng = np.random.default_rng(11)
    rejected, naive = 0, 0
    for _ in range(800):
        ticks = independent(200, rng)
        rejected += rows_differ(SampleDesign(rng.uniform(0.5, 2, 200)), ticks).p_value <= 0.05
        naive += stats.chi2_contingency(ticks.sum(axis=0)).pvalue <= 0.05
    assert 0.03 <= rejected / 800 <= 0.075
    assert not 0.03 <= naive / 800 <= 0.075


def test_strata_clusters_and_the_order_of_rows_columns_and_respondents():
    ticks = grid(difference=0.6)
    rng = np.random.default_rng(3)
    design = (rng.uniform(0.5, 3, 400), np.arange(400) % 3, rng.integers(0, 40, 400))
    found, order = rows_differ(SampleDesign(*design), ticks), rng.permutation(400)
    assert_same(found, rows_differ(SampleDesign(*(part[order] for part in design)), ticks[order]))
    assert_same(found, rows_differ(SampleDesign(*design), ticks[:, ::-1][:, :, [1, 0, 2]]))
    assert_same(found, rows_differ(SampleDesign(*design), ticks.transpose(0, 2, 1)))
    whole = np.concatenate([ticks, np.zeros((400, 4, 1))], axis=2)
    assert "1 empty column" in rows_differ(SampleDesign(*design), whole).note
    assert rows_differ(SampleDesign(*design), whole).p_value == pytest.approx(found.p_value)


def test_a_difference_is_found():
    assert rows_differ(SampleDesign.simple(400), grid(difference=1.5)).p_value < 1e-6


@pytest.mark.parametrize(
    ("ticks", "why"),
    [
        (np.zeros((20, 3, 3)), "fewer than 2 rows or columns have a mention"),
        (np.full((20, 3, 3), np.nan), "fewer than 2 rows or columns have a mention"),
        (np.ones((20, 3, 3)), "no sampling variance"),
        (np.ones((1, 3, 3)), "no sampling variance"),
    ],
)
def test_what_cannot_be_tested_says_why(ticks, why):
    found = rows_differ(SampleDesign.simple(len(ticks)), ticks)
    assert_refused(found, why)
