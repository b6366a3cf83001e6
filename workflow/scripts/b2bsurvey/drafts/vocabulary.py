"""What the words of questionnaires mean for a draft, by the lists in words.yaml."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from b2bsurvey.columns import normal
from b2bsurvey.strict_yaml import load_yaml

_WORDS: Mapping[str, Any] = load_yaml(Path(__file__).parent / "words.yaml").data
_YES = ("yes", "ja", "oui", "sì", "si", "sí", "true", "wahr", "vrai", "vero")
_NO = ("no", "nein", "non", "false", "falsch", "faux", "falso")
# beginnings that negate an adjective, and what stands between it and its opposite
_NEGATED = ("un", "dis", "in", "im", "ir")
_BETWEEN = re.compile(r"(neither|weder|ni|né)\b.*|neutral|neutre|neutrale|undecided|teils.*|indifferent")
_FIRST_NUMBER = re.compile(r"\d[\d,.'’ ]*(?:k\b|m\b)?")


def _any_of(patterns: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns))


def _values(table: Mapping[str, list[str]]) -> dict[str, float]:
    """Return the value of each word of a table `value: [words]`."""
    return {normal(word): float(value) for value, words in table.items() for word in words}


_REASONS = {reason: _any_of(patterns) for reason, patterns in _WORDS["missing"].items()}
_OTHER, _EXCLUSIVE = _any_of(_WORDS["other"]), _any_of(_WORDS["exclusive"])
_PERSONAL = re.compile(rf"\b(?:{'|'.join(_WORDS['personal'])})")
_CONSENT = _any_of(_WORDS["consent"])
_BELOW, _ABOVE = _any_of(_WORDS["below"]), _any_of(_WORDS["above"])
_SCALES = tuple(
    {normal(word): float(place) for place, step in enumerate(scale) for word in step.split(" = ")}
    for scale in _WORDS["scales"]
)
_DEGREES, _NUMBERS, _UNITS = (_values(_WORDS[name]) for name in ("degrees", "numbers", "units"))
_DEGREES_LONGEST_FIRST = sorted(_DEGREES, key=len, reverse=True)
_UNIT = re.compile(rf"\b({'|'.join(sorted(_UNITS, key=len, reverse=True))})[a-zé]*\b")
_FUNCTION_WORDS = {language: frozenset(words.split()) for language, words in _WORDS["function_words"].items()}
_ROLES = {role: (tuple(said["types"]), _any_of(said["says"])) for role, said in _WORDS["roles"].items()}


def missing_reason(label: str) -> str | None:
    """Return the missing reason that an answer's text states, None where it states an answer."""
    text = normal(label)
    if text.endswith(("(n/a)", "(not applicable)")):
        return "not_applicable"
    text = text.strip(" .!()") or text
    return next((reason for reason, pattern in _REASONS.items() if pattern.fullmatch(text)), None)


def is_other(label: str) -> bool:
    """Return whether an answer or option is "other", to be completed in one's own words."""
    return _OTHER.fullmatch(normal(label)) is not None


def is_exclusive(label: str) -> bool:
    """Return whether an option of a tick-all set says that none of the others holds."""
    text = normal(label)
    return _EXCLUSIVE.fullmatch(text) is not None or missing_reason(label) is not None


def yes_or_no(label: str) -> str | None:
    """Return `yes` or `no` for an answer that says no more than that."""
    text = normal(label)
    return "yes" if text in _YES else "no" if text in _NO else None


def is_personal(heading: str) -> bool:
    """Return whether what stands in an open column of this heading may name a person."""
    text = normal(heading.replace("_", " "))
    return _PERSONAL.search(text) is not None


def language_of(headings: list[str]) -> str | None:
    """Return the language (en, de, fr, it) whose function words stand in headings most often, None without any."""
    words = normal(" ".join(headings)).replace("?", " ").split()
    found = {language: sum(w in known for w in words) for language, known in _FUNCTION_WORDS.items()}
    best = max(found, key=lambda language: found[language])
    return best if found[best] else None


def is_function_word(word: str) -> bool:
    """Return whether a word says nothing by itself, so that a name can do without it."""
    return any(word in known for known in _FUNCTION_WORDS.values())


def asks_for_consent(text: str) -> bool:
    """Return whether a question asks for consent."""
    return _CONSENT.search(normal(text)) is not None


def role_of(kind: str, text: str) -> str | None:
    """Return the role that a question of this kind may have by its words, None where they fit none."""
    text = normal(text)
    return next((role for role, (kinds, said) in _ROLES.items() if kind in kinds and said.search(text)), None)


def order_of(labels: list[str]) -> list[int] | None:
    """Return the places of labels in ascending order, None where they are no scale that is known.

    They are one when all are steps of a usual scale, when all are degrees of one adjective (very favourable to very
    unfavourable), or when all say different numbers or ranges of them.
    """
    if len(labels) < 2:
        return None
    texts = [normal(label).strip(" .") for label in labels]
    for values in (_numbered(texts), *_steps(texts), _degrees(texts), _ranges(texts)):
        if values is not None and len(set(values)) == len(values):
            return sorted(range(len(values)), key=lambda i: values[i])
    return None


def is_usual_scale(labels: list[str]) -> bool:
    """Return whether labels are steps of a usual scale, degrees of one adjective, or yes and no.

    Such answers are known as those of a list even where each was given once.
    """
    texts = [normal(label).strip(" .") for label in labels]
    if sorted(str(yes_or_no(text)) for text in texts) == ["no", "yes"]:
        return True
    return len(texts) > 1 and (bool(_steps(texts)) or _degrees(texts) is not None)


def _numbered(texts: list[str]) -> list[float] | None:
    """Return the codes before the texts: `1 (none at all)`, `2`, `5 - mostly others`."""
    found = [re.match(r"(-?\d+)(?:\.0)?(?=$|[ .:)(-])", text) for text in texts]
    if not all(found):
        return None
    values = [float(match[1]) for match in found if match]
    consecutive = max(values) - min(values) < 2 * len(values) and max(values) <= 20
    return values if consecutive and not any(re.search(r"\d.*[-–].*\d", text) for text in texts) else None


def _steps(texts: list[str]) -> list[list[float] | None]:
    """Return the places of the texts in each usual scale that has all of them."""
    found: list[list[float] | None] = []
    for place in _SCALES:
        if all(text in place for text in texts):
            found.append([place[text] for text in texts])
    return found


def _degrees(texts: list[str]) -> list[float] | None:
    """Return how far each text affirms the adjective that all of them share."""
    read = [_degree(text) for text in texts]
    heads = {head for _, head in read if head}
    roots = {next((head.removeprefix(n) for n in _NEGATED if head.removeprefix(n) in heads), head) for head in heads}
    if len(roots) != 1:
        return None
    root = roots.pop()
    return [value if head in ("", root) else -value for value, head in read]


def _degree(text: str) -> tuple[float, str]:
    if _BETWEEN.fullmatch(text):
        return 0.0, ""
    before, _, rest = text.partition(", ")
    if rest and yes_or_no(before):
        text = rest
    text = re.sub(r" (of the time|for me|to me)$", "", text)
    for word in _DEGREES_LONGEST_FIRST:
        if text == word:
            return _DEGREES[word], ""
        if text.startswith(f"{word} "):
            return _DEGREES[word], text.removeprefix(f"{word} ")
    return 1.2, text


def _ranges(texts: list[str]) -> list[float] | None:
    """Return the lower bound of each range, `under` just below its number and `over` just above."""
    values = [_bound(text) for text in texts]
    return None if any(v is None for v in values) or len(texts) < 3 else [v for v in values if v is not None]


def _bound(text: str) -> float | None:
    match = _FIRST_NUMBER.search(text)
    if match:
        digits = re.sub(r"[^\d.]", "", re.sub(r"[,'’ ](?=\d{3})", "", match[0])).rstrip(".")
        number = float(digits) if digits.count(".") < 2 and digits else float(digits.replace(".", "") or 0)
        number *= {"k": 1e3, "m": 1e6}.get(match[0][-1], 1)
    else:
        spelled = [_NUMBERS[word] for word in text.split() if word in _NUMBERS]
        if not spelled:
            return None
        number = spelled[0]
    unit = _UNIT.search(text)
    number *= _UNITS[unit[1]] if unit else 1.0
    before = text[: match.start()] if match else text
    if _BELOW.search(before):
        return number - 0.001 * max(number, 1)
    return number + 0.001 * max(number, 1) if _ABOVE.search(text) else number
