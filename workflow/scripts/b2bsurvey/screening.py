"""Who counts: each row of the export gets one disposition, and each decision a line in the ledger."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from b2bsurvey.config import Rule, Screening
from b2bsurvey.errors import StudyError
from b2bsurvey.questionnaire import Questionnaire
from b2bsurvey.responses import Responses, holds

LEDGER_COLUMNS = ("file", "row", "respondent", "disposition", "rule", "detail")
ANALYSED = "analysed"
# in the order in which they are applied; the first that finds a row decides
RULES = ("empty", "test", "incomplete", "duplicate", "ineligible")
DISPOSITIONS = (ANALYSED, *RULES)

Mask = np.ndarray
Finding = tuple[Mask, list[str]]


@dataclass(frozen=True)
class Screened:
    """The respondents who are analysed, and the ledger of all rows."""

    responses: Responses
    ledger: pd.DataFrame


def screen(responses: Responses, questionnaire: Questionnaire, rules: Screening) -> Screened:
    """Apply the screening rules.

    The ledger has one row for each row of the export, in its order, with columns `LEDGER_COLUMNS`:
    `disposition` is `analysed` or the name of the rule that excluded the row; `rule` and `detail` say why
    a row was excluded, or which rules flagged it.

    Raises:
        StudyError: when the ledger does not reconcile with the rows of the export.
    """
    n = len(responses)
    disposition = np.full(n, ANALYSED, dtype=object)
    rule_names, details = np.full(n, "", dtype=object), np.full(n, "", dtype=object)
    for name in RULES:
        rule: Rule = getattr(rules, name)
        if rule.action == "off":
            continue
        still = disposition == ANALYSED
        found, why = CHECKS[name](responses, questionnaire, rules, still)
        for row in np.flatnonzero(found & still):
            if rule.action == "exclude":
                disposition[row], rule_names[row], details[row] = name, name, why[row]
            else:
                rule_names[row] = f"{rule_names[row]}; {name}".removeprefix("; ")
                details[row] = f"{details[row]}; {why[row]}".removeprefix("; ")
    ledger = responses.respondents[["file", "row", "respondent"]].assign(
        disposition=disposition, rule=rule_names, detail=details
    )
    screened = Screened(responses.keep(disposition == ANALYSED), ledger[list(LEDGER_COLUMNS)])
    _reconcile(screened, n)
    return screened


def _reconcile(screened: Screened, rows: int) -> None:
    analysed = int((screened.ledger["disposition"] == ANALYSED).sum())
    if len(screened.ledger) != rows or analysed != len(screened.responses):
        raise StudyError(
            f"the ledger has {len(screened.ledger)} rows and {analysed} analysed, but the export has {rows} rows and "
            f"{len(screened.responses)} respondents are analysed; please report this as a fault of b2bsurvey."
        )


def _empty(responses: Responses, questionnaire: Questionnaire, rules: Screening, still: Mask) -> Finding:
    answered = _answered_share(responses, questionnaire)[0]
    return answered == 0, ["no answer to any question"] * len(responses)


def _test(responses: Responses, questionnaire: Questionnaire, rules: Screening, still: Mask) -> Finding:
    return responses.respondents["test"].to_numpy(dtype=bool), ["marked by the platform"] * len(responses)


def _incomplete(responses: Responses, questionnaire: Questionnaire, rules: Screening, still: Mask) -> Finding:
    answered, asked = _answered_share(responses, questionnaire)
    share = answered / np.maximum(asked, 1)
    broken_off = (responses.respondents["complete"] == "no").to_numpy()
    why = [
        "incomplete according to the platform" if off else f"answered {a} of {b} questions asked"
        for off, a, b in zip(broken_off, answered, asked, strict=True)
    ]
    return broken_off | (share < rules.incomplete.min_share), why


def _duplicate(responses: Responses, questionnaire: Questionnaire, rules: Screening, still: Mask) -> Finding:
    """Compare the rows that are still in: a test row is not the first of a pair."""
    found, why = np.zeros(len(responses), bool), [""] * len(responses)
    places = responses.respondents["file"] + ", row " + responses.respondents["row"].astype(str)
    for by in rules.duplicate.by:
        keys = _identity(responses, questionnaire, by)[still]
        keys = keys[keys != ""]
        repeated = keys.duplicated(keep=rules.duplicate.keep)
        kept = keys[~repeated]
        original = pd.Series(kept.index, index=kept.to_numpy())
        for row in keys.index[repeated]:
            if not found[row]:
                found[row], why[row] = True, f"same {by.replace('_', ' ')} as {places[original[keys[row]]]}"
    return found, why


def _identity(responses: Responses, questionnaire: Questionnaire, by: str) -> pd.Series:
    if by == "respondent_id":
        return responses.respondents["respondent"].where(responses.respondents["has_id"].astype(bool), "")
    asked = [v.name for v in questionnaire.variables if questionnaire.questions[v.question].derivation is None]
    hashes = pd.util.hash_pandas_object(responses.values[asked].astype(str), index=False)
    return hashes.astype(str)


def _ineligible(responses: Responses, questionnaire: Questionnaire, rules: Screening, still: Mask) -> Finding:
    if questionnaire.eligible_if is None:
        return np.zeros(len(responses), bool), [""] * len(responses)
    true, known = holds(questionnaire.eligible_if, responses, questionnaire)
    why = ["eligibility not answered" if not k else "outside the population" for k in known]
    return ~true, why


def _answered_share(responses: Responses, questionnaire: Questionnaire) -> tuple[Mask, Mask]:
    """Return how many of the questions asked each respondent answered, and how many were asked: (n,) each."""
    asked_questions = [q for q in questionnaire.questions.values() if q.derivation is None]
    answered, asked = np.zeros(len(responses), int), np.zeros(len(responses), int)
    for question in asked_questions:
        names = [v.name for v in question.variables]
        answered += np.logical_or.reduce([responses.is_answered(name) for name in names])
        asked += np.logical_or.reduce([responses.is_asked(name) for name in names])
    return answered, asked


CHECKS: Mapping[str, Callable[[Responses, Questionnaire, Screening, Mask], Finding]] = {
    "empty": _empty,
    "test": _test,
    "incomplete": _incomplete,
    "duplicate": _duplicate,
    "ineligible": _ineligible,
}
