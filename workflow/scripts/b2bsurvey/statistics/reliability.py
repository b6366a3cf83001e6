"""Reliability and validity of scales: alpha, item–total correlations, composite reliability, AVE, HTMT, scores.

Items are columns (n, k), NaN where missing, already turned round where their wording is reversed. None of
these has a weighted form here: respondents count alike.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import fdtri

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Reliability:
    """Cronbach's alpha of a scale and what its items add to it.

    `alpha` with Feldt's interval `low`, `high`; `standardised` from the correlations; `if_dropped`,
    `item_total` (with the item in the total) and `item_rest` (without it) are (k,); `n` respondents.
    NaN where nothing can be estimated, with the reason in `note`.
    """

    alpha: float
    low: float
    high: float
    standardised: float
    mean_correlation: float
    if_dropped: FloatArray
    item_total: FloatArray
    item_rest: FloatArray
    n: int
    note: str = ""


def reliability(items: ArrayLike, level: float = 0.95) -> Reliability:
    """Return the reliability of the items (n, k) from the respondents who answered all of them.

    Alpha = k/(k − 1)·(1 − Σs²ᵢ/s²) (Cronbach 1951); the interval is Feldt's (1965), exact for normal scores. A
    dropped item of a scale of two leaves no alpha. Verified against R psych::alpha at 1e-9.
    """
    complete = complete_cases(items)
    n, k = complete.shape
    note = _not_estimable(complete)
    if note:
        nan, nothing = float("nan"), np.full(k, np.nan)
        return Reliability(nan, nan, nan, nan, nan, nothing, nothing, nothing, n, note)
    covariance = np.cov(complete, rowvar=False)
    alpha = alpha_of(covariance)
    low, high = feldt_interval(alpha, n, k, level)
    correlation = correlation_of(covariance)
    others = (np.sum(correlation) - k) / (k * (k - 1))
    rest = [np.delete(np.arange(k), i) for i in range(k)]
    return Reliability(
        alpha=alpha,
        low=low,
        high=high,
        standardised=alpha_of(correlation),
        mean_correlation=float(others),
        if_dropped=np.array([alpha_of(covariance[np.ix_(r, r)]) if k > 2 else np.nan for r in rest]),
        item_total=covariance.sum(axis=0) / np.sqrt(np.diagonal(covariance) * covariance.sum()),
        item_rest=np.array([_item_rest(covariance, i, r) for i, r in enumerate(rest)]),
        n=n,
    )


def alpha_of(covariance: ArrayLike) -> float:
    """Return alpha of a covariance matrix (k, k); of a correlation matrix the standardised one; NaN where k < 2."""
    covariance = np.asarray(covariance, float)
    k, total = len(covariance), covariance.sum()
    if k < 2 or total <= 0:
        return float("nan")
    return float(k / (k - 1) * (1 - np.trace(covariance) / total))


def pairwise_covariance(items: ArrayLike) -> FloatArray:
    """Return the covariance matrix (k, k), each entry from the respondents who answered both items.

    As R cov(use="pairwise"); NaN where fewer than two did.
    """
    items = np.asarray(items, float)
    k = items.shape[1]
    covariance = np.full((k, k), np.nan)
    for i in range(k):
        for j in range(i, k):
            both = complete_cases(items[:, [i, j]])
            if len(both) > 1:
                covariance[i, j] = covariance[j, i] = (
                    np.cov(both, rowvar=False)[0, 1] if i != j else both[:, 0].var(ddof=1)
                )
    return covariance


def feldt_interval(alpha: float, n: int, k: int, level: float = 0.95) -> tuple[float, float]:
    """Return Feldt's (1965) interval of alpha of k items and n respondents: (1 − α̂)/(1 − α) is F distributed."""
    df1, df2 = n - 1, (n - 1) * (k - 1)
    tails = fdtri(df1, df2, [(1 + level) / 2, (1 - level) / 2])
    low, high = 1 - (1 - alpha) * tails
    return float(low), float(high)


def correlation_of(covariance: ArrayLike) -> FloatArray:
    """Return the correlation matrix of a covariance matrix."""
    covariance = np.asarray(covariance, float)
    scale = np.sqrt(np.diagonal(covariance))
    return covariance / np.outer(scale, scale)


def complete_cases(items: ArrayLike) -> FloatArray:
    """Return the rows without a missing value."""
    items = np.asarray(items, float)
    complete: FloatArray = items[np.isfinite(items).all(axis=1)]
    return complete


def omega_total(loadings: ArrayLike, residual_variances: ArrayLike) -> float:
    """Return omega total of one factor, (Σλ)²/((Σλ)² + Σθ) (McDonald 1999).

    With unstandardised loadings and residual variances it is the share of the sum score's variance that is due
    to the factor; with standardised ones it is called composite reliability (Fornell & Larcker 1981). The two
    differ: on the same five items .8128 and .8150.
    """
    loadings = np.asarray(loadings, float)
    common = loadings.sum() ** 2
    return float(common / (common + np.sum(residual_variances)))


def average_variance_extracted(loadings: ArrayLike) -> float:
    """Return the mean squared standardised loading (Fornell & Larcker 1981)."""
    return float(np.mean(np.asarray(loadings, float) ** 2))


def htmt(correlation: ArrayLike, constructs: ArrayLike, geometric: bool = False) -> FloatArray:
    """Return the heterotrait–monotrait ratios (m, m) of correlations (k, k), 1 on the diagonal.

    `constructs` (k,) are codes 0 … m − 1. Mean absolute correlation between the items of two constructs, over the
    geometric mean of the mean absolute ones within each (Henseler, Ringle & Sarstedt 2015); `geometric` takes
    geometric means throughout: HTMT2 (Roemer, Schuberth & Henseler 2021). NaN for a construct of one item.
    Verified against R semTools::htmt.
    """
    r, code = np.abs(np.asarray(correlation, float)), np.asarray(constructs)
    m = int(code.max()) + 1

    def mean(values: FloatArray) -> float:
        if not values.size:
            return float("nan")
        return float(np.exp(np.mean(np.log(values))) if geometric else np.mean(values))

    within = np.empty(m)
    for a in range(m):
        block = r[np.ix_(code == a, code == a)]
        within[a] = mean(block[np.triu_indices(len(block), 1)])
    ratio = np.eye(m)
    for a in range(m):
        for b in range(a):
            between = mean(r[np.ix_(code == a, code == b)].ravel())
            ratio[a, b] = ratio[b, a] = between / np.sqrt(within[a] * within[b])
    return ratio


def scale_scores(items: ArrayLike, min_valid: int) -> FloatArray:
    """Return each respondent's mean of the answered items (n,), NaN where fewer than `min_valid` were answered."""
    items = np.asarray(items, float)
    valid = np.isfinite(items).sum(axis=1)
    sums = np.nansum(items, axis=1)
    return np.where(valid >= max(min_valid, 1), sums / np.maximum(valid, 1), np.nan)


def _item_rest(covariance: FloatArray, i: int, rest: NDArray[np.int_]) -> float:
    with_rest = covariance[i, rest].sum()
    return float(with_rest / np.sqrt(covariance[i, i] * covariance[np.ix_(rest, rest)].sum()))


def _not_estimable(complete: FloatArray) -> str:
    n, k = complete.shape
    if k < 2:
        return "not estimable: a scale needs at least 2 items"
    if n < 3:
        return f"not estimable: only {n} respondents answered all items"
    constant = int((np.ptp(complete, axis=0) == 0).sum())
    if constant:
        return f"not estimable: {constant} of {k} items have the same answer from everybody"
    return ""
