"""The tables of the models: odds ratios and differences in probability, how well a model fits, what matters most."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from b2bsurvey.codebook import term_in_words
from b2bsurvey.questionnaire import Question
from b2bsurvey.render.labels import Labels
from b2bsurvey.render.printed import (
    SMALL,
    Cell,
    Column,
    PrintedTable,
    Row,
    bounds,
    count_cell,
    estimate_cells,
    number_in,
)
from b2bsurvey.render.results import WaveResults

MODEL_KINDS = ("model", "model_fit", "model_predictors", "within_between")
FIT = ("respondents", "events_per_term", "mcfadden", "auc")
OVERALL = ("wald_F", "pooled_wald_F", "firth_lr")
KINDS = {"count": "count", "index": "decimal", "ratio": "decimal", "probability": "decimal"}


@dataclass(frozen=True)
class _Model:
    """The rows of one model; `tests` are those of terms and predictors by (term, answer)."""

    results: WaveResults
    labels: Labels
    name: str
    outcome: Question
    rows: Sequence[Any]
    all_tests: Sequence[Any]

    def of(self, statistic: str) -> list[Any]:
        return [r for r in self.rows if r.statistic == statistic]

    @property
    def title(self) -> str:
        """The outcome, and what tells the model apart from others of it."""
        labels, outcome = self.labels, self.labels.term(self.rows[0].outcome)
        if self.name in self.results.questionnaire.questions:
            return labels("table.model", outcome=outcome)
        owners = {self.results.questionnaire.owner(r.term.partition("=")[0]).name for r in self.of("odds_ratio")}
        name = labels.question(owners.pop()) if len(owners) == 1 else self.name
        return labels("table.model_named", outcome=outcome, name=name)

    def answer(self, code: str) -> str:
        """Return the label of an answer to the outcome, which may be ticked."""
        return self.labels("head.ticked") if self.outcome.kind == "tick" else self.labels.answer(self.outcome, code)

    @property
    def answers(self) -> list[tuple[str, str]]:
        """The answer and its base that odds ratios are about: one but in multinomial models."""
        return list(dict.fromkeys((r.answer, r.answer2) for r in self.of("odds_ratio")))

    @property
    def probable(self) -> dict[str, str]:
        """The answer whose probability stands beside each answer's odds ratio: of an order the furthest."""
        effects = [r.answer for r in self.of("ame")]
        return {answer: answer or (effects[-1] if effects else "") for answer, _ in self.answers}

    def _base(self, row: Any) -> str:
        imputations = number_in(getattr(row, "imputations", None))
        return self.labels("base.model_imputed", m=imputations) if imputations else self.labels("base.model")

    def table(
        self,
        kind: str,
        title: str,
        head: str,
        columns: Sequence[Column],
        rows: Sequence[Row],
        note: str,
        *below: str,
    ) -> PrintedTable:
        """Return a table of the model with its base, the mark of its origin, and where its numbers stand."""
        labels, first = self.labels, next(iter(self.of("odds_ratio")))
        about = [
            labels("table.base", base=self._base(first), n=labels.form.number(first.n)),
            note,
            labels.origin(self.results.wave.origin),
        ]
        methods = labels.join(labels.ci_method(r.ci_method) for r in self.rows if r.ci_method)
        tested = [t for t in self.all_tests if t.role == "test" and number_in(t.p_value) is not None]
        small = any(cell.small for row in rows for cell in row.cells)
        return PrintedTable(
            kind,
            title,
            labels(f"head.{head}"),
            tuple(columns),
            tuple(rows),
            analysis="models",
            question=self.outcome.name,
            subtitle=self.outcome.text[labels.language],
            base_note=" ".join(part for part in about if part),
            notes=(*below, *((labels("table.small_base", mark=SMALL),) if small else ())),
            source=labels(
                "table.model_source",
                estimation=labels.join(labels.note(t.method_reason) for t in tested[:1]),
                weights=labels.design(first.design),
                intervals=methods,
                families=family_of_model(labels, tested) or labels("table.no_tests"),
                rows=f"{self.results.wave.name}/models/{self.name}/…",
                file="tables/models.csv",
            ),
        )


def model_tables(results: WaveResults, labels: Labels) -> Iterator[PrintedTable]:
    """Yield for each model that was estimated its terms, its fit, and what is known of its predictors."""
    estimates, tests = results.estimates["models"], results.tests["models"]
    estimates = estimates[estimates["context2"] == ""]  # those of two contexts have a table of their own
    for name, rows in estimates.groupby("model", sort=False):
        outcome = results.questionnaire.questions[rows["question"].iloc[0]]
        own = list(tests[tests["model"] == name].itertuples())
        model = _Model(results, labels, str(name), outcome, list(rows.itertuples()), own)
        if not model.of("odds_ratio"):
            continue
        yield _terms(model)
        yield _fit(model)
        yield _predictors(model)


def family_of_model(labels: Labels, tested: Sequence[Any]) -> str:
    """Return in words the family in which the tests of a model are adjusted; nothing where there are none."""
    if not tested:
        return ""
    family, size, adjustment = (getattr(tested[0], name) for name in ("family", "family_size", "adjustment"))
    return labels(
        "table.family",
        family=labels.family(family),
        size=labels.form.number(int(size)),
        adjustment=labels(f"adjustment.{adjustment}"),
    )


def _terms(model: _Model) -> PrintedTable:
    """One row a term, a section a predictor; those of several answers also have a row for all of them together."""
    labels = model.labels
    ratios = {(r.term, r.answer): r for r in model.of("odds_ratio")}
    effects = {(r.term, r.answer): r for r in model.of("ame")}
    tests = {(t.term, t.answer): t for t in model.all_tests if t.role != "diagnostic"}
    rows: list[Row] = []
    numbers: list[Row] = []
    for answer, base in model.answers:
        about = ""
        if len(model.answers) > 1:
            versus = (model.answer(code) for code in (answer, base))
            about = labels("word.versus", answer=next(versus), base=next(versus))
        previous = ""
        for (term, own), ratio in ratios.items():
            if own != answer:
                continue
            predictor, label, reference = _words(model, term, ratio.reference)
            name = term.partition("=")[0]
            section = labels("word.reference", name=predictor, reference=reference) if reference else predictor
            joint = tests.get((name, ""))
            if name != previous and joint is not None and name != term and not about:
                rows.append(_row(labels("word.all_answers"), section, None, None, joint))
            previous = name
            line = _row(label, section, ratio, effects.get((term, model.probable[answer])), tests.get((term, own)))
            (rows if section else numbers).append(
                Row(line.label, line.cells, _joined(about, section or labels("word.per_unit")), model.outcome.name)
            )
        rows, numbers = [*rows, *numbers], []
    columns = [Column(labels("head.odds_ratio")), *bounds(labels)]
    columns += [Column(labels("head.probability")), *bounds(labels), Column(labels("head.p_adjusted"))]
    several = len(model.answers) > 1
    kind = "nominal" if several else "binary" if model.answers[0][0] else "ordinal"
    of = model.answers[0][1] if several else model.probable[model.answers[0][0]]
    note = labels(f"table.model_note_{kind}", answer=model.answer(of))
    return model.table("model", model.title, "term", columns, rows, note, labels("table.model_p_note"))


def _words(model: _Model, term: str, reference: str) -> tuple[str, str, str]:
    return term_in_words(model.results.questionnaire, term, reference, model.labels.language)


def _joined(about: str, section: str) -> str:
    return " · ".join(part for part in (about, section) if part)


def _row(label: str, section: str, ratio: Any, effect: Any, test: Any) -> Row:
    p = None if test is None else number_in(test.p_adjusted)
    points = [
        Cell(None if cell.value is None else 100 * float(cell.value), "decimal", cell.small, digits=1)
        for cell in estimate_cells(effect)
    ]
    return Row(label, (*estimate_cells(ratio), *points, Cell(p, "p")), section)


def _fit(model: _Model) -> PrintedTable:
    """Return respondents, events a term, measures and tests of fit."""
    labels, rows = model.labels, []
    for r in (row for statistic in FIT for row in model.of(statistic)):
        cells = [Cell(number_in(value), KINDS[r.scale]) for value in (r.estimate, r.ci_low, r.ci_high)]
        note = labels("table.of_known", n=labels.form.number(r.n)) if r.statistic == "respondents" else ""
        rows.append(_fact(labels(f"model_fit.{r.statistic}"), cells, note=labels.join([note, labels.note(r.note)])))
    for r in model.of("missing_predictors"):
        if not r.term:
            rows.append(_fact(labels("model_fit.any"), [count_cell(r, "count"), Cell(), Cell()]))
    for t in model.all_tests:
        if t.role == "diagnostic":
            overall = [labels("model_fit.overall")] if t.test in OVERALL else []
            label = labels("word.colon").join([*overall, labels.known("test", t.test)])
            rows.append(_fact(label, [Cell(number_in(t.statistic), "decimal"), Cell(), Cell()], t, labels.note(t.note)))
    names = ("value", "low", "high", "df1", "df2", "p", "note")
    columns = [Column(labels(f"head.{name}"), role=name if name in ("low", "high") else "") for name in names]
    used = [i for i in range(len(columns)) if any(row.cells[i].value not in (None, "") for row in rows)]
    rows = [replace(row, cells=tuple(row.cells[i] for i in used)) for row in rows]
    title = labels("table.model_fit", model=model.title)
    return model.table("model_fit", title, "measure", [columns[i] for i in used], rows, labels("table.model_fit_note"))


def _fact(label: str, cells: Sequence[Cell], test: Any = None, note: str = "") -> Row:
    numbers = [None, None, None] if test is None else [number_in(v) for v in (test.df1, test.df2, test.p_value)]
    kinds = ["count" if n is None or float(n).is_integer() else "decimal" for n in numbers[:2]] + ["p"]
    return Row(label, (*cells, *(Cell(n, kind) for n, kind in zip(numbers, kinds, strict=True)), Cell(note)))


def _predictors(model: _Model) -> PrintedTable:
    """Return what each predictor adds to McFadden's R², the largest first, its inflation and its missing answers."""
    labels = model.labels
    dominance, inflation, missing = (
        {r.term: r for r in model.of(statistic)}
        for statistic in ("dominance", "variance_inflation", "missing_predictors")
    )
    adds = {term: value for term, r in dominance.items() if (value := number_in(r.estimate)) is not None}
    whole = sum(adds.values())
    rows = []
    for name in sorted((term for term in missing if term), key=lambda term: -adds.get(term, 0.0)):
        added = dominance.get(name) if adds else None
        numbers = [None if added is None else number_in(v) for v in _bounded(added)]
        cells = [Cell(number, "decimal", digits=3) for number in numbers] if adds else []
        cells += [Cell(adds[name] / whole if whole else None, "share")] if adds else []
        factor = inflation.get(name)
        cells.append(Cell(None if factor is None else number_in(factor.estimate), "decimal"))
        rows.append(
            Row(labels.predictor(name), (*cells, count_cell(missing[name], "count")), question=model.outcome.name)
        )
    columns = [Column(labels("head.dominance")), *bounds(labels), Column(labels("head.part"))] if adds else []
    columns += [Column(labels("head.variance_inflation")), Column(labels("head.missing_predictors"))]
    note = labels("table.model_predictors_note")
    if adds:
        n = labels.form.number(next(iter(dominance.values())).n)
        note = f"{labels('table.importance_note', n=n)} {note}"
    return model.table(
        "model_predictors", labels("table.model_predictors", model=model.title), "term", columns, rows, note
    )


def _bounded(row: Any) -> tuple[Any, Any, Any]:
    return (None, None, None) if row is None else (row.estimate, row.ci_low, row.ci_high)
