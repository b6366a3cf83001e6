"""Multiple imputation of missing predictors by chained equations, and pooling of what the imputations give."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import fdtrc, stdtrit

from b2bsurvey.statistics.significance import SignificanceTest, not_estimable, probability

FloatArray = NDArray[np.float64]

DONORS = 5
CYCLES = 10
RIDGE = 1e-5


@dataclass(frozen=True, eq=False)
class Pooled:
    """Estimates (k,) over m imputations: standard errors, df, bounds, fraction of information missing."""

    estimate: FloatArray
    std_error: FloatArray
    df: FloatArray
    low: FloatArray
    high: FloatArray
    fmi: FloatArray
    imputations: int


def pool(estimates: ArrayLike, variances: ArrayLike, complete_df: float, level: float = 0.95) -> Pooled:
    """Pool estimates and variances (m, k) by Rubin's (1987) rules, df after Barnard & Rubin (1999).

    `complete_df` are those without missing values. Verified against R mice::pool.scalar at 1e-9.
    """
    q, u = np.asarray(estimates, float), np.asarray(variances, float)
    m = len(q)
    estimate, within = q.mean(axis=0), u.mean(axis=0)
    between = q.var(axis=0, ddof=1) if m > 1 else np.zeros_like(within)
    total = within + (1 + 1 / m) * between
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(total > 0, (1 + 1 / m) * between / total, 0.0)
        increase = np.where(within > 0, (1 + 1 / m) * between / within, 0.0)
        old = (m - 1) / share**2
        observed = (complete_df + 1) / (complete_df + 3) * complete_df * (1 - share)
        df = np.where(share > 0, old * observed / (old + observed), observed)
        fmi = (increase + 2 / (df + 3)) / (increase + 1)
    half = stdtrit(df, (1 + level) / 2) * np.sqrt(total)
    return Pooled(estimate, np.sqrt(total), df, estimate - half, estimate + half, np.where(between > 0, fmi, 0.0), m)


def pooled_wald(
    test: str, n: int, estimates: ArrayLike, covariances: ArrayLike, complete_df: float
) -> SignificanceTest:
    """Test that all estimates (m, k) with covariances (m, k, k) are 0 over m imputations: the D₁ of Li and others.

    D₁ = Q̄′Ū⁻¹Q̄/(k(1 + r)) with r the mean relative increase of variance (Li, Raghunathan & Rubin 1991), and at most
    the degrees of freedom without missing values. For k = 1 it is the square of t as in `pool`. Not estimable when Ū is
    singular.
    """
    q, u = np.asarray(estimates, float), np.asarray(covariances, float)
    m, k = q.shape
    mean, within = q.mean(axis=0), u.mean(axis=0)
    if complete_df < 1 or np.linalg.matrix_rank(within) < k:
        return not_estimable(test, n, "the covariance of the differences is singular: one follows from the others")
    between = np.atleast_2d(np.cov(q, rowvar=False)) if m > 1 else np.zeros((k, k))
    increase = (1 + 1 / m) * float(np.trace(np.linalg.solve(within, between))) / k
    f = float(mean @ np.linalg.solve(within, mean)) / (k * (1 + increase))
    df2, free = float(complete_df), k * (m - 1)
    if increase > 0:
        if free > 4:
            found = 4 + (free - 4) * (1 + (1 - 2 / free) / increase) ** 2
        else:
            found = free * (1 + 1 / k) * (1 + 1 / increase) ** 2 / 2
        df2 = min(df2, found)
    return SignificanceTest(test, int(n), f, float(k), df2, probability(fdtrc(k, df2, f)))


def impute(columns: ArrayLike, imputations: int, seed: int) -> FloatArray:
    """Return `imputations` completed copies (m, n, p) of the columns (n, p), in which NaN is missing.

    Chained equations with predictive mean matching (van Buuren & Groothuis-Oudshoorn 2011): each column in turn
    is regressed on all others, coefficients are drawn from their posterior, and a missing value takes that of one of
    the 5 respondents whose predicted value is nearest. Values taken are thus values that were given. Rows are
    sorted first, so their order plays no part. A column without any value, or without a missing one, stays as it is.
    """
    data = np.asarray(columns, float)
    order = np.lexsort(np.where(np.isnan(data), np.inf, data).T)
    missing = np.isnan(data)[order]
    sorted_data = data[order]
    generator = np.random.default_rng(seed)
    to_fill = [
        j for j in np.argsort(missing.sum(axis=0), kind="stable") if missing[:, j].any() and not missing[:, j].all()
    ]
    others = [j for j in range(data.shape[1]) if not missing[:, j].all()]
    completed = np.empty((imputations, *data.shape))
    for m in range(imputations):
        filled = sorted_data.copy()
        for j in to_fill:
            known = sorted_data[~missing[:, j], j]
            filled[missing[:, j], j] = generator.choice(known, missing[:, j].sum())
        for _ in range(CYCLES):
            for j in to_fill:
                predictors = filled[:, [o for o in others if o != j]]
                filled[missing[:, j], j] = _matched(sorted_data[:, j], missing[:, j], predictors, generator)
        completed[m, order] = filled
    return completed


def _matched(
    values: FloatArray, missing: NDArray[np.bool_], predictors: FloatArray, generator: np.random.Generator
) -> FloatArray:
    """Return a value for each missing one: that of a donor with a near predicted value."""
    x = np.column_stack([np.ones(len(predictors)), predictors])
    known_x, known = x[~missing], values[~missing]
    cross = known_x.T @ known_x
    squares = np.diagonal(cross).copy()
    # a ridge for collinear predictors, as in mice; a column of zeros has no part in it
    cross[np.diag_indices_from(cross)] = np.where(squares > 0, squares * (1 + RIDGE), 1.0)
    inverse = np.linalg.inv(cross)
    fitted = inverse @ known_x.T @ known
    residual = known - known_x @ fitted
    df = max(known.size - x.shape[1], 1)
    sigma = np.sqrt(residual @ residual / generator.chisquare(df))
    drawn = fitted + sigma * np.linalg.cholesky((inverse + inverse.T) / 2) @ generator.standard_normal(x.shape[1])
    donors, wanted = known_x @ fitted, x[missing] @ drawn
    by_prediction = np.argsort(donors, kind="stable")
    place = np.searchsorted(donors[by_prediction], wanted)
    window = np.arange(-DONORS, DONORS)
    near = np.clip(place[:, None] + window, 0, known.size - 1)
    distance = np.abs(donors[by_prediction][near] - wanted[:, None])
    outside = (place[:, None] + window < 0) | (place[:, None] + window >= known.size)
    nearest = np.argsort(np.where(outside, np.inf, distance), axis=1, kind="stable")[:, : min(DONORS, known.size)]
    chosen = nearest[np.arange(wanted.size), generator.integers(0, nearest.shape[1], wanted.size)]
    picked: FloatArray = known[by_prediction][near[np.arange(wanted.size), chosen]]
    return picked
