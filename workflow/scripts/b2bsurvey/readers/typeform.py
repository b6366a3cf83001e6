"""Typeform: one heading row, `#` first, the times and the network id last; headings repeat, place decides."""

from b2bsurvey.errors import StudyError
from b2bsurvey.readers.raw import Column, Layout, RawExport, Table, assemble, clean, key

NAME = "typeform"

_STARTED = "startdateutc"
_SUBMITTED = "submitdateutc"
_NETWORK = "networkid"


def recognise(rows: list[list[str]]) -> str | None:
    """Return why the first row is Typeform's heading row, None where it is not."""
    headings = [clean(cell) for cell in rows[0]]
    last = [heading for heading in headings if key(heading) in (_STARTED, _SUBMITTED, _NETWORK)]
    if headings[0] == "#" and last:
        return f"column 1 is headed '#' and there is a column '{last[-1]}'"
    return None


def read(table: Table, reason: str) -> RawExport:
    """Return a Typeform table as a RawExport; a response with a submit date is complete, else nothing is said.

    Typeform writes no question above the options of a tick-all question: each option is a column of
    its own. Raises StudyError where the headings are not Typeform's.
    """
    if recognise(table.rows) is None:
        raise StudyError(
            f"{table.place(0)}: found headings that are not Typeform's; expected '#' first and 'Start Date (UTC)', "
            "'Submit Date (UTC)' and 'Network ID' last; leave `platform` out or set it to 'plain'"
        )
    columns = tuple(Column(j, "", clean(cell), "") for j, cell in enumerate(table.rows[0], start=1))

    def at(name: str) -> int | None:
        """Return the position of the last column with this heading: the platform's own stand at the end."""
        return next((c.position for c in reversed(columns) if key(c.question) == name), None)

    network = at(_NETWORK)
    return assemble(
        table,
        NAME,
        reason,
        Layout(
            header_rows=1,
            columns=columns,
            respondent_id=1,
            started=at(_STARTED),
            submitted=at(_SUBMITTED),
            personal=frozenset({network} if network else ()),
            status=at(_SUBMITTED),
            complete=lambda text: True if text else None,
        ),
    )
