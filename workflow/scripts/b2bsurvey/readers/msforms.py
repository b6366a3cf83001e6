"""Microsoft Forms: one heading row in the language of the account; running number, times, address and name first.

Tick-all answers stand in one cell (`A;B;`, with or without the last semicolon), which is left as it is; the rows of a
matrix are columns `Question.Row`.
"""

from dataclasses import replace
from itertools import takewhile

from b2bsurvey.errors import StudyError
from b2bsurvey.readers.headings import EMAIL, taken_apart
from b2bsurvey.readers.raw import Layout, RawExport, Table, assemble, clean, key

NAME = "msforms"

_FIRST = (  # running number, start, end: English, German, French, Italian
    ("id", "starttime", "completiontime"),
    ("id", "startzeit", "fertigstellungszeit"),
    ("id", "heurededébut", "heuredefin"),
    ("id", "oradiinizio", "oradicompletamento"),
)
_PERSON = ("email", *EMAIL, "name", "nom", "nome")
_MODIFIED = (
    *("lastmodifiedtime", "zeitpunktderletztenänderung", "uhrzeitderletztenänderung"),
    *("heuredeladernièremodification", "oradellultimamodifica"),
)
_LANGUAGE = ("language", "sprache", "langue", "lingua")


def recognise(rows: list[list[str]]) -> str | None:
    """Return why the first row is Microsoft's heading row: number, start and end in one language, in this order."""
    headings = [clean(cell) for cell in rows[0][:3]]
    if tuple(map(key, headings)) in _FIRST:
        return f"the first columns are headed '{headings[0]}', '{headings[1]}' and '{headings[2]}'"
    return None


def read(table: Table, reason: str) -> RawExport:
    """Return a Microsoft Forms table as a RawExport; Microsoft keeps submitted forms only, so all are complete.

    A respondent is known by the running number together with the start time: numbers begin with 1 in each form, and
    a wave may have a form a language. E-mail address and name are dropped, as far as they stand before the
    questions. Raises StudyError where the headings are not Microsoft's.
    """
    if recognise(table.rows) is None:
        raise StudyError(
            f"{table.place(0)}: found headings that are not those of Microsoft Forms; expected 'ID', 'Start time' and "
            "'Completion time' first, in English, German, French or Italian; leave `platform` out or set it to 'plain'"
        )
    columns = taken_apart([clean(cell) for cell in table.rows[0]], r"\.(?=\S)", question_first=True)
    platform = takewhile(lambda c: key(c.question) in (*_PERSON, *_MODIFIED, *_LANGUAGE), columns[3:])
    own = {c.position: key(c.question) for c in platform}
    export = assemble(
        table,
        NAME,
        reason,
        Layout(
            header_rows=1,
            columns=columns,
            respondent_id=1,
            started=2,
            submitted=3,
            personal=frozenset(position for position, name in own.items() if name in _PERSON),
            status=3,
            complete=lambda text: True if text else None,
            technical=frozenset(position for position, name in own.items() if name in _MODIFIED),
            language=next((position for position, name in own.items() if name in _LANGUAGE), None),
        ),
    )
    started = (
        export.facts["started_at"].astype("str").where(export.facts["started_at"].notna(), export.facts["started"])
    )
    known = export.facts["respondent_id"].where(started != "", "")
    number_and_start = known.where(known == "", known + " " + started)
    return replace(export, facts=export.facts.assign(respondent_id=number_and_start))
