import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

import reference
from b2bsurvey.statistics.intervals import arcsine, beta, logit, student, wilson, wilson_finite
from b2bsurvey.statistics.linearisation import means

EXACT = {"rtol": 1e-9, "atol": 1e-12}


def test_wilson_equals_r():
    cases = reference.value("tests", "binom_ci").values()
    k, n = np.array([[case["k"], case["n"]] for case in cases]).T
    assert_allclose(np.transpose(wilson(k / n, n, 0.95)), [case["wilson"] for case in cases], **EXACT)


def test_wilson_in_a_finite_population_equals_r():
    cases = reference.value("tests", "wilson_fpc")
    k, n, population = np.array([[float(part) for part in case.split("/")] for case in cases]).T
    found = wilson_finite(k / n, n, population, 0.95)
    assert_allclose(np.transpose(found), [case["wilson"] for case in cases.values()], **EXACT)


@pytest.mark.parametrize("method", ["logit", "xlogit"])
@pytest.mark.parametrize("name", reference.DESIGNS)
def test_logit_interval_of_a_design_equals_r(name, method):
    expected = reference.value("design", f"ciprop.schwide.{method}.{name}")
    data, design = reference.design(name)
    found = means(design, data["sch.wide"] == "Yes")
    low, high = logit(found.estimate, found.std_error, found.df, 0.95)
    assert_allclose([low[0], high[0]], expected["ci"], **EXACT)


@pytest.mark.parametrize("method", ["asin", "beta", "mean"])
@pytest.mark.parametrize("name", reference.DESIGNS)
def test_other_intervals_of_a_proportion_equal_r(name, method):
    expected = reference.value("design", f"ciprop.schwide.{method}.{name}")
    data, design = reference.design(name)
    found = means(design, data["sch.wide"] == "Yes")
    p, error, n, df = found.estimate, found.std_error, found.n, found.df
    computed = {"asin": arcsine(p, error, df, 0.95), "beta": beta(p, error, n, df, 0.95)}
    low, high = computed.get(method, student(p, error, df, 0.95))
    assert_allclose([low[0], high[0]], expected["ci"], **EXACT)


def test_intervals_of_transformed_proportions_stay_between_0_and_1_and_are_unknown_at_the_ends():
    for low, high in (arcsine([0.0, 0.01, 1.0], 0.05, 20, 0.95), beta([0.0, 0.01, 1.0], 0.05, 30, 20, 0.95)):
        assert np.isnan([low[0], low[2], high[0], high[2]]).all()
        assert 0 <= low[1] < 0.01 < high[1] < 1


@pytest.mark.parametrize("name", reference.DESIGNS)
def test_student_interval_of_a_design_equals_r(name):
    expected = reference.value("design", f"mean.api00.{name}")
    data, design = reference.design(name)
    found = means(design, data["api00"])
    low, high = student(found.estimate, found.std_error, found.df, 0.95)
    assert_allclose([low[0], high[0]], [expected["ci_lower"]["api00"], expected["ci_upper"]["api00"]], **EXACT)


def test_student_with_infinite_df_is_normal_and_without_df_unknown():
    low, high = student(0.0, 1.0, [np.inf, 0], 0.95)
    assert_allclose([low[0], high[0]], [-1.9599639845400545, 1.9599639845400545], rtol=1e-12)
    assert np.isnan([low[1], high[1]]).all()


def test_bounds_at_zero_and_one_are_exact():
    low, high = wilson([0.0, 1.0], [571, 1.0], 0.95)
    assert (low[0], high[1]) == (0.0, 1.0)
    assert 0 < high[0] < 0.01
    assert 0 < low[1] < 1


def test_a_census_has_no_width():
    low, high = wilson_finite([0.0, 0.4, 1.0], 10, 10, 0.95)
    assert_allclose([low, high], [[0, 0.4, 1]] * 2, rtol=1e-15)


def test_logit_is_unknown_at_zero_and_one():
    assert np.isnan(logit([0.0, 1.0], [0.0, 0.0], 10, 0.95)).all()


def test_nan_gives_nan_bounds():
    unknown = np.array([np.nan, 0.5])
    for low, high in (
        wilson(unknown, 50, 0.95),
        wilson_finite(unknown, 50, 90, 0.95),
        student(unknown, 0.1, 9, 0.95),
        logit(unknown, 0.1, 9, 0.95),
    ):
        assert_array_equal(np.isnan(low), [True, False])
        assert_array_equal(np.isnan(high), [True, False])
    assert np.isnan(wilson([0.0, 1.0], np.nan, 0.95)).all()


@given(st.floats(0, 1), st.floats(1, 1e6), st.floats(0.5, 0.999))
def test_wilson_holds_the_proportion_and_mirrors(p, n, level):
    low, high = wilson(p, n, level)
    assert 0 <= low <= p + 1e-12
    assert p - 1e-12 <= high <= 1 + 1e-12
    mirrored_low, mirrored_high = wilson(1 - p, n, level)
    assert_allclose([mirrored_low, mirrored_high], [1 - high, 1 - low], atol=1e-12)
