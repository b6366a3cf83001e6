"""Checks of a fitted regression: collinearity, discrimination, calibration, proportional odds.

All are diagnostics: their p-values are not adjusted and carry no stars.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc, expit, fdtrc, ndtri

from b2bsurvey.statistics.linearisation import SampleDesign, covariance_of_totals
from b2bsurvey.statistics.ranks import midranks
from b2bsurvey.statistics.regression import Predictor, Regression, regress
from b2bsurvey.statistics.significance import SignificanceTest, not_estimable, probability

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Discrimination:
    """Area under the ROC curve (0–1) with its interval, NaN where that is not known."""

    auc: float
    low: float
    high: float


def generalised_vif(fit: Regression, predictors: Sequence[Predictor]) -> FloatArray:
    """Return the generalised variance inflation factor of each predictor, 1 without collinearity.

    det R₁·det R₂/det R of the coefficients' correlations (Fox & Monette 1992); the ordinary factor for one column.
    From the model's own covariance, as R car::vif, verified at 1e-7. NaN for a model of several outcomes.
    """
    if not fit.is_estimated or fit.kind == "multinomial":
        return np.full(len(predictors), np.nan)
    places = np.concatenate([fit.slopes(c) for c in range(len(fit.columns))])
    covariance = fit.model_covariance[np.ix_(places, places)]
    scale = np.sqrt(np.diagonal(covariance))
    correlation = covariance / np.outer(scale, scale)
    whole = np.linalg.det(correlation)

    def minor(columns: Sequence[int]) -> float:
        return float(np.linalg.det(correlation[np.ix_(columns, columns)])) if len(columns) else 1.0

    everything = range(len(fit.columns))
    return np.array(
        [minor(p.columns) * minor([c for c in everything if c not in p.columns]) / whole for p in predictors]
    )


def discrimination(outcome: ArrayLike, score: ArrayLike, weights: ArrayLike, level: float = 0.95) -> Discrimination:
    """Return how well a score (n,) tells 1 from 0 in `outcome` (n,): the weighted share of pairs in the right order.

    Ties count half. The interval is DeLong's (DeLong, DeLong & Clarke-Pearson 1988), for equal weights only.
    Verified against R pROC at 1e-9.
    """
    y, s, w = np.asarray(outcome, int), np.asarray(score, float), np.asarray(weights, float)
    if len(np.unique(y)) < 2:
        return Discrimination(float("nan"), float("nan"), float("nan"))
    of_ones, of_zeros = _placements(s[y == 1], s[y == 0], w[y == 0]), _placements(-s[y == 0], -s[y == 1], w[y == 1])
    auc = float(np.average(of_ones, weights=w[y == 1]))
    if np.ptp(w) > 1e-12 * w.max() or min(of_ones.size, of_zeros.size) < 2:
        return Discrimination(auc, float("nan"), float("nan"))
    half = ndtri((1 + level) / 2) * np.sqrt(of_ones.var(ddof=1) / of_ones.size + of_zeros.var(ddof=1) / of_zeros.size)
    return Discrimination(auc, max(0.0, float(auc - half)), min(1.0, float(auc + half)))


def _placements(of: FloatArray, among: FloatArray, weights: FloatArray) -> FloatArray:
    """Return for each value the weighted share of `among` below it, ties half."""
    order = np.argsort(among, kind="stable")
    cumulative = np.concatenate([[0.0], np.cumsum(weights[order])])
    below = cumulative[np.searchsorted(among[order], of, "left")]
    up_to = cumulative[np.searchsorted(among[order], of, "right")]
    return np.asarray((below + up_to) / 2 / cumulative[-1])


def calibration(
    design: SampleDesign, fit: Regression, outcome: ArrayLike, columns: ArrayLike, groups: int = 10
) -> SignificanceTest:
    """Test whether a binary model's probabilities fit in groups of rising probability.

    A simple design takes Hosmer & Lemeshow's (1980) χ² with g − 2 degrees of freedom, groups by quantiles (type 7)
    as in R; any other Archer & Lemeshow's (2006) F on the weighted mean residuals of the groups.
    """
    name = "hosmer_lemeshow" if design.is_simple else "archer_lemeshow_F"
    if not fit.is_estimated:
        return SignificanceTest(name, fit.n, note=fit.note)
    y = np.asarray(outcome, float)[fit.base]
    x = np.asarray(columns, float)[fit.base]
    # respondents alike on all predictors are in one group, whatever rounding and the order of rows make of them
    p = np.round(expit(fit.coefficients[0] + x @ fit.coefficients[1:]), 12)
    if design.is_simple:
        bounds = np.unique(np.quantile(p, np.arange(groups + 1) / groups))
        group = np.clip(np.searchsorted(bounds, p, "left") - 1, 0, None)
        sums = np.array([np.bincount(group, values, len(bounds)) for values in (y, p, np.ones_like(p))])
        observed, expected, n = sums[:, sums[2] > 0]
        used = n.size
        if used < 3:
            return not_estimable(name, fit.n, "too few different probabilities")
        x2 = float(np.sum((observed - expected) ** 2 / (expected * (1 - expected / n))))
        return SignificanceTest(name, fit.n, x2, float(used - 2), None, probability(chdtrc(used - 2, x2)))
    return _archer_lemeshow(design, fit, y - p, p, groups)


def _archer_lemeshow(
    design: SampleDesign, fit: Regression, residual: FloatArray, p: FloatArray, groups: int
) -> SignificanceTest:
    name = "archer_lemeshow_F"
    weights = design.weights[fit.base]
    share = midranks(p, weights) / weights.sum()
    group = np.minimum((share * groups + 1e-9).astype(int), groups - 1)
    member = (group[:, None] == np.arange(groups)) * 1.0
    used = member.sum(axis=0) > 1
    member = member[:, used]
    g = int(used.sum())
    if g < 3 or design.df - g + 2 < 1:
        return not_estimable(name, fit.n, "too few groups or degrees of freedom")
    totals = weights @ member
    mean = (weights * residual) @ member / totals
    scores = np.zeros((design.n, g))
    scores[fit.base] = member * (residual[:, None] - mean) / totals
    covariance = covariance_of_totals(design, scores)
    if np.linalg.matrix_rank(covariance) < g:
        return not_estimable(name, fit.n, "the groups' residuals have no variance")
    wald = float(mean @ np.linalg.solve(covariance, mean))
    f = (design.df - g + 2) / (design.df * g) * wald
    df2 = design.df - g + 2
    return SignificanceTest(name, fit.n, f, float(g - 1), float(df2), probability(fdtrc(g - 1, df2, f)))


def proportional_odds(
    design: SampleDesign, outcome: ArrayLike, columns: ArrayLike, names: Sequence[str], categories: int
) -> SignificanceTest:
    """Test whether the slopes of an ordinal model are the same at every threshold (Brant 1990).

    The binary logits of Y > j are fitted for each j; their slopes' joint covariance is the design's, from their
    influence functions (for a simple design Brant's own, from the model). χ² for a simple design, else an F.
    """
    y, p = np.asarray(outcome, int), len(names)
    cuts = categories - 1
    name = "brant" if design.is_simple else "brant_F"
    if cuts < 2:
        return not_estimable(name, int((y >= 0).sum()), "one threshold only")
    fits = [regress(design, "binary", np.where(y < 0, -1, (y > j).astype(int)), columns, names) for j in range(cuts)]
    if not all(fit.is_estimated for fit in fits):
        return SignificanceTest(name, fits[0].n, note=next(fit.note for fit in fits if not fit.is_estimated))
    slopes = np.concatenate([fit.coefficients[1:] for fit in fits])
    covariance = (
        _model_covariance(fits, columns)
        if design.is_simple
        else covariance_of_totals(design, np.hstack([fit.influence[:, 1:] for fit in fits]))
    )
    contrast = np.hstack([np.tile(np.eye(p), (cuts - 1, 1)), -np.eye(p * (cuts - 1))])
    difference, spread = contrast @ slopes, contrast @ covariance @ contrast.T
    df1 = p * (cuts - 1)
    if np.linalg.matrix_rank(spread) < df1:
        return not_estimable(name, fits[0].n, "the slopes' covariance is singular")
    x2 = float(difference @ np.linalg.solve(spread, difference))
    if design.is_simple:
        return SignificanceTest(name, fits[0].n, x2, float(df1), None, probability(chdtrc(df1, x2)))
    df2 = fits[0].df
    return SignificanceTest(name, fits[0].n, x2 / df1, float(df1), float(df2), probability(fdtrc(df1, df2, x2 / df1)))


def _model_covariance(fits: Sequence[Regression], columns: ArrayLike) -> FloatArray:
    """Return the covariance of the slopes of binary logits of the same respondents, as Brant gives it."""
    x = np.asarray(columns, float)[fits[0].base]
    x = np.column_stack([np.ones(len(x)), x])
    p = [expit(x @ fit.coefficients) for fit in fits]
    inverse = [fit.model_covariance for fit in fits]
    blocks = []
    for j in range(len(fits)):
        row = []
        for k in range(len(fits)):
            shared = np.minimum(p[j], p[k]) - p[j] * p[k]
            row.append((inverse[j] @ ((x * shared[:, None]).T @ x) @ inverse[k])[1:, 1:])
        blocks.append(row)
    return np.block(blocks)
