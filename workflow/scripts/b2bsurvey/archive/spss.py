"""The responses as an SPSS file (.sav): labels, missing reasons as user-missing values, multi-response sets.

pyreadstat writes the data; the sets, which it does not write, are a record that we add, and the time of writing is
replaced by a fixed one (record layout: PSPP developers, "System File Format"; read back by pyreadstat and PSPP).
"""

import math
import struct
from collections.abc import Sequence
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

# user-missing codes of the reasons, where no number is negative
REASON_CODES = {reason: place - 9 for place, reason in enumerate(MISSING_REASONS)}
MOST_NAME, MOST_TITLE, MOST_VALUE_LABEL, MOST_FILE_LABEL, MOST_TEXT = 64, 256, 120, 64, 32_767  # bytes
RESERVED = ("all", "and", "by", "eq", "ge", "gt", "le", "lt", "ne", "not", "or", "to", "with")
EPOCH = np.datetime64("1582-10-14", "s")
MEASURES = {"nominal": "nominal", "ordinal": "ordinal", "interval": "scale"}
FORMATS = {"day": "DATE11", "moment": "DATETIME20"}
_CREATED = slice(92, 109)  # day and time in the header
_LONG_NAMES = struct.pack("<iii", 7, 13, 1)
_SETS = struct.pack("<iii", 7, 7, 1)
_END_OF_DICTIONARY = struct.pack("<ii", 999, 0)


def spss_file(fields: Sequence[Field], sets: Sequence[ResponseSet], title: str) -> bytes:
    """Return the fields as a .sav file in UTF-8; equal bytes for equal input.

    Names are at most 64 bytes and differ by more than case. Numbers have the codes of `reason_codes` for missing
    reasons; days and moments are seconds since 14 October 1582.
    """
    names = names_within((f.name for f in fields), MOST_NAME, RESERVED)
    of_numbers = [f for f in fields if f.reason_labels]
    codes = {f.name: reason_codes(f) for f in of_numbers}
    labels = {names[f.name]: _value_labels(f, codes[f.name]) for f in of_numbers}
    ranges: dict[str, list[Any]] = {
        names[name]: [{"lo": float(min(of.values())), "hi": float(max(of.values()))}] for name, of in codes.items()
    }
    frame = pd.DataFrame({names[f.name]: _column(f, codes.get(f.name, {})) for f in fields})
    with TemporaryDirectory() as folder:
        path = Path(folder) / "responses.sav"
        pyreadstat.write_sav(
            frame,
            path,
            file_label=fitting([title], MOST_FILE_LABEL, in_bytes=True),
            column_labels={names[f.name]: fitting(f.titles, MOST_TITLE, in_bytes=True) for f in fields},
            variable_value_labels=labels,
            missing_ranges=ranges,
            variable_measure={names[f.name]: MEASURES[f.level] for f in fields},
            variable_format={names[f.name]: _format(f, frame[names[f.name]]) for f in fields if f.kind != "text"},
            row_compress=True,
        )
        data = bytearray(path.read_bytes())
    data[_CREATED] = f"{DAY:%d %b %y%H:%M:%S}".encode()
    return _with_sets(bytes(data), sets, names)


def reason_codes(field: Field) -> dict[str, int]:
    """Return the user-missing code of each reason: −9 to −5, or the same below all values where some are negative."""
    least = np.min(field.values, initial=0.0, where=np.isfinite(field.values))
    below = 10 ** math.ceil(math.log10(-least) + 1) if least < 0 else 0
    return {reason: code - below for reason, code in REASON_CODES.items()}


def _column(field: Field, codes: dict[str, int]) -> np.ndarray:
    if field.kind == "text":
        return np.array([fitting([text], MOST_TEXT, in_bytes=True) for text in field.values], dtype=object)
    if field.kind in FORMATS:
        return np.where(np.isnat(field.values), np.nan, (field.values - EPOCH).astype(float))
    values = field.values.copy()
    for reason, code in codes.items():
        values[field.reasons == reason] = code
    return values


def _value_labels(field: Field, codes: dict[str, int]) -> dict[float, str]:
    labels = {**field.labels, **{codes[reason]: label for reason, label in field.reason_labels.items()}}
    return {float(code): fitting([label], MOST_VALUE_LABEL, in_bytes=True) for code, label in labels.items()}


def _format(field: Field, column: pd.Series) -> str:
    """Return the display format: whole numbers without decimals."""
    if field.kind in FORMATS:
        return FORMATS[field.kind]
    whole = bool((column.dropna() % 1 == 0).all())
    longest = len(f"{column.abs().max():.0f}") if column.notna().any() else 1
    return f"F{min(longest + 2, 40)}.0" if whole else f"F{min(longest + 5, 40)}.3"


def _with_sets(data: bytes, sets: Sequence[ResponseSet], names: dict[str, str]) -> bytes:
    """Return the file with a record of its multi-response sets, which names variables by their short names."""
    start = data.index(_LONG_NAMES) + len(_LONG_NAMES)
    (length,) = struct.unpack_from("<i", data, start)
    pairs = data[start + 4 : start + 4 + length].decode().split("\t")
    short = {long: name.lower() for name, _, long in (pair.partition("=") for pair in pairs)}
    set_names = names_within((s.name for s in sets), MOST_NAME - 1, ())
    lines = []
    for each in sets:
        label = fitting([each.question], MOST_TITLE - 1, in_bytes=True)
        members = " ".join(short[names[name]] for name in each.variables)
        counted = f"{len(each.counted)} {each.counted}"
        lines.append(f"${set_names[each.name]}=D{counted} {len(label.encode())} {label} {members}\n")
    text = "".join(lines).encode()
    end = data.index(_END_OF_DICTIONARY)
    return data[:end] + _SETS + struct.pack("<i", len(text)) + text + data[end:] if sets else data
