"""A wave of 60 rows in one language: the study folder that end-to-end and fault tests run on."""

import csv
import io
import random
import shutil
from pathlib import Path

FIXTURE = Path(__file__).parent / "fixtures" / "small"
STAFF = ["1–49", "50 and more"]
ADOPTION = ["Uses", "Planned", "Will not use"]
FREQUENCY = ["Never", "Rarely", "Often", "Always", "Don't know"]
AGREEMENT = ["Disagree", "Rather disagree", "Neither", "Rather agree", "Agree"]

CONFIG = """study: "Small study"
languages: [en]
figures: {formats: [svg]}
waves:
"""
WAVE = """  {name}:
    export: data/raw/{name}.csv
    questionnaire: config/questionnaire.yaml
    sampling: open_link
    origin: synthetic
"""


def export(rows: int = 60, seed: int = 1) -> str:
    """Return a plain CSV export; the last row is empty, the one before repeats an id."""
    random.seed(seed)
    heads = ["Respondent ID", "staff", "adoption"]
    heads += ["linkedin [private]", "linkedin [work]", "xing [private]", "xing [work]"]
    heads += ["activities_read", "activities_publish", "barriers_privacy", "barriers_time", "barriers_strategy"]
    heads += ["why_not_no_need", "why_not_no_skills", "why_not_other"]
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(heads)
    for number in range(1, rows + 1):
        if number == rows:
            writer.writerow([""] * len(heads))
            continue
        adoption = random.choice(ADOPTION)
        ticks = [random.choice(["1", ""]) for _ in range(4)]
        reasons = [random.choice(["1", ""]), random.choice(["1", ""]), random.choice(["", "", "we are a bakery"])]
        writer.writerow(
            [f"r{min(number, rows - 2)}", random.choice(STAFF), adoption, *ticks]
            + random.choices(FREQUENCY, k=2)
            + random.choices(AGREEMENT, k=3)
            + (reasons if adoption == "Will not use" else ["", "", ""])
        )
    return table.getvalue()


def make_study(folder: Path, waves: tuple[str, ...] = ("small",)) -> Path:
    """Lay out a study with one export a wave."""
    (folder / "config").mkdir(parents=True)
    (folder / "data" / "raw").mkdir(parents=True)
    shutil.copy(FIXTURE / "questionnaire.yaml", folder / "config" / "questionnaire.yaml")
    (folder / "config" / "config.yaml").write_text(CONFIG + "".join(WAVE.format(name=name) for name in waves))
    for seed, name in enumerate(waves, 1):
        (folder / "data" / "raw" / f"{name}.csv").write_text(export(seed=seed), encoding="utf-8")
    return folder
