"""A question of a draft: what the questionnaire file will say of it, and the columns that it was found in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from b2bsurvey.instruments.instrument import Texts, in_language
from b2bsurvey.privacy import KINDS
from b2bsurvey.readers.raw import Column

LANGUAGES = ("en", "de", "fr", "it")


@dataclass(frozen=True)
class Part:
    """An answer, an item, an option or a context of a question.

    `source` is the column that holds an item, an option, or the text of an open answer; `column` is how the file will
    name it where the code and the label do not.
    """

    code: str
    label: Texts
    spellings: tuple[str, ...] = ()
    source: Column | None = None
    column: str | None = None
    open: bool = False
    exclusive: bool = False


@dataclass(frozen=True)
class DraftQuestion:
    """One question; `keys` are further keys of the file, `notes` what a comment says above it.

    `column` is where it stands (or its pattern), `source` the column of a question that has just one, and `cells` the
    columns of a grid by the codes of item and context.
    """

    name: str
    type: str
    text: Texts
    answers: tuple[Part, ...] = ()
    items: tuple[Part, ...] = ()
    contexts: tuple[Part, ...] = ()
    column: str | None = None
    source: Column | None = None
    cells: Mapping[tuple[str, str], Column] = field(default_factory=dict)
    keys: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    held: tuple[Column, ...] = ()
    """Columns that are no item's own: those of ranks."""

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns of the export that it takes, in their order."""
        own = [self.source, *self.held, *self.cells.values(), *(p.source for p in (*self.answers, *self.items))]
        return tuple(sorted({c.position: c for c in own if c is not None}.values(), key=lambda c: c.position))

    def data(self, languages: tuple[str, ...]) -> dict[str, Any]:
        """Return the question as it stands in the file, its texts in these languages."""
        found: dict[str, Any] = {"type": self.type, "text": in_languages(self.text, languages)}
        found |= {key: self.keys[key] for key in ("level",) if key in self.keys}
        if self.column is not None:
            found["column"] = self.column
        found |= {key: value for key, value in self.keys.items() if key not in ("level", "missing", "not_ticked")}
        if self.items:
            named = "options" if self.type == "tick_all" else "items"
            found[named] = {item.code: _part(item, languages) for item in self.items}
        if self.contexts:
            found["contexts"] = {context.code: _part(context, languages) for context in self.contexts}
        if self.answers:
            found["answers"] = {answer.code: _part(answer, languages) for answer in self.answers}
        return found | {key: self.keys[key] for key in ("missing", "not_ticked") if key in self.keys}


def in_languages(texts: Texts, languages: tuple[str, ...]) -> dict[str, str]:
    """Return a text in each language; another one's where it is missing, since every text must be there."""
    return {language: without_addresses(in_language(texts, language)) or "?" for language in languages}


def without_addresses(text: str) -> str:
    """Return a text with e-mail and IP addresses and phone numbers taken out: results may hold none, whosever it is."""
    for kind, pattern in KINDS:
        text = pattern.sub(f"[{kind.partition(' ')[2]}]", text)
    return text


def _part(part: Part, languages: tuple[str, ...]) -> dict[str, Any]:
    found: dict[str, Any] = {"label": in_languages(part.label, languages)}
    if part.spellings:
        found["spellings"] = list(part.spellings)
    if part.column is not None:
        found["column"] = part.column
    return found | {key: True for key in ("open", "exclusive") if getattr(part, key)}
