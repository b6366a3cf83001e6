"""The analysis `scales`: against other libraries and the truth of synthetic answers, and where nothing is estimable."""

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pingouin as pg
import pytest
from numpy.testing import assert_allclose

import lucerne_wave
import scale_wave
from b2bsurvey.analyses import analyse
from b2bsurvey.comparisons import UNWEIGHTED
from b2bsurvey.config import Inference, load_config
from b2bsurvey.derived import scored
from b2bsurvey.design import survey_of
from b2bsurvey.errors import StudyError
from b2bsurvey.render.labels import Labels
from b2bsurvey.statistics.confirmatory import confirm
from b2bsurvey.synthetic.respondents import responses_of
from scale_wave import COLUMNS, ITEMS, WAVE, answers, questionnaire, survey, tables

KEYS = ["estimate_id", "statistic", "construct", "item", "item2", "term", "status", "note"]


@cache
def shipped():
    """Return the survey of lucerne-2013, raked, and what the analysis finds in it."""
    config = load_config([lucerne_wave.ROOT / "config" / "config.yaml"]).waves["lucerne-2013"]
    asked, ledger = lucerne_wave.questionnaire(), lucerne_wave.screened().ledger
    of = survey_of(lucerne_wave.weighted(), asked, ledger, config, Inference())
    return of, analyse(of, "scales")


def scores(of, items):
    return np.column_stack([scored(of.responses, of.questionnaire.owner(item), item) for item in items])


def find(frame, **of):
    return frame[(frame[list(of)] == pd.Series(of)).all(axis=1)]


def one(frame, **of):
    found = find(frame, **of)
    assert len(found) == 1, of
    return found.iloc[0]


def same(found, expected, **tolerance):
    """Hold that two tables of estimates say the same."""
    pd.testing.assert_frame_equal(found[KEYS], expected[KEYS])
    for name in ("estimate", "ci_low", "ci_high"):
        assert_allclose(found[name], expected[name], **({"rtol": 1e-12, "atol": 1e-12} | tolerance), err_msg=name)


# ---- the numbers


def test_alpha_and_item_statistics_are_those_of_other_libraries():
    of, found = survey(), tables().estimates
    items = pd.DataFrame(scores(of, ITEMS[:4])).dropna()
    alpha, _ = pg.cronbach_alpha(items)
    row = one(found, construct="risk", statistic="alpha")
    assert_allclose(row["estimate"], alpha, rtol=1e-12)
    assert row["n"] == len(items) < 200
    for i, item in enumerate(ITEMS[:4]):
        rest = items.drop(columns=i)
        for statistic, expected in (
            ("item_rest", np.corrcoef(items[i], rest.sum(axis=1))[0, 1]),
            ("alpha_if_dropped", pg.cronbach_alpha(rest)[0]),
        ):
            row = one(found, construct="risk", statistic=statistic, item=item)
            assert_allclose(row["estimate"], expected, rtol=1e-12)
        valid = scores(of, [item])
        row = one(found, question="risk", statistic="mean", item=item)
        assert_allclose(row["estimate"], np.nanmean(valid), rtol=1e-12)
        row = one(found, question="risk", statistic="sd", item=item)
        assert_allclose(row["estimate"], np.nanstd(valid, ddof=1), rtol=1e-12)


def test_scores_need_the_share_of_items_that_the_questionnaire_says():
    of, found = survey(), tables().estimates
    items = scores(of, ITEMS[:4])
    valid = np.isfinite(items).sum(axis=1)
    assert (valid < 4).any()
    assert of.questionnaire.constructs["risk"].min_valid == 2
    row = one(found, question="risk", statistic="mean", item="", segment="")
    assert row["n"] == (valid >= 2).sum()
    assert_allclose(row["estimate"], np.nanmean(items[valid >= 2], axis=1).mean(), rtol=1e-12)


@pytest.mark.parametrize(("share", "needed"), [("0.5", 2), ("0.75", 3), ("0.76", 4), ("1", 4), ("0.01", 1)])
def test_a_share_of_items_is_rounded_up(share, needed):
    asked = questionnaire(("answered: 0.5", f"answered: {share}"))
    assert asked.constructs["risk"].min_valid == needed


def test_a_share_is_of_the_items_that_the_wave_asked():
    left_out = "label: " + scale_wave.text("Item risk4") + ", reversed: true"
    asked = questionnaire((left_out, left_out + ", not_asked: true"), ("answered: 0.5", "answered: 0.6"))
    assert (len(asked.constructs["risk"].items), asked.constructs["risk"].min_valid) == (3, 2)


def test_two_rules_for_missing_items_are_refused():
    with pytest.raises(StudyError, match=r"'risk' gives both min_valid and answered; keep the one that is to decide"):
        questionnaire(("answered: 0.5", "answered: 0.5, min_valid: 2"))


def test_two_items_are_measured_by_the_joint_model_of_their_battery_or_not_at_all():
    _, found = shipped()
    row = one(found.estimates, construct="motives_status", statistic="omega")
    assert (row["model"], row["status"]) == ("joint", "ok")
    alone = tables().estimates
    row = one(alone, construct="plan", statistic="ave")
    assert row["note"] == "not estimable: the model has too few items for its factors"
    assert one(alone, construct="plan", statistic="alpha")["status"] == "ok"


def test_pairs_of_constructs_are_compared_with_numpy():
    of, found = survey(), tables().estimates
    risk, need = (of.responses.values[name].to_numpy(float) for name in ("risk", "need"))
    both = np.isfinite(risk) & np.isfinite(need)
    row = one(found, construct="risk", item2="need", statistic="correlation")
    assert_allclose(row["estimate"], np.corrcoef(risk[both], need[both])[0, 1], rtol=1e-12)
    items = scores(of, ITEMS[:7])
    r = np.abs(np.corrcoef(items[np.isfinite(items).all(axis=1)], rowvar=False))
    within = [r[:4, :4][np.triu_indices(4, 1)].mean(), r[4:, 4:][np.triu_indices(3, 1)].mean()]
    row = one(found, construct="risk", item2="need", statistic="htmt")
    assert_allclose(row["estimate"], r[:4, 4:].mean() / np.sqrt(np.prod(within)), rtol=1e-12)
    factors = one(found, construct="risk", item2="need", statistic="latent_correlation")
    ave = min(one(found, construct=name, statistic="ave")["estimate"] for name in ("risk", "need"))
    room = one(found, construct="risk", item2="need", statistic="fornell_larcker")
    assert_allclose(room["estimate"], ave - factors["estimate"] ** 2, rtol=1e-12)


def test_the_marker_takes_the_same_from_all_correlations():
    found = tables().estimates
    with_marker = find(found, statistic="marker_correlation")["estimate"].to_numpy()
    method = one(found, statistic="method_correlation")["estimate"]
    above = sorted(with_marker[with_marker > 0])
    assert method == (above[min(1, len(above) - 1)] if above else 0.0)
    plain, adjusted = (find(found, statistic=s) for s in ("correlation", "adjusted_correlation"))
    for name in ("estimate", "ci_low", "ci_high"):
        assert_allclose(adjusted[name].to_numpy(), (plain[name].to_numpy() - method) / (1 - method), rtol=1e-12)


def test_diagnostics_are_unadjusted_and_in_their_own_family():
    tests = shipped()[1].tests
    tests = tests[tests["role"] == "diagnostic"]  # the marker is compared between segments like any number
    assert set(tests["test"]) == {"bartlett_sphericity", "cfa_chi2", "invariance"}
    assert set(tests["role"]) == set(tests["family"]) == {"diagnostic"}
    assert set(tests["adjustment"]) == {"none"}
    known = tests[tests["status"] == "ok"]
    assert (known["p_value"] == known["p_adjusted"]).all()
    assert (known["p_value"] > 0).all()


def test_what_has_no_weighted_form_says_so_and_the_rest_is_weighted():
    of, found = shipped()
    rows = found.estimates[found.estimates["status"] == "ok"]
    marked = set(rows.loc[rows["note"] == UNWEIGHTED, "statistic"])
    assert {"alpha", "omega", "loading", "htmt", "kmo", "rmsea", "single_factor"} <= marked
    assert not marked & {"mean", "sd", "median", "correlation", "adjusted_correlation", "marker_correlation"}
    diagnostics = found.tests[found.tests["role"] == "diagnostic"]
    assert set(diagnostics["method_reason"]) == {UNWEIGHTED}
    weights = of.responses.respondents["weight"].to_numpy(float)
    score = of.responses.values["affinity_score"].to_numpy(float)
    row = one(found.estimates, question="affinity_score", statistic="mean", item="", segment="")
    assert_allclose(row["estimate"], np.average(score, weights=weights), rtol=1e-12)
    assert UNWEIGHTED not in set(tables().estimates["note"])


def test_scores_have_no_total_in_the_population():
    of, _ = shipped()
    weighting = replace(of.weighting, population=20_000.0)
    found = analyse(replace(survey(), weighting=weighting), "scales").estimates
    assert "total" not in set(found["statistic"])


def test_no_number_is_missing_without_a_reason():
    for found in (shipped()[1], tables()):
        rows = found.estimates
        known = rows["status"].isin(["ok", "small_base"])
        assert np.isfinite(rows.loc[known, "estimate"]).all()
        assert rows.loc[~known, "estimate"].isna().all()
        assert (rows.loc[~known, "note"] != "").all()
        assert not rows["estimate_id"].duplicated().any()
        assert not found.tests["test_id"].duplicated().any()
        assert (found.tests.loc[found.tests["status"] != "ok", "note"] != "").all()


# ---- the truth


@pytest.mark.parametrize("battery", ["toe", "barriers", "pressure", "trends"])
def test_items_of_the_shipped_wave_load_on_the_factor_that_they_were_drawn_from(battery):
    found = shipped()[1].estimates
    loadings = find(found, question=battery, statistic="loading", model="efa_oblimin")
    wide = loadings.pivot(index="item", columns="term", values="estimate")
    constructs = loadings.drop_duplicates("item").set_index("item")["construct"][wide.index]
    main = wide.abs().idxmax(axis=1)
    assert one(found, question=battery, statistic="factors")["estimate"] == constructs.nunique() == main.nunique()
    assert (main.groupby(constructs).nunique() == 1).all()
    assert (wide.max(axis=1) > 0.4).all()  # reversed items are turned round: no loading is negative


def test_loadings_of_the_shipped_wave_cover_the_truth():
    """Truth: the same model in 20,000 respondents of the same parameters; 95 % intervals miss it once in twenty."""
    asked, found = lucerne_wave.questionnaire(), shipped()[1].estimates
    many = responses_of(lucerne_wave.drawn(20_000, seed=3).answers, asked)
    inside = []
    for name, construct in asked.constructs.items():
        if len(construct.items) < 3:
            continue
        items = np.column_stack([scored(many, asked.owner(i), i) for i in construct.items])
        truth = dict(zip(construct.items, confirm(items, [0] * items.shape[1]).standardised[:, 0], strict=True))
        for row in find(found, question=name, statistic="loading").itertuples():
            inside.append(row.ci_low <= truth[row.item] <= row.ci_high)
    assert len(inside) == 69
    assert np.mean(inside) > 0.87


# ---- what changes nothing


def test_the_order_of_respondents_changes_nothing():
    frame = answers()
    same(tables(frame.sample(frac=1, random_state=1)).estimates, tables(frame).estimates)


def test_labels_and_codes_change_nothing_while_their_order_stays():
    asked = questionnaire(("Item risk1", "Something else"), ("Answer 2", "Second"), ("      a2:", "      second:"))
    same(tables(asked=asked).estimates, tables().estimates)


def test_all_respondents_twice_change_no_alpha_and_no_loading():
    frame = answers()
    twice = pd.concat([frame, frame.assign(**{"Respondent ID": "again" + frame["Respondent ID"]})])
    before, after = tables(frame).estimates, tables(twice).estimates
    for statistic in ("alpha", "omega", "ave", "loading", "htmt", "kmo", "single_factor", "latent_correlation"):
        a, b = (find(table, statistic=statistic)["estimate"] for table in (before, after))
        assert_allclose(b, a, atol=1e-9, err_msg=statistic)
    assert find(after, statistic="alpha")["n"].tolist() == (2 * find(before, statistic="alpha")["n"]).tolist()


def test_equal_weights_are_no_weights():
    same(tables(answers().assign(w="2")).estimates, tables().estimates)


# ---- what cannot be estimated

PATHOLOGIES = {
    "nobody": (lambda frame: frame.iloc[:0], None),
    "one": (lambda frame: frame.iloc[:1], "only 1 respondents answered all items"),
    "two": (lambda frame: frame.iloc[:2], "only 2 respondents answered all items"),
    "constant item": (lambda frame: frame.assign(**{COLUMNS[0]: "3"}), "1 of 4 items have the same answer"),
    "all missing": (lambda frame: frame.assign(**dict.fromkeys(COLUMNS[:4], "9")), "only 0 respondents answered"),
    "identical items": (lambda frame: frame.assign(**{COLUMNS[0]: frame[COLUMNS[1]]}), None),
}


@pytest.mark.parametrize("case", PATHOLOGIES)
def test_what_cannot_be_estimated_says_why(case):
    change, reason = PATHOLOGIES[case]
    found = tables(change(answers()))
    rows = found.estimates
    numbers = rows[["estimate", "ci_low", "ci_high", "std_error"]].to_numpy(float)
    assert not np.isinf(numbers).any()
    failed = rows[rows["status"] == "not_estimable"]
    assert (failed["note"] != "").all()
    assert failed["estimate"].isna().all()
    assert not (found.tests["p_value"] == 0).any()
    if case == "nobody":
        assert rows.empty
        assert found.tests.empty
    if reason:
        assert reason in one(rows, construct="risk", statistic="alpha")["note"]
    if case == "identical items":
        assert one(rows, construct="risk", statistic="omega")["note"] == "not estimable: an item is a sum of others"
    for language in ("de", "fr", "it"):
        labels = Labels(questionnaire(), language)
        assert all(labels.is_known(note) for note in {*failed["note"], *found.tests["note"]} if note)


def test_fewer_respondents_than_items():
    rows = tables(answers().iloc[:6]).estimates
    note = one(rows, question="views", statistic="kmo", item="")["note"]
    assert note.endswith("complete respondents for 7 items")
    assert note.startswith("not estimable: ")


def test_an_impossible_solution_is_not_estimable():
    rng = np.random.default_rng(5)
    frame = answers()
    # need1 and need2 share nothing but through need3: its residual variance falls below 0
    first, second = rng.integers(1, 6, (2, len(frame)))
    third = np.clip(first + second - 3, 1, 5)
    frame = frame.assign(**{c: v.astype(str) for c, v in zip(COLUMNS[4:7], (first, second, third), strict=True)})
    rows = find(tables(frame).estimates, question="need")
    note = find(rows, statistic="omega")["note"].item()
    assert note == "not estimable: improper solution: 1 residual variances are below 0"
    assert set(find(rows, statistic="loading")["note"]) == {note}
    assert (
        Labels(questionnaire(), "de").note(note) == "nicht schätzbar: unzulässige Lösung: Residualvarianzen unter 0: 1"
    )


def test_rebuilt_respondents_have_no_scales():
    rows = tables(wave=replace(WAVE, origin="rebuilt")).estimates
    assert set(rows["status"]) == {"not_estimable"}
    assert rows["note"].str.startswith("the respondents were rebuilt without the joint distribution").all()


def test_a_questionnaire_without_constructs_has_no_rows():
    asked = questionnaire()
    without = replace(asked, constructs={})
    found = analyse(replace(survey(), questionnaire=without), "scales")
    assert found.estimates.empty
    assert found.tests.empty
