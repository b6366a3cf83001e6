"""Distributions of numbers, concentration of use, combinations of items: by counting."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from b2bsurvey.analyses import analyse
from b2bsurvey.co_use import combinations
from b2bsurvey.distribution import MOST_STEPS, concentration_of_use, cumulative
from b2bsurvey.render.figures import draw_figures
from b2bsurvey.tables import estimates_table
from test_concentration import defined
from used_channels import CHANNELS, survey


def rows_of(make, s, question):
    return estimates_table(make(s, s.questionnaire.questions[question], "usage"))


def test_combinations_are_counted_and_with_the_rest_add_up():
    s = survey(weights=np.linspace(1, 3, 300))
    found = rows_of(combinations, s, "channels").set_index("term")
    ticks = s.responses.values[[f"channels_{c}" for c in CHANNELS]].to_numpy(int)
    only = (ticks == (np.array(CHANNELS) == "network")).all(axis=1)
    assert found.loc["network", "count"] == only.sum()
    assert_allclose(found.loc["network", "estimate"], np.average(only, weights=s.design.weights))
    assert found.loc["none", "count"] == (ticks.sum(axis=1) == 0).sum()
    assert found["count"].sum() == 300
    assert_allclose(found["estimate"].sum(), 1)
    shown = found.drop("other")
    assert len(shown) == 20
    assert (shown["count"] > 1).all()
    assert shown["estimate"].is_monotonic_decreasing
    rarer = len(np.unique(ticks, axis=0)) - 20
    assert found.loc["other", "note"] == f"{rarer} rarer combinations"
    assert found["ci_low"].notna().all()
    assert found["estimate_id"].is_unique


def test_concentration_is_that_of_the_number_of_items_used():
    s = survey(weights=np.linspace(1, 3, 300))
    found = rows_of(concentration_of_use, s, "channels").set_index(["statistic", "answer"])["estimate"]
    portfolio = s.responses.values[[f"channels_{c}" for c in CHANNELS]].to_numpy(float).sum(axis=1)
    assert_allclose(found[[("gini", ""), ("top_share", "0.1")]], defined(portfolio, s.design.weights))
    weights = s.design.weights
    for value in (0, 2, 6):
        up_to = portfolio <= value
        assert_allclose(found[("portfolio_up_to", f"{value}")], np.average(up_to, weights=weights))
        share = (weights * portfolio)[up_to].sum() / (weights @ portfolio)
        assert_allclose(found[("lorenz", f"{value}")], share, atol=1e-15)


def test_a_distribution_is_the_share_up_to_each_value():
    s = survey(weights=np.linspace(1, 3, 300))
    values = s.responses.values["spend"].to_numpy(float)
    found = rows_of(cumulative, s, "spend")
    assert 50 < len(found) <= MOST_STEPS < np.unique(values).size
    assert found["estimate"].is_monotonic_increasing
    for answer, estimate, count in found[["answer", "estimate", "count"]].itertuples(index=False):
        assert_allclose(estimate, np.average(values <= float(answer), weights=s.design.weights), rtol=1e-12)
        assert count == (values <= float(answer)).sum()
    assert found["answer"].iloc[-1] == f"{values.max():.17g}"
    assert found["estimate"].iloc[-1] == 1
    assert (found["ci_method"] == "wilson").all()


@pytest.mark.parametrize("n", [0, 1, 2])
def test_few_respondents_and_none(n):
    s = survey(n=n, ticks=np.zeros((n, 6)))
    for make, question in ((combinations, "channels"), (concentration_of_use, "channels"), (cumulative, "spend")):
        found = rows_of(make, s, question)
        assert (found["estimate"].notna() | (found["status"] == "not_estimable")).all()
    if n:
        (gini,) = rows_of(concentration_of_use, s, "channels").to_dict("records")
        assert gini["note"] == "the total to divide by is 0"


def test_rebuilt_respondents_have_neither_combinations_nor_concentration():
    s = survey(origin="rebuilt")
    for make in (combinations, concentration_of_use):
        (row,) = rows_of(make, s, "channels").to_dict("records")
        assert row["status"] == "not_estimable"
        assert row["note"] == "the respondents were rebuilt without the joint distribution of the items of channels"


def test_order_duplicates_and_scale_of_weights_change_nothing():
    weights = 1 + np.arange(120) % 3
    order = np.random.default_rng(4).permutation(120)
    for make, question in ((combinations, "channels"), (concentration_of_use, "channels"), (cumulative, "spend")):
        one = rows_of(make, survey(n=120, weights=weights), question)
        turned = rows_of(make, survey(n=120, weights=7 * weights, order=order), question)
        assert list(turned["estimate_id"]) == list(one["estimate_id"])
        assert_allclose(turned["estimate"], one["estimate"], rtol=1e-12, atol=1e-14)
        assert_allclose(turned["ci_low"], one["ci_low"], rtol=1e-9, atol=1e-12)
        if make is not combinations:  # there, what one respondent has is no longer rare
            twice = rows_of(make, survey(n=120, weights=weights / 2, times=2), question)
            assert_allclose(twice["estimate"], one["estimate"], rtol=1e-12, atol=1e-14)


def test_the_figures_show_what_the_tables_hold():
    s = survey()
    tables = {name: analyse(s, name).estimates for name in ("usage", "key_figures")}
    drawn = {f.name: f for f in draw_figures(tables, s.questionnaire, "en")}
    usage = tables["usage"].set_index("statistic")
    combination = usage.loc["combination"]
    different = int(combination["note"].iloc[-1].split()[0]) + len(combination) - 1
    none = combination[combination["term"] == "none"].iloc[0]
    figure = drawn["usage_channels_combinations"]
    assert f"the most frequent of {different - 1} combinations" in figure.title
    assert f"None of the items: {round(100 * none['estimate'])}%" in figure.caption
    assert f"Gini coefficient {usage.loc['gini', 'estimate']:.2f}" in drawn["usage_channels_lorenz"].title
    numbers = tables["key_figures"]
    mean = numbers.loc[numbers["statistic"].eq("mean") & numbers["segment"].eq(""), "estimate"].iloc[0]
    assert f"mean {mean:.0f}" in drawn["key_figures_spend"].title
    assert "n = 300 with a number" in drawn["key_figures_spend"].caption.replace("\N{NO-BREAK SPACE}", " ")
