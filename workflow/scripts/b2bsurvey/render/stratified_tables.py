"""The tables of two segments at once: the share in every combination, with its base."""

from collections.abc import Iterator
from dataclasses import replace
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
    """Yield a table for each pair of segments: levels of the longer one downwards, of the other across."""
    frame = results.estimates[analysis]
    own = frame[(frame["question"] == question.name) & (frame["statistic"] == STRATIFIED) & (frame["level"] != "")]
    for (one, other), rows in own.groupby(["segment", "segment2"], sort=False):
        first, second = (results.questionnaire.questions[name] for name in (one, other))
        turned, down, across = rows, first, second
        if len(second.answers) > len(first.answers):
            turned, down, across = rows.rename(columns={"level": "level2", "level2": "level"}), second, first
        found: dict[tuple[str, str, str], Any] = {(r.answer, r.level, r.level2): r for r in turned.itertuples()}
        groups = [answer.label[labels.language] for answer in across.answers]
        columns = [
            column
            for group in groups
            for column in (
                Column(labels("head.share"), group),
                *(Column(bound.heading, group, bound.role) for bound in bounds(labels)),
                Column(labels("head.n"), group, "n"),
            )
        ]
        printed = []
        for code in (codes := dict.fromkeys(rows["answer"])):
            section = labels.answer(question, code) if len(codes) > 1 else ""
            for level in down.answers:
                places = [found.get((code, level.code, place.code)) for place in across.answers]
                cells = tuple(cell for row in places for cell in (*estimate_cells(row), count_cell(row, "n")))
                printed.append(Row(level.label[labels.language], cells, section, question.name))
        segments = f"{labels.question(down.name)} × {labels.question(across.name)}"
        title = labels("table.by_segment", question=labels.question(question.name), segment=segments)
        table = PrintedTable(
            STRATIFIED, title, labels.question(down.name), tuple(columns), tuple(printed), analysis, segment=str(one)
        )
        untested = replace(results, tests={analysis: results.tests[analysis].iloc[:0]})  # models test the pair
        yield told(untested, labels, table, QuestionRows(labels, question, list(rows.itertuples())))
