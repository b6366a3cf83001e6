"""Outcome rates: AAPOR's formulas against published examples, and the laws that hold for any counts."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from b2bsurvey.statistics.outcome_rates import Cases, aapor_rates, eligible_share, web_rates

# the example in the README of R outcomerate 1.0.1: I 4, P 2, R 1, NC 1, O 1, UH + UO 2, NE 1
EXAMPLE = Cases(complete=4, partial=2, refused=1, not_contacted=1, other=1, unknown=2, ineligible=1)
NAMES = "RR1 RR2 RR3 RR4 RR5 RR6 COOP1 COOP2 COOP3 COOP4 REF1 REF2 REF3 CON1 CON2 CON3"
VALUES = ".364 .545 .370 .556 .444 .667 .500 .750 .571 .857 .091 .093 .111 .727 .741 .889"
COUNTS = st.builds(Cases, *[st.integers(0, 5000)] * 7)


def test_rates_equal_the_published_example():
    rates = aapor_rates(EXAMPLE, eligible_share(EXAMPLE))
    shown = {name: f"{rate.value:.3f}".removeprefix("0") for name, rate in rates.items()}
    assert shown == dict(zip(NAMES.split(), VALUES.split(), strict=True))


def test_the_formulas_say_what_is_computed():
    letters = {"I": 4, "P": 2, "R": 1, "NC": 1, "O": 1, "U": 2, "e": 0.9}
    for name, rate in aapor_rates(EXAMPLE, 0.9).items():
        assert eval(rate.formula.replace("·", "*"), {}, letters) == pytest.approx(rate.value, rel=1e-12), name


def test_rates_of_a_web_survey_equal_those_published():
    """5,636 invited, 1,849 unique views, 1,769 took part, 1,616 completed: 32.8, 95.7 and 91.4 %."""
    rates = web_rates(5636, 1849, 1769, 1616)
    shown = [f"{100 * rates[name].value:.1f}" for name in ("view_rate", "participation_rate", "completion_rate")]
    assert shown == ["32.8", "95.7", "91.4"]
    assert rates["usable_rate"].value == pytest.approx(1616 / 5636)


def test_only_rates_of_known_counts_are_given():
    assert set(web_rates(None, None, 10, 9)) == {"completion_rate"}
    assert set(web_rates(None, 20, 10, None)) == {"participation_rate"}
    assert math.isnan(web_rates(None, None, 0, 0)["completion_rate"].value)
    assert math.isnan(aapor_rates(Cases(0, 0, 0, 0, 0, 0, 0), 1.0)["RR1"].value)


@given(COUNTS, st.floats(0, 1))
def test_rates_are_ordered_and_between_0_and_1(cases, e):
    rates = {name: rate.value for name, rate in aapor_rates(cases, e).items()}
    known = np.array([v for v in rates.values() if not math.isnan(v)])
    assert ((known >= 0) & (known <= 1 + 1e-12)).all()
    if cases.eligible:
        assert rates["RR1"] <= rates["RR3"] + 1e-12 <= rates["RR5"] + 2e-12
        for odd in (1, 3, 5):
            assert rates[f"RR{odd}"] <= rates[f"RR{odd + 1}"]
        assert rates["CON3"] + cases.not_contacted / cases.eligible == pytest.approx(1)


@given(COUNTS)
def test_e_decides_between_the_extremes(cases):
    all_eligible, none = aapor_rates(cases, 1.0), aapor_rates(cases, 0.0)
    assert all_eligible["RR3"].denominator == all_eligible["RR1"].denominator
    assert none["RR4"].denominator == none["RR6"].denominator
    assert cases.total == cases.eligible + cases.unknown + cases.ineligible
