"""The report of trends: which waves may be compared, what changed between them, and what did not; one HTML file."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from b2bsurvey.config import Wave
from b2bsurvey.questionnaire import Questionnaire
from b2bsurvey.questionnaire_file import load_questionnaire
from b2bsurvey.render.drawn import DrawnFigure
from b2bsurvey.render.embedded import embedded
from b2bsurvey.render.figures.trend_charts import Series
from b2bsurvey.render.html_page import html_page
from b2bsurvey.render.labels import Labels
from b2bsurvey.render.laid_out import LaidTable, laid_out
from b2bsurvey.render.method import fieldwork
from b2bsurvey.render.printed import PrintedTable
from b2bsurvey.render.report import HtmlFigure
from b2bsurvey.render.trend_tables import changes_table, diff_table, families_table, overall_table, refused_rows

Numbered = Callable[[PrintedTable, Labels], LaidTable]
COMPARABILITY = ("comparable", "with_care", "not_comparable")


@dataclass(frozen=True)
class Compared:
    """The waves of a series in the order of time, with the questionnaire of each."""

    waves: tuple[Wave, ...]
    questionnaires: tuple[Questionnaire, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the waves."""
        return tuple(wave.name for wave in self.waves)

    @property
    def as_series(self) -> Series:
        """What figures need to know of it."""
        return Series(self.names, self.questionnaires[-1], self.waves[-1].origin)


@dataclass(frozen=True)
class Trends:
    """All that rendering gets to see: tables as `wave_changes`, `codebook_diff` and `families` give them.

    `others` are the waves that are of no series.
    """

    study: str
    compared: Sequence[Compared]
    others: tuple[str, ...]
    diff: pd.DataFrame
    estimates: pd.DataFrame
    tests: pd.DataFrame
    families: pd.DataFrame

    def of(self, compared: Compared) -> "Trends":
        """Return what is about one series."""
        names = compared.names
        rows = self.estimates
        pairs = rows["level"].isin(names) & rows["level2"].isin(names)
        comparisons = [c for c in self.tests["comparison"].unique() if set(c.split(" / ")) <= set(names)]
        return replace(
            self,
            compared=(compared,),
            diff=self.diff[self.diff["wave"].isin(names)],
            estimates=rows[rows["wave"].isin(names) | pairs],
            tests=self.tests[self.tests["comparison"].isin(comparisons)],
        )


@dataclass(frozen=True)
class QuestionPart:
    """What the report shows of one question: its figures, the table of the longest comparison, and the others."""

    id: str
    title: str
    text: str
    figures: tuple[HtmlFigure, ...]
    tables: tuple[LaidTable, ...]
    more: tuple[LaidTable, ...]


@dataclass(frozen=True)
class AnalysisPart:
    """The questions of one analysis."""

    name: str
    title: str
    questions: tuple[QuestionPart, ...]


@dataclass(frozen=True)
class SeriesPart:
    """What the report shows of one series."""

    title: str
    facts: tuple[tuple[str, str], ...]
    mark: str
    reading: str
    counts: tuple[tuple[str, str], ...]
    refused: tuple[tuple[str, str], ...]
    diff: LaidTable | None
    analyses: tuple[AnalysisPart, ...]


def read_compared(series: Iterable[Sequence[Wave]], language: str) -> list[Compared]:
    """Read the questionnaires of each series as they were asked, with texts in `language`.

    Raises:
        StudyError: where a questionnaire lacks the language.
    """
    return [
        Compared(
            tuple(waves), tuple(load_questionnaire(Path(wave.questionnaire), [language], wave.name) for wave in waves)
        )
        for waves in series
    ]


def trend_report(trends: Trends, language: str, figures: Sequence[DrawnFigure]) -> str:
    """Return the report of all series in `language` as one HTML document without any external request."""
    svgs, figure_style = embedded(figures)
    drawn = tuple(HtmlFigure(i, *pair) for i, pair in enumerate(zip(figures, svgs, strict=True), start=1))
    numbers = iter(range(1, 10_000))
    labels = Labels(trends.compared[-1].questionnaires[-1], language)

    def numbered(table: PrintedTable, of: Labels) -> LaidTable:
        return laid_out(replace(table, number=next(numbers)), of)

    parts = [_series_part(trends.of(each), each, language, drawn, numbered) for each in trends.compared]
    families = families_table(trends.families, labels, _level(trends.estimates))
    return html_page(
        "trend_report.html.j2",
        t=labels,
        study=trends.study,
        language=language,
        figures=[f for f in drawn if f.figure.estimable],
        figure_style=figure_style,
        series=parts,
        families=numbered(families, labels) if len(families.rows) else None,
        others=labels("trend.others", waves=", ".join(trends.others)) if trends.others else "",
    )


def _level(estimates: pd.DataFrame) -> float:
    return float(next(iter(estimates["conf_level"].dropna()), 0.95))


def _series_part(
    trends: Trends, compared: Compared, language: str, figures: Sequence[HtmlFigure], numbered: Numbered
) -> SeriesPart:
    labels = Labels(compared.questionnaires[-1], language)
    diff = trends.diff
    verdicts = _verdicts(diff)
    table = diff_table(diff, dict(zip(compared.names, compared.questionnaires, strict=True)), labels)
    facts = (
        (wave.name, " · ".join(filter(None, (asked.population.get(language, ""), fieldwork(wave, labels)))))
        for wave, asked in zip(compared.waves, compared.questionnaires, strict=True)
    )
    return SeriesPart(
        title=compared.questionnaires[-1].title[language],
        facts=tuple(facts),
        mark=labels.origin(compared.waves[-1].origin),
        reading=labels("trend.parts", level=labels.percent(_level(trends.estimates))),
        counts=tuple((labels(f"comparability.{c}"), labels.form.number(n)) for c, n in verdicts.items()),
        refused=refused_rows(trends.diff, labels),
        diff=numbered(table, labels) if table.rows else None,
        analyses=tuple(_analysis_parts(trends, labels, figures, numbered)),
    )


def _verdicts(diff: pd.DataFrame) -> Mapping[str, int]:
    """Count questions, once a pair of waves, by the worst of what changed in them, or asked in one wave only."""
    of_questions = diff[(diff["question"] != "") & (diff["item"] == "")]
    once = of_questions["change"].isin(["new", "gone"])
    both = of_questions[~once]
    worst = (
        both["comparability"].map(COMPARABILITY.index).groupby([both["wave"], both["wave2"], both["question"]]).max()
    )
    return {c: int((worst == i).sum()) for i, c in enumerate(COMPARABILITY)} | {"once": int(once.sum())}


def _analysis_parts(
    trends: Trends, labels: Labels, figures: Sequence[HtmlFigure], numbered: Numbered
) -> Iterable[AnalysisPart]:
    for analysis, rows in trends.estimates.groupby("analysis", sort=False):
        questions = []
        for name in dict.fromkeys(rows["question"]):
            tables = list(changes_table(trends.estimates, trends.tests, labels, str(name)))
            overall = overall_table(trends.estimates, trends.tests, labels, str(name))
            if not tables:
                continue
            question = labels.questionnaire.questions[name]
            first = [overall] if overall else tables[-1:]
            more = tables if overall else tables[:-1]
            questions.append(
                QuestionPart(
                    id=f"{analysis}-{name}",
                    title=labels.question(name),
                    text=question.text[labels.language] if question.text != question.short else "",
                    figures=tuple(f for f in figures if f.figure.question == name and f.figure.analysis == analysis),
                    tables=tuple(numbered(table, labels) for table in first),
                    more=tuple(numbered(table, labels) for table in more),
                )
            )
        if questions:
            yield AnalysisPart(str(analysis), labels.known("analysis", str(analysis)), tuple(questions))
