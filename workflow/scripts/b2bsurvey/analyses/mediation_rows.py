"""Rows on mediations: the paths from a predictor over a mediator to an outcome; associations, not effects."""

from collections.abc import Iterator

import numpy as np

from b2bsurvey.design import Survey
from b2bsurvey.estimates import Row
from b2bsurvey.questionnaire import Mediation
from b2bsurvey.statistics.mediation import PATHS, mediation
from b2bsurvey.tables import SMALL_BASE, row_id, seed


def mediation_rows(survey: Survey, analysis: str) -> Iterator[Row]:
    """Yield the five paths of each mediation of the questionnaire, `term` the path, of those with all values."""
    if survey.design is None:
        return
    for named in survey.questionnaire.mediations:
        refusal = survey.refusal(named.predictor, named.mediator, named.outcome, *named.covariates)
        if refusal:
            for path in PATHS:
                yield _row(survey, named, path, analysis) | {"status": "not_estimable", "note": refusal}
            continue
        scores = (_values(survey, named.predictor), _values(survey, named.mediator), _values(survey, named.outcome))
        covariates = np.column_stack(
            [np.empty((len(survey.responses), 0)), *(_values(survey, name) for name in named.covariates)]
        )
        keys = survey.responses.respondents["respondent"].to_numpy(dtype=str)
        number, level = seed(survey.wave, analysis, named.name), survey.inference.confidence_level
        found = mediation(survey.design, scores, covariates, keys, number, level)
        lost = len(survey.responses) - found.n
        note = f"{lost} of {len(survey.responses)} respondents with a missing value are left out" if lost else ""
        for i, path in enumerate(PATHS):
            row = _row(survey, named, path, analysis) | {"n": found.n, "note": note}
            if not np.isfinite(found.estimate[i]):
                yield row | {"status": "not_estimable", "note": found.note}
                continue
            yield row | {
                "estimate": float(found.estimate[i]),
                "std_error": float(found.std_error[i]),
                "ci_low": float(found.low[i]),
                "ci_high": float(found.high[i]),
                "conf_level": level,
                "ci_method": "bootstrap" if survey.is_probability else "bootstrap, model-based",
                "status": "ok" if found.n >= SMALL_BASE else "small_base",
            }


def _values(survey: Survey, name: str) -> np.ndarray:
    return survey.responses.values[name].to_numpy(dtype=float, na_value=np.nan)


def _row(survey: Survey, named: Mediation, path: str, analysis: str) -> Row:
    """Return what a row is of: `reference` is the predictor, `construct` the mediator."""
    return {
        "estimate_id": row_id(survey.wave, analysis, "mediation", named.name, path),
        "wave": survey.wave,
        "analysis": analysis,
        "question": "",
        "base": "valid",
        "statistic": "path",
        "scale": "points",
        "model": named.name,
        "outcome": named.outcome,
        "term": path,
        "reference": named.predictor,
        "construct": named.mediator,
        "design": survey.design_label,
        "origin": survey.origin,
    }
