"""The report of trends and its figures: four languages, every p in a family, refused comparisons with their sentence."""

import re
from dataclasses import replace
from functools import cache

import pytest

import compared_waves
from b2bsurvey.codebook_diff import codebook_diff
from b2bsurvey.config import Inference
from b2bsurvey.families import families
from b2bsurvey.render.drawn import DrawnFigure
from b2bsurvey.render.figures.trend_charts import draw_trends
from b2bsurvey.render.labels import Labels
from b2bsurvey.render.trend_report import Compared, Trends, trend_report
from b2bsurvey.render.trend_tables import changes_table, diff_table, overall_table
from b2bsurvey.tables import Tables
from b2bsurvey.wave_changes import ACROSS, by_analysis, wave_changes
from rendered_wave import LANGUAGES
from test_report import Page

SHOWN = ("barriers", "media", "strategy", "adoption", "done_before_contact")


@cache
def tables() -> Tables:
    """Return what is found between the Lucerne waves, of some questions."""
    found = wave_changes([compared_waves.lucerne()])
    return Tables(*(table[table["question"].isin(SHOWN)] for table in (found.estimates, found.tests)))


@cache
def trends(waves=3) -> Trends:
    series = compared_waves.lucerne()[:waves]
    compared = Compared(tuple(w.wave for w in series), tuple(w.survey.questionnaire for w in series))
    found = tables() if waves == 3 else Tables(*(of_two(table) for table in (tables().estimates, tables().tests)))
    listed = families(ACROSS, by_analysis(found.tests), Inference())
    diff = codebook_diff([[wave.asked for wave in series]])
    return Trends("Study <b>&</b>", (compared,), ("other",), diff, found.estimates, found.tests, listed)


def of_two(table):
    third = "lucerne-2019"
    columns = [name for name in ("wave", "level", "level2", "comparison") if name in table]
    table = table[table["statistic"] != "slope"]
    without = ~table[columns].apply(lambda column: column.str.contains(third)).any(axis=1)
    return table[without & table["base"].isin(["adopters", ""])] if "base" in table else table[without]


@cache
def figures(language, waves=3):
    series = trends(waves).compared[0].as_series
    return draw_trends(trends(waves).estimates, trends(waves).tests, [series], language, study="Study")


def drawn(language, waves=3):
    return [
        DrawnFigure(
            f.name, f.question, f.analysis, f.title, f.subtitle, f.caption, f.alt, f.files(("svg",))["svg"].decode()
        )
        for f in figures(language, waves)
    ]


def plain(text):
    return " ".join(text.replace("\u00ad", "").split())


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_is_one_file_in_its_language_that_says_what_is_refused(language):
    page = Page(trend_report(trends(2), language, drawn(language, 2)))
    seen = plain("".join(page.text))
    labels = Labels(trends().compared[0].questionnaires[-1], language)
    assert ("html", {"lang": language}, []) in page.elements
    assert not any(tag in ("script", "link", "img") for tag, _, _ in page.elements)
    assert "Study <b>&</b>" in seen
    sentence = "lucerne-2013 and lucerne-2016 cannot be compared: lucerne-2013 is of all, whatever they answered, "
    assert plain(labels.note(sentence + "lucerne-2016 is of adoption=uses")) in seen
    assert plain(labels("trend.others", waves="other")) in seen
    for figure in figures(language, 2):
        assert plain(figure.title) in seen
    assert f"../index_{language}.html" in {a.get("href") for tag, a, _ in page.elements if tag == "a"}


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_every_note_is_translated(language):
    labels = Labels(trends().compared[0].questionnaires[0], language)
    frames = (trends().estimates, trends().tests, trends().diff)
    notes = {note for frame in frames for note in frame["note"] if note}
    assert len(notes) > 5
    for note in notes:
        assert labels.is_known(note), note
        assert labels.note(note) != note


def test_every_p_of_the_tables_belongs_to_a_family_that_is_listed():
    labels = Labels(trends().compared[0].questionnaires[-1], "en")
    printed = set()
    for name in ("barriers", "done_before_contact"):
        views = [*changes_table(trends().estimates, trends().tests, labels, name)]
        views.append(overall_table(trends().estimates, trends().tests, labels, name))
        printed |= {cell.value for view in views for row in view.rows for cell in row.cells if cell.kind == "p"}
    tests = trends().tests
    assert len(printed) > 10
    assert printed <= set(tests["p_adjusted"].dropna())
    assert set(tests["family"]) <= set(trends().families["family"])


def test_a_table_of_two_waves_adds_up_as_printed():
    labels = Labels(trends(2).compared[0].questionnaires[-1], "en")
    (table,) = changes_table(trends(2).estimates, trends(2).tests, labels, "barriers")
    headings = [column.heading.replace("\u00ad", "") for column in table.columns]
    places = {name: headings.index(name) for name in ("lucerne-2013", "Change (points)", "Composition", "Real change")}
    for row in table.rows:
        change, composition, real = (
            row.cells[places[n]].value for n in ("Change (points)", "Composition", "Real change")
        )
        assert change == pytest.approx(composition + real, abs=1e-9)
    asked = trends(2).estimates.query("question == 'barriers' and statistic == 'top2'").groupby("wave")["n"]
    bases = [
        f"{wave}: n = {low}–{high}" for wave, low, high in zip(asked.groups, asked.min(), asked.max(), strict=True)
    ]
    assert ", ".join(bases) in table.base_note
    assert "Comparable with care: weighting, wording, base." in table.notes


def test_three_waves_have_their_values_and_slope_in_one_table():
    labels = Labels(trends().compared[0].questionnaires[-1], "en")
    table = overall_table(trends().estimates, trends().tests, labels, "barriers")
    assert [c.heading for c in table.columns][:4] == [
        "lucerne-2013",
        "lucerne-2016",
        "lucerne-2019",
        "Change (points) a year",
    ]
    assert len(table.rows) == 9
    assert overall_table(trends(2).estimates, trends(2).tests, labels, "barriers") is None


def test_the_diff_gives_texts_in_the_language_of_the_page():
    first, second = trends(2).compared[0].questionnaires
    labels = Labels(second, "de")
    table = diff_table(trends(2).diff, {"lucerne-2013": first, "lucerne-2016": second}, labels)
    texts = {cell.value for row in table.rows for cell in row.cells}
    assert {first.questions["barriers"].text["de"], second.questions["barriers"].text["de"]} <= texts
    assert "keine Gewichte" in texts


def test_few_items_are_lines_and_many_stand_side_by_side():
    names = {f.name: f for f in figures("en", 2)}
    assert set(names) == {"usage_media", "barriers_barriers", "adoption_strategy"}
    assert "Clear differences by “Wave”" in names["usage_media"].title
    assert re.search(r"changed most: 68% in lucerne-2013, 43% in lucerne-2016", names["barriers_barriers"].title)
    assert "Comparable with care: weighting, wording, base." in names["barriers_barriers"].caption
    assert "n = 105–227" in names["barriers_barriers"].caption.replace("\u00a0", " ")


def test_a_base_of_some_waves_and_one_of_all_have_a_figure_each():
    names = [f.name for f in figures("en")]
    assert len(names) == len(set(names))
    assert {"barriers_barriers_adopters", "barriers_barriers_valid", "adoption_adoption"} <= set(names)


def test_waves_with_nothing_to_compare_have_a_page_that_says_so():
    nothing = trends(2)
    empty = {name: getattr(nothing, name).iloc[:0] for name in ("estimates", "tests", "families")}
    seen = plain("".join(Page(trend_report(replace(nothing, **empty, others=()), "en", [])).text))
    assert "Nothing can be compared between these waves." in seen
    assert "no other wave is of the same series" not in seen


def test_two_series_have_a_part_each():
    given = trends(2)
    both = replace(given, compared=(given.compared[0], given.compared[0]))
    text = trend_report(both, "en", drawn("en", 2))
    ids = re.findall(r'<(?:section|h2|h3) id="([^"]+)"', text)
    assert len(ids) == len(set(ids))
    assert {"barriers-1", "barriers-2"} <= set(ids)
