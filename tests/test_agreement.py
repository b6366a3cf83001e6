"""Agreement of coders: published examples, statsmodels, and what holds for any codes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from statsmodels.stats.inter_rater import cohens_kappa

from b2bsurvey.statistics.agreement import cohen_kappa, krippendorff_alpha

NONE = -1
# Krippendorff (2011), Computing Krippendorff's Alpha-Reliability: 4 observers, 12 units, codes missing
FOUR = np.array(
    [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, NONE, NONE, NONE],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, NONE, 3],
        [NONE, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, NONE],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, NONE],
    ]
).T
BINARY = np.array([[0, 1, 0, 0, 0, 0, 0, 0, 1, 0], [1, 1, 1, 0, 0, 1, 0, 0, 0, 0]]).T


def test_alpha_of_krippendorffs_worked_examples():
    four = krippendorff_alpha(FOUR, 0.95, 1)
    assert round(four.coefficient, 3) == 0.743
    assert four.n == 11  # the unit with one code has nothing to agree with
    assert four.low < four.coefficient < four.high <= 1
    assert round(krippendorff_alpha(BINARY, 0.95, 1).coefficient, 3) == 0.095


def test_alpha_of_two_observers_and_five_values():
    letters = ["aabbdcccedda", "babbbccceddd"]
    codes = np.array([["abcde".index(c) for c in row] for row in letters]).T
    assert round(krippendorff_alpha(codes, 0.95, 1).coefficient, 3) == 0.692


def test_kappa_of_cohens_table():
    # Cohen (1960), table 1: two judges, 200 cases in three categories; kappa .492
    table = np.array([[88, 14, 18], [10, 40, 10], [2, 6, 12]])
    first, second = (np.repeat(places, table.ravel()) for places in np.indices(table.shape).reshape(2, -1))
    found = cohen_kappa(first, second, 0.95)
    assert round(found.coefficient, 3) == 0.492
    assert found.observed == 0.7


@pytest.mark.parametrize("seed", range(5))
def test_kappa_and_its_error_are_those_of_statsmodels(seed):
    generator = np.random.default_rng(seed)
    first = generator.integers(0, 4, 120)
    second = np.where(generator.uniform(size=120) < 0.6, first, generator.integers(0, 4, 120))
    table = np.bincount(4 * first + second, minlength=16).reshape(4, 4)
    expected = cohens_kappa(table)
    found = cohen_kappa(np.append(first, NONE), np.append(second, 2), 0.95)
    assert_allclose(found.coefficient, expected.kappa, rtol=1e-12)
    assert_allclose(found.std_error, expected.std_kappa, rtol=1e-9)
    assert_allclose([found.low, found.high], [expected.kappa_low, expected.kappa_upp], rtol=1e-9)
    assert found.n == 120


def test_complete_agreement_has_no_interval():
    codes = np.arange(12) % 3
    for found in (cohen_kappa(codes, codes, 0.95), krippendorff_alpha(np.column_stack([codes, codes]), 0.95, 1)):
        assert_allclose(found.coefficient, 1)
        assert np.isnan([found.low, found.high]).all()


def test_codes_that_are_all_the_same_have_no_coefficient():
    same = np.zeros(9, int)
    assert np.isnan(cohen_kappa(same, same, 0.95).coefficient)
    assert cohen_kappa(same, same, 0.95).observed == 1
    assert np.isnan(krippendorff_alpha(np.column_stack([same, same]), 0.95, 1).coefficient)
    assert cohen_kappa(same, np.full(9, NONE), 0.95).n == 0
    assert krippendorff_alpha(np.column_stack([same, np.full(9, NONE)]), 0.95, 1).n == 0
    assert krippendorff_alpha(np.full((9, 2), NONE), 0.95, 1).n == 0


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(-1, 2), st.integers(-1, 2)), min_size=2, max_size=40))
def test_agreement_is_complete_with_oneself_and_the_same_from_both_sides(pairs):
    a, b = np.array(pairs).T
    own = cohen_kappa(a, a, 0.95)
    assert np.isnan(own.coefficient) or own.coefficient == pytest.approx(1)
    for one, other in (
        (cohen_kappa(a, b, 0.95), cohen_kappa(b, a, 0.95)),
        (
            krippendorff_alpha(np.column_stack([a, b]), 0.95, 1),
            krippendorff_alpha(np.column_stack([b, a]), 0.95, 1),
        ),
    ):
        assert_allclose([one.coefficient, one.observed], [other.coefficient, other.observed], rtol=1e-12)
