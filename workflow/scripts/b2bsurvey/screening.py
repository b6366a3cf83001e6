"""Who counts: each row of the export gets one disposition, and each decision a line in the ledger."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from b2bsurvey.config import RULES, Rule, Screening
from b2bsurvey.errors import StudyError
from b2bsurvey.quality import answer_places, batteries_of
from b2bsurvey.questionnaire import Condition, Questionnaire
from b2bsurvey.responses import Mask, Responses, holds
from b2bsurvey.statistics.careless import longstring

LEDGER_COLUMNS = ("file", "row", "respondent", "disposition", "rule", "detail", "reached", "last_page")
ANALYSED = "analysed"
# the rules in the order in which they are applied; the first that finds a row decides
DISPOSITIONS = (ANALYSED, *RULES)
ELIGIBILITY_UNKNOWN = "eligibility not answered"

Finding = tuple[Mask, list[str]]


@dataclass(frozen=True)
class Screened:
    """The respondents who are analysed, and the ledger of all rows."""

    responses: Responses
    ledger: pd.DataFrame


@dataclass(frozen=True)
class _Rows:
    """What the rules look at: all rows of the export, what was asked, and the settings."""

    responses: Responses
    questionnaire: Questionnaire
    rules: Screening

    @cached_property
    def answered(self) -> Mask:
        """(n, questions) bool: any answer to a question asked, in the order of the questionnaire."""
        return self._of_questions(self.responses.is_answered)

    @cached_property
    def asked(self) -> Mask:
        """(n, questions) bool: shown."""
        return self._of_questions(self.responses.is_asked)

    def _of_questions(self, is_so: Callable[[str], Mask]) -> Mask:
        questions = [q for q in self.questionnaire.questions.values() if q.derivation is None]
        return np.column_stack([np.logical_or.reduce([is_so(v.name) for v in q.variables]) for q in questions])

    def said(self, name: str) -> pd.Series:
        """Return (n,) what the platform says of each row."""
        return self.responses.respondents[name]

    def nobody(self) -> Finding:
        """Return that a rule finds no row."""
        return np.zeros(len(self.responses), bool), [""] * len(self.responses)


def screen(responses: Responses, questionnaire: Questionnaire, rules: Screening) -> Screened:
    """Apply the screening rules.

    The ledger has one row for each row of the export, in its order, with columns `LEDGER_COLUMNS`:
    `disposition` is `analysed` or the name of the rule that excluded the row; `rule` and `detail` say why
    a row was excluded, or which rules flagged it; `reached` is how many of the questions asked in the
    questionnaire the row got through, `last_page` what the platform says of that.

    Raises:
        StudyError: when the ledger does not reconcile with the rows of the export.
    """
    n = len(responses)
    rows = _Rows(responses, questionnaire, rules)
    disposition = np.full(n, ANALYSED, dtype=object)
    rule_names, details = np.full(n, "", dtype=object), np.full(n, "", dtype=object)
    for name in RULES:
        rule: Rule = getattr(rules, name)
        if rule.action == "off":
            continue
        still = disposition == ANALYSED
        found, why = CHECKS[name](rows, still)
        for row in np.flatnonzero(found & still):
            if rule.action == "exclude":
                disposition[row], rule_names[row], details[row] = name, name, why[row]
            else:
                rule_names[row] = f"{rule_names[row]}; {name}".removeprefix("; ")
                details[row] = f"{details[row]}; {why[row]}".removeprefix("; ")
    ledger = responses.respondents[["file", "row", "respondent"]].assign(
        disposition=disposition,
        rule=rule_names,
        detail=details,
        reached=_reached(rows),
        last_page=rows.said("last_page").round().astype("Int64"),
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


def _reached(rows: _Rows) -> np.ndarray:
    """Return (n,) the place of the last question answered; that of the last one where nothing more was to be asked."""
    questions = rows.answered.shape[1]
    backwards = rows.answered[:, ::-1]
    last = np.where(backwards.any(axis=1), questions - backwards.argmax(axis=1), 0)
    after = np.arange(questions) >= last[:, None]
    at_the_end = (rows.said("complete") == "yes").to_numpy(dtype=bool) | ~(rows.asked & after).any(axis=1)
    return np.where(at_the_end & (last > 0), questions, last)


def _consent(rows: _Rows, still: Mask) -> Finding:
    return _condition_fails(rows, rows.questionnaire.consent_if, "no consent", "consent not answered")


def _test(rows: _Rows, still: Mask) -> Finding:
    """Find what the platform or an answer marks as a test; many platforms mark nothing."""
    marked = rows.said("test").to_numpy(dtype=bool)
    condition = rows.questionnaire.test_if
    answered = holds(condition, rows.responses, rows.questionnaire)[0] if condition else np.zeros(len(still), bool)
    return marked | answered, ["marked by the platform" if m else "a test by its answers" for m in marked]


def _empty(rows: _Rows, still: Mask) -> Finding:
    nothing: Mask = np.logical_not(rows.answered.any(axis=1))
    return nothing, ["no answer to any question"] * len(still)


def _incomplete(rows: _Rows, still: Mask) -> Finding:
    """Find those of whom a sign, or every sign in use, says that they did not finish; an unknown sign says nothing."""
    rule = rows.rules.incomplete
    given, asked = rows.answered.sum(axis=1), rows.asked.sum(axis=1)
    page = rows.said("last_page").to_numpy(dtype=float)
    signs: dict[str, Mask] = {}
    if rule.platform:
        signs["incomplete according to the platform"] = (rows.said("complete") == "no").to_numpy(dtype=bool)
    if rule.min_share > 0:
        signs["answered {given} of {asked} questions asked"] = given / np.maximum(asked, 1) < rule.min_share
    if rule.min_last_page is not None:
        signs["left on page {page:.0f}, before page {least}"] = page < rule.min_last_page
    if not signs:
        return rows.nobody()
    together = np.logical_and if rule.when == "all" else np.logical_or
    found: Mask = together.reduce(list(signs.values()))
    why = [""] * len(still)
    for row in np.flatnonzero(found):
        seen = [words for words, sign in signs.items() if sign[row]]
        facts = {"given": given[row], "asked": asked[row], "page": page[row], "least": rule.min_last_page}
        why[row] = ", ".join(words.format(**facts) for words in seen)
    return found, why


def _duplicate(rows: _Rows, still: Mask) -> Finding:
    """Compare the rows that are still in: a test row is not the first of a pair."""
    rule = rows.rules.duplicate
    found, why = rows.nobody()
    places = rows.said("file") + ", row " + rows.said("row").astype(str)
    for by in rule.by:
        keys = _identity(rows, by)[still]
        keys = keys[keys != ""]
        repeated = keys.duplicated(keep=rule.keep)
        kept = keys[~repeated]
        original = pd.Series(kept.index, index=kept.to_numpy())
        for row in keys.index[repeated]:
            if not found[row]:
                found[row], why[row] = True, f"same {by.replace('_', ' ')} as {places[original[keys[row]]]}"
    return found, why


def _identity(rows: _Rows, by: str) -> pd.Series:
    """Return (n,) what makes rows the same respondent, empty for rows that cannot be compared."""
    if by == "respondent_id":
        return rows.said("respondent").where(rows.said("has_id").astype(bool), "")
    questions = rows.questionnaire.questions
    asked = [v.name for v in rows.questionnaire.variables if questions[v.question].derivation is None]
    answers = [rows.responses.values[asked], rows.responses.missing[asked]]
    parts = [pd.util.hash_pandas_object(frame, index=False).astype(str) for frame in answers]
    enough = np.sum([rows.responses.is_answered(name) for name in asked], axis=0) >= rows.rules.duplicate.min_answers
    return (parts[0] + "/" + parts[1]).where(enough, "")


def _ineligible(rows: _Rows, still: Mask) -> Finding:
    return _condition_fails(rows, rows.questionnaire.eligible_if, "outside the population", ELIGIBILITY_UNKNOWN)


def _condition_fails(rows: _Rows, condition: Condition | None, fails: str, unknown: str) -> Finding:
    if condition is None:
        return rows.nobody()
    true, known = holds(condition, rows.responses, rows.questionnaire)
    return ~true, [fails if k else unknown for k in known]


def _speeder(rows: _Rows, still: Mask) -> Finding:
    seconds = rows.said("duration").to_numpy(dtype=float)
    completed = still & (rows.said("complete") != "no").to_numpy(dtype=bool) & ~np.isnan(seconds)
    if not completed.any():
        return rows.nobody()
    median = float(np.median(seconds[completed]))
    found = seconds < rows.rules.speeder.share_of_median * median  # never true of an unknown duration
    return found, [f"took {s:.0f} s, the median is {median:.0f} s" for s in seconds]


def _straight_liner(rows: _Rows, still: Mask) -> Finding:
    rule = rows.rules.straight_liner
    straight, counted = np.zeros(len(still), int), np.zeros(len(still), int)
    for battery in batteries_of(rows.questionnaire):
        places = answer_places(rows.responses, battery)
        given = np.sum(~np.isnan(places), axis=1)
        long_enough = given >= rule.min_items
        counted += long_enough
        straight += long_enough & (longstring(places) >= rule.share * given)
    found = (straight > 0) & ((straight == counted) | (rule.batteries == "any"))
    return found, [f"straight line in {s} of {c} batteries" for s, c in zip(straight, counted, strict=True)]


def _attention(rows: _Rows, still: Mask) -> Finding:
    """Find wrong answers; who did not answer the check, or was not shown it, did not fail it."""
    condition = rows.questionnaire.attention_if
    if condition is None:
        return rows.nobody()
    true, known = holds(condition, rows.responses, rows.questionnaire)
    return known & ~true, ["wrong answer to the attention check"] * len(still)


CHECKS: Mapping[str, Callable[[_Rows, Mask], Finding]] = {
    "consent": _consent,
    "test": _test,
    "empty": _empty,
    "incomplete": _incomplete,
    "duplicate": _duplicate,
    "ineligible": _ineligible,
    "speeder": _speeder,
    "straight_liner": _straight_liner,
    "attention": _attention,
}
