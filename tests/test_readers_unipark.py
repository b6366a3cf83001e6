"""Unipark / EFS: disposition codes, several codes for no answer, and files that were saved again."""

from pathlib import Path

from b2bsurvey.config import Wave
from b2bsurvey.ingest import ingest
from b2bsurvey.questionnaire_file import load_questionnaire
from b2bsurvey.readers import read_export

EXPORTS = Path(__file__).parent / "fixtures" / "exports"
QUESTIONNAIRE = """title: {en: "Channels"}
source: {en: "Synthetic"}
languages: [en]
questions:
  use:
    type: single
    text: {en: "Use?"}
    column: v_1
    answers: {uses: {label: {en: "Uses"}, spellings: ["1"]}, plans: {label: {en: "Plans"}, spellings: ["2"]}}
  reach:
    type: single
    text: {en: "Reach?"}
    column: v_2
    missing: {not_answered: ["0"]}
    answers: {low: {label: {en: "Low"}, spellings: ["3"]}, high: {label: {en: "High"}, spellings: ["5"]}}
  channels:
    type: tick_all
    text: {en: "Channels"}
    options:
      linkedin: {label: {en: "LinkedIn"}, column: v_3}
      youtube: {label: {en: "YouTube"}, column: v_4}
      other: {label: {en: "Other"}, column: v_5, open: true}
"""


def test_facts() -> None:
    raw = read_export(EXPORTS / "unipark.csv")
    assert (raw.platform, raw.delimiter) == ("unipark", ";")
    assert raw.reason == "there are Unipark's columns 'lfdn', 'external_lfdn', 'tester', 'dispcode'"
    facts = raw.facts
    assert facts["respondent_id"].tolist() == ["101", "102", "103", "104"]
    assert facts["complete"].tolist() == [True, True, True, False]  # 31, 32, 31, 22
    assert facts["test"].tolist() == [False, False, True, False]
    assert facts["duration"].isna().tolist() == [False, True, False, False]  # −1 goes with a break
    assert facts["submitted_at"].isna().tolist() == [False, False, False, True]  # 0000-00-00
    assert facts["language"].tolist() == ["1", "1", "2", "1"]


def test_columns() -> None:
    raw = read_export(EXPORTS / "unipark.csv")
    assert [c.code for c in raw.columns] == ["p_0001", "v_1", "v_2", "v_3", "v_4", "v_5", "v_6"]
    assert raw.personal == ("lfdn", "external_lfdn", "browser", "referer")
    assert raw.notes == (
        "4 columns of the platform without answers left out: quality, page_history, rts100, rts101",
        "0 is what Unipark writes for a closed question that was seen and not answered; where it is no answer, add '0' "
        "to the question's `missing`: v_2",
    )
    assert raw.cells[13].iloc[0] == "Messe; Stand"


def test_codes_for_no_answer(tmp_path: Path) -> None:
    (tmp_path / "q.yaml").write_text(QUESTIONNAIRE, encoding="utf-8")
    raw = read_export(EXPORTS / "unipark.csv")
    typed, report = ingest([raw], load_questionnaire(tmp_path / "q.yaml"), b"key", Wave("w", (), "", "open_link"))
    assert typed.values["reach"].tolist()[0] == "high"
    assert typed.missing["reach"].tolist()[1] == "not_answered"  # 0
    assert typed.missing["reach"].tolist()[3] == "not_shown"  # −77
    assert typed.values["channels_other"].tolist()[:2] == [1, 0]  # a text, −99
    assert typed.values["channels_youtube"].tolist()[:3] == [0, 1, 1]
    assert typed.missing["channels_other"].tolist()[2:] == ["not_shown", "not_shown"]  # −66, −77
    assert typed.missing["channels_linkedin"].tolist()[3] == "not_shown"
    assert report.not_understood == ()


def test_saved_again_by_a_spreadsheet() -> None:
    raw = read_export(EXPORTS / "unipark_resaved.csv")
    assert raw.platform == "unipark"
    assert [(c.position, c.code) for c in raw.columns] == [(7, "v_1"), (8, "v_2"), (9, "v_2"), (10, "v_5")]
    assert raw.facts["respondent_id"].tolist() == ["", ""]  # no lfdn
    assert raw.facts["duration"].isna().tolist() == [True, False]
    assert raw.notes == (
        "'v_2' is the heading of columns 8, 9",
        "2 columns of the platform without answers left out: quality, rts100",
        "1 cell holds '###': a spreadsheet column was too narrow, the value was lost (line 2, column 10)",
        "left out as no numbers of seconds: 1 of 2 durations",
    )
