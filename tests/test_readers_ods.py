"""OpenDocument spreadsheets: cells as text, repeated rows, hidden sheets, errors, and what is dangerous."""

import gzip
import io
import os
import zipfile
from pathlib import Path
from xml.sax.saxutils import escape

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from b2bsurvey.errors import StudyError
from b2bsurvey.readers import RawExport, read_export

FIXTURES = Path(__file__).parent / "fixtures" / "exports"
SPACES = (
    " ".join(
        f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for prefix, name in (("office", "office"), ("table", "table"), ("text", "text"), ("style", "style"))
    )
    + ' xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"'
)
MANIFEST = b'<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
HIDDEN = (
    '<style:style style:name="h" style:family="table"><style:table-properties table:display="false"/></style:style>'
)


def cell(text: str, repeated: int = 1) -> str:
    """Return a cell with a text, paragraph by paragraph."""
    paragraphs = "".join(f"<text:p>{escape(part)}</text:p>" for part in text.split("\n"))
    times = f' table:number-columns-repeated="{repeated}"' if repeated > 1 else ""
    return f'<table:table-cell office:value-type="string"{times}>{paragraphs}</table:table-cell>'


def row(*cells: str, repeated: int = 1) -> str:
    times = f' table:number-rows-repeated="{repeated}"' if repeated > 1 else ""
    return f"<table:table-row{times}>{''.join(c if c.startswith('<') else cell(c) for c in cells)}</table:table-row>"


def sheet(*rows: str, name: str = "Answers", style: str = "v") -> str:
    return f'<table:table table:name="{name}" table:style-name="{style}">{"".join(rows)}</table:table>'


def ods(*sheets: str, extra: dict[str, bytes] | None = None) -> bytes:
    """Return the bytes of an OpenDocument spreadsheet."""
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {SPACES}>'
        f"<office:automatic-styles>{HIDDEN}</office:automatic-styles>"
        f"<office:body><office:spreadsheet>{''.join(sheets)}</office:spreadsheet></office:body></office:document-content>"
    )
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        members = {"mimetype": b"application/vnd.oasis.opendocument.spreadsheet", "content.xml": content.encode()}
        members["META-INF/manifest.xml"] = MANIFEST
        for member, data in {**members, **(extra or {})}.items():
            how = zipfile.ZIP_STORED if member == "mimetype" else zipfile.ZIP_DEFLATED  # as the format wants it
            archive.writestr(member, data, compress_type=how)
    return stream.getvalue()


def read(data: bytes, **options: str) -> RawExport:
    return read_export(Path("x.ods"), data=data, **options)


def refused(data: bytes, name: str = "x.ods", **options: str) -> str:
    with pytest.raises(StudyError) as caught:
        read_export(Path(name), data=data, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def grid(export: RawExport) -> list[list[str]]:
    return export.cells.to_numpy().tolist()


def test_file_that_libreoffice_wrote() -> None:
    export = read_export(FIXTURES / "plain.ods")
    assert (export.platform, export.sheet) == ("plain", "Answers")
    assert [c.question for c in export.columns] == ["value", "day", "Which channels?", "done"]
    assert grid(export) == [
        ["1", "2020-01-02", "LinkedIn\nXing", "yes"],
        ["0.1", "2020-01-03", "a  b   c\t d  ", "NA"],
        ["", "", "", ""],
        ["123456789012", "", "=x", ""],
        ["-2.5", "30:00:00", "Zürich", "x"],
        ["-2.5", "30:00:00", "Zürich", "x"],  # one row in the file, repeated
    ]
    assert list(export.cells.index) == [2, 3, 4, 5, 6, 7]
    assert export.facts["respondent_id"].tolist() == ["00123", "00124", "", "00125", "00126", "00126"]
    assert export.facts["started"].tolist()[0] == "2020-06-08 10:36:30"
    assert export.notes == (
        "sheet 'Answers' was read",
        "sheets not read: 'Empty' (empty), 'Lists' (hidden)",
        "1 wholly empty row, 0 of them at the end",
    )


@pytest.mark.parametrize("name", ["plain.csv", "plain.tsv", "plain.ods", "plain.xlsx"])
def test_each_kind_of_table_gzipped_or_zipped(name: str) -> None:
    if name == "plain.xlsx":
        book, stream = openpyxl.Workbook(), io.BytesIO()
        for cells in (["q1", "q2"], ["a", 5]):
            book.active.append(cells)
        book.save(stream)
        content = stream.getvalue()
    else:
        content = (FIXTURES / name).read_bytes()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(f"folder/{name}", content)
    plain = read_export(Path(name), data=content)
    for data, called in ((gzip.compress(content), f"{name}.gz"), (packed.getvalue(), "x.zip")):
        export = read_export(Path(called), data=data)
        assert export.cells.equals(plain.cells)
        assert export.notes[0].startswith("unpacked ")
        assert export.notes[1:] == plain.notes


def test_kinds_of_values() -> None:
    cells = [
        ('office:value-type="float" office:value="43475"', "43475"),
        ('office:value-type="float" office:value="1.0"', "1"),
        ('office:value-type="float" office:value="0.1"', "0.1"),
        ('office:value-type="float" office:value="12345678901234567890"', "12345678901234567890"),
        ('office:value-type="percentage" office:value="0.25"', "0.25"),
        ('office:value-type="currency" office:currency="CHF" office:value="-2.50"', "-2.5"),
        ('office:value-type="boolean" office:boolean-value="true"', "TRUE"),
        ('office:value-type="date" office:date-value="2020-01-02"', "2020-01-02"),
        ('office:value-type="date" office:date-value="2020-01-02T03:04:05.000000000"', "2020-01-02 03:04:05"),
        ('office:value-type="time" office:time-value="PT30H00M05S"', "30:00:05"),
        ('office:value-type="string" office:string-value="a b"', "a b"),
        ('table:formula="of:=1+1" office:value-type="float" office:value="2"', "2"),
    ]
    rows = [
        row(f"<table:table-cell {attributes}><text:p>shown</text:p></table:table-cell>", "x") for attributes, _ in cells
    ]
    assert [found[0] for found in grid(read(ods(sheet(row("q1", "q2"), *rows))))] == [text for _, text in cells]


def test_texts_with_spaces_notes_and_parts() -> None:
    inner = (
        "<office:annotation><text:p>a note</text:p></office:annotation>"
        '<text:p>a<text:s text:c="3"/><text:span>b<text:tab/></text:span>c<text:line-break/>d</text:p><text:p/>'
    )
    content = row(f'<table:table-cell office:value-type="string">{inner}</table:table-cell>', "x")
    assert grid(read(ods(sheet(row("q1", "q2"), content)))) == [["a   b\tc\nd\n", "x"]]


def test_repeated_rows_and_cells_and_merged_ones() -> None:
    export = read(
        ods(
            sheet(
                row("q1", "q2", "q3", "q4", '<table:table-cell table:number-columns-repeated="16380"/>'),
                row(cell("a", 2), "<table:covered-table-cell><text:p>b</text:p></table:covered-table-cell>", "c"),
                row('<table:table-cell table:number-columns-repeated="4"/>', repeated=2),
                row("d", "e", "f", "g", repeated=3),
                row('<table:table-cell table:number-columns-repeated="16384"/>', repeated=1_048_568),
            )
        )
    )
    assert grid(export) == [["a", "a", "", "c"], [""] * 4, [""] * 4, *[["d", "e", "f", "g"]] * 3]
    assert list(export.cells.index) == [2, 3, 4, 5, 6, 7]


def test_merged_cells_below_the_headings_are_refused() -> None:
    wide = '<table:table-cell table:number-columns-spanned="2"><text:p>q</text:p></table:table-cell>'
    high = '<table:table-cell table:number-rows-spanned="2"><text:p>a</text:p></table:table-cell>'
    heading = row(wide, "<table:covered-table-cell/>", "q3")
    assert grid(read(ods(sheet(heading, row("1", "2", "3"))))) == [["1", "2", "3"]]
    with pytest.raises(StudyError, match=r"sheet 'Answers', cells B2:B3: found merged cells that reach below the head"):
        read(ods(sheet(heading, row("1", high, "3"), row("1", "<table:covered-table-cell/>", "3"))))


def test_rows_in_groups_and_rows_elsewhere() -> None:
    deleted = f"<table:tracked-changes><table:deletion>{row('gone', 'gone')}</table:deletion></table:tracked-changes>"
    grouped = f"<table:table-header-rows>{row('q1', 'q2')}</table:table-header-rows>"
    linked = f"<table:dde-links><table:dde-link>{sheet(row('x', 'y'))}</table:dde-link></table:dde-links>"
    body = f"<table:table-row-group>{row('a', 'b')}</table:table-row-group>"
    assert grid(read(ods(deleted, sheet(grouped, body), linked))) == [["a", "b"]]


def test_sheets() -> None:
    first, second = sheet(row("q1", "q2"), row("1", "2")), sheet(row("x", "y"), name="Lists", style="h")
    assert read(ods(first, second)).notes == ("sheet 'Answers' was read", "sheets not read: 'Lists' (hidden)")
    shown = ods(first, sheet(row("x", "y"), name="Lists"))
    assert "found 2 sheets with cells ('Answers', 'Lists')" in refused(shown)
    assert read(shown, sheet="Lists").cells.shape == (0, 2)
    assert "no sheet 'Answer'; did you mean 'Answers'?" in refused(shown, sheet="Answer")
    assert "found no sheet with cells" in refused(ods(sheet()))


def test_errors_and_formulas_name_their_cell() -> None:
    error = '<table:table-cell table:formula="of:=1/0" office:value-type="string" calcext:value-type="error">'
    content = row("a", f"{error}<text:p>#DIV/0!</text:p></table:table-cell>")
    assert refused(ods(sheet(row("q1", "q2"), content))) == (
        "x.ods, sheet 'Answers', cell B2: found the error value #DIV/0!; expected an answer; correct the cell or export "
        "the survey again"
    )
    error = (
        '<table:table-cell table:formula="of:=X1" office:value-type="string"><text:p>#REF!</text:p></table:table-cell>'
    )
    wide = [cell("q", 26), error]
    assert "sheet 'Answers', cell AA1: found the error value #REF!" in refused(ods(sheet(row(*wide), row("1", "2"))))
    empty = row("a", '<table:table-cell table:formula="of:=1+1"/>')
    assert "cell B2: found a formula without a stored value" in refused(ods(sheet(row("q1", "q2"), empty)))
    # what stands on a sheet that is not read does not matter; a text is a text
    other = sheet(row("x", error), name="Lists", style="h")
    assert grid(read(ods(sheet(row("q1", "q2"), row("#REF!", "1")), other))) == [["#REF!", "1"]]


def test_files_that_are_no_open_spreadsheet() -> None:
    good = ods(sheet(row("q1", "q2"), row("a", "b")))
    manifest = {"META-INF/manifest.xml": b"<manifest:encryption-data/>"}
    assert "protected by a password" in refused(ods(sheet(), extra=manifest))
    assert "under a name that does not end in .ods" in refused(good, "x.xlsx")
    assert "found plain text under this name; expected an OpenDocument spreadsheet" in refused(b"a,b\n1,2\n")
    assert "damaged or cut workbook" in refused(good[: len(good) // 2])
    writer = io.BytesIO()
    with zipfile.ZipFile(writer, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.text")
        archive.writestr("content.xml", "<a/>")
    assert "found an OpenDocument file without a workbook" in refused(writer.getvalue())
    for broken in ("<table:table", "x" * 10):
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w") as archive:
            archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
            archive.writestr("content.xml", broken)
        assert "found a damaged workbook" in refused(stream.getvalue())
    number = '<table:table-cell office:value-type="float" office:value="many"/>'
    assert "found a damaged workbook" in refused(ods(sheet(row("q1", number))))
    assert "found a damaged workbook" in refused(
        ods(
            sheet(
                row("q1", "q2", repeated=1).replace(
                    "<table:table-row", '<table:table-row table:number-rows-repeated="-1"', 1
                )
            )
        )
    )


def test_dangerous_files_are_not_unfolded() -> None:
    head = row("q1", "q2")
    far = ods(sheet(head, row(cell("x", 16_384), repeated=1_048_576)))
    assert "cells that reach to row 1,048,577 and column 16,384; expected a table of at most 10,000,000" in refused(far)
    gap = ods(sheet(head, row('<table:table-cell table:number-columns-repeated="2000000000"/>', "x"), repeated_blank()))
    assert "column 2,000,000,001; expected a table of at most" in refused(gap)
    long = ods(sheet(head, *[row(cell("x" * 40_000, 100), repeated=200)]))
    assert "over 500,000,000 characters in the cells of 'Answers'" in refused(long)
    many = "".join("<text:s/>" for _ in range(1_000_001))
    heavy = ods(
        sheet(head, row(f'<table:table-cell office:value-type="string"><text:p>{many}</text:p></table:table-cell>'))
    )
    assert "packed" in refused(heavy) or "over 1,000,000 parts in one row" in refused(heavy)
    nested = "<text:span>" * 5_000 + "x" + "</text:span>" * 5_000
    deep = f'<table:table-cell office:value-type="string"><text:p>{nested}</text:p></table:table-cell>'
    assert "found a damaged workbook" in refused(ods(sheet(head, row(deep, "x"))))
    evil = {"../../evil.txt": b"x"}
    assert "a part whose name leads outside the workbook" in refused(ods(sheet(head), extra=evil))
    entity = {"styles.xml": b"<!DOCTYPE x [<!ENTITY a 'b'>]><a/>"}
    assert "a document type declaration in 'styles.xml'" in refused(ods(sheet(head), extra=entity))
    below = ods(sheet(head, row("a", "b"), repeated_blank(), row("c", "d")))
    assert "row 5004: found something below 5,001 empty rows" in refused(below)


def repeated_blank() -> str:
    return row('<table:table-cell table:number-columns-repeated="9"/>', repeated=5_001)


TEXT = st.text(st.characters(min_codepoint=33, blacklist_categories=("Cs", "Cn", "Co", "Zs", "Zl", "Zp")), max_size=8)
VALUE = st.one_of(
    TEXT.map(cell),
    st.just("<table:table-cell/>"),
    st.floats(-1e9, 1e9).map(lambda v: f'<table:table-cell office:value-type="float" office:value="{v!r}"/>'),
    st.integers(0, 10**12).map(lambda v: f'<table:table-cell office:value-type="float" office:value="{v}"/>'),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(VALUE, min_size=3, max_size=3), min_size=1, max_size=5))
def test_another_reader_finds_the_same(rows: list[list[str]]) -> None:
    data = ods(sheet(row("q1", "q2", "q3"), *(row(*cells) for cells in rows), row("end", "x", "y")))
    other = CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_name("Answers").to_python()
    assert len(other) == len(rows) + 2
    for ours, theirs in zip(grid(read(data, platform="plain")), other[1:], strict=True):
        for text, value in zip(ours, theirs, strict=True):
            assert text == value if isinstance(value, str) else float(text) == value


@pytest.mark.skipif(not os.environ.get("SURVEY_EXPORTS"), reason="SURVEY_EXPORTS is not set: no folder of real exports")
def test_a_real_export_as_spreadsheet() -> None:
    plain = read_export(Path(os.environ["SURVEY_EXPORTS"]) / "googleforms" / "dask_2021-user-survey-results.csv.gz")
    headings = ["Timestamp", *(column.heading or column.question for column in plain.columns)]
    rows = [[time, *cells] for time, cells in zip(plain.facts["submitted"], grid(plain), strict=True)]
    export = read(ods(sheet(row(*headings), *(row(*cells) for cells in rows))))
    assert export.platform == "googleforms"
    assert grid(export) == grid(plain)
