"""Qualtrics: three heading rows, those of 2016, the legacy two, and files with nothing but codes."""

from pathlib import Path

import pytest

from b2bsurvey.errors import StudyError
from b2bsurvey.readers import RawExport, read_export, read_exports

EXPORTS = Path(__file__).parent / "fixtures" / "exports"


def export(name: str) -> RawExport:
    return read_export(EXPORTS / f"qualtrics_{name}.csv")


def test_three_rows() -> None:
    raw = export("three_rows")
    assert (raw.platform, raw.reason) == ("qualtrics", "heading row 3 holds Qualtrics' ImportIds")
    assert [(c.code, c.question, c.item) for c in raw.columns] == [
        ("DistributionChannel", "Verteilungskanal", ""),
        ("Q1", "Does your firm use social media?", ""),
        ("Q6", "Which channel matters most?", ""),
        ("Q6_5_TEXT", "Which channel matters most?", "Other - Text"),
        ("Q7_1", "Which channels do you use?", "LinkedIn"),
        ("Q7_2", "Which channels do you use?", "Lives - on air"),
        ("Q9_1_1", "Where do you use them?", "LinkedIn [In private]"),
        ("Q9_1_2", "Where do you use them?", "LinkedIn [At work]"),
        ("Q9_2_1", "Where do you use them?", "YouTube [In private]"),
        ("Q9_2_2", "Where do you use them?", "YouTube [At work]"),
        ("q10#1_1", "How do you judge them? - Use", "LinkedIn"),
        ("q10#1_2", "How do you judge them? - Use", "YouTube"),
        ("q10#2_1", "How do you judge them? - Cost - LinkedIn", ""),
        ("source", "source", ""),
    ]
    assert raw.cells.index.tolist() == [4, 5, 6, 7, 8]
    assert raw.cells[22].tolist() == ["Podcast", "", "", "", ""]


def test_facts_are_known_by_import_id_whatever_the_language() -> None:
    raw = export("three_rows")
    facts = raw.facts
    assert facts["respondent_id"].tolist() == ["R_1a", "R_2b", "R_3c", "R_4d", "R_5e"]
    assert facts["complete"].tolist() == [True, True, False, True, True]
    assert facts["test"].tolist() == [False, True, False, False, True]  # by status, and by channel where it is a word
    assert facts["duration"].tolist()[:2] == [100, 100]
    assert facts["duration"].isna().tolist() == [False, False, True, False, False]
    assert facts["language"].tolist() == ["DE"] * 5
    assert str(facts["submitted_at"].iloc[0]) == "2026-03-02 10:05:00"
    assert "times are given in the zone 'Europe/Zurich'" in raw.notes
    assert "1 response marked as spam by Qualtrics, read like the others" in raw.notes


def test_personal_columns_and_timers() -> None:
    raw = export("three_rows")
    assert raw.personal == (
        *("IP-Adresse", "Antwort-ID", "Nachname", "Vorname", "E-Mail", "Externe Referenz", "Breite", "Länge"),
    )
    kept = "\n".join(raw.cells.to_numpy().ravel())
    assert not any(text in kept for text in ("192.0.2.1", "Example", "Ada", "a@example.org", "ext7", "47.1"))
    assert raw.notes[0] == (
        "4 columns of the platform without answers left out: Fortschritt, Erfassungsdatum, Timing - First Click, "
        "Timing - Page Submit"
    )


def test_single_quotes_of_2016() -> None:
    raw = export("2016")
    assert raw.reason == "heading row 3 holds Qualtrics' ImportIds"
    assert [(c.code, c.item) for c in raw.columns] == [("use_1", "In private"), ("use_2", "At work"), ("firm", "")]
    assert raw.columns[2].question == "Your firm"
    assert raw.facts["respondent_id"].tolist() == ["R_1"]
    assert raw.facts["test"].tolist() == [True]  # status 2: a generated test response
    assert "RecipientEmail" in raw.personal
    assert "LocationLatitude" in raw.personal


def test_legacy_two_rows() -> None:
    raw = export("legacy")
    assert raw.reason == "the headings are V1, V2, … and 'ResponseID' stands below the first"
    assert [(c.code, c.question, c.item) for c in raw.columns] == [
        ("Q1", "Does your firm use social media?", ""),
        ("Q2_1", "Which channels?", "LinkedIn"),
        ("Q2_2", "Which channels?", "YouTube"),
    ]
    assert raw.facts["complete"].tolist() == [True, False]
    assert raw.facts["test"].tolist() == [False, True]
    assert raw.personal[1:5] == ("Name", "ExternalDataReference", "EmailAddress", "IPAddress")
    assert "1 empty column without a heading at the end left out" in raw.notes


def test_nothing_but_codes() -> None:
    raw = export("codes")
    assert raw.reason.startswith("the headings are those of Qualtrics: 'StartDate', 'EndDate', 'Progress'")
    assert [c.code for c in raw.columns] == ["DistributionChannel", "Q1", "Q2_1"]
    assert raw.facts["test"].tolist() == [False, True]
    assert raw.cells.index.tolist() == [2, 3]


def test_a_row_of_texts_without_import_ids() -> None:
    lines = (EXPORTS / "qualtrics_codes.csv").read_text(encoding="utf-8").splitlines()
    texts = "Start Date,End Date,Type,Progress,Duration,Finished,Recorded,Response ID,Channel,Language,Use?,Which?"
    raw = read_export(Path("x.csv"), data="\n".join([lines[0], texts, *lines[1:]]).encode())
    assert [c.question for c in raw.columns] == ["Channel", "Use?", "Which?"]
    assert len(raw.cells) == 2


def test_labels_of_the_survey_definition() -> None:
    data = 'Q1,Q2_1,Q2_4,Q3_1\nT,T,T,T\n"{""ImportId"":""QID1""}","{""ImportId"":""QID2_1""}",'
    data += '"{""ImportId"":""QID2_4""}","{""ImportId"":""QID3_1""}"\n12,1,,-1\n'
    raw = read_export(Path("x.csv"), data=data.encode())
    assert raw.columns[0].values == {}
    from b2bsurvey.readers.labels import labelled

    found = labelled(raw, Path("x.qsf"), (EXPORTS / "qualtrics.qsf").read_bytes())
    assert found.columns[0].values == {"11": "Uses it", "12": "Plans to", "15": "Other"}
    assert found.columns[3].values == {"1": "Disagree", "2": "Agree", "-1": "No opinion"}
    assert found.notes[-1] == (
        "names and labels of 4 columns, 4 of them with labels of their values, were taken from x.qsf"
    )


def test_a_definition_of_another_survey_is_refused() -> None:
    with pytest.raises(StudyError) as caught:
        read_exports([EXPORTS / "unipark.csv", EXPORTS / "qualtrics.qsf"])
    assert str(caught.value) == (
        f"{EXPORTS / 'qualtrics.qsf'}: found other columns than those of {EXPORTS / 'unipark.csv'}; expected the file "
        "that belongs to this export; name the right one, or remove it from the wave's 'export'"
    )
