"""Rows of the analysis `scales`: do the language versions of a questionnaire measure a construct alike?"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import ndtri

from b2bsurvey.analyses.scale_reliability import INDICES, SATURATED
from b2bsurvey.analyses.scale_rows import Scale, diagnostic, refused, scale_row
from b2bsurvey.design import Survey
from b2bsurvey.estimates import Row
from b2bsurvey.statistics.confirmatory import RMSEA_LEVEL
from b2bsurvey.statistics.invariance import LEVELS, GroupModel, Invariance, Step, invariance

LANGUAGE = "interview_language"  # the segment of these rows: a fact of the platform, not a question
SMALLEST_GROUP = 50  # complete answers that a language version needs to be compared
PARTIAL = {"metric": "partial_metric", "scalar": "partial_scalar"}  # what a level is called with items freed
FEW = f"not estimable: fewer than 2 groups have {SMALLEST_GROUP} complete answers"
NOT_HELD = "not estimable: the intercepts are not equal between the groups"


@dataclass(frozen=True)
class Grouped:
    """The answers (n_g, k) to the items of one construct by group, and which `segment` the groups are levels of."""

    construct: str
    items: tuple[str, ...]
    segment: str
    answers: Mapping[str, np.ndarray]

    @property
    def large_enough(self) -> "Grouped":
        """The groups with enough complete answers, the largest first: the one that others are measured from."""
        complete = {name: int(np.isfinite(x).all(axis=1).sum()) for name, x in self.answers.items()}
        names = sorted((name for name, n in complete.items() if n >= SMALLEST_GROUP), key=lambda g: (-complete[g], g))
        return replace(self, answers={name: self.answers[name] for name in names})


def by_language(survey: Survey, scale: Scale) -> Grouped:
    """Return the answers to a construct by the language of the interview; no group where the platform names none."""
    respondents = survey.responses.respondents
    spoken = respondents[LANGUAGE].fillna("").astype(str).str.lower().to_numpy(dtype=str)
    spoken = spoken[np.argsort(respondents["respondent"].to_numpy(dtype=str), kind="stable")]  # as `scores_of`
    answers = {str(name): scale.items[spoken == name] for name in np.unique(spoken) if name}
    return Grouped(scale.name, scale.construct.items, LANGUAGE, answers)


def invariance_rows(survey: Survey, grouped: Grouped) -> tuple[list[Row], list[Row]]:
    """Return the rows of Estimates and of Tests on whether groups may be compared on a construct.

    Estimates: the indices of fit of each `model` (configural, metric, scalar; `partial_…` with items freed), how far
    invariance reaches (`invariance`, the place of the level among those of `statistics.invariance`, with the verdict
    as `term`), by how much freed items differ, and each group's factor mean in standard deviations of the largest
    group's. Tests, all diagnostics: χ² of each model, and of what it costs beside the looser one (`invariance`, with
    the change of CFI as effect). Nothing for constructs of fewer than 3 items and where there is only one group.
    Groups may also be waves: `survey` says then which wave the rows are of.
    """
    if len(grouped.items) < 3 or len(grouped.answers) < 2:
        return [], []
    used = grouped.large_enough
    if len(used.answers) < 2:
        n = sum(int(np.isfinite(x).all(axis=1).sum()) for x in grouped.answers.values())
        return [_verdict_row(survey, used, Invariance((n,), note=FEW))], []
    found = invariance(list(used.answers.values()), [0] * len(used.items))
    rows, place = [_verdict_row(survey, used, found)], _place(used)
    tests = []
    for model in found.models:
        at = place | {"model": _name(model)}
        rows += _fit_rows(survey, at, model)
        judged = model.df > 0 and not model.note
        why = refused(model.note or SATURATED)
        tests.append(
            diagnostic(survey, at, "cfa_chi2", model.n, model.chi2, model.df, model.p_value if judged else np.nan, why)
        )
    tests += [_step_row(survey, place, step) for step in found.steps]
    rows += _freed_rows(survey, used, found)
    rows += _mean_rows(survey, used, found)
    return rows, tests


def _place(grouped: Grouped) -> dict[str, str]:
    return {"question": grouped.construct, "construct": grouped.construct, "segment": grouped.segment}


def _name(model: GroupModel) -> str:
    return PARTIAL[model.level] if model.freed else model.level


def _verdict_row(survey: Survey, grouped: Grouped, found: Invariance) -> Row:
    reached = np.nan if found.note else LEVELS.index(found.reached.level) if found.reached else -1
    place = _place(grouped) | {"term": found.verdict}
    return scale_row(survey, place, "invariance", reached, sum(found.n), refused(found.note) if found.note else "")


def _fit_rows(survey: Survey, place: dict[str, str], model: GroupModel) -> Iterator[Row]:
    judged, why = not model.note and model.df > 0, refused(model.note or SATURATED)
    for index in INDICES:
        bounds = (model.rmsea_low, model.rmsea_high) if index == "rmsea" else (None, None)
        value = getattr(model, index) if judged else np.nan
        yield scale_row(survey, place, index, value, model.n, why, bounds, "noncentral_chi2", RMSEA_LEVEL)


def _step_row(survey: Survey, place: dict[str, str], step: Step) -> Row:
    at = place | {"model": _name(step.model), "comparison": _name(step.looser)}
    why = refused(step.model.note)
    row = diagnostic(survey, at, "invariance", step.model.n, step.chi2, step.df, step.p_value, why)
    return row if row["status"] != "ok" else row | {"effect_name": "cfi_change", "effect": step.cfi}


def _freed_rows(survey: Survey, grouped: Grouped, found: Invariance) -> Iterator[Row]:
    """Yield by how much the intercept or the loading of each freed item differs from that in the first group."""
    model, names = found.reached, list(grouped.answers)
    if model is None:
        return
    for item, level in sorted(model.freed.items()):
        values = model.loadings[:, item, 0] if level == "metric" else model.intercepts[:, item]
        statistic = "loading_difference" if level == "metric" else "intercept_difference"
        for name, value in list(zip(names, values, strict=True))[1:]:
            at = {"item": grouped.items[item], "model": _name(model), "level": name, "level2": names[0]}
            yield scale_row(survey, _place(grouped) | at, statistic, value - values[0], model.n)


def _mean_rows(survey: Survey, grouped: Grouped, found: Invariance) -> Iterator[Row]:
    """Yield the mean of the factor in each group; not estimable where intercepts are not held equal."""
    names, comparable = list(grouped.answers), found.verdict in ("comparable", "partly")
    half = ndtri((1 + survey.inference.confidence_level) / 2)
    for g, (name, n) in enumerate(zip(names, found.n, strict=True)):
        at = _place(grouped) | {"level": name, "level2": names[0]}
        if found.reached is None or not comparable:
            yield scale_row(survey, at, "factor_mean", np.nan, n, refused(found.note) if found.note else NOT_HELD)
            continue
        model = found.reached
        mean, error = float(model.factor_means[g, 0]), float(model.mean_errors[g, 0])
        bounds = (mean - half * error, mean + half * error) if g else (None, None)
        row = scale_row(survey, at | {"model": _name(model)}, "factor_mean", mean, n, "", bounds, "wald")
        yield row | ({"std_error": error} if g else {})
