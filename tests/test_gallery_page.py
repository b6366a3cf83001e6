"""docs/gallery.md: every kind of figure, with an image that is small, of a figure that the shipped wave has."""

import re
from typing import get_args

from PIL import Image

import lucerne_wave
from b2bsurvey.render.figures.plan import Kind, plans
from gallery_page import IMAGES, ROOT, SHOWN, WIDTH

PAGE = (ROOT / "docs" / "gallery.md").read_text(encoding="utf-8")


def test_every_kind_is_on_the_page_with_what_it_shows_and_how_to_read_it():
    parts = {re.search(r"\(`(\w+)`\)", part)[1]: part for part in PAGE.split("\n## ")[1:]}
    assert set(parts) == set(get_args(Kind))
    for kind, part in parts.items():
        assert re.search(rf"^!\[.+\]\(images/gallery/{kind}\.png\)$", part, re.MULTILINE), kind
        for word in ("Shows", "How to read it", "Called for by"):
            assert f"- **{word}:** " in part, (kind, word)


def test_images_are_small_and_of_figures_of_the_shipped_wave():
    assert set(SHOWN) == set(get_args(Kind)) == {path.stem for path in IMAGES.glob("*.png")}
    planned = {plan.name: plan.kind for plan in plans(lucerne_wave.questionnaire())}
    for kind, name in SHOWN.items():
        assert planned[name] == kind
        with Image.open(IMAGES / f"{kind}.png") as image:
            assert image.width == WIDTH
    assert sum(path.stat().st_size for path in IMAGES.glob("*.png")) < 1_500_000
