"""What all significance tests share: the Wald F against R, effect sizes against scipy, and results without NaN."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import stats

import reference
from b2bsurvey.statistics.intervals import noncentrality, wilson
from b2bsurvey.statistics.linearisation import SampleDesign, covariance_of_totals
from b2bsurvey.statistics.significance import (
    SignificanceTest,
    by_design,
    chi2_effect,
    concordance_effect,
    not_estimable,
    probability,
    share_effect,
    student_test,
    wald_test,
)
from significance import EXACT, assert_refused, numbers


@pytest.mark.parametrize("name", reference.DESIGNS)
@pytest.mark.parametrize("statistic", ["Wald", "adjWald"])
def test_the_wald_f_equals_r(name, statistic):
    """R's Wald tests of independence: of the totals of (row − its share) × (column − its share)."""
    expected = reference.value("design", f"chisq.schwide_stype.{statistic}.{name}")
    data, design = reference.design(name)
    rows, columns = (pd.get_dummies(data[c]).to_numpy(float) for c in ("sch.wide", "stype"))
    rows, columns = (a - design.weights @ a / design.weights.sum() for a in (rows, columns))
    residuals = rows[:, 1:] * columns[:, 1:]
    found = wald_test(
        "wald",
        design.n,
        design.weights @ residuals,
        covariance_of_totals(design, residuals),
        design.df,
        hotelling=statistic == "adjWald",
    )
    assert_allclose(found.statistic, expected["statistic"]["values"][0][0], **EXACT)
    assert [found.df1, found.df2] == list(expected["parameter"].values())
    assert_allclose(found.p_value, expected["p_value"]["values"][0][0], **EXACT)


def test_a_wald_f_does_not_depend_on_how_the_differences_are_taken():
    rng = np.random.default_rng(1)
    d, v = rng.normal(size=3), np.cov(rng.normal(size=(3, 40)))
    turned = rng.normal(size=(3, 3))
    found, expected = wald_test("a", 40, turned @ d, turned @ v @ turned.T, 39), wald_test("a", 40, d, v, 39)
    assert numbers(found) == pytest.approx(numbers(expected))


@given(st.floats(0.01, 400), st.integers(1, 12), st.sampled_from([0.9, 0.95, 0.99]))
def test_bounds_of_the_noncentrality_put_the_statistic_at_the_tails(x2, df, level):
    low, high = noncentrality(x2, df, level)
    for bound, tail in ((low, (1 + level) / 2), (high, (1 - level) / 2)):
        if bound > 0:
            assert_allclose(stats.ncx2.cdf(x2, df, bound), tail, rtol=1e-6)
        else:
            assert stats.chi2.cdf(x2, df) <= tail
    assert low <= high


@given(st.floats(0, 1), st.floats(0.001, 5), st.integers(1, 6))
def test_effects_lie_in_their_intervals(share, deff, df):
    found = chi2_effect("v", 200 * share, df, 200, 0.95, deff)
    assert 0 <= found.low <= found.estimate <= found.high <= 1
    found = share_effect("w", share, 4 * share * deff / 200, df, 200, 0.95)
    assert 0 <= found.low <= found.estimate <= found.high <= 1
    found = concordance_effect("r", 2 * share - 1, deff / 100, 20, 0.95)
    assert -1 <= found.low <= found.estimate <= found.high <= 1


def test_a_lower_bound_is_above_zero_just_when_the_test_is_significant():
    for x2 in (5.0, 5.03, 5.1):
        assert (chi2_effect("v", x2, 1, 100, 0.95).low > 0) == (stats.chi2.sf(x2, 1) < 0.025)


def test_a_concordance_has_the_interval_of_its_probability():
    found = concordance_effect("r", 0.4, variance=4 * 0.7 * 0.3 / 50, n=9, level=0.9)
    low, high = wilson(0.7, 50, 0.9)
    assert_allclose([found.low, found.high], [2 * low - 1, 2 * high - 1], rtol=1e-12)
    found = concordance_effect("r", 1.0, variance=0.0, n=9, level=0.9)
    assert_allclose([found.low, found.high], [2 * wilson(1, 9, 0.9)[0] - 1, 1])


def test_p_values_are_above_zero_and_at_most_one():
    assert 0 < probability(0.0) < 1e-320
    assert probability(1 + 1e-16) == 1
    assert 0 < student_test("t", 9, 1e9, 1e-9, 500).p_value < 1e-300


def test_what_has_no_variance_or_degrees_of_freedom_is_refused():
    varies = "nothing varies, so there is no standard error"
    assert_refused(student_test("t", 9, 1.0, 0.0, 8), varies)
    assert_refused(student_test("t", 9, 1.0, float("nan"), 8), varies)
    assert_refused(student_test("t", 9, 1.0, 1.0, 0), "the design has no degrees of freedom")
    assert_refused(wald_test("F", 9, [1, 1], np.zeros((2, 2)), 8), varies)
    assert_refused(wald_test("F", 9, [1, 1], np.full((2, 2), np.nan), 8), varies)
    assert_refused(wald_test("F", 9, [1, 1], np.ones((2, 2)), 8), "the covariance of the differences is singular")
    assert_refused(wald_test("F", 9, [1, 1], 1e-30 * np.ones((2, 2)), 8), "singular")
    assert_refused(wald_test("F", 9, [1, 1], np.eye(2), 1), "2 differences are too many for the 1 degrees of freedom")
    assert_refused(wald_test("F", 9, [1, 1], np.eye(2), -2, hotelling=False), "for the 0 degrees of freedom")
    assert wald_test("F", 9, [1e-16, 1e9], np.diag([1e-30, 1e20]), 8).is_estimable  # units do not matter


def test_reasons_and_notes():
    found = SignificanceTest("x", 3, note="second").noting("first", "").because("why")
    assert (found.note, found.reason, found.is_estimable) == ("first; second", "why", False)
    assert not_estimable("x", np.int64(3), "empty").note == "not estimable: empty"
    ones, codes = np.ones(4), np.arange(4) % 2
    assert by_design(SampleDesign(ones, codes)) == "the design has strata, so the test is design-based"
    design = SampleDesign(np.arange(1.0, 5), clusters=np.arange(4), population=np.full(4, 9))
    assert by_design(design) == (
        "the design has unequal weights, clusters, a finite population, so the test is design-based"
    )
