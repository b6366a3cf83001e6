"""The codebook: one row a variable, what it means, and counts that reconcile."""

import io

import pandas as pd
import pytest

from b2bsurvey.codebook import CODEBOOK_COLUMNS, condition_in_words, derivation_in_codes
from b2bsurvey.questionnaire import Condition, Derivation
from b2bsurvey.tables import to_csv
from rendered_wave import hostile, shipped


def test_one_row_a_variable_with_counts_that_sum_to_the_respondents():
    results = hostile()
    book = results.codebook
    assert tuple(book.columns) == CODEBOOK_COLUMNS
    assert list(book["variable"]) == [v.name for v in results.questionnaire.variables]
    analysed = (results.ledger["disposition"] == "analysed").sum()
    assert (book["n_valid"] + book["n_missing"] == analysed).all()
    for _, row in book.iterrows():
        assert sum(int(part.split("=")[1]) for part in row["missing"].split("; ") if part) == row["n_missing"]


def test_a_row_says_what_its_variable_is():
    book = hostile().codebook.set_index("variable")
    why = book.loc["why_not_no_need"]
    assert (why["type"], why["level"], why["codes"]) == ("tick_all", "nominal", "1=ticked; 0=not ticked")
    assert why["label"] == "Why does your firm not use social media? (several answers) [No need]"
    assert (why["base"], why["asked_if"]) == ("answered", "Adoption: Will not use")
    assert why["source_column"] == "why_not_no_need"
    assert book.loc["staff", "codes"] == "small=1–49; large=50 and more"
    assert book.loc["channels_linkedin_work", "context"] == "work"


def test_derived_variables_say_how_they_are_made():
    book = shipped().codebook.set_index("variable")
    derived = book[book["derived_from"] != ""]
    assert len(derived) == sum(q.derivation is not None for q in shipped().questionnaire.questions.values())
    assert (derived["source_column"] == "").all()


@pytest.mark.parametrize(
    ("derivation", "text"),
    [
        (Derivation("net", ("programme",), ("yes", "planning")), "net(programme: yes|planning)"),
        (Derivation("map", ("size",), groups={"small": ("a", "b"), "large": ("c",)}), "map(size: small=a|b, large=c)"),
        (Derivation("band", ("age",), bounds={"young": 0, "old": 50.5}), "band(age: young≥0, old≥50.5)"),
        (Derivation("count", ("channels",)), "count(channels)"),
        (Derivation("index", ("a", "b"), min_valid=2), "index(a, b: min_valid=2)"),
        (
            Derivation("any_of", ("a", "b"), condition=Condition(((("a", ("x", "y")),), (("b", None),)))),
            "any_of(a=x|y; b=any)",
        ),
    ],
)
def test_derivations_in_codes(derivation, text):
    assert derivation_in_codes(derivation) == text


def test_conditions_in_words():
    questionnaire = hostile().questionnaire
    condition = Condition(((("adoption", ("uses", "planned")), ("staff", None)), (("channels_xing_work", ("1",)),)))
    assert condition_in_words(condition, questionnaire, "en") == (
        "Adoption: Uses or Planned and Firm size: answered; or Channels [Xing · At work]: 1"
    )
    words = ("et", "ou", "répondu", "\u202f: ")
    assert condition_in_words(condition, questionnaire, "fr", words).startswith("Adoption\u202f: Uses ou Planned et")


def test_it_goes_through_csv_unchanged():
    book = shipped().codebook
    again = pd.read_csv(io.StringIO(to_csv(book)), keep_default_na=False)
    assert again.equals(book.astype(again.dtypes.to_dict()))
