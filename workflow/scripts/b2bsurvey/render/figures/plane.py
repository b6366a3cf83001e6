"""A plane with two axes: what stands at which height and where across, with grid lines and round numbers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes

from b2bsurvey.render.figures.page import Page
from b2bsurvey.render.figures.rows import Span
from b2bsurvey.render.figures.style import GRID

Tick = tuple[float, str]
FIRST_TICK = 6.0  # how far the first label of the axis across may stand out at the left, in type sizes


@dataclass(frozen=True)
class Plane:
    """Where the plane stands on the page, and what turns values into positions on it."""

    across: Span
    top: float
    bottom: float
    x: Callable[[float], float]
    y: Callable[[float], float]


def plane(
    page: Page,
    height: float,
    x_ticks: Sequence[Tick],
    y_ticks: Sequence[Tick],
    titles: tuple[str, str],
    right: float | None = None,
    strip: float = 0.0,
    inset: float = 0.0,
) -> Plane:
    """Put the axes of a plane below what is there; it ends at `right`, or the right margin.

    Ticks run from end to end of their axis; `titles` are those of the axis across, below it, and of the axis upwards,
    above it. Over the plane a `strip` is left free, and
    at both ends of the axis across an `inset`.
    """
    left = page.margin + page.widest([text for _, text in y_ticks], "tick") + 0.6 * page.type
    first = min(page.text_width(x_ticks[0][1], "tick") / 2, FIRST_TICK * page.type)
    left = max(left, page.margin + first - inset)
    right = page.right - page.text_width(x_ticks[-1][1], "tick") / 2 if right is None else right
    for line in page.wrap(titles[1], page.right - page.margin, "tick") if titles[1] else []:
        page.text(page.margin, page.y + page.leading("tick") / 2, line, "tick")
        page.y += page.leading("tick")
    top = page.y + 0.9 * page.type + strip
    bottom = top + height
    span = Span(left, right)
    x = Span(left + inset, right - inset).scale(x_ticks[0][0], x_ticks[-1][0])
    low, high = y_ticks[0][0], y_ticks[-1][0]

    def y(value: float) -> float:
        return bottom - (value - low) / (high - low) * height

    for value, text in y_ticks:
        page.text(left - 0.6 * page.type, y(value), text, "tick", "right")
    slot = (right - left - 2 * inset) / max(len(x_ticks) - 1, 1) - 0.4 * page.type
    slot = min(slot, 2 * (left + inset - page.margin), 2 * (page.right - right + inset)) + 1e-6
    below = [(x(value), page.wrap(text, slot, "tick")) for value, text in x_ticks]
    page.y = bottom + 0.45 * page.type
    for place, lines in below:
        page.lines(place, page.y + len(lines) * page.leading("tick") / 2, lines, "tick", "center")
    page.y += max(len(lines) for _, lines in below) * page.leading("tick")
    for line in page.wrap(titles[0], page.right - left, "tick") if titles[0] else []:
        page.text(left, page.y + page.leading("tick") / 2, line, "tick")
        page.y += page.leading("tick")

    def grid(axes: Axes) -> None:
        width = 0.09 * page.type
        axes.hlines([y(v) for v, _ in y_ticks], left, right, color=GRID, linewidth=width, zorder=0, clip_on=False)
        axes.vlines([x(v) for v, _ in x_ticks], top, bottom, color=GRID, linewidth=width, zorder=0, clip_on=False)

    page.draw(grid)
    return Plane(span, top, bottom, x, y)
