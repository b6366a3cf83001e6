"""Who speaks for the firm: how many, and how posts are shared out among them."""

from b2bsurvey.analyses import describe_roles
from b2bsurvey.analyses.shared_total_rows import shared_total_rows
from b2bsurvey.design import Survey
from b2bsurvey.tables import Tables


def analyse(survey: Survey) -> Tables:
    """Return numbers and shares of spokespersons, how segments differ, and how much hangs on a few of them."""
    questions = survey.questionnaire.with_role("spokespersons")
    rows = [row for question in questions for row in shared_total_rows(survey, question, "spokespersons")]
    return describe_roles(survey, "spokespersons", rows)
