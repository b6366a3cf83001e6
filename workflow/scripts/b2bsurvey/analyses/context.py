"""What surrounds adoption: attitudes, pressure, buying, customers, key figures, trends, trust."""

from b2bsurvey.analyses import describe
from b2bsurvey.design import Survey
from b2bsurvey.questionnaire import ANALYSES
from b2bsurvey.tables import Tables


def analyse(survey: Survey) -> Tables:
    """Return shares, means, medians and ranks of these questions, and their association with segments."""
    return describe(survey, survey.questionnaire.with_role(*ANALYSES["context"]), "context")
