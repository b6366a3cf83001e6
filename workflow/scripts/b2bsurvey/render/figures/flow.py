"""The flow from the rows of the export to the respondents who are analysed, with what was left out and why."""

from collections.abc import Mapping
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch

from b2bsurvey.render.figures.items import Item
from b2bsurvey.render.figures.page import Page
from b2bsurvey.render.figures.style import BLUE_TINT, FRAME, MUTED, ORANGE_TINT
from b2bsurvey.render.figures.wording import Wording

ANALYSED = "analysed"


@dataclass(frozen=True)
class Flow:
    """Counts of rows by disposition; together they are all rows of the export."""

    counts: Mapping[str, int]
    words: Wording

    @property
    def rows(self) -> int:
        """All rows of the export."""
        return sum(self.counts.values())

    @property
    def analysed(self) -> int:
        """Rows that are analysed."""
        return self.counts.get(ANALYSED, 0)

    @property
    def items(self) -> list[Item]:
        """No shares."""
        return []

    def title(self) -> str:
        """Say how many of the rows are analysed."""
        key = "none" if not self.rows else "all" if self.analysed == self.rows else "some"
        n, rows = self.words.count(self.analysed), self.words.count(self.rows)
        return self.words.say(f"figure_flow_title_{key}", n=n, rows=rows)

    def methods(self) -> list[str]:
        """Say how rows are counted."""
        return [self.words.say("figure_flow_method")]

    def alt(self) -> str:
        """Return all counts in words."""
        say, count = self.words.say, self.words.count
        left_out = [f"{label}: {number}" for label, number in self._reasons()]
        return (
            f"{say('figure_flow_rows')}: {count(self.rows)}. {self._left_out()} ({'; '.join(left_out)}). "
            f"{say('figure_flow_analysed')}: {count(self.analysed)}."
        )

    def compose(self, page: Page, spread: float) -> None:
        """Lay the boxes out below what is on the page: rows above analysed, and at the right what was left out."""
        pad, top, all_of_it = 0.9 * page.type, page.y, page.right - page.margin
        wide = 0.38 * all_of_it
        heading, listed = self._left_out(), self._reasons()
        numbers = page.widest([number for _, number in listed])
        text = max(page.widest([label for label, _ in listed]) + numbers + pad, page.text_width(heading, "strong"))
        side = page.right - min(max(text + 2 * pad, wide), all_of_it - wide - 2.5 * page.type)
        inner = page.right - side - 2 * pad
        rows = [("", page.wrap(heading, inner, "strong"), "strong")]
        rows += [(n, page.wrap(label, inner - numbers - pad), "body" if n != "0" else "muted") for label, n in listed]
        needed = sum(len(lines) * page.leading() + 0.25 * page.type + spread for _, lines, _ in rows)

        words = [self._caption_of(page, key, wide - 2 * pad) for key in ("rows", "analysed")]
        box = page.leading("count") + max(map(len, words)) * page.leading() + 2 * pad
        height = max(2 * box + 2.6 * page.type, needed + 2 * pad)
        second, middle = top + height - box, page.margin + wide / 2
        for upper, total, lines in zip((top, second), (self.rows, self.analysed), words, strict=True):
            y = upper + (box - page.leading("count") - len(lines) * page.leading()) / 2 + page.leading("count")
            page.text(middle, y - page.leading("count") / 2, self.words.count(total), "count", "center")
            page.lines(middle, y + len(lines) * page.leading() / 2, lines, align="center")
        y = top + (height - needed) / 2
        for number, lines, role in rows:
            page.text(side + pad + numbers, y + page.leading() / 2, number, role, "right")
            indent = 0.0 if role == "strong" else numbers + pad
            page.lines(side + pad + indent, y + len(lines) * page.leading() / 2, lines, role)
            y += len(lines) * page.leading() + 0.25 * page.type + spread
        boxes = [(page.margin, top, wide, box, BLUE_TINT), (page.margin, second, wide, box, BLUE_TINT)]
        boxes += [(side, top, page.right - side, height, ORANGE_TINT)]
        branch = (top + box + second) / 2
        arrows = [((middle, second), (middle, top + box)), ((side, branch), (middle, branch))]
        page.draw(lambda axes: _boxes(axes, page.type, boxes, arrows))
        page.y, page.rows = top + height, len(rows)

    def _caption_of(self, page: Page, box: str, width: float) -> list[str]:
        text = self.words.say(f"figure_flow_{box}")
        if box == "analysed" and self.analysed < self.rows:
            text += f" ({self.words.form.percent(self.analysed / self.rows)})"
        return page.wrap(text, width, balance=True)

    def _left_out(self) -> str:
        return self.words.say("figure_flow_left_out", n=self.words.count(self.rows - self.analysed))

    def _reasons(self) -> list[tuple[str, str]]:
        """Return words and count of each reason."""
        return [
            (self.words.say(f"figure_disposition_{reason}"), self.words.count(number))
            for reason, number in self.counts.items()
            if reason != ANALYSED
        ]


def _boxes(
    axes: Axes,
    size: float,
    boxes: list[tuple[float, float, float, float, str]],
    arrows: list[tuple[tuple[float, float], tuple[float, float]]],
) -> None:
    for left, top, width, height, colour in boxes:
        style = f"round,pad=0,rounding_size={0.45 * size}"
        frame = FancyBboxPatch(
            (left, top), width, height, style, facecolor=colour, edgecolor=FRAME, linewidth=0.08 * size
        )
        axes.add_patch(frame).set_clip_on(False)
    for tip, tail in arrows:
        arrow = {"arrowstyle": "-|>,head_width=0.18,head_length=0.35", "color": MUTED, "shrinkA": 0, "shrinkB": 0}
        axes.annotate("", tip, tail, arrowprops=arrow | {"linewidth": 0.11 * size, "mutation_scale": 1.3 * size})
