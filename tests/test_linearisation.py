import warnings

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import reference
from b2bsurvey.errors import StudyError
from b2bsurvey.statistics.linearisation import (
    SampleDesign,
    covariance_of_totals,
    domain_df,
    kish_design_effect,
    means,
    totals,
)

EXACT = {"rtol": 1e-9, "atol": 1e-12}
designs = pytest.mark.parametrize("name", reference.DESIGNS)


def level_indicators(column: pd.Series) -> np.ndarray:
    return pd.get_dummies(column).to_numpy(float)


def complex_survey(rng: np.random.Generator, n: int = 60) -> dict[str, np.ndarray]:
    """Three strata of 5 clusters each, with weights and a finite population."""
    strata = np.repeat([0, 1, 2], n // 3)
    return {
        "weights": rng.uniform(0.5, 3.0, n),
        "strata": strata,
        "clusters": np.arange(n) // (n // 15) % 5,
        "population": np.array([15.0, 20.0, 30.0])[strata],
    }


# ---- against R survey 4.1.1


@designs
def test_mean_and_design_effect_equal_r(name):
    expected = reference.value("design", f"mean.api00.{name}")
    data, design = reference.design(name)
    found = means(design, data["api00"])
    assert_allclose(found.estimate, expected["estimate"]["api00"], **EXACT)
    assert_allclose(found.std_error, expected["se"]["api00"], **EXACT)
    assert_allclose(found.deff, expected["deff_replace"], **EXACT)
    assert found.df == expected["df"]


@designs
def test_mean_with_missing_values_equals_r(name):
    expected = reference.value("design", f"mean.enroll.narm.{name}")
    data, design = reference.design(name)
    found = means(design, data["enroll"], data["enroll"].notna())
    assert_allclose(found.estimate, expected["estimate"]["enroll"], **EXACT)
    assert_allclose(found.std_error, expected["se"]["enroll"], **EXACT)


@designs
def test_proportions_and_their_covariance_equal_r(name):
    expected = reference.value("design", f"prop.stype.{name}")
    data, design = reference.design(name)
    found = means(design, level_indicators(data["stype"]))
    assert_allclose(found.estimate, list(expected["estimate"].values()), **EXACT)
    assert_allclose(found.std_error, list(expected["se"].values()), **EXACT)
    assert_allclose(found.covariance, expected["vcov"]["values"], **EXACT)


@designs
def test_totals_equal_r(name):
    enroll = reference.value("design", f"total.enroll.{name}")
    stype = reference.value("design", f"total.stype.{name}")
    data, design = reference.design(name)
    found = totals(design, data["enroll"], data["enroll"].notna())
    assert_allclose(found.estimate, enroll["estimate"]["enroll"], **EXACT)
    assert_allclose(found.std_error, enroll["se"]["enroll"], **EXACT)
    found = totals(design, level_indicators(data["stype"]))
    assert_allclose(found.estimate, list(stype["estimate"].values()), **EXACT)
    assert_allclose(found.std_error, list(stype["se"].values()), **EXACT)


@designs
def test_means_by_group_equal_r(name):
    expected = reference.value("design", f"by.api00_stype.{name}")
    data, design = reference.design(name)
    groups = np.column_stack([data["stype"] == level for level in expected["level"]])
    found = means(design, data["api00"], groups)
    assert_allclose(found.estimate, expected["mean"], **EXACT)
    assert_allclose(found.std_error, expected["se"], **EXACT)


@designs
def test_subset_equals_r(name):
    expected = reference.value("design", f"subset.api00_schwideYes.{name}")
    data, design = reference.design(name)
    domain = (data["sch.wide"] == "Yes").to_numpy()
    found = means(design, data["api00"], domain)
    assert_allclose(found.estimate, expected["estimate"]["api00"], **EXACT)
    assert_allclose(found.std_error, expected["se"]["api00"], **EXACT)
    assert domain_df(design, domain) == expected["df"]
    found = totals(design, data["enroll"], domain & data["enroll"].notna())
    assert_allclose([found.estimate[0], found.std_error[0]], [expected["total"], expected["total_se"]], **EXACT)


@designs
def test_scores_of_a_ratio_give_the_standard_error_of_r(name):
    expected = reference.value("design", f"ratio.apistu_enroll.{name}")
    data, design = reference.design(name)
    known = (data["enroll"].notna() & data["api.stu"].notna()).to_numpy()
    students, enrolled = np.where(known, data[["api.stu", "enroll"]].to_numpy(float).T, 0)
    total = design.weights @ enrolled
    ratio = design.weights @ students / total
    variance = covariance_of_totals(design, ((students - ratio * enrolled) / total)[:, None])
    assert_allclose(ratio, expected["estimate"], **EXACT)
    assert_allclose(np.sqrt(variance), expected["se"], **EXACT)


# ---- formulas


def test_equal_weights_give_the_textbook_mean_and_standard_error():
    values = np.random.default_rng(1).normal(50, 10, (40, 3))
    found = means(SampleDesign.simple(40), values)
    assert_allclose(found.estimate, values.mean(axis=0), rtol=1e-13)
    assert_allclose(found.covariance, np.cov(values, rowvar=False) / 40, rtol=1e-12)
    assert (found.df, list(found.n), list(found.deff)) == (39, [40] * 3, [1.0] * 3)


def test_proportion_has_variance_pq_over_n_minus_1():
    found = means(SampleDesign.simple(570), np.arange(570) < 533)
    assert_allclose(found.variance, 533 / 570 * 37 / 570 / 569, rtol=1e-12)
    assert_allclose(found.n_effective, 570)


def test_kish_design_effect_and_its_use_without_variance():
    weights = np.array([1.0, 1, 2, 4])
    assert kish_design_effect(weights) == 4 * 22 / 64
    found = means(SampleDesign(weights), np.ones((4, 1)), np.array([1, 1, 0, 1], bool))
    assert_array_equal(found.estimate, 1.0)
    assert_array_equal(found.variance, 0.0)
    assert_allclose(found.deff, 3 * 18 / 36)


def test_a_constant_has_no_variance_whatever_its_value_and_the_weights():
    rng = np.random.default_rng(2)
    found = means(SampleDesign(**complex_survey(rng)), np.full((60, 2), [0.1, 3.7e5]))
    assert_array_equal(found.estimate, [0.1, 3.7e5])
    assert_array_equal(found.covariance, 0.0)


def test_what_the_strata_fix_has_exactly_no_variance_in_spite_of_rounding():
    strata = np.repeat([0, 1, 2], 7)
    weights = np.array([0.1, 0.7, 1.3])[strata]
    found = means(SampleDesign(weights, strata), strata[:, None] == [0, 1, 2])
    assert_array_equal(found.covariance, 0.0)
    assert_allclose(found.deff, kish_design_effect(weights))


def test_a_census_has_no_variance():
    design = SampleDesign(np.ones(4), population=np.full(4, 4.0))
    assert_array_equal(means(design, np.arange(4.0)).variance, 0.0)


def test_design_effect_of_a_simple_design_is_one_in_domains_too():
    values = np.random.default_rng(3).integers(0, 2, 30)
    domain = np.column_stack([np.arange(30) < 12, np.arange(30) >= 12, np.arange(30) < 1])
    found = means(SampleDesign.simple(30), values, domain)
    assert_array_equal(found.deff, 1.0)
    assert_array_equal(found.n_effective, [12, 18, 1])


def test_an_empty_domain_is_nan_in_its_column_only():
    domain = np.ones((10, 3), bool)
    domain[:, 1] = False
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = means(SampleDesign(np.arange(1.0, 11)), np.arange(10.0), domain)
    for column in (found.estimate, found.variance, found.deff, found.n_effective, np.diagonal(found.covariance)):
        assert_array_equal(np.isnan(column), [False, True, False])
    assert list(found.n) == [10, 0, 10]
    assert not np.isnan(found.covariance[0, 2])


def test_values_outside_the_domain_do_not_matter_and_missing_inside_is_refused():
    values, domain = np.arange(10.0), np.arange(10) < 8
    expected = means(SampleDesign.simple(10), values, domain)
    values[8:] = np.nan
    assert_array_equal(means(SampleDesign.simple(10), values, domain).covariance, expected.covariance)
    for estimator in (means, totals):
        with pytest.raises(ValueError, match="missing inside its domain"):
            estimator(SampleDesign.simple(10), values)


def test_one_respondent_has_a_mean_and_no_variance_estimate():
    found = means(SampleDesign.simple(1), [3.0])
    assert found.estimate == 3.0
    assert np.isnan(found.variance)
    assert found.df == 0


# ---- invariances


@pytest.fixture
def survey():
    rng = np.random.default_rng(4)
    values = rng.normal(size=(60, 4))
    values[:, 2] = rng.integers(0, 2, 60)
    domain = rng.random((60, 4)) < 0.7
    return complex_survey(rng), values, domain


def test_permuted_rows_give_the_same_results(survey):
    fields, values, domain = survey
    expected = means(SampleDesign(**fields), values, domain)
    order = np.random.default_rng(5).permutation(60)
    found = means(SampleDesign(**{k: v[order] for k, v in fields.items()}), values[order], domain[order])
    assert_allclose(found.estimate, expected.estimate, rtol=1e-12)
    assert_allclose(found.covariance, expected.covariance, rtol=1e-12, atol=1e-16)
    assert_allclose(found.deff, expected.deff, rtol=1e-12)


def test_scaled_weights_give_the_same_results(survey):
    fields, values, domain = survey
    expected = means(SampleDesign(**fields), values, domain)
    found = means(SampleDesign(**fields | {"weights": fields["weights"] * 812.5}), values, domain)
    assert_allclose(found.covariance, expected.covariance, rtol=1e-12, atol=1e-16)
    assert_allclose(found.deff, expected.deff, rtol=1e-12)
    assert_allclose(found.n_weighted, expected.n_weighted * 812.5)


def test_equal_weights_of_any_size_are_simple(survey):
    _, values, domain = survey
    expected, found = (means(SampleDesign(np.full(60, w)), values, domain) for w in (1.0, 7.3))
    assert SampleDesign(np.full(60, 7.3)).is_simple
    assert_allclose(found.covariance, expected.covariance, rtol=1e-12, atol=1e-16)
    assert not SampleDesign(np.ones(60), population=np.full(60, np.inf)).is_simple


def test_the_same_cluster_code_in_two_strata_is_two_clusters(survey):
    fields, values, _ = survey
    renamed = fields["clusters"] + 10 * fields["strata"]
    found = means(SampleDesign(**fields | {"clusters": renamed}), values)
    assert_array_equal(found.covariance, means(SampleDesign(**fields), values).covariance)
    assert found.df == 15 - 3


def test_an_infinite_population_is_no_correction(survey):
    fields, values, _ = survey
    without = means(SampleDesign(**fields | {"population": None}), values)
    infinite = means(SampleDesign(**fields | {"population": np.full(60, np.inf)}), values)
    assert_array_equal(infinite.covariance, without.covariance)


def test_blocks_of_columns_equal_the_full_computation(survey, monkeypatch):
    fields, values, domain = survey
    design = SampleDesign(**fields)
    full = means(design, values, domain)
    monkeypatch.setattr("b2bsurvey.statistics.linearisation.BLOCK_CELLS", 130)
    blocks = means(design, values, domain, full=False)
    for name in ("estimate", "variance", "deff", "n_weighted"):
        assert_allclose(getattr(blocks, name), getattr(full, name), rtol=1e-13)
    assert_array_equal(blocks.n, full.n)
    assert_allclose(np.diagonal(full.covariance), full.variance, rtol=1e-13)
    with pytest.raises(ValueError, match="full=True"):
        _ = blocks.covariance


def test_no_columns_give_no_means():
    assert means(SampleDesign.simple(5), np.empty((5, 0)), full=False).estimate.shape == (0,)


# ---- what is refused


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"weights": [1, 0, -1, 0, np.nan]}, "2 zero, 1 negative, 1 missing or infinite"),
        ({"weights": []}, "holds no respondent"),
        ({"strata": [0, 0, -1, 1, 1]}, "1 of 5 respondents have no stratum"),
        ({"clusters": [0, 0, -1, -1, 1]}, "2 of 5 respondents have no cluster"),
        ({"strata": [0, 0, 7, 1, 1]}, "Stratum 7 holds a single respondent"),
        ({"strata": [0, 0, 1, 1, 1], "clusters": [0, 1, 4, 4, 4]}, "Stratum 1 holds a single cluster"),
        ({"population": [9, 9, np.nan, 9, 9]}, "1 of 5 respondents have no population size"),
        ({"population": [9, 9, 8, 9, 9]}, "given both as 8 and as 9"),
        ({"population": [4] * 5}, "the population is given as 4 but 5"),
        ({"strata": [0, 0, 3, 3, 3], "population": [9, 9, 2, 2, 2]}, "of stratum 3 is given as 2 but 3"),
    ],
)
def test_impossible_designs_are_refused_in_one_sentence(fields, sentence):
    with pytest.raises(StudyError, match=sentence) as refused:
        SampleDesign(**{"weights": np.ones(5)} | fields)
    assert str(refused.value).count(".") == 1


def test_a_stratum_taken_whole_may_hold_a_single_respondent():
    design = SampleDesign(np.ones(3), strata=[0, 0, 1], population=[10, 10, 1])
    assert_allclose(totals(design, [1.0, 3.0, 9.0]).covariance, (1 - 2 / 10) * 2 * 2)


def test_arrays_of_different_length_are_refused():
    with pytest.raises(ValueError, match="strata has shape"):
        SampleDesign(np.ones(3), strata=[0, 0])
    for values, domain in ((np.ones((2, 3)), None), (np.ones(3), np.ones((2, 3), bool)), (3.0, None)):
        with pytest.raises(ValueError, match="one row for each of 3 respondents"):
            means(SampleDesign.simple(3), values, domain)
