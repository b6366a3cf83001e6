"""Definitions of questionnaires in files whose names do not tell them from exports.

XLSForm workbooks, REDCap's data dictionaries, and the labels inside SPSS and Stata files.
"""

from pathlib import Path

from b2bsurvey.errors import StudyError
from b2bsurvey.instruments import SUFFIXES, read_instrument
from b2bsurvey.instruments.instrument import Choice, ExportColumn, Instrument, InstrumentQuestion, Texts, Type
from b2bsurvey.instruments.redcap import is_dictionary, read_dictionary
from b2bsurvey.instruments.xlsform import read_xlsform
from b2bsurvey.readers import statistics_file
from b2bsurvey.readers.raw import Column
from b2bsurvey.readers.source import Source, open_source
from b2bsurvey.readers.statistics_file import ResponseSet, StatisticsFile
from b2bsurvey.readers.text import read_text
from b2bsurvey.readers.xlsx import read_xlsx, sheet_names

_FORM = ("survey", "choices")
_TYPES: dict[str, Type] = {"text": "text", "date": "date", "number": "number"}


def is_definition(path: Path) -> bool:
    """Return whether a workbook or text file is an XLSForm or a data dictionary and holds no responses."""
    if path.suffix.lower() not in (".xlsx", ".csv") or not path.is_file():
        return False
    try:
        return _describes(open_source(path))
    except StudyError:
        return False


def read_definition(path: Path, data: bytes | None = None) -> Instrument | None:
    """Return the questionnaire that a file defines, None for a file that defines none.

    What is read: .lss, .txt and .qsf; an XLSForm (.xlsx); a data dictionary of REDCap (.csv); the labels of a .sav,
    .zsav or .dta. Raises StudyError for files that cannot be read exactly.
    """
    if path.suffix.lower() in SUFFIXES:
        return read_instrument(path.read_bytes() if data is None else data, str(path))
    source = open_source(path, data)
    if source.kind in statistics_file.NAMES:
        return _of_statistics_file(statistics_file.read(source), source)
    if not _describes(source):
        return None
    if source.kind == "xlsx":
        survey, choices = (read_xlsx(source.data, source.file, name).rows for name in _FORM)
        has_settings = "settings" in sheet_names(source.data, source.file)
        settings = read_xlsx(source.data, source.file, "settings").rows if has_settings else []
        return read_xlsform(survey, choices, settings, source.file)
    return read_dictionary(read_text(source.data, source.file).rows, source.file)


def _describes(source: Source) -> bool:
    """Return whether a workbook has the sheets of a form, or a text the headings of a data dictionary."""
    if source.kind == "xlsx":
        return set(_FORM) <= set(sheet_names(source.data, source.file))
    if source.kind != "text":
        return False
    first = source.data[:4_000].partition(b"\n")[0] + b"\n"
    return is_dictionary(read_text(first, source.file).rows[0])


def _of_statistics_file(file: StatisticsFile, source: Source) -> Instrument:
    """Return the variables of a data file as questions; a multi-response set is one; the language is not said."""
    by_name = {column.code: column for column in file.columns}
    set_of = {name: found for found in reversed(file.sets) for name in found.variables}
    questions: dict[str, InstrumentQuestion] = {}
    for column, content in zip(file.columns, file.contents, strict=True):
        found = set_of.get(column.code)
        if found is None:
            questions[column.code] = _question(column, content)
        elif found.name not in questions:
            questions[found.name] = _of_set(found, [by_name[name] for name in found.variables])
    return Instrument(source.file, {}, ("",), tuple(questions.values()), platform=source.kind)


def _question(column: Column, content: str) -> InstrumentQuestion:
    """Return a variable as a question: closed where its values have labels that are not all missing ones."""
    answers = _answers(column)
    closed = any(not answer.missing for answer in answers)
    return InstrumentQuestion(
        column.code,
        "single" if closed else _TYPES[content],
        _texts(column.question),
        answers=answers,
        cells="choice" if closed else _TYPES[content],  # type: ignore[arg-type]
        platform_type=content,
        columns=(ExportColumn(column.code, answers=answers, open=content == "text" and not closed),),
    )


def _of_set(found: ResponseSet, columns: list[Column]) -> InstrumentQuestion:
    """Return a multi-response set as a question: options to tick, or variables that hold one answer each."""
    answers = () if found.ticks else _answers(columns[0])
    return InstrumentQuestion(
        found.name,
        "tick_all" if found.ticks else "other",
        _texts(found.question),
        items=tuple(Choice(column.code, _texts(column.item)) for column in columns),
        answers=answers,
        cells="tick" if found.ticks else "choice",
        platform_type="multi-response set",
        columns=tuple(ExportColumn(column.code, column.code, answers=answers) for column in columns),
    )


def _answers(column: Column) -> tuple[Choice, ...]:
    """Return the labelled values, and behind them what is declared missing."""
    values = [value for value in column.values if value not in column.missing]
    return tuple(
        Choice(value, _texts(column.values.get(value, "")), value in column.missing)
        for value in (*values, *column.missing)
    )


def _texts(text: str) -> Texts:
    return {"": text} if text else {}
