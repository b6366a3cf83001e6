"""Whatever few respondents answer: a test gives finite numbers or a reason, and no warning."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from b2bsurvey.statistics.correlation import correlation
from b2bsurvey.statistics.group_comparison import compare_groups, compare_pairs
from b2bsurvey.statistics.linearisation import SampleDesign
from b2bsurvey.statistics.paired import bowker, paired_categories, paired_proportions, paired_scores, square_table
from b2bsurvey.statistics.polychoric import design_polychoric
from b2bsurvey.statistics.repeated import ranks_of_items, several_proportions
from b2bsurvey.statistics.tick_all import thomas_decady, tick_all_by_groups
from b2bsurvey.statistics.trend import cochran_armitage, jonckheere_terpstra, linear_by_linear, trend
from significance import numbers

answers = st.one_of(st.just(np.nan), st.integers(0, 2).map(float))
respondents = st.integers(1, 9).flatmap(
    lambda n: st.tuples(
        *(
            st.one_of(st.lists(answers, min_size=n, max_size=n), answers.map(lambda answer: [answer] * n))
            for _ in range(3)
        ),
        st.integers(0, 3),
    )
)


def designs(n, kind):
    """Equal weights, unequal weights, clusters of two, or a population taken whole."""
    if kind == 3:
        return SampleDesign(np.ones(n), population=np.full(n, n))
    return (
        SampleDesign.simple(n),
        SampleDesign(1.0 + np.arange(n)),
        SampleDesign(np.ones(n), clusters=np.arange(n) // 2),
    )[kind]


@settings(max_examples=200, deadline=None)
@given(respondents)
def test_every_test_gives_numbers_or_a_reason(rows):
    *columns, kind = rows
    first, second, third = (np.array(column) for column in columns)
    design = designs(first.size, kind)
    codes = [np.nan_to_num(a, nan=-1).astype(int) for a in (first, second, third)]
    yes = [np.where(np.isnan(a), np.nan, a > 1) for a in (first, second, third)]
    found = [
        paired_proportions(design, yes[0], yes[1]),
        *(paired_scores(design, first, second, measurement) for measurement in ("ordinal", "interval")),
        paired_categories(design, codes[0], codes[1], 3),
        bowker(square_table(design, codes[0], codes[1], 3)),
        several_proportions(design, np.column_stack(yes)),
        ranks_of_items(design, np.column_stack([first, second, third])),
        *(compare_groups(design, first, codes[2], measurement) for measurement in ("nominal", "ordinal", "interval")),
        *(
            pair.result
            for m in ("nominal", "ordinal", "interval")
            for pair in compare_pairs(design, first, codes[2], m)
        ),
        trend(design, yes[0], second),
        trend(design, first, second),
        cochran_armitage(yes[0], second),
        linear_by_linear(first, second),
        jonckheere_terpstra(first, codes[2]),
        *(correlation(design, first, second, measurement) for measurement in ("ordinal", "interval")),
        design_polychoric(design, codes[0], codes[1], 3, 3),
        tick_all_by_groups(design, np.column_stack(yes[:2]), codes[2]),
        thomas_decady(design, np.column_stack(yes[:2]), codes[2]),
    ]
    for test in found:
        values = numbers(test)
        assert test.is_estimable == ("not estimable: " not in test.note), test
        assert test.is_estimable or values == {"n": test.n}
        if test.effect and test.effect.low is not None:
            assert values["low"] <= values["effect"] + 1e-12, test
            assert values["effect"] <= values["high"] + 1e-12, test
