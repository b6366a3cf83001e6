"""Whether a Stata file is whole: the library believes the number of observations that the file states.

From version 13 on the file is marked up and its end has a mark. Before, the parts follow one another without
marks (dta formats 113 to 115, Stata 8 to 12), so their lengths must add up to the file's.
"""

import struct

from b2bsurvey.errors import StudyError

_WIDTHS = {251: 1, 252: 2, 253: 4, 254: 4, 255: 8}  # of byte, int, long, float, double; below, the length of a text
_NAME, _LABEL, _VARIABLE_LABEL = 33, 33, 81
_FORMAT = {113: 12, 114: 49, 115: 49}


def whole(data: bytes, file: str) -> None:
    """Refuse a Stata file (StudyError) that is cut, holds more or less than it says, or is older than Stata 8."""
    if data.startswith(b"<stata_dta>"):
        complete = data.rstrip(b"\0\r\n").endswith(b"</stata_dta>")
    elif data[0] < 113:
        raise StudyError(
            f"{file}: found a Stata file of before version 8 (format {data[0]}); expected a newer one; open it in "
            "Stata and save it again"
        )
    else:
        try:
            complete = _end(data) == len(data)
        except (struct.error, IndexError, KeyError):
            complete = False
    if not complete:
        raise StudyError(
            f"{file}: found a Stata file that is cut or holds another number of cases than it says; expected a whole "
            "file; export it again"
        )


def _end(data: bytes) -> int:
    """Return where the value labels, the last part of an old Stata file, end."""
    order = ">" if data[1] == 1 else "<"
    variables, cases = struct.unpack_from(f"{order}hi", data, 4)
    types = data[109 : 109 + variables]
    place = 109 + variables * (1 + _NAME + 2 + _FORMAT[data[0]] + _LABEL + _VARIABLE_LABEL) + 2
    kind, length = struct.unpack_from(f"{order}bi", data, place)
    while kind or length:  # notes and the like
        if length < 0:
            raise struct.error(length)
        place += 5 + length
        kind, length = struct.unpack_from(f"{order}bi", data, place)
    place += 5 + cases * sum(_WIDTHS.get(t, t) for t in types)
    while place < len(data):  # one table of value labels after another
        (length,) = struct.unpack_from(f"{order}i", data, place)
        labels, texts = struct.unpack_from(f"{order}ii", data, place + 4 + _LABEL + 3)
        if length != 8 + 8 * labels + texts:
            raise struct.error(length)
        place += 4 + _LABEL + 3 + length
    return place
