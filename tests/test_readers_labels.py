"""Files of labels beside an export: which export they describe, reruns, and what export and questionnaire disagree on."""

import hashlib
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from b2bsurvey.config import Wave
from b2bsurvey.errors import StudyError
from b2bsurvey.ingest import ingest, read_unchanged
from b2bsurvey.questionnaire_file import load_questionnaire
from b2bsurvey.readers import read_export, read_exports
from b2bsurvey.readers.labels import labelled

EXPORTS = Path(__file__).parent / "fixtures" / "exports"
QUESTIONNAIRE = Path(__file__).parent / "fixtures" / "limesurvey" / "questionnaire.yaml"
CODE, R_DATA = EXPORTS / "limesurvey_code.csv", EXPORTS / "limesurvey_r_data.csv"
R_SCRIPT, SURVEY = EXPORTS / "limesurvey_r_data.R", EXPORTS / "limesurvey_426.lss"


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_labels_belong_to_the_exports_listed_before_them() -> None:
    own = read_exports([CODE, SURVEY, R_DATA, R_SCRIPT])
    assert [list(e.label_files) for e in own] == [[str(SURVEY)], [str(R_SCRIPT)]]
    shared = read_exports([CODE, EXPORTS / "limesurvey_separator.tsv", SURVEY])
    assert [list(e.label_files) for e in shared] == [[str(SURVEY)], [str(SURVEY)]]
    both = read_exports([R_DATA, R_SCRIPT, SURVEY])
    assert both[0].label_files == {str(R_SCRIPT): sha256(R_SCRIPT), str(SURVEY): sha256(SURVEY)}
    assert read_exports([CODE])[0].label_files == {}


def test_labels_before_any_export() -> None:
    with pytest.raises(StudyError) as caught:
        read_exports([SURVEY, CODE])
    assert str(caught.value) == (
        f"{SURVEY}: found a file of names and labels before any export; expected it after the export that it describes; "
        "put it there in the wave's 'export'"
    )


def test_labels_that_stand_at_other_columns() -> None:
    script = R_SCRIPT.read_text(encoding="utf-8").replace("How far do you agree?", "Another question")
    with pytest.raises(StudyError, match="x.R: found other columns than those of .*limesurvey_code.csv"):
        labelled(read_export(CODE), Path("x.R"), script.encode())
    moved = R_DATA.read_text(encoding="utf-8-sig").splitlines()
    shifted = "\n".join(f'"",{line}' for line in moved)
    with pytest.raises(StudyError, match="x.R: found other columns than those of x.csv"):
        labelled(read_export(Path("x.csv"), data=shifted.encode()), Path("x.R"), R_SCRIPT.read_bytes())


def test_a_missing_file_of_labels(tmp_path: Path) -> None:
    shutil.copy(R_SCRIPT, tmp_path / "survey_1.R")
    with pytest.raises(StudyError, match=r"survey_l\.R: found no such file; did you mean 'survey_1\.R'\?"):
        read_exports([CODE, tmp_path / "survey_l.R"])


def test_a_changed_file_of_labels_is_noticed() -> None:
    wave = Wave("w", (str(R_DATA), str(R_SCRIPT)), str(QUESTIONNAIRE), "open_link", line="config.yaml:4")
    (export,) = read_unchanged(wave, [sha256(R_DATA), sha256(R_SCRIPT)])
    assert export.label_files == {str(R_SCRIPT): sha256(R_SCRIPT)}
    with pytest.raises(StudyError, match=r"limesurvey_r_data\.R: the export was replaced while the run was under way"):
        read_unchanged(wave, [sha256(R_DATA), "0" * 64])


def test_the_report_names_the_file_of_labels() -> None:
    questionnaire = load_questionnaire(QUESTIONNAIRE)
    wave = Wave("w", (), "", "open_link")
    _, report = ingest(read_exports([CODE, SURVEY]), questionnaire, b"key", wave)
    found = report.to_dict()
    assert found["files"][0]["label_files"] == {str(SURVEY): sha256(SURVEY)}
    assert found["files"][0]["notes"][-1] == (
        f"names and labels of 15 columns, 8 of them with labels of their values, were taken from {SURVEY}"
    )
    assert found["files"][0]["used"]["agreement_time"] == "Likert[1]"  # as it stands in the file


def test_labels_and_questionnaire_must_not_disagree(tmp_path: Path) -> None:
    text = QUESTIONNAIRE.read_text(encoding="utf-8")
    text = text.replace('"1. Disagree"}, spellings: ["1", ', '"1. Disagree"}, spellings: ["5", ')
    text = text.replace('"5. Agree"}, spellings: ["5", ', '"5. Agree"}, spellings: ["1", ')
    (tmp_path / "q.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(StudyError) as caught:
        ingest(read_exports([CODE, SURVEY]), load_questionnaire(tmp_path / "q.yaml"), b"k", Wave("w", (), "", "panel"))
    assert str(caught.value) == (
        f"{tmp_path / 'q.yaml'}, line 15: '1' stands for 'agree' of 'agreement', but column 15 of {CODE} labels "
        "it 'Disagree', which is 'disagree'; correct the spellings there."
    )


def test_two_platforms_recognise_a_file() -> None:
    headings = "CASE,QUESTNNR,MODE,lfdn,dispcode,tester,v_1\n1,b,interview,1,31,0,2\n"
    with pytest.raises(StudyError) as caught:
        read_export(Path("x.csv"), data=headings.encode())
    assert str(caught.value) == (
        "x.csv, line 1: found headings of 2 platforms (sosci, because there are SoSci Survey's columns 'CASE', 'QUESTNNR', "
        "'MODE'; unipark, because there are Unipark's columns 'lfdn', 'tester', 'dispcode'); expected those of one; say "
        "which it is with `platform: sosci or unipark`"
    )
    assert read_export(Path("x.csv"), platform="unipark", data=headings.encode()).platform == "unipark"


def test_each_file_of_the_fixtures_is_recognised_by_one_platform() -> None:
    no_respondents = ("kobo_repeat", "redcap_events", "redcap_dictionary")
    paths = [p for p in EXPORTS.iterdir() if p.suffix in (".csv", ".tsv") and p.stem not in no_respondents]
    for path in sorted(paths):
        assert read_export(path).platform == path.stem.partition("_")[0], path.name


def test_values_declared_to_be_no_answer_do_not_hide_answers(tmp_path: Path) -> None:
    questionnaire = load_questionnaire(QUESTIONNAIRE)
    raw = read_export(EXPORTS / "limesurvey_code.csv")
    columns = tuple(replace(c, missing=("A1",), not_shown=("A2",)) if c.code == "adoption" else c for c in raw.columns)
    typed, _ = ingest([replace(raw, columns=columns)], questionnaire, b"key", Wave("w", (), "", "panel"))
    assert typed.values["adoption"].tolist() == ["uses", "plans", "uses", "other"]  # the questionnaire goes first
