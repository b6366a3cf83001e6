import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from statsmodels.stats.multitest import multipletests

import reference
from b2bsurvey.statistics.multiplicity import adjust, family_size


@pytest.mark.parametrize("entry", ["padjust", "padjust_na"])
@pytest.mark.parametrize(("method", "name"), [("holm", "holm"), ("bh", "BH")])
def test_adjusted_p_values_equal_r(entry, method, name):
    expected = reference.value("tests", entry)
    p = np.array(expected["p"], dtype=float)
    assert_allclose(adjust(p, method), np.array(expected[name], dtype=float), rtol=1e-12)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_adjusted_p_values_equal_statsmodels(p):
    assert_allclose(adjust(p, "holm"), multipletests(p, method="holm")[1], rtol=1e-12, atol=1e-300)
    assert_allclose(adjust(p, "bh"), multipletests(p, method="fdr_bh")[1], rtol=1e-12, atol=1e-300)


def test_not_estimable_tests_stay_and_do_not_count():
    p = np.array([0.01, np.nan, 0.04])
    assert_allclose(adjust(p, "holm"), [0.02, np.nan, 0.04])
    assert_array_equal(adjust(p, "none"), p)
    assert family_size(p) == 2
    assert p[0] == 0.01


def test_empty_families():
    assert adjust([], "holm").shape == (0,)
    assert np.isnan(adjust([np.nan], "bh")).all()


def test_unknown_method_is_refused():
    with pytest.raises(ValueError, match="'holm', 'bh' or 'none'"):
        adjust([0.5], "bonferroni")
