"""How reliable scales are: alpha with its interval, and omega beside it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes

from b2bsurvey.render.figures.items import Item
from b2bsurvey.render.figures.legend import dotted, legend
from b2bsurvey.render.figures.marks import BAR, QUIET, STRONG, TARGET, draw_dots, draw_interval
from b2bsurvey.render.figures.page import Page
from b2bsurvey.render.figures.rows import Axis, Column, Panel, across, down, header_height, put_axes
from b2bsurvey.render.figures.ticks import number_ticks, steps_for
from b2bsurvey.render.figures.value import Value
from b2bsurvey.render.figures.wording import Wording

ALPHA, OMEGA = "α", "ω"
MARK = 0.7  # what a scale should reach by a rule of thumb (Nunnally 1978)


@dataclass(frozen=True)
class ScaleReliability:
    """A scale: alpha, omega (not a number where no model could be fitted), and its complete cases."""

    label: str
    alpha: Value
    omega: float
    n: int
    small: bool = False

    @property
    def marked_label(self) -> str:
        """The label, with a dagger where the base is small."""
        return f"{self.label}\N{NO-BREAK SPACE}†" if self.small else self.label

    @property
    def reaches(self) -> bool:
        """Whether the whole interval of alpha reaches the mark."""
        return self.alpha.low >= MARK


@dataclass(frozen=True)
class Reliability:
    """Scales with a known alpha, the most reliable first."""

    scales: Sequence[ScaleReliability]
    words: Wording

    @property
    def items(self) -> list[Item]:
        """No shares: the caption of this chart is its own."""
        return []

    def title(self) -> str:
        """Say how many scales clearly reach the mark, and from where to where alpha runs."""
        words, first, last = self.words, self.scales[0], self.scales[-1]
        mark = words.form.number(MARK, 2)
        if len(self.scales) == 1:
            key = "clear" if first.reaches else "open"
            told = {"label": words.quoted(first.label), "value": self._with_interval(first)}
            return words.say(f"figure_reliability_one_{key}", mark=mark, **told)
        return words.say(
            "figure_reliability_title",
            m=sum(scale.reaches for scale in self.scales),
            k=len(self.scales),
            mark=mark,
            low=self._with_interval(last),
            low_label=words.quoted(last.label),
            high=self._with_interval(first),
            high_label=words.quoted(first.label),
        )

    def methods(self) -> list[str]:
        """Say how alpha and omega are made, of whom, and what the line is."""
        words = self.words
        level = words.form.percent(self.scales[0].alpha.level, 0)
        numbers = {"level": level, "n": words.range(s.n for s in self.scales), "mark": words.form.number(MARK, 2)}
        small = [words.say("figure_small_base")] if any(s.small for s in self.scales) else []
        return [words.say("figure_reliability_method", **numbers), *small]

    def alt(self) -> str:
        """Return each scale's numbers in words."""
        words = self.words
        return " ".join(
            words.say(
                "figure_alt_parts",
                label=scale.label,
                parts=f"{ALPHA} {self._with_interval(scale)}, {OMEGA} {self._omega(scale)}, n = {words.count(scale.n)}",
            )
            for scale in self.scales
        )

    def compose(self, page: Page, spread: float) -> None:
        """Lay legend and rows out below what is on the page."""
        words = self.words
        interval = words.say("figure_header_interval", level=words.form.percent(self.scales[0].alpha.level, 0))
        columns = [
            Column(
                f"{ALPHA}\n{interval}",
                tuple(self._with_interval(s) for s in self.scales),
                roles=tuple("strong" if s.reaches else "body" for s in self.scales),
            ),
            Column(OMEGA, tuple(self._omega(s) for s in self.scales), spared=2),
            Column("n", tuple(words.count(s.n) for s in self.scales), role="muted", spared=1),
        ]
        place = across(page, [s.marked_label for s in self.scales], [Panel(), *columns])
        panel = place.panels[0]
        keys = [dotted(page, STRONG), dotted(page, TARGET, interval=False)]
        legend(page, place, [ALPHA, OMEGA], keys, header_height(page, place))
        rows = down(page, place, BAR * page.type, 0.0, spread)
        known = [v for s in self.scales for v in (s.alpha.estimate, s.alpha.low, s.omega) if math.isfinite(v)]
        ticks = number_ticks(max(min(*known, MARK), -1.0), 1.0, steps_for(page, panel.right - panel.left, 3.6))
        scale = panel.scale(ticks[0], ticks[-1])

        def marks(axes: Axes) -> None:
            for s, y in zip(self.scales, rows.middles, strict=True):
                if math.isfinite(s.alpha.low):
                    low, high = max(s.alpha.low, ticks[0]), s.alpha.high
                    draw_interval(axes, page, scale(low), scale(high), y, STRONG if s.reaches else QUIET)
            dots = list(zip(self.scales, rows.middles, strict=True))
            for look, reaches in ((QUIET, False), (STRONG, True)):
                own = [(max(s.alpha.estimate, ticks[0]), y) for s, y in dots if s.reaches is reaches]
                draw_dots(axes, page, [(scale(x), y) for x, y in own], look)
            draw_dots(axes, page, [(scale(s.omega), y) for s, y in dots if math.isfinite(s.omega)], TARGET)

        texts = [(scale(tick), words.form.number(tick, 1)) for tick in ticks]
        put_axes(page, rows.bands, [Axis(panel, texts, marks, scale(MARK))])

    def _with_interval(self, scale: ScaleReliability) -> str:
        words = self.words
        return f"{words.form.number(scale.alpha.estimate, 2)} {words.bounds(scale.alpha, 2)}".rstrip()

    def _omega(self, scale: ScaleReliability) -> str:
        return self.words.form.number(scale.omega, 2)
