"""Which files a draft is made from: what the user names, and a definition that lies beside an export."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from b2bsurvey.drafts.names import slug
from b2bsurvey.errors import StudyError, nearest_file
from b2bsurvey.readers.definitions import is_definition
from b2bsurvey.readers.labels import is_label_file

# how the names of definitions end, beside exports with other endings
_DEFINITIONS = (".lss", ".qsf", ".txt", ".r", ".R", ".xlsx", ".csv")
_ADDITIONS = ("", "_dictionary", "_DataDictionary", "_form", "_structure", "_syntax_file", "_survey")
_DATA = ("_data_file", "_data", "_responses", "-data", "_export", "_SurveyExport", "_results", "-results")
_ONLY_DEFINITIONS = (".lss", ".qsf", ".txt")


@dataclass(frozen=True)
class DraftFiles:
    """The files of a draft: `exports` with answers, a definition, and whether the user named that or it lay there."""

    exports: tuple[Path, ...]
    definition: Path | None
    found_beside: bool = False

    @property
    def name(self) -> str:
        """The name of the draft: that of the first file, in small letters."""
        return draft_name(self.paths[0])

    @property
    def paths(self) -> tuple[Path, ...]:
        """All of the files."""
        return (*self.exports, *([self.definition] if self.definition else []))

    @property
    def title(self) -> str:
        """What the questionnaire is called where no file says it: the name of the first one, as words."""
        words = self.paths[0].name.split(".")[0].replace("_", " ").replace("-", " ").split()
        return " ".join(words)


def draft_name(path: Path) -> str:
    """Return the name of the draft of a file, of small letters, digits and hyphens."""
    stem = path.name.split(".")[0] or path.name
    return slug(stem.replace("_", " ").replace("-", " "), 60).replace("_", "-") or "draft"


def named(given: object) -> tuple[Path, ...]:
    """Return the paths that `--config export=…` names: one, or several parted by commas.

    Raises:
        StudyError: where there is none.
    """
    parts = given if isinstance(given, list | tuple) else str(given or "").split(",")
    paths = tuple(Path(str(part).strip()) for part in parts if str(part).strip())
    if not paths or given is True:
        raise StudyError(
            "There is no export to draft a questionnaire from; say which: "
            "snakemake draft_questionnaire --config export=data/raw/my-wave.csv."
        )
    # a comma may belong to the name of the one file
    whole = Path(str(given)) if isinstance(given, str) else None
    return (whole,) if whole is not None and len(paths) > 1 and whole.is_file() else paths


def chosen(paths: Sequence[Path]) -> DraftFiles:
    """Return which of the files are exports and which is the definition; one of the same name beside is used too.

    Raises:
        StudyError: for a file that is not there, two definitions, or several that lie beside an export.
    """
    for path in paths:
        if path.is_dir():
            raise StudyError(f"{path}: this is a folder; name the export in it: --config export={path}/my-wave.csv.")
        if not path.is_file():
            raise StudyError(f"{path}: there is no such file{nearest_file(path)}; correct the path after `export=`.")
    definitions = [path for path in paths if _is_definition(path)]
    exports = tuple(path for path in paths if path not in definitions)
    if len(definitions) > 1:
        raise StudyError(
            f"{definitions[0]} and {definitions[1]} both define a questionnaire; name just one of them with the export."
        )
    if definitions or not exports:
        return DraftFiles(exports, definitions[0] if definitions else None)
    beside = companions(exports[0])
    if len(beside) > 1:
        names = " and ".join(str(path) for path in beside)
        raise StudyError(
            f"{exports[0]}: {names} lie beside it, and each may define its questionnaire; say which: "
            f"--config export={exports[0]},{beside[0]}."
        )
    return DraftFiles(exports, beside[0] if beside else None, bool(beside))


def companions(export: Path) -> tuple[Path, ...]:
    """Return the definitions that lie beside an export under its name: `x.lss`, `x_dictionary.csv` beside `x.csv`."""
    stem = export.name.split(".")[0]
    stems = dict.fromkeys([stem, *(stem.removesuffix(ending) for ending in _DATA)])
    wanted = {f"{one}{addition}".casefold() for one in stems for addition in _ADDITIONS}
    return tuple(
        path
        for path in sorted(export.parent.glob("*"))
        if path != export
        and path.suffix in _DEFINITIONS
        and path.name.split(".")[0].casefold() in wanted
        and _is_definition(path)
    )


def _is_definition(path: Path) -> bool:
    """Return whether a file defines or labels questions and holds no answers."""
    suffix = path.suffix.lower()
    if suffix == ".txt":
        return "type/scale" in path.read_bytes()[:2000].decode("utf-8", errors="replace")
    return suffix in _ONLY_DEFINITIONS or is_label_file(path) or is_definition(path)
