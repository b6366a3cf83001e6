"""SurveyMonkey: the question over the first column of its block, the option, row or `Response` below it.

Variants seen: a title line above; the question in every column of its block; the question repeated
instead of `Response`; a third heading row with codes (and 0/1 in the cells). An export with one flat
heading row has lost its blocks: that is `plain`.
"""

import re
from itertools import pairwise

from b2bsurvey.errors import StudyError
from b2bsurvey.readers.raw import Column, Layout, RawExport, Table, assemble, clean, key

NAME = "surveymonkey"

_ID = "respondentid"
_STARTED = ("startdate", "datecreated")
_SUBMITTED = ("enddate", "datemodified")
_STATUS = ("status", "responsestatus", "completionstatus")
_PERSONAL = re.compile(r"ipaddress|emailaddress|firstname|lastname|customdata\d*|custom\d+")
_KEPT = ("collectorid", "collector")
_RESPONSES = ("Response", "Open-Ended Response")
_OTHERS = ("Other (please specify)", "Other (please explain)")
# The fields of a contact question; those that name a person are personal wherever three of them meet.
_CONTACT = ("Name", "Company", "Address", "Address 2", "City/Town", "ZIP/Postal Code", "Country", "Email Address")
_CONTACT_PERSONAL = ("Name", "Address", "Address 2", "Email Address", "Phone Number")
_CODE = re.compile(r"[A-Za-z]\w*(?:[.:-]\w+)*")
_STATUSES = {"completed": True, "complete": True, "partial": False, "incomplete": False}


def recognise(rows: list[list[str]]) -> str | None:
    """Return why the rows are SurveyMonkey's two heading rows, None where they are not."""
    if len(rows) < 2:
        return None
    upper, lower = [clean(cell) for cell in rows[0]], [clean(cell) for cell in rows[1]]
    ids = [j for j, heading in enumerate(upper) if key(heading) == _ID]
    blocks = "" in upper[1:] or any(a and a == b for a, b in pairwise(upper))
    marks = sum(item in _RESPONSES + _OTHERS for item in lower)
    if len(ids) == 1 and lower[ids[0]] in ("", upper[ids[0]]) and (marks or (blocks and any(lower))):
        return f"column {ids[0] + 1} is headed '{upper[ids[0]]}' and a second heading row holds the options"
    if not ids and marks and "" in upper:
        return "questions stand over blocks of columns and 'Response' stands in a second heading row"
    return None


def read(table: Table, reason: str) -> RawExport:
    """Return a SurveyMonkey table as a RawExport.

    Each question is carried to the right over its block. `complete` is None unless there is a status
    column. IP and e-mail addresses, names, custom data and the personal fields of contact questions are
    dropped. Raises StudyError where the two heading rows are missing.
    """
    if recognise(table.rows) is None:
        raise StudyError(
            f"{table.place(0)}: found no two heading rows as SurveyMonkey writes them; expected 'Respondent ID' and "
            "the questions over a row with the options or 'Response'; leave `platform` out or set it to 'plain'"
        )
    upper, lower = ([clean(cell) for cell in row] for row in table.rows[:2])
    platform = [_is_platform(above, below) for above, below in zip(upper, lower, strict=True)]
    codes = _codes(table.rows, platform)
    questions = _carried(upper, platform)
    columns = tuple(
        Column(j + 1, code, question, _item(question, below, is_platform))
        for j, (code, question, below, is_platform) in enumerate(
            zip(codes or [""] * len(upper), questions, lower, platform, strict=True)
        )
    )

    def at(names: tuple[str, ...]) -> int | None:
        """Return the position of the first platform column with one of these headings."""
        return next((j + 1 for j, on in enumerate(platform) if on and key(upper[j]) in names), None)

    personal = {j + 1 for j, on in enumerate(platform) if on and _PERSONAL.fullmatch(key(upper[j]))}
    return assemble(
        table,
        NAME,
        reason,
        Layout(
            header_rows=3 if codes else 2,
            columns=columns,
            respondent_id=at((_ID,)),
            started=at(_STARTED),
            submitted=at(_SUBMITTED),
            personal=frozenset(personal | _contact_fields(columns)),
            status=at(_STATUS),
            complete=lambda text: _STATUSES.get(text.casefold()),
        ),
    )


def _is_platform(above: str, below: str) -> bool:
    """Return whether a column is the platform's own: its name above, nothing (or the name again) below."""
    known = (_ID, *_STARTED, *_SUBMITTED, *_STATUS, *_KEPT)
    return below in ("", above) and (key(above) in known or _PERSONAL.fullmatch(key(above)) is not None)


def _carried(upper: list[str], platform: list[bool]) -> list[str]:
    """Return the question of each column: the last one to its left, except over platform columns."""
    questions, current = [], ""
    for heading, is_platform in zip(upper, platform, strict=True):
        if is_platform:
            current = ""
            questions.append(heading)
        else:
            current = heading or current
            questions.append(current)
    return questions


def _item(question: str, below: str, is_platform: bool) -> str:
    """Return the item of a column; a question repeated below itself is what `Response` is elsewhere."""
    if is_platform:
        return ""
    return "Response" if below == question and below else below


def _codes(rows: list[list[str]], platform: list[bool]) -> list[str]:
    """Return the codes of a third heading row, none where the third row is a respondent's.

    Codes are identifiers, all different, one on every question column, and nearly all hold a digit or an
    underscore: no row of answers looks like that.
    """
    if len(rows) < 3:
        return []
    third = [clean(cell) for cell in rows[2]]
    codes = [code for code, is_platform in zip(third, platform, strict=True) if not is_platform]
    marked = sum(any(c.isdigit() or c == "_" for c in code) for code in codes)
    ids = [third[j] for j, heading in enumerate(rows[0]) if key(heading) == _ID]
    if (
        codes
        and all(_CODE.fullmatch(code) for code in codes)
        and len(set(codes)) == len(codes)
        and marked >= 0.8 * len(codes)
        and not any(text.isdigit() for text in ids)
    ):
        return third
    return []


def _contact_fields(columns: tuple[Column, ...]) -> set[int]:
    """Return the positions of the personal fields of contact questions."""
    items: dict[str, set[str]] = {}
    for column in columns:
        items.setdefault(column.question, set()).add(column.item)
    return {
        column.position
        for column in columns
        if column.item in _CONTACT_PERSONAL and len(items[column.question] & set(_CONTACT)) >= 3
    }
