"""Means of groups: Welch's t and F, the design-based t and F, Cohen's d and η²."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import fdtrc

from b2bsurvey.statistics.linearisation import SampleDesign, covariance_of_totals, means
from b2bsurvey.statistics.significance import (
    Effect,
    SignificanceTest,
    not_estimable,
    probability,
    share_effect,
    student_effect,
    student_test,
    wald_test,
)

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int_]
BoolArray = NDArray[np.bool_]

ROUNDING = 1e-24  # squares within groups below this share of all squares are rounding, not variation


@dataclass(frozen=True, eq=False)
class Groups:
    """The groups that respondents with a score belong to.

    `codes` (g,) of the groups in use, `place` (n,) of each respondent among them, −1 outside the base, `sizes` (g,)
    respondents.
    """

    codes: IntArray
    place: IntArray
    sizes: IntArray

    @property
    def n(self) -> int:
        """Respondents in all groups."""
        return int(self.sizes.sum())

    @property
    def base(self) -> BoolArray:
        """(n,) bool: who is in a group."""
        return self.place >= 0

    @property
    def members(self) -> BoolArray:
        """(n, g) bool: who is in which group."""
        return self.place[:, None] == np.arange(self.codes.size)

    @property
    def pairs(self) -> list[tuple[int, int]]:
        """Places of all pairs of groups, the first before the second."""
        g = self.codes.size
        return [(i, j) for i in range(g) for j in range(i + 1, g)]

    def only(self, first: int, second: int) -> "Groups":
        """Return the two groups at these places alone."""
        place = np.where(self.place == first, 0, np.where(self.place == second, 1, -1))
        return Groups(self.codes[[first, second]], place, self.sizes[[first, second]])


@dataclass(frozen=True)
class PairTest:
    """A test of two groups against each other, by their codes; its p-value is not yet adjusted."""

    first: int
    second: int
    result: SignificanceTest


def groups_of(scores: ArrayLike, groups: ArrayLike) -> Groups:
    """Return the groups of respondents with a score: `scores` (n,), NaN outside the base; `groups` (n,), −1 outside.

    Raises ValueError when the two differ in shape.
    """
    scores, groups = np.asarray(scores, float), np.asarray(groups)
    if scores.ndim != 1 or scores.shape != groups.shape:
        raise ValueError(f"scores {scores.shape} and groups {groups.shape} need one value a respondent")
    base = (groups >= 0) & ~np.isnan(scores)
    codes, compact, sizes = np.unique(groups[base], return_inverse=True, return_counts=True)
    place = np.full(scores.size, -1)
    place[base] = compact
    return Groups(codes, place, sizes)


def too_few(groups: Groups) -> str:
    """Say why groups cannot be compared; empty where they can."""
    if groups.codes.size < 2:
        return f"{groups.codes.size} of the groups hold respondents, and 2 are needed"
    return "fewer than 3 respondents are in the groups" if groups.n < 3 else ""


def welch_t(scores: ArrayLike, groups: ArrayLike, level: float = 0.95) -> SignificanceTest:
    """Test whether the means of two groups differ by Welch's t (1947); the effect is Cohen's d.

    Arguments as in `groups_of`; t and d are those of first − second. Not estimable with a group of one or where
    neither group varies. Raises ValueError for more than two groups. Verified against scipy.stats.ttest_ind.
    """
    found = groups_of(scores, groups)
    why = too_few(found) or _alone(found)
    if why:
        return not_estimable("welch_t", found.n, why)
    if found.codes.size > 2:
        raise ValueError(f"Welch's t compares two groups, found {found.codes.size}")
    mean, variance = _moments(scores, found)
    shares = variance / found.sizes
    if not shares.sum() > 0:
        return not_estimable("welch_t", found.n, "nothing varies, so there is no standard error")
    df = shares.sum() ** 2 / np.sum(shares**2 / (found.sizes - 1))
    effect = cohens_d(SampleDesign.simple(found.base.size), scores, found, level)
    return student_test("welch_t", found.n, mean[0] - mean[1], np.sqrt(shares.sum()), df, effect)


def welch_anova(scores: ArrayLike, groups: ArrayLike, level: float = 0.95) -> SignificanceTest:
    """Test whether the means of several groups differ by Welch's F (1951); the effect is η².

    Arguments as in `groups_of`. Not estimable with a group of one or a group that does not vary. Verified against
    R oneway.test and pingouin.welch_anova.
    """
    found = groups_of(scores, groups)
    why = too_few(found) or _alone(found)
    mean, variance = _moments(scores, found) if not why else (np.empty(0), np.empty(0))
    if not why and not (variance > 0).all():
        why = "all respondents of a group have the same score, and Welch's F divides by its variance"
    if why:
        return not_estimable("welch_anova", found.n, why)
    k, weight = found.codes.size, found.sizes / variance
    between = np.sum(weight * (mean - weight @ mean / weight.sum()) ** 2) / (k - 1)
    unequal = np.sum((1 - weight / weight.sum()) ** 2 / (found.sizes - 1))
    f = float(between / (1 + 2 * (k - 2) * unequal / (k**2 - 1)))
    df2 = float((k**2 - 1) / (3 * unequal))
    effect = eta_squared(SampleDesign.simple(found.base.size), scores, found, level)
    return SignificanceTest("welch_anova", found.n, f, float(k - 1), df2, probability(fdtrc(k - 1, df2, f)), effect)


def welch_pairs(scores: ArrayLike, groups: ArrayLike, level: float = 0.95) -> list[PairTest]:
    """Test each pair of groups by Welch's t, as a post hoc of `welch_anova`; p-values are not yet adjusted."""
    found = groups_of(scores, groups)
    return [
        PairTest(int(found.codes[i]), int(found.codes[j]), welch_t(scores, found.only(i, j).place, level))
        for i, j in found.pairs
    ]


def design_group_means(
    design: SampleDesign, scores: ArrayLike, groups: ArrayLike, level: float = 0.95
) -> SignificanceTest:
    """Test under the design whether the means of groups differ: Student's t for two, the Wald F for more.

    Arguments as in `groups_of`; the effect is Cohen's d of first − second, or η². As R survey::svyttest (with
    the opposite sign) and regTermTest of svyglm, verified at 1e-9.
    """
    found = groups_of(scores, groups)
    effect = None
    if not too_few(found):
        effect = (cohens_d if found.codes.size == 2 else eta_squared)(design, scores, found, level)
    return design_test(("design_group_t", "design_group_F"), design, scores, found, effect)


def design_mean_pairs(
    design: SampleDesign, scores: ArrayLike, groups: ArrayLike, level: float = 0.95
) -> list[PairTest]:
    """Test each pair of groups by the design-based t, as a post hoc of `design_group_means`; not yet adjusted."""
    found = groups_of(scores, groups)
    effects = [cohens_d(design, scores, found.only(i, j), level) for i, j in found.pairs]
    return design_pair_tests("design_group_t", design, scores, found, effects)


def design_test(
    tests: tuple[str, str], design: SampleDesign, scores: ArrayLike, groups: Groups, effect: Effect | None
) -> SignificanceTest:
    """Test whether weighted means of `scores` differ between groups: t under the first name, F under the second.

    The degrees of freedom are those of R's svyglm: the design's less one for each group but the first.
    """
    k = groups.codes.size
    test = tests[0] if k == 2 else tests[1]
    why = too_few(groups)
    if why:
        return not_estimable(test, groups.n, why)
    estimate, covariance = _contrasts(design, scores, groups)
    df = design.df - (k - 1)
    if k == 2:
        return student_test(test, groups.n, float(estimate[0]), float(np.sqrt(covariance[0, 0])), df, effect)
    return wald_test(test, groups.n, estimate, covariance, df, effect, hotelling=False)


def design_pair_tests(
    test: str, design: SampleDesign, scores: ArrayLike, groups: Groups, effects: list[Effect | None]
) -> list[PairTest]:
    """Test each pair of groups by the t of the difference of their weighted means; an effect size a pair."""
    if too_few(groups):
        return []
    found = means(design, np.asarray(scores, float), groups.members)
    df = design.df - (groups.codes.size - 1)
    tests = []
    for (i, j), effect in zip(groups.pairs, effects, strict=True):
        v = found.covariance
        variance = max(float(v[i, i] + v[j, j] - 2 * v[i, j]), 0.0)
        n = int(groups.sizes[i] + groups.sizes[j])
        estimate = float(found.estimate[i] - found.estimate[j])
        result = student_test(test, n, estimate, np.sqrt(variance), df, effect)
        tests.append(PairTest(int(groups.codes[i]), int(groups.codes[j]), result))
    return tests


def cohens_d(design: SampleDesign, scores: ArrayLike, groups: Groups, level: float = 0.95) -> Effect | None:
    """Return Cohen's d of two groups, first − second in units of the pooled standard deviation, with its interval.

    Weighted means and variances; Student's interval from the linearised variance of d under the design, which
    assumes neither normality nor equal variances. None where the scores do not vary.
    """
    y, members, weights, mean = _weighted(design, scores, groups)
    total, within = weights.sum(), groups.base * (y - members @ mean) ** 2
    squares = float(weights @ within)
    if groups.n < 3 or squares <= ROUNDING * float(weights @ y**2):
        return None
    bessel = groups.n / (groups.n - 2)
    variance = bessel * squares / total
    d = float(mean[0] - mean[1]) / np.sqrt(variance)
    of_means = (members * (y[:, None] - mean)) / (weights @ members) @ np.array([1.0, -1.0])
    of_variance = bessel * (within - groups.base * squares / total) / total
    influence = of_means / np.sqrt(variance) - d / (2 * variance) * of_variance
    std_error = np.sqrt(covariance_of_totals(design, influence[:, None])[0, 0])
    return student_effect("cohens_d", d, float(std_error), max(design.df - 1, 1), level)


def eta_squared(design: SampleDesign, scores: ArrayLike, groups: Groups, level: float = 0.95) -> Effect | None:
    """Return η², the share of the weighted variation of the scores that lies between groups, with its interval.

    The interval as in `share_effect`, with the linearised variance under the design. None where nothing varies within
    groups.
    """
    y, members, weights, mean = _weighted(design, scores, groups)
    within = float(weights @ (groups.base * (y - members @ mean) ** 2))
    if within <= ROUNDING * float(weights @ y**2):
        return None
    centred = groups.base * (y - weights @ y / weights.sum())
    between = members @ (weights * centred @ members / (weights @ members))
    total = float(weights @ centred**2)
    share = 1 - within / total
    influence = (2 * between * centred - between**2 - share * centred**2) / total
    variance = float(covariance_of_totals(design, influence[:, None])[0, 0])
    return share_effect("eta_squared", share, variance, groups.codes.size - 1, groups.n, level)


def _contrasts(design: SampleDesign, scores: ArrayLike, groups: Groups) -> tuple[FloatArray, FloatArray]:
    """Return the differences (g − 1,) of the first group's mean from the others', and their covariance."""
    found = means(design, np.asarray(scores, float), groups.members)
    contrasts = np.hstack([np.ones((groups.codes.size - 1, 1)), -np.eye(groups.codes.size - 1)])
    return contrasts @ found.estimate, contrasts @ found.covariance @ contrasts.T


def _weighted(
    design: SampleDesign, scores: ArrayLike, groups: Groups
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return scores and weights, 0 outside the base, membership (n, g) as numbers, and the group means (g,)."""
    y, members = np.where(groups.base, np.asarray(scores, float), 0.0), groups.members.astype(float)
    weights = design.weights * groups.base
    return y, members, weights, (weights * y) @ members / (weights @ members)


def _moments(scores: ArrayLike, groups: Groups) -> tuple[FloatArray, FloatArray]:
    """Return mean and sample variance (g,) of each group; 0 where all scores are equal."""
    found = [np.asarray(scores, float)[groups.place == i] for i in range(groups.codes.size)]
    mean = np.array([y[0] + np.mean(y - y[0]) for y in found])
    return mean, np.array([np.var(y - y[0], ddof=1) for y in found])


def _alone(groups: Groups) -> str:
    return "a group has only one respondent" if (groups.sizes < 2).any() else ""
