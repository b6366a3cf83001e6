"""The tables of trends: what changed in the questionnaire, and each number in two waves and over all."""

from collections.abc import Iterator, Mapping
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

VALUES = ("proportion", "top2", "mean")
Place = tuple[str, str, str]  # item, context, answer


def diff_table(diff: pd.DataFrame, labels: Labels) -> PrintedTable:
    """One row a change, a section a pair of waves; questions asked alike, new and gone stand in one row each."""
    rows = []
    for (wave, wave2), changes in diff.groupby(["wave", "wave2"], sort=False):
        section = labels("trend.pair", first=wave, last=wave2)
        whole = changes[(changes["item"] == "") & changes["change"].isin(["none", "new", "gone"])]
        for r in changes.drop(whole.index).itertuples():
            cells = (
                Cell(labels(f"change.{r.change}")),
                Cell(labels(f"comparability.{r.comparability}")),
                Cell(str(r.before)),
                Cell(str(r.after)),
                Cell(labels.note(str(r.note))),
            )
            rows.append(Row(_asked(labels, str(r.question), str(r.item)), cells, section))
        for change, members in whole.groupby("change", sort=False):
            verdict = labels(f"comparability.{members['comparability'].iloc[0]}")
            names = labels.join(labels.question(name) for name in members["question"])
            label = labels("trend.several", n=labels.form.number(len(members)))
            cells = (Cell(labels(f"change.{change}")), Cell(verdict), Cell(""), Cell(""), Cell(names))
            rows.append(Row(label, cells, section))
    columns = tuple(Column(labels(f"head.{name}")) for name in ("change", "comparability", "before", "after", "note"))
    return PrintedTable("diff", labels("table.codebook_diff"), labels("head.question"), columns, tuple(rows))


def _asked(labels: Labels, name: str, item: str) -> str:
    if not name:
        return labels("trend.whole_wave")
    question = labels.questionnaire.questions.get(name)
    label = labels.question(name)
    return (
        labels("word.colon").join((label, question.item_label(item, labels.language))) if question and item else label
    )


def refused_rows(diff: pd.DataFrame, labels: Labels) -> tuple[tuple[str, str], ...]:
    """Return (question, sentence) of each comparison that is refused, or made in another base than the question's."""
    refused = diff[(diff["note"] != "") & (diff["comparability"] == "not_comparable")]
    return tuple((_asked(labels, r.question, ""), f"{labels.note(r.note)}.") for r in refused.itertuples())


def changes_table(estimates: pd.DataFrame, tests: pd.DataFrame, labels: Labels, name: str) -> Iterator[PrintedTable]:
    """Yield a table of each pair of waves: values, difference, composition and real change, p values."""
    mine = estimates[estimates["question"] == name]
    differences = mine[(mine["statistic"] == "difference") & mine["estimate"].notna()]
    for (level2, level), rows in differences.groupby(["level2", "level"], sort=False):
        yield _pair_table(mine, rows, tests[tests["question"] == name], labels, str(level2), str(level))


def _pair_table(
    mine: pd.DataFrame, rows: pd.DataFrame, tests: pd.DataFrame, labels: Labels, first: str, last: str
) -> PrintedTable:
    question = labels.questionnaire.questions[rows["question"].iloc[0]]
    base = rows["base"].iloc[0]
    of_pair = (mine["level"] == last) & (mine["level2"] == first)
    found = _by_place(mine[(mine["base"] == base) & ((mine["level2"] == "") | of_pair)])
    tested = {
        (r.item, r.context, r.answer, r.test): r for r in tests[tests["comparison"] == f"{first} / {last}"].itertuples()
    }
    panel = [r for r in tests.itertuples() if r.family.endswith(": panel") and r.comparison == f"{first} / {last}"]
    paired = {(r.item, r.context, r.answer): r for r in panel}
    is_share = rows["scale"].iloc[0] == "probability"
    columns = [Column(first), Column(last), Column(_change_heading(labels, is_share)), *bounds(labels)]
    columns += [Column(labels("head.composition")), Column(labels("head.real_change")), *bounds(labels)]
    columns += [Column(labels("head.p_adjusted")), Column(labels("head.p_equivalence"))]
    columns += [Column(labels("head.p_panel"))] if paired else []
    columns += [Column(labels("head.n_of", wave=first)), Column(labels("head.n_of", wave=last))]
    printed, small = [], False
    for place in ((r.item, r.context, r.answer) for r in rows.itertuples()):
        before, after = (_value(found, place, wave) for wave in (first, last))
        small = small or "small_base" in (before.status if before else "", after.status if after else "")
        parts = [found.get((*place, "waves", kind)) for kind in ("difference", "composition", "real_change")]
        p = [tested.get((*place, test)) for test in ("change_t", "equivalence_t")]
        cells = [estimate_cells(before)[0], estimate_cells(after)[0], *_change(parts[0], is_share)]
        cells += [_change(parts[1], is_share)[0], *_change(parts[2], is_share)]
        cells += [Cell(None if r is None else number_in(r.p_adjusted), "p") for r in p]
        cells += [Cell(number_in(paired[place].p_adjusted) if place in paired else None, "p")] if paired else []
        cells += [count_cell(before, "n"), count_cell(after, "n")]
        section = question.item_label(place[1], labels.language) if place[1] else ""
        printed.append(Row(_label(question, place, labels), tuple(cells), section, question.name))
    notes = [labels.note(n) for n in _notes(mine, first, last)]
    notes += [labels("table.small_base", mark=SMALL)] if small else []
    level = labels.percent(float(rows["conf_level"].iloc[0]))
    about = [labels("trend.base", base=labels.base(str(base), question)), labels("trend.parts", level=level)]
    return PrintedTable(
        "changes",
        labels("table.changes", question=labels.question(question.name), first=first, last=last),
        labels("head.item" if question.items else "head.answer"),
        tuple(columns),
        tuple(printed),
        question=question.name,
        base_note=" ".join(about),
        notes=tuple(_sentence(note) for note in notes),
        interval=labels("head.interval", level=level),
    )


def overall_table(estimates: pd.DataFrame, tests: pd.DataFrame, labels: Labels, name: str) -> PrintedTable | None:
    """Return the table of a question over three waves and more: its value in each, the slope, p values."""
    mine = estimates[estimates["question"] == name]
    rows = mine[mine["statistic"] == "slope"]
    if rows.empty:
        return None
    question, base = labels.questionnaire.questions[name], rows["base"].iloc[0]
    waves = list(dict.fromkeys(mine.loc[(mine["wave"] != "waves") & (mine["base"] == base), "wave"]))
    found = _by_place(mine[mine["base"] == base])
    trend = tests[(tests["question"] == name) & tests["family"].str.endswith(": trend")]
    tested = {(r.item, r.context, r.answer, r.test): r for r in trend.itertuples()}
    waves = next(iter(trend["comparison"]), " / ".join(waves)).split(" / ")
    is_share = rows["scale"].iloc[0] == "probability"
    heading = labels(f"head.per_{rows['unit'].iloc[0]}", change=_change_heading(labels, is_share))
    columns = [*(Column(wave) for wave in waves), Column(heading), *bounds(labels)]
    columns += [Column(labels("head.p_slope")), Column(labels("head.p_any"))]
    printed = []
    for r in rows.itertuples():
        place = (r.item, r.context, r.answer)
        cells = [estimate_cells(_value(found, place, wave))[0] for wave in waves]
        cells += _change(r, is_share)
        p = [tested.get((*place, test)) for test in ("slope_t", "any_change_F")]
        cells += [Cell(None if t is None else number_in(t.p_adjusted), "p") for t in p]
        section = question.item_label(place[1], labels.language) if place[1] else ""
        printed.append(Row(_label(question, place, labels), tuple(cells), section, name))
    level = labels.percent(float(rows["conf_level"].iloc[0]))
    about = labels("trend.base", base=labels.base(str(base), question)), labels("trend.line", level=level)
    return PrintedTable(
        "changes",
        labels("table.over_waves", question=labels.question(name)),
        labels("head.item" if question.items else "head.answer"),
        tuple(columns),
        tuple(printed),
        question=name,
        base_note=" ".join(about),
        notes=tuple(_sentence(labels.note(n)) for n in _notes(mine, waves[0], waves[-1])),
        interval=labels("head.interval", level=level),
    )


def families_table(families: pd.DataFrame, labels: Labels, level: float) -> PrintedTable:
    """Return the families of tests across waves, a section an analysis."""
    rows = []
    for r in families.itertuples():
        cells = (
            Cell(labels(f"declared.{r.declared}")),
            count_cell(r, "family_size"),
            Cell(labels(f"adjustment.{r.adjustment}")),
            Cell(number_in(r.smallest_p), "p"),
            Cell(number_in(r.smallest_p_adjusted), "p"),
            count_cell(r, "below_alpha"),
        )
        section = labels.known("analysis", str(r.analysis)) if r.analysis else labels("declared.config")
        rows.append(Row(labels.family(str(r.family)), cells, section))
    names = ("declared", "family_size", "adjustment", "smallest_p", "smallest_p_adjusted")
    columns = [Column(labels(f"head.{name}")) for name in names]
    columns.append(Column(labels("head.below_alpha", alpha=labels.form.number(1 - level, 2))))
    title, head, note = (labels(key) for key in ("table.families", "head.family", "table.families_note"))
    return PrintedTable("families", title, head, tuple(columns), tuple(rows), base_note=note)


def _by_place(rows: pd.DataFrame) -> Mapping[tuple[str, ...], Any]:
    return {(r.item, r.context, r.answer, r.wave, r.statistic): r for r in rows.itertuples()}


def _value(found: Mapping[tuple[str, ...], Any], place: Place, wave: str) -> Any:
    return next((found[*place, wave, kind] for kind in VALUES if (*place, wave, kind) in found), None)


def _change(row: Any, is_share: bool) -> list[Cell]:
    """Return a change with its bounds: in percentage points of shares."""
    if row is None:
        return [Cell(), Cell(), Cell()]
    values = (number_in(value) for value in (row.estimate, row.ci_low, row.ci_high))
    return [
        Cell(None if v is None else 100 * v if is_share else v, "decimal", digits=1 if is_share else 2) for v in values
    ]


def _change_heading(labels: Labels, is_share: bool) -> str:
    return labels("head.change_points" if is_share else "head.change_value")


def _label(question: Question, place: Place, labels: Labels) -> str:
    item, _, answer = place
    if item:
        return question.item_label(item, labels.language)
    return labels.answer(question, answer) if answer and question.answers else labels.question(question.name)


def _notes(rows: pd.DataFrame, first: str, last: str) -> list[str]:
    """Return the notes of the rows of two waves, each part once."""
    mine = rows[(rows["level2"] == first) & (rows["level"] == last)]
    return list(dict.fromkeys(part for note in mine["note"] for part in note.split("; ") if part))


def _sentence(note: str) -> str:
    return f"{note[:1].upper()}{note[1:]}."
