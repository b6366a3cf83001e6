"""Ratios of totals and variances against R survey, svy, and means."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

import reference
from b2bsurvey.statistics.intervals import student
from b2bsurvey.statistics.linearisation import SampleDesign, means, variances
from b2bsurvey.statistics.ratios import ratios

EXACT = {"rtol": 1e-9, "atol": 1e-12}
designs = pytest.mark.parametrize("name", reference.DESIGNS)


@designs
def test_ratios_and_their_intervals_equal_r(name):
    expected = reference.value("design", f"ratio.apistu_enroll.{name}")
    data, design = reference.design(name)
    known = data["enroll"].notna() & data["api.stu"].notna()
    found = ratios(design, data["api.stu"], data["enroll"], known)
    assert_allclose([found.estimate[0], found.std_error[0]], [expected["estimate"], expected["se"]], **EXACT)
    low, high = student(found.estimate, found.std_error, found.df, 0.95)
    assert_allclose([low[0], high[0]], expected["ci"], **EXACT)


@designs
def test_variances_equal_r(name):
    expected = reference.value("design", f"var.api00.{name}")
    data, design = reference.design(name)
    found = variances(design, data["api00"])
    assert_allclose([found.estimate[0], found.std_error[0]], [expected["estimate"], expected["se"]], **EXACT)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_ratios_equal_svy(seed):
    svy = pytest.importorskip("svy")
    rng = np.random.default_rng(seed)
    columns = {"w": rng.uniform(0.5, 3, 90), "s": np.repeat([0, 1, 2], 30), "y": rng.normal(10, 3, 90)}
    columns["x"] = rng.uniform(1, 5, 90)
    sample = svy.Sample(pl.DataFrame(columns), svy.Design(wgt="w", stratum="s"))
    expected = sample.estimation.ratio("y", "x").estimates[0]
    found = ratios(SampleDesign(columns["w"], columns["s"]), columns["y"], columns["x"])
    assert_allclose([found.estimate[0], found.std_error[0]], [expected.est, expected.se], **EXACT)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_laws_of_ratios(seed):
    rng = np.random.default_rng(seed)
    n = 60
    weights, y, x = rng.uniform(0.5, 3, n), rng.normal(10, 3, (n, 3)), rng.uniform(1, 5, (n, 3))
    domain = rng.random((n, 3)) < 0.8
    expected = ratios(SampleDesign(weights), y, x, domain)
    mean = means(SampleDesign(weights), y, domain)
    by_one = ratios(SampleDesign(weights), y, np.ones(n), domain)
    assert_allclose([by_one.estimate, by_one.variance], [mean.estimate, mean.variance], rtol=1e-12)
    order = rng.permutation(n)
    for found in (
        ratios(SampleDesign(weights[order]), y[order], x[order], domain[order]),
        ratios(SampleDesign(45 * weights), y, x, domain),
    ):
        assert_allclose(found.estimate, expected.estimate, rtol=1e-12)
        assert_allclose(found.variance, expected.variance, rtol=1e-11)
    halved = np.tile(weights / 2, 2)
    twice = ratios(SampleDesign(halved), np.tile(y, (2, 1)), np.tile(x, (2, 1)), np.tile(domain, (2, 1)))
    assert_allclose(twice.estimate, expected.estimate, rtol=1e-12)
    assert_array_equal(expected.n, domain.sum(axis=0))


def test_nothing_to_divide_by_is_nan_in_its_column_only():
    found = ratios(SampleDesign.simple(4), np.ones(4), np.array([[0, 1], [0, 1], [0, 1], [0, 1]]))
    assert_array_equal(found.estimate, [np.nan, 1.0])
    assert_array_equal(found.variance, [np.nan, 0.0])
    nobody = ratios(SampleDesign.simple(2), [np.nan, 1.0], [1.0, np.nan], [False, False])
    assert np.isnan(nobody.estimate)


def test_missing_values_and_wrong_shapes_are_refused():
    with pytest.raises(ValueError, match="missing inside its domain"):
        ratios(SampleDesign.simple(2), [1.0, np.nan], [1.0, 1.0])
    with pytest.raises(ValueError, match="one row for each of 2 respondents"):
        ratios(SampleDesign.simple(2), [1.0], [1.0, 1.0])


def test_variance_within_a_domain_is_that_of_its_members():
    values, domain = np.array([1.0, 2, 4, np.nan, 9]), np.array([1, 1, 1, 0, 0], bool)
    assert_allclose(variances(SampleDesign.simple(5), values, domain).estimate, np.var([1, 2, 4], ddof=1), rtol=1e-12)
    assert np.isnan(variances(SampleDesign.simple(5), values, [1, 0, 0, 0, 0]).estimate)
