"""KoboToolbox and ODK: three forms of tick-all sets, groups, places and devices, repeat groups, labels, R."""

import io
import os
from pathlib import Path

import openpyxl
import pytest

from b2bsurvey.config import Wave
from b2bsurvey.errors import StudyError
from b2bsurvey.ingest import ingest
from b2bsurvey.questionnaire_file import load_questionnaire
from b2bsurvey.readers import RawExport, read_export

FIXTURES = Path(__file__).parent / "fixtures" / "exports"
EXPORTS = os.environ.get("SURVEY_EXPORTS", "")
QUESTIONNAIRE = """title: {en: "Channels"}
source: {en: "Synthetic"}
languages: [en]
missing: {not_answered: ["NA"]}
questions:
  size: {type: single, text: {en: "Size"}, column: SIZE, answers: {small: {label: {en: "Small"}, spellings: ["1"]}, large: {label: {en: "Large"}, spellings: ["2"]}}}
  channels:
    type: tick_all
    text: {en: "Channels"}
    column: COLUMN
    options:
      linkedin: {label: {en: "LinkedIn"}}
      youtube: {label: {en: "YouTube"}}
      none: {label: {en: "None"}, exclusive: true}
"""
NOTE = "4 columns of the platform without answers left out: _notes, _status, __version__, _tags"


def text(content: str, **options: str) -> RawExport:
    return read_export(Path("x.csv"), data=content.encode(), **options)


def refused(content: str, **options: str) -> str:
    with pytest.raises(StudyError) as caught:
        text(content, **options)
    return str(caught.value)


def test_both_forms_of_a_tick_all_set() -> None:
    export = read_export(FIXTURES / "kobo_both.csv")
    assert (export.platform, export.delimiter) == ("kobo", ";")
    assert export.reason == "there are columns '_id' and '_uuid'"
    assert [(c.position, c.code, c.question, c.item) for c in export.columns] == [
        (3, "today", "today", ""),
        (6, "size", "firm/size", ""),
        (7, "channels", "firm/channels", ""),
        (8, "channels/linkedin", "channels", "linkedin"),
        (9, "channels/youtube", "channels", "youtube"),
        (10, "channels/none", "channels", "none"),
        (16, "remark", "remark", ""),
        (20, "_validation_status", "_validation_status", ""),
    ]
    assert export.columns[3].heading == "firm/channels/linkedin"
    assert export.cells[7].tolist() == ["linkedin youtube", "none", ""]
    assert export.cells[8].tolist() == ["1", "0", ""]  # blank: not asked
    assert export.cells[16].iloc[0] == "Two; lines"
    assert export.notes == (NOTE,)


def test_facts_and_what_is_dropped() -> None:
    export = read_export(FIXTURES / "kobo_both.csv")
    facts = export.facts
    assert facts["respondent_id"].tolist() == ["0c51a84a-771a", "822fdfeb-4814", "2486aa4c-d6cf"]
    assert facts["started_at"].astype(str).tolist()[0] == "2026-05-04 08:42:23"
    assert facts["submitted_at"].astype(str).tolist()[0] == "2026-05-04 08:56:15"  # the end, not the upload days later
    assert facts["complete"].tolist() == [True, True, True]
    assert export.personal == (
        *("deviceid", "username", "firm/place", "_firm/place_latitude", "_firm/place_longitude"),
        *("_firm/place_altitude", "_firm/place_precision", "_id", "_uuid", "_submitted_by", "_index"),
    )
    everything = export.cells.to_csv() + repr((export.columns, export.notes))
    for value in ("47.05", "8.31", "collect:abc", "ada", "901", "0c51a84a"):
        assert value not in everything


def test_details_and_summary() -> None:
    both, details, summary = (read_export(FIXTURES / f"kobo_{form}.csv") for form in ("both", "details", "summary"))
    assert [c.code for c in details.columns] == [c.code for c in both.columns if c.code != "channels"]
    assert [c.code for c in summary.columns] == [c.code for c in both.columns if "channels/" not in c.code]
    assert details.cells[7].tolist() == both.cells[8].tolist()
    assert "place" in details.personal  # the details were exported without groups
    assert "firm/place" in summary.personal


@pytest.mark.parametrize(
    ("file", "size", "column"),
    [
        ("kobo_both", "size", "channels/{item}"),
        ("kobo_both", "firm/size", "firm/channels/{item}"),
        ("kobo_details", "size", "channels/{item}"),
        ("kobo_details", "size", "channels"),
    ],
)
def test_natural_patterns_with_and_without_groups(tmp_path: Path, file: str, size: str, column: str) -> None:
    content = QUESTIONNAIRE.replace("SIZE", f'"{size}"').replace("COLUMN", f'"{column}"')
    (tmp_path / "q.yaml").write_text(content, encoding="utf-8")
    export = read_export(FIXTURES / f"{file}.csv")
    typed, report = ingest([export], load_questionnaire(tmp_path / "q.yaml"), b"key", Wave("w", (), "", "open_link"))
    assert typed.values["size"].tolist()[:2] == ["small", "large"]
    assert typed.values["channels_linkedin"].tolist()[:2] == [1, 0]
    assert typed.values["channels_none"].tolist()[:2] == [0, 1]
    assert typed.missing["channels_none"].iloc[2] == "not_answered"
    assert report.not_understood == ()


def test_codes_joined_by_spaces_are_matched_at_ingest(tmp_path: Path) -> None:
    content = QUESTIONNAIRE.replace("SIZE", "size").replace("COLUMN", 'channels\n    joined: " "')
    (tmp_path / "q.yaml").write_text(content, encoding="utf-8")
    asked = load_questionnaire(tmp_path / "q.yaml")
    read = [read_export(FIXTURES / f"kobo_{form}.csv") for form in ("both", "summary")]
    both, summary = (ingest([export], asked, b"key", Wave("w", (), "", "open_link"))[0] for export in read)
    assert both.values["channels_youtube"].tolist()[:2] == [1, 0]
    assert both.values.equals(summary.values)


def test_labels_as_headings() -> None:
    export = read_export(FIXTURES / "kobo_labels.csv")
    question = "Your firm/Which channels and/or media does it use?"
    assert [(c.code, c.question, c.item) for c in export.columns] == [
        *(("", question, ""), ("", question, "LinkedIn"), ("", question, "YouTube")),
    ]
    assert export.columns[1].heading == f"{question}/LinkedIn"


def test_kobo_odk_central() -> None:
    export = read_export(FIXTURES / "kobo_odk_central.csv")
    assert export.platform == "kobo"
    assert export.reason == "there are columns 'SubmissionDate' and 'meta-instanceID'"
    assert [c.code for c in export.columns] == [
        *("firm-size", "firm-channels", "firm-channels/linkedin", "firm-channels/youtube", "ReviewState"),
    ]
    assert export.facts["respondent_id"].tolist() == ["uuid:0c51a84a", "uuid:822fdfeb"]
    assert {"place-Latitude", "place-Longitude", "SubmitterName", "DeviceID", "KEY"} <= set(export.personal)


def test_resaved_by_r(tmp_path: Path) -> None:
    export = read_export(FIXTURES / "kobo_r.csv")
    assert export.platform == "kobo"
    assert export.facts["respondent_id"].tolist() == ["0c51a84a-771a", "822fdfeb-4814"]
    assert export.personal == ("X_id", "X_uuid", "X_index")
    content = QUESTIONNAIRE.replace("COLUMN", '"channels.{item}"').replace("      none: {label", "      - {label")
    content = "\n".join(line for line in content.splitlines() if not line.startswith(("  size:", "      -")))
    (tmp_path / "q.yaml").write_text(content, encoding="utf-8")
    typed, _ = ingest([export], load_questionnaire(tmp_path / "q.yaml"), b"key", Wave("w", (), "", "open_link"))
    assert typed.values["channels_linkedin"].iloc[0] == 1
    assert typed.missing["channels_linkedin"].iloc[1] == "not_answered"


def test_rows_of_a_repeat_group_are_refused() -> None:
    with pytest.raises(StudyError) as caught:
        read_export(FIXTURES / "kobo_repeat.csv")
    assert str(caught.value) == (
        f"{FIXTURES / 'kobo_repeat.csv'}, line 1: found rows of a repeat group (column '_parent_table_name'), which "
        "are instances and not respondents; expected the main table with one row a submission; name its sheet "
        "(`sheet`), or leave this file out"
    )
    central = refused("SubmissionDate,branch-town,PARENT_KEY,KEY\n2026-05-06,Zug,uuid:1,uuid:1/branch[1]\n")
    assert "repeat group (column 'PARENT_KEY')" in central


def test_workbook_with_a_sheet_for_the_repeat_group() -> None:
    book = openpyxl.Workbook()
    book.active.title = "channels 2026"
    book.active.append(["size", "remark", "_id", "_uuid", "_submission_time", "_index"])
    book.active.append(["1", "x", 901, "0c51a84a", "2026-05-06T07:00:01", 1])
    branch = book.create_sheet("branch")
    branch.append(["branch/town", "_index", "_parent_table_name", "_parent_index"])
    branch.append(["Zug", 1, "channels 2026", 1])
    stream = io.BytesIO()
    book.save(stream)
    export = read_export(Path("x.xlsx"), sheet="channels 2026", data=stream.getvalue())
    assert export.cells.to_numpy().tolist() == [["1", "x"]]
    assert export.notes == ("sheet 'channels 2026' was read", "sheets not read: 'branch'")
    with pytest.raises(StudyError, match=r"x\.xlsx, sheet 'branch', row 1: found rows of a repeat group"):
        read_export(Path("x.xlsx"), sheet="branch", data=stream.getvalue())
    with pytest.raises(StudyError, match=r"2 sheets with cells \('channels 2026', 'branch'\)"):
        read_export(Path("x.xlsx"), data=stream.getvalue())


def test_coordinates_are_dropped_wherever_they_stand() -> None:
    export = text(
        "_id,_uuid,where,route,price,g/_spot_latitude,g/_spot_longitude,g/spot\n"
        "1,a,47.05 8.31 0 0,47.0 8.3 0 0;47.1 8.4 0 0,12.50 20.00,47.1,8.4,x\n2,b,,,cheap,,,y\n"
    )
    assert [c.code for c in export.columns] == ["price"]


def test_strictness() -> None:
    assert text("firm_latitude,firm_longitude,q\n1,2,3\n").platform == "plain"
    assert text("a/b,a/c,q\nyes,no,3\n").platform == "plain"  # no ticks
    assert text("Use and/or plan,Use or/and plan\n1,0\n").platform == "plain"
    assert text("a/b,a/c,q\n1,0,3\n").platform == "kobo"
    assert text("_id,q\n1,5\n").platform == "plain"


def test_a_group_of_answers_is_no_tick_all_set() -> None:
    export = text("_id,_uuid,firm/size,firm/role\n1,a,5,1\n2,b,3,0\n")
    assert [(c.code, c.item) for c in export.columns] == [("size", ""), ("role", "")]


REAL = pytest.mark.skipif(not EXPORTS, reason="SURVEY_EXPORTS is not set: no folder of real exports")


@REAL
@pytest.mark.parametrize(
    ("name", "rows", "codes"),
    [
        ("dietary_needs_both", 3, 6),
        ("dietary_needs_details", 3, 5),
        ("restaurant_profile_both", 8, 4),
        ("restaurant_profile_summary", 8, 2),
    ],
)
def test_formpack(name: str, rows: int, codes: int) -> None:
    export = read_export(Path(EXPORTS) / "kobo" / f"formpack_{name}.csv")
    assert export.platform == "kobo"
    assert export.cells.shape == (rows, codes)
    assert all(column.code for column in export.columns)
    if name.startswith("restaurant"):
        assert export.personal[:3] == ("location", "_location_latitude", "_location_longitude")


@REAL
def test_formpack_row_with_a_field_too_many() -> None:
    with pytest.raises(StudyError, match=r"line 4: found 9 fields; expected 8 as in the headings on line 1"):
        read_export(Path(EXPORTS) / "kobo" / "formpack_restaurant_profile_details.csv")


@REAL
def test_koboquest_resaved_by_r() -> None:
    export = read_export(Path(EXPORTS) / "kobo" / "koboquest_data.csv")
    assert export.platform == "kobo"
    assert export.cells.shape == (10, 919)  # of 925: id, uuid, index, start, end and the time of submission
    assert export.facts["respondent_id"].is_unique
    assert export.facts["started_at"].notna().all()
    assert export.personal == ("X_id", "X_uuid", "X_index")
