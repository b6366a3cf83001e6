"""Readers of questionnaire exports: they know platforms and file formats, and nothing of the study.

A further platform is one module beside these, with NAME, `recognise` and `read`, and its name in `_READERS`.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from b2bsurvey.errors import StudyError, nearest
from b2bsurvey.readers import (
    alchemer,
    googleforms,
    kobo,
    limesurvey,
    msforms,
    plain,
    qualtrics,
    redcap,
    sosci,
    statistics_file,
    surveymonkey,
    typeform,
    unipark,
)
from b2bsurvey.readers.labels import is_label_file, labelled
from b2bsurvey.readers.limesurvey_archive import read_archive
from b2bsurvey.readers.opendocument import read_ods
from b2bsurvey.readers.raw import Column, RawExport, Table
from b2bsurvey.readers.source import Source, open_source, read_bytes
from b2bsurvey.readers.text import read_text
from b2bsurvey.readers.xlsx import read_xlsx

_READERS = {
    module.NAME: module
    for module in (
        *(limesurvey, qualtrics, sosci, surveymonkey, typeform, unipark),
        *(googleforms, msforms, kobo, redcap, alchemer),
        plain,  # reads what no other recognises
    )
}

PLATFORMS = (*_READERS, *statistics_file.NAMES)

__all__ = ["PLATFORMS", "Column", "RawExport", "read_export", "read_exports", "table_in"]


def read_exports(paths: Sequence[Path], platform: str | None = None, sheet: str | None = None) -> list[RawExport]:
    """Return the exports of a wave; a file of names and labels is applied to the exports listed before it.

    `[a.csv, a.R, b.csv, b.R]`: each export has its own; `[a.csv, b.csv, s.lss]`: one describes both. Raises
    StudyError as `read_export` does, and where a file of labels follows no export.
    """
    exports: list[RawExport] = []
    first, after_labels = 0, False  # the exports that the next file of labels describes
    for path in paths:
        describes = is_label_file(path)
        if not describes:
            first = len(exports) if after_labels else first
            exports.append(read_export(path, platform, sheet))
        elif not exports:
            raise StudyError(
                f"{path}: found a file of names and labels before any export; expected it after the export that it "
                "describes; put it there in the wave's 'export'"
            )
        else:
            exports[first:] = [labelled(export, path, read_bytes(path)) for export in exports[first:]]
        after_labels = describes
    return exports


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
    match source.kind:
        case "spss" | "stata":
            file = statistics_file.read(source)
            by = plain.NAME if platform in statistics_file.NAMES else platform
            export = statistics_file.declared(_read_table(file.table, by), file)
        case "lsa":
            export = read_archive(source.data, source.file)
        case _:
            table = table_in(source, sheet)
            source = replace(source, data=b"")  # a large file's bytes are not held beside its table
            export = _read_table(table, platform)
    return replace(export, sha256=source.sha256, notes=source.notes + export.notes)


def _check_options(source: Source, platform: str | None, sheet: str | None) -> None:
    """Refuse a sheet of a file without sheets, and a platform that cannot have written this kind of file."""
    what = {"spss": "an SPSS data file", "stata": "a Stata data file", "lsa": "an archive of LimeSurvey"}
    if sheet is not None and source.kind not in ("xlsx", "ods"):
        raise StudyError(
            f"{source.file}: found {what.get(source.kind, 'a text file')}, which has no sheets; expected none to be "
            f"named; remove `sheet: {sheet}`"
        )
    of_another = platform in statistics_file.NAMES and platform != source.kind
    if of_another or (source.kind == "lsa" and platform not in (None, limesurvey.NAME)):
        raise StudyError(
            f"{source.file}: found {what.get(source.kind, 'a table')}; expected a file of the platform '{platform}'; "
            "leave `platform` out"
        )


def table_in(source: Source, sheet: str | None = None) -> Table:
    """Return the table in a text file or workbook; StudyError for a file of another kind that is read as text."""
    match source.kind:
        case "xlsx":
            return read_xlsx(source.data, source.file, sheet)
        case "ods":
            return read_ods(source.data, source.file, sheet)
    return read_text(source.data, source.file)


def _read_table(table: Table, platform: str | None) -> RawExport:
    """Return a table as the platform that is named, or else recognised, describes it."""
    name, reason = (platform, "named by the user") if platform is not None else _recognised(table)
    return _READERS[name].read(table, reason)


def _recognised(table: Table) -> tuple[str, str]:
    """Return the platform that wrote a table, and why; refuse a table that two platforms could have written."""
    found = {n: r for n, m in _READERS.items() if n != plain.NAME and (r := m.recognise(table.rows)) is not None}
    if len(found) > 1:
        reasons = "; ".join(f"{name}, because {reason}" for name, reason in found.items())
        raise StudyError(
            f"{table.place(0)}: found headings of {len(found)} platforms ({reasons}); expected those of one; say which "
            f"it is with `platform: {' or '.join(found)}`"
        )
    return next(iter(found.items()), (plain.NAME, plain.recognise(table.rows) or ""))
