"""Rows of a chart: labels at the left (or above, where there is no room), marks, and number columns at the right."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes

from b2bsurvey.render.figures.page import Page
from b2bsurvey.render.figures.style import GRID
from b2bsurvey.render.numbers import NumberForm

LABEL_SHARE, PLOT_SHARE = 0.36, 0.34  # of the page's width: labels at most, marks at least
WIDEST_COLUMN, LABEL_GAP = 9.0, 0.9  # in type sizes
STEPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.5, 1.0)


@dataclass(frozen=True)
class Column:
    """A column of numbers; the header may have several lines."""

    header: str
    cells: tuple[str, ...]
    align: str = "right"
    role: str = "body"


@dataclass(frozen=True)
class Across:
    """Where labels, marks and columns stand across the page."""

    labels: list[list[str]]
    stacked: bool
    left: float
    right: float
    columns: list[tuple[float, float, list[str]]]  # left, right, header lines

    def scale(self, low: float, high: float) -> Callable[[float], float]:
        """Return what turns a share into a position on the page, with `low` … `high` over the width of the marks."""
        return lambda share: self.left + (share - low) / (high - low) * (self.right - self.left)


@dataclass(frozen=True)
class Down:
    """The middle of each row's marks, and the bands (top, bottom) in which the grid stands."""

    middles: list[float]
    bands: list[tuple[float, float]]


def across(page: Page, labels: Sequence[str], columns: Sequence[Column]) -> Across:
    """Divide the page's width between labels, marks and columns; labels go above their marks where space is short."""
    edge = page.right
    places: list[tuple[float, float, list[str]]] = []
    for column in reversed(columns):
        cells, words = page.widest(column.cells, column.role), page.widest(re.split("[ \n]", column.header), "header")
        most = min(max(1.15 * cells, words), WIDEST_COLUMN * page.type)
        header = [line for part in column.header.split("\n") for line in page.wrap(part, most, "header")]
        width = max(cells, page.widest(header, "header"))
        places.insert(0, (edge - width, edge, header))
        edge -= width + 1.1 * page.type
    right = edge - 0.9 * page.type
    wrapped = [page.wrap(label, LABEL_SHARE * page.width, balance=True) for label in labels]
    left = page.margin + max((page.widest(lines) for lines in wrapped), default=0.0) + LABEL_GAP * page.type
    stacked = right - left < PLOT_SHARE * page.width
    if stacked:
        left = page.margin + 0.8 * page.type
        wrapped = [page.wrap(label, page.right - page.margin) for label in labels]
    return Across(wrapped, stacked, left, right, places)


def down(page: Page, place: Across, columns: Sequence[Column], mark: float, above: float, spread: float) -> Down:
    """Put headers, labels and cells below what is there.

    `mark` is the height of the marks, `above` the room over them, `spread` the extra height of each row.
    """
    for column, (left, right, header) in zip(columns, place.columns, strict=True):
        for i, line in enumerate(reversed(header)):
            middle = page.y - (i + 0.5) * page.leading("header")
            page.text(right if column.align == "right" else (left + right) / 2, middle, line, "header", column.align)
    page.y += 0.4 * page.type
    top, middles, bands = page.y - 0.2 * page.type, [], []
    for row, lines in enumerate(place.labels):
        height = len(lines) * page.leading()
        if place.stacked:
            page.lines(page.margin, page.y + height / 2 + 0.2 * page.type, lines)
            page.y += height + above + 0.4 * page.type
            middle = page.y + mark / 2
            bands.append((page.y - 0.1 * page.type, page.y + mark + 0.25 * page.type))
            page.y += mark + 0.75 * page.type + spread
        else:
            need = max(max(height, mark) + 0.75 * page.type, 1.95 * page.type) + above + spread
            middle = page.y + (need + above) / 2
            page.lines(place.left - LABEL_GAP * page.type, middle, lines, align="right")
            page.y += need
        for column, (left, right, _) in zip(columns, place.columns, strict=True):
            anchor = right if column.align == "right" else (left + right) / 2
            page.text(anchor, middle, column.cells[row], column.role, column.align)
        middles.append(middle)
    page.rows = max(len(middles), 1)
    return Down(middles, bands or [(top, page.y)])


def header_height(page: Page, place: Across) -> float:
    """Return the height of the columns' headers."""
    return max((len(header) for *_, header in place.columns), default=0) * page.leading("header")


def steps_for(page: Page, place: Across) -> int:
    """Return how many steps of the axis have room for their labels."""
    return max(1, min(8, int((place.right - place.left) / (4.2 * page.type))))


def ticks(low: float, high: float, most: int) -> list[float]:
    """Return round shares from at most `low` to at least `high`, 0 among them, as few steps as fit."""
    step = next((s for s in STEPS if -(-high // s) + -(low // s) <= most), 1.0)
    first, last = round(low // step), round(-(-(high - 1e-9) // step))
    return [round(i * step, 10) for i in range(first, last + 1)]


def axis(
    page: Page,
    place: Across,
    bands: Sequence[tuple[float, float]],
    at: Sequence[float],
    scale: Callable[[float], float],
    form: NumberForm,
    marks: Callable[[Axes], None],
) -> None:
    """Draw grid, marks (in points) and tick labels below the rows; both sides of 0 count upwards."""
    positions = [scale(share) for share in at]

    def drawn(axes: Axes) -> None:
        for band in bands:
            axes.vlines(positions, *band, color=GRID, linewidth=0.09 * page.type, zorder=0, clip_on=False)
        marks(axes)

    page.draw((place.left, bands[0][0], place.right, bands[-1][1]), drawn)
    page.y = max(page.y, bands[-1][1])
    for share, position in zip(at, positions, strict=True):
        page.text(position, page.y + 0.9 * page.type, form.percent(abs(share), 0), "tick", "center")
    page.y += 1.6 * page.type
