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

from b2bsurvey.errors import StudyError, nearest_file

_MOST_BYTES = 500_000_000  # of a compressed text file, unpacked
_HIGHEST_RATIO = 500
# What zipfile raises over broken bytes: in the directory, in a name, in a compressed part.
BROKEN_ZIP = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, OSError, ValueError, RuntimeError)
_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_FOREIGN = (
    (b"%PDF", "a PDF document"),
    (b"$FL2", "an SPSS data file"),
    (b"$FL3", "an SPSS data file"),
    (b"PAR1", "a Parquet file"),
    (b"{\\rtf", "a rich-text document"),
)


@dataclass(frozen=True)
class Source:
    """The bytes of one export: `workbook` says whether they are an XLSX workbook or text."""

    file: str
    data: bytes
    workbook: bool
    sha256: str
    notes: tuple[str, ...]


def open_source(path: Path, data: bytes | None = None) -> Source:
    """Return the bytes of an export, unpacked where it is a .gz or a .zip with one file in it.

    `data` are the file's bytes where the caller has read them already. What a file is, is told from its
    bytes. Raises StudyError where it is missing, empty, damaged, or neither text nor an XLSX workbook.
    """
    file = str(path)
    raw = read_bytes(path) if data is None else data
    inner, name, notes = _unpack(raw, file, path.name)
    if not inner:
        raise StudyError(
            f"{file}: the file is empty (0 bytes); expected an export; download it from the survey platform again"
        )
    workbook = _is_workbook(inner, file, name)
    called_workbook = name.lower().endswith((".xlsx", ".xlsm"))
    if workbook and not called_workbook:
        raise StudyError(
            f"{file}: found an Excel workbook under a name that does not end in .xlsx; rename the file to .xlsx"
        )
    if not workbook:
        what = _foreign(inner)
        if what or called_workbook:
            raise StudyError(
                f"{file}: found {what or 'plain text'} under this name; expected "
                f"{'an Excel workbook' if called_workbook else 'a CSV, TSV or XLSX export'}; "
                + ("download the export again" if what else "rename the file to .csv")
            )
    return Source(file, inner, workbook, hashlib.sha256(raw).hexdigest(), notes)


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
    if raw.startswith(b"PK\x03\x04") and not name.lower().endswith((".xlsx", ".xlsm")):
        return _unpack_zip(raw, file, name)
    return raw, name, ()


def _unpack_zip(raw: bytes, file: str, name: str) -> tuple[bytes, str, tuple[str, ...]]:
    """Return the one file in a zip archive, or the archive itself where it is a workbook."""
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            members = [m for m in archive.infolist() if not m.is_dir() and not m.filename.startswith("__MACOSX/")]
            if any(m.filename == "[Content_Types].xml" for m in members):
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


def _is_workbook(data: bytes, file: str, name: str) -> bool:
    """Return whether the bytes are a zip-based workbook; old and locked Office files are refused by name."""
    if data.startswith(_OLE):
        locked = "EncryptedPackage".encode("utf-16-le") in data
        what = "a workbook protected by a password" if locked else "an old Office file (.xls)"
        todo = "remove the password in Excel" if locked else "save it as .xlsx in Excel"
        raise StudyError(f"{file}: found {what}; expected an open .xlsx workbook; {todo}")
    if not data.startswith(b"PK\x03\x04"):
        return False
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist())
    except BROKEN_ZIP:
        raise _damaged(file, "workbook" if name.lower().endswith((".xlsx", ".xlsm")) else "zip archive") from None
    if "xl/workbook.xml" not in names:
        what = "an OpenDocument file" if "mimetype" in names else "a zip archive without a workbook (xl/workbook.xml)"
        raise StudyError(f"{file}: found {what}; expected an .xlsx workbook; save the export as .xlsx or .csv again")
    return True


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
