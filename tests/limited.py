"""Reads files, each in a child process of its own with a limit on time and memory, and says what came of each.

Run as a script with the paths as arguments; prints one line of JSON a file. The libraries are imported once, and each
child is a fork, so that a file costs milliseconds.
"""

import hashlib
import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SECONDS = 10
MEMORY = 1_000_000_000  # bytes of address space
WORKFLOW = Path(__file__).parents[1] / "workflow" / "scripts"


@dataclass(frozen=True)
class Outcome:
    """What came of a file: `answers` with its cells, `sentence`, or what must never be: `traceback`, `killed`."""

    kind: str
    sentence: str = ""
    rows: int = 0
    columns: int = 0
    cells: str = ""
    """Digest of all cells, headings included."""
    headings: tuple[str, ...] = ()
    first: tuple[str, ...] = ()
    """The first row below the headings."""
    notes: tuple[str, ...] = ()
    seconds: float = 0.0


def digest(cells: Any) -> str:
    """Return 16 letters that stand for a table of texts, or for plain data."""
    return hashlib.sha256(json.dumps(cells, ensure_ascii=False).encode()).hexdigest()[:16]


def outcomes(paths: Sequence[Path]) -> dict[Path, Outcome]:
    """Return what came of each file, read by a process apart from this one."""
    done = subprocess.run(
        [sys.executable, __file__, *map(str, paths)], capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return {
        path: Outcome(**{k: tuple(v) if isinstance(v, list) else v for k, v in line.items()})
        for path, line in zip(paths, lines, strict=True)
    }


def _read(path: Path) -> dict[str, Any]:
    """Read a file as the workflow does; the whole table and the cells that the reader keeps must agree."""
    from b2bsurvey.errors import StudyError
    from b2bsurvey.readers import read_export, statistics_file, table_in
    from b2bsurvey.readers.source import open_source
    from b2bsurvey.strict_yaml import load_yaml

    try:
        if path.suffix == ".yaml":
            return {"kind": "answers", "cells": digest(load_yaml(path).data)}
        export = read_export(path)
        source = open_source(path)
        spss = source.kind == "spss"
        table = statistics_file.read(source).table if spss else table_in(source)
    except StudyError as error:
        return {"kind": "sentence", "sentence": str(error)}
    kept = [[row[column.position - 1] for column in export.columns] for row in table.rows]
    assert export.cells.to_numpy().tolist() == kept[len(kept) - len(export.cells) :]
    body = table.rows[len(table.rows) - len(export.cells) :]
    return {
        "kind": "answers",
        "rows": len(body),
        "columns": len(table.rows[0]),
        "cells": digest(table.rows),
        "headings": table.rows[0][:8],
        "first": body[0][:8] if body else [],
        "notes": export.notes,
    }


def _limited(path: Path) -> dict[str, Any]:
    """Read a file in a fork of this process; a fork that is stopped by a limit says nothing."""
    out, into = os.pipe()
    started = time.monotonic()
    child = os.fork()
    if not child:
        os.close(out)
        signal.alarm(SECONDS)
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        try:
            found = _read(path)
        except BaseException as error:
            found = {"kind": "traceback", "sentence": f"{type(error).__name__}: {error}"}
        with os.fdopen(into, "w") as stream:
            json.dump(found, stream)
        os._exit(0)
    os.close(into)
    with os.fdopen(out) as stream:
        said = stream.read()
    os.waitpid(child, 0)
    found = json.loads(said) if said else {"kind": "killed", "sentence": f"after {SECONDS} s or {MEMORY:,} bytes"}
    return found | {"seconds": time.monotonic() - started}


if __name__ == "__main__":
    sys.path.insert(0, str(WORKFLOW))
    import b2bsurvey.readers
    import b2bsurvey.strict_yaml  # noqa: F401

    for argument in sys.argv[1:]:
        print(json.dumps(_limited(Path(argument))), flush=True)
