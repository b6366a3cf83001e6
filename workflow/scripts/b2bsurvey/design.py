"""The Survey: responses together with the one design that governs every number."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from b2bsurvey.config import Inference, Outcomes, Wave
from b2bsurvey.errors import StudyError, nearest
from b2bsurvey.questionnaire import Question, Questionnaire, Variable
from b2bsurvey.questionnaire_file import load_questionnaire
from b2bsurvey.responses import Mask, Responses, holds, read_parquet
from b2bsurvey.sampling import WeightingReport, clusters_of, crossings_of, population_of, strata_of
from b2bsurvey.statistics.linearisation import Calibration, SampleDesign
from b2bsurvey.tables import read_table


@dataclass(frozen=True)
class Survey:
    """What analyses accept: responses, what was asked, how respondents were sampled and weighted, and the ledger.

    `unit` is what a respondent stands for. `design` is None when nobody is left after screening; everything is then
    not estimable.
    """

    wave: str
    responses: Responses
    questionnaire: Questionnaire
    ledger: pd.DataFrame
    sampling: str
    origin: str
    inference: Inference
    design: SampleDesign | None
    design_label: str
    rebuilt_from: tuple[frozenset[str], ...] = ()
    outcomes: Outcomes = field(default_factory=Outcomes)
    unit: Literal["person", "firm"] = "person"
    weighting: WeightingReport = field(default_factory=WeightingReport)

    @property
    def is_probability(self) -> bool:
        """Whether intervals have a sampling meaning; otherwise they are model-based."""
        return self.sampling in ("probability", "census")

    def base(self, question: Question, variable: Variable, base: str) -> Mask:
        """Return (n,) bool: who is in the base of a percentage of `variable`.

        `all` respondents, those `asked`, those who `answered` (don't know and refusals included), those with a
        `valid` answer, or the members of a named filter.
        """
        match base:
            case "all":
                return np.ones(len(self.responses), bool)
            case "asked":
                return self.responses.is_asked(variable.name)
            case "answered":
                return self.responses.is_answered(variable.name)
            case "valid":
                return self.responses.is_valid(variable.name)
            case _:
                return holds(self.questionnaire.filters[base], self.responses, self.questionnaire)[0]

    def refusal(self, *questions: str) -> str:
        """Say why a joint distribution of `questions` may not be used; empty where it may.

        Respondents rebuilt from published tables carry only the joints of those tables. A net or map of a
        question is covered by any table of that question.
        """
        names = set(questions)
        if self.origin != "rebuilt" or len(names) < 2:
            return ""
        if any(all(self._covered(name, joint) for name in names) for joint in self.rebuilt_from):
            return ""
        return f"the respondents were rebuilt without the joint distribution of {' and '.join(sorted(names))}"

    def _covered(self, name: str, joint: frozenset[str]) -> bool:
        if name in joint:
            return True
        derivation = self.questionnaire.questions[name].derivation
        return derivation is not None and derivation.method in ("net", "map") and derivation.of[0] in joint

    def refusal_within(self, question: Question) -> str:
        """Say why the joint distribution of a question's own items may not be used; empty where it may."""
        derivation = question.derivation
        several = bool(question.items) or (derivation is not None and derivation.method not in ("net", "map", "band"))
        if self.origin != "rebuilt" or not several:
            return ""
        return f"the respondents were rebuilt without the joint distribution of the items of {question.name}"


def survey_of(
    responses: Responses,
    questionnaire: Questionnaire,
    ledger: pd.DataFrame,
    wave: Wave,
    inference: Inference,
    weighting: WeightingReport | None = None,
) -> Survey:
    """Put responses and design together; `weighting` says how the weights among the responses were made.

    Raises:
        StudyError: for an unknown design variable, a population not larger than the sample (unless a census),
            a stratum without population, or weights that are no weights.
    """
    _joints_are_known(questionnaire, wave)
    design = _design(responses, questionnaire, wave) if len(responses) else None
    return Survey(
        wave=wave.name,
        responses=responses,
        questionnaire=questionnaire,
        ledger=ledger,
        sampling=wave.sampling,
        origin=wave.origin,
        inference=inference,
        design=design,
        design_label=f"{wave.sampling}: {', '.join(_parts(design, wave))}",
        rebuilt_from=tuple(frozenset(joint) for joint in wave.rebuilt_from),
        outcomes=wave.outcomes,
        unit=wave.unit,
        weighting=weighting or WeightingReport(),
    )


def read_survey(wave: Wave, inference: Inference, *, responses: str, ledger: str, weighting: str) -> Survey:
    """Read the survey of a wave from what screening wrote: paths as the workflow lays them out.

    Raises:
        StudyError: as `survey_of`.
    """
    questionnaire = load_questionnaire(Path(wave.questionnaire), wave=wave.name)
    weighed = WeightingReport(**json.loads(Path(weighting).read_text(encoding="utf-8")))
    return survey_of(
        read_parquet(responses, questionnaire), questionnaire, read_table(ledger), wave, inference, weighed
    )


def _design(responses: Responses, questionnaire: Questionnaire, wave: Wave) -> SampleDesign:
    respondents = responses.respondents
    weights = respondents["weight"].to_numpy(float) if "weight" in respondents else np.ones(len(responses))
    strata = strata_of(responses, questionnaire, wave)
    clusters = clusters_of(responses, questionnaire, wave)
    population = population_of(responses, wave, strata, clusters)
    calibration = None
    if "base_weight" in respondents:
        margins = np.column_stack([c.codes for c in crossings_of(responses, questionnaire, wave)])
        calibration = Calibration(weights, margins)
    return SampleDesign(weights, strata, clusters, population, calibration)


def _parts(design: SampleDesign | None, wave: Wave) -> list[str]:
    """Return what the design is made of, as codes."""
    if design is None:
        return ["unweighted"]
    calibrated = "raked" if wave.weighting.rake else "post_stratified"
    present = {
        calibrated: design.calibration is not None,
        "strata": design.strata is not None,
        "clusters": design.clusters is not None,
        "fpc": design.population is not None,
    }
    return ["unweighted" if design.is_equally_weighted else "weighted", *(p for p, there in present.items() if there)]


def _joints_are_known(questionnaire: Questionnaire, wave: Wave) -> None:
    for name in (n for joint in wave.rebuilt_from for n in joint):
        if name not in questionnaire.questions:
            raise StudyError(
                f"{wave.line}: rebuilt_from names '{name}', which is not a question of {questionnaire.file}"
                f"{nearest(name, questionnaire.questions)}; correct it."
            )
