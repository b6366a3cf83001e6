"""Population tables: two forms told by their headings, and one sentence for whatever is wrong with one."""

from pathlib import Path

import pytest

from b2bsurvey.config import Wave, Weighting
from b2bsurvey.errors import StudyError
from b2bsurvey.fingerprint import file_hash
from b2bsurvey.population import read_population
from b2bsurvey.questionnaire_file import load_questionnaire
from small_wave import FIXTURE

QUESTIONNAIRE = load_questionnaire(FIXTURE / "questionnaire.yaml")
MARGINS = "variable,code,count\nstaff,small,900\nstaff,large,100\nadoption,uses,300\nadoption,planned,200\nadoption,none,500\n"
CROSSED = (
    "staff,adoption,count\nsmall,uses,200\nsmall,planned,200\nsmall,none,500\nlarge,uses,50.5\nlarge,planned,0\n"
    "large,none,49.5\n"
)


@pytest.fixture
def read(tmp_path):
    def of(text, name="pop.csv"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        wave = Wave(
            "w", (), "q.yaml", "open_link", weighting=Weighting(str(path), rake=("staff",)), line="c.yaml, line 4"
        )
        return read_population(wave, QUESTIONNAIRE, file_hash(path))

    return of


def test_a_table_of_margins(read):
    population = read(MARGINS)
    assert population.total == 1000
    assert population.shares(("staff",)) == {("small",): 0.9, ("large",): 0.1}
    assert population.shares(("adoption",)) == {("uses",): 0.3, ("planned",): 0.2, ("none",): 0.5}


def test_a_crossed_table_gives_margins_and_crossings_in_any_order(read):
    population = read(CROSSED)
    assert population.total == 1000
    assert population.shares(("staff",)) == {("small",): 0.9, ("large",): 0.1}
    assert population.shares(("adoption", "staff"))["uses", "large"] == 0.0505
    assert population.shares(("adoption", "staff"))["planned", "large"] == 0


def test_semicolons_blanks_and_a_byte_order_mark_are_read(read):
    text = "\ufeff" + MARGINS.replace(",", " ; ") + " ; ; \n"
    assert read(text).shares(("staff",)) == {("small",): 0.9, ("large",): 0.1}


def test_shares_have_no_total(read):
    population = read("variable,code,share\nstaff,small,0.9\nstaff,large,.1\n")
    assert population.total is None
    assert population.shares(("staff",))["large",] == pytest.approx(0.1)


def test_margins_may_differ_as_rounding_makes_them(read):
    assert read(MARGINS.replace("none,500", "none,503")).total == 1000


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "size,code,count\n",
            "line 1: 'size' is not a closed question of .*questionnaire.yaml; correct it.",
        ),
        ("staf,count\n", "line 1: 'staf' is not a closed question of .*; did you mean 'staff'\\?; correct it."),
        ("staff,number\n", "line 1: found the headings 'staff,number', expected 'variable,code,count' or variables"),
        ("staff,staff,count\n", "line 1: found the headings 'staff,staff,count', expected"),
        ("barriers,count\n", "line 1: 'barriers' is not a closed question"),
        ("staff,count\n", "found no line below the headings, expected the sizes of the population; add them."),
        (MARGINS.replace("staff,large", "staf,large"), "line 3: 'staf' is not a closed question .* mean 'staff'"),
        (
            MARGINS.replace("staff,large", "staff,lrge"),
            "line 3: 'lrge' is not an answer code of 'staff'; did you mean 'large'\\?; correct it.",
        ),
        (
            MARGINS.replace("staff,large", "staff,50 and more"),
            "line 3: '50 and more' is not an answer code of 'staff'; it is the label of 'large'; correct it.",
        ),
        (CROSSED.replace("small,none", "small,nobody"), "line 4: 'nobody' is not an answer code of 'adoption'"),
        (MARGINS.replace("900", "1'000"), "line 2: the count is '1'000', expected a number of at least 0"),
        (MARGINS.replace("900", "-900"), "line 2: the count is '-900', expected a number of at least 0"),
        (MARGINS.replace("900", ""), "line 2: the count is '', expected a number"),
        (MARGINS.replace("900", "nan"), "line 2: the count is 'nan', expected a number"),
        (
            MARGINS + "staff,small,900\n",
            "line 7: staff = small stands here again \\(first in .*pop.csv, line 2\\); give it once.",
        ),
        (
            MARGINS.replace("none,500", "none,700"),
            "the sizes of 'staff' sum to 1000 but those of 'adoption' to 1200; they must describe the same population",
        ),
        ("staff,count\nsmall,0\nlarge,0\n", "the sizes of 'staff' are all 0; give those of the population."),
        (b"", "the file is empty"),
    ],
)
def test_what_is_wrong_with_a_table_is_one_sentence(read, text, sentence):
    with pytest.raises(StudyError, match=sentence) as refused:
        read(text)
    assert "pop.csv" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_variable_that_the_table_lacks_is_named_with_the_nearest(read):
    with pytest.raises(
        StudyError, match="the weights need 'staf', which the table does not have; did you mean 'staff'"
    ):
        read(MARGINS).shares(("staf",))


def test_margins_cannot_post_stratify(read):
    with pytest.raises(
        StudyError, match="each variable by itself, .* head it 'staff,adoption,count', or rake instead."
    ):
        read(MARGINS).shares(("staff", "adoption"))


def test_a_wave_without_a_table_has_none():
    assert read_population(Wave("w", (), "q.yaml", "open_link"), QUESTIONNAIRE, "") is None


def test_a_missing_or_replaced_table_stops_the_wave(tmp_path):
    (tmp_path / "populations.csv").write_text(MARGINS)
    wave = Wave("w", (), "q", "open_link", weighting=Weighting(str(tmp_path / "population.csv")), line="c.yaml, line 4")
    with pytest.raises(
        StudyError, match="c.yaml, line 4: the file .*population.csv' does not exist; did you mean 'pop"
    ):
        read_population(wave, QUESTIONNAIRE, "missing")
    path = Path(tmp_path / "populations.csv")
    wave = Wave("w", (), "q", "open_link", weighting=Weighting(str(path)))
    with pytest.raises(StudyError, match="the population table was replaced while the run was under way; run again."):
        read_population(wave, QUESTIONNAIRE, "0" * 64)
