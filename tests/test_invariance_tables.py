"""Whether language versions may be compared: rows of the analysis, tables in four languages, and reasons."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from b2bsurvey.analyses.invariance_rows import SMALLEST_GROUP, Grouped, invariance_rows
from b2bsurvey.ingest import ingest
from b2bsurvey.readers import read_export
from b2bsurvey.render.invariance_tables import invariance_tables
from b2bsurvey.render.labels import Labels
from b2bsurvey.render.report import report
from b2bsurvey.statistics.invariance import invariance
from rendered_wave import finished
from scale_wave import LANGUAGES, WAVE, answers, questionnaire, survey


@cache
def results(n=600, spoken=("DE", "FR"), harder=0):
    """Return the wave of scales with the language of each interview; French answers to one item `harder` lower."""
    frame = answers(n)
    languages = np.array(spoken)[np.arange(n) % len(spoken)] if spoken else np.full(n, "")
    if harder:
        column, asked_in = "views[risk2]", languages == "FR"
        given = frame.loc[asked_in, column].astype(int)
        frame.loc[asked_in, column] = (given - harder).where(given.between(2, 5), given).astype(str)
    asked = questionnaire()
    export = read_export(Path("scales.csv"), data=frame.to_csv(index=False).encode())
    responses, report_on = ingest([export], asked, b"key", WAVE)
    told = responses.respondents.assign(interview_language=languages)
    return finished("Scales", WAVE, asked, replace(responses, respondents=told), report_on)


def rows(found, **of):
    frame = found.estimates["scales"]
    frame = frame[frame["segment"] == "interview_language"]
    for column, value in of.items():
        frame = frame[frame[column] == value]
    return frame


def tables(found, language="en"):
    return {table.kind: table for table in invariance_tables(found, Labels(found.questionnaire, language))}


def test_a_scale_has_a_verdict_and_factor_means_by_language():
    found = results()
    verdict = rows(found, statistic="invariance").set_index("question")
    assert verdict["term"].to_dict() == {"risk": "comparable", "need": "comparable"}
    assert verdict["estimate"].to_dict() == {"risk": 2.0, "need": 2.0}
    assert verdict["scale"].unique() == ["level"]
    means = rows(found, statistic="factor_mean", question="risk").set_index("level")
    assert set(means.index) == {"de", "fr"}
    assert sorted(means["estimate"] == 0) == [False, True]
    (other,) = means[means["estimate"] != 0].itertuples()
    assert other.ci_low < other.estimate < other.ci_high
    assert other.std_error == pytest.approx((other.ci_high - other.ci_low) / (2 * 1.959964), rel=1e-6)
    assert means["n"].sum() == rows(found, statistic="invariance", question="risk")["n"].item()


def test_the_tests_are_unadjusted_diagnostics_with_the_change_of_cfi():
    found = results()
    tests = found.tests["scales"]
    tests = tests[tests["segment"] == "interview_language"]
    assert set(tests["role"]) == set(tests["family"]) == {"diagnostic"}
    steps = tests[(tests["test"] == "invariance") & (tests["question"] == "risk")]
    assert list(zip(steps["model"], steps["comparison"], strict=True)) == [
        ("metric", "configural"),
        ("scalar", "metric"),
    ]
    assert list(steps["effect_name"]) == ["cfi_change"] * 2
    assert (steps["p_value"] == steps["p_adjusted"]).all()
    fit = tests[(tests["test"] == "cfa_chi2") & (tests["question"] == "risk")].set_index("model")["statistic"]
    assert steps["statistic"].iloc[0] == pytest.approx(fit["metric"] - fit["configural"])


def test_an_item_that_one_version_words_otherwise_is_named():
    found = results(harder=1)
    assert rows(found, statistic="invariance", question="risk")["term"].item() == "partly"
    (freed,) = rows(found, statistic="intercept_difference").itertuples()
    assert (freed.item, freed.model, freed.scale) == ("views_risk2", "partial_scalar", "points")
    assert {freed.level, freed.level2} == {"de", "fr"}
    assert abs(freed.estimate) == pytest.approx(0.9, abs=0.2)
    versions = tables(found)["scale_versions"]
    assert versions.rows[0].cells[0].value == "only those of the factor"
    assert "Item risk2" in versions.rows[0].cells[-1].value
    assert versions.notes[:2] == (
        "Scale means of the language versions may be compared: Need.",
        "Single items are answered differently; only means of the factor may be compared, not those of the score: Risk.",
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_tables_stand_in_every_language(language):
    found = results(harder=1)
    labels = Labels(found.questionnaire, language)
    shown = tables(found, language)
    assert set(shown) == {"scale_versions", "scale_invariance"}
    models = [row.label for row in shown["scale_invariance"].rows if row.section == "Risk"]
    assert models == [labels(f"invariance_model.{m}") for m in ("configural", "metric", "scalar", "partial_scalar")]
    chi2 = found.tests["scales"].query("test == 'cfa_chi2' and model == 'scalar' and question == 'risk'")["statistic"]
    assert shown["scale_invariance"].rows[2].cells[0].value == chi2.item()
    assert all(t.title and t.base_note and "tables/scales.csv" in t.source for t in shown.values())
    page = report(found, language, [])
    assert labels("table.scale_versions") in page
    assert labels("invariance_said.comparable", scales="Need") in page


@pytest.mark.parametrize("language", LANGUAGES)
def test_versions_that_are_too_small_are_not_compared_and_the_report_says_so(language):
    found = results(n=90)
    row = next(rows(found, statistic="invariance", question="risk").itertuples())
    assert (row.term, row.status) == ("not_estimable", "not_estimable")
    assert row.note == f"not estimable: fewer than 2 groups have {SMALLEST_GROUP} complete answers"
    labels = Labels(found.questionnaire, language)
    (said,) = tables(found, language)["scale_versions"].notes
    assert (
        said
        == labels("invariance_said.not_estimable", scales=labels.join(["Risk", "Need"])) + f" ({labels.note(row.note)})"
    )
    assert language == "en" or "not estimable" not in said
    assert set(tables(found)) == {"scale_versions"}


@pytest.mark.parametrize("spoken", [("DE",), ()])
def test_one_language_is_not_compared_with_anything(spoken):
    found = results(n=100, spoken=spoken)
    assert rows(found).empty
    assert tables(found) == {}


def test_groups_of_any_kind_give_the_same_rows():
    """Waves or segments: the verdict is that of the arrays, whatever the groups are called."""
    rng = np.random.default_rng(5)
    first, second = (rng.normal(size=(120, 1)) + rng.normal(size=(120, 4)) for _ in range(2))
    second[:, 1] += 2
    grouped = Grouped("risk", tuple("abcd"), "wave", {"2013": first, "2016": second, "2019": first[:20]})
    estimates, tests = invariance_rows(survey(), grouped)
    verdict = estimates[0]
    assert verdict["term"] == invariance([first, second], [0] * 4).verdict == "partly"
    assert {row["segment"] for row in (*estimates, *tests)} == {"wave"}
    assert {row.get("level") for row in estimates} == {None, "2013", "2016"}
    assert len({row["estimate_id"] for row in estimates}) == len(estimates)
    assert len({row["test_id"] for row in tests}) == len(tests)


def test_a_scale_of_two_items_is_not_examined():
    pair = Grouped("plan", ("a", "b"), "wave", {"1": np.zeros((99, 2)), "2": np.zeros((99, 2))})
    assert invariance_rows(survey(), pair) == ([], [])


def test_groups_that_cannot_be_fitted_say_why():
    rng = np.random.default_rng(5)
    first = rng.normal(size=(120, 1)) + rng.normal(size=(120, 4))
    constant, summed = first.copy(), first.copy()
    constant[:, 1] = 3
    summed[:, 3] = first[:, 0] + first[:, 1]
    for second, why in (
        (constant, "an item has the same answer from everybody"),
        (summed, "an item is a sum of others"),
    ):
        grouped = Grouped("risk", tuple("abcd"), "wave", {"1": first, "2": second})
        estimates, tests = invariance_rows(survey(), grouped)
        assert estimates[0]["note"] == f"not estimable: {why}, in one of the groups"
        assert {row["status"] for row in estimates} == {"not_estimable"}
        assert tests == []
        assert Labels(questionnaire(), "de").note(estimates[0]["note"]).endswith("in einer der Gruppen")
