"""Answers in respondents’ own words: their themes, how far codings agree, and cleared quotes."""

from b2bsurvey.analyses import describe_roles
from b2bsurvey.analyses.coding_rows import agreement_rows, quotes
from b2bsurvey.design import Survey
from b2bsurvey.tables import Tables


def analyse(survey: Survey) -> Tables:
    """Return who wrote something and of what, how segments differ, the agreement of codings, and quotes."""
    questions = survey.questionnaire.with_role("open_answers")
    more = [*agreement_rows(survey, questions, "open_answers"), *quotes(survey, questions, "open_answers")]
    return describe_roles(survey, "open_answers", more)
