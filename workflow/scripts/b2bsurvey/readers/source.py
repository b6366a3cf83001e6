"""The bytes of an export file: opened once, unpacked, and told apart from what only looks like an export."""

import gzip
import hashlib
import io
import json
import lzma
import struct
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from b2bsurvey.errors import StudyError, nearest_file

_MOST_BYTES = 500_000_000  # of a compressed text file, unpacked
_HIGHEST_RATIO = 500
# What zipfile raises over broken bytes: in the directory, in a name, in a compressed part.
BROKEN_ZIP = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, OSError, ValueError, RuntimeError)
_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_FOREIGN = (
    (b"%PDF", "a PDF document"),
    (b"\x1c" + bytes(7) + b"ENCRYPTED", "an SPSS data file protected by a password"),
    (b"HEADER RECORD*******LIB", "a SAS transport file"),
    (b"PAR1", "a Parquet file"),
    (b"{\\rtf", "a rich-text document"),
)

Kind = Literal["text", "xlsx", "ods", "lsa", "spss", "stata"]
# What users call a kind, and how its name ends; everything else goes by the name of a text file.
_KINDS: dict[Kind, tuple[str, tuple[str, ...]]] = {
    "xlsx": ("an Excel workbook", (".xlsx", ".xlsm")),
    "ods": ("an OpenDocument spreadsheet", (".ods",)),
    "lsa": ("an archive of LimeSurvey", (".lsa",)),
    "spss": ("an SPSS data file", (".sav", ".zsav")),
    "stata": ("a Stata data file", (".dta",)),
}
_ZIPPED = (*_KINDS["xlsx"][1], *_KINDS["ods"][1], *_KINDS["lsa"][1])
_ODS = b"application/vnd.oasis.opendocument.spreadsheet"


@dataclass(frozen=True)
class Source:
    """The bytes of one export, and what kind of file they are."""

    file: str
    data: bytes
    kind: Kind
    sha256: str
    notes: tuple[str, ...]


def open_source(path: Path, data: bytes | None = None) -> Source:
    """Return the bytes of an export, unpacked where it is a .gz or a .zip with one file in it.

    `data` are the file's bytes where the caller has read them already. What a file is, is told from its
    bytes, and its name must agree. Raises StudyError where it is missing, empty, damaged, or none of the
    kinds that are read.
    """
    file = str(path)
    raw = read_bytes(path) if data is None else data
    inner, name, notes = _unpack(raw, file, path.name)
    if not inner:
        raise StudyError(
            f"{file}: the file is empty (0 bytes); expected an export; download it from the survey platform again"
        )
    kind = _kind(inner, file, name)
    called = _called(name)
    if kind != called and kind != "text":
        what, ends = _KINDS[kind]
        raise StudyError(
            f"{file}: found {what} under a name that does not end in {ends[0]}; expected name and content to agree; "
            f"rename the file to {ends[0]}"
        )
    if kind == "text":
        foreign = _foreign(inner)
        if foreign or called != "text":
            plain = "a damaged file or one of another kind" if b"\0" in inner else "plain text"
            raise StudyError(
                f"{file}: found {foreign or plain} under this name; expected "
                f"{'a CSV, TSV, XLSX, ODS, SAV or DTA export' if called == 'text' else _KINDS[called][0]}; "
                + ("rename the file to .csv" if plain == "plain text" and not foreign else "download the export again")
            )
    return Source(file, inner, kind, hashlib.sha256(raw).hexdigest(), notes)


def read_bytes(path: Path) -> bytes:
    """Return the bytes of a file, or say plainly why they cannot be had."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise StudyError(
            f"{path}: found no such file{nearest_file(path)}; expected the export there; "
            "put it there or correct the name"
        ) from None
    except IsADirectoryError:
        raise StudyError(f"{path}: found a folder; expected an export file; name the file in it") from None
    except OSError as error:
        raise StudyError(f"{path}: the file cannot be read ({error.strerror}); check its permissions") from error


def _unpack(raw: bytes, file: str, name: str) -> tuple[bytes, str, tuple[str, ...]]:
    """Return the bytes, the name they go by, and the note on what they were packed in."""
    if raw.startswith(b"\x1f\x8b"):
        try:
            with gzip.open(io.BytesIO(raw)) as stream:
                inner = stream.read(_limit(raw) + 1)
        except (OSError, EOFError, zlib.error):
            raise _damaged(file, "gzip file") from None
        if len(inner) > _limit(raw):
            raise _bomb(file)
        return inner, name.removesuffix(".gz"), ("unpacked from gzip",)
    if raw.startswith(b"PK\x03\x04") and not name.lower().endswith(_ZIPPED):
        return _unpack_zip(raw, file, name)
    return raw, name, ()


def _unpack_zip(raw: bytes, file: str, name: str) -> tuple[bytes, str, tuple[str, ...]]:
    """Return the one file in a zip archive, or the archive itself where it is a workbook."""
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            members = [m for m in archive.infolist() if not m.is_dir() and not m.filename.startswith("__MACOSX/")]
            if any(m.filename in ("[Content_Types].xml", "mimetype") or m.filename.endswith(".lss") for m in members):
                return raw, name, ()
            if len(members) != 1:
                raise StudyError(
                    f"{file}: found a zip archive with {len(members)} files in it; expected one export; unpack it "
                    "and name the file that is meant"
                )
            if members[0].flag_bits & 1:
                raise StudyError(
                    f"{file}: found a zip archive that is protected by a password; unpack it and name the file"
                )
            if members[0].file_size > _limit(raw):
                raise _bomb(file)
            inner = archive.read(members[0])
    except BROKEN_ZIP:
        raise _damaged(file, "zip archive") from None
    return inner, members[0].filename, (f"unpacked '{members[0].filename}' from a zip archive",)


def _kind(data: bytes, file: str, name: str) -> Kind:
    """Return what the bytes are by their first ones; old and locked Office files are refused by name."""
    if data.startswith(_OLE):
        locked = "EncryptedPackage".encode("utf-16-le") in data
        what = "a workbook protected by a password" if locked else "an old Office file (.xls)"
        todo = "remove the password in Excel" if locked else "save it as .xlsx in Excel"
        raise StudyError(f"{file}: found {what}; expected an open .xlsx workbook; {todo}")
    if data.startswith((b"$FL2", b"$FL3")):
        return "spss"
    # Stata before version 13: the format's number, the order of bytes (1 or 2), 1, 0.
    if data.startswith(b"<stata_dta>") or (
        104 <= data[0] <= 115 and data[1:2] in (b"\1", b"\2") and data[2:4] == b"\1\0"
    ):
        return "stata"
    return _zip_kind(data, file, name) if data.startswith(b"PK\x03\x04") else "text"


def _called(name: str) -> Kind:
    """Return what a file is by its name."""
    return next((kind for kind, (_, ends) in _KINDS.items() if name.lower().endswith(ends)), "text")


def _zip_kind(data: bytes, file: str, name: str) -> Kind:
    """Return which workbook a zip archive is."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist())
            opendocument = archive.open("mimetype").read(100) if "mimetype" in names else b""
    except BROKEN_ZIP:
        raise _damaged(file, "zip archive" if _called(name) in ("text", "lsa") else "workbook") from None
    if any(member.endswith(".lss") for member in names) or _called(name) == "lsa":
        return "lsa"
    if "xl/workbook.xml" in names:
        return "xlsx"
    if opendocument.strip() == _ODS and "content.xml" in names:
        return "ods"
    what = "an OpenDocument file" if opendocument else "a zip archive"
    raise StudyError(
        f"{file}: found {what} without a workbook (xl/workbook.xml or content.xml); expected a spreadsheet; save the "
        "export as .xlsx or .csv again"
    )


def _foreign(data: bytes) -> str:
    """Return what the bytes are where they are plainly no table, '' otherwise."""
    for magic, what in _FOREIGN:
        if data.startswith(magic):
            return what
    start = data[:1000].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if start.startswith((b"<!doctype html", b"<html", b"<head")):
        return "a web page (HTML; often a login page saved instead of the export)"
    if start.startswith(b"<?xml"):
        return "an XML document"
    if start.startswith((b"{", b"[")):
        try:
            json.loads(data)
        except (ValueError, RecursionError):
            return ""
        return "a JSON document"
    return ""


def _limit(raw: bytes) -> int:
    return min(_MOST_BYTES, max(_HIGHEST_RATIO * len(raw), 1_000_000))


def _damaged(file: str, what: str) -> StudyError:
    return StudyError(f"{file}: found a damaged or cut {what}; expected a whole one; download the export again")


def _bomb(file: str) -> StudyError:
    return StudyError(
        f"{file}: unpacks to far more than an export can hold (over {_HIGHEST_RATIO} times its size or "
        f"{_MOST_BYTES // 1_000_000} MB), so it was not read; expected an export; download it again"
    )
