"""The ingest report: what a user must know of each file stands in it, and nothing of what respondents said of themselves."""

import json
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from b2bsurvey.config import Wave
from b2bsurvey.ingest import MOST_PLACES, ingest
from b2bsurvey.ingest_table import COLUMNS, KINDS, ingest_table
from b2bsurvey.not_understood import shown_in_results
from b2bsurvey.questionnaire_file import load_questionnaire
from b2bsurvey.readers import read_export
from b2bsurvey.readers.suspicious import SUSPICIONS
from b2bsurvey.readers.times import FORMS, times, writing
from b2bsurvey.render.catalogue import catalogue
from b2bsurvey.render.ingest_report import ingest_report
from b2bsurvey.render.labels import Labels
from rendered_wave import hostile
from small_wave import FIXTURE, export
from typed_wave import questionnaire as typed_questionnaire

WAVE = Wave("small", ("small.csv",), "q.yaml", "open_link")


def lenient(folder: Path):
    text = (FIXTURE / "questionnaire.yaml").read_text(encoding="utf-8")
    path = folder / "q.yaml"
    path.write_text(text.replace("languages: [en]", "languages: [en]\nnot_understood: 0.5", 1), encoding="utf-8")
    return load_questionnaire(path)


def report_of(folder: Path, *texts: str):
    raws = [read_export(Path(f"part{i}.csv"), data=text.encode()) for i, text in enumerate(texts, start=1)]
    return ingest(raws, lenient(folder), b"key", WAVE)[1].to_dict()


def changed() -> str:
    """Return an export with a column too many, cells that are no answer, times, and sizes that a spreadsheet spoiled."""
    rows = [line.split(",") for line in export().splitlines()]
    more = [("Date submitted", *["2026-03-01T10:00:00+01:00"] * (len(rows) - 1)), ("Note", *["me"] * (len(rows) - 1))]
    rows = [row + [column[i] for column in more] for i, row in enumerate(rows)]
    rows[2][1], rows[3][1], rows[4][2] = "01-May", "Anna M@x.ch", "Used"
    return "\n".join(",".join(row) for row in rows) + "\n"


def rows_of(table: pd.DataFrame, kind: str) -> list[tuple]:
    found = table[table["kind"] == kind][["file", "name", "row", "count", "value", "detail"]].astype(object)
    return [tuple(row) for row in found.where(found.notna(), None).itertuples(index=False)]


def test_every_fact_of_a_file_has_a_row(tmp_path):
    table = ingest_table(report_of(tmp_path, changed()))
    assert tuple(table.columns) == COLUMNS
    assert set(table["kind"]) <= set(KINDS)
    one = "part1.csv"
    assert rows_of(table, "platform")[0][4:] == (
        "plain",
        "no platform's headings were recognised; the first row holds the headings",
    )
    assert rows_of(table, "encoding") == [(one, "", None, None, "utf-8", "")]
    assert rows_of(table, "delimiter") == [(one, "", None, None, ",", "")]
    assert rows_of(table, "rows")[0][3] == 60
    assert rows_of(table, "times") == [(one, "submitted", None, 60, "iso", "+01:00")]
    assert (one, "staff", None, None, "staff", "") in rows_of(table, "used")
    assert rows_of(table, "extra") == [(one, "Note", None, None, "", "")]
    assert rows_of(table, "personal") == [(one, "Respondent ID", None, None, "", "")]
    assert rows_of(table, "suspicious") == [
        (one, "", None, 1, "date_for_range", ""),
        (one, "staff", 3, None, "date_for_range", "'01-May', probably '1-5'"),
    ]
    assert rows_of(table, "not_understood") == [
        (one, "staff", 3, None, "01-May", ""),
        (one, "staff", 4, None, "", ""),  # somebody's address
        (one, "adoption", 5, None, "Used", ""),
    ]
    assert not any("part of" in n[4] or "cell holds" in n[4] for n in rows_of(table, "note"))


def test_several_files_have_a_block_each_and_what_is_of_the_wave_stands_last(tmp_path):
    heads = export().splitlines()[0]
    misrouted = f"{heads}\na1,1–49,Uses,1,,,1,Always,Never,Agree,Agree,Neither,1,,\n"
    report = report_of(tmp_path, export(), misrouted.replace(",", ";"))
    table = ingest_table(report)
    assert list(dict.fromkeys(table["file"])) == ["part1.csv", "part2.csv", ""]
    assert [row[4] for row in rows_of(table, "delimiter")] == [",", ";"]
    assert rows_of(table, "misrouted") == [("", "why_not", None, 1, "", "")]
    labels = Labels(hostile().questionnaire, "fr")
    printed = ingest_report(replace(hostile(), ingest=report), labels)
    assert list(dict.fromkeys(row.section for row in printed.rows)) == [
        "part1.csv",
        "part2.csv",
        "Ensemble de la vague",
    ]
    (delimiter,) = (r for r in printed.rows if r.section == "part2.csv" and r.label == "Séparateur")
    assert delimiter.cells[0].value == "point-virgule"


def test_the_first_places_of_many_suspicious_cells_are_listed_and_all_are_counted(tmp_path):
    heads = export().splitlines()[0]
    row = "a{},01-May,Uses,1,,,1,Always,Never,Agree,Agree,Neither,,,"
    text = "\n".join([heads, *(row.format(i).replace("01-May", "1–49" if i % 2 else "01-May") for i in range(300))])
    (found,) = report_of(tmp_path, text + "\n")["files"][0]["suspicious"]
    assert (found["kind"], found["count"], len(found["places"])) == ("date_for_range", 150, MOST_PLACES)


def test_the_report_is_the_same_from_its_file(tmp_path):
    report = report_of(tmp_path, changed(), export())
    assert ingest_table(json.loads(json.dumps(report))).equals(ingest_table(report))


@settings(max_examples=30, deadline=None)
@given(secret=st.text("abcdefghijklmnopqrstuvwxyz", min_size=12, max_size=19))
def test_nothing_that_respondents_typed_as_a_number_is_repeated(tmp_path_factory, secret):
    questionnaire = typed_questionnaire(tmp_path_factory.mktemp("typed"))
    for name in ("hours", "founded", "sector"):
        assert shown_in_results(questionnaire.questions[name], f"ask {secret}") == ""


@pytest.mark.parametrize(
    ("question", "text", "shown"),
    [
        ("hours", "200", "200"),
        ("hours", "5-10", "5-10"),
        ("hours", "079 123 45 67", ""),
        ("founded", "31.02.2013", "31.02.2013"),
        ("attitudes", "Agre", "Agre"),
        ("attitudes", "ask 079 123 45 67", ""),
        ("attitudes", "anna@x.ch", ""),
        ("attitudes", "I " * 40, ""),
    ],
)
def test_what_results_may_repeat_of_a_cell(tmp_path, question, text, shown):
    assert shown_in_results(typed_questionnaire(tmp_path).questions[question], text) == shown


@pytest.mark.parametrize(
    ("written", "forms", "zones", "understood"),
    [
        (["2026-03-01T10:00:00Z", "2026-03-02T10:00:00Z"], ("iso",), ("Z",), 2),
        (["2026-03-01T10:00:00.000+02:00", ""], ("iso",), ("+02:00",), 1),
        (["01.03.2026 10:00", "13.03.2026 10:00"], ("day_first",), (), 2),
        (["13/03/2026 10:00", "01/03/2026 10:00"], ("day_first",), (), 2),
        (["3/13/2026 10:00 AM", "3/1/2026 9:00 PM"], ("month_first",), (), 2),
        (["01/03/2026 10:00", "02/03/2026 10:00"], ("open_order",), (), 0),
        (["46082.5", "2026-03-01"], ("iso", "serial"), (), 2),
        (["soon"], ("other",), (), 0),
        ([""], (), (), 0),
    ],
)
def test_how_times_are_written(written, forms, zones, understood):
    texts = pd.Series(written, dtype="str")
    found = writing(texts, times(texts))
    assert (found.forms, found.zones, found.understood) == (forms, zones, understood)
    assert found.filled == sum(text != "" for text in written)


@pytest.mark.parametrize("language", ["en", "de", "fr", "it"])
def test_every_code_of_the_report_has_a_text(language):
    texts = catalogue(language).texts
    assert {f"suspicious.{kind}" for kind in SUSPICIONS} | {f"form.{form}" for form in FORMS} <= set(texts)
