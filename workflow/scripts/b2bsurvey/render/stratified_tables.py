"""The tables of two segments at once: the share in every combination, with its base."""

from collections.abc import Iterator
from typing import Any

from b2bsurvey.questionnaire import Question
from b2bsurvey.render.labels import Labels
from b2bsurvey.render.printed import Column, PrintedTable, Row, bounds, count_cell, estimate_cells
from b2bsurvey.render.question_tables import QuestionRows, told
from b2bsurvey.render.results import WaveResults
from b2bsurvey.stratified import STRATIFIED


def stratified_tables(
    results: WaveResults, labels: Labels, analysis: str, question: Question
) -> Iterator[PrintedTable]:
    """Yield a table for each pair of segments: levels of the first downwards, of the second across."""
    frame = results.estimates[analysis]
    own = frame[(frame["question"] == question.name) & (frame["statistic"] == STRATIFIED) & (frame["level"] != "")]
    for (one, other), rows in own.groupby(["segment", "segment2"], sort=False):
        first, second = (results.questionnaire.questions[name] for name in (one, other))
        found: dict[tuple[str, str, str], Any] = {(r.answer, r.level, r.level2): r for r in rows.itertuples()}
        columns = [
            column
            for answer in second.answers
            for column in (
                Column(labels("head.share"), answer.label[labels.language]),
                *(Column(bound.heading, answer.label[labels.language], bound.role) for bound in bounds(labels)),
                Column(labels("head.n"), answer.label[labels.language], "n"),
            )
        ]
        answers = list(dict.fromkeys(rows["answer"]))
        printed = []
        for code in answers:
            for level in first.answers:
                groups = [found.get((code, level.code, across.code)) for across in second.answers]
                cells = tuple(cell for row in groups for cell in (*estimate_cells(row), count_cell(row, "n")))
                printed.append(Row(level.label[labels.language], cells, labels.answer(question, code), question.name))
        segments = f"{labels.question(one)} × {labels.question(other)}"
        title = labels("table.by_segment", question=labels.question(question.name), segment=segments)
        table = PrintedTable(
            STRATIFIED, title, labels.question(one), tuple(columns), tuple(printed), analysis, segment=str(one)
        )
        yield told(results, labels, table, QuestionRows(labels, question, list(rows.itertuples())))
