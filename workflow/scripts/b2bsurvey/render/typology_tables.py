"""The tables of a typology: what each class of users is like, who is in it, how the number of classes was chosen."""

from collections.abc import Iterator
from typing import Any

from b2bsurvey.questionnaire import Question
from b2bsurvey.render.class_words import class_name, class_sentence
from b2bsurvey.render.labels import Labels
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
from b2bsurvey.render.results import WaveResults

TYPOLOGY_TABLES = ("class_profiles", "class_membership", "class_fit")
FIT = {"log_likelihood": 1, "parameters": 0, "bic": 1, "entropy": 2, "classification_error": 3}  # decimals


def typology_tables(results: WaveResults, labels: Labels) -> Iterator[PrintedTable]:
    """Yield profiles, membership and fit of the classes of each question; membership only where there are several."""
    for name, frame in results.estimates["typology"].groupby("question", sort=False):
        question, rows = results.questionnaire.questions[str(name)], list(frame.itertuples())
        if any(r.statistic == "item_probability" for r in rows):
            yield _profiles(results, labels, question, rows)
            yield _membership(results, labels, question, rows)
        if any(r.statistic == "bic" for r in rows):
            yield _fit(results, labels, question, rows)


def _table(
    results: WaveResults,
    labels: Labels,
    question: Question,
    kind: str,
    columns: list[Column],
    printed: list[Row],
    rows: list[Any],
    *notes: str,
) -> PrintedTable:
    """Return a table of one question that says whom it is of, and how its intervals were made."""
    first = rows[0]
    methods = labels.join(labels.ci_method(r.ci_method) for r in rows if r.ci_method)
    level = labels.percent(results.confidence_level)
    about = [
        labels("table.base", base=labels.base(first.base, question), n=labels.form.number(int(first.n))),
        labels("table.intervals", level=level, methods=methods) if methods and kind != "class_fit" else "",
        labels(f"class_note.{kind}"),
        labels.origin(results.wave.origin),
    ]
    small = any(cell.small for row in printed for cell in row.cells)
    name = labels.question(question.name)
    context = question.item_label(first.context, labels.language) if first.context else ""
    return PrintedTable(
        kind,
        labels(f"table.{kind}", question=f"{name} – {context}" if context else name),
        labels(f"head.{kind}"),
        tuple(columns),
        tuple(printed),
        analysis="typology",
        question=question.name,
        subtitle=question.text[labels.language],
        base_note=" ".join(part for part in about if part),
        notes=(*notes, labels("table.small_base", mark=SMALL)) if small else notes,
    )


def _classes(labels: Labels, rows: list[Any]) -> dict[str, str]:
    """Return the name of each class by its number, the largest first."""
    return {r.term: class_name(r.term, labels.text) for r in rows if r.statistic == "class_size"}


def _profiles(results: WaveResults, labels: Labels, question: Question, rows: list[Any]) -> PrintedTable:
    """One row an item and one for the size: for each class the probability, its interval and the lift."""
    found = {(r.statistic, r.item, r.term): r for r in rows if not r.segment}
    classes = _classes(labels, rows)
    items = [i for i in question.items if ("item_probability", i.code, "1") in found]

    def share(code: str) -> float:
        return sum(number_in(found[("item_probability", code, c)].estimate) or 0.0 for c in classes)

    def cells(statistic: str, code: str) -> tuple[Cell, ...]:
        of_class = ((found.get((statistic, code, c)), found.get(("lift", code, c))) for c in classes)
        return tuple(cell for row, lift in of_class for cell in (*estimate_cells(row), estimate_cells(lift)[0]))

    lift = Column(labels("head.lift"))
    columns = [column for name in classes.values() for column in (Column(name), *bounds(labels), lift)]
    items.sort(key=lambda item: -share(item.code))
    printed = [Row(labels("class.size"), cells("class_size", ""), "", question.name)]
    printed += [Row(i.label[labels.language], cells("item_probability", i.code), "", question.name) for i in items]
    sentences = []
    for number in classes:
        of_item = {i.label[labels.language]: found.get(("lift", i.code, number)) for i in items}
        lifts = {label: float(row.estimate) for label, row in of_item.items() if row is not None}
        sentences.append(class_sentence(number, lifts, labels.text))
    described = (r for r in rows if r.statistic in ("class_size", "item_probability"))
    notes = dict.fromkeys(labels.note(r.note) for r in described if r.note)
    return _table(
        *(results, labels, question, "class_profiles", columns, printed, rows),
        *(*sentences, labels("class.lift"), *notes),
    )


def _membership(results: WaveResults, labels: Labels, question: Question, rows: list[Any]) -> PrintedTable:
    """One row a level of a segment, the share of each class with its interval."""
    members = {(r.segment, r.level, r.term): r for r in rows if r.statistic == "class_membership"}
    classes = _classes(labels, rows)
    columns = [column for name in classes.values() for column in (Column(name), *bounds(labels))]
    printed = []
    for segment, level in dict.fromkeys((segment, level) for segment, level, _ in members):
        asked = results.questionnaire.questions[segment]
        of_level = [members[(segment, level, c)] for c in classes]
        cells = [cell for row in of_level for cell in estimate_cells(row)] + [count_cell(of_level[0], "n")]
        printed.append(Row(labels.answer(asked, level), tuple(cells), labels.question(segment), question.name))
    columns.append(Column(labels("head.n")))
    chosen = next(r for r in rows if r.statistic == "classes")
    error = next(r for r in rows if r.statistic == "classification_error" and r.model == chosen.model)
    share = labels.form.percent(float(error.estimate))
    return _table(
        *(results, labels, question, "class_membership", columns, printed, rows),
        labels("class.error", share=share),
    )


def _fit(results: WaveResults, labels: Labels, question: Question, rows: list[Any]) -> PrintedTable:
    """One row a number of classes: how well it fits, and the bootstrap test against one class fewer."""
    found = {(r.model, r.statistic): r for r in rows}
    chosen = next(r.model for r in rows if r.statistic == "classes")
    tests = results.tests["typology"]
    tests = tests[(tests["question"] == question.name) & (tests["test"] == "bootstrap_likelihood_ratio")]
    p = {test.comparison.partition(" / ")[2]: test for test in tests.itertuples()}
    printed = []
    for model in dict.fromkeys(r.model for r in rows if r.statistic == "bic"):
        number = model.rpartition("_")[2]
        cells = [Cell(number_in(found[(model, name)].estimate), "decimal", digits=d) for name, d in FIT.items()]
        cells.append(Cell(number_in(p[number].p_value) if number in p else None, "p"))
        cells.append(Cell(labels.note(found[(model, "bic")].note)))
        label = labels("class.chosen", number=number) if model == chosen else number
        printed.append(Row(label, tuple(cells), "", question.name))
    columns = [Column(labels(f"head.{name}")) for name in (*FIT, "bootstrap_p", "note")]
    if not any(row.cells[-1].value for row in printed):
        columns, printed = columns[:-1], [Row(r.label, r.cells[:-1], r.section, r.question) for r in printed]
    how = [labels.note(test.method_reason) for test in tests.itertuples()]
    how += [labels.note(test.note) for test in tests.itertuples() if test.note]
    notes = [labels("class.bootstrap", how=labels.join(how))] if how else []
    return _table(results, labels, question, "class_fit", columns, printed, rows, *notes)
