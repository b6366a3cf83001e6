"""Files that name and label the columns of an export beside it: R scripts, .lss, .qsf, XLSForms, data dictionaries.

They stand in the config after the export that they describe: `export: [data/raw/x.csv, data/raw/x.R]`.
"""

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from b2bsurvey.errors import StudyError
from b2bsurvey.instruments.instrument import Instrument, in_language, item_text
from b2bsurvey.readers.definitions import is_definition, read_definition
from b2bsurvey.readers.r_script import read_r_script
from b2bsurvey.readers.raw import Column, RawExport, key


@dataclass(frozen=True)
class Label:
    """What a file says about a column; '' and {} where it says nothing."""

    code: str
    question: str = ""
    item: str = ""
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Labels:
    """The labels of a file, by the columns' codes or by their positions in the export."""

    by_code: Mapping[str, Label] = field(default_factory=dict)
    by_position: Mapping[int, Label] = field(default_factory=dict)


def is_label_file(path: Path) -> bool:
    """Return whether a file of a wave describes columns and holds no responses; its name or its headings say so."""
    return path.suffix.lower() in _READERS or is_definition(path)


def labelled(export: RawExport, path: Path, data: bytes) -> RawExport:
    """Return the export with the names and labels that a file beside it gives to its columns.

    Texts of the export's own headings stay. Raises StudyError where the file describes another export.
    """
    labels = _READERS.get(path.suffix.lower(), _of_definition)(data, str(path))
    described, n, with_values = apply(export, labels)
    if not n or not _fits(export, labels):
        raise StudyError(
            f"{path}: found other columns than those of {export.file}; expected the file that belongs to this export; "
            "name the right one, or remove it from the wave's 'export'"
        )
    note = f"names and labels of {n} columns, {with_values} of them with labels of their values, were taken from {path}"
    return replace(
        described,
        notes=(*export.notes, note),
        label_files={**export.label_files, str(path): hashlib.sha256(data).hexdigest()},
    )


def apply(export: RawExport, labels: Labels) -> tuple[RawExport, int, int]:
    """Return the export with labels, how many columns got one, and how many of these have labels of values."""
    found = [_label(column, labels) for column in export.columns]
    columns = tuple(
        _described(column, label) if label else column for column, label in zip(export.columns, found, strict=True)
    )
    return replace(export, columns=columns), sum(map(bool, found)), sum(bool(label and label.values) for label in found)


def of_instrument(instrument: Instrument, language: str = "") -> Labels:
    """Return the labels of the columns that a questionnaire's definition has in an export, in one language."""
    language = language or instrument.languages[0]
    found: dict[str, Label] = {}
    for question in instrument.questions:
        text = in_language(question.text, language)
        for column in question.columns:
            values = {answer.code: in_language(answer.text, language) for answer in column.answers}
            label = Label(column.code, text, item_text(question, column, language), values)
            found |= dict.fromkeys((column.code, *column.names), label)
    return Labels(by_code=found)


def _label(column: Column, labels: Labels) -> Label | None:
    return labels.by_position.get(column.position) or labels.by_code.get(column.code)


def _described(column: Column, label: Label) -> Column:
    """Return a column with its label; a heading that is only a code gives way to the label's texts."""
    bare = column.question in ("", column.code, column.code.partition("[")[0])
    question, item = (label.question, label.item) if bare and label.question else (column.question, column.item)
    return replace(
        column,
        code=column.code or label.code,
        question=question,
        item=item,
        values={**column.values, **label.values},
        heading=column.heading or column.code or column.question,
    )


def _fits(export: RawExport, labels: Labels) -> bool:
    """Return whether labels by position stand at the right columns: code or text agree for most of them."""
    pairs = [(c, labels.by_position[c.position]) for c in export.columns if c.position in labels.by_position]
    agree = [
        key(column.code) == key(label.code) if column.code else key(column.question) == key(label.question)
        for column, label in pairs
    ]
    return not pairs or sum(agree) > len(agree) / 2


def _of_r_script(data: bytes, file: str) -> Labels:
    """Return the labels of a script: LimeSurvey writes `[item] question`, SoSci `question: item`."""
    by_position: dict[int, Label] = {}
    by_code: dict[str, Label] = {}
    for variable in read_r_script(data, file):
        if variable.position:
            match = _ITEM_FIRST.fullmatch(variable.text)
            item, question = (match[1], match[2]) if match else ("", variable.text)
            by_position[variable.position] = Label(variable.name, question, item, variable.values)
        else:
            question, _, item = variable.text.partition(": ") if "_" in variable.name else (variable.text, "", "")
            by_code[variable.name] = Label(variable.name, question, item, variable.values)
    return Labels(by_code, by_position)


def _of_definition(data: bytes, file: str) -> Labels:
    instrument = read_definition(Path(file), data)
    return of_instrument(instrument) if instrument is not None else Labels()


_ITEM_FIRST = re.compile(r"\[([^\[\]]+)\] ?(.*)", re.DOTALL)
_READERS: dict[str, Callable[[bytes, str], Labels]] = {
    ".r": _of_r_script,
    ".lss": _of_definition,
    ".qsf": _of_definition,
}
