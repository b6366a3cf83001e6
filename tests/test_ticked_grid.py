"""Ticks of items in several contexts: the size and the power of their test, by simulation, and its limits."""

import numpy as np
import pytest

from b2bsurvey.statistics.linearisation import SampleDesign
from b2bsurvey.statistics.ticked_grid import item_by_contexts, items_by_contexts


def dependent(generator, n=120, items=3, contexts=4, shift=0.0):
    """Return ticks that hang together within a respondent, of each item alike in all contexts but for `shift`."""
    own = generator.normal(size=(n, 1, 1)) + generator.normal(size=(n, items, 1)) * 2
    drawn = own + generator.normal(size=(n, items, contexts)) - 0.5
    drawn[:, 0, 0] += shift
    return (drawn > 0).astype(float)


@pytest.mark.parametrize("test", [items_by_contexts, lambda design, ticks: item_by_contexts(design, ticks[:, 0])])
def test_dependent_ticks_without_association_are_rejected_as_often_as_said(test):
    generator, design = np.random.default_rng(3), SampleDesign.simple(120)
    p = np.array([test(design, dependent(generator)).p_value for _ in range(400)])
    assert abs(np.mean(p < 0.05) - 0.05) <= 3.3 * np.sqrt(0.05 * 0.95 / 400)  # 1000 other draws: 5.2 %
    assert 0.42 <= np.mean(p) <= 0.58


def test_an_item_of_one_context_is_found():
    ticks = dependent(np.random.default_rng(4), shift=1.5)
    assert items_by_contexts(SampleDesign.simple(120), ticks).p_value < 0.001
    assert item_by_contexts(SampleDesign.simple(120), ticks[:, 0]).p_value < 0.001


def test_the_effect_is_cramers_v_of_the_ticks():
    ticks = dependent(np.random.default_rng(5), shift=1.0)
    counts = ticks.sum(axis=0)
    expected = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / counts.sum()
    v = np.sqrt(np.sum((counts - expected) ** 2 / expected) / counts.sum() / 2)
    assert items_by_contexts(SampleDesign.simple(120), ticks).effect.estimate == pytest.approx(v, rel=1e-12)


def test_no_ticks_are_not_tested():
    found = items_by_contexts(SampleDesign.simple(5), np.zeros((5, 2, 3)))
    assert found.p_value is None
    assert "fewer than 2 respondents ticked" in found.note
