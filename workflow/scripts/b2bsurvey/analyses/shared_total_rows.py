"""Rows on constant sums that a few share: the largest share, Herfindahl index, bus factor, Lorenz curve."""

from collections.abc import Iterator

import numpy as np

from b2bsurvey.analyses.linearised_row import linearised_row
from b2bsurvey.design import Survey
from b2bsurvey.estimates import Quantity, Row, estimated
from b2bsurvey.questionnaire import Question
from b2bsurvey.statistics.linearisation import SampleDesign, means
from b2bsurvey.statistics.shared_totals import SharedTotals, lorenz_curves, shared_totals
from b2bsurvey.tables import row_id

LORENZ_AT = np.linspace(0, 1, 21)
OPEN = "open"  # the answer of those whose bus factor hangs on how the rest is spread
EVEN, PACKED = "the rest is spread as evenly as may be", "the rest is in as few hands as may be"
OF_EACH = "each respondent's own, on average"


def shared_total_rows(survey: Survey, question: Question, analysis: str) -> Iterator[Row]:
    """Yield how concentrated each respondent's total is, on average; nothing for another type of question.

    The share of the largest, the Herfindahl index, its bounds where the rest is of an unknown number of others,
    the share of respondents with each bus factor, and the mean Lorenz curve and Gini coefficient of those with two
    holders or more.
    """
    if question.type != "constant_sum" or survey.design is None:
        return
    refusal = survey.refusal_within(question)
    if refusal:
        row = linearised_row(survey, question, analysis, "top_share", (np.nan, np.nan, 0), "probability", answer="1")
        yield row | {"note": refusal}
        return
    base, named, rest, holders = _amounts(survey, question)
    found = shared_totals(named, rest, holders)
    domain = base & np.isfinite(found.top)
    lost = int((base & ~domain).sum())
    note = f"{lost} respondents who named nobody are left out" if lost else ""
    yield _mean(survey, survey.design, question, analysis, "top_share", "1", found.top, domain, note)
    exact = np.allclose(found.herfindahl_low[domain], found.herfindahl_high[domain])
    bounds = {"": ""} if exact else {"at_least": EVEN, "at_most": PACKED}
    for (answer, note), values in zip(bounds.items(), (found.herfindahl_low, found.herfindahl_high), strict=False):
        yield _mean(survey, survey.design, question, analysis, "herfindahl", answer, values, domain, note)
    yield from _bus_factors(survey, question, analysis, found, domain)
    curves, gini = lorenz_curves(named, rest, holders, LORENZ_AT)
    several = domain & np.isfinite(gini)
    left_out = int((domain & ~several).sum())
    note = f"{left_out} respondents with one holder, or an unknown number, are left out" if left_out else ""
    yield _mean(survey, survey.design, question, analysis, "gini", "", gini, several, note)
    if several.any():
        for place, values in zip(LORENZ_AT, curves.T, strict=True):
            yield _mean(survey, survey.design, question, analysis, "lorenz", f"{place:g}", values, several, OF_EACH)


def _amounts(survey: Survey, question: Question) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray | None]:
    """Return who is in the base (n,), the amounts of those named (n, k), that of the rest and how many share (n,)."""
    responses = survey.responses
    base = np.logical_and.reduce(
        [survey.base(question, v, question.base) & responses.is_valid(v.name) for v in question.variables]
    )
    amounts = {v.item: responses.values[v.name].to_numpy(dtype=float) for v in question.variables}
    rest = [amounts.pop(item.code) for item in question.items if item.rest and item.code in amounts]
    named = np.column_stack([np.zeros((len(responses), 0)), *amounts.values()])
    holders = None
    if question.shared_by is not None and not survey.questionnaire.questions[question.shared_by].not_asked:
        holders = responses.values[question.shared_by].to_numpy(dtype=float)
    return base, named, rest[0] if rest else np.zeros(len(responses)), holders


def _mean(
    survey: Survey,
    design: SampleDesign,
    question: Question,
    analysis: str,
    statistic: str,
    answer: str,
    values: np.ndarray,
    domain: np.ndarray,
    note: str,
) -> Row:
    """Return the row of a mean of indices between 0 and 1."""
    found = means(design, values, domain, full=False)
    mean = (float(found.estimate[0]), float(found.std_error[0]), int(found.n[0]))
    scale = "index" if statistic in ("herfindahl", "gini") else "probability"
    row = linearised_row(survey, question, analysis, statistic, mean, scale, (0.0, 1.0), answer=answer, note=note)
    return row | {"n_weighted": float(found.n_weighted[0])}


def _bus_factors(
    survey: Survey, question: Question, analysis: str, found: SharedTotals, domain: np.ndarray
) -> Iterator[Row]:
    """Yield the share of respondents with each bus factor, and of those for whom it is open."""
    known = domain & (found.bus_factor_low == found.bus_factor_high)
    factors: dict[str, np.ndarray] = {
        f"{factor:g}": known & (found.bus_factor_low == factor) for factor in np.unique(found.bus_factor_low[known])
    }
    if (domain & ~known).any():
        factors[OPEN] = domain & ~known
    quantities = [
        Quantity(question, question.variables[0], "proportion", question.base, has.astype(float), domain, answer)
        for answer, has in factors.items()
    ]
    for row in estimated(survey, quantities, analysis):
        identity = row_id(survey.wave, analysis, question.name, "bus_factor", row["answer"])
        yield row | {"estimate_id": identity, "statistic": "bus_factor", "item": "", "unit": ""}
