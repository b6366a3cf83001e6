"""One result for all significance tests, and what they share: effect sizes, reasons, the Wald F."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import fdtrc, stdtr

from b2bsurvey.statistics.intervals import noncentrality, student, wilson
from b2bsurvey.statistics.linearisation import SampleDesign

FloatArray = NDArray[np.float64]

SMALLEST_P = float(np.nextafter(0, 1))  # a p-value that underflows is reported as this, never as 0
SINGULAR = 1e-10  # eigenvalues of a correlation matrix below this are rounding
PLAIN = "equal weights, no strata, clusters or finite population"


@dataclass(frozen=True)
class Effect:
    """An effect size with its interval; `low` and `high` are None where there is none."""

    name: str
    estimate: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class SignificanceTest:
    """One significance test, two-sided.

    `test` is its code; `n` counts the respondents it rests on; `statistic`, `df1` and `df2` are None where the
    test has none; `reason` says why this test was chosen (empty when it was called by name); `note` says what
    was left out, or why nothing could be estimated: `p_value` and `effect` are then None. No field is ever NaN
    or infinite, and `p_value` is never 0.
    """

    test: str
    n: int
    statistic: float | None = None
    df1: float | None = None
    df2: float | None = None
    p_value: float | None = None
    effect: Effect | None = None
    reason: str = ""
    note: str = ""

    @property
    def is_estimable(self) -> bool:
        """Whether there is a p-value."""
        return self.p_value is not None

    def because(self, reason: str) -> "SignificanceTest":
        """Return the test with the reason why it was chosen."""
        return replace(self, reason=reason)

    def with_effect(self, effect: Effect | None) -> "SignificanceTest":
        """Return the test with an effect size."""
        return replace(self, effect=effect)

    def noting(self, *notes: str) -> "SignificanceTest":
        """Return the test with notes put before its own."""
        return replace(self, note=joined(*notes, self.note))


def not_estimable(test: str, n: int, why: str) -> SignificanceTest:
    """Return a test without a p-value that says why."""
    return SignificanceTest(test, int(n), note=f"not estimable: {why}")


def probability(p: float) -> float:
    """Return a p-value within (0, 1]: underflow and rounding taken away."""
    return min(1.0, max(float(p), SMALLEST_P))


def joined(*notes: str) -> str:
    """Return the notes that are not empty, joined by semicolons."""
    return "; ".join(note for note in notes if note)


def by_design(design: SampleDesign) -> str:
    """Return why a design-based test is called for."""
    return f"the design has {design_features(design)}, so the test is design-based"


def design_features(design: SampleDesign) -> str:
    """Return what the design has beyond equal weights."""
    named = {
        "unequal weights": np.ptp(design.weights) > 0,
        "strata": design.strata is not None,
        "clusters": design.clusters is not None,
        "a finite population": design.population is not None,
        "calibrated weights": design.calibration is not None,
    }
    return ", ".join(name for name, present in named.items() if present)


def chi2_effect(
    name: str, x2: float, df: float, largest: float, level: float, mean_deff: float = 1.0, power: float = 0.5
) -> Effect:
    """Return the effect size (χ²/largest)^power, 0–1, of a χ² that is at most `largest`, with its interval.

    The bounds come from the noncentralities that put the observed χ² at the upper and the lower (1 − level)/2
    point of the noncentral χ² (Smithson 2003), with χ² and `largest` divided by the mean design effect. So the
    lower bound is above 0 just when χ² is significant at (1 − level)/2. The interval never excludes the estimate.
    """
    low, high = noncentrality(x2 / mean_deff, df, level)
    estimate, low, high = (
        float(min(1.0, value * mean_deff / largest)) ** power for value in (x2 / mean_deff, low, high)
    )
    return Effect(name, estimate, min(low, estimate), max(high, estimate))


def share_effect(name: str, share: float, variance: float, df: float, largest: float, level: float) -> Effect:
    """Return a share of variation 0–1, as Kendall's W, ε² and η² are, with its interval.

    As `chi2_effect` of χ² = share · `largest`, with the design effect variance · largest / (4 · share): what the
    linearised variance of the share is to that of a noncentral χ² far from 0. So the interval is that of χ² near
    0, where the linearisation fails, and that of the linearisation elsewhere, where χ² would be too wide.
    """
    mean_deff = variance * largest / (4 * share) if share > 0 and variance > 0 else 1.0
    return chi2_effect(name, share * largest, df, largest, level, mean_deff, power=1)


def concordance_effect(name: str, concordance: float, variance: float, n: float, level: float) -> Effect:
    """Return a rank correlation −1 to 1 that is twice a probability less 1, with the Wilson interval of that.

    Rank-biserial correlations and Somers' d are of this kind. The effective base is θ(1 − θ)/v for the
    probability θ and its variance v, as for proportions (Kottas, Kuss & Zapf 2014); where v is 0, as with groups
    that do not overlap, it is `n`. So the interval has width, and stays within −1 and 1, at the limits too.
    """
    effective = (1 - concordance**2) / variance if variance > 0 and abs(concordance) < 1 else n
    low, high = wilson(np.clip((concordance + 1) / 2, 0, 1), effective, level)
    return Effect(name, float(concordance), 2 * float(low) - 1, 2 * float(high) - 1)


def student_test(
    test: str, n: int, estimate: float, std_error: float, df: float, effect: Effect | None = None
) -> SignificanceTest:
    """Test whether an estimate is 0 by Student's t; `effect` defaults to none.

    Not estimable without a standard error or degrees of freedom.
    """
    if df < 1:
        return not_estimable(test, n, "the design has no degrees of freedom")
    if not std_error > 0:
        return not_estimable(test, n, "nothing varies, so there is no standard error")
    t = estimate / std_error
    return SignificanceTest(test, int(n), float(t), float(df), None, probability(2 * stdtr(df, -abs(t))), effect)


def student_effect(name: str, estimate: float, std_error: float, df: float, level: float) -> Effect:
    """Return an effect size with Student's interval."""
    low, high = student(estimate, std_error, df, level)
    return Effect(name, float(estimate), float(low), float(high))


def wald_test(
    test: str,
    n: int,
    estimate: ArrayLike,
    covariance: ArrayLike,
    df: float,
    effect: Effect | None = None,
    hotelling: bool = True,
) -> SignificanceTest:
    """Test whether all of `estimate` (k,) are 0 by the Wald statistic W = d′V⁻¹d of its `covariance` (k, k).

    F = W·(df − k + 1)/(k·df) with k and df − k + 1 degrees of freedom (Korn & Graubard 1990; for equal weights
    Hotelling's T²); with `hotelling` False F = W/k with k and df degrees of freedom, as R's regTermTest, where
    `df` are those of the residuals. Not estimable when the covariance is singular or the degrees of freedom do
    not suffice. Verified against R survey::svychisq(statistic="adjWald" and "Wald").
    """
    d, covariance = np.asarray(estimate, float), np.asarray(covariance, float)
    k = d.size
    df2 = df - k + 1 if hotelling else df
    if df2 < 1:
        return not_estimable(
            test, n, f"{k} differences are too many for the {max(df, 0):g} degrees of freedom of the design"
        )
    std_error = np.sqrt(np.diagonal(covariance))
    if not (std_error > 0).all():
        return not_estimable(test, n, "nothing varies, so there is no standard error")
    correlation = covariance / np.outer(std_error, std_error)
    if np.linalg.eigvalsh(correlation)[0] < SINGULAR:
        return not_estimable(test, n, "the covariance of the differences is singular: one follows from the others")
    z = d / std_error
    f = float(z @ np.linalg.solve(correlation, z)) / k
    f *= df2 / df if hotelling else 1.0
    return SignificanceTest(test, int(n), f, float(k), float(df2), probability(fdtrc(k, df2, f)), effect)
