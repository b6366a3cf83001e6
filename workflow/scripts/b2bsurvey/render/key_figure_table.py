"""The key figures of a wave in one table: median and quartiles, and ratios of totals, each in its unit."""

import math
from typing import Any

from b2bsurvey.questionnaire import Question
from b2bsurvey.render.labels import Labels
from b2bsurvey.render.printed import SMALL, Cell, Column, PrintedTable, Row, bounds, count_cell, number_in
from b2bsurvey.render.results import WaveResults

KEY_FIGURES = "key_figures"  # the analysis, and the kind of its table
QUARTILES = (("quantile", "0.25"), ("median", ""), ("quantile", "0.75"))


def key_figure_table(results: WaveResults, labels: Labels) -> PrintedTable | None:
    """Return one row a number asked or derived: quartiles of respondents' own figures, and ratios of totals."""
    frame = results.estimates[KEY_FIGURES]
    frame = frame[(frame["segment"] == "") & (frame["item"] == "")]
    printed, used = [], []
    for name, part in frame.groupby("question", sort=False):
        question = results.questionnaire.questions[str(name)]
        rows = {(r.statistic, r.answer): r for r in part.itertuples()}
        if question.kind != "number" or ("median", "") not in rows:
            continue
        shown = [rows[kind] for kind in QUARTILES] + [rows.get(("ratio_bootstrap", ""))]
        used += [row for row in shown if row is not None]
        cells = _cells(labels, question, shown)
        printed.append(Row(labels.question(question.name), cells, "", question.name))
    if not printed:
        return None
    columns = (
        Column(labels("head.unit")),
        Column(labels("statistic.lower_quartile")),
        Column(labels("statistic.median")),
        *bounds(labels),
        Column(labels("statistic.upper_quartile")),
        Column(labels("head.n")),
        Column(labels("statistic.ratio")),
        *bounds(labels),
    )
    methods = labels.join(labels.ci_method(r.ci_method) for r in used if r.ci_method and r.statistic != "quantile")
    about = [
        labels("table.several_bases"),
        labels("table.intervals", level=labels.percent(results.confidence_level), methods=methods) if methods else "",
        labels.origin(results.wave.origin),
    ]
    notes = [labels("key_figures.quartiles"), labels("key_figures.ratio")]
    notes += [labels.note(note) for note in dict.fromkeys(r.note for r in used if r.note)]
    small = any(cell.small for row in printed for cell in row.cells)
    return PrintedTable(
        KEY_FIGURES,
        labels("table.key_figures"),
        labels("head.key_figure"),
        columns,
        tuple(printed),
        analysis=KEY_FIGURES,
        base_note=" ".join(part for part in about if part),
        notes=(*notes, labels("table.small_base", mark=SMALL)) if small else tuple(notes),
    )


def _cells(labels: Labels, question: Question, rows: list[Any]) -> tuple[Cell, ...]:
    """Return unit, lower quartile, median with interval, upper quartile, n, and the ratio with its interval."""
    lower, median, upper, ratio = rows
    known = (number_in(row.estimate) for row in rows if row is not None)
    digits = _digits(max((abs(value) for value in known if value is not None), default=0.0))

    def cell(row: Any, name: str = "estimate") -> Cell:
        value = None if row is None else number_in(getattr(row, name))
        small = row is not None and name == "estimate" and row.status == "small_base"
        return Cell(value, "share", small) if question.is_percentage else Cell(value, "decimal", small, digits)

    unit = Cell("%" if question.is_percentage else question.unit.get(labels.language, ""))
    spread = (cell(lower), cell(median), cell(median, "ci_low"), cell(median, "ci_high"), cell(upper))
    return unit, *spread, count_cell(median, "n"), cell(ratio), cell(ratio, "ci_low"), cell(ratio, "ci_high")


def _digits(largest: float) -> int:
    """Return decimals that leave about three digits of the largest number of a row."""
    return max(0, min(2, 2 - math.floor(math.log10(largest)))) if largest > 0 else 0
