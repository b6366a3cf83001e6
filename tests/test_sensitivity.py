"""Would other screening decisions change the headline numbers? Each alternative against counting by hand."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from b2bsurvey.config import Inference, Rule, SamplingDesign, Screening, SpeederRule, Wave
from b2bsurvey.sensitivity import alternatives, sensitivity
from b2bsurvey.tables import ESTIMATE_COLUMNS
from test_screening import QUESTIONNAIRE, marked

SECONDS = dict.fromkeys(range(60), 600.0) | dict.fromkeys(range(8), 60.0)
WAVE = Wave("small", (), "q.yaml", "open_link")


def table(wave=WAVE, **columns):
    return sensitivity(marked(**{"duration": SECONDS} | columns), QUESTIONNAIRE, wave, Inference())


def uses(found, model, statistic="proportion"):
    rows = found[(found["question"] == "adoption") & (found["answer"] == "uses") & (found["model"] == model)]
    return rows[rows["statistic"] == statistic].iloc[0]


def share_of(rows):
    responses = marked()
    adoption = responses.values["adoption"][rows]
    return (adoption == "uses").sum() / adoption.notna().sum()


def test_alternatives_leave_out_the_flagged_and_take_in_the_excluded():
    rules = Screening(
        test=Rule("flag"),
        speeder=SpeederRule("exclude"),
        straight_liner=replace(Screening().straight_liner, action="off"),
    )
    found = dict(alternatives(rules))
    assert list(found) == ["without_test", "with_incomplete", "with_duplicate", "with_speeder", "without_attention"]
    assert found["without_test"].test.action == "exclude"
    assert found["with_duplicate"].duplicate.action == "off"
    assert found["with_duplicate"].test.action == "flag"


def test_shares_are_those_of_the_respondents_who_are_left():
    found = table(complete=dict.fromkeys(range(20, 26), "no"))
    analysed = [i for i in range(58) if i not in range(20, 26)]
    assert_allclose(uses(found, "as_screened")["estimate"], share_of(analysed))
    assert_allclose(uses(found, "without_speeder")["estimate"], share_of([i for i in analysed if i >= 8]))
    assert_allclose(uses(found, "with_incomplete")["estimate"], share_of(list(range(58))))
    assert set(found["model"]) == {"as_screened", "without_speeder", "with_incomplete", "with_duplicate"}


def test_differences_are_from_the_result_as_screened():
    found = table()
    before, after = uses(found, "as_screened"), uses(found, "without_speeder")
    row = uses(found, "without_speeder", "difference")
    assert_allclose(row["estimate"], after["estimate"] - before["estimate"], atol=1e-15)
    assert (row["reference"], row["n"], row["scale"]) == ("as_screened", after["n"], "probability")
    assert np.isnan(row["std_error"])


def test_headlines_are_top_boxes_ticks_and_answers_overall():
    found = table()
    assert list(found.columns) == ESTIMATE_COLUMNS
    assert found["estimate_id"].is_unique
    assert (found["analysis"] == "sensitivity").all()
    assert (found["segment"] == "").all()
    main = found[found["model"] == "as_screened"]
    assert set(main["question"]) == {"adoption", "channels", "barriers", "why_not"}
    assert set(main.loc[main["question"] == "barriers", "statistic"]) == {"top2"}
    assert set(main.loc[main["question"] == "channels", "answer"]) == {"ticked"}
    assert main.loc[main["question"] == "adoption", "answer"].tolist() == ["uses", "planned", "none"]


def test_alternatives_that_change_nobody_are_left_out():
    assert set(table(duration={})["model"]) == {"as_screened", "with_duplicate"}


def test_an_alternative_that_the_design_cannot_hold_says_so():
    wave = replace(WAVE, sampling="census", design=SamplingDesign(fpc=58))
    found = table(wave)
    row = found[found["model"] == "with_duplicate"]
    assert row[["status", "note"]].to_numpy().tolist() == [
        ["not_estimable", "this alternative does not fit the sampling design"]
    ]
    assert uses(found, "without_speeder")["n"] < 58


def test_weights_count():
    responses = marked(duration=SECONDS)
    weights = pd.Series(np.where(np.arange(60) % 2, 1.0, 3.0))
    responses = replace(responses, respondents=responses.respondents.assign(weight=weights))
    found = sensitivity(responses, QUESTIONNAIRE, WAVE, Inference())
    adoption = responses.values["adoption"]
    kept = np.arange(8, 58)
    expected = np.average(adoption[kept] == "uses", weights=weights[kept])
    assert_allclose(uses(found, "without_speeder")["estimate"], expected)


@pytest.mark.parametrize("rows", [0, 1])
def test_nobody_or_one_is_no_error(rows):
    responses = marked()
    few = responses.keep(np.arange(60) < rows)
    assert set(sensitivity(few, QUESTIONNAIRE, WAVE, Inference())["model"]) <= {"as_screened"}
