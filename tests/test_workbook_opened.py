"""The workbook in LibreOffice: nothing is lost or turned into a formula, and it prints on few pages."""

import io
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from openpyxl import load_workbook

from b2bsurvey.render.workbook import LONGEST_TEXT, workbook
from rendered_wave import hostile

pytestmark = pytest.mark.skipif(not shutil.which("soffice"), reason="there is no LibreOffice (soffice) here")


@cache
def converted(kind: str) -> bytes:
    """Return the workbook of the hostile wave as LibreOffice writes it."""
    with TemporaryDirectory() as name:
        source = Path(name) / "tables.xlsx"
        source.write_bytes(workbook(hostile(weighted=True), "en"))
        profile = f"-env:UserInstallation=file://{name}/profile"
        command = ["soffice", profile, "--headless", "--convert-to", kind, "--outdir", f"{name}/out", str(source)]
        subprocess.run(command, check=True, capture_output=True, timeout=300)
        return (Path(name) / "out" / f"tables.{kind}").read_bytes()


def cells(data: bytes) -> dict[tuple[str, str], object]:
    """Return the value of each cell by sheet and place."""
    return {
        (sheet.title, cell.coordinate): cell.value
        for sheet in load_workbook(io.BytesIO(data))
        for row in sheet.iter_rows()
        for cell in row
        if cell.value not in (None, "")
    }


def test_no_number_and_no_text_is_lost_and_nothing_is_a_formula():
    before, after = cells(workbook(hostile(weighted=True), "en")), cells(converted("xlsx"))
    assert len(before) > 1000
    assert after.keys() == before.keys()
    numbers = {place for place, value in before.items() if isinstance(value, int | float)}
    assert {p: v for p, v in after.items() if p not in numbers} == {p: v for p, v in before.items() if p not in numbers}
    # LibreOffice writes 15 digits
    assert [after[place] for place in numbers] == pytest.approx([before[place] for place in numbers], rel=1e-13)
    book = load_workbook(io.BytesIO(converted("xlsx")))
    assert not [c for sheet in book for row in sheet.iter_rows() for c in row if c.data_type in ("f", "e")]


def test_no_sheet_prints_on_many_pages():
    found = re.findall(rb"/Type\s*/Page\b", converted("pdf"))
    sheets = len(load_workbook(io.BytesIO(converted("xlsx"))).worksheets)
    assert sheets <= len(found) <= 2 * sheets


def test_texts_are_cut_before_excel_would():
    assert LONGEST_TEXT < 32_767
