"""The ingest report as a tidy table: one row a thing that was read, left out, set aside or noticed."""

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

COLUMNS = ("file", "kind", "name", "row", "count", "value", "detail")
# what a row of the table is about; rows of the last three kinds are about the wave and name no file
KINDS = (
    *("platform", "encoding", "delimiter", "sheet", "labels", "rows", "times", "days", "used", "extra", "personal"),
    *("note", "suspicious", "not_understood", "misrouted", "contradictory", "back_coded"),
)
Report = Mapping[str, Any]


def ingest_table(report: Report) -> pd.DataFrame:
    """Return `IngestReport.to_dict()` as a table with the columns `COLUMNS`, file by file.

    `name` is a heading, a variable or a question, `value` what was found, `detail` why or how. Of a cell that was not
    understood there is a row, with the text where results may repeat it; of suspicious cells a row a kind with their
    number, followed by rows without a number for the first places.
    """
    rows = [row for file in report["files"] for row in _of_file(file, report)]
    rows += list(_of_wave(report))
    frame = pd.DataFrame([dict.fromkeys(COLUMNS, "") | {"row": None, "count": None} | row for row in rows])
    return frame.astype({"row": "Int64", "count": "Int64"})


def columns_used(report: Report) -> dict[str, str]:
    """Return the heading of each variable's column; of several files the last one's."""
    return {name: heading for file in report["files"] for name, heading in file["used"].items()}


def _of_file(file: Mapping[str, Any], report: Report) -> Iterator[dict[str, Any]]:
    def row(kind: str, **cells: Any) -> dict[str, Any]:
        return {"file": file["file"], "kind": kind, **cells}

    yield row("platform", value=file["platform"], detail=file["reason"])
    for kind in ("encoding", "delimiter", "sheet"):
        if file[kind]:
            yield row(kind, value=file[kind])
    for name, sha256 in file["label_files"].items():
        yield row("labels", name=name, detail=f"sha256 {sha256}")
    yield row("rows", count=file["rows"], detail=f"sha256 {file['sha256']}")
    for name, times in file["times"].items():
        yield row(
            "times",
            name=name,
            count=times["understood"],
            value=", ".join(times["forms"]),
            detail=", ".join(times["zones"]),
        )
        if times["understood"] < times["filled"]:
            yield row("times", name=name, count=times["filled"] - times["understood"], value="not_understood")
    for name, form in file["days"].items():
        yield row("days", name=name, value=form)
    for name, heading in file["used"].items():
        yield row("used", name=name, value=heading)
    for kind in ("extra", "personal"):
        for heading in file[kind]:
            yield row(kind, name=heading)
    for note in file["notes"]:
        yield row("note", value=note)
    for cells in file["suspicious"]:
        yield row("suspicious", count=cells["count"], value=cells["kind"])
        for place in cells["places"]:
            guess = f"'{place['found']}', probably '{place['original']}'" if "found" in place else ""
            yield row("suspicious", name=place["column"], row=place["row"], value=cells["kind"], detail=guess)
    for cell in report["not_understood"]:
        if cell["file"] == file["file"]:
            yield row("not_understood", name=cell["variable"], row=cell["row"], value=cell["shown"])


def _of_wave(report: Report) -> Iterator[dict[str, Any]]:
    for note in report["notes"]:
        yield {"kind": "note", "value": note}
    for question, count in report["misrouted"].items():
        yield {"kind": "misrouted", "name": question, "count": count}
    for kind, questions in report["contradictory"].items():
        for question, count in questions.items():
            yield {"kind": "contradictory", "name": question, "count": count, "detail": kind}
    for question, counts in report["back_coded"].items():
        for what, count in counts.items():
            yield {"kind": "back_coded", "name": question, "count": count, "detail": what}
