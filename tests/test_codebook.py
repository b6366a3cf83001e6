"""The codebook: one row a variable, what it means, and counts that reconcile."""

import html
import io
import re
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest

import small_wave
import typed_wave
from b2bsurvey.codebook import CODEBOOK_COLUMNS, condition_in_words, derivation_in_codes, described
from b2bsurvey.config import Wave
from b2bsurvey.ingest import ingest
from b2bsurvey.questionnaire import Bounds, Condition, Derivation
from b2bsurvey.readers import read_export
from b2bsurvey.render.catalogue import catalogue
from b2bsurvey.render.codebook_page import Codebook, codebook_page
from b2bsurvey.tables import to_csv
from rendered_wave import LANGUAGES, MARKUP, hostile, hostile_questionnaire, shipped
from test_report import Page


def test_one_row_a_variable_with_counts_that_sum_to_the_respondents():
    results = hostile()
    book = results.codebook
    assert tuple(book.columns) == CODEBOOK_COLUMNS
    assert list(book["variable"]) == [v.name for v in results.questionnaire.variables]
    analysed = (results.ledger["disposition"] == "analysed").sum()
    assert (book["n_valid"] + book["n_missing"] == analysed).all()
    for _, row in book.iterrows():
        assert sum(int(part.split("=")[1]) for part in row["missing"].split("; ") if part) == row["n_missing"]


def test_a_row_says_what_its_variable_is():
    book = hostile().codebook.set_index("variable")
    why = book.loc["why_not_no_need"]
    assert (why["type"], why["level"], why["codes"]) == ("tick_all", "nominal", "1=ticked; 0=not ticked")
    assert why["label"] == "Why does your firm not use social media? (several answers) [No need]"
    assert (why["base"], why["asked_if"]) == ("answered", "Adoption: Will not use")
    assert why["source_column"] == "why_not_no_need"
    assert book.loc["staff", "codes"] == "small=1–49; large=50 and more"
    assert book.loc["channels_linkedin_work", "context"] == "work"


def test_derived_variables_say_how_they_are_made():
    book = shipped().codebook.set_index("variable")
    derived = book[book["derived_from"] != ""]
    assert len(derived) == sum(q.derivation is not None for q in shipped().questionnaire.questions.values())
    assert (derived["source_column"] == "").all()


@pytest.mark.parametrize(
    ("derivation", "text"),
    [
        (Derivation("net", ("programme",), ("yes", "planning")), "net(programme: yes|planning)"),
        (Derivation("map", ("size",), groups={"small": ("a", "b"), "large": ("c",)}), "map(size: small=a|b, large=c)"),
        (Derivation("band", ("age",), bounds={"young": 0, "old": 50.5}), "band(age: young≥0, old≥50.5)"),
        (Derivation("count", ("channels",)), "count(channels)"),
        (Derivation("ratio", ("posts", "hours")), "ratio(posts / hours)"),
        (Derivation("back_code", ("sector",), file="coding/sector.csv"), "back_code(sector: coding/sector.csv)"),
        (
            Derivation("any_of", ("a",), condition=Condition(((("a", Bounds(1, 10)),), (("a", Bounds(20)),)))),
            "any_of(a 1–10; a ≥ 20)",
        ),
        (Derivation("index", ("a", "b"), min_valid=2), "index(a, b: min_valid=2)"),
        (
            Derivation("any_of", ("a", "b"), condition=Condition(((("a", ("x", "y")),), (("b", None),)))),
            "any_of(a=x|y; b=any)",
        ),
    ],
)
def test_derivations_in_codes(derivation, text):
    assert derivation_in_codes(derivation) == text


def test_conditions_in_words():
    questionnaire = hostile().questionnaire
    condition = Condition(((("adoption", ("uses", "planned")), ("staff", None)), (("channels_xing_work", ("1",)),)))
    assert condition_in_words(condition, questionnaire, "en") == (
        "Adoption: Uses or Planned and Firm size: answered; or Channels [Xing · At work]: 1"
    )
    words = ("et", "ou", "répondu", "\u202f: ")
    assert condition_in_words(condition, questionnaire, "fr", words).startswith("Adoption\u202f: Uses ou Planned et")


def test_it_goes_through_csv_unchanged():
    book = shipped().codebook
    again = pd.read_csv(io.StringIO(to_csv(book)), keep_default_na=False)
    assert again.equals(book.astype(again.dtypes.to_dict()))


# --- the page ---


def typed_book(folder, *changes, wave="", rows=None):
    asked = typed_wave.questionnaire(folder, *changes, wave=wave, coding="text,code\nfarm,farming\n")
    headings = tuple("n_posts" if wave and h == "posts" else h for h in typed_wave.HEADINGS)
    given = rows or [*typed_wave.some_rows(40, seed=2), {"sector_text": "farm"}, {"sector_text": "Anna’s school"}]
    given = [
        {headings[typed_wave.HEADINGS.index(h)]: cell for h, cell in row.items() if h in typed_wave.HEADINGS}
        for row in given
    ]
    responses, report = typed_wave.read(typed_wave.export(*given, headings=headings), asked)
    return Codebook(
        "Study <b>&</b>", "types", "synthetic", asked, described(responses, asked), report.to_dict()
    ), responses


def small_book(folder):
    asked = hostile_questionnaire(folder)
    raw = read_export(Path("small.csv"), data=small_wave.export().encode())
    responses, report = ingest([raw], asked, b"key", Wave("small", ("small.csv",), "q.yaml", "open_link"))
    return Codebook("Study", "small", "observed", asked, described(responses, asked), report.to_dict())


def number_cells(row):
    return [re.sub(r"\D", "", text) for _, _, texts in row[1:] for text in texts[:1] if "%" not in text]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_is_offline_accessible_and_complete(tmp_path, language):
    for book in (small_book(tmp_path), *([typed_book(tmp_path)[0]] if language in ("en", "de") else [])):
        text = codebook_page(book, language)
        assert codebook_page(book, language) == text
        assert not re.search(r"(https?:)?//\w|<script|\bon\w+=", text)
        page = Page(text)
        assert ("html", {"lang": language}, []) in page.elements
        ids = [a["id"] for _, a, _ in page.elements if "id" in a]
        assert len(ids) == len(set(ids))
        assert {a["href"][1:] for t, a, _ in page.elements if t == "a"} <= set(ids)
        assert {f"question-{name}" for name in book.questionnaire.questions} <= set(ids)
        levels = [int(tag[1]) for tag, _, _ in page.elements if re.fullmatch("h[1-6]", tag)]
        assert levels.count(1) == 1
        assert all(b - a <= 1 for a, b in pairwise(levels[levels.index(1) :]))
        assert all(a["scope"] in ("col", "row", "rowgroup") for t, a, _ in page.elements if t == "th")
        assert all(table["caption"].strip() for table in page.tables)
        keys = [key for key in catalogue(language).texts if "." in key]
        words = " ".join(page.text)
        assert not [key for key in keys if re.search(rf"(?<![\w.]){re.escape(key)}(?![\w.])", words)]


def test_labels_are_escaped(tmp_path):
    text = codebook_page(small_book(tmp_path), "fr")
    assert MARKUP not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "Study <b>" not in codebook_page(typed_book(tmp_path)[0], "en")


def test_counts_add_up_to_the_respondents_and_shares_are_of_those_who_answered(tmp_path):
    book, responses = typed_book(tmp_path)
    page = Page(codebook_page(book, "en"))
    consent = next(t for t in page.tables if t["caption"].strip() == "May we use your answers?")
    rows = {row[0][2][0]: row for row in consent["rows"][1:] if len(row) > 1}
    counts = {label: int(number_cells(row)[0]) for label, row in rows.items()}
    assert (
        sum(n for label, n in counts.items() if label != "Respondents") == counts["Respondents"] == len(responses) == 42
    )
    assert rows["Yes"][2][2][0] == f"{100 * counts['Yes'] / (counts['Yes'] + counts['No']):.1f}%"
    for found in book.variables.values():
        assert found.n_valid + sum(found.missing.values()) == found.n
        if found.counts and found.variable.kind == "category":
            assert sum(found.counts.values()) == found.n_valid


def test_numbers_are_summed_up(tmp_path):
    rows = [{"hours": h, "founded": d} for h, d in (("1", "01.02.1990"), ("2", ""), ("3", "31.05.1999"), ("10", ""))]
    book, _ = typed_book(tmp_path, rows=rows)
    # by hand: mean 16/4, variance (9 + 4 + 1 + 36)/3; quartiles of R's quantile(c(1, 2, 3, 10))
    expected = {"mean": 4, "sd": (50 / 3) ** 0.5, "min": 1, "q1": 1.75, "median": 2.5, "q3": 4.75, "max": 10}
    assert book.variables["hours"].numbers == pytest.approx(expected)
    assert [str(day) for day in book.variables["founded"].days] == ["1990-02-01", "1999-05-31"]
    assert book.variables["remark"].numbers == {}


def facts(text, name):
    article = text[text.index(f'id="question-{name}"') :]
    found = re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", article[: article.index("</dl>")])
    return dict(found)


def test_facts_say_how_a_question_was_asked_and_what_was_set_aside(tmp_path):
    rows = [{"consent": "no", "attention": "agree"}, {"channels": "LinkedIn, none", "hours": "999"}, {"hours": "3"}]
    lenient = ("languages: [en, de]", "languages: [en, de]\nnot_understood: 0.5")
    text = codebook_page(typed_book(tmp_path, lenient, rows=rows)[0], "en")
    assert facts(text, "attention")["Asked if"] == "May we use your answers?: Yes"
    assert facts(text, "attention")["Set aside"] == "answers of respondents who were not asked: 1"
    assert facts(text, "channels")["Set aside"].startswith(
        "exclusive option ticked together with others; the others stand: 1"
    )
    assert facts(text, "hours")["Set aside"] == "cells that were not understood, counted as not answered: 1"
    assert facts(text, "hours")["Values allowed"] == "whole numbers, from 0, up to 168"
    assert facts(text, "founded")["Values allowed"] == "from 1800-01-01"
    assert facts(text, "remark")["Values allowed"] == "the texts are held back"
    assert facts(text, "main_barriers")["Variables"] == "main_barriers_privacy to main_barriers_money (4)"
    assert facts(text, "channels")["Classes"] == "Networking: LinkedIn, Xing; Publication: Blogs, wikis and the like"
    assert facts(text, "attitudes")["Worded the other way round"] == "Nobody expects it"
    assert facts(text, "sector")["Column of the export"] == "sector; sector_text"


@pytest.mark.parametrize(
    ("derived", "words"),
    [
        ("net: {of: consent, codes: [yes]}", "yes where May we use your answers? is Yes, no with any other answer"),
        ("count: {of: channels}", "number of options ticked: Which channels do you use?"),
        ("count: {of: attitudes, codes: [agree, neither]}", "number of items with Agree or Neither: How far do you agree?"),
        ("any_of: [{hours: {min: 10}}, {consent: [no]}]", "yes where this holds: Hours: ≥ 10; or May we use your answers?: No"),
        ("all_of: [{hours: {max: 10}, consent: [no]}]", "yes where all of this holds: Hours: ≤ 10 and May we use your answers?: No"),
        ("index: {of: [attitudes], min_valid: 2}", "mean score of How far do you agree?; at least 2 valid; turned round: Nobody expects it"),
        (
            "map: {of: consent, to: {a: [yes], b: [no, not_answered]}}\n    answers: {a: {label: {en: A, de: A}}, b: {label: {en: B, de: B}}}",
            "May we use your answers?, its answers grouped: A = Yes; B = No or Not answered",
        ),
        (
            "band: {of: hours, from: {a: 0, b: 7.5}}\n    answers: {a: {label: {en: A, de: A}}, b: {label: {en: B, de: B}}}",
            "Hours in bands: A from 0; B from 7.5",
        ),
    ],
)  # fmt: skip
def test_derived_variables_are_told_in_words(tmp_path, derived, words):
    made = ("derived:\n", f"derived:\n  made:\n    text: {{en: Made, de: Gemacht}}\n    {derived}\n")
    text = codebook_page(typed_book(tmp_path, made)[0], "en")
    assert html.unescape(facts(text, "made")["How it is made"]) == words
    assert facts(text, "posts_per_hour")["How it is made"] == "How many posts a week? divided by Hours"
    assert facts(text, "sector_coded")["How it is made"].endswith("sector.csv: 1 coded, 1 left open")
    assert facts(text, "pressure")["How it is made"].startswith(
        "mean score of How far do you agree? [Customers expect it],"
    )
    assert "Anna" not in text


def test_what_the_wave_left_out_is_named_without_a_table(tmp_path):
    text = codebook_page(typed_book(tmp_path, wave="later")[0], "en")
    assert facts(text, "founded")["Asked if"] == "not asked in this wave"
    assert "<table" not in text[text.index('id="question-founded"') : text.index('id="question-remark"')]
    assert "Nobody expects it" not in text
    assert "Agree fully" in text
    alone = ("items: {nobody: {not_asked: true}}", "items: {nobody: {not_asked: true}, partners: {not_asked: true}}")
    text = codebook_page(typed_book(tmp_path, alone, wave="later")[0], "en")
    constructs = text[text.index('<section id="constructs"') : text.index('<section id="derived"')]
    assert facts(constructs, "pressure")["Asked if"] == "not asked in this wave"
