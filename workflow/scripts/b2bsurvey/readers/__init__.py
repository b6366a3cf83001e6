"""Readers of questionnaire exports: they know platforms and file formats, and nothing of the study.

A further platform is one module beside these, with NAME, `recognise` and `read`, and its name in `_READERS`.
"""

from dataclasses import replace
from pathlib import Path

from b2bsurvey.errors import StudyError, nearest
from b2bsurvey.readers import plain, surveymonkey, typeform
from b2bsurvey.readers.opendocument import read_ods
from b2bsurvey.readers.raw import Column, RawExport, Table
from b2bsurvey.readers.source import Source, open_source
from b2bsurvey.readers.text import read_text
from b2bsurvey.readers.xlsx import read_xlsx

_READERS = {module.NAME: module for module in (surveymonkey, typeform, plain)}  # asked in this order

PLATFORMS = tuple(_READERS)

__all__ = ["PLATFORMS", "Column", "RawExport", "read_export"]


def read_export(
    path: Path, platform: str | None = None, sheet: str | None = None, data: bytes | None = None
) -> RawExport:
    """Return an export as it stands in the file: text cells, a description of each column, platform facts.

    The platform is recognised, with a reason, unless `platform` names it. `sheet` names the sheet of a
    workbook that has several. `data` are the bytes of the file where they were read already. Raises
    StudyError for every file that cannot be read exactly.
    """
    if platform is not None and platform not in _READERS:
        raise StudyError(
            f"{path}: found the platform '{platform}'{nearest(platform, PLATFORMS)}; expected one of "
            f"{', '.join(PLATFORMS)}; correct `platform`"
        )
    source = open_source(Path(path), data)
    table = _table(source, sheet)
    if platform is None:
        name, reason = next((n, r) for n, m in _READERS.items() if (r := m.recognise(table.rows)))
    else:
        name, reason = platform, "named by the user"
    export = _READERS[name].read(table, reason)
    return replace(export, sha256=source.sha256, notes=source.notes + export.notes)


def _table(source: Source, sheet: str | None) -> Table:
    """Return the table in a file, read as its kind asks for."""
    if source.kind == "xlsx":
        return read_xlsx(source.data, source.file, sheet)
    if source.kind == "ods":
        return read_ods(source.data, source.file, sheet)
    if sheet is not None:
        raise StudyError(
            f"{source.file}: found a text file, which has no sheets; expected none to be named; remove `sheet: {sheet}`"
        )
    return read_text(source.data, source.file)
