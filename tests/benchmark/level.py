"""How often three logits find an association of private and professional use where there is an affinity alone."""

from collections.abc import Iterator

import numpy as np
from scipy.special import expit

from b2bsurvey.statistics.intervals import wilson
from b2bsurvey.statistics.linearisation import SampleDesign
from b2bsurvey.statistics.panel_logit import WITHIN, conditional_logit, within_between_logit
from b2bsurvey.statistics.regression import coefficients, regress
from benchmark.measured import table

CHANNELS, AFFINITY, ALPHA = 6, 1.5, 0.05
LOGITS = ("pooled", "within respondents", "conditional")


def p_values(generator: np.random.Generator, n: int) -> list[float]:
    """Return the p values of the three logits in one wave of `n` respondents.

    Who has more affinity uses more channels in private and more at work; given the affinity, all uses are independent.
    """
    own, ease = AFFINITY * generator.standard_normal((n, 1)), np.linspace(-1, 1, CHANNELS)
    private, work = ((generator.random((n, CHANNELS)) < expit(e + own)).astype(float) for e in (ease, -ease))
    names = tuple(f"channel {j}" for j in range(CHANNELS))
    columns = np.column_stack([np.tile(np.eye(CHANNELS)[:, 1:], (n, 1)), private.ravel()])
    clustered = SampleDesign(np.ones(work.size), clusters=np.repeat(np.arange(n), CHANNELS))
    pooled = regress(clustered, "binary", work.ravel(), columns, [*names[1:], "private"])
    found = [coefficients(pooled, [CHANNELS]).p_value[0]]
    for model in (within_between_logit, conditional_logit):
        logit = model(SampleDesign.simple(n), work, private, names)
        found.append(coefficients(logit.fit, [logit.place(WITHIN)]).p_value[0])
    return [float(p) for p in found]


def rejected(waves: int, n: int, seed: int = 20) -> np.ndarray:
    """Return how many of the waves each of the three logits rejects at 5 %."""
    generator = np.random.default_rng(seed)
    return np.sum([np.array(p_values(generator, n)) < ALPHA for _ in range(waves)], axis=0)


def report(waves: int, n: int) -> Iterator[str]:
    """Yield the table: the share rejected, with its Monte Carlo interval."""
    rows = []
    for name, count in zip(LOGITS, rejected(waves, n), strict=True):
        low, high = wilson(count / waves, waves, 0.95)
        rows.append([name, f"{count / waves:.1%}", f"[{low:.1%}, {high:.1%}]"])
    yield table(["logit", "rejected at 5%", "95% Monte Carlo interval"], rows)
