"""Tables laid out for reading: bounds joined to intervals, rows in their sections, what all rows share said once."""

from collections.abc import Sequence
from dataclasses import dataclass

from b2bsurvey.render.labels import Labels
from b2bsurvey.render.printed import Cell, Column, PrintedTable, Row
from b2bsurvey.stratified import STRATIFIED

BY_LEVEL = ("segment", STRATIFIED)  # with a group of columns for each level
LONG = 60  # characters, from which on a text needs a wide column


@dataclass(frozen=True)
class LaidColumn:
    """A heading, and whether texts stand below it, and long ones."""

    heading: str
    is_text: bool = False
    is_long: bool = False


@dataclass(frozen=True)
class LaidRow:
    """A row's label and its cells, each one or several lines."""

    label: str
    cells: tuple[str, ...]
    small: tuple[bool, ...]


@dataclass(frozen=True)
class LaidTable:
    """A table laid out for the page: bounds joined to intervals, rows in their sections."""

    table: PrintedTable
    columns: tuple[LaidColumn, ...]
    sections: tuple[tuple[str, tuple[LaidRow, ...]], ...]

    @property
    def is_by_level(self) -> bool:
        """Whether a column stands for each level of a segment."""
        return self.table.kind in BY_LEVEL

    @property
    def text_columns(self) -> str:
        """The places of columns of texts, the rows' labels being the first: style goes by place, not by cell."""
        return " ".join(str(place) for place, column in enumerate(self.columns, start=2) if column.is_text)


def laid_out(table: PrintedTable, labels: Labels) -> LaidTable:
    """Lay a table out: the levels of a segment one column each, other bounds joined to intervals."""
    columns, rows = _stacked(table, labels) if table.kind in BY_LEVEL else _joined(table, labels)
    sections: dict[str, list[LaidRow]] = {}
    for line, row in zip(table.rows, rows, strict=True):
        sections.setdefault(line.section, []).append(row)
    return LaidTable(table, tuple(columns), tuple((name, tuple(found)) for name, found in sections.items()))


def _joined(table: PrintedTable, labels: Labels) -> tuple[list[LaidColumn], list[LaidRow]]:
    low = {i for i, column in enumerate(table.columns) if column.role == "low"}
    kept = [i for i, column in enumerate(table.columns) if column.role != "high"]
    heading = table.interval
    longest = {i: max((row.cells[i].length for row in table.rows), default=0) for i in kept}
    columns = [
        LaidColumn(
            heading if i in low else table.columns[i].heading,
            is_text=longest[i] > 0,
            is_long=longest[i] > LONG,
        )
        for i in kept
    ]

    def row(line: Row) -> LaidRow:
        texts = (
            _interval(line.cells[i : i + 2], labels) if i in low else line.cells[i].text(labels.form) for i in kept
        )
        return LaidRow(line.label, tuple(texts), tuple(line.cells[i].small for i in kept))

    return columns, [row(line) for line in table.rows]


def _stacked(table: PrintedTable, labels: Labels) -> tuple[list[LaidColumn], list[LaidRow]]:
    """One cell a level: estimate, interval and base below each other; a base that never changes goes to the head."""
    starts = [i for i, column in enumerate(table.columns) if column.role == ""]
    bases = {i: {row.cells[i + 3].text(labels.form) for row in table.rows} for i in starts}
    constant = all(len(found) == 1 for found in bases.values())
    columns = [
        LaidColumn(_with_base(table.columns[i], next(iter(bases[i])) if constant else "", labels)) for i in starts
    ]

    def cell(cells: Sequence[Cell]) -> str:
        lines = (cells[0].text(labels.form), _interval(cells[1:3], labels))
        return "\n".join(lines if constant else (*lines, _n(cells[3].text(labels.form), labels)))

    rows = [
        LaidRow(
            line.label,
            tuple(cell(line.cells[i : i + 4]) for i in starts),
            tuple(line.cells[i].small for i in starts),
        )
        for line in table.rows
    ]
    return columns, rows


def _with_base(column: Column, n: str, labels: Labels) -> str:
    return f"{column.group}\n{_n(n, labels)}" if n else column.group


def _n(n: str, labels: Labels) -> str:
    return f"{labels('head.n')} = {n}"


def _interval(bounds: Sequence[Cell], labels: Labels) -> str:
    low, high = (cell.bare(labels.form) for cell in bounds)
    return "–" if low == high == "–" else labels("word.pair", low=low, high=high)
