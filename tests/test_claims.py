"""Means claimed elsewhere: what a questionnaire may declare, the test against libraries, and what is said of it."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import stats

import lucerne_wave
import reference
from b2bsurvey.analyses import analyse
from b2bsurvey.config import Inference, load_config
from b2bsurvey.design import survey_of
from b2bsurvey.errors import StudyError
from b2bsurvey.questionnaire import Claim
from b2bsurvey.questionnaire_file import load_questionnaire
from b2bsurvey.render.claim_note import claim_notes
from b2bsurvey.render.figures.charts import chart_of
from b2bsurvey.render.figures.plan import Plan
from b2bsurvey.render.figures.wording import Wording
from b2bsurvey.render.labels import Labels
from b2bsurvey.statistics.claimed_mean import claimed_mean
from test_linearisation_svy import surveys

NAME = "done_before_contact"
LANGUAGES = ("en", "de", "fr", "it")


# --- the statistic ---


@settings(max_examples=15, deadline=None)
@given(surveys(), st.floats(5, 15))
def test_weighted_it_rests_on_the_mean_of_another_library(survey, value):
    columns, design, sample = survey
    theirs = sample.estimation.mean("y").estimates[0]
    t = (theirs.est - value) / theirs.se
    found = claimed_mean(design, columns["y"], value)
    assert found.test == "design_one_sample_t"
    assert_allclose(found.statistic, t, rtol=1e-8, atol=1e-9)
    assert_allclose(found.p_value, 2 * stats.t.sf(abs(t), theirs.df), rtol=1e-6)
    half = stats.t.ppf(0.975, theirs.df) * theirs.se
    assert_allclose([found.effect.low, found.effect.high], theirs.est - value + half * np.array([-1, 1]), rtol=1e-8)


@pytest.mark.parametrize("name", ["strat_fpc", "strat_nofpc", "weights_only", "clus1_fpc"])
def test_weighted_it_rests_on_the_mean_of_r(name):
    expected = reference.value("design", f"mean.api00.{name}")
    frame, design = reference.design(name)
    found = claimed_mean(design, frame["api00"], 600)
    (estimate,), (error,) = expected["estimate"].values(), expected["se"].values()
    t = (estimate - 600) / error
    assert_allclose([found.statistic, found.df1], [t, expected["df"]], rtol=1e-9)
    assert_allclose(found.p_value, 2 * stats.t.sf(abs(t), expected["df"]), rtol=1e-6)


# --- the questionnaire ---


@pytest.fixture
def changed(tmp_path):
    """Load the shipped questionnaire after replacing the claim in it."""

    def load(new, old='    claim: {value: 60, source: "Corporate'):
        text = lucerne_wave.QUESTIONNAIRE.read_text(encoding="utf-8")
        assert old in text
        path = tmp_path / "q.yaml"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        return load_questionnaire(path)

    return load


def test_the_shipped_claim_is_loaded():
    claim = lucerne_wave.questionnaire().questions[NAME].claim
    assert (claim.value, "Corporate Executive Board" in claim.source) == (60.0, True)


@pytest.mark.parametrize(
    ("new", "sentence"),
    [
        (
            '    claim: {value: 160, source: "Corporate',
            f"160 is claimed of '{NAME}', whose numbers are 0–100; give the claim in the question's unit, or correct "
            "'min' and 'max'.",
        ),
        ('    claim: {source: "Corporate', "'value'"),
    ],
)
def test_a_claim_that_cannot_be_is_one_sentence(changed, new, sentence):
    with pytest.raises(StudyError) as error:
        changed(new)
    assert sentence in str(error.value)
    assert "q.yaml, line" in str(error.value)


def test_only_numbers_have_claims(changed):
    with pytest.raises(StudyError) as error:
        changed('    claim: {value: 1, source: "x"}\n    type: text\n', "    type: text\n")
    assert "'claim' is for number, but '" in str(error.value)
    assert "is of type text; remove it" in str(error.value)


# --- the wave ---


@cache
def survey(value=60.0):
    """Return the shipped wave, with another value claimed."""
    questionnaire = lucerne_wave.questionnaire()
    question = replace(questionnaire.questions[NAME], claim=Claim(value, "Somebody"))
    questionnaire = replace(questionnaire, questions={**questionnaire.questions, NAME: question})
    wave = load_config([lucerne_wave.ROOT / "config" / "config.yaml"]).waves["lucerne-2013"]
    return survey_of(lucerne_wave.weighted(), questionnaire, lucerne_wave.screened().ledger, wave, Inference())


@cache
def tables(value=60.0):
    return analyse(survey(value), "buying")


def overall(statistic):
    frame = tables().estimates
    (row,) = frame[(frame["question"] == NAME) & (frame["statistic"] == statistic) & (frame["segment"] == "")].to_dict(
        "records"
    )
    return row


def test_both_intervals_are_about_the_same_mean():
    linear, drawn = overall("mean"), overall("mean_bootstrap")
    for name in ("estimate", "n", "n_weighted", "scale", "unit", "base", "conf_level"):
        assert drawn[name] == pytest.approx(linear[name]), name
    assert_allclose(drawn["std_error"], linear["std_error"], rtol=0.15)
    assert_allclose([drawn["ci_low"], drawn["ci_high"]], [linear["ci_low"], linear["ci_high"]], rtol=0.02)
    assert drawn["ci_method"].startswith("bootstrap")


def test_the_row_of_the_test_is_that_of_the_mean():
    mean, tests = overall("mean"), tables().tests
    (row,) = tests[tests["test"] == "design_one_sample_t"].to_dict("records")
    t = (mean["estimate"] - 60) / mean["std_error"]
    assert (row["question"], row["role"], row["family"], row["null_value"]) == (NAME, "test", NAME, 60)
    assert (row["alternative"], row["effect_name"], row["family_size"]) == ("two-sided", "mean_difference", 1)
    assert_allclose([row["statistic"], row["effect"]], [t, mean["estimate"] - 60], rtol=1e-9)
    assert_allclose(row["p_value"], 2 * stats.t.sf(abs(t), mean["df"]), rtol=1e-9)
    assert row["p_adjusted"] == row["p_value"]
    assert_allclose([60 + row["effect_ci_low"], 60 + row["effect_ci_high"]], [mean["ci_low"], mean["ci_high"]])


class Results:
    """What the notes need of the results of a wave."""

    confidence_level = 0.95

    def __init__(self, found):
        self.estimates, self.tests = {"buying": found.estimates}, {"buying": found.tests}


def said(value, language):
    """Return (notes of the table, title, alternative text and methods of the figure) with a value claimed."""
    questionnaire, found = survey(value).questionnaire, tables(value)
    question = questionnaire.questions[NAME]
    words = Wording(questionnaire, language, "synthetic", "study", "wave")
    chart = chart_of(Plan("x", "ecdf", "buying", (question,)), found.estimates, found.tests, words)
    notes = claim_notes(Results(found), Labels(questionnaire, language), "buying", question)
    return notes, chart.title(), chart.alt(), chart.methods()


@pytest.mark.parametrize("language", LANGUAGES)
def test_table_and_figure_say_the_same_of_the_claim(language):
    mean = overall("mean")["estimate"]
    say = Labels(survey().questionnaire, language).text.texts
    for value, way in ((round(mean) + 20.0, "below"), (round(mean) - 20.0, "above"), (round(mean, 1), "open")):
        notes, title, alt, methods = said(value, language)
        verdict = say[f"claim.{way}"].split("{source}).")[1].split("{mean}")[0]
        assert verdict in notes[0], way
        assert say["claim.scope"] in notes
        assert say[f"figure_ecdf_{way}"].split("{claimed}")[0].strip() in title, way
        assert say["figure_ecdf_claimed"].split("{")[0].strip() in alt
        assert any("Somebody" in text for text in methods)


def test_english_of_the_shipped_claim():
    notes, title, _, _ = said(60.0, "en")
    mean = overall("mean")["estimate"]
    assert notes[0].startswith(
        f"Claimed: 60% (Somebody). The mean of these respondents is {'lower' if mean < 60 else 'higher'}"
    )
    assert "the claimed 60% (mean)" in title
