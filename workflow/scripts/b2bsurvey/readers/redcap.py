"""REDCap: one heading row of field names (or labels); `field___code` ticks; the state of each instrument 0, 1 or 2.

A project can hold several instruments, events and instances of an instrument: rows of instances are no respondents.
"""

import re
from dataclasses import replace

from b2bsurvey.errors import StudyError
from b2bsurvey.readers.raw import Column, Layout, RawExport, Table, assemble, clean

NAME = "redcap"

_RECORD = ("record_id", "Record ID")  # a project may call its first field otherwise
_EVENT = ("redcap_event_name", "Event Name")
_INSTRUMENT = ("redcap_repeat_instrument", "Repeat Instrument")
_INSTANCE = ("redcap_repeat_instance", "Repeat Instance")
_IDENTIFIER = ("redcap_survey_identifier", "Survey Identifier")
_OWN = (_EVENT[0], _INSTRUMENT[0], _INSTANCE[0], _IDENTIFIER[0], "redcap_data_access_group")
_TICK = re.compile(r"([a-z][a-z0-9_]*?)___([a-z0-9_]+)")
_CHOICE = re.compile(r"(.*\S) ?\(choice=(.*)\)")
_STATES = {"0": False, "incomplete": False, "1": None, "unverified": None, "2": True, "complete": True}
_NOT_COMPLETED = "[not completed]"
_COMMA = re.compile(r"-?\d+,\d+")
_POINT = re.compile(r"-?\d+\.\d+")
# Fields that hold a person: a field's name is not an answer, so that one of them is enough.
_PERSON = (
    *("name", "first_name", "last_name", "name_first", "name_last", "full_name", "firstname", "lastname"),
    *("email", "email_address", "e_mail", "phone", "phone_number", "telephone", "mobile", "address", "street"),
    *("dob", "date_of_birth", "birthdate", "ip", "ip_address"),
)


def recognise(rows: list[list[str]]) -> str | None:
    """Return why the rows are a REDCap export: its own columns, or states of instruments beside ids or ticks."""
    headings = [clean(cell) for cell in rows[0]]
    own = [heading for heading in headings if heading in _OWN]
    if own:
        return f"there is a column '{own[0]}'"
    states = _states(headings, rows)
    ticks = [heading for heading in headings if _TICK.fullmatch(heading) or _CHOICE.fullmatch(heading)]
    if states and (ticks or headings[0] == "record_id"):
        beside = (ticks or headings)[0]
        return f"'{headings[states[0]]}' holds the state of an instrument, and there is a column '{beside}'"
    return None


def read(table: Table, reason: str) -> RawExport:
    """Return a REDCap table as a RawExport.

    A respondent is complete as the only instrument says, or else the only survey's time stamp; several instruments
    are left as columns. Rows of repeated instruments are left out, with a note; a record in several rows is refused
    with StudyError, as is a table that is none of REDCap's.
    """
    if recognise(table.rows) is None:
        raise StudyError(
            f"{table.place(0)}: found headings that are not REDCap's; expected 'record_id', fields like "
            "'field___1' and the state of an instrument like 'form_complete'; leave `platform` out or set it to 'plain'"
        )
    headings = [clean(cell) for cell in table.rows[0]]
    table = _one_row_a_record(table, headings)
    columns = tuple(_column(j, heading) for j, heading in enumerate(headings, start=1))
    states = [j for j in _states(headings, table.rows) if any(row[j].strip() for row in table.rows[1:])]
    stamps = [j for j, h in enumerate(headings) if h.endswith("_timestamp") or h == "Survey Timestamp"]
    stamp = stamps[0] + 1 if len(stamps) == 1 else None
    notes = _state_notes(headings, states) + _decimal_notes(table, headings)
    return assemble(
        replace(table, notes=table.notes + notes),
        NAME,
        reason,
        Layout(
            header_rows=1,
            columns=columns,
            respondent_id=next((j for j, h in enumerate(headings, start=1) if h in _RECORD), 1),
            submitted=stamp,
            personal=frozenset(j for j, h in enumerate(headings, start=1) if h in (*_IDENTIFIER, *_PERSON)),
            status=states[0] + 1 if len(states) == 1 else stamp,
            complete=_complete if len(states) == 1 else _stamped,
        ),
    )


def _column(position: int, heading: str) -> Column:
    """Return a column; an option of a tick-all field is an item of the field."""
    code = heading if re.fullmatch(r"\w+", heading) else ""
    if option := _TICK.fullmatch(heading) or _CHOICE.fullmatch(heading):
        return Column(position, code, option[1], option[2], heading=heading)
    return Column(position, code, heading, "")


def _complete(state: str) -> bool | None:
    """Return whether the state of an instrument is complete; unverified says neither."""
    return _STATES.get(state.casefold())


def _stamped(time: str) -> bool | None:
    """Return whether a survey's time stamp tells that it was completed."""
    return time != _NOT_COMPLETED if time else None


def _states(headings: list[str], rows: list[list[str]]) -> list[int]:
    """Return the columns, counted from 0, that hold states of instruments, and hardly anything else."""
    named = [j for j, h in enumerate(headings) if h.endswith("_complete") or h == "Complete?"]
    others = [sum(row[j].strip().casefold() not in ("", *_STATES) for row in rows[1:]) for j in named]
    return [j for j, n in zip(named, others, strict=True) if 2 * n <= len(rows) - 1]


def _one_row_a_record(table: Table, headings: list[str]) -> Table:
    """Return the table without the rows of repeated instruments; refuse one with records in several rows."""

    def column(names: tuple[str, ...]) -> list[str]:
        """Return the cells below the first of these headings, blanks where there is none."""
        j = next((headings.index(name) for name in names if name in headings), None)
        return ["" if j is None else row[j].strip() for row in table.rows[1:]]

    instruments, instances, events = column(_INSTRUMENT), column(_INSTANCE), column(_EVENT)
    kept = [i for i, instrument in enumerate(instruments) if not instrument]
    names = sorted({f"'{instrument}'" for instrument in instruments if instrument})
    if instruments and not kept:
        raise StudyError(
            f"{table.file}: found rows of the repeated instrument {', '.join(names)} only, which are instances and not "
            "respondents; expected one row a record; export the instrument that is asked once"
        )
    first: dict[str, int] = {}
    repeated = next((i for i in kept if first.setdefault(table.rows[1 + i][0], i) != i), None)
    if repeated is not None and (events[repeated] or instances[repeated]):
        seen = ", ".join(f"'{event}'" for event in dict.fromkeys(events[i] for i in kept) if event)
        raise StudyError(
            f"{table.place(1 + repeated)}: found a record for the second time"
            f"{f' (events {seen})' if seen else ' (repeated instances)'}; expected one row a respondent; export one "
            "event or instance alone"
        )
    if not names:
        return table
    n = len(instruments) - len(kept)
    note = f"{n} {'row' if n == 1 else 'rows'} of {', '.join(names)} left out: instances are no respondents"
    return replace(
        table,
        rows=[table.rows[0], *(table.rows[1 + i] for i in kept)],
        numbers=[table.numbers[0], *(table.numbers[1 + i] for i in kept)],
        notes=(*table.notes, note),
    )


def _state_notes(headings: list[str], states: list[int]) -> tuple[str, ...]:
    if len(states) < 2:
        return ()
    names = ", ".join(f"'{headings[j]}'" for j in states)
    return (f"the states of {len(states)} instruments stand apart ({names}): none of them alone means complete",)


def _decimal_notes(table: Table, headings: list[str]) -> tuple[str, ...]:
    """Return the note on a file with decimal commas in some columns and decimal points in others."""
    marks: dict[str, list[str]] = {"comma": [], "point": []}
    for j, heading in enumerate(headings):
        cells = [row[j] for row in table.rows[1:] if row[j]]
        for mark, pattern in (("comma", _COMMA), ("point", _POINT)):
            if cells and all(pattern.fullmatch(cell) for cell in cells):
                marks[mark].append(f"'{heading}'")
    if not all(marks.values()):
        return ()
    return (f"decimals have a comma in {', '.join(marks['comma'])} and a point in {', '.join(marks['point'])}",)
