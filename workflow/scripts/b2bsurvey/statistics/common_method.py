"""Common method variance: is what scales share due to how they were asked?"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from b2bsurvey.statistics.reliability import complete_cases

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class SingleFactor:
    """Share of the variance of all items on their first component; NaN with the reason in `note`.

    `n` is the smallest number of respondents behind a correlation.
    """

    share: float
    n: int
    note: str = ""


def single_factor(items: ArrayLike) -> SingleFactor:
    """Return Harman's screen of the items (n, k): the largest eigenvalue of their correlations, over k.

    Unrotated principal components, a common screen (Podsakoff et al. 2003): above one half, one factor carries most
    of what the items share. Each correlation is of the respondents who answered both items, as batteries differ in
    whom they ask. Verified against the singular values of standardised items.
    """
    items = np.asarray(items, float)
    k = items.shape[1]
    answered = np.isfinite(items).astype(float)
    n = int((answered.T @ answered).min()) if k else 0
    why = ""
    if k < 3:
        why = "a single factor needs at least 3 items"
    elif n < 3:
        why = f"only {n} respondents answered both of two items"
    correlation: FloatArray = np.eye(k)
    for i, j in zip(*np.triu_indices(k, 1), strict=True) if not why else ():
        both = complete_cases(items[:, [i, j]])
        if (np.ptp(both, axis=0) == 0).any():
            return SingleFactor(np.nan, n, "not estimable: an item has the same answer from everybody")
        correlation[i, j] = correlation[j, i] = np.corrcoef(both[:, 0], both[:, 1])[0, 1]
    if why:
        return SingleFactor(np.nan, n, f"not estimable: {why}")
    return SingleFactor(float(np.linalg.eigvalsh(correlation)[-1] / k), n)


def method_correlation(with_marker: ArrayLike) -> float:
    """Return what correlations owe to the method, r_M, from the correlations (m,) of scales with a marker variable.

    The second smallest of those above 0, or the only one: the smallest is too small by chance (Lindell & Whitney
    2001). 0 where none is above 0, and NaN where none is known.
    """
    known = np.asarray(with_marker, float)
    known = known[np.isfinite(known)]
    above = np.sort(known[known > 0])
    return float(above[min(1, above.size - 1)]) if above.size else 0.0 if known.size else float("nan")


def without_method(correlation: ArrayLike, method: float) -> FloatArray:
    """Return correlations without what the method adds to all alike: (r − r_M)/(1 − r_M) (Lindell & Whitney 2001).

    It is the partial correlation given a method factor that loads √r_M on both. Verified against partial correlation.
    """
    return (np.asarray(correlation, float) - method) / (1 - method)
