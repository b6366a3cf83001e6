"""Figures that were drawn: what the folder of a wave's figures holds, read without drawing anything."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

INDEX = "figures.json"
WORDS = ("name", "question", "analysis", "title", "subtitle", "caption", "alt", "estimable")


@dataclass(frozen=True)
class DrawnFigure:
    """A figure as it stands in the folder: its words, and the SVG as text."""

    name: str
    question: str
    analysis: str
    title: str
    subtitle: str
    caption: str
    alt: str
    svg: str
    estimable: bool = True


def figure_files(figures: Iterable[Any], formats: Iterable[str]) -> dict[str, bytes | str]:
    """Return file name → content of all figures in all `formats`, with an index of their words.

    SVG is always there: the report takes it in.
    """
    files: dict[str, bytes | str] = {}
    index = []
    for figure in figures:
        for kind, content in figure.files(tuple(dict.fromkeys(("svg", *formats)))).items():
            files[f"{figure.name}.{kind}"] = content
        index.append({word: getattr(figure, word) for word in WORDS})
    return files | {INDEX: json.dumps(index, ensure_ascii=False, indent=1) + "\n"}


def read_figures(folder: Path) -> list[DrawnFigure]:
    """Return the figures of a folder that `figure_files` filled, in their order."""
    index = json.loads((folder / INDEX).read_text(encoding="utf-8"))
    return [DrawnFigure(**words, svg=(folder / f"{words['name']}.svg").read_text(encoding="utf-8")) for words in index]


def read_pictures(folder: Path) -> dict[str, bytes]:
    """Return name → PNG of the figures of a folder; none where the configuration asks for no PNG."""
    return {path.stem: path.read_bytes() for path in sorted(folder.glob("*.png"))}
