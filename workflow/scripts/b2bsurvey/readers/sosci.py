"""SoSci Survey: codes as headings (`CASE … QUESTNNR MODE … TIME_SUM … FINISHED`), tab-separated, labels in a script.

Codes of answers are positions (`DM02` = 1 means the first answer): their labels stand only in the import script (`.r`),
which is named beside the export.
"""

import re

from b2bsurvey.errors import StudyError
from b2bsurvey.readers.raw import Column, Layout, RawExport, Table, assemble, clean, quoted

NAME = "sosci"

_MARKS = ("QUESTNNR", "MODE", "STARTED", "LASTDATA", "FINISHED", "Q_VIEWER", "LASTPAGE", "MAXPAGE", "MISSREL")
_TECHNICAL = re.compile(
    r"TIME\d+|TIME_RSI|DEG_\w+|DEGRADE|MISSING|MISSREL|LASTDATA|MAILSENT|Q_VIEWER|MAXPAGE|STATUS|SCREENED?"
)
_PERSONAL = ("SERIAL", "IP", "IPADDR", "BROWSER", "REFERER", "USERAGENT")
_NOT_ANSWERED = "-9"
_OPTION = re.compile(r"([A-Z]{2}\d{2})_\d+")
_FINISHED = {
    **dict.fromkeys(("t", "true", "1", "ausgefüllt", "finished"), True),
    **dict.fromkeys(("f", "false", "0", "abgebrochen", "canceled"), False),
}
_LOGICAL = {"F": "not checked", "T": "checked"}
_CHECKED = {"1": "not checked", "2": "checked"}


def recognise(rows: list[list[str]]) -> str | None:
    """Return why the first row is SoSci Survey's, None where it is not."""
    headings = [clean(cell) for cell in rows[0]]
    marks = [name for name in _MARKS if name in headings]
    if "CASE" in headings and len(marks) >= 2:
        return f"there are SoSci Survey's columns 'CASE', {quoted(marks[:3])}"
    return None


def read(table: Table, reason: str) -> RawExport:
    """Return a SoSci Survey table as a RawExport.

    −9 is no answer. Options of a question with several answers are 1 (not checked) and 2 (checked), or F and T; they
    are known by the column that counts them (`AB01` beside `AB01_01`). All that did not begin as a regular
    interview (MODE: pretest, admin, …) is a test. A second row of labels, as in workbooks, becomes the questions'
    texts. Times of pages and other measures are left out; the participant's code is dropped. Raises StudyError where
    the headings are not SoSci Survey's.
    """
    if recognise(table.rows) is None:
        raise StudyError(
            f"{table.place(0)}: found headings that are not SoSci Survey's; expected 'CASE', 'QUESTNNR', 'MODE', …; "
            "leave `platform` out or set it to 'plain'"
        )
    codes = [clean(cell) for cell in table.rows[0]]
    at = {code: position for position, code in reversed([*enumerate(codes, start=1)])}
    labels = _labels(table.rows, at["CASE"])
    body = table.rows[2 if labels else 1 :]
    columns = []
    for position, code in enumerate(codes, start=1):
        cells = {row[position - 1].strip() for row in body}
        question, _, item = labels[position - 1].partition(": ") if labels and "_" in code else ("", "", "")
        text = question or (labels[position - 1] if labels else code)
        columns.append(Column(position, code, text, item, _values(code, cells, codes), (_NOT_ANSWERED,)))
    return assemble(
        table,
        NAME,
        reason,
        Layout(
            header_rows=2 if labels else 1,
            columns=tuple(columns),
            respondent_id=at["CASE"],
            started=at.get("STARTED"),
            submitted=at.get("LASTDATA"),
            personal=frozenset(at[name] for name in _PERSONAL if name in at),
            status=at.get("FINISHED"),
            complete=lambda text: _FINISHED.get(text.casefold()),
            test=at.get("MODE"),
            is_test=lambda text: text.casefold() not in ("", "interview"),
            duration=at.get("TIME_SUM"),
            last_page=at.get("LASTPAGE"),
            language=at.get("LANGUAGE"),
            technical=frozenset(j for j, code in enumerate(codes, start=1) if _TECHNICAL.fullmatch(code)),
        ),
    )


def _labels(rows: list[list[str]], case: int) -> list[str]:
    """Return the labels of a second heading row, none where it is a respondent's: a case has a number."""
    if len(rows) < 2:
        return []
    second = [clean(cell) for cell in rows[1]]
    return second if second[case - 1] and not second[case - 1].isdigit() else []


def _values(code: str, cells: set[str], codes: list[str]) -> dict[str, str]:
    """Return what the cells of an option to check mean, {} for any other column."""
    match = _OPTION.fullmatch(code)
    answers = cells - {"", _NOT_ANSWERED}
    if answers and answers <= set(_LOGICAL):
        return _LOGICAL
    if match and match[1] in codes and answers <= set(_CHECKED):
        return _CHECKED
    return {}
