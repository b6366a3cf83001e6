"""The page of published results: what of them could be reproduced, what could not, and what cannot be."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from b2bsurvey.config import Wave
from b2bsurvey.published import NOT_GIVEN, VERDICTS
from b2bsurvey.questionnaire import Questionnaire
from b2bsurvey.render.html_page import html_page
from b2bsurvey.render.index_page import ENDONYMS
from b2bsurvey.render.labels import Labels
from b2bsurvey.render.printed import number_in

FOLDED = 40  # values from which on the table of a source is folded


@dataclass(frozen=True)
class RebuiltWave:
    """A wave whose respondents were rebuilt from printed counts, and the joint distributions refused for it."""

    wave: Wave
    refused: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Entry:
    """One published value as it is shown; `is_foreign`: the statement is in the source file's English."""

    statement: str
    is_foreign: bool
    source: str
    published: str
    computed: str
    difference: str
    base: str
    n: str
    counts: str
    verdict: str
    verdict_code: str
    reason: str


@dataclass(frozen=True)
class Source:
    """One source: its entries, how many of each verdict, and whether its table is folded."""

    name: str
    entries: tuple[Entry, ...]
    verdicts: tuple[tuple[str, str], ...]

    @property
    def is_folded(self) -> bool:
        """Whether the table is too long to stand open."""
        return len(self.entries) > FOLDED


def published_page(
    study: str,
    checks: pd.DataFrame,
    questionnaires: Mapping[str, Questionnaire],
    rebuilt: Sequence[RebuiltWave],
    language: str,
    languages: Sequence[str],
) -> str:
    """Return the page of all published values (as `published.read_checks` returns them) in `language`.

    `questionnaires` are those of the waves, by which statements are worded.
    """
    labels = {wave: Labels(asked, language) for wave, asked in questionnaires.items()}
    t = next(iter(labels.values()))
    entries = [_entry(row, labels.get(row.wave, t)) for row in checks.itertuples()]
    return html_page(
        "published.html.j2",
        t=t,
        study=study,
        verdicts=_counts(entries, t),
        total=t.form.number(len(entries)),
        impossible=[_impossible(row, labels.get(row.wave, t)) for row in _that_cannot_be(checks)],
        sources=[
            Source(name, own, tuple(_counts(own, t)))
            for name in dict.fromkeys(checks["source"])
            for own in [tuple(e for e in entries if e.source == name)]
        ],
        rebuilt=[_rebuilt(wave, labels[wave.wave.name]) for wave in rebuilt],
        heads=[t(f"head.{name}") for name in _HEADS],
        language=language,
        others=[(other, ENDONYMS[other]) for other in languages if other != language],
    )


_HEADS = ("published", "computed", "difference", "base", "n", "recovered", "verdict", "finding")


def _that_cannot_be(checks: pd.DataFrame) -> Iterator[Any]:
    yield from checks[checks["verdict"] == "impossible"].itertuples()


def _counts(entries: Sequence[Entry], labels: Labels) -> list[tuple[str, str]]:
    """Return each verdict that was given with how often, in the order of the verdicts."""
    codes = [entry.verdict_code for entry in entries]
    return [(labels(f"verdict.{code}"), labels.form.number(codes.count(code))) for code in VERDICTS if code in codes]


def _entry(row: Any, labels: Labels) -> Entry:
    digits = len(row.published.partition(".")[2].rstrip(" %"))
    computed, difference = number_in(row.computed), number_in(row.difference)
    if computed is not None and computed != round(computed, digits):
        digits += 1  # shows what rounding hides
    known = row.question in labels.questionnaire.questions
    return Entry(
        statement=labels.published(row),
        is_foreign=not known and labels.language != "en",
        source=row.source,
        published=row.published,
        computed=_number(labels, computed, digits),
        difference=_number(labels, difference, digits),
        base=labels.base(row.base) if known else labels.known("base", row.base),
        n=_number(labels, number_in(row.n)),
        counts=_recovered(row, labels) if row.verdict != "impossible" else NOT_GIVEN,
        verdict=labels(f"verdict.{row.verdict}"),
        verdict_code=row.verdict,
        reason=labels.note(row.reason),
    )


def _impossible(row: Any, labels: Labels) -> tuple[Entry, str, str]:
    """Return an entry that cannot be, the counts next to it with their percentages, and the bases that would fit."""
    digits, n = len(row.published.partition(".")[2]), int(row.n)
    near = (
        labels(
            "published_page.next",
            count=labels.form.number(count),
            n=labels.form.number(n),
            percent=labels.form.percent(count / n, digits + 1),
        )
        for count in dict.fromkeys((int(row.count_low), int(row.count_high)))
    )
    return _entry(row, labels), labels.join(near), row.fitting_n or NOT_GIVEN


def _recovered(row: Any, labels: Labels) -> str:
    """Return the count that a percentage gives away, or the range of counts that it leaves."""
    low, high = number_in(row.count_low), number_in(row.count_high)
    if low is None or high is None:
        return ""
    if low == high:
        return labels.form.number(low)
    return labels("published_page.range", low=labels.form.number(low), high=labels.form.number(high))


def _rebuilt(rebuilt: RebuiltWave, labels: Labels) -> tuple[str, list[str], list[str]]:
    """Return a rebuilt wave's name, the joint distributions that it carries, and those refused."""
    valid = [" × ".join(map(labels.question, joint)) for joint in rebuilt.wave.rebuilt_from]
    refused = [
        labels("published_page.items", question=labels.question(one))
        if not other
        else f"{labels.question(one)} × {labels.question(other)}"
        for one, other in rebuilt.refused
    ]
    return rebuilt.wave.name, valid, list(dict.fromkeys(refused))


def _number(labels: Labels, value: float | int | None, digits: int = 0) -> str:
    return "" if value is None else labels.form.number(value, digits)
