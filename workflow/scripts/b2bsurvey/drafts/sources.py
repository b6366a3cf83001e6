"""What a draft is made from, read: the export with its labels, the definition, and the languages of the texts."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from b2bsurvey.columns import heading_of
from b2bsurvey.drafts.described import located
from b2bsurvey.drafts.files import DraftFiles
from b2bsurvey.drafts.question import LANGUAGES
from b2bsurvey.drafts.vocabulary import language_of
from b2bsurvey.errors import StudyError
from b2bsurvey.instruments.instrument import Instrument
from b2bsurvey.readers import read_exports
from b2bsurvey.readers.definitions import read_definition
from b2bsurvey.readers.labels import labelled
from b2bsurvey.readers.limesurvey_archive import read_survey
from b2bsurvey.readers.raw import Column, RawExport
from b2bsurvey.readers.source import read_bytes


@dataclass(frozen=True)
class Sources:
    """The export (without rows where there is a definition only), the definition, and what to say about them.

    `wave_exports` are the files that a wave names as its `export`, `languages` those of the draft.
    """

    export: RawExport
    instrument: Instrument | None
    wave_exports: tuple[Path, ...]
    languages: tuple[str, ...]
    notes: tuple[str, ...]


def sources(files: DraftFiles) -> Sources:
    """Read the files of a draft.

    Raises:
        StudyError: for files that cannot be read, exports of different columns, and a definition of another export; one
            that merely lies beside the export is left aside then, with a note.
    """
    if not files.exports:
        return _of_definition(files)
    exports = read_exports(files.exports)
    export = _together(exports) if len(exports) > 1 else exports[0]
    instrument = _within(files.exports[0])
    wave_exports, notes = files.exports, []
    if files.definition is not None:
        try:
            export, instrument, note = _described(export, files.definition)
            wave_exports = (*files.exports, files.definition) if not note else files.exports
            notes += [note] * bool(note)
        except StudyError as error:
            if not files.found_beside:
                raise
            notes.append(f"{files.definition} lies beside the export and was not used: {error}")
    languages, about = _languages(export, instrument)
    notes += [*(instrument.notes if instrument else ()), *about]
    return Sources(export, instrument, wave_exports, languages, tuple(notes))


def _of_definition(files: DraftFiles) -> Sources:
    instrument = _instrument(files.definition) if files.definition is not None else None
    if instrument is None:
        raise StudyError(
            f"{files.definition}: found labels of an export, which alone are no questionnaire; name the export too: "
            f"--config export=EXPORT,{files.definition}."
        )
    export = _without_answers(instrument)
    languages, about = _languages(export, instrument)
    first = "there is no export yet, so nothing could be tried on it"
    return Sources(export, instrument, (), languages, (first, *instrument.notes, *about))


def _described(export: RawExport, definition: Path) -> tuple[RawExport, Instrument | None, str]:
    """Return the export with its labels, its definition, and a note where the columns are found by their texts only.

    Such a definition is of no use to a wave: it labels columns by their codes.
    """
    instrument = _instrument(definition)
    try:
        return labelled(export, definition, read_bytes(definition)), instrument, ""
    except StudyError:
        if instrument is None or not located(instrument, export):
            raise
        note = f"{definition} was used for the texts; the columns of the export are not called as it says"
        return export, instrument, note


def _within(export: Path) -> Instrument | None:
    """Return the definition that an export holds itself: labels of a data file, the survey in LimeSurvey's archive."""
    match export.suffix.lower():
        case ".sav" | ".zsav" | ".dta":
            return read_definition(export)
        case ".lsa":
            return read_survey(read_bytes(export), str(export))
    return None


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
