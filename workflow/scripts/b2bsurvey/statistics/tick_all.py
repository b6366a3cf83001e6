"""Tick-all sets across groups, and grids of ticks: one test over all options, corrected for their dependence."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc, fdtrc

from b2bsurvey.statistics.contingency import cramers_v, empty_margins
from b2bsurvey.statistics.group_means import Groups, groups_of, too_few
from b2bsurvey.statistics.linearisation import SampleDesign, covariance_of_totals
from b2bsurvey.statistics.significance import (
    PLAIN,
    SignificanceTest,
    by_design,
    chi2_effect,
    not_estimable,
    probability,
)

FloatArray = NDArray[np.float64]


def tick_all_by_groups(
    design: SampleDesign, ticks: ArrayLike, groups: ArrayLike, level: float = 0.95
) -> SignificanceTest:
    """Test whether any option of a tick-all set is ticked more in some groups, by Bilder & Loughin's test.

    `ticks` (n, c) are 1 or 0, NaN outside the base; `groups` (n,) codes, −1 outside. A simple design takes χ²,
    any other F with the design's covariance. See `bilder_loughin`.
    """
    reason = PLAIN if design.is_simple else by_design(design)
    return bilder_loughin(design, ticks, groups, level).because(f"{reason}; the options are not independent")


def bilder_loughin(design: SampleDesign, ticks: ArrayLike, groups: ArrayLike, level: float = 0.95) -> SignificanceTest:
    """Test multiple marginal independence by the sum of the options' χ² with the second-order Rao–Scott correction.

    X² = Σ over options of Pearson's χ² is distributed as Σλχ²₁; with equal weights X²·c(r − 1)/Σλ² is compared
    with χ² of (c(r − 1))²/Σλ² degrees of freedom, λ from the covariances of the ticks within groups (Bilder,
    Loughin & Nettleton 2000). Under a design λ come from its covariance, and F = X²/Σλ with (Σλ)²/Σλ² and that times
    the design's degrees of freedom. Options that nobody or everybody ticked are left out. The effect is the root
    mean square of the options' Cramér's V. Verified against the definition over all patterns of ticks.
    """
    return _corrected("bilder_loughin", design, ticks, groups, level, second_order=True)


def thomas_decady(design: SampleDesign, ticks: ArrayLike, groups: ArrayLike, level: float = 0.95) -> SignificanceTest:
    """Test as `bilder_loughin` with the first-order correction only: X² over the mean λ with c(r − 1) df.

    With equal weights the mean λ is 1 (Thomas & Decady 2004), so X² itself is compared with χ². It is liberal
    where the options hang together.
    """
    return _corrected("thomas_decady", design, ticks, groups, level, second_order=False)


def _corrected(
    test: str, design: SampleDesign, ticks: ArrayLike, groups: ArrayLike, level: float, second_order: bool
) -> SignificanceTest:
    y = np.asarray(ticks, float)
    found = groups_of(y.sum(axis=1), groups)
    n, why = found.n, too_few(found)
    if why:
        return not_estimable(test, n, why)
    varied = y[found.base].any(axis=0) & ~y[found.base].all(axis=0)
    options, asked = int(varied.sum()), varied.size
    note = f"{asked - options} of {asked} options left out: nobody or everybody ticked them" if options < asked else ""
    if not options:
        return not_estimable(test, n, "nobody or everybody ticked each of the options")
    x2, covariance = _summed(design, y[:, varied], found)
    df, squares = options * (found.codes.size - 1), float(np.sum(covariance**2))
    trace = df if design.is_simple else float(np.trace(covariance))
    if not squares > 0 or design.df < 1:
        return not_estimable(test, n, "the table has no sampling variance in this design").noting(note)
    scale = squares / trace if second_order else trace / df
    df1 = trace / scale
    effect = chi2_effect("cramers_v", x2, df1, n * options, level, scale)
    if design.is_simple:
        p = probability(chdtrc(df1, x2 / scale))
        return SignificanceTest(test, n, x2 / scale, df1, None, p, effect, note=note)
    f, df2 = x2 / trace, df1 * design.df
    return SignificanceTest(test, n, f, df1, df2, probability(fdtrc(df1, df2, f)), effect, note=note)


def _summed(design: SampleDesign, ticks: FloatArray, groups: Groups) -> tuple[float, FloatArray]:
    """Return the sum of the options' χ², and the covariance of the deviations of which it is the sum of squares.

    The deviations are those of each group's share (g·c,) from that of all, in units of their standard error.
    """
    base, members = groups.base[:, None], groups.members.astype(float)
    weights = groups.base * (1.0 if design.is_simple else design.weights)
    y = np.where(base, ticks, 0.0)
    of_groups, total = weights @ members, weights.sum()
    share, by_group = weights @ y / total, (members.T * weights) @ y / of_groups[:, None]
    unit = np.sqrt((groups.n * of_groups / total)[:, None] / (share * (1 - share)))
    x2 = float(np.sum((unit * (by_group - share)) ** 2))
    residual = (y - by_group[groups.place]) * base
    scores = residual[:, None, :] * (members / of_groups - base / total)[:, :, None] * unit
    scores = scores.reshape(design.n, -1)
    return x2, scores.T @ scores if design.is_simple else covariance_of_totals(design, scores)


# ---- grids of ticks


def mentions(design: SampleDesign, ticks: ArrayLike) -> FloatArray:
    """Return the table (r, c) of weighted mentions of `ticks` (n, r, c): 1 or 0, NaN where not asked."""
    table: FloatArray = np.tensordot(design.weights, np.nan_to_num(np.asarray(ticks, float)), axes=1)
    return table


def rows_differ(design: SampleDesign, ticks: ArrayLike, level: float = 0.95) -> SignificanceTest:
    """Test whether the rows of a grid of ticks differ in their pattern over its columns, respondents as clusters.

    `ticks` (n, r, c) are 1 or 0, NaN where not asked. In the table of mentions p, without its empty rows and columns,
    X² = Σ e² with e = (p_ij − r_i c_j)/√(r_i c_j). The ticks of a respondent depend on each other, so e has the
    covariance V of its linearisation over respondents, and F = X²/tr V with (tr V)²/tr V² and that times the design's
    degrees of freedom (Rao & Scott 1984, second order; for tables of mentions Decady & Thomas 2000). The effect is
    Cramér's V of the table of mentions, its interval for as many mentions as they are worth. `n` counts the
    respondents with a mention. Verified against the jackknife over respondents, `rao_scott` of the mentions with
    respondents as clusters, and simulation under the null hypothesis.
    """
    test, y = "mentions_rao_scott_F", np.nan_to_num(np.asarray(ticks, float))
    counts = y.sum(axis=0)
    used = counts.any(axis=1), counts.any(axis=0)
    n, note = int(y.any(axis=(1, 2)).sum()), empty_margins(*used)
    if min(map(np.sum, used)) < 2:
        return not_estimable(test, n, "fewer than 2 rows or columns have a mention")
    y = y[:, used[0]][:, :, used[1]]
    table = mentions(design, y)
    p = table / table.sum()
    e, scores = _interaction(y, p)
    covariance = covariance_of_totals(design, scores / table.sum())
    trace, squares = float(np.trace(covariance)), float(np.sum(covariance**2))
    if not trace > 0 or design.df < 1:
        return not_estimable(test, n, "the table has no sampling variance in this design").noting(note)
    f, df1 = float(np.sum(e**2)) / trace, trace**2 / squares
    df2, made = df1 * design.df, float(counts.sum())
    effect = cramers_v(p * made, level, trace * made / ((p.shape[0] - 1) * (p.shape[1] - 1)))
    reason = "the ticks of a respondent are not independent, so respondents are the clusters of the mentions"
    p_value = probability(fdtrc(df1, df2, f))
    return SignificanceTest(test, n, f, df1, df2, p_value, effect, reason, note)


def _interaction(ticks: FloatArray, p: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return e = (p − rc)/√(rc) (r, c), and the scores (n, r·c) of p − rc by √(rc), times all mentions.

    The derivative of √(rc) is left out: it goes with p − rc, which is 0 under the null hypothesis.
    """
    r, c = p.sum(axis=1), p.sum(axis=0)
    of_rows, of_columns, all_ = ticks.sum(axis=2), ticks.sum(axis=1), ticks.sum(axis=(1, 2))
    independent = np.outer(r, c)
    scores = ticks - of_rows[:, :, None] * c - r[:, None] * of_columns[:, None, :]
    scores += all_[:, None, None] * (2 * independent - p)
    root = np.sqrt(independent)
    return (p - independent) / root, (scores / root).reshape(len(ticks), -1)
