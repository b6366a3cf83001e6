"""A page of measured text and marks, laid out from top to bottom in points; nothing on it is placed by hand."""

import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

from b2bsurvey.render.figures.style import FONT, PAPER, ROLES, Size

LEADING = 1.32  # from line to line, in type sizes
CAPITALS = 0.36  # from the middle of a line to its baseline, in type sizes
SLACK = 1.03  # other renderers and fonts set text a little wider
_WIDE = "\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef"  # scripts that break between any two characters
_WORD = re.compile(rf" *(?:[{_WIDE}]|[^ {_WIDE}]+)")
MISSING_GLYPH = r"Glyph .* missing from font"  # a script that the font lacks: a box for each character
SCALES = (1.0, 0.92, 0.85, 0.78, 0.7, 0.62, 0.55)

Box = tuple[float, float, float, float]  # left, top, right and bottom, in points from the page's left and top


@lru_cache(maxsize=50_000)
def _unit_width(text: str, bold: bool) -> float:
    """Measure `text` in type sizes."""
    font = FontProperties(family=FONT, weight="bold" if bold else "normal", size=100)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=MISSING_GLYPH)
        return float(text_to_path.get_text_width_height_descent(text, font, ismath=False)[0]) / 100 * SLACK


@dataclass(frozen=True)
class Text:
    """One line of text with its middle at height `middle`; turned, it reads upwards from there along `x`."""

    x: float
    middle: float
    text: str
    role: str
    align: str
    colour: str
    turned: bool = False


class Page:
    """Text and marks with the height they need; `type` is the size of the body type in points."""

    def __init__(self, size: Size, scale: float = 1.0) -> None:
        self.width = size.width
        self.type = size.type * scale
        self.margin = 1.1 * self.type
        self.y = self.margin
        self.rows = 1
        self._texts: list[Text] = []
        self._marks: list[Callable[[Axes], None]] = []
        self._caption: list[tuple[str, str]] = []

    @property
    def right(self) -> float:
        """The right margin's position."""
        return self.width - self.margin

    @property
    def height(self) -> float:
        """What text, marks and caption need."""
        return self.y + self._caption_height() + self.margin

    def leading(self, role: str = "body") -> float:
        """Return the distance between two lines."""
        return LEADING * ROLES[role][0] * self.type

    def text_width(self, text: str, role: str = "body") -> float:
        """Return the width of one line of text."""
        scale, bold, _ = ROLES[role]
        return _unit_width(text, bold) * scale * self.type

    def widest(self, lines: list[str] | tuple[str, ...], role: str = "body") -> float:
        """Return the width of the widest line, 0 for none."""
        return max((self.text_width(line, role) for line in lines), default=0.0)

    def wrap(self, text: str, width: float, role: str = "body", balance: bool = False) -> list[str]:
        """Break `text` into lines no wider than `width`; with `balance`, into lines of about equal width."""
        lines = self._broken(text, width, role)
        if balance and len(lines) > 1:
            low, high = width / 2, width
            for _ in range(6):
                middle = (low + high) / 2
                low, high = (middle, high) if len(self._broken(text, middle, role)) > len(lines) else (low, middle)
            lines = self._broken(text, high, role)
        return lines

    def _broken(self, text: str, width: float, role: str) -> list[str]:
        lines = [""]
        for word in _WORD.findall(re.sub(r"[\t\r\n]+", " ", text)):
            if self.text_width(lines[-1] + word, role) <= width:
                lines[-1] += word
                continue
            word = word.lstrip(" ")
            if self.text_width(word, role) <= width:
                lines.append(word)
                continue
            lines.append("")
            for character in word:
                hyphen = "-" if character.isalpha() and lines[-1][-1:].isalpha() else ""
                if lines[-1] and self.text_width(lines[-1] + character + hyphen, role) > width:
                    lines[-1:] = [lines[-1] + hyphen, ""]
                lines[-1] += character
        return [line.strip(" ") for line in lines if line.strip(" ")] or [""]

    def text(
        self, x: float, middle: float, text: str, role: str = "body", align: str = "left", colour: str = ""
    ) -> None:
        """Put one line with its middle at height `middle`; `align` says what of it stands at `x`."""
        if text:
            self._texts.append(Text(x, middle, text, role, align, colour or ROLES[role][2]))

    def turned(self, x: float, bottom: float, lines: list[str], role: str = "body") -> None:
        """Put lines that read upwards from height `bottom`, the block's middle at `x`."""
        for i, line in enumerate(lines):
            place = x + (i - (len(lines) - 1) / 2) * self.leading(role)
            self._texts.append(Text(place, bottom, line, role, "left", ROLES[role][2], turned=True))

    def lines(self, x: float, middle: float, lines: list[str], role: str = "body", align: str = "left") -> None:
        """Put lines below each other, the block's middle at height `middle`."""
        for i, line in enumerate(lines):
            self.text(x, middle + (i - (len(lines) - 1) / 2) * self.leading(role), line, role, align)

    def paragraph(self, text: str, role: str, balance: bool = False) -> None:
        """Put wrapped text below what is already there, over the whole width."""
        for line in self.wrap(text, self.right - self.margin, role, balance):
            self.text(self.margin, self.y + self.leading(role) / 2, line, role)
            self.y += self.leading(role)

    def heading(self, title: str, subtitle: str) -> None:
        """Put the title and, below it, the subtitle."""
        self.paragraph(title, "title", balance=True)
        self.y += 0.15 * self.type
        self.paragraph(subtitle, "subtitle", balance=True)
        self.y += 0.9 * self.type

    def caption(self, mark: str, text: str) -> None:
        """Keep the caption for the foot of the page, after the mark of data that are not observed."""
        width = self.right - self.margin
        self._caption = [(line, "mark") for line in (self.wrap(mark, width, "mark") if mark else [])]
        self._caption += [(line, "caption") for line in self.wrap(text, width, "caption")]

    def _caption_height(self) -> float:
        return sum(self.leading(role) for _, role in self._caption) + 0.9 * self.type

    def draw(self, marks: Callable[[Axes], None]) -> None:
        """Let `marks` draw on axes that span the page, in points from its left and top."""
        self._marks.append(marks)

    def canvas(self, height: float | None = None) -> Canvas:
        """Return the page as a matplotlib figure, the caption at its foot."""
        height = max(self.height, height or 0.0)
        canvas = Canvas(figsize=(self.width / 72, height / 72), facecolor=PAPER)
        axes = canvas.add_axes((0, 0, 1, 1), xlim=(0, self.width), ylim=(height, 0))
        axes.set_axis_off()
        for marks in self._marks:
            marks(axes)
        foot = height - self.margin - self._caption_height() + 0.9 * self.type
        caption = []
        for line, role in self._caption:
            caption.append(Text(self.margin, foot + self.leading(role) / 2, line, role, "left", ROLES[role][2]))
            foot += self.leading(role)
        for text in (*self._texts, *caption):
            scale, bold, _ = ROLES[text.role]
            down = CAPITALS * scale * self.type
            x, y = (text.x + down, text.middle) if text.turned else (text.x, text.middle + down)
            canvas.text(
                x / self.width,
                1 - y / height,
                text.text,
                size=scale * self.type,
                weight="bold" if bold else "normal",
                color=text.colour,
                ha=text.align,
                va="baseline",
                rotation=90 if text.turned else 0,
                rotation_mode="anchor",
                parse_math=False,
            )
        return canvas


def fitted(compose: Callable[[Page, float], None], size: Size) -> Page:
    """Let `compose` fill a page, given the extra height of each row.

    On a page of fixed height the type shrinks until everything fits, or the rows spread until it is full.
    """
    for scale in SCALES if size.height else SCALES[:1]:
        page = Page(size, scale)
        compose(page, 0.0)
        if size.height is None or page.height <= size.height:
            break
    if size.height and page.height < size.height:
        spread = min((size.height - page.height) / page.rows, 2.2 * page.type)
        page = Page(size, scale)
        compose(page, spread)
    return page
