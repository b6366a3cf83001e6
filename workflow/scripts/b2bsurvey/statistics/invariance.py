"""Measurement invariance: may the means of a scale be compared between groups (language versions, waves, segments)?"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from b2bsurvey.statistics.confirmatory import (
    first_loadings,
    fisher_scoring,
    fit_indices,
    loading_pattern,
    not_estimable,
    upper_tail,
)

FloatArray = NDArray[np.float64]
Pattern = NDArray[np.bool_]
Level = Literal["configural", "metric", "scalar", "strict"]
Answer = Literal["holds", "undecided", "fails"]
Verdict = Literal["comparable", "partly", "undecided", "not_comparable", "not_estimable"]

LEVELS: tuple[Level, ...] = ("configural", "metric", "scalar", "strict")
CONFIGURAL, METRIC, SCALAR, STRICT = range(4)
CFI_LOSS = 0.01  # a larger loss is too much (Cheung & Rensvold 2002)
CFI_NEEDED = 0.9  # items that fit their factors worse have no structure that groups could share
REJECTED = 0.05
MOST_STEPS = 200  # a model that fits badly takes 100 and more
FEWEST_EQUAL = 2  # items of a factor that must stay equal if its means are compared (Byrne, Shavelson & Muthén 1989)


@dataclass(frozen=True, eq=False)
class GroupModel:
    """One model of g groups together: p items on m factors, with what its `level` holds equal between groups.

    `loadings` (g, p, m), `intercepts` and `residual_variances` (g, p) are in the items' units. Factors of the first
    group have variance 1 and mean 0: `factor_means` (g, m) with `mean_errors` are in its standard deviations (0 where
    intercepts are not held equal). `freed` says from which level on an item (its place) is not held equal. Indices
    of fit as in `confirmatory.FactorModel`. NaN with the reason in `note` where the model cannot be fitted; a fitted
    model with an impossible value (a residual variance below 0, a correlation above 1) says so there too.
    """

    level: Level
    freed: Mapping[int, Level]
    loadings: FloatArray
    intercepts: FloatArray
    residual_variances: FloatArray
    factor_covariances: FloatArray
    factor_means: FloatArray
    mean_errors: FloatArray
    chi2: float
    df: int
    p_value: float
    cfi: float
    tli: float
    rmsea: float
    rmsea_low: float
    rmsea_high: float
    srmr: float
    log_likelihood: float
    parameters: int
    n: int
    note: str

    @property
    def aic(self) -> float:
        """Akaike's criterion; means are counted as parameters."""
        return 2 * self.parameters - 2 * self.log_likelihood

    @property
    def bic(self) -> float:
        """Schwarz's criterion."""
        return self.parameters * float(np.log(self.n)) - 2 * self.log_likelihood


@dataclass(frozen=True, eq=False)
class Step:
    """What it costs to hold more equal: `model` against the `looser` one, the last before it that holds.

    `chi2` with `df` and `p_value` is the likelihood-ratio test; `cfi`, `rmsea` and `srmr` are changes (stricter −
    looser). `answer`: it `holds` where CFI falls by .01 at most (Cheung & Rensvold 2002), `fails` where it falls by
    more and the test rejects at 5 %; otherwise `undecided`: too few respondents to tell. (Chen 2007 would also
    have RMSEA rise by .015 at most, SRMR by .030 from configural to metric and by .010 from metric to scalar.)
    """

    model: GroupModel
    looser: GroupModel
    chi2: float
    df: int
    p_value: float
    cfi: float
    rmsea: float
    srmr: float
    answer: Answer


@dataclass(frozen=True, eq=False)
class Invariance:
    """The configural model of groups of `n` respondents, and the steps from it, up to the first that does not hold.

    A step that fails is followed by the same one with some items freed, where that makes it hold. Without
    `configural` nothing could be fitted, for the reason in `note`.
    """

    n: tuple[int, ...]
    configural: GroupModel | None = None
    steps: tuple[Step, ...] = field(default=())
    note: str = ""

    @property
    def models(self) -> tuple[GroupModel, ...]:
        """All models, the loosest first."""
        return (self.configural, *(step.model for step in self.steps)) if self.configural else ()

    @property
    def reached(self) -> GroupModel | None:
        """The strictest model that holds; None where items do not even share their structure."""
        if self.configural is None or self.configural.cfi < CFI_NEEDED:
            return None
        return next((step.model for step in reversed(self.steps) if step.answer == "holds"), self.configural)

    @property
    def verdict(self) -> Verdict:
        """Whether means may be compared: of scores (`comparable`), or of factors, some items freed (`partly`)."""
        if self.configural is None:
            return "not_estimable"
        if self.reached is not None and LEVELS.index(self.reached.level) >= SCALAR:
            return "partly" if self.reached.freed else "comparable"
        return "undecided" if self.steps and self.steps[-1].answer == "undecided" else "not_comparable"


@dataclass(frozen=True, eq=False)
class _Sample:
    """A group: `n` respondents, their `mean` (p,) and `covariance` (p, p) divided by n."""

    n: int
    mean: FloatArray
    covariance: FloatArray


def invariance(groups: Sequence[ArrayLike], constructs: Sequence[int], strict: bool = False) -> Invariance:
    """Fit the configural, metric and scalar (and strict) model to groups of respondents, and compare them.

    `groups` are arrays (n_g, k) of the same k items in the same order, two or more; `constructs` (k,) gives each
    item's factor, 0 … m − 1 (all 0: one scale). Respondents who lack an item are left out. The first group is the
    one from which the factor means of the others are measured.

    Normal maximum likelihood with mean structure (Jöreskog 1971; Sörbom 1974): metric holds loadings equal, scalar
    intercepts too (and frees factor means), strict residual variances too. Where a step fails, the item whose freeing
    lowers χ² most is freed, one after the other. Verified against R lavaan 0.6.14 at 1e-5.
    """
    complete = [np.asarray(group, float) for group in groups]
    complete = [group[np.isfinite(group).all(axis=1)] for group in complete]
    n, pattern = tuple(len(group) for group in complete), loading_pattern(constructs)
    if len(complete) < 2:
        return Invariance(n, note="not estimable: there is only one group")
    for group in complete:
        why = not_estimable(group, pattern)
        if why:
            return Invariance(n, note=f"{why}, in one of the groups")

    def fitted(level: int, freed: Mapping[int, Level]) -> GroupModel:
        return group_model(complete, constructs, LEVELS[level], freed)

    configural = fitted(CONFIGURAL, {})
    if configural.note:
        return Invariance(n, note=configural.note)
    held, steps = configural, list[Step]()
    for level in range(METRIC, STRICT + strict):
        if held.cfi < CFI_NEEDED or (steps and steps[-1].answer != "holds"):
            break
        steps.append(_step(held, fitted(level, held.freed)))
        if steps[-1].answer == "fails":
            steps += _with_items_freed(held, level, pattern, fitted)
        held = steps[-1].model
    return Invariance(n, configural, tuple(steps))


def _step(looser: GroupModel, stricter: GroupModel) -> Step:
    chi2, df = stricter.chi2 - looser.chi2, stricter.df - looser.df
    p_value, change = upper_tail(df, max(chi2, 0.0)), stricter.cfi - looser.cfi
    answer: Answer = "undecided"  # also where the stricter model has no solution, or an improper one that fits
    if change < -CFI_LOSS and p_value < REJECTED:
        answer = "fails"
    elif change >= -CFI_LOSS and not stricter.note:
        answer = "holds"
    rmsea, srmr = stricter.rmsea - looser.rmsea, stricter.srmr - looser.srmr
    return Step(stricter, looser, chi2, df, p_value, change, rmsea, srmr, answer)


def _with_items_freed(
    held: GroupModel, level: int, pattern: Pattern, fitted: Callable[[int, Mapping[int, Level]], GroupModel]
) -> list[Step]:
    """Return the step with as many items freed as it takes to hold; none where that leaves too few equal."""
    freed = dict(held.freed)
    while True:
        equal = np.array([item not in freed for item in range(len(pattern))])
        spare = pattern[equal].sum(axis=0) > FEWEST_EQUAL
        candidates = [int(item) for item in np.flatnonzero(equal & (pattern @ spare))]
        models = [fitted(level, freed | {item: LEVELS[level]}) for item in candidates]
        models = [model for model in models if np.isfinite(model.chi2)]
        if not models:
            return []
        best = min(models, key=lambda model: model.chi2)
        freed = dict(best.freed)
        step = _step(held, best)
        if step.answer == "holds":
            return [step]


def group_model(
    groups: Sequence[FloatArray], constructs: Sequence[int], level: Level, freed: Mapping[int, Level] | None = None
) -> GroupModel:
    """Fit one model to complete answers (n_g, k) of groups; `invariance` says what a level holds equal.

    `freed` names items by their place, with the level from which on they are not held equal.
    """
    pattern, freed = loading_pattern(constructs), dict(freed or {})
    n = sum(len(group) for group in groups)
    centre = np.concatenate(groups).mean(axis=0)
    scale = np.sqrt(sum(len(group) * group.var(axis=0) for group in groups) / n)  # the fit does not depend on either
    samples = [
        _Sample(len(z), z.mean(axis=0), np.cov(z, rowvar=False, bias=True))
        for z in ((group - centre) / scale for group in groups)
    ]
    layout = _layout(pattern, len(groups), LEVELS.index(level), {k: LEVELS.index(v) for k, v in freed.items()})
    start = layout.first(samples)
    parameters, converged = fisher_scoring(
        start,
        lambda at: sum(s.n * _discrepancy(s, *m) for s, m in zip(samples, layout.matrices(at), strict=True)) / n,
        lambda at: layout.derivatives(samples, at),
        MOST_STEPS,
    )
    if not converged:
        note = "not estimable: the maximum of the likelihood was not found"
        return _nothing(level, freed, len(groups), pattern, len(start), n, note)
    return _described(samples, layout, parameters, level, freed, centre, scale)


Matrices = tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray]


@dataclass(frozen=True, eq=False)
class _Layout:
    """Where the free parameters stand in each group's values, and the values of those that are fixed.

    A group's values are its loadings, its factors' covariances (lower triangle), residual variances, intercepts and
    factor means. `places` (g, q) are places in the vector of free parameters, −1 where the value is `fixed` (g, q).
    """

    pattern: Pattern
    places: NDArray[np.int_]
    fixed: FloatArray

    def values(self, parameters: FloatArray) -> FloatArray:
        """Return the values (g, q) of all groups."""
        return np.where(self.places >= 0, parameters[self.places], self.fixed)

    def matrices(self, parameters: FloatArray) -> list[Matrices]:
        """Return each group's matrices."""
        return [_matrices(self.pattern, values) for values in self.values(parameters)]

    def first(self, samples: Sequence[_Sample]) -> FloatArray:
        """Return parameters to start from; what groups share starts from their mean."""
        p, m = self.pattern.shape
        within = sum(s.n * s.covariance for s in samples) / sum(s.n for s in samples)
        loadings = first_loadings(np.asarray(within), self.pattern)[self.pattern]
        factors = np.eye(m)[np.tril_indices(m)]
        values = np.array([np.r_[loadings, factors, np.full(p, 0.64), s.mean, np.zeros(m)] for s in samples])
        free = self.places >= 0
        counts = np.bincount(self.places[free])
        return np.bincount(self.places[free], values[free]) / counts

    def derivatives(self, samples: Sequence[_Sample], parameters: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the gradient of the mean discrepancy and its expected second derivatives."""
        size, n = len(parameters), sum(s.n for s in samples)
        gradient, information = np.zeros(size), np.zeros((size, size))
        for sample, matrices, places in zip(samples, self.matrices(parameters), self.places, strict=True):
            own, among = _derivatives(sample, self.pattern, *matrices)
            free = np.flatnonzero(places >= 0)
            gradient[places[free]] += sample.n / n * own[free]  # a place stands once in a group
            information[np.ix_(places[free], places[free])] += sample.n / n * among[np.ix_(free, free)]
        return gradient, information


def _layout(pattern: Pattern, groups: int, level: int, freed: Mapping[int, int]) -> _Layout:
    p, m = pattern.shape
    item = np.argwhere(pattern)[:, 0]

    def equal(what: int) -> NDArray[np.bool_]:
        """Return (p,) whether what the level `what` adds is held equal of each item."""
        return np.array([what <= level and freed.get(i, STRICT + 1) > what for i in range(p)])

    factors = np.tril_indices(m)
    variances = factors[0] == factors[1]
    nothing, means = np.zeros(len(variances), bool), np.zeros(m, bool)
    shared = np.concatenate([equal(METRIC)[item], nothing, equal(STRICT), equal(SCALAR), means])
    none = np.zeros((groups, p), bool)
    first = np.arange(groups)[:, None] == 0
    is_fixed = np.hstack(
        [
            np.zeros((groups, len(item)), bool),
            variances & (first | (level < METRIC)),
            none,
            none,
            np.ones(m, bool) & (first | (level < SCALAR)),
        ]
    )
    places = np.full(is_fixed.shape, -1)
    following = 0
    for k in range(len(shared)):
        free = np.flatnonzero(~is_fixed[:, k])
        places[free, k] = following if shared[k] else following + np.arange(len(free))
        following = places.max() + 1
    fixed = np.where(np.concatenate([np.zeros(len(item), bool), variances, np.zeros(2 * p + m, bool)]), 1.0, 0.0)
    return _Layout(pattern, places, np.tile(fixed, (groups, 1)))


def _matrices(pattern: Pattern, values: FloatArray) -> Matrices:
    """Return loadings (p, m), factor covariances (m, m), residual variances and intercepts (p,), factor means (m,)."""
    p, m = pattern.shape
    loadings, phi, lower = np.zeros((p, m)), np.zeros((m, m)), np.tril_indices(m)
    used, rest = int(pattern.sum()), len(lower[0])
    loadings[pattern], phi[lower] = values[:used], values[used : used + rest]
    phi.T[lower] = phi[lower]
    theta, tau, alpha = np.split(values[used + rest :], [p, 2 * p])
    return loadings, phi, theta, tau, alpha


def _discrepancy(
    sample: _Sample, loadings: FloatArray, phi: FloatArray, theta: FloatArray, tau: FloatArray, alpha: FloatArray
) -> float:
    """Return log|Σ| + tr[(S + dd′)Σ⁻¹] − log|S| − p, d the distance of means; infinite where Σ is no covariance."""
    sigma = loadings @ phi @ loadings.T + np.diag(theta)
    try:
        root = np.linalg.cholesky(sigma)
    except np.linalg.LinAlgError:
        return np.inf
    distance = sample.mean - tau - loadings @ alpha
    second = sample.covariance + np.outer(distance, distance)
    log_det = 2 * np.log(np.diagonal(root)).sum() - np.linalg.slogdet(sample.covariance)[1]
    return float(log_det + np.trace(np.linalg.solve(sigma, second)) - len(sigma))


def _derivatives(
    sample: _Sample,
    pattern: Pattern,
    loadings: FloatArray,
    phi: FloatArray,
    theta: FloatArray,
    tau: FloatArray,
    alpha: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """Return the gradient (q,) of one group's discrepancy by its values, and the expected second derivatives."""
    p, m = pattern.shape
    sigma = loadings @ phi @ loadings.T + np.diag(theta)
    inverse = np.linalg.inv(sigma)
    used, lower = np.argwhere(pattern), list(zip(*np.tril_indices(m), strict=True))
    size = len(used) + len(lower) + 2 * p + m
    of_sigma, of_mean = np.zeros((size, p, p)), np.zeros((size, p))
    with_factor = phi @ loadings.T
    for a, (i, j) in enumerate(used):
        of_sigma[a, i] += with_factor[j]
        of_sigma[a, :, i] += with_factor[j]
        of_mean[a, i] = alpha[j]
    for a, (k, j) in enumerate(lower, start=len(used)):
        outer = np.outer(loadings[:, k], loadings[:, j])
        of_sigma[a] = outer if k == j else outer + outer.T
    items, a = np.arange(p), len(used) + len(lower)
    of_sigma[a + items, items, items] = 1.0
    of_mean[a + p + items, items] = 1.0
    of_mean[a + 2 * p :] = loadings.T
    distance = sample.mean - tau - loadings @ alpha
    turned = inverse @ of_sigma
    weight = inverse @ (sigma - sample.covariance - np.outer(distance, distance))
    gradient = np.einsum("ij,aji->a", weight, turned) - 2 * of_mean @ inverse @ distance
    information = np.einsum("aij,bji->ab", turned, turned) + 2 * of_mean @ inverse @ of_mean.T
    return gradient, information


def _described(
    samples: Sequence[_Sample],
    layout: _Layout,
    parameters: FloatArray,
    level: Level,
    freed: Mapping[int, Level],
    centre: FloatArray,
    scale: FloatArray,
) -> GroupModel:
    p, m = layout.pattern.shape
    g, n = len(samples), sum(s.n for s in samples)
    found = layout.matrices(parameters)
    chi2 = sum(s.n * _discrepancy(s, *matrices) for s, matrices in zip(samples, found, strict=True))
    df = g * (p * (p + 3) // 2) - len(parameters)
    log_dets = [np.linalg.slogdet(s.covariance)[1] for s in samples]
    spread = [np.log(np.diagonal(s.covariance)).sum() for s in samples]
    base = sum(s.n * (apart - log_det) for s, apart, log_det in zip(samples, spread, log_dets, strict=True))
    each = p * (1 + np.log(2 * np.pi)) + 2 * np.log(scale).sum()
    saturated = sum(-s.n / 2 * (each + log_det) for s, log_det in zip(samples, log_dets, strict=True))
    loadings, phi, theta, tau, alpha = (np.array(part) for part in zip(*found, strict=True))
    variances = np.diagonal(np.linalg.inv(layout.derivatives(samples, parameters)[1])) * 2 / n
    errors = np.where(layout.places >= 0, np.sqrt(variances)[layout.places], 0.0)[:, -m:]
    return GroupModel(
        level=level,
        freed=freed,
        loadings=loadings * scale[:, None],
        intercepts=centre + tau * scale,
        residual_variances=theta * scale**2,
        factor_covariances=phi,
        factor_means=alpha,
        mean_errors=errors,
        chi2=float(chi2),
        df=df,
        **fit_indices(float(chi2), df, float(base), g * p * (p - 1) // 2, n, g),
        srmr=float(sum(s.n * _srmr(s, *matrices) for s, matrices in zip(samples, found, strict=True)) / n),
        log_likelihood=float(saturated - chi2 / 2),
        parameters=len(parameters),
        n=n,
        note=_impossible(phi, theta),
    )


def _srmr(
    sample: _Sample, loadings: FloatArray, phi: FloatArray, theta: FloatArray, tau: FloatArray, alpha: FloatArray
) -> float:
    """Return the root mean square of one group's residuals of covariances, variances and means, standardised."""
    deviation = np.sqrt(np.diagonal(sample.covariance))
    apart = (sample.covariance - loadings @ phi @ loadings.T - np.diag(theta)) / np.outer(deviation, deviation)
    of_means = (sample.mean - tau - loadings @ alpha) / deviation
    residuals = np.concatenate([apart[np.tril_indices(len(deviation))], of_means])
    return float(np.sqrt(np.mean(residuals**2)))


def _impossible(phi: FloatArray, theta: FloatArray) -> str:
    """Return what is impossible in a solution; empty where nothing is."""
    below = int((theta < 0).sum())
    if below:
        return f"improper solution: {below} residual variances are below 0"
    if (np.linalg.eigvalsh(phi) < 0).any():
        return "improper solution: a correlation of factors is above 1"
    return ""


def _nothing(
    level: Level, freed: Mapping[int, Level], groups: int, pattern: Pattern, parameters: int, n: int, note: str
) -> GroupModel:
    p, m = pattern.shape
    nan, df = float("nan"), groups * (p * (p + 3) // 2) - parameters
    names = ("chi2", "p_value", "cfi", "tli", "rmsea", "rmsea_low", "rmsea_high", "srmr", "log_likelihood")
    return GroupModel(
        level=level,
        freed=freed,
        loadings=np.full((groups, p, m), nan),
        intercepts=np.full((groups, p), nan),
        residual_variances=np.full((groups, p), nan),
        factor_covariances=np.full((groups, m, m), nan),
        factor_means=np.full((groups, m), nan),
        mean_errors=np.full((groups, m), nan),
        df=df,
        parameters=parameters,
        n=n,
        note=note,
        **dict.fromkeys(names, nan),
    )
