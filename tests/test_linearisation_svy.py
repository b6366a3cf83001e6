"""The engine against svy on random designs."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from b2bsurvey.statistics.contingency import rao_scott
from b2bsurvey.statistics.linearisation import SampleDesign, means, totals

svy = pytest.importorskip("svy")

AGREED = {"rtol": 1e-9, "atol": 1e-12}


@st.composite
def surveys(draw):
    """Return (columns, SampleDesign, svy.Sample) of a random design; every group in use."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n = draw(st.integers(40, 120))
    strata, clusters, population = (draw(st.booleans()) for _ in range(3))
    s = np.sort(rng.integers(0, 3, n)) if strata else np.zeros(n, int)
    within = np.arange(n) - np.searchsorted(s, s)
    columns = {
        "s": s,
        "c": within % draw(st.integers(2, 5)) + 10 * s,
        "w": rng.uniform(0.2, 5, n),
        "N": np.array([150.0, 200, 300])[s],
        "y": rng.normal(10, 3, n),
        "a": np.concatenate([[0, 0, 0, 1, 1, 1], rng.integers(0, 2, n - 6)]),
        "g": np.concatenate([[0, 1, 2, 0, 1, 2], rng.integers(0, 3, n - 6)]),
    }
    chosen = {"stratum": "s"} if strata else {}
    chosen |= ({"psu": "c"} if clusters else {}) | ({"pop_size": "N"} if population else {})
    ours = SampleDesign(
        columns["w"],
        columns["s"] if strata else None,
        columns["c"] if clusters else None,
        columns["N"] if population else None,
    )
    return columns, ours, svy.Sample(pl.DataFrame(columns), svy.Design(wgt="w", **chosen))


@settings(max_examples=15, deadline=None)
@given(surveys())
def test_means_totals_and_design_effects_equal_svy(survey):
    columns, design, sample = survey
    overall = sample.estimation.mean("y", deff="wr").estimates[0]
    groups = sample.estimation.mean("y", by="g").estimates
    total = sample.estimation.total("y").estimates[0]

    domain = np.column_stack([np.full(design.n, True), *(columns["g"] == e.by_level[0] for e in groups)])
    found = means(design, columns["y"], domain)
    assert_allclose(found.estimate, [overall.est, *(e.est for e in groups)], **AGREED)
    assert_allclose(found.std_error, [overall.se, *(e.se for e in groups)], **AGREED)
    assert_allclose(found.deff[0], overall.deff, **AGREED)
    assert found.df == overall.df
    weighted = totals(design, columns["y"])
    assert_allclose([weighted.estimate[0], weighted.std_error[0]], [total.est, total.se], **AGREED)


@settings(max_examples=15, deadline=None)
@given(surveys())
def test_rao_scott_equals_svy(survey):
    columns, design, sample = survey
    expected = sample.categorical.tabulate("a", "g").stats.f
    found = rao_scott(design, columns["a"], columns["g"], 2, 3)
    assert_allclose(found.statistic, expected.value, **AGREED)
    assert_allclose([found.df1, found.df2], [expected.df_num, expected.df_den], **AGREED)
    assert_allclose(found.p_value, expected.p_value, **AGREED)
