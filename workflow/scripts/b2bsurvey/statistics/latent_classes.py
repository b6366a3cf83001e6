"""Latent classes of respondents by their categorical answers: how many, how large, and what each answers."""

from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int_]

LEAST = 30  # respondents
STARTS = 20
WARM_UP, MOST_STEPS = 30, 20_000
TOLERANCE, QUICK = 1e-12, 1e-7  # rise of the log likelihood, for each respondent; and where many are compared
EDGE = 1e-4  # a probability closer to 0 has no standard error: the likelihood is not curved there


@dataclass(frozen=True, eq=False)
class LatentClasses:
    """A solution with k classes, the largest first.

    `shares` (k,) of the classes; `answers` one (k, categories) array an item, each row summing to 1; `membership`
    (n, k) posterior probabilities; `entropy` 0–1, 1 where every respondent is placed with certainty.
    """

    shares: FloatArray
    answers: tuple[FloatArray, ...]
    membership: FloatArray
    log_likelihood: float
    parameters: int
    bic: float
    entropy: float
    n: int
    note: str = ""

    @property
    def classes(self) -> int:
        """Number of classes."""
        return self.shares.size


def latent_classes(
    items: ArrayLike,
    weights: ArrayLike,
    classes: int,
    seed: int,
    starts: int = STARTS,
    tolerance: float = TOLERANCE,
) -> LatentClasses:
    """Fit `classes` latent classes to the items (n, m): codes 0 …, −1 for missing, which counts as missing at random.

    Maximum likelihood by EM (Dempster, Laird & Rubin 1977) from `starts` random starts, weights scaled to sum to n.
    Respondents who answered alike count as one pattern, so neither their order nor how many rows stand for the same
    weight plays a part in the solution. BIC with n respondents. Verified against stepmix, known classes of
    simulated data and, with one class, the sample's own shares.
    """
    codes, w = np.asarray(items, int), np.asarray(weights, float)
    n = len(codes)
    categories = codes.max(axis=0, initial=-1) + 1
    note = _not_estimable(codes, classes, categories)
    if note:
        return _nothing(n, classes, categories, note)
    patterns = _patterns(codes, w * (n / w.sum()), categories)
    fit = _best(patterns, classes, np.random.default_rng(seed), starts, tolerance)
    largest = np.argsort(-fit.shares, kind="stable")
    membership = fit.membership[:, largest]
    free = int(classes - 1 + classes * np.sum(categories - 1))
    inside = np.where(membership > 0, membership, 1.0)
    spread = -float(patterns.weights @ np.sum(inside * np.log(inside), axis=1))
    return LatentClasses(
        shares=fit.shares[largest],
        answers=tuple(fit.answers[largest, start:end] for start, end in pairwise(patterns.bounds)),
        membership=membership[patterns.place],
        log_likelihood=fit.log_likelihood,
        parameters=free,
        bic=float(free * np.log(n) - 2 * fit.log_likelihood),
        entropy=1 - spread / (n * np.log(classes)) if classes > 1 else 1.0,
        n=n,
        note="" if fit.converged else "the likelihood was still rising a little when the fit was stopped",
    )


class _Patterns(NamedTuple):
    """The different rows of answers, in a fixed order."""

    answered: FloatArray  # (patterns, categories of all items) 0/1, nothing where missing
    bounds: IntArray  # where each item's categories begin
    weights: FloatArray  # (patterns,) of all who gave it
    place: IntArray  # (n,) the pattern of each respondent


class _Fit(NamedTuple):
    shares: FloatArray  # (classes,)
    answers: FloatArray  # (classes, categories of all items)
    membership: FloatArray  # (patterns, classes)
    log_likelihood: float
    converged: bool


def _patterns(codes: IntArray, weights: FloatArray, categories: IntArray) -> _Patterns:
    different, place = np.unique(codes, axis=0, return_inverse=True)
    place = place.ravel()
    order = np.lexsort((weights, place))  # sums of floats depend on their order
    # rounded, so that no rounding of weights makes the steps stop one earlier or later
    summed = np.round(np.bincount(place[order], weights[order], len(different)), 9).astype(float)
    bounds = np.concatenate([[0], np.cumsum(categories)])
    answered = np.zeros((len(different), int(bounds[-1])))
    rows, items = np.nonzero(different >= 0)
    answered[rows, bounds[items] + different[rows, items]] = 1.0
    return _Patterns(answered, bounds, summed, place)


def _best(patterns: _Patterns, classes: int, generator: np.random.Generator, starts: int, tolerance: float) -> _Fit:
    """Run every start for a while, and the best of them (one in seven) to their end."""
    first = [
        _em(patterns, generator.dirichlet(np.ones(classes), len(patterns.weights)), WARM_UP, tolerance)
        for _ in range(starts if classes > 1 else 1)
    ]
    promising = sorted(first, key=lambda fit: -fit.log_likelihood)[: 1 + starts // 7]
    finished = [_em(patterns, fit.membership, MOST_STEPS, tolerance) for fit in promising]
    return max(finished, key=lambda fit: fit.log_likelihood)


def _em(patterns: _Patterns, membership: FloatArray, steps: int, tolerance: float) -> _Fit:
    """Alternate between shares and answers of the classes, and the membership of each pattern in them."""
    answered, bounds, weights = patterns.answered, patterns.bounds, patterns.weights
    before, converged, n = -np.inf, False, weights.sum()
    sizes = np.diff(bounds)
    for _ in range(steps):
        weighted = membership * weights[:, None]
        shares = weighted.sum(axis=0) / n
        counts = weighted.T @ answered + 1e-12
        of_item = np.add.reduceat(counts, bounds[:-1], axis=1)
        answers = counts / np.repeat(of_item, sizes, axis=1)
        joint = answered @ np.log(answers).T + np.log(np.maximum(shares, 1e-300))
        highest = joint.max(axis=1, keepdims=True)
        scaled = np.exp(joint - highest)
        total = scaled.sum(axis=1, keepdims=True)
        membership = scaled / total
        found = float(weights @ (np.log(total) + highest)[:, 0])
        if found - before < tolerance * n:
            converged = True
            break
        before = found
    return _Fit(shares, answers, membership, found, converged)


def _nothing(n: int, classes: int, categories: IntArray, note: str) -> LatentClasses:
    answers = tuple(np.full((classes, max(int(c), 1)), np.nan) for c in categories)
    shares, membership, nan = np.full(classes, np.nan), np.full((n, classes), np.nan), float("nan")
    return LatentClasses(shares, answers, membership, nan, 0, nan, nan, n, note)


@dataclass(frozen=True, eq=False)
class Choice:
    """Solutions with 1 … most classes, the number that BIC prefers, and the bootstrap test of each added class.

    `ratio` (most − 1,) twice the gain in log likelihood from k to k + 1 classes, and `p_value` that k classes do as
    well; NaN where it was not tested. Both are of the respondents without their weights.
    """

    solutions: tuple[LatentClasses, ...]
    preferred: int
    ratio: FloatArray
    p_value: FloatArray

    @property
    def chosen(self) -> LatentClasses:
        """The solution that BIC prefers."""
        return self.solutions[self.preferred - 1]


def choose_classes(items: ArrayLike, weights: ArrayLike, most: int, seed: int, replicates: int = 19) -> Choice:
    """Fit 1 … `most` classes and choose by BIC; test the chosen number against one fewer and one more.

    The test is the parametric bootstrap of the likelihood ratio (McLachlan 1987). It has no weighted form: a weighted
    likelihood is none of the data that it draws.
    """
    solutions = tuple(latent_classes(items, weights, k, seed) for k in range(1, most + 1))
    bic = np.array([s.bic for s in solutions])
    ratio, p = np.full((2, most - 1), np.nan)
    if not np.isfinite(bic).any():
        return Choice(solutions, 1, ratio, p)
    preferred = int(np.nanargmin(bic)) + 1
    for fewer in {max(preferred - 1, 1), min(preferred, most - 1)} - {0}:
        if np.isfinite(bic[fewer - 1 : fewer + 1]).all():
            ratio[fewer - 1], p[fewer - 1] = _bootstrap(np.asarray(items, int), fewer, seed, replicates)
    return Choice(solutions, preferred, ratio, p)


def _bootstrap(codes: IntArray, fewer: int, seed: int, replicates: int) -> tuple[float, float]:
    """Return the likelihood ratio of `fewer` and one more classes, and the share of draws from `fewer` beyond it."""

    def both(drawn: IntArray, seed: int, starts: int) -> tuple[LatentClasses, float]:
        ones = np.ones(len(drawn))
        small, large = (latent_classes(drawn, ones, fewer + i, seed, starts, QUICK) for i in (0, 1))
        return small, 2 * (large.log_likelihood - small.log_likelihood)

    small, observed = both(codes, seed, STARTS)
    missing = codes[np.lexsort(codes.T)] < 0  # in an order of its own, so that of the rows plays no part
    generator = np.random.default_rng(seed)
    reached = sum(both(_drawn(small, missing, generator), seed + i, 5)[1] >= observed for i in range(replicates))
    return observed, (1 + reached) / (1 + replicates)


def _drawn(solution: LatentClasses, missing: NDArray[np.bool_], generator: np.random.Generator) -> IntArray:
    """Return answers (n, m) drawn from a solution, missing where `missing`."""
    n, m = missing.shape
    member = np.searchsorted(np.cumsum(solution.shares), generator.random(n) * solution.shares.sum())
    codes = np.empty((n, m), int)
    for j, answers in enumerate(solution.answers):
        bounds = np.cumsum(answers, axis=1)[np.minimum(member, solution.classes - 1)]
        codes[:, j] = np.minimum((generator.random((n, 1)) > bounds).sum(axis=1), answers.shape[1] - 1)
    return np.where(missing, -1, codes)


def _not_estimable(codes: IntArray, classes: int, categories: IntArray) -> str:
    n, m = codes.shape
    if n < max(10 * classes, LEAST):
        return f"not estimable: {n} respondents are too few for {classes} classes"
    constant = int((categories < 2).sum())
    if constant:
        return f"not estimable: {constant} of {m} items have the same answer from everybody"
    if classes > 1 and classes * (1 + np.sum(categories - 1)) - 1 > np.prod(categories.astype(float)) - 1:
        return f"not estimable: {classes} classes are too many for {m} items"
    return ""
