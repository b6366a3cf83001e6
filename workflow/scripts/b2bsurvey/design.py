"""The Survey: responses together with the one design that governs every number."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from b2bsurvey.config import Inference, Outcomes, Wave
from b2bsurvey.errors import StudyError, nearest
from b2bsurvey.questionnaire import Question, Questionnaire, Variable
from b2bsurvey.responses import Mask, Responses, holds
from b2bsurvey.statistics.linearisation import SampleDesign


@dataclass(frozen=True)
class Survey:
    """What analyses accept: responses, what was asked, how respondents were sampled, and the ledger.

    `design` is None when nobody is left after screening; everything is then not estimable.
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
    responses: Responses, questionnaire: Questionnaire, ledger: pd.DataFrame, wave: Wave, inference: Inference
) -> Survey:
    """Put responses and design together.

    Raises:
        StudyError: for an unknown design variable, a population not larger than the sample (unless a census),
            a stratum without population, or weights that are no weights.
    """
    respondents = responses.respondents
    weights = respondents["weight"].to_numpy(float) if "weight" in respondents else np.ones(len(responses))
    _joints_are_known(questionnaire, wave)
    strata = _codes(responses, questionnaire, wave, wave.design.strata)
    clusters = _codes(responses, questionnaire, wave, wave.design.cluster)
    units = len(responses) if clusters is None else len(np.unique(clusters))
    population = _population(responses, wave, strata, units)
    parts = ["weighted" if "weight" in respondents else "unweighted"]
    parts += [
        name for name, given in (("strata", strata), ("clusters", clusters), ("fpc", population)) if given is not None
    ]
    return Survey(
        wave=wave.name,
        responses=responses,
        questionnaire=questionnaire,
        ledger=ledger,
        sampling=wave.sampling,
        origin=wave.origin,
        inference=inference,
        design=SampleDesign(weights, strata, clusters, population) if len(responses) else None,
        design_label=f"{wave.sampling}: {', '.join(parts)}",
        rebuilt_from=tuple(frozenset(joint) for joint in wave.rebuilt_from),
        outcomes=wave.outcomes,
    )


def _joints_are_known(questionnaire: Questionnaire, wave: Wave) -> None:
    for name in (n for joint in wave.rebuilt_from for n in joint):
        if name not in questionnaire.questions:
            raise StudyError(
                f"{wave.line}: rebuilt_from names '{name}', which is not a question of {questionnaire.file}"
                f"{nearest(name, questionnaire.questions)}; correct it."
            )


def _codes(responses: Responses, questionnaire: Questionnaire, wave: Wave, name: str | None) -> np.ndarray | None:
    if name is None:
        return None
    known = [v.name for v in questionnaire.variables if v.kind == "category"]
    if name not in known:
        raise StudyError(
            f"{wave.line}: the design names '{name}', which is not a closed question of {questionnaire.file}"
            f"{nearest(name, known)}; correct it."
        )
    return responses.values[name].cat.codes.to_numpy(dtype=int)


def _population(responses: Responses, wave: Wave, strata: np.ndarray | None, units: int) -> np.ndarray | None:
    """Return (n,) the number of primary units (clusters where there are any) in the row's part of the population."""
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
        return sizes.to_numpy(dtype=float)
    if fpc < units or (fpc == units and wave.sampling != "census"):
        what = "clusters" if wave.design.cluster else "respondents"
        raise StudyError(
            f"{wave.line}: the population (fpc: {fpc}) is not larger than the {units} {what} in the sample; correct it "
            "or say 'sampling: census' if it was taken whole."
        )
    return np.full(n, float(fpc))
