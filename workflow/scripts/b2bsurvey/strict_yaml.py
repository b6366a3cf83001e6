"""YAML read strictly: with line numbers, without surprises.

What plain YAML does silently is refused or kept as written: duplicate keys, aliases, tags and tabs are
errors with their line; `NO`, `1.10`, `0123` and dates stay text; every key is text.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from b2bsurvey.errors import StudyError, nearest_file

Place = tuple[str | int, ...]

LARGEST_FILE = 1_000_000
DEEPEST_NEST = 60
# what YAML takes parts to be by itself; any other tag was written by somebody
_PLAIN_TAGS = ("map", "seq", "str", "int", "float", "bool", "null", "timestamp", "merge", "value")
# only numbers that print as they are written; `1.10` and `0123` are somebody's labels
NUMBER = re.compile(r"-?(0|[1-9]\d{0,14})(\.\d*[1-9])?")


@dataclass(frozen=True)
class Document:
    """A YAML file as plain data, and the line on which each of its parts stands."""

    file: str
    data: Any
    lines: Mapping[Place, int] = field(default_factory=dict)

    def where(self, *place: str | int) -> str:
        """Name file and line of `place`, or of the nearest part around it."""
        for length in range(len(place), -1, -1):
            line = self.lines.get(place[:length])
            if line:
                return f"{self.file}, line {line}"
        return self.file


def load_yaml(path: Path) -> Document:
    """Read the YAML file `path`.

    Raises:
        StudyError: when the file is missing, not UTF-8 or not strict YAML; the sentence names the line.
    """
    if not path.is_file():
        raise StudyError(f"{path}: there is no such file{nearest_file(path)}; correct the path.")
    return parse_yaml(path.read_bytes(), str(path))


def parse_yaml(content: bytes, file: str) -> Document:
    """Parse YAML `content`; `file` names it in errors."""
    if len(content) > LARGEST_FILE:
        raise StudyError(f"{file}: the file has {len(content):,} bytes, more than the {LARGEST_FILE:,} allowed.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise StudyError(f"{file}, line {line}: a character is not UTF-8; save the file as UTF-8.") from error
    try:
        _refuse_deep_nests(text, file)
        node = yaml.compose(text, Loader=yaml.CSafeLoader)
    except yaml.MarkedYAMLError as error:
        raise StudyError(_plain(error, file, text)) from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, text.find(chr(error.character))) + 1
        raise StudyError(
            f"{file}, line {line}: the character U+{error.character:04X} is not allowed in YAML; remove it."
        ) from error
    lines: dict[Place, int] = {}
    data = None if node is None else _build(node, (), lines, file, set())
    return Document(file, data, lines)


def _refuse_deep_nests(text: str, file: str) -> None:
    """Stop before the parser's recursion does: events come one by one, whatever the depth."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST_NEST:
            line = (event.start_mark.line if event.start_mark else 0) + 1
            raise StudyError(f"{file}, line {line}: more than {DEEPEST_NEST} levels are nested; flatten them.")


def _plain(error: yaml.MarkedYAMLError, file: str, text: str) -> str:
    """Word a parser error."""
    mark = error.problem_mark or error.context_mark
    where = f"{file}, line {mark.line + 1}" if mark else file
    problem = error.problem or "the text is not YAML"
    lines = text.split("\n")  # the mark may lie behind the last of them
    if mark and mark.line < len(lines) and "\t" in lines[mark.line][: mark.column + 1]:
        return f"{where}: a tab stands where only spaces may; indent with spaces."
    if "alias" in problem:
        return f"{where}: anchors and aliases (& and *) are not used here; write the text out, or quote it."
    return f"{where}: this is not YAML ({problem}); check quotes, colons and indentation."


def _build(node: yaml.Node, place: Place, lines: dict[Place, int], file: str, seen: set[int]) -> Any:
    line = node.start_mark.line + 1
    lines.setdefault(place, line)
    if id(node) in seen:
        raise StudyError(f"{file}, line {line}: anchors and aliases (& and *) are not used here; write it out.")
    seen.add(id(node))
    if node.tag.removeprefix("tag:yaml.org,2002:") not in _PLAIN_TAGS:
        raise StudyError(f"{file}, line {line}: the tag '{node.tag}' is not allowed; remove it.")
    if isinstance(node, yaml.SequenceNode):
        return [_build(child, (*place, i), lines, file, seen) for i, child in enumerate(node.value)]
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, place, lines, file, seen)
    return _scalar(node)


def _mapping(
    node: yaml.MappingNode, place: Place, lines: dict[Place, int], file: str, seen: set[int]
) -> dict[str, Any]:
    built: dict[str, Any] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, yaml.ScalarNode):
            raise StudyError(f"{file}, line {line}: a key must be one word, not a list or mapping.")
        key = key_node.value
        if key == "<<":
            raise StudyError(f"{file}, line {line}: merge keys (<<) are not used here; write the keys out.")
        if key in built:
            first = lines[(*place, key)]
            raise StudyError(
                f"{file}, line {line}: the key '{key}' stands here again (first on line {first}); keep one."
            )
        lines[(*place, key)] = line
        built[key] = _build(value_node, (*place, key), lines, file, seen)
    return built


def _scalar(node: Any) -> str | int | float | bool | None:
    """Give plain `true`, `false`, `null` and canonical numbers their type; all else is text."""
    value: str = node.value
    if node.style:  # quoted, or a block
        return value
    if value in ("", "~", "null"):
        return None
    if value in ("true", "false"):
        return value == "true"
    if NUMBER.fullmatch(value) and value != "-0":
        return float(value) if "." in value else int(value)
    return value
