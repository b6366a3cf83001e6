"""SPSS and Stata files: codes, labels, missing values, dates, response sets; damaged files in one sentence."""

import gzip
import io
import os
import random
import struct
import zipfile
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyreadstat
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from b2bsurvey.config import Wave
from b2bsurvey.errors import StudyError
from b2bsurvey.ingest import ingest
from b2bsurvey.questionnaire_file import load_questionnaire
from b2bsurvey.readers import RawExport, read_export, statistics_file

EXPORTS = os.environ.get("SURVEY_EXPORTS", "")
CORPUS = os.environ.get("SURVEY_CORPUS", "")
FRAME = pd.DataFrame(
    {
        "ResponseId": ["R_1", "R_2", "R_3", "R_4"],
        "IPAddress": ["192.0.2.1", "", "192.0.2.3", ""],
        "q1": [1.0, 5.0, -9.0, None],
        "q2": [1.5, 97.0, 98.0, 2.0],
        "city": ["Zürich", "NA", "x", ""],
    }
)
QUESTIONNAIRE = """title: {de: "Kanäle"}
source: {de: "Synthetisch"}
languages: [de]
missing: {refused: ["keine Angabe"]}
questions:
  use:
    type: single
    text: {de: "Nutzung"}
    column: q1
    answers: {never: {label: {de: "nie"}}, always: {label: {de: "immer"}}}
"""


def sav(folder: Path, frame: pd.DataFrame = FRAME, name: str = "x.sav", **options: Any) -> bytes:
    """Return the bytes of an SPSS file that pyreadstat wrote."""
    pyreadstat.write_sav(frame, folder / name, **options)
    return (folder / name).read_bytes()


def dta(folder: Path, frame: pd.DataFrame, **options: Any) -> bytes:
    """Return the bytes of a Stata file that pyreadstat wrote."""
    pyreadstat.write_dta(frame, folder / "x.dta", **options)
    return (folder / "x.dta").read_bytes()


def read(data: bytes, name: str = "x.sav", **options: str) -> RawExport:
    return read_export(Path(name), data=data, **options)


def refused(data: bytes, name: str = "x.sav", **options: str) -> str:
    with pytest.raises(StudyError) as caught:
        read(data, name, **options)
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith(f"{name}: ")
    return str(caught.value)


DESCRIBED: dict[str, Any] = {
    "column_labels": ["", "", "Wie oft <b>nutzen</b> Sie LinkedIn?", "Anteil", "Ort"],
    "variable_value_labels": {"q1": {1: "nie", 5: "immer", -9: "keine Angabe"}, "q2": {99: "Ausreisser"}},
    "missing_ranges": {"q1": [-9], "q2": [{"lo": 97, "hi": 99}], "city": ["x"]},
}


# --- SPSS ---


@pytest.mark.parametrize("options", [{}, {"compress": True}, {"row_compress": True}], ids=["sav", "zsav", "rows"])
def test_codes_labels_and_missing_values(tmp_path: Path, options: dict[str, bool]) -> None:
    export = read(sav(tmp_path, **DESCRIBED, **options), "x.zsav" if "compress" in options else "x.sav")
    assert (export.platform, export.reason) == ("spss", "the file is an SPSS data file")
    assert (export.encoding, export.delimiter, export.sheet) == ("utf-8", "", "")
    assert [(c.position, c.code, c.question, c.item) for c in export.columns] == [
        (3, "q1", "Wie oft nutzen Sie LinkedIn?", ""),
        (4, "q2", "Anteil", ""),
        (5, "city", "Ort", ""),
    ]
    assert export.columns[0].values == {"1": "nie", "5": "immer", "-9": "keine Angabe"}
    assert [c.missing for c in export.columns] == [("-9",), ("99", "97", "98"), ("x",)]
    assert export.cells.to_numpy().tolist() == [
        ["1", "1.5", "Zürich"],
        ["5", "97", "NA"],
        ["-9", "98", "x"],
        ["", "2", ""],
    ]
    assert list(export.cells.index) == [1, 2, 3, 4]  # cases
    assert export.facts["respondent_id"].tolist() == ["R_1", "R_2", "R_3", "R_4"]
    assert export.personal == ("ResponseId", "IPAddress")
    assert export.notes == ()


def test_what_the_questionnaire_makes_of_it(tmp_path: Path) -> None:
    (tmp_path / "q.yaml").write_text(QUESTIONNAIRE, encoding="utf-8")
    export = read(sav(tmp_path, **DESCRIBED))
    typed, report = ingest([export], load_questionnaire(tmp_path / "q.yaml"), b"key", Wave("w", (), "", "open_link"))
    assert typed.values["use"].tolist()[:2] == ["never", "always"]
    assert typed.missing["use"].tolist()[2:] == ["refused", "not_answered"]
    assert report.not_understood == ()


def test_open_ranges(tmp_path: Path) -> None:
    frame = pd.DataFrame({"q": [-99.0, -1.0, 0.0, 3.0], "p": [900.0, 1.0, 2.0, 3.0]})
    low, high = -1.7976931348623155e308, 1.7976931348623155e308
    ranges = {"q": [{"lo": low, "hi": -1}], "p": [{"lo": 900, "hi": high}]}
    export = read(sav(tmp_path, frame, missing_ranges=ranges))
    assert [c.missing for c in export.columns] == [("-1", "-99"), ("900",)]


def test_labelled_texts(tmp_path: Path) -> None:
    export = read(
        sav(tmp_path, pd.DataFrame({"g": ["M", "F"]}), variable_value_labels={"g": {"M": "Mann", "F": "Frau"}})
    )
    assert export.columns[0].values == {"M": "Mann", "F": "Frau"}
    assert export.cells[1].tolist() == ["M", "F"]


def test_without_any_description(tmp_path: Path) -> None:
    export = read(sav(tmp_path, pd.DataFrame({"v1": [1.0], "v2": [0.1]})))
    assert [(c.code, c.question, dict(c.values), c.missing) for c in export.columns] == [
        ("v1", "v1", {}, ()),
        ("v2", "v2", {}, ()),
    ]
    assert export.notes == ()


def test_dates_and_times(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "day": [date(2020, 1, 2), None],
            "moment": pd.to_datetime(["2020-01-02 03:04:05", "1880-05-06 10:10:10"]),
            "length": [3661.0, 90_000.0],
            "far": [1e15, 5.0],
        }
    )
    export = read(sav(tmp_path, frame, variable_format={"length": "TIME8", "far": "DATE11"}))
    assert export.cells.to_numpy().tolist() == [
        ["2020-01-02", "2020-01-02 03:04:05", "1:01:01", "1000000000000000"],
        ["", "1880-05-06 10:10:10", "25:00:00", "1582-10-14"],
    ]
    assert export.notes == ("variable 'far' holds dates outside the years 1 to 9999, left as numbers",)
    with pytest.raises(OverflowError):  # what the library makes of such a file
        pyreadstat.read_sav(tmp_path / "x.sav")


def with_sets(data: bytes, sets: str) -> bytes:
    """Return an SPSS file with a record of multi-response sets before the end of its dictionary."""
    end = data.index(struct.pack("<ii", 999, 0))
    record = struct.pack("<iiii", 7, 7, 1, len(sets.encode())) + sets.encode()
    return data[:end] + record + data[end:]


def test_multi_response_sets(tmp_path: Path) -> None:
    frame = pd.DataFrame({"ch_1": [1.0, 0.0], "ch_2": [1.0, 1.0], "first": [3.0, 4.0], "second": [4.0, 3.0]})
    data = sav(tmp_path, frame, column_labels=["LinkedIn", "YouTube", "Erstes", "Zweites"])
    label = "Welche Kanäle?"
    sets = f"$kanaele=D1 1 {len(label.encode())} {label} CH_1 CH_2\n$plan=C 0  first second\n"
    export = read(with_sets(data, sets))
    assert [(c.code, c.question, c.item) for c in export.columns] == [
        ("ch_1", "Welche Kanäle?", "LinkedIn"),
        ("ch_2", "Welche Kanäle?", "YouTube"),
        ("first", "plan", "Erstes"),
        ("second", "plan", "Zweites"),
    ]
    assert export.notes == (
        "multi-response set 'kanaele': 2 variables, 1 means ticked",
        "multi-response set 'plan': 2 variables, each holds one answer",
    )


@pytest.mark.parametrize("labels", [{}, {1: "nicht genannt", 2: "genannt"}, {1: "Ja", 2: "Nein"}])
def test_the_counted_value_means_ticked(tmp_path: Path, labels: dict[int, str]) -> None:
    frame = pd.DataFrame({"ch_1": [1.0, 2.0, 9.0], "ch_2": [2.0, 1.0, 9.0]})
    names = ("ch_1", "ch_2")
    data = sav(
        tmp_path,
        frame,
        column_labels=["LinkedIn", "YouTube"],
        missing_ranges={name: [9] for name in names},
        variable_value_labels={name: labels for name in names if labels},
    )
    (tmp_path / "q.yaml").write_text(
        """title: {de: "K"}
source: {de: "S"}
languages: [de]
questions:
  channels:
    type: tick_all
    text: {de: "Kanäle"}
    column: "Welche?"
    options: {linkedin: {label: {de: "LinkedIn"}}, youtube: {label: {de: "YouTube"}}}
""",
        encoding="utf-8",
    )
    export = read(with_sets(data, "$ch=D1 2 7 Welche? ch_1 ch_2\n"))
    typed, report = ingest([export], load_questionnaire(tmp_path / "q.yaml"), b"key", Wave("w", (), "", "open_link"))
    assert typed.values["channels_linkedin"].tolist()[:2] == [0, 1]
    assert typed.values["channels_youtube"].tolist()[:2] == [1, 0]
    assert typed.missing["channels_youtube"].iloc[2] == "not_answered"
    assert report.not_understood == ()


# --- Stata ---


STATA = pd.DataFrame({"id": [1.0, 2.0, 3.0], "q": [1.0, "a", 5.0], "t": ["abc", "", "NA"], "strl": ["y" * 3000] * 3})


def test_stata(tmp_path: Path) -> None:
    data = dta(
        tmp_path,
        STATA,
        column_labels=["", "Häufigkeit", "", ""],
        variable_value_labels={"q": {1: "nie", 5: "immer", "a": "verweigert"}},
        missing_user_values={"q": ["a"]},
    )
    export = read(data, "x.dta")
    assert (export.platform, export.reason, export.encoding) == ("stata", "the file is a Stata data file", "utf-8")
    assert export.cells[2].tolist() == ["1", ".a", "5"]
    assert export.columns[0].values == {"1": "nie", "5": "immer", ".a": "verweigert"}
    assert export.columns[0].missing == (".a",)
    assert export.cells[4].tolist() == ["y" * 3000] * 3
    assert export.facts["respondent_id"].tolist() == ["1", "2", "3"]
    assert export.notes == ()


@pytest.mark.parametrize("version", [8, 10, 12, 13, 14, 15])
def test_versions_of_stata(tmp_path: Path, version: int) -> None:
    frame = pd.DataFrame({"q": [1.0, 2.5, None], "t": ["a", "bb", "c"]})
    labels = {"q": {1: "yes", 2: "no"}}
    export = read(dta(tmp_path, frame, version=version, variable_value_labels=labels), "x.dta")
    assert export.cells.to_numpy().tolist() == [["1", "a"], ["2.5", "bb"], ["", "c"]]
    assert export.columns[0].values == {"1": "yes", "2": "no"}
    assert export.encoding == ("utf-8" if version >= 14 else "cp1252")
    assert bool(export.notes) == (version < 14)
    assert version >= 14 or export.notes == (
        "encoding cp1252 was assumed: files of Stata before version 14 do not say theirs",
    )


def test_dates_and_numbers_of_stata(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "day": [21_915.0, 1.0],
            "moment": [1_893_553_445_000.0, 0.0],
            "month": [724.0, -1.0],
            "quarter": [241.0, 0.0],
            "leap": [1.0, 2.0],
        }
    )
    formats = {"day": "%td", "moment": "%tc", "month": "%tm", "quarter": "%tq", "leap": "%tC"}
    export = read(dta(tmp_path, frame, variable_format=formats), "x.dta")
    assert export.cells.to_numpy().tolist() == [
        ["2020-01-01", "2020-01-02 03:04:05", "2020m5", "2020q2", "1"],
        ["1960-01-02", "1960-01-01 00:00:00", "1959m12", "1960q1", "2"],
    ]
    assert export.notes == ("variable 'leap' holds times of the format %tC, left as numbers",)


def test_file_of_another_writer() -> None:
    frame = pd.DataFrame({"single": np.array([1.1, 2.0], dtype="float32"), "small": np.array([1, 2], dtype="int8")})
    frame["when"] = pd.to_datetime(["2020-01-02", "2020-01-03"])
    stream = io.BytesIO()
    frame.to_stata(stream, write_index=False, version=118, convert_dates={"when": "td"})
    export = read(stream.getvalue(), "x.dta")
    assert export.cells.to_numpy().tolist() == [["1.1", "1", "2020-01-02"], ["2", "2", "2020-01-03"]]


# --- files that a platform wrote ---


@pytest.mark.parametrize(
    ("platform", "frame", "personal", "complete", "test"),
    [
        (
            "sosci",
            {"CASE": [1.0, 2.0], "SERIAL": ["s", ""], "QUESTNNR": ["b", "b"], "MODE": ["interview", "pretest"],
             "STARTED": pd.to_datetime(["2026-05-04 08:00:00"] * 2), "AB01": [1.0, -9.0], "TIME001": [3.0, 4.0],
             "FINISHED": [1.0, 0.0], "LASTPAGE": [5.0, 2.0]},
            ("CASE", "SERIAL"), [True, False], [False, True],
        ),
        (
            "unipark",
            {"lfdn": [1.0, 2.0], "external_lfdn": [0.0, 0.0], "tester": [0.0, 1.0], "dispcode": [31.0, 22.0],
             "lastpage": [5.0, 2.0], "duration": [60.0, -1.0], "v_1": [1.0, -77.0], "ip_addr": ["192.0.2.1", ""]},
            ("lfdn", "external_lfdn", "ip_addr"), [True, False], [False, True],
        ),
        (
            "limesurvey",
            {"id": [1.0, 2.0], "submitdate": ["2026-05-04 08:00:00", ""], "lastpage": [5.0, 2.0],
             "startlanguage": ["de", "fr"], "token": ["x1", ""], "ipaddr": ["192.0.2.1", ""], "AB01_1": [1.0, 0.0]},
            ("id", "token", "ipaddr"), [True, False], [False, False],
        ),
        (
            "qualtrics",
            {"StartDate": pd.to_datetime(["2026-05-04 08:00:00"] * 2), "EndDate": pd.to_datetime(["2026-05-04 08:05:00"] * 2),
             "Status": [0.0, 1.0], "IPAddress": ["192.0.2.1", ""], "Progress": [100.0, 50.0],
             "Duration__in_seconds_": [300.0, 20.0], "Finished": [1.0, 0.0], "ResponseId": ["R_1", "R_2"],
             "LocationLatitude": ["47.05", ""], "Q1": [1.0, 2.0]},
            ("IPAddress", "ResponseId", "LocationLatitude"), [True, False], [False, True],
        ),
    ],
)  # fmt: skip
def test_names_of_a_platform(
    tmp_path: Path,
    platform: str,
    frame: dict[str, Any],
    personal: tuple[str, ...],
    complete: list[bool],
    test: list[bool],
) -> None:
    question = next(name for name in frame if name in ("AB01", "v_1", "AB01_1", "Q1"))
    options = {
        "column_labels": {question: "Wie oft?"},
        "variable_value_labels": {question: {1: "nie", -9: "nicht beantwortet"}},
        "missing_ranges": {question: [-9]},
    }
    data = sav(tmp_path, pd.DataFrame(frame), **options)
    export = read(data)
    assert export.platform == platform
    assert export.reason.startswith("the file is an SPSS data file; ")
    assert sorted(export.personal) == sorted(personal)
    assert export.facts["complete"].tolist() == complete
    assert export.facts["test"].tolist() == test
    (column,) = (c for c in export.columns if c.code == question)
    assert (column.question, column.item) == ("Wie oft?", "")
    assert column.values == {"1": "nie", "-9": "nicht beantwortet"}
    assert "-9" in column.missing
    assert column.not_shown == (("-77", "-66") if platform == "unipark" else ())
    everything = export.cells.to_csv() + repr((export.columns, export.notes))
    assert "192.0.2.1" not in everything
    as_it_is = read(data, platform="spss")
    assert as_it_is.platform == "spss"
    assert len(as_it_is.columns) > len(export.columns)


# --- round trips ---

TEXT = st.text(st.characters(min_codepoint=32, blacklist_categories=("Cs", "Cn", "Co")), max_size=8)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(
        st.tuples(
            st.one_of(st.none(), st.integers(-(10**9), 10**9).map(float), st.floats(-1e6, 1e6)), TEXT.map(str.rstrip)
        ),
        min_size=1,
        max_size=40,
    ),
    kind=st.sampled_from(["sav", "zsav", "dta"]),
)
def test_what_is_written_is_read_back_the_same(tmp_path: Path, rows: list[tuple[float | None, str]], kind: str) -> None:
    frame = pd.DataFrame(rows, columns=["number", "text"]).astype({"number": "float64"})
    data = dta(tmp_path, frame) if kind == "dta" else sav(tmp_path, frame, compress=kind == "zsav")
    export = read(data, f"x.{kind}")
    numbers = [None if text == "" else float(text) for text in export.cells[1]]
    assert numbers == [number for number, _ in rows]
    assert export.cells[2].tolist() == [text for _, text in rows]
    assert not any(text.endswith(".0") for text in export.cells[1])


def test_compressed_files(tmp_path: Path) -> None:
    data = sav(tmp_path)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("survey.sav", data)
    for content, name in ((gzip.compress(data), "x.sav.gz"), (packed.getvalue(), "x.zip")):
        export = read(content, name)
        assert export.cells.equals(read(data).cells)
        assert export.notes[0].startswith("unpacked")


# --- what is refused ---


def test_names_and_options(tmp_path: Path) -> None:
    data = sav(tmp_path)
    assert refused(data, "x.csv") == (
        "x.csv: found an SPSS data file under a name that does not end in .sav; expected name and content to agree; "
        "rename the file to .sav"
    )
    assert "found plain text under this name; expected an SPSS data file" in refused(b"a,b\n1,2\n", "x.sav")
    assert "found plain text under this name; expected a Stata data file" in refused(b"a,b\n1,2\n", "x.dta")
    assert "found a damaged file or one of another kind under this name" in refused(data[1:], "x.sav")
    assert "a Stata data file under a name that does not end in .dta" in refused(dta(tmp_path, FRAME[["q2"]]), "x.sav")
    locked = b"\x1c" + bytes(7) + b"ENCRYPTEDSAV" + bytes(30)
    assert "an SPSS data file protected by a password" in refused(locked, "x.sav")
    assert "found an SPSS data file, which has no sheets" in refused(data, sheet="Data")
    assert refused(data, platform="stata") == (
        "x.sav: found an SPSS data file; expected a file of the platform 'stata'; leave `platform` out"
    )
    assert "found a table; expected a file of the platform 'spss'" in refused(b"a,b\n1,2\n", "x.csv", platform="spss")
    assert read(data, platform="spss").platform == "spss"


DAMAGED = "found a damaged or cut data file; expected a whole one; export it again"


@pytest.mark.parametrize("count", [0, 1, 3, 5, 2_000_000_000])
def test_spss_file_with_a_wrong_number_of_cases(tmp_path: Path, count: int) -> None:
    data = bytearray(sav(tmp_path))
    data[80:84] = struct.pack("<i", count)
    assert refused(bytes(data)) == (
        f"x.sav: found 4 cases, though the file says that it holds {count:,}; expected a whole file; export it again"
    )
    data[80:84] = struct.pack("<i", -1)  # not said
    assert len(read(bytes(data)).cells) == 4


def test_cut_spss_files(tmp_path: Path) -> None:
    data = sav(tmp_path)
    for length in (100, 175, 400, len(data) - 300):
        assert refused(data[:length]) in (f"x.sav: {DAMAGED}",)
    assert "found 3 cases, though the file says that it holds 4" in refused(data[:-8])
    assert "the file is empty (0 bytes)" in refused(b"")


def test_text_in_another_encoding(tmp_path: Path) -> None:
    data = sav(tmp_path)
    assert refused(data.replace("Zürich".encode(), b"Z\xfc\xfcrich")) == (
        "x.sav: found text that is not in the encoding the file declares; expected one encoding throughout; open the "
        "file in the program that wrote it and save it as Unicode (UTF-8)"
    )


@pytest.mark.parametrize("version", [8, 12, 13, 15])
@pytest.mark.parametrize("change", ["fewer", "more", "cut", "longer"])
def test_stata_file_with_a_wrong_number_of_cases(tmp_path: Path, version: int, change: str) -> None:
    labels = {"q": {1: "yes"}}
    data = bytearray(dta(tmp_path, pd.DataFrame({"q": [1.0] * 9}), version=version, variable_value_labels=labels))
    if change in ("fewer", "more"):
        place = data.index(b"<N>") + 3 if version >= 13 else 6
        data[place] = 5 if change == "fewer" else 11
    elif change == "cut":
        del data[-8:]
    else:
        data += b"\1" * 20
    assert refused(bytes(data), "x.dta") in (
        f"x.dta: {DAMAGED}",
        "x.dta: found a Stata file that is cut or holds another number of cases than it says; expected a whole file; "
        "export it again",
    )


def test_stata_file_of_the_last_century() -> None:
    assert refused(b"\x69\2\1\0" + bytes(200), "x.dta") == (
        "x.dta: found a Stata file of before version 8 (format 105); expected a newer one; open it in Stata and save "
        "it again"
    )


def claimed(folder: Path) -> bytes:
    """Return a Stata file that says it holds 2,000,000,000 cases."""
    data = bytearray(dta(folder, pd.DataFrame({"q": [1.0] * 9}), version=15))
    place = data.index(b"<N>") + 3
    data[place : place + 8] = struct.pack("<q", 2_000_000_000)
    return bytes(data)


def test_more_cases_than_fit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert refused(claimed(tmp_path), "x.dta") == (
        "x.dta: the file says that it holds 2,000,000,000 cases of 1 variables, so it was not read; expected at most "
        "10,000,000 cells; the file is too large or damaged: export it again, or as CSV"
    )
    monkeypatch.setattr(statistics_file, "_MOST_CELLS", 10**10)
    assert "it holds more than an export can hold, so it was not read" in refused(claimed(tmp_path), "x.dta")


def test_more_bytes_than_fit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statistics_file, "_MOST_BYTES", 100)
    assert "bytes; expected an export of at most 100;" in refused(sav(tmp_path))


def test_library_that_crashes_hangs_or_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = sav(tmp_path)
    child = tmp_path / "child.py"
    monkeypatch.setattr(statistics_file.statistics_child, "__file__", str(child))
    child.write_text("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)")
    assert refused(data) == f"x.sav: {DAMAGED}"
    child.write_text("import time; time.sleep(60)")
    monkeypatch.setattr(statistics_file, "_SECONDS", 1)
    assert refused(data) == (
        "x.sav: was not read within 1 seconds; expected an export of at most 10,000,000 cells; the file is too large or "
        "damaged: export it again, or as CSV"
    )
    child.write_text("import a_library_that_is_not_there")
    with pytest.raises(RuntimeError, match="No module named 'a_library_that_is_not_there'"):
        read(data)


@pytest.mark.parametrize("kind", ["sav", "zsav", "dta"])
def test_flipped_bits_give_cells_or_one_sentence(tmp_path: Path, kind: str) -> None:
    whole = (
        dta(tmp_path, FRAME[["q1", "city"]]) if kind == "dta" else sav(tmp_path, **DESCRIBED, compress=kind == "zsav")
    )
    chance = random.Random(kind)
    for _ in range(6):
        data = bytearray(whole)
        for _ in range(chance.choice([1, 3])):
            data[chance.randrange(4, len(data))] ^= 1 << chance.randrange(8)
        try:
            export = read(bytes(data), f"x.{kind}")
        except StudyError as error:
            assert str(error).startswith(f"x.{kind}: ")
        else:
            assert len(export.cells) == len(FRAME)


# --- real files, and the corpus ---

REAL = pytest.mark.skipif(not EXPORTS, reason="SURVEY_EXPORTS is not set: no folder of real exports")


@REAL
def test_pyreadstat_sample() -> None:
    export = read_export(Path(EXPORTS) / "spss" / "pyreadstat_sample.sav")
    assert export.encoding == "windows-1252"
    assert export.cells.shape == (5, 7)
    assert export.cells.iloc[0].tolist() == [
        *("a", "1.1", "2018-05-06", "2018-05-06 10:10:10", "1", "1", "10:10:10"),
    ]
    columns = {c.code: c for c in export.columns}
    assert columns["mylabl"].values == {"1": "Male", "2": "Female"}
    assert columns["myord"].values == {"1": "low", "2": "medium", "3": "high"}
    assert columns["mydate"].question == "date"
    assert export.notes == ()


@REAL
def test_missing_ranges_of_a_real_file() -> None:
    export = read_export(Path(EXPORTS) / "spss" / "pyreadstat_sample_missing.sav")
    assert export.cells.shape == (7, 7)
    assert {c.code: c.missing for c in export.columns if c.missing} == {
        "mynum": ("-1", "2500"),
        "mylabl": ("-1",),
        "myord": ("-1", "-2", "-3"),
    }


@REAL
@pytest.mark.parametrize(
    ("name", "rows", "code", "question", "values"),
    [
        ("haven_labelled-str", 2, "gender", "gender", {"F": "Female", "M": "Male"}),
        ("haven_umlauts", 4, "var1", "This is an ä-umlaut", {"1": "the ä umlaut", "2": "the ü umlaut", "3": "the ö umlaut"}),
        ("haven_variable-label", 1, "sex", "Gender", {"1": "female"}),
    ],
)  # fmt: skip
def test_haven(name: str, rows: int, code: str, question: str, values: dict[str, str]) -> None:
    export = read_export(Path(EXPORTS) / "spss" / f"{name}.sav")
    (column,) = export.columns
    assert (len(export.cells), column.code, column.question, column.values) == (rows, code, question, values)


@pytest.mark.skipif(not CORPUS, reason="SURVEY_CORPUS is not set: no corpus of malformed files")
@pytest.mark.parametrize("name", ["sav_good", "sav_ncases_minus1"])
def test_whole_files_of_the_corpus(name: str) -> None:
    export = read_export(Path(CORPUS) / "generated" / f"{name}.sav")
    assert [(c.code, c.question) for c in export.columns] == [("q1", "Häufigkeit"), ("txt", "offen")]
    assert export.cells.to_numpy().tolist() == [["1", "a"], ["-9", "Zürich"], ["5", "=1+1"]]
    assert export.facts["respondent_id"].tolist() == ["1", "2", "3"]
    assert export.columns[0].values == {"1": "nie", "5": "immer", "-9": "keine Angabe"}
    assert export.columns[0].missing == ("-9",)


def test_times_of_the_platform_in_a_data_file(tmp_path: Path) -> None:
    frame = pd.DataFrame({"StartDate": [datetime(2020, 1, 2, 3, 4, 5)], "EndDate": ["2020-01-02 03:10:00"], "q": [1.0]})
    export = read(sav(tmp_path, frame))
    assert str(export.facts["started_at"].iloc[0]) == "2020-01-02 03:04:05"
    assert str(export.facts["submitted_at"].iloc[0]) == "2020-01-02 03:10:00"
