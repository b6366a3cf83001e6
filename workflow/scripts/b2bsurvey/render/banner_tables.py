"""Banner tables of the workbook: questions down, all segments across, with letters where columns differ.

One table an analysis. Letters begin anew in each segment, and say which columns of it a share or mean is above.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from string import ascii_uppercase
from typing import Any

import pandas as pd

from b2bsurvey.questionnaire import DESCRIBING, Question
from b2bsurvey.render.labels import Labels
from b2bsurvey.render.printed import SMALL, Cell, Column, PrintedTable, Row, estimate_cells, number_in
from b2bsurvey.render.question_tables import PRINTED, QuestionRows
from b2bsurvey.render.results import WaveResults

BANNER = "banner"
MEANS = (("", "mean"), ("", "ratio"), ("", "median"))
# what stands below a question: where its lines agree, and where they differ
BASES = {
    "n": ("banner.n", "banner.n_smallest"),
    "n_weighted": ("banner.n_weighted", "banner.n_weighted_smallest"),
    "n_effective": ("banner.n_effective", "banner.n_effective_smallest"),
}
DIRECTED = ("difference", "rank_biserial", "cohens_d")  # effects above 0 where the first of two is
STRICTER = 5  # times rarer by chance than what a small letter marks

# question, item, context, answer ("" of means) and segment of a row → level → the levels below it → adjusted p
Above = Mapping[tuple[str, ...], Mapping[str, Mapping[str, float]]]


@dataclass(frozen=True)
class BannerColumn:
    """A column: the level of a segment, or those who use an item of a question with several; no segment: all."""

    segment: str
    level: str
    label: str
    group: str
    letter: str


@dataclass(frozen=True)
class Banner:
    """What the lines of a banner have in common: the levels of p, whether n is weighted, its columns and letters."""

    labels: Labels
    alpha: float
    weighted: bool
    columns: tuple[BannerColumn, ...]
    above: Above


def banner_table(results: WaveResults, labels: Labels, analysis: str) -> PrintedTable | None:
    """Return the banner of an analysis; None where it describes no question that is broken down."""
    questions = _questions(results, analysis)
    if analysis not in DESCRIBING or BANNER not in results.tests or not questions:
        return None
    alpha = round(1 - results.confidence_level, 10)
    tests = pd.concat([results.tests[BANNER], results.tests[analysis]])
    frames = [results.estimates[analysis], results.estimates[BANNER]]
    estimates = pd.concat([frame for frame in frames if len(frame)])
    shown = estimates[estimates["statistic"].isin(PRINTED)]
    asked = shown[shown["question"].isin([q.name for q in questions]) & (shown["n"] > 0)]
    columns = tuple(_columns(results, labels, set(zip(asked["segment"], asked["level"], strict=True))))
    weighted = bool((shown["n_effective"].notna() & (shown["n_effective"] != shown["n"])).any())
    banner = Banner(labels, alpha, weighted, columns, _above(tests))
    lines: list[Row] = []
    bases = {}
    for question in questions:
        rows = QuestionRows(labels, question, list(shown[shown["question"] == question.name].itertuples()))
        bases[question.name] = labels.base(rows.default, question)
        lines += _of_question(banner, rows)
    own = tests[tests["question"].isin([q.name for q in questions])]
    adjustment = labels.join(labels(f"adjustment.{code}") for code in own.loc[own["role"] == "posthoc", "adjustment"])
    small = any(cell.small for line in lines for cell in line.cells)
    base = labels.join(bases.values())
    return PrintedTable(
        BANNER,
        labels("banner.title", analysis=labels.known("analysis", analysis)),
        labels("banner.head"),
        tuple(Column(column.label, column.group, letter=column.letter) for column in columns),
        tuple(lines),
        analysis=analysis,
        base_note=" ".join(filter(None, (labels("banner.base", base=base), labels.origin(results.wave.origin)))),
        notes=(
            labels(
                "banner.letters",
                loose=labels.form.number(alpha, 2),
                strict=labels.form.number(alpha / STRICTER, 2),
                adjustment=adjustment,
            ),
            labels("banner.method", mark=SMALL),
            labels("banner.spss"),
            *([labels("table.small_base", mark=SMALL)] if small else []),
        ),
        source=labels("banner.source", analysis=analysis, weights=labels.design(str(shown["design"].iloc[0]))),
    )


def is_bannered(results: WaveResults, question: Question, segment: Question) -> bool:
    """Tell whether a question × segment stands in a banner, and needs no table of its own in the workbook."""
    return BANNER in results.tests and question.name in results.questionnaire.described and bool(segment.answers)


def _questions(results: WaveResults, analysis: str) -> list[Question]:
    """The questions that the analysis describes before all others, and that are broken down by something."""
    questionnaire, frame = results.questionnaire, results.estimates[analysis]
    mine = [name for name, first in questionnaire.described.items() if first == analysis]
    broken_down = set(frame.loc[(frame["segment"] != "") & (frame["level"] != ""), "question"])
    return [questionnaire.questions[name].as_asked for name in mine if name in broken_down]


def _columns(results: WaveResults, labels: Labels, used: set[tuple[str, str]]) -> Iterator[BannerColumn]:
    """Yield all respondents, then the columns of each segment that has more than one with respondents."""
    yield BannerColumn("", "", labels("head.total"), "", "")
    questionnaire = results.questionnaire
    levels = {s.name: {a.code: a.label for a in s.answers} for s in _segments(results)}
    levels |= {q.name: {i.code: i.label for i in q.items if not i.exclusive} for q in questionnaire.overlapping}
    for name, codes in levels.items():
        present = [(code, label) for code, label in codes.items() if (name, code) in used]
        for place, (code, label) in enumerate(present if len(present) > 1 else ()):
            yield BannerColumn(name, code, label[labels.language], labels.question(name), letter(place))


def _segments(results: WaveResults) -> Iterable[Question]:
    """The segments, and what stands in place of one beside some question."""
    questionnaire = results.questionnaire
    beside = [s for name in questionnaire.described for s in questionnaire.segments_of(questionnaire.questions[name])]
    return {s.name: s for s in (*questionnaire.segments, *beside)}.values()


def letter(place: int) -> str:
    """Return the letter of the column at `place` of its segment, from 0: A to Z, then AA, AB, …"""
    before, last = divmod(place, len(ascii_uppercase))
    return (letter(before - 1) if before else "") + ascii_uppercase[last]


def _above(tests: pd.DataFrame) -> Above:
    """Return which levels are above which, by the pairs of columns, the pairs of means, and tests of two groups."""
    of_pairs = (tests["segment"] != "") & tests["p_adjusted"].notna() & tests["effect"].notna()
    found: dict[tuple[str, ...], dict[str, dict[str, float]]] = {}
    for r in tests[of_pairs & tests["role"].isin(["posthoc", "test"])].itertuples():
        codes = str(r.comparison).split(" / ")
        if len(codes) == 2 and r.effect_name in DIRECTED and r.effect:
            high, low = codes if r.effect > 0 else codes[::-1]
            place = (r.question, r.item, r.context, r.answer, r.segment)
            found.setdefault(place, {}).setdefault(high, {})[low] = r.p_adjusted
    return found


def _of_question(banner: Banner, rows: QuestionRows) -> Iterator[Row]:
    """Yield the lines of a question: a section a measure and context, each with its letters and its bases."""
    question, labels = rows.question, banner.labels
    kinds = [k for k in _kinds(rows) if any(rows.get(place, k) is not None for place in rows.places)]
    contexts = [c.code for c in question.contexts] or [""]
    name = labels.question(question.name)
    sections: list[tuple[str, list[tuple[str, tuple[str, str], tuple[str, str]]]]] = []
    if not question.items:
        sections.append((name, [(rows.label(kind), ("", ""), kind) for kind in kinds]))
    for kind in kinds if question.items else []:
        for context in contexts:
            # what a tick is needs no words
            words = (rows.item(context) if context else "", "" if kind[0] == "ticked" else rows.label(kind))
            title = labels("word.colon").join(filter(None, (name, " · ".join(filter(None, words)))))
            places = [place for place in rows.places if place[1] == context]
            sections.append((title, [(rows.item(place[0]), place, kind) for place in places]))
    known: tuple[Cell, ...] = ()
    for title, lines in sections:
        bases = []
        for label, place, kind in lines:
            found = [_found(rows, place, kind, column) for column in banner.columns]
            yield Row(label, tuple(_cell(row, kind) for row in found), title, question.name)
            marks = tuple(_marks(banner, rows, place, kind, found))
            if any(marks):
                yield Row("", tuple(Cell(mark, "letters") for mark in marks), title, question.name)
            bases.append(found)
        shown = list(_base_rows(banner, bases, title, question.name))
        if shown and shown[0].cells != known:
            yield from shown
            known = shown[0].cells


def _kinds(rows: QuestionRows) -> list[tuple[str, str]]:
    """The (answer, statistic) pairs of a question in a banner: the shares that are compared, then means."""
    boxes = {answer for answer, statistic in rows.kinds(rows.default) if statistic == "top2"}
    return [*((a, "top2" if a in boxes else "proportion") for a in rows.question.compared_answers), *MEANS]


def _found(rows: QuestionRows, place: tuple[str, str], kind: tuple[str, str], column: BannerColumn) -> Any:
    at = (column.segment, column.level)
    row = rows.get(place, kind, at=at)
    # columns that overlap have their boxes as shares
    return rows.get(place, (kind[0], "proportion"), at=at) if row is None and kind[1] == "top2" else row


def _cell(row: Any, kind: tuple[str, str]) -> Cell:
    return Cell("") if row is None else estimate_cells(row)[0]


def _marks(
    banner: Banner, rows: QuestionRows, place: tuple[str, str], kind: tuple[str, str], found: list[Any]
) -> Iterator[str]:
    """Yield the letters of a line, one text a column: of the columns that it is above; none for small bases."""
    compared = {
        (column.segment, column.level)
        for column, row in zip(banner.columns, found, strict=True)
        if row is not None and row.status == "ok"
    }
    for column in banner.columns:
        key = (rows.question.name, *place, kind[0], column.segment)
        below = banner.above.get(key, {}).get(column.level, {}) if kind != ("", "median") else {}
        letters = [
            other.letter if below[other.level] < banner.alpha / STRICTER else other.letter.lower()
            for other in banner.columns
            if other.segment == column.segment and other.level in below and below[other.level] < banner.alpha
            if {(column.segment, column.level), (other.segment, other.level)} <= compared
        ]
        yield ("" if all(len(one) == 1 for one in letters) else " ").join(letters)


def _base_rows(banner: Banner, lines: list[list[Any]], title: str, question: str) -> Iterator[Row]:
    """Yield n, and of weighted results the weighted and the effective n; the smallest where the lines differ."""
    for name in list(BASES) if banner.weighted else ["n"]:
        columns = list(zip(*([_base(row, name) for row in line] for line in lines), strict=True))
        known = [[n for n in column if n is not None] for column in columns]
        same = all(len(set(column)) < 2 for column in known)
        label = banner.labels(BASES[name][not same])
        cells = (Cell(min(column), "count") if column else Cell("") for column in known)
        yield Row(label, tuple(cells), title, question)


def _base(row: Any, name: str) -> float | int | None:
    return None if row is None else number_in(getattr(row, name))
