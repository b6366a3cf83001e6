"""The table of a grid of ticks with many contexts: shares of all combinations, one test, and how much a map shows."""

from dataclasses import replace
from typing import Any

import pandas as pd

from b2bsurvey.questionnaire import Question
from b2bsurvey.render.labels import Labels
from b2bsurvey.render.printed import Column, PrintedTable, Row, estimate_cells
from b2bsurvey.render.question_tables import QuestionRows, told
from b2bsurvey.render.results import WaveResults

CROSSED = "crossed"


def crossed_table(results: WaveResults, labels: Labels, analysis: str, question: Question) -> PrintedTable | None:
    """Return the shares of all items in all contexts, the longer side downwards; none of other questions."""
    if not question.is_cross_table:
        return None
    frame = results.estimates[analysis]
    own = frame[(frame["question"] == question.name) & (frame["base"] == question.base) & (frame["segment"] == "")]
    shares = own[(own["statistic"] == "proportion") & (own["answer"] == "ticked")]
    if shares.empty:
        return None
    found: dict[tuple[str, str], Any] = {(r.context, r.item): r for r in shares.itertuples()}
    contexts = {c.code: c.label[labels.language] for c in question.contexts}
    items = {i.code: i.label[labels.language] for i in question.items}
    by_context = len(contexts) >= len(items)
    down, across = (contexts, items) if by_context else (items, contexts)
    printed = []
    for one, label in down.items():
        places = [(one, other) if by_context else (other, one) for other in across]
        cells = tuple(estimate_cells(found.get(place))[0] for place in places)
        printed.append(Row(label, cells, "", question.name))
    table = PrintedTable(
        CROSSED,
        labels("table.crossed", question=labels.question(question.name)),
        labels("head.item"),
        tuple(Column(label) for label in across.values()),
        tuple(printed),
        analysis,
    )
    tests = results.tests[analysis]
    tests = tests[(tests["question"] == question.name) & tests["test_id"].str.endswith("/contexts")]
    rows = QuestionRows(labels, question, list(shares.itertuples()))
    made = told(replace(results, tests={analysis: tests}), labels, table, rows)
    notes = [labels("crossed.ticked"), *_tested(labels, tests), *_inertia(labels, own)]
    return replace(made, notes=(*notes, *made.notes))


def _tested(labels: Labels, tests: pd.DataFrame) -> list[str]:
    """Say what the test of all mentions found."""
    said = []
    for test in tests.itertuples():
        if test.status != "ok":
            said.append(labels("crossed.untested", why=labels.note(test.note)))
            continue
        number = labels.form.number
        pair = labels("word.pair", low=number(test.effect_ci_low, 2), high=number(test.effect_ci_high, 2))
        said.append(
            labels(
                "crossed.test",
                test=labels(f"test.{test.test}"),
                df1=number(test.df1, 1),
                df2=number(test.df2, 0),
                f=number(test.statistic, 2),
                p=labels.form.p_value(test.p_adjusted),
                v=number(test.effect, 2),
                interval=pair,
                n=number(int(test.n)),
            )
        )
        said += [f"{labels.note(test.note)}."] if test.note else []
    return said


def _inertia(labels: Labels, rows: pd.DataFrame) -> list[str]:
    """Say how much two dimensions of the correspondence analysis hold."""
    whole = rows[(rows["statistic"] == "inertia") & (rows["term"] == "")]
    shares = rows[rows["statistic"] == "inertia_share"]
    said = []
    for total in whole.itertuples():
        if pd.isna(total.estimate):
            said.append(labels("crossed.no_inertia", why=labels.note(total.note)))
            continue
        parts = (
            labels("crossed.dimension", k=share.term, share=labels.form.percent(share.estimate))
            for share in shares.itertuples()
        )
        told_of = {"count": labels.form.number(int(total.count)), "total": labels.form.number(total.estimate, 3)}
        said.append(labels("crossed.inertia", **told_of, shares=", ".join(parts)))
    return said
