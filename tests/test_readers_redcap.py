"""REDCap: ticks, states of instruments, surveys not completed, instances, events, decimals."""

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
QUESTIONNAIRE = """title: {en: "Channels"}
source: {en: "Synthetic"}
languages: [en]
questions:
  channels:
    type: tick_all
    text: {en: "Channels"}
    column: COLUMN
    options:
      linkedin: {label: {en: "LinkedIn"}, column: ITEM1}
      youtube: {label: {en: "YouTube"}, column: ITEM2}
"""


def text(content: str, **options: str) -> RawExport:
    return read_export(Path("x.csv"), data=content.encode(), **options)


def refused(content: str, **options: str) -> str:
    with pytest.raises(StudyError) as caught:
        text(content, **options)
    return str(caught.value)


def test_columns_cells_and_facts() -> None:
    export = read_export(FIXTURES / "redcap.csv")
    assert export.platform == "redcap"
    assert export.reason == "there is a column 'redcap_survey_identifier'"
    assert [(c.code, c.question, c.item) for c in export.columns] == [
        ("channels___1", "channels", "1"),
        ("channels___2", "channels", "2"),
        ("channels____9", "channels", "_9"),  # code −9
        ("role", "role", ""),
        ("height", "height", ""),
        ("share", "share", ""),
    ]
    assert export.cells[4].tolist() == ["1", "0", "0"]
    assert export.cells[8].tolist() == ["1,54", "1,61", ""]
    assert export.facts["respondent_id"].tolist() == ["1", "2", "3"]
    assert export.facts["complete"].tolist() == [True, False, None]  # complete, incomplete, unverified
    assert export.facts["submitted"].tolist()[1] == "[not completed]"
    assert export.facts["submitted_at"].isna().tolist() == [False, True, False]
    assert export.personal == ("record_id", "redcap_survey_identifier", "email")
    assert export.notes == ("decimals have a comma in 'height' and a point in 'share'",)
    assert "example.org" not in export.cells.to_csv() + export.facts.to_csv()


def test_labels_as_headings() -> None:
    export = read_export(FIXTURES / "redcap_labels.csv")
    assert export.platform == "redcap"
    assert [(c.question, c.item) for c in export.columns] == [
        ("Which channels? (check all)", "LinkedIn"),
        ("Which channels? (check all)", "YouTube (video)"),
        ("What is your role?", ""),
    ]
    assert export.facts["complete"].tolist() == [True, False]
    assert export.personal == ("Record ID", "Survey Identifier")


@pytest.mark.parametrize(
    ("file", "column", "items"),
    [
        ("redcap", "channels___{item}", ("1", "2")),
        ("redcap", "channels", ("1", "2")),
        ("redcap_labels", "Which channels? (check all) (choice={item})", ("LinkedIn", "YouTube (video)")),
        ("redcap_labels", "Which channels? (check all)", ("LinkedIn", "YouTube (video)")),
    ],
)
def test_natural_patterns(tmp_path: Path, file: str, column: str, items: tuple[str, str]) -> None:
    content = QUESTIONNAIRE.replace("COLUMN", f'"{column}"')
    content = content.replace("ITEM1", f'"{items[0]}"').replace("ITEM2", f'"{items[1]}"')
    (tmp_path / "q.yaml").write_text(content, encoding="utf-8")
    export = read_export(FIXTURES / f"{file}.csv")
    typed, report = ingest([export], load_questionnaire(tmp_path / "q.yaml"), b"key", Wave("w", (), "", "open_link"))
    assert typed.values["channels_linkedin"].iloc[0] == 1
    assert typed.missing["channels_linkedin"].iloc[1] == "not_answered"
    assert report.not_understood == ()


def test_instances_are_left_out_with_a_note() -> None:
    export = read_export(FIXTURES / "redcap_repeats.csv")
    assert export.facts["respondent_id"].tolist() == ["1", "2"]
    assert list(export.cells.index) == [2, 5]
    assert export.facts["complete"].tolist() == [True, True]  # the state of the instrument asked once
    assert export.notes == ("2 rows of 'visit' left out: instances are no respondents",)


def test_instances_only() -> None:
    sentence = refused("record_id,redcap_repeat_instrument,redcap_repeat_instance,place\n1,visit,1,Zug\n")
    assert sentence == (
        "x.csv: found rows of the repeated instrument 'visit' only, which are instances and not respondents; expected "
        "one row a record; export the instrument that is asked once"
    )


def test_events_are_no_respondents() -> None:
    with pytest.raises(StudyError) as caught:
        read_export(FIXTURES / "redcap_events.csv")
    assert str(caught.value) == (
        f"{FIXTURES / 'redcap_events.csv'}, line 4: found a record for the second time (events 'baseline_arm_1', "
        "'follow_up_arm_1'); expected one row a respondent; export one event or instance alone"
    )
    one = text("record_id,redcap_event_name,role\n1,baseline_arm_1,2\n2,baseline_arm_1,1\n")
    assert len(one.cells) == 2


def test_instances_of_an_event() -> None:
    rows = "1,baseline,,1,2\n1,baseline,,2,2\n"
    sentence = refused(f"record_id,redcap_event_name,redcap_repeat_instrument,redcap_repeat_instance,role\n{rows}")
    assert "line 3: found a record for the second time (events 'baseline')" in sentence


def test_a_record_twice_without_events_is_left_to_the_screening() -> None:
    assert len(text("record_id,a___1,form_complete\n1,1,2\n1,0,2\n").cells) == 2


def test_several_instruments_and_one_survey() -> None:
    export = text(
        "record_id,a_timestamp,a_complete,b_complete,q\n"
        "1,2026-05-04 08:00:00,2,0,5\n2,[not completed],0,0,4\n3,,0,0,3\n"
    )
    assert export.facts["complete"].tolist() == [True, False, None]
    assert export.notes == (
        "the states of 2 instruments stand apart ('a_complete', 'b_complete'): none of them alone means complete",
    )
    assert [c.code for c in export.columns] == ["a_complete", "b_complete", "q"]


def test_strictness() -> None:
    assert text("firm_complete,q\nyes,1\n").platform == "plain"  # no state
    assert text("firm_complete,q\n2,1\n").platform == "plain"  # neither a record nor ticks
    assert text("record_id,q\n1,2\n").platform == "plain"
    assert text("a___1,b\n1,2\n").platform == "plain"
    assert refused("a,b\n1,2\n", platform="redcap") == (
        "x.csv, line 1: found headings that are not REDCap's; expected 'record_id', fields like 'field___1' and the "
        "state of an instrument like 'form_complete'; leave `platform` out or set it to 'plain'"
    )


@pytest.mark.skipif(not EXPORTS, reason="SURVEY_EXPORTS is not set: no folder of real exports")
@pytest.mark.parametrize(
    ("name", "rows", "columns", "personal"),
    [
        ("checkboxes-1", 4, 13, ("record_id",)),
        ("decimal-comma", 4, 6, ("record_id", "name")),
        ("simple", 5, 24, ("record_id", "name_first", "name_last", "address", "telephone", "email", "dob")),
    ],
)
def test_redcapr(name: str, rows: int, columns: int, personal: tuple[str, ...]) -> None:
    export = read_export(Path(EXPORTS) / "redcap" / f"redcapr_{name}_data.csv")
    assert export.platform == "redcap"
    one_state = int(name == "decimal-comma")  # its column became a fact
    assert export.cells.shape == (rows, columns - len(personal) - one_state)
    assert export.personal == personal
    if one_state:
        assert export.facts["complete"].tolist() == [True] * 4
        assert export.notes == ("decimals have a comma in 'height', 'weight' and a point in 'bmi'",)
