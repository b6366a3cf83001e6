"""Latent classes of respondents by their categorical answers: how many, how large, and what each answers.

Imports stepmix where it fits, so only the job of the classes pays for it.
"""

import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int_]

STARTS = 10


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
    items: ArrayLike, weights: ArrayLike, classes: int, seed: int, starts: int = STARTS, tolerance: float = 1e-9
) -> LatentClasses:
    """Fit `classes` latent classes to the items (n, m): codes 0 …, −1 for missing, which counts as missing at random.

    Maximum likelihood by EM from `starts` random starts (stepmix; Morin et al. 2023), weights scaled to sum to n. The
    rows are sorted first, so their order plays no part. BIC with the weights' sum. Verified against known classes
    of simulated data and, with one class, against the sample's own shares.
    """
    codes, w = np.asarray(items, int), np.asarray(weights, float)
    n, m = codes.shape
    categories = codes.max(axis=0, initial=-1) + 1
    note = _not_estimable(codes, classes, categories)
    if note:
        return _nothing(n, classes, categories, note)
    from sklearn.exceptions import ConvergenceWarning
    from stepmix.stepmix import StepMix

    order = np.lexsort((*codes.T, w))
    answered = np.where(codes < 0, np.nan, codes)[order]
    scaled = (w * (n / w.sum()))[order]
    model = StepMix(
        n_components=classes,
        measurement="categorical_nan",
        n_init=starts,
        random_state=seed,
        abs_tol=tolerance,
        max_iter=1000,
        progress_bar=0,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # it is said in the note
        model.fit(answered, sample_weight=scaled)
    membership = np.empty((n, classes))
    membership[order] = model.predict_proba(answered)
    parameters = model.get_parameters()
    shares = np.asarray(parameters["weights"])
    largest = np.argsort(-shares, kind="stable")
    table = np.asarray(parameters["measurement"]["pis"]).reshape(classes, m, -1)
    answers = tuple(table[largest, j, : int(categories[j])] for j in range(m))
    log_likelihood = float(model.score(answered, sample_weight=scaled)) * n
    free = int(classes - 1 + classes * np.sum(categories - 1))
    inside = membership[membership > 0]
    spread = -float(np.sum(inside * np.log(inside)))
    return LatentClasses(
        shares=shares[largest],
        answers=answers,
        membership=membership[:, largest],
        log_likelihood=log_likelihood,
        parameters=free,
        bic=float(free * np.log(n) - 2 * log_likelihood),
        entropy=1 - spread / (n * np.log(classes)) if classes > 1 else 1.0,
        n=n,
        note="" if model.converged_ else "the likelihood was still rising a little when the fit was stopped",
    )


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
        fits = [
            latent_classes(drawn, ones, s.classes, seed + replicate, starts=2, tolerance=1e-6) for s in (small, large)
        ]
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
