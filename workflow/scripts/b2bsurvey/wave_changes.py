"""Trends: how the answers of several waves differ, and what of a change is due to who took part.

Only what `codebook_diff` finds comparable is compared, in the base that it names.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from b2bsurvey.association import adjusted, family_of, result_row
from b2bsurvey.codebook_diff import CARE, AskedWave, Verdict, verdict
from b2bsurvey.config import Inference, Wave
from b2bsurvey.design import Survey, read_survey
from b2bsurvey.estimates import Quantity, Row, estimated, headline, number_base
from b2bsurvey.questionnaire import ANALYSES, BASES, Question
from b2bsurvey.statistics.change import (
    Answers,
    Estimate,
    any_change_test,
    change,
    change_test,
    decomposed,
    equivalence_test,
    slope,
    slope_test,
)
from b2bsurvey.statistics.paired import mean_difference, paired_proportions, paired_scores
from b2bsurvey.statistics.significance import SignificanceTest
from b2bsurvey.tables import SMALL_BASE, Tables, estimates_table, row_id, tests_table
from b2bsurvey.waves import base_in_common

ACROSS = "waves"  # stands for the wave of what is of several
SEGMENT = "wave"
SHARE_MARGIN, MEAN_MARGIN = 0.10, 0.2  # of equivalence: 10 points, and 0.2 standard deviations (small: Cohen 1988)
Numbers = Mapping[str, Sequence[Quantity]]  # of each wave
LEAST_IN_CELL = 5  # respondents of a group, in each wave, whose mean enters a decomposition
COMPOSITION_ROLES = ("firm_size", "sector")
UNKNOWN = -1


@dataclass(frozen=True)
class SurveyedWave:
    """A wave of a series with its survey."""

    wave: Wave
    survey: Survey

    @property
    def name(self) -> str:
        """The name of the wave."""
        return self.wave.name

    @cached_property
    def asked(self) -> AskedWave:
        """What was asked in it."""
        return AskedWave(self.wave, self.survey.questionnaire)


@dataclass(frozen=True, eq=False)
class _Pair:
    """A question's number in two waves."""

    first: SurveyedWave
    second: SurveyedWave
    analysis: str
    before: Quantity
    after: Quantity
    verdict: Verdict

    @property
    def answers(self) -> tuple[Answers, Answers]:
        is_panel = all(side.survey.sampling == "panel" for side in (self.first, self.second))
        return _answers(self.first, self.before, is_panel), _answers(self.second, self.after, is_panel)

    @property
    def level(self) -> float:
        return self.second.survey.inference.confidence_level

    @property
    def place(self) -> Row:
        """What rows of both tables say of it, with its id."""
        q = self.after
        names = (q.variable.item, q.variable.context, q.answer, q.statistic, q.base)
        return {
            "id": row_id(ACROSS, self.analysis, q.question.name, *names, f"{self.second.name}-{self.first.name}"),
            "wave": ACROSS,
            "analysis": self.analysis,
            "question": q.question.name,
            "item": q.variable.item,
            "answer": q.answer,
            "context": q.variable.context,
            "segment": SEGMENT,
            "level": self.second.name,
            "design": _designs((self.first, self.second)),
        }

    @property
    def caution(self) -> str:
        """What a reader must know of the comparison."""
        care = f"comparable with care: {', '.join(self.verdict.changes)}" if self.verdict.comparability == CARE else ""
        return _joined(care, f"compared in the base '{self.after.base}' only" if self.verdict.why else "")


def wave_changes(series: Iterable[Sequence[SurveyedWave]]) -> Tables:
    """Compare the waves of each series, in the order of time, on every question with a role that is comparable.

    For each of its headline numbers: its value in each wave; between each two waves the difference (later − earlier),
    its parts by composition and real change, and both values with the composition held at the mean of both; over
    three waves and more the slope. Tests: of each difference, of its equivalence within ∓10 points or ∓0.2 standard
    deviations, of change among panel members (respondents with the same key where both waves are panels), and of any
    change and of a slope; each kind of test of a question is a family. A comparison that is refused is a row that
    says why.
    """
    estimates: dict[str, Row] = {}
    tests: list[Row] = []
    for waves in series:
        for analysis, name in _questions(waves):
            rows, own_tests = _of_question(waves, analysis, name)
            estimates |= {row["estimate_id"]: row for row in rows if row["estimate_id"] not in estimates}
            tests += own_tests
    return Tables(estimates_table(estimates.values()), adjusted(tests_table(tests)))


def read_series(
    series: Sequence[Sequence[Wave]],
    inference: Inference,
    *,
    responses: Sequence[str],
    ledgers: Sequence[str],
    weightings: Sequence[str],
) -> list[list[SurveyedWave]]:
    """Read the waves of each series from what screening wrote: paths of all of them, in the order of the waves.

    Raises:
        StudyError: as `design.survey_of`.
    """
    files = zip(responses, ledgers, weightings, strict=True)
    return [
        [
            SurveyedWave(wave, read_survey(wave, inference, responses=paths[0], ledger=paths[1], weighting=paths[2]))
            for wave, paths in zip(waves, files, strict=False)
        ]
        for waves in series
    ]


def by_analysis(tests: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return the tests of each analysis."""
    return {str(name): members for name, members in tests.groupby("analysis", sort=False)}


def _questions(waves: Sequence[SurveyedWave]) -> list[tuple[str, str]]:
    """Return (analysis, question) of all with a role that at least two waves asked; each once."""
    found: dict[str, str] = {}
    asked = [
        {q.name for q in w.survey.questionnaire.with_role(*(r for rs in ANALYSES.values() for r in rs))} for w in waves
    ]
    for analysis, roles in ANALYSES.items():
        for wave in reversed(waves):
            for question in wave.survey.questionnaire.with_role(*roles):
                if sum(question.name in names for names in asked) > 1:
                    found.setdefault(question.name, analysis)
    return [(analysis, name) for name, analysis in found.items()]


def _of_question(waves: Sequence[SurveyedWave], analysis: str, name: str) -> tuple[list[Row], list[Row]]:
    rows: list[Row] = []
    tests: list[Row] = []
    asking = [w for w in waves if name in w.survey.questionnaire.questions and not _question(w, name).not_asked]
    numbers = {wave.name: _numbers(wave, name) for wave in asking}
    for first, second in combinations(asking, 2):
        found = verdict(first.asked, second.asked, name)
        why = "only numbers and closed answers are compared" if _is_open(_question(second, name)) else ""
        why = why or (_without_joint((first, second), name, found.base) if found.base else found.why)
        if why:
            rows.append(_refused(first, second, analysis, name, why))
            continue
        pairs = _pairs(first, second, analysis, numbers, found)
        for pair in pairs:
            rows += [*_values(first, pair.before, analysis), *_values(second, pair.after, analysis)]
            rows += [*_change_rows(pair), *_composition_rows(pair)]
            tests += _pair_tests(pair)
    more, more_tests = _over_all(asking, analysis, numbers)
    return [*rows, *more], [*tests, *more_tests]


def _question(wave: SurveyedWave, name: str) -> Question:
    return wave.survey.questionnaire.questions[name].as_asked


def _is_open(question: Question) -> bool:
    """Whether its answers are no numbers and no shares: texts, days, and ratios of totals."""
    ratio = question.derivation is not None and question.derivation.method == "ratio"
    return question.kind in ("text", "date") or ratio


def _without_joint(waves: Iterable[SurveyedWave], name: str, base: str) -> str:
    """Say why rebuilt respondents do not tell a number: made of several items, or of the members of a filter."""
    for wave in waves:
        asked = wave.survey.questionnaire
        condition = asked.filters.get(base)
        others = [asked.owner(source).name for source in condition.names] if condition else []
        within = wave.survey.refusal_within(_question(wave, name)) if _question(wave, name).derivation else ""
        why = within or wave.survey.refusal(name, *others)
        if why:
            return why
    return ""


def _numbers(wave: SurveyedWave, name: str) -> list[Quantity]:
    """Return the numbers that sum a question up, in its own base."""
    survey, question = wave.survey, _question(wave, name)
    if survey.design is None or _is_open(question):
        return []
    if question.kind != "number":
        return headline(survey, question)
    base = number_base(question.base)
    return [
        Quantity(question, v, "mean", base, survey.responses.values[v.name].to_numpy(float), domain)
        for v in question.variables
        for domain in [survey.base(question, v, base) & survey.responses.is_valid(v.name)]
    ]


def _in_base(wave: SurveyedWave, numbers: Iterable[Quantity], base: str) -> dict[tuple[str, ...], Quantity]:
    """Return the numbers, of the members of a filter where `base` is one, by what they are of."""
    found = list(numbers)
    if base not in BASES:
        members = {v: wave.survey.base(q.question, v, base) for q in found for v in [q.variable]}
        found = [replace(q, base=base, domain=q.domain & members[q.variable]) for q in found]
    return {(q.variable.name, q.statistic, q.answer): q for q in found}


def _pairs(first: SurveyedWave, second: SurveyedWave, analysis: str, numbers: Numbers, found: Verdict) -> list[_Pair]:
    before, after = (_in_base(wave, numbers[wave.name], found.base) for wave in (first, second))
    return [
        _Pair(first, second, analysis, before[key], after[key], _of_item(first, second, after[key]))
        for key in before
        if key in after and before[key].domain.any() and after[key].domain.any()
    ]


def _of_item(first: SurveyedWave, second: SurveyedWave, quantity: Quantity) -> Verdict:
    return verdict(first.asked, second.asked, quantity.question.name, quantity.variable.item)


def _answers(wave: SurveyedWave, q: Quantity, is_panel: bool = False) -> Answers:
    survey = wave.survey
    if survey.design is None:
        raise ValueError("nobody is left in the wave")
    # of clusters that are no firms it is not known which two waves have in common
    unit = "respondent" if survey.design.clusters is None else "firm"
    respondents = survey.responses.respondents
    units = respondents[unit].to_numpy(str) if is_panel and unit in respondents else None
    return Answers(survey.design, q.values, q.domain, units, q.base not in BASES)


# ---- rows of the Estimates table


def _values(wave: SurveyedWave, quantity: Quantity, analysis: str) -> list[Row]:
    """Return the row of a value, as the wave's own tables give it."""
    return [r for r in estimated(wave.survey, [quantity], analysis) if r["statistic"] == quantity.statistic]


def _change_rows(pair: _Pair) -> list[Row]:
    return [_row(pair, "difference", change(*pair.answers))]


def _row(pair: _Pair, statistic: str, found: Estimate, of: SurveyedWave | None = None, note: str = "") -> Row:
    """Return the row of a number of two waves, or of one of them in the light of the other."""
    place, q = pair.place, pair.after
    level, level2 = ((of or pair.second).name, (pair.first if of is not pair.first else pair.second).name)
    low, high = found.interval(pair.level)
    n = (pair.before if of is pair.first else pair.after).domain.sum() if of else sum(a.n for a in pair.answers)
    model_based = not (pair.first.survey.is_probability and pair.second.survey.is_probability)
    small = min(answers.n for answers in pair.answers) < SMALL_BASE
    return place | {
        "estimate_id": row_id(place["id"], statistic, of.name if of else ""),
        "level": level,
        "base": q.base,
        "statistic": statistic,
        "scale": _scale(q),
        "unit": "" if q.is_share else q.question.unit.get("en", ""),
        "estimate": found.estimate,
        "std_error": found.std_error,
        "ci_low": low,
        "ci_high": high,
        "conf_level": pair.level,
        "ci_method": "student, model-based" if model_based else "student",
        "df": found.df,
        "n": int(n),
        "segment2": SEGMENT,
        "level2": level2,
        "origin": pair.second.survey.origin,
        "status": "small_base" if small else "ok",
        "note": _joined(note, pair.caution),
    }


def _scale(q: Quantity) -> str:
    return "probability" if q.is_share else "points" if q.question.answers else "count"


def _composition_rows(pair: _Pair) -> list[Row]:
    """Return composition and real change, and both values standardised; one row that says why where it cannot be."""
    groups = _groups(pair)
    if isinstance(groups, str):
        row = _row(pair, "composition", Estimate(np.nan, np.nan, 0.0), note=groups)
        return [row | {"estimate": None, "std_error": None, "status": "not_estimable"}]
    first, second = pair.answers
    found = decomposed(first, second, groups.first, groups.second)
    return [
        _row(pair, "standardised", found.first, pair.first, groups.note),
        _row(pair, "standardised", found.second, pair.second, groups.note),
        _row(pair, "composition", found.composition, note=groups.note),
        _row(pair, "real_change", found.real, note=groups.note),
    ]


@dataclass(frozen=True, eq=False)
class _Groups:
    """What the composition is of, in columns (n, k) of each wave, and in words."""

    first: np.ndarray
    second: np.ndarray
    note: str


def _groups(pair: _Pair) -> _Groups | str:
    """Return the groups whose shares the composition is: cells of firm size and sector, or each for itself.

    Groups with fewer than `LEAST_IN_CELL` respondents in a wave, no answer among them, are joined.
    """
    name, sides = pair.after.question.name, (pair.first, pair.second)
    known = [s for s in _segments(pair) if not any(w.survey.refusal(name, s) for w in sides)]
    if not known:
        return "composition not known: the waves share no other question on firm size or sector"
    domains = (pair.before.domain, pair.after.domain)
    codes: list[tuple[np.ndarray, np.ndarray]] = []
    used = []
    for segment in known:
        both = [w.survey.responses.values[segment].cat.codes.to_numpy(int) for w in sides]
        joined = _with_enough(both[0], both[1], domains)
        if len(np.unique(joined[0][domains[0]])) > 1:
            codes.append(joined)
            used.append(segment)
    if not codes:
        return f"composition not known: no two groups have {LEAST_IN_CELL} respondents in both waves"
    words = " and ".join(used)
    crossed = [sum(part * 1000**i for i, part in enumerate(side)) for side in zip(*codes, strict=True)]
    if _least(crossed[0], crossed[1], domains) >= LEAST_IN_CELL:
        values = np.unique(crossed[0][domains[0]])
        first, second = ((side[:, None] == values).astype(float) for side in crossed)
        return _Groups(first, second, f"composition by {words} as the mean of both waves")
    first, second = (_effects([part[i] for part in codes], codes, domains) for i in (0, 1))
    return _Groups(first, second, f"composition by {words}, without their interaction, as the mean of both waves")


def _segments(pair: _Pair) -> list[str]:
    """Return the questions on firm size and sector that both waves asked with the same answers, but for itself."""
    asked = [w.survey.questionnaire for w in (pair.first, pair.second)]
    sources = asked[1].sources(pair.after.question.name)
    return [
        q.name
        for q in asked[1].with_role(*COMPOSITION_ROLES)
        if q.kind == "category"
        and not q.items
        and not asked[1].sources(q.name) & sources
        and q.name in {s.name for s in asked[0].with_role(*COMPOSITION_ROLES)}
        and [a.code for a in q.answers] == [a.code for a in asked[0].questions[q.name].answers]
    ]


def _counts(first: np.ndarray, second: np.ndarray, domains: tuple[np.ndarray, np.ndarray]) -> dict[int, int]:
    """Return of each group how many respondents it has in the wave that has fewer of it."""
    inside = [codes[domain] for codes, domain in zip((first, second), domains, strict=True)]
    return {int(g): min(int((side == g).sum()) for side in inside) for g in np.unique(np.concatenate(inside))}


def _least(first: np.ndarray, second: np.ndarray, domains: tuple[np.ndarray, np.ndarray]) -> int:
    return min(_counts(first, second, domains).values())


def _with_enough(
    first: np.ndarray, second: np.ndarray, domains: tuple[np.ndarray, np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """Join groups that are too small, the smallest first, until all that are left have enough in both waves.

    What is joined is called by the code of no answer.
    """
    while True:
        counts = _counts(first, second, domains)
        small = [g for g, n in counts.items() if n < LEAST_IN_CELL]
        if not small or len(counts) < 2:
            return first, second
        others = sorted((n, g) for g, n in counts.items() if g != UNKNOWN)
        joined = [g for g in small if g != UNKNOWN] or [others[0][1]]
        first, second = (np.where(np.isin(side, joined), UNKNOWN, side) for side in (first, second))


def _effects(
    own: Sequence[np.ndarray],
    codes: Sequence[tuple[np.ndarray, np.ndarray]],
    domains: tuple[np.ndarray, np.ndarray],
) -> np.ndarray:
    """Return a constant and indicators of all but the first group of each variable."""
    columns = [np.ones(len(own[0]))]
    for side, (first, second) in zip(own, codes, strict=True):
        columns += [(side == group).astype(float) for group in sorted(_counts(first, second, domains))[1:]]
    return np.column_stack(columns)


# ---- rows of the Tests table


def _pair_tests(pair: _Pair) -> list[Row]:
    first, second = pair.answers
    margin = (
        SHARE_MARGIN if pair.after.is_share else MEAN_MARGIN * float(np.hypot(first.spread, second.spread) / 2**0.5)
    )
    found = [_test(pair, "", change_test(first, second, pair.level)) | {"null_value": 0.0, "alternative": "two-sided"}]
    if margin > 0:
        test = equivalence_test(first, second, margin, pair.level)
        found.append(_test(pair, "equivalence", test) | {"null_value": margin, "alternative": "equivalence"})
    return [*found, *_panel_tests(pair)]


def _test(pair: _Pair, kind: str, found: SignificanceTest) -> Row:
    inference, place = pair.second.survey.inference, pair.place
    family = family_of(inference, place["question"], SEGMENT)
    return (
        place
        | result_row(found)
        | {
            "test_id": row_id(place["id"], kind or "difference"),
            "family": f"{family}: {kind}" if kind else family,
            "role": "test",
            "comparison": f"{pair.first.name} / {pair.second.name}",
            "adjustment": inference.adjustment,
            "note": _joined(found.note, pair.caution),
        }
    )


def _panel_tests(pair: _Pair) -> list[Row]:
    """Return the test of the change among those who answered in both waves of a panel."""
    design = pair.second.survey.design
    keys = [w.survey.responses.respondents["respondent"].to_numpy(str) for w in (pair.first, pair.second)]
    if design is None or any(w.survey.sampling != "panel" for w in (pair.first, pair.second)):
        return []
    _, one, other = np.intersect1d(keys[0], keys[1], return_indices=True)
    if not len(one):
        return []
    earlier, later = np.full(len(keys[1]), np.nan), np.full(len(keys[1]), np.nan)
    earlier[other] = np.where(pair.before.domain, pair.before.values, np.nan)[one]
    later[other] = np.where(pair.after.domain, pair.after.values, np.nan)[other]
    if not (np.isfinite(earlier) & np.isfinite(later)).any():
        return []
    if pair.after.is_share:
        found = paired_proportions(design, later, earlier, pair.level)
    else:
        found = paired_scores(design, later, earlier, "interval", pair.level)
        found = found.with_effect(mean_difference(design, later, earlier, pair.level))
    return [_test(pair, "panel", found) | {"null_value": 0.0, "alternative": "two-sided"}]


# ---- three waves and more


def _over_all(waves: Sequence[SurveyedWave], analysis: str, given: Numbers) -> tuple[list[Row], list[Row]]:
    """Return the slope of each number over all waves that can be compared in one base, and its tests."""
    if len(waves) < 3 or not given[waves[-1].name]:
        return [], []
    name = given[waves[-1].name][0].question.name
    base, why = base_in_common(name, *(wave.asked.base for wave in waves))
    alike = all(verdict(waves[0].asked, wave.asked, name).base for wave in waves[1:])
    if not base or not alike or _without_joint(waves, name, base):
        return [], []
    numbers = [_in_base(wave, given[wave.name], base) for wave in waves]
    times, unit = _times(waves)
    rows: list[Row] = []
    tests: list[Row] = []
    for key, last in numbers[-1].items():
        if not all(key in each and each[key].domain.any() for each in numbers):
            continue
        found = replace(_of_item(waves[0], waves[-1], last), base=base, why=why)
        pair = _Pair(waves[0], waves[-1], analysis, numbers[0][key], last, found)
        is_panel = all(w.survey.sampling == "panel" for w in waves)
        answers = [_answers(wave, each[key], is_panel) for wave, each in zip(waves, numbers, strict=True)]
        for wave, each in zip(waves, numbers, strict=True):
            rows += _values(wave, each[key], analysis)
        if verdict(waves[0].asked, waves[-1].asked, name).base != base:  # these two are compared in their own too
            rows += [*_change_rows(pair), *_composition_rows(pair)]
            tests += _pair_tests(pair)
        rows.append(_row(pair, "slope", slope(answers, times)) | {"unit": unit, "n": sum(a.n for a in answers)})
        for kind, test in (("slope", slope_test(answers, times, pair.level)), ("any", any_change_test(answers))):
            row = _test(pair, "trend", test) | {"comparison": " / ".join(w.name for w in waves)}
            tests.append(row | {"test_id": row_id(row["test_id"], kind), "alternative": "two-sided"})
    return rows, tests


def _times(waves: Sequence[SurveyedWave]) -> tuple[list[float], str]:
    """Return when each wave was in the field, in years, and the unit; its place where the days are not known."""
    starts = [wave.wave.fieldwork.start for wave in waves]
    if not all(starts) or len(set(starts)) < len(starts):
        return [float(i) for i in range(len(waves))], "wave"
    days = [date.fromisoformat(str(start)).toordinal() for start in starts]
    return [(day - days[0]) / 365.25 for day in days], "year"


def _refused(first: SurveyedWave, second: SurveyedWave, analysis: str, name: str, why: str) -> Row:
    return {
        "estimate_id": row_id(ACROSS, analysis, name, f"{second.name}-{first.name}", "difference"),
        "wave": ACROSS,
        "analysis": analysis,
        "question": name,
        "segment": SEGMENT,
        "level": second.name,
        "segment2": SEGMENT,
        "level2": first.name,
        "statistic": "difference",
        "design": _designs((first, second)),
        "origin": second.survey.origin,
        "status": "not_estimable",
        "note": why,
    }


def _designs(waves: Sequence[SurveyedWave]) -> str:
    return " / ".join(dict.fromkeys(wave.survey.design_label for wave in waves))


def _joined(*notes: Any) -> str:
    return "; ".join(note for note in notes if note)
