"""How each export was read, as one table: a block a file, then what concerns the wave as a whole."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from b2bsurvey.render.labels import Labels
from b2bsurvey.render.printed import Cell, Column, PrintedTable, Row
from b2bsurvey.render.results import WaveResults

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
MOST_LISTED = 40  # of columns or cells in one row of the table; all of them stand in ingest.csv
File = Mapping[str, Any]


def ingest_report(results: WaveResults, labels: Labels) -> PrintedTable:
    """Return what was read, left out, set aside and noticed; of cells what `IngestReport.to_dict` lets be repeated."""
    files = results.ingest["files"]
    rows: list[Row] = []
    for file in files:
        section = file["file"] if len(files) > 1 else ""
        rows += [] if section else [_row(labels, "", labels("ingest.file"), file["file"])]
        rows += [_row(labels, section, *cells) for cells in _of_file(file, results.ingest, labels)]
    section = labels("ingest.wave") if len(files) > 1 else ""
    rows += [_row(labels, section, *cells) for cells in _of_wave(results.ingest, labels)]
    columns = (Column(labels("head.found")), Column(labels("head.details")))
    note = " ".join(n for n in (labels("table.ingest_note"), labels.origin(results.wave.origin)) if n)
    return PrintedTable("ingest", labels("table.ingest"), labels("head.read"), columns, tuple(rows), base_note=note)


def _row(labels: Labels, section: str, label: str, found: str | int, detail: str = "") -> Row:
    text = labels.form.number(found) if isinstance(found, int) else found
    return Row(label, (Cell(text), Cell(detail)), section)


def _of_file(file: File, report: Mapping[str, Any], labels: Labels) -> Iterator[tuple[str, str | int, str]]:
    yield labels("ingest.platform"), file["platform"], labels.note(file["reason"])
    if file["encoding"]:
        yield labels("ingest.encoding"), file["encoding"], ""
    if file["delimiter"]:
        sign = str(file["delimiter"])
        yield labels("ingest.delimiter"), labels.known("delimiter", DELIMITERS.get(sign, sign)), ""
    if file["sheet"]:
        yield labels("ingest.sheet"), file["sheet"], ""
    for name in file["label_files"]:
        yield labels("ingest.labels"), name, ""
    yield labels("ingest.rows"), file["rows"], ""
    for name, times in file["times"].items():
        yield labels(f"ingest.{name}"), *_times(times, labels)
    for name, form in file["days"].items():
        yield labels("ingest.days"), form, labels.question(name)
    yield labels("ingest.used"), len(file["used"]), labels("ingest.in_codebook")
    yield labels("ingest.extra"), len(file["extra"]), _listed(file["extra"], labels)
    yield labels("ingest.personal"), len(file["personal"]), _listed(file["personal"], labels)
    yield from _suspicious(file, labels)
    yield from _not_understood([c for c in report["not_understood"] if c["file"] == file["file"]], labels)
    for note in file["notes"]:
        yield labels("ingest.note"), "", labels.note(note)


def _times(times: Mapping[str, Any], labels: Labels) -> tuple[str, str]:
    forms = ", ".join(labels(f"form.{form}") for form in times["forms"])
    zone = labels("ingest.zone", zone=", ".join(times["zones"])) if times["zones"] else labels("ingest.no_zone")
    filled, lost = times["filled"], times["filled"] - times["understood"]
    numbers = {"count": labels.form.number(lost), "n": labels.form.number(filled)}
    return forms, labels.join([zone, labels("ingest.times_lost", **numbers) if lost else ""])


def _suspicious(file: File, labels: Labels) -> Iterator[tuple[str, str | int, str]]:
    if not file["suspicious"]:
        yield labels("ingest.suspicious"), 0, ""
    for cells in file["suspicious"]:
        places = [
            labels("word.colon").join(
                [
                    labels("ingest.cell", row=place["row"], column=place["column"]),
                    *(
                        [labels("ingest.probably", found=place["found"], original=place["original"])]
                        if "found" in place
                        else []
                    ),
                ]
            )
            for place in cells["places"]
        ]
        kind, listed = labels(f"suspicious.{cells['kind']}"), _listed(places, labels, cells["count"])
        yield labels("ingest.suspicious"), cells["count"], labels.join([kind, listed])


def _not_understood(cells: Iterable[Mapping[str, Any]], labels: Labels) -> Iterator[tuple[str, str | int, str]]:
    variables: dict[str, list[str]] = {}
    for cell in cells:
        shown = [labels("ingest.quoted", text=cell["shown"])] if cell["shown"] else []
        place = labels("word.colon").join([labels("ingest.row", row=cell["row"]), *shown])
        variables.setdefault(cell["variable"], []).append(place)
    if not variables:
        yield labels("ingest.not_understood"), 0, ""
    for name, places in variables.items():
        yield labels("ingest.not_understood"), len(places), f"{name}{labels('word.colon')}{_listed(places, labels)}"


def _of_wave(report: Mapping[str, Any], labels: Labels) -> Iterator[tuple[str, str | int, str]]:
    for name, count in report["misrouted"].items():
        yield labels("ingest.misrouted"), count, labels.question(name)
    for kind, counts in report["contradictory"].items():
        for name, count in counts.items():
            said = labels(f"contradictory.{kind}", count=labels.form.number(count))
            yield labels("ingest.contradictory"), count, f"{labels.question(name)}{labels('word.colon')}{said}"
    for name, counts in report["back_coded"].items():
        left = labels("ingest.left", count=labels.form.number(counts["not_coded"]))
        yield labels("ingest.back_coded"), counts["coded"], labels.join([labels.question(name), left])
    for note in report["notes"]:
        yield labels("ingest.note"), "", labels.note(note)


def _listed(names: Iterable[str], labels: Labels, count: int = 0) -> str:
    """Join the first of the names; `count` says how many there are where not all of them are given."""
    known = list(names)
    left = max(count, len(known)) - min(len(known), MOST_LISTED)
    more = [labels("ingest.more", count=labels.form.number(left))] if left else []
    return labels("word.semicolon").join([*known[:MOST_LISTED], *more])
