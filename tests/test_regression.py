"""Regressions under the design against R (survey, stats, car, margins, logistf, pROC) and statsmodels."""

import warnings

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import stats
from statsmodels.miscmodels.ordinal_model import OrderedModel

import reference
from b2bsurvey.statistics import model_checks, separation
from b2bsurvey.statistics.linearisation import SampleDesign
from b2bsurvey.statistics.regression import (
    Predictor,
    Regression,
    aliased,
    average_marginal_effects,
    coefficients,
    regress,
    wald,
)
from b2bsurvey.statistics.relative_importance import general_dominance

BIRTH = ["age", "lwt", "race2", "race3", "smoke", "ptl", "ht", "ui", "ftv"]
designs = pytest.mark.parametrize("name", reference.DESIGNS)


def schools(name):
    """Return data, design, and the columns of R's models."""
    data, design = reference.design(name)
    types = np.column_stack([data["stype"] == "H", data["stype"] == "M"]).astype(float)
    return data, design, types


def births():
    data = reference.data("birthwt")
    for race in (2, 3):
        data[f"race{race}"] = (data["race"] == race).astype(float)
    return data["low"].to_numpy(int), data[BIRTH].to_numpy(float)


def simulated(seed=1, n=300, k=3, categories=4):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, k))
    y = np.digitize(x @ np.linspace(1, 0.3, k) + rng.logistic(size=n), np.linspace(-1, 1, categories - 1))
    return y, x, [f"x{j}" for j in range(k)], rng


# ---- against R


@designs
def test_logit_equals_svyglm(name):
    expected = reference.value("design", f"glm.logit.{name}")
    data, design, types = schools(name)
    x = np.column_stack([data["ell"], data["meals"], types])
    fit = regress(design, "binary", (data["sch.wide"] == "Yes").astype(int), x, ["ell", "meals", "H", "M"])
    table = np.array(expected["coef"]["values"])
    assert_allclose(fit.coefficients, table[:, 0], rtol=1e-7)
    assert_allclose(fit.std_error, table[:, 1], rtol=1e-7)
    assert_allclose(fit.covariance, expected["vcov"]["values"], rtol=1e-6)
    assert_allclose(coefficients(fit, range(5)).p_value, table[:, 3], rtol=1e-6)
    assert fit.df == expected["df_resid"]
    types_together = wald(fit, [3, 4])
    assert_allclose(types_together.statistic, expected["anova_stype"]["F"], rtol=1e-7)
    assert_allclose(types_together.p_value, expected["anova_stype"]["p"], rtol=1e-6)


@designs
def test_linear_model_equals_svyglm(name):
    expected = reference.value("design", f"glm.gaussian.{name}")
    data, design, _ = schools(name)
    names = ["ell", "meals", "mobility"]
    fit = regress(design, "linear", data["api00"], data[names], names)
    table = np.array(expected["coef"]["values"])
    assert_allclose(fit.coefficients, table[:, 0], rtol=1e-9)
    assert_allclose(fit.std_error, table[:, 1], rtol=1e-9)
    assert fit.df == expected["df_resid"]


@designs
def test_ordinal_model_equals_svyolr(name):
    expected = reference.value("design", f"olr.mealcat.{name}")
    data, design, types = schools(name)
    categories = pd.cut(data["meals"], [-1, 25, 50, 75, 100]).cat.codes
    fit = regress(
        design, "ordinal", categories, np.column_stack([data["avg.ed"], data["mobility"], types]), list("abcd")
    )
    assert_allclose(fit.coefficients, [*expected["coef"].values(), *expected["zeta"].values()], rtol=1e-3)
    assert_allclose(fit.std_error, list(expected["se"].values()), rtol=1e-3)


def test_unweighted_logit_equals_glm():
    expected = reference.value("models", "logit.birthwt")
    y, x = births()
    fit = regress(SampleDesign.simple(len(y)), "binary", y, x, BIRTH)
    table = np.array(expected["coef"]["values"])
    assert_allclose(fit.coefficients, table[:, 0], rtol=1e-7)
    assert_allclose(np.sqrt(np.diagonal(fit.model_covariance)), table[:, 1], rtol=1e-7)
    assert_allclose(fit.log_likelihood, expected["logLik"], rtol=1e-9)
    assert_allclose(fit.mcfadden, expected["mcfadden"], rtol=1e-9)
    n = len(y)
    hc0 = fit.std_error * np.sqrt((n - 1) / n)
    assert_allclose(
        hc0, list(expected["HC0"].values()) if isinstance(expected["HC0"], dict) else expected["HC0"], rtol=1e-7
    )
    score = x @ fit.coefficients[1:]
    found = model_checks.discrimination(y, score, np.ones(n))
    assert_allclose(found.auc, expected["auc"], rtol=1e-9)
    assert_allclose((found.low, found.auc, found.high), expected["auc_delong_ci"], rtol=1e-7)


def test_linear_models_equal_lm():
    data = reference.data("Chile")
    complete = data.dropna()
    for key, names, weights in (
        ("ols.chile.statusquo", ["age", "income", "sex", "education", "region"], None),
        ("wls.chile", ["age", "sex"], complete["population"]),
    ):
        expected = reference.value("models", key)["coef"]
        x = pd.get_dummies(complete[names], drop_first=True, dtype=float)
        design = SampleDesign(np.ones(len(x)) if weights is None else weights)
        fit = regress(design, "linear", complete["statusquo"], x, list(x))
        order = [expected["rows"].index(name.replace("_", "")) for name in x]
        assert_allclose(fit.coefficients[1:], np.array(expected["values"])[order, 0], rtol=1e-7)
        classical = np.sqrt(np.diagonal(fit.model_covariance))[1:]
        assert_allclose(classical, np.array(expected["values"])[order, 1], rtol=1e-7)


def test_marginal_effects_equal_margins():
    expected = reference.value("models", "ame.birthwt")
    y, x = births()
    design = SampleDesign.simple(len(y))
    fit = regress(design, "binary", y, x, BIRTH)
    effects, errors = ({**dict(zip(expected["factor"], _list(expected[k]), strict=True))} for k in ("AME", "SE"))
    for j, name in enumerate(BIRTH):
        predictor = Predictor("race", (2, 3), False) if name.startswith("race") else Predictor(name, (j,), True)
        found = average_marginal_effects(design, fit, x, predictor, fixed=True)
        place = 2 * (name == "race3") + 1
        assert_allclose(found.estimate[place], effects[name], atol=1e-4)
        assert_allclose(found.std_error[place], errors[name], atol=1e-4)
        free = average_marginal_effects(design, fit, x, predictor)
        assert_allclose(free.estimate, found.estimate, rtol=1e-12)
        assert_allclose(found.estimate.reshape(-1, 2).sum(axis=1), 0, atol=1e-9)


def _list(values):
    return list(values.values()) if isinstance(values, dict) else values


def test_variance_inflation_equals_car():
    expected = reference.value("models", "vif.birthwt")["gvif_glm"]
    y, x = births()
    fit = regress(SampleDesign.simple(len(y)), "binary", y, x, BIRTH)
    predictors = [Predictor(n, (BIRTH.index(n),), True) for n in expected["rows"] if n != "race"]
    predictors.insert(2, Predictor("race", (2, 3), False))
    assert_allclose(model_checks.generalised_vif(fit, predictors), np.array(expected["values"])[:, 0], rtol=1e-6)


def test_firth_equals_logistf():
    expected = reference.value("models", "firth.endometrial")
    data = reference.data("endometrial")
    x, names = data[["NV", "PI", "EH"]], ["NV", "PI", "EH"]
    assert separation.separated_columns(data["HG"], x, names) == ("NV",)
    found = separation.firth(SampleDesign.simple(len(data)), data["HG"], x)
    assert_allclose(found.coefficients, list(expected["coef"].values()), rtol=1e-7)
    assert_allclose(found.low, _list(expected["profile_lower"]), rtol=1e-5)
    assert_allclose(found.high, _list(expected["profile_upper"]), rtol=1e-5)
    assert_allclose(found.p_value, _list(expected["p_plr"]), rtol=1e-4)
    mean = reference.value("models", "brglm2.endometrial")["AS_mean"]
    assert_allclose(found.coefficients, _list(mean["coef"]), rtol=1e-6)


# ---- against statsmodels


def test_multinomial_equals_statsmodels():
    y, x, names, _ = simulated()
    fit = regress(SampleDesign.simple(len(y)), "multinomial", y, x, names)
    other = sm.MNLogit(y, sm.add_constant(x)).fit(disp=0, method="newton", tol=1e-12)
    assert_allclose(fit.coefficients.reshape(3, -1), other.params.T, rtol=1e-7, atol=1e-9)
    assert_allclose(np.sqrt(np.diagonal(fit.model_covariance)).reshape(3, -1), other.bse.T, rtol=1e-7)
    assert_allclose(fit.log_likelihood, other.llf, rtol=1e-9)
    assert_allclose(fit.null_log_likelihood, other.llnull, rtol=1e-7)


def test_ordinal_equals_statsmodels():
    y, x, names, _ = simulated()
    fit = regress(SampleDesign.simple(len(y)), "ordinal", y, x, names)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        other = OrderedModel(y, x, distr="logit").fit(disp=0, method="newton", tol=1e-12, maxiter=200)
    assert_allclose(fit.coefficients[:3], other.params[:3], rtol=1e-6)
    assert_allclose(np.sqrt(np.diagonal(fit.model_covariance))[:3], other.bse[:3], rtol=1e-6)
    assert_allclose(fit.log_likelihood, other.llf, rtol=1e-9)


@pytest.mark.parametrize("kind", ["binary", "ordinal", "multinomial"])
def test_marginal_effects_are_what_changing_everybody_would_change(kind):
    """By brute force: the mean change of the fitted probabilities, and its spread over jackknife samples."""
    y, x, names, rng = simulated(n=150, categories=2 if kind == "binary" else 3)
    x[:, 2] = x[:, 2] > 0
    weights = rng.uniform(0.5, 2, len(y))
    predictors = [Predictor("x0", (0,), True), Predictor("x2", (2,), False)]

    def effects(w):
        design = SampleDesign(w)
        fit = regress(design, kind, y, x, names)
        return np.concatenate([average_marginal_effects(design, fit, x, p).estimate for p in predictors])

    design = SampleDesign(weights)
    fit = regress(design, kind, y, x, names)
    found = [average_marginal_effects(design, fit, x, p) for p in predictors]
    whole = effects(weights)
    assert_allclose(np.concatenate([f.estimate for f in found]), whole, rtol=1e-9)
    left_out = np.array([effects(np.where(np.arange(150) == i, 1e-12, weights)) for i in range(150)])
    jackknife = np.sqrt(149 / 150 * np.sum((left_out - left_out.mean(axis=0)) ** 2, axis=0))
    assert_allclose(np.concatenate([f.std_error for f in found]), jackknife, rtol=0.1)


# ---- laws


@given(st.integers(0, 1000), st.sampled_from(["linear", "binary", "ordinal", "multinomial"]))
@settings(max_examples=20, deadline=None)
def test_scale_of_weights_order_of_rows_and_doubling_change_nothing(seed, kind):
    y, x, names, rng = simulated(seed, categories=2 if kind == "binary" else 4)
    w = rng.uniform(0.5, 2, len(y))
    fit = regress(SampleDesign(w), kind, y, x, names)
    scaled = regress(SampleDesign(7 * w), kind, y, x, names)
    assert_allclose(scaled.coefficients, fit.coefficients, rtol=1e-8, atol=1e-10)
    assert_allclose(scaled.covariance, fit.covariance, rtol=1e-7, atol=1e-12)
    order = rng.permutation(len(y))
    shuffled = regress(SampleDesign(w[order]), kind, y[order], x[order], names)
    assert_allclose(shuffled.coefficients, fit.coefficients, rtol=1e-8, atol=1e-10)
    doubled = regress(SampleDesign(np.tile(w / 2, 2)), kind, np.tile(y, 2), np.tile(x, (2, 1)), names)
    assert_allclose(doubled.coefficients, fit.coefficients, rtol=1e-8, atol=1e-10)


def test_those_outside_the_model_count_in_the_variance_only():
    y, x, names, rng = simulated()
    clusters = rng.integers(0, 30, len(y))
    x[:40, 1] = np.nan
    design = SampleDesign(np.ones(len(y)), clusters=clusters)
    fit = regress(design, "ordinal", y, x, names)
    inside = regress(SampleDesign(np.ones(260), clusters=clusters[40:]), "ordinal", y[40:], x[40:], names)
    assert fit.n == 260
    assert_allclose(fit.coefficients, inside.coefficients, rtol=1e-9)
    assert (fit.influence[:40] == 0).all()


def test_a_simple_random_sample_has_the_errors_of_hc0():
    y, x, names, _ = simulated(categories=2)
    n = len(y)
    fit = regress(SampleDesign.simple(n), "binary", y, x, names)
    other = sm.GLM(y, sm.add_constant(x), sm.families.Binomial()).fit(cov_type="HC0", tol=1e-12)
    assert_allclose(fit.std_error, other.bse * np.sqrt(n / (n - 1)), rtol=1e-6)


# ---- checks


def test_hosmer_lemeshow_by_hand():
    y, x, names, _ = simulated(categories=2)
    design = SampleDesign.simple(len(y))
    fit = regress(design, "binary", y, x, names)
    p = 1 / (1 + np.exp(-(fit.coefficients[0] + x @ fit.coefficients[1:])))
    groups = pd.qcut(p, 10, labels=False)
    table = pd.DataFrame({"y": y, "p": p, "n": 1.0}).groupby(groups).sum()
    x2 = ((table["y"] - table["p"]) ** 2 / (table["p"] * (1 - table["p"] / table["n"]))).sum()
    found = model_checks.calibration(design, fit, y, x)
    assert_allclose((found.statistic, found.df1), (x2, 8), rtol=1e-9)
    assert_allclose(found.p_value, stats.chi2.sf(x2, 8), rtol=1e-9)


@pytest.mark.parametrize("weighted", [False, True])
def test_the_groups_of_a_goodness_of_fit_do_not_hang_on_the_order_of_rows(weighted):
    """Few predictors tie many probabilities: those are in one group, not cut where the rows happen to stand."""
    rng = np.random.default_rng(3)
    x = rng.integers(0, 4, (200, 2)).astype(float)
    y = (rng.random(200) < 1 / (1 + np.exp(1 - x[:, 0]))).astype(int)
    w = rng.integers(1, 4, 200).astype(float) if weighted else np.ones(200)
    found = []
    for order in (np.arange(200), rng.permutation(200), np.arange(200)[::-1]):
        design = SampleDesign(w[order])
        fit = regress(design, "binary", y[order], x[order], ["a", "b"])
        found.append(model_checks.calibration(design, fit, y[order], x[order]))
    assert found[0].df1 > 2
    assert_allclose([f.statistic for f in found], found[0].statistic, rtol=1e-9)


def test_a_right_model_is_not_rejected_and_a_wrong_one_is():
    rng = np.random.default_rng(3)
    n = 4000
    x = rng.normal(size=(n, 1))
    w = rng.uniform(0.5, 2, n)
    for design in (SampleDesign.simple(n), SampleDesign(w)):
        right = (rng.random(n) < 1 / (1 + np.exp(-x[:, 0]))).astype(int)
        wrong = (rng.random(n) < 1 / (1 + np.exp(2 - 2 * x[:, 0] ** 2))).astype(int)
        for outcome, rejected in ((right, False), (wrong, True)):
            fit = regress(design, "binary", outcome, x, ["x"])
            found = model_checks.calibration(design, fit, outcome, x)
            assert (found.p_value < 0.001) == rejected
        same_slopes = np.digitize(x[:, 0] + rng.logistic(size=n), [-1, 1])
        other_slopes = np.digitize(x[:, 0] * 3 * (x[:, 0] > 0) + rng.logistic(size=n), [-1, 1])
        for outcome, rejected in ((same_slopes, False), (other_slopes, True)):
            found = model_checks.proportional_odds(design, outcome, x, ["x"], 3)
            assert (found.p_value < 0.001) == rejected


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5), st.integers(1, 4)), min_size=4, max_size=40))
def test_auc_counts_pairs(rows):
    y, s, w = (np.array(column) for column in zip(*rows, strict=True))
    if len(set(y)) < 2:
        return
    pairs = [(wi * wj, float(si > sj) + (si == sj) / 2) for yi, si, wi in rows if yi for yj, sj, wj in rows if not yj]
    expected = sum(a * b for a, b in pairs) / sum(a for a, _ in pairs)
    assert_allclose(model_checks.discrimination(y, s, w).auc, expected, rtol=1e-9)


def test_relative_importance_of_a_linear_model_by_hand():
    y, x, names, _ = simulated(k=3)
    design = SampleDesign.simple(len(y))

    def explained(subset):
        if not subset:
            return 0.0
        fit = regress(design, "linear", y.astype(float), x[:, list(subset)], [names[j] for j in subset])
        residual = y - fit.coefficients[0] - x[:, list(subset)] @ fit.coefficients[1:]
        return 1 - residual.var() / y.var()

    found = general_dominance(explained, 3)
    assert_allclose(found.sum(), explained((0, 1, 2)), rtol=1e-12)
    by_hand = (
        explained((0,)) / 3
        + (explained((0, 1)) - explained((1,)) + explained((0, 2)) - explained((2,))) / 6
        + (explained((0, 1, 2)) - explained((1, 2))) / 3
    )
    assert_allclose(found[0], by_hand, rtol=1e-12)
    with pytest.raises(ValueError, match="13 predictors"):
        general_dominance(explained, 13)


# ---- where there is no answer


@pytest.mark.parametrize("kind", ["linear", "binary", "ordinal", "multinomial"])
@pytest.mark.parametrize(
    ("change", "note"),
    [
        ("nobody", "nobody answered all questions of the model"),
        ("one", "the outcome is the same for everybody"),
        ("two", "respondents for"),
        ("constant outcome", "the outcome is the same for everybody"),
        ("constant column", "x1 follows from the columns before it; leave it out"),
        ("sum", "x2 follows from the columns before it; leave it out"),
        ("all missing", "nobody answered all questions of the model"),
    ],
)
def test_what_cannot_be_estimated_says_why(kind, change, note):
    y, x, names, _ = simulated(n=60, categories=2 if kind == "binary" else 3)
    keep = {"nobody": 0, "one": 1}.get(change, 60)
    y, x = y[:keep], x[:keep]
    if change == "two":
        pair = [int(np.argmax(y == 0)), int(np.argmax(y == 1))]
        y, x = y[pair], x[pair]
    elif change == "constant outcome":
        y = np.ones_like(y)
    elif change == "constant column":
        x[:, 1] = 3
    elif change == "sum":
        x[:, 2] = 2 * x[:, 0] - x[:, 1]
    elif change == "all missing":
        x[:, 0] = np.nan
    if not len(y):
        y, x, base = np.full(5, -1.0 if kind != "linear" else np.nan), np.zeros((5, 3)), 5
    else:
        base = len(y)
    fit = regress(SampleDesign.simple(base), kind, y, x, names)
    assert not fit.is_estimated
    assert fit.note.startswith("not estimable: ")
    assert note in fit.note
    assert np.isnan(fit.coefficients).all()
    assert "not estimable" in wald(fit, [0]).note


def test_dependent_columns_are_named_as_written():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(50, 2)) * [1, 1e8]
    both = np.column_stack([x, x[:, 0] + 1e-8 * x[:, 1], np.ones(50)])
    assert aliased(both, ["a", "b", "c", "d"]) == ("c", "d")


def test_separation_is_named_and_the_naive_answer_is_not_given():
    rng = np.random.default_rng(2)
    x = rng.normal(size=(80, 2))
    y = (x[:, 0] > 0).astype(int)
    assert separation.separated_columns(y, x * [1e-4, 1], ["a", "b"])[0] == "a"
    assert separation.separated_columns(rng.integers(0, 2, 80), x, ["a", "b"]) == ()
    found = separation.firth(SampleDesign.simple(80), y, x)
    assert np.isfinite(found.coefficients).all()
    assert found.std_error.max() < 100


def test_regression_is_frozen():
    fit = regress(SampleDesign.simple(60), "binary", *simulated(n=60, categories=2)[:3])
    assert isinstance(fit, Regression)
    with pytest.raises(AttributeError):
        fit.n = 3
