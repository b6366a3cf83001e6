"""XLSX workbooks: checked before they are opened, then one sheet to rows of texts."""

import io
import posixpath
import re
import xml.etree.ElementTree as ET
import zipfile
from datetime import date, datetime, time, timedelta

import numpy as np
from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    SheetMetadata,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from b2bsurvey.errors import StudyError, nearest
from b2bsurvey.readers.raw import Table, table
from b2bsurvey.readers.source import BROKEN_ZIP

_MOST_MEMBERS = 2_000
_MOST_BYTES = 200_000_000  # all parts, unpacked
_HIGHEST_RATIO = 200  # of a part over 1 MB; sheets of repeated answers reach about 60
_MOST_CELLS = 10_000_000  # of the smallest rectangle around all cells
_MOST_TEXT = 500_000_000  # characters of all cells together
_LONGEST_GAP = 1_000  # empty rows inside a table
_EXACT = 10**16  # up to here a float holds every whole number of the 15 digits a spreadsheet keeps

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
_ERROR_VALUE = re.compile(rb"<(?:\w+:)?v>([^<]*)<")

Value = int | float | str | bool | time | date | datetime | timedelta


def read_workbook(data: bytes, file: str, sheet: str | None = None) -> Table:
    """Return the rows of one sheet of an XLSX workbook as text.

    Numbers are written as they are (43475, 1 for 1.0, 0.1), dates as ISO text, truth values as TRUE and
    FALSE. `sheet` names the sheet; without it there must be exactly one visible sheet with cells. Empty
    rows after the last filled one are no rows. Raises StudyError for damaged or dangerous workbooks, for
    error cells and for formulas without a stored value, with sheet and cell.
    """
    parts = _checked_parts(data, file)
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(data)) as workbook:
            listed = [s for s in workbook.sheets_metadata if s.typ == SheetTypeEnum.WorkSheet]
            part_of = _sheet_parts(parts)
            sizes = {s.name: _check_extent(parts, part_of[s.name], file, s.name) for s in listed}
            name, notes = _choose(listed, sizes, sheet, file)
            _check_cells(parts[part_of[name]], file, name)
            rows, numbers = _rows(workbook.get_sheet_by_name(name), file, name, notes)
    except (CalamineError, ET.ParseError, KeyError, ValueError, OSError):
        raise _damaged(file) from None
    if b'date1904="1"' in parts["xl/workbook.xml"] or b'date1904="true"' in parts["xl/workbook.xml"]:
        notes.append("the workbook counts its dates from 1904; they were read accordingly")
    return table(file, rows, numbers, notes, sheet=name)


def _checked_parts(data: bytes, file: str) -> dict[str, bytes]:
    """Return the XML parts that matter, after all members have been measured, unpacked and looked through."""
    parts: dict[str, bytes] = {}
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            _check_members(members, file)
            for member in members:
                content = archive.read(member)
                if not member.filename.endswith((".xml", ".rels")):
                    continue
                if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
                    raise _refused(file, f"a document type declaration in '{member.filename}'")
                if b"\0" in content:
                    raise _refused(file, f"'{member.filename}' in an encoding other than UTF-8")
                if member.filename.startswith("xl/"):
                    parts[member.filename] = content
    except BROKEN_ZIP:
        raise _damaged(file) from None
    return parts


def _check_members(members: list[zipfile.ZipInfo], file: str) -> None:
    """Refuse archives that are too large, too tightly packed, locked, or that name places outside themselves."""
    if len(members) > _MOST_MEMBERS:
        raise _refused(file, f"{len(members):,} parts (at most {_MOST_MEMBERS:,} are read)")
    total = sum(member.file_size for member in members)
    if total > _MOST_BYTES:
        raise _refused(file, f"{total:,} bytes when unpacked (at most {_MOST_BYTES:,} are read)")
    seen: set[str] = set()
    for member in members:
        name = member.filename
        if name.startswith(("/", "\\")) or ":" in name or ".." in re.split(r"[/\\]", name):
            raise _refused(file, f"a part whose name leads outside the workbook ({name!a})")
        if name in seen:
            raise _refused(file, f"two parts called {name!a}")
        seen.add(name)
        if member.flag_bits & 1:
            raise _refused(file, "parts protected by a password")
        if member.file_size > 1_000_000 and member.file_size > _HIGHEST_RATIO * max(member.compress_size, 1):
            raise _refused(
                file,
                f"'{name}' packed {member.file_size // max(member.compress_size, 1):,} times smaller than it is "
                f"(at most {_HIGHEST_RATIO} times is read)",
            )


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
    if width * height > _MOST_CELLS:
        raise StudyError(
            f"{file}, sheet '{name}': found cells that reach to row {height:,} and column {width:,}; expected a "
            f"table of at most {_MOST_CELLS:,} cells; clear what stands far outside the table, or export as CSV"
        )
    strings = next((p for path, p in parts.items() if path.lower() == "xl/sharedstrings.xml"), b"")
    lengths = np.array([len(item) for item in _STRING_ITEM.findall(strings)], dtype=np.int64)
    used = np.array(_SHARED.findall(content), dtype=np.int64)
    if int(lengths[used[used < len(lengths)]].sum()) > _MOST_TEXT:
        raise _refused(file, f"over {_MOST_TEXT:,} characters in the cells of sheet '{name}'")
    return filled


def _choose(listed: list[SheetMetadata], sizes: dict[str, int], wanted: str | None, file: str) -> tuple[str, list[str]]:
    """Return the sheet to read, and a note on the sheets that are not read."""
    names = [s.name for s in listed]
    if wanted is not None:
        if wanted not in names:
            raise StudyError(
                f"{file}: found no sheet '{wanted}'{nearest(wanted, names)}; expected one of "
                f"{_quoted(names)}; correct `sheet`"
            )
        chosen = wanted
    else:
        filled = [s for s in listed if sizes[s.name]]
        visible = [s.name for s in filled if s.visible == SheetVisibleEnum.Visible]
        if not filled:
            raise StudyError(f"{file}: found no sheet with cells; expected an export; download it again")
        if len(visible) != 1:
            what = f"{len(visible)} sheets with cells" if visible else "cells on hidden sheets only"
            raise StudyError(
                f"{file}: found {what} ({_quoted(visible or [s.name for s in filled])}); expected one export; "
                "name the sheet that is meant (`sheet`)"
            )
        chosen = visible[0]
    others = [
        f"'{s.name}'{'' if s.visible == SheetVisibleEnum.Visible else ' (hidden)'}{'' if sizes[s.name] else ' (empty)'}"
        for s in listed
        if s.name != chosen
    ]
    return chosen, [f"sheet '{chosen}' was read"] + ([f"sheets not read: {', '.join(others)}"] if others else [])


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


def _rows(sheet: CalamineSheet, file: str, name: str, notes: list[str]) -> tuple[list[list[str]], list[int]]:
    """Return the rows from the first to the last filled one, and their numbers in the sheet."""
    rows: list[list[str]] = []
    numbers: list[int] = []
    gap: list[list[str]] = []  # empty rows since the last filled one, the first of them
    left = [""] * (sheet.start[1] if sheet.start else 0)
    blank = [""] * ((sheet.end[1] if sheet.end else 0) + 1 - len(left))
    number = 0
    for number, values in enumerate(sheet.iter_rows(), start=1):
        if values == blank or not any(_text(value).strip() for value in values):
            if rows and len(gap) < _LONGEST_GAP:
                gap.append([*left, *map(_text, values)])
            continue
        row = [*left, *map(_text, values)]
        if rows and number - numbers[-1] > _LONGEST_GAP:
            raise StudyError(
                f"{file}, sheet '{name}', row {number}: found something below {number - numbers[-1] - 1:,} empty "
                "rows; expected the table to end before; clear that row or name the sheet that is meant (`sheet`)"
            )
        rows += [*gap, row]
        numbers += range(number - len(gap), number + 1)
        gap = []
    if not rows:
        raise StudyError(
            f"{file}, sheet '{name}': found no filled cell; expected an export; name the sheet that is meant (`sheet`)"
        )
    empty = number - numbers[-1]
    if empty:
        notes.append(f"{empty:,} empty row{'' if empty == 1 else 's'} at the end of the sheet left out")
    return rows, numbers


def _text(value: Value) -> str:
    """Return the text of a cell: whole numbers without a point, dates in ISO form."""
    match value:
        case str():
            return value
        case bool():
            return str(value).upper()
        case float() | int():
            return str(int(value)) if value == int(value) and abs(value) < _EXACT else repr(value)
        case datetime():
            return value.isoformat(sep=" ")
        case timedelta():
            seconds = round(value.total_seconds())
            return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return value.isoformat()


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


def _quoted(names: list[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)


def _damaged(file: str) -> StudyError:
    return StudyError(f"{file}: found a damaged workbook; expected a whole .xlsx file; download the export again")


def _refused(file: str, what: str) -> StudyError:
    return StudyError(
        f"{file}: found {what}, which no export holds, so the workbook was not opened; expected a plain .xlsx "
        "export; download it again or export as CSV"
    )
