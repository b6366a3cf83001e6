"""The draft of a questionnaire from an export, its definition, or both: what the file says, and what was found."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from b2bsurvey.columns import heading_of, normal
from b2bsurvey.drafts.blocks import blocks
from b2bsurvey.drafts.described import described, located
from b2bsurvey.drafts.files import DraftFiles
from b2bsurvey.drafts.names import unique
from b2bsurvey.drafts.profile import Profile, profile
from b2bsurvey.drafts.proof import proved
from b2bsurvey.drafts.question import LANGUAGES, DraftQuestion, without_addresses
from b2bsurvey.drafts.recognise import Reading, readings
from b2bsurvey.drafts.vocabulary import language_of
from b2bsurvey.errors import StudyError
from b2bsurvey.instruments.instrument import Instrument, in_language
from b2bsurvey.questionnaire import RESERVED
from b2bsurvey.readers import read_exports
from b2bsurvey.readers.definitions import read_definition
from b2bsurvey.readers.labels import labelled
from b2bsurvey.readers.raw import Column, RawExport
from b2bsurvey.readers.source import read_bytes

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
    export, instrument, wave_exports, notes = _read(files)
    languages, language_notes = _languages(export, instrument)
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
        wave_exports=wave_exports,
        notes=(*notes, *language_notes, *missing_in_export, *_untranslated(questions, languages)),
    )


# --- the files ---


def _read(files: DraftFiles) -> tuple[RawExport, Instrument | None, tuple[Path, ...], list[str]]:
    """Return the export with its labels, the definition, the files that a wave names, and notes."""
    definition = files.definition
    instrument = None if definition is None else _instrument(definition)
    if not files.exports:
        if instrument is None:
            raise StudyError(
                f"{definition}: found labels of an export, which alone are no questionnaire; name the export too: "
                f"--config export=EXPORT,{definition}."
            )
        return _without_answers(instrument), instrument, (), ["there is no export yet, so nothing could be tried on it"]
    exports = read_exports(files.exports)
    export = exports[0]
    if len(exports) > 1:
        export = _together(exports)
    notes: list[str] = []
    own = read_definition(files.exports[0]) if export.platform in ("spss", "stata") else None
    wave_exports = files.exports
    if definition is not None:
        try:
            export = labelled(export, definition, read_bytes(definition))
            wave_exports = (*files.exports, definition)
        except StudyError:
            if instrument is None:
                raise
            notes.append(f"{definition} was used for the texts; the columns of the export are not called as it says")
    return export, instrument or own, wave_exports, notes


def _instrument(definition: Path) -> Instrument | None:
    return None if definition.suffix.lower() == ".r" else read_definition(definition)


def _without_answers(instrument: Instrument) -> RawExport:
    """Return the export of a definition that nobody has answered yet: its columns, without a row."""
    columns: list[Column] = []
    for question in instrument.questions:
        if question.type in ("display", "file"):
            continue
        for column in question.columns:
            columns.append(Column(len(columns) + 1, column.code, "", "", heading=column.code))
    positions = [c.position for c in columns]
    cells = pd.DataFrame({p: pd.Series([], dtype="str") for p in positions})
    kinds = {
        **dict.fromkeys(("respondent_id", "started", "submitted", "language"), "str"),
        **dict.fromkeys(("started_at", "submitted_at"), "datetime64[s]"),
        **dict.fromkeys(("duration", "last_page"), "float64"),
        **dict.fromkeys(("complete", "test"), "object"),
    }
    facts = pd.DataFrame({name: pd.Series([], dtype=kind) for name, kind in kinds.items()})
    return RawExport(
        instrument.file, instrument.platform, "", "", "", "", "", tuple(columns), cells, facts, (), instrument.notes
    )


def _together(exports: Sequence[RawExport]) -> RawExport:
    """Return exports of one wave as one, for what respondents answered in either; StudyError where columns differ."""
    first = exports[0]
    for other in exports[1:]:
        if [heading_of(c) for c in other.columns] != [heading_of(c) for c in first.columns]:
            raise StudyError(
                f"{other.file}: found other columns than those of {first.file}; draft from one of them, and name both "
                "as the wave's `export` afterwards."
            )
    if [c.position for c in first.columns] != [c.position for c in exports[-1].columns]:
        raise StudyError(
            f"{exports[-1].file}: its columns stand in other places than those of {first.file}; draft one."
        )
    cells = pd.concat([e.cells for e in exports], ignore_index=True)
    return replace(first, cells=cells, facts=pd.concat([e.facts for e in exports], ignore_index=True))


def _languages(export: RawExport, instrument: Instrument | None) -> tuple[tuple[str, ...], list[str]]:
    """Return the languages of the draft, of those that outputs know, and notes on all others."""
    written = instrument.languages if instrument is not None else ()
    short = {name: name.partition("-")[0].casefold() for name in written}
    known = tuple(dict.fromkeys(code for code in short.values() if code in LANGUAGES))
    others = [name for name, code in short.items() if name and code not in LANGUAGES]
    if known:
        left = [f"texts in {', '.join(others)} left out: outputs are in {', '.join(LANGUAGES)}"] if others else []
        return known, left
    headings = [f"{c.question} {c.item}" for c in export.columns]
    guess = "en" if others else language_of(headings) or "en"
    if others:
        return ("en",), [f"texts in {', '.join(others)} stand under `en`: outputs are in {', '.join(LANGUAGES)}"]
    return (guess,), [f"the files do not say their language; texts were taken to be in '{guess}'"]


# --- the questions ---


def _described(
    export: RawExport, instrument: Instrument | None, profiles: Mapping[int, Profile], languages: tuple[str, ...]
) -> tuple[list[DraftQuestion], set[int], list[str]]:
    """Return the questions of the definition that the export reads as, and a note on those that it has no column of.

    In between are the columns that say what those questions' own columns say: several options joined in one cell.
    """
    if instrument is None:
        return [], set(), []
    at = located(instrument, export, profiles)
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
