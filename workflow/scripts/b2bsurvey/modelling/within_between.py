"""Is use of an item in one context associated with use in the other? Rows of the logits within and between respondents.

Private use beside professional use, in the long form of respondent × channel. The coefficient between respondents is
their affinity: who uses more in the one context uses more in the other. Only the one within respondents is about the
item; neither is an effect.
"""

from collections.abc import Iterator

import numpy as np

from b2bsurvey.association import result_row
from b2bsurvey.co_use import answer_of_use
from b2bsurvey.design import Survey
from b2bsurvey.modelling.rows import ANALYSIS, NO_DF, NO_VARIANCE, ModelRows, Row
from b2bsurvey.questionnaire import Question
from b2bsurvey.spheres import pairs_of, used_in_both
from b2bsurvey.statistics.linearisation import SampleDesign
from b2bsurvey.statistics.panel_logit import (
    BETWEEN,
    WITHIN,
    PanelLogit,
    conditional_logit,
    within_between_logit,
)
from b2bsurvey.statistics.regression import coefficients
from b2bsurvey.statistics.significance import PLAIN, Effect, SignificanceTest, design_features, not_estimable
from b2bsurvey.tables import SMALL_BASE, row_id

CONDITIONAL = "conditional"  # the term within respondents in the conditional logit
SAME_MEANS = "not estimable: all respondents have the same mean of the predictor; left out of the model"
ALL_OR_NOBODY = "not estimable: everybody or nobody has it in the outcome's context; left out of the model"
CLUSTERED = "a respondent's items go together, so respondents are the clusters"
GIVEN_HOW_MANY = "conditional on how many items a respondent has, so respondents with all or none say nothing"


def model_name(question: Question) -> str:
    """Return the name of the model of a grid's second context on its first."""
    return "_".join((question.name, *(context.code for context in question.contexts)))


def rows_between_contexts(survey: Survey, question: Question) -> ModelRows:
    """Return log odds and odds ratios of the two logits of a grid with two contexts, with a test of each.

    The outcome is use of an item in the second context, the predictor its use in the first. `between` is per further
    item used in the first context; `within` and `conditional` compare an item used there with one that is not. What
    cannot be estimated is a row that says why.
    """
    why = survey.refusal_within(question)
    if survey.design is None or why:
        return ModelRows((_not_estimable(survey, question, "", why or "nobody is in the base"),))
    design = survey.design
    first, second = used_in_both(survey, question)
    items = tuple(one.item for one, _ in pairs_of(question))
    logits = {
        "": within_between_logit(design, second, first, items),
        CONDITIONAL: conditional_logit(design, second, first, items),
    }
    estimates: list[Row] = []
    tests: list[Row] = []
    for kind, logit in logits.items():
        if logit.fit.note:
            estimates.append(_not_estimable(survey, question, kind, logit.fit.note, logit.fit.n))
            continue
        for term in (CONDITIONAL,) if kind else (WITHIN, BETWEEN):
            if term == BETWEEN and BETWEEN not in logit.fit.columns:
                estimates.append(_not_estimable(survey, question, BETWEEN, SAME_MEANS, logit.fit.n))
                continue
            numbers = _numbers(survey, logit, term)
            estimates += _term(survey, design, question, logit, term, numbers)
            tests.append(_test(survey, design, question, logit, term, numbers))
        estimates += _counts(survey, question, logit, kind)
    return ModelRows((*estimates, *_left_out(survey, question, logits[""])), tuple(tests))


def _numbers(survey: Survey, logit: PanelLogit, term: str) -> Row:
    """Return log odds with error, bounds, df and p value; between respondents per item, not from none to all."""
    place = logit.place(WITHIN if term == CONDITIONAL else term)
    found = coefficients(logit.fit, [place], survey.inference.confidence_level)
    unit = len(logit.items) if term == BETWEEN else 1
    values = (found.estimate, found.std_error, found.low, found.high)
    estimate, error, low, high = (float(value[0]) / unit for value in values)
    if not np.isfinite(error):
        return {"estimate": estimate, "note": NO_DF}
    if error == 0:
        return {"estimate": estimate, "note": NO_VARIANCE}
    bounds = {"std_error": error, "ci_low": low, "ci_high": high, "df": float(logit.fit.df)}
    return {"estimate": estimate, "p_value": float(found.p_value[0])} | bounds


def _term(
    survey: Survey, design: SampleDesign, question: Question, logit: PanelLogit, term: str, numbers: Row
) -> Iterator[Row]:
    n = logit.fit.n
    shared = {
        "conf_level": survey.inference.confidence_level,
        "ci_method": "student" if survey.is_probability else "student, model-based",
        "n": n,
        "n_weighted": float(design.weights[logit.fit.base].sum()),
        "status": "ok" if n >= SMALL_BASE else "small_base",
    }
    log_odds = {key: value for key, value in numbers.items() if key != "p_value"}
    yield _row(survey, question, "coefficient", term) | shared | {"scale": "log_odds"} | log_odds
    ratio = {key: value for key, value in log_odds.items() if key != "std_error"}
    ratio |= {key: float(np.exp(ratio[key])) for key in ("estimate", "ci_low", "ci_high") if key in ratio}
    yield _row(survey, question, "odds_ratio", term) | shared | {"scale": "odds_ratio"} | ratio


def _counts(survey: Survey, question: Question, logit: PanelLogit, kind: str) -> Iterator[Row]:
    """Yield how many respondents are in a logit, and how many pairs of respondent and item."""
    for statistic, count in (("respondents", logit.fit.n), ("respondent_items", logit.answers)):
        row = _row(survey, question, statistic, kind) | {"scale": "count", "estimate": float(count), "count": count}
        yield row | {"n": len(survey.responses)}


def _left_out(survey: Survey, question: Question, logit: PanelLogit) -> Iterator[Row]:
    """Yield a row for each item without a variation to explain."""
    for _, other in pairs_of(question):
        if other.item in logit.left_out:
            yield _not_estimable(survey, question, other.name, ALL_OR_NOBODY)


def _not_estimable(survey: Survey, question: Question, term: str, why: str, n: int | None = None) -> Row:
    row = _row(survey, question, "coefficient", term)
    return row | {"scale": "log_odds", "n": n, "status": "not_estimable", "note": why}


def _row(survey: Survey, question: Question, statistic: str, term: str) -> Row:
    first, second = (context.code for context in question.contexts)
    name, answer = model_name(question), answer_of_use(question)
    return {
        "estimate_id": row_id(survey.wave, ANALYSIS, name, term, statistic),
        "wave": survey.wave,
        "analysis": ANALYSIS,
        "question": question.name,
        "answer": answer,
        "context": second,
        "answer2": answer,
        "context2": first,
        "base": question.base,
        "statistic": statistic,
        "model": name,
        "outcome": question.name,
        "term": term,
        "design": survey.design_label,
        "origin": survey.origin,
        "status": "ok",
    }


def _test(survey: Survey, design: SampleDesign, question: Question, logit: PanelLogit, term: str, numbers: Row) -> Row:
    """Return the test of a term, with the odds ratio as its effect size."""
    if "p_value" in numbers:
        t = numbers["estimate"] / numbers["std_error"]
        ratio = Effect("odds_ratio", *(float(np.exp(numbers[key])) for key in ("estimate", "ci_low", "ci_high")))
        found = SignificanceTest("wald_t", logit.fit.n, t, numbers["df"], None, numbers["p_value"], ratio)
    else:
        found = not_estimable("wald_t", logit.fit.n, numbers["note"].removeprefix("no interval: "))
    own = GIVEN_HOW_MANY if term == CONDITIONAL else CLUSTERED
    features = design_features(design)
    of_design = f"the design has {features}, so score equations are weighted and errors design-based"
    row = {
        "test_id": row_id(survey.wave, ANALYSIS, model_name(question), term),
        "wave": survey.wave,
        "analysis": ANALYSIS,
        "family": f"model {question.name}",
        "role": "test",
        "question": question.name,
        "answer": answer_of_use(question),
        "context": question.last_context,
        "null_value": 0.0,
        "adjustment": survey.inference.adjustment,
        "model": model_name(question),
        "term": term,
        "design": survey.design_label,
    }
    reason = f"{own}; {of_design if features else PLAIN}"
    return row | result_row(found.because(reason), "two-sided")
