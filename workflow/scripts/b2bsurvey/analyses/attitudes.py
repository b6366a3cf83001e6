"""What surrounds adoption: affinity, pressure, the environment, trust."""

from b2bsurvey.analyses import describe_roles
from b2bsurvey.analyses.mediation_rows import mediation_rows
from b2bsurvey.design import Survey
from b2bsurvey.tables import Tables


def analyse(survey: Survey) -> Tables:
    """Return shares, means, medians, ranks and distributions, how segments differ, and the paths of mediations."""
    return describe_roles(survey, "attitudes", mediation_rows(survey, "attitudes"))
