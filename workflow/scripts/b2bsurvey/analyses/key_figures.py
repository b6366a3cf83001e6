"""Key figures of sales: counts, durations, amounts, and the ratios made from them."""

from b2bsurvey.analyses import describe_roles
from b2bsurvey.analyses.ratio_rows import bootstrapped_ratios
from b2bsurvey.design import Survey
from b2bsurvey.tables import Tables


def analyse(survey: Survey) -> Tables:
    """Return medians, quartiles, means, distributions, ratios of totals with two intervals, and how segments differ."""
    questions = survey.questionnaire.with_role("key_figures")
    return describe_roles(survey, "key_figures", bootstrapped_ratios(survey, questions, "key_figures"))
