"""The families of tests: no p value is printed that does not belong to one, with its size and its adjustment."""

from dataclasses import fields, is_dataclass, replace

import numpy as np
import pandas as pd
import pytest

from b2bsurvey.config import Family, Inference
from b2bsurvey.families import families
from b2bsurvey.render.family_table import families_in_words
from b2bsurvey.render.figures.charts import chart_of
from b2bsurvey.render.figures.plan import plans
from b2bsurvey.render.figures.wording import Wording
from b2bsurvey.render.labels import Labels
from b2bsurvey.render.report import report
from b2bsurvey.render.wave_tables import printed_tables
from b2bsurvey.statistics.multiplicity import adjust
from b2bsurvey.tables import tests_table as as_tests
from rendered_wave import LANGUAGES, fielded, hostile, shipped

WAVES = {
    "shipped": shipped,
    "classical": hostile,
    "weighted": lambda: hostile(weighted=True),
    "field work": lambda: fielded("open_link"),
    "nobody": lambda: hostile(nobody=True),
}
waves = pytest.mark.parametrize("wave", WAVES)


def all_tests(results) -> pd.DataFrame:
    return pd.concat(results.tests.values(), ignore_index=True)


def of_families(tests: pd.DataFrame) -> set[float]:
    """Return every p value, raw and adjusted, of the tests."""
    return {float(p) for name in ("p_value", "p_adjusted") for p in tests[name].dropna()}


def drawn_p(part) -> set[float]:
    """Return the numbers in all fields `p` of a chart and of what it is made of."""
    if isinstance(part, tuple | list):
        return set().union(*(drawn_p(each) for each in part))
    if not is_dataclass(part):
        return set()
    own = np.atleast_1d(getattr(part, "p", np.nan)).astype(float)
    within = (getattr(part, f.name) for f in fields(part) if f.name != "words")
    return set(own[np.isfinite(own)]).union(*(drawn_p(each) for each in within))


@waves
def test_every_p_has_family_size_and_adjustment_and_its_family_is_listed(wave):
    results = WAVES[wave]()
    tests, listed = all_tests(results), results.families.set_index(["analysis", "family"])
    assert not listed.index.has_duplicates
    known = tests[tests["p_value"].notna()]
    assert (known[["family", "adjustment"]] != "").all().all()
    assert known["p_adjusted"].notna().all()
    assert (known["p_adjusted"] >= known["p_value"]).all()
    for (analysis, family), members in tests.groupby(["analysis", "family"]):
        row = listed.loc[(analysis, family)]
        assert (row["tests"], row["family_size"]) == (len(members), members["p_value"].notna().sum())
        assert set(members["family_size"]) == {row["family_size"]}
        assert set(members["adjustment"]) == {row["adjustment"]}, "a family is adjusted in one way"
        adjusted = adjust(members["p_value"].to_numpy(float), row["adjustment"])
        np.testing.assert_array_equal(members["p_adjusted"].to_numpy(float), adjusted)
    assert len(listed) == tests.groupby(["analysis", "family"]).ngroups


@waves
def test_diagnostics_are_one_family_and_not_adjusted(wave):
    tests = all_tests(WAVES[wave]())
    diagnostics = tests[tests["role"] == "diagnostic"]
    assert set(diagnostics["family"]) <= {"diagnostic"}
    assert set(diagnostics["adjustment"]) <= {"none"}
    assert not (tests.loc[tests["role"] != "diagnostic", "family"] == "diagnostic").any()


@waves
def test_no_table_prints_a_p_without_a_family(wave):
    results = WAVES[wave]()
    tables = printed_tables(results, Labels(results.questionnaire, "en"))
    printed = {float(c.value) for t in tables for r in t.rows for c in r.cells if c.kind == "p" and c.value is not None}
    assert printed <= of_families(all_tests(results))
    assert printed or wave == "nobody"


@waves
def test_no_figure_draws_a_p_without_a_family(wave):
    results = WAVES[wave]()
    words = Wording(results.questionnaire, "en", "observed", results.study, results.wave.name)
    drawn = set()
    for plan in plans(results.questionnaire):
        estimates = results.estimates.get(plan.analysis)
        if estimates is not None:
            chart = chart_of(plan, estimates, results.tests[plan.analysis], words)
            drawn |= drawn_p(chart)
    adjusted = set(all_tests(results).query("role != 'diagnostic'")["p_adjusted"].dropna())
    assert drawn <= adjusted, "stars and p values of figures are adjusted ones"
    assert drawn or wave != "classical"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_families_stand_in_workbook_and_report(language):
    results = shipped()
    labels = Labels(results.questionnaire, language)
    (table,) = [t for t in printed_tables(results, labels) if t.kind == "families"]
    assert len(table.rows) == len(results.families)
    page = report(results, language, ())
    assert 'id="families"' in page
    assert labels("report.families") in page
    assert families_in_words(results, labels) in page


def small(p: list[float], **more) -> pd.DataFrame:
    rows = [
        {"family": "f", "role": "test", "question": f"q{i}", "segment": "s", "p_value": value, "adjustment": "holm"}
        for i, value in enumerate(p)
    ]
    table = as_tests([row | more for row in rows])
    return table.assign(
        p_adjusted=adjust(table["p_value"].to_numpy(float), "holm"), family_size=table["p_value"].notna().sum()
    )


def test_a_row_counts_what_its_family_holds():
    row = families("w", {"usage": small([0.01, np.nan, 0.03, 0.9])}, Inference()).iloc[0]
    assert (row["tests"], row["not_estimable"], row["family_size"], row["below_alpha"]) == (4, 1, 3, 1)
    assert (row["smallest_p"], row["smallest_p_adjusted"]) == (0.01, 0.03)
    assert (row["questions"], row["segments"], row["declared"]) == ("q0; q1; q2; q3", "s", "default")


def test_configured_families_are_told_from_others_and_listed_without_tests_too():
    inference = Inference(families=(Family("f", ("q0",)), Family("uptake", ("a", "b"), ("size",))))
    tables = {"usage": small([0.01]), "barriers": small([0.02], family="f: pairs", role="posthoc")}
    found = families("w", tables, inference).set_index("family")
    assert list(found["declared"]) == ["config", "config", "config"]
    uptake = found.loc["uptake"]
    assert (uptake["tests"], uptake["family_size"], uptake["adjustment"]) == (0, 0, "holm")
    assert (uptake["questions"], uptake["segments"]) == ("a; b", "size")
    assert uptake["note"] == "no test of this family in this wave"
    results = replace(hostile(), families=families("w", tables, inference))
    for language in LANGUAGES:
        labels = Labels(results.questionnaire, language)
        (table,) = [t for t in printed_tables(results, labels) if t.kind == "families"]
        assert table.rows[-1].cells[-1].value == labels("note.no_test_of_family")


def test_one_family_in_two_analyses_is_two_adjustments_and_two_rows():
    found = families("w", {"usage": small([0.01, 0.02]), "context": small([0.04])}, Inference())
    assert list(found["analysis"]) == ["usage", "context"]
    assert list(found["family_size"]) == [2, 1]


def test_without_tests_there_is_no_family():
    assert families("w", {"usage": as_tests([])}, Inference()).empty
