"""The Word and the LaTeX file of a wave: cells of the report, alternative texts, heads, and the same bytes each time."""

import io
import re
import shutil
import subprocess
import zipfile
from functools import cache
from itertools import pairwise

import pytest
from docx import Document
from docx.oxml.ns import qn
from PIL import Image

from b2bsurvey.render.labels import Labels
from b2bsurvey.render.laid_out import laid_out
from b2bsurvey.render.latex import escaped, latex
from b2bsurvey.render.paper import PaperFigure, PaperTable, paper
from b2bsurvey.render.wave_tables import printed_tables
from b2bsurvey.render.word import ILLEGAL, word
from rendered_wave import FORMULA, LANGUAGES, LONG, MARKUP, hostile, shipped
from test_report import FIGURES

WAVES = {"shipped": shipped, "hostile": lambda: hostile(raked=True)}
ALL = [(name, language) for name in WAVES for language in LANGUAGES]
LATEX = next(filter(None, map(shutil.which, ("lualatex", "xelatex", "pdflatex"))), None)
OFFICE = shutil.which("soffice")


def picture():
    file = io.BytesIO()
    Image.new("RGB", (600, 300), "white").save(file, "png", dpi=(300, 300))
    return file.getvalue()


@cache
def made(name, language):
    """Return the paper, the labels, and both files of a rendered wave."""
    results = WAVES[name]()
    labels = Labels(results.questionnaire, language)
    found = paper(results, labels, FIGURES)
    return found, labels, word(found, labels, {"barriers": picture()}), latex(found, labels, {"barriers"})


def tables_of(found):
    return [block for block in found.blocks if isinstance(block, PaperTable)]


def cells_of(table):
    """Return the rows of a table as it is to be printed: head, section names, labels and cells."""
    rows = [[column.heading for column in table.columns]]
    for name, lines in table.sections:
        rows += [[name]] if name else []
        rows += [[line.label, *line.cells] for line in lines]
    return rows


@pytest.mark.parametrize(("name", "language"), ALL)
def test_every_cell_is_one_of_the_report(name, language):
    """A table that is too wide for a page is parted by columns; each part holds cells of that table of the report."""
    found, labels, *_ = made(name, language)
    report = {}
    for table in printed_tables(WAVES[name](), labels):
        view = laid_out(table, labels)
        report[table.number] = {(row.label, cell) for _, rows in view.sections for row in rows for cell in row.cells}
    tables = tables_of(found)
    assert len(tables) > 10
    for table in tables:
        cells = {(line.label, cell) for _, lines in table.sections for line in lines for cell in line.cells}
        assert cells <= report[table.number], table.title


@pytest.mark.parametrize(("name", "language"), ALL)
def test_word_holds_every_cell_as_text(name, language):
    found, _, docx, _ = made(name, language)
    document = Document(io.BytesIO(docx))
    assert len(document.tables) == len(tables_of(found))
    for table, expected in zip(document.tables, map(cells_of, tables_of(found)), strict=True):
        shown = [[cell.text for cell in row.cells] for row in table.rows]
        rows = [
            list(dict.fromkeys(row)) if len(wanted) == 1 else row for row, wanted in zip(shown, expected, strict=True)
        ]
        assert rows == [[ILLEGAL.sub("\N{REPLACEMENT CHARACTER}", text) for text in row] for row in expected]


@pytest.mark.parametrize(("name", "language"), ALL)
def test_latex_holds_every_cell_sign_for_sign(name, language):
    found, _, _, tex = made(name, language)
    parts = re.findall(r"^% --- tab:\S+ begin ---\n(.*?)^% --- tab:\S+ end ---", tex, re.MULTILINE | re.DOTALL)
    assert len(parts) == len(tables_of(found))
    for part, table in zip(parts, tables_of(found), strict=True):
        lines = set(part.splitlines())
        for _, rows in table.sections:
            for row in rows:
                assert " & ".join(map(escaped, (row.label, *row.cells))) + r" \\" in lines


def test_escaping_leaves_no_command():
    assert (
        escaped(r"50 % & #1_{a}~^\x $") == r"50 \% \& \#1\_\{a\}\textasciitilde{}\textasciicircum{}\textbackslash{}x \$"
    )
    assert escaped("a\nb\x00c") == "a b\N{REPLACEMENT CHARACTER}c"


@pytest.mark.parametrize("name", WAVES)
def test_two_builds_are_the_same(name):
    found, labels, docx, tex = made(name, "fr")
    results = WAVES[name]()
    again = paper(results, labels, FIGURES)
    assert again == found
    assert word(again, labels, {"barriers": picture()}) == docx
    assert latex(again, labels, {"barriers"}) == tex


@pytest.mark.parametrize("language", LANGUAGES)
def test_word_can_be_read_aloud(language):
    """Figures have their alternative text, tables a head that repeats, headings skip no level, the language is set."""
    found, labels, docx, _ = made("hostile", language)
    document = Document(io.BytesIO(docx))
    pictures = document.element.body.findall(f".//{qn('wp:docPr')}")
    with_picture = [b for b in found.blocks if isinstance(b, PaperFigure) and b.name == "barriers"]
    assert [p.get("descr") for p in pictures] == [b.alt for b in with_picture] != []
    for table in document.tables:
        assert table.rows[0]._tr.find(f".//{qn('w:tblHeader')}") is not None
        assert all(row._tr.find(f".//{qn('w:cantSplit')}") is not None for row in table.rows)
    levels = [
        int(p.style.name.removeprefix("Heading ")) for p in document.paragraphs if p.style.name.startswith("Heading")
    ]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert document.core_properties.language.startswith(language)
    text = "\n".join(p.text for p in document.paragraphs)
    assert labels("paper.no_picture", file=f"figures/{language}/flow.svg") in text
    assert labels.origin("rebuilt") in text or labels.origin("synthetic") in text or not found.origin


def test_hostile_labels_are_text():
    found, _, docx, tex = made("hostile", "en")
    texts = "\n".join(cell for table in tables_of(found) for row in cells_of(table) for cell in row)
    assert all(label in texts for label in (FORMULA, MARKUP, LONG))
    document = Document(io.BytesIO(docx))
    shown = "\n".join(cell.text for table in document.tables for row in table.rows for cell in row.cells)
    assert all(label in shown for label in (FORMULA, MARKUP, LONG))
    with zipfile.ZipFile(io.BytesIO(docx)) as package:
        assert b"<script>" not in package.read("word/document.xml")
    assert not re.search(r"(?<!\\)#REF", tex)


@pytest.mark.skipif(OFFICE is None, reason="LibreOffice is not installed")
def test_the_hostile_document_opens(tmp_path):
    _, _, docx, _ = made("hostile", "de")
    (tmp_path / "w.docx").write_bytes(docx)
    command = [OFFICE, f"-env:UserInstallation=file://{tmp_path}/office", "--headless", "--convert-to", "txt:Text"]
    subprocess.run([*command, "--outdir", str(tmp_path), str(tmp_path / "w.docx")], check=True, capture_output=True)
    text = (tmp_path / "w.txt").read_text(encoding="utf-8-sig")
    assert MARKUP in text


@pytest.mark.skipif(LATEX is None, reason="LaTeX is not installed")
@pytest.mark.parametrize("name", WAVES)
def test_latex_compiles(name, tmp_path):
    tex = made(name, "fr")[3]
    (tmp_path / "figures" / "fr").mkdir(parents=True)
    (tmp_path / "figures" / "fr" / "barriers.png").write_bytes(picture())
    (tmp_path / "w.tex").write_text(tex, encoding="utf-8")
    command = [LATEX, "-interaction=nonstopmode", "-halt-on-error", "w.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, errors="replace", check=False)
    assert done.returncode == 0, done.stdout[-2000:]
