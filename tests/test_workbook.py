"""The workbook: native numbers as printed, texts as texts, sheets that can be found, the same bytes each time."""

import io
import re
import zipfile

import pytest
from openpyxl import load_workbook

from b2bsurvey.render.labels import Labels
from b2bsurvey.render.numbers import number_form
from b2bsurvey.render.printed import Cell
from b2bsurvey.render.wave_tables import printed_tables
from b2bsurvey.render.workbook import sheet_name, workbook
from rendered_wave import FORMULA, HOSTILE, LANGUAGES, LONG, hostile, shipped


def opened(results, language="en"):
    return load_workbook(io.BytesIO(workbook(results, language)))


def shown(value, number_format, form):
    """Print a number as a spreadsheet does, from its format alone."""
    if number_format.startswith("["):
        below, above, other = number_format.split(";")
        if value < 0.0005:
            return below.split('"')[1]
        if value > 0.9995:
            return above.split('"')[1]
        number_format = other
    mark = "†" if number_format.endswith('"†"') else ""
    body = number_format.removesuffix('"†"')
    digits = len(body.partition(".")[2].rstrip('% \u202f\xa0"'))
    if "%" in body:
        space = body.split('"')[1] if '"' in body else ""
        return form.number(100 * value, digits) + space + "%" + mark
    text = form.number(value, digits)
    return (text[1:] if body.startswith(".") and text.startswith("0") else text) + mark


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("results", [shipped(), hostile(weighted=True)], ids=["shipped", "hostile"])
def test_numbers_are_native_and_print_like_the_cells_of_the_tables(results, language):
    labels, book = Labels(results.questionnaire, language), opened(results, language)
    tables = printed_tables(results, labels, banners=True)
    assert len(book.worksheets) == len(tables) + 2
    for table, sheet in zip(tables, book.worksheets[2:], strict=True):
        expected = [[c.text(labels.form) for c in row.cells if isinstance(c.value, int | float)] for row in table.rows]
        numbers = [
            [shown(c.value, c.number_format, labels.form) for c in row if isinstance(c.value, int | float)]
            for row in sheet.iter_rows(min_col=2)
        ]
        assert [row for row in numbers if row] == [row for row in expected if row], sheet.title


def test_a_share_is_a_number_between_0_and_1_with_a_percent_format():
    rows = (row for sheet in opened(shipped()) for row in sheet.iter_rows())
    row = next(row for row in rows if row[0].value == "Just me")
    assert (row[1].value, row[1].number_format) == (pytest.approx(448 / 1787), "0.0%")
    assert [cell.value for cell in row[4:6]] == [448, 1787]


def test_texts_that_look_like_formulas_or_errors_are_texts():
    book = opened(hostile())
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} <= {"s", "n"}
    found = [cell for cell in cells if cell.value == FORMULA]
    assert found
    assert all(cell.data_type == "s" and cell.quotePrefix for cell in found)
    texts = {cell.value for cell in cells}
    assert set(HOSTILE.values()) - {HOSTILE["Barriers"]} <= texts
    assert "Study <b>&</b> =1" in texts
    xml = zipfile.ZipFile(io.BytesIO(workbook(hostile(), "en")))
    assert not any(b"<f>" in xml.read(name) for name in xml.namelist())


def test_sheets_have_names_that_excel_takes_and_contents_that_lead_to_them():
    for results in (shipped(), hostile()):
        book = opened(results, "fr")
        names = book.sheetnames
        assert len({name.casefold() for name in names}) == len(names)
        assert all(len(name.encode("utf-16-le")) <= 62 and not set(name) & set("[]:*?/\\") for name in names)
        links = [cell.hyperlink.location for row in book.worksheets[0].iter_rows() for cell in row if cell.hyperlink]
        assert links == ["'" + name.replace("'", "''") + "'!A1" for name in names[1:]]


@pytest.mark.parametrize(
    ("wanted", "taken", "expected"),
    [
        ("Firm size", [], "Firm size"),
        ("a/b:c*?[x]\\", [], "a b c x"),
        ("'quoted'", [], "quoted"),
        ("x" * 40, [], "x" * 30 + "…"),
        ("🙂" * 20, [], "🙂" * 15 + "…"),
        ("Base", ["base"], "Base… 2"),
        ("", [], "–"),
        ("a\x00b", [], "a\ufffdb"),
    ],
)
def test_sheet_names(wanted, taken, expected):
    assert sheet_name(wanted, {name: name for name in taken}) == expected


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sheet_is_filled_frozen_and_ready_to_print(language):
    book = opened(hostile(), language)
    for sheet in book:
        assert sheet.max_row >= 5, sheet.title
        assert sheet.freeze_panes, sheet.title
        assert sheet.print_title_rows, sheet.title
        assert (sheet.page_setup.orientation, sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (
            "landscape", 1, 0,
        )  # fmt: skip
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        assert all(d.width >= 8 for d in sheet.column_dimensions.values())


def test_numbers_fit_their_columns():
    for sheet in opened(shipped(), "fr"):
        for row in sheet.iter_rows():
            for cell in row:
                if isinstance(cell.value, int | float):
                    text = shown(cell.value, cell.number_format, number_form("fr"))
                    assert len(text) + 1 <= sheet.column_dimensions[cell.column_letter].width


def test_each_table_says_whom_its_numbers_are_of_and_that_the_data_are_synthetic():
    results = hostile()
    for sheet in opened(results).worksheets[2:]:
        above = " ".join(str(row[0]) for row in sheet.iter_rows(max_row=4, max_col=1, values_only=True))
        if not re.search(r"ledger|Codebook", sheet.title):
            assert "Synthetic data" in above, sheet.title
        if "Firm size" in sheet.title:
            assert re.search(r"Base: .*; n = \d+", above), sheet.title


def test_small_bases_are_marked_and_stay_numbers():
    sheet = next(s for s in opened(hostile()) if "Reasons for not" in s.title)
    marked = [cell for row in sheet.iter_rows() for cell in row if "†" in cell.number_format]
    assert marked
    assert all(isinstance(cell.value, float) for cell in marked)
    assert any("Base below 30" in str(cell.value) for row in sheet.iter_rows() for cell in row)


def test_weighted_waves_show_the_effective_base():
    heads = {cell.value for sheet in opened(hostile(weighted=True)) for row in sheet.iter_rows() for cell in row}
    assert "Effective n" in heads
    assert "Effective n" not in {c.value for s in opened(hostile()) for row in s.iter_rows() for c in row}


def test_what_cannot_be_estimated_stands_in_the_notes_with_its_reason():
    texts = [row[1] for row in opened(shipped(), "fr").worksheets[1].iter_rows(values_only=True)]
    assert any(t and t.startswith("Non estimable") and "sans la distribution conjointe" in t for t in texts)


def test_nobody_left_still_gives_a_workbook():
    book = opened(hostile(nobody=True))
    assert [s.title for s in book][2:] == ["T1 Sample flow", "T2 How the export was read", "T3 Codebook"]


def test_two_runs_give_the_same_bytes_without_a_time_stamp():
    first = workbook(hostile(), "de")
    assert first == workbook(hostile(), "de")
    archive = zipfile.ZipFile(io.BytesIO(first))
    assert {info.date_time for info in archive.infolist()} == {(2000, 1, 1, 0, 0, 0)}
    assert set(re.findall(rb">(\d{4}-\d\d-\d\dT[^<]*)<", archive.read("docProps/core.xml"))) == {
        b"2000-01-01T00:00:00Z"
    }


@pytest.mark.parametrize(
    ("cell", "language", "text"),
    [
        (Cell(0.1125, "share"), "en", "11.3%"),  # half up, as spreadsheets round; 11.25 is exact in binary
        (Cell(0.1125, "share", small=True), "fr", "11,3\u202f%†"),
        (Cell(0.1125, "share"), "de", "11.3\xa0%"),
        (Cell(1234567, "count"), "fr", "1\u202f234\u202f567"),
        (Cell(1234567, "count"), "de", "1’234’567"),
        (Cell(-0.004, "decimal"), "en", "0.00"),
        (Cell(-1.005, "decimal"), "en", "−1.01"),
        (Cell(0.0004, "p"), "en", "< .001"),
        (Cell(0.0126, "p"), "de", ".013"),
        (Cell(0.0126, "p"), "fr", "0,013"),
        (Cell(1.0, "p"), "it", "> 0.999"),
        (Cell(None, "share"), "en", "–"),
    ],
)
def test_printed_numbers(cell, language, text):
    assert cell.text(number_form(language)) == text
    if cell.value is not None:
        assert shown(cell.value, cell.number_format(number_form(language)), number_form(language)) == text


def test_long_labels_stay_whole():
    assert len(LONG) > 190
    assert any(cell.value == LONG for sheet in opened(hostile()) for row in sheet.iter_rows() for cell in row)


def test_tests_say_which_pairs_differ():
    """Counted by hand in the Tests table: the pairs whose adjusted p is below 0.05, the first five by name."""
    results = hostile()
    labels = Labels(results.questionnaire, "en")
    compared = 0
    for table in (t for t in printed_tables(results, labels) if t.kind == "tests"):
        tests = results.tests[table.analysis]
        after = tests[tests["role"] == "posthoc"]
        column = next((i for i, c in enumerate(table.columns) if c.heading == "Pairs that differ"), None)
        assert (column is None) == after.empty
        told = [str(row.cells[column].value) for row in table.rows if row.cells[column].value] if column else []
        assert sum(int(text.split(" ")[0]) for text in told) == (after["p_adjusted"] < 0.05).sum()
        assert sum(int(re.match(r"\d+ of (\d+)", text)[1]) for text in told) == len(after)
        compared += len(after)
    assert compared > 5
