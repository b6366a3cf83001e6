"""From a Survey to rows of the Estimates table, overall and by segment.

Shares, means, top and bottom boxes and ranks; of numbers also median and quartiles, and ratios of totals; totals where
the weights add up to a population.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from b2bsurvey.derived import scored
from b2bsurvey.design import Survey
from b2bsurvey.questionnaire import ANSWERED, BASES, Question, Variable
from b2bsurvey.responses import Mask
from b2bsurvey.statistics import intervals
from b2bsurvey.statistics.linearisation import Means, SampleDesign, domain_df, means, totals
from b2bsurvey.statistics.quantiles import quantiles
from b2bsurvey.statistics.ranks import rank_intervals
from b2bsurvey.statistics.ratios import ratios
from b2bsurvey.tables import SMALL_BASE, row_id

Row = dict[str, Any]
ONE_RESPONDENT = "one respondent: no standard error"
# statistic and answer of the quantile at each share
QUARTILES = {0.25: ("quantile", "0.25"), 0.5: ("median", ""), 0.75: ("quantile", "0.75")}


@dataclass(frozen=True)
class Quantity:
    """One number to estimate: the mean of `values` (n,) over the respondents in `domain` (n,) bool.

    With `per` (n,) it is the total of the values over that of `per`.
    """

    question: Question
    variable: Variable
    statistic: str
    base: str
    values: np.ndarray
    domain: Mask
    answer: str = ""
    segment: str = ""
    level: str = ""
    per: np.ndarray | None = None

    @property
    def is_share(self) -> bool:
        """Whether the number is a proportion (0–1)."""
        return self.statistic in ("proportion", "top2", "bottom2")


def estimates_of(survey: Survey, question: Question, analysis: str) -> list[Row]:
    """Return all rows for one question: each of its bases overall, its default base by every segment, ranks, totals."""
    quantities = list(_overall(survey, question))
    rows = estimated(survey, quantities, analysis)
    for segment in survey.questionnaire.segments_of(question):
        rows += _by_segment(survey, question, segment, analysis)
    default_base = number_base(question.base) if question.kind == "number" else question.base
    default = [q for q in quantities if q.base == default_base]
    return rows + _ranked(survey, default, analysis) + _totals(survey, default, analysis)


def bases_of(survey: Survey, question: Question) -> list[str]:
    """Return the question's default base and those of the others that give different percentages.

    A mean of numbers has the valid ones as its base, or those within a named filter.
    """
    if question.kind == "number":
        return ["valid" if question.base in BASES else question.base]
    bases: list[str] = []
    masks: list[Mask] = []
    for base in dict.fromkeys((question.base, *reversed(BASES))):
        mask = np.column_stack([survey.base(question, v, base) for v in question.variables])
        if not any(np.array_equal(mask, known) for known in masks):
            bases.append(base)
            masks.append(mask)
    return bases


def headline(survey: Survey, question: Question) -> list[Quantity]:
    """Return the shares that sum a question up, in its default base: top box, ticked, yes, or else every answer."""
    if question.top:
        wanted = {("top2", "+".join(question.top))}
    elif question.kind == "tick":
        wanted = {("proportion", "ticked")}
    else:
        codes = [a.code for a in question.answers]
        wanted = {("proportion", code) for code in (["yes"] if codes == ["yes", "no"] else codes)}
    quantities = (q for v in question.variables for q in _quantities(survey, question, v, question.base))
    return [q for q in quantities if (q.statistic, q.answer) in wanted]


def _overall(survey: Survey, question: Question) -> Iterator[Quantity]:
    if len(survey.responses):
        bases = bases_of(survey, question)
        if question.kind == "number":
            bases = list(dict.fromkeys(number_base(base) for base in bases))
        for base in bases:
            for variable in question.variables:
                yield from _quantities(survey, question, variable, base)


def number_base(base: str) -> str:
    """Only a valid number enters a mean, whatever the base of shares is."""
    return "valid" if base in BASES else base


def _quantities(survey: Survey, question: Question, variable: Variable, base: str) -> Iterator[Quantity]:
    """Yield what there is to estimate of one variable in one base."""
    responses = survey.responses
    domain = survey.base(question, variable, base)
    valid = responses.is_valid(variable.name)
    number = Quantity(question, variable, "mean", base, np.empty(0), domain)
    if question.kind == "number":
        number = replace(number, domain=domain & valid, base=number_base(base))
        method: str = question.derivation.method if question.derivation else ""
        if question.derivation and method == "ratio":
            values, per = (responses.values[name].to_numpy(dtype=float) for name in question.derivation.of)
            known = domain & np.isfinite(values) & np.isfinite(per)
            yield replace(number, statistic="ratio", values=values, per=per, domain=known)
        else:
            yield replace(number, values=responses.values[variable.name].to_numpy(dtype=float))
        return
    if question.kind in ("date", "text"):
        if base not in ("answered", "valid"):
            answered = responses.is_answered(variable.name).astype(float)
            yield replace(number, statistic="proportion", values=answered, answer=ANSWERED)
        return
    if question.kind == "tick":
        ticked = responses.has(variable.name, ("1",)).astype(float)
        yield replace(number, statistic="proportion", values=ticked, answer="ticked")
        return
    for answer in question.answers:
        given = responses.has(variable.name, (answer.code,)).astype(float)
        yield replace(number, statistic="proportion", values=given, answer=answer.code)
    for reason in responses.missing[variable.name].cat.categories:
        given = responses.has(variable.name, (reason,))
        if (given & domain).any():
            yield replace(number, statistic="proportion", values=given.astype(float), answer=reason)
    for statistic, box in (("top2", question.top), ("bottom2", question.bottom)):
        if box:
            given = responses.has(variable.name, box).astype(float)
            yield replace(number, statistic=statistic, values=given, answer="+".join(box))
    has_scores = question.level == "interval" or question.type in ("battery", "grid")
    if has_scores and (base == "valid" or base not in BASES):
        # as answered, so that mean and distribution agree: an index turns reversed items round
        values = scored(responses, question, variable.name, turned=False)
        yield replace(number, values=values, domain=domain & valid)


def _by_segment(survey: Survey, question: Question, segment: Question, analysis: str) -> list[Row]:
    refusal = survey.refusal(question.name, segment.name)
    if refusal:
        return [_refused(survey, question, analysis, refusal, segment=segment.name)]
    if not len(survey.responses):
        return []
    levels = survey.responses.values[segment.name].cat.codes.to_numpy()
    quantities = [
        replace(quantity, segment=segment.name, level=answer.code, domain=quantity.domain & (levels == place))
        for variable in survey.questionnaire.variables_beside(question, segment)
        for quantity in _quantities(survey, question, variable, question.base)
        for place, answer in enumerate(segment.answers)
    ]
    return estimated(survey, quantities, analysis)


def estimated(survey: Survey, quantities: list[Quantity], analysis: str) -> list[Row]:
    """Return a row for each quantity, under the design of the survey; nothing where nobody is left."""
    if not quantities or survey.design is None:
        return []
    averages = [q for q in quantities if q.per is None]
    rows = _means(survey, survey.design, averages, analysis) if averages else []
    for q in quantities:
        rows += [] if q.per is None else [_ratio(survey, survey.design, q, q.per, analysis)]
        rows += _quartiles(survey, survey.design, q, analysis) if q.question.kind == "number" and not q.is_share else []
    return rows


def _means(survey: Survey, design: SampleDesign, quantities: list[Quantity], analysis: str) -> list[Row]:
    values = np.column_stack([q.values for q in quantities])
    domain = np.column_stack([q.domain for q in quantities])
    found = means(design, values, domain, full=False)
    low, high = _intervals(survey, design, quantities, found)
    return [_row(survey, design, q, analysis, found, i, low[i], high[i]) for i, q in enumerate(quantities)]


def _intervals(
    survey: Survey, design: SampleDesign, quantities: list[Quantity], found: Means
) -> tuple[np.ndarray, np.ndarray]:
    """Wilson with the effective base for shares, Student's t for means; none where the design leaves nothing open.

    A share strictly between 0 and 1 without variance is fixed by the strata or the weights, and where the whole
    population was taken every number is: the interval is then the number itself.
    """
    level = survey.inference.confidence_level
    shares = np.array([q.is_share for q in quantities])
    df = np.array([_df(design, q) for q in quantities], dtype=float)
    wilson = intervals.wilson(found.estimate, found.n_effective, level)
    if _population_size(design):
        in_base = _population_size(design) * found.n / design.n
        wilson = intervals.wilson_finite(found.estimate, found.n, in_base, level)
    student = intervals.student(found.estimate, found.std_error, df, level)
    fixed = _is_fixed(found.estimate, found.variance, shares) | (found.variance == 0) & design.is_taken_whole
    known = shares | (found.n > 1)  # one respondent has no variance to learn from
    low, high = (
        np.where(fixed, found.estimate, np.where(known, np.where(shares, w, s), np.nan))
        for w, s in zip(wilson, student, strict=True)
    )
    return low, high


def _is_fixed(estimate: Any, variance: Any, share: Any) -> Any:
    """Tell which shares are known from the design: strictly between 0 and 1, and yet without variance."""
    return share & (variance == 0) & (estimate > 0) & (estimate < 1)


def _population_size(design: SampleDesign) -> float:
    """Return N of a simple random sample from a finite population, 0 for any other design."""
    parts = (design.strata, design.clusters, design.calibration)
    if design.population is None or not design.is_equally_weighted or any(part is not None for part in parts):
        return 0.0
    return float(design.population[0])


def _df(design: SampleDesign, quantity: Quantity) -> float:
    """A named filter is a subpopulation with degrees of freedom of its own; groups keep the design's (as in R)."""
    return float(design.df if quantity.base in BASES else domain_df(design, quantity.domain))


def _row(
    survey: Survey, design: SampleDesign, q: Quantity, analysis: str, found: Means, i: int, low: float, high: float
) -> Row:
    n = int(found.n[i])
    method = "student"
    if q.is_share:
        method = "wilson_finite" if _population_size(design) else "wilson"
    row = _base_row(survey, q, analysis, method, n, float(found.n_weighted[i])) | {
        "df": None if q.is_share else _df(design, q),
        "count": int((q.values[q.domain] == 1).sum()) if q.is_share else None,
    }
    if n == 0:
        return row
    fixed = _is_fixed(found.estimate[i], found.variance[i], q.is_share) and not design.is_taken_whole
    note = "fixed by the strata or the weights: no sampling error" if fixed else ""
    return row | {
        "estimate": float(found.estimate[i]),
        "std_error": float(found.std_error[i]),
        "ci_low": float(low),
        "ci_high": float(high),
        "deff": float(found.deff[i]),
        "n_effective": float(found.n_effective[i]),
        "note": note if n > 1 else ONE_RESPONDENT,
    }


def _base_row(survey: Survey, q: Quantity, analysis: str, method: str, n: int, n_weighted: float) -> Row:
    """Return what every estimated row has: what it is of, how its interval is made, and its base."""
    row = _identity(survey, q.question, analysis, q.statistic, q.base, q.variable, q.answer, q.segment, q.level)
    share = q.is_share or q.question.is_percentage
    row |= {
        "scale": "probability" if share else "points" if q.question.answers else "count",
        "unit": "" if share else q.question.unit.get("en", ""),
        "conf_level": survey.inference.confidence_level,
        "ci_method": method if survey.is_probability else f"{method}, model-based",
        "n": n,
        "n_weighted": n_weighted,
        "status": "ok" if n >= SMALL_BASE else "small_base",
    }
    return row if n else row | {"status": "not_estimable", "note": "nobody is in the base"}


def _ratio(survey: Survey, design: SampleDesign, q: Quantity, per: np.ndarray, analysis: str) -> Row:
    """Return the ratio of two totals over those who gave both numbers."""
    found = ratios(design, q.values, per, q.domain)
    n, df = int(found.n[0]), _df(design, q)
    row = _base_row(survey, q, analysis, "student", n, float(found.n_weighted[0])) | {"df": df}
    row["scale"] = "probability" if q.question.is_percentage else "ratio"
    if n == 0:
        return row
    if not np.isfinite(found.estimate[0]):
        return row | {"status": "not_estimable", "note": "the total to divide by is 0"}
    low, high = intervals.student(found.estimate, found.std_error, df, survey.inference.confidence_level)
    row |= {"estimate": float(found.estimate[0]), "std_error": float(found.std_error[0])}
    return row | {"ci_low": float(low[0]), "ci_high": float(high[0]), "note": "" if n > 1 else ONE_RESPONDENT}


def _quartiles(survey: Survey, design: SampleDesign, q: Quantity, analysis: str) -> list[Row]:
    """Return median and quartiles of the numbers themselves (of a ratio: of each respondent's own)."""
    values = survey.responses.values[q.variable.name].to_numpy(dtype=float)
    domain = q.domain & survey.responses.is_valid(q.variable.name)
    df, level = _df(design, q), survey.inference.confidence_level
    found = quantiles(design, values, list(QUARTILES), domain, level, df=df)
    rows = []
    for i, (statistic, answer) in enumerate(QUARTILES.values()):
        place = replace(q, statistic=statistic, answer=answer)
        row = _base_row(survey, place, analysis, "woodruff", found.n, found.n_weighted) | {"df": df}
        if found.n:
            is_open = np.isnan(found.low[i]) or np.isnan(found.high[i])
            note = "too few respondents to bound the interval on both sides" if is_open else ""
            row |= {"estimate": float(found.estimate[i]), "std_error": float(found.std_error[i])}
            row |= {"ci_low": float(found.low[i]), "ci_high": float(found.high[i])}
            row |= {"note": note if found.n > 1 else ONE_RESPONDENT}
        rows.append(row)
    return rows


def _totals(survey: Survey, quantities: list[Quantity], analysis: str) -> list[Row]:
    """Return the number in the population for each share, the sum in the population for each number.

    Only where the weights add up to a population, and not for constructs: a sum of scores means nothing. Those without
    an answer are not counted, which the note says.
    """
    kinds = ("mean",) if any(q.question.kind == "number" for q in quantities) else ("proportion",)
    constructs = survey.questionnaire.constructs
    chosen = [q for q in quantities if q.statistic in kinds and q.question.name not in constructs]
    design = survey.design
    if survey.weighting.population is None or design is None or not chosen:
        return []
    rows = []
    for q in chosen:
        df, n, n_weighted = _df(design, q), int(q.domain.sum()), float(design.weights @ q.domain)
        row = _base_row(survey, replace(q, statistic="total"), analysis, "student", n, n_weighted)
        row |= {"scale": "count", "df": df, "unit": survey.unit if q.is_share else ""}
        if n:
            found = totals(design, q.values, q.domain)
            estimate, error = float(found.estimate[0]), float(found.std_error[0])
            low, high = intervals.student(estimate, error, df, survey.inference.confidence_level)
            row |= {"estimate": estimate, "std_error": error, "ci_high": float(high)}
            row |= {"ci_low": max(0.0, float(low)) if q.is_share else float(low)}
            lacking = int((survey.responses.is_asked(q.variable.name) & ~q.domain).sum()) if q.base in BASES else 0
            row |= {"note": f"{lacking} respondents without an answer are not counted" if lacking else ""}
        rows.append(row)
    return rows


def _ranked(survey: Survey, quantities: list[Quantity], analysis: str) -> list[Row]:
    """Rank the items of a question by share ticked, or by mean score; exclusive options are not ranked."""
    if survey.design is None or not quantities or len(quantities[0].question.items) < 2:
        return []
    question = quantities[0].question
    exclusive = {i.code for i in question.items if i.exclusive}
    ranked = "proportion" if question.kind == "tick" else "mean"
    by = "proportions" if ranked == "proportion" else "means"
    rows: list[Row] = []
    for context in [c.code for c in question.contexts] or [""]:
        chosen = [
            q
            for q in quantities
            if q.statistic == ranked and q.variable.item not in exclusive and q.variable.context == context
        ]
        if len(chosen) < 2:
            continue
        values, domain = np.column_stack([q.values for q in chosen]), np.column_stack([q.domain for q in chosen])
        found = means(survey.design, values, domain)
        # the item ranked first most often has the smallest mean rank
        order = -1 if question.type == "ranking" else 1
        ranks = rank_intervals(order * found.estimate, found.covariance, found.df, survey.inference.confidence_level)
        refusal = survey.refusal_within(question)
        for i, q in enumerate(chosen):
            row = _identity(survey, question, analysis, "rank", q.base, q.variable, q.answer, "", "")
            row |= {
                "scale": "rank",
                "conf_level": survey.inference.confidence_level,
                "ci_method": "simultaneous: all pairwise differences, Holm",
                "df": float(found.df),
                "n": int(found.n[i]),
                "n_weighted": float(found.n_weighted[i]),
                "status": "ok" if found.n[i] >= SMALL_BASE else "small_base",
                "note": f"rank of {by} among {len(chosen)} items",
            }
            if np.isfinite(ranks.rank[i]):
                row["estimate"] = float(ranks.rank[i])
                row |= {} if refusal else {"ci_low": float(ranks.low[i]), "ci_high": float(ranks.high[i])}
            else:
                row |= {"status": "not_estimable"}
            if refusal:
                row["note"] += f"; no interval: {refusal}"
            rows.append(row)
    return rows


def _identity(
    survey: Survey,
    question: Question,
    analysis: str,
    statistic: str,
    base: str,
    variable: Variable | None = None,
    answer: str = "",
    segment: str = "",
    level: str = "",
) -> Row:
    item, context = (variable.item, variable.context) if variable else ("", "")
    where = f"{segment}={level}" if segment else ""
    return {
        "estimate_id": row_id(survey.wave, analysis, question.name, item, context, answer, statistic, base, where),
        "wave": survey.wave,
        "analysis": analysis,
        "question": question.name,
        "item": item,
        "answer": answer,
        "context": context,
        "segment": segment,
        "level": level,
        "base": base,
        "statistic": statistic,
        "design": survey.design_label,
        "origin": survey.origin,
    }


def _refused(survey: Survey, question: Question, analysis: str, why: str, segment: str) -> Row:
    statistic = "mean" if question.kind == "number" else "proportion"
    row = _identity(survey, question, analysis, statistic, question.base, segment=segment)
    return row | {"status": "not_estimable", "note": why}


def within_refused(survey: Survey, question: Question, analysis: str) -> Iterable[Row]:
    """Return the row that says why a variable made of several items cannot be estimated; nothing if it can."""
    why = survey.refusal_within(question) if question.derivation else ""
    return [_refused(survey, question, analysis, why, "")] if why else []
