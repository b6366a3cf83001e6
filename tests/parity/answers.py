"""Tests and intervals of answers without a design: R stats, coin, vcd, effectsize, rstatix, exact2x2, binom."""

import numpy as np
import pandas as pd
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar as statsmodels_mcnemar
from statsmodels.stats.inter_rater import cohens_kappa
from statsmodels.stats.multicomp import pairwise_tukeyhsd
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

import reference
from b2bsurvey.statistics.contingency import (
    cramers_v_bias_corrected,
    fisher_exact,
    independence,
    pearson,
    permutation,
)
from b2bsurvey.statistics.group_means import eta_squared, groups_of, welch_anova, welch_t
from b2bsurvey.statistics.intervals import student, wilson, wilson_finite
from b2bsurvey.statistics.linearisation import SampleDesign, means
from b2bsurvey.statistics.multiplicity import adjust
from b2bsurvey.statistics.paired import bowker, mcnemar, mcnemar_exact, mcnemar_midp, paired_categories
from b2bsurvey.statistics.rank_tests import dunn, kruskal_wallis, mann_whitney
from b2bsurvey.statistics.repeated import ranks_of_items, several_proportions
from b2bsurvey.statistics.trend import cochran_armitage, trend
from parity.comparison import Compared, Comparisons, LeftOut, left_out

PARITY = Comparisons()
SCIPY, STATSMODELS = "scipy", "statsmodels"


def columns(name: str, *names: str) -> np.ndarray:
    """Return columns of a data set as numbers (names, n), NaN where missing."""
    return reference.data(name)[list(names)].apply(pd.to_numeric, errors="coerce").to_numpy(float).T


def neuroticism() -> np.ndarray:
    return columns("bfi", "N1", "N2", "N3", "N4", "N5").T


def spread(table) -> tuple[np.ndarray, np.ndarray]:
    """Return row and column codes of the respondents of a table of counts."""
    counts = np.asarray(table, int)
    rows, across = np.indices(counts.shape)
    return np.repeat(rows.ravel(), counts.ravel()), np.repeat(across.ravel(), counts.ravel())


def groups(values: np.ndarray) -> np.ndarray:
    return np.nan_to_num(values, nan=-1).astype(int)


@PARITY.of(r"tests/chi2\.(?P<table>[\w.]+)")
def association(expected, table):
    counts = np.array(expected["table"]["values"])
    found = pearson(counts)
    yield LeftOut("table", "the counts that are tested")
    yield Compared("chi2", expected["chi2"], found.statistic)
    yield Compared("df", expected["df"], found.df1)
    yield Compared("p", expected["p"], found.p_value)
    yield Compared("cramer_v", expected["cramer_v"], found.effect.estimate)
    yield Compared("cramer_v_bias_corrected", expected["cramer_v_bias_corrected"], cramers_v_bias_corrected(counts))
    phi = np.sqrt(found.statistic / found.n)
    if expected["phi"] is None:
        yield LeftOut("phi", "R gives φ of 2 × 2 tables only")
    else:
        yield Compared("phi", expected["phi"], phi)
    yield Compared("contingency", expected["contingency"], phi / np.sqrt(1 + phi**2))
    likely = stats.contingency.expected_freq(counts)
    residual = (counts - likely) / np.sqrt(likely)
    n = counts.sum()
    leverage = np.outer(1 - counts.sum(axis=1) / n, 1 - counts.sum(axis=0) / n)
    yield Compared("expected", expected["expected"], likely, by=SCIPY)
    yield Compared("min_expected", expected["min_expected"], likely.min(), by=SCIPY)
    yield Compared("pearson_resid", expected["pearson_resid"], residual, by=SCIPY)
    yield Compared("std_resid", expected["std_resid"], residual / np.sqrt(leverage), by=SCIPY)
    yates = stats.chi2_contingency(counts, correction=True)
    likelihood = stats.chi2_contingency(counts, correction=False, lambda_="log-likelihood")
    yield Compared("chi2_yates", expected["chi2_yates"], yates.statistic, by=SCIPY)
    yield Compared("p_yates", expected["p_yates"], yates.pvalue, by=SCIPY)
    yield Compared("G2", expected["G2"], likelihood.statistic, by=SCIPY)
    why = "vcd takes 1 − a probability"
    yield Compared("G2_p", expected["G2_p"], likelihood.pvalue, scale=1e-6, by=SCIPY, why=why)


HANDS = [[7, 110], [10, 108]]  # MASS::survey: sex by writing hand


SMOKE_EXERCISE = [[7, 1, 3], [87, 18, 84], [12, 3, 4], [9, 1, 7]]  # and smoking by exercise


@PARITY.of(r"tests/fisher\.ms\.sex_whand")
def fisher(expected):
    table = reference.data("mass_survey").replace("NA", np.nan).dropna(subset=["Sex", "W.Hnd"])
    counts = pd.crosstab(table["Sex"], table["W.Hnd"]).to_numpy()
    yield Compared("p_value", expected["p_value"], fisher_exact(counts).p_value)
    odds = stats.contingency.odds_ratio(counts, kind="conditional")
    why = "R's root finder stops at 1e-4 of the bounds"
    yield Compared("estimate", expected["estimate"], odds.statistic, 1e-4, by=SCIPY, why=why)
    yield Compared("conf_int", expected["conf_int"], odds.confidence_interval(0.95), 1e-4, by=SCIPY, why=why)
    yield from left_out("an exact test has none", "statistic", "parameter")


@PARITY.of(r"tests/fisher_blaker\.ms\.sex_whand")
def fisher_and_its_interval(expected):
    theirs = expected["fisher_minlike"]
    yield Compared("fisher_minlike: p_value", theirs["p_value"], fisher_exact(HANDS).p_value)
    odds = stats.contingency.odds_ratio(HANDS, kind="conditional").statistic
    yield Compared("fisher_minlike: estimate", theirs["estimate"], odds, 1e-4, by=SCIPY, why="R's root finder")
    yield LeftOut("blaker", "Blaker's acceptability is not offered; the p value is that of Fisher's test here")


@PARITY.of(r"tests/fisher\.(?P<name>job|ms\.smoke_exer)")
def fisher_of_a_larger_table(expected, name):
    """By chance here, by enumeration in R; the product permutes χ², which orders tables a little otherwise."""
    if name == "job":
        data = reference.data("jobsatisfaction")
        data = data[data["Gender"] == "Female"]
        counts = data.pivot_table("Freq", "Income", "Job.Satisfaction", "sum", observed=True).to_numpy(int)
    else:
        counts = np.array(SMOKE_EXERCISE)
    found = stats.fisher_exact(counts, method=stats.PermutationMethod(n_resamples=5_000, rng=1)).pvalue
    by_chance = 4 * np.sqrt(0.25 / 5_000)
    yield Compared("p_value", expected["p_value"], found, by_chance, scale=1, by=SCIPY, why="5,000 random tables")
    yield from left_out("an exact test has none", "statistic", "parameter")


@PARITY.of(r"tests/chi2_mc\.ms\.smoke_exer")
def permuted(expected):
    found = permutation(SMOKE_EXERCISE, seed=1, replicates=99_999)
    tolerance = 4 * np.sqrt(2 * 0.25 / 1e5)
    yield Compared("p_mc_B1e5", expected["p_mc_B1e5"], found.p_value, tolerance, scale=1, why="both are by chance")


@PARITY.of(r"tests/kruskal\.(?P<data>chile|bfi)\.\w+")
def kruskal(expected, data):
    scores, codes = _scores_and_groups(data)
    found = kruskal_wallis(scores, codes)
    yield Compared("statistic", expected["statistic"], found.statistic)
    yield Compared("parameter", expected["parameter"], found.df1)
    yield Compared("p_value", expected["p_value"], found.p_value)
    yield Compared("n", expected["n"], found.n)
    eta2 = (found.statistic - found.df1) / (found.n - found.df1 - 1)
    effects = dict.fromkeys(("epsilon2_H_over_n_minus_1", "effectsize_eps2"), found.effect.estimate)
    for name, value in (effects | dict.fromkeys(("eta2_H", "effectsize_eta2"), eta2)).items():
        if name in expected:
            yield Compared(name, expected[name], value)


def _scores_and_groups(data: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the A1 of bfi by education, or the age of the voters of Chile by vote."""
    if data == "bfi":
        a1, education = columns("bfi", "A1", "education")
        return a1, groups(education)
    chile = reference.data("Chile")
    age = pd.to_numeric(chile["age"], errors="coerce").to_numpy()
    return age, pd.Categorical(chile["vote"], ["A", "N", "U", "Y"]).codes


@PARITY.of(r"tests/dunn2\.bfi\.A1_education\.holm")
def dunn_by_dunn_test(expected):
    a1, education = columns("bfi", "A1", "education")
    pairs = dunn(a1, groups(education))
    names = [f"{pair.first} - {pair.second}" for pair in pairs]
    order = [names.index(name) for name in expected["comparisons"]]
    p = np.array([pair.result.p_value for pair in pairs])
    yield LeftOut("comparisons", "names of the groups")
    yield Compared("Z", expected["Z"], np.array([pair.result.statistic for pair in pairs])[order])
    yield Compared("altP", expected["altP"], p[order])
    yield Compared("altP_adj", expected["altP_adj"], adjust(p, "holm")[order])


@PARITY.of(r"tests/dunn\.(?P<data>bfi|chile)\.\w+\.(?P<method>holm|BH|bonferroni)")
def dunn_by_rstatix(expected, data, method):
    pairs = dunn(*_scores_and_groups(data))
    p = np.array([pair.result.p_value for pair in pairs])
    yield from left_out("names of the groups", "g1", "g2")
    yield Compared("z", expected["z"], [-pair.result.statistic for pair in pairs])  # rstatix: second − first
    yield Compared("p", expected["p"], p)
    by = {"by": STATSMODELS} if method == "bonferroni" else {}
    adjusted = multipletests(p, method="bonferroni")[1] if by else adjust(p, method.lower())
    yield Compared("p_adj", expected["p_adj"], adjusted, **by)


@PARITY.of(r"tests/mannwhitney\.bfi\.N1_gender")
def mann_whitneys_u(expected):
    scores, gender = columns("bfi", "N1", "gender")
    found = mann_whitney(scores, groups(gender))
    known = scores[np.isfinite(scores)], gender[np.isfinite(scores)]
    first, second = (known[0][known[1] == g] for g in (1, 2))
    z = stats.norm.isf(found.p_value / 2)
    yield Compared("n1", expected["n1"], first.size)
    yield Compared("n2", expected["n2"], second.size)
    yield LeftOut("group1", "the name of a group")
    yield Compared("U1", expected["U1"], found.statistic)
    yield Compared("p_uncorrected", expected["p_uncorrected"], found.p_value)
    corrected = stats.mannwhitneyu(first, second, use_continuity=True, method="asymptotic").pvalue
    yield Compared("p_corrected", expected["p_corrected"], corrected, by=SCIPY)
    yield Compared("z_coin", abs(expected["z_coin"]), z)
    yield Compared("r_z_over_sqrtn", expected["r_z_over_sqrtn"], z / np.sqrt(found.n))
    for name in ("rank_biserial", "effectsize_rb"):
        yield Compared(name, expected[name], found.effect.estimate)
    yield Compared("cles", expected["cles"], (found.effect.estimate + 1) / 2)
    yield LeftOut("hodges_lehmann", "a shift in points of a rating scale is not reported")


@PARITY.of(r"tests/brunnermunzel\.vector")
def brunner_munzel(expected):
    scores, gender = columns("bfi", "N1", "gender")
    known = np.isfinite(scores)
    first, second = (scores[known & (gender == g)] for g in (1, 2))
    found = stats.brunnermunzel(first, second)
    yield Compared("W", expected["W"], found.statistic, by=SCIPY)
    yield Compared("p", expected["p"], found.pvalue, by=SCIPY)
    yield LeftOut("df", "scipy does not give it; the p value rests on it")


@PARITY.of(r"tests/friedman\.bfi_N")
def friedman(expected):
    found = ranks_of_items(SampleDesign.simple(2800), neuroticism())
    yield Compared("statistic", expected["statistic"], found.statistic)
    yield Compared("parameter", expected["parameter"], found.df1)
    yield Compared("p_value", expected["p_value"], found.p_value)
    yield Compared("n", expected["n"], found.n)
    for name in ("kendall_W", "effectsize_W"):
        yield Compared(name, expected[name], found.effect.estimate)


@PARITY.of(r"tests/cochranQ\.bfi_N_ge4")
def cochran(expected):
    scores = neuroticism()
    ticks = np.where(np.isnan(scores), np.nan, scores >= 4)
    found = several_proportions(SampleDesign.simple(len(ticks)), ticks)
    yield Compared("Q", expected["Q"], found.statistic)
    yield Compared("coin_stat", expected["coin_stat"], found.statistic)
    yield Compared("df", expected["df"], found.df1)
    yield Compared("p", expected["p"], found.p_value)
    complete = ticks[np.isfinite(ticks).all(axis=1)]
    yield Compared("props", expected["props"], means(SampleDesign.simple(len(complete)), complete).estimate)


@PARITY.of(r"tests/mcnemar_exact_ci\.bfi_N1N2")
def mcnemars_exact_test(expected):
    scores = neuroticism()
    first, second = (scores[np.isfinite(scores).all(axis=1)][:, i] >= 4 for i in (0, 1))
    b, c = int((~first & second).sum()), int((first & ~second).sum())
    found = mcnemar(int((first & second).sum()), c, b, int((~first & ~second).sum()))
    yield Compared("statistic", expected["statistic"], b)
    yield Compared("parameter", expected["parameter"], c)
    yield Compared("p_value", expected["p_value"], found.p_value)
    yield Compared("estimate", expected["estimate"], b / c)
    low, high = stats.binomtest(b, b + c).proportion_ci(0.95, "exact")
    yield Compared("conf_int", expected["conf_int"], [low / (1 - low), high / (1 - high)], by=SCIPY)


@PARITY.of(r"tests/mcnemar\.bfi_N1N2")
def mcnemars_tests(expected):
    counts = np.array(expected["table"]["values"])
    only_first, only_second = int(counts[1, 0]), int(counts[0, 1])
    yield LeftOut("table", "the counts that are tested")
    for name, corrected in (("chi2_cc", True), ("chi2", False)):
        found = statsmodels_mcnemar(counts, exact=False, correction=corrected)
        yield Compared(name, expected[name], found.statistic, by=STATSMODELS)
        yield Compared(name.replace("chi2", "p"), expected[name.replace("chi2", "p")], found.pvalue, by=STATSMODELS)
    yield Compared("exact_p", expected["exact_p"], mcnemar_exact(only_first, only_second))
    yield Compared("coin_exact", expected["coin_exact"], mcnemar_exact(only_first, only_second))
    yield Compared("midp", expected["midp"], mcnemar_midp(only_first, only_second))
    yield Compared("or_b_over_c", expected["or_b_over_c"], only_second / only_first)


@PARITY.of(r"tests/ttest\.bfi\.N1_gender")
def t_tests(expected):
    scores, gender = columns("bfi", "N1", "gender")
    codes = groups(gender)
    found = welch_t(scores, codes)
    yield Compared("welch: statistic", expected["welch"]["statistic"], found.statistic)
    yield Compared("welch: parameter", expected["welch"]["parameter"], found.df1)
    yield Compared("welch: p_value", expected["welch"]["p_value"], found.p_value)
    known = np.isfinite(scores)
    pooled = stats.ttest_ind(*(scores[known & (codes == g)] for g in (1, 2)))
    yield Compared("student: statistic", expected["student"]["statistic"], pooled.statistic, by=SCIPY)
    yield Compared("student: p_value", expected["student"]["p_value"], pooled.pvalue, by=SCIPY)
    yield Compared("cohen_d", expected["cohen_d"], found.effect.estimate)
    yield from left_out("another interval, and its correction for small samples", "d_ci", "hedges_g")


@PARITY.of(r"tests/marginal_homogeneity\.VisualAcuity\.female")
def marginal_homogeneity(expected):
    table = np.array(expected["table"]["values"])
    found = paired_categories(SampleDesign.simple(int(table.sum())), *spread(table), len(table))
    symmetry = bowker(table)
    yield LeftOut("table", "the counts that are tested")
    yield Compared("stuart_maxwell", expected["stuart_maxwell"], found.statistic)
    yield Compared("stuart_formula", expected["stuart_formula"], found.statistic)
    yield Compared("stuart_maxwell_df", expected["stuart_maxwell_df"], found.df1)
    yield Compared("stuart_maxwell_p", expected["stuart_maxwell_p"], found.p_value)
    yield Compared("bowker", expected["bowker"], symmetry.statistic)
    yield Compared("bowker_df", expected["bowker_df"], symmetry.df1)
    yield Compared("bowker_p", expected["bowker_p"], symmetry.p_value)


@PARITY.of(r"tests/trend\.housing_like")
def trend_in_proportions(expected):
    a2, education = columns("bfi", "A2", "education")
    yes = np.where(np.isnan(a2), np.nan, a2 >= 5)
    found = trend(SampleDesign.simple(a2.size), yes, education)
    known = np.isfinite(a2) & np.isfinite(education)
    counts = pd.Series(yes[known]).groupby(education[known]).agg(["sum", "size"])
    yield Compared("x", expected["x"], counts["sum"])
    yield Compared("n", expected["n"], counts["size"])
    yield Compared("chi2", expected["chi2"], found.statistic)
    yield Compared("p", expected["p"], found.p_value)
    permuted = cochran_armitage(yes, education, variant="n-1")
    yield Compared("z_coin", expected["z_coin"], np.sqrt(permuted.statistic))
    yield LeftOut("note", "a remark")


@PARITY.of(r"tests/linear_by_linear\.job")
def linear_by_linear(expected):
    income, satisfaction = spread(expected["table"]["values"])
    found = trend(SampleDesign.simple(income.size), satisfaction, income)
    yield LeftOut("table", "the counts that are tested")
    yield Compared("z", expected["z"], np.sqrt(found.statistic))
    yield Compared("p", expected["p"], found.p_value)


ADJUSTED = {"hochberg": "simes-hochberg", "hommel": "hommel", "bonferroni": "bonferroni", "BY": "fdr_by"}


@PARITY.of(r"tests/padjust(?:_na)?")
def adjusted(expected):
    p = np.array(expected["p"], float)
    yield LeftOut("p", "the p values that are adjusted")
    for name, method in {"holm": "holm", "BH": "bh", "fdr": "bh", "none": "none"}.items():
        if name in expected:
            yield Compared(name, expected[name], adjust(p, method), 1e-12)
    for name, method in ADJUSTED.items():
        if name in expected:
            yield Compared(name, expected[name], multipletests(p, method=method)[1], 1e-12, by=STATSMODELS)


@PARITY.of(r"tests/binom_ci")
def intervals_of_proportions(expected):
    for case, theirs in expected.items():
        k, n = theirs["k"], theirs["n"]
        yield Compared(f"{case}: wilson", theirs["wilson"], wilson(k / n, n, 0.95), scale=1e-6)
        if k in (1, n - 1):
            yield LeftOut(f"{case}: Hmisc_wilson", "Hmisc takes another bound where all but one answer alike")
        else:
            yield Compared(f"{case}: Hmisc_wilson", theirs["Hmisc_wilson"], wilson(k / n, n, 0.95), scale=1e-6)
        exact, corrected = (stats.binomtest(k, n).proportion_ci(0.95, m) for m in ("exact", "wilsoncc"))
        yield Compared(f"{case}: clopper_pearson", theirs["clopper_pearson"], exact, by=SCIPY)
        yield Compared(f"{case}: wilson_cc", theirs["wilson_cc"], corrected, by=SCIPY, scale=1e-6)


@PARITY.of(r"tests/binom_ci_all")
def other_intervals_of_proportions(expected):
    for case, theirs in expected.items():
        k, n = (int(part) for part in case.split("/"))
        bounds = {
            m: (low, high) for m, low, high in zip(*(theirs[c] for c in ("method", "lower", "upper")), strict=True)
        }
        yield Compared(f"{case}: wilson", bounds["wilson"], wilson(k / n, n, 0.95), scale=1e-6)
        exact = stats.binomtest(k, n).proportion_ci(0.95, "exact")
        yield Compared(f"{case}: exact", bounds["exact"], exact, by=SCIPY)
        error = np.sqrt(k / n * (1 - k / n) / n)
        yield Compared(f"{case}: asymptotic", bounds["asymptotic"], student(k / n, error, np.inf, 0.95), scale=1e-6)
        if 0.05 < k / n < 0.95:  # statsmodels cuts its bounds at 0 and 1
            ours = proportion_confint(k, n, 0.05, "agresti_coull")
            yield Compared(f"{case}: agresti-coull", bounds["agresti-coull"], ours, by=STATSMODELS)
        why = "not offered: Wilson's interval stands for all of a simple sample, logit for a design"
        yield LeftOut(f"{case}: bayes, cloglog, logit, probit, prop.test", why)


@PARITY.of(r"tests/wilson_fpc")
def wilson_in_a_finite_population(expected):
    for case, theirs in expected.items():
        k, n, population = (float(part) for part in case.split("/"))
        yield Compared(f"{case}: wilson", theirs["wilson"], wilson_finite(k / n, n, population, 0.95))
        yield Compared(f"{case}: neff", theirs["neff"], n * (population - 1) / (population - n))
        yield from left_out("not offered: Wilson stands for them", f"{case}: wald", f"{case}: clopper_neff")


@PARITY.of(r"tests/hypergeom_exact_ci")
def exact_in_a_finite_population(expected):
    """Ours is Wilson with the finite correction: near the exact interval, which is never shorter."""
    for case, theirs in expected.items():
        k, n, population = (int(part) for part in case.split("/"))
        ours = wilson_finite(k / n, n, population, 0.95)
        why = "another method, whose bounds lie within 0.6 points"
        yield Compared(case, theirs, ours, 0.006, scale=1, why=why)


@PARITY.of(r"tests/two_prop")
def two_proportions(expected):
    for name, ticks, sizes, yates in (
        ("nocc", [120, 90], [300, 271], False),
        ("cc", [120, 90], [300, 271], True),
        ("three", [120, 90, 40], [300, 271, 100], False),
    ):
        theirs, ticks, sizes = expected[name], np.array(ticks), np.array(sizes)
        counts = np.column_stack([ticks, sizes - ticks])
        if yates:
            found = stats.chi2_contingency(counts, correction=True)
            values, by = (found.statistic, found.dof, found.pvalue), SCIPY
        else:
            rows, across = spread(counts)
            found = independence(SampleDesign.simple(rows.size), rows, across, len(counts), 2, seed=1)
            values, by = (found.statistic, found.df1, found.p_value), "b2bsurvey"
        for key, value in zip(("statistic", "parameter", "p_value"), values, strict=True):
            yield Compared(f"{name}: {key}", theirs[key], value, by=by)
        yield Compared(f"{name}: estimate", theirs["estimate"], ticks / sizes)
    p = np.array([120 / 300, 90 / 271])
    wald_error = np.sqrt(np.sum(p * (1 - p) / [300, 271]))
    low, high = student(p[0] - p[1], wald_error, np.inf, 0.95)
    yield Compared("nocc: conf_int", expected["nocc"]["conf_int"], [low, high])
    yield LeftOut("h_cohen", "R was given counts for shares: its π is not the h of these data, which is .141")
    yield LeftOut("cc: conf_int", "Yates's correction of an interval is not offered")


@PARITY.of(r"tests/welch_anova\.bfi\.A1_education")
def welchs_anova(expected):
    a1, education = columns("bfi", "A1", "education")
    found, codes = welch_anova(a1, groups(education)), groups(education)
    yield Compared("welch: statistic", expected["welch"]["statistic"], found.statistic)
    yield Compared("welch: parameter", expected["welch"]["parameter"], [found.df1, found.df2])
    yield Compared("welch: p_value", expected["welch"]["p_value"], found.p_value)
    known = np.isfinite(a1) & (codes > 0)
    scores, codes = a1[known], codes[known]
    by_group = [scores[codes == g] for g in np.unique(codes)]
    anova = stats.f_oneway(*by_group)
    yield Compared("aov_F", expected["aov_F"], anova.statistic, by=SCIPY)
    yield Compared("aov_p", expected["aov_p"], anova.pvalue, by=SCIPY)
    eta2 = eta_squared(SampleDesign.simple(scores.size), scores, groups_of(scores, codes)).estimate
    yield Compared("eta2", expected["eta2"], eta2)
    levene, bartlett = stats.levene(*by_group, center="median"), stats.bartlett(*by_group)
    yield Compared("levene", expected["levene"], levene.statistic, by=SCIPY)
    yield Compared("bartlett", expected["bartlett"], bartlett.statistic, by=SCIPY)
    tukey = pairwise_tukeyhsd(scores, codes)
    wanted = np.array(expected["tukey"]["values"])
    ours = np.column_stack([tukey.meandiffs, tukey.confint])
    yield Compared("tukey: differences and bounds", wanted[:, :3], ours, 1e-6, 1e-2, STATSMODELS, "its quantile")
    yield LeftOut("tukey: p", "statsmodels interpolates them")


@PARITY.of(r"tests/cor_disatt\.shapiro")
def shapiro(expected):
    found = stats.shapiro(columns("bfi", "age")[0][:500])
    yield Compared("W", expected["W"], found.statistic, 1e-6, by=SCIPY, why="single precision in the algorithm")
    yield Compared("p", expected["p"], found.pvalue, 1e-4, by=SCIPY, why="single precision in the algorithm")


@PARITY.of(r"tests/kappa\.VisualAcuity")
def kappa(expected):
    data = reference.data("VisualAcuity")
    women = data[data["gender"] == "female"].pivot_table("Freq", "right", "left", "sum").to_numpy()
    for name, weights in {"unweighted": None, "weighted_linear": "linear", "quadratic": "fc"}.items():
        found = cohens_kappa(women, wt=weights)
        yield Compared(name, expected[name][0], found.kappa, by=STATSMODELS)
    yield LeftOut("unweighted: standard errors", "vcd takes another variance than statsmodels")
