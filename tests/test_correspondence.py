"""Correspondence analysis against Greenacre's smokers and χ² distances one by one."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import stats
from scipy.spatial.distance import pdist

from b2bsurvey.statistics.correspondence import correspondence

# five staff groups by four habits of smoking (Greenacre 1984, Theory and Applications of Correspondence Analysis)
SMOKERS = [[4, 2, 3, 2], [4, 3, 7, 4], [25, 10, 12, 4], [18, 24, 33, 13], [10, 6, 7, 2]]
TABLES = st.integers(2, 6).flatmap(
    lambda c: st.lists(st.lists(st.integers(0, 9), min_size=c, max_size=c), min_size=2, max_size=6)
)


def test_smokers_are_as_published():
    found = correspondence(SMOKERS)
    assert_allclose(found.inertias, [0.0748, 0.0100, 0.0004], atol=5e-5)
    assert_allclose(found.total, 0.0852, atol=5e-5)
    assert_allclose(found.shares, [0.878, 0.118, 0.005], atol=5e-4)
    # principal coordinates, as printed by Nenadić & Greenacre (2007), but for the sign of a dimension
    rows = [[-0.066, 0.194], [0.259, 0.243], [-0.381, 0.011], [0.233, -0.058], [-0.201, -0.079]]
    columns = [[-0.393, 0.030], [0.099, -0.141], [0.196, -0.007], [0.294, 0.198]]
    signs = np.sign(found.rows[1, :2])
    assert_allclose(found.rows[:, :2] * signs, rows, atol=6e-4)
    assert_allclose(found.columns[:, :2] * signs, columns, atol=6e-4)


@settings(max_examples=60, deadline=None)
@given(TABLES)
def test_distances_are_chi2_distances_and_the_sum_is_chi2(table):
    table = np.array(table, float)
    used = table[np.ix_(table.any(axis=1), table.any(axis=0))]
    found = correspondence(table)
    if min(used.shape) < 2:
        assert "fewer than 2 rows or columns" in found.note
        return
    chi2 = stats.chi2_contingency(used, correction=False).statistic
    assert_allclose(found.total, chi2 / used.sum(), atol=1e-9)
    for coordinates, counts in ((found.rows, table), (found.columns, table.T)):
        kept, counts = counts.any(axis=1), counts[counts.any(axis=1)]
        counts = counts[:, counts.any(axis=0)]
        profiles = counts / counts.sum(axis=1, keepdims=True)
        expected = pdist(profiles / np.sqrt(counts.sum(axis=0) / counts.sum()))
        assert np.isnan(coordinates[~kept]).all()
        if found.inertias.size:
            assert_allclose(pdist(coordinates[kept]), expected, atol=1e-5)
            assert (np.nanmax(coordinates, axis=0) > 0).all()
        else:
            assert_allclose(expected, 0, atol=1e-5)


def test_signs_do_not_hang_on_the_order_of_columns_or_on_the_scale():
    table, order = np.array(SMOKERS, float), [2, 0, 3, 1]
    found, turned = correspondence(table), correspondence(1e-6 * table[:, order])
    assert_allclose(found.rows, turned.rows, atol=1e-9)
    assert_allclose(found.columns[order], turned.columns, atol=1e-9)
    assert (np.take_along_axis(found.rows, np.abs(found.rows).argmax(axis=0)[None], axis=0) > 0).all()


@pytest.mark.parametrize(
    ("table", "dimensions", "note"),
    [
        ([[1, 2, 3], [2, 4, 6], [3, 6, 9]], 0, "not estimable: the profiles of all rows are the same"),
        ([[1, 2, 3], [0, 0, 0]], 0, "not estimable: fewer than 2 rows or columns have a mention"),
        (np.zeros((3, 3)), 0, "not estimable: fewer than 2 rows or columns have a mention"),
        ([[1, 2, 3], [3, 2, 1]], 1, ""),
        ([[1, 0, 2], [0, 0, 0], [2, 0, 1], [3, 0, 1]], 1, "left out: 1 empty row and 1 empty column"),
        (np.eye(3), 2, ""),
    ],
)
def test_tables_with_little_in_them_say_so(table, dimensions, note):
    found = correspondence(table)
    assert (found.inertias.size, found.note) == (dimensions, note)
    assert found.rows.shape == (len(table), dimensions)
    assert found.shares.sum() == pytest.approx(1.0 if dimensions else 0.0)


def test_numbers_below_0_are_refused():
    with pytest.raises(ValueError, match="no number below 0"):
        correspondence([[1, -1], [2, 3]])
