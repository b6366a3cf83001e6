"""Every kind of chart from invented data, for a reviewer's eye: `python tests/gallery.py FOLDER [KIND …]` draws them."""

import math
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from PIL import Image

from b2bsurvey.render.figures.chart import Chart
from b2bsurvey.render.figures.combinations import Combination, Combinations
from b2bsurvey.render.figures.correspondence_map import CorrespondenceMap, MapPoint
from b2bsurvey.render.figures.dumbbell import Composition, Dumbbells, Pair, SampleBesidePopulation, by_second
from b2bsurvey.render.figures.ecdf import Distribution
from b2bsurvey.render.figures.figure import Figure, draw
from b2bsurvey.render.figures.forest import Forest, Term, TermGroup
from b2bsurvey.render.figures.items import Item
from b2bsurvey.render.figures.lorenz import Concentration
from b2bsurvey.render.figures.matrix import Matrix, MatrixRow
from b2bsurvey.render.figures.profiles import LatentClass, Profiles
from b2bsurvey.render.figures.slope import Course, Slopes
from b2bsurvey.render.figures.small_multiples import Facet, SmallMultiples
from b2bsurvey.render.figures.stages import Segment, StageBars, Stages
from b2bsurvey.render.figures.style import SIZES
from b2bsurvey.render.figures.value import NAN, Value
from b2bsurvey.render.figures.wording import Wording
from b2bsurvey.statistics.intervals import wilson
from measured_figures import questionnaire

CHANNELS = {
    "Website": (0.42, 0.93),
    "Newsletter": (0.31, 0.74),
    "LinkedIn": (0.28, 0.61),
    "Xing": (0.33, 0.52),
    "Facebook": (0.81, 0.38),
    "YouTube": (0.77, 0.35),
    "Twitter": (0.24, 0.23),
    "Blogs": (0.29, 0.18),
    "Wikis": (0.45, 0.16),
    "SlideShare": (0.05, 0.09),
    "Instagram": (0.36, 0.08),
    "Google+": (0.02, 0.0),
}


def words(language: str = "en", origin: str = "synthetic") -> Wording:
    return Wording(questionnaire([], {}), language, origin, "The study", "w")


def share(label: str, p: float, n: int = 571, **other) -> Item:
    low, high = (float(x) for x in wilson(p, n, 0.95))
    return Item(label, p, low, high, round(p * n), n, small=n < 30, model_based=True, **other)


def difference(a: float, b: float, n: int = 571, p: float | None = None) -> Value:
    error = ((a + b - 2 * a * b) / n) ** 0.5
    apart = abs(b - a) / error if error else 0.0
    return Value(
        b - a, b - a - 1.96 * error, b - a + 1.96 * error, min(1.0, 12 * 2.718 ** (-(apart**2) / 2)) if p is None else p
    )


def dumbbells(w: Wording) -> Chart:
    pairs = [Pair(k, share(k, a), share(k, b), difference(a, b)) for k, (a, b) in CHANNELS.items()]
    return Dumbbells(by_second(pairs), ("Private", "At work"), w)


def groups(w: Wording) -> Chart:
    barriers = [
        ("Confidentiality and the protection of personal data", 0.61, 0.66),
        ("Private and professional use cannot be separated", 0.58, 0.49),
        ("No content strategy", 0.31, 0.52),
        ("Lack of time or staff", 0.55, 0.5),
        ("Little pressure from customers, suppliers and partners", 0.22, 0.44),
        ("Lack of trust", 0.18, 0.2),
    ]
    pairs = [
        Pair(k, share(k, a, 380), share(k, b, 24 if "trust" in k else 191), difference(a, b, 130))
        for k, a, b in barriers
    ]
    return Dumbbells(by_second(pairs), ("Adopters", "Non-adopters"), w, paired=False)


def population(w: Wording) -> Chart:
    size = [("1–9", 0.31, 0.52, 0.55), ("10–49", 0.34, 0.33, 0.31), ("50–249", 0.35, 0.15, 0.14)]
    sector = [("Industry", 0.44, 0.21, 0.21), ("Trade", 0.2, 0.28, 0.28), ("Services", 0.36, 0.51, 0.51)]
    return SampleBesidePopulation(
        [
            (name, [Composition(k, share(k, u), share(k, v), t) for k, u, v, t in rows])
            for name, rows in (("Firm size", size), ("Sector", sector))
        ],
        w,
    )


def stages(w: Wording) -> Chart:
    def row(label: str, n: int, *shares: float) -> Stages:
        return Stages(share(label, shares[0], n), shares)

    size = [row("1–9", 196, 0.36, 0.13, 0.22, 0.29), row("10–49", 214, 0.44, 0.16, 0.2, 0.2)]
    size += [row("50–249", 161, 0.66, 0.14, 0.16, 0.04)]
    region = [row("Deutschschweiz", 410, 0.48, 0.14, 0.2, 0.18), row("Suisse romande", 135, 0.47, 0.15, 0.19, 0.19)]
    region += [row("Ticino", 26, 0.5, 0.115, 0.192, 0.193), Stages(Item("Rumantsch"), (NAN,) * 4)]
    total = row("All respondents", 571, 0.48, 0.14, 0.2, 0.18)
    segments = [Segment("Firm size", size, 0.0002), Segment("Region", region, 0.97)]
    return StageBars(total, segments, ("Uses", "Planned", "Undecided", "Will not use"), 2, w)


def co_use(w: Wording, k: int = 12) -> Chart:
    draw = random.Random(4)
    named = [f"{list(CHANNELS)[i % 12]}{'' if i < 12 else f' {i}'}" for i in range(k)]
    rows = []
    for i, label in enumerate(named):
        own = list(CHANNELS.values())[i % 12][1]
        n = round(571 * own)
        cells = []
        for j, other in enumerate(named):
            p = own if i == j else min(1.0, list(CHANNELS.values())[j % 12][1] * draw.uniform(0.9, 1.3))
            item = share(other, p, n if i != j else 571) if n or i == j else Item(other)
            cells.append(Value(item.share, item.low, item.high))
        rows.append(MatrixRow(label, tuple(cells), n, n < 30))
    return Matrix(rows, named, "co_use", w)


def co_use_of_40(w: Wording) -> Chart:
    return co_use(w, 40)


def purposes(w: Wording) -> Chart:
    draw = random.Random(2)
    asked = ["Show expertise", "Monitor markets and find prospects", "Product demonstrations", "Leads", "Word of mouth"]
    rows = []
    for label in list(CHANNELS)[:8]:
        cells = [share("", draw.betavariate(1.2, 2), 300) for _ in asked]
        rows.append(MatrixRow(label, tuple(Value(c.share, c.low, c.high) for c in cells), 300))
    return Matrix(rows, asked, "share", w)


def correspondence(w: Wording) -> Chart:
    """Purposes of channels in two dimensions."""
    contexts = [MapPoint(name, (round(b - a, 2), round(a * b, 2)), round(900 * b)) for name, (a, b) in CHANNELS.items()]
    purposes = ("Show expertise", "Observe the market", "Demonstrate products", "Win new enquiries", "Be recommended")
    items = [MapPoint(name, (0.3 * i - 0.6, 0.6 - 0.2 * i), 200) for i, name in enumerate(purposes)]
    return CorrespondenceMap(contexts, items, (0.61, 0.22), w, Value(0.21, 0.17, 0.25, 0.0004), 230)


def correlations(w: Wording) -> Chart:
    draw = random.Random(3)
    items = ["Affinity", "Openness", "Resistance to change", "Pressure of partners", "Pressure of customers", "Trust"]
    rows = []
    for i, label in enumerate(items):
        values = [draw.uniform(-0.6, 0.8) for _ in range(i)]
        cells = [Value(v, v - 0.08, v + 0.08) for v in values] + [None] * (len(items) - i)
        rows.append(MatrixRow(label, tuple(cells)))
    return Matrix(rows, items, "correlation", w)


def forest(w: Wording) -> Chart:
    def term(label: str, ratio: float, error: float, effect: float, p: float) -> Term:
        low, high = (math.exp(math.log(ratio) + z * error) for z in (-1.96, 1.96))
        half = 0.11 + error / 20
        return Term(label, Value(ratio, low, high, p, null=1.0), Value(effect, effect - half, effect + half))

    size = [term("51–250", 0.8, 0.34, -0.036, 1.0), term("251–1,000", 0.67, 0.39, -0.066, 1.0)]
    size += [term("1,000–10,000", 1.52, 0.3, 0.072, 0.6), term("Over 10,000", 3.07, 0.3, 0.193, 0.002)]
    activities = [
        term("Contribute code upstream", 1.4, 0.26, 0.058, 0.9),
        term("Use it internally", 1.06, 0.39, 0.01, 1.0),
        term("Hire people for it", 2.27, 0.28, 0.146, 0.03),
        term("Train people for it", 2.77, 0.3, 0.188, 0.008),
        Term("Start own projects"),
    ]
    groups = [
        TermGroup("Number of staff", size, "2–50"),
        TermGroup("At least sometimes", activities),
        TermGroup("", [term("Pressure of partners, per point", 9.4, 1.9, 0.12, 0.4)]),
    ]
    return Forest(groups, "Has or plans a programme", w, notes=["Complete cases, n = 566."])


def combinations(w: Wording) -> Chart:
    draw = random.Random(5)
    named = list(CHANNELS)[:9]
    people = [frozenset(i for i, k in enumerate(named) if draw.random() < CHANNELS[k][1]) for _ in range(571)]
    counted = sorted(Counter(people).items(), key=lambda pair: (-pair[1], sorted(pair[0])))
    found = [Combination(members, share("", count / 571)) for members, count in counted]
    return Combinations([share(k, sum(i in p for p in people) / 571) for i, k in enumerate(named)], found, w)


def ecdf(w: Wording) -> Chart:
    draw = random.Random(6)
    given = sorted(5 * round(20 * draw.betavariate(2.2, 1.9)) for _ in range(412))
    steps = [(v, sum(g <= v for g in given) / 412) for v in sorted(set(given))]
    mean = sum(given) / 412
    return Distribution(
        steps,
        "Share of the buying process before the first contact",
        w,
        Value(mean, mean - 2.1, mean + 2.1),
        Value(55, 50, 60),
        claimed=60,
        unit="%",
        n=412,
    )


def lorenz(w: Wording) -> Chart:
    draw = random.Random(7)
    posts = sorted(draw.paretovariate(1.3) for _ in range(99))
    points = [((i + 1) / 99, sum(posts[: i + 1]) / sum(posts)) for i in range(99)]
    top = 1 - points[88][1]
    return Concentration(points, "Posts", w, Value(0.52, 0.43, 0.6), Value(top, top - 0.09, top + 0.1), 10 / 99, n=99)


def slopes(w: Wording) -> Chart:
    found = {"Facebook": (84, 86, 87), "YouTube": (59, 70, 87), "Xing": (55, 60, 62), "Twitter": (49, 61, 75)}
    found |= {"LinkedIn": (34, 47, 62), "Blogs": (35, 30, 22), "Instagram": (None, 21, 36)}
    courses = []
    for label, shares in found.items():
        items = [Item(label) if x is None else share(label, x / 100, 416) for x in shares]
        change = difference(items[0].share, items[-1].share, 416) if shares[0] else Value()
        courses.append(Course(label, items, change))
    return Slopes(courses, ("2013", "2014", "2016"), w)


def small_multiples(w: Wording, k: int = 4) -> Chart:
    draw = random.Random(8)
    sizes = ["1–9", "10–49", "50–249", "250 and more", "Holdings", "Associations", "Public bodies"][:k]
    base = {"Confidentiality": 0.62, "No separation of private and professional": 0.55, "No strategy": 0.45}
    base |= {"No time": 0.4, "No trust": 0.15}
    facets = []
    for i, size in enumerate(sizes):
        shares = {b: min(0.98, max(0.01, p + draw.uniform(-0.15, 0.15))) for b, p in base.items()}
        facets.append(Facet(size, [share(b, p, 24 + 60 * i) for b, p in shares.items()]))
    return SmallMultiples(facets, "Firm size", w, (0.001, 0.4, 0.03, 1.0, 0.7))


def profiles(w: Wording) -> Chart:
    draw = random.Random(9)
    named = [("Broadcasters", 0.46), ("Lurkers", 0.31), ("Networkers", 0.23)]
    return Profiles(
        [
            LatentClass(name, share(name, size), [Item(k, draw.betavariate(0.7, 0.7)) for k in list(CHANNELS)[:8]])
            for name, size in named
        ],
        w,
    )


KINDS: dict[str, Callable[[Wording], Chart]] = {
    make.__name__: make
    for make in (
        dumbbells,
        groups,
        population,
        stages,
        co_use,
        co_use_of_40,
        purposes,
        correspondence,
        correlations,
        forest,
        combinations,
        ecdf,
        lorenz,
        slopes,
        small_multiples,
        profiles,
    )
}


def drawn(kind: str, language: str = "en", size: str = "two-column", origin: str = "synthetic") -> Figure:
    w = words(language, origin)
    chart = KINDS[kind](w)
    items = getattr(chart, "items", [])
    caption = w.caption(items, "", *chart.methods())
    return draw(
        chart, w, SIZES[size], name=kind, subtitle="What was asked, in the words of the questionnaire", caption=caption
    )


def gallery(kinds: Iterable[str] = KINDS) -> Iterator[tuple[str, Figure]]:
    """Yield name and figure: each kind in each size, and once in another language."""
    for i, kind in enumerate(kinds):
        for size in SIZES:
            yield f"{kind}_{size}", drawn(kind, size=size)
        language = ("de", "fr", "it")[i % 3]
        yield f"{kind}_{language}", drawn(kind, language)


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, figure in gallery(sys.argv[2:] or KINDS):
        for kind, content in figure.files(["png", "svg"]).items():
            (folder / f"{name}.{kind}").write_bytes(content)
        if name.endswith("two-column"):
            Image.open(folder / f"{name}.png").convert("L").save(folder / f"{name}_grey.png")
