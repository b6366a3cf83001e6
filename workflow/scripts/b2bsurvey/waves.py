"""Waves beside each other: whom a number of each is of, and why two of them may not be compared or pooled.

A wave that was sent to users only says nothing of others: its shares stand beside those of a wave of all only where
these are taken among users too.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

from b2bsurvey.config import Config, Wave
from b2bsurvey.errors import StudyError, nearest
from b2bsurvey.questionnaire import BASES, Questionnaire, Wanted
from b2bsurvey.questionnaire_file import load_questionnaire, series_named

Terms = frozenset[tuple[str, Wanted]]


@dataclass(frozen=True)
class WaveBase:
    """A base of one wave: one of `BASES`, or a filter of its questionnaire."""

    wave: str
    questionnaire: Questionnaire
    base: str = "all"


def not_comparable(question: str, one: WaveBase, other: WaveBase) -> str:
    """Return why a question may not be compared between two waves in these bases; empty where it may.

    It may where both waves asked it with the same answers, and all that it is derived from, and the same people are in
    both bases: who is eligible, who was asked, and who passes the base's filter, taken together.

    Raises:
        StudyError: for a base that a questionnaire does not have.
    """
    unlike = _asked_otherwise(question, one, other)
    if unlike:
        return unlike
    kinds = [side.base if side.base in BASES else "valid" for side in (one, other)]
    if kinds[0] != kinds[1]:
        return f"'{question}' is taken of {kinds[0]} in {one.wave}, of {kinds[1]} in {other.wave}"
    return _of_others(one, _people(one, question), other, _people(other, question))


def base_in_common(question: str, one: WaveBase, *others: WaveBase) -> tuple[str, str]:
    """Return the base in which a question may be compared between waves, and why not in its own.

    Its own base where all waves are of the same people; else the first filter that makes them so and that does not
    ask for the question itself; else none. A derived question may be compared where all that it is made of may.

    Raises:
        StudyError: as `not_comparable`.
    """
    unlike = next(filter(None, (_asked_otherwise(question, one, other) for other in others)), "")
    if unlike:
        return "", unlike
    own = _own_base(one, question)
    for other in others:
        if _own_base(other, question) != own:
            theirs = _own_base(other, question)
            return "", f"'{question}' is taken of {own} in {one.wave}, of {theirs} in {other.wave}"
    refused = _refused_in(own, question, one, others)
    if not refused:
        return own, ""
    sources = one.questionnaire.sources(question)
    for name, condition in one.questionnaire.filters.items():
        selected = frozenset().union(*(one.questionnaire.sources(source) for source in condition.names))
        known = all(name in other.questionnaire.filters for other in others)
        if known and not selected & sources and not _refused_in(name, question, one, others):
            return name, refused
    return "", refused


def _own_base(side: WaveBase, question: str) -> str:
    """Return the base that the wave itself takes a question of; only valid numbers enter a mean."""
    asked = side.questionnaire.questions[question]
    return "valid" if asked.kind == "number" and asked.base in BASES else asked.base


def _refused_in(base: str, question: str, one: WaveBase, others: Iterable[WaveBase]) -> str:
    """Say why a question may not be compared between one wave and any of the others in a base."""
    reasons = (not_comparable(question, replace(one, base=base), replace(other, base=base)) for other in others)
    return next(filter(None, reasons), "")


def _asked_otherwise(question: str, one: WaveBase, other: WaveBase) -> str:
    """Say why a question, or what it is derived from, is not the same in both waves: not asked, or other answers."""
    for side in (one, other):
        asked = side.questionnaire.questions.get(question)
        if asked is None or asked.not_asked:
            return f"'{question}' was not asked in {side.wave}"
    first, second = (side.questionnaire.questions[question] for side in (one, other))
    answers = [[answer.code for answer in q.answers] for q in (first, second)]
    if first.type != second.type or answers[0] != answers[1]:
        return f"'{question}' has other answers in {other.wave} than in {one.wave}"
    for name in dict.fromkeys((*first.sources_named, *second.sources_named)):
        for side in (one, other):
            gone = _left_out(side.questionnaire, name)
            if gone:
                return f"'{question}' is made of '{gone}', which was not asked in {side.wave}"
        unlike = _asked_otherwise(one.questionnaire.owner(name).name, one, other)
        if unlike:
            return unlike
    return ""


def _left_out(asked: Questionnaire, name: str) -> str:
    """Return the first variable of a question, or that variable itself, that a wave left out; empty without any."""
    owner = asked.owner(name)
    kept = {v.name for v in owner.as_asked.variables} if not owner.not_asked else set()
    return next((v.name for v in owner.variables if name in (owner.name, v.name) and v.name not in kept), "")


def in_time(waves: Iterable[Wave]) -> tuple[Wave, ...]:
    """Return waves in the order of their field work; in that of the config where the days of one are not known."""
    given = tuple(waves)
    if not all(wave.fieldwork.start for wave in given):
        return given
    return tuple(sorted(given, key=lambda wave: wave.fieldwork.start or ""))


def series_of(config: Config) -> tuple[tuple[str, ...], ...]:
    """Return the names of the waves that are compared, one tuple a series of at least two, in the order of time.

    Waves are of one series where they have the same questionnaire file, or questionnaires that name the same `series`.
    An entry that pools the exports of other waves is no wave of its own.
    """
    found: dict[str, list[Wave]] = {}
    for wave in config.waves.values():
        if sum(set(part.exports) < set(wave.exports) for part in config.waves.values()) < 2:
            found.setdefault(series_named(Path(wave.questionnaire)), []).append(wave)
    return tuple(tuple(wave.name for wave in in_time(waves)) for waves in found.values() if len(waves) > 1)


def of_other_people(one: WaveBase, other: WaveBase) -> str:
    """Say how two bases differ in who is in them, whatever they were asked; empty where both are of the same people.

    Raises:
        StudyError: as `not_comparable`.
    """
    return _of_others(one, _people(one), other, _people(other))


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
        why = of_other_people(bases[0], other)
        if why:
            raise StudyError(
                f"{pool.line}: '{pool.name}' pools the exports of {bases[0].wave} and {other.wave}, but {why}; analyse "
                "each wave by itself, or give both questionnaires the same eligible_if."
            )


def _people(side: WaveBase, question: str = "") -> frozenset[Terms]:
    """Return who is in a base: alternatives, each a set of what must hold of a respondent."""
    asked = side.questionnaire
    names = sorted(asked.sources(question)) if question else []
    conditions = [asked.eligible_if, *(asked.owner(name).asked_if for name in names)]
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
