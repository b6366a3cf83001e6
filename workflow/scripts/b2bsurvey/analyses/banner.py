"""Banners: which columns of a cross table (levels of segments, items used) differ in which shares.

The shares by segment stand in the tables of the other analyses, as do the pairs of means after a test of scores; here
are the shares of columns that overlap, and the test of each pair of columns that a letter stands for.
"""

from collections.abc import Iterator

import numpy as np

from b2bsurvey.association import adjusted, family_of, result_row
from b2bsurvey.co_use import uses
from b2bsurvey.design import Survey
from b2bsurvey.estimates import Quantity, Row, estimated
from b2bsurvey.questionnaire import Question, Variable
from b2bsurvey.statistics.column_shares import column_pairs
from b2bsurvey.tables import Tables, estimates_table, row_id, tests_table

ANALYSIS = "banner"


def analyse(survey: Survey) -> Tables:
    """Return the shares in columns that overlap, and the tests of all pairs of columns, adjusted.

    The pairs of a question × segment are one family, whatever their rows; a configured family has its pairs in one.
    """
    questionnaire = survey.questionnaire
    estimates: list[Row] = []
    tests: list[Row] = []
    for name in questionnaire.described:
        question = questionnaire.questions[name].as_asked
        if survey.design is None or (question.derivation and survey.refusal_within(question)):
            continue
        for segment in questionnaire.segments_of(question):
            if not survey.refusal(question.name, segment.name):
                tests += _pairs(survey, question, segment, _levels(survey, segment))
        for used in questionnaire.overlapping:
            apart = not questionnaire.sources(used.name) & questionnaire.sources(question.name)
            if apart and not survey.refusal(question.name, used.name):
                columns = _users(survey, used)
                estimates += _shares(survey, question, used, columns)
                tests += _pairs(survey, question, used, columns)
    return Tables(estimates_table(estimates), adjusted(tests_table(tests)))


def _levels(survey: Survey, segment: Question) -> dict[str, np.ndarray]:
    """Return who is at each level of a segment: (n,) bool by its code."""
    levels = survey.responses.values[segment.name].cat.codes.to_numpy()
    return {answer.code: levels == place for place, answer in enumerate(segment.answers)}


def _users(survey: Survey, question: Question) -> dict[str, np.ndarray]:
    """Return who uses each item of a question, in the last context of a grid: (n,) bool by its code."""
    variables = (v for v in question.usable if v.context == question.last_context)
    return {v.item: uses(survey, question, v) & survey.base(question, v, question.base) for v in variables}


def _given(survey: Survey, question: Question, variable: Variable) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Yield each answer that is compared, with (n,) who gave it and (n,) who is in the base."""
    base = survey.base(question, variable, question.base)
    for answer in question.compared_answers:
        if question.kind in ("date", "text"):
            yield answer, survey.responses.is_answered(variable.name), base
        else:
            codes = ("1",) if question.kind == "tick" else tuple(answer.split("+"))
            yield answer, survey.responses.has(variable.name, codes), base


def _shares(survey: Survey, question: Question, used: Question, columns: dict[str, np.ndarray]) -> list[Row]:
    quantities = [
        Quantity(question, variable, "proportion", question.base, given.astype(float), base & column, answer)
        for variable in question.variables
        for answer, given, base in _given(survey, question, variable)
        for column in columns.values()
    ]
    places = [code for _ in range(len(quantities) // max(len(columns), 1)) for code in columns]
    return [
        row | {"segment": used.name, "level": code, "estimate_id": f"{row['estimate_id']}/{used.name}={code}"}
        for row, code in zip(estimated(survey, quantities, ANALYSIS), places, strict=True)
    ]


def _pairs(survey: Survey, question: Question, segment: Question, columns: dict[str, np.ndarray]) -> Iterator[Row]:
    if survey.design is None:
        return
    codes, inference = list(columns), survey.inference
    beside = question.variables
    if segment.answers and not segment.items:
        beside = survey.questionnaire.variables_beside(question, segment)
    family = f"{family_of(inference, question.name, segment.name)}: columns"
    for variable in beside:
        for answer, given, base in _given(survey, question, variable):
            within = np.column_stack([column & base for column in columns.values()])
            for pair in column_pairs(survey.design, given, within, inference.confidence_level):
                compared = (codes[pair.first], codes[pair.second])
                place = (question.name, variable.item, variable.context, answer, segment.name)
                yield {
                    "test_id": row_id(survey.wave, ANALYSIS, *place, *compared),
                    "wave": survey.wave,
                    "analysis": ANALYSIS,
                    "family": family,
                    "role": "posthoc",
                    "question": question.name,
                    "item": variable.item,
                    "answer": answer,
                    "context": variable.context,
                    "segment": segment.name,
                    "comparison": " / ".join(compared),
                    "null_value": 0.0,
                    "adjustment": inference.adjustment,
                    "design": survey.design_label,
                    **result_row(pair.result, "two-sided"),
                }
