"""What several items measure together: scores of constructs, their reliability and validity, and factors of items."""

from b2bsurvey.analyses import describe
from b2bsurvey.analyses.invariance_rows import by_language, invariance_rows
from b2bsurvey.analyses.scale_reliability import (
    Measurement,
    fit_rows,
    fit_test,
    measured,
    measurements,
    reliability_rows,
)
from b2bsurvey.analyses.scale_rows import ANALYSIS, pools_of, scales_of
from b2bsurvey.analyses.scale_structure import bartlett_test, joint_codes, joint_model, joint_rows, structure_rows
from b2bsurvey.analyses.scale_validity import single_factor_row, validity_rows
from b2bsurvey.design import Survey
from b2bsurvey.estimates import Row
from b2bsurvey.statistics.confirmatory import confirm
from b2bsurvey.tables import Tables


def analyse(survey: Survey) -> Tables:
    """Return scores of all constructs, overall and by segment; how reliable and how distinct they are; their factors.

    And whether language versions measure them alike. Scores, items' means and correlations of scores are of the
    design; the rest has no weighted form.
    """
    questionnaire = survey.questionnaire
    questions = tuple(questionnaire.questions[name] for name in questionnaire.constructs)
    rows: list[Row] = []
    tests: list[Row] = []
    scales = {scale.name: scale for scale in scales_of(survey)} if survey.design is not None else {}
    joint: dict[str, Measurement] = {}
    for pool in pools_of(survey, scales.values()):
        rows += structure_rows(survey, pool)
        tests.append(bartlett_test(survey, pool))
        fitted = joint_model(survey, pool)
        if fitted is not None:
            place = {"question": pool.question, "model": "joint"}
            rows += [*joint_rows(survey, pool, fitted), *fit_rows(survey, place, fitted)]
            tests.append(fit_test(survey, place, fitted))
            if pool.question:
                codes = joint_codes(pool)
                joint |= {scale.name: measured(fitted, codes, i, "joint") for i, scale in enumerate(pool.scales)}
    level = survey.inference.confidence_level
    alone = {name: confirm(scale.items, [0] * scale.items.shape[1], level) for name, scale in scales.items()}
    found = measurements(scales.values(), alone, joint)
    for name, scale in scales.items():
        rows += reliability_rows(survey, scale, found[name])
        if scale.items.shape[1] > 2:
            place = {"question": name, "model": "one_factor"}
            rows += fit_rows(survey, place, alone[name])
            tests.append(fit_test(survey, place, alone[name]))
        more_rows, more_tests = invariance_rows(survey, by_language(survey, scale))
        rows += more_rows
        tests += more_tests
    rows += validity_rows(survey, scales, found)
    if scales:
        rows.append(single_factor_row(survey, scales))
    return describe(survey, questions, ANALYSIS, rows, tests)
