"""A finished figure: its words, and the bytes of its files, the same on every run."""

import io
import re
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from typing import Any

import matplotlib.style
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from b2bsurvey.render.figures.chart import Chart
from b2bsurvey.render.figures.page import MISSING_GLYPH, Page, fitted
from b2bsurvey.render.figures.pdf_fonts import small_fonts
from b2bsurvey.render.figures.style import DARK_PAGE, FALLBACK_FONTS, FONT, Size, theme
from b2bsurvey.render.figures.wording import Wording

PNG_DPI = 300
SOFTWARE = "b2bsurvey"


@dataclass(frozen=True)
class Figure:
    """A figure of one wave in one language; `alt` says in words and numbers what it shows.

    One that is not `estimable` holds the reason in place of numbers.
    """

    name: str
    question: str
    analysis: str
    title: str
    subtitle: str
    caption: str
    alt: str
    key: str  # wave/name/language, unique where several figures stand in one document
    page: Page
    height: float | None = None
    estimable: bool = True

    def files(self, formats: Iterable[str]) -> dict[str, bytes]:
        """Return the figure as `svg`, `png` (300 dpi) and `pdf`; two calls give the same bytes."""
        with matplotlib.style.context(["default", theme() | {"svg.hashsalt": self.key}]), warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=MISSING_GLYPH)
            canvas = self.page.canvas(self.height)
            return {name: self._file(canvas, name) for name in formats}

    def _file(self, canvas: Any, name: str) -> bytes:
        file = io.BytesIO()
        if name == "png":
            self._pixels(canvas).save(file, name, dpi=(PNG_DPI, PNG_DPI), pnginfo=self._told(), compress_level=1)
            return file.getvalue()
        metadata: dict[str, dict[str, str | None]] = {
            "svg": {"Date": None, "Creator": SOFTWARE, "Identifier": self.key},
            "pdf": {"CreationDate": None, "Producer": None, "Creator": SOFTWARE}
            | {"Title": self.title, "Subject": self.alt, "Keywords": self.key},
        }
        with small_fonts():
            canvas.savefig(file, format=name, dpi=PNG_DPI, metadata=metadata[name])
        return self._accessible(file.getvalue().decode()).encode() if name == "svg" else file.getvalue()

    def _pixels(self, canvas: Any) -> Image.Image:
        """Return the figure without the channel of transparency that matplotlib would write: a quarter of the file."""
        canvas.set_dpi(PNG_DPI)
        agg = FigureCanvasAgg(canvas)
        agg.draw()
        return Image.fromarray(np.asarray(agg.buffer_rgba())).convert("RGB")

    def _told(self) -> PngInfo:
        told = PngInfo()
        for topic, text in (
            ("Software", SOFTWARE),
            ("Title", self.title),
            ("Description", self.alt),
            ("Source", self.key),
        ):
            told.add_text(topic, text) if text.isascii() else told.add_itxt(topic, text)
        return told

    def _accessible(self, svg: str) -> str:
        """Add title, description, fonts to fall back on and colours for dark pages; drop ids that clash in HTML."""
        me = "figure-" + re.sub(r"[^\w-]", "-", self.key)
        svg = re.sub(r'<g id="\w+_\d+">', "<g>", _shortened(svg)).replace(f"'{FONT}'", FALLBACK_FONTS)
        # shapes of dots take their colours where they are used, where rules for dark pages reach them
        svg = re.sub(r'(<path id="m[0-9a-f]+" d="[^"]*") style="[^"]*"', r"\1", svg)
        dark = "".join(
            f'#{me} [style*="{part}: {light}"]{{{part}:{dark}!important}}'
            for light, dark in DARK_PAGE.items()
            for part in ("fill", "stroke")
        )
        head = (
            f'<title id="{me}-title">{escape(self.title)}</title>\n <desc id="{me}-desc">{escape(self.alt)}</desc>\n'
            f" <style>@media screen and (prefers-color-scheme: dark){{{dark}}}</style>\n "
        )
        svg = svg.replace("<svg ", f'<svg id="{me}" role="img" aria-labelledby="{me}-title {me}-desc" ', 1)
        return svg.replace("<metadata>", head + "<metadata>", 1)


def _shortened(svg: str) -> str:
    """Return the drawing without turns by nothing, indentation, and digits below a hundredth of a point."""
    svg = re.sub(r' transform="rotate\(-?0 [^"]*"', "", svg)
    svg = re.sub(r'(?<= d=")[^"]+', lambda path: _path(path[0]), svg)
    svg = re.sub(r'(?<= [xy]=")[-\d.]+', lambda number: _to_hundredth(number[0]), svg)
    return re.sub(r">\s+<", ">\n<", svg)


def _path(path: str) -> str:
    """Return a path in fewer letters: lines along an axis say where they end on it, no more."""
    short, at = [], ("", "")
    for command, numbers in re.findall(r"([A-Za-z])([^A-Za-z]*)", path):
        to = [_to_hundredth(number) for number in numbers.split()]
        if command == "L" and to[0] == at[0]:
            short.append(f"V{to[1]}")
        elif command == "L" and to[1] == at[1]:
            short.append(f"H{to[0]}")
        else:
            short.append(command + " ".join(to))
        at = (to[-2], to[-1]) if to else ("", "")  # after a path is closed, the next command moves
    return "".join(short)


def _to_hundredth(number: str) -> str:
    return f"{round(float(number), 2) + 0:.2f}".rstrip("0").rstrip(".")  # + 0: no minus before a zero


def draw(
    chart: Chart,
    words: Wording,
    size: Size,
    *,
    name: str,
    subtitle: str,
    caption: str,
    question: str = "",
    analysis: str = "",
    estimable: bool = True,
) -> Figure:
    """Lay a chart out on a page of `size`, below its title and subtitle and above the caption."""
    title, mark = chart.title(), words.origin_mark()

    def compose(page: Page, spread: float) -> None:
        page.heading(title, subtitle)
        page.caption(mark, caption)
        chart.compose(page, spread)

    return Figure(
        name=name,
        question=question,
        analysis=analysis,
        title=title,
        subtitle=subtitle,
        caption=" ".join(text for text in (mark, caption) if text),
        alt=" ".join(text for text in (f"{title}.", subtitle, chart.alt(), mark) if text),
        key="/".join(part for part in (words.wave, name, words.language) if part),
        page=fitted(compose, size),
        height=size.height,
        estimable=estimable,
    )
