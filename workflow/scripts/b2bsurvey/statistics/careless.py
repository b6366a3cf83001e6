"""Indices of careless responding, one value a respondent; what is missing is NaN in, and NaN out without answers.

Answers are a matrix (n, items) in the order in which they were given, NaN where there is no answer. Curran (2016)
compares the indices; none of them shows carelessness by itself.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int_]
BoolArray = NDArray[np.bool_]


def longstring(answers: ArrayLike) -> IntArray:
    """Return (n,) the length of the longest run of equal answers; missing answers are passed over.

    Johnson (2005). Verified against R careless::longstring.
    """
    return _runs(answers)[0]


def average_longstring(answers: ArrayLike) -> FloatArray:
    """Return (n,) the mean length of the runs of equal answers. Verified against R careless::longstring(avg=TRUE)."""
    _, runs = _runs(answers)
    given = np.sum(~np.isnan(np.asarray(answers, dtype=float)), axis=1)
    return np.divide(given, runs, out=np.full(runs.shape, np.nan), where=runs > 0)


def _runs(answers: ArrayLike) -> tuple[IntArray, IntArray]:
    """Return (n,) the length of the longest run, and how many runs there are."""
    answers = np.asarray(answers, dtype=float)
    last = np.full(len(answers), np.nan)
    run, longest, runs = (np.zeros(len(answers), dtype=int) for _ in range(3))
    for column in answers.T:
        given, same = ~np.isnan(column), column == last
        run = np.where(same, run + 1, np.where(given, 1, run))
        longest, runs = np.maximum(longest, run), runs + (given & ~same)
        last = np.where(given, column, last)
    return longest, runs


def response_variability(answers: ArrayLike) -> FloatArray:
    """Return (n,) the intra-individual response variability: the SD (n − 1) over the answers given.

    Dunn, Heggestad, Shanock & Theilgard (2018). NaN with fewer than 2 answers. Verified against R careless::irv.
    """
    answers = np.asarray(answers, dtype=float)
    given = ~np.isnan(answers)
    n = given.sum(axis=1)
    squares = np.sum(_centred(answers, given) ** 2, axis=1)
    return np.sqrt(np.divide(squares, n - 1, out=np.full(n.shape, np.nan), where=n > 1))


def even_odd(answers: ArrayLike, sizes: ArrayLike) -> FloatArray:
    """Return (n,) the even–odd consistency (−1 to 1; higher is more consistent).

    The items stand scale by scale, `sizes` (k,) items each, reversed items turned round. The mean of the even
    and of the odd items of each scale are correlated over the scales and stepped up by Spearman–Brown, 2r/(1 +
    r), at least −1 (Johnson 2005). NaN with fewer than 3 scales answered on both sides, or without variation.
    Verified against R careless::evenodd, which gives it with the opposite sign.
    """
    answers = np.asarray(answers, dtype=float)
    scales = np.split(answers, np.cumsum(sizes)[:-1], axis=1)
    odd, even = (np.column_stack([_mean(scale[:, start::2]) for scale in scales]) for start in (0, 1))
    both = ~np.isnan(odd + even)
    n = both.sum(axis=1)
    first, second = (_centred(half, both) for half in (odd, even))
    spread = np.sqrt(np.sum(first**2, axis=1) * np.sum(second**2, axis=1))
    known = (n >= 3) & (spread > 1e-12)
    r = np.divide(np.sum(first * second, axis=1), spread, out=np.full(n.shape, np.nan), where=known)
    r = np.clip(r, -1.0, 1.0)
    with np.errstate(divide="ignore"):
        return np.maximum(2 * r / (1 + r), -1.0)


def _mean(answers: FloatArray) -> FloatArray:
    """Return (n,) the mean of the answers given, NaN without any."""
    given = ~np.isnan(answers)
    n = given.sum(axis=1)
    return np.divide(np.where(given, answers, 0.0).sum(axis=1), n, out=np.full(n.shape, np.nan), where=n > 0)


def _centred(answers: FloatArray, used: BoolArray) -> FloatArray:
    """Return the answers less the mean of those used, 0 where not used."""
    mean = np.where(used, answers, 0.0).sum(axis=1) / np.maximum(used.sum(axis=1), 1)
    return np.where(used, answers - mean[:, None], 0.0)


@dataclass(frozen=True, eq=False)
class Distances:
    """Squared Mahalanobis distances (n,), the number of answers that each is of, and χ² p values; NaN: none."""

    squared: FloatArray
    df: IntArray
    p_value: FloatArray


def mahalanobis(answers: ArrayLike, reference: ArrayLike | None = None) -> Distances:
    """Return each respondent's squared Mahalanobis distance from the mean answer, over the items answered.

    Mean and covariance (n − 1) come from the complete rows of `reference` (n,) bool, None: everybody. The p value
    is that of χ² with as many df as items answered. All NaN where the covariance is singular: with too few
    complete rows, or items that determine each other. Verified against R mahalanobis and careless::mahad.
    """
    answers = np.asarray(answers, dtype=float)
    given = ~np.isnan(answers)
    of_reference = given.all(axis=1) & (True if reference is None else np.asarray(reference, dtype=bool))
    squared, df = np.full(len(answers), np.nan), given.sum(axis=1)
    complete = answers[of_reference]
    covariance = _regular_covariance(complete)
    if covariance is not None:
        deviations = answers - complete.mean(axis=0)
        patterns, place, sizes = np.unique(given, axis=0, return_inverse=True, return_counts=True)
        of_pattern = np.split(np.argsort(place.ravel(), kind="stable"), np.cumsum(sizes)[:-1])
        for pattern, rows in zip(patterns, of_pattern, strict=True):
            if pattern.any():
                d = deviations[np.ix_(rows, pattern)]
                squared[rows] = np.sum(d * np.linalg.solve(covariance[np.ix_(pattern, pattern)], d.T).T, axis=1)
    known = ~np.isnan(squared)
    p_value = np.full(len(answers), np.nan)
    p_value[known] = chdtrc(df[known], squared[known])
    return Distances(squared, df, p_value)


def _regular_covariance(answers: FloatArray) -> FloatArray | None:
    """Return the covariance (k, k) of complete answers, None where it is singular."""
    n, k = answers.shape
    if not k or n <= k:
        return None
    covariance = np.atleast_2d(np.cov(answers, rowvar=False))
    spread = np.sqrt(np.diagonal(covariance))
    if not (spread > 0).all() or np.linalg.matrix_rank(covariance / np.outer(spread, spread), hermitian=True) < k:
        return None
    return covariance


def response_time_index(seconds: ArrayLike, reference: ArrayLike) -> FloatArray:
    """Return (n,) how many times faster than the median of `reference` (n,) bool each respondent was.

    The relative speed index of Leiner (2019), on the time of the whole interview; above 2 is fast. NaN where the
    duration is unknown or 0, or no respondent of the reference has one.
    """
    seconds = np.asarray(seconds, dtype=float)
    known = seconds[np.asarray(reference, dtype=bool) & ~np.isnan(seconds)]
    index = np.full(seconds.shape, np.nan)
    return np.divide(np.median(known), seconds, out=index, where=seconds > 0) if known.size else index
