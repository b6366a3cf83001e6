"""The report: offline, accessible, honest, and with the numbers of the workbook."""

import io
import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from openpyxl import load_workbook

from b2bsurvey.render.drawn import DrawnFigure
from b2bsurvey.render.labels import Labels
from b2bsurvey.render.report import embedded, report
from b2bsurvey.render.wave_tables import printed_tables
from b2bsurvey.render.workbook import workbook
from rendered_wave import FORMULA, LANGUAGES, LONG, MARKUP, hostile, shipped
from study import ROOT
from test_workbook import shown

VOID = {"meta", "link", "br", "img", "input", "hr"}
CELLS = ("td", "th")
# whose end tags HTML lets be left out, by the tag that ends them
ENDS = (
    dict.fromkeys(CELLS, CELLS)
    | {"tr": (*CELLS, "tr")}
    | dict.fromkeys(("tbody", "table"), (*CELLS, "tr", "thead", "tbody"))
)
DARK = {"fill: #ffffff": "fill:#14202a", "stroke: #0b5f7e": "stroke:#23809f", "fill: #1d2b36": "fill:#e8edf0"}
SVG = (
    '<?xml version="1.0"?><!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/svg11.dtd">'
    '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" id="me" width="10" height="10" '
    'viewBox="0 0 10 10" role="img" aria-labelledby="me-title"><title id="me-title">t</title><desc>d</desc>'
    "<style>@media screen and (prefers-color-scheme: dark){"
    + "".join(f'#me [style*="{light}"]{{{dark}!important}}' for light, dark in DARK.items())
    + "}</style><metadata>http://purl.org/dc</metadata>"
    '<defs><style type="text/css">*{stroke-linecap: butt}</style></defs>'
    '<clipPath id="c"><rect style="fill: #ffffff; stroke: #0b5f7e" width="9" height="9"/></clipPath>'
    '<g clip-path="url(#c)"><g>\n<g id="unused"/><use xlink:href="#c"/></g>\n'
    '<g>\n<text style="fill: #123456" x="1">t</text>\n</g></g></svg>'
)
FIGURES = [
    DrawnFigure("flow", "", "sample", "All count", "flow", "", "alt of the flow", SVG),
    DrawnFigure("barriers", "barriers", "barriers", f"{MARKUP} leads", "Why?", "", 'alt "quoted" <b>', SVG),
]


class Page(HTMLParser):
    """Collects elements and tables; fails on a tag that is not closed, those aside that HTML closes by itself."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.elements, self.open, self.tables, self.text = [], [], [], []
        self.feed(text)
        assert not self.open

    def close_before(self, tag):
        while self.open and self.open[-1][0] in ENDS.get(tag, ()):
            self.open.pop()

    def handle_starttag(self, tag, attrs):
        self.close_before(tag)
        self.elements.append((tag, dict(attrs), [t for t, _ in self.open]))
        if tag == "table":
            self.tables.append(
                {
                    "class": dict(attrs).get("class"),
                    "text": dict(attrs).get("data-text", "").split(),
                    "caption": "",
                    "heads": [],
                    "rows": [],
                }
            )
        if tag == "tr":
            self.tables[-1]["rows"].append([])
        if tag in ("td", "th"):
            row = self.tables[-1]["rows"][-1]
            is_number = tag == "td" and str(len(row) + 1) not in self.tables[-1]["text"]
            row.append(("" if tag == "td" else "th", "n" if is_number else "", []))
        if tag not in VOID:
            self.open.append((tag, dict(attrs)))

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs), [t for t, _ in self.open]))

    def handle_endtag(self, tag):
        if tag == "table":
            self.close_before(tag)
        assert self.open.pop()[0] == tag

    def handle_data(self, data):
        tags = [t for t, _ in self.open]
        if "style" not in tags:
            self.text.append(data)
        if "caption" in tags:
            self.tables[-1]["caption"] += data
        elif ("td" in tags or "th" in tags) and data.strip():
            self.tables[-1]["rows"][-1][-1][2].append(data.strip())


def page(results, language="en", figures=FIGURES):
    return Page(report(results, language, figures))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "results", [shipped(), hostile(weighted=True), hostile(raked=True)], ids=["shipped", "hostile", "raked"]
)
def test_tables_show_the_numbers_of_the_workbook_to_the_printed_digit(results, language):
    labels = Labels(results.questionnaire, language)
    book = load_workbook(io.BytesIO(workbook(results, language)))
    of_workbook = {
        (t.kind, t.analysis, t.title): sheet
        for t, sheet in zip(printed_tables(results, labels, banners=True), book.worksheets[2:], strict=True)
    }
    tables = {str(t.number): t for t in printed_tables(results, labels)}
    # the workbook lays these out otherwise
    same = {n: t for n, t in tables.items() if t.kind not in ("segment", "answers", "tests", "families")}
    sheets = {n: of_workbook[t.kind, t.analysis, t.title] for n, t in same.items()}
    compared = set()
    rows_of = {}
    for table in page(results, language).tables:
        number = re.search(r"\d+", table["caption"])[0]
        rows_of.setdefault(number, []).extend(table["rows"])
    for number, rows in ((n, rows) for n, rows in rows_of.items() if n in same):
        html = [[t for tag, c, texts in row for t in texts if "n" in c.split() and not tag] for row in rows]
        html = [numbers for numbers in ([x for t in row for x in digits(t)] for row in html) if numbers]
        excel = []
        for line in sheets[number].iter_rows(min_col=2):
            numeric = any(isinstance(c.value, int | float) for c in line)
            if numeric:
                excel.append([x for c in line for x in digits(printed_number(c, labels.form))])
        assert html == excel, (language, number)
        compared.add(number)
    assert compared == {n for n, t in same.items() if t.kind != "codebook"}


def printed_number(cell, form):
    return shown(cell.value, cell.number_format, form) if isinstance(cell.value, int | float) else ""


def digits(text):
    """Return the numbers in a printed text, without percent signs, marks and brackets."""
    found = re.findall(r"(?:[<>] )?−?\.?\d[\d.,’\u202f]*", text)
    return [number.rstrip(".,\u202f") for number in found]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("results", [shipped(), hostile(), hostile(nobody=True)], ids=["shipped", "hostile", "nobody"])
def test_the_page_is_offline_and_accessible(results, language):
    text = report(results, language, FIGURES)
    urls = set(re.findall(r"(?:https?:)?//[\w.]+[^\s\"'<]*", re.sub(r'xmlns(:\w+)?="[^"]*"', "", text)))
    assert not urls
    assert len(text) < 5_000_000
    found = Page(text)
    elements = found.elements
    assert ("html", {"lang": language}, []) in elements
    assert not any(tag in ("script", "iframe", "object", "link", "base") for tag, _, _ in elements)
    assert not any(name.startswith("on") for _, attrs, _ in elements for name in attrs)
    ids = [attrs["id"] for _, attrs, _ in elements if "id" in attrs]
    assert len(ids) == len(set(ids))
    inside = [a["href"][1:] for t, a, _ in elements if t == "a" and a["href"].startswith("#")]
    assert set(inside) <= set(ids)
    assert {"header", "nav", "main", "footer"} <= {tag for tag, _, _ in elements}
    assert next(a for t, a, _ in elements if t == "a")["class"] == "skip"
    levels = [int(tag[1]) for tag, _, _ in elements if re.fullmatch("h[1-6]", tag)]
    assert levels.count(1) == 1
    assert all(b - a <= 1 for a, b in pairwise(levels))
    for tag, attrs, above in elements:
        if tag == "th":
            assert attrs.get("scope") in ("col", "row", "rowgroup")
        if tag == "svg":
            assert attrs["role"] == "img"
            assert attrs["aria-label"]
        if tag == "table":
            assert above[-1] == "div"
        if attrs.get("class") == "scroll":
            assert (attrs["role"], attrs["tabindex"]) == ("region", "0")
            assert attrs["aria-label"]
    assert all(table["caption"].strip() for table in found.tables)
    assert sum(t == "caption" for t, _, _ in elements) == len(found.tables)


def test_colours_have_enough_contrast_in_light_and_dark():
    style = re.search(r"<style>(.*?)</style>", report(hostile(), "en", []), re.DOTALL)[1]
    schemes = re.findall(r":root\{([^}]*)\}", style)
    assert len(schemes) == 2
    for scheme in schemes:
        colours = dict(re.findall(r"--([\w-]+):(#\w+)", scheme))
        for front in ("ink", "muted", "link", "accent"):
            for back in ("page", "card", "band"):
                assert contrast(colours[front], colours[back]) >= 4.5, (front, back)
        assert contrast(colours["ink"], colours["warm-band"]) >= 4.5


def contrast(one, other):
    """Contrast ratio of WCAG 2.2."""

    def luminance(colour):
        colour = colour[1:] if len(colour) == 7 else "".join(2 * c for c in colour[1:])
        parts = [int(colour[i : i + 2], 16) / 255 for i in (0, 2, 4)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_labels_come_out_as_text():
    text = report(hostile(), "en", FIGURES)
    assert "<script" not in text
    assert "Study &lt;b&gt;&amp;&lt;/b&gt; =1" in text
    seen = "".join(Page(text).text)
    for label in (MARKUP, LONG, FORMULA):
        assert label in seen


def test_several_figures_keep_their_ids_apart():
    text = report(hostile(), "en", FIGURES)
    for i in (1, 2):
        assert f'<clipPath id="f{i}-0"' in text
        assert f'clip-path="url(#f{i}-0)"' in text
        assert f'xlink:href="#f{i}-0"' in text
        assert f'id="f{i}-1"' not in text  # nothing refers to it
    assert set(re.findall(r'class="(v\d+)"', text)) == set(re.findall(r"^\.(v\d+)\{", text, re.MULTILINE))


def test_figures_share_their_styles_and_keep_names_and_dark_colours():
    svgs, style = embedded([replace(FIGURES[1], alt='a "b" <c>'), *FIGURES])
    for svg in svgs:
        assert '<rect class="v0"' in svg
        assert '<text class="v1" x="1">t</text></g></svg>' in svg
        assert not re.search("style=|metadata|DOCTYPE|aria-labelledby|<title|<style|<g>", svg)
    assert svgs[0].startswith('<svg role="img" aria-label="a &#34;b&#34; &lt;c&gt;"')
    assert style.splitlines() == [
        "figure svg *{stroke-linecap: butt}",
        ".v0{fill:#ffffff;stroke:#0b5f7e}",
        ".v1{fill:#123456}",
        "@media screen and (prefers-color-scheme:dark){.v0{fill:#14202a;stroke:#23809f}}",
    ]


def test_findings_come_first_and_lead_to_their_figures():
    found = page(hostile())
    links = [a["href"] for t, a, above in found.elements if t == "a" and "li" in above and "#figure" in a["href"]]
    assert links == ["#figure-1", "#figure-2"]
    seen = "".join(found.text)
    assert seen.index("All count") < seen.rindex("How the survey was done")


def test_three_findings_of_an_analysis_are_shown_and_the_others_folded():
    figures = [replace(FIGURES[1], name=f"f{i}", title=f"Finding {i}.", estimable=i != 4) for i in range(7)]
    found = page(hostile(), figures=figures)
    texts = [t.strip() for t in found.text if t.strip()]
    first = texts.index("Further findings: 3")
    assert [t for t in texts[:first] if t.startswith("Finding ")] == ["Finding 0.", "Finding 1.", "Finding 2."]
    folded = [a["href"] for t, a, above in found.elements if t == "a" and "details" in above and "#figure" in a["href"]]
    assert folded == ["#figure-4", "#figure-6", "#figure-7"]  # the fifth holds the reason why it is not there


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_overclaimed(language):
    forbidden = {
        "en": r"margins? of error|significant|\beffects? (?:of|on)\b|sampling error",
        "de": r"Fehlermarge|Stichprobenfehler|signifikant|Wirkung|Einfluss",
        "fr": r"marge d’erreur|significati|\binfluence|impact",
        "it": r"margine d.errore|significativ|\binfluenza|impatto",
    }
    kinder = {"en": "model-based", "de": "modellbasiert", "fr": "fondés sur un modèle", "it": "basati su un modello"}
    open_link = "".join(page(hostile(), language, []).text).replace("Design effect of the weights", "")
    assert not re.search(forbidden[language], open_link)
    assert kinder[language] in open_link
    random = "".join(page(hostile(sampling="probability"), language, []).text)
    assert kinder[language] not in random


def test_the_flow_reconciles():
    results = hostile()
    seen = "".join(page(results).text)
    rows, analysed = len(results.ledger), int((results.ledger["disposition"] == "analysed").sum())
    assert f"{rows} rows in the export = {analysed} analysed + {rows - analysed} excluded." in seen
    flow = next(t for t in page(results).tables if t["class"] == "flow")
    counts = [int(row[1][2][0]) for row in flow["rows"][1:]]
    assert counts[0] == sum(counts[1:]) == rows
    sample = results.estimates["sample"]
    counted = sample[sample["question"] == "disposition"].set_index("answer")["count"]
    assert counts[-1] == counted["analysed"]


def test_what_is_missing_is_said():
    results = hostile()
    gone = {name: frame[frame["analysis"] == ""] for name, frame in results.estimates.items()}
    asked = replace(results, estimates=results.estimates | {"usage": gone["usage"]})
    seen = " ".join("".join(page(results).text).split())
    assert "Not asked in this waveStages of adoption; Attitudes, pressure and environment; Customers and" in seen
    assert "Not asked in this wave." not in seen
    assert "".join(page(asked).text).count("Not asked in this wave.") == 1
    assert "Nobody is left after screening" in "".join(page(hostile(nobody=True)).text)
    assert "No published numbers were given" in "".join(page(results).text)
    assert "there is no headline" in "".join(page(results, figures=[]).text)
    refused = "".join(page(shipped(), "de", []).text)
    assert re.search(r"Nicht schätzbar: .* × .* – die Befragten wurden ohne die gemeinsame Verteilung", refused)


def test_published_checks_are_counted_by_verdict():
    results = shipped()
    table = results.published.copy()
    table.loc[table.index[:2], "verdict"] = "differs"
    seen = "|".join(page(replace(results, published=table)).text)
    assert re.search(r"\|differs\|2\|", re.sub(r"\|\s*\|", "|", seen)) or re.search(r"differs\W+2\b", seen)


def test_reading_is_reported_without_repeating_answers():
    results = hostile()
    (file,) = results.ingest["files"]
    ingest = results.ingest | {
        "files": (
            file | {"extra": ("Column <x>",), "personal": ("IP Address",), "notes": ("no heading above column 4",)},
        ),
        "misrouted": {"why_not": 3},
        "not_understood": (
            {"file": "small.csv", "row": 7, "variable": "staff", "value": "secret answer", "shown": ""},
            {"file": "small.csv", "row": 9, "variable": "staff", "shown": "50 or <more>"},
        ),
    }
    text = report(replace(results, ingest=ingest), "fr", [])
    assert "secret answer" not in text
    seen = "".join(Page(text).text)
    for part in (
        "Column <x>",
        "IP Address",
        "staff\u202f: ligne 7\u202f; ligne 9\u202f: «\u202f50 or <more>\u202f»",
        "aucun en-tête au-dessus de la colonne 4",
    ):
        assert part in seen


def test_every_table_says_where_its_numbers_come_from_and_every_test_its_family():
    found = page(shipped(), "en", [])
    assert "Rows buffer-2018/usage/channels/… of tables/usage.csv" in "".join(found.text)
    tests = [t for t in found.tables if t["class"] == "tests"]
    assert tests
    for table in tests:
        heads = [" ".join(texts) for _, _, texts in table["rows"][0]]
        wanted = {"p", "p adjusted", "Tests in family"}  # what all rows share is said below the table
        assert wanted <= set(heads) or all("–" in str(row) for row in table["rows"][2:])


def test_the_sample_stands_beside_its_population():
    tables = [t for t in page(hostile(raked=True)).tables if t["class"] == "weights"]
    assert len(tables) == 1
    texts = [[" ".join(parts) for _, _, parts in row] for row in tables[0]["rows"]]
    assert texts[0] == ["Answer", "Unweighted", "Weighted", "Population", "n"]
    assert ["1–49", "48.3%", "90.0%", "90.0%", "58"] in texts
    assert not [t for t in page(hostile(weighted=True)).tables if t["class"] == "weights"]


def test_tables_of_a_question_hold_what_is_printed_and_not_every_statistic():
    tables = [t for t in page(hostile(raked=True)).tables if "Firm size" in t["caption"] and t["class"] == "overall"]
    assert len(tables[0]["rows"]) == 1 + 2  # the heading and two answers: no totals, no targets


def test_a_table_by_segment_gives_the_bases_of_its_own_segment():
    captions = [t["caption"] for t in page(shipped(), "en", []).tables if "segment" in t["class"].split()]
    business = next(c for c in captions if "Number of staff by B2B or B2C" in c)
    assert "n = 435–570." in business


def test_the_reports_of_the_shipped_waves_are_below_five_megabytes():
    made = sorted(ROOT.glob("results/*/report_*.html"))
    if not made:
        pytest.skip("the shipped waves were not run here")
    assert {path.parent.name: path.stat().st_size for path in made if path.stat().st_size >= 5_000_000} == {}


def test_two_runs_give_the_same_text():
    assert report(hostile(), "it", FIGURES) == report(hostile(), "it", FIGURES)
