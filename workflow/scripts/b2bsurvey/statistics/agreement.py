"""How far coders agree on the same units: Cohen's kappa of two, Krippendorff's alpha of any number."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

from b2bsurvey.statistics.bootstrap import DRAWS, percentiles

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Agreement:
    """A coefficient of agreement, 1 where all agree and 0 where agreement is that of chance; NaN where undefined.

    `low` and `high` bound its interval, `std_error` is NaN where the interval does not come from one; `observed` is the
    share of pairs of codes that agree (0–1), `n` the number of units with two codes or more.
    """

    coefficient: float
    low: float
    high: float
    observed: float
    n: int
    std_error: float = float("nan")


NOTHING = Agreement(float("nan"), float("nan"), float("nan"), float("nan"), 0)


def cohen_kappa(first: ArrayLike, second: ArrayLike, level: float) -> Agreement:
    """Return the kappa of two coders (Cohen 1960): codes (n,) ≥ 0, −1 where one gave none; such units do not count.

    (p_o − p_e) / (1 − p_e), with the standard error for large samples of Fleiss, Cohen & Everitt (1969) and a normal
    interval, cut at −1 and 1; none where the error is 0, as where all agree. NaN where both coders gave one and the
    same code to all. Verified against statsmodels and the table of Cohen (1960).
    """
    a, b = np.asarray(first, dtype=int), np.asarray(second, dtype=int)
    both = (a >= 0) & (b >= 0)
    n = int(both.sum())
    if not n:
        return NOTHING
    size = int(max(a.max(), b.max())) + 1
    table = np.bincount(a[both] * size + b[both], minlength=size * size).reshape(size, size) / n
    rows, columns = table.sum(axis=1), table.sum(axis=0)
    observed, chance = float(np.trace(table)), float(rows @ columns)
    if chance >= 1:
        return Agreement(float("nan"), float("nan"), float("nan"), observed, n)
    kappa = (observed - chance) / (1 - chance)
    # each cell's part in the variance: on the diagonal, and off it
    weight = (rows[None, :] + columns[:, None]) * (1 - kappa)
    own = np.diagonal(table) @ np.square(1 - np.diagonal(weight))
    off = np.sum((table * np.square(weight))[~np.eye(size, dtype=bool)])
    variance = (own + off - np.square(kappa - chance * (1 - kappa))) / (n * np.square(1 - chance))
    error = float(np.sqrt(max(variance, 0.0)))
    half = float(ndtri((1 + level) / 2)) * error if error > 0 else float("nan")
    low, high = np.clip([kappa - half, kappa + half], -1.0, 1.0)
    return Agreement(kappa, float(low), float(high), observed, n, error)


def krippendorff_alpha(codes: ArrayLike, level: float, seed: int, draws: int = DRAWS) -> Agreement:
    """Return the alpha of nominal `codes` (units, coders) ≥ 0, −1 where a coder gave none (Krippendorff 2011).

    1 − D_o / D_e over the units with two codes or more. The interval is the percentiles of a bootstrap of units, in
    the order given: draws in which all codes are the same are left out; none where all coders agree. NaN where all
    codes are the same. Verified against the worked examples of Krippendorff (2011).
    """
    given = np.asarray(codes, dtype=int)
    values = np.unique(given[given >= 0])
    counts = (given[:, :, None] == values).sum(axis=1).astype(float)
    size = counts.sum(axis=1)
    counts = counts[size > 1]
    n = len(counts)
    if not n:
        return NOTHING
    size = counts.sum(axis=1)
    apart = (size**2 - np.square(counts).sum(axis=1)) / (size - 1)
    alpha = float(_alpha(apart.sum(keepdims=True), counts.sum(axis=0)[None, :])[0])
    observed = float(1 - apart.sum() / size.sum())
    if not np.isfinite(alpha) or not apart.any():
        return Agreement(alpha, float("nan"), float("nan"), observed, n)
    times = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), draws).astype(float)
    replicates = _alpha(times @ apart, times @ counts)
    low, high = percentiles(replicates[np.isfinite(replicates)], level)
    return Agreement(alpha, float(low), float(high), observed, n)


def _alpha(apart: FloatArray, counts: FloatArray) -> FloatArray:
    """Return alpha (k,) from the observed disagreement (k,) and the number of each code (k, values)."""
    total = counts.sum(axis=1)
    expected = (total**2 - np.square(counts).sum(axis=1)) / (total - 1)
    return 1 - np.divide(apart, expected, out=np.full(apart.shape, np.nan), where=expected > 0)
