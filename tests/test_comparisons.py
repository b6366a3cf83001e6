"""Comparisons of items, contexts and ordered groups, from a Survey to rows of both tables."""

import os
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy import stats
from statsmodels.stats.contingency_tables import SquareTable, cochrans_q

import buffer_wave
import lucerne_wave
import typed_wave
from b2bsurvey import tables
from b2bsurvey.association import adjusted
from b2bsurvey.comparisons import (
    items_differ,
    paired_contexts,
    paired_items,
    score_tests,
    tick_all_tests,
    trend_tests,
)
from b2bsurvey.config import Family, Inference, SamplingDesign, Screening, Wave
from b2bsurvey.design import survey_of
from b2bsurvey.ingest import ingest
from b2bsurvey.questionnaire_file import load_questionnaire
from b2bsurvey.readers import read_export
from b2bsurvey.render.catalogue import LANGUAGES
from b2bsurvey.render.labels import Labels
from b2bsurvey.respondent_key import DEMONSTRATION_KEY
from b2bsurvey.responses import from_frame
from b2bsurvey.screening import screen
from b2bsurvey.statistics.tick_all import bilder_loughin

QUESTIONNAIRE = """
title: {en: "Contexts"}
source: {en: "Synthetic test data"}
languages: [en]
roles: {firm_size: staff, channels: [ticked, frequency]}
questions:
  staff:
    type: single
    level: ordinal
    text: {en: "Staff"}
    answers: {small: {label: {en: "Small"}}, middle: {label: {en: "Middle"}}, large: {label: {en: "Large"}}}
  sector:
    type: single
    text: {en: "Sector"}
    answers: {trade: {label: {en: "Trade"}}, other: {label: {en: "Other"}}}
  ticked:
    type: grid
    text: {en: "Channels used"}
    items: {linkedin: {label: {en: "LinkedIn"}}, xing: {label: {en: "Xing"}}, blog: {label: {en: "Blog"}}}
    contexts: {private: {label: {en: "Private"}}, work: {label: {en: "At work"}}}
  frequency:
    type: grid
    text: {en: "How often"}
    items: {linkedin: {label: {en: "LinkedIn"}}, xing: {label: {en: "Xing"}}, blog: {label: {en: "Blog"}}}
    contexts: {private: {label: {en: "Private"}}, work: {label: {en: "At work"}}}
    answers:
      never: {label: {en: "Never"}}
      rarely: {label: {en: "Rarely"}}
      often: {label: {en: "Often"}}
      always: {label: {en: "Always"}}
    top: [often, always]
  policies:
    type: battery
    level: nominal
    text: {en: "Policies"}
    items: {a: {label: {en: "A"}}, b: {label: {en: "B"}}, c: {label: {en: "C"}}}
    answers: {no: {label: {en: "No"}}, yes: {label: {en: "Yes"}}}
    top: [yes]
  reasons:
    type: tick_all
    text: {en: "Reasons"}
    options:
      time: {label: {en: "Time"}}
      money: {label: {en: "Money"}}
      none: {label: {en: "None"}, exclusive: true}
"""
ITEMS, CODES = ("linkedin", "xing", "blog"), ["never", "rarely", "often", "always"]


@cache
def questionnaire():
    path = Path(os.environ.get("TMPDIR", "/tmp")) / f"contexts-{os.getpid()}.yaml"
    path.write_text(QUESTIONNAIRE, encoding="utf-8")
    try:
        return load_questionnaire(path)
    finally:
        path.unlink()


def survey(n=160, weights=False, inference=Inference(), seed=2, **wave):  # noqa: B008
    """Return respondents who use channels more at work than in private, larger firms more than small ones."""
    rng, asked = np.random.default_rng(seed), questionnaire()
    size = rng.integers(0, 3, n)
    frame = {"respondent": [f"r{i}" for i in range(n)], "staff": np.array(["small", "middle", "large"])[size]}
    frame["sector"] = np.where(rng.random(n) < 0.5, "trade", "other")
    for place, item in enumerate(ITEMS):
        private = np.clip(np.round(rng.normal(1.2 - 0.3 * place, 1, n)), 0, 3)
        work = np.clip(np.round(private + rng.normal(0.3 + 0.2 * size, 0.8, n)), 0, 3)
        for context, score in (("private", private), ("work", work)):
            frame[f"ticked_{item}_{context}"] = (score > 1).astype(int)
            frame[f"frequency_{item}_{context}"] = np.array(CODES)[score.astype(int)]
    for item in "abc":
        frame[f"policies_{item}"] = np.where(rng.random(n) < 0.3 + 0.2 * (item == "b"), "yes", "no")
    for option in ("time", "money", "none"):
        frame[f"reasons_{option}"] = rng.integers(0, 2, n)
    frame = pd.DataFrame(frame)
    for name in [c for c in frame if c.startswith(("frequency", "policies"))]:
        gap = rng.random(n) < 0.05
        frame.loc[gap, name] = np.nan
        frame[f"{name}__missing"] = np.where(gap, "dont_know", None)
    if weights:
        frame["weight"] = rng.uniform(0.5, 3, n)
    settings = {"sampling": "open_link", "origin": "synthetic"} | wave
    return survey_of(from_frame(frame, asked), asked, pd.DataFrame(), Wave("w", (), "q.yaml", **settings), inference)


def question(name):
    return questionnaire().questions[name]


def adjusted_tests(*compared):
    return adjusted(tables.tests_table(row for c in compared for row in c.tests))


def everything(s):
    staff = question("staff")
    compared = [paired_contexts(s, question(name), "private", "work", "x") for name in ("ticked", "frequency")]
    compared += [paired_items(s, question(n), "x") for n in ("ticked", "policies", "reasons")]
    names = ("ticked", "frequency", "policies", "reasons")
    compared += [items_differ(s, question(name), "x") for name in names]
    compared += [test(s, question(n), staff, "x") for test in (trend_tests, score_tests, tick_all_tests) for n in names]
    return compared


def values(s, name):
    return s.responses.values[name]


# ---- rows


@pytest.mark.parametrize("weights", [False, True])
def test_rows_have_the_columns_of_the_contract_and_ids_of_their_own(weights, tmp_path):
    compared = everything(survey(weights=weights))
    estimates, tests = tables.estimates_table(row for c in compared for row in c.estimates), adjusted_tests(*compared)
    assert list(estimates.columns) == tables.ESTIMATE_COLUMNS
    assert list(tests.columns) == tables.TEST_COLUMNS
    assert estimates["estimate_id"].is_unique
    assert tests["test_id"].is_unique
    for row in (row for c in compared for row in c.estimates):
        assert set(row) <= set(tables.ESTIMATE_COLUMNS)
    for row in (row for c in compared for row in c.tests):
        assert set(row) <= set(tables.TEST_COLUMNS)
    printed = tests[tests["p_value"].notna()]
    assert (printed["status"] == "ok").all()
    for name in ("family", "method_reason", "comparison", "alternative", "effect_name"):
        assert printed[name].ne("").all(), name
    assert printed[["effect", "effect_ci_low", "effect_ci_high"]].notna().all(axis=None)
    assert (printed["p_adjusted"] >= printed["p_value"]).all()
    (tmp_path / "t.csv").write_text(tables.to_csv(tests), encoding="utf-8")
    pd.testing.assert_frame_equal(tables.read_table(str(tmp_path / "t.csv")), tests, check_dtype=False)


def test_a_difference_names_both_of_its_sides():
    s = survey()
    row = tables.estimates_table(paired_contexts(s, question("frequency"), "private", "work", "x").estimates).iloc[1]
    assert row["estimate_id"] == "w/x/frequency/xing/private/often+always/difference/valid/minus/xing/work/often+always"
    assert (row["statistic"], row["scale"], row["base"]) == ("difference", "probability", "valid")
    assert (row["item"], row["context"], row["answer"]) == ("xing", "private", "often+always")
    assert (row["item2"], row["context2"], row["answer2"]) == ("xing", "work", "often+always")
    one, other = (values(s, f"frequency_xing_{c}") for c in ("private", "work"))
    both = one.notna() & other.notna()
    first, second = (a[both].isin(["often", "always"]) for a in (one, other))
    assert row["n"] == row["n_weighted"] == both.sum()
    assert_allclose(row["estimate"], first.mean() - second.mean())
    assert_allclose(row["std_error"], (first * 1.0 - second).std() / np.sqrt(both.sum()), rtol=0.01)
    assert row["ci_low"] < row["estimate"] < row["ci_high"]
    assert (row["ci_method"], row["status"]) == ("newcombe, model-based", "ok")


def test_weighted_differences_are_those_of_weighted_shares():
    s = survey(weights=True, sampling="probability")
    row = tables.estimates_table(paired_contexts(s, question("ticked"), "private", "work", "x").estimates).iloc[0]
    w = s.responses.respondents["weight"]
    shares = [np.average(values(s, f"ticked_linkedin_{c}").astype(float), weights=w) for c in ("private", "work")]
    assert_allclose(row["estimate"], shares[0] - shares[1])
    assert (row["ci_method"], row["df"]) == ("student", 159)
    assert_allclose(row["ci_high"] - row["estimate"], stats.t.ppf(0.975, 159) * row["std_error"])
    assert row["n_effective"] == pytest.approx(row["n"] / row["deff"])


def test_contexts_are_tested_by_mcnemar_stuart_maxwell_and_bowker():
    s = survey()
    tests = adjusted_tests(paired_contexts(s, question("frequency"), "private", "work", "x"))
    assert list(tests["test"]) == 3 * ["mcnemar_exact", "stuart_maxwell", "bowker"]
    assert set(tests["comparison"]) == {"private / work"}
    rows = tests[tests["item"] == "xing"].set_index("test")
    one, other = (values(s, f"frequency_xing_{c}").cat.codes for c in ("private", "work"))
    both = (one >= 0) & (other >= 0)
    top = pd.crosstab(one[both] > 1, other[both] > 1).to_numpy()
    b, c = top[0, 1], top[1, 0]
    assert_allclose(rows.loc["mcnemar_exact", "p_value"], stats.binomtest(int(b), int(b + c)).pvalue, rtol=1e-10)
    oracle = SquareTable(pd.crosstab(one[both], other[both]).to_numpy(), shift_zeros=False)
    assert_allclose(rows.loc["stuart_maxwell", "statistic"], oracle.homogeneity().statistic, rtol=1e-9)
    assert_allclose(rows.loc["bowker", "statistic"], np.nansum(_symmetry(oracle.table)), rtol=1e-9)
    assert (rows["n"] == both.sum()).all()
    assert list(rows["role"]) == ["test", "test", "diagnostic"]
    assert list(rows["family"]) == ["frequency", "frequency", "diagnostic"]
    assert rows.loc["bowker", "p_adjusted"] == rows.loc["bowker", "p_value"]
    assert rows.loc["mcnemar_exact", "family_size"] == 6
    ticked = adjusted_tests(paired_contexts(s, question("ticked"), "private", "work", "x"))
    assert list(ticked["test"]) == 3 * ["mcnemar_exact"]


def _symmetry(table):
    with np.errstate(invalid="ignore"):
        return np.triu((table - table.T) ** 2 / (table + table.T), 1)


def test_under_a_design_symmetry_is_marked_as_unweighted():
    tests = adjusted_tests(paired_contexts(survey(weights=True), question("frequency"), "private", "work", "x"))
    assert list(tests["test"]) == 3 * ["design_paired_t", "design_stuart_maxwell_F", "bowker"]
    notes = tests[tests["test"] == "bowker"]["note"]
    assert set(notes) == {"no weighted form: computed unweighted"}
    assert (
        tests.loc[2, "statistic"]
        == adjusted_tests(paired_contexts(survey(), question("frequency"), "private", "work", "x")).loc[2, "statistic"]
    )


def test_pairs_of_items_within_each_context():
    tests = adjusted_tests(paired_items(survey(), question("ticked"), "x"))
    assert list(tests["comparison"]) == 2 * ["linkedin / xing", "linkedin / blog", "xing / blog"]
    assert list(tests["context"]) == 3 * ["private"] + 3 * ["work"]
    assert set(tests["answer"]) == {"ticked"}
    chosen = paired_items(survey(), question("policies"), "x", [("c", "a")], ("no",))
    assert [(r["item"], r["item2"], r["answer"]) for r in chosen.estimates] == [("c", "a", "no")]
    assert chosen.tests[0]["effect"] == chosen.estimates[0]["estimate"]
    exclusive = paired_items(survey(), question("reasons"), "x")
    assert [r["comparison"] for r in exclusive.tests] == ["time / money"]


def test_items_are_compared_by_their_level_of_measurement():
    s = survey()
    ranked = adjusted_tests(items_differ(s, question("frequency"), "x"))
    scores = np.column_stack([values(s, f"frequency_{i}_work").cat.codes for i in ITEMS]).astype(float)
    complete = scores[(scores >= 0).all(axis=1)]
    row = ranked[(ranked["context"] == "work") & (ranked["role"] == "test")].iloc[0]
    expected = stats.friedmanchisquare(*complete.T)
    assert (row["test"], row["n"], row["comparison"]) == ("friedman", len(complete), "linkedin / xing / blog")
    assert_allclose([row["statistic"], row["p_value"]], expected, rtol=1e-9)
    assert set(ranked[ranked["role"] == "posthoc"]["test"]) == {"wilcoxon_signed_rank"}
    assert list(ranked["family_size"]) == [2, 6, 6, 6] * 2  # post hocs of both contexts, and not the tests before them

    policies = adjusted_tests(items_differ(s, question("policies"), "x"))
    yes = np.column_stack([values(s, f"policies_{i}") == "yes" for i in "abc"])
    known = np.column_stack([values(s, f"policies_{i}").notna() for i in "abc"]).all(axis=1)
    assert list(policies["test"]) == ["cochran_q", *3 * ["mcnemar_exact"]]
    assert_allclose(policies.loc[0, "statistic"], cochrans_q(yes[known]).statistic, rtol=1e-9)
    assert set(policies["answer"]) == {"yes"}
    assert list(policies["family"]) == ["policies", *3 * ["policies: pairs"]]
    two = adjusted_tests(items_differ(s, question("reasons"), "x"))
    assert list(two["comparison"]) == ["time / money"]  # the exclusive option is no item, and one pair is no post hoc


def test_rankings_are_compared_by_their_ranks(tmp_path):
    asked = typed_wave.questionnaire(tmp_path)
    responses = typed_wave.read(typed_wave.export(*typed_wave.some_rows(90, seed=5)), asked)[0]
    screened = screen(responses, asked, Screening())
    s = survey_of(screened.responses, asked, screened.ledger, typed_wave.WAVE, Inference())
    found = adjusted_tests(items_differ(s, asked.questions["main_barriers"], "x"))
    ranks = np.column_stack([values(s, f"main_barriers_{i}").to_numpy(float) for i in typed_wave.ITEMS["rank"]])
    complete = ranks[np.isfinite(ranks).all(axis=1)]
    assert len(complete) > 40
    row = found.iloc[0]
    assert (row["test"], row["n"], row["answer"]) == ("friedman", len(complete), "")
    assert_allclose([row["statistic"], row["p_value"]], stats.friedmanchisquare(*complete.T), rtol=1e-9)
    assert set(found["test"][1:]) == {"wilcoxon_signed_rank"}


def test_trends_over_ordered_segments():
    s = survey()
    tests = adjusted_tests(trend_tests(s, question("ticked"), question("staff"), "x"))
    row = tests[(tests["item"] == "blog") & (tests["context"] == "work")].iloc[0]
    r = stats.pearsonr(values(s, "ticked_blog_work").astype(float), values(s, "staff").cat.codes).statistic
    assert row["test"] == "cochran_armitage"
    assert_allclose([row["statistic"], row["effect"]], [160 * r**2, r], rtol=1e-9)
    assert (row["comparison"], row["family"]) == ("small / middle / large", "ticked × staff")
    assert row["family_size"] == 6
    ordered = adjusted_tests(trend_tests(s, question("frequency"), question("staff"), "x"))
    assert set(ordered["test"]) == {"linear_by_linear"}
    assert trend_tests(s, question("ticked"), question("sector"), "x").tests == ()
    weighted = adjusted_tests(trend_tests(survey(weights=True), question("ticked"), question("staff"), "x"))
    assert set(weighted["test"]) == {"design_trend_t"}


def test_scores_of_segments_and_their_pairs():
    s = survey()
    tests = adjusted_tests(score_tests(s, question("frequency"), question("staff"), "x"))
    row = tests.iloc[0]
    one = values(s, "frequency_linkedin_private")
    known, staff = one.notna(), values(s, "staff").cat.codes
    expected = stats.kruskal(*(one.cat.codes[known & (staff == g)] for g in range(3)))
    assert_allclose([row["statistic"], row["p_value"]], expected, rtol=1e-9)
    pairs = tests[tests["role"] == "posthoc"]
    assert set(pairs["test"]) == {"dunn"}
    assert list(pairs["comparison"])[:3] == ["small / middle", "small / large", "middle / large"]
    assert set(pairs["family"]) == {"frequency × staff: pairs"}
    assert set(pairs["family_size"]) == {18}
    two = adjusted_tests(score_tests(s, question("frequency"), question("sector"), "x"))
    assert set(two["test"]) == {"mann_whitney"}
    assert set(two["role"]) == {"test"}
    for name in ("ticked", "policies"):
        assert score_tests(s, question(name), question("staff"), "x").tests == ()


def test_all_options_in_one_test():
    s = survey()
    (row,) = tick_all_tests(s, question("reasons"), question("staff"), "x").tests
    ticks = np.column_stack([values(s, f"reasons_{o}").astype(float) for o in ("time", "money", "none")])
    expected = bilder_loughin(s.design, ticks, values(s, "staff").cat.codes.to_numpy())
    assert (row["p_value"], row["n"]) == (expected.p_value, 160)
    assert len(tick_all_tests(s, question("ticked"), question("staff"), "x").tests) == 2
    assert tick_all_tests(s, question("policies"), question("staff"), "x").tests == ()


def test_families_of_the_config_are_kept():
    families = (Family("contexts", ("ticked", "frequency")),)
    s = survey(inference=Inference(families=families, adjustment="bh"))
    tests = adjusted_tests(
        *(paired_contexts(s, question(n), "private", "work", "x") for n in ("ticked", "frequency")),
        items_differ(s, question("ticked"), "x"),
    )
    assert set(tests["family"]) == {"contexts", "diagnostic", "contexts: pairs"}
    assert set(tests[tests["family"] == "contexts"]["family_size"]) == {11}


# ---- what cannot be estimated


def test_without_respondents_there_are_no_rows():
    nobody = replace(survey(), design=None)
    assert all(c.estimates == c.tests == () for c in everything(nobody))


def test_rebuilt_waves_refuse_what_needs_an_unknown_joint_distribution():
    s = survey(origin="rebuilt", rebuilt_from=(("staff", "frequency"),))
    within = "the respondents were rebuilt without the joint distribution of the items of {}"
    for compared, name in (
        (paired_contexts(s, question("ticked"), "private", "work", "x"), "ticked"),
        (paired_items(s, question("policies"), "x"), "policies"),
        (items_differ(s, question("frequency"), "x"), "frequency"),
    ):
        (row,) = compared.tests
        assert (row["status"], row["note"], compared.estimates) == ("not_estimable", within.format(name), ())
    (row,) = trend_tests(s, question("ticked"), question("staff"), "x").tests
    assert row["note"] == "the respondents were rebuilt without the joint distribution of staff and ticked"
    (row,) = tick_all_tests(s, question("reasons"), question("staff"), "x").tests
    assert row["status"] == "not_estimable"
    known = adjusted_tests(trend_tests(s, question("frequency"), question("staff"), "x"))
    assert (known["status"] == "ok").all()
    assert (adjusted_tests(score_tests(s, question("frequency"), question("staff"), "x"))["status"] == "ok").all()


def test_the_shipped_wave_refuses_pairs_of_channels_and_tests_what_it_may():
    s = buffer_wave.survey()
    channels = s.questionnaire.questions["channels"]
    (row,) = paired_items(s, channels, "usage").tests
    assert (row["status"], row.get("p_value")) == ("not_estimable", None)
    (row,) = items_differ(s, channels, "usage").tests
    assert "joint distribution of the items of channels" in row["note"]
    effectiveness = s.questionnaire.questions["effectiveness"]
    assert (
        adjusted_tests(score_tests(s, effectiveness, s.questionnaire.questions["b2b_b2c"], "usage"))["status"]
        .eq("ok")
        .all()
    )


def test_answers_that_never_differ_are_refused_and_their_difference_is_known():
    s = survey()
    same = s.responses.values.assign(ticked_xing_work=s.responses.values["ticked_xing_private"])
    s = replace(s, responses=replace(s.responses, values=same))
    compared = paired_contexts(s, question("ticked"), "private", "work", "x")
    test, estimate = adjusted_tests(compared).iloc[1], compared.estimates[1]
    assert (test["status"], test["note"]) == ("not_estimable", "not estimable: nobody's two answers differ")
    assert np.isnan([test["p_value"], test["effect"]]).all()
    assert adjusted_tests(compared)["family_size"].tolist() == [2, 2, 2]
    assert estimate["estimate"] == 0 < estimate["ci_high"]
    weights = replace(s, design=survey(weights=True).design)
    estimate = paired_contexts(weights, question("ticked"), "private", "work", "x").estimates[1]
    assert (estimate["estimate"], estimate["ci_low"]) == (0, None)
    assert estimate["note"] == "no interval: nobody's two answers differ"


def test_nobody_in_the_base_of_both():
    s = survey(n=40)
    empty = s.responses.missing.assign(
        **{name: pd.Categorical(["refused"] * 40, s.responses.missing[name].cat.categories) for name in ("policies_a",)}
    )
    gone = s.responses.values.assign(policies_a=pd.Series([None] * 40, dtype=s.responses.values["policies_a"].dtype))
    s = replace(s, responses=replace(s.responses, values=gone, missing=empty))
    compared = paired_items(s, question("policies"), "x")
    assert (compared.estimates[0]["status"], compared.estimates[0]["n"]) == ("not_estimable", 0)
    assert compared.tests[0]["status"] == "not_estimable"
    assert compared.estimates[2]["status"] == "ok"
    row = items_differ(s, question("policies"), "x").tests[0]
    assert row["note"] == "not estimable: fewer than 2 respondents answered all items"


def test_few_respondents_are_estimated_and_marked():
    s = survey(n=12)
    assert {r["status"] for r in paired_items(s, question("ticked"), "x").estimates} == {"small_base"}


def test_a_census_leaves_nothing_to_chance():
    s = survey(sampling="census", design=SamplingDesign(fpc=160))
    compared = paired_contexts(s, question("ticked"), "private", "work", "x")
    for row in compared.estimates:
        assert row["ci_low"] == row["estimate"] == row["ci_high"]
        assert (row["note"], row["ci_method"]) == ("", "student")
    assert set(adjusted_tests(compared)["note"]) == {"not estimable: nothing varies, so there is no standard error"}


# ---- words


@pytest.mark.parametrize("language", LANGUAGES)
def test_names_reasons_and_notes_are_known_in_every_language(language):
    labels = Labels(buffer_wave.questionnaire(), language)
    surveys = [survey(), survey(weights=True), survey(n=7), survey(n=3, weights=True)]
    surveys.append(survey(sampling="census", design=SamplingDesign(fpc=160)))
    tests = pd.concat([adjusted_tests(*everything(s)) for s in surveys])
    notes = {*tests["note"], *tests["method_reason"]} - {""}
    notes |= {r["note"] for s in surveys for c in everything(s) for r in c.estimates} - {""}
    for note in {part for whole in notes for part in whole.split("; ")}:
        assert labels.is_known(note.removeprefix("not estimable: ")), note
        assert language == "en" or labels.note(note) != note, note
    assert len(notes) > 15
    for test in set(tests["test"]) - {""}:
        assert labels.known("test", test) != test
    assert labels.ci_method("newcombe, model-based").startswith("Newcombe")


# ---- a real export


@pytest.mark.skipif("SURVEY_EXPORTS" not in os.environ, reason="SURVEY_EXPORTS is not set")
def test_internal_and_commercial_use_of_open_source():
    """Of 684 organisations 152 use it often in-house only and 48 in products only, as others counted in the same file."""
    asked = load_questionnaire(Path(__file__).parent / "fixtures/osposurvey/osposurvey.yaml")
    wave = Wave("osposurvey-2018", (), "q.yaml", "open_link")
    export = read_export(Path(os.environ["SURVEY_EXPORTS"], "surveymonkey/osposurvey_2018_results.csv"))
    responses, _ = ingest([export], asked, DEMONSTRATION_KEY, wave)
    screened = screen(responses, asked, Screening().with_settings({"duplicate": {"action": "flag"}}))
    s = survey_of(screened.responses, asked, screened.ledger, wave, Inference())
    found = paired_items(s, asked.questions["activities"], "usage", [("internal", "products")], ("frequently",))
    (estimate,), (test,) = found.estimates, found.tests
    assert (estimate["n"], test["n"]) == (684, 684)
    assert [f"{100 * estimate[k]:.1f}" for k in ("estimate", "ci_low", "ci_high")] == ["15.2", "11.3", "19.1"]
    assert f"{test['p_value']:.1e}" == "8.7e-14"


def test_who_has_no_need_is_not_deterred():
    """Beside barriers stand those who met them and those whom they deter, from the answers counted by hand."""
    asked = lucerne_wave.questionnaire()
    barriers, deterred = asked.questions["barriers"], asked.questions["met_or_deterred"]
    assert deterred in asked.segments_of(barriers)
    assert asked.questions["adopter"] not in asked.segments_of(barriers)
    assert asked.questions["adopter"] in asked.segments_of(asked.questions["affinity"])
    responses = lucerne_wave.screened().responses
    users, group = responses.values["adoption"] == "uses", responses.values["met_or_deterred"]
    need = responses.values["barriers_no_need"]
    assert (group[users] == "yes").all()
    no_need = need.isin(["rather_agree", "agree"]).to_numpy()
    others = responses.values["adoption"].notna() & ~users
    assert (no_need & others).sum() > 10
    assert list(group[others] == "no") == list(~no_need[others])
    beside = [v.item for v in asked.variables_beside(barriers, deterred)]
    assert beside == [i.code for i in barriers.items if i.code != "no_need"]  # it decides who is compared
