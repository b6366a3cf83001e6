"""Rows of the sample: early and late respondents, careless answers, missing answers, and the next wave."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy.stats import chi2_contingency

from b2bsurvey.analyses import analyse
from b2bsurvey.analyses.early_late import early_and_late
from b2bsurvey.config import Inference, SamplingDesign, Wave
from b2bsurvey.design import survey_of
from b2bsurvey.statistics.missingness import little_mcar
from test_estimates import find
from test_screening import QUESTIONNAIRE, marked, screened

DAYS = pd.Timestamp("2026-03-01") + pd.to_timedelta(np.arange(60), unit="D")


def survey(wave=Wave("small", (), "q.yaml", "open_link"), weight=None, **columns):  # noqa: B008
    responses = marked(**columns)
    if weight is not None:
        responses = replace(responses, respondents=responses.respondents.assign(weight=weight))
    found = screened(responses=responses)
    return survey_of(found.responses, QUESTIONNAIRE, found.ledger, wave, Inference())


def timed(**options):
    return survey(submitted_at=dict(enumerate(DAYS)), **options)


def test_early_and_late_are_the_first_and_the_last_third():
    groups = early_and_late(timed())
    assert [(groups == code).sum() for code in (0, 1, -1)] == [20, 19, 19]
    assert groups[:20].tolist() == [0] * 20
    assert groups[-19:].tolist() == [1] * 19


def test_ties_and_unknown_times():
    same = survey(submitted_at=dict.fromkeys(range(60), DAYS[0]))
    assert set(early_and_late(same)) == {0}
    assert find(analyse(same, "sample").estimates, question="early_late").empty
    some = survey(submitted_at={i: DAYS[i] for i in range(0, 60, 2)})
    assert (early_and_late(some) == -1).sum() > 29
    assert find(analyse(survey(), "sample").tests, segment="early_late").empty


def test_early_and_late_are_compared_as_scipy_does():
    of = timed()
    tables = analyse(of, "sample")
    tests = find(tables.tests, segment="early_late")
    assert (tests["role"] == "diagnostic").all()
    assert (tests["comparison"] == "early / late").all()
    assert_allclose(tests["p_adjusted"], tests["p_value"])
    groups = early_and_late(of)
    counts = pd.crosstab(of.responses.values["adoption"][groups >= 0], groups[groups >= 0])
    row = find(tests, question="adoption").iloc[0]
    assert row["test"] == "pearson_chi2"
    assert_allclose(row["p_value"], chi2_contingency(counts, correction=False)[1], rtol=1e-10)
    shares = find(tables.estimates, question="early_late", item="adoption", answer="uses").set_index("level")
    expected = counts.loc["uses"] / counts.sum()
    assert_allclose(shares.loc[["early", "late"], "estimate"], expected, rtol=1e-12)
    assert set(tests["question"]) == {"adoption", "channels", "barriers", "why_not"}
    # of a battery the top box is printed, so the top box is tested
    top = of.responses.has("barriers_time", QUESTIONNAIRE.questions["barriers"].top)
    box = pd.crosstab(top[groups >= 0], groups[groups >= 0])
    row = find(tests, item="time").iloc[0]
    assert_allclose(row["p_value"], chi2_contingency(box, correction=False)[1], rtol=1e-10)


def test_weights_make_the_comparison_design_based():
    tests = find(analyse(timed(weight=1.0 + np.arange(60) % 3), "sample").tests, segment="early_late")
    assert (tests.loc[tests["p_value"].notna(), "test"] == "rao_scott_F").all()


def test_careless_answers_are_counted():
    seconds = dict.fromkeys(range(60), 600.0) | {0: 200.0, 1: 250.0}
    table = find(analyse(survey(duration=seconds), "sample").estimates, question="quality")
    speed = find(table, item="response_time_index").set_index("answer")
    assert speed.loc["beyond", ["count", "n"]].tolist() == [2, 58]
    assert speed.loc["median", "estimate"] == 1
    assert (
        find(find(table, answer="beyond"), item="longstring")["note"].item() == "no weighted form: computed unweighted"
    )
    assert "even_odd" not in set(table["item"])  # two batteries are too few


def test_missing_answers_are_counted_of_those_asked():
    of = survey()
    table = analyse(of, "sample").estimates
    row = find(table, question="missing", item="activities_read").iloc[0]
    missing = of.responses.missing["activities_read"]
    assert (row["count"], row["n"]) == (missing.notna().sum(), 58)
    assert (
        find(table, question="missing", item="why_not_no_need")["n"].item()
        == (of.responses.values["adoption"] == "none").sum()
    )


def test_patterns_of_a_battery_add_up():
    of = survey()
    table = find(analyse(of, "sample").estimates, question="missing_patterns", item="activities")
    number = find(table, answer="patterns")["count"].item()
    patterns = table[table["term"] != ""]
    assert len(patterns) == number <= 4
    assert patterns["count"].sum() == 58
    gone = of.responses.missing[["activities_read", "activities_publish"]].notna()
    assert find(patterns, term="none")["count"].item() == (~gone.any(axis=1)).sum()
    assert set(patterns["term"]) <= {"none", "read", "publish", "read+publish"}


def test_missing_completely_at_random_is_tested_by_battery():
    of = survey()
    tests = find(analyse(of, "sample").tests, test="little_mcar").set_index("question")
    assert (tests["family"] == "diagnostic").all()
    assert (tests["role"] == "diagnostic").all()
    assert (tests["method_reason"] == "no weighted form: computed unweighted").all()
    codes = [of.responses.values[f"activities_{i}"].cat.codes.to_numpy(float) for i in ("read", "publish")]
    answers = np.where(np.column_stack(codes) < 0, np.nan, np.column_stack(codes))
    assert_allclose(tests.loc["activities", "p_value"], little_mcar(answers).p_value, rtol=1e-9)
    assert tests.loc["barriers", ["status", "note"]].tolist() == ["not_estimable", "not estimable: nothing is missing"]


def test_rebuilt_respondents_have_no_joint_quality():
    of = survey(Wave("small", (), "q.yaml", "open_link", origin="rebuilt"))
    tables = analyse(of, "sample")
    assert find(tables.estimates, question="quality").empty
    assert find(tables.estimates, question="missing_patterns").empty
    mcar = find(tables.tests, test="little_mcar")
    assert (mcar["status"] == "not_estimable").all()
    assert mcar["note"].str.contains("rebuilt without the joint distribution of the items").all()
    assert len(find(tables.estimates, question="missing")) == len(QUESTIONNAIRE.variables)


def test_the_next_wave_needs_what_the_formulas_say():
    table = find(analyse(survey(), "sample").estimates, question="next_wave")
    needed = {(r.item, r.term): r.estimate for r in table.itertuples()}
    assert needed[("share", "0.05")] == 385
    assert needed[("share", "0.03")] == 1068
    assert needed[("two_groups", "0.1")] == 388  # R power.prop.test(p1 = .5, p2 = .6, power = .8): n = 387.3385
    weighted = find(analyse(survey(weight=1.0 + np.arange(60) % 3), "sample").estimates, question="next_wave")
    assert (weighted["estimate"].to_numpy() > table["estimate"].to_numpy()).all()
    assert weighted["deff"].iloc[0] > 1


def test_a_known_population_needs_fewer():
    wave = Wave("small", (), "q.yaml", "probability", design=SamplingDesign(fpc=1000))
    table = find(analyse(survey(wave), "sample").estimates, question="next_wave", item="share", term="0.05")
    assert table["estimate"].item() == 278


@pytest.mark.parametrize("rows", [0, 1, 2])
def test_few_respondents_are_no_error(rows):
    of = timed()
    few = of.responses.keep(np.arange(58) < rows)
    small = survey_of(few, QUESTIONNAIRE, of.ledger, Wave("small", (), "q.yaml", "open_link"), Inference())
    tables = analyse(small, "sample")
    for table, value in ((tables.estimates, "estimate"), (tables.tests, "p_value")):
        lacking = table[table[value].isna()]
        assert (lacking["status"] == "not_estimable").all()
        assert (lacking["note"] != "").all()
