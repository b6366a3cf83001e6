"""From the table of trends to its figures: lines over waves, or waves side by side where lines would tangle."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import pandas as pd

from b2bsurvey.questionnaire import Question, Questionnaire
from b2bsurvey.render.figures.chart import Chart
from b2bsurvey.render.figures.figure import Figure, draw
from b2bsurvey.render.figures.items import Item, item_of, known, value_of
from b2bsurvey.render.figures.slope import Course, Slopes
from b2bsurvey.render.figures.small_multiples import Facet, SmallMultiples
from b2bsurvey.render.figures.style import SIZES
from b2bsurvey.render.figures.value import NAN, UNKNOWN, Value
from b2bsurvey.render.figures.wording import Wording

LINES_AT_MOST = 9
SHARES = ("proportion", "top2")


@dataclass(frozen=True)
class Series:
    """The waves of a series in the order of time, and what the last of them was asked."""

    waves: tuple[str, ...]
    questionnaire: Questionnaire
    origin: str


@dataclass(frozen=True)
class _Line:
    """What one line or row of a figure is of."""

    item: str
    answer: str
    statistic: str


def draw_trends(
    estimates: pd.DataFrame,
    tests: pd.DataFrame,
    series: Sequence[Series],
    language: str,
    size: Literal["one-column", "two-column", "slide"] = "two-column",
    study: str = "",
) -> list[Figure]:
    """Return a figure for each finding, base and context whose shares are compared, in the order of the tables.

    `estimates` and `tests` are those of `wave_changes`. A question that two series ask bears the last wave's name.
    """
    figures: dict[str, Figure] = {}
    for each in series:
        words = Wording(each.questionnaire, language, each.origin, study, "waves")
        # of the composition of the sample a table is enough
        found = estimates[estimates["wave"].isin(each.waves) & (estimates["analysis"] != "sample")]
        rows = found[found["statistic"].isin(SHARES)]
        places = rows[["analysis", "question", "base", "context"]].drop_duplicates().itertuples(index=False)
        for analysis, name, base, context in places:
            parts = [analysis, name, context, base if _several_bases(rows, name) else ""]
            chart = _chart(estimates, tests, each, words, (name, base, context))
            if chart is None:
                continue
            key = "_".join(part for part in parts if part)
            key = key if key not in figures else f"{each.waves[-1]}_{key}"
            question = replace(each.questionnaire.questions[name], base=base)
            figures[key] = draw(
                chart,
                words,
                SIZES[size],
                name=key,
                question=name,
                analysis=analysis,
                subtitle=_subtitle(question, context, language),
                caption=words.caption(
                    chart.items,
                    words.base([question], known(chart.items)),
                    *chart.methods(),
                    *_cautions(tests, name, words),
                ),
            )
    return list(figures.values())


def _several_bases(rows: pd.DataFrame, name: str) -> bool:
    return rows.loc[rows["question"] == name, "base"].nunique() > 1


def _subtitle(question: Question, context: str, language: str) -> str:
    place = f" – {question.item_label(context, language)}" if context else ""
    return question.text[language] + place


def _cautions(tests: pd.DataFrame, name: str, words: Wording) -> Iterator[str]:
    """Say what a reader must know of the comparison, once for all items."""
    notes = tests.loc[tests["question"] == name, "note"]
    shared = set.intersection(*(set(note.split("; ")) for note in notes)) if len(notes) else set()
    for note in sorted(shared - {""}):
        if note.startswith("comparable with care"):
            yield words.sentence(note)


def _chart(
    estimates: pd.DataFrame, tests: pd.DataFrame, series: Series, words: Wording, place: tuple[str, str, str]
) -> Chart | None:
    name, base, context = place
    question, language = series.questionnaire.questions[name], words.language
    mine = estimates[(estimates["question"] == name) & (estimates["base"] == base) & (estimates["context"] == context)]
    values = mine[mine["statistic"].isin(SHARES)]
    waves = [wave for wave in series.waves if (values["wave"] == wave).any()]
    if len(waves) < 2:
        return None
    found = {(r["wave"], _Line(r["item"], r["answer"], r["statistic"])): r for r in values.to_dict("records")}
    lines = list(dict.fromkeys(line for _, line in found))
    items = {
        (wave, line): _item(found.get((wave, line)), _label(question, line, language))
        for wave in waves
        for line in lines
    }
    changes = {line: _change(mine, tests, line, (waves[0], waves[-1])) for line in lines}
    lines.sort(key=lambda line: items[waves[-1], line].order)
    adjustment = next(iter(tests["adjustment"]), "holm")
    if len(lines) <= LINES_AT_MOST:
        courses = [
            Course(_label(question, line, language), [items[wave, line] for wave in waves], changes[line])
            for line in lines
        ]
        return Slopes(courses, waves, words, adjustment)
    facets = [Facet(wave, [items[wave, line] for line in lines]) for wave in waves]
    p = tuple(changes[line].p for line in lines)
    return SmallMultiples(facets, words.say("word.wave"), words, p, adjustment)


def _label(question: Question, line: _Line, language: str) -> str:
    if line.item:
        return question.item_label(line.item, language)
    return " + ".join(question.answer_label(code, language) for code in line.answer.split("+"))


def _item(row: dict[Any, Any] | None, label: str) -> Item:
    if row is None:
        return Item(label)
    return item_of({("", "", ""): row}, label, "", "", "")


def _change(rows: pd.DataFrame, tests: pd.DataFrame, line: _Line, waves: tuple[str, str]) -> Value:
    """Return the difference of the last and the first wave, with the adjusted p value of its test, which has its id."""
    same = (rows["item"] == line.item) & (rows["answer"] == line.answer) & (rows["statistic"] == "difference")
    found = rows[same & (rows["level"] == waves[1]) & (rows["level2"] == waves[0])]
    if found.empty or not math.isfinite(found["estimate"].iloc[0]):
        return UNKNOWN
    row = found.iloc[0].to_dict()
    tested = tests.loc[tests["test_id"] == row["estimate_id"], "p_adjusted"].dropna()
    return value_of(row, next((float(p) for p in tested), NAN))
