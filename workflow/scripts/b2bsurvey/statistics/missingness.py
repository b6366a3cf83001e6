"""Patterns of missing answers, and Little's test that they are missing completely at random."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int_]

MOST_PATTERNS = 2000  # an EM step inverts one matrix a pattern
MOST_STEPS = 20_000


def missing_patterns(missing: ArrayLike) -> tuple[BoolArray, IntArray]:
    """Return the patterns of missing answers (p, items), the most frequent first, and how often each occurs (p,).

    Verified against R mice::md.pattern.
    """
    patterns, counts = np.unique(np.asarray(missing, dtype=bool), axis=0, return_counts=True)
    order = np.argsort(-counts, kind="stable")
    return patterns[order], counts[order]


@dataclass(frozen=True, eq=False)
class McarTest:
    """Little's test: χ² `statistic` with `df`; `mean` (items,) and `covariance` are those of maximum likelihood.

    `n` counts respondents with at least one answer, `patterns` those of their missing answers. The p value is NaN
    where the test is not estimable, and `note` says why.
    """

    statistic: float
    df: int
    p_value: float
    patterns: int
    n: int
    mean: FloatArray
    covariance: FloatArray
    note: str = ""


@dataclass(frozen=True, eq=False)
class _Pattern:
    """Respondents with the same items answered: how many, sum (o,) and cross-products (o, o) of their answers."""

    observed: BoolArray
    n: int
    total: FloatArray
    products: FloatArray


def little_mcar(answers: ArrayLike, tolerance: float = 1e-13) -> McarTest:
    """Test whether answers (n, items), NaN where missing, are missing completely at random (Little 1988).

    χ² = Σ n_p (ȳ_p − μ_p)′ Σ_p⁻¹ (ȳ_p − μ_p) over the patterns p, with mean and covariance of the multivariate
    normal by EM until no standardised parameter moves by more than `tolerance`. There is no weighted form.
    Verified against R norm::em.norm and naniar::mcar_test.
    """
    matrix = np.asarray(answers, dtype=float)
    matrix = matrix[~np.isnan(matrix).all(axis=1)]
    n, k = matrix.shape
    missing, _ = missing_patterns(np.isnan(matrix))
    why = _refusal(matrix, missing)
    if why:
        return _not_estimable(n, k, len(missing), why)
    centre, scale = np.nanmean(matrix, axis=0), np.nanstd(matrix, axis=0)
    patterns = _summed((matrix - centre) / scale, ~missing)
    found = _maximum_likelihood(patterns, k, tolerance)
    if found is None:
        return _not_estimable(n, k, len(missing), "the covariance of the items cannot be estimated")
    mean, covariance = found
    statistic, df = 0.0, -k
    for p in patterns:
        distance = p.total / p.n - mean[p.observed]
        inside = covariance[np.ix_(p.observed, p.observed)]
        statistic += p.n * float(distance @ np.linalg.solve(inside, distance))
        df += int(p.observed.sum())
    return McarTest(
        statistic,
        df,
        float(chdtrc(df, statistic)),
        len(missing),
        n,
        centre + scale * mean,
        covariance * np.outer(scale, scale),
    )


def _refusal(answers: FloatArray, missing: BoolArray) -> str:
    n, k = answers.shape
    if k < 2 or not missing.any():
        return "nothing is missing" if k > 1 else "a single item"
    if len(missing) < 2:
        return "all respondents answered the same items"
    if len(missing) > MOST_PATTERNS:
        return f"more than {MOST_PATTERNS} patterns of missing answers"
    given = ~np.isnan(answers)
    if n <= k or (given.sum(axis=0) < 2).any():
        return "too few respondents for the number of items"
    filled = np.where(given, answers, 0.0)
    spread = [np.ptp(filled[rows, item]) for item, rows in enumerate(given.T)]
    return "" if min(spread) > 0 else "an item has the same answer throughout"


def _not_estimable(n: int, k: int, patterns: int, why: str) -> McarTest:
    nan = np.full(k, np.nan)
    return McarTest(float("nan"), 0, float("nan"), patterns, n, nan, np.full((k, k), np.nan), f"not estimable: {why}")


def _summed(answers: FloatArray, observed: BoolArray) -> list[_Pattern]:
    place = {pattern.tobytes(): number for number, pattern in enumerate(observed)}
    rows = np.array([place[row.tobytes()] for row in ~np.isnan(answers)])
    patterns = []
    for number, pattern in enumerate(observed):
        given = answers[np.ix_(rows == number, pattern)]
        patterns.append(_Pattern(pattern, len(given), given.sum(axis=0), given.T @ given))
    return patterns


def _maximum_likelihood(patterns: Sequence[_Pattern], k: int, tolerance: float) -> tuple[FloatArray, FloatArray] | None:
    """Return mean (k,) and covariance (k, k) by EM (Dempster, Laird & Rubin 1977); None where there is no maximum."""
    mean, covariance = np.zeros(k), np.eye(k)
    for _ in range(MOST_STEPS):
        try:
            new_mean, new_covariance = _step(patterns, mean, covariance)
        except np.linalg.LinAlgError:
            return None
        moved = max(np.abs(new_mean - mean).max(), np.abs(new_covariance - covariance).max())
        mean, covariance = new_mean, new_covariance
        if moved <= tolerance:
            return (mean, covariance) if np.linalg.matrix_rank(covariance, hermitian=True) == k else None
    return None


def _step(patterns: Sequence[_Pattern], mean: FloatArray, covariance: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Complete the sums by the regression of the missing items on the observed ones, and estimate anew."""
    k, n = mean.size, sum(p.n for p in patterns)
    total, products = np.zeros(k), np.zeros((k, k))
    for p in patterns:
        o, m = p.observed, ~p.observed
        slopes = np.linalg.solve(covariance[np.ix_(o, o)], covariance[np.ix_(o, m)])
        fill = np.zeros((k, int(o.sum())))
        fill[o], fill[m] = np.eye(int(o.sum())), slopes.T
        constant = np.zeros(k)
        constant[m] = mean[m] - slopes.T @ mean[o]
        filled = fill @ p.total
        total += filled + p.n * constant
        cross = np.outer(filled, constant)
        products += fill @ p.products @ fill.T + cross + cross.T + p.n * np.outer(constant, constant)
        products[np.ix_(m, m)] += p.n * (covariance[np.ix_(m, m)] - slopes.T @ covariance[np.ix_(o, m)])
    new_mean = total / n
    return new_mean, products / n - np.outer(new_mean, new_mean)
