"""Do 95 % intervals cover the truth in 95 of 100 waves? Waves are drawn again and again from the generator's population.

The population is a large drawing from the true parameters of lucerne-2013; a wave are respondents drawn from it with
replacement, so that the population's own values are exactly what its intervals are to cover. Weighted waves reach large
firms too often and are raked to the population by size and sector.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, ndtr

import lucerne_wave
from b2bsurvey.statistics import intervals
from b2bsurvey.statistics.linearisation import Calibration, SampleDesign, means
from b2bsurvey.statistics.paired import mcnemar, proportion_difference
from b2bsurvey.statistics.quantiles import quantiles
from b2bsurvey.statistics.ranks import rank_intervals
from b2bsurvey.statistics.regression import Predictor, average_marginal_effects, coefficients, regress
from b2bsurvey.statistics.weighting import Margin, rake
from b2bsurvey.synthetic.forms import Drawing
from benchmark.measured import table

LEVEL, ALPHA, Z = 0.95, 0.05, 1.959964
BAND = (0.93, 0.97)  # of the coverage of single intervals; simultaneous ones have its lower end only
WAVES, RESPONDENTS, POPULATION = 2_000, 571, 200_000
MIDDLE = (0.1, 0.9)  # shares that the band is promised for
LEAST_BASE = 100
LAST_STEP = "done_before_contact"  # nothing later is needed
CHANNEL = "linkedin"  # of the model of professional use: used by enough of the reluctant too
TRAITS = ("affinity_trait", "reluctant", "internal_trait", "communicator", "french")
PRESSURE = "pressure_internal"  # whose effect on the stage of adoption is looked at

Floats = NDArray[np.float64]
Rows = NDArray[np.int_]
Bounds = tuple[Floats, Floats]


@dataclass(frozen=True, eq=False)
class Model:
    """A regression as the generator draws the outcome: the first of its columns (N, p) has the true effect.

    `effect` is its coefficient, `ame` its average marginal effect on the probability of the last category.
    """

    kind: Literal["binary", "ordinal"]
    columns: Floats
    outcome: Rows
    is_number: bool
    effect: float
    ame: float


@dataclass(frozen=True, eq=False)
class Population:
    """What is true: (N, k) shares as 0 and 1, scores and numbers of everybody, and who belongs to which group."""

    shares: Floats
    scores: Floats
    top: Floats
    numbers: Floats
    private: Floats
    professional: Floats
    group: NDArray[np.bool_]
    size: Rows
    sector: Rows
    models: Mapping[str, Model]

    def of(self, values: Floats) -> Floats:
        """Return the true means."""
        return values.mean(axis=0)


def population(size: int = POPULATION, seed: int = 1, effect: float | None = None) -> Population:
    """Draw everybody; `effect` replaces the true effect of private on professional use of a channel."""
    truth, asked = lucerne_wave.truth(), lucerne_wave.questionnaire()
    if effect is not None:
        truth = truth.changed("channels", "use", 1, "same_channel", "private", to=effect)
    drawing = Drawing(truth, asked, size, np.random.default_rng(seed))
    for name in truth.steps:
        drawing.take(name)
        if name == LAST_STEP:
            break
    of, quantities = drawing.complete, drawing.quantities
    channels = [item.code for item in asked.questions["channels"].items]
    private, professional = (
        np.column_stack([of[f"channels_{c}_{context}"] > 0 for c in channels]).astype(float)
        for context in ("private", "professional")
    )
    single = [of[q] == place for q in ("region", "function", "age") for place in range(len(asked.questions[q].answers))]
    scores = np.column_stack([of[v.name] + 1 for v in asked.questions["barriers"].variables]).astype(float)
    return Population(
        shares=np.column_stack([private, professional, *single]).astype(float),
        scores=scores,
        top=(scores >= 4).astype(float),
        numbers=np.column_stack([of["employees"], of[LAST_STEP]]).astype(float),
        private=private,
        professional=professional,
        group=quantities["communicator"] > 0,
        size=np.searchsorted([20, 50, 100], of["employees"], side="right"),
        sector=of["sector"].astype(int),
        models={
            "private on professional use": _of_use(drawing, private, professional, channels.index(CHANNEL)),
            "internal pressure on the stage": _of_stage(drawing),
        },
    )


def _of_use(drawing: Drawing, private: Floats, professional: Floats, place: int) -> Model:
    block = drawing.truth.steps["channels"]["use"][1]
    settings = block["any"] | block["items"][CHANNEL]
    effect = block["same_channel"]["private"]
    columns = np.column_stack([private[:, place], *(drawing.quantities[name] for name in TRAITS)])
    without = settings["intercept"] + columns[:, 1:] @ [settings.get(name, 0.0) for name in TRAITS]
    ame = float((expit(without + effect) - expit(without)).mean())
    return Model("binary", columns, professional[:, place].astype(int), False, effect, ame)


def _of_stage(drawing: Drawing) -> Model:
    settings = dict(drawing.truth.steps["adoption"]["ordinal"])
    cuts = settings.pop("cuts")
    names = [PRESSURE, *(name for name in settings if name != PRESSURE)]
    columns = np.column_stack([drawing.quantity("adoption", name) for name in names])
    last = expit(columns @ [settings[name] for name in names] - cuts[-1])
    ame = float((settings[PRESSURE] * last * (1 - last)).mean())
    return Model("ordinal", columns, drawing.complete["adoption"].astype(int), True, settings[PRESSURE], ame)


def simulate(everybody: Population, waves: int, seed: int, n: int = RESPONDENTS) -> dict[str, Floats]:
    """Return for each kind of interval (waves, k): 1 where it covers the truth."""
    rng = np.random.default_rng(seed)
    found: dict[str, list[Floats]] = {}
    reach = 1.0 + everybody.size  # large firms are reached up to four times as often
    reach /= reach.sum()
    reached = np.cumsum(reach)
    for _ in range(waves):
        rows = rng.integers(0, len(everybody.size), n)
        for kind, covered in plain(everybody, rows).items():
            found.setdefault(kind, []).append(covered)
        rows = np.minimum(np.searchsorted(reached, rng.random(n)), len(reach) - 1)
        for kind, covered in raked(everybody, rows).items():
            found.setdefault(kind, []).append(covered)
    return {kind: np.array(covered, dtype=float) for kind, covered in found.items()}


def plain(everybody: Population, rows: Rows) -> dict[str, Floats]:
    """Return what the intervals of an unweighted wave cover."""
    design = SampleDesign(np.ones(len(rows)))
    private, professional = everybody.private[rows], everybody.professional[rows]
    paired = [
        proportion_difference(design, one.astype(int), other.astype(int))
        for one, other in zip(private.T, professional.T, strict=True)
    ]
    difference = everybody.of(everybody.private) - everybody.of(everybody.professional)
    low, high = (np.array([getattr(effect, end) for effect in paired], dtype=float) for end in ("low", "high"))
    kept = _middle(everybody.of(everybody.private)) & _middle(everybody.of(everybody.professional))
    found = _covered(everybody, design, rows)
    group = everybody.group[rows]
    mine = np.repeat(group[:, None], everybody.shares.shape[1], axis=1)
    inside = everybody.shares[everybody.group].mean(axis=0)
    return found | {
        "shares within a group": _cover(_wilson(design, everybody.shares[rows], mine), inside)[_middle(inside)],
        "paired differences of shares": _cover((low, high), difference)[kept],
    }


def raked(everybody: Population, rows: Rows) -> dict[str, Floats]:
    """Return what the intervals of a wave cover that is raked to the population."""
    found = _covered(everybody, raking(everybody, rows), rows)
    return {f"{kind}, raked": covered for kind, covered in found.items()}


def raking(everybody: Population, rows: Rows) -> SampleDesign:
    """Return the design of a wave that is raked to the population by size and sector."""
    total = float(len(everybody.size))
    margins = [
        Margin(name, [str(c) for c in np.unique(codes)], codes[rows], np.bincount(codes).astype(float))
        for name, codes in (("size", everybody.size), ("sector", everybody.sector))
    ]
    weights = rake(np.full(len(rows), total / len(rows)), margins).weights
    codes = np.column_stack([margin.codes for margin in margins])
    return SampleDesign(weights, calibration=Calibration(weights, codes))


def _covered(everybody: Population, design: SampleDesign, rows: Rows) -> dict[str, Floats]:
    """Return what the intervals of any wave cover."""
    shares, top = everybody.of(everybody.shares), everybody.of(everybody.top)
    scores, group = everybody.scores[rows], everybody.group[rows]
    found = means(design, scores)
    student = intervals.student(found.estimate, found.std_error, found.df, LEVEL)
    true = everybody.of(everybody.scores)
    ranks = rank_intervals(found.estimate, found.covariance, found.df, LEVEL)
    true_ranks = 1 + (true[None, :] > true[:, None]).sum(axis=1)
    within = [quantiles(design, everybody.numbers[rows][:, k], [0.5], level=LEVEL) for k in range(2)]
    bounds = [np.array([getattr(q, end)[0] for q in within]) for end in ("low", "high")]
    return {
        "shares": _cover(_wilson(design, everybody.shares[rows]), shares)[_middle(shares)],
        "top-2 shares": _cover(_wilson(design, everybody.top[rows]), top)[_middle(top)],
        "means": _cover(student, true),
        "differences of groups": _cover(_difference(design, everybody.top[rows], group), _true_difference(everybody)),
        "medians": _cover((bounds[0], bounds[1]), np.median(everybody.numbers, axis=0)),
        "ranks, all at once": np.array([np.all((ranks.low <= true_ranks) & (true_ranks <= ranks.high))], dtype=float),
    }


@dataclass(frozen=True, eq=False)
class Fits:
    """What (waves,) fits of one model gave: the average marginal effect, whether its interval covers, and the p value."""

    ame: Floats
    covered: Floats
    p_value: Floats
    expected_power: Floats  # of a normal test at the true effect and the standard error of the wave

    @property
    def power(self) -> float:
        """Share of the waves in which the effect is significant."""
        return float((self.p_value < ALPHA).mean())


def fits(model: Model, waves: int, seed: int, n: int = RESPONDENTS) -> Fits:
    """Fit a model in each wave."""
    rng, design = np.random.default_rng(seed), SampleDesign(np.ones(n))
    names = [f"x{k}" for k in range(model.columns.shape[1])]
    found = np.empty((4, waves))
    for wave in range(waves):
        rows = rng.integers(0, len(model.outcome), n)
        columns = model.columns[rows]
        fit = regress(design, model.kind, model.outcome[rows], columns, names)
        one = coefficients(fit, fit.slopes(0), LEVEL)
        effects = average_marginal_effects(design, fit, columns, Predictor(names[0], (0,), model.is_number), LEVEL)
        covered = effects.low[-1] <= model.ame <= effects.high[-1]
        z = abs(model.effect) / one.std_error[0]
        found[:, wave] = effects.estimate[-1], covered, one.p_value[0], ndtr(z - Z) + ndtr(-z - Z)
    return Fits(*found)


def pairs(everybody: Population, waves: int, seed: int, n: int = RESPONDENTS) -> Floats:
    """Return (waves, channels) p values of McNemar's exact test of private against professional use."""
    rng = np.random.default_rng(seed)
    p = np.ones((waves, everybody.private.shape[1]))
    for wave in range(waves):
        rows = rng.integers(0, len(everybody.size), n)
        one, other = everybody.private[rows] == 1, everybody.professional[rows] == 1
        tables = (one & other, one & ~other, ~one & other, ~one & ~other)
        counts = np.array([part.sum(axis=0) for part in tables])
        found = (mcnemar(*map(int, count)).p_value for count in counts.T)
        p[wave] = [1.0 if value is None else value for value in found]
    return p


def report(waves: int = WAVES) -> Iterator[str]:
    """Yield the tables: coverage by kind, bias and power of the models, power of paired tests."""
    everybody = population()
    found = simulate(everybody, waves, seed=1)
    rows = [
        [
            kind,
            str(c.shape[1]),
            _percent(c.mean()),
            f"{_percent(c.mean(axis=0).min())}–{_percent(c.mean(axis=0).max())}",
        ]
        for kind, c in found.items()
    ]
    yield (
        f"{waves:,} waves of {RESPONDENTS} respondents. Shares of {MIDDLE[0]} to {MIDDLE[1]} with a base of {LEAST_BASE} or "
        f"more; one quantity's coverage is known to ± {_percent(Z * np.sqrt(LEVEL * (1 - LEVEL) / waves))}."
    )
    yield table(["95 % intervals of", "quantities", "coverage", "lowest–highest"], rows)
    rows = []
    for name, model in everybody.models.items():
        fitted = fits(model, waves, seed=2)
        error = fitted.ame.std(ddof=1) / np.sqrt(waves)
        rows.append(
            [
                name,
                f"{model.ame:.4f}",
                f"{fitted.ame.mean() - model.ame:+.4f} ± {Z * error:.4f}",
                _percent(fitted.covered.mean()),
                _percent(fitted.power),
                _percent(fitted.expected_power.mean()),
            ]
        )
    nothing = population(effect=0.0).models["private on professional use"]
    rows.append(["the same without an effect", f"{nothing.ame:.4f}", *_of_nothing(fits(nothing, waves, seed=3))])
    yield table(["model", "true AME", "bias", "coverage", "significant", "expected from the truth"], rows)
    p = pairs(everybody, waves, seed=4)
    difference = everybody.of(everybody.private) - everybody.of(everybody.professional)
    order = np.argsort(-np.abs(difference))
    channels = [item.code for item in lucerne_wave.questionnaire().questions["channels"].items]
    rows = [[channels[k], f"{100 * difference[k]:+.1f}", _percent((p[:, k] < ALPHA).mean())] for k in order]
    yield table(["private against professional (McNemar)", "true difference, points", "significant"], rows)


def _of_nothing(fitted: Fits) -> list[str]:
    error = fitted.ame.std(ddof=1) / np.sqrt(len(fitted.ame))
    bias = f"{fitted.ame.mean():+.4f} ± {Z * error:.4f}"
    return [bias, _percent(fitted.covered.mean()), _percent(fitted.power), _percent(ALPHA)]


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _wilson(design: SampleDesign, values: Floats, domain: NDArray[np.bool_] | None = None) -> Bounds:
    found = means(design, values, domain, full=False)
    return intervals.wilson(found.estimate, found.n_effective, LEVEL)


def _difference(design: SampleDesign, values: Floats, group: NDArray[np.bool_]) -> Bounds:
    """Return bounds of the difference of two groups' shares, as `comparisons.group_differences` makes them."""
    low, high = np.empty((2, values.shape[1]))
    for k, column in enumerate(values.T):
        found = means(design, column[:, None].repeat(2, axis=1), np.column_stack([group, ~group]))
        spread = found.covariance[0, 0] + found.covariance[1, 1] - 2 * found.covariance[0, 1]
        difference = found.estimate[0] - found.estimate[1]
        low[k], high[k] = intervals.student(difference, np.sqrt(spread), found.df, LEVEL)
    return low, high


def _true_difference(everybody: Population) -> Floats:
    return everybody.top[everybody.group].mean(axis=0) - everybody.top[~everybody.group].mean(axis=0)


def _cover(bounds: Bounds, true: Floats) -> Floats:
    low, high = bounds
    return ((low <= true) & (true <= high)).astype(float)


def _middle(shares: Floats) -> NDArray[np.bool_]:
    return (shares >= MIDDLE[0]) & (shares <= MIDDLE[1])
