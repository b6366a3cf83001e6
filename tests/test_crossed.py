"""Grids of ticks with many contexts, from respondents to the printed table and the figures."""

import re

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import lucerne_wave
from b2bsurvey import tables as tidy
from b2bsurvey.analyses import analyse
from b2bsurvey.comparisons import contexts_differ, ticks_of_grid
from b2bsurvey.config import load_config
from b2bsurvey.correspondence import correspondence_rows
from b2bsurvey.design import survey_of
from b2bsurvey.render.crossed_table import crossed_table
from b2bsurvey.render.figures import figure_names
from b2bsurvey.render.figures.charts import chart_of
from b2bsurvey.render.figures.plan import Plan
from b2bsurvey.render.figures.wording import Wording
from b2bsurvey.render.labels import Labels
from b2bsurvey.render.results import WaveResults
from b2bsurvey.statistics.correspondence import correspondence
from b2bsurvey.statistics.tick_all import rows_differ
from test_comparisons import survey as of_two_contexts

QUESTIONS = {"purposes": "usage", "role_contacts": "buying"}


@pytest.fixture(scope="module")
def survey():
    config, screened = load_config([lucerne_wave.ROOT / "config" / "config.yaml"]), lucerne_wave.screened()
    wave = config.waves["lucerne-2013"]
    return survey_of(screened.responses, lucerne_wave.questionnaire(), screened.ledger, wave, config.inference)


def question(name):
    return lucerne_wave.questionnaire().questions[name].as_asked


def counted(survey, name):
    """Count the mentions of each context and item from the responses' columns."""
    asked = question(name)
    values = survey.responses.values
    return np.array([[(values[f"{name}_{i.code}_{c.code}"] == 1).sum() for i in asked.items] for c in asked.contexts])


@pytest.mark.parametrize("name", QUESTIONS)
def test_rows_are_those_of_the_mentions_counted(survey, name):
    asked, table = question(name), counted(survey, name)
    expected = correspondence(table)
    rows = tidy.estimates_table(correspondence_rows(survey, asked, "usage"))
    assert rows["estimate_id"].is_unique
    assert set(rows["status"]) == {"ok"}
    whole = rows[(rows["statistic"] == "inertia") & (rows["term"] == "")].iloc[0]
    assert (whole["estimate"], whole["count"]) == (pytest.approx(expected.total), table.sum())
    for k, term in enumerate("12"):
        mine = rows[(rows["statistic"] == "coordinate") & (rows["term"] == term)]
        of_contexts, of_items = mine[mine["context"] != ""], mine[mine["item"] != ""]
        assert list(of_contexts["context"]) == [c.code for c in asked.contexts]
        assert_allclose(of_contexts["estimate"], expected.rows[:, k], rtol=1e-9)
        assert_allclose(of_items["estimate"], expected.columns[:, k], rtol=1e-9)
        assert list(of_contexts["count"]) == list(table.sum(axis=1))
        share = rows[(rows["statistic"] == "inertia_share") & (rows["term"] == term)]["estimate"]
        assert_allclose(share, expected.shares[k])


@pytest.mark.parametrize("name", QUESTIONS)
def test_there_is_one_test_of_each_question(survey, name):
    (row,) = contexts_differ(survey, question(name), "usage").tests
    expected = rows_differ(survey.design, ticks_of_grid(survey, question(name)))
    assert (row["p_value"], row["effect"]) == (expected.p_value, expected.effect.estimate)
    assert (row["role"], row["family"], row["effect_name"]) == ("test", name, "cramers_v")


def test_other_questions_have_none_of_it(survey):
    two = of_two_contexts()
    for asked, own in ((question("channels"), survey), (two.questionnaire.questions["ticked"], two)):
        assert not contexts_differ(own, asked, "usage").tests
        assert not list(correspondence_rows(own, asked, "usage"))


@pytest.fixture(scope="module")
def found(survey):
    return analyse(survey, "buying")


def results(found):
    wave = load_config([lucerne_wave.ROOT / "config" / "config.yaml"]).waves["lucerne-2013"]
    parts = ({"buying": found.estimates}, {"buying": found.tests}, pd.DataFrame(), {}, pd.DataFrame(), None, "", {})
    return WaveResults("study", wave, lucerne_wave.questionnaire(), *parts)


@pytest.mark.parametrize("language", ["en", "de", "fr", "it"])
def test_the_table_holds_all_shares_and_says_what_the_test_and_the_analysis_found(survey, found, language):
    labels, asked = Labels(lucerne_wave.questionnaire(), language), question("role_contacts")
    table = crossed_table(results(found), labels, "buying", asked)
    assert [row.label for row in table.rows] == [c.label[language] for c in asked.contexts]
    assert [column.heading for column in table.columns] == [i.label[language] for i in asked.items]
    cell = table.rows[3].cells[0].value  # the decider, visited
    assert cell == pytest.approx(np.nanmean(ticks_of_grid(survey, asked)[:, 3, 0]))
    notes = re.sub(r"\s", " ", " ".join(table.notes)).replace(",", ".")
    test = found.tests[found.tests["test"] == "mentions_rao_scott_F"].iloc[0]
    for number in (f"{test['effect']:.2f}", f"{test['statistic']:.2f}", "0.066", "68.9", "22.0"):
        assert number in notes


def test_both_questions_have_a_heat_map_and_a_map_of_their_correspondence(found):
    names = figure_names(lucerne_wave.questionnaire())
    wanted = {
        f"{analysis}_{name}{ending}" for name, analysis in QUESTIONS.items() for ending in ("", "_correspondence")
    }
    assert wanted <= set(names)
    plan = Plan("x", "correspondence", "buying", (question("role_contacts"),))
    words = Wording(lucerne_wave.questionnaire(), "en", "synthetic", "", "w")
    chart = chart_of(plan, found.estimates, found.tests, words)
    assert [len(chart.contexts), len(chart.points), len(chart.shares)] == [6, 5, 2]
    assert chart.effect.is_clear
    assert chart_of(plan, tidy.estimates_table([]), tidy.tests_table([]), words) is None
