"""Microsoft Forms: headings in the language of the account, joined cells, matrices, workbooks."""

import io
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest

from b2bsurvey.config import Wave
from b2bsurvey.errors import StudyError
from b2bsurvey.ingest import ingest
from b2bsurvey.questionnaire_file import load_questionnaire
from b2bsurvey.readers import RawExport, read_export

FIXTURES = Path(__file__).parent / "fixtures" / "exports"
QUESTIONNAIRE = """title: {en: "Channels"}
source: {en: "Synthetic"}
languages: [en]
questions:
  channels:
    type: tick_all
    text: {en: "Channels"}
    column: "Which channels does your firm use?"
    joined: ";"
    options:
      linkedin: {label: {en: "LinkedIn"}}
      youtube: {label: {en: "YouTube"}}
      none: {label: {en: "None of these"}, exclusive: true}
  useful:
    type: battery
    text: {en: "Useful"}
    column: COLUMN
    items: {linkedin: {label: {en: "LinkedIn"}}, xing: {label: {en: "Xing vs. LinkedIn"}}}
    answers:
      very: {label: {en: "Very useful"}}
      useful: {label: {en: "Useful"}}
      not: {label: {en: "Not useful"}}
  months: {type: number, text: {en: "Months"}, column: "How long, e.g. in months, have you used them?", unit: {en: months}}
"""


def text(content: str, **options: str) -> RawExport:
    return read_export(Path("x.csv"), data=content.encode(), **options)


def test_columns_cells_and_facts() -> None:
    export = read_export(FIXTURES / "msforms.csv")
    assert export.platform == "msforms"
    assert export.reason == "the first columns are headed 'ID', 'Start time' and 'Completion time'"
    assert [(c.position, c.question, c.item) for c in export.columns] == [
        (8, "Which channels does your firm use?", ""),
        (9, "How useful are they?", "LinkedIn"),
        (10, "How useful are they?", "Xing vs. LinkedIn"),
        (11, "How long, e.g. in months, have you used them?", ""),
        (12, "Points - Quiz.", ""),
    ]
    assert export.columns[2].heading == "How useful are they?.Xing vs. LinkedIn"
    assert export.cells[8].tolist() == ["LinkedIn;YouTube;", "None of these;"]
    assert export.cells[11].tolist() == ["30 months", "12"]
    facts = export.facts
    assert facts["started_at"].astype(str).tolist() == ["2025-08-20 12:51:45", "2025-08-20 13:00:01"]
    assert facts["submitted_at"].astype(str).tolist() == ["2025-08-20 12:54:25", "2025-08-20 13:01:02"]
    assert facts["complete"].tolist() == [True, True]
    assert facts["language"].tolist() == ["English (United States)", "Deutsch"]
    assert export.personal == ("ID", "Email", "Name")
    assert export.notes == ("1 column of the platform without answers left out: Last modified time",)
    assert "Ada" not in export.cells.to_csv() + facts.to_csv() + repr(export.columns)


@pytest.mark.parametrize("column", ["How useful are they?.{item}", "How useful are they?"])
def test_natural_patterns_find_the_rows_of_a_matrix(tmp_path: Path, column: str) -> None:
    (tmp_path / "q.yaml").write_text(QUESTIONNAIRE.replace("COLUMN", f'"{column}"'), encoding="utf-8")
    export = read_export(FIXTURES / "msforms.csv")
    typed, report = ingest([export], load_questionnaire(tmp_path / "q.yaml"), b"key", Wave("w", (), "", "open_link"))
    assert typed.values["useful_linkedin"].tolist() == ["very", "useful"]
    assert typed.values["useful_xing"].tolist()[0] == "not"
    assert typed.values["channels_linkedin"].tolist() == [1, 0]
    assert typed.values["channels_none"].tolist() == [0, 1]
    assert typed.values["months"].tolist() == [30, 12]
    assert report.not_understood == ()


def test_german_with_semicolons() -> None:
    export = read_export(FIXTURES / "msforms_de.csv")
    assert (export.platform, export.delimiter) == ("msforms", ";")
    assert export.cells[6].tolist() == ["LinkedIn", "LinkedIn;YouTube"]  # without the last semicolon
    assert [c.item for c in export.columns] == ["", "LinkedIn", "Xing"]
    assert export.facts["submitted_at"].astype(str).tolist() == ["2026-04-27 11:39:00", "2026-04-27 12:02:00"]
    assert export.personal == ("Id", "E-Mail", "Name")


@pytest.mark.parametrize(
    ("headings", "personal"),
    [
        (
            "ID,Heure de début,Heure de fin,Adresse de messagerie,Nom,Heure de la dernière modification,Langue",
            ("ID", "Adresse de messagerie", "Nom"),
        ),
        ("ID,Ora di inizio,Ora di completamento,Posta elettronica,Nome", ("ID", "Posta elettronica", "Nome")),
        ("ID,Start time,Completion time,Email", ("ID", "Email")),
        ("ID,Start time,Completion time", ("ID",)),  # answers without names
    ],
)
def test_other_languages(headings: str, personal: tuple[str, ...]) -> None:
    blanks = "," * (headings.count(",") - 2)
    export = text(f"{headings},q1\n1,27/04/2026 11:34,27/04/2026 11:39{blanks},5\n")
    assert export.platform == "msforms"
    assert export.personal == personal
    assert export.cells.to_numpy().tolist() == [["5"]]


def test_a_question_called_name_is_an_answer() -> None:
    export = text("ID,Start time,Completion time,Email,Name,Brand,Name,Language\n1,a,b,c,d,e,Acme,French\n")
    assert [c.question for c in export.columns] == ["Brand", "Name", "Language"]
    assert export.facts["language"].tolist() == [""]


def test_numbers_of_two_forms_are_not_the_same_respondents() -> None:
    english = text("ID,Start time,Completion time,q\n1,2026-04-27 11:34:00,2026-04-27 11:39:00,5\n2,,,4\n")
    german = text("Id;Startzeit;Fertigstellungszeit;q\n1;2026-04-28 09:00:00;2026-04-28 09:05:00;3\n")
    assert english.facts["respondent_id"].tolist() == ["1 2026-04-27 11:34:00", ""]
    assert german.facts["respondent_id"].tolist() == ["1 2026-04-28 09:00:00"]


def test_workbook() -> None:
    book = openpyxl.Workbook()
    book.active.append(["ID", "Start time", "Completion time", "Email", "Name", "Which channels?"])
    book.active.append([1, datetime(2026, 4, 27, 11, 34), datetime(2026, 4, 27, 11, 39), "anonymous", None, "A;B;"])
    stream = io.BytesIO()
    book.save(stream)
    export = read_export(Path("x.xlsx"), data=stream.getvalue())
    assert export.platform == "msforms"
    assert str(export.facts["submitted_at"].iloc[0]) == "2026-04-27 11:39:00"
    assert export.cells.to_numpy().tolist() == [["A;B;"]]


def test_dots_that_part_nothing() -> None:
    export = text("ID,Start time,Completion time,Use vs.others,See example.org,a.b.c,a.b.d\n1,x,y,1,2,3,4\n")
    assert [(c.question, c.item) for c in export.columns] == [
        *(("Use vs.others", ""), ("See example.org", "")),
        *(("a", "b.c"), ("a", "b.d")),
    ]


def test_headings_of_another_platform() -> None:
    assert text("ID,Start time,q\n1,2,3\n").platform == "plain"
    assert text("Start time,Completion time,ID,q\n1,2,3,4\n").platform == "plain"
    with pytest.raises(StudyError) as caught:
        text("ID,Start time,q\n1,2,3\n", platform="msforms")
    assert str(caught.value) == (
        "x.csv, line 1: found headings that are not those of Microsoft Forms; expected 'ID', 'Start time' and "
        "'Completion time' first, in English, German, French or Italian; leave `platform` out or set it to 'plain'"
    )
