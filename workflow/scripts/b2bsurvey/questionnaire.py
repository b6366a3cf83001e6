"""What was asked: questions, answers, missing reasons, routing, derived variables, bases and roles."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import Literal

Text = Mapping[str, str]
Level = Literal["nominal", "ordinal", "interval"]
Kind = Literal["category", "tick", "number", "date", "text"]

MISSING_REASONS = ("not_answered", "dont_know", "refused", "not_applicable", "not_shown")
BASES = ("all", "asked", "answered", "valid")
# the format of dates that are written as the serial numbers of spreadsheets
SERIAL = "serial"
# stands in tables for any answer to a question whose answers are not tabulated: a date, a text
ANSWERED = "answered"
# the columns that stand beside the variables in the responses
RESERVED = (
    *("respondent", "file", "row", "has_id", "firm", "weight", "base_weight", "complete", "test"),
    *("started_at", "submitted_at", "duration", "last_page", "interview_language"),
)
TYPES = ("single", "tick_all", "battery", "grid", "number", "date", "text", "ranking", "constant_sum")

# the analyses, and the roles of the questions that each takes
ANALYSES = {
    "sample": ("firm_size", "team_size", "sector", "region", "business_type", "respondent_role"),
    "adoption": ("adopter", "stage", "strategy", "intention"),
    "usage": (
        *("adoption", "channels", "priorities", "activities", "policies", "practices", "results", "purposes"),
        *("spheres", "media", "audience"),
    ),
    "barriers": ("barriers",),
    "attitudes": ("affinity", "pressure", "environment", "trust"),
    "buying": ("buying_centre", "buying_process", "customers"),
    "key_figures": ("key_figures",),
    "trends": ("trends",),
    "contagion": ("contagion",),
    "spokespersons": ("spokespersons",),
    "open_answers": ("open_answers",),
    "scales": ("marker",),  # and all constructs, which need no role
    "models": ("adopter", "stage", "strategy", "adoption"),  # and channels in two contexts
    "typology": ("typology", "channels", "activities", "practices"),
    "banner": ("banner",),  # and all segments, which need no role of their own
}
# those that describe questions, whose tables a banner puts side by side
DESCRIBING = tuple(name for name in ANALYSES if name not in ("scales", "models", "typology", "banner"))
LEAST_OF_TYPES = 3  # items that tell two types apart
# whose shares sum a wave up, where one asks how much they hang on who is counted
HEADLINE_ROLES = ("adoption", "stage", "channels", "barriers")
SEGMENT_ROLES = ("segments", "firm_size", "sector", "region", "business_type")
LATER_ROLES = ("language", "deterred")
ROLES = tuple(dict.fromkeys((*(r for roles in ANALYSES.values() for r in roles), *SEGMENT_ROLES, *LATER_ROLES)))


@dataclass(frozen=True)
class Answer:
    """One answer of a closed question; `score` is its value in means.

    An `open` answer ("other, namely …") has a text of its own: in the column `column`, or in the answer's cell.
    """

    code: str
    label: Text
    spellings: tuple[str, ...]
    score: float
    open: bool = False
    column: str | None = None


YES_NO = (
    Answer("yes", {"en": "Yes", "de": "Ja", "fr": "Oui", "it": "Sì"}, (), 1.0),
    Answer("no", {"en": "No", "de": "Nein", "fr": "Non", "it": "No"}, (), 0.0),
)


@dataclass(frozen=True)
class Item:
    """A row of a battery or grid, a context of a grid, or an option of a tick-all set.

    `class_name` is the class of the question's `classes` that it belongs to; `not_asked` that this wave left it out;
    `rest` that it stands for any number of others, in a constant sum.
    """

    code: str
    label: Text
    column: str | None = None
    occurrence: int | None = None
    reversed: bool = False
    exclusive: bool = False
    open: bool = False
    spellings: tuple[str, ...] = ()
    class_name: str = ""
    not_asked: bool = False
    rest: bool = False


@dataclass(frozen=True)
class Bounds:
    """The numbers from `low` to `high`, both included; None where that side is open."""

    low: float | None = None
    high: float | None = None

    def __str__(self) -> str:
        if self.low is None or self.high is None:
            return f"≤ {self.high:g}" if self.low is None else f"≥ {self.low:g}"
        return f"{self.low:g}–{self.high:g}"

    def hold(self, number: float) -> bool:
        """Whether a number lies within them."""
        return (self.low is None or self.low <= number) and (self.high is None or number <= self.high)


# what a condition asks for: one of these codes, a number within bounds, or (None) any substantive answer
Wanted = tuple[str, ...] | Bounds | None


@dataclass(frozen=True)
class Condition:
    """Alternatives, each a set of (variable or question, what is wanted of it) pairs that must all hold."""

    alternatives: tuple[tuple[tuple[str, Wanted], ...], ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The questions that the condition looks at."""
        return tuple(dict.fromkeys(name for all_of in self.alternatives for name, _ in all_of))


@dataclass(frozen=True)
class Derivation:
    """How a derived variable is made: `method` with the settings of the questionnaire file.

    `of` names questions or variables: of a `ratio` those above and below the line. `file` is that of the codes of
    open answers, `words` the patterns of each theme. `among` says for whom it is made; to the others it is not
    applicable.
    """

    method: Literal["net", "map", "band", "any_of", "all_of", "count", "index", "ratio", "back_code", "themes"]
    of: tuple[str, ...]
    codes: tuple[str, ...] = ()
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    bounds: Mapping[str, float] = field(default_factory=dict)
    condition: Condition | None = None
    min_valid: int = 1
    file: str = ""
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    among: Condition | None = None


@dataclass(frozen=True)
class Claim:
    """What the mean of a number is claimed to be elsewhere, and where."""

    value: float
    source: str


@dataclass(frozen=True)
class Construct:
    """What several items measure together; its score is the derived question of the same name, their mean.

    `items` are variables of batteries; fewer than `min_valid` valid ones give no score.
    """

    name: str
    items: tuple[str, ...]
    min_valid: int
    label: Text


@dataclass(frozen=True)
class Mediation:
    """Whether the association of `predictor` and `outcome` runs through `mediator`: names of numbers."""

    name: str
    predictor: str
    mediator: str
    outcome: str
    covariates: tuple[str, ...] = ()


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
    """A question as asked, or a variable derived from others (then `derivation` is set).

    `column`, `occurrence`, `joined` (what parts several options in one cell), `format` (of dates), `decimal`, `missing`
    and `not_ticked` say how it stands in the export. `minimum` and `maximum` bound numbers and dates; `most` is how
    many items could be ranked; `claim` a value that a mean is compared with; `shared_by` names the question for how
    many share a constant sum; `not_asked` that this wave left it out; `same_meaning` that its own words mean the same.
    """

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
    unit: Text = field(default_factory=dict)
    minimum: float | date | None = None
    maximum: float | date | None = None
    integer: bool = False
    decimal: Literal["comma", "point"] | None = None
    format: str | None = None
    most: int | None = None
    total: float | None = None
    joined: str | None = None
    classes: tuple[Item, ...] = ()
    shared_by: str | None = None
    claim: Claim | None = None
    not_asked: bool = False
    same_meaning: bool = False

    @property
    def kind(self) -> Kind:
        """What its variables hold: a category's code, a tick (0/1), a number, a date or a text."""
        match self.type:
            case "tick_all":
                return "tick"
            case "grid":
                return "category" if self.answers else "tick"
            case "date":
                return "date"
            case "text":
                return "text"
            case _:
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
    def bottom(self) -> tuple[str, ...]:
        """The bottom box: as many answers as the top box has, from the other end of the scale.

        None of a nominal question, of a top box of one answer or in the middle, or where both would meet.
        """
        codes, size = tuple(a.code for a in self.answers), len(self.top)
        if self.level == "nominal" or size < 2 or 2 * size > len(codes):
            return ()
        ends = {frozenset(codes[-size:]): codes[:size], frozenset(codes[:size]): codes[-size:]}
        return ends.get(frozenset(self.top), ())

    @property
    def cells_name_items(self) -> bool:
        """Whether cells hold the names of items: several options in one cell, or a ranking with a column a rank."""
        return bool(self.joined) or "{rank}" in (self.column or "")

    @property
    def sources_named(self) -> tuple[str, ...]:
        """The questions and variables that it is derived from, as the questionnaire names them."""
        return self.derivation.of if self.derivation else ()

    @property
    def is_percentage(self) -> bool:
        """Whether it is a ratio in percent, which tables hold as a share (0–1)."""
        return self.derivation is not None and self.derivation.method == "ratio" and "%" in self.unit.values()

    @property
    def tells_use(self) -> bool:
        """Whether several items are used or not: ticked, or given one of the question's top answers."""
        return len(self.items) > 1 and (self.kind == "tick" or (self.kind == "category" and bool(self.top)))

    @property
    def usable(self) -> tuple[Variable, ...]:
        """The variables of its items but the exclusive ones."""
        exclusive = {item.code for item in self.items if item.exclusive}
        return tuple(v for v in self.variables if v.item not in exclusive)

    @property
    def compared_answers(self) -> tuple[str, ...]:
        """The answers, or boxes of several, whose shares a banner compares between its columns.

        The tick, Yes of yes or no, the top box of a battery, else every answer, and a top box of several after them.
        """
        codes = tuple(a.code for a in self.answers)
        box = ("+".join(self.top),) if self.top else ()
        match self.kind:
            case "tick":
                return ("ticked",)
            case "category" if set(codes) == {"yes", "no"}:
                return ("yes",)
            case "category":
                return box if box and self.items else tuple(dict.fromkeys((*codes, *box)))
            case "number":
                return ()
            case _:
                return (ANSWERED,)

    @property
    def is_cross_table(self) -> bool:
        """Whether it is a grid of ticks with at least three contexts and three items: a table of mentions."""
        items = sum(not item.exclusive for item in self.items)
        return self.kind == "tick" and len(self.contexts) > 2 and items > 2

    @property
    def last_context(self) -> str:
        """The last context of a grid, the one that the study is about (private, then professional); "" without any."""
        return self.contexts[-1].code if self.contexts else ""

    @property
    def as_asked(self) -> "Question":
        """The question without the items that this wave left out."""
        items = tuple(i for i in self.items if not i.not_asked)
        contexts = tuple(c for c in self.contexts if not c.not_asked)
        gone = (self.items and not items) or (self.contexts and not contexts)
        return replace(self, items=items, contexts=contexts, not_asked=self.not_asked or bool(gone))

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
    derived from. `columns` are headings of this wave's export by variable; `other_waves` are those that the file says
    something of its own about, where it says nothing about this one. `blocks` are titles by the question that a block
    begins with.
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
    consent_if: Condition | None = None
    attention_if: Condition | None = None
    test_if: Condition | None = None
    not_understood: float = 0.0
    constructs: Mapping[str, Construct] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)
    other_waves: tuple[str, ...] = ()
    blocks: Mapping[str, Text] = field(default_factory=dict)
    mediations: tuple[Mediation, ...] = ()

    def with_role(self, *roles: str) -> tuple[Question, ...]:
        """Return the questions asked that have one of the roles, each once, in the order of the roles."""
        names = dict.fromkeys(name for role in roles for name in self.roles.get(role, ()))
        return tuple(self.questions[name].as_asked for name in names if not self.questions[name].not_asked)

    @property
    def analyses(self) -> tuple[str, ...]:
        """The analyses that this wave has questions for, in their order; `sample` always: it tells who took part."""
        asked = {name: bool(self.with_role(*roles)) for name, roles in ANALYSES.items()}
        asked |= {"sample": True, "scales": asked["scales"] or bool(self.constructs), "typology": bool(self.of_types)}
        asked["models"] |= bool(self.two_spheres)
        asked["banner"] |= bool(self.segments)
        return tuple(name for name in ANALYSES if asked[name])

    @property
    def of_types(self) -> tuple[Question, ...]:
        """The questions by whose items types of users are told apart: those with the role `typology`.

        Where there are none, the first with channels, activities or practices that are used or not.
        """
        chosen = self.with_role("typology")
        possible = self.with_role(*ANALYSES["typology"])
        return chosen or tuple(q for q in possible if q.tells_use and len(q.items) >= LEAST_OF_TYPES)[:1]

    @property
    def two_spheres(self) -> tuple[Question, ...]:
        """The questions about channels in two contexts (private, professional) that are used or not."""
        return tuple(q for q in self.with_role("channels") if len(q.contexts) == 2 and q.tells_use)

    def users_of(self, question: Question) -> str:
        """Return the base of types of users: a filter for those who use any of the items, or for adopters, or its own.

        Such a filter asks for a variable that holds for any of the items (in the last context), or for what makes an
        adopter.
        """
        items = {v.name for v in question.variables if v.context == question.last_context}
        adopting = frozenset().union(*(self.sources(q.name) for q in self.with_role("adopter")))
        of_items, of_adopters = [], []
        for name, condition in self.filters.items():
            made = [self.owner(source).derivation for source in condition.names]
            if all(d and d.method == "any_of" and d.condition and set(d.condition.names) <= items for d in made):
                of_items.append(name)
            elif set(condition.names) <= adopting:
                of_adopters.append(name)
        return (*of_items, *of_adopters, question.base)[0]

    @property
    def segments(self) -> tuple[Question, ...]:
        """The questions that the analyses break results down by."""
        return self.with_role(*SEGMENT_ROLES)

    @property
    def overlapping(self) -> tuple[Question, ...]:
        """The questions whose items are columns of banners too, each of those who use it: columns that overlap."""
        return tuple(q for q in self.with_role("banner") if q.tells_use)

    @property
    def described(self) -> Mapping[str, str]:
        """The questions that a banner has rows for, each with the first analysis that describes it."""
        found: dict[str, str] = {}
        for analysis in DESCRIBING:
            segments = self.segments if analysis == "sample" else ()
            for question in (*self.with_role(*ANALYSES[analysis]), *segments):
                found.setdefault(question.name, analysis)
        return found

    def segments_of(self, question: Question) -> tuple[Question, ...]:
        """Return the segments to break `question` down by: not itself, nor what has a source in common with it."""
        sources = self.sources(question.name)
        return tuple(s for s in self._segments_beside(question) if not self.sources(s.name) & sources)

    def _segments_beside(self, question: Question) -> Iterator[Question]:
        """Give the segments; beside barriers those whom they deter stand in place of all non-adopters."""
        deterred = self.with_role("deterred") if question.name in self.roles.get("barriers", ()) else ()
        for segment in self.segments:
            yield from deterred if deterred and segment.name in self.roles.get("adopter", ()) else (segment,)

    def variables_beside(self, question: Question, segment: Question) -> tuple[Variable, ...]:
        """Return the variables of a question, without those that decide who belongs to the segment at all."""
        among = segment.derivation.among if segment.derivation else None
        return tuple(v for v in question.variables if among is None or v.name not in among.names)

    def sources(self, name: str) -> frozenset[str]:
        """Return the name of a question, and of all that it is derived from, step by step."""
        question = self.owner(name)
        of = question.derivation.of if question.derivation else ()
        return frozenset([question.name]).union(*(self.sources(source) for source in of))

    def from_the_furthest(self, question: Question) -> tuple[str, ...]:
        """Return the answers of a question from the furthest stage to the least.

        The furthest are the top answers, or those that make an adopter, or Yes; else the last.
        """
        codes = tuple(a.code for a in question.answers)
        nets = (q.derivation for q in self.with_role("adopter") if q.derivation)
        far = question.top or next((net.codes for net in nets if net.of == (question.name,)), codes[-1:])
        if set(codes) == {"yes", "no"}:
            far = ("yes",)
        places = [codes.index(code) for code in far if code in codes] or [len(codes) - 1]
        return codes[::-1] if sum(places) / len(places) > (len(codes) - 1) / 2 else codes

    def owner(self, name: str) -> Question:
        """Return the question of that name, or the one with a variable of that name; KeyError for another name."""
        return self.questions.get(name) or self._owners[name]

    @cached_property
    def _owners(self) -> Mapping[str, Question]:
        return {v.name: q for q in self.questions.values() for v in q.variables}

    @property
    def variables(self) -> tuple[Variable, ...]:
        """All columns of the responses, in the order of the questions."""
        return tuple(v for q in self.questions.values() for v in q.variables)


def condition_codes(question: Question, name: str) -> tuple[str, ...]:
    """Return the codes that a condition on `name` (the question or one of its variables) may list."""
    if question.kind == "tick":
        return tuple(i.code for i in question.items) if name == question.name else ("1", "0")
    return (*(a.code for a in question.answers), *MISSING_REASONS)
