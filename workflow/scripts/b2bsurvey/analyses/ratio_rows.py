"""Rows on ratios of totals with intervals of the bootstrap, beside those of linearisation."""

from collections.abc import Iterator, Sequence

import numpy as np

from b2bsurvey.design import Survey
from b2bsurvey.estimates import ONE_RESPONDENT, Row
from b2bsurvey.questionnaire import BASES, Question
from b2bsurvey.statistics.bootstrap import DRAWS, percentiles, replicated
from b2bsurvey.tables import SMALL_BASE, row_id, seed


def bootstrapped_ratios(survey: Survey, questions: Sequence[Question], analysis: str) -> Iterator[Row]:
    """Yield the ratio of the totals of each question that is a ratio, statistic `ratio_bootstrap`.

    The same ratio as statistic `ratio`, with the percentile interval of the rescaled bootstrap (Rao, Wu & Yue 1992),
    raked again in each of 999 replicates: totals of money are so skewed that a symmetric interval misleads. Replicates
    in which the total to divide by is 0 are left out and counted.
    """
    found = [q for q in questions if q.derivation is not None and q.derivation.method == "ratio"]
    design = survey.design
    if design is None or not found:
        return
    pairs = [_totals_of(survey, question) for question in found]
    above, below = (np.column_stack([pair[side] for pair in pairs]) for side in (0, 1))
    keys = survey.responses.respondents["respondent"].to_numpy(dtype=str)

    def ratios_of(weights: np.ndarray) -> np.ndarray:
        under = weights.T @ below
        return np.divide(weights.T @ above, under, out=np.full(under.shape, np.nan), where=under != 0)

    whole = ratios_of(design.weights[:, None])[0]
    replicates = replicated(design, keys, seed(survey.wave, analysis, "ratio_bootstrap"), ratios_of)
    for question, (_, _, domain), ratio, drawn in zip(found, pairs, whole, replicates.T, strict=True):
        n = int(domain.sum())
        yield _row(survey, question, analysis, ratio, drawn[np.isfinite(drawn)], n) | {
            "n_weighted": float(design.weights @ domain)
        }


def _totals_of(survey: Survey, question: Question) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return what is added up above and below the line (n,), and for whom both are known (n,) bool."""
    of = question.derivation.of if question.derivation else ()
    base = survey.base(question, question.variables[0], "valid" if question.base in BASES else question.base)
    above, below = (survey.responses.values[name].to_numpy(dtype=float, na_value=np.nan) for name in of)
    known = base & survey.responses.is_valid(question.name) & np.isfinite(above) & np.isfinite(below)
    return np.where(known, above, 0.0), np.where(known, below, 0.0), known


def _row(survey: Survey, question: Question, analysis: str, ratio: float, drawn: np.ndarray, n: int) -> Row:
    row: Row = {
        "estimate_id": row_id(survey.wave, analysis, question.name, "ratio_bootstrap"),
        "wave": survey.wave,
        "analysis": analysis,
        "question": question.name,
        "base": "valid" if question.base in BASES else question.base,
        "statistic": "ratio_bootstrap",
        "scale": "probability" if question.is_percentage else "ratio",
        "unit": "" if question.is_percentage else question.unit.get("en", ""),
        "n": n,
        "design": survey.design_label,
        "origin": survey.origin,
        "status": "ok" if n >= SMALL_BASE else "small_base",
    }
    if not np.isfinite(ratio):
        why = "the total to divide by is 0" if n else "nobody is in the base"
        return row | {"status": "not_estimable", "note": why}
    if n < 2 or not drawn.size:
        return row | {"estimate": float(ratio), "note": ONE_RESPONDENT}
    level = survey.inference.confidence_level
    low, high = percentiles(drawn, level)
    method = "bootstrap" if survey.is_probability else "bootstrap, model-based"
    lost = DRAWS - drawn.size
    return row | {
        "estimate": float(ratio),
        "std_error": float(drawn.std(ddof=1)),
        "ci_low": float(low),
        "ci_high": float(high),
        "conf_level": level,
        "ci_method": method,
        "note": f"{lost} of {DRAWS} replicates with nothing to divide by are left out" if lost else "",
    }
