"""Raking, post-stratification and trimming against R survey, svy, linear programming and the laws that hold."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy.optimize import linprog

import reference
from b2bsurvey.errors import StudyError
from b2bsurvey.statistics.contingency import rao_scott
from b2bsurvey.statistics.linearisation import Calibration, SampleDesign, means, totals
from b2bsurvey.statistics.weighting import Margin, post_stratify, rake, representation, spread

EXACT = {"rtol": 1e-9, "atol": 1e-12}
TARGETS = {"stype": {"E": 4421, "H": 755, "M": 1018}, "sch.wide": {"No": 1072, "Yes": 5122}}
CALIBRATED = [
    f"cal.{kind}.{name}"
    for kind in ("poststratify.stype", "rake.stype_schwide", "raking.stype_schwide", "rake_default_eps")
    for name in ("clus1_fpc", "clus1_nofpc", "srs_fpc", "weights_only")
]


def margin(column: pd.Series, targets: dict[str, float]) -> Margin:
    codes = pd.Categorical(column, categories=list(targets)).codes.astype(int)
    return Margin(str(column.name), list(targets), codes, np.array(list(targets.values()), dtype=float))


def api(key: str) -> tuple[pd.DataFrame, np.ndarray, list[Margin]]:
    """Return data, base weights and margins of an entry of the reference."""
    name = key.split(".")[-1]
    frame = reference.data("apisrs" if name == "srs_fpc" else "apiclus1")
    base = frame["fpc"] / len(frame) if name == "srs_fpc" else frame["pw"]
    variables = ["stype"] if "poststratify" in key else ["stype", "sch.wide"]
    return frame, base.to_numpy(float), [margin(frame[v], TARGETS[v]) for v in variables]


def random_margins(rng: np.random.Generator, n: int, number: int = 2, like: float = 8.0) -> list[Margin]:
    """Return margins of 3 categories, each in use and with a target not too far from the sample."""
    found = []
    for k in range(number):
        codes = np.concatenate([[0, 1, 2], rng.choice(3, n - 3, p=rng.dirichlet([like] * 3))])
        found.append(Margin(f"v{k}", "abc", rng.permutation(codes), n * rng.dirichlet([like] * 3)))
    return found


# ---- against R survey 4.1.1 and svy


@pytest.mark.parametrize("key", CALIBRATED)
def test_weights_equal_r(key):
    expected = reference.value("design", key)
    _, base, margins = api(key)
    found = rake(base, margins)
    loose = {"rtol": 1e-4} if "default" in key else EXACT
    assert_allclose(found.weights, expected["weights"], **loose)
    assert_allclose(spread(found.weights).design_effect, expected["kish_deff"], **loose)
    assert_allclose(spread(found.weights).n_effective, expected["kish_neff"], **loose)
    if "poststratify" in key:
        assert_allclose(post_stratify(base, margins[0]).weights, expected["weights"], **EXACT)


@pytest.mark.parametrize("key", [*CALIBRATED, *(f"cal.logit.bounded.{n}" for n in ("clus1_nofpc", "srs_fpc"))])
def test_variances_by_the_regression_of_r_equal_r(key):
    """R regresses on the margins with equal weights (rake), or with those before; the weights are R's own."""
    expected = reference.value("design", key)
    frame, base, margins = api(key)
    design = SampleDesign(
        expected["weights"],
        clusters=frame["dnum"] if "clus1" in key else None,
        population=frame["fpc"] if key.endswith("_fpc") else None,
        calibration=Calibration(
            np.ones(len(base)) if ".rake" in key else base, np.column_stack([m.codes for m in margins])
        ),
    )
    loose = {"rtol": 1e-4} if "default" in key else EXACT
    mean = means(design, frame["api00"])
    assert_allclose([mean.estimate[0]], [expected["mean_api00"]["estimate"]["api00"]], **loose)
    assert_allclose([mean.std_error[0]], [expected["mean_api00"]["se"]["api00"]], **loose)
    total = totals(design, frame["enroll"], frame["enroll"].notna())
    assert_allclose([total.estimate[0]], [expected["total_enroll"]["estimate"]["enroll"]], **loose)
    assert_allclose([total.std_error[0]], [expected["total_enroll"]["se"]["enroll"]], **loose)
    fixed = means(design, pd.get_dummies(frame["stype"]).to_numpy(float))
    assert_array_equal(fixed.std_error, 0.0)
    assert_allclose(fixed.estimate, list(expected["prop_stype"]["estimate"].values()), **loose)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_raking_and_its_variance_equal_svy(seed):
    svy = pytest.importorskip("svy")
    rng = np.random.default_rng(seed)
    n = 150
    margins = random_margins(rng, n)
    base, y, clusters = rng.uniform(0.5, 2, n), rng.normal(10, 3, n), rng.integers(0, 30, n)
    a = np.concatenate([[0, 1, 0, 1], rng.integers(0, 2, n - 4)])
    columns = {"w": base, "c": clusters, "y": y, "a": a} | {m.name: m.codes for m in margins}
    controls = {m.name: {c: m.target[c] for c in range(3)} for m in margins}
    sample = svy.Sample(pl.DataFrame(columns), svy.Design(wgt="w", psu="c"))
    raked = sample.weighting.rake(controls=controls, tol=1e-12, max_iter=1000)
    expected = raked.estimation.mean("y").estimates[0]
    weights = rake(base, margins).weights
    calibration = Calibration(np.ones(n), np.column_stack([m.codes for m in margins]))  # as R survey::rake
    design = SampleDesign(weights, clusters=clusters, calibration=calibration)
    found = means(design, y)
    assert_allclose([found.estimate[0], found.std_error[0]], [expected.est, expected.se], **EXACT)
    test, table = raked.categorical.tabulate("a", "v0").stats.f, rao_scott(design, a, margins[0].codes, 2, 3)
    assert_allclose([table.statistic, table.df1, table.df2], [test.value, test.df_num, test.df_den], rtol=1e-8)


# ---- the standard error that raking really has


def test_the_calibrated_weights_give_the_standard_error_of_a_domain():
    """Half of the sample are large firms, a tenth of the population: 400 samples of 300."""
    rng = np.random.default_rng(7)
    found, errors = [], []
    for _ in range(400):
        large = (rng.random(300) < 0.52).astype(int)
        adoption = np.where(
            large == 1, rng.choice(3, 300, p=[0.35, 0.25, 0.4]), rng.choice(3, 300, p=[0.28, 0.2, 0.52])
        )
        y = rng.random(300) < np.array([0.6, 0.4, 0.2])[adoption] + 0.1 * large
        margins = [
            Margin("size", "sl", large, np.array([900.0, 100.0])),
            Margin("adoption", "upn", adoption, np.array([287.0, 205.0, 508.0])),
        ]
        weights = rake(np.ones(300), margins).weights
        values, codes = np.column_stack([adoption == 0, y, y]), np.column_stack([large, adoption])
        domain = np.column_stack([large == 1, large == 1, np.ones(300, bool)])
        designs = [SampleDesign(weights, calibration=Calibration(w, codes)) for w in (weights, np.ones(300))]
        estimates = [means(design, values, domain) for design in designs]
        found.append(estimates[0].estimate)
        errors.append([e.variance for e in estimates])
    true, (ours, before) = np.std(found, axis=0), np.sqrt(np.mean(errors, axis=0))
    assert_allclose(ours, true, rtol=0.12)
    assert before[0] > 3 * true[0]  # which is why the weights before are not taken


# ---- laws


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 3))
def test_raked_weights_meet_every_target_and_are_a_product_of_factors(seed, number):
    rng = np.random.default_rng(seed)
    base = rng.uniform(0.5, 2, 200)
    margins = random_margins(rng, 200, number)
    margins = [Margin(m.name, m.categories, m.codes, m.target / m.target.sum() * 5000) for m in margins]
    found = rake(base, margins)
    for m in margins:
        assert_allclose(np.bincount(m.codes, found.weights), m.target, rtol=2e-12)
        assert_allclose(representation(found.weights, m).weighted, representation(found.weights, m).target, rtol=1e-11)
    codes = np.column_stack([m.codes for m in margins])
    factors = np.log(found.weights / base)
    indicators = np.column_stack([codes[:, k] == c for k in range(number) for c in range(3)]).astype(float)
    explained = indicators @ np.linalg.lstsq(indicators, factors, rcond=None)[0]
    assert_allclose(explained, factors, atol=1e-9)  # so no other weights are closer to the base weights
    order = rng.permutation(200)
    turned = rake(base[order], [Margin(m.name, m.categories, m.codes[order], m.target) for m in margins])
    assert_allclose(turned.weights, found.weights[order], rtol=1e-11)
    assert_allclose(rake(7.3 * base, margins).weights, found.weights, rtol=1e-11)


def test_weights_that_meet_the_targets_already_stay_as_they_are():
    codes = np.array([0, 0, 1, 1, 1])
    found = rake(np.ones(5), [Margin("v", "ab", codes, np.array([2.0, 3.0]))])
    assert_allclose(found.weights, 1.0, rtol=1e-15)
    assert (found.rounds, found.moved, found.trimmed.any()) == (1, 0.0, False)


def test_those_without_an_answer_keep_their_share_and_are_moved_by_the_other_margin():
    rng = np.random.default_rng(1)
    first, second = random_margins(rng, 300)
    codes = first.codes.copy()
    codes[:60] = -1
    base = rng.uniform(0.5, 2, 300)
    unknown = base[:60].sum() / base.sum()
    found = rake(base, [Margin("v0", "abc", codes, first.target), second])
    assert_allclose(found.weights[:60].sum(), 300 * unknown, rtol=1e-11)
    assert_allclose(np.bincount(second.codes, found.weights), second.target, rtol=1e-11)
    known = codes >= 0
    shares = np.bincount(codes[known], found.weights[known]) / found.weights[known].sum()
    assert_allclose(shares, first.target / first.target.sum(), rtol=1e-11)
    assert np.ptp(found.weights[:60] / base[:60]) > 0.01


def test_what_is_not_known_of_a_margin_leaves_its_variance():
    """Among those with an answer the shares are fixed; how many these are is not."""
    rng = np.random.default_rng(2)
    codes = np.concatenate([np.full(40, -1), [0, 1, 2], rng.integers(0, 3, 157)])
    weights = rake(np.ones(200), [Margin("v", "abc", codes, np.array([50.0, 50.0, 100.0]))]).weights
    design = SampleDesign(weights, calibration=Calibration(weights, codes[:, None]))
    indicators = (codes[:, None] == [0, 1, 2]).astype(float)
    assert_array_equal(means(design, indicators, codes >= 0).std_error, 0.0)
    assert (means(design, indicators).std_error > 0.005).all()
    unknown = means(design, codes < 0)
    plain = means(SampleDesign(weights), codes < 0)
    assert_allclose(unknown.std_error, plain.std_error, rtol=1e-9)


# ---- trimming


def test_trimming_finds_weights_within_the_bounds_whenever_there_are_any():
    """Linear programming says whether there are any."""
    rng, possible = np.random.default_rng(5), []
    for _ in range(60):
        margins = random_margins(rng, 300, 3, like=4.0)
        low, high = rng.uniform(0.1, 0.5), rng.uniform(1.5, 4)
        rows = np.vstack([m.codes == c for m in margins for c in range(3)]).astype(float)
        targets = np.concatenate([m.target for m in margins])
        program = linprog(np.zeros(300), A_eq=rows, b_eq=targets, bounds=[(low, high)] * 300)
        possible.append(program.status == 0)
        if not possible[-1]:
            with pytest.raises(StudyError, match="no weights between .* times their mean meet the population"):
                rake(np.ones(300), margins, low, high)
            continue
        found = rake(np.ones(300), margins, low, high)
        assert found.weights.min() >= low * (1 - 1e-12)
        assert found.weights.max() <= high * (1 + 1e-12)
        assert_allclose(rows @ found.weights, targets, rtol=1e-11)
        at_a_bound = np.isclose(found.weights, low, rtol=1e-9) | np.isclose(found.weights, high, rtol=1e-9)
        assert_array_equal(found.trimmed, at_a_bound)
        assert (found.moved > 0) == found.trimmed.any()
    assert 10 < sum(possible) < 50


@pytest.mark.parametrize("seed", range(5))
def test_trimmed_weights_are_those_closest_to_the_base_weights(seed):
    """The Karush–Kuhn–Tucker conditions of the least Σ w log(w/d) − w under the targets and the bounds, which is convex."""
    rng = np.random.default_rng(seed)
    margins, base = random_margins(rng, 200), rng.uniform(0.7, 1.4, 200)
    untrimmed = rake(base, margins).weights
    low, high = untrimmed.min() * 1.1, untrimmed.max() * 0.9
    found = rake(base, margins, low, high)
    assert 0 < found.trimmed.sum() < 100
    indicators = np.column_stack([m.codes == c for m in margins for c in range(3)]).astype(float)
    factors, free = np.log(found.weights / base), ~found.trimmed
    multipliers = np.linalg.lstsq(indicators[free], factors[free], rcond=None)[0]
    wanted = base * np.exp(indicators @ multipliers)
    assert_allclose(wanted[free], found.weights[free], rtol=1e-9)
    assert_allclose(np.clip(wanted, low, high), found.weights, rtol=1e-9)


# ---- what is refused


def two(codes, target, categories="ab", name="size"):
    return Margin(name, categories, np.array(codes), np.array(target, dtype=float))


@pytest.mark.parametrize(
    ("margins", "sentence"),
    [
        (
            [two([0, 0, 0], [5, 5])],
            "'b' of 'size' has the target 5 but no respondent, so no weight can reach it; merge it",
        ),
        (
            [two([0, 0, 1], [5, np.nan])],
            "'b' of 'size' has no target but 1 respondents; give its size in the population",
        ),
        ([two([0, 0, 1], [5, 0])], "'b' of 'size' has the target 0 but 1 respondents"),
        ([two([-1, -1, -1], [5, 5])], "nobody's category of 'size' is known"),
        (
            [two([0, 0, 1], [5, 5]), two([0, 1, 1], [5, 6], name="sector")],
            "the targets of 'size' sum to 10 but those of 'sector' to 11; they must describe the same population",
        ),
        (
            [two([0, 0, 1], [5, 5]), two([0, 0, 1], [6, 4], name="sector")],
            "raking does not converge: 'b' of 'size' cannot reach its target together with the other margins",
        ),
    ],
)
def test_impossible_targets_are_refused_in_one_sentence(margins, sentence):
    with pytest.raises(StudyError) as refused:
        rake(np.ones(3), margins)
    assert sentence in str(refused.value)
    assert str(refused.value).count(". ") == 0


def test_bounds_that_a_category_cannot_meet_name_it():
    margins = [two([0] * 90 + [1] * 10, [500, 500])]
    sentence = "no weights between 0.3 and 3 times their mean meet the population: 'b' of 'size' needs 5 times the mean"
    with pytest.raises(StudyError, match=sentence):
        rake(np.ones(100), margins, 0.3, 3.0)


def test_arrays_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="needs a code below 2 for each of 3 respondents"):
        rake(np.ones(3), [two([0, 1, 2], [5, 5])])
    with pytest.raises(ValueError, match="a calibration needs rows for 3 respondents"):
        SampleDesign(np.ones(3), calibration=Calibration(np.ones(2), np.zeros((2, 1))))
    with pytest.raises(ValueError, match="weights above 0"):
        SampleDesign(np.ones(3), calibration=Calibration(np.zeros(3), np.zeros((3, 1))))


# ---- what weights cost


def test_spread_is_that_of_kish():
    found = spread([1.0, 1, 2, 4])
    assert (found.design_effect, found.n_effective) == (4 * 22 / 64, 64 / 22)
    assert (found.smallest, found.largest, found.ratio) == (0.5, 2.0, 4.0)


def test_a_calibrated_design_is_not_simple_and_may_be_equally_weighted():
    design = SampleDesign(np.ones(4), calibration=Calibration(np.ones(4), [[0], [0], [1], [1]]))
    assert design.is_equally_weighted
    assert not design.is_simple
    assert means(design, [0.0, 0, 1, 1]).std_error == 0.0
