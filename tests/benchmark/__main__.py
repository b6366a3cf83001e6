"""Print the benchmark as calm tables: `python -m benchmark [--write FILE] [--rows N …] [--run]`.

Times of the processor hold on a busy machine too, times of the clock do not. With `--run` the shipped waves are run
as well, which takes some minutes. `--write docs/benchmark.md` keeps what was printed.
"""

import argparse
import os
import platform
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmark import coverage, figures, ingest, level, run, statistics
from benchmark.measured import TESTS

ROWS = (62_500, 250_000, 1_000_000)
STATISTICS_ROWS = 250_000
LEVEL_WAVES, LEVEL_RESPONDENTS = 2_000, 150


def sections(folder: Path, rows: tuple[int, ...], with_run: bool) -> Iterator[str]:
    """Yield the benchmark, part by part."""
    study = TESTS.parent
    yield f"# Benchmark\n\nPython {platform.python_version()}, {os.cpu_count()} processors, {platform.machine()}."
    yield "## A large export: 120 columns, ingested and screened"
    yield from ingest.report(folder, rows)
    yield f"## Statistics: 60 domain means, 15 Rao-Scott tables, alpha, logit; {STATISTICS_ROWS:,} rows"
    yield from statistics.report(folder, STATISTICS_ROWS)
    waves = f"{LEVEL_WAVES:,} waves of {LEVEL_RESPONDENTS} respondents"
    yield f"## Level: private beside professional use where there is an affinity alone; {waves}"
    yield from level.report(LEVEL_WAVES, LEVEL_RESPONDENTS)
    yield "## Coverage: 95 % intervals over repeated waves of the synthetic population"
    yield from coverage.report()
    yield "## Figures"
    yield from figures.report(study)
    if with_run:
        yield "## A run of the shipped waves"
        yield from run.report(study, folder)


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(prog="benchmark", description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=ROWS, help="sizes of the export, rising")
    parser.add_argument("--run", action="store_true", help="run the shipped waves too")
    parser.add_argument("--write", type=Path, help="file to keep the text in")
    options = parser.parse_args()
    written = []
    with tempfile.TemporaryDirectory() as folder:
        for part in sections(Path(folder), tuple(options.rows), options.run):
            print(part, end="\n\n", flush=True)
            written.append(part)
    if options.write:
        options.write.write_text("\n\n".join(written) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
