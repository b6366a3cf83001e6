"""The families of tests of a wave, as the workbook and the report show them."""

from b2bsurvey.render.labels import Labels
from b2bsurvey.render.printed import Cell, Column, PrintedTable, Row, count_cell, number_in
from b2bsurvey.render.results import WaveResults


def family_table(results: WaveResults, labels: Labels) -> PrintedTable | None:
    """One row a family, a section an analysis; those of the config that this wave has no test of come last."""
    if results.families is None:
        return None
    noted, rows = bool((results.families["note"] != "").any()), []
    for r in results.families.itertuples():
        is_diagnostic = r.declared == "diagnostic"
        cells = (
            Cell(labels(f"declared.{r.declared}")),
            count_cell(r, "tests"),
            count_cell(r, "not_estimable"),
            count_cell(r, "family_size"),
            Cell(labels(f"adjustment.{r.adjustment}")),
            Cell(number_in(r.smallest_p), "p"),
            Cell(None if is_diagnostic else number_in(r.smallest_p_adjusted), "p"),
            Cell() if is_diagnostic else count_cell(r, "below_alpha"),
            *([Cell(labels.note(str(r.note)))] if noted else []),
        )
        section = labels.known("analysis", str(r.analysis)) if r.analysis else labels("declared.config")
        rows.append(Row(labels.family(str(r.family)), cells, section))
    names = ("declared", "tests", "not_estimable", "family_size", "adjustment", "smallest_p", "smallest_p_adjusted")
    columns = [Column(labels(f"head.{name}")) for name in names]
    columns.append(Column(labels("head.below_alpha", alpha=_alpha(results, labels))))
    columns += [Column(labels("head.note"))] if noted else []
    note = " ".join(n for n in (labels("table.families_note"), labels.origin(results.wave.origin)) if n)
    title, head = labels("table.families"), labels("head.family")
    return PrintedTable("families", title, head, tuple(columns), tuple(rows), base_note=note)


def families_in_words(results: WaveResults, labels: Labels) -> str:
    """Return how many tests in how many families there are, and how many of them stand after adjustment."""
    if results.families is None:
        return ""
    tested = results.families[(results.families["tests"] > 0) & (results.families["declared"] != "diagnostic")]
    numbers = {
        "tests": tested["family_size"].sum(),
        "families": (tested["family_size"] > 0).sum(),
        "below": tested["below_alpha"].sum(),
        "diagnostics": results.families.loc[results.families["declared"] == "diagnostic", "family_size"].sum(),
    }
    words = {name: labels.form.number(int(n)) for name, n in numbers.items()}
    return labels("report.families_sum", alpha=_alpha(results, labels), **words)


def _alpha(results: WaveResults, labels: Labels) -> str:
    return labels.form.number(1 - results.confidence_level, 2)
