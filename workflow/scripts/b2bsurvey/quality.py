"""How respondents answered their batteries: indices of careless responding, one row a respondent.

An index beyond its cut is a reason to look closer, not proof of carelessness: whom it excludes is decided by the
screening rules.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from b2bsurvey.derived import scored
from b2bsurvey.questionnaire import Question, Questionnaire
from b2bsurvey.responses import Mask, Responses
from b2bsurvey.statistics import careless

LEAST_ANSWERS = 5  # to batteries: an index of fewer says nothing
# which values of an index are beyond its cut, and who proposed it
CUTS: Mapping[str, Callable[[pd.DataFrame], pd.Series]] = {
    "longstring": lambda index: index["longstring"] >= index["answers"] / 2,  # Curran (2016)
    "irv": lambda index: index["irv"] < 1e-9,  # no variation at all
    "even_odd": lambda index: index["even_odd"] < 0.3,  # Johnson (2005)
    "mahalanobis": lambda index: index["mahalanobis_p"] < 0.001,
    "response_time_index": lambda index: index["response_time_index"] > 2,  # Leiner (2019)
}


@dataclass(frozen=True)
class Battery:
    """Items answered on one scale: those of a battery, or of one context of a grid, in the order of the question."""

    question: Question
    context: str
    variables: tuple[str, ...]


def batteries_of(questionnaire: Questionnaire) -> tuple[Battery, ...]:
    """Return all batteries that were asked, in the order of the questionnaire."""
    return tuple(
        Battery(question, context, tuple(v.name for v in question.variables if v.context == context))
        for question in questionnaire.questions.values()
        if question.type in ("battery", "grid") and question.answers
        for context in [c.code for c in question.contexts] or [""]
    )


def answer_places(responses: Responses, battery: Battery) -> np.ndarray:
    """Return (n, items) the place of each answer on its scale, from 0; NaN where there is none."""
    codes = np.column_stack([responses.values[name].cat.codes.to_numpy(dtype=float) for name in battery.variables])
    return np.where(codes < 0, np.nan, codes)


def _scaled(responses: Responses, battery: Battery, turned: bool) -> np.ndarray:
    """Return (n, items) scores from 0 to 1, so that scales of any length count alike."""
    scores = np.column_stack([scored(responses, battery.question, name, turned) for name in battery.variables])
    possible = [answer.score for answer in battery.question.answers]
    return (scores - min(possible)) / (max(possible) - min(possible) or 1.0)


def indices(responses: Responses, questionnaire: Questionnaire, reference: Mask) -> pd.DataFrame:
    """Return the indices of each respondent, NaN where there are too few answers; `beyond` names those past their cut.

    `reference` (n,) bool are those whose mean, covariance and median duration the others are compared with.
    """
    batteries = batteries_of(questionnaire)
    nothing = [np.empty((len(responses), 0))]
    # places of different batteries never equal each other, so no run goes on from one to the next
    runs = np.hstack(nothing + [answer_places(responses, b) + 1000 * i for i, b in enumerate(batteries)])
    as_answered = np.hstack(nothing + [_scaled(responses, b, turned=False) for b in batteries])
    turned = np.hstack(nothing + [_scaled(responses, b, turned=True) for b in batteries])
    given = np.sum(~np.isnan(runs), axis=1)
    distances = careless.mahalanobis(as_answered, reference)
    answered = {
        "longstring": careless.longstring(runs),
        "average_longstring": careless.average_longstring(runs),
        "irv": careless.response_variability(as_answered),
        "even_odd": careless.even_odd(turned, [len(b.variables) for b in batteries]) if batteries else np.nan,
        "mahalanobis": distances.squared,
        "mahalanobis_df": distances.df,
        "mahalanobis_p": distances.p_value,
    }
    enough = given >= LEAST_ANSWERS
    seconds = responses.respondents["duration"].to_numpy(dtype=float)
    finished = reference & (responses.respondents["complete"] != "no").to_numpy(dtype=bool)
    table = pd.DataFrame(
        {"answers": given}
        | {name: np.where(enough, values, np.nan) for name, values in answered.items()}
        | {"duration": seconds, "response_time_index": careless.response_time_index(seconds, finished)}
    )
    beyond = {name: cut(table).to_numpy(dtype=bool) for name, cut in CUTS.items()}
    words = [[name for name, found in beyond.items() if found[row]] for row in range(len(table))]
    return table.assign(beyond=["; ".join(names) for names in words])


def quality(responses: Responses, questionnaire: Questionnaire, ledger: pd.DataFrame, origin: str) -> pd.DataFrame:
    """Return the indices of every row of the export beside what became of it; compared with those analysed.

    A wave of `origin` rebuilt has none: nobody gave these answers one after the other.
    """
    found = indices(responses, questionnaire, (ledger["disposition"] == "analysed").to_numpy(dtype=bool))
    if origin == "rebuilt":
        found = found.assign(**(dict.fromkeys(found.columns, np.nan) | {"beyond": ""}))
    return pd.concat([ledger[["file", "row", "respondent", "disposition", "rule"]], found], axis=1)
