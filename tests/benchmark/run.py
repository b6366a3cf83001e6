"""A run of the shipped waves from nothing, in a copy of the study."""

import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmark.measured import cost_of, memory, seconds, table

STUDY = ("Snakefile", "config", "data", "workflow", "profiles")


def report(study: Path, folder: Path) -> Iterator[str]:
    """Yield the table: what the whole run costs, and what its jobs spend before they begin to work."""
    copy = folder / "study"
    copy.mkdir()
    for name in STUDY:
        (shutil.copytree if (study / name).is_dir() else shutil.copyfile)(study / name, copy / name)
    log = folder / "run.log"
    whole = cost_of(["sh", "-c", '"$0" -m snakemake >"$1" 2>&1', sys.executable, str(log)], copy)
    total = re.findall(r"^total\s+(\d+)$", log.read_text(encoding="utf-8"), re.MULTILINE)
    jobs = int(total[0]) if total else 0
    light = cost_of([sys.executable, "-c", "import b2bsurvey.analyses"], copy)
    head = ["", "jobs", "CPU", "clock", "largest process"]
    start = ["of which start of processes, at least", "", seconds(jobs * light.cpu), "", ""]
    yield table(head, [["make", str(jobs), seconds(whole.cpu), seconds(whole.wall), memory(whole.memory)], start])
