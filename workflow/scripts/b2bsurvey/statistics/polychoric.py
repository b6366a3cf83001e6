"""The polychoric correlation: two ordered answers taken as cut from a bivariate normal distribution."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr, ndtri, owens_t

from b2bsurvey.statistics.correlation import CONSTANT, fisher_effect
from b2bsurvey.statistics.linearisation import SampleDesign, covariance_of_totals
from b2bsurvey.statistics.significance import SignificanceTest, not_estimable, student_test

FloatArray = NDArray[np.float64]

LIMIT = 0.99999  # a correlation beyond this has run to the end of its range
STEPS = 500
CONVERGED = 1e-11


@dataclass(frozen=True, eq=False)
class Polychoric:
    """Polychoric correlation `rho` with the thresholds of rows (r − 1,) and columns (c − 1,)."""

    rho: float
    row_thresholds: FloatArray
    column_thresholds: FloatArray


def polychoric(table: ArrayLike, two_step: bool = False) -> Polychoric | None:
    """Return the polychoric correlation of a table (r, c) of counts or weights by maximum likelihood.

    The two answers are taken as cut from a bivariate normal distribution (Olsson 1979). With `two_step` the
    thresholds are those of the margins. None where the table is smaller than 2 × 2 after empty rows and columns
    are left out, or the likelihood grows without end towards −1 or 1, as where nothing contradicts a perfect
    order. Verified against R polycor::polychor, psych::polychoric and a direct maximisation.
    """
    table = np.asarray(table, float)
    table = table[np.ix_(table.any(axis=1), table.any(axis=0))]
    if min(table.shape) < 2 or _is_perfect(table):
        return None
    found = _maximised(table / table.sum(), two_step)
    if found is None:
        return None
    rows = table.shape[0] - 1
    return Polychoric(float(found[-1]), found[:rows], found[rows:-1])


def design_polychoric(
    design: SampleDesign, rows: ArrayLike, columns: ArrayLike, n_rows: int, n_columns: int, level: float = 0.95
) -> SignificanceTest:
    """Test the polychoric correlation of two ordered answers under the design by Student's t on Fisher's scale.

    `rows` and `columns` (n,) are codes from 0 in order, −1 outside the base. Pseudo maximum likelihood from the
    weighted table, with the variance A⁻¹·V(scores)·A⁻¹ of the design for simple designs too (Binder 1983).
    """
    rows, columns = np.asarray(rows), np.asarray(columns)
    base = (rows >= 0) & (columns >= 0)
    n, weights = int(base.sum()), design.weights[base]
    flat = (rows * n_columns + columns)[base]
    table = np.bincount(flat, weights, n_rows * n_columns).reshape(n_rows, n_columns)
    used = np.ix_(table.any(axis=1), table.any(axis=0))
    if min(table[used].shape) < 2:
        return not_estimable("polychoric_t", n, CONSTANT)
    place = np.full(table.shape, -1)
    place[used] = np.arange(table[used].size).reshape(table[used].shape)
    # differences of the score magnify the last digit, which hangs on the order of rows: it is left out
    shares = np.round(table[used] / weights.sum(), 14)
    found = None if _is_perfect(shares) else _maximised(shares, two_step=False)
    if found is None:
        return not_estimable("polychoric_t", n, "the likelihood grows without end towards a perfect correlation")
    probabilities, slopes = _cells(found, *shares.shape)
    curvature = _curvature(found, shares)
    scores = np.zeros((design.n, found.size))
    scores[base] = (slopes / probabilities[:, None])[place.ravel()[flat]]
    influence = -np.linalg.solve(curvature, scores.T).T[:, -1] / weights.sum()
    rho, std_error = float(found[-1]), float(np.sqrt(covariance_of_totals(design, influence[:, None])[0, 0]))
    effect = fisher_effect("polychoric", rho, std_error, design.df, level)
    return student_test("polychoric_t", n, float(np.arctanh(rho)), std_error / (1 - rho**2), design.df, effect)


def _is_perfect(table: FloatArray) -> bool:
    """Tell whether no two respondents contradict the order of the others, or none agree: ρ is then 1 or −1."""
    later = table[::-1, ::-1].cumsum(axis=0).cumsum(axis=1)[::-1, ::-1][1:, 1:]  # of both, beyond row and column
    opposite = table[::-1].cumsum(axis=0).cumsum(axis=1)[::-1][1:, :-1]  # of the rows beyond, in columns before
    agree, contradict = np.sum(table[:-1, :-1] * later), np.sum(table[:-1, 1:] * opposite)
    return bool(agree == 0 or contradict == 0)


def _maximised(shares: FloatArray, two_step: bool) -> FloatArray | None:
    """Return row thresholds, column thresholds and ρ (r + c − 1,) by Fisher scoring; None where ρ runs to ±1."""
    margins = [np.cumsum(shares.sum(axis=axis))[:-1] for axis in (1, 0)]
    theta = np.concatenate([*(ndtri(margin) for margin in margins), [0.0]])
    free = slice(-1, None) if two_step else slice(None)
    for _ in range(STEPS):
        probabilities, slopes = _cells(theta, *shares.shape)
        scaled = slopes[:, free] / probabilities[:, None]
        step = np.zeros_like(theta)
        step[free] = np.linalg.solve(slopes[:, free].T @ scaled, scaled.T @ shares.ravel())
        moved = _uphill(theta, step, shares)
        if abs(moved[-1]) > LIMIT:
            return None
        if np.abs(moved - theta).max() < CONVERGED:
            return moved
        theta = moved
    return theta


def _uphill(theta: FloatArray, step: FloatArray, shares: FloatArray) -> FloatArray:
    """Return theta after the step, halved until thresholds are in order and the likelihood does not fall."""
    before = shares.ravel() @ np.log(_cells(theta, *shares.shape)[0])
    rows = shares.shape[0] - 1
    for halvings in range(50):
        moved = theta + step / 2**halvings
        in_order = (np.diff(moved[:rows]) > 0).all() and (np.diff(moved[rows:-1]) > 0).all() and abs(moved[-1]) < 1
        if in_order and shares.ravel() @ np.log(_cells(moved, *shares.shape)[0]) >= before - 1e-15:
            return moved
    return theta


def _curvature(theta: FloatArray, shares: FloatArray) -> FloatArray:
    """Return the second derivatives of the mean log likelihood, by central differences of the first."""

    def score(at: FloatArray) -> FloatArray:
        probabilities, slopes = _cells(at, *shares.shape)
        return slopes.T @ (shares.ravel() / probabilities)

    steps = 1e-5 * np.eye(theta.size)
    columns = [(score(theta + step) - score(theta - step)) / 2e-5 for step in steps]
    matrix = np.array(columns)
    return (matrix + matrix.T) / 2


def _cells(theta: FloatArray, n_rows: int, n_columns: int) -> tuple[FloatArray, FloatArray]:
    """Return the probabilities (r·c,) of the cells and their derivatives (r·c, r + c − 1) by the parameters."""
    a, b, rho = theta[: n_rows - 1], theta[n_rows - 1 : -1], theta[-1]
    root = np.sqrt(1 - rho**2)
    below = np.zeros((n_rows + 1, n_columns + 1))  # probability below both thresholds
    below[1:-1, 1:-1] = bivariate_normal(a[:, None], b, rho)
    below[1:-1, -1], below[-1, 1:-1], below[-1, -1] = ndtr(a), ndtr(b), 1.0
    slopes = np.zeros((theta.size, n_rows + 1, n_columns + 1))
    for i, threshold in enumerate(a):
        slopes[i, i + 1, 1:-1] = _density(threshold) * ndtr((b - rho * threshold) / root)
        slopes[i, i + 1, -1] = _density(threshold)
    for j, threshold in enumerate(b):
        slopes[a.size + j, 1:-1, j + 1] = _density(threshold) * ndtr((a - rho * threshold) / root)
        slopes[a.size + j, -1, j + 1] = _density(threshold)
    squares = (a[:, None] ** 2 - 2 * rho * a[:, None] * b + b**2) / (1 - rho**2)
    slopes[-1, 1:-1, 1:-1] = np.exp(-squares / 2) / (2 * np.pi * root)
    cells = np.diff(np.diff(below, axis=0), axis=1)
    return np.maximum(cells, 1e-300).ravel(), np.diff(np.diff(slopes, axis=1), axis=2).reshape(theta.size, -1).T


def bivariate_normal(h: ArrayLike, k: ArrayLike, rho: float) -> FloatArray:
    """Return the probability that two standard normals with correlation `rho` (−1 < ρ < 1) lie below `h` and `k`.

    By Owen's T function (1956); h and k are finite and broadcast. Verified against scipy.stats.
    """
    tiny = 1e-300  # Owen's formula divides by h and k; its limit at 0 is that from above
    h, k = (np.where(np.asarray(v, float) == 0, tiny, v) for v in np.broadcast_arrays(h, k))
    root = np.sqrt(1 - rho**2)
    outside = owens_t(h, (k / h - rho) / root) + owens_t(k, (h / k - rho) / root)
    found: FloatArray = (ndtr(h) + ndtr(k)) / 2 - outside - np.where((h < 0) != (k < 0), 0.5, 0.0)
    return found


def _density(x: float) -> float:
    return float(np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi))
