"""Reliability, factors, confirmatory models, polychoric correlations: R psych, lavaan, semTools, polycor."""

from itertools import combinations

import numpy as np
import pandas as pd

import reference
from b2bsurvey.statistics.confirmatory import confirm
from b2bsurvey.statistics.factor_analysis import explore, parallel_analysis, suitability
from b2bsurvey.statistics.polychoric import polychoric
from b2bsurvey.statistics.reliability import (
    alpha_of,
    average_variance_extracted,
    complete_cases,
    correlation_of,
    feldt_interval,
    htmt,
    omega_total,
    pairwise_covariance,
    reliability,
)
from parity.comparison import CFA, LOADINGS, OURS, Compared, Comparisons, LeftOut, cells, left_out

PARITY = Comparisons()
REVERSED = ("A1", "C4", "C5", "E1", "E2", "O2", "O5")
ITEMS = [f"{scale}{i}" for scale in "ACENO" for i in range(1, 6)]
OF_25 = [i // 5 for i in range(25)]
OTHER_BOUNDS = "not reported: alpha with Feldt's interval and omega are"


def items(scale: str) -> np.ndarray:
    """Return the items of a scale (n, 5), turned round where reversed."""
    data = reference.data("bfi")[[f"{scale}{i}" for i in range(1, 6)]].apply(pd.to_numeric, errors="coerce")
    return data.apply(lambda column: 7 - column if column.name in REVERSED else column).to_numpy(float)


def raw(*names: str) -> np.ndarray:
    """Return items of the respondents who answered all 25, as they stand."""
    data = reference.data("bfi")[ITEMS].apply(pd.to_numeric, errors="coerce").dropna()
    return data[list(names) or ITEMS].to_numpy(float)


@PARITY.of(r"scales/alpha\.bfi_(?P<scale>[ACENO])\.(?P<cases>complete|pairwise)")
def cronbachs_alpha(expected, scale, cases):
    answers = items(scale)
    complete = cases == "complete"
    covariance = np.cov(complete_cases(answers), rowvar=False) if complete else pairwise_covariance(answers)
    correlation = correlation_of(covariance)
    n, k = expected["n"], len(covariance)
    rest = [np.delete(np.arange(k), i) for i in range(k)]
    mean_correlation = (correlation.sum() - k) / (k * (k - 1))
    ours = {
        "raw_alpha": alpha_of(covariance),
        "std_alpha": alpha_of(correlation),
        "average_r": mean_correlation,
        "SN": k * mean_correlation / (1 - mean_correlation),
        "alpha_drop": [alpha_of(covariance[np.ix_(r, r)]) for r in rest],
        "std_alpha_drop": [alpha_of(correlation[np.ix_(r, r)]) for r in rest],
        "std_r": correlation.sum(axis=0) / np.sqrt(correlation.sum()),
    }
    for name, value in ours.items():
        yield Compared(name, expected[name], value)
    low, high = feldt_interval(ours["raw_alpha"], n, k)
    yield Compared("feldt_lower", expected["feldt_lower"], low)
    yield Compared("feldt_upper", expected["feldt_upper"], high)
    yield LeftOut("feldt_from_alpha_object", "R takes other degrees of freedom there than its own alpha.ci")
    used = complete_cases(answers) if complete else answers
    yield Compared("item_mean", expected["item_mean"], np.nanmean(used, axis=0))
    yield Compared("item_sd", expected["item_sd"], np.nanstd(used, axis=0, ddof=1))
    if complete:
        found = reliability(answers)
        yield Compared("n", expected["n"], found.n)
        yield Compared("raw_r", expected["raw_r"], found.item_total)
        yield Compared("r_drop", expected["r_drop"], found.item_rest)
    else:
        yield Compared("n", expected["n"], np.isfinite(answers).any(axis=1).sum())
        yield from left_out("with answers missing R correlates with the mean of what is there", "raw_r", "r_drop")
    yield from left_out(OTHER_BOUNDS, "G6", "ase", "r_cor")


@PARITY.of(r"scales/omega1\.bfi_(?P<scale>\w)")
def omega_of_an_explored_factor(expected, scale):
    for method, name in (("minres", "omega_total_minres"), ("ml", "omega_total_ml_std")):
        loadings = explore(items(scale), 1, method=method).loadings[:, 0]
        yield Compared(f"{method}_loadings", expected[f"{method}_loadings"], loadings, LOADINGS)
        yield Compared(name, expected[name], omega_total(loadings, 1 - loadings**2), LOADINGS)


@PARITY.of(r"scales/omega_cfa\.bfi_(?P<scale>\w)")
def omega_of_a_confirmed_factor(expected, scale):
    answers = items(scale)
    found = confirm(answers, [0] * 5)
    own, standardised = found.loadings[:, 0], found.standardised[:, 0]
    composite = omega_total(standardised, 1 - standardised**2)
    variance = np.cov(complete_cases(answers), rowvar=False, bias=True)
    ours = {
        "omega_unstd": omega_total(own, found.residual_variances),
        "omega_std": composite,
        "CR_std": composite,
        "AVE_std": average_variance_extracted(standardised),
        "semTools_omega": own.sum() ** 2 / variance.sum(),
        "semTools_AVE": np.sum(own**2) / np.trace(variance),
        "std_loadings": standardised,
    }
    for name, value in ours.items():
        yield Compared(name, expected[name], value, CFA)


@PARITY.of(r"scales/kmo\.bfi25")
def kmo(expected):
    found = suitability(raw())
    yield Compared("n", expected["n"], found.n)
    yield Compared("MSA", expected["MSA"], found.kmo)
    yield Compared("MSAi", expected["MSAi"], found.kmo_of_item)


@PARITY.of(r"scales/bartlett\.bfi25")
def bartlett(expected):
    found = suitability(raw())
    yield Compared("chisq", expected["chisq"], found.chi2)
    yield Compared("df", expected["df"], found.df)
    yield Compared("p", expected["p"], found.p_value, scale=1e-300, why="R's p is 0, ours the smallest number")


@PARITY.of(r"scales/cor\.bfi25")
def correlations(expected):
    yield Compared("pearson", expected["pearson"], correlation_of(np.cov(raw(), rowvar=False)), scale=0.01)
    yield Compared("eigen", expected["eigen"], parallel_analysis(raw(), seed=1, replicates=1)[1])


@PARITY.of(r"scales/efa5\.(?P<method>minres|ml|pa)\.none")
def unrotated(expected, method):
    found = explore(raw(), 5, "none", method)
    yield Compared("communality", expected["communality"], found.communalities, LOADINGS)
    yield Compared("uniq", expected["uniq"], 1 - found.communalities, LOADINGS)
    sums = np.sort(np.sum(found.loadings**2, axis=0))[::-1]
    yield Compared("ss_loadings", np.sort(list(expected["ss_loadings"].values()))[::-1], sums, LOADINGS)
    correlation = correlation_of(np.cov(raw(), rowvar=False))
    residual = (correlation - found.loadings @ found.loadings.T)[np.triu_indices(25, 1)]
    yield Compared("rms", expected["rms"], np.sqrt(np.mean(residual**2)), LOADINGS)
    yield Compared("dof", expected["dof"], (20**2 - 30) / 2)
    yield Compared("crms", expected["crms"], np.sqrt(np.sum(residual**2) / expected["dof"]), LOADINGS)
    why = "the fit of a model is judged where it is confirmed, not where it is explored"
    yield from left_out(why, "chi", "RMSEA", "TLI", "BIC", "objective")


@PARITY.of(r"scales/efa5\.(?P<method>minres|ml|pa)\.(?P<rotation>varimax|oblimin|promax)")
def rotated(expected, method, rotation):
    found = explore(raw(), 5, rotation, method)
    wanted = cells(expected["loadings"])
    nearest = np.abs(found.loadings.T @ wanted).argmax(axis=0)
    if sorted(nearest) != list(range(5)):
        raise ValueError("the factors are others")
    signs = np.sign(np.sum(found.loadings[:, nearest] * wanted, axis=0))
    yield Compared("loadings", wanted, found.loadings[:, nearest] * signs, LOADINGS, scale=1)
    phi = found.correlations[np.ix_(nearest, nearest)] * np.outer(signs, signs)
    if expected["Phi"] is None:
        yield LeftOut("Phi", "R gives none of factors at right angles")
    else:
        yield Compared("Phi", expected["Phi"], phi, LOADINGS, scale=1)
    proportion = cells(expected["vaccounted"])[1]
    yield Compared("vaccounted: proportion", proportion, found.explained[nearest], LOADINGS, scale=1)


@PARITY.of(r"scales/efa5\.factanal\.varimax")
def factors_of_factanal(expected):
    found = explore(raw(), 5, "varimax")
    wanted = cells(expected["loadings"])
    nearest = np.abs(found.loadings.T @ wanted).argmax(axis=0)
    signs = np.sign(np.sum(found.loadings[:, nearest] * wanted, axis=0))
    yield Compared("loadings", wanted, found.loadings[:, nearest] * signs, LOADINGS, scale=1)
    yield Compared("uniq", expected["uniq"], 1 - found.communalities, LOADINGS)
    yield Compared("dof", expected["dof"], (20**2 - 30) / 2)
    yield from left_out("the fit of a model is judged where it is confirmed, not where it is explored", "stat", "p")


@PARITY.of(r"scales/parallel\.bfi25")
def parallel(expected):
    count, observed, reached = parallel_analysis(raw(), seed=1)
    yield Compared("ncomp", expected["ncomp"], count)
    yield Compared("pc_values", expected["pc_values"], observed)
    why = "random: R's is the mean of random data, ours their 95th percentile"
    yield Compared("pc_sim_mean", expected["pc_sim_mean"], reached, 0.05, scale=1, why=why)
    yield from left_out("factors are counted by the eigenvalues of the correlations (Horn)", "nfact", "fa_values")


FIT = {"npar": "parameters", "chisq": "chi2", "rmsea.ci.lower": "rmsea_low", "rmsea.ci.upper": "rmsea_high"}
FIT |= {"logl": "log_likelihood", **{name: name for name in ("df", "cfi", "tli", "rmsea", "srmr", "aic", "bic")}}


@PARITY.of(r"scales/cfa\.bfi\.ml")
def confirmed(expected):
    found = confirm(raw(), OF_25)
    for theirs, ours in FIT.items():
        yield Compared(f"fit: {theirs}", expected["fit"][theirs], getattr(found, ours), CFA)
    yield Compared("fit: pvalue", expected["fit"]["pvalue"], found.p_value, scale=1e-300)
    std = pd.DataFrame({k: expected["std"][k] for k in ("lhs", "op", "rhs", "est", "se")})
    loaded = std[std["op"] == "=~"]
    loadings, width = found.standardised.sum(axis=1), (found.high - found.low).sum(axis=1)
    first = found.loadings[np.arange(25) // 5 * 5, OF_25]  # the first item of each factor sets its sign in R
    turned = np.sign(first)
    yield Compared("std: loadings", loaded["est"], loadings * turned, CFA, scale=1)
    yield Compared("std: errors of loadings", loaded["se"], width / (2 * 1.959963984540054), CFA, scale=1)
    own = std[(std["op"] == "~~") & (std["lhs"] == std["rhs"]) & std["rhs"].isin(ITEMS)]
    yield Compared("std: residual variances", own["est"], 1 - loadings**2, CFA, scale=1)
    between = std[(std["op"] == "~~") & (std["lhs"] != std["rhs"])]["est"]
    signs = np.outer(turned[::5], turned[::5])
    pairs = tuple(np.transpose(list(combinations(range(5), 2))))
    yield Compared("std: factor correlations", between, (found.factor_correlations * signs)[pairs], CFA, scale=1)
    par = pd.DataFrame({k: expected["par"][k] for k in ("lhs", "op", "rhs", "est")})
    marked = found.loadings.sum(axis=1) / first
    yield Compared("par: loadings", par[par["op"] == "=~"]["est"], marked, 2 * CFA, scale=1)
    residuals = par[(par["op"] == "~~") & (par["lhs"] == par["rhs"]) & par["rhs"].isin(ITEMS)]
    yield Compared("par: residual variances", residuals["est"], found.residual_variances, CFA)
    yield LeftOut("par: errors", "in units of the first item; ours are of the standardised loadings, compared above")
    of_scale = [loadings[np.array(OF_25) == scale] for scale in range(5)]
    composite = [omega_total(x, 1 - x**2) for x in of_scale]
    yield Compared("crave: CR", expected["crave"]["CR"], composite, CFA, 1, why="a sum of loadings that cancel out")
    yield Compared("crave: AVE", expected["crave"]["AVE"], [average_variance_extracted(x) for x in of_scale], CFA)


@PARITY.of(r"scales/cfa\.bfi\.wlsmv")
def ordinal_confirmatory_model(expected):
    yield from left_out("not offered: models are confirmed by normal maximum likelihood", *expected)


@PARITY.of(r"scales/htmt\.bfi")
def heterotrait_monotrait(expected):
    """What semTools calls HTMT takes geometric means: our HTMT2."""
    found = htmt(np.corrcoef(raw(), rowvar=False), OF_25, geometric=True)
    yield Compared("htmt", expected["htmt"], found)


def two_step(answers: np.ndarray) -> np.ndarray:
    """Return the two-step polychoric correlations (k, k)."""
    k = answers.shape[1]
    found = np.eye(k)
    for i, j in combinations(range(k), 2):
        table = pd.crosstab(answers[:, i], answers[:, j]).to_numpy()
        found[i, j] = found[j, i] = polychoric(table, two_step=True).rho
    return found


@PARITY.of(r"scales/polychoric\.bfi_A")
def polychoric_correlations(expected):
    answers = raw(*(f"A{i}" for i in range(1, 6)))
    found = two_step(answers)
    yield Compared("lavaan", expected["lavaan"], found, 1e-6)
    yield Compared("psych", expected["psych"], found, 3e-4, why="psych's optimiser stops early")
    yield Compared("polycor_2step_12", expected["polycor_2step_12"], found[0, 1], 1e-4, why="its optimiser stops early")
    full = polychoric(pd.crosstab(answers[:, 0], answers[:, 1]).to_numpy()).rho
    why = "polycor stops short of the maximum, which a direct search confirms (test_polychoric)"
    yield Compared("polycor_ml_12", expected["polycor_ml_12"], full, 1e-2, why=why)
    yield Compared("psych_correct.5", expected["psych_correct.5"], found, 1e-2, why="psych adds ½ to empty cells")


@PARITY.of(r"scales/ordinal_alpha\.bfi_N")
def ordinal_alpha(expected):
    ours = alpha_of(two_step(raw(*(f"N{i}" for i in range(1, 6)))))
    yield Compared("ordinal_alpha", expected["ordinal_alpha"], ours, 1e-4, why="psych's optimiser stops early")


@PARITY.of(r"scales/splithalf\.bfi_N")
def split_halves(expected):
    correlation = correlation_of(np.cov(raw(*(f"N{i}" for i in range(1, 6))), rowvar=False))
    yield Compared("alpha", expected["alpha"], alpha_of(correlation))
    others = correlation - np.eye(5)
    second = (others.sum() + np.sqrt(5 / 4 * np.sum(others**2))) / correlation.sum()
    yield Compared("guttman_lambda2", expected["guttman_lambda2"], second, by=f"{OURS} (correlations)")
    yield from left_out(OTHER_BOUNDS, "lambda4_max", "minrb", "meanr", "lambda6")
