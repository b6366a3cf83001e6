"""Several items answered by the same respondents: Cochran's Q, Friedman's test and Kendall's W."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc

from b2bsurvey.statistics.linearisation import SampleDesign, covariance_of_totals, means
from b2bsurvey.statistics.significance import (
    PLAIN,
    Effect,
    SignificanceTest,
    by_design,
    not_estimable,
    probability,
    share_effect,
    wald_test,
)

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

FEWEST_CELLS = 24  # respondents × items below which χ² is rough (Tate & Brown 1970)


def several_proportions(design: SampleDesign, ticks: ArrayLike, level: float = 0.95) -> SignificanceTest:
    """Test whether the proportions of several items differ, by the test that the design calls for.

    `ticks` (n, k) are 1 or 0, NaN outside the base; respondents with all of them count. A simple design takes
    Cochran's Q, any other the Wald F of the differences of the proportions. The effect is Kendall's W.
    """
    if design.is_simple:
        return cochran_q(_complete(design, ticks), level).because(PLAIN)
    return design_cochran(design, ticks, level).because(by_design(design))


def ranks_of_items(design: SampleDesign, scores: ArrayLike, level: float = 0.95) -> SignificanceTest:
    """Test whether several items are ranked alike, by the test that the design calls for.

    `scores` (n, k) are NaN outside the base; respondents with all of them count. A simple design takes Friedman's
    test, any other the Wald F of the differences of the mean ranks. The effect is Kendall's W.
    """
    if design.is_simple:
        return friedman(_complete(design, scores), level).because(PLAIN)
    return design_friedman(design, scores, level).because(by_design(design))


def cochran_q(ticks: ArrayLike, level: float = 0.95) -> SignificanceTest:
    """Test whether k proportions of the same respondents are equal by Cochran's Q (1950); `ticks` (n, k) 0 and 1.

    The effect is Kendall's W = Q/(n(k − 1)), 0–1, which here is the η² of Serlin, Carr & Marascuilo (1982).
    Verified against R coin::symmetry_test and statsmodels' cochrans_q.
    """
    return _classical("cochran_q", np.asarray(ticks, float), level)


def friedman(scores: ArrayLike, level: float = 0.95) -> SignificanceTest:
    """Test whether k items are ranked alike by Friedman's χ² (1937), corrected for ties; `scores` (n, k).

    The effect is Kendall's W = χ²/(n(k − 1)), 0–1. Verified against R friedman.test, effectsize::kendalls_w and
    scipy.stats.friedmanchisquare.
    """
    return _classical("friedman", ranks_within(scores), level)


def design_cochran(design: SampleDesign, ticks: ArrayLike, level: float = 0.95) -> SignificanceTest:
    """Test under the design whether k proportions of the same respondents are equal: the Wald F of their differences.

    Arguments as in `several_proportions`. The effect is the weighted Kendall's W.
    """
    return _by_design("design_cochran_F", design, np.asarray(ticks, float), level)


def design_friedman(design: SampleDesign, scores: ArrayLike, level: float = 0.95) -> SignificanceTest:
    """Test under the design whether k items are ranked alike: the Wald F of the differences of their mean ranks.

    Arguments as in `ranks_of_items`. Ranks are within a respondent, so weights do not change them. The effect as in
    `design_cochran`.
    """
    return _by_design("design_friedman_F", design, ranks_within(scores), level)


def ranks_within(scores: ArrayLike) -> FloatArray:
    """Return the rank (n, k) of each item's score within its respondent, 1 for the lowest, ties their mean.

    NaN in a row with a NaN. Verified against scipy.stats.rankdata.
    """
    scores = np.asarray(scores, float)
    ranks = np.full(scores.shape, 0.5)
    for column in scores.T:
        ranks += (column[:, None] < scores) + (column[:, None] == scores) / 2
    return np.where(np.isnan(scores).any(axis=1, keepdims=True), np.nan, ranks)


def _classical(test: str, values: FloatArray, level: float) -> SignificanceTest:
    """χ² = n(k − 1)W of values (n, k), which are ranks or ticks."""
    n, k = values.shape
    why = _unfit(values)
    if why:
        return not_estimable(test, n, why)
    effect = _kendalls_w(SampleDesign.simple(n), values, np.ones(n, bool), level)
    x2 = effect.estimate * n * (k - 1)
    informative = int(np.sum(np.ptp(values, axis=1) > 0))
    note = f"the p-value is rough: only {informative} respondents tell the items apart"
    found = SignificanceTest(test, n, x2, float(k - 1), None, probability(chdtrc(k - 1, x2)), effect)
    return found.noting(note if informative * k < FEWEST_CELLS else "")


def _by_design(test: str, design: SampleDesign, values: FloatArray, level: float) -> SignificanceTest:
    if values.shape[0] != design.n:
        raise ValueError(f"found values of {values.shape[0]} respondents, expected {design.n}")
    base = np.asarray(~np.isnan(values).any(axis=1))
    n, why = int(base.sum()), _unfit(values[base])
    if why:
        return not_estimable(test, n, why)
    found = means(design, values[:, 1:] - values[:, :1], base)
    effect = _kendalls_w(design, values, base, level)
    return wald_test(test, n, found.estimate, found.covariance, found.df, effect)


def _kendalls_w(design: SampleDesign, values: FloatArray, base: BoolArray, level: float) -> Effect:
    """Return the share of the weighted variation within respondents that lies between the items, with its interval."""
    values, weights = np.where(base[:, None], values, 0.0), design.weights * base
    centred = values - values.mean(axis=1, keepdims=True)
    spread = np.sum(centred**2, axis=1)
    items, total = weights @ centred / weights.sum(), float(weights @ spread) / weights.sum()
    w = min(1.0, float(items @ items) / total)
    influence = base * (2 * (centred - items) @ items - w * (spread - total)) / (weights.sum() * total)
    variance = float(covariance_of_totals(design, influence[:, None])[0, 0])
    n, k = int(base.sum()), values.shape[1]
    return share_effect("kendalls_w", w, variance, k - 1, n * (k - 1), level)


def _complete(design: SampleDesign, values: ArrayLike) -> FloatArray:
    values = np.asarray(values, float)
    if values.ndim != 2 or values.shape[0] != design.n:
        raise ValueError(f"found values of shape {values.shape}, expected a row for each of {design.n} respondents")
    complete: FloatArray = values[~np.isnan(values).any(axis=1)]
    return complete


def _unfit(values: FloatArray) -> str:
    """Say why complete values (n, k) cannot be compared; empty where they can."""
    if values.shape[1] < 2:
        return "there are fewer than 2 items"
    if len(values) < 2:
        return "fewer than 2 respondents answered all items"
    return "" if np.ptp(values, axis=1).any() else "every respondent gave all items the same answer"
