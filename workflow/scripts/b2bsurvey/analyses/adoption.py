"""How far firms have come: stages of adoption, by segment and along ordered ones."""

from b2bsurvey.analyses import describe
from b2bsurvey.comparisons import trend_tests
from b2bsurvey.design import Survey
from b2bsurvey.questionnaire import ANALYSES
from b2bsurvey.stratified import stratified_rows
from b2bsurvey.tables import Tables


def analyse(survey: Survey) -> Tables:
    """Return the stages of adoption, overall, by segment and by two at once, and their trend over ordered segments."""
    questionnaire = survey.questionnaire
    questions = questionnaire.with_role(*ANALYSES["adoption"])
    tests = [
        test
        for question in questions
        for segment in questionnaire.segments_of(question)
        for test in trend_tests(survey, question, segment, "adoption").tests
    ]
    adopters = questionnaire.with_role("adopter")
    strata = [row for question in adopters for row in stratified_rows(survey, question, "adoption")]
    return describe(survey, questions, "adoption", strata, tests)
