"""What the workbooks of all programs have in common: limits, the choice of a sheet, cells as text, rows."""

import io
import re
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from b2bsurvey.errors import StudyError, nearest
from b2bsurvey.readers.source import BROKEN_ZIP

MOST_CELLS = 10_000_000  # of the smallest rectangle around all cells
MOST_TEXT = 500_000_000  # characters of all cells together
_MOST_MEMBERS = 2_000
_MOST_BYTES = 200_000_000  # all parts, unpacked
_HIGHEST_RATIO = 200  # of a part over 1 MB; sheets of repeated answers reach about 60
_LONGEST_GAP = 1_000  # empty rows inside a table
_EXACT = 10**16  # up to here a float holds every whole number of the 15 digits a spreadsheet keeps

Value = int | float | str | bool | time | date | datetime | timedelta


@dataclass(frozen=True)
class Sheet:
    """One sheet of a workbook, before it is read."""

    name: str
    visible: bool
    filled: bool
    """Whether it has cells with something in them."""


def checked_parts(data: bytes, file: str) -> dict[str, bytes]:
    """Return the XML parts by name, after all members have been measured, unpacked and looked through.

    Raises StudyError for archives that are too large, too tightly packed, locked, damaged, or that name places
    outside themselves, and for XML that declares document types or is not UTF-8.
    """
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
                    raise refused(file, f"a document type declaration in '{member.filename}'")
                if b"\0" in content:
                    raise refused(file, f"'{member.filename}' in an encoding other than UTF-8")
                parts[member.filename] = content
    except BROKEN_ZIP:
        raise damaged(file) from None
    return parts


def _check_members(members: list[zipfile.ZipInfo], file: str) -> None:
    """Refuse archives that are too large, too tightly packed, locked, or that name places outside themselves."""
    if len(members) > _MOST_MEMBERS:
        raise refused(file, f"{len(members):,} parts (at most {_MOST_MEMBERS:,} are read)")
    total = sum(member.file_size for member in members)
    if total > _MOST_BYTES:
        raise refused(file, f"{total:,} bytes when unpacked (at most {_MOST_BYTES:,} are read)")
    seen: set[str] = set()
    for member in members:
        name = member.filename
        if name.startswith(("/", "\\")) or ":" in name or ".." in re.split(r"[/\\]", name):
            raise refused(file, f"a part whose name leads outside the workbook ({name!a})")
        if name in seen:
            raise refused(file, f"two parts called {name!a}")
        seen.add(name)
        if member.flag_bits & 1:
            raise refused(file, "parts protected by a password")
        if member.file_size > 1_000_000 and member.file_size > _HIGHEST_RATIO * max(member.compress_size, 1):
            raise refused(
                file,
                f"'{name}' packed {member.file_size // max(member.compress_size, 1):,} times smaller than it is "
                f"(at most {_HIGHEST_RATIO} times is read)",
            )


def choose_sheet(sheets: list[Sheet], wanted: str | None, file: str) -> tuple[str, list[str]]:
    """Return the name of the sheet to read, and notes on it and on the sheets that are not read.

    Without a wanted one there must be exactly one visible sheet with cells; StudyError otherwise.
    """
    names = [s.name for s in sheets]
    if wanted is not None:
        if wanted not in names:
            raise StudyError(
                f"{file}: found no sheet '{wanted}'{nearest(wanted, names)}; expected one of "
                f"{_quoted(names)}; correct `sheet`"
            )
        chosen = wanted
    else:
        filled = [s.name for s in sheets if s.filled]
        visible = [s.name for s in sheets if s.filled and s.visible]
        if not filled:
            raise StudyError(f"{file}: found no sheet with cells; expected an export; download it again")
        if len(visible) != 1:
            what = f"{len(visible)} sheets with cells" if visible else "cells on hidden sheets only"
            raise StudyError(
                f"{file}: found {what} ({_quoted(visible or filled)}); expected one export; "
                "name the sheet that is meant (`sheet`)"
            )
        chosen = visible[0]
    others = [
        f"'{s.name}'{'' if s.visible else ' (hidden)'}{'' if s.filled else ' (empty)'}"
        for s in sheets
        if s.name != chosen
    ]
    return chosen, [f"sheet '{chosen}' was read"] + ([f"sheets not read: {', '.join(others)}"] if others else [])


def rows_of_sheet(
    numbered: Iterable[tuple[int, list[str]]], last: int, file: str, name: str
) -> tuple[list[list[str]], list[int], list[str]]:
    """Return the rows from the first to the last filled one, their numbers in the sheet, and notes.

    `numbered` are the rows with a text in some cell, of one width, with their numbers from 1; `last` is the
    number of the sheet's last row. Empty rows inside the table are rows. Raises StudyError where something
    stands far below the table, or nothing anywhere.
    """
    rows: list[list[str]] = []
    numbers: list[int] = []
    spaces: dict[int, list[str]] = {}  # rows of blank texts, since the last filled one
    for number, row in numbered:
        if not any(text.strip() for text in row):
            spaces[number] = row
            continue
        if rows and number - numbers[-1] > _LONGEST_GAP:
            raise StudyError(
                f"{file}, sheet '{name}', row {number}: found something below {number - numbers[-1] - 1:,} empty "
                "rows; expected the table to end before; clear that row or name the sheet that is meant (`sheet`)"
            )
        gap = range(numbers[-1] + 1, number) if rows else range(0)
        rows += [*(spaces.get(n, [""] * len(row)) for n in gap), row]
        numbers += [*gap, number]
        spaces = {}
    if not rows:
        raise StudyError(
            f"{file}, sheet '{name}': found no filled cell; expected an export; name the sheet that is meant (`sheet`)"
        )
    empty = last - numbers[-1]
    notes = [f"{empty:,} empty row{'' if empty == 1 else 's'} at the end of the sheet left out"] if empty > 0 else []
    return rows, numbers, notes


def cell_text(value: Value) -> str:
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


def too_far(file: str, name: str, height: int, width: int) -> StudyError:
    """Return the error for a sheet whose cells reach further than a table can."""
    return StudyError(
        f"{file}, sheet '{name}': found cells that reach to row {height:,} and column {width:,}; expected a "
        f"table of at most {MOST_CELLS:,} cells; clear what stands far outside the table, or export as CSV"
    )


def damaged(file: str) -> StudyError:
    """Return the error for a workbook that cannot be read through."""
    return StudyError(f"{file}: found a damaged workbook; expected a whole one; download the export again")


def refused(file: str, what: str) -> StudyError:
    """Return the error for a workbook that is not opened, since it holds what no export does."""
    return StudyError(
        f"{file}: found {what}, which no export holds, so the workbook was not opened; expected a plain "
        "export; download it again or export as CSV"
    )


def _quoted(names: list[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)
