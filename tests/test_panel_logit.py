"""Logits of several items within respondents: against statsmodels, all permutations, and a world of affinity alone."""

from itertools import combinations, product

import numpy as np
import pytest
import statsmodels.api as sm
from numpy.testing import assert_allclose
from scipy.optimize import approx_fprime
from scipy.special import expit
from scipy.stats import binom
from statsmodels.discrete.conditional_models import ConditionalLogit

from b2bsurvey.statistics.linearisation import Calibration, SampleDesign, covariance_of_totals
from b2bsurvey.statistics.panel_logit import (
    ALIKE_WITHIN,
    NO_DF,
    NOBODY_MIXED,
    NOTHING_WITHIN,
    SEPARATED,
    conditional_logit,
    within_between_logit,
)
from b2bsurvey.statistics.regression import coefficients, regress
from benchmark.level import rejected

N, ITEMS = 120, ("a", "b", "c", "d", "e")


def wave(n=N, within=0.8, affinity=1.0, seed=3, gaps=0.1):
    """Return outcome, predictor and weights of respondents who differ in affinity."""
    rng = np.random.default_rng(seed)
    own = affinity * rng.standard_normal((n, 1))
    ease = np.linspace(-1, 1, len(ITEMS))
    x = (rng.random((n, len(ITEMS))) < expit(ease + own)).astype(float)
    y = (rng.random((n, len(ITEMS))) < expit(-ease + own + within * (x - 0.5))).astype(float)
    x[rng.random(x.shape) < gaps], y[rng.random(y.shape) < gaps] = np.nan, np.nan
    return y, x, rng.uniform(0.5, 2, n)


def long(y, x):
    """Return person, outcome and columns (effects of items, mean, deviation) of the pairs that are known."""
    known = np.isfinite(y) & np.isfinite(x)
    rows = []
    for i, j in np.argwhere(known):
        mean = x[i, known[i]].mean()
        rows.append([i, y[i, j], *(float(j == k) for k in range(1, y.shape[1])), mean, x[i, j] - mean])
    found = np.array(rows)
    return found[:, 0].astype(int), found[:, 1], found[:, 2:]


def test_the_logit_is_that_of_statsmodels_with_respondents_as_clusters():
    y, x, _ = wave()
    person, outcome, columns = long(y, x)
    peer = sm.GLM(outcome, sm.add_constant(columns), sm.families.Binomial())
    peer = peer.fit(tol=1e-14, cov_type="cluster", cov_kwds={"groups": person, "use_correction": False})
    found = within_between_logit(SampleDesign.simple(N), y, x, ITEMS)
    assert found.fit.columns == ("b", "c", "d", "e", "between", "within")
    assert found.answers == len(outcome)
    assert_allclose(found.fit.coefficients, peer.params, rtol=1e-8)
    assert_allclose(found.fit.std_error, peer.bse * np.sqrt(N / (N - 1)), rtol=1e-7)
    assert found.fit.df == N - 1 + 1 - 7
    assert found.place("within") == 6


@pytest.mark.parametrize("clusters", [None, np.arange(N) // 3], ids=["respondents", "firms"])
def test_the_logit_under_a_design_is_that_of_long_rows_in_clusters(clusters):
    y, x, weights = wave()
    strata = np.arange(N) // 60
    person, outcome, columns = long(y, x)
    codes = np.arange(N) if clusters is None else clusters
    whole = SampleDesign(weights[person], strata[person], codes[person])
    peer = regress(whole, "binary", outcome, columns, [*"bcde", "between", "within"])
    found = within_between_logit(SampleDesign(weights, strata, clusters), y, x, ITEMS)
    assert_allclose(found.fit.coefficients, peer.coefficients, rtol=1e-9)
    assert_allclose(found.fit.covariance, peer.covariance, rtol=1e-8)
    assert found.fit.df == peer.df


def test_calibration_leaves_less_variance_of_the_scores_of_respondents():
    y, x, weights = wave()
    margins = (np.nan_to_num(x[:, :1]) > 0).astype(int)
    plain, calibrated = SampleDesign(weights), SampleDesign(weights, calibration=Calibration(weights, margins))
    found = within_between_logit(calibrated, y, x, ITEMS)
    other = within_between_logit(plain, y, x, ITEMS)
    assert_allclose(found.fit.coefficients, other.fit.coefficients)
    assert_allclose(found.fit.covariance, covariance_of_totals(calibrated, other.fit.influence))
    assert not np.allclose(found.fit.covariance, other.fit.covariance)


def test_the_conditional_logit_is_that_of_statsmodels():
    y, x, _ = wave()
    found = conditional_logit(SampleDesign.simple(N), y, x, ITEMS)
    person, outcome, columns = long(y, x)
    mixed = np.isin(person, np.flatnonzero(found.fit.base))  # it warns of the others
    peer = ConditionalLogit(outcome[mixed], np.delete(columns, -2, axis=1)[mixed], groups=person[mixed])
    fitted = peer.fit(disp=0)  # stops early
    assert_allclose(found.fit.coefficients, fitted.params, rtol=1e-3)
    assert_allclose(np.sqrt(np.diag(found.fit.model_covariance)), fitted.bse, rtol=1e-3)
    assert_allclose(peer.score(found.fit.coefficients), 0, atol=1e-9)
    assert_allclose(found.fit.log_likelihood, peer.loglike(found.fit.coefficients), rtol=1e-12)


def logs(theta, y, x):
    """Return (n,) the log likelihood of each respondent by summing over all ways to have as many items."""
    found = []
    for own_y, own_x in zip(y, x, strict=True):
        known = np.flatnonzero(np.isfinite(own_y) & np.isfinite(own_x))
        linear = {j: ([0.0, *theta[:-1]][j] + theta[-1] * own_x[j]) for j in known}
        k = int(own_y[known].sum())
        ways = [sum(linear[j] for j in chosen) for chosen in combinations(known, k)]
        found.append(sum(linear[j] for j in known if own_y[j]) - np.log(np.exp(ways).sum()))
    return np.array(found)


def test_the_conditional_logit_is_the_maximum_over_all_permutations_with_the_sandwich_of_respondents():
    y, x, weights = wave(seed=8)
    design = SampleDesign(weights, np.arange(N) // 40)
    fit = conditional_logit(design, y, x, ITEMS).fit
    theta, scaled = fit.coefficients, weights[fit.base] * fit.n / weights[fit.base].sum()
    informative = [0 < np.nansum(a[~np.isnan(b)]) < (~np.isnan(a * b)).sum() for a, b in zip(y, x, strict=True)]
    assert fit.base.tolist() == informative
    own = (y[fit.base], x[fit.base])
    assert_allclose(fit.log_likelihood, scaled @ logs(theta, *own), rtol=1e-12)
    scores = approx_fprime(theta, lambda t: logs(t, *own), 1e-6)
    assert_allclose(weights[fit.base] @ scores, 0, atol=2e-3)  # the oracle is a forward difference
    step = 1e-4
    hessian = np.array(
        [
            [
                sum(
                    a * b * (scaled @ logs(theta + step * (a * np.eye(5)[i] + b * np.eye(5)[j]), *own))
                    for a, b in product((1, -1), repeat=2)
                )
                / (4 * step**2)
                for j in range(5)
            ]
            for i in range(5)
        ]
    )
    assert_allclose(np.linalg.inv(fit.model_covariance), -hessian, rtol=1e-4, atol=1e-3)
    total = np.zeros((N, 5))
    total[fit.base] = scores
    bread = np.linalg.inv(-hessian) * fit.n / weights[fit.base].sum()
    assert_allclose(fit.covariance, bread @ covariance_of_totals(design, total) @ bread, rtol=1e-3)


def test_for_two_items_the_conditional_logit_is_that_of_the_discordant_pairs():
    """With x on one side only, the odds ratio within is the ratio of discordant pairs (Breslow & Day 1980)."""
    pairs = {((1, 0), (1, 0)): 30, ((1, 0), (0, 1)): 12, ((0, 1), (1, 0)): 10, ((0, 1), (0, 1)): 26}
    y = np.array([a for (a, _), count in pairs.items() for _ in range(count)], float)
    x = np.array([b for (_, b), count in pairs.items() for _ in range(count)], float)
    fit = conditional_logit(SampleDesign.simple(len(y)), y, x, ("a", "b")).fit
    item, within = np.log(10 / 30), np.log(26 / 12)  # odds of b against a, where a has x and where b has
    assert_allclose(fit.coefficients, [(item + within) / 2, (within - item) / 2], rtol=1e-9)


def test_the_order_of_respondents_and_the_scale_of_weights_play_no_part():
    y, x, weights = wave()
    order = np.random.default_rng(1).permutation(N)
    for model in (within_between_logit, conditional_logit):
        one = model(SampleDesign(weights), y, x, ITEMS).fit
        other = model(SampleDesign(7 * weights[order]), y[order], x[order], ITEMS).fit
        assert_allclose(one.coefficients, other.coefficients, rtol=1e-9)
        assert_allclose(one.covariance, other.covariance, rtol=1e-8)


def test_what_cannot_be_estimated_says_why():
    design = SampleDesign.simple(N)
    y, x, _ = wave(gaps=0)
    same = np.repeat(x[:, :1], 5, axis=1)
    for model in (within_between_logit, conditional_logit):
        assert model(design, y, same, ITEMS).fit.note == NOTHING_WITHIN
        alike = np.repeat([[0, 1, 0, 1, 1]], N, axis=0)
        assert model(design, y, alike, ITEMS).fit.note == ALIKE_WITHIN
        assert model(design, x, x, ITEMS).fit.note == SEPARATED
        assert model(design, np.full_like(y, np.nan), x, ITEMS).fit.n == 0
    assert conditional_logit(design, same, x, ITEMS).fit.note == NOBODY_MIXED
    two = SampleDesign.simple(2)
    assert within_between_logit(two, [[1, 0], [0, 1]], [[1, 0], [0, 0]], ("a", "b")).fit.note == NO_DF
    assert "same for everybody" in within_between_logit(design, np.ones_like(y), x, ITEMS).fit.note


def test_items_that_nobody_has_and_means_that_are_alike_are_left_out():
    design = SampleDesign.simple(N)
    y, x, _ = wave(gaps=0)
    y[:, 2] = 0
    for model in (within_between_logit, conditional_logit):
        found = model(design, y, x, ITEMS)
        without = model(design, np.delete(y, 2, axis=1), np.delete(x, 2, axis=1), ("a", "b", "d", "e"))
        assert found.left_out == ("c",)
        assert_allclose(found.fit.coefficients, without.fit.coefficients)
    balanced = np.eye(5)[np.random.default_rng(2).integers(0, 5, N)]
    found = within_between_logit(design, wave(gaps=0)[0], balanced, ITEMS)
    assert found.fit.columns == ("b", "c", "d", "e", "within")
    assert found.fit.is_estimated


def test_affinity_alone_makes_the_pooled_logit_reject_and_those_within_respondents_at_their_level():
    """300 waves of 100 respondents: the bounds hold 99.9 % of a binomial around 5 %."""
    low, high = binom.ppf([0.0005, 0.9995], 300, 0.05)
    pooled, within, conditional = rejected(300, 100)
    assert pooled > 0.98 * 300
    assert low <= within <= high
    assert low <= conditional <= high


def test_an_association_within_respondents_is_found():
    y, x, _ = wave(n=400, within=1.0, affinity=1.5, gaps=0)
    for model in (within_between_logit, conditional_logit):
        logit = model(SampleDesign.simple(400), y, x, ITEMS)
        found = coefficients(logit.fit, [logit.place("within")])
        assert found.low[0] < 1.0 < found.high[0]
        assert found.low[0] > 0
