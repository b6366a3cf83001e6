"""Over repeated waves from the generator's population intervals cover the truth (2,000 waves: `make bench`)."""

import numpy as np
import pytest

from benchmark import coverage
from benchmark.coverage import ALPHA, BAND, fits, population, simulate

WAVES = 40
LEAST = 3.3  # standard errors of the simulation: one false alarm in 1,000


@pytest.fixture(scope="module")
def everybody():
    return population(50_000)


@pytest.fixture(scope="module")
def found(everybody):
    return simulate(everybody, WAVES, seed=5)


def simulation_error(covered):
    """Return the standard error of a mean coverage, from how waves differ: their quantities hang together."""
    error = covered.mean(axis=1).std(ddof=1) / np.sqrt(len(covered))
    return max(error, np.sqrt(BAND[0] * (1 - BAND[0]) / covered.size))


def is_within_the_band(kind, covered):
    slack, mean = LEAST * simulation_error(covered), covered.mean()
    # simultaneous intervals promise no more; those of medians can only end at numbers that were given, and many gave one
    highest = 1.0 if "all at once" in kind or "medians" in kind else BAND[1]
    return BAND[0] - slack <= mean <= highest + slack


def test_intervals_cover_the_truth(found):
    assert len(found) == 14
    outside = {kind: c.mean() for kind, c in found.items() if not is_within_the_band(kind, c)}
    assert not outside


def test_intervals_that_are_too_short_are_found_out(everybody, monkeypatch):
    monkeypatch.setattr(coverage, "LEVEL", 0.80)
    found = simulate(everybody, 20, seed=5)
    assert not is_within_the_band("shares", found["shares"])
    assert not is_within_the_band("means, raked", found["means, raked"])


def test_raking_takes_the_bias_away(everybody):
    """Large firms are reached too often: without weights their larger share is not that of the population."""
    reach = (1.0 + everybody.size) / (1.0 + everybody.size).sum()
    rows = np.random.default_rng(1).choice(len(reach), 571, p=reach)
    large = everybody.size == 3
    assert large[rows].mean() > 1.5 * large.mean()
    weights = coverage.raking(everybody, rows).weights
    assert weights @ large[rows] / weights.sum() == pytest.approx(large.mean(), abs=1e-9)


@pytest.mark.parametrize("name", ["private on professional use", "internal pressure on the stage"])
def test_average_marginal_effects_have_no_bias_and_tests_the_power_that_the_truth_gives(everybody, name):
    model = everybody.models[name]
    fitted = fits(model, WAVES, seed=6)
    assert abs(fitted.ame.mean() - model.ame) < LEAST * fitted.ame.std(ddof=1) / np.sqrt(WAVES)
    expected = fitted.expected_power.mean()
    assert abs(fitted.power - expected) < LEAST * max(np.sqrt(expected * (1 - expected) / WAVES), 1 / WAVES)


def test_without_an_effect_tests_reject_as_seldom_as_they_say():
    nothing = population(50_000, effect=0.0).models["private on professional use"]
    assert nothing.ame == 0
    assert fits(nothing, WAVES, seed=7).power < ALPHA + LEAST * np.sqrt(ALPHA * (1 - ALPHA) / WAVES)
