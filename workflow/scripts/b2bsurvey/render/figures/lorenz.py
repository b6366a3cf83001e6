"""Lorenz curve: how unequally a total is spread over respondents, channels or spokespersons."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes

from b2bsurvey.render.figures.items import Item
from b2bsurvey.render.figures.marks import STRONG, draw_dots
from b2bsurvey.render.figures.page import Page
from b2bsurvey.render.figures.plane import plane
from b2bsurvey.render.figures.style import BLUE, BLUE_TINT, MUTED
from b2bsurvey.render.figures.ticks import share_ticks
from b2bsurvey.render.figures.value import UNKNOWN, Value
from b2bsurvey.render.figures.wording import Wording

HEIGHT, WIDTH, ROWS = 24.0, 1.25, 6  # height in type sizes; width in heights; rows that it counts for where rows spread


@dataclass(frozen=True)
class Concentration:
    """A total's spread: `points` are shares (0–1) of units, the smallest first, and of the total that they hold.

    `top` is the share of the total that the largest units hold, `top_units` their share of all units.
    """

    points: Sequence[tuple[float, float]]
    name: str
    words: Wording
    gini: Value = UNKNOWN
    top: Value = UNKNOWN
    top_units: float = 0.1
    n: int = 0
    small: bool = False
    notes: Sequence[str] = ()  # further sentences on how the curve was made

    @property
    def items(self) -> list[Item]:
        """No shares: the caption of this chart is its own."""
        return []

    def title(self) -> str:
        """Say what the largest hold, and the Gini coefficient."""
        words, said = self.words, []
        if self.top.is_known:
            units = words.share(self.top_units)
            value = f"{words.share(self.top.estimate)} {words.bounds(self.top, 0, 100)}".rstrip()
            said.append(words.say("figure_lorenz_top", units=units, value=value))
        if self.gini.is_known:
            said.append(words.say("figure_lorenz_gini", value=self._gini()))
        text = words.joined(said or [words.say("figure_ecdf_unknown")], "then")
        return words.say("figure_title_topic", topic=self.name, text=text)

    def methods(self) -> list[str]:
        """Say of how many units, and how the curve is read."""
        said = [self.words.say("figure_lorenz_method", n=self.words.count(self.n)), *self.notes]
        return said + ([self.words.say("figure_small_base")] if self.small else [])

    def alt(self) -> str:
        """Return what the units with the least hold, by quarters, in words."""
        return self.words.joined(self._least(), "then") + "."

    def compose(self, page: Page, spread: float) -> None:
        """Lay the curve out below what is on the page, beside the line of equal parts."""
        words = self.words
        height = min(HEIGHT * page.type + ROWS * spread, (page.right - page.margin) / WIDTH)
        right = min(page.margin + 3 * page.type + height * WIDTH, page.right - 1.2 * page.type)
        ticks = [(t, words.form.percent(t, 0)) for t in share_ticks(0, 1, 4)]
        titles = (words.say("figure_lorenz_across"), words.say("figure_lorenz_up", name=self.name))
        at = plane(page, height, ticks, ticks, titles, right)
        curve = [(0.0, 0.0), *self.points, (1.0, 1.0)]
        xs, ys = [at.x(x) for x, _ in curve], [at.y(y) for _, y in curve]

        def marks(axes: Axes) -> None:
            equal = [at.y(x) for x, _ in curve]
            axes.fill_between(xs, ys, equal, color=BLUE_TINT, linewidth=0, zorder=0.4)
            axes.plot(xs, equal, color=MUTED, linestyle="--", linewidth=0.12 * page.type)
            axes.plot(xs, ys, color=BLUE, linewidth=0.24 * page.type, clip_on=False)
            if self.top.is_known:
                draw_dots(axes, page, [(at.x(1 - self.top_units), at.y(1 - self.top.estimate))], STRONG)

        page.draw(marks)
        self._notes(page, right + 1.5 * page.type, at.top)
        page.rows = ROWS

    def _notes(self, page: Page, left: float, top: float) -> None:
        """Put numbers of the curve beside it, where there is room."""
        words = self.words
        notes = [words.say("figure_lorenz_equal"), *self._least()]
        notes += [words.say("figure_lorenz_gini", value=self._gini())] if self.gini.is_known else []
        if page.right - left < 12 * page.type:
            return
        for note in notes:
            for line in page.wrap(note[:1].upper() + note[1:], page.right - left):
                page.text(left, top + page.leading() / 2, line, "muted")
                top += page.leading()
            top += 0.5 * page.type

    def _least(self) -> list[str]:
        """Say what the quarter, half … with the least hold."""
        words, said = self.words, []
        for units in (0.25, 0.5, 0.75, 0.9):
            share = max((total for part, total in self.points if part <= units + 1e-12), default=math.nan)
            if math.isfinite(share):
                units_text, text = words.form.percent(units, 0), words.form.percent(share)
                said.append(words.say("figure_lorenz_least", units=units_text, value=text))
        return said

    def _gini(self) -> str:
        return f"{self.words.form.number(self.gini.estimate, 2)} {self.words.bounds(self.gini, 2)}".rstrip()
