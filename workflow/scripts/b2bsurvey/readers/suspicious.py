"""Cells that probably are not what the respondent gave: re-saved ranges, garbled letters, long ids."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan janv",
            "feb fév févr",
            "mar mär mrz mars",
            "apr avr",
            "may mai",
            "jun juin",
            "jul juil",
            "aug août",
            "sep sept",
            "oct okt",
            "nov",
            "dec dez déc",
        ),
        start=1,
    )
    for name in names.split()
}
_DAY_MONTH = re.compile(r"(\d{1,2})[-. ]{1,2}([^\W\d_]{3,4})\.?")
_MONTH_DAY = re.compile(r"([^\W\d_]{3,4})\.?[- ](\d{1,2})")
_SERIAL = re.compile(r"[34]\d{4}")
_ISO = re.compile(r"(20\d\d)-(\d\d)-(\d\d)")
_ANY_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_FIRST_SERIAL = 36526  # 1 January 2000: a range typed into a spreadsheet became a date of that year
_NUMBER = re.compile(r"[-+]?[\d.,' ]+")
# UTF-8 read as cp1252: a lead byte (Â Ã â) followed by what a continuation byte looks like.
_MOJIBAKE = re.compile(r"Ã[\u0080-\u00bf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]|Â[\u0080-\u00bf]|â€|â\u0080")
_LOST_DIGITS = re.compile(r"\d(?:[.,]\d+)?E\+\d\d", re.IGNORECASE)
_ROUNDED = re.compile(r"\d{12,}0{5}")
_OVERFLOW = re.compile(r"#{3,}")
_SPACE_QUOTE = re.compile(r'[ \t]+".*"', re.DOTALL)

# What is looked for: its code, how the note ends, marks without which there is no such cell, and the test of a cell.
# None of these notes repeats an answer.
_KINDS: tuple[tuple[str, str, tuple[str, ...], Callable[[str], object]], ...] = (
    (
        "lost_letters",
        "the replacement character U+FFFD: letters were lost before the export was read",
        ("\ufffd",),
        lambda text: "\ufffd" in text,
    ),
    ("garbled", "letters garbled by a double encoding (like 'Ã¼' for 'ü')", ("Ã", "Â", "â"), _MOJIBAKE.search),
    ("byte_order_mark", "a byte-order mark U+FEFF inside the text", ("\ufeff",), lambda text: "\ufeff" in text),
    (
        "lost_digits",
        "a long number in scientific notation: its last digits were lost",
        ("E+", "e+"),
        _LOST_DIGITS.fullmatch,
    ),
    ("rounded", "a long number that ends in zeros: a spreadsheet may have rounded it", ("00000",), _ROUNDED.fullmatch),
    ("overflow", "'###': a spreadsheet column was too narrow, the value was lost", ("###",), _OVERFLOW.fullmatch),
    (
        "space_quote",
        "a space before a quotation mark: the quotation marks were read as part of the text",
        (' "', '\t"'),
        _SPACE_QUOTE.fullmatch,
    ),
)


_DATE_FOR_RANGE = ("date_for_range", "a date where a range was probably meant")
SUSPICIONS = (*(kind[0] for kind in _KINDS), _DATE_FOR_RANGE[0])


@dataclass(frozen=True)
class Guess:
    """A date in a cell, and the range that was probably typed there."""

    found: str
    original: str


@dataclass(frozen=True)
class Suspicious:
    """The suspicious cells of one kind (a code of `SUSPICIONS`), each by row, column and, for dates, a guess.

    `note` is a plain sentence: how many there are, and the first three places.
    """

    kind: str
    places: tuple[tuple[int, int, Guess | None], ...]
    note: str


def suspicious_cells(cells: pd.DataFrame, skip: set[int], row_word: str) -> tuple[Suspicious, ...]:
    """Return the suspicious cells of each kind.

    `cells` are texts, columns labelled by position (from 1) and rows by their line or sheet row; `skip` the
    positions of columns not to look at; `row_word` is `line` or `row`.
    """
    found: dict[tuple[str, str], list[tuple[int, int, Guess | None]]] = {}
    for position in cells.columns.difference(list(skip)):
        texts = cells[position]
        for kind, matches in _suspects(set(texts.unique().to_numpy(dtype=object))):
            found.setdefault(kind, []).extend(
                (number, position, matches[text]) for number, text in texts[texts.isin(matches)].items()
            )
    return tuple(
        _suspicious(kind, description, sorted(places, key=lambda place: place[:2]), row_word)
        for (kind, description), places in found.items()
    )


def _suspicious(kind: str, description: str, places: list[tuple[int, int, Guess | None]], row_word: str) -> Suspicious:
    note = (
        f"{len(places):,} {'cell holds' if len(places) == 1 else 'cells hold'} {description} ("
        + "; ".join(f"{row_word} {r}, column {c}{_hint(guess)}" for r, c, guess in places[:3])
        + ("; …)" if len(places) > 3 else ")")
    )
    return Suspicious(kind, tuple(places), note)


def _hint(guess: Guess | None) -> str:
    return f": '{guess.found}', probably '{guess.original}'" if guess else ""


def _suspects(distinct: set[str]) -> Iterable[tuple[tuple[str, str], dict[str, Guess | None]]]:
    """Yield each kind found in one column with its texts and, where there is one, a probable original."""
    together = "\n".join(distinct)
    for kind, description, marks, test in _KINDS:
        if any(mark in together for mark in marks):
            texts: dict[str, Guess | None] = {text: None for text in distinct if test(text)}
            if texts:
                yield (kind, description), texts
    ranges = _resaved_ranges(distinct)
    if ranges:
        yield _DATE_FOR_RANGE, dict(ranges)


def _resaved_ranges(distinct: set[str]) -> dict[str, Guess]:
    """Return the texts that a spreadsheet probably made out of ranges like `1-10`, each with its original.

    A day with a month but no year is never a time stamp. A serial number or a date is suspicious only
    where most of the column's other answers are of another kind, and texts.
    """
    named = {text: _from_names(text.strip()) for text in distinct if 4 < len(text) < 12}
    dated = {text: _from_date(text.strip()) for text in named}
    ranges = {text: Guess(text.strip(), original) for text, original in named.items() if original}
    dates = {text: original for text, original in dated.items() if original is not None}
    if not dates:
        return ranges
    others = [
        text.strip()
        for text in distinct
        if text.strip() and text not in dates and text not in ranges and not _ANY_DATE.match(text.strip())
    ]
    if ranges or (len(others) > len(dates) and not all(_NUMBER.fullmatch(t) for t in others)):
        ranges |= {t: Guess(t.strip(), original) for t, original in dates.items() if original}
    return ranges


def _from_names(text: str) -> str:
    """Return `1-5` for `01-May` or `May-01`, '' for anything else."""
    for pattern, month_at, day_at in ((_DAY_MONTH, 2, 1), (_MONTH_DAY, 1, 2)):
        match = pattern.fullmatch(text)
        if match and match[month_at].casefold() in _MONTHS:
            return _range(int(match[day_at]), _MONTHS[match[month_at].casefold()])
    return ""


def _from_date(text: str) -> str | None:
    """Return `1-10` for the serial 43475 or for 2019-01-10, None where the text is no date."""
    if _SERIAL.fullmatch(text) and int(text) >= _FIRST_SERIAL:
        day = date(1899, 12, 30) + timedelta(days=int(text))
        return _range(day.day, day.month)
    match = _ISO.fullmatch(text)
    return _range(int(match[3]), int(match[2])) if match else None


def _range(day: int, month: int) -> str:
    """Return the two numbers as a rising range, '' where they are equal."""
    return f"{min(day, month)}-{max(day, month)}" if day != month else ""
