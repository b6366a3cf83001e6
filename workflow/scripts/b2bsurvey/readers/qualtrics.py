"""Qualtrics: three heading rows (code, text, ImportId in JSON), two in old files, or only the codes.

Files of 2016 write the JSON with single quotes. The second row is in the language of the user interface, so the
platform's own columns are known by their ImportId, or by their codes where there is none.
"""

import os
import re
from dataclasses import dataclass, replace

import numpy as np

from b2bsurvey.errors import StudyError
from b2bsurvey.readers.raw import Column, Layout, RawExport, Table, assemble, clean, key, quoted

NAME = "qualtrics"

_IMPORT_ID = re.compile(r"""\{\s*["']ImportId["']\s*:\s*["']([^"']*)["'].*\}""", re.DOTALL)
_TIME_ZONE = re.compile(r"""["']timeZone["']\s*:\s*["']([^"']*)["']""")
_QUESTION = re.compile(r"((?:\d+_)?QID\d+(?:#\d+)?)(?:[-_](.+))?", re.DOTALL)
_CODE_PATH = re.compile(r"(.+?)((?:_-?\d+)*)(_TEXT)?", re.DOTALL)
_TIMER = re.compile(r"(?:FIRST_CLICK|LAST_CLICK|PAGE_SUBMIT|CLICK_COUNT)", re.IGNORECASE)
_TIMER_CODE = re.compile(r".*_(?:First Click|Last Click|Page Submit|Click Count)")

_ID = ("recordid", "responseid")
_STARTED, _SUBMITTED, _RECORDED = "startdate", "enddate", "recordeddate"
_STATUS, _CHANNEL, _FINISHED = "status", "distributionchannel", "finished"
_DURATION = ("duration", "durationinseconds")
_LANGUAGE = "userlanguage"
_PERSONAL = {
    *("ipaddress", "recipientlastname", "recipientfirstname", "recipientemail"),
    *("externaldatareference", "externalreference", "locationlatitude", "locationlongitude"),
}
_PERSONAL_OLD = {"name", "emailaddress"}
_TECHNICAL = {_RECORDED, "progress", "responseset", "responsesetid", "locationaccuracy"}
_OWN = {*_ID, _STARTED, _SUBMITTED, _STATUS, _CHANNEL, _FINISHED, *_DURATION, _LANGUAGE, *_PERSONAL, *_TECHNICAL}

_FINISHED_WORDS = {
    **dict.fromkeys(("1", "true", "wahr", "vrai", "vero"), True),
    **dict.fromkeys(("0", "false", "falsch", "faux", "falso"), False),
}
_TESTS = {"1", "2", "9", "17", "survey preview", "survey test", "offline survey preview", "survey preview spam"}
_TEST_CHANNELS = {"preview", "test"}
_SPAM = {"8", "9", "12", "40", "spam", "possible spam"}


@dataclass(frozen=True)
class _Heading:
    """The heading of a column: `import_id` is '' where the file has none."""

    code: str
    text: str
    import_id: str

    @property
    def question(self) -> str:
        """Return what the columns of one question share: QID5, QID6#1, or the beginning of their codes."""
        match = _QUESTION.fullmatch(self.import_id) or _CODE_PATH.fullmatch(self.code)
        return match[1] if match else self.code

    @property
    def path(self) -> str:
        """Return what leads from the question to the column (`1-2`, `5_TEXT`), '' for the question's only one."""
        match = _QUESTION.fullmatch(self.import_id)
        return (match[2] or "") if match else self.code[len(self.question) :].strip("_")

    @property
    def own(self) -> str:
        """Return the letters of the platform column's name, '' for a question's column."""
        if self.import_id:
            name = key(self.import_id.rpartition("-")[2])
            return "" if _QUESTION.fullmatch(self.import_id) or name not in _OWN else name
        name = key(self.text) if _OLD_CODE.fullmatch(self.code) else key(self.code)
        return name if name in _OWN | _PERSONAL_OLD else ""


_OLD_CODE = re.compile(r"V\d+")


def recognise(rows: list[list[str]]) -> str | None:
    """Return why the rows are Qualtrics' headings, None where they are not."""
    number = _import_row(rows)
    if number is not None:
        return f"heading row {number + 1} holds Qualtrics' ImportIds"
    codes = [clean(cell) for cell in rows[0]]
    if len(rows) > 1 and codes[0] == "V1" and key(rows[1][0]) == "responseid":
        return "the headings are V1, V2, … and 'ResponseID' stands below the first"
    known = {key(code) for code in codes} & {*_ID, _STARTED, _SUBMITTED, _FINISHED, _CHANNEL, "progress", _RECORDED}
    if "ResponseId" in codes and len(known) >= 5:
        return f"the headings are those of Qualtrics: {quoted(code for code in codes if key(code) in known)}"
    return None


def read(table: Table, reason: str) -> RawExport:
    """Return a Qualtrics table as a RawExport.

    Codes are those of the first row. A question's columns share the beginning of their texts; what follows is the
    item, and of a matrix with two axes `row [column]`. Previews and tests are told from `Status` and
    `DistributionChannel`. Addresses, names, places and the external reference are dropped; times of pages and other
    settings are left out. Raises StudyError where the headings are not Qualtrics'.
    """
    if recognise(table.rows) is None:
        raise StudyError(
            f"{table.place(0)}: found headings that are not Qualtrics'; expected codes like 'ResponseId' and, below "
            "the texts, a row of ImportIds; leave `platform` out or set it to 'plain'"
        )
    headings, header_rows = _headings(table.rows)
    own: dict[str, int] = {}
    for position, heading in enumerate(headings, start=1):
        own.setdefault(heading.own, position)

    def at(*names: str) -> int | None:
        """Return the position of the first of these platform columns that the file has."""
        return next((own[name] for name in names if name in own), None)

    channel, status = at(_CHANNEL), at(_STATUS)
    export = assemble(
        table,
        NAME,
        reason,
        Layout(
            header_rows=header_rows,
            columns=_columns(headings),
            respondent_id=at(*_ID),
            started=at(_STARTED),
            submitted=at(_SUBMITTED, _RECORDED),
            personal=frozenset(own[name] for name in _PERSONAL | _PERSONAL_OLD if name in own),
            status=at(_FINISHED),
            complete=lambda text: _FINISHED_WORDS.get(text.casefold()),
            test=status,
            is_test=lambda text: text.casefold() in _TESTS,
            duration=at(*_DURATION),
            language=at(_LANGUAGE),
            technical=frozenset(
                {own[name] for name in _TECHNICAL if name in own}
                | {
                    j
                    for j, h in enumerate(headings, start=1)
                    if _TIMER.fullmatch(h.path) or _TIMER_CODE.fullmatch(h.code)
                }
            ),
        ),
    )
    body = table.rows[header_rows:]
    if channel is not None:
        previews = np.array([row[channel - 1].strip().casefold() in _TEST_CHANNELS for row in body], dtype=bool)
        export = replace(export, facts=export.facts.assign(test=export.facts["test"] | previews))
    return replace(export, notes=export.notes + _notes(table.rows, header_rows, status))


def _import_row(rows: list[list[str]]) -> int | None:
    """Return the number of the row that holds the ImportIds, None where there is none; columns put in have none."""
    for number in (2, 1):
        cells = [cell for cell in rows[number] if cell.strip()] if number < len(rows) else []
        if 2 * sum(_IMPORT_ID.fullmatch(cell.strip()) is not None for cell in cells) > len(cells):
            return number
    return None


def _headings(rows: list[list[str]]) -> tuple[list[_Heading], int]:
    """Return the headings, and how many rows they take."""
    codes = [clean(cell) for cell in rows[0]]
    number = _import_row(rows)
    ids = [m[1] if (m := _IMPORT_ID.fullmatch(cell.strip())) else "" for cell in rows[number]] if number else []
    texts_below = number == 2 or (number is None and _second_row_is_text(rows))
    texts = [clean(cell) for cell in rows[1]] if texts_below else [""] * len(codes)
    found = [
        _Heading(code, text, import_id)
        for code, text, import_id in zip(codes, texts, ids or [""] * len(codes), strict=True)
    ]
    return found, 1 + texts_below + (number is not None)


def _second_row_is_text(rows: list[list[str]]) -> bool:
    """Return whether the second row holds texts: below the dates' headings stands no date."""
    if len(rows) < 2:
        return False
    dates = [j for j, cell in enumerate(rows[0]) if key(cell) in (_STARTED, _SUBMITTED)]
    below = [rows[1][j].strip() for j in dates if rows[1][j].strip()]
    return key(rows[1][0]) == "responseid" or (bool(below) and not any(text[:1].isdigit() for text in below))


def _columns(headings: list[_Heading]) -> tuple[Column, ...]:
    """Return the columns; question and item are told from the texts of each question's columns."""
    groups: dict[str, list[int]] = {}
    for j, heading in enumerate(headings):
        if not heading.own:
            groups.setdefault(heading.question, []).append(j)
    parts = {j: (heading.text or heading.code, "") for j, heading in enumerate(headings)}
    for members in groups.values():
        if len(members) > 1:
            parts |= dict(zip(members, _divided([headings[j] for j in members]), strict=True))
    return tuple(
        Column(j + 1, heading.code, *parts[j], heading=heading.text if parts[j][1] else "")
        for j, heading in enumerate(headings)
    )


def _divided(headings: list[_Heading]) -> list[tuple[str, str]]:
    """Return question and item of a question's columns.

    The question is the longest beginning after which each text ends or a dash follows. Texts that hold dashes of
    their own are not divided further than that.
    """
    texts = [heading.text for heading in headings]
    shared = os.path.commonprefix(texts)  # noqa: RUF071 (characters are meant, no paths)
    for dash in (" - ", "-"):
        for length in range(len(shared), 0, -1):
            rests = [text[length:] for text in texts]
            if all(rest == "" or rest.startswith(dash) for rest in rests):
                question = shared[:length].strip()
                items = [rest.removeprefix(dash).strip() for rest in rests]
                return [(question, _below(h, item, dash.strip())) for h, item in zip(headings, items, strict=True)]
    return [(text, "") for text in texts]


def _below(heading: _Heading, item: str, dash: str) -> str:
    """Return an item; of two axes `row [column]`; of the choice itself, beside a text field, nothing."""
    axes = [part for part in re.split("[-_]", heading.path) if part.isdigit()]
    if not heading.path:
        return ""
    row, found, column = item.partition(f" {dash} " if f" {dash} " in item else dash)
    if len(axes) == 2 and found and dash not in column:
        return f"{row.strip()} [{column.strip()}]"
    return item


def _notes(rows: list[list[str]], header_rows: int, status: int | None) -> tuple[str, ...]:
    """Return notes on the time zone and on responses that Qualtrics takes for spam."""
    zones = sorted({m[1] for row in rows[1:header_rows] for cell in row if (m := _TIME_ZONE.search(cell))})
    notes = [f"times are given in the zone '{zone}'" for zone in zones]
    if status is not None:
        spam = sum(row[status - 1].strip().casefold() in _SPAM for row in rows[header_rows:])
        if spam:
            notes.append(
                f"{spam:,} response{'' if spam == 1 else 's'} marked as spam by Qualtrics, read like the others"
            )
    return tuple(notes)
