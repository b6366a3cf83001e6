"""What was asked: questions, answers, missing reasons, routing, derived variables, bases and roles."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Text = Mapping[str, str]
Level = Literal["nominal", "ordinal", "interval"]
Kind = Literal["category", "tick", "number"]

MISSING_REASONS = ("not_answered", "dont_know", "refused", "not_applicable", "not_shown")
BASES = ("all", "asked", "answered", "valid")
# the columns that stand beside the variables in the responses
RESERVED = (
    *("respondent", "file", "row", "has_id", "firm", "weight", "base_weight", "complete", "test"),
    *("started_at", "submitted_at", "duration", "last_page", "interview_language"),
)
TYPES_IMPLEMENTED = ("single", "tick_all", "battery", "grid")

# the analyses, and the roles of the questions that each takes
ANALYSES = {
    "sample": ("firm_size", "team_size", "sector", "region", "business_type", "respondent_role"),
    "usage": ("adoption", "channels", "priorities", "activities", "policies", "practices", "results"),
    "barriers": ("barriers",),
}
SEGMENT_ROLES = ("segments", "firm_size", "sector", "region", "business_type")
LATER_ROLES = ("pressure", "affinity", "stage", "purposes", "media", "trust", "language")
ROLES = tuple(dict.fromkeys((*(r for roles in ANALYSES.values() for r in roles), *SEGMENT_ROLES, *LATER_ROLES)))


@dataclass(frozen=True)
class Answer:
    """One answer of a closed question; `score` is its value in means."""

    code: str
    label: Text
    spellings: tuple[str, ...]
    score: float


YES_NO = (
    Answer("yes", {"en": "Yes", "de": "Ja", "fr": "Oui", "it": "Sì"}, (), 1.0),
    Answer("no", {"en": "No", "de": "Nein", "fr": "Non", "it": "No"}, (), 0.0),
)


@dataclass(frozen=True)
class Item:
    """A row of a battery or grid, a context of a grid, or an option of a tick-all set."""

    code: str
    label: Text
    column: str | None = None
    occurrence: int | None = None
    reversed: bool = False
    exclusive: bool = False
    open: bool = False
    spellings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Condition:
    """Alternatives, each a set of (variable or question, codes) pairs that must all hold.

    The codes of a pair are `None` where any substantive answer will do.
    """

    alternatives: tuple[tuple[tuple[str, tuple[str, ...] | None], ...], ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The questions that the condition looks at."""
        return tuple(dict.fromkeys(name for all_of in self.alternatives for name, _ in all_of))


@dataclass(frozen=True)
class Derivation:
    """How a derived variable is made: `method` with the settings of the questionnaire file."""

    method: Literal["net", "map", "band", "any_of", "all_of", "count", "index"]
    of: tuple[str, ...]
    codes: tuple[str, ...] = ()
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    bounds: Mapping[str, float] = field(default_factory=dict)
    condition: Condition | None = None
    min_valid: int = 1


@dataclass(frozen=True)
class Variable:
    """One column of the responses."""

    name: str
    question: str
    kind: Kind
    item: str = ""
    context: str = ""


@dataclass(frozen=True)
class Question:
    """A question as asked, or a variable derived from others (then `derivation` is set)."""

    name: str
    type: str
    text: Text
    short: Text
    level: Level
    base: str
    line: str
    answers: tuple[Answer, ...] = ()
    items: tuple[Item, ...] = ()
    contexts: tuple[Item, ...] = ()
    top: tuple[str, ...] = ()
    neutral: str | None = None
    column: str | None = None
    occurrence: int | None = None
    missing: Mapping[str, str] = field(default_factory=dict)
    not_ticked: tuple[str, ...] = ()
    asked_if: Condition | None = None
    derivation: Derivation | None = None

    @property
    def kind(self) -> Kind:
        """What its variables hold: a category's code, a tick (0/1) or a number."""
        if self.type == "tick_all" or (self.type == "grid" and not self.answers):
            return "tick"
        return "category" if self.answers else "number"

    @property
    def variables(self) -> tuple[Variable, ...]:
        """Its columns in the responses, items before contexts."""
        if not self.items:
            return (Variable(self.name, self.name, self.kind),)
        pairs = [(i.code, c.code) for i in self.items for c in self.contexts] or [(i.code, "") for i in self.items]
        return tuple(
            Variable("_".join(p for p in (self.name, item, context) if p), self.name, self.kind, item, context)
            for item, context in pairs
        )

    @property
    def sources(self) -> frozenset[str]:
        """Its own name, and what it is derived from."""
        return frozenset([self.name, *(self.derivation.of if self.derivation else ())])

    def answer_label(self, code: str, language: str) -> str:
        """Return the label of the answer `code`; the code itself where it is no answer."""
        return next((a.label[language] for a in self.answers if a.code == code), code)

    def item_label(self, code: str, language: str) -> str:
        """Return the label of the item, option or context `code`."""
        return next((i.label[language] for i in (*self.items, *self.contexts) if i.code == code), code)


@dataclass(frozen=True)
class Questionnaire:
    """The whole questionnaire; `questions` holds asked and derived ones in the order of the file.

    In `evaluation_order` each question comes after those that decide whether it is asked, or that it is
    derived from.
    """

    file: str
    title: Text
    source: Text
    population: Text
    languages: tuple[str, ...]
    questions: Mapping[str, Question]
    filters: Mapping[str, Condition]
    roles: Mapping[str, tuple[str, ...]]
    evaluation_order: tuple[str, ...]
    eligible_if: Condition | None = None
    not_understood: float = 0.0

    def with_role(self, *roles: str) -> tuple[Question, ...]:
        """Return the questions that have one of the roles, each once, in the order of the roles."""
        names = dict.fromkeys(name for role in roles for name in self.roles.get(role, ()))
        return tuple(self.questions[name] for name in names)

    @property
    def segments(self) -> tuple[Question, ...]:
        """The questions that the analyses break results down by."""
        return self.with_role(*SEGMENT_ROLES)

    def segments_of(self, question: Question) -> tuple[Question, ...]:
        """Return the segments to break `question` down by: not itself, nor what has a source in common with it."""
        return tuple(s for s in self.segments if not s.sources & question.sources)

    @property
    def variables(self) -> tuple[Variable, ...]:
        """All columns of the responses, in the order of the questions."""
        return tuple(v for q in self.questions.values() for v in q.variables)


def condition_codes(question: Question, name: str) -> tuple[str, ...]:
    """Return the codes that a condition on `name` (the question or one of its variables) may list."""
    if question.kind == "tick":
        return tuple(i.code for i in question.items) if name == question.name else ("1", "0")
    return (*(a.code for a in question.answers), *MISSING_REASONS)
