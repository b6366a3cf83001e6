"""Standard errors of latent classes under the sampling design: of their sizes, and of what each answers."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from b2bsurvey.statistics.latent_classes import EDGE, LatentClasses
from b2bsurvey.statistics.linearisation import SampleDesign, covariance_of_totals

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int_]

SINGULAR = 1e-9  # smallest eigenvalue of a scaled information below which the likelihood is flat somewhere


@dataclass(frozen=True, eq=False)
class ClassErrors:
    """Standard errors of `shares` (k,) and of `answers`, one (k, categories) array an item.

    NaN where a probability lies at the edge of 0–1, where the likelihood is not curved, and everywhere with a `note`.
    """

    shares: FloatArray
    answers: tuple[FloatArray, ...]
    note: str = ""


class _Distribution(NamedTuple):
    """The shares of the classes (`of` −1), or what class `of` answers to an item."""

    of: int
    given: FloatArray  # (n, free categories) 0/1 of each respondent, nothing where missing; of the shares (k, free)
    probabilities: FloatArray  # (free categories,) those away from the edge
    place: slice  # of its parameters: log odds against the last free category
    errors: tuple[FloatArray, NDArray[np.bool_]]  # where its standard errors are to stand

    @property
    def scores(self) -> FloatArray:
        """(rows, parameters) the derivative of the log probability of what was given."""
        inside = self.given.sum(axis=1, keepdims=True)
        return (self.given - inside * self.probabilities)[:, :-1]

    @property
    def spread(self) -> FloatArray:
        """(free, parameters) how the probabilities depend on the parameters; square part: the curvature of one row."""
        return (np.diag(self.probabilities) - np.outer(self.probabilities, self.probabilities))[:, :-1]


def class_errors(design: SampleDesign, items: ArrayLike, base: ArrayLike, solution: LatentClasses) -> ClassErrors:
    """Return the standard errors of a solution fitted to the respondents of `base` (n,) bool; items (n, m) as there.

    Pseudo maximum likelihood: A⁻¹·V(scores)·A⁻¹ (Binder 1983), A the observed information by Louis (1982), V the
    design's covariance of the total of the scores. That nobody knows who belongs to which class is in it. Verified:
    with one class against the standard error of a mean, with more against the derivatives of the likelihood and the
    spread over samples.
    """
    rows = np.flatnonzero(np.asarray(base, bool))
    codes, weights, tau = np.asarray(items, int)[rows], design.weights[rows], solution.membership
    found = ClassErrors(np.full_like(solution.shares, np.nan), tuple(np.full_like(a, np.nan) for a in solution.answers))
    distributions = list(_distributions(codes, solution, found))
    width = distributions[-1].place.stop
    information, scores = np.zeros((width, width)), np.zeros((len(codes), width))
    for d in distributions:
        sure = np.ones(len(codes)) if d.of < 0 else tau[:, d.of] * d.given.sum(axis=1)
        information[d.place, d.place] += (weights @ sure) * d.spread[:-1]
    for c in range(solution.classes):
        of_class = np.zeros_like(scores)  # as if all belonged to the class
        for d in distributions:
            if d.of in (-1, c):
                of_class[:, d.place] = d.scores[c] if d.of < 0 else d.scores
        scores += tau[:, [c]] * of_class
        information -= of_class.T @ ((weights * tau[:, c])[:, None] * of_class)
    information += scores.T @ (weights[:, None] * scores)
    inverse = _inverse(information)
    if inverse is None:
        return ClassErrors(found.shares, found.answers, "the classes cannot be told apart: no standard errors")
    everybody = np.zeros((design.n, width))
    everybody[rows] = scores
    covariance = inverse @ covariance_of_totals(design, everybody) @ inverse
    for d in distributions:
        target, free = d.errors
        variance = np.einsum("ij,jk,ik->i", d.spread, covariance[d.place, d.place], d.spread)
        target[free] = np.sqrt(np.maximum(variance, 0.0)) if free.sum() > 1 else np.nan
    return found


def _distributions(codes: IntArray, solution: LatentClasses, errors: ClassErrors) -> Iterator[_Distribution]:
    start = 0
    rows = [(-1, np.eye(solution.classes), solution.shares, errors.shares)]
    for c in range(solution.classes):
        for j, answers in enumerate(solution.answers):
            given = (codes[:, [j]] == np.arange(answers.shape[1])).astype(float)
            rows.append((c, given, answers[c], errors.answers[j][c]))
    for of, given, probabilities, target in rows:
        free = probabilities > EDGE
        end = start + int(free.sum()) - 1
        yield _Distribution(of, given[:, free], probabilities[free], slice(start, end), (target, free))
        start = end


def _inverse(information: FloatArray) -> FloatArray | None:
    """Return the inverse; None where the likelihood is flat in some direction."""
    size = np.sqrt(np.maximum(np.diagonal(information), 0.0))
    if not (size > 0).all():
        return None
    scale = np.outer(size, size)
    scaled = information / scale
    if size.size and np.linalg.eigvalsh(scaled)[0] < SINGULAR:
        return None
    inverse: FloatArray = np.linalg.inv(scaled) / scale
    return inverse
