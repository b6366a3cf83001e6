"""R scripts that platforms write beside an export, to read it: they hold the names and labels that the export lacks.

LimeSurvey's syntax file (`.R`) speaks of the columns by their positions, SoSci's import script (`.r`) by their names.
The scripts are never run: only assignments of these forms are looked for.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from b2bsurvey.errors import StudyError
from b2bsurvey.markup import clean

_MOST_BYTES = 20_000_000
_STRING = r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'"
_VALUE = rf"(?:{_STRING}|-?\d[\d.]*)"
_VECTOR = rf"c\(\s*({_VALUE}(?:\s*,\s*{_VALUE})*)?\s*\)"
_SET = r"\s*(?:<-|=)\s*"
_COLUMN = r"(?:data\[\s*,\s*(?P<position>\d+)\s*\]|\w+\$(?P<name>\w+))"
_NAME = re.compile(rf"^names\(data\)\[(\d+)\]{_SET}({_STRING})", re.MULTILINE | re.DOTALL)
_TEXT = re.compile(
    rf"^(?:attributes\(data\)\$variable\.labels\[(?P<position>\d+)\]|comment\(\w+\$(?P<name>\w+)\)){_SET}({_STRING})",
    re.MULTILINE | re.DOTALL,
)
_FACTOR = re.compile(
    rf"^{_COLUMN}{_SET}factor\([^\n]*?\blevels\s*=\s*{_VECTOR}\s*,\s*labels\s*=\s*{_VECTOR}", re.MULTILINE | re.DOTALL
)
_ONE_VALUE = re.compile(rf"^attr\(\w+\$(\w+)\s*,\s*({_STRING})\){_SET}({_STRING})", re.MULTILINE | re.DOTALL)
_TOKEN = re.compile(_VALUE, re.DOTALL)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


@dataclass(frozen=True)
class Variable:
    """A column as the script describes it; `position` counts from 1, 0 where the script goes by names."""

    name: str
    position: int
    text: str
    values: Mapping[str, str]


def read_r_script(data: bytes, file: str) -> tuple[Variable, ...]:
    """Return the columns that a script names, with their texts and the labels of their values.

    Raises:
        StudyError: where it is not UTF-8, names no column, or gives a column more labels than values.
    """
    if len(data) > _MOST_BYTES:
        raise StudyError(f"{file}: found {len(data):,} bytes; expected a script that reads an export; name that one")
    try:
        script = data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise StudyError(f"{file}: found a script that is not UTF-8; expected UTF-8; download it again") from None
    texts = {m["position"] or m["name"]: clean(_unquoted(m[3])) for m in _TEXT.finditer(script)}
    values: dict[str, dict[str, str]] = {}
    for match in _FACTOR.finditer(script):
        levels, labels = (_TOKEN.findall(match[i] or "") for i in (3, 4))
        if len(levels) != len(labels):
            raise StudyError(
                f"{file}, line {script.count(chr(10), 0, match.start()) + 1}: found {len(levels)} values and "
                f"{len(labels)} labels; expected as many labels as values; download the script again"
            )
        pairs = zip(map(_unquoted, levels), map(_unquoted, labels), strict=True)
        values[match["position"] or match["name"]] = {level: clean(label) for level, label in pairs}
    for match in _ONE_VALUE.finditer(script):
        values.setdefault(match[1], {})[_unquoted(match[2])] = clean(_unquoted(match[3]))
    positions = {position: _unquoted(name) for position, name in _NAME.findall(script)}
    names = positions or {name: name for name in dict.fromkeys([*texts, *values])}
    if not names:
        raise StudyError(
            f"{file}: found no names or labels of columns; expected LimeSurvey's syntax file or SoSci's import script; "
            "download it with the export, or remove it from the wave's 'export'"
        )
    return tuple(
        Variable(name, int(key) if positions else 0, texts.get(key, ""), values.get(key, {}))
        for key, name in names.items()
    )


def _unquoted(token: str) -> str:
    """Return what an R string or number stands for."""
    if token[0] not in "\"'":
        return token
    return _ESCAPE.sub(lambda m: {"n": "\n", "t": "\t", "r": "\r"}.get(m[1], m[1]), token[1:-1])
