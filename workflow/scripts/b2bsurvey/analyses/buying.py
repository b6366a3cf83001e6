"""How customers buy: the buying centre, the stages of the buying process, and what kind of customers they are."""

from b2bsurvey.analyses import describe_roles
from b2bsurvey.co_use import among_users
from b2bsurvey.design import Survey
from b2bsurvey.tables import Tables


def analyse(survey: Survey) -> Tables:
    """Return shares, means, medians, ranks and whole distributions, and how segments and stages of buying differ.

    Of stages of buying also how important they are to those who use each channel.
    """
    stages, channels = (survey.questionnaire.with_role(role) for role in ("buying_process", "channels"))
    by_channel = [row for s in stages for used in channels[:1] for row in among_users(survey, s, used, "buying")]
    return describe_roles(survey, "buying", by_channel, compared=("buying_process",))
