"""Weighted quantiles with intervals by Woodruff's method."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtrit

from b2bsurvey.statistics.linearisation import SampleDesign, means

FloatArray = NDArray[np.float64]

EQUAL = 1e-10  # shares of the weights closer than this are the same share


@dataclass(frozen=True, eq=False)
class Quantiles:
    """Quantiles (k,) in the unit of the values, their standard errors and bounds; NaN where there is none.

    `n` respondents in the base, `n_weighted` the sum of their weights, `df` of the intervals.
    """

    estimate: FloatArray
    std_error: FloatArray
    low: FloatArray
    high: FloatArray
    n: int
    n_weighted: float
    df: float


def quantiles(
    design: SampleDesign,
    values: ArrayLike,
    probabilities: ArrayLike,
    domain: ArrayLike | None = None,
    level: float = 0.95,
    definition: Literal["school", "math"] = "school",
    df: float | None = None,
) -> Quantiles:
    """Return the quantiles of `values` (n,) in `domain` (n,) bool at `probabilities` (k,) between 0 and 1.

    A quantile is the smallest value at or below which lies at least a share p of the weights. `school` takes
    the mean of it and the next value where the share is exactly p, so that an even number of respondents
    has the median of the schoolbook. The interval (Woodruff 1952) puts a Student interval around the share,
    with `df` (None: those of the design), and reads its ends off the distribution; a bound beyond all values is
    NaN: so few respondents leave it open. `std_error` is the width of the interval over 2t.

    `school`: the interval of the share is p ∓ t·√(deff·p(1 − p)/(n − 1)), with the design effect of the share at or
    below the quantile: where many share a value, that share lies far above p and says nothing about the bounds.
    `math`: share and standard error are those at the quantile, as R survey 4.1.1 svyquantile(ci=TRUE), verified at
    1e-9; where many share a value its interval covers far too seldom.
    Raises ValueError when a value in the domain is missing or a shape is wrong.
    """
    x, p = np.asarray(values, dtype=float), np.atleast_1d(np.asarray(probabilities, dtype=float))
    inside = np.full(design.n, True) if domain is None else np.asarray(domain, dtype=bool)
    if not x.shape == inside.shape == (design.n,):
        raise ValueError(
            f"values {x.shape} and domain {inside.shape} need one value for each of {design.n} respondents"
        )
    if np.isnan(x[inside]).any():
        raise ValueError("a value is missing inside its domain")
    df = design.df if df is None else df
    nothing = np.full(p.shape, np.nan)
    if not inside.any():
        return Quantiles(nothing, nothing, nothing, nothing, 0, 0.0, df)

    distinct, place = np.unique(x[inside], return_inverse=True)
    upto: FloatArray = np.cumsum(np.bincount(place, design.weights[inside]), dtype=float)
    share = np.append(upto[:-1] / upto[-1], 1.0)
    estimate = _value_at(distinct, share, p, definition == "school")
    below = means(design, x[:, None] <= estimate, inside, full=False)
    with np.errstate(invalid="ignore", divide="ignore"):
        if definition == "math":
            centre, error = below.estimate, below.std_error
        else:
            centre, error = p, np.sqrt(below.deff * p * (1 - p) / (below.n - 1))
            error = np.zeros_like(error) if design.is_taken_whole else error
        t = stdtrit(float(df), (1 + level) / 2)
        low = _bound_at(distinct, share, centre - t * error)
        high = _bound_at(distinct, share, centre + t * error)
        std_error = (high - low) / (2 * t)
    return Quantiles(estimate, std_error, low, high, int(below.n[0]), float(below.n_weighted[0]), df)


def _value_at(distinct: FloatArray, share: FloatArray, p: FloatArray, between: bool = False) -> FloatArray:
    """Return the smallest value with a share of at least `p` at or below it; `between` two at exactly `p`."""
    place = np.minimum(np.searchsorted(share, p - EQUAL), distinct.size - 1)
    if not between:
        return distinct[place]
    following = np.minimum(place + (np.abs(share[place] - p) <= EQUAL), distinct.size - 1)
    return distinct[place] + (distinct[following] - distinct[place]) / 2


def _bound_at(distinct: FloatArray, share: FloatArray, p: FloatArray) -> FloatArray:
    known = (p >= -EQUAL) & (p <= 1 + EQUAL)
    return np.where(known, _value_at(distinct, share, np.where(known, p, 0.5)), np.nan)
