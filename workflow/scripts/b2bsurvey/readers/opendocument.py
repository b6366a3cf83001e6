"""ODS workbooks: checked as XLSX ones are, then read in one pass, so that nothing is unfolded before it is measured."""

import io
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from math import isfinite

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

_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_STYLE = "{urn:oasis:names:tc:opendocument:xmlns:style:1.0}"
_CALC = "{urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0}"

_CELLS = (f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell")
_MOST_ELEMENTS = 1_000_000  # in one row; a full row of a spreadsheet program has 50,000
_WHOLE = re.compile(r"-?\d+")
_DURATION = re.compile(r"-?PT(\d+)H(\d+)M(\d+)(?:[.,]\d*)?S")
_ERROR_VALUE = re.compile(r"#(?:REF!|DIV/0!|N/A|VALUE!|NAME\?|NUM!|NULL!)|Err:\d{3}")


@dataclass
class _Content:
    """What one pass over a sheet finds: its rows that are not blank, each with its number and how often it repeats."""

    name: str
    style: str
    rows: list[tuple[int, int, list[str]]] = field(default_factory=list)
    width: int = 0
    number: int = 1
    """Of the next row."""
    characters: int = 0
    merged: list[tuple[str, int]] = field(default_factory=list)
    """Ranges of merged cells, each with the lowest row it reaches."""
    fault: StudyError | None = None
    """Why its cells cannot be read; it counts only where this sheet is the one to read."""


def read_ods(data: bytes, file: str, sheet: str | None = None) -> Table:
    """Return the rows of one sheet of an OpenDocument spreadsheet as text.

    Cells become text as those of XLSX do, and sheets are chosen as there. Repeated rows and cells are unfolded up
    to the last filled one. Raises StudyError for damaged or dangerous files, for error cells and for formulas
    without a stored value, with sheet and cell.
    """
    parts = checked_parts(data, file)
    if b"encryption-data" in parts.get("META-INF/manifest.xml", b""):
        raise StudyError(
            f"{file}: found a spreadsheet protected by a password; expected an open one; remove the password"
        )
    try:
        contents, hidden = _contents(parts["content.xml"], file)
    except (ET.ParseError, KeyError, ValueError, RecursionError):
        raise damaged(file) from None
    sheets = [Sheet(c.name, c.style not in hidden, bool(c.rows) or c.fault is not None) for c in contents]
    name, notes = choose_sheet(sheets, sheet, file)
    chosen = next(c for c in contents if c.name == name)
    if chosen.fault is not None:
        raise chosen.fault
    last = max((first + repeats - 1 for first, repeats, _ in chosen.rows), default=0)
    rows, numbers, more = rows_of_sheet(_unfolded(chosen), last, file, name)
    return table(file, rows, numbers, notes + more, sheet=name, merged=tuple(chosen.merged))


def _contents(content: bytes, file: str) -> tuple[list[_Content], set[str]]:
    """Return the sheets and the names of the styles that hide one; elements are dropped as soon as they are read."""
    sheets: list[_Content] = []
    hidden: set[str] = set()
    path: list[ET.Element] = []
    row_depth, elements = 0, 0
    for event, element in ET.iterparse(io.BytesIO(content), events=("start", "end")):  # noqa: S314
        if event == "start":
            path.append(element)
            if row_depth:
                elements += 1
                if elements > _MOST_ELEMENTS:
                    raise refused(file, f"over {_MOST_ELEMENTS:,} parts in one row of a sheet")
            elif element.tag == f"{_TABLE}table" and path[-2].tag == f"{_OFFICE}spreadsheet":
                sheets.append(_Content(element.get(f"{_TABLE}name", ""), element.get(f"{_TABLE}style-name", "")))
            elif element.tag == f"{_TABLE}table-row" and _in_sheet(path):
                row_depth, elements = len(path), 0
            continue
        path.pop()
        if row_depth and len(path) >= row_depth:
            continue
        if row_depth:
            row_depth = 0
            _add_row(sheets[-1], element, file)
        elif element.tag == f"{_STYLE}style" and any(child.get(f"{_TABLE}display") == "false" for child in element):
            hidden.add(element.get(f"{_STYLE}name", ""))
        if path and path[-1].tag != f"{_STYLE}style":
            path[-1].remove(element)
    return sheets, hidden


def _in_sheet(path: list[ET.Element]) -> bool:
    """Return whether a row stands in a sheet, not among tracked changes or linked data."""
    return len(path) > 4 and path[3].tag == f"{_TABLE}table" and path[2].tag == f"{_OFFICE}spreadsheet"


def _add_row(sheet: _Content, row: ET.Element, file: str) -> None:
    """Add one row (and its repetitions) to a sheet, and note what makes the sheet unreadable."""
    number, repeats = sheet.number, _repeats(row, "number-rows-repeated")
    sheet.number += repeats
    cells: list[tuple[str, int]] = []
    column = 1
    for cell in row:
        if cell.tag in _CELLS:
            wide, high = (_repeats(cell, f"number-{part}-spanned") for part in ("columns", "rows"))
            if (wide, high) != (1, 1):
                lowest = number + high - 1
                sheet.merged.append((f"{_letters(column)}{number}:{_letters(column + wide - 1)}{lowest}", lowest))
            text = _cell(cell, file, sheet, (column, number)) if cell.tag == _CELLS[0] else ""
            cells.append((text, _repeats(cell, "number-columns-repeated")))
            column += cells[-1][1]
    while cells and not cells[-1][0]:
        cells.pop()
    if not cells:
        return
    sheet.width = max(sheet.width, sum(n for _, n in cells))
    height = number + repeats - 1
    if sheet.width * height > MOST_CELLS:
        sheet.fault = sheet.fault or too_far(file, sheet.name, height, sheet.width)
    sheet.characters += sum(len(text) * n for text, n in cells) * repeats
    if sheet.characters > MOST_TEXT:
        sheet.fault = sheet.fault or refused(file, f"over {MOST_TEXT:,} characters in the cells of '{sheet.name}'")
    if sheet.fault is None:
        sheet.rows.append((number, repeats, [text for text, n in cells for _ in range(n)]))


def _repeats(element: ET.Element, name: str) -> int:
    """Return how often a row or cell stands; ValueError where that is no number."""
    repeats = int(element.get(f"{_TABLE}{name}", "1"))
    if repeats < 1:
        raise ValueError(name)
    return repeats


def _unfolded(sheet: _Content) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows of a sheet with their numbers, all of one width."""
    for first, repeats, texts in sheet.rows:
        for number in range(first, first + repeats):
            yield number, texts + [""] * (sheet.width - len(texts))


def _cell(cell: ET.Element, file: str, sheet: _Content, place: tuple[int, int]) -> str:
    """Return the text of a cell; an error or a formula without a value makes the sheet unreadable."""
    kind = cell.get(f"{_OFFICE}value-type", "")
    shown = "\n".join(_paragraph(part) for part in cell if part.tag in (f"{_TEXT}p", f"{_TEXT}h"))
    formula = cell.get(f"{_TABLE}formula")
    where = f"{file}, sheet '{sheet.name}', cell {_letters(place[0])}{place[1]}"
    if cell.get(f"{_CALC}value-type") == "error" or (formula and _ERROR_VALUE.fullmatch(shown)):
        sheet.fault = sheet.fault or StudyError(
            f"{where}: found the error value {shown}; expected an answer; correct the cell or export the survey again"
        )
    if formula and not kind:
        sheet.fault = sheet.fault or StudyError(
            f"{where}: found a formula without a stored value; expected an answer; open and save the workbook in a "
            "spreadsheet program, or put the value in its place"
        )
    value = cell.get(f"{_OFFICE}value", "")
    if kind in ("float", "currency", "percentage"):
        return value if _WHOLE.fullmatch(value) or not isfinite(float(value)) else cell_text(float(value))
    if kind == "date":
        return re.sub(r"\.0+$", "", cell.get(f"{_OFFICE}date-value", "").replace("T", " "))
    if kind == "boolean":
        return cell.get(f"{_OFFICE}boolean-value", "").upper()
    if kind == "time" and (time := _DURATION.fullmatch(cell.get(f"{_OFFICE}time-value", ""))):
        hours, minutes, seconds = map(int, time.groups())
        return cell_text(timedelta(hours=hours, minutes=minutes, seconds=seconds))
    return cell.get(f"{_OFFICE}string-value", shown)


def _paragraph(element: ET.Element) -> str:
    """Return a paragraph's text, without notes and drawings in it."""
    texts = [element.text or ""]
    for part in element:
        if part.tag == f"{_TEXT}s":
            texts.append(" " * min(int(part.get(f"{_TEXT}c", "1")), 1_000))
        elif part.tag == f"{_TEXT}tab":
            texts.append("\t")
        elif part.tag == f"{_TEXT}line-break":
            texts.append("\n")
        elif part.tag in (f"{_TEXT}span", f"{_TEXT}a"):
            texts.append(_paragraph(part))
        texts.append(part.tail or "")
    return "".join(texts)


def _letters(column: int) -> str:
    """Return A for 1, AA for 27."""
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
