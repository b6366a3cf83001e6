"""The one kind of error that a user can cause."""

from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path


class StudyError(Exception):
    """One plain sentence for the user: where, what was found, what was expected, what to do.

    Whoever raises it writes the whole sentence; whoever catches it at a doorway prints the
    sentence alone and keeps the traceback for the log.
    """


def nearest(name: str, valid: Iterable[str]) -> str:
    """Return the hint `; did you mean 'x'?` for the valid name nearest to `name`, or an empty string."""
    candidates = {str(v).casefold(): str(v) for v in valid}
    found = get_close_matches(str(name).casefold(), list(candidates), n=1, cutoff=0.5)
    return f"; did you mean '{candidates[found[0]]}'?" if found else ""


def nearest_file(path: Path) -> str:
    """Return the hint `; did you mean 'x'?` for the file beside `path` with the nearest name, or an empty string."""
    return nearest(path.name, sorted(p.name for p in path.parent.glob("*"))) if path.parent.is_dir() else ""
