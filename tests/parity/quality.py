"""Careless answering, missing answers, imputation, weights: R careless, psych, mice, norm, naniar."""

import numpy as np

import reference
from b2bsurvey.statistics.careless import (
    average_longstring,
    even_odd,
    longstring,
    mahalanobis,
    response_variability,
)
from b2bsurvey.statistics.imputation import impute, pool
from b2bsurvey.statistics.linearisation import SampleDesign
from b2bsurvey.statistics.missingness import little_mcar, missing_patterns
from b2bsurvey.statistics.regression import regress
from b2bsurvey.statistics.weighting import spread
from parity.answers import columns
from parity.comparison import ITERATED, Compared, Comparisons, LeftOut, left_out

PARITY = Comparisons()


def items() -> np.ndarray:
    """Return the 25 items of bfi (n, 25), NaN where missing."""
    return reference.data("bfi").iloc[:, 1:26].to_numpy(float)


def complete() -> np.ndarray:
    answers = items()
    return answers[np.isfinite(answers).all(axis=1)]


@PARITY.of(r"quality/longstring\.bfi25")
def longstring_with_missing(expected):
    found = longstring(np.nan_to_num(items(), nan=-99))
    yield Compared("n", expected["n"], found.size)
    yield Compared("sum", expected["sum"], found.sum())
    yield Compared("max", expected["max"], found.max())
    yield Compared("first50", expected["first50"], found[:50])
    lengths, counts = np.unique(found, return_counts=True)
    assert [str(length) for length in lengths] == list(expected["table"])
    yield Compared("table", expected["table"], counts)


@PARITY.of(r"quality/careless\.longstring\.bfi25_complete")
def careless_longstring(expected):
    yield Compared("n", expected["n"], len(complete()))
    yield Compared("longstr", expected["longstr"], longstring(complete()))
    yield Compared("avgstr", expected["avgstr"], average_longstring(complete()))


@PARITY.of(r"quality/(?:careless\.)?irv\.bfi25(?P<which>_complete)?")
def variability(expected, which):
    yield Compared("irv", expected["irv"], response_variability(complete() if which else items()))


@PARITY.of(r"quality/careless\.mahad\.bfi25_complete")
def careless_mahalanobis(expected):
    found = mahalanobis(complete())
    yield Compared("d_sq", expected["d_sq"], found.squared)
    yield Compared("flagged", expected["flagged"], np.sum(found.p_value < 0.01))


@PARITY.of(r"quality/mahalanobis\.bfi25_complete")
def distances(expected):
    found = mahalanobis(complete())
    yield Compared("n", expected["n"], found.squared.size)
    yield Compared("d2_psych", expected["d2_psych"], found.squared)
    yield Compared("d2_base", expected["d2_base"], found.squared)
    yield Compared("p", expected["p"], found.p_value, 1e-7, why="a p value moves by what d² moves, times d²")
    yield Compared("n_p_lt_001", expected["n_p_lt_001"], np.sum(found.p_value < 0.001))


@PARITY.of(r"quality/careless\.evenodd\.bfi25_complete")
def even_and_odd(expected):
    """Ours is higher where the answering is consistent, R's where it is careless."""
    yield Compared("evenodd", expected["evenodd"], -even_odd(complete(), [5] * 5), scale=1e-3)


@PARITY.of(r"quality/missing\.bfi25")
def patterns_of_missing(expected):
    patterns, counts = missing_patterns(np.isnan(items()))
    yield Compared("n_patterns", expected["n_patterns"], len(patterns))
    yield Compared("patterns", expected["patterns"], len(patterns))
    yield Compared("n_complete", expected["n_complete"], counts[~patterns.any(axis=1)])
    yield Compared("missing_by_item", expected["missing_by_item"], counts @ patterns)


ANSWERS = {
    "airquality": lambda: reference.data("airquality").to_numpy(float),
    "bfi_N": lambda: columns("bfi", "N1", "N2", "N3", "N4", "N5").T,
    "bfi25": items,
}


@PARITY.of(r"quality/mcar\.(?P<data>airquality|bfi_N|bfi25)")
def little(expected, data):
    found = little_mcar(ANSWERS[data](), 1e-12 if data == "bfi25" else 1e-13)
    yield Compared("statistic", expected["statistic"], found.statistic)
    yield Compared("df", expected["df"], found.df)
    yield Compared("p", expected["p"], found.p_value)
    yield Compared("patterns", expected["patterns"], found.patterns)
    yield Compared("mu", expected["mu"], found.mean)
    yield Compared("sigma", expected["sigma"], found.covariance, scale=1e-3 * float(np.abs(found.covariance).max()))


@PARITY.of(r"quality/mcar\.airquality_default_em")
def little_stopped_early(expected):
    found = little_mcar(ANSWERS["airquality"]())
    why = "R's EM stops at 1e-4 there; ours goes on"
    yield Compared("statistic", expected["statistic"], found.statistic, 1e-3, why=why)
    yield Compared("df", expected["df"], found.df)
    yield Compared("p", expected["p"], found.p_value, 1e-2, why=why)
    yield Compared("patterns", expected["patterns"], found.patterns)
    yield Compared("mu", expected["mu"], found.mean, 1e-3, why=why)
    scale = 1e-2 * float(np.abs(found.covariance).max())
    yield Compared("sigma", expected["sigma"], found.covariance, 1e-2, scale, why=why)


@PARITY.of(r"quality/mcar\.naniar\.(?P<data>airquality|bfi_N)")
def little_by_naniar(expected, data):
    found = little_mcar(ANSWERS[data]())
    why = "naniar stops EM at 1e-4"
    yield Compared("statistic", expected["statistic"], found.statistic, 1e-3, why=why)
    yield Compared("df", expected["df"], found.df)
    yield Compared("p.value", expected["p.value"], found.p_value, 1e-3, why=why)
    yield Compared("missing.patterns", expected["missing.patterns"], found.patterns)


@PARITY.of(r"quality/mice\.pmm\.pool")
def imputed(expected):
    """Random on both sides: estimates within half a standard error, standard errors within 5 %."""
    data = columns("bfi", "N1", "N2", "N3", "N4", "N5", "age", "gender").T
    estimates, variances = [], []
    for filled in impute(data, 10, seed=1):
        fit = regress(SampleDesign.simple(len(filled)), "linear", filled[:, 0], filled[:, 1:], list("abcdef"))
        estimates.append(fit.coefficients)
        variances.append(np.diagonal(fit.model_covariance))
    found = pool(estimates, variances, len(data) - 7)
    apart = (found.estimate - expected["estimate"]) / np.array(expected["se"])
    yield Compared("estimate", np.zeros(7), apart, 0.5, scale=1, why="random: in standard errors")
    yield Compared("se", expected["se"], found.std_error, 0.05, why="random")
    yield from left_out("names of the predictors", "term")
    yield LeftOut("df", "random: they follow from the share of information that is missing")


@PARITY.of(r"quality/rubin_pool")
def rubin(expected):
    found = pool(np.array(expected["q"])[:, None], np.array(expected["u"])[:, None], complete_df=571 - 2)
    yield from left_out("the estimates that are pooled", "q", "u")
    yield Compared("qbar", expected["qbar"], found.estimate)
    yield Compared("t", expected["t"], found.std_error**2)
    yield Compared("df", expected["df"], found.df)
    yield Compared("fmi", expected["fmi"], found.fmi)
    yield from left_out("parts of t, which is compared", "ubar", "b", "r")


@PARITY.of(r"quality/kish")
def kish(expected):
    weights = reference.data("apistrat")["pw"].to_numpy()
    found = spread(weights)
    yield Compared("neff", expected["neff"], found.n_effective)
    yield Compared("deff", expected["deff"], found.design_effect)
    deviation = np.sqrt((found.design_effect - 1) * weights.size / (weights.size - 1))
    yield Compared("cv", expected["cv"], deviation, ITERATED)
