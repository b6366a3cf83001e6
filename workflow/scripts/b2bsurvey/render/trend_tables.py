"""The tables of trends: what changed in the questionnaire, and each number in two waves and over all."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pandas as pd

from b2bsurvey.questionnaire import Question, Questionnaire
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


def diff_table(diff: pd.DataFrame, questionnaires: Mapping[str, Questionnaire], labels: Labels) -> PrintedTable:
    """One row a change, a section a pair of waves; questions of which the same is to be said share a row.

    `questionnaires` are those of the waves, for texts in the language of the labels.
    """
    rows = []
    for (wave, wave2), changes in diff.groupby(["wave", "wave2"], sort=False):
        alike = (changes["question"] != "") & (changes[["item", "before", "after"]] == "").all(axis=1)
        section = labels("trend.pair", first=wave, last=wave2)
        for r in changes[~alike].itertuples():
            before, after = _texts(r, questionnaires, labels)
            cells = (*_classed(r, labels), Cell(before), Cell(after), Cell(labels.note(r.note)))
            rows.append(Row(_asked(labels, r.question, r.item, r.answer), cells, section))
        for _, members in changes[alike].groupby(["change", "comparability", "base", "note"], sort=False):
            r = next(members.itertuples())
            names = ", ".join(labels.question(name) for name in members["question"])
            base = labels("trend.base", base=labels.base(r.base)) if r.change == "base" and r.base else ""
            about = " ".join(filter(None, (base, labels.note(r.note) if r.change == "base" else "")))
            rows.append(Row(names, (*_classed(r, labels), Cell(""), Cell(""), Cell(about)), section))
    columns = tuple(Column(labels(f"head.{name}")) for name in ("change", "comparability", "before", "after", "note"))
    return PrintedTable("diff", labels("table.codebook_diff"), labels("head.question"), columns, tuple(rows))


def _classed(row: Any, labels: Labels) -> tuple[Cell, Cell]:
    return Cell(labels(f"change.{row.change}")), Cell(labels(f"comparability.{row.comparability}"))


def _texts(row: Any, questionnaires: Mapping[str, Questionnaire], labels: Labels) -> tuple[str, str]:
    """Return what a row says was before and after: of texts, those in the language of the labels."""
    if row.change == "weighting":
        before, after = (" × ".join(map(labels.question, side.split(" × "))) for side in (row.before, row.after))
        return labels.known("weighted", before), labels.known("weighted", after)
    if row.change != "wording":
        known = "sampling" if row.change == "mode" else "order"
        return labels.known(known, row.before), labels.known(known, row.after)
    before, after = (_text(questionnaires[wave].questions[row.question], row, labels) for wave in (row.wave, row.wave2))
    return before, after


def _text(question: Question, row: Any, labels: Labels) -> str:
    if row.item:
        return question.item_label(row.item, labels.language)
    return question.answer_label(row.answer, labels.language) if row.answer else question.text[labels.language]


def _asked(labels: Labels, name: str, item: str = "", answer: str = "") -> str:
    if not name:
        return labels("trend.whole_wave")
    question = labels.questionnaire.questions.get(name)
    label = labels.question(name)
    if question is None:
        return label
    part = question.item_label(item, labels.language) if item else question.answer_label(answer, labels.language)
    return labels("word.colon").join(filter(None, (label, part)))


def refused_rows(diff: pd.DataFrame, labels: Labels) -> tuple[tuple[str, str], ...]:
    """Return (questions, sentence) of the comparisons that are refused, each sentence once."""
    refused = diff[(diff["note"] != "") & (diff["comparability"] == "not_comparable")]
    found = []
    for note, members in refused.groupby("note", sort=False):
        names = ", ".join(_asked(labels, name) for name in members["question"])
        found.append((names, f"{labels.note(str(note))}."))
    return tuple(found)


def changes_table(estimates: pd.DataFrame, tests: pd.DataFrame, labels: Labels, name: str) -> Iterator[PrintedTable]:
    """Yield a table of each pair of waves: values, difference, composition and real change, p values."""
    mine = estimates[estimates["question"] == name]
    differences = mine[(mine["statistic"] == "difference") & mine["estimate"].notna()]
    for (level2, level, _), rows in differences.groupby(["level2", "level", "base"], sort=False):
        yield _pair_table(mine, rows, tests[tests["question"] == name], labels, str(level2), str(level))


def _pair_table(
    mine: pd.DataFrame, rows: pd.DataFrame, tests: pd.DataFrame, labels: Labels, first: str, last: str
) -> PrintedTable:
    question = labels.questionnaire.questions[rows["question"].iloc[0]]
    base = rows["base"].iloc[0]
    of_pair = (mine["level"] == last) & (mine["level2"] == first)
    found = _by_place(mine[(mine["base"] == base) & ((mine["level2"] == "") | of_pair)])
    p_of = dict(zip(tests["test_id"], tests["p_adjusted"], strict=True))
    ids = [row_id.removesuffix("difference") for row_id in rows["estimate_id"]]
    has_panel = any(f"{start}panel" in p_of for start in ids)
    is_share = rows["scale"].iloc[0] == "probability"
    columns = [Column(first), Column(last), Column(_change_heading(labels, is_share)), *bounds(labels)]
    columns += [Column(labels("head.p_change")), Column(labels("head.p_equivalence"))]
    columns += [Column(labels("head.p_panel"))] if has_panel else []
    columns += [Column(labels("head.composition")), Column(labels("head.real_change")), *bounds(labels)]
    printed, values = [], []
    for r, start in zip(rows.itertuples(), ids, strict=True):
        place = (r.item, r.context, r.answer)
        before, after = (_value(found, place, wave) for wave in (first, last))
        values.append((before, after))
        parts = [found.get((*place, "waves", kind)) for kind in ("difference", "composition", "real_change")]
        kinds = ("difference", "equivalence", *(["panel"] if has_panel else []))
        cells = [estimate_cells(before)[0], estimate_cells(after)[0], *_change(parts[0], is_share)]
        cells += [Cell(number_in(p_of.get(f"{start}{kind}")), "p") for kind in kinds]
        cells += [_change(parts[1], is_share)[0], *_change(parts[2], is_share)]
        section = question.item_label(place[1], labels.language) if place[1] else ""
        printed.append(Row(_label(question, place, labels), tuple(cells), section, question.name))
    of_base = mine[mine["base"] == base]
    notes = [labels.note(n) for n in _notes(of_base, first, last)]
    small = any(row is not None and row.status == "small_base" for pair in values for row in pair)
    notes = [_sentence(note) for note in notes] + ([labels("table.small_base", mark=SMALL)] if small else [])
    bases = [_range(labels, [row.n for row in side if row is not None]) for side in zip(*values, strict=True)]
    level = labels.percent(float(rows["conf_level"].iloc[0]))
    numbers = {"first": first, "last": last, "n": bases[0], "m": bases[1]}
    return PrintedTable(
        "changes",
        labels("table.changes", question=labels.question(question.name), first=first, last=last),
        labels("head.item" if question.items else "head.answer"),
        tuple(columns),
        tuple(printed),
        question=question.name,
        base_note=labels("trend.base_of_two", base=labels.base(str(base), question), **numbers),
        notes=tuple(notes),
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
        notes=tuple(_sentence(labels.note(n)) for n in _notes(rows, waves[0], waves[-1])),
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
    """Return the notes of the rows of two waves, each part once; the base stands in the caption."""
    mine = rows[(rows["level2"] == first) & (rows["level"] == last)]
    parts = dict.fromkeys(part for note in mine["note"] for part in note.split("; ") if part)
    return [part for part in parts if not part.startswith("compared in the base")]


def _range(labels: Labels, values: Iterable[int]) -> str:
    found = sorted(int(value) for value in values)
    return "–".join(labels.form.number(n) for n in dict.fromkeys((found[0], found[-1])))


def _sentence(note: str) -> str:
    return f"{note[:1].upper()}{note[1:]}."
