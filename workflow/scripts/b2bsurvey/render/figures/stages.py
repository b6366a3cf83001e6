"""Stages: how far respondents have come (uses, planned, undecided, will not), in all and by segment."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes

from b2bsurvey.render.figures.items import Item
from b2bsurvey.render.figures.legend import filled, legend
from b2bsurvey.render.figures.page import Page
from b2bsurvey.render.figures.rows import Axis, Column, Panel, across, down, header_height, put_axes
from b2bsurvey.render.figures.segments import ABOVE, BAR, draw_segments, put_labels, segments
from b2bsurvey.render.figures.style import diverging
from b2bsurvey.render.figures.ticks import share_ticks, steps_for
from b2bsurvey.render.figures.wording import Wording


@dataclass(frozen=True)
class Stages:
    """One row: the shares of the stages, and the first of them with its interval and base."""

    first: Item
    shares: tuple[float, ...]

    @property
    def is_known(self) -> bool:
        """Whether there are shares to draw."""
        return any(map(math.isfinite, self.shares))


@dataclass(frozen=True)
class Segment:
    """A segment's levels in order, and the adjusted p value of its association with the stages."""

    name: str
    levels: Sequence[Stages]
    p: float = math.nan


@dataclass(frozen=True)
class StageBars:
    """Bars of 100 %: all respondents first, then the levels of each segment."""

    total: Stages
    segments: Sequence[Segment]
    answers: Sequence[str]  # the stages in order, the furthest first
    neutral: int | None  # the place of the undecided among them
    words: Wording
    adjustment: str = "holm"

    @property
    def rows(self) -> list[Stages]:
        """All rows, the total first."""
        return [self.total, *(level for segment in self.segments for level in segment.levels)]

    @property
    def items(self) -> list[Item]:
        """The first stage of every row."""
        return [row.first for row in self.rows]

    def title(self) -> str:
        """Say how many are at the first stage and, where a segment clearly matters, from where to where they run."""
        words = self.words
        stage = words.quoted(self.answers[0])
        text = words.say("figure_title_answers", answers=stage, text=words.share_with_interval(self.total.first))
        clear = [s for s in self.segments if s.p < 1 - self.total.first.level and len(_known(s)) > 1]
        tested = [s for s in self.segments if math.isfinite(s.p)]
        if clear:
            widest = max(clear, key=lambda s: _known(s)[0].share - _known(s)[-1].share)
            by = words.say("figure_stage_by", segment=words.quoted(widest.name), text=words.from_to(_known(widest)))
            return words.joined([text, by], "then")
        if tested:
            names = words.joined([words.quoted(s.name) for s in tested], "or")
            return words.joined([text, words.say("figure_stage_open", segments=names)], "then")
        return text

    def methods(self) -> list[str]:
        """Say what the column is, and how segments are tested."""
        words = self.words
        said = [words.say("figure_stage_column", answer=words.quoted(self.answers[0]))]
        tests = [
            words.say("figure_stage_test", segment=words.quoted(s.name), p=words.p_equals(s.p))
            for s in self.segments
            if math.isfinite(s.p)
        ]
        if tests:
            adjustment = words.adjustment(self.adjustment)
            said.append(words.say("figure_stage_tests", tests=words.joined(tests, "then"), adjustment=adjustment))
        return said

    def alt(self) -> str:
        """Return each row's numbers in words."""
        words, spoken = self.words, []
        for segment, row in self._named():
            label = f"{segment} – {row.first.label}" if segment else row.first.label
            if not row.is_known:
                spoken.append(words.say("figure_alt_unknown", label=label))
                continue
            told = zip(self.answers, row.shares, strict=True)
            parts = ", ".join(f"{answer} {words.form.percent(share)}" for answer, share in told)
            spoken.append(words.say("figure_alt_bar", label=label, parts=parts, n=words.count(row.first.n)))
        return " ".join(spoken)

    def compose(self, page: Page, spread: float) -> None:
        """Lay legend and rows out below what is on the page."""
        headings, at = {}, 1
        for segment in self.segments:
            headings[at] = segment.name
            at += len(segment.levels)
        columns = self._columns()
        place = across(page, [i.marked_label for i in self.items], [Panel(), *columns], headings)
        panel = place.panels[0]
        scale = panel.scale(0.0, 1.0)
        neutral = self.neutral
        left = len(self.answers) // 2 if neutral is None else neutral
        middle = len(self.answers) % 2 if neutral is None else 1
        colours = diverging(len(self.answers) - left - middle, middle, left)[::-1]
        legend(page, place, self.answers, [filled(colour) for colour in colours], header_height(page, place))
        bars = [segments(page, panel, row.shares, colours, 0.0, scale, self.words) for row in self.rows]
        above = 0.0 if all(s.inside for bar in bars for s in bar) else ABOVE * page.type
        rows_at = down(page, place, BAR * page.type, above, spread)
        for bar, y in zip(bars, rows_at.middles, strict=True):
            put_labels(page, bar, y)

        def marks(axes: Axes) -> None:
            for bar, y in zip(bars, rows_at.middles, strict=True):
                draw_segments(axes, page, bar, y)

        steps = share_ticks(0, 1, steps_for(page, panel.right - panel.left))
        ticks = [(scale(share), self.words.form.percent(share, 0)) for share in steps]
        put_axes(page, rows_at.bands, [Axis(panel, ticks, marks)])

    def _named(self) -> list[tuple[str, Stages]]:
        levels = [(segment.name, level) for segment in self.segments for level in segment.levels]
        return [("", self.total), *levels]

    def _columns(self) -> list[Column]:
        words = self.words
        level = words.form.percent(self.total.first.level, 0)
        header = words.header(self.answers[0], words.say("figure_header_first"))
        shares = tuple(words.share_with_interval(i) if math.isfinite(i.share) else "–" for i in self.items)
        return [
            Column(f"{header}\n{words.say('figure_header_interval', level=level)}", shares, spared=2),
            Column("n", tuple(words.count(i.n) for i in self.items), role="muted"),
        ]


def _known(segment: Segment) -> list[Item]:
    """Return the first stage of the levels that have one, the largest first; without small bases where others are."""
    known = [level.first for level in segment.levels if math.isfinite(level.first.share)]
    large = [i for i in known if not i.small]
    return sorted(large if len(large) > 1 else known, key=lambda i: -i.share)
