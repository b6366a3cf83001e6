"""Both spheres of the same channels: distances counted one by one, correlations, and the models within respondents."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import yaml
from numpy.testing import assert_allclose

import buffer_wave
from b2bsurvey import tables as tidy
from b2bsurvey.analyses import analyse
from b2bsurvey.modelling.within_between import model_name, rows_between_contexts
from b2bsurvey.render.catalogue import LANGUAGES, TEXTS
from b2bsurvey.render.figures import draw_figures
from b2bsurvey.render.labels import Labels
from b2bsurvey.render.results import WaveResults
from b2bsurvey.render.wave_tables import printed_tables
from b2bsurvey.responses import put
from b2bsurvey.spheres import context_correlations, separation
from b2bsurvey.statistics.correlation import correlation
from b2bsurvey.statistics.panel_logit import NOTHING_WITHIN, SEPARATED, conditional_logit, within_between_logit
from b2bsurvey.statistics.polychoric import polychoric
from b2bsurvey.statistics.regression import coefficients
from b2bsurvey.tables import estimates_table
from rendered_wave import hostile
from test_comparisons import CODES, ITEMS, questionnaire, survey


def used(s, question):
    """Return, for each respondent, (items used in private, at work) among those answered in both contexts."""
    values = s.responses.values
    found = []
    for row in values.to_dict("records"):
        sides = (set(), set())
        for item in ITEMS:
            answers = [row[f"{question}_{item}_{context}"] for context in ("private", "work")]
            if any(pd.isna(answer) for answer in answers):
                continue
            for side, answer in zip(sides, answers, strict=True):
                if answer in (1, "often", "always"):
                    side.add(item)
        found.append(sides)
    return found


@pytest.mark.parametrize("question", ["ticked", "frequency"])
@pytest.mark.parametrize("weights", [False, True])
def test_distances_are_those_counted_one_by_one(question, weights):
    s = survey(weights=weights)
    found = estimates_table(separation(s, s.questionnaire.questions[question], "usage"))
    sides = used(s, question)
    users = np.array([bool(a | b) for a, b in sides])
    distance = np.array([1 - len(a & b) / len(a | b) if a | b else np.nan for a, b in sides])
    w = s.design.weights

    def mean(values, group=users):
        return np.average(np.asarray(values, float)[group], weights=w[group])

    overall = found[found["segment"] == ""].set_index(["statistic", "answer"])
    assert overall.loc[("separation", ""), "n"] == users.sum() < len(sides)
    assert_allclose(overall.loc[("separation", ""), "estimate"], mean(distance), rtol=1e-12)
    assert_allclose(overall.loc[("separation_same", ""), "estimate"], mean(distance == 0), rtol=1e-12)
    assert_allclose(overall.loc[("separation_apart", ""), "estimate"], mean(distance == 1), rtol=1e-12)
    order = np.argsort(distance[users], kind="stable")
    middle = np.searchsorted(np.cumsum(w[users][order]), w[users].sum() / 2)
    assert_allclose(overall.loc[("separation_median", ""), "estimate"], distance[users][order][middle])
    steps = overall.loc["separation_up_to", "estimate"]
    assert_allclose([float(step) for step in steps.index], np.unique(distance[users]))
    for step, share in steps.items():
        assert_allclose(share, mean(distance <= float(step) + 1e-12), rtol=1e-12)
    small = users & (s.responses.values["staff"] == "small").to_numpy()
    row = found[(found["level"] == "small") & (found["statistic"] == "separation")].iloc[0]
    assert row["n"] == small.sum()
    assert_allclose(row["estimate"], mean(distance, small), rtol=1e-12)
    assert (found["ci_low"] <= found["estimate"] + 1e-12).all()
    assert (found["ci_high"] >= found["estimate"] - 1e-12).all()
    assert found["estimate_id"].is_unique
    assert "of those who use at least one" in overall.loc[("separation", ""), "note"]


def test_the_interval_of_the_mean_distance_is_students():
    s = survey()
    row = separation(s, s.questionnaire.questions["ticked"], "usage")[0]
    distance = [1 - len(a & b) / len(a | b) for a, b in used(s, "ticked") if a | b]
    assert_allclose(row["std_error"], np.std(distance, ddof=1) / np.sqrt(len(distance)), rtol=0.05)  # a domain's
    assert row["ci_method"] == "student, model-based"


def test_ordered_answers_are_correlated_by_all_of_them_and_ticks_as_two():
    s = survey(weights=True)
    found = estimates_table(context_correlations(s, s.questionnaire.questions["frequency"], "usage"))
    assert list(found["statistic"]) == ["polychoric", "spearman"] * 3
    values, w = s.responses.values, s.design.weights
    for item, rows in found.groupby("item"):
        one, other = (values[f"frequency_{item}_{c}"].map({c: i for i, c in enumerate(CODES)}).astype(float)
                      for c in ("private", "work"))  # fmt: skip
        known = (one.notna() & other.notna()).to_numpy()
        table = np.zeros((4, 4))
        np.add.at(table, (one[known].astype(int), other[known].astype(int)), w[known])
        rows = rows.set_index("statistic")
        assert_allclose(rows.loc["polychoric", "estimate"], polychoric(table).rho, rtol=1e-8)
        rho = correlation(s.design, one, other, "ordinal").effect
        assert_allclose(rows.loc["spearman", ["estimate", "ci_low"]].astype(float), [rho.estimate, rho.low])
        assert (rows["n"] == known.sum()).all()
        assert set(zip(rows["context"], rows["context2"], strict=True)) == {("private", "work")}
    ticks = estimates_table(context_correlations(s, s.questionnaire.questions["ticked"], "usage"))
    assert list(ticks["statistic"]) == ["tetrachoric"] * 3
    table = np.zeros((2, 2))
    np.add.at(table, (values["ticked_xing_private"].astype(int), values["ticked_xing_work"].astype(int)), w)
    assert_allclose(ticks.set_index("item").loc["xing", "estimate"], polychoric(table).rho, rtol=1e-8)


def test_nothing_is_said_of_other_questions_nor_of_joints_that_were_not_rebuilt():
    s = survey()
    for name in ("reasons", "policies", "staff"):
        question = s.questionnaire.questions[name]
        assert separation(s, question, "usage") == []
        assert list(context_correlations(s, question, "usage")) == []
    assert [q.name for q in questionnaire().two_spheres] == ["ticked", "frequency"]
    assert "models" in questionnaire().analyses  # that asked of no adoption
    assert "models" not in replace(questionnaire(), roles={"channels": ("reasons",)}).analyses
    assert buffer_wave.questionnaire().two_spheres == ()
    rebuilt = replace(s, origin="rebuilt")
    question = s.questionnaire.questions["frequency"]
    rows = [*separation(rebuilt, question, "usage"), *context_correlations(rebuilt, question, "usage")]
    rows += rows_between_contexts(rebuilt, question).estimates
    assert [row["status"] for row in rows] == ["not_estimable"] * 3
    assert all("without the joint distribution" in row["note"] for row in rows)


def test_the_models_are_those_of_the_long_form_and_between_is_per_further_channel():
    s = survey(weights=True)
    question = s.questionnaire.questions["ticked"]
    found = rows_between_contexts(s, question)
    sides = used(s, "ticked")
    x, y = (np.array([[float(item in side[i]) for item in ITEMS] for side in sides]) for i in (0, 1))
    rows = estimates_table(found.estimates).set_index(["term", "statistic"])
    logit, conditional = (model(s.design, y, x, ITEMS) for model in (within_between_logit, conditional_logit))
    for term, fit, place, unit in (
        ("within", logit.fit, logit.place("within"), 1),
        ("between", logit.fit, logit.place("between"), 3),
        ("conditional", conditional.fit, conditional.place("within"), 1),
    ):
        numbers = coefficients(fit, [place])
        expected = [numbers.estimate[0] / unit, numbers.low[0] / unit, numbers.high[0] / unit]
        own = rows.loc[(term, "coefficient")]
        assert_allclose(own[["estimate", "ci_low", "ci_high"]].astype(float), expected)
        own = rows.loc[(term, "odds_ratio")]
        assert_allclose(own[["estimate", "ci_low", "ci_high"]].astype(float), np.exp(expected))
    assert rows.loc[("conditional", "respondents"), "count"] == conditional.fit.n < 160
    assert rows.loc[("", "respondent_items"), "count"] == 3 * 160
    tests = tidy.tests_table(found.tests)
    assert list(tests["term"]) == ["within", "between", "conditional"]
    assert set(tests["family"]) == {"model ticked"}
    assert tests["method_reason"].str.contains("unequal weights").all()


def with_ticks(s, private, work):
    """Return the survey with these ticks (n, 3) in both contexts."""
    columns = {}
    for context, ticks in (("private", private), ("work", work)):
        for j, item in enumerate(ITEMS):
            name = f"ticked_{item}_{context}"
            old = s.responses.values[name]
            columns[name] = (old.where(old.isna(), np.asarray(ticks)[:, j]).astype("Int8"), s.responses.missing[name])
    return replace(s, responses=put(s.responses, columns))


def test_a_model_that_cannot_be_estimated_is_a_row_that_says_why():
    s, question = survey(), questionnaire().questions["ticked"]
    n = len(s.responses)
    rng = np.random.default_rng(4)
    mixed, all_or_none = rng.integers(0, 2, (n, 3)), np.repeat(rng.integers(0, 2, (n, 1)), 3, axis=1)
    for private, work, why in (
        (all_or_none, mixed, NOTHING_WITHIN),
        (mixed, mixed, SEPARATED),
        (mixed, np.zeros((n, 3)), "the outcome is the same for everybody"),
    ):
        found = rows_between_contexts(with_ticks(s, private, work), question)
        assert found.tests == ()
        rows = estimates_table(found.estimates)
        assert (rows["status"] == "not_estimable").all()
        assert rows["note"].str.contains(why, regex=False).any()
    work = mixed.copy()
    work[:, 1] = 0
    rows = estimates_table(rows_between_contexts(with_ticks(s, rng.integers(0, 2, (n, 3)), work), question).estimates)
    (left_out,) = rows[rows["term"] == "ticked_xing_work"].to_dict("records")
    assert left_out["note"].endswith("left out of the model")
    one_each = np.eye(3)[rng.integers(0, 3, n)]
    rows = estimates_table(rows_between_contexts(with_ticks(s, one_each, mixed), question).estimates)
    assert "the same mean" in rows.set_index(["term", "statistic"]).loc[("between", "coefficient"), "note"]
    assert rows.set_index(["term", "statistic"]).loc[("within", "coefficient"), "status"] == "ok"


# ---- shown


def results() -> WaveResults:
    """Return the small wave in four languages, whose channels were asked of private life and of work."""
    return hostile(weighted=True)


@pytest.mark.parametrize("language", LANGUAGES)
def test_tables_show_both_spheres_and_what_the_models_say(language):
    labels = Labels(results().questionnaire, language)
    tables = {t.kind: t for t in printed_tables(results(), labels)}
    beside, apart, model = (tables[kind] for kind in ("contexts", "separation", "within_between"))
    usage = results().estimates["usage"]
    found = usage[usage["context2"] != ""].set_index(["statistic", "item"])["estimate"]
    heading = labels("head.tetrachoric")
    place = [c.heading for c in beside.columns].index(heading)
    for row in beside.rows:
        (item,) = (i for i in results().questionnaire.questions["channels"].items if i.label[language] == row.label)
        assert row.cells[place].value == pytest.approx(found["tetrachoric", item.code])
        assert row.cells[2].value == pytest.approx(-100 * found["difference", item.code])  # at work minus in private
        assert row.cells[3].value <= row.cells[2].value <= row.cells[4].value
    total = usage[(usage["statistic"] == "separation") & (usage["segment"] == "")].iloc[0]
    assert apart.rows[0].label == labels("head.total")
    assert apart.rows[0].cells[0].value == pytest.approx(total["estimate"])
    assert apart.rows[1].section == labels.question("staff")
    assert labels("table.separation_note") in apart.notes
    assert labels("table.no_tests") in apart.source
    assert len(model.rows) == 3
    assert {"en": "affinity", "de": "Affinität", "fr": "affinité", "it": "affinità"}[language] in model.notes[0]


def test_figures_draw_the_distribution_and_the_odds_ratios():
    wave = results()
    tables = {**wave.estimates, **{f"{name}_tests": frame for name, frame in wave.tests.items()}}
    drawn = {f.name: f for f in draw_figures(tables, wave.questionnaire, "fr", "synthetic")}
    question = wave.questionnaire.questions["channels"]
    models = [name for name in drawn if name.startswith(f"models_{model_name(question)}")]
    assert models == ["models_channels_private_work"]
    model, apart = drawn[models[0]], drawn["usage_channels_separation"]
    assert model.estimable
    assert apart.estimable
    ratio = wave.estimates["models"].set_index(["model", "term", "statistic"])["estimate"]
    within = ratio[(model_name(question), "within", "odds_ratio")]
    assert f"{within:.2f}".replace(".", ",") in model.title
    mean = wave.estimates["usage"].set_index(["statistic", "segment"])["estimate"]["separation", ""]
    assert f"{mean:.3f}".replace(".", ",") in apart.title


def test_no_text_says_that_one_sphere_brings_about_the_other():
    claims = (
        "favour|lead|brings|effect",
        "begünstig|bewirk|führt|Wirkung",
        "favoris|entraîn|effet",
        "favori|provoc|effett",
    )
    texts = yaml.safe_load((TEXTS / "spheres.yaml").read_text(encoding="utf-8"))
    for key, text in texts.items():
        for language, words in zip(LANGUAGES, claims, strict=True):
            assert not re.search(words, text[language]), key


def test_each_grid_with_two_contexts_has_its_models_and_rows():
    s = survey()
    tables = {name: analyse(s, name) for name in ("usage", "models")}
    found = tables["models"].estimates
    assert set(found["model"]) == {"ticked_private_work", "frequency_private_work"}
    assert {"separation", "polychoric", "tetrachoric"} <= set(tables["usage"].estimates["statistic"])
    assert (tables["models"].tests["family_size"] == 3).all()
