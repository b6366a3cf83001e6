"""A weighted export with published numbers, where SURVEY_EXPORTS is set: a topline, its age groups, and Kish's design effect."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from b2bsurvey.analyses import analyse
from b2bsurvey.config import Inference, Screening, Wave
from b2bsurvey.design import survey_of
from b2bsurvey.errors import StudyError
from b2bsurvey.ingest import ingest
from b2bsurvey.questionnaire_file import load_questionnaire
from b2bsurvey.readers import read_export
from b2bsurvey.responses import read_parquet, to_parquet
from b2bsurvey.screening import screen
from b2bsurvey.weighting import weigh

pytestmark = pytest.mark.skipif("SURVEY_EXPORTS" not in os.environ, reason="SURVEY_EXPORTS is not set")

QUESTIONNAIRE = """
title: {en: "Manliness"}
languages: [en]
missing: {refused: ["No answer"]}
roles: {practices: manly, segments: age}
questions:
  manly:
    type: single
    level: ordinal
    base: answered
    text: {en: "Self-image"}
    short: {en: "Self-image"}
    column: q0001
    answers:
      very: {label: {en: "Very masculine"}}
      somewhat: {label: {en: "Somewhat masculine"}}
      not_very: {label: {en: "Not very masculine"}}
      not_at_all: {label: {en: "Not at all masculine"}}
  age:
    type: single
    level: ordinal
    text: {en: "Age"}
    short: {en: "Age"}
    column: age3
    answers:
      young: {label: {en: "18 - 34"}}
      middle: {label: {en: "35 - 64"}}
      old: {label: {en: "65 and up"}}
"""
WAVE = Wave("men", ("men.csv",), "q.yaml", "panel", weight_column="weight", line="c.yaml, line 4")
# percentages as the topline prints them: very, somewhat, not very, not at all, no answer
TOPLINE = {
    "": [37, 46, 11, 5, 1],
    "young": [29, 47, 13, 10, 0],
    "middle": [42, 46, 9, 2, 1],
    "old": [37, 47, 13, 3, 1],
}
ANSWERS = ["very", "somewhat", "not_very", "not_at_all", "refused"]


def screened(folder):
    (folder / "q.yaml").write_text(QUESTIONNAIRE, encoding="utf-8")
    questionnaire = load_questionnaire(folder / "q.yaml")
    export = read_export(Path(os.environ["SURVEY_EXPORTS"], "surveymonkey", "538_raw-responses.csv"))
    responses, _ = ingest([export], questionnaire, b"key", WAVE)
    return screen(responses, questionnaire, Screening()), questionnaire


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    folder = tmp_path_factory.mktemp("men")
    found, questionnaire = screened(folder)
    kept, report = weigh(found.responses, questionnaire, WAVE)
    (folder / "r.parquet").write_bytes(to_parquet(kept))
    kept = read_parquet(str(folder / "r.parquet"), questionnaire)
    survey = survey_of(kept, questionnaire, found.ledger, WAVE, Inference(), report)
    return {name: analyse(survey, name).estimates for name in ("sample", "usage")}


@pytest.mark.parametrize("age", TOPLINE)
def test_the_weighted_topline_is_the_published_one(tables, age):
    table = tables["usage"]
    rows = table[(table["statistic"] == "proportion") & (table["base"] == "answered") & (table["level"] == age)]
    found = rows.set_index("answer")["estimate"].reindex(ANSWERS)
    assert [round(100 * share) for share in found.fillna(0)] == TOPLINE[age]


def test_kish_design_effect_of_its_weights(tables):
    table = tables["sample"]
    (row,) = table[table["statistic"] == "design_effect"].to_dict("records")
    assert (round(row["estimate"], 2), row["n"]) == (3.07, 1615)
    assert row["n_effective"] == pytest.approx(1615 / 3.0694, rel=1e-4)


def test_effective_bases_carry_the_design_effect_into_the_interval(tables):
    """Wilson at n/deff, by hand."""
    table = tables["usage"]
    where = (table["answer"] == "very") & (table["base"] == "answered") & (table["segment"] == "")
    (row,) = table[where & (table["statistic"] == "proportion")].to_dict("records")
    p, n, z = row["estimate"], row["n"] / row["deff"], 1.959963984540054
    centre, half = (
        (p + z**2 / (2 * n)) / (1 + z**2 / n),
        z * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2)) / (1 + z**2 / n),
    )
    np.testing.assert_allclose([row["ci_low"], row["ci_high"]], [centre - half, centre + half], rtol=1e-12)
    assert 2 < row["deff"] < 4
    assert row["ci_method"] == "wilson, model-based"


def test_a_lower_limit_stops_it(tmp_path):
    found, questionnaire = screened(tmp_path)
    strict = replace(WAVE, weighting=replace(WAVE.weighting, max_design_effect=3))
    sentence = (
        "the weights have a Kish design effect of 3.07, above max_design_effect: 3, so that 1615 respondents tell"
    )
    with pytest.raises(StudyError, match=sentence):
        weigh(found.responses, questionnaire, strict)
