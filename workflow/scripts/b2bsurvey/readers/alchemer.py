"""Alchemer (SurveyGizmo): one heading row, the platform's own columns first, then `Option:Question` or the question.

A tick-all set is one column an option, or one cell with the options joined by `;`, which is left as it is.
"""

from b2bsurvey.errors import StudyError
from b2bsurvey.readers.headings import taken_apart
from b2bsurvey.readers.raw import Layout, RawExport, Table, assemble, clean, key

NAME = "alchemer"

_MARKS = ("timestarted", "datesubmitted", "status")
_PERSONAL = (
    *("contactid", "legacycomments", "comments", "referer", "extendedreferer", "sessionid", "useragent"),
    *("extendeduseragent", "ipaddress", "longitude", "latitude", "email", "emailaddress", "firstname", "lastname"),
)
_PLACE_OF_IP = ("country", "city", "stateregion", "postal")  # behind these three, else it is a question
_IP = ("ipaddress", "longitude", "latitude")
_OWN = ("responseid", *_MARKS, "language", "tags", *_PERSONAL)
_STATUSES = {"complete": True, "partial": False, "disqualified": False, "deleted": False}


def recognise(rows: list[list[str]]) -> str | None:
    """Return why the first row is Alchemer's heading row: its times and its status stand before the questions."""
    if set(_own(rows[0])).issuperset(_MARKS):
        return "'Time Started', 'Date Submitted' and 'Status' head columns before the questions"
    return None


def read(table: Table, reason: str) -> RawExport:
    """Return an Alchemer table as a RawExport.

    Places that Alchemer derives from the IP address, and what it keeps of the browser and the contact, are dropped
    as far as they stand before the questions: behind them a 'Country' is an answer. Raises StudyError where
    the headings are not Alchemer's.
    """
    if recognise(table.rows) is None:
        raise StudyError(
            f"{table.place(0)}: found headings that are not Alchemer's; expected 'Time Started', 'Date Submitted' and "
            "'Status' before the questions; leave `platform` out or set it to 'plain'"
        )
    columns = taken_apart([clean(cell) for cell in table.rows[0]], ":", question_first=False)
    own = {name: j for j, name in enumerate(_own(table.rows[0]), start=1)}
    return assemble(
        table,
        NAME,
        reason,
        Layout(
            header_rows=1,
            columns=columns,
            respondent_id=own.get("responseid"),
            started=own["timestarted"],
            submitted=own["datesubmitted"],
            personal=frozenset(position for name, position in own.items() if name in _PERSONAL + _PLACE_OF_IP),
            status=own["status"],
            complete=lambda text: _STATUSES.get(text.casefold()),
            language=own.get("language"),
            technical=frozenset({own["tags"]} if "tags" in own else ()),
        ),
    )


def _own(headings: list[str]) -> list[str]:
    """Return the keys of the platform's own columns, which stand first, each once."""
    own: list[str] = []
    for name in map(key, headings):
        known = name in _OWN or (name in _PLACE_OF_IP and any(ip in own for ip in _IP))
        if not known or name in own:
            break
        own.append(name)
    return own
