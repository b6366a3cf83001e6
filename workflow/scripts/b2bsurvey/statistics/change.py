"""Change between surveys: difference, equivalence, slope, and what of it is due to who took part."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtr

from b2bsurvey.statistics.intervals import student
from b2bsurvey.statistics.linearisation import (
    SampleDesign,
    covariance_of_shared_units,
    covariance_of_totals,
    domain_df,
    means,
)
from b2bsurvey.statistics.significance import (
    SignificanceTest,
    not_estimable,
    probability,
    student_effect,
    student_test,
    wald_test,
)

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Answers:
    """The answers of one survey: `values` (n,) of those in `domain` (n,) bool, under its design.

    `units` (n,) are names of primary units that another survey may have sampled too (a panel); None where no unit is
    in two surveys. `is_filter` says that the domain is a subpopulation with degrees of freedom of its own.
    """

    design: SampleDesign
    values: FloatArray
    domain: BoolArray
    units: ArrayLike | None = None
    is_filter: bool = False

    @property
    def n(self) -> int:
        """Respondents in the base."""
        return int(self.domain.sum())

    @property
    def df(self) -> float:
        """Degrees of freedom of the design, or of the filter."""
        return float(domain_df(self.design, self.domain) if self.is_filter else self.design.df)

    @property
    def mean(self) -> float:
        """The weighted mean, NaN where nobody is in the base."""
        return float(means(self.design, self.values, self.domain, full=False).estimate[0])

    @property
    def scores(self) -> FloatArray:
        """(n,) linearised scores of the mean: the weighted sum of one respondent's score is their influence on it."""
        return np.where(self.domain, np.nan_to_num(self.values) - self.mean, 0.0) / self._n_weighted

    @property
    def spread(self) -> float:
        """The weighted standard deviation √(Σw(y − ȳ)²/Σw)."""
        off = np.where(self.domain, np.nan_to_num(self.values) - self.mean, 0.0)
        return float(np.sqrt(self.design.weights @ off**2 / self._n_weighted))

    @property
    def _n_weighted(self) -> float:
        return float(self.design.weights @ self.domain)


@dataclass(frozen=True)
class Estimate:
    """A number with its standard error and degrees of freedom."""

    estimate: float
    std_error: float
    df: float

    def interval(self, level: float) -> tuple[float, float]:
        """Return Student's interval; NaN without degrees of freedom."""
        low, high = student(self.estimate, self.std_error, self.df, level)
        return float(low), float(high)


@dataclass(frozen=True)
class Decomposition:
    """A change in two parts that sum to it, and both means with the composition held constant.

    `composition`: what of the change is due to other shares of the groups; `real` the rest, which is the difference
    `second` − `first` of the means standardised to the mean composition of both.
    """

    composition: Estimate
    real: Estimate
    first: Estimate
    second: Estimate


def change(first: Answers, second: Answers) -> Estimate:
    """Return the difference of two weighted means (−1 to 1 for shares), second − first.

    Variances of two samples add up, less twice the covariance of the primary units that both have; degrees of freedom
    by Welch & Satterthwaite from those of the two designs. Raises ValueError when a base is empty. Verified against
    svy 0.35 with the survey as a stratum, and, for a panel, against the variance of paired differences.
    """
    scores = (-first.scores, second.scores)
    return _estimate(second.mean - first.mean, (first, second), scores)


def decomposed(first: Answers, second: Answers, first_groups: ArrayLike, second_groups: ArrayLike) -> Decomposition:
    """Decompose the change of a mean into composition and real change.

    The groups are columns (n, k) whose rows span a constant: indicators of cells give Kitagawa's (1955) decomposition
    of rates, those of several variables beside a constant the twofold one of Oaxaca (1973) and Blinder (1973) with the
    mean coefficients of both surveys (Reimers 1983): with x̄ the mean columns and b the weighted least squares of the
    values on them, composition = (x̄₂ − x̄₁)·(b₁ + b₂)/2 and real = (b₂ − b₁)·(x̄₁ + x̄₂)/2. Standard errors by
    linearisation. Raises ValueError when a column cannot be told from the others in one of the surveys.
    Verified against statsmodels OaxacaBlinder, Kitagawa's formula and the jackknife.
    """
    sides = (first, second)
    (x1, b1, x1_scores, b1_scores), (x2, b2, x2_scores, b2_scores) = (
        _fitted(side, groups) for side, groups in zip(sides, (first_groups, second_groups), strict=True)
    )
    x, b = (x1 + x2) / 2, (b1 + b2) / 2
    moved, turned = x2 - x1, b2 - b1
    composition = (b1_scores @ moved / 2 - x1_scores @ b, b2_scores @ moved / 2 + x2_scores @ b)
    real = (x1_scores @ turned / 2 - b1_scores @ x, x2_scores @ turned / 2 + b2_scores @ x)
    at_first = (b1_scores @ x + x1_scores @ b1 / 2, x2_scores @ b1 / 2)
    at_second = (x1_scores @ b2 / 2, b2_scores @ x + x2_scores @ b2 / 2)
    return Decomposition(
        _estimate(float(moved @ b), sides, composition),
        _estimate(float(turned @ x), sides, real),
        _estimate(float(b1 @ x), sides, at_first),
        _estimate(float(b2 @ x), sides, at_second),
    )


def change_test(first: Answers, second: Answers, level: float = 0.95) -> SignificanceTest:
    """Test whether a mean changed between two surveys: Student's t of `change`, which is the effect."""
    found = change(first, second)
    effect = student_effect("difference", found.estimate, found.std_error, found.df, level)
    n = first.n + second.n
    if not found.std_error > 0:
        return not_estimable("change_t", n, "nothing varies, so there is no standard error")
    return student_test("change_t", n, found.estimate, found.std_error, found.df, effect)


def equivalence_test(first: Answers, second: Answers, margin: float, level: float = 0.95) -> SignificanceTest:
    """Test whether a mean changed by less than `margin` (> 0): two one-sided t tests (Schuirmann 1987).

    The larger of both p-values; the effect is the change with the interval at 1 − 2α, which lies within ∓`margin` just
    when the test is significant at α. Verified against statsmodels ttost_ind.
    """
    found = change(first, second)
    n = first.n + second.n
    if found.df < 1 or not found.std_error > 0:
        return not_estimable("equivalence_t", n, "nothing varies, so there is no standard error")
    t = (margin - abs(found.estimate)) / found.std_error
    effect = student_effect("difference", found.estimate, found.std_error, found.df, 2 * level - 1)
    return SignificanceTest("equivalence_t", n, float(t), found.df, None, probability(stdtr(found.df, -t)), effect)


def slope(surveys: Sequence[Answers], times: ArrayLike) -> Estimate:
    """Return the change of a mean per unit of time over k ≥ 3 surveys: the least-squares line through the means.

    Each survey counts alike, whatever its size, so that the line is that of the population's means.
    """
    at = np.asarray(times, float)
    weights = (at - at.mean()) / np.sum((at - at.mean()) ** 2)
    estimate = sum(w * survey.mean for w, survey in zip(weights, surveys, strict=True))
    return _estimate(float(estimate), surveys, [w * s.scores for w, s in zip(weights, surveys, strict=True)])


def slope_test(surveys: Sequence[Answers], times: ArrayLike, level: float = 0.95) -> SignificanceTest:
    """Test whether a mean rises or falls over k ≥ 3 surveys: Student's t of `slope`, which is the effect."""
    found, n = slope(surveys, times), sum(survey.n for survey in surveys)
    if not found.std_error > 0:
        return not_estimable("slope_t", n, "nothing varies, so there is no standard error")
    effect = student_effect("slope", found.estimate, found.std_error, found.df, level)
    return student_test("slope_t", n, found.estimate, found.std_error, found.df, effect)


def any_change_test(surveys: Sequence[Answers]) -> SignificanceTest:
    """Test whether the means of k ≥ 3 surveys differ at all: the Wald F of their differences from the first."""
    first, n = surveys[0], sum(survey.n for survey in surveys)
    contrasts = [
        [
            -first.scores if place == 0 else later.scores if place == i else np.zeros(s.design.n)
            for place, s in enumerate(surveys)
        ]
        for i, later in enumerate(surveys)
        if i
    ]
    covariance = np.array([[_covariance(surveys, one, other) for other in contrasts] for one in contrasts])
    estimate = [later.mean - first.mean for later in surveys[1:]]
    df = min(survey.df for survey in surveys)
    return wald_test("any_change_F", n, estimate, covariance, df)


def _fitted(side: Answers, groups: ArrayLike) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return mean columns (k,), coefficients (k,), and the linearised scores (n, k) of both."""
    columns = np.asarray(groups, float)
    inside = side.domain[:, None]
    columns = np.where(inside, columns, 0.0)
    weights = side.design.weights * side.domain
    gram = columns.T @ (weights[:, None] * columns)
    if np.linalg.matrix_rank(gram) < len(gram):
        raise ValueError("a group cannot be told from the others in one of the surveys")
    bread = np.linalg.inv(gram)
    values = np.where(side.domain, np.nan_to_num(side.values), 0.0)
    coefficients = bread @ (columns.T @ (weights * values))
    centre = columns.T @ weights / weights.sum()
    left = np.where(side.domain, values - columns @ coefficients, 0.0)
    centre_scores = np.where(inside, columns - centre, 0.0) / weights.sum()
    return centre, coefficients, centre_scores, (columns * left[:, None]) @ bread


def _estimate(estimate: float, surveys: Sequence[Answers], scores: Sequence[FloatArray]) -> Estimate:
    """Return an estimate with the standard error that the scores of each survey give."""
    parts = [
        float(covariance_of_totals(survey.design, own[:, None])[0, 0])
        for survey, own in zip(surveys, scores, strict=True)
    ]
    variance = max(_covariance(surveys, scores, scores), 0.0)
    pairs = [(part, survey.df) for part, survey in zip(parts, surveys, strict=True) if part > 0]
    if any(df < 1 for _, df in pairs):
        return Estimate(estimate, float("nan"), 0.0)
    df = sum(p for p, _ in pairs) ** 2 / sum(p**2 / df for p, df in pairs) if pairs else 0.0
    return Estimate(estimate, float(np.sqrt(variance)), df)


def _covariance(surveys: Sequence[Answers], one: Sequence[FloatArray], other: Sequence[FloatArray]) -> float:
    """Return the covariance of two numbers from their scores in each survey, shared primary units counted."""
    found = 0.0
    for i, first in enumerate(surveys):
        own = covariance_of_totals(first.design, np.column_stack([one[i], other[i]]))
        found += float(own[0, 1])
        for j, second in enumerate(surveys):
            if i != j and first.units is not None and second.units is not None:
                found += covariance_of_shared_units(
                    first.design, one[i], first.units, second.design, other[j], second.units
                )
    return found
