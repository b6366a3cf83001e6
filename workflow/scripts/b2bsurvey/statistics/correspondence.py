"""Correspondence analysis of a table of mentions: what its rows and columns have in common, in few dimensions."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from b2bsurvey.statistics.contingency import empty_margins

FloatArray = NDArray[np.float64]

NOTHING = 1e-12  # a principal inertia at most this share of the largest possible, 1, is rounding


@dataclass(frozen=True, eq=False)
class Correspondence:
    """Principal coordinates of rows (r, k) and columns (c, k), and the k principal inertias, the largest first.

    Coordinates of an empty row or column are NaN. `note` says which were left out, or why there is no dimension (k
    is then 0).
    """

    rows: FloatArray
    columns: FloatArray
    inertias: FloatArray
    note: str = ""

    @property
    def total(self) -> float:
        """The total inertia, χ²/n of the table."""
        return float(self.inertias.sum())

    @property
    def shares(self) -> FloatArray:
        """(k,) share of the total inertia that each dimension holds, 0–1."""
        return self.inertias / self.total if self.inertias.size else self.inertias


def correspondence(table: ArrayLike) -> Correspondence:
    """Return the simple correspondence analysis of a table (r, c) of numbers of at least 0, weighted or not.

    The singular value decomposition UDV′ of (p − rc)/√(rc) gives principal coordinates U·D/√r and V·D/√c, and D²
    as principal inertias (Greenacre 2017, Correspondence Analysis in Practice, ch. 8 and app. A): distances between
    rows over all dimensions are the χ² distances of their profiles. Each dimension points to where its largest
    row coordinate is positive. Raises ValueError for numbers below 0. Verified against Greenacre's smokers and χ²
    distances one by one.
    """
    counts = np.asarray(table, dtype=float)
    if counts.ndim != 2 or not (counts >= 0).all():
        raise ValueError("a table of mentions has two dimensions and no number below 0")
    used = counts.any(axis=1), counts.any(axis=0)
    note = empty_margins(*used)
    if min(map(np.sum, used)) < 2:
        return _none(counts.shape, "fewer than 2 rows or columns have a mention")
    p = counts[np.ix_(*used)] / counts.sum()
    r, c = p.sum(axis=1), p.sum(axis=0)
    left, size, right = np.linalg.svd((p - np.outer(r, c)) / np.sqrt(np.outer(r, c)), full_matrices=False)
    k = int(np.sum(size**2 > NOTHING))
    if not k:
        return _none(counts.shape, "the profiles of all rows are the same")
    rows, columns = np.full((len(counts), k), np.nan), np.full((counts.shape[1], k), np.nan)
    rows[used[0]] = left[:, :k] * size[:k] / np.sqrt(r)[:, None]
    columns[used[1]] = right[:k].T * size[:k] / np.sqrt(c)[:, None]
    signs = _signs(rows[used[0]])
    return Correspondence(rows * signs, columns * signs, size[:k] ** 2, note)


def _signs(rows: FloatArray) -> FloatArray:
    """Return (k,) 1 or −1 that turn the largest coordinate of each dimension positive, the first of equal ones."""
    largest = np.abs(rows).max(axis=0)
    first = np.argmax(np.abs(rows) >= largest * (1 - 1e-9), axis=0)
    return np.sign(rows[first, np.arange(rows.shape[1])])


def _none(shape: tuple[int, ...], why: str) -> Correspondence:
    empty = np.empty((shape[0], 0)), np.empty((shape[1], 0)), np.empty(0)
    return Correspondence(*empty, note=f"not estimable: {why}")
