"""The p value that belongs to a reported test statistic."""

from math import sqrt

from scipy.special import chdtrc, fdtrc, ndtr, stdtr

TESTS = ("t", "z", "r", "F", "chi2")
DEGREES = {"t": 1, "z": 0, "r": 1, "F": 2, "chi2": 1}  # how many each needs


def p_value(test: str, statistic: float, df1: float = 0, df2: float = 0) -> float:
    """Return the two-sided p value (0–1) of Student's t, z or a correlation r, and that of F or χ².

    `df1` and `df2` are the degrees of freedom; of r, n − 2. Raises ValueError for another test, degrees of freedom
    that are not above 0, a negative F or χ², or |r| above 1. Verified against scipy.stats.
    """
    if test not in TESTS:
        raise ValueError(f"'{test}' is none of the tests {', '.join(TESTS)}")
    if any(not df > 0 for df in (df1, df2)[: DEGREES[test]]):
        raise ValueError("degrees of freedom must be above 0")
    if test in ("F", "chi2") and statistic < 0:
        raise ValueError("the statistic cannot be below 0")
    if test == "r" and abs(statistic) > 1:
        raise ValueError("a correlation cannot be beyond −1 or 1")
    match test:
        case "F":
            return float(fdtrc(df1, df2, statistic))
        case "chi2":
            return float(chdtrc(df1, statistic))
        case "z":
            return float(2 * ndtr(-abs(statistic)))
        case "r":
            rest = 1 - statistic**2
            return 0.0 if rest == 0 else p_value("t", statistic * sqrt(df1 / rest), df1)
        case _:
            return float(2 * stdtr(df1, -abs(statistic)))
