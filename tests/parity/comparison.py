"""One result of R beside ours: what is compared, how closely it must agree, and what is left out and why."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

CLOSED = 1e-9  # closed forms
ITERATED = 1e-7  # GLM, Firth, ordinal, multinomial
CFA, LOADINGS = 1e-5, 1e-4
OURS = "b2bsurvey"
NOT_WRITTEN = "no comparison is written for this entry"


@dataclass(frozen=True)
class Compared:
    """Numbers of ours beside those of R: they agree where the largest relative difference is within `tolerance`.

    `name` is the place among the entry's values; `scale` what a difference from 0 is relative to; `by` what gave
    our numbers: b2bsurvey, or a library that it may be checked with; `why` explains another tolerance than usual.
    """

    name: str
    theirs: Any
    ours: Any
    tolerance: float = CLOSED
    scale: float = 0.0
    by: str = OURS
    why: str = ""

    @property
    def differences(self) -> np.ndarray:
        """(k,) relative differences; 0 where both have no number."""
        theirs, ours = numbers(self.theirs), numbers(self.ours)
        if theirs.shape != ours.shape:
            raise ValueError(f"{self.name}: {theirs.size} numbers of R beside {ours.size} of ours")
        if not np.array_equal(np.isnan(theirs), np.isnan(ours)):
            raise ValueError(f"{self.name}: a number is there on one side only")
        apart = np.abs(np.nan_to_num(ours) - np.nan_to_num(theirs))
        size = np.maximum(np.abs(np.nan_to_num(theirs)), self.scale)
        return np.divide(apart, size, out=apart.copy(), where=size > 0)

    @property
    def difference(self) -> float:
        """The largest relative difference."""
        return float(self.differences.max(initial=0.0))

    @property
    def agrees(self) -> bool:
        """Whether the difference is within the tolerance."""
        return self.difference <= self.tolerance

    @property
    def farthest(self) -> tuple[float, float]:
        """R's number and ours where they differ most."""
        place = int(np.argmax(self.differences))
        return float(numbers(self.theirs)[place]), float(numbers(self.ours)[place])


@dataclass(frozen=True)
class LeftOut:
    """Numbers of an entry that are not compared, and why."""

    name: str
    why: str


Compare = Callable[..., Iterable[Compared | LeftOut]]


@dataclass(frozen=True)
class Comparisons:
    """Which function compares which entries of the reference, by a pattern of their names."""

    patterns: list[tuple[re.Pattern[str], Compare]] = field(default_factory=list)

    def of(self, pattern: str) -> Callable[[Compare], Compare]:
        """Register a function for the entries `file/name` that match; it gets their values and the named groups."""

        def register(function: Compare) -> Compare:
            self.patterns.append((re.compile(pattern), function))
            return function

        return register

    def compare(self, entry: str, values: Any) -> list[Compared | LeftOut]:
        """Compare an entry `file/name`; LookupError where more than one function is for it.

        Where there is none, all of its values are left out: other references hold more entries than ours.
        """
        found = [(m, f) for pattern, f in self.patterns if (m := pattern.fullmatch(entry))]
        if not found:
            return list(left_out(NOT_WRITTEN, *values))
        if len(found) > 1:
            raise LookupError(f"{entry} is compared by {len(found)} functions")
        ((match, function),) = found
        return list(function(values, **match.groupdict()))


def numbers(values: Any) -> np.ndarray:
    """Return all numbers of a value of the reference as one array: of a dictionary, list, table or single number."""
    return np.array(list(_flat(values)), dtype=float)


def _flat(values: Any) -> Iterator[float]:
    if isinstance(values, dict):
        values = values["values"] if {"rows", "cols"} <= set(values) else list(values.values())
    if isinstance(values, str):
        values = {"Inf": np.inf, "-Inf": -np.inf, "NaN": np.nan}[values]
    if values is None:
        yield np.nan
    elif np.ndim(values) == 0:
        yield float(values)
    else:
        for value in values:
            yield from _flat(value)


def cells(table: dict[str, Any], column: str | None = None) -> np.ndarray:
    """Return a table of the reference as an array, or one of its columns."""
    values = np.array(table["values"], dtype=float)
    return values if column is None else values[:, table["cols"].index(column)]


def column_names(table: dict[str, Any]) -> Iterator[str]:
    """Yield the names of a table's columns, p for the p values."""
    for name in table["cols"]:
        yield "p" if name.startswith("Pr(") else name


def left_out(why: str, *names: str) -> Iterator[LeftOut]:
    """Yield the values `names` as not compared."""
    for name in names:
        yield LeftOut(name, why)


def same(theirs: Any, tolerance: float = CLOSED, **ours: ArrayLike) -> Iterator[Compared]:
    """Yield each of `ours` beside R's value of the same name."""
    for name, value in ours.items():
        yield Compared(name, theirs[name], value, tolerance)
