"""The report of a wave: one HTML file that works offline, findings first."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from markupsafe import Markup

from b2bsurvey.questionnaire import Question
from b2bsurvey.render.coding_tables import CODING_TABLES
from b2bsurvey.render.concentration_tables import CONCENTRATION_TABLES
from b2bsurvey.render.crossed_table import CROSSED
from b2bsurvey.render.drawn import DrawnFigure
from b2bsurvey.render.embedded import embedded
from b2bsurvey.render.family_table import families_in_words
from b2bsurvey.render.html_page import html_page
from b2bsurvey.render.invariance_tables import VERSIONS
from b2bsurvey.render.key_figure_table import KEY_FIGURES
from b2bsurvey.render.labels import Labels
from b2bsurvey.render.mediation_table import MEDIATIONS
from b2bsurvey.render.method import method, provenance
from b2bsurvey.render.model_tables import MODEL_KINDS
from b2bsurvey.render.printed import Cell, Column, PrintedTable, Row, told_once
from b2bsurvey.render.question_tables import not_estimable
from b2bsurvey.render.results import WaveResults
from b2bsurvey.render.scale_tables import ANALYSIS as SCALES
from b2bsurvey.render.sphere_tables import SPHERE_TABLES
from b2bsurvey.render.typology_tables import TYPOLOGY_TABLES
from b2bsurvey.render.wave_tables import printed_tables, questions_of
from b2bsurvey.screening import ANALYSED
from b2bsurvey.stratified import STRATIFIED

# where the tables about the sample stand
SAMPLE_TABLES = {
    "participation": ("field_work", "rates", "break_off"),
    "more_participation": ("early_late", "next_wave"),
    "quality": ("sensitivity", "quality"),
    "more_quality": ("missing", "missing_patterns", "mcar"),
}
# of the tables of an analysis about several questions, those that are not folded
OPEN_TABLES = (
    *("scale_reliability", "scale_items", "fornell_larcker", "common_method", "scale_factors"),
    *(VERSIONS, KEY_FIGURES, MEDIATIONS),
)
# of the tables of one question, those that follow its first
OWN_TABLES = (*MODEL_KINDS, *SPHERE_TABLES, *CONCENTRATION_TABLES, *CODING_TABLES, CROSSED)

BY_LEVEL = ("segment", STRATIFIED)  # with a group of columns for each level

LONG = 60  # characters, from which on a text needs a wide column


@dataclass(frozen=True)
class HtmlColumn:
    """A heading, and whether texts stand below it, and long ones."""

    heading: str
    is_text: bool = False
    is_long: bool = False


@dataclass(frozen=True)
class HtmlRow:
    """A row's label and its cells, each one or several lines."""

    label: str
    cells: tuple[str, ...]
    small: tuple[bool, ...]


@dataclass(frozen=True)
class HtmlTable:
    """A table laid out for the page: bounds joined to intervals, rows in their sections."""

    table: PrintedTable
    columns: tuple[HtmlColumn, ...]
    sections: tuple[tuple[str, tuple[HtmlRow, ...]], ...]

    @property
    def is_by_level(self) -> bool:
        """Whether a column stands for each level of a segment."""
        return self.table.kind in BY_LEVEL

    @property
    def text_columns(self) -> str:
        """The places of columns of texts, the rows' labels being the first: style goes by place, not by cell."""
        return " ".join(str(place) for place, column in enumerate(self.columns, start=2) if column.is_text)


@dataclass(frozen=True)
class HtmlFigure:
    """A numbered figure whose ids are its own."""

    number: int
    figure: DrawnFigure
    svg: Markup


@dataclass(frozen=True)
class QuestionPart:
    """What the report shows of one question."""

    id: str
    title: str
    text: str
    figures: tuple[HtmlFigure, ...]
    table: HtmlTable | None
    beside: tuple[HtmlTable, ...]
    more: tuple[HtmlTable, ...]
    tests: HtmlTable | None
    not_estimable: tuple[str, ...]


@dataclass(frozen=True)
class AnalysisPart:
    """What the report shows of one analysis."""

    name: str
    title: str
    figures: tuple[HtmlFigure, ...]
    questions: tuple[QuestionPart, ...]
    tables: tuple[HtmlTable, ...]
    more: tuple[HtmlTable, ...]


@dataclass(frozen=True)
class Findings:
    """What an analysis found, in the titles of its figures."""

    analysis: str
    title: str
    figures: tuple[HtmlFigure, ...]


def report(results: WaveResults, language: str, figures: Sequence[DrawnFigure]) -> str:
    """Return the report of a wave in `language` as one HTML document without any external request.

    The tables hold the same cells as the workbook, where banners stand in the place of tables by segment.
    Two calls with equal input return equal texts.
    """
    labels = Labels(results.questionnaire, language)
    tables = printed_tables(results, labels)
    in_order = _in_reading_order(results, figures)
    svgs, figure_style = embedded(in_order)
    drawn = tuple(HtmlFigure(i, *pair) for i, pair in enumerate(zip(in_order, svgs, strict=True), start=1))
    parts = [_analysis_part(results, labels, name, tables, drawn) for name in results.estimates]
    sample = next((part for part in parts if part.name == "sample"), None)
    return html_page(
        "report.html.j2",
        t=labels,
        labels=labels,
        results=results,
        language=language,
        mark=labels.origin(results.wave.origin),
        figures=drawn,
        figure_style=figure_style,
        findings=[Findings(part.name, part.title, tuple(_findings(drawn, part.name))) for part in parts],
        method=method(results, labels),
        provenance=provenance(results, labels),
        flow_figures=sample.figures if sample else (),
        flow_sum=_flow_sum(results, labels),
        nobody=not (results.ledger["disposition"] == ANALYSED).any(),
        parts=parts,
        families_sum=families_in_words(results, labels),
        verdicts=_verdicts(results, labels),
        **{
            kind: _only(tables, kind, labels)
            for kind in ("flow", "weights", "families", "ingest", "ledger", "published")
        },
        **{place: _of_kinds(tables, kinds, labels) for place, kinds in SAMPLE_TABLES.items()},
    )


def _findings(figures: Sequence[HtmlFigure], analysis: str) -> Iterator[HtmlFigure]:
    return (f for f in figures if f.figure.analysis == analysis and f.figure.estimable)


def _in_reading_order(results: WaveResults, figures: Sequence[DrawnFigure]) -> list[DrawnFigure]:
    """Figures of no question first, the others in the order of analyses and questions."""
    places = [(name, q) for name in results.estimates for q in ("", *(q.name for q in questions_of(results, name)))]
    return sorted(
        figures,
        key=lambda f: places.index((f.analysis, f.question)) if (f.analysis, f.question) in places else len(places),
    )


def _analysis_part(
    results: WaveResults, labels: Labels, name: str, tables: Sequence[PrintedTable], figures: Sequence[HtmlFigure]
) -> AnalysisPart:
    mine = [f for f in figures if f.figure.analysis == name]
    questions = questions_of(results, name)
    rest = tuple(f for f in mine if f.figure.question not in {q.name for q in questions})
    parts = tuple(_question_part(results, labels, name, question, tables, mine) for question in questions)
    own = [t for t in tables if t.analysis == name and t.kind != "tests"]
    together = [html_table(t, labels) for t in own if name == SCALES or t.kind in (KEY_FIGURES, MEDIATIONS)]
    shown = tuple(view for view in together if view.table.kind in OPEN_TABLES)
    more = tuple(view for view in together if view.table.kind not in OPEN_TABLES)
    return AnalysisPart(name, labels.known("analysis", name), rest, parts, shown, more)


def _question_part(
    results: WaveResults,
    labels: Labels,
    analysis: str,
    question: Question,
    tables: Sequence[PrintedTable],
    figures: Sequence[HtmlFigure],
) -> QuestionPart:
    mine = [t for t in tables if t.analysis == analysis]
    own = {
        kind: [html_table(t, labels) for t in mine if t.kind == kind and t.question == question.name]
        for kind in ("overall", "segment", STRATIFIED, "answers", *TYPOLOGY_TABLES)
    }
    shown = (t for t in mine if t.kind in OWN_TABLES and t.question == question.name)
    tests = next((t for t in mine if t.kind == "tests"), None)
    rows = tuple(r for r in tests.rows if r.question == question.name) if tests else ()
    return QuestionPart(
        id=f"{analysis}-{question.name}",
        title=labels.question(question.name),
        text=question.text[labels.language] if question.text != question.short else "",
        figures=tuple(f for f in figures if f.figure.question == question.name),
        table=next(iter((*own["overall"], *own["class_profiles"])), None),
        beside=tuple(html_table(t, labels) for t in shown),
        more=(*own["segment"], *own[STRATIFIED], *own["answers"], *own["class_membership"], *own["class_fit"]),
        tests=html_table(told_once(replace(tests, rows=rows), labels), labels) if tests and rows else None,
        not_estimable=not_estimable(results, labels, analysis, question.name),
    )


def html_table(table: PrintedTable, labels: Labels) -> HtmlTable:
    """Lay a table out: the levels of a segment one column each, other bounds joined to intervals."""
    columns, rows = _stacked(table, labels) if table.kind in BY_LEVEL else _joined(table, labels)
    sections: dict[str, list[HtmlRow]] = {}
    for line, row in zip(table.rows, rows, strict=True):
        sections.setdefault(line.section, []).append(row)
    return HtmlTable(table, tuple(columns), tuple((name, tuple(found)) for name, found in sections.items()))


def _joined(table: PrintedTable, labels: Labels) -> tuple[list[HtmlColumn], list[HtmlRow]]:
    low = {i for i, column in enumerate(table.columns) if column.role == "low"}
    kept = [i for i, column in enumerate(table.columns) if column.role != "high"]
    heading = table.interval
    longest = {i: max((row.cells[i].length for row in table.rows), default=0) for i in kept}
    columns = [
        HtmlColumn(
            heading if i in low else table.columns[i].heading,
            is_text=longest[i] > 0,
            is_long=longest[i] > LONG,
        )
        for i in kept
    ]

    def row(line: Row) -> HtmlRow:
        texts = (
            _interval(line.cells[i : i + 2], labels) if i in low else line.cells[i].text(labels.form) for i in kept
        )
        return HtmlRow(line.label, tuple(texts), tuple(line.cells[i].small for i in kept))

    return columns, [row(line) for line in table.rows]


def _stacked(table: PrintedTable, labels: Labels) -> tuple[list[HtmlColumn], list[HtmlRow]]:
    """One cell a level: estimate, interval and base below each other; a base that never changes goes to the head."""
    starts = [i for i, column in enumerate(table.columns) if column.role == ""]
    bases = {i: {row.cells[i + 3].text(labels.form) for row in table.rows} for i in starts}
    constant = all(len(found) == 1 for found in bases.values())
    columns = [
        HtmlColumn(_with_base(table.columns[i], next(iter(bases[i])) if constant else "", labels)) for i in starts
    ]

    def cell(cells: Sequence[Cell]) -> str:
        lines = (cells[0].text(labels.form), _interval(cells[1:3], labels))
        return "\n".join(lines if constant else (*lines, _n(cells[3].text(labels.form), labels)))

    rows = [
        HtmlRow(
            line.label,
            tuple(cell(line.cells[i : i + 4]) for i in starts),
            tuple(line.cells[i].small for i in starts),
        )
        for line in table.rows
    ]
    return columns, rows


def _with_base(column: Column, n: str, labels: Labels) -> str:
    return f"{column.group}\n{_n(n, labels)}" if n else column.group


def _n(n: str, labels: Labels) -> str:
    return f"{labels('head.n')} = {n}"


def _interval(bounds: Sequence[Cell], labels: Labels) -> str:
    low, high = (cell.bare(labels.form) for cell in bounds)
    return "–" if low == high == "–" else labels("word.pair", low=low, high=high)


def _flow_sum(results: WaveResults, labels: Labels) -> str:
    rows = len(results.ledger)
    analysed = int((results.ledger["disposition"] == ANALYSED).sum())
    numbers = {"rows": rows, "analysed": analysed, "excluded": rows - analysed}
    return labels("report.flow_sum", **{name: labels.form.number(n) for name, n in numbers.items()})


def _verdicts(results: WaveResults, labels: Labels) -> Mapping[str, str]:
    if results.published is None:
        return {}
    counts = results.published["verdict"].value_counts(sort=False)
    return {labels(f"verdict.{verdict}"): labels.form.number(int(n)) for verdict, n in counts.items()}


def _only(tables: Sequence[PrintedTable], kind: str, labels: Labels) -> HtmlTable | None:
    return next((html_table(t, labels) for t in tables if t.kind == kind), None)


def _of_kinds(tables: Sequence[PrintedTable], kinds: Sequence[str], labels: Labels) -> tuple[HtmlTable, ...]:
    return tuple(html_table(t, labels) for t in tables if t.kind in kinds)
