"""Indices of careless responding against R (careless, base) on real data, and the laws that they follow."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose, assert_array_equal

import reference
from b2bsurvey.statistics.careless import (
    average_longstring,
    even_odd,
    longstring,
    mahalanobis,
    response_time_index,
    response_variability,
)

ANSWERS = arrays(float, st.tuples(st.integers(1, 6), st.integers(1, 9)), elements=st.sampled_from([1, 2, 3, np.nan]))


def items():
    return reference.data("bfi").iloc[:, 1:26].to_numpy(dtype=float)


def complete():
    answers = items()
    return answers[~np.isnan(answers).any(axis=1)]


def numbers(values):
    return pd.to_numeric(pd.Series(values), errors="coerce").to_numpy(dtype=float)


def test_longstring_equals_r():
    expected = reference.value("quality", "careless.longstring.bfi25_complete")
    assert_array_equal(longstring(complete()), expected["longstr"])
    assert_allclose(average_longstring(complete()), expected["avgstr"], rtol=1e-12)


def test_longstring_equals_r_where_a_missing_answer_is_a_value_of_its_own():
    expected = reference.value("quality", "longstring.bfi25")
    found = longstring(np.nan_to_num(items(), nan=-99))
    assert (found.sum(), found.max()) == (expected["sum"], expected["max"])
    assert_array_equal(found[:50], expected["first50"])
    assert {str(k): int(n) for k, n in zip(*np.unique(found, return_counts=True), strict=True)} == expected["table"]


def test_response_variability_equals_r():
    assert_allclose(response_variability(items()), numbers(reference.value("quality", "irv.bfi25")["irv"]), rtol=1e-9)
    expected = reference.value("quality", "careless.irv.bfi25_complete")["irv"]
    assert_allclose(response_variability(complete()), numbers(expected), rtol=1e-9)


def test_even_odd_equals_r_with_the_opposite_sign():
    expected = numbers(reference.value("quality", "careless.evenodd.bfi25_complete")["evenodd"])
    assert_allclose(even_odd(complete(), [5] * 5), -expected, rtol=1e-9, atol=1e-12)


def test_mahalanobis_equals_r():
    expected = reference.value("quality", "mahalanobis.bfi25_complete")
    found = mahalanobis(complete())
    assert_allclose(found.squared, expected["d2_base"], rtol=1e-9)
    assert_allclose(found.p_value, expected["p"], rtol=1e-7)
    assert (found.p_value < 0.001).sum() == expected["n_p_lt_001"]
    careless = reference.value("quality", "careless.mahad.bfi25_complete")
    assert_allclose(found.squared, careless["d_sq"], rtol=1e-9)
    assert (found.p_value < 0.01).sum() == careless["flagged"]


def test_mahalanobis_is_of_the_items_answered():
    answers = np.random.default_rng(1).normal(size=(60, 4))
    answers[7, [1, 3]] = np.nan
    found = mahalanobis(answers)
    rest = np.delete(answers, 7, axis=0)
    distance = (answers[7] - rest.mean(axis=0))[[0, 2]]
    inside = np.cov(rest, rowvar=False)[np.ix_([0, 2], [0, 2])]
    assert found.df[7] == 2
    assert_allclose(found.squared[7], distance @ np.linalg.inv(inside) @ distance, rtol=1e-12)


def test_mahalanobis_keeps_to_its_reference():
    answers = np.random.default_rng(2).normal(size=(50, 3))
    reference_rows = np.arange(50) < 40
    alone = mahalanobis(answers[:40])
    assert_allclose(mahalanobis(answers, reference_rows).squared[:40], alone.squared, rtol=1e-12)


@pytest.mark.parametrize(
    "answers",
    [
        np.ones((30, 3)),
        np.random.default_rng(3).normal(size=(3, 4)),
        np.random.default_rng(4).normal(size=(30, 2)) @ np.array([[1.0, 0, 1], [0, 1, 1]]),
        np.full((30, 2), np.nan),
    ],
    ids=["constant", "too few", "collinear", "no answers"],
)
def test_no_distance_without_a_covariance(answers):
    found = mahalanobis(answers)
    assert np.isnan(found.squared).all()
    assert np.isnan(found.p_value).all()


@given(ANSWERS)
def test_runs_equal_counting_them(answers):
    for row, longest, mean in zip(answers, longstring(answers), average_longstring(answers), strict=True):
        runs = [len(list(group)) for _, group in itertools.groupby(row[~np.isnan(row)])]
        assert longest == max(runs, default=0)
        assert (np.isnan(mean) and not runs) or mean == pytest.approx(np.mean(runs))


@given(ANSWERS)
def test_variability_is_zero_for_a_straight_line_only(answers):
    for row, spread in zip(answers, response_variability(answers), strict=True):
        given_answers = row[~np.isnan(row)]
        assert np.isnan(spread) == (given_answers.size < 2)
        assert np.isnan(spread) or (spread == 0) == (np.ptp(given_answers) == 0)


def test_even_odd_needs_three_scales_that_vary():
    consistent = np.array([[1, 1, 3, 3, 5, 5.0]])
    assert_allclose(even_odd(consistent, [2, 2, 2]), 1.0)
    assert_allclose(even_odd(np.array([[1, 5, 3, 3, 5, 1.0]]), [2, 2, 2]), -1.0)
    assert np.isnan(even_odd(consistent[:, :4], [2, 2])).all()
    assert np.isnan(even_odd(np.ones((1, 6)), [2, 2, 2])).all()
    assert np.isnan(even_odd(np.array([[1, 1, 3, 3, 5, np.nan]]), [2, 2, 2])).all()


def test_response_times_are_compared_with_the_median_of_the_reference():
    seconds, reference_rows = [100.0, 200, 300, 50, np.nan, 0], [True, True, True, False, True, False]
    assert_allclose(response_time_index(seconds, reference_rows), [2, 1, 2 / 3, 4, np.nan, np.nan])
    assert np.isnan(response_time_index([np.nan], [True])).all()
