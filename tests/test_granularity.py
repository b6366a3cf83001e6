"""GRIM, GRIMMER and DEBIT: all sets of answers of small samples, and the examples of their authors."""

from fractions import Fraction
from itertools import combinations_with_replacement

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from b2bsurvey.as_printed import half_unit, number
from b2bsurvey.statistics.granularity import Interval, possible_squares, possible_totals


def printed(text):
    return Interval(number(text) - half_unit(text), number(text) + half_unit(text))


@pytest.mark.parametrize(
    ("mean", "n", "totals"),
    [
        ("3.45", 10, []),  # Allard (2018), after Brown & Heathers (2017): 34.5 is no sum of ten answers
        ("3.45", 20, [69]),
        ("5.93", 49, []),  # The Economist (18 June 2016) on GRIM: 290.57
        ("5.19", 28, []),  # Brown & Heathers (2017): 145 of 28 is 5.18, 146 is 5.21
        ("5.18", 28, [145]),
        ("5.21", 28, [146]),
    ],
)
def test_grim_on_its_authors_examples(mean, n, totals):
    assert list(possible_totals(printed(mean), n)) == totals


def test_grimmer_on_its_authors_example():
    """Allard (2018): 18 answers with the mean 3.44 add up to 62, which is even; 2.47 would need 317 squared, odd."""
    assert list(possible_totals(printed("3.44"), 18)) == [62]
    assert list(possible_squares(printed("3.44"), printed("2.47"), 18)) == []
    assert list(possible_squares(printed("3.44"), printed("2.48"), 18)) == [(62, 318)]


@pytest.mark.parametrize(("mean", "sd"), [("0.35", "0.18"), ("0.36", "0.11")])
def test_debit_on_its_authors_examples(mean, sd):
    """Heathers & Brown (2019), as the R package scrutiny gives them: of 20 answers 0 or 1, neither can be."""
    assert list(possible_squares(printed(mean), printed(sd), 20, scale=(0, 1))) == []


def test_debit_is_the_standard_deviation_of_a_share():
    for count in range(21):
        sd = f"{(count * (20 - count) / (20 * 19)) ** 0.5:.2f}"
        assert list(possible_squares(printed(f"{count / 20:.2f}"), printed(sd), 20, scale=(0, 1))) == [(count, count)]


def moments(answers):
    """Return the sum and the sum of squares of each set of answers."""
    return {(sum(a), sum(x * x for x in a)) for a in answers}


@settings(max_examples=150, deadline=None)
@given(st.integers(2, 6), st.integers(0, 500), st.integers(0, 250), st.integers(1, 2), st.sampled_from([1, 2]))
def test_what_is_possible_is_what_some_answers_give(n, mean, sd, decimals, items):
    """Brute force: every set of answers from 1 to 5 (sums of `items` such), and its mean and standard deviation."""
    m, s = (f"{value / 100:.{decimals}f}" for value in (mean, sd))
    wide, narrow = printed(m), printed(s)
    sets = moments(combinations_with_replacement(range(items, 5 * items + 1), n))
    fitting = set()
    for total, square in sets:
        variance = (square - Fraction(total * total, n)) / (n - 1) / items**2
        if wide.low <= Fraction(total, n * items) <= wide.high and (
            max(narrow.low, 0) ** 2 <= variance <= narrow.high**2
        ):
            fitting.add((total, square))
    assert set(possible_squares(wide, narrow, n, items, (1, 5))) == fitting
    totals = {total for total, _ in sets if wide.low <= Fraction(total, n * items) <= wide.high}
    assert set(possible_totals(wide, n, items, (1, 5))) == totals


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(-9, 9), min_size=2, max_size=9))
def test_without_a_scale_no_answers_are_called_impossible(answers):
    n, total = len(answers), sum(answers)
    square = sum(x * x for x in answers)
    variance = (square - Fraction(total * total, n)) / (n - 1)
    mean = Interval(Fraction(total, n), Fraction(total, n))
    root = Fraction(float(variance) ** 0.5)
    sd = Interval(root - Fraction(1, 10**6), root + Fraction(1, 10**6))
    assert (total, square) in set(possible_squares(mean, sd, n))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(1, 7), min_size=21, max_size=60))
def test_large_samples_that_were_answered_are_possible(answers):
    n, total, square = len(answers), sum(answers), sum(x * x for x in answers)
    sd = float((square - Fraction(total * total, n)) / (n - 1)) ** 0.5
    found = possible_squares(printed(f"{total / n:.3f}"), printed(f"{sd:.3f}"), n, scale=(1, 7))
    assert (total, square) in set(found)


def test_one_respondent_has_no_standard_deviation():
    with pytest.raises(ValueError, match="2 respondents"):
        list(possible_squares(printed("3"), printed("1"), 1))
