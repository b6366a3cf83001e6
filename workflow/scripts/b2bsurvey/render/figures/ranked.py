"""Dots with intervals: the options of a tick-all question by rank, or the answers of single questions."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes

from b2bsurvey.render.figures.items import Item, known
from b2bsurvey.render.figures.marks import BAR, QUIET, STRONG, draw_dots, draw_interval
from b2bsurvey.render.figures.page import Page
from b2bsurvey.render.figures.rows import Axis, Column, Panel, across, down, header_height, put_axes
from b2bsurvey.render.figures.ticks import share_ticks, steps_for
from b2bsurvey.render.figures.wording import NAMED_AT_MOST, Wording


@dataclass(frozen=True)
class Dots:
    """Dots with intervals, one for each item, in the order given."""

    items: Sequence[Item]
    words: Wording
    topic: str = ""  # what the items are answers to, in short
    separate: bool = False  # questions of their own rather than answers of one
    counted: int = 0  # what the counts are of, where that is not the base
    notes: Sequence[str] = ()  # further sentences on how the numbers were made

    @property
    def leaders(self) -> list[Item]:
        """The items that no other significantly exceeds, so that they may rank first."""
        return [i for i in self.items if i.rank_low == 1]

    @property
    def is_ranked(self) -> bool:
        """Whether items have intervals of their ranks."""
        return any(math.isfinite(i.rank_low) for i in self.items)

    def title(self) -> str:
        """Return what the shares and, where there are any, the intervals of the ranks allow to say."""
        text = self._finding()
        return text[:1].upper() + text[1:]

    def _finding(self) -> str:
        words = self.words
        items, leaders = sorted(known(self.items), key=lambda i: -i.share), self.leaders
        if self.separate:
            return words.each(items) if len(items) < NAMED_AT_MOST else words.from_to(items)
        ranked = [i for i in items if math.isfinite(i.rank_low)]
        first = leaders[0] if leaders else items[0]
        share, label = words.share_with_interval(first), words.quoted(first.label)
        rivals = [i for i in items if i.exclusive and i.share >= first.share]
        if not leaders or rivals or items[0].share == 0 or (len(leaders) == 1 and first.rank_high > 1):
            return self._topical(words.most_frequent(items))
        if len(leaders) == 1:
            return words.say("figure_title_leader", label=label, share=share)
        if len(leaders) == len(ranked):
            low, high = words.share(ranked[-1].share), words.share(ranked[0].share)
            return self._about("level", k=len(ranked), low=low, high=high)
        if len(leaders) > NAMED_AT_MOST:
            return self._about("many", m=len(leaders), k=len(ranked), label=label, share=share)
        labels = words.joined([words.quoted(i.label) for i in leaders])
        return words.say(
            "figure_title_group", labels=labels, shares=words.joined([words.share(i.share) for i in leaders])
        )

    def _about(self, finding: str, **values: object) -> str:
        return self._topical(self.words.say(f"figure_title_{finding}", **values))

    def _topical(self, text: str) -> str:
        return self.words.say("figure_title_topic", topic=self.topic, text=text) if self.topic else text

    def methods(self) -> list[str]:
        """Say how ranks are made, where there are any, and what else is to be said."""
        if not self.is_ranked:
            return list(self.notes)
        say, ranked = self.words.say, [i for i in self.items if math.isfinite(i.rank_low)]
        level = self.words.form.percent(ranked[0].level, 0)
        some = [say("figure_leaders")] if len(self.leaders) < len(ranked) else []
        return [say("figure_ranks", level=level, k=len(ranked)), *some, *self.notes]

    def alt(self) -> str:
        """Return each item's numbers in words."""
        return " ".join(self._spoken(i) for i in self.items)

    def _spoken(self, item: Item) -> str:
        say, form = self.words.say, self.words.form
        if not math.isfinite(item.share):
            return say("figure_alt_unknown", label=item.label)
        text = say("figure_alt_item", label=item.label, share=form.percent(item.share))
        if math.isfinite(item.low):
            text += say("figure_alt_interval", low=form.percent(item.low), high=form.percent(item.high))
        text += say("figure_alt_count", count=self.words.count(item.count), n=self.words.count(self.counted or item.n))
        return text + (say("figure_alt_rank", rank=_rank(item)) if math.isfinite(item.rank_low) else "") + "."

    def compose(self, page: Page, spread: float) -> None:
        """Lay the rows out below what is on the page."""
        place = across(page, [i.marked_label for i in self.items], [Panel(), *self._columns()])
        panel = place.panels[0]
        page.y += header_height(page, place)
        rows = down(page, place, BAR * page.type, 0.0, spread)
        dots = [(i, y) for i, y in zip(self.items, rows.middles, strict=True) if math.isfinite(i.share)]
        highest = max(i.high if math.isfinite(i.high) else max(i.share, 0.05) for i, _ in dots)
        at = share_ticks(0, highest, steps_for(page, panel.right - panel.left))
        scale = panel.scale(0, at[-1])
        muted = self.is_ranked and len(self.leaders) < len(dots)
        looks = [QUIET if muted and i not in self.leaders else STRONG for i, _ in dots]

        def marks(axes: Axes) -> None:
            for (item, y), look in zip(dots, looks, strict=True):
                if math.isfinite(item.low):
                    draw_interval(axes, page, scale(item.low), scale(item.high), y, look)
            for look in dict.fromkeys(looks):
                mine = [(scale(i.share), y) for (i, y), own in zip(dots, looks, strict=True) if own is look]
                draw_dots(axes, page, mine, look)

        ticks = [(scale(share), self.words.form.percent(share, 0)) for share in at]
        put_axes(page, rows.bands, [Axis(panel, ticks, marks)])

    def _columns(self) -> list[Column]:
        say, form, words = self.words.say, self.words.form, self.words
        bases = {i.n for i in self.items}
        of = "" if len(bases) > 1 else "\n" + say("figure_header_of", n=words.count(self.counted or min(bases)))
        columns = [
            Column(say("figure_header_share"), tuple(form.percent(i.share) for i in self.items)),
            Column(say("figure_header_count") + of, tuple(words.count(i.count) for i in self.items), role="muted"),
        ]
        if len(bases) > 1:
            columns.append(Column("n", tuple(words.count(i.n) for i in self.items), role="muted"))
        if self.is_ranked:
            level = form.percent(self.items[0].level, 0)
            header = say("figure_header_rank", level=level)
            columns.append(Column(header, tuple(_rank(i) for i in self.items), "center"))
        return columns


def _rank(item: Item) -> str:
    """Return the interval of a rank: `3–5`, or `11` where it is certain."""
    if not math.isfinite(item.rank_low):
        return "–"
    return "–".join(f"{rank:.0f}" for rank in sorted({item.rank_low, item.rank_high}))
