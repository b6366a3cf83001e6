"""Ticks of items in several contexts: do the items belong to some contexts more than to others?"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from b2bsurvey.statistics.contingency import rao_scott
from b2bsurvey.statistics.linearisation import SampleDesign
from b2bsurvey.statistics.significance import SignificanceTest, not_estimable

REASON = "the same respondents tick in several contexts, so they are the clusters of a design-based test"


def items_by_contexts(design: SampleDesign, ticks: ArrayLike, level: float = 0.95) -> SignificanceTest:
    """Test whether the items ticked are distributed alike in all contexts; `ticks` (n, items, contexts).

    1 ticked, 0 not, NaN outside the base. Every tick is a case of the table item × context, and Rao & Scott's F of it
    takes respondents (or the design's own clusters) as primary units, so that ticks of the same respondent may
    depend on each other. The calibration of weights is not counted, which errs on the safe side. Verified by
    simulation: of dependent ticks without association it rejects as many as it says.
    """
    y = np.asarray(ticks, float)
    n, items, contexts = y.shape
    item, context = np.divmod(np.arange(items * contexts), contexts)
    ticked = y.reshape(n, -1) == 1
    rows = np.where(ticked, item, -1)
    return _tested(design, rows, np.broadcast_to(context, rows.shape), items, contexts, level)


def item_by_contexts(design: SampleDesign, ticks: ArrayLike, level: float = 0.95) -> SignificanceTest:
    """Test whether the share that ticks an item is the same in all contexts; `ticks` (n, contexts), NaN outside.

    The table ticked or not × context, tested as in `items_by_contexts`.
    """
    y = np.asarray(ticks, float)
    rows = np.where(np.isnan(y), -1, y == 1).astype(int)
    return _tested(design, rows, np.broadcast_to(np.arange(y.shape[1]), y.shape), 2, y.shape[1], level)


def _tested(
    design: SampleDesign,
    rows: NDArray[np.int_],
    columns: NDArray[np.int_],
    n_rows: int,
    n_columns: int,
    level: float,
) -> SignificanceTest:
    """Return Rao & Scott's F of codes (n, k), −1 outside; `n` counts respondents."""
    cells = rows.shape[1]
    answering = int((rows >= 0).any(axis=1).sum())
    units = np.arange(design.n) if design.clusters is None else design.clusters
    parts = (design.weights, design.strata, units, design.population)
    long = SampleDesign(*(None if part is None else np.repeat(part, cells) for part in parts))  # type: ignore[arg-type]
    if answering < 2:
        return not_estimable("rao_scott_F", answering, "fewer than 2 respondents ticked anything")
    found = rao_scott(long, rows.ravel(), columns.ravel(), n_rows, n_columns, level)
    return SignificanceTest(**{**vars(found), "n": answering}).because(REASON)
