"""A real export end to end, where SURVEY_EXPORTS is set: the numbers that others computed from it, independently of us.

The expected values come from the survey's own publication and from an analysis of the same file in R (Wilson intervals).
"""

import csv
import json
import os
import shutil
from pathlib import Path

import pandas as pd
import pytest

from b2bsurvey.tables import read_table
from study import Run, clone, run

FIXTURE = Path(__file__).parent / "fixtures" / "osposurvey"
WAVE = "results/osposurvey-2018"

pytestmark = pytest.mark.skipif("SURVEY_EXPORTS" not in os.environ, reason="SURVEY_EXPORTS is not set")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = clone(tmp_path_factory.mktemp("osposurvey") / "study")
    shutil.copy(FIXTURE / "osposurvey.yaml", place / "config")
    export = Path(os.environ["SURVEY_EXPORTS"], "surveymonkey", "osposurvey_2018_results.csv")
    config = (FIXTURE / "config.yaml").read_text(encoding="utf-8")
    config = config.replace("EXPORT", str(export)).replace("osposurvey.yaml", "config/osposurvey.yaml")
    (place / "config/config.yaml").write_text(config, encoding="utf-8")
    done: Run = run(place)
    assert done.status == 0, done.output
    return place


@pytest.fixture(scope="module")
def table(folder):
    names = ("sample", "usage", "barriers")
    return pd.concat([read_table(str(folder / WAVE / "tables" / f"{name}.csv")) for name in names])


def percent(table, digits=1, **where):
    """Return share, interval and base of the one row that fits, in percent as printed."""
    where = {"segment": "", "statistic": "proportion"} | where
    (row,) = (r for _, r in table.iterrows() if all(r[k] == v for k, v in where.items()))
    return tuple(round(100 * row[k], digits) for k in ("estimate", "ci_low", "ci_high")), row["n"]


def test_adoption(table):
    assert percent(table, question="have_or_plan", answer="yes")[0][0] == 53.3
    assert percent(table, question="has_programme", answer="yes") == ((37.4, 34.0, 41.0), 748)
    over = {"segment": "staff", "level": "over_10000", "answer": "yes"}
    assert percent(table, question="has_programme", **over)[0][0] == 62.5
    assert percent(table, question="has_programme", **over)[1] == 160


@pytest.mark.parametrize(
    ("level", "expected", "n"),
    [
        ("s2_50", (46.1, 39.2, 53.2), 193),
        ("s51_250", (39.0, 30.7, 48.0), 118),
        ("s251_1000", (43.2, 33.0, 54.1), 81),
        ("s1000_10000", (53.2, 44.5, 61.8), 124),
        ("over_10000", (73.8, 66.4, 80.0), 160),
    ],
)
def test_adoption_by_size(table, level, expected, n):
    found, base = percent(table, 4, question="have_or_plan", answer="yes", segment="staff", level=level)
    assert base == n
    assert found == pytest.approx(expected, abs=0.0501)


@pytest.mark.parametrize(
    ("item", "base", "share", "n"),
    [
        ("internal", "answered", 71.6, 736),
        ("internal", "valid", 73.8, 714),
        ("products", "answered", 54.9, 738),
        ("products", "valid", 58.3, 695),
    ],
)
def test_the_same_question_has_two_truths(table, item, base, share, n):
    found, found_n = percent(table, question="activities", item=item, answer="frequently", base=base)
    assert (found[0], found_n) == (share, n)


def test_top_two_box(table):
    found, n = percent(table, question="activities", item="internal", statistic="top2", base="valid")
    assert (found[0], n) == (90.3, 714)


@pytest.mark.parametrize(
    ("item", "share", "ranks"),
    [
        ("not_considered", 42.9, (1, 2)),
        ("time", 42.2, (1, 2)),
        ("no_value", 26.7, (3, 5)),
        ("org_small", 26.7, (3, 5)),
        ("never_heard", 20.8, None),
        ("not_regulate", 13.9, None),
    ],
)
def test_ranked_barriers(table, item, share, ranks):
    where = {"question": "why_not", "item": item, "base": "answered"}
    found, n = percent(table, **where)
    assert (found[0], n) == (share, 303)
    rank = table[(table["question"] == "why_not") & (table["item"] == item) & (table["statistic"] == "rank")].iloc[0]
    if ranks:
        assert (rank["ci_low"], rank["ci_high"]) == ranks


def test_every_row_is_in_the_ledger_and_all_are_analysed(folder):
    with (folder / WAVE / "data/ledger.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 748
    assert {r["disposition"] for r in rows} == {"analysed"}


def test_open_answers_stay_out(folder):
    """What respondents typed into text fields is in no result; nor are the platform's ids."""
    export = Path(os.environ["SURVEY_EXPORTS"], "surveymonkey", "osposurvey_2018_results.csv")
    with export.open(encoding="utf-8") as file:
        rows = list(csv.reader(file))
    typed = {row[136] for row in rows[2:] if len(row[136]) > 12} | {row[0] for row in rows[2:]}
    assert len(typed) > 700
    for path in (folder / "results").rglob("*"):
        if path.suffix in (".csv", ".html", ".json", ".svg"):
            text = path.read_text(encoding="utf-8")
            assert not [t for t in typed if t in text], path


@pytest.mark.parametrize("kind", ["svg", "png", "pdf"])
def test_figures_are_there(folder, kind):
    for name in ("flow", "barriers_why_not", "usage_activities"):
        assert (folder / WAVE / f"figures/en/{name}.{kind}").stat().st_size > 1_000


@pytest.mark.parametrize(
    ("question", "asked", "first", "options"),
    [
        ("why_not", "No", 127, {"never_heard": 128, "time": 135, "other": 137}),
        ("challenges", "Yes", 70, {"talent": 70, "budget": 73, "metrics": 77}),
    ],
)
def test_a_tick_of_who_was_not_asked_is_set_aside(folder, question, asked, first, options):
    """One misrouted tick at each of six options, of three respondents: counted in the file with nothing of ours."""
    export = Path(os.environ["SURVEY_EXPORTS"], "surveymonkey", "osposurvey_2018_results.csv")
    with export.open(encoding="utf-8") as file:
        rows = list(csv.reader(file))[2:]
    last = first + {"why_not": 10, "challenges": 8}[question]
    wrong = [row for row in rows if row[23] != asked and any(row[first - 1 : last])]
    assert sum(bool(cell) for row in wrong for cell in row[first - 1 : last]) == 3
    assert all(sum(bool(row[place - 1]) for row in wrong) == 1 for place in options.values())
    report = json.loads((folder / WAVE / "data/ingest.json").read_text(encoding="utf-8"))
    assert report["misrouted"][question] == len(wrong) == {"why_not": 2, "challenges": 1}[question]
    with (folder / WAVE / "data/responses.csv").open(encoding="utf-8") as file:
        ticked = sum(row[f"{question}_{option}"] == "1" for row in csv.DictReader(file) for option in options)
    assert ticked == sum(bool(row[place - 1]) for row in rows for place in options.values()) - 3
