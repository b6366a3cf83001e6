"""Who answered: the flow from export to analysis, and the composition of the sample."""

from b2bsurvey.analyses import describe
from b2bsurvey.analyses.representativeness import representation_rows, weight_rows
from b2bsurvey.design import Survey
from b2bsurvey.estimates import Row
from b2bsurvey.questionnaire import ANALYSES
from b2bsurvey.screening import DISPOSITIONS
from b2bsurvey.tables import Tables, row_id


def analyse(survey: Survey) -> Tables:
    """Return the count of each disposition, what the weights do, and shares of the sample questions."""
    questionnaire = survey.questionnaire
    names = dict.fromkeys(q.name for q in (*questionnaire.with_role(*ANALYSES["sample"]), *questionnaire.segments))
    names |= dict.fromkeys(survey.weighting.targets)  # weighted shares beside those of the population
    questions = tuple(questionnaire.questions[name] for name in names)
    first = [*_flow(survey), *weight_rows(survey), *representation_rows(survey)]
    return describe(survey, questions, "sample", first)


def _flow(survey: Survey) -> list[Row]:
    """Count the rows of the export by disposition; the counts sum to `n`, the rows of the export."""
    found = survey.ledger["disposition"].value_counts()
    rows = len(survey.ledger)
    return [
        _plain(survey, "disposition", answer) | {"statistic": "count", "scale": "count", "base": "rows", "n": rows}
        | {"estimate": float(found.get(answer, 0)), "count": int(found.get(answer, 0))}
        for answer in DISPOSITIONS
    ]  # fmt: skip


def _plain(survey: Survey, question: str, answer: str) -> Row:
    return {
        "estimate_id": row_id(survey.wave, "sample", question, answer),
        "wave": survey.wave,
        "analysis": "sample",
        "question": question,
        "answer": answer,
        "design": survey.design_label,
        "origin": survey.origin,
        "status": "ok",
    }
