"""LimeSurvey's archive (.lsa): a zip of the survey (.lss), its responses (.lsr) and, where there are any, its times.

The list of participants (.lst) may lie beside them: it holds personal data and is not opened.
"""

import io
import re
import zipfile

from b2bsurvey.errors import StudyError
from b2bsurvey.instruments.instrument import Instrument
from b2bsurvey.instruments.limesurvey import read_lss
from b2bsurvey.instruments.xml_tables import XmlTable, read_document
from b2bsurvey.readers import labels, limesurvey
from b2bsurvey.readers.raw import RawExport, Table
from b2bsurvey.readers.source import BROKEN_ZIP

_MOST_MEMBERS = 100
_MOST_BYTES = 200_000_000  # all members, unpacked
_HIGHEST_RATIO = 200  # of a member over 1 MB
_DECIMAL = re.compile(r"-?\d*\.\d+")


def read_archive(data: bytes, file: str) -> RawExport:
    """Return the responses of an archive as a RawExport with codes as headings, labelled in the survey's language.

    Raises:
        StudyError: where the archive is damaged, dangerous, or lacks the survey or its responses.
    """
    members = _members(data, file)
    survey_name, responses_name = _only(members, ".lss", file), _only(members, "_responses.lsr", file)
    instrument = read_lss(members[survey_name], f"{file}, {survey_name}")
    document = read_document(members[responses_name], f"{file}, {responses_name}")
    responses = document.tables.get("responses", XmlTable((), ()))
    if "id" not in responses.fields:
        raise StudyError(
            f"{file}, {responses_name}: found no responses; expected at least one; export the archive again"
        )
    code_of = {name: c.code for q in instrument.questions for c in q.columns for name in c.names}
    numeric = {name for q in instrument.questions if q.cells == "number" for c in q.columns for name in c.names}
    rows = [[code_of.get(field, field) for field in responses.fields]]
    for row in responses.rows:
        cells = [row.get(_tag(field), "") for field in responses.fields]
        rows.append(
            [
                cell.rstrip("0").rstrip(".") if field in numeric and _DECIMAL.fullmatch(cell) else cell
                for field, cell in zip(responses.fields, cells, strict=True)
            ]
        )
    times = next((content for name, content in members.items() if name.endswith("_timings.lsi")), None)
    if times is not None:
        rows = _with_duration(rows, read_document(times, file).rows("timings"))
    table = Table(file, rows, list(range(len(rows))), encoding="utf-8", sheet=responses_name)
    export = limesurvey.read(table, f"the archive holds the survey '{survey_name}' and its responses")
    export, _, _ = labels.apply(export, labels.of_instrument(instrument))
    return export


def read_survey(data: bytes, file: str) -> Instrument:
    """Return the survey in an archive, with the texts of all its languages; StudyError as `read_archive` raises it."""
    members = _members(data, file)
    name = _only(members, ".lss", file)
    return read_lss(members[name], f"{file}, {name}")


def _members(data: bytes, file: str) -> dict[str, bytes]:
    """Return the XML files of an archive, all measured before any is unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = [m for m in archive.infolist() if m.filename.endswith((".lss", ".lsr", ".lsi"))]
            tight = [m for m in members if m.file_size > max(1_000_000, _HIGHEST_RATIO * m.compress_size)]
            if len(archive.infolist()) > _MOST_MEMBERS or sum(m.file_size for m in members) > _MOST_BYTES or tight:
                raise StudyError(
                    f"{file}: unpacks to far more than an archive of LimeSurvey can hold, so it was not opened; "
                    "expected an .lsa; export it again"
                )
            if any(m.flag_bits & 1 for m in members):
                raise StudyError(f"{file}: found an archive that is protected by a password; expected an open .lsa")
            return {m.filename: archive.read(m) for m in members}
    except BROKEN_ZIP:
        raise StudyError(
            f"{file}: found a damaged or cut archive; expected a whole .lsa of LimeSurvey; export it again"
        ) from None


def _only(members: dict[str, bytes], ending: str, file: str) -> str:
    found = [name for name in members if name.endswith(ending)]
    if len(found) != 1:
        raise StudyError(
            f"{file}: found {len(found) or 'no'} files that end in '{ending}' in the archive; expected one; export the "
            "survey archive from LimeSurvey again"
        )
    return found[0]


def _tag(field: str) -> str:
    """Return the name of the XML element that holds a field: no element begins with a digit or holds a #."""
    return ("_" + field if field[:1].isdigit() else field).replace("#", "-")


def _with_duration(rows: list[list[str]], times: tuple) -> list[list[str]]:
    """Return the rows with the total time of each response, by its id."""
    at = rows[0].index("id")
    total = {row.get("id", ""): row.get("interviewtime", "") for row in times}
    return [[*rows[0], "interviewtime"], *([*row, total.get(row[at], "")] for row in rows[1:])]
