"""The Jaccard distance: against sets, and scipy."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose, assert_array_equal
from scipy.spatial.distance import jaccard

from b2bsurvey.statistics.jaccard import jaccard_distance

SIDES = arrays(bool, st.tuples(st.just(2), st.integers(1, 12), st.integers(1, 6)))


@given(SIDES)
def test_it_is_one_less_the_shared_part_of_the_union_of_both_sets(sides):
    found = jaccard_distance(*sides)
    for distance, one, other in zip(found, *sides, strict=True):
        a, b = set(np.flatnonzero(one)), set(np.flatnonzero(other))
        if a | b:
            assert_allclose(distance, 1 - len(a & b) / len(a | b))
            assert_allclose(distance, jaccard(one, other))
        else:
            assert np.isnan(distance)


@given(SIDES)
def test_it_is_the_same_the_other_way_round_and_nothing_between_a_set_and_itself(sides):
    one, other = sides
    assert_array_equal(jaccard_distance(one, other), jaccard_distance(other, one))
    assert_array_equal(jaccard_distance(one, one), np.where(one.any(axis=1), 0.0, np.nan))
