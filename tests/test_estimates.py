"""From a Survey to the contract's tables: bases, segments, intervals, tests, families, and what is refused."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2_contingency
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

from b2bsurvey.analyses import analyse
from b2bsurvey.config import Family, Inference, SamplingDesign, Screening, Wave
from b2bsurvey.design import survey_of
from b2bsurvey.errors import StudyError
from b2bsurvey.questionnaire import ANALYSES
from b2bsurvey.questionnaire_file import load_questionnaire
from b2bsurvey.screening import screen
from b2bsurvey.tables import ESTIMATE_COLUMNS, TEST_COLUMNS, estimates_table, read_table, to_csv
from small_wave import FIXTURE, export
from test_ingest import read

QUESTIONNAIRE = load_questionnaire(FIXTURE / "questionnaire.yaml")
WAVE = Wave("small", (), "q.yaml", "open_link")


def survey(text=None, wave=WAVE, inference=Inference(), weights=None):  # noqa: B008
    responses, _ = read(text or export())
    screened = screen(responses, QUESTIONNAIRE, Screening())
    kept = screened.responses
    if weights is not None:
        kept = replace(kept, respondents=kept.respondents.assign(weight=weights(len(kept))))
    return survey_of(kept, QUESTIONNAIRE, screened.ledger, wave, inference)


def find(table, **values):
    mask = np.logical_and.reduce([table[k] == v for k, v in values.items()])
    return table[mask]


def test_columns_are_those_of_the_contract():
    for name in ANALYSES:
        tables = analyse(survey(), name)
        assert list(tables.estimates.columns) == ESTIMATE_COLUMNS
        assert list(tables.tests.columns) == TEST_COLUMNS
        assert tables.estimates["estimate_id"].is_unique
        assert tables.tests["test_id"].is_unique


def test_shares_agree_with_counting_and_with_statsmodels():
    table = analyse(survey(), "usage").estimates
    values = survey().responses.values["adoption"]
    row = find(table, question="adoption", answer="uses", segment="", base="valid").iloc[0]
    count, n = int((values == "uses").sum()), int(values.notna().sum())
    assert (row["count"], row["n"], row["estimate"]) == (count, n, count / n)
    low, high = proportion_confint(count, n, method="wilson")
    np.testing.assert_allclose([row["ci_low"], row["ci_high"]], [low, high], rtol=1e-12)
    assert row["ci_method"] == "wilson, model-based"


def test_small_bases_are_estimated_and_marked():
    table = analyse(survey(), "usage").estimates
    small = table[(table["statistic"] == "proportion") & (table["n"] < 30) & (table["n"] > 0)]
    assert len(small)
    assert (small["status"] == "small_base").all()
    assert small["estimate"].notna().all()


def test_each_base_that_differs_has_its_rows():
    table = find(
        analyse(survey(), "usage").estimates, question="activities", item="publish", answer="always", segment=""
    )
    n = table[table["statistic"] == "proportion"].set_index("base")["n"]
    responses = survey().responses
    assert n["valid"] == responses.is_valid("activities_publish").sum()
    assert n["answered"] == responses.is_answered("activities_publish").sum()
    assert n["valid"] < n["answered"]


def test_routed_questions_have_the_asked_in_their_base():
    table = find(
        analyse(survey(), "barriers").estimates, question="why_not", item="no_need", statistic="proportion", segment=""
    )
    responses = survey().responses
    by_base = table.set_index("base")["n"]
    assert by_base["asked"] == (responses.values["adoption"] == "none").sum()
    assert by_base["all"] == len(responses)
    assert by_base["answered"] < by_base["asked"]


def test_tests_agree_with_scipy_and_families_with_statsmodels():
    tests = find(analyse(survey(), "usage").tests, question="activities")
    s = survey().responses.values
    for item in ("read", "publish"):
        counts = pd.crosstab(s[f"activities_{item}"], s["staff"])
        row = find(tests, item=item).iloc[0]
        assert row["n"] == counts.to_numpy().sum()
        if row["test"] == "pearson_chi2":
            x2, p, df, _ = chi2_contingency(counts, correction=False)
            np.testing.assert_allclose([row["statistic"], row["p_value"], row["df1"]], [x2, p, df], rtol=1e-10)
    np.testing.assert_allclose(tests["p_adjusted"], multipletests(tests["p_value"], method="holm")[1], rtol=1e-12)
    assert (tests["family"] == "activities × staff").all()
    assert (tests["family_size"] == 2).all()


def test_every_printed_p_has_a_family():
    for name in ANALYSES:
        tests = analyse(survey(), name).tests
        printed = tests[tests["p_value"].notna()]
        assert (printed["family"] != "").all()
        assert printed["family_size"].gt(0).all()
        assert printed["p_adjusted"].ge(printed["p_value"]).all()
        assert printed["method_reason"].ne("").all()
        # a predictor of several terms has no one effect: each term has its own, in a post hoc
        several = (printed["analysis"] == "models") & (printed["df1"] > 1)
        tested = printed[(printed["role"] != "diagnostic") & ~several]
        assert tested[["effect", "effect_ci_low", "effect_ci_high"]].notna().all(axis=None)


def test_configured_families_are_adjusted_together():
    families = (Family("uptake", ("adoption", "activities")),)
    tests = analyse(survey(inference=Inference(families=families)), "usage").tests
    assert (find(tests, family="uptake")["family_size"] == 3).all()
    assert set(find(tests, family="uptake")["question"]) == {"adoption", "activities"}


def test_a_family_cannot_span_analyses():
    families = (Family("all", ("adoption", "barriers")),)
    with pytest.raises(
        StudyError, match="the family 'all' in the config joins questions of the analysis 'usage' with barriers"
    ):
        analyse(survey(inference=Inference(families=families)), "usage")


@settings(max_examples=5, deadline=None)
@given(st.permutations(range(1, 59)))
def test_permuted_rows_give_identical_results(order):
    lines = export().splitlines()[:59]  # without the repeated id: which of the two stays depends on the order
    turned = "\n".join([lines[0], *(lines[i] for i in order)]) + "\n"
    for name in ANALYSES:
        one, other = analyse(survey("\n".join(lines) + "\n"), name), analyse(survey(turned), name)
        for left, right in ((one.estimates, other.estimates), (one.tests, other.tests)):
            pd.testing.assert_frame_equal(left, right, rtol=1e-12, atol=1e-14)


def test_weights_of_one_equal_no_weights():
    for name in ANALYSES:
        one, other = analyse(survey(), name), analyse(survey(weights=np.ones), name)
        left, right = (t.estimates.drop(columns=["design"]) for t in (one, other))
        pd.testing.assert_frame_equal(left, right)
        pd.testing.assert_frame_equal(one.tests.drop(columns=["design"]), other.tests.drop(columns=["design"]))


def test_unequal_weights_take_the_design_based_test():
    tests = analyse(survey(weights=lambda n: 1 + np.arange(n) % 3), "usage").tests
    assert set(tests.loc[tests["segment"] != "", "test"]) == {"rao_scott_F", "bilder_loughin", "design_rank_t"}
    assert not set(tests["test"]) & {"pearson_chi2", "fisher_exact", "mcnemar_exact", "cochran_q"}
    assert tests["method_reason"].str.contains("unequal weights|no weighted form").all()


def test_finite_population_narrows_the_interval():
    wave = replace(WAVE, sampling="probability", design=SamplingDesign(fpc=100))
    rows = [find(analyse(survey(wave=w), "usage").estimates, question="adoption", answer="uses", segment="").iloc[0]
            for w in (replace(WAVE, sampling="probability"), wave)]  # fmt: skip
    n = rows[0]["n"]
    np.testing.assert_allclose(rows[1]["std_error"] / rows[0]["std_error"], np.sqrt(1 - 58 / 100), rtol=1e-12)
    assert rows[1]["ci_method"] == "wilson_finite"
    assert rows[1]["n_effective"] > n


def test_reversed_items_are_described_as_answered():
    battery = QUESTIONNAIRE.questions["activities"]
    turned = replace(battery, items=tuple(replace(i, reversed=True) for i in battery.items))
    questionnaire = replace(QUESTIONNAIRE, questions={**QUESTIONNAIRE.questions, "activities": turned})
    one, other = (
        analyse(replace(survey(), questionnaire=q), "usage").estimates for q in (QUESTIONNAIRE, questionnaire)
    )
    pd.testing.assert_frame_equal(one, other)


def test_a_census_with_refusals_leaves_something_open():
    wave = replace(WAVE, sampling="census", design=SamplingDesign(fpc=1000))
    table = analyse(survey(wave=wave), "usage").estimates
    rows = table[(table["statistic"] == "proportion") & (table["n"] > 0)]
    assert (rows["ci_high"] > rows["ci_low"]).all()


def test_a_census_leaves_nothing_open():
    wave = replace(WAVE, sampling="census", design=SamplingDesign(fpc=58))
    table = analyse(survey(wave=wave), "usage").estimates
    rows = table[(table["statistic"] == "proportion") & (table["segment"] == "") & (table["n"] > 0)]
    assert len(rows)
    assert (rows["ci_low"] == rows["estimate"]).all()
    assert (rows["ci_high"] == rows["estimate"]).all()


@pytest.mark.parametrize(
    ("wave", "sentence"),
    [
        (
            replace(WAVE, sampling="probability", design=SamplingDesign(fpc=58)),
            "the population .fpc: 58. is not larger",
        ),
        (replace(WAVE, design=SamplingDesign(strata="stff")), "names 'stff', .* did you mean 'staff'"),
        (replace(WAVE, sampling="probability", design=SamplingDesign(fpc={"small": 100})), "the design has no strata"),
        (
            replace(WAVE, sampling="probability", design=SamplingDesign(strata="staff", fpc={"small": 100})),
            "fpc lacks the population of the stratum 'large'",
        ),
    ],
)
def test_impossible_designs_are_refused(wave, sentence):
    with pytest.raises(StudyError, match=sentence):
        survey(wave=wave)


def test_rebuilt_waves_refuse_joints_they_do_not_have():
    wave = replace(WAVE, origin="rebuilt", rebuilt_from=(("staff", "adoption"),))
    tables = analyse(survey(wave=wave), "usage")
    given_joint = find(tables.estimates, question="adoption", segment="staff")
    refused = find(tables.estimates, question="activities", segment="staff")
    assert (given_joint["status"] != "not_estimable").all()
    assert (refused["status"] == "not_estimable").all()
    assert refused["note"].str.contains("rebuilt without the joint distribution of activities and staff").all()
    ranks = find(tables.estimates, question="activities", statistic="rank")
    assert ranks["estimate"].notna().all()
    assert ranks["ci_low"].isna().all()
    assert find(tables.tests, question="activities")["p_value"].isna().all()


@pytest.mark.parametrize("rows", [0, 1, 2])
def test_few_respondents_are_estimated_or_said_to_be_not_estimable(rows):
    text = "\n".join(export().splitlines()[: rows + 1]) + "\n"
    for name in ANALYSES:
        tables = analyse(survey(text), name)
        lacking = tables.estimates[tables.estimates["estimate"].isna()]
        assert (lacking["status"] == "not_estimable").all()
        assert (lacking["note"] != "").all()


def test_sample_flow_adds_up():
    flow = find(analyse(survey(), "sample").estimates, question="disposition")
    assert flow["count"].sum() == flow["n"].iloc[0] == 60


def test_tables_are_written_exactly_and_safely(tmp_path):
    table = estimates_table([{"estimate": 0.1 + 0.2, "n": 3, "note": "=1+1", "status": "ok"}])
    path = tmp_path / "t.csv"
    path.write_text(to_csv(table), encoding="utf-8")
    again = read_table(str(path))
    assert again["estimate"].item() == 0.1 + 0.2
    assert again["note"].item() == "=1+1"
    assert "'=1+1" in path.read_text(encoding="utf-8")


def test_the_bottom_box_is_as_many_answers_from_the_other_end():
    barriers = QUESTIONNAIRE.questions["barriers"]
    assert (barriers.top, barriers.bottom) == (("partly_agree", "agree"), ("disagree", "partly_disagree"))
    assert replace(barriers, top=barriers.bottom).bottom == ("partly_agree", "agree")
    middle, all_but_one = ("partly_disagree", "neither"), ("neither", "partly_agree", "agree")
    for changed in ({"top": ("agree",)}, {"top": middle}, {"top": all_but_one}, {"level": "nominal"}, {"top": ()}):
        assert replace(barriers, **changed).bottom == ()
    made = survey()
    values = made.responses.values["barriers_time"]
    row = find(
        analyse(made, "barriers").estimates,
        question="barriers",
        item="time",
        statistic="bottom2",
        segment="",
        base="valid",
    ).iloc[0]
    count, n = int(values.isin(["disagree", "partly_disagree"]).sum()), int(values.notna().sum())
    assert (row["count"], row["n"], row["estimate"]) == (count, n, count / n)
    assert row["answer"] == "disagree+partly_disagree"
    np.testing.assert_allclose(
        [row["ci_low"], row["ci_high"]], proportion_confint(count, n, method="wilson"), rtol=1e-12
    )
