"""Rows of the analysis `sample`: how carefully respondents answered, and what they left out. Unweighted."""

from collections.abc import Iterator

import numpy as np

from b2bsurvey.analyses.whole_sample import count_row, sample_row, share_row
from b2bsurvey.design import Survey
from b2bsurvey.estimates import Row
from b2bsurvey.quality import CUTS, Battery, answer_places, batteries_of, indices
from b2bsurvey.statistics.missingness import little_mcar, missing_patterns
from b2bsurvey.tables import row_id

MOST_FREQUENT = 5
UNWEIGHTED = "no weighted form: computed unweighted"


def careless_rows(survey: Survey) -> Iterator[Row]:
    """Yield the median of each index of careless responding, and the share of respondents beyond its cut."""
    if survey.origin == "rebuilt" or not len(survey.responses):
        return
    found = indices(survey.responses, survey.questionnaire, np.ones(len(survey.responses), bool))
    beyond = found["beyond"].map(lambda names: names.split("; "))
    for index in CUTS:
        known = found[index].notna()
        n = int(known.sum())
        if n:
            count = int(beyond[known].map(lambda names, index=index: index in names).sum())
            median = sample_row(survey, "quality", item=index, answer="median", statistic="median", base="all")
            yield median | {"scale": "index", "estimate": float(found.loc[known, index].median()), "n": n}
            yield share_row(survey, "quality", count, n, "all", item=index, answer="beyond", note=UNWEIGHTED)


def missing_rows(survey: Survey) -> Iterator[Row]:
    """Yield the share of missing answers of each variable, of those asked, and the patterns of each battery."""
    responses = survey.responses
    for question in survey.questionnaire.questions.values():
        if question.derivation is None:
            for variable in question.variables:
                asked = responses.is_asked(variable.name)
                missing = asked & ~responses.is_valid(variable.name)
                counts = int(missing.sum()), int(asked.sum())
                yield share_row(
                    survey, "missing", *counts, "asked", item=variable.name, note=UNWEIGHTED * bool(asked.any())
                )
    for battery in _joint_batteries(survey):
        yield from _patterns(survey, battery)


def _joint_batteries(survey: Survey) -> Iterator[Battery]:
    for battery in batteries_of(survey.questionnaire):
        if len(battery.variables) > 1 and not survey.refusal_within(battery.question):
            yield battery


def _asked(survey: Survey, battery: Battery) -> np.ndarray:
    """Return (asked, items) the scores of those who were asked a battery, NaN where missing."""
    asked = np.logical_or.reduce([survey.responses.is_asked(name) for name in battery.variables])
    return answer_places(survey.responses, battery)[asked]


def _patterns(survey: Survey, battery: Battery) -> Iterator[Row]:
    """Yield how many patterns there are, and the most frequent ones by the items missing."""
    answers = _asked(survey, battery)
    if not len(answers):
        return
    patterns, counts = missing_patterns(np.isnan(answers))
    where = {"item": battery.question.name, "context": battery.context}
    yield count_row(survey, "missing_patterns", len(patterns), len(answers), "asked", answer="patterns", **where)
    items = [v.item for v in battery.question.variables if v.context == battery.context]
    for pattern, count in list(zip(patterns, counts, strict=True))[:MOST_FREQUENT]:
        lacking = "+".join(item for item, missing in zip(items, pattern, strict=True) if missing)
        yield count_row(survey, "missing_patterns", int(count), len(answers), "asked", term=lacking or "none", **where)


def mcar_tests(survey: Survey) -> Iterator[Row]:
    """Yield Little's test of each battery: are its answers missing completely at random?"""
    if not len(survey.responses):
        return
    for battery in batteries_of(survey.questionnaire):
        question = battery.question
        row: Row = {
            "test_id": row_id(survey.wave, "sample", "mcar", question.name, battery.context),
            "wave": survey.wave,
            "analysis": "sample",
            "family": "diagnostic",
            "role": "diagnostic",
            "question": question.name,
            "context": battery.context,
            "test": "little_mcar",
            "method_reason": UNWEIGHTED,
            "adjustment": "none",
            "design": survey.design_label,
        }
        refusal = survey.refusal_within(question)
        if refusal:
            yield row | {"status": "not_estimable", "note": refusal}
            continue
        found = little_mcar(_asked(survey, battery))
        row |= {"n": found.n, "note": found.note, "status": "not_estimable"}
        if np.isfinite(found.p_value):
            row |= {"statistic": found.statistic, "df1": float(found.df), "p_value": found.p_value, "status": "ok"}
        yield row
