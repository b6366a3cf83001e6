"""Which figures a questionnaire calls for."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from b2bsurvey.config import Models
from b2bsurvey.modelling.specification import models_of
from b2bsurvey.modelling.within_between import model_name
from b2bsurvey.questionnaire import ANALYSES, SEGMENT_ROLES, Question, Questionnaire

# analyses whose questions are findings, not the composition of the sample
FINDINGS = (
    *("adoption", "usage", "barriers"),
    *("attitudes", "buying", "key_figures", "trends", "contagion", "spokespersons", "open_answers"),
)
FACETS_AT_MOST = 8  # levels of a segment that stand side by side
# fmt: off
Kind = Literal[
    "flow", "ticked", "battery", "single", "yes_no",
    "compared", "crossed", "correspondence", "together", "groups", "by_segment", "stages", "forest",
    "reliability", "correlations", "loadings", "profiles", "combinations", "lorenz", "ecdf", "separation", "spheres",
    "bus_factor", "shared_lorenz", "nominations", "paths", "among_users",
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
    model: str = ""


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
        found += [plan for q in questions for plan in _of_concentration(analysis, q)]
        found += [plan for q in drawn for plan in _among_users(analysis, q, questionnaire)]
        found += [Plan(f"{analysis}_yes_no", "yes_no", analysis, yes_no)] if yes_no else []
    typed = [replace(q, base=questionnaire.users_of(q)) for q in questionnaire.of_types]
    found += [Plan(f"typology_{q.name}", "profiles", "typology", (q,), q.last_context) for q in typed]
    spheres = [(model_name(q), q) for q in questionnaire.two_spheres]
    found += [Plan(f"models_{name}", "spheres", "models", (q,), model=name) for name, q in spheres]
    return [*found, *_of_mediations(questionnaire), *models(questionnaire), *_of_scales(questionnaire)]


def models(questionnaire: Questionnaire, named: Iterable[tuple[str, str]] = ()) -> list[Plan]:
    """Return a figure for each model (name, outcome): those that the config `named`, else those by roles."""
    by_roles = ((model.name, model.outcome.question) for model in models_of(questionnaire, Models()))
    found = dict(named) or dict(by_roles)
    return [
        Plan(f"models_{name}", "forest", "models", (questionnaire.questions[outcome],), model=name)
        for name, outcome in found.items()
    ]


def figure_names(questionnaire: Questionnaire) -> list[str]:
    """Return the names of all figures of a wave, in order; they depend on the questionnaire alone."""
    return [plan.name for plan in plans(questionnaire)]


def _among_users(analysis: str, question: Question, questionnaire: Questionnaire) -> Iterator[Plan]:
    """Yield what matters at each stage of buying to those who use each channel."""
    channels = [used for used in questionnaire.with_role("channels")[:1] if used.tells_use]
    if question in questionnaire.with_role("buying_process") and question.items and question.top and channels:
        pair = (question, *channels)
        yield Plan(f"{analysis}_{question.name}_by_channel", "among_users", analysis, pair, channels[0].last_context)


def _of_mediations(questionnaire: Questionnaire) -> Iterator[Plan]:
    """Yield the paths of each mediation whose three scores this wave has: predictor, mediator, outcome."""
    for of in questionnaire.mediations:
        scores = [questionnaire.questions.get(name) for name in (of.predictor, of.mediator, of.outcome)]
        asked = tuple(q for q in scores if q is not None and not q.not_asked)
        if len(asked) == 3:
            yield Plan(f"attitudes_{of.name}_paths", "paths", "attitudes", asked, model=of.name)


def _of_scales(questionnaire: Questionnaire) -> Iterator[Plan]:
    """Yield how reliable scales are and how they correlate, and the loadings of each battery with several scales."""
    scores = tuple(questionnaire.questions[name] for name in questionnaire.constructs)
    if scores:
        yield Plan("scales_reliability", "reliability", "scales", scores)
    if len(scores) > 1:
        yield Plan("scales_correlations", "correlations", "scales", scores)
    batteries: dict[str, list[str]] = {}
    for construct in questionnaire.constructs.values():
        for name in dict.fromkeys(questionnaire.owner(item).name for item in construct.items):
            batteries.setdefault(name, []).append(construct.name)
    for name, constructs in batteries.items():
        if len(constructs) > 1:
            yield Plan(f"scales_loadings_{name}", "loadings", "scales", (questionnaire.questions[name],))


def _of_question(analysis: str, question: Question, questionnaire: Questionnaire) -> Iterator[Plan]:
    kind: Kind = "ticked" if question.kind == "tick" else "battery" if question.items else "single"
    contexts = [c.code for c in question.contexts] or [""]

    def plan(kind: Kind, *ending: str, context: str = "", segment: str = "") -> Plan:
        name = "_".join(part for part in (analysis, question.name, *ending) if part)
        return Plan(name, kind, analysis, (question,), context, segment)

    if len(contexts) > 2:
        yield plan("crossed")
        if question.is_cross_table:
            yield plan("correspondence", "correspondence")
        return
    for context in contexts:
        yield plan(kind, context, context=context)
    if len(contexts) == 2:
        yield plan("compared", "compared")
    if question in questionnaire.two_spheres:
        yield plan("separation", "separation")
    if question in questionnaire.with_role("channels") and (question.kind == "tick" or question.top):
        for context in contexts:
            yield plan("together", context, "together", context=context)
        if len(question.usable) > 2:
            yield plan("combinations", "combinations", context=question.last_context)
            yield plan("lorenz", "lorenz", context=question.last_context)
    beside = questionnaire.segments_of(question)
    adopters = [q for q in questionnaire.with_role("adopter", "deterred") if q in beside]
    if analysis == "barriers" and question.items and contexts == [""]:
        compared = [q for q in adopters if not _decides(q, question, questionnaire)]
        yield from (plan("groups", "by", q.name, segment=q.name) for q in compared[:1])
    if question.items and contexts == [""]:
        segments = (q for q in beside if 1 < len(q.answers) <= FACETS_AT_MOST)
        others = [q for q in segments if q not in adopters and not _decides(q, question, questionnaire)]
        yield from (plan("by_segment", "by", q.name, segment=q.name) for q in others[:1])


def _of_concentration(analysis: str, question: Question) -> Iterator[Plan]:
    """Yield how much hangs on a few spokespersons, and how nominations of opinion leaders are spread."""
    if analysis == "spokespersons" and question.type == "constant_sum":
        yield Plan(f"{analysis}_{question.name}_bus_factor", "bus_factor", analysis, (question,))
        yield Plan(f"{analysis}_{question.name}_lorenz", "shared_lorenz", analysis, (question,))
    if analysis == "contagion" and question.type in ("ranking", "tick_all") and len(question.usable) > 1:
        yield Plan(f"{analysis}_{question.name}_nominations", "nominations", analysis, (question,))


def _is_one_number(question: Question) -> bool:
    ratio = question.derivation is not None and question.derivation.method == "ratio"
    return question.kind == "number" and not question.items and not ratio


def _decides(question: Question, asked: Question, questionnaire: Questionnaire) -> bool:
    """Whether `question`, or what it is made from, decides who is asked: then all who answer are of one group."""
    return bool(asked.asked_if and questionnaire.sources(question.name) & set(asked.asked_if.names))
