"""Round numbers to read marks against: of shares, of numbers, and of ratios on a logarithmic axis."""

import math
from collections.abc import Sequence

from b2bsurvey.render.figures.page import Page

SHARE_STEPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.5, 1.0)
ROUND = (1.0, 2.0, 2.5, 5.0, 10.0)


def steps_for(page: Page, width: float, label: float = 4.2) -> int:
    """Return how many steps of an axis have room for labels as wide as `label` type sizes."""
    return max(1, min(8, int(width / (label * page.type))))


def share_ticks(low: float, high: float, most: int) -> list[float]:
    """Return round shares from at most `low` to at least `high`, 0 among them, as few steps as fit."""
    step = next((s for s in SHARE_STEPS if -(-high // s) + -(low // s) <= most), 1.0)
    return _multiples(low, high, step)


def number_ticks(low: float, high: float, most: int) -> list[float]:
    """Return round numbers from at most `low` to at least `high` in at most `most` steps, or two."""
    if high - low <= 1e-9 * max(abs(low), abs(high), 1.0):
        low, high = low - 0.5, high + 0.5
    most = max(most, 2)
    size = 10.0 ** math.floor(math.log10((high - low) / most))
    steps = (r * size * ten for ten in (1, 10, 100) for r in ROUND)
    step = next(s for s in steps if len(_multiples(low, high, s)) - 1 <= most)
    return _multiples(low, high, step)


def ratio_ticks(low: float, high: float, most: int) -> list[float]:
    """Return round ratios from at most `low` to at least `high`, 1 among them: powers of 2, of 10, or fewer."""
    low, high = min(low, 1.0), max(high, 1.0)
    for base in (2.0, 4.0, 10.0, 100.0, 1000.0):
        first = math.floor(round(math.log(low, base), 9))
        last = math.ceil(round(math.log(high, base), 9))
        if last == first:
            first, last = first - 1, last + 1
        readable = base >= 10 or max(-first, last) * math.log2(base) <= 6  # 1/64 … 64
        if last - first <= most and readable:
            break
    return [base**power for power in range(first, last + 1)]


def _multiples(low: float, high: float, step: float) -> list[float]:
    first, last = math.floor(round(low / step, 9)), math.ceil(round(high / step, 9))
    return [round(i * step, 10) for i in range(first, last + 1)]


def decimals(ticks: Sequence[float]) -> int:
    """Return how many decimals it takes to write all ticks exactly."""
    return next(d for d in range(16) if all(abs(round(t, d) - t) <= 1e-9 * max(abs(t), 1e-6) for t in ticks))
