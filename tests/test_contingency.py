from dataclasses import astuple

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import stats

import reference
from b2bsurvey.statistics import contingency
from b2bsurvey.statistics.contingency import (
    cramers_v,
    cramers_v_bias_corrected,
    fisher_exact,
    independence,
    pearson,
    permutation,
    rao_scott,
)
from b2bsurvey.statistics.linearisation import SampleDesign
from b2bsurvey.statistics.significance import SignificanceTest
from significance import EXACT, assert_refused, assert_same, numbers

SMOKE_EXERCISE = [[7, 1, 3], [87, 18, 84], [12, 3, 4], [9, 1, 7]]  # MASS::survey


def spread(counts) -> tuple[np.ndarray, np.ndarray]:
    """Return row and column codes of the respondents of a table of counts."""
    counts = np.asarray(counts)
    rows, columns = np.indices(counts.shape)
    return np.repeat(rows.ravel(), counts.ravel()), np.repeat(columns.ravel(), counts.ravel())


def simple_test(counts, **options) -> SignificanceTest:
    rows, columns = spread(counts)
    return independence(SampleDesign.simple(rows.size), rows, columns, *np.shape(counts), seed=1, **options)


# ---- against R


@pytest.mark.parametrize(
    "name",
    ["chile.vote_region", "chile.vote_sex", "chile.sex_voteY", "ms.smoke_exer", "ms.sex_whand"],
)
def test_pearson_and_v_equal_r(name):
    expected = reference.value("tests", f"chi2.{name}")
    counts = expected["table"]["values"]
    found = pearson(counts)
    assert_allclose(found.statistic, expected["chi2"], **EXACT)
    assert_allclose(found.p_value, expected["p"], **EXACT)
    assert found.df1 == expected["df"]
    assert_allclose(found.effect.estimate, expected["cramer_v"], **EXACT)
    assert_allclose(cramers_v_bias_corrected(counts), expected["cramer_v_bias_corrected"], **EXACT)


def test_a_table_from_data_equals_r():
    expected = reference.value("tests", "chi2.chile.vote_sex")
    chile = reference.data("Chile").replace({"vote": {"NA": np.nan}})
    votes, sexes = pd.Categorical(chile["vote"]), pd.Categorical(chile["sex"])
    found = independence(SampleDesign.simple(len(chile)), votes.codes, sexes.codes, 4, 2, seed=1)
    assert found.test == "pearson_chi2"
    assert found.n == np.sum(expected["table"]["values"])
    assert_allclose(found.p_value, expected["p"], **EXACT)


def test_fisher_equals_r():
    expected = reference.value("tests", "fisher.ms.sex_whand")
    assert_allclose(fisher_exact([[7, 110], [10, 108]]).p_value, expected["p_value"], **EXACT)


def test_permutation_comes_near_the_exact_test_of_r():
    expected = reference.value("tests", "chi2_mc.ms.smoke_exer")["p_mc_B1e5"]
    found = permutation(SMOKE_EXERCISE, seed=1, replicates=99_999)
    assert abs(found.p_value - expected) < 4 * np.sqrt(2 * 0.25 / 1e5)


@pytest.mark.parametrize("name", reference.DESIGNS)
def test_rao_scott_equals_r(name):
    expected = reference.value("design", f"chisq.schwide_stype.F.{name}")
    data, design = reference.design(name)
    schoolwide, stype = (pd.factorize(data[column], sort=True)[0] for column in ("sch.wide", "stype"))
    found = rao_scott(design, schoolwide, stype, 2, 3)
    assert_allclose(found.statistic, expected["statistic"]["F"], **EXACT)
    assert_allclose([found.df1, found.df2], list(expected["parameter"].values()), **EXACT)
    assert_allclose(found.p_value, expected["p_value"], **EXACT)


# ---- against print


@pytest.mark.parametrize(
    ("used_b2b", "used_b2c", "x2"),
    [
        (533, 424, 8.518),
        (515, 375, 4.181),
        (340, 335, 33.723),
        (478, 215, 136.655),
        (188, 134, 0.537),
        (40, 65, 16.561),
        (152, 163, 13.384),
        (297, 253, 3.652),
    ],
)
def test_channels_of_b2b_and_b2c_firms(used_b2b, used_b2c, x2):  # Buffer, State of Social 2018
    found = simple_test([[used_b2b, 570 - used_b2b], [used_b2c, 435 - used_b2c]])
    assert (found.test, found.df1, found.n) == ("pearson_chi2", 1, 1005)
    assert round(found.statistic, 3) == x2


def test_facebook_by_the_classical_and_by_the_design_based_test():
    counts = [[533, 37], [424, 11]]
    rows, columns = spread(counts)
    assert f"{pearson(counts).p_value:.6f}" == "0.003517"
    assert f"{rao_scott(SampleDesign.simple(1005), rows, columns, 2, 2).p_value:.6f}" == "0.003613"


def test_return_on_investment_of_b2b_and_b2c_firms():
    found = simple_test([[217, 129, 70, 68, 57, 17], [186, 51, 73, 52, 47, 17]])
    assert (round(found.statistic, 3), found.df1) == (22.032, 5)
    assert f"{found.p_value:.6f} {found.effect.estimate:.4f}" == "0.000516 0.1496"


def test_interval_of_v_equals_the_printed_one_of_statpsych():
    # R statpsych::ci.cramer(.05, 19.21, 2, 3, 200): 0.3099 [0.1601, 0.4417]
    shift = np.sqrt(19.21 * 25 / 4)
    table = np.array([[25 + shift, 25 - shift, 50], [25 - shift, 25 + shift, 50]])
    assert_allclose(pearson(table).statistic, 19.21)
    assert [f"{x:.4f}" for x in astuple(cramers_v(table))[1:]] == ["0.3099", "0.1601", "0.4417"]


# ---- against scipy

tables = st.lists(st.lists(st.integers(0, 12), min_size=2, max_size=2), min_size=2, max_size=2)


@settings(max_examples=100, deadline=None)
@given(tables)
def test_fisher_equals_scipy(counts):
    found = fisher_exact(counts)
    if not found.is_estimable:
        assert 0 in np.sum(counts, axis=0).tolist() + np.sum(counts, axis=1).tolist()
    else:
        assert_allclose(found.p_value, stats.fisher_exact(counts).pvalue, rtol=1e-9)


def test_bounds_of_v_put_the_statistic_at_the_tails():
    found = pearson([[533, 37], [424, 11]], level=0.9)
    for bound, tail in ((found.effect.low, 0.95), (found.effect.high, 0.05)):
        assert_allclose(stats.ncx2.cdf(found.statistic, 1, bound**2 * 1005), tail, rtol=1e-6)


@given(tables)
def test_v_lies_in_its_interval_and_the_interval_agrees_with_the_test(counts):
    found = pearson(counts)
    if found.is_estimable:
        assert 0 <= found.effect.low <= found.effect.estimate <= found.effect.high <= 1
        assert (found.effect.low > 0) == (found.p_value < 0.025)


# ---- the choice of the test


def test_small_expected_counts_take_an_exact_test():
    fisher, permuted = simple_test([[3, 1], [2, 9]]), simple_test(SMOKE_EXERCISE)
    assert (fisher.test, fisher.statistic) == ("fisher_exact", None)
    assert "an expected count is only 1.3, below 5" in fisher.reason
    assert (permuted.test, permuted.df1) == ("permutation_chi2", None)
    assert_allclose(permuted.statistic, 5.488545890584233)
    assert "larger than 2 × 2" in permuted.reason


def test_reasons_name_the_design():
    rows, columns = spread([[30, 20], [20, 40]])
    weights = np.where(rows == 1, 1.0, 2.0)
    plain = independence(SampleDesign.simple(110), rows, columns, 2, 2, seed=1)
    weighted = independence(SampleDesign(weights, strata=columns), rows, columns, 2, 2, seed=1)
    assert plain.reason == "equal weights, no strata, clusters or finite population; all expected counts at least 5"
    assert weighted.test == "rao_scott_F"
    assert weighted.reason == "the design has unequal weights, strata, so the test is design-based"
    assert independence(SampleDesign(np.ones(110), clusters=np.arange(110) // 2), rows, columns, 2, 2, 1).test == (
        "rao_scott_F"
    )


def test_the_table_of_a_weighted_design_is_weighted():
    rows, columns = spread([[30, 20], [20, 40]])
    weights = np.where((rows == 1) & (columns == 1), 3.0, 1.0)
    found = independence(SampleDesign(weights), rows, columns, 2, 2, seed=1)
    assert_allclose(found.effect.estimate, pearson([[30, 20], [20, 120]]).effect.estimate)
    assert found.n == 110
    assert found.effect.low < found.effect.estimate < found.effect.high


def test_the_interval_of_v_counts_clusters_and_not_their_copies():
    rows, columns = spread([[60, 40], [40, 70]])
    twice = SampleDesign(np.ones(420), clusters=np.repeat(np.arange(210), 2))
    found = independence(twice, np.repeat(rows, 2), np.repeat(columns, 2), 2, 2, seed=1)
    once = pearson([[60, 40], [40, 70]])
    assert_allclose(found.effect.estimate, once.effect.estimate)
    assert_allclose([found.effect.low, found.effect.high], [once.effect.low, once.effect.high], rtol=0.05)


@pytest.mark.parametrize("weights", [np.ones(9), np.arange(1.0, 10)])
def test_tables_without_two_rows_or_columns_are_not_estimable(weights):
    design, one, two = SampleDesign(weights), np.zeros(9, int), np.arange(9) % 2
    for rows, columns in ((one, two), (two, one), (one - 1, two), (np.where(two, -1, 0), two)):
        found = independence(design, rows, columns, 3, 2, seed=1)
        assert_refused(found, "not estimable: the table needs at least 2 rows and 2 columns")
        assert found.n == np.sum((rows >= 0) & (columns >= 0))


@pytest.mark.parametrize("weights", [np.ones(45), np.linspace(1, 3, 45)])
def test_empty_rows_and_columns_are_left_out_and_said(weights):
    rows, columns = spread([[10, 0, 5, 0], [0, 0, 0, 0], [10, 0, 20, 0]])
    dense_rows, dense_columns = spread([[10, 5], [10, 20]])
    found = independence(SampleDesign(weights), rows, columns, 3, 4, seed=1)
    dense = independence(SampleDesign(weights), dense_rows, dense_columns, 2, 2, seed=1)
    assert found.note == "left out: 1 empty row and 2 empty columns"
    assert numbers(found) == pytest.approx(numbers(dense))


def test_empty_cells_that_leave_the_design_effects_undefined_are_handled_and_said():
    rows, columns = spread(np.diag([20, 30, 10]))
    found = rao_scott(SampleDesign(np.linspace(1, 2, 60)), rows, columns, 3, 3)
    assert found.p_value < 1e-6
    assert_allclose(found.effect.estimate, 1.0)
    assert "too many cells are empty" in found.note


def test_a_table_fixed_by_the_strata_is_not_estimable():
    rows, columns = np.arange(40) // 10 % 2, np.arange(40) // 20
    found = rao_scott(SampleDesign(np.ones(40), strata=np.arange(40) // 10), rows, columns, 2, 2)
    assert_refused(found, "no sampling variance")


def test_p_values_never_underflow_to_zero():
    assert 0 < pearson([[100_000, 0], [0, 100_000]]).p_value < 1e-300
    rows, columns = spread([[20_000, 1], [1, 20_000]])
    assert 0 < rao_scott(SampleDesign.simple(40_002), rows, columns, 2, 2).p_value < 1e-300


# ---- invariances


def test_permutation_depends_on_seed_but_not_on_the_order_of_rows_and_columns():
    counts = np.array(SMOKE_EXERCISE)
    first = permutation(counts, seed=7).p_value
    assert permutation(counts[::-1][:, [2, 0, 1]], seed=7).p_value == first
    assert permutation(counts, seed=8).p_value != first


def test_a_table_that_fits_its_margins_perfectly_has_p_of_one():
    assert permutation(np.full((2, 3), 2), seed=1).p_value == 1.0


def test_random_tables_have_the_mean_chi_squared_of_their_margins():
    rows, columns = np.array([12.0, 7, 4]), np.array([9.0, 8, 6])
    x2 = 23 * (contingency._random_sums(rows, columns, 20_000, 3) - 1)
    assert abs(x2.mean() - 4 * 23 / 22) < 0.1  # exact: df · n/(n − 1) (Haldane 1940)


def test_permuted_respondents_and_scaled_weights_give_the_same_test():
    rng = np.random.default_rng(3)
    rows, columns, weights, strata = (
        rng.integers(-1, 3, 200),
        rng.integers(-1, 4, 200),
        rng.uniform(1, 4, 200),
        rng.integers(0, 5, 200),
    )
    expected = rao_scott(SampleDesign(weights, strata), rows, columns, 3, 4)
    order = rng.permutation(200)
    found = rao_scott(SampleDesign(50 * weights[order], strata[order]), rows[order], columns[order], 3, 4)
    assert_same(found, expected, rel=1e-10)


def test_wrong_shapes_and_codes_are_refused():
    design = SampleDesign.simple(4)
    with pytest.raises(ValueError, match="2 × 2"):
        fisher_exact([[1, 2, 3], [4, 5, 6]])
    with pytest.raises(ValueError, match="one code a respondent"):
        independence(design, [0, 1], [0, 1, 0, 1], 2, 2, seed=1)
    with pytest.raises(ValueError, match="not below"):
        independence(design, [0, 1, 2, 0], [0, 1, 0, 1], 2, 2, seed=1)
