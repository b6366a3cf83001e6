"""Figures in a page: SVG files taken in, their styles written once for all of them."""

import re
from collections.abc import Iterable, Iterator

from markupsafe import Markup

from b2bsurvey.render.drawn import DrawnFigure

EVERY_SHAPE = re.compile(r'<defs>\s*<style type="text/css">\*(\{[^}]*\})</style>\s*</defs>')
DARK = re.compile(r"<style>@media screen and \(prefers-color-scheme: dark\)\{(.*?\})\}</style>", re.DOTALL)
DARK_COLOUR = re.compile(r'\[style\*="([\w-]+: #\w+)"\]\{([\w-]+:#\w+)!important\}')
STYLE = re.compile(r' style="([^"]*)"')
# what a file needs and a page does not: its text stands in the name
NOT_IN_A_PAGE = re.compile(r"<metadata>.*?</metadata>|<title\b.*?</title>|<desc\b.*?</desc>", re.DOTALL)


def embedded(figures: Iterable[DrawnFigure]) -> tuple[list[Markup], Markup]:
    """Return the figures ready to stand in one page, and the style sheet that they share.

    Each has ids of its own and is named by its `alt` text. A style that a thousand shapes repeat becomes a class, the
    rule for dark pages of each file a rule for these classes: a page with 80 figures shrinks by a megabyte.
    """
    svgs = [figure.svg[figure.svg.index("<svg") :] for figure in figures]
    classes: dict[str, str] = {}

    def classed(style: re.Match[str]) -> str:
        return f' class="{classes.setdefault(style[1], f"v{len(classes)}")}"'

    pages = []
    for i, (svg, figure) in enumerate(zip(svgs, figures, strict=True), start=1):
        body = _ungrouped(DARK.sub("", EVERY_SHAPE.sub("", NOT_IN_A_PAGE.sub("", svg))))
        body = _own_ids(STYLE.sub(classed, body), f"f{i}-")
        pages.append(_named(body, figure.alt))
    return pages, Markup("\n".join(_rules(svgs, classes)))  # noqa: S704 – drawn by us


def _rules(svgs: Iterable[str], classes: dict[str, str]) -> Iterator[str]:
    """Yield the rules of all shapes, of each class, and of the classes whose colours change on a dark page."""
    yield from dict.fromkeys(f"figure svg *{rule}" for svg in svgs for rule in EVERY_SHAPE.findall(svg))
    for style, name in classes.items():
        yield f".{name}{{{style.replace(': ', ':').replace('; ', ';')}}}"
    dark = dict(pair for svg in svgs for rules in DARK.findall(svg) for pair in DARK_COLOUR.findall(rules))
    swapped = {
        name: [colour for light, colour in dark.items() if light in style.split("; ")]
        for style, name in classes.items()
    }
    inside = "".join(f".{name}{{{';'.join(colours)}}}" for name, colours in swapped.items() if colours)
    if inside:
        yield f"@media screen and (prefers-color-scheme:dark){{{inside}}}"


def _ungrouped(svg: str) -> str:
    """Return the drawing without groups that say nothing, and without line ends."""
    said: list[bool] = []  # of each open group, whether it has attributes

    def kept(tag: re.Match[str]) -> str:
        if tag[0] == "</g>":
            return tag[0] if said.pop() else ""
        if not tag[0].endswith("/>"):
            said.append(tag[0] != "<g>")
        return "" if tag[0] == "<g>" else tag[0]

    return re.sub(r">\s+<", "><", re.sub(r"</?g\b[^>]*>", kept, svg))


def _own_ids(svg: str, prefix: str) -> str:
    """Return the drawing with short ids that no other has, and none that nothing refers to."""
    wanted = dict.fromkeys(re.findall(r'(?:href="|url\()#([^")]+)', svg))
    new = {old: f"{prefix}{i}" for i, old in enumerate(wanted)}
    svg = re.sub(r' id="([^"]*)"', lambda found: f' id="{new[found[1]]}"' if found[1] in new else "", svg)
    return re.sub(r'((?:href="|url\()#)([^")]+)', lambda found: found[1] + new[found[2]], svg)


def _named(svg: str, alt: str) -> Markup:
    """Return the drawing as an image with a name."""
    end = svg.index(">")
    root = re.sub(r'\s(?:role|aria-\w+|focusable|version|xmlns(?::\w+)?)="[^"]*"', "", svg[4:end])
    name = Markup.escape(alt)
    return Markup(f'<svg role="img" aria-label="{name}" focusable="false"{root}{svg[end:]}')  # noqa: S704 – drawn by us
