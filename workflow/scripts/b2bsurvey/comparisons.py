"""From a Survey to rows of both tables: items, contexts and ordered groups compared with each other."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from b2bsurvey.association import Row, association_tests, family_of, result_row
from b2bsurvey.derived import scored
from b2bsurvey.design import Survey
from b2bsurvey.questionnaire import Question, Variable
from b2bsurvey.statistics.claimed_mean import claimed_mean
from b2bsurvey.statistics.group_comparison import compare_groups, compare_pairs
from b2bsurvey.statistics.intervals import student
from b2bsurvey.statistics.linearisation import SampleDesign, means
from b2bsurvey.statistics.paired import (
    ALIKE,
    bowker,
    paired_categories,
    paired_proportions,
    paired_scores,
    proportion_difference,
    square_table,
)
from b2bsurvey.statistics.repeated import ranks_of_items, several_proportions
from b2bsurvey.statistics.significance import SignificanceTest
from b2bsurvey.statistics.tick_all import rows_differ, tick_all_by_groups
from b2bsurvey.statistics.trend import trend
from b2bsurvey.tables import SMALL_BASE, row_id

UNWEIGHTED = "no weighted form: computed unweighted"


@dataclass(frozen=True)
class Compared:
    """Rows of the Estimates table (differences) and of the Tests table; p values are not yet adjusted."""

    estimates: tuple[Row, ...] = ()
    tests: tuple[Row, ...] = ()


@dataclass(frozen=True, eq=False)
class _Side:
    """One side of a pair: an answer of a variable, and who gave it: (n,) 1 or 0, NaN outside the base."""

    variable: Variable
    answer: str
    values: np.ndarray


def paired_items(
    survey: Survey,
    question: Question,
    analysis: str,
    pairs: Iterable[tuple[str, str]] | None = None,
    answers: tuple[str, ...] = (),
) -> Compared:
    """Compare the shares of two items of a question among the same respondents: difference and test of each pair.

    `pairs` are codes of items, by default all pairs without exclusive ones, within each context of a grid. A share
    is of those who ticked the item, or gave one of `answers` (by default the question's top answers). Nothing for a
    question with answers that has neither.
    """
    if survey.design is None or not _has_shares(question, answers):
        return Compared()
    if survey.refusal_within(question):
        return _refused(survey, question, analysis, "paired")
    pairs = None if pairs is None else list(pairs)
    found = []
    for context in _contexts(question):
        sides = {v.item: _side(survey, question, v, answers) for v in question.variables if v.context == context}
        chosen = combinations(_items(question), 2) if pairs is None else pairs
        found += [_paired(survey, survey.design, question, analysis, sides[a], sides[b]) for a, b in chosen]
    return _together(found)


def paired_contexts(
    survey: Survey, question: Question, first: str, second: str, analysis: str, answers: tuple[str, ...] = ()
) -> Compared:
    """Compare each item of a grid between two contexts, as private and professional use, among the same respondents.

    For each item the difference of its shares with a test, as in `paired_items`; where there are answers also whether
    all of them are distributed alike (Stuart–Maxwell, or the design-based F) and, as a diagnostic, whether as many
    moved one way as the other (Bowker).
    """
    if survey.design is None:
        return Compared()
    if survey.refusal_within(question):
        return _refused(survey, question, analysis, "paired")
    found, variables = [], {(v.item, v.context): v for v in question.variables}
    for item in question.items:
        one, other = variables[item.code, first], variables[item.code, second]
        if _has_shares(question, answers):
            sides = (_side(survey, question, variable, answers) for variable in (one, other))
            found.append(_paired(survey, survey.design, question, analysis, *sides))
        if question.kind == "category":
            found.append(_distributions(survey, survey.design, question, analysis, one, other))
    return _together(found)


def items_differ(survey: Survey, question: Question, analysis: str) -> Compared:
    """Test whether the items of a question differ, and each pair of them as a post hoc, within each context.

    Ticked options and the top answers of nominal batteries by Cochran's Q with McNemar's test of each pair, ordered
    answers, ranks and numbers by Friedman's test with signed ranks of each pair; exclusive options are left out. The
    post hocs form a family of their own. Nothing for a question with fewer than two items, or nominal without top
    answers.
    """
    if survey.design is None or len(_items(question)) < 2 or not _has_scores(question):
        return Compared()
    if survey.refusal_within(question):
        return _refused(survey, question, analysis, "items")
    ordered, level = _answer(question) == "", survey.inference.confidence_level
    tests = []
    for context in _contexts(question):
        variables = [v for v in question.variables if v.item in _items(question) and v.context == context]
        values = [_scores(survey, question, variable) for variable in variables]
        test = ranks_of_items if ordered else several_proportions
        found = test(survey.design, np.column_stack(values), level)
        codes = tuple(v.item for v in variables)
        row = _test(survey, question, analysis, "items", found, context=context)
        tests.append(row | {"answer": _answer(question), "comparison": " / ".join(codes)})
        for (i, one), (j, other) in combinations(enumerate(codes), 2) if len(codes) > 2 else []:
            pair = (survey.design, values[i], values[j])
            found = paired_scores(*pair, "ordinal", level) if ordered else paired_proportions(*pair, level)
            row = _test(survey, question, analysis, "items", found, context=context, compared=(one, other))
            tests.append(_post_hoc(row) | _two_sided(_answer(question)) | {"item": one})
    return Compared(tests=tuple(tests))


def trend_tests(survey: Survey, question: Question, segment: Question, analysis: str) -> Compared:
    """Test each variable of a question for a trend over the levels of an ordered segment.

    Shares of ticks and of the top answers of nominal questions, scores of ordered answers, and numbers, by the score
    of the level. Nothing where the segment has no order, or a nominal question no top answers.
    """
    if survey.design is None or segment.level == "nominal" or not _has_scores(question):
        return Compared()
    if survey.refusal(question.name, segment.name):
        return _refused(survey, question, analysis, "trend", segment)
    levels, tests = scored(survey.responses, segment, segment.name), []
    for variable in survey.questionnaire.variables_beside(question, segment):
        values = _scores(survey, question, variable)
        found = trend(survey.design, values, levels, survey.inference.confidence_level)
        row = _test(survey, question, analysis, "trend", found, variable.item, variable.context, segment)
        tests.append(row | _two_sided(_answer(question)))
    return Compared(tests=tuple(tests))


def claim_tests(survey: Survey, question: Question, analysis: str) -> Compared:
    """Test whether the mean of a number is what it is claimed to be; nothing for a question without a claim."""
    if survey.design is None or question.claim is None:
        return Compared()
    (variable,), claimed = question.variables, question.claim.value
    level = survey.inference.confidence_level
    found = claimed_mean(survey.design, _scores(survey, question, variable), claimed, level)
    row = _test(survey, question, analysis, "claim", found, compared=(f"{claimed:g}", question.claim.source))
    row["test_id"] = row_id(survey.wave, analysis, question.name, "claim")
    return Compared(tests=(row | {"null_value": claimed, "alternative": "two-sided"},))


def segment_tests(survey: Survey, question: Question, segment: Question, analysis: str) -> Iterable[Row]:
    """Test whether the answers to a question differ between the levels of a segment, as their level demands.

    Nominal answers by χ² (`association_tests`), options of a tick-all set each by χ² after one test of them all
    (`tick_all_tests`), ordered answers by ranks and numbers by means (`score_tests`). Nothing for texts, dates and
    ratios of totals.
    """
    if question.kind in ("category", "number") and question.level != "nominal":
        return score_tests(survey, question, segment, analysis).tests
    each = list(association_tests(survey, question, segment, analysis))
    if len(each) < 2:
        return each
    return [*tick_all_tests(survey, question, segment, analysis).tests, *each]


def score_tests(survey: Survey, question: Question, segment: Question, analysis: str) -> Compared:
    """Test whether the scores of each variable of a question differ between the levels of a segment.

    Ordered answers by ranks, answers on an interval scale and numbers by means; with more than two levels each pair
    as a post hoc, in a family of its own. Nothing for ticks and nominal answers: `association_tests` is for them.
    """
    ratio = question.derivation is not None and question.derivation.method == "ratio"
    if survey.design is None or question.kind not in ("category", "number") or question.level == "nominal" or ratio:
        return Compared()
    if survey.refusal(question.name, segment.name):
        return _refused(survey, question, analysis, "scores", segment)
    groups, level = _levels(survey, segment), survey.inference.confidence_level
    tests = []
    for variable in survey.questionnaire.variables_beside(question, segment):
        place = (variable.item, variable.context, segment)
        values = _scores(survey, question, variable)
        found = compare_groups(survey.design, values, groups, question.level, level=level)
        tests.append(_test(survey, question, analysis, "scores", found, *place))
        pairs = compare_pairs(survey.design, values, groups, question.level, level=level)
        for pair in pairs if len(pairs) > 1 else []:
            codes = tuple(segment.answers[i].code for i in (pair.first, pair.second))
            row = _post_hoc(_test(survey, question, analysis, "scores", pair.result, *place, codes))
            tests.append(row | _two_sided())
    return Compared(tests=tuple(tests))


def tick_all_tests(survey: Survey, question: Question, segment: Question, analysis: str) -> Compared:
    """Test whether any option of a tick-all set is ticked more at some levels of a segment: one test of all options.

    Corrected for the dependence of the options (Bilder & Loughin), within each context of a grid. Nothing for
    questions that are not ticked.
    """
    if survey.design is None or question.kind != "tick":
        return Compared()
    if survey.refusal_within(question) or survey.refusal(question.name, segment.name):
        return _refused(survey, question, analysis, "options", segment)
    tests = []
    for context in _contexts(question):
        beside = survey.questionnaire.variables_beside(question, segment)
        ticks = [_side(survey, question, v).values for v in beside if v.context == context]
        groups, level = _levels(survey, segment), survey.inference.confidence_level
        found = tick_all_by_groups(survey.design, np.column_stack(ticks), groups, level)
        tests.append(_test(survey, question, analysis, "options", found, context=context, segment=segment))
    return Compared(tests=tuple(tests))


def contexts_differ(survey: Survey, question: Question, analysis: str) -> Compared:
    """Test whether the contexts of a grid of ticks differ in their pattern over its items: one test of all mentions.

    Nothing for other questions, or with fewer than three contexts or items; exclusive items are left out.
    """
    if survey.design is None or not question.is_cross_table:
        return Compared()
    if survey.refusal_within(question):
        return _refused(survey, question, analysis, "contexts")
    found = rows_differ(survey.design, ticks_of_grid(survey, question), survey.inference.confidence_level)
    codes = tuple(context.code for context in question.contexts)
    return Compared(tests=(_test(survey, question, analysis, "contexts", found) | {"comparison": " / ".join(codes)},))


def ticks_of_grid(survey: Survey, question: Question) -> np.ndarray:
    """Return who ticked what of a grid: (n, contexts, items) 1 or 0, NaN outside the base; exclusive items left out."""
    found = {(v.context, v.item): v for v in question.usable}
    cells = [_side(survey, question, found[c, i]).values for c in _contexts(question) for i in _items(question)]
    return np.column_stack(cells).reshape(-1, len(_contexts(question)), len(_items(question)))


# ---- two variables


def group_differences(survey: Survey, question: Question, segment: Question, analysis: str) -> Compared:
    """Estimate how the shares of two groups differ, those of a yes/no segment: yes minus no, in `level` and `level2`.

    Shares are of ticks, or of the question's top answers. The interval is Student's, from the design's covariance of
    both shares; whether they differ is tested by `segment_tests`. Nothing for other segments and questions.
    """
    if survey.design is None or not _has_shares(question, ()) or [a.code for a in segment.answers] != ["yes", "no"]:
        return Compared()
    if survey.refusal(question.name, segment.name):
        return Compared()
    design, place = survey.design, (question, segment, _levels(survey, segment), analysis)
    beside = survey.questionnaire.variables_beside(question, segment)
    return Compared(tuple(_group_difference(survey, design, variable, *place) for variable in beside))


def _group_difference(
    survey: Survey,
    design: SampleDesign,
    variable: Variable,
    question: Question,
    segment: Question,
    levels: np.ndarray,
    analysis: str,
) -> Row:
    side, level = _side(survey, question, variable), survey.inference.confidence_level
    base = ~np.isnan(side.values)
    groups = np.column_stack([base & (levels == place) for place in (0, 1)])
    row: Row = {
        "estimate_id": row_id(
            *(survey.wave, analysis, question.name, variable.item, variable.context, side.answer, "difference"),
            *(question.base, f"{segment.name}=yes", "minus", "no"),
        ),
        "wave": survey.wave,
        "analysis": analysis,
        "question": question.name,
        "item": variable.item,
        "answer": side.answer,
        "context": variable.context,
        "segment": segment.name,
        "level": "yes",
        "segment2": segment.name,
        "level2": "no",
        "base": question.base,
        "statistic": "difference",
        "scale": "probability",
        "conf_level": level,
        "ci_method": "student" if survey.is_probability else "student, model-based",
        "design": survey.design_label,
        "origin": survey.origin,
    }
    n = groups.sum(axis=0)
    row |= {"n": int(n.sum()), "status": "ok" if n.min() >= SMALL_BASE else "small_base"}
    if n.min() == 0:
        return row | {"status": "not_estimable", "note": "nobody is in the base"}
    found = means(design, side.values, groups)
    estimate = float(found.estimate[0] - found.estimate[1])
    error = float(np.sqrt(max(found.covariance[0, 0] + found.covariance[1, 1] - 2 * found.covariance[0, 1], 0.0)))
    if error == 0:
        return row | {"estimate": estimate, "note": f"no interval: {ALIKE}"}
    low, high = student(estimate, error, found.df, level)
    return row | {
        "estimate": estimate,
        "std_error": error,
        "ci_low": max(float(low), -1.0),
        "ci_high": min(float(high), 1.0),
        "df": float(found.df),
        "n_weighted": float(found.n_weighted.sum()),
    }


def _paired(
    survey: Survey, design: SampleDesign, question: Question, analysis: str, one: _Side, other: _Side
) -> Compared:
    """Return the difference of two shares and its test."""
    found = paired_proportions(design, one.values, other.values, survey.inference.confidence_level)
    compared = _codes(one.variable, other.variable)
    row = _test(survey, question, analysis, "paired", found, one.variable.item, one.variable.context, None, compared)
    return Compared((_difference(survey, design, question, analysis, one, other),), (row | _two_sided(one.answer),))


def _difference(
    survey: Survey, design: SampleDesign, question: Question, analysis: str, one: _Side, other: _Side
) -> Row:
    first, second, level = one.variable, other.variable, survey.inference.confidence_level
    method = "newcombe" if design.is_simple else "student"
    row: Row = {
        "estimate_id": row_id(
            *(survey.wave, analysis, question.name, first.item, first.context, one.answer, "difference", question.base),
            *("minus", second.item, second.context, other.answer),
        ),
        "wave": survey.wave,
        "analysis": analysis,
        "question": question.name,
        "item": first.item,
        "answer": one.answer,
        "context": first.context,
        "base": question.base,
        "statistic": "difference",
        "scale": "probability",
        "conf_level": level,
        "ci_method": method if survey.is_probability else f"{method}, model-based",
        "item2": second.item,
        "answer2": other.answer,
        "context2": second.context,
        "design": survey.design_label,
        "origin": survey.origin,
    }
    difference = one.values - other.values
    base = ~np.isnan(difference)
    n = int(base.sum())
    row |= {"n": n, "status": "ok" if n >= SMALL_BASE else "small_base"}
    if n == 0:
        return row | {"status": "not_estimable", "note": "nobody is in the base"}
    found, effect = means(design, difference, base), proportion_difference(design, one.values, other.values, level)
    return row | {
        "estimate": effect.estimate,
        "std_error": float(found.std_error[0]),
        "ci_low": effect.low,
        "ci_high": effect.high,
        "df": float(found.df) if method == "student" else None,
        "deff": float(found.deff[0]),
        "n_weighted": float(found.n_weighted[0]),
        "n_effective": float(found.n_effective[0]),
        "note": f"no interval: {ALIKE}" if effect.low is None else "",
    }


def _distributions(
    survey: Survey, design: SampleDesign, question: Question, analysis: str, one: Variable, other: Variable
) -> Compared:
    """Return the test of all answers of two variables for equal margins, and as a diagnostic for symmetry."""
    valid = [survey.base(question, v, question.base) & survey.responses.is_valid(v.name) for v in (one, other)]
    first, second = (
        np.where(base, survey.responses.values[v.name].cat.codes.to_numpy(dtype=int), -1)
        for v, base in zip((one, other), valid, strict=True)
    )
    k, level = len(question.answers), survey.inference.confidence_level
    place = (one.item, one.context, None, _codes(one, other))
    margins = paired_categories(design, first, second, k, level)
    symmetry = bowker(square_table(SampleDesign.simple(design.n), first, second, k), level)
    symmetry = symmetry.because(margins.reason).noting("" if design.is_simple else UNWEIGHTED)
    diagnostic = _test(survey, question, analysis, "symmetry", symmetry, *place)
    diagnostic |= {"role": "diagnostic", "family": "diagnostic", "adjustment": "none"}
    return Compared(tests=(_test(survey, question, analysis, "margins", margins, *place), diagnostic))


def _codes(one: Variable, other: Variable) -> tuple[str, str]:
    """Return what tells two variables apart: their items, or else their contexts."""
    return (one.item, other.item) if one.item != other.item else (one.context, other.context)


# ---- values


def _side(survey: Survey, question: Question, variable: Variable, answers: tuple[str, ...] = ()) -> _Side:
    """Return who ticked the variable, or gave one of the answers (the top ones if none are named)."""
    codes = ("1",) if question.kind == "tick" else answers or question.top
    given = survey.responses.has(variable.name, codes)
    values = np.where(survey.base(question, variable, question.base), given.astype(float), np.nan)
    return _Side(variable, "ticked" if question.kind == "tick" else "+".join(codes), values)


def _scores(survey: Survey, question: Question, variable: Variable) -> np.ndarray:
    """Return (n,) ticks, top answers of a nominal question, scores as answered, or numbers; NaN outside the base."""
    if question.kind == "tick" or (question.kind == "category" and question.level == "nominal"):
        return _side(survey, question, variable).values
    base = survey.base(question, variable, question.base) & survey.responses.is_valid(variable.name)
    if question.kind == "number":
        values = survey.responses.values[variable.name].to_numpy(dtype=float, na_value=np.nan)
    else:
        values = scored(survey.responses, question, variable.name, turned=False)
    return np.where(base, values, np.nan)


def _has_shares(question: Question, answers: tuple[str, ...]) -> bool:
    return question.kind == "tick" or (question.kind == "category" and bool(question.top or answers))


def _has_scores(question: Question) -> bool:
    return question.kind != "category" or question.level != "nominal" or bool(question.top)


def _answer(question: Question) -> str:
    """Return the answer that `_scores` takes the share of; empty for scores and numbers."""
    if question.kind == "tick":
        return "ticked"
    return "+".join(question.top) if question.kind == "category" and question.level == "nominal" else ""


def _levels(survey: Survey, segment: Question) -> np.ndarray:
    levels: np.ndarray = survey.responses.values[segment.name].cat.codes.to_numpy(dtype=int)
    return levels


def _items(question: Question) -> list[str]:
    return [item.code for item in question.items if not item.exclusive]


def _contexts(question: Question) -> list[str]:
    return [context.code for context in question.contexts] or [""]


# ---- rows


def _test(
    survey: Survey,
    question: Question,
    analysis: str,
    kind: str,
    found: SignificanceTest | None,
    item: str = "",
    context: str = "",
    segment: Question | None = None,
    compared: tuple[str, ...] = (),
) -> Row:
    """Return a row of the Tests table; `compared` are the codes compared, by default the levels of the segment."""
    name, levels = (segment.name, tuple(a.code for a in segment.answers)) if segment else ("", ())
    row: Row = {
        "test_id": row_id(survey.wave, analysis, question.name, item, context, name, kind, *compared),
        "wave": survey.wave,
        "analysis": analysis,
        "family": family_of(survey.inference, question.name, name),
        "role": "test",
        "question": question.name,
        "item": item,
        "context": context,
        "segment": name,
        "comparison": " / ".join(compared or levels),
        "adjustment": survey.inference.adjustment,
        "design": survey.design_label,
    }
    return row | (result_row(found, "difference") if found else {"status": "not_estimable"})


def _two_sided(answer: str = "") -> Row:
    """Return what a test of a difference or a slope has beyond other tests."""
    return {"answer": answer, "null_value": 0.0, "alternative": "two-sided"}


def _post_hoc(row: Row) -> Row:
    """Return the row as a post hoc, adjusted with its like and not with the test that it follows."""
    return row | {"role": "posthoc", "family": f"{row['family']}: pairs"}


def _refused(survey: Survey, question: Question, analysis: str, kind: str, segment: Question | None = None) -> Compared:
    """Return the row that says why a joint distribution may not be used."""
    why = survey.refusal(question.name, segment.name) if segment else ""
    row = _test(survey, question, analysis, kind, None, segment=segment)
    return Compared(tests=(row | {"note": why or survey.refusal_within(question)},))


def _together(parts: Iterable[Compared]) -> Compared:
    parts = list(parts)
    return Compared(tuple(r for part in parts for r in part.estimates), tuple(r for p in parts for r in p.tests))
