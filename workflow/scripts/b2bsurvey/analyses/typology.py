"""Types of users: latent classes by what they use or do, how large they are, and who is in them."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from b2bsurvey.association import adjusted, tested
from b2bsurvey.co_use import answer_of_use, uses
from b2bsurvey.design import Survey
from b2bsurvey.estimates import Row
from b2bsurvey.questionnaire import BASES, LEAST_OF_TYPES, Question, Variable
from b2bsurvey.responses import Mask
from b2bsurvey.statistics.intervals import logit
from b2bsurvey.statistics.latent_class_errors import class_errors
from b2bsurvey.statistics.latent_classes import LEAST, Choice, LatentClasses, choose_classes
from b2bsurvey.statistics.linearisation import SampleDesign, domain_df, means
from b2bsurvey.tables import SMALL_BASE, Tables, estimates_table, row_id, seed, tests_table

ANALYSIS = "typology"
MOST_CLASSES, DRAWS = 5, 39
CONSTANT = "the same answer from everybody: it tells no classes apart"
AT_THE_EDGE = "at the edge of what is possible: no standard error"
ONE_CLASS = "one class fits best by BIC: no types are told apart"
PROPORTIONAL = "by the probabilities of membership: their error is not in the interval"
MODAL = "by the most likely class: errors of classification weaken the association"
UNWEIGHTED = "no weighted form: computed unweighted"


@dataclass(frozen=True, eq=False)
class _Typology:
    """The items of a question, in one context, of those in the `base` (n,) bool of that name: (n, m) 1, 0 or −1."""

    question: Question
    context: str
    base_name: str
    base: Mask
    variables: tuple[Variable, ...]
    items: np.ndarray

    @property
    def varied(self) -> np.ndarray:
        """(m,) bool: the items that not everybody answered alike."""
        asked = self.items[self.base]
        return (asked == 1).any(axis=0) & (asked == 0).any(axis=0)


def analyse(survey: Survey) -> Tables:
    """Return latent classes of users by the items of each question of types, and their association with segments.

    One class and more are compared by BIC and by the bootstrap of the likelihood ratio; then the sizes of the classes
    chosen, the largest first, how likely their members are to use each item (and the lift against all), and
    the share of each class in each level of a segment.
    """
    rows: list[Row] = []
    tests: list[Row] = []
    for question in survey.questionnaire.of_types:
        typology = _typology(survey, question)
        why = survey.refusal_within(question) or _too_little(typology)
        if why or survey.design is None:
            rows.append(_row(survey, typology, "class_size") | {"status": "not_estimable", "note": why})
            continue
        items = typology.items[typology.base][:, typology.varied]
        number = seed(survey.wave, ANALYSIS, question.name, typology.context)
        choice = choose_classes(items, survey.design.weights[typology.base], MOST_CLASSES, number, DRAWS)
        rows += _fits(survey, typology, choice)
        tests += _likelihood_ratios(survey, survey.design, typology, choice)
        if choice.preferred == 1:
            one = _row(survey, typology, "class_size", "latent_classes_1")
            rows.append(one | {"status": "not_estimable", "note": ONE_CLASS})
            continue
        rows += _profiles(survey, survey.design, typology, choice.chosen)
        for segment in _segments(survey, typology):
            rows += _memberships(survey, survey.design, typology, choice.chosen, segment)
            tests.append(_association(survey, typology, choice.chosen, segment))
    return Tables(estimates_table(rows), adjusted(tests_table(tests)))


# ---- who and what


def _typology(survey: Survey, question: Question) -> _Typology:
    """Take the items in the last context, of the users among those who answered any of them."""
    context = question.last_context
    variables = tuple(v for v in question.usable if v.context == context)
    base_name = survey.questionnaire.users_of(question)
    used, valid, base = (
        np.column_stack([np.zeros((len(survey.responses), 0)), *columns]).astype(bool)
        for columns in (
            [uses(survey, question, v) for v in variables],
            [survey.responses.is_valid(v.name) for v in variables],
            [survey.base(question, v, base_name) for v in variables],
        )
    )
    answered = (base & valid).any(axis=1)
    return _Typology(question, context, base_name, answered, variables, np.where(valid, used, -1).astype(int))


def _too_little(typology: _Typology) -> str:
    """Say why there are too few respondents or items; empty where there are enough."""
    if not typology.question.tells_use:
        return "the question has no items that are used or not"
    n, m = int(typology.base.sum()), int(typology.varied.sum())
    if n == 0:
        return "nobody is in the base"
    if n < LEAST:
        return f"{n} respondents are too few for latent classes"
    return f"{m} items that not all answered alike are too few for latent classes" if m < LEAST_OF_TYPES else ""


def _segments(survey: Survey, typology: _Typology) -> Iterator[Question]:
    """Yield the segments of which at least two levels are among the users."""
    for segment in survey.questionnaire.segments_of(typology.question):
        levels = survey.responses.values[segment.name].cat.codes.to_numpy()[typology.base]
        if np.unique(levels[levels >= 0]).size > 1:
            yield segment


# ---- rows


def _row(survey: Survey, typology: _Typology, statistic: str, model: str = "", term: str = "", **more: str) -> Row:
    question = typology.question
    where = f"{more['segment']}={more['level']}" if "segment" in more else ""
    return {
        "estimate_id": row_id(
            *(survey.wave, ANALYSIS, question.name, more.get("item", ""), typology.context, model, term, statistic),
            where,
        ),
        "wave": survey.wave,
        "analysis": ANALYSIS,
        "question": question.name,
        "context": typology.context,
        "base": typology.base_name,
        "statistic": statistic,
        "scale": "probability",
        "n": int(typology.base.sum()),
        "model": model,
        "term": term,
        "design": survey.design_label,
        "origin": survey.origin,
        "status": "ok",
    } | more


def _fits(survey: Survey, typology: _Typology, choice: Choice) -> Iterator[Row]:
    """Yield how well each number of classes fits, and the number chosen."""
    for k, solution in enumerate(choice.solutions, start=1):
        model = f"latent_classes_{k}"
        found = {
            "log_likelihood": ("log_likelihood", solution.log_likelihood),
            "parameters": ("count", float(solution.parameters)),
            "bic": ("log_likelihood", solution.bic),
            "entropy": ("index", solution.entropy),
            "classification_error": ("probability", _classification_error(survey, typology, solution)),
        }
        note = solution.note.removeprefix("not estimable: ")
        for statistic, (scale, value) in found.items():
            row = _row(survey, typology, statistic, model) | {"scale": scale, "note": note}
            yield row | ({"estimate": value} if np.isfinite(solution.bic) else {"status": "not_estimable"})
    number = _row(survey, typology, "classes", f"latent_classes_{choice.preferred}")
    yield number | {"scale": "count", "estimate": float(choice.preferred), "note": "smallest BIC"}


def _classification_error(survey: Survey, typology: _Typology, solution: LatentClasses) -> float:
    """Return the share that the most likely class is expected to be wrong for."""
    if survey.design is None or not np.isfinite(solution.bic):
        return float("nan")
    return float(np.average(1 - solution.membership.max(axis=1), weights=survey.design.weights[typology.base]))


def _profiles(survey: Survey, design: SampleDesign, typology: _Typology, solution: LatentClasses) -> Iterator[Row]:
    """Yield the size of each class, and how likely its members are to use each item."""
    model, varied = f"latent_classes_{solution.classes}", typology.varied
    errors = class_errors(design, typology.items[:, varied], typology.base, solution)
    n_weighted = float(design.weights @ typology.base)
    most_likely = solution.membership.argmax(axis=1)
    places = {int(j): place for place, j in enumerate(np.flatnonzero(varied))}
    for c in range(solution.classes):
        size = _row(survey, typology, "class_size", model, f"{c + 1}")
        size |= {"count": int((most_likely == c).sum()), "n_weighted": n_weighted}
        yield size | _probability(survey, design, typology, solution.shares[c], errors.shares[c], errors.note)
        for j, variable in enumerate(typology.variables):
            what = {"item": variable.item, "answer": answer_of_use(typology.question)}
            row = _row(survey, typology, "item_probability", model, f"{c + 1}", **what)
            if j not in places:
                yield row | {"status": "not_estimable", "note": CONSTANT}
                continue
            answers, error = solution.answers[places[j]][:, 1], errors.answers[places[j]][c, 1]
            yield row | _probability(survey, design, typology, answers[c], error, errors.note)
            lift = _row(survey, typology, "lift", model, f"{c + 1}", **what)
            yield lift | {"scale": "ratio", "estimate": float(answers[c] / (solution.shares @ answers))}


def _probability(
    survey: Survey, design: SampleDesign, typology: _Typology, estimate: float, error: float, note: str
) -> Row:
    """Return a probability with its interval on the scale of log odds; without one at the edge."""
    if not np.isfinite(error):
        return {"estimate": float(estimate), "note": note or AT_THE_EDGE}
    df = float(design.df if typology.base_name in BASES else domain_df(design, typology.base))
    level = survey.inference.confidence_level
    low, high = logit(estimate, error, df, level)
    bounds = {"ci_low": float(low), "ci_high": float(high)} if np.isfinite([low, high]).all() else {}
    return {
        "estimate": float(estimate),
        "std_error": float(error),
        "conf_level": level,
        "ci_method": "logit" if survey.is_probability else "logit, model-based",
        "df": df,
        **bounds,
    }


def _memberships(
    survey: Survey, design: SampleDesign, typology: _Typology, solution: LatentClasses, segment: Question
) -> Iterator[Row]:
    """Yield the share of each class in each level of a segment: the mean probability of membership."""
    levels = survey.responses.values[segment.name].cat.codes.to_numpy()
    membership = np.zeros((design.n, solution.classes))
    membership[typology.base] = solution.membership
    for place, answer in enumerate(segment.answers):
        domain = typology.base & (levels == place)
        found = means(design, membership, domain)
        n = int(domain.sum())
        for c in range(solution.classes):
            where = {"segment": segment.name, "level": answer.code}
            row = _row(
                survey, typology, "class_membership", f"latent_classes_{solution.classes}", f"{c + 1}", **where
            ) | {"n": n, "n_weighted": float(found.n_weighted[c]), "note": PROPORTIONAL}
            if n == 0:
                yield row | {"status": "not_estimable", "note": "nobody is in the base"}
                continue
            row["status"] = "ok" if n >= SMALL_BASE else "small_base"
            error = float(found.std_error[c]) if n > 1 else np.nan
            part = _probability(survey, design, typology, float(found.estimate[c]), error, "")
            yield row | part | {"note": PROPORTIONAL if n > 1 else "one respondent: no standard error"}


def _likelihood_ratios(survey: Survey, design: SampleDesign, typology: _Typology, choice: Choice) -> Iterator[Row]:
    """Yield the bootstrap tests of the chosen number against one fewer and one more: diagnostics, so unadjusted."""
    for k, (ratio, p) in enumerate(zip(choice.ratio, choice.p_value, strict=True), start=1):
        if np.isfinite(p):
            fewer, more = choice.solutions[k - 1 : k + 1]
            yield _test(survey, typology, f"latent_classes_{k}") | {
                "family": "diagnostic",
                "role": "diagnostic",
                "comparison": f"{k} / {k + 1}",
                "test": "bootstrap_likelihood_ratio",
                "method_reason": f"{DRAWS} draws from the solution with fewer classes",
                "statistic": float(ratio),
                "df1": float(more.parameters - fewer.parameters),
                "p_value": float(p),
                "adjustment": "none",
                "model": f"latent_classes_{k}",
                "n": fewer.n,
                "note": "" if design.is_equally_weighted else UNWEIGHTED,
                "status": "ok",
            }


def _association(survey: Survey, typology: _Typology, solution: LatentClasses, segment: Question) -> Row:
    """Return the test of whether the most likely class is associated with a segment."""
    classes = np.full(len(survey.responses), -1)
    classes[typology.base] = solution.membership.argmax(axis=1)
    groups = survey.responses.values[segment.name].cat.codes.to_numpy(dtype=int)
    row = _test(survey, typology, segment.name) | {
        "family": f"{typology.question.name} × {segment.name}",
        "role": "test",
        "segment": segment.name,
        "comparison": " / ".join(a.code for a in segment.answers),
        "adjustment": survey.inference.adjustment,
        "model": f"latent_classes_{solution.classes}",
    }
    found = tested(survey, classes, solution.classes, groups, len(segment.answers), row)
    return found | {"note": "; ".join(note for note in (found["note"], MODAL) if note)}


def _test(survey: Survey, typology: _Typology, what: str) -> Row:
    return {
        "test_id": row_id(survey.wave, ANALYSIS, typology.question.name, typology.context, what),
        "wave": survey.wave,
        "analysis": ANALYSIS,
        "question": typology.question.name,
        "context": typology.context,
        "design": survey.design_label,
    }
