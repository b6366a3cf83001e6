"""From tidy tables to figures: the flow of respondents, ranked shares, ordered answers, single answers."""

import math
from collections.abc import Mapping
from typing import Literal

import pandas as pd

from b2bsurvey.questionnaire import Questionnaire
from b2bsurvey.render.figures.chart import Chart
from b2bsurvey.render.figures.figure import Figure, draw
from b2bsurvey.render.figures.flow import Flow
from b2bsurvey.render.figures.items import (
    answer_items,
    item_of,
    overall_rows,
    refusal,
    ticked_items,
)
from b2bsurvey.render.figures.likert import Diverging, bars_of, scale_of
from b2bsurvey.render.figures.message import Message
from b2bsurvey.render.figures.plan import Plan, figure_names, plans
from b2bsurvey.render.figures.ranked import Dots
from b2bsurvey.render.figures.style import SIZES, Size
from b2bsurvey.render.figures.wording import Wording
from b2bsurvey.render.labels import Labels
from b2bsurvey.tables import estimates_table

__all__ = ["Figure", "draw_figures", "figure_names"]


def draw_figures(
    tables: Mapping[str, pd.DataFrame],
    questionnaire: Questionnaire,
    language: str,
    origin: str = "observed",
    size: Literal["one-column", "two-column", "slide"] = "two-column",
    study: str = "",
) -> list[Figure]:
    """Return exactly the figures of `figure_names`, drawn from the Estimates tables by analysis.

    `origin` is observed, synthetic or rebuilt; `study` names the source where the questionnaire gives none. A
    figure that cannot be estimated is there too and says why. Page sizes are 89 mm, 183 mm and 13.33 × 7.5 in.
    """
    wave = next((str(table["wave"].iloc[0]) for table in tables.values() if len(table)), "")
    words = Wording(questionnaire, language, origin, study, wave)
    nothing = estimates_table([])
    return [_figure(plan, tables.get(plan.analysis, nothing), words, SIZES[size]) for plan in plans(questionnaire)]


def _figure(plan: Plan, table: pd.DataFrame, words: Wording, size: Size) -> Figure:
    if plan.kind == "flow":
        rows = table[table["question"] == "disposition"]
        flow = Flow(dict(zip(rows["answer"], rows["count"].astype(int), strict=True)), words)
        caption = " ".join([words.source(), *flow.methods()])
        return _drawn(plan, flow, words.say("figure_flow_subtitle"), caption, words, size)
    chart, subtitle = _chart(plan, table, words)
    if any(math.isfinite(i.share) for i in chart.items):
        caption = words.caption(chart.items, words.base(plan.questions, chart.items), *chart.methods())
        return _drawn(plan, chart, subtitle, caption, words, size)
    reason = refusal(table, plan.questions[0])
    why = Labels(words.questionnaire, words.language).note(reason) if reason else words.say("figure_nobody")
    name = words.say("figure_yes_no_subtitle") if plan.kind == "yes_no" else plan.questions[0].short[words.language]
    message = Message(words.say("figure_message", why=why), words.say("figure_message_title", name=name))
    return _drawn(plan, message, subtitle, words.source(), words, size)


def _chart(plan: Plan, table: pd.DataFrame, words: Wording) -> tuple[Dots | Diverging, str]:
    """Return the chart of a plan and its subtitle, the question."""
    language, question = words.language, plan.questions[0]
    rows = overall_rows(table, question, question.base, plan.context)
    subtitle = question.text[language]
    topic = "" if question.short[language] == subtitle else question.short[language]
    if plan.context:
        subtitle += f" – {question.item_label(plan.context, language)}"
    match plan.kind:
        case "battery":
            answered = overall_rows(table, question, "answered", plan.context)
            return Diverging(*bars_of(rows, answered, question, language), scale_of(question), words), subtitle
        case "yes_no":
            shares = (item_of(overall_rows(table, q, q.base), q.short[language], "", "yes") for q in plan.questions)
            subtitle = words.say("figure_yes_no_subtitle")
            return Dots(sorted(shares, key=lambda i: i.order), words, separate=True), subtitle
        case "ticked":
            return Dots(ticked_items(rows, question, language), words, topic), subtitle
        case _:
            return Dots(answer_items(rows, question, language), words, topic), subtitle


def _drawn(plan: Plan, chart: Chart, subtitle: str, caption: str, words: Wording, size: Size) -> Figure:
    question = plan.questions[0].name if plan.questions else ""
    of = {"name": plan.name, "question": question, "analysis": plan.analysis}
    return draw(chart, words, size, subtitle=subtitle, caption=caption, **of)
