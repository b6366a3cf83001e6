"""How each respondent's total is shared by the few who hold it: the largest share, Herfindahl index, bus factor.

The largest holders are named one by one, the rest together: what hangs on how the rest is spread lies within bounds.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int_]
BoolArray = NDArray[np.bool_]

ROUNDING = 1e-9  # shares closer than this are the same


@dataclass(frozen=True, eq=False)
class SharedTotals:
    """One value a respondent (n,), NaN where nobody is named; shares are 0–1.

    `top` the share of the largest holder; `herfindahl_low` and `herfindahl_high` bound the sum of squared shares,
    `bus_factor_low` and `bus_factor_high` (infinite where nothing bounds it) the fewest holders who have more than
    half; each pair is one number where all are named. `holders` is the number of those who have something, NaN
    where that is not known. `named` says how many were named with a share of their own.
    """

    top: FloatArray
    herfindahl_low: FloatArray
    herfindahl_high: FloatArray
    bus_factor_low: FloatArray
    bus_factor_high: FloatArray
    holders: FloatArray
    named: IntArray


def shared_totals(named: ArrayLike, rest: ArrayLike, holders: ArrayLike | None = None) -> SharedTotals:
    """Return how totals are shared: `named` (n, k) amounts ≥ 0 of single holders, `rest` (n,) that of all others.

    None of the others has more than the least of those named with something. The rest is least concentrated spread
    evenly, over endlessly many where `holders` (n,), how many there are, is not known (NaN); and most concentrated in
    as few as may be. A number of holders that cannot be (fewer than were named, or so few that the rest needs more)
    counts as not known. Herfindahl: Σs² (Hirschman 1964). Bus factor: the fewest holders with more than half of the
    total. Verified by hand and against a search through all ways to share totals of whole numbers.
    """
    amounts = np.asarray(named, dtype=float)
    others = np.asarray(rest, dtype=float)
    total = amounts.sum(axis=1) + others
    with np.errstate(invalid="ignore", divide="ignore"):
        shares = -np.sort(-amounts / total[:, None], axis=1)
        left = others / total
    count = (shares > 0).sum(axis=1)
    least = np.take_along_axis(shares, np.maximum(count - 1, 0)[:, None], axis=1)[:, 0]
    known = (count > 0) & np.isfinite(left)
    further = _further(count, left, least, holders)
    with np.errstate(invalid="ignore", divide="ignore"):
        squares = np.square(shares).sum(axis=1)
        even = np.where(left > 0, np.where(np.isnan(further), 0.0, left**2 / further), 0.0)
        full = np.floor(left / least + ROUNDING)
        packed = full * least**2 + np.maximum(left - full * least, 0.0) ** 2
    held = np.cumsum(shares, axis=1)
    reached = (held > 0.5 + ROUNDING).any(axis=1)
    first = (held > 0.5 + ROUNDING).argmax(axis=1) + 1.0
    lacking = 0.5 - shares.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        fewest = count + np.floor(lacking / least + ROUNDING) + 1
        most = np.where(np.isnan(further), np.inf, count + np.floor(lacking * further / left + ROUNDING) + 1)
    nothing = np.where(known, 0.0, np.nan)
    return SharedTotals(
        top=shares[:, 0] + nothing,
        herfindahl_low=squares + even + nothing,
        herfindahl_high=squares + packed + nothing,
        bus_factor_low=np.where(reached, first, fewest) + nothing,
        bus_factor_high=np.where(reached, first, most) + nothing,
        holders=np.where(left > 0, count + further, count) + nothing,
        named=count,
    )


def _further(count: IntArray, left: FloatArray, least: FloatArray, holders: ArrayLike | None) -> FloatArray:
    """Return how many (n,) share the rest, NaN where that is not known or cannot be."""
    if holders is None:
        return np.full(count.shape, np.nan)
    further = np.asarray(holders, dtype=float) - count
    possible = (further >= 1) & (left <= further * least + ROUNDING)
    return np.where(possible & (left > 0), further, np.nan)


def lorenz_curves(
    named: ArrayLike, rest: ArrayLike, holders: ArrayLike | None, at: ArrayLike
) -> tuple[FloatArray, FloatArray]:
    """Return each total's Lorenz curve (n, len(at)) at shares `at` (0–1) of the holders, and its Gini coefficient (n,).

    The rest is spread evenly over the others. NaN with fewer than two holders, or where their number is not known.
    Straight between holders; Gini: Σ(2i − m − 1)s₍ᵢ₎ / m, so that one of m who has all has (m − 1)/m. Verified by hand.
    """
    amounts, others, places = (np.asarray(values, dtype=float) for values in (named, rest, at))
    found = shared_totals(amounts, others, holders)
    curves = np.full((len(amounts), places.size), np.nan)
    gini = np.full(len(amounts), np.nan)
    several = np.where(found.holders >= 2, found.holders, 0).astype(int)
    for m in np.unique(several[several > 0]):
        rows = np.flatnonzero(several == m)
        parts = np.zeros((rows.size, m))
        width = min(m, amounts.shape[1])
        parts[:, :width] = -np.sort(-amounts[rows], axis=1)[:, :width]
        further = m - found.named[rows]
        for j in np.flatnonzero(further > 0):
            parts[j, found.named[rows[j]] :] = others[rows[j]] / further[j]
        parts = parts[:, ::-1] / parts.sum(axis=1, keepdims=True)
        held = np.column_stack([np.zeros(rows.size), np.cumsum(parts, axis=1)])
        below = np.minimum(np.floor(places * m + ROUNDING).astype(int), m - 1)
        curves[rows] = held[:, below] + (places * m - below) * parts[:, below]
        gini[rows] = parts @ (2 * np.arange(1, m + 1) - m - 1) / m
    return curves, gini
