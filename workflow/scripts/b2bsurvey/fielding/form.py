"""The questionnaire as a form: blocks of questions, with the codes that a platform writes into its export."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from b2bsurvey.questionnaire import Item, Question, Questionnaire, Text
from b2bsurvey.render.catalogue import LANGUAGES, catalogue

QUESTION_CODE, ANSWER_CODE = 20, 5
"""The longest codes that LimeSurvey takes; other platforms take longer ones."""
OFFERED = ("dont_know", "refused", "not_applicable")
"""The missing reasons that respondents can choose."""


@dataclass(frozen=True)
class FormChoice:
    """An answer, item, option or context: `code` is the platform's, `ours` the questionnaire's."""

    code: str
    ours: str
    text: Text
    open: bool = False
    exclusive: bool = False


@dataclass(frozen=True)
class FormQuestion:
    """A question with its codes; `answers` hold the missing reasons that can be chosen, behind the substantive ones."""

    code: str
    question: Question
    answers: tuple[FormChoice, ...] = ()
    items: tuple[FormChoice, ...] = ()
    contexts: tuple[FormChoice, ...] = ()

    @property
    def contexts_first(self) -> bool:
        """Whether the export names the context of a cell before its item."""
        column = self.question.column or ""
        return -1 < column.find("{context}") < column.find("{item}")


@dataclass(frozen=True)
class Block:
    """A part of the form that stands on a page of its own."""

    title: Text
    questions: tuple[FormQuestion, ...]


@dataclass(frozen=True)
class Form:
    """A questionnaire as it is fielded in all of its languages."""

    questionnaire: Questionnaire
    blocks: tuple[Block, ...]

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages of the texts, that of the original first."""
        return self.questionnaire.languages

    @property
    def questions(self) -> dict[str, FormQuestion]:
        """The questions by their names in the questionnaire, in the order in which they are asked."""
        return {q.question.name: q for block in self.blocks for q in block.questions}


def form_of(questionnaire: Questionnaire) -> Form:
    """Return the form of a questionnaire: what it asked, with codes that its own columns and spellings name.

    An export of a survey that was fielded with these codes is then read by the same questionnaire. Where it names no
    code that platforms can take, the code is made of the name, and the export is read by its texts. Questions before
    the first block stand in one with the questionnaire's title. A question whose column is a row of a battery before
    it, as an attention check, is such a row.
    """
    every = [q.as_asked for q in questionnaire.questions.values() if q.derivation is None and not q.as_asked.not_asked]
    hosts = {q.name: _host(q, every) for q in every}
    asked = [q for q in every if not hosts[q.name]]
    codes = _unique((_question_code(q) for q in asked), QUESTION_CODE)
    blocks: list[tuple[Text, list[FormQuestion]]] = []
    for question, code in zip(asked, codes, strict=True):
        if question.name in questionnaire.blocks or not blocks:
            blocks.append((questionnaire.blocks.get(question.name, questionnaire.title), []))
        guests = [q for q in every if hosts[q.name] == question.name]
        blocks[-1][1].append(_with_rows(_form_question(question, code, questionnaire.languages), guests))
    return Form(questionnaire, tuple(Block(title, tuple(questions)) for title, questions in blocks))


def _host(question: Question, every: Sequence[Question]) -> str:
    """Return the battery that a question is a row of: its column is `CODE[ROW]`, and the battery's `CODE[{item}]`."""
    root, bracket, _ = (question.column or "").partition("[")
    if question.type != "single" or not bracket:
        return ""
    return next((q.name for q in every if q.type == "battery" and q.column == root + "[{item}]"), "")


def _with_rows(asked: FormQuestion, guests: Sequence[Question]) -> FormQuestion:
    rows = list(asked.items)
    for guest in guests:
        code = str(guest.column).partition("[")[2].rstrip("]")
        place = next((i for i, row in enumerate(rows) if row.code > code), len(rows))
        rows.insert(place, FormChoice(code, guest.name, guest.text))
    return replace(asked, items=tuple(rows))


def _form_question(question: Question, code: str, languages: Sequence[str]) -> FormQuestion:
    named = [_fitting((*answer.spellings, answer.code), ANSWER_CODE) for answer in question.answers]
    spelled = {r: [s for s, reason in question.missing.items() if reason == r][::-1] for r in OFFERED}
    reasons = {r: _fitting(spelled[r], ANSWER_CODE) for r in OFFERED if spelled[r] and question.answers}
    if all(named):  # then a reason without a code cannot be chosen
        reasons = {reason: code for reason, code in reasons.items() if code}
    codes = _numbered([*named, *reasons.values()], "A")
    offered = [(a.code, a.label, a.open) for a in question.answers]
    offered += [(reason, _reason(reason, languages), False) for reason in reasons]
    answers = tuple(FormChoice(code, *about) for code, about in zip(codes, offered, strict=True))
    length = ANSWER_CODE if question.type == "ranking" else QUESTION_CODE
    return FormQuestion(
        code, question, answers, _items(question.items, length, "SQ"), _items(question.contexts, QUESTION_CODE, "C")
    )


def _items(items: Sequence[Item], length: int, prefix: str) -> tuple[FormChoice, ...]:
    named = [_fitting((item.column or "", *item.spellings, item.code), length) for item in items]
    codes = _numbered(named, prefix)
    return tuple(
        FormChoice(code, item.code, item.label, item.open, item.exclusive)
        for code, item in zip(codes, items, strict=True)
    )


def _reason(reason: str, languages: Iterable[str]) -> Text:
    """Return how a missing reason is offered; in English where we have no words of a language."""
    return {each: catalogue(each if each in LANGUAGES else "en")(f"print.{reason}") for each in languages}


def _question_code(question: Question) -> str:
    """Return what stands before a bracket in the question's column, where it can be a code, else its name."""
    root = re.split(r"[\[{]", question.column or question.name)[0]
    plain = re.sub(r"[^A-Za-z0-9]", "", root if re.fullmatch(r"[A-Za-z][A-Za-z0-9]*", root) else question.name)
    return plain or "q"


def _fitting(names: Iterable[str], length: int) -> str:
    """Return the first name that can be a code of that length, else ''."""
    return next((name for name in names if re.fullmatch(rf"[A-Za-z0-9]{{1,{length}}}", name)), "")


def _numbered(named: Sequence[str], prefix: str) -> list[str]:
    """Return codes that differ: the names where each has one of its own, else numbers behind a prefix."""
    if all(named) and len(set(named)) == len(named):
        return list(named)
    return [f"{prefix}{number:03d}" for number in range(1, len(named) + 1)]


def _unique(codes: Iterable[str], length: int) -> list[str]:
    """Return the codes, cut to the length, with a number behind those that came before."""
    found: list[str] = []
    for code in codes:
        number, candidate = 1, code[:length]
        while candidate in found:
            number += 1
            candidate = f"{code[: length - len(str(number))]}{number}"
        found.append(candidate)
    return found
