"""From a Survey to the columns of a model: outcome codes, scores, and dummies against a reference."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from b2bsurvey.derived import scored
from b2bsurvey.design import Survey
from b2bsurvey.modelling.specification import Model
from b2bsurvey.questionnaire import Question, Variable
from b2bsurvey.statistics.regression import Kind, Predictor, aliased

ALIKE = "everybody in the model gave the same answer"
NOBODY = "nobody in the model answered it"


@dataclass(frozen=True, eq=False)
class Outcome:
    """The outcome (n,) as codes of `categories`, from the least to the furthest, −1 where missing.

    The first category is the base of binary and multinomial models. `unused` are answers that nobody gave.
    """

    kind: Kind
    codes: np.ndarray
    categories: tuple[str, ...]
    unused: tuple[str, ...] = ()

    def given_by(self, respondents: np.ndarray) -> "Outcome":
        """Return the outcome with just the categories that some of the `respondents` (n,) bool gave.

        Two that are left make a binary model.
        """
        given = np.bincount(self.codes[respondents & (self.codes >= 0)], minlength=len(self.categories)) > 0
        place = np.append(np.where(given, np.cumsum(given) - 1, -1), -1)  # the last stands for missing
        return Outcome(
            kind="binary" if given.sum() < 3 else self.kind,
            codes=place[self.codes],
            categories=tuple(c for c, used in zip(self.categories, given, strict=True) if used),
            unused=(*self.unused, *(c for c, used in zip(self.categories, given, strict=True) if not used)),
        )


@dataclass(frozen=True, eq=False)
class Answers:
    """The answers (n,) to one predictor, NaN where missing: places among `categories`, or numbers without them."""

    name: str
    values: np.ndarray
    categories: tuple[str, ...] = ()
    first: str = ""  # the reference, where somebody gave it


@dataclass(frozen=True)
class Term:
    """A column of a model: `predictor=answer` against the `reference`, or a predictor that is a number."""

    name: str
    predictor: str
    reference: str = ""


@dataclass(frozen=True, eq=False)
class Columns:
    """The columns of a model and how they go together; `left_out` says why predictors have none."""

    terms: tuple[Term, ...]
    predictors: tuple[Predictor, ...]
    answers: tuple[Answers, ...]
    left_out: dict[str, str]

    @property
    def names(self) -> list[str]:
        """The names of the terms."""
        return [term.name for term in self.terms]

    @property
    def values(self) -> np.ndarray:
        """(n, predictors) the answers to all predictors."""
        return np.column_stack([answers.values for answers in self.answers])

    def of(self, values: np.ndarray) -> np.ndarray:
        """Return the columns (n, p) of answers (n, predictors), NaN where one is missing."""
        places = {answers.name: place for place, answers in enumerate(self.answers)}
        at = [places[term.predictor] for term in self.terms]
        return np.column_stack([_column(t, self.answers[p], values[:, p]) for t, p in zip(self.terms, at, strict=True)])


def outcome_of(survey: Survey, variable: Variable) -> Outcome:
    """Return the outcome of a model: binary with two answers given, else ordinal or multinomial by its level."""
    question, everybody = survey.questionnaire.owner(variable.name), np.ones(len(survey.responses), bool)
    if question.kind == "tick":
        ticked = survey.responses.has(variable.name, ("1",)).astype(int)
        codes = np.where(survey.responses.is_valid(variable.name), ticked, -1)
        return Outcome("binary", codes, ("0", "1")).given_by(everybody)
    order = tuple(reversed(survey.questionnaire.from_the_furthest(question)))
    codes = survey.responses.values[variable.name].cat.codes.to_numpy(dtype=int)
    places = np.array([*(order.index(a.code) for a in question.answers), -1])
    kind: Kind = "ordinal" if question.level != "nominal" else "multinomial"
    return Outcome(kind, places[codes], order).given_by(everybody)


def answers_of(survey: Survey, variable: Variable) -> Answers:
    """Return the answers to a predictor: categories of a choice, scores of an item, ticks, numbers.

    The reference is the first answer, or No.
    """
    question = survey.questionnaire.owner(variable.name)
    valid = survey.responses.is_valid(variable.name)
    if question.kind == "number":
        numbers = survey.responses.values[variable.name].to_numpy(dtype=float, na_value=np.nan)
        return Answers(variable.name, np.where(valid, numbers, np.nan))
    if question.kind == "tick":
        ticked = survey.responses.has(variable.name, ("1",)).astype(float)
        return Answers(variable.name, np.where(valid, ticked, np.nan), ("0", "1"), "0")
    if _is_score(question):
        return Answers(variable.name, scored(survey.responses, question, variable.name, turned=False))
    codes = survey.responses.values[variable.name].cat.codes.to_numpy(dtype=float)
    categories = tuple(a.code for a in question.answers)
    first = "no" if set(categories) == {"yes", "no"} else categories[0]
    return Answers(variable.name, np.where(codes >= 0, codes, np.nan), categories, first)


def is_closed(question: Question) -> bool:
    """Whether the question can be an outcome: one with answers, or ticks."""
    return question.kind in ("category", "tick")


def _is_score(question: Question) -> bool:
    return question.level == "interval" or (bool(question.items) and question.level != "nominal")


def columns_of(survey: Survey, model: Model, known: np.ndarray, imputed: bool) -> Columns:
    """Return the columns for the respondents `known` (n,) to have an outcome.

    Answers that none of them gave get no column; predictors without an answer, with one answer, or that follow from
    those before them, are left out. `imputed`: a missing answer leaves nobody out.
    """
    answers = [answers_of(survey, variable) for variable in model.predictors]
    left_out: dict[str, str] = {}
    while True:
        complete = known & np.logical_and.reduce([np.isfinite(one.values) for one in answers], initial=True)
        used = known if imputed or not complete.any() else complete
        found = _without_column(answers, used) or _dependent(answers, used)
        if not found:
            break
        left_out |= found
        answers = [one for one in answers if one.name not in found]
    terms = [_terms(one, used) for one in answers]
    ends = np.cumsum([len(own) for own in terms])
    predictors = [
        Predictor(one.name, tuple(range(end - len(own), end)), not one.categories)
        for one, own, end in zip(answers, terms, ends.tolist(), strict=True)
    ]
    return Columns(tuple(t for own in terms for t in own), tuple(predictors), tuple(answers), left_out)


def _without_column(answers: Sequence[Answers], used: np.ndarray) -> dict[str, str]:
    """Return the predictors that nobody answered, or else those that all answered alike."""
    given = {one.name: one.values[used & np.isfinite(one.values)] for one in answers}
    nobody = {name: NOBODY for name, values in given.items() if not values.size}
    return nobody or {name: ALIKE for name, values in given.items() if np.ptp(values) == 0}


def _dependent(answers: Sequence[Answers], used: np.ndarray) -> dict[str, str]:
    """Return the first predictor of which a column follows from those before it."""
    owners = {term.name: (term, one) for one in answers for term in _terms(one, used)}
    columns = [_column(term, one, one.values) for term, one in owners.values()]
    complete = used & np.isfinite(columns).all(axis=0) if columns else np.zeros(len(used), bool)
    if not complete.any():
        return {}
    for name in aliased(np.column_stack(columns)[complete], list(owners)):
        return {owners[name][1].name: f"{name} follows from the columns before it"}
    return {}


def _terms(answers: Answers, used: np.ndarray) -> list[Term]:
    if not answers.categories:
        return [Term(answers.name, answers.name)]
    given = {answers.categories[int(v)] for v in np.unique(answers.values[used & np.isfinite(answers.values)])}
    codes = [code for code in answers.categories if code in given]
    reference = answers.first if answers.first in codes else next(iter(codes), "")
    return [Term(f"{answers.name}={c}", answers.name, reference) for c in codes if c != reference]


def _column(term: Term, answers: Answers, values: np.ndarray) -> np.ndarray:
    if not answers.categories:
        return values
    place = answers.categories.index(term.name.removeprefix(f"{term.predictor}="))
    return np.where(np.isnan(values), np.nan, (values == place).astype(float))
