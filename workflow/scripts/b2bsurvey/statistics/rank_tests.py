"""Ranks of groups: Mann–Whitney, Kruskal–Wallis and Dunn, classical and under a design, and Somers' d."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc, ndtr

from b2bsurvey.statistics.group_means import (
    Groups,
    PairTest,
    design_pair_tests,
    design_test,
    groups_of,
    too_few,
)
from b2bsurvey.statistics.linearisation import SampleDesign, covariance_of_totals
from b2bsurvey.statistics.ranks import midranks
from b2bsurvey.statistics.significance import (
    Effect,
    SignificanceTest,
    concordance_effect,
    not_estimable,
    probability,
    share_effect,
)

FloatArray = NDArray[np.float64]

MOST_EXACT = 50  # respondents up to which the Mann–Whitney test enumerates the ranks of the first group
TIED = "all respondents have the same score"


def mann_whitney(scores: ArrayLike, groups: ArrayLike, level: float = 0.95) -> SignificanceTest:
    """Test whether scores of one of two groups tend to be higher by Mann & Whitney's U (1947).

    `scores` (n,) NaN and `groups` (n,) −1 outside the base. The statistic is U of the first group. With up to 50
    respondents the p-value is exact given the ranks (ties included), otherwise that of the normal approximation
    corrected for ties, without continuity correction. The effect is the rank-biserial correlation, above 0 where
    the first group scores higher. Raises ValueError for more than two groups. Verified against R wilcox.test,
    coin::wilcox_test, effectsize::rank_biserial, scipy.stats.mannwhitneyu and by enumeration.
    """
    found = groups_of(scores, groups)
    why = too_few(found) or _tied(scores, found)
    if why:
        return not_estimable("mann_whitney", found.n, why)
    if found.codes.size > 2:
        raise ValueError(f"Mann–Whitney's test compares two groups, found {found.codes.size}")
    ranks, (n1, n2) = midranks(np.asarray(scores, float)[found.base]), found.sizes
    total = float(ranks[found.place[found.base] == 0].sum())
    if found.n <= MOST_EXACT:
        p = subset_sum_probability(2 * ranks, int(n1), 2 * total)
    else:
        z = (total - n1 * (found.n + 1) / 2) / np.sqrt(n1 * n2 * np.var(ranks, ddof=1) / found.n)
        p = float(2 * ndtr(-abs(z)))
    effect = rank_biserial(SampleDesign.simple(found.base.size), scores, found, level)
    u = total - n1 * (n1 + 1) / 2
    return SignificanceTest("mann_whitney", found.n, float(u), p_value=probability(p), effect=effect)


def kruskal_wallis(scores: ArrayLike, groups: ArrayLike, level: float = 0.95) -> SignificanceTest:
    """Test whether scores of several groups differ in rank by Kruskal & Wallis's H (1952), corrected for ties.

    Arguments as in `mann_whitney`. The effect is ε² = H/(n − 1), 0–1. Verified against R kruskal.test and
    effectsize::rank_epsilon_squared.
    """
    found = groups_of(scores, groups)
    why = too_few(found) or _tied(scores, found)
    if why:
        return not_estimable("kruskal_wallis", found.n, why)
    ranks, place = midranks(np.asarray(scores, float)[found.base]), found.place[found.base]
    means = np.bincount(place, ranks) / found.sizes
    h = float(found.sizes @ (means - ranks.mean()) ** 2 / np.var(ranks, ddof=1))
    df = found.codes.size - 1
    effect = epsilon_squared(SampleDesign.simple(found.base.size), scores, found, level)
    test = SignificanceTest("kruskal_wallis", found.n, h, float(df), None, probability(chdtrc(df, h)), effect)
    smallest = int(found.sizes.min())
    note = f"the p-value is rough: the smallest group has only {smallest} respondents"
    return test.noting(note if smallest < 5 else "")


def dunn(scores: ArrayLike, groups: ArrayLike, level: float = 0.95) -> list[PairTest]:
    """Test each pair of groups by Dunn's z (1964) on the ranks of all, as a post hoc of `kruskal_wallis`.

    p-values are two-sided and not yet adjusted; z and the rank-biserial correlation are those of first − second.
    Empty where nothing can be tested. Verified against R dunn.test(altp=TRUE) and rstatix::dunn_test.
    """
    found = groups_of(scores, groups)
    if too_few(found) or _tied(scores, found):
        return []
    ranks, place = midranks(np.asarray(scores, float)[found.base]), found.place[found.base]
    means, variance = np.bincount(place, ranks) / found.sizes, np.var(ranks, ddof=1)
    design, tests = SampleDesign.simple(found.base.size), []
    for i, j in found.pairs:
        z = float((means[i] - means[j]) / np.sqrt(variance * (1 / found.sizes[i] + 1 / found.sizes[j])))
        pair = found.only(i, j)
        effect = rank_biserial(design, scores, pair, level)
        result = SignificanceTest("dunn", pair.n, z, p_value=probability(2 * ndtr(-abs(z))), effect=effect)
        tests.append(PairTest(int(found.codes[i]), int(found.codes[j]), result))
    return tests


def design_rank_test(
    design: SampleDesign, scores: ArrayLike, groups: ArrayLike, level: float = 0.95
) -> SignificanceTest:
    """Test under the design whether scores of groups differ in rank (Lumley & Scott 2013): t for two, F for more.

    Arguments as in `mann_whitney`. The rank scores are weighted mid-ranks over the total weight. The effect is the
    weighted rank-biserial correlation, or the weighted ε². As R survey::svyranktest (t of first − second), verified
    at 1e-9. Where respondents with unequal weights tie, R lets the order of the rows decide; ours is the mean
    over all orders.
    """
    found = groups_of(scores, groups)
    tests = ("design_rank_t", "design_rank_F")
    why = _tied(scores, found) if not too_few(found) else ""
    if why:
        return not_estimable(tests[found.codes.size > 2], found.n, why)
    values = rank_scores(design, scores, found)
    effect = None
    if not too_few(found):
        two = found.codes.size == 2
        effect = (rank_biserial if two else epsilon_squared)(design, scores, found, level)
    return design_test(tests, design, values, found, effect)


def design_rank_pairs(
    design: SampleDesign, scores: ArrayLike, groups: ArrayLike, level: float = 0.95
) -> list[PairTest]:
    """Test each pair of groups by the t of their weighted mean rank scores, as a post hoc of `design_rank_test`.

    The ranks are those among all groups, as in `dunn`; p-values are not yet adjusted.
    """
    found = groups_of(scores, groups)
    if too_few(found) or _tied(scores, found):
        return []
    effects: list[Effect | None] = [rank_biserial(design, scores, found.only(i, j), level) for i, j in found.pairs]
    return design_pair_tests("design_rank_t", design, rank_scores(design, scores, found), found, effects)


def rank_scores(design: SampleDesign, scores: ArrayLike, groups: Groups) -> FloatArray:
    """Return the weighted mid-rank of each score (n,) over the total weight, 0–1, NaN outside the groups."""
    values, weights = np.full(design.n, np.nan), design.weights[groups.base]
    values[groups.base] = midranks(np.asarray(scores, float)[groups.base], weights) / weights.sum()
    return values


def rank_biserial(design: SampleDesign, scores: ArrayLike, groups: Groups, level: float = 0.95) -> Effect:
    """Return the rank-biserial correlation of two groups with its interval (Cureton 1956).

    The weighted probability that one of the first group scores higher than one of the second, less that of the
    opposite. The interval as in `concordance_effect`, the variance under the design from the linearisation.
    """
    d, variance = somers_d(design, scores, groups.place)
    return concordance_effect("rank_biserial", -d, variance, _smallest_base(design, groups), level)


def epsilon_squared(design: SampleDesign, scores: ArrayLike, groups: Groups, level: float = 0.95) -> Effect:
    """Return ε², the share of the weighted variation of the ranks that lies between groups, with its interval.

    H/(n − 1) of Kruskal & Wallis for equal weights (Tomczak & Tomczak 2014). The interval as in `share_effect`; that
    the ranks are estimated counts in the linearised variance, which is verified against numerical derivatives.
    """
    y, weights, place = np.asarray(scores, float)[groups.base], design.weights[groups.base], groups.place[groups.base]
    ranks = midranks(y, weights) - weights.sum() / 2
    between = (np.bincount(place, weights * ranks) / np.bincount(place, weights))[place]
    total = float(weights @ ranks**2)
    share = float(weights @ between**2) / total
    # a respondent's weight counts in the own place and in the ranks of all who score higher
    of_between = 2 * between * ranks - between**2 + 2 * _of_higher(y, weights * between)
    of_total = ranks**2 + 2 * _of_higher(y, weights * ranks)
    influence = np.zeros(design.n)
    influence[groups.base] = (of_between - share * of_total) / total
    variance = float(covariance_of_totals(design, influence[:, None])[0, 0])
    return share_effect("epsilon_squared", share, variance, groups.codes.size - 1, groups.n - 1, level)


def _of_higher(scores: FloatArray, values: FloatArray) -> FloatArray:
    """Return for each score the sum of the values of higher scores and half of those of its equals."""
    return values.sum() - midranks(scores, values)


def somers_d(design: SampleDesign, scores: ArrayLike, groups: ArrayLike) -> tuple[float, float]:
    """Return Somers' d of the scores on the order of the groups (−1 to 1) and its variance under the design.

    Among pairs of respondents of different groups, each counted by the product of its weights, the share of those
    where the later group scores higher less that of those where it scores lower (Somers 1962). `groups` (n,) are
    ordered codes, −1 outside the base. Raises ValueError with fewer than two groups. Verified against
    scipy.stats.somersd and a numerical derivative.
    """
    found = groups_of(scores, groups)
    if found.codes.size < 2:
        raise ValueError("Somers' d needs two groups")
    _, level_of = np.unique(np.asarray(scores, float)[found.base], return_inverse=True)
    place, weights = found.place[found.base], design.weights[found.base]
    table = np.zeros((level_of.max() + 1, found.codes.size))
    np.add.at(table, (level_of, place), weights)
    # by score and group: weight of those with lower and with higher scores
    up_to = np.cumsum(table, axis=0)
    tendency = (up_to - table) - (up_to[-1] - up_to)  # lower less higher, within each group
    earlier = np.cumsum(tendency, axis=1) - tendency
    later = tendency.sum(axis=1, keepdims=True) - np.cumsum(tendency, axis=1)
    concordant = (earlier - later)[level_of, place]  # a respondent's concordant less discordant partners
    partners = weights.sum() - up_to[-1][place]
    pairs = float(weights @ partners)
    d = float(weights @ concordant) / pairs
    influence = np.zeros(design.n)
    influence[found.base] = 2 * (concordant - d * partners) / pairs
    return d, float(covariance_of_totals(design, influence[:, None])[0, 0])


def subset_sum_probability(values: ArrayLike, size: int, observed: float) -> float:
    """Return the probability that the sum of `size` values drawn at random is as far from its mean as `observed`.

    `values` (n,) are whole numbers. The exact p-value of a permutation test of two groups, by counting subsets.
    """
    whole = np.rint(np.asarray(values, float)).astype(int)
    shifted = np.sort(whole - whole.min())[::-1]
    ways = np.zeros((size + 1, int(shifted[:size].sum()) + 1))
    ways[0, 0] = 1.0
    for value in shifted:
        room = ways.shape[1] - value
        ways[1:, value:] += ways[:-1, :room].copy() if room > 0 else 0.0
    sums = np.arange(ways.shape[1]) + size * whole.min()
    distance = np.abs(sums - size * whole.mean())
    far = distance >= abs(observed - size * whole.mean()) - 1e-9
    return float(ways[size, far].sum() / ways[size].sum())


def _smallest_base(design: SampleDesign, groups: Groups) -> float:
    """Return the smallest group's effective number of respondents (Kish)."""
    weights, members = design.weights, groups.members
    return float(np.min((weights @ members) ** 2 / (weights**2 @ members)))


def _tied(scores: ArrayLike, groups: Groups) -> str:
    return TIED if np.ptp(np.asarray(scores, float)[groups.base]) == 0 else ""
