"""Latent classes of respondents by their categorical answers: how many, how large, and what each answers."""

from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int_]

STARTS = 20
WARM_UP, MOST_STEPS = 30, 1000
TOLERANCE = 1e-8  # rise of the log likelihood, for each respondent


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
    items: ArrayLike, weights: ArrayLike, classes: int, seed: int, starts: int = STARTS
) -> LatentClasses:
    """Fit `classes` latent classes to the items (n, m): codes 0 …, −1 for missing, which counts as missing at random.

    Maximum likelihood by EM (Dempster, Laird & Rubin 1977) from `starts` random starts, weights scaled to sum to n.
    The rows are sorted first, so their order plays no part. BIC with n respondents. Verified against stepmix, known
    classes of simulated data and, with one class, the sample's own shares.
    """
    codes, w = np.asarray(items, int), np.asarray(weights, float)
    n = len(codes)
    categories = codes.max(axis=0, initial=-1) + 1
    note = _not_estimable(codes, classes, categories)
    if note:
        return _nothing(n, classes, categories, note)
    order = np.lexsort((*codes.T, w))
    answered, bounds = _indicators(codes[order], categories)
    scaled = (w * (n / w.sum()))[order]
    fit = _best(answered, bounds, scaled, classes, np.random.default_rng(seed), starts)
    largest = np.argsort(-fit.shares, kind="stable")
    membership = np.empty((n, classes))
    membership[order] = fit.membership
    free = int(classes - 1 + classes * np.sum(categories - 1))
    inside = membership[membership > 0]
    spread = -float(np.sum(inside * np.log(inside)))
    return LatentClasses(
        shares=fit.shares[largest],
        answers=tuple(fit.answers[largest, start:end] for start, end in pairwise(bounds)),
        membership=membership[:, largest],
        log_likelihood=fit.log_likelihood,
        parameters=free,
        bic=float(free * np.log(n) - 2 * fit.log_likelihood),
        entropy=1 - spread / (n * np.log(classes)) if classes > 1 else 1.0,
        n=n,
        note="" if fit.converged else "the likelihood was still rising a little when the fit was stopped",
    )


class _Fit(NamedTuple):
    shares: FloatArray  # (classes,)
    answers: FloatArray  # (classes, categories of all items)
    membership: FloatArray  # (n, classes)
    log_likelihood: float
    converged: bool


def _indicators(codes: IntArray, categories: IntArray) -> tuple[FloatArray, IntArray]:
    """Return (n, categories of all items) 0/1, nothing where missing, and where each item's categories begin."""
    bounds = np.concatenate([[0], np.cumsum(categories)])
    answered = np.zeros((len(codes), int(bounds[-1])))
    rows, items = np.nonzero(codes >= 0)
    answered[rows, bounds[items] + codes[rows, items]] = 1.0
    return answered, bounds


def _best(
    answered: FloatArray,
    bounds: IntArray,
    weights: FloatArray,
    classes: int,
    generator: np.random.Generator,
    starts: int,
) -> _Fit:
    """Run every start for a while, and the three best to their end."""
    first = [
        _em(answered, bounds, weights, generator.dirichlet(np.ones(classes), len(answered)), WARM_UP)
        for _ in range(starts if classes > 1 else 1)
    ]
    promising = sorted(first, key=lambda fit: -fit.log_likelihood)[:3]
    finished = [_em(answered, bounds, weights, fit.membership, MOST_STEPS) for fit in promising]
    return max(finished, key=lambda fit: fit.log_likelihood)


def _em(answered: FloatArray, bounds: IntArray, weights: FloatArray, membership: FloatArray, steps: int) -> _Fit:
    """Alternate between shares and answers of the classes, and the respondents' membership of them."""
    before, converged = -np.inf, False
    for _ in range(steps):
        weighted = membership * weights[:, None]
        shares = weighted.sum(axis=0) / weights.sum()
        counts = weighted.T @ answered + 1e-12
        of_item = np.add.reduceat(counts, bounds[:-1], axis=1)
        answers = counts / np.repeat(of_item, np.diff(bounds), axis=1)
        joint = answered @ np.log(answers).T + np.log(np.maximum(shares, 1e-300))
        highest = joint.max(axis=1, keepdims=True)
        scaled = np.exp(joint - highest)
        total = scaled.sum(axis=1, keepdims=True)
        membership = scaled / total
        found = float(weights @ (np.log(total) + highest)[:, 0])
        if found - before < TOLERANCE * len(answered):
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

    `p_value` (most − 1,): that k classes do as well as k + 1; NaN where it was not tested.
    """

    solutions: tuple[LatentClasses, ...]
    preferred: int
    p_value: FloatArray


def choose_classes(items: ArrayLike, weights: ArrayLike, most: int, seed: int, replicates: int = 19) -> Choice:
    """Fit 1 … `most` classes and choose by BIC; test the chosen number against one fewer and one more.

    The test is the parametric bootstrap of the likelihood ratio (McLachlan 1987), unweighted in its replicates.
    """
    solutions = tuple(latent_classes(items, weights, k, seed) for k in range(1, most + 1))
    bic = np.array([s.bic for s in solutions])
    if not np.isfinite(bic).any():
        return Choice(solutions, 1, np.full(most - 1, np.nan))
    preferred = int(np.nanargmin(bic)) + 1
    p = np.full(most - 1, np.nan)
    for fewer in {max(preferred - 1, 1), min(preferred, most - 1)}:
        small, large = solutions[fewer - 1], solutions[fewer]
        if np.isfinite([small.bic, large.bic]).all():
            p[fewer - 1] = _bootstrap(np.asarray(items, int), small, large, seed, replicates)
    return Choice(solutions, preferred, p)


def _bootstrap(codes: IntArray, small: LatentClasses, large: LatentClasses, seed: int, replicates: int) -> float:
    observed = 2 * (large.log_likelihood - small.log_likelihood)
    generator = np.random.default_rng(seed)
    reached = 0
    for replicate in range(replicates):
        drawn = _drawn(small, codes < 0, generator)
        ones = np.ones(len(drawn))
        fits = [latent_classes(drawn, ones, s.classes, seed + replicate, starts=5) for s in (small, large)]
        reached += 2 * (fits[1].log_likelihood - fits[0].log_likelihood) >= observed
    return (1 + reached) / (1 + replicates)


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
    if n < 10 * classes or n < 30:
        return f"not estimable: {n} respondents are too few for {classes} classes"
    constant = int((categories < 2).sum())
    if constant:
        return f"not estimable: {constant} of {m} items have the same answer from everybody"
    if classes > 1 and classes * (1 + np.sum(categories - 1)) - 1 > np.prod(categories.astype(float)) - 1:
        return f"not estimable: {classes} classes are too many for {m} items"
    return ""
