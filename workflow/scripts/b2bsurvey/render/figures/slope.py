"""Shares over waves: a line for each item, with intervals, the last share and the change beside it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes

from b2bsurvey.render.figures.items import Item, known
from b2bsurvey.render.figures.marks import FIRST, QUIET, SECOND, Look, draw_dots
from b2bsurvey.render.figures.page import Page
from b2bsurvey.render.figures.plane import Plane, plane
from b2bsurvey.render.figures.rows import BETWEEN, Column, column_width
from b2bsurvey.render.figures.segments import spaced
from b2bsurvey.render.figures.style import GRID
from b2bsurvey.render.figures.ticks import share_ticks
from b2bsurvey.render.figures.value import UNKNOWN, Value
from b2bsurvey.render.figures.wording import Wording

DODGE = 1.3  # how far lines stand aside of each other, so that intervals do not cover each other; in type sizes
HEIGHT = 20.0  # of the plane at least, in type sizes
LABELS, PLOT = 0.3, 0.3  # of the page's width: labels at most, lines at least


@dataclass(frozen=True)
class Course:
    """An item's share in each wave, and the last minus the first."""

    label: str
    shares: Sequence[Item]
    change: Value = UNKNOWN

    @property
    def last(self) -> float:
        """The last share that is known."""
        return next((i.share for i in reversed(self.shares) if math.isfinite(i.share)), math.nan)

    @property
    def look(self) -> Look:
        """Clear rises and falls are told apart, and from what did not clearly change."""
        if not self.change.is_clear:
            return QUIET
        return SECOND if self.change.estimate > 0 else FIRST

    @property
    def marked_label(self) -> str:
        """The label, with a dagger where a base is small."""
        return f"{self.label}\N{NO-BREAK SPACE}†" if any(i.small for i in self.shares) else self.label


@dataclass(frozen=True)
class Slopes:
    """The course of items over waves."""

    courses: Sequence[Course]
    waves: Sequence[str]
    words: Wording
    adjustment: str = "holm"

    @property
    def items(self) -> list[Item]:
        """All shares."""
        return [item for course in self.courses for item in course.shares]

    def title(self) -> str:
        """Say which item changed most, if any clearly did."""
        words, tested = self.words, [c for c in self.courses if c.change.is_known]
        if not tested:
            return self._last_wave()
        clear = [c for c in tested if c.change.is_clear]
        most = max(clear or tested, key=lambda c: abs(c.change.estimate))
        told = {
            "label": words.quoted(most.label),
            "points": words.in_points(most.change),
            "a": words.share(most.shares[0].share),
            "b": words.share(most.shares[-1].share),
            "first": self.waves[0],
            "last": self.waves[-1],
        }
        if len(tested) == 1:
            return words.say(f"figure_slope_one_{'clear' if clear else 'open'}", **told)
        return words.say(f"figure_slope_{'clear' if clear else 'none'}", **told, m=len(clear), k=len(tested))

    def _last_wave(self) -> str:
        last = known(course.shares[-1] for course in self.courses)
        if not last:
            return self.waves[-1]
        return self.words.say("figure_title_topic", topic=self.waves[-1], text=self.words.most_frequent(last))

    def methods(self) -> list[str]:
        """Say what a change is, and when it is clear."""
        changes = [c.change for c in self.courses]
        if not any(change.is_known for change in changes):
            return []
        said = self.words.say("figure_slope_method", first=self.waves[0], last=self.waves[-1])
        return [said, *self.words.clear(changes, self.adjustment)]

    def alt(self) -> str:
        """Return each item's shares in words."""
        words, spoken = self.words, []
        for course in self.courses:
            told = zip(self.waves, course.shares, strict=True)
            parts = [f"{wave} {words.form.percent(i.share)}" for wave, i in told if math.isfinite(i.share)]
            if course.change.is_known:
                parts.append(words.say("figure_alt_change", points=words.points(course.change)))
            key = "figure_alt_parts" if parts else "figure_alt_unknown"
            spoken.append(words.say(key, label=course.label, parts=", ".join(parts)))
        return " ".join(spoken)

    def compose(self, page: Page, spread: float) -> None:
        """Lay lines out below what is on the page, with labels and columns beside their ends, none on another."""
        columns = self._columns()
        widths = [column_width(page, column) for column in columns]
        gap = BETWEEN * page.type
        taken = sum(width + gap for width, _ in widths)
        if page.right - page.margin - taken - LABELS * page.width < PLOT * page.width:
            columns, widths, taken = columns[:1], widths[:1], widths[0][0] + gap
        roles = ["strong" if course.change.is_clear else "body" for course in self.courses]
        named = list(zip(self.courses, roles, strict=True))
        labels = [page.wrap(c.marked_label, LABELS * page.width, role, balance=True) for c, role in named]
        beside = max(page.widest(lines, role) for lines, role in zip(labels, roles, strict=True))
        start = page.right - taken - beside
        heights = [len(lines) * page.leading() + 0.35 * page.type for lines in labels]
        tallest = max(sum(heights), HEIGHT * page.type) + len(labels) * spread
        page.y += max(len(header) for _, header in widths) * page.leading("header")
        over = page.y
        bounds = [b for i in self.items for b in (i.share, i.high) if math.isfinite(b)]
        at = plane(
            page,
            tallest,
            [(float(i), wave) for i, wave in enumerate(self.waves)]
            if len(self.waves) > 1
            else [(0.0, self.waves[0]), (1.0, "")],
            [(t, self.words.form.percent(t, 0)) for t in share_ticks(0, max([*bounds, 0.05]), 5)],
            ("", ""),
            start - 1.6 * page.type,
            inset=DODGE * page.type + 0.8 * page.type,
        )
        page.rows = len(labels)
        middles = self._middles(at, heights)
        left = start + beside
        for lines, role, y in zip(labels, roles, middles, strict=True):
            page.lines(start, y, lines, role)
        for column, (width, header) in zip(columns, widths, strict=True):
            left += gap + width
            for i, line in enumerate(reversed(header)):
                page.text(left, over - (i + 0.5) * page.leading("header"), line, "header", "right")
            for row, y in enumerate(middles):
                page.text(left, y, column.cells[row], column.role_of(row), "right")
        page.draw(lambda axes: self._marks(axes, page, at, middles, start))

    def _middles(self, at: Plane, heights: Sequence[float]) -> list[float]:
        """Return where labels stand: as near as possible to the ends of their lines; without one, at the foot."""
        ends = [at.y(c.last) if math.isfinite(c.last) else math.inf for c in self.courses]
        order = sorted(range(len(ends)), key=lambda i: (ends[i], i))
        wished = [min(ends[i], at.bottom) for i in order]
        spots = spaced(wished, [heights[i] for i in order], at.top, at.bottom)
        places = dict(zip(order, spots, strict=True))
        return [places[i] for i in range(len(ends))]

    def _marks(self, axes: Axes, page: Page, at: Plane, middles: Sequence[float], start: float) -> None:
        step = min(0.5, 2 * DODGE / len(self.courses)) * page.type
        for place, (course, middle) in enumerate(zip(self.courses, middles, strict=True)):
            look, aside = course.look, (place - (len(self.courses) - 1) / 2) * step
            points = [
                (at.x(wave) + aside, at.y(item.share), item)
                for wave, item in enumerate(course.shares)
                if math.isfinite(item.share)
            ]
            over = 2.0 if look is not QUIET else 1.5
            for x, _, item in points:
                if math.isfinite(item.low):
                    ends = at.y(item.low), at.y(item.high)
                    axes.vlines(x, *ends, color=look.pale, linewidth=0.45 * page.type, zorder=1.2, clip_on=False)
            xs, ys = [x for x, *_ in points], [y for _, y, _ in points]
            axes.plot(xs, ys, color=look.colour, linewidth=0.16 * page.type, zorder=over, clip_on=False)
            draw_dots(axes, page, list(zip(xs, ys, strict=True)), look)
            if points:
                tail = [xs[-1] + 0.6 * page.type, start - 0.4 * page.type]
                axes.plot(tail, [ys[-1], middle], color=GRID, linewidth=0.09 * page.type, clip_on=False, zorder=0.5)

    def _columns(self) -> list[Column]:
        words = self.words
        shares = tuple(words.form.percent(c.shares[-1].share) for c in self.courses)
        columns = [Column(words.header(self.waves[-1], words.say("figure_header_share")), shares)]
        changes = [c.change for c in self.courses]
        if any(change.is_known for change in changes):
            roles = tuple("strong" if change.is_clear else "body" for change in changes)
            cells = tuple(words.points(change) if change.is_known else "–" for change in changes)
            level = words.form.percent(next(c.level for c in changes if c.is_known), 0)
            header = f"{words.say('figure_header_change')}\n{words.say('figure_header_interval', level=level)}"
            columns.append(Column(header, cells, roles=roles))
        return columns
