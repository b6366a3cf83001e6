"""All tables of a wave, as the workbook and the report show them."""

import re
from dataclasses import replace

import pandas as pd

from b2bsurvey.codebook import codes_in_words, variable_label
from b2bsurvey.questionnaire import Question
from b2bsurvey.render.banner_tables import BANNER, banner_table, is_bannered
from b2bsurvey.render.coding_tables import coding_tables
from b2bsurvey.render.concentration_tables import concentration_tables
from b2bsurvey.render.crossed_table import crossed_table
from b2bsurvey.render.family_table import family_table
from b2bsurvey.render.ingest_report import ingest_report
from b2bsurvey.render.invariance_tables import invariance_tables
from b2bsurvey.render.key_figure_table import key_figure_table
from b2bsurvey.render.labels import Labels
from b2bsurvey.render.mediation_table import mediation_table
from b2bsurvey.render.model_tables import model_tables
from b2bsurvey.render.printed import Cell, Column, PrintedTable, Row, bounds, count_cell, number_in, told_once
from b2bsurvey.render.question_tables import (
    PRINTED,
    QuestionRows,
    answers_by_base,
    by_segment,
    every_answer,
    overall,
    told,
)
from b2bsurvey.render.results import WaveResults
from b2bsurvey.render.sample_tables import participation_tables, quality_tables
from b2bsurvey.render.scale_tables import ANALYSIS as SCALES
from b2bsurvey.render.scale_tables import scale_tables
from b2bsurvey.render.sphere_tables import sphere_tables, within_between_tables
from b2bsurvey.render.stratified_tables import stratified_tables
from b2bsurvey.render.typology_tables import typology_tables
from b2bsurvey.screening import ANALYSED, DISPOSITIONS

CONCENTRATED = ("contagion", "spokespersons")  # analyses with tables of concentration
MOST_PAIRS = 5  # named in a table of tests


def printed_tables(results: WaveResults, labels: Labels, banners: bool = False) -> tuple[PrintedTable, ...]:
    """Return all tables of the wave that have rows, numbered in the order in which they are shown.

    With `banners`, as for the workbook, one of them an analysis stands in the place of the tables of its questions by
    segment, bases stand side by side, and what the rows of a table of tests share is said once.
    """
    tables: list[PrintedTable | None] = [
        _flow(results, labels),
        _weights(results, labels),
        *participation_tables(results, labels),
    ]
    for analysis, frame in results.estimates.items():
        for question in questions_of(results, analysis):
            shown = frame[(frame["question"] == question.name) & frame["statistic"].isin(PRINTED)]
            if shown.empty:
                continue
            rows = QuestionRows(labels, question, list(shown.itertuples()))
            found = [overall(rows), answers_by_base(rows) if banners else every_answer(rows)]
            found += [
                by_segment(rows, segment)
                for segment in results.questionnaire.segments
                if not (banners and is_bannered(results, question, segment))
            ]
            tables += [told(results, labels, replace(t, analysis=analysis), rows) for t in found if t]
            tables += sphere_tables(results, labels, analysis, question)
            tables.append(crossed_table(results, labels, analysis, question))
            tables += stratified_tables(results, labels, analysis, question)
        tables += [banner_table(results, labels, analysis)] if banners else []
        tables += scale_tables(results, labels) if analysis == SCALES else []
        tables += invariance_tables(results, labels) if analysis == SCALES else []
        tables += model_tables(results, labels) if analysis == "models" else []
        tables += within_between_tables(results, labels) if analysis == "models" else []
        tables += typology_tables(results, labels) if analysis == "typology" else []
        tables += [mediation_table(results, labels)] if analysis == "attitudes" else []
        tables += [key_figure_table(results, labels)] if analysis == "key_figures" else []
        tables += concentration_tables(results, labels, analysis) if analysis in CONCENTRATED else []
        tables += coding_tables(results, labels) if analysis == "open_answers" else []
        tests = _tests(results, labels, analysis)
        tables.append(told_once(tests, labels) if banners and tests else tests)
    families = family_table(results, labels)
    tables += [
        told_once(families, labels) if banners and families else families,
        ingest_report(results, labels),
        _ledger(results, labels),
        *quality_tables(results, labels),
        _published(results, labels),
        _codebook(results, labels),
    ]
    interval = labels("head.interval", level=labels.percent(results.confidence_level))
    filled = [table for table in tables if table and table.rows]
    return tuple(replace(table, number=i, interval=interval) for i, table in enumerate(filled, start=1))


def questions_of(results: WaveResults, analysis: str) -> tuple[Question, ...]:
    """Return the questions that an analysis is about, in its order; none when they were not asked in this wave.

    Scales and banners have tables of their own.
    """
    if analysis in (SCALES, BANNER):
        return ()
    names = dict.fromkeys(results.estimates[analysis]["question"])
    return tuple(results.questionnaire.questions[n].as_asked for n in names if n in results.questionnaire.questions)


def _flow(results: WaveResults, labels: Labels) -> PrintedTable:
    """From the rows of the export to the respondents who are analysed."""
    counts = results.ledger["disposition"].value_counts()
    rows = [Row(labels("disposition.rows"), (Cell(len(results.ledger), "count"),))]
    for disposition in (*(d for d in DISPOSITIONS if d != ANALYSED), ANALYSED):
        rows.append(Row(labels(f"disposition.{disposition}"), (Cell(int(counts.get(disposition, 0)), "count"),)))
    title, head, note = labels("table.flow"), labels("head.disposition"), labels("table.flow_note")
    note = " ".join(n for n in (note, labels.origin(results.wave.origin)) if n)
    return PrintedTable("flow", title, head, (Column(labels("head.rows")),), tuple(rows), base_note=note)


def _weights(results: WaveResults, labels: Labels) -> PrintedTable | None:
    """The sample beside its population, for the variables that the weights are calibrated to."""
    frame = results.estimates.get("sample")
    if frame is None:
        return None
    # one row a statistic, of all respondents
    overall = frame[(frame["segment"] == "") & (frame["base"] == "valid")].set_index(
        ["question", "answer", "statistic"]
    )
    statistics = ("proportion_unweighted", "proportion", "population_share")
    rows = []
    for name, code, _ in (key for key in overall.index if key[2] == "population_share"):
        shares = [Cell(number_in(overall.loc[(name, code, s), "estimate"]), "share") for s in statistics]
        cells = (*shares, Cell(number_in(overall.loc[(name, code, "proportion"), "n"]), "count"))
        rows.append(Row(labels.answer(results.questionnaire.questions[name], code), cells, labels.question(name), name))
    columns = tuple(Column(labels(f"head.{s}")) for s in ("unweighted", "weighted", "in_population", "n"))
    note = " ".join(n for n in (labels("table.weights_note"), labels.origin(results.wave.origin)) if n)
    title, head = labels("table.weights"), labels("head.answer")
    return PrintedTable("weights", title, head, columns, tuple(rows), base_note=note, analysis="sample")


def _tests(results: WaveResults, labels: Labels, analysis: str) -> PrintedTable | None:
    """All tests of an analysis, a section a question × segment; one row a test."""
    whole = results.tests[analysis]
    frame = whole[whole["role"] == "test"]  # diagnostics stand where they belong
    pairs = _pairs(results, labels, whole[whole["role"] == "posthoc"])
    before, after = (
        ("test", "statistic", "df1", "df2", "p", "p_adjusted", "effect_name", "effect"),
        ("n", "family", "family_size"),
    )
    columns = [Column(labels(f"head.{name}")) for name in before] + list(bounds(labels))
    columns += [Column(labels(f"head.{name}")) for name in (*after, "adjustment", "pairs", "reason", "note")]
    rows = []
    for r in frame.itertuples():
        question = results.questionnaire.questions[r.question]
        item = " · ".join(question.item_label(code, labels.language) for code in (r.item, r.context) if code)
        cells = [
            Cell(labels.known("test", r.test) or "–"),
            Cell(number_in(r.statistic), "decimal"),
            _df(r.df1),
            _df(r.df2),
            Cell(number_in(r.p_value), "p"),
            Cell(number_in(r.p_adjusted), "p"),
            Cell(labels.known("effect", r.effect_name)),
            *(Cell(number_in(v), "decimal") for v in (r.effect, r.effect_ci_low, r.effect_ci_high)),
            count_cell(r, "n"),
            Cell(labels.family(r.family)),
            count_cell(r, "family_size"),
            Cell(labels(f"adjustment.{r.adjustment}")),
            Cell(pairs.get((r.question, r.item, r.context, r.segment), "")),
            Cell(labels.note(r.method_reason)),
            Cell(labels.note(r.note)),
        ]
        section = (
            labels.family(r.family)
            if r.model
            else " × ".join(map(labels.question, filter(None, (r.question, r.segment))))
        )
        rows.append(Row(labels.term(r.term) or item or labels.question(r.question), tuple(cells), section, r.question))
    note = labels("table.model_tests_note" if analysis == "models" else "table.tests_note")
    note = " ".join(n for n in (note, labels.origin(results.wave.origin)) if n)
    title = labels("table.tests", analysis=labels.known("analysis", analysis))
    used = [i for i in range(len(columns)) if any(row.cells[i].value not in (None, "") for row in rows)]
    return PrintedTable(
        "tests",
        title,
        labels("head.item"),
        tuple(columns[i] for i in used),
        tuple(replace(row, cells=tuple(row.cells[i] for i in used)) for row in rows),
        analysis=analysis,
        base_note=note,
    )


def _pairs(results: WaveResults, labels: Labels, posthocs: pd.DataFrame) -> dict[tuple[str, str, str, str], str]:
    """Return for each test which pairs of levels, or of items, differ after it: their number, and the first of them."""
    found: dict[tuple[str, str, str, str], list[tuple[bool, str]]] = {}
    for r in posthocs.itertuples():
        compared = results.questionnaire.questions[r.segment or r.question]
        codes = r.comparison.split(" / ")
        names = (labels.answer(compared, c) if r.segment else compared.item_label(c, labels.language) for c in codes)
        place = (r.question, r.item if r.segment else "", r.context, r.segment)
        found.setdefault(place, []).append((r.p_adjusted < 1 - results.confidence_level, " – ".join(names)))
    texts = {}
    for place, pairs in found.items():
        differing = [name for differs, name in pairs if differs]
        some = labels("table.pairs", k=labels.form.number(len(differing)), m=labels.form.number(len(pairs)))
        first = [*differing[:MOST_PAIRS], *(["…"] if len(differing) > MOST_PAIRS else [])]
        texts[place] = some + (labels("word.colon") + labels.join(first) if differing else "")
    return texts


def _df(value: float) -> Cell:
    number = number_in(value)
    return Cell(number, "count" if number is not None and float(number).is_integer() else "decimal")


def _ledger(results: WaveResults, labels: Labels) -> PrintedTable:
    """How many rows each rule excluded or flagged."""
    counts = results.ledger.groupby(["disposition", "rule"], sort=False).size()
    order = sorted(counts.items(), key=lambda pair: (DISPOSITIONS.index(pair[0][0]), pair[0][1]))
    rows = tuple(
        Row(
            labels(f"disposition.{disposition}"),
            (
                Cell(", ".join(labels(f"rule.{r}") for r in rule.split("; ")) if rule else labels("rule.none")),
                Cell(int(count), "count"),
            ),
        )
        for (disposition, rule), count in order
    )
    columns = (Column(labels("head.rule")), Column(labels("head.rows")))
    note = labels("table.ledger_note")
    return PrintedTable("ledger", labels("table.ledger"), labels("head.disposition"), columns, rows, base_note=note)


def _published(results: WaveResults, labels: Labels) -> PrintedTable | None:
    """Published numbers beside ours."""
    frame = results.published
    if frame is None:
        return None
    names = ("published", "computed", "difference", "base", "n", "verdict", "finding", "kind", "entry")
    rows = []
    for r in frame.itertuples():
        digits = len(r.published.partition(".")[2].rstrip(" %"))
        digits += r.computed != round(r.computed, digits)  # one digit more shows what rounding hides
        cells = (
            Cell(r.published),
            Cell(number_in(r.computed), "decimal", digits=digits),
            Cell(number_in(r.difference), "decimal", digits=digits),
            Cell(labels.base(r.base)),
            count_cell(r, "n"),
            Cell(labels(f"verdict.{r.verdict}")),
            Cell(labels.note(r.reason)),
            Cell(labels(f"published.{r.kind}")),
            Cell(f"{r.table}/{r.entry}"),
        )
        rows.append(Row(labels.published(r), cells, r.source))
    columns = tuple(Column(labels(f"head.{name}")) for name in names)
    title, head, note = labels("table.published"), labels("head.statement"), labels("table.published_note")
    return PrintedTable("published", title, head, columns, tuple(rows), base_note=note)


def _codebook(results: WaveResults, labels: Labels) -> PrintedTable:
    """Every variable; texts in the language of the output, codes as in the data."""
    questionnaire, language = results.questionnaire, labels.language
    variables = {v.name: v for v in questionnaire.variables}
    names = ("label", "type", "level", "codes", "missing", "base", "asked_if", "n_valid", "n_missing", "derived_from")
    rows = []
    for r in results.codebook.itertuples():
        question = questionnaire.questions[r.question]
        missing = re.sub(r"\w+(?==)", lambda match: labels.known("missing", match[0]), str(r.missing))
        cells = (
            Cell(variable_label(question, variables[r.variable], language)),
            Cell(labels.known("type", r.type)),
            Cell(labels.known("level", r.level)),
            Cell(codes_in_words(question, language, labels("word.tick_codes"))),
            Cell(missing),
            Cell(labels.base(r.base, question)),
            Cell(labels.condition(question.asked_if) if question.asked_if else ""),
            Cell(int(r.n_valid), "count"),
            Cell(int(r.n_missing), "count"),
            Cell(str(r.derived_from)),
            Cell(str(r.source_column)),
        )
        rows.append(Row(str(r.variable), cells))
    columns = tuple(Column(labels(f"head.{name}")) for name in (*names, "source_column"))
    title, head, note = labels("table.codebook"), labels("head.variable"), labels("table.codebook_note")
    return PrintedTable("codebook", title, head, columns, tuple(rows), base_note=note)
