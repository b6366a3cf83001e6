"""How many respondents the next wave needs: for a share, a difference of groups, a difference of the same persons.

All return a number that is not yet rounded up; shares and differences are proportions (0–1), `level` is that of
the interval or 1 − α of the two-sided test, `deff` the design effect to expect.
"""

import numpy as np
from scipy.special import ndtri


def n_for_share(share: float, half_width: float, level: float, deff: float = 1.0, population: float = np.inf) -> float:
    """Return n for an interval of `share` ± `half_width`, from a population of N.

    n = n₀/(1 + (n₀ − 1)/N) with n₀ = deff·z²·p(1 − p)/d² (Cochran 1977, section 4.4). Verified against Cochran's
    tables of 384 and 1,067 and his finite correction.
    """
    n = deff * _z((1 + level) / 2) ** 2 * share * (1 - share) / half_width**2
    return float(n / (1 + (n - 1) / population))


def n_for_two_groups(first: float, second: float, power: float, level: float, deff: float = 1.0) -> float:
    """Return n in each of two groups to find that their shares differ, by the two-sided χ² test.

    n = deff·(z_α√(2p̄q̄) + z_β√(p₁q₁ + p₂q₂))²/(p₁ − p₂)² (Fleiss, Levin & Paik 2003, section 4.2). Verified
    against R power.prop.test.
    """
    mean = (first + second) / 2
    spread = _z((1 + level) / 2) * np.sqrt(2 * mean * (1 - mean))
    spread += _z(power) * np.sqrt(first * (1 - first) + second * (1 - second))
    return float(deff * (spread / (first - second)) ** 2)


def n_for_paired(only_first: float, only_second: float, power: float, level: float, deff: float = 1.0) -> float:
    """Return how many respondents answer both questions to find that their shares differ, by McNemar's test.

    `only_first` and `only_second` are the shares with just one of the two: n = deff·(z_α√ψ + z_β√(ψ − δ²))²/δ²
    with ψ their sum and δ their difference (Connor 1987). Verified against a published example of that formula.
    """
    discordant, difference = only_first + only_second, only_first - only_second
    spread = _z((1 + level) / 2) * np.sqrt(discordant) + _z(power) * np.sqrt(discordant - difference**2)
    return float(deff * (spread / difference) ** 2)


def _z(probability: float) -> float:
    return float(ndtri(probability))
