"""Correspondence map: rows and columns of a table in two dimensions, or listed where labels have no room."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes

from b2bsurvey.render.figures.items import Item
from b2bsurvey.render.figures.legend import dotted, legend_over
from b2bsurvey.render.figures.marks import FIRST, STRONG, Look, draw_dots
from b2bsurvey.render.figures.page import Page
from b2bsurvey.render.figures.plane import Plane, plane
from b2bsurvey.render.figures.rows import Axis, Panel, Span, across, down, header_height, put_axes
from b2bsurvey.render.figures.style import MUTED, SLATE, Size
from b2bsurvey.render.figures.ticks import decimals, number_ticks, steps_for
from b2bsurvey.render.figures.value import UNKNOWN, Value
from b2bsurvey.render.figures.wording import Wording

HEIGHT, ROWS = 26.0, 6  # height of the map in type sizes; rows that it counts for where rows spread
LABEL, LINES = 13.0, 3  # width in type sizes and lines of a label at most
REACH = (0.75, 1.5, 2.3)  # how far from its point a label may stand, in type sizes
LEAST_AXIS = 0.45  # of the longer axis, that the shorter has
FEW = 30  # mentions below which a context is not held up as an extreme
DOT = 0.55  # half of the room of a point, in type sizes
SIDES = ((1, 0), (-1, 0), (0, -1), (0, 1), (1, -1), (1, 1), (-1, -1), (-1, 1))
Box = tuple[float, float, float, float]  # left, top, right, bottom
Label = tuple[float, float, Box, list[str]]  # x and y of its point, room and lines


@dataclass(frozen=True)
class MapPoint:
    """A row or a column: its coordinates on the first dimensions, one or two; and how often it was mentioned."""

    label: str
    at: tuple[float, ...]
    count: int


@dataclass(frozen=True)
class CorrespondenceMap:
    """The contexts and items of a grid of ticks; `shares` (0–1) of the inertia on each dimension that is shown.

    `effect` is Cramér's V with its interval and the p value of the test of all mentions; `n` respondents.
    """

    contexts: Sequence[MapPoint]
    points: Sequence[MapPoint]
    shares: Sequence[float]
    words: Wording
    effect: Value = UNKNOWN
    n: int = 0

    @property
    def items(self) -> list[Item]:
        """No shares: the caption of this chart is its own."""
        return []

    def title(self) -> str:
        """Say whether contexts differ, and which of those often mentioned are furthest apart on dimension 1."""
        words = self.words
        often = [p for p in self.contexts if p.count >= FEW] or self.contexts
        low, high = min(often, key=lambda p: p.at[0]), max(often, key=lambda p: p.at[0])
        told = {"low": words.quoted(low.label), "high": words.quoted(high.label)}
        if not self.effect.is_known:
            return words.say("figure_map_apart", **told)
        value = f"{words.form.number(self.effect.estimate, 2)} {words.bounds(self.effect, 2)}".rstrip()
        return words.say("figure_map_clear" if self.effect.is_clear else "figure_map_open", value=value, **told)

    def methods(self) -> list[str]:
        """Say how the map is read and what it rests on."""
        return [self.words.say("figure_map_read"), self.words.say("figure_map_n", n=self.words.count(self.n))]

    def alt(self) -> str:
        """Return each point's coordinates in words."""
        said = []
        for point in self._all():
            at = ", ".join(self.words.form.number(value, 2) for value in point.at)
            said.append(self.words.say("figure_alt_parts", label=point.label, parts=at))
        return " ".join(said)

    def compose(self, page: Page, spread: float) -> None:
        """Lay the map out below what is on the page; a list where it has one dimension or labels find no room."""
        keys = [(self._side(self.contexts), FIRST), (self._side(self.points), STRONG)]
        legend_over(page, [(label, dotted(page, look, interval=False)) for label, look in keys])
        height = HEIGHT * page.type + ROWS * spread
        fitting = self._fitting(page, height) if len(self.shares) > 1 else None
        if fitting is None:
            self._list(page, spread)
            return
        at, labels = fitting
        spots = {look: [(at.x(p.at[0]), at.y(p.at[1])) for p in side] for look, side in self._looks()}

        def marks(axes: Axes) -> None:
            axes.vlines(at.x(0), at.top, at.bottom, color=SLATE, linewidth=0.09 * page.type)
            axes.hlines(at.y(0), at.across.left, at.across.right, color=SLATE, linewidth=0.09 * page.type)
            for x, y, (left, top, right, bottom), _ in labels:
                end = min(max(x, left), right), min(max(y, top), bottom)
                if math.hypot(end[0] - x, end[1] - y) > page.type:
                    axes.plot([x, end[0]], [y, end[1]], color=MUTED, linewidth=0.07 * page.type, clip_on=False)
            for look, places in spots.items():
                draw_dots(axes, page, places, look)

        page.draw(marks)
        for _, _, (left, top, right, bottom), lines in labels:
            page.lines((left + right) / 2, (top + bottom) / 2, lines, align="center")
        page.rows = ROWS

    def _fitting(self, page: Page, height: float) -> tuple[Plane, list[Label]] | None:
        """Put the plane and return it with the place of each label; None, and nothing put, where one has no room."""
        trial = Page(Size(page.width, page.type))
        trial.y = page.y
        labels = _placed(trial, self._plane(trial, height), self._all())
        return (self._plane(page, height), labels) if labels else None

    def _plane(self, page: Page, height: float) -> Plane:
        """Put both axes, in the same units."""
        ends = [_wide(values) for values in zip(*(p.at[:2] for p in self._all()), strict=True)]
        longest = max(high - low for low, high in ends)
        ends = [_padded(low, high, longest) for low, high in ends]
        ticks = [number_ticks(low, high, round(6 * (high - low) / longest)) for low, high in ends]
        texts = [[(t, self.words.form.number(t, decimals(axis))) for t in axis] for axis in ticks]
        left = page.margin + page.widest([text for _, text in texts[1]], "tick") + 0.6 * page.type
        wide, high = (axis[-1] - axis[0] for axis in ticks)
        unit = min((page.right - 1.5 * page.type - left) / wide, height / high)
        titles = (self._dimension(0), self._dimension(1))
        return plane(page, unit * high, texts[0], texts[1], titles, left + unit * wide)

    def _list(self, page: Page, spread: float) -> None:
        """Put the points in the order of the first dimension, with a panel for each dimension."""
        order = sorted(
            ((p, look) for look, side in self._looks() for p in side), key=lambda pair: (-pair[0].at[0], pair[0].label)
        )
        panels = [Panel(self._dimension(k)) for k in range(len(self.shares))]
        place = across(page, [p.label for p, _ in order], panels)
        page.y += header_height(page, place)
        rows = down(page, place, 0.8 * page.type, 0.0, spread)
        spots = [(p, look, y) for (p, look), y in zip(order, rows.middles, strict=True)]
        put_axes(page, rows.bands, [self._axis(page, panel, spots, k) for k, panel in enumerate(place.panels)])

    def _axis(self, page: Page, panel: Span, spots: Sequence[tuple[MapPoint, Look, float]], k: int) -> Axis:
        low, high = _wide([value for p, _, _ in spots for value in p.at])  # the same units on both
        ticks = number_ticks(low, high, steps_for(page, panel.right - panel.left, 5.5))
        texts = [self.words.form.number(t, decimals(ticks)) for t in ticks]
        pad = page.widest(texts, "tick") / 2
        scale = Span(panel.left + pad, panel.right - pad).scale(ticks[0], ticks[-1])

        def marks(axes: Axes) -> None:
            for look in (FIRST, STRONG):
                draw_dots(axes, page, [(scale(p.at[k]), y) for p, own, y in spots if own is look], look)

        return Axis(panel, [(scale(t), text) for t, text in zip(ticks, texts, strict=True)], marks, scale(0))

    def _looks(self) -> Iterator[tuple[Look, Sequence[MapPoint]]]:
        yield FIRST, self.contexts
        yield STRONG, self.points

    def _all(self) -> list[MapPoint]:
        return [*self.contexts, *self.points]

    def _dimension(self, k: int) -> str:
        return self.words.say("figure_map_dimension", k=k + 1, share=self.words.form.percent(self.shares[k], 0))

    def _side(self, side: Sequence[MapPoint]) -> str:
        if len(side) < 3:
            return self.words.joined([p.label for p in side])
        return self.words.say("figure_map_side", first=side[0].label, k=len(side) - 1)


def _wide(values: Sequence[float]) -> tuple[float, float]:
    """Return from where to where values run, 0 among them."""
    return min(0.0, *values), max(0.0, *values)


def _padded(low: float, high: float, longest: float) -> tuple[float, float]:
    """Return the ends of an axis with some room around its points, at least a part of the longest axis."""
    pad = max(0.08 * longest, (LEAST_AXIS * longest - (high - low)) / 2)
    return low - pad, high + pad


def _placed(page: Page, at: Plane, points: Sequence[MapPoint]) -> list[Label]:
    """Return a label for each point where it covers no other label and no point; empty where one finds no room."""
    dot = DOT * page.type
    spots = [(at.x(point.at[0]), at.y(point.at[1])) for point in points]
    taken = [(x - dot, y - dot, x + dot, y + dot) for x, y in spots]
    # the most crowded first: they have the least choice
    order = sorted(range(len(spots)), key=lambda i: sum(math.dist(spots[i], other) for other in _nearest(spots, i)))
    found: dict[int, Label] = {}
    for i in order:
        lines = page.wrap(points[i].label, LABEL * page.type, balance=True)
        boxes = [box for box in _around(page, spots[i], lines) if _inside(page, at, box) and _is_free(box, taken)]
        if not boxes or len(lines) > LINES:
            return []
        box = min(boxes, key=lambda box: _crossings(at, box))  # the nearest of those that cross the fewest lines
        taken.append(box)
        found[i] = (*spots[i], box, lines)
    return [found[i] for i in range(len(points))]


def _nearest(spots: Sequence[tuple[float, float]], i: int) -> list[tuple[float, float]]:
    others = [spot for j, spot in enumerate(spots) if j != i]
    return sorted(others, key=lambda spot: math.dist(spot, spots[i]))[:3]


def _around(page: Page, spot: tuple[float, float], lines: list[str]) -> Iterator[Box]:
    """Yield where a label may stand: beside, above and below its point, the nearest places first."""
    width, height = page.widest(lines), len(lines) * page.leading()
    for reach in REACH:
        for across_, down_ in SIDES:
            x = spot[0] + across_ * (reach * page.type + width / 2)
            y = spot[1] + down_ * (reach * page.type + height / 2)
            yield x - width / 2, y - height / 2, x + width / 2, y + height / 2


def _inside(page: Page, at: Plane, box: Box) -> bool:
    left, top, right, bottom = box
    return at.across.left <= left and right <= page.right and at.top <= top and bottom <= at.bottom


def _crossings(at: Plane, box: Box) -> int:
    """Return how many of the lines through 0 a label lies on."""
    left, top, right, bottom = box
    return (left < at.x(0) < right) + (top < at.y(0) < bottom)


def _is_free(box: Box, taken: Sequence[Box]) -> bool:
    left, top, right, bottom = box
    return all(right <= l or r <= left or bottom <= t or b <= top for l, t, r, b in taken)  # noqa: E741
