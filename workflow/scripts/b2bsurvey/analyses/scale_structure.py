"""Rows of the analysis `scales`: how many factors the items of a battery have, and which items load on which."""

from collections.abc import Iterator
from typing import Literal

import numpy as np

from b2bsurvey.analyses.scale_rows import ANALYSIS, Pool, diagnostic, refused, scale_row, scores_of
from b2bsurvey.design import Survey
from b2bsurvey.estimates import Row
from b2bsurvey.statistics.confirmatory import FactorModel, confirm
from b2bsurvey.statistics.factor_analysis import Factors, explore, parallel_analysis, suitability
from b2bsurvey.tables import seed

ROTATIONS: tuple[Literal["oblimin", "varimax"], ...] = ("oblimin", "varimax")


def structure_rows(survey: Survey, pool: Pool) -> Iterator[Row]:
    """Yield KMO, eigenvalues beside those of random data, and the loadings of as many factors as exceed these."""
    items = scores_of(survey, pool.items)
    place = {"question": pool.question}
    found = suitability(items)
    yield scale_row(survey, place, "kmo", found.kmo, found.n, found.note)
    count, eigenvalues, random = parallel_analysis(items, seed(survey.wave, ANALYSIS, pool.question))
    yield scale_row(survey, place, "factors", np.nan if found.note else count, found.n, found.note)
    if found.note:
        return
    for item, value in zip(pool.items, found.kmo_of_item, strict=True):
        yield scale_row(survey, place | {"item": item}, "kmo", value, found.n)
    for i, (value, reached) in enumerate(zip(eigenvalues, random, strict=True), 1):
        yield scale_row(survey, place | {"term": str(i)}, "eigenvalue", value, found.n)
        yield scale_row(survey, place | {"term": str(i)}, "eigenvalue_random", reached, found.n)
    for rotation in ROTATIONS if count > 1 else ROTATIONS[:1]:
        yield from _factor_rows(survey, pool, explored(items, count, rotation), f"efa_{rotation}")


def explored(items: np.ndarray, count: int, rotation: Literal["oblimin", "varimax"]) -> Factors:
    """Return `count` rotated factors; without numbers and with the reason where there are none or one is improper."""
    if count == 0:
        nothing = np.full((items.shape[1], 1), np.nan)
        why = "not estimable: no eigenvalue exceeds that of random data"
        return Factors(nothing, nothing[:1], nothing[:, 0], int(np.isfinite(items).all(axis=1).sum()), why)
    return explore(items, count, rotation)


def _factor_rows(survey: Survey, pool: Pool, found: Factors, model: str) -> Iterator[Row]:
    place = {"question": pool.question, "model": model}
    if found.note:
        yield scale_row(survey, place, "loading", np.nan, found.n, refused(found.note))
        return
    owners = {item: scale.name for scale in pool.scales for item in scale.construct.items}
    oblique = model == "efa_oblimin"
    terms = [f"F{j}" for j in range(1, found.loadings.shape[1] + 1)]
    for item, loadings, communality in zip(pool.items, found.loadings, found.communalities, strict=True):
        at = place | {"item": item, "construct": owners.get(item, "")}
        for term, value in zip(terms, loadings, strict=True):
            yield scale_row(survey, at | {"term": term}, "loading", value, found.n)
        yield scale_row(survey, at, "communality", communality, found.n)
    for j, term in enumerate(terms):
        yield scale_row(survey, place | {"term": term}, "explained", found.explained[j], found.n)
        for other, value in zip(terms[:j] * oblique, found.correlations[j], strict=False):
            yield scale_row(survey, place | {"term": other, "reference": term}, "factor_correlation", value, found.n)


def bartlett_test(survey: Survey, pool: Pool) -> Row:
    """Return Bartlett's test: are the items correlated at all? A diagnostic."""
    found = suitability(scores_of(survey, pool.items))
    numbers = (found.n, found.chi2, found.df, found.p_value)
    return diagnostic(survey, {"question": pool.question}, "bartlett_sphericity", *numbers, found.note)


def joint_codes(pool: Pool) -> list[int]:
    """Return the place of the construct of each item, constructs in the order of the pool."""
    return [i for i, scale in enumerate(pool.scales) for _ in scale.construct.items]


def joint_model(survey: Survey, pool: Pool) -> FactorModel | None:
    """Return the model of all constructs of a pool together; None for fewer than two, or where they share items."""
    items = [item for scale in pool.scales for item in scale.construct.items]
    if len(pool.scales) < 2 or len(set(items)) < len(items):
        return None
    return confirm(scores_of(survey, items), joint_codes(pool), survey.inference.confidence_level)


def joint_rows(survey: Survey, pool: Pool, fitted: FactorModel) -> Iterator[Row]:
    """Yield the standardised loadings of a joint model with their intervals; none of a model without numbers."""
    items = [(scale.name, item) for scale in pool.scales for item in scale.construct.items]
    for i, ((construct, item), j) in enumerate(zip(items, joint_codes(pool), strict=True)):
        at = {"question": pool.question, "construct": construct, "item": item, "model": "joint"}
        bounds, value = (fitted.low[i, j], fitted.high[i, j]), fitted.standardised[i, j]
        if not fitted.note:
            yield scale_row(survey, at, "loading", value, fitted.n, "", bounds, "delta")
