"""The reading order of a wave: what is shown of each analysis and question, open and folded."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from b2bsurvey.questionnaire import Question
from b2bsurvey.render.banner_tables import BANNER
from b2bsurvey.render.coding_tables import CODING_TABLES
from b2bsurvey.render.concentration_tables import CONCENTRATION_TABLES
from b2bsurvey.render.crossed_table import CROSSED
from b2bsurvey.render.drawn import DrawnFigure
from b2bsurvey.render.invariance_tables import VERSIONS
from b2bsurvey.render.key_figure_table import KEY_FIGURES
from b2bsurvey.render.labels import Labels
from b2bsurvey.render.laid_out import LaidTable, laid_out
from b2bsurvey.render.mediation_table import MEDIATIONS
from b2bsurvey.render.model_tables import MODEL_KINDS
from b2bsurvey.render.printed import PrintedTable, told_once
from b2bsurvey.render.question_tables import not_estimable
from b2bsurvey.render.results import WaveResults
from b2bsurvey.render.scale_tables import ANALYSIS as SCALES
from b2bsurvey.render.sphere_tables import SPHERE_TABLES
from b2bsurvey.render.typology_tables import TYPOLOGY_TABLES
from b2bsurvey.render.wave_tables import questions_of
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


@dataclass(frozen=True)
class NumberedFigure:
    """A figure with its number in the reading order."""

    number: int
    figure: DrawnFigure


@dataclass(frozen=True)
class QuestionPart:
    """What the report shows of one question."""

    id: str
    title: str
    text: str
    figures: tuple[NumberedFigure, ...]
    table: LaidTable | None
    beside: tuple[LaidTable, ...]
    more: tuple[LaidTable, ...]
    tests: LaidTable | None
    not_estimable: tuple[str, ...]


@dataclass(frozen=True)
class AnalysisPart:
    """What the report shows of one analysis."""

    name: str
    title: str
    figures: tuple[NumberedFigure, ...]
    questions: tuple[QuestionPart, ...]
    tables: tuple[LaidTable, ...]
    more: tuple[LaidTable, ...]


def described(results: WaveResults) -> list[str]:
    """Return the analyses that have a part of their own: banners stand in the workbook."""
    return [name for name in results.estimates if name != BANNER]


def in_reading_order(results: WaveResults, figures: Sequence[DrawnFigure]) -> list[DrawnFigure]:
    """Figures of no question first, the others in the order of analyses and questions."""
    places = [(name, q) for name in results.estimates for q in ("", *(q.name for q in questions_of(results, name)))]
    return sorted(
        figures,
        key=lambda f: places.index((f.analysis, f.question)) if (f.analysis, f.question) in places else len(places),
    )


def analysis_part(
    results: WaveResults, labels: Labels, name: str, tables: Sequence[PrintedTable], figures: Sequence[NumberedFigure]
) -> AnalysisPart:
    """Return what is shown of an analysis, in the order of its questions."""
    mine = [f for f in figures if f.figure.analysis == name]
    questions = questions_of(results, name)
    rest = tuple(f for f in mine if f.figure.question not in {q.name for q in questions})
    parts = tuple(_question_part(results, labels, name, question, tables, mine) for question in questions)
    own = [t for t in tables if t.analysis == name and t.kind != "tests"]
    together = [laid_out(t, labels) for t in own if name == SCALES or t.kind in (KEY_FIGURES, MEDIATIONS)]
    shown = tuple(view for view in together if view.table.kind in OPEN_TABLES)
    more = tuple(view for view in together if view.table.kind not in OPEN_TABLES)
    return AnalysisPart(name, labels.known("analysis", name), rest, parts, shown, more)


def _question_part(
    results: WaveResults,
    labels: Labels,
    analysis: str,
    question: Question,
    tables: Sequence[PrintedTable],
    figures: Sequence[NumberedFigure],
) -> QuestionPart:
    mine = [t for t in tables if t.analysis == analysis]
    own = {
        kind: [laid_out(t, labels) for t in mine if t.kind == kind and t.question == question.name]
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
        beside=tuple(laid_out(t, labels) for t in shown),
        more=(*own["segment"], *own[STRATIFIED], *own["answers"], *own["class_membership"], *own["class_fit"]),
        tests=laid_out(told_once(replace(tests, rows=rows), labels), labels) if tests and rows else None,
        not_estimable=not_estimable(results, labels, analysis, question.name),
    )
