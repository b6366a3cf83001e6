"""Standard errors of latent classes: of one class those of means, of more the curvature of the likelihood."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.special import expit

from b2bsurvey.statistics.latent_class_errors import class_errors
from b2bsurvey.statistics.latent_classes import latent_classes
from b2bsurvey.statistics.linearisation import SampleDesign, covariance_of_totals, means
from test_latent_classes import answers


def test_one_class_has_the_standard_errors_of_means():
    codes, _ = answers(300)
    design = SampleDesign(np.random.default_rng(2).uniform(0.5, 2, 300), np.arange(300) % 3)
    base = np.arange(300) % 5 > 0
    found = class_errors(design, codes, base, latent_classes(codes[base], design.weights[base], 1, seed=1))
    assert_allclose([e[0, 1] for e in found.answers], means(design, codes, base).std_error, rtol=1e-9)
    assert np.isnan(found.shares).all()  # everybody belongs to the class


def likelihoods(theta, codes, classes):
    """Return (n,) log likelihoods by the definition; `theta` log odds of class sizes and of each item in each class."""
    shares = np.exp(np.append(theta[: classes - 1], 0))
    p = expit(theta[classes - 1 :].reshape(classes, -1))
    of_class = np.prod(np.where(codes[:, None] == 1, p, np.where(codes[:, None] == 0, 1 - p, 1.0)), axis=2)
    return np.log(of_class @ (shares / shares.sum()))


def derivatives(function, theta, step=1e-5):
    return np.stack(
        [(function(theta + e) - function(theta - e)) / (2 * step) for e in step * np.eye(theta.size)], axis=-1
    )


def test_standard_errors_are_the_sandwich_of_the_likelihoods_own_derivatives():
    codes, _ = answers(500)
    codes = np.where(np.random.default_rng(1).random(codes.shape) < 0.1, -1, codes)
    design = SampleDesign(np.random.default_rng(2).uniform(0.5, 2, 500), clusters=np.arange(500) // 2)
    solution = latent_classes(codes, design.weights, 2, seed=1)
    found = class_errors(design, codes, np.ones(500, bool), solution)
    p = np.stack([a[:, 1] for a in solution.answers], axis=1)
    theta = np.concatenate([np.log(solution.shares[:1] / solution.shares[1:]), np.log(p / (1 - p)).ravel()])

    scores = derivatives(lambda t: likelihoods(t, codes, 2), theta)
    hessian = derivatives(lambda t: design.weights @ derivatives(lambda u: likelihoods(u, codes, 2), t), theta)
    inverse = np.linalg.inv(-hessian)
    errors = np.sqrt(np.diag(inverse @ covariance_of_totals(design, scores) @ inverse))
    slope = np.concatenate([[solution.shares.prod()], (p * (1 - p)).ravel()])
    assert_allclose(found.shares, np.repeat(errors[0] * slope[0], 2), rtol=1e-4)
    mine = np.stack([e[:, 1] for e in found.answers], axis=1)
    assert_allclose(mine.ravel(), (errors * slope)[1:], rtol=1e-4)


def test_standard_errors_are_the_spread_over_samples():
    shares, items, errors = [], [], []
    for seed in range(60):
        codes, _ = answers(400, seed)
        solution = latent_classes(codes, np.ones(400), 2, seed=1, starts=3)
        found = class_errors(SampleDesign.simple(400), codes, np.ones(400, bool), solution)
        shares.append(solution.shares[0])
        items.append([a[:, 1] for a in solution.answers])
        errors.append((found.shares[0], [e[:, 1] for e in found.answers]))
    assert_allclose(np.mean([e for e, _ in errors]), np.std(shares), rtol=0.25)
    assert_allclose(np.mean([e for _, e in errors]), np.std(items, axis=0).mean(), rtol=0.1)


def test_an_edge_has_no_standard_error_and_leaves_the_others_theirs():
    codes, member = answers(600)
    codes[:, 0] = np.where(member == 0, 0, codes[:, 0])  # nobody of the large class gives it
    codes[codes[:, 1:].sum(axis=1) < 3, 0] = 0
    solution = latent_classes(codes, np.ones(600), 2, seed=1)
    assert solution.answers[0][0, 1] < 1e-4
    found = class_errors(SampleDesign.simple(600), codes, np.ones(600, bool), solution)
    assert np.isnan(found.answers[0][0]).all()
    assert np.isfinite(found.answers[0][1]).all()
    assert np.isfinite(found.shares).all()


def test_classes_that_are_not_told_apart_say_so():
    codes = np.tile(np.array(np.meshgrid([0, 1], [0, 1], [0, 1])).reshape(3, -1).T, (10, 1))  # no association at all
    solution = latent_classes(codes, np.ones(80), 2, seed=1)
    found = class_errors(SampleDesign.simple(80), codes, np.ones(80, bool), solution)
    assert found.note == "the classes cannot be told apart: no standard errors"
    assert np.isnan(found.shares).all()


@pytest.mark.parametrize("factor", [0.01, 7.0])
def test_weights_times_a_constant_change_nothing(factor):
    codes, _ = answers(300)
    weights = np.random.default_rng(2).uniform(0.5, 2, 300)
    one, other = (
        class_errors(SampleDesign(w), codes, np.ones(300, bool), latent_classes(codes, w, 2, seed=1))
        for w in (weights, factor * weights)
    )
    assert_allclose(other.shares, one.shares, rtol=1e-6)
