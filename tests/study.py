"""Studies to run for real: a copy of the workflow beside a small wave, and what a run of it printed."""

import hashlib
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from small_wave import make_study

ROOT = Path(__file__).parents[1]
PARTS = ("Snakefile", "workflow", "profiles", "Makefile", "requirements")


@dataclass(frozen=True)
class Run:
    """What a finished run said; `last` are the last lines on the screen."""

    status: int
    output: str

    @property
    def last(self) -> str:
        return self.output.strip().splitlines()[-1]


def clone(folder: Path, waves: tuple[str, ...] = ("small",)) -> Path:
    """Lay out a study with the workflow in it, as a fresh clone would have it."""
    make_study(folder, waves)
    for part in PARTS:
        source = ROOT / part
        ignore = shutil.ignore_patterns("__pycache__")
        shutil.copytree(source, folder / part, ignore=ignore) if source.is_dir() else shutil.copy2(
            source, folder / part
        )
    return folder


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "snakemake", *arguments]


def environment(**more: str) -> dict[str, str]:
    return {
        **os.environ,
        "PYTHONDONTWRITEBYTECODE": "1",
        "MPLCONFIGDIR": str(ROOT / ".snakemake" / "matplotlib"),
        **more,
    }


def run(folder: Path, *arguments: str, **env: str) -> Run:
    """Run `snakemake` in the folder, to its end."""
    done = subprocess.run(
        command(*arguments),
        cwd=folder,
        env=environment(**env),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=1800,
        check=False,
    )
    return Run(done.returncode, done.stdout)


def start(folder: Path, *arguments: str) -> subprocess.Popen:
    """Start a run and let it go on; it leads a process group of its own."""
    with (folder / "run.log").open("w") as log:
        return subprocess.Popen(
            command(*arguments),
            cwd=folder,
            env=environment(),
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def planned(folder: Path) -> set[str]:
    """Return the rules that a run would execute now."""
    dry = run(folder, "-n", "--quiet", "host")
    if "Nothing to be done" in dry.output:
        return set()
    assert dry.status == 0, dry.output
    table = dry.output.split("Job stats:")[1].split("total")[0]
    return {line.split()[0] for line in table.splitlines() if line.split() and line.split()[-1].isdigit()} - {
        "all",
        "default",
    }


def results(folder: Path) -> dict[str, str]:
    """Return the sha256 of every file under results/."""
    files = [p for p in (folder / "results").rglob("*") if p.is_file() and p.name != ".snakemake_timestamp"]
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(files)}


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{old!r} is not in {path}"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
