"""What tests of figures share: questions, labels that want to do harm, and the boxes of all texts, measured."""

import warnings
from collections.abc import Mapping, Sequence

import matplotlib.style
from matplotlib.backends.backend_agg import FigureCanvasAgg

from b2bsurvey.questionnaire import Answer, Item, Question, Questionnaire
from b2bsurvey.render.catalogue import LANGUAGES
from b2bsurvey.render.figures.figure import PNG_DPI
from b2bsurvey.render.figures.style import theme

LONG = (
    "Use of social media in the acquisition of new customers, the care of existing ones and in after-sales service, "
    "including the exchange with distributors, suppliers and other partners of the firm, in all markets"
)
LABELS = [
    "Web",
    LONG,
    "Unternehmenskommunikationsverantwortliche",
    "x" * 200,
    "网站与社交媒体上的客户沟通",
    "وسائل التواصل الاجتماعي",
    "$a_b$ & <c>",
]


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


def text_boxes(figure) -> tuple[list, tuple[float, float]]:
    """Return the boxes of all texts in pixels, and the page's width and height."""
    with matplotlib.style.context(["default", theme()]), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        canvas = figure.page.canvas(figure.height)
        canvas.set_dpi(PNG_DPI)
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
