"""Cells that are no answer of their question: where they stand, and what to do about them."""

import re
from dataclasses import dataclass

import pandas as pd

from b2bsurvey.answers import Source, spellings_of
from b2bsurvey.columns import heading_of
from b2bsurvey.errors import StudyError, nearest
from b2bsurvey.questionnaire import Question

_LONGEST_SHOWN = {True: 60, False: 20}  # of a label, of what respondents typed
_MOST_DIGITS = 8  # a day has 8; more are a phone number or an id


@dataclass(frozen=True)
class NotUnderstood:
    """A cell that is no answer of its question: where it stands, what was found, and what results may repeat of it."""

    file: str
    row: int
    variable: str
    value: str
    shown: str


def stop_if_too_many(allowed: float, question: Question, source: Source, bad: pd.Series) -> None:
    """Stop when more than the share `allowed` (0–1) of a column's filled cells are not understood: `bad`, by row.

    Raises:
        StudyError: with the place of the first such cell, what it holds, and what to do about it.
    """
    if not len(bad) or len(bad) <= allowed * int((source.cells.str.strip() != "").sum()):
        return
    value, count = str(bad.iloc[0]), int((bad == bad.iloc[0]).sum())
    times = f"in {count} rows, first in row {bad.index[0]}" if count > 1 else f"in row {bad.index[0]}"
    spellings = [s for a in question.answers for s in (a.code, *a.label.values(), *a.spellings)]
    spellings += [s for i in question.items for s in spellings_of(i)] if not question.answers else []
    hint = nearest(value, [*spellings, *question.missing]) if _has_labels(question) else ""
    where = f"{source.file}, column {source.column.position} ('{heading_of(source.column)}')"
    raise StudyError(
        f"{where}: {_shown(question, value)} {times} is no answer of '{question.name}'{hint}; {_remedy(question)}."
    )


def shown_in_results(question: Question, text: str) -> str:
    """Return a cell's text where results may repeat it, '' where somebody may say something of himself in it.

    A closed question holds labels and codes, unless it has an open answer; what respondents typed as a number or a
    day is repeated without letters only. Nothing with an `@` or with as many digits as a phone number is.
    """
    if len(text) > _LONGEST_SHOWN[_has_labels(question)] or "@" in text or len(re.findall(r"\d", text)) > _MOST_DIGITS:
        return ""
    if _has_labels(question):
        has_open = any(a.open for a in question.answers) or any(i.open for i in question.items)
        return "" if has_open else text
    return "" if any(character.isalpha() for character in text) else text


def _has_labels(question: Question) -> bool:
    """Whether its cells hold labels, and not what respondents typed."""
    return question.kind in ("category", "tick") or question.cells_name_items


def _remedy(question: Question) -> str:
    """Say what to do about a cell that is not understood."""
    missing = f"or add the text to its 'missing' at {question.line}"
    match question.type:
        case "number" | "constant_sum":
            return f"{_expected(question)} was expected, so correct the export, {missing}"
        case "date":
            expected = f"a day written as {question.format or '2013-05-31'}{_between(question)}"
            return f"{expected} was expected, so correct 'format' or the export, {missing}"
        case "ranking" | "tick_all" if question.cells_name_items:
            return f"correct the label at {question.line}, or add the text to the 'spellings' of what it means"
        case "ranking":
            return f"a rank from 1 to {question.most} was expected, so correct the export, {missing}"
        case "tick_all" | "grid" if not question.answers:
            return (
                f"at {question.line} add the text to the option's 'spellings' if it means ticked, to 'not_ticked' if "
                "it does not"
            )
        case _:
            return f"correct the answer's label at {question.line}, or add the text to its 'spellings' or to 'missing'"


def _expected(question: Question) -> str:
    return f"a {'whole ' if question.integer else ''}number{_between(question)}"


def _between(question: Question) -> str:
    low, high = (f"{bound:g}" if isinstance(bound, float) else bound for bound in (question.minimum, question.maximum))
    parts = [f"from {low}"] * (low is not None) + [f"to {high}"] * (high is not None)
    return " ".join(["", *parts])


def _shown(question: Question, text: str) -> str:
    """Quote what can be a label or a number; what may be somebody's own words or address is only described."""
    return _quoted(text, _LONGEST_SHOWN[_has_labels(question)])


def typed_text(text: str) -> str:
    """Return what somebody typed as a sentence quotes it: a number whole, what may be his own words described."""
    return _quoted(text, _LONGEST_SHOWN[False])


def _quoted(text: str, most: int) -> str:
    return f"'{text}'" if len(text) <= most and "@" not in text else f"a text of {len(text)} characters"
