"""The main tables and figures of a wave, laid out for pages of A4: what the Word and the LaTeX file hold.

Main is what the report shows unfolded, and the tests. Everything else (by segment, every answer, codebook, ledger,
families) is in the workbook, whose numbers the tables keep.
"""

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from b2bsurvey.render.drawn import DrawnFigure
from b2bsurvey.render.labels import Labels
from b2bsurvey.render.laid_out import LaidRow, LaidTable, laid_out
from b2bsurvey.render.method import method, provenance
from b2bsurvey.render.outline import (
    AnalysisPart,
    NumberedFigure,
    QuestionPart,
    analysis_part,
    described,
    in_reading_order,
)
from b2bsurvey.render.printed import PrintedTable, told_once
from b2bsurvey.render.results import WaveResults
from b2bsurvey.render.wave_tables import printed_tables

PORTRAIT, LANDSCAPE = 17.0, 25.7  # cm between margins of 2 cm
CHARACTER, PADDING = 0.155, 0.2  # cm: a digit of 8.5 points, and what stands left and right of a cell
LABEL, NARROW_LABEL = 46, 24  # characters of the rows' labels, on one line
TEXT, WORD, HEADING_LINES = 28, 16, 4  # characters of a text, of a word in a heading; lines of a heading
SAMPLE = ("weights", "rates")  # tables that follow the flow
# columns of tests that need more room than a page has
LEFT_OUT = ("family", "pairs", "reason", "note")


@dataclass(frozen=True)
class Heading:
    """A heading of a level (1, 2); `landscape` where it stands above a wide table."""

    text: str
    level: int
    landscape: bool = False


@dataclass(frozen=True)
class Words:
    """A paragraph, below a topic where there is one."""

    text: str
    topic: str = ""
    landscape: bool = False


@dataclass(frozen=True)
class PaperFigure:
    """A figure: its number in the report, the name of its files, its title, and what it shows in words."""

    number: int
    name: str
    title: str
    alt: str
    landscape: bool = False


@dataclass(frozen=True)
class PaperColumn:
    """A heading, the width in cm, and whether texts (left) or numbers (right) stand below it."""

    heading: str
    width: float
    is_text: bool


@dataclass(frozen=True)
class PaperTable:
    """A table, or one part of a table that is too wide: the first column holds the rows' labels."""

    number: int
    label: str
    title: str
    columns: tuple[PaperColumn, ...]
    sections: tuple[tuple[str, tuple[LaidRow, ...]], ...]
    notes: tuple[str, ...]
    landscape: bool

    @property
    def width(self) -> float:
        """The width in cm."""
        return sum(column.width for column in self.columns)


Block = Heading | Words | PaperFigure | PaperTable


@dataclass(frozen=True)
class Paper:
    """A document: its title, the lines below it, its blocks in reading order, and what stands on every page."""

    title: str
    lines: tuple[str, ...]
    blocks: tuple[Block, ...]
    wave: str
    origin: str


def paper(results: WaveResults, labels: Labels, figures: Sequence[DrawnFigure]) -> Paper:
    """Return the main tables and figures of a wave in the language of `labels`.

    Tables and figures have the numbers of the report and the workbook. Cells are as printed there, bounds joined to
    intervals. Figures that hold a reason in place of numbers are left out.
    """
    tables = printed_tables(results, labels)
    drawn = [NumberedFigure(i, f) for i, f in enumerate(in_reading_order(results, figures), start=1)]
    drawn = [f for f in drawn if f.figure.estimable]
    parts = [analysis_part(results, labels, name, tables, drawn) for name in described(results)]
    blocks = [
        Words(labels("paper.choice", file=f"tables_{labels.language}.xlsx")),
        *_pairs(labels("report.method"), method(results, labels)),
        *_flow(labels, tables, [f for part in parts if part.name == "sample" for f in part.figures]),
        *(block for part in parts for block in _analysis(labels, part)),
        *_tests(labels, tables),
        *_pairs(labels("report.provenance"), provenance(results, labels)),
    ]
    wave = f"{labels('report.wave', wave=results.wave.name)} – {results.questionnaire.title[labels.language]}"
    origin = labels.origin(results.wave.origin)
    lines = tuple(line for line in (wave, origin, labels("sheet.for_team")) if line)
    return Paper(results.study, lines, tuple(_turned(_apart(blocks))), results.wave.name, origin)


def _pairs(title: str, pairs: Iterable[tuple[str, str]]) -> Iterator[Block]:
    yield Heading(title, 1)
    yield from (Words(text, topic) for topic, text in pairs)


def _flow(labels: Labels, tables: Sequence[PrintedTable], figures: Sequence[NumberedFigure]) -> Iterator[Block]:
    yield Heading(labels("report.flow"), 1)
    yield from map(_figure, figures)
    for kind in ("flow", *SAMPLE):
        yield from (page for t in tables if t.kind == kind for page in _pages(laid_out(t, labels), labels))


def _analysis(labels: Labels, part: AnalysisPart) -> Iterator[Block]:
    own = [] if part.name == "sample" else [*map(_figure, part.figures)]  # those of the sample show the flow
    blocks = [
        *own,
        *(page for view in part.tables for page in _pages(view, labels)),
        *(block for question in part.questions for block in _question(labels, question)),
    ]
    if blocks:
        yield Heading(part.title, 1)
        yield from blocks


def _question(labels: Labels, part: QuestionPart) -> Iterator[Block]:
    views = [view for view in (part.table, *part.beside) if view]
    reasons = () if views else part.not_estimable
    if views or reasons or part.figures:
        yield Heading(part.title, 2)
        yield from (Words(text) for text in (part.text, *reasons) if text)
        yield from map(_figure, part.figures)
        yield from (page for view in views for page in _pages(view, labels))


def _tests(labels: Labels, tables: Sequence[PrintedTable]) -> Iterator[Block]:
    found = [table for table in tables if table.kind == "tests"]
    if found:
        yield Heading(labels("paper.tests"), 1)
    for table in found:
        yield Heading(labels.known("analysis", table.analysis), 2)
        yield from _pages(laid_out(_narrowed(told_once(table, labels), labels), labels), labels)


def _narrowed(table: PrintedTable, labels: Labels) -> PrintedTable:
    """Return a table of tests without the columns of long texts, which are named below it."""
    long = [labels(f"head.{name}") for name in LEFT_OUT]
    kept = [i for i, column in enumerate(table.columns) if column.heading not in long]
    names = ", ".join(column.heading for column in table.columns if column.heading in long)
    sheet = labels("sheet.table", number=table.number)
    return replace(
        table,
        columns=tuple(table.columns[i] for i in kept),
        rows=tuple(replace(row, cells=tuple(row.cells[i] for i in kept)) for row in table.rows),
        notes=(*table.notes, *([labels("paper.left_out", sheet=sheet, columns=names)] if names else [])),
    )


def _figure(found: NumberedFigure) -> PaperFigure:
    return PaperFigure(found.number, found.figure.name, found.figure.title, found.figure.alt)


def _pages(view: LaidTable, labels: Labels) -> Iterator[PaperTable]:
    """Yield a table as it fits a page: upright, turned, or in parts that repeat the rows' labels."""
    table = view.table
    rows = [row for _, lines in view.sections for row in lines]
    widths = [
        _width(c.heading, [row.cells[i] for row in rows], TEXT if c.is_text else 0) for i, c in enumerate(view.columns)
    ]
    label = _width(table.head, [row.label for row in rows], LABEL)
    narrow = min(label, _cm(NARROW_LABEL))
    landscape = narrow + sum(widths) > PORTRAIT
    page = LANDSCAPE if landscape else PORTRAIT
    label = max(narrow, min(label, page - sum(widths)))
    chunks = _chunks(widths, page - label)
    said = (table.base_note, *table.notes, table.source and _source(table, labels))
    notes = tuple(note for note in said if note)
    for number, places in enumerate(chunks, start=1):
        of = f" ({labels('paper.part', part=number, parts=len(chunks))})" if len(chunks) > 1 else ""
        columns = (PaperColumn(view.columns[i].heading, widths[i], view.columns[i].is_text) for i in places)
        yield PaperTable(
            number=table.number,
            label="-".join(filter(None, (table.kind, table.analysis, table.question))) + (f"-{number}" if of else ""),
            title=table.title + of,
            columns=(PaperColumn(table.head, label, True), *columns),
            sections=tuple((name, tuple(_only(row, places) for row in lines)) for name, lines in view.sections),
            notes=notes if number == len(chunks) else (),
            landscape=landscape,
        )


def _source(table: PrintedTable, labels: Labels) -> str:
    return f"{labels('report.source')}{labels('word.colon')}{table.source}"


def _only(row: LaidRow, places: Sequence[int]) -> LaidRow:
    return LaidRow(row.label, tuple(row.cells[i] for i in places), tuple(row.small[i] for i in places))


def _width(heading: str, cells: Sequence[str], most: int) -> float:
    """Return the width of a column in cm: numbers on one line, texts of at most `most` characters a line."""
    longest = max((len(line) for cell in cells for line in cell.split("\n")), default=0)
    words = max((len(word) for text in (heading, *(cells if most else ())) for word in text.split()), default=0)
    lines = math.ceil(len(heading) / HEADING_LINES)
    return _cm(max(min(longest, most) if most else longest, min(words, WORD), min(lines, WORD)))


def _cm(characters: int) -> float:
    return characters * CHARACTER + PADDING


def _chunks(widths: Sequence[float], room: float) -> list[list[int]]:
    """Return the places of the columns of each part, so that the parts are of about the same width."""
    parts = max(math.ceil(sum(widths) / room), 1)
    while True:
        goal, chunks, width = sum(widths) / parts, [[0]] if widths else [[]], widths[0] if widths else 0.0
        for place, wide in list(enumerate(widths))[1:]:
            if width + wide / 2 > goal and len(chunks) < parts:
                chunks, width = [*chunks, []], 0.0
            chunks[-1].append(place)
            width += wide
        if parts >= len(widths) or all(sum(widths[i] for i in chunk) <= room + 1e-9 for chunk in chunks):
            return chunks
        parts += 1


def _apart(blocks: Sequence[Block]) -> Iterator[Block]:
    """Yield the blocks, tables with labels of their own."""
    taken: dict[str, int] = {}
    for block in blocks:
        if isinstance(block, PaperTable):
            label = re.sub(r"[^A-Za-z0-9-]", "-", block.label)
            taken[label] = taken.get(label, 0) + 1
            block = replace(block, label=label if taken[label] == 1 else f"{label}--{taken[label]}")
        yield block


def _turned(blocks: Iterable[Block]) -> Iterator[Block]:
    """Yield the blocks, headings and the texts below them turned with the wide table that they stand above."""
    turned: list[Block] = []
    for block in reversed(list(blocks)):
        stands_above = isinstance(block, Heading) or (isinstance(block, Words) and not block.topic)
        turned.append(replace(block, landscape=True) if stands_above and turned and turned[-1].landscape else block)
    yield from reversed(turned)
