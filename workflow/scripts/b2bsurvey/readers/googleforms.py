"""Google Forms: one heading row, the time stamp first; a grid's rows stand in brackets behind its question.

Tick-all answers stand in one cell, joined by `;` or `, `, which their options may hold themselves: the cell is
left as it is, and ingest matches it against the options.
"""

from b2bsurvey.errors import StudyError
from b2bsurvey.readers.headings import EMAIL, USERNAME
from b2bsurvey.readers.raw import Column, Layout, RawExport, Table, assemble, clean, key
from b2bsurvey.readers.times import are_times

NAME = "googleforms"

_TIMESTAMP = ("timestamp", "zeitstempel", "horodateur", "informazionicronologiche")


def recognise(rows: list[list[str]]) -> str | None:
    """Return why the rows are a Google Forms export: a time stamp heads the first column, and times stand below it."""
    heading = clean(rows[0][0])
    if key(heading) in _TIMESTAMP and len(rows[0]) > 1 and are_times(row[0] for row in rows[1:]):
        return f"column 1 is headed '{heading}' and holds times of day"
    return None


def read(table: Table, reason: str) -> RawExport:
    """Return a Google Forms table as a RawExport; Google keeps submitted forms only, so all are complete.

    The e-mail address or user name that a form can collect is dropped. Raises StudyError where the first column
    is not the time stamp.
    """
    if recognise(table.rows) is None:
        raise StudyError(
            f"{table.place(0)}: found a first column that is not Google's time stamp; expected 'Timestamp' (or "
            "'Zeitstempel', 'Horodateur', 'Informazioni cronologiche') and a date with a time in every row; leave "
            "`platform` out or set it to 'plain'"
        )
    columns = tuple(_column(j, clean(cell)) for j, cell in enumerate(table.rows[0], start=1))
    return assemble(
        table,
        NAME,
        reason,
        Layout(
            header_rows=1,
            columns=columns,
            submitted=1,
            personal=frozenset(c.position for c in columns if key(c.question) in EMAIL + USERNAME and not c.item),
            status=1,
            complete=lambda text: True if text else None,
        ),
    )


def _column(position: int, heading: str) -> Column:
    """Return a column; `Question [Row]` is one row of a grid, whose row may hold brackets itself."""
    depth = 0
    for i in range(len(heading) - 1, 0, -1) if heading.endswith("]") else ():
        depth += {"]": 1, "[": -1}.get(heading[i], 0)
        if depth == 0:
            return Column(position, "", heading[:i].strip(), heading[i + 1 : -1].strip(), heading=heading)
    return Column(position, "", heading, "")
