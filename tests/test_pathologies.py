"""Waves of which little or nothing can be estimated: every analysis says why, in every row, and no cell holds nonsense.

New analyses are covered as they are listed in `questionnaire.ANALYSES`.
"""

from functools import cache

import numpy as np
import pandas as pd
import pytest

from adoption_wave import all_tables, answers, survey, with_weights
from b2bsurvey.errors import StudyError
from b2bsurvey.questionnaire import ANALYSES
from b2bsurvey.tables import to_csv

ROWS = list(answers(80))
KEPT = ("Respondent ID", "w")
CHANNELS = [name for name in ROWS[0] if name.startswith("channels")]


def everybody(**cells: str) -> list[dict[str, str]]:
    return [row | cells for row in ROWS]


def constant() -> list[dict[str, str]]:
    complete = next(row for row in ROWS if "" not in row.values())
    return [complete | {name: row[name] for name in KEPT} for row in ROWS]


def by_size(name: str, **cells: str) -> list[dict[str, str]]:
    """Return the rows with one question answered as the size of the firm says."""
    return [row | {name: cells[row["size"]]} for row in ROWS]


WAVES = {
    "nobody": list,
    "one respondent": lambda: ROWS[:1],
    "two respondents": lambda: ROWS[:2],
    "fewer respondents than predictors": lambda: ROWS[:7],
    "constant": constant,
    "all missing": lambda: [{k: v if k in KEPT else "" for k, v in row.items()} for row in ROWS],
    "one question all missing": lambda: everybody(barriers_privacy="", posts="", sector=""),
    "one group": lambda: everybody(size="small", sector="trade", adoption="uses"),
    "one adopter": lambda: [row | {"adoption": "none"} for row in ROWS[:-1]] + [ROWS[-1] | {"adoption": "uses"}],
    "separated": lambda: by_size("adoption", small="none", middle="none", large="uses"),
    "collinear": lambda: by_size("sector", small="industry", middle="services", large="trade"),
    "an empty cell": lambda: [row for row in ROWS if (row["size"], row["sector"]) != ("large", "trade")],
    "an answer that nobody gave": lambda: [row for row in ROWS if row["adoption"] != "planned"],
    "nothing ticked, numbers of 0": lambda: everybody(posts="0", hours="0", **dict.fromkeys(CHANNELS, "0")),
    "all ticked": lambda: everybody(**dict.fromkeys(CHANNELS, "1")),
    "a scale that is one item": lambda: [
        row | {f"attitudes_{i}": row["attitudes_customers"] for i in ("partners", "rivals")} for row in ROWS
    ],
    "huge numbers": lambda: [row | {"posts": "1e100" if i else "1"} for i, row in enumerate(ROWS)],
    "one respondent carries all weight": lambda: with_weights(ROWS, [20.0] + [1.0] * (len(ROWS) - 1)),
    "tiny weights": lambda: with_weights(ROWS, np.linspace(1e-12, 2e-12, len(ROWS))),
}


@cache
def tables(wave: str):
    return all_tables(survey(WAVES[wave]()))


def wrong_estimates(frame: pd.DataFrame) -> list[str]:
    """Return the ids of rows that hold what no reader can use, with what it is."""
    found = []
    for row in frame.to_dict("records"):
        bounds = [row[c] for c in ("ci_low", "ci_high") if pd.notna(row[c])]
        estimate = row["estimate"]
        problems = {
            "no estimate and no status": pd.isna(estimate) and row["status"] in ("ok", "small_base"),
            "no reason": row["status"] in ("not_estimable", "suppressed") and not row["note"],
            "an estimate that is not estimable": pd.notna(estimate) and row["status"] == "not_estimable",
            "outside its interval": pd.notna(estimate) and len(bounds) == 2
            and not bounds[0] - 1e-9 * abs(bounds[0]) <= estimate <= bounds[1] + 1e-9 * abs(bounds[1]),
            "half an interval": len(bounds) == 1 and row["statistic"] not in ("median", "quantile"),
            "an error below 0": pd.notna(row["std_error"]) and row["std_error"] < 0,
            "a share beyond 0 to 1": row["scale"] == "probability" and pd.notna(estimate)
            and not -1e-12 <= abs(estimate) <= 1 + 1e-12,
        }  # fmt: skip
        found += [f"{row['estimate_id']}: {what}" for what, so in problems.items() if so]
    return found


def wrong_tests(frame: pd.DataFrame) -> list[str]:
    found = []
    for row in frame.to_dict("records"):
        known = pd.notna(row["p_value"])
        problems = {
            "p is not above 0 and at most 1": known and not 0 < row["p_value"] <= 1,
            "adjusted p is not above 0 and at most 1": known and not 0 < row["p_adjusted"] <= 1,
            "no p and no status": not known and row["status"] != "not_estimable",
            "no reason": row["status"] == "not_estimable" and not row["note"],
            "a p that is not estimable": known and row["status"] == "not_estimable",
        }
        found += [f"{row['test_id']}: {what}" for what, so in problems.items() if so]
    return found


@pytest.mark.parametrize("wave", WAVES)
@pytest.mark.parametrize("analysis", ANALYSES)
def test_what_cannot_be_estimated_says_why_and_nothing_else_is_nonsense(analysis, wave):
    found = tables(wave)[analysis]
    for frame in (found.estimates, found.tests):
        values = frame.select_dtypes("number").astype(float).to_numpy()
        assert not np.isinf(values).any(), to_csv(frame[np.isinf(values).any(axis=1)])
        texts = frame.select_dtypes(exclude="number").map(str).to_numpy()
        assert not np.isin(np.char.lower(texts.astype(str)), ["nan", "inf", "-inf", "<na>"]).any()
        body = to_csv(frame).split("\n", 1)[1].lower()
        assert ",nan," not in body
        assert ",inf," not in body
    assert not wrong_estimates(found.estimates)[:10]
    assert not wrong_tests(found.tests)[:10]


@pytest.mark.parametrize("analysis", [a for a in ANALYSES if a != "sample"])
def test_of_nobody_nothing_is_estimated(analysis):
    found = tables("nobody")[analysis]
    assert found.estimates["estimate"].isna().all()
    assert found.tests["p_value"].isna().all()


@pytest.mark.parametrize("weight", [0.0, -1.0])
def test_a_weight_of_0_or_below_stops_the_wave_and_names_the_column(weight):
    weights = [weight, *[1.0] * (len(ROWS) - 1)]
    with pytest.raises(StudyError, match="weight") as refused:
        survey(with_weights(ROWS, weights))
    assert "w" in str(refused.value)
    assert str(refused.value).count("Traceback") == 0
