"""Heat maps: shares of items named together, shares in two directions, correlations and loadings."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap

from b2bsurvey.render.figures.items import Item
from b2bsurvey.render.figures.legend import filled
from b2bsurvey.render.figures.page import Box, Page
from b2bsurvey.render.figures.rows import Column, Panel, Span, across, down, header_height
from b2bsurvey.render.figures.style import AGAINST, FOR, NEUTRAL, PAPER, SHADES, label_colour
from b2bsurvey.render.figures.ticks import share_ticks
from b2bsurvey.render.figures.value import Value
from b2bsurvey.render.figures.wording import Wording

CELL_ROLES = ("cell", "small cell", "tiny cell")  # the largest that fits
LEAST_CELL, HEAD = 1.15, 11.0  # width of a cell and length of a turned header at most, in type sizes
HEAD_LINES = 4
DIVERGING = (*AGAINST, NEUTRAL, *FOR)


@dataclass(frozen=True)
class MatrixRow:
    """The cells of an item, `None` where there is nothing to show; and its base."""

    label: str
    cells: tuple[Value | None, ...]
    n: int | None = None
    small: bool = False

    @property
    def marked_label(self) -> str:
        """The label, with a dagger where the base is small."""
        return f"{self.label}\N{NO-BREAK SPACE}†" if self.small else self.label


@dataclass(frozen=True)
class Matrix:
    """Cells of rows and columns, coloured by their value.

    `co_use`: of those who named the row's item, who named the column's too; the diagonal is the share of all who
    named it. `share`: the share of each row and column. `correlation` and `loading`: from −1 to 1.
    """

    rows: Sequence[MatrixRow]
    columns: Sequence[str]
    kind: Literal["co_use", "share", "correlation", "loading"]
    words: Wording
    items: Sequence[Item] = ()  # shares of the whole base, for the caption
    notes: Sequence[str] = ()  # sentences on the base, for the caption

    @property
    def is_signed(self) -> bool:
        """Whether cells run from −1 to 1."""
        return self.kind in ("correlation", "loading")

    @property
    def is_square(self) -> bool:
        """Whether rows and columns are the same items."""
        return [row.label for row in self.rows] == list(self.columns)

    def title(self) -> str:
        """Say which cell is the largest, among bases that are not small, with its interval."""
        cells = self._cells() or self._cells(small=True)
        if not cells:
            return self.words.say("figure_matrix_nothing")
        say, words = self.words.say, self.words
        row, column, value = max(cells, key=lambda cell: abs(cell[2].estimate))
        told = {"row": words.quoted(row.label), "column": words.quoted(self.columns[column])}
        told["value"] = self._with_interval(value)
        match self.kind:
            case "co_use":
                whole = self._diagonal(column)
                text = say("figure_matrix_together", **told)
                of_all = say("figure_matrix_of_all", share=words.share(whole)) if math.isfinite(whole) else ""
                return text + of_all
            case "correlation":
                key = "clear" if value.is_clear else "open"
                return say(f"figure_matrix_correlation_{key}", **told)
            case "loading":
                return self._loadings(told)
            case _:
                low = min(cells, key=lambda cell: cell[2].estimate)
                if low[2].estimate == value.estimate:
                    return say("figure_matrix_same", value=self._with_interval(value), k=len(cells))
                least = {"low_row": words.quoted(low[0].label), "low_column": words.quoted(self.columns[low[1]])}
                return say("figure_matrix_share", **told, **least, low=self._with_interval(low[2]))

    def _loadings(self, told: dict[str, str]) -> str:
        """Say from where to where the largest loading of each item runs."""
        mains = []
        for row in self.rows:
            known = [cell.estimate for cell in row.cells if cell and cell.is_known]
            mains += [(max(map(abs, known)), row.label)] if known else []
        low, label = min(mains)
        number = self.words.form.number(low, 2)
        return self.words.say("figure_matrix_loading", **told, low=number, low_row=self.words.quoted(label))

    def methods(self) -> list[str]:
        """Say how cells are to be read."""
        return [*self.notes, self.words.say(f"figure_matrix_read_{self.kind}")]

    def alt(self) -> str:
        """Return each row's cells in words."""
        spoken = []
        for row in self.rows:
            told = zip(self.columns, row.cells, strict=True)
            parts = [f"{column} {self._plain(cell)}" for column, cell in told if cell]
            spoken.append(self.words.say("figure_alt_parts", label=row.label, parts=", ".join(parts) or "–"))
        return " ".join(spoken)

    def compose(self, page: Page, spread: float) -> None:
        """Lay column heads, cells and the key of colours out below what is on the page."""
        least = len(self.columns) * LEAST_CELL * page.type / page.width
        numbers = any(row.n is not None for row in self.rows)
        bases = [Column("n", tuple(self.words.count(row.n) for row in self.rows), role="muted", spared=1)]
        parts: list[Column | Panel] = [Panel(), *(bases if numbers else [])]
        labels = [row.marked_label for row in self.rows]
        place = across(page, labels, parts, least=least)
        width = (place.right - place.left) / len(self.columns)
        heads, listed = self._heads(page, width)
        if listed and self.is_square:
            labels = [f"{label} · {i}" for i, label in enumerate(labels, 1)]
            place = across(page, labels, parts, least=least)
            width = (place.right - place.left) / len(self.columns)
        heads(page, place.panels[0], header_height(page, place))
        rows = down(page, place, 1.5 * page.type, 0.0, spread)
        page.y += 0.0 if not place.stacked else 0.2 * page.type
        role = self._role(page, width)
        for row, middle, room in zip(self.rows, rows.middles, rows.rooms, strict=True):
            edge = 0.0 if place.stacked else 0.06 * page.type
            box = (place.left, room[0] + edge, place.right, room[1] - edge)
            page.draw(self._drawn(row, box, page.type))
            for i, cell in enumerate(row.cells):
                if cell and role:
                    colour = label_colour(self._colour(cell)) if cell.is_known else ""
                    page.text(place.left + (i + 0.5) * width, middle, self._short(cell), role, "center", colour)
        self._frame_diagonal(page, place.panels[0], rows.rooms)
        self._key(page, place.panels[0], bool(role))
        if listed and not self.is_square:
            page.y += 0.6 * page.type
            named = (f"{i}\N{NO-BREAK SPACE}{label}" for i, label in enumerate(self.columns, 1))
            page.paragraph("  ·  ".join(named), "muted")

    def _heads(self, page: Page, width: float) -> tuple[Callable[[Page, Span, float], None], bool]:
        """Return what puts the heads of the columns, as they fit: level, turned or numbered; and whether numbered."""
        words = [word for label in self.columns for word in label.split()]
        level = [page.wrap(label, width - 0.5 * page.type, "header") for label in self.columns]
        if page.widest(words, "header") <= width - 0.5 * page.type and max(map(len, level)) <= HEAD_LINES:
            return lambda page, panel, least: _put_level(page, panel, level, least), False
        fit = int((width - 0.2 * page.type) / page.leading("header"))
        turned = [page.wrap(label, HEAD * page.type, "header") for label in self.columns]
        if page.widest(words, "header") <= HEAD * page.type and max(map(len, turned)) <= fit:
            return lambda page, panel, least: _put_turned(page, panel, turned, least), False
        return lambda page, panel, least: _put_numbers(page, panel, len(self.columns), least), True

    def _role(self, page: Page, width: float) -> str:
        """Return the largest type in which all values fit their cells; empty where none does."""
        texts = [self._short(cell) for row in self.rows for cell in row.cells if cell]
        fitting = (role for role in CELL_ROLES if page.widest(texts, role) + 0.3 * page.type <= width)
        return next(fitting, "")

    def _drawn(self, row: MatrixRow, box: Box, size: float) -> Callable[[Axes], None]:
        shades = DIVERGING if self.is_signed else SHADES
        places = [math.nan if not (c and c.is_known) else self._place(c) for c in row.cells]

        def marks(axes: Axes) -> None:
            if all(map(math.isnan, places)):
                return
            left, top, right, bottom = box
            axes.pcolormesh(
                [left + (right - left) * i / len(places) for i in range(len(places) + 1)],
                [top, bottom],
                [places],
                cmap=ListedColormap(shades),
                vmin=-0.5,
                vmax=len(shades) - 0.5,
                linewidths=0.1 * size,
                edgecolors=PAPER,
            )

        return marks

    def _frame_diagonal(self, page: Page, panel: Span, rooms: Sequence[tuple[float, float]]) -> None:
        if self.kind != "co_use" or not self.is_square:
            return
        width, inset = (panel.right - panel.left) / len(self.columns), 0.2 * page.type
        for i, (row, (top, bottom)) in enumerate(zip(self.rows, rooms, strict=True)):
            left = panel.left + i * width
            box = (left + inset, top + 1.3 * inset, left + width - inset, bottom - 1.3 * inset)
            cell = row.cells[i]
            if cell and cell.is_known:
                page.draw(_frame(box, 0.09 * page.type, label_colour(self._colour(cell))))

    def _key(self, page: Page, panel: Span, has_values: bool) -> None:
        """Put the key of the colours below the cells."""
        shades = DIVERGING if self.is_signed else SHADES
        form = self.words.form
        ends = (
            (form.number(-1), form.number(1)) if self.is_signed else (form.percent(0, 0), form.percent(self._top(), 0))
        )
        box, top = 1.3 * page.type, page.y + 0.9 * page.type
        left = panel.left + page.text_width(ends[0], "tick") + 0.5 * page.type
        for i, shade in enumerate(shades):
            place = (left + i * box, top, left + (i + 1) * box, top + 0.75 * page.type)
            page.draw(partial(filled(shade), place))
        middle = top + 0.375 * page.type
        right = left + len(shades) * box
        page.text(left - 0.5 * page.type, middle, ends[0], "tick", "right")
        page.text(right + 0.5 * page.type, middle, ends[1], "tick")
        page.y = top + 0.9 * page.type
        if not has_values:
            page.y += 0.4 * page.type
            page.paragraph(self.words.say("figure_matrix_values"), "muted")

    def _top(self) -> float:
        """The share at which colours end."""
        return share_ticks(0, max([*(cell[2].estimate for cell in self._cells(True, True)), 0.05]), 10)[-1]

    def _place(self, cell: Value) -> int:
        if self.is_signed:
            return min(max(round(cell.estimate * len(FOR) + len(AGAINST)), 0), len(DIVERGING) - 1)
        return min(int(cell.estimate / self._top() * len(SHADES)), len(SHADES) - 1)

    def _colour(self, cell: Value) -> str:
        return (DIVERGING if self.is_signed else SHADES)[self._place(cell)]

    def _cells(self, small: bool = False, diagonal: bool = False) -> list[tuple[MatrixRow, int, Value]]:
        """Return row, column and value of the known cells, without those of small bases and without the diagonal."""
        return [
            (row, j, cell)
            for i, row in enumerate(self.rows)
            if small or not row.small
            for j, cell in enumerate(row.cells)
            if cell and cell.is_known and (diagonal or not self.is_square or i != j)
        ]

    def _diagonal(self, column: int) -> float:
        cell = self.rows[column].cells[column] if self.is_square else None
        return cell.estimate if cell else math.nan

    def _short(self, cell: Value) -> str:
        if not cell.is_known:
            return "–"
        return self.words.form.number(cell.estimate, 2) if self.is_signed else self.words.bare_share(cell.estimate)

    def _plain(self, cell: Value) -> str:
        return self.words.form.number(cell.estimate, 2) if self.is_signed else self.words.form.percent(cell.estimate)

    def _with_interval(self, value: Value) -> str:
        if self.is_signed:
            text, bounds = self.words.form.number(value.estimate, 2), self.words.bounds(value, 2)
        else:
            text, bounds = self.words.share(value.estimate), self.words.bounds(value, 0, 100)
        return f"{text} {bounds}".rstrip()


def _put_level(page: Page, panel: Span, heads: Sequence[list[str]], least: float) -> None:
    page.y += max(max(map(len, heads)) * page.leading("header"), least)
    width = (panel.right - panel.left) / len(heads)
    for i, lines in enumerate(heads):
        for j, line in enumerate(reversed(lines)):
            middle = page.y - (j + 0.5) * page.leading("header")
            page.text(panel.left + (i + 0.5) * width, middle, line, "header", "center")


def _put_turned(page: Page, panel: Span, heads: Sequence[list[str]], least: float) -> None:
    page.y += max(max(page.widest(lines, "header") for lines in heads), least)
    width = (panel.right - panel.left) / len(heads)
    for i, lines in enumerate(heads):
        page.turned(panel.left + (i + 0.5) * width, page.y, lines, "header")


def _put_numbers(page: Page, panel: Span, k: int, least: float) -> None:
    page.y += max(page.leading("header"), least)
    width = (panel.right - panel.left) / k
    needed = page.text_width(str(k), "header") + 0.4 * page.type
    every = next((step for step in (1, 2, 5, 10) if step * width >= needed), 20)
    for i in range(k):
        if (i + 1) % every == 0 or every == 1:
            place = panel.left + (i + 0.5) * width
            page.text(place, page.y - 0.5 * page.leading("header"), str(i + 1), "header", "center")


def _frame(box: Box, width: float, colour: str) -> Callable[[Axes], None]:
    def frame(axes: Axes) -> None:
        left, top, right, bottom = box
        corners = [left, right, right, left, left], [bottom, bottom, top, top, bottom]
        axes.plot(*corners, color=colour, linewidth=width, clip_on=False)

    return frame
