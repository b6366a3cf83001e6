"""The codebook: what each variable of the responses is, where it comes from, and how many answered."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from b2bsurvey.questionnaire import Bounds, Condition, Derivation, Question, Questionnaire, Variable, Wanted
from b2bsurvey.responses import Responses

CODEBOOK_COLUMNS = (
    *("variable", "question", "item", "context", "type", "level", "label", "codes", "missing", "base", "asked_if"),
    *("n_valid", "n_missing", "derived_from", "source_column"),
)


def codebook(responses: Responses, questionnaire: Questionnaire, columns: Mapping[str, str]) -> pd.DataFrame:
    """Return one row a variable, in the order of the questionnaire, with columns `CODEBOOK_COLUMNS`.

    Texts are in the questionnaire's first language; `columns` maps variables to the headings of the export.
    `n_valid` and `n_missing` sum to the respondents; `missing` counts each reason (`dont_know=14; not_shown=3`).
    """
    rows = [_row(responses, questionnaire, variable, columns) for variable in questionnaire.variables]
    return pd.DataFrame(rows, columns=list(CODEBOOK_COLUMNS))


@dataclass(frozen=True)
class Described:
    """What the respondents answered to one variable, unweighted.

    `n` of them are analysed, `n_answered` gave an answer ("don't know" and refusals included), `n_valid` a substantive
    one. `counts` are of answers by code, 1 of a tick; `missing` of reasons that occur. `numbers` has the mean, the
    standard deviation, and min, q1, median, q3, max of numbers; `days` the first and the last of dates.
    """

    variable: Variable
    n: int
    n_answered: int
    n_valid: int
    counts: Mapping[str, int]
    missing: Mapping[str, int]
    numbers: Mapping[str, float]
    days: tuple[date, date] | None


def described(responses: Responses, questionnaire: Questionnaire) -> dict[str, Described]:
    """Return the description of every variable, by its name."""
    return {v.name: _described(responses, questionnaire.questions[v.question], v) for v in questionnaire.variables}


def _described(responses: Responses, question: Question, variable: Variable) -> Described:
    values = responses.values[variable.name][responses.is_valid(variable.name)]
    codes = {"category": [a.code for a in question.answers], "tick": ["1"]}.get(variable.kind, [])
    days = variable.kind == "date" and len(values)
    return Described(
        variable=variable,
        n=len(responses),
        n_answered=int(responses.is_answered(variable.name).sum()),
        n_valid=len(values),
        counts={code: int(responses.has(variable.name, (code,)).sum()) for code in codes},
        missing=_missing(responses, variable),
        numbers=_summary(values.to_numpy(dtype=float)) if variable.kind == "number" and len(values) else {},
        days=(values.min().date(), values.max().date()) if days else None,
    )


def _missing(responses: Responses, variable: Variable) -> dict[str, int]:
    counts = responses.missing[variable.name].value_counts(sort=False)
    return {str(reason): int(count) for reason, count in counts.items() if count}


def _summary(values: np.ndarray) -> dict[str, float]:
    """Return mean, standard deviation (n − 1) and quartiles (linear between order statistics, as R does by default)."""
    low, q1, median, q3, high = np.quantile(values, [0, 0.25, 0.5, 0.75, 1])
    spread = float(np.std(values, ddof=1)) if len(values) > 1 else np.nan
    named = {"mean": np.mean(values), "sd": spread, "min": low, "q1": q1, "median": median, "q3": q3, "max": high}
    return {name: float(value) for name, value in named.items()}


def _row(
    responses: Responses, questionnaire: Questionnaire, variable: Variable, columns: Mapping[str, str]
) -> dict[str, object]:
    question = questionnaire.questions[variable.question]
    language = questionnaire.languages[0]
    valid = int(responses.is_valid(variable.name).sum())
    return {
        "variable": variable.name,
        "question": question.name,
        "item": variable.item,
        "context": variable.context,
        "type": question.type,
        "level": "nominal" if variable.kind == "tick" else question.level,
        "label": variable_label(question, variable, language),
        "codes": codes_in_words(question, language),
        "missing": "; ".join(f"{reason}={count}" for reason, count in _missing(responses, variable).items()),
        "base": question.base,
        "asked_if": condition_in_words(question.asked_if, questionnaire, language) if question.asked_if else "",
        "n_valid": valid,
        "n_missing": len(responses) - valid,
        "derived_from": derivation_in_codes(question.derivation) if question.derivation else "",
        "source_column": columns.get(variable.name, ""),
    }


def variable_label(question: Question, variable: Variable, language: str) -> str:
    """Return the question's text with item and context."""
    return question.text[language] + _place(question, variable, language)


def _place(question: Question, variable: Variable, language: str) -> str:
    """Return ` [item · context]` of a variable, nothing for one that stands for its whole question."""
    parts = [question.item_label(code, language) for code in (variable.item, variable.context) if code]
    return f" [{' · '.join(parts)}]" if parts else ""


def term_in_words(questionnaire: Questionnaire, term: str, reference: str, language: str) -> tuple[str, str, str]:
    """Return predictor, label and reference of a model's term: a question and an answer, or an item of a question.

    A predictor that is a number has a label alone; what the questionnaire does not know stays as it is.
    """
    name, _, code = term.partition("=")
    try:
        question = questionnaire.owner(name)
    except KeyError:
        return "", term, reference
    label = question.short[language]
    if name != question.name:
        variable = next(v for v in question.variables if v.name == name)
        return label, " · ".join(question.item_label(c, language) for c in (variable.item, variable.context) if c), ""
    if not code:
        return "", label, ""
    return label, question.answer_label(code, language), question.answer_label(reference, language)


def codes_in_words(question: Question, language: str, tick: str = "1=ticked; 0=not ticked") -> str:
    """Return `code=label; …` of a closed question, nothing for a number."""
    if question.kind == "tick":
        return tick
    return "; ".join(f"{answer.code}={answer.label[language]}" for answer in question.answers)


def condition_in_words(
    condition: Condition,
    questionnaire: Questionnaire,
    language: str,
    words: tuple[str, str, str, str] = ("and", "or", "answered", ": "),
) -> str:
    """Return a condition in the labels of the questionnaire, with `words` for and, or, answered, and a colon."""
    conjunction, disjunction, answered, colon = words

    def pair(name: str, wanted: Wanted) -> str:
        question = questionnaire.owner(name)
        variable = next((v for v in question.variables if v.name == name), None)
        subject = question.short[language] + (_place(question, variable, language) if variable else "")
        if wanted is None or isinstance(wanted, Bounds):
            return f"{subject}{colon}{answered if wanted is None else wanted}"
        label = question.item_label if question.kind == "tick" else question.answer_label
        return subject + colon + f" {disjunction} ".join(label(code, language) for code in wanted)

    alternatives = [f" {conjunction} ".join(pair(*p) for p in pairs) for pairs in condition.alternatives]
    return f"; {disjunction} ".join(alternatives)


def derivation_in_codes(derivation: Derivation) -> str:
    """Return how a variable is derived, in the codes of the questionnaire: `net(programme: yes|planning)`."""
    if derivation.condition is not None:
        alternatives = [
            ", ".join(f"{name}{_wanted_in_codes(wanted)}" for name, wanted in pairs)
            for pairs in derivation.condition.alternatives
        ]
        return f"{derivation.method}({'; '.join(alternatives)})"
    if derivation.method == "ratio":
        return f"ratio({derivation.of[0]} / {derivation.of[1]})"
    details = [derivation.file] if derivation.file else []
    details += ["|".join(derivation.codes)] if derivation.codes else []
    details += [f"{code}={'|'.join(codes)}" for code, codes in derivation.groups.items()]
    details += [f"{code}≥{bound:g}" for code, bound in derivation.bounds.items()]
    details += [f"{code}={'|'.join(words)}" for code, words in derivation.words.items()]
    details += [f"min_valid={derivation.min_valid}"] if derivation.method == "index" else []
    inside = ", ".join(derivation.of) + (": " + ", ".join(details) if details else "")
    return f"{derivation.method}({inside})"


def _wanted_in_codes(wanted: Wanted) -> str:
    if wanted is None:
        return "=any"
    return f" {wanted}" if isinstance(wanted, Bounds) else f"={'|'.join(wanted)}"
