"""A questionnaire as YAML that people go on with: short entries on one line, texts in quotes, comments above."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

_WIDTH = 118
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_WORDS = frozenset(("true", "false", "null", "yes", "no", "on", "off", "y", "n"))


def lines(data: Mapping[str, Any], indent: int = 0) -> Iterator[str]:
    """Yield the lines of a mapping: an entry stands on one line where it fits, else below its key."""
    for key, value in data.items():
        start = f"{' ' * indent}{key}:"
        short = f"{start} {flow(value)}"
        if isinstance(value, Mapping) and value and (len(short) > _WIDTH or _is_deep(value)):
            yield start
            yield from lines(value, indent + 2)
        elif isinstance(value, list) and len(short) > _WIDTH:
            yield start
            yield from (f"{' ' * (indent + 2)}- {flow(one)}" for one in value)
        else:
            yield short


def comment(text: str, indent: int = 0) -> Iterator[str]:
    """Yield a text as lines of a comment."""
    start = f"{' ' * indent}#"
    line = start
    for word in printable(text).split():
        if len(line) + 1 + len(word) > _WIDTH and line != start:
            yield line
            line = f"{start} "
        line += f" {word}"
    yield line


def flow(value: Any) -> str:
    """Return a value on one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {flow(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(flow, value)) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return f"{value:g}"
    text = str(value)
    return text if _PLAIN.fullmatch(text) and text.casefold() not in _WORDS else quoted(text)


def quoted(text: str) -> str:
    """Return a text in quotation marks, with what YAML does not take as it stands written as its number."""
    return "".join(
        c if c == " " or c.isprintable() else f"\\U{ord(c):08x}" for c in json.dumps(text, ensure_ascii=False)
    )


def printable(text: str) -> str:
    """Return a text on one line, without signs that cannot be seen."""
    return "".join(c if c.isprintable() else " " for c in text)


def _is_deep(value: Mapping[str, Any]) -> bool:
    """Return whether a mapping holds mappings that each deserve a line: answers, items, questions."""
    return any(isinstance(one, Mapping) for one in value.values()) and "label" not in value
