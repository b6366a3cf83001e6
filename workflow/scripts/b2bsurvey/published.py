"""Against print: published results as they were printed, whether they can be true, and whether ours agree."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import log2
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pandas as pd

from b2bsurvey import schema
from b2bsurvey.as_printed import fitting_bases, half_unit, nearest_counts, number, possible_counts, rounds_to
from b2bsurvey.errors import StudyError, nearest
from b2bsurvey.strict_yaml import Document, load_yaml

PLACE = ("question", "item", "answer", "context", "segment", "level")
CHECK_COLUMNS = (
    *("source", "wave", "table", "entry", "statement", "kind", *PLACE, "take"),
    *("published", "computed", "difference", "base", "n", "verdict", "reason"),
    *("count_low", "count_high", "fitting_n"),
)
WHOLE_NUMBERS = ("n", "count_low", "count_high")
VERDICTS = ("reproduced", "consistent", "impossible", "not_testable", "differs")
NOT_GIVEN = "–"

PLACEHOLDER = re.compile(r"\{(.*?)\}")
WHERE = ("analysis", *PLACE)
FROM_TESTS = ("statistic", "df1", "p_value", "effect")


@dataclass(frozen=True)
class PublishedTable:
    """One table: `rows` holds the printed values by row and column, '–' where there is none.

    `n` is the printed base of each column, empty where it is not known; `compute` says where the tables of the
    wave hold the value, `second_opinion` from which counts of this file a test can be recomputed.
    """

    name: str
    statement: str
    kind: str
    base: str
    n: Mapping[str, int]
    rows: Mapping[str, Mapping[str, str]]
    compute: Mapping[str, Any]
    second_opinion: Mapping[str, Any] = field(default_factory=dict)
    line: str = ""

    def count(self, row: str, column: str) -> int:
        """Return a printed count; 0 where none is given. Raises StudyError where the value is not a count."""
        printed = self.rows[row].get(column, NOT_GIVEN)
        if printed == NOT_GIVEN:
            return 0
        value = number(printed)
        if value.denominator != 1 or value < 0:
            raise StudyError(f"{self.line}: '{printed}' in row '{row}' is not a count; correct it.")
        return int(value)


@dataclass(frozen=True)
class PublishedFile:
    """What one source printed; `wave` is empty where nothing of ours can be compared with it."""

    file: str
    source: str
    year: int | None
    wave: str
    labels: Mapping[str, str]
    tables: Mapping[str, PublishedTable]


@dataclass(frozen=True)
class Finding:
    """What the check of one value found."""

    verdict: str
    reason: str
    computed: float | None = None


# ---- the file


def load_published(path: Path) -> PublishedFile:
    """Load a file of published results (the format is described in config/published/README.md).

    Raises:
        StudyError: one sentence with file and line for a key, value or name that does not fit.
    """
    document = load_yaml(path)
    schema.check(document, "published")
    data = document.data
    tables = {name: _table(document, name) for name in data["tables"]}
    for table in tables.values():
        _check_second_opinion(document, table, tables)
    return PublishedFile(
        document.file, data["source"], data.get("year"), data.get("wave", ""), data.get("labels", {}), tables
    )


def _table(document: Document, name: str) -> PublishedTable:
    data, place = document.data["tables"][name], ("tables", name)
    columns = data["columns"]
    _check_placeholders(document, place, data)
    _check_compute(document, (*place, "compute"), data["compute"], columns)
    n = _values(document, (*place, "n"), data["n"], columns) if "n" in data else {}
    for column, printed in n.items():
        if not (printed.isdigit() and int(printed)):
            _stop(document, (*place, "n"), f"the base '{printed}' of '{column}' is not a count above 0; correct it")
    rows = {row: _values(document, (*place, "rows", row), text, columns) for row, text in data["rows"].items()}
    for row, values in rows.items():
        for printed in values.values():
            try:
                if printed != NOT_GIVEN:
                    number(printed)
            except ValueError as error:
                _stop(document, (*place, "rows", row), f"{error}; write it as printed, or – where there is none")
    return PublishedTable(
        name=name,
        statement=data["statement"],
        kind=data["kind"],
        base=data["base"],
        n={column: int(printed) for column, printed in n.items()},
        rows=rows,
        compute=data["compute"],
        second_opinion=data.get("second_opinion", {}),
        line=document.where(*place),
    )


def _stop(document: Document, place: tuple[str, ...], what: str) -> NoReturn:
    raise StudyError(f"{document.where(*place)}: {what}.")


def _values(document: Document, place: tuple[str, ...], text: str | int, columns: list[str]) -> dict[str, str]:
    """Return the printed values by column; a base given once holds for all columns."""
    values = str(text).split()
    if place[-1] == "n" and len(values) == 1:
        values *= len(columns)
    if len(values) != len(columns):
        _stop(
            document,
            place,
            f"'{'.'.join(place)}' has {len(values)} values for the {len(columns)} columns ({', '.join(columns)}); "
            "give one a column, – where there is none",
        )
    return dict(zip(columns, values, strict=True))


def _check_placeholders(document: Document, place: tuple[str, ...], data: Mapping[str, Any]) -> None:
    parts = {part: data.get(part, {}) for part in ("compute", "second_opinion")} | {
        "statement": {"": data["statement"]}
    }
    for part, templates in parts.items():
        for found in (name for text in templates.values() for name in PLACEHOLDER.findall(str(text))):
            if found not in ("row", "column"):
                hint = nearest(found, ["row", "column"])
                _stop(document, (*place, part), f"'{{{found}}}' is not filled in{hint}; use {{row}} and {{column}}")


def _check_compute(document: Document, place: tuple[str, ...], compute: Mapping[str, Any], columns: list[str]) -> None:
    take, of = compute["take"], compute.get("of", [])
    if ("question" in compute) != ("analysis" in compute):
        _stop(document, place, "give 'analysis' and 'question' together, or neither where there is nothing to compare")
    if take == "log2_ratio" and len(of) != 2:
        _stop(document, place, "a log2_ratio compares two levels: give them under 'of', the numerator first")
    if take == "weighted_mean":
        if not of or len(of) != len(compute.get("weights", [])):
            _stop(document, place, "a weighted_mean needs its columns under 'of', and a weight for each")
        for column in of:
            if column not in columns:
                _stop(document, (*place, "of"), f"'{column}' is not a column of this table{nearest(column, columns)}")


def _check_second_opinion(document: Document, table: PublishedTable, tables: Mapping[str, PublishedTable]) -> None:
    if not table.second_opinion:
        return
    if table.compute["take"] not in FROM_TESTS:
        _stop(document, ("tables", table.name, "second_opinion"), f"only {', '.join(FROM_TESTS)} have a second opinion")
    place, other = ("tables", table.name, "second_opinion"), table.second_opinion["table"]
    if other not in tables:
        _stop(document, place, f"'{other}' is not a table of this file{nearest(other, tables)}")
    for row, values in table.rows.items():
        for column in values:
            _counts(table, tables[other], row, column)


# ---- the check


REFUSED = re.compile(
    r"the respondents were rebuilt without the joint distribution of (?:the items of (\w+)|(\w+) and (\w+))"
)


def refusals(tables: Sequence[pd.DataFrame]) -> list[tuple[str, str]]:
    """Return the joint distributions that tables of a rebuilt wave refuse, as pairs of questions.

    A question beside nothing: the joint distribution of its own items.
    """
    notes = (note for table in tables for note in table.loc[table["status"] == "not_estimable", "note"])
    found = (match.groups("") for match in map(REFUSED.fullmatch, notes) if match)
    return sorted({(items or one, other) for items, one, other in found})


def check_all(files: Sequence[PublishedFile], estimates: pd.DataFrame, tests: pd.DataFrame) -> pd.DataFrame:
    """Return the checks of several files, one below the other."""
    frames = [check(published, estimates, tests) for published in files]
    return pd.concat(frames, ignore_index=True) if frames else _typed(pd.DataFrame(columns=list(CHECK_COLUMNS)))


def read_checks(path: str) -> pd.DataFrame:
    """Read the checks that `tables.to_csv` wrote."""
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    numbers = {name: pd.to_numeric(frame[name], errors="coerce") for name in ("computed", "difference", *WHOLE_NUMBERS)}
    return _typed(frame.assign(**numbers))


def _typed(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.astype({"computed": "float64", "difference": "float64", **dict.fromkeys(WHOLE_NUMBERS, "Int64")})


def check(published: PublishedFile, estimates: pd.DataFrame, tests: pd.DataFrame) -> pd.DataFrame:
    """Compare each published value with the tables of its wave (as `tables.read_table` returns them).

    Returns one row a value, with `CHECK_COLUMNS`; `difference` is computed − published, in printed units.
    Verdicts: `reproduced`, ours rounds to what was printed; `consistent`, a count of the base gives the
    percentage and there is nothing to compare it with, or only the rounding of printed inputs lies between;
    `impossible`, no count of the base gives it; `differs`; `not_testable`, with the reason.

    Of percentages with a base `count_low` and `count_high` are the counts recovered from them: equal where just one
    gives what was printed. Of impossible ones they are the counts next to it, and `fitting_n` the nearest bases, joined
    by a comma, that have a count which gives it.
    """
    found = _Computed(published, estimates, tests)
    rows = []
    for table in published.tables.values():
        for row, values in table.rows.items():
            for column, printed in values.items():
                if printed == NOT_GIVEN:
                    continue
                finding = found.check(table, row, column)
                gap = None if finding.computed is None else finding.computed - float(number(printed))
                rows.append(
                    {
                        "source": published.source + (f" ({published.year})" if published.year else ""),
                        "wave": published.wave,
                        **found.place(table, row, column),
                        "table": table.name,
                        "entry": f"{row}/{column}",
                        "statement": _filled(table.statement, _label(published, row), _label(published, column)),
                        "kind": table.kind,
                        "published": printed,
                        "computed": finding.computed,
                        "difference": gap,
                        "base": table.base,
                        "n": table.n.get(column),
                        "verdict": finding.verdict,
                        "reason": finding.reason,
                        **_recovered(table, printed, table.n.get(column)),
                    }
                )
    return _typed(pd.DataFrame(rows, columns=list(CHECK_COLUMNS)))


def _recovered(table: PublishedTable, printed: str, n: int | None) -> dict[str, Any]:
    """Return the counts that a percentage can be of, or else those next to it and the bases that would fit."""
    if table.compute["take"] != "percent" or n is None:
        return {"count_low": None, "count_high": None, "fitting_n": ""}
    counts = possible_counts(printed, n)
    low, high = (counts[0], counts[-1]) if counts else nearest_counts(printed, n)
    fitting = "" if counts else ", ".join(map(str, fitting_bases(printed, n)))
    return {"count_low": low, "count_high": high, "fitting_n": fitting}


def _filled(template: str, row: str, column: str) -> str:
    return template.replace("{row}", row).replace("{column}", column)


def _label(published: PublishedFile, code: str) -> str:
    return published.labels.get(code, code.replace("_", " "))


class _Computed:
    """The tables of one wave, ready to be looked up."""

    def __init__(self, published: PublishedFile, estimates: pd.DataFrame, tests: pd.DataFrame) -> None:
        self.published = published
        self.estimates = _index(estimates[estimates["wave"] == published.wave], (*WHERE, "base", "statistic"))
        self.tests = _index(tests[tests["wave"] == published.wave], WHERE)
        self.recomputed: dict[tuple[tuple[int, ...], ...], pd.Series] = {}

    def check(self, table: PublishedTable, row: str, column: str) -> Finding:
        """Return verdict, reason and our value for one printed value."""
        take, n = table.compute["take"], table.n.get(column)
        feasible = _feasible(table.rows[row][column], n) if take == "percent" else None
        if take == "weighted_mean":
            return _check_mean(table, row, column)
        if "question" not in table.compute:
            return feasible or Finding("not_testable", "nothing to compare it with")
        found = self._log2_ratio(table, row, column) if take == "log2_ratio" else self._look_up(table, row, column)
        if isinstance(found, str):
            return feasible if feasible and feasible.verdict == "impossible" else Finding("not_testable", found)
        value, opinion = _taken(found, take), self._second_opinion(table, row, column)
        if value is None:
            return Finding("not_testable", f"our row has no {take}")
        if n is not None and found["n"] != n:
            verdict, reason = "differs", f"the base holds {found['n']} respondents, not {n}"
        elif rounds_to(value, table.rows[row][column]):
            verdict, reason = "reproduced", f"{found['count']} of {found['n']}" if take == "percent" else ""
        elif feasible and feasible.verdict == "impossible":
            verdict, reason = "impossible", feasible.reason
        else:
            verdict, reason = "differs", "further off than rounding explains"
        return Finding(verdict, "; ".join(r for r in (reason, opinion) if r), float(value))

    def place(self, table: PublishedTable, row: str, column: str) -> dict[str, str]:
        """Say in the codes of the questionnaire what the value is about, empty where nothing of ours is like it."""
        codes = {key: _filled(table.compute.get(key, ""), row, column) for key in PLACE}
        return codes | {"take": table.compute["take"]}

    def _look_up(self, table: PublishedTable, row: str, column: str, level: str = "") -> Mapping[str, Any] | str:
        """Return the one row that holds the value (at another `level` than `compute` names), or why there is none."""
        compute, from_tests = table.compute, table.compute["take"] in FROM_TESTS
        where = {key: _filled(compute.get(key, ""), row, column) for key in WHERE} | ({"level": level} if level else {})
        if not from_tests:
            where |= {"base": table.base, "statistic": compute.get("statistic", "proportion")}
        index = self.tests if from_tests else self.estimates
        found = index.get(tuple(where.values()), [])
        if len(found) > 1:
            raise StudyError(
                f"{table.line}: 'compute' fits {len(found)} rows of the tables of {self.published.wave}; "
                "say more of where the value stands."
            )
        # a refused joint distribution stands as one row for the whole question
        whole = {**where, "item": "", "answer": "", "context": "", "level": ""}
        refused = [r for r in index.get(tuple(whole.values()), []) if r["status"] == "not_estimable"]
        for hit in (*found, *refused):
            return str(hit["note"]) if hit["status"] in ("not_estimable", "suppressed") else hit
        wanted = ", ".join(f"{key} '{value}'" for key, value in where.items() if value)
        return f"the {'tests' if from_tests else 'estimates'} have no row with {wanted}"

    def _log2_ratio(self, table: PublishedTable, row: str, column: str) -> Mapping[str, Any] | str:
        """Return log₂ of an option's share of all mentions at one level to that at another.

        log₂[((c + 1)/(C + k)) / ((b + 1)/(B + k))], c and b of C and B mentions of the k rows of the table: each
        gets one mention more (Laplace), so that none is 0.
        """
        shares, n = [], 0
        for level in table.compute["of"]:
            counts = {}
            for option in table.rows:
                found = self._look_up(table, option, column, level)
                if isinstance(found, str):
                    return found
                counts[option] = int(found["count"])
                base = int(found["n"])
            shares.append((counts[row] + 1) / (sum(counts.values()) + len(counts)))
            n += base
        return {"log2_ratio": log2(shares[0] / shares[1]), "n": n}

    def _second_opinion(self, table: PublishedTable, row: str, column: str) -> str:
        """Say whether pingouin gets the printed test from the printed counts."""
        if not table.second_opinion:
            return ""
        counts = _counts(table, self.published.tables[table.second_opinion["table"]], row, column)
        if counts not in self.recomputed:
            self.recomputed[counts] = _pingouin(np.array(counts))
        name = {"statistic": "chi2", "df1": "dof", "p_value": "pval", "effect": "cramer"}[table.compute["take"]]
        value = float(self.recomputed[counts][name])
        if rounds_to(value, table.rows[row][column]):
            return "pingouin agrees, from the printed counts"
        return f"pingouin gets {value:.6g} from the printed counts"


def _index(frame: pd.DataFrame, keys: Sequence[str]) -> dict[tuple[str, ...], list[dict[str, Any]]]:
    index: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for row in frame.to_dict("records"):
        index.setdefault(tuple(row[key] for key in keys), []).append({str(k): v for k, v in row.items()})
    return index


def _taken(row: Mapping[str, Any], take: str) -> Fraction | float | None:
    """Return the number that was printed, a percentage in percent."""
    value = row["estimate" if take == "percent" else take]
    if pd.isna(value):
        return None
    return Fraction(float(value)).limit_denominator(10**9) * 100 if take == "percent" else float(value)


def _feasible(printed: str, n: int | None) -> Finding:
    if n is None:
        return Finding("not_testable", "the base is not known")
    counts = possible_counts(printed, n)
    if not counts:
        return Finding("impossible", f"no count out of {n} gives {printed} %")
    some = f"{counts[0]}" if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
    return Finding("consistent", f"{some} of {n} give{'s' * (len(counts) == 1)} {printed} %")


def _check_mean(table: PublishedTable, row: str, column: str) -> Finding:
    """Compare a printed mean with that of the printed columns it is made of, each within its rounding."""
    of, values = table.compute["of"], table.rows[row]
    if column in of:
        return Finding("not_testable", "given: the mean beside it is made of it")
    if NOT_GIVEN in (values[c] for c in of):
        return Finding("not_testable", "a column of the mean is not given")
    weights = [Fraction(str(w)) for w in table.compute["weights"]]
    mean = sum((w * number(values[c]) for w, c in zip(weights, of, strict=True)), Fraction(0)) / sum(weights)
    width = sum((w * half_unit(values[c]) for w, c in zip(weights, of, strict=True)), Fraction(0)) / sum(weights)
    if rounds_to(mean, values[column]):
        return Finding("reproduced", f"mean of {', '.join(of)}", float(mean))
    if abs(mean - number(values[column])) <= width + half_unit(values[column]):
        return Finding("consistent", "within the rounding of the printed columns", float(mean))
    return Finding("differs", "further off than the rounding of the printed columns allows", float(mean))


def _counts(table: PublishedTable, source: PublishedTable, row: str, column: str) -> tuple[tuple[int, ...], ...]:
    """Return the printed counts that a test is about: all rows, or one row beside the rest of its base."""
    columns = table.second_opinion["columns"]
    only = _filled(table.second_opinion.get("row", ""), row, column)
    for name, valid in ((only, source.rows), *((c, next(iter(source.rows.values()))) for c in columns)):
        if name and name not in valid:
            raise StudyError(f"{table.line}: '{name}' is not in the table '{source.name}'{nearest(name, valid)}.")
    if not only:
        return tuple(tuple(source.count(r, c) for c in columns) for r in source.rows)
    if any(c not in source.n for c in columns):
        raise StudyError(f"{source.line}: '{source.name}' lacks 'n', without which no test can be recomputed; add it.")
    counted = tuple(source.count(only, c) for c in columns)
    return counted, tuple(source.n[c] - k for c, k in zip(columns, counted, strict=True))


def _pingouin(counts: np.ndarray) -> pd.Series:
    """Return Pearson's χ² without Yates's correction of a table of counts (r, c), by pingouin."""
    import pingouin  # heavy, and needed here only

    rows, columns = np.indices(counts.shape)
    data = pd.DataFrame({"x": np.repeat(rows, counts.ravel()), "y": np.repeat(columns, counts.ravel())})
    _, _, tests = pingouin.chi2_independence(data, "x", "y", correction=False)
    return tests[tests["test"] == "pearson"].iloc[0]
