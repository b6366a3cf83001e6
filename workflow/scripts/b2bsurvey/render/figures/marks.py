"""How series are drawn: dots and the bars of their intervals, told apart by colour, shape and fill, also in grey."""

from collections.abc import Sequence
from dataclasses import dataclass

import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from b2bsurvey.render.figures.page import Page
from b2bsurvey.render.figures.style import BLUE, INK, ORANGE, PALE_BLUE, PALE_ORANGE, PALE_SLATE, PAPER, SLATE

BAR, DOT = 0.95, 0.78  # heights in type sizes; the interval shows behind the dot however short it is


@dataclass(frozen=True)
class Look:
    """Colour of dots, colour of the bars of intervals, shape (of matplotlib), whether it is filled, and its size."""

    colour: str
    pale: str
    marker: str = "o"
    filled: bool = True
    size: float = 1.0


STRONG, QUIET = Look(BLUE, PALE_BLUE), Look(SLATE, PALE_SLATE)
FIRST, SECOND, TARGET = Look(ORANGE, PALE_ORANGE, "D", filled=False), STRONG, Look(INK, PALE_SLATE, "|")


def draw_interval(axes: Axes, page: Page, low: float, high: float, y: float, look: Look, half: int = 0) -> None:
    """Draw the bar of an interval from `low` to `high`; `half` −1 or 1 keeps it above or below the middle `y`."""
    height = BAR * page.type / (2 if half else 1)
    bottom = y + half * height / 2 - height / 2
    axes.add_patch(Rectangle((low, bottom), high - low, height, color=look.pale, linewidth=0, clip_on=False, zorder=1))


def draw_dots(axes: Axes, page: Page, points: Sequence[tuple[float, float]], look: Look) -> None:
    """Draw the dots of a series."""
    if not points:
        return
    size, edge = look.size * DOT * page.type, {"edgecolor": PAPER, "linewidth": 0.07 * page.type}
    face = look.colour
    if look.marker == "|":
        size, edge = 1.7 * size, {"linewidth": 0.2 * page.type}
    elif not look.filled:
        size, face, edge = 0.8 * size, PAPER, {"edgecolor": look.colour, "linewidth": 0.16 * page.type}
    sns.scatterplot(
        x=[x for x, _ in points],
        y=[y for _, y in points],
        ax=axes,
        s=size**2,
        marker=look.marker,
        color=face,
        legend=False,
        clip_on=False,
        zorder=3,
        **edge,
    )


def draw_link(axes: Axes, page: Page, start: float, end: float, y: float, colour: str, strong: bool = True) -> None:
    """Draw the line that joins two dots of a row."""
    width = (0.2 if strong else 0.1) * page.type
    axes.plot([start, end], [y, y], color=colour, linewidth=width, clip_on=False, zorder=2)


def draw_arrow(axes: Axes, page: Page, x: float, y: float, look: Look, to_right: bool) -> None:
    """Draw the end of an interval that goes on beyond the axis."""
    size, way = 0.42 * page.type, 1 if to_right else -1
    corners = ([x, x + way * size, x], [y - 0.5 * BAR * page.type, y, y + 0.5 * BAR * page.type])
    axes.fill(*corners, color=look.pale, linewidth=0, clip_on=False, zorder=1)
