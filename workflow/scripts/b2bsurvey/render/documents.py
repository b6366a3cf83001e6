"""The documents of a wave for papers: the same tables and figures for Word and for LaTeX."""

from pathlib import Path

from b2bsurvey.render.drawn import read_figures, read_pictures
from b2bsurvey.render.labels import Labels
from b2bsurvey.render.latex import latex
from b2bsurvey.render.paper import paper
from b2bsurvey.render.results import WaveResults
from b2bsurvey.render.word import word


def documents(results: WaveResults, language: str, figures: Path) -> dict[str, bytes | str]:
    """Return `word` and `latex`, the two files of a wave in `language`, with the figures of a folder."""
    labels = Labels(results.questionnaire, language)
    found = paper(results, labels, read_figures(figures))
    drawn = {path.stem for kind in ("pdf", "png") for path in figures.glob(f"*.{kind}")}
    return {"word": word(found, labels, read_pictures(figures)), "latex": latex(found, labels, drawn)}
