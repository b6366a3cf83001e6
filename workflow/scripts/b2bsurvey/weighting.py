"""Weights of the respondents: as the export gives them, from the sampling design, or made to match a population."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from b2bsurvey.config import Wave
from b2bsurvey.errors import StudyError
from b2bsurvey.population import Codes, Names, Population
from b2bsurvey.questionnaire import Questionnaire
from b2bsurvey.responses import Responses
from b2bsurvey.sampling import category_codes, clusters_of, population_of, strata_of
from b2bsurvey.statistics.linearisation import crossed
from b2bsurvey.statistics.weighting import Margin, rake, spread


@dataclass(frozen=True)
class WeightingReport:
    """How the weights were made; plain data, to be written as JSON.

    `targets` are the shares (0–1) in the population by variable and code, `population` the number that the weights add
    up to (None: they stand for no population), `unknown` the respondents without an answer to each variable, who as a
    group keep their share of the sample. With trimming, `trimmed` is the share of respondents whose weight lay beyond
    a bound, `moved` the share of all weight that trimming moved, `untrimmed_design_effect` Kish's before it.
    """

    targets: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    population: float | None = None
    unknown: Mapping[str, int] = field(default_factory=dict)
    trimmed: float | None = None
    moved: float | None = None
    untrimmed_design_effect: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return what `WeightingReport(**data)` takes."""
        return asdict(self)


@dataclass(frozen=True, eq=False)
class Crossing:
    """A variable, or several crossed, that weights are calibrated to.

    `codes` (n,) place of each respondent in `categories`, those in use; −1 where an answer is missing.
    """

    names: Names
    codes: np.ndarray
    categories: tuple[Codes, ...]


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


def crossings_of(responses: Responses, questionnaire: Questionnaire, wave: Wave) -> list[Crossing]:
    """Return what the weights are calibrated to: each variable when raked, all of them crossed when post-stratified."""
    variables = wave.weighting.variables
    groups = [variables] if wave.weighting.post_stratify else [(name,) for name in variables]
    return [_crossing(responses, questionnaire, wave, names) for names in groups]


def _crossing(responses: Responses, questionnaire: Questionnaire, wave: Wave, names: Names) -> Crossing:
    purpose = f"{wave.line}: the weights are made with"
    codes = np.column_stack([category_codes(responses, questionnaire, name, purpose) for name in names])
    cells, alike = crossed(codes)
    known = (alike >= 0).all(axis=1)
    answers = [responses.values[name].cat.categories for name in names]
    categories = tuple(tuple(a[code] for a, code in zip(answers, row, strict=True)) for row in alike[known])
    return Crossing(names, np.where(known, np.cumsum(known) - 1, -1)[cells], categories)


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
    remedy = "check the weights in the export"
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
