"""From a model to rows of both tables: odds ratios, marginal effects, fit, tests and diagnostics."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from b2bsurvey.association import result_row
from b2bsurvey.config import Models
from b2bsurvey.design import Survey
from b2bsurvey.modelling.columns import Columns, Outcome, Term, columns_of, is_closed, outcome_of
from b2bsurvey.modelling.estimation import OF_IMPUTATIONS, OF_PENALTY, Fitted, NotFitted, Numbers, imputed, listwise
from b2bsurvey.modelling.interactions import interaction
from b2bsurvey.modelling.specification import PRODUCT, Model
from b2bsurvey.statistics.linearisation import SampleDesign
from b2bsurvey.statistics.significance import PLAIN, Effect, SignificanceTest, design_features, not_estimable
from b2bsurvey.tables import SMALL_BASE, row_id, seed

Row = dict[str, Any]
ANALYSIS = "models"
FEW_EVENTS = 10.0  # events a term (Peduzzi et al. 1996)
NO_VARIANCE = "no interval: nothing varies, so there is no standard error"
NO_DF = "no interval: the design has no degrees of freedom"
NO_BOUND = "no interval: the profile likelihood has no bound on this side"
UNCOMPARED = "importance needs an outcome of two answers and at most 12 predictors"
PENALISED_EFFECT = "no interval: the outcome is separated"


@dataclass(frozen=True)
class ModelRows:
    """Rows of the Estimates and of the Tests table; p values are not yet adjusted."""

    estimates: tuple[Row, ...]
    tests: tuple[Row, ...] = ()


@dataclass(frozen=True, eq=False)
class _Estimated:
    """A model with all that its rows are made from."""

    survey: Survey
    design: SampleDesign
    model: Model
    outcome: Outcome
    columns: Columns
    fitted: Fitted
    known: int  # respondents with an outcome

    @property
    def level(self) -> float:
        return self.survey.inference.confidence_level

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """The answer and the base that each group of coefficients is about."""
        categories = self.outcome.categories
        if self.outcome.kind == "ordinal":
            return [("", "")]
        return [(category, categories[0]) for category in categories[1:]]


def rows_of(survey: Survey, model: Model) -> ModelRows:
    """Return what a model gives: one row an odds ratio, coefficient and marginal effect, its fit, tests, diagnostics.

    A model that cannot be estimated is one row that says why.
    """
    why = _refusal(survey, model)
    if survey.design is None or why:
        return ModelRows((_not_estimable(survey, model, why or "nobody is in the base"),))
    settings = survey.inference.models
    outcome = outcome_of(survey, model.outcome)
    known = outcome.codes >= 0
    if not known.any() or len(outcome.categories) < 2:
        why = "the outcome is the same for everybody" if known.any() else "nobody answered the outcome"
        return ModelRows((_not_estimable(survey, model, f"not estimable: {why}"),))
    columns = columns_of(survey, model, known, settings.missing_predictors == "imputed")
    left_out = tuple(_left_out(survey, model, columns))
    if not columns.terms:
        why = "not estimable: no predictor varies in the model"
        return ModelRows((_not_estimable(survey, model, why), *left_out))
    complete = known & np.isfinite(columns.values).all(axis=1)
    if settings.missing_predictors == "listwise" and complete.any():
        outcome = outcome.given_by(complete)
    fitted = _fitted(survey, survey.design, model, outcome, columns, settings)
    if isinstance(fitted, NotFitted):
        return ModelRows((_not_estimable(survey, model, fitted.note, fitted.n), *left_out))
    found = _Estimated(survey, survey.design, model, outcome, columns, fitted, int(known.sum()))
    estimates = (*_terms(found), *left_out, *_importance(found), *_fit(found), *_losses(found))
    return ModelRows(estimates, (*_tests(found), *_interactions(found), *_diagnostics(found)))


def _refusal(survey: Survey, model: Model) -> str:
    """Say why the model may not be made: its questions, or the joint distribution of rebuilt respondents."""
    owner = survey.questionnaire.owner
    if not is_closed(owner(model.outcome.name)):
        return "not estimable: the outcome is no closed question"
    if any(owner(v.name).kind in ("date", "text") for v in model.predictors):
        return "not estimable: a predictor is a date or a text"
    if not model.predictors:
        return "not estimable: no predictor was asked in this wave"
    questions = dict.fromkeys(v.question for v in (model.outcome, *model.predictors))
    joint = survey.refusal(*questions)
    return joint or next((why for name in questions if (why := survey.refusal_within(owner(name)))), "")


def _fitted(
    survey: Survey, design: SampleDesign, model: Model, outcome: Outcome, columns: Columns, settings: Models
) -> Fitted | NotFitted:
    level = survey.inference.confidence_level
    complete = np.isfinite(columns.values[outcome.codes >= 0]).all()
    if settings.missing_predictors == "listwise" or complete:
        return listwise(design, outcome, columns, level, model.importance)
    order = np.argsort(survey.responses.respondents["respondent"].to_numpy(dtype=str), kind="stable")
    by = seed(survey.wave, ANALYSIS, model.name)
    return imputed(design, outcome, columns, level, model.importance, settings.imputations, by, order)


# ---- estimates


def _row(survey: Survey, model: Model, statistic: str, term: str = "", answer: str = "") -> Row:
    return {
        "estimate_id": row_id(survey.wave, ANALYSIS, model.name, term, answer, statistic),
        "wave": survey.wave,
        "analysis": ANALYSIS,
        "question": model.outcome.question,
        "item": model.outcome.item,
        "context": model.outcome.context,
        "answer": answer,
        "base": "valid",
        "statistic": statistic,
        "model": model.name,
        "outcome": model.outcome.name,
        "term": term,
        "design": survey.design_label,
        "origin": survey.origin,
        "status": "ok",
    }


def _not_estimable(survey: Survey, model: Model, why: str, n: int | None = None) -> Row:
    row = _row(survey, model, "coefficient")
    return row | {"base": "", "scale": "log_odds", "n": n, "status": "not_estimable", "note": why}


def _left_out(survey: Survey, model: Model, columns: Columns) -> Iterator[Row]:
    """Yield a row for each predictor without a column, with the reason."""
    reasons = columns.left_out | dict.fromkeys(model.not_asked, "not asked in this wave")
    for name, why in reasons.items():
        row = _row(survey, model, "coefficient", name)
        note = f"not estimable: {why}; left out of the model"
        yield row | {"scale": "log_odds", "status": "not_estimable", "note": note}


def _terms(of: _Estimated) -> Iterator[Row]:
    """Yield log odds, odds ratio and marginal effects, term by term."""
    coefficients, effects = of.fitted.coefficients, of.fitted.effects
    categories, width = of.outcome.categories, len(of.columns.terms)
    for column, term in enumerate(of.columns.terms):
        for group, (answer, base) in enumerate(of.pairs):
            place = group * width + column
            log_odds = _numbers(of, coefficients, place)
            about = {"reference": term.reference, "answer2": base}
            yield _of_term(of, "coefficient", term, answer) | about | {"scale": "log_odds"} | log_odds
            ratio = {k: v for k, v in log_odds.items() if k != "std_error"}
            ratio |= {k: _exp(ratio.get(k)) for k in ("estimate", "ci_low", "ci_high")}
            yield _of_term(of, "odds_ratio", term, answer) | about | {"scale": "odds_ratio"} | ratio
        for place, category in enumerate(categories):
            if of.outcome.kind == "binary" and not place:
                continue  # the other answer's effect with its sign turned
            effect = _numbers(of, effects, column * len(categories) + place, is_effect=True)
            row = _of_term(of, "ame", term, category)
            yield row | {"reference": term.reference, "scale": "probability"} | effect


def _of_term(of: _Estimated, statistic: str, term: Term, answer: str) -> Row:
    n = of.fitted.n
    penalised = bool(of.fitted.separated)
    method = "profile" if penalised else "student"
    row = _row(of.survey, of.model, statistic, term.name, answer) | {
        "conf_level": of.level,
        "ci_method": method if of.survey.is_probability else f"{method}, model-based",
        "n": n,
        "n_weighted": float(of.design.weights[of.fitted.base].sum()),
        "status": "ok" if n >= SMALL_BASE else "small_base",
    }
    return row | ({"imputations": of.fitted.imputations} if of.fitted.imputations else {})


def _numbers(of: _Estimated, numbers: Numbers, place: int, is_effect: bool = False) -> Row:
    """Return estimate, error, bounds and df; without an interval the reason."""
    estimate, error = float(numbers.estimate[place]), float(numbers.std_error[place])
    low, high, df = float(numbers.low[place]), float(numbers.high[place]), float(numbers.df[place])
    row: Row = {"estimate": estimate}
    if np.isfinite(df):
        row["df"] = df
    if numbers.fmi is not None:
        row["fmi"] = float(numbers.fmi[place])
    if is_effect and of.fitted.separated:
        return row | {"note": PENALISED_EFFECT}
    if not np.isfinite(error):
        return row | {"note": NO_DF}
    if error == 0:
        return row | {"note": NO_VARIANCE}
    bounds = {"ci_low": low if np.isfinite(low) else None, "ci_high": high if np.isfinite(high) else None}
    if is_effect and np.isfinite(low):
        bounds = {"ci_low": max(low, -1.0), "ci_high": min(high, 1.0)}
    note = {} if None not in bounds.values() else {"note": NO_BOUND}
    return row | {"std_error": error} | bounds | note


def _exp(value: float | None) -> float | None:
    """Return an odds ratio; None where it would not be a number any more."""
    if value is None:
        return None
    with np.errstate(over="ignore"):
        ratio = float(np.exp(value))
    return ratio if np.isfinite(ratio) else None


def _importance(of: _Estimated) -> Iterator[Row]:
    """Yield what each predictor adds to McFadden's R², on average over all models without it."""
    found = of.fitted.importance
    if found is None:
        if of.model.importance:
            why = OF_PENALTY if of.fitted.separated else UNCOMPARED
            row = _row(of.survey, of.model, "dominance")
            yield row | {"scale": "index", "status": "not_estimable", "note": f"not estimable: {why}"}
        return
    for place, predictor in enumerate(of.columns.predictors):
        row = _row(of.survey, of.model, "dominance", predictor.name) | {
            "scale": "index",
            "conf_level": of.level,
            "ci_method": "student" if of.survey.is_probability else "student, model-based",
            "n": found.n,
        }
        if found.note:
            yield row | {"status": "not_estimable", "note": found.note}
            continue
        numbers = {"estimate": found.estimate, "std_error": found.std_error, "ci_low": found.low, "ci_high": found.high}
        status = "ok" if of.fitted.n >= SMALL_BASE else "small_base"
        yield row | {k: float(v[place]) for k, v in numbers.items()} | {"df": float(found.df), "status": status}


def _fit(of: _Estimated) -> Iterator[Row]:
    """Yield respondents, events a term, McFadden's R², the area under the ROC curve, and variance inflation."""
    fitted, n = of.fitted, of.fitted.n
    unused = f"left out: answers that nobody gave ({', '.join(of.outcome.unused)})" if of.outcome.unused else ""
    row = _row(of.survey, of.model, "respondents")
    yield row | {"scale": "count", "estimate": float(n), "count": n, "n": of.known, "note": unused}
    events = _events(of.outcome, fitted.base) / len(of.columns.terms)
    note = f"fewer than {FEW_EVENTS:.0f} events a term: estimates may be far off" if events < FEW_EVENTS else ""
    row = _row(of.survey, of.model, "events_per_term")
    yield row | {"scale": "ratio", "estimate": events, "n": n, "note": note}
    if np.isfinite(fitted.mcfadden):
        row = _row(of.survey, of.model, "mcfadden")
        yield row | {"scale": "index", "estimate": fitted.mcfadden, "n": n}
    if fitted.auc is not None:
        auc = fitted.auc
        row = _row(of.survey, of.model, "auc") | {"scale": "probability", "estimate": auc.auc, "n": n}
        if np.isfinite(auc.low):
            row |= {"ci_low": auc.low, "ci_high": auc.high, "conf_level": of.level, "ci_method": "delong"}
        yield row
    for predictor, value in zip(of.columns.predictors, fitted.inflation, strict=False):
        row = _row(of.survey, of.model, "variance_inflation", predictor.name)
        yield row | {"scale": "ratio", "estimate": float(value), "df": float(len(predictor.columns)), "n": n}


def _events(outcome: Outcome, base: np.ndarray) -> float:
    """Return how many events there are: the rarer answer of two; of an order n − Σn³/n² (Harrell 2015).

    Of a nominal outcome the rarest answer, shared by the other answers' coefficients (de Jong et al. 2019).
    """
    counts = np.bincount(outcome.codes[base], minlength=len(outcome.categories)).astype(float)
    if outcome.kind == "ordinal":
        return float(counts.sum() - (counts**3).sum() / counts.sum() ** 2)
    return float(counts.min()) / (len(counts) - 1)


def _losses(of: _Estimated) -> Iterator[Row]:
    """Yield how many respondents with an outcome lack an answer to any predictor, and to each."""
    known = of.outcome.codes >= 0
    missing = ~np.isfinite(of.columns.values[known])
    per_predictor = {a.name: int(missing[:, i].sum()) for i, a in enumerate(of.columns.answers)}
    for name, count in ({"": int(missing.any(axis=1).sum())} | per_predictor).items():
        row = _row(of.survey, of.model, "missing_predictors", name)
        yield row | {"scale": "count", "estimate": float(count), "count": count, "n": int(known.sum())}


# ---- tests


def _test(of: _Estimated, found: SignificanceTest, term: str, answer: str, role: str) -> Row:
    named = "" if of.model.name == of.model.outcome.name else f", {of.model.name}"
    own = f"model {of.model.outcome.name}{named}"
    family = {
        "test": own,
        "posthoc": f"{own}: pairs",
        "diagnostic": "diagnostic",
        "interaction": f"{own}: interactions",
    }
    adjustment = "none" if role == "diagnostic" else of.survey.inference.adjustment
    kind = found.test if role == "diagnostic" else "term" if role == "posthoc" else "predictor"
    row: Row = {
        "test_id": row_id(of.survey.wave, ANALYSIS, of.model.name, term, answer, kind),
        "wave": of.survey.wave,
        "analysis": ANALYSIS,
        "family": family[role],
        "role": "test" if role == "interaction" else role,
        "question": of.model.outcome.question,
        "item": of.model.outcome.item,
        "context": of.model.outcome.context,
        "answer": answer,
        "adjustment": adjustment,
        "model": of.model.name,
        "term": term,
        "design": of.survey.design_label,
    }
    return row | result_row(found.because(_reason(of)), "association")


def _reason(of: _Estimated) -> str:
    """Return how the model was estimated, and why so."""
    design = of.design
    if of.fitted.separated:
        return f"the outcome is separated by {', '.join(of.fitted.separated)}, so Firth's penalised likelihood is used"
    pooled = f"{of.fitted.imputations} imputations pooled by Rubin's rules; " if of.fitted.imputations else ""
    if design.is_simple:
        return pooled + PLAIN
    return f"{pooled}the design has {design_features(design)}, so score equations are weighted and errors design-based"


def _tests(of: _Estimated) -> Iterator[Row]:
    """Yield one test a predictor, in the model's family, and post hoc one a term where a predictor has several."""
    for predictor, joint in zip(of.columns.predictors, of.fitted.joint, strict=True):
        several = len(predictor.columns) > 1 or len(of.pairs) > 1
        if several:
            yield _test(of, joint, predictor.name, "", "test")
        for column in predictor.columns:
            for group, (answer, _) in enumerate(of.pairs):
                found = _of_coefficient(of, group * len(of.columns.terms) + column)
                term = of.columns.terms[column].name
                row = _test(of, found, term, answer, "posthoc" if several else "test")
                yield row | {"null_value": 0.0, "alternative": "two-sided"}


def _interactions(of: _Estimated) -> Iterator[Row]:
    """Yield whether the association of one predictor differs with another, in a family of its own."""
    for pair in of.model.interactions:
        names = (pair[0].name, pair[1].name)
        if of.fitted.imputations:
            found = not_estimable("wald_F", of.fitted.n, OF_IMPUTATIONS)
        elif of.fitted.separated:
            found = not_estimable("wald_F", of.fitted.n, OF_PENALTY)
        else:
            found = interaction(of.design, of.outcome, of.columns, names, of.fitted.base)
        yield _test(of, found, PRODUCT.join(names), "", "interaction")


def _of_coefficient(of: _Estimated, place: int) -> SignificanceTest:
    """Return the test of one coefficient, with the odds ratio as its effect size."""
    numbers = of.fitted.coefficients
    name = "firth_lr" if of.fitted.separated else "wald_t"
    found = _numbers(of, numbers, place)
    ratio, low, high = (_exp(found.get(key)) for key in ("estimate", "ci_low", "ci_high"))
    p = float(numbers.p_value[place])
    if "std_error" not in found or not np.isfinite(p):
        why = found.get("note", NO_DF).removeprefix("no interval: ")
        return not_estimable(name, of.fitted.n, why)
    t = None if of.fitted.separated else found["estimate"] / found["std_error"]
    effect = None if ratio is None else Effect("odds_ratio", ratio, low, high)
    return SignificanceTest(name, of.fitted.n, t, found.get("df"), None, p, effect)


def _diagnostics(of: _Estimated) -> Iterator[Row]:
    """Yield the overall test of all slopes, and goodness of fit or parallel slopes: unadjusted."""
    for found in (of.fitted.overall, *of.fitted.checks):
        if found is not None:
            yield _test(of, found, "", "", "diagnostic")
