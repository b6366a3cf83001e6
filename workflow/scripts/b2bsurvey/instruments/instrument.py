"""The one shape in which every platform's definition of a questionnaire is described."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Texts = Mapping[str, str]
"""A text by language, without markup."""

Kind = Literal[
    "single", "tick_all", "battery", "grid", "ranking", "constant_sum",
    "number", "date", "text", "file", "display", "computed", "other",
]  # fmt: skip
Cells = Literal["choice", "tick", "rank", "number", "date", "text", "file", "nothing"]


@dataclass(frozen=True)
class Answer:
    """An answer to choose; `code` is what an export of codes writes."""

    code: str
    text: Texts


@dataclass(frozen=True)
class Item:
    """A row, an option or a column of a question that has several."""

    code: str
    text: Texts
    exclusive: bool = False
    shown_if: str = ""


@dataclass(frozen=True)
class ExportColumn:
    """A column of the platform's export; `item` and `context` are codes, '' where there is none."""

    code: str
    item: str = ""
    context: str = ""
    answers: tuple[Answer, ...] = ()
    """What its cells stand for, where they are codes."""
    open: bool = False
    """Whether it holds the respondents' own words."""
    names: tuple[str, ...] = ()
    """Further names that the platform gives this column elsewhere."""


@dataclass(frozen=True)
class Question:
    """A question as the platform asks it."""

    code: str
    kind: Kind
    cells: Cells
    platform_type: str
    text: Texts
    help: Texts = field(default_factory=dict)
    group: Texts = field(default_factory=dict)
    """Title of its page or block."""
    items: tuple[Item, ...] = ()
    contexts: tuple[Item, ...] = ()
    answers: tuple[Answer, ...] = ()
    mandatory: bool = False
    shown_if: str = ""
    """The routing in the platform's own words, '' where everybody is asked."""
    columns: tuple[ExportColumn, ...] = ()


@dataclass(frozen=True)
class Instrument:
    """A questionnaire as the platform defines it; the first language is the one it was written in."""

    file: str
    platform: str
    title: Texts
    languages: tuple[str, ...]
    questions: tuple[Question, ...]
    notes: tuple[str, ...] = ()
    """Plain sentences on what could not be taken over."""


def item_text(question: Question, column: ExportColumn, language: str) -> str:
    """Return what stands below a question in the heading of a column: `item`, `item [context]`, or nothing."""
    item = next((in_language(i.text, language) for i in question.items if i.code == column.item), "")
    context = next((in_language(c.text, language) for c in question.contexts if c.code == column.context), "")
    return f"{item} [{context}]" if item and context else item or context


def in_language(texts: Texts, language: str) -> str:
    """Return a text in a language, else in a variant of it (`de-informal`), else in the first one it has."""
    short = language.partition("-")[0]
    fitting = [text for name, text in texts.items() if name.partition("-")[0] == short]
    return texts.get(language) or next((text for text in [*fitting, *texts.values()] if text), "")
