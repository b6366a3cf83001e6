"""The tables of one question: overall, every answer in every base, by segment."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from b2bsurvey.questionnaire import MISSING_REASONS, Question
from b2bsurvey.render.claim_note import claim_notes
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

SHARES = ("proportion", "top2", "bottom2")
# what tables of a question show; other statistics stand in the CSV alone
PRINTED = (*SHARES, "mean", "ratio", "median", "quantile", "rank")
NUMBERS = {
    ("", "mean"): "head.mean",
    ("", "ratio"): "statistic.ratio",
    ("0.25", "quantile"): "statistic.lower_quartile",
    ("", "median"): "statistic.median",
    ("0.75", "quantile"): "statistic.upper_quartile",
}


class QuestionRows:
    """The estimates of one question, found by what they are of."""

    def __init__(self, labels: Labels, question: Question, rows: list[Any]) -> None:
        self.labels, self.question, self.all = labels, question, rows
        self.default = question.base if question.base in {r.base for r in rows} else "valid"
        self._rows = {(r.item, r.context, r.answer, r.statistic, r.base, r.segment, r.level): r for r in rows}
        contexts = [c.code for c in question.contexts] or [""]
        self.places = [(item, context) for context in contexts for item in self._ranked_items(context)]

    def get(self, place: tuple[str, str], kind: tuple[str, str], base: str = "", at: tuple[str, str] = ("", "")) -> Any:
        """Return the row of (item, context), (answer, statistic), base and (segment, level); None if there is none."""
        return self._rows.get((*place, *kind, base or self.default, *at))

    def kinds(self, base: str = "") -> list[tuple[str, str]]:
        """Return the (answer, statistic) pairs: answers, missing reasons, boxes of several answers, the mean.

        A box of one answer stands for that answer.
        """
        wanted = dict.fromkeys(
            (r.answer, r.statistic)
            for r in self.all
            if r.statistic != "rank" and not r.segment and (not base or r.base == base)
        )
        kinds = [kind for kind in wanted if kind[1] != "proportion" or (kind[0], "top2") not in wanted]
        return sorted(kinds, key=lambda kind: (kind[1] not in SHARES, "+" in kind[0], kind[0] in MISSING_REASONS))

    def _ranked_items(self, context: str) -> list[str]:
        """Items by rank, those without one after them."""
        ranks = {r.item: r.estimate for r in self.all if r.statistic == "rank" and r.context == context}
        items = [i.code for i in self.question.items] or [""]
        return sorted(items, key=lambda item: (not ranks.get(item, 0) > 0, ranks.get(item, 0)))

    def label(self, kind: tuple[str, str]) -> str:
        """Return the name of an (answer, statistic) pair."""
        if kind in NUMBERS or kind[0] == "ticked":
            return self.labels(NUMBERS.get(kind, "head.ticked"))
        return self.labels.answer(self.question, kind[0])

    def item(self, code: str) -> str:
        """Return the label of an item or context."""
        return self.question.item_label(code, self.labels.language)


def overall(rows: QuestionRows) -> PrintedTable | None:
    """One row an item with ranks, or one row an answer; in the question's default base."""
    question, labels = rows.question, rows.labels
    kinds = rows.kinds(rows.default)
    if not kinds:
        return None
    battery = bool(question.items) and question.kind != "tick"
    lines = [(place, kind) for place in rows.places for kind in (kinds[:1] if question.items else kinds)]
    measures = [k for k in kinds if k[1] in ("top2", "mean")] if battery else []
    singles = [k for k in kinds if k[1] in ("bottom2", "proportion")] if battery else []
    columns = [c for k in measures for c in (Column(rows.label(k)), *bounds(labels))]
    columns += [Column(rows.label(k)) for k in singles]
    if not battery:
        heading = "head.value" if question.kind == "number" else "head.share"
        columns = [Column(labels(heading)), *bounds(labels)]
        columns += [] if question.kind == "number" else [Column(labels("head.count"))]
    weighted = any(number_in(r.n_effective) not in (None, r.n) for r in rows.all if r.statistic != "rank")
    columns += [Column(labels("head.n"))] + ([Column(labels("head.n_effective"))] if weighted else [])
    ranked = any(r.statistic == "rank" for r in rows.all)
    columns += [Column(labels("head.rank")), *bounds(labels)] if ranked else []

    printed = []
    for place, kind in lines:
        row = rows.get(place, kind)
        cells = [c for k in measures for c in estimate_cells(rows.get(place, k))]
        cells += [estimate_cells(rows.get(place, k))[0] for k in singles]
        if not battery:
            cells = estimate_cells(row) + ([] if question.kind == "number" else [count_cell(row, "count")])
        cells.append(count_cell(row, "n"))
        if weighted:
            cells.append(Cell(row and number_in(row.n_effective), "decimal", digits=1))
        if ranked:
            tick = "ticked" if question.kind == "tick" else ""
            cells += estimate_cells(rows.get(place, (tick, "rank")))
        label = rows.item(place[0]) if question.items else rows.label(kind)
        printed.append(Row(label, tuple(cells), rows.item(place[1]) if place[1] else "", question.name))
    head = labels("head.item" if question.items else "head.answer")
    return PrintedTable("overall", labels.question(question.name), head, tuple(columns), tuple(printed))


def every_answer(rows: QuestionRows) -> PrintedTable | None:
    """Every answer in every base; nothing where the overall table says it all."""
    question, labels = rows.question, rows.labels
    bases = list(dict.fromkeys(r.base for r in rows.all if not r.segment))
    if len(bases) < 2 and not (question.items and question.answers):
        return None
    columns = (
        Column(labels("head.base")),
        Column(labels("head.share")),
        *bounds(labels),
        Column(labels("head.count")),
        Column(labels("head.n")),
    )
    printed = []
    for place in rows.places:
        section = " · ".join(rows.item(code) for code in place if code)
        for kind in rows.kinds():
            for base in bases:
                row = rows.get(place, kind, base)
                if row is not None:
                    cells = (
                        Cell(labels.base(base, question)),
                        *estimate_cells(row),
                        count_cell(row, "count"),
                        count_cell(row, "n"),
                    )
                    printed.append(Row(rows.label(kind), cells, section, question.name))
    title = labels("table.all_answers", question=labels.question(question.name))
    return PrintedTable("answers", title, labels("head.answer"), columns, tuple(printed))


def answers_by_base(rows: QuestionRows) -> PrintedTable | None:
    """What `every_answer` says, with the bases side by side: one row an answer, a group of columns a base."""
    question, labels = rows.question, rows.labels
    told = every_answer(rows)
    if told is None:
        return None
    bases = list(dict.fromkeys(r.base for r in rows.all if not r.segment))
    heads = (Column(labels("head.share")), *bounds(labels), Column(labels("head.count")), Column(labels("head.n")))
    columns = tuple(replace(head, group=labels.base(base, question)) for base in bases for head in heads)
    printed = []
    for place in rows.places:
        section = " · ".join(rows.item(code) for code in place if code)
        for kind in rows.kinds():
            found = [rows.get(place, kind, base) for base in bases]
            cells = tuple(cell for row in found for cell in _cells_of_base(row))
            if any(row is not None for row in found):
                printed.append(Row(rows.label(kind), cells, section, question.name))
    return replace(told, columns=columns, rows=tuple(printed))


def _cells_of_base(row: Any) -> list[Cell]:
    if row is None:
        return [Cell("")] * 5
    return [*estimate_cells(row), count_cell(row, "count"), count_cell(row, "n")]


def by_segment(rows: QuestionRows, segment: Question) -> PrintedTable | None:
    """One group of columns a level of the segment, the total first; one row an item or answer."""
    question, labels = rows.question, rows.labels
    if not any(r.segment == segment.name and r.level for r in rows.all):
        return None
    at = {"": labels("head.total")} | {a.code: a.label[labels.language] for a in segment.answers}
    headings = ["head.value" if question.kind == "number" else "head.share", "head.low", "head.high"]
    columns = tuple(
        Column(labels(heading), group, role)
        for group in at.values()
        for heading, role in zip([*headings, "head.n"], ("", "low", "high", "n"), strict=True)
    )
    kinds = rows.kinds(rows.default)
    if question.items:  # what sums a battery up comes first
        kinds = sorted(kinds, key=lambda kind: kind[1] == "proportion")
    lines = [(place, kind) for kind in kinds for place in rows.places]
    printed = []
    for place, kind in lines:
        groups = [rows.get(place, kind, at=(segment.name, level) if level else ("", "")) for level in at]
        cells = tuple(cell for row in groups for cell in (*estimate_cells(row), count_cell(row, "n")))
        label = rows.item(place[0]) if question.items else rows.label(kind)
        parts = [rows.label(kind)] if question.items and question.answers else []
        parts += [rows.item(place[1])] if place[1] else []
        printed.append(Row(label, cells, " · ".join(parts), question.name))
    title = labels("table.by_segment", question=labels.question(question.name), segment=labels.question(segment.name))
    head = labels("head.item" if question.items else "head.answer")
    return PrintedTable("segment", title, head, columns, tuple(printed), segment=segment.name)


def told(results: WaveResults, labels: Labels, table: PrintedTable, rows: QuestionRows) -> PrintedTable:
    """Say under a table whom its numbers are of, how they were made, and where they stand."""
    question = rows.question
    used = [r for r in rows.all if r.statistic != "rank" and (table.kind == "answers" or r.base == rows.default)]
    used = [r for r in used if r.segment == table.segment]
    methods = labels.join(labels.ci_method(r.ci_method) for r in used if r.ci_method)
    base = labels("table.several") if table.kind == "answers" else labels.base(rows.default, question)
    ranks = [r for r in rows.all if r.statistic == "rank"] if table.kind == "overall" else []
    about = [
        labels("table.base", base=base, n=n_range(labels, (r.n for r in used if not r.segment or r.level))),
        labels("table.asked_if", condition=labels.condition(question.asked_if)) if question.asked_if else "",
        labels("table.intervals", level=labels.percent(results.confidence_level), methods=methods),
        labels.origin(results.wave.origin),
    ]
    notes = [labels.note(n) for n in dict.fromkeys(r.note for r in ranks if r.note)]
    notes = [labels("table.ranks", note=n, method=labels.ci_method(ranks[0].ci_method)) for n in notes]
    notes += claim_notes(results, labels, table.analysis, question) if table.kind == "overall" else []
    if any(r.status == "small_base" for r in used):
        notes.append(labels("table.small_base", mark=SMALL))
    tests = results.tests[table.analysis]
    tests = tests[(tests["question"] == question.name) & tests["p_value"].notna() & (tests["role"] != "diagnostic")]
    families = (tests[tests["segment"] == table.segment] if table.segment else tests).drop_duplicates("family")
    source = labels(
        "table.source",
        items=labels.form.number(max(len(question.items), 1)),
        base=base,
        weights=labels.design(rows.all[0].design),
        intervals=methods,
        families=_families(labels, families.to_dict("records")) or labels("table.no_tests"),
        rows=f"{results.wave.name}/{table.analysis}/{question.name}/…",
        file=f"tables/{table.analysis}.csv",
    )
    return replace(
        table,
        question=question.name,
        subtitle=question.text[labels.language],
        base_note=" ".join(a for a in about if a),
        notes=tuple(notes),
        source=source,
    )


def _families(labels: Labels, rows: Iterable[Mapping[str, Any]]) -> str:
    return labels.join(
        labels(
            "table.family",
            family=labels.family(r["family"]),
            size=labels.form.number(int(r["family_size"])),
            adjustment=labels(f"adjustment.{r['adjustment']}"),
        )
        for r in rows
    )


def n_range(labels: Labels, values: Iterable[Any]) -> str:
    """Return the least and the largest of several numbers of respondents, or the one that they all are."""
    known = sorted({int(v) for v in values if number_in(v) is not None}) or [0]
    return "–".join(labels.form.number(n) for n in dict.fromkeys((known[0], known[-1])))


def not_estimable(results: WaveResults, labels: Labels, analysis: str, question: str) -> tuple[str, ...]:
    """Return one sentence for each thing of a question that cannot be estimated or was suppressed, with its reason."""
    sentences = []
    for frame in (results.estimates[analysis], results.tests[analysis]):
        left_out = frame[(frame["question"] == question) & frame["status"].isin(["not_estimable", "suppressed"])]
        for row in left_out.to_dict("records"):
            what = labels.question(question) + (f" × {labels.question(row['segment'])}" if row["segment"] else "")
            what += f" × {labels.term(row['term'])}" if row["term"] else ""
            sentences.append(labels(f"status.{row['status']}", what=what, why=labels.note(row["note"]) or "–"))
    return tuple(dict.fromkeys(sentences))
