"""Whether the association of one predictor with the outcome differs with another: their products, tested together."""

import numpy as np

from b2bsurvey.modelling.columns import Columns, Outcome
from b2bsurvey.modelling.estimation import regressed
from b2bsurvey.modelling.specification import PRODUCT
from b2bsurvey.statistics.linearisation import SampleDesign
from b2bsurvey.statistics.regression import Predictor, aliased, wald
from b2bsurvey.statistics.significance import SignificanceTest, not_estimable


def interaction(
    design: SampleDesign, outcome: Outcome, columns: Columns, pair: tuple[str, str], known: np.ndarray
) -> SignificanceTest:
    """Test the products of the columns of two predictors, added to a model with both: Wald F under the design.

    `known` (n,) are the respondents of the model without them. Products that nobody has, or that follow from the
    columns before them, are left out and counted, as R does. Raises nothing: a test that cannot be made says why. As
    R svyglm with regTermTest of the product; verified against that at 1e-7.
    """
    first, second = (next((p for p in columns.predictors if p.name == name), None) for name in pair)
    if first is None or second is None:
        return not_estimable("wald_F", int(known.sum()), "one of the two has no column in the model")
    x = columns.of(columns.values)
    products, names = _products(x, columns, first, second)
    gone = set(aliased(np.column_stack([x, products])[known], [*columns.names, *names]))
    kept = [place for place, name in enumerate(names) if name not in gone]
    if not kept:
        return not_estimable("wald_F", int(known.sum()), "no combination of their answers is left to compare")
    together = np.where(known[:, None], np.column_stack([x, products[:, kept]]), np.nan)
    fit, _ = regressed(design, outcome, [*columns.names, *(names[place] for place in kept)], together)
    places = np.concatenate([fit.slopes(len(columns.names) + place) for place in range(len(kept))])
    left_out = len(names) - len(kept)
    return wald(fit, places).noting(f"left out: {left_out} combinations that nobody has" if left_out else "")


def _products(x: np.ndarray, columns: Columns, first: Predictor, second: Predictor) -> tuple[np.ndarray, list[str]]:
    """Return the products of each column of one with each of the other (n, k), and their names."""
    pairs = [(i, j) for i in first.columns for j in second.columns]
    return x[:, [i for i, _ in pairs]] * x[:, [j for _, j in pairs]], [
        PRODUCT.join((columns.names[i], columns.names[j])) for i, j in pairs
    ]
