"""Real, openly licensed exports: shapes, headings and published numbers."""

import os
from pathlib import Path

import pytest

from b2bsurvey.errors import StudyError
from b2bsurvey.readers import RawExport, read_export, read_exports

EXPORTS = os.environ.get("SURVEY_EXPORTS", "")
pytestmark = pytest.mark.skipif(not EXPORTS, reason="SURVEY_EXPORTS is not set: no folder of real exports")


def export(name: str) -> RawExport:
    return read_export(Path(EXPORTS) / name)


def shape(raw: RawExport, facts: int) -> tuple[int, int]:
    """Return rows and columns of the file: the columns kept and those that became facts or were dropped."""
    assert raw.cells.shape == (len(raw.facts), len(raw.columns))
    return len(raw.cells), len(raw.columns) + facts


def test_osposurvey() -> None:
    raw = export("surveymonkey/osposurvey_2018_results.csv")
    assert raw.platform == "surveymonkey"
    assert raw.encoding == "utf-8"
    assert shape(raw, facts=3) == (748, 174)
    assert raw.personal == ("Respondent ID",)
    assert raw.facts["respondent_id"].is_unique
    assert raw.facts["respondent_id"].iloc[0] == "10103000748"
    assert raw.facts["started"].iloc[0] == "43290.53487"
    assert raw.cells.index[0] == 3
    columns = {column.position: column for column in raw.columns}
    assert columns[4].question == "Collector"
    assert columns[10].question.startswith("Where is your company or organization on its open source journey?")
    assert columns[10].item == "Don’t know"
    assert columns[8].item.startswith("Initiating or releasing")  # a no-break space in the file
    assert columns[11].item == "Response"  # the question repeated in the second row
    assert (columns[39].question, columns[39].item) == (columns[38].question, "")
    assert columns[126].question == columns[114].question
    assert columns[174].item == "Response"
    assert not any("date where a range" in note for note in raw.notes if "column 2" in note)


def test_osposurvey_published_shares() -> None:
    cells = export("surveymonkey/osposurvey_2018_results.csv").cells
    internal, commercial, program = cells[13], cells[14], cells[24]
    assert (internal != "").sum() == 736
    assert round(100 * (internal == "Frequently").sum() / 736, 1) == 71.6
    assert (commercial != "").sum() == 738
    assert round(100 * (commercial == "Frequently").sum() / 738, 1) == 54.9
    large = program[cells[11].str.replace("\u00a0", " ") == "Greater than 10,000"]
    assert len(large) == 160
    assert (large == "Yes").sum() == 100  # 62.5 %


def test_starwars_in_cp1252() -> None:
    raw = export("surveymonkey/538_StarWars.csv")
    assert raw.platform == "surveymonkey"
    assert raw.encoding == "cp1252"
    assert shape(raw, facts=1) == (1186, 38)
    assert raw.notes[0].startswith("encoding cp1252 was guessed")
    columns = {column.position: column for column in raw.columns}
    assert columns[9].item == "Star Wars: Episode VI Return of the Jedi"
    assert columns[9].question == columns[4].question
    assert columns[10].question.startswith("Please rank")
    assert columns[38].question == "Location (Census Region)"


@pytest.mark.parametrize(
    ("name", "rows", "columns", "facts"),
    [
        ("surveymonkey/538_comma-survey.csv", 1129, 13, 1),
        ("surveymonkey/538_flying-etiquette.csv", 1040, 27, 1),
        ("surveymonkey/538_weather-check.csv", 928, 9, 1),
        ("surveymonkey/538_raw-responses.csv", 1615, 98, 2),
    ],
)
def test_flat_exports_are_plain(name: str, rows: int, columns: int, facts: int) -> None:
    raw = export(name)
    assert raw.platform == "plain"
    assert shape(raw, facts) == (rows, columns)


def test_oxford_comma() -> None:
    raw = export("surveymonkey/538_comma-survey.csv")
    answers = raw.cells[2][raw.cells[2] != ""].value_counts(normalize=True)
    with_comma = "It's important for a person to be honest, kind, and loyal."
    assert round(100 * answers[with_comma], 1) == 56.8
    assert raw.facts["respondent_id"].iloc[0] == "3292953864"


def test_weighted_topline_of_the_masculinity_survey() -> None:
    cells = export("surveymonkey/538_raw-responses.csv").cells
    weights = cells[98].astype(float)
    shares = weights.groupby(cells[4]).sum() / weights.sum()
    assert {answer: round(100 * share) for answer, share in shares.items()} == {
        "Very masculine": 37,
        "Somewhat masculine": 46,
        "Not very masculine": 11,
        "Not at all masculine": 5,
        "No answer": 1,
    }
    assert round(len(weights) * (weights**2).sum() / weights.sum() ** 2, 2) == 3.07


def test_google_forms_cells_hold_their_line_breaks_and_times() -> None:
    raw = export("googleforms/dask_2019-user-survey-results.csv.gz")
    assert raw.facts["submitted"].ne("").all()
    assert raw.cells[2].iloc[0] == "Array;DataFrame"
    assert raw.notes[0] == "unpacked from gzip"


def test_limesurvey_headings_of_code_and_text() -> None:
    raw = export("limesurvey/intlrse_2017_uk_public_data.csv")
    assert raw.platform == "limesurvey"
    assert shape(raw, facts=0) == (253, 245)
    columns = {column.position: column for column in raw.columns}
    assert "no heading above column 1" in raw.notes
    assert columns[10].code == "time1can[time1can]"
    assert columns[10].question == "In an average month, how much time do you spend on:"
    assert columns[10].item == "Software development"
    assert (columns[7].code, columns[7].item) == ("rse3[SQ001]", "")
    assert columns[87].item == "Rank 1"
    assert columns[194].question == columns[195].question
    assert raw.cells[195].str.startswith("10 - Completely").sum() > 0


def test_limesurvey_data_file_for_r_with_its_syntax_file() -> None:
    folder = Path(EXPORTS) / "limesurvey"
    data = folder / "limonaid_survey_998192_R_data_file.csv"
    script = folder / "limonaid_survey_998192_R_syntax_file.R"
    (raw,) = read_exports([data, script])
    assert shape(raw, facts=27) == (7, 71)  # id, six facts, 20 times of groups and questions
    assert raw.facts["complete"].tolist() == [True, *[False] * 5, True]
    assert raw.facts["duration"].iloc[0] == 339.28
    assert raw.facts["language"].iloc[1] == "nl-informal"
    columns = {column.code: column for column in raw.columns}
    assert columns["informedConsent"].values == {"no": "Over my dead body", "yes": "Yes please"}
    assert columns["gender"].values == {"man": "Man", "woman": "Woman", "-oth-": "Other"}
    assert columns["education_primary"].item == "Primary School"
    assert columns["education_primary"].values == {"1": "Yes", "0": "Not selected"}
    assert columns["activities_exp#1"].values["7"] == "7 in zeer beperkte mate"
    assert columns["order_5"].values["tita"] == "Titanic"
    assert columns["maleBoomer"].question.startswith("{if((age.NAOK > 65)")
    assert sum(bool(column.values) for column in raw.columns) == 29
    assert raw.cells[40].iloc[0].startswith('[{ "title":"plaatje"')


def test_limesurvey_structure_is_no_export() -> None:
    with pytest.raises(StudyError, match="found the structure of a LimeSurvey survey"):
        export("limesurvey/limonaid_testing-export.txt")


def test_qualtrics_in_german() -> None:
    raw = export("qualtrics/qualtrics_3row_de_labels_sample.csv")
    assert raw.platform == "qualtrics"
    assert shape(raw, facts=16) == (1, 20)
    assert [column.code for column in raw.columns] == ["DistributionChannel", "Q1", "Q2", "Q2 - Topics"]
    assert raw.cells[19].tolist() == ["Hello World!"]
    assert raw.facts["complete"].tolist() == [True]
    assert raw.facts["duration"].tolist() == [38]
    assert "Vorname des Empfängers" in raw.personal


def test_qualtrics_legacy() -> None:
    raw = export("qualtrics/qualtrics_legacy_2row_sample.csv")
    assert shape(raw, facts=13 + 1) == (1, 16)  # and the empty column at the end
    assert [(column.code, column.question) for column in raw.columns] == [
        ("Q1", "This is a multiple choice question."),
        ("Q2", "This is a free text question."),
    ]


def test_qualtrics_of_2016_with_its_definition() -> None:
    folder = Path(EXPORTS) / "qualtrics"
    (raw,) = read_exports([folder / "Better_Sample_Survey.csv", folder / "Better_Sample_Survey.qsf"])
    assert shape(raw, facts=14) == (10, 59)
    columns = {column.code: column for column in raw.columns}
    assert raw.facts["test"].all()  # generated test responses, Status 2
    assert columns["q1_recent_q1_recent_3_2"].item == "Pomegranate [In the last month]"
    assert columns["q3_volunteer_4"].item == "None of the above"
    assert columns["q4_rank_2"].values == {"1": "Enjoy", "2": "Ambivalent", "3": "Dislike", "-1": "Never Tried It"}
    assert columns["q6_reservations#2_3"].item == "Pomegranate"
    assert columns["Q9_1_1"].item == "Click to write Statement 1 [Click to write Scale point 1]"


@pytest.mark.parametrize("path", sorted(Path(EXPORTS or "nowhere").rglob("*.csv")), ids=lambda path: path.name)
def test_every_other_export_is_read_or_refused_in_one_sentence(path: Path) -> None:
    try:
        raw = read_export(path)
    except StudyError as error:
        sentence = str(error)
    else:
        assert raw.cells.shape == (len(raw.facts), len(raw.columns))
        return
    assert sentence.startswith(str(path))
    assert path.parent.name == "kobo" or path.name == "538_masculinity-survey.csv"
