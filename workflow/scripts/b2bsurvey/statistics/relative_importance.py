"""How much each predictor adds to what a model explains, on average over all models without it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit

from b2bsurvey.statistics.intervals import student
from b2bsurvey.statistics.linearisation import SampleDesign, covariance_of_totals, domain_df
from b2bsurvey.statistics.regression import Predictor

FloatArray = NDArray[np.float64]

MOST_PREDICTORS = 12  # 2^12 models
BLOCK_CELLS = 2_000_000  # models × respondents worked on at a time: 16 MB
MOST_STEPS = 50
AT_REST = 1e-9


@dataclass(frozen=True, eq=False)
class Importance:
    """What each predictor (k,) adds to McFadden's R² with its interval, 0–1; together what all explain.

    NaN with the reason in `note` where a model has no maximum.
    """

    estimate: FloatArray
    std_error: FloatArray
    low: FloatArray
    high: FloatArray
    df: int
    n: int
    explained: float
    note: str = ""


def general_dominance(explained: Callable[[Sequence[int]], float], predictors: int) -> NDArray[np.float64]:
    """Return the general dominance weights (k,) of k predictors, which sum to what they explain together.

    `explained` gives R² (or McFadden's) of the model with the predictors of a subset, 0 for none. The weight of a
    predictor is the mean of what it adds, first within each size of subset, then over the sizes (Budescu 1993;
    Azen & Budescu 2003); the same as the Shapley value and, for linear models, LMG. Raises ValueError for more
    than 12 predictors. Verified against R² by hand and the sum.
    """
    _not_too_many(predictors)
    value = {subset: explained(subset) for k in range(predictors + 1) for subset in combinations(range(predictors), k)}
    weights = np.zeros(predictors)
    for subset, with_all in value.items():
        for place, predictor in enumerate(subset):
            without = subset[:place] + subset[place + 1 :]
            weights[predictor] += (with_all - value[without]) / (predictors * comb(predictors - 1, len(without)))
    return weights


def logit_dominance(
    design: SampleDesign, outcome: ArrayLike, columns: ArrayLike, predictors: Sequence[Predictor], level: float = 0.95
) -> Importance:
    """Return general dominance weights of the predictors of a binary logit, by McFadden's R², under the design.

    `outcome` (n,) 1, 0 or −1 for missing; `columns` (n, p) without intercept, NaN where missing; those of a predictor
    go together. As a maximum's derivative with respect to a weight is the respondent's own log likelihood, the weights
    are linearised as a ratio: −Σ over models c·logL(model)/logL₀ with c of `general_dominance`. Lower bounds stop at
    0; close to it the intervals are too narrow. Verified against `general_dominance` of separate models, and errors
    against the jackknife.
    """
    _not_too_many(len(predictors))
    y, x = np.asarray(outcome, float), np.asarray(columns, float)
    base = (y >= 0) & np.isfinite(x).all(axis=1)
    y, x, weights = y[base], x[base], design.weights[base]
    n, k = y.size, len(predictors)
    scaled = weights / weights.mean()
    scores, whole = np.zeros((k, n)), np.zeros(n)
    share = float(weights @ y / weights.sum())
    null = np.where(y > 0, np.log(share), np.log1p(-share))
    for masks in _blocks(k, n):
        kept = np.zeros((len(masks), x.shape[1]), bool)
        for place, predictor in enumerate(predictors):
            kept[:, predictor.columns] = masks[:, [place]]
        logs = _log_likelihoods(y, x, scaled, kept)
        if logs is None:
            unknown = np.full(k, np.nan)
            note = "not estimable: the maximum of the likelihood was not found"
            return Importance(unknown, unknown, unknown, unknown, 0, n, float("nan"), note)
        scores += _shares(masks).T @ logs
        whole += logs[masks.all(axis=1)].sum(axis=0)
    of_null = float(weights @ null)
    estimate = -(scores @ weights) / of_null
    influence = np.zeros((design.n, k))
    influence[base] = -(scores + estimate[:, None] * null).T / of_null
    error = np.sqrt(np.diagonal(covariance_of_totals(design, influence)))
    df = domain_df(design, base)
    low, high = student(estimate, error, df, level)
    return Importance(estimate, error, np.clip(low, 0, None), high, df, n, 1 - float(weights @ whole) / of_null)


def _not_too_many(predictors: int) -> None:
    if predictors > MOST_PREDICTORS:
        raise ValueError(f"{predictors} predictors need 2^{predictors} models; at most {MOST_PREDICTORS} are compared")


def _blocks(k: int, n: int) -> Iterator[NDArray[np.bool_]]:
    """Yield (models, k) which predictors are in each of the 2^k models."""
    masks = (np.arange(2**k)[:, None] >> np.arange(k)) & 1 > 0
    size = max(1, BLOCK_CELLS // max(n, 1))
    yield from (masks[start : start + size] for start in range(0, len(masks), size))


def _shares(masks: NDArray[np.bool_]) -> FloatArray:
    """Return (models, k) how much of each model's value counts for each predictor: with it, less without it."""
    k = masks.shape[1]
    size = masks.sum(axis=1)[:, None]
    of_size = np.array([1 / (k * comb(k - 1, j)) for j in range(k)] + [0.0])
    return np.where(masks, of_size[np.maximum(size - 1, 0)], -of_size[np.minimum(size, k)])


def _log_likelihoods(y: FloatArray, x: FloatArray, weights: FloatArray, kept: NDArray[np.bool_]) -> FloatArray | None:
    """Return (models, n) log likelihoods of the respondents at the maximum of each logit; None where there is none.

    Newton's method on all models at once; columns that a model has not are kept at 0.
    """
    x = np.column_stack([np.ones(len(x)), x])
    kept = np.column_stack([np.ones(len(kept), bool), kept])
    q = x.shape[1]
    products = (x[:, :, None] * x[:, None, :]).reshape(len(x), q * q)
    theta = np.zeros(kept.shape)
    both = kept[:, :, None] & kept[:, None, :]
    for _ in range(MOST_STEPS):
        linear = theta @ x.T
        p = expit(linear)
        gradient = np.where(kept, (weights * (y - p)) @ x, 0.0)
        information = ((weights * p * (1 - p)) @ products).reshape(-1, q, q)
        information = np.where(both, information, 0.0)
        information[:, np.arange(q), np.arange(q)] += ~kept
        try:
            step = np.linalg.solve(information, gradient[:, :, None])[:, :, 0]
        except np.linalg.LinAlgError:
            return None
        theta += step
        if np.abs(step).max() < AT_REST * max(1.0, np.abs(theta).max()):
            linear = theta @ x.T
            return np.asarray(y * linear - np.logaddexp(0.0, linear))
    return None
