"""A table typed from a paper: whether its numbers can be, and whether they agree with each other."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pandas as pd

from b2bsurvey.as_printed import half_unit, number, possible_counts, rounds_to
from b2bsurvey.errors import StudyError, nearest
from b2bsurvey.published import PLACE, PublishedTable, check, load_published
from b2bsurvey.statistics.granularity import Interval, possible_squares, possible_totals
from b2bsurvey.statistics.reported_tests import DEGREES, TESTS, p_value
from b2bsurvey.tables import estimates_table, tests_table

HEADINGS = (
    *("label", "n", "count", "percent", "mean", "sd", "items", "low", "high"),
    *("test", "statistic", "df1", "df2", "p", "whole"),
)
WORDS = ("label", "test", "whole")
WHOLE_NUMBERS = ("n", "count", "items", "low", "high")
COLUMNS = ("file", "place", "label", "check", "printed", "computed", "verdict", "reason")


@dataclass(frozen=True)
class Statement:
    """One line of the table: what was printed, by heading; empty where nothing was."""

    file: str
    line: int
    cells: dict[str, str]

    def __getitem__(self, heading: str) -> str:
        return self.cells.get(heading, "")

    def whole(self, heading: str, default: int | None = None) -> int:
        """Return a whole number. Raises StudyError where there is none and no default."""
        printed = self[heading]
        if not printed and default is not None:
            return default
        if not printed:
            raise StudyError(f"{self.file}, line {self.line}: '{heading}' is empty; what stands beside it needs it.")
        return int(number(printed))

    @property
    def scale(self) -> tuple[int, int] | None:
        """The lowest and highest answer, where both are given."""
        return (self.whole("low"), self.whole("high")) if self["low"] and self["high"] else None


@dataclass(frozen=True)
class Verdict:
    """What the check of one printed number found; `computed` is what it should be, as far as that is known."""

    verdict: str
    reason: str
    computed: float | None = None


def check_file(path: Path) -> pd.DataFrame:
    """Return the checks of a table typed from a paper (CSV), or of a file of published results (YAML) by itself.

    Raises:
        StudyError: as `load_typed` and `published.load_published`.
    """
    if path.suffix not in (".yaml", ".yml"):
        return check_typed(load_typed(path))
    published = load_published(path)
    alone = {k: replace(t, compute=_without_ours(t), second_opinion={}) for k, t in published.tables.items()}
    found = check(replace(published, tables=alone), estimates_table([]), tests_table([]))
    place = found["table"] + "/" + found["entry"]
    found = found.assign(file=published.file, place=place, label=found["statement"], printed=found["published"])
    return found.rename(columns={"take": "check"})[list(COLUMNS)]


def _without_ours(table: PublishedTable) -> dict[str, Any]:
    """Return how a value is made, without where our tables hold it: what was printed is then checked by itself."""
    return {key: value for key, value in table.compute.items() if key not in ("analysis", *PLACE)}


def load_typed(path: Path) -> tuple[Statement, ...]:
    """Load a table typed from a paper: CSV in UTF-8, a heading line, one statement a line, numbers as printed.

    Raises:
        StudyError: one sentence with file and line for a heading or number that does not fit.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise StudyError(f"{path}: the file is not in UTF-8; save it as CSV in UTF-8.") from None
    except OSError:
        raise StudyError(f"{path}: there is no such file to read; give the path of a table as table=FILE.") from None
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    lines = [[cell.strip() for cell in row] for row in csv.reader(io.StringIO(text), delimiter=delimiter)]
    if len(lines) < 2:
        raise StudyError(f"{path}: there is no line below the headings; type one line a statement.")
    head, *rest = lines
    for name in head:
        if name not in HEADINGS:
            raise StudyError(
                f"{path}, line 1: '{name}' is none of the headings {', '.join(HEADINGS)}{nearest(name, HEADINGS)}."
            )
    twice = {name for name in head if head.count(name) > 1}
    if twice:
        raise StudyError(f"{path}, line 1: the heading '{min(twice)}' stands twice; leave one.")
    return tuple(_statement(path, i, head, row) for i, row in enumerate(rest, 2) if any(row))


def _statement(path: Path, line: int, head: Sequence[str], row: Sequence[str]) -> Statement:
    where = f"{path}, line {line}"
    if len(row) != len(head):
        raise StudyError(f"{where}: {len(row)} cells stand below {len(head)} headings; give one a heading.")
    cells = {name: cell for name, cell in zip(head, row, strict=True) if cell not in ("", "–")}
    for name, cell in cells.items():
        try:
            value = number(cell.lstrip("<>=").strip() if name == "p" else cell) if name not in WORDS else Fraction(0)
        except ValueError:
            raise StudyError(
                f"{where}: '{cell}' under '{name}' is not a number; write it as printed, with a decimal point."
            ) from None
        if name in WHOLE_NUMBERS and value.denominator != 1:
            raise StudyError(f"{where}: '{cell}' under '{name}' is not a whole number; correct it.")
        if name in ("n", "items") and value < 1:
            raise StudyError(f"{where}: '{cell}' under '{name}' is not above 0; correct it.")
    if cells.get("test", "t") not in TESTS:
        test = cells["test"]
        raise StudyError(f"{where}: '{test}' is none of the tests {', '.join(TESTS)}{nearest(test, TESTS)}.")
    return Statement(str(path), line, cells)


def check_typed(statements: Sequence[Statement]) -> pd.DataFrame:
    """Return one row a check, with `COLUMNS`, in the order of the lines; then what is said of parts of a whole.

    Verdicts: `reproduced`, the number follows from the others of its line; `consistent`, it can be; `impossible`;
    `not_testable`, with the reason.

    Raises:
        StudyError: where a number that is needed is not given.
    """
    rows = []
    for statement in statements:
        rows += [_row(statement, about, statement[about], found) for about, found in _checks(statement)]
    wholes = dict.fromkeys(statement["whole"] for statement in statements if statement["whole"])
    for name in wholes:
        parts = [statement for statement in statements if statement["whole"] == name]
        for about, printed, found in _sums(parts):
            rows.append(_row(parts[0], f"sum of {about}", printed, found) | {"label": name})
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype({"computed": "float64"})


def _row(statement: Statement, about: str, printed: str, found: Verdict) -> dict[str, object]:
    return {
        "file": statement.file,
        "place": f"line {statement.line}",
        "label": statement["label"],
        "check": about,
        "printed": printed,
        "computed": found.computed,
        "verdict": found.verdict,
        "reason": found.reason,
    }


def _checks(statement: Statement) -> Iterator[tuple[str, Verdict]]:
    if statement["percent"]:
        yield "percent", _percent(statement)
    if statement["mean"]:
        yield "mean", _mean(statement)
    if statement["sd"]:
        yield "sd", _standard_deviation(statement)
    if statement["p"]:
        yield "p", _p(statement)


def _percent(of: Statement) -> Verdict:
    """GRIM for percentages; with the count also whether that count gives it."""
    printed = of["percent"]
    if not of["n"]:
        return Verdict("not_testable", "the base is not known")
    n = of.whole("n")
    if of["count"]:
        share = Fraction(100 * of.whole("count"), n)
        if rounds_to(share, printed):
            return Verdict("reproduced", f"{of['count']} of {n}", float(share))
        return Verdict("impossible", f"{of['count']} of {n} is {float(share):.3g} %", float(share))
    counts = possible_counts(printed, n)
    if not counts:
        return Verdict("impossible", f"no count out of {n} gives {printed} %")
    return Verdict("consistent", f"{_listed(counts)} of {n}", 100 * counts[0] / n if len(counts) == 1 else None)


def _mean(of: Statement) -> Verdict:
    """GRIM: whether whole answers of n respondents to so many items can have the mean."""
    if not of["n"]:
        return Verdict("not_testable", "the base is not known")
    n, items = of.whole("n"), of.whole("items", 1)
    totals = possible_totals(_interval(of["mean"]), n, items, of.scale)
    within = f" from {of['low']} to {of['high']}" if of.scale else ""
    if not totals:
        low = int(number(of["mean"]) * n * items // 1)
        near = " or ".join(f"{(low + i) / (n * items):.4g}" for i in (0, 1))
        return Verdict("impossible", f"no sum of {n * items} whole answers{within} gives it; the nearest give {near}")
    return Verdict("consistent", f"a sum of {_listed(totals)} over {n * items} answers{within}")


def _standard_deviation(of: Statement) -> Verdict:
    """GRIMMER, and DEBIT on a scale from 0 to 1: whether whole answers can have the mean and the deviation."""
    if not (of["n"] and of["mean"]):
        return Verdict("not_testable", "the base or the mean is not known")
    n = of.whole("n")
    if n < 2:
        return Verdict("not_testable", "one respondent has no standard deviation")
    if number(of["sd"]) < 0:
        return Verdict("impossible", "a standard deviation is not below 0")
    if not possible_totals(_interval(of["mean"]), n, of.whole("items", 1), of.scale):
        return Verdict("not_testable", "the mean beside it is impossible")
    squares = possible_squares(_interval(of["mean"]), _interval(of["sd"]), n, of.whole("items", 1), of.scale)
    first = next(squares, None)
    if first is None:
        return Verdict("impossible", f"no {n} whole answers have this mean and this standard deviation")
    return Verdict("consistent", f"for example a sum of {first[0]} and a sum of squares of {first[1]}")


def _p(of: Statement) -> Verdict:
    """The p value recomputed from the statistic, each within its rounding."""
    if not (of["test"] and of["statistic"]):
        return Verdict("not_testable", "test or statistic is not known")
    test, sign, printed = of["test"], of["p"].strip(" 0123456789."), of["p"].lstrip("<>=").strip()
    degrees = [float(number(of[name])) if of[name] else 0.0 for name in ("df1", "df2")]
    if not all(degrees[: DEGREES[test]]):
        return Verdict("not_testable", "the degrees of freedom are not known")
    around = _interval(of["statistic"])
    ends = sorted((abs(float(end)) for end in (around.low, around.high)), reverse=True)
    ends[1] = 0.0 if around.low <= 0 <= around.high else ends[1]
    try:
        exact = p_value(test, float(number(of["statistic"])), *degrees)
        low, high = (p_value(test, min(end, 1.0) if test == "r" else end, *degrees) for end in ends)
    except ValueError as error:
        return Verdict("impossible", str(error))
    shown = _interval(printed)
    bounds = {"<": (0.0, float(number(printed))), ">": (float(number(printed)), 1.0)}
    first, last = bounds.get(sign, (float(shown.low), float(shown.high)))
    if first <= high and low <= last:
        return Verdict("reproduced" if first <= exact <= last else "consistent", f"p = {exact:.4g}", exact)
    reason = f"the statistic gives p = {exact:.4g}"
    if test in ("t", "z", "r") and first <= high / 2 and low / 2 <= last:
        reason += ", half of which was printed: the p of a one-sided test"
        return Verdict("consistent", reason, exact / 2)
    if (exact < 0.05) != (last <= 0.05):
        reason += ", on the other side of .05"
    return Verdict("impossible", reason, exact)


def _sums(parts: Sequence[Statement]) -> Iterator[tuple[str, str, Verdict]]:
    """Yield whether the parts of a whole add up: percentages to 100, counts to the base."""
    if all(part["percent"] for part in parts):
        total = sum((number(part["percent"]) for part in parts), Fraction(0))
        width = sum((half_unit(part["percent"]) for part in parts), Fraction(0))
        fits = abs(total - 100) <= width
        reason = f"{len(parts)} parts, whose rounding can move the sum by {float(width):g}"
        yield "percent", "100", Verdict("consistent" if fits else "impossible", reason, float(total))
    bases = {part["n"] for part in parts}
    if all(part["count"] for part in parts) and len(bases) == 1 and "" not in bases:
        counted, n = sum(part.whole("count") for part in parts), parts[0].whole("n")
        found = "reproduced" if counted == n else "impossible"
        yield "count", str(n), Verdict(found, f"{len(parts)} parts of {n}", float(counted))


def _interval(printed: str) -> Interval:
    return Interval(number(printed) - half_unit(printed), number(printed) + half_unit(printed))


def _listed(counts: Sequence[int]) -> str:
    return f"{counts[0]}" if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"


def findings(checked: pd.DataFrame, made: str) -> str:
    """Say in words what was found: how many numbers of each verdict, each that cannot be, and where all stands."""
    counts = checked["verdict"].value_counts(sort=False)
    lines = [", ".join(f"{n} {verdict.replace('_', ' ')}" for verdict, n in counts.items()) or "nothing to check"]
    for row in checked[checked["verdict"] == "impossible"].itertuples():
        label = f" '{row.label}'" if row.label else ""
        lines.append(f"{row.file}, {row.place}{label}: {row.check} {row.printed} cannot be: {row.reason}")
    return "\n".join([*lines, made, ""])
