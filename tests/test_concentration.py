"""Concentration: the Gini coefficient and the largest's share by their definitions, errors by derivatives and jackknife."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from b2bsurvey.statistics.concentration import concentration, nominations
from b2bsurvey.statistics.linearisation import SampleDesign, covariance_of_totals


def defined(values, weights):
    """Return Gini and the share of the tenth with the most, by their definitions."""
    pairs = np.sum(weights[:, None] * weights * np.abs(values[:, None] - values))
    gini = pairs / (2 * weights.sum() * (weights @ values))
    order = np.argsort(values, kind="stable")
    units = np.concatenate([[0], np.cumsum(weights[order])]) / weights.sum()
    totals = np.concatenate([[0], np.cumsum((weights * values)[order])]) / (weights @ values)
    return np.array([gini, 1 - np.interp(0.9, units, totals)])


def drawn(seed, n=80):
    generator = np.random.default_rng(seed)
    return generator.poisson(2, n).astype(float), generator.uniform(0.5, 2, n)


@pytest.mark.parametrize("seed", range(5))
def test_both_are_as_defined_and_their_errors_are_of_their_derivatives_by_the_weights(seed):
    values, weights = drawn(seed)
    base = np.arange(80) % 4 > 0
    design = SampleDesign(weights, np.arange(80) % 2)
    found = concentration(design, values, base)
    assert_allclose([found.gini, found.top], defined(values[base], weights[base]), rtol=1e-12)
    scores = np.zeros((80, 2))
    for i in np.flatnonzero(base):
        step = 1e-6 * (np.arange(80) == i)
        up, down = (defined(values[base], (weights + way * step)[base]) for way in (1, -1))
        scores[i] = (up - down) / 2e-6
    assert_allclose(
        [found.gini_error, found.top_error], np.sqrt(np.diag(covariance_of_totals(design, scores))), rtol=1e-5
    )


def test_errors_are_about_those_of_the_jackknife():
    values, _ = drawn(7, 300)
    left_out = np.array([defined(np.delete(values, i), np.ones(299)) for i in range(300)])
    jackknife = np.sqrt(299 / 300 * np.sum((left_out - left_out.mean(axis=0)) ** 2, axis=0))
    found = concentration(SampleDesign.simple(300), values, np.ones(300, bool))
    assert_allclose([found.gini_error, found.top_error], jackknife, rtol=0.02)


def test_equal_parts_one_holder_and_nothing():
    design, everybody = SampleDesign.simple(10), np.ones(10, bool)
    equal = concentration(design, np.full(10, 3.0), everybody)
    assert (equal.gini, equal.gini_error) == (0.0, 0.0)
    assert_allclose(equal.top, 0.1)
    one = concentration(design, np.eye(10)[0], everybody)
    assert_allclose([one.gini, one.top], [0.9, 1.0])
    assert_allclose(one.total, [0.0, 1.0])
    for base in (everybody, ~everybody):
        nothing = concentration(design, np.zeros(10), base)
        assert np.isnan([nothing.gini, nothing.top]).all()


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6), st.floats(0.01, 100), st.randoms())
def test_scale_order_and_duplicates_play_no_part(seed, factor, random):
    values, weights = drawn(seed, 30)
    values[0] = 1.0
    order = np.array(random.sample(range(30), 30))
    one = concentration(SampleDesign(weights), values, np.ones(30, bool))
    other = concentration(SampleDesign(factor * weights[order]), 7 * values[order], np.ones(30, bool))
    twice = concentration(SampleDesign(np.tile(weights / 2, 2)), np.tile(values, 2), np.ones(60, bool))
    for name in ("gini", "top", "units", "total"):
        assert_allclose(getattr(other, name), getattr(one, name), rtol=1e-9, atol=1e-12)
        assert_allclose(getattr(twice, name), getattr(one, name), rtol=1e-9, atol=1e-12)
    assert_allclose([other.gini_error, other.top_error], [one.gini_error, one.top_error], rtol=1e-7)


@pytest.mark.parametrize("seed", range(3))
def test_nominations_are_ratios_of_totals_and_their_errors_of_the_derivatives_by_the_weights(seed):
    generator = np.random.default_rng(seed)
    named, weights = generator.uniform(size=(80, 4)) < [0.7, 0.4, 0.2, 0.1], generator.uniform(0.5, 2, 80)
    base = np.arange(80) % 5 > 0
    design = SampleDesign(weights, np.arange(80) % 2)

    def by_definition(w):
        shares = w[base] @ named[base] / (w[base] @ named[base].sum(axis=1))
        return np.append(shares, np.sum(shares**2))

    found = nominations(design, named, base)
    assert_allclose(np.append(found.shares, found.herfindahl), by_definition(weights), rtol=1e-12)
    scores = np.zeros((80, 5))
    for i in np.flatnonzero(base):
        step = 1e-6 * (np.arange(80) == i)
        scores[i] = (by_definition(weights + step) - by_definition(weights - step)) / 2e-6
    errors = np.sqrt(np.diag(covariance_of_totals(design, scores)))
    assert_allclose(np.append(found.std_error, found.herfindahl_error), errors, rtol=1e-5)
    assert found.n == (named[base].sum(axis=1) > 0).sum()


def test_nominations_by_hand():
    found = nominations(SampleDesign.simple(4), [[1, 1, 0], [1, 0, 0], [1, 0, 1], [0, 0, 0]], np.ones(4, bool))
    assert_allclose(found.shares, [0.6, 0.2, 0.2])
    assert_allclose(found.herfindahl, 0.44)
    assert (found.n, list(found.count)) == (3, [3, 1, 1])
    assert np.isnan(nominations(SampleDesign.simple(2), np.zeros((2, 3)), np.ones(2, bool)).herfindahl)
