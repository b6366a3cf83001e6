"""Laws that every analysis keeps: what must not change a number does not, over the whole way from export to table.

New analyses are covered as they are listed in `questionnaire.ANALYSES`.
"""

from functools import cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from adoption_wave import all_tables, answers, survey, with_weights
from b2bsurvey.questionnaire import ANALYSES
from b2bsurvey.tables import NUMBERS

EACH = pytest.mark.parametrize("analysis", ANALYSES)
# what a second copy of everybody leaves as it is: functions of the weighted distribution; not how many classes or factors
# there are, which depends on n
OF_THE_DISTRIBUTION = (
    *("proportion", "top2", "bottom2", "mean", "median", "quantile", "ratio", "index", "rank"),
    *("coefficient", "odds_ratio", "difference"),
)


@cache
def tables(kind: str = "as it is"):
    """Return the tables of all analyses, weighted; `kind` says what was changed."""
    rows = list(answers())
    match kind:
        case "as it is":
            return all_tables(survey(rows))
        case "unweighted":
            return all_tables(survey(rows, weight_column=None))
        case "equal weights":
            return all_tables(survey(with_weights(rows, np.full(len(rows), 2.5))))
        case "weights times 1000":
            return all_tables(survey(with_weights(rows, [1000 * float(row["w"]) for row in rows])))
        case "twice, with half the weight":
            again = [row | {"Respondent ID": f"again {row['Respondent ID']}"} for row in rows]
            return all_tables(survey(with_weights(rows + again, [float(row["w"]) / 2 for row in rows] * 2)))
        case "other words":
            return all_tables(survey(rows, OTHER_WORDS))
        case "other order of categories":
            return all_tables(survey(rows, OTHER_ORDER))
    raise ValueError(kind)


OTHER_WORDS = {
    '"Services"': '"Aaa: <b>what</b> firms do"',
    '"Uses"': '"= 1"',
    '"LinkedIn"': '"Zzz"',
    '"Agree"': '"0"',
    '"How many people work in your firm?"': '"Staff"',
    '"Pressure from outside"': '"Heat"',
}
SERVICES, TRADE = '      services: {label: {en: "Services"}}\n', '      trade: {label: {en: "Trade"}}\n'
LINKEDIN, XING = '      linkedin: {label: {en: "LinkedIn"}}\n', '      xing: {label: {en: "Xing"}}\n'
PRIVACY, TIME = '      privacy: {label: {en: "Privacy"}}\n', '      time: {label: {en: "Lack of time"}}\n'
OTHER_ORDER = {SERVICES + TRADE: TRADE + SERVICES, LINKEDIN + XING: XING + LINKEDIN, PRIVACY + TIME: TIME + PRIVACY}


def assert_equal(one: pd.DataFrame, other: pd.DataFrame, rtol: float, drop: tuple[str, ...] = ()) -> None:
    """Assert that two tables hold the same rows with the same numbers, and no number that the other lacks."""
    left, right = (t.drop(columns=list(drop)).reset_index(drop=True) for t in (one, other))
    pd.testing.assert_frame_equal(left, right, rtol=rtol, atol=1e-12)


@EACH
def test_equal_weights_are_none(analysis):
    one, other = tables("unweighted")[analysis], tables("equal weights")[analysis]
    assert set(one.estimates["design"]) <= {"open_link: unweighted"}
    assert_equal(one.estimates, other.estimates, 1e-8, ("n_weighted",))
    assert_equal(one.tests, other.tests, 1e-7)


@EACH
def test_a_constant_factor_of_the_weights_changes_no_estimate_error_or_p(analysis):
    one, other = tables()[analysis], tables("weights times 1000")[analysis]
    of_weights = ("n_weighted",)
    totals = one.estimates["statistic"] == "total"
    assert_equal(one.estimates[~totals], other.estimates[~totals], 1e-8, of_weights)
    assert_equal(one.tests, other.tests, 1e-7)


@EACH
def test_words_change_no_number(analysis):
    one, other = tables()[analysis], tables("other words")[analysis]
    assert_equal(one.estimates, other.estimates, 0)
    assert_equal(one.tests, other.tests, 0)


def test_the_order_of_rows_changes_nothing():
    rows = list(answers())
    found = all_tables(survey(list(np.random.default_rng(8).permutation(np.array(rows, object)))))
    for analysis in ANALYSES:
        one, other = tables()[analysis], found[analysis]
        assert_equal(one.estimates, other.estimates, 1e-8)
        assert_equal(one.tests, other.tests, 1e-7)


def of_the_distribution(analysis: str, kind: str) -> pd.DataFrame:
    """Return the estimates about questions and models that a second copy of everybody leaves alone, by their ids."""
    frame = tables(kind)[analysis].estimates
    about_answers = frame["question"].isin(asked()) | (frame["model"] != "")
    return frame[about_answers & frame["statistic"].isin(OF_THE_DISTRIBUTION)].set_index("estimate_id")


@cache
def asked() -> frozenset[str]:
    return frozenset(survey().questionnaire.questions)


@EACH
def test_everybody_twice_with_half_the_weight_is_the_same_distribution(analysis):
    one, other = (of_the_distribution(analysis, kind) for kind in ("as it is", "twice, with half the weight"))
    assert list(one.index) == list(other.index)
    estimable = one["status"] != "not_estimable"
    assert_allclose(other.loc[estimable, "estimate"], one.loc[estimable, "estimate"], rtol=1e-7, atol=1e-9)
    assert_allclose(other["n_weighted"].dropna(), one["n_weighted"].dropna(), rtol=1e-12)


@EACH
def test_the_order_of_categories_moves_no_share_and_no_overall_test(analysis):
    """What is estimated of one category, and tests without a side: the first of a pair may be another one."""
    one, other = tables()[analysis], tables("other order of categories")[analysis]
    shares = [
        t.estimates[t.estimates["statistic"].isin(["proportion", "top2", "mean", "median"])] for t in (one, other)
    ]
    shares = [frame[(frame["item2"] == "") & (frame["model"] == "")].set_index("estimate_id") for frame in shares]
    assert set(shares[0].index) == set(shares[1].index)
    for column in ("estimate", "std_error", "ci_low", "ci_high"):
        assert_allclose(shares[1].loc[shares[0].index, column], shares[0][column], rtol=1e-9, atol=1e-12)
    kept = [t.tests[(t.tests["role"] == "test") & (t.tests["model"] == "")].set_index("test_id") for t in (one, other)]
    common = kept[0].index.intersection(kept[1].index)
    exact = kept[0].loc[common, "test"] != "permutation_chi2"
    left, right = (frame.loc[common][exact.to_numpy()] for frame in kept)
    assert_allclose(right["p_value"], left["p_value"], rtol=1e-8)


@settings(max_examples=2, deadline=None)
@given(st.integers(2, 30), st.integers(0, 1000))
def test_any_small_wave_gives_tables_that_agree_with_the_wave_read_backwards(n, seed):
    rows = list(answers(n, seed))
    one, other = all_tables(survey(rows)), all_tables(survey(rows[::-1]))
    for analysis in ANALYSES:
        assert_equal(one[analysis].estimates, other[analysis].estimates, 1e-7)
        assert_equal(one[analysis].tests, other[analysis].tests, 1e-6)


def test_every_analysis_has_numbers_to_hold_the_laws_on():
    for analysis in survey().questionnaire.analyses:
        found = tables()[analysis]
        table, number = (found.tests, "p_value") if analysis == "banner" else (found.estimates, "estimate")
        assert len(table) > 10, analysis
        assert table[number].notna().any()
        assert set(NUMBERS) & set(found.estimates)
    assert sum(len(of_the_distribution(analysis, "as it is")) for analysis in ANALYSES) > 300
