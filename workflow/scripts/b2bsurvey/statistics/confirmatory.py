"""Confirmatory factor analysis by maximum likelihood, with the usual indices of fit."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc, ndtri

from b2bsurvey.statistics.intervals import noncentrality

FloatArray = NDArray[np.float64]

MOST_STEPS = 100  # where there is a maximum it takes some 20; where the likelihood grows without end none is enough
RMSEA_LEVEL = 0.9  # of the interval of RMSEA, by convention


@dataclass(frozen=True, eq=False)
class FactorModel:
    """A fitted model: p items on m factors of variance 1, which may correlate; residuals do not.

    `loadings` (p, m) and `residual_variances` (p,) are in the items' units; `standardised` (p, m) has bounds `low`,
    `high`, `factor_correlations` (m, m) have `correlation_errors`, 0 on the diagonal. Fit: `chi2` with `df` and
    `p_value`, `cfi`, `tli`, `rmsea` with its 90 % interval, `srmr`. NaN with the reason in `note` where the model
    cannot be fitted; a fitted model with an impossible value (a residual variance below 0, a correlation above 1)
    says so there too.
    """

    loadings: FloatArray
    factor_correlations: FloatArray
    correlation_errors: FloatArray
    residual_variances: FloatArray
    standardised: FloatArray
    low: FloatArray
    high: FloatArray
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
    note: str = ""

    @property
    def aic(self) -> float:
        """Akaike's criterion; means are not counted as parameters."""
        return 2 * self.parameters - 2 * self.log_likelihood

    @property
    def bic(self) -> float:
        """Schwarz's criterion."""
        return self.parameters * float(np.log(self.n)) - 2 * self.log_likelihood


def confirm(items: ArrayLike, constructs: Sequence[int], level: float = 0.95) -> FactorModel:
    """Fit the model in which each item (n, k) loads on the construct (0 … m − 1) given for it, and on no other.

    Complete cases, normal maximum likelihood by Fisher scoring (Jöreskog 1969); χ² = n·F with the covariance
    divided by n, as lavaan's default. RMSEA after Steiger, its bounds from the noncentral χ²; SRMR over the
    covariances and variances (Bentler); CFI and TLI against independent items. Verified against R lavaan 0.6.14
    at 1e-5.
    """
    complete = np.asarray(items, float)
    complete = complete[np.isfinite(complete).all(axis=1)]
    pattern = loading_pattern(constructs)
    note = not_estimable(complete, pattern)
    if note:
        return _nothing(pattern, len(complete), note)
    n = len(complete)
    scale = complete.std(axis=0)
    sample = np.corrcoef(complete, rowvar=False)  # the fit does not depend on the scale of the items
    parameters, converged = _fit(sample, pattern, n)
    if not converged:
        return _nothing(pattern, n, "not estimable: the maximum of the likelihood was not found")
    return _described(sample, pattern, parameters, n, scale, level)


def loading_pattern(constructs: Sequence[int]) -> NDArray[np.bool_]:
    """Return (k, m) which of m factors each of k items loads on: the one given for it, 0 … m − 1."""
    return np.arange(max(constructs) + 1) == np.asarray(constructs)[:, None]


def first_loadings(sample: FloatArray, pattern: NDArray[np.bool_]) -> FloatArray:
    """Return loadings to start from: ±0.6, signs of the first principal component of each construct."""
    start = np.where(pattern, 0.6, 0.0)
    for j in range(pattern.shape[1]):
        own = np.flatnonzero(pattern[:, j])
        _, vectors = np.linalg.eigh(sample[np.ix_(own, own)])
        start[own, j] = 0.6 * np.sign(vectors[:, -1] * np.sign(vectors[:, -1].sum() or 1.0))
    return start


def _fit(sample: FloatArray, pattern: NDArray[np.bool_], n: int) -> tuple[FloatArray, bool]:
    """Return the parameters (loadings, factor correlations, residual variances) at the maximum."""
    p, m = pattern.shape
    start = first_loadings(sample, pattern)[pattern]
    return fisher_scoring(
        np.concatenate([start, np.zeros(m * (m - 1) // 2), np.full(p, 0.64)]),
        lambda at: _discrepancy(sample, pattern, at),
        lambda at: _derivatives(sample, pattern, at),
    )


def fisher_scoring(
    parameters: FloatArray,
    discrepancy: Callable[[FloatArray], float],
    derivatives: Callable[[FloatArray], tuple[FloatArray, FloatArray]],
    most_steps: int = MOST_STEPS,
) -> tuple[FloatArray, bool]:
    """Return the parameters where `discrepancy` is least, and whether such a place was found.

    `derivatives` gives its gradient and expected second derivatives; a step that leads uphill is halved.
    """
    value = discrepancy(parameters)
    for _ in range(most_steps):
        gradient, information = derivatives(parameters)
        try:
            step = np.linalg.solve(information, gradient)
        except np.linalg.LinAlgError:
            return parameters, False
        length = 1.0
        while length > 1e-8:
            trial = parameters - length * step
            found = discrepancy(trial)
            if found <= value + 1e-14:
                break
            length /= 2
        else:
            return parameters, bool(np.abs(gradient).max() < 1e-6)
        parameters, value = trial, found
        if np.abs(length * step).max() < 1e-11:
            return parameters, True
    return parameters, False


def _matrices(pattern: NDArray[np.bool_], parameters: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    p, m = pattern.shape
    loadings = np.zeros((p, m))
    used = int(pattern.sum())
    loadings[pattern] = parameters[:used]
    phi = np.eye(m)
    lower = np.tril_indices(m, -1)
    phi[lower] = parameters[used : used + len(lower[0])]
    phi.T[lower] = phi[lower]
    return loadings, phi, parameters[-p:]


def _discrepancy(sample: FloatArray, pattern: NDArray[np.bool_], parameters: FloatArray) -> float:
    """Return F = log|Σ| + tr(SΣ⁻¹) − log|S| − p; infinite where Σ is no covariance matrix."""
    loadings, phi, theta = _matrices(pattern, parameters)
    sigma = loadings @ phi @ loadings.T + np.diag(theta)
    try:
        root = np.linalg.cholesky(sigma)
    except np.linalg.LinAlgError:
        return np.inf
    log_det = 2 * np.log(np.diagonal(root)).sum()
    return float(log_det + np.trace(np.linalg.solve(sigma, sample)) - np.linalg.slogdet(sample)[1] - len(sample))


def _derivatives(
    sample: FloatArray, pattern: NDArray[np.bool_], parameters: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return the gradient of F and its expected second derivatives."""
    loadings, phi, theta = _matrices(pattern, parameters)
    p, m = pattern.shape
    sigma = loadings @ phi @ loadings.T + np.diag(theta)
    inverse = np.linalg.inv(sigma)
    slopes = np.zeros((len(parameters), p, p))
    with_factor = phi @ loadings.T
    for a, (i, j) in enumerate(np.argwhere(pattern)):
        slopes[a, i] += with_factor[j]
        slopes[a, :, i] += with_factor[j]
    used = int(pattern.sum())
    for a, (k, j) in enumerate(zip(*np.tril_indices(m, -1), strict=True), start=used):
        outer = np.outer(loadings[:, k], loadings[:, j])
        slopes[a] = outer + outer.T
    items = np.arange(p)
    slopes[len(parameters) - p + items, items, items] = 1.0
    turned = inverse @ slopes
    weight = inverse @ (sigma - sample)
    gradient = np.einsum("ij,aji->a", weight, turned)
    information = np.einsum("aij,bji->ab", turned, turned)
    return gradient, information


def _described(
    sample: FloatArray,
    pattern: NDArray[np.bool_],
    parameters: FloatArray,
    n: int,
    scale: FloatArray,
    level: float,
) -> FactorModel:
    p, m = pattern.shape
    loadings, phi, theta = _matrices(pattern, parameters)
    sigma = loadings @ phi @ loadings.T + np.diag(theta)
    chi2 = n * _discrepancy(sample, pattern, parameters)
    df = p * (p + 1) // 2 - len(parameters)
    base, base_df = -n * np.linalg.slogdet(sample)[1], p * (p - 1) // 2
    lower = np.tril_indices(p)
    covariance = np.linalg.inv(_derivatives(sample, pattern, parameters)[1]) * 2 / n
    standardised, error = _standardised(pattern, parameters, covariance)
    half = ndtri((1 + level) / 2) * error
    impossible = []
    if (theta < 0).any():
        impossible.append(f"{(theta < 0).sum()} residual variances are below 0")
    if m > 1 and (np.abs(phi[np.tril_indices(m, -1)]) > 1).any():
        impossible.append("a correlation of factors is above 1")
    log_det = np.linalg.slogdet(sample * np.outer(scale, scale))[1]
    saturated = -n / 2 * (p * np.log(2 * np.pi) + log_det + p)
    return FactorModel(
        loadings=loadings * scale[:, None],
        factor_correlations=phi,
        correlation_errors=_matrices(pattern, np.sqrt(np.diagonal(covariance)))[1] - np.eye(m),
        residual_variances=theta * scale**2,
        standardised=standardised,
        low=standardised - half,
        high=standardised + half,
        chi2=float(chi2),
        df=df,
        **fit_indices(chi2, df, base, base_df, n),
        srmr=float(np.sqrt(np.mean((sample - sigma)[lower] ** 2))),
        log_likelihood=float(saturated - chi2 / 2),
        parameters=len(parameters),
        n=n,
        note="improper solution: " + " and ".join(impossible) if impossible else "",
    )


def fit_indices(chi2: float, df: int, base: float, base_df: int, n: int, groups: int = 1) -> dict[str, float]:
    """Return p value, CFI, TLI, and RMSEA with its 90 % interval, of a model's χ² and that of independent items.

    Of several groups RMSEA is √groups times as large (Steiger 1998), as in lavaan.
    """
    excess, base_excess = max(chi2 - df, 0.0), max(base - base_df, chi2 - df, 0.0)
    bounds = noncentrality(chi2, df, RMSEA_LEVEL) if df else (np.nan, np.nan)
    rmsea, low, high = (float(np.sqrt(groups * v / (n * df))) if df else np.nan for v in (excess, *bounds))
    return {
        "p_value": upper_tail(df, chi2),
        "cfi": 1 - excess / base_excess if base_excess > 0 else 1.0,
        "tli": float((base / base_df - chi2 / df) / (base / base_df - 1)) if df else float("nan"),
        "rmsea": rmsea,
        "rmsea_low": low,
        "rmsea_high": high,
    }


def upper_tail(df: int, chi2: float) -> float:
    """Return the p value of a χ², never exactly 0; NaN without degrees of freedom."""
    return max(float(chdtrc(df, chi2)), float(np.nextafter(0, 1))) if df else float("nan")


def _standardised(
    pattern: NDArray[np.bool_], parameters: FloatArray, covariance: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return standardised loadings (p, m) and their standard errors by the delta method."""

    def values(at: FloatArray) -> FloatArray:
        loadings, phi, theta = _matrices(pattern, at)
        total = np.einsum("ij,jk,ik->i", loadings, phi, loadings) + theta
        return (loadings / np.sqrt(total)[:, None])[pattern]

    step = 1e-6
    slopes = np.column_stack(
        [(values(parameters + step * e) - values(parameters - step * e)) / (2 * step) for e in np.eye(len(parameters))]
    )
    errors = np.sqrt(np.einsum("ia,ab,ib->i", slopes, covariance, slopes))
    placed = np.zeros((2, *pattern.shape))
    placed[:, pattern] = values(parameters), errors
    return placed[0], placed[1]


def not_estimable(complete: FloatArray, pattern: NDArray[np.bool_]) -> str:
    """Return why no model of this pattern can be fitted to complete answers (n, k); empty where one can."""
    n, p = complete.shape
    if n <= p:
        return f"not estimable: {n} complete respondents for {p} items"
    if (np.ptp(complete, axis=0) == 0).any():
        return "not estimable: an item has the same answer from everybody"
    if np.linalg.matrix_rank(np.corrcoef(complete, rowvar=False)) < p:
        return "not estimable: an item is a sum of others"
    free = int(pattern.sum()) + p + pattern.shape[1] * (pattern.shape[1] - 1) // 2
    small = pattern.sum(axis=0).min()
    if free > p * (p + 1) // 2 or small < 2 or (small == 2 and pattern.shape[1] == 1):
        return "not estimable: the model has too few items for its factors"
    return ""


def _nothing(pattern: NDArray[np.bool_], n: int, note: str) -> FactorModel:
    empty, nan = np.full(pattern.shape, np.nan), float("nan")
    factors = np.full((pattern.shape[1],) * 2, np.nan)
    residuals = np.full(pattern.shape[0], np.nan)
    unknown = dict.fromkeys(("chi2", "p_value", "cfi", "tli", "rmsea", "rmsea_low", "rmsea_high", "srmr"), nan)
    return FactorModel(
        loadings=empty,
        factor_correlations=factors,
        correlation_errors=factors,
        residual_variances=residuals,
        standardised=empty,
        low=empty,
        high=empty,
        df=0,
        log_likelihood=nan,
        parameters=0,
        n=n,
        note=note,
        **unknown,
    )
