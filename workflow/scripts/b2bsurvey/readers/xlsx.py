"""XLSX workbooks: checked before they are opened, then one sheet to rows of texts."""

import io
import posixpath
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator

import numpy as np
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from b2bsurvey.errors import StudyError
from b2bsurvey.readers.raw import Table, table
from b2bsurvey.readers.spreadsheet import (
    MOST_CELLS,
    MOST_TEXT,
    Sheet,
    cell_text,
    checked_parts,
    choose_sheet,
    damaged,
    refused,
    rows_of_sheet,
    too_far,
)

_CELL = re.compile(rb"<(?:\w+:)?c\b([^>]*)>")
_REFERENCE = re.compile(rb"""\br=["']([A-Z]{1,3})(\d{1,7})["']""")
_FILLED = re.compile(rb"""<(?:\w+:)?c\s(?:[^>/]*\s)?r=["']([A-Z]{1,3})(\d{1,7})["'][^>/]*>""")
_ROW = re.compile(rb"<(?:\w+:)?row\b")
_ROW_NUMBER = re.compile(rb"""<(?:\w+:)?row\b[^>]*\br=["'](\d{1,7})["']""")
_VALUE = re.compile(rb"<(?:\w+:)?(?:v|is)\b[^/>]*>")
_ERROR_TYPE = re.compile(rb"""\bt=["']e["']""")
_SHARED = re.compile(rb"""\bt=["']s["'][^>]*>\s*<(?:\w+:)?v>\s*(\d+)""")
_STRING_ITEM = re.compile(rb"<(?:\w+:)?si\s*/>|<(?:\w+:)?si\b.*?</(?:\w+:)?si>", re.DOTALL)
_FORMULA = re.compile(
    rb"<(?:\w+:)?c\b([^>]*)>\s*<(?:\w+:)?f\b(?:[^>]*/>|[^>]*>[^<]*</(?:\w+:)?f>)\s*"
    rb"(<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*</(?:\w+:)?v>|</(?:\w+:)?c>)"
)
_MERGED = re.compile(rb"""<(?:\w+:)?mergeCell\b[^>]*\bref=["']([A-Z]{1,3}\d{1,7}:[A-Z]{1,3}(\d{1,7}))["']""")
_ERROR_VALUE = re.compile(rb"<(?:\w+:)?v>([^<]*)<")


def read_xlsx(data: bytes, file: str, sheet: str | None = None) -> Table:
    """Return the rows of one sheet of an XLSX workbook as text.

    Numbers are written as they are (43475, 1 for 1.0, 0.1), dates as ISO text, truth values as TRUE and
    FALSE. `sheet` names the sheet; without it there must be exactly one visible sheet with cells. Empty
    rows after the last filled one are no rows. Raises StudyError for damaged or dangerous workbooks, for
    error cells and for formulas without a stored value, with sheet and cell.
    """
    parts = checked_parts(data, file)
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(data)) as workbook:
            listed = [s for s in workbook.sheets_metadata if s.typ == SheetTypeEnum.WorkSheet]
            part_of = _sheet_parts(parts)
            filled = {s.name: _check_extent(parts, part_of[s.name], file, s.name) for s in listed}
            sheets = [Sheet(s.name, s.visible == SheetVisibleEnum.Visible, filled[s.name] > 0) for s in listed]
            name, notes = choose_sheet(sheets, sheet, file)
            _check_cells(parts[part_of[name]], file, name)
            opened = workbook.get_sheet_by_name(name)
            rows, numbers, more = rows_of_sheet(_texts(opened), (opened.end or (0, 0))[0] + 1, file, name)
    except (CalamineError, ET.ParseError, KeyError, ValueError, OSError):
        raise damaged(file) from None
    notes += more
    if b'date1904="1"' in parts["xl/workbook.xml"] or b'date1904="true"' in parts["xl/workbook.xml"]:
        notes.append("the workbook counts its dates from 1904; they were read accordingly")
    merged = tuple((ref.decode(), int(lowest)) for ref, lowest in _MERGED.findall(parts[part_of[name]]))
    return table(file, rows, numbers, notes, sheet=name, merged=merged)


def sheet_names(data: bytes, file: str) -> tuple[str, ...]:
    """Return the names of a workbook's sheets; raises StudyError as `read_xlsx` does."""
    try:
        return tuple(_sheet_parts(checked_parts(data, file)))
    except (ET.ParseError, KeyError):
        raise damaged(file) from None


def _sheet_parts(parts: dict[str, bytes]) -> dict[str, str]:
    """Return for each sheet name the part that holds it."""
    targets = {
        relation.get("Id"): posixpath.normpath(posixpath.join("/xl", relation.get("Target", ""))).lstrip("/")
        for relation in ET.fromstring(parts["xl/_rels/workbook.xml.rels"])  # noqa: S314
    }
    found = {}
    for element in ET.fromstring(parts["xl/workbook.xml"]).iter():  # noqa: S314
        if element.tag.rpartition("}")[2] == "sheet":
            relation = next((v for k, v in element.attrib.items() if k.endswith("}id")), "")
            found[element.get("name", "")] = targets.get(relation, "")
    return found


def _check_extent(parts: dict[str, bytes], part: str, file: str, name: str) -> int:
    """Return the number of filled cells in a sheet; refuse what would fill the memory when opened.

    An opened sheet takes the rectangle up to its last filled cell. Cells need not carry an address: they
    then stand at the row's number, one after the other.
    """
    content = parts[part]
    filled = len(_VALUE.findall(content))
    addresses = _FILLED.findall(content)
    width = max(map(_column_number, {column for column, _ in addresses}), default=1)
    height = max(map(int, {row for _, row in addresses}), default=1)
    if len(addresses) < filled:
        height = max([height, *map(int, _ROW_NUMBER.findall(content))])
        width = max([width, *(row.count(b"<c") for row in _ROW.split(content)[1:])])
    if width * height > MOST_CELLS:
        raise too_far(file, name, height, width)
    strings = next((p for path, p in parts.items() if path.lower() == "xl/sharedstrings.xml"), b"")
    lengths = np.array([len(item) for item in _STRING_ITEM.findall(strings)], dtype=np.int64)
    used = np.array(_SHARED.findall(content), dtype=np.int64)
    if int(lengths[used[used < len(lengths)]].sum()) > MOST_TEXT:
        raise refused(file, f"over {MOST_TEXT:,} characters in the cells of sheet '{name}'")
    return filled


def _check_cells(content: bytes, file: str, name: str) -> None:
    """Refuse error cells and formulas whose value the workbook does not hold: both would read as blank."""
    if _ERROR_TYPE.search(content):
        for match in _CELL.finditer(content):
            if _ERROR_TYPE.search(match[1]):
                value = _ERROR_VALUE.search(content, match.end())
                raise StudyError(
                    f"{file}, sheet '{name}', cell {_address(match[1])}: found the error value "
                    f"{value[1].decode(errors='replace') if value else ''}; expected an answer; correct the cell or "
                    "export the survey again"
                )
    for match in _FORMULA.finditer(content):
        stored_empty_text = b'"str"' in match[1] and not match[2].startswith(b"</")
        if not stored_empty_text:
            raise StudyError(
                f"{file}, sheet '{name}', cell {_address(match[1])}: found a formula without a stored value; expected "
                "an answer; open and save the workbook in a spreadsheet program, or put the value in its place"
            )


def _texts(sheet: CalamineSheet) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows that are not blank, with their numbers."""
    left = [""] * (sheet.start[1] if sheet.start else 0)
    blank = [""] * ((sheet.end[1] if sheet.end else 0) + 1 - len(left))
    for number, values in enumerate(sheet.iter_rows(), start=1):
        if values != blank:
            yield number, [*left, *map(cell_text, values)]


def _address(attributes: bytes) -> str:
    """Return the address in a cell's attributes."""
    reference = _REFERENCE.search(attributes)
    return (reference[1] + reference[2]).decode() if reference else "(without an address)"


def _column_number(letters: bytes) -> int:
    """Return 1 for A, 27 for AA."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
