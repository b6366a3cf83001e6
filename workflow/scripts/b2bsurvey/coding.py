"""The coding of open answers: which answer each text was found to mean, from a file that a person wrote."""

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path

from b2bsurvey.columns import normal
from b2bsurvey.errors import StudyError, nearest, nearest_file

HEADER = ["text", "code"]


def read_coding(path: Path, codes: Iterable[str], several: bool, line: str) -> Mapping[str, tuple[str, ...]]:
    """Return the codes of each text, as `columns.normal` compares it.

    `codes` are those that may stand in the file, `several` whether a text may have more than one, `line` is where the
    file is asked for. The file is CSV, parted by commas or semicolons, with the header `text,code`.

    Raises:
        StudyError: when the file is missing or no such table, a code is unknown, or a text has two codes that
            exclude each other. The texts themselves are not repeated.
    """
    valid = list(codes)
    found: dict[str, tuple[str, ...]] = {}
    for number, text, code in _rows(path, line):
        if code not in valid:
            raise StudyError(
                f"{path}, line {number}: '{code}' is not an answer there{nearest(code, valid)}; correct it."
            )
        before = found.get(normal(text), ())
        if before and not several and code not in before:
            raise StudyError(
                f"{path}, line {number}: the same text has the code '{before[0]}' further up; a single choice has one "
                "answer, so keep one."
            )
        found[normal(text)] = tuple(dict.fromkeys((*before, code)))
    return found


def _rows(path: Path, line: str) -> Iterable[tuple[int, str, str]]:
    if not path.is_file():
        raise StudyError(
            f"{line}: there is no file '{path}'{nearest_file(path)}; give the path from the working folder."
        )
    try:
        content = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise StudyError(f"{path}: the file is not UTF-8; save it as CSV with UTF-8.") from error
    delimiter = ";" if content.startswith("text;") else ","
    reader = csv.reader(content.splitlines(), delimiter=delimiter)
    header = next(reader, [])
    if [name.strip() for name in header] != HEADER:
        raise StudyError(f"{path}, line 1: the header must be 'text,code', but is '{delimiter.join(header)[:60]}'.")
    for row in reader:
        if len(row) != len(HEADER):
            raise StudyError(
                f"{path}, line {reader.line_num}: a line has a text and a code, but this one has {len(row)} fields; "
                "put a text with a comma in quotes."
            )
        if normal(row[0]):
            yield reader.line_num, row[0], row[1].strip()
