"""Forest plots: the terms of a model as odds ratios, and beside them as average marginal effects."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from matplotlib.axes import Axes

from b2bsurvey.render.figures.items import Item
from b2bsurvey.render.figures.marks import BAR, QUIET, STRONG, draw_arrow, draw_dots, draw_interval
from b2bsurvey.render.figures.page import Page
from b2bsurvey.render.figures.rows import Axis, Column, Panel, Span, across, down, header_height, put_axes
from b2bsurvey.render.figures.ticks import decimals, number_ticks, ratio_ticks, steps_for
from b2bsurvey.render.figures.value import UNKNOWN, Value
from b2bsurvey.render.figures.wording import Wording

FURTHEST = 1000.0  # ratio at which an axis ends in any case
FAR = 4.0  # an interval that goes further from the outermost estimate is cut there: times for ratios
MOST_STEPS = 8  # of an axis
LEAST = 9.0  # width of a panel, in type sizes; with less, the panels stand below each other


@dataclass(frozen=True)
class Term:
    """A term of a model: its odds ratio, and its average marginal effect (−1…1) or coefficient."""

    label: str
    ratio: Value = UNKNOWN
    effect: Value = UNKNOWN

    @property
    def is_known(self) -> bool:
        """Whether there is any estimate."""
        return self.ratio.is_known or self.effect.is_known

    @property
    def is_clear(self) -> bool:
        """Whether the term is clearly associated with the outcome: by the odds ratio where there is one."""
        return self.ratio.is_clear if self.ratio.is_known else self.effect.is_clear

    @property
    def distance(self) -> float:
        """How far the estimate is from no association: the logarithm of a ratio, else the effect."""
        return abs(math.log(self.ratio.estimate)) if self.ratio.is_known else abs(self.effect.estimate)


@dataclass(frozen=True)
class TermGroup:
    """The terms of one variable; those of categories are against the `reference`. Nameless terms stand alone."""

    name: str
    terms: Sequence[Term]
    reference: str = ""


@dataclass(frozen=True)
class Forest:
    """The terms of a model in groups; `notes` are sentences on the model: its base and fit.

    `finding` is the title, where it is not about how many terms are clearly associated.
    """

    groups: Sequence[TermGroup]
    outcome: str
    words: Wording
    effect: Literal["points", "coefficient"] = "points"
    adjustment: str = "holm"
    notes: Sequence[str] = ()
    finding: str = ""

    @property
    def terms(self) -> list[Term]:
        """All terms."""
        return [term for group in self.groups for term in group.terms]

    @property
    def has_ratios(self) -> bool:
        """Whether any term has an odds ratio."""
        return any(term.ratio.is_known for term in self.terms)

    @property
    def has_effects(self) -> bool:
        """Whether any term has an effect."""
        return any(term.effect.is_known for term in self.terms)

    @property
    def items(self) -> list[Item]:
        """No shares: the caption of this chart is its own."""
        return []

    def title(self) -> str:
        """Say how many terms are clearly associated with the outcome, and which most."""
        if self.finding:
            return self.finding
        words, outcome = self.words, self.words.quoted(self.outcome)
        known = [(group, term) for group in self.groups for term in group.terms if term.is_known]
        if not known:
            return words.say("figure_forest_nothing", outcome=outcome)
        clear = [(group, term) for group, term in known if term.is_clear]
        group, term = max(clear or known, key=lambda pair: pair[1].distance)
        label = words.quoted(term.label)
        if group.reference:
            label = words.say("figure_reference", name=label, reference=words.quoted(group.reference))
        told = {"outcome": outcome, "label": label, "value": self._named(term), "k": len(known), "m": len(clear)}
        null = words.form.number(1 if term.ratio.is_known else 0)
        return words.say(f"figure_forest_{'clear' if clear else 'none'}", **told, null=null)

    def methods(self) -> list[str]:
        """Say of whom the model is, when a term is clear, and that associations are no effects."""
        values = [term.ratio if self.has_ratios else term.effect for term in self.terms]
        said = [*self.notes, *self.words.clear(values, self.adjustment), self.words.say("figure_forest_method")]
        axes = [make(MOST_STEPS) for _, _, make in self._blocks()]
        cut = any(scale.is_cut(value) for scale in axes for value in scale.values)
        return [*said, *([self.words.say("figure_forest_cut")] if cut else [])]

    def alt(self) -> str:
        """Return each term's numbers in words."""
        words, spoken = self.words, []
        for group in self.groups:
            for term in group.terms:
                label = f"{self._heading(group)} – {term.label}" if group.name else term.label
                parts = self._named(term) if term.is_known else ""
                key = "figure_alt_parts" if parts else "figure_alt_unknown"
                spoken.append(words.say(key, label=label, parts=parts))
        return " ".join(spoken)

    def compose(self, page: Page, spread: float) -> None:
        """Lay the terms out below what is on the page, ratios beside effects, or above them on a narrow page."""
        blocks = self._blocks()
        parts = [part for panel, column, _ in blocks for part in (panel, column())]
        place = across(page, self._labels(), parts, self._headings(), least=0.3)
        if len(blocks) == 1 or min(s.right - s.left for s in place.panels) >= LEAST * page.type:
            self._put(page, spread, blocks)
            return
        for block in blocks:
            self._put(page, spread, [block])
            page.y += 1.5 * page.type
        page.rows *= len(blocks)

    def _blocks(self) -> list["_Block"]:
        """Return header, column and axis of each measure that any term has."""
        blocks: list[_Block] = []
        if self.has_ratios:
            blocks.append((Panel(self.words.say("figure_odds_ratio_axis")), self._ratios, self._ratio_axis))
        if self.has_effects:
            blocks.append((Panel(self.words.say(f"figure_effect_{self.effect}")), self._effects, self._effect_axis))
        return blocks

    def _put(
        self,
        page: Page,
        spread: float,
        blocks: Sequence["_Block"],
    ) -> None:
        parts = [part for panel, column, _ in blocks for part in (panel, column())]
        place = across(page, self._labels(), parts, self._headings(), least=0.3)
        page.y += header_height(page, place)
        rows = down(page, place, BAR * page.type, 0.0, spread)
        axes = []
        for (_, _, make), panel in zip(blocks, place.panels, strict=True):
            scale = make(steps_for(page, panel.right - panel.left, 3.6))
            at = scale.over(panel)
            ticks = [(at(tick), text) for tick, text in zip(scale.ticks, scale.texts, strict=True)]
            axes.append(Axis(panel, ticks, self._marks(page, scale, at, rows.middles), at(scale.null)))
        put_axes(page, rows.bands, axes)

    def _marks(
        self, page: Page, scale: "_Scale", at: Callable[[float], float], middles: Sequence[float]
    ) -> Callable[[Axes], None]:
        def marks(axes: Axes) -> None:
            for clear, look in ((False, QUIET), (True, STRONG)):
                dots = []
                for term, value, y in zip(self.terms, scale.values, middles, strict=True):
                    if term.is_clear is not clear or not value.is_known:
                        continue
                    if scale.ticks[0] <= value.estimate <= scale.ticks[-1]:
                        dots.append((at(value.estimate), y))
                    if not math.isnan(value.low):
                        low, high = (min(max(b, scale.ticks[0]), scale.ticks[-1]) for b in (value.low, value.high))
                        draw_interval(axes, page, at(low), at(high), y, look)
                        for bound, end in ((value.low, low), (value.high, high)):
                            if bound != end:
                                draw_arrow(axes, page, at(end), y, look, to_right=bound > end)
                draw_dots(axes, page, dots, look)

        return marks

    def _labels(self) -> list[str]:
        return [term.label for term in self.terms]

    def _headings(self) -> dict[int, str]:
        headings, at = {}, 0
        for i, group in enumerate(self.groups):
            if group.name or (i and self.groups[i - 1].name):
                headings[at] = self._heading(group)
            at += len(group.terms)
        return headings

    def _heading(self, group: TermGroup) -> str:
        if not group.reference:
            return group.name
        return self.words.say("figure_reference", name=group.name, reference=group.reference)

    def _ratios(self) -> Column:
        cells = tuple(self.words.ratio(term.ratio) for term in self.terms)
        return Column(self._interval_header(), cells, roles=self._roles())

    def _effects(self) -> Column:
        words = self.words
        if self.effect == "points":
            cells = tuple(words.points(t.effect) if t.effect.is_known else "–" for t in self.terms)
        else:
            cells = tuple(words.coefficient(t.effect) if t.effect.is_known else "–" for t in self.terms)
        return Column(self._interval_header(), cells, roles=self._roles())

    def _roles(self) -> tuple[str, ...]:
        return tuple("strong" if term.is_clear else "body" for term in self.terms)

    def _interval_header(self) -> str:
        level = next((v.level for t in self.terms for v in (t.ratio, t.effect) if v.is_known), 0.95)
        return self.words.say("figure_header_interval", level=self.words.form.percent(level, 0))

    def _named(self, term: Term) -> str:
        words, parts = self.words, []
        if term.ratio.is_known:
            measure = words.say("figure_odds_ratio")
            parts.append(words.say("figure_forest_named", measure=measure, value=words.ratio(term.ratio)))
        elif self.effect == "coefficient" and term.effect.is_known:
            parts.append(words.coefficient(term.effect))
        if self.effect == "points" and term.effect.is_known:
            parts.append(words.in_points(term.effect))
        return ", ".join(parts)

    def _ratio_axis(self, steps: int) -> "_Scale":
        values = [term.ratio for term in self.terms]
        known = [v for v in values if v.is_known]
        low, high = _reach(known, lambda e: e / FAR, lambda e: e * FAR)
        ticks = ratio_ticks(max(low, 1 / FURTHEST), min(high, FURTHEST), steps)
        texts = [self.words.exact(tick) for tick in ticks]
        return _Scale(values, ticks, texts, 1.0, logarithmic=True)

    def _effect_axis(self, steps: int) -> "_Scale":
        values = [term.effect for term in self.terms]
        known = [v for v in values if v.is_known]
        span = max([abs(v.estimate) for v in known] + [0.01])
        low, high = _reach(known, lambda e: e - FAR * span, lambda e: e + FAR * span)
        ticks = number_ticks(min(low, 0.0), max(high, 0.0), steps)
        times = 100 if self.effect == "points" else 1
        digits = decimals([times * tick for tick in ticks])
        texts = [self.words.signed(times * tick, digits) for tick in ticks]
        return _Scale(values, ticks, texts, 0.0, logarithmic=False)


@dataclass(frozen=True)
class _Scale:
    """The axis of a panel: what is shown on it, its ticks from end to end, and the value of no association."""

    values: Sequence[Value]
    ticks: Sequence[float]
    texts: Sequence[str]
    null: float
    logarithmic: bool

    def over(self, panel: Span) -> Callable[[float], float]:
        """Return what turns a value into a position on the page."""
        if not self.logarithmic:
            return panel.scale(self.ticks[0], self.ticks[-1])
        scale = panel.scale(math.log(self.ticks[0]), math.log(self.ticks[-1]))
        return lambda value: scale(math.log(value))

    def is_cut(self, value: Value) -> bool:
        """Whether an interval goes on beyond the axis."""
        ends = (value.estimate, value.low, value.high)
        return value.is_known and any(end < self.ticks[0] or end > self.ticks[-1] for end in ends)


def _reach(
    known: Sequence[Value], down_from: Callable[[float], float], up_from: Callable[[float], float]
) -> tuple[float, float]:
    """Return how far intervals reach, but not far beyond the outermost estimates."""
    estimates = [v.estimate for v in known]
    low = max(min([v.low for v in known if not math.isnan(v.low)] + estimates), down_from(min(estimates)))
    high = min(max([v.high for v in known if not math.isnan(v.high)] + estimates), up_from(max(estimates)))
    return low, high


_Block = tuple[Panel, Callable[[], Column], Callable[[int], _Scale]]
