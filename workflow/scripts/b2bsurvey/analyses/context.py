"""What surrounds adoption: attitudes, pressure, buying, customers, key figures, trends, trust."""

from b2bsurvey.analyses import describe
from b2bsurvey.design import Survey
from b2bsurvey.distribution import cumulative
from b2bsurvey.questionnaire import ANALYSES
from b2bsurvey.tables import Tables


def analyse(survey: Survey) -> Tables:
    """Return shares, means, medians, ranks and whole distributions, and the association of questions with segments."""
    questions = survey.questionnaire.with_role(*ANALYSES["context"])
    rows = [row for question in questions for row in cumulative(survey, question, "context")]
    return describe(survey, questions, "context", rows)
