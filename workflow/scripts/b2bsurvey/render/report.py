"""The report of a wave: one HTML file that works offline, findings first."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from b2bsurvey.render.drawn import DrawnFigure
from b2bsurvey.render.embedded import embedded
from b2bsurvey.render.family_table import families_in_words
from b2bsurvey.render.html_page import html_page
from b2bsurvey.render.labels import Labels
from b2bsurvey.render.laid_out import LaidTable, laid_out
from b2bsurvey.render.method import method, provenance
from b2bsurvey.render.outline import SAMPLE_TABLES, NumberedFigure, analysis_part, described, in_reading_order
from b2bsurvey.render.printed import PrintedTable
from b2bsurvey.render.results import WaveResults
from b2bsurvey.render.wave_tables import printed_tables
from b2bsurvey.screening import ANALYSED


@dataclass(frozen=True)
class HtmlFigure(NumberedFigure):
    """A numbered figure as SVG whose ids are its own."""

    svg: Markup


@dataclass(frozen=True)
class Findings:
    """What an analysis found, in the titles of its figures."""

    analysis: str
    title: str
    figures: tuple[HtmlFigure, ...]


def report(results: WaveResults, language: str, figures: Sequence[DrawnFigure]) -> str:
    """Return the report of a wave in `language` as one HTML document without any external request.

    The tables hold the same cells as the workbook. Two calls with equal input return equal texts.
    """
    labels = Labels(results.questionnaire, language)
    tables = printed_tables(results, labels)
    in_order = in_reading_order(results, figures)
    svgs, figure_style = embedded(in_order)
    drawn = tuple(HtmlFigure(i, *pair) for i, pair in enumerate(zip(in_order, svgs, strict=True), start=1))
    parts = [analysis_part(results, labels, name, tables, drawn) for name in described(results)]
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


def _only(tables: Sequence[PrintedTable], kind: str, labels: Labels) -> LaidTable | None:
    return next((laid_out(t, labels) for t in tables if t.kind == kind), None)


def _of_kinds(tables: Sequence[PrintedTable], kinds: Sequence[str], labels: Labels) -> tuple[LaidTable, ...]:
    return tuple(laid_out(t, labels) for t in tables if t.kind in kinds)
