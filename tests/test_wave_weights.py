"""The weights of a wave: made once after screening, known to every standard error, and shown for what they do."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from statsmodels.stats.proportion import proportion_confint

from b2bsurvey.analyses import analyse
from b2bsurvey.config import Inference, SamplingDesign, Screening, Trim, Wave, Weighting
from b2bsurvey.design import survey_of
from b2bsurvey.errors import StudyError
from b2bsurvey.fingerprint import file_hash
from b2bsurvey.population import read_population
from b2bsurvey.questionnaire import ANALYSES, Derivation
from b2bsurvey.questionnaire_file import load_questionnaire
from b2bsurvey.render.labels import Labels
from b2bsurvey.render.question_tables import PRINTED, QuestionRows, by_segment, overall
from b2bsurvey.responses import put
from b2bsurvey.sampling import WeightingReport
from b2bsurvey.screening import screen
from b2bsurvey.statistics.linearisation import kish_design_effect
from b2bsurvey.statistics.quantiles import quantiles
from b2bsurvey.statistics.ratios import ratios
from b2bsurvey.weighting import weigh
from small_wave import FIXTURE, export
from test_ingest import read
from test_population import CROSSED, MARGINS

QUESTIONNAIRE = load_questionnaire(FIXTURE / "questionnaire.yaml")
WAVE = Wave("small", ("small.csv",), "q.yaml", "open_link", line="c.yaml, line 4")
RAKE = Weighting("pop.csv", rake=("staff", "adoption"))


@pytest.fixture
def weighted(tmp_path, monkeypatch):
    """Return a function from wave, population table and export to the weighed survey."""
    monkeypatch.chdir(tmp_path)

    def of(wave=WAVE, table=MARGINS, text=None, questionnaire=QUESTIONNAIRE):
        (tmp_path / "pop.csv").write_text(table)
        responses, _ = read(text or export(), questionnaire, wave)
        screened = screen(responses, questionnaire, Screening())
        population = read_population(wave, questionnaire, file_hash(tmp_path / "pop.csv"))
        kept, report = weigh(screened.responses, questionnaire, wave, population)
        return survey_of(kept, questionnaire, screened.ledger, wave, Inference(), report)

    return of


def raked(**more):
    return replace(WAVE, weighting=replace(RAKE, **more))


def with_column(values, heading="w", text=None):
    lines = (text or export()).splitlines()
    return "\n".join([f"{lines[0]},{heading}", *(f"{line},{values(i)}" for i, line in enumerate(lines[1:]))]) + "\n"


def find(table, **values):
    return table[np.logical_and.reduce([table[k] == v for k, v in values.items()])]


# ---- how weights are made


def test_raked_weights_meet_the_population_table(weighted):
    survey = weighted(raked())
    respondents, answers = survey.responses.respondents, survey.responses.values
    assert (respondents["base_weight"] == 1).all()
    for name, counts in (
        ("staff", {"small": 900, "large": 100}),
        ("adoption", {"uses": 300, "planned": 200, "none": 500}),
    ):
        sums = respondents["weight"].groupby(answers[name].astype(str)).sum()
        assert_allclose(sums[list(counts)], list(counts.values()), rtol=1e-11)
    assert survey.design_label == "open_link: weighted, raked"
    assert not survey.design.is_simple


def test_post_stratified_weights_meet_every_cell(weighted):
    table = CROSSED.replace("large,planned,0", "large,planned,10")
    survey = weighted(replace(WAVE, weighting=Weighting("pop.csv", post_stratify=("staff", "adoption"))), table)
    answers = survey.responses.values
    sums = survey.responses.respondents["weight"].groupby([answers["staff"], answers["adoption"]], observed=False).sum()
    assert_allclose(sums["large", "uses"], 50.5, rtol=1e-12)
    assert_allclose(sums["small", "none"], 500, rtol=1e-12)
    assert survey.design_label == "open_link: weighted, post_stratified"


def test_raking_begins_from_the_weights_of_the_export(weighted):
    text = with_column(lambda i: 1 + i % 3)
    survey = weighted(replace(raked(), weight_column="w"), text=text)
    respondents, answers = survey.responses.respondents, survey.responses.values
    assert set(respondents["base_weight"]) == {1, 2, 3}
    ratio = respondents["weight"] / respondents["base_weight"]
    assert ratio.groupby([answers["staff"], answers["adoption"]], observed=True).agg(np.ptp).max() < 1e-9


def test_a_column_alone_is_taken_as_it_is(weighted):
    survey = weighted(replace(WAVE, weight_column="w"), text=with_column(lambda i: 1 + i % 3))
    assert "base_weight" not in survey.responses.respondents
    assert survey.design.calibration is None
    assert survey.weighting == WeightingReport()


def test_without_weights_there_is_no_column(weighted):
    survey = weighted()
    assert "weight" not in survey.responses.respondents
    assert survey.design.is_simple


def test_shares_make_weights_of_1_on_average(weighted):
    table = MARGINS.replace("count", "share")
    survey = weighted(raked(), table)
    assert_allclose(survey.responses.respondents["weight"].mean(), 1, rtol=1e-11)
    assert survey.weighting.population is None
    assert_allclose(weighted(raked()).responses.respondents["weight"].sum(), 1000, rtol=1e-11)


def test_trimmed_weights_lie_within_the_bounds_and_the_loss_is_shown(weighted):
    free, survey = weighted(raked()), weighted(raked(trim=Trim(0.1, 2.45)))
    weights = survey.responses.respondents["weight"]
    assert weights.min() >= 0.1 * weights.mean() * (1 - 1e-9)
    assert weights.max() <= 2.45 * weights.mean() * (1 + 1e-9)
    rows = find(analyse(survey, "sample").estimates, question="weights").set_index("statistic")["estimate"]
    free_deff = kish_design_effect(free.responses.respondents["weight"])
    assert_allclose(rows["untrimmed_design_effect"], free_deff, rtol=1e-9)
    assert (
        rows["proportion_trimmed"]
        == ((weights < 0.1 * weights.mean() * 1.001) | (weights > 2.45 * weights.mean() * 0.999)).mean()
    )
    assert 0 < rows["weight_moved"] < 0.2


def test_a_finite_population_gives_weights_by_stratum(weighted):
    wave = replace(
        WAVE, sampling="probability", design=SamplingDesign(strata="staff", fpc={"small": 280, "large": 3000})
    )
    survey = weighted(wave)
    sums = survey.responses.respondents["weight"].groupby(survey.responses.values["staff"].astype(str)).sum()
    assert_allclose(sums[["small", "large"]], [280, 3000], rtol=1e-12)
    assert survey.weighting.population == pytest.approx(3280)


def test_respondents_without_an_answer_are_kept_and_counted(weighted):
    lines = export().splitlines()
    text = "\n".join(
        [
            lines[0],
            *(
                line.replace(",Uses,", ",,").replace(",Planned,", ",,") if i < 12 else line
                for i, line in enumerate(lines[1:])
            ),
        ]
    )
    survey = weighted(raked(), text=text + "\n")
    missing = survey.responses.values["adoption"].isna().to_numpy()
    weights = survey.responses.respondents["weight"].to_numpy()
    assert missing.sum() > 3
    assert survey.weighting.unknown == {"staff": 0, "adoption": missing.sum()}
    assert_allclose(weights[missing].sum() / weights.sum(), missing.mean(), rtol=1e-11)
    row = find(analyse(survey, "sample").estimates, question="adoption", statistic="uncalibrated").iloc[0]
    assert (row["estimate"], row["count"], row["n"]) == (missing.sum(), missing.sum(), 58)
    uses = find(
        analyse(survey, "usage").estimates, question="adoption", answer="uses", segment="", statistic="proportion"
    )
    uses = uses.set_index("base")
    assert_allclose(uses.loc["valid", "estimate"], 0.3, rtol=1e-11)
    assert uses.loc["valid", "std_error"] == 0
    assert uses.loc["asked", "std_error"] > 0


def test_nobody_left_is_no_fault(weighted):
    survey = weighted(raked(), text=export().splitlines()[0] + "\n")
    assert survey.design is None
    rows = analyse(survey, "sample").estimates
    about = {"disposition", "missing", "completion_rate", "outcome_rates", "cases", "field_work", "break_off"}
    assert set(rows["question"]) <= about


# ---- persons and firms


def firms(text=None):
    """Every firm has two persons; every tenth row says nothing."""
    return with_column(lambda i: "" if i % 10 == 9 else f"Firm {i // 2}", "firm", text)


def test_persons_of_a_firm_are_one_cluster(weighted):
    survey = weighted(replace(WAVE, firm_id="firm"), text=firms())
    codes = survey.responses.respondents["firm"]
    assert survey.design.df == codes.nunique() - 1
    assert 30 < codes.nunique() < 40
    assert not codes.str.contains("Firm").any()
    assert survey.design_label == "open_link: unweighted, clusters"
    assert survey.design.is_equally_weighted


def test_with_the_firm_as_unit_its_persons_share_a_weight(weighted):
    survey = weighted(replace(WAVE, unit="firm", firm_id="firm"), text=firms())
    sums = survey.responses.respondents["weight"].groupby(survey.responses.respondents["firm"]).sum()
    assert_allclose(sums, 1.0, rtol=1e-12)


def test_a_firm_that_no_column_holds_names_the_nearest(weighted):
    sentence = "c.yaml, line 4: the firms are in 'frm', but small.csv has no such columns; did you mean 'firm'"
    with pytest.raises(StudyError, match=sentence):
        weighted(replace(WAVE, firm_id="frm"), text=firms())


def test_a_firm_may_be_named_by_a_question(weighted):
    survey = weighted(replace(WAVE, firm_id="staff"))
    assert survey.responses.respondents["firm"].nunique() == 2


def test_persons_raked_to_counts_of_firms_stop_above_the_design_effect(weighted):
    """Three persons of small firms stand for 99 % of the population."""
    lines = export().splitlines()
    small = [i for i, line in enumerate(lines) if ",1–49," in line][3:]
    text = (
        "\n".join(line.replace(",1–49,", ",50 and more,") if i in small else line for i, line in enumerate(lines))
        + "\n"
    )
    wave = replace(WAVE, weighting=Weighting("pop.csv", rake=("staff",)), unit="firm")
    table = "variable,code,count\nstaff,small,99000\nstaff,large,1000\n"
    with pytest.raises(StudyError) as refused:
        weighted(wave, table, text)
    sentence = str(refused.value)
    assert sentence.startswith("c.yaml, line 4: the weights have a Kish design effect of 18.9")
    assert "above max_design_effect: 5, so that 58 respondents tell no more than 3 would" in sentence
    assert "3 respondents with staff = small stand for 99 % of the population" in sentence
    assert "(unit: firm), merge categories or trim, or raise max_design_effect." in sentence
    allowed = replace(wave, weighting=replace(wave.weighting, max_design_effect=20))
    assert weighted(allowed, table, text).design is not None


def test_a_weight_column_above_the_design_effect_stops_too(weighted):
    text = with_column(lambda i: 1000 if i == 0 else 1)
    with pytest.raises(
        StudyError, match=r"Kish design effect of .*; check the weights in the export \('w'\), or raise"
    ):
        weighted(replace(WAVE, weight_column="w"), text=text)
    design = SamplingDesign(strata="staff", fpc={"small": 30, "large": 500_000})
    allowed = replace(RAKE, population=None, rake=(), max_design_effect=1.5)
    with pytest.raises(StudyError, match="Kish design effect of .*; check design.fpc, or raise max_design_effect"):
        weighted(replace(WAVE, sampling="probability", design=design, weighting=allowed))


# ---- what is refused


@pytest.mark.parametrize(
    ("weighting", "table", "sentence"),
    [
        (
            {"rake": ("stff",)},
            MARGINS,
            "c.yaml, line 4: the weights are made with 'stff', which is not a closed question of .*; did you mean 'staff'",
        ),
        (
            {},
            MARGINS.replace("adoption,none,500\n", "").replace("uses,300", "uses,800"),
            "c.yaml, line 4: with pop.csv, 'none' of 'adoption' has no target but 2. respondents; give its size",
        ),
        ({}, MARGINS.replace("none,500", "none,0").replace("uses,300", "uses,800"), "'none' of 'adoption' has the target 0"),
        ({"rake": ("staff", "why_not")}, MARGINS, "the weights are made with 'why_not', which is not a closed question"),
        ({"rake": ("staff",)}, MARGINS.replace("staff", "adoption").replace("small", "uses").replace("large", "none").split("adoption,uses,300")[0], "the weights need 'staff', which the table does not have"),
        ({"rake": (), "post_stratify": ("staff", "adoption")}, MARGINS, "post_stratify needs them together"),
        ({"rake": (), "post_stratify": ("staff", "adoption")}, CROSSED, "'large × planned' of 'staff × adoption' has the target 0"),
        ({"trim": Trim(0.5, 1.2)}, MARGINS, "no weights between 0.5 and 1.2 times their mean meet the population"),
        (
            {},
            MARGINS.replace("00", ""),
            "pop.csv: the table counts 10 persons but 58 are in the sample; give the counts of the whole population, or",
        ),
    ],
)  # fmt: skip
def test_impossible_weights_are_refused_in_one_sentence(weighted, weighting, table, sentence):
    with pytest.raises(StudyError, match=sentence) as refused:
        weighted(raked(**weighting), table)
    assert "\n" not in str(refused.value)


def test_an_answer_that_only_the_population_has_is_refused(weighted):
    text = export().replace(",Planned,", ",Uses,")
    with pytest.raises(StudyError, match="'planned' of 'adoption' has the target 200 but no respondent"):
        weighted(raked(), text=text)


def test_a_census_may_count_just_its_respondents(weighted):
    table = "variable,code,count\nstaff,small,28\nstaff,large,30\n"
    wave = replace(WAVE, weighting=Weighting("pop.csv", rake=("staff",)))
    with pytest.raises(StudyError, match="counts 58 persons but 58 are in the sample"):
        weighted(wave, table)
    assert weighted(replace(wave, sampling="census"), table).design.is_equally_weighted


def test_one_number_for_several_strata_is_refused(weighted):
    wave = replace(WAVE, sampling="probability", design=SamplingDesign(strata="staff", fpc=5000))
    with pytest.raises(
        StudyError, match="the design has strata, so fpc needs the population of each; give N by stratum"
    ):
        weighted(wave)


# ---- what is shown of it


def test_the_sample_stands_beside_its_population(weighted):
    table = analyse(weighted(raked()), "sample").estimates
    found = find(table, question="staff", answer="small", segment="").set_index("statistic")["estimate"]
    assert found["population_share"] == 0.9
    assert found["proportion_unweighted"] == 28 / 58
    assert_allclose(found["proportion"], 0.9, rtol=1e-11)
    assert set(find(table, statistic="population_share")["question"]) == {"staff", "adoption"}
    weights = find(table, question="weights").set_index("statistic")["estimate"]
    assert_allclose(weights["n_effective"], 58 / weights["design_effect"], rtol=1e-12)
    assert_allclose(weights["largest_weight"] / weights["smallest_weight"], weights["weight_ratio"], rtol=1e-12)
    assert table["estimate_id"].is_unique


def test_totals_stand_where_weights_add_up_to_a_population_and_nowhere_else(weighted):
    column = {"text": with_column(lambda i: 10 + i % 3)}
    by_chance = replace(WAVE, sampling="probability", weight_column="w")
    cases = {
        "raked to counts": (weighted(raked()), 1000),
        "inverse chances": (weighted(by_chance, **column), None),
        "finite population": (weighted(replace(WAVE, sampling="probability", design=SamplingDesign(fpc=1000))), 1000),
        "unweighted": (weighted(), 0),
        "shares": (weighted(raked(), MARGINS.replace("count", "share")), 0),
        "column of an open link": (weighted(replace(by_chance, sampling="open_link"), **column), 0),
    }
    for name, (survey, total) in cases.items():
        rows = find(analyse(survey, "usage").estimates, statistic="total", question="adoption")
        assert bool(len(rows)) == (total != 0), name
        if total != 0:
            sums = survey.design.weights.sum()
            assert_allclose(rows["estimate"].sum(), sums, rtol=1e-9)
            assert total is None or sums == pytest.approx(total)
            assert (rows["unit"] == "person").all()
            assert (rows["ci_low"] >= 0).all()


def test_those_without_an_answer_are_not_in_a_total_and_the_note_says_so(weighted):
    wave = replace(WAVE, sampling="probability", design=SamplingDesign(fpc=1000))
    survey = weighted(wave)
    rows = find(analyse(survey, "usage").estimates, statistic="total", question="activities", item="publish")
    valid = survey.responses.is_valid("activities_publish").sum()
    assert (rows["note"] == f"{58 - valid} respondents without an answer are not counted").all()
    assert_allclose(rows["estimate"].sum(), 1000 * valid / 58, rtol=1e-9)


def test_a_share_that_the_weights_fix_has_no_interval_and_says_why(weighted):
    row = find(analyse(weighted(raked()), "usage").estimates, question="adoption", answer="uses", base="valid", segment="", statistic="proportion").iloc[0]  # fmt: skip
    assert row["std_error"] == 0
    assert row["ci_low"] == row["ci_high"] == row["estimate"]
    assert row["note"] == "fixed by the strata or the weights: no sampling error"


def test_shares_of_a_random_sample_from_a_finite_population_have_the_interval_of_wilson(weighted):
    """Base n(N − 1)/(N − n), of groups with their share of the population."""
    survey = weighted(replace(WAVE, sampling="probability", design=SamplingDesign(fpc=1000)))
    table = find(analyse(survey, "usage").estimates, question="adoption", answer="uses", statistic="proportion")
    whole, group = find(table, segment="").iloc[0], find(table, segment="staff", level="small").iloc[0]
    for row, n, population in ((whole, 58, 1000), (group, 28, 1000 * 28 / 58)):
        low, high = proportion_confint(row["estimate"] * n, n, method="wilson")
        size = n * (population - 1) / (population - n)
        narrow = proportion_confint(row["estimate"] * size, size, method="wilson")
        assert_allclose([row["ci_low"], row["ci_high"]], narrow, rtol=1e-9)
        assert low < row["ci_low"] < row["ci_high"] < high
        assert row["ci_method"] == "wilson_finite"


# ---- numbers


@pytest.fixture
def numbered(tmp_path):
    """The small questionnaire with two numbers: an index of barriers and a count of channels."""
    text = (FIXTURE / "questionnaire.yaml").read_text(encoding="utf-8")
    text = text.replace("  activities: activities\n", "  activities: [activities, hurdles, reach]\n")
    text += """
derived:
  hurdles:
    text: {en: "Hurdles"}
    index: {of: [barriers]}
  reach:
    text: {en: "Reach"}
    count: {of: channels}
"""
    path = tmp_path / "numbered.yaml"
    path.write_text(text, encoding="utf-8")
    return load_questionnaire(path)


def test_numbers_have_median_and_quartiles_overall_and_by_segment(weighted, numbered):
    survey = weighted(raked(), questionnaire=numbered)
    table = find(analyse(survey, "usage").estimates, question="hurdles")
    overall = find(table[table["statistic"] != "cumulative"], segment="")
    assert list(overall["statistic"]) == ["mean", "quantile", "median", "quantile", "total"]
    assert list(overall["answer"]) == ["", "0.25", "", "0.75", ""]
    values = survey.responses.values["hurdles"].to_numpy(float)
    expected = quantiles(survey.design, values, [0.25, 0.5, 0.75], np.isfinite(values))
    found = overall.iloc[1:4]
    for name, column in (("estimate", "estimate"), ("low", "ci_low"), ("high", "ci_high"), ("std_error", "std_error")):
        assert_allclose(found[column], getattr(expected, name), rtol=1e-12)
    assert (found["ci_method"] == "woodruff, model-based").all()
    assert_allclose(find(table, segment="staff", level="small", statistic="median")["n"], 28)
    assert table["estimate_id"].is_unique
    assert (overall["base"] == "valid").all()


def test_tables_name_mean_median_and_quartiles(weighted, numbered):
    question = numbered.questions["hurdles"]
    frame = find(analyse(weighted(questionnaire=numbered), "usage").estimates, question="hurdles")
    frame = frame[frame["statistic"].isin(PRINTED)]
    rows = QuestionRows(Labels(numbered, "en"), question, list(frame.itertuples()))
    printed = overall(rows)
    assert [row.label for row in printed.rows] == ["Mean", "Lower quartile", "Median", "Upper quartile"]
    assert printed.columns[0].heading == "Value"
    assert [row.cells[0].value for row in printed.rows] == list(frame[frame["segment"] == ""]["estimate"])
    by_staff = by_segment(rows, numbered.questions["staff"])
    assert len(by_staff.rows) == 4
    assert all(cell.value is not None for row in by_staff.rows for cell in row.cells)


def test_a_ratio_is_that_of_the_totals(weighted, numbered):
    """The questionnaire's syntax for it is another room's; the derivation is given here as it will make it."""
    made = replace(numbered.questions["reach"], name="per_hurdle", derivation=Derivation("ratio", ("reach", "hurdles")))
    questionnaire = replace(
        numbered,
        questions={**numbered.questions, "per_hurdle": made},
        roles={**numbered.roles, "activities": ("per_hurdle",)},
    )
    survey = weighted(questionnaire=numbered)
    numerator, denominator = (survey.responses.values[n].to_numpy(float) for n in ("reach", "hurdles"))
    own = pd.Series(numerator / denominator)
    reason = pd.Series(None, index=own.index, dtype=object).where(own.notna(), "not_answered")
    survey = replace(
        survey, questionnaire=questionnaire, responses=put(survey.responses, {"per_hurdle": (own, reason)})
    )
    rows = find(analyse(survey, "usage").estimates, question="per_hurdle", segment="")
    assert list(rows["statistic"]) == ["ratio", "quantile", "median", "quantile"]
    expected = ratios(survey.design, numerator, denominator, own.notna())
    assert_allclose(
        rows.iloc[0][["estimate", "std_error"]].astype(float), [expected.estimate[0], expected.std_error[0]]
    )
    assert rows.iloc[0]["scale"] == "ratio"
    assert rows.iloc[2]["estimate"] == own.median()


# ---- laws


@settings(max_examples=5, deadline=None)
@given(st.integers(2, 900))
def test_weights_times_a_constant_change_no_estimate_standard_error_or_p(factor):
    one, other = (survey_with(lambda i, f=f: f * (1 + i % 3)) for f in (1, factor))
    for name in ANALYSES:
        left, right = analyse(one, name), analyse(other, name)
        drop = ["n_weighted"]
        pd.testing.assert_frame_equal(left.estimates.drop(columns=drop), right.estimates.drop(columns=drop), rtol=1e-10)
        pd.testing.assert_frame_equal(left.tests, right.tests, rtol=1e-8)


def survey_with(values, text=None):
    """Return the survey with a weight column."""
    wave = replace(WAVE, weight_column="w")
    responses, _ = read(with_column(values, text=text), QUESTIONNAIRE, wave)
    screened = screen(responses, QUESTIONNAIRE, Screening())
    kept, report = weigh(screened.responses, QUESTIONNAIRE, wave)
    return survey_of(kept, QUESTIONNAIRE, screened.ledger, wave, Inference(), report)


SAME = ["proportion", "top2", "mean", "median", "quantile", "total", "coefficient", "odds_ratio", "ame"]


def test_duplicated_respondents_with_halved_weights_change_no_estimate():
    lines = export().splitlines()[:59]
    text = "\n".join(lines) + "\n"
    again = "\n".join([*lines, *(f"x{line}" for line in lines[1:])]) + "\n"
    one, twice = survey_with(lambda i: 1 + i % 3, text), survey_with(lambda i: (1 + i % 58 % 3) / 2, again)
    assert len(twice.responses) == 2 * len(one.responses)
    for name in ANALYSES:
        left, right = (analyse(s, name).estimates.set_index("estimate_id") for s in (one, twice))
        asked = left["question"].isin(QUESTIONNAIRE.questions)
        same = left[asked & left["statistic"].isin(SAME)].index
        assert len(same) > 1 or left.empty  # what the small wave did not ask
        assert_allclose(right.loc[same, "estimate"], left.loc[same, "estimate"], rtol=1e-12, atol=1e-15)
        assert_allclose(right.loc[same, "n_weighted"], left.loc[same, "n_weighted"], rtol=1e-12)


@settings(max_examples=4, deadline=None)
@given(order=st.permutations(range(1, 59)))
def test_permuted_rows_of_a_raked_wave_give_identical_results(tmp_path_factory, order):
    folder = tmp_path_factory.mktemp("p")
    (folder / "pop.csv").write_text(MARGINS)
    wave = replace(WAVE, weighting=replace(RAKE, population=str(folder / "pop.csv")))
    lines = export().splitlines()[:59]
    tables = []
    for text in ("\n".join(lines), "\n".join([lines[0], *(lines[i] for i in order)])):
        responses, _ = read(text + "\n", QUESTIONNAIRE, wave)
        population = read_population(wave, QUESTIONNAIRE, file_hash(folder / "pop.csv"))
        screened = screen(responses, QUESTIONNAIRE, Screening())
        kept, report = weigh(screened.responses, QUESTIONNAIRE, wave, population)
        survey = survey_of(kept, QUESTIONNAIRE, screened.ledger, wave, Inference(), report)
        tables.append([analyse(survey, name) for name in ANALYSES])
    for one, other in zip(*tables, strict=True):
        pd.testing.assert_frame_equal(one.estimates, other.estimates, rtol=1e-11, atol=1e-12)
        pd.testing.assert_frame_equal(one.tests, other.tests, rtol=1e-9, atol=1e-12)
