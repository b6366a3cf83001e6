"""From those invited to those analysed: every count reconciles to the ledger, every rate to its counts."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from b2bsurvey.analyses import analyse
from b2bsurvey.analyses.participation import break_off_rows, cases_of, rate_rows
from b2bsurvey.config import RULES, Inference, Outcomes, Wave
from b2bsurvey.design import survey_of
from b2bsurvey.errors import StudyError
from b2bsurvey.screening import DISPOSITIONS, ELIGIBILITY_UNKNOWN
from b2bsurvey.tables import estimates_table
from test_estimates import find, survey
from test_screening import QUESTIONNAIRE, marked, screened


def with_ledger(dispositions, outcomes=Outcomes(), sampling="census", flags=(), **columns):  # noqa: B008
    """Return a survey whose ledger has so many rows of each disposition; `flags` are of the first analysed."""
    rows = [name for name, count in dispositions.items() for _ in range(count)]
    ledger = pd.DataFrame({"disposition": rows, "rule": ["" if r == "analysed" else r for r in rows], "detail": ""})
    ledger.loc[: len(flags) - 1, "rule"] = list(flags)
    ledger = ledger.assign(**{"reached": 6, "last_page": pd.array([pd.NA] * len(rows), "Int64")} | columns)
    base = marked()
    analysed = dispositions.get("analysed", 0)
    responses = base.keep(np.arange(60) < min(analysed, 58))
    wave = Wave("small", (), "q.yaml", sampling, outcomes=replace(outcomes, line="c.yaml, line 9"))
    return survey_of(responses, QUESTIONNAIRE, ledger, wave, Inference())


def rates(of):
    table = estimates_table(rate_rows(of))
    return table[table["question"] == "outcome_rates"].set_index("answer")


def test_the_published_rates_of_a_web_survey_come_out_of_a_ledger():
    """5,636 invited, 1,849 unique views; 1,769 took part, 1,616 completed."""
    ledger = {"analysed": 1616, "incomplete": 153, "empty": 12, "test": 3, "duplicate": 40}
    outcomes = Outcomes(invited=5636, views_crude=2031, views_unique=1849)
    found = rates(with_ledger(ledger, outcomes, "open_link"))
    assert [f"{100 * found.loc[n, 'estimate']:.1f}" for n in ("view_rate", "participation_rate", "completion_rate")] == [
        "32.8", "95.7", "91.4",
    ]  # fmt: skip
    assert found.loc["view_rate", ["count", "n", "outcome", "note"]].tolist() == [
        1849, 5636, "views_unique / invited", "definition of CHERRIES (Eysenbach 2004)",
    ]  # fmt: skip
    assert not any(name.startswith(("RR", "COOP", "REF", "CON")) for name in found.index)
    assert found.loc["usable_rate", "count"] == 1616


def test_a_drawn_sample_has_aapors_rates():
    ledger = {
        "analysed": 60,
        "incomplete": 10,
        "empty": 2,
        "consent": 3,
        "speeder": 4,
        "ineligible": 5,
        "duplicate": 6,
        "test": 1,
    }
    of = with_ledger(ledger, Outcomes(invited=200, undelivered=20, ineligible=8, refused=7), flags=["incomplete"] * 15)
    cases = cases_of(of)
    assert (cases.complete, cases.partial, cases.refused, cases.other) == (45, 15, 22, 4)
    assert (cases.ineligible, cases.not_contacted, cases.unknown) == (13, 0, 101)
    found = rates(of)
    e = 86 / 99
    assert found.loc["RR1", "estimate"] == pytest.approx(45 / 187)
    assert found.loc["RR2", "estimate"] == pytest.approx(60 / 187)
    assert found.loc["RR3", "estimate"] == pytest.approx(45 / (86 + e * 101))
    assert found.loc["RR6", "estimate"] == pytest.approx(60 / 86)
    assert found.loc["COOP1", "estimate"] == pytest.approx(45 / 86)
    assert found.loc["CON1", "estimate"] == pytest.approx(86 / 187)
    assert (
        found.loc["RR3", "note"]
        == "definition of AAPOR (2016), Standard Definitions; e = 0.869, as among the cases known"
    )
    assert found.loc["RR1", "note"] == "definition of AAPOR (2016), Standard Definitions"
    assert found.loc["RR1", "outcome"] == "I / (I + P + R + NC + O + U)"
    assert "usable_rate" not in found.index


def test_with_the_unknown_counted_the_rest_was_not_reached():
    outcomes = Outcomes(invited=100, undelivered=5, unknown=15, e=0.5)
    of = with_ledger({"analysed": 40}, outcomes)
    cases = cases_of(of)
    assert (cases.unknown, cases.not_contacted) == (20, 40)
    found = rates(of)
    assert found.loc["RR3", "estimate"] == pytest.approx(40 / 90)
    assert found.loc["RR3", "note"].endswith("e = 0.500, as given")


def test_who_did_not_say_whether_they_belong_is_of_unknown_eligibility():
    of = with_ledger({"analysed": 10, "ineligible": 4}, Outcomes(invited=20))
    of.ledger.loc[10:11, "detail"] = ELIGIBILITY_UNKNOWN
    cases = cases_of(of)
    assert (cases.ineligible, cases.unknown) == (2, 2 + 6)


def test_a_random_sample_without_the_number_invited_has_no_response_rate():
    found = rates(with_ledger({"analysed": 10, "incomplete": 2}))
    assert list(found.index) == ["completion_rate"]


def test_completion_is_not_known_where_nothing_says_who_completed():
    row = rates(with_ledger({"analysed": 10, "empty": 1})).loc["completion_rate"]
    assert (row["status"], row["note"]) == ("not_estimable", "the export does not say who completed")
    assert np.isnan(row["estimate"])


@pytest.mark.parametrize(
    ("outcomes", "sampling", "sentence"),
    [
        (Outcomes(invited=40), "census", "c.yaml, line 9: 40 were invited, but the export and the other outcomes account for 57; correct the counts."),
        (Outcomes(views_unique=50), "open_link", "c.yaml, line 9: there were 50 unique visitors (views_unique), but 57 rows of the export took part; correct the count."),
    ],
)  # fmt: skip
def test_counts_that_cannot_both_be_right_stop_the_wave(outcomes, sampling, sentence):
    with pytest.raises(StudyError) as error:
        rate_rows(with_ledger({"analysed": 50, "incomplete": 7}, outcomes, sampling))
    assert str(error.value) == sentence


def test_a_link_that_was_passed_on_has_no_view_rate():
    row = rates(with_ledger({"analysed": 10, "incomplete": 1}, Outcomes(invited=20, views_unique=30), "open_link")).loc[
        "view_rate"
    ]
    assert row[["status", "note"]].tolist() == ["not_estimable", "there are more cases than the base holds"]


COUNTS = st.fixed_dictionaries({name: st.integers(0, 30) for name in DISPOSITIONS})


@settings(max_examples=30, deadline=None)
@given(COUNTS, *[st.none() | st.integers(0, 50)] * 3, st.integers(0, 40))
def test_cases_and_rows_reconcile_to_the_ledger(counts, undelivered, refused, unknown, more):
    rows = sum(counts.values())
    outcomes = Outcomes(
        rows + sum(x or 0 for x in (undelivered, refused, unknown)) + more, undelivered, None, refused, unknown
    )
    of = with_ledger(counts, outcomes)
    cases = cases_of(of)
    assert cases.total == outcomes.invited
    assert cases.complete + cases.partial == counts["analysed"]
    assert cases.refused == counts["consent"] + counts["empty"] + counts["incomplete"] + (refused or 0)
    table = estimates_table(rate_rows(of))
    letters = table[table["question"] == "cases"]
    assert letters["count"].sum() == outcomes.invited
    field_work = table[table["question"] == "field_work"].set_index("answer")["count"]
    left_out = sum(counts[name] for name in ("test", "duplicate", "consent", "empty", "ineligible"))
    assert field_work["took_part"] == rows - left_out
    if "completed" in field_work:
        assert field_work["completed"] == field_work["took_part"] - counts["incomplete"]
    estimable = table[(table["question"] == "outcome_rates") & table["estimate"].notna()]
    assert estimable["estimate"].between(0, 1 + 1e-12).all()


def test_those_who_left_and_those_who_finished_add_up():
    ledger = {"analysed": 3, "incomplete": 2, "empty": 1, "test": 1, "duplicate": 1, "consent": 1, "ineligible": 1}
    of = with_ledger(ledger, reached=[6, 6, 5, 2, 4, 0, 1, 1, 1, 1])
    table = estimates_table(break_off_rows(of))
    assert (table["n"] == 6).all()
    still = table[table["answer"] == "answering"].set_index("item")["count"]
    assert still.tolist() == [5, 5, 4, 4, 3, 2]
    assert still.index.tolist() == ["staff", "adoption", "channels", "activities", "barriers", "why_not"]
    left = table[table["answer"].isin(["left_after", "finished"])]
    assert left["count"].tolist() == [1, 0, 1, 0, 1, 1, 2]
    assert left["count"].sum() == 6
    assert left["estimate"].sum() == pytest.approx(1)
    assert (still.diff().dropna() <= 0).all()


def test_pages_count_where_they_are_known():
    of = with_ledger(
        {"analysed": 3, "incomplete": 2}, reached=[6, 6, 6, 2, 1], last_page=pd.array([9, 9, pd.NA, 3, 1], "Int64")
    )
    table = estimates_table(break_off_rows(of))
    pages = table[table["question"] == "break_off_page"]
    assert (pages["n"] == 4).all()
    assert pages.loc[pages["answer"] == "answering", "count"].tolist() == [4, 3, 2]
    assert pages.loc[pages["answer"] == "answering", "item"].tolist() == ["1", "3", "9"]


@pytest.mark.parametrize("rule", RULES)
def test_the_flow_counts_each_rule(rule):
    table = analyse(with_ledger({"analysed": 5, rule: 2}, sampling="open_link"), "sample").estimates
    flow = find(table, question="disposition").set_index("answer")["count"]
    assert (flow[rule], flow["analysed"], flow.sum()) == (2, 5, 7)


def test_rows_of_the_sample_are_told_apart():
    for of in (survey(), with_ledger({"analysed": 40, "incomplete": 3}, Outcomes(invited=100))):
        table = analyse(of, "sample").estimates
        assert table["estimate_id"].is_unique
        assert (table["status"] != "").all()


def test_the_ledger_of_a_real_screening_reconciles():
    responses = marked(complete={i: "no" if i < 6 else "yes" for i in range(60)})
    found = screened(responses=responses)
    wave = Wave("small", (), "q.yaml", "census", outcomes=Outcomes(invited=90))
    of = survey_of(found.responses, QUESTIONNAIRE, found.ledger, wave, Inference())
    table = estimates_table(rate_rows(of)).set_index("answer")
    assert table.loc["completion_rate", ["count", "n"]].tolist() == [52, 58]
    assert table.loc["RR2", ["count", "n"]].tolist() == [52, 90]
