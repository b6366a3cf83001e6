"""Patterns of missing answers and Little's test against R (mice, norm, naniar), and the laws that they follow."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

import reference
from b2bsurvey.statistics import missingness
from b2bsurvey.statistics.missingness import little_mcar, missing_patterns


def bfi(*names):
    data = reference.data("bfi")
    return (data[list(names)] if names else data.iloc[:, 1:26]).to_numpy(dtype=float)


def test_patterns_equal_r():
    expected = reference.value("quality", "missing.bfi25")
    missing = np.isnan(bfi())
    patterns, counts = missing_patterns(missing)
    assert len(patterns) == expected["patterns"]
    assert counts[~patterns.any(axis=1)].item() == counts[0] == expected["n_complete"]
    assert counts @ patterns == pytest.approx(list(expected["missing_by_item"].values()))
    assert (np.diff(counts) <= 0).all()


@pytest.mark.parametrize(
    ("entry", "names", "tolerance"),
    [
        ("mcar.bfi_N", ("N1", "N2", "N3", "N4", "N5"), 1e-13),
        ("mcar.airquality", (), 1e-13),
        ("mcar.bfi25", (), 1e-12),
    ],
)
def test_little_equals_r(entry, names, tolerance):
    expected = reference.value("quality", entry)
    answers = bfi(*names) if "bfi" in entry else reference.data("airquality").to_numpy(dtype=float)
    found = little_mcar(answers, tolerance)
    assert (found.df, found.patterns) == (expected["df"], expected["patterns"])
    assert_allclose(found.statistic, expected["statistic"], rtol=1e-9)
    assert_allclose(found.p_value, expected["p"], rtol=1e-9)
    assert_allclose(found.mean, expected["mu"], rtol=1e-9)
    assert_allclose(found.covariance, expected["sigma"]["values"], rtol=1e-9, atol=1e-9)


def test_little_equals_naniar():
    expected = reference.value("quality", "mcar.naniar.bfi_N")
    found = little_mcar(bfi("N1", "N2", "N3", "N4", "N5"))
    assert_allclose(found.statistic, expected["statistic"], rtol=1e-3)
    assert found.patterns == expected["missing.patterns"]


def test_little_is_about_chi_squared_where_answers_are_missing_at_random():
    generator = np.random.default_rng(5)
    p_values = []
    for _ in range(200):
        answers = generator.normal(size=(150, 3)) @ np.array([[1, 0.5, 0.2], [0, 1, 0.4], [0, 0, 1.0]])
        answers[generator.random(answers.shape) < 0.15] = np.nan
        p_values.append(little_mcar(answers, 1e-8).p_value)
    assert 0.01 < np.mean(np.array(p_values) < 0.05) < 0.11  # 10 of 200 expected, 99.9 % within 2 to 21


def test_little_is_the_same_in_any_order_and_unit():
    generator = np.random.default_rng(6)
    answers = generator.normal(size=(120, 3)) + generator.normal(size=(120, 1))
    answers[generator.random(answers.shape) < 0.2] = np.nan
    found = little_mcar(answers)
    turned = little_mcar(100 - 7 * generator.permutation(answers)[:, [2, 0, 1]])
    assert_allclose([turned.statistic, turned.p_value], [found.statistic, found.p_value], rtol=1e-8)


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        ([[1, 2], [2, 1], [3, 3.0]], "nothing is missing"),
        ([[1], [np.nan]], "a single item"),
        ([[1, np.nan], [2, np.nan]], "all respondents answered the same items"),
        ([[1, 2], [np.nan, 1]], "too few respondents for the number of items"),
        ([[1, 2], [1, 3], [1, np.nan], [1, 5.0]], "an item has the same answer throughout"),
        ([[1, 2], [2, 4], [3, 6], [4, np.nan], [np.nan, 3.0]], "the covariance of the items cannot be estimated"),
        (np.empty((0, 3)), "nothing is missing"),
    ],
)
def test_what_cannot_be_estimated_says_why(answers, why):
    found = little_mcar(answers)
    assert np.isnan(found.p_value)
    assert found.note == f"not estimable: {why}"


def test_too_many_patterns_are_refused_not_waited_for(monkeypatch):
    monkeypatch.setattr(missingness, "MOST_PATTERNS", 2)
    answers = np.random.default_rng(7).normal(size=(30, 3))
    answers[0, 0] = answers[1, 1] = np.nan
    assert little_mcar(answers).note == "not estimable: more than 2 patterns of missing answers"
