"""Damaged exports through reading and questionnaire: the right answers, a report, or one sentence; nothing else.

`PYTHONPATH=workflow/scripts python tests/test_damage.py 20` damages every good export twenty times in every way,
prints each failure, and writes what came of it to `docs/bad-input.md`, which the tests hold to be true.
"""

import random
import re
import signal
import sys
import tempfile
import unicodedata
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from b2bsurvey.errors import StudyError
from b2bsurvey.ingest import IngestReport
from b2bsurvey.readers import read_export
from b2bsurvey.responses import Responses
from damage import KINDS, Damage, Damaged
from good_exports import GoodExport, good_exports

SECONDS = 10
EACH = 6  # good exports that each damage is done to
DOCUMENT = Path(__file__).parents[1] / "docs" / "bad-input.md"
VERDICTS = ("right", "reported", "sentence", "unnoticed")
EXAMPLES = ("types", "small", "accents", "plain")  # whose sentences the document has
FACTS = ("respondent", "complete", "test", "started_at", "submitted_at", "duration", "last_page", "interview_language")


@contextmanager
def within(seconds: int) -> Iterator[None]:
    """Stop what hangs."""

    def stop(*_: object) -> None:
        raise TimeoutError(f"over {seconds} seconds")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def notes_of(raw, report) -> tuple[str, ...]:
    """Return what was noted in reading a file, and of the wave."""
    return (*raw.notes, *report.notes)


def verdict(export: GoodExport, damaged: Damaged) -> str:
    """Return what came of it, one of VERDICTS; AssertionError for anything else.

    `unnoticed` are other answers that the file itself now says: SPSS and Stata files have no check sum.
    """
    path = Path(f"{export.name}{damaged.suffix}")
    try:
        with within(SECONDS):
            raw = read_export(path, data=damaged.data)
            responses, report = export.ingest(raw)
    except StudyError as error:
        sentence = str(error)
        assert "\n" not in sentence
        assert sentence.startswith(str(path)) or str(path) in sentence
        return "sentence"
    assert not damaged.refused, "no sentence"
    assert len(responses) == len(damaged.rows), f"{len(responses)} respondents, not {len(damaged.rows)}"
    if damaged.anything:
        return "unnoticed" if any(differences(export, damaged, responses)) else "right"
    noted = bool(damaged.noted) and any(damaged.noted in note for note in notes_of(raw, report))
    assert noted or not damaged.always_noted, f"no note '{damaged.noted}'"
    extra = report.files[0]["extra"]
    assert not damaged.extra or any(damaged.extra in heading for heading in extra), extra
    if noted and not damaged.always_noted:
        return "reported"
    differing = list(differences(export, damaged, responses))
    for place, name, expected, found in differences_of_facts(export, damaged, responses):
        # without its own column, a platform's times, completeness and ids may come from another one
        another = name in ("started_at", "submitted_at", "complete", "respondent")
        assert damaged.lost, (place, name, expected, found)
        assert another or pd.isna(found) or found in ("", False), (place, name, expected, found)
    for place, name, expected, found in differing:
        assert excused(export, damaged, report, responses, place, name, found), (place, name, expected, found)
    return "reported" if differing or noted else "right"


def differences(export: GoodExport, damaged: Damaged, found: Responses) -> Iterator[tuple[int, str, Any, Any]]:
    """Yield where answers or missing reasons differ from those of the good export: row, variable, both."""
    for name in export.responses.values:
        good = answers(export.responses, name, damaged.letters)
        for place, now in enumerate(answers(found, name, damaged.letters)):
            of = damaged.rows[place]
            if of is not None and good[of] != now:
                yield place, name, good[of], now


def answers(responses: Responses, name: str, letters: bool) -> list[Any]:
    """Return a variable's answers, the reason where one is missing."""
    values = responses.values[name].astype(object).where(responses.missing[name].isna(), None).tolist()
    reasons = responses.missing[name].astype(object).tolist()
    found = [reason if value is None else value for value, reason in zip(values, reasons, strict=True)]
    return [unicodedata.normalize("NFC", a) if letters and isinstance(a, str) else a for a in found]


def differences_of_facts(export: GoodExport, damaged: Damaged, found: Responses) -> Iterator[tuple[int, str, Any, Any]]:
    """Yield where what the platform says of a respondent differs; who has no id is known by the place in the file."""
    good = export.responses.respondents
    for name in FACTS:
        if name == "respondent" and not (good["has_id"].all() and found.respondents["has_id"].all()):
            continue
        for place, now in enumerate(found.respondents[name]):
            of = damaged.rows[place]
            if of is None or any(row == place for row, _ in damaged.touched):
                continue
            then = good[name].iloc[of]
            if then != now and not (pd.isna(then) and pd.isna(now)):
                yield place, name, then, now


def excused(
    export: GoodExport,
    damaged: Damaged,
    report: IngestReport,
    responses: Responses,
    place: int,
    name: str,
    found: Any,
) -> bool:
    """Whether a difference is reported, or is what stands in the cell that was touched."""
    row = int(responses.respondents["row"].iloc[place])
    if any(n.row == row and n.variable in (name, question_of(export, name)) for n in report.not_understood):
        return True
    positions = [position for at, position in damaged.touched if at == place]
    asked = export.questionnaire.questions[question_of(export, name)]
    if asked.derivation is not None or asked.asked_if is not None:
        return bool(positions)
    if not any(name in export.variables[position] for position in positions):
        return False
    answer = next((a for a in asked.answers if a.code == found), None)
    if asked.type in ("single", "battery", "grid"):  # a blank is what a cut line ends with, and is noted there
        return answer is not None and answer.open
    return asked.type in ("number", "date", "text", "tick_all") or bool(report.contradictory)


def question_of(export: GoodExport, variable: str) -> str:
    return next(v.question for v in export.questionnaire.variables if v.name == variable)


def randomness(export: GoodExport, damage: Damage, seed: int) -> random.Random:
    return random.Random(zlib.crc32(f"{export.name} {damage.__name__} {seed}".encode()))


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> list[GoodExport]:
    return list(good_exports(tmp_path_factory.mktemp("questionnaires")))


DAMAGES = [(name, damage) for name, listed in KINDS.items() for damage in listed]


@pytest.mark.parametrize(("kind", "damage"), DAMAGES, ids=[damage.__name__ for _, damage in DAMAGES])
def test_right_answers_or_one_sentence(kind: str, damage: Damage, exports: list[GoodExport]) -> None:
    chosen = randomness(exports[0], damage, 0).sample(exports, len(exports))
    done = 0
    for export in chosen:
        damaged = damage(export, randomness(export, damage, 0))
        if damaged is None:
            continue
        try:
            came = verdict(export, damaged)
        except Exception as error:
            raise AssertionError(f"{export.name}, {kind} ({damaged.what}): {error!r}") from error
        assert documented()[kind][came] != "0", f"{DOCUMENT.name} does not say that '{kind}' may give: {came}"
        done += 1
        if done == EACH:
            break
    assert done


HEAD = """# Bad input

Each file gives exactly the right answers, or they are reported as doubtful, or nothing is read and one sentence says
where, what was found, what was expected and what to do. There is never a traceback, a hang, or a table that differs
silently.

The table counts what came of {total:,} damaged exports, made from {exports} good ones of all platforms by
`tests/damage.py` and read through the questionnaire ({right:,} right, {reported:,} reported, {sentence:,} errors).
`tests/test_damage.py` repeats some of each kind, and holds this page to what it finds. *Right* are the same answers as of
the undamaged export; *reported* are the right ones with a note, or with the doubtful cells listed as not understood.

What nobody could notice is not noticed: a text file that is cut between two lines has fewer respondents, and another
digit in a number, another code of the same question or another letter in an open answer is another answer. SPSS and
Stata files have no check sum, so that flipped bits in their data are other data (*unnoticed*, of that kind only).

| what happened to the file | right | reported | error | unnoticed | for example |
|---|---|---|---|---|---|
"""


def documented() -> dict[str, dict[str, str]]:
    """Return the rows of the document's table by kind: how often each verdict was found, and an example."""
    rows = [line.strip("|").split(" | ") for line in DOCUMENT.read_text(encoding="utf-8").splitlines() if "|" in line]
    return {row[0].strip(): dict(zip((*VERDICTS, "example"), map(str.strip, row[1:]), strict=True)) for row in rows[2:]}


def example(kind: str, exports: list[GoodExport]) -> str:
    """Return the first sentence, or else the first note, that a kind of damage gives."""
    by_name = {export.name: export for export in exports}
    note = ""
    for seed in range(3):
        for export in map(by_name.__getitem__, EXAMPLES):
            for damage in KINDS[kind]:
                damaged = damage(export, randomness(export, damage, seed))
                if damaged is None:
                    continue
                try:
                    raw = read_export(Path(f"{export.name}{damaged.suffix}"), data=damaged.data)
                    _, report = export.ingest(raw)
                except StudyError as error:
                    return re.sub(r"/[\w/.-]+/(\w+\.yaml)", r"\1", str(error)).replace("|", "\\|")
                found = next((text for text in notes_of(raw, report) if damaged.noted and damaged.noted in text), "")
                note = note or found.replace("|", "\\|")
    return note


def test_the_document_has_every_kind_and_true_examples(exports: list[GoodExport]) -> None:
    rows = documented()
    assert list(rows) == list(KINDS)
    for kind in [kind for kind in KINDS if rows[kind]["sentence"] != "0" and "SPSS" not in kind][::3]:
        assert rows[kind]["example"] == example(kind, exports), kind


def write_document(counts: dict[str, Counter[str]], exports: list[GoodExport]) -> None:
    """Write what came of each kind of damage, with an example."""
    total = sum(counts.values(), Counter())
    rows = [
        " | ".join([kind, *(str(count[v]) for v in VERDICTS), example(kind, exports)]) for kind, count in counts.items()
    ]
    DOCUMENT.write_text(
        HEAD.format(total=total.total(), **{v: total[v] for v in VERDICTS}, exports=len(exports))
        + "".join(f"| {row} |\n" for row in rows),
        encoding="utf-8",
    )


def main(seeds: int) -> None:
    """Damage every good export in every way, print each failure and the counts, and write the document."""
    counts: dict[str, Counter[str]] = {kind: Counter() for kind in KINDS}
    with tempfile.TemporaryDirectory() as folder:
        exports = list(good_exports(Path(folder)))
        for export in exports:
            for kind, damage in DAMAGES:
                for seed in range(seeds):
                    damaged = damage(export, randomness(export, damage, seed))
                    if damaged is None:
                        continue
                    try:
                        counts[kind][verdict(export, damaged)] += 1
                    except Exception as error:
                        counts[kind]["failure"] += 1
                        print(f"{export.name}, {damage.__name__} {seed} ({damaged.what}): {error!r}", flush=True)
        write_document(counts, exports)
    total = sum(counts.values(), Counter())
    for kind, count in [*counts.items(), ("all", total)]:
        print(f"{kind:60}", *(f"{name} {count[name]:5}  " for name in (*VERDICTS, "failure")))


if __name__ == "__main__":
    main(int(sys.argv[1]))
