"""The rescaled bootstrap: over all possible draws exact, the design's errors for linear totals, raked again."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from b2bsurvey.statistics.bootstrap import percentiles, replicate_weights, rescaled
from b2bsurvey.statistics.linearisation import Calibration, SampleDesign, covariance_of_totals
from b2bsurvey.statistics.ratios import ratios


def all_draws(units):
    """Return (units, draws): how often each unit is drawn, over all equally likely draws of one fewer."""
    drawn = product(range(units), repeat=units - 1)
    return np.array([np.bincount(places, minlength=units) for places in drawn], float).T


@pytest.mark.parametrize("population", [None, (9.0, 20.0)])
def test_over_all_draws_the_mean_and_the_variance_of_a_total_are_those_of_the_design(population):
    strata = np.repeat([0, 1], [3, 4])
    weights, y = np.arange(1.0, 8.0), np.array([2.0, 5, 1, 7, 7, 0, 3])
    size = None if population is None else np.repeat(population, [3, 4])
    design = SampleDesign(weights, strata, population=size)
    one, other = all_draws(3), all_draws(4)
    times = np.vstack([np.repeat(one, other.shape[1], axis=1), np.tile(other, one.shape[1])])
    totals = (weights * y) @ rescaled(design, strata, times, np.arange(7))
    assert_allclose(totals.mean(), weights @ y, rtol=1e-12)
    assert_allclose(totals.var(), covariance_of_totals(design, y[:, None])[0, 0], rtol=1e-12)


def test_the_spread_of_replicates_is_the_linearised_error():
    generator = np.random.default_rng(4)
    n = 240
    x = generator.uniform(1, 5, n)
    y = 2 * x + generator.normal(0, 1, n)
    design = SampleDesign(generator.uniform(0.5, 2, n), np.arange(n) % 3, np.arange(n) // 3 % 40)
    weights = replicate_weights(design, np.arange(n), 1)
    found = ratios(design, y, x)
    replicates = (y @ weights) / (x @ weights)
    assert_allclose(replicates.std(), found.std_error[0], rtol=0.1)
    assert_allclose(replicates.mean(), found.estimate[0], rtol=0.01)


def test_raked_weights_are_raked_again_so_that_what_they_fix_does_not_vary():
    generator = np.random.default_rng(5)
    n = 200
    margins = np.column_stack([generator.integers(0, 3, n), generator.integers(-1, 2, n)])
    weights = generator.uniform(0.5, 2, n)
    design = SampleDesign(weights, calibration=Calibration(weights, margins))
    replicates = replicate_weights(design, np.arange(n), 2, 200)
    for codes in margins.T:
        for code in np.unique(codes):
            fixed = weights[codes == code].sum()
            assert_allclose(replicates[codes == code].sum(axis=0), fixed, rtol=1e-6)
    y = margins[:, 0] + generator.normal(0, 1, n)
    error = np.sqrt(covariance_of_totals(design, y[:, None])[0, 0])
    assert_allclose((y @ replicates).std(), error, rtol=0.15)


def test_a_category_that_a_replicate_misses_is_left_out_of_it():
    codes = np.array([0] * 19 + [1])
    design = SampleDesign(np.ones(20), calibration=Calibration(np.ones(20), codes[:, None]))
    weights = replicate_weights(design, np.arange(20), 3, 100)
    assert np.isfinite(weights).all()
    assert (weights[19] == 0).any()
    assert_allclose(weights.sum(axis=0), 20)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 1000), st.booleans())
def test_the_order_of_the_rows_plays_no_part(seed, clustered):
    generator = np.random.default_rng(seed)
    n = 24
    weights, strata = generator.uniform(0.5, 2, n), np.arange(n) % 2
    clusters = np.arange(n) // 2 % 5 if clustered else None
    keys = generator.permutation(n)
    order = generator.permutation(n)
    one = replicate_weights(SampleDesign(weights, strata, clusters), keys, seed, 20)
    renamed = None if clusters is None else 7 - clusters[order]
    other = replicate_weights(SampleDesign(weights[order], 1 - strata[order], renamed), keys[order], seed, 20)
    assert_allclose(other, one[order], rtol=1e-12)


def test_a_unit_that_stands_for_its_whole_stratum_stays():
    design = SampleDesign(np.ones(4), np.array([0, 0, 0, 1]), population=np.array([9.0, 9, 9, 1]))
    assert (replicate_weights(design, np.arange(4), 1, 50)[3] == 1).all()


def test_percentiles_of_999_are_the_25th_and_the_975th():
    low, high = percentiles(np.arange(1.0, 1000)[::-1], 0.95)
    assert_allclose([low, high], [25, 975])
    low, high = percentiles(np.column_stack([np.arange(1.0, 1000), -np.arange(1.0, 1000)]), 0.9)
    assert_allclose([low, high], [[50, -950], [950, -50]])
