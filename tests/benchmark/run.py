"""A run of the shipped waves from nothing, in copies of the study: by the workflow, and in one process."""

import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmark.measured import cost_of, cost_of_module, memory, seconds, table

STUDY = ("Snakefile", "config", "data", "workflow", "profiles")


def report(study: Path, folder: Path) -> Iterator[str]:
    """Yield the table: what the whole run costs as jobs, and what the same work costs in one process."""
    log = folder / "run.log"
    copy = _copied(study, folder / "jobs")
    whole = cost_of(["sh", "-c", '"$0" -m snakemake >"$1" 2>&1', sys.executable, str(log)], copy)
    total = re.findall(r"^total\s+(\d+)$", log.read_text(encoding="utf-8"), re.MULTILINE)
    copy = _copied(study, folder / "one")
    alone = cost_of_module("one_process", folder=copy)
    rows = [
        [name, jobs, seconds(cost.cpu), seconds(cost.wall), memory(cost.memory)]
        for name, jobs, cost in (("make", total[0] if total else "", whole), ("one process", "1", alone))
    ]
    yield table(["", "jobs", "CPU", "clock", "largest process"], rows)


def _copied(study: Path, place: Path) -> Path:
    place.mkdir()
    for name in STUDY:
        (shutil.copytree if (study / name).is_dir() else shutil.copyfile)(study / name, place / name)
    return place
