"""Rows of the analysis `sample` that are about the sample as a whole; none of them is weighted."""

from typing import Any

from b2bsurvey.design import Survey
from b2bsurvey.estimates import Row
from b2bsurvey.tables import row_id


def sample_row(survey: Survey, topic: str, item: str = "", answer: str = "", **more: Any) -> Row:
    """Return the beginning of a row: `topic` stands in the column of the question, `more` fills other columns."""
    return {
        "estimate_id": row_id(
            survey.wave, "sample", topic, item, more.get("context", ""), answer, more.get("term", "")
        ),
        "wave": survey.wave,
        "analysis": "sample",
        "question": topic,
        "item": item,
        "answer": answer,
        "design": survey.design_label,
        "origin": survey.origin,
        "status": "ok",
    } | more


def count_row(survey: Survey, topic: str, count: int, n: int, base: str, **more: Any) -> Row:
    """Return a row that counts some of `n`."""
    row = sample_row(survey, topic, **{"statistic": "count"} | more)
    return row | {"scale": "count", "base": base, "estimate": float(count), "count": count, "n": n}


def share_row(survey: Survey, topic: str, count: int, n: int, base: str, **more: Any) -> Row:
    """Return a row that gives the share of `count` in `n`, not estimable of nobody."""
    row = sample_row(survey, topic, **{"statistic": "proportion"} | more)
    row |= {"scale": "probability", "base": base, "count": count, "n": n}
    return row | ({"estimate": count / n} if n else {"status": "not_estimable", "note": "nobody is in the base"})
