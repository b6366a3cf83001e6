"""Correlation of two variables: Pearson's r and Spearman's ρ, classical and under a design."""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri, stdtrit

from b2bsurvey.statistics.linearisation import SampleDesign, covariance_of_totals
from b2bsurvey.statistics.ranks import midranks
from b2bsurvey.statistics.significance import (
    PLAIN,
    Effect,
    SignificanceTest,
    by_design,
    not_estimable,
    student_test,
)

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
# a statistic of weights, x and y, each (n,): its value and its derivatives by the weights
Statistic = Callable[[FloatArray, FloatArray, FloatArray], tuple[float, FloatArray]]

ROUNDING = 1e-12  # a correlation this near to 1 is perfect
CONSTANT = "one of the two variables does not vary"


def correlation(
    design: SampleDesign, first: ArrayLike, second: ArrayLike, measurement: str, level: float = 0.95
) -> SignificanceTest:
    """Test whether two variables are correlated, by the test that design and measurement call for.

    `first` and `second` (n,) are NaN outside the base; `measurement` is that of the lower of the two: 'ordinal'
    (Spearman) or 'interval' (Pearson). Raises ValueError for another.
    """
    if measurement not in ("ordinal", "interval"):
        raise ValueError(f"measurement is {measurement!r}; it must be 'ordinal' or 'interval'")
    reason = f"the scores are {measurement}"
    if not design.is_simple:
        weighted = design_spearman if measurement == "ordinal" else design_pearson
        return weighted(design, first, second, level).because(f"{by_design(design)}; {reason}")
    classical = spearman if measurement == "ordinal" else pearson
    return classical(first, second, level).because(f"{PLAIN}; {reason}")


def pearson(first: ArrayLike, second: ArrayLike, level: float = 0.95) -> SignificanceTest:
    """Test Pearson's correlation of two variables (n,), NaN outside the base, by Student's t.

    The interval is Fisher's (1921), with n − 3; none with 3 respondents. Verified against scipy.stats.pearsonr.
    """
    x, y, _ = _both(first, second)
    why = _unfit(x, y)
    r = 0.0 if why else _pearson(np.ones(x.size), x, y)[0]
    return _classical("pearson", "pearson_r", r, 1.0, x.size, level, why)


def spearman(first: ArrayLike, second: ArrayLike, level: float = 0.95) -> SignificanceTest:
    """Test Spearman's rank correlation of two variables (n,), NaN outside the base, by Student's t.

    The interval is Fisher's with the variance (1 + ρ²/2)/(n − 3) (Bonett & Wright 2000). Verified against
    scipy.stats.spearmanr.
    """
    x, y, _ = _both(first, second)
    why = _unfit(x, y)
    rho = 0.0 if why else _pearson(np.ones(x.size), midranks(x), midranks(y))[0]
    return _classical("spearman", "spearman_rho", rho, 1 + rho**2 / 2, x.size, level, why)


def design_pearson(design: SampleDesign, first: ArrayLike, second: ArrayLike, level: float = 0.95) -> SignificanceTest:
    """Test the weighted Pearson correlation by Student's t with its linearised standard error under the design.

    The interval is Student's on Fisher's scale; the degrees of freedom are the design's less 1. The linearisation
    is verified against numerical derivatives.
    """
    return _by_design("design_pearson_t", "pearson_r", _pearson, design, first, second, level)


def design_spearman(design: SampleDesign, first: ArrayLike, second: ArrayLike, level: float = 0.95) -> SignificanceTest:
    """Test the weighted Spearman correlation by Student's t with its linearised standard error under the design.

    The ranks are weighted mid-ranks; that they are estimated counts in the variance. Otherwise as `design_pearson`.
    """
    return _by_design("design_spearman_t", "spearman_rho", _spearman, design, first, second, level)


def linear_effect(design: SampleDesign, first: ArrayLike, second: ArrayLike, level: float = 0.95) -> Effect | None:
    """Return the weighted Pearson correlation with the interval of `design_pearson`; None where one does not vary.

    It assumes no distribution, so it serves proportions and scores alike. A perfect correlation has no interval.
    """
    if _unfit(*_both(first, second)[:2]):
        return None
    r, std_error, _ = _linearised(_pearson, design, first, second)
    return Effect("pearson_r", r) if _perfect(r) else fisher_effect("pearson_r", r, std_error, design.df - 1, level)


def _both(first: ArrayLike, second: ArrayLike) -> tuple[FloatArray, FloatArray, BoolArray]:
    """Return the values of respondents with both, and who they are (n,)."""
    first, second = np.asarray(first, float), np.asarray(second, float)
    if first.ndim != 1 or first.shape != second.shape:
        raise ValueError(f"first {first.shape} and second {second.shape} need one value a respondent")
    base = ~(np.isnan(first) | np.isnan(second))
    return first[base], second[base], base


def _unfit(x: FloatArray, y: FloatArray) -> str:
    """Say why two variables have no correlation that can be tested; empty where they have."""
    if x.size < 3:
        return "fewer than 3 respondents have both values"
    return "" if np.ptp(x) > 0 and np.ptp(y) > 0 else CONSTANT


def _classical(test: str, name: str, r: float, inflation: float, n: int, level: float, why: str) -> SignificanceTest:
    """Put t, with n − 2, and Fisher's interval, with the variance inflation/(n − 3), together."""
    why = why or _perfect(r)
    if why:
        return not_estimable(test, n, why)
    effect = Effect(name, r)
    if n > 3:
        half = ndtri((1 + level) / 2) * np.sqrt(inflation / (n - 3))
        effect = Effect(name, r, float(np.tanh(np.arctanh(r) - half)), float(np.tanh(np.arctanh(r) + half)))
    return student_test(test, n, r, float(np.sqrt((1 - r**2) / (n - 2))), n - 2, effect)


def _by_design(
    test: str,
    name: str,
    statistic: Statistic,
    design: SampleDesign,
    first: ArrayLike,
    second: ArrayLike,
    level: float,
) -> SignificanceTest:
    x, y, _ = _both(first, second)
    why = _unfit(x, y)
    r, std_error, df = (0.0, 0.0, 0) if why else _linearised(statistic, design, first, second)
    why = why or _perfect(r)
    if why:
        return not_estimable(test, x.size, why)
    return student_test(test, x.size, r, std_error, df, fisher_effect(name, r, std_error, df, level))


def _linearised(
    statistic: Statistic, design: SampleDesign, first: ArrayLike, second: ArrayLike
) -> tuple[float, float, int]:
    """Return a correlation with its standard error and degrees of freedom under the design."""
    x, y, base = _both(first, second)
    r, derivatives = statistic(design.weights[base], x, y)
    influence = np.zeros(design.n)
    influence[base] = derivatives
    return r, float(np.sqrt(covariance_of_totals(design, influence[:, None])[0, 0])), design.df - 1


def _perfect(r: float) -> str:
    return "the correlation is perfect, so nothing is left to test it by" if abs(r) > 1 - ROUNDING else ""


def fisher_effect(name: str, r: float, std_error: float, df: float, level: float) -> Effect:
    """Return a correlation with Student's interval on Fisher's scale; none without degrees of freedom."""
    if df < 1:
        return Effect(name, r)
    half = stdtrit(df, (1 + level) / 2) * std_error / (1 - r**2)
    return Effect(name, r, float(np.tanh(np.arctanh(r) - half)), float(np.tanh(np.arctanh(r) + half)))


def _pearson(weights: FloatArray, x: FloatArray, y: FloatArray) -> tuple[float, FloatArray]:
    total = weights.sum()
    zx, zy = (v - weights @ v / total for v in (x, y))
    zx, zy = (z / np.sqrt(weights @ z**2 / total) for z in (zx, zy))
    r = float(np.clip(weights @ (zx * zy) / total, -1, 1))
    return r, (zx * zy - r * (zx**2 + zy**2) / 2) / total


def _spearman(weights: FloatArray, x: FloatArray, y: FloatArray) -> tuple[float, FloatArray]:
    (c, of_c), (vx, of_vx), (vy, of_vy) = (_rank_moment(weights, *pair) for pair in ((x, y), (x, x), (y, y)))
    r = float(np.clip(c / np.sqrt(vx * vy), -1, 1))
    return r, of_c / np.sqrt(vx * vy) - r / 2 * (of_vx / vx + of_vy / vy)


def _rank_moment(weights: FloatArray, x: FloatArray, y: FloatArray) -> tuple[float, FloatArray]:
    """Return the covariance of the weighted mid-ranks (0–1) of x and y, and its derivatives by the weights."""
    total = weights.sum()
    a, b = midranks(x, weights), midranks(y, weights)
    moment = float(weights @ (a * b)) / total**3
    # a respondent's weight counts in the own product and in the ranks of all who score higher
    above = weights @ b - midranks(x, weights * b) + weights @ a - midranks(y, weights * a)
    return moment - 0.25, (a * b + above) / total**3 - 3 * moment / total
