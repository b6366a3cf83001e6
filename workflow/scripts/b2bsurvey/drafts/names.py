"""Names that are valid identifiers, readable and unique, from codes and texts."""

import re
import unicodedata
from collections.abc import Container

from b2bsurvey.drafts.vocabulary import is_function_word
from b2bsurvey.questionnaire import RESERVED

_LETTERS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "&": " and "})
# codes that a platform numbers by itself and that say nothing: A1, SQ001, 12
_MEANINGLESS = re.compile(r"[A-Za-z]{0,3}_?-?\d+(?:_-?\d+)*|-oth-")


def slug(text: str, longest: int = 32) -> str:
    """Return a text as small ASCII letters, digits and underscores, cut between words at `longest` characters.

    Umlauts are written out (ü: ue), accents are dropped, and so are function words where others are left.
    """
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFC", text.casefold()).translate(_LETTERS))
    plain = re.sub(r"['’](s|t|re|ve|ll|d|m)\b", r"\1", plain)
    letters = "".join(c if c.isalnum() else " " for c in plain if not unicodedata.combining(c))
    words = re.findall(r"[a-z0-9]+", letters.encode("ascii", "ignore").decode())
    words = [word for word in words if not is_function_word(word)] or words
    kept = ""
    for word in words:
        if kept and len(kept) + len(word) >= longest:
            break
        kept = f"{kept}_{word}" if kept else word[:longest]
    return kept


def question_name(code: str, text: str) -> str:
    """Return the name of a question: from its code where it has one, else from its text; it begins with a letter."""
    name = re.sub(r"[^a-z0-9]+", "_", code.casefold()).strip("_") if code.isascii() else slug(code)
    name = name or slug(text) or "question"
    if name in RESERVED:
        return f"{name}_answer"
    return name if name[0].isalpha() else f"q{name}" if name[0].isdigit() else f"q_{name}"


def part_code(code: str, text: str) -> str:
    """Return the code of an answer, item or option: its own where that is a word, else from its text."""
    own = re.sub(r"[^A-Za-z0-9]+", "_", code).strip("_")
    named = slug(text, 28)
    return named if (not own or _MEANINGLESS.fullmatch(code) or len(own) > 40) and named else own or named or "answer"


def unique(name: str, taken: Container[str]) -> str:
    """Return the name, numbered where it is taken."""
    number = 2
    found = name
    while found in taken:
        found, number = f"{name}_{number}", number + 1
    return found
