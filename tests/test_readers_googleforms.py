"""Google Forms: the time stamp first, grids in brackets, joined cells left as they are."""

import gzip
import os
from pathlib import Path

import pytest

from b2bsurvey.config import Wave
from b2bsurvey.errors import StudyError
from b2bsurvey.ingest import ingest
from b2bsurvey.questionnaire_file import load_questionnaire
from b2bsurvey.readers import Column, RawExport, read_export

FIXTURES = Path(__file__).parent / "fixtures" / "exports"
EXPORTS = os.environ.get("SURVEY_EXPORTS", "")
QUESTIONNAIRE = """title: {en: "Channels"}
source: {en: "Synthetic"}
languages: [en]
questions:
  channels:
    type: tick_all
    text: {en: "Channels"}
    column: "Which channels, if any, does your firm use?"
    joined: ", "
    options:
      linkedin: {label: {en: "LinkedIn"}}
      written: {label: {en: "Blogs, wikis and the like"}}
      youtube: {label: {en: "YouTube"}}
      none: {label: {en: "None of these"}, exclusive: true}
      other: {label: {en: "Other"}, open: true}
  useful:
    type: battery
    text: {en: "Useful"}
    column: COLUMN
    items: {linkedin: {label: {en: "LinkedIn"}}, xing: {label: {en: "Xing (in German) [beta]"}}}
    answers:
      very: {label: {en: "Very useful"}}
      useful: {label: {en: "Useful"}}
      not: {label: {en: "Not useful"}}
"""


def text(content: str, **options: str) -> RawExport:
    return read_export(Path("x.csv"), data=content.encode(), **options)


def test_columns_cells_and_facts() -> None:
    export = read_export(FIXTURES / "googleforms.csv")
    assert export.platform == "googleforms"
    assert export.reason == "column 1 is headed 'Timestamp' and holds times of day"
    assert export.columns == (
        Column(3, "", "Which channels, if any, does your firm use?", ""),
        Column(4, "", "How useful are they?", "LinkedIn", heading="How useful are they? [LinkedIn]"),
        Column(
            5,
            "",
            "How useful are they?",
            "Xing (in German) [beta]",
            heading="How useful are they? [Xing (in German) [beta] ]",
        ),
        Column(6, "", "What is your role?", ""),
        Column(7, "", "Anything else?", ""),
    )
    assert export.cells.iloc[0].tolist() == [
        *("LinkedIn, Blogs, wikis and the like, YouTube", "Very useful", "Not useful", "Owner"),
        'First line\nsecond, "quoted" line',
    ]
    assert list(export.cells.index) == [2, 4, 5]
    assert export.facts["submitted_at"].astype(str).tolist() == [
        *("2016-04-22 19:57:50", "2016-04-23 08:01:02", "2016-12-01 00:05:09")
    ]
    assert export.facts["complete"].tolist() == [True, True, True]
    assert export.personal == ("Email Address",)
    assert "example.org" not in export.cells.to_csv() + export.facts.to_csv()


@pytest.mark.parametrize(
    "column", ["How useful are they? [{item}]", "How useful are they?  [{item}]", "How useful are they?"]
)
def test_natural_patterns_find_the_rows_of_a_grid(tmp_path: Path, column: str) -> None:
    (tmp_path / "q.yaml").write_text(QUESTIONNAIRE.replace("COLUMN", f'"{column}"'), encoding="utf-8")
    export = read_export(FIXTURES / "googleforms.csv")
    typed, report = ingest([export], load_questionnaire(tmp_path / "q.yaml"), b"key", Wave("w", (), "", "open_link"))
    assert typed.values["useful_linkedin"].tolist()[::2] == ["very", "useful"]
    assert typed.values["useful_xing"].tolist()[0] == "not"
    assert typed.values["channels_written"].tolist() == [1, 0, 0]  # the option holds the delimiter
    assert typed.values["channels_youtube"].tolist() == [1, 0, 1]
    assert typed.values["channels_other"].tolist() == [0, 0, 1]
    assert report.not_understood == ()


@pytest.mark.parametrize(
    ("heading", "email", "time"),
    [
        ("Zeitstempel", "E-Mail-Adresse", "22.04.2016 19:57:50"),
        ("Horodateur", "Adresse e-mail", "22/04/2016 19:57:50"),
        ("Informazioni cronologiche", "Indirizzo email", "22/04/2016 19.57.50"),
        ("Timestamp", "Username", "2016/04/22 7:57:50 PM GMT+2"),
        ("Timestamp", "Email address", "42482.8318287037"),
    ],
)
def test_other_languages_and_forms_of_time(heading: str, email: str, time: str) -> None:
    export = text(f"{heading},{email},q1\n{time},x,5\n")
    assert export.platform == "googleforms"
    assert export.personal == (email,)
    assert str(export.facts["submitted_at"].iloc[0]) == "2016-04-22 19:57:50"


def test_a_first_column_that_is_no_time_stamp() -> None:
    assert text("Timestamp,q1\n2016-04-22,5\n").platform == "plain"  # a day, no time of day
    assert text("Timestamp,q1\nmorning,5\n").platform == "plain"
    assert text("q1,Timestamp\n5,4/22/2016 19:57:50\n").platform == "plain"
    with pytest.raises(StudyError) as caught:
        text("Timestamp,q1\nmorning,5\n", platform="googleforms")
    assert str(caught.value) == (
        "x.csv, line 1: found a first column that is not Google's time stamp; expected 'Timestamp' (or 'Zeitstempel', "
        "'Horodateur', 'Informazioni cronologiche') and a date with a time in every row; leave `platform` out or set "
        "it to 'plain'"
    )


def test_a_question_in_brackets_keeps_its_heading() -> None:
    export = text("Timestamp,Use [yes/no],[unsure],odd]\n4/22/2016 19:57:50,a,b,c\n")
    assert [(c.question, c.item) for c in export.columns] == [("Use", "yes/no"), ("[unsure]", ""), ("odd]", "")]


@pytest.mark.skipif(not EXPORTS, reason="SURVEY_EXPORTS is not set: no folder of real exports")
@pytest.mark.parametrize(("year", "rows", "columns", "grid"), [(2019, 259, 24, 10), (2021, 247, 43, 11)])
def test_real_exports(year: int, rows: int, columns: int, grid: int) -> None:
    path = Path(EXPORTS) / "googleforms" / f"dask_{year}-user-survey-results.csv.gz"
    export = read_export(path)
    assert export.platform == "googleforms"
    assert export.cells.shape == (rows, columns - 1)  # without the time stamp
    assert export.facts["submitted_at"].notna().all()
    assert sum(c.question == "What common feature requests do you care about most?" for c in export.columns) == grid
    assert read_export(Path("x.csv"), data=gzip.decompress(path.read_bytes())).cells.equals(export.cells)
