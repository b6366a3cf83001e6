"""What is printed: cells, rows and tables, the same for the workbook and the report."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from b2bsurvey.render.labels import Labels
from b2bsurvey.render.numbers import NumberForm

DIGITS = {"share": 1, "mean": 2, "count": 0, "decimal": 2}
SMALL = "†"


@dataclass(frozen=True)
class Cell:
    """A text, or a number with the `kind` it is printed as; None where it cannot be estimated.

    A text of the kind `letters` stands under a number.
    """

    value: float | int | str | None = None
    kind: str = "text"
    small: bool = False
    digits: int | None = None

    def text(self, form: NumberForm) -> str:
        """Return the cell as it is printed, a small base marked."""
        if self.value is None or isinstance(self.value, str):
            return "–" if self.value is None else self.value
        mark = SMALL if self.small else ""
        if self.kind == "p":
            return form.p_value(self.value)
        if self.kind == "share":
            return form.percent(self.value, self._digits) + mark
        return form.number(self.value, self._digits) + mark

    def bare(self, form: NumberForm) -> str:
        """Return the digits of `text` without percent sign and mark, for the bounds of an interval."""
        if self.kind == "share" and isinstance(self.value, float):
            return form.number(100 * self.value, self._digits)
        return replace(self, small=False).text(form)

    def number_format(self, form: NumberForm) -> str:
        """Return the spreadsheet format that prints the number with the digits of `text`."""
        mark = f'"{SMALL}"' if self.small else ""
        if self.kind == "p":
            below, above, zero = form.p_value(0), form.p_value(1), "0" if form.zero_of_p else ""
            return f'[<0.0005]"{below}";[>0.9995]"{above}";{zero}.000'
        decimals = "." + "0" * self._digits if self._digits else ""
        if self.kind == "share":
            return f"0{decimals}" + (f'"{form.before_percent}"' if form.before_percent else "") + "%" + mark
        return f"#,##0{decimals}" + mark

    @property
    def length(self) -> int:
        """The letters of a text; 0 for a number."""
        return len(self.value) if isinstance(self.value, str) else 0

    @property
    def _digits(self) -> int:
        return DIGITS[self.kind] if self.digits is None else self.digits


@dataclass(frozen=True)
class Column:
    """A column; those of a `group` stand under one heading; `role` is `low` or `high` for the bounds of an interval.

    Under the heading of a column of a banner stands its letter.
    """

    heading: str
    group: str = ""
    role: str = ""
    letter: str = ""


@dataclass(frozen=True)
class Row:
    """A row: its label, its cells, the section that it stands in, and the question that it is about."""

    label: str
    cells: tuple[Cell, ...]
    section: str = ""
    question: str = ""


@dataclass(frozen=True)
class PrintedTable:
    """A table; `kind` is flow, weights, overall, answers, segment, tests, ledger, published, codebook or another.

    `base_note` says whom the numbers are of and how intervals were made, `source` where each number comes from,
    `interval` heads low and high bounds where they share a column.
    """

    kind: str
    title: str
    head: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    analysis: str = ""
    question: str = ""
    segment: str = ""
    subtitle: str = ""
    base_note: str = ""
    notes: tuple[str, ...] = ()
    source: str = ""
    number: int = 0
    interval: str = ""


def told_once(table: PrintedTable, labels: Labels) -> PrintedTable:
    """Return the table with the texts that all of its rows share, or that name their section, said once below it."""
    once = {}
    for i in range(len(table.columns)) if len(table.rows) > 1 else ():
        values = [row.cells[i].value for row in table.rows]
        if all(value == row.section for value, row in zip(values, table.rows, strict=True)):
            once[i] = labels("report.as_section")
        elif len(set(values)) == 1 and isinstance(values[0], str) and values[0]:
            once[i] = values[0]
    kept = [i for i in range(len(table.columns)) if i not in once]
    return replace(
        table,
        columns=tuple(table.columns[i] for i in kept),
        rows=tuple(replace(row, cells=tuple(row.cells[i] for i in kept)) for row in table.rows),
        notes=(*table.notes, *(f"{table.columns[i].heading}{labels('word.colon')}{once[i]}." for i in once)),
    )


def bounds(labels: Labels) -> Iterator[Column]:
    """Yield the two columns of an interval."""
    yield Column(labels("head.low"), role="low")
    yield Column(labels("head.high"), role="high")


def estimate_cells(row: Any) -> list[Cell]:
    """Return estimate and bounds of a row of an Estimates table, as shares, ranks or means; empty without a row."""
    if row is None:
        return [Cell(), Cell(), Cell()]
    kind = {"probability": "share", "rank": "count"}.get(row.scale, "mean")
    small = row.status == "small_base" and row.statistic != "rank"
    return [
        Cell(number_in(row.estimate), kind, small),
        Cell(number_in(row.ci_low), kind),
        Cell(number_in(row.ci_high), kind),
    ]


def count_cell(row: Any, name: str) -> Cell:
    """Return the cell of a count of a row of a table; empty where there is no row."""
    return Cell(None if row is None else number_in(getattr(row, name)), "count")


def number_in(value: Any) -> float | int | None:
    """Return a number of a table, None where it is missing."""
    if pd.isna(value):
        return None
    return float(value) if isinstance(value, float) else int(value)
