"""What the weights do: how unequal they are, what trimming cost, and the sample beside its population."""

import numpy as np

from b2bsurvey.design import Survey
from b2bsurvey.estimates import Row
from b2bsurvey.statistics.weighting import Margin, representation, spread
from b2bsurvey.tables import row_id


def weight_rows(survey: Survey) -> list[Row]:
    """Return the spread of the weights, and with trimming what it did, as rows of the question `weights`.

    Statistics: `design_effect` (Kish), `n_effective`, `smallest_weight` and `largest_weight` (times the mean weight),
    `weight_ratio`; with trimming `proportion_trimmed` (of respondents), `weight_moved` (share of all weight) and
    `untrimmed_design_effect`.
    """
    if survey.design is None:
        return []
    found, done = spread(survey.design.weights), survey.weighting
    numbers: list[tuple[str, str, float | None, str]] = [
        ("design_effect", "ratio", found.design_effect, "Kish"),
        ("n_effective", "count", found.n_effective, ""),
        ("smallest_weight", "ratio", found.smallest, "in multiples of the mean weight"),
        ("largest_weight", "ratio", found.largest, "in multiples of the mean weight"),
        ("weight_ratio", "ratio", found.ratio, "largest weight over smallest"),
        ("proportion_trimmed", "probability", done.trimmed, ""),
        ("weight_moved", "probability", done.moved, "share of all weight that trimming moved"),
        ("untrimmed_design_effect", "ratio", done.untrimmed_design_effect, "Kish"),
    ]
    rows = [
        _row(survey, statistic, "weights", *([statistic] if statistic != "design_effect" else []))
        | {"scale": scale, "base": "all", "estimate": value, "n": survey.design.n, "note": note}
        for statistic, scale, value, note in numbers
        if value is not None
    ]
    rows[0] |= {"deff": found.design_effect, "n_effective": found.n_effective}
    return rows


def representation_rows(survey: Survey) -> list[Row]:
    """Return the sample beside its population for each variable that the weights were calibrated to.

    Of each category `proportion_unweighted` and `population_share`, with the base `valid`: the weighted share is the
    `proportion` in the same base. Of each variable `uncalibrated`: how many respondents gave no answer to it.
    """
    if survey.design is None:
        return []
    rows = []
    for name, targets in survey.weighting.targets.items():
        answers = survey.responses.values[name].cat
        codes, categories = answers.codes.to_numpy(dtype=int), list(answers.categories)
        margin = Margin(name, categories, codes, np.array([targets.get(code, np.nan) for code in categories]))
        found, n = representation(survey.design.weights, margin), int((codes >= 0).sum())
        for i, code in enumerate(categories):
            shared = {"answer": code, "scale": "probability", "base": "valid", "n": n}
            unweighted = {"estimate": float(found.unweighted[i]), "count": int((codes == i).sum())}
            rows.append(
                _row(survey, "proportion_unweighted", name, code, "proportion_unweighted") | shared | unweighted
            )
            target = {"estimate": float(found.target[i]), "note": "share in the population"}
            rows.append(_row(survey, "population_share", name, code, "population_share") | shared | target)
        unknown = survey.weighting.unknown.get(name, 0)
        numbers = {"scale": "count", "base": "all", "estimate": float(unknown), "count": unknown, "n": survey.design.n}
        note = {"note": "as a group they keep their share of the sample"} if unknown else {}
        rows.append(_row(survey, "uncalibrated", name, "uncalibrated") | numbers | note)
    return rows


def _row(survey: Survey, statistic: str, question: str, *named: str) -> Row:
    return {
        "estimate_id": row_id(survey.wave, "sample", question, *named),
        "wave": survey.wave,
        "analysis": "sample",
        "question": question,
        "statistic": statistic,
        "design": survey.design_label,
        "origin": survey.origin,
        "status": "ok",
    }
