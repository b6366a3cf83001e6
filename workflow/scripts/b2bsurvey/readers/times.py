"""Times of a platform's own columns: when a response was started and submitted."""

import re
from datetime import datetime, timedelta

import pandas as pd

_ISO = re.compile(r"(\d{4})-(\d\d?)-(\d\d?)(?:[ T](\d\d?):(\d\d)(?::(\d\d))?)?")
_WRITTEN = re.compile(r"(\d\d?)([./-])(\d\d?)\2(\d{4})(?:,?[ T](\d\d?):(\d\d)(?::(\d\d))?)?(?: ?([AaPp])\.?[Mm]\.?)?")
_SERIAL = re.compile(r"[3-5]\d{4}(?:\.\d+)?")
_FIRST_SERIAL = datetime(1899, 12, 30)


def times(texts: pd.Series) -> pd.Series:
    """Return when something happened, (n,) datetime64[s], NaT where the text says nothing or not clearly.

    ISO dates, written dates and Excel's serial numbers are understood. Whether a written date begins with the day or
    the month is told from the whole column: dots mean the day; otherwise a number above 12 decides; a column
    where nothing decides gives NaT throughout, since a guess would put respondents in a wrong order. Years before
    1990 stand for "complete, time unknown" on some platforms and are NaT.
    """
    matches = {text: _WRITTEN.match(text.strip()) for text in texts.unique()}
    written = [m for m in matches.values() if m and m[2] != "."]
    day_first = any(int(m[1]) > 12 for m in written)
    month_first = any(int(m[3]) > 12 for m in written) or any(m[8] for m in written)
    known = {text: _time(text.strip(), matches[text], day_first, month_first) for text in matches}
    return texts.map(known).astype("datetime64[s]")


def _time(text: str, written: re.Match[str] | None, day_first: bool, month_first: bool) -> datetime | None:
    try:
        if iso := _ISO.match(text):
            year, month, day, hour, minute, second_of = (int(part or 0) for part in iso.groups())
            found = datetime(year, month, day, hour, minute, second_of)
        elif written:
            if written[2] != "." and day_first == month_first:
                return None
            first, second, year, hour, minute, second_of = (int(written[i] or 0) for i in (1, 3, 4, 5, 6, 7))
            day, month = (first, second) if written[2] == "." or day_first else (second, first)
            afternoon = 12 if written[8] and written[8].lower() == "p" and hour != 12 else 0
            midnight = 12 if written[8] and written[8].lower() == "a" and hour == 12 else 0
            found = datetime(year, month, day, hour + afternoon - midnight, minute, second_of)
        elif _SERIAL.fullmatch(text):
            found = _FIRST_SERIAL + timedelta(seconds=round(float(text) * 86_400))
        else:
            return None
    except ValueError:
        return None
    return found if found.year >= 1990 else None
