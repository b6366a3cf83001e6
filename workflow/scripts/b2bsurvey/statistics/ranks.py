"""Ranks: mid-ranks of scores, and ranks of items with simultaneous confidence intervals."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtr

from b2bsurvey.statistics.multiplicity import adjust

FloatArray = NDArray[np.float64]

ROUNDING = 1e-12  # differences and variances below this share of their parts are rounding


@dataclass(frozen=True, eq=False)
class RankIntervals:
    """Ranks (k,) of k estimates, 1 for the largest, and their bounds `low` ≤ rank ≤ `high`; NaN stays NaN."""

    rank: FloatArray
    low: FloatArray
    high: FloatArray


def midranks(scores: ArrayLike, weights: ArrayLike | None = None) -> FloatArray:
    """Return the rank of each score (n,): the weight of the lower ones and half of that of its equals.

    Without weights half a rank is added, so that n different scores have the ranks 1 to n, ties their mean. The
    order of the rows never matters. Verified against scipy.stats.rankdata.
    """
    _, place = np.unique(np.asarray(scores, float), return_inverse=True)
    here = np.bincount(place, None if weights is None else np.asarray(weights, float))
    ranks: FloatArray = (np.cumsum(here) - here / 2 + (0.5 if weights is None else 0.0))[place]
    return ranks


def rank_intervals(estimate: ArrayLike, covariance: ArrayLike, df: float, level: float = 0.95) -> RankIntervals:
    """Return the ranks of `estimate` (k,) with intervals that hold for all of them at once at `level`.

    Rank 1 is the largest; equal estimates share the best rank. All pairwise differences are tested with
    Student's t from `covariance` (k, k), so items answered by the same respondents count as dependent, and
    Holm keeps the family-wise error over all pairs at 1 − level. An item's best possible rank counts the items
    significantly larger, its worst those significantly smaller (Mogstad, Romano, Shaikh & Wilhelm 2024, with
    Holm in place of their bootstrap). A difference without variance is certain. Items with a NaN estimate or
    variance are left out, their rank NaN. Verified against the definition written out with scipy and
    statsmodels.
    """
    estimate, covariance = np.asarray(estimate, float), np.asarray(covariance, float)
    known = ~np.isnan(estimate) & ~np.isnan(np.diagonal(covariance))
    rank, low, high = np.full((3, estimate.size), np.nan)
    value, cov = estimate[known], covariance[np.ix_(known, known)]

    difference = value[:, None] - value
    difference[np.abs(difference) <= ROUNDING * np.maximum(np.abs(value)[:, None], np.abs(value))] = 0.0
    spread = np.diagonal(cov)[:, None] + np.diagonal(cov)
    variance = spread - 2 * cov
    certain = variance <= ROUNDING * spread
    t = np.divide(difference, np.sqrt(variance, where=~certain, out=np.ones_like(variance)))
    p = np.where(certain, np.where(difference == 0, 1.0, 0.0), 2 * stdtr(df, -np.abs(t)))

    pairs = np.triu_indices(value.size, 1)
    significant = np.zeros(p.shape, dtype=bool)
    significant[pairs] = adjust(p[pairs], "holm") <= 1 - level
    significant |= significant.T
    larger = difference.T > 0  # larger[j, i]: item i is larger than item j

    rank[known] = 1 + larger.sum(axis=1)
    low[known] = 1 + (larger & significant).sum(axis=1)
    high[known] = value.size - (larger.T & significant).sum(axis=1)
    return RankIntervals(rank, low, high)
