"""From the tables of the analysis `scales` to its charts: reliability, correlations of scores, loadings of items."""

import math

import pandas as pd

from b2bsurvey.render.figures.chart import Chart
from b2bsurvey.render.figures.items import value_of
from b2bsurvey.render.figures.matrix import Matrix, MatrixRow
from b2bsurvey.render.figures.plan import Plan
from b2bsurvey.render.figures.reliability import Reliability, ScaleReliability
from b2bsurvey.render.figures.value import Value
from b2bsurvey.render.figures.wording import Wording


def scale_chart(plan: Plan, estimates: pd.DataFrame, words: Wording) -> Chart | None:
    """Return the chart of a planned figure of scales; none where the tables hold no estimate for it."""
    known = estimates[estimates["estimate"].notna() & (estimates["segment"] == "")]
    match plan.kind:
        case "reliability":
            return _reliability(plan, known, words)
        case "correlations":
            return _correlations(plan, known, words)
        case _:
            return _loadings(plan, known, words)


def _reliability(plan: Plan, known: pd.DataFrame, words: Wording) -> Chart | None:
    of_scales = known[known["item"] == ""]
    alphas, omegas = (
        {row["construct"]: row for row in of_scales[of_scales["statistic"] == statistic].to_dict("records")}
        for statistic in ("alpha", "omega")
    )
    scales = [
        ScaleReliability(
            question.short[words.language],
            value_of(alphas[question.name]),
            float(omegas[question.name]["estimate"]) if question.name in omegas else math.nan,
            int(alphas[question.name]["n"]),
            alphas[question.name]["status"] == "small_base",
        )
        for question in plan.questions
        if question.name in alphas
    ]
    return Reliability(sorted(scales, key=lambda s: -s.alpha.estimate), words) if scales else None


def _correlations(plan: Plan, known: pd.DataFrame, words: Wording) -> Chart | None:
    """Return the correlations of scores, each pair once: below the diagonal."""
    found = known[known["statistic"] == "correlation"]
    if found.empty:
        return None
    cells = {(row["construct"], row["item2"]): value_of(row) for row in found.to_dict("records")}
    labels = [question.short[words.language] for question in plan.questions]
    rows = [
        MatrixRow(label, tuple(cells.get((other.name, one.name)) for other in plan.questions))
        for label, one in zip(labels, plan.questions, strict=True)
    ]
    base = words.say("figure_correlations_base", n=words.range(found["n"].astype(int)))
    return Matrix(rows, labels, "correlation", words, notes=[base])


def _loadings(plan: Plan, known: pd.DataFrame, words: Wording) -> Chart | None:
    """Return the loadings of a battery's items after the oblique rotation, items in the order of the battery."""
    battery = plan.questions[0]
    found = known[(known["question"] == battery.name) & (known["model"] == "efa_oblimin")]
    found = found[(found["statistic"] == "loading") & (found["term"] != "")]
    if found.empty:
        return None
    cells = {(row["item"], row["term"]): Value(float(row["estimate"])) for row in found.to_dict("records")}
    terms = list(dict.fromkeys(found["term"]))
    turned = {item.code for item in battery.items if item.reversed}
    rows = []
    for variable in (v for v in battery.variables if (v.name, terms[0]) in cells):
        label = battery.item_label(variable.item, words.language)
        label = words.say("scales.reversed", item=label) if variable.item in turned else label
        rows.append(MatrixRow(label, tuple(cells[variable.name, term] for term in terms)))
    columns = [words.say("figure_factor", number=term.removeprefix("F")) for term in terms]
    base = words.say("figure_loadings_base", n=words.range(found["n"].astype(int)))
    return Matrix(rows, columns, "loading", words, notes=[base])
