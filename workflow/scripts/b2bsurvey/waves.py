"""Waves beside each other: whom a number of each is of, and why two of them may not be compared or pooled.

A wave that was sent to users only says nothing of others: its shares stand beside those of a wave of all only where
these are taken among users too.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from b2bsurvey.config import Config, Wave
from b2bsurvey.errors import StudyError, nearest
from b2bsurvey.questionnaire import BASES, Questionnaire, Wanted
from b2bsurvey.questionnaire_file import load_questionnaire

Terms = frozenset[tuple[str, Wanted]]


@dataclass(frozen=True)
class WaveBase:
    """A base of one wave: one of `BASES`, or a filter of its questionnaire."""

    wave: str
    questionnaire: Questionnaire
    base: str = "all"


def not_comparable(question: str, one: WaveBase, other: WaveBase) -> str:
    """Return why a question may not be compared between two waves in these bases; empty where it may.

    It may where both waves asked it with the same answers, and the same people are in both bases: who is eligible,
    who was asked, and who passes the base's filter, taken together.

    Raises:
        StudyError: for a base that a questionnaire does not have.
    """
    for side in (one, other):
        asked = side.questionnaire.questions.get(question)
        if asked is None or asked.not_asked:
            return f"'{question}' was not asked in {side.wave}"
    first, second = (side.questionnaire.questions[question] for side in (one, other))
    answers = [[answer.code for answer in q.answers] for q in (first, second)]
    if first.type != second.type or answers[0] != answers[1]:
        return f"'{question}' has other answers in {other.wave} than in {one.wave}"
    kinds = [side.base if side.base in BASES else "valid" for side in (one, other)]
    if kinds[0] != kinds[1]:
        return f"'{question}' is taken of {kinds[0]} in {one.wave}, of {kinds[1]} in {other.wave}"
    return _of_others(one, _people(one, question), other, _people(other, question))


def require_comparable(question: str, one: WaveBase, other: WaveBase) -> None:
    """Check that a question may be compared between two waves in these bases.

    Raises:
        StudyError: saying why it may not.
    """
    why = not_comparable(question, one, other)
    if why:
        raise StudyError(
            f"{one.wave} and {other.wave} cannot be compared: {why}; give each wave a base (a filter of its "
            "questionnaire) with which both are of the same people, or leave the comparison out."
        )


def waves_are_not_pooled(config: Config) -> None:
    """Check that no entry puts exports of other waves together that are of different people.

    Raises:
        StudyError: with file and line. A questionnaire that cannot be read is left to its wave.
    """
    for pool in config.waves.values():
        parts = [wave for wave in config.waves.values() if set(wave.exports) < set(pool.exports)]
        if len(parts) < 2:
            continue
        try:
            bases = [
                WaveBase(part.name, load_questionnaire(Path(part.questionnaire), wave=part.name)) for part in parts
            ]
        except StudyError:
            continue
        _of_the_same_people(pool, bases)


def _of_the_same_people(pool: Wave, bases: list[WaveBase]) -> None:
    for other in bases[1:]:
        why = _of_others(bases[0], _people(bases[0]), other, _people(other))
        if why:
            raise StudyError(
                f"{pool.line}: '{pool.name}' pools the exports of {bases[0].wave} and {other.wave}, but {why}; analyse "
                "each wave by itself, or give both questionnaires the same eligible_if."
            )


def _people(side: WaveBase, question: str = "") -> frozenset[Terms]:
    """Return who is in a base: alternatives, each a set of what must hold of a respondent."""
    asked = side.questionnaire
    conditions = [asked.eligible_if, asked.questions[question].asked_if if question else None]
    if side.base not in BASES:
        if side.base not in asked.filters:
            raise StudyError(
                f"{side.wave}: there is no base '{side.base}'{nearest(side.base, [*BASES, *asked.filters])}; "
                "name one of the bases or a filter of the questionnaire."
            )
        conditions.append(asked.filters[side.base])
    alternatives = ([frozenset(pairs) for pairs in c.alternatives] for c in conditions if c is not None)
    return frozenset(frozenset[tuple[str, Wanted]]().union(*chosen) for chosen in product(*alternatives))


def _of_others(one: WaveBase, first: frozenset[Terms], other: WaveBase, second: frozenset[Terms]) -> str:
    """Say how two bases differ; nothing where they are of the same people."""
    if first == second:
        return ""
    common = _shared(first | second)
    told = (
        f"{side.wave} is of {_in_codes(people, common) or 'all, whatever they answered'}"
        for side, people in ((one, first), (other, second))
    )
    return ", ".join(told)


def _shared(alternatives: Iterable[Terms]) -> Terms:
    found = list(alternatives)
    return found[0].intersection(*found[1:])


def _in_codes(people: frozenset[Terms], common: Terms) -> str:
    """Return what holds beyond the common terms, in the codes of the questionnaire: `adoption=uses`."""
    told = (" and ".join(sorted(f"{name}={_wanted(wanted)}" for name, wanted in terms - common)) for terms in people)
    return " or ".join(sorted(filter(None, told)))


def _wanted(wanted: Wanted) -> str:
    return "any answer" if wanted is None else "|".join(wanted) if isinstance(wanted, tuple) else str(wanted)
