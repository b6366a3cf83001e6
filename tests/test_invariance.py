"""Measurement invariance: fits pinned to R lavaan 0.6.14, laws that hold of any answers, and what cannot be fitted."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.optimize import approx_fprime
from scipy.stats import multivariate_normal

import reference
from b2bsurvey.statistics.confirmatory import confirm
from b2bsurvey.statistics.invariance import LEVELS, group_model, invariance

FIT = ("chi2", "df", "cfi", "tli", "rmsea", "rmsea_low", "rmsea_high", "srmr", "log_likelihood", "parameters")
# lavaan: cfa(model, data, group = "g", group.equal = c("loadings", "intercepts", "residuals")[…], std.lv = TRUE)
ONE = {
    "configural": (2.034482893, 4, 1, 1.013923439, 0, 0, 0.08472695393, 0.008938722406, -1707.599743, 24),
    "metric": (
        7.007261926,
        7,
        0.9999828525,
        0.9999706043,
        0.002507465248,
        0,
        0.09572806839,
        0.0416658378,
        -1710.086132,
        21,
    ),
    "scalar": (
        46.32611432,
        10,
        0.9142236832,
        0.8970684198,
        0.1483773125,
        0.1068150542,
        0.1928434791,
        0.09185550293,
        -1729.745558,
        18,
    ),
    "strict": (
        49.17347503,
        14,
        0.9169453933,
        0.9288103371,
        0.1233961611,
        0.08700711111,
        0.1617617858,
        0.09321625244,
        -1731.169239,
        14,
    ),
}
TWO = {
    "configural": (21.53516272, 24, 1, 1.006078926, 0, 0, 0.06015111954, 0.03183807776, -3327.600039, 57),
    "metric": (22.78629908, 32, 1, 1.017042527, 0, 0, 0.03069434859, 0.03390718476, -3328.225607, 49),
    "scalar": (39.64216003, 40, 1, 1.000529516, 0, 0, 0.0575773964, 0.04356817502, -3336.653537, 41),
    "strict": (47.83816229, 52, 1, 1.004737308, 0, 0, 0.04633376201, 0.04784154483, -3340.751539, 29),
}
ONE_FREED = (8.361626455, 9, 1, 1.002009843, 0, 0, 0.08324727364, 0.04317465519, -1710.763314, 19)  # "x3 ~ 1" free
BFI = {  # bfi by gender: five factors of five items each
    "configural": (4545.267019, 530, 0.7750732288, 0.7453659194, 0.07886705733, 0.07676187577, 0.08098906827, 0.07481487856, -99576.86776, 170),
    "metric": (4562.5742, 550, 0.7752240748, 0.7547898998, 0.07739386745, 0.07532479724, 0.07947935598, 0.07497765998, -99585.52135, 150),
    "scalar": (4777.886235, 570, 0.7642831075, 0.7518769552, 0.07785220595, 0.07582035029, 0.07989984322, 0.07639559101, -99693.17736, 130),
    "strict": (4823.875817, 595, 0.7631073155, 0.7611166206, 0.07638891456, 0.07439768248, 0.07839545014, 0.07684323705, -99716.17216, 105),
}  # fmt: skip


def answers(sizes, constructs, shift=None, seed=7):
    """Return groups' answers 1 to 5; each group's factors are 0.3 higher than the last one's, items by `shift` more."""
    rng = np.random.RandomState(seed)  # its stream is the same in all versions, and lavaan was given these answers
    found = []
    for g, n in enumerate(sizes):
        factors = rng.normal(size=(n, max(constructs) + 1)) + 0.4 * rng.normal(size=(n, 1)) + 0.3 * g
        scores = 0.8 * factors[:, constructs] + 0.7 * rng.normal(size=(n, len(constructs)))
        for item, by in (shift or {}).items():
            scores[:, item] += by * g
        found.append(np.clip(np.rint(3 + scores), 1, 5))
    return found


def one():
    return answers((150, 180), [0] * 4, {2: 0.6})


OF_TWO = [0, 0, 0, 1, 1, 1]


def two():
    return answers((120, 140, 160), OF_TWO)


def assert_fits(model, expected):
    assert_allclose([getattr(model, name) for name in FIT], expected, rtol=1e-5, atol=2e-5)


@pytest.mark.parametrize("level", LEVELS)
def test_models_of_groups_equal_lavaan(level):
    assert_fits(group_model(one(), [0] * 4, level), ONE[level])
    assert_fits(group_model(two(), OF_TWO, level), TWO[level])


def test_estimates_under_scalar_invariance_equal_lavaan():
    found = group_model(one(), [0] * 4, "scalar")
    assert_allclose(found.factor_means[:, 0], (0, 0.5583844408), rtol=1e-5)
    assert_allclose(found.mean_errors[:, 0], (0, 0.1281029144), rtol=1e-5)
    assert_allclose(found.loadings[1, :, 0], (0.7966013553, 0.7562629789, 0.7035521629, 0.7900581897), rtol=1e-5)
    assert_allclose(found.intercepts[1], (2.9153450345, 2.7928038563, 3.1685625716, 2.9081783444), rtol=1e-5)
    assert_allclose(found.residual_variances[1], (0.51701813, 0.46355792, 0.65277184, 0.4666428), rtol=1e-5)
    assert_allclose(found.factor_covariances[:, 0, 0], (1, 0.9761437753), rtol=1e-5)
    three = group_model(two(), OF_TWO, "scalar")
    assert_allclose(three.factor_means[1:, 0], (0.4888842746, 0.7011856835), rtol=1e-5)
    assert_allclose(three.factor_means[1:, 1], (0.1857867511, 0.6885300338), rtol=1e-5)
    assert_allclose(three.mean_errors[1:, 0], (0.1420326076, 0.1442234108), rtol=1e-5)
    assert_allclose(three.mean_errors[1:, 1], (0.1421666377, 0.1479755669), rtol=1e-5)
    assert_allclose(three.factor_covariances[1, 0, 1], 0.1170147925, rtol=1e-5)


def test_a_model_with_a_freed_intercept_equals_lavaan():
    found = group_model(one(), [0] * 4, "scalar", {2: "scalar"})
    assert_fits(found, ONE_FREED)
    assert_allclose(found.factor_means[1, 0], 0.4073528601, rtol=1e-5)
    assert_allclose(found.mean_errors[1, 0], 0.1267666531, rtol=1e-5)
    assert_allclose(found.intercepts[1, 2], 3.5200223667, rtol=1e-5)


@pytest.mark.parametrize("level", LEVELS)
def test_real_answers_of_two_groups_equal_lavaan(level):
    data = reference.data("bfi")
    items = [f"{scale}{i}" for scale in "ACENO" for i in range(1, 6)]
    data = data.dropna(subset=items)
    groups = [data.loc[data["gender"] == g, items].to_numpy(float) for g in (1, 2)]
    found = group_model(groups, [i // 5 for i in range(25)], level)
    assert_fits(found, BFI[level])
    assert_allclose(found.bic, -2 * BFI[level][8] + BFI[level][9] * np.log(2436), rtol=1e-5)
    if level == "scalar":  # lavaan's first item of a factor sets its sign; ours the first principal component
        means = (0.4303748253, 0.1988034946, 0.2222826608, 0.2677079752, 0.2174055478)
        assert_allclose(np.abs(found.factor_means[1]), means, atol=2e-5)


def test_the_structure_alone_is_that_of_each_group_by_itself():
    """A second way: with nothing held equal, χ² is the sum of the groups' own."""
    found = group_model(two(), OF_TWO, "configural")
    assert_allclose(found.chi2, sum(confirm(group, OF_TWO).chi2 for group in two()), rtol=1e-9)


@pytest.mark.parametrize("level", LEVELS)
def test_the_likelihood_is_that_of_the_answers_and_at_its_maximum(level):
    """Case by case by scipy, and no free value can be moved to raise it."""
    groups = one()
    found = group_model(groups, [0] * 4, level)

    def likelihood(intercept_and_loading=(0.0, 0.0)):
        """Return the log-likelihood with the first item's intercept and loading moved in both groups."""
        total, (up, steeper) = 0.0, intercept_and_loading
        for g, group in enumerate(groups):
            loadings, intercepts = found.loadings[g].copy(), found.intercepts[g].copy()
            loadings[0] += steeper
            intercepts[0] += up
            sigma = loadings @ found.factor_covariances[g] @ loadings.T + np.diag(found.residual_variances[g])
            total += multivariate_normal(intercepts + loadings @ found.factor_means[g], sigma).logpdf(group).sum()
        return total

    assert_allclose(found.log_likelihood, likelihood(), rtol=1e-10)
    assert np.abs(approx_fprime(np.zeros(2), likelihood, 1e-6)).max() < 1e-2


def test_an_item_that_one_version_understands_otherwise_is_found_and_freed():
    found = invariance(one(), [0] * 4)
    metric, scalar, freed = found.steps
    assert (metric.answer, scalar.answer, freed.answer) == ("holds", "fails", "holds")
    assert_allclose(scalar.chi2, ONE["scalar"][0] - ONE["metric"][0], rtol=1e-5)
    assert_allclose(scalar.cfi, ONE["scalar"][2] - ONE["metric"][2], rtol=1e-4)
    assert scalar.df == 3
    assert scalar.p_value == pytest.approx(1.5e-8, rel=0.1)
    assert dict(freed.model.freed) == {2: "scalar"}
    assert found.reached is freed.model
    assert found.verdict == "partly"


def test_versions_that_measure_alike_have_comparable_means():
    found = invariance(two(), OF_TWO, strict=True)
    assert [step.model.level for step in found.steps] == ["metric", "scalar", "strict"]
    assert found.verdict == "comparable"
    assert found.n == (120, 140, 160)


def test_a_loading_that_differs_is_freed_with_its_intercept():
    rng = np.random.RandomState(3)
    groups = []
    for steep in (0.9, 0.0):
        factor = rng.normal(size=(400, 1)) + 0.5
        slopes = np.array([0.8, 0.8, 0.8, 0.8, steep])
        groups.append(factor * slopes + 0.6 * rng.normal(size=(400, 5)))
    found = invariance(groups, [0] * 5)
    assert dict(found.steps[1].model.freed) == {4: "metric"}
    assert dict(found.steps[-1].model.freed) == {4: "metric"}
    assert found.verdict == "partly"
    last = found.steps[-1].model
    assert last.loadings[0, 4, 0] != pytest.approx(last.loadings[1, 4, 0], abs=0.3)


def test_where_too_few_items_stay_equal_means_are_not_comparable():
    shifted = answers((300, 300), [0] * 4, {1: 1.2, 2: -1.2, 3: 0.7})
    found = invariance(shifted, [0] * 4)
    assert [step.answer for step in found.steps] == ["holds", "fails"]
    assert found.verdict == "not_comparable"
    assert found.reached.level == "metric"


def test_items_without_a_common_structure_are_not_comparable():
    rng = np.random.RandomState(1)
    factors = rng.normal(size=(2, 300, 2))
    groups = [f[:, [0, 0, 0, 1, 1, 1]] + 0.4 * rng.normal(size=(300, 6)) for f in factors]
    found = invariance(groups, [0] * 6)
    assert found.reached is None
    assert found.steps == ()
    assert found.verdict == "not_comparable"


def test_few_respondents_leave_it_undecided():
    verdicts = {invariance(answers((25, 25), [0] * 4, seed=seed), [0] * 4).verdict for seed in range(20)}
    assert "undecided" in verdicts
    assert "not_comparable" not in verdicts


@given(st.integers(0, 10_000))
@settings(max_examples=8, deadline=None)
def test_laws_of_a_fit(seed):
    rng = np.random.default_rng(seed)
    groups = answers((80, 100), [0] * 4, seed=seed)
    found = group_model(groups, [0] * 4, "scalar")
    if found.note:
        return
    mixed = [rng.permutation(group) for group in groups]
    assert_allclose(group_model(mixed, [0] * 4, "scalar").chi2, found.chi2, rtol=1e-8, atol=1e-8)
    turned = group_model(groups[::-1], [0] * 4, "scalar")
    assert_allclose(turned.chi2, found.chi2, rtol=1e-8, atol=1e-8)
    spread = np.sqrt(found.factor_covariances[1, 0, 0])  # seen from the other group
    assert_allclose(turned.factor_means[1, 0], -found.factor_means[1, 0] / spread, rtol=1e-5, atol=1e-7)
    scaled = [group * (1, 10, 0.1, 3) + (5, 0, -2, 1) for group in groups]
    again = group_model(scaled, [0] * 4, "scalar")
    assert_allclose(again.chi2, found.chi2, rtol=1e-8, atol=1e-8)
    assert_allclose(again.loadings[0, :, 0], found.loadings[0, :, 0] * (1, 10, 0.1, 3), rtol=1e-6)
    assert_allclose(again.factor_means, found.factor_means, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("copies", [2, 3])
def test_the_same_answers_twice_cost_nothing_to_hold_equal(copies):
    found = invariance([one()[0]] * copies, [0] * 4, strict=True)
    assert len(found.steps) == 3
    for step in found.steps:
        assert_allclose((step.chi2, step.cfi), (0, 0), atol=1e-8)
        assert step.p_value == pytest.approx(1)
    assert_allclose(found.steps[1].model.factor_means, 0, atol=1e-7)


def test_what_cannot_be_fitted_says_why():
    good, constant = one()
    constant[:, 1] = 3
    assert invariance([good], [0] * 4).note == "not estimable: there is only one group"
    few = invariance([good, good[:4]], [0] * 4)
    assert few.note == "not estimable: 4 complete respondents for 4 items, in one of the groups"
    assert few.verdict == "not_estimable"
    assert few.models == ()
    same = invariance([good, constant], [0] * 4)
    assert same.note == "not estimable: an item has the same answer from everybody, in one of the groups"
    pair = invariance([group[:, :2] for group in one()], [0, 0])
    assert pair.note == "not estimable: the model has too few items for its factors, in one of the groups"
    assert invariance([good, np.full((9, 4), np.nan)], [0] * 4).n == (150, 0)


def unrelated(seed):
    rng = np.random.RandomState(seed)
    return [rng.normal(size=(30, 3)) + 0.5 * rng.normal(size=(30, 1)) for _ in range(2)]


@pytest.mark.parametrize(
    ("seed", "note"),
    [
        (5, "improper solution: 1 residual variances are below 0"),
        (2, "not estimable: the maximum of the likelihood was not found"),
    ],
)
def test_a_structure_without_a_proper_solution_is_no_result(seed, note):
    """Items that hardly correlate, in small groups."""
    found = invariance(unrelated(seed), [0] * 3)
    assert (found.note, found.configural, found.verdict) == (note, None, "not_estimable")


def test_a_model_without_a_maximum_has_no_numbers():
    found = group_model(unrelated(2), [0] * 3, "configural")
    assert found.note == "not estimable: the maximum of the likelihood was not found"
    assert np.isnan([found.chi2, found.cfi, found.srmr, found.aic]).all()
    assert found.loadings.shape == (2, 3, 1)


def test_three_items_have_no_structure_to_judge_but_steps():
    found = invariance([group[:, :3] for group in answers((300, 300), [0] * 4)], [0] * 3)
    assert found.configural.df == 0
    assert found.configural.cfi == 1
    assert [step.df for step in found.steps] == [2, 2]
    assert found.verdict == "comparable"
