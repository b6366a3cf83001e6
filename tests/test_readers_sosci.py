"""SoSci Survey: codes as headings, positions as answers, labels in the import script."""

from pathlib import Path

import pytest

from b2bsurvey.config import Wave
from b2bsurvey.errors import StudyError
from b2bsurvey.ingest import ingest
from b2bsurvey.questionnaire_file import load_questionnaire
from b2bsurvey.readers import RawExport, read_export, read_exports
from b2bsurvey.readers.labels import labelled

EXPORTS = Path(__file__).parent / "fixtures" / "exports"
QUESTIONNAIRE = """title: {de: "Kanäle"}
source: {de: "Synthetisch"}
languages: [de]
missing: {dont_know: ["-1"]}
questions:
  use:
    type: single
    text: {de: "Nutzung"}
    column: AD01
    answers: {daily: {label: {de: "Ja, täglich"}}, never: {label: {de: 'Nein ("nie")'}}}
  barriers:
    type: battery
    text: {de: "Hürden"}
    column: "BA01_{item}"
    items: {privacy: {label: {de: "Datenschutz"}, column: "01"}, time: {label: {de: "Zeit"}, column: "02"}}
    answers: {a1: {label: {de: "1"}}, a3: {label: {de: "3"}}, a5: {label: {de: "5"}}}
  channels:
    type: tick_all
    text: {de: "Kanäle"}
    column: "CH01_{item}"
    options:
      linkedin: {label: {de: "LinkedIn"}, column: "01"}
      other: {label: {de: "Anderes"}, column: "02"}
"""


def export() -> RawExport:
    (raw,) = read_exports([EXPORTS / "sosci.csv", EXPORTS / "sosci.r"])
    return raw


def test_both_encodings_give_the_same() -> None:
    wide, narrow = read_export(EXPORTS / "sosci.csv"), read_export(EXPORTS / "sosci_utf8.csv")
    assert (wide.platform, wide.encoding, wide.delimiter) == ("sosci", "utf-16-le", "\t")
    assert wide.reason == "there are SoSci Survey's columns 'CASE', 'QUESTNNR', 'MODE', 'STARTED'"
    assert wide.columns == narrow.columns
    assert wide.cells.equals(narrow.cells)
    assert wide.cells[15].iloc[0] == "=Zürich"


def test_facts() -> None:
    facts = export().facts
    assert facts["respondent_id"].tolist() == ["21", "22", "23", "24"]
    assert facts["complete"].tolist() == [True, True, True, False]
    assert facts["test"].tolist() == [False, False, True, False]  # MODE pretest
    assert facts["duration"].tolist() == [107, 61, 61, 19]
    assert facts["last_page"].tolist() == [3, 3, 3, 1]
    assert str(facts["submitted_at"].iloc[0]) == "2026-03-02 11:10:19"


def test_times_are_no_answers_and_the_participants_code_is_dropped() -> None:
    raw = export()
    assert [c.code for c in raw.columns] == [
        *("REF", "QUESTNNR", "AD01", "BA01_01", "BA01_02", "CH01", "CH01_01", "CH01_02", "CH01_02a", "DM02", "TX01_01"),
    ]
    assert raw.personal == ("CASE", "SERIAL")
    assert raw.notes[0] == (
        "9 columns of the platform without answers left out: TIME001, TIME003, MAILSENT, Q_VIEWER, MAXPAGE, MISSING, "
        "MISSREL, TIME_RSI, DEG_TIME"
    )


def test_labels_stand_in_the_import_script() -> None:
    columns = {c.code: c for c in export().columns}
    assert columns["AD01"].question == "Nutzung: heute"
    assert columns["AD01"].values == {"1": "Ja, täglich", "2": 'Nein ("nie")', "-9": "[NA] nicht beantwortet"}
    assert columns["DM02"].values["1"] == "18"  # codes are positions
    assert (columns["BA01_02"].question, columns["BA01_02"].item) == ("Hürden", "Zeit: zu wenig")
    assert columns["BA01_02"].values["-1"] == "weiß nicht"
    assert columns["BA01_02"].missing == ("-9",)
    assert columns["TX01_01"].question == "TX01_01"  # the script does not name it


@pytest.mark.parametrize("script", [True, False])
def test_one_is_not_checked_and_two_is_checked(tmp_path: Path, script: bool) -> None:
    (tmp_path / "q.yaml").write_text(
        QUESTIONNAIRE
        if script
        else QUESTIONNAIRE.replace('"Ja, täglich"}', '"Ja, täglich"}, spellings: ["1"]').replace(
            "'Nein (\"nie\")'}", '\'Nein ("nie")\'}, spellings: ["2"]'
        ),
        encoding="utf-8",
    )
    raw = export() if script else read_export(EXPORTS / "sosci.csv")
    typed, report = ingest([raw], load_questionnaire(tmp_path / "q.yaml"), b"key", Wave("w", (), "", "open_link"))
    values, missing = typed.values, typed.missing
    assert values["use"].tolist()[:3] == ["daily", "never", "daily"]
    assert missing["use"].iloc[3] == "not_answered"  # −9
    assert missing["barriers_time"].tolist()[:2] == ["not_answered", "dont_know"]
    assert values["channels_linkedin"].tolist()[:2] == [1, 0]
    assert values["channels_other"].tolist()[:2] == [0, 1]
    assert missing["channels_other"].tolist()[2:] == ["not_answered", "not_answered"]  # none checked, −9
    assert report.not_understood == ()


def test_logical_columns_of_the_data_for_r() -> None:
    data = "CASE\tQUESTNNR\tMODE\tCH01_01\tFINISHED\n1\tb\tinterview\tT\tTRUE\n2\tb\tinterview\tF\tFALSE\n"
    raw = read_export(Path("x.csv"), data=data.encode())
    assert raw.columns[1].values == {"F": "not checked", "T": "checked"}
    assert raw.facts["complete"].tolist() == [True, False]


def test_a_second_row_of_labels() -> None:
    data = "CASE\tQUESTNNR\tMODE\tAD01\tBA01_01\nInterview-Nummer\tFragebogen\tModus\tNutzung\tHürden: Zeit\n"
    raw = read_export(Path("x.csv"), data=(data + "7\tbase\tinterview\t1\t5\n").encode())
    assert [(c.code, c.question, c.item) for c in raw.columns[1:]] == [
        ("AD01", "Nutzung", ""),
        ("BA01_01", "Hürden", "Zeit"),
    ]
    assert raw.facts["respondent_id"].tolist() == ["7"]


@pytest.mark.parametrize(
    ("script", "words"),
    [
        (b"x <- 1\n", "x.r: found no names or labels of columns; expected LimeSurvey's syntax file or SoSci's"),
        (b"\xff\xfe", "x.r: found a script that is not UTF-8"),
        (
            b'\nds$AD01 = factor(ds$AD01, levels=c("1","2"), labels=c("a"), ordered=FALSE)\n',
            "x.r, line 2: found 2 values and 1 labels; expected as many labels as values",
        ),
        (b'comment(ds$XX01) = "other"\n', "x.r: found other columns than those of "),
    ],
)
def test_scripts_that_are_refused(script: bytes, words: str) -> None:
    with pytest.raises(StudyError) as caught:
        labelled(read_export(EXPORTS / "sosci.csv"), Path("x.r"), script)
    assert str(caught.value).startswith(words)
