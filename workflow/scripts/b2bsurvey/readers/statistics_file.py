"""SPSS (.sav, .zsav) and Stata (.dta) files: codes as text, with the labels and missing values that the file declares.

The file is read in a process of its own (`statistics_child`): over flipped bits the library crashes (about 1 file
in 700), takes all memory, or hides that cases are lost, which is why their number is counted here.
"""

import json
import re
import struct
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from math import isfinite
from typing import Any

import numpy as np

from b2bsurvey.errors import StudyError
from b2bsurvey.readers import plain, statistics_child
from b2bsurvey.readers.raw import Column, RawExport, Table, clean
from b2bsurvey.readers.source import Source
from b2bsurvey.readers.spreadsheet import cell_text
from b2bsurvey.readers.stata_bytes import whole

NAMES = ("spss", "stata")

_MOST_CELLS = 10_000_000
_MOST_BYTES = 500_000_000
_MEMORY = 4_000_000_000  # bytes of address space; a file of the most cells needs half of it
_SECONDS = 120  # a file of the most cells needs 10

_SPSS_EPOCH = datetime(1582, 10, 14)
_STATA_EPOCH = datetime(1960, 1, 1)
_SPSS_DAYS = ("DATE", "ADATE", "EDATE", "SDATE", "JDATE", "QYR", "MOYR", "WKYR")
_SPSS_MOMENTS = ("DATETIME", "YMDHMS")
_SPSS_TIMES = ("TIME", "DTIME", "MTIME")
_OLD_STATA = "cp1252"  # what the library takes texts of old Stata files to be
_NEW_STATA = tuple(f"<stata_dta><header><release>{release}<".encode() for release in (118, 119, 120, 121))
_ISO = re.compile(r"\d{4}-\d\d-\d\d")
_STATA_PERIODS = {"%th": ("h", 2), "%tq": ("q", 4), "%tm": ("m", 12), "%tw": ("w", 52)}

Value = float | str | None


@dataclass(frozen=True)
class _Variable:
    """One variable as the file describes it, its values as the library gives them."""

    name: str
    label: str
    show: Callable[[Value], str]
    """From a value to its text."""
    values: list[Value]
    labels: list[tuple[Value, str]]
    missing: list[tuple[Value, Value]]
    """Ranges, both ends included."""


@dataclass(frozen=True)
class ResponseSet:
    """Variables that the file declares to be one question with several answers."""

    name: str
    question: str
    variables: tuple[str, ...]
    ticks: bool
    """Whether each variable is an option that is ticked or not; else each holds one of the same answers."""
    counted: str = ""
    """The value that means ticked."""


@dataclass(frozen=True)
class StatisticsFile:
    """What an SPSS or Stata file holds: its cells below the names of its variables, and what it says of each."""

    kind: str
    table: Table
    columns: tuple[Column, ...]
    """Names as codes, labels as question texts, value labels, missing values."""
    contents: tuple[str, ...]
    """Of each column: `text`, `date` or `number`."""
    sets: tuple[ResponseSet, ...]


def read(source: Source) -> StatisticsFile:
    """Return an SPSS or Stata file as a table with one heading row, and the columns as the file declares them.

    Cells hold codes as text ('1', '-9', 'A'), dates in ISO form and '' for system-missing; a column's `values` are
    the value labels, its `missing` the values that the file declares missing, as far as they occur or have a label.
    Stata's missing values read '.a' to '.z'. Raises StudyError for damaged files, and for files that lost cases.
    """
    if len(source.data) > _MOST_BYTES:
        raise StudyError(
            f"{source.file}: found {len(source.data):,} bytes; expected an export of at most {_MOST_BYTES:,}; "
            "export the questions that are needed, or as CSV"
        )
    spss = source.kind == "spss"
    data, cases = _uncounted(source) if spss else (source.data, None)
    if not spss:
        whole(source.data, source.file)
    said, values = _in_child(replace(source, data=data), "sav" if spss else "dta")
    found = len(values[0]) if values else 0
    if cases is not None and cases >= 0 and found != cases:
        raise StudyError(
            f"{source.file}: found {found:,} cases, though the file says that it holds {cases:,}; expected a whole "
            "file; export it again"
        )
    faults: list[str] = []
    variables = [_variable(said, j, column, faults) for j, column in enumerate(values)]
    sets = _sets(said)
    notes = [_set_note(response_set) for response_set in sets]
    encoding = _encoding(source, said)
    if encoding == _OLD_STATA:
        notes.append(f"encoding {encoding} was assumed: files of Stata before version 14 do not say theirs")
    table = Table(
        source.file,
        [[v.name for v in variables], *map(list, zip(*map(_texts, variables), strict=True))],
        list(range(found + 1)),
        encoding=encoding,
        notes=(*notes, *dict.fromkeys(faults)),
        row_word="case",
    )
    set_of = {name: response_set for response_set in reversed(sets) for name in response_set.variables}
    columns = (_column(j, v, set_of.get(v.name)) for j, v in enumerate(variables, start=1))
    return StatisticsFile(source.kind, table, tuple(columns), tuple(_content(said, v.name) for v in variables), sets)


def declared(export: RawExport, file: StatisticsFile) -> RawExport:
    """Return the export that a platform (or `plain`) made of the file's table, with what the file declares.

    Files that a platform wrote keep its names of variables, so that its completion codes and personal columns are
    known; the labels and missing values are those of the file, the platform's come on top.
    """
    described = {column.position: column for column in file.columns}

    def joined(own: Column) -> Column:
        column = described[own.position]
        missing = tuple(dict.fromkeys((*column.missing, *own.missing)))
        values = column.values or own.values
        question = column.question or own.question
        return replace(column, question=question, values=values, missing=missing, not_shown=own.not_shown)

    kind = f"the file is {'an SPSS' if file.kind == 'spss' else 'a Stata'} data file"
    plain_table = export.platform == plain.NAME
    return replace(
        export,
        platform=file.kind if plain_table else export.platform,
        reason=kind if plain_table else f"{kind}; {export.reason}",
        columns=tuple(map(joined, export.columns)),
    )


def _uncounted(source: Source) -> tuple[bytes, int | None]:
    """Return an SPSS file that does not say how many cases it holds, and how many it did say (-1: unknown).

    The library believes the number and reads no further. Without one it reads to the end, so that we can compare.
    """
    if len(source.data) < 176:
        raise _damaged(source.file)
    little = struct.unpack("<i", source.data[64:68])[0] in (1, 2, 3)
    count = struct.Struct("<i" if little else ">i")
    cases = count.unpack(source.data[80:84])[0]
    return source.data[:80] + count.pack(-1) + source.data[84:], cases


def _in_child(source: Source, kind: str) -> tuple[dict[str, Any], list[list[Value]]]:
    """Return what the file says of itself and the values of its variables."""
    command = [sys.executable, "-P", statistics_child.__file__, kind]
    try:
        child = subprocess.run(  # noqa: S603
            [*command, str(_MOST_CELLS), str(_MEMORY), str(_SECONDS)],
            input=source.data,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise StudyError(
            f"{source.file}: was not read within {_SECONDS} seconds; expected an export of at most {_MOST_CELLS:,} "
            "cells; the file is too large or damaged: export it again, or as CSV"
        ) from None
    if child.returncode > 0:
        raise RuntimeError(child.stderr.decode(errors="replace"))  # a fault of the set-up, not of the file
    lines = child.stdout.splitlines()
    if child.returncode < 0 or not lines:
        raise _damaged(source.file)
    said, *values = map(json.loads, lines)
    if "fault" in said:
        raise _fault(source, said["fault"])
    if not said["column_names"]:
        raise StudyError(f"{source.file}: found no variables; expected an export; export it again")
    if len(values) != len(said["column_names"]) or len({len(column) for column in values}) > 1:
        raise _damaged(source.file)
    return said, values


def _fault(source: Source, fault: str) -> StudyError:
    """Return the error for what the library said."""
    if fault == "memory" or "allocate memory" in fault or fault.startswith("cells"):
        held = "more than an export can hold"
        if fault.startswith("cells"):
            rows, columns = map(int, fault.split()[1:])
            held = f"{rows:,} cases of {columns:,} variables"
        return StudyError(
            f"{source.file}: the file says that it holds {held}, so it was not read; expected at most {_MOST_CELLS:,} "
            "cells; the file is too large or damaged: export it again, or as CSV"
        )
    if "encoding" in fault or fault.startswith("UnicodeDecodeError"):
        return StudyError(
            f"{source.file}: found text that is not in the encoding the file declares; expected one encoding "
            "throughout; open the file in the program that wrote it and save it as Unicode (UTF-8)"
        )
    return _damaged(source.file)


def _damaged(file: str) -> StudyError:
    return StudyError(f"{file}: found a damaged or cut data file; expected a whole one; export it again")


def _variable(said: dict[str, Any], position: int, values: list[Value], faults: list[str]) -> _Variable:
    """Return a variable of the file; what of it cannot be shown is added to `faults` when it is met."""
    name = said["column_names"][position]
    ranges = said["missing_ranges"].get(name, [])
    tagged = said["missing_user_values"].get(name, [])
    return _Variable(
        name=name,
        label=clean(said["column_labels"][position] or ""),
        show=partial(
            _shown, name, said["original_variable_types"][name] or "", said["readstat_variable_types"][name], faults
        ),
        values=values,
        labels=[(value, clean(text)) for value, text in said["value_labels"].get(name, [])],
        missing=[(r["lo"], r["hi"]) for r in ranges] + [(letter, letter) for letter in tagged],
    )


def _texts(variable: _Variable) -> tuple[str, ...]:
    """Return the values of a variable as text, each different one shown once."""
    texts = {value: variable.show(value) for value in set(variable.values)}
    return tuple(texts[value] for value in variable.values)


def _column(position: int, variable: _Variable, response_set: ResponseSet | None) -> Column:
    """Return the description of a variable; one of a multi-response set is an item of the set's question.

    In a set of ticks the counted value means ticked and any other not, whatever their labels are.
    """
    found = sorted((value for value in set(variable.values) if value is not None), key=str)
    known = [*(value for value, _ in variable.labels), *found]
    missing = [variable.show(lo) for lo, hi in variable.missing if lo == hi]
    missing += [variable.show(v) for v in known for lo, hi in variable.missing if lo != hi and _between(lo, v, hi)]
    labels = {variable.show(value): label for value, label in variable.labels}
    if response_set is not None and response_set.counted:
        answers = [text for text in map(variable.show, known) if text not in missing]
        labels |= {text: "checked" if text == response_set.counted else "not checked" for text in answers}
    question, item = (variable.label, "") if response_set is None else (response_set.question, variable.label)
    return Column(position, variable.name, question, item, labels, tuple(dict.fromkeys(missing)))


def _between(low: Value, value: Value, high: Value) -> bool:
    """Return whether a value lies in a range of numbers."""
    return all(isinstance(v, float | int) for v in (low, value, high)) and low <= value <= high  # type: ignore[operator]


def _shown(name: str, form: str, storage: str, faults: list[str], value: Value) -> str:
    """Return a value as text; `form` is the display format that makes a number a date."""
    if value is None or value != value:
        return ""
    if isinstance(value, str):
        return value if storage.startswith("string") else f".{value}"  # Stata's missing values .a to .z
    if not isfinite(value):
        return str(value)
    try:
        moment = _moment(form, value)
    except OverflowError:
        faults.append(f"variable '{name}' holds dates outside the years 1 to 9999, left as numbers")
        moment = None
    if moment is not None:
        return moment
    if form.startswith(("%tC", "%tb", "%-tC", "%-tb")):
        faults.append(f"variable '{name}' holds times of the format {form}, left as numbers")
    return str(np.float32(value)) if storage == "float" and value != int(value) else cell_text(value)


def _moment(form: str, value: float) -> str | None:
    """Return the date or time that a number stands for, None where its format makes it a number; OverflowError."""
    stata = form.replace("%-", "%")
    kind = form.rstrip("0123456789.").upper()
    if kind in _SPSS_DAYS:
        return _day(_SPSS_EPOCH, timedelta(seconds=value))
    if kind in _SPSS_MOMENTS:
        return cell_text(_SPSS_EPOCH + timedelta(seconds=value))
    if kind in _SPSS_TIMES:
        return cell_text(timedelta(seconds=value))
    if stata.startswith(("%td", "%d")):
        return _day(_STATA_EPOCH, timedelta(days=value))
    if stata.startswith("%tc"):
        return cell_text(_STATA_EPOCH + timedelta(milliseconds=value))
    if stata[:3] in _STATA_PERIODS:
        letter, n = _STATA_PERIODS[stata[:3]]
        return f"{1960 + int(value // n)}{letter}{int(value % n) + 1}"
    return None


def _day(epoch: datetime, since: timedelta) -> str:
    return (epoch + since).date().isoformat()


def _content(said: dict[str, Any], name: str) -> str:
    """Return whether a variable holds texts, dates or numbers, as its storage and its display format say."""
    if said["readstat_variable_types"][name].startswith("string"):
        return "text"
    try:
        moment = _moment(said["original_variable_types"][name] or "", 0.0)
    except OverflowError:
        moment = None
    if moment is None:
        return "number"
    return "date" if _ISO.match(moment) else "text"


def _sets(said: dict[str, Any]) -> tuple[ResponseSet, ...]:
    """Return the multi-response sets; SPSS writes the names of their variables in small or capital letters."""
    names = {name.casefold(): name for name in said["column_names"]}
    found = []
    for name, declared_set in said["mr_sets"].items():
        variables = [names[v.casefold()] for v in declared_set["variable_list"] if v.casefold() in names]
        ticks, counted = declared_set["is_dichotomy"], declared_set["counted_value"]
        question = clean(declared_set["label"] or "") or name
        text = "" if counted is None or not ticks else str(counted)
        found.append(ResponseSet(name, question, tuple(variables), ticks, text))
    return tuple(found)


def _set_note(response_set: ResponseSet) -> str:
    n = len(response_set.variables)
    ticks = f"{response_set.counted or 'the counted value'} means ticked"
    what = ticks if response_set.ticks else "each holds one answer"
    return f"multi-response set '{response_set.name}': {n} variable{'' if n == 1 else 's'}, {what}"


def _encoding(source: Source, said: dict[str, Any]) -> str:
    """Return the encoding of the texts: Stata has UTF-8 since version 14 and says none before."""
    if source.kind == "spss":
        return (said["file_encoding"] or "").lower()
    return "utf-8" if source.data.startswith(_NEW_STATA) else _OLD_STATA
