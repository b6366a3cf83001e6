"""Whatever stands in a file: a table of the right size or one sentence, never a traceback."""

import csv
import io
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from b2bsurvey.errors import StudyError
from b2bsurvey.instruments import read_instrument
from b2bsurvey.readers import RawExport, read_export
from b2bsurvey.readers.labels import labelled

EXPORTS = Path(__file__).parent / "fixtures" / "exports"
HEADINGS = {
    "limesurvey": [
        *("id", "submitdate", "lastpage", "seed", "token", "interviewtime", "Q[1]", "Q[Y_X]", "Q[1][2]", "QTime"),
        *(
            "Q[1]. How? [a]",
            "Q. How",
            "Response ID",
            "Seed",
            "Last page",
            "[",
            "]",
            "a][b]",
            "x [",
            "",
            "id. Response ID",
        ),
    ],
    "qualtrics": [
        *(
            "V1",
            "ResponseID",
            "ResponseId",
            "StartDate",
            "Finished",
            "Progress",
            "EndDate",
            "Q1",
            "Q1_1",
            "Q1_TEXT",
            "_",
        ),
        *(
            '{"ImportId":"QID1"}',
            '{"ImportId":"QID1-1-2"}',
            "{'ImportId': 'status'}",
            "Q - A",
            "Q-A-B",
            "-",
            "",
            "#1_1",
        ),
    ],
    "sosci": ["CASE", "QUESTNNR", "MODE", "STARTED", "AB01", "AB01_01", "TIME001", "TIME_SUM", "FINISHED", "", "a: b"],
    "unipark": ["lfdn", "dispcode", "tester", "duration", "lastpage", "v_1", "v_1", "rts5", "datetime", "", "c_0001"],
    "googleforms": ["Timestamp", "Q [a]", "Q [b]", "[x]", "a]", "Email Address", "", "Horodateur"],
    "msforms": ["ID", "Start time", "Completion time", "Email", "Q.a", "Q.b", "a.", ".b", "Language", ""],
    "kobo": [
        *("_id", "_uuid", "_submission_time", "start", "end", "q", "q/a", "q/b", "g/q/a", "/", "a/", "_x_latitude"),
        *("_x_longitude", "x", "KEY", "SubmissionDate", "_parent_index", "X_id", "x-Latitude", ""),
    ],
    "redcap": [
        *("record_id", "a___1", "a____9", "f_complete", "g_complete", "s_timestamp", "redcap_event_name", "Complete?"),
        *("redcap_repeat_instrument", "redcap_repeat_instance", "Q (choice=A)", "(choice=)", "email", ""),
    ],
    "alchemer": [
        *("Response ID", "Time Started", "Date Submitted", "Status", "IP Address", "Country", "a:Q", "b:Q", ":", "Q"),
        *("Tags", "Language", "::", ""),
    ],
}
CELLS = [
    "2026-05-04 08:00:00",
    "47.05 8.31 0 0",
    "1,5",
    "1.5",
    "",
    "1",
    "0",
    "-9",
    "-77",
    "2",
    "T",
    "N/A",
    "Yes",
    "-oth-",
    "1980-01-01 00:00:00",
    "0000-00-00",
    "a: b",
    "é",
]


def size(raw: RawExport) -> None:
    assert raw.cells.shape == (len(raw.facts), len(raw.columns))
    assert list(raw.cells.columns) == [column.position for column in raw.columns]


@pytest.mark.parametrize("platform", HEADINGS)
@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_any_headings(platform: str, data: st.DataObject) -> None:
    width = data.draw(st.integers(1, 7))
    heading = st.lists(st.sampled_from(HEADINGS[platform]), min_size=width, max_size=width)
    cells = st.lists(st.sampled_from(CELLS), min_size=width, max_size=width)
    rows = [*data.draw(st.lists(heading, min_size=1, max_size=3)), *data.draw(st.lists(cells, max_size=3))]
    stream = io.StringIO(newline="")
    csv.writer(stream, quoting=csv.QUOTE_ALL).writerows(rows)
    for named in (None, platform):
        try:
            size(read_export(Path("x.csv"), platform=named, data=stream.getvalue().encode()))
        except StudyError as error:
            assert str(error).startswith("x.csv")
            assert "\n" not in str(error)


@pytest.mark.parametrize(
    "name", ["limesurvey_178.lss", "limesurvey_426.lss", "limesurvey_structure.txt", "qualtrics.qsf"]
)
@given(data=st.data())
@settings(max_examples=100, deadline=None)
def test_any_damage_to_a_definition(name: str, data: st.DataObject) -> None:
    whole = bytearray((EXPORTS / name).read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(whole) - 1))
        whole[start : start + data.draw(st.integers(0, 300))] = data.draw(st.binary(max_size=3))
    try:
        instrument = read_instrument(bytes(whole), name)
    except StudyError as error:
        assert str(error).startswith(name)
    else:
        assert all(isinstance(column.code, str) for question in instrument.questions for column in question.columns)


@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_any_damage_to_an_archive(data: st.DataObject) -> None:
    responses = bytearray((EXPORTS / "limesurvey_responses.lsr").read_bytes())
    start = data.draw(st.integers(0, len(responses) - 1))
    responses[start : start + data.draw(st.integers(0, 400))] = data.draw(st.binary(max_size=3))
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("survey_1.lss", (EXPORTS / "limesurvey_426.lss").read_bytes())
        packed.writestr("survey_1_responses.lsr", bytes(responses))
    whole = bytearray(stream.getvalue())
    if data.draw(st.booleans()):
        place = data.draw(st.integers(4, len(whole) - 1))
        whole[place] ^= data.draw(st.integers(1, 255))
    try:
        size(read_export(Path("x.lsa"), data=bytes(whole)))
    except StudyError as error:
        assert str(error).startswith("x.lsa")


@given(data=st.data())
@settings(max_examples=100, deadline=None)
def test_any_damage_to_a_script(data: st.DataObject) -> None:
    raw = read_export(EXPORTS / "sosci_utf8.csv")
    script = bytearray((EXPORTS / "sosci.r").read_bytes())
    start = data.draw(st.integers(0, len(script) - 1))
    script[start : start + data.draw(st.integers(0, 900))] = data.draw(st.binary(max_size=3))
    try:
        size(labelled(raw, Path("x.r"), bytes(script)))
    except StudyError as error:
        assert str(error).startswith("x.r")
