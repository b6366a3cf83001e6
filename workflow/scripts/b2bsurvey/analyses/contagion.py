"""What makes contents spread: motives to share, and opinion leaders."""

from b2bsurvey.analyses import describe_roles
from b2bsurvey.design import Survey
from b2bsurvey.tables import Tables


def analyse(survey: Survey) -> Tables:
    """Return shares, means, medians, ranks and whole distributions, and how segments differ."""
    return describe_roles(survey, "contagion")
