"""Rows of the analysis `sample`: how many respondents the next wave needs, if its weights vary as in this one."""

import math
from collections.abc import Iterator

import numpy as np

from b2bsurvey.analyses.whole_sample import sample_row
from b2bsurvey.design import Survey
from b2bsurvey.estimates import Row
from b2bsurvey.statistics.linearisation import kish_design_effect
from b2bsurvey.statistics.power import n_for_paired, n_for_share, n_for_two_groups

POWER = 0.8
HALF_WIDTHS = (0.05, 0.03)
DIFFERENCES = (0.10, 0.05)
DISCORDANT = 0.30


def next_wave_rows(survey: Survey) -> Iterator[Row]:
    """Yield n for the interval of a share of one half, and for a difference of two groups (each) or two questions.

    Differences are from one half, of 30 % who have just one of the two; a test at 1 − the level of the intervals
    with power .80.
    """
    if survey.design is None:
        return
    level, deff = survey.inference.confidence_level, kish_design_effect(survey.design.weights)
    for width in HALF_WIDTHS:
        yield _row(survey, "share", width, n_for_share(0.5, width, level, deff, _population(survey)), deff)
    for difference in DIFFERENCES:
        n = n_for_two_groups(0.5, 0.5 + difference, POWER, level, deff)
        yield _row(survey, "two_groups", difference, n, deff)
    for difference in DIFFERENCES:
        first, second = (DISCORDANT + difference) / 2, (DISCORDANT - difference) / 2
        yield _row(survey, "paired", difference, n_for_paired(first, second, POWER, level, deff), deff)


def _population(survey: Survey) -> float:
    design = survey.design
    if design is None or design.population is None or design.strata is not None or design.clusters is not None:
        return math.inf
    return float(np.max(design.population))


def _row(survey: Survey, aim: str, difference: float, n: float, deff: float) -> Row:
    """Return a row: `term` is what is to be found, `outcome` the power, `reference` the share with just one of two."""
    row = sample_row(survey, "next_wave", item=aim, statistic="power", term=f"{difference:g}")
    row |= {"outcome": f"{POWER:g}"} if aim != "share" else {}
    row |= {"reference": f"{DISCORDANT:g}"} if aim == "paired" else {}
    row |= {"conf_level": survey.inference.confidence_level, "deff": deff}
    return row | {"scale": "count", "base": "all", "estimate": float(math.ceil(n - 1e-9))}
