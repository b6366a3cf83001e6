"""The plain sentences of jobs that failed: kept in files until the run ends, then printed last."""

import sys
from pathlib import Path


def clear(folder: Path) -> None:
    """Forget the failures of earlier runs."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.glob("*.txt"):
        path.unlink(missing_ok=True)


def record(folder: Path, name: str, sentence: str) -> None:
    """Keep the sentence of the job `name`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.txt").write_text(sentence + "\n", encoding="utf-8")


def print_all(folder: Path) -> None:
    """Print all sentences, one a line, each once."""
    sentences = dict.fromkeys(path.read_text(encoding="utf-8").strip() for path in sorted(folder.glob("*.txt")))
    for sentence in sentences:
        print(sentence, file=sys.stderr, flush=True)
