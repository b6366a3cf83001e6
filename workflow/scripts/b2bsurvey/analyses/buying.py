"""How customers buy: the buying centre, the stages of the buying process, and what kind of customers they are."""

from b2bsurvey.analyses import describe_roles
from b2bsurvey.design import Survey
from b2bsurvey.tables import Tables


def analyse(survey: Survey) -> Tables:
    """Return shares, means, medians, ranks and whole distributions, and how segments and stages of buying differ."""
    return describe_roles(survey, "buying", compared=("buying_process",))
