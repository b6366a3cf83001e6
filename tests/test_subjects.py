"""Spokespersons, opinion leaders, key figures and open answers of the shipped wave, told in the contract's columns."""

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from sklearn.metrics import cohen_kappa_score
from statsmodels.api import WLS, add_constant

import lucerne_wave
from b2bsurvey.analyses import analyse
from b2bsurvey.config import Inference, load_config
from b2bsurvey.design import survey_of
from b2bsurvey.errors import StudyError
from b2bsurvey.ingest import ingest
from b2bsurvey.questionnaire_file import load_questionnaire
from b2bsurvey.readers import read_export
from b2bsurvey.render.coding_tables import coding_tables
from b2bsurvey.render.concentration_tables import concentration_tables
from b2bsurvey.render.figures import draw_figures
from b2bsurvey.render.key_figure_table import key_figure_table
from b2bsurvey.render.labels import Labels
from b2bsurvey.render.mediation_table import mediation_table
from b2bsurvey.render.results import WaveResults
from b2bsurvey.respondent_key import DEMONSTRATION_KEY
from b2bsurvey.responses import HELD_BACK, Responses
from b2bsurvey.tables import ESTIMATE_COLUMNS

SUBJECTS = ("spokespersons", "contagion", "key_figures", "open_answers", "attitudes")
LANGUAGES = ("en", "de", "fr", "it")


@cache
def wave():
    return load_config([lucerne_wave.ROOT / "config" / "config.yaml"]).waves["lucerne-2013"]


def survey(order=None):
    responses = lucerne_wave.weighted()
    if order is not None:
        parts = (responses.respondents, responses.values, responses.missing)
        responses = Responses(*(frame.iloc[order].reset_index(drop=True) for frame in parts))
    ledger = lucerne_wave.screened().ledger
    return survey_of(responses, lucerne_wave.questionnaire(), ledger, wave(), Inference())


@cache
def tables(analysis):
    return analyse(survey(), analysis)


def overall(analysis, question, statistic):
    frame = tables(analysis).estimates
    return frame[(frame["question"] == question) & (frame["statistic"] == statistic) & (frame["segment"] == "")]


def column(name):
    return survey().responses.values[name].to_numpy(dtype=float, na_value=np.nan)


@pytest.mark.parametrize("analysis", SUBJECTS)
def test_rows_are_those_of_the_contract(analysis):
    frame = tables(analysis).estimates
    assert list(frame.columns) == ESTIMATE_COLUMNS
    assert frame["estimate_id"].is_unique
    assert (frame["estimate"].notna() | (frame["note"] != "")).all()
    known = frame[frame["ci_low"].notna() & frame["ci_high"].notna()]
    assert ((known["ci_low"] <= known["estimate"]) & (known["estimate"] <= known["ci_high"])).all()


# --- spokespersons ---


def posts():
    """Return shares (n, 6) and weights of those who shared out their posts, the rest last."""
    shares = np.column_stack(
        [column(f"post_shares_{i}") for i in ("first", "second", "third", "fourth", "fifth", "rest")]
    )
    told = np.isfinite(shares).all(axis=1)
    return shares[told] / shares[told].sum(axis=1, keepdims=True), survey().design.weights[told]


def test_the_largest_share_and_who_has_more_than_half_are_those_of_the_answers():
    shares, weights = posts()
    (top,) = overall("spokespersons", "post_shares", "top_share")["estimate"]
    assert_allclose(top, np.average(shares[:, :5].max(axis=1), weights=weights), rtol=1e-12)
    factors = overall("spokespersons", "post_shares", "bus_factor").set_index("answer")
    assert_allclose(factors["estimate"].sum(), 1)
    ordered = -np.sort(-shares[:, :5], axis=1)
    for factor in (1, 2, 3):
        has = (np.cumsum(ordered, axis=1) > 0.5 + 1e-9).argmax(axis=1) + 1 == factor
        assert_allclose(factors.loc[str(factor), "estimate"], np.average(has, weights=weights), rtol=1e-12)
        assert factors.loc[str(factor), "count"] == has.sum()


def test_the_herfindahl_index_has_bounds_because_the_rest_is_of_several():
    shares, weights = posts()
    found = overall("spokespersons", "post_shares", "herfindahl").set_index("answer")["estimate"]
    named = np.average(np.sum(shares[:, :5] ** 2, axis=1), weights=weights)
    assert named < found["at_least"] < found["at_most"] < named + np.average(shares[:, 5] ** 2, weights=weights)


def test_the_lorenz_curve_is_that_of_firms_with_several_spokespersons():
    curve = overall("spokespersons", "post_shares", "lorenz")["estimate"].to_numpy()
    assert_allclose([curve[0], curve[-1]], [0, 1], atol=1e-12)
    assert (np.diff(curve, 2) > -1e-9).all()  # those with less come first
    (gini,) = overall("spokespersons", "post_shares", "gini").to_dict("records")
    assert_allclose(gini["estimate"], 1 - 2 * np.trapezoid(curve, dx=1 / (len(curve) - 1)), atol=0.01)
    shares, _ = posts()
    assert gini["n"] == ((shares > 0).sum(axis=1) > 1).sum()


# --- nominations ---


def test_nominations_are_counted_as_they_stand_in_the_export():
    export = read_export(lucerne_wave.export("lucerne-2013"))
    position = {c.heading if hasattr(c, "heading") else str(c): c.position for c in export.columns}
    rows = survey().responses.respondents["row"]
    cells = [export.cells.loc[rows, position[f"Q3[{rank}]"]] for rank in (1, 2, 3)]
    items = lucerne_wave.questionnaire().questions["opinion_leaders"].items
    found = overall("contagion", "opinion_leaders", "nomination_share").set_index("item")
    for item in items:
        assert found.loc[item.code, "count"] == sum((cell == item.spellings[0]).sum() for cell in cells)
    assert_allclose(found["estimate"].sum(), 1)
    (index,) = overall("contagion", "opinion_leaders", "herfindahl")["estimate"]
    assert_allclose(index, np.sum(found["estimate"] ** 2))


# --- key figures ---


def test_both_intervals_of_a_ratio_are_about_the_same_ratio():
    ratios = ["conversion", "retention", "acquisition_cost", "social_media_return"]
    for name in ratios:
        (linear,) = overall("key_figures", name, "ratio").to_dict("records")
        (drawn,) = overall("key_figures", name, "ratio_bootstrap").to_dict("records")
        assert_allclose(drawn["estimate"], linear["estimate"], rtol=1e-12)
        assert_allclose(drawn["std_error"], linear["std_error"], rtol=0.15)
        assert drawn["n"] == linear["n"]
        assert drawn["ci_method"].startswith("bootstrap")
    assert (overall("key_figures", "acquisition_cost", "median")["unit"] == "CHF").all()
    assert (overall("key_figures", "retention", "ratio")["scale"] == "probability").all()


def test_the_order_of_respondents_plays_no_part():
    order = np.random.default_rng(1).permutation(len(survey().responses))
    for analysis in ("key_figures", "open_answers"):
        one = tables(analysis).estimates.set_index("estimate_id")
        other = analyse(survey(order), analysis).estimates.set_index("estimate_id")
        assert list(one.index) == list(other.index)
        drawn = one["statistic"].isin(["ratio_bootstrap", "kappa", "krippendorff_alpha"])
        assert drawn.any()
        for name in ("estimate", "std_error", "ci_low", "ci_high"):
            assert_allclose(one.loc[drawn, name], other.loc[drawn, name], rtol=1e-12)


# --- open answers ---


def test_agreement_of_codings_is_that_of_another_library():
    found = overall("open_answers", "helpful_themes", "kappa").set_index("item")
    for theme in ("customers", "evidence"):
        codes = np.column_stack([column(f"{q}_{theme}") for q in ("helpful_themes", "helpful_coded")])
        codes = codes[np.isfinite(codes).all(axis=1)]
        assert_allclose(found.loc[theme, "estimate"], cohen_kappa_score(*codes.T), rtol=1e-12)
        assert found.loc[theme, "n"] == len(codes)
    assert set(overall("open_answers", "helpful_themes", "krippendorff_alpha")["item"]) == set(found.index)


def test_only_cleared_answers_are_quoted():
    quotes = overall("open_answers", "helpful_themes", "quote")
    assert (quotes.groupby("item").size() <= 2).all()
    texts = survey().responses.values["helpful"]
    assert quotes["answer"].isin(texts).all()
    assert (quotes["answer"] != HELD_BACK).all()
    s = survey()
    held = s.responses.values.assign(helpful=texts.where(texts.isna(), HELD_BACK))
    closed = replace(s, responses=replace(s.responses, values=held))
    assert "quote" not in set(analyse(closed, "open_answers").estimates["statistic"])


QUESTIONNAIRE = """
title: {en: T}
languages: [en]
roles: {open_answers: [wish_themes, wish_coded]}
questions:
  wish: {type: text, text: {en: Wish}, column: wish}
derived:
  wish_themes:
    text: {en: Themes}
    themes:
      of: wish
      words:
        time: {en: ["time", "hours?\\\\b"], de: ["zeit"]}
        money: {en: ["money|budget"]}
    answers: {time: {label: {en: Time}}, money: {label: {en: Money}}, other: {label: {en: Other}}}
  wish_coded:
    text: {en: Coded}
    themes: {of: wish_themes, codes: CODES}
"""
WISHES = ["More TIME and money", "Zeit", "one hour", "Sometimes", "Überzeit", "a low budget", "", "peace"]


def themed(folder, *changes, codes="text,code\nzeit,time\npeace,\n"):
    """Return the responses to an open question whose themes are found by words, and coded."""
    (folder / "codes.csv").write_text(codes, encoding="utf-8")
    text = QUESTIONNAIRE.replace("CODES", str(folder / "codes.csv"))
    for before, after in changes:
        assert before in text
        text = text.replace(before, after)
    (folder / "q.yaml").write_text(text, encoding="utf-8")
    (folder / "wave.csv").write_text("id,wish\n" + "\n".join(f"{i},{w}" for i, w in enumerate(WISHES)), "utf-8")
    asked = load_questionnaire(folder / "q.yaml", ["en"])
    export = read_export(folder / "wave.csv")
    return ingest([export], asked, DEMONSTRATION_KEY, replace(wave(), exports=("wave.csv",), cleared_answers=()))[0]


def ticked(responses, name):
    return [None if pd.isna(v) else int(v) for v in responses.values[name]]


def test_words_are_found_from_the_beginning_of_words_in_any_language(tmp_path):
    responses = themed(tmp_path)
    assert ticked(responses, "wish_themes_time") == [1, 1, 1, 0, 0, 0, None, 0]
    assert ticked(responses, "wish_themes_money") == [1, 0, 0, 0, 0, 1, None, 0]
    assert ticked(responses, "wish_themes_other") == [0, 0, 0, 1, 1, 0, None, 1]
    assert (responses.values["wish"].dropna() == HELD_BACK).all()


def test_a_file_of_codes_says_what_it_codes_and_no_more(tmp_path):
    responses = themed(tmp_path)
    assert ticked(responses, "wish_coded_time") == [None, 1, None, None, None, None, None, 0]
    reasons = responses.missing["wish_coded_time"].astype(object)
    assert reasons[0] == "not_applicable"
    assert reasons[6] == "not_answered"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (('["money|budget"]', '["money("]'), "'money(' is no regular expression"),
        (("money: {en: [", "mony: {en: ["), "'mony' is no theme of 'wish_themes'; did you mean 'money'?"),
        (
            (", money: {label: {en: Money}}", ", money: {label: {en: Money}}, more: {label: {en: M}}"),
            "more and other have no words",
        ),
        (("{type: text, text: {en: Wish}", "{type: number, text: {en: Wish}"), "'wish' is no open question"),
        (("{of: wish_themes, codes", "{of: wish_theme, codes"), "did you mean 'wish_themes'?"),
        (("      of: wish\n", "      of: wish\n      codes: c.csv\n"), "give one of the two"),
    ],
)
def test_mistakes_in_themes_are_named(tmp_path, change, expected):
    with pytest.raises(StudyError) as error:
        themed(tmp_path, change)
    assert "q.yaml, line" in str(error.value)
    assert expected in str(error.value)


def test_an_unknown_code_of_a_coder_is_named(tmp_path):
    with pytest.raises(StudyError, match="codes.csv, line 2: 'tim' is not an answer there; did you mean 'time'?"):
        themed(tmp_path, codes="text,code\nzeit,tim\n")


# --- mediation ---


def test_the_paths_of_a_mediation_are_those_of_weighted_regressions():
    found = tables("attitudes").estimates
    found = found[found["statistic"] == "path"].set_index("term")
    names = ("affinity_score", "trust_score", "intention_score", "pressure_external")
    x, m, y, c = (column(name) for name in names)
    known = np.isfinite([x, m, y, c]).all(axis=0)
    weights = survey().design.weights[known]

    def slopes(outcome, *columns):
        return WLS(outcome[known], add_constant(np.column_stack(columns)[known]), weights).fit().params

    a, (direct, b), total = slopes(m, x, c)[1], slopes(y, x, m, c)[1:3], slopes(y, x, c)[1]
    expected = {"a": a, "b": b, "direct": direct, "indirect": a * b, "total": total}
    assert_allclose(found.loc[list(expected), "estimate"], list(expected.values()), rtol=1e-9)
    lost = len(known) - known.sum()
    assert (found["note"] == f"{lost} of {len(known)} respondents with a missing value are left out").all()
    assert (found["ci_low"] < found["estimate"]).all()


@pytest.mark.parametrize("language", LANGUAGES)
def test_mediations_are_told_as_associations(language):
    table = mediation_table(results(language), Labels(results(language).questionnaire, language))
    assert len(table.rows) == 5
    assert any(word in table.base_note for word in ("associations", "Zusammenhänge", "associazioni"))


# --- tables and figures ---


@cache
def results(language):
    asked = load_questionnaire(lucerne_wave.QUESTIONNAIRE, [language], "lucerne-2013")
    found = {name: tables(name) for name in SUBJECTS}
    nothing = pd.DataFrame()
    estimates, tests = ({n: getattr(t, kind) for n, t in found.items()} for kind in ("estimates", "tests"))
    return WaveResults("S", wave(), asked, estimates, tests, nothing, {}, nothing, None, "", {})


@pytest.mark.parametrize("language", LANGUAGES)
def test_tables_hold_the_numbers_of_the_csv_in_every_language(language):
    labels = Labels(results(language).questionnaire, language)
    key = key_figure_table(results(language), labels)
    rows = {row.question: row.cells for row in key.rows}
    (cycle,) = overall("key_figures", "sales_cycle", "median")["estimate"]
    assert rows["sales_cycle"][2].value == cycle
    assert rows["sales_cycle"][7].value is None  # no ratio
    (drawn,) = overall("key_figures", "acquisition_cost", "ratio_bootstrap").to_dict("records")
    assert [c.value for c in rows["acquisition_cost"][7:]] == [drawn[k] for k in ("estimate", "ci_low", "ci_high")]
    assert rows["acquisition_cost"][0].value == "CHF"
    assert "%" in rows["retention"][7].text(labels.form)
    shared = next(iter(concentration_tables(results(language), labels, "spokespersons")))
    assert [len(shared.rows), shared.kind] == [7, "shared_total"]
    named = next(iter(concentration_tables(results(language), labels, "contagion")))
    assert [row.cells[0].value for row in named.rows[:-1]] == sorted(
        overall("contagion", "opinion_leaders", "nomination_share")["estimate"], reverse=True
    )
    quotes, agreement = coding_tables(results(language), labels)
    assert quotes.kind == "quotes"
    assert len(agreement.rows) == 10  # nine themes and all together


@pytest.mark.parametrize("language", LANGUAGES)
def test_notes_of_the_subjects_are_translated(language):
    labels = Labels(results(language).questionnaire, language)
    notes = {note for name in SUBJECTS for note in tables(name).estimates["note"] if note}
    notes |= {"3 respondents who named nobody are left out", "no text has two codes", "all codes are the same"}
    notes |= {"2 of 999 replicates with nothing to divide by are left out"}
    assert {note for note in notes if not labels.is_known(note)} == set()


def test_figures_of_the_subjects_say_what_they_found():
    asked = lucerne_wave.questionnaire()
    drawn = {name: t for n in SUBJECTS for name, t in ((n, tables(n).estimates), (f"{n}_tests", tables(n).tests))}
    figures = {figure.name: figure for figure in draw_figures(drawn, asked, "en", "synthetic")}
    factor = figures["spokespersons_post_shares_bus_factor"]
    assert "“One has more than half”, 76%" in factor.title
    assert figures["spokespersons_post_shares_lorenz"].title.startswith("Posts by person: Gini coefficient 0.31")
    named = figures["contagion_opinion_leaders_nominations"]
    assert "Well-known customers" in named.title
    assert "1,433 nominations" in named.caption
    assert figures["open_answers_helpful_themes"].estimable


def test_the_mean_of_a_claimed_number_has_two_intervals():
    """The linearised interval and that of the bootstrap are of the same mean, and of nearly the same width."""
    (mean,) = overall("buying", "done_before_contact", "mean").to_dict("records")
    (drawn,) = overall("buying", "done_before_contact", "mean_bootstrap").to_dict("records")
    assert (drawn["estimate"], drawn["n"], drawn["base"]) == (pytest.approx(mean["estimate"]), mean["n"], mean["base"])
    assert drawn["std_error"] == pytest.approx(mean["std_error"], rel=0.08)
    assert drawn["ci_method"].startswith("bootstrap")
    assert overall("key_figures", "order_value", "mean_bootstrap").empty  # it has no claim


def test_stages_of_buying_by_channel_are_shares_of_its_users():
    """Counted in the answers: LinkedIn's professional users, and who of them calls looking for suppliers important."""
    question = lucerne_wave.questionnaire().questions["stage_importance"]
    used = lucerne_wave.questionnaire().questions["channels"]
    responses = lucerne_wave.weighted()
    users = responses.values["channels_linkedin_professional"].isin(used.top).to_numpy()
    item = question.items[2].code
    answers = responses.values[f"stage_importance_{item}"]
    base = users & answers.notna().to_numpy()
    found = overall("buying", "stage_importance", "among_users")
    row = found[(found["item"] == item) & (found["item2"] == "linkedin")].iloc[0]
    weights = responses.respondents["weight"].to_numpy()[base]
    share = np.average(answers[base].isin(question.top), weights=weights)
    assert (row["n"], row["context2"]) == (base.sum(), "professional")
    assert row["estimate"] == pytest.approx(share, rel=1e-9)
