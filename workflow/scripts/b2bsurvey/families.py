"""The families of tests of a wave: what was adjusted together, how, and how many tests that were."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pandas as pd

from b2bsurvey.config import Inference

Row = dict[str, Any]

COLUMNS = [
    "wave",
    "analysis",
    "family",
    "role",
    "declared",
    "questions",
    "segments",
    "tests",
    "not_estimable",
    "adjustment",
    "family_size",
    "smallest_p",
    "smallest_p_adjusted",
    "below_alpha",
    "note",
]
# of tests of a family that are adjusted for themselves, named after a colon
KINDS = ("pairs", "columns", "interactions", "equivalence", "panel", "trend")
COUNTED = ("tests", "not_estimable", "family_size", "below_alpha")


def families(wave: str, tests: Mapping[str, pd.DataFrame], inference: Inference) -> pd.DataFrame:
    """Return one row an analysis and family, in the order of the tests; then configured families without a test.

    `tests` maps each analysis to its Tests table. `declared` is `config` or `default`, or `diagnostic` for checks that
    are not adjusted. `tests` counts rows, `family_size` those of them with a p value, `below_alpha` those whose
    adjusted p is below 1 − confidence level. Questions and segments are joined by semicolons.
    """
    configured = {family.name for family in inference.families}
    rows: list[Row] = []
    for analysis, table in tests.items():
        for name, members in table.groupby("family", sort=False):
            rows.append({"wave": wave, "analysis": analysis, "family": name} | _counted(members, inference))
            rows[-1]["declared"] = _declared(str(name), rows[-1]["role"], configured)
    rows += _untested(wave, {row["family"] for row in rows}, inference)
    frame = pd.DataFrame(rows, columns=COLUMNS)
    counts = ["tests", "not_estimable", "family_size", "below_alpha"]
    return frame.astype(
        dict.fromkeys(counts, "Int64") | dict.fromkeys(["smallest_p", "smallest_p_adjusted"], "float64")
    )


def _counted(members: pd.DataFrame, inference: Inference) -> Row:
    """Return what the tests of a family have in common, and how many they are."""
    p, adjusted = members["p_value"], members["p_adjusted"]
    return {
        "role": _joined(members["role"]),
        "questions": _joined(members["question"]),
        "segments": _joined(members["segment"]),
        "tests": len(members),
        "not_estimable": int(p.isna().sum()),
        "adjustment": _joined(members["adjustment"]),
        "family_size": int(members["family_size"].iloc[0]),
        "smallest_p": p.min(),
        "smallest_p_adjusted": adjusted.min(),
        "below_alpha": int((adjusted < 1 - inference.confidence_level).sum()),
        "note": "",
    }


def _declared(family: str, role: str, configured: Iterable[str]) -> str:
    if role == "diagnostic":
        return "diagnostic"
    of = family.rpartition(": ")
    return "config" if family in configured or (of[0] in configured and of[2] in KINDS) else "default"


def _untested(wave: str, tested: set[Any], inference: Inference) -> Iterator[Row]:
    """Yield a row for each configured family of which this wave has no test."""
    for family in inference.families:
        if family.name not in tested:
            yield dict.fromkeys(("analysis", "role"), "") | {
                "wave": wave,
                "family": family.name,
                "declared": "config",
                "questions": _joined(family.questions),
                "segments": _joined(family.segments),
                "adjustment": inference.adjustment,
                **dict.fromkeys(COUNTED, 0),
                "note": "no test of this family in this wave",
            }


def _joined(values: Iterable[str]) -> str:
    return "; ".join(dict.fromkeys(value for value in values if value))
