"""What respondents and platforms write in a cell: a number, a day, several options."""

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta

from b2bsurvey.columns import normal
from b2bsurvey.questionnaire import SERIAL

_NUMBER_LIKE = re.compile(r"[+-]?[0-9.,' ]*[0-9]")
_ISO = re.compile(r"(\d{4}-\d\d-\d\d)(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?")
_SERIAL = re.compile(r"[0-9]{1,7}(?:\.[0-9]+)?")
_FIRST_SERIAL, _LAST_SERIAL = date(1899, 12, 30), 2_958_465


def bare(text: str, units: Iterable[str]) -> str:
    """Return a written number without the unit before or after it, as `normal` compares it, with a plain minus."""
    found = normal(text).replace("\N{MINUS SIGN}", "-")
    for unit in sorted(map(normal, units), key=len, reverse=True):
        without = found.removesuffix(unit).strip() if found.endswith(unit) else found.removeprefix(unit).strip()
        if without != found and _NUMBER_LIKE.fullmatch(without):
            return without
    return found


def decimal_sign(numbers: Iterable[str]) -> str:
    """Return the decimal sign of a column of bare numbers, `.` or `,`; nothing where it cannot be told.

    It cannot where both signs occur, or where every number with one could have thousands parted by it (1,234).
    """
    found = [number for number in numbers if _NUMBER_LIKE.fullmatch(number)]
    signs = [sign for sign in ".," if any(sign in number for number in found)]
    if not signs:
        return "."
    thousands = re.compile(rf"[+-]?[1-9][0-9]{{0,2}}(\{signs[0]}[0-9]{{3}})+")
    clear = any(signs[0] in number and not thousands.fullmatch(number) for number in found)
    return signs[0] if len(signs) == 1 and clear else ""


def number(text: str, decimal: str) -> float | None:
    """Return the value of a bare number with the decimal sign `.` or `,`; None for anything else.

    Thousands may be parted by an apostrophe, a space or the other of the two signs.
    """
    other = "," if decimal == "." else "."
    pattern = rf"[+-]?([0-9]+|[0-9]{{1,3}}(['{other} ])[0-9]{{3}}(\2[0-9]{{3}})*)?(\{decimal}[0-9]+)?(e[+-]?[0-9]+)?"
    if not re.fullmatch(pattern, text) or not re.search("[0-9]", text.partition("e")[0]):
        return None
    return float(re.sub(rf"['{other} ]", "", text).replace(decimal, "."))


def day(text: str, written_as: str | None) -> date | None:
    """Return the day of a written date: as the format `written_as` says, as the serial number of a spreadsheet, in ISO.

    ISO dates (2013-05-31, with or without a time) are understood beside other formats, as spreadsheets write them,
    unless the format begins with the year too. None for anything else.
    """
    text = text.strip()
    try:
        if written_as == SERIAL and _SERIAL.fullmatch(text):
            serial = int(float(text))
            return _FIRST_SERIAL + timedelta(days=serial) if 0 < serial <= _LAST_SERIAL else None
        if written_as not in (None, SERIAL):
            try:
                return datetime.strptime(text, written_as).date()
            except ValueError:
                if written_as.startswith("%Y"):
                    return None
        iso = _ISO.fullmatch(text)
        return date.fromisoformat(iso[1]) if iso else None
    except ValueError:
        return None


def options(text: str, joined: str, known: Mapping[str, str]) -> tuple[list[str], str]:
    """Return the codes of the options that stand in one cell, in their order, and the text that is none of them.

    `joined` parts the options, but may stand within them too: of all ways to read the cell, that which leaves the
    least text over is taken, and among these the one with the longest options. `known` gives the code of each
    spelling, as `normal` compares it.
    """
    pieces = text.split(joined)
    # best[i]: pieces left over from i on, readings so far, what they are (a code, or a piece as it stands)
    best: list[tuple[int, int, list[tuple[str, bool]]]] = [(0, 0, [])]
    longest = max((len(spelling.split(normal(joined) or " ")) for spelling in known), default=1)
    for start in reversed(range(len(pieces))):
        blank = not normal(pieces[start])
        over, read, rest = best[0]
        readings = [(over, read, rest)] if blank else [(over + 1, read + 1, [(pieces[start], False), *rest])]
        for stop in range(start + 1, min(start + longest, len(pieces)) + 1):
            code = known.get(normal(joined.join(pieces[start:stop])))
            if code is not None:
                over, read, rest = best[stop - start - 1]
                readings.append((over, read + 1, [(code, True), *rest]))
        best.insert(0, min(readings, key=lambda reading: reading[:2]))
    found = best[0][2]
    return [text for text, is_code in found if is_code], joined.join(t.strip() for t, is_code in found if not is_code)
