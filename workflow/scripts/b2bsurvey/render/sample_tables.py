"""The tables about the sample: field work, rates, break-off, quality, missing answers, the next wave, sensitivity."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from b2bsurvey.questionnaire import Question
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

Topics = Mapping[str, Sequence[Any]]  # rows of the analysis `sample` by what they are about


def participation_tables(results: WaveResults, labels: Labels) -> Iterator[PrintedTable | None]:
    """Yield the tables on how the sample came about, None for those that a wave has not."""
    topics = _topics(results)
    yield _field_work(results, labels, topics)
    yield _rates(results, labels, topics)
    yield _break_off(results, labels, topics)
    yield _early_late(results, labels, topics)
    yield _next_wave(results, labels, topics)


def quality_tables(results: WaveResults, labels: Labels) -> Iterator[PrintedTable | None]:
    """Yield the tables on screening and on how respondents answered, None for those that a wave has not."""
    topics = _topics(results)
    yield _sensitivity(results, labels)
    yield _quality(results, labels, topics)
    yield _missing(results, labels, topics)
    yield _missing_patterns(results, labels, topics)
    yield _mcar(results, labels)


def _topics(results: WaveResults) -> Topics:
    return {str(t): list(rows.itertuples()) for t, rows in results.estimates["sample"].groupby("question", sort=False)}


def _diagnostics(results: WaveResults, column: str, value: str) -> Iterator[Any]:
    tests = results.tests["sample"]
    yield from tests[tests[column] == value].itertuples()


def _table(
    results: WaveResults,
    labels: Labels,
    kind: str,
    head: str,
    columns: Sequence[str | Column],
    rows: Sequence[Row],
    note: str,
) -> PrintedTable | None:
    """Return a table with the note that the data are not real where they are not; None without rows."""
    if not rows:
        return None
    made = tuple(Column(labels(f"head.{c}")) if isinstance(c, str) else c for c in columns)
    about = " ".join(part for part in (note, labels.origin(results.wave.origin)) if part)
    small = any(cell.small for row in rows for cell in row.cells)
    notes = (labels("table.small_base", mark=SMALL),) if small else ()
    title, first = labels(f"table.{kind}"), labels(f"head.{head}")
    return PrintedTable(kind, title, first, made, tuple(rows), base_note=about, notes=notes)


def _field_work(results: WaveResults, labels: Labels, topics: Topics) -> PrintedTable | None:
    rows = [
        Row(labels(f"field_work.{r.answer}"), (count_cell(r, "count"),)) for r in topics.get("field_work", ()) if r.n
    ]
    section = labels("table.cases")
    rows += [Row(labels(f"case.{r.answer}"), (count_cell(r, "count"),), section) for r in topics.get("cases", ())]
    return _table(results, labels, "field_work", "outcome", ["count"], rows, labels("table.field_work_note"))


def _rates(results: WaveResults, labels: Labels, topics: Topics) -> PrintedTable | None:
    known = [r for r in topics.get("outcome_rates", ()) if number_in(r.estimate) is not None]
    rows, notes = [], [labels("table.rates_note")]
    for r in known:
        name, number = re.fullmatch(r"(\w+?)(\d*)", r.answer).groups()  # type: ignore[union-attr]
        formula = " / ".join(labels.known("field_work", part) for part in r.outcome.split(" / "))
        definition, _, value_of_e = r.note.partition("; ")
        base = float(r.n_weighted)
        cells = (
            Cell(number_in(r.estimate), "share"),
            count_cell(r, "count"),
            Cell(base, "decimal", digits=0 if base.is_integer() else 1),
            Cell(formula),
        )
        section = labels.note(definition)
        rows.append(Row(labels(f"rate.{name}", number=number), cells, section[:1].upper() + section[1:]))
        notes += [labels("table.aapor_note", e=labels.note(value_of_e))] if value_of_e else []
    about = " ".join(dict.fromkeys(notes))
    return _table(results, labels, "rates", "rate", ["share", "count", "of", "formula"], rows, about)


def _break_off(results: WaveResults, labels: Labels, topics: Topics) -> PrintedTable | None:
    rows = []
    found = topics.get("break_off", ())
    if not found or not found[0].n:
        return None
    sections = {"break_off": labels("break_off.questions"), "break_off_page": labels("break_off.pages")}
    for topic, section in sections.items():
        at = {(r.item, r.answer): r for r in topics.get(topic, ())}
        for item in dict.fromkeys(item for item, _ in at):
            still, left = at.get((item, "answering")), at.get((item, "left_after"))
            if not item and not (left and left.count):
                continue
            label = labels("break_off.page", number=item) if topic == "break_off_page" else labels.question(item)
            cells = (estimate_cells(still)[0], count_cell(still, "count"), count_cell(left, "count"))
            rows.append(Row(label if item else labels("break_off.start"), cells, section))
    note = labels("table.break_off_note", n=labels.form.number(found[0].n))
    return _table(results, labels, "break_off", "question", ["answering", "count", "left_after"], rows, note)


def _early_late(results: WaveResults, labels: Labels, topics: Topics) -> PrintedTable | None:
    variables = {v.name: v for v in results.questionnaire.variables}
    tests = _diagnostics(results, "segment", "early_late")
    p_values = {(r.question, r.item, r.context): number_in(r.p_value) for r in tests}
    pairs: dict[tuple[str, str], dict[str, Any]] = {}
    for r in topics.get("early_late", ()):
        pairs.setdefault((r.item, r.answer), {})[r.level] = r
    rows = []
    for (name, answer), at in pairs.items():
        variable = variables[name]
        question = results.questionnaire.questions[variable.question]
        # one test a variable, printed beside its first answer
        p = p_values.pop((variable.question, variable.item, variable.context), None)
        cells = [
            cell for level in ("early", "late") for cell in (*estimate_cells(at[level]), count_cell(at[level], "n"))
        ]
        label = _headline(labels, question, variable.item, variable.context, answer)
        rows.append(Row(label, (*cells, Cell(p, "p")), labels.question(question.name)))
    columns: list[str | Column] = ["early", *bounds(labels), "n_early", "late", *bounds(labels), "n_late", "p"]
    return _table(results, labels, "early_late", "answer", columns, rows, labels("table.early_late_note"))


def _headline(labels: Labels, question: Question, item: str, context: str, answer: str) -> str:
    """Return the name of a headline share within its question."""
    parts = [question.item_label(code, labels.language) for code in (item, context) if code]
    if answer != "ticked" and not (parts and question.top):
        parts.append(labels.answer(question, answer))
    return " · ".join(parts)


def _next_wave(results: WaveResults, labels: Labels, topics: Topics) -> PrintedTable | None:
    found = topics.get("next_wave", ())
    rows = []
    for r in found:
        key = f"next_wave.{r.item}"
        if r.item == "share" and results.is_probability:
            key = "next_wave.margin"
        points = labels.form.number(100 * float(r.term))
        rows.append(Row(labels(key, points=points), (Cell(number_in(r.estimate), "count"),)))
    note = ""
    if found:
        note = labels(
            "table.next_wave_note",
            level=labels.percent(results.confidence_level),
            power=labels.percent(float(found[-1].outcome)),
            discordant=labels.percent(float(found[-1].reference)),
            deff=labels.form.number(found[-1].deff, 2),
        )
    return _table(results, labels, "next_wave", "aim", ["needed"], rows, note)


def _sensitivity(results: WaveResults, labels: Labels) -> PrintedTable | None:
    """One row a headline share; share as screened, then share and difference of each alternative."""
    frame = results.sensitivity
    if frame is None:
        return None
    at: dict[tuple[str, str, str, str], dict[tuple[str, bool], Any]] = {}
    for r in frame.itertuples():
        if r.question:
            place = at.setdefault((r.question, r.item, r.context, r.answer), {})
            place[r.model, r.statistic == "difference"] = r
    models = [m for m in dict.fromkeys(frame["model"]) if (frame.loc[frame["model"] == m, "question"] != "").any()]
    if len(models) < 2:
        return None
    rows = []
    for (question, item, context, answer), found in at.items():
        if not answer:
            continue
        cells = []
        for model in models:
            share = found.get((model, False))
            cells += [estimate_cells(share)[0], count_cell(share, "n")]
            if model != models[0]:
                difference = found.get((model, True))
                points = None if difference is None else 100 * difference.estimate
                cells.append(Cell(points, "decimal", digits=1))
        label = _headline(labels, results.questionnaire.questions[question], item, context, answer)
        rows.append(Row(label, tuple(cells), labels.question(question)))
    columns: list[str | Column] = []
    for model in models:
        columns += [Column(_alternative(labels, model)), "n", *(["points"] if model != models[0] else [])]
    return _table(results, labels, "sensitivity", "answer", columns, rows, labels("table.sensitivity_note"))


def _alternative(labels: Labels, model: str) -> str:
    kind, _, rule = model.partition("_")
    if kind in ("without", "with"):
        return labels(f"sensitivity.{kind}", rule=labels(f"rule.{rule}"))
    return labels("sensitivity.as_screened")


def _quality(results: WaveResults, labels: Labels, topics: Topics) -> PrintedTable | None:
    at = {(r.item, r.answer): r for r in topics.get("quality", ())}
    rows = []
    for index in dict.fromkeys(item for item, _ in at):
        median, beyond = at[index, "median"], at[index, "beyond"]
        cells = (
            Cell(number_in(median.estimate), "decimal"),
            Cell(labels(f"cut.{index}")),
            *(estimate_cells(beyond)[0], count_cell(beyond, "count"), count_cell(beyond, "n")),
        )
        rows.append(Row(labels(f"index.{index}"), cells))
    columns = ["median", "cut", "beyond", "count", "n"]
    return _table(results, labels, "quality", "index", columns, rows, labels("table.quality_note"))


def _missing(results: WaveResults, labels: Labels, topics: Topics) -> PrintedTable | None:
    variables = {v.name: v for v in results.questionnaire.variables}
    rows = []
    for r in topics.get("missing", ()):
        if r.count:
            variable = variables[r.item]
            question = results.questionnaire.questions[variable.question]
            parts = [question.item_label(code, labels.language) for code in (variable.item, variable.context) if code]
            label = " · ".join(parts) or labels.question(question.name)
            cells = (estimate_cells(r)[0], count_cell(r, "count"), count_cell(r, "n"))
            rows.append(Row(label, cells, labels.question(question.name)))
    return _table(results, labels, "missing", "item", ["share", "count", "n"], rows, labels("table.missing_note"))


def _missing_patterns(results: WaveResults, labels: Labels, topics: Topics) -> PrintedTable | None:
    rows = []
    for r in topics.get("missing_patterns", ()):
        question = results.questionnaire.questions[r.item]
        context = question.item_label(r.context, labels.language) if r.context else ""
        section = " · ".join(part for part in (labels.question(r.item), context) if part)
        items = [question.item_label(code, labels.language) for code in r.term.split("+")]
        label = " + ".join(items) if r.term not in ("", "none") else labels("missing_pattern.none")
        if r.answer == "patterns":
            label = labels("missing_pattern.all")
        rows.append(Row(label, (count_cell(r, "count"), count_cell(r, "n")), section))
    note = labels("table.missing_patterns_note")
    return _table(results, labels, "missing_patterns", "missing_items", ["count", "n"], rows, note)


def _mcar(results: WaveResults, labels: Labels) -> PrintedTable | None:
    rows = []
    for r in _diagnostics(results, "test", "little_mcar"):
        question = results.questionnaire.questions[r.question]
        context = question.item_label(r.context, labels.language) if r.context else ""
        cells = (
            Cell(number_in(r.statistic), "decimal"),
            Cell(number_in(r.df1), "count"),
            Cell(number_in(r.p_value), "p"),
            count_cell(r, "n"),
            Cell(labels.note(r.note)),
        )
        rows.append(Row(" · ".join(part for part in (labels.question(r.question), context) if part), cells))
    return _table(
        results, labels, "mcar", "battery", ["chi2", "df1", "p", "n", "note"], rows, labels("table.mcar_note")
    )
