"""Confidence intervals of proportions and means; all arguments broadcast, a NaN gives NaN bounds."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betaincinv, chdtr, chndtrinc, expit, ndtri, stdtrit
from scipy.special import logit as log_odds

FloatArray = NDArray[np.float64]
Interval = tuple[FloatArray, FloatArray]


def wilson(proportion: ArrayLike, n_effective: ArrayLike, level: float) -> Interval:
    """Return the Wilson (1927) score interval (low, high) of proportions 0–1 with effective bases > 0.

    The bound at a proportion of exactly 0 or 1 is exactly 0 or 1; an infinite base gives the proportion
    itself. With unequal weights n_effective is n / deff (Korn & Graubard 1998). Verified against R
    prop.test(correct=FALSE).
    """
    p, n = np.broadcast_arrays(np.asarray(proportion, float), np.asarray(n_effective, float))
    z = ndtri((1 + level) / 2)
    return _wilson_low(p, n, z), 1 - _wilson_low(1 - p, n, z)


def _wilson_low(p: FloatArray, n: FloatArray, z: float) -> FloatArray:
    """Return the smaller root of (x − p)² = z²·x(1 − x)/n, as p² / larger: without cancellation near 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        larger = p + z**2 / (2 * n) + z * np.sqrt(p * (1 - p) / n + (z / (2 * n)) ** 2)
    return np.divide(p**2, larger, out=np.zeros_like(p), where=larger != 0)


def wilson_finite(proportion: ArrayLike, n: ArrayLike, population: ArrayLike, level: float) -> Interval:
    """Return the Wilson interval for a simple random sample of `n` from a finite `population`.

    The base is n(N − 1)/(N − n), so that a census (n = N) has no width. Verified against the R reference.
    """
    n, population = np.asarray(n, float), np.asarray(population, float)
    with np.errstate(divide="ignore", invalid="ignore"):
        return wilson(proportion, n * (population - 1) / (population - n), level)


def student(estimate: ArrayLike, std_error: ArrayLike, df: ArrayLike, level: float) -> Interval:
    """Return estimate ∓ t·std_error with Student's t at `df` (infinite: normal); NaN where df < 1."""
    half = stdtrit(np.asarray(df, float), (1 + level) / 2) * np.asarray(std_error, float)
    return np.asarray(estimate, float) - half, np.asarray(estimate, float) + half


def logit(proportion: ArrayLike, std_error: ArrayLike, df: ArrayLike, level: float) -> Interval:
    """Return Student's interval of the log odds, turned back into proportions 0–1.

    As R svyciprop(method="logit"), verified at 1e-9. NaN at a proportion of exactly 0 or 1, where the log
    odds are infinite: use `wilson` there.
    """
    p = np.asarray(proportion, float)
    p = np.where((p > 0) & (p < 1), p, np.nan)
    low, high = student(log_odds(p), np.asarray(std_error, float) / (p * (1 - p)), df, level)
    return expit(low), expit(high)


def arcsine(proportion: ArrayLike, std_error: ArrayLike, df: ArrayLike, level: float) -> Interval:
    """Return Student's interval of arcsin √p, turned back into proportions 0–1; NaN at exactly 0 or 1.

    As R svyciprop(method="asin"), verified at 1e-9.
    """
    p = np.asarray(proportion, float)
    p = np.where((p > 0) & (p < 1), p, np.nan)
    low, high = student(np.arcsin(np.sqrt(p)), np.asarray(std_error, float) / (2 * np.sqrt(p * (1 - p))), df, level)
    return np.sin(np.maximum(low, 0)) ** 2, np.sin(np.minimum(high, np.pi / 2)) ** 2


def beta(proportion: ArrayLike, std_error: ArrayLike, n: ArrayLike, df: ArrayLike, level: float) -> Interval:
    """Return the exact binomial interval with the effective base p(1 − p)/v·(t at n − 1 / t at df)².

    Korn & Graubard (1998), as R svyciprop(method="beta"), verified at 1e-9; NaN at exactly 0 or 1.
    """
    p, v, n, df = (np.asarray(a, float) for a in (proportion, np.square(std_error), n, df))
    tail = (1 - level) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        size = p * (1 - p) / v * (stdtrit(n - 1, tail) / stdtrit(df, tail)) ** 2
    size = np.where((p > 0) & (p < 1), size, np.nan)
    low = betaincinv(size * p, size * (1 - p) + 1, tail)
    return low, betaincinv(size * p + 1, size * (1 - p), 1 - tail)


def noncentrality(x2: ArrayLike, df: ArrayLike, level: float) -> Interval:
    """Return the interval of the noncentrality of a χ² that was observed as `x2` with `df` degrees of freedom.

    The noncentralities that put `x2` at the upper and the lower (1 − level)/2 point of the noncentral χ²; 0
    where even the central one puts it below (Smithson 2003). Verified against scipy.stats.ncx2.
    """
    x2, df = np.broadcast_arrays(np.asarray(x2, float), np.asarray(df, float))
    tails = ((1 + level) / 2, (1 - level) / 2)
    low, high = (np.where(chdtr(df, x2) > tail, chndtrinc(x2, df, tail), 0.0) for tail in tails)
    return low, high
