"""Traps into which libraries let their users fall, one test each: what the trap is, and that we do not fall in.

Where a library is shown to fall, the test holds its behaviour too: once it is mended there, the test says so.
"""

import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pingouin as pg
import pytest
import statsmodels.api as sm
from numpy.testing import assert_allclose
from scipy import stats
from statsmodels.miscmodels.ordinal_model import OrderedModel
from statsmodels.multivariate.factor import Factor
from statsmodels.stats.contingency_tables import SquareTable
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

import reference
from b2bsurvey.config import SamplingDesign, Wave
from b2bsurvey.errors import StudyError
from b2bsurvey.statistics import contingency, separation
from b2bsurvey.statistics.contingency import fisher_exact, rao_scott
from b2bsurvey.statistics.factor_analysis import explore
from b2bsurvey.statistics.group_means import welch_anova, welch_t
from b2bsurvey.statistics.intervals import student, wilson
from b2bsurvey.statistics.linearisation import SampleDesign, domain_df, means
from b2bsurvey.statistics.missingness import little_mcar
from b2bsurvey.statistics.multiplicity import adjust
from b2bsurvey.statistics.paired import bowker, mcnemar_exact
from b2bsurvey.statistics.quantiles import quantiles
from b2bsurvey.statistics.rank_tests import kruskal_wallis
from b2bsurvey.statistics.regression import regress
from b2bsurvey.statistics.reliability import omega_total, reliability
from b2bsurvey.statistics.trend import cochran_armitage
from b2bsurvey.statistics.weighting import Margin, rake
from small_wave import export
from test_estimates import survey
from test_ingest import read


def people(n: int = 240, seed: int = 3, categories: int = 2):
    """Return an outcome, one predictor, weights and strata."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n)
    y = np.digitize(x + rng.logistic(size=n), np.linspace(-1, 1, categories + 1)[1:-1])
    return y, x[:, None], rng.uniform(0.2, 5.0, n), np.arange(n) % 4


def quietly(function, *arguments, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return function(*arguments, **options)


# ---- weights in models


def test_weights_are_no_frequencies():
    """GLM(freq_weights=w) takes w for repeated respondents: with w ten times as large, errors are √10 times smaller."""
    y, x, w, _ = people()
    naive = [sm.GLM(y, sm.add_constant(x), sm.families.Binomial(), freq_weights=k * w).fit().bse[1] for k in (1, 10)]
    assert_allclose(naive[0] / naive[1], np.sqrt(10), rtol=1e-6)
    ours = [regress(SampleDesign(k * w), "binary", y, x, ["x"]).std_error[1] for k in (1, 10)]
    assert_allclose(ours[1], ours[0], rtol=1e-9)
    assert ours[0] > 1.3 * naive[0]


@pytest.mark.parametrize(("kind", "model"), [("ordinal", OrderedModel), ("multinomial", sm.MNLogit)])
def test_models_of_several_categories_take_weights(kind, model):
    """OrderedModel and MNLogit accept and ignore them, or know no weights at all."""
    y, x, w, _ = people(categories=3)
    unweighted, weighted = (regress(SampleDesign(v), kind, y, x, ["x"]).coefficients for v in (np.ones(len(y)), w))
    assert np.abs(weighted - unweighted).max() > 0.02
    repeats = np.tile([1, 3], len(y) // 2)
    repeated = [np.repeat(a, repeats, axis=0) for a in (y, x)]
    options = {"distr": "logit"} if kind == "ordinal" else {}
    columns = repeated[1] if kind == "ordinal" else sm.add_constant(repeated[1])
    oracle = quietly(model(repeated[0], columns, **options).fit, method="newton", disp=0, maxiter=100)
    found = regress(SampleDesign(repeats.astype(float)), kind, y, x, ["x"]).coefficients
    assert_allclose(found[0], np.ravel(np.asarray(oracle.params))[0], rtol=1e-6)


def test_hc0_knows_no_strata_and_no_population():
    """A sandwich of weighted scores drops what the design gained by its strata and lost of the population."""
    y, x, w, strata = people()
    y = (y + strata > 2).astype(int)
    sandwich = sm.GLM(y, sm.add_constant(x), sm.families.Binomial(), var_weights=w).fit(cov_type="HC0").bse[1]
    n = len(y)
    simple = regress(SampleDesign(w), "binary", y, x, ["x"]).std_error[1]
    assert_allclose(simple, sandwich * np.sqrt(n / (n - 1)), rtol=1e-6)
    stratified = regress(SampleDesign(w, strata), "binary", y, x, ["x"]).std_error[1]
    finite = regress(SampleDesign(w, strata, population=np.full(n, 120.0)), "binary", y, x, ["x"]).std_error[1]
    assert stratified != pytest.approx(simple, rel=1e-3)
    assert_allclose(finite, stratified * np.sqrt(1 - 60 / 120), rtol=1e-9)


def test_hc3_of_a_logit_is_hc0_without_a_word():
    y, x, _, _ = people(40)
    fitted = [sm.GLM(y, sm.add_constant(x), sm.families.Binomial()).fit(cov_type=c).bse for c in ("HC0", "HC3")]
    assert_allclose(fitted[0], fitted[1], rtol=1e-12)
    found = regress(SampleDesign.simple(40), "binary", y, x, ["x"]).std_error
    assert (found > fitted[0]).all(), "ours takes n/(n − 1), and calls itself by no other name"


# ---- models that cannot be fitted


def test_a_column_that_follows_from_others_is_refused_not_solved_by_a_pseudo_inverse():
    y, x, _, _ = people()
    x = np.column_stack([x, 2 * x + 1])
    assert np.isfinite(quietly(sm.OLS(y, sm.add_constant(x)).fit).params).all(), "coefficients all the same"
    for kind in ("linear", "binary"):
        fit = regress(SampleDesign.simple(len(y)), kind, y, x, ["age", "born"])
        assert fit.note == "not estimable: born follows from the columns before it; leave it out"
        assert np.isnan(fit.coefficients).all()


def test_a_column_that_separates_the_outcome_is_named_not_estimated():
    """statsmodels gives a slope of hundreds with an error of tens of thousands, and a warning at most."""
    y, x = np.repeat([0, 1], 20), np.repeat([[0.0], [1.0]], 20, axis=0)
    x = np.column_stack([x, np.tile([0.0, 1.0], 20)])
    naive = quietly(sm.GLM(y, sm.add_constant(x), sm.families.Binomial()).fit)
    assert abs(naive.params[1]) > 20
    assert naive.bse[1] > 1_000
    assert separation.separated_columns(y, x, ["size", "coin"]) == ("size",)
    found = separation.firth(SampleDesign.simple(40), y, x)
    assert abs(found.coefficients[1]) < 10


def test_a_missing_outcome_is_left_out_not_spread_over_all_coefficients():
    """OLS(missing="none") returns all-NaN without a word."""
    y, x, _, _ = people()
    y = y.astype(float)
    y[7] = np.nan
    assert np.isnan(sm.OLS(y, sm.add_constant(x)).fit().params).all()
    fit = regress(SampleDesign.simple(len(y)), "linear", y, x, ["x"])
    without = np.arange(len(y)) != 7
    assert fit.n == len(y) - 1
    assert_allclose(fit.coefficients, sm.OLS(y[without], sm.add_constant(x[without])).fit().params, rtol=1e-9)


def test_the_errors_of_an_ordinal_model_come_from_its_derivatives():
    """polr's come from a numeric Hessian, up to 2e-4 off; ours are those of the exact information."""
    y, x, _, _ = people(categories=3)
    fit = regress(SampleDesign.simple(len(y)), "ordinal", y, x, ["x"])
    slope, *cuts = fit.coefficients

    def minus_log_likelihood(at):
        cumulative = 1 / (1 + np.exp(-(np.array([-np.inf, at[1], at[2], np.inf]) - at[0] * x)))
        return -np.sum(np.log(np.diff(cumulative, axis=1)[np.arange(len(y)), y]))

    at, h = np.array([slope, *cuts]), 1e-4
    steps = h * np.eye(3)
    hessian = np.array(
        [
            [
                minus_log_likelihood(at + a + b) - minus_log_likelihood(at + a - b)
                - minus_log_likelihood(at - a + b) + minus_log_likelihood(at - a - b)
                for b in steps
            ]
            for a in steps
        ]
    ) / (4 * h * h)  # fmt: skip
    assert_allclose(fit.model_covariance, np.linalg.inv(hessian), rtol=1e-4)


def test_ordinal_models_are_fitted_to_the_end():
    """OrderedModel's default method stops where the slope is right to four digits only."""
    y, x, _, _ = people(categories=4)
    fit = regress(SampleDesign.simple(len(y)), "ordinal", y, x, ["x"])
    score = fit.influence.sum(axis=0)  # the scores of the maximum sum to 0
    assert np.abs(score).max() < 1e-9


# ---- tests of groups


def test_one_group_is_no_comparison():
    """pg.anova of one group gives F = inf and p = 8e-33, or a table without F and p: never a reason."""
    scores = np.tile([1.0, 2.0, 3.0, 4.0], 8)
    frame = pd.DataFrame({"score": scores, "group": "only"})
    naive = quietly(pg.anova, frame, dv="score", between="group")
    assert "F" not in naive or not np.isfinite(naive["F"].iloc[0])
    found = welch_anova(scores, np.zeros(32, int))
    assert found.note == "not estimable: 1 of the groups hold respondents, and 2 are needed"
    assert found.p_value is None


def test_constants_are_not_infinitely_significant():
    """A t test of two groups that do not vary gives t = inf, p = 0."""
    scores, groups = np.repeat([1.0, 2.0], 10), np.repeat([0, 1], 10)
    assert quietly(stats.ttest_ind, scores[:10], scores[10:]).pvalue == 0
    found = welch_t(scores, groups)
    assert found.p_value is None
    assert found.note.startswith("not estimable: ")


def test_ranks_of_constants_say_why():
    """kruskal() of equal scores is NaN without a reason."""
    scores, groups = np.ones(30), np.arange(30) % 3
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert np.isnan(stats.kruskal(*(scores[groups == g] for g in range(3))).pvalue)
    found = kruskal_wallis(scores, groups)
    assert found.note == "not estimable: all respondents have the same score"


def test_cochran_armitage_says_which_variance():
    """prop.trend.test divides by n, coin by n − 1: on the same table .139058 and .139003."""
    yes, level = np.repeat([1, 0, 1, 0, 1, 0], [8, 12, 11, 9, 15, 5]).astype(float), np.repeat([0, 1, 2], 20)
    by_n, by_less = (cochran_armitage(yes, level, variant=v) for v in ("n", "n-1"))
    assert_allclose(by_less.statistic / by_n.statistic, 59 / 60, rtol=1e-12)


def test_an_exact_test_claims_no_odds_ratio():
    """scipy's Fisher gives the sample odds ratio where R gives the conditional one."""
    table = [[7, 110], [10, 108]]
    sample = stats.fisher_exact(table).statistic
    conditional = stats.contingency.odds_ratio(table).statistic
    assert_allclose([sample, conditional], [0.68727, 0.68837], atol=1e-5)
    assert fisher_exact(table).effect.name == "cramers_v"


def test_a_square_table_is_not_shifted():
    """SquareTable adds ½ to every cell of a table with a zero."""
    table = np.array([[20, 5, 0], [9, 30, 4], [1, 2, 25]])
    shifted, plain = SquareTable(table).symmetry().statistic, SquareTable(table, shift_zeros=False).symmetry().statistic
    assert abs(shifted - plain) > 0.01
    assert_allclose(bowker(table).statistic, plain, rtol=1e-12)


def test_rao_scott_takes_the_unweighted_residuals_of_the_interaction():
    """The weighted projection, which seems as good, was off by 24–73 %."""
    expected = reference.value("design", "chisq.schwide_stype.F.strat_nofpc")
    data, design = reference.design("strat_nofpc")
    codes = [pd.factorize(data[column], sort=True)[0] for column in ("sch.wide", "stype")]
    assert_allclose(rao_scott(design, *codes, 2, 3).statistic, expected["statistic"]["F"], rtol=1e-9)
    shares = contingency._cross_tabulate(design, *codes, 2, 3).weighted.ravel()
    rows, columns = np.indices((2, 3)).reshape(2, -1)
    mains = np.column_stack([np.ones(6), rows == 1, columns == 1, columns == 2])
    interaction = np.column_stack([(rows == 1) & (columns == 1), (rows == 1) & (columns == 2)]).astype(float)
    residuals = [
        interaction - mains @ np.linalg.lstsq(w[:, None] * mains, w[:, None] * interaction, rcond=None)[0]
        for w in (np.ones(6), np.sqrt(shares))
    ]
    assert np.abs(residuals[0] - residuals[1]).max() > 0.15


# ---- several tests, several intervals


def test_tests_without_a_p_do_not_count_in_a_family():
    """multipletests counts NaN as tests, and makes all p values NaN or too large."""
    p = np.array([0.01, np.nan, 0.03])
    naive = quietly(multipletests, p, method="holm")[1]
    assert_allclose(adjust(p, "holm"), [0.02, np.nan, 0.03])
    assert not np.allclose(naive, adjust(p, "holm"), equal_nan=True)


def test_an_interval_of_a_share_is_not_cut_at_0():
    """Agresti–Coull's of 0 of 20 begins below 0, and statsmodels cuts it without saying so."""
    low, high = proportion_confint(0, 20, method="agresti_coull")
    assert low == 0
    centre = (0 + 1.959963984540054**2 / 2) / (20 + 1.959963984540054**2)
    assert 2 * centre - high < -0.02
    ours = wilson(0.0, 20, 0.95)
    assert ours[0] == 0
    assert ours[1] == pytest.approx(0.161125, abs=1e-6)


def test_p_is_never_0():
    assert mcnemar_exact(5_000, 0) > 0
    assert stats.binomtest(0, 5_000).pvalue == 0


def test_a_domain_by_group_keeps_the_degrees_of_freedom_of_the_design():
    """svy takes those of the domain; R takes the design's by group, and the domain's in a subset."""
    rng = np.random.default_rng(2)
    clusters = np.arange(100) // 5
    domain = clusters < 4
    design = SampleDesign(np.ones(100), clusters=clusters)
    found = means(design, rng.normal(size=100), domain)
    assert (found.df, domain_df(design, domain)) == (19, 3)
    wide, narrow = (student(0.0, 1.0, df, 0.95)[1] for df in (3, 19))
    assert wide > 1.5 * narrow


# ---- scales, factors, missing answers


def test_a_missing_code_left_in_a_scale_is_no_answer():
    """Alpha of answers from 1 to 5 with −99 among them says nothing of it: here it falls from .86 to .27."""
    rng = np.random.default_rng(1)
    answers = np.clip(3 + np.round(rng.normal(size=(300, 1)) + 0.8 * rng.normal(size=(300, 4))), 1, 5)
    spoilt = answers.copy()
    spoilt[::50, 1] = -99
    alpha = reliability(answers).alpha
    assert pg.cronbach_alpha(pd.DataFrame(spoilt))[0] < alpha - 0.3
    with pytest.raises(StudyError, match="'-99' in 13 rows, first in row 15 is no answer of 'activities'"):
        read(export().replace("Don't know", "-99"))


def test_the_interval_of_alpha_is_not_rounded():
    rng = np.random.default_rng(1)
    answers = rng.normal(size=(120, 1)) + rng.normal(size=(120, 5))
    found = reliability(answers)
    rounded = pg.cronbach_alpha(pd.DataFrame(answers))[1]
    assert_allclose([found.low, found.high], rounded, atol=6e-4)
    assert round(found.low, 3) != found.low


def test_omega_and_composite_reliability_are_two_numbers():
    loadings, errors = np.array([0.9, 1.4, 0.5]), np.array([0.4, 1.0, 0.9])
    scale = np.sqrt(loadings**2 + errors)
    omega, composite = omega_total(loadings, errors), omega_total(loadings / scale, errors / scale**2)
    assert abs(omega - composite) > 0.01


def test_factors_do_not_hang_on_chance():
    """statsmodels starts maximum likelihood at random: two runs differ in the sixth digit."""
    rng = np.random.default_rng(1)
    answers = rng.normal(size=(200, 1)) + rng.normal(size=(200, 6))
    correlation = np.corrcoef(answers, rowvar=False)
    fits = [Factor(corr=correlation, n_factor=2, method="ml", nobs=200).fit(rng=seed).loadings for seed in (1, 2)]
    assert not np.array_equal(*(np.sum(f**2, axis=1) for f in fits))
    one, other = (explore(answers, 2).loadings for _ in range(2))
    assert np.array_equal(one, other)


def test_em_goes_on_to_the_end():
    """norm and naniar stop at 1e-4, where Little's χ² has five digits."""
    rng = np.random.default_rng(4)
    answers = rng.normal(size=(150, 1)) + rng.normal(size=(150, 3))
    answers[rng.random(answers.shape) < 0.2] = np.nan
    early, late, later = (little_mcar(answers, tolerance).statistic for tolerance in (1e-4, 1e-13, 1e-14))
    assert abs(early - late) > 1e-7
    assert_allclose(late, later, rtol=1e-11)


# ---- weights and populations


def test_raking_goes_on_until_the_margins_are_met():
    """R's rake stops within 1 of the totals, which leaves 3e-5 in the weights."""
    rng = np.random.default_rng(6)
    codes = rng.integers(0, 3, (2, 200))
    margins = [
        Margin(name, "abc", code, target)
        for name, code, target in zip("xy", codes, (np.array([50.0, 70, 80]), np.array([20.0, 90, 90])), strict=True)
    ]
    found = rake(rng.uniform(0.5, 2, 200), margins).weights
    for margin in margins:
        assert_allclose(np.bincount(margin.codes, found), margin.target, rtol=1e-11)


@pytest.mark.parametrize("fpc", [40, 58])
def test_a_population_no_larger_than_its_sample_is_refused(fpc):
    """1 − n/N would be 0 or below, and every interval too narrow."""
    wave = Wave("small", (), "q.yaml", "probability", design=SamplingDesign(fpc=fpc), line="c.yaml, line 4")
    with pytest.raises(StudyError, match=rf"the population \(fpc: {fpc}\) is not larger than the 58 respondents"):
        survey(wave=wave)
    if fpc == 58:
        assert survey(wave=replace(wave, sampling="census")).design.is_taken_whole


def test_a_population_taken_whole_in_every_stratum_is_refused_too():
    staff = survey().responses.values["staff"]
    sizes = {code: int((staff == code).sum()) for code in ("small", "large")}
    wave = Wave("small", (), "q.yaml", "probability", design=SamplingDesign(strata="staff", fpc=sizes))
    with pytest.raises(StudyError, match=r"the population \(fpc: 58\) is not larger than the 58 respondents"):
        survey(wave=wave)
    assert survey(wave=replace(wave, sampling="census")).design.is_taken_whole
    one_whole = replace(wave, design=SamplingDesign(strata="staff", fpc=sizes | {"large": 900}))
    assert not survey(wave=one_whole).design.is_taken_whole


@pytest.mark.parametrize("weight", [0.0, -1.0, np.nan, np.inf])
def test_a_weight_that_is_none_is_refused(weight):
    weights = np.ones(20)
    weights[3] = weight
    with pytest.raises(StudyError, match="Of 20 weights these are impossible"):
        SampleDesign(weights)


def test_a_median_has_its_definition():
    """R's survey and the schoolbook part where a share is met exactly: of 1, 2, 3, 4 they say 2 and 2.5."""
    design = SampleDesign.simple(4)
    found = [float(quantiles(design, [1.0, 2, 3, 4], 0.5, definition=d).estimate[0]) for d in ("math", "school")]
    assert found == [2.0, 2.5]
