"""How unequally a total is spread over respondents: Lorenz curve, Gini coefficient, share of the largest."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from b2bsurvey.statistics.linearisation import SampleDesign, covariance_of_totals

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Concentration:
    """The spread of a total of numbers ≥ 0 over the `n` respondents of a base.

    `values` (k,) are the different numbers, ascending, `units` (k,) the share (0–1) of respondents with at most each,
    `total` (k,) the share of the total that they hold. `gini` 0–1 with `gini_error`; `top` the share of the total that
    the largest `top_units` hold, with `top_error`. NaN where nobody has anything.
    """

    values: FloatArray
    units: FloatArray
    total: FloatArray
    gini: float
    gini_error: float
    top: float
    top_error: float
    top_units: float
    n: int


def concentration(design: SampleDesign, values: ArrayLike, domain: ArrayLike, top_units: float = 0.1) -> Concentration:
    """Return the concentration of `values` (n,) ≥ 0 in `domain` (n,) bool.

    Gini: Σᵢⱼwᵢwⱼ|yᵢ − yⱼ| / (2·Σw·Σwy), so that one holder among n has (n − 1)/n. The share of the largest is 1 less
    the Lorenz curve at 1 − top_units, straight between respondents. Standard errors by linearisation (Deville 1999;
    Langel & Tillé 2013), under the design. Verified against the definition, the derivatives of both by the weights,
    and the jackknife.
    """
    base = np.asarray(domain, bool)
    y, w = np.where(base, np.asarray(values, float), 0.0), design.weights * base
    different, place = np.unique(y[base], return_inverse=True)
    held, n = np.bincount(place, w[base]), int(base.sum())
    size, total = held.sum(), float(held @ different)
    if not total > 0:
        nothing = np.full(different.size, np.nan)
        units = np.cumsum(held) / size if n else nothing
        unknown = float("nan")
        return Concentration(different, units, nothing, unknown, unknown, unknown, unknown, top_units, n)
    below, amount = np.cumsum(held), np.cumsum(held * different)
    units, curve = below / size, amount / total
    # Σⱼwⱼ|y − yⱼ| of each value
    distance = different * (2 * below - size) - 2 * amount + total
    gini = float(held @ distance) / (2 * size * total)
    of_gini = distance / (size * total) - gini / size - gini * different / total
    rest = 1 - top_units
    cut = different[min(int(np.searchsorted(units, rest - 1e-12)), different.size - 1)]
    # the least hold ∫ of the quantiles up to their share, the mean of min(y, cut) less what lies above it
    least = (float(held @ np.minimum(different, cut)) - top_units * cut * size) / total
    of_least = (np.minimum(different, cut) - top_units * cut - least * different) / total
    scores = np.zeros((design.n, 2))
    scores[base] = np.column_stack([of_gini, of_least])[place]
    errors = np.sqrt(np.diagonal(covariance_of_totals(design, scores)))
    return Concentration(different, units, curve, gini, float(errors[0]), 1 - least, float(errors[1]), top_units, n)


@dataclass(frozen=True, eq=False)
class Nominations:
    """How nominations are spread over those named: `shares` (k,) of all nominations (0–1), and their standard errors.

    `herfindahl` is the sum of the squared shares, from 1/k (all alike) to 1, with `herfindahl_error`; `count` (k,) of
    nominations and `n` of respondents who named somebody are unweighted. NaN where nobody did.
    """

    shares: FloatArray
    std_error: FloatArray
    herfindahl: float
    herfindahl_error: float
    count: NDArray[np.int_]
    n: int


def nominations(design: SampleDesign, named: ArrayLike, domain: ArrayLike) -> Nominations:
    """Return the concentration of nominations: `named` (n, k) 1 or 0, of those in `domain` (n,) bool who named any.

    Shares are ratios of weighted totals, ΣwA_j / ΣwA; Herfindahl Σs². Standard errors by linearisation under the
    design (Deville 1999). Verified against the derivatives by the weights, and the jackknife.
    """
    chosen = np.where(np.asarray(domain, bool)[:, None], np.asarray(named, float), 0.0)
    of_each = chosen.sum(axis=1)
    count, n = chosen.sum(axis=0).astype(int), int((of_each > 0).sum())
    if not n:
        nothing = np.full(chosen.shape[1], np.nan)
        return Nominations(nothing, nothing, float("nan"), float("nan"), count, n)
    total = float(design.weights @ of_each)
    shares: FloatArray = design.weights @ chosen / total
    scores = (chosen - of_each[:, None] * shares) / total
    scores = np.column_stack([scores, 2 * scores @ shares])
    errors = np.sqrt(np.diagonal(covariance_of_totals(design, scores)))
    return Nominations(shares, errors[:-1], float(shares @ shares), float(errors[-1]), count, n)
