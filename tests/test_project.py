"""The project's own files: locks, pins, and what must not stand in any of them."""

import re
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]


def pins(name):
    text = (ROOT / "requirements" / name).read_text(encoding="utf-8")
    return dict(re.findall(r"^([A-Za-z0-9._-]+)==(\S+)", text, flags=re.MULTILINE))


def tracked():
    found = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if found.returncode != 0:
        pytest.skip("this is not a git checkout")
    return [ROOT / name for name in found.stdout.splitlines()]


@pytest.mark.parametrize("name", ["run.txt", "dev.txt"])
def test_locks_have_names_versions_and_hashes_only(name):
    text = (ROOT / "requirements" / name).read_text(encoding="utf-8")
    assert "://" not in text
    assert "--index-url" not in text
    assert "--find-links" not in text
    blocks = re.split(r"\n(?=[a-z0-9])", text)
    assert all("--hash=sha256:" in block for block in blocks if "==" in block.split("\n")[0])


def test_tests_run_on_what_the_workflow_runs_on():
    run, dev = pins("run.txt"), pins("dev.txt")
    assert {name: dev.get(name) for name in run} == run


def test_the_conda_environment_has_the_same_pins():
    environment = yaml.safe_load((ROOT / "workflow/envs/b2bsurvey.yaml").read_text(encoding="utf-8"))
    (pip,) = (d["pip"] for d in environment["dependencies"] if isinstance(d, dict))
    run = pins("run.txt")
    wanted = (ROOT / "requirements/run.in").read_text(encoding="utf-8").split()
    assert pip == [f"{name}=={run[name]}" for name in wanted]


def test_every_dependency_has_its_reason():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    for name in ("run.in", "dev.in"):
        for requirement in (ROOT / "requirements" / name).read_text(encoding="utf-8").splitlines():
            package = requirement.removeprefix("types-")
            assert requirement.startswith(("-r", "types-")) or package in text, requirement


def test_no_file_names_a_machine_or_a_registry():
    machine = re.compile(r"/(home|root|Users)/\w|/work/(main|shared|wt)|pypi\.org|files\.pythonhosted")
    for path in tracked():
        if path.suffix in (
            ".py",
            ".smk",
            ".md",
            ".yaml",
            ".yml",
            ".txt",
            ".in",
            ".toml",
            ".json",
            ".j2",
            "",
        ) and path != Path(__file__):
            found = machine.search(path.read_text(encoding="utf-8"))
            assert not found, f"{path}: {found}"


def test_files_named_in_the_readme_exist():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        assert (ROOT / target).exists(), target
