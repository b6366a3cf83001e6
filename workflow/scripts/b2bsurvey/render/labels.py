"""What things are called in one language: questions, answers, bases, methods, and the notes of the tables."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from b2bsurvey.codebook import condition_in_words, term_in_words
from b2bsurvey.families import KINDS
from b2bsurvey.modelling.specification import PRODUCT
from b2bsurvey.questionnaire import ANSWERED, MISSING_REASONS, Condition, Question, Questionnaire
from b2bsurvey.render.catalogue import Catalogue, catalogue
from b2bsurvey.render.numbers import NumberForm, number_form

_PLACEHOLDER = re.compile(r"\{(\w+)\}")
MODEL = "model "  # begins the family of a model's tests
_NUMBERS = ("n", "count", "first", "last", "found", "printed", "rows")


@dataclass(frozen=True)
class Labels:
    """The words of one language for a questionnaire; `labels("key", n=3)` is a text of the catalogue."""

    questionnaire: Questionnaire
    language: str

    @cached_property
    def text(self) -> Catalogue:
        """The catalogue."""
        return catalogue(self.language)

    @cached_property
    def form(self) -> NumberForm:
        """How numbers are written."""
        return number_form(self.language)

    def __call__(self, key: str, /, **values: Any) -> str:
        """Return a text of the catalogue; KeyError for a key that is not there."""
        return self.text(key, **values)

    def known(self, prefix: str, code: str) -> str:
        """Return the text `prefix.code`, or the code itself where the catalogue has none."""
        return self.text.texts.get(f"{prefix}.{code}", code)

    def question(self, name: str) -> str:
        """Return the short label of a question."""
        found = self.questionnaire.questions.get(name)
        return found.short[self.language] if found else name

    def answer(self, question: Question, code: str) -> str:
        """Return the label of an answer, of several joined by `+`, or of a missing reason."""
        if code in MISSING_REASONS:
            return self(f"missing.{code}")
        if code == ANSWERED and not question.answers:
            return self("word.answered")
        return " + ".join(question.answer_label(part, self.language) for part in code.split("+"))

    def published(self, check: Any) -> str:
        """Return what a published value is about, in the words of the questionnaire: a row of the checks.

        Where nothing of ours is like it, the statement of the published file stands.
        """
        question = self.questionnaire.questions.get(check.question)
        if question is None:
            return str(check.statement)
        segment = self.questionnaire.questions.get(check.segment)
        parts = [question.item_label(code, self.language) for code in (check.item, check.context) if code]
        parts += [self.answer(question, check.answer)] if check.answer and question.kind != "tick" else []
        about = self("word.colon").join(filter(None, (self.question(question.name), ", ".join(parts))))
        among = ""
        if segment:
            level = self.answer(segment, check.level) if check.level else ""
            among = " × " + self("word.colon").join(filter(None, (self.question(segment.name), level)))
        return f"{about}{among} ({self(f'measure.{check.take}')})"

    def base(self, base: str, question: Question | None = None) -> str:
        """Return whom a percentage is of."""
        if base in self.questionnaire.filters:
            return self("base.filter", condition=self.condition(self.questionnaire.filters[base]))
        if base == "answered" and question is not None and question.kind == "tick":
            return self("base.answered_tick")
        return self(f"base.{base}")

    def condition(self, condition: Condition) -> str:
        """Return a condition in the words of the questionnaire."""
        words = (self("word.and"), self("word.or"), self("word.answered"), self("word.colon"))
        return condition_in_words(condition, self.questionnaire, self.language, words)

    def term(self, term: str) -> str:
        """Return a term of a model: predictor and answer, predictor and item, or within and between respondents."""
        if f"term.{term}" in self.text.texts:
            return self(f"term.{term}")
        factors = term.split(PRODUCT)
        if len(factors) > 1 and all(self._is_asked(factor.partition("=")[0]) for factor in factors):
            return " × ".join(map(self.term, factors))
        predictor, label, _ = term_in_words(self.questionnaire, term, "", self.language)
        return self("word.colon").join(part for part in (predictor, label) if part)

    def _is_asked(self, name: str) -> bool:
        try:
            return bool(self.questionnaire.owner(name))
        except KeyError:
            return False

    def predictor(self, name: str) -> str:
        """Return a predictor of a model: a question, or its item."""
        return term_in_words(self.questionnaire, name, "", self.language)[1]

    def family(self, family: str) -> str:
        """Return the name of a family: configured, a model, a question, question × segment, its pairs, diagnostics."""
        if family == "diagnostic":
            return self("family.diagnostic")
        of, _, kind = family.rpartition(": ")
        if kind in KINDS:
            return self(f"family.{kind}", family=self.family(of))
        if family.startswith(MODEL):
            outcome, comma, name = family.removeprefix(MODEL).partition(", ")
            return self("word.model", name=self.term(outcome) + comma + name)
        return " × ".join(self._of_family(name) for name in family.split(" × "))

    def _of_family(self, name: str) -> str:
        """Return a question, or what stands for the waves beside it."""
        return self("word.wave") if name == "wave" and name not in self.questionnaire.questions else self.question(name)

    def ci_method(self, method: str) -> str:
        """Return how an interval was made."""
        kind, _, model_based = method.partition(", model-based")
        name = self.known("interval", kind.partition(":")[0])
        return f"{name}, {self('word.model_based')}" if method != kind or model_based else name

    def design(self, design: str) -> str:
        """Return a design label (`open_link: weighted, strata`) in words."""
        sampling, _, parts = design.partition(": ")
        words = ", ".join(self(f"design.{part}") for part in parts.split(", "))
        return self(f"sampling.{sampling}") + self("word.colon") + words

    def origin(self, origin: str) -> str:
        """Return the mark of synthetic or rebuilt data, nothing for observed ones."""
        return "" if origin == "observed" else self(f"origin.{origin}")

    def percent(self, share: float) -> str:
        """Return a confidence level without needless decimals."""
        return self.form.percent(share, 0 if round(100 * share, 6).is_integer() else 1)

    def day(self, iso: str) -> str:
        """Return a day (2018-07-27) as it is written in the language."""
        year, month, day = iso.split("-")
        return self("word.day", year=year, month=month, day=day)

    def join(self, parts: Iterable[str]) -> str:
        """Return the distinct parts that are not empty, joined by semicolons."""
        return self("word.semicolon").join(dict.fromkeys(part for part in parts if part))

    @cached_property
    def _notes(self) -> list[tuple[re.Pattern[str], str]]:
        """The English notes as patterns, the longest first, with the keys of their texts."""
        english: Mapping[str, str] = catalogue("en").texts
        keys = sorted(
            (key for key in english if key.startswith("note.")),
            key=lambda key: -len(_PLACEHOLDER.sub("", english[key])),
        )
        return [(_pattern(english[key]), key) for key in keys]

    def note(self, note: str) -> str:
        """Return a note that a table gives in English; what the catalogue does not know stays as it is."""
        parts = note.split("; ")
        found = [self._translated(part) for part in parts]
        whole = None if None not in found else self._translated(note)
        return whole or self.join(text or part for text, part in zip(found, parts, strict=True))

    def is_known(self, note: str) -> bool:
        """Tell whether a note is in the catalogue, so that `note` returns it in the language."""
        return self._translated(note) is not None or all(self._translated(p) is not None for p in note.split("; "))

    def _translated(self, note: str) -> str | None:
        for pattern, key in self._notes:
            match = pattern.fullmatch(note)
            if match:
                return self(key, **{name: self._value(value) for name, value in match.groupdict().items()})
        return None

    def _value(self, value: str) -> str:
        """Return what stands in a placeholder: a note, a question, a number, or a list of them."""
        whole = self._translated(value)
        if whole is not None:
            return whole
        pieces = re.split(r"(; |, | and )", value)
        if len(pieces) > 1:
            separators = {" and ": f" {self('word.and')} ", "; ": self("word.semicolon")}
            return "".join(separators.get(p, p) if i % 2 else self._value(p) for i, p in enumerate(pieces))
        if re.fullmatch(r"\d+\.\d+", value):
            return value.replace(".", self.form.decimal)
        return self.term(value)


def _pattern(template: str) -> re.Pattern[str]:
    """Return the pattern of a text with placeholders; some of them hold numbers only."""
    parts = _PLACEHOLDER.split(template)
    pattern = "".join(
        f"(?P<{part}>{r'[0-9.,]+' if part in _NUMBERS else '.+?'})" if i % 2 else re.escape(part)
        for i, part in enumerate(parts)
    )
    return re.compile(pattern, re.DOTALL)
