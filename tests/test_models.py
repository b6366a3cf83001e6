"""The analysis of models, from a Survey to both tables: what it finds, and what it says where there is nothing."""

import re
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

import buffer_wave
import lucerne_wave
from b2bsurvey.analyses.models import analyse
from b2bsurvey.config import Inference, Models, NamedModel, SamplingDesign, Wave, load_config
from b2bsurvey.design import survey_of
from b2bsurvey.modelling.specification import models_of
from b2bsurvey.questionnaire_file import load_questionnaire
from b2bsurvey.render.catalogue import LANGUAGES
from b2bsurvey.render.labels import Labels
from b2bsurvey.responses import from_frame
from b2bsurvey.statistics.imputation import pool, pooled_wald
from b2bsurvey.statistics.linearisation import SampleDesign
from b2bsurvey.statistics.regression import Predictor, regress
from b2bsurvey.statistics.relative_importance import general_dominance, logit_dominance
from b2bsurvey.tables import read_table, to_csv

TEXT = '{en: "NAME", de: "NAME", fr: "NAME", it: "NAME"}'


def words(name):
    return TEXT.replace("NAME", name)


def closed(name, codes, level="nominal"):
    answers = ", ".join(f"{code}: {{label: {words(code.title())}}}" for code in codes)
    return f"  {name}:\n    type: single\n    level: {level}\n    text: {words(name.title())}\n    answers: {{{answers}}}\n"


def number(name):
    return f"  {name}:\n    type: number\n    text: {words(name.title())}\n"


QUESTIONNAIRE = f"""
title: {words("Models")}
source: {words("Synthetic test data")}
languages: [en, de, fr, it]
roles:
  adopter: adopter
  stage: stage
  adoption: channel
  firm_size: [detailed, staff]
  sector: sector
  pressure: pressure
  barriers: barriers
questions:
{closed("adopter", ["yes", "no"])}{closed("stage", ["will_not", "undecided", "planned", "uses"], "ordinal")}
{closed("channel", ["phone", "mail", "network"])}
{closed("detailed", ["tiny", "small", "middle", "large"], "ordinal")}
{closed("staff", ["small", "middle", "large"], "ordinal")}{closed("sector", ["trade", "other"])}{number("pressure")}
{number("copy")}
  barriers:
    type: battery
    text: {words("Barriers")}
    items: {{time: {{label: {words("Time")}}}, money: {{label: {words("Money")}}}, need: {{label: {words("Need")}}}}}
    answers:
      no: {{label: {words("No")}}}
      rather_not: {{label: {words("Rather not")}}}
      rather: {{label: {words("Rather")}}}
      yes: {{label: {words("Yes")}}}
"""
ITEMS = ("time", "money", "need")


@cache
def questionnaire(text=QUESTIONNAIRE):
    with TemporaryDirectory() as folder:
        path = Path(folder) / "questionnaire.yaml"
        path.write_text(text, encoding="utf-8")
        return load_questionnaire(path, LANGUAGES)


def frame(n=300, seed=1, gaps=0.0):
    """Return answers in which adoption goes with size and pressure, and less with a need."""
    rng = np.random.default_rng(seed)
    size, pressure = rng.integers(0, 3, n), np.round(rng.normal(3, 1, n), 2)
    need = rng.integers(0, 4, n)
    drive = 0.5 * size + 0.7 * (pressure - 3) - 0.6 * (need - 1.5) + rng.logistic(size=n)
    found = pd.DataFrame({"respondent": [f"r{i:05d}" for i in rng.permutation(n)]})
    found["adopter"] = np.where(drive > 0.5, "yes", "no")
    found["stage"] = np.array(["will_not", "undecided", "planned", "uses"])[np.digitize(drive, [-0.8, 0.5, 1.5])]
    found["channel"] = np.array(["phone", "mail", "network"])[np.clip(size + rng.integers(-2, 3, n), 0, 2)]
    found["staff"] = np.array(["small", "middle", "large"])[size]
    found["detailed"] = np.array(["tiny", "middle", "large"])[size]
    found["sector"] = np.where(rng.random(n) < 0.4, "trade", "other")
    found["pressure"], found["copy"] = pressure, 2 * pressure
    for item in ITEMS:
        scores = need if item == "need" else rng.integers(0, 4, n)
        found[f"barriers_{item}"] = np.array(["no", "rather_not", "rather", "yes"])[scores]
    found["weight"] = 1.0
    for name in ("staff", "pressure"):
        gap = rng.random(n) < gaps
        found.loc[gap, name] = np.nan
        found[f"{name}__missing"] = np.where(gap, "dont_know", None)
    return found


def survey(answers, models=Models(), asked=None, **wave):  # noqa: B008
    asked = asked or questionnaire()
    settings = {"sampling": "open_link", "origin": "synthetic"} | wave
    for name in [v.name for v in asked.variables]:  # an empty answer is a missing one
        gap = answers[name].isna()
        if gap.any() and f"{name}__missing" not in answers:
            answers = answers.assign(**{f"{name}__missing": np.where(gap, "dont_know", None)})
    responses = from_frame(answers.reset_index(drop=True), asked)
    return survey_of(responses, asked, pd.DataFrame(), Wave("w", (), "q.yaml", **settings), Inference(models=models))


def named(outcome="adopter", predictors=("staff", "sector", "pressure"), **more):
    return Models(named=(NamedModel("own", outcome, tuple(predictors)),), **more)


def estimates(tables, statistic="coefficient", model=None):
    rows = tables.estimates
    chosen = rows[(rows["statistic"] == statistic) & ((rows["model"] == model) if model else True)]
    return chosen.set_index(["model", "term", "answer"])["estimate"]


def row(table, **where):
    (found,) = table[(table[list(where)] == pd.Series(where)).all(axis=1)].to_dict("records")
    return found


# ---- which models


def test_models_follow_from_the_roles():
    found = {m.name: [v.name for v in m.predictors] for m in models_of(questionnaire(), Models())}
    own = ["staff", "sector", "pressure"]  # the size with the fewest answers
    barriers = [f"barriers_{item}" for item in ITEMS]
    assert found == {"adopter": own, "stage": own, "channel": own, "adopter_barriers": barriers}
    lucerne = {m.name: [v.name for v in m.predictors] for m in models_of(lucerne_wave.questionnaire(), Models())}
    assert list(lucerne) == ["adopter", "adoption", "strategy", "adopter_barriers"]
    segments, scores = ["firm_size", "sector", "region", "sells_to"], ["pressure_external", "pressure_internal"]
    scores += ["affinity_score", "toe_technology", "toe_organisation", "toe_environment"]
    assert lucerne["adoption"] == [*segments, "strategy", *scores]
    assert lucerne["strategy"] == [*segments, *scores]
    pairs = {m.name: [f"{a.name}:{b.name}" for a, b in m.interactions] for m in models_of(questionnaire(), Models())}
    assert pairs == {
        "adopter": ["staff:sector"],
        "stage": ["staff:sector"],
        "channel": ["staff:sector"],
        "adopter_barriers": [],
    }


def test_a_wave_without_these_roles_has_no_models():
    tables = analyse(buffer_wave.survey())
    assert tables.estimates.empty
    assert tables.tests.empty


def test_named_models_stand_in_the_place_of_those_by_roles():
    models = Models(
        named=(NamedModel("mine", "barriers_need", ("staff", "barriers", "gone")), NamedModel("no", "x", ("y",)))
    )
    tables = analyse(survey(frame(), models))
    assert set(tables.estimates["model"]) == {"mine"}
    assert row(tables.estimates, term="gone")["note"] == "not estimable: not asked in this wave; left out of the model"
    assert {"staff=middle", "barriers_time", "barriers_money"} <= set(tables.estimates["term"])


# ---- the numbers


def test_a_binary_model_is_that_of_statsmodels_with_the_design_s_errors():
    answers = frame()
    tables = analyse(survey(answers, named()))
    x = np.column_stack([answers["staff"] == "middle", answers["staff"] == "large", answers["sector"] == "other"])
    x = sm.add_constant(np.column_stack([x, answers["pressure"]]).astype(float))
    n = len(answers)
    fit = sm.GLM(answers["adopter"] == "yes", x, family=sm.families.Binomial()).fit(cov_type="HC0", tol=1e-12)
    terms = ["staff=middle", "staff=large", "sector=other", "pressure"]
    for place, term in enumerate(terms, start=1):
        found = row(tables.estimates, statistic="coefficient", term=term)
        assert_allclose(found["estimate"], fit.params.iloc[place], rtol=1e-7)
        assert_allclose(found["std_error"], fit.bse.iloc[place] * np.sqrt(n / (n - 1)), rtol=1e-6)
        ratio = row(tables.estimates, statistic="odds_ratio", term=term)
        assert_allclose(
            [ratio[k] for k in ("estimate", "ci_low", "ci_high")],
            np.exp([found[k] for k in ("estimate", "ci_low", "ci_high")]),
        )
        assert (ratio["answer"], ratio["answer2"]) == ("yes", "no")
    assert [row(tables.estimates, statistic="odds_ratio", term=t)["reference"] for t in terms] == [
        "small",
        "small",
        "trade",
        "",
    ]
    p = np.mean(fit.predict(x + np.eye(5)[3] * (1 - x[:, [3]])) - fit.predict(x - np.eye(5)[3] * x[:, [3]]))
    assert_allclose(row(tables.estimates, statistic="ame", term="sector=other")["estimate"], p, rtol=1e-7)
    facts = {s: row(tables.estimates, statistic=s)["estimate"] for s in ("respondents", "mcfadden", "events_per_term")}
    yes = (answers["adopter"] == "yes").sum()
    assert facts["respondents"] == n
    assert_allclose(facts["mcfadden"], 1 - fit.llf / fit.llnull, rtol=1e-7)
    assert facts["events_per_term"] == min(yes, n - yes) / 4


def test_tests_stand_in_their_families():
    tests = analyse(survey(frame(), named())).tests
    by_role = tests.groupby("role")["term"].agg(list).to_dict()
    assert by_role == {
        "test": ["staff", "sector=other", "pressure"],
        "posthoc": ["staff=middle", "staff=large"],
        "diagnostic": ["", ""],
    }
    own = tests[tests["role"] == "test"]
    assert set(own["family"]) == {"model adopter, own"}
    assert set(own["family_size"]) == {3}
    assert (own["p_adjusted"] >= own["p_value"]).all()
    assert set(tests.loc[tests["role"] == "diagnostic", "test"]) == {"wald_F", "hosmer_lemeshow"}
    diagnostic = tests[tests["role"] == "diagnostic"]
    assert (set(diagnostic["family"]), set(diagnostic["adjustment"])) == ({"diagnostic"}, {"none"})
    pressure = row(tests, term="pressure")
    assert (pressure["effect_name"], pressure["null_value"], pressure["alternative"]) == (
        "odds_ratio",
        0.0,
        "two-sided",
    )


def interactions(answers, *pairs, outcome="adopter", **more):
    models = Models(named=(NamedModel("own", outcome, ("staff", "sector", "pressure"), interactions=pairs),), **more)
    tests = analyse(survey(answers, models)).tests
    return tests[tests["family"].str.endswith(": interactions")].set_index("term")


def test_an_interaction_is_the_joint_test_of_the_products_as_in_statsmodels():
    answers, n = frame(), 300
    large, middle, other = (answers[q] == a for q, a in (("staff", "large"), ("staff", "middle"), ("sector", "other")))
    x = [middle, large, other, answers["pressure"], middle & other, large & other]
    x = sm.add_constant(np.column_stack(x).astype(float))
    fit = sm.GLM(answers["adopter"] == "yes", x, family=sm.families.Binomial()).fit(cov_type="HC0", tol=1e-12)
    b, v = fit.params.to_numpy()[-2:], fit.cov_params().to_numpy()[-2:, -2:] * n / (n - 1)
    found = interactions(answers, ("staff", "sector"), ("staff", "pressure"))
    assert list(found.index) == ["staff:sector", "staff:pressure"]
    assert set(found["family"]) == {"model adopter, own: interactions"}
    assert set(found["family_size"]) == {2}
    assert set(found["role"]) == {"test"}
    test = found.loc["staff:sector"]
    assert_allclose(test["statistic"], b @ np.linalg.solve(v, b) / 2, rtol=1e-6)
    assert (test["df1"], test["df2"]) == (2, n - 7)


def test_an_interaction_that_is_there_is_found_and_one_that_is_not_is_not():
    rng, answers = np.random.default_rng(5), frame(2000)
    drive = np.where(answers["sector"] == "trade", 1.2, -1.2) * (answers["pressure"] - 3) + rng.logistic(size=2000)
    answers["adopter"] = np.where(drive > 0, "yes", "no")
    found = interactions(answers, ("sector", "pressure"), ("staff", "pressure"))
    assert found.loc["sector:pressure", "p_adjusted"] < 1e-10
    assert found.loc["staff:pressure", "p_adjusted"] > 0.01


@pytest.mark.parametrize("outcome", ["stage", "channel"])
def test_an_interaction_is_tested_in_each_equation(outcome):
    found = interactions(frame(), ("staff", "sector"), outcome=outcome).loc["staff:sector"]
    assert found["df1"] == {"stage": 2, "channel": 4}[outcome]
    assert 0 < found["p_value"] < 1


def test_an_interaction_that_cannot_be_tested_says_why():
    answers = frame()
    empty = answers.assign(sector=np.where(answers["staff"] == "large", "other", answers["sector"]))
    test = interactions(empty, ("staff", "sector")).loc["staff:sector"]
    assert (test["df1"], test["note"]) == (1, "left out: 1 combinations that nobody has")
    inside = (answers["staff"] == "large") & (answers["sector"] == "other")
    separated = answers.assign(adopter=np.where(inside, "yes", answers["adopter"]))
    test = interactions(separated, ("staff", "sector")).loc["staff:sector"]
    why = "not estimable: the outcome is separated by staff=large:sector=other; join answers or leave it out"
    assert test["note"] == why
    assert (
        Labels(questionnaire(), "de").note(why).startswith("nicht schätzbar: die Zielgrösse wird getrennt durch Staff")
    )
    alike = interactions(answers.assign(sector="trade"), ("staff", "sector")).loc["staff:sector"]
    assert alike["note"] == "not estimable: one of the two has no column in the model"
    gaps = frame(gaps=0.1)
    test = interactions(gaps, ("staff", "sector"), missing_predictors="imputed", imputations=2).loc["staff:sector"]
    assert test["note"] == "not estimable: not made with imputed predictors"


def test_the_reason_says_what_the_design_has():
    plain = analyse(survey(frame(), named())).tests
    assert set(plain["method_reason"]) == {"equal weights, no strata, clusters or finite population"}
    answers = frame().assign(weight=np.random.default_rng(1).uniform(0.5, 2, 300))
    tests = analyse(survey(answers, named(), design=SamplingDesign(cluster="detailed"))).tests
    assert set(tests["method_reason"]) == {
        "the design has unequal weights, clusters, so score equations are weighted and errors design-based"
    }


def test_effects_of_an_ordinal_model_sum_to_nothing_and_the_furthest_comes_last():
    tables = analyse(survey(frame(), named("stage")))
    found = tables.estimates[(tables.estimates["statistic"] == "ame") & (tables.estimates["term"] == "pressure")]
    assert list(found["answer"]) == ["will_not", "undecided", "planned", "uses"]
    assert_allclose(found["estimate"].sum(), 0, atol=1e-9)
    assert found["estimate"].iloc[-1] > 0
    assert row(tables.estimates, statistic="coefficient", term="pressure")["estimate"] > 0
    assert set(tables.tests.loc[tables.tests["role"] == "diagnostic", "test"]) == {"wald_F", "brant"}


def test_a_nominal_outcome_has_a_multinomial_model():
    tables = analyse(survey(frame(), named("channel")))
    ratios = tables.estimates[tables.estimates["statistic"] == "odds_ratio"]
    assert set(zip(ratios["answer"], ratios["answer2"], strict=True)) == {("mail", "phone"), ("network", "phone")}
    joint = row(tables.tests, term="pressure", role="test")
    assert (joint["test"], joint["df1"]) == ("wald_F", 2)
    fit = sm.MNLogit(
        pd.Categorical(frame()["channel"], ["phone", "mail", "network"]).codes,
        sm.add_constant(
            np.column_stack(
                [
                    frame()["staff"] == "middle",
                    frame()["staff"] == "large",
                    frame()["sector"] == "other",
                    frame()["pressure"],
                ]
            ).astype(float)
        ),
    ).fit(disp=0, method="newton", tol=1e-12)
    expected = np.asarray(fit.params)[4]
    found = [
        row(tables.estimates, statistic="coefficient", term="pressure", answer=a)["estimate"]
        for a in ("mail", "network")
    ]
    assert_allclose(found, expected, rtol=1e-6)


def shipped(models=Models(), wave="lucerne-2013"):  # noqa: B008
    config = load_config([lucerne_wave.ROOT / "config" / "config.yaml"]).waves[wave]
    asked = lucerne_wave.questionnaire(wave)
    return survey_of(
        lucerne_wave.weighted(), asked, lucerne_wave.screened(wave).ledger, config, Inference(models=models)
    )


@cache
def shipped_tables():
    return analyse(shipped())


def test_the_shipped_wave_brings_its_truth_back():
    """Stage of adoption was drawn from an ordinal logit on these very scores (data/raw/lucerne-2013.truth.yaml)."""
    truth = lucerne_wave.truth().steps["adoption"]["ordinal"]
    found = shipped_tables().estimates
    found = found[(found["model"] == "adoption") & (found["statistic"] == "coefficient")].set_index("term")
    scores = ["toe_technology", "toe_organisation", "toe_environment", "pressure_external", "pressure_internal"]
    expected = {name: truth[name] for name in scores} | {"affinity_score": 0.0}
    expected |= {"strategy=unwritten": truth["strategy"], "strategy=written": 2 * truth["strategy"]}
    far = (found.loc[list(expected), "estimate"] - pd.Series(expected)) / found.loc[list(expected), "std_error"]
    assert (far.abs() < 2.5).all()
    assert (found.loc[["toe_technology", "pressure_internal", "strategy=written"], "ci_low"] > 0).all()
    assert found.loc["strategy=written", "estimate"] > found.loc["strategy=unwritten", "estimate"] > 0
    events = row(shipped_tables().estimates, model="adopter", statistic="events_per_term")
    assert events["estimate"] >= 10


def test_a_need_matters_most_among_the_barriers():
    found = shipped_tables().estimates
    added = found[found["statistic"] == "dominance"].set_index("term")
    assert added["estimate"].idxmax() == "barriers_no_need"
    explained = row(found, model="adopter_barriers", statistic="mcfadden")["estimate"]
    assert_allclose(added["estimate"].sum(), explained, rtol=1e-9)
    assert row(found, model="adopter_barriers", term="barriers_no_need", statistic="odds_ratio")["ci_high"] < 1


# ---- properties


def numbers(answers, models=None, **wave):
    tables = analyse(survey(answers, models or named("stage"), **wave))
    return tables.estimates.set_index("estimate_id")[["estimate", "std_error", "ci_low", "ci_high"]].astype(float)


@settings(max_examples=5, deadline=None)
@given(st.integers(0, 1000), st.sampled_from(["adopter", "stage", "channel"]))
def test_order_scale_and_doubling_change_nothing(seed, outcome):
    answers = frame(200, seed, gaps=0.1)
    answers["weight"] = np.random.default_rng(seed).uniform(0.5, 2, 200)
    models = named(outcome)
    first = numbers(answers, models)
    assert_allclose(numbers(answers.sample(frac=1, random_state=seed), models), first, rtol=1e-7, atol=1e-9)
    assert_allclose(numbers(answers.assign(weight=7 * answers["weight"]), models), first, rtol=1e-7, atol=1e-9)
    twice = pd.concat([answers, answers.assign(respondent=answers["respondent"] + "x")])
    doubled = numbers(twice.assign(weight=twice["weight"] / 2), models)
    same = first.index[first.index.str.contains("coefficient|odds_ratio|ame|mcfadden|auc")]
    assert_allclose(doubled.loc[same, "estimate"], first.loc[same, "estimate"], rtol=1e-7, atol=1e-9)


def test_equal_weights_are_no_weights():
    answers = frame()
    assert_allclose(numbers(answers.assign(weight=3.0)), numbers(answers.drop(columns="weight")), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("outcome", ["adopter", "stage"])
def test_another_reference_says_the_same(outcome):
    """With the last answer first, terms turn round; joint tests, fit and the other terms stay."""
    turned = questionnaire(
        QUESTIONNAIRE.replace(
            closed("staff", ["small", "middle", "large"], "ordinal"),
            closed("staff", ["large", "middle", "small"], "ordinal"),
        )
    )
    first, second = (analyse(survey(frame(), named(outcome), asked)) for asked in (questionnaire(), turned))
    a, b = (estimates(t, model="own").droplevel(["model", "answer"]) for t in (first, second))
    assert_allclose(b["staff=small"], -a["staff=large"], rtol=1e-7)
    assert_allclose(b["staff=middle"], a["staff=middle"] - a["staff=large"], rtol=1e-7)
    assert_allclose(b["pressure"], a["pressure"], rtol=1e-7)
    for term in ("staff", "pressure"):
        p = [row(t.tests, term=term, role="test")["p_adjusted"] for t in (first, second)]
        assert_allclose(p[0], p[1], rtol=1e-6)


# ---- missing predictors


def test_listwise_says_whom_each_predictor_costs():
    answers = frame(gaps=0.1)
    tables = analyse(survey(answers, named()))
    lost = tables.estimates[tables.estimates["statistic"] == "missing_predictors"].set_index("term")
    assert lost.loc["staff", "count"] == answers["staff"].isna().sum()
    assert lost.loc["", "count"] == (answers["staff"].isna() | answers["pressure"].isna()).sum()
    assert set(lost["n"]) == {300}
    assert row(tables.estimates, statistic="respondents")["count"] == 300 - lost.loc["", "count"]


def test_imputed_predictors_keep_everybody_and_bring_the_full_data_back():
    full = numbers(frame(1000), named())
    answers = frame(1000, gaps=0.15)
    tables = analyse(survey(answers, named(missing_predictors="imputed", imputations=10)))
    found = tables.estimates[tables.estimates["statistic"] == "coefficient"].set_index("estimate_id")
    assert set(found["n"]) == {1000}
    assert set(found["imputations"]) == {10}
    assert (found.loc[["w/models/own/pressure/yes/coefficient"], "fmi"] > 0.02).all()
    far = (found["estimate"] - full.loc[found.index, "estimate"]).abs() / found["std_error"]
    assert (far < 1).all()
    assert "10 imputations pooled by Rubin's rules; equal weights" in tables.tests["method_reason"].iloc[0]
    again = analyse(survey(answers.sample(frac=1, random_state=3), named(missing_predictors="imputed", imputations=10)))
    assert_allclose(again.estimates["estimate"].astype(float), tables.estimates["estimate"].astype(float), rtol=1e-8)
    assert "imputations" not in analyse(survey(frame(), named())).estimates


def test_imputed_columns_survive_the_csv(tmp_path):
    tables = analyse(survey(frame(gaps=0.1), named(missing_predictors="imputed", imputations=2)))
    (tmp_path / "models.csv").write_text(to_csv(tables.estimates), encoding="utf-8")
    pd.testing.assert_frame_equal(read_table(str(tmp_path / "models.csv")), tables.estimates, check_dtype=False)


def test_the_pooled_test_of_one_number_is_the_square_of_its_t():
    rng = np.random.default_rng(5)
    q, u = rng.normal(1, 0.1, (20, 1)), rng.uniform(0.1, 0.2, (20, 1))
    both, one = pooled_wald("x", 99, q, u[:, :, None], 1e9), pool(q, u, 1e9)
    assert_allclose(both.statistic, (one.estimate[0] / one.std_error[0]) ** 2, rtol=1e-12)
    nothing_missing = pooled_wald("x", 99, np.tile([1.0, 2.0], (5, 1)), np.tile(np.diag([0.04, 0.09]), (5, 1, 1)), 50)
    assert_allclose((nothing_missing.statistic, nothing_missing.df2), ((25 + 4 / 0.09) / 2, 50))
    assert not pooled_wald("x", 9, np.ones((3, 2)), np.ones((3, 2, 2)), 50).is_estimable


# ---- importance


def test_importance_is_that_of_separate_models_with_errors_of_the_jackknife():
    y = (frame(90)["adopter"] == "yes").to_numpy(int)
    x = np.column_stack([frame(90)["pressure"], frame(90)["staff"] == "large", frame(90)["staff"] == "middle"]).astype(
        float
    )
    design = SampleDesign(np.random.default_rng(2).uniform(0.5, 2, 90))
    predictors = [Predictor("pressure", (0,), True), Predictor("staff", (1, 2), False)]
    names = ["a", "b", "c"]

    def explained(subset):
        kept = [c for j in subset for c in predictors[j].columns]
        return regress(design, "binary", y, x[:, kept], [names[c] for c in kept]).mcfadden if subset else 0.0

    found = logit_dominance(design, y, x, predictors)
    assert_allclose(found.estimate, general_dominance(explained, 2), rtol=1e-8)
    assert_allclose(found.estimate.sum(), found.explained, rtol=1e-10)
    keep = ~np.eye(90, dtype=bool)
    without = [logit_dominance(SampleDesign(design.weights[k]), y[k], x[k], predictors).estimate for k in keep]
    jackknife = np.sqrt(89 / 90 * np.sum((np.array(without) - np.mean(without, axis=0)) ** 2, axis=0))
    assert_allclose(found.std_error, jackknife, rtol=0.1)


# ---- where there is no answer


def gaps(answers, name):
    return answers.assign(**{name: np.nan, f"{name}__missing": "dont_know"})


BAD = {
    "nobody": (lambda a: a.iloc[:0], "nobody is in the base"),
    "one": (lambda a: a.iloc[:1], "the outcome is the same for everybody"),
    "two": (lambda a: a.sort_values("adopter").iloc[[0, -1]], "respondents for|follows from|no predictor varies"),
    "constant outcome": (lambda a: a.assign(adopter="yes"), "the outcome is the same for everybody"),
    "unanswered outcome": (lambda a: gaps(a, "adopter"), "nobody answered the outcome"),
    "few respondents": (lambda a: a.iloc[:4], "respondents for|the outcome is the same|maximum|separated|follows"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_model_that_cannot_be_estimated_says_why(case):
    change, why = BAD[case]
    tables = analyse(survey(change(frame()), named()))
    refused = tables.estimates[tables.estimates["status"] == "not_estimable"]
    assert re.search(why, " ".join(refused["note"]))
    check_numbers(tables)
    if case != "two" and case != "few respondents":
        assert tables.tests.empty


PARTLY = {
    "one group": (lambda a: a.assign(staff="small"), "staff", "everybody in the model gave the same answer"),
    "nobody asked": (lambda a: gaps(a, "pressure"), "pressure", "nobody in the model answered it"),
    "the same twice": (lambda a: a, "copy", "copy follows from the columns before it"),
}


@pytest.mark.parametrize("case", PARTLY)
def test_a_predictor_without_a_column_is_named_and_the_rest_estimated(case):
    change, name, why = PARTLY[case]
    tables = analyse(
        survey(change(frame()), named(predictors=("staff", "sector", "pressure", "copy")[: 3 + (name == "copy")]))
    )
    assert (
        row(tables.estimates, term=name, statistic="coefficient")["note"]
        == f"not estimable: {why}; left out of the model"
    )
    assert np.isfinite(row(tables.estimates, term="sector=other", statistic="odds_ratio")["estimate"])
    check_numbers(tables)


def test_a_separated_outcome_gets_the_penalty_of_firth_and_an_ordinal_one_is_refused():
    answers = frame()
    answers.loc[answers["staff"] == "large", "adopter"] = "yes"
    tables = analyse(survey(answers, named()))
    large = row(tables.estimates, term="staff=large", statistic="odds_ratio")
    assert 1 < large["ci_low"] < large["estimate"] < 1e4
    assert large["ci_method"] == "profile, model-based"
    assert set(tables.tests["method_reason"]) == {
        "the outcome is separated by staff=large, so Firth's penalised likelihood is used"
    }
    assert row(tables.estimates, term="staff=large", statistic="ame")["note"] == "no interval: the outcome is separated"
    check_numbers(tables)
    answers.loc[answers["staff"] == "large", "stage"] = "uses"
    refused = analyse(survey(answers, named("stage"))).estimates
    assert refused["note"].tolist() == [
        "not estimable: the outcome is separated by staff=large; join answers or leave it out"
    ]


def test_answers_that_nobody_gave_are_left_out_and_few_events_are_noted():
    answers = frame(60)
    answers["stage"] = answers["stage"].replace("planned", "undecided")
    tables = analyse(survey(answers, named("stage")))
    assert row(tables.estimates, statistic="respondents")["note"] == "left out: answers that nobody gave (planned)"
    events = row(analyse(survey(frame(60), named())).estimates, statistic="events_per_term")
    assert events["estimate"] < 10
    assert events["note"] == "fewer than 10 events a term: estimates may be far off"


def test_rebuilt_respondents_have_no_joint_distribution_for_a_model():
    models = Models(named=(NamedModel("own", "strategy", ("business_type", "size_class")),))
    rebuilt = buffer_wave.survey()
    tables = analyse(replace(rebuilt, inference=replace(rebuilt.inference, models=models)))
    assert tables.tests.empty
    assert tables.estimates["note"].tolist() == [
        "the respondents were rebuilt without the joint distribution of business_type and size_class and strategy"
    ]


@pytest.mark.parametrize("outcome", ["pressure"])
def test_an_open_outcome_is_refused(outcome):
    tables = analyse(survey(frame(), named(outcome, ("staff",))))
    assert tables.estimates["note"].tolist() == ["not estimable: the outcome is no closed question"]


@pytest.mark.parametrize("language", ["de", "fr", "it"])
def test_every_note_and_reason_is_translated(language):
    labels = Labels(questionnaire(), language)
    answers = frame(gaps=0.1)
    separated = answers.assign(adopter=np.where(answers["staff"] == "large", "yes", answers["adopter"]))
    found = [analyse(survey(change(frame()), named())) for change, _ in BAD.values()]
    found += [
        analyse(survey(change(frame()), named(predictors=("staff", "sector", "pressure", "copy"))))
        for change, *_ in PARTLY.values()
    ]
    found += [analyse(survey(separated, named(o))) for o in ("adopter",)]
    found += [
        analyse(
            survey(answers.assign(weight=np.arange(300) % 3 + 1.0), named(missing_predictors="imputed", imputations=2))
        )
    ]
    notes = {n for t in found for n in (*t.estimates["note"], *t.tests["note"], *t.tests["method_reason"]) if n}
    english = (
        "not estimable|follows|separated|everybody|nobody|pooled by|the outcome|answered|interval|parameters|penal.y"
    )
    for note in notes:
        assert not re.search(rf"\b({english})\b", labels.note(note).replace("Firth", "")), note


@pytest.mark.parametrize("seed", [36, 60, 97, 264, 321])
def test_few_respondents_give_numbers_or_reasons(seed):
    """Seeds at which something broke: subsets without full rank, flat likelihoods, no degrees of freedom."""
    rng = np.random.default_rng(seed)
    answers = frame(int(rng.integers(2, 45)), seed, gaps=float(rng.choice([0, 0.1, 0.4])))
    if rng.random() < 0.5:
        answers["weight"] = rng.uniform(0.3, 3, len(answers))
    models = Models(missing_predictors=str(rng.choice(["listwise", "imputed"])), imputations=3)
    if rng.random() < 0.5:
        outcome = str(rng.choice(["adopter", "stage", "channel", "barriers_time"]))
        predictors = ("staff", "sector", "pressure", "copy", "barriers", "detailed")
        models = replace(models, named=(NamedModel("own", outcome, predictors, importance=True),))
    wave = {"design": SamplingDesign(cluster="detailed")} if rng.random() < 0.2 else {}
    check_numbers(analyse(survey(answers, models, **wave)))


def check_numbers(tables):
    """No number is infinite, no p value 0; what has no number says why."""
    for table in (tables.estimates, tables.tests):
        numeric = table.select_dtypes("number").astype(float).to_numpy()
        assert not np.isinf(numeric).any()
    assert not (tables.tests["p_value"] == 0).any()
    empty = tables.estimates[tables.estimates["estimate"].isna()]
    assert (empty["note"] != "").all()
    assert (tables.tests.loc[tables.tests["p_value"].isna(), "note"] != "").all()
    assert not tables.estimates["estimate_id"].duplicated().any()
    assert not tables.tests["test_id"].duplicated().any()


def test_the_shipped_tables_are_whole():
    check_numbers(shipped_tables())
    assert set(shipped_tables().estimates["status"]) == {"ok"}
