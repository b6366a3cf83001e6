"""Right digits on the Statistical Reference Datasets of NIST, by the functions that the product uses."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np

import reference
from b2bsurvey.statistics.group_means import eta_squared, groups_of
from b2bsurvey.statistics.linearisation import SampleDesign, means, variances
from b2bsurvey.statistics.ratios import ratios
from b2bsurvey.statistics.regression import regress

UNIVARIATE = ("Lew", "Lottery", "Mavro", "Michelso", "NumAcc1", "NumAcc2", "NumAcc3", "NumAcc4", "PiDigits")
ANOVA = ("AtmWtAg", "SiRstv", *(f"SmLs0{i}" for i in range(1, 10)))
LINEAR = ("Filip", "Longley", "Norris", "Pontius", *(f"Wampler{i}" for i in range(1, 6)))
ORIGIN = ("NoInt1", "NoInt2")
SETS = {
    name: kind
    for kind, names in {"univariate": UNIVARIATE, "anova": ANOVA, "linreg": LINEAR + ORIGIN}.items()
    for name in names
}

LEAST = 7.0
# fewer digits than that are all that the sets allow, and why
FEWER = {
    **dict.fromkeys(("SmLs07", "SmLs08", "SmLs09"), "thirteen digits never change: doubles keep three of the others"),
    "Wampler5": "errors 10,000 times those of Wampler3, at a condition of 6e6",
}
NUMBER = r"(-?[\d.]+(?:[ED][+-]?\d+)?)"


@dataclass(frozen=True)
class Digits:
    """How many digits of a certified value are right: the log relative error, at most 15."""

    name: str
    what: str
    digits: float
    by: str


def right_digits(found, wanted) -> float:
    """Return the least log relative error, at most 15; of a certified 0 the log absolute error."""
    found, wanted = np.atleast_1d(np.asarray(found, float)), np.atleast_1d(np.asarray(wanted, float))
    apart = np.abs(found - wanted) / np.where(wanted == 0, 1.0, np.abs(wanted))
    return float(np.min(-np.log10(np.clip(apart, 1e-15, None))))


@cache
def measured(name: str) -> tuple[Digits, ...]:
    """Return how many digits of each certified value of a set are right."""
    of = (
        _through_the_origin
        if name in ORIGIN
        else {"univariate": _moments, "anova": _groups, "linreg": _regression}[SETS[name]]
    )
    return tuple(Digits(name, what, right_digits(found, wanted), by) for what, found, wanted, by in of(name))


def _read(name: str) -> tuple[str, np.ndarray]:
    """Return the text and the data (n, columns) of a set."""
    suffix = "txt" if name == "PiDigits" else "dat"
    text = (reference.folder() / "nist" / SETS[name] / f"{name}.{suffix}").read_text()
    text = text.replace("D+", "E+").replace("D-", "E-")
    lines = text.splitlines()
    start = max(i for i, line in enumerate(lines) if line.startswith("Data:"))
    rows = [line.split() for line in lines[start + 1 :] if line.strip() and not line.startswith("--")]
    return text, np.array(rows, float)


def _certified(text: str, label: str) -> float:
    return float(re.search(rf"{label}[^\d\n-]*{NUMBER}", text)[1])


def _moments(name: str) -> Iterator[tuple]:
    text, data = _read(name)
    y, design = data[:, -1], SampleDesign.simple(len(data))
    yield "mean", means(design, y).estimate, _certified(text, r"Sample Mean(?: +ybar)?:"), "means"
    deviation = _certified(text, r"Sample Standard Deviation \(denom. = n-1\)(?: +s)?:")
    yield "standard deviation", np.sqrt(variances(design, y).estimate), deviation, "variances"


def _groups(name: str) -> Iterator[tuple]:
    """A model with a column a group, and R² of the groups; a spread of 1e-13 of the level is taken for none by the latter."""
    text, data = _read(name)
    groups, y = data[:, 0].astype(int), data[:, 1]
    design, k = SampleDesign.simple(y.size), np.unique(groups).size
    f = float(re.search(r"Between \w+" + rf"\s+{NUMBER}" * 4, text)[4])
    columns = groups[:, None] == np.unique(groups)[1:]
    fit = regress(design, "linear", y - y.mean(), columns.astype(float), [f"g{j}" for j in range(1, k)])
    b, v = fit.coefficients[1:], fit.model_covariance[1:, 1:]
    yield "F", b @ np.linalg.solve(v, b) / (k - 1), f, "regress"
    explained = eta_squared(design, y, groups_of(y, groups))
    if explained is not None:
        r2 = explained.estimate
        yield "F from η²", r2 / (1 - r2) * (y.size - k) / (k - 1), f, "eta_squared"
        yield "R²", r2, _certified(text, "Certified R-Squared"), "eta_squared"


def _regression(name: str) -> Iterator[tuple]:
    text, data = _read(name)
    wanted = np.array(re.findall(rf"^\s+B\d+\s+{NUMBER}\s+{NUMBER}", text, re.MULTILINE), float)
    y, x = data[:, 0], data[:, 1:]
    if x.shape[1] == 1:
        x = x ** np.arange(1, len(wanted))
    fit = regress(SampleDesign.simple(y.size), "linear", y, x, [f"x{j}" for j in range(x.shape[1])])
    yield "coefficients", fit.coefficients, wanted[:, 0], "regress"
    yield "standard errors", np.sqrt(np.diagonal(fit.model_covariance)), wanted[:, 1], "regress"


def _through_the_origin(name: str) -> Iterator[tuple]:
    """A slope without intercept is a ratio of totals."""
    text, data = _read(name)
    y, x = data.T
    wanted = float(re.search(rf"^\s+B1\s+{NUMBER}", text, re.MULTILINE)[1])
    yield "slope", ratios(SampleDesign.simple(y.size), x * y, x * x).estimate, wanted, "ratios"
