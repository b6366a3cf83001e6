"""The texts of all outputs, in each language."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

LANGUAGES = ("en", "de", "fr", "it")
TEXTS = Path(__file__).parent / "texts"


@dataclass(frozen=True)
class Catalogue:
    """The texts of one language; `catalogue("key", n=3)` fills the placeholders in."""

    language: str
    texts: Mapping[str, str]

    def __call__(self, key: str, /, **values: Any) -> str:
        """Return the text `key` with `{name}` replaced by `values`; KeyError for a key that is not there."""
        return self.texts[key].format(**values)


@cache
def catalogue(language: str) -> Catalogue:
    """Return the texts of `language`, from all files in `texts/` (each: key, then language, then text)."""
    texts = {}
    for path in sorted(TEXTS.glob("*.yaml")):
        for key, translations in yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader).items():
            texts[key] = _spaced(translations[language]) if language == "fr" else translations[language]
    return Catalogue(language, texts)


def _spaced(text: str) -> str:
    """Keep French punctuation on the line of its word: narrow no-break spaces before : ; ? ! and inside « »."""
    return re.sub(r"(?<=\S) (?=[:;?!»%])|(?<=«) |^ (?=[:;] $)", "\N{NARROW NO-BREAK SPACE}", text)
