"""Figures: words that stay true to the numbers, text that never overlaps or leaves the page, the same bytes twice."""

import io
import math
import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from xml.etree import ElementTree

import matplotlib.style
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from PIL import Image

from b2bsurvey.questionnaire import Answer, Condition, Derivation, Item, Question, Questionnaire, YES_NO
from b2bsurvey.render.catalogue import LANGUAGES, TEXTS, catalogue
from b2bsurvey.render.figures import draw_figures, figure_names
from b2bsurvey.render.figures.page import Page
from b2bsurvey.render.figures.segments import spaced
from b2bsurvey.render.figures.style import SIZES, diverging, label_colour, theme
from b2bsurvey.screening import DISPOSITIONS
from b2bsurvey.statistics.intervals import wilson
from b2bsurvey.tables import estimates_table

LONG = (
    "Use of social media in the acquisition of new customers, the care of existing ones and in after-sales service, "
    "including the exchange with distributors, suppliers and other partners of the firm, in all markets"
)
LABELS = ["Web", LONG, "Unternehmenskommunikationsverantwortliche", "x" * 200, "网站与社交媒体上的客户沟通", "وسائل التواصل الاجتماعي", "$a_b$ & <c>"]


def text(words: str) -> dict[str, str]:
    return dict.fromkeys(LANGUAGES, words)


def labels(k: int, short: bool = False) -> list[str]:
    return [f"Item {i}" if short else f"{LABELS[i % len(LABELS)]} {i}" for i in range(k)]


def question(name: str, kind: str, k: int = 0, answers: Sequence[str] = (), **other) -> Question:
    return Question(
        name=name,
        type=kind,
        text=text(f"What about {name}?"),
        short=text(other.pop("short", name)),
        level=other.pop("level", "ordinal"),
        base=other.pop("base", "answered" if kind == "tick_all" else "valid"),
        line="here",
        answers=tuple(Answer(f"a{i}", text(a), (), float(i)) for i, a in enumerate(answers)),
        items=tuple(Item(f"i{i}", text(label)) for i, label in enumerate(labels(k, other.pop("short_labels", False)))),
        **other,
    )


def questionnaire(questions: Sequence[Question], roles: Mapping[str, Sequence[str]], **other) -> Questionnaire:
    return Questionnaire(
        file="q.yaml",
        title=text("Title"),
        source=text("The survey"),
        population={},
        languages=LANGUAGES,
        questions={q.name: q for q in questions},
        filters=other.get("filters", {}),
        roles={role: tuple(names) for role, names in roles.items()},
        evaluation_order=tuple(q.name for q in questions),
    )


def share_row(q: Question, item: str, answer: str, share: float, n: int, statistic: str = "proportion", **other) -> dict:
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


def text_boxes(figure) -> tuple[list, tuple[float, float]]:
    """Return the boxes of all texts in pixels, and the page's width and height."""
    with matplotlib.style.context(["default", theme()]), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        canvas = figure.page.canvas(figure.height)
        renderer = FigureCanvasAgg(canvas).get_renderer()
        boxes = [(t.get_text(), t.get_window_extent(renderer)) for t in canvas.texts]
        return boxes, (canvas.bbox.width, canvas.bbox.height)


def assert_readable(figure) -> None:
    boxes, (width, height) = text_boxes(figure)
    assert len(boxes) > 3
    for words, box in boxes:
        assert box.x0 >= 0, f"{figure.name}: {words}"
        assert box.y0 >= 0, f"{figure.name}: {words}"
        assert box.x1 <= width, f"{figure.name}: {words}"
        assert box.y1 <= height, f"{figure.name}: {words}"
    for i, (words, a) in enumerate(boxes):
        for other, b in boxes[i + 1 :]:
            apart = a.x1 <= b.x0 or b.x1 <= a.x0 or a.y1 <= b.y0 or b.y1 <= a.y0
            assert apart, f"{figure.name}: '{words}' lies on '{other}'"
