"""The responses as fields of a statistical file: numbers with labels, missing reasons, texts and days."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import pandas as pd

from b2bsurvey.codebook import variable_label
from b2bsurvey.questionnaire import MISSING_REASONS, Question, Questionnaire, Variable
from b2bsurvey.readers.statistics_file import ResponseSet
from b2bsurvey.render.labels import Labels
from b2bsurvey.responses import MISSING_SUFFIX, Responses

WEIGHTS = ("weight", "base_weight")
# what stands beside the variables in the responses and tells outsiders something
ABOUT_RESPONDENTS = ("respondent", "firm", *WEIGHTS, "interview_language", "submitted_at", "duration")
ANSWERED, TICKED, NOT_TICKED = 0, 1, 0
_MOST_CODE = 10**6  # larger numbers are no codes of answers
_CODE = re.compile(r"0|[1-9]\d{0,5}")
# XML holds none of these, and both files end a text at NUL
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True)
class Field:
    """One column of a statistical file.

    `values` (n,): float64, or objects of str of a text, or datetime64[s] of a day or moment; NaN, "" or NaT where
    missing. `reasons` (n,): objects of str, the missing reason of a number or "". `labels` are of its codes;
    `titles` name the field, the whole name before shorter ones for files that limit it. `variable` is none of a
    field about respondents; `origin` is the field that a field of missing reasons stands behind.
    """

    name: str
    titles: tuple[str, ...]
    kind: Literal["number", "text", "day", "moment"]
    level: str
    values: np.ndarray
    reasons: np.ndarray
    labels: Mapping[int, str] = field(default_factory=dict)
    reason_labels: Mapping[str, str] = field(default_factory=dict)
    variable: Variable | None = None
    origin: str = ""

    @property
    def is_weight(self) -> bool:
        """Whether it weights respondents."""
        return self.variable is None and self.name in WEIGHTS


def fields_of(responses: Responses, questionnaire: Questionnaire, language: str) -> tuple[Field, ...]:
    """Return all fields: those about respondents, then every variable of the codebook in its order.

    Numbers and codes carry their missing reasons; a text or a day that is missing for a reason has it in a field
    of its own behind it, `NAME__missing`, as in responses.csv.
    """
    labels = Labels(questionnaire, language)
    fields = list(_about_respondents(responses, labels))
    for question in questionnaire.questions.values():
        for variable in question.variables:
            fields += _of_variable(responses, labels, question, variable)
    return tuple(fields)


def response_sets(questionnaire: Questionnaire, language: str) -> tuple[ResponseSet, ...]:
    """Return the multi-response sets: the options of a question, in a grid those of each context."""
    sets = []
    for question in (q for q in questionnaire.questions.values() if q.kind == "tick"):
        for context in [c.code for c in question.contexts] or [""]:
            names = tuple(v.name for v in question.variables if v.context == context)
            place = f" [{question.item_label(context, language)}]" if context else ""
            name = f"{question.name}_{context}" if context else question.name
            sets.append(ResponseSet(name, one_line(question.text[language] + place), names, True, str(TICKED)))
    return tuple(sets)


def answer_numbers(question: Question) -> dict[str, int]:
    """Return the number of each answer: its score where scores are whole and differ, so that means stay the same.

    Else the code itself where all codes are numbers, else its place from 1.
    """
    codes, scores = [a.code for a in question.answers], [a.score for a in question.answers]
    if len(set(scores)) == len(scores) and all(float(s).is_integer() and 0 <= s < _MOST_CODE for s in scores):
        return dict(zip(codes, map(int, scores), strict=True))
    if all(map(_CODE.fullmatch, codes)):
        return {code: int(code) for code in codes}
    return {code: place for place, code in enumerate(codes, start=1)}


def printable(text: str) -> str:
    """Return a text with � for each sign that a file cannot hold: control characters and halves of characters."""
    return _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", text)


def one_line(text: str) -> str:
    """Return a text for a label: printable, with single spaces."""
    return " ".join(printable(text).split())


def fitting(texts: Iterable[str], most: int, in_bytes: bool) -> str:
    """Return the first text of at most `most` bytes (UTF-8) or characters, else the last, cut, with … at its end."""
    text = ""
    for text in texts:
        if len(text.encode() if in_bytes else text) <= most:
            return text
    if in_bytes:
        return text.encode()[: most - len("…".encode())].decode(errors="ignore") + "…"
    return text[: most - 1] + "…"


def names_within(names: Iterable[str], most: int, reserved: Iterable[str]) -> dict[str, str]:
    """Return the name in a file of each name: at most `most` characters, not reserved, distinct in small letters too.

    A name that is kept whole stays as it is; one that changes gets a number at its end.
    """
    names = list(names)
    taken = {name.casefold() for name in reserved}
    found: dict[str, str] = {}
    for name in sorted(names, key=lambda name: len(name) > most):  # whole names first
        number, candidate = 1, name[:most]
        while candidate.casefold() in taken or (number == 1 and len(name) > most):
            number += 1
            candidate = f"{name[: most - len(str(number)) - 1]}_{number}"
        taken.add(candidate.casefold())
        found[name] = candidate
    return {name: found[name] for name in names}


def _about_respondents(responses: Responses, labels: Labels) -> Iterator[Field]:
    none = np.full(len(responses), "", dtype=object)
    for name in ABOUT_RESPONDENTS:
        column = responses.respondents.get(name)
        if column is None or (len(column) and column.replace("", None).isna().all()):
            continue
        titles = (labels(f"archive.{name}"),)
        if name == "submitted_at":
            yield Field(name, titles, "moment", "interval", column.to_numpy("datetime64[s]"), none)
        elif name in (*WEIGHTS, "duration"):
            yield Field(name, titles, "number", "interval", _numbers(column), none)
        else:
            yield Field(name, titles, "text", "nominal", _texts(column), none)


def _of_variable(responses: Responses, labels: Labels, question: Question, variable: Variable) -> Iterator[Field]:
    values, missing = responses.values[variable.name], responses.missing[variable.name]
    of_variable = Field(
        name=variable.name,
        titles=_titles(question, variable, labels.language),
        kind="number",
        level="nominal" if variable.kind in ("tick", "text") else question.level,
        values=np.array([]),
        reasons=missing.astype(object).where(missing.notna(), "").to_numpy(object),
        reason_labels={reason: labels(f"missing.{reason}") for reason in MISSING_REASONS},
        variable=variable,
    )
    match variable.kind:
        case "category":
            numbers = answer_numbers(question)
            codes = {numbers[a.code]: one_line(a.label[labels.language]) for a in question.answers}
            yield replace(of_variable, values=_numbers(values.astype(object).map(numbers)), labels=codes)
        case "tick":
            codes = {NOT_TICKED: labels("archive.not_ticked"), TICKED: labels("head.ticked")}
            yield replace(of_variable, values=_numbers(values), labels=codes)
        case "number":
            yield replace(of_variable, values=_numbers(values))
        case "date":
            yield _without_reasons(of_variable, "day", values.to_numpy("datetime64[s]"))
            yield from _reasons_beside(of_variable, labels)
        case "text":
            yield _without_reasons(of_variable, "text", _texts(values))
            yield from _reasons_beside(of_variable, labels)


def _without_reasons(of_variable: Field, kind: Literal["text", "day"], values: np.ndarray) -> Field:
    none = np.full(len(values), "", dtype=object)
    return replace(of_variable, kind=kind, values=values, reasons=none, reason_labels={})


def _reasons_beside(of_variable: Field, labels: Labels) -> Iterator[Field]:
    """Yield the field of the missing reasons of a text or a day, where there are any."""
    answered = of_variable.reasons == ""
    if not answered.all():
        yield replace(
            of_variable,
            name=of_variable.name + MISSING_SUFFIX,
            titles=tuple(labels("archive.reason", label=title) for title in of_variable.titles),
            level="nominal",
            values=np.where(answered, float(ANSWERED), np.nan),
            labels={ANSWERED: labels("word.answered")},
            origin=of_variable.name,
        )


def _titles(question: Question, variable: Variable, language: str) -> tuple[str, ...]:
    """Return the whole label of a variable, the one with the question's short name, and its place in the question."""
    whole = variable_label(question, variable, language)
    place = whole.removeprefix(question.text[language])
    named = dict.fromkeys((whole, question.short[language] + place, place.strip(" []") or question.short[language]))
    return tuple(map(one_line, named))


def _numbers(column: pd.Series) -> np.ndarray:
    return column.to_numpy(float, na_value=np.nan)


def _texts(column: pd.Series) -> np.ndarray:
    return column.astype(object).where(column.notna(), "").map(lambda text: printable(str(text))).to_numpy(object)
