"""Which figures a questionnaire calls for."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from b2bsurvey.questionnaire import ANALYSES, SEGMENT_ROLES, Question, Questionnaire

# analyses whose questions are findings, not the composition of the sample
FINDINGS = ("adoption", "usage", "barriers", "context")
FACETS_AT_MOST = 8  # levels of a segment that stand side by side
# fmt: off
Kind = Literal[
    "flow", "ticked", "battery", "single", "yes_no",
    "compared", "crossed", "together", "groups", "by_segment", "stages", "forest", "profiles",
    "combinations", "lorenz", "ecdf",
]
# fmt: on


@dataclass(frozen=True)
class Plan:
    """A figure to draw; yes/no questions of an analysis share one, a grid has one for each of two contexts."""

    name: str
    kind: Kind
    analysis: str
    questions: tuple[Question, ...] = ()
    context: str = ""
    segment: str = ""


def plans(questionnaire: Questionnaire) -> list[Plan]:
    """Return the figures of a wave; a question that several analyses describe is drawn where it is a finding."""
    findings: dict[str, str] = {}  # question → the analysis in which it is a finding
    for analysis in FINDINGS:
        findings = {q.name: analysis for q in questionnaire.with_role(*ANALYSES[analysis])} | findings
    composition = questionnaire.with_role(*ANALYSES["sample"], *SEGMENT_ROLES)
    parts = {"sample": [q for q in composition if q.name not in findings]}
    for analysis in FINDINGS:
        parts[analysis] = [q for q in questionnaire.with_role(*ANALYSES[analysis]) if findings[q.name] == analysis]
    found = [Plan("flow", "flow", "sample")]
    stages = [q for q in questionnaire.with_role("stage") if q.answers and not q.items]
    for analysis, questions in parts.items():
        asked = [q for q in questions if q.kind in ("category", "tick")]
        yes_no = tuple(q for q in asked if [a.code for a in q.answers] == ["yes", "no"] and not q.items)
        if analysis == "adoption":
            found += [Plan(f"adoption_{q.name}", "stages", "adoption", (q,)) for q in asked if q in stages]
        drawn = [q for q in asked if q not in yes_no and not (analysis == "adoption" and q in stages)]
        found += [plan for q in drawn for plan in _of_question(analysis, q, questionnaire)]
        found += [Plan(f"{analysis}_{q.name}", "ecdf", analysis, (q,)) for q in questions if _is_one_number(q)]
        found += [Plan(f"{analysis}_yes_no", "yes_no", analysis, yes_no)] if yes_no else []
    typed = [replace(q, base=questionnaire.users_of(q)) for q in questionnaire.of_types]
    found += [Plan(f"typology_{q.name}", "profiles", "typology", (q,), q.last_context) for q in typed]
    if "models" in ANALYSES:
        found += [Plan(f"models_{q.name}", "forest", "models", (q,)) for q in questionnaire.with_role("adopter")]
    return found


def figure_names(questionnaire: Questionnaire) -> list[str]:
    """Return the names of all figures of a wave, in order; they depend on the questionnaire alone."""
    return [plan.name for plan in plans(questionnaire)]


def _of_question(analysis: str, question: Question, questionnaire: Questionnaire) -> Iterator[Plan]:
    kind: Kind = "ticked" if question.kind == "tick" else "battery" if question.items else "single"
    contexts = [c.code for c in question.contexts] or [""]

    def plan(kind: Kind, *ending: str, context: str = "", segment: str = "") -> Plan:
        name = "_".join(part for part in (analysis, question.name, *ending) if part)
        return Plan(name, kind, analysis, (question,), context, segment)

    if len(contexts) > 2:
        yield plan("crossed")
        return
    for context in contexts:
        yield plan(kind, context, context=context)
    if len(contexts) == 2:
        yield plan("compared", "compared")
    if question in questionnaire.with_role("channels") and (question.kind == "tick" or question.top):
        for context in contexts:
            yield plan("together", context, "together", context=context)
        if len(question.usable) > 2:
            yield plan("combinations", "combinations", context=question.last_context)
            yield plan("lorenz", "lorenz", context=question.last_context)
    adopters = questionnaire.with_role("adopter")
    if analysis == "barriers" and question.items and contexts == [""]:
        compared = [q for q in adopters if not _decides(q, question, questionnaire)]
        yield from (plan("groups", "by", q.name, segment=q.name) for q in compared[:1])
    if question.items and contexts == [""]:
        segments = (q for q in questionnaire.segments_of(question) if 1 < len(q.answers) <= FACETS_AT_MOST)
        others = [q for q in segments if q not in adopters and not _decides(q, question, questionnaire)]
        yield from (plan("by_segment", "by", q.name, segment=q.name) for q in others[:1])


def _is_one_number(question: Question) -> bool:
    ratio = question.derivation is not None and question.derivation.method == "ratio"
    return question.kind == "number" and not question.items and not ratio


def _decides(question: Question, asked: Question, questionnaire: Questionnaire) -> bool:
    """Whether `question`, or what it is made from, decides who is asked: then all who answer are of one group."""
    return bool(asked.asked_if and questionnaire.sources(question.name) & set(asked.asked_if.names))
