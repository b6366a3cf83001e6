"""A mean beside a claimed value from elsewhere."""

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


def claimed_mean(design: SampleDesign, values: ArrayLike, claimed: float, level: float = 0.95) -> SignificanceTest:
    """Test whether the mean of `values` (n,), NaN outside the base, is the claimed one, by Student's t.

    The effect is mean − claimed with Student's interval, in the unit of the values. A simple design takes the t of
    one sample, any other the linearised standard error and the design's degrees of freedom. Verified against
    scipy.stats.ttest_1samp; with equal clusters, that of their means.
    """
    values = np.asarray(values, float)
    base = ~np.isnan(values)
    n, test = int(base.sum()), "one_sample_t" if design.is_simple else "design_one_sample_t"
    if n < 2 or not np.ptp(values[base]) > 0:
        return not_estimable(test, n, "nothing varies, so there is no standard error")
    # in a simple design only those in the base: t is then exactly that of one sample
    found = means(SampleDesign.simple(n), values[base]) if design.is_simple else means(design, values, base)
    difference, error = float(found.estimate[0]) - claimed, float(found.std_error[0])
    effect = student_effect("mean_difference", difference, error, found.df, level) if found.df > 0 else None
    reason = PLAIN if design.is_simple else by_design(design)
    return student_test(test, n, difference, error, found.df, effect).because(reason)
