"""Rows on the coding of open answers: how far codings agree, and what cleared answers say in their own words."""

from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np
import pandas as pd

from b2bsurvey.design import Survey
from b2bsurvey.estimates import Row
from b2bsurvey.questionnaire import Question
from b2bsurvey.responses import HELD_BACK
from b2bsurvey.statistics.agreement import Agreement, cohen_kappa, krippendorff_alpha
from b2bsurvey.tables import SMALL_BASE, row_id, seed

QUOTES, LONGEST = 2, 160  # of each theme; characters of a quote


def themes_of(questions: Sequence[Question]) -> list[Question]:
    """Return the questions that say which themes open answers have."""
    return [q for q in questions if q.derivation is not None and q.derivation.method == "themes"]


def agreement_rows(survey: Survey, questions: Sequence[Question], analysis: str) -> Iterator[Row]:
    """Yield how far two codings of the same open answers agree: of each theme they share, and of all together.

    Cohen's kappa of each pair (`reference` is the other coding) and Krippendorff's alpha of all codings; units are
    respondents who wrote something, of all themes together each respondent and theme.
    """
    by_source: dict[str, list[Question]] = {}
    for question in themes_of(questions):
        by_source.setdefault(question.derivation.of[0] if question.derivation else "", []).append(question)
    for codings in by_source.values():
        shared = [i.code for i in codings[0].items if all(i.code in {j.code for j in q.items} for q in codings)]
        if len(codings) < 2 or not shared:
            continue
        codes = {q.name: np.column_stack([_codes(survey, q, code) for code in shared]) for q in codings}
        for place, theme in enumerate([*shared, ""]):
            columns = {name: (found[:, place] if theme else found.ravel()) for name, found in codes.items()}
            yield from _agreement(survey, codings, theme, columns, analysis)


def _codes(survey: Survey, question: Question, theme: str) -> np.ndarray:
    """Return (n,) 1 or 0 whether an answer has a theme, −1 where it was not coded, in the order of the keys."""
    name = next(v.name for v in question.variables if v.item == theme)
    order = np.argsort(survey.responses.respondents["respondent"].to_numpy(dtype=str), kind="stable")
    given = survey.responses.values[name].to_numpy(dtype=float, na_value=np.nan)
    return np.where(np.isfinite(given), given, -1).astype(int)[order]


def _agreement(
    survey: Survey, codings: Sequence[Question], theme: str, columns: dict[str, np.ndarray], analysis: str
) -> Iterator[Row]:
    level = survey.inference.confidence_level
    for one, other in combinations(codings, 2):
        found = cohen_kappa(columns[one.name], columns[other.name], level)
        place = (survey, one, analysis, theme, other.name)
        yield _row(*place, "kappa", "index", found, "asymptotic")
        observed = Agreement(found.observed, np.nan, np.nan, found.observed, found.n)
        yield _row(*place, "agreement", "probability", observed, "")
    first = codings[0]
    number = seed(survey.wave, analysis, first.name, theme)
    alpha = krippendorff_alpha(np.column_stack(list(columns.values())), level, number)
    others = "+".join(q.name for q in codings[1:])
    yield _row(survey, first, analysis, theme, others, "krippendorff_alpha", "index", alpha, "bootstrap")


def _row(
    survey: Survey,
    question: Question,
    analysis: str,
    theme: str,
    other: str,
    statistic: str,
    scale: str,
    found: Agreement,
    method: str,
) -> Row:
    row: Row = {
        "estimate_id": row_id(survey.wave, analysis, question.name, theme, statistic, other),
        "wave": survey.wave,
        "analysis": analysis,
        "question": question.name,
        "item": theme,
        "reference": other,
        "base": "valid",
        "statistic": statistic,
        "scale": scale,
        "n": found.n,
        "design": survey.design_label,
        "origin": survey.origin,
        "status": "ok" if found.n >= SMALL_BASE else "small_base",
        "note": "computed unweighted",
    }
    if not np.isfinite(found.coefficient):
        why = "all codes are the same" if found.n else "no text has two codes"
        return row | {"status": "not_estimable", "note": why}
    row |= {"estimate": found.coefficient}
    if np.isfinite(found.low):
        row |= {"ci_low": found.low, "ci_high": found.high, "conf_level": survey.inference.confidence_level}
        row |= {"ci_method": method}
        row |= {"std_error": found.std_error} if np.isfinite(found.std_error) else {}
    return row


def quotes(survey: Survey, questions: Sequence[Question], analysis: str) -> Iterator[Row]:
    """Yield up to two short answers of each theme of the first coding, word for word, where the config cleared them.

    `answer` is the text, `item` the theme, the estimate how many wrote it; the most frequent texts first, then the
    shortest.
    """
    first = {q.derivation.of[0]: q for q in reversed(themes_of(questions)) if q.derivation}
    for source, question in reversed(first.items()):
        texts = survey.responses.values[source].astype(object)
        if (texts.dropna() == HELD_BACK).all():
            continue
        for variable in question.usable:
            has = survey.responses.has(variable.name, ("1",))
            said = texts[has & texts.notna().to_numpy()].astype(str)
            counts = pd.Series(said[said.str.len() <= LONGEST]).value_counts()
            ordered = sorted(counts.items(), key=lambda pair: (-pair[1], len(str(pair[0])), str(pair[0])))
            for place, (text, count) in enumerate(ordered[:QUOTES], start=1):
                yield {
                    "estimate_id": row_id(survey.wave, analysis, question.name, variable.item, "quote", str(place)),
                    "wave": survey.wave,
                    "analysis": analysis,
                    "question": question.name,
                    "item": variable.item,
                    "answer": str(text),
                    "base": "valid",
                    "statistic": "quote",
                    "scale": "count",
                    "estimate": float(count),
                    "count": int(count),
                    "n": int(has.sum()),
                    "design": survey.design_label,
                    "origin": survey.origin,
                    "status": "ok" if has.sum() >= SMALL_BASE else "small_base",
                }
