"""From the cells of an export to typed responses; what cannot be placed is reported, never guessed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from b2bsurvey.answers import Columns, Source, answers_of
from b2bsurvey.columns import find_columns, find_heading, heading_of, needs, normal
from b2bsurvey.config import Wave
from b2bsurvey.derived import derive
from b2bsurvey.errors import StudyError, nearest_file
from b2bsurvey.not_understood import NotUnderstood, shown_in_results, stop_if_too_many, typed_text
from b2bsurvey.questionnaire import Question, Questionnaire
from b2bsurvey.readers import read_exports
from b2bsurvey.readers.raw import Column, RawExport
from b2bsurvey.readers.suspicious import Suspicious
from b2bsurvey.readers.times import writing
from b2bsurvey.respondent_key import hashed
from b2bsurvey.responses import REASONS, Responses, holds, put, value_type

ISO = "%Y-%m-%d"
MOST_PLACES = 100  # of a kind of suspicious cells in one file; their number is always given


@dataclass(frozen=True)
class IngestReport:
    """What was read, and what was not.

    `files` says of each export how it was recognised and read, how its times are written, which columns were `used`
    (the heading of each variable's), `extra` or `personal`, and which cells are suspicious; `notes` are about the
    wave. `misrouted` counts by question the answers of people who were not asked, `contradictory` by kind
    (`answers.CONTRADICTIONS`) and question those that contradict themselves; all of them were set aside. `back_coded`
    counts by question the open answers that were `coded`, and those `not_coded`.
    """

    files: tuple[Mapping[str, Any], ...]
    rows: int
    notes: tuple[str, ...]
    not_understood: tuple[NotUnderstood, ...]
    misrouted: Mapping[str, int]
    contradictory: Mapping[str, Mapping[str, int]]
    back_coded: Mapping[str, Mapping[str, int]]

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain data; of values that were not understood just what results may repeat."""
        places = [asdict(n) for n in self.not_understood]
        for place in places:
            del place["value"]
        return asdict(self) | {"not_understood": places}


def read_unchanged(wave: Wave, sha256: Sequence[str]) -> list[RawExport]:
    """Read the wave's exports, and refuse one that is no longer the file that the run began with.

    Raises:
        StudyError: when a file of the wave does not exist, an export cannot be read, stands twice, or was
            replaced while the run was under way.
    """
    for path in map(Path, (*wave.exports, wave.questionnaire)):
        if not path.is_file():
            raise StudyError(f"{wave.line}: the file '{path}' does not exist{nearest_file(path)}; correct the path.")
    exports = read_exports([Path(path) for path in wave.exports], wave.platform, wave.sheet)
    found = {file: sha for e in exports for file, sha in ((e.file, e.sha256), *e.label_files.items())}
    for name, expected in zip(wave.exports, sha256, strict=True):
        if found[str(Path(name))] != expected:
            raise StudyError(
                f"{name}: the export was replaced while the run was under way, so its results would not belong "
                "to one file; run again."
            )
    for place, export in enumerate(exports):
        same = [e.file for e in exports[:place] if e.sha256 == export.sha256]
        if same:
            raise StudyError(f"{wave.line}: {export.file} and {same[0]} are the same file twice; list it once.")
    return exports


def ingest(
    exports: Sequence[RawExport], questionnaire: Questionnaire, key: bytes, wave: Wave
) -> tuple[Responses, IngestReport]:
    """Turn the exports of one wave into typed responses, all rows kept in the order of the files.

    Answers to questions that the routing did not ask are set aside (`not_shown`) and counted as misrouted. Questions
    and items that the wave left out are `not_shown` to all. Open answers are held back unless the wave clears them.

    Raises:
        StudyError: for a missing or ambiguous column, an answer that is not understood (above the
            questionnaire's `not_understood` share), numbers whose decimal sign cannot be told, labels in the file that
            contradict the questionnaire, or a weight that is not a positive number.
    """
    parts = [_part(export, questionnaire, key, wave) for export in exports]
    typed, texts = _joined(parts, questionnaire)
    routed, misrouted = route(typed, questionnaire, texts)
    report = IngestReport(
        files=tuple(_facts(export, part) for export, part in zip(exports, parts, strict=True)),
        rows=len(routed),
        notes=_wave_notes(questionnaire),
        not_understood=tuple(unknown for part in parts for unknown in part.not_understood),
        misrouted=misrouted,
        contradictory=_added(part.contradictory for part in parts),
        back_coded=_coded(routed, questionnaire),
    )
    return routed, report


def _wave_notes(questionnaire: Questionnaire) -> tuple[str, ...]:
    """A wave that the questionnaire says nothing of, though it does of others, may be misspelt."""
    others = ", ".join(questionnaire.other_waves)
    return (f"the questionnaire words something for other waves only: {others}",) if others else ()


def _facts(export: RawExport, part: "_Part") -> dict[str, Any]:
    names = ("file", "platform", "reason", "encoding", "delimiter", "sheet", "sha256", "personal")
    times = {name: writing(export.facts[name], export.facts[f"{name}_at"]) for name in ("started", "submitted")}
    of_cells = {cells.note for cells in export.suspicious}
    return {name: getattr(export, name) for name in names} | {
        "label_files": dict(export.label_files),
        "rows": len(export.cells),
        "times": {name: asdict(written) for name, written in times.items() if written.filled},
        "days": dict(part.days),
        "used": dict(part.headings),
        "extra": tuple(heading_of(c) for c in export.columns if c.position not in part.used),
        "notes": tuple(note for note in export.notes if note not in of_cells),
        "suspicious": tuple(_suspicious(cells, export) for cells in export.suspicious),
    }


def _suspicious(cells: Suspicious, export: RawExport) -> dict[str, Any]:
    """Return how many suspicious cells of a kind there are, and the first places; the texts of dates only."""
    headings = {column.position: heading_of(column) for column in export.columns}
    places = [
        {"row": row, "column": headings.get(column, f"#{column}")} | (asdict(guess) if guess else {})
        for row, column, guess in cells.places[:MOST_PLACES]
    ]
    return {"kind": cells.kind, "count": len(cells.places), "places": places}


def _respondents(export: RawExport, key: bytes, wave: str) -> pd.DataFrame:
    rows = export.cells.index.to_numpy()
    ids = export.facts["respondent_id"].to_numpy(dtype=object)
    # a row without an id is known by its place
    names = [i if i else f"{wave}\n{export.file}\n{row}" for i, row in zip(ids, rows, strict=True)]
    return pd.DataFrame(
        {
            "respondent": hashed(key, names),
            "file": export.file,
            "row": rows,
            "has_id": [bool(i) for i in ids],
            "complete": export.facts["complete"].map({True: "yes", False: "no"}).fillna("").to_numpy(dtype=object),
            "test": export.facts["test"].to_numpy(dtype=bool),
            "started_at": export.facts["started_at"].to_numpy(),
            "submitted_at": export.facts["submitted_at"].to_numpy(),
            "duration": export.facts["duration"].to_numpy(dtype=float),
            "last_page": export.facts["last_page"].to_numpy(dtype=float),
            "interview_language": export.facts["language"].to_numpy(dtype=object),
        }
    )


def _firms(export: RawExport, column: Column, key: bytes, respondents: pd.Series) -> list[str]:
    """Return the hashed key of each respondent's firm; without an answer, a respondent is a firm of its own."""
    firms = [normal(cell) for cell in export.cells[column.position]]
    hashes = hashed(key, (f"firm\n{firm}" for firm in firms))
    return [own if firm else alone for firm, own, alone in zip(firms, hashes, respondents, strict=True)]


def _weights(export: RawExport, column: Column) -> np.ndarray:
    heading = heading_of(column)
    cells = export.cells[column.position].str.strip()
    with_comma = cells[cells.str.contains(",")]
    thousands = with_comma.str.fullmatch(r"\d{1,3}(,\d{3})+(\.\d*)?")
    if len(with_comma) and (thousands.all() or cells.str.contains(".", regex=False).any()):
        row = with_comma.index[0]
        raise StudyError(
            f"{export.file}, row {row}, '{heading}': the comma in '{cells[row]}' may part decimals or thousands; "
            "write the weights with a decimal point and nothing else."
        )
    weights = pd.to_numeric(cells.str.replace(",", "."), errors="coerce")
    bad = ~(weights > 0) | ~np.isfinite(weights)
    if bad.any():
        row = cells.index[bad][0]
        raise StudyError(
            f"{export.file}, row {row}, column '{heading}': the weight is {typed_text(cells[row])}, but must be "
            "above 0; correct the export, or leave respondents without a weight out of it."
        )
    return weights.to_numpy(dtype=float)


def _last_days(export: RawExport, wave: Wave) -> np.ndarray:
    """Return the last day that each respondent can have named: of the answer, of the field work, or else today."""
    end = np.datetime64(wave.fieldwork.end or date.today(), "D")
    submitted = export.facts["submitted_at"].to_numpy().astype("datetime64[D]")
    return np.where(np.isnat(submitted), end, submitted)


@dataclass(frozen=True)
class _Part:
    """One export, typed: answers by variable, and what was set aside or not understood."""

    respondents: pd.DataFrame
    columns: Columns
    texts: Mapping[str, pd.Series]
    not_understood: tuple[NotUnderstood, ...]
    contradictory: Mapping[str, Mapping[str, int]]
    headings: Mapping[str, str]
    days: Mapping[str, str]
    used: frozenset[int]


def _part(export: RawExport, questionnaire: Questionnaire, key: bytes, wave: Wave) -> _Part:
    """Type the cells of all asked questions of one export, before routing."""
    found = find_columns(export, questionnaire, {**questionnaire.columns, **wave.columns})
    last_day = _last_days(export, wave)
    columns: Columns = {}
    texts: dict[str, pd.Series] = {}
    contradictory: dict[str, dict[str, int]] = {}
    headings: dict[str, str] = {}
    unknown: list[NotUnderstood] = []
    for question in questionnaire.questions.values():
        if question.derivation is not None:
            continue
        columns |= _not_shown(question, questionnaire, export.cells.index)
        if question.not_asked:
            continue
        asked = question.as_asked
        sources = {
            need.key: Source(export.file, found[need.key], export.cells[found[need.key].position])
            for need in needs(asked)
        }
        answers = answers_of(asked, sources, question.name in wave.cleared_answers, last_day)
        for name, bad in answers.not_understood.items():
            stop_if_too_many(questionnaire.not_understood, asked, sources[name], bad)
            unknown += [
                NotUnderstood(export.file, int(row), name, str(value), shown_in_results(asked, str(value)))
                for row, value in bad.items()
            ]
        columns |= _typed(answers.columns, question, questionnaire)
        headings |= _headings(asked, sources)
        if answers.texts is not None:
            texts[question.name] = answers.texts
        for kind, mask in answers.contradictory.items():
            contradictory.setdefault(kind, {})[question.name] = int(mask.sum())
    respondents = _respondents(export, key, wave.name)
    if wave.firm_id is not None:
        column = found.get(wave.firm_id) or find_heading(export, wave.firm_id, f"{wave.line}: the firms are in")
        respondents["firm"] = _firms(export, column, key, respondents["respondent"])
        found["firm"] = column
    if wave.weight_column is not None:
        column = find_heading(export, wave.weight_column, f"{wave.line}: the weights are in")
        respondents["weight"] = _weights(export, column)
        found["weight"], headings["weight"] = column, heading_of(column)
    used = frozenset(column.position for column in found.values())
    asked_days = [q for q in questionnaire.questions.values() if q.type == "date" and q.name in headings]
    days = {q.name: q.format or ISO for q in asked_days}
    return _Part(respondents, columns, texts, tuple(unknown), contradictory, headings, days, used)


def _typed(columns: Columns, question: Question, questionnaire: Questionnaire) -> Columns:
    """Return the variables of a question in the types that responses keep, which take an eighth of the memory."""
    kinds = {v.name: value_type(questionnaire, v) for v in question.variables}
    return {name: (_as(kinds[name], value), _as(REASONS, reason)) for name, (value, reason) in columns.items()}


def _as(kind: pd.CategoricalDtype | str, values: pd.Series) -> pd.Series:
    """Return values in their type; pandas itself compares each with the categories, here each distinct one is."""
    if not isinstance(kind, pd.CategoricalDtype):
        return values.astype(kind)
    places, found = pd.factorize(values.to_numpy(dtype=object))
    codes = np.append(kind.categories.get_indexer(found), -1)[places]  # place -1: missing
    return pd.Series(pd.Categorical.from_codes(codes, dtype=kind), index=values.index)


def _not_shown(question: Question, questionnaire: Questionnaire, index: pd.Index) -> Columns:
    """Return the variables of a question as shown to nobody."""
    reason = pd.Series("not_shown", index=index, dtype=object)
    nothing = pd.Series(None, index=index, dtype=object)
    return _typed({v.name: (nothing, reason) for v in question.variables}, question, questionnaire)


def _headings(question: Question, sources: Mapping[str, Source]) -> dict[str, str]:
    """Return the heading of each variable's column; those of all columns where they serve the whole question."""
    shared = "; ".join(heading_of(source.column) for source in sources.values())
    own = {name: heading_of(source.column) for name, source in sources.items() if question.items}
    return {v.name: own.get(v.name, shared) for v in question.variables}


def _joined(parts: Sequence[_Part], questionnaire: Questionnaire) -> tuple[Responses, dict[str, pd.Series]]:
    """Return the typed answers of all exports, one after the other, and the open answers by question."""
    asked = [v for v in questionnaire.variables if questionnaire.questions[v.question].derivation is None]
    values, missing = {}, {}
    for variable in asked:
        found = [part.columns[variable.name] for part in parts]
        values[variable.name] = pd.concat([value for value, _ in found], ignore_index=True)
        missing[variable.name] = pd.concat([reason for _, reason in found], ignore_index=True)
    texts = {name: pd.concat([part.texts[name] for part in parts], ignore_index=True) for name in parts[0].texts}
    respondents = pd.concat([part.respondents for part in parts], ignore_index=True)
    return Responses(respondents, pd.DataFrame(values), pd.DataFrame(missing)), texts


def route(
    responses: Responses, questionnaire: Questionnaire, texts: Mapping[str, pd.Series]
) -> tuple[Responses, dict[str, int]]:
    """Apply the routing and make the derived variables, each question after those it depends on."""
    misrouted: dict[str, int] = {}
    for name in questionnaire.evaluation_order:
        question = questionnaire.questions[name]
        if question.not_asked:
            responses = put(responses, _not_shown(question, questionnaire, responses.values.index))
        elif question.derivation is not None:
            responses = derive(question, responses, questionnaire, texts)
        elif question.asked_if is not None:
            asked, _ = holds(question.asked_if, responses, questionnaire)
            names = [v.name for v in question.variables]
            outside = np.logical_or.reduce([responses.is_answered(n) for n in names]) & ~asked
            if outside.any():
                misrouted[name] = int(outside.sum())
            responses = put(
                responses,
                {n: (responses.values[n].where(asked), responses.missing[n].where(asked, "not_shown")) for n in names},
            )
    order = [v.name for v in questionnaire.variables]
    return Responses(responses.respondents, responses.values[order], responses.missing[order]), misrouted


def _coded(responses: Responses, questionnaire: Questionnaire) -> dict[str, dict[str, int]]:
    """Return, by back-coded question, how many open answers were moved and how many stayed."""
    found = {}
    for question in questionnaire.questions.values():
        if question.derivation is None or question.derivation.method != "back_code":
            continue
        source = questionnaire.questions[question.derivation.of[0]]
        before, after = (_open_answers(responses, q) for q in (source, question))
        found[question.name] = {"coded": before - after, "not_coded": after}
    return found


def _open_answers(responses: Responses, question: Question) -> int:
    open_items = [i.code for i in question.items if i.open]
    if question.kind == "tick":
        return sum(int(responses.has(v.name, ("1",)).sum()) for v in question.variables if v.item in open_items)
    return int(responses.has(question.name, tuple(a.code for a in question.answers if a.open)).sum())


def _added(counts: Iterable[Mapping[str, Mapping[str, int]]]) -> dict[str, dict[str, int]]:
    total: dict[str, dict[str, int]] = {}
    for part in counts:
        for kind, questions in part.items():
            for name, n in questions.items():
                of_kind = total.setdefault(kind, {})
                of_kind[name] = of_kind.get(name, 0) + n
    return total
