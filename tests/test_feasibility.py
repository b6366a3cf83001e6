"""Tables typed from papers: each check by hand, the test statistics against scipy, and the sentences of mistakes."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from b2bsurvey.errors import StudyError
from b2bsurvey.feasibility import check_file, check_typed, findings, load_typed
from b2bsurvey.statistics.reported_tests import p_value
from study import clone, run

ROOT = Path(__file__).parents[1]


def checked(tmp_path, text):
    """Return the checks of a typed table by line and what is checked."""
    file = tmp_path / "paper.csv"
    file.write_text(text, encoding="utf-8")
    found = check_file(file)
    return {(row.place.split()[-1], row.check): row for row in found.itertuples()}


def verdict(tmp_path, text, check):
    return next(row for (_, about), row in checked(tmp_path, text).items() if about == check)


@pytest.mark.parametrize(
    ("line", "expected", "reason"),
    [
        ("32,,58.4", "impossible", "no count out of 32 gives 58.4 %"),  # Vujàdé (2012)
        ("32,,53.1", "consistent", "17 of 32"),
        ("453,,23.3", "impossible", "no count out of 453 gives 23.3 %"),  # ZHAW (2012)
        ("976,286,29.3", "reproduced", "286 of 976"),  # FHGR (2020)
        ("976,287,29.3", "impossible", "287 of 976 is 29.4 %"),
        (",,29.3", "not_testable", "the base is not known"),
    ],
)
def test_percentages(tmp_path, line, expected, reason):
    found = verdict(tmp_path, f"n,count,percent\n{line}\n", "percent")
    assert (found.verdict, found.reason) == (expected, reason)


@pytest.mark.parametrize(
    ("line", "mean", "sd"),
    [
        ("10,3.45,,,,", "impossible", None),
        ("10,3.45,,2,,", "consistent", None),  # of two items each: 69 of 20
        ("18,3.44,2.47,,,", "consistent", "impossible"),  # Allard (2018)
        ("20,0.35,0.18,,0,1", "consistent", "impossible"),  # Heathers & Brown (2019)
        ("20,0.35,0.49,,0,1", "consistent", "consistent"),
        ("20,5.50,1.00,,1,5", "impossible", "not_testable"),  # beyond the scale
        ("1,3,1,,,", "consistent", "not_testable"),
        ("10,3.5,-1,,,", "consistent", "impossible"),
    ],
)
def test_means_and_standard_deviations(tmp_path, line, mean, sd):
    found = checked(tmp_path, f"n,mean,sd,items,low,high\n{line}\n")
    assert found["2", "mean"].verdict == mean
    assert (found["2", "sd"].verdict if ("2", "sd") in found else None) == sd


def test_what_an_impossible_mean_could_have_been(tmp_path):
    found = verdict(tmp_path, "n,mean\n28,5.19\n", "mean")
    assert found.reason == "no sum of 28 whole answers gives it; the nearest give 5.179 or 5.214"


@pytest.mark.parametrize(
    ("line", "expected", "reason"),
    [
        ("t,2.10,28,,.045", "reproduced", "p = 0.04486"),
        ("t,2.1,28,,.043", "consistent", "p = 0.04486"),  # 2.05 to 2.15 give .050 to .040
        ("t,1.80,28,,.04", "consistent", "half of which was printed: the p of a one-sided test"),
        ("t,2.10,28,,.40", "impossible", "the statistic gives p = 0.04486, on the other side of .05"),
        ("F,4.20,2,57,<.05", "reproduced", "p = 0.01988"),
        ("F,4.20,2,57,<.001", "impossible", "the statistic gives p = 0.01988"),
        ("chi2,3.84,1,,.05", "reproduced", "p = 0.05004"),
        ("r,.30,48,,.034", "reproduced", "p = 0.03429"),
        ("r,1.3,48,,.034", "impossible", "a correlation cannot be beyond −1 or 1"),
        ("z,-1.96,,,>.049", "reproduced", "p = 0.05"),
        ("t,2.10,,,.045", "not_testable", "the degrees of freedom are not known"),
        (",,,,.045", "not_testable", "test or statistic is not known"),
    ],
)
def test_p_values(tmp_path, line, expected, reason):
    found = verdict(tmp_path, f"test,statistic,df1,df2,p\n{line}\n", "p")
    assert found.verdict == expected
    assert reason in found.reason


@given(st.floats(-6, 6), st.integers(1, 200), st.integers(1, 200))
def test_p_values_are_those_of_scipy(x, df1, df2):
    assert p_value("t", x, df1) == pytest.approx(2 * stats.t.sf(abs(x), df1), rel=1e-9)
    assert p_value("z", x) == pytest.approx(2 * stats.norm.sf(abs(x)), rel=1e-9)
    assert p_value("F", abs(x), df1, df2) == pytest.approx(stats.f.sf(abs(x), df1, df2), rel=1e-9)
    assert p_value("chi2", abs(x), df1) == pytest.approx(stats.chi2.sf(abs(x), df1), rel=1e-9)


def test_the_p_of_a_correlation_is_that_of_scipy():
    x, y = stats.uniform.rvs(size=(2, 30), random_state=5)
    found = stats.pearsonr(x, y)
    assert p_value("r", found.statistic, 28) == pytest.approx(found.pvalue, rel=1e-9)
    assert p_value("r", 1, 28) == 0


def test_parts_of_a_whole_add_up(tmp_path):
    head = "label,n,count,percent,whole\n"
    found = checked(tmp_path, head + "a,50,20,40,size\nb,50,30,61,size\n")
    assert found["2", "sum of percent"].verdict == "consistent"  # 101, and rounding may move it by 1
    assert found["2", "sum of count"].verdict == "reproduced"
    found = checked(tmp_path, head + "a,50,20,40,size\nb,50,31,64,size\n")
    assert found["2", "sum of percent"].verdict == "impossible"
    assert found["2", "sum of count"].verdict == "impossible"
    assert found["2", "sum of count"].computed == 51


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("lable,n\na,3\n", "line 1: 'lable' is none of the headings label, n,"),
        ("label,n,n\na,3,4\n", "line 1: the heading 'n' stands twice; leave one."),
        ("label,n\n", "there is no line below the headings; type one line a statement."),
        ("label,n\na,3,5\n", "line 2: 3 cells stand below 2 headings; give one a heading."),
        (
            "label,mean\na,3#5\n",
            "line 2: '3#5' under 'mean' is not a number; write it as printed, with a decimal point.",
        ),
        ("label,n\na,3.5\n", "line 2: '3.5' under 'n' is not a whole number; correct it."),
        ("label,n\na,0\n", "line 2: '0' under 'n' is not above 0; correct it."),
        ("test,p\nanova,.03\n", "line 2: 'anova' is none of the tests t, z, r, F, chi2."),
    ],
)
def test_mistakes_are_named_with_their_line(tmp_path, text, message):
    file = tmp_path / "paper.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(StudyError) as error:
        load_typed(file)
    assert message in str(error.value)


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(StudyError, match="there is no such file to read"):
        load_typed(tmp_path / "nothing.csv")
    (tmp_path / "latin.csv").write_bytes("label,n\nä,3\n".encode("latin-1"))
    with pytest.raises(StudyError, match="the file is not in UTF-8"):
        load_typed(tmp_path / "latin.csv")


def test_findings_name_what_cannot_be(tmp_path):
    file = tmp_path / "paper.csv"
    file.write_text("label;n;percent\nOffline;32;58.4\nfair;32;53.1\n", encoding="utf-8")
    said = findings(check_typed(load_typed(file)), "results/published/paper.csv")
    assert said.splitlines() == [
        "1 impossible, 1 consistent",
        f"{file}, line 2 'Offline': percent 58.4 cannot be: no count out of 32 gives 58.4 %",
        "results/published/paper.csv",
    ]


def test_the_example_of_the_documentation(tmp_path):
    page = (ROOT / "config" / "published" / "README.md").read_text(encoding="utf-8")
    example = page.split("```csv\n")[1].split("```")[0]
    found = checked(tmp_path, example)
    assert found["2", "percent"].verdict == "impossible"
    assert found["3", "mean"].verdict == "impossible"
    assert found["4", "p"].verdict == "reproduced"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("swiss-smes-2020", {"consistent": 8, "not_testable": 9}),
        ("us-innovation-barriers", {"reproduced": 9, "consistent": 2, "not_testable": 44}),
        ("eurostat-2013", {"not_testable": 10}),
        ("bernet-zhaw-2016", {"not_testable": 13}),
        ("chur-2013", {"consistent": 2, "not_testable": 3}),
        ("stelzner-2024", {"not_testable": 12}),
        ("vujade-2012", {"consistent": 6, "impossible": 1}),
        ("zhaw-2012", {"impossible": 3}),
    ],
)
def test_published_results_by_themselves(name, expected):
    found = check_file(ROOT / "config" / "published" / f"{name}.yaml")
    assert found["verdict"].value_counts().to_dict() == expected
    assert (found["reason"] != "").all()


def test_counts_that_percentages_give_away():
    """FHGR (2020): each percentage of 976 firms has one count, which was printed too."""
    found = check_file(ROOT / "config" / "published" / "swiss-smes-2020.yaml").set_index("place")
    for name, count in {"any": 356, "several": 208, "facebook_only": 96, "facebook_linkedin": 86}.items():
        assert found.loc[f"use/{name}/percent", "reason"].startswith(f"{count} of 976 give")
        assert found.loc[f"use_count/{name}/firms", "printed"] == str(count)


def test_rounded_inputs_leave_room():
    """NCSES: the sizes give 60.67 for credit, printed as 60.6; their own rounding lies between."""
    found = check_file(ROOT / "config" / "published" / "us-innovation-barriers.yaml").set_index("place")
    credit = found.loc["barriers/credit/all"]
    assert (credit["verdict"], f"{credit['computed']:.2f}") == ("consistent", "60.67")


def test_snakemake_checks_a_table_without_a_study_and_says_so_each_time(tmp_path):
    folder = clone(tmp_path / "study")
    (folder / "config" / "config.yaml").unlink()
    (folder / "Some paper.csv").write_text("label,n,percent\nOffline,32,58.4\n", encoding="utf-8")
    for _ in range(2):
        done = run(folder, "check_published", "--config", "table=Some paper.csv")
        assert done.status == 0, done.output
        assert "Some paper.csv, line 2 'Offline': percent 58.4 cannot be: no count out of 32" in done.output
    assert (folder / "results" / "published" / "some-paper.csv").read_text("utf-8").count("impossible") == 1
    wrong = run(folder, "check_published", "--config", "table=none.csv")
    assert wrong.status != 0
    assert wrong.last.startswith("none.csv: there is no such file; say which table to check")
