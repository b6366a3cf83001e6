"""From the tables of a wave to the chart of each planned figure."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from b2bsurvey.questionnaire import BASES, Question
from b2bsurvey.render.claim_note import claim_test
from b2bsurvey.render.class_words import class_name, class_sentence
from b2bsurvey.render.concentration_tables import bus_factor_label
from b2bsurvey.render.figures.chart import Chart
from b2bsurvey.render.figures.combinations import Combination, Combinations
from b2bsurvey.render.figures.correspondence_map import CorrespondenceMap, MapPoint
from b2bsurvey.render.figures.dumbbell import Composition, Dumbbells, Pair, SampleBesidePopulation, by_second
from b2bsurvey.render.figures.ecdf import Distribution
from b2bsurvey.render.figures.flow import Flow
from b2bsurvey.render.figures.forest import Forest, Term, TermGroup
from b2bsurvey.render.figures.items import (
    Item,
    Rows,
    answer_items,
    is_weighted,
    item_of,
    known,
    level_rows,
    overall_rows,
    p_value,
    ticked_items,
    top_of,
    value_of,
)
from b2bsurvey.render.figures.likert import Diverging, bars_of, scale_of
from b2bsurvey.render.figures.lorenz import Concentration
from b2bsurvey.render.figures.matrix import Matrix, MatrixRow
from b2bsurvey.render.figures.plan import Plan
from b2bsurvey.render.figures.profiles import LatentClass, Profiles
from b2bsurvey.render.figures.ranked import Dots
from b2bsurvey.render.figures.scale_charts import scale_chart
from b2bsurvey.render.figures.small_multiples import Facet, SmallMultiples
from b2bsurvey.render.figures.stages import Segment, StageBars, Stages
from b2bsurvey.render.figures.value import NAN, UNKNOWN, Value
from b2bsurvey.render.figures.wording import Wording
from b2bsurvey.render.labels import Labels

SUBTITLES = {  # of figures that are not about one question
    "flow": "figure_flow_subtitle",
    "yes_no": "figure_yes_no_subtitle",
    "reliability": "figure_reliability_subtitle",
    "correlations": "figure_correlations_subtitle",
    "paths": "figure_paths_subtitle",
}
OF_CONTEXTS = {"separation": "figure_separation_subtitle", "spheres": "figure_spheres_subtitle"}  # of two contexts


def chart_of(plan: Plan, estimates: pd.DataFrame, tests: pd.DataFrame, words: Wording) -> Chart | None:
    """Return the chart of a planned figure; none where the tables hold no estimate for it."""
    if plan.kind == "flow":
        rows = estimates[estimates["question"] == "disposition"]
        return Flow(dict(zip(rows["answer"], rows["count"].astype(int), strict=True)), words)
    if plan.kind == "yes_no":
        return _yes_no(plan, estimates, words)
    if plan.kind == "forest":
        return _forest(plan, estimates, tests, words)
    if plan.kind in ("reliability", "correlations", "loadings"):
        return scale_chart(plan, estimates, words)
    question, language = plan.questions[0], words.language
    rows_of = overall_rows(estimates, question, question.base, plan.context)
    match plan.kind:
        case "battery":
            answered = overall_rows(estimates, question, "answered", plan.context)
            bars, reasons = bars_of(rows_of, answered, question, language)
            return Diverging(bars, reasons, scale_of(question), words) if known(b.item for b in bars) else None
        case "compared":
            return _contexts(question, estimates, tests, words)
        case "crossed":
            return _crossed(question, estimates, words)
        case "correspondence":
            return _correspondence(question, estimates, tests, words)
        case "together":
            return _together(question, rows_of, estimates, plan.context, words)
        case "groups":
            return _groups(question, plan.segment, estimates, tests, words)
        case "by_segment":
            return _by_segment(question, plan.segment, rows_of, estimates, tests, words)
        case "combinations":
            return _combinations(question, rows_of, estimates, plan.context, words)
        case "lorenz":
            return _lorenz(question, rows_of, words)
        case "bus_factor":
            return _bus_factor(question, rows_of, words)
        case "shared_lorenz":
            return _shared_lorenz(question, rows_of, words)
        case "nominations":
            return _nominations(question, rows_of, words)
        case "ecdf":
            return _distribution(question, estimates, tests, words)
        case "among_users":
            return _among_users(plan, estimates, words)
        case "paths":
            return _paths(plan, estimates, words)
        case "separation":
            return _separation(question, estimates, words)
        case "spheres":
            return _spheres(plan, estimates, tests, words)
        case "profiles":
            return _profiles(question, rows_of, estimates, plan.context, words)
        case "stages":
            return _stages(question, rows_of, estimates, tests, words)
        case "single":
            beside = _population(question, overall_rows(estimates, question, "valid"), words)
            if beside:
                return beside
    items = (
        ticked_items(rows_of, question, language)
        if plan.kind == "ticked"
        else answer_items(rows_of, question, language)
    )
    topic = "" if question.short[language] == question.text[language] else question.short[language]
    return Dots(items, words, topic) if known(items) else None


def subtitle_of(plan: Plan, words: Wording) -> str:
    """Return the question that a figure answers, with its context or segment."""
    if plan.kind in SUBTITLES:
        return words.say(SUBTITLES[plan.kind])
    if plan.kind == "loadings":
        return words.say("figure_loadings_subtitle", battery=plan.questions[0].short[words.language])
    if plan.kind == "forest":
        return words.say("figure_forest_subtitle", outcome=plan.questions[0].text[words.language])
    question, language = plan.questions[0], words.language
    if plan.kind == "among_users":
        return words.say("figure_among_users_subtitle", question=question.text[language])
    if plan.kind in OF_CONTEXTS:
        return words.say(OF_CONTEXTS[plan.kind], **_contexts_of(question, words))
    subtitle = question.text[language]
    if plan.context:
        subtitle += f" – {question.item_label(plan.context, language)}"
    if plan.segment:
        subtitle += f" – {words.questionnaire.questions[plan.segment].short[language]}"
    return subtitle


def _yes_no(plan: Plan, estimates: pd.DataFrame, words: Wording) -> Chart | None:
    items = [item_of(overall_rows(estimates, q, q.base), q.short[words.language], "", "yes") for q in plan.questions]
    return Dots(sorted(items, key=lambda i: i.order), words, separate=True) if known(items) else None


def _contexts(question: Question, estimates: pd.DataFrame, tests: pd.DataFrame, words: Wording) -> Chart | None:
    """Return each item's share in both contexts of a grid, among the same respondents."""
    first, second = question.contexts
    answer, statistic = top_of(question)
    sides = [overall_rows(estimates, question, question.base, context.code) for context in (first, second)]
    found = _differences(estimates, question, answer)
    found = found[(found["segment"] == "") & (found["context"] != "") & (found["context2"] != "")]
    differences = {row["item"]: row for row in found.to_dict("records")}
    pairs = []
    for item in question.items:
        label = item.label[words.language]
        a, b = (item_of(rows, label, item.code, answer, statistic) for rows in sides)
        p = p_value(tests, question=question.name, item=item.code, segment="")
        pairs.append(Pair(label, a, b, _difference(differences.get(item.code), a, b, p)))
    names = (first.label[words.language], second.label[words.language])
    return _dumbbells(pairs, names, words, tests, paired=True)


def _groups(
    question: Question, segment: str, estimates: pd.DataFrame, tests: pd.DataFrame, words: Wording
) -> Dumbbells | None:
    """Return each item's share in the two levels of a segment: adopters and non-adopters."""
    asked, language = words.questionnaire.questions[segment], words.language
    answer, statistic = top_of(question)
    levels = [a.code for a in asked.answers]
    sides = [level_rows(estimates, question, segment, level) for level in levels]
    found = _differences(estimates, question, answer)
    differences = {row["item"]: row for row in found[found["segment"] == segment].to_dict("records")}
    beside = {v.item for v in words.questionnaire.variables_beside(question, asked)}
    pairs = []
    for item in (i for i in question.items if i.code in beside):
        label = item.label[language]
        a, b = (item_of(rows, label, item.code, answer, statistic) for rows in sides)
        p = p_value(tests, question=question.name, item=item.code, segment=segment)
        pairs.append(Pair(label, a, b, _difference(differences.get(item.code), a, b, p)))
    names = (words.level(asked, levels[0]), words.level(asked, levels[1]))
    return _dumbbells(pairs, names, words, tests, paired=False)


def _dumbbells(
    pairs: Sequence[Pair], names: tuple[str, str], words: Wording, tests: pd.DataFrame, paired: bool
) -> Dumbbells | None:
    if not any(math.isfinite(p.first.share) and math.isfinite(p.second.share) for p in pairs):
        return None
    return Dumbbells(by_second(pairs), names, words, paired, _adjustment(tests))


def _differences(estimates: pd.DataFrame, question: Question, answer: str) -> pd.DataFrame:
    """Return the differences of the shares that are drawn: of the same answers, in the question's own base."""
    wanted = {"question": question.name, "answer": answer, "base": question.base, "statistic": "difference"}
    return estimates[(estimates[list(wanted)] == pd.Series(wanted)).all(axis=1)]


def _difference(row: Mapping[Any, Any] | None, first: Item, second: Item, p: float) -> Value:
    """Return the second share minus the first: the shares say which way round the table has it."""
    if row is None:
        return Value(p=p)
    value = value_of(row, p)
    gap = second.share - first.share
    turned = abs(value.estimate + gap) < abs(value.estimate - gap)
    return Value(-value.estimate, -value.high, -value.low, p, value.level) if turned else value


def _crossed(question: Question, estimates: pd.DataFrame, words: Wording) -> Chart | None:
    """Return the share of each item in each context of a grid, the longer side downwards."""
    answer, statistic = top_of(question)
    by_context = [overall_rows(estimates, question, question.base, context.code) for context in question.contexts]
    table = [[item_of(rows, "", item.code, answer, statistic) for item in question.items] for rows in by_context]
    flat = known(cell for row in table for cell in row)
    if not flat:
        return None
    labels = [[part.label[words.language] for part in side] for side in (question.contexts, question.items)]
    if len(question.contexts) < len(question.items):
        table, labels = [list(column) for column in zip(*table, strict=True)], labels[::-1]
    same = all(len({cell.n for cell in cells}) == 1 for cells in table)
    rows = [
        MatrixRow(label, tuple(map(_cell, cells)), cells[0].n if same else None, any(c.small for c in cells))
        for label, cells in zip(labels[0], table, strict=True)
    ]
    return Matrix(rows, labels[1], "share", words, flat)


def _correspondence(
    question: Question, estimates: pd.DataFrame, tests: pd.DataFrame, words: Wording
) -> CorrespondenceMap | None:
    """Return contexts and items of a grid of ticks on the first two dimensions of their correspondence analysis."""
    found = estimates[(estimates["question"] == question.name) & estimates["estimate"].notna()].to_dict("records")
    shares = {row["term"]: float(row["estimate"]) for row in found if row["statistic"] == "inertia_share"}
    places: dict[tuple[str, str], list[Mapping[Any, Any]]] = {}
    for row in found:
        if row["statistic"] == "coordinate":
            places.setdefault((row["context"], row["item"]), []).append(row)
    if not places:
        return None

    def point(key: tuple[str, str], label: str) -> MapPoint:
        return MapPoint(label, tuple(float(row["estimate"]) for row in places[key]), int(places[key][0]["count"]))

    contexts = [point((c.code, ""), c.label[words.language]) for c in question.contexts if (c.code, "") in places]
    items = [point(("", i.code), i.label[words.language]) for i in question.items if ("", i.code) in places]
    own = tests[(tests["question"] == question.name) & (tests["test"] == "mentions_rao_scott_F")].to_dict("records")
    tested = [
        Value(*(float(test[name]) for name in ("effect", "effect_ci_low", "effect_ci_high", "p_adjusted")))
        for test in own
        if test["status"] == "ok"
    ]
    n = int(next(iter(places.values()))[0]["n"])
    return CorrespondenceMap(contexts, items, list(shares.values()), words, tested[0] if tested else UNKNOWN, n)


def _together(question: Question, rows: Rows, estimates: pd.DataFrame, context: str, words: Wording) -> Chart | None:
    """Return, for each item's users, the share that uses each other item too."""
    found = estimates[(estimates["question"] == question.name) & (estimates["statistic"] == "co_use")]
    found = found[(found["segment"] == "") & (found["context"] == context)]
    pairs = {(row["item"], row["item2"]): row for row in found.to_dict("records")}
    items = [i for i in question.items if not i.exclusive]
    shares = {i.code: item_of(rows, i.label[words.language], i.code, *top_of(question)) for i in items}
    if not any(math.isfinite(float(row["estimate"])) for row in pairs.values()):
        return None
    items = sorted(items, key=lambda i: shares[i.code].order)
    table = []
    for i in items:
        own = {j.code: pairs[i.code, j.code] for j in items if i is not j and (i.code, j.code) in pairs}
        cells = [value_of(own[j.code]) if j.code in own else UNKNOWN for j in items]
        cells[items.index(i)] = _cell(shares[i.code])
        n = next((int(row["n"]) for row in own.values() if not pd.isna(row["n"])), shares[i.code].count)
        small = any(row["status"] == "small_base" for row in own.values())
        table.append(MatrixRow(i.label[words.language], tuple(cells), n, small))
    columns = [i.label[words.language] for i in items]
    return Matrix(table, columns, "co_use", words, known(shares.values()))


def _among_users(plan: Plan, estimates: pd.DataFrame, words: Wording) -> Chart | None:
    """Return, for the users of each channel, the share with a top answer to each item of a battery."""
    (question, used), language = plan.questions, words.language
    found = estimates[(estimates["question"] == question.name) & (estimates["statistic"] == "among_users")]
    pairs = {(row["item2"], row["item"]): row for row in found.to_dict("records") if pd.notna(row["estimate"])}
    table = []
    for channel in used.items:
        own = [pairs.get((channel.code, item.code)) for item in question.items]
        if any(own):
            cells = tuple(value_of(row) if row else UNKNOWN for row in own)
            n = max(int(row["n"]) for row in own if row)
            table.append(
                MatrixRow(channel.label[language], cells, n, any(r["status"] == "small_base" for r in own if r))
            )
    if not table:
        return None
    answers = " / ".join(words.quoted(question.answer_label(code, language)) for code in question.top)
    about = words.say("figure_among_users_cells", answers=answers)
    return Matrix(table, [item.label[language] for item in question.items], "share", words, notes=[about])


def _cell(item: Item) -> Value:
    return Value(item.share, item.low, item.high, level=item.level)


def _by_segment(
    question: Question,
    segment: str,
    overall: Rows,
    estimates: pd.DataFrame,
    tests: pd.DataFrame,
    words: Wording,
) -> Chart | None:
    """Return each item's share in every level of a segment: two levels as pairs, where their difference is known."""
    asked, language = words.questionnaire.questions[segment], words.language
    if len(asked.answers) == 2:
        pairs = _groups(question, segment, estimates, tests, words)
        if pairs and any(pair.difference.is_known for pair in pairs.pairs):
            return pairs
    answer, statistic = top_of(question)
    order = sorted(question.items, key=lambda i: item_of(overall, "", i.code, answer, statistic).order)
    facets = []
    for level in asked.answers:
        rows = level_rows(estimates, question, segment, level.code)
        items = [item_of(rows, i.label[language], i.code, answer, statistic) for i in order]
        facets.append(Facet(level.label[language], items))
    p = tuple(p_value(tests, question=question.name, item=i.code, segment=segment) for i in order)
    if not any(facet.known for facet in facets):
        return None
    return SmallMultiples(facets, asked.short[language], words, p, _adjustment(tests))


def _combinations(
    question: Question, rows: Rows, estimates: pd.DataFrame, context: str, words: Wording
) -> Chart | None:
    """Return the most frequent combinations of items used, the items by the share that uses each."""
    found = estimates[(estimates["question"] == question.name) & (estimates["statistic"] == "combination")]
    found = found[(found["context"] == context) & found["estimate"].notna()]
    if found.empty:
        return None
    items = [i for i in question.items if not i.exclusive]
    labelled = {i.code: item_of(rows, i.label[words.language], i.code, *top_of(question)) for i in items}
    order = sorted(labelled, key=lambda code: labelled[code].order)
    shown, rarer, rest, nothing = [], 0, 0, None
    for row in found.to_dict("records"):
        item = item_of({("", "", ""): row}, "", "", "", "")
        if row["term"] == "other":
            rarer, rest = int(row["note"].partition(" ")[0]), item.count or 0
        elif row["term"] == "none":
            nothing = item
        else:
            members = frozenset(order.index(code) for code in row["term"].split("+"))
            shown.append(Combination(members, item))
    return Combinations([labelled[code] for code in order], shown, words, rarer, rest, nothing)


def _lorenz(question: Question, rows: Rows, words: Wording) -> Chart | None:
    """Return how uses of the items are spread over respondents."""
    gini, top = rows.get(("", "", "gini")), next((r for (_, _, s), r in rows.items() if s == "top_share"), None)
    if gini is None or top is None or not math.isfinite(gini["estimate"]):
        return None
    values = [answer for _, answer, statistic in rows if statistic == "lorenz"]
    points = [
        (float(rows[("", v, "portfolio_up_to")]["estimate"]), float(rows[("", v, "lorenz")]["estimate"]))
        for v in values
    ]
    return Concentration(
        points,
        question.short[words.language],
        words,
        value_of(gini),
        value_of(top),
        float(top["answer"]),
        int(gini["n"]),
        gini["status"] == "small_base",
    )


def _bus_factor(question: Question, rows: Rows, words: Wording) -> Chart | None:
    """Return the shares of respondents with each bus factor, the smallest first."""
    labels = Labels(words.questionnaire, words.language)
    factors = [answer for _, answer, statistic in rows if statistic == "bus_factor"]
    items = [item_of(rows, bus_factor_label(labels, f), "", f, "bus_factor") for f in factors]
    notes = [words.say("figure_bus_factor_method")]
    return Dots(items, words, question.short[words.language], notes=notes) if known(items) else None


def _shared_lorenz(question: Question, rows: Rows, words: Wording) -> Chart | None:
    """Return the mean Lorenz curve of totals that several share."""
    gini = rows.get(("", "", "gini"))
    curve = [(float(at), float(r["estimate"])) for (_, at, statistic), r in rows.items() if statistic == "lorenz"]
    if gini is None or not curve:
        return None
    n, small = int(gini["n"]), gini["status"] == "small_base"
    notes = [words.say("figure_shared_lorenz_method")]
    return Concentration(curve, question.short[words.language], words, value_of(gini), n=n, small=small, notes=notes)


def _nominations(question: Question, rows: Rows, words: Wording) -> Chart | None:
    """Return the share of all nominations that each item has, the most named first."""
    herfindahl = rows.get(("", "", "herfindahl"))
    items = [
        # ranks of the table are of mean ranks, not of nominations
        replace(item_of(rows, i.label[words.language], i.code, "", "nomination_share"), rank_low=NAN, rank_high=NAN)
        for i in question.items
    ]
    if herfindahl is None or not known(items):
        return None
    counted = sum(item.count or 0 for item in items)
    value = value_of(herfindahl)
    about = {
        "nominations": words.count(counted),
        "value": f"{words.form.number(value.estimate, 2)} {words.bounds(value, 2)}".rstrip(),
    }
    notes = [words.say("figure_nominations_method", **about)]
    items.sort(key=lambda item: item.order)
    return Dots(items, words, question.short[words.language], counted=counted, notes=notes)


def _distribution(question: Question, estimates: pd.DataFrame, tests: pd.DataFrame, words: Wording) -> Chart | None:
    """Return the distribution of a number, with its mean and median, and the mean that was claimed elsewhere."""
    rows = overall_rows(estimates, question, "valid" if question.base in BASES else question.base)
    steps = [(float(answer), float(r["estimate"])) for (_, answer, s), r in rows.items() if s == "cumulative"]
    if not steps:
        return None
    mean, median = rows[("", "", "mean")], rows[("", "", "median")]
    against = claim_test(tests, question)
    return Distribution(
        steps,
        question.short[words.language],
        words,
        value_of(mean),
        value_of(median),
        claimed=question.claim.value if question.claim else math.nan,
        source=question.claim.source if question.claim else "",
        p=math.nan if against is None else against["p_adjusted"],
        unit=question.unit.get(words.language, ""),
        n=int(mean["n"]),
        small=mean["status"] == "small_base",
    )


def _contexts_of(question: Question, words: Wording) -> dict[str, str]:
    """Return both contexts of a grid, quoted."""
    first, second = (words.quoted(context.label[words.language]) for context in question.contexts)
    return {"first": first, "second": second}


def _separation(question: Question, estimates: pd.DataFrame, words: Wording) -> Chart | None:
    """Return the distribution of the distance between the items used in both contexts of a grid."""
    found = estimates[(estimates["question"] == question.name) & (estimates["segment"] == "")].to_dict("records")
    steps = [(float(r["answer"]), float(r["estimate"])) for r in found if r["statistic"] == "separation_up_to"]
    if not steps:
        return None
    mean, median = (next(r for r in found if r["statistic"] == s) for s in ("separation", "separation_median"))
    return Distribution(
        steps,
        words.say("figure_separation_name", **_contexts_of(question, words)),
        words,
        value_of(mean),
        value_of(median),
        base=words.say("figure_separation_base", n=words.count(int(mean["n"]))),
        small=mean["status"] == "small_base",
    )


def _profiles(question: Question, rows: Rows, estimates: pd.DataFrame, context: str, words: Wording) -> Chart | None:
    """Return the latent classes by size, each with the probabilities of the items, the most used items first."""
    found = estimates[(estimates["question"] == question.name) & (estimates["context"] == context)]
    found = found[(found["term"] != "") & (found["segment"] == "") & found["estimate"].notna()]
    of_class = {term: overall_rows(part, question, question.base, context) for term, part in found.groupby("term")}
    if not of_class:
        return None
    answer = next(answer for (item, answer, _) in next(iter(of_class.values())) if item)
    items = [i for i in question.items if not i.exclusive]

    def item(rows: Rows, code: str, label: str) -> Item:
        return item_of(rows, label, code, answer, "item_probability")

    order = sorted(items, key=lambda i: -sum(x.share for x in (item(r, i.code, "") for r in of_class.values())))
    classes = []
    for number, rows in of_class.items():
        size = item_of(rows, class_name(number, words.say), "", "", "class_size")
        shown = [item(rows, i.code, i.label[words.language]) for i in order]
        lifts = {
            i.label[words.language]: rows[(i.code, answer, "lift")]["estimate"]
            for i in order
            if (i.code, answer, "lift") in rows
        }
        classes.append(LatentClass(size.label, size, shown, class_sentence(number, lifts, words.say)))
    return Profiles(classes, words)


def _stages(
    question: Question, overall: Rows, estimates: pd.DataFrame, tests: pd.DataFrame, words: Wording
) -> Chart | None:
    """Return the stages of all respondents and of the levels of each segment, the furthest stage first."""
    language, codes = words.language, words.questionnaire.from_the_furthest(question)

    def row(rows: Rows, label: str) -> Stages:
        return Stages(item_of(rows, label, "", codes[0]), tuple(item_of(rows, "", "", c).share for c in codes))

    total = row(overall, words.say("figure_total"))
    if not total.is_known:
        return None
    segments = []
    for segment in words.questionnaire.segments_of(question):
        levels = [
            row(level_rows(estimates, question, segment.name, a.code), a.label[language]) for a in segment.answers
        ]
        if any(level.is_known for level in levels):
            p = p_value(tests, question=question.name, item="", segment=segment.name)
            segments.append(Segment(segment.short[language], levels, p))
    labels = [question.answer_label(code, language) for code in codes]
    neutral = codes.index(question.neutral) if question.neutral else None
    return StageBars(total, segments, labels, neutral, words, _adjustment(tests))


def _population(question: Question, rows: Rows, words: Wording) -> Chart | None:
    """Return the composition of the sample beside the population's, where the sample was weighted to it."""
    targets = {a.code: rows.get(("", a.code, "population_share")) for a in question.answers}
    if not any(targets.values()):
        return None
    compositions = []
    for answer in question.answers:
        label, target = answer.label[words.language], targets[answer.code]
        unweighted = item_of(rows, label, "", answer.code, "proportion_unweighted")
        weighted = item_of(rows, label, "", answer.code)
        compositions.append(Composition(label, unweighted, weighted, float(target["estimate"]) if target else math.nan))
    return SampleBesidePopulation([(question.short[words.language], compositions)], words)


def _forest(plan: Plan, estimates: pd.DataFrame, tests: pd.DataFrame, words: Wording) -> Chart | None:
    """Return the terms of a model: odds ratios, and differences in the probability of the same answer.

    Those of an ordinal model stand beside the probability of the furthest answer.
    """
    outcome = plan.questions[0]
    found = estimates[(estimates["model"] == plan.model) & (estimates["term"] != "")]
    ratios = found[found["statistic"] == "odds_ratio"].to_dict("records")
    effects = {(row["term"], row["answer"]): row for row in found[found["statistic"] == "ame"].to_dict("records")}
    furthest = next((answer for _, answer in reversed(effects)), "")
    several = len({row["answer"] for row in ratios}) > 1
    groups: dict[tuple[str, str], list[Term]] = {}
    for ratio in ratios:
        term, answer = ratio["term"], ratio["answer"]
        predictor, label, reference = words.term(term, ratio["reference"])
        predictor = predictor or words.say("word.per_unit")
        if several:
            predictor = f"{outcome.answer_label(answer, words.language)} · {predictor}"
        p = p_value(tests, model=plan.model, term=term, answer=answer)
        effect = effects.get((term, answer or furthest))
        value = value_of(effect) if effect else UNKNOWN
        groups.setdefault((predictor, reference), []).append(Term(label, value_of(ratio, p, null=1.0), value))
    listed = [TermGroup(name, terms, reference) for (name, reference), terms in groups.items()]
    if not any(term.is_known for group in listed for term in group.terms):
        return None
    kind = "nominal" if several else "binary" if ratios[0]["answer"] else "ordinal"
    of = ratios[0]["answer2"] if several else ratios[0]["answer"] or furthest
    about = words.say(f"figure_forest_{kind}", answer=words.quoted(words.answer(outcome, of)))
    notes = [about, words.say("figure_forest_n", n=words.count(int(ratios[0]["n"])))]
    method = ratios[0]["ci_method"]
    notes += [words.say(f"figure_forest_{method.partition(',')[0]}")] if method else []
    notes += [words.assumption(is_weighted(ratios[0]["design"]))] if "model-based" in method else []
    events = estimates[(estimates["model"] == plan.model) & (estimates["statistic"] == "events_per_term")]
    notes += [words.sentence(note) for note in events["note"] if note]
    name = ": ".join(part for part in words.term(ratios[0]["outcome"], "") if part) or outcome.short[words.language]
    return Forest(listed, name, words, adjustment=_adjustment(tests), notes=notes)


def _spheres(plan: Plan, estimates: pd.DataFrame, tests: pd.DataFrame, words: Wording) -> Chart | None:
    """Return the odds ratios of a channel's use in both contexts, within and between respondents, by both logits."""
    question = plan.questions[0]
    found = estimates[estimates["model"] == plan.model].to_dict("records")
    ratios = {r["term"]: r for r in found if r["statistic"] == "odds_ratio"}
    if not ratios:
        return None
    first = question.contexts[0].label[words.language]
    groups: dict[str, list[Term]] = {}
    for term, ratio in ratios.items():
        name = words.say("spheres.conditional_logit" if term == "conditional" else "spheres.logit")
        label = words.say("spheres.between" if term == "between" else "spheres.within", first=first)
        p = p_value(tests, model=plan.model, term=term)
        groups.setdefault(name, []).append(Term(label, value_of(ratio, p, null=1.0)))
    within = next(group[0] for group in groups.values())
    key = "figure_spheres_clear" if within.is_clear else "figure_spheres_open"
    value = f"{words.say('figure_odds_ratio')} {words.ratio(within.ratio)}"
    n = {r["term"]: words.count(int(r["count"])) for r in found if r["statistic"] == "respondents"}
    notes = [words.say("figure_spheres_affinity")] if "between" in ratios else []
    notes += [words.say("figure_spheres_n", n=n.get("", "–"), conditional=n.get("conditional", "–"))]
    method = next(iter(ratios.values()))["ci_method"]
    notes += [words.say("figure_forest_student")] if method else []
    if "model-based" in method:
        notes.append(words.assumption(is_weighted(next(iter(ratios.values()))["design"])))
    return Forest(
        [TermGroup(name, terms) for name, terms in groups.items()],
        question.short[words.language],
        words,
        adjustment=_adjustment(tests),
        notes=notes,
        finding=words.say(key, value=value, **_contexts_of(question, words)),
    )


def _paths(plan: Plan, estimates: pd.DataFrame, words: Wording) -> Chart | None:
    """Return the paths of a mediation: each association with its interval, the indirect one in the title."""
    found = estimates[(estimates["statistic"] == "path") & (estimates["model"] == plan.model)]
    rows = {row["term"]: row for row in found.to_dict("records") if pd.notna(row["estimate"])}
    if "indirect" not in rows:
        return None
    roles = ("predictor", "mediator", "outcome")
    names = {role: q.short[words.language] for role, q in zip(roles, plan.questions, strict=True)}
    terms = [Term(words.say(f"mediation.{path}", **names), effect=value_of(row)) for path, row in rows.items()]
    row, indirect = rows["indirect"], value_of(rows["indirect"])
    quoted = {role: words.quoted(name) for role, name in names.items()}
    key = "figure_paths_clear" if indirect.is_clear else "figure_paths_open"
    notes = [words.say("mediation.about"), words.say("figure_forest_n", n=words.count(int(row["n"])))]
    notes += [words.sentence(row["note"])] if row["note"] else []
    notes += [words.say("figure_paths_bootstrap")] if row["ci_method"] else []
    notes += [words.assumption(is_weighted(row["design"]))] if "model-based" in row["ci_method"] else []
    value = words.coefficient(indirect)
    return Forest(
        [TermGroup("", terms)],
        names["outcome"],
        words,
        effect="coefficient",
        notes=notes,
        finding=words.say(key, value=value, **quoted),
    )


def _adjustment(tests: pd.DataFrame) -> str:
    """Return the code of how p values are adjusted."""
    codes = [code for code in tests["adjustment"] if code]
    return codes[0] if codes else "none"
