"""Fonts in PDFs: the glyphs of a figure, cut from a small copy of their font.

Parsing a font of 6,000 glyphs takes most of the time of a PDF, and matplotlib has no setting for what it reads. So the
letters that our languages use are cut from each font once, without the tables for laying text out (matplotlib places
glyphs itself), and the glyphs of each figure from there; a figure with other letters takes the whole font.
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from fontTools.subset import Options, Subsetter, load_font
from fontTools.ttLib import TTFont
from matplotlib.backends import _backend_pdf_ps as backend

# Latin with accents; quotation marks, dashes and spaces; currencies; arrows and signs of mathematics
COMMON = (*range(0x20, 0x180), *range(0x2000, 0x2070), *range(0x20A0, 0x20C0), *range(0x2190, 0x2270))
LAYOUT_TABLES = ("GSUB", "GPOS", "GDEF", "kern")


@contextmanager
def small_fonts() -> Iterator[None]:
    """Let matplotlib cut glyphs from small copies of the fonts meanwhile."""
    whole = backend.get_glyphs_subset

    def subset(fontfile: Any, glyphs: set[Any]) -> Any:
        copy, places = _common(str(fontfile), fontfile.face_index)
        if not places.keys() >= set(glyphs):
            return whole(fontfile, glyphs)
        cut = Subsetter(Options(glyph_names=True, layout_closure=False))
        cut.populate(gids=[places[glyph] for glyph in glyphs])
        small = TTFont(io.BytesIO(copy), lazy=True, recalcTimestamp=False)
        cut.subset(small)
        found = {glyph: cut.glyph_index_map[places[glyph]] for glyph in glyphs}
        return backend.SubsetResults(small, found)._as_cm()

    backend.get_glyphs_subset = subset
    try:
        yield
    finally:
        backend.get_glyphs_subset = whole


@cache
def _common(path: str, face: int) -> tuple[bytes, dict[int, int]]:
    """Return a font of the common letters and their ligatures, and the place of each glyph of the whole font in it."""
    options = Options(font_number=face, glyph_names=True)
    options.drop_tables += ["FFTM"]  # a time stamp, of which fontTools would say that it drops it
    with load_font(path, options) as font:
        cut = Subsetter(options)
        cut.populate(unicodes=COMMON)
        cut.subset(font)
        for table in LAYOUT_TABLES:
            if table in font:
                del font[table]
        file = io.BytesIO()
        font.save(file)
    return file.getvalue(), dict(cut.glyph_index_map)
