"""The one shape that every reader returns, and the table that every file format is brought into first."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from operator import itemgetter

import numpy as np
import pandas as pd

from b2bsurvey.errors import StudyError
from b2bsurvey.markup import clean
from b2bsurvey.readers.suspicious import Suspicious, suspicious_cells
from b2bsurvey.readers.times import is_time, times


@dataclass(frozen=True)
class Column:
    """One column of an export as the platform describes it; texts are cleaned, '' where there is none."""

    position: int
    """Place in the file, counted from 1."""
    code: str
    question: str
    item: str
    """Heading of the row, option or field below the question: an option, `Response`, `Other (please specify)`."""
    values: Mapping[str, str] = field(default_factory=dict)
    """Labels of the cells' values, where the file declares them."""
    missing: tuple[str, ...] = ()
    """Values that the file or its platform declares to be no answer."""
    not_shown: tuple[str, ...] = ()
    """Values that stand for a question which the respondent was not shown."""
    heading: str = ""
    """The whole heading, where the reader took it apart into code, question and item."""


@dataclass(frozen=True)
class RawExport:
    """An export as it stood: nothing converted, nothing corrected, personal platform columns left out."""

    file: str
    platform: str
    reason: str
    """Why the platform was recognised, as a plain phrase."""
    encoding: str
    delimiter: str
    sheet: str
    sha256: str
    """Of the bytes of the file as they lie on disk."""
    columns: tuple[Column, ...]
    cells: pd.DataFrame
    """Text exactly as it stood ('' = blank); columns labelled by position, rows by line or sheet row."""
    facts: pd.DataFrame
    """Same rows: respondent_id, started, submitted, language (text), started_at, submitted_at (NaT = not known),
    duration (seconds), last_page (NaN = not said), complete (True, False, None = not said), test."""
    personal: tuple[str, ...]
    """Headings of the platform columns that hold ids or personal data; their values are not kept in `cells`."""
    notes: tuple[str, ...]
    """Plain sentences for the ingest report."""
    suspicious: tuple[Suspicious, ...] = ()
    """Cells that probably are not what the respondent gave; `notes` says so too."""
    label_files: Mapping[str, str] = field(default_factory=dict)
    """The files that names and labels of the columns were taken from, each with its sha256."""


@dataclass(frozen=True)
class Table:
    """A rectangular table of texts, before anybody knows which platform wrote it."""

    file: str
    rows: list[list[str]]
    numbers: list[int]
    """The line of the file, or the row of the sheet, in which each row starts."""
    title: str = ""
    """The single text above the headings, where there is one; it is not in `rows`."""
    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    notes: tuple[str, ...] = ()
    row_word: str = "line"
    """What a row is called: a line of a file, a row of a sheet, a case of a data file."""
    merged: tuple[tuple[str, int], ...] = ()
    """Merged cells of a sheet: their range, and the number of the lowest row it reaches."""

    def place(self, row: int) -> str:
        """Return where a row (counted from 0) stands, as a user sees it; names of variables stand nowhere."""
        if not self.numbers[row]:
            return self.file
        where = f"sheet '{self.sheet}', row" if self.sheet else self.row_word
        return f"{self.file}, {where} {self.numbers[row]}"


@dataclass(frozen=True)
class Layout:
    """What a platform says about a table: which rows are headings, and what each column is."""

    header_rows: int
    columns: tuple[Column, ...]
    """All columns of the file."""
    respondent_id: int | None = None
    started: int | None = None
    submitted: int | None = None
    personal: frozenset[int] = frozenset()
    status: int | None = None
    """Position of the column that tells whether a response is complete."""
    complete: Callable[[str], bool | None] = lambda text: None
    """From a cell of the status column to complete, not complete, not said."""
    test: int | None = None
    """Position of the column that marks previews and tests."""
    is_test: Callable[[str], bool] = lambda text: False
    """Whether a cell of that column marks a preview or test."""
    duration: int | None = None
    """Position of the time needed, in seconds."""
    last_page: int | None = None
    language: int | None = None
    technical: frozenset[int] = frozenset()
    """Columns that hold no answers but times and settings of the platform; they are listed in a note."""


def key(heading: str) -> str:
    """Return a heading's letters and digits in lower case, so that `Start Date` equals `start_date`."""
    return "".join(character for character in clean(heading).casefold() if character.isalnum())


def quoted(names: Iterable[str]) -> str:
    """Return names for a sentence: 'a', 'b'."""
    return ", ".join(f"'{name}'" for name in names)


def table(
    file: str,
    rows: list[list[str]],
    numbers: list[int],
    notes: list[str],
    *,
    encoding: str = "",
    delimiter: str = "",
    sheet: str = "",
    merged: tuple[tuple[str, int], ...] = (),
) -> Table:
    """Return rows of one width as a Table: a title line is set apart, empty columns at the end are left out.

    A title is a first row that holds one text only, in its first cell, above a row that holds more.
    """
    title = ""
    if len(rows) > 1 and rows[0][0].strip() and _filled(rows[0]) == 1 and _filled(rows[1]) > 1:
        title, rows, numbers = clean(rows[0][0]), rows[1:], numbers[1:]
        notes = [*notes, f"the title '{title[:60]}' stands above the headings"]
    width = len(rows[0])
    used = width
    while used > 1 and not any(row[used - 1].strip() for row in rows):
        used -= 1
    if used < width:
        notes = [*notes, f"{_count(width - used, 'empty column')} without a heading at the end left out"]
        rows = [row[:used] for row in rows]
    word = "row" if sheet else "line"
    return Table(file, rows, numbers, title, encoding, delimiter, sheet, tuple(notes), word, merged)


def assemble(source: Table, platform: str, reason: str, layout: Layout) -> RawExport:
    """Return the RawExport of a table that a platform has described; `sha256` is left to the caller."""
    _check_merged(source, layout.header_rows)
    body, numbers = source.rows[layout.header_rows :], source.numbers[layout.header_rows :]
    positions = [column.position for column in layout.columns]
    everything = _frame(body, positions, numbers)
    started, submitted = _texts(everything, layout.started), _texts(everything, layout.submitted)
    facts = pd.DataFrame(
        {
            "respondent_id": _texts(everything, layout.respondent_id),
            "started": started,
            "submitted": submitted,
            "started_at": times(started),
            "submitted_at": times(submitted),
            "duration": _numbers(everything, layout.duration),
            "last_page": _numbers(everything, layout.last_page),
            "language": _texts(everything, layout.language),
            "complete": _told(_texts(everything, layout.status), layout.complete),
            "test": _told(_texts(everything, layout.test), layout.is_test).astype(bool),
        },
        index=everything.index,
    )
    facts_at = {
        *(layout.respondent_id, layout.started, layout.submitted, layout.status, layout.test),
        *(layout.duration, layout.last_page, layout.language),
    }
    technical = layout.technical - facts_at - layout.personal
    kept = tuple(c for c in layout.columns if c.position not in facts_at | layout.personal | technical)
    if not kept:
        raise StudyError(
            f"{source.place(0)}: found no column with answers, only platform columns; "
            "expected at least one question; export the survey again with its answers"
        )
    cells = everything[[column.position for column in kept]]
    suspicious = suspicious_cells(everything, set(layout.personal) - {layout.respondent_id}, source.row_word)
    return RawExport(
        file=source.file,
        platform=platform,
        reason=reason,
        encoding=source.encoding,
        delimiter=source.delimiter,
        sheet=source.sheet,
        sha256="",
        columns=kept,
        cells=cells,
        facts=facts,
        personal=tuple(
            _named(column) for column in layout.columns if column.position in layout.personal | {layout.respondent_id}
        ),
        notes=source.notes
        + _heading_notes(kept, layout.columns)
        + _technical_notes([c for c in layout.columns if c.position in technical])
        + _row_notes(everything)
        + _repeated_headings(source, layout)
        + _time_notes(
            facts, layout.columns, {"started": layout.started, "submitted": layout.submitted}, source.row_word
        )
        + tuple(cells.note for cells in suspicious),
        suspicious=suspicious,
    )


def _check_merged(source: Table, header_rows: int) -> None:
    """Refuse merged cells below the headings: all but their first are blank, and would be read as no answer."""
    for address, lowest in source.merged:
        if lowest > source.numbers[header_rows - 1]:
            raise StudyError(
                f"{source.file}, sheet '{source.sheet}', cells {address}: found merged cells that reach below the "
                f"headings (row {source.numbers[header_rows - 1]}); expected one cell an answer; separate them and "
                "write what they stand for into each, or export the survey again"
            )


def _time_notes(
    facts: pd.DataFrame, columns: tuple[Column, ...], at: Mapping[str, int | None], row_word: str
) -> tuple[str, ...]:
    """Return the notes on times of the platform that were not understood; `[…]` and years like 0000 say there is none.

    Where all of a column are dates of a known form, only the order of day and month can be open.
    """
    notes = []
    for name, position in at.items():
        texts = facts[name].str.strip()
        lost = texts[(texts != "") & facts[f"{name}_at"].isna() & ~texts.str.match(r"\[|0000|19[0-8]\d")]
        if position is None or lost.empty:
            continue
        order = ": whether the day or the month stands first cannot be told" if lost.map(is_time).all() else ""
        notes.append(
            f"{_count(len(lost), 'time')} in '{_named(columns[position - 1])}' not understood{order} "
            f"(first in {row_word} {lost.index[0]})"
        )
    return tuple(notes)


def _repeated_headings(source: Table, layout: Layout) -> tuple[str, ...]:
    """Return the note on rows that repeat the headings, as where one export was put below another.

    Options ticked by everybody may look so; where an id or a time would be its own heading, it is no respondent.
    """
    headings = [row for row in source.rows[: layout.header_rows] if _filled(row) > 1]
    again = [i for i, row in enumerate(source.rows[layout.header_rows :], layout.header_rows) if row in headings]
    if not again:
        return ()
    if (layout.respondent_id, layout.started, layout.submitted) != (None, None, None):
        raise StudyError(
            f"{source.place(again[0])}: found the headings again; expected a respondent; where two exports were put "
            "one below the other, list each of them in the wave's 'export'"
        )
    places = ", ".join(str(source.numbers[i]) for i in again[:3])
    return (f"{source.row_word} {places} repeats the headings: two exports may have been put one below the other",)


def _frame(rows: list[list[str]], positions: list[int], numbers: list[int]) -> pd.DataFrame:
    """Return rows of texts as a frame of dtype str, column by column: no second copy of all cells is held."""
    columns = {p: pd.array(list(map(itemgetter(j), rows)), dtype="str") for j, p in enumerate(positions)}
    return pd.DataFrame(columns, index=pd.Index(numbers, dtype="int64"))


def _texts(frame: pd.DataFrame, position: int | None) -> pd.Series:
    """Return one column's texts, or blanks where there is no such column."""
    return pd.Series("", index=frame.index, dtype="str") if position is None else frame[position]


def _told(texts: pd.Series, told: Callable[[str], bool | None]) -> pd.Series:
    """Return what each text tells."""
    places, found = pd.factorize(texts)
    meanings = np.array([told(text.strip()) for text in found], dtype=object)
    return pd.Series(meanings[places], index=texts.index, dtype=object)


def _numbers(frame: pd.DataFrame, position: int | None) -> pd.Series:
    """Return one column's numbers, NaN where there is none or it is below 0 (which platforms write for unknown)."""
    found = pd.to_numeric(_texts(frame, position), errors="coerce")
    return found.where(found >= 0).astype("float64")


def _heading_notes(kept: tuple[Column, ...], everything: tuple[Column, ...]) -> tuple[str, ...]:
    """Return the notes on kept columns without any heading, and on all that share one."""
    nameless = [column for column in kept if not (column.code or column.question or column.item)]
    same: dict[tuple[str, str, str], list[Column]] = {}
    for column in everything:
        same.setdefault((column.code, column.question, column.item), []).append(column)
    shared = [columns for heading, columns in same.items() if len(columns) > 1 and any(heading)]
    return (
        *([f"no heading above column {_positions(nameless)}"] if nameless else []),
        *(f"'{_named(c[0])[:60]}' is the heading of columns {_positions(c)}" for c in shared),
    )


def _positions(columns: list[Column]) -> str:
    return ", ".join(str(column.position) for column in columns)


def _technical_notes(columns: list[Column]) -> tuple[str, ...]:
    """Return the note on columns of the platform that hold no answers."""
    if not columns:
        return ()
    names = ", ".join(_named(column) for column in columns)
    return (f"{_count(len(columns), 'column')} of the platform without answers left out: {names}",)


def _named(column: Column) -> str:
    """Return the heading by which a column is listed."""
    return column.heading or (f"{column.question}: {column.item}" if column.item else column.question or column.code)


def _row_notes(frame: pd.DataFrame) -> tuple[str, ...]:
    """Return the note on wholly empty rows."""
    blank = np.ones(len(frame), dtype=bool)
    for position in frame:
        blank &= (frame[position] == "").to_numpy(dtype=bool)
    if not blank.any():
        return ()
    at_end = len(blank) if blank.all() else int(np.argmin(blank[::-1]))
    return (f"{_count(int(blank.sum()), 'wholly empty row')}, {at_end} of them at the end",)


def _filled(row: list[str]) -> int:
    return sum(1 for cell in row if cell.strip())


def _count(n: int, noun: str) -> str:
    return f"{n:,} {noun}{'' if n == 1 else 's'}"
