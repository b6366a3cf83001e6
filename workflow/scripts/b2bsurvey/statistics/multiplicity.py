"""Adjustment of p-values for the size of their family."""

import numpy as np
from numpy.typing import ArrayLike, NDArray


def family_size(p_values: ArrayLike) -> int:
    """Return how many p-values the family holds; NaN (not estimable) does not count."""
    return int(np.sum(~np.isnan(np.asarray(p_values, float))))


def adjust(p_values: ArrayLike, method: str) -> NDArray[np.float64]:
    """Return the adjusted p-values of one family (m,), NaN where they are NaN.

    `method`: 'holm' (Holm 1979, family-wise error), 'bh' (Benjamini & Hochberg 1995, false discovery rate) or
    'none'. Raises ValueError for another. Verified against R p.adjust.
    """
    adjusted = np.array(p_values, dtype=float)
    known = ~np.isnan(adjusted)
    p = adjusted[known]
    order = np.argsort(p, kind="stable")
    rank = np.arange(1, p.size + 1)
    if method == "holm":
        stepped = np.maximum.accumulate((p.size + 1 - rank) * p[order])
    elif method == "bh":
        stepped = np.minimum.accumulate((p[order] * p.size / rank)[::-1])[::-1]
    elif method == "none":
        stepped = p[order]
    else:
        raise ValueError(f"method is {method!r}; it must be 'holm', 'bh' or 'none'")
    p[order] = np.minimum(stepped, 1.0)
    adjusted[known] = p
    return adjusted
