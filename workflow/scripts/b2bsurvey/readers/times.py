"""Times of a platform's own columns: when a response was started and submitted."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

# Behind a date of either form: hour, minute, second, and the a or p of am and pm.
_OF_DAY = (
    r"(?:,?[ T](?P<hour>\d\d?)[:.](?P<minute>\d\d)(?:[:.](?P<second>\d\d))?(?:[ \u202f]?(?P<half>[AaPp])\.?[Mm]\b)?)?"
)
_ISO = re.compile(r"(?P<year>\d{4})(?P<mark>[-/])(?P<month>\d\d?)(?P=mark)(?P<day>\d\d?)" + _OF_DAY)
_WRITTEN = re.compile(r"(?P<first>\d\d?)(?P<mark>[./-])(?P<then>\d\d?)(?P=mark)(?P<year>\d{4}|\d\d(?!\d))" + _OF_DAY)
_SERIAL = re.compile(r"[3-5]\d{4}(?:\.\d+)?")
_FIRST_SERIAL = datetime(1899, 12, 30)
_ZONE = re.compile(r"(?:\.\d+)?\s*(Z|UTC|GMT|(?:UTC|GMT)?[+-]\d\d:?\d\d)\b")
FORMS = ("iso", "day_first", "month_first", "open_order", "serial", "other")


@dataclass(frozen=True)
class Writing:
    """How the times of a column are written: their forms (codes of `FORMS`) and zones, and how many are understood.

    `zones` are those that stand behind the times; they are kept as clock times of that place, never converted.
    """

    forms: tuple[str, ...]
    zones: tuple[str, ...]
    filled: int
    understood: int


def writing(texts: pd.Series, known: pd.Series) -> Writing:
    """Return how the times `texts` (n,) are written, of which `times` made `known` (n,)."""
    matches = {text: _match(text) for text in texts.unique() if text.strip()}
    order = _order(m for m in matches.values() if m)
    zones = (_ZONE.match(m.string, m.end()) for m in matches.values() if m and m["hour"])
    return Writing(
        forms=tuple(sorted({_form(text, match, *order) for text, match in matches.items()}, key=FORMS.index)),
        zones=tuple(sorted({zone[1] for zone in zones if zone})),
        filled=int(texts.str.strip().ne("").sum()),
        understood=int(known.notna().sum()),
    )


def times(texts: pd.Series) -> pd.Series:
    """Return when something happened, (n,) datetime64[s], NaT where the text says nothing or not clearly.

    ISO dates, written dates and Excel's serial numbers are understood. Whether a written date begins with the day or
    the month is told from the whole column: dots mean the day; otherwise a number above 12 decides; a column
    where nothing decides gives NaT throughout, since a guess would put respondents in a wrong order. Years before
    1990 stand for "complete, time unknown" on some platforms and are NaT.
    """
    places, distinct = pd.factorize(texts)
    written = [str(text).strip() for text in distinct.to_numpy(dtype=object)]
    day_first, month_first = _order(match for match in map(_match, written) if match)
    known = [_time(text, _match(text), day_first, month_first) for text in written]
    return pd.Series(np.array(known, dtype="datetime64[s]")[places], index=texts.index)


def is_time(text: str) -> bool:
    """Return whether a text begins with a date and a time of day, or is a spreadsheet's serial number of one."""
    match = _match(text)
    return match["hour"] is not None if match else bool(_SERIAL.fullmatch(text.strip()))


def are_times(texts: Iterable[str]) -> bool:
    """Return whether at least half of the filled texts are times: a damaged one does not make the column another."""
    filled = [text for text in texts if text.strip()]
    return 2 * sum(map(is_time, filled)) >= len(filled)


def _match(text: str) -> re.Match[str] | None:
    return _ISO.match(text.strip()) or _WRITTEN.match(text.strip())


def _order(matches: Iterable[re.Match[str]]) -> tuple[bool, bool]:
    """Return whether something tells that the day comes first in written dates, and that the month does."""
    open_order = {m.group("first", "then", "half") for m in matches if m.re is _WRITTEN and m["mark"] != "."}
    day_first = any(int(first) > 12 for first, _, _ in open_order)
    return day_first, any(int(then) > 12 or half for _, then, half in open_order)


def _form(text: str, match: re.Match[str] | None, day_first: bool, month_first: bool) -> str:
    if match is None:
        return "serial" if _SERIAL.fullmatch(text.strip()) else "other"
    if match.re is _ISO:
        return "iso"
    if match["mark"] == "." or (day_first and not month_first):
        return "day_first"
    return "month_first" if month_first and not day_first else "open_order"


def _time(text: str, match: re.Match[str] | None, day_first: bool, month_first: bool) -> datetime | None:
    try:
        if match is None:
            if not _SERIAL.fullmatch(text):
                return None
            found = _FIRST_SERIAL + timedelta(seconds=round(float(text) * 86_400))
        else:
            date = _date(match, day_first, month_first)
            if date is None:
                return None
            hour, minute, second = (int(match[part] or 0) for part in ("hour", "minute", "second"))
            if match["half"]:
                hour = hour % 12 + (12 if match["half"] in "Pp" else 0)
            found = datetime(*date, hour, minute, second)
    except ValueError:
        return None
    return found if found.year >= 1990 else None


def _date(match: re.Match[str], day_first: bool, month_first: bool) -> tuple[int, int, int] | None:
    """Return year, month and day, None where the order of day and month is open; years of two digits are after 2000."""
    if match.re is _ISO:
        return int(match["year"]), int(match["month"]), int(match["day"])
    if match["mark"] == ".":
        day_first = True
    elif day_first == month_first:
        return None
    day, month = (match["first"], match["then"]) if day_first else (match["then"], match["first"])
    year = int(match["year"])
    return year + 2000 if year < 100 else year, int(month), int(day)
