"""From the cells of an export to typed responses; what cannot be placed is reported, never guessed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from b2bsurvey.columns import find_columns, find_heading, normal
from b2bsurvey.config import Wave
from b2bsurvey.derived import derive
from b2bsurvey.errors import StudyError, nearest, nearest_file
from b2bsurvey.questionnaire import Item, Question, Questionnaire, Variable
from b2bsurvey.readers import read_export
from b2bsurvey.readers.raw import Column, RawExport
from b2bsurvey.respondent_key import hashed
from b2bsurvey.responses import REASONS, Responses, holds, put, value_type

TICKED = ("1", "x", "y", "yes", "true", "checked", "selected", "ja", "wahr", "oui", "vrai", "sì", "si", "vero")
NOT_TICKED = ("0", "n", "no", "false", "unchecked", "not selected", "nein", "falsch", "non", "faux", "falso")


@dataclass(frozen=True)
class NotUnderstood:
    """A cell that is no answer of its question: where it stands, and what was found."""

    file: str
    row: int
    variable: str
    value: str


@dataclass(frozen=True)
class IngestReport:
    """What was read, and what was not; `used` gives the heading of each variable's column."""

    files: tuple[Mapping[str, Any], ...]
    rows: int
    used: Mapping[str, str]
    extra: tuple[str, ...]
    personal: tuple[str, ...]
    notes: tuple[str, ...]
    not_understood: tuple[NotUnderstood, ...]
    misrouted: Mapping[str, int]

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain data, without the values that were not understood: they may be anything."""
        places = [{"file": n.file, "row": n.row, "variable": n.variable} for n in self.not_understood]
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
    exports = [read_export(Path(path), wave.platform, wave.sheet) for path in wave.exports]
    for export, expected in zip(exports, sha256, strict=True):
        if export.sha256 != expected:
            raise StudyError(
                f"{export.file}: the export was replaced while the run was under way, so its results would not belong "
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

    Answers to questions that the routing did not ask are set aside (`not_shown`) and counted as misrouted.

    Raises:
        StudyError: for a missing or ambiguous column, an answer that is not understood (above the
            questionnaire's `not_understood` share), or a weight that is not a positive number.
    """
    parts, unknown, used = [], [], []
    headings: dict[str, str] = {}
    for export in exports:
        found = find_columns(export, questionnaire, wave.columns)
        part, not_understood = _typed(export, questionnaire, found)
        respondents = _respondents(export, key, wave.name)
        if wave.firm_id is not None:
            column = found.get(wave.firm_id) or find_heading(export, wave.firm_id, f"{wave.line}: the firms are in")
            respondents["firm"] = _firms(export, column, key, respondents["respondent"])
            found["firm"] = column
        if wave.weight_column is not None:
            column = find_heading(export, wave.weight_column, f"{wave.line}: the weights are in")
            respondents["weight"] = _weights(export, column)
            found["weight"] = column
        parts.append((respondents, part))
        unknown += not_understood
        used.append({c.position for c in found.values()})
        headings |= {name: _heading(column) for name, column in found.items()}
    typed = _joined(parts, questionnaire)
    routed, misrouted = _routed(typed, questionnaire)
    report = IngestReport(
        files=tuple(_facts(e) for e in exports),
        rows=len(routed),
        used=headings,
        extra=tuple(
            _heading(c)
            for e, positions in zip(exports, used, strict=True)
            for c in e.columns
            if c.position not in positions
        ),
        personal=tuple(dict.fromkeys(heading for e in exports for heading in e.personal)),
        notes=tuple(note for e in exports for note in e.notes),
        not_understood=tuple(unknown),
        misrouted=misrouted,
    )
    return routed, report


def _facts(export: RawExport) -> dict[str, Any]:
    names = ("file", "platform", "reason", "encoding", "delimiter", "sheet", "sha256")
    return {name: getattr(export, name) for name in names} | {"rows": len(export.cells)}


def _heading(column: Column) -> str:
    return (
        f"{column.question} [{column.item}]" if column.item else column.question or column.code or f"#{column.position}"
    )


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
    heading = _heading(column)
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
            f"{export.file}, row {row}, column '{heading}': the weight is '{cells[row]}', but must be above 0; "
            "correct the export, or leave respondents without a weight out of it."
        )
    return weights.to_numpy(dtype=float)


Typed = dict[str, tuple[pd.Series, pd.Series]]


def _typed(
    export: RawExport, questionnaire: Questionnaire, found: Mapping[str, Column]
) -> tuple[Typed, list[NotUnderstood]]:
    """Type the cells of all asked questions, before routing."""
    typed: Typed = {}
    unknown: list[NotUnderstood] = []
    for question in questionnaire.questions.values():
        if question.derivation is not None:
            continue
        columns: Typed = {}
        for variable in question.variables:
            column = found[variable.name]
            cells = export.cells[column.position]
            if variable.kind == "category":
                value, reason, bad = _category(question, cells)
            else:
                value, reason, bad = _tick(question, variable, cells, column.item or column.question)
            _stop_if_too_many(export, questionnaire, question, column, cells[bad])
            unknown += [NotUnderstood(export.file, int(r), variable.name, str(v)) for r, v in cells[bad].items()]
            columns[variable.name] = (value.astype(value_type(questionnaire, variable)), reason)
        typed |= _set_answered(question, columns) if question.kind == "tick" else columns
    return typed, unknown


def _category(question: Question, cells: pd.Series) -> tuple[pd.Series, pd.Series, pd.Series]:
    answers = {normal(s): a.code for a in question.answers for s in (a.code, *a.label.values(), *a.spellings)}
    reasons = {normal(s): reason for s, reason in question.missing.items()} | {"": "not_answered"}
    texts = {raw: normal(raw) for raw in cells.unique()}
    value = cells.map({raw: answers.get(text) for raw, text in texts.items()})
    reason = cells.map({raw: reasons.get(text) for raw, text in texts.items() if text not in answers})
    bad = value.isna() & reason.isna()
    return value, reason.where(~bad, "not_answered"), bad


def _tick(
    question: Question, variable: Variable, cells: pd.Series, heading: str
) -> tuple[pd.Series, pd.Series, pd.Series]:
    """Platforms mark a tick by 1, yes or x, or repeat the option's text: its label, or the column's heading."""
    item = next(i for i in question.items if i.code == variable.item)
    context = next((c for c in question.contexts if c.code == variable.context), None)
    names = [*TICKED, heading, *_spellings(item), *(_spellings(context) if context else [])]
    ticked, not_ticked = {normal(s) for s in names}, {normal(s) for s in (*NOT_TICKED, *question.not_ticked, "")}
    reasons = {} if item.open else {normal(s): reason for s, reason in question.missing.items()}
    texts = {raw: normal(raw) for raw in cells.unique()}

    def meaning(text: str) -> float | None:
        if item.open:  # whatever was written there is an answer, "don't know" too
            return float(text not in ("", "0"))
        if text in not_ticked:
            return 0.0
        return 1.0 if text in ticked else None

    value = cells.map({raw: meaning(t) for raw, t in texts.items() if t not in reasons})
    reason = cells.map({raw: reasons.get(t) for raw, t in texts.items()})
    bad = value.isna() & reason.isna()
    return value.where(~bad, 0), reason, bad


def _spellings(item: Item) -> list[str]:
    return [item.code, *item.label.values(), *item.spellings, *([item.column] if item.column else [])]


def _set_answered(question: Question, columns: Typed) -> Typed:
    """A tick-all set (each context of it) is answered when at least one of its options is ticked."""
    answered: Typed = {}
    for context in [c.code for c in question.contexts] or [""]:
        names = [v.name for v in question.variables if v.context == context]
        ticked = np.logical_or.reduce([(columns[n][0] == 1).fillna(False).to_numpy(dtype=bool) for n in names])
        for name in names:
            value, reason = columns[name]
            reason = reason.where(ticked | reason.notna(), "not_answered")
            answered[name] = (value.where(reason.isna()), reason)
    return answered


def _stop_if_too_many(
    export: RawExport, questionnaire: Questionnaire, question: Question, column: Column, bad: pd.Series
) -> None:
    filled = int((export.cells[column.position].str.strip() != "").sum())
    if not len(bad) or len(bad) <= questionnaire.not_understood * filled:
        return
    value, count = str(bad.iloc[0]), int((bad == bad.iloc[0]).sum())
    spellings = [s for a in question.answers for s in (a.code, *a.label.values(), *a.spellings)]
    spellings += [s for i in question.items for s in _spellings(i)] if question.kind == "tick" else []
    times = f"in {count} rows, first in row {bad.index[0]}" if count > 1 else f"in row {bad.index[0]}"
    remedy = "correct the answer's label at {line}, or add the text to its 'spellings' or to 'missing'"
    if question.kind == "tick":
        remedy = "at {line} add the text to the option's 'spellings' if it means ticked, to 'not_ticked' if it does not"
    raise StudyError(
        f"{export.file}, column {column.position} ('{_heading(column)}'): {_shown(value)} {times} is no answer of "
        f"'{question.name}'{nearest(value, [*spellings, *question.missing])}; "
        f"{remedy.format(line=question.line)}."
    )


def _shown(text: str) -> str:
    """Quote what can be a label; what may be somebody's own words or address is only described."""
    return f"'{text}'" if len(text) <= 60 and "@" not in text else f"a text of {len(text)} characters"


def _joined(parts: Iterable[tuple[pd.DataFrame, Typed]], questionnaire: Questionnaire) -> Responses:
    respondents, typed = zip(*parts, strict=True)
    names = list(typed[0])
    types = {v.name: value_type(questionnaire, v) for v in questionnaire.variables}
    values = {n: pd.concat([t[n][0] for t in typed], ignore_index=True).astype(types[n]) for n in names}
    missing = {n: pd.concat([t[n][1] for t in typed], ignore_index=True).astype(REASONS) for n in names}
    return Responses(pd.concat(respondents, ignore_index=True), pd.DataFrame(values), pd.DataFrame(missing))


def _routed(responses: Responses, questionnaire: Questionnaire) -> tuple[Responses, dict[str, int]]:
    """Apply the routing and make the derived variables, each question after those it depends on."""
    misrouted: dict[str, int] = {}
    for name in questionnaire.evaluation_order:
        question = questionnaire.questions[name]
        if question.derivation is not None:
            responses = put(responses, {name: derive(question, responses, questionnaire)})
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
