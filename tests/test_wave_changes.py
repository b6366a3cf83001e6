"""Trends between waves: what is compared, by which numbers, and what is refused with its sentence."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from numpy.testing import assert_allclose

import compared_waves
from b2bsurvey.config import Family, Inference
from b2bsurvey.families import families
from b2bsurvey.statistics.multiplicity import adjust
from b2bsurvey.statistics.paired import mcnemar
from b2bsurvey.wave_changes import ACROSS, SurveyedWave, by_analysis, wave_changes

USERS = "waves: {two: {eligible_if: {staff: any, adoption: [uses]}}}"


@cache
def lucerne():
    return wave_changes([compared_waves.lucerne()])


@cache
def small():
    return wave_changes([compared_waves.small()])


def row(table, **of):
    found = table
    for name, value in of.items():
        found = found[found[name] == value]
    assert len(found) == 1, found
    return found.iloc[0]


def test_the_parts_of_every_change_sum_to_it():
    rows = lucerne().estimates
    parts = rows[rows["statistic"].isin(["difference", "composition", "real_change"]) & rows["estimate"].notna()]
    places = ["scale", "question", "item", "context", "answer", "base", "level", "level2"]
    wide = parts.pivot(index=places, columns="statistic", values="estimate").dropna()
    left = (wide["composition"] + wide["real_change"] - wide["difference"]).abs()
    assert len(left.loc["probability"]) > 100
    assert left.loc["probability"].max() < 1e-12
    values = rows[rows["statistic"] == "mean"].groupby("question")["estimate"].max()
    means = left.loc["count"]
    sizes = np.maximum(means.index.get_level_values("question").map(values), 1)  # years, francs
    assert (means / sizes).max() < 1e-12


def test_a_difference_is_that_of_the_values_of_both_waves_and_its_interval_is_welchs():
    rows = lucerne().estimates
    of = {"question": "barriers", "item": "privacy", "base": "adopters"}
    found = row(rows, **of, statistic="difference", level="lucerne-2016", level2="lucerne-2013")
    before, after = (row(rows, **of, statistic="top2", wave=wave) for wave in ("lucerne-2013", "lucerne-2016"))
    assert found["wave"] == ACROSS
    assert_allclose(found["estimate"], after["estimate"] - before["estimate"], atol=1e-15)
    assert_allclose(found["std_error"], np.hypot(before["std_error"], after["std_error"]), rtol=1e-12)
    assert found["n"] == before["n"] + after["n"]
    assert "comparable with care: weighting, wording, base; compared in the base 'adopters' only" in found["note"]


def test_a_wave_of_users_is_compared_among_users_only():
    rows = lucerne().estimates
    with_users = rows[(rows["level"] == "lucerne-2016") | (rows["level2"] == "lucerne-2016")]
    assert set(with_users.loc[with_users["estimate"].notna(), "base"]) == {"adopters"}
    refused = row(rows, question="adoption", level="lucerne-2016", level2="lucerne-2013")
    assert refused["status"] == "not_estimable"
    assert refused["note"] == "lucerne-2013 is of all, whatever they answered, lucerne-2016 is of adoption=uses"
    assert not (
        lucerne().tests["comparison"].str.contains("lucerne-2016") & (lucerne().tests["question"] == "adoption")
    ).any()
    assert set(row_bases(rows, "adoption", "lucerne-2019", "lucerne-2013")) == {"valid"}


def row_bases(rows, question, level, level2):
    return rows[(rows["question"] == question) & (rows["level"] == level) & (rows["level2"] == level2)]["base"]


def test_three_waves_have_a_slope_in_the_base_that_all_have_in_common():
    rows = lucerne().estimates
    found = rows[rows["statistic"] == "slope"]
    assert set(found["base"]) == {"adopters"}
    assert "adoption" not in set(found["question"])
    one = row(found, question="barriers", item="no_time")
    values = [
        row(rows, question="barriers", item="no_time", base="adopters", statistic="top2", wave=wave)["estimate"]
        for wave in ("lucerne-2013", "lucerne-2016", "lucerne-2019")
    ]
    assert_allclose(one["estimate"], np.polyfit([0, 1071 / 365.25, 2186 / 365.25], values, 1)[0], rtol=1e-9)
    assert one["unit"] == "year"
    trend = lucerne().tests[lucerne().tests["family"] == "barriers × wave: trend"]
    assert set(trend["test"]) == {"slope_t", "any_change_F"}
    assert set(trend["family_size"]) == {18}


def test_every_p_is_adjusted_within_a_family_that_is_listed():
    tests = lucerne().tests
    listed = families(ACROSS, by_analysis(tests), Inference())
    assert set(listed["family"]) == set(tests["family"])
    assert tests["p_adjusted"].notna().equals(tests["p_value"].notna())
    for _, members in tests.groupby("family"):
        assert_allclose(members["p_adjusted"], adjust(members["p_value"], "holm"))
    assert listed.set_index("family").loc["barriers × wave", "family_size"] == 9 + 9 + 9 + 11
    assert set(listed["declared"]) == {"default"}


def test_a_configured_family_takes_the_tests_of_its_questions_together():
    inference = Inference(families=(Family("both", ("barriers", "activities")),))
    waves = compared_waves.small(("one", "two"))
    given = [SurveyedWave(w.wave, replace(w.survey, inference=inference)) for w in waves]
    tests = wave_changes([given]).tests
    assert set(tests.loc[tests["question"].isin(["barriers", "activities"]), "family"]) == {"both", "both: equivalence"}
    assert set(families(ACROSS, by_analysis(tests), inference).query("family.str.startswith('both')")["declared"]) == {
        "config"
    }


def test_the_same_answers_twice_are_no_change():
    found = wave_changes([compared_waves.small(("one", "two"), seeds={"one": 4, "two": 4})])
    changes = found.estimates[found.estimates["statistic"].isin(["difference", "composition", "real_change"])]
    assert changes["estimate"].dropna().abs().max() < 1e-15
    assert (found.tests.loc[found.tests["test"] == "change_t", "p_value"].dropna() == 1).all()


def test_the_order_of_respondents_plays_no_part():
    waves = compared_waves.small(("one", "two"))
    order = np.random.default_rng(1).permutation(len(waves[0].survey.responses))
    parts = vars(waves[0].survey.responses)
    moved = type(waves[0].survey.responses)(**{n: f.iloc[order].reset_index(drop=True) for n, f in parts.items()})
    turned = [SurveyedWave(waves[0].wave, replace(waves[0].survey, responses=moved)), waves[1]]
    here, there = wave_changes([waves]).estimates, wave_changes([turned]).estimates
    assert list(here["estimate_id"]) == list(there["estimate_id"])
    assert_allclose(here["estimate"], there["estimate"], atol=1e-12)
    assert_allclose(here["std_error"], there["std_error"], atol=1e-12)


def test_panel_members_are_known_by_their_key_and_tested_as_pairs():
    panel = wave_changes([compared_waves.small(("one", "two"), sampling="panel")])
    apart = wave_changes([compared_waves.small(("one", "two"))])
    of = {"question": "barriers", "item": "privacy"}
    found = row(panel.tests, **of, family="barriers × wave: panel")
    waves = compared_waves.small(("one", "two"), sampling="panel")
    agree = []
    for wave in waves:
        responses = wave.survey.responses
        keys = responses.respondents["respondent"]
        agree.append(dict(zip(keys, responses.has("barriers_privacy", ("partly_agree", "agree")), strict=True)))
    pairs = [(agree[0][key], agree[1][key]) for key in agree[0] if key in agree[1]]
    assert len(pairs) == 58 == found["n"]
    counts = [
        sum(pair == both for pair in pairs) for both in ((True, True), (True, False), (False, True), (False, False))
    ]
    assert_allclose(found["p_value"], mcnemar(*counts, 0.95).p_value)
    assert found["effect"] == pytest.approx((counts[2] - counts[1]) / 58)
    errors = [row(t.estimates, **of, statistic="difference")["std_error"] for t in (panel, apart)]
    assert errors[0] != errors[1]
    # running numbers are the same in any two exports: without a panel they tell nobody
    assert not apart.tests["family"].str.endswith(": panel").any()


def test_composition_needs_groups_with_enough_in_both_waves():
    rows = wave_changes([compared_waves.small(("one", "two"), rows=9)]).estimates
    why = row(rows, question="barriers", item="time", statistic="composition")
    assert why["status"] == "not_estimable"
    assert why["note"] == "composition not known: no two groups have 5 respondents in both waves"
    assert rows[rows["statistic"] == "standardised"].empty


def test_a_question_on_firm_size_is_not_decomposed_by_itself():
    why = small().estimates.query("question == 'staff' and statistic == 'composition'")["note"]
    assert set(why) == {"composition not known: the waves share no other question on firm size or sector"}


def test_ids_are_unique_and_name_what_they_are_of():
    for table in (lucerne(), small()):
        assert table.estimates["estimate_id"].is_unique
        assert table.tests["test_id"].is_unique
    assert "waves/barriers/barriers/time/partly_agree+agree/top2/valid/two-one/difference" in set(
        small().estimates["estimate_id"]
    )


def test_users_only_in_a_small_study_too():
    rows = wave_changes([compared_waves.small(("one", "two"), own=USERS)]).estimates
    assert set(rows.loc[(rows["question"] == "barriers") & (rows["statistic"] == "difference"), "base"]) == {"users"}
    assert row(rows, question="adoption")["note"].startswith("one is of all")


def test_rebuilt_respondents_tell_nothing_that_needs_another_joint():
    rebuilt = {"origin": "rebuilt", "rebuilt_from": (("barriers",),)}
    rows = wave_changes([compared_waves.small(("one", "two"), own=USERS, **rebuilt)]).estimates
    why = "the respondents were rebuilt without the joint distribution of adoption and barriers"
    assert row(rows, question="barriers")["note"] == why


def test_a_wave_of_which_nobody_is_left_is_compared_with_nothing():
    waves = compared_waves.small(("one", "two"))
    survey = waves[1].survey
    empty = replace(survey, responses=survey.responses.keep(np.zeros(len(survey.responses), bool)), design=None)
    found = wave_changes([[waves[0], replace(waves[1], survey=empty)]])
    assert found.estimates.empty
    assert found.tests.empty


def test_a_wave_with_another_scale_or_without_the_question_has_no_part_in_a_slope():
    last = '      publish: {label: {en: "Publish posts"}}\n'
    rows = wave_changes([compared_waves.small(edits={"two": (last, f"{last}    top: [always]\n")})]).estimates
    refused = rows[(rows["question"] == "activities") & (rows["status"] == "not_estimable")]
    assert list(refused["level"] + refused["level2"]) == ["twoone", "threetwo"]
    assert refused["note"].iloc[0] == "'activities' has other answers in two than in one"
    assert "activities" not in set(rows.loc[rows["statistic"] == "slope", "question"])
    other_base = {"two": ("    asked_if: {adoption: [none]}", "    asked_if: {adoption: [none]}\n    base: asked")}
    rows = wave_changes([compared_waves.small(edits=other_base)]).estimates.query("question == 'why_not'")
    assert "slope" not in set(rows["statistic"])
    assert "'why_not' is taken of answered in one, of asked in two" in set(rows["note"])
