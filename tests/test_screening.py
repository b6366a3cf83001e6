"""Screening: one disposition a row, the first rule that finds it decides, and everything reconciles."""

from dataclasses import replace
from pathlib import Path

import pytest

from b2bsurvey.config import DuplicateRule, IncompleteRule, Rule, Screening
from b2bsurvey.questionnaire_file import load_questionnaire
from b2bsurvey.screening import LEDGER_COLUMNS, screen
from small_wave import FIXTURE, export
from test_ingest import read

QUESTIONNAIRE = load_questionnaire(FIXTURE / "questionnaire.yaml")
TYPEFORM = Path(__file__).parent / "fixtures" / "exports"


def screened(rules=None, text=None, responses=None):
    responses = responses or read(text or export())[0]
    return screen(responses, QUESTIONNAIRE, rules or Screening())


def test_every_row_is_in_the_ledger():
    found = screened()
    assert list(found.ledger.columns) == list(LEDGER_COLUMNS)
    assert found.ledger["row"].tolist() == list(range(2, 62))
    counts = found.ledger["disposition"].value_counts()
    assert (counts["analysed"], counts["duplicate"], counts["empty"]) == (58, 1, 1)
    assert len(found.responses) == 58
    assert found.responses.respondents["respondent"].is_unique


def test_last_of_a_pair_can_stay():
    ledger = screened(Screening(duplicate=DuplicateRule(keep="last"))).ledger
    assert ledger.loc[ledger["disposition"] == "duplicate", "row"].tolist() == [59]
    assert (
        ledger.loc[ledger["disposition"] == "duplicate", "detail"].item() == "same respondent id as small.csv, row 60"
    )


def test_flagged_rows_are_analysed():
    found = screened(Screening(duplicate=DuplicateRule(action="flag")))
    assert len(found.responses) == 59
    flagged = found.ledger[found.ledger["rule"] == "duplicate"]
    assert flagged["disposition"].tolist() == ["analysed"]


def test_rules_can_be_off():
    off = Rule(action="off")
    rules = Screening(off, off, IncompleteRule("off"), DuplicateRule("off"), off)
    assert len(screened(rules).responses) == 60


def test_share_of_answers_decides_on_incomplete():
    lines = export().splitlines()
    lines[1] = "r1,1–49,Uses,,,,,,,,,,,,"
    found = screened(Screening(incomplete=IncompleteRule(min_share=0.5)), "\n".join(lines) + "\n")
    row = found.ledger.iloc[0]
    assert (row["disposition"], row["detail"]) == ("incomplete", "answered 2 of 5 questions asked")


def test_platform_decides_on_incomplete_and_test():
    responses, _ = read(export())
    marked = responses.respondents.assign(complete="yes")
    marked.loc[3, "complete"], marked.loc[4, "test"] = "no", True
    ledger = screened(responses=replace(responses, respondents=marked)).ledger
    assert ledger.loc[3, ["disposition", "detail"]].tolist() == ["incomplete", "incomplete according to the platform"]
    assert ledger.loc[4, "disposition"] == "test"


def test_same_answers_are_found_without_an_id():
    lines = [line.partition(",")[2] for line in export(6).splitlines()[:4]]
    text = "\n".join([*lines, lines[1]]) + "\n"
    assert (screened(text=text).ledger["disposition"] == "analysed").all()
    ledger = screened(Screening(duplicate=DuplicateRule(by=("answers",))), text).ledger
    assert ledger["disposition"].tolist() == ["analysed"] * 3 + ["duplicate"]


def test_eligibility_is_a_condition_on_answers():
    lines = export().splitlines()
    lines[1] = lines[1].replace("50 and more", "").replace("1–49", "")
    ledger = screened(text="\n".join(lines) + "\n").ledger
    assert ledger.loc[0, "disposition"] == "ineligible"


@pytest.mark.parametrize("rows", [0, 1, 2])
def test_few_rows_are_no_error(rows):
    lines = export().splitlines()
    found = screened(text="\n".join(lines[: rows + 1]) + "\n")
    assert len(found.ledger) == rows == len(found.responses)
