"""Tables, workbook, report and figures of scales: the numbers of the analysis, in four languages, and reasons."""

import io
import re
from dataclasses import replace
from functools import cache
from pathlib import Path

import pandas as pd
import pytest
from openpyxl import load_workbook

import lucerne_wave
from b2bsurvey.ingest import ingest
from b2bsurvey.readers import read_export
from b2bsurvey.render.figures import draw_figures, figure_names
from b2bsurvey.render.labels import Labels
from b2bsurvey.render.report import report
from b2bsurvey.render.scale_tables import scale_tables
from b2bsurvey.render.wave_tables import printed_tables
from b2bsurvey.render.workbook import workbook
from rendered_wave import finished, hostile
from scale_wave import LANGUAGES, WAVE, answers, questionnaire

KINDS = {
    *("scale_reliability", "scale_items", "fornell_larcker", "htmt", "scale_correlations", "common_method"),
    *("scale_fit", "scale_factors", "eigenvalues", "loadings_oblimin", "loadings_varimax", "segment"),
}


@cache
def results(n=200, weighted=False):
    frame = answers().iloc[:n]
    frame = frame.assign(w=["1", "2"] * (n // 2)) if weighted else frame
    wave = WAVE if not weighted else replace(WAVE, weight_column="w")
    asked = questionnaire()
    export = read_export(Path("scales.csv"), data=frame.to_csv(index=False).encode())
    return finished("Scales", wave, asked, *ingest([export], asked, b"key", wave))


def tables(found, language="en"):
    return {t.kind: t for t in scale_tables(found, Labels(found.questionnaire, language))}


def estimate(found, **of):
    frame = found.estimates["scales"]
    return frame[(frame[list(of)] == pd.Series(of)).all(axis=1)].iloc[0]["estimate"]


@cache
def figures(n, language):
    found = results(n)
    frames = dict(found.estimates) | {f"{name}_tests": t for name, t in found.tests.items()}
    drawn = draw_figures(frames, found.questionnaire, language, "synthetic")
    return {f.name: f for f in drawn if f.analysis == "scales"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_tables_are_there_with_the_numbers_of_the_analysis(language):
    found = results()
    shown = tables(found, language)
    assert set(shown) == KINDS
    risk = shown["scale_reliability"].rows[0]
    assert risk.label == "Risk"
    printed = [cell.value for cell in risk.cells]
    for statistic in ("mean", "sd", "median", "alpha", "omega", "composite_reliability", "ave"):
        assert estimate(found, question="risk", statistic=statistic, item="", segment="") in printed, statistic
    square = [[c.value for c in row.cells] for row in shown["htmt"].rows]
    below, above = (estimate(found, statistic=s, construct="risk", item2="need") for s in ("htmt", "htmt2"))
    assert (square[1][0], square[0][1], square[0][0]) == (below, above, "")
    assert all(t.title and t.base_note and "tables/scales.csv" in t.source for t in shown.values())


@pytest.mark.parametrize("language", LANGUAGES)
def test_reasons_stand_below_the_table_in_its_language(language):
    notes = tables(results(), language)["scale_reliability"].notes
    labels = Labels(questionnaire(), language)
    why = labels.note("not estimable: the model has too few items for its factors")
    assert notes == (f"Plan{labels('word.colon')}{why}",)
    assert language == "en" or "not estimable" not in notes[0]


def test_weighted_waves_say_what_is_not_weighted():
    shown = tables(results(weighted=True))
    for kind, words in {
        "htmt": "These statistics have no weighted form",
        "scale_reliability": "Means, standard deviations and medians are weighted",
        "common_method": "Correlations with the marker are weighted",
    }.items():
        assert any(note.startswith(words) for note in shown[kind].notes), kind
    assert not any("weighted" in note for note in shown["scale_correlations"].notes)
    assert not any("weighted" in note for t in tables(results()).values() for note in t.notes)


def test_the_workbook_holds_the_tables_and_the_report_too():
    found = results()
    names = load_workbook(io.BytesIO(workbook(found, "de"))).sheetnames
    assert any("Skalen Werte und" in name for name in names)
    page = report(found, "fr", [])
    section = page[page.index('<section id="scales"') :]
    section = section[: section.index("</section>")]
    assert "Échelles\u202f: scores et fiabilité" in section
    assert "Fornell" in section
    assert "Non abordé dans cette vague." not in section


def test_a_wave_without_constructs_was_not_asked():
    found = hostile()
    assert "scales" not in found.estimates
    assert not [t for t in printed_tables(found, Labels(found.questionnaire, "en")) if t.analysis == "scales"]
    page = report(found, "it", [])
    assert re.search(r"Non rilevato in questa ondata</dt><dd>[^<]*; Scale di misura", page)


def test_the_questionnaire_alone_decides_which_figures_there_are():
    assert [n for n in figure_names(questionnaire()) if n.startswith("scales")] == list(figures(200, "en"))
    assert list(figures(200, "en")) == ["scales_reliability", "scales_correlations", "scales_loadings_views"]
    names = [n for n in figure_names(lucerne_wave.questionnaire()) if n.startswith("scales_loadings")]
    batteries = ("barriers", "pressure", "toe", "stage_importance", "trends", "sharing_motives")
    assert names == [f"scales_loadings_{battery}" for battery in batteries]


@pytest.mark.parametrize("language", LANGUAGES)
def test_titles_are_findings_and_alternatives_hold_every_number(language):
    drawn, form = figures(200, language), Labels(questionnaire(), language).form
    alpha = form.number(estimate(results(), statistic="alpha", construct="risk"), 2)
    assert alpha in drawn["scales_reliability"].title
    assert "3" in drawn["scales_reliability"].title
    omega = form.number(estimate(results(), statistic="omega", construct="risk"), 2)
    assert f"α {alpha}" in drawn["scales_reliability"].alt
    assert f"ω {omega}" in drawn["scales_reliability"].alt
    r = form.number(estimate(results(), statistic="correlation", construct="risk", item2="need"), 2)
    assert r in drawn["scales_correlations"].alt
    for figure in drawn.values():
        assert "n = " in figure.caption.replace("\N{NO-BREAK SPACE}", " ")
        assert figure.files(("svg",))["svg"].startswith(b"<?xml")


def test_reversed_items_are_marked_where_their_loading_is_turned():
    assert "Item risk4 (reversed)" in figures(200, "en")["scales_loadings_views"].alt
    items = [row.label for row in tables(results())["scale_items"].rows]
    assert [label for label in items if "reversed" in label] == ["Item risk4 (reversed)"]


def test_figures_that_cannot_be_estimated_say_why():
    drawn = figures(2, "de")
    for name, title in {
        "scales_reliability": "Reliabilität der Skalen: α mit Intervall, und ω: nicht schätzbar",
        "scales_loadings_views": "Views: Ladungen der Items auf Faktoren (Oblimin): nicht schätzbar",
    }.items():
        assert drawn[name].title == title
        assert re.search(r"Keine Schätzung: nicht schätzbar: .*(Befragte|Fälle)", drawn[name].alt)
