"""A mean beside a claimed value: against scipy, and against its definition in clusters."""

import numpy as np
import pytest
from scipy import stats

from b2bsurvey.statistics.claimed_mean import claimed_mean
from b2bsurvey.statistics.linearisation import SampleDesign


def test_equal_weights_give_the_t_test_of_one_sample():
    values = np.random.default_rng(1).normal(57, 12, 40)
    values[[3, 8]] = np.nan
    found = claimed_mean(SampleDesign.simple(40), values, 60)
    expected = stats.ttest_1samp(values[~np.isnan(values)], 60)
    assert found.test == "one_sample_t"
    assert found.n == 38
    assert found.df1 == expected.df
    assert found.statistic == pytest.approx(expected.statistic, rel=1e-12)
    assert found.p_value == pytest.approx(expected.pvalue, rel=1e-12)
    interval = expected.confidence_interval()
    assert (found.effect.low + 60, found.effect.high + 60) == pytest.approx(
        stats.t.interval(0.95, expected.df, np.nanmean(values), stats.sem(values, nan_policy="omit"))
    )
    assert (found.effect.low + 60, found.effect.high + 60) == pytest.approx(tuple(interval))


def test_equal_clusters_give_the_t_test_of_their_means():
    values = np.random.default_rng(2).normal(57, 12, (10, 4)) + np.arange(10)[:, None]
    design = SampleDesign(np.ones(40), clusters=np.repeat(np.arange(10), 4))
    found = claimed_mean(design, values.ravel(), 60)
    expected = stats.ttest_1samp(values.mean(axis=1), 60)
    assert (found.test, found.df1) == ("design_one_sample_t", 9)
    assert found.p_value == pytest.approx(expected.pvalue, rel=1e-12)


@pytest.mark.parametrize("values", [[50.0, 50.0], [50.0, np.nan], [np.nan, np.nan]])
def test_values_that_do_not_vary_are_not_tested(values):
    found = claimed_mean(SampleDesign.simple(2), values, 60)
    assert found.p_value is None
    assert "nothing varies" in found.note
