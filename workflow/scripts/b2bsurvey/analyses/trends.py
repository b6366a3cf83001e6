"""Trends of marketing: how far respondents agree, and how they rank them."""

from b2bsurvey.analyses import describe_roles
from b2bsurvey.design import Survey
from b2bsurvey.tables import Tables


def analyse(survey: Survey) -> Tables:
    """Return shares, means, medians, ranks and whole distributions, and how segments and the trends differ."""
    return describe_roles(survey, "trends", compared=("trends",))
