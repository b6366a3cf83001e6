"""Exports of rising size are ingested and screened by the jobs of a run; beside them, merely parsed."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmark import large_wave
from benchmark.measured import Cost, cost_of_module, memory, seconds, table

READERS = {"pyarrow": "pyarrow.csv, one thread", "pandas": "pandas.read_csv, as str", "csv": "Python's csv"}


def report(folder: Path, sizes: Sequence[int]) -> Iterator[str]:
    """Yield the tables, each when it is there."""
    questionnaire = folder / "large.yaml"
    large_wave.write_questionnaire(questionnaire)
    rows = []
    for n in sizes:
        export = folder / "large.csv"
        export.unlink(missing_ok=True)
        cost_of_module("large_wave", str(export), str(n), folder=folder)
        size = export.stat().st_size
        for job in ("ingest", "screening"):
            cost = cost_of_module("job", job, str(export), str(questionnaire), folder=folder)
            rows.append(_row(job, n, size, cost))
    yield table(["", "rows", "file", "CPU", "rows a CPU-s", "clock", "memory"], rows)
    parsed = [
        _row(name, n, size, cost_of_module("parse", reader, str(export), folder=folder))
        for reader, name in READERS.items()
    ]
    yield "Merely to parse the largest of these files, every cell as text:"
    yield table(["", "rows", "file", "CPU", "rows a CPU-s", "clock", "memory"], parsed)


def _row(name: str, n: int, size: int, cost: Cost) -> list[str]:
    file = f"{size / 1e6:,.0f} MB"
    return [name, f"{n:,}", file, seconds(cost.cpu), f"{n / cost.cpu:,.0f}", seconds(cost.wall), memory(cost.memory)]
