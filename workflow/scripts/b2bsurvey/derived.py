"""Variables made from others: net, map, band, any_of, all_of, count, index, ratio, back_code, themes."""

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from b2bsurvey.coding import read_coding
from b2bsurvey.columns import normal
from b2bsurvey.questionnaire import MISSING_REASONS, Condition, Derivation, Question, Questionnaire
from b2bsurvey.responses import Responses, holds, put, question_missing

Column = tuple[pd.Series, pd.Series]


def derive(
    question: Question, responses: Responses, questionnaire: Questionnaire, texts: Mapping[str, pd.Series]
) -> Responses:
    """Return the responses with the variables of a derived question.

    Where the source is missing, its reason is carried on; an answer that a map or a band does not cover is
    `not_applicable`. A missing reason listed as a code (in `map`, `net`, or a condition) counts as an answer.
    `texts` are the open answers by question, each (n,), empty where there is none; `back_code` and `themes` need them.

    Raises:
        StudyError: for a file of codes that cannot be read (`coding.read_coding`).
    """
    if question.derivation is None:
        raise ValueError(f"{question.name} is not derived")
    if question.derivation.method == "back_code":
        return put(responses, _back_coded(question, question.derivation, responses, questionnaire, texts))
    if question.derivation.method == "themes":
        return put(responses, _themes(question, question.derivation, responses, texts))
    values, reasons = _column(question, question.derivation, responses, questionnaire)
    if question.derivation.among is not None:
        outside = ~holds(question.derivation.among, responses, questionnaire)[0]
        values, reasons = values.mask(outside), reasons.mask(outside, "not_applicable")
    return put(responses, {question.name: (values, reasons)})


def _column(question: Question, derivation: Derivation, responses: Responses, questionnaire: Questionnaire) -> Column:
    """Return (values, missing reasons) of a derived variable, each (n,)."""
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
        case "ratio":
            return _ratio(derivation, responses)
        case _:
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
    """The mean of the valid scores, where there are at least `min_valid`; sources are batteries, or items of them.

    Without enough of them the reason is that of the missing items where they agree, else `not_answered`.
    """
    scores, reasons = [], []
    for name in derivation.of:
        question = questionnaire.owner(name)
        for variable in [v.name for v in question.variables] if name == question.name else [name]:
            scores.append(scored(responses, question, variable))
            reasons.append(responses.missing[variable].cat.codes.to_numpy())
    valid = np.isfinite(scores).sum(axis=0)
    enough = valid >= derivation.min_valid
    mean = np.where(enough, np.nansum(scores, axis=0) / np.maximum(valid, 1), np.nan)
    highest = np.max(reasons, axis=0)
    agree = np.min(np.where(np.array(reasons) < 0, highest, reasons), axis=0) == highest
    reason = np.where(agree & (highest >= 0), np.array(MISSING_REASONS, dtype=object)[highest], "not_answered")
    index = responses.values.index
    return pd.Series(mean, index=index), pd.Series(reason, index=index).where(~enough)


def _ratio(derivation: Derivation, responses: Responses) -> Column:
    """One number by another; nothing can be divided by 0, which makes the ratio `not_applicable`."""
    above, below = (responses.values[name].to_numpy(dtype=float, na_value=np.nan) for name in derivation.of)
    known = np.isfinite(above) & np.isfinite(below) & (below != 0)
    ratio = np.divide(above, below, out=np.full(len(above), np.nan), where=known)
    reason = responses.missing[derivation.of[0]].astype(object)
    reason = reason.fillna(responses.missing[derivation.of[1]].astype(object)).fillna("not_applicable")
    return pd.Series(ratio, index=reason.index), reason.where(~known)


def _back_coded(
    question: Question,
    derivation: Derivation,
    responses: Responses,
    questionnaire: Questionnaire,
    texts: Mapping[str, pd.Series],
) -> Mapping[str, Column]:
    """Return the columns of a copy of the source in which open answers are moved to what their texts mean.

    An open answer stays where its text is not in the file.
    """
    source = questionnaire.questions[derivation.of[0]]
    ticks = question.kind == "tick"
    codes = [i.code for i in question.items] if ticks else [*(a.code for a in question.answers), *MISSING_REASONS]
    coding = read_coding(Path(derivation.file), codes, ticks, question.line)
    nothing = pd.Series("", index=responses.values.index)
    found = texts.get(source.name, nothing).map(lambda text: coding.get(normal(text), ()))
    return (_ticks_coded if ticks else _choice_coded)(question, source, responses, found)


def _themes(
    question: Question, derivation: Derivation, responses: Responses, texts: Mapping[str, pd.Series]
) -> dict[str, Column]:
    """Return who wrote of which theme: by words, or by a file of codes; `not_applicable` what the file does not list.

    Words are regular expressions that are looked for from the beginning of words, whatever the language of the text;
    a theme without words takes what no other finds. In a file an empty code means that a text has no theme.
    """
    (source,) = derivation.of
    nothing = pd.Series("", index=responses.values.index)
    written, reason = texts.get(source, nothing).map(normal), responses.missing[source].astype(object)
    codes = [item.code for item in question.items]
    if derivation.file:
        coding = read_coding(Path(derivation.file), [*codes, ""], True, question.line)
        reason = reason.mask(reason.isna() & ~written.isin(list(coding)), "not_applicable")
    else:
        coding = {text: _found(text, derivation, codes) for text in written.unique()}
    columns = {}
    for variable in question.variables:
        meant = written.map(lambda text, theme=variable.item: theme in coding.get(text, ())).astype("Int8")
        columns[variable.name] = (meant.where(reason.isna()), reason)
    return columns


def _found(text: str, derivation: Derivation, codes: list[str]) -> tuple[str, ...]:
    """Return the themes whose words stand in a text; that without words where there are none."""
    found = [
        code
        for code, words in derivation.words.items()
        if any(re.search(rf"\b(?:{word})", text, re.IGNORECASE) for word in words)
    ]
    return tuple(found or [code for code in codes if code not in derivation.words])


def _choice_coded(question: Question, source: Question, responses: Responses, found: pd.Series) -> dict[str, Column]:
    open_code = next(a.code for a in source.answers if a.open)
    moved = responses.has(source.name, (open_code,)) & (found.str.len() > 0).to_numpy()
    code = found.str[0]
    reason = code.where(code.isin(MISSING_REASONS))
    values = responses.values[source.name].astype(object).mask(moved, code.where(reason.isna()))
    reasons = responses.missing[source.name].astype(object).mask(moved, reason)
    return {question.name: (_categories(question, values), reasons)}


def _ticks_coded(question: Question, source: Question, responses: Responses, found: pd.Series) -> dict[str, Column]:
    """A text may stand for several options; options that the coding adds are missing where the open one is."""
    names = {v.item: v.name for v in source.variables}
    open_code = next(i.code for i in source.items if i.open)
    moved = responses.has(names[open_code], ("1",)) & (found.str.len() > 0).to_numpy()
    columns = {}
    for variable in question.variables:
        name = names.get(variable.item, names[open_code])
        own = 1 if variable.item in names else 0
        value = (responses.values[name] * own).mask(moved, 0) if name == names[open_code] else responses.values[name]
        meant = np.array([variable.item in codes for codes in found], dtype=bool)
        columns[variable.name] = (value.mask(moved & meant, 1), responses.missing[name])
    return columns


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
