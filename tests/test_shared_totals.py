"""Totals shared by holders of whom only the largest are named: by hand, and against all ways to share a total."""

from itertools import accumulate

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from b2bsurvey.statistics.shared_totals import lorenz_curves, shared_totals

NAN = np.nan


def partitions(total, largest):
    """Yield all ways to share a total of whole numbers, the largest part first."""
    if not total:
        yield ()
    for part in range(min(total, largest), 0, -1):
        yield from ((part, *rest) for rest in partitions(total - part, part))


def bus_factor(parts):
    return next(i for i, held in enumerate(accumulate(parts), 1) if 2 * held > sum(parts))


@pytest.mark.parametrize("named", [1, 2, 3])
def test_every_way_to_share_a_total_is_within_the_bounds_and_the_ends_are_reached(named):
    total = 14
    found = {}
    for parts in partitions(total, total):
        found.setdefault((parts[:named], len(parts)), []).append(parts)
    keys = list(found)
    amounts = np.array([[*parts, *[0] * (named - len(parts))] for parts, _ in keys], float)
    rest = total - amounts.sum(axis=1)
    holders = np.array([count for _, count in keys], float)
    told, untold = shared_totals(amounts, rest, holders), shared_totals(amounts, rest)
    packed = {}
    for i, ways in enumerate(found.values()):
        squares = [sum(part**2 for part in parts) / total**2 for parts in ways]
        factors = [bus_factor(parts) for parts in ways]
        for bound in (told, untold):
            assert bound.herfindahl_low[i] <= min(squares) + 1e-12
            assert bound.herfindahl_high[i] >= max(squares) - 1e-12
            assert bound.bus_factor_low[i] <= min(factors)
            assert bound.bus_factor_high[i] >= max(factors)
        assert told.holders[i] == holders[i]
        assert_allclose(told.top[i], ways[0][0] / total)
        further = holders[i] - named
        if further <= 0 or rest[i] % further == 0:  # the others can have the same
            assert_allclose(told.herfindahl_low[i], min(squares))
            assert told.bus_factor_high[i] == max(factors)
        best = packed.setdefault(keys[i][0], [0.0, np.inf, i])
        packed[keys[i][0]] = [max(best[0], *squares), min(best[1], *factors), i]
    for squares, factor, i in packed.values():
        assert_allclose(untold.herfindahl_high[i], squares)
        assert untold.bus_factor_low[i] == factor


def test_five_named_and_a_rest_by_hand():
    # 30 20 10 8 6 and 26 for others with at most 6 each: four with 6 and one with 2, or endlessly many
    found = shared_totals([[30, 20, 10, 8, 6]], [26])
    assert_allclose(found.top, 0.30)
    assert_allclose(found.herfindahl_low, 0.15, rtol=1e-12)
    assert_allclose(found.herfindahl_high, 0.15 + 4 * 0.06**2 + 0.02**2)
    assert (found.bus_factor_low[0], found.bus_factor_high[0]) == (3, 3)
    # only the busiest is known, with 20 of 100: at best two more have 20 each, and the rest is open
    only = shared_totals([[20, 0, 0, 0, 0]], [80])
    assert (only.bus_factor_low[0], only.bus_factor_high[0]) == (3, np.inf)
    assert_allclose([only.herfindahl_low[0], only.herfindahl_high[0]], [0.04, 0.20])
    # … and nine in all: eight with 10 each, of whom four are needed for more than half
    nine = shared_totals([[20, 0, 0, 0, 0]], [80], [9])
    assert (nine.bus_factor_low[0], nine.bus_factor_high[0]) == (3, 5)
    assert_allclose(nine.herfindahl_low, 0.04 + 8 * 0.01)


def test_half_is_not_more_than_half_and_the_order_of_the_named_plays_no_part():
    found = shared_totals([[50, 50], [50, 30], [30, 50], [100, 0]], [0, 20, 20, 0], [2, 3, 3, 1])
    assert_allclose(found.bus_factor_low, [2, 2, 2, 1])
    assert_allclose(found.bus_factor_high, [2, 2, 2, 1])
    assert_allclose(found.herfindahl_low, [0.5, 0.38, 0.38, 1.0])


@pytest.mark.parametrize("holders", [NAN, 1, 2, 3])
def test_a_number_of_holders_that_cannot_be_counts_as_not_known(holders):
    # two named, the second with 10, so that the 50 left need at least five others
    found = shared_totals([[40, 10]], [50], [holders])
    assert np.isnan(found.holders[0])
    assert found.bus_factor_high[0] == np.inf
    assert_allclose(found.herfindahl_low, 0.17)


def test_nobody_named_and_no_total_are_not_known():
    found = shared_totals([[0, 0], [0, 0], [NAN, NAN]], [100, 0, NAN])
    for name in ("top", "herfindahl_low", "herfindahl_high", "bus_factor_low", "bus_factor_high", "holders"):
        assert np.isnan(getattr(found, name)).all()


def test_lorenz_curves_by_hand():
    curves, gini = lorenz_curves(
        [[75, 25, 0], [60, 0, 0], [100, 0, 0], [40, 30, 30], [60, 0, 0]],
        [0, 40, 0, 0, 40],
        [2, 3, 1, 3, NAN],
        [0, 0.25, 0.5, 1],
    )
    assert_allclose(curves[0], [0, 0.125, 0.25, 1])
    assert_allclose(curves[1], [0, 0.15, 0.3, 1])  # 20, 20, 60
    assert_allclose(curves[3], [0, 0.225, 0.45, 1])
    assert_allclose(gini, [0.25, (0.6 - 0.2) * 2 / 3, NAN, 0.2 / 3, NAN])
    assert np.isnan(curves[[2, 4]]).all()


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(1, 50), min_size=2, max_size=6))
def test_gini_is_that_of_the_mean_difference_and_twice_the_area(parts):
    x = np.array(sorted(parts, reverse=True), float)
    grid = np.linspace(0, 1, x.size + 1)
    curves, gini = lorenz_curves([x], [0], None, grid)
    by_pairs = np.abs(x[:, None] - x).sum() / (2 * x.size * x.sum())
    assert_allclose(gini, by_pairs, atol=1e-12)
    assert_allclose(gini, 1 - 2 * np.trapezoid(curves[0], grid), atol=1e-12)
