"""What makes contents spread: motives to share, and opinion leaders."""

from b2bsurvey.analyses import describe_roles
from b2bsurvey.analyses.nomination_rows import nomination_rows
from b2bsurvey.design import Survey
from b2bsurvey.tables import Tables


def analyse(survey: Survey) -> Tables:
    """Return shares, means and ranks, how segments differ, and how concentrated the nominations of leaders are."""
    questions = survey.questionnaire.with_role("contagion")
    rows = [row for question in questions for row in nomination_rows(survey, question, "contagion")]
    return describe_roles(survey, "contagion", rows)
