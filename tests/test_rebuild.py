import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import buffer_wave
from b2bsurvey.errors import StudyError
from b2bsurvey.published import load_published
from b2bsurvey.rebuild import main, rebuild, to_typeform, whole_numbers


@pytest.fixture(scope="module")
def export() -> pd.DataFrame:
    """The shipped file, read without any of our code."""
    return pd.read_csv(buffer_wave.EXPORT, dtype=str, keep_default_na=False)


def test_the_shipped_file_is_made_again_byte_for_byte(tmp_path):
    out = tmp_path / "again.csv"
    main([str(buffer_wave.COUNTS), str(buffer_wave.QUESTIONNAIRE), str(out)])
    assert out.read_bytes() == buffer_wave.EXPORT.read_bytes()


def test_the_layout_is_that_of_typeform(export):
    assert len(export) == 1787
    assert export.columns[0] == "#"
    assert list(export.columns[-3:]) == ["Start Date (UTC)", "Submit Date (UTC)", "Network ID"]
    assert export["#"].is_unique
    assert (export.iloc[:, -3:] == "").all(axis=None)
    with buffer_wave.EXPORT.open(encoding="utf-8") as file:
        assert file.readline().count("Facebook") == 2


def test_counts_read_straight_from_the_file(export):
    """Numbers of the print written out, so that neither our reader nor our file of counts stands between."""
    kind = export["To whom does your firm sell?"]
    assert kind.value_counts().to_dict() == {
        "Both": 749,
        "Businesses (B2B)": 570,
        "Consumers (B2C)": 435,
        "": 33,
    }
    b2b, b2c = kind == "Businesses (B2B)", kind == "Consumers (B2C)"
    for heading, used, used_b2b, prior_b2b, prior_b2c in [
        ("Facebook", 1717, 533, 359, 378),
        ("Twitter", 1586, 515, 287, 160),
        ("Instagram", 1255, 340, 172, 204),
    ]:
        ticked, priority = export[heading] == heading, export[f"{heading}.1"] == heading
        assert (ticked.sum(), (ticked & b2b).sum()) == (used, used_b2b)
        assert ((priority & b2b).sum(), (priority & b2c).sum()) == (prior_b2b, prior_b2c)
    strategy = export["Does your firm have a written social media strategy?"]
    assert strategy.value_counts().to_dict() == {"No": 897, "Yes": 882, "": 8}
    staff = export["How many people work in your firm?"]
    small = staff.isin(["Just me", "Fewer than 10", "11–25", "26–50"])
    large = ~small & (staff != "")
    assert [int((m & (strategy == a)).sum()) for m in (small, large) for a in ("Yes", "No")] == [547, 688, 333, 204]
    assert (staff == "").sum() == 12


def test_everyone_names_a_channel_and_a_priority_and_a_barrier_if_any(export):
    channels = list(export.columns[4:12])
    priorities = list(export.columns[12:20])
    assert (export[channels] != "").any(axis=1).all()
    assert (export[priorities] != "").any(axis=1).all()
    barriers = (
        export[["Lack of time", "No budget", "Unsure how to film", "Unsure what to create", "Other barrier"]] != ""
    ).any(axis=1)
    assert barriers.sum() == 1228 + 531
    assert not barriers[export["How many people work in your firm?"] == ""].any()


def test_a_respondent_row_says_nothing_of_its_place(export):
    """Rows are shuffled: the type of business of neighbours is unrelated (runs test)."""
    b2b = (export["To whom does your firm sell?"] == "Businesses (B2B)").to_numpy()
    n1, n0 = b2b.sum(), (~b2b).sum()
    runs = 1 + int((b2b[1:] != b2b[:-1]).sum())
    mean = 1 + 2 * n1 * n0 / (n1 + n0)
    variance = (mean - 1) * (mean - 2) / (n1 + n0 - 1)
    assert abs(runs - mean) < 4 * variance**0.5


def test_counts_that_contradict_each_other_are_refused(tmp_path):
    path = tmp_path / "counts.yaml"
    text = buffer_wave.COUNTS.read_text(encoding="utf-8")
    path.write_text(text.replace("just_me: 142 120 176 10", "just_me: 143 120 176 10"), encoding="utf-8")
    with pytest.raises(StudyError, match="the staff counts of 'b2b' sum to 571, not 570"):
        rebuild(load_published(path), buffer_wave.questionnaire())
    path.write_text(text.replace("yes: 276 180 415", "yes: 676 180 415"), encoding="utf-8")
    with pytest.raises(StudyError, match="these counts contradict each other"):
        rebuild(load_published(path), buffer_wave.questionnaire())


def test_a_wrong_call_ends_in_one_sentence(tmp_path):
    with pytest.raises(SystemExit, match="three paths are needed"):
        main([])
    with pytest.raises(SystemExit, match="there is no such file"):
        main([str(tmp_path / "a.yaml"), str(buffer_wave.QUESTIONNAIRE), str(tmp_path / "out.csv")])
    assert not (tmp_path / "out.csv").exists()


def test_labels_with_commas_and_signs_survive(export):
    text = to_typeform(rebuild(buffer_wave.published(), buffer_wave.questionnaire()), buffer_wave.questionnaire(), "x")
    assert '"501–1,000"' in text
    assert "1,001 or more" in set(export["How many people work in your firm?"])


SMALL = arrays(int, st.tuples(st.integers(1, 4), st.integers(1, 3)), elements=st.integers(0, 30))


@given(SMALL, st.data())
def test_whole_numbers_keep_all_sums(available, data):
    true = np.array([[data.draw(st.integers(0, int(most))) for most in row] for row in available])
    found = whole_numbers(true.sum(axis=1), true.sum(axis=0), available)
    assert (found.sum(axis=1) == true.sum(axis=1)).all()
    assert (found.sum(axis=0) == true.sum(axis=0)).all()
    assert ((found >= 0) & (found <= available)).all()


def test_whole_numbers_have_no_interaction():
    """Where the two factors are independent the cells follow the product of the shares."""
    found = whole_numbers(np.array([100, 300]), np.array([200, 200]), np.array([[200, 200], [600, 600]]))
    assert found.tolist() == [[50, 50], [150, 150]]
