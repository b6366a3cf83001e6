"""Columns of a cross table compared: the t of the difference of each pair of shares, columns that overlap included."""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike

from b2bsurvey.statistics.intervals import student
from b2bsurvey.statistics.linearisation import Means, SampleDesign, means
from b2bsurvey.statistics.significance import (
    PLAIN,
    Effect,
    SignificanceTest,
    by_design,
    not_estimable,
    student_test,
)

TEST = "design_share_t"
LEAST_RESPONDENTS = 30  # of a column that is compared with another
LEAST_EXPECTED = 5  # with the answer, and without it, at the share of both columns together


@dataclass(frozen=True)
class ColumnPair:
    """The test of two columns, by their places; its statistic and effect are of `first` minus `second`."""

    first: int
    second: int
    result: SignificanceTest


def column_pairs(design: SampleDesign, given: ArrayLike, columns: ArrayLike, level: float = 0.95) -> list[ColumnPair]:
    """Test each pair of columns for a difference of their shares: t = (p₁ − p₂)/√(v₁ + v₂ − 2c), not yet adjusted.

    `given` (n,) 1 or 0, may be NaN outside all columns; `columns` (n, k) bool: who is in each; they may overlap, as
    those of a tick-all question do, and share clusters. Variances and covariance are linearised in the one design of
    all respondents (Binder 1983), with its degrees of freedom; nothing is pooled. A share of exactly 0 or 1 has no
    variance of its own and takes that of the share of both columns together, over its effective base.
    Not compared are columns of fewer than 30 respondents, and those where fewer than 5 effective respondents would be
    expected with the answer or without it. A column without respondents is in no pair.

    The effect is the difference of the shares (−1 to 1) with Student's interval. What R's svyby(covmat=TRUE) and
    svycontrast give; verified against the sum of squared linearised scores written out, with weights, strata, clusters
    and columns that overlap, and the z of two proportions.
    """
    columns = np.asarray(columns, dtype=bool)
    used = np.flatnonzero(columns.any(axis=0))
    if used.size < 2:
        return []
    found = means(design, np.where(columns.any(axis=1), given, 0.0), columns[:, used])
    reason = PLAIN if design.is_simple else by_design(design)
    pairs = []
    for i, j in combinations(range(used.size), 2):
        n = int((columns[:, used[i]] | columns[:, used[j]]).sum())
        result = _compared(design, found, i, j, n, level)
        pairs.append(ColumnPair(int(used[i]), int(used[j]), result.because(reason)))
    return pairs


def _compared(design: SampleDesign, found: Means, i: int, j: int, n: int, level: float) -> SignificanceTest:
    both = [i, j]
    if found.n[both].min() < LEAST_RESPONDENTS:
        return not_estimable(TEST, n, f"a column has fewer than {LEAST_RESPONDENTS} respondents")
    share = float(found.n_weighted[both] @ found.estimate[both] / found.n_weighted[both].sum())
    if min(share, 1 - share) * found.n_effective[both].min() < LEAST_EXPECTED:
        return not_estimable(TEST, n, f"fewer than {LEAST_EXPECTED} would be expected in a column with or without it")
    variance = found.variance[both]
    if not design.is_taken_whole:
        alone = (found.estimate[both] == 0) | (found.estimate[both] == 1)
        variance = np.where(alone, share * (1 - share) / found.n_effective[both], variance)
    covariance = found.covariance[i, j]
    squared = variance.sum() - 2 * covariance
    # columns of the same respondents differ by rounding at most
    error = float(np.sqrt(squared)) if squared > 1e-12 * variance.sum() else 0.0
    difference = float(found.estimate[i] - found.estimate[j])
    test = student_test(TEST, n, difference, error, found.df)
    if not test.is_estimable:
        return test
    low, high = student(difference, error, found.df, level)
    return test.with_effect(Effect("difference", difference, float(low), float(high)))
