"""Whether whole numbers can have a mean and a standard deviation: GRIM, GRIMMER and DEBIT, with exact fractions."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor, isqrt

EXACT = 20  # up to so many respondents every sum of squares is tried


@dataclass(frozen=True)
class Interval:
    """From `low` to `high`, both included: what rounds to a printed number may be an end of it."""

    low: Fraction
    high: Fraction

    def times(self, factor: int) -> "Interval":
        """Return the interval with both ends multiplied by a positive factor."""
        return Interval(self.low * factor, self.high * factor)


def possible_totals(mean: Interval, n: int, items: int = 1, scale: tuple[int, int] | None = None) -> range:
    """Return the sums of `n` respondents' answers to `items` items whose mean may be that printed; empty: none can.

    Answers are whole numbers, within `scale` (lowest, highest) if it is given. GRIM (Brown & Heathers 2017). Verified
    against all sets of answers of small samples.
    """
    first, last = ceil(mean.low * n * items), floor(mean.high * n * items)
    if scale:
        first, last = max(first, scale[0] * n * items), min(last, scale[1] * n * items)
    return range(first, last + 1)


def possible_squares(
    mean: Interval, sd: Interval, n: int, items: int = 1, scale: tuple[int, int] | None = None
) -> Iterator[tuple[int, int]]:
    """Yield the sums and sums of squares of `n` whole numbers that give both mean and standard deviation (n − 1).

    Each number is a respondent's sum of `items` items. A sum of squares is even where the sum is, is not below that
    of the most equal numbers, and not above that of the most unequal ones on the `scale`: the analytic GRIMMER
    (Anaya 2016; Allard 2018), with DEBIT (Heathers & Brown 2019) as the scale from 0 to 1. Up to 20 respondents each
    sum of squares is also built up from numbers, which leaves none that cannot be. Verified against all sets of
    answers of small samples and the authors' examples. Raises ValueError for fewer than 2 respondents.
    """
    if n < 2:
        raise ValueError("a standard deviation needs 2 respondents")
    spread = sd.times(items)
    bounds = (scale[0] * items, scale[1] * items) if scale else None
    low_sd = max(spread.low, Fraction(0))
    for total in possible_totals(mean, n, items, scale):
        centre = Fraction(total * total, n)
        first, last = ceil((n - 1) * low_sd**2 + centre), floor((n - 1) * spread.high**2 + centre)
        first = max(first, _most_equal(total, n))
        if bounds:
            last = min(last, _most_unequal(total, n, *bounds))
        squares = [square for square in range(first, last + 1) if (square - total) % 2 == 0]
        if squares and n <= EXACT:
            built = _built(total, n, *(bounds or _samuelson(total, n, squares[-1])))
            squares = [square for square in squares if square in built]
        yield from ((total, square) for square in squares)


def _most_equal(total: int, n: int) -> int:
    """Return the sum of squares of `n` whole numbers with this total that differ by 1 at most."""
    each, more = divmod(total, n)
    return (n - more) * each**2 + more * (each + 1) ** 2


def _most_unequal(total: int, n: int, low: int, high: int) -> int:
    """Return the sum of squares of `n` whole numbers from `low` to `high` of which all but one stand at an end."""
    if low == high:
        return n * low**2
    tops, rest = divmod(total - n * low, high - low)
    if tops >= n:
        return n * high**2
    return tops * high**2 + (low + rest) ** 2 + (n - tops - 1) * low**2


def _samuelson(total: int, n: int, square: int) -> tuple[int, int]:
    """Return between which whole numbers all `n` lie: no farther from the mean than s(n − 1)/√n (Samuelson 1968)."""
    farthest = isqrt(ceil(Fraction(n - 1, n) * (square - Fraction(total * total, n)))) + 1
    return floor(Fraction(total, n)) - farthest, ceil(Fraction(total, n)) + farthest


def _built(total: int, n: int, low: int, high: int) -> set[int]:
    """Return the sums of squares of all sets of `n` whole numbers from `low` to `high` with this total."""
    span, wanted = high - low, total - n * low
    # bit q of reached[s]: some numbers y = x − low have the sum s and the sum of squares q
    reached = {0: 1}
    for left in range(n - 1, -1, -1):
        following: dict[int, int] = {}
        for so_far, squares in reached.items():
            for y in range(span + 1):
                if wanted - left * span <= so_far + y <= wanted:
                    following[so_far + y] = following.get(so_far + y, 0) | squares << y * y
        reached = following
    bits = reached.get(wanted, 0)
    shift = 2 * low * wanted + n * low * low  # Σx² = Σy² + 2·low·Σy + n·low²
    return {q + shift for q in range(bits.bit_length()) if bits >> q & 1}
