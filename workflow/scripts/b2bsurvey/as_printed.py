"""Numbers as they were printed: their exact value, and what rounding may have hidden."""

import re
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor

PRINTED = re.compile(r"-?(\d{1,3}(,\d{3})+|\d*)(\.\d+)?")


def number(printed: str) -> Fraction:
    """Return a printed number exactly: '1,787', '−0.39', '.0263', '58.4 %'. Raises ValueError for anything else."""
    plain = _plain(printed)
    if not PRINTED.fullmatch(plain) or not any(c.isdigit() for c in plain):
        raise ValueError(f"'{printed}' is not a number")
    return Fraction(Decimal(plain.replace(",", "")))


def half_unit(printed: str) -> Fraction:
    """Return half a unit of the last digit printed: by so much rounding may have moved the value."""
    return Fraction(1, 2 * 10 ** len(_plain(printed).partition(".")[2]))


def _plain(printed: str) -> str:
    return printed.replace("\N{MINUS SIGN}", "-").removesuffix("%").strip()


def rounds_to(value: float | Fraction, printed: str) -> bool:
    """Tell whether `value` rounds to the number printed, at its digits: a half may go up, or to the even digit."""
    exact = Fraction(value).limit_denominator(10**9)  # without the noise of binary floats: 0.285 is 57/200
    shown, half = number(printed), half_unit(printed)
    distance = abs(exact - shown)
    is_even = (shown / (2 * half)) % 2 == 0
    return distance < half or (distance == half and (abs(shown) > abs(exact) or is_even))


def possible_counts(printed: str, n: int) -> tuple[int, ...]:
    """Return the counts out of `n` whose percentage rounds to the one printed; none: it is impossible.

    The check of granularity for proportions (as GRIM, Brown & Heathers 2017, for means). Verified against the
    counts tried one by one, and on percentages of Vujàdé (2012) and ZHAW (2012) that no count can give.
    """
    shown, half = number(printed), half_unit(printed)
    first, last = ceil((shown - half) * n / 100), floor((shown + half) * n / 100)
    return tuple(k for k in range(max(first, 0), min(last, n) + 1) if rounds_to(Fraction(100 * k, n), printed))


def nearest_counts(printed: str, n: int) -> tuple[int, int]:
    """Return the counts out of `n` next below and next above a percentage: what it could be if it cannot be."""
    below = min(max(floor(number(printed) * n / 100), 0), n)
    return below, min(below + 1, n)


def fitting_bases(printed: str, n: int) -> tuple[int, ...]:
    """Return the bases nearest to `n`, one smaller and one larger, of which some count gives the percentage printed.

    Larger ones are looked for up to 10 · `n`; none is named where there is none.
    """
    smaller = next((m for m in range(n - 1, 0, -1) if possible_counts(printed, m)), None)
    larger = next((m for m in range(n + 1, 10 * n + 1) if possible_counts(printed, m)), None)
    return tuple(m for m in (smaller, larger) if m is not None)
