"""Hashes of files and of source code: what decides whether a result is still up to date."""

import ast
import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

PACKAGE = "b2bsurvey"
# read by a module without being imported
RESOURCES = {
    "b2bsurvey.schema": "../../schemas/*.json",
    "b2bsurvey.drafts.vocabulary": "drafts/words.yaml",
    "b2bsurvey.render.catalogue": "render/texts/*.yaml",
    "b2bsurvey.render.html_page": "render/*.j2",
}


def file_hash(path: str | Path) -> str:
    """Return the sha256 of a file, or `missing`."""
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return "missing"


def source_hash(folder: Path, script: str, *modules: str) -> str:
    """Return a hash of `script` in `folder` and of every module of the package that it reaches.

    Imports are followed through the source, those inside functions too; `modules` are added for what is
    imported by a name made at run time.
    """
    reached = {*modules, *_imports(folder, folder / script), *_imports(folder, folder / "doorway.py")}
    waiting = list(reached)
    while waiting:
        for name in _imports(folder, _file(folder, waiting.pop())):
            if name not in reached:
                reached.add(name)
                waiting.append(name)
    files = [folder / script, folder / "doorway.py", *(_file(folder, name) for name in reached)]
    for name in reached & set(RESOURCES):
        files += (folder / PACKAGE).glob(RESOURCES[name])
    digest = hashlib.sha256()
    for file in sorted(files, key=str):
        digest.update(file.name.encode() + file.read_bytes())
    return digest.hexdigest()[:16]


def _file(folder: Path, module: str) -> Path:
    path = folder.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


@cache
def _imports(folder: Path, file: Path) -> frozenset[str]:
    """Return the package's modules that a file imports, with the packages around them."""
    found: set[str] = set()
    for name in _names(ast.parse(file.read_text(encoding="utf-8"))):
        if name.split(".")[0] == PACKAGE and _file(folder, name).exists():
            parts = name.split(".")
            found |= {".".join(parts[:length]) for length in range(1, len(parts) + 1)}
    return frozenset(found)


def _names(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.module
            # `from package import module`
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
