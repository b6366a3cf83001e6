"""Groups of respondents compared: the test that design and measurement level call for, and its post hoc."""

import numpy as np
from numpy.typing import ArrayLike

from b2bsurvey.statistics.contingency import independence
from b2bsurvey.statistics.group_means import (
    PairTest,
    design_group_means,
    design_mean_pairs,
    groups_of,
    welch_anova,
    welch_pairs,
    welch_t,
)
from b2bsurvey.statistics.linearisation import SampleDesign
from b2bsurvey.statistics.rank_tests import design_rank_pairs, design_rank_test, dunn, kruskal_wallis, mann_whitney
from b2bsurvey.statistics.significance import PLAIN, SignificanceTest, by_design

MEASUREMENTS = ("nominal", "ordinal", "interval")


def compare_groups(
    design: SampleDesign,
    scores: ArrayLike,
    groups: ArrayLike,
    measurement: str,
    seed: int = 0,
    level: float = 0.95,
) -> SignificanceTest:
    """Test whether groups differ, by the test that design and measurement level call for.

    `scores` (n,) NaN and `groups` (n,), codes ≥ 0, −1 outside the base. By `measurement`: 'nominal' (scores are
    codes; as `contingency.independence` with `seed`), 'ordinal' (Mann–Whitney or Kruskal–Wallis; design-based as R
    svyranktest) or 'interval' (Welch's t or F; design-based t or Wald F). Raises ValueError for another.
    """
    _check(measurement)
    if measurement == "nominal":
        codes, groups = _codes(scores), np.asarray(groups)
        return independence(design, codes, groups, _count(codes), _count(groups), seed, level)
    two = groups_of(scores, groups).codes.size == 2
    reason = f"the scores are {measurement}"
    if not design.is_simple:
        weighted = design_rank_test if measurement == "ordinal" else design_group_means
        return weighted(design, scores, groups, level).because(f"{by_design(design)}; {reason}")
    if measurement == "ordinal":
        classical = mann_whitney if two else kruskal_wallis
    else:
        classical = welch_t if two else welch_anova
    return classical(scores, groups, level).because(f"{PLAIN}; {reason}")


def compare_pairs(
    design: SampleDesign,
    scores: ArrayLike,
    groups: ArrayLike,
    measurement: str,
    seed: int = 0,
    level: float = 0.95,
) -> list[PairTest]:
    """Test each pair of groups, as a post hoc of `compare_groups`; the p-values are not yet adjusted.

    Arguments as in `compare_groups`. Nominal answers pair by pair as there; ordinal ones by Dunn's z, interval ones
    by Welch's t, or the design-based t of either. Empty where nothing can be tested.
    """
    _check(measurement)
    if measurement == "nominal":
        return _nominal_pairs(design, scores, groups, seed, level)
    reason = f"the scores are {measurement}"
    if design.is_simple:
        classical = dunn if measurement == "ordinal" else welch_pairs
        pairs, reason = classical(scores, groups, level), f"{PLAIN}; {reason}"
    else:
        weighted = design_rank_pairs if measurement == "ordinal" else design_mean_pairs
        pairs, reason = weighted(design, scores, groups, level), f"{by_design(design)}; {reason}"
    return [PairTest(pair.first, pair.second, pair.result.because(reason)) for pair in pairs]


def _nominal_pairs(
    design: SampleDesign, scores: ArrayLike, groups: ArrayLike, seed: int, level: float
) -> list[PairTest]:
    found, codes = groups_of(scores, groups), _codes(scores)
    pairs = []
    for i, j in found.pairs:
        place = found.only(i, j).place
        result = independence(design, codes, place, _count(codes), 2, seed, level)
        pairs.append(PairTest(int(found.codes[i]), int(found.codes[j]), result))
    return pairs


def _codes(scores: ArrayLike) -> np.ndarray:
    return np.nan_to_num(np.asarray(scores, float), nan=-1).astype(int)


def _count(codes: np.ndarray) -> int:
    """Return how many codes there are, at least 1: a table needs one row even where nobody is in the base."""
    return max(int(codes.max()) + 1, 1)


def _check(measurement: str) -> None:
    if measurement not in MEASUREMENTS:
        raise ValueError(f"measurement is {measurement!r}; it must be one of {', '.join(MEASUREMENTS)}")
