"""The frame around every script: its log, its outputs (all or none), and one plain sentence when it fails."""

import contextlib
import ctypes
import errno
import os
import shutil
import signal
import sys
import traceback
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from b2bsurvey import failures
from b2bsurvey.errors import StudyError

STATE = Path(".snakemake/b2bsurvey")
# the jobs that end a stage of a wave, and what is done then
STAGES = {
    "ingest": "export read",
    "screening": "responses screened",
    "families": "analyses done",
    "figures": "figures drawn",
    "workbook": "workbook written",
    "wave_report": "report written",
}
Content = bytes | str | Iterable[str] | Mapping[str, bytes | str]


def run(snakemake: Any, work: Callable[[Any], Mapping[str, Content]]) -> None:
    """Call `work(snakemake)` and write what it returns: output name → content, or file name → content for a folder.

    Content is bytes, a text, or the parts of a text that is too large to be held whole.
    """
    _die_with_the_run()
    name = "-".join([snakemake.rule, *snakemake.wildcards])
    log = Path(snakemake.log[0])
    log.parent.mkdir(parents=True, exist_ok=True)
    try:
        with log.open("w", encoding="utf-8") as file:
            sys.stdout = sys.stderr = file
            try:
                _write(snakemake.output, work(snakemake), STATE / "tmp" / f"{name}.{os.getpid()}")
            except BaseException:
                traceback.print_exc()
                raise
        _tell(snakemake.rule, *snakemake.wildcards)
    except StudyError as error:
        _fail(name, str(error))
    except OSError as error:
        _fail(name, _plain(error))
    except Exception as error:
        _fail(name, f"{name} met a fault of b2bsurvey ({type(error).__name__}); please report it with the log {log}.")


def _die_with_the_run() -> None:
    """When the run is killed its jobs end too, so that no orphan writes into the next run (Linux)."""
    if sys.platform == "linux":
        set_parent_death_signal = 1
        ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGKILL)


def _tell(rule: str, *wildcards: str) -> None:
    """Say on the screen that a stage of a wave is done, unless the run was asked to be quiet."""
    if rule in STAGES and "B2BSURVEY_QUIET" not in os.environ:
        wave, *language = wildcards
        print(f"{wave}: {STAGES[rule]}{''.join(f' ({code})' for code in language)}", file=sys.__stderr__, flush=True)


def _write(outputs: Any, contents: Mapping[str, Content], staging: Path) -> None:
    """Write everything to a staging folder first, then move each output into place in one step.

    What is moved is on the disk already, so that a power cut leaves no empty file under a finished name.
    """
    shutil.rmtree(staging, ignore_errors=True)
    try:
        for name, content in contents.items():
            files = content if isinstance(content, Mapping) else {"": content}
            for file, data in files.items():
                path = staging / name / file if file else staging / name
                path.parent.mkdir(parents=True, exist_ok=True)
                with path.open("wb") as stream:
                    parts = [data] if isinstance(data, bytes | str) else data
                    stream.writelines(part.encode() if isinstance(part, str) else part for part in parts)
                    stream.flush()
                    os.fsync(stream.fileno())
        for name in contents:
            _move(staging / name, Path(outputs[name]))
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _move(source: Path, target: Path) -> None:
    """Rename; across file systems copy beside the target first, so that it still appears in one step."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.is_dir():
        shutil.rmtree(target)
    try:
        source.replace(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        part = target.with_name(f".{target.name}.part")
        _remove(part)  # of a run that was killed
        try:
            shutil.copytree(source, part) if source.is_dir() else shutil.copyfile(source, part)
            part.replace(target)
        except OSError:
            _remove(part)
            raise


def _remove(path: Path) -> None:
    shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)


def _plain(error: OSError) -> str:
    """Word what the file system refused."""
    where = error.filename2 or error.filename or "results"
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"{where}: the disk is full; free some space and run again."
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"{where}: writing is not allowed there; make the folder writable and run again."
    return f"{where}: {os.strerror(error.errno or 0)}; check the file and run again."


def _fail(name: str, sentence: str) -> None:
    sys.stdout, sys.stderr = sys.__stdout__, sys.__stderr__
    with contextlib.suppress(OSError):  # then the sentence stands on the screen, if not in its last line
        failures.record(STATE / "failures", name, sentence)
    sys.exit(sentence)
