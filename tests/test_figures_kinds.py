"""Figures that compare: titles that claim what numbers allow, text that stays apart whatever the data, marks in place."""

import itertools
import math
import re
from dataclasses import replace

import matplotlib.style
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.collections import PathCollection
from matplotlib.colors import to_rgb

from b2bsurvey import tables as wave_tables
from b2bsurvey.questionnaire import YES_NO, Condition, Derivation, Item
from b2bsurvey.render.catalogue import LANGUAGES
from b2bsurvey.render.figures import draw_figures, plan
from b2bsurvey.render.figures.combinations import Combination, Combinations
from b2bsurvey.render.figures.correspondence_map import CorrespondenceMap, MapPoint
from b2bsurvey.render.figures.dumbbell import (
    Composition,
    Dumbbells,
    Pair,
    SampleBesidePopulation,
    by_difference,
    by_second,
)
from b2bsurvey.render.figures.ecdf import Distribution
from b2bsurvey.render.figures.figure import draw
from b2bsurvey.render.figures.forest import Forest, Term, TermGroup
from b2bsurvey.render.figures.items import Item as Share
from b2bsurvey.render.figures.lorenz import Concentration
from b2bsurvey.render.figures.marks import FIRST, QUIET, SECOND, STRONG, TARGET
from b2bsurvey.render.figures.matrix import DIVERGING, Matrix, MatrixRow
from b2bsurvey.render.figures.page import Page
from b2bsurvey.render.figures.profiles import LatentClass, Profiles
from b2bsurvey.render.figures.rows import Column, Panel, across
from b2bsurvey.render.figures.slope import Course, Slopes
from b2bsurvey.render.figures.small_multiples import Facet, SmallMultiples
from b2bsurvey.render.figures.stages import Segment, StageBars, Stages
from b2bsurvey.render.figures.style import DARK_PAGE, SHADES, SIZES, label_colour, theme
from b2bsurvey.render.figures.ticks import decimals, number_ticks, ratio_ticks, share_ticks
from b2bsurvey.render.figures.value import Value
from b2bsurvey.statistics.intervals import wilson
from gallery import KINDS, drawn, words
from measured_figures import LABELS, LONG, assert_readable, question, questionnaire, text, text_boxes
from test_figures import share_row

NAN = math.nan
W = words()
# nothing and all, hardly anything and nearly all, equal ones, and none at all
SHARES = [0.0, 1.0, 0.004, 0.996, 0.5, 0.5, 0.33, NAN]


def plain(title: str) -> str:
    return title.replace("\N{NO-BREAK SPACE}", " ")


def share(p: float, n: int = 300, label: str = "") -> Share:
    low, high = (float(x) for x in wilson(p, n, 0.95)) if math.isfinite(p) else (NAN, NAN)
    return Share(label, p, low, high, None if math.isnan(p) else round(p * n), n, small=n < 30)


def difference(estimate: float, half: float = 0.05, p: float = NAN) -> Value:
    return Value(estimate, estimate - half, estimate + half, p)


def pair(label: str, a: float, b: float, half: float = 0.05, p: float = NAN) -> Pair:
    return Pair(label, share(a), share(b), difference(b - a, half, p))


def label(i: int) -> str:
    return f"{LABELS[i % len(LABELS)]} {i}"


# --- any data, any label, any size ---


def hostile_dumbbells(k, w):
    pairs = [
        Pair(
            label(i), share(SHARES[i % 8], 12 if i % 3 else 1_234_567), share(SHARES[(i + 3) % 8]), difference(0.2, 0.3)
        )
        for i in range(k)
    ]
    return Dumbbells(by_second(pairs), (LONG, "x" * 200) if k > 2 else ("Private", "At work"), w)


def hostile_population(k, w):
    rows = [
        Composition(label(i), share(SHARES[i % 8]), share(SHARES[(i + 1) % 8]), SHARES[(i + 2) % 8]) for i in range(k)
    ]
    return SampleBesidePopulation([(LONG, rows[: k // 2]), ("Sector", rows[k // 2 :])], w)


def hostile_stages(k, w):
    shares = [(0.0, 0.0, 0.0, 1.0), (0.003, 0.004, 0.98, 0.013), (0.25,) * 4, (NAN,) * 4, (1.0, 0.0, 0.0, 0.0)]
    rows = [Stages(share(shares[i % 5][0], 12 + 500 * (i % 2), label(i)), shares[i % 5]) for i in range(k)]
    parts = [Segment(LONG, rows[: k // 2], 0.01), Segment("Region", rows[k // 2 :], 0.9)]
    total = Stages(share(0.25, 571, "All"), shares[2])
    return StageBars(total, parts, ("Uses", LONG, "Undecided", "x" * 200), 2, w)


def hostile_co_use(k, w):
    rows = [
        MatrixRow(label(i), tuple(Value(SHARES[(i + j) % 8], 0.1, 0.9) for j in range(k)), 1_234_567, i % 2 == 1)
        for i in range(k)
    ]
    return Matrix(rows, [label(i) for i in range(k)], "co_use", w)


def hostile_crossed(k, w):
    rows = [MatrixRow(label(i), tuple(Value(SHARES[(i + j) % 8]) for j in range(5)), None) for i in range(k)]
    return Matrix(rows, [label(i + 3) for i in range(5)], "share", w)


def hostile_correspondence(k, w):
    contexts = [MapPoint(label(i), (math.sin(7 * i) / (i + 1), math.cos(5 * i)), 40) for i in range(k)]
    points = [MapPoint(label(i + 2), (0.001 * i, 1e-9), 3) for i in range(3)]  # nearly on one spot
    return CorrespondenceMap(contexts, points, (0.7, 0.3), w, Value(0.2, 0.1, 0.3, 0.001), 1_234_567)


def hostile_one_dimension(k, w):
    contexts = [MapPoint(label(i), ((-1.0) ** i * 1e3 * i,), 5) for i in range(k)]
    return CorrespondenceMap(contexts, contexts[:2], (1.0,), w)


def hostile_map(k, w):
    contexts = [MapPoint(f"Item {i}", (math.sin(i), math.cos(1.7 * i)), 40) for i in range(k)]
    return CorrespondenceMap(contexts, [MapPoint("x", (0.0, 0.0), 3)], (0.7, 0.3), w, Value(0.2, 0.1, 0.3, 0.5), 9)


def hostile_correlations(k, w):
    cells = [-1.0, 1.0, 0.0, -0.004, NAN, None]
    rows = [
        MatrixRow(label(i), tuple(None if c is None else Value(c) for c in (cells * 3)[i % 6 : i % 6 + 7]))
        for i in range(k)
    ]
    return Matrix(rows, [label(i) for i in range(7)], "loading", w)


def hostile_forest(k, w):
    ratios = [
        Value(1.0, 1.0, 1.0, 0.5, null=1.0),
        Value(1e-7, 1e-12, 1e-3, 0.001, null=1.0),
        Value(2e6, 300.0, math.inf, 0.001, null=1.0),
        Value(1.4, 0.8, 2.3, 0.3, null=1.0),
        Value(null=1.0),
    ]
    effects = [Value(0.0, 0.0, 0.0), Value(-1.0, -1.0, -0.9), Value(0.99, -5.0, 6.0), Value(), Value(0.001, 0, 0.002)]
    terms = [Term(label(i), ratios[i % 5], effects[i % 5]) for i in range(k)]
    groups = [TermGroup(LONG, terms[: k // 2], "x" * 90), TermGroup("", terms[k // 2 :])]
    return Forest([g for g in groups if g.terms], LONG, w)


def hostile_combinations(k, w):
    items = [share(SHARES[i % 8], 300, label(i)) for i in range(k)]
    found = [Combination(frozenset(range(i % (k + 1))), share(1 / (i + 1), 1_234_567)) for i in range(60)]
    return Combinations(items, found, w)


def hostile_ecdf(k, w):
    steps = [(float((-1) ** i * 10**i), (i + 1) / k) for i in range(min(k, 9))]
    steps = sorted((value, (i + 1) / len(steps)) for i, (value, _) in enumerate(sorted(steps)))
    centre = Value(steps[0][0], steps[0][0] - 1e3, steps[-1][0])
    return Distribution(steps, LONG, w, centre, centre, claimed=-1e6, unit="CHF", n=k, small=k < 30)


def hostile_lorenz(k, w):
    points = [((i + 1) / k, 0.0 if i + 1 < k else 1.0) for i in range(k)]
    return Concentration(points, LONG, w, Value(1.0, 0.0, 1.0), Value(1.0, 1.0, 1.0), 1 / k, n=k, small=k < 30)


def hostile_slopes(k, w):
    courses = [
        Course(
            label(i), [share(SHARES[(i + j) % 8], 12 + 100 * (i % 2)) for j in range(3)], difference((-1) ** i * 0.3)
        )
        for i in range(k)
    ]
    return Slopes(courses, (LONG, "2014", "wave-" * 20), w)


def hostile_facets(k, w):
    facets = [
        Facet(label(j), [share(SHARES[(i + j) % 8], 12 + 100 * j, label(i)) for i in range(k)]) for j in range(1, 6)
    ]
    return SmallMultiples(facets, LONG, w, tuple((0.001, 0.9, NAN)[i % 3] for i in range(k)))


def hostile_profiles(k, w):
    classes = [
        LatentClass(label(j), share(SHARES[j], 571), [Share(label(i), SHARES[(i * j) % 8]) for i in range(k)])
        for j in range(3)
    ]
    return Profiles(classes, w)


HOSTILE = [value for name, value in list(globals().items()) if name.startswith("hostile_")]


def finished(chart, size="two-column", language="en"):
    caption = words(language).caption(list(chart.items), "", *chart.methods())
    return draw(chart, words(language), SIZES[size], name="figure", subtitle=LONG, caption=caption)


@pytest.mark.parametrize("make", HOSTILE, ids=lambda make: make.__name__)
@pytest.mark.parametrize(
    ("k", "size", "language"),
    [(k, size, LANGUAGES[i % 4]) for i, (k, size) in enumerate(itertools.product([1, 7], SIZES))]
    + [(2, "one-column", "fr"), (40, "one-column", "de"), (40, "two-column", "it"), (40, "slide", "en")],
)
def test_no_text_leaves_the_page_or_lies_on_another(make, k, size, language):
    figure = finished(make(k, words(language)), size, language)
    assert_readable(figure)
    assert figure.title.strip()
    assert not re.search(r"\b(nan|inf)\b", f"{figure.title} {figure.alt} {figure.caption}")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", SIZES)
def test_the_gallery_is_legible_in_every_size_and_fits_on_a_slide(kind, size):
    figure = drawn(kind, size=size)
    assert_readable(figure)
    assert figure.height is None or figure.page.height <= figure.height + 1e-6 or kind == "co_use_of_40"


SHORT = [kind for kind in KINDS if kind != "co_use_of_40"]


@pytest.mark.parametrize("kind", SHORT)
def test_every_kind_speaks_four_languages(kind):
    figures = [drawn(kind, language) for language in LANGUAGES]
    assert len({figure.title for figure in figures}) == 4
    assert len({figure.caption for figure in figures}) == 4
    for figure in figures[1:]:
        assert_readable(figure)


@pytest.mark.parametrize("kind", SHORT)
def test_files_are_the_same_twice_and_svg_knows_dark_pages(kind):
    formats = ["svg", "pdf", "png"] if kind in ("dumbbells", "co_use") else ["svg"]
    first, second = (drawn(kind).files(formats) for _ in range(2))
    assert first == second
    svg = first["svg"].decode()
    assert "prefers-color-scheme: dark" in svg
    assert not re.findall(r'<path id="m[^>]*style=', svg), "a colour that rules for dark pages do not reach"
    ids = re.findall(r'\bid="([^"]+)"', svg)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'(?:href="|url\()#([^")]+)', svg)) <= set(ids)


# --- what titles claim ---


@pytest.mark.parametrize(
    ("value", "clear"),
    [
        (Value(0.1, 0.02, 0.18, 0.01), True),
        (Value(0.1, 0.02, 0.18, 0.2), False),
        (Value(0.1, -0.02, 0.22, 0.01), False),
        (Value(0.1, 0.02, 0.18), True),
        (Value(0.1, 0.0, 0.2), False),
        (Value(0.1), False),
        (Value(), False),
        (Value(2.0, 1.2, 3.0, null=1.0), True),
        (Value(0.9, 0.5, 1.2, 0.01, null=1.0), False),
        (Value(0.1, 0.02, 0.18, 0.03, level=0.99), False),
    ],
)
def test_clear_is_what_neither_interval_nor_test_leaves_open(value, clear):
    assert value.is_clear is clear


@pytest.mark.parametrize(
    ("pairs", "title"),
    [
        (
            [pair("A", 0.2, 0.5), pair("B", 0.6, 0.3), pair("C", 0.4, 0.42)],
            "“Work”: clearly higher than “Home” for 1 of 3 items, clearly lower for 1; "
            "largest difference: “A”, +30.0 points [25.0, 35.0]",
        ),
        (
            [pair("A", 0.2, 0.5), pair("B", 0.3, 0.32)],
            "“Work”: clearly higher than “Home” for 1 of 2 items; largest difference: “A”, +30.0 points [25.0, 35.0]",
        ),
        (
            [pair("A", 0.5, 0.2), pair("B", 0.3, 0.32)],
            "“Work”: clearly lower than “Home” for 1 of 2 items; largest difference: “A”, −30.0 points [−35.0, −25.0]",
        ),
        (
            [pair("A", 0.5, 0.2, p=0.2), pair("B", 0.3, 0.32)],
            "No clear difference between “Home” and “Work” for any of 2 items; largest: “A”, −30.0 points [−35.0, −25.0]",
        ),
        # the largest difference is uncertain, a smaller one is clear
        (
            [pair("A", 0.1, 0.5, half=0.5), pair("B", 0.3, 0.4)],
            "“Work”: clearly higher than “Home” for 1 of 2 items; largest difference: “B”, +10.0 points [5.0, 15.0]",
        ),
        ([pair("A", 0.2, 0.5)], "“A”: “Work” 50%, “Home” 20%; difference +30.0 points [25.0, 35.0]"),
        (
            [pair("A", 0.4, 0.42)],
            "“A”: no clear difference between “Home” (40%) and “Work” (42%), +2.0 points [−3.0, 7.0]",
        ),
        (
            [
                Pair("A", share(0.2, label="A"), share(0.5, label="A")),
                Pair("B", share(0.3, label="B"), share(0.5, label="B")),
            ],
            "“Home”: most often “B”, 30% [25, 35]; “Work”: most often “A” and “B”, 50%",
        ),
    ],
)
def test_pairs_claim_a_difference_only_where_it_is_clear(pairs, title):
    assert plain(Dumbbells(pairs, ("Home", "Work"), W).title()) == title


def test_pairs_are_sorted_and_those_without_numbers_come_last():
    pairs = [pair("A", 0.5, 0.2), Pair("B", share(NAN), share(NAN)), pair("C", 0.1, 0.6)]
    assert [p.label for p in by_second(pairs)] == ["C", "A", "B"]
    assert [p.label for p in by_difference(pairs)] == ["C", "A", "B"]


@pytest.mark.parametrize(
    ("p", "title"),
    [
        (0.001, "“Uses”: 50% [44, 56]; by “Size” from 40% [35, 46] for “Small” to 60% [54, 65] for “Large”"),
        (0.2, "“Uses”: 50% [44, 56]; no clear association with “Size”"),
        (NAN, "“Uses”: 50% [44, 56]"),
    ],
)
def test_stages_name_a_segment_only_where_it_matters(p, title):
    rows = [Stages(share(x, 300, name), (x, 1 - x)) for name, x in (("Small", 0.4), ("Large", 0.6))]
    rows.append(Stages(share(1.0, 4, "Huge"), (1.0, 0.0)))  # a small base is not held up as the extreme
    total = Stages(share(0.5, 300, "All"), (0.5, 0.5))
    assert plain(StageBars(total, [Segment("Size", rows, p)], ("Uses", "Not"), None, W).title()) == title


def test_the_matrix_names_the_largest_overlap_beside_the_share_of_all_and_no_small_base():
    rows = [
        MatrixRow("A", (Value(0.5), Value(0.6, 0.55, 0.65), Value(0.1)), 200),
        MatrixRow("B", (Value(0.75, 0.7, 0.8), Value(0.4), Value(0.2)), 160),
        MatrixRow("C", (Value(1.0, 0.8, 1.0), Value(0.9), Value(0.05)), 12, small=True),
    ]
    title = plain(Matrix(rows, ["A", "B", "C"], "co_use", W).title())
    assert title == "Of those who named “B”, 75% [70, 80] also named “A”: the largest overlap; of all, 50%"


def test_a_correlation_is_called_strong_only_where_it_is_clear():
    strong, weak = (
        Matrix([MatrixRow("A", (v,))], ["B"], "correlation", W)
        for v in (Value(-0.6, -0.7, -0.5), Value(0.1, -0.1, 0.3))
    )
    assert plain(strong.title()) == "Strongest correlation: “A” and “B”, −0.60 [−0.70, −0.50]"
    assert plain(weak.title()) == "No clear correlation: the largest, “A” and “B”, is 0.10 [−0.10, 0.30]"


def test_the_forest_names_the_reference_and_claims_no_effect():
    groups = [
        TermGroup("Size", [Term("Large", Value(3.07, 1.69, 5.57, 0.002, null=1.0), Value(0.193, 0.09, 0.29))], "Small"),
        TermGroup("", [Term("Age", Value(9.0, 0.2, 300.0, 0.6, null=1.0), Value(0.3, -0.1, 0.7))]),
    ]
    forest = Forest(groups, "Adopts", W)
    assert plain(forest.title()) == (
        "“Adopts”: 1 of 2 terms clearly associated; furthest from 1: “Large” (reference: “Small”), "
        "odds ratio 3.07 [1.69, 5.57], +19.3 points [9.0, 29.0]"
    )
    none = Forest(groups[1:], "Adopts", W)
    assert plain(none.title()).startswith("“Adopts”: no clear association with any of 1 terms")
    assert "Associations, not effects" in " ".join(forest.methods())
    assert "Size (reference: Small) – Large: odds ratio 3.07" in forest.alt()


@pytest.mark.parametrize(
    ("mean", "claim"),
    [
        (Value(54, 52, 56), "clearly below the claimed 60 (mean)"),
        (Value(58, 55, 61), "not clearly different from the claimed 60 (mean)"),
        (Value(66, 63, 69), "clearly above the claimed 60 (mean)"),
    ],
)
def test_a_claimed_value_is_compared_with_the_interval(mean, claim):
    found = Distribution([(0.0, 0.2), (50.0, 0.5), (100.0, 1.0)], "Done", W, mean, Value(50), claimed=60)
    assert plain(found.title()).endswith(claim)
    assert "50% up to 50" in plain(found.alt())


def test_combinations_that_tie_are_not_called_the_most_frequent():
    items = [share(0.5, 300, name) for name in "ABCD"]

    def title(*counts):
        members = [frozenset(), frozenset([0]), frozenset([0, 1]), frozenset([0, 1, 2, 3])]
        found = [Combination(m, share(c / 300)) for m, c in zip(members, counts, strict=False)]
        return plain(Combinations(items, sorted(found, key=lambda c: -c.item.share), W).title())

    assert title(30, 60) == "Only “A”: 20% [16, 25], the most frequent of 2 combinations"
    assert title(60, 30) == "None of the items: 20% [16, 25], the most frequent of 2 combinations"
    assert title(3, 30, 60) == "“A” and “B”, nothing else: 20% [16, 25], the most frequent of 3 combinations"
    assert title(3, 30, 6, 60) == "The same 4 items: 20% [16, 25], the most frequent of 4 combinations"
    assert title(60, 60, 3) == "No single combination leads: 2 of 3 are equally frequent, 20% each"


def test_slopes_claim_change_only_where_it_is_clear():
    courses = [
        Course("A", [share(0.2), share(0.5)], difference(0.3)),
        Course("B", [share(0.4), share(0.42)], difference(0.02)),
        Course("C", [share(NAN), share(0.9, label="C")]),
    ]
    waves = ("2013", "2016")
    assert plain(Slopes(courses, waves, W).title()) == (
        "“A” changed most: 20% in 2013, 50% in 2016 (+30.0 points [25.0, 35.0]); clear changes for 1 of 2 items"
    )
    assert "no clear change between 2013 (40%) and 2016 (42%)" in plain(Slopes(courses[1:], waves, W).title())
    assert plain(Slopes(courses[2:], waves, W).title()) == "2016: most often “C”, 90% [86, 93]"


def test_groups_differ_only_where_the_test_says_so_and_small_bases_are_not_held_up():
    def facet(name, n, *shares):
        return Facet(name, [share(x, n, f"I{i}") for i, x in enumerate(shares)])

    facets = [facet("S", 200, 0.2, 0.9), facet("M", 200, 0.5, 0.8), facet("L", 5, 1.0, 0.2)]
    assert plain(SmallMultiples(facets, "Size", W, (0.01, 0.4)).title()) == (
        "Clear differences by “Size” for 1 of 2 items; furthest apart on “I0”: 20% [15, 26] for “S”, 50% [43, 57] for “M”"
    )
    assert (
        plain(SmallMultiples(facets, "Size", W, (0.3, NAN)).title())
        == "No clear differences by “Size” for any of 1 items"
    )
    untested = plain(SmallMultiples(facets[:2], "Size", W).title())
    assert untested == "“I1” is most frequent in all 2 groups, from 80% [74, 85] to 90% [85, 93]"


def test_the_population_title_gives_the_largest_gap_before_and_after_weighting():
    rows = [Composition("Small", share(0.3), share(0.52), 0.55), Composition("Large", share(0.7), share(0.48), 0.45)]
    chart = SampleBesidePopulation([("Size", rows)], W)
    assert plain(chart.title()) == (
        "“Small” is 30% of the unweighted sample, 55% of the population: the largest gap; weighted, gaps are at most 3.0 points"
    )


# --- what is drawn ---


def offsets(figure):
    """Return the (x, y) of the dots of each series, in points, in the order in which they are drawn."""
    with matplotlib.style.context(["default", theme()]):
        canvas = figure.page.canvas(figure.height)
        found = (c for axes in canvas.axes for c in axes.collections if isinstance(c, PathCollection))
        return [c.get_offsets().tolist() for c in found]


def test_dots_stand_where_their_shares_are():
    shares = [(0.0, 1.0), (0.25, 0.5), (0.4, 0.9)]
    figure = finished(Dumbbells([pair(f"I{i}", a, b) for i, (a, b) in enumerate(shares)], ("Home", "Work"), W))
    second, first = (sorted(dots, key=lambda dot: dot[1]) for dots in offsets(figure) if len(dots) > 1)
    left, right = first[0][0], second[0][0]
    for dots, side in ((first, 0), (second, 1)):
        for (x, _), values in zip(dots, shares, strict=True):
            assert (x - left) / (right - left) == pytest.approx(values[side], abs=1e-6)


def test_odds_ratios_stand_on_a_logarithmic_axis():
    terms = [Term(f"T{i}", Value(r, r / 1.1, r * 1.1, null=1.0)) for i, r in enumerate((0.25, 1.0, 4.0))]
    quiet, strong = offsets(finished(Forest([TermGroup("", terms)], "Y", W)))
    low, one, high = sorted(x for x, _ in quiet + strong)
    assert one - low == pytest.approx(high - one, rel=1e-6)


def test_series_differ_by_more_than_colour():
    assert (FIRST.marker, FIRST.filled) != (SECOND.marker, SECOND.filled)
    assert TARGET.marker not in (FIRST.marker, SECOND.marker)

    def grey(colour):
        return sum(w * c for w, c in zip((0.299, 0.587, 0.114), to_rgb(colour), strict=True))

    assert abs(grey(STRONG.colour) - grey(QUIET.colour)) > 0.15


@pytest.mark.parametrize("shades", [SHADES, DIVERGING])
def test_cells_keep_their_colour_on_dark_pages_and_their_values_have_contrast(shades):
    def luminance(colour):
        linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
        return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    assert not set(shades) & set(DARK_PAGE)
    for colour in shades:
        light, dark = sorted((luminance(colour), luminance(label_colour(colour))), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, colour
    halves = [shades[:6][::-1], shades[5:]] if shades is DIVERGING else [shades]
    for half in halves:
        assert all(luminance(a) > luminance(b) for a, b in itertools.pairwise(half))


def test_cells_hold_their_values_as_long_as_they_fit_and_say_where_they_are_otherwise():
    wide, narrow = ([text for text, _ in text_boxes(drawn(kind))[0]] for kind in ("co_use", "co_use_of_40"))
    assert "93" in wide
    assert "93" not in narrow
    assert any("values are in the table" in text for text in narrow)
    assert {"2", "40"} <= set(narrow)


def test_a_narrow_page_leaves_out_columns_that_can_be_spared_and_no_others():
    page = Page(SIZES["one-column"])
    columns = [
        Column("Difference", ("+15.2 [11.3, 19.1]",)),
        Column("p", ("< .001",), spared=2),
        Column("n", ("12345",), spared=1),
    ]
    place = across(
        page, ["x" * 60], [Panel(), *columns, Column("Share of everything", ("100.0%",), spared=3)], least=0.5
    )
    assert [column.header for column, _ in place.columns] in (["Difference"], ["Difference", "n"])
    wide = across(Page(SIZES["slide"]), ["x"], [Panel(), *columns])
    assert len(wide.columns) == 3


def test_what_cannot_be_estimated_is_a_dash():
    pairs = [pair("A", 0.2, 0.5), Pair("B", share(NAN), share(NAN))]
    figure = finished(Dumbbells(pairs, ("Home", "Work"), W))
    assert [text for text, _ in text_boxes(figure)[0]].count("–") >= 3
    assert "B: no estimate." in figure.alt


# --- axes ---


@given(st.floats(-1e6, 1e6), st.floats(0, 1e6), st.integers(1, 8))
def test_number_ticks_are_round_and_enclose(low, width, most):
    ticks = number_ticks(low, low + width, most)
    slack = 1e-6 * max(1, abs(low), width)
    assert 2 <= len(ticks) <= max(most, 2) + 1
    assert ticks[0] <= low + slack
    assert ticks[-1] >= low + width - slack


@given(st.floats(1e-6, 1), st.floats(1, 1e6), st.integers(2, 8))
def test_ratio_ticks_enclose_and_hold_one(low, high, most):
    ticks = ratio_ticks(low, high, most)
    assert 1.0 in ticks
    assert ticks[0] <= low * (1 + 1e-6)
    assert ticks[-1] >= high * (1 - 1e-6)


@given(st.floats(-1, 0), st.floats(0.01, 1), st.integers(2, 8))
def test_share_ticks_enclose_and_hold_zero(low, high, most):
    ticks = share_ticks(low, high, most)
    assert 0.0 in ticks
    assert ticks[0] <= low + 1e-6
    assert ticks[-1] >= high - 1e-6
    assert decimals([100 * tick for tick in ticks]) == 0


# --- from tables ---


def tables(rows, tests=(), analysis="usage"):
    return {analysis: wave_tables.estimates_table(rows), f"{analysis}_tests": wave_tables.tests_table(tests)}


def named(figures, name):
    return next(figure for figure in figures if figure.name == name)


def grid():
    contexts = (Item("private", text("Private")), Item("work", text("At work")))
    return question("channels", "grid", 2, contexts=contexts, short_labels=True, base="answered")


@pytest.mark.parametrize("turned", [False, True])
def test_a_grid_of_two_contexts_is_compared_whichever_way_the_table_subtracts(turned):
    q = grid()
    shares = {("i0", "private"): 0.3, ("i0", "work"): 0.6, ("i1", "private"): 0.5, ("i1", "work"): 0.52}
    rows = [share_row(q, item, "ticked", s, 500, context=context) for (item, context), s in shares.items()]
    tests = []
    for item, d in (("i0", 0.3), ("i1", 0.02)):
        low, high = d - 0.05, d + 0.05
        sign = -1 if turned else 1
        bounds = sorted((sign * low, sign * high))
        contexts = {"context": "private", "context2": "work"}
        row = share_row(q, item, "ticked", 0.5, 500, "difference") | contexts
        rows.append(row | {"estimate": sign * d, "ci_low": bounds[0], "ci_high": bounds[1]})
        tests.append(
            {"wave": "w", "question": "channels", "item": item, "role": "test", "adjustment": "bh"}
            | {"p_adjusted": 0.001 if d > 0.1 else 0.5}
        )
    found = draw_figures(tables(rows, tests), questionnaire([q], {"channels": ["channels"]}), "en")
    figure = named(found, "usage_channels_compared")
    assert plain(figure.title) == (
        "“At work”: clearly higher than “Private” for 1 of 2 items; largest difference: “Item 0”, +30.0 points [25.0, 35.0]"
    )
    assert "Benjamini–Hochberg" in figure.caption
    assert "among the same respondents" in figure.caption
    assert "Item 0: Private 30.0%, At work 60.0%, difference +30.0 [25.0, 35.0]." in plain(figure.alt)


def test_without_differences_contexts_are_drawn_without_a_claim():
    q = grid()
    rows = [share_row(q, i, "ticked", s, 500, context=c) for i, c, s in (("i0", "private", 0.3), ("i0", "work", 0.6))]
    found = draw_figures(tables(rows), questionnaire([q], {"channels": ["channels"]}), "en")
    assert plain(named(found, "usage_channels_compared").title) == (
        "“Private”: most often “Item 0”, 30% [26, 34]; “At work”: most often “Item 0”, 60% [56, 64]"
    )


def test_a_difference_of_other_answers_does_not_stand_beside_the_shares():
    q = grid()
    rows = [share_row(q, i, "ticked", s, 500, context=c) for i, c, s in (("i0", "private", 0.3), ("i0", "work", 0.6))]
    row = share_row(q, "i0", "often", 0.1, 500, "difference", context="private") | {"context2": "work"}
    found = draw_figures(tables([*rows, row]), questionnaire([q], {"channels": ["channels"]}), "en")
    assert "Difference" not in [words for words, _ in text_boxes(named(found, "usage_channels_compared"))[0]]


def test_a_grid_of_more_contexts_is_a_heat_map():
    contexts = tuple(Item(c, text(c.title())) for c in ("leads", "demos", "trust"))
    q = question("purposes", "grid", 2, contexts=contexts, short_labels=True, base="answered")
    cells = zip(
        itertools.product(("i0", "i1"), ("leads", "demos", "trust")), (0.1, 0.2, 0.3, 0.4, 0.5, 0.6), strict=True
    )
    rows = [share_row(q, item, "ticked", s, 400, context=context) for (item, context), s in cells]
    found = draw_figures(tables(rows), questionnaire([q], {"channels": ["purposes"]}), "en")
    assert [figure.name for figure in found] == ["flow", "usage_purposes"]
    assert plain(found[1].title) == "From 10% [7, 13] for “Leads” – “Item 0” to 60% [55, 65] for “Trust” – “Item 1”"
    assert "Trust: Item 0 30.0%, Item 1 60.0%." in plain(found[1].alt)


def test_barriers_of_adopters_stand_beside_those_of_non_adopters():
    stage = question("stage", "single", answers=["No", "Yes"])
    adopter = replace(question("adopter", "single", derivation=Derivation("net", ("stage",), ("a1",))), answers=YES_NO)
    q = question("barriers", "battery", 2, ["No", "Yes"], top=("a1",), short_labels=True)
    asked = question("why_not", "tick_all", 2, short_labels=True, asked_if=Condition(((("stage", ("a0",)),),)))
    roles = {
        "adopter": ["adopter"],
        "segments": ["adopter"],
        "barriers": ["barriers", "why_not"],
        "adoption": ["stage"],
    }
    rows = []
    for item, a, b in (("i0", 0.7, 0.3), ("i1", 0.4, 0.42)):
        for level, s in (("yes", a), ("no", b)):
            rows.append(share_row(q, item, "a1", s, 200, "top2", segment="adopter", level=level))
        levels = {"segment": "adopter", "level": "yes", "level2": "no"}
        row = share_row(q, item, "a1", 0.5, 400, "difference") | levels
        rows.append(row | {"estimate": a - b, "ci_low": a - b - 0.05, "ci_high": a - b + 0.05})
    found = draw_figures(tables(rows, analysis="barriers"), questionnaire([stage, adopter, q, asked], roles), "en")
    figure = named(found, "barriers_barriers_by_adopter")
    assert plain(figure.title) == (
        "“adopter: No”: clearly lower than “adopter: Yes” for 1 of 2 items; "
        "largest difference: “Item 0”, −40.0 points [−45.0, −35.0]"
    )
    assert "between two groups" in figure.caption
    # a question that only non-adopters were asked has nobody to compare them with
    assert "barriers_why_not_by_adopter" not in [f.name for f in found]


def test_co_use_is_drawn_from_pairs_of_items():
    q = question("channels", "tick_all", 3, short_labels=True)
    rows = [share_row(q, f"i{i}", "ticked", s, 400) for i, s in enumerate((0.5, 0.75, 0.05))]
    pairs = {("i0", "i1"): (0.9, 200), ("i1", "i0"): (0.6, 300), ("i2", "i0"): (1.0, 20), ("i0", "i2"): (0.1, 200)}
    rows += [share_row(q, a, "ticked", s, n, "co_use", item2=b) for (a, b), (s, n) in pairs.items()]
    found = draw_figures(tables(rows), questionnaire([q], {"channels": ["channels"]}), "en")
    figure = named(found, "usage_channels_together")
    assert plain(figure.title) == (
        "Of those who named “Item 0”, 90% [85, 93] also named “Item 1”: the largest overlap; of all, 75%"
    )
    shown = [words for words, _ in text_boxes(figure)[0]]
    assert shown.count("–") == 2  # the pairs that the table lacks
    assert {"Item 2\N{NO-BREAK SPACE}†", "200", "300", "20"} <= set(shown)


def test_stages_start_at_the_furthest_whichever_way_they_are_asked(monkeypatch):
    monkeypatch.setattr(plan, "ANALYSES", plan.ANALYSES | {"adoption": ("stage",)})
    staff = question("staff", "single", answers=["Small", "Large"])
    stage = question("stage", "single", answers=["Will not", "Undecided", "Uses"], neutral="a1")
    rows = [share_row(stage, "", f"a{i}", s, 300) for i, s in enumerate((0.2, 0.3, 0.5))]
    for level, shares in (("a0", (0.4, 0.3, 0.3)), ("a1", (0.1, 0.2, 0.7))):
        rows += [share_row(stage, "", f"a{i}", s, 150, segment="staff", level=level) for i, s in enumerate(shares)]
    tests = [
        {
            "wave": "w",
            "question": "stage",
            "segment": "staff",
            "role": "test",
            "adjustment": "holm",
            "p_adjusted": 0.001,
        }
    ]
    both = questionnaire([staff, stage], {"stage": ["stage"], "firm_size": ["staff"]})
    figure = named(draw_figures(tables(rows, tests, "adoption"), both, "en"), "adoption_stage")
    assert plain(figure.title) == (
        "“Uses”: 50% [44, 56]; by “staff” from 30% [23, 38] for “Small” to 70% [62, 77] for “Large”"
    )
    assert "All respondents: Uses 50.0%, Undecided 30.0%, Will not 20.0%; n = 300." in plain(figure.alt)
    assert "adjusted (Holm): “staff”: p = .001." in figure.caption


def test_a_sample_question_shows_the_population_where_the_sample_was_weighted_to_it():
    q = question("staff", "single", answers=["Small", "Large"], base="all")
    rows = []
    for answer, unweighted, weighted, target in (("a0", 0.3, 0.55, 0.55), ("a1", 0.7, 0.45, 0.45)):
        rows.append(share_row(q, "", answer, weighted - 0.01, 306, base="all"))
        rows.append(share_row(q, "", answer, weighted, 300, base="valid"))
        bare = {"base": "valid", "ci_low": NAN, "ci_high": NAN}
        rows.append(share_row(q, "", answer, unweighted, 300, "proportion_unweighted") | bare)
        rows.append(share_row(q, "", answer, target, 300, "population_share") | bare)
    alone = questionnaire([q], {"firm_size": ["staff"]})
    figure = named(draw_figures(tables(rows, analysis="sample"), alone, "en"), "sample_staff")
    assert figure.title.startswith("“Small” is 30% of the unweighted sample, 55% of the population")
    unweighted = draw_figures(tables(rows[:1], analysis="sample"), alone, "en")
    assert named(unweighted, "sample_staff").title.startswith("Staff: most often")


def test_a_model_is_drawn_with_its_references():
    staff = question("staff", "single", answers=["Small", "Large"], short="Number of staff")
    adopter = replace(question("adopter", "single", short="Adopts"), answers=YES_NO)
    model = {"wave": "w", "model": "adopter", "question": "adopter", "answer": "yes", "n": 566, "conf_level": 0.95}
    large = model | {"term": "staff=a1", "reference": "a0"}
    rows = [
        large | {"statistic": "odds_ratio", "estimate": 3.07, "ci_low": 1.69, "ci_high": 5.57},
        large | {"statistic": "ame", "estimate": 0.193, "ci_low": 0.09, "ci_high": 0.29},
        model | {"term": "pressure", "statistic": "odds_ratio", "estimate": 1.1, "ci_low": 0.8, "ci_high": 1.4},
    ]
    tests = [
        model | {"term": "staff=a1", "role": "test", "p_adjusted": 0.002, "adjustment": "holm"},
    ]
    both = questionnaire([staff, adopter], {"adopter": ["adopter"], "firm_size": ["staff"]})
    figure = named(draw_figures(tables(rows, tests, "models"), both, "en"), "models_adopter")
    assert plain(figure.title) == (
        "“Adopts”: 1 of 2 terms clearly associated; furthest from 1: “Large” (reference: “Small”), "
        "odds ratio 3.07 [1.69, 5.57], +19.3 points [9.0, 29.0]"
    )
    assert "Probability and odds of “Yes”. Respondents in the model: n = 566." in plain(figure.caption)
    empty = draw_figures({}, both, "fr")
    assert "non estimable" in named(empty, "models_adopter").title


def test_items_by_segment_take_their_tests_from_the_table():
    staff = question("staff", "single", answers=["Small", "Large"])
    q = question("channels", "tick_all", 2, short_labels=True)
    rows = [share_row(q, f"i{i}", "ticked", s, 400) for i, s in enumerate((0.3, 0.6))]
    for level, shares in (("a0", (0.1, 0.6)), ("a1", (0.5, 0.6))):
        rows += [share_row(q, f"i{i}", "ticked", s, 200, segment="staff", level=level) for i, s in enumerate(shares)]
    tests = [
        {"wave": "w", "question": "channels", "item": item, "segment": "staff", "role": "test", "p_adjusted": p}
        for item, p in (("i0", 0.001), ("i1", 0.9))
    ]
    both = questionnaire([staff, q], {"channels": ["channels"], "firm_size": ["staff"]})
    figure = named(draw_figures(tables(rows, tests), both, "en"), "usage_channels_by_staff")
    assert plain(figure.title) == (
        "Clear differences by “staff” for 1 of 2 items; furthest apart on “Item 0”: "
        "10% [7, 15] for “Small”, 50% [43, 57] for “Large”"
    )
    assert figure.alt.index("Item 1:") < figure.alt.index("Item 0:", figure.alt.index("Item 1:"))


def test_maps_name_extremes_often_mentioned_and_claim_a_difference_only_where_it_is_clear():
    contexts = [MapPoint("A", (-1.0, 0.1), 9), MapPoint("B", (-0.5, 0.2), 90), MapPoint("C", (0.4, -0.3), 80)]
    points = [MapPoint(name, (0.1 * i, 0.2), 50) for i, name in enumerate("xyz")]
    clear = CorrespondenceMap(contexts, points, (0.7, 0.3), W, Value(0.2, 0.1, 0.3, 0.001), 200)
    title = "Patterns clearly differ, Cramér’s V 0.20 [0.10, 0.30]: furthest apart on dimension 1 are “B” and “C”"
    assert plain(clear.title()) == title
    assert plain(replace(clear, effect=Value(0.2, 0.0, 0.3, 0.3)).title()).startswith("No clear difference in pattern")
    assert plain(replace(clear, effect=Value()).title()) == "Furthest apart on dimension 1: “B” and “C”"


def test_maps_hold_both_axes_in_the_same_units_and_become_lists_where_labels_have_no_room():
    spread = [MapPoint(f"P{i}", (math.sin(i), 0.4 * math.cos(1.7 * i)), 40) for i in range(8)]
    crowded = [MapPoint(f"P{i}", (1e-6 * i, 1.0 * (i == 0)), 40) for i in range(40)]
    found = []
    for points in (spread, crowded):
        chart = CorrespondenceMap(points, points[:3], (0.7, 0.3), W)
        at = chart._plane(Page(SIZES["two-column"]), 200.0)
        assert at.x(1) - at.x(0) == pytest.approx(at.y(0) - at.y(1))
        assert_readable(finished(chart))
        found.append(chart._fitting(Page(SIZES["two-column"]), 200.0))
    assert found[0] is not None
    assert found[1] is None
