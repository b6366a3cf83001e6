"""Latent classes: known classes are found, their number too; one class is the sample's own shares."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from stepmix.stepmix import StepMix

from b2bsurvey.statistics.latent_classes import choose_classes, latent_classes

TRUTH = np.array([[[0.9, 0.1], [0.8, 0.2], [0.85, 0.15]] * 2, [[0.15, 0.85], [0.2, 0.8], [0.1, 0.9]] * 2])


def answers(n=600, seed=1):
    rng = np.random.default_rng(seed)
    member = (rng.random(n) < 0.35).astype(int)
    return (rng.random((n, 6)) > TRUTH[member][:, :, 0]).astype(int), member


def test_known_classes_are_found_the_largest_first():
    codes, member = answers(3000)
    found = latent_classes(codes, np.ones(3000), 2, seed=1)
    assert_allclose(found.shares, [1 - member.mean(), member.mean()], atol=0.03)
    for item, probabilities in enumerate(found.answers):
        assert_allclose(probabilities, TRUTH[:, item], atol=0.05)
        assert_allclose(probabilities.sum(axis=1), 1)
    assert np.mean(found.membership.argmax(axis=1) == member) > 0.95


def test_a_solution_equals_stepmix():
    codes, _ = answers()
    weights = np.random.default_rng(2).uniform(0.5, 2, 600)
    holes = np.where(np.random.default_rng(1).random(codes.shape) < 0.1, -1, codes)
    found = latent_classes(holes, weights, 2, seed=1)
    model = StepMix(2, measurement="categorical_nan", n_init=5, random_state=1, abs_tol=1e-12, progress_bar=0)
    scaled = weights * 600 / weights.sum()
    data = np.where(holes < 0, np.nan, holes)
    model.fit(data, sample_weight=scaled)
    assert_allclose(found.log_likelihood, model.score(data, sample_weight=scaled) * 600, rtol=1e-7)
    assert_allclose(found.shares, np.sort(model.get_parameters()["weights"])[::-1], atol=1e-4)
    assert_allclose(
        np.sort(found.membership[:, 0]),
        np.sort(model.predict_proba(data)[:, model.get_parameters()["weights"].argmax()]),
        atol=1e-3,
    )


def test_one_class_is_the_sample():
    codes, _ = answers()
    weights = np.random.default_rng(2).uniform(0.5, 2, 600)
    found = latent_classes(codes, weights, 1, seed=1)
    for item, probabilities in enumerate(found.answers):
        assert_allclose(probabilities[0, 1], np.average(codes[:, item], weights=weights), rtol=1e-6)
    shares = np.array([p[0] for p in found.answers])
    scaled = weights * 600 / weights.sum()
    expected = sum(scaled @ np.log(shares[j][codes[:, j]]) for j in range(6))
    assert_allclose(found.log_likelihood, expected, rtol=1e-9)
    assert found.parameters == 6
    assert_allclose(found.bic, 6 * np.log(600) - 2 * expected, rtol=1e-9)


def test_the_number_of_classes_is_told_by_bic_and_bootstrap():
    codes, _ = answers()
    assert choose_classes(codes, np.ones(600), 2, seed=1, replicates=19).p_value[0] == 0.05  # one is not enough
    assert choose_classes(codes[:300], np.ones(300), 3, seed=1, replicates=0).preferred == 2
    rng = np.random.default_rng(5)
    alike = rng.integers(0, 2, (200, 4))
    assert choose_classes(alike, np.ones(200), 2, seed=1, replicates=9).p_value[0] > 0.1  # no classes: none are found


def test_order_of_rows_and_scale_of_weights_play_no_part():
    codes, _ = answers()
    weights = np.random.default_rng(2).uniform(0.5, 2, 600)
    order = np.random.default_rng(3).permutation(600)
    one, other = latent_classes(codes, weights, 2, seed=1), latent_classes(codes[order], 5 * weights[order], 2, seed=1)
    assert_allclose(other.shares, one.shares, atol=1e-9)
    assert_allclose(other.membership, one.membership[order], atol=1e-9)


def test_missing_answers_are_no_category():
    codes, _ = answers(3000)
    holes = np.where(np.random.default_rng(1).random(codes.shape) < 0.2, -1, codes)
    found = latent_classes(holes, np.ones(3000), 2, seed=1)
    assert [p.shape for p in found.answers] == [(2, 2)] * 6
    assert_allclose(found.answers[0], TRUTH[:, 0], atol=0.06)


@pytest.mark.parametrize(
    ("codes", "classes", "note"),
    [
        (np.zeros((0, 3), int), 2, "0 respondents are too few for 2 classes"),
        (np.zeros((20, 3), int), 2, "20 respondents are too few for 2 classes"),
        (
            np.column_stack([np.arange(60) % 2, np.zeros(60, int)]),
            2,
            "1 of 2 items have the same answer from everybody",
        ),
        (np.column_stack([np.arange(60) % 2, np.arange(60) // 30]), 3, "3 classes are too many for 2 items"),
    ],
)
def test_what_cannot_be_estimated_says_why(codes, classes, note):
    found = latent_classes(codes, np.ones(len(codes)), classes, seed=1)
    assert found.note == f"not estimable: {note}"
    assert np.isnan(found.shares).all()
