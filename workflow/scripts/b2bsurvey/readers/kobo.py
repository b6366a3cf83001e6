"""KoboToolbox and ODK: one heading row of names or labels; an answer of a tick-all set is `question/option`.

Groups stand before a name (`group/question/option`), or not, as the export was set. `both` exports hold the ticks
(0, 1, blank where not asked) and all ticked codes in one cell, `details` the ticks, `summary` the cell.
Files re-saved by R write `X_id` and `question.option`. Rows of a repeat group have a table of their own.
"""

import re
from collections import defaultdict

from b2bsurvey.errors import StudyError
from b2bsurvey.readers.raw import Column, Layout, RawExport, Table, assemble, clean
from b2bsurvey.readers.times import are_times

NAME = "kobo"

_IDS = ("_uuid", "meta/instanceID", "meta-instanceID", "KEY", "_id")  # the first one found is the respondent's
_SENT = ("_submission_time", "SubmissionDate")
_REPEATS = ("_parent_index", "_parent_table_name", "PARENT_KEY")
_PERSON = (
    *("formhub/uuid", "meta/rootUuid", "instanceID", "_index", "_submitted_by", "SubmitterID", "SubmitterName"),
    *("deviceid", "DeviceID", "subscriberid", "simserial", "simid", "imei", "phonenumber", "devicephonenum"),
    *("username", "email", "_geolocation", "start-geopoint", "_attachments", "audit"),
)
_SETTINGS = ("__version__", "_status", "_tags", "_notes", "_xform_id_string")
_ODK_SETTINGS = ("AttachmentsPresent", "AttachmentsExpected", "Status", "Edits", "FormVersion")
_MARKS = (
    *_IDS,
    *_SENT,
    *_REPEATS,
    *("_index", "_submitted_by", "_validation_status", "__version__", "formhub/uuid", "meta/rootUuid"),
    *("SubmitterID", "SubmitterName", "AttachmentsPresent", "AttachmentsExpected", "ReviewState", "FormVersion"),
)
# `_point_latitude`, `_group/point_latitude` or `group/_point_latitude` of Kobo, `point-Latitude` of ODK
_COORDINATE = re.compile(
    r"(?P<group>.*/)?_(?P<kobo>.+)_(latitude|longitude|altitude|precision)"
    r"|(?P<odk>.+)-(Latitude|Longitude|Altitude|Accuracy)"
)
# latitude and longitude, often with altitude and precision; several of them are a line or an area
_POINT = r"-?\d{1,3}\.\d+ -?\d{1,3}\.\d+(?: -?\d+(?:\.\d+)?){0,2}"
_POINTS = re.compile(rf"{_POINT}(?:; ?{_POINT})*;?")
_NAME = re.compile(r"[A-Za-z_][\w.-]*")
_OPTION = re.compile(r"[\w.-]+")
_TICKS = {"", "0", "1", "TRUE", "FALSE", "True", "False"}


def recognise(rows: list[list[str]]) -> str | None:
    """Return why the rows are a Kobo or ODK export: its own columns, a geopoint, or ticks under `question/option`."""
    headings = _headings(rows)
    marks = [heading for heading in headings if heading in _MARKS]
    if len(marks) >= 2:
        return f"there are columns '{marks[0]}' and '{marks[1]}'"
    points = sorted(_geopoints(headings))
    if points:
        return f"the coordinates of '{headings[points[0] - 1]}' stand in columns of their own"
    for question, positions in _tick_sets(headings, rows).items():
        if len(positions) >= 2 and all(_NAME.fullmatch(part) for part in question.split("/")):
            return f"'{question}' has a column of ticks for each of its options"
    return None


def read(table: Table, reason: str) -> RawExport:
    """Return a Kobo or ODK table as a RawExport; a submission is complete, since drafts stay on the device.

    A column's code is its name without the groups before it, `question/option` for an option of a tick-all set.
    Coordinates, devices, users and ids are dropped. Raises StudyError for rows of a repeat group, which are no
    respondents.
    """
    headings = _headings(table.rows)
    repeat = next((heading for heading in headings if heading in _REPEATS), None)
    if repeat:
        raise StudyError(
            f"{table.place(0)}: found rows of a repeat group (column '{repeat}'), which are instances and not "
            "respondents; expected the main table with one row a submission; name its sheet (`sheet`), or leave this "
            "file out"
        )
    sets = _tick_sets(headings, table.rows)
    columns = tuple(
        _column(j, heading, clean(table.rows[0][j - 1]), sets) for j, heading in enumerate(headings, start=1)
    )

    def at(names: tuple[str, ...], times: bool = False) -> int | None:
        """Return the position of the first of these headings, of times only where times stand below."""
        found = (headings.index(name) for name in names if name in headings)
        return next((j + 1 for j in found if not times or are_times(row[j] for row in table.rows[1:])), None)

    technical = (*_SETTINGS, *(_ODK_SETTINGS if "KEY" in headings else ()))
    sent, ended = at(_SENT), at(("end",), times=True)
    people = {j for j, heading in enumerate(headings, start=1) if heading in (*_IDS, *_PERSON)}
    return assemble(
        table,
        NAME,
        reason,
        Layout(
            header_rows=1,
            columns=columns,
            respondent_id=at(_IDS),
            started=at(("start",), times=True),
            submitted=ended or sent,
            personal=frozenset(people | _geopoints(headings) | _places(table.rows)),
            technical=frozenset(j for j, heading in enumerate(headings, start=1) if heading in technical),
            status=sent or ended,
            complete=lambda text: True if text else None,
        ),
    )


def _headings(rows: list[list[str]]) -> list[str]:
    """Return the headings as Kobo wrote them: R puts an X before names that begin with an underscore."""
    headings = [clean(cell) for cell in rows[0]]
    return [heading[1:] if heading.startswith("X_") and heading[1:] in _MARKS else heading for heading in headings]


def _tick_sets(headings: list[str], rows: list[list[str]]) -> dict[str, list[int]]:
    """Return for each tick-all set (by the heading of its question) the columns of its options, counted from 0.

    The options are all the columns below a heading, hold nothing but ticks, and are two or more, or stand beside
    the column of all ticked codes. Elsewhere what stands before the stroke is a group.
    """
    below: dict[str, list[int]] = defaultdict(list)
    for j, heading in enumerate(headings):
        question, _, option = heading.rpartition("/")
        if question and option:
            below[question].append(j)
    return {
        question: positions
        for question, positions in below.items()
        if (len(positions) >= 2 or question in headings)
        and all(row[j].strip() in _TICKS for row in rows[1:] for j in positions)
        and any(row[j].strip() for row in rows[1:] for j in positions)
    }


def _column(position: int, name: str, heading: str, sets: dict[str, list[int]]) -> Column:
    """Return a column; groups are left out of a code, and labels are none."""
    *before, last = name.split("/")
    named = all(_NAME.fullmatch(part) for part in before) and _OPTION.fullmatch(last)
    if before and "/".join(before) in sets:
        code = f"{before[-1]}/{last}" if named else ""
        return Column(position, code, before[-1] if named else "/".join(before), last, heading=heading)
    return Column(position, last if named and _NAME.fullmatch(last) else "", heading, "")


def _geopoints(headings: list[str]) -> set[int]:
    """Return the positions of geopoints and of their coordinates, told by the headings of the coordinates."""
    parts: dict[str, list[int]] = defaultdict(list)
    for j, heading in enumerate(headings, start=1):
        if match := _COORDINATE.fullmatch(heading):
            parts[match["odk"] or f"{match['group'] or ''}{match['kobo']}"].append(j)
    points = {name: found for name, found in parts.items() if len(found) >= 2}
    named = [j for j, heading in enumerate(headings, start=1) if heading in points]
    return {*named, *(j for found in points.values() for j in found)}


def _places(rows: list[list[str]]) -> set[int]:
    """Return the positions of columns that hold nothing but coordinates."""
    columns = enumerate(zip(*rows[1:], strict=True), start=1)
    filled = ((j, [cell.strip() for cell in cells if cell.strip()]) for j, cells in columns)
    return {j for j, cells in filled if cells and all(map(_POINTS.fullmatch, cells))}
