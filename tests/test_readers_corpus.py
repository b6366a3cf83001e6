"""Every malformed file of the corpus gives either exactly the right cells or one plain sentence."""

import csv
import json
import os
import resource
import time
from pathlib import Path

import pytest

from b2bsurvey.errors import StudyError
from b2bsurvey.readers import RawExport, read_export

CORPUS = os.environ.get("SURVEY_CORPUS", "")
pytestmark = pytest.mark.skipif(not CORPUS, reason="SURVEY_CORPUS is not set: no corpus of malformed files")

FILES = sorted(p for p in Path(CORPUS or "nowhere").rglob("*") if p.suffix in (".csv", ".xlsx", ".zip", ".sav"))
SPECTRUM = [p for p in FILES if p.parent.name == "csv-spectrum"]

# Where the answer is known without reading the file with any reader: the place and the words of the sentence.
REFUSED = {
    "csvkit/bad.csv": ("line 2", "4 fields; expected 3"),
    "csvkit/bad_skip_lines.csv": ("line 5", "4 fields; expected 3 as in the headings on line 4"),
    "csvkit/empty.csv": ("", "only empty lines"),
    "csvkit/no_header_row.csv": ("line 1", "no words in the first row"),
    "csvkit/null_byte.csv": ("line 2", "NUL"),
    "csvkit/test_empty_columns.csv": ("line 3", "4 fields; expected 5"),
    "csvkit/test_empty_columns_short_row.csv": ("line 2", "2 fields; expected 3"),
    "csvkit/test_extra_header.csv": ("line 2", "3 fields; expected 4"),
    "csvkit/test_join_short_rows.csv": ("line 2", "2 fields; expected 3"),
    "frictionless/capital-invalid.csv": ("line 10", "2 fields; expected 3"),
    "frictionless/defective-rows.csv": ("line 2", "2 fields; expected 3"),
    "frictionless/empty.csv": ("", "the file is empty"),
    "frictionless/invalid.csv": ("line 2", "2 fields; expected 4"),
    "frictionless/issue-1105-timezone.csv": ("line 1", "no column with answers"),
    "frictionless/issue-320.xlsx": ("sheet 'IPC', row 7", "columns without a heading"),
    "frictionless/package-invalid.zip": ("", "zip archive with 3 files"),
    "frictionless/schema-errors.csv": ("line 5", "6 fields; expected 3"),
    "frictionless/skip-rows.csv": ("line 4", "1 field; expected 2"),
    "generated/csv_empty.csv": ("", "the file is empty"),
    "generated/csv_mixed_encoding.csv": ("line 3", "not UTF-8 (0xe8), though line 2 is UTF-8"),
    "generated/csv_only_bom.csv": ("", "a byte-order mark and nothing else"),
    "generated/csv_only_newlines.csv": ("", "only empty lines"),
    "generated/csv_short_row.csv": ("line 2", "2 fields; expected 3"),
    "generated/csv_unclosed_quote.csv": ("line 2", "never closed"),
    "generated/sav_bitflip_1.sav": ("", "damaged or cut data file"),
    "generated/sav_bitflip_2.sav": ("", "damaged or cut data file"),
    "generated/sav_bitflip_4.sav": ("", "damaged or cut data file"),
    "generated/sav_bitflip_5.sav": ("", "damaged or cut data file"),
    "generated/sav_bitflip_7.sav": ("", "not in the encoding the file declares"),
    "generated/sav_ncases_2e9.sav": ("", "found 3 cases, though the file says that it holds 2,000,000,000"),
    "generated/sav_truncated_dict.sav": ("", "damaged or cut data file"),
    "generated/sav_truncated_header.sav": ("", "damaged or cut data file"),
    "generated/sav_zero.sav": ("", "the file is empty"),
    "generated/xlsx_bad_crc.xlsx": ("", "damaged workbook"),
    "generated/xlsx_formulas_in_open_text.xlsx": ("sheet 'Sheet', cell B2", "formula without a stored value"),
    "generated/xlsx_is_html_login_page.xlsx": ("", "a web page (HTML"),
    "generated/xlsx_no_workbook.xlsx": ("", "without a workbook"),
    "generated/xlsx_path_traversal_member.xlsx": ("", "leads outside the workbook"),
    "generated/xlsx_truncated_half.xlsx": ("", "damaged or cut workbook"),
    "generated/xlsx_xxe_file.xlsx": ("", "document type declaration"),
    "generated/xlsx_zip_bomb_100MB.xlsx": ("", "packed 1,024 times smaller"),
}

# The headings and the first rows as they stand in the files, written down by hand; ids and personal columns
# included where the reader keeps them apart.
RIGHT = {
    "csvkit/blanks.csv": (["a", "b", "c", "d", "e", "f"], ["", "NA", "N/A", "NONE", "NULL", "."]),
    "csvkit/date_like_number.csv": (["a"], ["4.5"]),
    "csvkit/mac_newlines.csv": (["a", "b", "c"], ["1", "2", "3"], ["Once upon\ra time", "5", "6"]),
    "csvkit/sniff_limit.csv": (["a", "b", "c"], ["1", "2", "3"]),
    "csvkit/test_empty_columns_long_row.csv": (["a", "b", "c"], ["", "", ""]),
    "csvkit/test_latin1.csv": (["a", "b", "c"], ["1", "2", "3"], ["4", "5", "©"]),
    "csvkit/test_locale.csv": (["a", "b", "c"], ["1,7", "200.000.000", ""]),
    "csvkit/test_no_leading_zeroes.csv": (["a", "b", "c"], ["01", "00.11", "0.1"]),
    "csvkit/test_numeric_date_format.csv": (["a"], ["20140102"], ["20121231"]),
    "csvkit/test_utf16_big.csv": (["a", "b", "c"], ["1", "2", "3"], ["4", "5", "ʤ"]),
    "csvkit/test_utf16_little.csv": (["a", "b", "c"], ["1", "2", "3"], ["4", "5", "ʤ"]),
    "csvkit/test_utf8_bom.csv": (["foo", "bar", "baz"], ["1", "2", "3"], ["4", "5", "ʤ"]),
    "frictionless/Table With Data.csv": (["id", "name"], ["1", "english"], ["2", "中国人"]),
    "frictionless/duplicate-column.csv": (["A", "B", "B", "C"], ["a", "b", "C", "c"]),
    "frictionless/issue-1066-largecellsizewithdeviation.csv": (["Description", "status"],),
    "frictionless/leading-zeros.csv": (["value"], ["01"], ["002"], ["00003"]),
    "frictionless/long.csv": (["id", "name"], ["1", "a"], ["2", "b"], ["3", "c"], ["4", "d"], ["5", "e"], ["6", "f"]),
    "generated/csv_bom_quoted_header.csv": (["id", "q1"], ["r1", "1"]),
    "generated/csv_bom_twice.csv": (["id", "q1"], ["r1", "1"]),
    "generated/csv_cp1252.csv": (["id", "ort", "txt"], ["r1", "Zürich", "5 €"]),
    "generated/csv_decimal_comma_semicolon.csv": (
        ["id", "q1", "umsatz"],
        ["r1", "1", "1'234,50"],
        ["r2", "2", "1.234,50"],
    ),
    "generated/csv_dup_cols.csv": (["id", "q1", "q1", "q1.1"], ["r1", "1", "2", "3"]),
    "generated/csv_formula_injection.csv": (
        ["id", "txt"],
        *(["r1", "=1+1"], ["r2", "=cmd|'/c calc'!A1"], ["r3", "@SUM(1)"], ["r4", "+41 79 000"], ["r5", "-9"]),
        *(["r6", "\t=1"], ["r7", "\r=1"], ["r8", "＝1+1"], ["r9", " =1"], ["r10", ";=1"]),
    ),
    "generated/csv_header_only.csv": (["id", "q1"],),
    "generated/csv_id_float_big.csv": (
        ["id", "q1"],
        *(["12345678901234567890", "1"], ["12345678901234567891", "2"], ["", "3"]),
    ),
    "generated/csv_id_sci.csv": (["id", "q1"], ["1E5", "1"], ["100000", "2"]),
    "generated/csv_leading_zero_ids.csv": (["id", "plz"], ["00123", "08001"], ["123", "8001"]),
    "generated/csv_na_strings_country.csv": (
        ["id", "country", "name", "channel"],
        *(["r1", "NA", "null", "None"], ["r2", "CH", "Nan", "n/a"]),
    ),
    "generated/csv_nested_quotes_fields_200k.csv": (["id", "txt"], ["r1", '"' * 100_000]),
    "generated/csv_sep_line.csv": (["id", "q1"], ["r1", "1"]),
    "generated/csv_trailing_delim_all_rows.csv": (["id", "q1"], ["r1", "1"], ["r2", "2"]),
    "generated/csv_utf16le_nobom.csv": (["id", "ort"], ["r1", "Zürich"]),
    "generated/csv_utf32_bom.csv": (["id", "ort"], ["r1", "Zürich"]),
    "generated/xlsx_cell_at_last_row.xlsx": (["id", "q1"], ["r1", "1"]),
    "generated/xlsx_claims_1048576_rows.xlsx": (["id", "q1", "q2"], ["r1", "1", "ok"]),
}


def name(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


def whole(export: RawExport) -> list[list[str]]:
    """Return headings and rows with the respondent id, which the reader keeps apart, back in its place."""
    headings = [c.question for c in export.columns]
    rows = export.cells.to_numpy().tolist()
    if "id" in export.personal:
        headings = ["id", *headings]
        rows = [[i, *row] for i, row in zip(export.facts["respondent_id"], rows, strict=True)]
    return [headings, *rows]


@pytest.mark.parametrize("path", FILES, ids=name)
def test_right_cells_or_one_sentence(path: Path) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.monotonic()
    try:
        export = read_export(path)
    except StudyError as error:
        sentence = str(error)
        assert sentence.startswith(str(path))
        assert "\n" not in sentence
        assert "expected" in sentence or "empty" in sentence
        place, words = REFUSED.get(name(path), ("", ""))
        assert name(path) in REFUSED
        assert sentence.startswith(f"{path}, {place}: " if place else f"{path}: ")
        assert words in sentence
    else:
        assert name(path) not in REFUSED
        assert export.cells.shape == (len(export.facts), len(export.columns))
        assert not export.cells.isna().any(axis=None)
    assert time.monotonic() - started < 5
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000  # kilobytes


@pytest.mark.parametrize("path", SPECTRUM, ids=name)
def test_csv_spectrum_against_its_truth(path: Path) -> None:
    truth = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    if b"\r" not in path.read_bytes():  # newlines_crlf.csv was stored with plain line ends, its truth was not
        truth = json.loads(json.dumps(truth).replace("\\r\\n", "\\n"))
    records = truth if isinstance(truth, list) else [truth]
    headings, *rows = whole(read_export(path))
    assert headings == list(records[0])
    # location_coordinates.csv and its JSON disagree about the first number; the file is right about itself.
    skip = {"Contact Phone Number"} if path.stem == "location_coordinates" else set()
    for row, record in zip(rows, records, strict=True):
        assert {k: v for k, v in zip(headings, row, strict=True) if k not in skip} == {
            k: v for k, v in record.items() if k not in skip
        }


@pytest.mark.parametrize("path", [p for p in FILES if name(p) in RIGHT], ids=name)
def test_cells_written_down_by_hand(path: Path) -> None:
    expected = [list(row) for row in RIGHT[name(path)]]
    assert whole(read_export(path))[: len(expected)] == expected
    if len(expected) > 1 and not path.name.startswith(("xlsx_claims", "issue-1066")):
        assert len(whole(read_export(path))) == len(expected)


def test_every_csv_that_is_read_agrees_with_the_csv_module() -> None:
    compared = 0
    for path in FILES:
        if path.suffix != ".csv" or name(path) in REFUSED:
            continue
        export = read_export(path)
        if not export.delimiter or path.name == "csv_sep_line.csv":
            continue
        content = path.read_bytes().decode(export.encoding).lstrip("\ufeff")
        limit = csv.field_size_limit(10**9)
        records = [r for r in csv.reader(content.splitlines(keepends=True), delimiter=export.delimiter) if r]
        csv.field_size_limit(limit)
        for row, record in zip(export.cells.to_numpy().tolist(), records[1:], strict=True):
            assert row == [record[column.position - 1] for column in export.columns]
        compared += 1
    assert compared >= 40


def test_naughty_strings_survive() -> None:
    strings = json.loads((Path(CORPUS) / "blns" / "blns.json").read_text(encoding="utf-8"))
    content = "q1,q2\r\n" + "".join('{},"{}"\r\n'.format(i, s.replace('"', '""')) for i, s in enumerate(strings))
    export = read_export(Path("blns.csv"), data=content.encode())
    assert list(export.cells[2]) == strings
