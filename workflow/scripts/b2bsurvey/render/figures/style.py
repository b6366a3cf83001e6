"""Sizes, type and colours of all figures: a blue/orange pair that colour-blind eyes and grey print tell apart."""

from dataclasses import dataclass

import seaborn as sns
from matplotlib.colors import to_hex, to_rgb

FONT = "DejaVu Sans"  # comes with matplotlib, so every machine measures alike
FALLBACK_FONTS = "'DejaVu Sans', Verdana, 'Noto Sans', Arial, sans-serif"

PAPER, INK, MUTED, GRID = "#ffffff", "#1d2b36", "#566672", "#dde2e6"
ORANGE, PALE_ORANGE, BLUE, PALE_BLUE, NEUTRAL = "#d4742c", "#f3c79a", "#0b5f7e", "#8fc1d4", "#eaedef"
SLATE, PALE_SLATE = "#71828e", "#d5dde2"
BLUE_TINT, ORANGE_TINT, FRAME = "#eaf3f7", "#fdf3ea", "#b9c6ce"
# cells from little to much; shades in between would leave neither label colour enough contrast
SHADES = ("#eef5f8", "#c8e0ea", "#a2cbdb", "#84bacf", "#6eadc6", "#58a0bd", "#1f7596", "#126686", "#095470", "#063f55")
AGAINST, FOR = (
    ("#a8561a", "#d4742c", "#e39d62", "#f3c79a", "#fbe6d2"),
    (SHADES[1], SHADES[3], *SHADES[5::2][:2], SHADES[9]),
)
ON_DARK, ON_LIGHT = "#fffffe", "#10181e"  # labels on marks: told apart from paper and ink, which dark pages swap
DARK_PAGE = {
    PAPER: "#14202a",
    INK: "#e8edf0",
    MUTED: "#a9b6bf",
    GRID: "#33434f",
    BLUE: "#23809f",
    SLATE: "#9aabb6",
    PALE_SLATE: "#3d4e5a",
    BLUE_TINT: "#1b303d",
    ORANGE_TINT: "#35291f",
    FRAME: "#4a5c68",
}


@dataclass(frozen=True)
class Size:
    """Width, body type and (of a slide) height of the page, in points."""

    width: float
    type: float
    height: float | None = None


SIZES = {"one-column": Size(252.3, 6.6), "two-column": Size(518.7, 7.8), "slide": Size(960, 15.5, 540)}

# what a text is for: size relative to the body type, bold, colour
ROLES = {
    "title": (1.45, True, INK),
    "subtitle": (1.1, False, MUTED),
    "body": (1.0, False, INK),
    "strong": (1.0, True, INK),
    "muted": (1.0, False, MUTED),
    "header": (0.92, True, MUTED),
    "tick": (0.92, False, MUTED),
    "cell": (0.92, False, INK),
    "small cell": (0.78, False, INK),
    "tiny cell": (0.64, False, INK),
    "segment": (0.88, False, INK),
    "caption": (0.85, False, MUTED),
    "mark": (0.92, True, ORANGE),
    "count": (1.7, True, INK),
}


def diverging(left: int, neutral: int, right: int) -> list[str]:
    """Return the colours of ordered answers: `left` oranges, grey for a neutral one, `right` blues."""
    oranges = sns.blend_palette([ORANGE, PALE_ORANGE], left) if left else []
    blues = sns.blend_palette([BLUE, PALE_BLUE], right)[::-1] if right else []
    return [to_hex(colour) for colour in (*oranges, *[NEUTRAL] * neutral, *blues)]


def label_colour(background: str) -> str:
    """Return the label colour that has more contrast on `background` (relative luminance, WCAG 2)."""
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(background)]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return ON_DARK if luminance < 0.18 else ON_LIGHT


def theme() -> dict[str, object]:
    """Return matplotlib's settings for all figures."""
    return {
        **sns.axes_style("white"),
        "font.family": FONT,
        "axes.facecolor": "none",
        "svg.fonttype": "none",
        "pdf.fonttype": 42,
        "lines.solid_capstyle": "butt",
    }
