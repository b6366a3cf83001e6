"""Logits of several items of each respondent: is use of an item in one context associated with use in another?

Respondents who use more in the one context may just use more in the other: an affinity that the respondents' means
carry. What is left within respondents is free of it, by the means (Mundlak 1978; Neuhaus & Kalbfleisch 1998) or by
conditioning on how many items each respondent uses (Chamberlain 1980).
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from b2bsurvey.statistics.linearisation import SampleDesign, covariance_of_totals, domain_df
from b2bsurvey.statistics.regression import MOST_STEPS, Kind, Regression, aliased, regress
from b2bsurvey.statistics.separation import separated_columns

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

BETWEEN, WITHIN = "between", "within"
FURTHEST = 30.0  # log odds beyond which a maximum is believed only after separation is ruled out
ROUNDING = 1e-12  # deviations below this are rounding
NOTHING_WITHIN = "not estimable: the predictor varies within no respondent"
ALIKE_WITHIN = "not estimable: the predictor differs between items only, alike for all respondents"
NOBODY_MIXED = "not estimable: nobody has the outcome with some items and lacks it with others"
NO_DF = "not estimable: the design has no degrees of freedom"
NO_MAXIMUM = "not estimable: the maximum of the likelihood was not found"
SEPARATED = "not estimable: the items are separated by the predictor within respondents"


@dataclass(frozen=True, eq=False)
class PanelLogit:
    """A logit of items within respondents.

    `fit`: its columns are the effects of `items` but the first of them, then `between` (the respondent's mean; not in
    a conditional logit, nor where all means are alike) and `within`; covariance and influence (n, q) are those of
    respondents. `answers` counts pairs of respondent and item; `left_out` are items that all or nobody has.
    """

    fit: Regression
    items: tuple[str, ...]
    left_out: tuple[str, ...]
    answers: int

    def place(self, term: str) -> int:
        """Return the place of a term's parameter; ValueError for a term that the model lacks."""
        return int(self.fit.slopes(self.fit.columns.index(term))[0])


def within_between_logit(
    design: SampleDesign, outcome: ArrayLike, predictor: ArrayLike, items: tuple[str, ...]
) -> PanelLogit:
    """Fit the logit of an outcome on the effects of items, and a predictor's mean and deviation within respondents.

    `outcome` and `predictor` (n, items) are 0 or 1, NaN where missing: such pairs are left out. The scores of a
    respondent are added up, so that respondents (or the design's clusters) are the clusters of the variance, under
    the whole design. Verified against statsmodels GLM with a cluster covariance, and `regress` of a clustered design.
    """
    y, x = np.asarray(outcome, float), np.asarray(predictor, float)
    known = np.isfinite(y) & np.isfinite(x)
    varying = _varying(y, known)
    known = known & varying
    person, item = np.nonzero(known)
    kept = tuple(name for name, varies in zip(items, varying, strict=True) if varies)
    left_out = tuple(name for name in items if name not in kept)
    base = known.any(axis=1)
    if not base.any():
        note = "not estimable: the outcome is the same for everybody"
        return PanelLogit(_nothing("binary", (BETWEEN, WITHIN), base, note), kept, left_out, 0)
    means = np.divide(np.where(known, x, 0).sum(axis=1), known.sum(axis=1), out=np.zeros(len(x)), where=base)
    effects = (item[:, None] == np.flatnonzero(varying)[1:]).astype(float)
    deviation = x[known] - means[person]
    terms = {WITHIN: np.where(np.abs(deviation) < ROUNDING, 0.0, deviation)}
    if np.ptp(means[base]) > 0:
        terms = {BETWEEN: means[person]} | terms
    names = (*kept[1:], *terms)
    columns = np.column_stack([effects, *terms.values()])
    if not terms[WITHIN].any():
        return PanelLogit(_nothing("binary", names, base, NOTHING_WITHIN), kept, left_out, int(known.sum()))
    fit = regress(SampleDesign(design.weights[person]), "binary", y[known], columns, names)
    why = fit.note
    if why == NO_MAXIMUM or (not why and np.ptp(columns @ fit.coefficients[1:]) > FURTHEST):
        why = _separated(y[known], columns, names) or why
    if why:
        why = ALIKE_WITHIN if f"{WITHIN} follows" in why else NO_DF if "parameters" in why else why
        return PanelLogit(_nothing("binary", names, base, why), kept, left_out, int(known.sum()))
    influence = np.zeros((design.n, fit.coefficients.size))
    np.add.at(influence, person, fit.influence)
    fit = replace(
        fit,
        influence=influence,
        covariance=covariance_of_totals(design, influence),
        base=base,
        df=domain_df(design, base) + 1 - fit.coefficients.size,
        n=int(base.sum()),
    )
    return PanelLogit(fit, kept, left_out, int(known.sum()))


def conditional_logit(
    design: SampleDesign, outcome: ArrayLike, predictor: ArrayLike, items: tuple[str, ...]
) -> PanelLogit:
    """Fit the logit conditional on how many items each respondent has, on the effects of items and on a predictor.

    Arrays as in `within_between_logit`. Those who have all or none of the items say nothing and are not in the base.
    The denominators are elementary symmetric functions (Gail, Lubin & Rubinstein 1981). Weighted by the design, with
    the covariance A⁻¹·V·A⁻¹ of the respondents' scores. Verified against statsmodels ConditionalLogit, and against
    the sum over all permutations.
    """
    y, x = np.asarray(outcome, float), np.asarray(predictor, float)
    known = np.isfinite(y) & np.isfinite(x)
    while True:  # an item that all or nobody has gives nothing, and without it others may be all or none
        having = np.where(known, y, 0).sum(axis=1)
        mixed = (having > 0) & (having < known.sum(axis=1))
        varying = _varying(y, known & mixed[:, None])
        left = known & varying & mixed[:, None]
        if (left == known).all():
            break
        known = left
    kept = tuple(name for name, varies in zip(items, varying, strict=True) if varies)
    left_out = tuple(name for name in items if name not in kept)
    names, base, answers = (*kept[1:], WITHIN), known.any(axis=1), int(known.sum())

    def nothing(why: str) -> PanelLogit:
        return PanelLogit(_nothing("conditional", names, base, why), kept, left_out, answers)

    if not base.any():
        return nothing(NOBODY_MIXED)
    likelihood = _Conditional(y[base][:, varying], x[base][:, varying], known[base][:, varying])
    deviations = likelihood.deviations()
    if not deviations[:, -1].any():
        return nothing(NOTHING_WITHIN)
    dependent = aliased(deviations, names)
    if dependent:
        why = f"not estimable: {', '.join(dependent)} follows from the columns before it; leave it out"
        return nothing(ALIKE_WITHIN if WITHIN in dependent else why)
    weights = design.weights[base]
    weights = weights * (weights.size / weights.sum())
    theta, inverse = _maximum(likelihood, weights)
    found = np.isfinite(theta).all()
    if not found or np.abs(theta).max() > FURTHEST:
        # a pair of items is a choice between them, and its mirror image, so that the intercept is 0
        differences = likelihood.differences()
        signs = np.repeat([1.0, 0.0], len(differences))
        why = _separated(signs, np.concatenate([differences, -differences]), names)
        if why or not found:
            return nothing(why or NO_MAXIMUM)
    influence = np.zeros((design.n, theta.size))
    influence[base] = likelihood.scores(theta)[0] @ inverse / (design.weights[base].sum() / weights.size)
    fit = Regression(
        kind="conditional",
        columns=names,
        categories=2,
        coefficients=theta,
        covariance=covariance_of_totals(design, influence),
        model_covariance=inverse,
        influence=influence,
        base=base,
        df=domain_df(design, base) + 1 - theta.size,
        n=int(base.sum()),
        log_likelihood=likelihood.log_likelihood(theta, weights),
        null_log_likelihood=likelihood.log_likelihood(np.zeros(theta.size), weights),
    )
    return PanelLogit(fit, kept, left_out, answers)


class _Conditional:
    """The likelihood of which items a respondent has, given how many: parameters of items but the first, then of x."""

    def __init__(self, y: FloatArray, x: FloatArray, known: BoolArray) -> None:
        self.y, self.x, self.known = np.where(known, y, 0.0), np.where(known, x, 0.0), known
        self.having = self.y.sum(axis=1).astype(int)

    def deviations(self) -> FloatArray:
        """Return the columns (answers, q) of all pairs of respondent and item, less their mean of the respondent."""
        items = self.y.shape[1]
        effects = np.broadcast_to(np.eye(items)[:, 1:], (*self.y.shape, items - 1))
        columns = np.concatenate([effects, self.x[:, :, None]], axis=2)
        means = (columns * self.known[:, :, None]).sum(axis=1) / self.known.sum(axis=1)[:, None]
        left = (columns - means[:, None, :])[self.known]
        return np.where(np.abs(left) < ROUNDING, 0.0, left)

    def log_likelihood(self, theta: FloatArray, weights: FloatArray) -> float:
        linear, odds = self._odds(theta)
        return float(weights @ ((self.y * linear).sum(axis=1) - np.log(self._subsets(odds, 0))))

    def scores(self, theta: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the scores (n, q) and the covariance (n, items, items) of which items are had."""
        _, odds = self._odds(theta)
        items = odds.shape[1]
        whole = self._subsets(odds, 0)
        share = np.column_stack([odds[:, j] * self._subsets(odds, 1, j) / whole for j in range(items)])
        joint = np.empty((len(odds), items, items))
        for j in range(items):
            joint[:, j, j] = share[:, j]
            for k in range(j):
                both = odds[:, j] * odds[:, k] * self._subsets(odds, 2, j, k) / whole
                joint[:, j, k] = joint[:, k, j] = both
        residual = self.y - share
        scores = np.column_stack([residual[:, 1:], (residual * self.x).sum(axis=1)])
        return scores, joint - share[:, :, None] * share[:, None, :]

    def information(self, covariance: FloatArray, weights: FloatArray) -> FloatArray:
        """Return the weighted information (q, q)."""
        with_x = np.einsum("nij,nj->ni", covariance, self.x)
        items = np.tensordot(weights, covariance, axes=1)[1:, 1:]
        mixed = weights @ with_x[:, 1:]
        own = weights @ (with_x * self.x).sum(axis=1)
        return np.block([[items, mixed[:, None]], [mixed[None, :], np.array([[own]])]])

    def differences(self) -> FloatArray:
        """Return the distinct differences (k, q) between an item that a respondent has and one that she lacks."""
        items = self.y.shape[1]
        effects = np.eye(items)[:, 1:]
        found = []
        for j in range(items):
            for k in range(items):
                rows = (self.y[:, j] == 1) & (self.y[:, k] == 0) & self.known[:, j] & self.known[:, k]
                found += [(*(effects[j] - effects[k]), step) for step in np.unique(self.x[rows, j] - self.x[rows, k])]
        return np.unique(np.array(found), axis=0)

    def _odds(self, theta: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the linear predictor (n, items), 0 on average, and the odds, 0 where an item is not known."""
        linear = np.where(self.known, np.append(0.0, theta[:-1]) + theta[-1] * self.x, 0.0)
        linear = np.where(self.known, linear - linear.sum(axis=1, keepdims=True) / self.known.sum(axis=1)[:, None], 0.0)
        return linear, np.where(self.known, np.exp(linear), 0.0)

    def _subsets(self, odds: FloatArray, fewer: int, *without: int) -> FloatArray:
        """Return (n,) the sum over subsets of the product of their odds: as many items as are had, less `fewer`."""
        sums = np.zeros((len(odds), int(self.having.max()) + 1))
        sums[:, 0] = 1.0
        for j in range(odds.shape[1]):
            if j not in without:
                sums[:, 1:] += odds[:, j, None] * sums[:, :-1]
        wanted = self.having - fewer
        return np.where(wanted >= 0, sums[np.arange(len(odds)), np.maximum(wanted, 0)], 0.0)


def _maximum(likelihood: _Conditional, weights: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return parameters and inverse information by Newton's method with halved steps; NaN where it found no rest."""
    q = likelihood.y.shape[1]
    theta, nowhere = np.zeros(q), np.full(q, np.nan)
    value = likelihood.log_likelihood(theta, weights)
    for _ in range(MOST_STEPS):
        scores, covariance = likelihood.scores(theta)
        try:
            inverse = np.linalg.inv(likelihood.information(covariance, weights))
        except np.linalg.LinAlgError:
            break
        step = inverse @ (weights @ scores)
        if np.abs(step).max() <= 1e-10 * max(1.0, np.abs(theta).max()):
            return theta, np.asarray(inverse, float)
        length = 1.0
        while length > 1e-6:
            with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
                found = likelihood.log_likelihood(theta + length * step, weights)
            if found >= value - 1e-10 * abs(value):
                break
            length /= 2
        else:
            break
        theta, value = theta + length * step, found
        if np.abs(theta).max() > 2 * FURTHEST:
            break
    return nowhere, np.outer(nowhere, nowhere)


def _varying(outcome: FloatArray, known: BoolArray) -> BoolArray:
    """Tell which items (items,) some have and others lack."""
    having = (np.where(known, outcome, 0) > 0).any(axis=0)
    lacking = (np.where(known, outcome, 1) < 1).any(axis=0)
    return np.asarray(having & lacking, bool)


def _separated(outcome: FloatArray, columns: FloatArray, names: tuple[str, ...]) -> str:
    """Say that some column separates the outcome; empty where none does."""
    rows = np.unique(np.column_stack([outcome, columns]), axis=0)
    return SEPARATED if separated_columns(rows[:, 0], rows[:, 1:], names) else ""


def _nothing(kind: Kind, names: tuple[str, ...], base: BoolArray, note: str) -> Regression:
    q, n = len(names) + (kind == "binary"), int(base.sum())
    unknown, matrix, nan = np.full(q, np.nan), np.full((q, q), np.nan), float("nan")
    influence = np.zeros((base.size, q))
    return Regression(kind, names, 2, unknown, matrix, matrix, influence, base, 0, n, nan, nan, note)
