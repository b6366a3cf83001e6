"""Which models a wave has: by the roles of its questions, or as the config names them."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, product

from b2bsurvey.config import Models
from b2bsurvey.questionnaire import ANALYSES, Question, Questionnaire, Variable

# in this order, one question of each
SEGMENTS = ("firm_size", "sector", "region", "business_type", "strategy")
SCORES = ("pressure", "affinity", "environment")
PRODUCT = ":"  # between the predictors of an interaction, in the name of its term
MOST_BARRIERS = 12  # of which the importance is compared: 2^12 models


@dataclass(frozen=True)
class Model:
    """An outcome and its predictors, all variables; `not_asked` are predictors that this wave did not ask.

    With `importance` the predictors are compared by how much each adds to what all explain. `interactions` are pairs of
    predictors of which is asked whether the association of one differs with the other.
    """

    name: str
    outcome: Variable
    predictors: tuple[Variable, ...]
    not_asked: tuple[str, ...] = ()
    importance: bool = False
    interactions: tuple[tuple[Variable, Variable], ...] = ()


def models_of(questionnaire: Questionnaire, settings: Models) -> tuple[Model, ...]:
    """Return the models of a wave: those that the config names, or else one for each outcome, and one of barriers."""
    if settings.named:
        return tuple(_named(questionnaire, settings))
    models = [
        Model(
            outcome.name,
            outcome.variables[0],
            tuple(_by_roles(questionnaire, outcome)),
            interactions=_pairs(segments_by_role(questionnaire, outcome)),
        )
        for outcome in outcomes(questionnaire)
    ]
    return tuple(m for m in (*models, *_of_barriers(questionnaire)) if m.predictors)


def _pairs(variables: tuple[Variable, ...]) -> tuple[tuple[Variable, Variable], ...]:
    return tuple((one, other) for one, other in combinations(variables, 2))


def outcomes(questionnaire: Questionnaire) -> tuple[Question, ...]:
    """Return the questions that are modelled by default: closed ones with one answer, of the roles of adoption."""
    asked = questionnaire.with_role(*ANALYSES["models"])
    return tuple(q for q in asked if q.kind == "category" and not q.items)


def _named(questionnaire: Questionnaire, settings: Models) -> Iterator[Model]:
    for chosen in settings.named:
        outcome = _variables(questionnaire, chosen.outcome)
        if len(outcome) != 1:
            continue  # this wave did not ask it
        known = {name: _variables(questionnaire, name) for name in chosen.predictors}
        yield Model(
            name=chosen.name,
            outcome=outcome[0],
            predictors=tuple(dict.fromkeys(v for found in known.values() for v in found if v != outcome[0])),
            not_asked=tuple(name for name, variables in known.items() if not variables),
            importance=chosen.importance,
            interactions=tuple(
                pair for one, other in chosen.interactions for pair in product(known[one], known[other])
            ),
        )


def _variables(questionnaire: Questionnaire, name: str) -> tuple[Variable, ...]:
    """Return the variables asked of a question, or the one of that name; none where this wave did not ask it."""
    try:
        question = questionnaire.owner(name).as_asked
    except KeyError:
        return ()
    if question.not_asked:
        return ()
    return tuple(v for v in question.variables if name in (question.name, v.name))


def _by_roles(questionnaire: Questionnaire, outcome: Question) -> Iterator[Variable]:
    """Yield one question of each role of a segment, and the scores of pressure, affinity and environment.

    What shares a source with the outcome or with a predictor before it is left out, and so is what the outcome decides
    the asking of.
    """
    segments = segments_by_role(questionnaire, outcome)
    taken = set(questionnaire.sources(outcome.name)).union(*(questionnaire.sources(s.question) for s in segments))
    yield from segments
    for question in _scores(questionnaire):
        if not questionnaire.sources(question.name) & taken and not _decided(questionnaire, question, outcome):
            yield question.variables[0]


def segments_by_role(questionnaire: Questionnaire, outcome: Question) -> tuple[Variable, ...]:
    """Return one question of each role of a segment beside an outcome: of several the one with the fewest answers."""
    taken, found = set(questionnaire.sources(outcome.name)), []
    for role in SEGMENTS:
        candidates = [q for q in questionnaire.with_role(role) if q.kind in ("category", "number") and not q.items]
        for question in sorted(candidates, key=lambda q: len(q.answers)):
            if not questionnaire.sources(question.name) & taken and not _decided(questionnaire, question, outcome):
                taken |= questionnaire.sources(question.name)
                found.append(question.variables[0])
                break
    return tuple(found)


def _scores(questionnaire: Questionnaire) -> Iterator[Question]:
    """Yield constructs of the questions with these roles, and numbers that have such a role themselves."""
    for role in SCORES:
        questions = questionnaire.with_role(role)
        names = {q.name for q in questions}
        yield from (q for q in questions if q.kind == "number" and not q.items)
        for construct in questionnaire.constructs.values():
            if {questionnaire.owner(item).name for item in construct.items} <= names:
                score = questionnaire.questions[construct.name].as_asked
                if not score.not_asked:
                    yield score


def _of_barriers(questionnaire: Questionnaire) -> Iterator[Model]:
    """Yield the model of adoption on the barriers of one question, which compares their importance."""
    for adopter in questionnaire.with_role("adopter"):
        for barriers in questionnaire.with_role("barriers"):
            exclusive = {i.code for i in barriers.items if i.exclusive}
            items = tuple(v for v in barriers.variables if v.item not in exclusive)
            usable = barriers.kind == "tick" or (barriers.kind == "category" and barriers.level != "nominal")
            decided = _decided(questionnaire, barriers, adopter)
            if usable and not barriers.contexts and 2 <= len(items) <= MOST_BARRIERS and not decided:
                yield Model(f"{adopter.name}_{barriers.name}", adopter.variables[0], items, importance=True)
                return


def _decided(questionnaire: Questionnaire, question: Question, outcome: Question) -> bool:
    """Whether the outcome, or what it is made from, decides who is asked the question or what it is made from."""
    of_outcome = questionnaire.sources(outcome.name)
    made_from = (questionnaire.questions[name] for name in questionnaire.sources(question.name))
    return any(q.asked_if and of_outcome & set(q.asked_if.names) for q in made_from)
