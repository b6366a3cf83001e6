"""A number with its interval: a difference, a ratio, a coefficient; whether it is clear says what may be claimed."""

import math
from dataclasses import dataclass

NAN = math.nan


@dataclass(frozen=True)
class Value:
    """An estimate with the interval of its `level`, and the p value of its test, adjusted, where there is one.

    `null` is the value of no difference: 0 for differences and correlations, 1 for ratios.
    """

    estimate: float = NAN
    low: float = NAN
    high: float = NAN
    p: float = NAN
    level: float = 0.95
    null: float = 0.0

    @property
    def is_known(self) -> bool:
        """Whether there is an estimate."""
        return math.isfinite(self.estimate)

    @property
    def is_clear(self) -> bool:
        """Whether neither interval nor adjusted p value leave `null` open; never without either."""
        within = self.low <= self.null <= self.high
        tested = math.isfinite(self.p)
        return self.is_known and not within and (self.p < self.alpha if tested else not math.isnan(self.low))

    @property
    def alpha(self) -> float:
        """The level of significance that belongs to the interval."""
        return round(1 - self.level, 10)


UNKNOWN = Value()
