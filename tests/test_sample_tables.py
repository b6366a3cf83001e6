"""The printed tables about the sample: what a wave has of them, in each language, and with the numbers of the tables."""

import re

import pytest

import test_report
from b2bsurvey.render.labels import Labels
from b2bsurvey.render.wave_tables import printed_tables
from rendered_wave import LANGUAGES, fielded, hostile

FRAME, LINK = "census", "open_link"
KINDS = (
    *("flow", "field_work", "rates", "break_off", "early_late", "next_wave"),
    *("ledger", "sensitivity", "quality", "missing", "missing_patterns", "mcar", "codebook"),
)


def printed(results, kind, language="en"):
    labels = Labels(results.questionnaire, language)
    table = next(t for t in printed_tables(results, labels) if t.kind == kind)
    return {row.label: [cell.text(labels.form) for cell in row.cells] for row in table.rows}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("sampling", [FRAME, LINK])
def test_report_and_workbook_hold_the_same_numbers(sampling, language):
    test_report.test_tables_show_the_numbers_of_the_workbook_to_the_printed_digit(fielded(sampling), language)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("sampling", [FRAME, LINK])
def test_every_note_is_translated(sampling, language):
    results = fielded(sampling)
    labels = Labels(results.questionnaire, language)
    frames = [*results.estimates.values(), *results.tests.values(), results.sensitivity]
    notes = {note for frame in frames for note in frame["note"] if note and note != "Kish"}
    assert any("AAPOR" in note for note in notes)
    assert not {note for note in notes if not labels.is_known(note)}


def test_tables_stand_in_the_order_of_the_study():
    kinds = [t.kind for t in printed_tables(fielded(FRAME), Labels(fielded(FRAME).questionnaire, "en"))]
    assert [kind for kind in kinds if kind in KINDS] == list(KINDS)
    without = [t.kind for t in printed_tables(hostile(), Labels(hostile().questionnaire, "en"))]
    assert "early_late" not in without  # the export has no times
    assert "rates" not in without  # nor does it say who completed


def test_rates_are_printed_with_counts_and_formula():
    rates = printed(fielded(FRAME), "rates")
    assert rates["Response rate RR1"] == ["42.5%", "51", "120", "I / (I + P + R + NC + O + U)"]
    assert rates["Completion rate"] == ["87.9%", "51", "58", "Completed / Took part"]
    french = printed(fielded(LINK), "rates", "fr")
    assert french["Taux de consultation"][0] == "33,3\u202f%"
    assert not any(label.startswith("Taux de réponse") for label in french)


def test_where_respondents_left_is_printed_by_question_and_page():
    found = printed(fielded(FRAME), "break_off")
    assert found["Before the first answer"] == ["–", "–", "1"]
    assert found["Channels"] == ["98.3%", "58", "7"]
    assert found["Page no. 2"] == ["100.0%", "59", "7"]


def test_alternatives_stand_beside_the_result_as_screened():
    results = fielded(FRAME)
    labels = Labels(results.questionnaire, "en")
    table = next(t for t in printed_tables(results, labels) if t.kind == "sensitivity")
    heads = [c.heading for c in table.columns]
    assert heads[:5] == ["As screened", "n", "“incomplete” taken in", "n", "Difference (points)"]
    assert "“too fast” left out" in heads
    for row in table.rows:
        before, after, points = (row.cells[i].value for i in (0, 2, 4))
        assert points == pytest.approx(100 * (after - before))


def test_only_random_samples_have_a_margin_of_error():
    assert any("margin of error" in label for label in printed(fielded(FRAME), "next_wave"))
    assert not any("margin of error" in label for label in printed(fielded(LINK), "next_wave"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_overclaimed(language):
    forbidden = (
        r"margins? of error|significant|\beffects? (?:of|on)\b|sampling error|Fehlermarge|signifikant|Wirkung|"
        "marge d’erreur|significati|influence|impact|margine d.errore|influenza|impatto"
    )
    seen = "".join(test_report.page(fielded(LINK), language, []).text).replace("Design effect of the weights", "")
    assert not re.search(forbidden, seen)


def test_diagnostics_are_no_tests_of_the_sample_questions():
    results = fielded(FRAME)
    labels = Labels(results.questionnaire, "en")
    for table in printed_tables(results, labels):
        if table.kind == "tests":
            assert all("early_late" not in row.section for row in table.rows)
    assert results.adjustments == ("holm",)
