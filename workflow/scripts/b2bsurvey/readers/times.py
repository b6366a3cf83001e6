"""Times of a platform's own columns: when a response was started and submitted."""

import re
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


def times(texts: pd.Series) -> pd.Series:
    """Return when something happened, (n,) datetime64[s], NaT where the text says nothing or not clearly.

    ISO dates, written dates and Excel's serial numbers are understood. Whether a written date begins with the day or
    the month is told from the whole column: dots mean the day; otherwise a number above 12 decides; a column
    where nothing decides gives NaT throughout, since a guess would put respondents in a wrong order. Years before
    1990 stand for "complete, time unknown" on some platforms and are NaT.
    """
    places, distinct = pd.factorize(texts)
    written = [text.strip() for text in distinct.to_numpy(dtype=object)]
    open_order = {m.group("first", "then", "half") for m in map(_WRITTEN.match, written) if m and m["mark"] != "."}
    day_first = any(int(first) > 12 for first, _, _ in open_order)
    month_first = any(int(then) > 12 or half for _, then, half in open_order)
    known = [_time(text, day_first, month_first) for text in written]
    return pd.Series(np.array(known, dtype="datetime64[s]")[places], index=texts.index)


def is_time(text: str) -> bool:
    """Return whether a text begins with a date and a time of day, or is a spreadsheet's serial number of one."""
    match = _ISO.match(text.strip()) or _WRITTEN.match(text.strip())
    return match["hour"] is not None if match else bool(_SERIAL.fullmatch(text.strip()))


def _time(text: str, day_first: bool, month_first: bool) -> datetime | None:
    match = _ISO.match(text) or _WRITTEN.match(text)
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
