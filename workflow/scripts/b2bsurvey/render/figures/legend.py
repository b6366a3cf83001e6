"""A key for each series or answer, in one line above the marks, or in more where there is no room."""

from collections.abc import Callable, Sequence
from functools import partial

from matplotlib.axes import Axes

from b2bsurvey.render.figures.marks import Look, draw_dots, draw_interval
from b2bsurvey.render.figures.page import Box, Page
from b2bsurvey.render.figures.rows import Across

Key = Callable[[Box, Axes], None]


def legend(page: Page, place: Across, labels: Sequence[str], keys: Sequence[Key], headers: float) -> None:
    """Put a key for every label beside the columns' headers, in the order of the marks, down to one line."""
    left = place.left if not place.stacked else page.margin
    _put(page, left, place.right, labels, keys, headers)


def legend_over(page: Page, keys: Sequence[tuple[str, Key]]) -> None:
    """Put a key for every label over the whole width of the page."""
    _put(page, page.margin, page.right, [label for label, _ in keys], [key for _, key in keys], 0.0)
    page.y += 0.6 * page.type


def _put(page: Page, left: float, right: float, labels: Sequence[str], keys: Sequence[Key], headers: float) -> None:
    swatch, gap, between = 0.95 * page.type, 0.45 * page.type, 1.4 * page.type
    spots: list[tuple[float, float, list[str]]] = []
    x, y, lowest = left, 0.0, 0.0
    for label in labels:
        lines = page.wrap(label, right - left - swatch - gap)
        width = swatch + gap + page.widest(lines)
        if x > left and x + width > right:
            x, y = left, lowest + 0.1 * page.type
        spots.append((x, y, lines))
        x, lowest = x + width + between, max(lowest, y + len(lines) * page.leading())
    top = page.y + max(0.0, headers - lowest)
    for (x, y, lines), key in zip(spots, keys, strict=True):
        middle = top + y + page.leading() / 2
        page.draw(partial(key, (x, middle - swatch / 2, x + swatch, middle + swatch / 2)))
        for i, line in enumerate(lines):
            page.text(x + swatch + gap, middle + i * page.leading(), line)
    page.y = top + lowest


def filled(colour: str) -> Key:
    """Return the key of a bar's segment: a box filled with its colour."""

    def fill(box: Box, axes: Axes) -> None:
        left, top, right, bottom = box
        axes.fill_between([left, right], top, bottom, color=colour, linewidth=0)

    return fill


def dotted(page: Page, look: Look, half: int = 0, interval: bool = True) -> Key:
    """Return the key of a series of dots, with the bar of its interval behind it."""

    def draw(box: Box, axes: Axes) -> None:
        left, top, right, bottom = box
        if interval:
            draw_interval(axes, page, left, right, (bottom + top) / 2, look, half)
        draw_dots(axes, page, [((left + right) / 2, (bottom + top) / 2)], look)

    return draw
