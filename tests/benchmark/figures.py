"""The figures of a shipped wave in three formats and one language."""

from collections.abc import Iterator
from pathlib import Path

from benchmark.measured import cost_of_module, memory, table


def report(study: Path, wave: str = "lucerne-2013", language: str = "en") -> Iterator[str]:
    """Yield the table; the tables of the wave must be there."""
    if not (study / "results" / wave / "tables").is_dir():
        yield f"The tables of {wave} are not there, so its figures were left out: run make first."
        return
    rows = []
    for formats in ("svg,png,pdf",):
        cost = cost_of_module("figures_work", wave, language, formats, folder=study)
        n, spent, size = cost.output.split()
        each = f"{float(spent) / int(n):.2f} s"
        rows.append([formats.replace(",", ", "), n, each, f"{int(size) / 1e6:.1f} MB", memory(cost.memory)])
    yield table(["", "figures", "CPU a figure", "all files", "memory"], rows)
