"""Weights that match a population: raking, post-stratification, trimming, and what they cost."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from b2bsurvey.errors import StudyError
from b2bsurvey.statistics.linearisation import crossed, kish_design_effect

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int_]
BoolArray = NDArray[np.bool_]

CLOSE = 1e-12  # largest relative distance of an achieved total from its target
AGREE = 1e-6  # largest relative distance between the totals of two margins
MOST_ROUNDS = 10_000
MOST_STEPS = 5_000  # of Newton's method
FARTHEST = 200.0  # log factors beyond this go on to infinity: no weights within the bounds meet the targets
LEAST_DAMPING = 1e-10  # keeps a category solvable whose weights are all at a bound


@dataclass(frozen=True, eq=False)
class Margin:
    """A variable (or a crossing of some) whose distribution in the population is known.

    `codes` (n,) from 0, −1 where a respondent's category is not known; `target` (categories,) sizes in the population,
    NaN where none is given; `name` and `categories` are for messages.
    """

    name: str
    categories: Sequence[str]
    codes: IntArray
    target: FloatArray


@dataclass(frozen=True, eq=False)
class Calibrated:
    """Weights (n,) that sum to the margins' total, as they would be `untrimmed`, and the rounds that were needed.

    `trimmed` (n,) bool: whose weight was cut at a bound.
    """

    weights: FloatArray
    untrimmed: FloatArray
    trimmed: BoolArray
    rounds: int

    @property
    def moved(self) -> float:
        """Share of the weight that trimming moved from some respondents to others."""
        return float(np.abs(self.weights - self.untrimmed).sum() / (2 * self.weights.sum()))


@dataclass(frozen=True)
class Spread:
    """What unequal weights cost: Kish's design effect, n / it, the smallest and largest weight over the mean."""

    design_effect: float
    n_effective: float
    smallest: float
    largest: float

    @property
    def ratio(self) -> float:
        """The largest weight over the smallest."""
        return self.largest / self.smallest


@dataclass(frozen=True, eq=False)
class Representation:
    """Shares (categories,) of the respondents whose category is known: counted, weighted, and in the population."""

    unweighted: FloatArray
    weighted: FloatArray
    target: FloatArray


def rake(base: ArrayLike, margins: Sequence[Margin], low: float = 0.0, high: float = np.inf) -> Calibrated:
    """Return `base` weights (n,) > 0 raked to the margins, each respondent's within [low, high] of the mean weight.

    Iterative proportional fitting (Deming & Stephan 1940) until every total is within 1e-12 of its target. Respondents
    whose category is not known form one of their own, whose target is its share of the base weights: they
    are moved by the other margins only. Where a weight lies beyond a bound, all are raked within the bounds: each
    is the base weight times a factor for each category, cut at the bounds (Deville & Särndal 1992). The mean weight,
    total / n, stays what it is.

    Raises StudyError when a category in use has no target or a target of 0, a target is reached by nobody, totals
    differ, the margins contradict each other, or no weights within the bounds meet them; ValueError for wrong
    shapes. Verified against R survey 4.1.1 (rake, postStratify) at 1e-9 and svy 0.35.
    """
    base = np.asarray(base, dtype=float)
    for margin in margins:
        _check(margin, base)
    total = float(np.nansum(margins[0].target))
    for margin in margins[1:]:
        other = float(np.nansum(margin.target))
        if abs(other - total) > AGREE * total:
            raise StudyError(
                f"the targets of '{margins[0].name}' sum to {total:.10g} but those of '{margin.name}' to {other:.10g}; "
                "they must describe the same population, so correct the population table."
            )
    cells, alike = crossed(np.column_stack([margin.codes for margin in margins]))
    targets = [_with_unknown(margin, base, total) for margin in margins]
    before: FloatArray = np.bincount(cells, base).astype(float)
    after, rounds = _fit(before, alike, targets, margins)
    untrimmed = base * (after / before)[cells]
    mean = total / base.size
    if untrimmed.min() >= low * mean and untrimmed.max() <= high * mean:
        return Calibrated(untrimmed, untrimmed, np.zeros(base.size, dtype=bool), rounds)
    found = _fit_within(untrimmed, cells, alike, targets, low * mean, high * mean)
    if found is None:
        raise _too_narrow(margins, targets, mean, low, high)
    return Calibrated(found[0], untrimmed, found[1], rounds)


def post_stratify(base: ArrayLike, cells: Margin, low: float = 0.0, high: float = np.inf) -> Calibrated:
    """Return `base` weights that sum to the target in each cell: `rake` with one margin, exact in one round."""
    return rake(base, [cells], low, high)


def spread(weights: ArrayLike) -> Spread:
    """Return how unequal weights (n,) > 0 are (Kish 1965)."""
    weights = np.asarray(weights, dtype=float)
    deff, relative = kish_design_effect(weights), weights / weights.mean()
    return Spread(deff, weights.size / deff, float(relative.min()), float(relative.max()))


def representation(weights: ArrayLike, margin: Margin) -> Representation:
    """Return the sample beside its population: shares of the categories unweighted, weighted, and as they should be."""
    known = margin.codes >= 0
    size = len(margin.target)
    counts = [
        np.bincount(margin.codes[known], w[known], size) for w in (np.ones(known.size), np.asarray(weights, float))
    ]
    with np.errstate(invalid="ignore"):
        unweighted, weighted = (count / count.sum() for count in counts)
    return Representation(unweighted, weighted, np.nan_to_num(margin.target) / np.nansum(margin.target))


def _check(margin: Margin, base: FloatArray) -> None:
    codes, target = margin.codes, margin.target
    if codes.shape != base.shape or (codes >= target.size).any() or len(margin.categories) != target.size:
        raise ValueError(f"margin '{margin.name}' needs a code below {target.size} for each of {base.size} respondents")
    counts = np.bincount(codes[codes >= 0], minlength=target.size)
    if not counts.any():
        raise StudyError(f"nobody's category of '{margin.name}' is known, so no weights can be made from it.")
    for category, count, size in zip(margin.categories, counts, target, strict=True):
        if count and not size > 0:
            what = "has no target" if np.isnan(size) else f"has the target {size:g}"
            raise StudyError(
                f"'{category}' of '{margin.name}' {what} but {count} respondents; give its size in the population, or "
                "merge it with another category in the questionnaire."
            )
        if size > 0 and not count:
            raise StudyError(
                f"'{category}' of '{margin.name}' has the target {size:.10g} but no respondent, so no weight can reach "
                "it; merge it with another category in the questionnaire and in the population table."
            )


def _with_unknown(margin: Margin, base: FloatArray, total: float) -> FloatArray:
    """Return the targets, that of the unknown first: their share of the base weights."""
    unknown = float(base[margin.codes < 0].sum() / base.sum())
    known = np.nan_to_num(margin.target) / np.nansum(margin.target)
    return total * np.concatenate(([unknown], (1 - unknown) * known))


def _fit(
    cells: FloatArray, alike: IntArray, targets: Sequence[FloatArray], margins: Sequence[Margin]
) -> tuple[FloatArray, int]:
    """Return the weight of each cell (cells,) that meets all targets, and the rounds taken."""
    places = [codes + 1 for codes in alike.T]

    def factors(place: IntArray, target: FloatArray) -> FloatArray:
        reached = np.bincount(place, cells, target.size)
        return np.divide(target, reached, out=np.ones_like(target), where=reached > 0)

    for rounds in range(1, MOST_ROUNDS + 1):
        for place, target in zip(places, targets, strict=True):
            cells = cells * factors(place, target)[place]
        distances = [np.abs(factors(place, target) - 1) for place, target in zip(places, targets, strict=True)]
        worst = int(np.argmax([d.max() for d in distances]))
        if distances[worst].max() <= CLOSE:
            return cells, rounds
    raise _contradiction(margins[worst], int(np.argmax(distances[worst])) - 1)


def _fit_within(
    weights: FloatArray, cells: IntArray, alike: IntArray, targets: Sequence[FloatArray], low: float, high: float
) -> tuple[FloatArray, BoolArray] | None:
    """Return the weights (n,) times factors of their categories, cut at the bounds, that meet all targets; who was cut.

    Damped Newton steps on the dual, which is convex: its gradient is by how much the targets are missed. None where it
    has no minimum: no weights within the bounds meet the targets.
    """
    pairs = zip(alike.T, targets, strict=True)
    indicators = np.hstack([codes[:, None] == np.arange(-1, target.size - 1) for codes, target in pairs])
    used = indicators.any(axis=0)
    indicators, target = indicators[:, used].astype(float), np.concatenate(targets)[used]
    logs = np.log(weights)
    with np.errstate(divide="ignore"):
        floor, ceiling = np.log(low), np.log(high)

    def at(factors: FloatArray) -> tuple[FloatArray, BoolArray, FloatArray, float]:
        """Return weights, who is cut, by how much the targets are missed, and the dual, at these log factors."""
        wanted = logs + (indicators @ factors)[cells]
        kept = np.clip(wanted, floor, ceiling)
        reached = np.exp(kept)
        gap = target - np.bincount(cells, reached, len(alike)) @ indicators
        return reached, wanted != kept, gap, float(np.sum(reached * (1 + wanted - kept)) - target @ factors)

    def distance(gap: FloatArray) -> float:
        return float(np.max(np.abs(gap) / target))

    factors, damping = np.zeros(target.size), 1.0
    reached, cut, gap, dual = at(factors)
    for _ in range(MOST_STEPS):
        if distance(gap) <= CLOSE:
            return reached, cut
        if np.abs(factors).max() > FARTHEST:
            return None
        free = np.bincount(cells, np.where(cut, 0.0, reached), len(alike))
        slopes = indicators.T @ (free[:, None] * indicators)
        step = np.linalg.solve(slopes + damping * np.diag(target), gap)
        there = at(factors + step)
        if there[3] < dual or distance(there[2]) < distance(gap):
            factors, (reached, cut, gap, dual), damping = factors + step, there, max(damping / 10, LEAST_DAMPING)
        else:
            damping *= 10
    return None


def _contradiction(margin: Margin, code: int) -> StudyError:
    category = margin.categories[code] if code >= 0 else "unknown"
    return StudyError(
        f"raking does not converge: '{category}' of '{margin.name}' cannot reach its target together with the other "
        "margins, because too few combinations of categories have respondents; merge categories, or rake to fewer "
        "variables."
    )


def _too_narrow(
    margins: Sequence[Margin], targets: Sequence[FloatArray], mean: float, low: float, high: float
) -> StudyError:
    """Name the category whose mean weight lies furthest beyond a bound, where there is one."""
    found = []
    for margin, target in zip(margins, targets, strict=True):
        counts = np.bincount(margin.codes[margin.codes >= 0], minlength=len(margin.target))
        for category, count, size in zip(margin.categories, counts, target[1:], strict=True):
            if count:
                need = size / count / mean
                found.append((max(need / high, low / need), need, category, margin.name))
    beyond, need, category, name = max(found)
    why = "the margins together ask for more"
    if beyond > 1:
        why = f"'{category}' of '{name}' needs {need:.3g} times the mean on average"
    return StudyError(
        f"no weights between {low:g} and {high:g} times their mean meet the population: {why}; widen the bounds, or "
        "merge categories."
    )
