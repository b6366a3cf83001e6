"""The one shape in which every file that says what was asked is described."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Texts = Mapping[str, str]
"""Text by language code, without markup; the key is '' where the file does not say which language it is."""

Type = Literal[
    "single", "tick_all", "battery", "grid", "number", "date", "text", "ranking", "constant_sum",
    "file", "computed", "display", "other",
]  # fmt: skip
Cells = Literal["choice", "tick", "rank", "number", "date", "text", "file", "nothing", ""]


@dataclass(frozen=True)
class Choice:
    """An answer of a question, or an item, option or context of it; `code` is what exports write."""

    code: str
    text: Texts
    missing: bool = False
    """Whether the file declares it to be no substantive answer."""
    other: bool = False
    """Whether it is completed by an open text."""
    exclusive: bool = False
    """Whether it can only be ticked alone."""
    routing: str = ""
    """The condition under which it is shown."""


@dataclass(frozen=True)
class ExportColumn:
    """A column of the platform's export; `item` and `context` are codes, '' where there is none."""

    code: str
    item: str = ""
    context: str = ""
    answers: tuple[Choice, ...] = ()
    """What its cells stand for, where they are codes."""
    open: bool = False
    """Whether it holds the respondents' own words."""
    names: tuple[str, ...] = ()
    """Further names that the platform gives this column elsewhere."""


@dataclass(frozen=True)
class InstrumentQuestion:
    """One question as the file describes it; nothing is derived that the file does not say."""

    code: str
    type: Type
    text: Texts
    items: tuple[Choice, ...] = ()
    """Rows of a battery or grid, options of a tick-all set or a ranking."""
    answers: tuple[Choice, ...] = ()
    contexts: tuple[Choice, ...] = ()
    """Columns of a grid whose rows each have several answers."""
    routing: str = ""
    """The condition under which it is asked, in the file's own language; '' where everybody is asked."""
    page: str = ""
    """Title of the page, group or section that it stands in."""
    cells: Cells = ""
    """What the cells of an export hold, '' where the file does not say."""
    platform_type: str = ""
    help: Texts = field(default_factory=dict)
    mandatory: bool = False
    columns: tuple[ExportColumn, ...] = ()


@dataclass(frozen=True)
class Instrument:
    """A questionnaire as a platform's own file describes it, in the order of the file.

    The first language is the one that it was written in.
    """

    file: str
    title: Texts
    languages: tuple[str, ...]
    questions: tuple[InstrumentQuestion, ...] = field(default=())
    notes: tuple[str, ...] = ()
    """Plain sentences on what the file holds that is not described here."""
    platform: str = ""


def item_text(question: InstrumentQuestion, column: ExportColumn, language: str) -> str:
    """Return what stands below a question in the heading of a column: `item`, `item [context]`, or nothing."""
    item = next((in_language(i.text, language) for i in question.items if i.code == column.item), "")
    context = next((in_language(c.text, language) for c in question.contexts if c.code == column.context), "")
    return f"{item} [{context}]" if item and context else item or context


def in_language(texts: Texts, language: str) -> str:
    """Return a text in a language, else in a variant of it (`de-informal`), else in the first one it has."""
    short = language.partition("-")[0]
    fitting = [text for name, text in texts.items() if name.partition("-")[0] == short]
    return texts.get(language) or next((text for text in [*fitting, *texts.values()] if text), "")
