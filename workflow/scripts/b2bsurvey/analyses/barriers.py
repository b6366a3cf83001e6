"""What keeps respondents from adopting: batteries, tick-all sets and rankings of barriers."""

from b2bsurvey.analyses import describe
from b2bsurvey.comparisons import group_differences, items_differ
from b2bsurvey.design import Survey
from b2bsurvey.estimates import Row
from b2bsurvey.questionnaire import ANALYSES
from b2bsurvey.tables import Tables


def analyse(survey: Survey) -> Tables:
    """Return shares, means, top boxes and ranks of all barriers, and their association with segments.

    Also whether the barriers differ (Friedman with Kendall's W, Cochran's Q), and how adopters, who have met them,
    differ from non-adopters, whom they deter: of those that see a need, where the questionnaire tells who does
    (role `deterred`). After D'Este et al. (2012) on revealed and deterring barriers.
    """
    questionnaire = survey.questionnaire
    questions = questionnaire.with_role(*ANALYSES["barriers"])
    rows: list[Row] = []
    tests: list[Row] = []
    for question in questions:
        tests += items_differ(survey, question, "barriers").tests
        beside = questionnaire.segments_of(question)
        for adopter in questionnaire.with_role("adopter", "deterred"):
            if adopter in beside:
                rows += group_differences(survey, question, adopter, "barriers").estimates
    return describe(survey, questions, "barriers", rows, tests)
