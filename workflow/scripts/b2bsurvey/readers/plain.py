"""Plain CSV, TSV and XLSX: one heading row, one column a question or option, one row a respondent."""

import re

from b2bsurvey.errors import StudyError
from b2bsurvey.readers.headings import IDS, PERSONAL, STARTED, SUBMITTED
from b2bsurvey.readers.raw import Column, Layout, RawExport, Table, assemble, clean, key

NAME = "plain"

_EMAIL_AND_NAME = {"email", "name"}  # personal only together: alone each may be an answer option
_CODE = re.compile(r"[A-Za-z_]\w*")


def recognise(rows: list[list[str]]) -> str | None:
    """Return the reason to read any other table by its heading row."""
    return "no platform's headings were recognised; the first row holds the headings"


def read(table: Table, reason: str) -> RawExport:
    """Return a table with one heading row as a RawExport.

    The respondent id is a column `respondent id`, `response id`, or a first column `id`; times are taken
    from headings that platforms use for them. Columns headed as addresses, names or places of a person
    are dropped. A heading that is an identifier is also the column's code. Raises StudyError where the
    first row cannot be the headings.
    """
    headings = [clean(cell) for cell in table.rows[0]]
    _check_headings(table, headings)
    columns = tuple(
        Column(j, heading if _CODE.fullmatch(heading) else "", heading, "")
        for j, heading in enumerate(headings, start=1)
    )
    keys = [key(heading) for heading in headings]

    def only(names: tuple[str, ...]) -> int | None:
        """Return the position of the one column with one of these headings, None for none or several."""
        found = [j for j, name in enumerate(keys, start=1) if name in names]
        return found[0] if len(found) == 1 else None

    dropped = set(PERSONAL) | (_EMAIL_AND_NAME if set(keys) >= _EMAIL_AND_NAME else set())
    respondent_id = only(IDS)
    if respondent_id is None and keys[0] == "id" and keys.count("id") == 1 and len(keys) > 1:
        respondent_id = 1
    return assemble(
        table,
        NAME,
        reason,
        Layout(
            header_rows=1,
            columns=columns,
            respondent_id=respondent_id,
            started=only(STARTED),
            submitted=only(SUBMITTED),
            personal=frozenset(j for j, name in enumerate(keys, start=1) if name in dropped),
        ),
    )


def _check_headings(table: Table, headings: list[str]) -> None:
    """Refuse a first row that is no heading row, and a second one that is."""
    place = table.place(0)
    if table.title:
        raise StudyError(
            f"{table.file}: found the single text '{table.title[:60]}' above the table; expected the headings in the "
            f"first row; delete what stands above {place.removeprefix(f'{table.file}, ')}, or give every column a "
            "heading"
        )
    nameless = headings.count("")
    if nameless >= max(2, len(headings) / 2):
        raise StudyError(
            f"{place}: found {nameless} of {len(headings)} columns without a heading; expected the headings in the "
            "first row; write them, or delete the rows above them"
        )
    if all(re.fullmatch(r"[\d.,]*", heading) for heading in headings):
        raise StudyError(
            f"{place}: found no words in the first row; expected the headings there; write them or export again with "
            "headings"
        )
    for i, row in enumerate(table.rows[1:3], start=1):
        below = [clean(cell) for cell in row]
        names = sum(key(text) in (*IDS, *STARTED, *SUBMITTED, "ipaddress") for text in below)
        if names >= 2 or any('"ImportId"' in text for text in below):
            raise StudyError(
                f"{table.place(i)}: found a further heading row; expected one heading row and then respondents; "
                "delete the further heading rows, or export from a platform with a reader of its own"
            )
