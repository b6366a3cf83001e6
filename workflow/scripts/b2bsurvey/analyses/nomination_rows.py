"""Rows on nominations: who is named how often, and how concentrated the nominations are."""

from collections.abc import Iterator

import numpy as np

from b2bsurvey.analyses.linearised_row import linearised_row
from b2bsurvey.design import Survey
from b2bsurvey.estimates import Row
from b2bsurvey.questionnaire import Question
from b2bsurvey.statistics.concentration import nominations


def nomination_rows(survey: Survey, question: Question, analysis: str) -> Iterator[Row]:
    """Yield each item's share of all nominations, the largest, and their Herfindahl index.

    Nominations are the items ranked, up to as many as could be, or those ticked; nothing for other questions.
    """
    named = _named(survey, question)
    if named is None or survey.design is None:
        return
    refusal = survey.refusal_within(question)
    if refusal:
        row = linearised_row(survey, question, analysis, "herfindahl", (np.nan, np.nan, 0), "index")
        yield row | {"note": refusal}
        return
    variables = question.usable
    domain = np.logical_or.reduce([survey.base(question, v, question.base) for v in variables])
    found = nominations(survey.design, named, domain)
    note = f"{found.count.sum()} nominations of {found.n} respondents"
    for i, variable in enumerate(variables):
        share = (float(found.shares[i]), float(found.std_error[i]), found.n)
        row = linearised_row(
            survey, question, analysis, "nomination_share", share, "probability", method="logit", item=variable.item
        )
        yield row | {"count": int(found.count[i])}
    if not found.n:
        return
    first = int(np.argmax(found.shares))
    top = (float(found.shares[first]), float(found.std_error[first]), found.n)
    yield linearised_row(
        *(survey, question, analysis, "top_share", top, "probability"),
        method="logit",
        answer=variables[first].item,
        note=note,
    )
    whole = (found.herfindahl, found.herfindahl_error, found.n)
    least = 1 / len(variables)
    yield linearised_row(survey, question, analysis, "herfindahl", whole, "index", (least, 1.0), note=note)


def _named(survey: Survey, question: Question) -> np.ndarray | None:
    """Return (n, k) bool: who named which item; None for a question without nominations.

    Items that a respondent left unranked share one rank, that of their middle, which tells them from those ranked.
    """
    values = [
        survey.responses.values[v.name].to_numpy(dtype=float, na_value=np.nan)
        for v in question.usable
        if question.type in ("ranking", "tick_all")
    ]
    if len(values) < 2:
        return None
    given = np.column_stack(values)
    if question.type == "tick_all":
        return given == 1
    alone = (given[:, :, None] == given[:, None, :]).sum(axis=2) == 1
    return alone & (given <= (question.most or given.shape[1]))
