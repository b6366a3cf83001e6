"""Change between surveys, against svy, statsmodels, Kitagawa's formula, the jackknife, and laws that must hold."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import stats

from b2bsurvey.statistics.change import (
    Answers,
    any_change_test,
    change,
    change_test,
    decomposed,
    equivalence_test,
    slope,
    slope_test,
)
from b2bsurvey.statistics.contingency import pearson
from b2bsurvey.statistics.linearisation import SampleDesign

# Das Gupta (1993), example 5.3: deaths per 1,000 of the United States by race and age, and persons in thousands
PERSONS_1985 = """3041 11577 27450 32711 35480 27411 19555 19795 15254 8022 2472
    707 2692 6473 6841 6547 4352 3034 2540 1749 804 236"""
PERSONS_1970 = """2968 11484 34614 30992 21983 20314 20928 16897 11339 5720 1315
    535 2162 6120 4781 3096 2718 2363 1767 1149 448 117"""
DEATHS_1985 = """9.163 .462 .248 .929 1.084 1.810 4.715 12.187 27.728 64.068 157.570
    17.208 .738 .328 1.103 2.045 3.724 8.052 17.812 34.128 68.276 125.161"""
DEATHS_1970 = """18.469 .751 .391 1.146 1.287 2.672 6.636 15.691 34.723 79.763 176.837
    36.993 1.352 .541 2.040 3.523 6.746 12.967 24.471 45.091 74.902 123.205"""


def numbers(text):
    return np.array(text.split(), float)


@st.composite
def two_surveys(draw):
    """Return two surveys of a share or a mean, with weights and a base, and the cells of their respondents."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    share, weighted = draw(st.booleans()), draw(st.booleans())
    found = []
    for n in (draw(st.integers(30, 80)), draw(st.integers(30, 80))):
        cells = np.concatenate([np.repeat([0, 1, 2], 3), rng.integers(0, 3, n - 9)])
        values = rng.normal(cells + len(found), 2, n)
        domain = np.concatenate([np.ones(9, bool), rng.random(n - 9) < 0.9])
        design = SampleDesign(rng.uniform(0.3, 4, n) if weighted else np.ones(n))
        found.append((Answers(design, (values > 1).astype(float) if share else values, domain), cells))
    return found


def cells_of(codes):
    return (np.asarray(codes)[:, None] == np.arange(3)).astype(float)


def test_das_guptas_death_rates_decompose_as_kitagawas_formula_says():
    first, second = (
        Answers(SampleDesign(numbers(persons)), numbers(deaths), np.ones(22, bool))
        for persons, deaths in ((PERSONS_1970, DEATHS_1970), (PERSONS_1985, DEATHS_1985))
    )
    found = decomposed(first, second, np.eye(22), np.eye(22))
    shares = [numbers(persons) / numbers(persons).sum() for persons in (PERSONS_1970, PERSONS_1985)]
    rates = [numbers(DEATHS_1970), numbers(DEATHS_1985)]
    assert (round(first.mean, 1), round(second.mean, 1)) == (9.4, 8.7)  # as printed for 1970 and 1985
    assert_allclose(found.composition.estimate, np.sum((shares[1] - shares[0]) * (rates[0] + rates[1]) / 2), rtol=1e-9)
    assert_allclose(found.real.estimate, np.sum((rates[1] - rates[0]) * (shares[0] + shares[1]) / 2), rtol=1e-9)
    assert found.real.estimate < second.mean - first.mean < 0 < found.composition.estimate


@settings(max_examples=40, deadline=None)
@given(two_surveys())
def test_the_parts_sum_to_the_change_and_the_real_one_is_that_of_standardised_means(surveys):
    (first, one), (second, other) = surveys
    found = decomposed(first, second, cells_of(one), cells_of(other))
    assert abs(found.composition.estimate + found.real.estimate - change(first, second).estimate) < 1e-12
    assert abs(found.second.estimate - found.first.estimate - found.real.estimate) < 1e-12
    back = decomposed(second, first, cells_of(other), cells_of(one))
    assert_allclose(back.real.estimate, -found.real.estimate, atol=1e-12)
    assert_allclose(back.composition.std_error, found.composition.std_error, rtol=1e-9)


@settings(max_examples=20, deadline=None)
@given(two_surveys(), st.integers(0, 2**32 - 1))
def test_the_order_of_rows_and_the_size_of_weights_play_no_part(surveys, seed):
    (first, one), (second, other) = surveys
    order = np.random.default_rng(seed).permutation(first.design.n)
    moved = Answers(SampleDesign(7 * first.design.weights[order]), first.values[order], first.domain[order])
    here = decomposed(first, second, cells_of(one), cells_of(other))
    there = decomposed(moved, second, cells_of(one[order]), cells_of(other))
    for a, b in zip(vars(here).values(), vars(there).values(), strict=True):
        assert_allclose([a.estimate, a.std_error], [b.estimate, b.std_error], atol=1e-11)


@settings(max_examples=15, deadline=None)
@given(two_surveys())
def test_a_difference_is_that_of_svy_with_the_survey_as_stratum(surveys):
    svy = pytest.importorskip("svy")
    (first, _), (second, _) = surveys
    both = {
        "y": np.concatenate([s.values for s in (first, second)]),
        "w": np.concatenate([s.design.weights for s in (first, second)]),
        "s": np.repeat([0, 1], [first.design.n, second.design.n]),
        "d": np.concatenate([s.domain for s in (first, second)]).astype(int),
    }
    sample = svy.Sample(pl.DataFrame(both), svy.Design(wgt="w", stratum="s"))
    by = both["s"] + 2 * (1 - both["d"])
    sample = svy.Sample(pl.DataFrame({**both, "g": by}), svy.Design(wgt="w", stratum="s"))
    found = {int(e.by_level[0]): e for e in sample.estimation.mean("y", by="g").estimates}
    ours = change(first, second)
    assert_allclose(ours.estimate, found[1].est - found[0].est, rtol=1e-9, atol=1e-12)
    assert_allclose(ours.std_error, np.hypot(found[0].se, found[1].se), rtol=1e-9)


@settings(max_examples=15, deadline=None)
@given(two_surveys())
def test_equal_weights_give_welchs_test_and_two_one_sided_ones(surveys):
    weightstats = pytest.importorskip("statsmodels.stats.weightstats")
    (first, second) = (
        Answers(SampleDesign.simple(s.design.n), s.values, np.ones(s.design.n, bool)) for s, _ in surveys
    )
    if np.ptp(first.values) == 0 or np.ptp(second.values) == 0:
        return
    theirs = stats.ttest_ind(second.values, first.values, equal_var=False)
    ours = change_test(first, second)
    assert_allclose([ours.statistic, ours.df1, ours.p_value], [theirs.statistic, theirs.df, theirs.pvalue], rtol=1e-9)
    assert_allclose([ours.effect.low, ours.effect.high], theirs.confidence_interval(0.95), rtol=1e-9)
    p = weightstats.ttost_ind(second.values, first.values, -0.4, 0.4, usevar="unequal")[0]
    tost = equivalence_test(first, second, 0.4)
    assert_allclose(tost.p_value, p, rtol=1e-9)
    assert (tost.p_value < 0.05) == (tost.effect.low > -0.4 and tost.effect.high < 0.4)


@settings(max_examples=10, deadline=None)
@given(two_surveys())
def test_main_effects_decompose_as_oaxaca_and_blinder_with_mean_coefficients(surveys):
    oaxaca = pytest.importorskip("statsmodels.stats.oaxaca")
    (first, one), (second, other) = surveys
    first, second = (
        Answers(SampleDesign.simple(s.design.n), s.values, np.ones(s.design.n, bool)) for s in (first, second)
    )
    columns = [np.column_stack([np.ones(len(c)), c, np.arange(len(c)) % 2]) for c in (one, other)]
    found = decomposed(first, second, *columns)
    group = np.repeat([1, 0], [second.design.n, first.design.n])
    values = np.concatenate([second.values, first.values])
    model = oaxaca.OaxacaBlinder(
        values, np.column_stack([group, np.vstack(columns[::-1])]), 0, hasconst=True, swap=False
    )
    theirs = model.two_fold(two_fold_type="reimers").params  # unexplained, explained, gap
    gap = second.mean - first.mean
    sign = np.sign(theirs[2] * gap) if gap else 1
    assert_allclose(sign * np.array(theirs), [found.real.estimate, found.composition.estimate, gap], atol=1e-9)


def jackknife(statistic, sizes):
    """Return the variance of a statistic of several samples, one respondent left out at a time."""
    total = 0.0
    for place, n in enumerate(sizes):
        left = []
        for i in range(n):
            kept = [np.ones(size, bool) for size in sizes]
            kept[place][i] = False
            left.append(statistic(*kept))
        total += (n - 1) / n * np.sum((np.array(left) - np.mean(left, axis=0)) ** 2, axis=0)
    return total


def test_standard_errors_of_the_parts_are_near_those_of_the_jackknife():
    rng = np.random.default_rng(3)
    sides = []
    for n, moved in ((400, 0), (300, 1)):
        cells = np.minimum(rng.integers(0, 3, n) + moved * (rng.random(n) < 0.3), 2)
        sides.append((rng.uniform(0.5, 2, n), rng.normal(cells * (1 + moved), 1.0, n), cells))

    def parts(*kept):
        chosen = [(w[k], y[k], c[k]) for (w, y, c), k in zip(sides, kept, strict=True)]
        answers = [Answers(SampleDesign(w), y, np.ones(len(w), bool)) for w, y, _ in chosen]
        found = decomposed(*answers, *(cells_of(c) for *_, c in chosen))
        return [p.estimate for p in (found.composition, found.real, found.first, found.second)]

    everybody = [np.ones(len(w), bool) for w, *_ in sides]
    answers = [Answers(SampleDesign(w), y, np.ones(len(w), bool)) for w, y, _ in sides]
    found = decomposed(*answers, *(cells_of(c) for *_, c in sides))
    errors = [p.std_error for p in (found.composition, found.real, found.first, found.second)]
    assert parts(*everybody) == [p.estimate for p in vars(found).values()]
    assert_allclose(errors, np.sqrt(jackknife(parts, [400, 300])), rtol=0.02)


def test_the_same_people_asked_twice_have_the_variance_of_their_differences():
    rng = np.random.default_rng(5)
    n, names = 60, np.array([f"r{i}" for i in range(60)])
    before = rng.normal(0, 1, n)
    after = before + rng.normal(0.3, 0.5, n)
    turned = rng.permutation(n)
    first = Answers(SampleDesign.simple(n), before, np.ones(n, bool), names)
    second = Answers(SampleDesign.simple(n), after[turned], np.ones(n, bool), names[turned])
    found = change(first, second)
    assert_allclose(found.std_error, stats.sem(after - before), rtol=1e-9)
    apart = change(Answers(first.design, before, first.domain), second)
    assert apart.std_error > 2 * found.std_error


def test_the_same_survey_twice_did_not_change():
    rng = np.random.default_rng(7)
    same = Answers(SampleDesign(rng.uniform(1, 3, 90)), rng.integers(0, 2, 90).astype(float), np.ones(90, bool))
    groups = cells_of(np.arange(90) % 3)
    found = decomposed(same, same, groups, groups)
    assert change(same, same).estimate == found.composition.estimate == found.real.estimate == 0.0
    assert change_test(same, same).p_value == 1.0


def test_what_nobody_answers_otherwise_has_no_test():
    constant = Answers(SampleDesign.simple(40), np.ones(40), np.ones(40, bool))
    for test in (change_test(constant, constant), equivalence_test(constant, constant, 0.1)):
        assert test.p_value is None
        assert test.note == "not estimable: nothing varies, so there is no standard error"


def test_a_cell_without_anybody_is_refused():
    side = Answers(SampleDesign.simple(30), np.arange(30.0), np.ones(30, bool))
    with pytest.raises(ValueError, match="cannot be told from the others"):
        decomposed(side, side, cells_of(np.arange(30) % 3), cells_of(np.zeros(30)))


def test_a_line_through_three_surveys_is_that_of_their_means():
    rng = np.random.default_rng(11)
    surveys = [
        Answers(SampleDesign.simple(n), rng.normal(i, 1, n), np.ones(n, bool)) for i, n in enumerate((40, 90, 50))
    ]
    times = [2013.3, 2016.4, 2019.0]
    found = slope(surveys, times)
    theirs = stats.linregress(times, [s.mean for s in surveys])
    assert_allclose(found.estimate, theirs.slope, rtol=1e-12)
    off = np.array(times) - np.mean(times)
    errors = np.array([stats.sem(s.values) for s in surveys])
    assert_allclose(found.std_error, np.sqrt(np.sum((off * errors) ** 2)) / np.sum(off**2), rtol=1e-9)
    assert slope_test(surveys, times).p_value < 0.001
    assert slope_test(surveys, times).effect.name == "slope"


def test_any_change_of_shares_is_near_pearsons_test_in_large_surveys():
    rng = np.random.default_rng(13)
    shares = [(rng.random(4000) < p).astype(float) for p in (0.50, 0.52, 0.49)]
    found = any_change_test([Answers(SampleDesign.simple(4000), y, np.ones(4000, bool)) for y in shares])
    table = [[int(y.sum()), int(4000 - y.sum())] for y in shares]
    assert_allclose(found.p_value, pearson(table).p_value, rtol=0.02)
    assert found.df1 == 2
