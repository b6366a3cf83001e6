"""The choice of the test for groups, by design and measurement level."""

import numpy as np
import pytest

from b2bsurvey.statistics.contingency import independence
from b2bsurvey.statistics.group_comparison import compare_groups, compare_pairs
from b2bsurvey.statistics.linearisation import SampleDesign
from significance import assert_refused
from test_rank_tests import survey

PLAIN = "equal weights, no strata, clusters or finite population"
DESIGN = "the design has unequal weights, strata, clusters, so the test is design-based"


@pytest.mark.parametrize(
    ("measurement", "groups", "simple", "weighted"),
    [
        ("ordinal", 2, "mann_whitney", "design_rank_t"),
        ("ordinal", 4, "kruskal_wallis", "design_rank_F"),
        ("interval", 2, "welch_t", "design_group_t"),
        ("interval", 4, "welch_anova", "design_group_F"),
    ],
)
def test_the_choice_follows_design_and_measurement_and_says_why(measurement, groups, simple, weighted):
    scores, group, design = survey(groups=groups)
    for by, test, reason in ((SampleDesign.simple(design.n), simple, PLAIN), (design, weighted, DESIGN)):
        found = compare_groups(by, scores, group, measurement)
        assert (found.test, found.reason) == (test, f"{reason}; the scores are {measurement}")
        assert found.n == np.sum((group >= 0) & ~np.isnan(scores))
        pairs = compare_pairs(by, scores, group, measurement)
        assert len(pairs) == groups * (groups - 1) / 2
        assert {pair.result.reason for pair in pairs} == {found.reason}
        assert all(pair.result.is_estimable for pair in pairs)


def test_nominal_answers_are_tested_for_independence():
    scores, group, design = survey()
    answers = scores - np.nanmin(scores)
    codes = np.nan_to_num(answers, nan=-1).astype(int)
    for by in (SampleDesign.simple(design.n), design):
        found = compare_groups(by, answers, group, "nominal", seed=3)
        assert found == independence(by, codes, group, codes.max() + 1, 4, seed=3)
        pairs = compare_pairs(by, answers, group, "nominal", seed=3)
        assert [(p.first, p.second) for p in pairs] == [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)]
        assert pairs[0].result.n == np.sum((codes >= 0) & np.isin(group, (0, 1)))


def test_gaps_among_group_codes_do_not_matter():
    scores, group, design = survey(groups=2)
    apart = np.where(group == 1, 7, group)
    found, expected = (compare_groups(design, scores, g, "ordinal") for g in (apart, group))
    assert found == expected
    (pair,) = compare_pairs(design, scores, apart, "ordinal")
    assert (pair.first, pair.second) == (0, 7)


def test_what_cannot_be_compared_is_refused():
    design, one = SampleDesign.simple(5), np.zeros(5, int)
    for measurement in ("ordinal", "interval"):
        assert_refused(compare_groups(design, np.arange(5.0), one, measurement), "1 of the groups hold respondents")
        assert compare_pairs(design, np.arange(5.0), one, measurement) == []
    assert_refused(compare_groups(design, np.arange(5.0), one, "nominal"), "1 of its columns")
    for scores, groups in ((np.full(5, np.nan), one), (np.ones(5), one - 1)):
        for measurement in ("nominal", "ordinal", "interval"):
            assert_refused(compare_groups(design, scores, groups, measurement), "0 of")
            assert compare_pairs(design, scores, groups, measurement) == []
    with pytest.raises(ValueError, match="must be one of nominal, ordinal, interval"):
        compare_groups(design, np.arange(5.0), one, "ratio")
    with pytest.raises(ValueError, match="must be one of nominal, ordinal, interval"):
        compare_pairs(design, np.arange(5.0), one, "ratio")
