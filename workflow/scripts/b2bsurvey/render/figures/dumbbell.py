"""Dumbbells: for each item two shares, in two contexts or groups, and their difference; or a sample and its target."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes

from b2bsurvey.render.figures.items import Item, known
from b2bsurvey.render.figures.legend import dotted, legend
from b2bsurvey.render.figures.marks import BAR, DOT, FIRST, SECOND, TARGET, Look, draw_dots, draw_interval, draw_link
from b2bsurvey.render.figures.page import Page
from b2bsurvey.render.figures.rows import Axis, Column, Panel, across, down, header_height, put_axes
from b2bsurvey.render.figures.style import BLUE, SLATE
from b2bsurvey.render.figures.ticks import share_ticks, steps_for
from b2bsurvey.render.figures.value import UNKNOWN, Value
from b2bsurvey.render.figures.wording import Wording, is_short

LEAST = 0.28  # of the width: marks at least, beside up to six columns


@dataclass(frozen=True)
class Pair:
    """An item's share in the first and in the second context or group, and the second minus the first."""

    label: str
    first: Item
    second: Item
    difference: Value = UNKNOWN

    @property
    def marked_label(self) -> str:
        """The label, with a dagger where a base is small."""
        return f"{self.label}\N{NO-BREAK SPACE}†" if self.first.small or self.second.small else self.label


def by_second(pairs: Sequence[Pair]) -> list[Pair]:
    """Return pairs by their second share, the largest first, those without one last."""
    return sorted(pairs, key=lambda p: (math.isnan(p.second.share), -p.second.share, -p.first.share))


def by_difference(pairs: Sequence[Pair]) -> list[Pair]:
    """Return pairs by their difference, the largest first, those without one last."""
    return sorted(pairs, key=lambda p: (not p.difference.is_known, -p.difference.estimate, -p.second.share))


@dataclass(frozen=True)
class Dumbbells:
    """Two shares and their difference for each item, in the order given."""

    pairs: Sequence[Pair]
    names: tuple[str, str]  # of the two contexts or groups
    words: Wording
    paired: bool = True  # the same respondents in both
    adjustment: str = "holm"

    @property
    def items(self) -> list[Item]:
        """All shares."""
        return [item for pair in self.pairs for item in (pair.first, pair.second)]

    def title(self) -> str:
        """Say for how many items the shares clearly differ, and where most."""
        words, tested = self.words, [p for p in self.pairs if p.difference.is_known]
        first, second = (words.quoted(name) for name in self.names)
        if not tested:
            return self._without_differences()
        clear = [p for p in tested if p.difference.is_clear]
        most = max(clear or tested, key=lambda p: abs(p.difference.estimate))
        told = {"first": first, "second": second, "label": words.quoted(most.label)}
        told["points"] = words.in_points(most.difference)
        if len(tested) == 1:
            shares = {"a": words.share(most.first.share), "b": words.share(most.second.share)}
            return words.say(f"figure_pair_one_{'clear' if clear else 'open'}", **told, **shares)
        up = sum(p.difference.estimate > 0 for p in clear)
        kind = "none" if not clear else "down" if not up else "up" if up == len(clear) else "both"
        return words.say(f"figure_pair_{kind}", **told, up=up, down=len(clear) - up, k=len(tested))

    def _without_differences(self) -> str:
        words, said = self.words, []
        for name, items in zip(self.names, zip(*((p.first, p.second) for p in self.pairs), strict=True), strict=True):
            if known(items):
                text = words.most_frequent(known(items))
                said.append(words.say("figure_title_answers", answers=words.quoted(name), text=text))
        return words.joined(said, "then")

    def methods(self) -> list[str]:
        """Say what the difference is and when it is clear."""
        words = self.words
        first, second = (words.quoted(name) for name in self.names)
        if not any(p.difference.is_known for p in self.pairs):
            return []
        kind = "paired" if self.paired else "groups"
        said = [words.say(f"figure_difference_{kind}", first=first, second=second)]
        return [*said, *words.clear([p.difference for p in self.pairs], self.adjustment)]

    def alt(self) -> str:
        """Return each item's numbers in words."""
        say, words = self.words.say, self.words
        spoken = []
        for pair in self.pairs:
            parts = [
                f"{name} {words.form.percent(item.share)}"
                for name, item in zip(self.names, (pair.first, pair.second), strict=True)
                if math.isfinite(item.share)
            ]
            if pair.difference.is_known:
                parts.append(say("figure_alt_difference", points=words.points(pair.difference)))
            key = "figure_alt_parts" if parts else "figure_alt_unknown"
            spoken.append(say(key, label=pair.label, parts=", ".join(parts)))
        return " ".join(spoken)

    def compose(self, page: Page, spread: float) -> None:
        """Lay legend and rows out below what is on the page."""
        rows = [(p.marked_label, (p.first, p.second)) for p in self.pairs]
        links = [(BLUE, True) if p.difference.is_clear else (SLATE, False) for p in self.pairs]
        numbered = [f"{i}: {name}" for i, name in enumerate(self.names, 1)]
        names = list(self.names) if all(map(is_short, self.names)) else numbered
        draw_series(page, spread, rows, names, (FIRST, SECOND), links, self._columns(), self.words)

    def _columns(self) -> list[Column]:
        say, words = self.words.say, self.words
        short = all(map(is_short, self.names))
        columns = [
            Column(
                name if short else f"{i}:",
                tuple(words.form.percent(item.share) for item in items),
                spared=3,
            )
            for i, (name, items) in enumerate(
                zip(self.names, zip(*((p.first, p.second) for p in self.pairs), strict=True), strict=True), 1
            )
        ]
        differences = [p.difference for p in self.pairs]
        if any(d.is_known for d in differences):
            roles = tuple("strong" if d.is_clear else "body" for d in differences)
            cells = tuple(words.points(d) if d.is_known else "–" for d in differences)
            level = words.form.percent(differences[0].level, 0)
            header = f"{say('figure_header_difference')}\n{say('figure_header_interval', level=level)}"
            columns.append(Column(header, cells, roles=roles))
        if any(math.isfinite(d.p) for d in differences):
            columns.append(words.p_column(differences, self.adjustment))
        bases = [(p.first.n, p.second.n) for p in self.pairs]
        if len(set(bases)) > 1 or len(set(bases[0])) > 1:
            alike = all(a == b for a, b in bases)
            cells = tuple(words.count(a) if alike else f"{words.count(a)} / {words.count(b)}" for a, b in bases)
            columns.append(Column("n", cells, role="muted", spared=1))
        return columns


@dataclass(frozen=True)
class Composition:
    """One category of the sample, unweighted and weighted, beside its share of the population (0–1)."""

    label: str
    unweighted: Item
    weighted: Item
    target: float


@dataclass(frozen=True)
class SampleBesidePopulation:
    """The composition of the sample before and after weighting, beside the population's; grouped by variable."""

    groups: Sequence[tuple[str, Sequence[Composition]]]
    words: Wording

    @property
    def rows(self) -> list[Composition]:
        """The categories of all variables."""
        return [row for _, rows in self.groups for row in rows]

    @property
    def items(self) -> list[Item]:
        """All shares of the sample."""
        return [item for row in self.rows for item in (row.unweighted, row.weighted)]

    def title(self) -> str:
        """Say where the unweighted sample is furthest from the population, and how far the weighted one is at most."""
        words = self.words
        known = [r for r in self.rows if math.isfinite(r.unweighted.share) and math.isfinite(r.target)]
        if not known:
            return words.say("figure_population_unknown")
        most = max(known, key=lambda r: abs(r.unweighted.share - r.target))
        gaps = [abs(r.weighted.share - r.target) for r in known if math.isfinite(r.weighted.share)]
        text = words.say(
            "figure_population_gap",
            label=words.quoted(most.label),
            share=words.share(most.unweighted.share),
            target=words.share(most.target),
        )
        if not gaps:
            return text
        left = words.say("figure_population_left", points=words.form.number(100 * max(gaps), 1))
        return words.joined([text, left], "then")

    def methods(self) -> list[str]:
        """Say where the target comes from."""
        return [self.words.say("figure_population_method")]

    def alt(self) -> str:
        """Return each category's shares in words."""
        words, names = self.words, self._names()
        spoken = []
        for row in self.rows:
            shares = (row.unweighted.share, row.weighted.share, row.target)
            told = zip(names, shares, strict=True)
            parts = [f"{name} {words.form.percent(s)}" for name, s in told if math.isfinite(s)]
            key = "figure_alt_parts" if parts else "figure_alt_unknown"
            spoken.append(words.say(key, label=row.label, parts=", ".join(parts)))
        return " ".join(spoken)

    def compose(self, page: Page, spread: float) -> None:
        """Lay legend and rows out below what is on the page."""
        form, names = self.words.form, self._names()
        rows = [(row.label, (row.unweighted, row.weighted, Item("", row.target))) for row in self.rows]
        columns = [
            Column(name, tuple(form.percent(shares[i].share) for _, shares in rows), spared=2 - i)
            for i, name in enumerate(names)
        ]
        headings, at = {}, 0
        for name, members in self.groups:
            headings[at] = name
            at += len(members)
        looks = (FIRST, SECOND, TARGET)
        draw_series(page, spread, rows, names, looks, [(SLATE, False)] * len(rows), columns, self.words, headings)

    def _names(self) -> list[str]:
        return [self.words.say(f"figure_{name}") for name in ("unweighted_sample", "weighted_sample", "population")]


def draw_series(
    page: Page,
    spread: float,
    rows: Sequence[tuple[str, tuple[Item, ...]]],
    names: Sequence[str],
    looks: Sequence[Look],
    links: Sequence[tuple[str, bool]],
    columns: Sequence[Column],
    words: Wording,
    headings: dict[int, str] | None = None,
) -> None:
    """Lay rows of several shares each out: the intervals of the first two above and below the dots, then columns.

    `links` are the colour of the line between the first and the second dot of each row, and whether it is strong.
    """
    place = across(page, [label for label, _ in rows], [Panel(), *columns], headings, LEAST)
    panel = place.panels[0]
    halves = (-1, 1, 0)
    keys = [dotted(page, look, half, interval=half != 0) for look, half in zip(looks, halves, strict=False)]
    legend(page, place, names, keys, header_height(page, place))
    at = down(page, place, BAR * page.type, 0.0, spread)
    shares = [s for _, items in rows for i in items for s in (i.share, i.high) if math.isfinite(s)]
    ticks = share_ticks(0, max([*shares, 0.05]), steps_for(page, panel.right - panel.left))
    scale = panel.scale(0, ticks[-1])

    def marks(axes: Axes) -> None:
        for (_, items), (colour, strong), y in zip(rows, links, at.middles, strict=True):
            for item, look, half in zip(items, looks, halves, strict=False):
                if math.isfinite(item.low):
                    draw_interval(axes, page, scale(item.low), scale(item.high), y, look, half)
            if math.isfinite(items[0].share) and math.isfinite(items[1].share):
                draw_link(axes, page, scale(items[0].share), scale(items[1].share), y, colour, strong)
        for series, (look, half) in reversed(list(enumerate(zip(looks, halves, strict=False)))):
            dots = []
            for (_, items), y in zip(rows, at.middles, strict=True):
                covered = abs(scale(items[0].share) - scale(items[1].share)) < DOT * page.type
                if math.isfinite(items[series].share):
                    dots.append((scale(items[series].share), y + half * covered * BAR / 4 * page.type))
            draw_dots(axes, page, dots, look)

    put_axes(page, at.bands, [Axis(panel, [(scale(t), words.form.percent(t, 0)) for t in ticks], marks)])
