"""Which figures a questionnaire calls for."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from b2bsurvey.questionnaire import ANALYSES, Question, Questionnaire


@dataclass(frozen=True)
class Plan:
    """A figure to draw; yes/no questions of an analysis share one, a grid has one for each context."""

    name: str
    kind: Literal["flow", "ticked", "battery", "single", "yes_no"]
    analysis: str
    questions: tuple[Question, ...] = ()
    context: str = ""


def plans(questionnaire: Questionnaire) -> list[Plan]:
    """Return the figures of a wave; a question that several analyses describe is drawn where it is a finding."""
    usage = {q.name: q for q in questionnaire.with_role(*ANALYSES["usage"])}
    barriers = {q.name: q for q in questionnaire.with_role(*ANALYSES["barriers"]) if q.name not in usage}
    sample = {
        q.name: q
        for q in (*questionnaire.with_role(*ANALYSES["sample"]), *questionnaire.segments)
        if q.name not in usage and q.name not in barriers
    }
    found = [Plan("flow", "flow", "sample")]
    for analysis, questions in (("sample", sample), ("usage", usage), ("barriers", barriers)):
        asked = [q for q in questions.values() if q.kind in ("category", "tick")]
        yes_no = tuple(q for q in asked if [a.code for a in q.answers] == ["yes", "no"] and not q.items)
        found += [plan for q in asked if q not in yes_no for plan in _of_question(analysis, q)]
        found += [Plan(f"{analysis}_yes_no", "yes_no", analysis, yes_no)] if yes_no else []
    return found


def figure_names(questionnaire: Questionnaire) -> list[str]:
    """Return the names of all figures of a wave, in order; they depend on the questionnaire alone."""
    return [plan.name for plan in plans(questionnaire)]


def _of_question(analysis: str, question: Question) -> Iterator[Plan]:
    kind: Literal["ticked", "battery", "single"]
    kind = "ticked" if question.kind == "tick" else "battery" if question.items else "single"
    for context in [c.code for c in question.contexts] or [""]:
        name = "_".join(part for part in (analysis, question.name, context) if part)
        yield Plan(name, kind, analysis, (question,), context)
