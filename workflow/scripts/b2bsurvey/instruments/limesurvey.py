"""LimeSurvey's definition of a survey: .lss (XML of all database versions) and the tab-separated structure (.txt).

Up to database version 261 the texts stand in the questions themselves, one row a language; from 400 on in tables of
their own (`question_l10ns`, `answer_l10ns`, `group_l10ns`).
"""

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from b2bsurvey.errors import StudyError
from b2bsurvey.instruments.instrument import (
    Cells,
    Choice,
    Instrument,
    InstrumentQuestion,
    Texts,
    Type,
    in_language,
)
from b2bsurvey.instruments.limesurvey_columns import OTHER, export_columns
from b2bsurvey.instruments.xml_tables import LimeSurveyDocument, read_document
from b2bsurvey.markup import clean

# type → kind, what the cells hold
_TYPES: dict[str, tuple[Type, Cells]] = {
    "L": ("single", "choice"),
    "!": ("single", "choice"),
    "O": ("single", "choice"),
    "5": ("single", "choice"),
    "Y": ("single", "choice"),
    "G": ("single", "choice"),
    "I": ("single", "choice"),
    "M": ("tick_all", "tick"),
    "P": ("tick_all", "tick"),
    "A": ("battery", "choice"),
    "B": ("battery", "choice"),
    "C": ("battery", "choice"),
    "E": ("battery", "choice"),
    "F": ("battery", "choice"),
    "H": ("battery", "choice"),
    "K": ("battery", "number"),
    "Q": ("battery", "text"),
    "1": ("grid", "choice"),
    ":": ("grid", "number"),
    ";": ("grid", "text"),
    "R": ("ranking", "rank"),
    "N": ("number", "number"),
    "D": ("date", "date"),
    "S": ("text", "text"),
    "T": ("text", "text"),
    "U": ("text", "text"),
    "|": ("file", "file"),
    "X": ("display", "nothing"),
    "*": ("computed", "text"),
}
_YES: Texts = {"en": "Yes", "de": "Ja", "fr": "Oui", "it": "Sì"}
_NO: Texts = {"en": "No", "de": "Nein", "fr": "Non", "it": "No"}
_UNCERTAIN: Texts = {"en": "Uncertain", "de": "Unsicher", "fr": "Indécis", "it": "Incerto"}
# the answers of types that have none of their own
_BUILT_IN: dict[str, tuple[Choice, ...]] = {
    "Y": (Choice("Y", _YES), Choice("N", _NO)),
    "C": (Choice("Y", _YES), Choice("U", _UNCERTAIN), Choice("N", _NO)),
    "G": (
        Choice("F", {"en": "Female", "de": "Weiblich", "fr": "Féminin", "it": "Femmina"}),
        Choice("M", {"en": "Male", "de": "Männlich", "fr": "Masculin", "it": "Maschio"}),
    ),
    "E": (
        Choice("I", {"en": "Increase", "de": "Zunahme", "fr": "Augmentation", "it": "Aumento"}),
        Choice("S", {"en": "Same", "de": "Gleich", "fr": "Identique", "it": "Uguale"}),
        Choice("D", {"en": "Decrease", "de": "Abnahme", "fr": "Diminution", "it": "Diminuzione"}),
    ),
    **{kind: tuple(Choice(str(n), {"en": str(n)}) for n in range(1, 6)) for kind in ("5", "A")},
    "B": tuple(Choice(str(n), {"en": str(n)}) for n in range(1, 11)),
}
_COMMENT: Texts = {"en": "Comment", "de": "Kommentar", "fr": "Commentaire", "it": "Commento"}


@dataclass(frozen=True)
class _Part:
    """A row of the survey's tables: a question, a subquestion, an answer or a group, with its texts."""

    id: str
    parent: str
    code: str
    type: str
    scale: str
    order: float
    text: Texts
    help: Texts
    row: Mapping[str, str]


def read_lss(data: bytes, file: str) -> Instrument:
    """Return the survey that a .lss file defines, with the database's names of its columns.

    Raises:
        StudyError: where it is no .lss, damaged or dangerous.
    """
    document = read_document(data, file)
    if document.kind != "Survey":
        raise StudyError(
            f"{file}: found LimeSurvey's '{document.kind}'; expected a survey (.lss); export the survey structure"
        )
    survey = next(iter(document.rows("surveys")), {})
    settings = document.rows("surveys_languagesettings")
    base = survey.get("language") or next(iter(document.languages), "en")
    questions = _parts(document, "questions", "qid", "question")
    apart = _parts(document, "subquestions", "qid", "question")
    groups = {group.id: group for group in _parts(document, "groups", "gid", "group_name")}
    answers = _parts(document, "answers", "qid", "answer")
    exclusive = {
        (row.get("qid", ""), code)
        for row in document.rows("question_attributes")
        if row.get("attribute") == "exclude_all_others"
        for code in row.get("value", "").replace(",", ";").split(";")
    }
    headers = _dual_headers(document)
    subquestions = apart or [q for q in questions if q.parent not in ("", "0")]
    asked = sorted(
        (q for q in questions if q.parent in ("", "0")),
        key=lambda q: (groups[q.row.get("gid", "")].order if q.row.get("gid", "") in groups else 0, q.order),
    )
    made = []
    for question in asked:
        group = groups.get(question.row.get("gid", ""))
        made.append(
            _question(
                question,
                [s for s in subquestions if s.parent == question.id],
                [a for a in answers if a.parent == question.id],
                in_language(group.text, base) if group else "",
                _routing(group.row.get("grelevance", "") if group else "", question, document),
                {code for qid, code in exclusive if qid == question.id},
                f"{survey.get('sid', '')}X{question.row.get('gid', '')}X{question.id}",
                headers.get(question.id, {}),
            )
        )
    return _instrument(
        file,
        {row.get("surveyls_language", base): clean(row.get("surveyls_title", "")) for row in settings},
        dict.fromkeys([base, *document.languages, *survey.get("additional_languages", "").split()]),
        made,
    )


def read_structure(data: bytes, file: str) -> Instrument:
    """Return the survey that LimeSurvey's tab-separated structure (.txt) defines.

    Raises:
        StudyError: where it is not UTF-8 or has not LimeSurvey's headings.
    """
    try:
        lines = csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""), delimiter="\t")
        rows = [{key: cell or "" for key, cell in row.items() if key} for row in lines]
    except (UnicodeDecodeError, csv.Error):
        raise StudyError(f"{file}: found no tab-separated text in UTF-8; export the survey structure again") from None
    if not {"class", "type/scale", "name", "text", "language"} <= set(lines.fieldnames or ()):
        raise StudyError(
            f"{file}, line 1: found other headings than LimeSurvey's 'class', 'type/scale', 'name', 'text' and "
            "'language'; expected a survey structure; export it as tab-separated values from LimeSurvey"
        )
    settings = {row["name"]: row["text"] for row in rows if row["class"] == "S"}
    base = settings.get("language") or next((row["language"] for row in rows if row["language"]), "en")
    titles = {row["language"]: clean(row["text"]) for row in rows if row["name"] == "surveyls_title"}
    made, page, routing = [], "", ""
    for row in _in_blocks(rows):
        if row.kind == "G":
            page, routing = clean(row.first.get("name", "")), row.first.get("relevance", "")
            continue
        question = _as_part(row, "0", row.first.get("name", ""), row.first.get("type/scale", ""), 0)
        subquestions = [
            _as_part(r, question.id, r.first.get("name", ""), "", i, r.first.get("type/scale") or "0")
            for i, r in enumerate(row.below)
            if r.kind == "SQ"
        ]
        answers = [
            _as_part(r, question.id, r.first.get("name", ""), "", i, r.first.get("type/scale") or "0")
            for i, r in enumerate(row.below)
            if r.kind == "A"
        ]
        exclusive = set(row.first.get("exclude_all_others", "").replace(",", ";").split(";"))
        routing_of_question = _both(routing, row.first.get("relevance", ""))
        made.append(_question(question, subquestions, answers, page, routing_of_question, exclusive, ""))
    languages = dict.fromkeys([base, *settings.get("additional_languages", "").split(), *titles])
    return _instrument(file, titles, languages, made)


def _instrument(file: str, titles: Texts, languages: Iterable[str], questions: list[InstrumentQuestion]) -> Instrument:
    unknown = sorted({q.platform_type for q in questions if q.platform_type not in _TYPES})
    notes = (f"questions of the unknown type {', '.join(unknown)} were taken over without answers",) if unknown else ()
    return Instrument(file, titles, tuple(languages), tuple(questions), notes, "limesurvey")


def _parts(document: LimeSurveyDocument, table: str, id_name: str, text_name: str) -> list[_Part]:
    """Return the rows of a table with their texts, from the rows themselves or from the table of texts."""
    own = {"questions": "qid", "subquestions": "qid", "groups": "gid", "answers": "aid"}[table]
    apart: dict[str, dict[str, Mapping[str, str]]] = {}
    texts = {"questions": "question", "subquestions": "question", "groups": "group", "answers": "answer"}[table]
    for row in document.rows(f"{texts}_l10ns"):
        apart.setdefault(row.get(own, ""), {})[row.get("language", "")] = row
    found: dict[tuple[str, ...], _Part] = {}
    for row in document.rows(table):
        key = (row.get(own) or f"{row.get('qid', '')}/{row.get('code', '')}", row.get("scale_id", ""))
        by_language = apart.get(row.get(own, "")) or {row.get("language", ""): row}
        text = {language: clean(r.get(text_name, "")) for language, r in by_language.items()}
        help_text = {language: clean(r.get("help", "")) for language, r in by_language.items() if r.get("help")}
        if key in found:  # a further language of the same row, up to database version 261
            text, help_text = {**found[key].text, **text}, {**found[key].help, **help_text}
            row = found[key].row
        found[key] = _Part(
            id=row.get(id_name, ""),
            parent=row.get("parent_qid", "") if table != "answers" else row.get("qid", ""),
            code=row.get("code" if table == "answers" else "title", ""),
            type=row.get("type", ""),
            scale=row.get("scale_id") or "0",
            order=_number(row.get("question_order") or row.get("sortorder") or row.get("group_order") or "0"),
            text=text,
            help=help_text,
            row=row,
        )
    return list(found.values())


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


@dataclass(frozen=True)
class _Block:
    """A block of the tab-separated structure: the row's languages, and the rows that belong to it."""

    kind: str = ""
    languages: tuple[tuple[str, Mapping[str, str]], ...] = ()
    below: tuple["_Block", ...] = ()

    @property
    def first(self) -> Mapping[str, str]:
        """Return the row in the survey's own language."""
        return self.languages[0][1] if self.languages else {}


def _in_blocks(rows: Iterable[Mapping[str, str]]) -> list[_Block]:
    """Return groups and questions in order, each with its translations and what stands below it.

    Each language repeats all groups and questions, in the same order: rows of one class, id and code belong together.
    """
    order: dict[tuple[str, ...], list[tuple[str, Mapping[str, str]]]] = {}
    children: dict[tuple[str, ...], dict[tuple[str, ...], list[tuple[str, Mapping[str, str]]]]] = {}
    current: tuple[str, ...] = ()
    for row in rows:
        kind, language = row["class"], row["language"]
        if kind in ("G", "Q"):
            place = row["type/scale"] or row["name"] if kind == "G" else row["name"]  # a group's name is its title
            current = (kind, row.get("id", ""), place)
            order.setdefault(current, []).append((language, row))
        elif kind in ("SQ", "A"):
            key = (kind, row["type/scale"], row["name"])
            children.setdefault(current, {}).setdefault(key, []).append((language, row))
    return [
        _Block(
            key[0],
            tuple(languages),
            tuple(_Block(child[0], tuple(rows)) for child, rows in children.get(key, {}).items()),
        )
        for key, languages in order.items()
    ]


def _as_part(block: _Block, parent: str, code: str, type_: str, order: int, scale: str = "0") -> _Part:
    return _Part(
        id=code,
        parent=parent,
        code=code,
        type=type_,
        scale=scale,
        order=order,
        text={language: clean(row.get("text", "")) for language, row in block.languages},
        help={language: clean(row.get("help", "")) for language, row in block.languages if row.get("help")},
        row=block.first,
    )


def _question(
    question: _Part,
    subquestions: list[_Part],
    answers: list[_Part],
    page: str,
    routing: str,
    exclusive: set[str],
    field: str,
    headers: Mapping[str, Texts] = MappingProxyType({}),
) -> InstrumentQuestion:
    kind, cells = _TYPES.get(question.type, ("other", "text"))
    subquestions, answers = (sorted(parts, key=lambda p: (p.scale, p.order)) for parts in (subquestions, answers))
    rows = [_item(s, exclusive) for s in subquestions if s.scale == "0"]
    across = [_item(s, exclusive) for s in subquestions if s.scale == "1"]
    own: dict[str, tuple[Choice, ...]] = {}
    for answer in answers:
        own[answer.scale] = (*own.get(answer.scale, ()), Choice(answer.code, answer.text))
    first = own.get("0") or _BUILT_IN.get(question.type, ())
    if question.type == "1":
        across = [
            Choice(str(n), headers.get(letter) or {"en": f"Scale {n}"})
            for n, letter in zip(range(1, len(own) + 1), "AB", strict=False)
        ]
    if question.type == "R":
        rows = [Choice(answer.code, answer.text) for answer in first]
        across = [
            Choice(str(n), {"en": f"Rank {n}", "de": f"Rang {n}", "fr": f"Rang {n}"}) for n in range(1, len(rows) + 1)
        ]
    other = question.row.get("other", "") == "Y"
    columns = export_columns(question.code, question.type, rows, across, own or {"0": first}, other, field)
    if other:
        rows.append(Choice("other", OTHER, other=True))
        first += (Choice("-oth-", OTHER, other=True),) if kind == "single" else ()
    if question.type in ("O", "P"):
        across.append(Choice("comment", _COMMENT))
    return InstrumentQuestion(
        code=question.code,
        type=kind,
        text=question.text,
        items=tuple(rows),
        answers=first,
        contexts=tuple(across),
        routing=routing,
        page=page,
        cells=cells,
        platform_type=question.type,
        help=question.help,
        mandatory=question.row.get("mandatory", "") in ("Y", "S"),
        columns=tuple(columns),
    )


def _dual_headers(document: LimeSurveyDocument) -> dict[str, dict[str, Texts]]:
    """Return what stands above the scales A and B of arrays that have two, by question."""
    found: dict[str, dict[str, dict[str, str]]] = {}
    for row in document.rows("question_attributes"):
        name, text = row.get("attribute", ""), clean(row.get("value", ""))
        if name in ("dualscale_headerA", "dualscale_headerB") and text:
            scales = found.setdefault(row.get("qid", ""), {})
            scales.setdefault(name[-1], {})[row.get("language", "")] = text
    return {qid: dict(scales) for qid, scales in found.items()}


def _item(part: _Part, exclusive: set[str]) -> Choice:
    relevance = part.row.get("relevance", "")
    routing = "" if relevance in ("", "1") else relevance
    return Choice(part.code, part.text, exclusive=part.code in exclusive, routing=routing)


def _routing(group: str, question: _Part, document: LimeSurveyDocument) -> str:
    """Return the routing of a question: its group's and its own, else the conditions of old versions."""
    written = _both(group, question.row.get("relevance", ""))
    conditions = [
        f"{row.get('cfieldname', '')} {row.get('method', '').strip() or '=='} {row.get('value', '')}"
        for row in document.rows("conditions")
        if row.get("qid") == question.id
    ]
    return written or " and ".join(conditions)


def _both(group: str, question: str) -> str:
    conditions = [text.strip() for text in (group, question) if text.strip() not in ("", "1")]
    return conditions[0] if len(conditions) == 1 else " and ".join(f"({text})" for text in conditions)
