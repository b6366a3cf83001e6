"""Bootstrap of a survey: replicates of the weights by the design, and intervals from them."""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from b2bsurvey.statistics.linearisation import Calibration, SampleDesign

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int_]

DRAWS = 999  # so that the ends of a 95 % interval are values of replicates
BLOCK_CELLS = 5_000_000  # respondents × replicates worked on at a time: 40 MB
CLOSE, MOST_ROUNDS = 1e-9, 100  # of raking a replicate


def replicated(
    design: SampleDesign,
    keys: ArrayLike,
    seed: int,
    statistic: Callable[[FloatArray], FloatArray],
    draws: int = DRAWS,
) -> FloatArray:
    """Return what `statistic` makes of replicated weights: (n, b) weights to (b, k) numbers, joined to (draws, k).

    The replicates of `replicate_weights`, in blocks that fit into memory; `keys` and `seed` as there.
    """
    width = max(1, BLOCK_CELLS // design.n)
    sizes = [min(width, draws - start) for start in range(0, draws, width)]
    numbers = np.random.default_rng(seed).integers(0, 2**32, len(sizes))
    blocks = [
        statistic(replicate_weights(design, keys, int(number), size))
        for number, size in zip(numbers, sizes, strict=True)
    ]
    return np.concatenate(blocks)


def replicate_weights(design: SampleDesign, keys: ArrayLike, seed: int, draws: int = DRAWS) -> FloatArray:
    """Return `draws` replicates of the weights, (n, draws), of the rescaled bootstrap (Rao, Wu & Yue 1992).

    In each stratum one primary unit fewer than there are is drawn with replacement; with a finite population
    the deviation shrinks by √(1 − n/N) (Rao & Wu 1988). Calibrated weights are raked again in each replicate. `keys`
    (n,), each once, say in which order respondents are drawn, so that the order of the rows plays no part. The mean
    and the variance of replicated totals are those of the design: verified over all possible draws.
    """
    order = np.argsort(np.asarray(keys), kind="stable")
    zeros = np.zeros(design.n, dtype=int)
    strata = _by_appearance((zeros if design.strata is None else design.strata)[order])
    clusters = _by_appearance(np.arange(design.n) if design.clusters is None else design.clusters[order])
    _, units = np.unique(strata * design.n + clusters, return_inverse=True)
    of_unit = np.zeros(units.max() + 1, dtype=int)
    of_unit[units] = strata
    generator = np.random.default_rng(seed)
    times = np.ones((of_unit.size, draws))
    for stratum in range(strata.max() + 1):
        places = np.flatnonzero(of_unit == stratum)
        if places.size > 1:
            times[places] = generator.multinomial(places.size - 1, np.full(places.size, 1 / places.size), draws).T
    weights = np.empty((design.n, draws))
    first = np.zeros(of_unit.size, dtype=int)
    first[units[::-1]] = order[::-1]
    weights[order] = rescaled(design, of_unit, times, first)[units] * design.weights[order][:, None]
    return weights if design.calibration is None else _raked(design, design.calibration, weights)


def rescaled(design: SampleDesign, strata: IntArray, times: FloatArray, first: IntArray) -> FloatArray:
    """Return the factors (units, draws) of the weights of units drawn `times` (units, draws) times.

    `strata` (units,) are the strata of the units, `first` (units,) a respondent of each.
    """
    sampled = np.bincount(strata)[strata].astype(float)
    unseen = np.ones(sampled.size) if design.population is None else 1 - sampled / design.population[first]
    shrunk = np.sqrt(unseen)[:, None]
    alone = sampled == 1
    scale = np.where(alone, 1.0, sampled / np.where(alone, 1.0, sampled - 1))[:, None]
    return 1 - shrunk + shrunk * scale * times


def percentiles(replicates: ArrayLike, level: float) -> tuple[FloatArray, FloatArray]:
    """Return the percentile interval (low, high) of each column of `replicates` (draws, k), none of them NaN.

    Efron (1981): the values at (1 ∓ level)/2 of draws + 1, straight between two replicates.
    """
    ordered = np.sort(np.asarray(replicates, dtype=float), axis=0)
    draws = len(ordered)
    at = np.clip((draws + 1) * np.array([(1 - level) / 2, (1 + level) / 2]) - 1, 0, draws - 1)
    below = np.floor(at + CLOSE).astype(int)
    above = np.minimum(below + 1, draws - 1)
    part = np.maximum(at - below, 0.0).reshape(2, *[1] * (ordered.ndim - 1))
    low, high = ordered[below] + part * (ordered[above] - ordered[below])
    return low, high


def _by_appearance(codes: IntArray) -> IntArray:
    """Return codes numbered anew in the order in which they appear."""
    _, first, place = np.unique(codes, return_index=True, return_inverse=True)
    rank = np.empty(first.size, dtype=int)
    rank[np.argsort(first)] = np.arange(first.size)
    return rank[place]


def _raked(design: SampleDesign, calibration: Calibration, weights: FloatArray) -> FloatArray:
    """Rake each replicate to what the weights of the design sum to; a category that was not drawn is left out."""
    margins = [(codes[:, None] == np.unique(codes)).astype(float) for codes in np.asarray(calibration.margins).T]
    targets = [indicators.T @ design.weights for indicators in margins]
    for _ in range(MOST_ROUNDS):
        furthest = 0.0
        for indicators, target in zip(margins, targets, strict=True):
            reached = indicators.T @ weights
            there = reached > 0
            goal = np.where(there, target[:, None], 0.0)
            goal *= design.weights.sum() / goal.sum(axis=0)
            factors = np.divide(goal, reached, out=np.ones_like(reached), where=there)
            furthest = max(furthest, float(np.abs(factors - 1).max()))
            weights = weights * (indicators @ factors)
        if furthest <= CLOSE:
            break
    return weights
