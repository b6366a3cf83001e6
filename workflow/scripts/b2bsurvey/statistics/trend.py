"""Trends over ordered groups: Cochran–Armitage, linear-by-linear, Jonckheere–Terpstra, and the design-based slope."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc, ndtr

from b2bsurvey.statistics.correlation import linear_effect
from b2bsurvey.statistics.group_means import groups_of, too_few
from b2bsurvey.statistics.linearisation import SampleDesign, covariance_of_totals
from b2bsurvey.statistics.rank_tests import TIED, somers_d, subset_sum_probability
from b2bsurvey.statistics.significance import (
    PLAIN,
    SignificanceTest,
    by_design,
    concordance_effect,
    not_estimable,
    probability,
    student_test,
)

FloatArray = NDArray[np.float64]

MOST_EXACT = 200  # respondents up to which the exact trend test is enumerated
SAME_GROUP = "all respondents are in groups with the same score"


def trend(design: SampleDesign, scores: ArrayLike, group_scores: ArrayLike, level: float = 0.95) -> SignificanceTest:
    """Test whether answers rise or fall with the order of groups, by the test that the design calls for.

    `scores` (n,), 1 and 0 for yes and no, and `group_scores` (n,), the score of each respondent's group, are NaN
    outside the base. A simple design takes Cochran–Armitage's χ² for yes–no answers (exact where an expected count
    is below 5 and the group scores are whole numbers) and the linear-by-linear χ² for others; any other design takes
    Student's t of the slope. The effect is Pearson's r.
    """
    if not design.is_simple:
        return design_trend(design, scores, group_scores, level).because(by_design(design))
    y, x, n = _within(scores, group_scores)
    if not np.isin(y, (0, 1)).all():
        return linear_by_linear(y, x, level).because(f"{PLAIN}; the scores have an order")
    smallest = _smallest_expected(y, x)
    if smallest < 5 and n <= MOST_EXACT and (x == np.rint(x)).all():
        test, why = exact_trend(y, x, level), f"an expected count is only {smallest:.1f}, below 5"
        return test.because(f"{PLAIN}; {why}")
    return cochran_armitage(y, x, level=level).because(f"{PLAIN}; the answers are yes or no")


def cochran_armitage(
    answers: ArrayLike, group_scores: ArrayLike, variant: str = "n", level: float = 0.95
) -> SignificanceTest:
    """Test whether a proportion changes linearly with group scores by the χ² of Cochran (1954) and Armitage (1955).

    Arguments as in `trend`, answers 0 and 1. χ² = n·r² with r the correlation of answer and score; with `variant`
    'n-1' (n − 1)·r², the variance of a permutation. Raises ValueError for another variant. Verified against R
    prop.trend.test ('n') and coin::independence_test ('n-1').
    """
    if variant not in ("n", "n-1"):
        raise ValueError(f"variant is {variant!r}; it must be 'n' or 'n-1'")
    return _chi2("cochran_armitage", answers, group_scores, 0 if variant == "n" else 1, level)


def linear_by_linear(scores: ArrayLike, group_scores: ArrayLike, level: float = 0.95) -> SignificanceTest:
    """Test whether scores change linearly with group scores by M² = (n − 1)·r² (Mantel 1963).

    Arguments as in `trend`. Verified against R coin::lbl_test.
    """
    return _chi2("linear_by_linear", scores, group_scores, 1, level)


def exact_trend(answers: ArrayLike, group_scores: ArrayLike, level: float = 0.95) -> SignificanceTest:
    """Test whether a proportion changes with group scores, exactly given both margins.

    Arguments as in `trend`, answers 0 and 1, whole group scores. The probability that the sum of the scores of as
    many respondents drawn at random is as far from its mean as that of those who said yes. Verified by enumeration.
    """
    y, x, n = _within(answers, group_scores)
    why = _constant(y, x)
    if why:
        return not_estimable("exact_trend", n, why)
    p = subset_sum_probability(x, int(y.sum()), float(x @ y))
    effect = linear_effect(SampleDesign.simple(n), y, x, level)
    return SignificanceTest("exact_trend", n, p_value=probability(p), effect=effect)


def jonckheere_terpstra(scores: ArrayLike, groups: ArrayLike, level: float = 0.95) -> SignificanceTest:
    """Test whether scores rise or fall over ordered groups by the z of Jonckheere (1954) and Terpstra (1952).

    `scores` (n,) NaN and `groups` (n,), codes in order, −1 outside the base. z is corrected for ties (Hollander &
    Wolfe 1999, 6.19); the effect is Somers' d. Verified against the moments of all permutations.
    """
    found = groups_of(scores, groups)
    why = too_few(found)
    if not why and np.ptp(np.asarray(scores, float)[found.base]) == 0:
        why = TIED
    if why:
        return not_estimable("jonckheere_terpstra", found.n, why)
    d, variance = somers_d(SampleDesign.simple(found.base.size), scores, groups)
    n, sizes = found.n, found.sizes.astype(float)
    ties = np.unique(np.asarray(scores, float)[found.base], return_counts=True)[1].astype(float)
    pairs = (n**2 - np.sum(sizes**2)) / 2

    def sums(t: FloatArray) -> tuple[float, float, float]:
        return (
            float(np.sum(t * (t - 1))),
            float(np.sum(t * (t - 1) * (t - 2))),
            float(np.sum(t * (t - 1) * (2 * t + 5))),
        )

    (a2, a3, a5), (b2, b3, b5) = sums(sizes), sums(ties)
    spread = (n * (n - 1) * (2 * n + 5) - a5 - b5) / 72 + a3 * b3 / (36 * n * (n - 1) * max(n - 2, 1))
    z = d * pairs / 2 / np.sqrt(spread + a2 * b2 / (8 * n * (n - 1)))
    effect = concordance_effect("somers_d", d, variance, float(sizes.min()), level)
    return SignificanceTest("jonckheere_terpstra", n, float(z), p_value=probability(2 * ndtr(-abs(z))), effect=effect)


def design_trend(
    design: SampleDesign, scores: ArrayLike, group_scores: ArrayLike, level: float = 0.95
) -> SignificanceTest:
    """Test under the design whether scores change linearly with group scores: Student's t of the weighted slope.

    Arguments as in `trend`. The standard error is that of R survey::svyglm(scores ~ group_scores), with the
    design's degrees of freedom less 1; the effect is the weighted Pearson's r.
    """
    y, x = np.asarray(scores, float), np.asarray(group_scores, float)
    base = ~(np.isnan(y) | np.isnan(x))
    n = int(base.sum())
    why = _constant(y[base], x[base])
    if why:
        return not_estimable("design_trend_t", n, why)
    weights = design.weights[base]
    from_x, from_y = (v - weights @ v / weights.sum() for v in (x[base], y[base]))
    squares = float(weights @ from_x**2)
    slope = float(weights @ (from_x * from_y)) / squares
    influence = np.zeros(design.n)
    influence[base] = from_x * (from_y - slope * from_x) / squares
    std_error = float(np.sqrt(covariance_of_totals(design, influence[:, None])[0, 0]))
    effect = linear_effect(design, y, x, level)
    if effect and effect.low is None and design.df > 1:
        return not_estimable("design_trend_t", n, "the trend is perfect, so nothing is left to test it by")
    return student_test("design_trend_t", n, slope, std_error, design.df - 1, effect)


def _chi2(test: str, scores: ArrayLike, group_scores: ArrayLike, less: int, level: float) -> SignificanceTest:
    """χ² = (n − less)·r² with one degree of freedom."""
    y, x, n = _within(scores, group_scores)
    why = _constant(y, x)
    if why:
        return not_estimable(test, n, why)
    x2 = float((n - less) * np.corrcoef(y, x)[0, 1] ** 2)
    effect = linear_effect(SampleDesign.simple(n), y, x, level)
    return SignificanceTest(test, n, x2, 1.0, None, probability(chdtrc(1, x2)), effect)


def _within(scores: ArrayLike, group_scores: ArrayLike) -> tuple[FloatArray, FloatArray, int]:
    """Return the scores and group scores of respondents with both, and how many they are."""
    y, x = np.asarray(scores, float), np.asarray(group_scores, float)
    if y.ndim != 1 or y.shape != x.shape:
        raise ValueError(f"scores {y.shape} and group_scores {x.shape} need one value a respondent")
    base = ~(np.isnan(y) | np.isnan(x))
    return y[base], x[base], int(base.sum())


def _constant(y: FloatArray, x: FloatArray) -> str:
    if y.size < 3:
        return "fewer than 3 respondents are in the groups"
    if np.ptp(x) == 0:
        return SAME_GROUP
    return TIED if np.ptp(y) == 0 else ""


def _smallest_expected(y: FloatArray, x: FloatArray) -> float:
    """Return the smallest expected count of yes or no in a group; infinite without respondents."""
    if not y.size:
        return float("inf")
    sizes = np.unique(x, return_counts=True)[1]
    return float(sizes.min() * min(y.mean(), 1 - y.mean()))
