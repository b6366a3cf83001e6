"""What a finished run says on the screen: waves, respondents, excluded rows, warnings, where to look."""

import csv
import json
from collections.abc import Sequence
from pathlib import Path

ANALYSED = "analysed"


def run_summary(results: Path, waves: Sequence[str], languages: Sequence[str]) -> str:
    """Return respondents analysed, rows excluded and warnings of each wave and of all, with the pages to look at.

    A wave that was not made is left out, so a run of a part says nothing. Warnings are cells that were not understood,
    answers that contradict others or the routing, and notes on a file; `data/ingest.csv` of the wave lists them.
    """
    lines, totals = [], dict.fromkeys(("analysed", "excluded", "warnings"), 0)
    for wave in waves:
        folder = results / wave
        if not (folder / "data" / "ledger.csv").is_file():
            continue
        counts = _counts(folder / "data")
        totals = {name: n + counts[name] for name, n in totals.items()}
        lines += [f"{wave}: {_in_words(counts)}", *_found(folder, "report", languages)]
    if not lines:
        return ""
    where = f" (listed in {results}/WAVE/data/ingest.csv)" if totals["warnings"] else ""
    total = f"All waves: {_in_words(totals)}{where}"
    pages = [*_found(results / "waves", "report", languages), *_found(results, "index", languages)]
    return "\n".join([*lines, total, *pages])


def _counts(data: Path) -> dict[str, int]:
    with (data / "ledger.csv").open(encoding="utf-8", newline="") as file:
        dispositions = [row["disposition"] for row in csv.DictReader(file)]
    ingest = json.loads((data / "ingest.json").read_text(encoding="utf-8"))
    analysed = dispositions.count(ANALYSED)
    warnings = len(ingest["not_understood"]) + sum(len(file["notes"]) for file in ingest["files"])
    warnings += sum(ingest["misrouted"].values())
    warnings += sum(n for by_question in ingest["contradictory"].values() for n in by_question.values())
    return {"analysed": analysed, "excluded": len(dispositions) - analysed, "warnings": warnings}


def _in_words(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counts.items())


def _found(folder: Path, page: str, languages: Sequence[str]) -> list[str]:
    paths = [folder / f"{page}_{language}.html" for language in languages]
    return [f"  {path}" for path in paths if path.is_file()]
