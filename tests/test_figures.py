"""Figures: words that stay true to the numbers, text that never overlaps or leaves the page, the same bytes twice."""

import io
import itertools
import math
import random
import re
import zlib
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from xml.etree import ElementTree

import pytest
import yaml
from matplotlib import font_manager, ft2font
from matplotlib.backends import _backend_pdf_ps
from matplotlib.colors import to_rgb
from matplotlib.font_manager import FontPath
from PIL import Image

from b2bsurvey.questionnaire import YES_NO, Condition, Derivation, Item, Question
from b2bsurvey.render.catalogue import LANGUAGES, TEXTS, catalogue
from b2bsurvey.render.figures import draw_figures, figure_names
from b2bsurvey.render.figures.likert import scale_of
from b2bsurvey.render.figures.page import Page
from b2bsurvey.render.figures.pdf_fonts import small_fonts
from b2bsurvey.render.figures.segments import spaced
from b2bsurvey.render.figures.style import SIZES, diverging, label_colour
from b2bsurvey.screening import DISPOSITIONS
from b2bsurvey.statistics.intervals import wilson
from b2bsurvey.tables import estimates_table
from measured_figures import LABELS, LONG, assert_readable, question, questionnaire, text, text_boxes


def share_row(
    q: Question, item: str, answer: str, share: float, n: int, statistic: str = "proportion", **other
) -> dict:
    low, high = wilson(share, n, 0.95) if n else (math.nan, math.nan)
    return {
        "wave": "w",
        "analysis": other.pop("analysis", "usage"),
        "question": q.name,
        "item": item,
        "answer": answer,
        "base": other.pop("base", q.base),
        "statistic": statistic,
        "estimate": share if n else math.nan,
        "ci_low": float(low),
        "ci_high": float(high),
        "conf_level": 0.95,
        "ci_method": "wilson, model-based",
        "count": round(share * n),
        "n": n,
        "design": "open_link: unweighted",
        "status": "ok" if n >= 30 else "small_base" if n else "not_estimable",
        "note": "" if n else "nobody is in the base",
    } | other


def rank_row(q: Question, item: str, low: float, high: float) -> dict:
    row = share_row(q, item, "ticked", 0.5, 300, "rank")
    return row | {"estimate": low, "ci_low": low, "ci_high": high}


def figures(q: Question, rows: Sequence[dict], role: str = "channels", language: str = "en", **options) -> list:
    tables = {"usage": estimates_table(rows)}
    return draw_figures(tables, questionnaire([q], {role: [q.name]}), language, **options)


def ticked(shares: Sequence[float], ranks: Sequence[tuple[float, float]] = (), n: int = 300, **options):
    q = question("channels", "tick_all", len(shares), short_labels=True, **options.pop("question", {}))
    rows = [share_row(q, f"i{i}", "ticked", s, n) for i, s in enumerate(shares)]
    rows += [rank_row(q, f"i{i}", low, high) for i, (low, high) in enumerate(ranks)]
    return figures(q, rows, **options)[1]


def battery(shares: Sequence[Sequence[float]], language: str = "en", size: str = "two-column", **options):
    k = len(shares[0])
    answers = options.pop(
        "answers", ["Never", "Rarely", "Sometimes", "Often", "Always", "Without exception", "Dauernd"][:k]
    )
    top = options.pop("top", tuple(f"a{i}" for i in range(k))[-2:] if k > 3 else ())
    q = question("activities", "battery", len(shares), answers, top=top, **options)
    rows = []
    for i, own in enumerate(shares):
        rows += [share_row(q, f"i{i}", f"a{j}", share, 200) for j, share in enumerate(own)]
        whole = min(1.0, sum(s for j, s in enumerate(own) if f"a{j}" in top))
        rows += [share_row(q, f"i{i}", "+".join(top), whole, 200, "top2")] if top else []
        rows += [share_row(q, f"i{i}", "dont_know", 0.05, 210, base="answered")]
    return figures(q, rows, "activities", language, size=size)[1]


def single(shares: Sequence[float], level: str = "ordinal", **options):
    q = question("staff", "single", answers=[f"Band {i}" for i in range(len(shares))], level=level, **options)
    return figures(q, [share_row(q, "", f"a{i}", s, 500) for i, s in enumerate(shares)], "adoption")[1]


def flow(counts: Mapping[str, int], language: str = "en", **options):
    rows = [{"wave": "w", "question": "disposition", "answer": d, "count": c} for d, c in counts.items()]
    return draw_figures({"sample": estimates_table(rows)}, questionnaire([], {}), language, **options)[0]


# --- what there is ---


def test_names_follow_from_the_questionnaire_and_all_are_drawn_even_without_any_estimate():
    contexts = (Item("private", text("Private")), Item("work", text("At work")))
    net = question("adopter", "single", derivation=Derivation("net", ("stage",)))
    asked = [
        question("channels", "tick_all", 3),
        question("stage", "single", answers=["Yes", "Planned", "No"]),
        replace(net, answers=YES_NO),
        question("activities", "battery", 2, ["No", "Yes"]),
        question("use", "grid", 2, ["No", "Yes"], contexts=contexts),
        question("staff", "single", answers=["1–9", "10+"]),
        question("score", "number", level="interval"),
    ]
    roles = {
        "channels": ["channels", "use"],
        "adoption": ["stage", "adopter", "score"],
        "barriers": ["activities"],
        "firm_size": ["staff"],
        "segments": ["adopter"],
    }
    q = questionnaire(asked, roles)
    names = ["flow", "sample_staff", "usage_stage", "usage_channels", "usage_channels_together"]
    names += ["usage_channels_combinations", "usage_channels_lorenz"]
    names += ["usage_channels_by_adopter", "usage_use_private", "usage_use_work", "usage_use_compared"]
    names += ["usage_score", "usage_yes_no", "barriers_activities", "barriers_activities_by_adopter"]
    names += ["typology_channels", "models_stage", "models_adopter"]
    assert figure_names(q) == names
    for language in LANGUAGES:
        drawn = draw_figures({}, q, language)
        assert [f.name for f in drawn] == names
        assert drawn[0].title == catalogue(language)("figure_flow_title_none")
        assert all(catalogue(language)("figure_nobody") in f.alt for f in drawn[1:])
        assert drawn[names.index("usage_use_private")].subtitle.endswith("– Private")


def test_a_refused_figure_says_why():
    q = question("any", "single", answers=["A", "B", "C"])
    row = share_row(q, "", "", 0.0, 0) | {"status": "not_estimable", "note": "rebuilt without the joint distribution"}
    drawn = figures(q, [row], "adoption")[1]
    assert drawn.title == "any: not estimable"
    assert "rebuilt without the joint distribution" in drawn.alt


def test_the_reason_is_in_the_language_of_the_figure():
    q = question("any", "single", answers=["A", "B", "C"])
    row = share_row(q, "", "", 0.0, 0) | {"status": "not_estimable", "note": "nobody is in the base"}
    drawn = figures(q, [row], "adoption", language="fr")[1]
    assert "nobody" not in drawn.alt
    assert "non estimable" in drawn.title


def test_every_text_exists_in_four_languages_with_the_same_placeholders():
    texts = yaml.safe_load((TEXTS / "figures.yaml").read_text(encoding="utf-8"))
    for key, translations in texts.items():
        assert sorted(translations) == sorted(LANGUAGES), key
        placeholders = {language: set(re.findall(r"{(\w+)}", words)) for language, words in translations.items()}
        assert len({frozenset(p) for p in placeholders.values()}) == 1, key
    assert {f"figure_disposition_{d}" for d in DISPOSITIONS if d != "analysed"} <= set(texts)


# --- what titles claim ---


@pytest.mark.parametrize(
    ("shares", "ranks", "title"),
    [
        ([0.2, 0.6, 0.1], [(2, 3), (1, 1), (2, 3)], "“Item 1” ranks first: 60% [54, 65]"),
        (
            [0.42, 0.43, 0.1],
            [(1, 2), (1, 2), (3, 3)],
            "“Item 1” and “Item 0” lead with 43% and 42%; their order is uncertain",
        ),
        ([0.3, 0.32, 0.31], [(1, 3)] * 3, "Channels: none of the 3 answers stands out, shares run from 30% to 32%"),
        (
            [0.3, 0.32, 0.31, 0.29, 0.1],
            [(1, 4)] * 4 + [(5, 5)],
            "Channels: 4 of 5 answers could rank first; the most frequent is “Item 1”, 32% [27, 37]",
        ),
        ([0.6, 0.58, 0.1], [(1, 2), (2, 2), (3, 3)], "Channels: most often “Item 0”, 60% [54, 65]"),
        ([0.2, 0.6], [], "Channels: most often “Item 1”, 60% [54, 65]"),
        ([0.5, 0.5, 0.1], [], "Channels: most often “Item 0” and “Item 1”, 50%"),
        ([0.5] * 4, [], "Channels: 4 answers are equally frequent at the top, 50% each"),
        ([0.0, 0.0], [(1, 2), (1, 2)], "Channels: none of the 2 answers was given (n = 300)"),
        ([0.999, 0.001], [(1, 1), (2, 2)], "“Item 0” ranks first: >99% [99, 100]"),
    ],
)
def test_titles_claim_what_ranks_allow(shares, ranks, title):
    assert ticked(shares, ranks, question={"short": "Channels"}).title.replace("\N{NO-BREAK SPACE}", " ") == title


def test_an_exclusive_answer_above_the_leader_takes_the_title():
    q = question("channels", "tick_all", 2, short_labels=True)
    none = Item("none", text("None of these"), exclusive=True)
    q = replace(q, items=(*q.items, none))
    rows = [share_row(q, i, "ticked", s, 300) for i, s in (("i0", 0.3), ("i1", 0.1), ("none", 0.5))]
    drawn = figures(q, [*rows, rank_row(q, "i0", 1, 1), rank_row(q, "i1", 2, 2)])[1]
    assert drawn.title.startswith("Channels: most often “None of these”, 50%")
    assert drawn.alt.index("Item 1:") < drawn.alt.index("None of these: 50")


@pytest.mark.parametrize(("level", "first"), [("ordinal", "Band 0"), ("nominal", "Band 1")])
def test_single_answers_keep_the_order_of_the_questionnaire_if_they_have_one(level, first):
    words = [words for words, _ in text_boxes(single([0.2, 0.5, 0.3], level))[0]]
    assert next(w for w in words if w.startswith("Band")) == first


def test_yes_no_questions_share_a_figure():
    asked = [
        replace(question(name, "single"), answers=YES_NO, short=text(name), base=base)
        for name, base in (("Plans", "valid"), ("Has", "all"))
    ]
    rows = [share_row(q, "", "yes", s, n) for q, s, n in zip(asked, (0.5, 0.3), (280, 300), strict=True)]
    both = questionnaire(asked, {"adoption": ["Plans", "Has"]})
    drawn = draw_figures({"usage": estimates_table(rows)}, both, "en")[1]
    assert drawn.title.replace("\N{NO-BREAK SPACE}", " ") == "“Plans”: 50% [44, 56]; “Has”: 30% [25, 35]"
    assert "Base: respondents with a substantive answer; all respondents, n" in drawn.caption
    words = [words for words, _ in text_boxes(drawn)[0]]
    assert {"280", "300"} <= set(words)


def test_a_battery_title_runs_from_the_smallest_to_the_largest_top_share():
    drawn = battery([[0.1, 0.1, 0.1, 0.3, 0.4], [0.4, 0.3, 0.1, 0.1, 0.1]], short_labels=True)
    assert drawn.title.replace("\N{NO-BREAK SPACE}", " ") == (
        "“Often” or “Always”: from 20% [15, 26] for “Item 1” to 70% [63, 76] for “Item 0”"
    )


@pytest.mark.parametrize(
    ("counts", "title"),
    [
        ({"analysed": 1787, "test": 14}, "1,787 of 1,801 responses are analysed"),
        ({"analysed": 12, "test": 0}, "All 12 responses are analysed"),
        ({"analysed": 0, "test": 0}, "The export holds no responses"),
    ],
)
def test_the_flow_says_how_many_are_analysed(counts, title):
    assert flow(counts).title == title


# --- what captions say ---


def test_the_caption_names_source_base_method_and_what_the_data_are():
    asked = Condition((((("channels_i0", ("1",)), ("channels", ("i1",)))),))
    q = question("channels", "tick_all", 2, short_labels=True, asked_if=asked, short="Channels")
    rows = [share_row(q, f"i{i}", "ticked", 0.3, 20 + 200 * i, design="panel: weighted, strata") for i in (0, 1)]
    drawn = figures(q, rows, origin="synthetic")[1]
    for part in (
        "Synthetic data",
        "Source: The survey.",
        "ticked at least one option (asked if “Channels – Item 0”: ticked and “Channels”: Item 1), n = 20–220.",
        "95% confidence (Wilson), unadjusted",
        "assume that the weights remove selection",
        "Shares are weighted, counts and n are not",
        "†: base below 30",
    ):
        assert part in drawn.caption.replace("\N{NO-BREAK SPACE}", " "), part
    assert "Rank" not in drawn.caption
    assert "margin of error" not in drawn.caption


def test_a_named_filter_as_base_is_put_in_words():
    stage = question("stage", "single", answers=["Yes", "No"], short="Stage")
    q = question("channels", "tick_all", 1, base="users")
    both = questionnaire([stage, q], {"channels": ["channels"]}, filters={"users": Condition(((("stage", ("a0",)),),))})
    table = {"usage": estimates_table([share_row(q, "i0", "ticked", 0.5, 300)])}
    caption = draw_figures(table, both, "de")[1].caption.replace("\N{NO-BREAK SPACE}", " ")
    assert "Basis: Befragte mit «Stage»: Yes, n = 300." in caption


def test_probability_samples_are_not_called_model_based():
    q = question("channels", "tick_all", 1)
    row = share_row(q, "i0", "ticked", 0.5, 300) | {"ci_method": "wilson", "design": "probability: unweighted"}
    assert "model-based" not in figures(q, [row])[1].caption


# --- what is drawn ---


SHARES = {
    "none": [0.0, 0.0, 0.0, 0.0, 0.0],
    "all": [0.0, 0.0, 0.0, 0.0, 1.0],
    "first": [1.0, 0.0, 0.0, 0.0, 0.0],
    "tiny": [0.003, 0.004, 0.98, 0.006, 0.007],
    "small right": [0.9, 0.05, 0.03, 0.015, 0.005],
    "small left": [0.01, 0.02, 0.03, 0.04, 0.9],
    "even": [0.2, 0.2, 0.2, 0.2, 0.2],
}


EACH_SIZE = [(k, size, LANGUAGES[i % 4]) for i, (k, size) in enumerate(itertools.product([1, 2, 11, 40], SIZES))]


@pytest.mark.parametrize(("k", "size", "language"), [*EACH_SIZE, *((11, "two-column", lang) for lang in LANGUAGES)])
def test_no_text_leaves_the_page_or_lies_on_another(k, size, language):
    patterns = list(SHARES.values())
    q = question("channels", "tick_all", k)
    shares = [patterns[i % 7][i % 5] for i in range(k)]
    bases = [1234567, 12, 300]
    rows = [share_row(q, f"i{i}", "ticked", s, bases[i % 3 if k == 11 else 0]) for i, s in enumerate(shares)]
    rows += [rank_row(q, f"i{i}", 1, k) for i in range(k)] if k > 2 else []
    assert_readable(figures(q, rows, language=language, size=size, origin="rebuilt")[1])
    assert_readable(battery([patterns[i % 7] for i in range(k)], language, size))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("pattern", SHARES)
def test_any_shares_are_drawn_legibly_and_none_is_left_out(pattern, size):
    drawn = battery([SHARES[pattern]] * 3, "fr", size, short_labels=True)
    assert_readable(drawn)
    words = [text for text, _ in text_boxes(drawn)[0]]
    for share in SHARES[pattern]:
        label = (
            "<1\N{NARROW NO-BREAK SPACE}%"
            if share and round(100 * share) == 0
            else f"{100 * share:.0f}\N{NARROW NO-BREAK SPACE}%"
        )
        assert share == 0 or words.count(label) >= 3, (share, words)
    assert_readable(ticked([SHARES[pattern][0], SHARES[pattern][-1]], size=size))


@pytest.mark.parametrize("k", [2, 3, 4, 5, 7])
@pytest.mark.parametrize("size", SIZES)
def test_long_answers_wrap_in_legend_and_header(k, size):
    assert_readable(battery([[1 / k] * k] * 2, "it", size, answers=[f"{LONG} {j}" for j in range(k)]))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_flow_and_messages_are_legible(size, language):
    assert_readable(flow(dict.fromkeys(DISPOSITIONS, 1234567), language, size=size, origin="synthetic"))
    assert_readable(figures(question("q", "single", answers=["A", "B", "C"]), [], "adoption", language, size=size)[1])


def test_answers_stand_around_zero():
    five = question("q", "battery", 1, list("abcde"))
    assert (scale_of(five).left, scale_of(five).neutral) == (2, 1)
    assert (scale_of(question("q", "battery", 1, list("ab"), level="nominal")).left) == 1
    declared = scale_of(question("q", "battery", 1, list("abcd"), neutral="a1"))
    assert (declared.left, declared.neutral) == (1, 1)
    turned = scale_of(question("q", "battery", 1, list("abcd"), top=("a0", "a1")))
    assert [a.code for a in turned.answers] == ["a3", "a2", "a1", "a0"]
    assert scale_of(question("q", "battery", 1, list("abc"), level="nominal")).left == 0


def test_labels_are_spaced_without_overlap_within_bounds():
    draw = random.Random(1)
    for _ in range(300):
        widths = [draw.uniform(5, 20) for _ in range(draw.randint(1, 6))]
        low, high = 0.0, sum(widths) + draw.uniform(0, 50)
        centres = sorted(draw.uniform(low, high) for _ in widths)
        found = spaced(centres, widths, low, high)
        edges = [(c - w / 2, c + w / 2) for c, w in zip(found, widths, strict=True)]
        assert edges[0][0] >= low - 1e-9
        assert edges[-1][1] <= high + 1e-9
        assert all(b[0] >= a[1] - 1e-9 for a, b in itertools.pairwise(edges))
    assert spaced([10.0, 50.0], [10.0, 10.0], 0, 100) == [10.0, 50.0]


def test_wrapping_keeps_every_character_and_the_width():
    page = Page(SIZES["two-column"])
    for label in LABELS:
        for width in (40, 90, 200):
            lines = page.wrap(label, width)
            assert all(page.text_width(line) <= width for line in lines)
            assert "".join(lines).replace(" ", "").replace("-", "") == label.replace(" ", "").replace("-", "")
    assert page.wrap("know", page.text_width("know")) == ["know"]


@pytest.mark.parametrize("k", range(2, 8))
def test_the_answers_stay_apart_in_grey_and_their_labels_have_contrast(k):
    def grey(colour):
        return sum(w * c for w, c in zip((0.299, 0.587, 0.114), to_rgb(colour), strict=True))

    def luminance(colour):
        linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
        return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    colours = diverging(k // 2, k % 2, k // 2)
    greys = [grey(c) for c in colours]
    assert min(abs(a - b) for a, b in itertools.pairwise(greys)) > 0.09
    assert len({round(g, 2) for g in greys}) == k
    for colour in colours:
        light, dark = sorted((luminance(colour), luminance(label_colour(colour))), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, colour


# --- files ---


def test_files_are_the_same_twice_and_png_has_300_dpi():
    drawn = [battery([SHARES["small left"], SHARES["even"]], "de") for _ in range(2)]
    first, second = (figure.files(["svg", "png", "pdf"]) for figure in drawn)
    assert first == second == drawn[0].files(["svg", "png", "pdf"])
    image = Image.open(io.BytesIO(first["png"]))
    assert image.width == round(183 / 25.4 * 300)
    assert image.info["Description"] == drawn[0].alt
    assert b"/CreationDate" not in first["pdf"]
    assert b"/FontType 3" not in first["pdf"]
    fonts = [font for font in streams(first["pdf"]) if font.startswith(b"\x00\x01\x00\x00")]
    assert fonts
    assert all(b"glyf" in font[:400] and b"GSUB" not in font[:400] for font in fonts)  # the directory of tables
    assert Image.open(io.BytesIO(ticked([0.5], size="slide").files(["png"])["png"])).size == (4000, 2250)


def test_glyphs_come_from_a_small_font_where_it_has_them_and_from_the_whole_font_otherwise():
    """The copies hold the letters of our languages and their ligatures, with the outlines of the whole font."""
    font = FontPath(font_manager.findfont("DejaVu Sans"), 0)
    whole = ft2font.FT2Font(str(font))
    for words in ("efficace – « 12 % »", "Größe", "\N{HEBREW LETTER ALEF}a"):
        glyphs = {item.glyph_index for item in whole._layout(words, ft2font.LoadFlags.NO_HINTING)}
        outlines = []
        for cut in (nullcontext, small_fonts):
            with cut(), _backend_pdf_ps.get_glyphs_subset(font, glyphs) as subset:
                order, table = subset.font.getGlyphOrder(), subset.font["glyf"]
                names = {glyph: order[place] for glyph, place in subset.glyph_index_map.items() if glyph in glyphs}
                outlines.append({glyph: table[name].getCoordinates(table)[0] for glyph, name in names.items()})
        assert outlines[0] == outlines[1]
        assert outlines[0].keys() == glyphs


def streams(pdf):
    """Return the streams of a PDF, unpacked."""
    packed = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL)
    return [zlib.decompress(data) for data in packed if data[:1] == b"x"]


def test_svg_holds_text_alternative_text_and_fonts_to_fall_back_on():
    drawn = ticked([0.4, 0.2], [(1, 1), (2, 2)], language="fr")
    svg = drawn.files(["svg"])["svg"].decode()
    root = ElementTree.fromstring(svg)
    space = "{http://www.w3.org/2000/svg}"
    assert root.get("role") == "img"
    titled = [root.find(f"{space}title"), root.find(f"{space}desc")]
    assert [e.text for e in titled] == [drawn.title, drawn.alt]
    assert root.get("aria-labelledby") == " ".join(e.get("id") for e in titled)
    assert next(iter(root)).tag == f"{space}title"
    texts = {e.text for e in root.iter(f"{space}text")}
    assert {"Item 0", "Item 1", "40,0\N{NARROW NO-BREAK SPACE}%"} <= texts
    assert all(e.get("style").count("sans-serif") == 1 for e in root.iter(f"{space}text"))
    ids = re.findall(r'\bid="([^"]+)"', svg)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'(?:href="|url\()#([^")]+)', svg)) <= set(ids)
    assert "prefers-color-scheme: dark" in svg


def test_figures_of_one_document_share_no_ids():
    svgs = [battery([SHARES["even"]], language).files(["svg"])["svg"].decode() for language in LANGUAGES]
    ids = [identifier for svg in svgs for identifier in re.findall(r'\bid="([^"]+)"', svg)]
    assert len(ids) == len(set(ids))


def test_markup_and_dollars_in_labels_are_plain_text():
    q = question("channels", "tick_all", 7)
    drawn = figures(q, [share_row(q, f"i{i}", "ticked", 0.1 * i, 300) for i in range(7)])[1]
    svg = drawn.files(["svg"])["svg"]
    texts = [e.text for e in ElementTree.fromstring(svg.decode()).iter("{http://www.w3.org/2000/svg}text")]
    assert "$a_b$ & <c> 6" in texts
    assert any("网站" in t for t in texts)
