"""The row of a number that was estimated with a linearised standard error, as analyses of several rooms give it."""

import math
from typing import Literal

import numpy as np

from b2bsurvey.design import Survey
from b2bsurvey.estimates import ONE_RESPONDENT, Row
from b2bsurvey.questionnaire import Question
from b2bsurvey.statistics.intervals import logit, student
from b2bsurvey.tables import SMALL_BASE, row_id


def linearised_row(
    survey: Survey,
    question: Question,
    analysis: str,
    statistic: str,
    found: tuple[float, float, int],
    scale: str,
    within: tuple[float, float] = (-math.inf, math.inf),
    method: Literal["student", "logit"] = "student",
    **place: str,
) -> Row:
    """Return the row of (estimate, standard error, n) with Student's interval, cut at what is possible (`within`).

    `logit` makes it of the log odds of a share; none at exactly 0 or 1.

    `place` holds further columns (item, answer, note …), which tell the row from others of the question.
    """
    estimate, error, n = found
    identity = (place.get("item", ""), place.get("answer", ""), place.get("reference", ""))
    row: Row = {
        "estimate_id": row_id(survey.wave, analysis, question.name, identity[0], statistic, *identity[1:]),
        "wave": survey.wave,
        "analysis": analysis,
        "question": question.name,
        "base": question.base,
        "statistic": statistic,
        "scale": scale,
        "n": n,
        "design": survey.design_label,
        "origin": survey.origin,
        "status": "ok" if n >= SMALL_BASE else "small_base",
    } | place
    if not math.isfinite(estimate):
        return row | {"status": "not_estimable", "note": "nobody is in the base"}
    row |= {"estimate": estimate}
    if survey.design is None or not math.isfinite(error) or n < 2:
        return row | {"note": place.get("note", "") or (ONE_RESPONDENT if n == 1 else "")}
    level, df = survey.inference.confidence_level, float(survey.design.df)
    low, high = (logit if method == "logit" else student)(estimate, error, df, level)
    if not np.isfinite([low, high]).all():
        return row
    row |= {"std_error": error, "ci_low": max(float(low), within[0]), "ci_high": min(float(high), within[1])}
    named = method if survey.is_probability else f"{method}, model-based"
    return row | {"conf_level": level, "ci_method": named, "df": df}
