"""How a number is distributed: the share of respondents up to each value, and how unequally uses are spread."""

from collections.abc import Iterator

import numpy as np

from b2bsurvey.co_use import uses
from b2bsurvey.design import Survey
from b2bsurvey.estimates import Quantity, Row, estimated
from b2bsurvey.questionnaire import BASES, Question
from b2bsurvey.statistics.concentration import concentration
from b2bsurvey.statistics.intervals import student
from b2bsurvey.tables import SMALL_BASE, row_id

MOST_STEPS = 60  # values at which a distribution is given


def cumulative(survey: Survey, question: Question, analysis: str) -> list[Row]:
    """Return the share (0–1) of respondents up to each value of a question for one number, `answer` the value.

    Of more than 60 different values those that part the respondents evenly, and both ends. Nothing for other
    questions, ratios, and where nobody gave a number.
    """
    ratio = question.derivation is not None and question.derivation.method == "ratio"
    if question.kind != "number" or question.items or ratio or not len(survey.responses):
        return []
    (variable,) = question.variables
    base = "valid" if question.base in BASES else question.base
    domain = survey.base(question, variable, base) & survey.responses.is_valid(variable.name)
    values = survey.responses.values[variable.name].to_numpy(dtype=float)
    steps = _steps(values[domain])
    quantities = [
        Quantity(question, variable, "proportion", base, (values <= step).astype(float), domain) for step in steps
    ]
    return [
        row
        | {
            "estimate_id": row_id(survey.wave, analysis, question.name, "cumulative", f"{step:.17g}"),
            "statistic": "cumulative",
            "answer": f"{step:.17g}",
            "unit": question.unit.get("en", ""),
        }
        for row, step in zip(estimated(survey, quantities, analysis), steps, strict=True)
    ]


def _steps(values: np.ndarray) -> np.ndarray:
    different = np.unique(values)
    if different.size <= MOST_STEPS:
        return different
    return np.unique(np.quantile(values, np.linspace(0, 1, MOST_STEPS), method="inverted_cdf"))


def concentration_of_use(survey: Survey, question: Question, analysis: str) -> Iterator[Row]:
    """Yield how uses of a question's items are spread over respondents, in the last context of a grid.

    The Gini coefficient, the share of all uses that the tenth with the most have, and
    for each number of items (`answer`) the share of respondents and of all uses up to it. Nothing for a question
    without such items.
    """
    if survey.design is None or not question.tells_use:
        return
    refusal = survey.refusal_within(question)
    if refusal:
        yield _row(survey, question, analysis, "gini", "") | {"status": "not_estimable", "note": refusal}
        return
    design, level = survey.design, survey.inference.confidence_level
    variables = [v for v in question.usable if v.context == question.last_context]
    domain = np.logical_and.reduce(
        [survey.base(question, v, question.base) & survey.responses.is_valid(v.name) for v in variables]
    )
    found = concentration(design, np.sum([uses(survey, question, v) for v in variables], axis=0), domain)
    shared: Row = {"n": found.n, "n_weighted": float(design.weights @ domain)}
    if not np.isfinite(found.gini):
        why = "the total to divide by is 0" if found.n else "nobody is in the base"
        yield _row(survey, question, analysis, "gini", "") | shared | {"status": "not_estimable", "note": why}
        return
    shared |= {"status": "ok" if found.n >= SMALL_BASE else "small_base"}
    for statistic, answer, scale, estimate, error in (
        ("gini", "", "index", found.gini, found.gini_error),
        ("top_share", f"{found.top_units:g}", "probability", found.top, found.top_error),
    ):
        row = _row(survey, question, analysis, statistic, answer) | shared
        row |= {"scale": scale, "estimate": estimate}
        if np.isfinite(error):
            low, high = student(estimate, error, design.df, level)
            row |= {"std_error": error, "ci_low": max(float(low), 0.0), "ci_high": min(float(high), 1.0)}
            row |= {"conf_level": level, "df": float(design.df)}
            row |= {"ci_method": "student" if survey.is_probability else "student, model-based"}
        yield row
    for value, units, total in zip(found.values, found.units, found.total, strict=True):
        for statistic, estimate in (("portfolio_up_to", units), ("lorenz", total)):
            row = _row(survey, question, analysis, statistic, f"{value:g}") | shared
            yield row | {"scale": "probability", "estimate": float(estimate)}


def _row(survey: Survey, question: Question, analysis: str, statistic: str, answer: str) -> Row:
    context = question.last_context
    return {
        "estimate_id": row_id(survey.wave, analysis, question.name, context, statistic, answer),
        "wave": survey.wave,
        "analysis": analysis,
        "question": question.name,
        "answer": answer,
        "context": context,
        "base": question.base,
        "statistic": statistic,
        "design": survey.design_label,
        "origin": survey.origin,
    }
