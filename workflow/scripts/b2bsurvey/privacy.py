"""A last look at what leaves the house: no e-mail or IP address, phone number or platform id in any result.

It is the net below the rules at ingest, which drop personal columns and hash respondents' ids.
"""

import html
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from b2bsurvey.errors import StudyError

TEXT = (".csv", ".json", ".html", ".svg", ".txt", ".yaml", ".xml", ".tex", ".md")
ARCHIVES = (".xlsx", ".docx", ".zip")
STATISTICS_FILES = (".sav", ".dta")
SHORTEST_ID = 8  # shorter ids cannot be told from other numbers
LONG_PIECE = 20  # characters of an id that has other signs in it

EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)*\.[A-Za-z]{2,}")
IPV4 = re.compile(r"(?<![\w.])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?![\w.])")
# whole, or with one run of zeros left out; times of day (10:30:00) are none
IPV6 = re.compile(
    r"(?<![\w:])(?:(?:[0-9A-Fa-f]{1,4}:){7}[0-9A-Fa-f]{1,4}"
    r"|(?=[0-9A-Fa-f:]*[0-9A-Fa-f]{3})(?:[0-9A-Fa-f]{1,4}:){1,6}(?::[0-9A-Fa-f]{1,4}){1,6})(?![\w:])"
)
# with a country code, or in the groups or ten digits of Switzerland, Germany, France and Italy: others are numbers
PHONE = re.compile(
    r"(?<![\w+.,])(?:\+|00)[1-9]\d{8,12}(?![\w.,])"
    r"|(?<![\w+.,-])0[1-9]\d{8}(?![\w.,-])"
    r"|(?<![\w+.])(?:\+|00)[1-9]\d{0,2}(?:[ \u00a0./()-]{1,2}\d{1,4}){2,6}(?![\w.])"
    r"|(?<![\w+.,])0\d{1,3}[ /-]\d{2,4}(?:[ -]\d{2,3}){2,3}(?![\w.,])"
)
TOKEN = re.compile(rf"[\w-]{{{SHORTEST_ID},}}")
KINDS = (("an e-mail address", EMAIL), ("an IP address", IPV4), ("an IP address", IPV6), ("a phone number", PHONE))
# what a drawing or a style sheet writes between letters is no text of a person
# a stream of a PDF, and what it shows: (text) Tj, or [(te) 20 (xt)] TJ
PDF_STREAM = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.DOTALL)
PDF_SHOWN = re.compile(rb"\[((?:\((?:\\.|[^\\()])*\)|[\s\d.-])*)\]\s*TJ|(\((?:\\.|[^\\()])*\))\s*Tj", re.DOTALL)
PDF_STRING = re.compile(rb"\(((?:\\.|[^\\()])*)\)", re.DOTALL)
DRAWING = re.compile(r'<(?:path|use)\b[^>]*>|\b(?:d|points|transform|viewBox|style)="[^"]*"|data:[^"\')\s]+')


@dataclass(frozen=True)
class Finding:
    """Something personal in a result: where, and of which kind; what it says is not repeated."""

    file: str
    place: str
    kind: str


def check_privacy(files: Iterable[Path], ids: Iterable[str]) -> int:
    """Return how many files were looked at, finding nothing personal in them.

    `ids` are the ids that the platforms gave to respondents; those of fewer than 8 characters are too common to
    look for. Pixels are not read: a PNG shows what stands in the tables and in the SVG or PDF beside it.

    Raises:
        StudyError: naming the first places where there is an e-mail or IP address, a phone number or an id.
    """
    # of an id with a prefix (`uuid:…`) its long part
    pieces = {piece for i in ids for piece in TOKEN.findall(i) if piece == i or len(piece) >= LONG_PIECE}
    wanted = {piece for piece in pieces if len(piece) >= SHORTEST_ID}
    looked_at, found = 0, []
    for file in sorted(files):
        looked_at += 1
        found += list(findings(file, wanted))
    if found:
        places = "; ".join(f"{f.file}, {f.place}: {f.kind}" for f in found[:3])
        more = f" and {len(found) - 3} more" if len(found) > 3 else ""
        raise StudyError(
            f"{places}{more}; results may hold nothing personal, so take it out of the questionnaire's texts, or "
            "do not clear the answers it comes from, and run again."
        )
    return looked_at


def findings(file: Path, ids: set[str]) -> Iterator[Finding]:
    """Yield what is personal in one file."""
    for place, text in _texts(file):
        for kind, pattern in KINDS:
            if pattern.search(text):
                yield Finding(str(file), place, kind)
        if ids and not ids.isdisjoint(TOKEN.findall(text)):
            yield Finding(str(file), place, "a respondent's id of the platform")


def _texts(file: Path) -> Iterator[tuple[str, str]]:
    """Yield (place, text) of everything readable in a file."""
    if file.suffix == ".parquet":
        frame = pd.read_parquet(file)
        for name in frame.select_dtypes(["object", "string", "category"]):
            yield f"column '{name}'", "\n".join(map(str, frame[name].dropna().unique()))
    elif file.suffix in STATISTICS_FILES:
        yield from _statistics_file(file)
    elif file.suffix in ARCHIVES:
        with zipfile.ZipFile(file) as archive:
            for member in archive.namelist():
                if member.endswith((".xml", ".rels")):
                    xml = archive.read(member).decode("utf-8", errors="replace")
                    yield f"part {member}", html.unescape(re.sub(r"<[^>]*>", "\n", xml))
    elif file.suffix == ".pdf":
        yield "text", "\n".join(_pdf_texts(file.read_bytes()))
    elif file.suffix in TEXT:
        text = file.read_text(encoding="utf-8", errors="replace")
        if file.suffix in (".svg", ".html"):
            text = DRAWING.sub("", text)
        for number, line in enumerate(text.splitlines(), 1):
            yield f"line {number}", html.unescape(line)


def _statistics_file(file: Path) -> Iterator[tuple[str, str]]:
    """Yield the texts of an SPSS or Stata file, whose bytes are packed, and what it says of its variables."""
    import pyreadstat  # takes its time, and most files are others

    frame, said = (pyreadstat.read_sav if file.suffix == ".sav" else pyreadstat.read_dta)(file)
    for name in frame.select_dtypes(["object", "string"]):
        yield f"column '{name}'", "\n".join(map(str, frame[name].dropna().unique()))
    for name, label in said.column_names_to_labels.items():
        values = said.variable_value_labels.get(name, {}).values()
        yield f"labels of '{name}'", "\n".join(map(str, (label, *values)))
    yield "notes", "\n".join((said.file_label or "", *said.notes))


def _pdf_texts(data: bytes) -> Iterator[str]:
    """Yield the texts that a PDF of ours shows, and those of its title and author."""
    for match in PDF_STRING.finditer(PDF_STREAM.sub(b"", data)):
        yield _pdf_string(match[1])
    for stream in PDF_STREAM.finditer(data):
        try:
            content = zlib.decompress(stream[1])
        except zlib.error:
            continue
        if b" Tf" not in content:  # no text: a picture or a font
            continue
        for shown in PDF_SHOWN.finditer(content):
            yield "".join(_pdf_string(part[1]) for part in PDF_STRING.finditer(shown[1] or shown[2]))


def _pdf_string(raw: bytes) -> str:
    """Return a string in Latin letters, of one or two bytes each; letters of other scripts are not read."""
    return re.sub(rb"\\(.)", rb"\1", raw, flags=re.DOTALL).decode("latin-1").replace("\0", "")
