"""Rows of the analysis `scales`: how reliably each construct is measured, and how its items do."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from b2bsurvey.analyses.scale_rows import Place, Scale, diagnostic, refused, scale_row
from b2bsurvey.derived import scored
from b2bsurvey.design import Survey
from b2bsurvey.estimates import ONE_RESPONDENT, Row
from b2bsurvey.statistics.confirmatory import RMSEA_LEVEL, FactorModel
from b2bsurvey.statistics.intervals import student
from b2bsurvey.statistics.linearisation import means, variances
from b2bsurvey.statistics.reliability import average_variance_extracted, omega_total, reliability

SATURATED = "the model has no degrees of freedom, so its fit cannot be judged"
INDICES = ("cfi", "tli", "rmsea", "srmr")


@dataclass(frozen=True, eq=False)
class Measurement:
    """How a construct is measured: its items' loadings (k,) with bounds, and residual variances, in a fitted model.

    `standardised`, `low` and `high` are standardised, `loadings` and `residuals` in the items' units. All are NaN
    with the reason in `note` where the model could not be fitted or has an impossible value.
    """

    model: str
    loadings: np.ndarray
    residuals: np.ndarray
    standardised: np.ndarray
    low: np.ndarray
    high: np.ndarray
    n: int
    note: str

    @property
    def average_variance(self) -> float:
        """The average variance extracted, of standardised loadings."""
        return average_variance_extracted(self.standardised)


def measured(fitted: FactorModel, codes: Sequence[int], place: int, model: str) -> Measurement:
    """Return the measurement of the construct with the code `place`; `codes` (k,) are the items' in the model."""
    own = np.asarray(codes) == place
    if fitted.note:
        nothing = np.full(int(own.sum()), np.nan)
        return Measurement(model, nothing, nothing, nothing, nothing, nothing, fitted.n, refused(fitted.note))
    columns = (fitted.loadings, fitted.standardised, fitted.low, fitted.high)
    loadings, standardised, low, high = (values[own, place] for values in columns)
    return Measurement(model, loadings, fitted.residual_variances[own], standardised, low, high, fitted.n, "")


def measurements(
    scales: Iterable[Scale], alone: Mapping[str, FactorModel], joint: Mapping[str, Measurement]
) -> dict[str, Measurement]:
    """Return how each construct is measured: by its own model, or with 2 items by the joint model that it is in.

    A model of one factor needs at least 3 items; beside other factors 2 are enough.
    """
    found = {}
    for scale in scales:
        own = measured(alone[scale.name], [0] * scale.items.shape[1], 0, "one_factor")
        found[scale.name] = joint.get(scale.name, own) if scale.items.shape[1] < 3 else own
    return found


def reliability_rows(survey: Survey, scale: Scale, found: Measurement) -> Iterator[Row]:
    """Yield alpha, omega, composite reliability and AVE of a construct, the spread of its scores, and its items."""
    level = survey.inference.confidence_level
    place = {"question": scale.name, "construct": scale.name}
    alpha = reliability(scale.items, level)
    why = alpha.note or "not estimable: the items cancel each other out"
    yield scale_row(survey, place, "alpha", alpha.alpha, alpha.n, why, (alpha.low, alpha.high), "feldt")
    yield scale_row(survey, place, "mean_correlation", alpha.mean_correlation, alpha.n, why)
    numbers = {
        "omega": omega_total(found.loadings, found.residuals),
        "composite_reliability": omega_total(found.standardised, 1 - found.standardised**2),
        "ave": found.average_variance,
        "ave_root": np.sqrt(found.average_variance),
    }
    for statistic, value in numbers.items():
        yield scale_row(survey, place | {"model": found.model}, statistic, value, found.n, found.note)
    yield _spread(survey, place, survey.responses.values[scale.name].to_numpy(dtype=float))
    for i, item in enumerate(scale.construct.items):
        at = place | {"item": item}
        values = scored(survey.responses, survey.questionnaire.owner(item), item)
        yield _mean(survey, at, values)
        yield _spread(survey, at, values)
        yield scale_row(survey, at, "item_rest", alpha.item_rest[i], alpha.n, why)
        lone = why if alpha.note else "not estimable: a scale needs at least 2 items"
        yield scale_row(survey, at, "alpha_if_dropped", alpha.if_dropped[i], alpha.n, lone)
        bounds, at = (found.low[i], found.high[i]), at | {"model": found.model}
        yield scale_row(survey, at, "loading", found.standardised[i], found.n, found.note, bounds, "delta")


def fit_rows(survey: Survey, place: Place, fitted: FactorModel) -> Iterator[Row]:
    """Yield the indices of fit of a model; RMSEA with its 90 % interval."""
    judged, why = not fitted.note and fitted.df > 0, refused(fitted.note or SATURATED)
    for index in INDICES:
        bounds = (fitted.rmsea_low, fitted.rmsea_high) if index == "rmsea" else (None, None)
        value = getattr(fitted, index) if judged else np.nan
        yield scale_row(survey, place, index, value, fitted.n, why, bounds, "noncentral_chi2", RMSEA_LEVEL)


def fit_test(survey: Survey, place: Place, fitted: FactorModel) -> Row:
    """Return the χ² test of a model against its own residuals: a diagnostic."""
    p_value = np.nan if fitted.note else fitted.p_value
    why = refused(fitted.note or SATURATED)
    return diagnostic(survey, place, "cfa_chi2", fitted.n, fitted.chi2, fitted.df, p_value, why)


def _mean(survey: Survey, place: Place, values: np.ndarray) -> Row:
    """Return the mean of an item's valid scores under the design, reversed items turned round."""
    known = np.isfinite(values)
    n = int(known.sum())
    if survey.design is None or not n:
        return scale_row(survey, place, "mean", np.nan, n, "nobody is in the base")
    found, df = means(survey.design, values, known), float(survey.design.df)
    estimate, error = float(found.estimate[0]), float(found.std_error[0])
    if n == 1:
        return scale_row(survey, place, "mean", estimate, n, weighted=True) | {"note": ONE_RESPONDENT}
    low, high = student(estimate, error, df, survey.inference.confidence_level)
    row = scale_row(survey, place, "mean", estimate, n, "", (float(low), float(high)), "student", weighted=True)
    return row | {"std_error": error, "df": df}


def _spread(survey: Survey, place: Place, values: np.ndarray) -> Row:
    """Return the standard deviation of scores under the design."""
    known = np.isfinite(values)
    n = int(known.sum())
    if survey.design is None or n < 2:
        why = "not estimable: a standard deviation needs at least 2 respondents"
        return scale_row(survey, place, "sd", np.nan, n, why)
    value = float(np.sqrt(variances(survey.design, values, known).estimate[0]))
    return scale_row(survey, place, "sd", value, n, weighted=True)
