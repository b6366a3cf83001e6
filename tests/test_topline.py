"""The topline: every question once, in its order, with the numbers of the tables to the printed digit."""

import html
import re
from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest

import small_wave
import typed_wave
from b2bsurvey.codebook import described
from b2bsurvey.fielding.form import form_of
from b2bsurvey.fielding.topline import topline
from b2bsurvey.ingest import ingest
from b2bsurvey.readers import read_export
from b2bsurvey.render.catalogue import catalogue
from b2bsurvey.render.labels import Labels
from b2bsurvey.render.wave_tables import printed_tables
from b2bsurvey.respondent_key import DEMONSTRATION_KEY
from b2bsurvey.screening import screen
from rendered_wave import LANGUAGES, MARKUP, finished, hostile, shipped
from test_report import Page

ARTICLE = re.compile(r'<article id="question-(\w+)".*?</article>', re.DOTALL)
CELL = re.compile(r"<(td|th)\b[^>]*>(.*?)</\1>", re.DOTALL)


@cache
def typed():
    """Return (results, variables) of a wave in which no analysis takes most of the questions, with a guest in a battery."""
    changes = (
        ('column: "attitudes[{item}]"', 'column: "ATT[{item}]"'),
        ("  attention:\n", "  attention:\n    column: ATT[X]\n"),
    )
    with TemporaryDirectory() as folder:
        asked = typed_wave.questionnaire(Path(folder), *changes)
        headings = tuple("ATT[X]" if h == "attention" else h.replace("attitudes[", "ATT[") for h in typed_wave.HEADINGS)
        rows = [
            {headings[typed_wave.HEADINGS.index(name)]: cell for name, cell in row.items()}
            for row in typed_wave.some_rows(40, seed=2)
        ]
        responses, report = typed_wave.read(typed_wave.export(*rows, headings=headings), asked)
    screened = screen(responses, asked, typed_wave.WAVE.screening).responses
    results = finished("Typed", typed_wave.WAVE, asked, responses, report)
    return results, described(screened, asked)


def pages(language):
    yield hostile(raked=True), {}, language
    yield shipped(), {}, language


def rows_of(article):
    """Return the rows of a question's table: its label, then the text of each cell, without the bars."""
    without = re.sub(r'<span class="bar">.*?</span></span>', "", article)
    rows = re.findall(r"<tr>(.*?)</tr>", without, re.DOTALL)
    return [[html.unescape(re.sub("<[^>]*>", "", text)).strip() for _, text in CELL.findall(row)] for row in rows]


def articles(page):
    return {found[1]: found[0] for found in ARTICLE.finditer(page)}


def asked_names(questionnaire):
    return [q.question.name for block in form_of(questionnaire).blocks for q in block.questions]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_question_appears_once_in_the_order_of_the_questionnaire(language):
    for results, variables, _ in pages(language):
        page = topline(results, variables, language)
        names = [found[1] for found in ARTICLE.finditer(page)]
        assert names == asked_names(results.questionnaire)
        numbers = re.findall(r"<h3[^>]*><span>(\d+)</span>", page)
        assert numbers == [str(number) for number in range(1, len(names) + 1)]
        for name, article in articles(page).items():
            assert f"<span>{results.questionnaire.questions[name].text[language]}</span>" in html.unescape(article)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_shares_are_those_of_the_tables_to_the_printed_digit(language):
    compared = 0
    for results, variables, _ in pages(language):
        labels = Labels(results.questionnaire, language)
        found = articles(topline(results, variables, language))
        for table in printed_tables(results, labels):
            if table.kind != "overall" or table.question not in found:
                continue
            question = results.questionnaire.questions[table.question]
            shown = rows_of(found[table.question])
            if (question.kind in ("tick", "number") and not question.contexts) or not question.items:
                expected = {row.label: row.cells[0].text(labels.form) for row in table.rows}
                by_label = {row[0]: row[1] for row in shown[1:]}
                for label, text in expected.items():
                    assert by_label[label] == text, (table.question, label)
                    compared += 1
    assert compared > 40


def test_batteries_have_each_share_mean_missing_share_and_base_of_the_tables():
    results = hostile(raked=True)
    labels = Labels(results.questionnaire, "en")
    (table,) = (t for t in printed_tables(results, labels) if t.kind == "answers" and t.question == "barriers")
    shown = rows_of(articles(topline(results, {}, "en"))["barriers"])
    question = results.questionnaire.questions["barriers"]
    base = labels.base("valid", question)
    for row in shown[1:]:
        cells = dict(zip(shown[0], row, strict=True))
        of_item = [r for r in table.rows if r.section == row[0]]
        for answer in question.answers:
            label = answer.label["en"]
            (same,) = (r for r in of_item if r.label == label and r.cells[0].value == base)
            assert cells[label] == same.cells[1].text(labels.form)
            assert cells["n"] == same.cells[5].text(labels.form)
        (mean,) = (r for r in of_item if r.label == "Mean")
        assert cells["Mean"] == mean.cells[1].text(labels.form)
        unknown = [r for r in of_item if r.label == "Don’t know"]
        assert cells.get("Don’t know", "–") == (unknown[0].cells[1].text(labels.form) if unknown else "–")


def test_missing_answers_are_told_with_their_base():
    article = articles(topline(shipped(), {}, "en"))["effectiveness"]
    count = shipped().codebook.set_index("variable").loc["effectiveness", "n_missing"]
    share = f"{100 * count / 1787:.1f}%"
    assert f"Not answered: {share} (respondents who were asked)." in html.unescape(article)
    assert f"n = {1787 - count:,}." in article


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_is_offline_accessible_and_complete_in_its_language(language):
    for results, variables, _ in pages(language):
        text = topline(results, variables, language)
        assert topline(results, variables, language) == text
        assert not re.search(r"(https?:)?//\w|<script|\bon\w+=", text)
        page = Page(text)
        assert ("html", {"lang": language}, []) in page.elements
        ids = [a["id"] for _, a, _ in page.elements if "id" in a]
        assert len(ids) == len(set(ids))
        assert {a["href"][1:] for tag, a, _ in page.elements if tag == "a"} <= set(ids)
        assert {a["aria-labelledby"] for _, a, _ in page.elements if "aria-labelledby" in a} <= set(ids)
        levels = [int(tag[1]) for tag, _, _ in page.elements if re.fullmatch("h[1-6]", tag)]
        assert levels.count(1) == 1
        assert all(b - a <= 1 for a, b in pairwise(levels))
        assert all(a["scope"] in ("col", "row", "rowgroup") for tag, a, _ in page.elements if tag == "th")
        words = " ".join(page.text)
        assert not [
            key
            for key in catalogue(language).texts
            if "." in key and re.search(rf"(?<![\w.]){re.escape(key)}(?![\w.])", words)
        ]
        if language != "en":
            english = (
                "Base:" if language != "it" else "respondents",
                "Please",
                "Share",
                "Count",
                "unweighted",
                "Only if",
            )
            assert not [word for word in english if re.search(rf"\b{word}\b", words)]


def test_labels_are_text():
    page = topline(hostile(raked=True), {}, "de")
    assert MARKUP not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "Study <b>" not in page


def test_questions_that_no_analysis_takes_have_unweighted_counts_and_say_so():
    results, variables = typed()
    found = articles(topline(results, variables, "en"))
    consent = rows_of(found["consent"])
    counts = variables["consent"].counts
    n = sum(counts.values())
    assert consent[1:] == [
        ["Yes", f"{100 * counts['yes'] / n:.1f}%", str(counts["yes"])],
        ["No", f"{100 * counts['no'] / n:.1f}%", str(counts["no"])],
    ]
    assert "No analysis takes this question: its numbers are unweighted" in found["consent"]
    assert "No analysis takes this question" not in found["main_barriers"]
    founded = rows_of(found["founded"])
    assert founded[1] == ["answered", "100.0%", str(variables["founded"].n_valid)]
    missing = variables["founded"].missing["not_answered"]
    assert (
        f"Not answered: {100 * missing / variables['founded'].n:.1f}% (all respondents analysed)." in found["founded"]
    )


def test_numbers_and_ranks_have_mean_median_and_quartiles():
    results, variables = typed()
    found = articles(topline(results, variables, "en"))
    hours = rows_of(found["hours"])
    assert hours[0] == ["Statistic", "hours a week"]
    assert [row[0] for row in hours[1:]] == ["Mean", "Lower quartile", "Median", "Upper quartile"]
    ranks = rows_of(found["main_barriers"])
    assert ranks[0] == ["Item", "Mean", "Lower quartile", "Median", "Upper quartile", "n"]
    assert [row[0] for row in ranks[1:]] == ["Privacy", "Time", "Skills", "Money"] or len(ranks) == 5


def test_an_attention_check_stands_as_the_row_of_a_battery_that_it_was():
    results, variables = typed()
    found = articles(topline(results, variables, "en"))
    assert "attention" not in found
    rows = {row[0]: row for row in rows_of(found["attitudes"])[1:]}
    text = results.questionnaire.questions["attention"].text["en"]
    counts = variables["attention"].counts
    shares = [f"{100 * count / sum(counts.values()):.1f}%" for count in counts.values()]
    assert [cell for cell in rows[text][1:] if "%" in cell] == shares
    assert rows[text][-1] == str(variables["attention"].n_valid)
    assert f"Unweighted, as no analysis takes it: {text}" in html.unescape(found["attitudes"])


@pytest.mark.parametrize(
    ("cleared", "said"),
    [(("remark",), "The texts are cleared"), ((), "The texts are held back")],
)
def test_open_answers_are_counted_but_not_shown(cleared, said):
    results, variables = typed()
    page = topline(replace(results, wave=replace(results.wave, cleared_answers=cleared)), variables, "en")
    assert said in articles(page)["remark"]


def test_small_bases_are_marked_and_explained():
    page = topline(hostile(raked=True), {}, "en")
    marked = [article for article in articles(page).values() if "†</span>" in article or "†</td>" in article]
    assert marked
    assert all("† Base below 30: read with caution." in article for article in marked)


def test_a_wave_of_which_nobody_is_analysed_has_a_page():
    results = hostile(nobody=True)
    export = read_export(Path("small.csv"), data=small_wave.export(2).encode())
    responses, _ = ingest([export], results.questionnaire, DEMONSTRATION_KEY, results.wave)
    nobody = responses.keep(np.zeros(len(responses), bool))
    page = topline(results, described(nobody, results.questionnaire), "en")
    assert list(articles(page)) == asked_names(results.questionnaire)
    assert rows_of(articles(page)["staff"])[1][1] == "–"
