"""Weights of the respondents: as the export gives them, from the sampling design, or made to match a population."""

from dataclasses import replace

import numpy as np
import pandas as pd

from b2bsurvey.config import Wave
from b2bsurvey.errors import StudyError
from b2bsurvey.population import Population
from b2bsurvey.questionnaire import Questionnaire
from b2bsurvey.responses import Responses
from b2bsurvey.sampling import Crossing, WeightingReport, clusters_of, crossings_of, population_of, strata_of
from b2bsurvey.statistics.weighting import Margin, rake, spread


def weigh(
    responses: Responses, questionnaire: Questionnaire, wave: Wave, population: Population | None = None
) -> tuple[Responses, WeightingReport]:
    """Return the respondents with their weights in the column `weight`, absent where all are 1.

    Base weights are those of the export; else, with a finite population, N/n of the stratum; else 1. Where the unit is
    the firm, its persons share one. They are then raked or post-stratified to the `population`; what they were
    before stands in the column `base_weight`.

    Raises:
        StudyError: for a population table that does not fit the answers or is not larger than the sample (unless a
            census), weights that cannot be made, or a design effect above the one allowed.
    """
    if not len(responses):
        return responses, WeightingReport()
    base = _base_weights(responses, questionnaire, wave)
    if population is None:
        columns = {} if (base == 1).all() else {"weight": base}
        report = WeightingReport(population=float(base.sum()) if _expands(base, wave) else None)
    else:
        weights, report = _calibrated(responses, questionnaire, wave, population, base)
        columns = {"base_weight": base, "weight": weights}
    _check_design_effect(responses, wave, columns.get("weight", base))
    respondents = responses.respondents.assign(**columns)
    return Responses(respondents, responses.values, responses.missing), report


def _base_weights(responses: Responses, questionnaire: Questionnaire, wave: Wave) -> np.ndarray:
    respondents = responses.respondents
    if "weight" in respondents:
        base = respondents["weight"].to_numpy(dtype=float)
    else:
        base = _expansion(responses, questionnaire, wave)
    if wave.unit == "firm" and wave.firm_id is not None:
        base = base / respondents.groupby("firm")["firm"].transform("size").to_numpy()
    return base


def _expansion(responses: Responses, questionnaire: Questionnaire, wave: Wave) -> np.ndarray:
    """Return (n,) primary units in the population for each one sampled, by stratum; 1 without a finite population."""
    strata = strata_of(responses, questionnaire, wave)
    clusters = clusters_of(responses, questionnaire, wave)
    population = population_of(responses, wave, strata, clusters)
    if population is None:
        return np.ones(len(responses))
    units = pd.Series(np.arange(len(responses)) if clusters is None else clusters)
    sampled = units.groupby(np.zeros(len(units)) if strata is None else strata).transform("nunique")
    return population / sampled.to_numpy(dtype=float)


def _expands(weights: np.ndarray, wave: Wave) -> bool:
    """Weights of a random sample that are inverse chances, each at least 1, add up to the population."""
    return wave.sampling in ("probability", "census") and weights.min() >= 1 and weights.max() > 1


def _calibrated(
    responses: Responses, questionnaire: Questionnaire, wave: Wave, population: Population, base: np.ndarray
) -> tuple[np.ndarray, WeightingReport]:
    weighting = wave.weighting
    _population_is_larger(responses, wave, population)
    size = population.total or float(len(responses))  # shares: the weights are 1 on average
    margins = [_margin(crossing, population, size) for crossing in crossings_of(responses, questionnaire, wave)]
    low, high = (weighting.trim.low, weighting.trim.high or np.inf) if weighting.trim else (0.0, np.inf)
    try:
        found = rake(base, margins, low, high)
    except StudyError as error:
        raise StudyError(f"{wave.line}: with {population.file}, {error}") from error
    report = WeightingReport(
        targets={n: {code: s for (code,), s in population.shares((n,)).items()} for n in weighting.variables},
        population=population.total,
        unknown={name: int((~responses.is_valid(name)).sum()) for name in weighting.variables},
    )
    if weighting.trim:
        before = spread(found.untrimmed).design_effect
        trimmed = float(found.trimmed.mean())
        report = replace(report, trimmed=trimmed, moved=found.moved, untrimmed_design_effect=before)
    return found.weights, report


def _margin(crossing: Crossing, population: Population, size: float) -> Margin:
    """Put targets to what is in use, and add what is only in the population."""
    shares = population.shares(crossing.names)
    categories = list(dict.fromkeys((*crossing.categories, *shares)))
    target = np.array([size * shares.get(category, np.nan) for category in categories])
    return Margin(" × ".join(crossing.names), [" × ".join(c) for c in categories], crossing.codes, target)


def _population_is_larger(responses: Responses, wave: Wave, population: Population) -> None:
    by_firm = wave.unit == "firm" and wave.firm_id is not None
    n = responses.respondents["firm"].nunique() if by_firm else len(responses)
    total = population.total
    if total is not None and (total < n or (total == n and wave.sampling != "census")):
        raise StudyError(
            f"{population.file}: the table counts {total:.10g} {wave.unit}s but {n} are in the sample; give the counts "
            "of the whole population, or head the column 'share' if these are shares."
        )


def _check_design_effect(responses: Responses, wave: Wave, weights: np.ndarray) -> None:
    """Stop where a few respondents would stand for most of the population: persons raked to counts of firms do."""
    found, most = spread(weights), wave.weighting.max_design_effect
    if found.design_effect <= most:
        return
    remedy = f"check the weights in the export ('{wave.weight_column}')" if wave.weight_column else "check design.fpc"
    if wave.weighting.variables:
        remedy = (
            f"{_heaviest(responses, wave, weights)}: check that the population table counts what a respondent stands "
            f"for (unit: {wave.unit}), merge categories or trim"
        )
    raise StudyError(
        f"{wave.line}: the weights have a Kish design effect of {found.design_effect:.2f}, above max_design_effect: "
        f"{most:g}, so that {len(weights)} respondents tell no more than {found.n_effective:.0f} would; {remedy}, or "
        "raise max_design_effect."
    )


def _heaviest(responses: Responses, wave: Wave, weights: np.ndarray) -> str:
    """Name the category whose respondents have the largest mean weight."""
    groups = pd.concat(
        {name: pd.Series(weights).groupby(responses.values[name].astype(object)).agg(["size", "sum", "mean"])
         for name in wave.weighting.variables}
    )  # fmt: skip
    (name, code), row = max(groups.iterrows(), key=lambda group: group[1]["mean"])
    share = row["sum"] / weights.sum()
    return f"{row['size']:.0f} respondents with {name} = {code} stand for {100 * share:.0f} % of the population"
