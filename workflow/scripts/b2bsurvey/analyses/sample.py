"""Who answered: how the sample came about, how it answered, and what it is made of."""

from b2bsurvey.analyses import describe
from b2bsurvey.analyses.data_quality import careless_rows, mcar_tests, missing_rows
from b2bsurvey.analyses.early_late import early_late_rows, early_late_tests
from b2bsurvey.analyses.next_wave import next_wave_rows
from b2bsurvey.analyses.participation import break_off_rows, flow_rows, rate_rows
from b2bsurvey.analyses.representativeness import representation_rows, weight_rows
from b2bsurvey.design import Survey
from b2bsurvey.questionnaire import ANALYSES
from b2bsurvey.tables import Tables


def analyse(survey: Survey) -> Tables:
    """Return flow, rates, weights and data quality of the sample, and shares of the sample questions."""
    questionnaire = survey.questionnaire
    names = dict.fromkeys(q.name for q in (*questionnaire.with_role(*ANALYSES["sample"]), *questionnaire.segments))
    names |= dict.fromkeys(survey.weighting.targets)  # weighted shares beside those of the population
    questions = tuple(questionnaire.questions[name] for name in names)
    rows = (
        *flow_rows(survey),
        *weight_rows(survey),
        *representation_rows(survey),
        *rate_rows(survey),
        *break_off_rows(survey),
        *early_late_rows(survey),
        *careless_rows(survey),
        *missing_rows(survey),
        *next_wave_rows(survey),
    )
    return describe(survey, questions, "sample", rows, (*early_late_tests(survey), *mcar_tests(survey)))
