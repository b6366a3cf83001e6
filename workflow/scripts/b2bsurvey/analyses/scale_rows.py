"""What the rows of the analysis `scales` are made from: constructs with their items, pools of items, columns."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from b2bsurvey.comparisons import UNWEIGHTED
from b2bsurvey.derived import scored
from b2bsurvey.design import Survey
from b2bsurvey.estimates import Row
from b2bsurvey.questionnaire import Construct
from b2bsurvey.statistics.significance import PLAIN
from b2bsurvey.tables import SMALL_BASE, row_id

ANALYSIS = "scales"
# in what a statistic is; any other is a ratio
MEASURED_IN = {
    **dict.fromkeys(("mean", "sd"), "points"),
    **dict.fromkeys(("communality", "explained", "single_factor"), "probability"),
    **dict.fromkeys(("mean_correlation", "item_rest", "loading", "factor_correlation"), "correlation"),
    **dict.fromkeys(("correlation", "latent_correlation", "marker_correlation"), "correlation"),
    **dict.fromkeys(("method_correlation", "adjusted_correlation"), "correlation"),
    **dict.fromkeys(("intercept_difference", "loading_difference"), "points"),
    "factors": "count",
    "invariance": "level",
    "factor_mean": "sd",
}
Place = Mapping[str, str]  # columns that say what a number is of


@dataclass(frozen=True, eq=False)
class Scale:
    """A construct and its items' scores (n, k), reversed items turned round, NaN where missing."""

    construct: Construct
    items: np.ndarray

    @property
    def name(self) -> str:
        """The name of the construct."""
        return self.construct.name


@dataclass(frozen=True)
class Pool:
    """Items that are analysed together: those of one battery, or (without a question) of all constructs."""

    question: str
    items: tuple[str, ...]
    scales: tuple[Scale, ...]


def scales_of(survey: Survey) -> list[Scale]:
    """Return the constructs of the questionnaire whose items may be analysed together."""
    questionnaire = survey.questionnaire
    return [
        Scale(construct, scores_of(survey, construct.items))
        for construct in questionnaire.constructs.values()
        if not survey.refusal_within(questionnaire.questions[construct.name])
    ]


def scores_of(survey: Survey, items: Iterable[str]) -> np.ndarray:
    """Return the scores (n, k) of items in the order of the respondents' keys, so that the file's order plays no part.

    For what counts respondents alike; weighted numbers take them in the order of the design.
    """
    order = np.argsort(survey.responses.respondents["respondent"].to_numpy(dtype=str), kind="stable")
    columns = [scored(survey.responses, survey.questionnaire.owner(item), item) for item in items]
    return np.column_stack(columns)[order]


def pools_of(survey: Survey, scales: Iterable[Scale]) -> list[Pool]:
    """Return the items of constructs by battery, and all of them where there are several batteries.

    The pool of all holds constructs of at least 3 items only.
    """
    scales = list(scales)
    batteries: dict[str, dict[str, None]] = {}
    for scale in scales:
        for item in scale.construct.items:
            batteries.setdefault(survey.questionnaire.owner(item).name, {})[item] = None
    pools = [
        Pool(name, tuple(items), tuple(s for s in scales if set(s.construct.items) <= set(items)))
        for name, items in batteries.items()
    ]
    large = tuple(s for s in scales if len(s.construct.items) > 2)
    if len(batteries) > 1:
        pools.append(Pool("", tuple(dict.fromkeys(i for s in large for i in s.construct.items)), large))
    return pools


def scale_row(
    survey: Survey,
    place: Place,
    statistic: str,
    estimate: float,
    n: int,
    why: str = "",
    interval: tuple[float | None, float | None] = (None, None),
    method: str = "",
    level: float | None = None,
    weighted: bool = False,
) -> Row:
    """Return a row of the Estimates table; not estimable for the reason `why` where `estimate` is not a number.

    Numbers that are not `weighted` say so where the design has more than equal weights.
    """
    keys = ("question", "construct", "item", "item2", "segment", "level", "term", "reference", "model")
    row: Row = {
        "estimate_id": row_id(survey.wave, ANALYSIS, *(place.get(key, "") for key in keys), statistic),
        "wave": survey.wave,
        "analysis": ANALYSIS,
        "question": "",
        "statistic": statistic,
        "scale": MEASURED_IN.get(statistic, "ratio"),
        "base": "valid",
        "n": n,
        "design": survey.design_label,
        "origin": survey.origin,
        **place,
    }
    if not math.isfinite(estimate):
        return row | {"status": "not_estimable", "note": why}
    row |= {"estimate": float(estimate), "status": "ok" if n >= SMALL_BASE else "small_base"}
    row |= {"note": "" if weighted else unweighted(survey)}
    low, high = interval
    if low is None or high is None or not (math.isfinite(low) and math.isfinite(high)):
        return row
    return row | {
        "ci_low": float(low),
        "ci_high": float(high),
        "conf_level": level or survey.inference.confidence_level,
        "ci_method": method if survey.is_probability else f"{method}, model-based",
    }


def diagnostic(
    survey: Survey, place: Place, test: str, n: int, statistic: float, df: int, p_value: float, why: str
) -> Row:
    """Return a row of the Tests table for a test of a model or a matrix: unadjusted, in the family `diagnostic`."""
    keys = ("question", "segment", "model")
    row: Row = {
        "test_id": row_id(survey.wave, ANALYSIS, *(place.get(key, "") for key in keys), test),
        "wave": survey.wave,
        "analysis": ANALYSIS,
        "family": "diagnostic",
        "role": "diagnostic",
        "test": test,
        "method_reason": unweighted(survey) or PLAIN,
        "adjustment": "none",
        "n": n,
        "design": survey.design_label,
        **place,
    }
    if not math.isfinite(p_value):
        return row | {"status": "not_estimable", "note": why}
    numbers = {"statistic": statistic, "df1": float(df), "p_value": p_value}
    return row | numbers | {"status": "ok", "note": unweighted(survey)}


def unweighted(survey: Survey) -> str:
    """Return the note on numbers that have no weighted form; empty where the design has nothing but equal weights."""
    return "" if survey.design is None or survey.design.is_simple else UNWEIGHTED


def refused(note: str) -> str:
    """Return why a model gives no numbers: it cannot be fitted, or its solution has an impossible value."""
    return note if note.startswith("not estimable") else f"not estimable: {note}"
