"""What keeps respondents from adopting: batteries and tick-all sets of barriers, ranked."""

from b2bsurvey.analyses import describe
from b2bsurvey.design import Survey
from b2bsurvey.questionnaire import ANALYSES
from b2bsurvey.tables import Tables


def analyse(survey: Survey) -> Tables:
    """Return shares, means, top boxes and ranks of all barriers, and their association with segments."""
    return describe(survey, survey.questionnaire.with_role(*ANALYSES["barriers"]), "barriers")
