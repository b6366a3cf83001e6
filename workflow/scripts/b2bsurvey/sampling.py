"""How respondents were sampled and weighted: stratum, primary unit and population of each, and what weights match."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from b2bsurvey.config import Wave
from b2bsurvey.errors import StudyError, nearest
from b2bsurvey.questionnaire import Questionnaire
from b2bsurvey.responses import Responses
from b2bsurvey.statistics.linearisation import crossed

Names = tuple[str, ...]
Codes = tuple[str, ...]


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


def category_codes(responses: Responses, questionnaire: Questionnaire, name: str, purpose: str) -> np.ndarray:
    """Return (n,) the place of each respondent's answer to a closed question, −1 where there is none.

    Raises:
        StudyError: when `name` is no closed question; the sentence begins with `purpose`: where it was named, and why.
    """
    known = [v.name for v in questionnaire.variables if v.kind == "category"]
    if name not in known:
        raise StudyError(
            f"{purpose} '{name}', which is not a closed question of {questionnaire.file}{nearest(name, known)}; "
            "correct it."
        )
    return responses.values[name].cat.codes.to_numpy(dtype=int)


def strata_of(responses: Responses, questionnaire: Questionnaire, wave: Wave) -> np.ndarray | None:
    """Return (n,) codes of the strata, None without any."""
    return _named(responses, questionnaire, wave, wave.design.strata)


def clusters_of(responses: Responses, questionnaire: Questionnaire, wave: Wave) -> np.ndarray | None:
    """Return (n,) codes of the primary sampling units, None where each respondent is one: clusters, or firms."""
    if wave.firm_id is not None:
        return pd.factorize(responses.respondents["firm"])[0]
    return _named(responses, questionnaire, wave, wave.design.cluster)


def _named(responses: Responses, questionnaire: Questionnaire, wave: Wave, name: str | None) -> np.ndarray | None:
    if name is None:
        return None
    return category_codes(responses, questionnaire, name, f"{wave.line}: the design names")


def population_of(
    responses: Responses, wave: Wave, strata: np.ndarray | None, clusters: np.ndarray | None
) -> np.ndarray | None:
    """Return (n,) the number of primary units (clusters where there are any) in the row's part of the population.

    Raises:
        StudyError: for a stratum without population, one number for several strata, or a population not larger than the
            sample (unless a census).
    """
    fpc, n = wave.design.fpc, len(responses)
    if fpc is None:
        return None
    if isinstance(fpc, Mapping):
        if strata is None or wave.design.strata is None:
            raise StudyError(f"{wave.line}: fpc is given by stratum, but the design has no strata; give one number.")
        labels = responses.values[wave.design.strata].astype(object)
        sizes = labels.map(dict(fpc))
        if sizes.isna().any():
            lacking = labels[sizes.isna()].iloc[0]
            raise StudyError(f"{wave.line}: fpc lacks the population of the stratum '{lacking}'; add it.")
        _not_taken_whole(wave, float(sum(fpc[s] for s in set(labels))), _units(strata, clusters), clusters is not None)
        return sizes.to_numpy(dtype=float)
    if strata is not None:
        raise StudyError(f"{wave.line}: the design has strata, so fpc needs the population of each; give N by stratum.")
    _not_taken_whole(wave, fpc, n if clusters is None else len(np.unique(clusters)), clusters is not None)
    return np.full(n, float(fpc))


def _units(strata: np.ndarray, clusters: np.ndarray | None) -> int:
    """Return how many primary units the strata hold: the same cluster in two strata is two."""
    return len(strata) if clusters is None else len(np.unique(np.column_stack([strata, clusters]), axis=0))


def _not_taken_whole(wave: Wave, population: float, units: int, are_clusters: bool) -> None:
    """Stop where a sample is no smaller than its population, unless everybody was asked."""
    if population < units or (population == units and wave.sampling != "census"):
        what = "clusters" if are_clusters else "respondents"
        raise StudyError(
            f"{wave.line}: the population (fpc: {population:.10g}) is not larger than the {units} {what} in the "
            "sample; correct it or say 'sampling: census' if it was taken whole."
        )


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
