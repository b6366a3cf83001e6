"""The codebook as DDI-Codebook 2.5 (XML), for archives: the study, its files, groups of variables, variables.

Elements stand in the order that the schema of the standard (DDI Alliance, 2012 and 2013) wants; texts are given in
every language of the questionnaire that we have words in. Frequencies and statistics are unweighted.
"""

import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from b2bsurvey.archive.fields import TICKED, Field, answer_numbers, one_line, printable, response_sets
from b2bsurvey.archive.spss import REASON_CODES, reason_codes
from b2bsurvey.archive.stata import LETTERS, stata_names
from b2bsurvey.codebook import derivation_in_codes, variable_label
from b2bsurvey.config import Wave
from b2bsurvey.questionnaire import Condition, Question, Questionnaire, Text
from b2bsurvey.render.catalogue import LANGUAGES
from b2bsurvey.render.codebook_page import Codebook, derivation_in_words
from b2bsurvey.render.labels import Labels

NAMESPACE = "ddi:codebook:2_5"
FILES = {"F1": ("responses.sav", "SPSS"), "F2": ("responses.dta", "Stata")}
MISSING: dict[str, Mapping[str, object]] = {
    "SPSS": REASON_CODES,
    "Stata": {reason: f".{letter}" for reason, letter in LETTERS.items()},
}
STATISTICS = {"mean": "mean", "median": "medn", "min": "min", "max": "max", "sd": "stdev"}
_LANGUAGE = "xml:lang"
Worded = Callable[[Labels], str]


@dataclass(frozen=True)
class _Words:
    """The words of each language that the codebook is in."""

    languages: tuple[Labels, ...]

    def add(self, parent: ET.Element, tag: str, worded: Worded, **attributes: str) -> None:
        """Add an element in each language in which there is something to say."""
        for labels in self.languages:
            text = worded(labels)
            if text:
                _add(parent, tag, text, **{_LANGUAGE: labels.language}, **attributes)

    def say(self, parent: ET.Element, tag: str, key: str, **attributes: str) -> None:
        """Add a text of the catalogue in each language."""
        self.add(parent, tag, lambda labels: labels(key), **attributes)


def ddi_codebook(book: Codebook, wave: Wave, fields: Sequence[Field]) -> str:
    """Return the codebook as XML; the same text for the same input.

    The questionnaire of `book` has its texts in all of its languages. Every variable has a `var`; the frequencies of
    a closed one, missing reasons included, sum to the respondents, as the valid and invalid ones of any other do.
    """
    languages = [each for each in book.questionnaire.languages if each in LANGUAGES]
    words = _Words(tuple(Labels(book.questionnaire, each) for each in languages))
    root = ET.Element("codeBook", {"xmlns": NAMESPACE, "version": "2.5", _LANGUAGE: languages[0]})
    _document(root, book, wave, words)
    _study(root, book, wave, words)
    for number, (name, program) in FILES.items():
        _file(root, number, name, program, fields, words)
    data = _add(root, "dataDscr")
    _groups(data, book.questionnaire, words)
    short = stata_names(fields)
    for each in fields:
        variable = _variable(data, each, book, words)
        if short[each.name] != each.name:
            _add(variable, "notes", short[each.name], subject="Stata", type="name")
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


# --- the study ---


def _document(root: ET.Element, book: Codebook, wave: Wave, words: _Words) -> None:
    citation = _add(_add(root, "docDscr"), "citation")
    _titles(_add(citation, "titlStmt"), words, lambda labels: _title(labels, book, wave))
    _add(_add(citation, "prodStmt"), "software", "b2bsurvey")


def _study(root: ET.Element, book: Codebook, wave: Wave, words: _Words) -> None:
    study = _add(root, "stdyDscr")
    statement = _add(_add(study, "citation"), "titlStmt")
    _titles(statement, words, lambda labels: _title(labels, book, wave), alternative=book.study)
    _add(statement, "IDNo", wave.name)
    about = _add(study, "stdyInfo")
    words.add(about, "abstract", _in(book.questionnaire.source))
    summary = _add(about, "sumDscr")
    for event, day in (("start", wave.fieldwork.start), ("end", wave.fieldwork.end)):
        if day:
            _add(summary, "collDate", day, date=day, event=event)
    words.say(summary, "anlyUnit", f"archive.unit_{wave.unit}")
    words.add(summary, "universe", _in(book.questionnaire.population))
    words.add(summary, "dataKind", lambda labels: labels.origin(wave.origin) or labels("archive.survey_data"))
    collection = _add(_add(study, "method"), "dataColl")
    sampling, mode = wave.sampling, wave.fieldwork.mode
    words.add(
        collection,
        "sampProc",
        lambda labels: f"{labels(f'sampling.{sampling}')}. {labels(f'sampling_note.{sampling}')}",
    )
    if mode:
        words.add(collection, "collMode", lambda labels: labels.known("mode", mode))
    words.add(collection, "weight", lambda labels: _weighting(labels, wave))
    rows = sum(file["rows"] for file in book.ingest["files"])
    n = next((each.n for each in book.variables.values()), 0)
    words.add(
        collection,
        "cleanOps",
        lambda labels: labels("method.respondents_text", n=labels.form.number(n), rows=labels.form.number(rows)),
    )


def _title(labels: Labels, book: Codebook, wave: Wave) -> str:
    return f"{book.questionnaire.title[labels.language]} ({wave.name})"


def _titles(statement: ET.Element, words: _Words, worded: Worded, alternative: str = "") -> None:
    first, *others = words.languages
    _add(statement, "titl", worded(first), **{_LANGUAGE: first.language})
    if alternative:
        _add(statement, "altTitl", alternative)
    _Words(tuple(others)).add(statement, "parTitl", worded)


def _weighting(labels: Labels, wave: Wave) -> str:
    """Say how the weights were made, and from what."""
    by = wave.weighting.variables
    if not by:
        return labels("design.weighted" if wave.weight_column else "design.unweighted")
    how = labels("design.raked" if wave.weighting.rake else "design.post_stratified")
    return how + labels("word.colon") + ", ".join(map(labels.question, by))


def _file(root: ET.Element, number: str, name: str, program: str, fields: Sequence[Field], words: _Words) -> None:
    text = _add(_add(root, "fileDscr", ID=number), "fileTxt")
    _add(text, "fileName", name)
    size = _add(text, "dimensns")
    _add(size, "caseQnty", str(len(fields[0].values)))
    _add(size, "varQnty", str(len(fields)))
    _add(text, "fileType", program)
    codes = MISSING[program]
    words.add(text, "dataMsng", lambda labels: labels.join(f"{codes[r]} {labels(f'missing.{r}')}" for r in codes))


# --- groups of variables ---


def _groups(data: ET.Element, questionnaire: Questionnaire, words: _Words) -> None:
    """Add blocks, multi-response sets, other questions of several items, and constructs."""
    for name, title, members in _blocks(questionnaire):
        _group(data, words, f"block_{name}", "section", members, _in(title))
    for question in questionnaire.questions.values():
        names = [v.name for v in question.variables]
        if question.kind != "tick" and len(names) > 1:
            _group(data, words, question.name, "grid", names, _in(question.short), _in(question.text))
    sets = {labels.language: response_sets(questionnaire, labels.language) for labels in words.languages}
    for in_each in zip(*sets.values(), strict=True):
        label = dict(zip(sets, (each.question for each in in_each), strict=True))
        _group(data, words, in_each[0].name, "multipleResp", in_each[0].variables, _in(label))
    for construct in questionnaire.constructs.values():
        members = [*construct.items, construct.name]
        _group(data, words, f"construct_{construct.name}", "analysis", members, _in(construct.label))


def _group(
    data: ET.Element,
    words: _Words,
    name: str,
    kind: str,
    members: Sequence[str],
    label: Worded,
    text: Worded = lambda labels: "",
) -> None:
    ids = " ".join(f"V_{member}" for member in members)
    group = _add(data, "varGrp", ID=f"G_{name}", type=kind, var=ids, name=name)
    words.add(group, "labl", label)
    words.add(group, "txt", text)


def _blocks(questionnaire: Questionnaire) -> Iterator[tuple[str, Text, list[str]]]:
    """Yield the blocks: the question that each begins with, its title, and the variables asked in it."""
    asked = [q for q in questionnaire.questions.values() if q.derivation is None]
    starts = [i for i, q in enumerate(asked) if q.name in questionnaire.blocks]
    for start, stop in pairwise([*starts, len(asked)]):
        first = asked[start].name
        yield first, questionnaire.blocks[first], [v.name for q in asked[start:stop] for v in q.variables]


def _in(text: Text) -> Worded:
    """Return a text of the questionnaire in the language asked for, "" where it has none."""
    return lambda labels: text.get(labels.language, "")


# --- variables ---


def _variable(data: ET.Element, of: Field, book: Codebook, words: _Words) -> ET.Element:
    question = book.questionnaire.questions[of.variable.question] if of.variable else None
    of_reasons = bool(of.origin)
    element = _add(data, "var", ID=f"V_{of.name}", name=of.name, files=" ".join(FILES), **_nature(of, question))
    words.add(element, "labl", lambda labels: _label(labels, of, question))
    if question is not None and question.derivation is None and not of_reasons:
        _question(element, of, question, words)
    codes = reason_codes(of) if of.reason_labels else {}
    numbers = of.kind == "number" and not of.labels
    described = book.variables[of.name] if of.variable and not of_reasons else None
    if numbers and described and described.numbers:
        _add(
            _add(element, "valrng"),
            "range",
            min=_number(described.numbers["min"]),
            max=_number(described.numbers["max"]),
        )
    if codes:
        low, high = min(codes.values()), max(codes.values())
        _add(_add(element, "invalrng"), "range", min=str(low), max=str(high))
    if question is not None and not of_reasons:
        _universe(element, question, words)
    valid = int(_is_valid(of).sum())
    _add(element, "sumStat", str(valid), type="vald")
    _add(element, "sumStat", str(len(of.values) - valid), type="invd")
    for name, value in (described.numbers if described else {}).items():
        if name in STATISTICS and np.isfinite(value):
            _add(element, "sumStat", _number(value), type=STATISTICS[name])
    if question is not None and of.kind == "text" and not question.derivation:
        cleared = question.name in book.cleared
        words.say(element, "txt", "codebook.cleared" if cleared else "codebook.held_back")
    _categories(element, of, question, codes, words)
    if question is not None and question.derivation is not None and not of_reasons:
        derivation = _add(element, "derivation")
        made = question.derivation
        words.add(derivation, "drvdesc", lambda labels: derivation_in_words(book, labels, question, made))
        _add(derivation, "drvcmd", derivation_in_codes(made))
    _add(element, "varFormat", **_format(of))
    return element


def _nature(of: Field, question: Question | None) -> dict[str, str]:
    """Return the attributes of a variable that say what it measures and how."""
    about = {"intrvl": "contin" if of.level == "interval" and of.kind == "number" else "discrete", "nature": of.level}
    if of.is_weight:
        about["wgt"] = "wgt"
    unit = next(iter(question.unit.values()), "") if question else ""
    return about | ({"measUnit": one_line(unit)} if unit else {})


def _label(labels: Labels, of: Field, question: Question | None) -> str:
    if of.variable is None or question is None:
        return labels(f"archive.{of.name}")
    label = one_line(variable_label(question, of.variable, labels.language))
    return labels("archive.reason", label=label) if of.origin else label


def _question(element: ET.Element, of: Field, question: Question, words: _Words) -> None:
    """Add what was asked: the question, or for an item its question before it."""
    asked = _add(element, "qstn")
    if of.variable is None or not of.variable.item:
        words.add(asked, "qstnLit", _in(question.text))
        return
    codes = [code for code in (of.variable.item, of.variable.context) if code]
    words.add(asked, "preQTxt", _in(question.text))
    words.add(asked, "qstnLit", lambda labels: " · ".join(question.item_label(c, labels.language) for c in codes))


def _universe(element: ET.Element, question: Question, words: _Words) -> None:
    among = question.derivation.among if question.derivation else None
    conditions = [condition for condition in (question.asked_if, among) if condition]
    if question.as_asked.not_asked:
        words.say(element, "universe", "codebook.not_asked", clusion="E")
        return
    for condition in conditions:
        words.add(element, "universe", _condition(condition), clusion="I")
    if not conditions and question.derivation is None:
        words.say(element, "universe", "codebook.everybody", clusion="I")


def _condition(condition: Condition) -> Worded:
    return lambda labels: labels.condition(condition)


def _categories(
    element: ET.Element, of: Field, question: Question | None, codes: Mapping[str, int], words: _Words
) -> None:
    """Add the codes of a variable with their frequencies, then the missing reasons that occur."""
    for code in of.labels:
        label = _code_label(of, question, code)
        _category(element, code, int((of.values == code).sum()), label, words)
    for reason, code in codes.items():
        count = int((of.reasons == reason).sum())
        if count:
            _category(element, code, count, _reason(reason), words, missing="Y")


def _reason(reason: str) -> Worded:
    return lambda labels: labels(f"missing.{reason}")


def _category(element: ET.Element, code: int, count: int, label: Worded, words: _Words, **attributes: str) -> None:
    category = _add(element, "catgry", **attributes)
    _add(category, "catValu", str(code))
    words.add(category, "labl", label)
    _add(category, "catStat", str(count), type="freq")


def _code_label(of: Field, question: Question | None, code: int) -> Worded:
    if of.origin:
        return lambda labels: labels("word.answered")
    if of.variable is None or question is None or of.variable.kind == "tick":
        return lambda labels: labels("head.ticked" if code == TICKED else "archive.not_ticked")
    answer = next(name for name, number in answer_numbers(question).items() if number == code)
    return lambda labels: question.answer_label(answer, labels.language)


def _is_valid(of: Field) -> np.ndarray:
    """Return (n,) bool: where there is a value."""
    if of.kind == "text":
        return of.values != ""
    return np.isfinite(of.values) if of.kind == "number" else ~np.isnat(of.values)


def _format(of: Field) -> dict[str, str]:
    kinds = {
        "number": {"type": "numeric"},
        "text": {"type": "character"},
        "day": {"type": "numeric", "category": "date"},
        "moment": {"type": "numeric", "category": "time"},
    }
    return kinds[of.kind]


def _number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else repr(float(value))


def _add(parent: ET.Element, tag: str, text: str = "", **attributes: str) -> ET.Element:
    """Return a new element at the end of `parent`; what XML cannot hold is replaced visibly."""
    element = ET.SubElement(parent, tag, {name: printable(value) for name, value in attributes.items()})
    element.text = printable(text) or None
    return element
