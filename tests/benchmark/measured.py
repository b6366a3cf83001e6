"""What a command costs: CPU time and largest memory of its process and the processes that it started."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

TESTS = Path(__file__).parents[1]
SCRIPTS = TESTS.parent / "workflow" / "scripts"


@dataclass(frozen=True)
class Cost:
    """Seconds of the clock and of the processor, and the largest resident memory of any process, in bytes."""

    wall: float
    cpu: float
    memory: int
    output: str


def cost_of(command: Sequence[str], folder: Path) -> Cost:
    """Run a command in a process of its own; what it prints is the `output`. Stops where it fails."""
    path = os.pathsep.join([str(SCRIPTS), str(TESTS)])
    started = time.monotonic()
    process = subprocess.Popen(
        command, cwd=folder, env={**os.environ, "PYTHONPATH": path}, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{' '.join(map(str, command))} ended with exit status {process.returncode}.")
    wall = time.monotonic() - started
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024, output)


def cost_of_module(module: str, *arguments: str, folder: Path) -> Cost:
    """Run a module of the benchmark."""
    return cost_of([sys.executable, "-m", f"benchmark.{module}", *arguments], folder)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table, the first column to the left and the others to the right."""
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]

    def line(cells: Sequence[str]) -> str:
        first, *others = (
            cell.ljust(w) if i == 0 else cell.rjust(w) for i, (cell, w) in enumerate(zip(cells, widths, strict=True))
        )
        return f"| {' | '.join([first, *others])} |"

    rule = [("-" * widths[0]), *("-" * (w - 1) + ":" for w in widths[1:])]
    return "\n".join([line(head), line(rule), *map(line, rows)])


def seconds(value: float) -> str:
    """Return seconds to be read."""
    return f"{value:.1f} s" if value < 100 else f"{value:.0f} s"


def memory(value: int) -> str:
    """Return bytes to be read."""
    return f"{value / 1e9:.2f} GB"
