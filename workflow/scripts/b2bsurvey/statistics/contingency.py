"""Association of two categorical variables: tests of independence and Cramér's V."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc, fdtrc

from b2bsurvey.statistics.linearisation import SampleDesign, covariance_of_totals
from b2bsurvey.statistics.significance import (
    PLAIN,
    Effect,
    SignificanceTest,
    by_design,
    chi2_effect,
    joined,
    not_estimable,
    probability,
)

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int_]

TIE = 1e-7  # relative tolerance within which two tables are equally probable, as in R fisher.test
REPLICATES = 9999


@dataclass(frozen=True, eq=False)
class _CrossTable:
    """Respondents by two variables, without empty rows and columns."""

    counts: FloatArray  # (r, c) respondents
    weighted: FloatArray  # (r, c) weights, summing to the number of respondents
    cells: IntArray  # (n,) place of each respondent in the flat table, −1 outside the base
    note: str


def independence(
    design: SampleDesign,
    rows: ArrayLike,
    columns: ArrayLike,
    n_rows: int,
    n_columns: int,
    seed: int,
    level: float = 0.95,
) -> SignificanceTest:
    """Test whether two categorical variables are independent, by the test that the design calls for.

    `rows` and `columns` (n,) are codes from 0 to n_rows − 1 and n_columns − 1, or −1 outside the base. A
    simple design takes Pearson's χ², or an exact test when an expected count is below 5 (2 × 2: Fisher;
    larger: permutation with `seed`); any other design takes Rao–Scott's F. A table with fewer than 2 rows or
    columns in use is not estimable.
    """
    if not design.is_simple:
        test = rao_scott(design, rows, columns, n_rows, n_columns, level)
        return test.because(by_design(design))

    cross = _cross_tabulate(design, rows, columns, n_rows, n_columns)
    smallest = _expected(cross.counts).min() if min(cross.counts.shape) > 1 else np.inf
    if smallest >= 5:
        test, reason = pearson(cross.counts, level), "all expected counts at least 5"
    elif cross.counts.shape == (2, 2):
        test, reason = fisher_exact(cross.counts, level), f"an expected count is only {smallest:.1f}, below 5"
    else:
        test = permutation(cross.counts, seed, level=level)
        reason = f"an expected count is only {smallest:.1f}, below 5, in a table larger than 2 × 2"
    reason = reason if np.isfinite(smallest) else "too few rows or columns"
    return test.because(f"{PLAIN}; {reason}").noting(cross.note)


def pearson(counts: ArrayLike, level: float = 0.95) -> SignificanceTest:
    """Test a table of counts (r, c) by Pearson's χ² (1900) without Yates's correction.

    Empty rows and columns are left out first. Verified against R chisq.test(correct=FALSE).
    """
    table, note = _without_empty_margins(counts)
    if min(table.shape) < 2:
        return _too_small("pearson_chi2", table, note)
    x2, df = _pearson_x2(table), _table_df(table)
    return _estimated("pearson_chi2", (x2, df, None), chdtrc(df, x2), table, level, note)


def fisher_exact(counts: ArrayLike, level: float = 0.95) -> SignificanceTest:
    """Test a 2 × 2 table of counts by Fisher's exact test (1935), two-sided.

    The p-value sums the probabilities of all tables with these margins that are at most as probable as the
    one observed. Raises ValueError for another shape. Verified against R fisher.test.
    """
    if np.shape(counts) != (2, 2):
        raise ValueError(f"Fisher's exact test needs a 2 × 2 table, found {np.shape(counts)}")
    table, note = _without_empty_margins(counts)
    if min(table.shape) < 2:
        return _too_small("fisher_exact", table, note)
    n, row, column = table.sum(), table[0].sum(), table[:, 0].sum()
    first_cell = np.arange(max(0, row + column - n), min(row, column) + 1)
    k = first_cell[:-1]
    ratio = (row - k) * (column - k) / ((k + 1) * (n - row - column + k + 1))  # of P(k + 1) to P(k)
    log_probability = np.concatenate(([0.0], np.cumsum(np.log(ratio))))
    probability = np.exp(log_probability - log_probability.max())
    observed = probability[first_cell == table[0, 0]]
    p_value = probability[probability <= observed * (1 + TIE)].sum() / probability.sum()
    return _estimated("fisher_exact", (None, None, None), p_value, table, level, note)


def permutation(counts: ArrayLike, seed: int, replicates: int = REPLICATES, level: float = 0.95) -> SignificanceTest:
    """Test a table of counts (r, c) by χ² among random tables with the same margins.

    p = (1 + number of random tables with χ² ≥ observed) / (replicates + 1) (Davison & Hinkley 1997).
    The tables are drawn from the sorted margins, so neither the order of respondents nor that of rows or
    columns matters. Verified against R fisher.test and chisq.test(simulate.p.value=TRUE) within Monte Carlo
    error.
    """
    table, note = _without_empty_margins(counts)
    if min(table.shape) < 2:
        return _too_small("permutation_chi2", table, note)
    rows, columns = table.sum(axis=1), table.sum(axis=0)
    observed = np.sum(table**2 / np.outer(rows, columns))
    drawn = _random_sums(np.sort(rows)[::-1], np.sort(columns)[::-1], replicates, seed)
    p_value = (1 + np.sum(drawn >= observed - 1e-12)) / (replicates + 1)
    statistic = (_pearson_x2(table), None, None)
    return _estimated("permutation_chi2", statistic, p_value, table, level, note)


def _random_sums(rows: FloatArray, columns: FloatArray, replicates: int, seed: int) -> FloatArray:
    """Return (replicates,) Σ n²/(row · column) = χ²/n + 1 of random tables, drawn cell by cell."""
    generator = np.random.default_rng(seed)
    sums = np.zeros(replicates)
    left = np.tile(columns.astype(np.int64), (replicates, 1))  # what is still to be placed in each column
    for row in rows[:-1]:
        to_place = np.full(replicates, int(row))
        for j, column in enumerate(columns):
            cell = generator.hypergeometric(left[:, j], left[:, j + 1 :].sum(axis=1), to_place)
            sums += cell**2 / (row * column)
            left[:, j] -= cell
            to_place -= cell
    return sums + np.sum(left**2 / (rows[-1] * columns), axis=1)


def rao_scott(
    design: SampleDesign,
    rows: ArrayLike,
    columns: ArrayLike,
    n_rows: int,
    n_columns: int,
    level: float = 0.95,
) -> SignificanceTest:
    """Test independence under the design by Rao & Scott's (1984) second-order corrected χ², as an F.

    Arguments as in `independence`. With Δ the generalised design effects of the interaction contrasts,
    F = X²/tr Δ with df1 = (tr Δ)²/tr Δ² and df2 = df1 · design df, as R survey::svychisq(statistic="F"),
    verified at 1e-9. Where empty cells leave Δ undefined, it is taken at the proportions expected under
    independence, and the note says so. Cramér's V is that of the weighted table, its interval that of X² and
    n divided by the mean of Δ.
    """
    cross = _cross_tabulate(design, rows, columns, n_rows, n_columns)
    if min(cross.counts.shape) < 2:
        return _too_small("rao_scott_F", cross.counts, cross.note)
    delta, note = _generalised_design_effects(design, cross)
    trace = float(np.trace(delta))
    if not trace > 0 or design.df < 1:
        why = "the table has no sampling variance in this design"
        return not_estimable("rao_scott_F", round(cross.counts.sum()), why).noting(cross.note)
    f, df1 = _pearson_x2(cross.weighted) / trace, trace**2 / float(np.trace(delta @ delta))
    df2 = df1 * design.df
    note, mean_deff = joined(cross.note, note), trace / len(delta)
    p_value = fdtrc(df1, df2, f)
    return _estimated("rao_scott_F", (f, df1, df2), p_value, cross.weighted, level, note, mean_deff)


def _generalised_design_effects(design: SampleDesign, cross: _CrossTable) -> tuple[FloatArray, str]:
    """Return Δ = (C′D⁻¹C/n)⁻¹ C′D⁻¹VD⁻¹C of the interaction contrasts C, and a note.

    C are the residuals of the interaction on the main effects over the cells, unweighted as in R: the
    Kronecker product of the centred categories.
    """
    n_rows, n_columns = cross.counts.shape
    contrasts = np.kron(np.eye(n_rows)[:, 1:] - 1 / n_rows, np.eye(n_columns)[:, 1:] - 1 / n_columns)
    n = cross.counts.sum()
    observed, note = cross.weighted.ravel() / n, ""
    used = observed > 0
    slopes = np.zeros_like(contrasts)
    slopes[used] = contrasts[used] / observed[used, None]
    if np.linalg.matrix_rank(contrasts.T @ slopes) < contrasts.shape[1]:
        slopes = contrasts / _expected(cross.weighted).ravel()[:, None] * n
        note = "design effects taken under independence, because too many cells are empty"
    inside = cross.cells >= 0
    total_weight = design.weights[inside].sum()
    scores = np.where(inside[:, None], (slopes - observed @ slopes)[cross.cells], 0.0) / total_weight
    return np.linalg.solve(contrasts.T @ slopes / n, covariance_of_totals(design, scores)), note


def cramers_v(counts: ArrayLike, level: float = 0.95, mean_deff: float = 1.0) -> Effect | None:
    """Return Cramér's V = √(χ²/(n·min(r − 1, c − 1))) of a table (r, c) that sums to n, with its interval.

    The interval as in `chi2_effect` (Smithson 2003; as R statpsych::ci.cramer), χ² and n divided by
    `mean_deff`. None with fewer than 2 rows or columns in use.
    """
    table, _ = _without_empty_margins(counts)
    if min(table.shape) < 2:
        return None
    largest_x2 = float(table.sum()) * (min(table.shape) - 1)
    return chi2_effect("cramers_v", _pearson_x2(table), _table_df(table), largest_x2, level, mean_deff)


def cramers_v_bias_corrected(counts: ArrayLike) -> float:
    """Return Cramér's V corrected for its bias (Bergsma 2013); NaN when it is not estimable.

    Verified against R effectsize::cramers_v(adjust=TRUE).
    """
    table, _ = _without_empty_margins(counts)
    n = table.sum()
    if min(table.shape) < 2 or n < 3:
        return float("nan")
    phi2 = max(0.0, _pearson_x2(table) / n - _table_df(table) / (n - 1))
    smaller = min(k - (k - 1) ** 2 / (n - 1) for k in table.shape)
    return float(np.sqrt(phi2 / (smaller - 1)))


def _cross_tabulate(
    design: SampleDesign, rows: ArrayLike, columns: ArrayLike, n_rows: int, n_columns: int
) -> _CrossTable:
    rows, columns = np.asarray(rows), np.asarray(columns)
    if not rows.shape == columns.shape == (design.n,):
        raise ValueError(f"rows {rows.shape} and columns {columns.shape} need one code a respondent")
    if rows.max() >= n_rows or columns.max() >= n_columns:
        raise ValueError("a code is not below the number of rows or columns")
    inside = (rows >= 0) & (columns >= 0)
    flat = (rows * n_columns + columns)[inside]
    full = np.bincount(flat, minlength=n_rows * n_columns).reshape(n_rows, n_columns)
    counts, note = _without_empty_margins(full)
    new_row, new_column = np.cumsum(full.any(axis=1)) - 1, np.cumsum(full.any(axis=0)) - 1
    cells = np.where(inside, new_row[rows] * counts.shape[1] + new_column[columns], -1)
    weights = design.weights[inside]
    weighted = np.bincount(cells[inside], weights, counts.size).reshape(counts.shape)
    return _CrossTable(counts, weighted * (weights.size / max(weights.sum(), 1e-300)), cells, note)


def _without_empty_margins(counts: ArrayLike) -> tuple[FloatArray, str]:
    """Return the table without its empty rows and columns, and a note that says how many there were."""
    table = np.asarray(counts, dtype=float)
    rows, columns = table.any(axis=1), table.any(axis=0)
    return table[np.ix_(rows, columns)], empty_margins(rows, columns)


def empty_margins(rows: ArrayLike, columns: ArrayLike) -> str:
    """Return a note that says how many rows and columns are not in use; empty where all are."""
    empty = {"row": int(np.sum(~np.asarray(rows))), "column": int(np.sum(~np.asarray(columns)))}
    found = " and ".join(f"{k} empty {what}{'s' * (k > 1)}" for what, k in empty.items() if k)
    return f"left out: {found}" if found else ""


def _expected(table: FloatArray) -> FloatArray:
    return np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()


def _pearson_x2(table: FloatArray) -> float:
    expected = _expected(table)
    return float(np.sum((table - expected) ** 2 / expected))


def _table_df(table: FloatArray) -> int:
    return (table.shape[0] - 1) * (table.shape[1] - 1)


def _estimated(
    test: str,
    statistic: tuple[float | None, float | None, float | None],
    p_value: float,
    table: FloatArray,
    level: float,
    note: str,
    mean_deff: float = 1.0,
) -> SignificanceTest:
    """Put a test (statistic, df1, df2) and the V of its table together."""
    effect, n = cramers_v(table, level, mean_deff), round(table.sum())
    return SignificanceTest(test, n, *statistic, probability(p_value), effect, note=note)


def _too_small(test: str, table: FloatArray, note: str) -> SignificanceTest:
    """Return a test of a table with fewer than 2 rows or columns in use."""
    used = f"{table.shape[0]} of its rows and {table.shape[1]} of its columns are in use"
    why = f"the table needs at least 2 rows and 2 columns, but {used}"
    return not_estimable(test, round(table.sum()), why).noting(note)
