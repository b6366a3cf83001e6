from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from fractions import Fraction

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.stats import chi2_contingency

import buffer_wave
from b2bsurvey import tables as tidy
from b2bsurvey.as_printed import half_unit, number, possible_counts, rounds_to
from b2bsurvey.errors import StudyError
from b2bsurvey.published import CHECK_COLUMNS, check, load_published

NOTHING = tidy.estimates_table([]), tidy.tests_table([])


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    """The tables as they lie on disk."""
    folder = tmp_path_factory.mktemp("tables")
    names = [folder / "estimates.csv", folder / "tests.csv"]
    for name, table in zip(names, buffer_wave.tables(), strict=True):
        name.write_text(tidy.to_csv(table), encoding="utf-8")
    return [tidy.read_table(str(name)) for name in names]


@pytest.fixture(scope="module")
def checks(tables):
    return check(buffer_wave.published(), *tables)


def entry(checks, table: str, name: str) -> pd.Series:
    return checks.set_index(["table", "entry"]).loc[(table, name)]


def load(folder, text: str):
    path = folder / "printed.yaml"
    path.write_text(text, encoding="utf-8")
    return load_published(path)


def altered(folder, *changes: tuple[str, str]):
    """The file of the shipped wave with some of its text replaced."""
    text = buffer_wave.COUNTS.read_text(encoding="utf-8")
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return load(folder, text)


# ---- the shipped wave


def test_every_value_is_reproduced_at_its_printed_digits(checks):
    assert tuple(checks.columns) == CHECK_COLUMNS
    assert checks[checks["verdict"] != "reproduced"].empty
    assert len(checks) == 214
    assert set(checks["kind"]) == {"published", "counted"}


def test_values_of_the_print_are_those_computed(checks):
    """A few numbers written out here once more, against slips in the file."""
    for table, name, expected in [
        ("channels_percent", "facebook/all", "96"),
        ("channels_percent", "twitter/all", "89"),
        ("channels_percent", "instagram/all", "70"),
        ("messaging_percent", "yes/all", "20"),
        ("size_percent", "under_10/all", "49"),
        ("size_percent", "s11_50/all", "21"),
        ("size_percent", "over_50/all", "30"),
        ("channels_chi2", "linkedin/b2b_b2c", "136.655"),
        ("priorities_log2", "linkedin/b2b_b2c", "-2.0212"),
        ("strategy_by_size_chi2", "strategy/size_class", "47.008"),
        ("roi_measure_p", "roi_measure/b2b_b2c", ".000516"),
    ]:
        assert rounds_to(entry(checks, table, name)["computed"], expected), (table, name)


def test_both_bases_of_the_small_teams_are_shown(checks):
    of_all = entry(checks, "small_team_percent", "yes/all")
    of_valid = entry(checks, "small_team_percent_of_valid", "yes/all")
    assert (of_all["published"], of_all["base"], of_all["n"], of_all["kind"]) == ("88", "all", 1787, "published")
    assert (of_valid["published"], of_valid["base"], of_valid["n"], of_valid["kind"]) == (
        "89",
        "valid",
        1778,
        "counted",
    )
    assert_allclose(of_all["computed"], 100 * 1576 / 1787)
    assert_allclose(of_valid["computed"], 100 * 1576 / 1778)


def test_pingouin_agrees_on_every_test(checks):
    tests = checks[checks["table"].str.contains("_(?:chi2|df|p|v)$")]
    assert len(tests) == 15
    assert (tests["reason"] == "pingouin agrees, from the printed counts").all()


def test_pearson_of_facebook(tables):
    """The p value that R gives for this row (statistics of the design documents)."""
    tests = tables[1]
    tests = tests[tests["role"] == "test"]
    row = tests[(tests["question"] == "channels") & (tests["item"] == "facebook") & (tests["segment"] == "b2b_b2c")]
    assert rounds_to(row["p_value"].item(), ".003517")


def test_groups_add_up_to_the_totals():
    tables = buffer_wave.published().tables
    for row in tables["channels_count"].rows:
        used = tables["channels"]
        assert sum(used.count(row, group) for group in used.n) == tables["channels_count"].count(row, "all")
    assert sum(tables["strategy_all"].count(r, "all") for r in tables["strategy_all"].rows) == 1787
    assert sum(tables["team_size"].count(r, "all") for r in tables["team_size"].rows) == 1787
    assert {c: sum(tables["staff"].count(r, c) for r in tables["staff"].rows) for c in tables["staff"].n} == {
        "b2b": 570,
        "b2c": 435,
        "both": 749,
        "blank": 33,
    }
    mentions = {c: sum(tables["priorities"].count(r, c) for r in tables["priorities"].rows) for c in ("b2b", "b2c")}
    assert mentions == {"b2b": 1277 - 8, "b2c": 935 - 8}
    for name in ("effectiveness", "roi_measure"):
        table = tables[name]
        assert {c: sum(table.count(r, c) for r in table.rows) for c in table.n} == table.n


def test_what_needs_another_joint_is_refused_with_its_reason(tables):
    estimates, tests = tables
    for table in (estimates, tests):
        for question, segment in [
            ("channels", "size_class"),
            ("priorities", "staff"),
            ("roi_measure", "business_type"),
            ("video_barriers", "size_three"),
            ("effectiveness", "size_class"),
            ("messaging", "b2b_b2c"),
            ("team_size", "staff"),
        ]:
            rows = table[(table["question"] == question) & (table["segment"] == segment)]
            assert rows["status"].tolist() == ["not_estimable"], (question, segment)
            assert "rebuilt without the joint distribution" in rows["note"].item()


def test_ranks_of_rebuilt_items_have_no_interval(tables):
    ranks = tables[0][tables[0]["statistic"] == "rank"]
    assert set(ranks["question"]) == {"channels", "priorities", "video_barriers"}
    assert ranks[["ci_low", "ci_high"]].isna().all(axis=None)
    assert ranks["note"].str.contains("no interval: the respondents were rebuilt without").all()


def test_variables_of_one_source_are_not_tested_against_each_other(tables):
    pairs = set(zip(tables[1]["question"], tables[1]["segment"], strict=True))
    assert not pairs & {("size_class", "size_three"), ("size_three", "staff"), ("b2b_b2c", "business_type_or_blank")}
    assert ("b2b_b2c", "size_class") in pairs


# ---- verdicts


def test_other_values_differ(tmp_path, tables):
    found = check(
        altered(
            tmp_path,
            ("facebook: 533 424 731 29", "facebook: 534 424 731 29"),
            ("facebook: 96, twitter: 89", "facebook: 95, twitter: 89"),
            ('roi_measure: ".1496"', 'roi_measure: ".1497"'),
        ),
        *tables,
    )
    wrong = found[found["verdict"] != "reproduced"]
    assert wrong["entry"].tolist() == ["facebook/all", "facebook/b2b", "roi_measure/b2b_b2c"]
    assert set(wrong["verdict"]) == {"differs"}
    assert_allclose(entry(found, "channels", "facebook/b2b")["difference"], -1)
    second = entry(found, "channels_chi2", "facebook/b2b_b2c")
    assert second["verdict"] == "reproduced"
    expected = chi2_contingency([[534, 424], [36, 11]], correction=False).statistic
    assert second["reason"] == f"pingouin gets {expected:.6g} from the printed counts"


def test_another_base_differs(tmp_path, tables):
    found = check(altered(tmp_path, ("n: 1228 531", "n: 1228 530")), *tables)
    large = found[(found["table"] == "video_barriers_by_size") & found["entry"].str.endswith("over_50")]
    assert set(large["verdict"]) == {"differs"}
    assert set(large["reason"]) == {"the base holds 531 respondents, not 530"}


def test_a_percentage_that_no_count_gives_is_impossible(tmp_path, tables):
    found = check(altered(tmp_path, ("facebook: 96, twitter: 89", 'facebook: "96.10", twitter: 89')), *tables)
    facebook = entry(found, "channels_percent", "facebook/all")
    assert (facebook["verdict"], facebook["reason"]) == ("impossible", "no count out of 1787 gives 96.10 %")


def test_what_the_tables_refuse_or_lack_is_not_testable(tmp_path, tables):
    refused = altered(
        tmp_path,
        (
            'compute: {analysis: usage, question: messaging, answer: "{row}", take: count}',
            'compute: {analysis: usage, question: messaging, answer: "{row}", segment: size_class, level: x, take: count}',
        ),
        (
            'compute: {analysis: usage, question: messaging, answer: "{row}", take: percent}',
            'compute: {analysis: usage, question: mesaging, answer: "{row}", take: percent}',
        ),
    )
    found = check(refused, *tables)
    assert entry(found, "messaging", "yes/all")["verdict"] == "not_testable"
    assert (
        "without the joint distribution of messaging and size_class" in entry(found, "messaging", "yes/all")["reason"]
    )
    assert entry(found, "messaging_percent", "yes/all")["reason"] == (
        "the estimates have no row with analysis 'usage', question 'mesaging', answer 'yes', base 'all', "
        "statistic 'proportion'"
    )


def test_without_tables_of_the_wave_nothing_is_testable():
    found = check(buffer_wave.published(), *NOTHING)
    assert set(found["verdict"]) == {"not_testable"}
    assert found["computed"].isna().all()


FEASIBILITY = """
source: "Two surveys"
year: 2012
tables:
  vujade:
    statement: "Measure {row}"
    kind: published
    base: "32 of 42 firms"
    n: 32
    columns: [all]
    rows: {a: "53.1", b: "78.1", c: "56.3", d: "71.9", e: "84.4", f: "75.0", g: "58.4"}
    compute: {take: percent}
  zhaw:
    statement: "Answer {row}"
    kind: published
    base: all
    n: 453
    columns: [first, second, third]
    rows:
      a: 23.3 17.6 66.5
      b: 23.4 – 66.4
    compute: {take: percent}
  unknown_base:
    statement: "Share of {row}"
    kind: published
    base: all
    columns: [all]
    rows: {a: 30}
    compute: {take: percent}
"""


def test_a_table_is_checked_for_feasibility_alone(tmp_path):
    found = check(load(tmp_path, FEASIBILITY), *NOTHING)
    verdicts = found.groupby("table")["verdict"].apply(list)
    assert verdicts["vujade"] == ["consistent"] * 6 + ["impossible"]
    assert verdicts["zhaw"] == ["impossible"] * 3 + ["consistent"] * 2
    assert verdicts["unknown_base"] == ["not_testable"]
    assert entry(found, "vujade", "a/all")["reason"] == "17 of 32 gives 53.1 %"


BARRIERS = """
source: "Barriers to innovation by firm size (US NCSES, table 2627)"
year: 2020
tables:
  barriers:
    statement: "{row} ({column})"
    kind: published
    base: all
    columns: [micro, small, medium, large, all]
    rows:
      finance: 82.2 75.6 71.5 66.8 80.4
      credit: 62.9 55.2 49.1 41.2 60.6
      costs: 83.8 79.9 75.4 83.5 82.7
      staff: 74.5 77.3 75.9 74.6 75.1
      partners: 56.4 57.1 54.6 58.1 56.5
      grants: 41.4 36.6 29.0 22.3 39.8
      demand: 63.9 62.8 64.1 60.7 63.6
      competition: 69.1 67.7 72.1 63.8 68.9
      burden: 52.0 52.3 45.9 52.2 51.8
      uncertain: 52.6 52.3 49.8 51.7 52.4
      inconsistent: 46.4 45.9 41.8 41.3 46.1
      slip: 62.9 55.2 49.1 41.2 60.4
    compute: {take: weighted_mean, of: [micro, small, medium, large], weights: [32826, 8833, 1663, 293]}
"""


def test_a_mean_of_printed_numbers_carries_their_rounding(tmp_path):
    found = check(load(tmp_path, BARRIERS), *NOTHING)
    means = found[found["entry"].str.endswith("/all")].set_index("entry")
    assert means.loc["credit/all", "verdict"] == "consistent"
    assert_allclose(means.loc["credit/all", "computed"], 60.67, atol=0.005)
    assert means.loc["slip/all", "verdict"] == "differs"
    assert set(means.drop("slip/all")["verdict"]) <= {"reproduced", "consistent"}
    assert set(found[~found["entry"].str.endswith("/all")]["verdict"]) == {"not_testable"}


# ---- printed numbers


@pytest.mark.parametrize(
    ("printed", "value", "half"),
    [
        ("96", 96, "0.5"),
        ("5.00", 5, "0.005"),
        ("96 %", 96, "0.5"),
        (".000516", Fraction(516, 10**6), "0.0000005"),
        ("−2.0212", Fraction(-20212, 10**4), "0.00005"),
        ("1,787", 1787, "0.5"),
    ],
)
def test_printed_numbers(printed, value, half):
    assert number(printed) == value
    assert half_unit(printed) == Fraction(Decimal(half))


@pytest.mark.parametrize("text", ["", "-", "1,78", "about 5", "< .001", "1e3", "1.2.3"])
def test_what_is_no_number(text):
    with pytest.raises(ValueError, match="is not a number"):
        number(text)


def test_halves_may_go_up_or_to_the_even_digit():
    assert rounds_to(12.5, "13")
    assert rounds_to(12.5, "12")
    assert rounds_to(13.5, "14")
    assert not rounds_to(13.5, "13")
    assert rounds_to(-12.5, "-13")
    assert rounds_to(-12.5, "-12")
    assert not rounds_to(-13.5, "-13")
    assert rounds_to(0.285, "0.29")  # 0.28499999999999998 in binary
    assert rounds_to(0.285, "0.28")
    assert not rounds_to(5.004, "5.000")
    assert rounds_to(5.004, "5.00")


@pytest.mark.parametrize("printed", ["53.1", "78.1", "56.3", "71.9", "84.4", "75.0"])
def test_vujade_possible(printed):
    assert len(possible_counts(printed, 32)) == 1


def test_vujade_impossible():
    assert not any(possible_counts("58.4", n) for n in range(1, 43))


@pytest.mark.parametrize("printed", ["23.3", "17.6", "66.5"])
def test_zhaw(printed):
    assert not possible_counts(printed, 453)
    assert possible_counts(printed, 433)
    assert possible_counts(printed, 454)


@given(st.integers(1, 60), st.integers(0, 2), st.data())
def test_possible_counts_are_those_found_one_by_one(n, digits, data):
    printed = str(Decimal(data.draw(st.integers(0, 110 * 10**digits))).scaleb(-digits))
    unit = Decimal(1).scaleb(-digits)
    shares = {k: Decimal(100 * k) / Decimal(n) for k in range(n + 1)}
    expected = [
        k
        for k, share in shares.items()
        if Decimal(printed) in (share.quantize(unit, ROUND_HALF_UP), share.quantize(unit, ROUND_HALF_EVEN))
    ]
    assert list(possible_counts(printed, n)) == expected


@given(st.integers(1, 10_000), st.data(), st.integers(0, 3))
def test_a_count_is_possible_where_its_own_percentage_is_printed(n, data, digits):
    k = data.draw(st.integers(0, n))
    printed = str((Decimal(100 * k) / Decimal(n)).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP))
    assert k in possible_counts(printed, n)


# ---- the file


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("kind: published\n    base: \"32", "kind: publisht\n    base: \"32", "line 7: .*is 'publisht'; did you mean 'published'"),
        ("    n: 32\n", "    n: 32\n    bas: all\n", "line 10: the key 'bas' in 'tables.vujade' is not known; did you mean 'base'"),
        ("a: 23.3 17.6 66.5", "a: 23.3 17.6", "line 20: 'tables.zhaw.rows.a' has 2 values for the 3 columns"),
        ("b: 23.4 – 66.4", "b: 23.4 no 66.4", "line 21: 'no' is not a number; write it as printed"),
        ("n: 453", "n: 453 453", "line 17: 'tables.zhaw.n' has 2 values for the 3 columns"),
        ("n: 453", "n: 453 x 453", "line 17: the base 'x' of 'second' is not a count above 0"),
        ('"Measure {row}"', '"Measure {rows}"', "line 6: '{rows}' is not filled in; did you mean 'row'"),
        ("{a: 30}", "{a: 30.5}", "line 28: 'tables.unknown_base.rows.a' is '30.5', but must be text or a whole number"),
        ("year: 2012", "years: 2012", "line 3: the key 'years' is not known; did you mean 'year'"),
    ],
)  # fmt: skip
def test_a_mistake_ends_in_one_sentence(tmp_path, old, new, sentence):
    assert old in FEASIBILITY
    with pytest.raises(StudyError, match=sentence):
        load(tmp_path, FEASIBILITY.replace(old, new, 1))


@pytest.mark.parametrize(
    ("compute", "sentence"),
    [
        ("{take: percent, question: channels}", "give 'analysis' and 'question' together"),
        ("{take: log2_ratio, analysis: usage, question: channels, of: [b2b]}", "compares two levels"),
        ("{take: weighted_mean, of: [all]}", "a weighted_mean needs its columns under 'of', and a weight for each"),
        ("{take: weighted_mean, of: [al], weights: [1]}", "'al' is not a column of this table; did you mean 'all'"),
    ],
)
def test_a_compute_that_does_not_fit(tmp_path, compute, sentence):
    with pytest.raises(StudyError, match=sentence):
        load(tmp_path, FEASIBILITY.replace("{take: percent}", compute, 1))


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (
            'table: channels, row: "{row}"',
            'table: chanels, row: "{row}"',
            "'chanels' is not a table of this file; did you",
        ),
        (
            'table: channels, row: "{row}"',
            "table: channels, row: facebok",
            "'facebok' is not in the table 'channels'; did",
        ),
        ("take: df1}", "take: n}", "only statistic, df1, p_value, effect have a second opinion"),
        ('"8.518"', '"8.518 9"', "has 2 values for the 1 columns"),
    ],
)
def test_a_second_opinion_that_does_not_fit(tmp_path, old, new, sentence):
    with pytest.raises(StudyError, match=sentence):
        altered(tmp_path, (old, new))


def test_a_lookup_that_fits_several_rows_is_refused(tables):
    estimates, tests = tables
    with pytest.raises(StudyError, match=r"line \d+: 'compute' fits 2 rows"):
        check(buffer_wave.published(), pd.concat([estimates, estimates]), tests)
