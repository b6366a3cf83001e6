"""Small multiples: the same items side by side for each group, or below each other where there is no room."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes

from b2bsurvey.render.figures.items import Item
from b2bsurvey.render.figures.marks import BAR, QUIET, STRONG, draw_dots, draw_interval
from b2bsurvey.render.figures.page import Page
from b2bsurvey.render.figures.rows import Across, Axis, Column, Panel, across, down, header_height, put_axes
from b2bsurvey.render.figures.style import BLUE_TINT, PALE_BLUE
from b2bsurvey.render.figures.ticks import share_ticks, steps_for
from b2bsurvey.render.figures.wording import NAMED_AT_MOST, Wording

LEAST = 7.0  # width of a panel in type sizes


@dataclass(frozen=True)
class Facet:
    """A group with the share of each item, in the same order in all facets."""

    name: str
    items: Sequence[Item]

    @property
    def small(self) -> bool:
        """Whether the base is small for all items, so that the name bears the dagger."""
        return bool(self.known) and all(i.small for i in self.known)

    @property
    def known(self) -> list[Item]:
        """The items that have a share, the largest first."""
        return sorted((i for i in self.items if math.isfinite(i.share)), key=lambda i: -i.share)


@dataclass(frozen=True)
class SmallMultiples:
    """The shares of the same items in each group; `p` are adjusted p values of each item's association with them."""

    facets: Sequence[Facet]
    segment: str
    words: Wording
    p: Sequence[float] = ()
    adjustment: str = "holm"

    @property
    def items(self) -> list[Item]:
        """All shares."""
        return [item for facet in self.facets for item in facet.items]

    @property
    def labels(self) -> list[str]:
        """The items' labels, with a dagger where any base is small."""
        mixed = [facet for facet in self.facets if not facet.small]
        small = [any(facet.items[i].small for facet in mixed) for i in range(len(self.facets[0].items))]
        named = zip(self.facets[0].items, small, strict=True)
        return [f"{item.label}\N{NO-BREAK SPACE}†" if is_small else item.label for item, is_small in named]

    @property
    def clear(self) -> list[bool]:
        """Which items are clearly associated with the groups."""
        level = next((i.level for i in self.items if math.isfinite(i.share)), 0.95)
        return [p < 1 - level for p in self.p] if self.p else [False] * len(self.facets[0].items)

    def title(self) -> str:
        """Say which items clearly differ between groups; without tests, what each group names most."""
        words, segment = self.words, self.words.quoted(self.segment)
        tested = [i for i, p in enumerate(self.p) if math.isfinite(p)]
        if not tested:
            return self._most()
        clear = [i for i in tested if self.clear[i]]
        if not clear:
            return words.say("figure_facets_none", segment=segment, k=len(tested))
        text = words.say("figure_facets_clear", segment=segment, m=len(clear), k=len(tested))
        return words.joined([text, *widest_apart(self.facets, clear, words)], "then")

    def _most(self) -> str:
        words, groups = self.words, [facet for facet in self.facets if facet.known]
        if not groups:
            return self.segment
        tops = [[i for i in facet.known if i.share == facet.known[0].share] for facet in groups]
        if len(groups) > 1 and all(len(top) == 1 and top[0].label == tops[0][0].label for top in tops):
            alike = sorted((top[0] for top in tops), key=lambda i: i.share)
            low, high = (words.share_with_interval(item) for item in (alike[0], alike[-1]))
            return words.say("figure_facets_same", label=words.quoted(alike[0].label), k=len(tops), low=low, high=high)
        if len(groups) <= NAMED_AT_MOST:
            said = [(words.quoted(facet.name), words.most_frequent(facet.known)) for facet in groups]
            return words.joined([words.say("figure_title_topic", topic=name, text=text) for name, text in said], "then")
        names = [item.label for top in tops for item in top]
        most = max(dict.fromkeys(names), key=names.count)
        return words.say("figure_facets_often", label=words.quoted(most), m=names.count(most), k=len(groups))

    def methods(self) -> list[str]:
        """Say how items are tested."""
        if not any(map(math.isfinite, self.p)):
            return []
        segment, adjustment = self.words.quoted(self.segment), self.words.adjustment(self.adjustment)
        return [self.words.say("figure_facets_method", segment=segment, adjustment=adjustment)]

    def alt(self) -> str:
        """Return each item's shares in words."""
        return spoken_facets(self.facets, self.words)

    def compose(self, page: Page, spread: float) -> None:
        """Lay the groups out below what is on the page."""
        tested = any(map(math.isfinite, self.p))
        strong = self.clear if tested else [True] * len(self.facets[0].items)
        draw_facets(page, spread, self.labels, self.facets, strong, self.words, bars=False)


def widest_apart(facets: Sequence[Facet], among: Sequence[int], words: Wording) -> list[str]:
    """Say on which of the items `among` the groups are furthest apart, those with small bases left out."""
    found = []
    for i in among:
        shares = sorted(
            ((f.items[i], f.name) for f in facets if math.isfinite(f.items[i].share) and not f.items[i].small),
            key=lambda pair: pair[0].share,
        )
        found += [(shares[0], shares[-1])] if len(shares) > 1 else []
    if not found:
        return []
    low, high = max(found, key=lambda ends: ends[1][0].share - ends[0][0].share)
    return [
        words.say(
            "figure_apart",
            label=words.quoted(low[0].label),
            low=words.share_with_interval(low[0]),
            low_name=words.quoted(low[1]),
            high=words.share_with_interval(high[0]),
            high_name=words.quoted(high[1]),
        )
    ]


def spoken_facets(facets: Sequence[Facet], words: Wording) -> str:
    """Return each item's shares in all facets in words."""
    spoken = []
    for i, item in enumerate(facets[0].items):
        told = [(facet.name, facet.items[i].share) for facet in facets if math.isfinite(facet.items[i].share)]
        parts = ", ".join(f"{name} {words.form.percent(share)}" for name, share in told)
        key = "figure_alt_parts" if parts else "figure_alt_unknown"
        spoken.append(words.say(key, label=item.label, parts=parts))
    return " ".join(spoken)


def draw_facets(
    page: Page,
    spread: float,
    labels: Sequence[str],
    facets: Sequence[Facet],
    strong: Sequence[bool],
    words: Wording,
    bars: bool,
) -> None:
    """Lay facets out side by side, as many in a tier as have room, all on one scale; each with its numbers."""
    shares = [b for facet in facets for i in facet.items for b in (i.share, i.high) if math.isfinite(b)]
    highest = 1.0 if bars else max([*shares, 0.05])
    per_tier = next((k for k in range(len(facets), 0, -1) if _fits(page, labels, facets[:k], words)), 1)
    tiers = -(-len(facets) // per_tier)
    per_tier = -(-len(facets) // tiers)
    rows = 0
    for first in range(0, len(facets), per_tier):
        page.y += 1.2 * page.type if first else 0.0
        _tier(page, spread, labels, facets[first : first + per_tier], strong, words, bars, highest)
        rows += page.rows
    page.rows = rows


def _across(page: Page, labels: Sequence[str], facets: Sequence[Facet], words: Wording) -> Across:
    parts: list[Column | Panel] = []
    for facet in facets:
        parts += [
            Panel(_header(facet, words)),
            Column("", tuple(words.share(i.share) for i in facet.items), role="muted"),
        ]
    return across(page, labels, parts, least=LEAST * len(facets) * page.type / page.width)


def _header(facet: Facet, words: Wording) -> str:
    bases = [i.n for i in facet.items if math.isfinite(i.share) and i.n]
    name = f"{facet.name}\N{NO-BREAK SPACE}†" if facet.small else facet.name
    return f"{name}\nn\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}{words.range(bases)}" if bases else name


def _fits(page: Page, labels: Sequence[str], facets: Sequence[Facet], words: Wording) -> bool:
    place = _across(page, labels, facets, words)
    return min(span.right - span.left for span in place.panels) >= 0.99 * LEAST * page.type


def _tier(
    page: Page,
    spread: float,
    labels: Sequence[str],
    facets: Sequence[Facet],
    strong: Sequence[bool],
    words: Wording,
    bars: bool,
    highest: float,
) -> None:
    place = _across(page, labels, facets, words)
    page.y += header_height(page, place)
    rows = down(page, place, BAR * page.type, 0.0, spread)
    axes = []
    for facet, panel in zip(facets, place.panels, strict=True):
        ticks = share_ticks(0, highest, steps_for(page, panel.right - panel.left))
        scale = panel.scale(0, ticks[-1])

        def marks(axes: Axes, facet: Facet = facet, scale=scale) -> None:  # type: ignore[no-untyped-def]
            for is_strong, look in ((True, STRONG), (False, QUIET)):
                shown = zip(facet.items, strong, rows.middles, strict=True)
                known = [(i, y) for i, own, y in shown if own is is_strong and math.isfinite(i.share)]
                for item, y in known:
                    if bars:
                        colour = BLUE_TINT if math.isfinite(item.low) else PALE_BLUE  # so that the interval shows
                        axes.barh(y, scale(item.share) - scale(0), 0.5 * page.type, scale(0), color=colour, linewidth=0)
                    if math.isfinite(item.low):
                        draw_interval(axes, page, scale(item.low), scale(item.high), y, look)
                draw_dots(axes, page, [(scale(i.share), y) for i, y in known], look)

        axes.append(Axis(panel, [(scale(t), words.form.percent(t, 0)) for t in ticks], marks))
    put_axes(page, rows.bands, axes)
