"""Answers of synthetic respondents, drawn from true parameters: what simulations and tests repeat."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from b2bsurvey.ingest import route
from b2bsurvey.questionnaire import Questionnaire
from b2bsurvey.responses import REASONS, Responses, value_type
from b2bsurvey.synthetic.forms import NOT_ANSWERED, NOT_SHOWN, Codes, Drawing
from b2bsurvey.synthetic.truth import Truth


def draw(truth: Truth, questionnaire: Questionnaire, n: int, rng: np.random.Generator) -> dict[str, Codes]:
    """Return the answers of `n` respondents to every question, as if all had been asked of all: variable → (n,).

    Raises:
        StudyError: for a step that names a question, answer, form or quantity that does not exist.
    """
    drawing = Drawing(truth, questionnaire, n, rng)
    for name in truth.steps:
        drawing.take(name)
    return drawing.answers


def responses_of(answers: Mapping[str, Codes], questionnaire: Questionnaire) -> Responses:
    """Return drawn answers as responses: routing applied, derived variables made.

    Questions that were not drawn (texts) are not answered.
    """
    n = len(next(iter(answers.values())))
    values, missing = {}, {}
    for question in questionnaire.questions.values():
        if question.derivation is not None:
            continue
        asked = {v.name for v in question.as_asked.variables if not question.not_asked}
        for variable in question.variables:
            nothing = NOT_ANSWERED if variable.name in asked else NOT_SHOWN
            codes = answers.get(variable.name, np.full(n, nothing, np.int32))
            kind = value_type(questionnaire, variable)
            if isinstance(kind, pd.CategoricalDtype):
                values[variable.name] = pd.Series(pd.Categorical.from_codes(np.maximum(codes, -1), dtype=kind))
            else:
                values[variable.name] = pd.Series(codes).where(codes >= 0).astype(kind)
            places = np.where(codes < 0, -1 - codes, -1)
            missing[variable.name] = pd.Series(pd.Categorical.from_codes(places, dtype=REASONS))
    respondents = pd.DataFrame({"respondent": [f"{row:07d}" for row in range(n)]}).assign(
        file="", row=np.arange(1, n + 1), has_id=True, complete="yes", test=False
    )
    return route(Responses(respondents, pd.DataFrame(values), pd.DataFrame(missing)), questionnaire, {})[0]
