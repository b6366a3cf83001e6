"""What happens to exports on their way: each kind of damage, and what may come of it.

A `Damaged` export says what it may give: its respondents are `rows` of the good export (None: a row that was not
there). Only the answers of the cells in `touched` may differ, and then it must be reported (`noted`: by a note that
says so), or be the text that now stands there. What platforms say of themselves (times, completeness, ids) may be
missing where its headings were touched (`lost`). A damage that no reader could see past must be `refused`. Everywhere
one sentence is right, too.

What cannot be noticed by anybody is not asked for: a file cut between two lines has fewer respondents; another digit
in a number or another letter in an open answer is another answer.
"""

import csv
import gzip
import io
import random
import tempfile
import unicodedata
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import openpyxl
import pandas as pd
import pyreadstat

from good_exports import GoodExport, Rows, written

Random = random.Random
ZIP_TIME = (2020, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Damaged:
    """A damaged export, and what may come of it."""

    what: str
    data: bytes
    rows: tuple[int | None, ...]
    suffix: str = ".csv"
    refused: bool = False
    touched: frozenset[tuple[int, int]] = frozenset()
    """Places in `rows` and positions of columns."""
    noted: str = ""
    """Any difference is reported by a note with these words."""
    always_noted: bool = False
    lost: bool = False
    letters: bool = False
    """Whether letters may be written in another form of Unicode."""
    anything: bool = False
    """Whether the answers may be any others: the bytes say them, and nothing in the file tells that they did not."""
    extra: str = ""
    """The heading of a column that the report must list as not asked for."""


Damage = Callable[[GoodExport, Random], Damaged | None]
KINDS: dict[str, list[Damage]] = {}


def kind(name: str) -> Callable[[Damage], Damage]:
    """List a damage under the kind that `docs/bad-input.md` has."""

    def listed(damage: Damage) -> Damage:
        KINDS.setdefault(name, []).append(damage)
        return damage

    return listed


def everybody(export: GoodExport) -> tuple[int, ...]:
    return tuple(range(len(export.body)))


def text_file(
    export: GoodExport, table: Rows, what: str, rows: tuple[int | None, ...] | None = None, **more: Any
) -> Damaged:
    """Return another table as a comma-separated file, all respondents in it unless `rows` says which."""
    return Damaged(what, written(table), everybody(export) if rows is None else rows, **more)


def copied(rows: Rows) -> Rows:
    return [list(row) for row in rows]


# --- encodings ---

_WIDE = ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")
_CODECS = ("utf-8", "utf-8-sig", *_WIDE, *(f"{codec}+" for codec in _WIDE), "cp1252", "mac_roman", "latin-1")


def encoded(text: str, codec: str) -> bytes | None:
    """Return a text in an encoding, `+` with a byte-order mark; None where it has no such letters."""
    try:
        return (("\ufeff" + text) if codec.endswith("+") else text).encode(codec.removesuffix("+"))
    except UnicodeEncodeError:
        return None


@kind("another encoding")
def another_encoding(export: GoodExport, pick: Random) -> Damaged | None:
    codec = pick.choice(_CODECS)
    data = encoded(written(export.rows).decode(), codec)
    guessed = codec in ("cp1252", "mac_roman", "latin-1")
    noted = "was guessed" if guessed and data and not data.isascii() else ""
    return None if data is None else Damaged(codec, data, everybody(export), noted=noted, always_noted=bool(noted))


@kind("two byte-order marks")
def more_marks(export: GoodExport, pick: Random) -> Damaged:
    codec, n = pick.choice(("utf-8", "utf-16-le", "utf-16-be")), pick.randint(2, 4)
    data = ("\ufeff" * n + written(export.rows).decode()).encode(codec)
    return Damaged(f"{n} marks in {codec}", data, everybody(export), noted="more byte-order mark", always_noted=True)


@kind("mixed encodings")
def mixed_encodings(export: GoodExport, pick: Random) -> Damaged:
    row, column = pick.randrange(len(export.body)), pick.randrange(len(export.rows[0]))
    rows = copied(export.rows)
    rows[export.head + row][column] += "\ue000"
    codec = pick.choice(("cp1252", "mac_roman", "utf-8"))
    rest = "utf-8" if codec != "utf-8" else "cp1252"
    data = b"".join(
        part.encode(rest, errors="replace") if n == 0 else "é".encode(codec) + part.encode(rest, errors="replace")
        for n, part in enumerate(written(rows).decode().split("\ue000"))
    )
    same = rest == "utf-8" or encoded(written(rows).decode().replace("\ue000", ""), "cp1252") is not None
    touched = frozenset({(row, column + 1)})
    return Damaged(f"{codec} in {rest}", data, everybody(export) if same else (), touched=touched, noted="was guessed")


@kind("double encoding")
def double_encoding(export: GoodExport, pick: Random) -> Damaged | None:
    codec = pick.choice(("cp1252", "latin-1", "mac_roman"))
    text = written(export.rows).decode()
    if text.isascii():
        text = text[: text.rindex("\r\n")] + "\r\n"
        rows = copied(export.rows)
        rows[export.head][-1] = "für"
        text = written(rows).decode()
    try:
        twice = text.encode().decode(codec)
    except UnicodeDecodeError:
        return None
    touched = frozenset({(0, len(export.rows[0]))})
    return Damaged(codec, twice.encode(), everybody(export), touched=touched, noted="garbled", lost=True)


@kind("NUL in a text")
def nul(export: GoodExport, pick: Random) -> Damaged:
    codec = pick.choice(("utf-8", "utf-16-le+", "utf-8-sig"))
    text = written(export.rows).decode()
    place = pick.randrange(len(text))
    data = encoded(text[:place] + "\0" * pick.randint(1, 3) + text[place:], codec) or b""
    return Damaged(f"at {place} in {codec}", data, (), refused=True)


# --- delimiters, lines, quotation marks ---


@kind("another delimiter")
def another_delimiter(export: GoodExport, pick: Random) -> Damaged:
    delimiter = pick.choice(";\t|,")
    data = written(export.rows, delimiter, quoting=pick.choice((csv.QUOTE_MINIMAL, csv.QUOTE_ALL)))
    return Damaged(repr(delimiter), data, everybody(export))


@kind("a `sep=` line")
def sep_line(export: GoodExport, pick: Random) -> Damaged:
    delimiter = pick.choice(";,\t|~")
    line = pick.choice(("sep={}", "SEP={}", '"sep={}"')).format(delimiter) + "\r\n"
    data = (line + written(export.rows, delimiter).decode()).encode(pick.choice(("utf-8", "utf-8-sig", "utf-16")))
    return Damaged(line.strip(), data, everybody(export))


@kind("a delimiter at the end of every row")
def trailing_delimiter(export: GoodExport, pick: Random) -> Damaged:
    everywhere, n = pick.random() < 0.5, pick.randint(1, 2)
    rows = [row + [""] * n * (everywhere or i >= export.head) for i, row in enumerate(export.rows)]
    return text_file(export, rows, f"{n}, headings too: {everywhere}")


@kind("other line ends and empty lines")
def line_ends(export: GoodExport, pick: Random) -> Damaged:
    end = pick.choice(("\n", "\r\n", "\r"))
    lines = [written([row], end=end).decode() for row in export.rows]
    text = "".join(line + end * pick.choice((0, 0, 1, 2)) for line in lines)
    text = pick.choice((end, "")) + (text.rstrip("\r\n") if pick.random() < 0.3 else text)
    return Damaged(repr(end), text.encode(), everybody(export))


@kind("wholly blank rows")
def blank_rows(export: GoodExport, pick: Random) -> Damaged:
    rows: Rows = list(export.rows)
    people: list[int | None] = list(everybody(export))
    for _ in range(pick.randint(1, 3)):
        place = pick.randint(0, len(people))
        rows.insert(export.head + place, [""] * len(rows[0]))
        people.insert(place, None)
    return text_file(export, rows, "blank rows", rows=tuple(people), noted="wholly empty row", always_noted=True)


@kind("an unclosed or stray quotation mark")
def unclosed_quote(export: GoodExport, pick: Random) -> Damaged:
    rows = copied(export.rows)
    rows[pick.randrange(len(rows))][pick.randrange(len(rows[0]))] = "\ue000abc" + pick.choice(("", '"d', '" d'))
    text = written(rows).decode().replace('"\ue000abc""d"', '"abc"d').replace('"\ue000abc"" d"', '"abc" d')
    return Damaged("quote", text.replace("\ue000abc", '"abc').encode(), (), refused=True)


@kind("an unclosed or stray quotation mark")
def quote_inside(export: GoodExport, pick: Random) -> Damaged:
    row, column = pick.randrange(len(export.body)), pick.randrange(len(export.rows[0]))
    rows = copied(export.rows)
    rows[export.head + row][column] = "\ue000"
    data = written(rows).decode().replace("\ue000", pick.choice(('5" x', "it's", 'a"b"c', "x'"))).encode()
    return Damaged("inside", data, everybody(export), touched=frozenset({(row, column + 1)}))


# --- rows ---


@kind("a short row or a further field")
def wrong_width(export: GoodExport, pick: Random) -> Damaged | None:
    rows = copied(export.rows)
    chosen = [pick.randrange(export.head, len(rows))] if pick.random() < 0.7 else range(export.head, len(rows))
    longer = pick.random() < 0.5
    for i in chosen:
        if longer:
            rows[i].insert(pick.randint(0, len(rows[i])), "1")
        else:
            del rows[i][pick.randrange(len(rows[i]))]
    if len(rows[0]) < 3:
        return None
    return text_file(export, rows, f"{'longer' if longer else 'shorter'} {list(chosen)}", rows=(), refused=True)


@kind("a file that is cut")
def cut(export: GoodExport, pick: Random) -> Damaged:
    lines = [written([row], quoting=pick.choice((csv.QUOTE_MINIMAL, csv.QUOTE_ALL))) for row in export.rows]
    place = pick.randrange(1, sum(map(len, lines)))
    data = b"".join(lines)[:place]
    whole, left = 0, place
    while left >= len(lines[whole]):
        left -= len(lines[whole])
        whole += 1
    people: list[int | None] = list(range(max(whole - export.head, 0)))
    touched: set[tuple[int, int]] = set()
    if left and whole >= export.head:  # the rest of a line may still be read, and is then noted
        touched = {(len(people), position) for position in range(1, len(export.rows[0]) + 1)}
        people.append(len(people))
    noted = "the last line has no line end" if left else ""
    return Damaged(
        f"at {place}", data, tuple(people), touched=frozenset(touched), noted=noted, lost=whole < export.head
    )


@kind("rows twice, or in another order")
def other_rows(export: GoodExport, pick: Random) -> Damaged:
    people = list(everybody(export))
    if pick.random() < 0.5:
        pick.shuffle(people)
    else:
        people.insert(pick.randint(0, len(people)), pick.choice(people))
    rows = export.rows[: export.head] + [export.body[i] for i in people]
    return text_file(export, rows, str(people), rows=tuple(people))


@kind("the headings again among the respondents")
def headings_again(export: GoodExport, pick: Random) -> Damaged:
    people: list[int | None] = list(everybody(export))
    heads = export.rows[: export.head] if pick.random() < 0.5 else export.rows[export.head - 1 : export.head]
    place = pick.randint(1, len(people))
    rows = export.rows[: export.head + place] + heads + export.rows[export.head + place :]
    people[place:place] = [None] * len(heads)
    return text_file(export, rows, f"{len(heads)}", rows=tuple(people), noted="repeats the headings", always_noted=True)


@kind("a title or a remark above the headings")
def remark_above(export: GoodExport, pick: Random) -> Damaged:
    lines = [pick.choice(("Survey of 2013", "# exported on Monday", "Titel, mit Komma"))] * pick.randint(1, 2)
    rows = [[line] + [""] * ((len(export.rows[0]) - 1) * (pick.random() < 0.5)) for line in lines]
    return text_file(export, [*rows, *export.rows], str(lines))


# --- columns ---


def named_columns(export: GoodExport) -> list[list[int]]:
    """Return the columns (from 0) in groups that belong together: those without a heading follow one that has one."""
    first = next(row for row in export.rows if sum(map(bool, row)) > 1)
    groups: list[list[int]] = []
    for j, heading in enumerate(first):
        if heading.strip() or not groups:
            groups.append([])
        groups[-1].append(j)
    return groups


@kind("columns in another order")
def other_order(export: GoodExport, pick: Random) -> Damaged:
    groups = named_columns(export)
    if pick.random() < 0.5:
        pick.shuffle(groups)
    else:
        groups.reverse()
    order = [j for group in groups for j in group]
    rows = [[row[j] for j in order] for row in export.rows]
    if sum(map(bool, export.rows[0])) == 1:  # a title stays where it is
        rows[0] = export.rows[0]
    return text_file(export, rows, "order", noted="is the heading of columns", lost=True)


@kind("a further column")
def further_column(export: GoodExport, pick: Random) -> Damaged:
    groups = named_columns(export)
    place = pick.choice([group[0] for group in groups] + [len(export.rows[0])])
    if sum(map(bool, export.rows[0])) == 1:
        place = len(export.rows[0])
    heading = pick.choice(("zusatz", "Z99", "Something else"))
    rows = [
        [*row[:place], cell, *row[place:]]
        for row, cell in zip(
            export.rows, [heading] * export.head + [pick.choice("1ax") for _ in export.body], strict=True
        )
    ]
    return text_file(export, rows, f"at {place}", extra=heading, lost=place == 0)


@kind("a missing column")
def missing_column(export: GoodExport, pick: Random) -> Damaged:
    j = pick.randrange(len(export.rows[0]))
    rows = [[cell for i, cell in enumerate(row) if i != j] for row in export.rows]
    return text_file(export, rows, f"column {j + 1}", refused=bool(export.variables[j + 1]), lost=True)


@kind("a renamed column")
def renamed_column(export: GoodExport, pick: Random) -> Damaged:
    j = pick.randrange(len(export.rows[0]))
    rows = copied(export.rows)
    chosen = range(export.head) if pick.random() < 0.5 else [pick.randrange(export.head)]
    for i in chosen:
        rows[i][j] = pick.choice((f"{rows[i][j]} 2", "frage", rows[i][j][1:], rows[i][j].replace("e", "3") + "x"))
    return text_file(export, rows, f"column {j + 1}: {[rows[i][j] for i in chosen]}", lost=True)


@kind("a column twice")
def column_twice(export: GoodExport, pick: Random) -> Damaged:
    j, place = pick.randrange(len(export.rows[0])), pick.choice([g[0] for g in named_columns(export)])
    cells = [row[j] for row in export.rows]
    if pick.random() < 0.5:
        below = cells[export.head :]
        pick.shuffle(below)
        cells[export.head :] = below
    rows = [[*row[:place], cell, *row[place:]] for row, cell in zip(export.rows, cells, strict=True)]
    what = f"column {j + 1} again at {place + 1}"
    return text_file(export, rows, what, noted="is the heading of columns", lost=True)


# --- cells ---


def one_cell(export: GoodExport, pick: Random, columns: list[int], texts: tuple[str, ...]) -> Damaged | None:
    """Put one of the texts into a cell of one of the columns."""
    if not columns:
        return None
    position, row = pick.choice(columns), pick.randrange(len(export.body))
    rows = copied(export.rows)
    rows[export.head + row][position - 1] = pick.choice(texts)
    return text_file(
        export,
        rows,
        f"{rows[export.head + row][position - 1]!r} in row {row}, column {position}",
        touched=frozenset({(row, position)}),
    )


@kind("a code or label that is no answer")
def no_answer(export: GoodExport, pick: Random) -> Damaged | None:
    columns = export.columns("single", "battery", "grid", "ranking")
    return one_cell(export, pick, columns, ("97", "7.5", "12345", "strongly", "#REF!", "1;2", "NULL", "=1+1", "\ufffd"))


@kind("a text or another sign in a number")
def text_in_number(export: GoodExport, pick: Random) -> Damaged | None:
    columns = export.columns("number", "constant_sum")
    return one_cell(
        export, pick, columns, ("abc", "12 or so", "1,2,3", "10-20", "1.2.3", "--5", "#DIV/0!", "NaN", "inf")
    )


@kind("a missing code that nobody declared")
def missing_code(export: GoodExport, pick: Random) -> Damaged | None:
    of_platform = {text for c in export.raw.columns for text in (*c.missing, *c.not_shown)}
    codes = tuple({"-8", "-999", "9999", "-98"} - of_platform)
    return one_cell(export, pick, export.columns("single", "battery"), tuple(sorted(codes)))


@kind("decimal commas")
def decimal_commas(export: GoodExport, pick: Random) -> Damaged | None:
    columns = [j for j in export.columns("number") if any("." in row[j - 1] for row in export.body)]
    if not columns:
        return None
    position = pick.choice(columns)
    rows, some = copied(export.rows), pick.random() < 0.5
    touched = set()
    for i, row in enumerate(rows[export.head :]):
        if "." in row[position - 1] and not (some and pick.random() < 0.5):
            row[position - 1] = row[position - 1].replace(".", ",")
            touched.add((i, position))
    return Damaged(
        "some" if some else "all", written(rows, pick.choice(",;")), everybody(export), touched=frozenset(touched)
    )


@kind("spaces, capitals, other forms of letters")
def other_spelling(export: GoodExport, pick: Random) -> Damaged:
    def changed(cell: str) -> str:
        form = pick.choice(("NFC", "NFD"))
        text = unicodedata.normalize(form, cell)
        return (
            text if not text.strip() else pick.choice(("", " ", "\xa0", "  ")) + text + pick.choice(("", " ", "\xa0"))
        )

    rows = copied(export.rows)
    for position in export.columns("single", "battery", "number"):
        for row in rows[export.head :]:
            cell = changed(row[position - 1])
            row[position - 1] = (
                cell.upper()
                if position in export.columns("single") and pick.random() < 0.3 and "ß" not in cell
                else cell
            )
    return text_file(export, rows, "spelling", letters=True)


@kind("dates in another form")
def other_dates(export: GoodExport, pick: Random) -> Damaged | None:
    columns = export.columns("date")
    if not columns:
        return None
    position, form = (
        pick.choice(columns),
        pick.choice(("%d.%m.%Y", "%Y-%m-%d", "%m/%d/%Y", "%d/%m/%Y", "%d.%m.%y", "%Y/%m/%d")),
    )
    rows = copied(export.rows)
    for row, day in zip(
        rows[export.head :], export.responses.values[next(iter(export.variables[position]))], strict=True
    ):
        if not pd.isna(day):
            row[position - 1] = day.strftime(form)
    return text_file(export, rows, form, touched=frozenset((i, position) for i in everybody(export)))


@kind("dates in another form")
def other_times(export: GoodExport, pick: Random) -> Damaged | None:
    form = pick.choice(
        (
            "%Y-%m-%dT%H:%M:%S",
            "%d.%m.%Y %H:%M:%S",
            "%m/%d/%Y %I:%M:%S %p",
            "%d/%m/%Y %H:%M:%S",
            "%m/%d/%Y %H:%M:%S",
            "%d-%m-%Y %H:%M:%S",
            "%Y/%m/%d %H:%M:%S",
        )
    )
    rows, found = copied(export.rows), False
    for name in ("started", "submitted"):
        texts, moments = export.raw.facts[name].tolist(), export.raw.facts[f"{name}_at"].tolist()
        for row, text, moment in zip(rows[export.head :], texts, moments, strict=True):
            if isinstance(moment, datetime) and not pd.isna(moment):
                row[:] = [moment.strftime(form) if cell == text else cell for cell in row]
                found = True
    variables = [j for j, names in export.variables.items() if names]
    touched = frozenset((i, j) for i in everybody(export) for j in variables)
    return text_file(export, rows, form, lost=True, touched=touched) if found else None


@kind("a byte changed, lost or put in")
def one_byte(export: GoodExport, pick: Random) -> Damaged:
    lines = [written([row]) for row in export.rows]
    data = bytearray(b"".join(lines))
    place = pick.randrange(len(data))
    match pick.randrange(3):
        case 0:
            data[place] = pick.randrange(256)
        case 1:
            del data[place]
        case _:
            data.insert(place, pick.randrange(256))
    line, left = 0, place
    while left >= len(lines[line]):
        left -= len(lines[line])
        line += 1
    last = line + (left >= len(lines[line]) - 2)
    touched = {(i - export.head, j) for i in (line, last) for j in range(1, len(export.rows[0]) + 1)}
    return Damaged(
        f"at {place}",
        bytes(data),
        everybody(export),
        touched=frozenset(touched),
        lost=line < export.head,
        noted="was guessed",
    )


# --- wrappers, names, other files ---


def zipped(files: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name, ZIP_TIME), data, zipfile.ZIP_DEFLATED)
    return stream.getvalue()


@kind("packed as .gz or .zip")
def packed(export: GoodExport, pick: Random) -> Damaged:
    data = written(export.rows)
    if pick.random() < 0.5:
        return Damaged("gz", gzip.compress(data, mtime=0), everybody(export), ".csv.gz")
    extra = {"__MACOSX/._a.csv": b"x"} if pick.random() < 0.5 else {}
    return Damaged("zip", zipped({pick.choice(("a.csv", "b/ü.csv", "c.txt")): data} | extra), everybody(export), ".zip")


@kind("a damaged .gz or .zip, or one of several files")
def packed_wrongly(export: GoodExport, pick: Random) -> Damaged:
    data = written(export.rows)
    whole, suffix = (
        (gzip.compress(data, mtime=0), ".csv.gz") if pick.random() < 0.5 else (zipped({"a.csv": data}), ".zip")
    )
    match pick.randrange(4):
        case 0:
            return Damaged("cut", whole[: pick.randrange(3, len(whole))], (), suffix, refused=True)
        case 1:
            return Damaged("two", zipped({"a.csv": data, "b.csv": data}), (), ".zip", refused=True)
        case 2:
            return Damaged("twice", gzip.compress(whole), (), suffix, refused=True)
        case _:
            flipped = bytearray(whole)
            flipped[pick.randrange(len(whole))] ^= 1 << pick.randrange(8)
            return Damaged("bit", bytes(flipped), everybody(export), suffix)


@cache
def bomb(form: str) -> bytes:
    """Return a small file that unpacks to far more."""
    data = b"q1,q2\r\n" + b"1,1\r\n" * 8_000_000
    return gzip.compress(data, 9, mtime=0) if form == "gz" else zipped({"a.csv": data})


@kind("a bomb")
def bombs(export: GoodExport, pick: Random) -> Damaged:
    form = pick.choice(("gz", "zip"))
    return Damaged(form, bomb(form), (), f".{form}", refused=True)


@kind("a name that does not fit")
def wrong_name(export: GoodExport, pick: Random) -> Damaged:
    suffix = pick.choice(
        (".xlsx", ".ods", ".sav", ".dta", ".lsa", ".zsav", ".XLSX", ".txt", ".CSV", ".tsv", ".dat", "")
    )
    right = suffix.lower() in (".txt", ".csv", ".tsv", ".dat", "")
    return Damaged(suffix, written(export.rows), everybody(export), suffix, refused=not right)


@kind("another kind of file")
def another_file(export: GoodExport, pick: Random) -> Damaged:
    page = b"<!DOCTYPE html><html><body>Please log in, or ask</body></html>"
    foreign = (
        *(
            page,
            b"\n\n" + page,
            b"\xef\xbb\xbf<html>",
            b"<?xml version='1.0'?><a/>",
            b"%PDF-1.7\n1 0 obj",
            b'{"a": [1, 2]}',
        ),
        *(
            b'[{"a": 1}]',
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(900),
            b"PAR1xxxx",
            b"{\\rtf1 a}",
            b"",
            b"\n\r\n",
            b"\xff\xfe",
        ),
        *(
            b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
            b"PK\x03\x04",
            b"\x1f\x8b\x08",
            b"\xef\xbb\xbf",
            b" ",
            b"\0" * 50,
            b"-- MySQL dump 10.13",
        ),
        *(
            b"\x7fELF\x02\x01\x01\0",
            b"SQLite format 3\0",
            b"BM\x36\x84\x03\0",
            bytes(pick.randrange(256) for _ in range(300)),
        ),
    )
    return Damaged("foreign", pick.choice(foreign), (), pick.choice((".csv", ".xlsx", ".sav")), refused=True)


# --- workbooks ---

_SIMPLE_NUMBER = frozenset("0123456789")


def _value(cell: str) -> str | int | None:
    whole = set(cell) <= _SIMPLE_NUMBER and len(cell) < 12 and (cell[:1] != "0" or cell == "0")
    return (int(cell) if whole else cell) if cell else None


def workbook(export: GoodExport) -> openpyxl.Workbook:
    """Return the export as a workbook; whole numbers are numbers, everything else is text."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Answers"
    for i, row in enumerate(export.rows, start=1):
        for j, cell in enumerate(row, start=1):
            value = _value(cell)
            if value is not None:
                sheet.cell(i, j, value).data_type = "n" if isinstance(value, int) else "s"
    return book


def saved(book: openpyxl.Workbook) -> bytes:
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


_BOOKS: dict[str, bytes] = {}


def xlsx(export: GoodExport) -> bytes:
    if export.name not in _BOOKS:
        _BOOKS[export.name] = saved(workbook(export))
    return _BOOKS[export.name]


def ods(export: GoodExport) -> bytes:
    """Return the export as an OpenDocument spreadsheet."""
    rows = "".join(
        "<table:table-row>"
        + "".join(
            '<table:table-cell office:value-type="string"><text:p>'
            + "</text:p><text:p>".join(escape(line) for line in cell.split("\n"))
            + "</text:p></table:table-cell>"
            if cell
            else "<table:table-cell/>"
            for cell in row
        )
        + "</table:table-row>"
        for row in export.rows
    )
    names = " ".join(f'xmlns:{n}="urn:oasis:names:tc:opendocument:xmlns:{n}:1.0"' for n in ("office", "table", "text"))
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {names}><office:body><office:spreadsheet>'
        f'<table:table table:name="Answers">{rows}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    return zipped({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet", "content.xml": content.encode()})


def spreadsheet(export: GoodExport, pick: Random) -> tuple[bytes, str]:
    return (xlsx(export), ".xlsx") if pick.random() < 0.7 else (ods(export), ".ods")


def fits_a_workbook(export: GoodExport) -> bool:
    """Whether every cell can stand in a workbook as it is: no control characters, no spaces that ODS folds."""
    return all(cell.isprintable() and "  " not in cell for row in export.rows for cell in row)


@kind("saved as a workbook")
def as_workbook(export: GoodExport, pick: Random) -> Damaged | None:
    data, suffix = spreadsheet(export, pick)
    return Damaged("as it is", data, everybody(export), suffix) if fits_a_workbook(export) else None


@kind("bits of a workbook flipped")
def flipped_workbook(export: GoodExport, pick: Random) -> Damaged | None:
    whole, suffix = spreadsheet(export, pick)
    data = bytearray(whole)
    for _ in range(pick.randint(1, 3)):
        data[pick.randrange(len(data))] ^= 1 << pick.randrange(8)
    return Damaged("bits", bytes(data), everybody(export), suffix) if fits_a_workbook(export) else None


@kind("a workbook that is cut, or parts of it are missing")
def cut_workbook(export: GoodExport, pick: Random) -> Damaged | None:
    whole, suffix = spreadsheet(export, pick)
    if pick.random() < 0.5:
        return Damaged("cut", whole[: pick.randrange(5, len(whole) - 22)], (), suffix, refused=True)
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    name = pick.choice(sorted(parts))
    if pick.random() < 0.5:
        del parts[name]
    else:
        parts[name] = pick.choice((b"", b"<x/>", b"garbage", parts[name][: len(parts[name]) // 2]))
    return Damaged(f"without {name}", zipped(parts), everybody(export), suffix) if fits_a_workbook(export) else None


@kind("an error, an empty formula or merged cells in a workbook")
def wrong_cells(export: GoodExport, pick: Random) -> Damaged:
    book = workbook(export)
    sheet = book.active
    row, column = pick.randint(export.head + 1, len(export.rows)), pick.randint(1, len(export.rows[0]))
    match pick.randrange(3):
        case 0:
            sheet.cell(row, column, pick.choice(("#REF!", "#DIV/0!", "#N/A"))).data_type = "e"
        case 1:
            sheet.cell(row, column, "=1+1").data_type = "f"
        case _:
            across = column + pick.randint(0, 1)
            sheet.merge_cells(start_row=row, start_column=column, end_row=row + (across == column), end_column=across)
    return Damaged(f"row {row}, column {column}", saved(book), (), ".xlsx", refused=True)


@kind("several or hidden sheets, rows and cells far off in a workbook")
def other_sheets(export: GoodExport, pick: Random) -> Damaged | None:
    if not fits_a_workbook(export):
        return None
    book = workbook(export)
    sheet = book.active
    refused = False
    match pick.randrange(6):
        case 0:
            book.create_sheet("More")["A1"] = "x"
            refused = True
        case 1:
            book.create_sheet("More")
        case 2:
            more = book.create_sheet("More")
            more["A1"], more.sheet_state = "x", "hidden"
        case 3:
            sheet.insert_rows(1, pick.randint(1, 3))
        case 4:
            sheet.cell(pick.choice((5_000, 1_000_000)), 1, "x")
            refused = True
        case _:
            sheet.column_dimensions["A"].hidden = True
            sheet.cell(len(export.rows) + 5, 1, "").data_type = "s"
    return Damaged("sheets", saved(book), everybody(export), ".xlsx", refused=refused)


@kind("dates of a workbook as numbers")
def dates_as_numbers(export: GoodExport, pick: Random) -> Damaged | None:
    if not fits_a_workbook(export):
        return None
    book = workbook(export)
    sheet, found = book.active, False
    book.epoch = pick.choice((openpyxl.utils.datetime.WINDOWS_EPOCH, openpyxl.utils.datetime.MAC_EPOCH))
    for name in ("started", "submitted"):
        texts, moments = export.raw.facts[name].tolist(), export.raw.facts[f"{name}_at"].tolist()
        for i, (text, moment) in enumerate(zip(texts, moments, strict=True), start=export.head + 1):
            for cell in sheet[i]:
                if (
                    text
                    and cell.value == text
                    and isinstance(moment, datetime)
                    and not pd.isna(moment)
                    and not export.variables[cell.column]
                ):
                    cell.value, found = moment, True
    return Damaged(str(book.epoch), saved(book), everybody(export), ".xlsx") if found else None


# --- SPSS and Stata files ---

_FILES: dict[tuple[str, str], bytes] = {}


def data_file(export: GoodExport, suffix: str) -> bytes | None:
    """Return a table with one heading row as an SPSS or Stata file; None for another one."""
    if export.head > 1 or export.raw.platform != "plain":
        return None
    if (export.name, suffix) not in _FILES:
        headings = ["RespondentID" if h == "Respondent ID" else f"v{j}" for j, h in enumerate(export.rows[0])]
        frame = pd.DataFrame(export.body, columns=headings)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, f"x{suffix}")
            write = pyreadstat.write_sav if suffix == ".sav" else pyreadstat.write_dta
            write(frame, str(path), column_labels=export.rows[0])
            _FILES[export.name, suffix] = path.read_bytes()
    return _FILES[export.name, suffix]


@kind("saved as an SPSS or Stata file")
def as_data_file(export: GoodExport, pick: Random) -> Damaged | None:
    suffix = pick.choice((".sav", ".dta"))
    data = data_file(export, suffix)
    return None if data is None else Damaged("as it is", data, everybody(export), suffix, lost=True)


@kind("an SPSS or Stata file that is cut")
def cut_data_file(export: GoodExport, pick: Random) -> Damaged | None:
    suffix = pick.choice((".sav", ".dta"))
    data = data_file(export, suffix)
    if data is None:
        return None
    return Damaged("cut", data[: pick.randrange(8, len(data) - 8)], (), suffix, refused=True)


@kind("bits of an SPSS or Stata file flipped")
def flipped_data_file(export: GoodExport, pick: Random) -> Damaged | None:
    suffix = pick.choice((".sav", ".dta"))
    data = bytearray(data_file(export, suffix) or b"")
    if not data:
        return None
    place = pick.randrange(len(data))
    data[place] ^= 1 << pick.randrange(8)
    return Damaged(f"bit at {place}", bytes(data), everybody(export), suffix, anything=True)


def damages(seeds: int) -> Iterator[tuple[str, Damage, int]]:
    """Yield every damage with its kind, `seeds` times."""
    for seed in range(seeds):
        for name, listed in KINDS.items():
            for damage in listed:
                yield name, damage, seed
