"""Diverging bars: the ordered answers of each item of a battery, split at a common zero."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes

from b2bsurvey.questionnaire import MISSING_REASONS, Answer, Question
from b2bsurvey.render.figures.items import Item, Rows, item_of
from b2bsurvey.render.figures.legend import filled, legend
from b2bsurvey.render.figures.page import Page
from b2bsurvey.render.figures.rows import Axis, Column, Panel, across, down, header_height, put_axes
from b2bsurvey.render.figures.segments import ABOVE, BAR, draw_segments, known_shares, put_labels, segments
from b2bsurvey.render.figures.style import INK, diverging
from b2bsurvey.render.figures.ticks import share_ticks, steps_for
from b2bsurvey.render.figures.wording import Wording


@dataclass(frozen=True)
class Scale:
    """The answers from left to right, of which the first `left` stand left of zero and `neutral` (0, 1) astride."""

    answers: tuple[Answer, ...]
    left: int
    neutral: int
    top: tuple[str, ...]

    @property
    def colours(self) -> list[str]:
        """One colour an answer."""
        return diverging(self.left, self.neutral, len(self.answers) - self.left - self.neutral)


@dataclass(frozen=True)
class Bar:
    """One item: the share of its top answers, the shares of all answers, and how many gave no substantive one."""

    item: Item
    shares: tuple[float, ...]
    missing: tuple[int, ...]


def scale_of(question: Question) -> Scale:
    """Return the answers with the top ones at the right; the declared neutral or middle answer stands astride zero.

    Answers without an order all stand right of zero.
    """
    answers = question.answers
    codes = [a.code for a in answers]
    top = question.top or (codes[-1],)
    if sum(codes.index(c) for c in top) / len(top) < (len(codes) - 1) / 2:
        answers, codes = answers[::-1], codes[::-1]
    if question.level == "nominal" and len(codes) > 2:
        return Scale(answers, 0, 0, top)
    if question.neutral:
        return Scale(answers, codes.index(question.neutral), 1, top)
    return Scale(answers, len(codes) // 2, len(codes) % 2, top)


def bars_of(rows: Rows, answered: Rows, question: Question, language: str) -> tuple[list[Bar], list[str]]:
    """Return the items, largest top share first, and the missing reasons that any of them has."""
    scale = scale_of(question)
    reasons = [
        r for r in MISSING_REASONS if any(answer == r and row["count"] > 0 for (_, answer, _), row in answered.items())
    ]
    bars = []
    for i in question.items:
        whole = ("+".join(scale.top), "top2") if question.top else (scale.top[0], "proportion")
        shares = tuple(item_of(rows, "", i.code, a.code).share for a in scale.answers)
        missing = tuple(item_of(answered, "", i.code, r).count or 0 for r in reasons)
        bars.append(Bar(item_of(rows, i.label[language], i.code, *whole), shares, missing))
    return sorted(bars, key=lambda b: b.item.order), reasons


@dataclass(frozen=True)
class Diverging:
    """Diverging bars of the items of a battery."""

    bars: Sequence[Bar]
    reasons: Sequence[str]
    scale: Scale
    words: Wording

    @property
    def items(self) -> list[Item]:
        """The items with the share of their top answers."""
        return [b.item for b in self.bars]

    def title(self) -> str:
        """Say from where to where the share of the top answers runs."""
        text = self.words.from_to([b.item for b in self.bars if math.isfinite(b.item.share)])
        return self.words.say("figure_title_answers", answers=self._top(quoted=True), text=text)

    def methods(self) -> list[str]:
        """Say what the bars and the column beside them are."""
        return [self.words.say("figure_top_share", answers=self._top(quoted=True))]

    def alt(self) -> str:
        """Return each item's numbers in words."""
        say, form, words = self.words.say, self.words.form, self.words
        spoken = []
        for bar in self.bars:
            if not math.isfinite(bar.item.share):
                spoken.append(say("figure_alt_unknown", label=bar.item.label))
                continue
            parts = [
                f"{a.label[words.language]} {form.percent(s)}"
                for a, s in zip(self.scale.answers, bar.shares, strict=True)
            ]
            spoken.append(
                say("figure_alt_bar", label=bar.item.label, parts=", ".join(parts), n=words.count(bar.item.n))
            )
        return " ".join(spoken)

    def compose(self, page: Page, spread: float) -> None:
        """Lay legend and rows out below what is on the page."""
        place = across(page, [i.marked_label for i in self.items], [Panel(), *self._columns()])
        panel = place.panels[0]
        starts = [-self._left_of_zero(bar.shares) for bar in self.bars]
        ends = [start + sum(known_shares(bar.shares)) for start, bar in zip(starts, self.bars, strict=True)]
        low, high = min(starts), max(*ends, 0.05)
        at = share_ticks(low, high, steps_for(page, panel.right - panel.left))
        at = [t for t in at if low - 0.05 <= t <= high + 0.05]
        scale = panel.scale(min(low, at[0]), max(high, at[-1]))
        labels = [a.label[self.words.language] for a in self.scale.answers]
        legend(page, place, labels, [filled(colour) for colour in self.scale.colours], header_height(page, place))
        rows = [
            segments(page, panel, bar.shares, self.scale.colours, start, scale, self.words)
            for start, bar in zip(starts, self.bars, strict=True)
        ]
        above = 0.0 if all(s.inside for row in rows for s in row) else ABOVE * page.type
        rows_at = down(page, place, BAR * page.type, above, spread)
        for row, middle in zip(rows, rows_at.middles, strict=True):
            put_labels(page, row, middle)

        line = 0.5 if self.scale.neutral else 2  # behind bars that stand astride it

        def marks(axes: Axes) -> None:
            for band in rows_at.bands:
                axes.vlines(scale(0), *band, color=INK, linewidth=0.12 * page.type, clip_on=False, zorder=line)
            for row, middle in zip(rows, rows_at.middles, strict=True):
                draw_segments(axes, page, row, middle)

        # both sides of 0 count upwards
        ticks = [(scale(share), self.words.form.percent(abs(share), 0)) for share in at]
        put_axes(page, rows_at.bands, [Axis(panel, ticks, marks)])

    def _left_of_zero(self, shares: Sequence[float]) -> float:
        shares, left = known_shares(shares), self.scale.left
        return sum(shares[:left]) + sum(shares[left : left + self.scale.neutral]) / 2

    def _columns(self) -> list[Column]:
        say, form, words = self.words.say, self.words.form, self.words
        level = form.percent(self.items[0].level, 0)
        shares = tuple(words.share_with_interval(i) if math.isfinite(i.share) else "–" for i in self.items)
        name = words.header(self._top(quoted=False), say("figure_header_top", k=len(self.scale.top)))
        columns = [
            Column(f"{name}\n{say('figure_header_interval', level=level)}", shares),
            Column("n", tuple(words.count(i.n) for i in self.items), role="muted"),
        ]
        for k, reason in enumerate(self.reasons):
            cells = tuple(words.count(b.missing[k]) for b in self.bars)
            columns.append(Column(say(f"figure_{reason}"), cells, role="muted"))
        return columns

    def _top(self, quoted: bool) -> str:
        labels = [a.label[self.words.language] for a in self.scale.answers if a.code in self.scale.top]
        return self.words.joined([self.words.quoted(label) if quoted else label for label in labels], "or")
