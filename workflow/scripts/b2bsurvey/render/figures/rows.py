"""Rows of a chart: labels at the left (or above, where there is no room), then marks in panels and number columns."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from matplotlib.axes import Axes

from b2bsurvey.render.figures.page import Page
from b2bsurvey.render.figures.style import GRID, INK

LABEL_SHARES = (0.36, 0.3, 0.24)  # of the page's width: labels at most, narrower where marks need the room
PLOT_SHARE, LEAST_PANEL = 0.34, 8.5  # marks at least: of the page's width; each of several panels, in type sizes
NARROW_LINES = 3  # lines that a label may need where it is made narrower
WIDEST_COLUMN, LABEL_GAP = 9.0, 0.9  # in type sizes
BETWEEN, BESIDE, APART = 1.1, 2.0, 2.6  # between columns, panel and column, two panels; in type sizes


@dataclass(frozen=True)
class Column:
    """A column of numbers; the header may have several lines, `roles` are those of single cells.

    A column that can be `spared` is left out where marks would have no room, the highest number first.
    """

    header: str
    cells: tuple[str, ...]
    align: str = "right"
    role: str = "body"
    roles: tuple[str, ...] = ()
    spared: int = 0

    def role_of(self, row: int) -> str:
        """Return the role of a cell."""
        return self.roles[row] if self.roles else self.role


@dataclass(frozen=True)
class Panel:
    """Room for marks; several share what columns leave."""

    header: str = ""


@dataclass(frozen=True)
class Span:
    """Where a panel or column stands across the page, with the lines of its header."""

    left: float
    right: float
    header: tuple[str, ...] = ()

    def scale(self, low: float, high: float) -> Callable[[float], float]:
        """Return what turns a value into a position on the page, with `low` … `high` over the whole width."""
        return lambda value: self.left + (value - low) / (high - low) * (self.right - self.left)


@dataclass(frozen=True)
class Across:
    """Where labels, panels and columns stand across the page; `headings` stand before the rows they are numbered by."""

    labels: list[list[str]]
    stacked: bool
    panels: list[Span]
    columns: list[tuple[Column, Span]]
    headings: Mapping[int, list[str]] = field(default_factory=dict)

    @property
    def left(self) -> float:
        """Where the first panel begins."""
        return self.panels[0].left

    @property
    def right(self) -> float:
        """Where the last panel ends."""
        return self.panels[-1].right


@dataclass(frozen=True)
class Down:
    """The middle of each row's marks, their room (top, bottom), and the bands in which the grid stands."""

    middles: list[float]
    rooms: list[tuple[float, float]]
    bands: list[tuple[float, float]]


@dataclass(frozen=True)
class Axis:
    """The ticks (position, text) below a panel, a line to read marks against, and what draws the marks (in points)."""

    panel: Span
    ticks: Sequence[tuple[float, str]]
    marks: Callable[[Axes], None]
    line: float | None = None


def across(
    page: Page,
    labels: Sequence[str],
    parts: Sequence[Column | Panel],
    headings: Mapping[int, str] | None = None,
    least: float = PLOT_SHARE,
) -> Across:
    """Divide the page's width between labels, panels and columns.

    Labels become narrower, or go above their marks, and columns that can be spared are left out where the panels
    would have less than `least` of the width.
    """
    headings = headings or {}
    panels = sum(isinstance(part, Panel) for part in parts)
    least = max(least * page.width, panels * LEAST_PANEL * page.type if panels > 1 else 0.0)
    for share in LABEL_SHARES:
        width = share * page.width
        wrapped = [page.wrap(label, width, balance=True) for label in labels]
        bold = {row: page.wrap(text, width, "strong", balance=True) for row, text in headings.items()}
        if share < LABEL_SHARES[0] and max(map(len, [*wrapped, *bold.values()]), default=0) > NARROW_LINES:
            break
        widest = max([*map(page.widest, wrapped), *(page.widest(b, "strong") for b in bold.values())], default=0.0)
        placed = _placed(page, parts, page.margin + widest + LABEL_GAP * page.type)
        if _room(placed) >= least:
            return _across(wrapped, False, placed, bold)
    wrapped = [page.wrap(label, page.right - page.margin) for label in labels]
    bold = {row: page.wrap(text, page.right - page.margin, "strong") for row, text in headings.items()}
    placed = _placed(page, parts, page.margin + 0.8 * page.type)
    while _room(placed) < least and any(isinstance(p, Column) and p.spared for p in parts):
        last = max(p.spared for p in parts if isinstance(p, Column))
        parts = [p for p in parts if not (isinstance(p, Column) and p.spared == last)]
        placed = _placed(page, parts, page.margin + 0.8 * page.type)
    return _across(wrapped, True, placed, bold)


def _across(
    labels: list[list[str]], stacked: bool, placed: list[tuple[Column | Panel, Span]], headings: dict[int, list[str]]
) -> Across:
    panels = [span for part, span in placed if isinstance(part, Panel)]
    return Across(labels, stacked, panels, [(p, s) for p, s in placed if isinstance(p, Column)], headings)


def _room(placed: Sequence[tuple[Column | Panel, Span]]) -> float:
    return sum(span.right - span.left for part, span in placed if isinstance(part, Panel))


def _placed(page: Page, parts: Sequence[Column | Panel], left: float) -> list[tuple[Column | Panel, Span]]:
    """Place parts from `left` to the right margin; panels share what columns and gaps leave."""
    widths = [column_width(page, part) if isinstance(part, Column) else (0.0, ()) for part in parts]
    gaps = [0.0]
    for before, part in pairwise(parts):
        kinds = isinstance(before, Panel) + isinstance(part, Panel)
        gaps.append((BETWEEN, BESIDE, APART)[kinds] * page.type)
    edge = page.right - (BESIDE - BETWEEN) * page.type * isinstance(parts[-1], Panel)
    panels = [part for part in parts if isinstance(part, Panel)]
    each = (edge - left - sum(gaps) - sum(width for width, _ in widths)) / len(panels)
    placed: list[tuple[Column | Panel, Span]] = []
    for part, gap, (width, header) in zip(parts, gaps, widths, strict=True):
        start = left + gap
        left = start + (max(each, 0.0) if isinstance(part, Panel) else width)
        if isinstance(part, Panel):
            lines = part.header.split("\n") if part.header else []
            header = tuple(line for text in lines for line in page.wrap(text, max(left - start, 1.0), "header"))
        placed.append((part, Span(start, left, header)))
    return placed


def column_width(page: Page, column: Column) -> tuple[float, tuple[str, ...]]:
    """Return the width of a column and the lines of its header."""
    cells = max((page.text_width(cell, column.role_of(i)) for i, cell in enumerate(column.cells)), default=0.0)
    words = page.widest(re.split("[ \n]", column.header), "header")
    most = min(max(1.15 * cells, words), WIDEST_COLUMN * page.type)
    header = tuple(line for part in column.header.split("\n") for line in page.wrap(part, most, "header"))
    return max(cells, page.widest(header, "header")), header


def down(page: Page, place: Across, mark: float, above: float, spread: float) -> Down:
    """Put headers, labels and cells below what is there.

    `mark` is the height of the marks, `above` the room over them, `spread` the extra height of each row.
    """
    for column, span in place.columns:
        _put_header(page, span, column.align)
    for span in place.panels:
        _put_header(page, span, "left")
    page.y += 0.4 * page.type
    top, middles, rooms, bands = page.y - 0.2 * page.type, [], [], []
    for row, lines in enumerate(place.labels):
        if row in place.headings:
            _put_heading(page, place, place.headings[row], first=row == 0)
            page.y -= 0.0 if place.stacked else 0.75 * above
        height = len(lines) * page.leading()
        if place.stacked:
            page.lines(page.margin, page.y + height / 2 + 0.2 * page.type, lines)
            page.y += height + above + 0.4 * page.type
            middle = page.y + mark / 2
            rooms.append((page.y, page.y + mark))
            bands.append((page.y - 0.1 * page.type, page.y + mark + 0.25 * page.type))
            page.y += mark + 0.75 * page.type + spread
        else:
            need = max(max(height, mark) + 0.75 * page.type, 1.95 * page.type) + above + spread
            middle = page.y + (need + above) / 2
            rooms.append((page.y + above, page.y + need))
            page.lines(place.left - LABEL_GAP * page.type, middle, lines, align="right")
            page.y += need
        for column, span in place.columns:
            page.text(_anchor(span, column.align), middle, column.cells[row], column.role_of(row), column.align)
        middles.append(middle)
    page.rows = max(len(middles), 1)
    return Down(middles, rooms, bands or [(top, page.y)])


def _put_header(page: Page, span: Span, align: str) -> None:
    for i, line in enumerate(reversed(span.header)):
        page.text(_anchor(span, align), page.y - (i + 0.5) * page.leading("header"), line, "header", align)


def _put_heading(page: Page, place: Across, lines: list[str], first: bool) -> None:
    page.y += 0.0 if first else 0.5 * page.type
    if not any(lines):
        return
    height = len(lines) * page.leading() + 0.35 * page.type
    x, align = (page.margin, "left") if place.stacked else (place.left - LABEL_GAP * page.type, "right")
    page.lines(x, page.y + height / 2, lines, "strong", align)
    page.y += height


def _anchor(span: Span, align: str) -> float:
    return {"left": span.left, "right": span.right}.get(align, (span.left + span.right) / 2)


def header_height(page: Page, place: Across) -> float:
    """Return the height of the headers."""
    spans = [*place.panels, *(span for _, span in place.columns)]
    return max(len(span.header) for span in spans) * page.leading("header")


def put_axes(page: Page, bands: Sequence[tuple[float, float]], axes: Sequence[Axis]) -> None:
    """Draw grid and marks of each panel, and tick labels below the rows."""
    bottom = max(page.y, bands[-1][1])
    for axis in axes:
        page.draw(_grid(page, bands, axis))
        for position, text in axis.ticks:
            page.text(position, bottom + 0.9 * page.type, text, "tick", "center")
    page.y = bottom + 1.6 * page.type


def _grid(page: Page, bands: Sequence[tuple[float, float]], axis: Axis) -> Callable[[Axes], None]:
    positions = [position for position, _ in axis.ticks]

    def drawn(axes: Axes) -> None:
        for band in bands:
            axes.vlines(positions, *band, color=GRID, linewidth=0.09 * page.type, zorder=0, clip_on=False)
            if axis.line is not None:
                axes.vlines(axis.line, *band, color=INK, linewidth=0.12 * page.type, zorder=0.5, clip_on=False)
        axis.marks(axes)

    return drawn
