"""Typed answers and typed missing reasons, one row a respondent."""

from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO

import numpy as np
import pandas as pd

from b2bsurvey.questionnaire import (
    MISSING_REASONS,
    Bounds,
    Condition,
    Question,
    Questionnaire,
    Variable,
    Wanted,
)

REASONS = pd.CategoricalDtype(list(MISSING_REASONS))
MISSING_SUFFIX = "__missing"
# stands for an open answer that the config has not cleared
HELD_BACK = "given"
Mask = np.ndarray


@dataclass(frozen=True)
class Responses:
    """What respondents answered.

    `respondents`: one row a respondent with `respondent` (hashed key), `file`, `row`, what the platform says
    (`complete`, `test`, `started_at`, `submitted_at`, `duration` in seconds, `last_page`, `interview_language`),
    `firm` (hashed) where firms are known, `weight`, and `base_weight` where that was calibrated.
    `values`: a column a variable: a category's code, 1/0 of a tick, a number, a day, a text (`HELD_BACK` unless the
    config cleared it); empty where missing.
    `missing`: the same shape, with the reason where the value is missing and empty where it is valid.
    All three have the same index 0 … n−1, in the order of the export.
    """

    respondents: pd.DataFrame
    values: pd.DataFrame
    missing: pd.DataFrame

    def __len__(self) -> int:
        return len(self.respondents)

    def keep(self, mask: Mask) -> "Responses":
        """Return the respondents of `mask` (n,) bool, numbered anew."""
        parts = (frame[mask].reset_index(drop=True) for frame in (self.respondents, self.values, self.missing))
        return Responses(*parts)

    def is_valid(self, variable: str) -> Mask:
        """Return (n,) bool: substantive answers."""
        return self.missing[variable].isna().to_numpy()

    def is_answered(self, variable: str) -> Mask:
        """Return (n,) bool: any answer, "don't know" and refusals included."""
        return ~self.missing[variable].isin(["not_answered", "not_shown"]).to_numpy()

    def is_asked(self, variable: str) -> Mask:
        """Return (n,) bool: respondents who were shown the question."""
        return ~(self.missing[variable] == "not_shown").to_numpy()

    def has(self, variable: str, wanted: Wanted) -> Mask:
        """Return (n,) bool: answers among codes (missing reasons included), numbers within bounds, any valid answer."""
        if wanted is None:
            return self.is_valid(variable)
        values, missing = self.values[variable], self.missing[variable]
        if isinstance(wanted, Bounds):
            numbers = values.to_numpy(dtype=float, na_value=np.nan)
            low, high = (
                (-np.inf if wanted.low is None else wanted.low),
                (np.inf if wanted.high is None else wanted.high),
            )
            return (numbers >= low) & (numbers <= high)
        hit = np.zeros(len(values), bool)
        if isinstance(values.dtype, pd.CategoricalDtype):
            hit = values.isin(wanted).to_numpy()
        elif pd.api.types.is_numeric_dtype(values.dtype):
            hit = np.isin(values.to_numpy(dtype=float, na_value=np.nan), [float(c) for c in wanted if _is_number(c)])
        return hit | missing.isin(wanted).to_numpy()

    def to_frame(self) -> pd.DataFrame:
        """Return one flat table: respondents, then each variable and, where it has any, its missing reasons."""
        columns = {name: self.respondents[name] for name in self.respondents}
        for name in self.values:
            columns[name] = self.values[name]
            if self.missing[name].notna().any():
                columns[name + MISSING_SUFFIX] = self.missing[name]
        return pd.DataFrame(columns)


def from_frame(frame: pd.DataFrame, questionnaire: Questionnaire) -> Responses:
    """Return the responses that `to_frame` laid flat."""
    values, missing = {}, {}
    for variable in questionnaire.variables:
        values[variable.name] = frame[variable.name].astype(value_type(questionnaire, variable))
        reasons = frame.get(variable.name + MISSING_SUFFIX, pd.Series(None, index=frame.index, dtype=object))
        missing[variable.name] = reasons.astype(REASONS)
    flat = {n + s for n in values for s in ("", MISSING_SUFFIX)}
    return Responses(
        frame[[c for c in frame if c not in flat]],
        pd.DataFrame(values, index=frame.index),
        pd.DataFrame(missing, index=frame.index),
    )


def to_parquet(responses: Responses) -> bytes:
    """Return the flat table as a Parquet file."""
    buffer = BytesIO()
    responses.to_frame().to_parquet(buffer, index=False)
    return buffer.getvalue()


def read_parquet(path: str, questionnaire: Questionnaire) -> Responses:
    """Read the responses that `to_parquet` wrote."""
    return from_frame(pd.read_parquet(path), questionnaire)


def value_type(questionnaire: Questionnaire, variable: Variable) -> pd.CategoricalDtype | str:
    """Return the column type of a variable's values."""
    question = questionnaire.questions[variable.question]
    match variable.kind:
        case "category":
            return pd.CategoricalDtype([a.code for a in question.answers], ordered=question.level != "nominal")
        case "tick":
            return "Int8"
        case "number":
            return "float64"
        case "date":
            return "datetime64[s]"
        case "text":
            return "str"


def holds(condition: Condition, responses: Responses, questionnaire: Questionnaire) -> tuple[Mask, Mask]:
    """Tell for whom a condition holds, and for whom that is known.

    Returns two (n,) bool arrays by Kleene's logic: `true`, and `known` (true or surely false). An answer that
    is missing makes a condition unknown unless the rest decides it.
    """
    n = len(responses)
    any_true, all_false = np.zeros(n, bool), np.ones(n, bool)
    for pairs in condition.alternatives:
        all_true, any_false = np.ones(n, bool), np.zeros(n, bool)
        for name, wanted in pairs:
            true, known = _pair(name, wanted, responses, questionnaire)
            all_true &= true
            any_false |= known & ~true
        any_true |= all_true
        all_false &= any_false
    return any_true, any_true | all_false


def _pair(name: str, wanted: Wanted, responses: Responses, questionnaire: Questionnaire) -> tuple[Mask, Mask]:
    question = questionnaire.questions.get(name)
    variables = (name,) if question is None else tuple(v.name for v in question.variables)
    if question is not None and question.kind == "tick" and not isinstance(wanted, Bounds):
        chosen = [v.name for v in question.variables if wanted is None or v.item in wanted or v.context in wanted]
        true = _any([responses.has(v, ("1",)) for v in chosen])
        return true, np.ones_like(true) if wanted is None else _any([responses.is_valid(v) for v in chosen])
    true = _any([responses.has(v, wanted) for v in variables])
    if wanted is None:
        return true, np.ones_like(true)
    return true, true | _any([responses.is_valid(v) for v in variables])


def _any(masks: list[Mask]) -> Mask:
    return np.logical_or.reduce(masks)


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).removeprefix("-").isdigit()


def put(responses: Responses, columns: Mapping[str, tuple[pd.Series, pd.Series]]) -> Responses:
    """Return the responses with variables added or replaced: name → (values, missing reasons)."""
    values, missing = responses.values.copy(deep=False), responses.missing.copy(deep=False)
    for name, (value, reason) in columns.items():
        values[name], missing[name] = value, reason.astype(REASONS)
    return Responses(responses.respondents, values, missing)


def question_missing(responses: Responses, question: Question) -> pd.Series:
    """Return the reason why a whole question is missing: that of its first variable, empty if any is valid."""
    names = [v.name for v in question.variables]
    valid = responses.missing[names].isna().any(axis=1)
    return responses.missing[names[0]].where(~valid)
