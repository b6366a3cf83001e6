"""What tests of significance tests share: all numbers of a result, and oracles that need no statistics."""

from collections.abc import Callable

import numpy as np
import pytest

from b2bsurvey.statistics.linearisation import SampleDesign
from b2bsurvey.statistics.significance import SignificanceTest

EXACT = {"rtol": 1e-9, "atol": 1e-300}


def numbers(found: SignificanceTest) -> dict[str, float]:
    """Return all numbers that a result has; none of them may be NaN or infinite."""
    effect = found.effect
    values = {"n": found.n, "statistic": found.statistic, "df1": found.df1, "df2": found.df2, "p": found.p_value}
    if effect:
        values |= {"effect": effect.estimate, "low": effect.low, "high": effect.high}
    values = {name: value for name, value in values.items() if value is not None}
    assert all(np.isfinite(v) for v in values.values()), found
    assert 0 < values.get("p", 1) <= 1, found
    return values


def assert_same(found: SignificanceTest, expected: SignificanceTest, rel: float = 1e-9) -> None:
    """Assert that two results agree in every number, and in words."""
    assert numbers(found) == pytest.approx(numbers(expected), rel=rel, abs=1e-13)
    assert (found.test, found.note) == (expected.test, expected.note)


def assert_refused(found: SignificanceTest, why: str) -> None:
    """Assert that nothing was estimated, and that the note says `why`."""
    assert (found.statistic, found.df1, found.df2, found.p_value, found.effect) == (None,) * 5, found
    assert not found.is_estimable
    assert found.note.split("; ")[-1].startswith("not estimable: ")
    assert why in found.note


def assert_order_does_not_matter(test: Callable, design: SampleDesign, *columns: np.ndarray, seed: int = 7) -> None:
    """Assert that permuted respondents, with all weights doubled, give the same result."""
    order = np.random.default_rng(seed).permutation(design.n)
    parts = {"strata": design.strata, "clusters": design.clusters}
    shuffled = SampleDesign(2 * design.weights[order], **{k: v if v is None else v[order] for k, v in parts.items()})
    assert_same(test(shuffled, *(c[order] for c in columns)), test(design, *columns))


def derivatives(statistic: Callable[[np.ndarray], float], weights: np.ndarray, step: float = 1e-4) -> np.ndarray:
    """Return the derivatives (n,) of a statistic by each weight, by central differences."""
    steps = step * np.diag(weights)
    return np.array([(statistic(weights + s) - statistic(weights - s)) / (2 * s.max()) for s in steps])
