"""Shares within combinations of two segments: domains of the design, which add up to the margins."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import buffer_wave
import lucerne_wave
from b2bsurvey.analyses.adoption import analyse
from b2bsurvey.stratified import STRATIFIED, stratified_rows


@pytest.fixture(scope="module")
def tables():
    return analyse(lucerne_wave.survey())


def test_every_pair_of_segments_has_a_row_for_each_combination(tables):
    rows = tables.estimates[tables.estimates["statistic"] == STRATIFIED]
    sizes = rows.groupby(["segment", "segment2"]).size().to_dict()
    questions = lucerne_wave.questionnaire().questions
    assert sizes == {(one, other): len(questions[one].answers) * len(questions[other].answers) for one, other in sizes}
    assert ("firm_size", "sector") in sizes
    assert rows["estimate_id"].is_unique


def test_the_margin_is_the_mean_of_its_strata(tables):
    """Law of total probability: shares by size are those by size × sector, weighted by their weighted bases."""
    estimates = tables.estimates
    own = estimates[(estimates["statistic"] == STRATIFIED) & (estimates["segment2"] == "sector")]
    own = own[(own["segment"] == "firm_size") & own["estimate"].notna()]
    margin = estimates[(estimates["question"] == "adopter") & (estimates["segment"] == "firm_size")]
    margin = margin[(margin["statistic"] == "proportion") & (margin["answer"] == "yes")].set_index("level")["estimate"]
    for level, rows in own.groupby("level"):
        # all of them gave their sector
        assert_allclose(np.average(rows["estimate"], weights=rows["n_weighted"]), margin[level], rtol=1e-12)


def test_each_is_the_weighted_share_of_its_cell(tables):
    survey = lucerne_wave.survey()
    values, weights = survey.responses.values, survey.design.weights
    inside = (values["firm_size"] == "s20_49") & (values["region"] == "french") & values["adopter"].notna()
    expected = np.average(values["adopter"][inside] == "yes", weights=weights[inside])
    rows = tables.estimates[(tables.estimates["statistic"] == STRATIFIED) & (tables.estimates["level"] == "s20_49")]
    found = rows[rows["level2"] == "french"].iloc[0]
    assert_allclose(found["estimate"], expected, rtol=1e-12)
    assert (found["n"], found["segment2"], found["scale"]) == (int(inside.sum()), "region", "probability")


def test_rebuilt_respondents_are_refused_for_a_joint_they_do_not_have():
    survey = buffer_wave.survey()
    rows = pd.DataFrame(stratified_rows(survey, survey.questionnaire.questions["strategy"], "adoption"))
    assert set(rows["status"]) == {"not_estimable"}
    assert rows["note"].str.startswith("the respondents were rebuilt without the joint distribution of").all()
