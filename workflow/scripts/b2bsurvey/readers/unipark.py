"""Unipark / EFS: codes as headings (`lfdn external_lfdn tester dispcode … v_12 … rts123`), semicolons."""

import re
from dataclasses import replace

from b2bsurvey.errors import StudyError
from b2bsurvey.readers.raw import Column, Layout, RawExport, Table, assemble, clean, quoted

NAME = "unipark"

_MARKS = ("external_lfdn", "tester", "dispcode", "lastpage", "quality", "duration")
_VARIABLE = re.compile(r"v_\d+\w*")
_TECHNICAL = re.compile(
    r"rts\d+|quality|page_history|hflip|vflip|output_mode|javascript|flash|cleaned|ats|date_of_\w+|lastaccs"
)
_PERSONAL = re.compile(r"external_lfdn|ip_addr|ex_host|browser|referer|session_id|u_(?:email|name|firstname|account)")
_COMPLETE = {"31": True, "32": True, "completed": True, "completed after break": True}
_COMPLETE |= {"beendet": True, "beendet nach unterbrechung": True}
# A text field that was seen and left empty; a question and a text field that were not shown; a date without a date.
_NOT_ANSWERED = ("-99", "0000-00-00 00:00:00", "0000-00-00")
_NOT_SHOWN = ("-77", "-66")
_SMALL = re.compile(r"\d{1,2}")


def recognise(rows: list[list[str]]) -> str | None:
    """Return why the first row is Unipark's, None where it is not; re-saved files may lack `lfdn`."""
    headings = [clean(cell) for cell in rows[0]]
    marks = [name for name in _MARKS if name in headings]
    variables = [heading for heading in headings if _VARIABLE.fullmatch(heading)]
    if ("lfdn" in headings and len(marks) >= 2) or (len(marks) >= 3 and variables):
        names = [*(["lfdn"] if "lfdn" in headings else []), *marks][:4]
        return f"there are Unipark's columns {quoted(names)}"
    return None


def read(table: Table, reason: str) -> RawExport:
    """Return a Unipark table as a RawExport.

    Complete are the disposition codes 31 and 32; testers are tests; a duration of −1 (an interview with a break) is
    unknown. −77 and −66 are questions that were not shown, −99 and 0000-00-00 are no answers. 0 may be no answer or an
    answer: columns where it could be the first are named in a note. Times of pages and settings are left out; host,
    browser, addresses and foreign ids are dropped. Raises StudyError where the headings are not Unipark's.
    """
    if recognise(table.rows) is None:
        raise StudyError(
            f"{table.place(0)}: found headings that are not Unipark's; expected 'lfdn', 'dispcode', 'duration', …; "
            "leave `platform` out or set it to 'plain'"
        )
    codes = [clean(cell) for cell in table.rows[0]]
    at = {code: position for position, code in reversed([*enumerate(codes, start=1)])}
    columns = tuple(
        Column(position, code, code, "", missing=_NOT_ANSWERED, not_shown=_NOT_SHOWN)
        for position, code in enumerate(codes, start=1)
    )
    export = assemble(
        table,
        NAME,
        reason,
        Layout(
            header_rows=1,
            columns=columns,
            respondent_id=at.get("lfdn"),
            started=at.get("datetime"),
            submitted=at.get("date_of_last_access") or at.get("lastaccs"),
            personal=frozenset(j for j, code in enumerate(codes, start=1) if _PERSONAL.fullmatch(code)),
            status=at.get("dispcode"),
            complete=lambda text: _COMPLETE.get(text.casefold(), False) if text else None,
            test=at.get("tester"),
            is_test=lambda text: text not in ("", "0", "-77"),
            duration=at.get("duration"),
            last_page=at.get("lastpage"),
            language=at.get("language"),
            technical=frozenset(j for j, code in enumerate(codes, start=1) if _TECHNICAL.fullmatch(code)),
        ),
    )
    return replace(export, notes=export.notes + _zeros(export) + _durations(table, at))


def _zeros(export: RawExport) -> tuple[str, ...]:
    """Return the note on columns where 0 stands beside other small whole numbers and nothing else."""
    found = []
    for column in export.columns:
        cells = set(export.cells[column.position].str.strip()) - {*_NOT_SHOWN, ""}
        if len(cells - {"0", "1"}) > 0 and "0" in cells and all(_SMALL.fullmatch(cell) for cell in cells):
            found.append(column.code)
    if not found:
        return ()
    return (
        "0 is what Unipark writes for a closed question that was seen and not answered; where it is no answer, add '0' "
        f"to the question's `missing`: {', '.join(found)}",
    )


def _durations(table: Table, at: dict[str, int]) -> tuple[str, ...]:
    """Return the note on durations that are no seconds, as after re-saving."""
    if "duration" not in at:
        return ()
    cells = [row[at["duration"] - 1].strip() for row in table.rows[1:]]
    odd = [cell for cell in cells if cell and not re.fullmatch(r"-?\d+(?:\.\d+)?", cell)]
    return (f"left out as no numbers of seconds: {len(odd):,} of {len(cells):,} durations",) if odd else ()
