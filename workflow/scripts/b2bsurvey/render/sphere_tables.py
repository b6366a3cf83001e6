"""The tables of two contexts of the same items, as private and professional use: beside each other, and apart."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from b2bsurvey.questionnaire import Question
from b2bsurvey.render.labels import Labels
from b2bsurvey.render.model_tables import family_of_model
from b2bsurvey.render.printed import (
    SMALL,
    Cell,
    Column,
    PrintedTable,
    Row,
    bounds,
    count_cell,
    estimate_cells,
    number_in,
)
from b2bsurvey.render.question_tables import QuestionRows, told
from b2bsurvey.render.results import WaveResults

SPHERE_TABLES = ("contexts", "separation")  # of the analysis of use
CORRELATIONS = ("polychoric", "tetrachoric", "spearman")
DISTANCES = {
    "separation": "distance",
    "separation_median": "distance_median",
    "separation_same": "distance_same",
    "separation_apart": "distance_apart",
}


def sphere_tables(results: WaveResults, labels: Labels, analysis: str, question: Question) -> Iterator[PrintedTable]:
    """Yield both contexts of a grid beside each other, item by item, and how far apart they are for respondents."""
    if len(question.contexts) != 2:
        return
    frame = results.estimates[analysis]
    rows = list(frame[(frame["question"] == question.name) & (frame["base"] == question.base)].itertuples())
    beside = [r for r in rows if r.statistic in (*CORRELATIONS, "difference") and r.item and r.context2]
    if any(r.statistic in CORRELATIONS for r in beside):
        yield _contexts(results, labels, analysis, question, rows, beside)
    apart = [r for r in rows if r.statistic in DISTANCES and number_in(r.estimate) is not None]
    if apart:
        yield _separation(results, labels, analysis, question, apart)


def _contexts(
    results: WaveResults, labels: Labels, analysis: str, question: Question, rows: Sequence[Any], beside: Sequence[Any]
) -> PrintedTable:
    """Return a row an item: its share in both contexts, their difference, and their correlations.

    Intervals of the shares stand in the question's own table, those of Spearman's ρ in the CSV.
    """
    first, second = question.contexts
    names = {"first": first.label[labels.language], "second": second.label[labels.language]}
    found = {(r.item, r.statistic): r for r in beside}
    answers = {r.answer for r in beside if r.statistic == "difference"}
    shares = {
        (r.item, r.context): r
        for r in rows
        if r.answer in answers and not r.segment and r.statistic in ("proportion", "top2") and not r.context2
    }
    own = _paired_tests(results, analysis, question)
    p = {t.item: number_in(t.p_adjusted) for t in own.itertuples()}
    kinds = [kind for kind in CORRELATIONS if any(r.statistic == kind for r in beside)]
    columns = [Column(name) for name in names.values()] if answers else []
    columns += [Column(labels("head.points")), *bounds(labels), Column(labels("head.p_adjusted"))] if answers else []
    for kind in kinds:
        columns += [Column(labels(f"head.{kind}")), *(bounds(labels) if kind != "spearman" else ())]
    items = [item for item in dict.fromkeys(v.item for v in question.usable) if (item, kinds[0]) in found]
    items.sort(key=lambda item: -(number_in(getattr(shares.get((item, second.code)), "estimate", None)) or 0.0))
    printed = []
    for item in items:
        cells = []
        if answers:
            cells += [estimate_cells(shares.get((item, at.code)))[0] for at in (first, second)]
            cells += [*_points(found.get((item, "difference"))), Cell(p.get(item), "p")]
        for kind in kinds:
            cells += estimate_cells(found.get((item, kind)))[: 1 if kind == "spearman" else None]
        cells.append(count_cell(found[item, kinds[0]], "n"))
        printed.append(Row(question.item_label(item, labels.language), tuple(cells), "", question.name))
    notes = [labels("table.contexts_note", **names)] if answers else []
    notes.append(labels("table.contexts_ticked" if kinds == ["tetrachoric"] else "table.contexts_ordered"))
    title = labels("table.contexts", question=labels.question(question.name), **names)
    columns.append(Column(labels("head.n")))
    table = PrintedTable("contexts", title, labels("head.item"), tuple(columns), tuple(printed), analysis)
    return _told(results, labels, table, question, beside, own, *notes)


def _paired_tests(results: WaveResults, analysis: str, question: Question) -> pd.DataFrame:
    """Return the tests of each item's difference between both contexts."""
    tests = results.tests[analysis]
    compared = " / ".join(context.code for context in question.contexts)
    own = tests[(tests["question"] == question.name) & (tests["comparison"] == compared)]
    return own[(own["answer"] != "") & (own["segment"] == "")]


def _points(row: Any) -> list[Cell]:
    """Return a difference in points the other way round: the second context minus the first."""
    cells = estimate_cells(row)
    numbers = [None if cell.value is None else -100 * float(cell.value) for cell in cells]
    turned = (numbers[0], numbers[2], numbers[1])
    return [Cell(n, "decimal", cell.small, digits=1) for n, cell in zip(turned, cells, strict=True)]


def _separation(
    results: WaveResults, labels: Labels, analysis: str, question: Question, apart: Sequence[Any]
) -> PrintedTable:
    """Return a row a group: mean and median distance, shares with the same items and with none in common."""
    names = {key: c.label[labels.language] for key, c in zip(("first", "second"), question.contexts, strict=True)}
    found = {(r.segment, r.level, r.statistic): r for r in apart}
    columns = [c for head in DISTANCES.values() for c in (Column(labels(f"head.{head}")), *bounds(labels))]
    printed = []
    for segment, level in dict.fromkeys((r.segment, r.level) for r in apart):
        rows = [found.get((segment, level, statistic)) for statistic in DISTANCES]
        label = labels.answer(results.questionnaire.questions[segment], level) if segment else labels("head.total")
        cells = (*(cell for row in rows for cell in estimate_cells(row)), count_cell(rows[0], "n"))
        printed.append(Row(label, cells, labels.question(segment) if segment else "", question.name))
    title = labels("table.separation", question=labels.question(question.name), **names)
    columns.append(Column(labels("head.n")))
    table = PrintedTable("separation", title, labels("head.group"), tuple(columns), tuple(printed), analysis)
    none = results.tests[analysis].iloc[:0]
    return _told(results, labels, table, question, apart, none, labels("table.separation_note"))


def _told(
    results: WaveResults,
    labels: Labels,
    table: PrintedTable,
    question: Question,
    rows: Sequence[Any],
    tests: pd.DataFrame,
    *notes: str,
) -> PrintedTable:
    """Say whom a table is of and where its numbers stand; `tests` are those that it shows."""
    overall = QuestionRows(labels, question, [r for r in rows if not r.segment])
    made = told(replace(results, tests={table.analysis: tests}), labels, table, overall)
    small = any(cell.small for row in table.rows for cell in row.cells)
    return replace(made, notes=(*notes, *((labels("table.small_base", mark=SMALL),) if small else ())))


# ---- models


def within_between_tables(results: WaveResults, labels: Labels) -> Iterator[PrintedTable]:
    """Yield the odds ratios within and between respondents of each grid with two contexts that has any."""
    frame, tests = results.estimates["models"], results.tests["models"]
    for name, own in frame[frame["context2"] != ""].groupby("model", sort=False):
        rows = list(own.itertuples())
        ratios = {r.term: r for r in rows if r.statistic == "odds_ratio"}
        if ratios:
            question = results.questionnaire.questions[rows[0].question]
            yield _within_between(results, labels, question, str(name), rows, ratios, tests[tests["model"] == name])


def _within_between(
    results: WaveResults,
    labels: Labels,
    question: Question,
    name: str,
    rows: Sequence[Any],
    ratios: dict[str, Any],
    tests: pd.DataFrame,
) -> PrintedTable:
    first, second = (c.label[labels.language] for c in question.contexts)
    p = {t.term: number_in(t.p_adjusted) for t in tests.itertuples()}
    counts = {(r.term, r.statistic): r for r in rows if r.statistic in ("respondents", "respondent_items")}
    printed = []
    for term, ratio in ratios.items():
        kind = term if (term, "respondents") in counts else ""
        section = labels("spheres.conditional_logit" if kind else "spheres.logit")
        label = labels("spheres.between" if term == "between" else "spheres.within", first=first)
        sizes = [count_cell(counts[kind, statistic], "count") for statistic in ("respondents", "respondent_items")]
        printed.append(Row(label, (*estimate_cells(ratio), Cell(p.get(term), "p"), *sizes), section, question.name))
    columns = [Column(labels("head.odds_ratio")), *bounds(labels), Column(labels("head.p_adjusted"))]
    columns += [Column(labels("head.respondents")), Column(labels("head.respondent_items"))]
    head = next(iter(ratios.values()))
    level, methods = labels.percent(results.confidence_level), labels.join(labels.ci_method(r.ci_method) for r in rows)
    about = [
        labels("table.base", base=labels.base(question.base, question), n=labels.form.number(int(head.n))),
        labels("table.intervals", level=level, methods=methods),
        labels.origin(results.wave.origin),
    ]
    notes = [labels("table.within_between_note", first=first, second=second)]
    notes += [labels("table.within_between_kept")] if any("left out" in r.note for r in rows) else []
    notes += [labels("table.small_base", mark=SMALL)] if any(c.small for row in printed for c in row.cells) else []
    tested = list(tests.itertuples())
    return PrintedTable(
        "within_between",
        labels("table.within_between", question=labels.question(question.name), first=first, second=second),
        labels("head.term"),
        tuple(columns),
        tuple(printed),
        analysis="models",
        question=question.name,
        subtitle=question.text[labels.language],
        base_note=" ".join(part for part in about if part),
        notes=tuple(notes),
        source=labels(
            "table.model_source",
            estimation=labels.join(labels.note(why) for t in tested for why in t.method_reason.split("; ")),
            weights=labels.design(head.design),
            intervals=methods,
            families=family_of_model(labels, tested) or labels("table.no_tests"),
            rows=f"{results.wave.name}/models/{name}/…",
            file="tables/models.csv",
        ),
    )
