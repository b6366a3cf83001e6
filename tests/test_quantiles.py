"""Weighted quantiles against R survey, counting, and what an interval promises."""

import statistics

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import norm

import reference
from b2bsurvey.statistics.linearisation import Calibration, SampleDesign
from b2bsurvey.statistics.quantiles import quantiles

QUARTERS = [0.25, 0.5, 0.75]


@pytest.mark.parametrize("name", reference.DESIGNS)
def test_quantiles_intervals_and_standard_errors_equal_r(name):
    expected = np.array(reference.value("design", f"quantile.api00.{name}")["q"]["values"])
    data, design = reference.design(name)
    found = quantiles(design, data["api00"], QUARTERS, definition="math")
    columns = np.column_stack([found.estimate, found.low, found.high, found.std_error])
    assert_allclose(columns, expected, rtol=1e-9)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(-5, 5), min_size=1, max_size=20))
def test_the_median_is_that_of_the_schoolbook(values):
    found = quantiles(SampleDesign.simple(len(values)), values, 0.5)
    assert found.estimate[0] == statistics.median(values)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(-3, 3), st.integers(1, 4)), min_size=1, max_size=12))
def test_weights_count_as_repetitions(pairs):
    values, weights = np.array(pairs).T
    repeated = np.repeat(values, weights)
    for definition in ("school", "math"):
        weighted = quantiles(SampleDesign(weights), values, QUARTERS, definition=definition)
        counted = quantiles(SampleDesign.simple(repeated.size), repeated, QUARTERS, definition=definition)
        assert_array_equal(weighted.estimate, counted.estimate)
    # the definition itself: the smallest value with at least the share at or below it
    smallest = [min(v for v in values if np.mean(repeated <= v) >= p) for p in QUARTERS]
    assert_array_equal(quantiles(SampleDesign(weights), values, QUARTERS, definition="math").estimate, smallest)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_order_scale_of_weights_and_halved_duplicates_change_nothing(seed):
    rng = np.random.default_rng(seed)
    n = 80
    values, weights, domain = rng.poisson(5, n).astype(float), rng.uniform(0.5, 3, n), rng.random(n) < 0.8
    expected = quantiles(SampleDesign(weights), values, QUARTERS, domain)
    order = rng.permutation(n)
    for w, v, d in ((weights[order], values[order], domain[order]), (12.7 * weights, values, domain)):
        found = quantiles(SampleDesign(w), v, QUARTERS, d)
        for name in ("estimate", "low", "high", "std_error"):
            assert_allclose(getattr(found, name), getattr(expected, name), rtol=1e-12)
    twice = quantiles(SampleDesign(np.tile(weights / 2, 2)), np.tile(values, 2), QUARTERS, np.tile(domain, 2))
    assert_array_equal(twice.estimate, expected.estimate)
    assert (twice.n, expected.n) == (2 * domain.sum(), domain.sum())
    assert_allclose(twice.n_weighted, expected.n_weighted, rtol=1e-12)


def test_the_interval_of_a_median_is_that_of_the_binomial():
    """Ranks n/2 ∓ 1.96·√n/2 for the median of many values: the textbook's interval from order statistics."""
    values = np.arange(1.0, 1001)
    found = quantiles(SampleDesign.simple(1000), values, 0.5)
    half = norm.ppf(0.975) * np.sqrt(1000) / 2
    assert_allclose([found.low[0], found.high[0]], [500 - half, 500 + half], atol=1.5)


def test_intervals_keep_their_promise_where_many_share_a_value():
    """Answers 1 to 5, 300 samples of 60: R's intervals cover the median in two of three samples only."""
    rng = np.random.default_rng(1)
    chances, true = [0.2, 0.25, 0.07, 0.28, 0.2], np.array([2, 3, 4])
    covered = {"school": np.zeros(3), "math": np.zeros(3)}
    for _ in range(300):
        values = rng.choice(5, 60, p=chances) + 1
        for definition, hits in covered.items():
            found = quantiles(SampleDesign.simple(60), values, QUARTERS, definition=definition)
            hits += (found.low <= true) & (true <= found.high)
    assert (covered["school"] / 300 > 0.94).all()
    assert covered["math"][1] / 300 < 0.8


def test_one_respondent_constants_and_nobody():
    one = quantiles(SampleDesign.simple(1), [7.0], QUARTERS)
    assert_array_equal(one.estimate, 7.0)
    assert np.isnan([one.low, one.high, one.std_error]).all()
    constant = quantiles(SampleDesign(np.linspace(1, 2, 50)), np.full(50, 0.1), QUARTERS)
    assert_array_equal([constant.estimate, constant.low, constant.high], 0.1)
    assert_array_equal(constant.std_error, 0.0)
    nobody = quantiles(SampleDesign.simple(3), [1, 2, np.nan], QUARTERS, np.zeros(3, bool))
    assert np.isnan(nobody.estimate).all()
    assert nobody.n == 0


def test_a_bound_that_so_few_leave_open_is_unknown():
    found = quantiles(SampleDesign.simple(4), [1.0, 2, 3, 4], [0.5, 0.75])
    assert_array_equal(found.estimate, [2.5, 3.5])
    assert np.isnan(found.high[1])
    assert np.isnan(found.std_error[1])


def test_a_census_leaves_nothing_open():
    found = quantiles(SampleDesign(np.ones(9), population=np.full(9, 9.0)), np.arange(9.0), QUARTERS)
    assert_array_equal(found.low, found.estimate)
    assert_array_equal(found.high, found.estimate)


def test_calibration_narrows_the_interval_of_what_goes_with_the_margin():
    rng = np.random.default_rng(4)
    codes = rng.integers(0, 2, 400)
    values = 10.0 * codes + rng.normal(size=400)
    weights = np.where(codes == 0, 0.4 / np.mean(codes == 0), 0.6 / np.mean(codes == 1))
    plain = quantiles(SampleDesign(weights), values, 0.25)
    calibrated = quantiles(SampleDesign(weights, calibration=Calibration(weights, codes[:, None])), values, 0.25)
    assert calibrated.estimate == plain.estimate
    assert calibrated.std_error < 0.8 * plain.std_error


def test_missing_values_and_wrong_shapes_are_refused():
    with pytest.raises(ValueError, match="missing inside its domain"):
        quantiles(SampleDesign.simple(2), [1.0, np.nan], 0.5)
    with pytest.raises(ValueError, match="one value for each of 2 respondents"):
        quantiles(SampleDesign.simple(2), [1.0], 0.5)
