"""Exploratory factor analysis: is there structure (KMO, Bartlett), of how many factors, and with which loadings.

Imports statsmodels where it fits, so only the job of the scales pays for it.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc

from b2bsurvey.statistics.reliability import complete_cases

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Suitability:
    """Whether items share enough to be factored: KMO overall and by item (k,), and Bartlett's test."""

    kmo: float
    kmo_of_item: FloatArray
    chi2: float
    df: int
    p_value: float
    n: int
    note: str = ""


@dataclass(frozen=True, eq=False)
class Factors:
    """Loadings (k, m), correlations of the factors (m, m), communalities (k,); NaN with the reason in `note`."""

    loadings: FloatArray
    correlations: FloatArray
    communalities: FloatArray
    n: int
    note: str = ""

    @property
    def explained(self) -> FloatArray:
        """(m,) share of the items' variance that goes to each factor: sums of λ·(λΦ), over k."""
        return np.sum(self.loadings * (self.loadings @ self.correlations), axis=0) / len(self.loadings)


def suitability(items: ArrayLike) -> Suitability:
    """Return KMO (Kaiser 1974) and Bartlett's (1954) test of sphericity of the items (n, k), complete cases.

    Verified against R psych::KMO and cortest.bartlett at 1e-9.
    """
    complete = complete_cases(items)
    n, k = complete.shape
    note = _not_estimable(complete)
    if note:
        return Suitability(float("nan"), np.full(k, np.nan), float("nan"), 0, float("nan"), n, note)
    correlation = _correlations(complete)
    inverse = np.linalg.inv(correlation)
    scale = np.sqrt(np.diagonal(inverse))
    partial = -inverse / np.outer(scale, scale)
    others = 1 - np.eye(k)
    shared, unique = others * correlation**2, others * partial**2
    chi2 = -(n - 1 - (2 * k + 5) / 6) * float(np.linalg.slogdet(correlation)[1])
    df = k * (k - 1) // 2
    return Suitability(
        kmo=float(shared.sum() / (shared.sum() + unique.sum())),
        kmo_of_item=shared.sum(axis=0) / (shared.sum(axis=0) + unique.sum(axis=0)),
        chi2=chi2,
        df=df,
        p_value=max(float(chdtrc(df, chi2)), float(np.nextafter(0, 1))),
        n=n,
    )


def parallel_analysis(
    items: ArrayLike, seed: int, replicates: int = 200, quantile: float = 0.95
) -> tuple[int, FloatArray, FloatArray]:
    """Return the number of factors, the eigenvalues (k,) and the values (k,) that random data reach.

    Horn (1965), with the 95th percentile of normal data of the same size in place of the mean (Glorfeld 1995):
    factors are counted until the first eigenvalue that random data reach too. Correlations of complete cases.
    """
    complete = complete_cases(items)
    n, k = complete.shape
    if _not_estimable(complete):
        return 0, np.full(k, np.nan), np.full(k, np.nan)
    observed = np.asarray(np.linalg.eigvalsh(_correlations(complete))[::-1], float)
    drawn = np.linalg.eigvalsh(_random_correlations(n, k, seed, replicates))[:, ::-1]
    reached = np.asarray(np.quantile(drawn, quantile, axis=0), float)
    above = observed > reached
    count = int(np.argmin(above)) if not above.all() else k
    return count, observed, reached


def _random_correlations(n: int, k: int, seed: int, replicates: int) -> FloatArray:
    """Return correlation matrices (replicates, k, k) of `n` > k draws of k independent normals.

    Their covariances are drawn directly, as Wishart matrices by Bartlett's (1933) decomposition.
    """
    generator = np.random.default_rng(seed)
    root = np.tril(generator.standard_normal((replicates, k, k)), -1)
    places = np.arange(k)
    root[:, places, places] = np.sqrt(generator.chisquare(n - 1 - places, (replicates, k)))
    covariance = root @ root.transpose(0, 2, 1)
    scale = np.sqrt(covariance[:, places, places])
    return np.asarray(covariance / (scale[:, :, None] * scale[:, None, :]))


def explore(items: ArrayLike, factors: int, rotation: Literal["none", "varimax", "oblimin"] = "oblimin") -> Factors:
    """Return the maximum-likelihood solution for the items (n, k), complete cases, rotated.

    Fitted by statsmodels; `varimax` with Kaiser's normalisation, `oblimin` with γ = 0 (quartimin) by gradient
    projection (Jennrich 2002), both stopped where R stops. Factors are ordered by what they explain, and point to
    where their loadings are positive on the whole. Verified against R psych::fa at 1e-4.
    """
    complete = complete_cases(items)
    n, k = complete.shape
    note = _not_estimable(complete)
    if not note and ((k - factors) ** 2 < k + factors or factors < 1):
        note = f"not estimable: {factors} factors are too many for {k} items"
    if note:
        empty = np.full((k, max(factors, 1)), np.nan)
        return Factors(empty, np.full((max(factors, 1),) * 2, np.nan), np.full(k, np.nan), n, note)
    loadings = _maximum_likelihood(_correlations(complete), factors, n)
    communalities = np.sum(loadings**2, axis=1)
    loadings, correlations = _rotated(loadings, rotation) if factors > 1 else (loadings, np.eye(1))
    order = np.argsort(-np.sum(loadings * (loadings @ correlations), axis=0), kind="stable")
    signs = np.where(loadings.sum(axis=0) < 0, -1.0, 1.0)[order]
    return Factors(
        loadings[:, order] * signs,
        correlations[np.ix_(order, order)] * np.outer(signs, signs),
        communalities,
        n,
        "a communality is 1: the solution is improper" if communalities.max() > 0.995 else "",
    )


def _maximum_likelihood(correlation: FloatArray, factors: int, n: int) -> FloatArray:
    from statsmodels.multivariate.factor import Factor

    fitted = Factor(corr=correlation, n_factor=factors, method="ml", nobs=n).fit(tol=1e-12, maxiter=10_000)
    return np.asarray(fitted.loadings, float)


def _rotated(loadings: FloatArray, rotation: str) -> tuple[FloatArray, FloatArray]:
    """Return rotated loadings and the correlations of the factors."""
    if rotation == "none":
        return loadings, np.eye(loadings.shape[1])
    if rotation == "varimax":
        return _varimax(loadings), np.eye(loadings.shape[1])
    from statsmodels.multivariate.factor_rotation import rotate_factors

    turned, transformation = rotate_factors(loadings, "quartimin", tol=1e-5, max_tries=10_000)
    return turned, transformation.T @ transformation


def _varimax(loadings: FloatArray) -> FloatArray:
    """Rotate by Kaiser's (1958) normalised varimax, stopped as R's varimax (eps = 1e-5), whose loadings are published.

    The exact maximum moves loadings by up to .001 on the 25 items of the reference.
    """
    length = np.sqrt(np.sum(loadings**2, axis=1))[:, None]
    x = loadings / length
    rotation, reached = np.eye(x.shape[1]), 0.0
    while True:
        z = x @ rotation
        u, singular, vt = np.linalg.svd(x.T @ (z**3 - z * np.mean(z**2, axis=0)))
        rotation, before, reached = u @ vt, reached, float(singular.sum())
        if reached < before * (1 + 1e-5):
            return (x @ rotation) * length


def _correlations(complete: FloatArray) -> FloatArray:
    return np.asarray(np.corrcoef(complete, rowvar=False), float)


def _not_estimable(complete: FloatArray) -> str:
    n, k = complete.shape
    if k < 3:
        return "not estimable: factors need at least 3 items"
    if n <= k:
        return f"not estimable: {n} complete respondents for {k} items"
    if (np.ptp(complete, axis=0) == 0).any():
        return "not estimable: an item has the same answer from everybody"
    if np.linalg.matrix_rank(_correlations(complete)) < k:
        return "not estimable: an item is a sum of others"
    return ""
