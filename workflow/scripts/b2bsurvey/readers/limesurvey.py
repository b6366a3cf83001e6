"""LimeSurvey: headings as codes, as texts, or as both; a response without a submit date is incomplete.

The four styles: `Likert[3]`; `Likert[3]. How far … [Item]` with this or another separator; `How far … [Item]`, where
headings repeat and may be empty. The platform's own columns are known by their codes and, in four languages, by their
texts.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from b2bsurvey.errors import StudyError
from b2bsurvey.readers.raw import Column, Layout, RawExport, Table, assemble, clean, key, quoted

NAME = "limesurvey"

# The platform's own columns: their codes, and the letters of their texts in English, German, French and Italian.
_OWN = {
    "id": ("responseid", "antwortid", "iddelaréponse", "idrisposta"),
    "submitdate": ("datesubmitted", "datumabgeschickt", "datedesoumission", "datainvio"),
    "lastpage": ("lastpage", "letzteseite", "dernièrepage", "ultimapagina"),
    "startlanguage": ("startlanguage", "startsprache", "languededépart", "linguainiziale"),
    "seed": ("seed", "zufallsstartwert", "zufallsgeneratorstartwert", "têtedesérie", "seme"),
    "startdate": ("datestarted", "datumgestartet", "datedelancement", "datadiinizio"),
    "datestamp": ("datelastaction", "datumletzteaktivität", "datedeladernièreaction", "datadellultimaazione"),
    "ipaddr": ("ipaddress", "ipadresse", "adresseip", "indirizzoip"),
    "refurl": ("referrerurl", "referringurl", "weiterleitungsurl", "urlderéférence", "urldiprovenienza"),
    "token": ("token", "accesscode", "zugangscode", "zugangsschlüssel", "codedaccès", "codicediaccesso"),
    "interviewtime": ("totaltime", "gesamtzeit", "tempstotal", "tempototale"),
}
# Fields of the list of participants, which is exported with the token.
_PARTICIPANT = {
    "firstname": ("firstname", "vorname", "prénom", "nome"),
    "lastname": ("lastname", "nachname", "nom", "nomdefamille", "cognome"),
    "email": ("email", "emailaddress", "emailadresse", "adressedecourriel", "adresseemail", "indirizzoemail"),
}
_MARKS = ("lastpage", "startlanguage", "seed", "datestamp")  # no other platform has these
_PERSONAL = ("ipaddr", "refurl", "token")
_TECHNICAL = ("seed", "datestamp")
_CODE = re.compile(r"[A-Za-z]\w*(?:\[[^\[\]]*\])*")
_CODE_TEXT = re.compile(r"([A-Za-z]\w*(?:\[[^\[\]]*\])*)\.(?: |$)")
_TIMES = re.compile(
    r"(?:group time|question time|gruppenzeit|fragenzeit|temps|tempo per)\b.*", re.IGNORECASE | re.DOTALL
)
_TIME_CODE = re.compile(r"groupTime\d+")
_STRUCTURE = {"class", "type/scale", "relevance", "help", "validation", "mandatory"}
_CLOSED = {"yes", "no", "uncertain", "male", "female", "ja", "nein", "oui", "non", "sì"}


@dataclass(frozen=True)
class _Heading:
    """A heading taken apart; '' where the style has no such part."""

    code: str
    text: str


def recognise(rows: list[list[str]]) -> str | None:
    """Return why the first row is LimeSurvey's, None where it is not."""
    headings = [clean(cell) for cell in rows[0]]
    if set(headings) >= _STRUCTURE:
        return "the headings are those of LimeSurvey's survey structure"
    parts, style = _parts(headings)
    own = {name: heading for heading, part in zip(headings, parts, strict=True) if (name := _own(part))}
    marks = [own[name] for name in _MARKS if name in own]
    if marks and len(own) > 1:
        return f"there are LimeSurvey's columns {quoted(own.values())}; {style}"
    bracketed = [part.code for part in parts if part.code.endswith("]")]
    if len(bracketed) > 1 and all(part.code for part in parts if part.code or part.text):
        return f"the headings carry codes like '{bracketed[0]}'; {style}"
    return None


def read(table: Table, reason: str) -> RawExport:
    """Return a LimeSurvey table as a RawExport.

    Codes are kept as LimeSurvey writes them (`Likert[3]`); the last brackets of a text are the item, two of them
    `row [column]`. A response is complete when it has a submit date, also when that is 1980-01-01 (an anonymised
    survey). Times of groups and questions, seed and last action are left out; token, names, e-mail and IP
    addresses and the referrer are dropped. Raises StudyError for the structure of a survey.
    """
    headings = [clean(cell) for cell in table.rows[0]]
    if set(headings) >= _STRUCTURE:
        raise StudyError(
            f"{table.place(0)}: found the structure of a LimeSurvey survey (its questions and answers), which holds "
            "no responses; expected exported responses; export the responses, and use this file for a draft of "
            "the questionnaire"
        )
    parts, _ = _parts(headings)
    columns = [
        _column(j, part, heading) for j, (part, heading) in enumerate(zip(parts, headings, strict=True), start=1)
    ]
    own = {name: j for j, part in reversed([*enumerate(parts, start=1)]) if (name := _own(part))}
    participants = _participants(parts) if "token" in own else set()
    body = table.rows[1:]
    return assemble(
        table,
        NAME,
        reason,
        Layout(
            header_rows=1,
            columns=tuple(_declared(column, {row[column.position - 1].strip() for row in body}) for column in columns),
            respondent_id=own.get("id"),
            started=own.get("startdate"),
            submitted=own.get("submitdate"),
            personal=frozenset({own[name] for name in _PERSONAL if name in own} | participants),
            status=own.get("submitdate"),
            complete=bool if "submitdate" in own else lambda text: None,
            duration=own.get("interviewtime"),
            last_page=own.get("lastpage"),
            language=own.get("startlanguage"),
            technical=frozenset({own[name] for name in _TECHNICAL if name in own} | _timings(parts)),
        ),
    )


def _parts(headings: list[str]) -> tuple[list[_Heading], str]:
    """Return the headings taken apart, and their style in words."""
    separator = _separator(headings)
    if separator:
        found = [_split(heading, separator) for heading in headings]
        return found, f"headings hold code and text, parted by '{separator}'"
    named = [heading for heading in headings if heading]
    if named and (all(map(_CODE.fullmatch, named)) or {"submitdate", "lastpage"} <= set(named)):
        found = [_Heading(h, "") if _CODE.fullmatch(h) else _Heading("", h) for h in headings]
        return found, "headings are codes"
    return [_Heading("", heading) for heading in headings], "headings are texts"


def _separator(headings: Iterable[str]) -> str:
    """Return what parts code and text, '' where headings are not of both.

    It is told from the platform's own columns (`startdate._.Date started`); without them from codes with brackets.
    """
    for heading in headings:
        code = next((name for name in _OWN if heading.startswith(name)), "")
        rest = heading[len(code) :]
        if code and key(rest) in _OWN[code]:
            between = re.match(r"[\W_]+", rest)
            if between:
                return between[0].strip() or " "
    named = [heading for heading in headings if heading]
    fitting = [m for heading in named if (m := _CODE_TEXT.match(heading))]
    if len(fitting) == len(named) and any(m[1].endswith("]") for m in fitting):
        return "."
    return ""


def _split(heading: str, separator: str) -> _Heading:
    code = _CODE.match(heading)
    rest = heading[code.end() :] if code else heading
    if code is None or not rest.lstrip().startswith(separator.strip()):
        return _Heading("", heading)
    return _Heading(code[0], rest.lstrip()[len(separator.strip()) :].strip())


def _own(part: _Heading) -> str:
    """Return the code of the platform's own column that a heading names, '' for a question's."""
    if part.code:
        return part.code if part.code in _OWN else ""
    return next((name for name, texts in _OWN.items() if key(part.text) in texts), "")


def _participants(parts: list[_Heading]) -> set[int]:
    """Return the positions of names and e-mail addresses from the list of participants."""
    return {
        j
        for j, part in enumerate(parts, start=1)
        if part.code in _PARTICIPANT or (not part.code and any(key(part.text) in t for t in _PARTICIPANT.values()))
    }


def _timings(parts: list[_Heading]) -> set[int]:
    """Return the positions of the times of groups and questions, which stand after the total time."""
    start = next((j for j, part in enumerate(parts) if _own(part) == "interviewtime"), len(parts))
    codes = {part.code for part in parts[:start]} - {""}
    questions = {code.partition("[")[0] for code in codes}
    return {
        j
        for j, part in enumerate(parts, start=1)
        if _TIME_CODE.fullmatch(part.code)
        or (j > start and part.code.removesuffix("Time") in questions and part.code.endswith("Time"))
        or (j > start and not part.code and _TIMES.fullmatch(part.text))
    }


def _column(position: int, part: _Heading, heading: str) -> Column:
    below = re.findall(r"\[([^\[\]]*)\]", part.code)
    if not part.text and part.code:
        return Column(position, part.code, part.code.partition("[")[0], _joined(below), heading=heading)
    parted = not part.code or below or "_" in part.code  # a question's own code has no underscore
    question, item = _item(part.text) if parted else (part.text, "")
    return Column(position, part.code, question, item, heading=heading if part.code or item else "")


def _item(text: str) -> tuple[str, str]:
    """Return a question and the item in the last brackets; `[row][column]` is the item `row [column]`."""
    groups: list[str] = []
    rest = text
    while rest.endswith("]") and len(groups) < 2:
        depth = 0
        for start in range(len(rest) - 1, -1, -1):
            depth += (rest[start] == "]") - (rest[start] == "[")
            if depth == 0:
                break
        if depth:
            break
        groups.insert(0, rest[start + 1 : -1].strip())
        rest = rest[:start]
    return (rest.strip(), _joined(groups)) if groups else (text, "")


def _joined(groups: list[str]) -> str:
    return groups[0] + "".join(f" [{group}]" for group in groups[1:]) if groups else ""


def _declared(column: Column, cells: set[str]) -> Column:
    """Return a column with what LimeSurvey writes into cells that are no answer code.

    `-oth-` is the choice "Other" of an export with codes; N/A, in a column of yes and no, is no answer.
    """
    if "-oth-" in cells:
        column = replace(column, values={**column.values, "-oth-": "Other"})
    if "N/A" in cells and {cell.casefold() for cell in cells - {"N/A", ""}} <= _CLOSED:
        column = replace(column, missing=("N/A",))
    return column
