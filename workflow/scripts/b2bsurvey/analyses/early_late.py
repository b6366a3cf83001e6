"""Rows of the analysis `sample`: do those who answered late answer differently from those who answered early?

Late respondents resemble those who never answer (Armstrong & Overton 1977), so a difference warns of nonresponse
bias; no difference does not prove that there is none.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from b2bsurvey.association import categories, tested
from b2bsurvey.design import Survey
from b2bsurvey.estimates import Row, estimated, headline, within_refused
from b2bsurvey.questionnaire import HEADLINE_ROLES, Question, Variable
from b2bsurvey.tables import row_id

TOPIC = "early_late"
GROUPS = ("early", "late")


def early_and_late(survey: Survey) -> np.ndarray:
    """Return (n,) codes: 0 for the first third of the respondents by time of submission, 1 for the last, −1 between.

    Those who submitted at the same time are in the same group; −1 too where the time is not known.
    """
    times = survey.responses.respondents["submitted_at"]
    known = times.notna().to_numpy(dtype=bool)
    groups = np.full(len(times), -1)
    if known.any():
        moments = times[known].to_numpy(dtype="datetime64[ns]").astype(np.int64)
        first, last = np.quantile(moments, [1 / 3, 2 / 3], method="inverted_cdf")
        groups[known] = np.where(moments <= first, 0, np.where(moments > last, 1, -1))
    return groups


def _questions(survey: Survey) -> Iterator[Question]:
    for question in survey.questionnaire.with_role(*HEADLINE_ROLES):
        if question.kind in ("category", "tick") and not list(within_refused(survey, question, "sample")):
            yield question


def _compared(survey: Survey) -> np.ndarray | None:
    groups = early_and_late(survey)
    return groups if {0, 1} <= set(groups) else None


def early_late_rows(survey: Survey) -> Iterator[Row]:
    """Yield the headline shares of early and of late respondents; nothing where times are not known."""
    groups = _compared(survey)
    if groups is None:
        return
    quantities = [
        replace(quantity, segment=TOPIC, level=level, domain=quantity.domain & (groups == place))
        for question in _questions(survey)
        for quantity in headline(survey, question)
        for place, level in enumerate(GROUPS)
    ]
    for quantity, row in zip(quantities, estimated(survey, quantities, "sample"), strict=True):
        name = quantity.variable.name
        identity = row_id(survey.wave, "sample", TOPIC, name, row["answer"], row["level"])
        yield row | {"estimate_id": identity, "question": TOPIC, "item": name, "context": ""}


def early_late_tests(survey: Survey) -> Iterator[Row]:
    """Yield one test a variable of the headline questions, of what sums it up: diagnostics, so unadjusted."""
    groups = _compared(survey)
    if groups is None:
        return
    for question in _questions(survey):
        for variable in question.variables:
            row = {
                "test_id": row_id(survey.wave, "sample", TOPIC, variable.name),
                "wave": survey.wave,
                "analysis": "sample",
                "family": "diagnostic",
                "role": "diagnostic",
                "question": question.name,
                "item": variable.item,
                "context": variable.context,
                "segment": TOPIC,
                "comparison": " / ".join(GROUPS),
                "adjustment": "none",
                "design": survey.design_label,
            }
            yield tested(survey, *_summed_up(survey, question, variable), groups, len(GROUPS), row)


def _summed_up(survey: Survey, question: Question, variable: Variable) -> tuple[np.ndarray, int]:
    """Return (n,) codes, −1 outside the base, and how many: the one headline share or not, or else every answer."""
    shares = [q for q in headline(survey, question) if q.variable == variable]
    if len(shares) == 1:
        return np.where(shares[0].domain, shares[0].values, -1).astype(int), 2
    return categories(survey, question, variable)
