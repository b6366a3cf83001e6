"""The last look at results: what is personal is found wherever it stands, what only looks like it is not."""

import io
import stat

import matplotlib
import pandas as pd
import pyreadstat
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure
from openpyxl import Workbook

from b2bsurvey.errors import StudyError
from b2bsurvey.privacy import check_privacy, findings
from b2bsurvey.respondent_key import DEMONSTRATION_KEY, KEY_FILE, hashed, study_key
from study import edit, run

PERSONAL = [
    ("write to Anna.Muster@example.ch", "an e-mail address"),
    ("from 192.0.2.17", "an IP address"),
    ("2001:0db8:85a3:0000:0000:8a2e:0370:7334", "an IP address"),
    ("call +41 41 228 99 50", "a phone number"),
    ("0041 (0)41 228 99 50", "a phone number"),
    ("079 123 45 67", "a phone number"),
    ("01 42 68 53 00", "a phone number"),
    ("2001:db8::8a2e:370:7334", "an IP address"),
    ("fe80::1", "an IP address"),
    ("mobile +41791234567", "a phone number"),
    ("0041791234567", "a phone number"),
    ("0791234567", "a phone number"),
    ("10103000748", "a respondent's id of the platform"),
]
HARMLESS = [
    "0.37433155080213903,0.041,0.34,748",
    "snakemake 9.27.1, numpy 2.4.6",
    "1,234,567 and 1'234'567 and 1 234 567",
    "2018-07-09 to 2018-07-27",
    "0 10 20 30 40",
    "sha256 5d41402abc4b2a76b9719d911017c592",
    "70% [66, 74] of 1 234",
    "50–249 @ 2 %",
    "from 10:30:00 to 11:05:30, and a::b, 12::30, p::after",
    "0.0791234567,-0791234567.5,1.0041791234567",
    "00000000002 and 10000000000",
]


def pdf(text: str) -> bytes:
    """Return a figure as the workflow saves it, with a text in it."""
    figure, file = Figure(), io.BytesIO()
    with matplotlib.rc_context({"pdf.fonttype": 42}):
        figure.text(0.1, 0.5, f"Very (short) title: {text}")
        figure.savefig(file, format="pdf")
    return file.getvalue()


@pytest.mark.parametrize(("text", "kind"), PERSONAL)
@pytest.mark.parametrize("suffix", [".csv", ".html", ".json", ".svg", ".xlsx", ".parquet", ".pdf", ".sav", ".dta"])
def test_what_is_personal_is_found(tmp_path, text, kind, suffix):
    file = tmp_path / f"result{suffix}"
    if suffix == ".parquet":
        pd.DataFrame({"note": ["", text]}).to_parquet(file)
    elif suffix == ".sav":
        pyreadstat.write_sav(pd.DataFrame({"note": ["", text]}), file, row_compress=True)
    elif suffix == ".dta":
        pyreadstat.write_dta(pd.DataFrame({"n": [1]}), file, variable_value_labels={"n": {1: text}})
    elif suffix == ".pdf":
        file.write_bytes(pdf(text))
    elif suffix == ".xlsx":
        book = Workbook()
        book.active["B2"] = text
        book.save(file)
    else:
        file.write_text(f"a\n{text}\n", encoding="utf-8")
    (found,) = findings(file, {"10103000748"})
    assert found.kind == kind
    with pytest.raises(StudyError, match=f"{file.name}, .*: {kind}; results may hold nothing personal") as error:
        check_privacy([file], ["10103000748"])
    assert text not in str(error.value)


@pytest.mark.parametrize("text", HARMLESS)
def test_what_only_looks_personal_is_let_through(tmp_path, text):
    file = tmp_path / "result.csv"
    file.write_text(text, encoding="utf-8")
    assert check_privacy([file], ["12", "748"]) == 1


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=50))
def test_numbers_are_never_personal(tmp_path_factory, numbers):
    file = tmp_path_factory.getbasetemp() / "numbers.csv"
    pd.DataFrame({"estimate": numbers, "p_value": numbers}).to_csv(file, index=False, float_format="%.17g")
    assert not list(findings(file, set()))


def test_an_id_with_a_prefix_is_found_by_its_long_part(tmp_path):
    file = tmp_path / "result.csv"
    file.write_text("note\nsee 0c51a84a-771a-4d0e-9d1c-2f8a\n", encoding="utf-8")
    with pytest.raises(StudyError, match="a respondent's id of the platform"):
        check_privacy([file], ["uuid:0c51a84a-771a-4d0e-9d1c-2f8a"])
    file.write_text("2026-03-01 10:00:00", encoding="utf-8")
    assert check_privacy([file], ["17 2026-03-01 10:00:00"]) == 1  # the number of a form with its time


def test_the_key_of_observed_waves_lies_outside_the_results_and_stays(tmp_path):
    key = study_key("observed", tmp_path, {})
    file = tmp_path / KEY_FILE
    assert [path.name for path in tmp_path.iterdir()] == [KEY_FILE]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert study_key("observed", tmp_path, {}) == key
    assert len(key) >= 32
    assert study_key("observed", tmp_path, {"SURVEY_KEY": "ours"}) == b"ours"
    assert study_key("synthetic", tmp_path, {"SURVEY_KEY": "ours"}) == DEMONSTRATION_KEY
    ids = ["1", "2", "anna@example.ch"]
    assert not set(hashed(key, ids)) & set(hashed(b"ours", ids))
    assert all(len(h) == 16 and int(h, 16) >= 0 for h in hashed(key, ids))


def test_a_run_with_something_personal_in_its_results_fails(study):
    edit(
        study / "config/questionnaire.yaml",
        'none: {label: {en: "Will not use"}}',
        'none: {label: {en: "Will not use, ask anna@example.ch"}, spellings: ["Will not use"]}',
    )
    done = run(study)
    assert done.status != 0
    assert "an e-mail address" in done.last
    assert "anna@example.ch" not in done.last
