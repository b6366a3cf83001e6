"""The tables of open answers: how far two codings agree, and cleared answers word for word."""

from collections.abc import Iterator
from typing import Any

from b2bsurvey.questionnaire import Question
from b2bsurvey.render.labels import Labels
from b2bsurvey.render.printed import Cell, Column, PrintedTable, Row, bounds, count_cell, number_in
from b2bsurvey.render.results import WaveResults

ANALYSIS = "open_answers"
CODING_TABLES = ("quotes", "agreement")


def coding_tables(results: WaveResults, labels: Labels) -> Iterator[PrintedTable]:
    """Yield the quotes of each coded question, and its agreement with each other coding of the same answers."""
    frame = results.estimates[ANALYSIS]
    for name, part in frame.groupby("question", sort=False):
        if name not in results.questionnaire.questions:
            continue
        question, rows = results.questionnaire.questions[str(name)], list(part.itertuples())
        if any(r.statistic == "quote" for r in rows):
            yield _quotes(results, labels, question, rows)
        for other in dict.fromkeys(r.reference for r in rows if r.statistic == "kappa"):
            yield _agreement(results, labels, question, other, rows)


def _agreement(results: WaveResults, labels: Labels, question: Question, other: str, rows: list[Any]) -> PrintedTable:
    """One row a theme and one for all together: kappa, alpha, and how often both codings say the same."""
    found = {(r.statistic, r.item): r for r in rows if r.reference == other}
    found |= {(r.statistic, r.item): r for r in rows if r.statistic == "krippendorff_alpha"}
    printed = []
    for theme in (item for statistic, item in found if statistic == "kappa"):
        kappa, alpha, agreed = (found.get((s, theme)) for s in ("kappa", "krippendorff_alpha", "agreement"))
        cells = (*_cells(kappa), *_cells(alpha), Cell(agreed and number_in(agreed.estimate), "share"))
        label = question.item_label(theme, labels.language) if theme else labels("coding.all_themes")
        printed.append(Row(label, (*cells, count_cell(kappa, "n")), "", question.name))
    columns = (
        *(Column(labels("head.kappa")), *bounds(labels), Column(labels("head.krippendorff_alpha")), *bounds(labels)),
        *(Column(labels("head.agreement")), Column(labels("head.n"))),
    )
    methods = labels.join(labels.ci_method(r.ci_method) for r in found.values() if r.ci_method)
    about = [
        labels("coding.about_agreement"),
        labels("table.intervals", level=labels.percent(results.confidence_level), methods=methods) if methods else "",
        labels.origin(results.wave.origin),
    ]
    why = dict.fromkeys(r.note for r in found.values() if r.note)
    title = labels("table.agreement", one=labels.question(question.name), other=labels.question(other))
    return PrintedTable(
        "agreement",
        title,
        labels("head.theme"),
        columns,
        tuple(printed),
        analysis=ANALYSIS,
        question=question.name,
        subtitle=question.text[labels.language],
        base_note=" ".join(part for part in about if part),
        notes=tuple(f"{labels.note(note)[:1].upper()}{labels.note(note)[1:]}." for note in why),
    )


def _cells(row: Any) -> tuple[Cell, ...]:
    if row is None:
        return Cell(), Cell(), Cell()
    names = ("estimate", "ci_low", "ci_high")
    return tuple(Cell(number_in(getattr(row, name)), "decimal", digits=2) for name in names)


def _quotes(results: WaveResults, labels: Labels, question: Question, rows: list[Any]) -> PrintedTable:
    """One row a quote, in the section of its theme: the words, and how many wrote just them."""
    quotes = [r for r in rows if r.statistic == "quote"]
    printed = [
        Row(r.answer, (count_cell(r, "count"),), question.item_label(r.item, labels.language), question.name)
        for r in quotes
    ]
    return PrintedTable(
        "quotes",
        labels("table.quotes", question=labels.question(question.name)),
        labels("head.quote"),
        (Column(labels("head.count")),),
        tuple(printed),
        analysis=ANALYSIS,
        question=question.name,
        subtitle=question.text[labels.language],
        base_note=" ".join(
            part for part in (labels("coding.about_quotes"), labels.origin(results.wave.origin)) if part
        ),
    )
