"""Segments of a bar with their labels: inside where they fit, else above with a leader."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from b2bsurvey.render.figures.page import Page
from b2bsurvey.render.figures.rows import Span
from b2bsurvey.render.figures.style import MUTED, PAPER, label_colour
from b2bsurvey.render.figures.wording import Wording

BAR, ABOVE = 1.65, 1.25  # heights of a bar and of the labels over it, in type sizes


@dataclass(frozen=True)
class Segment:
    """A segment from `left` to `right` with its label, centred at `label`; all in points."""

    left: float
    right: float
    colour: str
    text: str
    label: float
    inside: bool


def known_shares(shares: Sequence[float]) -> list[float]:
    """Return shares with 0 where there is no estimate."""
    return [0.0 if math.isnan(share) else share for share in shares]


def segments(
    page: Page,
    panel: Span,
    shares: Sequence[float],
    colours: Sequence[str],
    start: float,
    scale: Callable[[float], float],
    words: Wording,
) -> list[Segment]:
    """Return the segments of a bar that starts at `start`; labels that do not fit keep to their side of zero."""
    ends = list(pairwise(scale(end) for end in accumulate(known_shares(shares), initial=start)))
    texts = [words.share(share) if share > 0 else "" for share in known_shares(shares)]
    widths = [page.text_width(text, "segment") for text in texts]
    inside = [not text or w + 0.3 * page.type <= b - a for text, w, (a, b) in zip(texts, widths, ends, strict=True)]
    labels = [(a + b) / 2 for a, b in ends]
    outside = [i for i, fits in enumerate(inside) if not fits]
    zero, low, high = scale(0), panel.left - 0.4 * page.type, panel.right + 0.8 * page.type
    sides = [[i for i in outside if labels[i] <= zero], [i for i in outside if labels[i] > zero]]
    room = {i: widths[i] + 0.45 * page.type for i in outside}
    bounds = [(low, zero - 0.2 * page.type), (zero + 0.2 * page.type, high)]
    if any(sum(room[i] for i in side) > b - a for side, (a, b) in zip(sides, bounds, strict=True)):
        sides, bounds = [outside], [(low, high)]
    for side, (a, b) in zip(sides, bounds, strict=True):
        for i, spot in zip(side, spaced([labels[i] for i in side], [room[i] for i in side], a, b), strict=True):
            labels[i] = spot
    parts = zip(ends, colours, texts, labels, inside, strict=True)
    return [Segment(a, b, colour, text, label, fits) for (a, b), colour, text, label, fits in parts]


def put_labels(page: Page, row: Sequence[Segment], middle: float) -> None:
    """Put the labels of a bar whose middle is at height `middle`."""
    for segment in row:
        height = middle if segment.inside else middle - (BAR / 2 + 0.97) * page.type
        colour = label_colour(segment.colour) if segment.inside else ""
        page.text(segment.label, height, segment.text, "segment", "center", colour)


def draw_segments(axes: Axes, page: Page, row: Sequence[Segment], middle: float) -> None:
    """Draw a bar, and for the labels above it paper behind them, a key and a leader."""
    tip = middle - BAR / 2 * page.type
    for segment in row:
        width = segment.right - segment.left
        if width > 0:
            edge = 0.07 * page.type if width > 1 else 0.0
            bar = Rectangle((segment.left, tip), width, BAR * page.type, fc=segment.colour, ec=PAPER, lw=edge)
            axes.add_patch(bar).set_clip_on(False)
        if not segment.inside:
            half = page.text_width(segment.text, "segment") / 2 + 0.1 * page.type
            left = segment.label - half
            paper = Rectangle((left, tip - 1.45 * page.type), 2 * half, 1.1 * page.type, fc=PAPER, lw=0)
            key = Rectangle((left, tip - 0.5 * page.type), 2 * half, 0.16 * page.type, fc=segment.colour, lw=0)
            for patch in (paper, key):
                axes.add_patch(patch).set(clip_on=False, zorder=2.1)
            points = [(segment.left + segment.right) / 2, segment.label], [tip, tip - 0.34 * page.type]
            axes.plot(*points, color=MUTED, linewidth=0.06 * page.type, clip_on=False)


def spaced(centres: Sequence[float], widths: Sequence[float], low: float, high: float) -> list[float]:
    """Return positions as near as possible to the ascending `centres` where labels of these `widths` do not overlap."""
    groups: list[tuple[float, float, int]] = []  # middle, width, members
    for centre, width in zip(centres, widths, strict=True):
        groups.append((centre, width, 1))
        while len(groups) > 1 and groups[-1][0] - groups[-1][1] / 2 < groups[-2][0] + groups[-2][1] / 2:
            (a, wide_a, in_a), (b, wide_b, in_b) = groups[-2:]
            groups[-2:] = [((a * in_a + b * in_b) / (in_a + in_b), wide_a + wide_b, in_a + in_b)]
    lefts: list[float] = []
    for middle, width, members in groups:
        own = widths[len(lefts) : len(lefts) + members]
        lefts += [middle - width / 2 + before for before in accumulate(own[:-1], initial=0.0)]
    for i in reversed(range(len(lefts))):
        lefts[i] = min(lefts[i], (lefts[i + 1] if i + 1 < len(lefts) else high) - widths[i])
    for i in range(len(lefts)):
        lefts[i] = max(lefts[i], lefts[i - 1] + widths[i - 1] if i else low)
    return [left + width / 2 for left, width in zip(lefts, widths, strict=True)]
