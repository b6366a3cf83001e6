"""The questionnaire as a LimeSurvey survey (.lss), to be imported and fielded there.

Written in the layout of database version 426, which LimeSurvey 4, 5 and 6 import: texts stand in tables of their own,
one row a language.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from xml.sax.saxutils import escape

from b2bsurvey.fielding.form import QUESTION_CODE, Form, FormChoice, FormQuestion
from b2bsurvey.fielding.routing import Router
from b2bsurvey.questionnaire import Bounds, Text

VERSION = "426"
Row = Mapping[str, str]


class LimeSurvey:
    """Conditions in LimeSurvey's expressions: `B2.NAOK == "A1"`, `F3_SQ001.NAOK == "Y"`."""

    nobody = "0"

    def has(self, question: FormQuestion, item: str, context: str, codes: tuple[str, ...]) -> str:
        name = _name(question, item, context)
        tests = [f'{name} == "{code}"' for code in codes]
        return tests[0] if len(tests) == 1 else "(" + " or ".join(tests) + ")"

    def ticked(self, question: FormQuestion, item: str, context: str) -> str:
        return f'{_name(question, item, context)} == "{"1" if context else "Y"}"'

    def answered(self, question: FormQuestion, item: str, context: str) -> str:
        return f"!is_empty({_name(question, item, context)})"

    def within(self, question: FormQuestion, item: str, context: str, bounds: Bounds) -> str:
        name = _name(question, item, context)
        tests = [f"{name} >= {bounds.low:g}"] if bounds.low is not None else [f"!is_empty({name})"]
        tests += [f"{name} <= {bounds.high:g}"] if bounds.high is not None else []
        return tests[0] if len(tests) == 1 else "(" + " and ".join(tests) + ")"

    def denied(self, condition: str) -> str:
        return f"!({condition})"


def _name(question: FormQuestion, item: str, context: str) -> str:
    """Return LimeSurvey's name of a variable: of the two scales of an array the first is 0."""
    parts = [c.code for c in question.items if c.ours == item]
    if _is_split(question):
        return (
            "_".join([_array_code(question, next(c for c in question.contexts if c.ours == context)), *parts]) + ".NAOK"
        )
    if context and question.answers:
        parts.append(str(next(i for i, c in enumerate(question.contexts) if c.ours == context)))
    elif context:
        parts += [c.code for c in question.contexts if c.ours == context]
        parts = parts[::-1] if question.contexts_first else parts
    return "_".join([question.code, *parts]) + ".NAOK"


def _is_split(question: FormQuestion) -> bool:
    """Whether LimeSurvey asks a grid as an array for each context: its arrays have two scales, not more."""
    return question.question.type == "grid" and bool(question.answers) and len(question.contexts) != 2


def _array_code(question: FormQuestion, context: FormChoice) -> str:
    return f"{question.code}{context.code}"[:QUESTION_CODE]


def _arrays(question: FormQuestion) -> list[FormQuestion]:
    """Return the questions that LimeSurvey makes of one."""
    if not _is_split(question):
        return [question]
    asked, made = question.question, []
    for context in question.contexts:
        text = {language: f"{asked.text[language]} – {context.text[language]}" for language in asked.text}
        array = replace(asked, type="battery", text=text)
        made.append(replace(question, code=_array_code(question, context), question=array, contexts=()))
    return made


def write_lss(form: Form) -> bytes:
    """Return the form as a LimeSurvey survey structure, UTF-8, the same for the same form.

    A grid with answers in two contexts is an array with two scales, in more an array each. Verified by reading it back.
    """
    tables = _Tables()
    number = int(hashlib.sha256(form.questionnaire.title[form.languages[0]].encode()).hexdigest(), 16)
    sid = str(100_000 + number % 900_000)
    routers = Router(form, LimeSurvey())
    for order, block in enumerate(form.blocks):
        gid = tables.number("groups")
        tables.add("groups", {"gid": gid, "sid": sid, "group_order": str(order), "grelevance": "1"})
        for language in form.languages:
            words = {"group_name": block.title[language], "description": "", "language": language}
            tables.add("group_l10ns", {"id": tables.number("group_l10ns"), "gid": gid, **words})
        for place, question in enumerate(array for each in block.questions for array in _arrays(each)):
            condition = question.question.asked_if
            relevance = (routers.expression(condition) if condition else "") or "1"
            _add_question(tables, question, {"sid": sid, "gid": gid}, place, relevance, form.languages)
    first, *others = form.languages
    tables.add(
        "surveys",
        {
            "sid": sid,
            "active": "N",
            "anonymized": "Y",
            "format": "G",
            "savetimings": "Y",
            "datestamp": "Y",
            "startlanguage": "Y",
            "language": first,
            "additional_languages": " ".join(others),
        },
    )
    for language in form.languages:
        title = form.questionnaire.title[language]
        settings = {"surveyls_survey_id": sid, "surveyls_language": language, "surveyls_title": title}
        tables.add("surveys_languagesettings", settings)
    return _document(tables, form.languages)


@dataclass(frozen=True)
class _Tables:
    """The survey's tables while they fill."""

    rows: dict[str, list[Row]] = field(default_factory=dict)

    def number(self, *tables: str) -> str:
        """Return the next id of tables that number their rows together."""
        return str(sum(len(self.rows.get(table, [])) for table in tables) + 1)

    def add(self, table: str, row: Row) -> None:
        self.rows.setdefault(table, []).append(row)


# the type of a question with answers, and of one without
_TYPES = {
    "single": ("L", "L"),
    "tick_all": ("M", "M"),
    "battery": ("F", "K"),
    "grid": ("1", ":"),
    "ranking": ("R", "R"),
    "number": ("N", "N"),
    "date": ("D", "D"),
    "text": ("T", "T"),
    "constant_sum": ("K", "K"),
}


def _add_question(
    tables: _Tables, asked: FormQuestion, ids: Row, place: int, relevance: str, languages: tuple[str, ...]
) -> None:
    question = asked.question
    kind = _TYPES[question.type][0 if asked.answers else 1]
    opened = any(c.open for c in (*asked.answers, *asked.items)) and question.type in ("single", "tick_all")
    qid = tables.number("questions", "subquestions")
    common = {"mandatory": "N", "other": "Y" if opened else "N", "relevance": relevance, "question_order": str(place)}
    tables.add("questions", {"qid": qid, "parent_qid": "0", **ids, "type": kind, "title": asked.code, **common})
    _add_texts(tables, qid, question.text, languages)
    for name, value, language in _attributes(asked, languages):
        tables.add("question_attributes", {"qid": qid, "attribute": name, "value": value, "language": language})
    if kind == "R":
        _add_answers(tables, qid, asked.items, "0", languages)
        return
    for scale in ("0", "1") if kind == "1" else ("0",):
        closed = tuple(a for a in asked.answers if not (a.open and opened))
        _add_answers(tables, qid, closed, scale, languages)
    axes = [tuple(i for i in asked.items if not (i.open and opened))]
    if kind == ":":
        axes = [asked.contexts, *axes] if asked.contexts_first else [*axes, asked.contexts]
    for scale_id, axis in enumerate(axes):
        for order, item in enumerate(axis):
            own = tables.number("questions", "subquestions")
            row = {"qid": own, "parent_qid": qid, **ids, "type": kind, "title": item.code, "scale_id": str(scale_id)}
            tables.add("subquestions", {**row, "question_order": str(order), "relevance": "1"})
            _add_texts(tables, own, item.text, languages)


def _add_texts(tables: _Tables, qid: str, text: Text, languages: tuple[str, ...]) -> None:
    for language in languages:
        words = {"question": escape(text[language]), "help": "", "language": language}
        tables.add("question_l10ns", {"id": tables.number("question_l10ns"), "qid": qid, **words})


def _add_answers(
    tables: _Tables, qid: str, answers: tuple[FormChoice, ...], scale: str, languages: tuple[str, ...]
) -> None:
    for order, answer in enumerate(answers):
        aid = tables.number("answers")
        row = {"aid": aid, "qid": qid, "code": answer.code, "sortorder": str(order), "scale_id": scale}
        tables.add("answers", {**row, "assessment_value": "0"})
        for language in languages:
            words = {"answer": escape(answer.text[language]), "language": language}
            tables.add("answer_l10ns", {"id": tables.number("answer_l10ns"), "aid": aid, **words})


def _attributes(asked: FormQuestion, languages: tuple[str, ...]) -> Iterator[tuple[str, str, str]]:
    """Give (name, value, language) of what LimeSurvey checks while somebody answers."""
    question = asked.question
    exclusive = [item.code for item in asked.items if item.exclusive]
    if exclusive:
        yield "exclude_all_others", ";".join(exclusive), ""
    if question.type == "grid" and not asked.answers:
        yield "multiflexible_checkbox", "1", ""
    if question.type == "grid" and asked.answers:
        for letter, context in zip("AB", asked.contexts, strict=True):
            for language in languages:
                yield f"dualscale_header{letter}", escape(context.text[language]), language
    if question.type == "ranking" and question.most and question.most < len(asked.items):
        yield "max_answers", str(question.most), ""
    if question.type == "constant_sum" and question.total is not None:
        yield "equals_num_value", f"{question.total:g}", ""
    if question.type == "number":
        for name, bound in (("min_num_value_n", question.minimum), ("max_num_value_n", question.maximum)):
            if isinstance(bound, float | int):
                yield name, f"{bound:g}", ""
        if question.integer:
            yield "num_value_int_only", "1", ""


def _document(tables: _Tables, languages: tuple[str, ...]) -> bytes:
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', "<document>", " <LimeSurveyDocType>Survey</LimeSurveyDocType>"]
    lines += [f" <DBVersion>{VERSION}</DBVersion>", " <languages>"]
    lines += [*(f"  <language>{language}</language>" for language in languages), " </languages>"]
    for name in sorted(tables.rows):
        rows = tables.rows[name]
        fields = list(dict.fromkeys(key for row in rows for key in row))
        lines += [f" <{name}>", "  <fields>", *(f"   <fieldname>{f}</fieldname>" for f in fields), "  </fields>"]
        lines.append("  <rows>")
        for row in rows:
            cells = (f"    <{key}><![CDATA[{_cdata(value)}]]></{key}>" for key, value in row.items())
            lines += ["   <row>", *cells, "   </row>"]
        lines += ["  </rows>", f" </{name}>"]
    return ("\n".join([*lines, "</document>"]) + "\n").encode()


def _cdata(text: str) -> str:
    return text.replace("]]>", "]]]]><![CDATA[>")
