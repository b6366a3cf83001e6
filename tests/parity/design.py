"""Means, proportions, totals, ratios, quantiles, tests, models and calibration under a design: R survey."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from scipy import optimize, stats

import reference
from b2bsurvey.statistics import contingency
from b2bsurvey.statistics.contingency import rao_scott
from b2bsurvey.statistics.group_means import design_group_means
from b2bsurvey.statistics.intervals import arcsine, beta, logit, student
from b2bsurvey.statistics.linearisation import (
    Calibration,
    Means,
    SampleDesign,
    covariance_of_totals,
    domain_df,
    means,
    totals,
    variances,
)
from b2bsurvey.statistics.quantiles import quantiles
from b2bsurvey.statistics.rank_tests import design_rank_test
from b2bsurvey.statistics.ratios import ratios
from b2bsurvey.statistics.regression import Regression, coefficients, regress, wald
from b2bsurvey.statistics.significance import wald_test
from b2bsurvey.statistics.weighting import Margin, rake, spread
from parity.comparison import CLOSED, ITERATED, OURS, Compared, Comparisons, LeftOut, cells, column_names, left_out

PARITY = Comparisons()
ON = r"\.(?P<name>(?!clus2)\w+)"
LEVEL = 0.95
TARGETS = {"stype": {"E": 4421, "H": 755, "M": 1018}, "sch.wide": {"No": 1072, "Yes": 5122}}


def estimated(expected: dict, found, prefix: str = "") -> Iterator[Compared]:
    """Compare estimate, standard error and Student's interval with what R's `est` gave."""
    scale = 1e-3 * float(np.max(np.abs(found.estimate)))
    low, high = student(found.estimate, found.std_error, found.df, LEVEL)
    ours = {"estimate": found.estimate, "se": found.std_error, "ci_lower": low, "ci_upper": high}
    for name, value in ours.items():
        yield Compared(prefix + name, expected[name], value, scale=scale if name == "se" else 0.0)


def without_replacement(found: Means) -> np.ndarray:
    """Return the design effects relative to simple random sampling without replacement, as R's deff=TRUE."""
    return found.deff / (1 - found.n / found.n_weighted)


@PARITY.of(r"design/.*\.clus2_fpc")
def two_stages(expected):
    yield from left_out("a second stage is refused: without fpc the clusters cover it", *expected)


@PARITY.of(rf"design/mean\.api00{ON}")
def mean(expected, name):
    data, design = reference.design(name)
    found = means(design, data["api00"])
    yield from estimated(expected, found)
    yield Compared("ci_z", expected["ci_z"], student(found.estimate, found.std_error, np.inf, LEVEL))
    yield Compared("deff_replace", expected["deff_replace"], found.deff)
    yield Compared("deff", expected["deff"], without_replacement(found))
    yield Compared("df", expected["df"], found.df)


@PARITY.of(rf"design/mean\.enroll\.narm{ON}")
def mean_of_known(expected, name):
    data, design = reference.design(name)
    yield from estimated(expected, means(design, data["enroll"], data["enroll"].notna()))


@PARITY.of(rf"design/prop\.stype{ON}")
def proportions(expected, name):
    data, design = reference.design(name)
    found = means(design, pd.get_dummies(data["stype"]).to_numpy(float))
    yield from estimated(expected, found)
    yield Compared("vcov", expected["vcov"], found.covariance, scale=1e-6)
    if found.variance.any():
        yield Compared("deff", expected["deff"], without_replacement(found))
    else:
        yield LeftOut("deff", "the strata fix the shares: no variance, and ours is then Kish's design effect")


@PARITY.of(rf"design/total\.(?P<column>\w+){ON}")
def total(expected, column, name):
    data, design = reference.design(name)
    values = data[column] if column == "enroll" else pd.get_dummies(data[column]).to_numpy(float)
    yield from estimated(expected, totals(design, values, data[column].notna()))


@PARITY.of(rf"design/ratio\.apistu_enroll{ON}")
def ratio(expected, name):
    data, design = reference.design(name)
    known = data[["api.stu", "enroll"]].notna().all(axis=1)
    found = ratios(design, data["api.stu"], data["enroll"], known)
    yield Compared("estimate", expected["estimate"], found.estimate)
    yield Compared("se", expected["se"], found.std_error)
    yield Compared("ci", expected["ci"], student(found.estimate, found.std_error, found.df, LEVEL))


@PARITY.of(rf"design/var\.api00{ON}")
def variance(expected, name):
    data, design = reference.design(name)
    found = variances(design, data["api00"])
    yield Compared("estimate", expected["estimate"], found.estimate)
    yield Compared("se", expected["se"], found.std_error)


@PARITY.of(rf"design/quantile\.api00{ON}")
def quartiles(expected, name):
    data, design = reference.design(name)
    found = quantiles(design, data["api00"], [0.25, 0.5, 0.75], definition="math")
    yield Compared("q", expected["q"], np.column_stack([found.estimate, found.low, found.high, found.std_error]))


@PARITY.of(rf"design/by\.api00_stype{ON}")
def by_group(expected, name):
    data, design = reference.design(name)
    found = means(design, data["api00"], np.column_stack([data["stype"] == level for level in expected["level"]]))
    low, high = student(found.estimate, found.std_error, found.df, LEVEL)
    ours = {"mean": found.estimate, "se": found.std_error, "ci_lower": low, "ci_upper": high}
    for key, value in ours.items():
        yield Compared(key, expected[key], value)
    yield Compared("deff", expected["deff"], without_replacement(found))
    yield LeftOut("level", "names of the groups")


@PARITY.of(rf"design/subset\.api00_schwideYes{ON}")
def subset(expected, name):
    data, design = reference.design(name)
    domain = (data["sch.wide"] == "Yes").to_numpy()
    found, df = means(design, data["api00"], domain), domain_df(design, domain)
    low, high = student(found.estimate, found.std_error, df, LEVEL)
    ours = {"estimate": found.estimate, "se": found.std_error, "ci_lower": low, "ci_upper": high, "df": df}
    for key, value in ours.items():
        yield Compared(key, expected[key], value)
    found = totals(design, data["enroll"], domain & data["enroll"].notna())
    yield Compared("total", expected["total"], found.estimate)
    yield Compared("total_se", expected["total_se"], found.std_error)


@PARITY.of(rf"design/ciprop\.schwide\.(?P<method>\w+){ON}")
def interval_of_a_proportion(expected, method, name):
    data, design = reference.design(name)
    found = means(design, data["sch.wide"] == "Yes")
    p, error, n, df = found.estimate, found.std_error, found.n, found.df
    yield Compared("estimate", expected["estimate"], p)
    yield Compared("se", expected["se"], error)
    yield Compared("df", expected["df"], df)
    intervals = {
        "logit": lambda: logit(p, error, df, LEVEL),
        "xlogit": lambda: logit(p, error, df, LEVEL),
        "asin": lambda: arcsine(p, error, df, LEVEL),
        "beta": lambda: beta(p, error, n, df, LEVEL),
        "mean": lambda: student(p, error, df, LEVEL),
    }
    if method in intervals:
        yield Compared("ci", expected["ci"], intervals[method]())
    else:
        yield LeftOut("ci", "no profile likelihood of a proportion: Wilson, logit and beta stand for it")


@PARITY.of(rf"design/table\.schwide_stype{ON}")
def table(expected, name):
    data, design = reference.design(name)
    rows, columns = (pd.get_dummies(data[c]).to_numpy(float) for c in ("sch.wide", "stype"))
    joint = (rows[:, :, None] * columns[:, None, :]).reshape(design.n, -1)
    yield Compared("table", expected["table"], totals(design, joint).estimate)


def _codes(data: pd.DataFrame) -> list[np.ndarray]:
    return [pd.factorize(data[column], sort=True)[0] for column in ("sch.wide", "stype")]


@PARITY.of(rf"design/chisq\.schwide_stype\.F{ON}")
def rao_scotts_f(expected, name):
    data, design = reference.design(name)
    found = rao_scott(design, *_codes(data), 2, 3)
    yield Compared("statistic", expected["statistic"], found.statistic)
    yield Compared("parameter", expected["parameter"], [found.df1, found.df2])
    yield Compared("p_value", expected["p_value"], found.p_value)


@PARITY.of(rf"design/chisq\.schwide_stype\.(?P<kind>Chisq|lincom|saddlepoint){ON}")
def rao_scotts_other_corrections(expected, kind, name):
    """X² and the design effects are ours; what R makes of them is computed here."""
    data, design = reference.design(name)
    cross = contingency._cross_tabulate(design, *_codes(data), 2, 3)
    x2, delta = contingency._pearson_x2(cross.weighted), contingency._generalised_design_effects(design, cross)[0]
    effects = np.linalg.eigvals(delta).real
    yield Compared("statistic", expected["statistic"], x2)
    by = f"{OURS} (X², Δ)"
    if kind == "Chisq":
        yield Compared("parameter", expected["parameter"], len(delta))
        yield Compared("p_value", expected["p_value"], stats.chi2.sf(x2 / effects.mean(), len(delta)), by=by)
        return
    yield LeftOut("parameter", "R gives none")
    why = "R had no library for the integral: its two p values are both of the saddle point, found to 1e-8"
    ours = _by_saddlepoint(x2, effects, design.df)
    yield Compared("p_value", expected["p_value"], ours, 1e-6, by=by, why=why)


def _by_saddlepoint(x2: float, effects: np.ndarray, df: int) -> float:
    """P(Σ δ·χ²₁ > x²·χ²_d/d) with d = df·(Σδ)²/Σδ², of which R cuts the decimals; Kuonen's (1999) saddle point."""
    denominator = df * np.sum(effects) ** 2 / np.sum(effects**2)
    weights = np.concatenate([effects, np.full(int(denominator), -x2 / denominator)])
    weights = weights / weights.max()
    bounds = 0.99999 / (2 * weights.min()), 0.99999 / 2
    at = optimize.brentq(lambda z: np.sum(weights / (1 - 2 * z * weights)), *bounds, xtol=1e-14)
    w = np.sign(at) * np.sqrt(np.sum(np.log1p(-2 * at * weights)))
    v = at * np.sqrt(2 * np.sum((weights / (1 - 2 * at * weights)) ** 2))
    return float(stats.norm.sf(w + np.log(v / w) / w))


@PARITY.of(rf"design/chisq\.schwide_stype\.(?P<kind>Wald|adjWald){ON}")
def wald_tests_of_independence(expected, kind, name):
    data, design = reference.design(name)
    rows, columns = (pd.get_dummies(data[c]).to_numpy(float) for c in ("sch.wide", "stype"))
    rows, columns = (a - design.weights @ a / design.weights.sum() for a in (rows, columns))
    residuals = rows[:, 1:] * columns[:, 1:]
    difference, covariance = design.weights @ residuals, covariance_of_totals(design, residuals)
    found = wald_test(kind, design.n, difference, covariance, design.df, hotelling=kind == "adjWald")
    yield Compared("statistic", expected["statistic"], found.statistic)
    yield Compared("parameter", expected["parameter"], [found.df1, found.df2])
    yield Compared("p_value", expected["p_value"], found.p_value)


@PARITY.of(rf"design/ttest\.api00_schwide{ON}")
def t_test(expected, name):
    data, design = reference.design(name)
    groups = _codes(data)[0]
    found = design_group_means(design, data["api00"], groups)
    yield Compared("statistic", expected["statistic"], -found.statistic)  # R takes second − first
    yield Compared("parameter", expected["parameter"], found.df1)
    yield Compared("p_value", expected["p_value"], found.p_value)
    slope = coefficients(regress(design, "linear", data["api00"], groups[:, None], ["wide"]), [1])
    yield Compared("estimate", expected["estimate"], slope.estimate)
    yield Compared("conf_int", expected["conf_int"], [slope.low, slope.high])


@PARITY.of(rf"design/(?P<kind>ranktest|kruskal)\.api00_\w+{ON}")
def rank_test(expected, kind, name):
    """R gives the Wald χ² as the parameter, and its degrees of freedom as the statistic, of more than two groups."""
    data, design = reference.design(name)
    found = design_rank_test(design, data["api00"], _codes(data)[kind == "kruskal"])
    loose, why = CLOSED, ""
    if not design.is_equally_weighted:
        loose, why = 2e-3, "ties with unequal weights: R's ranks hang on the order of rows, ours are the mean over them"
    statistic, parameter = (-found.statistic, found.df1), (CLOSED, loose)
    if kind == "kruskal":
        statistic = (found.df1, found.statistic * found.df1)
    else:
        parameter = (loose, CLOSED)
    for key, value, tolerance in zip(("statistic", "parameter"), statistic, parameter, strict=True):
        yield Compared(key, expected[key], value, tolerance, why=why)
    yield Compared("p_value", expected["p_value"], found.p_value, 5 * loose, why=why)


def _model(expected: dict, fit: Regression, tolerance: float) -> Iterator[Compared]:
    every = np.arange(fit.coefficients.size)
    found = coefficients(fit, every)
    ours = np.column_stack([found.estimate, found.std_error, found.estimate / found.std_error, found.p_value])
    # a p value moves by the square of t times what t moves by
    for place, (column, at) in enumerate(zip(column_names(expected["coef"]), (1, 1, 1, 50), strict=True)):
        yield Compared(f"coef: {column}", cells(expected["coef"])[:, place], ours[:, place], at * tolerance)
    scale = 1e-3 * float(np.abs(fit.covariance).max())
    yield Compared("vcov", expected["vcov"], fit.covariance, 10 * tolerance, scale=scale)
    yield Compared("df_resid", expected["df_resid"], fit.df)


@PARITY.of(rf"design/glm\.gaussian{ON}")
def linear_model(expected, name):
    data, design = reference.design(name)
    columns = ["ell", "meals", "mobility"]
    yield from _model(expected, regress(design, "linear", data["api00"], data[columns], columns), CLOSED)


@PARITY.of(rf"design/glm\.logit{ON}")
def logit_model(expected, name):
    data, design = reference.design(name)
    columns = np.column_stack([data["ell"], data["meals"], data["stype"] == "H", data["stype"] == "M"])
    fit = regress(design, "binary", (data["sch.wide"] == "Yes").astype(int), columns, ["ell", "meals", "H", "M"])
    yield from _model(expected, fit, ITERATED)
    found, theirs = wald(fit, [3, 4]), expected["anova_stype"]
    ours = [found.statistic, found.df1, found.df2, found.p_value]
    yield Compared("anova_stype", [theirs[k] for k in ("F", "df", "ddf", "p")], ours, 10 * ITERATED)


@PARITY.of(rf"design/olr\.mealcat{ON}")
def ordinal_model(expected, name):
    data, design = reference.design(name)
    columns = np.column_stack([data["avg.ed"], data["mobility"], data["stype"] == "H", data["stype"] == "M"])
    outcome = pd.cut(data["meals"], [-1, 25, 50, 75, 100]).cat.codes
    fit = regress(design, "ordinal", outcome, columns.astype(float), ["ed", "mobility", "H", "M"])
    why = "R's optimiser stops early"
    yield Compared("coef", expected["coef"], fit.coefficients[:4], 1e-3, why=why)
    yield Compared("zeta", expected["zeta"], fit.coefficients[4:], 1e-3, why=why)
    yield Compared("se", expected["se"], fit.std_error, 1e-3, why=why)


# ---- calibration


def _sample(name: str) -> tuple[pd.DataFrame, np.ndarray]:
    data = reference.data("apisrs" if name == "srs_fpc" else "apiclus1")
    return data, np.asarray(data["fpc"] / len(data) if name == "srs_fpc" else data["pw"], float)


def _margins(data: pd.DataFrame, *names: str) -> list[Margin]:
    return [
        Margin(
            variable,
            list(TARGETS[variable]),
            pd.Categorical(data[variable], categories=list(TARGETS[variable])).codes.astype(int),
            np.array(list(TARGETS[variable].values()), float),
        )
        for variable in names
    ]


@PARITY.of(rf"design/cal\.(?P<kind>poststratify\.stype|rake\.\w+|rake_default_eps|raking\.\w+|logit\.bounded){ON}")
def calibrated(expected, kind, name):
    """Weights are raked by us; variances are by R's choice of the regression, with R's own weights."""
    data, base = _sample(name)
    margins = _margins(data, *(["stype"] if "poststratify" in kind else ["stype", "sch.wide"]))
    tolerance, why = (1e-4, "R's default stops early") if "default" in kind else (CLOSED, "")
    if kind == "logit.bounded":
        why = "bounds by another distance: ours cut raked weights and rake on, which moves fewer of them"
        yield from left_out(why, "weights", "kish_neff", "kish_deff")
    else:
        weights = rake(base, margins).weights
        yield Compared("weights", expected["weights"], weights, tolerance, why=why)
        yield Compared("kish_neff", expected["kish_neff"], spread(weights).n_effective, tolerance, why=why)
        yield Compared("kish_deff", expected["kish_deff"], spread(weights).design_effect, tolerance, why=why)
    design = SampleDesign(
        expected["weights"],
        clusters=data["dnum"] if "clus1" in name else None,
        population=data["fpc"] if name.endswith("_fpc") else None,
        calibration=Calibration(
            np.ones(len(base)) if kind.startswith("rake") else base, np.column_stack([m.codes for m in margins])
        ),
    )
    found = {
        "mean_api00": means(design, data["api00"]),
        "total_enroll": totals(design, data["enroll"], data["enroll"].notna()),
        "prop_stype": means(design, pd.get_dummies(data["stype"]).to_numpy(float)),
    }
    for key, estimate in found.items():
        scale = 1e-3 * float(np.max(np.abs(estimate.estimate)))  # R leaves 1e-17 where the margins leave no variance
        for c in estimated(expected[key], estimate, f"{key}: "):
            fixed = key == "prop_stype" and c.name.endswith("se")
            yield Compared(c.name, c.theirs, c.ours, tolerance, estimate.estimate.max() if fixed else scale, why=why)
    yield Compared("sum_w", expected["sum_w"], design.weights.sum())


@PARITY.of(rf"design/cal\.trim{ON}")
def trimmed(expected, name):
    data, base = _sample(name)
    weights = rake(base, _margins(data, "stype", "sch.wide")).weights
    yield Compared("cap", expected["cap"], np.quantile(weights, 0.95))
    why = "R gives what it cuts to all others alike, which loses the margins; ours rakes on within the bounds"
    yield from left_out(why, "weights_nonstrict", "weights_strict")


@PARITY.of(rf"design/cal\.linear\.stype_api99{ON}")
def greg(expected, name):
    yield from left_out("calibration is to shares of a population, by raking or cells; not to means (GREG)", *expected)


# ---- a stratum with one respondent, replicates


@PARITY.of(r"design/lonely\.(?P<option>\w+)")
def lonely_unit(expected, option):
    if option in ("adjust", "average"):
        why = "a lone unit of a larger stratum is refused; taken whole it has no variance (R's certainty)"
        yield from left_out(why, *expected)
        return
    data = reference.data("apistrat")
    elementary = np.flatnonzero(data["stype"] == "E")
    data = data.drop(index=elementary[1:]).reset_index(drop=True)
    strata = pd.factorize(data["stype"], sort=True)[0]
    design = SampleDesign(data["pw"], strata, population=np.where(strata == 0, 1.0, np.inf))
    yield from estimated(expected, means(design, data["api00"]))
    yield Compared("df", expected["df"], design.df)


@PARITY.of(r"design/rep\.(?P<kind>JK1\.clus1|JKn\.strat)")
def jackknife(expected, kind):
    """Our mean in each replicate: the jackknife needs no linearisation."""
    name = "clus1_fpc" if kind == "JK1.clus1" else "strat_nofpc"
    data, design = reference.design(name)
    strata = np.zeros(design.n, int) if design.strata is None else design.strata
    units = np.arange(design.n) if design.clusters is None else design.clusters
    variance = 0.0
    for h in np.unique(strata):
        own = np.unique(units[strata == h])
        left = [np.where(units == unit, 0.0, design.weights) for unit in own]
        left = [np.where(strata == h, w * own.size / (own.size - 1), w) for w in left]
        found = [float(means(SampleDesign(w[w > 0]), data["api00"][w > 0]).estimate[0]) for w in left]
        variance += (own.size - 1) / own.size * np.sum((found - np.mean(found)) ** 2)
    estimate, error = means(design, data["api00"]).estimate, np.sqrt(variance)
    by = f"{OURS} (mean of each replicate)"
    yield Compared("estimate", expected["estimate"], estimate)
    yield Compared("se", expected["se"], error, by=by)
    low, high = student(estimate, error, design.df, LEVEL)
    yield Compared("ci_lower", expected["ci_lower"], low, by=by)
    yield Compared("ci_upper", expected["ci_upper"], high, by=by)
