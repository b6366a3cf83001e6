"""Mediation: how far an association of two scores runs through a third, with intervals of the bootstrap."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from b2bsurvey.statistics.bootstrap import DRAWS, percentiles, replicated
from b2bsurvey.statistics.linearisation import SampleDesign

FloatArray = NDArray[np.float64]

PATHS = ("a", "b", "direct", "indirect", "total")


@dataclass(frozen=True, eq=False)
class Mediation:
    """The five coefficients of a mediation by the names of `PATHS`, each (5,), in the units of the scores.

    `a`: predictor → mediator; `b`: mediator → outcome beside the predictor; `direct`: predictor → outcome beside the
    mediator; `indirect`: a × b; `total`: predictor → outcome alone. `n` respondents had all values. NaN with a `note`
    where they cannot be estimated.
    """

    estimate: FloatArray
    std_error: FloatArray
    low: FloatArray
    high: FloatArray
    n: int
    note: str = ""


def mediation(
    design: SampleDesign,
    scores: tuple[ArrayLike, ArrayLike, ArrayLike],
    covariates: ArrayLike,
    keys: ArrayLike,
    seed: int,
    level: float,
    draws: int = DRAWS,
) -> Mediation:
    """Return the paths from predictor over mediator to outcome: `scores`, each (n,), NaN where missing.

    Weighted least squares of the mediator on the predictor and the `covariates` (n, k), and of the outcome on both and
    the covariates (Baron & Kenny 1986); total = direct + indirect. Percentile intervals of the rescaled bootstrap
    of the design (Preacher & Hayes 2008 for the indirect path), in the order of `keys` (n,). Respondents with a missing
    value are left out of the regressions, not of the design. Verified against statsmodels' WLS, its Mediation, and
    Sobel's standard error.
    """
    x, m, y = (np.asarray(values, dtype=float) for values in scores)
    more = np.asarray(covariates, dtype=float).reshape(design.n, -1)
    known = np.isfinite(np.column_stack([x, m, y, more])).all(axis=1)
    n = int(known.sum())
    of_both = np.column_stack([np.ones(n), x[known], m[known], more[known]])
    nothing = np.full(len(PATHS), np.nan)
    if n <= of_both.shape[1] + 1:
        return Mediation(nothing, nothing, nothing, nothing, n, "too few respondents have all values")
    if np.linalg.matrix_rank(of_both) < of_both.shape[1]:
        return Mediation(nothing, nothing, nothing, nothing, n, "one score follows from the others")

    def paths(weights: FloatArray) -> FloatArray:
        of = weights[known]
        alone = np.delete(of_both, 2, axis=1)
        a = _slopes(alone, m[known], of)[:, 1]
        both = _slopes(of_both, y[known], of)
        direct, b = both[:, 1], both[:, 2]
        return np.column_stack([a, b, direct, a * b, direct + a * b])

    estimate = paths(design.weights[:, None])[0]
    drawn = replicated(design, keys, seed, paths, draws)
    low, high = percentiles(drawn, level)
    return Mediation(estimate, drawn.std(axis=0, ddof=1), low, high, n)


def _slopes(columns: FloatArray, values: FloatArray, weights: FloatArray) -> FloatArray:
    """Return the coefficients (draws, k) of weighted least squares with each column of `weights` (n, draws)."""
    centre = np.append(0.0, columns[:, 1:].mean(axis=0))  # slopes stay, and the products lose no digits
    shifted = columns - centre
    k = columns.shape[1]
    products = (shifted[:, :, None] * shifted[:, None, :]).reshape(len(columns), k * k)
    left = (weights.T @ products).reshape(-1, k, k)
    right = weights.T @ (shifted * values[:, None])
    return np.linalg.solve(left, right[:, :, None])[:, :, 0]
