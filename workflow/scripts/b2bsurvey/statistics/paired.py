"""Two answers of the same respondents: McNemar, Bowker, Stuart–Maxwell, signed ranks, and their differences."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import bdtr, chdtrc, gammaln, ndtr

from b2bsurvey.statistics.intervals import wilson
from b2bsurvey.statistics.linearisation import SampleDesign, covariance_of_totals, means
from b2bsurvey.statistics.ranks import midranks
from b2bsurvey.statistics.significance import (
    PLAIN,
    SMALLEST_P,
    Effect,
    SignificanceTest,
    by_design,
    chi2_effect,
    concordance_effect,
    not_estimable,
    probability,
    student_effect,
    student_test,
    wald_test,
)

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

MOST_EXACT = 50  # differences up to which the signed-rank test enumerates their signs
ALIKE = "nobody's two answers differ"


@dataclass(frozen=True, eq=False)
class PairedDifference:
    """Difference of two proportions among the same respondents (−1 to 1) with its interval; arrays."""

    estimate: FloatArray
    low: FloatArray
    high: FloatArray


class _Pairs(NamedTuple):
    """The two answers of each respondent, and who gave both."""

    first: FloatArray
    second: FloatArray
    base: BoolArray

    @property
    def n(self) -> int:
        return int(self.base.sum())

    @property
    def difference(self) -> FloatArray:
        """(n,) first − second, NaN outside the base."""
        return self.first - self.second


# ---- the choice by the design


def paired_proportions(
    design: SampleDesign, first: ArrayLike, second: ArrayLike, level: float = 0.95
) -> SignificanceTest:
    """Test whether two proportions of the same respondents differ, by the test that the design calls for.

    `first` and `second` (n,) are 1 or 0, NaN outside the base; respondents with both count. A simple design takes
    McNemar's exact test, any other Student's t of the difference. The effect is the difference first − second
    (see `proportion_difference`).
    """
    pairs = _pairs(design, first, second)
    if not design.is_simple:
        return design_paired_t(design, first, second, level).because(by_design(design))
    return mcnemar(*_fourfold(pairs), level).because(f"{PLAIN}; exact at any number of pairs")


def paired_scores(
    design: SampleDesign, first: ArrayLike, second: ArrayLike, measurement: str, level: float = 0.95
) -> SignificanceTest:
    """Test whether two scores of the same respondents differ, by the test that design and measurement call for.

    `first` and `second` (n,) are NaN outside the base; `measurement` is 'ordinal' (signed ranks) or 'interval'
    (Student's t of the difference). The effect is the rank-biserial correlation, or the difference first − second.
    Raises ValueError for another measurement level.
    """
    if measurement not in ("ordinal", "interval"):
        raise ValueError(f"measurement is {measurement!r}; it must be 'ordinal' or 'interval'")
    pairs, reason = _pairs(design, first, second), f"the scores are {measurement}"
    if not design.is_simple:
        test = design_signed_rank if measurement == "ordinal" else design_paired_t
        return test(design, first, second, level).because(f"{by_design(design)}; {reason}")
    difference = pairs.difference[pairs.base]
    found = signed_rank(difference, level) if measurement == "ordinal" else paired_t(difference, level)
    return found.because(f"{PLAIN}; {reason}")


def paired_categories(
    design: SampleDesign, first: ArrayLike, second: ArrayLike, n_categories: int, level: float = 0.95
) -> SignificanceTest:
    """Test whether two answers of the same respondents are distributed alike (marginal homogeneity).

    `first` and `second` (n,) are codes from 0 to n_categories − 1, −1 outside the base. A simple design takes
    Stuart–Maxwell's χ², any other the Wald F of the differences of the margins.
    """
    if design.is_simple:
        return stuart_maxwell(square_table(design, first, second, n_categories), level).because(PLAIN)
    return design_stuart_maxwell(design, first, second, n_categories, level).because(by_design(design))


def proportion_difference(design: SampleDesign, first: ArrayLike, second: ArrayLike, level: float = 0.95) -> Effect:
    """Return the difference first − second of two proportions of the same respondents with its interval.

    Arguments as in `paired_proportions`. A simple design takes Newcombe's interval, any other Student's. Raises
    ValueError when nobody has both answers.
    """
    pairs = _pairs(design, first, second)
    if not pairs.n:
        raise ValueError("nobody has both answers")
    if not design.is_simple:
        return mean_difference(design, first, second, level)
    found = paired_difference(*_fourfold(pairs), level)
    return Effect("difference", float(found.estimate), float(found.low), float(found.high))


def mean_difference(design: SampleDesign, first: ArrayLike, second: ArrayLike, level: float = 0.95) -> Effect:
    """Return the mean difference first − second of two scores of the same respondents with Student's interval.

    Where the design leaves nothing to chance, as in a census, the interval is the difference itself; there is none
    where all respondents differ alike. Raises ValueError when nobody has both scores.
    """
    pairs = _pairs(design, first, second)
    if not pairs.n:
        raise ValueError("nobody has both answers")
    design, difference, base = _among(design, pairs)
    found = means(design, difference, base)
    estimate, std_error = float(found.estimate[0]), float(found.std_error[0])
    if not std_error > 0:
        fixed = std_error == 0 and (design.is_taken_whole or np.ptp(difference[base]) > 0)
        return Effect("difference", estimate, *((estimate, estimate) if fixed else (None, None)))
    return student_effect("difference", estimate, std_error, found.df, level)


# ---- two proportions


def mcnemar(
    both: int, only_first: int, only_second: int, neither: int, level: float = 0.95, mid_p: bool = False
) -> SignificanceTest:
    """Test the four counts of paired yes–no answers by McNemar's exact test (or its mid-p), with the difference.

    Not estimable where nobody's two answers differ. Verified against R exact2x2::mcnemar.exact.
    """
    test, n = ("mcnemar_midp" if mid_p else "mcnemar_exact"), both + only_first + only_second + neither
    if only_first + only_second == 0:
        return not_estimable(test, n, ALIKE)
    p = (mcnemar_midp if mid_p else mcnemar_exact)(only_first, only_second)
    found = paired_difference(both, only_first, only_second, neither, level)
    effect = Effect("difference", float(found.estimate), float(found.low), float(found.high))
    return SignificanceTest(test, n, p_value=float(p), effect=effect)


def mcnemar_exact(only_first: ArrayLike, only_second: ArrayLike) -> FloatArray:
    """Return the two-sided exact McNemar p-value for the two counts of discordant pairs; arrays broadcast.

    Twice the smaller tail of the binomial(b + c, ½), at most 1; 1 without discordant pairs. Verified against
    R exact2x2::mcnemar.exact.
    """
    b, c = np.broadcast_arrays(np.asarray(only_first, float), np.asarray(only_second, float))
    return np.clip(2 * bdtr(np.minimum(b, c), (b + c).astype(int), 0.5), SMALLEST_P, 1.0)


def mcnemar_midp(only_first: ArrayLike, only_second: ArrayLike) -> FloatArray:
    """Return McNemar's mid-p: the exact p-value less the probability of the observed counts; arrays broadcast.

    Less conservative than the exact test (Fagerland, Lydersen & Laake 2013). Verified against
    statsmodels' and scipy's binomial distribution.
    """
    b, c = np.broadcast_arrays(np.asarray(only_first, float), np.asarray(only_second, float))
    n, k = b + c, np.minimum(b, c)
    observed = np.exp(gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1) - n * np.log(2))
    return np.clip(2 * bdtr(k, n.astype(int), 0.5) - observed, SMALLEST_P, 1.0)


def paired_difference(
    both: ArrayLike, only_first: ArrayLike, only_second: ArrayLike, neither: ArrayLike, level: float = 0.95
) -> PairedDifference:
    """Return the difference first − second of two proportions of the same respondents, from their counts.

    Newcombe's (1998) method 10: the Wilson bounds of the two proportions, joined with their
    continuity-corrected correlation φ. Arrays broadcast; NaN where there are no respondents. Verified against
    the tables of Bentur (2009) and Cavo (2012) in Fagerland, Lydersen & Laake (2017), ch. 8.
    """
    a, b, c, d = np.broadcast_arrays(*(np.asarray(count, float) for count in (both, only_first, only_second, neither)))
    n = a + b + c + d
    with np.errstate(invalid="ignore", divide="ignore"):
        first, second, difference = (a + b) / n, (a + c) / n, (b - c) / n
        (low1, high1), (low2, high2) = wilson(first, n, level), wilson(second, n, level)
        product = a * d - b * c
        corrected = np.where(product > 0, np.maximum(product - n / 2, 0.0), product)
        margins = np.sqrt((a + b) * (c + d) * (a + c) * (b + d))
        phi = np.where(margins > 0, corrected / margins, 0.0)
    below = _joined_distance(first - low1, high2 - second, phi)
    above = _joined_distance(high1 - first, second - low2, phi)
    return PairedDifference(difference, difference - below, difference + above)


def _joined_distance(one: FloatArray, other: FloatArray, phi: FloatArray) -> FloatArray:
    """Return how far a bound of a difference lies from it, from how far those of its two sides do."""
    return np.sqrt(np.maximum(one**2 - 2 * phi * one * other + other**2, 0.0))


# ---- two scores


def paired_t(difference: ArrayLike, level: float = 0.95) -> SignificanceTest:
    """Test whether the mean of differences (n,) is 0 by Student's paired t test; the effect is their mean.

    Not estimable with fewer than 2 differences, or where all are equal. Verified against scipy.stats.ttest_rel.
    """
    difference = np.asarray(difference, float)
    if difference.size < 2:
        return not_estimable("paired_t", difference.size, "fewer than 2 respondents gave both answers")
    design, zero = SampleDesign.simple(difference.size), np.zeros(difference.size)
    return _student("paired_t", design, _pairs(design, difference, zero), level)


def design_paired_t(design: SampleDesign, first: ArrayLike, second: ArrayLike, level: float = 0.95) -> SignificanceTest:
    """Test whether two proportions or mean scores of the same respondents differ by Student's t under the design.

    Arguments as in `paired_scores`; the effect is the difference first − second with Student's interval. As R
    survey::svyttest(I(first - second) ~ 0).
    """
    return _student("design_paired_t", design, _pairs(design, first, second), level)


def _student(test: str, design: SampleDesign, pairs: _Pairs, level: float) -> SignificanceTest:
    if pairs.n < 2:
        return not_estimable(test, pairs.n, "fewer than 2 respondents gave both answers")
    differences = pairs.difference[pairs.base]
    if np.ptp(differences) == 0:
        return not_estimable(test, pairs.n, "all respondents differ by the same amount" if differences[0] else ALIKE)
    found = means(design, pairs.difference, pairs.base)
    estimate, std_error = float(found.estimate[0]), float(found.std_error[0])
    effect = student_effect("difference", estimate, std_error, found.df, level)
    return student_test(test, pairs.n, estimate, std_error, found.df, effect)


def signed_rank(difference: ArrayLike, level: float = 0.95) -> SignificanceTest:
    """Test whether differences (n,) are symmetric about 0 by Wilcoxon's signed ranks (1945).

    Differences of 0 are left out, ties share their mean rank. With up to 50 differences the p-value is exact
    given the ranks, otherwise that of the normal approximation without continuity correction. The statistic is
    V, the sum of the positive ranks; the effect the matched-pairs rank-biserial correlation (Kerby 2014).
    Verified against scipy.stats.wilcoxon and by enumeration.
    """
    difference = np.asarray(difference, float)
    moved = difference[difference != 0]
    if not moved.size:
        return not_estimable("wilcoxon_signed_rank", difference.size, ALIKE)
    ranks = midranks(np.abs(moved))
    v, expected = float(ranks[moved > 0].sum()), float(ranks.sum()) / 2
    if moved.size <= MOST_EXACT:
        p = _exact_signed_rank(ranks, v)
    else:
        p = 2 * ndtr(-abs(v - expected) / np.sqrt(np.sum(ranks**2) / 4))
    _, influence = _signed_rank_correlation(np.ones(moved.size), moved)
    variance = float(covariance_of_totals(SampleDesign.simple(moved.size), influence[:, None])[0, 0])
    effect = concordance_effect("rank_biserial", v / expected - 1, variance, moved.size, level)
    found = SignificanceTest("wilcoxon_signed_rank", difference.size, v, p_value=probability(p), effect=effect)
    return found.noting(_unmoved(difference.size, moved.size))


def _exact_signed_rank(ranks: FloatArray, v: float) -> float:
    """Return the probability that the sum of the ranks with random signs is as far from its mean as `v`."""
    doubled = np.rint(2 * ranks).astype(int)  # whole numbers, as mean ranks may end in a half
    distribution = np.zeros(doubled.sum() + 1)
    distribution[0] = 1.0
    for rank in doubled:
        distribution[rank:] = (distribution[rank:] + distribution[: distribution.size - rank]) / 2
        distribution[:rank] /= 2
    distance = np.abs(np.arange(distribution.size) - doubled.sum() / 2)
    return float(distribution[distance >= abs(2 * v - doubled.sum() / 2)].sum())


def design_signed_rank(
    design: SampleDesign, first: ArrayLike, second: ArrayLike, level: float = 0.95
) -> SignificanceTest:
    """Test signed ranks under the design: Student's t of the mean of sign × weighted rank of |first − second|.

    The ranks are taken as fixed, as Lumley & Scott (2013) do for two groups: under symmetry estimating them
    adds nothing. Differences of 0 are left out. For equal weights it tends to Wilcoxon's test.
    """
    pairs = _pairs(design, first, second)
    moved = pairs.base & (np.nan_to_num(pairs.difference) != 0)
    count = int(moved.sum())
    if not count:
        return not_estimable("design_signed_rank_t", pairs.n, ALIKE)
    weights, difference = design.weights[moved], pairs.difference[moved]
    signed, inside = np.zeros(design.n), np.zeros(design.n)
    signed[moved] = np.sign(difference) * midranks(np.abs(difference), weights) / weights.sum()
    found = means(design, signed, moved)
    correlation, influence = _signed_rank_correlation(weights, difference)
    inside[moved] = influence
    variance = float(covariance_of_totals(design, inside[:, None])[0, 0])
    effect = concordance_effect("rank_biserial", correlation, variance, _kish_n(weights), level)
    test = student_test(
        "design_signed_rank_t", pairs.n, float(found.estimate[0]), float(found.std_error[0]), found.df, effect
    )
    return test.noting(_unmoved(pairs.n, count))


def _signed_rank_correlation(weights: FloatArray, difference: FloatArray) -> tuple[float, FloatArray]:
    """Return the weighted rank-biserial correlation of differences other than 0, and its derivatives by the weights."""
    sign, size = np.sign(difference), np.abs(difference)
    total, ranks = weights.sum(), midranks(size, weights)
    larger = weights @ sign - midranks(size, weights * sign)  # signs of the larger differences, and half the equal ones
    correlation = float(weights @ (sign * ranks)) / (total**2 / 2)
    return correlation, (sign * ranks + larger - correlation * total) / (total**2 / 2)


# ---- two answers among several categories


def square_table(design: SampleDesign, first: ArrayLike, second: ArrayLike, n_categories: int) -> FloatArray:
    """Return the (k, k) weights of respondents by first and second answer; codes as in `paired_categories`."""
    first, second = np.asarray(first), np.asarray(second)
    if not first.shape == second.shape == (design.n,):
        raise ValueError(f"first {first.shape} and second {second.shape} need one code a respondent")
    if max(first.max(), second.max()) >= n_categories:
        raise ValueError("a code is not below the number of categories")
    base = (first >= 0) & (second >= 0)
    weights = design.weights[base]
    table = np.bincount((first * n_categories + second)[base], weights, n_categories**2)
    scaled: FloatArray = table.reshape(n_categories, n_categories) * (weights.size / max(weights.sum(), 1e-300))
    return scaled


def bowker(table: ArrayLike, level: float = 0.95) -> SignificanceTest:
    """Test a square table of counts (k, k) for symmetry by Bowker's χ² (1948).

    Pairs of categories between which nobody moved carry no information: they are not counted in the degrees
    of freedom. The effect is Cohen's w = √(χ²/n). Not estimable where nobody's two answers differ. Verified
    against R mcnemar.test and statsmodels' SquareTable(shift_zeros=False).
    """
    table = np.asarray(table, float)
    there, back = table[np.triu_indices(len(table), 1)], table.T[np.triu_indices(len(table), 1)]
    moved = there + back > 0
    n, df = round(table.sum()), int(moved.sum())
    if not df:
        return not_estimable("bowker", n, ALIKE)
    x2 = float(np.sum((there - back)[moved] ** 2 / (there + back)[moved]))
    effect = chi2_effect("cohens_w", x2, df, n, level)
    return SignificanceTest("bowker", n, x2, float(df), None, probability(chdtrc(df, x2)), effect)


def stuart_maxwell(table: ArrayLike, level: float = 0.95) -> SignificanceTest:
    """Test whether the two margins of a square table of counts (k, k) are alike: Stuart (1955), Maxwell (1970).

    χ² = d′V⁻¹d with d the differences of the margins and V their covariance if they were alike; the degrees of
    freedom are the rank of V, so categories that nobody left or entered do not count. The effect is Cohen's w =
    √(χ²/n). Verified against R coin::mh_test and statsmodels' SquareTable.homogeneity().
    """
    table = np.asarray(table, float)
    n = round(table.sum())
    difference, covariance = _margins(table)
    if not covariance.any():
        return not_estimable("stuart_maxwell", n, ALIKE)
    scale, axes = np.linalg.eigh(covariance)
    used = scale > 1e-9 * scale.max()
    x2, df = float(np.sum((axes.T @ difference)[used] ** 2 / scale[used])), int(used.sum())
    effect = chi2_effect("cohens_w", x2, df, n, level)
    return SignificanceTest("stuart_maxwell", n, x2, float(df), None, probability(chdtrc(df, x2)), effect)


def design_stuart_maxwell(
    design: SampleDesign, first: ArrayLike, second: ArrayLike, n_categories: int, level: float = 0.95
) -> SignificanceTest:
    """Test under the design whether two answers are distributed alike: the Wald F of the differences of the margins.

    Arguments as in `paired_categories`. Categories that nobody left or entered are left out. The effect is Cohen's
    w of the weighted table, its interval that of χ² and n divided by the mean design effect of the differences.
    """
    table = square_table(design, first, second, n_categories)
    n, changes = round(table.sum()), table - np.diag(np.diagonal(table))
    used = np.flatnonzero(changes.any(axis=0) | changes.any(axis=1))[1:]
    if not used.size:
        return not_estimable("design_stuart_maxwell_F", n, ALIKE)
    first, second = np.asarray(first), np.asarray(second)
    base = (first >= 0) & (second >= 0)
    indicators = (first[:, None] == used).astype(float) - (second[:, None] == used)
    found = means(design, indicators, base)
    test = wald_test("design_stuart_maxwell_F", n, found.estimate, found.covariance, found.df)
    if not test.is_estimable:
        return test
    difference, covariance = _margins(table)
    alike = covariance[np.ix_(used, used)] / n**2
    x2 = float(difference[used] @ np.linalg.solve(alike * n**2, difference[used]))
    mean_deff = float(np.trace(np.linalg.solve(alike, found.covariance))) / used.size
    return test.with_effect(chi2_effect("cohens_w", x2, used.size, n, level, mean_deff))


def _margins(table: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return (k,) differences of row and column totals, and their (k, k) covariance if the margins were alike."""
    changes = table - np.diag(np.diagonal(table))
    either = changes + changes.T
    return changes.sum(axis=1) - changes.sum(axis=0), np.diag(either.sum(axis=1)) - either


# ---- who gave both answers


def _pairs(design: SampleDesign, first: ArrayLike, second: ArrayLike) -> _Pairs:
    first, second = np.asarray(first, float), np.asarray(second, float)
    if not first.shape == second.shape == (design.n,):
        raise ValueError(f"first {first.shape} and second {second.shape} need one value a respondent")
    return _Pairs(first, second, ~(np.isnan(first) | np.isnan(second)))


def _fourfold(pairs: _Pairs) -> tuple[int, int, int, int]:
    """Return how many said yes to both, only to the first, only to the second, to neither."""
    first, second = pairs.first[pairs.base], pairs.second[pairs.base]
    if not (np.isin(first, (0, 1)).all() and np.isin(second, (0, 1)).all()):
        raise ValueError("a proportion needs values of 0 and 1, or NaN outside the base")
    cells = np.bincount((2 * first + second).astype(int), minlength=4)
    return int(cells[3]), int(cells[2]), int(cells[1]), int(cells[0])


def _among(design: SampleDesign, pairs: _Pairs) -> tuple[SampleDesign, FloatArray, BoolArray]:
    """Return design, differences and base; a simple design is cut to the base, as classical tests are."""
    if not design.is_simple:
        return design, pairs.difference, pairs.base
    return SampleDesign.simple(pairs.n), pairs.difference[pairs.base], np.full(pairs.n, True)


def _kish_n(weights: FloatArray) -> float:
    return float(weights.sum() ** 2 / np.sum(weights**2))


def _unmoved(n: int, moved: int) -> str:
    return f"{n - moved} of {n} pairs do not differ and do not count" if moved < n else ""
