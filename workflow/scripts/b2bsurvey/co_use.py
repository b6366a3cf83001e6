"""What goes together: channels used by the same respondents, in which combinations, and classes of channels."""

from dataclasses import replace

import numpy as np

from b2bsurvey.design import Survey
from b2bsurvey.estimates import Quantity, Row, estimated
from b2bsurvey.questionnaire import Question, Variable
from b2bsurvey.responses import Mask
from b2bsurvey.tables import row_id

LEAST_COMBINED, MOST_COMBINED = 3, 20  # items and combinations


def co_use(survey: Survey, question: Question, analysis: str) -> list[Row]:
    """Return, for each item's users, the share (0–1) that uses each other item too: rows with `item` and `item2`.

    Using is ticking the item, or giving one of the question's top answers, in the same context. Nothing for a
    question that has neither, or fewer than two items; exclusive options are left out.
    """
    if not len(survey.responses) or survey.refusal_within(question) or not question.tells_use:
        return []
    pairs = [
        (one, other)
        for one in question.usable
        for other in question.usable
        if one.item != other.item and one.context == other.context
    ]
    quantities = [_share(survey, question, other, uses(survey, question, one)) for one, other in pairs]
    rows = estimated(survey, quantities, analysis)
    return [
        row
        | {
            "estimate_id": row_id(survey.wave, analysis, question.name, one.item, one.context, "co_use", other.item),
            "statistic": "co_use",
            "item": one.item,
            "item2": other.item,
            "answer2": row["answer"],
            "context2": one.context,
            "base": question.base,
        }
        for row, (one, other) in zip(rows, pairs, strict=True)
    ]


def among_users(survey: Survey, question: Question, used: Question, analysis: str) -> list[Row]:
    """Return, for the users of each item of `used`, the share (0–1) with a top answer to each item of a battery.

    Rows with the battery's `item` and the used item as `item2`, in the last context of a grid; within the base of the
    battery. Nothing where the battery has no top answers, or `used` does not tell who uses.
    """
    battery = question.items and not question.contexts and question.top
    if not (battery and used.tells_use and len(survey.responses)) or survey.refusal(question.name, used.name):
        return []
    channels = [v for v in used.usable if v.context == used.last_context]
    pairs = [(variable, channel) for channel in channels for variable in question.usable]
    quantities = [
        replace(_share(survey, question, variable, uses(survey, used, channel)), statistic="top2")
        for variable, channel in pairs
    ]
    return [
        row
        | {
            "estimate_id": row_id(survey.wave, analysis, question.name, variable.item, "among_users", channel.name),
            "statistic": "among_users",
            "item2": channel.item,
            "answer2": answer_of_use(used),
            "context2": channel.context,
        }
        for row, (variable, channel) in zip(estimated(survey, quantities, analysis), pairs, strict=True)
    ]


def combinations(survey: Survey, question: Question, analysis: str) -> list[Row]:
    """Return the share (0–1) that uses exactly these items and no others: rows with the items joined by + as `term`.

    In the last context of a grid: the most frequent 20 that more than one respondent has, "none" among them, and
    the rest as "other". Nothing for a question with fewer than three items that are used or not.
    """
    if not len(survey.responses) or not question.tells_use or len(question.usable) < LEAST_COMBINED:
        return []
    variables = [v for v in question.usable if v.context == question.last_context]
    whole = _share(survey, question, variables[0], np.ones(len(survey.responses), bool))
    refusal = survey.refusal_within(question)
    if refusal:
        row = {"wave": survey.wave, "analysis": analysis, "question": question.name, "context": question.last_context}
        row |= {"estimate_id": row_id(survey.wave, analysis, question.name, "combination"), "base": question.base}
        row |= {"statistic": "combination", "scale": "probability", "design": survey.design_label}
        return [row | {"origin": survey.origin, "status": "not_estimable", "note": refusal}]
    domain = np.logical_and.reduce(
        [survey.base(question, v, question.base) & survey.responses.is_valid(v.name) for v in variables]
    )
    used = np.column_stack([uses(survey, question, v) for v in variables])
    different, place, counts = np.unique(used[domain], axis=0, return_inverse=True, return_counts=True)
    weights = (survey.design.weights if survey.design else np.ones(len(domain)))[domain]
    order = np.argsort(-np.round(np.bincount(place.ravel(), weights, len(different)), 9), kind="stable")
    masks = {
        "+".join(v.item for v, member in zip(variables, different[i], strict=True) if member) or "none": domain
        & (used == different[i]).all(axis=1)
        for i in order[counts[order] > 1][:MOST_COMBINED]
    }
    rarer = len(different) - len(masks)
    if rarer > 0:
        masks["other"] = domain & ~np.logical_or.reduce(list(masks.values()))
    quantities = [replace(whole, values=mask.astype(float), domain=domain) for mask in masks.values()]
    return [
        row
        | {
            "estimate_id": row_id(survey.wave, analysis, question.name, question.last_context, "combination", term),
            "item": "",
            "term": term,
            "statistic": "combination",
            "note": f"{rarer} rarer combinations" if term == "other" else row["note"],
        }
        for term, row in zip(masks, estimated(survey, quantities, analysis), strict=True)
    ]


def class_shares(survey: Survey, question: Question, analysis: str) -> list[Row]:
    """Return the share that uses any item of each class of the question, in each context: rows with `construct`."""
    if not len(survey.responses) or survey.refusal_within(question) or not question.tells_use:
        return []
    found = []
    for context in [c.code for c in question.contexts] or [""]:
        for name in (c.code for c in question.classes):
            members = [v for v in question.usable if v.context == context and _class_of(question, v) == name]
            if members:
                used = np.logical_or.reduce([uses(survey, question, v) for v in members])
                asked = np.logical_or.reduce([survey.base(question, v, question.base) for v in members])
                whole = _share(survey, question, members[0], asked)
                found.append((name, replace(whole, statistic="proportion", values=used.astype(float), domain=asked)))
    rows = estimated(survey, [quantity for _, quantity in found], analysis)
    return [
        row
        | {
            "estimate_id": row_id(survey.wave, analysis, question.name, row["context"], "class", name),
            "item": "",
            "construct": name,
            "statistic": "class_share",
        }
        for (name, _), row in zip(found, rows, strict=True)
    ]


def _class_of(question: Question, variable: Variable) -> str | None:
    return next(item.class_name for item in question.items if item.code == variable.item)


def uses(survey: Survey, question: Question, variable: Variable) -> Mask:
    """Return (n,) bool: who ticked an item, or gave one of the question's top answers."""
    return survey.responses.has(variable.name, ("1",) if question.kind == "tick" else question.top)


def answer_of_use(question: Question) -> str:
    """Return what stands in tables for using an item: ticked, or the question's top answers."""
    return "ticked" if question.kind == "tick" else "+".join(question.top)


def _share(survey: Survey, question: Question, variable: Variable, users: np.ndarray) -> Quantity:
    """Return the share of a variable's users among others' users, within the base of the question."""
    domain = survey.base(question, variable, question.base) & users
    values = uses(survey, question, variable).astype(float)
    return Quantity(question, variable, "proportion", question.base, values, domain, answer_of_use(question))
