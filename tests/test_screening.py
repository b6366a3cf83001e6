"""Screening: one disposition a row, the first rule that finds it decides, and everything reconciles."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from b2bsurvey.config import (
    RULES,
    DuplicateRule,
    IncompleteRule,
    Rule,
    Screening,
    SpeederRule,
    StraightLinerRule,
)
from b2bsurvey.questionnaire import Condition
from b2bsurvey.questionnaire_file import load_questionnaire
from b2bsurvey.responses import Responses
from b2bsurvey.screening import LEDGER_COLUMNS, screen
from b2bsurvey.tables import read_table, to_csv
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
    assert len(screened(Screening().with_action("off", *RULES)).responses) == 60


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
    ledger = screened(Screening(duplicate=DuplicateRule(by=("answers",), min_answers=9)), text).ledger
    assert ledger["disposition"].tolist() == ["analysed"] * 3 + ["duplicate"]
    assert ledger["detail"].tolist()[-1] == "same answers as small.csv, row 2"


def test_rows_with_few_answers_are_not_called_the_same():
    heads, *lines = [line.partition(",")[2] for line in export(6).splitlines()]
    short = "1–49,Uses" + "," * (lines[0].count(",") - 1)
    text = "\n".join([heads, short, short]) + "\n"
    rule = DuplicateRule(by=("answers",))
    assert (screened(Screening(duplicate=rule), text).ledger["disposition"] == "analysed").all()
    found = screened(Screening(duplicate=replace(rule, min_answers=2)), text).ledger
    assert found["disposition"].tolist() == ["analysed", "duplicate"]


def test_the_same_code_for_different_reasons_is_not_the_same_answer():
    heads, line, *_ = [line.partition(",")[2] for line in export(6).splitlines()]
    cells = line.split(",")
    place = heads.split(",").index("activities_read")
    dont_know, nothing = ([*cells[:place], text, *cells[place + 1 :]] for text in ("Don't know", ""))
    text = "\n".join([heads, ",".join(dont_know), ",".join(nothing), ",".join(dont_know)]) + "\n"
    found = screened(Screening(duplicate=DuplicateRule(by=("answers",), min_answers=5)), text).ledger
    assert found["disposition"].tolist() == ["analysed", "analysed", "duplicate"]


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


def marked(**columns):
    """Return the small wave with what the platform says of some of its rows."""
    responses, _ = read(export())
    respondents = responses.respondents.copy()
    for name, values in columns.items():
        for row, value in values.items():
            respondents.loc[row, name] = value
    return replace(responses, respondents=respondents)


def row(ledger, number):
    return ledger.loc[number, ["disposition", "rule", "detail"]].tolist()


ADOPTERS = Condition(((("adoption", ("uses",)),),))


def with_condition(name, condition=ADOPTERS):
    """Return the questionnaire with another condition."""
    return replace(QUESTIONNAIRE, **{name: condition})


def test_consent_goes_before_everything():
    responses, _ = read(export())
    found = screen(responses, with_condition("consent_if"), Screening()).ledger
    uses = responses.values["adoption"] == "uses"
    assert (found.loc[~uses, "disposition"] == "consent").all()
    assert row(found, 59) == ["consent", "consent", "consent not answered"]
    assert set(found.loc[found["disposition"] == "consent", "detail"]) == {"no consent", "consent not answered"}
    assert (found.loc[uses, "disposition"] != "consent").all()


def test_wrong_answers_to_the_attention_check_are_flagged_and_missing_ones_are_not():
    responses, _ = read(export())
    found = screen(responses, with_condition("attention_if"), Screening(ineligible=Rule("off"), empty=Rule("off")))
    wrong = responses.values["adoption"].isin(["planned", "none"])
    assert wrong.any()
    assert (found.ledger.loc[wrong & (found.ledger["disposition"] == "analysed"), "rule"] == "attention").all()
    assert found.ledger.loc[59, "rule"] == ""


def test_tests_are_known_by_an_answer_where_the_platform_marks_none():
    responses, _ = read(export())
    found = screen(responses, with_condition("test_if"), Screening()).ledger
    uses = (responses.values["adoption"] == "uses").fillna(False)
    assert (found.loc[uses, ["disposition", "detail"]] == ["test", "a test by its answers"]).all(axis=None)
    assert (found.loc[~uses, "disposition"] != "test").all()


def test_speeders_are_flagged_against_those_who_completed():
    seconds = dict.fromkeys(range(20), 600.0) | {3: 179.0, 4: 180.0, 5: 20.0, 6: float("nan")}
    responses = marked(duration=seconds, complete={5: "no", **dict.fromkeys(range(7, 20), "yes")})
    ledger = screened(responses=responses).ledger
    assert row(ledger, 3) == ["analysed", "speeder", "took 179 s, the median is 600 s"]
    assert row(ledger, 4) == ["analysed", "", ""]
    assert row(ledger, 5)[0] == "incomplete"
    assert (ledger.loc[20:, "rule"] != "speeder").all()
    strict = Screening(speeder=SpeederRule("exclude", share_of_median=0.5))
    assert screened(strict, responses=responses).ledger.loc[4, "disposition"] == "speeder"


def test_nobody_is_a_speeder_where_no_duration_is_known():
    assert (screened(Screening(speeder=SpeederRule("exclude"))).ledger["disposition"] != "speeder").all()


def straight(cells, **settings):
    """Return what becomes of a first row with other cells."""
    lines = export().splitlines()
    heads, first = lines[0].split(","), lines[1].split(",")
    for item, cell in cells.items():
        first[heads.index(item)] = cell
    lines[1] = ",".join(first)
    rule = StraightLinerRule(**{"min_items": 3} | settings)
    return row(screened(Screening(straight_liner=rule), "\n".join(lines) + "\n").ledger, 0)


LINE = {f"barriers_{item}": "Agree" for item in ("privacy", "time", "strategy")}


def test_a_straight_line_is_flagged():
    assert straight(LINE) == ["analysed", "straight_liner", "straight line in 1 of 1 batteries"]
    assert straight(LINE, action="exclude")[0] == "straight_liner"
    assert straight(LINE | {"barriers_time": "Neither"})[1] == ""
    assert straight(LINE | {"barriers_strategy": "Disagree"}, share=0.6)[1] == "straight_liner"
    assert straight(LINE | {"barriers_strategy": ""})[1] == ""  # too few answers to tell


def test_all_batteries_or_any_of_them():
    cells = LINE | {"activities_read": "Never", "activities_publish": "Always"}
    assert straight(cells, min_items=2)[1] == ""
    assert straight(cells, min_items=2, batteries="any")[2] == "straight line in 1 of 2 batteries"
    assert straight(cells | {"activities_publish": "Never"}, min_items=2)[2] == "straight line in 2 of 2 batteries"


def test_signs_of_an_incomplete_interview_stand_alone_or_together():
    responses = marked(complete={1: "no", 2: "no"}, last_page={2: 3, 3: 3, 4: 5})
    page = IncompleteRule(min_last_page=4)
    found = screened(Screening(incomplete=page), responses=responses).ledger
    assert found["disposition"].tolist()[1:5] == ["incomplete", "incomplete", "incomplete", "analysed"]
    assert found.loc[2, "detail"] == "incomplete according to the platform, left on page 3, before page 4"
    both = screened(Screening(incomplete=replace(page, when="all")), responses=responses).ledger
    assert both["disposition"].tolist()[1:5] == ["analysed", "incomplete", "analysed", "analysed"]
    alone = screened(Screening(incomplete=replace(page, platform=False)), responses=responses).ledger
    assert alone["disposition"].tolist()[1:5] == ["analysed", "incomplete", "incomplete", "analysed"]
    none = screened(Screening(incomplete=IncompleteRule(platform=False)), responses=responses).ledger
    assert (none["disposition"] != "incomplete").all()


def test_what_is_enough_answers_overrules_the_platform_where_all_signs_are_wanted():
    responses = marked(complete=dict.fromkeys(range(60), "no"))
    rule = IncompleteRule(min_share=0.8, when="all")
    found = screened(Screening(incomplete=rule), responses=responses).ledger
    details = found.loc[found["disposition"] == "incomplete", "detail"]
    assert (found["disposition"] == "analysed").any()
    assert details.str.startswith("incomplete according to the platform, answered").all()


def test_the_first_rule_decides_and_flags_add_up():
    responses = marked(test={0: True}, complete={0: "no"}, duration=dict.fromkeys(range(60), 100.0) | {1: 1.0})
    rules = Screening(straight_liner=StraightLinerRule(min_items=2, share=0.5, batteries="any"))
    ledger = screened(rules, responses=responses).ledger
    assert row(ledger, 0) == ["test", "test", "marked by the platform"]
    assert ledger.loc[1, "rule"] == "speeder; straight_liner"
    assert ledger.loc[1, "detail"].startswith("took 1 s, the median is 100 s; straight line in ")


def test_the_ledger_says_how_far_each_row_got():
    lines = export().splitlines()
    width = lines[0].count(",")
    lines[1] = "a,1–49,Uses" + "," * (width - 2)  # left after two of six questions
    lines[2] = "b,1–49,Uses,1,1,1,1,Often,Often,Agree,Agree,Agree,,,"  # the last one is not asked of users
    lines[3] = "c,1–49,Will not use,1,1,1,1,Often,Often,Agree,Agree,Agree,,,"  # left at the last one
    responses, _ = read("\n".join(lines[:4]) + "\n")
    assert screened(responses=responses).ledger["reached"].tolist() == [2, 6, 5]
    done = replace(responses, respondents=responses.respondents.assign(complete="yes", last_page=[1, 2, None]))
    ledger = screened(responses=done).ledger
    assert ledger["reached"].tolist() == [6, 6, 6]
    assert ledger["last_page"].tolist() == [1, 2, pd.NA]
    assert screened().ledger.loc[59, "reached"] == 0


def test_the_ledger_is_read_back_as_it_was(tmp_path):
    ledger = screened(responses=marked(last_page={2: 3})).ledger
    (tmp_path / "ledger.csv").write_text(to_csv(ledger), encoding="utf-8")
    again = read_table(str(tmp_path / "ledger.csv"))
    assert again["reached"].tolist() == ledger["reached"].tolist()
    assert again["last_page"].dropna().tolist() == [3]


ACTIONS = st.sampled_from(["exclude", "flag", "off"])


@settings(max_examples=25, deadline=None)
@given(st.tuples(*[ACTIONS] * len(RULES)), st.integers(0, 2**16))
def test_whatever_the_rules_every_row_is_accounted_for(actions, seed):
    random = np.random.default_rng(seed)
    responses, _ = read(export(seed=seed % 7))
    respondents = responses.respondents.assign(
        complete=random.choice(["yes", "no", ""], 60),
        test=random.random(60) < 0.1,
        duration=random.choice([10.0, 300.0, 400.0, np.nan], 60),
    )
    responses = replace(responses, respondents=respondents)
    rules = Screening(straight_liner=StraightLinerRule(min_items=2, share=0.5, batteries="any"))
    for name, action in zip(RULES, actions, strict=True):
        rules = rules.with_action(action, name)
    found = screen(responses, QUESTIONNAIRE, rules)
    assert len(found.ledger) == 60
    assert found.ledger["disposition"].value_counts().sum() == 60
    assert set(found.ledger["disposition"]) <= {
        "analysed",
        *(r for r, a in zip(RULES, actions, strict=True) if a == "exclude"),
    }
    flagged = {
        flag
        for flags in found.ledger.loc[found.ledger["disposition"] == "analysed", "rule"]
        for flag in flags.split("; ")
        if flag
    }
    assert flagged <= {r for r, a in zip(RULES, actions, strict=True) if a == "flag"}
    assert (found.ledger["detail"] != "").equals(found.ledger["rule"] != "")
    assert (
        found.responses.respondents["row"].tolist()
        == found.ledger.loc[found.ledger["disposition"] == "analysed", "row"].tolist()
    )
    turned = Responses(
        *(
            frame.iloc[::-1].reset_index(drop=True)
            for frame in (responses.respondents, responses.values, responses.missing)
        )
    )
    if rules.duplicate.action == "off":  # who was first depends on the order
        again = screen(turned, QUESTIONNAIRE, rules).ledger
        assert again["disposition"].tolist()[::-1] == found.ledger["disposition"].tolist()
