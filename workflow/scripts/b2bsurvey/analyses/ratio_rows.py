"""Rows on ratios of totals and means with intervals of the bootstrap, beside those of linearisation."""

from collections.abc import Iterator, Sequence

import numpy as np

from b2bsurvey.design import Survey
from b2bsurvey.estimates import ONE_RESPONDENT, Row, number_base
from b2bsurvey.questionnaire import Question
from b2bsurvey.statistics.bootstrap import DRAWS, percentiles, replicated
from b2bsurvey.tables import SMALL_BASE, row_id, seed


def bootstrapped_ratios(survey: Survey, questions: Sequence[Question], analysis: str) -> Iterator[Row]:
    """Yield the ratio of the totals of each question that is a ratio, statistic `ratio_bootstrap`.

    The same ratio as statistic `ratio`, with the percentile interval of the rescaled bootstrap (Rao, Wu & Yue 1992),
    raked again in each of 999 replicates: totals of money are so skewed that a symmetric interval misleads. Replicates
    in which the total to divide by is 0 are left out and counted.
    """
    found = [q for q in questions if q.derivation is not None and q.derivation.method == "ratio"]
    return _bootstrapped(survey, found, analysis, "ratio_bootstrap", [_totals_of(survey, q) for q in found])


def bootstrapped_means(survey: Survey, questions: Sequence[Question], analysis: str) -> Iterator[Row]:
    """Yield the mean of each question, a number, statistic `mean_bootstrap`, with its interval as that of ratios.

    The same mean as statistic `mean`: the total of the numbers over the number of those who gave one.
    """
    return _bootstrapped(survey, questions, analysis, "mean_bootstrap", [_numbers_of(survey, q) for q in questions])


def _bootstrapped(
    survey: Survey,
    questions: Sequence[Question],
    analysis: str,
    statistic: str,
    pairs: Sequence[tuple[np.ndarray, np.ndarray, np.ndarray]],
) -> Iterator[Row]:
    design = survey.design
    if design is None or not questions:
        return
    above, below = (np.column_stack([pair[side] for pair in pairs]) for side in (0, 1))
    keys = survey.responses.respondents["respondent"].to_numpy(dtype=str)

    def ratios_of(weights: np.ndarray) -> np.ndarray:
        under = weights.T @ below
        return np.divide(weights.T @ above, under, out=np.full(under.shape, np.nan), where=under != 0)

    whole = ratios_of(design.weights[:, None])[0]
    replicates = replicated(design, keys, seed(survey.wave, analysis, statistic), ratios_of)
    for question, (_, _, domain), ratio, drawn in zip(questions, pairs, whole, replicates.T, strict=True):
        n = int(domain.sum())
        yield _row(survey, question, analysis, statistic, ratio, drawn[np.isfinite(drawn)], n) | {
            "n_weighted": float(design.weights @ domain)
        }


def numbers_given(survey: Survey, question: Question) -> np.ndarray:
    """Return the numbers that respondents gave (n,), NaN outside the base of the question's mean."""
    base = survey.base(question, question.variables[0], number_base(question.base))
    numbers = survey.responses.values[question.name].to_numpy(dtype=float, na_value=np.nan)
    return np.where(base & survey.responses.is_valid(question.name), numbers, np.nan)


def _totals_of(survey: Survey, question: Question) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return what is added up above and below the line (n,), and for whom both are known (n,) bool."""
    of = question.derivation.of if question.derivation else ()
    base = survey.base(question, question.variables[0], number_base(question.base))
    above, below = (survey.responses.values[name].to_numpy(dtype=float, na_value=np.nan) for name in of)
    known = base & survey.responses.is_valid(question.name) & np.isfinite(above) & np.isfinite(below)
    return np.where(known, above, 0.0), np.where(known, below, 0.0), known


def _numbers_of(survey: Survey, question: Question) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the numbers that are added up and 1 for each of them (n,), and who gave one (n,) bool."""
    numbers = numbers_given(survey, question)
    known = np.isfinite(numbers)
    return np.where(known, numbers, 0.0), known.astype(float), known


def _row(
    survey: Survey, question: Question, analysis: str, statistic: str, ratio: float, drawn: np.ndarray, n: int
) -> Row:
    amount = "count" if statistic == "mean_bootstrap" else "ratio"
    row: Row = {
        "estimate_id": row_id(survey.wave, analysis, question.name, statistic),
        "wave": survey.wave,
        "analysis": analysis,
        "question": question.name,
        "base": number_base(question.base),
        "statistic": statistic,
        "scale": "probability" if question.is_percentage else amount,
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
