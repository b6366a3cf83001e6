"""Which items are named together, and with nothing else: the most frequent combinations and their counts."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes

from b2bsurvey.render.figures.items import Item
from b2bsurvey.render.figures.marks import Look, draw_dots
from b2bsurvey.render.figures.page import Page
from b2bsurvey.render.figures.rows import LABEL_GAP, Across, Column, Panel, across, down, header_height
from b2bsurvey.render.figures.style import BLUE, BLUE_TINT, GRID, INK, PALE_BLUE, PALE_SLATE
from b2bsurvey.render.figures.ticks import share_ticks
from b2bsurvey.render.figures.wording import Wording

NAMED_AT_MOST = 3  # items named in a title
SHOWN_AT_MOST, HEIGHT, LEAST = 20, 9.0, 0.25  # combinations; height of the bars in type sizes; width of the panel
BAR_ROWS = 2  # rows that the bars count for where rows spread
MEMBER, ABSENT = Look(BLUE, BLUE), Look(PALE_SLATE, PALE_SLATE, size=0.6)


@dataclass(frozen=True)
class Combination:
    """The items (by place) that were named together and with nothing else, and how many respondents did so."""

    members: frozenset[int]
    item: Item


@dataclass(frozen=True)
class Combinations:
    """Combinations by frequency, the most frequent first, of items with the share that named each.

    There are `rarer` combinations beyond those `found`, of `rest` respondents together. `nothing` is the share that
    named none of the items: it is told, not drawn.
    """

    labels: Sequence[Item]
    found: Sequence[Combination]
    words: Wording
    rarer: int = 0
    rest: int = 0
    nothing: Item | None = None

    @property
    def items(self) -> list[Item]:
        """The shares of the combinations."""
        return [c.item for c in self.found]

    def title(self) -> str:
        """Name the most frequent combination, with its share."""
        words = self.words
        if not self.found:
            return words.say("figure_combination_nothing")
        first = self.found[0]
        ties = [c for c in self.found if c.item.share == first.item.share]
        if len(ties) > 1:
            share = words.share(first.item.share)
            return words.say("figure_combination_tie", m=len(ties), k=len(self.found) + self.rarer, share=share)
        share = words.share_with_interval(first.item)
        return words.say(
            "figure_combination_title", what=self._named(first), share=share, k=len(self.found) + self.rarer
        )

    def _named(self, combination: Combination) -> str:
        words, k = self.words, len(combination.members)
        labels = [words.quoted(self.labels[i].label) for i in sorted(combination.members)]
        kind = "none" if not k else "one" if k == 1 else "few" if k <= NAMED_AT_MOST else "many"
        return words.say(f"figure_combination_{kind}", labels=words.joined(labels), k=k)

    def methods(self) -> list[str]:
        """Say what a bar counts, and how many have no bar as they named nothing."""
        words = self.words
        none = words.say("figure_combination_none")
        nothing = (
            [words.say("figure_combination_nobody", none=none, share=words.share_with_interval(self.nothing))]
            if self.nothing
            else []
        )
        return [words.say("figure_combination_method"), *nothing]

    def alt(self) -> str:
        """Return each combination's numbers in words."""
        say, words, spoken = self.words.say, self.words, []
        for combination in self.found[:SHOWN_AT_MOST]:
            item = combination.item
            labels = ", ".join(self.labels[i].label for i in sorted(combination.members))
            label = labels or say("figure_combination_none")
            text = say("figure_alt_item", label=label, share=words.form.percent(item.share))
            spoken.append(text + say("figure_alt_count", count=words.count(item.count), n=words.count(item.n)) + ".")
        return " ".join(spoken)

    def compose(self, page: Page, spread: float) -> None:
        """Lay out bars and, below them, a row for each item with a dot where a combination holds it."""
        words = self.words
        shares = tuple(words.form.percent(i.share) for i in self.labels)
        columns = [Column(words.say("figure_header_share"), shares)]
        place = across(page, [i.marked_label for i in self.labels], [Panel(), *columns], least=LEAST)
        counts = [words.count(c.item.count) for c in self.found]
        needed = max(page.widest(counts, "segment") + 0.6 * page.type, 1.5 * page.type)
        room = place.right - place.left
        shown = self.found[: min(SHOWN_AT_MOST, max(1, int(room / needed)))]
        width = min(room / max(len(shown), 1), 4.5 * page.type)
        centres = [place.left + (i + 0.5) * width for i in range(len(shown))]
        self._bars(page, place, shown, centres, width, HEIGHT * page.type + BAR_ROWS * spread)
        page.y += max(0.0, header_height(page, place) - 0.3 * page.type) if place.stacked else 0.3 * page.type
        rows = down(page, place, page.type, 0.0, spread)
        page.rows += BAR_ROWS
        right = centres[-1] + width / 2 if centres else place.right

        def marks(axes: Axes) -> None:
            for top, bottom in rows.rooms[::2]:
                axes.fill_between([place.left, right], top, bottom, color=BLUE_TINT, linewidth=0)
            every = range(len(self.labels))
            for combination, x in zip(shown, centres, strict=True):
                held = [rows.middles[i] for i in sorted(combination.members)]
                draw_dots(axes, page, [(x, rows.middles[i]) for i in every if i not in combination.members], ABSENT)
                if held:
                    axes.vlines(x, held[0], held[-1], color=BLUE, linewidth=0.16 * page.type, zorder=2)
                draw_dots(axes, page, [(x, y) for y in held], MEMBER)

        page.draw(marks)
        left_out = self.found[len(shown) :]
        k, n = len(left_out) + self.rarer, sum(c.item.count or 0 for c in left_out) + self.rest
        if k:
            page.y += 0.4 * page.type
            page.paragraph(words.say("figure_combination_rest", k=k, n=words.count(n)), "muted")

    def _bars(
        self,
        page: Page,
        place: Across,
        shown: Sequence[Combination],
        centres: Sequence[float],
        width: float,
        height: float,
    ) -> None:
        """Put bars with their counts above them, and shares to read them by."""
        top = page.y + 1.5 * page.type
        bottom = top + height
        known = [bound for c in shown for bound in (c.item.share, c.item.high) if math.isfinite(bound)]
        ticks = share_ticks(0, max([*known, 0.01]), 4)

        def level(share: float) -> float:
            return bottom - share / ticks[-1] * height

        for tick in ticks:
            x = place.left - LABEL_GAP * page.type
            page.text(x, level(tick), self.words.form.percent(tick, 0), "tick", "right")
        for combination, x in zip(shown, centres, strict=True):
            item = combination.item
            tip = max(b for b in (item.share, item.high, 0.0) if math.isfinite(b))
            page.text(x, level(tip) - 0.75 * page.type, self.words.count(item.count), "segment", "center")

        def marks(axes: Axes) -> None:
            lines = [level(t) for t in ticks]
            axes.hlines(lines, place.left, place.right, color=GRID, linewidth=0.09 * page.type, zorder=0)
            for combination, x in zip(shown, centres, strict=True):
                item = combination.item
                if math.isfinite(item.share):
                    axes.bar(x, level(item.share) - bottom, 0.66 * width, bottom, color=PALE_BLUE, linewidth=0)
                if math.isfinite(item.low):
                    axes.vlines(x, level(item.high), level(item.low), color=INK, linewidth=0.12 * page.type)

        page.draw(marks)
        page.y = bottom
