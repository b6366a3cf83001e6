"""Linear, binary, ordinal and multinomial regression under the design, with average marginal effects.

Coefficients solve the weighted score equations; their covariance is A⁻¹·V·A⁻¹, with V the design's covariance of the
weighted scores, so that weights, strata, clusters, finite population and calibration count (Binder 1983).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, log_softmax, softmax, stdtr, stdtrit

from b2bsurvey.statistics.linearisation import SampleDesign, covariance_of_totals, domain_df
from b2bsurvey.statistics.significance import SMALLEST_P, SignificanceTest, wald_test

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int_]
BoolArray = NDArray[np.bool_]
Kind = Literal["linear", "binary", "ordinal", "multinomial", "conditional"]

MOST_STEPS = 100
ALIASED = 1e-9  # a column is a combination of those before it when so little of its length is left


@dataclass(frozen=True)
class Predictor:
    """A predictor: its columns among the model's (0 …), one of a number, k − 1 dummies of k categories."""

    name: str
    columns: tuple[int, ...]
    is_number: bool


@dataclass(frozen=True, eq=False)
class Regression:
    """A fitted regression of an outcome on p columns; all outcomes' parameters stand in one vector (q,).

    Parameters: linear and binary: intercept, then columns. Ordinal: columns, then the J − 1 thresholds of
    logit P(Y ≤ j) = threshold − xβ. Multinomial: for each category after the first: intercept, then columns.
    Conditional (`panel_logit`): the columns alone.
    `influence` (n, q) are the scores of the parameters as weighted totals, `model_covariance` (q, q) the inverse
    information. NaN with the reason in `note` where nothing could be estimated.
    """

    kind: Kind
    columns: tuple[str, ...]
    categories: int
    coefficients: FloatArray
    covariance: FloatArray
    model_covariance: FloatArray
    influence: FloatArray
    base: BoolArray
    df: int
    n: int
    log_likelihood: float
    null_log_likelihood: float
    note: str = ""

    @property
    def std_error(self) -> FloatArray:
        """(q,) standard errors under the design."""
        return np.sqrt(np.diagonal(self.covariance))

    @property
    def is_estimated(self) -> bool:
        """Whether there are coefficients."""
        return bool(np.isfinite(self.coefficients).all()) and self.coefficients.size > 0

    @property
    def mcfadden(self) -> float:
        """1 − logL/logL₀ (McFadden 1974), from weights that sum to n."""
        return 1 - self.log_likelihood / self.null_log_likelihood if self.null_log_likelihood else float("nan")

    def slopes(self, column: int) -> IntArray:
        """Return the places of a column's parameters: one, or one for each category after the first."""
        p = len(self.columns)
        if self.kind in ("ordinal", "conditional"):
            return np.array([column])
        if self.kind == "multinomial":
            return np.arange(self.categories - 1) * (p + 1) + 1 + column
        return np.array([1 + column])


@dataclass(frozen=True, eq=False)
class Effects:
    """Estimates (k,) with standard errors, bounds and p-values of Student's t."""

    estimate: FloatArray
    std_error: FloatArray
    low: FloatArray
    high: FloatArray
    p_value: FloatArray


def regress(
    design: SampleDesign,
    kind: Kind,
    outcome: ArrayLike,
    columns: ArrayLike,
    names: Sequence[str],
) -> Regression:
    """Fit a regression to the respondents without a missing value; all others count in the variance only.

    `outcome` (n,): a number (linear), or codes 0 … J − 1 with −1 for missing; `columns` (n, p) without intercept,
    NaN where missing; `names` of the columns. Degrees of freedom are the design's of those respondents, less
    the parameters beyond the first, as in R. Verified against R svyglm and svyolr, glm, lm, and statsmodels.
    """
    y, x = np.asarray(outcome, float), np.asarray(columns, float)
    base = np.isfinite(x).all(axis=1) & (np.isfinite(y) if kind == "linear" else y >= 0)
    categories = 0 if kind == "linear" else int(y[base].max(initial=0)) + 1
    note = _not_estimable(kind, y[base], x[base], names, categories)
    if note:
        return _nothing(kind, names, categories, base, note)
    weights = design.weights[base]
    weights = weights * (weights.size / weights.sum())
    likelihood = _LIKELIHOODS[kind](y[base], x[base], categories)
    if isinstance(likelihood, _Linear):
        theta, inverse = likelihood.solution(weights)
    else:
        theta, inverse = _maximum(likelihood, weights)
    if not np.isfinite(theta).all():
        return _nothing(kind, names, categories, base, "not estimable: the maximum of the likelihood was not found")
    scores = likelihood.derivatives(theta, weights)[0]
    influence = np.zeros((design.n, theta.size))
    # weighted by the design's own weights, which sum to something else
    influence[base] = scores @ inverse / (design.weights[base].sum() / weights.size)
    return Regression(
        kind=kind,
        columns=tuple(names),
        categories=categories,
        coefficients=theta,
        covariance=covariance_of_totals(design, influence),
        model_covariance=inverse * likelihood.dispersion(theta, weights),
        influence=influence,
        base=base,
        df=domain_df(design, base) + 1 - theta.size,
        n=int(base.sum()),
        log_likelihood=likelihood.log_likelihood(theta, weights),
        null_log_likelihood=_null(kind, y[base], weights, categories),
    )


def coefficients(fit: Regression, places: ArrayLike, level: float = 0.95) -> Effects:
    """Return the coefficients at `places` with intervals of Student's t at the model's degrees of freedom."""
    places = np.asarray(places, int)
    return _effects(fit.coefficients[places], fit.std_error[places], fit.df, level)


def wald(fit: Regression, places: ArrayLike) -> SignificanceTest:
    """Test that the parameters at `places` are all 0: F = b′V⁻¹b/k. As R regTermTest, verified at 1e-7."""
    if not fit.is_estimated:
        return SignificanceTest("wald_F", fit.n, note=fit.note)
    places = np.asarray(places, int)
    covariance = fit.covariance[np.ix_(places, places)]
    return wald_test("wald_F", fit.n, fit.coefficients[places], covariance, fit.df, hotelling=False)


def average_marginal_effects(
    design: SampleDesign,
    fit: Regression,
    columns: ArrayLike,
    predictor: Predictor,
    level: float = 0.95,
    fixed: bool = False,
) -> Effects:
    """Return the average marginal effects of a predictor on the probability of each category.

    Arrays have shape (J·k,), category by category within the k columns of the predictor: the mean over the
    model's respondents of the derivative (a number) or of the change from the reference category (dummies),
    weighted. The variance is that of its influence function, in which the respondents' own values vary too;
    `fixed` takes them and the model as given, as R's margins does (verified there at 1e-4). Probabilities 0–1, so
    effects lie in −1 … 1. `columns` (n, p) are those of the fit.
    """
    x = np.asarray(columns, float)[fit.base]
    weights = design.weights[fit.base]
    share = weights / weights.sum()
    model = _LIKELIHOODS[fit.kind](np.zeros(len(x)), x, fit.categories)
    theta = fit.coefficients
    found, variances = [], []
    for column in predictor.columns:
        if predictor.is_number:
            step = 1e-4 * max(float(x[:, column].std()), 1e-8)
            above, below, scale = x.copy(), x.copy(), 2 * step
            above[:, column] += step
            below[:, column] -= step
        else:
            above, below, scale = x.copy(), x.copy(), 1.0
            above[:, predictor.columns] = below[:, predictor.columns] = 0.0
            above[:, column] = 1.0
        change = (model.probabilities(above, theta) - model.probabilities(below, theta)) / scale
        slope = (model.mean_slopes(above, theta, share) - model.mean_slopes(below, theta, share)) / scale
        effect = share @ change
        found.append(effect)
        if fixed:
            variances.append(np.einsum("ja,ab,jb->j", slope, fit.model_covariance, slope))
            continue
        influence = fit.influence @ slope.T
        influence[fit.base] += (change - effect) / weights.sum()
        variances.append(np.diagonal(covariance_of_totals(design, influence)))
    return _effects(np.concatenate(found), np.sqrt(np.concatenate(variances)), fit.df, level)


def _effects(estimate: FloatArray, std_error: FloatArray, df: int, level: float) -> Effects:
    if df < 1:
        unknown = np.full(estimate.size, np.nan)
        return Effects(estimate, unknown, unknown, unknown, unknown)
    half = stdtrit(df, (1 + level) / 2) * std_error
    with np.errstate(invalid="ignore", divide="ignore"):
        p = 2 * stdtr(df, -np.abs(estimate / std_error))
    return Effects(estimate, std_error, estimate - half, estimate + half, np.maximum(p, SMALLEST_P))


# ---- likelihoods: scores, information, probabilities of one respondent's outcome


class _Linear:
    """y = xβ + e; the intercept comes first."""

    def __init__(self, y: FloatArray, x: FloatArray, categories: int) -> None:
        self.y, self.x = y, np.column_stack([np.ones(len(x)), x])

    def solution(self, weights: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the parameters and the inverse information: by QR, as normal equations lose twice the digits.

        At least 7 digits are right on the linear sets of NIST StRD, but 5.8 of Wampler5.
        """
        roots = np.sqrt(weights)
        q, r = np.linalg.qr(roots[:, None] * self.x)
        back = np.linalg.inv(r)
        return back @ (q.T @ (roots * self.y)), back @ back.T

    def log_likelihood(self, theta: FloatArray, weights: FloatArray) -> float:
        """Return the profile likelihood of normal errors."""
        squares = float(weights @ (self.y - self.x @ theta) ** 2)
        n = self.y.size
        return -n / 2 * (np.log(2 * np.pi * squares / n) + 1) if squares > 0 else np.inf

    def derivatives(self, theta: FloatArray, weights: FloatArray) -> tuple[FloatArray, FloatArray]:
        return self.x * (self.y - self.x @ theta)[:, None], (self.x * weights[:, None]).T @ self.x

    def probabilities(self, x: FloatArray, theta: FloatArray) -> FloatArray:
        """Return the mean of y, which takes the place of probabilities."""
        return theta[:1, None] + x @ theta[1:, None]

    def mean_slopes(self, x: FloatArray, theta: FloatArray, share: FloatArray) -> FloatArray:
        return np.concatenate([[share.sum()], share @ x])[None, :]

    def dispersion(self, theta: FloatArray, weights: FloatArray) -> float:
        return float(weights @ (self.y - self.x @ theta) ** 2) / (self.y.size - theta.size)


class _Multinomial:
    """Categories after the first against the first; two categories are the binary logit."""

    def __init__(self, y: FloatArray, x: FloatArray, categories: int) -> None:
        self.y, self.x, self.categories = y.astype(int), self._with_intercept(x), categories

    def start(self, weights: FloatArray) -> FloatArray:
        return np.zeros((self.categories - 1) * self.x.shape[1])

    def log_likelihood(self, theta: FloatArray, weights: FloatArray) -> float:
        logs = log_softmax(self._linear(self.x, theta), axis=1)
        return float(weights @ logs[np.arange(self.y.size), self.y])

    def derivatives(self, theta: FloatArray, weights: FloatArray) -> tuple[FloatArray, FloatArray]:
        p = softmax(self._linear(self.x, theta), axis=1)[:, 1:]
        residual = (self.y[:, None] == np.arange(1, self.categories)) - p
        scores = (residual[:, :, None] * self.x[:, None, :]).reshape(len(self.x), -1)
        k, q = self.x.shape[1], p.shape[1]
        information = np.empty((q * k, q * k))
        for a in range(q):
            for b in range(q):
                spread = weights * p[:, a] * ((a == b) - p[:, b])
                information[a * k : (a + 1) * k, b * k : (b + 1) * k] = (self.x * spread[:, None]).T @ self.x
        return scores, information

    def probabilities(self, x: FloatArray, theta: FloatArray) -> FloatArray:
        return np.asarray(softmax(self._linear(self._with_intercept(x), theta), axis=1))

    def mean_slopes(self, x: FloatArray, theta: FloatArray, share: FloatArray) -> FloatArray:
        p, with_one = self.probabilities(x, theta), self._with_intercept(x)
        spread = p[:, :, None] * (np.eye(self.categories) - p[:, None, :])[:, :, 1:]
        return np.einsum("i,ijl,ik->jlk", share, spread, with_one).reshape(self.categories, -1)

    def dispersion(self, theta: FloatArray, weights: FloatArray) -> float:
        return 1.0

    def _linear(self, x: FloatArray, theta: FloatArray) -> FloatArray:
        return np.column_stack([np.zeros(len(x)), x @ theta.reshape(self.categories - 1, -1).T])

    @staticmethod
    def _with_intercept(x: FloatArray) -> FloatArray:
        return np.column_stack([np.ones(len(x)), x])


class _Ordinal:
    """Proportional odds: logit P(Y ≤ j) = threshold_j − xβ (McCullagh 1980)."""

    def __init__(self, y: FloatArray, x: FloatArray, categories: int) -> None:
        self.y, self.x, self.categories = y.astype(int), x, categories

    def start(self, weights: FloatArray) -> FloatArray:
        shares = np.bincount(self.y, weights, self.categories) / weights.sum()
        below = np.cumsum(shares)[:-1]
        return np.concatenate([np.zeros(self.x.shape[1]), np.log(below / (1 - below))])

    def log_likelihood(self, theta: FloatArray, weights: FloatArray) -> float:
        p = self._cumulative(self.x, theta)
        inside = p[np.arange(self.y.size), self.y + 1] - p[np.arange(self.y.size), self.y]
        return float(weights @ np.log(inside)) if (inside > 0).all() else -np.inf

    def derivatives(self, theta: FloatArray, weights: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return scores and observed information: derivatives of log(F(u) − F(l))."""
        rows = np.arange(self.y.size)
        cumulative = self._cumulative(self.x, theta)
        upper, lower = cumulative[rows, self.y + 1], cumulative[rows, self.y]
        density_u, density_l = upper * (1 - upper), lower * (1 - lower)
        turn_u, turn_l = density_u * (1 - 2 * upper), density_l * (1 - 2 * lower)
        inside = (upper - lower)[:, None]
        of_u, of_l = self._gradient(self.y + 1), self._gradient(self.y)
        scores = (density_u[:, None] * of_u - density_l[:, None] * of_l) / inside
        scaled = weights / inside[:, 0]
        information = (scores * weights[:, None]).T @ scores
        information -= (of_u * (scaled * turn_u)[:, None]).T @ of_u
        information += (of_l * (scaled * turn_l)[:, None]).T @ of_l
        return scores, information

    def probabilities(self, x: FloatArray, theta: FloatArray) -> FloatArray:
        return np.diff(self._cumulative(x, theta), axis=1)

    def mean_slopes(self, x: FloatArray, theta: FloatArray, share: FloatArray) -> FloatArray:
        cumulative = self._cumulative(x, theta)
        density = share[:, None] * cumulative * (1 - cumulative)
        k = self.x.shape[1]
        of_bounds = np.zeros((self.categories + 1, theta.size))
        of_bounds[:, :k] = -density.T @ x
        of_bounds[1:-1, k:] = np.diag(density.sum(axis=0)[1:-1])
        return np.diff(of_bounds, axis=0)

    def dispersion(self, theta: FloatArray, weights: FloatArray) -> float:
        return 1.0

    def _cumulative(self, x: FloatArray, theta: FloatArray) -> FloatArray:
        """Return P(Y < j) for j = 0 … J: (n, J + 1), from 0 to 1."""
        k = self.x.shape[1]
        inner = expit(theta[k:] - (x @ theta[:k])[:, None])
        return np.column_stack([np.zeros(len(x)), inner, np.ones(len(x))])

    def _gradient(self, bound: IntArray) -> FloatArray:
        """Return the derivatives (n, q) of the linear predictor at a bound; the outer bounds' density is 0 anyway."""
        rows, k = np.arange(bound.size), self.x.shape[1]
        gradient = np.zeros((bound.size, k + self.categories - 1))
        gradient[:, :k] = -self.x
        inner = (bound > 0) & (bound < self.categories)
        gradient[rows[inner], k + bound[inner] - 1] = 1.0
        return gradient


_LIKELIHOODS: dict[str, Callable[..., "_Linear | _Multinomial | _Ordinal"]] = {
    "linear": _Linear,
    "binary": _Multinomial,
    "multinomial": _Multinomial,
    "ordinal": _Ordinal,
}


def _maximum(likelihood: "_Multinomial | _Ordinal", weights: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return parameters and inverse information by Newton's method with halved steps; NaN where it found no rest."""
    theta = likelihood.start(weights)
    value, nowhere = likelihood.log_likelihood(theta, weights), np.full(theta.size, np.nan)
    for _ in range(MOST_STEPS):
        scores, information = likelihood.derivatives(theta, weights)
        try:
            step = np.linalg.solve(information, weights @ scores)
        except np.linalg.LinAlgError:
            break
        length = 1.0
        while length > 1e-6:
            trial = theta + length * step
            found = likelihood.log_likelihood(trial, weights)
            if found >= value - 1e-10 * abs(value):
                break
            length /= 2
        else:
            break
        theta, value = trial, found
        if np.abs(length * step).max() <= 1e-11 * max(1.0, np.abs(theta).max()):
            return _at_rest(likelihood, theta, weights)
    return nowhere, np.outer(nowhere, nowhere)


def _at_rest(
    likelihood: "_Multinomial | _Ordinal", theta: FloatArray, weights: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return the parameters and the inverse information; NaN where the likelihood is flat, far out under separation."""
    try:
        return theta, np.asarray(np.linalg.inv(likelihood.derivatives(theta, weights)[1]), float)
    except np.linalg.LinAlgError:
        nowhere = np.full(theta.size, np.nan)
        return nowhere, np.outer(nowhere, nowhere)


def _null(kind: str, y: FloatArray, weights: FloatArray, categories: int) -> float:
    """Return the log likelihood without predictors."""
    if kind == "linear":
        model = _Linear(y, np.empty((y.size, 0)), 0)
        return model.log_likelihood(np.array([weights @ y / weights.sum()]), weights)
    shares = np.bincount(y.astype(int), weights, categories)
    return float(np.sum(shares * np.log(shares / shares.sum())))


def aliased(columns: ArrayLike, names: Sequence[str]) -> tuple[str, ...]:
    """Return the columns (n, p) that are combinations of the intercept and of columns before them."""
    x = np.column_stack([np.ones(len(np.asarray(columns))), np.asarray(columns, float)])
    scale = np.sqrt(np.sum(x**2, axis=0))
    kept: list[FloatArray] = []
    found = []
    for j in range(x.shape[1]):
        left = x[:, j].copy()
        for _ in range(2):  # twice is enough (Kahan): what rounding left of the first pass goes in the second
            for direction in kept:
                left -= (direction @ left) * direction
        length = float(np.sqrt(left @ left))
        if length <= ALIASED * max(scale[j], 1e-300):
            found.append(names[j - 1] if j else "intercept")
        else:
            kept.append(left / length)
    return tuple(found)


def _not_estimable(kind: str, y: FloatArray, x: FloatArray, names: Sequence[str], categories: int) -> str:
    n, p = x.shape
    used = np.unique(y)
    if n == 0:
        return "not estimable: nobody answered all questions of the model"
    if used.size < 2:
        return "not estimable: the outcome is the same for everybody"
    if kind == "binary" and categories != 2:
        return "not estimable: the outcome needs two categories"
    if kind in ("ordinal", "multinomial") and used.size < categories:
        return "not estimable: an answer of the outcome was given by nobody; join answers"
    parameters = p + 1 if kind != "multinomial" else (p + 1) * (categories - 1)
    if n <= parameters:
        return f"not estimable: {n} respondents for {parameters} parameters"
    dependent = aliased(x, names)
    if dependent:
        return f"not estimable: {', '.join(dependent)} follows from the columns before it; leave it out"
    return ""


def _nothing(kind: Kind, names: Sequence[str], categories: int, base: BoolArray, note: str) -> Regression:
    q = len(names) + max(categories - 1, 1)
    if kind == "multinomial":
        q = (len(names) + 1) * max(categories - 1, 1)
    unknown, matrix, nan = np.full(q, np.nan), np.full((q, q), np.nan), float("nan")
    influence = np.zeros((base.size, q))
    return Regression(
        kind, tuple(names), categories, unknown, matrix, matrix, influence, base, 0, int(base.sum()), nan, nan, note
    )
