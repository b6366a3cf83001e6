"""Sample sizes against published tables and examples, and the laws that they follow."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import samplesize_confint_proportion

from b2bsurvey.statistics.power import n_for_paired, n_for_share, n_for_two_groups

SHARES = st.floats(0.02, 0.98)


def test_two_groups_equal_the_examples_of_r():
    """The help page of R power.prop.test: n = 76.7 for power .90, and power .740 with n = 50."""
    assert f"{n_for_two_groups(0.5, 0.75, power=0.90, level=0.95):.1f}" == "76.7"
    assert n_for_two_groups(0.5, 0.75, power=0.7401659, level=0.95) == pytest.approx(50, abs=1e-4)


def test_a_share_equals_the_published_tables():
    """384 and 1,067 respondents for ± 5 and ± 3 points at p = .5."""
    assert round(n_for_share(0.5, 0.05, 0.95)) == 384
    assert round(n_for_share(0.5, 0.03, 0.95)) == 1067
    # Krejcie & Morgan (1970): from a population of 1,000
    assert round(n_for_share(0.5, 0.05, 0.95, population=1000)) == 278


def test_paired_shares_equal_a_published_example():
    """powerandsamplesize.com, after Connor (1987): p01 = .45, p10 = .05, power .80: 23 pairs."""
    assert math.ceil(n_for_paired(0.45, 0.05, power=0.80, level=0.95)) == 23


@given(SHARES, st.floats(0.01, 0.2), st.floats(0.8, 0.99))
def test_a_share_equals_statsmodels(share, half_width, level):
    expected = samplesize_confint_proportion(share, half_width, alpha=1 - level, method="normal")
    assert n_for_share(share, half_width, level) == pytest.approx(expected, rel=1e-9)


@given(SHARES, SHARES, st.floats(1, 3))
def test_a_design_effect_multiplies_and_sides_do_not_matter(first, second, deff):
    if abs(first - second) > 0.01:
        plain = n_for_two_groups(first, second, 0.8, 0.95)
        assert n_for_two_groups(second, first, 0.8, 0.95, deff) == pytest.approx(deff * plain, rel=1e-9)
        assert n_for_two_groups(first, second, 0.9, 0.95) > plain


@given(st.floats(0.02, 0.4), st.floats(0.02, 0.4))
def test_fewer_discordant_pairs_need_fewer_respondents(first, second):
    if abs(first - second) > 0.01:
        more = n_for_paired(first + 0.05, second + 0.05, 0.8, 0.95)
        assert n_for_paired(first, second, 0.8, 0.95) < more


def test_a_finite_population_needs_no_more_than_itself():
    assert n_for_share(0.5, 0.01, 0.95, population=100) <= 100
