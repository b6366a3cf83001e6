"""The whole distribution of a number: which share of respondents gave at most each value, and its centre."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes

from b2bsurvey.render.figures.items import Item
from b2bsurvey.render.figures.legend import Key, dotted, legend_over
from b2bsurvey.render.figures.marks import FIRST, SECOND, Look, draw_dots, draw_interval
from b2bsurvey.render.figures.page import Box, Page
from b2bsurvey.render.figures.plane import plane
from b2bsurvey.render.figures.style import INK
from b2bsurvey.render.figures.ticks import decimals, number_ticks, share_ticks
from b2bsurvey.render.figures.value import UNKNOWN, Value
from b2bsurvey.render.figures.wording import Wording

YEARS = (1900, 2100)  # numbers without a unit that lie between these are years
HEIGHT, ROWS = 18.0, 8  # of the plane: in type sizes; rows that it counts for where rows spread


@dataclass(frozen=True)
class Distribution:
    """A number's distribution: `steps` are values, ascending, and the share (0–1) of respondents up to each.

    `claimed` is a value from elsewhere to compare the mean with (without one: the median), `source` who published it
    and `p` the adjusted p value of its test; `unit` is what it counts; `base` says whom it is of, where it is not
    those who gave a number.
    """

    steps: Sequence[tuple[float, float]]
    name: str
    words: Wording
    mean: Value = UNKNOWN
    median: Value = UNKNOWN
    claimed: float = math.nan
    source: str = ""
    p: float = math.nan
    unit: str = ""
    n: int = 0
    small: bool = False
    base: str = ""

    @property
    def centre(self) -> Value:
        """What the claimed value is compared with."""
        return self.mean if self.mean.is_known else self.median

    @property
    def items(self) -> list[Item]:
        """No shares: the caption of this chart is its own."""
        return []

    def title(self) -> str:
        """Say mean and median, and whether the claimed value is clearly another."""
        words, said = self.words, []
        for key, value in (("mean", self.mean), ("median", self.median)):
            if value.is_known:
                said.append(words.say(f"figure_ecdf_{key}", value=self._with_interval(value)))
        if not said:
            return words.say("figure_title_topic", topic=self.name, text=words.say("figure_ecdf_unknown"))
        text = words.say("figure_title_topic", topic=self.name, text=", ".join(said))
        if not math.isfinite(self.claimed) or math.isnan(self.centre.low):
            return text
        within = self.centre.low <= self.claimed <= self.centre.high or self.p >= 1 - self.centre.level
        way = "open" if within else "below" if self.centre.high < self.claimed else "above"
        what = words.say("figure_ecdf_what_mean" if self.mean.is_known else "figure_ecdf_what_median")
        claim = words.say(f"figure_ecdf_{way}", what=what, claimed=self._amount(self.claimed))
        return words.joined([text, claim], "then")

    def methods(self) -> list[str]:
        """Say of how many respondents, and how the centres are drawn."""
        known = [v for v in (self.mean, self.median) if v.is_known and not math.isnan(v.low)]
        said = [self.base or self.words.say("figure_ecdf_n", n=self.words.count(self.n))]
        if known:
            said.append(self.words.say("figure_ecdf_intervals", level=self.words.form.percent(known[0].level, 0)))
        if self.source:
            said.append(self.words.say("figure_ecdf_source", source=self.source))
        return said + ([self.words.say("figure_small_base")] if self.small else [])

    def alt(self) -> str:
        """Return centre, claimed value and the values that split respondents into tenths, in words."""
        words = self.words
        said = [text for text, *_ in self._centres()] + ([self._claim()] if math.isfinite(self.claimed) else [])
        tenths = []
        for share in (0.1, 0.25, 0.5, 0.75, 0.9):
            value = next((v for v, up_to in self.steps if up_to >= share - 1e-12), math.nan)
            if math.isfinite(value):
                tenths.append(
                    words.say("figure_ecdf_up_to", share=words.form.percent(share, 0), value=self._amount(value))
                )
        return words.joined([*said, *tenths], "then") + "."

    def compose(self, page: Page, spread: float) -> None:
        """Lay the curve out below what is on the page, with lines at mean, median and the claimed value."""
        words = self.words
        keys: list[tuple[str, Key]] = [(text, dotted(page, look)) for text, _, look in self._centres()]
        if math.isfinite(self.claimed):
            keys.append((self._claim(), _dashes(page.type)))
        legend_over(page, keys)
        centres = [(value, look) for _, value, look in self._centres()]
        marked = [x for v, _ in centres for x in (v.estimate, v.low, v.high) if math.isfinite(x)]
        marked += [self.claimed] if math.isfinite(self.claimed) else []
        values = [value for value, _ in self.steps] + marked
        x_ticks = self._x_ticks(page, values)
        pitch = 1.3 * page.type
        at = plane(
            page,
            HEIGHT * page.type + ROWS * spread,
            x_ticks,
            [(tick, words.form.percent(tick, 0)) for tick in share_ticks(0, 1, 4)],
            (self.name, words.say("figure_ecdf_axis")),
            strip=len(centres) * pitch,
        )
        page.rows = ROWS

        def marks(axes: Axes) -> None:
            for i, (value, look) in enumerate(centres):
                x, y = at.x(value.estimate), at.top - (i + 0.75) * pitch
                axes.plot([x, x], [y, at.bottom], color=look.colour, linewidth=0.14 * page.type, clip_on=False)
                if math.isfinite(value.low) and math.isfinite(value.high):
                    draw_interval(axes, page, at.x(value.low), at.x(value.high), y, look)
                draw_dots(axes, page, [(x, y)], look)
            if math.isfinite(self.claimed):
                x, top = at.x(self.claimed), at.top - len(centres) * pitch
                axes.plot(
                    [x, x], [top, at.bottom], color=INK, linestyle="--", linewidth=0.14 * page.type, clip_on=False
                )
            corners = [(at.across.left, at.bottom)]
            for step, share in self.steps:
                corners += [(at.x(step), corners[-1][1]), (at.x(step), at.y(share))]
            corners.append((at.across.right, corners[-1][1]))
            xs, ys = zip(*corners, strict=True)
            axes.plot(xs, ys, color=INK, linewidth=0.2 * page.type, clip_on=False, solid_joinstyle="miter")

        page.draw(marks)

    def _x_ticks(self, page: Page, values: Sequence[float]) -> list[tuple[float, str]]:
        """Return as many round numbers as have room for their labels."""
        room = page.right - page.margin - 5 * page.type
        for most in range(8, 0, -1):
            ticks = number_ticks(min(values), max(values), most)
            texts = [self.words.amount(tick, self.unit, decimals(ticks), self._are_years) for tick in ticks]
            if page.widest(texts, "tick") + page.type <= room / len(ticks):
                break
        return list(zip(ticks, texts, strict=True))

    def _centres(self) -> list[tuple[str, Value, Look]]:
        """Return mean and median as far as they are known: in words, and how they are drawn."""
        return [
            (self.words.say(f"figure_ecdf_{key}", value=self._with_interval(value)), value, look)
            for key, value, look in (("mean", self.mean, FIRST), ("median", self.median, SECOND))
            if value.is_known
        ]

    def _claim(self) -> str:
        return self.words.say("figure_ecdf_claimed", value=self._amount(self.claimed))

    def _with_interval(self, value: Value) -> str:
        whole = all(x == round(x) for x in (value.estimate, value.low, value.high) if math.isfinite(x))
        digits = 0 if whole else self._precision()
        text = self.words.amount(value.estimate, self.unit, digits, self._are_years)
        return f"{text} {self.words.bounds(value, digits, years=self._are_years)}".rstrip()

    def _amount(self, value: float) -> str:
        digits = 0 if value == round(value) else self._precision()
        return self.words.amount(value, self.unit, digits, self._are_years)

    @property
    def _are_years(self) -> bool:
        return not self.unit and all(YEARS[0] <= value <= YEARS[1] and value == round(value) for value, _ in self.steps)

    def _precision(self) -> int:
        """Return how many decimals tell means of values of this spread apart."""
        values = [value for value, _ in self.steps]
        spread = max(values) - min(values) if values else 0.0
        return 1 if spread == 0 else min(max(2 - math.floor(math.log10(spread / 2)), 0), 4)


def _dashes(size: float) -> Key:
    def draw(box: Box, axes: Axes) -> None:
        left, top, right, bottom = box
        middle, width = (left + right) / 2, 0.14 * size
        axes.plot([middle, middle], [bottom, top], color=INK, linestyle="--", linewidth=width, clip_on=False)

    return draw
