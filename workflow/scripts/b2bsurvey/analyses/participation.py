"""Rows of the analysis `sample`: from those invited to those analysed, and where respondents left."""

import math
from collections.abc import Iterator

import numpy as np
import pandas as pd

from b2bsurvey.analyses.whole_sample import count_row, sample_row, share_row
from b2bsurvey.design import Survey
from b2bsurvey.errors import StudyError
from b2bsurvey.estimates import Row
from b2bsurvey.screening import ANALYSED, DISPOSITIONS, ELIGIBILITY_UNKNOWN
from b2bsurvey.statistics.outcome_rates import Cases, Rate, aapor_rates, eligible_share, web_rates

# no case of the field work: nobody, or somebody who has another row
NO_CASES = ("test", "duplicate")
REFUSALS = ("consent", "empty", "incomplete")
USELESS = ("speeder", "straight_liner", "attention")
DID_NOT_TAKE_PART = (*NO_CASES, "consent", "empty", "ineligible")
OF_OUTCOMES = ("invited", "undelivered", "ineligible", "refused", "unknown", "views_crude", "views_unique")
LETTERS = {
    "I": "complete",
    "P": "partial",
    "R": "refused",
    "NC": "not_contacted",
    "O": "other",
    "U": "unknown",
    "NE": "ineligible",
}
AAPOR = "definition of AAPOR (2016), Standard Definitions"
CHERRIES = "definition of CHERRIES (Eysenbach 2004)"


def flow_rows(survey: Survey) -> Iterator[Row]:
    """Count the rows of the export by disposition; the counts sum to `n`, the rows of the export."""
    found = survey.ledger["disposition"].value_counts()
    rows = len(survey.ledger)
    for disposition in DISPOSITIONS:
        yield count_row(survey, "disposition", int(found.get(disposition, 0)), rows, "rows", answer=disposition)


def rate_rows(survey: Survey) -> list[Row]:
    """Return the counts of the field work, and the rates that they allow; all counts of the export are the ledger's.

    AAPOR's rates need a sample that was drawn, and how many were invited; other waves have the rates of web
    surveys.

    Raises:
        StudyError: when the counts in the config and the ledger cannot both be right.
    """
    outcomes, ledger = survey.outcomes, survey.ledger
    took_part, completed = _took_part(ledger), _completed(survey)
    _check_views(survey, took_part)
    rows = [
        count_row(survey, "field_work", count, outcomes.invited or count, "frame", answer=name)
        for name in OF_OUTCOMES
        if (count := getattr(outcomes, name)) is not None
    ]
    rows += [
        count_row(survey, "field_work", count, len(ledger), "rows", answer=name)
        for name, count in (("took_part", took_part), ("completed", completed))
        if count is not None
    ]
    drawn = survey.is_probability and outcomes.invited is not None
    if drawn:
        rows += _aapor(survey)
    for name, rate in web_rates(outcomes.invited, outcomes.views_unique, took_part, completed).items():
        if name != "usable_rate":
            rows.append(_rate(survey, name, rate, "rows", CHERRIES))
        elif not drawn:
            rows.append(_rate(survey, name, rate, "rows", AAPOR))
    if completed is None:
        unknown = sample_row(survey, "outcome_rates", answer="completion_rate", statistic="rate", base="rows")
        rows.append(unknown | {"status": "not_estimable", "note": "the export does not say who completed"})
    return rows


def _took_part(ledger: pd.DataFrame) -> int:
    return int((~ledger["disposition"].isin(DID_NOT_TAKE_PART)).sum())


def _incomplete(ledger: pd.DataFrame) -> pd.Series:
    """Return (rows,) bool: excluded or flagged as incomplete."""
    return ledger["rule"].map(lambda rules: "incomplete" in rules.split("; ")).astype(bool)


def _completed(survey: Survey) -> int | None:
    """Return how many of those who took part completed; None where neither platform nor rule tells."""
    ledger = survey.ledger
    incomplete = _incomplete(ledger)
    if not incomplete.any() and not (survey.responses.respondents["complete"] != "").any():
        return None
    return int((~ledger["disposition"].isin(DID_NOT_TAKE_PART) & ~incomplete).sum())


def _check_views(survey: Survey, took_part: int) -> None:
    views = survey.outcomes.views_unique
    if views is not None and took_part > views:
        raise StudyError(
            f"{survey.outcomes.line}: there were {views} unique visitors (views_unique), but {took_part} rows of the "
            "export took part; correct the count."
        )


def cases_of(survey: Survey) -> Cases:
    """Return the cases of the frame by AAPOR's outcomes; together they are those invited.

    Complete and partial interviews are those analysed, partial where flagged as incomplete. Rows without consent
    or answers and break-offs are refusals, undelivered invitations are of unknown eligibility, as are all who are
    left (with `unknown` in the config: only so many, the rest is eligible and was not reached).

    Raises:
        StudyError: when more cases are accounted for than were invited.
    """
    outcomes, ledger = survey.outcomes, survey.ledger
    analysed, partial = ledger["disposition"] == ANALYSED, _incomplete(ledger)
    unknown_here = int((ledger["detail"] == ELIGIBILITY_UNKNOWN).sum())
    known = {
        "complete": int((analysed & ~partial).sum()),
        "partial": int((analysed & partial).sum()),
        "refused": _rows(ledger, *REFUSALS) + (outcomes.refused or 0),
        "other": _rows(ledger, *USELESS),
        "ineligible": _rows(ledger, "ineligible") - unknown_here + (outcomes.ineligible or 0),
    }
    unknown = unknown_here + (outcomes.undelivered or 0) + (outcomes.unknown or 0)
    left = (outcomes.invited or 0) - sum(known.values()) - unknown
    if left < 0:
        raise StudyError(
            f"{outcomes.line}: {outcomes.invited} were invited, but the export and the other outcomes account for "
            f"{sum(known.values()) + unknown}; correct the counts."
        )
    all_left_unknown = outcomes.unknown is None
    return Cases(**known, unknown=unknown + left * all_left_unknown, not_contacted=left * (not all_left_unknown))


def _rows(ledger: pd.DataFrame, *dispositions: str) -> int:
    return int(ledger["disposition"].isin(dispositions).sum())


def _aapor(survey: Survey) -> list[Row]:
    cases, given = cases_of(survey), survey.outcomes.e
    e = eligible_share(cases) if given is None else given
    rows = [
        count_row(survey, "cases", getattr(cases, name), cases.total, "frame", answer=letter)
        for letter, name in LETTERS.items()
    ]
    origin = f"e = {e:.3f}, as among the cases known" if given is None else f"e = {e:.3f}, as given"
    for name, rate in aapor_rates(cases, e).items():
        rows.append(_rate(survey, name, rate, "frame", f"{AAPOR}; {origin}" if "e·U" in rate.formula else AAPOR))
    return rows


def _rate(survey: Survey, name: str, rate: Rate, base: str, note: str) -> Row:
    row = sample_row(survey, "outcome_rates", answer=name, statistic="rate", scale="probability", base=base)
    row |= {"outcome": rate.formula, "count": rate.numerator, "n_weighted": float(rate.denominator), "note": note}
    if float(rate.denominator).is_integer():
        row["n"] = int(rate.denominator)
    if math.isnan(rate.value) or rate.value > 1:
        why = "nobody is in the base" if math.isnan(rate.value) else "there are more cases than the base holds"
        return row | {"n_weighted": None, "status": "not_estimable", "note": why}
    return row | {"estimate": rate.value}


def break_off_rows(survey: Survey) -> Iterator[Row]:
    """Say how many still answered at each question (and page), and how many left after it (Peytchev 2009).

    Of the rows that began: tests, duplicates, those without consent and those outside the population are left out.
    Who left after each question and who finished sum to `n`.
    """
    began = survey.ledger[~survey.ledger["disposition"].isin((*NO_CASES, "consent", "ineligible"))]
    reached = began["reached"].to_numpy(dtype=int)
    names = [q.name for q in survey.questionnaire.questions.values() if q.derivation is None]
    yield from _positions(survey, "break_off", reached, names)
    pages = began["last_page"].to_numpy(dtype=float, na_value=np.nan)
    known = ~np.isnan(pages)
    if known.any():
        numbers = sorted(set(pages[known].astype(int)))
        place = np.searchsorted(numbers, pages[known].astype(int)) + 1
        finished = reached[known] == len(names)
        yield from _positions(
            survey, "break_off_page", np.where(finished, len(numbers), place), [str(p) for p in numbers]
        )


def _positions(survey: Survey, topic: str, reached: np.ndarray, names: list[str]) -> Iterator[Row]:
    n = reached.size
    for place, name in enumerate(["", *names]):
        if place:
            still = int((reached >= place).sum())
            yield share_row(survey, topic, still, n, "rows", item=name, answer="answering", statistic="break_off")
        left = int((reached == place).sum())
        answer = "finished" if place == len(names) else "left_after"
        yield share_row(survey, topic, left, n, "rows", item=name, answer=answer, statistic="break_off")
