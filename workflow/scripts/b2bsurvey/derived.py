"""Variables made from others: net, map, band, any_of, all_of, count, index."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from b2bsurvey.questionnaire import Condition, Derivation, Question, Questionnaire
from b2bsurvey.responses import Responses, holds, question_missing

Column = tuple[pd.Series, pd.Series]


def derive(question: Question, responses: Responses, questionnaire: Questionnaire) -> Column:
    """Return (values, missing reasons) of a derived variable, each (n,).

    Where the source is missing, its reason is carried on; an answer that a map or a band does not cover is
    `not_applicable`. A missing reason listed as a code (in `map`, `net`, or a condition) counts as an answer.
    """
    derivation = question.derivation
    if derivation is None:
        raise ValueError(f"{question.name} is not derived")
    match derivation.method:
        case "net":
            return _grouped(question, derivation, responses, {"yes": derivation.codes})
        case "map":
            return _grouped(question, derivation, responses, derivation.groups)
        case "band":
            return _band(question, derivation, responses)
        case "count":
            return _count(derivation, responses, questionnaire)
        case "index":
            return _index(derivation, responses, questionnaire)
        case "any_of" | "all_of":
            condition = derivation.condition or Condition(())
            return _condition(question, condition, responses, questionnaire)


def _grouped(
    question: Question, derivation: Derivation, responses: Responses, groups: Mapping[str, tuple[str, ...]]
) -> Column:
    """A net is a map whose answers outside the list are 'no'."""
    source = derivation.of[0]
    values = pd.Series(None, index=responses.values.index, dtype=object)
    if derivation.method == "net":
        values[responses.is_valid(source)] = "no"
    for code, codes in groups.items():
        values[responses.has(source, codes)] = code
    reason = responses.missing[source].astype(object).fillna("not_applicable").where(values.isna())
    return _categories(question, values), reason


def _band(question: Question, derivation: Derivation, responses: Responses) -> Column:
    source = derivation.of[0]
    bounds = sorted(derivation.bounds.items(), key=lambda pair: pair[1])
    number = responses.values[source].to_numpy(dtype=float, na_value=np.nan)
    place = np.searchsorted([b for _, b in bounds], number, side="right") - 1
    place[np.isnan(number)] = -1
    codes = np.array([code for code, _ in bounds] + [None], dtype=object)[place]
    values = pd.Series(codes, index=responses.values.index)
    reason = responses.missing[source].astype(object).fillna("not_applicable").where(values.isna())
    return _categories(question, values), reason


def _condition(question: Question, condition: Condition, responses: Responses, questionnaire: Questionnaire) -> Column:
    true, known = holds(condition, responses, questionnaire)
    values = pd.Series(None, index=responses.values.index, dtype=object)
    values[true], values[known & ~true] = "yes", "no"
    reason = pd.Series(None, index=values.index, dtype=object)
    for name in reversed(condition.names):
        source = questionnaire.questions.get(name)
        found = question_missing(responses, source) if source else responses.missing[name]
        reason = found.astype(object).where(found.notna(), reason)
    return _categories(question, values), reason.fillna("not_answered").where(values.isna())


def _count(derivation: Derivation, responses: Responses, questionnaire: Questionnaire) -> Column:
    source = questionnaire.questions[derivation.of[0]]
    codes = derivation.codes or (("1",) if source.kind == "tick" else tuple(a.code for a in source.answers))
    counted = [v for v in source.variables if not next(i for i in source.items if i.code == v.item).exclusive]
    total = np.sum([responses.has(v.name, codes) for v in counted], axis=0).astype(float)
    reason = question_missing(responses, source).astype(object)
    return pd.Series(total, index=reason.index).where(reason.isna()), reason


def _index(derivation: Derivation, responses: Responses, questionnaire: Questionnaire) -> Column:
    sources = [questionnaire.questions[name] for name in derivation.of]
    scores = np.column_stack([scored(responses, s, v.name) for s in sources for v in s.variables])
    valid = np.isfinite(scores).sum(axis=1)
    enough = valid >= derivation.min_valid
    mean = np.where(enough, np.nansum(scores, axis=1) / np.maximum(valid, 1), np.nan)
    reason = question_missing(responses, sources[0]).astype(object).fillna("not_answered")
    index = responses.values.index
    return pd.Series(mean, index=index), reason.where(~enough)


def scored(responses: Responses, question: Question, variable: str, turned: bool = True) -> np.ndarray:
    """Return (n,) scores of a categorical variable, NaN where missing; reversed items turned round if `turned`."""
    scores = np.array([a.score for a in question.answers])
    item = next((v.item for v in question.variables if v.name == variable), "")
    if turned and any(i.reversed for i in question.items if i.code == item):
        scores = scores.min() + scores.max() - scores
    codes = responses.values[variable].cat.codes.to_numpy()
    return np.where(codes >= 0, scores[codes], np.nan)


def _categories(question: Question, values: pd.Series) -> pd.Series:
    codes = [a.code for a in question.answers]
    return values.astype(pd.CategoricalDtype(codes, ordered=question.level != "nominal"))
