"""What stands in one column of an export: the answers, how often each was given, and what is no answer."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from b2bsurvey.answers import NOT_TICKED, TICKED
from b2bsurvey.columns import ANSWER_HEADINGS, heading_of, normal
from b2bsurvey.drafts.vocabulary import is_other, is_personal, is_usual_scale, missing_reason
from b2bsurvey.privacy import EMAIL, IPV4, IPV6, PHONE
from b2bsurvey.readers.raw import Column, RawExport

_SHORT_TICKS = {"0", "n", "no", "false", "nein", "falsch", "non", "faux", "falso"}
_UNTICKED_WORDS = {normal(word) for word in NOT_TICKED} - _SHORT_TICKS
_NUMBER = re.compile(r"[+-]?(\d+([.,' ]\d+)*|[.,]\d+)(e[+-]?\d+)?")
_WHOLE = re.compile(r"-?\d+(?:\.0)?")
_ID_HEADING = re.compile(r"(.*[\W_])?(id|ids|uuid|guid|lfdn|case|index|token|serial|respondent)")
_WEIGHT_HEADING = re.compile(r"(.*[\W_])?(weights?|gewicht\w*|poids|peso|wt|wgt)([\W_].*)?")
_UPLOAD = re.compile(r"\[\{ ?\"")
# an answer is listed only where it was given often enough, on average, to be one of a list
_LARGEST_SCALE = 7
_FEW, _OFTEN, _MANY, _VERY_OFTEN = 12, 3, 60, 8


@dataclass(frozen=True)
class Profile:
    """The answers of one column: `counts` by their most frequent spelling, the most frequent first.

    `missing` holds by reason the spellings that state a missing answer.
    """

    column: Column
    counts: Mapping[str, int]
    missing: Mapping[str, tuple[str, ...]]

    @property
    def n(self) -> int:
        """The number of cells with an answer."""
        return sum(self.counts.values())

    @cached_property
    def values(self) -> frozenset[str]:
        """The answers as they are compared."""
        return frozenset(map(normal, self.counts))

    @cached_property
    def own_names(self) -> frozenset[str]:
        """The texts over the column."""
        texts = (self.column.item, *((self.column.question, self.column.heading) if not self.column.item else ()))
        return frozenset(normal(text) for text in texts if text)

    @property
    def is_empty(self) -> bool:
        """Whether nobody answered."""
        return not self.counts

    @property
    def is_labelled(self) -> bool:
        """Whether the file has labels for the answers, and not just for what is missing."""
        labels = {normal(v) for v, label in self.column.values.items() if not self._is_missing(v, label)}
        unlabelled = self.values - labels - {normal(label) for label in self.column.values.values()}
        return len(labels) > 1 and len(unlabelled) <= max(1, len(labels) // 2)

    def _is_missing(self, value: str, label: str) -> bool:
        return value in (*self.column.missing, *self.column.not_shown) or missing_reason(label) is not None

    @property
    def labels(self) -> dict[str, str]:
        """The labels of values that are answers, in the order of the file."""
        return {v: label or v for v, label in self.column.values.items() if not self._is_missing(v, label)}

    @property
    def is_tick(self) -> bool:
        """Whether its cells say that an option was ticked, or not: 1, yes, x, the option's own text; not, no, blank."""
        if self.is_empty:
            return False
        labels = {normal(v): normal(label) for v, label in self.column.values.items()}
        found = {labels.get(value, value) for value in self.values}
        ticked = {normal(word) for word in TICKED} | self.own_names
        unticked = _SHORT_TICKS | _UNTICKED_WORDS
        return found <= ticked | unticked or (len(found) <= 2 and len(found - _UNTICKED_WORDS) < len(found))

    @property
    def ticked_text(self) -> str | None:
        """The text that stands for a tick beside `not selected`, where it is neither a usual one nor the heading."""
        if self.values.isdisjoint(_UNTICKED_WORDS):
            return None
        usual = {normal(word) for word in (*TICKED, *NOT_TICKED)} | self.own_names
        return next((value for value in self.counts if normal(value) not in usual and not self.column.values), None)

    @property
    def says_yes_or_no(self) -> bool:
        """Whether its cells are yes and no, which may be ticks or the answers of a question."""
        return bool(self.values) and self.values <= {"yes", "no", "ja", "nein", "oui", "non", "sì", "si"}

    @property
    def is_number(self) -> bool:
        """Whether every answer is a written number."""
        return bool(self.values) and all(_NUMBER.fullmatch(value) for value in self.values)

    @property
    def whole_numbers(self) -> tuple[int, ...]:
        """The different answers in ascending order, where all are whole numbers; else nothing."""
        if not self.values or not all(_WHOLE.fullmatch(value) for value in self.values):
            return ()
        return tuple(sorted({int(float(value)) for value in self.values}))

    @property
    def _mean(self) -> float:
        """The mean of numbers with a decimal point; weights have 1, or add up to a population."""
        total = sum(float(v) * n for v, n in self.counts.items() if re.fullmatch(r"\d*\.?\d+", v))
        return total / self.n if self.n else 0.0

    @property
    def is_closed(self) -> bool:
        """Whether so few different answers were given so often that they are those of a list."""
        return is_list(self.n, len(self.counts)) and not self.holds_addresses

    @property
    def holds_addresses(self) -> bool:
        """Whether an answer holds an e-mail or IP address or a phone number."""
        return any(p.search(value) for value in self.counts for p in (EMAIL, IPV4, IPV6, PHONE))

    @property
    def is_open_field(self) -> bool:
        """Whether it is the text field of "other, namely …"."""
        heading = self.column.item or ("" if self.column.code else self.column.question)
        named = is_other(heading) or self.column.code.casefold().endswith(("_text", "[other]", "_other"))
        return named and not self.is_closed and not (self.is_tick and self.n > 1)

    @property
    def is_sole_answer(self) -> bool:
        """Whether its heading is that of the answer itself (`Response`), and not of an option or item."""
        return normal(self.column.item) in (*ANSWER_HEADINGS, normal(self.column.question))

    @property
    def left_out(self) -> str | None:
        """Why the column is no question, None where it may be one."""
        heading = normal(" ".join((self.column.item, self.column.code or self.column.question)))
        code = normal(self.column.code or heading_of(self.column))
        distinct = len(self.counts) == self.n and self.n > 1
        if (
            self.holds_addresses
            and not self.is_number
            and sum(n for value, n in self.counts.items() if EMAIL.search(value) or IPV4.search(value)) > 0.5 * self.n
        ):
            return "addresses"
        texts = (self.column.item or self.column.question, self.column.code)
        # an item of a battery: how important is e-mail?
        of_a_list = self.is_closed and bool(self.column.item) and len(self.counts) <= _LARGEST_SCALE
        on_a_scale = is_usual_scale(list(self.counts)) or (self.is_closed and self.is_number) or of_a_list
        harmless = self.is_labelled or self.is_tick or on_a_scale
        if any(map(is_personal, texts)) and not harmless:
            return "may name a person"
        if distinct and len(self.whole_numbers) == self.n and (not heading.strip() or _ID_HEADING.fullmatch(code)):
            return "running numbers"
        if distinct and _ID_HEADING.fullmatch(code):
            return "ids"
        if _WEIGHT_HEADING.fullmatch(code) and self.is_number and 0.5 < self._mean < 2:
            return "weights; name the column under `weights` of the wave"
        if any(_UPLOAD.match(value) for value in self.counts) or "filecount" in heading:
            return "files that respondents sent"
        return "no answers" if self.is_empty else None


def is_list(n: int, different: int) -> bool:
    """Return whether `n` answers that are `different` ones so often repeat each other that they come from a list."""
    if different < 2:
        return False
    few = different <= _FEW and n >= _OFTEN * different
    return few or (different <= _MANY and n >= _VERY_OFTEN * different)


def profile(export: RawExport, column: Column) -> Profile:
    """Return what stands in a column; values that the file or its platform declares missing are left out."""
    declared = {normal(value) for value in (*column.missing, *column.not_shown, "")}
    names = {normal(text) for text in (column.item, column.question) if text}
    labels = {normal(value): label for value, label in column.values.items()}
    spellings: dict[str, tuple[str, int]] = {}
    missing: dict[str, list[str]] = {}
    for value, n in export.cells[column.position].str.strip().value_counts(sort=True).items():
        text = normal(str(value))
        label = labels.get(text, str(value))
        reason = None if text in names else missing_reason(label)
        if text in declared:
            continue
        if reason is not None:
            missing.setdefault(reason, []).append(label)
        else:
            first, before = spellings.get(text, (str(value), 0))
            spellings[text] = (first, before + int(n))
    for label in column.values.values():  # those that nobody gave
        reason = missing_reason(label)
        if reason is not None and label not in missing.get(reason, []):
            missing.setdefault(reason, []).append(label)
    ordered = sorted(spellings.values(), key=lambda pair: (-pair[1], pair[0]))
    return Profile(column, dict(ordered), {reason: tuple(sorted(found)) for reason, found in missing.items()})
