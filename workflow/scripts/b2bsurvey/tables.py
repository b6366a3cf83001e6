"""The two tidy tables that every analysis returns, with the columns that others rely on."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

ESTIMATE_COLUMNS = [
    "estimate_id",
    "wave",
    "analysis",
    "question",
    "item",
    "answer",
    "context",
    "segment",
    "level",
    "base",
    "statistic",
    "scale",
    "estimate",
    "std_error",
    "ci_low",
    "ci_high",
    "conf_level",
    "ci_method",
    "df",
    "deff",
    "count",
    "n",
    "n_weighted",
    "n_effective",
    "model",
    "outcome",
    "term",
    "reference",
    "construct",
    "item2",
    "answer2",
    "context2",
    "segment2",
    "level2",
    "unit",
    "design",
    "origin",
    "plan",
    "status",
    "note",
]
# these follow where anything was imputed
IMPUTED_COLUMNS = ["imputations", "fmi"]
TEST_COLUMNS = [
    "test_id",
    "wave",
    "analysis",
    "family",
    "role",
    "question",
    "item",
    "answer",
    "context",
    "segment",
    "level",
    "comparison",
    "test",
    "method_reason",
    "statistic",
    "df1",
    "df2",
    "null_value",
    "alternative",
    "p_value",
    "p_adjusted",
    "adjustment",
    "family_size",
    "effect_name",
    "effect",
    "effect_ci_low",
    "effect_ci_high",
    "model",
    "term",
    "n",
    "design",
    "plan",
    "status",
    "note",
]
NUMBERS = frozenset(
    [
        "estimate",
        "std_error",
        "ci_low",
        "ci_high",
        "conf_level",
        "df",
        "deff",
        "n_weighted",
        "n_effective",
        "statistic",
        "df1",
        "df2",
        "null_value",
        "p_value",
        "p_adjusted",
        "effect",
        "effect_ci_low",
        "effect_ci_high",
        "fmi",
    ]
)
COUNTS = frozenset(["count", "n", "family_size", "n_valid", "n_missing", "row", "reached", "last_page", "imputations"])
SMALL_BASE = 30
_PART = 20_000  # rows that are written at a time

# columns of the table of families
NUMBERS |= {"smallest_p", "smallest_p_adjusted"}
COUNTS |= {"tests", "not_estimable", "below_alpha"}


@dataclass(frozen=True)
class Tables:
    """What an analysis found: estimates and tests, each with the contract's columns."""

    estimates: pd.DataFrame
    tests: pd.DataFrame


def estimates_table(rows: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """Return rows as the Estimates table; columns that a row lacks are empty.

    `imputations` and `fmi` are there only where a row has them.
    """
    rows = list(rows)
    more = [name for name in IMPUTED_COLUMNS if any(name in row for row in rows)]
    return _table(rows, ESTIMATE_COLUMNS + more)


def tests_table(rows: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """Return rows as the Tests table; columns that a row lacks are empty."""
    return _table(rows, TEST_COLUMNS)


def _table(rows: Iterable[Mapping[str, Any]], columns: list[str]) -> pd.DataFrame:
    frame = pd.DataFrame(list(rows), columns=columns)
    # an estimates table's `statistic` is a name, a tests table's is a number
    numbers = NUMBERS - ({"statistic"} if "estimate_id" in columns else set())
    for name in columns:
        if name in COUNTS:
            frame[name] = frame[name].astype("Int64")
        elif name in numbers:
            frame[name] = frame[name].astype("float64")
        else:
            frame[name] = frame[name].astype(object).fillna("").astype(str)
    return frame


def to_csv(frame: pd.DataFrame) -> str:
    """Return the table as CSV: floats with 17 significant digits, text that looks like a formula made harmless."""
    return "".join(csv_parts(frame))


def csv_parts(frame: pd.DataFrame) -> Iterator[str]:
    """Yield what `to_csv` returns in parts, for tables whose text is large: of respondents, not of results."""
    for start in range(0, max(len(frame), 1), _PART):
        yield _csv(frame.iloc[start : start + _PART], header=start == 0)


def _csv(frame: pd.DataFrame, header: bool) -> str:
    safe = frame.copy(deep=False)
    for name in safe.columns:
        if isinstance(safe[name].dtype, pd.CategoricalDtype):
            safe[name] = safe[name].cat.rename_categories(harmless)
        elif pd.api.types.is_object_dtype(safe[name]) or isinstance(safe[name].dtype, pd.StringDtype):
            safe[name] = safe[name].astype(object).map(harmless, na_action="ignore")
    return safe.to_csv(index=False, header=header, float_format="%.17g", lineterminator="\n", chunksize=_PART)


FORMULA = re.compile(r"'*[=+\-@\t\r＝＋－＠]")


def harmless(text: Any) -> Any:
    """Put an apostrophe before text that a spreadsheet would run as a formula; `read_table` takes it away again."""
    return f"'{text}" if isinstance(text, str) and FORMULA.match(text) else text


def read_table(path: str) -> pd.DataFrame:
    """Read a table that `to_csv` wrote."""
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    numbers = NUMBERS - ({"statistic"} if "estimate_id" in frame else set())
    for name in frame.columns:
        if name in COUNTS:
            frame[name] = pd.to_numeric(frame[name], errors="coerce").astype("Int64")
        elif name in numbers:
            frame[name] = pd.to_numeric(frame[name], errors="coerce")
        else:
            frame[name] = frame[name].map(lambda text: text[1:] if text[:1] == "'" and FORMULA.match(text) else text)
    return frame


def row_id(*parts: str) -> str:
    """Return a stable id from the parts that are not empty."""
    return "/".join(part for part in parts if part)


def seed(*parts: str) -> int:
    """Return the seed of anything random, from what it is about: the order of respondents plays no part."""
    return int(hashlib.sha256("/".join(parts).encode()).hexdigest()[:8], 16)
