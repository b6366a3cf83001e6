"""The same statistics by one engine: `statistics_work.py ours|svy|statsmodels ROWS`; prints a few results.

12 weighted means in 5 domains each, 15 Rao-Scott tables, Cronbach's alpha of 10 items, a weighted logit on 4 predictors.
"""

import sys
from itertools import combinations

import numpy as np

MEANS, GROUPS, ITEMS, PREDICTORS = 12, 5, 10, 4
PAIRS = list(combinations(range(6), 2))

Arrays = dict[str, np.ndarray]


def data(n: int) -> Arrays:
    """Return weights, numbers, group codes, items from 1 to 5, predictors and a yes–no outcome."""
    random = np.random.default_rng(2016)
    latent = random.standard_normal(n)
    x = random.standard_normal((n, PREDICTORS))
    return {
        "weight": random.uniform(0.3, 3, n),
        "means": random.normal(10, 3, (n, MEANS)),
        "domain": random.integers(0, GROUPS, n),
        "codes": random.integers(0, 4, (n, 6)),
        "items": np.clip(np.round(3 + latent[:, None] + random.standard_normal((n, ITEMS))), 1, 5),
        "x": x,
        "y": (x.sum(axis=1) + random.logistic(size=n) > 0).astype(int),
    }


def ours(a: Arrays) -> dict[str, float]:
    """Estimate with the engine of the package."""
    from b2bsurvey.statistics.contingency import rao_scott
    from b2bsurvey.statistics.linearisation import SampleDesign, means
    from b2bsurvey.statistics.regression import regress
    from b2bsurvey.statistics.reliability import reliability

    design = SampleDesign(a["weight"])
    found = [means(design, a["means"], a["domain"] == g, full=False) for g in range(GROUPS)]
    tests = [rao_scott(design, a["codes"][:, i], a["codes"][:, j], 4, 4) for i, j in PAIRS]
    fit = regress(design, "binary", a["y"], a["x"], [f"x{i}" for i in range(PREDICTORS)])
    return {
        "mean": found[0].estimate[0],
        "its standard error": found[0].std_error[0],
        "F": tests[0].statistic or np.nan,
        "alpha": reliability(a["items"]).alpha,
        "logit": fit.coefficients[1],
    }


def svy(a: Arrays) -> dict[str, float]:
    """Estimate with svy; alpha, which it has not, with pingouin."""
    import pandas as pd
    import pingouin
    import polars as pl
    import svy as engine

    columns = {"w": a["weight"], "domain": a["domain"], "y": a["y"]}
    columns |= {f"{name}{i}": a[name][:, i] for name in ("means", "codes", "x") for i in range(a[name].shape[1])}
    sample = engine.Sample(pl.DataFrame(columns), engine.Design(wgt="w"))
    found = [sample.estimation.mean(f"means{i}", by="domain").estimates for i in range(MEANS)]
    tests = [sample.categorical.tabulate(f"codes{i}", f"codes{j}").stats.f for i, j in PAIRS]
    fit = sample.glm.fit(y="y", x=[f"x{i}" for i in range(PREDICTORS)], family="binomial")
    first = next(e for e in found[0] if str(e.by_level[0]) == "0")
    coefficient = next(c for c in fit.coefs if c.term == "x0")
    return {
        "mean": first.est,
        "its standard error": first.se,
        "F": tests[0].value,
        "alpha": pingouin.cronbach_alpha(pd.DataFrame(a["items"]))[0],
        "logit": coefficient.est,
    }


def statsmodels(a: Arrays) -> dict[str, float]:
    """Estimate with pandas, statsmodels and pingouin; they have no Rao-Scott test."""
    import pandas as pd
    import pingouin
    import statsmodels.api as sm
    from statsmodels.stats.weightstats import DescrStatsW

    inside = [a["domain"] == g for g in range(GROUPS)]
    found = [DescrStatsW(a["means"][mask], weights=a["weight"][mask]).mean for mask in inside]
    model = sm.GLM(a["y"], sm.add_constant(a["x"]), sm.families.Binomial(), var_weights=a["weight"])
    return {
        "mean": found[0][0],
        "alpha": pingouin.cronbach_alpha(pd.DataFrame(a["items"]))[0],
        "logit": model.fit(cov_type="HC0").params[1],
    }


def nothing(a: Arrays) -> dict[str, float]:
    """Make the data only: what the others spend on that too."""
    return {}


def main(engine: str, rows: str) -> None:
    """Print the results."""
    work = {"ours": ours, "svy": svy, "statsmodels": statsmodels, "nothing": nothing}[engine]
    print("; ".join(f"{name} {value:.9g}" for name, value in work(data(int(rows))).items()))


if __name__ == "__main__":
    main(*sys.argv[1:])
