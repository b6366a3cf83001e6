"""From a Survey to rows of the Tests table: is a question associated with a segment?"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from b2bsurvey.config import Family, Inference
from b2bsurvey.design import Survey
from b2bsurvey.questionnaire import Question, Variable
from b2bsurvey.statistics.contingency import independence
from b2bsurvey.statistics.multiplicity import adjust
from b2bsurvey.statistics.significance import SignificanceTest
from b2bsurvey.tables import row_id, seed

Row = dict[str, Any]


def association_tests(survey: Survey, question: Question, segment: Question, analysis: str) -> Iterator[Row]:
    """Yield one test a variable of a question with a segment: classical or design-based, as the design demands.

    Closed questions (no others) are tested on their valid answers; options of a tick-all set, ticked or not, within
    the question's base. p values are not yet adjusted (see `adjusted`).
    """
    if survey.design is None or question.kind not in ("category", "tick"):
        return
    refusal = survey.refusal(question.name, segment.name)
    if refusal:
        yield _row(survey, question, question.variables[0], segment, analysis) | {
            "item": "",
            "test_id": row_id(survey.wave, analysis, question.name, segment.name),
            "status": "not_estimable",
            "note": refusal,
        }
        return
    columns = survey.responses.values[segment.name].cat.codes.to_numpy(dtype=int)
    for variable in survey.questionnaire.variables_beside(question, segment):
        row = _row(survey, question, variable, segment, analysis)
        rows, n_rows = categories(survey, question, variable)
        yield tested(survey, rows, n_rows, columns, len(segment.answers), row)


def tested(survey: Survey, rows: np.ndarray, n_rows: int, groups: np.ndarray, n_groups: int, row: Row) -> Row:
    """Return `row` with the test of whether `rows` and `groups` are associated: codes (n,), −1 outside all of them."""
    if survey.design is None:
        raise ValueError("nobody is left to be tested")
    level = survey.inference.confidence_level
    found = independence(survey.design, rows, groups, n_rows, n_groups, seed(row["test_id"]), level)
    return row | result_row(found)


def categories(survey: Survey, question: Question, variable: Variable) -> tuple[np.ndarray, int]:
    """Return (n,) codes with −1 outside the base, and how many there are."""
    if question.kind == "tick":
        ticked = survey.responses.has(variable.name, ("1",)).astype(int)
        return np.where(survey.base(question, variable, question.base), ticked, -1), 2
    return survey.responses.values[variable.name].cat.codes.to_numpy(dtype=int), len(question.answers)


def _row(survey: Survey, question: Question, variable: Variable, segment: Question, analysis: str) -> Row:
    return {
        "test_id": row_id(survey.wave, analysis, question.name, variable.item, variable.context, segment.name),
        "wave": survey.wave,
        "analysis": analysis,
        "family": family_of(survey.inference, question.name, segment.name),
        "role": "test",
        "question": question.name,
        "item": variable.item,
        "context": variable.context,
        "segment": segment.name,
        "comparison": " / ".join(a.code for a in segment.answers),
        "adjustment": survey.inference.adjustment,
        "design": survey.design_label,
    }


def result_row(found: SignificanceTest, alternative: str = "association") -> Row:
    """Return what a test found, in the columns of the Tests table; empty where nothing could be estimated."""
    effect = found.effect
    return {
        "test": found.test,
        "method_reason": found.reason,
        "statistic": found.statistic,
        "df1": found.df1,
        "df2": found.df2,
        "alternative": alternative,
        "p_value": found.p_value,
        "effect_name": effect.name if effect else "",
        "effect": effect.estimate if effect else None,
        "effect_ci_low": effect.low if effect else None,
        "effect_ci_high": effect.high if effect else None,
        "n": found.n,
        "status": "ok" if found.is_estimable else "not_estimable",
        "note": found.note,
    }


def family_of(inference: Inference, question: str, segment: str = "") -> str:
    """Return the family of a test: a configured one, else the question, or question × segment where it has one."""
    for family in inference.families:
        if question in family.questions and (not family.segments or segment in family.segments):
            return family.name
    return f"{question} × {segment}" if segment else question


def adjusted(tests: pd.DataFrame) -> pd.DataFrame:
    """Return the tests with `p_adjusted` and `family_size` filled in, family by family.

    Tests without a p value are not counted.
    """
    tests = tests.copy()
    for _, members in tests.groupby("family", sort=False):
        p = members["p_value"].to_numpy(dtype=float)
        tests.loc[members.index, "p_adjusted"] = adjust(p, members["adjustment"].iloc[0])
        tests.loc[members.index, "family_size"] = int(np.isfinite(p).sum())
    return tests


def families_split(inference: Inference, questions: set[str]) -> list[Family]:
    """Return configured families of which just some questions are in one analysis: they cannot be adjusted together."""
    return [f for f in inference.families if 0 < len(questions & set(f.questions)) < len(set(f.questions))]
