"""Rows of the analysis `scales`: do constructs differ from each other, and is it the method that they share?"""

from collections.abc import Iterator, Mapping
from itertools import combinations

import numpy as np
from scipy.special import ndtri

from b2bsurvey.analyses.scale_reliability import Measurement
from b2bsurvey.analyses.scale_rows import Place, Scale, refused, scale_row, scores_of
from b2bsurvey.derived import scored
from b2bsurvey.design import Survey
from b2bsurvey.estimates import Row
from b2bsurvey.questionnaire import Question
from b2bsurvey.statistics.common_method import method_correlation, single_factor, without_method
from b2bsurvey.statistics.confirmatory import confirm
from b2bsurvey.statistics.correlation import correlation
from b2bsurvey.statistics.reliability import complete_cases, htmt
from b2bsurvey.statistics.significance import SignificanceTest

SHARED = "not estimable: the two constructs share an item"
UNRELATED = "not estimable: the items of a construct do not correlate with each other"


def validity_rows(survey: Survey, scales: Mapping[str, Scale], measured: Mapping[str, Measurement]) -> Iterator[Row]:
    """Yield for each two constructs how their scores and factors correlate, and whether they can be told apart.

    With a marker question also each construct's correlation with it, and the correlations without what all share.
    """
    found = {pair: _correlation(survey, *pair) for pair in combinations(scales, 2)}
    for (one, other), test in found.items():
        yield _correlation_row(survey, {"construct": one, "item2": other}, "correlation", test)
        yield from _discriminant_rows(survey, scales[one], scales[other], measured)
    for marker in survey.questionnaire.with_role("marker") if scales else ():
        yield from _marker_rows(survey, marker, list(scales), found)


def single_factor_row(survey: Survey, scales: Mapping[str, Scale]) -> Row:
    """Return Harman's screen of all items: the share of their variance on one component."""
    items = dict.fromkeys(item for scale in scales.values() for item in scale.construct.items)
    found = single_factor(scores_of(survey, items))
    return scale_row(survey, {"model": "pca"}, "single_factor", found.share, found.n, found.note)


def _correlation(survey: Survey, one: str, other: str) -> SignificanceTest:
    if survey.design is None:
        raise ValueError("nobody is left to be correlated")
    first, second = (_values(survey, survey.questionnaire.questions[name]) for name in (one, other))
    return correlation(survey.design, first, second, "interval", survey.inference.confidence_level)


def _values(survey: Survey, question: Question) -> np.ndarray:
    """Return (n,) the numbers of a question, or the scores of its answers, NaN where missing."""
    if question.answers:
        return scored(survey.responses, question, question.name)
    values: np.ndarray = survey.responses.values[question.name].to_numpy(dtype=float, na_value=np.nan)
    return values


def _correlation_row(survey: Survey, place: Place, statistic: str, test: SignificanceTest, method: float = 0.0) -> Row:
    """Return the row of a construct's correlation, without what the method adds to it where that is known."""
    estimate, low, high = np.nan, np.nan, np.nan
    if test.effect is not None:
        found = (np.nan if v is None else v for v in (test.effect.estimate, test.effect.low, test.effect.high))
        estimate, low, high = without_method(list(found), method)
    at = {"question": place["construct"], **place}
    return scale_row(survey, at, statistic, estimate, test.n, test.note, (low, high), "fisher", weighted=True)


def _discriminant_rows(survey: Survey, one: Scale, other: Scale, measured: Mapping[str, Measurement]) -> Iterator[Row]:
    """Yield HTMT and HTMT2, the correlation of the two factors, and by how much AVE exceeds its square."""
    place = {"question": one.name, "construct": one.name, "item2": other.name}
    items = np.hstack([one.items, other.items])
    codes = [0] * one.items.shape[1] + [1] * other.items.shape[1]
    complete = complete_cases(items)
    n, shared = len(complete), SHARED if set(one.construct.items) & set(other.construct.items) else ""
    for geometric in (False, True):
        value, why = (np.nan, shared) if shared else _htmt(complete, codes, geometric)
        yield scale_row(survey, place, "htmt2" if geometric else "htmt", value, n, why)
    factors, half, why = np.nan, np.nan, shared
    if not shared:
        fitted = confirm(items, codes)
        why = refused(fitted.note)
        if not fitted.note:
            factors = float(fitted.factor_correlations[1, 0])
            half = ndtri((1 + survey.inference.confidence_level) / 2) * fitted.correlation_errors[1, 0]
    at, bounds = place | {"model": "pair"}, (factors - half, factors + half)
    yield scale_row(survey, at, "latent_correlation", factors, n, why, bounds, "wald")
    average = min(measured[scale.name].average_variance for scale in (one, other))
    lacking = next((measured[s.name].note for s in (one, other) if measured[s.name].note), why)
    yield scale_row(survey, at, "fornell_larcker", average - factors**2, n, lacking)


def _htmt(complete: np.ndarray, codes: list[int], geometric: bool) -> tuple[float, str]:
    n, k = complete.shape
    if n < 3:
        return np.nan, f"not estimable: only {n} respondents answered all items"
    constant = int((np.ptp(complete, axis=0) == 0).sum())
    if constant:
        return np.nan, f"not estimable: {constant} of {k} items have the same answer from everybody"
    with np.errstate(divide="ignore", invalid="ignore"):
        value = float(htmt(np.corrcoef(complete, rowvar=False), codes, geometric)[1, 0])
    return value, UNRELATED


def _marker_rows(
    survey: Survey, marker: Question, names: list[str], found: Mapping[tuple[str, str], SignificanceTest]
) -> Iterator[Row]:
    """Yield the correlations with a marker, what the method adds to correlations, and these without it.

    The interval of such a correlation takes what the method adds as known.
    """
    place = {"question": marker.name}
    if marker.items or marker.kind not in ("category", "number"):
        why = "not estimable: a marker is one question with ordered answers or numbers"
        yield scale_row(survey, place, "method_correlation", np.nan, 0, why)
        return
    scales = [name for name in names if name != marker.name]
    tests = [_correlation(survey, name, marker.name) for name in scales]
    for name, test in zip(scales, tests, strict=True):
        yield _correlation_row(survey, {"construct": name, "item2": marker.name}, "marker_correlation", test)
    method = method_correlation([test.effect.estimate if test.effect else np.nan for test in tests])
    why = "not estimable: no construct has a correlation with the marker"
    n = max((test.n for test in tests), default=0)
    yield scale_row(survey, place, "method_correlation", method, n, why, weighted=True)
    for (one, other), test in found.items() if np.isfinite(method) else ():
        if marker.name not in (one, other):
            at = {"construct": one, "item2": other, "reference": marker.name}
            yield _correlation_row(survey, at, "adjusted_correlation", test, method)
