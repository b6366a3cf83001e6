"""What goes with adoption: models of adopters, stages and strategy, of barriers, and of use in two contexts."""

from b2bsurvey.association import adjusted
from b2bsurvey.design import Survey
from b2bsurvey.modelling.rows import rows_of
from b2bsurvey.modelling.specification import models_of
from b2bsurvey.modelling.within_between import rows_between_contexts
from b2bsurvey.tables import Tables, estimates_table, tests_table


def analyse(survey: Survey) -> Tables:
    """Return odds ratios, average marginal effects, fit and tests of each model; associations, not effects.

    Of channels in two contexts also whether use in the first is associated with use in the second, within respondents.
    """
    found = [rows_of(survey, model) for model in models_of(survey.questionnaire, survey.inference.models)]
    found += [rows_between_contexts(survey, question) for question in survey.questionnaire.two_spheres]
    estimates = estimates_table(row for rows in found for row in rows.estimates)
    return Tables(estimates, adjusted(tests_table(row for rows in found for row in rows.tests)))
