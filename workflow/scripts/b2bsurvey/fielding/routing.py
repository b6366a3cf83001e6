"""Who is asked what, in the expressions of a platform."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from b2bsurvey.fielding.form import Form, FormQuestion
from b2bsurvey.questionnaire import Bounds, Condition, Question, Variable, Wanted


class Dialect(Protocol):
    """How a platform writes conditions; `item` and `context` are codes of the questionnaire, '' where there is none."""

    nobody: str
    """The condition that holds for nobody."""

    def has(self, question: FormQuestion, item: str, context: str, codes: tuple[str, ...]) -> str:
        """Return the condition that one of the platform's `codes` was chosen."""

    def ticked(self, question: FormQuestion, item: str, context: str) -> str:
        """Return the condition that an option was ticked."""

    def answered(self, question: FormQuestion, item: str, context: str) -> str:
        """Return the condition that there is an answer."""

    def within(self, question: FormQuestion, item: str, context: str, bounds: Bounds) -> str:
        """Return the condition that a number lies within bounds."""

    def denied(self, condition: str) -> str:
        """Return the contrary of a condition."""


@dataclass(frozen=True)
class Router:
    """Writes the conditions of a form in a dialect."""

    form: Form
    dialect: Dialect

    def expression(self, condition: Condition) -> str:
        """Return the condition; '' where it looks at what no expression can say, as a mean or a text."""
        alternatives = [self._joined([self._pair(*pair) for pair in pairs], "and") for pairs in condition.alternatives]
        return self._joined(alternatives, "or")

    def _joined(self, parts: Iterable[str], word: str) -> str:
        """Join conditions; what cannot be said leaves all of it unsaid, so that nobody is left out by mistake."""
        said = list(dict.fromkeys(parts))
        if not all(said):
            return ""
        return said[0] if len(said) == 1 else "(" + f" {word} ".join(said) + ")"

    def _pair(self, name: str, wanted: Wanted) -> str:
        question = self.form.questionnaire.owner(name)
        if question.derivation is not None:
            return self._derived(question, wanted)
        asked = self.form.questions.get(question.name)
        if asked is None:
            return ""
        variables = [v for v in question.as_asked.variables if name in (v.name, question.name)]
        if question.kind == "tick" and name == question.name and isinstance(wanted, tuple):  # codes are options
            parts = [self.dialect.ticked(asked, v.item, v.context) for v in variables if v.item in wanted]
        else:
            parts = [self._variable(asked, variable, wanted) for variable in variables]
        return self._joined(parts or [self.dialect.nobody], "or")

    def _variable(self, asked: FormQuestion, variable: Variable, wanted: Wanted) -> str:
        place = (asked, variable.item, variable.context)
        if isinstance(wanted, Bounds):
            return self.dialect.within(*place, wanted)
        if variable.kind == "tick":
            ticked = self.dialect.ticked(*place)
            return self.dialect.denied(ticked) if wanted == ("0",) else ticked
        if wanted is None:
            return self.dialect.answered(*place)
        codes = tuple(a.code for a in asked.answers if a.ours in wanted)
        return self.dialect.has(*place, codes) if codes else self.dialect.nobody

    def _derived(self, question: Question, wanted: Wanted) -> str:
        """Say a net, map, band, any_of or all_of in terms of what was asked."""
        made = question.derivation
        if made is None or isinstance(wanted, Bounds):
            return ""
        codes = tuple(a.code for a in question.answers) if wanted is None else wanted
        match made.method:
            case "net":
                source = self.form.questionnaire.owner(made.of[0])
                others = tuple(a.code for a in source.answers if a.code not in made.codes)
                chosen = [c for code, group in (("yes", made.codes), ("no", others)) if code in codes for c in group]
                return self._pair(made.of[0], tuple(chosen))
            case "map":
                return self._pair(made.of[0], tuple(c for code in codes for c in made.groups.get(code, ())))
            case "band":
                bounds = sorted(made.bounds.items(), key=lambda band: band[1])
                tops = [low for _, low in bounds[1:]] + [None]
                parts = [
                    self._pair(made.of[0], Bounds(low, None if top is None else top - 1))
                    for (code, low), top in zip(bounds, tops, strict=True)
                    if code in codes
                ]
                return self._joined(parts, "or")
            case "any_of" | "all_of" if made.condition is not None and len(codes) == 1:
                held = self.expression(made.condition)
                return held if codes == ("yes",) or not held else self.dialect.denied(held)
            case _:
                return ""
