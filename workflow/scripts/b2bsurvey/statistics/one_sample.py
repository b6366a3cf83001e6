"""The mean of one sample against a value from elsewhere."""

import numpy as np
from numpy.typing import ArrayLike

from b2bsurvey.statistics.linearisation import SampleDesign, means
from b2bsurvey.statistics.significance import (
    PLAIN,
    SignificanceTest,
    by_design,
    not_estimable,
    student_effect,
    student_test,
)


def mean_against(design: SampleDesign, scores: ArrayLike, value: float, level: float = 0.95) -> SignificanceTest:
    """Test whether the mean of `scores` (n,), NaN outside the base, is `value` by Student's t under the design.

    The effect is mean − value in the unit of the scores, with Student's interval. For a simple design this is
    the one-sample t test of those in the base; for others R's svyttest(I(scores - value) ~ 0): the value is taken as
    exact, without a sampling error of its own. Not estimable with fewer than 2 scores, or where all are equal.
    Verified against scipy.stats.ttest_1samp, svy, and R survey::svymean.
    """
    scores = np.asarray(scores, float)
    test, reason = ("one_sample_t", PLAIN) if design.is_simple else ("design_one_sample_t", by_design(design))
    known = np.isfinite(scores)
    given, n = scores[known], int(known.sum())
    if n < 2:
        return not_estimable(test, n, "fewer than 2 respondents gave a number").because(reason)
    if np.ptp(given) == 0:
        return not_estimable(test, n, "nothing varies, so there is no standard error").because(reason)
    if design.is_simple:
        design, scores, known = SampleDesign.simple(n), given, np.ones(n, dtype=bool)
    found = means(design, scores, known)
    difference, error = float(found.estimate[0]) - value, float(found.std_error[0])
    effect = student_effect("mean_difference", difference, error, max(found.df, 1), level)
    return student_test(test, n, difference, error, found.df, effect).because(reason)
