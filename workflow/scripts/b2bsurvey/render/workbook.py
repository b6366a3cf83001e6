"""The workbook that people open: a sheet a table, with contents, methods and print set-up; the same bytes each time."""

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from textwrap import wrap

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.cell.cell import Cell as SheetCell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.worksheet import Worksheet

from b2bsurvey.render.labels import Labels
from b2bsurvey.render.method import method, provenance
from b2bsurvey.render.numbers import NumberForm
from b2bsurvey.render.printed import Cell, PrintedTable, Row
from b2bsurvey.render.question_tables import not_estimable
from b2bsurvey.render.results import WaveResults
from b2bsurvey.render.wave_tables import printed_tables, questions_of
from b2bsurvey.repacked import DAY, repacked

LONGEST_TEXT = 32_000  # Excel holds 32,767 characters in a cell
WIDEST, LABEL_WIDTH, NUMBER_WIDTH, NOTE_WIDTH, A4_WIDTH, PAGE_WIDTH = 40, 52, 8, 110, 140, 190  # characters
LINE = 15  # points
UPRIGHT_LENGTH, UPRIGHT_HEIGHT = 22, 130  # characters of a line of an upright heading, points
ROOM = 0.9  # of a width that characters may fill, as fonts differ

INK, MUTED, BLUE, ORANGE = "1D2B36", "566672", "0B6E8F", "B3541E"
TITLE, HEADING = Font(name="Calibri", size=14, bold=True, color=INK), Font(name="Calibri", bold=True, color=INK)
BODY, QUIET = Font(name="Calibri", color=INK), Font(name="Calibri", color=MUTED)
SMALL_BASE, SECTION = Font(name="Calibri", italic=True, color=MUTED), Font(name="Calibri", bold=True, color=BLUE)
MARK, LINK = Font(name="Calibri", bold=True, color=ORANGE), Font(name="Calibri", underline="single", color=BLUE)
BAND = PatternFill("solid", fgColor="EAF3F7")
RULE, THIN = Border(bottom=Side("medium", color=BLUE)), Border(bottom=Side("hair", color="B9C6CE"))
WRAPPED, INDENTED = Alignment("left", "top", wrap_text=True), Alignment("left", "top", wrap_text=True, indent=1)
LEFT_HEAD, RIGHT_HEAD = Alignment("left", "bottom", wrap_text=True), Alignment("right", "bottom", wrap_text=True)
TEXT_HEAD = Alignment("left", "bottom", wrap_text=True, indent=1)
UPRIGHT = Alignment("right", "bottom", wrap_text=True, text_rotation=90)
CENTRED = Alignment("center", "bottom", wrap_text=True)
RIGHT = Alignment("right", "top")


def workbook(results: WaveResults, language: str) -> bytes:
    """Return the workbook of a wave in `language` as the bytes of an .xlsx file.

    Numbers are native numbers with the format of their printed form, texts are never formulas. Two calls with
    equal results return equal bytes.
    """
    labels = Labels(results.questionnaire, language)
    tables = printed_tables(results, labels, banners=True)
    book = Workbook()
    taken: dict[str, str] = {}
    contents = _sheet(book, labels("sheet.contents"), taken)
    notes = _sheet(book, labels("sheet.notes"), taken)
    names = {}
    for table in tables:
        name = f"{labels('sheet.table', number=table.number)} {table.title}"
        sheet = _sheet(book, name, taken)
        _write_table(sheet, replace(table, title=name), labels, contents.title)
        names[sheet.title] = table
    book.remove(book.worksheets[0])
    _write_contents(contents, results, labels, names, notes.title)
    _write_notes(notes, results, labels, contents.title)
    for sheet in book.worksheets:
        _set_up_print(sheet, results.wave.name, labels)
    book.properties.creator = "b2bsurvey"
    book.properties.title = _plain(f"{results.study} – {results.wave.name}")
    book.properties.created = DAY
    book.properties.language = language
    file = io.BytesIO()
    book.save(file)
    return repacked(file.getvalue())


def sheet_name(wanted: str, taken: Mapping[str, str]) -> str:
    """Return a sheet name that Excel accepts: at most 31 characters, none of `[]:*?/\\`, unlike those `taken`."""
    name = " ".join(re.sub(r"[\[\]:*?/\\\x00-\x1f]", " ", _plain(wanted)).split()).strip("' ") or "–"
    short = name if _utf16(name) <= 31 else _cut(name, 30).rstrip() + "…"
    number = 2
    while short.casefold() in taken:
        short, number = f"{_cut(name, 26).rstrip()}… {number}", number + 1
    return short


def _utf16(text: str) -> int:
    """Length as Excel counts it: an emoji is two."""
    return len(text.encode("utf-16-le")) // 2


def _cut(text: str, length: int) -> str:
    while _utf16(text) > length:
        text = text[:-1]
    return text


def _sheet(book: Workbook, wanted: str, taken: dict[str, str]) -> Worksheet:
    name = sheet_name(wanted, taken)
    taken[name.casefold()] = name
    sheet: Worksheet = book.create_sheet(name)
    sheet.sheet_view.showGridLines = False
    return sheet


def _plain(text: str) -> str:
    """Return text that XML can hold; what it cannot is shown as the replacement character."""
    return ILLEGAL_CHARACTERS_RE.sub("\N{REPLACEMENT CHARACTER}", text)


def _write(cell: SheetCell, text: str, font: Font = BODY, alignment: Alignment = WRAPPED) -> None:
    """Write text as text: nothing in it is ever a formula, a number or an error value."""
    plain = _plain(text)
    cell.value = plain if len(plain) <= LONGEST_TEXT else plain[:LONGEST_TEXT] + "…"
    cell.data_type = "s"
    cell.quotePrefix = plain[:1] in tuple("=+-@\t\r＝＋－＠'") and bool(plain)
    cell.font, cell.alignment = font, alignment


def _write_table(sheet: Worksheet, table: PrintedTable, labels: Labels, contents: str) -> None:
    width = len(table.columns) + 1
    widths = _widths(table, labels)
    for i, size in enumerate(widths, 1):
        sheet.column_dimensions[get_column_letter(i)].width = size
    top = _write_head(sheet, table, labels, contents, int(sum(widths)))
    row = first = _write_columns(sheet, table, top)
    section = ""
    for line in table.rows:
        if line.section != section:
            section = line.section
            _write(sheet.cell(row, 1), section, SECTION, Alignment(vertical="top"))
            sheet.row_dimensions[row].height = LINE
            row += 1
        _write_row(sheet, row, line, labels)
        row += 1
    sheet.freeze_panes = sheet.cell(first, 2)
    sheet.print_title_rows = f"{top}:{first - 1}"
    for note in (*table.notes, table.source and f"{labels('report.source')}{labels('word.colon')}{table.source}"):
        if note:
            row += 1
            _write_wide(sheet, row, note, QUIET, width, int(sum(widths)))


def _write_head(sheet: Worksheet, table: PrintedTable, labels: Labels, contents: str, size: int) -> int:
    """Write title, question and base note; return the row of the first heading."""
    width, row = len(table.columns) + 1, 1
    _write_wide(sheet, row, table.title, TITLE, width, int(size / 1.4))
    for text, font in ((table.subtitle, BODY), (table.base_note, QUIET)):
        if text:
            row += 1
            _write_wide(sheet, row, text, font, width, size)
    _link(sheet.cell(row + 1, 1), labels("sheet.back"), contents)
    return row + 3


def _write_wide(sheet: Worksheet, row: int, text: str, font: Font, width: int, size: int) -> None:
    """Write a text over all columns of a table, as high as it needs; merged cells do not find their height alone."""
    _write(sheet.cell(row, 1), text, font)
    columns, room = width, max(size, 1)
    while room < NOTE_WIDTH:  # a narrow table's notes run on over the empty columns beside it
        columns, room = columns + 1, room + 9
    if columns > 1:
        sheet.merge_cells(start_row=row, end_row=row, start_column=1, end_column=columns)
    sheet.row_dimensions[row].height = (20 if font is TITLE else LINE) * _lines(text, room)


def _lines(text: str, width: float) -> int:
    """Return on how many lines a text stands in a column; a little room is left, as fonts differ."""
    return sum(len(wrap(part, max(int(width * ROOM), 1))) or 1 for part in text.split("\n"))


def _fit_height(sheet: Worksheet, row: int) -> None:
    """Make a row as high as its longest text needs; some programs do not do so themselves."""
    widths = {cell: sheet.column_dimensions[get_column_letter(cell.column)].width for cell in sheet[row]}
    sheet.row_dimensions[row].height = LINE * max(
        _lines(cell.value, width) for cell, width in widths.items() if isinstance(cell.value, str)
    )


def _write_columns(sheet: Worksheet, table: PrintedTable, top: int) -> int:
    """Write groups, headings and letters of the columns; return the row below them. Those of a banner stand upright."""
    grouped, lettered = (any(getattr(c, part) for c in table.columns) for part in ("group", "letter"))
    head = top + grouped
    last = head + lettered
    texts = [any(row.cells[i].length for row in table.rows) for i in range(len(table.columns))]
    for i, column in enumerate((None, *table.columns)):
        for row in range(top, last + 1):
            sheet.cell(row, i + 1).fill = BAND
        alignment = LEFT_HEAD if column is None else UPRIGHT if lettered else TEXT_HEAD if texts[i - 1] else RIGHT_HEAD
        _write(sheet.cell(head, i + 1), column.heading if column else table.head, HEADING, alignment)
        if lettered:
            _write(sheet.cell(last, i + 1), column.letter if column else "", MARK, RIGHT)
        sheet.cell(last, i + 1).border = RULE
    if grouped:
        _write_groups(sheet, table, top)
    if lettered:
        longest = max(_lines(c.heading, UPRIGHT_LENGTH) for c in table.columns)
        fits = longest * LINE <= 5.5 * min(_widths_of(sheet, table))
        sheet.row_dimensions[head].height = UPRIGHT_HEIGHT if fits else 1.6 * UPRIGHT_HEIGHT
    else:
        _fit_height(sheet, head)
    return last + 1


def _widths_of(sheet: Worksheet, table: PrintedTable) -> list[float]:
    return [sheet.column_dimensions[get_column_letter(i)].width for i in range(2, len(table.columns) + 2)]


def _write_groups(sheet: Worksheet, table: PrintedTable, row: int) -> None:
    """Write the name of each group over its columns."""
    widths, start, lines = _widths_of(sheet, table), 0, 1
    for i, column in enumerate(table.columns):
        if i + 1 == len(table.columns) or table.columns[i + 1].group != column.group:
            _write(sheet.cell(row, start + 2), column.group, HEADING, CENTRED)
            if i > start:
                sheet.merge_cells(start_row=row, end_row=row, start_column=start + 2, end_column=i + 2)
            lines = max(lines, _lines(column.group, sum(widths[start : i + 1])))
            start = i + 1
    sheet.row_dimensions[row].height = LINE * lines


def _write_row(sheet: Worksheet, row: int, line: Row, labels: Labels) -> None:
    _write(sheet.cell(row, 1), line.label)
    sheet.cell(row, 1).border = THIN
    for column, cell in enumerate(line.cells, 2):
        target = sheet.cell(row, column)
        target.border = THIN
        _write_cell(target, cell, labels.form)
    _fit_height(sheet, row)


def _write_cell(target: SheetCell, cell: Cell, form: NumberForm) -> None:
    if cell.kind == "letters":
        _write(target, cell.text(form), MARK, RIGHT)
        return
    if cell.value is None or isinstance(cell.value, str):
        _write(target, cell.text(form), BODY if cell.value else QUIET, INDENTED if cell.value is not None else RIGHT)
        return
    target.value = cell.value
    target.number_format = cell.number_format(form)
    target.font, target.alignment = SMALL_BASE if cell.small else BODY, RIGHT


def _widths(table: PrintedTable, labels: Labels) -> list[int]:
    """Return the width of each column in characters: numbers on one line, texts wrapped."""

    def longest(texts: Sequence[str]) -> int:
        return max((round(len(text) / ROOM) for text in texts), default=0)

    widths = []
    for i, column in enumerate(table.columns):
        cells = [row.cells[i] for row in table.rows]
        texts = longest([c.value for c in cells if isinstance(c.value, str)])
        numbers = longest([c.text(labels.form) for c in cells if not isinstance(c.value, str)])
        words = 0 if column.letter else longest(column.heading.split())
        widths.append(max(min(texts + 3, WIDEST), numbers + 2, min(words + 2, 20), NUMBER_WIDTH))
    room = max(LABEL_WIDTH, min(NOTE_WIDTH, A4_WIDTH - sum(widths)))
    return [min(max(longest([table.head, *(row.label for row in table.rows)]) + 1, 18), room), *widths]


def _link(cell: SheetCell, text: str, sheet: str) -> None:
    _write(cell, text, LINK, Alignment(vertical="top"))
    quoted = sheet.replace("'", "''")
    cell.hyperlink = Hyperlink(ref=cell.coordinate, location=f"'{quoted}'!A1", display=_plain(text))


def _write_contents(
    sheet: Worksheet, results: WaveResults, labels: Labels, names: Mapping[str, PrintedTable], notes: str
) -> None:
    lines = [
        (results.study, TITLE),
        (f"{labels('report.wave', wave=results.wave.name)} – {results.questionnaire.title[labels.language]}", BODY),
        (labels.origin(results.wave.origin), MARK),
        (labels("sheet.for_team"), QUIET),
    ]
    row = 0
    for text, font in lines:
        if text:
            row += 1
            _write_wide(sheet, row, text, font, 2, 160)
    row += 2
    for i, (key, size) in enumerate((("sheet", 70), ("numbers_of", 110)), 1):
        sheet.column_dimensions[get_column_letter(i)].width = size
        _write(sheet.cell(row, i), labels(f"head.{key}"), HEADING, LEFT_HEAD)
        sheet.cell(row, i).fill, sheet.cell(row, i).border = BAND, RULE
    sheet.freeze_panes, sheet.print_title_rows = sheet.cell(row + 1, 1), f"{row}:{row}"
    _link(sheet.cell(row + 1, 1), notes, notes)
    for row_number, (name, table) in enumerate(names.items(), row + 2):
        title = f"{labels('sheet.table', number=table.number)} {table.title}"
        _link(sheet.cell(row_number, 1), title, name)
        _write(sheet.cell(row_number, 2), table.base_note, QUIET)
        _fit_height(sheet, row_number)


def _write_notes(sheet: Worksheet, results: WaveResults, labels: Labels, contents: str) -> None:
    rows = [*method(results, labels)]
    for analysis in results.estimates:
        for question in questions_of(results, analysis):
            why = not_estimable(results, labels, analysis, question.name)
            rows += [(labels.question(question.name), sentence) for sentence in why]
    rows += provenance(results, labels)
    table = PrintedTable(
        kind="notes",
        title=labels("sheet.notes"),
        head=labels("head.topic"),
        columns=(),
        rows=(Row("", ()),),
    )
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 30, NOTE_WIDTH
    top = _write_head(sheet, table, labels, contents, NOTE_WIDTH)
    for i, key in enumerate(("topic", "explanation"), 1):
        _write(sheet.cell(top, i), labels(f"head.{key}"), HEADING, LEFT_HEAD)
        sheet.cell(top, i).fill, sheet.cell(top, i).border = BAND, RULE
    for row, (topic, text) in enumerate(rows, top + 1):
        _write(sheet.cell(row, 1), topic, HEADING)
        _write(sheet.cell(row, 2), text)
        _fit_height(sheet, row)
    sheet.freeze_panes, sheet.print_title_rows = sheet.cell(top + 1, 1), f"{top}:{top}"


def _set_up_print(sheet: Worksheet, wave: str, labels: Labels) -> None:
    """Landscape A4 (A3 for wide tables), as wide as the page, headings repeated, pages numbered."""
    width = sum(sheet.column_dimensions[get_column_letter(i)].width for i in range(1, sheet.max_column + 1))
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4 if width <= PAGE_WIDTH else sheet.PAPERSIZE_A3
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    for side in ("left", "right", "top", "bottom"):
        setattr(sheet.page_margins, side, 0.5)
    sheet.page_margins.footer = 0.25
    sheet.oddFooter.left.text = wave
    sheet.oddFooter.center.text = "&A"
    sheet.oddFooter.right.text = labels("sheet.page", page="&P", pages="&N")
