"""CSV and its relatives: from bytes to rows of texts, strictly, with the line of whatever is wrong."""

import csv
import io
import re
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from b2bsurvey.errors import StudyError
from b2bsurvey.readers.raw import Table, table

_DELIMITERS = ",;\t|"
_NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
_SAMPLE = 50  # rows looked at to tell the delimiter, in at most this many characters:
_SAMPLE_LENGTH = 1_000_000
_BOMS = (
    (b"\xff\xfe\x00\x00", "utf-32-le"),
    (b"\x00\x00\xfe\xff", "utf-32-be"),
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
_UTF8_LETTER = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}", re.DOTALL)
_NOT_ASCII = re.compile(rb"[\x80-\xff]")
_IN_WORD = re.compile(rb"(?<=[a-z])[\x80-\xff]")
_WESTERN = frozenset("äöüßéèêëàâçôîïùûñáíóúãõåæøœ’")
_HIGH = re.compile(rb"[\xc0-\xff]")
_FOREIGN_WORD = re.compile(rb"[\xc0-\xff]{3,}")
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_MOST_KEPT = 100_000  # different texts of which one copy serves all cells that hold it
_SEP_LINE = re.compile(r'"?sep=(.)"?(?:\r\n|\r|\n)', re.IGNORECASE)


def read_text(data: bytes, file: str) -> Table:
    """Return the rows of a delimited text file, every cell exactly as it stood.

    All rows have one width. Lines without anything in them are no rows. Raises StudyError, with the
    line, for bytes of an unknown or mixed encoding, NUL, an unclosed quotation mark, a short or a long row.
    """
    text, encoding, notes = _decode(data, file)
    sep_line = _SEP_LINE.match(text)
    first_line = 1
    if sep_line:
        text, first_line = text[sep_line.end() :], 2
    if not text.strip("\r\n"):
        raise StudyError(
            f"{file}: found no heading line, the file holds only empty lines; expected an export; download it again"
        )
    with _long_fields():
        delimiter = sep_line[1] if sep_line else _delimiter(text, file)
        rows, lines = _rows(text, delimiter or ",", file, first_line)
    rows = _one_width(rows, lines, file)
    if not text.endswith(("\n", "\r")):
        notes.append("the last line has no line end: if the platform writes one, the file was cut there")
    return table(file, rows, lines, notes, encoding=encoding, delimiter=delimiter if len(rows[0]) > 1 else "")


@contextmanager
def _long_fields() -> Iterator[None]:
    """Let the csv module read fields of any length meanwhile (its own limit is 131,072 characters)."""
    limit = csv.field_size_limit(sys.maxsize)
    try:
        yield
    finally:
        csv.field_size_limit(limit)


def _decode(data: bytes, file: str) -> tuple[str, str, list[str]]:
    """Return the text, its encoding, and notes on how the encoding was told."""
    encoding, start = next(((name, len(bom)) for bom, name in _BOMS if data.startswith(bom)), ("", 0))
    notes: list[str] = []
    declared = bool(encoding)
    if not declared:
        encoding = _wide_pattern(data) or "utf-8"
    try:
        text = data[start:].decode(encoding)
    except UnicodeDecodeError as error:
        if declared or encoding != "utf-8":
            line = _line_of_byte(data, start + error.start) if encoding == "utf-8" else 0
            raise StudyError(
                f"{file}{f', line {line}' if line else ''}: found bytes that are not {encoding.upper()}, though "
                f"the file {'begins with the mark of' if declared else 'looks like'} that encoding; expected one "
                "encoding throughout; save the file as UTF-8 again"
            ) from None
        encoding = _single_byte(data, file)
        text = data.decode(encoding)
        notes.append(f"encoding {encoding} was guessed: the file is not UTF-8 and does not say what it is")
    marks = len(text) - len(text.lstrip("\ufeff"))
    if marks:
        notes.append(f"{marks} more byte-order mark{'s' if marks > 1 else ''} at the start left out")
        text = text[marks:]
    if "\0" in text:
        line = _line_of_byte(text[: text.index("\0")].encode(), None)
        raise StudyError(
            f"{file}, line {line}: found a NUL character, which no text holds; expected a text file; the file is "
            "damaged or of another kind: download the export again"
        )
    if not text:
        raise StudyError(f"{file}: found a byte-order mark and nothing else; expected an export; download it again")
    return text, encoding, notes


def _wide_pattern(data: bytes) -> str:
    """Return the UTF-16 or UTF-32 that the places of the NUL bytes speak for, '' for none."""
    if b"\0" not in data:
        return ""
    shares = [data[i::4].count(0) / max(len(data[i::4]), 1) for i in range(4)]
    if len(data) % 4 == 0 and min(shares[2:]) > 0.99 and shares[0] < 0.01:
        return "utf-32-le"
    if len(data) % 4 == 0 and min(shares[:2]) > 0.99 and shares[3] < 0.01:
        return "utf-32-be"
    even, odd = data[0::2].count(0) / max(len(data[0::2]), 1), data[1::2].count(0) / max(len(data[1::2]), 1)
    if odd > 0.25 and even < 0.01:
        return "utf-16-le"
    return "utf-16-be" if even > 0.25 and odd < 0.01 else ""


def _single_byte(data: bytes, file: str) -> str:
    """Return cp1252 or mac_roman for bytes that are not UTF-8; refuse what is mixed or of another script.

    Accented letters at their places in a word tell the two apart; without any, it is cp1252.
    """
    rest = _UTF8_LETTER.sub(lambda match: b" " * len(match[0]), data)
    stray = _NOT_ASCII.search(rest)
    utf8 = _UTF8_LETTER.search(data)
    if utf8 and stray:
        raise StudyError(
            f"{file}, line {_line_of_byte(data, stray.start())}: found a byte that is not UTF-8 (0x{stray[0].hex()}), "
            f"though line {_line_of_byte(data, utf8.start())} is UTF-8; expected one encoding throughout; "
            "save the file as UTF-8 again"
        )
    runs = sum(len(run) for run in _FOREIGN_WORD.findall(data))
    letters = len(_HIGH.findall(data))
    if letters >= 20 and runs > letters / 2:
        raise StudyError(
            f"{file}: found text that is neither UTF-8 nor in a western encoding; expected UTF-8; save the file as "
            "UTF-8 again"
        )
    in_words = b"".join(_IN_WORD.findall(data))
    fits = {name: _western_letters(in_words, name) for name in ("cp1252", "mac_roman")}
    encoding = "mac_roman" if fits["mac_roman"] > fits["cp1252"] else "cp1252"
    try:
        data.decode(encoding)
    except UnicodeDecodeError as error:
        raise StudyError(
            f"{file}, line {_line_of_byte(data, error.start)}: found a byte (0x{data[error.start]:02x}) that neither "
            "UTF-8 nor Windows-1252 has; expected UTF-8; save the file as UTF-8 again"
        ) from None
    return encoding


def _western_letters(letters: bytes, encoding: str) -> int:
    return sum(1 for letter in letters.decode(encoding, errors="replace") if letter in _WESTERN)


def _delimiter(text: str, file: str) -> str:
    """Return the delimiter that cuts the first rows most evenly, and into most columns; '' for one column."""
    found = []
    for delimiter in _DELIMITERS:
        widths, broken = _sample_widths(text, delimiter)
        if widths and max(widths) > 1:
            width, n = max(Counter(widths).items(), key=lambda item: (item[1], item[0]))
            found.append((width > 1, not broken, n / len(widths), width, delimiter))
    if not found:
        return ""
    found.sort(reverse=True)
    if len(found) > 1 and found[0][:4] == found[1][:4] and found[0][0]:
        names = " or ".join(_NAMES[f[4]] for f in found[:2])
        raise StudyError(
            f"{file}, line 1: found rows that could be divided by {names}; expected one delimiter; put a line "
            f"'sep={found[0][4]}' or 'sep={found[1][4]}' above the headings"
        )
    return found[0][4]


def _sample_widths(text: str, delimiter: str) -> tuple[list[int], bool]:
    """Return the numbers of fields in the first rows, and whether they cannot be read with this delimiter."""
    widths: list[int] = []
    sample = io.StringIO(text[:_SAMPLE_LENGTH], newline="")
    try:
        for record in csv.reader(sample, delimiter=delimiter, strict=True):
            if record:
                widths.append(len(record))
            if len(widths) == _SAMPLE:
                break
    except csv.Error as error:
        cut = len(text) > _SAMPLE_LENGTH and "unexpected end" in str(error)
        return widths, not cut
    return widths, False


def _rows(text: str, delimiter: str, file: str, first_line: int) -> tuple[list[list[str]], list[int]]:
    """Return the records and the lines they start in; completely empty lines are no records.

    Equal cells share one text: most cells of a survey hold one of a few answers, and memory would not do otherwise.
    """
    # a StringIO would hold the text once more, with four bytes a letter
    reader = csv.reader((line[0] for line in _LINE.finditer(text)), delimiter=delimiter, strict=True)
    rows: list[list[str]] = []
    lines: list[int] = []
    line = first_line
    kept: dict[str, str] = {}
    try:
        for record in reader:
            if record:
                rows.append(list(map(kept.setdefault, record, record)))
                lines.append(line)
                if len(kept) > _MOST_KEPT:
                    kept.clear()
            line = first_line + reader.line_num
    except csv.Error as error:
        unclosed = "unexpected end" in str(error)
        raise StudyError(
            f"{file}, line {line}: found "
            + (
                "a quotation mark that is opened in this row and never closed; expected a closing one; close it"
                if unclosed
                else f"text after a closing quotation mark (noticed in line {first_line + reader.line_num - 1}); "
                "expected the next field; write quotation marks inside a text twice"
            )
            + " or export the survey again"
        ) from None
    return rows, lines


def _one_width(rows: list[list[str]], lines: list[int], file: str) -> list[list[str]]:
    """Return the rows padded and trimmed to the width of the headings; refuse short and long rows.

    A single text above the headings is a title and may stand alone. A delimiter at the end of every
    row, but not of the headings, adds no column.
    """
    if len(rows) > 1 and len(rows[0]) == 1 and len(rows[1]) > 1:
        body = _one_width(rows[1:], lines[1:], file)
        return [rows[0] + [""] * (len(body[0]) - 1), *body]
    width = len(rows[0])
    below = rows[1:]
    if below and all(len(row) == width + 1 and not row[-1] for row in below):
        return [rows[0], *(row[:-1] for row in below)]
    for row, line in zip(below, lines[1:], strict=True):
        if len(row) != width:
            raise StudyError(
                f"{file}, line {line}: found {len(row)} field{'s' if len(row) > 1 else ''}; expected {width} as in "
                f"the headings on line {lines[0]}; "
                + ("complete" if len(row) < width else "put texts with delimiters in quotation marks in")
                + " this row or export the survey again"
            )
    return rows


def _line_of_byte(data: bytes, offset: int | None) -> int:
    """Return the line, counted from 1, of a byte (None: of the end) of an ASCII-compatible text."""
    before = data[:offset].replace(b"\r\n", b"\n")
    return before.count(b"\n") + before.count(b"\r") + 1
