"""The draft of a questionnaire from an export, its definition, or both: what the file says, and what was found."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from b2bsurvey.columns import heading_of, normal
from b2bsurvey.drafts.blocks import blocks
from b2bsurvey.drafts.described import described, located
from b2bsurvey.drafts.files import DraftFiles
from b2bsurvey.drafts.names import unique
from b2bsurvey.drafts.profile import Profile, profile
from b2bsurvey.drafts.proof import proved
from b2bsurvey.drafts.question import DraftQuestion, without_addresses
from b2bsurvey.drafts.recognise import Reading, readings
from b2bsurvey.drafts.sources import sources
from b2bsurvey.errors import StudyError
from b2bsurvey.instruments.instrument import Instrument, in_language
from b2bsurvey.questionnaire import RESERVED
from b2bsurvey.readers.raw import RawExport

REPEATS = "repeats other columns"


@dataclass(frozen=True)
class LeftOut:
    """A column that is no question of the draft, and why."""

    heading: str
    position: int
    reason: str


@dataclass(frozen=True)
class Draft:
    """A draft: its questions, what was left out, and the files that a wave names as its `export`."""

    files: DraftFiles
    export: RawExport
    instrument: Instrument | None
    languages: tuple[str, ...]
    title: Mapping[str, str]
    questions: tuple[DraftQuestion, ...]
    missing: Mapping[str, list[str]]
    left_out: tuple[LeftOut, ...]
    wave_exports: tuple[Path, ...]
    notes: tuple[str, ...]


def draft(files: DraftFiles) -> Draft:
    """Return the draft of a questionnaire from its files.

    Raises:
        StudyError: for files that cannot be read, or exports that differ in their columns.
    """
    read = sources(files)
    export, instrument, languages = read.export, read.instrument, read.languages
    profiles = {c.position: profile(export, c) for c in export.columns}
    found, repeating, missing_in_export = _described(export, instrument, profiles, languages)
    used = {c.position for question in found for c in question.columns} | repeating
    rest = [p for position, p in profiles.items() if position not in used]
    reasons = {p.column.position: reason for p in rest for reason in [_left_out(p)] if reason}
    for block in blocks([p for p in rest if p.column.position not in reasons]):
        found += _first_proved(block, export, languages)
    found.sort(key=lambda question: min(c.position for c in question.columns))
    used = {c.position for question in found for c in question.columns}
    if not len(export.cells):
        reasons = dict.fromkeys(reasons, "of no kind that is drafted")
    left_out = [
        LeftOut(heading_of(p.column), p.column.position, reasons.get(p.column.position) or _why_not(p, repeating))
        for p in profiles.values()
        if p.column.position not in used
    ]
    if not found:
        raise StudyError(
            f"{export.file}: found no question in {len(export.columns)} columns (no answers, or nothing but ids and "
            "personal data); expected at least one; name another export, or a definition of the questionnaire."
        )
    questions, missing = _shared_missing(_uniquely_named(found))
    title = dict(instrument.title) if instrument is not None and any(instrument.title.values()) else {}
    return Draft(
        files=files,
        export=export,
        instrument=instrument,
        languages=languages,
        title={name: without_addresses(in_language(title, name) or files.title) for name in languages},
        questions=tuple(questions),
        missing=missing,
        left_out=tuple(left_out),
        wave_exports=read.wave_exports,
        notes=(*read.notes, *missing_in_export, *_untranslated(questions, languages)),
    )


def _described(
    export: RawExport, instrument: Instrument | None, profiles: Mapping[int, Profile], languages: tuple[str, ...]
) -> tuple[list[DraftQuestion], set[int], list[str]]:
    """Return the questions of the definition that the export reads as, and a note on those that it has no column of.

    In between are the columns that say what those questions' own columns say: several options joined in one cell.
    """
    if instrument is None:
        return [], set(), []
    at = {code: profiles[position] for code, position in located(instrument, export).items()}
    found: list[DraftQuestion] = []
    absent, repeating = [], set()
    for question in instrument.questions:
        if question.type in ("display", "file") or not question.columns:
            continue
        if not any(c.code in at for c in question.columns):
            absent.append(question.code)
            continue
        read = next(_all_proved(described(question, at, languages[0]), export, languages), [])
        found += read
        own = {at[c.code].column.position for c in question.columns if c.code in at and not c.item}
        repeating |= own - {c.position for one in read for c in one.columns} if read else set()
    notes = [f"asked by the definition, without a column in the export: {', '.join(absent)}"] if absent else []
    return found, repeating, notes


def _all_proved(
    alternatives: Iterator[Reading], export: RawExport, languages: tuple[str, ...]
) -> Iterator[list[DraftQuestion]]:
    """Yield the readings of which every question is read by the ingest."""
    for reading in alternatives:
        checked = [proved(question, export, languages) for question in reading]
        if checked and all(checked):
            yield [question for question in checked if question is not None]


def _first_proved(block: list[Profile], export: RawExport, languages: tuple[str, ...]) -> list[DraftQuestion]:
    """Return the likeliest questions of a block that the ingest reads: all of it as one, else column by column."""
    if all(p.is_empty for p in block):
        return []
    alternatives = readings(block, export, languages[0])
    found = next(_all_proved(alternatives, export, languages), None)
    if found is not None or len(block) == 1:
        return found or []
    return [question for p in block for question in _first_proved([p], export, languages)]


def _why_not(p: Profile, repeating: set[int]) -> str:
    """Return why a column that may be a question is none."""
    return "no answers" if p.is_empty and p.column.position not in repeating else REPEATS


def _left_out(p: Profile) -> str | None:
    """Return why a column is no question, None where it is; an option that nobody ticked is one of its block."""
    reason = p.left_out
    in_block = bool(p.column.item) or "_" in p.column.code or "[" in p.column.code
    return None if reason == "no answers" and in_block else reason


def _untranslated(questions: Sequence[DraftQuestion], languages: tuple[str, ...]) -> list[str]:
    """Return a note for each language in which texts are missing."""
    texts = [t for q in questions for t in (q.text, *(p.label for p in (*q.answers, *q.items, *q.contexts)))]
    lacking = {name: sum(not text.get(name) for text in texts) for name in languages}
    return [
        f"{n:,} of {len(texts):,} texts are missing in '{name}'; those of another language stand in their place"
        for name, n in lacking.items()
        if n and len(languages) > 1
    ]


def _uniquely_named(questions: Sequence[DraftQuestion]) -> list[DraftQuestion]:
    """Return the questions under names that neither another question nor a variable has."""
    taken = set(RESERVED)
    named = []
    for question in questions:
        name = question.name
        while {name, *_variables(question, name)} & taken:
            name = unique(question.name, {name, *taken}) if name == question.name else _next(name)
        taken |= {name, *_variables(question, name)}
        named.append(replace(question, name=name))
    return named


def _next(name: str) -> str:
    stem, _, number = name.rpartition("_")
    return f"{stem}_{int(number) + 1}" if stem and number.isdigit() else f"{name}_2"


def _variables(question: DraftQuestion, name: str) -> list[str]:
    contexts = [f"_{c.code}" for c in question.contexts] or [""]
    return [f"{name}_{item.code}{context}" for item in question.items for context in contexts]


def _shared_missing(questions: Sequence[DraftQuestion]) -> tuple[list[DraftQuestion], dict[str, list[str]]]:
    """Return the questions without the missing answers that several of them share, and these for the whole file.

    A text that is an option of some question stays with the others: elsewhere it is a tick, and not missing.
    """
    said = Counter(
        (reason, spelling)
        for question in questions
        for reason, spellings in question.keys.get("missing", {}).items()
        for spelling in spellings
    )
    options = {normal(t) for q in questions for item in q.items for t in (*item.label.values(), *item.spellings)}
    reasons = Counter(normal(spelling) for _, spelling in said)
    # a number may be an answer elsewhere
    shared = {
        (reason, spelling)
        for (reason, spelling), n in said.items()
        if n > 1 and not spelling.lstrip("-").isdigit()
        if normal(spelling) not in options and reasons[normal(spelling)] == 1
    }
    made = []
    for question in questions:
        own = {
            reason: kept
            for reason, spellings in question.keys.get("missing", {}).items()
            if (kept := [s for s in spellings if (reason, s) not in shared])
        }
        keys = {key: value for key, value in question.keys.items() if key != "missing"}
        made.append(replace(question, keys={**keys, **({"missing": own} if own else {})}))
    whole: dict[str, list[str]] = {}
    for reason, spelling in sorted(shared):
        whole.setdefault(reason, []).append(spelling)
    return made, whole
