"""What is used and how far: channels in their contexts, what goes together, activities, policies, practices."""

from b2bsurvey.analyses import describe
from b2bsurvey.co_use import class_shares, co_use, combinations
from b2bsurvey.comparisons import items_differ, paired_contexts
from b2bsurvey.design import Survey
from b2bsurvey.distribution import concentration_of_use, cumulative
from b2bsurvey.estimates import Row
from b2bsurvey.questionnaire import ANALYSES
from b2bsurvey.spheres import context_correlations, separation
from b2bsurvey.tables import Tables


def analyse(survey: Survey) -> Tables:
    """Return shares, means, top boxes and ranks of all usage questions, and their association with segments.

    Of a grid with two contexts also how they differ and go together (private beside professional), of channels how far
    apart both contexts are, what is used together, in which combinations and how unequally, by whom each class of
    channels is used, and whether the items differ at all; of media also which pairs do; of numbers the whole
    distribution.
    """
    questionnaire = survey.questionnaire
    questions = questionnaire.with_role(*ANALYSES["usage"])
    rows: list[Row] = []
    tests: list[Row] = []
    for question in questions:
        if len(question.contexts) == 2:
            first, second = (context.code for context in question.contexts)
            compared = paired_contexts(survey, question, first, second, "usage")
            rows += [*compared.estimates, *context_correlations(survey, question, "usage")]
            tests += compared.tests
    for question in questionnaire.with_role("channels"):
        rows += [*separation(survey, question, "usage"), *class_shares(survey, question, "usage")]
        rows += co_use(survey, question, "usage")
        rows += [*combinations(survey, question, "usage"), *concentration_of_use(survey, question, "usage")]
        tests += [test for test in items_differ(survey, question, "usage").tests if test["role"] == "test"]
    for question in questionnaire.with_role("media"):
        tests += items_differ(survey, question, "usage").tests
    rows += [row for question in questions for row in cumulative(survey, question, "usage")]
    return describe(survey, questions, "usage", rows, tests)
