"""Respondents under keyed hashes, so that results name nobody."""

import hmac
import os
import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path

KEY_FILE = ".survey-key"
# shipped waves are not about real persons: a known key makes their files the same everywhere
DEMONSTRATION_KEY = b"b2bsurvey demonstration key"


def study_key(origin: str, folder: Path, environment: Mapping[str, str]) -> bytes:
    """Return the key of the study.

    Observed waves take `SURVEY_KEY`, else the file `.survey-key` of the working folder, which is made on
    first use; rebuilt and synthetic waves take the demonstration key.
    """
    if origin != "observed":
        return DEMONSTRATION_KEY
    if environment.get("SURVEY_KEY"):
        return environment["SURVEY_KEY"].encode()
    path = folder / KEY_FILE
    if not path.exists():
        _create(path)
    return path.read_bytes().strip()


def _create(path: Path) -> None:
    """Write the key in one step, so that two jobs that start together end up with the same one."""
    own = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(own, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_hex(32))
    try:
        os.link(own, path)
    except FileExistsError:
        pass
    finally:
        own.unlink()


def hashed(key: bytes, names: Iterable[str]) -> list[str]:
    """Return a 16-digit HMAC-SHA-256 of each name."""
    return [hmac.digest(key, name.encode(), "sha256").hex()[:16] for name in names]
