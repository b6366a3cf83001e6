"""Rows on means that were claimed elsewhere: the test of the mean of a number against its claim."""

from collections.abc import Iterator, Sequence

from b2bsurvey.analyses.ratio_rows import numbers_given
from b2bsurvey.association import family_of, result_row
from b2bsurvey.design import Survey
from b2bsurvey.estimates import Row
from b2bsurvey.questionnaire import Question
from b2bsurvey.statistics.one_sample import mean_against
from b2bsurvey.tables import row_id

CLAIM = "claim"  # what the mean is compared with, in the column `comparison`


def claim_tests(survey: Survey, questions: Sequence[Question], analysis: str) -> Iterator[Row]:
    """Yield the test of the mean of each question against its claim, which is the row's null value."""
    for question in questions:
        if survey.design is None or question.claim is None:
            continue
        numbers, level = numbers_given(survey, question), survey.inference.confidence_level
        found = mean_against(survey.design, numbers, question.claim.value, level)
        yield {
            "test_id": row_id(survey.wave, analysis, question.name, CLAIM),
            "wave": survey.wave,
            "analysis": analysis,
            "family": family_of(survey.inference, question.name),
            "role": "test",
            "question": question.name,
            "comparison": CLAIM,
            "null_value": question.claim.value,
            "adjustment": survey.inference.adjustment,
            "design": survey.design_label,
            **result_row(found, "two-sided"),
        }
