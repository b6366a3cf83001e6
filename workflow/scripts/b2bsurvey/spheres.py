"""Two spheres of the same items, as private and professional use: how far apart, and how both go together by item."""

from collections.abc import Iterator

import numpy as np

from b2bsurvey.co_use import answer_of_use, uses
from b2bsurvey.derived import scored
from b2bsurvey.design import Survey
from b2bsurvey.estimates import Quantity, Row, estimated
from b2bsurvey.questionnaire import BASES, Question, Variable
from b2bsurvey.responses import Mask
from b2bsurvey.statistics.correlation import correlation
from b2bsurvey.statistics.jaccard import jaccard_distance
from b2bsurvey.statistics.linearisation import SampleDesign, domain_df
from b2bsurvey.statistics.polychoric import design_polychoric
from b2bsurvey.statistics.quantiles import quantiles
from b2bsurvey.statistics.significance import SignificanceTest, joined
from b2bsurvey.tables import SMALL_BASE, row_id

OF_BOTH = "items answered in both contexts, of those who use at least one of them"
STATISTICS = ("separation", "separation_median", "separation_same", "separation_apart")


def pairs_of(question: Question) -> list[tuple[Variable, Variable]]:
    """Return the variables of each item in both contexts of a grid with two; exclusive items are left out."""
    first, second = (context.code for context in question.contexts)
    found = {(v.item, v.context): v for v in question.usable}
    return [(found[item, first], found[item, second]) for item in dict.fromkeys(v.item for v in question.usable)]


def used_in_both(survey: Survey, question: Question) -> tuple[np.ndarray, np.ndarray]:
    """Return who uses which items in the first and in the second context: each (n, items) 1 or 0, NaN where not known.

    An item is known where both contexts have a valid answer, within the question's base.
    """
    sides = []
    for variables in zip(*pairs_of(question), strict=True):
        known = np.column_stack([_known(survey, question, variable) for variable in variables])
        used = np.column_stack([uses(survey, question, variable) for variable in variables])
        sides.append(np.where(known, used, np.nan))
    first, second = sides
    both = np.isfinite(first) & np.isfinite(second)
    return np.where(both, first, np.nan), np.where(both, second, np.nan)


# ---- how far apart


def separation(survey: Survey, question: Question, analysis: str) -> list[Row]:
    """Return how far apart the items used in both contexts of a grid are: Jaccard distances 0–1 of respondents.

    Their mean and median, the shares of respondents with the same items in both and with none in common (0–1), overall
    and by segment; and the share up to each distance (`answer`). Nothing for other questions, or without use told.
    """
    if survey.design is None or len(question.contexts) != 2 or not question.tells_use:
        return []
    refusal = survey.refusal_within(question)
    if refusal:
        row = _row(survey, question, analysis, "separation")
        return [row | {"scale": "index", "status": "not_estimable", "note": refusal}]
    distance = jaccard_distance(*(np.nan_to_num(side) == 1 for side in used_in_both(survey, question)))
    domain = np.isfinite(distance)
    rows = _of_group(survey, question, analysis, distance, domain)
    steps = np.unique(distance[domain])
    for step, row in zip(steps, _shares(survey, question, analysis, distance[:, None] <= steps, domain), strict=True):
        answer = f"{step:.17g}"
        rows.append(row | _row(survey, question, analysis, "separation_up_to", answer))
    for segment in survey.questionnaire.segments_of(question):
        why = survey.refusal(question.name, segment.name)
        if why:
            row = _row(survey, question, analysis, "separation", "", segment.name)
            rows.append(row | {"scale": "index", "status": "not_estimable", "note": why})
            continue
        levels = survey.responses.values[segment.name].cat.codes.to_numpy()
        for place, level in enumerate(segment.answers):
            group = (segment.name, level.code)
            rows += _of_group(survey, question, analysis, distance, domain & (levels == place), *group)
    return rows


def _of_group(
    survey: Survey,
    question: Question,
    analysis: str,
    distance: np.ndarray,
    domain: Mask,
    segment: str = "",
    level: str = "",
) -> list[Row]:
    """Return mean and median distance of a group, and its shares with the same items and with none in common."""
    design = survey.design
    if design is None:
        return []
    (average,) = estimated(survey, [_quantity(question, "mean", distance, domain)], analysis)
    shares = _shares(survey, question, analysis, np.column_stack([distance == 0, distance == 1]), domain)
    median = average | {"deff": None, "n_effective": None}
    median["ci_method"] = average["ci_method"].replace("student", "woodruff")
    if domain.any():
        df = design.df if question.base in BASES else domain_df(design, domain)
        found = quantiles(design, distance, 0.5, domain, survey.inference.confidence_level, df=df)
        numbers = (found.estimate, found.std_error, found.low, found.high)
        median |= dict(zip(("estimate", "std_error", "ci_low", "ci_high"), (float(x[0]) for x in numbers), strict=True))
        is_open = np.isnan(found.low[0]) or np.isnan(found.high[0])
        if is_open and not average.get("note"):
            median["note"] = "too few respondents to bound the interval on both sides"
    rows = [average | _bounded(average) | {"scale": "index"}, median | {"scale": "index"}, *shares]
    return [
        row
        | _row(survey, question, analysis, statistic, "", segment, level)
        | {"note": joined(OF_BOTH, row.get("note", ""))}
        for statistic, row in zip(STATISTICS, rows, strict=True)
    ]


def _bounded(row: Row) -> Row:
    """Return the bounds of a mean distance within 0 and 1."""
    if row.get("ci_low") is None:
        return {}
    return {"ci_low": max(row["ci_low"], 0.0), "ci_high": min(row["ci_high"], 1.0)}


def _shares(survey: Survey, question: Question, analysis: str, values: np.ndarray, domain: Mask) -> list[Row]:
    """Return a row for each column of `values` (n, k) bool: its share in the domain."""
    quantities = [_quantity(question, "proportion", column.astype(float), domain) for column in values.T]
    return estimated(survey, quantities, analysis)


def _quantity(question: Question, statistic: str, values: np.ndarray, domain: Mask) -> Quantity:
    return Quantity(question, question.variables[0], statistic, question.base, values, domain)


def _row(
    survey: Survey,
    question: Question,
    analysis: str,
    statistic: str,
    answer: str = "",
    segment: str = "",
    level: str = "",
) -> Row:
    """Return what tells a row about both contexts: `context` and `context2`, and no item."""
    first, second = (context.code for context in question.contexts)
    where = f"{segment}={level}" if segment else ""
    return {
        "estimate_id": row_id(survey.wave, analysis, question.name, first, second, statistic, answer, where),
        "wave": survey.wave,
        "analysis": analysis,
        "question": question.name,
        "item": "",
        "answer": answer,
        "context": first,
        "context2": second,
        "segment": segment,
        "level": level,
        "base": question.base,
        "statistic": statistic,
        "design": survey.design_label,
        "origin": survey.origin,
    }


# ---- item by item


def context_correlations(survey: Survey, question: Question, analysis: str) -> Iterator[Row]:
    """Yield how the answers in both contexts of a grid go together, item by item: correlations −1 to 1.

    Ordered answers by the polychoric correlation and Spearman's ρ of their scores; ticks, and the top answers of
    nominal questions, by the tetrachoric correlation. Nothing for other questions.
    """
    ordered = question.kind == "category" and question.level != "nominal"
    if survey.design is None or len(question.contexts) != 2 or not (ordered or question.tells_use):
        return
    refusal, level = survey.refusal_within(question), survey.inference.confidence_level
    if refusal:
        row = _row(survey, question, analysis, "polychoric" if ordered else "tetrachoric")
        yield row | {"scale": "correlation", "status": "not_estimable", "note": refusal}
        return
    k = len(question.answers) if ordered else 2
    for one, other in pairs_of(question):
        x, y = (_codes(survey, question, variable) for variable in (one, other))
        found = {"polychoric" if ordered else "tetrachoric": design_polychoric(survey.design, x, y, k, k, level)}
        if ordered:
            x, y = (_scores(survey, question, variable) for variable in (one, other))
            found["spearman"] = correlation(survey.design, x, y, "ordinal", level)
        for statistic, test in found.items():
            yield _correlation(survey, survey.design, question, analysis, statistic, one, other, test)


def _known(survey: Survey, question: Question, variable: Variable) -> Mask:
    known: Mask = survey.base(question, variable, question.base) & survey.responses.is_valid(variable.name)
    return known


def _codes(survey: Survey, question: Question, variable: Variable) -> np.ndarray:
    """Return (n,) answers in order, or 1 and 0 of use; −1 outside the base."""
    if question.kind == "category" and question.level != "nominal":
        codes = survey.responses.values[variable.name].cat.codes.to_numpy(dtype=int)
    else:
        codes = uses(survey, question, variable).astype(int)
    return np.where(_known(survey, question, variable), codes, -1)


def _scores(survey: Survey, question: Question, variable: Variable) -> np.ndarray:
    scores = scored(survey.responses, question, variable.name, turned=False)
    return np.where(_known(survey, question, variable), scores, np.nan)


def _correlation(
    survey: Survey,
    design: SampleDesign,
    question: Question,
    analysis: str,
    statistic: str,
    one: Variable,
    other: Variable,
    found: SignificanceTest,
) -> Row:
    answer = answer_of_use(question) if statistic == "tetrachoric" else ""
    place = (question.name, one.item, one.context, other.context, answer, statistic, question.base)
    method = "fisher" if survey.is_probability else "fisher, model-based"
    row = _row(survey, question, analysis, statistic) | {
        "estimate_id": row_id(survey.wave, analysis, *place),
        "item": one.item,
        "item2": other.item,
        "answer": answer,
        "answer2": answer,
        "scale": "correlation",
        "n": found.n,
    }
    if found.effect is None:
        return row | {"status": "not_estimable", "note": found.note}
    both = _known(survey, question, one) & _known(survey, question, other)
    row |= {"estimate": found.effect.estimate, "n_weighted": float(design.weights @ both), "note": found.note}
    row |= {"status": "ok" if found.n >= SMALL_BASE else "small_base"}
    if found.effect.low is None:
        return row
    bounds = {"ci_low": found.effect.low, "ci_high": found.effect.high, "df": found.df1}
    return row | bounds | {"conf_level": survey.inference.confidence_level, "ci_method": method}
