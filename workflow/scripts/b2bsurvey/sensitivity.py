"""Would other screening decisions change the headline numbers?"""

from collections.abc import Iterator

import pandas as pd

from b2bsurvey.config import RULES, Inference, Screening, Wave
from b2bsurvey.design import Survey, survey_of
from b2bsurvey.errors import StudyError
from b2bsurvey.estimates import Row, estimated, headline, within_refused
from b2bsurvey.population import Population
from b2bsurvey.questionnaire import HEADLINE_ROLES, Question, Questionnaire
from b2bsurvey.responses import Mask, Responses
from b2bsurvey.screening import ANALYSED, Screened, screen
from b2bsurvey.tables import estimates_table, row_id
from b2bsurvey.weighting import weigh

ANALYSIS = "sensitivity"
AS_SCREENED = "as_screened"
# rows that these exclude cannot be used: no consent, no respondent, no answer, not of the population
FINAL = ("consent", "test", "empty", "ineligible")

# what a difference has in common with the share that it is of
KEPT = ("wave", "analysis", "question", "item", "answer", "context", "base", "scale", "n", "design", "origin", "status")


def sensitivity(
    responses: Responses,
    questionnaire: Questionnaire,
    wave: Wave,
    inference: Inference,
    population: Population | None = None,
) -> pd.DataFrame:
    """Return the headline shares as screened and under each alternative, and the differences, as Estimates.

    `responses` are all rows of the export; each alternative is weighted anew, to the `population` where there is
    one. The alternatives stand in `model`: `without_RULE` leaves out whom a rule flagged, `with_RULE` switches off a
    rule that excluded. Those that change nobody are left out. A difference (alternative − as screened, in
    `reference`) has no interval: both are of nearly the same respondents.
    """
    screened = screen(responses, questionnaire, wave.screening)
    main = _headlines(screened, questionnaire, wave, inference, population)
    rows = [_of_model(row, AS_SCREENED) for row in main]
    for model, rules in alternatives(wave.screening):
        other = screen(responses, questionnaire, rules)
        if (_is_analysed(other) == _is_analysed(screened)).all():
            continue
        try:
            found = _headlines(other, questionnaire, wave, inference, population)
        except StudyError:  # such as more respondents than the population holds
            rows.append(_not_estimable(wave, model))
            continue
        rows += [_of_model(row, model) for row in found]
        rows += _differences(main, found, model)
    return estimates_table(rows)


def alternatives(rules: Screening) -> Iterator[tuple[str, Screening]]:
    """Yield (model, rules) of each alternative to the screening rules as they are."""
    for name in RULES:
        action = getattr(rules, name).action
        if action == "flag":
            yield f"without_{name}", rules.with_action("exclude", name)
        elif action == "exclude" and name not in FINAL:
            yield f"with_{name}", rules.with_action("off", name)


def _is_analysed(screened: Screened) -> Mask:
    """Return (rows of the export,) bool."""
    return (screened.ledger["disposition"] == ANALYSED).to_numpy(dtype=bool)


def _headlines(
    screened: Screened, questionnaire: Questionnaire, wave: Wave, inference: Inference, population: Population | None
) -> list[Row]:
    weighted, report = weigh(screened.responses, questionnaire, wave, population)
    survey = survey_of(weighted, questionnaire, screened.ledger, wave, inference, report)
    return [row for question in questionnaire.with_role(*HEADLINE_ROLES) for row in _rows(survey, question)]


def _rows(survey: Survey, question: Question) -> list[Row]:
    refused = list(within_refused(survey, question, ANALYSIS))
    return refused or estimated(survey, headline(survey, question), ANALYSIS)


def _not_estimable(wave: Wave, model: str) -> Row:
    return {
        "estimate_id": row_id(wave.name, ANALYSIS, model),
        "wave": wave.name,
        "analysis": ANALYSIS,
        "statistic": "difference",
        "origin": wave.origin,
        "model": model,
        "reference": AS_SCREENED,
        "status": "not_estimable",
        "note": "this alternative does not fit the sampling design",
    }


def _of_model(row: Row, model: str) -> Row:
    return row | {"model": model, "estimate_id": row_id(row["estimate_id"], model)}


def _differences(main: list[Row], found: list[Row], model: str) -> Iterator[Row]:
    known = {row["estimate_id"]: row for row in main}
    for row in found:
        before = known.get(row["estimate_id"], {})
        if "estimate" in row and "estimate" in before:
            kept = {name: row[name] for name in KEPT}
            yield kept | {
                "estimate_id": row_id(row["estimate_id"], model, "difference"),
                "model": model,
                "reference": AS_SCREENED,
                "statistic": "difference",
                "estimate": row["estimate"] - before["estimate"],
            }
