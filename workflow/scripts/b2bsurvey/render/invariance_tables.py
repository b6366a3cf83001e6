"""The tables of measurement invariance: may the scale means of language versions be compared, and what says so."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from b2bsurvey.render.labels import Labels
from b2bsurvey.render.printed import Cell, Column, PrintedTable, Row, bounds, count_cell, number_in
from b2bsurvey.render.results import WaveResults
from b2bsurvey.render.scale_tables import ANALYSIS, CFI, CHI2, SRMR, UNWEIGHTED, ScaleRows

LANGUAGE = "interview_language"
VERSIONS, MODELS = "scale_versions", "scale_invariance"  # kinds of tables
VERDICTS = ("comparable", "partly", "undecided", "not_comparable", "not_estimable")
DELTA = "Δ"


@dataclass(frozen=True)
class _Construct:
    """What the tables say of one construct."""

    name: str
    estimates: pd.DataFrame
    tests: pd.DataFrame

    @cached_property
    def verdict(self) -> Any:
        """The row with the verdict."""
        return next(self.estimates[self.estimates["statistic"] == "invariance"].itertuples())

    def of(self, *statistics: str) -> Iterator[Any]:
        """Yield the rows of some statistics."""
        yield from self.estimates[self.estimates["statistic"].isin(statistics)].itertuples()

    @cached_property
    def models(self) -> Mapping[str, Mapping[str, Any]]:
        """The rows of each model by statistic or test, in the order in which the models were fitted."""
        found: dict[str, dict[str, Any]] = {}
        for test in self.tests.itertuples():
            found.setdefault(str(test.model), {})[str(test.test)] = test
        for row in self.of("cfi", "rmsea", "srmr"):
            found[row.model][row.statistic] = row
        return found


def invariance_tables(results: WaveResults, labels: Labels) -> Iterator[PrintedTable]:
    """Yield a table of verdicts and one of models; nothing where interviews were held in one language only."""
    constructs = _constructs(results)
    if constructs:
        rows = ScaleRows(results, labels)
        yield _versions(rows, constructs)
        if any(construct.models for construct in constructs):
            yield _models(rows, constructs)


def _constructs(results: WaveResults) -> list[_Construct]:
    estimates, tests = results.estimates[ANALYSIS], results.tests[ANALYSIS]
    estimates, tests = (frame[frame["segment"] == LANGUAGE] for frame in (estimates, tests))
    return [
        _Construct(name, estimates[estimates["question"] == name], tests[tests["question"] == name])
        for name in dict.fromkeys(estimates["question"])
    ]


def _versions(rows: ScaleRows, constructs: list[_Construct]) -> PrintedTable:
    """One row a construct and language beside the first: the verdict, how far factor means are apart, freed items."""
    labels, lines = rows.labels, []
    for construct in constructs:
        means = list(construct.of("factor_mean"))
        for row in means[1:] or [None]:
            compared = f"{_spoken(labels, row.level)} – {_spoken(labels, row.level2)}" if row else "–"
            first = means[0] if means else None
            cells = (
                Cell(labels(f"invariance.{construct.verdict.term}")),
                Cell(compared),
                *(
                    Cell(number_in(getattr(row, side)) if row else None, "mean")
                    for side in ("estimate", "ci_low", "ci_high")
                ),
                count_cell(row, "n"),
                count_cell(first, "n"),
                Cell(_freed(rows, construct, row.level) if row else ""),
            )
            lines.append(Row(labels.question(construct.name), cells, question=construct.name))
    columns = (
        *(Column(labels(f"head.{name}")) for name in ("versions_verdict", "versions", "factor_difference")),
        *bounds(labels),
        *(Column(labels(f"head.{name}")) for name in ("n_version", "n_reference", "freed")),
    )
    return _table(rows, VERSIONS, "construct", columns, lines, _sentences(labels, constructs))


def _models(rows: ScaleRows, constructs: list[_Construct]) -> PrintedTable:
    """One row a model in a section for each construct: its fit, and what it costs beside the looser one."""
    labels, lines = rows.labels, []
    for construct in constructs:
        for name, found in construct.models.items():
            test, step = found["cfa_chi2"], found.get("invariance")
            cells = (
                *_chi2_cells(test),
                *(Cell(number_in(found[index].estimate), "decimal", digits=3) for index in ("cfi", "rmsea", "srmr")),
                *(_chi2_cells(step) if step else (Cell(""),) * 3),
                Cell(number_in(step.effect), "decimal", digits=3) if step else Cell(""),
                count_cell(test, "n"),
            )
            lines.append(Row(labels(f"invariance_model.{name}"), cells, labels.question(construct.name)))
    df, p = labels("head.df1"), labels("head.p")
    columns = (
        *map(Column, (CHI2, df, p, CFI, "RMSEA", SRMR, DELTA + CHI2, DELTA + df, f"{p} ({DELTA}{CHI2})", DELTA + CFI)),
        Column(labels("head.n")),
    )
    return _table(rows, MODELS, "model", columns, lines, [])


def _chi2_cells(test: Any) -> tuple[Cell, ...]:
    kinds = {"statistic": "decimal", "df1": "count", "p_value": "p"}
    return tuple(Cell(number_in(getattr(test, name)), kind) for name, kind in kinds.items())


def _spoken(labels: Labels, code: str) -> str:
    """Return the name of a language; its code where the catalogue has none."""
    name = labels.known("spoken", code)
    return code.upper() if name == code else name


def _freed(rows: ScaleRows, construct: _Construct, level: str) -> str:
    """Return the items that are left free, and by how much their answers or loadings differ."""
    labels = rows.labels
    return labels.join(
        labels(f"invariance.{r.statistic}", item=rows.item(r.item), by=labels.form.number(r.estimate, 2))
        for r in construct.of("intercept_difference", "loading_difference")
        if r.level == level
    )


def _sentences(labels: Labels, constructs: list[_Construct]) -> list[str]:
    """Say of which scales means of language versions may be compared, and of which not, with the reasons."""
    said = []
    for verdict in VERDICTS:
        names = [c for c in constructs if c.verdict.term == verdict]
        reasons = labels.join(labels.note(c.verdict.note) for c in names if c.verdict.note not in ("", UNWEIGHTED))
        scales = labels.join(labels.question(c.name) for c in names)
        if names:
            said.append(labels(f"invariance_said.{verdict}", scales=scales) + (f" ({reasons})" if reasons else ""))
    return said


def _table(
    rows: ScaleRows, kind: str, head: str, columns: tuple[Column, ...], lines: list[Row], said: list[str]
) -> PrintedTable:
    labels, results = rows.labels, rows.results
    frame = results.estimates[ANALYSIS]
    notes = said + ([labels("scales.unweighted")] if (frame["note"] == UNWEIGHTED).any() else [])
    level = labels.percent(results.confidence_level)
    about = (labels(f"scales_note.{kind}", **({"level": level} if kind == VERSIONS else {})),)
    source = labels("invariance.source", rows=f"{results.wave.name}/{ANALYSIS}/…", file=f"tables/{ANALYSIS}.csv")
    return PrintedTable(
        kind,
        labels(f"table.{kind}"),
        labels(f"head.{head}"),
        columns,
        tuple(lines),
        analysis=ANALYSIS,
        base_note=" ".join(filter(None, (*about, labels.origin(results.wave.origin)))),
        notes=tuple(notes),
        source=source,
    )
