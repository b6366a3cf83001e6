"""Faults, really done to a small study: after each, a plain run finishes, and its results are those of an undisturbed one."""

import os
import shutil
import signal
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from killed_runs import kill_at_random_moments
from small_wave import export
from study import ROOT, clone, command, edit, environment, results, run, start

ONE_AT_A_TIME = ("--cores", "1")


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> Path:
    """A study of one wave that has run undisturbed; not to be changed."""
    folder = clone(tmp_path_factory.mktemp("undisturbed") / "study", ("one",))
    done = run(folder)
    assert done.status == 0, done.output
    return folder


@pytest.fixture
def ran(finished: Path, tmp_path: Path) -> Path:
    """An own copy of the finished study, to be changed."""
    return Path(shutil.copytree(finished, tmp_path / "study", symlinks=True))


@pytest.fixture
def fresh(tmp_path: Path) -> Path:
    """The same study as the finished one, not run yet."""
    return clone(tmp_path / "study", ("one",))


def wait_for(condition, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError("what the test waits for did not happen")


def jobs(process):
    """Return the processes of the scripts that a run has started."""
    children = psutil.Process(process.pid).children(recursive=True)
    return [c for c in children if any(".snakemake/scripts" in a for a in c.cmdline()) and "python" in c.name()]


def under_way(folder):
    return wait_for(lambda: list(folder.glob("results/*/data/ledger.csv")))


def finishes_as_if_undisturbed(folder, finished):
    done = run(folder)
    assert done.status == 0, done.output
    assert results(folder) == results(finished)


@pytest.mark.parametrize("signal_number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM], ids=lambda s: s.name)
def test_the_run_is_stopped(fresh, finished, signal_number):
    process = start(fresh)
    under_way(fresh)
    working = wait_for(lambda: jobs(process))
    process.send_signal(signal_number)
    process.wait(60)
    _, alive = psutil.wait_procs(working, timeout=20)
    assert not alive, "orphans go on writing"
    finishes_as_if_undisturbed(fresh, finished)


def test_the_run_is_killed_with_its_jobs_at_ten_random_moments(fresh, finished):
    expected = results(finished)
    kill_at_random_moments(fresh, len(expected), seed=10)
    finishes_as_if_undisturbed(fresh, finished)
    assert not list(fresh.glob(".snakemake/b2bsurvey/tmp/*"))


def test_a_job_is_killed(fresh, finished):
    process = start(fresh, *ONE_AT_A_TIME)
    under_way(fresh)
    wait_for(lambda: jobs(process))[0].kill()
    assert process.wait(120) != 0
    finishes_as_if_undisturbed(fresh, finished)


def test_two_runs_at_once(fresh, finished):
    first = start(fresh)
    wait_for(lambda: jobs(first))
    second = run(fresh)
    assert second.status != 0
    assert second.last.endswith("another run is working in this folder; wait for it to end, or stop it.")
    assert first.wait(120) == 0
    assert results(fresh) == results(finished)


def test_an_export_is_replaced_during_the_run(tmp_path, finished):
    fresh = clone(tmp_path / "study", ("one", "two"))
    process = start(fresh, *ONE_AT_A_TIME)
    wait_for(lambda: jobs(process))
    done = wait_for(lambda: list(fresh.glob("results/*/data/ingested.parquet")) or process.poll() is not None)
    assert isinstance(done, list)
    (later,) = {"one", "two"} - {done[0].parts[-3]}
    target = fresh / f"data/raw/{later}.csv"
    original = target.read_bytes()
    new = target.with_suffix(".new")
    new.write_text(export(seed=99), encoding="utf-8")
    new.replace(target)
    assert process.wait(120) != 0
    last = (fresh / "run.log").read_text().strip().splitlines()[-1]
    assert last.startswith(f"data/raw/{later}.csv: the export was replaced while the run was under way")
    target.write_bytes(original)
    assert run(fresh).status == 0
    of_one = {name: sha for name, sha in results(finished).items() if name.startswith("results/one/")}
    assert of_one.items() <= results(fresh).items()


def test_an_export_is_replaced_after_it_was_read(fresh):
    process = start(fresh, *ONE_AT_A_TIME)
    wait_for(lambda: (fresh / "results/one/data/ingested.parquet").exists())
    (fresh / "data/raw/one.csv").write_text(export(seed=99), encoding="utf-8")
    process.wait(120)
    assert run(fresh).status == 0
    expected = clone(fresh.parent / "expected", ("one",))
    (expected / "data/raw/one.csv").write_text(export(seed=99), encoding="utf-8")
    assert run(expected).status == 0
    assert results(fresh) == results(expected)


def test_one_bad_wave_among_three(tmp_path):
    folder = clone(tmp_path / "study", ("one", "two", "three"))
    edit(folder / "data/raw/two.csv", "staff", "stuff")
    done = run(folder)
    assert done.status != 0
    assert "data/raw/two.csv has no column headed 'staff' for 'staff'; did you mean 'stuff'?" in done.last
    for wave in ("one", "three"):
        assert (folder / f"results/{wave}/report_en.html").is_file()
    assert not list((folder / "results/two").rglob("*.csv"))
    edit(folder / "data/raw/two.csv", "stuff", "staff")
    assert run(folder).status == 0


@contextmanager
def mounted(folder, options):
    """Mount an empty file system on the folder."""
    folder.mkdir(exist_ok=True)
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], capture_output=True, check=False
    )
    if done.returncode != 0:
        pytest.skip("file systems cannot be mounted here (needs root)")
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_the_disk_is_full(fresh, finished):
    with mounted(fresh / "results", "size=40k"):
        done = run(fresh)
        assert done.status != 0
        assert "the disk is full; free some space and run again." in done.last
        assert not list((fresh / "results").rglob("*.part"))
        assert "Traceback" not in done.last
    finishes_as_if_undisturbed(fresh, finished)


def test_results_are_read_only(fresh, finished):
    with mounted(fresh / "results", "ro"):
        done = run(fresh)
        assert done.status != 0
        assert "results" in done.last
        assert "Traceback" not in done.last
    finishes_as_if_undisturbed(fresh, finished)


def test_home_cannot_be_written_to_through_make(fresh, finished):
    if not (ROOT / ".venv" / "run.stamp").exists():
        pytest.skip("the tests do not run in the environment that make sets up")
    (fresh / ".venv").symlink_to(ROOT / ".venv")
    env = environment(HOME="/proc/nowhere")
    env.pop("MPLCONFIGDIR")
    done = subprocess.run(["make"], cwd=fresh, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert results(fresh) == results(finished)


def test_make_says_that_nothing_can_be_written(fresh):
    if not (ROOT / ".venv" / "run.stamp").exists():
        pytest.skip("the tests do not run in the environment that make sets up")
    (fresh / ".venv").symlink_to(ROOT / ".venv")
    with mounted(fresh / ".snakemake", "size=200k"):
        done = subprocess.run(["make"], cwd=fresh, env=environment(), capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert f"{fresh}: nothing can be written here (disk full, or the folder is read-only); make room" in done.stderr
    assert not list((fresh / "results").rglob("*"))


def test_there_are_no_fonts(ran, finished):
    """Figures bring their own font: without any of the system they are the same, in a name space of the run's own."""
    hidden = "mount -t tmpfs tmpfs /usr/share/fonts && exec"
    private = ["unshare", "--mount", "sh", "-c"]
    if subprocess.run([*private, f"{hidden} true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("folders cannot be hidden here (needs root)")
    shutil.rmtree(ran / "results" / "one" / "figures")
    env = environment(MPLCONFIGDIR=str(ran / "cache"))
    call = [*private, f'{hidden} "$@"', "sh", *command()]
    done = subprocess.run(call, cwd=ran, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert results(ran) == results(finished)


def test_results_are_deleted_by_hand(ran, finished):
    shutil.rmtree(ran / "results" / "one")
    finishes_as_if_undisturbed(ran, finished)


def test_other_language_of_the_system(fresh, finished):
    done = run(fresh, LC_ALL="de_CH.UTF-8", TZ="Pacific/Auckland")
    assert done.status == 0, done.output
    assert results(fresh) == results(finished)
    assert os.name == "posix"
