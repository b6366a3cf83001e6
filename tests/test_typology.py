"""Types of users: known types are found and told in the contract's columns; laws; what cannot be told apart says so."""

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from b2bsurvey.analyses import analyse
from b2bsurvey.questionnaire import Item
from b2bsurvey.render.catalogue import catalogue
from b2bsurvey.render.class_words import class_sentence
from b2bsurvey.render.figures import draw_figures
from b2bsurvey.statistics.latent_classes import latent_classes
from b2bsurvey.tables import ESTIMATE_COLUMNS, TEST_COLUMNS
from used_channels import CHANNELS, LANGUAGES, OF_FEW, OF_MANY, questionnaire, survey, words


@pytest.fixture(autouse=True)
def quick(request, monkeypatch):
    if "diagnostic" not in request.node.name:
        monkeypatch.setattr("b2bsurvey.analyses.typology.DRAWS", 2)
    if "classes" not in request.node.name:
        monkeypatch.setattr("b2bsurvey.analyses.typology.MOST_CLASSES", 3)


def typology(**of):
    return analyse(survey(**of), "typology")


@cache
def of_300():
    """Return the survey of 300 and its types."""
    s = survey()
    return s, analyse(s, "typology")


def found(tables, statistic):
    return tables.estimates[tables.estimates["statistic"] == statistic].set_index("estimate_id")


def test_known_classes_are_found_the_largest_first_with_intervals_that_hold_the_truth():
    tables = typology(n=900)
    sizes = found(tables, "class_size")
    assert list(sizes["term"]) == ["1", "2"]
    assert (sizes["base"] == "users").all()  # the filter for adopters
    assert (sizes["n"] == 810).all()
    assert_allclose(sizes["estimate"], [2 / 3, 1 / 3], atol=0.05)
    assert (sizes["ci_low"] < [2 / 3, 1 / 3]).all()
    assert (sizes["ci_high"] > [2 / 3, 1 / 3]).all()
    profiles = found(tables, "item_probability")
    assert list(profiles["item"]) == [*CHANNELS, *CHANNELS]
    truth = np.array([*OF_FEW, *OF_MANY])
    assert ((profiles["ci_low"] < truth) & (truth < profiles["ci_high"])).mean() > 0.8
    assert (found(tables, "classes")["estimate"] == 2).all()
    fit = found(tables, "bic")
    assert list(fit["model"]) == [f"latent_classes_{k}" for k in range(1, 6)]
    assert fit["estimate"].idxmin().split("/")[3] == "latent_classes_2"


def test_sizes_and_profiles_are_those_of_the_latent_classes_of_the_users():
    s = survey(weights=np.linspace(1, 3, 300))
    users = (s.responses.values["uses"] == "yes").to_numpy()
    codes = s.responses.values[[f"channels_{c}" for c in CHANNELS]].to_numpy(int)[users]
    solution = latent_classes(codes, s.design.weights[users], 2, seed=99, starts=50)
    tables = analyse(s, "typology")
    assert_allclose(found(tables, "class_size")["estimate"], solution.shares, atol=1e-5)
    items = np.stack([a[:, 1] for a in solution.answers], axis=1).ravel()
    assert_allclose(found(tables, "item_probability")["estimate"], items, atol=1e-5)
    assert_allclose(
        found(tables, "lift")["estimate"],
        items / np.tile(np.average(codes, axis=0, weights=s.design.weights[users]), 2),
        rtol=1e-4,
    )


def test_members_add_up_and_the_segment_that_differs_is_told():
    _, tables = of_300()
    members = found(tables, "class_membership")
    assert set(members["segment"]) == {"size"}  # all users are adopters: that is no segment
    assert_allclose(members.groupby("level")["estimate"].sum(), 1)
    of_many = members[members["term"] == "2"].set_index("level")["estimate"]
    assert of_many["large"] > of_many["small"] + 0.15
    (test,) = tables.tests[tables.tests["role"] == "test"].to_dict("records")
    assert (test["segment"], test["family"], test["family_size"]) == ("size", "channels × size", 1)
    assert test["p_value"] < 0.001
    assert test["note"].endswith("by the most likely class: errors of classification weaken the association")


def test_the_number_of_classes_is_tested_as_a_diagnostic():
    tests = typology(weights=np.linspace(1, 3, 300)).tests
    tests = tests[tests["test"] == "bootstrap_likelihood_ratio"]
    assert list(tests["comparison"]) == ["1 / 2", "2 / 3"]
    assert (tests["role"] == "diagnostic").all()
    assert (tests["family"] == "diagnostic").all()
    assert tests["p_value"].iloc[0] == 1 / 40
    assert tests["p_value"].iloc[1] > 0.05
    assert list(tests["method_reason"]) == ["39 draws from the solution with fewer classes"] * 2
    assert list(tests["note"]) == ["no weighted form: computed unweighted"] * 2


def test_columns_ids_and_no_number_without_a_status():
    _, tables = of_300()
    assert list(tables.estimates.columns) == ESTIMATE_COLUMNS
    assert list(tables.tests.columns) == TEST_COLUMNS
    assert tables.estimates["estimate_id"].is_unique
    assert tables.tests["test_id"].is_unique
    assert (tables.estimates["estimate"].notna() == (tables.estimates["status"] != "not_estimable")).all()


# ---- laws


@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.permutations(range(90)), st.floats(0.01, 100))
def test_order_of_rows_and_scale_of_weights_change_nothing(order, factor):
    weights = 1 + np.arange(90) % 3
    one, other = typology(n=90, weights=weights), typology(n=90, weights=weights, order=order)
    pd.testing.assert_frame_equal(one.estimates, other.estimates, rtol=1e-12, atol=1e-12)
    pd.testing.assert_frame_equal(one.tests, other.tests, rtol=1e-12, atol=1e-12)
    scaled = typology(n=90, weights=factor * weights)
    drop = ["n_weighted"]
    left, right = one.estimates.drop(columns=drop), scaled.estimates.drop(columns=drop)
    pd.testing.assert_frame_equal(left, right, rtol=1e-8, atol=1e-10)


def test_equal_weights_equal_none_and_label_texts_change_nothing():
    one = typology(n=120).estimates
    pd.testing.assert_frame_equal(one, typology(n=120, weights=np.ones(120)).estimates)
    pd.testing.assert_frame_equal(one, typology(n=120, asked=questionnaire(label="=1+{} <b>")).estimates)


def test_each_row_twice_with_half_its_weight_leaves_the_classes():
    weights = 1 + np.arange(150) % 3
    one, twice = typology(n=150, weights=weights), typology(n=150, weights=weights / 2, times=2)
    for statistic in ("class_size", "item_probability", "lift", "class_membership", "entropy"):
        left, right = found(one, statistic), found(twice, statistic)
        chosen = left["model"] == "latent_classes_2"
        assert chosen.any()
        assert_allclose(right["estimate"][chosen], left["estimate"][chosen], rtol=1e-7, atol=1e-9)


# ---- what cannot be told apart


@pytest.mark.parametrize(
    ("of", "note"),
    [
        ({"n": 0}, "nobody is in the base"),
        ({"n": 1}, "1 respondents are too few for latent classes"),
        ({"n": 2}, "2 respondents are too few for latent classes"),
        ({"n": 30}, "27 respondents are too few for latent classes"),
        ({"ticks": np.ones((300, 6))}, "0 items that not all answered alike are too few for latent classes"),
        (
            {"ticks": np.random.default_rng(1).integers(0, 2, (300, 6))},
            "one class fits best by BIC: no types are told apart",
        ),
        ({"origin": "rebuilt"}, "the respondents were rebuilt without the joint distribution of the items of channels"),
    ],
)
def test_what_cannot_be_estimated_says_why_in_table_and_figure(of, note):
    s = survey(**of)
    tables = analyse(s, "typology")
    (row,) = tables.estimates[tables.estimates["status"] == "not_estimable"].to_dict("records")
    assert row["note"] == note
    assert not tables.estimates["statistic"].isin(["item_probability", "class_membership"]).any()
    drawn = draw_figures({"typology": tables.estimates}, s.questionnaire, "en")
    figure = next(f for f in drawn if f.name == "typology_channels")
    assert figure.title == "channels: not estimable"


def test_an_item_that_all_answer_alike_is_left_out_and_says_so():
    ticks = np.column_stack([np.zeros(300), survey().responses.values.filter(like="channels").to_numpy(int)[:, 1:]])
    rows = found(typology(ticks=ticks), "item_probability")
    blog = rows[rows["item"] == "blog"]
    assert (blog["status"] == "not_estimable").all()
    assert (blog["note"] == "the same answer from everybody: it tells no classes apart").all()
    assert rows.loc[rows["item"] != "blog", "estimate"].notna().all()


def test_too_many_classes_are_left_out_of_the_choice():
    fit = found(typology(n=45), "bic")  # 41 users
    assert list(fit["status"]) == ["ok"] * 4 + ["not_estimable"]
    assert fit["note"].iloc[-1] == "41 respondents are too few for 5 classes"


# ---- which question


def test_the_role_names_other_questions_and_two_items_make_no_types():
    asked = questionnaire()
    assert [q.name for q in asked.of_types] == ["channels"]
    two = replace(asked.questions["channels"], items=tuple(Item(c, words(c)) for c in CHANNELS[:2]))
    few = replace(asked, questions={**asked.questions, "channels": two})
    assert few.of_types == ()
    named = replace(asked, roles={**asked.roles, "typology": ("size",)})
    (row,) = analyse(survey(asked=named), "typology").estimates.to_dict("records")
    assert (row["question"], row["note"]) == ("size", "the question has no items that are used or not")


# ---- words


@pytest.mark.parametrize(
    ("lifts", "sentence"),
    [
        ({"A": 0.5, "B": 0.9}, "Class 1: all items less often than average."),
        ({"A": 1.5, "B": 0.9, "C": 1.05}, "Class 1: more often than average “A”."),
        ({"A": 1.5, "B": 1.2}, "Class 1: all items more often than average, above all “A”, “B”."),
        ({"A": 1.05, "B": 0.97}, "Class 1: close to the average."),
    ],
)
def test_a_class_is_described_by_its_highest_lifts(lifts, sentence):
    assert class_sentence("1", lifts, catalogue("en")) == sentence


def test_the_figure_shows_each_class_and_says_what_tells_it_apart_in_each_language():
    s, tables = of_300()
    sizes = found(tables, "class_size")["estimate"]
    for language in LANGUAGES:
        drawn = draw_figures({"typology": tables.estimates}, s.questionnaire, language)
        figure = next(f for f in drawn if f.name == "typology_channels")
        assert class_sentence("1", {"x": 0.5}, catalogue(language)) in figure.caption
        assert all(f"{round(100 * size)}" in figure.title for size in sizes)
        assert "Channel blog" in figure.alt
