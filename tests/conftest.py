"""Runs that many tests start from are made once a session."""

import shutil
from pathlib import Path

import pytest

import b2bsurvey  # noqa: F401 (before any test imports openpyxl)
from study import clone, run

# whole runs of the workflow, which take longest: begun first, so that no worker ends alone with one of them
WHOLE_RUNS = ("test_faults", "test_workflow", "test_hostile_sizes", "test_osposurvey", "test_drafts")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.path.stem not in WHOLE_RUNS)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--parity", metavar="FILE", help="write the table of all results of the R reference to FILE")


@pytest.fixture(scope="session")
def finished_study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study of two waves that has run undisturbed; not to be changed."""
    folder = clone(tmp_path_factory.mktemp("finished") / "study", ("one", "two"))
    done = run(folder)
    assert done.status == 0, done.output
    return folder


@pytest.fixture
def study(finished_study: Path, tmp_path: Path) -> Path:
    """An own copy of the finished study, to be changed."""
    return Path(shutil.copytree(finished_study, tmp_path / "study", symlinks=True))
