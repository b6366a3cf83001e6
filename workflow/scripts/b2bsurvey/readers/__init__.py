"""Readers of questionnaire exports: they know platforms and file formats, and nothing of the study.

A further platform is one module beside these, with NAME, `recognise` and `read`, and its name in `_READERS`.
"""

from dataclasses import replace
from pathlib import Path

from b2bsurvey.errors import StudyError, nearest
from b2bsurvey.readers import (
    alchemer,
    googleforms,
    kobo,
    msforms,
    plain,
    redcap,
    statistics_file,
    surveymonkey,
    typeform,
)
from b2bsurvey.readers.opendocument import read_ods
from b2bsurvey.readers.raw import Column, RawExport, Table
from b2bsurvey.readers.source import Source, open_source
from b2bsurvey.readers.text import read_text
from b2bsurvey.readers.xlsx import read_xlsx

_READERS = {  # asked in this order
    module.NAME: module for module in (surveymonkey, typeform, googleforms, msforms, kobo, redcap, alchemer, plain)
}

PLATFORMS = (*_READERS, *statistics_file.NAMES)

__all__ = ["PLATFORMS", "Column", "RawExport", "read_export"]


def read_export(
    path: Path, platform: str | None = None, sheet: str | None = None, data: bytes | None = None
) -> RawExport:
    """Return an export as it stands in the file: text cells, a description of each column, platform facts.

    The platform is recognised, with a reason, unless `platform` names it. `sheet` names the sheet of a
    workbook that has several. `data` are the bytes of the file where they were read already. Raises
    StudyError for every file that cannot be read exactly.
    """
    if platform is not None and platform not in PLATFORMS:
        raise StudyError(
            f"{path}: found the platform '{platform}'{nearest(platform, PLATFORMS)}; expected one of "
            f"{', '.join(PLATFORMS)}; correct `platform`"
        )
    source = open_source(Path(path), data)
    _check_options(source, platform, sheet)
    if source.kind in statistics_file.NAMES:
        export = statistics_file.read(source)
    else:
        export = _read_table(_table(source, sheet), platform)
    return replace(export, sha256=source.sha256, notes=source.notes + export.notes)


def _check_options(source: Source, platform: str | None, sheet: str | None) -> None:
    """Refuse a sheet of a file without sheets, and a platform that cannot have written this kind of file."""
    what = {"spss": "an SPSS data file", "stata": "a Stata data file"}.get(source.kind, "a table")
    if sheet is not None and source.kind not in ("xlsx", "ods"):
        raise StudyError(
            f"{source.file}: found {'a text file' if source.kind == 'text' else what}, which has no sheets; expected "
            f"none to be named; remove `sheet: {sheet}`"
        )
    written_by = source.kind if source.kind in statistics_file.NAMES else None
    if platform is not None and platform != written_by and {platform, written_by} & set(statistics_file.NAMES):
        raise StudyError(
            f"{source.file}: found {what}; expected a file of the platform '{platform}'; leave `platform` out"
        )


def _table(source: Source, sheet: str | None) -> Table:
    """Return the table in a text file or workbook."""
    match source.kind:
        case "xlsx":
            return read_xlsx(source.data, source.file, sheet)
        case "ods":
            return read_ods(source.data, source.file, sheet)
    return read_text(source.data, source.file)


def _read_table(table: Table, platform: str | None) -> RawExport:
    """Return a table as the platform that is named, or else recognised, describes it."""
    if platform is None:
        name, reason = next((n, r) for n, m in _READERS.items() if (r := m.recognise(table.rows)))
    else:
        name, reason = platform, "named by the user"
    return _READERS[name].read(table, reason)
