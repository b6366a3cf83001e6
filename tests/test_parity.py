"""Every result of the R reference beside ours, and docs/parity.md, which says how far they are apart."""

import os
import re
from collections import Counter
from pathlib import Path

import pytest

import reference
from parity.comparison import NOT_WRITTEN, Compared, numbers
from parity.table import FILES, compare, entries, table

DOCUMENT = Path(__file__).parents[1] / "docs" / "parity.md"
ROW = re.compile(r"\| (\S+) \| ([^|]+) \| (\d+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \| ([^| ]+)[^|]* \| ([^|]+) \|")


def keys() -> list[str]:
    return list(entries()) if os.environ.get("SURVEY_REFERENCE") else []


@pytest.mark.parametrize("entry", keys())
def test_ours_equals_r(entry):
    apart = [
        f"{c.name}: R {c.farthest[0]:.17g}, ours {c.farthest[1]:.17g}, {c.difference:.1e} apart, allowed {c.tolerance:g}"
        for c in compare(entry)
        if isinstance(c, Compared) and not c.agrees
    ]
    assert not apart, "\n".join(apart)


@pytest.mark.parametrize("entry", keys())
def test_every_value_of_an_entry_is_compared_or_left_out_with_a_reason(entry):
    found = compare(entry)
    assert {part.name.split(":")[0] for part in found} == set(entries()[entry]["values"])
    assert all(part.why for part in found if not isinstance(part, Compared))


def test_every_looser_tolerance_is_explained():
    usual = {"design": 1e-7, "tests": 1e-9, "models": 1e-5, "scales": 1e-4, "quality": 1e-7}
    for entry in keys() or pytest.skip(reference.folder()):
        allowed = max(usual[entry.split("/")[0]], 50 * 1e-7)
        assert all(c.tolerance <= allowed or c.why for c in compare(entry) if isinstance(c, Compared)), entry


def test_the_document_names_every_entry_and_holds_r_as_it_is(request):
    reference.folder()
    if request.config.getoption("parity"):
        Path(request.config.getoption("parity")).write_text(table(), encoding="utf-8")
    rows = {(m[1], m[2]): m for m in map(ROW.match, DOCUMENT.read_text(encoding="utf-8").splitlines()) if m}
    every = entries()
    named = {line.split(" | ")[0].removeprefix("| ") for line in DOCUMENT.read_text(encoding="utf-8").splitlines()}
    missing = [entry for entry in every if entry.partition("/")[2] not in named]
    assert not missing, f"docs/parity.md lacks {missing}: run pytest tests/test_parity.py --parity docs/parity.md"
    for entry in every:
        for c in (c for c in compare(entry) if isinstance(c, Compared)):
            row = rows[entry.partition("/")[2], c.name]
            assert int(row[3]) == c.differences.size
            shown = {f"{x:.10g}" for x in numbers(c.theirs)}
            assert row[4] in shown, f"{entry}, {c.name}: the document has another number of R"


def test_what_the_document_says_is_within_its_tolerances_and_mostly_ours():
    rows = [m for m in map(ROW.match, DOCUMENT.read_text(encoding="utf-8").splitlines()) if m]
    assert len({row[1] for row in rows}) > 220
    assert all(float(row[6]) <= float(row[7]) for row in rows)
    by = Counter(row[8].split(" ")[0] for row in rows)
    assert by["b2bsurvey"] > 0.8 * len(rows)


def test_a_difference_is_relative_and_a_missing_number_is_no_agreement():
    close = Compared("x", {"a": 1.0, "b": -200.0}, [1.0, -200.00001])
    assert close.difference == pytest.approx(5e-8)
    assert not close.agrees
    assert close.farthest == (-200.0, -200.00001)
    assert Compared("x", 0.0, 1e-12).difference == 1e-12
    assert Compared("x", 0.0, 1e-12, scale=10.0).difference == pytest.approx(1e-13)
    with pytest.raises(ValueError, match="2 numbers of R beside 1 of ours"):
        _ = Compared("x", [1.0, 2.0], 1.0).difference
    with pytest.raises(ValueError, match="on one side only"):
        _ = Compared("x", 1.0, float("nan")).difference


def test_every_entry_has_its_comparison():
    without = [entry for entry in keys() or pytest.skip(reference.folder()) if is_unwritten(entry)]
    assert not without, f"write comparisons for {without}, in tests/parity/"


def is_unwritten(entry: str) -> bool:
    return any(not isinstance(part, Compared) and part.why == NOT_WRITTEN for part in compare(entry))


def test_an_entry_that_nobody_compares_is_left_out_and_says_so():
    (left,) = FILES["design"].PARITY.compare("design/unknown", {"estimate": 1.0})
    assert (left.name, left.why) == ("estimate", NOT_WRITTEN)
