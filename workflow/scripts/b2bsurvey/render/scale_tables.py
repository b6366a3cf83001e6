"""The tables of the analysis `scales`: scores and reliability, items, models, factors, and how distinct scales are."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any

import pandas as pd

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

ANALYSIS = "scales"
UNWEIGHTED = "no weighted form: computed unweighted"
LOADINGS = {"efa_oblimin": "loadings_oblimin", "efa_varimax": "loadings_varimax"}  # model → kind of table
# signs and acronyms that are the same in all languages
ALPHA, OMEGA, CHI2, AVE, CFI, TLI, SRMR, KMO = "α", "ω", "χ²", "AVE", "CFI", "TLI", "SRMR", "KMO"


@dataclass(frozen=True)
class ScaleRows:
    """The rows of the analysis, found by what they are of."""

    results: WaveResults
    labels: Labels

    @cached_property
    def _estimates(self) -> dict[tuple[str, ...], Any]:
        frame = self.results.estimates[ANALYSIS]
        keys = ("statistic", "question", "item", "item2", "term", "model")
        return {tuple(getattr(r, key) for key in keys): r for r in frame[frame["segment"] == ""].itertuples()}

    @cached_property
    def _tests(self) -> dict[tuple[str, str, str], Any]:
        return {(r.test, r.question, r.model): r for r in self.results.tests[ANALYSIS].itertuples()}

    def get(
        self, statistic: str, question: str = "", item: str = "", item2: str = "", term: str = "", model: str = ""
    ) -> Any:
        """Return the row of all respondents; None if there is none."""
        return self._estimates.get((statistic, question, item, item2, term, model))

    def test(self, test: str, question: str, model: str = "") -> Any:
        """Return the row of a diagnostic; None if there is none."""
        return self._tests.get((test, question, model))

    def measured(self, statistic: str, construct: str, item: str = "") -> Any:
        """Return a row of the model that a construct is measured by: its own, or the joint one of its battery."""
        own = self.get(statistic, construct, item, model="one_factor")
        return self.get(statistic, construct, item, model="joint") if own is None else own

    @cached_property
    def constructs(self) -> list[str]:
        """The constructs in the order of the questionnaire, as far as there are rows about them."""
        known = {key[1] for key in self._estimates}
        return [name for name in self.results.questionnaire.constructs if name in known]

    @cached_property
    def pools(self) -> list[str]:
        """The batteries whose items were factored, and nothing for the items of all constructs."""
        return [key[1] for key in self._estimates if key[0] == "kmo" and not key[2]]

    def pool(self, name: str) -> str:
        """Return what a battery is called, or all items."""
        return self.labels.question(name) if name else self.labels("scales.all_items")

    def item(self, variable: str) -> str:
        """Return the label of an item, marked where its wording is reversed."""
        question = self.results.questionnaire.owner(variable)
        code = next(v.item for v in question.variables if v.name == variable)
        label = question.item_label(code, self.labels.language)
        turned = any(i.reversed for i in question.items if i.code == code)
        return self.labels("scales.reversed", item=label) if turned else label

    def note(self, *rows: Any) -> Cell:
        """Return the cell with the reasons why numbers of these rows are missing."""
        notes = (r.note for r in rows if r is not None and r.note not in ("", UNWEIGHTED))
        return Cell(self.labels.join(self.labels.note(note) for note in notes))


def scale_tables(results: WaveResults, labels: Labels) -> Iterator[PrintedTable]:
    """Yield the tables of the analysis in the order of reading; nothing for a wave without constructs."""
    rows = ScaleRows(results, labels)
    makers: Sequence[Callable[[ScaleRows], PrintedTable]] = (
        _reliability,
        _items,
        _fornell_larcker,
        _htmt,
        _correlations,
        _common_method,
        _fit,
        _factors,
        _eigenvalues,
        *(partial(_loadings, model=model) for model in LOADINGS),
        *(partial(_by_segment, segment=segment) for segment in results.questionnaire.segments),
    )
    for make in makers:
        table = make(rows)
        if table.rows:
            yield _told(rows, _with_reasons_below(_without_empty_columns(table), labels))


def _reliability(rows: ScaleRows) -> PrintedTable:
    """One row a construct."""
    labels, lines = rows.labels, []
    for name in rows.constructs:
        mean, alpha = rows.get("mean", name), rows.get("alpha", name)
        measured = [rows.measured(s, name) for s in ("omega", "composite_reliability", "ave")]
        cells = (
            Cell(len(rows.results.questionnaire.constructs[name].items), "count"),
            *estimate_cells(mean),
            _value(rows.get("sd", name)),
            _value(rows.get("median", name)),
            count_cell(mean, "n"),
            *estimate_cells(alpha),
            *(_value(r) for r in measured),
            count_cell(alpha, "n"),
            rows.note(mean, alpha, *measured),
        )
        lines.append(Row(labels.question(name), cells))
    columns = (
        *_heads(labels, "items", "mean"),
        *bounds(labels),
        *_heads(labels, "sd", "median_score", "n_scored"),
        Column(ALPHA),
        *bounds(labels),
        Column(OMEGA),
        *_heads(labels, "composite_reliability"),
        Column(AVE),
        *_heads(labels, "n_complete", "note"),
    )
    return _table(rows, "scale_reliability", "construct", columns, lines)


def _items(rows: ScaleRows) -> PrintedTable:
    """One row an item, in a section for each construct."""
    labels, lines = rows.labels, []
    for name in rows.constructs:
        for item in rows.results.questionnaire.constructs[name].items:
            mean, rest = rows.get("mean", name, item), rows.get("item_rest", name, item)
            dropped, loading = rows.get("alpha_if_dropped", name, item), rows.measured("loading", name, item)
            if mean is not None:
                cells = (
                    _value(mean),
                    _value(rows.get("sd", name, item)),
                    count_cell(mean, "n"),
                    _value(rest),
                    _value(dropped),
                    *estimate_cells(loading),
                    _value(_joint_loading(rows, item)),
                    rows.note(mean, rest, loading),
                )
                lines.append(Row(rows.item(item), cells, labels.question(name)))
    columns = (
        *_heads(labels, "mean", "sd", "n", "item_rest", "alpha_if_dropped", "loading"),
        *bounds(labels),
        *_heads(labels, "joint_loading", "note"),
    )
    return _table(rows, "scale_items", "item", columns, lines)


def _joint_loading(rows: ScaleRows, item: str) -> Any:
    """Return the loading of an item in the model of all constructs of its battery."""
    return rows.get("loading", rows.results.questionnaire.owner(item).name, item, model="joint")


def _fit(rows: ScaleRows) -> PrintedTable:
    """One row a model: those of one factor, and the joint ones."""
    labels, lines = rows.labels, []
    for model, names in (("one_factor", rows.constructs), ("joint", rows.pools)):
        for name in names:
            test = rows.test("cfa_chi2", name, model)
            if test is None:
                continue
            found = [rows.get(index, name, model=model) for index in ("cfi", "tli", "rmsea", "srmr")]
            cfi, tli, rmsea, srmr = (_value(r, 3) for r in found)
            low, high = (
                Cell(number_in(getattr(found[2], side)), "decimal", digits=3) for side in ("ci_low", "ci_high")
            )
            cells = (
                Cell(number_in(test.statistic), "decimal"),
                Cell(number_in(test.df1), "count"),
                Cell(number_in(test.p_value), "p"),
                *(cfi, tli, rmsea, low, high, srmr),
                count_cell(test, "n"),
                rows.note(test),
            )
            label = labels.question(name) if model == "one_factor" else rows.pool(name)
            lines.append(Row(label, cells, labels(f"scales.{model}")))
    columns = (
        Column(CHI2),
        *_heads(labels, "df1", "p"),
        *map(Column, (CFI, TLI, "RMSEA")),
        *_heads(labels, "rmsea_low", "rmsea_high"),
        Column(SRMR),
        *_heads(labels, "n", "note"),
    )
    return _table(rows, "scale_fit", "model", columns, lines)


def _square(rows: ScaleRows, kind: str, cell: Callable[[str, str, bool], Cell]) -> PrintedTable:
    """Return a table of constructs by constructs; `cell` gives that of row and column, and whether it is above."""
    labels, names = rows.labels, rows.constructs
    if len(names) < 2:
        return _table(rows, kind, "construct", (), [])
    lines = [
        Row(
            f"{i} · {labels.question(one)}",
            tuple(cell(*((one, other) if i >= j else (other, one)), j > i) for j, other in enumerate(names, 1)),
        )
        for i, one in enumerate(names, 1)
    ]
    columns = tuple(Column(str(i)) for i in range(1, len(names) + 1))
    return _table(rows, kind, "construct", columns, lines)


def _pair(rows: ScaleRows, statistic: str, one: str, other: str, model: str = "") -> Any:
    """Return the row of two constructs, whichever comes first in the table."""
    found = rows.get(statistic, other, item2=one, model=model)
    return rows.get(statistic, one, item2=other, model=model) if found is None else found


def _fornell_larcker(rows: ScaleRows) -> PrintedTable:
    """Below the diagonal correlations of factors, on it the root of AVE."""

    def cell(one: str, other: str, above: bool) -> Cell:
        if above:
            return Cell("")
        return _value(
            rows.measured("ave_root", one) if one == other else _pair(rows, "latent_correlation", one, other, "pair")
        )

    return _square(rows, "fornell_larcker", cell)


def _htmt(rows: ScaleRows) -> PrintedTable:
    """Below the diagonal HTMT, above it HTMT2."""

    def cell(one: str, other: str, above: bool) -> Cell:
        return Cell("") if one == other else _value(_pair(rows, "htmt2" if above else "htmt", one, other))

    return _square(rows, "htmt", cell)


def _correlations(rows: ScaleRows) -> PrintedTable:
    """Below the diagonal correlations of scores, above it those without what a marker shares with all."""

    def cell(one: str, other: str, above: bool) -> Cell:
        return Cell("") if one == other else _value(_pair(rows, f"{'adjusted_' * above}correlation", one, other))

    return _square(rows, "scale_correlations", cell)


def _common_method(rows: ScaleRows) -> PrintedTable:
    """The screens for common method variance, and each construct's correlation with the marker."""
    labels, lines = rows.labels, []
    single = rows.get("single_factor", model="pca")
    if single is not None:
        share = Cell(number_in(single.estimate), "share")
        lines.append(
            Row(labels("scales.single_factor"), (share, Cell(), Cell(), count_cell(single, "n"), rows.note(single)))
        )
    for marker in (q.name for q in rows.results.questionnaire.with_role("marker")):
        section, found = labels.question(marker), rows.get("method_correlation", marker)
        if found is not None:
            method = (*estimate_cells(found), count_cell(found, "n"), rows.note(found))
            lines.append(Row(labels("scales.method_correlation"), method, section))
        for name in rows.constructs:
            row = rows.get("marker_correlation", name, item2=marker)
            if row is not None:
                cells = (*estimate_cells(row), count_cell(row, "n"), rows.note(row))
                lines.append(Row(labels.question(name), cells, section))
    columns = (*_heads(labels, "value"), *bounds(labels), *_heads(labels, "n", "note"))
    return _table(rows, "common_method", "screen", columns, lines)


def _factors(rows: ScaleRows) -> PrintedTable:
    """Whether items can be factored, and into how many factors: one row a battery."""
    labels, lines = rows.labels, []
    for name in rows.pools:
        kmo, test = rows.get("kmo", name), rows.test("bartlett_sphericity", name)
        cells = (
            _value(kmo),
            Cell(number_in(test.statistic), "decimal"),
            Cell(number_in(test.df1), "count"),
            Cell(number_in(test.p_value), "p"),
            Cell(number_in(rows.get("factors", name).estimate), "count"),
            count_cell(kmo, "n"),
            rows.note(kmo),
        )
        lines.append(Row(rows.pool(name), cells))
    columns = (Column(KMO), Column(CHI2), *_heads(labels, "df1", "p", "factors", "n_complete", "note"))
    return _table(rows, "scale_factors", "battery", columns, lines)


def _eigenvalues(rows: ScaleRows) -> PrintedTable:
    """Eigenvalues beside those of random data, as far as they exceed these and one further."""
    lines = []
    for name in rows.pools:
        count = number_in(rows.get("factors", name).estimate)
        for i in range(1, int(count or 0) + 2):
            found = rows.get("eigenvalue", name, term=str(i))
            if found is not None:
                random = rows.get("eigenvalue_random", name, term=str(i))
                lines.append(Row(str(i), (_value(found), _value(random)), rows.pool(name)))
    columns = tuple(_heads(rows.labels, "eigenvalue", "eigenvalue_random"))
    return _table(rows, "eigenvalues", "factor", columns, lines)


def _loadings(rows: ScaleRows, model: str) -> PrintedTable:
    """Loadings of a rotated solution, in a section for each battery; its share of variance and correlations below."""
    labels, lines = rows.labels, []
    frame = rows.results.estimates[ANALYSIS]
    frame = frame[(frame["model"] == model) & (frame["status"] != "not_estimable")]
    terms = sorted(set(frame["term"]) - {""}, key=lambda term: int(term[1:]))
    for name in rows.pools:
        own = frame[frame["question"] == name]
        section = rows.pool(name)

        def cells(statistic: str, kind: str, item: str = "", name: str = name) -> list[Cell]:
            found = (rows.get(statistic, name, item, term=term, model=model) for term in terms)
            return [Cell("") if r is None else Cell(number_in(r.estimate), kind) for r in found]

        for item in dict.fromkeys(own.loc[own["statistic"] == "communality", "item"]):
            sampled, shared = rows.get("kmo", name, item), rows.get("communality", name, item, model=model)
            more = (_value(shared), _value(sampled))
            lines.append(Row(rows.item(item), (*cells("loading", "decimal", item), *more), section))
        if len(own):
            lines.append(Row(labels("scales.explained"), (*cells("explained", "share"), Cell(""), Cell("")), section))
        lines += _factor_correlations(own, labels, terms, section)
    columns = (*map(Column, terms), *_heads(labels, "communality"), Column(KMO))
    return _table(rows, LOADINGS[model], "item", columns, lines)


def _factor_correlations(own: pd.DataFrame, labels: Labels, terms: Sequence[str], section: str) -> Iterator[Row]:
    """Yield a row a factor with its correlations to those before it; none where the rotation keeps right angles."""
    correlations = own[own["statistic"] == "factor_correlation"]
    found = {(r.reference, r.term): r for r in correlations.itertuples()}
    for reference in dict.fromkeys(one for one, _ in found):
        cells = [_value(found[reference, term]) if (reference, term) in found else Cell("") for term in terms]
        yield Row(labels("scales.factor_correlation", factor=reference), (*cells, Cell(""), Cell("")), section)


def _by_segment(rows: ScaleRows, segment: Question) -> PrintedTable:
    """Mean scores in all and at each level of a segment: one row a construct."""
    labels = rows.labels
    frame = rows.results.estimates[ANALYSIS]
    frame = frame[(frame["statistic"] == "mean") & (frame["item"] == "")]
    at = {"": labels("head.total")} | {a.code: a.label[labels.language] for a in segment.answers}
    own = frame[(frame["segment"] == "") | (frame["segment"] == segment.name)]
    found = {(r.question, r.level): r for r in own.itertuples()}
    lines = []
    for name in rows.constructs:
        levels = [found.get((name, level)) for level in at]
        if any(r is not None and r.level for r in levels):
            cells = tuple(cell for r in levels for cell in (*estimate_cells(r), count_cell(r, "n")))
            lines.append(Row(labels.question(name), cells))
    columns = tuple(
        Column(labels(f"head.{heading}"), group, role)
        for group in at.values()
        for heading, role in zip(("mean", "low", "high", "n"), ("", "low", "high", "n"), strict=True)
    )
    title = labels("table.by_segment", question=labels("scales.scores"), segment=labels.question(segment.name))
    return replace(_table(rows, "segment", "construct", columns, lines), title=title, segment=segment.name)


def _table(rows: ScaleRows, kind: str, head: str, columns: Sequence[Column], lines: Sequence[Row]) -> PrintedTable:
    labels = rows.labels
    title = labels("scales.scores") if kind == "segment" else labels(f"table.{kind}")
    return PrintedTable(kind, title, labels(f"head.{head}"), tuple(columns), tuple(lines), analysis=ANALYSIS)


def _heads(labels: Labels, *names: str) -> list[Column]:
    return [Column(labels(f"head.{name}")) for name in names]


def _value(row: Any, digits: int = 2) -> Cell:
    """Return the cell of an estimate without its interval; a dash where there is none."""
    if row is None:
        return Cell()
    return Cell(number_in(row.estimate), "decimal", row.status == "small_base", digits)


def _without_empty_columns(table: PrintedTable) -> PrintedTable:
    """Return the table without columns in which nothing stands."""
    used = [
        i
        for i, column in enumerate(table.columns)
        if column.group or column.role or any(row.cells[i].value not in (None, "") for row in table.rows)
    ]
    lines = tuple(replace(row, cells=tuple(row.cells[i] for i in used)) for row in table.rows)
    return replace(table, columns=tuple(table.columns[i] for i in used), rows=lines)


def _with_reasons_below(table: PrintedTable, labels: Labels) -> PrintedTable:
    """Return the table with the reasons of its last column as notes: whose numbers are missing, and why."""
    if not table.columns or table.columns[-1].heading != labels("head.note"):
        return table
    reasons: dict[str, list[str]] = {}
    for row in table.rows:
        if row.cells[-1].value:
            about = reasons.setdefault(str(row.cells[-1].value), [])
            about += [] if (name := row.section if table.kind == "scale_items" else row.label) in about else [name]
    notes = tuple(f"{', '.join(about)}{labels('word.colon')}{why}" for why, about in reasons.items())
    lines = tuple(replace(row, cells=row.cells[:-1]) for row in table.rows)
    return replace(table, columns=table.columns[:-1], rows=lines, notes=notes)


def _told(rows: ScaleRows, table: PrintedTable) -> PrintedTable:
    """Say under a table how its numbers were made, and where they stand."""
    labels, results = rows.labels, rows.results
    frame = results.estimates[ANALYSIS]
    weighed = table.kind in ("segment", "scale_correlations")
    means = table.kind in ("scale_reliability", "scale_items")
    notes = list(table.notes)
    unweighted = not weighed and (frame["note"] == UNWEIGHTED).any()
    if unweighted:
        which = "means_weighted" if means else "marker_weighted" if table.kind == "common_method" else "unweighted"
        notes.append(labels(f"scales.{which}"))
    if any(cell.small for row in table.rows for cell in row.cells):
        notes.append(labels("table.small_base", mark=SMALL))
    methods = labels.join(labels.ci_method(m) for m in _methods(frame, table.kind))
    level = labels.percent(results.confidence_level)
    about = [
        labels(f"scales_note.{table.kind}"),
        labels("table.intervals", level=level, methods=methods) if methods and table.kind != "scale_fit" else "",
        labels.origin(results.wave.origin),
    ]
    design = frame["design"].iloc[0] if weighed or means or not unweighted else ""
    source = labels(
        "scales.source",
        constructs=labels.form.number(len(rows.constructs)),
        weights=labels.design(design) if design else labels("design.unweighted"),
        intervals=methods or labels("scales.no_interval"),
        rows=f"{results.wave.name}/{ANALYSIS}/…",
        file=f"tables/{ANALYSIS}.csv",
    )
    return replace(table, base_note=" ".join(a for a in about if a), notes=tuple(notes), source=source)


def _methods(frame: pd.DataFrame, kind: str) -> list[str]:
    """Return how the intervals of a table were made."""
    statistics = {
        "scale_reliability": ("mean", "alpha"),
        "scale_items": ("loading",),
        "scale_fit": ("rmsea",),
        "common_method": ("marker_correlation",),
        "segment": ("mean",),
    }
    found = frame[frame["statistic"].isin(statistics.get(kind, ())) & (frame["ci_method"] != "")]
    found = found[found["ci_low"].notna()]
    return list(dict.fromkeys(found["ci_method"]))
