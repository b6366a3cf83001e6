"""The tables of concentration: totals that a few share, and nominations."""

from collections.abc import Iterator
from typing import Any

from b2bsurvey.questionnaire import Question
from b2bsurvey.render.labels import Labels
from b2bsurvey.render.printed import SMALL, Cell, Column, PrintedTable, Row, bounds, count_cell, number_in
from b2bsurvey.render.results import WaveResults

CONCENTRATION_TABLES = ("shared_total", "nominations")
SHARED = ("top_share", "bus_factor", "herfindahl", "gini")
NOMINATED = ("nomination_share", "herfindahl")


def concentration_tables(results: WaveResults, labels: Labels, analysis: str) -> Iterator[PrintedTable]:
    """Yield a table of each question whose total is shared by a few, or that asked for nominations."""
    frame = results.estimates[analysis]
    frame = frame[frame["segment"] == ""]
    for name, part in frame.groupby("question", sort=False):
        rows = list(part.itertuples())
        found = {r.statistic for r in rows if number_in(r.estimate) is not None}
        if name not in results.questionnaire.questions or "herfindahl" not in found:
            continue
        question = results.questionnaire.questions[str(name)]
        kind = "nominations" if "nomination_share" in found else "shared_total"
        yield _table(results, labels, question, analysis, kind, rows)


def _table(
    results: WaveResults, labels: Labels, question: Question, analysis: str, kind: str, rows: list[Any]
) -> PrintedTable:
    """Return estimate, interval and base of each row that the kind of table shows."""
    statistics = NOMINATED if kind == "nominations" else SHARED
    shown = [r for statistic in statistics for r in rows if r.statistic == statistic]
    if kind == "nominations":
        shown.sort(key=lambda r: (r.statistic != "nomination_share", -r.estimate))
    counted = kind == "nominations" or any(r.statistic == "bus_factor" for r in shown)
    printed = []
    for r in shown:
        form = ("share", None) if r.scale == "probability" else ("decimal", 3)
        cells = [
            Cell(number_in(r.estimate), form[0], r.status == "small_base", form[1]),
            Cell(number_in(r.ci_low), form[0], digits=form[1]),
            Cell(number_in(r.ci_high), form[0], digits=form[1]),
            *([count_cell(r, "count")] if counted else []),
            count_cell(r, "n"),
        ]
        printed.append(Row(_label(labels, question, r), tuple(cells), "", question.name))
    columns = (
        Column(labels("head.value")),
        *bounds(labels),
        *([Column(labels("head.count"))] if counted else []),
        Column(labels("head.n")),
    )
    methods = labels.join(labels.ci_method(r.ci_method) for r in shown if r.ci_method)
    base = labels.base(shown[0].base, question)
    about = [
        labels("table.base", base=base, n=labels.form.number(int(shown[0].n))),
        labels("table.asked_if", condition=labels.condition(question.asked_if)) if question.asked_if else "",
        labels("table.intervals", level=labels.percent(results.confidence_level), methods=methods) if methods else "",
        labels.origin(results.wave.origin),
    ]
    notes = [labels(f"concentration.about_{kind}")]
    notes += [f"{_label(labels, question, r)}{labels('word.colon')}{labels.note(r.note)}." for r in shown if r.note]
    if any(r.status == "small_base" for r in shown):
        notes.append(labels("table.small_base", mark=SMALL))
    return PrintedTable(
        kind,
        labels(f"table.{kind}", question=labels.question(question.name)),
        labels("head.measure"),
        columns,
        tuple(printed),
        analysis=analysis,
        question=question.name,
        subtitle=question.text[labels.language],
        base_note=" ".join(part for part in about if part),
        notes=tuple(notes),
    )


def _label(labels: Labels, question: Question, row: Any) -> str:
    if row.statistic == "nomination_share":
        return question.item_label(row.item, labels.language)
    if row.statistic == "bus_factor":
        return bus_factor_label(labels, row.answer)
    if row.statistic == "herfindahl" and row.answer:
        return labels(f"concentration.herfindahl_{row.answer}")
    return labels(f"concentration.{row.statistic}")


def bus_factor_label(labels: Labels, factor: str) -> str:
    """Return how many together hold more than half."""
    if factor in ("1", "open"):
        return labels("concentration.bus_factor_1" if factor == "1" else "concentration.bus_factor_open")
    return labels("concentration.bus_factor", number=factor)
