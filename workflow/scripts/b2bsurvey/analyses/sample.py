"""Who answered: the flow from export to analysis, and the composition of the sample."""

from b2bsurvey.analyses import describe
from b2bsurvey.design import Survey
from b2bsurvey.estimates import Row
from b2bsurvey.questionnaire import ANALYSES
from b2bsurvey.screening import DISPOSITIONS
from b2bsurvey.statistics.linearisation import kish_design_effect
from b2bsurvey.tables import Tables, row_id


def analyse(survey: Survey) -> Tables:
    """Return the count of each disposition, the design effect of the weights, and shares of the sample questions."""
    questionnaire = survey.questionnaire
    names = dict.fromkeys(q.name for q in (*questionnaire.with_role(*ANALYSES["sample"]), *questionnaire.segments))
    questions = tuple(questionnaire.questions[name] for name in names)
    return describe(survey, questions, "sample", [*_flow(survey), *_weighting(survey)])


def _flow(survey: Survey) -> list[Row]:
    """Count the rows of the export by disposition; the counts sum to `n`, the rows of the export."""
    found = survey.ledger["disposition"].value_counts()
    rows = len(survey.ledger)
    return [
        _plain(survey, "disposition", answer) | {"statistic": "count", "scale": "count", "base": "rows", "n": rows}
        | {"estimate": float(found.get(answer, 0)), "count": int(found.get(answer, 0))}
        for answer in DISPOSITIONS
    ]  # fmt: skip


def _weighting(survey: Survey) -> list[Row]:
    if survey.design is None:
        return []
    deff, n = kish_design_effect(survey.design.weights), survey.design.n
    row = _plain(survey, "weights", "") | {"statistic": "design_effect", "scale": "ratio", "base": "all"}
    return [row | {"estimate": deff, "deff": deff, "n": n, "n_effective": n / deff, "note": "Kish"}]


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
