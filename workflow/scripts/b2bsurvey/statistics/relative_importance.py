"""How much each predictor adds to what a model explains, on average over all models without it."""

from collections.abc import Callable, Sequence
from itertools import combinations
from math import comb

import numpy as np
from numpy.typing import NDArray

MOST_PREDICTORS = 12  # 2^12 models


def general_dominance(explained: Callable[[Sequence[int]], float], predictors: int) -> NDArray[np.float64]:
    """Return the general dominance weights (k,) of k predictors, which sum to what they explain together.

    `explained` gives R² (or McFadden's) of the model with the predictors of a subset, 0 for none. The weight of a
    predictor is the mean of what it adds, first within each size of subset, then over the sizes (Budescu 1993;
    Azen & Budescu 2003); the same as the Shapley value and, for linear models, LMG. Raises ValueError for more
    than 12 predictors. Verified against R² by hand and the sum.
    """
    if predictors > MOST_PREDICTORS:
        raise ValueError(f"{predictors} predictors need 2^{predictors} models; at most {MOST_PREDICTORS} are compared")
    value = {subset: explained(subset) for k in range(predictors + 1) for subset in combinations(range(predictors), k)}
    weights = np.zeros(predictors)
    for subset, with_all in value.items():
        for place, predictor in enumerate(subset):
            without = subset[:place] + subset[place + 1 :]
            weights[predictor] += (with_all - value[without]) / (predictors * comb(predictors - 1, len(without)))
    return weights
