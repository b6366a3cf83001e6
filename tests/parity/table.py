"""The table of docs/parity.md: every entry of the R reference, our number, R's, and how far they are apart."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import reference
from parity import answers, design, models, nist, quality, scales
from parity.comparison import Compared, LeftOut

FILES = {"design": design, "tests": answers, "models": models, "scales": scales, "quality": quality}
TOPICS = {
    "design": "Estimates and tests under a design",
    "tests": "Tests and intervals without a design",
    "models": "Models",
    "scales": "Scales and factors",
    "quality": "Careless and missing answers, imputation, weights",
}
HEAD = (
    "| entry | statistic | numbers | R | ours | relative difference | tolerance | with | R package |\n"
    "|---|---|---:|---:|---:|---:|---:|---|---|\n"
)
INTRODUCTION = """\
# Parity with R

Every result of the R reference ({entries} entries of {packages} packages, {version}) beside ours: {numbers} numbers are
compared, {agree} rows agree within their tolerance{but}. Made by `python -m pytest tests/test_parity.py --parity
docs/parity.md`; the tests hold it.

A row is a statistic of an entry; where it has several numbers, the two that are furthest apart stand for all. The
difference is relative to R's number (where that is about 0, to the size of the estimate). `with` names a library where the product
has no function of its own for the statistic: the number says what that library gives, not what we do. What is not compared
stands at the end of each part, with the reason.
"""


@cache
def compare(entry: str) -> list[Compared | LeftOut]:
    """Compare one entry `file/name` of the reference."""
    file, _, key = entry.partition("/")
    return FILES[file].PARITY.compare(entry, reference.value(file, key))


def entries() -> dict[str, Mapping[str, Any]]:
    """Return all entries of the reference as `file/name`, with their data, calls, versions and values."""
    return {f"{file}/{key}": entry for file in FILES for key, entry in reference.entries(file).items()}


def table() -> str:
    """Return docs/parity.md."""
    every = entries()
    found = {entry: compare(entry) for entry in every}
    compared = [c for results in found.values() for c in results if isinstance(c, Compared)]
    apart = sum(not c.agrees for c in compared)
    packages = {package for entry in every.values() for package in entry["package_version"]}
    parts = [
        INTRODUCTION.format(
            entries=len(every),
            packages=len(packages),
            version=" and ".join(sorted({e["r_version"].split(" (")[0] for e in every.values()})),
            numbers=f"{sum(c.differences.size for c in compared):,}",
            agree=f"{len(compared) - apart:,}",
            but=f", {apart} do not" if apart else ", none is apart",
        )
    ]
    for file, topic in TOPICS.items():
        own = {entry: results for entry, results in found.items() if entry.startswith(f"{file}/")}
        parts.append(f"\n## {topic}\n\n{HEAD}")
        for entry, results in own.items():
            made = ", ".join(f"{package} {version}" for package, version in every[entry]["package_version"].items())
            parts += [_row(entry, c, made) for c in results if isinstance(c, Compared)]
        left = [(entry, r) for entry, results in own.items() for r in results if isinstance(r, LeftOut)]
        parts.append("\nNot compared:\n\n| entry | values | why |\n|---|---|---|\n")
        reasons: dict[tuple[str, str], list[str]] = {}
        for entry, result in left:
            reasons.setdefault((entry, result.why), []).append(result.name)
        parts += [
            f"| {entry.split('/', 1)[1]} | {', '.join(names)} | {why} |\n" for (entry, why), names in reasons.items()
        ]
    return "".join([*parts, *_of_nist()])


def _of_nist() -> Iterator[str]:
    """Yield the part on the certified sets of NIST."""
    yield "\n## NIST StRD\n\nDigits of the certified values that are right (log relative error, at most 15), wanted: 7.\n\n"
    yield "| set | value | right digits | with | |\n|---|---|---:|---|---|\n"
    for name in nist.SETS:
        for part in nist.measured(name):
            why = nist.FEWER.get(name, "") if part.digits < nist.LEAST else ""
            yield f"| {name} | {part.what} | {part.digits:.1f} | {part.by} | {why} |\n"


def _row(entry: str, c: Compared, made: str) -> str:
    theirs, ours = c.farthest
    tolerance = f"{c.tolerance:.0e}" + (f" ({c.why})" if c.why else "")
    numbers = (c.differences.size, f"{theirs:.10g}", f"{ours:.10g}", f"{c.difference:.0e}", tolerance, c.by, made)
    return f"| {entry.split('/', 1)[1]} | {c.name} | " + " | ".join(str(n) for n in numbers) + " |\n"
