"""The one shape in which every file that says what was asked is described."""

from collections.abc import Mapping
from dataclasses import dataclass, field

Texts = Mapping[str, str]
"""Text by language code; the key is '' where the file does not say which language it is."""

TYPES = ("single", "tick_all", "battery", "grid", "number", "date", "text", "ranking", "constant_sum", "other")


@dataclass(frozen=True)
class Choice:
    """An answer of a question, or an item, option or context of it; `code` is what exports write."""

    code: str
    text: Texts
    missing: bool = False
    """Whether the file declares it to be no substantive answer."""
    other: bool = False
    """Whether it is completed by an open text."""


@dataclass(frozen=True)
class InstrumentQuestion:
    """One question as the file describes it; nothing is derived that the file does not say."""

    code: str
    type: str
    """One of TYPES."""
    text: Texts
    items: tuple[Choice, ...] = ()
    """Rows of a battery or grid, options of a tick-all set."""
    answers: tuple[Choice, ...] = ()
    contexts: tuple[Choice, ...] = ()
    """Columns of a grid whose rows each have several answers."""
    routing: str = ""
    """The condition under which it is asked, in the file's own language."""
    page: str = ""
    """Title of the page, group or section that it stands in."""


@dataclass(frozen=True)
class Instrument:
    """A questionnaire as a platform's own file describes it, in the order of the file."""

    file: str
    title: Texts
    languages: tuple[str, ...]
    questions: tuple[InstrumentQuestion, ...] = field(default=())
    notes: tuple[str, ...] = ()
    """Plain sentences on what the file holds that is not described here."""
