"""Derived variables and conditions, against results worked out by hand."""

import pytest

from b2bsurvey.questionnaire_file import load_questionnaire
from b2bsurvey.responses import holds
from small_wave import FIXTURE
from test_ingest import read

HEADS = (
    "Respondent ID,staff,adoption,linkedin [private],linkedin [work],xing [private],xing [work],activities_read,"
    "activities_publish,barriers_privacy,barriers_time,barriers_strategy,why_not_no_need,why_not_no_skills,why_not_other"
)
ROWS = [
    "1,1–49,Uses,1,,1,1,Always,Often,Agree,Agree,Disagree,,,",
    "2,50 and more,Planned,,1,,,Never,Don't know,Neither,,,,,",
    "3,,Will not use,,,,,,,,,,1,,bakery",
]


def made(tmp_path, derived, name="made"):
    text = (FIXTURE / "questionnaire.yaml").read_text(encoding="utf-8")
    path = tmp_path / "q.yaml"
    path.write_text(f"{text}\nderived:\n  {name}:\n    text: {{en: Made}}\n    {derived}\n", encoding="utf-8")
    responses, _ = read("\n".join([HEADS, *ROWS]) + "\n", load_questionnaire(path))
    values = responses.values[name].astype(object)
    reasons = responses.missing[name].astype(object)
    return [v if v == v and v is not None else r for v, r in zip(values, reasons, strict=True)]


@pytest.mark.parametrize(
    ("derived", "expected"),
    [
        ("net: {of: adoption, codes: [uses, planned]}", ["yes", "yes", "no"]),
        ("net: {of: staff, codes: [large]}", ["no", "yes", "not_answered"]),
        ("net: {of: staff, codes: [large, not_answered]}", ["no", "yes", "yes"]),
        ("net: {of: adoption, codes: [uses]}\n    among: {staff: any}", ["yes", "no", "not_applicable"]),
        (
            "net: {of: adoption, codes: [uses]}\n    among: [{staff: [large]}, {adoption: [none]}]",
            ["not_applicable", "no", "no"],
        ),
        (
            "map: {of: adoption, to: {open: [uses, planned]}}\n    answers: {open: {label: {en: Open}}}",
            ["open", "open", "not_applicable"],
        ),
        (
            "map: {of: staff, to: {known: [small, large], blank: [not_answered]}}\n"
            "    answers: {known: {label: {en: K}}, blank: {label: {en: B}}}",
            ["known", "known", "blank"],
        ),
        ("count: {of: channels}", [3.0, 1.0, "not_answered"]),
        ("count: {of: activities, codes: [often, always]}", [2.0, 0.0, "not_answered"]),
        ("any_of: [{adoption: [uses]}, {staff: [large]}]", ["yes", "yes", "not_answered"]),
        ("all_of: [{adoption: [uses]}, {staff: [large]}]", ["no", "no", "no"]),
        ("any_of: [{channels: [linkedin]}]", ["yes", "yes", "not_answered"]),
        # "any" is known of everybody: who ticked nothing did not
        ("any_of: [{channels: any}]", ["yes", "yes", "no"]),
        # a context of a grid in which nothing is ticked was not answered
        ("any_of: [{channels_linkedin_private: ['1']}]", ["yes", "not_answered", "not_answered"]),
        ("any_of: [{channels_linkedin_work: ['1']}]", ["no", "yes", "not_answered"]),
        ("index: {of: [activities]}", [3.5, 1.0, "not_answered"]),
        (
            "index: {of: [activities, barriers], min_valid: 3}",
            [(4 + 3 + 5 + 5 + 1) / 5, "not_answered", "not_answered"],
        ),
    ],
)
def test_by_hand(tmp_path, derived, expected):
    assert made(tmp_path, derived) == expected


def test_band_of_a_count(tmp_path):
    derived = (
        "count: {of: channels}\n  band:\n    text: {en: Band}\n    band: {of: made, from: {few: 0, many: 2}}\n"
        "    answers: {few: {label: {en: Few}}, many: {label: {en: Many}}}"
    )
    text = (FIXTURE / "questionnaire.yaml").read_text(encoding="utf-8")
    path = tmp_path / "q.yaml"
    path.write_text(f"{text}\nderived:\n  made:\n    text: {{en: Made}}\n    {derived}\n", encoding="utf-8")
    responses, _ = read("\n".join([HEADS, *ROWS]) + "\n", load_questionnaire(path))
    assert responses.values["band"].astype(object).tolist()[:2] == ["many", "few"]


def test_conditions_know_what_they_do_not_know(tmp_path):
    responses, _ = read("\n".join([HEADS, *ROWS]) + "\n")
    questionnaire = load_questionnaire(FIXTURE / "questionnaire.yaml")
    true, known = holds(questionnaire.filters["users"], responses, questionnaire)
    assert true.tolist() == [True, False, False]
    assert known.tolist() == [True, True, True]
    true, known = holds(questionnaire.eligible_if, responses, questionnaire)
    assert true.tolist() == [True, True, False]
