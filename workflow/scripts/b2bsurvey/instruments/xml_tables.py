"""LimeSurvey's XML: tables of rows, in the survey (.lss) and in its responses (.lsr)."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import dataclass

from b2bsurvey.errors import StudyError

_MOST_BYTES = 200_000_000
# Entities are declared in a document type declaration, and that stands before the first element or nowhere.
_PROLOG = re.compile(r"\s*(?:(?:<\?.*?\?>|<!--.*?-->)\s*)*<[A-Za-z_]", re.DOTALL)


@dataclass(frozen=True)
class XmlTable:
    """The names of the columns, and the rows; a cell that the file leaves out is not in its row."""

    fields: tuple[str, ...]
    rows: tuple[Mapping[str, str], ...]


@dataclass(frozen=True)
class LimeSurveyDocument:
    """One of LimeSurvey's files: `kind` is `Survey`, `Responses`, …, `version` that of the database."""

    kind: str
    version: str
    languages: tuple[str, ...]
    tables: Mapping[str, XmlTable]

    def rows(self, table: str) -> tuple[Mapping[str, str], ...]:
        """Return the rows of a table, none where the file has no such table."""
        return self.tables[table].rows if table in self.tables else ()


def read_document(data: bytes, file: str) -> LimeSurveyDocument:
    """Return the tables of one of LimeSurvey's XML files.

    Raises:
        StudyError: where it is not UTF-8, damaged, too large, has a document type declaration (which no file of
            LimeSurvey has, and which could name other files or grow without end), or is of another kind.
    """
    root = _root(data, file)
    if root.tag != "document" or root.find("LimeSurveyDocType") is None:
        raise StudyError(
            f"{file}: found XML whose outermost element is '{root.tag}'; expected LimeSurvey's 'document'; export the "
            "survey from LimeSurvey again"
        )
    tables = {
        element.tag: XmlTable(
            tuple(name.text or "" for name in element.iterfind("fields/fieldname")),
            tuple({cell.tag: cell.text or "" for cell in row} for row in element.iterfind("rows/row")),
        )
        for element in root
        if element.find("fields") is not None
    }
    return LimeSurveyDocument(
        kind=root.findtext("LimeSurveyDocType", ""),
        version=root.findtext("DBVersion", ""),
        languages=tuple(element.text or "" for element in root.iterfind("languages/language")),
        tables=tables,
    )


def _root(data: bytes, file: str) -> ET.Element:
    if len(data) > _MOST_BYTES:
        raise StudyError(
            f"{file}: found {len(data):,} bytes of XML (at most {_MOST_BYTES:,} are read); expected LimeSurvey's file; "
            "export it again"
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise StudyError(
            f"{file}: found XML in an encoding other than UTF-8; expected LimeSurvey's own file; export it again"
        ) from None
    if not text.lstrip().startswith("<"):
        raise StudyError(f"{file}: found no XML; expected a file of LimeSurvey; export it again")
    if not _PROLOG.match(text):
        raise StudyError(
            f"{file}: found a document type declaration, which no file of LimeSurvey holds, so it was not opened; "
            "expected LimeSurvey's own file; export it again"
        )
    try:
        return ET.fromstring(text)  # noqa: S314
    except ET.ParseError as error:
        raise StudyError(
            f"{file}, line {error.position[0]}: found damaged XML; expected a whole file of LimeSurvey; export it again"
        ) from None
