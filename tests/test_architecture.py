"""The house: one direction of flow, light doorways, and no room that does another's work."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from b2bsurvey.questionnaire import ANALYSES

SCRIPTS = Path(__file__).parents[1] / "workflow" / "scripts"
PACKAGE = SCRIPTS / "b2bsurvey"
# from left to right; a module may import its own stage and those before it
STAGES = (
    (
        "errors",
        "markup",
        "as_printed",
        "strict_yaml",
        "schema",
        "tables",
        "fingerprint",
        "failures",
        "repacked",
        "statistics",
    ),
    ("instruments",),
    ("config", "readers", "questionnaire", "questionnaire_loader", "questionnaire_file", "waves", "respondent_key"),
    ("responses", "columns", "written", "coding", "derived", "answers", "not_understood"),
    ("ingest", "ingest_table"),
    ("synthetic",),
    ("quality", "screening", "population", "sampling"),
    ("weighting",),
    ("design",),
    ("estimates", "association", "comparisons", "co_use", "correspondence", "distribution", "spheres"),
    ("modelling",),
    ("stratified", "analyses", "sensitivity"),
    (
        *("codebook", "families", "published", "feasibility", "rebuild", "simulate", "provenance", "privacy"),
        *("run_summary", "codebook_diff", "wave_changes"),
    ),
    ("drafts",),
    ("render",),
    ("fielding",),
    ("archive",),
)
HEAVY = ("scipy.stats", "statsmodels", "pingouin", "seaborn", "matplotlib", "pyreadstat")


def imports(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names if node.module == "b2bsurvey")


def rooms(path):
    """Return the rooms of the package that a file imports from."""
    return {name.split(".")[1] for name in imports(path) if name.startswith("b2bsurvey.")}


def modules():
    for path in sorted(PACKAGE.rglob("*.py")):
        room = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
        if room != "__init__":
            yield room, path


def stage(room):
    return next((i for i, names in enumerate(STAGES) if room in names), None)


def test_every_module_has_a_stage():
    assert {room for room, _ in modules()} == {name for names in STAGES for name in names}


@pytest.mark.parametrize(("room", "path"), list(modules()), ids=lambda v: v.name if isinstance(v, Path) else v)
def test_no_stage_imports_a_later_one(room, path):
    later = {other for other in rooms(path) if stage(other) > stage(room)}
    assert not later, f"{path.name} imports {later}"


@pytest.mark.parametrize(
    ("room", "allowed"),
    [
        ("readers", {"errors", "markup", "instruments", "readers"}),
        ("instruments", {"errors", "markup", "instruments"}),
        ("statistics", {"errors", "statistics"}),
    ],
)
def test_rooms_that_know_nothing_of_the_study(room, allowed):
    for name, path in modules():
        if name == room:
            assert rooms(path) <= allowed, path.name


def test_rendering_computes_nothing():
    for name, path in modules():
        if name == "render":
            assert not rooms(path) & {"statistics", "design", "estimates", "association", "analyses"}, path.name


def test_the_package_has_never_heard_of_snakemake():
    for _, path in modules():
        assert not any(name.split(".")[0] == "snakemake" for name in imports(path)), path.name


def test_doorways_are_small():
    doorways = [p for p in SCRIPTS.glob("*.py") if p.name != "doorway.py"]
    assert doorways
    for path in doorways:
        (work,) = (n for n in ast.parse(path.read_text(encoding="utf-8")).body if isinstance(n, ast.FunctionDef))
        assert work.end_lineno - work.lineno <= 15, path.name


@pytest.mark.parametrize(
    "modules",
    [
        ("ingest", "ingest_table"),
        ("screening", "quality"),
        ("sensitivity",),
        ("families",),
        ("analyses", *(f"analyses.{name}" for name in ANALYSES), "design", "comparisons"),
        ("codebook",),
        ("fielding.topline",),
        ("codebook_diff", "wave_changes"),
    ],
)
def test_light_jobs_import_nothing_heavy(modules):
    """What a job imports decides what a run costs: ingest, screening and tables need pandas and scipy.special only."""
    code = "; ".join(f"import b2bsurvey.{m}" for m in modules)
    check = f"import sys; {code}; print([m for m in {HEAVY} if m in sys.modules])"
    found = subprocess.run(
        [sys.executable, "-c", check], capture_output=True, text=True, env={"PYTHONPATH": str(SCRIPTS)}, check=True
    )
    assert found.stdout.strip() == "[]"


def test_no_room_has_an_empty_name():
    names = {p.stem for p in PACKAGE.rglob("*.py")} | {p.name for p in PACKAGE.rglob("*") if p.is_dir()}
    assert not names & {"utils", "helpers", "misc", "core", "manager", "common"}
