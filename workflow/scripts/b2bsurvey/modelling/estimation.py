"""Models estimated: coefficients, marginal effects, tests and fit; listwise, imputed or with Firth's penalty."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from scipy.special import expit, stdtr

from b2bsurvey.modelling.columns import Columns, Outcome
from b2bsurvey.statistics.imputation import impute, pool, pooled_wald
from b2bsurvey.statistics.linearisation import SampleDesign, domain_df
from b2bsurvey.statistics.model_checks import (
    Discrimination,
    calibration,
    discrimination,
    generalised_vif,
    proportional_odds,
)
from b2bsurvey.statistics.regression import (
    Effects,
    Regression,
    aliased,
    average_marginal_effects,
    coefficients,
    regress,
    wald,
)
from b2bsurvey.statistics.relative_importance import MOST_PREDICTORS, Importance, logit_dominance
from b2bsurvey.statistics.separation import firth, separated_columns
from b2bsurvey.statistics.significance import SMALLEST_P, SignificanceTest, not_estimable

NO_MAXIMUM = "the maximum of the likelihood was not found"
FURTHEST = 30.0  # log odds beyond which a maximum is believed only after separation is ruled out
OF_IMPUTATIONS = "not made with imputed predictors"
OF_PENALTY = "not made with Firth's penalty"


@dataclass(frozen=True, eq=False)
class Numbers:
    """Estimates (k,) with their uncertainty; `fmi` is the fraction of information missing, with imputation only."""

    estimate: np.ndarray
    std_error: np.ndarray
    low: np.ndarray
    high: np.ndarray
    p_value: np.ndarray
    df: np.ndarray
    fmi: np.ndarray | None = None


@dataclass(frozen=True)
class NotFitted:
    """Why a model of `n` respondents could not be estimated."""

    n: int
    note: str


@dataclass(frozen=True, eq=False)
class Fitted:
    """A model as estimated.

    `coefficients` (g·p,): log odds of the p terms, for each of g outcome categories against the base (g = 1 but in
    multinomial models); `effects` (p·J,): average marginal effects of each term on the probability of each of J
    categories. `joint` has one test a predictor, `overall` one of all; `separated` are the terms that made Firth's
    penalty necessary; `inflation` is GVIF^(1/(2·df)) of each predictor, empty where it is not defined.
    """

    base: np.ndarray
    coefficients: Numbers
    effects: Numbers
    joint: tuple[SignificanceTest, ...] = ()
    overall: SignificanceTest | None = None
    checks: tuple[SignificanceTest, ...] = ()
    mcfadden: float = float("nan")
    auc: Discrimination | None = None
    inflation: np.ndarray = field(default_factory=lambda: np.empty(0))
    separated: tuple[str, ...] = ()
    imputations: int = 0
    importance: Importance | None = None

    @property
    def n(self) -> int:
        """Respondents in the model."""
        return int(self.base.sum())


def listwise(
    design: SampleDesign, outcome: Outcome, columns: Columns, level: float, importance: bool
) -> Fitted | NotFitted:
    """Fit the model to the respondents without a missing value; a separated binary outcome with Firth's penalty."""
    x = columns.of(columns.values)
    fit, separated = regressed(design, outcome, columns.names, x)
    if separated and outcome.kind == "binary":
        return _penalised(design, outcome, columns, x, fit, separated, level)
    if not fit.is_estimated:
        return NotFitted(fit.n, fit.note)
    slopes = _slopes(fit)
    found, effects = coefficients(fit, slopes, level), _effects(design, columns, x, fit, level)
    return Fitted(
        base=fit.base,
        coefficients=_numbers(found, fit.df),
        effects=_numbers(effects, fit.df),
        joint=tuple(wald(fit, _places(fit, predictor.columns)) for predictor in columns.predictors),
        overall=wald(fit, slopes),
        checks=_checks(design, outcome, columns, x, fit),
        mcfadden=fit.mcfadden,
        auc=_auc(design, outcome, x, fit, level),
        inflation=_inflation(fit, columns),
        importance=_importance(design, outcome, columns, x, level) if importance else None,
    )


def imputed(
    design: SampleDesign,
    outcome: Outcome,
    columns: Columns,
    level: float,
    importance: bool,
    imputations: int,
    seed: int,
    order: np.ndarray,
) -> Fitted | NotFitted:
    """Fit the model to all respondents with an outcome, missing predictors imputed, and pool by Rubin's rules.

    Outcome and weights take part in the imputation. `order` (n,) sorts respondents by their key, so that their order
    plays no part.
    """
    rows = order[outcome.codes[order] >= 0]
    beside = np.column_stack([outcome.codes, design.weights])[rows]
    completed = impute(np.column_stack([columns.values[rows], beside]), imputations, seed)[:, :, : len(columns.answers)]
    fits: list[Regression] = []
    effects: list[Effects] = []
    aucs: list[Discrimination | None] = []
    for filled in completed:
        values = columns.values
        values[rows] = filled
        x = columns.of(values)
        fit, _ = regressed(design, outcome, columns.names, x)
        if not fit.is_estimated:
            return NotFitted(fit.n, fit.note)
        fits.append(fit)
        effects.append(_effects(design, columns, x, fit, level))
        aucs.append(_auc(design, outcome, x, fit, level))
    first = fits[0]
    slopes, df = _slopes(first), first.df
    if df < 1:
        return NotFitted(first.n, "not estimable: the design has no degrees of freedom")
    b, v = np.array([fit.coefficients for fit in fits]), np.array([fit.covariance for fit in fits])

    def joint(places: np.ndarray) -> SignificanceTest:
        return pooled_wald("pooled_wald_F", first.n, b[:, places], v[:, places[:, None], places], df)

    known = [auc.auc for auc in aucs if auc]
    return Fitted(
        base=first.base,
        coefficients=_pooled(b[:, slopes], np.diagonal(v, axis1=1, axis2=2)[:, slopes], df, level),
        effects=_pooled([e.estimate for e in effects], [e.std_error**2 for e in effects], df, level),
        joint=tuple(joint(_places(first, predictor.columns)) for predictor in columns.predictors),
        overall=joint(slopes),
        # of those without a missing answer: on all imputations it would take too long
        importance=_importance(design, outcome, columns, columns.of(columns.values), level) if importance else None,
        checks=tuple(not_estimable(name, first.n, OF_IMPUTATIONS) for name in _check_names(design, outcome)),
        mcfadden=float(np.mean([fit.mcfadden for fit in fits])),
        auc=Discrimination(float(np.mean(known)), np.nan, np.nan) if known else None,
        inflation=np.mean([_inflation(fit, columns) for fit in fits], axis=0),
        imputations=imputations,
    )


def regressed(
    design: SampleDesign, outcome: Outcome, names: Sequence[str], x: np.ndarray
) -> tuple[Regression, tuple[str, ...]]:
    """Return the fit and the terms that separate the outcome, which leave it without an estimate.

    Separation is looked for only where the likelihood has no credible maximum: its search costs an import.
    """
    fit = regress(design, outcome.kind, outcome.codes, x, names)
    if fit.note and not fit.note.endswith(NO_MAXIMUM):
        return fit, ()
    if fit.is_estimated:
        linear = x[fit.base] @ fit.coefficients[_slopes(fit)].reshape(-1, len(names)).T
        if np.ptp(linear, axis=0).max() < FURTHEST:
            return fit, ()
    found: dict[str, None] = {}
    for cut in range(1, len(outcome.categories)):
        # multinomial: each category against the base
        inside = (outcome.codes == cut) if outcome.kind == "multinomial" else (outcome.codes >= cut)
        against = (outcome.codes == 0) if outcome.kind == "multinomial" else (outcome.codes >= 0) & ~inside
        codes = np.where(inside, 1, np.where(against, 0, -1))
        if not aliased(x[fit.base & (codes >= 0)], names):
            found |= dict.fromkeys(separated_columns(codes, x, names))
    if not found:
        return fit, ()
    note = f"not estimable: the outcome is separated by {', '.join(found)}; join answers or leave it out"
    return replace(fit, coefficients=np.full_like(fit.coefficients, np.nan), note=note), tuple(found)


def _penalised(
    design: SampleDesign,
    outcome: Outcome,
    columns: Columns,
    x: np.ndarray,
    failed: Regression,
    separated: tuple[str, ...],
    level: float,
) -> Fitted | NotFitted:
    """Return the model with Firth's penalty: profile intervals, likelihood-ratio tests, effects without interval."""
    try:
        found = firth(design, outcome.codes, x, level)
    except np.linalg.LinAlgError:
        return NotFitted(failed.n, f"not estimable: {NO_MAXIMUM}")
    n, q = found.n, found.coefficients.size
    # for the probabilities alone: its covariance means nothing
    fit = replace(
        failed,
        coefficients=found.coefficients,
        covariance=np.zeros((q, q)),
        influence=np.zeros((design.n, q)),
        df=max(domain_df(design, failed.base) + 1 - q, 1),
        note="",
    )
    effects = _effects(design, columns, x, fit, level).estimate
    unknown, unknowns = np.full(q - 1, np.nan), np.full(effects.size, np.nan)
    slopes = Numbers(
        found.coefficients[1:], found.std_error[1:], found.low[1:], found.high[1:], found.p_value[1:], unknown
    )
    none = not_estimable("firth_lr", n, OF_PENALTY)
    joint = tuple(
        SignificanceTest("firth_lr", n, p_value=max(float(found.p_value[1 + predictor.columns[0]]), SMALLEST_P))
        if len(predictor.columns) == 1
        else none
        for predictor in columns.predictors
    )
    return Fitted(
        base=failed.base,
        coefficients=slopes,
        effects=Numbers(effects, unknowns, unknowns, unknowns, unknowns, unknowns),
        joint=joint,
        overall=none,
        checks=tuple(not_estimable(name, n, OF_PENALTY) for name in _check_names(design, outcome)),
        auc=_auc(design, outcome, x, fit, level),
        separated=separated,
    )


def _effects(design: SampleDesign, columns: Columns, x: np.ndarray, fit: Regression, level: float) -> Effects:
    """Return the average marginal effects of all terms, one after the other."""
    parts = [average_marginal_effects(design, fit, x, predictor, level) for predictor in columns.predictors]
    names = ("estimate", "std_error", "low", "high", "p_value")
    return Effects(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def _checks(
    design: SampleDesign, outcome: Outcome, columns: Columns, x: np.ndarray, fit: Regression
) -> tuple[SignificanceTest, ...]:
    if outcome.kind == "binary":
        return (calibration(design, fit, outcome.codes, x),)
    if outcome.kind == "ordinal":
        return (proportional_odds(design, outcome.codes, x, columns.names, len(outcome.categories)),)
    return ()


def _importance(
    design: SampleDesign, outcome: Outcome, columns: Columns, x: np.ndarray, level: float
) -> Importance | None:
    if outcome.kind != "binary" or len(columns.predictors) > MOST_PREDICTORS:
        return None
    return logit_dominance(design, outcome.codes, x, columns.predictors, level)


def _check_names(design: SampleDesign, outcome: Outcome) -> tuple[str, ...]:
    if outcome.kind == "binary":
        return ("hosmer_lemeshow" if design.is_simple else "archer_lemeshow_F",)
    return ("brant" if design.is_simple else "brant_F",) if outcome.kind == "ordinal" else ()


def _auc(design: SampleDesign, outcome: Outcome, x: np.ndarray, fit: Regression, level: float) -> Discrimination | None:
    if outcome.kind != "binary":
        return None
    score = expit(fit.coefficients[0] + x[fit.base] @ fit.coefficients[1:])
    return discrimination(outcome.codes[fit.base], score, design.weights[fit.base], level)


def _inflation(fit: Regression, columns: Columns) -> np.ndarray:
    if fit.kind == "multinomial":
        return np.empty(0)
    widths = np.array([len(predictor.columns) for predictor in columns.predictors])
    return np.asarray(generalised_vif(fit, columns.predictors) ** (1 / (2 * widths)))


def _slopes(fit: Regression) -> np.ndarray:
    """Return the places of all slopes, outcome category by outcome category."""
    return np.array([fit.slopes(column) for column in range(len(fit.columns))]).T.ravel()


def _places(fit: Regression, columns: Sequence[int]) -> np.ndarray:
    return np.concatenate([fit.slopes(column) for column in columns])


def _numbers(found: Effects, df: int) -> Numbers:
    df_of_each = np.full(found.estimate.size, float(df))
    return Numbers(found.estimate, found.std_error, found.low, found.high, found.p_value, df_of_each)


def _pooled(
    estimates: Sequence[np.ndarray] | np.ndarray,
    variances: Sequence[np.ndarray] | np.ndarray,
    df: int,
    level: float,
) -> Numbers:
    found = pool(np.asarray(estimates), np.asarray(variances), df, level)
    with np.errstate(invalid="ignore", divide="ignore"):
        p = 2 * stdtr(found.df, -np.abs(found.estimate / found.std_error))
    p = np.maximum(p, SMALLEST_P)
    return Numbers(found.estimate, found.std_error, found.low, found.high, p, found.df, found.fmi)
