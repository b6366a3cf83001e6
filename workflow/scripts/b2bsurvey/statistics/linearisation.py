"""Sampling design, and weighted means and totals with their Taylor-linearised variances."""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from b2bsurvey.errors import StudyError

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int_]
BoolArray = NDArray[np.bool_]

BLOCK_CELLS = 1_000_000  # rows × columns worked on at a time when no joint covariance is wanted: 8 MB
ROUNDING = 1e-26  # squared deviations below this share of the squared totals are rounding, not variance
ROUNDING_LEFT = 1e-24  # the same for what a calibration leaves of scores


class _Nesting(NamedTuple):
    """Rows sorted by stratum and primary unit, and where each begins."""

    order: IntArray  # (n,) rows in the order of strata and, within them, units
    first_row: IntArray  # (units,) place in `order` where each primary unit begins
    first_unit: IntArray  # (strata,) primary unit with which each stratum begins
    sampled: IntArray  # (strata,) primary units sampled in each stratum

    @property
    def first_respondent(self) -> IntArray:
        """(strata,) the first respondent of each stratum."""
        return self.order[self.first_row[self.first_unit]]


@dataclass(frozen=True, eq=False)
class Calibration:
    """What the weights were calibrated to by raking or post-stratification: what it fixes has no variance.

    `margins` (n, m) codes ≥ 0 of each respondent on each margin, −1 where the category is not known (only the shares
    among the others are then fixed); a post-stratification has one margin: its cells. `weights` (n,) above 0 with
    which scores are regressed on the margins. Those after calibration give the linearisation of the raked estimator
    itself (D'Arrigo & Skinner 2010), which holds however far the weights had to move. Those before it (Deville &
    Särndal 1992; R survey::calibrate) and equal ones (R survey::rake) do not: where half of the sample are firms that
    are a tenth of the population, they give up to four times the standard error that a domain has. A
    post-stratification has one standard error, whichever of its weights are taken.
    """

    weights: FloatArray
    margins: IntArray

    def __post_init__(self) -> None:
        """Turn the fields into arrays."""
        object.__setattr__(self, "weights", np.asarray(self.weights, dtype=float))
        object.__setattr__(self, "margins", np.asarray(self.margins, dtype=int))


@dataclass(frozen=True, eq=False)
class SampleDesign:
    """How the respondents were sampled and weighted.

    `weights` (n,) above 0 · `strata` (n,) codes ≥ 0 · `clusters` (n,) codes ≥ 0 of the primary sampling
    units, nested in strata (the same code in two strata is two clusters) · `population` (n,) number of
    primary units in the row's stratum (infinite: no correction there) · `calibration` what the weights were
    calibrated to. None where the design has none of it. There is one stage: with `population`, clusters count
    as taken whole, and a sample within them would be ignored; without it any later stage is covered.

    Raises StudyError when a weight is not a number above 0, a code is missing, a population is missing,
    differs within a stratum or is smaller than its sample, or a stratum has a single unit of a larger
    population. Without strata a single unit is let through: every variance is then NaN.
    """

    weights: FloatArray
    strata: IntArray | None = None
    clusters: IntArray | None = None
    population: FloatArray | None = None
    calibration: Calibration | None = None

    def __post_init__(self) -> None:
        """Turn the fields into arrays of one length and refuse impossible designs."""
        for name, kind in (("weights", float), ("strata", int), ("clusters", int), ("population", float)):
            if getattr(self, name) is not None:
                object.__setattr__(self, name, np.asarray(getattr(self, name), dtype=kind))
                if getattr(self, name).shape != (np.size(self.weights),):
                    raise ValueError(f"{name} has shape {getattr(self, name).shape}, weights {self.weights.shape}")
        _check_weights(self.weights)
        if self.calibration is not None:
            _check_calibration(self.calibration, self.n)
        _check_codes(self.strata, "stratum")
        _check_codes(self.clusters, "cluster")
        if self.population is not None:
            _check_population(self.population, self._nesting, self.strata)
        if self.strata is not None:
            unit = "respondent" if self.clusters is None else "cluster"
            _check_single_units(self._nesting, self._scale, self.strata, unit)

    @classmethod
    def simple(cls, n: int) -> "SampleDesign":
        """Return the design of `n` respondents with equal weights and nothing else."""
        return cls(np.ones(n))

    @property
    def n(self) -> int:
        """Number of respondents."""
        return self.weights.size

    @property
    def df(self) -> int:
        """Design degrees of freedom: primary units − strata."""
        return self._nesting.first_row.size - self._nesting.first_unit.size

    @cached_property
    def is_simple(self) -> bool:
        """Whether all weights are equal and there are no strata, clusters, finite population or calibration."""
        parts = (self.strata, self.clusters, self.population, self.calibration)
        return self.is_equally_weighted and all(part is None for part in parts)

    @cached_property
    def is_equally_weighted(self) -> bool:
        """Whether all weights are equal, but for rounding."""
        return bool(np.ptp(self.weights) <= 1e-12 * self.weights.max())

    @cached_property
    def is_taken_whole(self) -> bool:
        """Whether every primary unit of the population is in the sample: nothing is then left to chance."""
        return self.population is not None and not np.nan_to_num(self._scale, nan=1.0).any()

    @cached_property
    def _nesting(self) -> _Nesting:
        strata = np.zeros(self.n, dtype=int) if self.strata is None else self.strata
        units = np.arange(self.n) if self.clusters is None else self.clusters
        order = np.lexsort((units, strata))
        strata, units = strata[order], units[order]
        new_stratum = np.concatenate(([True], strata[1:] != strata[:-1]))
        new_unit = new_stratum | np.concatenate(([True], units[1:] != units[:-1]))
        first_row = np.flatnonzero(new_unit)
        first_unit = np.flatnonzero(new_stratum[first_row])
        return _Nesting(order, first_row, first_unit, np.diff(first_unit, append=first_row.size))

    @cached_property
    def _projection(self) -> tuple[IntArray, FloatArray]:
        """Return each respondent's cell (n,), and a basis (cells, r) of the margins, orthonormal in its weights.

        Respondents alike on all margins share a cell, so the work grows with n, not with the categories.
        """
        calibration = self.calibration
        if calibration is None:
            raise ValueError("the design is not calibrated")
        cells, alike = crossed(calibration.margins)
        sizes = np.bincount(cells, self.weights)
        columns = [np.ones((len(alike), 1))]
        for codes in alike.T:
            indicators = (codes[:, None] == np.unique(codes[codes >= 0])).astype(float)
            known = indicators.sum(axis=1, keepdims=True)
            columns.append(indicators - known * (sizes @ indicators) / (sizes @ known))
        roots = np.sqrt(np.bincount(cells, calibration.weights))[:, None]
        basis, size, _ = np.linalg.svd(roots * np.hstack(columns), full_matrices=False)
        return cells, basis[:, size > 1e-10 * size[0]] / roots

    @cached_property
    def _scale(self) -> FloatArray:
        """Return (1 − n/N) · n/(n − 1) of each stratum: 0 for a stratum taken whole, NaN for a lone unit."""
        nesting = self._nesting
        sampled = nesting.sampled.astype(float)
        unseen = np.ones(sampled.size)
        if self.population is not None:
            unseen -= sampled / self.population[nesting.first_respondent]
        lone = np.where(unseen == 0, 0.0, np.nan)
        return unseen * np.divide(sampled, sampled - 1, out=lone, where=sampled > 1)


def _check_weights(weights: FloatArray) -> None:
    if not weights.size:
        raise StudyError("The survey holds no respondent, so nothing can be estimated; check the screening rules.")
    wrong = {
        "zero": np.sum(weights == 0),
        "negative": np.sum(weights < 0),
        "missing or infinite": np.sum(~np.isfinite(weights)),
    }
    found = ", ".join(f"{count} {kind}" for kind, count in wrong.items() if count)
    if found:
        raise StudyError(
            f"Of {weights.size} weights these are impossible: {found}; every respondent needs a finite weight "
            "above 0, so correct the weight column or leave these respondents out."
        )


def _check_calibration(calibration: Calibration, n: int) -> None:
    weights, margins = calibration.weights, calibration.margins
    if weights.shape != (n,) or margins.ndim != 2 or len(margins) != n:
        raise ValueError(f"a calibration needs rows for {n} respondents; found {weights.shape} and {margins.shape}")
    if not (weights > 0).all() or (margins < -1).any():
        raise ValueError("a calibration needs weights above 0 and codes of at least −1")


def _check_codes(codes: IntArray | None, what: str) -> None:
    if codes is not None and (codes < 0).any():
        raise StudyError(
            f"{np.sum(codes < 0)} of {codes.size} respondents have no {what}; every respondent needs one, so "
            f"complete the {what} column or leave these respondents out."
        )


def _check_population(population: FloatArray, nesting: _Nesting, strata: IntArray | None) -> None:
    unknown = int(np.isnan(population).sum())
    if unknown:
        raise StudyError(
            f"{unknown} of {population.size} respondents have no population size; every stratum needs the "
            "number of its primary units, so complete the population column."
        )
    rows = nesting.first_row[nesting.first_unit]
    ordered = population[nesting.order]
    smallest, largest = np.minimum.reduceat(ordered, rows), np.maximum.reduceat(ordered, rows)
    for h in np.flatnonzero((smallest != largest) | (smallest < nesting.sampled))[:1]:
        where = "the population" if strata is None else f"stratum {strata[nesting.first_respondent[h]]}"
        if smallest[h] != largest[h]:
            raise StudyError(
                f"The population size of {where} is given both as {smallest[h]:g} and as {largest[h]:g}; it "
                "must be the same for all its respondents, so correct the population column."
            )
        raise StudyError(
            f"The population size of {where} is given as {smallest[h]:g} but {nesting.sampled[h]} of its "
            "primary units were sampled; it must be at least as many, so correct it or leave it out."
        )


def _check_single_units(nesting: _Nesting, scale: FloatArray, strata: IntArray, unit: str) -> None:
    for h in np.flatnonzero(np.isnan(scale))[:1]:
        raise StudyError(
            f"Stratum {strata[nesting.first_respondent[h]]} holds a single {unit}, but a variance needs at "
            "least 2; merge it with a similar stratum, or give its population size as 1 if it was taken whole."
        )


def crossed(codes: IntArray) -> tuple[IntArray, IntArray]:
    """Return the cell (n,) of each row of `codes` (n, m) ≥ −1, and the codes (cells, m) of each cell in use."""
    flat = np.zeros(len(codes), dtype=int)
    for column in codes.T:
        flat = flat * (column.max(initial=-1) + 2) + column + 1
    _, first, cells = np.unique(flat, return_index=True, return_inverse=True)
    return cells, codes[first]


def _residuals(design: SampleDesign, calibration: Calibration, scores: FloatArray) -> FloatArray:
    """Return the scores (n, k) less what the margins explain of them, by weighted least squares.

    A residual that is only rounding is 0.
    """
    cells, basis = design._projection
    sums = np.empty((len(basis), scores.shape[1]))
    for k, column in enumerate(scores.T):
        sums[:, k] = np.bincount(cells, calibration.weights * column, len(basis))
    left = scores - np.take(basis @ (basis.T @ sums), cells, axis=0)
    left[:, np.sum(left**2, axis=0) <= ROUNDING_LEFT * np.sum(scores**2, axis=0)] = 0.0
    return left


def _unit_deviations(design: SampleDesign, scores: FloatArray) -> FloatArray:
    """Return (units, k) deviations of the weighted unit totals from their stratum mean, scaled for a sum."""
    nesting = design._nesting
    if design.calibration is not None:
        scores = _residuals(design, design.calibration, scores)
    weighted = np.take(design.weights[:, None] * scores, nesting.order, axis=0)
    totals = np.add.reduceat(weighted, nesting.first_row, axis=0)
    means = np.add.reduceat(totals, nesting.first_unit, axis=0) / nesting.sampled[:, None]
    deviations = totals - np.repeat(means, nesting.sampled, axis=0)
    deviations[:, np.sum(deviations**2, axis=0) <= ROUNDING * np.sum(totals**2, axis=0)] = 0.0
    return deviations * np.repeat(np.sqrt(design._scale), nesting.sampled)[:, None]


def covariance_of_totals(design: SampleDesign, scores: ArrayLike) -> FloatArray:
    """Return the (k, k) covariance of the weighted totals Σwᵢuᵢ of the scores u (n, k), not yet weighted.

    Variance between primary units within strata, Σ_h (1 − n_h/N_h) · n_h/(n_h − 1) · Σ (t − t̄_h)², with
    first-stage correction only (Särndal, Swensson & Wretman 1992). A nonlinear statistic takes the
    scores of its linearisation. A calibrated design counts only what the margins leave of them. A variance that
    is only rounding is exactly 0. Verified against R survey 4.1.1 (postStratify, rake and calibrate too) and svy 0.35.
    """
    deviations = _unit_deviations(design, np.asarray(scores, dtype=float))
    return deviations.T @ deviations


def covariance_of_shared_units(
    first: SampleDesign,
    first_scores: ArrayLike,
    first_units: ArrayLike,
    second: SampleDesign,
    second_scores: ArrayLike,
    second_units: ArrayLike,
) -> float:
    """Return the covariance of two weighted totals of two surveys that sampled some primary units both (a panel).

    Σ over the units in both of the products of their deviations; scores (n,) as in `covariance_of_totals`, units (n,)
    the names of the primary units, the same within a unit. For one sample asked twice it is the covariance of
    paired answers: verified against that.
    """
    sides = ((first, first_scores, first_units), (second, second_scores, second_units))
    names, deviations = [], []
    for design, scores, units in sides:
        nesting = design._nesting
        names.append(np.asarray(units)[nesting.order][nesting.first_row])
        deviations.append(_unit_deviations(design, np.asarray(scores, dtype=float)[:, None])[:, 0])
    _, one, other = np.intersect1d(names[0], names[1], return_indices=True)
    return float(deviations[0][one] @ deviations[1][other])


@dataclass(frozen=True, eq=False)
class Means:
    """Weighted means of k columns, proportions (0–1) where the values are 0 and 1.

    `estimate`, `variance`, `deff` (design effect), `n` (respondents in the base) and `n_weighted` (sum of
    their weights) are (k,); `joint` is the (k, k) covariance, None when not asked for; `df` the design's.
    """

    estimate: FloatArray
    variance: FloatArray
    deff: FloatArray
    n: IntArray
    n_weighted: FloatArray
    df: int
    joint: FloatArray | None = None

    @property
    def std_error(self) -> FloatArray:
        """(k,) standard errors."""
        return np.sqrt(self.variance)

    @property
    def n_effective(self) -> FloatArray:
        """(k,) effective bases, n / deff."""
        return self.n / self.deff

    @property
    def covariance(self) -> FloatArray:
        """(k, k) covariance; ValueError when the means were computed with full=False."""
        if self.joint is None:
            raise ValueError("these means were computed with full=False: ask for full=True to get a covariance")
        return self.joint


def means(design: SampleDesign, values: ArrayLike, domain: ArrayLike | None = None, full: bool = True) -> Means:
    """Return the weighted mean of each column of `values` within its own base.

    `values` (n, k) and `domain` (n, k) bool (None: everybody) may each be (n,) or (n, 1) to stand for all
    columns; values outside the domain are ignored and may be NaN. Each mean is the ratio Σwy/Σw over its
    domain, and all rows of the design count in its variance (Binder 1983). An empty domain
    gives NaN in its column only. With full=False no (k, k) covariance is made and columns are worked on in
    blocks, so that thousands of columns stay cheap in memory.

    Design effect: variance / v_SRS with v_SRS = Σw(y − ȳ)²/Σw / (n − 1), which is p(1 − p)/(n − 1) for a
    proportion; Kish's where the variance is 0; exactly 1 for a simple design, in domains too.
    Raises ValueError when a value inside its domain is missing or a shape is wrong. Verified against R survey 4.1.1
    (svymean, svyby, deff="replace") at 1e-9 and svy 0.35.
    """
    values, domain = _columns(design, values, domain)
    k = domain.shape[1]
    width = max(1, k if full else BLOCK_CELLS // design.n)
    blocks = [
        _block_of_means(design, values[:, start : start + width], domain[:, start : start + width], full)
        for start in range(0, max(1, k), width)
    ]
    if len(blocks) == 1:
        return blocks[0]
    fields = ("estimate", "variance", "deff", "n", "n_weighted")
    joined = {name: np.concatenate([getattr(block, name) for block in blocks]) for name in fields}
    return Means(**joined, df=design.df)


def _columns(design: SampleDesign, values: ArrayLike, domain: ArrayLike | None) -> tuple[FloatArray, BoolArray]:
    """Return values and domain as (n, k) views."""
    values = np.asarray(values, dtype=float)
    domain = np.full(design.n, True) if domain is None else np.asarray(domain, dtype=bool)
    for given in (values, domain):
        if given.ndim not in (1, 2) or given.shape[0] != design.n:
            raise ValueError(
                f"found an array of shape {given.shape}, expected one row for each of {design.n} respondents"
            )
    values, domain = (given[:, None] if given.ndim == 1 else given for given in (values, domain))
    shape = np.broadcast_shapes(values.shape, domain.shape)
    return np.broadcast_to(values, shape), np.broadcast_to(domain, shape)


def _block_of_means(design: SampleDesign, values: FloatArray, domain: BoolArray, full: bool) -> Means:
    n, n_weighted = domain.sum(axis=0), design.weights @ domain
    # Measured from the smallest value, a constant has exactly its own mean and no variance.
    origin = np.where(n > 0, np.min(values, axis=0, where=domain, initial=np.inf), np.nan)
    residuals = np.where(domain, values - origin, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        excess = design.weights @ residuals / n_weighted
        residuals = np.where(domain, residuals - excess, 0.0)
        deviations = _unit_deviations(design, residuals / n_weighted)
        variance = np.sum(deviations**2, axis=0)
        simple_variance = design.weights @ residuals**2 / n_weighted / (n - 1)
        kish = n * (design.weights**2 @ domain) / n_weighted**2
        deff = np.where(variance > 0, variance / simple_variance, kish)
    if np.isnan(excess[n > 0]).any():
        raise ValueError("a value is missing inside its domain")
    if design.is_simple:
        deff = np.where(n > 0, 1.0, np.nan)
    return Means(origin + excess, variance, deff, n, n_weighted, design.df, deviations.T @ deviations if full else None)


def variances(design: SampleDesign, values: ArrayLike, domain: ArrayLike | None = None) -> Means:
    """Return the weighted variance n/(n − 1) · Σw(y − ȳ)²/Σw of each column; arguments as in `means`.

    Verified against R survey 4.1.1 (svyvar) at 1e-9.
    """
    values, domain = _columns(design, values, domain)
    centre = means(design, values, domain, full=False)
    with np.errstate(invalid="ignore", divide="ignore"):
        squares = (values - centre.estimate) ** 2 * (centre.n / (centre.n - 1))
    return means(design, squares, domain & (centre.n > 1), full=False)


@dataclass(frozen=True, eq=False)
class Totals:
    """Weighted totals: `estimate` (k,) in the unit of the values, `covariance` (k, k), the design's `df`."""

    estimate: FloatArray
    covariance: FloatArray
    df: int

    @property
    def std_error(self) -> FloatArray:
        """(k,) standard errors."""
        return np.sqrt(np.diagonal(self.covariance))


def totals(design: SampleDesign, values: ArrayLike, domain: ArrayLike | None = None) -> Totals:
    """Return the weighted total Σwy of each column of `values` within its domain; shapes as in `means`.

    The total over an empty domain is 0, without variance. Raises ValueError when a value inside its domain is
    missing. Verified against R survey 4.1.1 (svytotal) at 1e-9.
    """
    values, domain = _columns(design, values, domain)
    scores = np.where(domain, values, 0.0)
    if np.isnan(scores).any():
        raise ValueError("a value is missing inside its domain")
    return Totals(design.weights @ scores, covariance_of_totals(design, scores), design.df)


def kish_design_effect(weights: ArrayLike) -> float:
    """Return n·Σw²/(Σw)², the design effect of unequal weights alone (Kish 1965)."""
    weights = np.asarray(weights, dtype=float)
    return float(weights.size * np.sum(weights**2) / np.sum(weights) ** 2)


def domain_df(design: SampleDesign, domain: ArrayLike) -> int:
    """Return primary units − strata with at least one respondent in `domain` (n,) bool, the df of a filter.

    The degrees of freedom of R's subset() of a design; means by group keep the design's own. 0 when empty.
    """
    nesting = design._nesting
    units = np.logical_or.reduceat(np.asarray(domain, dtype=bool)[nesting.order], nesting.first_row)
    strata = np.logical_or.reduceat(units, nesting.first_unit)
    return int(units.sum() - strata.sum())
