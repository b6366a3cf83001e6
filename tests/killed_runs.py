"""Runs killed at random moments, as by a power cut. `python tests/killed_runs.py FOLDER` does it to the shipped waves.

It lays out the shipped study in FOLDER, runs it undisturbed, then anew with ten kills, and compares all results.
"""

import os
import random
import shutil
import signal
import sys
import time
from pathlib import Path

from study import PARTS, ROOT, results, run, start


def kill_at_random_moments(folder: Path, files: int, seed: int, kills: int = 10) -> list[int]:
    """Start the run of a folder ten times and kill it with all its jobs each time; each run goes on with the former.

    `files` is how many results there are in the end. Moments are seeded shares of them, plus up to a second, so that
    they fall into the same stages on any machine. Return how many results there were at each kill.
    """
    random_ = random.Random(seed)
    found = []
    for share in sorted(random_.uniform(0, 0.85) for _ in range(kills)):
        process = start(folder)
        while process.poll() is None and len(written(folder)) < share * files:
            time.sleep(0.05)
        time.sleep(random_.uniform(0, 1))
        assert process.poll() is None, (folder / "run.log").read_text()[-2000:]
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        found.append(len(written(folder)))
    return found


def written(folder: Path) -> list[Path]:
    """Return the files under results/, those that a run has not finished among them."""
    return [path for path in (folder / "results").rglob("*") if path.is_file()]


def main(folder: Path) -> int:
    """Compare the shipped waves undisturbed and killed; 0 if all results are byte-identical."""
    for part in (*PARTS, "config", "data"):
        source = ROOT / part
        shutil.copytree(source, folder / part) if source.is_dir() else shutil.copy2(source, folder / part)
    begin = time.monotonic()
    assert run(folder).status == 0
    print(f"undisturbed: {time.monotonic() - begin:.0f} s", flush=True)
    expected = results(folder)
    for made in ("results", ".snakemake"):
        shutil.rmtree(folder / made)
    begin = time.monotonic()
    moments = kill_at_random_moments(folder, len(expected), seed=20130506)
    assert run(folder).status == 0
    found = results(folder)
    print(f"killed when there were {moments} of {len(expected)} results: {time.monotonic() - begin:.0f} s in all")
    different = sorted(name for name in expected | found if expected.get(name) != found.get(name))
    print("\n".join(different) or "all results are byte-identical")
    return bool(different)


if __name__ == "__main__":
    Path(sys.argv[1]).mkdir(parents=True)
    sys.exit(main(Path(sys.argv[1])))
