"""The table of mediations: the paths from a predictor over a mediator to an outcome."""

from typing import Any

from b2bsurvey.render.labels import Labels
from b2bsurvey.render.printed import SMALL, Cell, Column, PrintedTable, Row, bounds, count_cell, number_in
from b2bsurvey.render.results import WaveResults

ANALYSIS, MEDIATIONS = "attitudes", "mediations"


def mediation_table(results: WaveResults, labels: Labels) -> PrintedTable | None:
    """Return one row a path, a section a mediation."""
    frame = results.estimates[ANALYSIS]
    rows = list(frame[frame["statistic"] == "path"].itertuples())
    if not rows:
        return None
    covariates = {m.name: m.covariates for m in results.questionnaire.mediations}
    printed = []
    for r in rows:
        cells = [Cell(number_in(getattr(r, name)), "decimal", digits=2) for name in ("estimate", "ci_low", "ci_high")]
        names = labels.question(r.reference), labels.question(r.construct), labels.question(r.outcome)
        section = " → ".join(names)
        if covariates.get(r.model):
            section += f" ({labels('mediation.beside', names=labels.join(map(labels.question, covariates[r.model])))})"
        printed.append(Row(_path(labels, r.term, names), (*cells, count_cell(r, "n")), section))
    methods = labels.join(labels.ci_method(r.ci_method) for r in rows if r.ci_method)
    about = [
        labels("mediation.about"),
        labels("table.intervals", level=labels.percent(results.confidence_level), methods=methods) if methods else "",
        labels.origin(results.wave.origin),
    ]
    notes = [f"{labels.note(note)[:1].upper()}{labels.note(note)[1:]}." for note in _notes(rows)]
    notes += [labels("table.small_base", mark=SMALL)] if any(r.status == "small_base" for r in rows) else []
    columns = (Column(labels("head.path_coefficient")), *bounds(labels), Column(labels("head.n")))
    return PrintedTable(
        MEDIATIONS,
        labels("table.mediations"),
        labels("head.path"),
        columns,
        tuple(printed),
        analysis=ANALYSIS,
        base_note=" ".join(part for part in about if part),
        notes=tuple(notes),
    )


def _notes(rows: list[Any]) -> dict[str, None]:
    return dict.fromkeys(r.note for r in rows if r.note)


def _path(labels: Labels, path: str, names: tuple[str, str, str]) -> str:
    predictor, mediator, outcome = names
    return labels(f"mediation.{path}", predictor=predictor, mediator=mediator, outcome=outcome)
