"""What figures say about their numbers: bases, intervals, captions, lists of names."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from b2bsurvey.codebook import term_in_words
from b2bsurvey.questionnaire import BASES, MISSING_REASONS, YES_NO, Bounds, Condition, Question, Questionnaire, Wanted
from b2bsurvey.render.catalogue import Catalogue, catalogue
from b2bsurvey.render.figures.items import Item
from b2bsurvey.render.figures.rows import Column
from b2bsurvey.render.figures.value import Value
from b2bsurvey.render.labels import Labels
from b2bsurvey.render.numbers import MINUS, NumberForm, half_up, number_form

HUGE = 1000.0  # ratios beyond are not told apart
NAMED_AT_MOST = 3  # items named in a title
TITLE_LABEL = 70  # characters of a label in a title
HEADER_LENGTH, WORD_LENGTH = 36, 14  # characters of a name that a column's header bears


@dataclass(frozen=True)
class Wording:
    """The texts and number forms of one language, for the figures of one wave."""

    questionnaire: Questionnaire
    language: str
    origin: str
    study: str
    wave: str

    @property
    def say(self) -> Catalogue:
        """The catalogue of texts."""
        return catalogue(self.language)

    @property
    def form(self) -> NumberForm:
        """How numbers are written."""
        return number_form(self.language)

    def share(self, share: float) -> str:
        """Return a proportion in whole percent that never rounds something to nothing or all."""
        whole = round(100 * share) if math.isfinite(share) else -1
        if whole == 0 < share:
            return f"<{self.form.percent(0.01, 0)}"
        return f">{self.form.percent(0.99, 0)}" if whole == 100 and share < 1 else self.form.percent(share, 0)

    def bare_share(self, share: float) -> str:
        """Return a proportion in whole percent without the sign, that never rounds something to nothing or all."""
        return self.share(share).replace(f"{self.form.before_percent}%", "")

    def share_with_interval(self, item: Item) -> str:
        """Return a share and its interval in whole percent: 43% [37, 49]."""
        return f"{self.share(item.share)} {self.interval(item)}" if math.isfinite(item.low) else self.share(item.share)

    def interval(self, item: Item) -> str:
        """Return the bounds of a share in whole percent, in brackets; nothing where there are none."""
        if not math.isfinite(item.low):
            return ""
        low, high = (self.form.number(100 * bound, 0) for bound in (item.low, item.high))
        return self.say("figure_interval", low=low, high=high)

    def signed(self, number: float, digits: int = 1) -> str:
        """Return a number with its sign, 0 without one."""
        text = self.form.number(number, digits)
        return f"+{text}" if math.isfinite(number) and half_up(number, digits) > 0 else text

    def bounds(self, value: Value, digits: int, times: float = 1.0, years: bool = False) -> str:
        """Return the bounds of an interval in brackets; nothing where there are none."""
        if math.isnan(value.low) or math.isnan(value.high):
            return ""
        low, high = (self._bound(times * bound, digits, years) for bound in (value.low, value.high))
        return self.say("figure_interval", low=low, high=high)

    def _bound(self, bound: float, digits: int, years: bool) -> str:
        return self._plain(bound, digits, years) if math.isfinite(bound) else f"{MINUS if bound < 0 else ''}∞"

    def _plain(self, number: float, digits: int, years: bool) -> str:
        """Return a number; years without a sign between thousands."""
        return (replace(self.form, thousands="") if years else self.form).number(number, digits)

    def points(self, value: Value) -> str:
        """Return a difference of shares in points with its interval: +15.2 [11.3, 19.1]."""
        return f"{self.signed(100 * value.estimate)} {self.bounds(value, 1, 100)}".rstrip()

    def in_points(self, value: Value) -> str:
        """Return a difference of shares with its interval as a title says it: +15.2 points [11.3, 19.1]."""
        points = self.say("figure_points", points=self.signed(100 * value.estimate))
        return f"{points} {self.bounds(value, 1, 100)}".rstrip()

    def ratio(self, value: Value) -> str:
        """Return an odds ratio with its interval: 3.07 [1.69, 5.57]; an en dash where there is none."""
        if not value.is_known:
            return "–"
        text = self._ratio(value.estimate)
        if math.isnan(value.low):
            return text
        return f"{text} {self.say('figure_interval', low=self._ratio(value.low), high=self._ratio(value.high))}"

    def _ratio(self, ratio: float) -> str:
        if ratio >= HUGE:
            return "∞" if math.isinf(ratio) else f">{self.form.number(HUGE - 1)}"
        if 0 < ratio < 0.005:
            return f"<{self.form.number(0.01, 2)}"
        return self.form.number(ratio, 2 if ratio < 10 else 1 if ratio < 100 else 0)

    def coefficient(self, value: Value) -> str:
        """Return a coefficient with its interval, with two decimals or as many as it takes to see three digits."""
        size = max(abs(x) for x in (value.estimate, value.low, value.high) if math.isfinite(x))
        digits = 2 if size == 0 else min(max(2 - math.floor(math.log10(size)), 0), 6)
        return f"{self.signed(value.estimate, digits)} {self.bounds(value, digits)}".rstrip()

    def amount(self, number: float, unit: str, digits: int, years: bool = False) -> str:
        """Return a number with its unit: 1,234 CHF, 60%; `years`: 2013."""
        text = self._plain(number, digits, years)
        return self.form.with_unit(text, unit)

    def exact(self, number: float) -> str:
        """Return a number with as many decimals as it has."""
        digits = next((d for d in range(12) if abs(round(number, d) - number) < 1e-12), 12)
        return self.form.number(number, digits)

    def clear(self, values: Iterable[Value], adjustment: str) -> list[str]:
        """Say when a value is called clear, where any is tested or has an interval."""
        known = [v for v in values if v.is_known and not math.isnan(v.low)]
        if not known:
            return []
        tested = any(math.isfinite(v.p) for v in known)
        null, alpha = self.form.number(known[0].null), self.form.p_value(known[0].alpha).rstrip("0")
        if not tested:
            return [self.say("figure_clear_interval", null=null)]
        return [self.say("figure_clear_tested", null=null, alpha=alpha, adjustment=self.adjustment(adjustment))]

    def p_equals(self, p: float) -> str:
        """Return `p = .012` or `p < .001`."""
        text = self.form.p_value(p)
        return f"p {text}" if text[:1] in "<>" else f"p = {text}"

    def header(self, name: str, instead: str) -> str:
        """Return what a column's header says: a name, or what stands `instead` of one that is too long."""
        return name if is_short(name) else instead

    def adjustment(self, code: str) -> str:
        """Return the name of a way to adjust p values."""
        return self.say.texts.get(f"adjustment.{code}", code)

    def p_column(self, values: Sequence[Value], adjustment: str) -> Column:
        """Return the column of adjusted p values, those of clear values in bold."""
        header = "p" if adjustment == "none" else self.say("figure_header_p", adjustment=self.adjustment(adjustment))
        roles = tuple("strong" if v.is_clear else "muted" for v in values)
        return Column(header, tuple(self.form.p_value(v.p) for v in values), roles=roles, spared=2)

    def count(self, number: float | None) -> str:
        """Return a whole number."""
        return "–" if number is None else self.form.number(number)

    def range(self, numbers: Iterable[int]) -> str:
        """Return `695–714`, or one number where all are the same."""
        found = list(numbers)
        return "–".join(self.count(n) for n in sorted({min(found), max(found)}))

    def quoted(self, label: str) -> str:
        """Return a label in quotation marks, shortened to what a title bears."""
        short = label if len(label) <= TITLE_LABEL else label[:TITLE_LABEL].rsplit(" ", 1)[0].rstrip(" ,;:") + "…"
        return self.say("figure_quoted", text=short)

    def joined(self, texts: Sequence[str], by: str = "and") -> str:
        """Return `a, b and c`."""
        if len(texts) < 2:
            return "".join(texts)
        return self.say(f"figure_{by}", first=", ".join(texts[:-1]), last=texts[-1])

    def each(self, items: Iterable[Item]) -> str:
        """Say the share of each item."""
        return self.joined(
            [
                self.say("figure_title_one", label=self.quoted(i.label), share=self.share_with_interval(i))
                for i in items
            ],
            "then",
        )

    def most_frequent(self, items: Sequence[Item]) -> str:
        """Say which of the items have the largest share, without a claim about others like them."""
        highest = max(i.share for i in items)
        first = [i for i in items if i.share == highest]
        if highest == 0:
            return self.say("figure_title_nobody", k=len(items), n=self.range(i.n for i in items))
        if len(first) > NAMED_AT_MOST:
            return self.say("figure_title_tie", k=len(first), share=self.share(highest))
        share = self.share_with_interval(first[0]) if len(first) == 1 else self.share(highest)
        labels = self.joined([self.quoted(i.label) for i in first])
        return self.say("figure_title_most", labels=labels, share=share)

    def from_to(self, items: Sequence[Item]) -> str:
        """Say the smallest and the largest share of items sorted by share, the largest first."""
        first, last = items[0], items[-1]
        if len(items) == 1:
            return self.share_with_interval(first)
        if first.share == last.share:
            return self.say("figure_title_same", share=self.share(first.share), k=len(items))
        return self.say(
            "figure_title_range",
            low=self.share_with_interval(last),
            low_label=self.quoted(last.label),
            high=self.share_with_interval(first),
            high_label=self.quoted(first.label),
        )

    def level(self, question: Question, code: str) -> str:
        """Return an answer that makes a group: the answer, or `Adopter: Yes` where it is a mere yes or no."""
        answer = question.answer_label(code, self.language)
        if answer not in (a.label[self.language] for a in YES_NO):
            return answer
        return self.say("figure_title_topic", topic=question.short[self.language], text=answer)

    def term(self, term: str, reference: str) -> tuple[str, str, str]:
        """Return predictor, label and reference of a model's term."""
        return term_in_words(self.questionnaire, term, reference, self.language)

    def caption(self, items: Sequence[Item], base: str, *methods: str) -> str:
        """Return source, base with n, how the intervals are made, and `methods`."""
        known = [i for i in items if math.isfinite(i.share)]
        parts = [self.source(), base]
        if any(math.isfinite(i.low) for i in known):
            level = self.form.percent(known[0].level, 0)
            method = "figure_intervals_logit" if known[0].method == "logit" else "figure_intervals"
            parts.append(self.say(method, level=level))
            parts += [self.assumption(known[0].weighted)] if known[0].model_based else []
        parts += [self.say("figure_weighted")] if any(i.weighted for i in known) else []
        parts += methods
        parts += [self.say("figure_small_base")] if any(i.small for i in items) else []
        return " ".join(part for part in parts if part)

    def assumption(self, weighted: bool) -> str:
        """Say what intervals assume that are model-based."""
        return self.say(f"figure_model_based_{'weighted' if weighted else 'unweighted'}")

    def sentence(self, note: str) -> str:
        """Return a note of a table as a sentence."""
        text = Labels(self.questionnaire, self.language).note(note)
        return f"{text[:1].upper()}{text[1:]}."

    def source(self) -> str:
        """Say where the numbers come from."""
        source = self.questionnaire.source.get(self.language) or f"{self.study}, {self.wave}"
        return self.say("figure_source", source=source.rstrip("."))

    def origin_mark(self) -> str:
        """Return the mark of data that are not observed; nothing for observed ones."""
        return "" if self.origin == "observed" else self.say(f"figure_origin_{self.origin}")

    def base(self, questions: Sequence[Question], items: Sequence[Item]) -> str:
        """Say whom percentages of the questions are of, and how many they are."""
        who = self.joined(list(dict.fromkeys(map(self._who, questions))), "then")
        return self.say("figure_base", who=who, n=self.range(i.n for i in items))

    def _who(self, question: Question) -> str:
        name = question.base
        if name in BASES:
            ticked = "_ticked" if name == "answered" and question.kind == "tick" else ""
            who = self.say(f"figure_base_{name}{ticked}")
        else:
            who = self.say("figure_base_filter", condition=self.condition(self.questionnaire.filters[name]))
        if question.asked_if and name != "all":
            who = self.say("figure_asked_if", who=who, condition=self.condition(question.asked_if))
        return who

    def condition(self, condition: Condition) -> str:
        """Return a condition in words: “Open source programme”: No."""
        alternatives = [
            self.joined([self._pair(name, wanted) for name, wanted in pairs]) for pairs in condition.alternatives
        ]
        return self.joined(alternatives, "or")

    def _pair(self, name: str, wanted: Wanted) -> str:
        questions = self.questionnaire.questions
        variable = next(v for q in questions.values() for v in q.variables if name in (q.name, v.name))
        question = questions[variable.question]
        label = question.short[self.language]
        if name != question.name:
            label += "".join(
                f" – {question.item_label(c, self.language)}" for c in (variable.item, variable.context) if c
            )
        if isinstance(wanted, Bounds):
            return f"{self.quoted(label)}: {wanted}"
        answers = [self.say("figure_any_answer")] if wanted is None else [self.answer(question, c) for c in wanted]
        return f"{self.quoted(label)}: {self.joined(answers, 'or')}"

    def answer(self, question: Question, code: str) -> str:
        """Return the label of an answer, of a missing reason, or of a tick."""
        if code in MISSING_REASONS:
            return self.say(f"figure_{code}")
        if question.kind == "tick" and code in ("0", "1"):
            return self.say(f"figure_ticked_{code}")
        return (question.item_label if question.kind == "tick" else question.answer_label)(code, self.language)


def is_short(name: str) -> bool:
    """Whether a column's header bears a name."""
    return len(name) <= HEADER_LENGTH and max(map(len, name.split()), default=0) <= WORD_LENGTH
