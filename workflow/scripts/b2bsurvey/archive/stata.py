"""The responses as a Stata file (.dta, format 118 of Stata 14 and later): labels, missing reasons as .a to .e, notes.

pyreadstat writes the data; notes, which it does not write, are characteristics that we add, and the time of writing
is replaced by a fixed one (layout: Stata's `help dta`; read back by pyreadstat, pandas and R haven).
"""

import re
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
import pyreadstat

from b2bsurvey.archive.fields import Field, fitting, names_within
from b2bsurvey.questionnaire import MISSING_REASONS
from b2bsurvey.readers.statistics_file import ResponseSet
from b2bsurvey.repacked import DAY

LETTERS = dict(zip(MISSING_REASONS, "abcde", strict=True))
"""Which extended missing value stands for which reason: .a for not answered, and so on."""
MOST_NAME, MOST_TITLE, MOST_FILE_LABEL = 32, 80, 80  # characters
MOST_TEXT, MOST_VALUE_LABEL = 2_000_000, 32_000  # bytes
RESERVED = (
    *("byte", "double", "float", "if", "in", "int", "long", "strl", "using", "with"),
    *("_all", "_b", "_coef", "_cons", "_n", "_pi", "_pred", "_rc", "_skip", *(f"str{n}" for n in range(1, 2046))),
)
EPOCH = np.datetime64("1960-01-01", "s")
FORMATS = {"day": "%td", "moment": "%tc"}
UNITS = {"day": 86_400, "moment": 0.001}  # seconds
_STAMP = re.compile(rb"(<timestamp>\x11).{17}", re.DOTALL)
_CHARACTERISTICS = b"<characteristics></characteristics>"
_MAP = b"<map>"
_AFTER_CHARACTERISTICS = slice(9, 14)  # the places in the map of what follows: data, strLs, value labels, two ends


def stata_file(fields: Sequence[Field], sets: Sequence[ResponseSet], title: str, notes: Sequence[str]) -> bytes:
    """Return the fields as a .dta file; equal bytes for equal input.

    `notes` are of the whole file; each multi-response set, which Stata has no other place for, adds one. A name that
    was shortened stands whole in a note of its variable. Days are days, and moments milliseconds, since 1 January
    1960.
    """
    names = stata_names(fields)
    of_numbers = [f for f in fields if f.reason_labels]
    labels = {names[f.name]: _value_labels(f) for f in of_numbers}
    frame = pd.DataFrame({names[f.name]: _column(f) for f in fields})
    with TemporaryDirectory() as folder:
        path = Path(folder) / "responses.dta"
        pyreadstat.write_dta(
            frame,
            path,
            file_label=fitting([title], MOST_FILE_LABEL, in_bytes=False),
            column_labels={names[f.name]: fitting(f.titles, MOST_TITLE, in_bytes=False) for f in fields},
            version=14,
            variable_value_labels=labels,
            missing_user_values={names[f.name]: list(LETTERS.values()) for f in of_numbers},
            variable_format={names[f.name]: FORMATS[f.kind] for f in fields if f.kind in FORMATS},
        )
        data = path.read_bytes()
    data = _STAMP.sub(rb"\g<1>" + f"{DAY:%d %b %Y %H:%M}".encode(), data, count=1)
    told = {"_dta": [*notes, *(_set_note(s, names) for s in sets)]}
    told |= {short: [name] for name, short in names.items() if short != name}
    return _with_notes(data, told)


def stata_names(fields: Sequence[Field]) -> dict[str, str]:
    """Return the names of fields in Stata: at most 32 characters, less the digits that the library adds for labels."""
    return names_within((f.name for f in fields), MOST_NAME - len(str(len(fields))), RESERVED)


def _column(field: Field) -> np.ndarray:
    if field.kind == "text":
        return np.array([fitting([text], MOST_TEXT, in_bytes=True) for text in field.values], dtype=object)
    if field.kind in FORMATS:
        seconds = np.where(np.isnat(field.values), np.nan, (field.values - EPOCH).astype(float))
        return seconds / UNITS[field.kind]
    if not (field.reasons != "").any():
        return field.values.astype(np.int32) if field.labels else field.values
    # the library takes letters among numbers of one kind only
    numbers = [int(value) if field.labels and value == value else value for value in field.values.tolist()]
    return np.array([LETTERS.get(r, v) for r, v in zip(field.reasons, numbers, strict=True)], dtype=object)


def _value_labels(field: Field) -> dict[Any, str]:
    labels: dict[Any, str] = {LETTERS[reason]: label for reason, label in field.reason_labels.items()}
    return {
        code: fitting([label], MOST_VALUE_LABEL, in_bytes=True) for code, label in {**field.labels, **labels}.items()
    }


def _set_note(each: ResponseSet, names: Mapping[str, str]) -> str:
    return f"{each.name}: {each.question} = {' '.join(names[name] for name in each.variables)}"


def _with_notes(data: bytes, notes: Mapping[str, Sequence[str]]) -> bytes:
    """Return the file with notes: characteristics note0 (how many), note1, … of the file and its variables."""
    parts = []
    for name, texts in notes.items():
        for number, text in enumerate([str(len(texts)), *texts]):
            content = fitting([text], MOST_VALUE_LABEL, in_bytes=True).encode() + b"\0"
            pair = name.encode().ljust(129, b"\0") + f"note{number}".encode().ljust(129, b"\0") + content
            parts.append(b"<ch>" + struct.pack("<I", len(pair)) + pair + b"</ch>")
    added = b"".join(parts)
    start = data.index(_MAP) + len(_MAP)
    places = list(struct.unpack_from("<14Q", data, start))
    places[_AFTER_CHARACTERISTICS] = [place + len(added) for place in places[_AFTER_CHARACTERISTICS]]
    data = data[:start] + struct.pack("<14Q", *places) + data[start + 14 * 8 :]
    return data.replace(_CHARACTERISTICS, b"<characteristics>" + added + b"</characteristics>", 1)
