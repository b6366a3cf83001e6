"""From tidy tables to figures: what a questionnaire calls for, drawn from what the analyses found."""

from collections.abc import Mapping
from typing import Literal

import pandas as pd

from b2bsurvey.questionnaire import Questionnaire
from b2bsurvey.render.figures.charts import SUBTITLES, chart_of, subtitle_of
from b2bsurvey.render.figures.figure import Figure, draw
from b2bsurvey.render.figures.items import known, refusal
from b2bsurvey.render.figures.message import Message
from b2bsurvey.render.figures.plan import Plan, figure_names, models, plans
from b2bsurvey.render.figures.style import SIZES, Size
from b2bsurvey.render.figures.wording import Wording
from b2bsurvey.render.labels import Labels
from b2bsurvey.tables import estimates_table, tests_table

__all__ = ["Figure", "draw_figures", "figure_names"]


def draw_figures(
    tables: Mapping[str, pd.DataFrame],
    questionnaire: Questionnaire,
    language: str,
    origin: str = "observed",
    size: Literal["one-column", "two-column", "slide"] = "two-column",
    study: str = "",
) -> list[Figure]:
    """Return exactly the figures of `figure_names`, drawn from the Estimates and Tests tables.

    `tables` maps `ANALYSIS` and `ANALYSIS_tests` to tables; `origin` is observed, synthetic or rebuilt; `study` names
    the source where the questionnaire gives none. A figure that cannot be estimated is there too and says why. Page
    sizes are 89 mm, 183 mm and 13.33 × 7.5 in.
    """
    wave = next((str(table["wave"].iloc[0]) for table in tables.values() if len(table)), "")
    words = Wording(questionnaire, language, origin, study, wave)
    return [_figure(plan, tables, words, SIZES[size]) for plan in _planned(tables, questionnaire)]


def _planned(tables: Mapping[str, pd.DataFrame], questionnaire: Questionnaire) -> list[Plan]:
    """Return the plans of the questionnaire, with the models that the tables hold: the config may name others."""
    table = tables.get("models", estimates_table([]))
    table = table[table["context2"] == ""]  # those of two contexts are planned by the questionnaire
    named = zip(table["model"], table["question"], strict=True)
    return [plan for plan in plans(questionnaire) if plan.kind != "forest"] + models(questionnaire, named)


def _figure(plan: Plan, tables: Mapping[str, pd.DataFrame], words: Wording, size: Size) -> Figure:
    estimates = tables.get(plan.analysis, estimates_table([]))
    chart = chart_of(plan, estimates, tables.get(f"{plan.analysis}_tests", tests_table([])), words)
    if chart is None:
        chart = _message(plan, estimates, words)
    items = known(chart.items)
    base = words.base(plan.questions, items) if items else ""
    return draw(
        chart,
        words,
        size,
        name=plan.name,
        question=plan.questions[0].name if plan.questions else "",
        analysis=plan.analysis,
        estimable=not isinstance(chart, Message),
        subtitle=subtitle_of(plan, words),
        caption=words.caption(chart.items, base, *chart.methods()),
    )


def _message(plan: Plan, estimates: pd.DataFrame, words: Wording) -> Message:
    """Say why a figure cannot be estimated."""
    question = plan.questions[0]
    reason = refusal(estimates, question, plan.segment)
    described = (estimates["question"] == question.name).any()
    why = words.say("figure_not_in_tables" if described else "figure_nobody")
    if reason:
        why = Labels(words.questionnaire, words.language).note(reason)
    name = subtitle_of(plan, words) if plan.kind in (*SUBTITLES, "loadings") else question.short[words.language]
    return Message(words.say("figure_message", why=why), words.say("figure_message_title", name=name))
