"""The readers: each platform and variant read exactly, each fault refused with its place."""

import csv
import gzip
import hashlib
import io
import struct
import zipfile
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from b2bsurvey.errors import StudyError
from b2bsurvey.readers import PLATFORMS, Column, RawExport, read_export

EXPORTS = Path(__file__).parent / "fixtures" / "exports"


def text(content: str | bytes, name: str = "x.csv", **options: str) -> RawExport:
    """Read a text that stands in no file."""
    return read_export(Path(name), data=content.encode() if isinstance(content, str) else content, **options)


def refused(content: str | bytes, name: str = "x.csv", **options: str) -> str:
    """Return the sentence with which a text is refused."""
    with pytest.raises(StudyError) as caught:
        text(content, name, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def workbook(fill: Callable[[openpyxl.Workbook], None]) -> bytes:
    """Return the bytes of a workbook made by `fill`."""
    book = openpyxl.Workbook()
    fill(book)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def sheet(*rows: list[object]) -> bytes:
    """Return the bytes of a workbook with one sheet."""

    def fill(book: openpyxl.Workbook) -> None:
        for row in rows:
            book.active.append(row)

    return workbook(fill)


def repacked(data: bytes, change: Callable[[str, bytes], bytes | None], extra: dict[str, bytes] | None = None) -> bytes:
    """Return a zip archive with its members changed, left out (None), or added."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = change(name, old.read(name))
            if content is not None:
                new.writestr(name, content)
        for name, content in (extra or {}).items():
            new.writestr(name, content)
    return stream.getvalue()


def in_sheet(data: bytes, old: str, new: str) -> bytes:
    """Return a workbook with a text in its first sheet replaced."""

    def change(name: str, content: bytes) -> bytes:
        if name != "xl/worksheets/sheet1.xml":
            return content
        assert old.encode() in content
        return content.replace(old.encode(), new.encode(), 1)

    return repacked(data, change)


def grid(export: RawExport) -> list[list[str]]:
    return export.cells.to_numpy().tolist()


# --- platforms -------------------------------------------------------------------------------------------


def test_platforms_are_listed() -> None:
    tables = "limesurvey qualtrics sosci surveymonkey typeform unipark googleforms msforms kobo redcap alchemer plain"
    assert (*tables.split(), "spss", "stata") == PLATFORMS


def test_surveymonkey_two_headings() -> None:
    export = read_export(EXPORTS / "surveymonkey_two_headings.csv")
    channels = "Which channels does your firm use? (Check all that apply)"
    assert export.platform == "surveymonkey"
    assert export.reason == "column 1 is headed 'Respondent ID' and a second heading row holds the options"
    assert export.columns == (
        Column(2, "", "Collector ID", ""),
        Column(10, "", channels, "LinkedIn"),
        Column(11, "", channels, "YouTube"),
        Column(12, "", channels, "None of these"),
        Column(13, "", "How useful are they?", "LinkedIn"),
        Column(14, "", "How useful are they?", "YouTube"),
        Column(15, "", "What is your role?", "Response"),
        Column(16, "", "What is your role?", "Other (please specify)"),
        Column(18, "", "Please leave your details", "Company"),
    )
    assert list(export.cells.columns) == [column.position for column in export.columns]
    assert list(export.cells.index) == [3, 4, 5]
    assert grid(export)[0] == [
        "55",
        "LinkedIn",
        "YouTube",
        "",
        "Very useful",
        "Not useful",
        "Marketing",
        "",
        "Example AG",
    ]
    assert list(export.facts["respondent_id"]) == ["100000000001", "00000000002", ""]
    assert list(export.facts["started"]) == ["06/08/2020 10:36:30 AM", "06/08/2020 11:00:00 AM", ""]
    assert list(export.facts["submitted"]) == ["06/08/2020 10:41:02 AM", "06/08/2020 11:02:00 AM", ""]
    assert list(export.facts["complete"]) == [None, None, None]
    assert list(export.facts["test"]) == [False, False, False]
    assert export.notes == ("1 wholly empty row, 1 of them at the end",)


def test_surveymonkey_drops_personal_columns_and_lists_them_by_heading() -> None:
    export = read_export(EXPORTS / "surveymonkey_two_headings.csv")
    assert export.personal == (
        *("Respondent ID", "IP Address", "Email Address", "First Name", "Last Name", "Custom Data 1"),
        "Please leave your details: Name",
        "Please leave your details: Email Address",
        "Please leave your details: Phone Number",
    )
    everything = export.cells.to_csv() + export.facts.to_csv() + repr((export.columns, export.notes))
    for value in ("192.0.2.1", "a@example.org", "Ada", "x1", "+41"):
        assert value not in everything


def test_surveymonkey_channel_called_email_is_an_answer() -> None:
    export = text("Respondent ID,Channels,,\n,Email Address,Phone Number,LinkedIn\n1,Email Address,,\n")
    assert export.platform == "surveymonkey"
    assert grid(export) == [["Email Address", "", ""]]


def test_surveymonkey_title_above() -> None:
    plain = read_export(EXPORTS / "surveymonkey_two_headings.csv")
    export = read_export(EXPORTS / "surveymonkey_title.csv")
    assert export.platform == "surveymonkey"
    assert export.columns == plain.columns
    assert grid(export) == grid(plain)[:2]
    assert list(export.cells.index) == [4, 5]
    assert export.notes == ("the title 'Channels in B2B, 2020' stands above the headings",)


def test_surveymonkey_title_above_with_delimiters() -> None:
    export = text("My survey,,\nRespondent ID,Role,\n,Response,Other (please specify)\n1,a,\n")
    assert export.platform == "surveymonkey"
    assert grid(export) == [["a", ""]]


def test_surveymonkey_question_in_every_column_and_status() -> None:
    export = read_export(EXPORTS / "surveymonkey_question_repeated.csv")
    assert export.platform == "surveymonkey"
    assert [(c.question, c.item) for c in export.columns] == [
        ("Which channels does your firm use?", "LinkedIn"),
        ("Which channels does your firm use?", "YouTube"),
        ("What is your role?", "Response"),
    ]
    assert list(export.facts["complete"]) == [True, False]
    assert list(export.facts["started"]) == ["2020-06-08T10:36:30", "2020-06-08T11:00:00"]


def test_surveymonkey_third_heading_row_with_codes() -> None:
    export = read_export(EXPORTS / "surveymonkey_codes.csv")
    assert [(c.code, c.item) for c in export.columns] == [
        ("q1_1", "LinkedIn"),
        ("q1_2", "YouTube"),
        ("q2", "Response"),
    ]
    assert grid(export) == [["1", "0", "3"], ["0", "1", "1"]]
    assert list(export.cells.index) == [4, 5]


def test_surveymonkey_answers_are_not_codes() -> None:
    export = text("Respondent ID,Channels,,Role\n,A,B,Response\n,A,B,Owner\n2,A,,Owner\n")
    assert len(export.cells) == 2
    assert not any(column.code for column in export.columns)


def test_surveymonkey_without_platform_columns() -> None:
    export = text("Channels,,Role\nLinkedIn,YouTube,Response\nLinkedIn,,Owner\n")
    assert export.platform == "surveymonkey"
    assert list(export.facts["respondent_id"]) == [""]


def test_surveymonkey_flat_heading_is_plain() -> None:
    export = text("RespondentID,Gender,Age\n,Male,30-44\n12,Female,18-29\n")
    assert export.platform == "plain"
    assert list(export.facts["respondent_id"]) == ["", "12"]


def test_typeform() -> None:
    export = read_export(EXPORTS / "typeform.csv")
    assert export.platform == "typeform"
    assert export.reason == "column 1 is headed '#' and there is a column 'Network ID'"
    assert [(c.position, c.question) for c in export.columns] == [
        (2, "Which channels, if any, does your firm use?"),
        (3, "LinkedIn"),
        (4, "Other"),
        (5, "What is your role?"),
        (6, "Other"),
    ]
    assert grid(export)[1] == ["Some", "", "Messenger", "", "Owner"]
    assert list(export.facts["respondent_id"]) == ["0a1b2c3d", "4e5f6a7b"]
    assert list(export.facts["submitted"]) == ["29-12-2018 23:51", ""]
    assert list(export.facts["complete"]) == [True, None]
    assert export.personal == ("#", "Network ID")


def test_plain() -> None:
    export = read_export(EXPORTS / "plain.csv")
    assert export.platform == "plain"
    assert export.columns == (
        Column(3, "channel", "channel", ""),
        Column(4, "n_employees", "n_employees", ""),
        Column(5, "comment", "comment", ""),
    )
    assert grid(export) == [["NA", "12", 'first line\nsecond "line"'], ["null", "", "=1+1"]]
    assert list(export.cells.index) == [2, 4]
    assert list(export.facts["respondent_id"]) == ["00123", "123"]
    assert list(export.facts["started"]) == ["2020-06-08", "2020-06-09"]
    assert export.personal == ("respondent_id", "E-mail address")
    assert all(isinstance(dtype, pd.StringDtype) for dtype in export.cells.dtypes)
    assert (export.encoding, export.delimiter, export.sheet) == ("utf-8", ",", "")


def test_plain_tick_all_that_repeats_its_headings_is_no_heading_row() -> None:
    export = text("LinkedIn,YouTube,Xing\nLinkedIn,YouTube,Xing\n,YouTube,\n")
    assert grid(export) == [["LinkedIn", "YouTube", "Xing"], ["", "YouTube", ""]]


def test_plain_email_and_name_are_personal_together_only() -> None:
    assert text("ID;Email;Name;q1\n1;a@example.org;A;5\n").personal == ("ID", "Email", "Name")
    assert text("Email;Phone;LinkedIn\nx;;x\n").personal == ()


def test_plain_semicolon_with_sep_line() -> None:
    export = read_export(EXPORTS / "plain_semicolon.csv")
    assert grid(export) == [["A", "1.234,50", "ok"], ["B", "0,5", "a; b"]]
    assert (export.delimiter, list(export.cells.index)) == (";", [3, 4])


def test_plain_tabs_and_empty_lines() -> None:
    export = read_export(EXPORTS / "plain.tsv")
    assert grid(export) == [["LinkedIn, YouTube", "5"], ["None", "1"]]
    assert (export.delimiter, list(export.cells.index)) == ("\t", [2, 4])


def test_one_column() -> None:
    export = text("comment\n01\n\n002\n")
    assert grid(export) == [["01"], ["002"]]
    assert export.delimiter == ""


def test_duplicate_headings_are_told_apart_by_position() -> None:
    export = text("q,q,q.1\n1,2,3\n")
    assert [(c.position, c.question) for c in export.columns] == [(1, "q"), (2, "q"), (3, "q.1")]
    assert grid(export) == [["1", "2", "3"]]


def test_headings_are_cleaned_and_cells_are_not() -> None:
    export = text(
        "q1,\ufeffWhat\u00a0is <b>your</b>\n role &amp; <10 staff?,c\n\u00a0a ,\ufeffb,<b>c</b>\n".replace(
            "\ufeffWhat\u00a0is <b>your</b>\n role &amp; <10 staff?",
            '"\ufeffWhat\u00a0is <b>your</b>\n role &amp; <10 staff?"',
        )
    )
    assert export.columns[1].question == "What is your role & <10 staff?"
    assert grid(export) == [["\u00a0a ", "\ufeffb", "<b>c</b>"]]
    assert export.notes == ("1 cell holds a byte-order mark U+FEFF inside the text (line 3, column 2)",)


def test_headings_only() -> None:
    export = text("q1,q2\n")
    assert export.cells.shape == (0, 2)
    assert export.facts.shape == (0, 10)


def test_sha256_is_of_the_file_as_it_lies() -> None:
    packed = gzip.compress(b"q1,q2\n1,2\n", mtime=0)
    assert text(packed, "x.csv.gz").sha256 == hashlib.sha256(packed).hexdigest()


# --- naming the platform ---------------------------------------------------------------------------------


def test_platform_named() -> None:
    export = text("#,Network ID,q1\nabc,x,5\n", platform="plain")
    assert (export.platform, export.reason) == ("plain", "named by the user")


def test_unknown_platform() -> None:
    assert refused("a,b\n1,2\n", platform="surveymonky") == (
        f"x.csv: found the platform 'surveymonky'; did you mean 'surveymonkey'?; expected one of {', '.join(PLATFORMS)}; "
        "correct `platform`"
    )


@pytest.mark.parametrize(
    ("platform", "words"),
    [
        ("surveymonkey", "two heading rows"),
        ("typeform", "'#' first"),
        ("qualtrics", "a row of ImportIds"),
        ("sosci", "'QUESTNNR'"),
        ("unipark", "'dispcode'"),
    ],
)
def test_file_does_not_fit_the_platform(platform: str, words: str) -> None:
    sentence = refused("a,b\n1,2\n", platform=platform)
    assert sentence.startswith("x.csv, line 1: found ")
    assert words in sentence


def test_only_platform_columns() -> None:
    assert "found no column with answers" in refused("respondent_id,start_date\n1,2020-01-01\n")


@pytest.mark.parametrize(
    ("content", "place", "words"),
    [
        ("My survey\nq1,q2\n1,2\n", "x.csv: ", "single text 'My survey' above the table"),
        (",,\n1,2,3\n", "x.csv, line 1: ", "3 of 3 columns without a heading"),
        ("1,2,3\n", "x.csv, line 1: ", "no words in the first row"),
        ('Q1,Q2\nText,Text\n"{""ImportId"":""1""}","{""ImportId"":""2""}"\n', "x.csv, line 3: ", "a further heading"),
        ("V1,V2,Q1\nResponseID,IPAddress,How?\nR_1,192.0.2.1,5\n", "x.csv, line 2: ", "further heading row"),
    ],
)  # fmt: skip
def test_plain_refuses_headings_that_are_none(content: str, place: str, words: str) -> None:
    sentence = refused(content, platform="plain")
    assert sentence.startswith(place)
    assert words in sentence


# --- files -----------------------------------------------------------------------------------------------


def test_missing_file_names_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "lucerne-2013.csv").write_text("a,b\n1,2\n")
    with pytest.raises(StudyError, match=r"lucern-2013\.csv: found no such file; did you mean 'lucerne-2013\.csv'\?"):
        read_export(tmp_path / "lucern-2013.csv")
    with pytest.raises(StudyError, match="found no such file; expected"):
        read_export(tmp_path / "nowhere" / "x.csv")


def test_folder_instead_of_file(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="found a folder; expected an export file"):
        read_export(tmp_path)


def test_file_is_read_and_named_as_given(tmp_path: Path) -> None:
    path = tmp_path / "Über uns 2020.csv"
    path.write_bytes(b"q1,q2\n1,2\n")
    export = read_export(path)
    assert export.file == str(path)
    assert grid(export) == [["1", "2"]]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "the file is empty (0 bytes)"),
        (b"\xef\xbb\xbf", "a byte-order mark and nothing else"),
        (b"\n\r\n\n", "only empty lines"),
        (b"<!DOCTYPE html><html><body>Log in</body></html>", "a web page (HTML"),
        (b"%PDF-1.7", "a PDF document"),
        (b"$FL2@(#) SPSS", "an SPSS data file"),
        (b'[{"q1": 1}]', "a JSON document"),
        (b"<?xml version='1.0'?><a/>", "an XML document"),
    ],
)
def test_files_that_are_no_table(content: bytes, words: str) -> None:
    sentence = refused(content)
    assert sentence.startswith("x.csv: found ") or "empty" in sentence
    assert words in sentence


def test_compressed_text() -> None:
    content = b"q1,q2\n1,2\n"
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("survey.csv", content)
    for data, name in ((gzip.compress(content), "x.csv.gz"), (packed.getvalue(), "x.zip")):
        export = text(data, name)
        assert grid(export) == [["1", "2"]]
        assert export.notes[0].startswith("unpacked ")


def test_compressed_text_that_cannot_be_read() -> None:
    content = gzip.compress(b"q1,q2\n1,2\n")
    several = io.BytesIO()
    with zipfile.ZipFile(several, "w") as archive:
        archive.writestr("a.csv", "q\n1\n")
        archive.writestr("b.csv", "q\n1\n")
    assert "damaged or cut gzip file" in refused(content[:-6], "x.csv.gz")
    assert "unpacks to far more than an export can hold" in refused(gzip.compress(b"0" * 20_000_000), "x.csv.gz")
    assert "zip archive with 2 files in it" in refused(several.getvalue(), "x.zip")
    assert "damaged or cut zip archive" in refused(several.getvalue()[:40], "x.zip")


# --- encodings -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("codec", "bom", "named"),
    [
        ("utf-8", b"", "utf-8"),
        ("utf-8", b"\xef\xbb\xbf", "utf-8"),
        ("utf-16-le", b"\xff\xfe", "utf-16-le"),
        ("utf-16-be", b"\xfe\xff", "utf-16-be"),
        ("utf-32-le", b"\xff\xfe\x00\x00", "utf-32-le"),
        ("utf-32-be", b"\x00\x00\xfe\xff", "utf-32-be"),
        ("utf-16-le", b"", "utf-16-le"),
        ("utf-16-be", b"", "utf-16-be"),
        ("utf-32-le", b"", "utf-32-le"),
        ("utf-32-be", b"", "utf-32-be"),
        ("cp1252", b"", "cp1252"),
        ("mac_roman", b"", "mac_roman"),
    ],
)
def test_encodings(codec: str, bom: bytes, named: str) -> None:
    export = text(bom + '"q1","Où?"\nZürich,Genève\n'.encode(codec))
    assert grid(export) == [["Zürich", "Genève"]]
    assert [c.question for c in export.columns] == ["q1", "Où?"]
    assert export.encoding == named
    guessed = named in ("cp1252", "mac_roman")
    assert bool(export.notes) == guessed
    assert not guessed or export.notes[0].startswith(f"encoding {named} was guessed")


def test_euro_sign_and_quotes_of_cp1252() -> None:
    assert grid(text("a,b\n5 €,don’t\n".encode("cp1252"))) == [["5 €", "don’t"]]


def test_two_byte_order_marks() -> None:
    export = text(b"\xef\xbb\xbf\xef\xbb\xbfq0,q1\nr1,1\n")
    assert export.columns[0].question == "q0"
    assert export.notes == ("1 more byte-order mark at the start left out",)


@pytest.mark.parametrize(
    ("content", "place", "words"),
    [
        ("q0,ort\nr1,Zürich\n".encode() + b"r2,Gen\xe8ve\n", "x.csv, line 3: ", "not UTF-8 (0xe8), though line 2 is"),
        (b"\xef\xbb\xbfq0,ort\nr2,Gen\xe8ve\n", "x.csv, line 2: ", "bytes that are not UTF-8, though the file begins"),
        (b"a,b\nx,\x81y\n", "x.csv, line 2: ", "a byte (0x81) that neither"),
        (b"a,b\r\n1,2\r\n\x00,2\r\n", "x.csv, line 3: ", "a NUL character"),
        (b"\xff\xfea\x00,\x00b", "x.csv: ", "not UTF-16-LE"),
        ("вопрос,ответ\nда,несколько слов\n".encode("cp1251"), "x.csv: ", "nor in a western encoding"),
    ],
)
def test_broken_encodings(content: bytes, place: str, words: str) -> None:
    sentence = refused(content)
    assert sentence.startswith(place)
    assert words in sentence


def test_lost_and_garbled_letters_are_noted() -> None:
    export = text("a,b\nZ\ufffdrich,ZÃ¼rich\nâ€œso,Zürich\n")
    assert export.notes == (
        "1 cell holds the replacement character U+FFFD: letters were lost before the export was read "
        "(line 2, column 1)",
        "2 cells hold letters garbled by a double encoding (like 'Ã¼' for 'ü') (line 2, column 2; line 3, column 1)",
    )


# --- rows and fields -------------------------------------------------------------------------------------


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters(delimiter: str) -> None:
    other = ";" if delimiter == "," else ","
    export = text(f'q1|q2|q3\n"a|b"|x{other}y|\nc|d{other}|1{other}5\n'.replace("|", delimiter))
    assert grid(export) == [[f"a{delimiter}b", f"x{other}y", ""], ["c", f"d{other}", f"1{other}5"]]
    assert export.delimiter == delimiter


def test_trailing_delimiter_on_all_rows() -> None:
    assert grid(text("q0,q1\n1,a,\n2,b,\n")) == [["1", "a"], ["2", "b"]]
    both = text("q0,q1,\n1,a,\n2,b,\n")
    assert grid(both) == [["1", "a"], ["2", "b"]]
    assert both.notes == ("1 empty column without a heading at the end left out",)


def test_line_ends() -> None:
    for end in ("\n", "\r\n", "\r"):
        export = text(f'a,b{end}"one{end}two",2{end}3,4{end}')
        assert grid(export) == [[f"one{end}two", "2"], ["3", "4"]]
        assert list(export.cells.index) == [2, 4]


def test_very_long_field() -> None:
    answer = 'word "quoted", ' * 20_000
    stream = io.StringIO()
    csv.writer(stream).writerows([["q1", "q2"], ["1", answer]])
    assert grid(text(stream.getvalue())) == [["1", answer]]


@pytest.mark.parametrize(
    ("content", "place", "words"),
    [
        ("q0,q1,q2\nr1,1\nr2,2,3\n", "line 2", "2 fields; expected 3 as in the headings on line 1"),
        ('q0,q1\nr1,"a\nb"\n\nr2,2,3\nr3,1\n', "line 5", "3 fields; expected 2"),
        ("\n\nq0,q1\nr1,1\nr2,2,3\n", "line 5", "3 fields; expected 2 as in the headings on line 3"),
        ('q0,txt\nr1,"never closed\nr2,ok\n', "line 2", "a quotation mark that is opened in this row and never closed"),
        (
            'q0,txt\nr0,x\nr1,"he said "hi" to me"\n',
            "line 3",
            "text after a closing quotation mark (noticed in line 3)",
        ),
        ('q0,txt\nr1,"a \\" b"\n', "line 2", "write quotation marks inside a text twice"),
        ("a,b;c\n1,2;3\n", "line 1", "divided by semicolon or comma"),
    ],
)
def test_broken_rows(content: str, place: str, words: str) -> None:
    sentence = refused(content)
    assert sentence.startswith(f"x.csv, {place}: found ")
    assert words in sentence


def test_more_columns_than_a_workbook_has_are_refused() -> None:
    with pytest.raises(StudyError, match=r"x.csv, line 1: found 20,000 columns; expected an export of at most 16,384;"):
        read_export(Path("x.csv"), data=b",".join([b"q"] * 20_000) + b"\n")


def test_headings_again_are_refused_or_noted() -> None:
    with pytest.raises(StudyError, match=r"x.csv, line 3: found the headings again; expected a respondent;"):
        read_export(Path("x.csv"), data=b"id,q\n1,a\nid,q\n2,b\n")
    ticks = read_export(Path("x.csv"), data=b"Xing,Blogs\nXing,\nXing,Blogs\n")  # everything ticked, perhaps
    assert ticks.notes == ("line 3 repeats the headings: two exports may have been put one below the other",)


def test_times_that_are_not_understood_are_noted() -> None:
    export = read_export(
        Path("x.csv"), data=b"id,Start Date,End Date,q\n1,1/2/2013 10:00,2013-02-01,a\n2,3/4/2013 11:00,soon,b\n"
    )
    assert export.notes == (
        "2 times in 'Start Date' not understood: whether the day or the month stands first cannot be told "
        "(first in line 2)",
        "1 time in 'End Date' not understood (first in line 3)",
    )


def test_delimiter_can_be_said() -> None:
    assert grid(text("sep=,\na,b;c\n1,2;3\n")) == [["1", "2;3"]]


NAUGHTY = st.one_of(
    st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\0"), max_size=30),
    st.text(st.sampled_from("\"',;|\t\n\r =+-@#<>\\\ufeff\u00a0é€\u202e👩"), max_size=12),
    st.sampled_from(["", "NA", "null", "None", "00123", "=cmd|' /C calc'!A0", '""', "\u2028", "\x0b", "1E5"]),
)


@settings(max_examples=200, deadline=None)
@given(
    rows=st.integers(2, 6).flatmap(lambda k: st.lists(st.lists(NAUGHTY, min_size=k, max_size=k), max_size=8)),
    delimiter=st.sampled_from(",;\t|"),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    codec=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_what_a_csv_writer_writes_is_read_back_the_same(
    rows: list[list[str]], delimiter: str, quoting: int, codec: str
) -> None:
    width = len(rows[0]) if rows else 2
    stream = io.StringIO()
    stream.write(f"sep={delimiter}\r\n")
    writer = csv.writer(stream, delimiter=delimiter, quoting=quoting)
    writer.writerow([f"q{j}" for j in range(width)])
    first = [["answer"] * width] * 2  # two ordinary rows, so that no answer can look like a further heading row
    writer.writerows([*first, *rows])
    export = text(stream.getvalue().encode(codec), platform="plain")
    assert grid(export) == [*first, *rows]
    assert [column.code for column in export.columns] == [f"q{j}" for j in range(width)]


@settings(max_examples=200, deadline=None)
@given(
    rows=st.integers(2, 6).flatmap(
        lambda k: st.lists(st.lists(NAUGHTY, min_size=k, max_size=k), min_size=1, max_size=8)
    ),
    delimiter=st.sampled_from(",;\t|"),
)
def test_delimiter_that_nobody_said_is_found_or_asked_for(rows: list[list[str]], delimiter: str) -> None:
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=delimiter)
    first = [["answer"] * len(rows[0])] * 2
    writer.writerows([[f"q{j}" for j in range(len(rows[0]))], *first, *rows])
    try:
        export = text(stream.getvalue(), platform="plain")
    except StudyError as error:
        sentence = str(error)
    else:
        assert grid(export) == [*first, *rows]
        return
    assert "expected one delimiter" in sentence


# --- suspicious cells ------------------------------------------------------------------------------------


def test_ranges_made_into_dates_are_noted_with_their_original() -> None:
    export = text("size,q\n01-May,a\n10-Jun,b\n11-50,c\nOct-25,d\n51-250,e\n")
    assert export.notes == (
        "3 cells hold a date where a range was probably meant (line 2, column 1: '01-May', probably '1-5'; "
        "line 3, column 1: '10-Jun', probably '6-10'; line 5, column 1: 'Oct-25', probably '10-25')",
    )
    assert grid(export)[0] == ["01-May", "a"]


def test_serial_numbers_among_ranges_are_noted_and_numbers_are_not() -> None:
    assert text("size,q\n43475,a\n11-50,b\n51-250,c\n").notes == (
        "1 cell holds a date where a range was probably meant (line 2, column 1: '43475', probably '1-10')",
    )
    assert text("staff,q\n43475,a\n120,b\n15,c\n").notes == ()
    assert text("day,q\n2019-01-10,a\n2019-02-11,b\nunknown,c\n").notes == ()


def test_spoiled_numbers_are_noted() -> None:
    notes = text("code,q\n1.23457E+11,a\n12345678901200000,b\n########,c\n").notes
    assert [note.split(" (")[0] for note in notes] == [
        "1 cell holds a long number in scientific notation: its last digits were lost",
        "1 cell holds a long number that ends in zeros: a spreadsheet may have rounded it",
        "1 cell holds '###': a spreadsheet column was too narrow, the value was lost",
    ]


def test_notes_never_repeat_an_answer() -> None:
    export = text('a,b\nsecret \ufffd, "secret"\n')
    assert len(export.notes) == 2
    assert "secret" not in "".join(export.notes)


# --- workbooks -------------------------------------------------------------------------------------------


def test_workbook_values_as_text() -> None:
    rows = [
        (1.0, "1"), (43475, "43475"), (123456789012, "123456789012"), (0.1, "0.1"), (-2.5, "-2.5"), ("00123", "00123"),
        (True, "TRUE"), (date(2020, 1, 2), "2020-01-02"), (datetime(2020, 1, 2, 3, 4, 5), "2020-01-02 03:04:05"),
        (timedelta(hours=30), "30:00:00"), ("NA", "NA"), (" x ", " x "), ("1e5", "1e5"), ("a\nb", "a\nb"), (None, ""),
    ]  # fmt: skip
    export = text(sheet(["value", "n"], *([value, "x"] for value, _ in rows)), "x.xlsx")
    assert [row[0] for row in grid(export)] == [expected for _, expected in rows]
    assert list(export.cells.index) == list(range(2, len(rows) + 2))
    assert (export.platform, export.sheet, export.encoding, export.delimiter) == ("plain", "Sheet", "", "")
    assert export.notes[0] == "sheet 'Sheet' was read"


def test_workbook_from_surveymonkey() -> None:
    data = sheet(
        ["Respondent ID", "Start Date", "IP Address", "Channels", None, "Role"],
        [None, None, None, "LinkedIn", "YouTube", "Response"],
        [100000000001, datetime(2020, 6, 8, 10, 36, 30), "192.0.2.1", "LinkedIn", None, "Owner"],
    )
    export = text(data, "x.xlsx")
    assert export.platform == "surveymonkey"
    assert list(export.facts["respondent_id"]) == ["100000000001"]
    assert list(export.facts["started"]) == ["2020-06-08 10:36:30"]
    assert grid(export) == [["LinkedIn", "", "Owner"]]


def test_workbook_places_are_those_of_the_sheet() -> None:
    def fill(book: openpyxl.Workbook) -> None:
        for cell, value in (("B3", "q1"), ("C3", "q2"), ("B4", 1), ("C4", 2), ("B6", 3), ("C9", " ")):
            book.active[cell] = value

    export = text(workbook(fill), "x.xlsx")
    assert [(c.position, c.question) for c in export.columns] == [(1, ""), (2, "q1"), (3, "q2")]
    assert list(export.cells.index) == [4, 5, 6]
    assert grid(export) == [["", "1", "2"], ["", "", ""], ["", "3", ""]]
    assert export.notes[1:] == (
        "3 empty rows at the end of the sheet left out",
        "no heading above column 1",
        "1 wholly empty row, 0 of them at the end",
    )


def test_workbook_with_several_sheets() -> None:
    def fill(book: openpyxl.Workbook) -> None:
        book.active.title = "Answers"
        book.active.append(["q1", "q2"])
        book.active.append(["1", "2"])
        book.create_sheet("Empty")
        hidden = book.create_sheet("Lists")
        hidden.append(["x", "y"])
        hidden.sheet_state = "hidden"

    def fill_both(book: openpyxl.Workbook) -> None:
        fill(book)
        book["Lists"].sheet_state = "visible"

    def hide_all(book: openpyxl.Workbook) -> None:
        fill(book)
        book["Answers"].sheet_state = "hidden"

    export = text(workbook(fill), "x.xlsx")
    assert grid(export) == [["1", "2"]]
    assert export.notes == ("sheet 'Answers' was read", "sheets not read: 'Empty' (empty), 'Lists' (hidden)")
    both = workbook(fill_both)
    assert refused(both, "x.xlsx") == (
        "x.xlsx: found 2 sheets with cells ('Answers', 'Lists'); expected one export; name the sheet that is meant "
        "(`sheet`)"
    )
    assert text(both, "x.xlsx", sheet="Lists").cells.shape == (0, 2)
    assert "found no sheet 'Answer'; did you mean 'Answers'?" in refused(both, "x.xlsx", sheet="Answer")
    assert "cells on hidden sheets only" in refused(workbook(hide_all), "x.xlsx")
    assert "found no filled cell" in refused(both, "x.xlsx", sheet="Empty")
    assert "found no sheet with cells" in refused(workbook(lambda book: None), "x.xlsx")


def test_sheet_of_a_text_file() -> None:
    assert "a text file, which has no sheets" in refused("a,b\n1,2\n", sheet="Sheet1")


def test_workbook_error_cell() -> None:
    data = in_sheet(sheet(["q1", "q2"], ["a", 5]), '<c r="B2" t="n"><v>5</v>', "<c t='e' r='B2'><v>#REF!</v>")
    assert refused(data, "x.xlsx").startswith("x.xlsx, sheet 'Sheet', cell B2: found the error value #REF!; expected")


def test_workbook_formulas() -> None:
    data = sheet(["q1", "q2"], ["a", "=1+1"], ["b", "=LEFT(A1,0)"])
    assert "sheet 'Sheet', cell B2: found a formula without a stored value" in refused(data, "x.xlsx")
    stored = in_sheet(data, "<f>1+1</f><v />", "<f>1+1</f><v>2</v>")
    assert "sheet 'Sheet', cell B3: found a formula" in refused(stored, "x.xlsx")
    empty_text = in_sheet(stored, '<c r="B3"><f>LEFT(A1,0)</f><v />', '<c r="B3" t="str"><f>LEFT(A1,0)</f><v></v>')
    assert grid(text(empty_text, "x.xlsx")) == [["a", "2"], ["b", ""]]


def test_workbook_of_1904() -> None:
    def fill(book: openpyxl.Workbook) -> None:
        book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
        book.active.append(["day", "q"])
        book.active.append([date(2020, 1, 2), "x"])

    export = text(workbook(fill), "x.xlsx")
    assert grid(export) == [["2020-01-02", "x"]]
    assert "the workbook counts its dates from 1904; they were read accordingly" in export.notes


def test_files_that_are_no_workbook() -> None:
    good = sheet(["q1", "q2"], ["a", 5])
    locked = bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le")
    assert "the file is empty" in refused(b"", "x.xlsx")
    assert "found a web page (HTML" in refused(b"<html><body>Log in", "x.xlsx")
    assert "found plain text under this name; expected an Excel workbook" in refused(b"a,b\n1,2\n", "x.xlsx")
    assert "damaged or cut workbook" in refused(good[: len(good) // 2], "x.xlsx")
    assert "protected by a password" in refused(locked, "x.xlsx")
    assert "an old Office file (.xls)" in refused(locked[:500], "x.xls")
    assert "rename the file to .xlsx" in refused(good, "x.csv")
    no_book = repacked(good, lambda name, content: None if name == "xl/workbook.xml" else content)
    assert "without a workbook" in refused(no_book, "x.xlsx")
    no_sheet = repacked(good, lambda name, content: None if "sheet1" in name else content)
    assert "damaged workbook" in refused(no_sheet, "x.xlsx")
    broken = bytearray(good)
    with zipfile.ZipFile(io.BytesIO(good)) as archive:
        place = archive.getinfo("xl/worksheets/sheet1.xml").header_offset
    broken[place + 60 : place + 80] = b"\xff" * 20
    assert "damaged workbook" in refused(bytes(broken), "x.xlsx")


def test_dangerous_workbooks_are_not_opened() -> None:
    good = sheet(["q1", "q2"], ["a", 5])

    def same(name: str, content: bytes) -> bytes:
        return content

    def doctype(name: str, content: bytes) -> bytes:
        return b"<!DOCTYPE x [<!ENTITY a 'b'>]>" + content if name.endswith("sheet1.xml") else content

    cases = {
        "a part whose name leads outside the workbook": repacked(good, same, {"../../evil.txt": b"x"}),
        "packed 1,0": repacked(good, same, {"xl/media/zeros.bin": bytes(5_000_000)}),
        "parts (at most 2,000 are read)": repacked(good, same, {f"x/{i}": b"" for i in range(2_000)}),
        "a document type declaration in 'xl/worksheets/sheet1.xml'": repacked(good, doctype),
        "an encoding other than UTF-8": repacked(
            good, lambda n, c: c.decode().encode("utf-16") if n.endswith("sheet1.xml") else c
        ),
    }
    for words, data in cases.items():
        assert words in refused(data, "x.xlsx")


def test_understated_size_in_the_zip_directory() -> None:
    good = sheet(["q1", "q2"], ["a", 5])
    with zipfile.ZipFile(io.BytesIO(good)) as archive:
        size = archive.getinfo("xl/worksheets/sheet1.xml").file_size
    assert "damaged workbook" in refused(good.replace(struct.pack("<I", size), struct.pack("<I", 10)), "x.xlsx")


def test_shared_strings_that_fill_the_memory() -> None:
    n = 20_000
    cells = "".join(f'<row r="{i}"><c r="A{i}" t="s"><v>0</v></c></row>' for i in range(3, n))
    data = in_sheet(sheet(["q1", "q2"], ["a", 5]), "</sheetData>", f"{cells}</sheetData>")
    strings = b"<sst><si><t>" + b"".join(str(i).encode() for i in range(8_000)) + b"</t></si></sst>"
    data = repacked(data, lambda name, content: content, {"xl/sharedStrings.xml": strings})
    assert "over 500,000,000 characters in the cells of sheet 'Sheet'" in refused(data, "x.xlsx")


def test_cells_far_outside_the_table() -> None:
    good = sheet(["q1", "q2"], ["a", 5])
    far = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    below = '<row r="1048576"><c r="A1048576"><v>1</v></c></row></sheetData>'
    blank = '<row r="1048576"><c r="A1048576" t="inlineStr"><is><t> </t></is></c></row></sheetData>'
    unaddressed = f'<row r="1048576">{"<c><v>1</v></c>" * 16_000}</row></sheetData>'
    assert "reach to row 1,048,576 and column 16,384" in refused(in_sheet(good, "</sheetData>", far), "x.xlsx")
    assert "reach to row 1,048,576 and column 16,000" in refused(in_sheet(good, "</sheetData>", unaddressed), "x.xlsx")
    assert refused(in_sheet(good, "</sheetData>", below), "x.xlsx").startswith(
        "x.xlsx, sheet 'Sheet', row 1048576: found something below 1,048,573 empty rows"
    )
    export = text(in_sheet(good, "</sheetData>", blank), "x.xlsx")
    assert grid(export) == [["a", "5"]]
    assert "1,048,574 empty rows at the end of the sheet left out" in export.notes


@settings(max_examples=30, deadline=None)
@given(st.lists(st.lists(st.text(st.characters(min_codepoint=32, blacklist_categories=("Cs", "Cn", "Co")), max_size=12),
                         min_size=3, max_size=3), min_size=1, max_size=5))  # fmt: skip
def test_texts_of_a_workbook_are_read_back_the_same(rows: list[list[str]]) -> None:
    def fill(book: openpyxl.Workbook) -> None:
        book.active.append(["q1", "q2", "q3"])
        for i, row in enumerate(rows, start=2):
            for j, value in enumerate(row, start=1):
                cell = book.active.cell(i, j)
                cell.value, cell.data_type = value, "s"

    kept = [row for i, row in enumerate(rows) if any(cell.strip() for later in rows[i:] for cell in later)]
    read = grid(text(workbook(fill), "x.xlsx"))
    # a cell of spaces only is a blank cell: the workbook's XML need not keep them
    assert [[c if c.strip() else "" for c in row] for row in read] == [
        [c if c.strip() else "" for c in r] for r in kept
    ]


def test_csv_field_limit_is_left_as_it_was() -> None:
    before = csv.field_size_limit()
    refused('a,b\n"x\n')
    assert csv.field_size_limit() == before
