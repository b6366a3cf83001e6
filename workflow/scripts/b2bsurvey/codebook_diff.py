"""What changed in the questionnaire between waves, and whether their answers may still be compared."""

import difflib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import pandas as pd

from b2bsurvey.codebook import derivation_in_codes
from b2bsurvey.config import Wave
from b2bsurvey.questionnaire import Item, Question, Questionnaire, Text
from b2bsurvey.waves import WaveBase, base_in_common, of_other_people

COLUMNS = [
    *("wave", "wave2", "question", "item", "answer", "change", "comparability", "base", "before", "after", "note"),
]
CHANGES = ("none", "wording", "scale", "order", "base", "mode", "weighting", "new", "gone")
COMPARABLE, CARE, NOT_COMPARABLE = "comparable", "with_care", "not_comparable"
CLASSES = (COMPARABLE, CARE, NOT_COMPARABLE)
# of these types an option that is new or gone changes what the others get
OPTIONS_COMPETE = ("tick_all", "ranking", "constant_sum")

Row = dict[str, str]


@dataclass(frozen=True)
class AskedWave:
    """A wave, and the questionnaire as it was asked in it."""

    wave: Wave
    questionnaire: Questionnaire

    @property
    def base(self) -> WaveBase:
        """Its respondents."""
        return WaveBase(self.wave.name, self.questionnaire)


@dataclass(frozen=True)
class Verdict:
    """Whether a question may be compared between two waves: its class, its base, and what changed or forbids it."""

    comparability: str
    base: str
    changes: tuple[str, ...]
    why: str


def codebook_diff(series: Iterable[Sequence[AskedWave]]) -> pd.DataFrame:
    """Return a row for each change of a question or item between two waves of a series, with columns `COLUMNS`.

    A row without a question is about the wave as a whole; `answer` is the answer that is worded otherwise. `change` is
    one of `CHANGES`, `none` for a question asked alike; `comparability` what it means: comparable, with_care,
    not_comparable. `base` is the base in which the question is compared, empty where it is not; `before` and `after`
    are texts in the questionnaire's first language, or codes; `note` says why a comparison is refused, or made in
    another base only.
    """
    rows = [
        {"wave": one.wave.name, "wave2": other.wave.name} | row
        for waves in series
        for one, other in combinations(waves, 2)
        for row in _differences(one, other)
    ]
    return pd.DataFrame(rows, columns=COLUMNS, dtype=object).fillna("").astype(object)


def verdict(one: AskedWave, other: AskedWave, question: str, item: str = "") -> Verdict:
    """Return whether a question, or one item of it, may be compared between two waves: the worst of its changes."""
    base, why = _base(one, other, question)
    if not base:
        return Verdict(NOT_COMPARABLE, "", (), why)
    of_wave = [row for row in _of_waves(one, other) if row["change"] != "base"]
    found = [row for row in _of_question(one, other, question) if row["item"] in ("", item)]
    rows = [row for row in (*of_wave, *found) if row["comparability"] != COMPARABLE]
    changes = tuple(dict.fromkeys(row["change"] for row in rows))
    return Verdict(CARE if changes else COMPARABLE, base, changes, why)


def _base(one: AskedWave, other: AskedWave, question: str) -> tuple[str, str]:
    """Return the base in which a question is compared, empty where it is not, and why not in its own."""
    base, why = base_in_common(question, one.base, other.base)
    scales = {_scale(side.questionnaire.questions[question].as_asked) for side in (one, other) if base}
    if len(scales) > 1:
        return "", f"'{question}' has other answers in {other.wave.name} than in {one.wave.name}"
    return base, why


def _differences(one: AskedWave, other: AskedWave) -> Iterator[Row]:
    yield from _of_waves(one, other)
    names = dict.fromkeys((*one.questionnaire.questions, *other.questionnaire.questions))
    own = ([n for n in s.questionnaire.questions if _is_asked(s, n) and not _is_derived(s, n)] for s in (one, other))
    moved = _moved(*own)
    for name in names:
        there = [_is_asked(side, name) for side in (one, other)]
        if all(there):
            order = [_row("order", CARE, name)] if name in moved else []
            found = [*order, *_of_question(one, other, name)]
            base = _base(one, other, name)[0]
            yield from (row | {"base": base} for row in found or [_row("none", COMPARABLE, name)])
        elif any(there):
            yield _row("gone" if there[0] else "new", NOT_COMPARABLE, name)


def _is_asked(side: AskedWave, name: str) -> bool:
    question = side.questionnaire.questions.get(name)
    return question is not None and not question.as_asked.not_asked


def _is_derived(side: AskedWave, name: str) -> bool:
    return side.questionnaire.questions[name].derivation is not None


def _of_waves(one: AskedWave, other: AskedWave) -> Iterator[Row]:
    """Yield what changed for all questions: who is eligible, how they were asked, sampled and weighted."""
    others = of_other_people(one.base, other.base)
    if others:
        yield _row("base", NOT_COMPARABLE) | {"note": _refused(one, other, others)}
    settings = (
        ("mode", [side.wave.fieldwork.mode or "" for side in (one, other)]),
        ("mode", [side.wave.sampling for side in (one, other)]),
        ("weighting", [_weighted(side.wave) for side in (one, other)]),
    )
    for change, (before, after) in settings:
        if before != after:
            yield _row(change, CARE) | {"before": before, "after": after}


def _weighted(wave: Wave) -> str:
    """Return what weights were calibrated to, in codes."""
    made = " × ".join(wave.weighting.variables)
    return made or ("column" if wave.weight_column else "none")


def _of_question(one: AskedWave, other: AskedWave, name: str) -> Iterator[Row]:
    """Yield what changed in a question that both waves asked."""
    first, second = (side.questionnaire.questions[name].as_asked for side in (one, other))
    base, why = _base(one, other, name)
    yield from _worded(first, second, first.text, second.text)
    for change, before, after in (("scale", _scale(first), _scale(second)), ("order", *_orders(first, second))):
        if before != after:
            row = _row(change, NOT_COMPARABLE if change == "scale" else CARE, name) | {"before": before, "after": after}
            yield row | ({"note": _refused(one, other, why)} if change == "scale" else {})
    parts = ((q.answers, q.items, q.contexts) for q in (first, second))
    for one_part, other_part in zip(*parts, strict=True):
        labels = {part.code: part.label for part in one_part}
        for part in other_part:
            if part.code in labels:
                place = "item" if isinstance(part, Item) else "answer"
                yield from (row | {place: part.code} for row in _worded(first, second, labels[part.code], part.label))
    yield from _items(first, second)
    if not base and _scale(first) == _scale(second):
        yield _row("base", NOT_COMPARABLE, name) | {"note": _refused(one, other, why)}
    elif base and why:
        yield _row("base", CARE, name) | {"note": why}


def _refused(one: AskedWave, other: AskedWave, why: str) -> str:
    return f"{one.wave.name} and {other.wave.name} cannot be compared: {why}"


def _items(first: Question, second: Question) -> Iterator[Row]:
    """Yield items that are new or gone, and what that means for the others."""
    before, after = ([i.code for i in q.items] + [c.code for c in q.contexts] for q in (first, second))
    changed = [("gone", code) for code in before if code not in after]
    changed += [("new", code) for code in after if code not in before]
    yield from (_row(change, NOT_COMPARABLE, first.name, code) for change, code in changed)
    if changed and first.type in OPTIONS_COMPETE:
        yield _row("scale", CARE, first.name) | {"before": "|".join(before), "after": "|".join(after)}


def _worded(first: Question, second: Question, before: Text, after: Text) -> Iterator[Row]:
    """Yield the change of a text in some language, with care unless the questionnaire says that it means the same."""
    language = next((code for code in before if code in after and before[code] != after[code]), None)
    if language is not None:
        same = first.same_meaning or second.same_meaning
        row = _row("wording", COMPARABLE if same else CARE, first.name)
        row |= {"before": before[language], "after": after[language]}
        yield row | ({"note": "held to mean the same"} if same else {})


def _scale(question: Question) -> str:
    """Return in codes what an answer can be: type, level, answers with scores, top answers, unit, derivation."""
    answers = "|".join(f"{a.code}={a.score:g}" for a in question.answers)
    turned = "|".join(i.code for i in question.items if i.reversed)
    made = derivation_in_codes(question.derivation) if question.derivation else ""
    parts = {"": f"{question.type} {question.level}", "answers": answers, "top": "|".join(question.top)}
    parts |= {"unit": question.unit.get("en", ""), "reversed": turned, "derived": made}
    return "; ".join(f"{part}: {said}" if part else said for part, said in parts.items() if said)


def _orders(first: Question, second: Question) -> tuple[str, str]:
    """Return the items that both have, in the order of each."""
    both = {i.code for i in first.items} & {i.code for i in second.items}
    before, after = ("|".join(i.code for i in q.items if i.code in both) for q in (first, second))
    return before, after


def _moved(before: Sequence[str], after: Sequence[str]) -> set[str]:
    """Return those of both that stand at another place among them: as few as explain the order."""
    first, second = [n for n in before if n in set(after)], [n for n in after if n in set(before)]
    blocks = difflib.SequenceMatcher(None, first, second, autojunk=False).get_matching_blocks()
    return set(first) - {name for block in blocks for name in first[block.a : block.a + block.size]}


def _row(change: str, comparability: str, question: str = "", item: str = "") -> Row:
    return {"question": question, "item": item, "change": change, "comparability": comparability}
