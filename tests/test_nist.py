"""Right digits on the Statistical Reference Datasets of NIST, by the functions that the product uses."""

import re

import numpy as np
import pytest

import reference
from b2bsurvey.statistics.group_means import eta_squared, groups_of
from b2bsurvey.statistics.linearisation import SampleDesign, means, variances
from b2bsurvey.statistics.ratios import ratios
from b2bsurvey.statistics.regression import regress

UNIVARIATE = ("Lew", "Lottery", "Mavro", "Michelso", "NumAcc1", "NumAcc2", "NumAcc3", "NumAcc4", "PiDigits")
ANOVA = ("AtmWtAg", "SiRstv", *(f"SmLs0{i}" for i in range(1, 10)))
LINEAR = ("Filip", "Longley", "Norris", "Pontius", *(f"Wampler{i}" for i in range(1, 6)))

# digits that the numbers as read allow: in SmLs07–09 thirteen digits never change, so that doubles keep three of the rest;
# Wampler5's errors are 10,000 times those of Wampler3, at a condition of 6e6
FEWER = {"SmLs07": 2.5, "SmLs08": 1.5, "SmLs09": 2.0, "Wampler5": 5.5}
NUMBER = r"(-?[\d.]+(?:[ED][+-]?\d+)?)"


def read(kind: str, name: str) -> tuple[str, np.ndarray]:
    """Return the text and the data (n, columns) of a set."""
    suffix = "txt" if name == "PiDigits" else "dat"
    text = (reference.folder() / "nist" / kind / f"{name}.{suffix}").read_text().replace("D+", "E+").replace("D-", "E-")
    lines = text.splitlines()
    start = max(i for i, line in enumerate(lines) if line.startswith("Data:"))
    rows = [line.split() for line in lines[start + 1 :] if line.strip() and not line.startswith("--")]
    return text, np.array(rows, float)


def certified(text: str, label: str) -> float:
    return float(re.search(rf"{label}[^\d\n-]*{NUMBER}", text)[1])


def right_digits(found, wanted) -> float:
    """Return the least log relative error, at most 15; of a certified 0 the log absolute error."""
    found, wanted = np.atleast_1d(np.asarray(found, float)), np.atleast_1d(np.asarray(wanted, float))
    apart = np.abs(found - wanted) / np.where(wanted == 0, 1.0, np.abs(wanted))
    return float(np.min(-np.log10(np.clip(apart, 1e-15, None))))


def assert_digits(name: str, found, wanted) -> None:
    digits = right_digits(found, wanted)
    least = FEWER.get(name, 7.0)
    assert digits >= least, f"{name}: {digits:.1f} digits, wanted {least}"
    assert name not in FEWER or digits < 7, f"{name} now has {digits:.1f} digits: take it out of FEWER"


@pytest.mark.parametrize("name", UNIVARIATE)
def test_means_and_standard_deviations(name):
    text, data = read("univariate", name)
    y = data[:, -1] if data.ndim == 2 else data
    design = SampleDesign.simple(y.size)
    assert_digits(name, means(design, y).estimate, certified(text, r"Sample Mean(?: +ybar)?:"))
    deviation = certified(text, r"Sample Standard Deviation \(denom. = n-1\)(?: +s)?:")
    assert_digits(name, np.sqrt(variances(design, y).estimate), deviation)


@pytest.mark.parametrize("name", ANOVA)
def test_analysis_of_variance(name):
    """R² of the groups, and F from it; the model with a column a group gives the same."""
    text, data = read("anova", name)
    groups, y = data[:, 0].astype(int), data[:, 1]
    design, k = SampleDesign.simple(y.size), np.unique(groups).size
    between = [float(x) for x in re.search(r"Between \w+" + rf"\s+{NUMBER}" * 4, text).groups()]
    assert between[0] == k - 1
    columns = groups[:, None] == np.unique(groups)[1:]
    fit = regress(design, "linear", y - y.mean(), columns.astype(float), [f"g{j}" for j in range(1, k)])
    b, v = fit.coefficients[1:], fit.model_covariance[1:, 1:]
    assert_digits(name, b @ np.linalg.solve(v, b) / (k - 1), between[3])
    explained = eta_squared(design, y, groups_of(y, groups))
    if name in FEWER:
        assert explained is None, "a spread of 1e-13 of the level is taken for none"
        return
    r2 = explained.estimate
    assert_digits(name, r2 / (1 - r2) * (y.size - k) / (k - 1), between[3])
    assert_digits(name, r2, certified(text, "Certified R-Squared"))


@pytest.mark.parametrize("name", LINEAR)
def test_linear_regression(name):
    text, data = read("linreg", name)
    wanted = np.array(re.findall(rf"^\s+B\d+\s+{NUMBER}\s+{NUMBER}", text, re.MULTILINE), float)
    y, x = data[:, 0], data[:, 1:]
    if x.shape[1] == 1:
        x = x ** np.arange(1, len(wanted))
    fit = regress(SampleDesign.simple(y.size), "linear", y, x, [f"x{j}" for j in range(x.shape[1])])
    assert not fit.note
    assert_digits(name, fit.coefficients, wanted[:, 0])
    errors = np.sqrt(np.diagonal(fit.model_covariance))
    assert right_digits(errors, wanted[:, 1]) >= 7
    residual = certified(text, r"Residual\s+Standard Deviation")
    rest = y - fit.coefficients[0] - x @ fit.coefficients[1:]
    if residual > 0:
        assert right_digits(np.sqrt(rest @ rest / (y.size - len(wanted))), residual) >= 7


@pytest.mark.parametrize("name", ["NoInt1", "NoInt2"])
def test_a_slope_through_the_origin_is_a_ratio_of_totals(name):
    text, data = read("linreg", name)
    wanted = float(re.search(rf"^\s+B1\s+{NUMBER}", text, re.MULTILINE)[1])
    y, x = data.T
    assert_digits(name, ratios(SampleDesign.simple(y.size), x * y, x * x).estimate, wanted)


def test_right_digits_are_counted():
    assert right_digits([1.0, 2.0], [1.0, 2.0002]) == pytest.approx(4.0, abs=0.01)
    assert right_digits(0.001, 0.0) == 3
    with pytest.raises(AssertionError, match="Longley: 3.0 digits, wanted 7"):
        assert_digits("Longley", 1.001, 1.0)
    with pytest.raises(AssertionError, match="take it out of FEWER"):
        assert_digits("Wampler5", 1.0, 1.0)
