"""What went in and what came out: sha256 of each file, versions and config as used. No time stamps.

`python -m b2bsurvey.provenance results/provenance.json` names every result that is no longer what was written.
"""

import json
import platform
import sys
from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from b2bsurvey.errors import StudyError
from b2bsurvey.fingerprint import file_hash

PACKAGES = (
    "snakemake",
    "pandas",
    "numpy",
    "scipy",
    "pyarrow",
    "openpyxl",
    "matplotlib",
    "seaborn",
    "pingouin",
    "statsmodels",
)


def provenance(inputs: Mapping[str, str], results: Iterable[str], config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the record: `inputs` are file → sha256 as read, `results` files or folders, `config` as used."""
    return {
        "inputs": dict(sorted(inputs.items())),
        "results": {str(path): file_hash(path) for path in sorted(files_of(results))},
        "versions": versions(),
        "config": config,
    }


def versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that results depend on."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def files_of(paths: Iterable[str]) -> Iterator[Path]:
    """Yield the files among `paths` and in the folders among them, hidden ones left out."""
    for path in map(Path, paths):
        if path.is_dir():
            yield from (p for p in path.rglob("*") if p.is_file() and not p.name.startswith("."))
        else:
            yield path


def differing(record: Path) -> list[str]:
    """Return one sentence for each result that is missing or differs from the record.

    Raises:
        StudyError: when there is no readable record.
    """
    try:
        results = json.loads(record.read_text(encoding="utf-8"))["results"]
    except FileNotFoundError as error:
        raise StudyError(f"{record}: there is no record of results yet; run the workflow first.") from error
    except (ValueError, KeyError) as error:
        raise StudyError(f"{record}: this is not a record of results; run the workflow again.") from error
    sentences = []
    for path, expected in results.items():
        found = file_hash(path)
        if found != expected:
            what = "is missing" if found == "missing" else "differs from what the workflow wrote"
            sentences.append(f"{path} {what}; delete it and run again.")
    return sentences


def main(record: Path) -> int:
    """Print what differs; 0 if nothing does."""
    try:
        sentences = differing(record)
    except StudyError as error:
        sentences = [str(error)]
    for sentence in sentences:
        print(sentence, file=sys.stderr)
    if not sentences:
        print(f"All results are as {record} records them.")
    return bool(sentences)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
