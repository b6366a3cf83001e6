"""Alchemer (SurveyGizmo): its own columns first, options before their questions, places of the IP address dropped."""

import os
from pathlib import Path

import pytest

from b2bsurvey.config import Wave
from b2bsurvey.errors import StudyError
from b2bsurvey.ingest import ingest
from b2bsurvey.questionnaire_file import load_questionnaire
from b2bsurvey.readers import RawExport, read_export

FIXTURES = Path(__file__).parent / "fixtures" / "exports"
EXPORTS = os.environ.get("SURVEY_EXPORTS", "")
CHANNELS = "Which channels does your firm use: all of them?"
QUESTIONNAIRE = """title: {en: "Channels"}
source: {en: "Synthetic"}
languages: [en]
questions:
  channels:
    type: tick_all
    text: {en: "Channels"}
    column: COLUMN
    options:
      linkedin: {label: {en: "LinkedIn"}}
      youtube: {label: {en: "YouTube"}}
      other: {label: {en: "Other - Write In"}, open: true}
"""


def text(content: str, **options: str) -> RawExport:
    return read_export(Path("x.csv"), data=content.encode(), **options)


def test_columns_cells_and_facts() -> None:
    export = read_export(FIXTURES / "alchemer.csv")
    assert export.platform == "alchemer"
    assert export.reason == "'Time Started', 'Date Submitted' and 'Status' head columns before the questions"
    assert [(c.position, c.question, c.item) for c in export.columns] == [
        (21, CHANNELS, "LinkedIn"),
        (22, CHANNELS, "YouTube"),
        (23, CHANNELS, "Other - Write In"),
        (24, "What is your role?", ""),
        (25, "What is your role?", "Other - Write In"),
        (26, "Select all words: how is it?", ""),
        (27, "Country", ""),
    ]
    assert export.columns[0].heading == f"LinkedIn:{CHANNELS}"
    assert export.cells[26].iloc[0] == "quick;easy, really"
    assert export.cells[27].iloc[0] == "France"  # an answer, unlike the country of the IP address
    assert export.facts["respondent_id"].tolist() == ["7", "8", "9"]
    assert export.facts["complete"].tolist() == [True, False, False]
    assert export.facts["language"].tolist() == ["English", "French", "English"]
    assert export.personal == (
        *("Response ID", "Contact ID", "Legacy Comments", "Comments", "Referer", "Extended Referer", "SessionID"),
        *("User Agent", "Extended User Agent", "IP Address", "Longitude", "Latitude", "Country", "City"),
        *("State/Region", "Postal"),
    )
    everything = export.cells.to_csv() + repr((export.columns, export.notes))
    for value in ("192.0.2", "8.31", "Lucerne", "6000", "token", "Mozilla"):
        assert value not in everything


@pytest.mark.parametrize("column", [f"{{item}}:{CHANNELS}", CHANNELS])
def test_natural_patterns(tmp_path: Path, column: str) -> None:
    (tmp_path / "q.yaml").write_text(QUESTIONNAIRE.replace("COLUMN", f'"{column}"'), encoding="utf-8")
    export = read_export(FIXTURES / "alchemer.csv")
    typed, report = ingest([export], load_questionnaire(tmp_path / "q.yaml"), b"key", Wave("w", (), "", "open_link"))
    assert typed.values["channels_linkedin"].tolist()[:2] == [1, 0]
    assert typed.values["channels_other"].tolist()[:2] == [0, 1]
    assert report.not_understood == ()


def test_without_columns_of_the_ip_address_a_country_is_an_answer() -> None:
    export = text("Time Started,Date Submitted,Status,Country,Tags\n1,2,Complete,France,x\n")
    assert [c.question for c in export.columns] == ["Country", "Tags"]
    assert export.personal == ()


def test_strictness() -> None:
    assert text("Time Started,Date Submitted,q,Status\n1,2,3,4\n").platform == "plain"
    with pytest.raises(StudyError) as caught:
        text("Status,q\n1,2\n", platform="alchemer")
    assert str(caught.value) == (
        "x.csv, line 1: found headings that are not Alchemer's; expected 'Time Started', 'Date Submitted' and 'Status' "
        "before the questions; leave `platform` out or set it to 'plain'"
    )


@pytest.mark.skipif(not EXPORTS, reason="SURVEY_EXPORTS is not set: no folder of real exports")
def test_jupyter_2015() -> None:
    export = read_export(Path(EXPORTS) / "surveygizmo" / "jupyter_2015_SurveyExport.csv")
    assert export.platform == "alchemer"
    assert export.cells.shape == (1706, 37 - 3)
    assert export.facts["complete"].notna().all()
    columns = {column.position: column for column in export.columns}
    assert (columns[11].question, columns[11].item) == ("How do you run the Jupyter Notebook?", "Other - Write In")
    assert columns[10].question == columns[11].question
    assert columns[15].item == "Workflow Need #1"
    assert columns[15].question.endswith("does Jupyter Notebook not address?")
    assert export.cells[30].iloc[1] == "comfortable;intuitive;quick"
