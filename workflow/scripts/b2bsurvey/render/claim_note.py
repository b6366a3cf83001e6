"""How the mean of a number stands to one that was claimed elsewhere, in words."""

import math

import pandas as pd

from b2bsurvey.questionnaire import Claim, Question
from b2bsurvey.render.labels import Labels
from b2bsurvey.render.results import WaveResults

TESTS = ("one_sample_t", "design_one_sample_t")


def claim_test(tests: pd.DataFrame, question: Question) -> pd.Series | None:
    """Return the row of the Tests table that compares the mean of the question with its claim; None without one."""
    rows = tests[(tests["question"] == question.name) & tests["test"].isin(TESTS)]
    return None if rows.empty else rows.iloc[0]


def claim_notes(results: WaveResults, labels: Labels, analysis: str, question: Question) -> list[str]:
    """Return what was claimed and by whom, the mean with both its intervals, and what the comparison cannot tell.

    Called lower or higher where the adjusted test is significant. Nothing without a claim or its test.
    """
    test = claim_test(results.tests[analysis], question)
    if question.claim is None or test is None:
        return []
    if not math.isfinite(test["p_adjusted"]):
        return [
            labels("claim.untested", claimed=_amount(labels, question, question.claim), source=question.claim.source)
        ]
    alpha = 1 - results.confidence_level
    way = "open" if test["p_adjusted"] >= alpha else "below" if test["effect"] < 0 else "above"
    mean, drawn = (_overall(results.estimates[analysis], question.name, s) for s in ("mean", "mean_bootstrap"))
    p = labels.form.p_value(test["p_adjusted"])
    found = labels(
        f"claim.{way}",
        claimed=_amount(labels, question, question.claim),
        source=question.claim.source,
        mean=_number(labels, question, mean["estimate"]),
        level=labels.percent(results.confidence_level),
        low=_number(labels, question, mean["ci_low"]),
        high=_number(labels, question, mean["ci_high"]),
        boot_low=_number(labels, question, drawn["ci_low"]),
        boot_high=_number(labels, question, drawn["ci_high"]),
        p=f"p {p}" if p[:1] in "<>" else f"p = {p}",
    )
    return [found, labels("claim.scope")]


def _overall(estimates: pd.DataFrame, question: str, statistic: str) -> pd.Series:
    rows = estimates[(estimates["question"] == question) & (estimates["statistic"] == statistic)]
    return rows[rows["segment"] == ""].iloc[0]


def _amount(labels: Labels, question: Question, claim: Claim) -> str:
    digits = 0 if claim.value == round(claim.value) else 1
    return labels.form.with_unit(labels.form.number(claim.value, digits), question.unit.get(labels.language, ""))


def _number(labels: Labels, question: Question, value: float) -> str:
    return labels.form.with_unit(labels.form.number(value, 1), question.unit.get(labels.language, ""))
