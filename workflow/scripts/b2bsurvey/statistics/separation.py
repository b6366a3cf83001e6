"""Separated outcomes: which coefficients have no finite maximum of the likelihood, and Firth's answer to it.

Imports firthmodels (and scikit-learn with it) where it fits, so only the job of the models pays for it.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from b2bsurvey.statistics.linearisation import SampleDesign

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Firth:
    """Penalised coefficients, intercept first (p + 1,), with profile intervals and likelihood-ratio p-values."""

    coefficients: FloatArray
    std_error: FloatArray
    low: FloatArray
    high: FloatArray
    p_value: FloatArray
    n: int


def separated_columns(outcome: ArrayLike, columns: ArrayLike, names: Sequence[str]) -> tuple[str, ...]:
    """Return the columns (n, p) whose coefficients are infinite: they (quasi-)separate 0 from 1 in `outcome` (n,).

    By linear programming (Konis 2007), on columns of unit spread. Rows with a missing value (outcome −1, NaN) are
    left out, and the columns must not follow from each other.
    """
    from firthmodels import detect_separation

    x, y = _complete(outcome, columns)[:2]
    spread = x.std(axis=0)
    found = detect_separation((x - x.mean(axis=0)) / np.where(spread > 0, spread, 1.0), y)
    return tuple(name for name, finite in zip(names, found.is_finite, strict=False) if not finite)


def firth(design: SampleDesign, outcome: ArrayLike, columns: ArrayLike, level: float = 0.95) -> Firth:
    """Fit the binary logit with Firth's (1993) penalty, weights scaled to sum to the number of respondents.

    Intervals by the profile penalised likelihood (Heinze & Schemper 2002), NaN where a bound is not found.
    Strata and clusters have no part in it. Raises LinAlgError where even the penalty leaves no maximum.
    Verified against R logistf at 1e-7 (coefficients) and 1e-5 (bounds).
    """
    from firthmodels import FirthLogisticRegression

    x, y, base = _complete(outcome, columns)
    weights = design.weights[base] * (base.sum() / design.weights[base].sum())
    model = FirthLogisticRegression(backend="numpy", max_iter=1000, gtol=1e-6, xtol=1e-6)
    model.fit(x, y, sample_weight=weights)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a bound that is not found is NaN, and so told
        bounds = model.conf_int(alpha=1 - level, method="pl", max_iter=200, tol=1e-6)
        model.lrt()
    first = np.roll(np.arange(x.shape[1] + 1), 1)  # the library puts the intercept last
    return Firth(
        coefficients=np.concatenate([[model.intercept_], np.ravel(model.coef_)]),
        std_error=np.asarray(model.bse_)[first],
        low=bounds[first, 0],
        high=bounds[first, 1],
        p_value=np.asarray(model.lrt_pvalues_)[first],
        n=int(base.sum()),
    )


def _complete(outcome: ArrayLike, columns: ArrayLike) -> tuple[FloatArray, NDArray[np.int_], NDArray[np.bool_]]:
    y, x = np.asarray(outcome, float), np.asarray(columns, float)
    base = (y >= 0) & np.isfinite(x).all(axis=1)
    return x[base], y[base].astype(int), base
