"""A small wave of which every analysis makes something, generated; its answers and weights can be spoilt at will."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from b2bsurvey.analyses import analyse
from b2bsurvey.config import Inference, Screening, Wave
from b2bsurvey.design import Survey, survey_of
from b2bsurvey.ingest import ingest
from b2bsurvey.questionnaire import ANALYSES
from b2bsurvey.questionnaire_file import load_questionnaire
from b2bsurvey.readers import read_export
from b2bsurvey.screening import screen
from b2bsurvey.tables import Tables
from b2bsurvey.weighting import weigh

QUESTIONNAIRE = Path(__file__).parent / "fixtures" / "adoption" / "questionnaire.yaml"
WAVE = Wave("adoption", ("adoption.csv",), "q.yaml", "open_link", weight_column="w")
Answers = dict[str, str]


@cache
def answers(n: int = 120, seed: int = 5) -> tuple[Answers, ...]:
    """Return rows of answers in codes: large firms adopt more, items of a scale go together, some answers are missing."""
    pick, rows = random.Random(seed), []
    for number in range(n):
        size = pick.choice(["small", "small", "middle", "large"])
        level = {"small": 0, "middle": 1, "large": 2}[size]
        mood, drive = pick.gauss(0, 1), pick.gauss(0.4 * level, 1)
        adoption = "uses" if drive + pick.gauss(0, 1) > 0.4 else pick.choice(["planned", "none"])

        def degree(prefix: str, towards: float, pick=pick) -> str:
            return f"{prefix}{min(5, max(1, round(3 + towards + pick.gauss(0, 0.9))))}"

        row = {
            "Respondent ID": f"r{number:04}",
            "size": size,
            "sector": pick.choice(["industry", "services", "trade"]),
            "adoption": adoption,
            "strategy": "yes" if drive + pick.gauss(0, 1) > 0.5 else "no",
            "posts": str(pick.randint(0, 30)),
            "hours": str(pick.randint(1, 20)),
            "w": str(1 + number % 3),
        }
        ticks = {"linkedin": 0.9, "xing": 0.4, "blogs": 0.0, "video": -0.5}
        row |= {f"channels_{c}": "1" if drive + t + pick.gauss(0, 1) > 0.7 else "0" for c, t in ticks.items()}
        row |= {f"barriers_{i}": degree("a", mood) for i in ("privacy", "time", "skills")}
        row |= {f"attitudes_{i}": degree("b", drive) for i in ("customers", "partners", "rivals")}
        row["attitudes_nobody"] = degree("b", -drive)
        spared = ("Respondent ID", "w", "size", "adoption")
        rows.append({k: "" if k not in spared and pick.random() < 0.04 else v for k, v in row.items()})
    return tuple(rows)


def survey(rows: Sequence[Answers] | None = None, changes: Mapping[str, str] | None = None, **wave) -> Survey:
    """Return the survey of the rows; `changes` are made in the questionnaire's text, `wave` in the wave."""
    text = QUESTIONNAIRE.read_text(encoding="utf-8")
    for old, new in (changes or {}).items():
        assert old in text, old
        text = text.replace(old, new)
    questionnaire = _loaded(text)
    table = pd.DataFrame(list(answers() if rows is None else rows), columns=list(answers()[0]))
    export = read_export(Path("adoption.csv"), data=table.to_csv(index=False).encode())
    told = replace(WAVE, **wave)
    responses, _ = ingest([export], questionnaire, b"key", told)
    screened = screen(responses, questionnaire, Screening())
    weighed, report = weigh(screened.responses, questionnaire, told)
    return survey_of(weighed, questionnaire, screened.ledger, told, Inference(), report)


@cache
def _loaded(text: str):
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        path = Path(folder) / "questionnaire.yaml"
        path.write_text(text, encoding="utf-8")
        return load_questionnaire(path)


def with_weights(rows: Sequence[Answers], weights) -> list[Answers]:
    """Return the rows with other weights."""
    return [row | {"w": f"{w:.17g}"} for row, w in zip(rows, weights, strict=True)]


def all_tables(made: Survey) -> dict[str, Tables]:
    """Return what every analysis makes of a survey."""
    return {name: analyse(made, name) for name in ANALYSES}


def numbers(frame: pd.DataFrame, *columns: str) -> np.ndarray:
    """Return columns of a table as floats (rows, columns), NaN where empty."""
    return frame[list(columns)].astype(float).to_numpy()
