"""The answers of a closed question from the values of its columns: codes, labels, order and level."""

from collections.abc import Iterable, Mapping, Sequence

from b2bsurvey.columns import normal
from b2bsurvey.drafts.names import part_code, unique
from b2bsurvey.drafts.profile import Profile
from b2bsurvey.drafts.question import Part
from b2bsurvey.drafts.vocabulary import is_other, order_of, yes_or_no
from b2bsurvey.instruments.instrument import Texts, in_language
from b2bsurvey.questionnaire import MISSING_REASONS

OTHER: Texts = {"en": "Other", "de": "Anderes", "fr": "Autre", "it": "Altro"}
CODES_ONLY = "the export holds codes only: write what they mean into the labels"


def pooled(profiles: Iterable[Profile]) -> dict[str, int]:
    """Return how often each answer was given over several columns, spelled as it stands most often."""
    found: dict[str, tuple[str, int]] = {}
    for one in profiles:
        for value, n in one.counts.items():
            spelling, before = found.get(normal(value), (value, 0))
            found[normal(value)] = (spelling, before + n)
    return dict(sorted(found.values(), key=lambda pair: (-pair[1], pair[0])))


def pooled_missing(profiles: Iterable[Profile]) -> dict[str, list[str]]:
    """Return the spellings of missing answers of several columns, by reason, in the order of the reasons."""
    found: dict[str, dict[str, str]] = {}
    for one in profiles:
        for reason, spellings in one.missing.items():
            for spelling in spellings:
                found.setdefault(reason, {}).setdefault(normal(spelling), spelling)
    return {reason: sorted(found[reason].values()) for reason in MISSING_REASONS if reason in found}


def answers(values: Sequence[tuple[str, Texts]]) -> tuple[tuple[Part, ...], bool]:
    """Return answers from (value, label) pairs, and whether they are in ascending order of a known scale.

    Where they are no scale, their order is kept. The code is the value where that is a word, else it is made of the
    label; yes and no are called so.
    """
    values = [
        (value, {language: " ".join(text.split()) for language, text in label.items()}) for value, label in values
    ]
    labels = [next(iter(label.values()), value) for value, label in values]
    both = [yes_or_no(label) for label in labels]
    yes_first = [both.index("yes"), both.index("no")] if sorted(map(str, both)) == ["no", "yes"] else None
    order = order_of(labels) if yes_first is None else None
    made: list[Part] = []
    taken: set[str] = set(MISSING_REASONS)
    for i in yes_first or order or range(len(values)):
        value, label = values[i]
        text = labels[i]
        number = _whole(value)
        code = yes_or_no(text) or (number if number and normal(text) in (number, normal(value)) else "")
        code = unique(code or part_code("" if normal(value) == normal(text) else value, text), taken)
        taken.add(code)
        shown = dict.fromkeys(label, number) if number and code == number and normal(text) == normal(value) else label
        known = {normal(text) for text in (code, *shown.values())}
        made.append(Part(code, shown, () if normal(value) in known else (value,)))
    return tuple(made), order is not None


def _whole(value: str) -> str:
    """Return a whole number as people write it (`3.0` is 3), nothing for another value."""
    text = value.strip().removesuffix(".0")
    return text if text.isdigit() and len(text) < 4 else ""


def labelled(counts: Iterable[str], labels: Mapping[str, str], language: str) -> list[tuple[str, Texts]]:
    """Return (value, label) of all values that the file has labels for, and of those met beside them.

    Where the ends of a scale have labels and its steps have none, all steps are there, in their order.
    """
    pairs = {normal(value): (value, {language: label}) for value, label in labels.items()}
    if has_steps(counts, labels):
        return with_steps(pairs.values(), counts, language)
    texts = {normal(label) for label in labels.values()}
    met = {normal(v): (v, {language: v}) for v in counts if normal(v) not in pairs and normal(v) not in texts}
    return [*pairs.values(), *met.values()]


def with_steps(pairs: Iterable[tuple[str, Texts]], counts: Iterable[str], language: str) -> list[tuple[str, Texts]]:
    """Return (value, label) of all steps of a scale of whole numbers, of which `pairs` are those with labels."""
    known = dict(pairs)
    low, high = (f(int(value) for value in (*known, *counts)) for f in (min, max))
    return [(str(i), known.get(str(i), {language: str(i)})) for i in range(low, high + 1)]


def has_steps(counts: Iterable[str], labels: Mapping[str, str]) -> bool:
    """Return whether labels name just the ends of a scale of whole numbers, of which answers lie in between."""
    values = {*counts, *labels}
    if len(labels) < 2 or not all(value.isdigit() for value in values):
        return False
    named = sorted(map(int, labels))
    between = [int(value) for value in values if value not in labels]
    return named[-1] - named[0] <= 11 and any(named[0] < value < named[-1] for value in between)


def whole_range(profile_values: Iterable[str], language: str) -> list[tuple[str, Texts]]:
    """Return the steps of a scale of whole numbers from 0 or 1, those that nobody gave among them."""
    written = {int(float(value)): value for value in profile_values}
    low, high = min(0 if 0 in written else 1, *written), max(written)
    ending = ".0" if all(value.endswith(".0") for value in written.values()) else ""
    return [(written.get(i, f"{i}{ending}"), {language: str(i)}) for i in range(low, high + 1)]


def with_open(parts: Sequence[Part], language: str, **source: object) -> tuple[Part, ...]:
    """Return the answers or options with the one that is completed in one's own words: "other", added where missing."""
    place = next((i for i, part in enumerate(parts) if any(map(is_other, part.label.values()))), None)
    if place is None:
        code = unique("other", {part.code for part in parts})
        return (*parts, Part(code, {language: in_language(OTHER, language)}, open=True, **source))  # type: ignore[arg-type]
    part = parts[place]
    opened = Part(part.code, part.label, part.spellings, open=True, **source)  # type: ignore[arg-type]
    return (*parts[:place], opened, *parts[place + 1 :])
