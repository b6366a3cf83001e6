"""Regressions without a design, separation, clusters: R stats, car, margins, sandwich, logistf, brglm2, pROC, MASS."""

import warnings
from collections.abc import Iterator

import numpy as np
import pandas as pd
import statsmodels.api as sm
from scipy import stats
from statsmodels.stats.diagnostic import het_breuschpagan

import reference
from b2bsurvey.statistics import separation
from b2bsurvey.statistics.linearisation import SampleDesign
from b2bsurvey.statistics.model_checks import calibration, discrimination, generalised_vif
from b2bsurvey.statistics.regression import Predictor, Regression, average_marginal_effects, regress
from parity.answers import STATSMODELS
from parity.comparison import ITERATED, Compared, Comparisons, LeftOut, cells, column_names, left_out

PARITY = Comparisons()
BIRTHS = ["age", "lwt", "race2", "race3", "smoke", "ptl", "ht", "ui", "ftv"]


def births() -> pd.DataFrame:
    data = reference.data("birthwt").astype(float)
    return data.assign(race2=data["race"] == 2, race3=data["race"] == 3).astype(float)


def simple(kind: str, outcome: pd.Series, columns: pd.DataFrame) -> Regression:
    return regress(SampleDesign.simple(len(columns)), kind, outcome, columns, list(columns))


def classical(fit: Regression) -> np.ndarray:
    """Return the table of a classical fit: estimates, standard errors of the model, z, p."""
    error = np.sqrt(np.diagonal(fit.model_covariance))
    z = fit.coefficients / error
    return np.column_stack([fit.coefficients, error, z, 2 * stats.norm.sf(np.abs(z))])


@PARITY.of(r"models/logit\.birthwt")
def logit(expected):
    data = births()
    y, x = data["low"], data[BIRTHS]
    fit = simple("binary", y, x)
    n, k = len(y), len(BIRTHS) + 1
    table = classical(fit)
    for place, column in enumerate(column_names(expected["coef"])):
        yield Compared(f"coef: {column}", cells(expected["coef"])[:, place], table[:, place], 10 * ITERATED)
    scale = 1e-3 * float(np.abs(fit.model_covariance).max())
    yield Compared("vcov", expected["vcov"], fit.model_covariance, ITERATED, scale)
    bounds = table[:, :1] + stats.norm.ppf([[0.025, 0.975]]) * table[:, 1:2]
    yield Compared("confint_wald", expected["confint_wald"], bounds, ITERATED, scale=1e-3)
    ll, l0 = fit.log_likelihood, fit.null_log_likelihood
    p = 1 / (1 + np.exp(-(fit.coefficients[0] + x.to_numpy() @ fit.coefficients[1:])))
    snell = 1 - np.exp(2 * (l0 - ll) / n)
    found = {
        "n": fit.n, "logLik": ll, "null_logLik": l0, "aic": 2 * k - 2 * ll, "bic": k * np.log(n) - 2 * ll,
        "deviance": -2 * ll, "null_deviance": -2 * l0, "df_resid": fit.df, "lr_chi2": 2 * (ll - l0),
        "mcfadden": fit.mcfadden, "mcfadden_adj": 1 - (ll - k) / l0, "cox_snell": snell,
        "nagelkerke": snell / (1 - np.exp(2 * l0 / n)), "tjur": p[y == 1].mean() - p[y == 0].mean(),
        "brier": np.mean((y - p) ** 2), "fitted_first5": p[:5],
    }  # fmt: skip
    for name, value in found.items():
        yield Compared(name, expected[name], value, ITERATED)
    area = discrimination(y, p, np.ones(n))
    yield Compared("auc", expected["auc"], area.auc)
    yield Compared("auc_delong_ci", expected["auc_delong_ci"], [area.low, area.auc, area.high], ITERATED)
    hc0 = fit.std_error * np.sqrt((n - 1) / n)
    yield Compared("HC0", expected["HC0"], hc0, ITERATED)
    yield Compared("HC1", expected["HC1"], hc0 * np.sqrt(n / (n - k)), ITERATED)
    yield Compared("anova_LR", _without_row(expected["anova_LR"]), _likelihood_ratios(y, x, ll), 10 * ITERATED)
    yield LeftOut("confint_profile", "intervals of a logit are Wald's under the design; profiles are Firth's only")
    yield from left_out("the variance of the design stands for it", "HC3")
    yield from left_out("influence on a single coefficient is not reported", "max_cooks")


def _without_row(table: dict) -> list:
    return [values for name, values in table.items() if name != "row"]


def _likelihood_ratios(y: pd.Series, x: pd.DataFrame, whole: float) -> list[list[float]]:
    """Return χ², df and p of each term left out in turn: race has two columns."""
    terms = ["age", "lwt", "race", "smoke", "ptl", "ht", "ui", "ftv"]
    found = []
    for term in terms:
        own = [name for name in BIRTHS if name.startswith(term)]
        without = simple("binary", y, x.drop(columns=own))
        x2 = 2 * (whole - without.log_likelihood)
        found.append([x2, len(own), stats.chi2.sf(x2, len(own))])
    return np.transpose(found).tolist()


@PARITY.of(r"models/hosmer\.birthwt")
def hosmer_lemeshow(expected):
    data = births()
    fit = simple("binary", data["low"], data[BIRTHS])
    found = calibration(SampleDesign.simple(len(data)), fit, data["low"], data[BIRTHS])
    yield Compared("statistic", expected["statistic"], found.statistic, ITERATED)
    yield Compared("parameter", expected["parameter"], found.df1)
    yield Compared("p_value", expected["p_value"], found.p_value, 10 * ITERATED)
    yield LeftOut("script", "the same by another formula")


@PARITY.of(r"models/vif\.birthwt")
def inflation(expected):
    data = births()
    fit = simple("binary", data["low"], data[BIRTHS])
    rows = expected["gvif_glm"]["rows"]
    own = [tuple(i for i, name in enumerate(BIRTHS) if name.startswith(row)) for row in rows]
    found = generalised_vif(fit, [Predictor(r, places, len(places) == 1) for r, places in zip(rows, own, strict=True)])
    df = np.array([len(places) for places in own])
    ours = np.column_stack([found, df, found ** (1 / (2 * df))])
    yield Compared("gvif_glm", expected["gvif_glm"], ours, ITERATED)


@PARITY.of(r"models/ame\.birthwt")
def marginal_effects(expected):
    data = births()
    x = data[BIRTHS].to_numpy()
    design = SampleDesign.simple(len(x))
    fit = regress(design, "binary", data["low"], x, BIRTHS)
    found = []
    for name in expected["factor"]:
        is_race = name.startswith("race")
        places = (2, 3) if is_race else (BIRTHS.index(name),)
        effects = average_marginal_effects(design, fit, x, Predictor(name, places, not is_race), fixed=True)
        place = 2 * (name == "race3") + 1  # of the second category
        found.append((effects.estimate[place], effects.std_error[place]))
    estimate, error = np.transpose(found)
    why = "numeric derivatives in R"
    yield LeftOut("factor", "names of the predictors")
    yield Compared("AME", expected["AME"], estimate, 1e-4, why=why)
    yield Compared("SE", expected["SE"], error, 1e-4, why=why)
    for name, sign in (("lower", -1), ("upper", 1)):
        yield Compared(name, expected[name], estimate + sign * stats.norm.ppf(0.975) * error, 1e-4, 1e-2, why=why)


# ---- separation


def endometrial() -> tuple[pd.DataFrame, separation.Firth]:
    data = reference.data("endometrial")
    return data, separation.firth(SampleDesign.simple(len(data)), data["HG"], data[["NV", "PI", "EH"]])


@PARITY.of(r"models/firth\.endometrial")
def firth(expected):
    _, found = endometrial()
    yield Compared("coef", expected["coef"], found.coefficients, ITERATED)
    why = "R's profile stops at 1e-5"
    yield Compared("profile_lower", expected["profile_lower"], found.low, 1e-5, why=why)
    yield Compared("profile_upper", expected["profile_upper"], found.high, 1e-5, why=why)
    yield Compared("p_plr", expected["p_plr"], found.p_value, 1e-4, why=why)
    yield Compared("se", expected["se"], found.std_error, ITERATED)
    yield LeftOut("loglik", "the penalised likelihood is not reported; its ratios are the p values")


@PARITY.of(r"models/brglm2\.endometrial")
def bias_reduced(expected):
    _, found = endometrial()
    for name in ("AS_mean", "MPL_Jeffreys"):
        yield Compared(f"{name}: coef", expected[name]["coef"], found.coefficients, ITERATED)
        yield LeftOut(f"{name}: se", "brglm2 takes the unpenalised information; ours is logistf's, compared there")
    yield LeftOut("AS_median", "median bias reduction is not offered")


@PARITY.of(r"models/detect_separation_naive\.endometrial")
def separated(expected):
    """R's coefficient of NV, 18, and its error of 1,700 are artefacts: ours refuses and names the column."""
    data = reference.data("endometrial")
    columns = ["NV", "PI", "EH"]
    infinite = separation.separated_columns(data["HG"], data[columns], columns)
    assert expected["se"]["NV"] > 100
    yield Compared(
        "coef: separated columns", [float(expected["se"][c] > 100) for c in columns], [c in infinite for c in columns]
    )
    yield LeftOut("se", "not estimable: the column separates the outcome, and Firth's logit stands for it")


# ---- other models


@PARITY.of(r"models/ols\.chile\.statusquo")
def linear(expected):
    data = reference.data("Chile").dropna()
    names = ["age", "income", "sex", "education", "region"]
    x = pd.get_dummies(data[names], drop_first=True, dtype=float)
    order = [0, *(1 + list(x).index(n) for n in _named(expected["coef"]["rows"][1:], list(x)))]
    fit = simple("linear", data["statusquo"], x)
    n, k = fit.n, fit.coefficients.size
    yield Compared("n", expected["n"], n)
    yield from _classical_t(expected["coef"], fit, order)
    residual = data["statusquo"] - fit.coefficients[0] - x.to_numpy() @ fit.coefficients[1:]
    r2 = 1 - float(residual @ residual) / float(np.var(data["statusquo"]) * n)
    yield Compared("r2", expected["r2"], r2, 1e-8)
    yield Compared("adj", expected["adj"], 1 - (1 - r2) * (n - 1) / (n - k), 1e-8)
    clusters = pd.factorize(data["region"])[0]
    by_region = regress(SampleDesign(np.ones(n), clusters=clusters), "linear", data["statusquo"], x, list(x))
    regions = clusters.max() + 1
    robust = by_region.std_error[order] * np.sqrt((regions - 1) / regions)  # R was told not to correct for their number
    yield Compared("cl", expected["cl"], robust, 1e-7)
    yield LeftOut("cluster_region_CR0", "R gives none")
    with_constant = sm.add_constant(x.to_numpy())
    hc3 = sm.OLS(data["statusquo"].to_numpy(), with_constant).fit().get_robustcov_results("HC3").bse[order]
    yield Compared("HC3", expected["HC3"], hc3, 1e-7, by=STATSMODELS)
    breusch_pagan = het_breuschpagan(residual.to_numpy(), with_constant)[0]
    yield Compared("bp", expected["bp"], breusch_pagan, 1e-7, by=STATSMODELS)


def _named(rows: list[str], columns: list[str]) -> list[str]:
    """Return our columns in the order of R's rows: `sexM` is `sex_M`."""
    return [next(c for c in columns if c.replace("_", "") == row) for row in rows]


def _classical_t(table: dict, fit: Regression, order: list[int]) -> Iterator[Compared]:
    found = classical(fit)[order]
    found[:, 3] = 2 * stats.t.sf(np.abs(found[:, 2]), fit.n - fit.coefficients.size)
    for place, column in enumerate(column_names(table)):
        yield Compared(f"coef: {column}", cells(table)[:, place], found[:, place], 1e-7 if place == 3 else 1e-8)


@PARITY.of(r"models/wls\.chile")
def weighted_linear(expected):
    data = reference.data("Chile").dropna()
    x = pd.get_dummies(data[["age", "sex"]], drop_first=True, dtype=float)
    fit = regress(SampleDesign(data["population"]), "linear", data["statusquo"], x, list(x))
    yield from _classical_t(expected["coef"], fit, [0, 1, 2])


def _counts(expected: dict, fitted, by: str, tolerance: float) -> Iterator[Compared]:
    ours = np.column_stack([fitted.params[:5], fitted.bse[:5], fitted.tvalues[:5], fitted.pvalues[:5]])
    for place, column in enumerate(column_names(expected["coef"])):
        yield Compared(
            f"coef: {column}",
            cells(expected["coef"])[:, place],
            ours[:, place],
            100 * tolerance if place == 3 else tolerance,
            by=by,
        )


@PARITY.of(r"models/poisson\.birthwt\.ftv")
def poisson(expected):
    data = births()
    x = sm.add_constant(data[["age", "smoke", "race2", "race3"]].to_numpy())
    fitted = sm.GLM(data["ftv"].to_numpy(), x, sm.families.Poisson()).fit(tol=1e-14, maxiter=100)
    yield from _counts(expected, fitted, STATSMODELS, ITERATED)
    yield Compared("aic", expected["aic"], fitted.aic, ITERATED, by=STATSMODELS)


@PARITY.of(r"models/negbin\.birthwt\.ftv")
def negative_binomial(expected):
    data = births()
    x = sm.add_constant(data[["age", "smoke", "race2", "race3"]].to_numpy())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fitted = sm.NegativeBinomial(data["ftv"].to_numpy(), x).fit(disp=0, method="newton", maxiter=200, tol=1e-12)
    theta = 1 / fitted.params[5]
    yield Compared("coef: Estimate", cells(expected["coef"], "Estimate"), fitted.params[:5], 1e-5, by=STATSMODELS)
    yield Compared("theta", expected["theta"], theta, 1e-5, by=STATSMODELS)
    yield Compared("logLik", expected["logLik"], fitted.llf, by=STATSMODELS)
    yield LeftOut("coef: errors", "MASS holds theta fixed in them; there is no model of counts in the product")
    yield LeftOut("se_theta", "MASS holds the coefficients fixed in it")


@PARITY.of(r"models/relimp_dominance\.skip")
def dominance(expected):
    yield LeftOut("available", "no R package for it: dominance is pinned to a calculation by hand in test_regression")


@PARITY.of(r"models/kmeans_hclust\.bfiN")
def clusters(expected):
    yield from left_out("types of respondents are latent classes, which say how sure a type is", *expected)
