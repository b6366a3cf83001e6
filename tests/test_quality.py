"""How respondents answered: one row a row of the export, indices of the batteries, and what is beyond its cut."""

from dataclasses import replace

import numpy as np
from numpy.testing import assert_allclose

from b2bsurvey.config import Screening
from b2bsurvey.quality import CUTS, LEAST_ANSWERS, batteries_of, indices, quality
from b2bsurvey.screening import screen
from small_wave import export
from test_ingest import read
from test_screening import QUESTIONNAIRE, marked


def everybody(responses):
    return indices(responses, QUESTIONNAIRE, np.ones(len(responses), bool))


def table(responses, origin="observed"):
    screened = screen(responses, QUESTIONNAIRE, Screening())
    return screened, quality(responses, QUESTIONNAIRE, screened.ledger, origin)


def test_every_row_of_the_ledger_has_one():
    screened, found = table(read(export())[0])
    assert found["respondent"].tolist() == screened.ledger["respondent"].tolist()
    assert found["disposition"].tolist() == screened.ledger["disposition"].tolist()
    assert found.loc[59, ["answers", "beyond"]].tolist() == [0, ""]
    assert found.loc[59, ["longstring", "irv", "mahalanobis"]].isna().all()


def test_batteries_are_those_with_a_scale():
    assert [b.variables for b in batteries_of(QUESTIONNAIRE)] == [
        ("activities_read", "activities_publish"),
        ("barriers_privacy", "barriers_time", "barriers_strategy"),
    ]


def test_indices_of_one_respondent_by_hand():
    text = export().splitlines()
    text[1] = "r1,1–49,Uses,1,1,1,1,Often,Often,Agree,Disagree,Disagree,,,"
    first = everybody(read("\n".join(text) + "\n")[0]).iloc[0]
    scores = [2 / 3, 2 / 3, 1, 0, 0]
    assert first["answers"] == 5
    assert first["longstring"] == 2
    assert_allclose(first["average_longstring"], 5 / 3)
    assert_allclose(first["irv"], np.std(scores, ddof=1))
    assert np.isnan(first["even_odd"])  # two batteries are too few


def test_a_run_does_not_go_on_into_the_next_battery():
    text = export().splitlines()
    text[1] = "r1,1–49,Uses,1,1,1,1,Never,Never,Disagree,Disagree,Disagree,,,"  # the first place of both scales
    assert everybody(read("\n".join(text) + "\n")[0]).loc[0, "longstring"] == 3


def test_what_is_beyond_its_cut_is_named():
    text = export().splitlines()
    text[1] = "r1,1–49,Uses,1,1,1,1,Never,Never,Disagree,Disagree,Disagree,,,"
    responses, _ = read("\n".join(text) + "\n")
    respondents = responses.respondents.assign(duration=[100.0] + [300.0] * 59)
    found = everybody(replace(responses, respondents=respondents))
    assert found.loc[0, "beyond"] == "longstring; irv; response_time_index"
    assert (found.loc[1:, "response_time_index"] == 1).all()
    assert not set("; ".join(found["beyond"]).split("; ")) - {"", *CUTS}


def test_few_answers_have_no_index():
    text = export().splitlines()
    text[1] = "r1,1–49,Uses,1,1,1,1,Don't know,Never,Agree,Agree,Agree,,,"
    first = everybody(read("\n".join(text) + "\n")[0]).iloc[0]
    assert first["answers"] == LEAST_ANSWERS - 1
    assert first[["longstring", "irv", "mahalanobis"]].isna().all()
    assert first["beyond"] == ""


def test_those_analysed_are_what_all_are_compared_with():
    responses = marked(duration=dict.fromkeys(range(60), 300.0) | {0: 30.0, 1: 100.0}, test={0: True})
    screened, found = table(responses)
    analysed = found["disposition"] == "analysed"
    alone = everybody(screened.responses)
    names = ["mahalanobis", "response_time_index", "irv"]
    assert_allclose(found.loc[analysed, names], alone[names], rtol=1e-12)
    assert found.loc[0, "response_time_index"] == 10


def test_rebuilt_respondents_have_none():
    found = table(read(export())[0], origin="rebuilt")[1]
    assert found[["answers", "longstring", "irv", "mahalanobis"]].isna().all(axis=None)
    assert (found["beyond"] == "").all()


def test_no_battery_no_index():
    plain = replace(QUESTIONNAIRE, questions={n: q for n, q in QUESTIONNAIRE.questions.items() if q.type == "single"})
    found = indices(read(export())[0], plain, np.ones(60, bool))
    assert (found["answers"] == 0).all()
    assert found["even_odd"].isna().all()


def test_the_order_of_rows_plays_no_part():
    lines = export().splitlines()
    forth = everybody(read("\n".join(lines) + "\n")[0])
    back = everybody(read("\n".join([lines[0], *lines[:0:-1]]) + "\n")[0])
    columns = ["longstring", "irv", "mahalanobis"]
    assert_allclose(back[columns].to_numpy()[::-1], forth[columns].to_numpy(), rtol=1e-9)
