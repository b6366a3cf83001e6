"""From a grid of ticks to rows of the Estimates table: the correspondence analysis of its mentions."""

from collections.abc import Iterator

import numpy as np

from b2bsurvey.comparisons import ticks_of_grid
from b2bsurvey.design import Survey
from b2bsurvey.estimates import Row
from b2bsurvey.questionnaire import Question
from b2bsurvey.statistics.correspondence import correspondence
from b2bsurvey.statistics.tick_all import mentions
from b2bsurvey.tables import SMALL_BASE, row_id

DIMENSIONS = 2


def correspondence_rows(survey: Survey, question: Question, analysis: str) -> Iterator[Row]:
    """Yield what a grid of ticks with at least three contexts and items looks like in two dimensions.

    `inertia` in all (`term` empty) and of each dimension (`term`), its share of all as `inertia_share`, and the
    principal `coordinate` of each context (in `context`) and item (in `item`). All describe the weighted mentions and
    have no interval; `count` are mentions, `n` respondents with any. Nothing for other questions.
    """
    if survey.design is None or not question.is_cross_table:
        return
    refusal = survey.refusal_within(question)
    if refusal:
        yield _row(survey, question, analysis, "inertia", "index") | {"status": "not_estimable", "note": refusal}
        return
    ticks = ticks_of_grid(survey, question)
    found, counted = correspondence(mentions(survey.design, ticks)), np.nan_to_num(ticks)
    n = int(counted.any(axis=(1, 2)).sum())
    known = {"n": n, "status": "ok" if n >= SMALL_BASE else "small_base", "note": found.note}
    if not found.inertias.size:
        known["status"] = "not_estimable"
        yield _row(survey, question, analysis, "inertia", "index") | known
        return
    whole = known | {"estimate": found.total, "count": int(counted.sum())}
    yield _row(survey, question, analysis, "inertia", "index") | whole
    sides = (
        ("context", [c.code for c in question.contexts], found.rows, counted.sum(axis=(0, 2))),
        ("item", [i.code for i in question.items if not i.exclusive], found.columns, counted.sum(axis=(0, 1))),
    )
    for k in range(min(DIMENSIONS, found.inertias.size)):
        term = str(k + 1)
        for statistic, scale, values in (
            ("inertia", "index", found.inertias),
            ("inertia_share", "probability", found.shares),
        ):
            yield _row(survey, question, analysis, statistic, scale, term) | known | {"estimate": float(values[k])}
        for kind, codes, coordinates, made in sides:
            for code, place, count in zip(codes, coordinates[:, k], made, strict=True):
                row = _row(survey, question, analysis, "coordinate", "index", term, **{kind: code})
                row |= known | {"count": int(count)}
                if np.isnan(place):
                    yield row | {"status": "not_estimable", "note": "not estimable: nobody ticked it"}
                else:
                    yield row | {"estimate": float(place)}


def _row(
    survey: Survey,
    question: Question,
    analysis: str,
    statistic: str,
    scale: str,
    term: str = "",
    item: str = "",
    context: str = "",
) -> Row:
    place = ("item", item) if item else (context,)  # an item and a context may have the same code
    return {
        "estimate_id": row_id(survey.wave, analysis, question.name, statistic, *place, term),
        "wave": survey.wave,
        "analysis": analysis,
        "question": question.name,
        "item": item,
        "context": context,
        "base": question.base,
        "statistic": statistic,
        "scale": scale,
        "term": term,
        "design": survey.design_label,
        "origin": survey.origin,
    }
