"""SPSS and Stata files: read back they hold the same answers and missing reasons, with their labels."""

import html
import io
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyreadstat
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archived_waves import WAVES, archived, files
from b2bsurvey.archive import archive_files, spss, stata
from b2bsurvey.archive.fields import Field, answer_numbers, fields_of, fitting, names_within, response_sets
from b2bsurvey.questionnaire import MISSING_REASONS, YES_NO, Answer
from b2bsurvey.readers import read_export
from b2bsurvey.readers.source import open_source
from b2bsurvey.readers.statistics_file import read as read_statistics_file
from b2bsurvey.render.catalogue import catalogue

REASONS = {reason: catalogue("en")(f"missing.{reason}") for reason in MISSING_REASONS}
KINDS = {"spss": ("responses.sav", pyreadstat.read_sav), "stata": ("responses.dta", pyreadstat.read_dta)}
ALMOST = "é" * 5 + "🙂"


def opened(data, kind):
    frame, meta = KINDS[kind][1](io.BytesIO(data), user_missing=True)
    return frame, meta


def names_of(kind, fields):
    names = [field.name for field in fields]
    return stata.stata_names(fields) if kind == "stata" else names_within(names, spss.MOST_NAME, spss.RESERVED)


def in_words(responses, questionnaire, variable):
    """Return what each respondent answered: a label, a number, a text or a day as text; the label of a reason."""
    question = questionnaire.questions[variable.question]
    values, missing = responses.values[variable.name].astype(object), responses.missing[variable.name].astype(object)
    for value, reason in zip(values, missing, strict=True):
        if isinstance(reason, str):
            yield REASONS[reason]
        elif variable.kind == "category":
            yield " ".join(question.answer_label(value, "en").split())
        elif variable.kind == "tick":
            yield "Ticked" if value == 1 else "Not ticked"
        else:
            yield str(value.date()) if variable.kind == "date" else value


def as_read(column, labels, reasons):
    """Return what stands in a column that was read: labels where a value has one."""
    for place, value in enumerate(column):
        if value in labels:
            yield labels[value]
        elif reasons is not None and (pd.isna(value) or value == ""):
            yield reasons[place]
        else:
            yield value if isinstance(value, str | float) else str(value) if hasattr(value, "year") else float(value)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("wave", WAVES)
def test_read_back_by_the_library_they_hold_the_same_answers_and_reasons(wave, kind):
    book, _, responses = archived(wave)
    frame, meta = opened(files(wave)[kind], kind)
    fields = fields_of(responses, book.questionnaire, "en")
    names = names_of(kind, fields)
    assert list(frame) == [names[field.name] for field in fields]
    assert len(frame) == len(responses)
    assert frame["respondent"].tolist() == responses.respondents["respondent"].tolist()
    assert ("weight" in frame) == ("weight" in responses.respondents) == (wave == "lucerne")
    if "weight" in frame:
        assert frame["weight"].tolist() == responses.respondents["weight"].tolist()
    for variable in book.questionnaire.variables:
        labels, name = meta.variable_value_labels, names[variable.name]
        beside = names.get(f"{variable.name}__missing")
        reasons = [labels[beside][value] for value in frame[beside]] if beside else None
        found = list(as_read(frame[name], labels.get(name, {}), reasons))
        expected = list(in_words(responses, book.questionnaire, variable))
        most = spss.MOST_VALUE_LABEL if kind == "spss" else stata.MOST_VALUE_LABEL
        expected = [fitting([e], most, in_bytes=True) if isinstance(e, str) else float(e) for e in expected]
        assert found == expected, variable.name


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("wave", WAVES)
def test_our_own_reader_finds_the_codes_their_labels_and_the_missing_ones(wave, kind):
    book, _, responses = archived(wave)
    fields = fields_of(responses, book.questionnaire, "en")
    names = names_of(kind, fields)
    export = read_export(Path(KINDS[kind][0]), data=files(wave)[kind])
    assert export.platform == kind
    columns = {column.code: column for column in export.columns}
    for variable in book.questionnaire.variables:
        if variable.kind in ("category", "tick"):
            column = columns[names[variable.name]]
            cells = export.cells[column.position].tolist()
            labels = list(in_words(responses, book.questionnaire, variable))
            ticks = {"checked": "Ticked", "not checked": "Not ticked"}  # what the reader makes of a set's values
            of_cells = [ticks.get(column.values[cell], column.values[cell]) for cell in cells]
            assert of_cells == [fitting([label], spss.MOST_VALUE_LABEL, in_bytes=True) for label in labels] or (
                kind == "stata" and of_cells == labels
            )
            is_missing = responses.missing[variable.name].notna().tolist()
            assert [cell in column.missing for cell in cells] == is_missing, variable.name


@pytest.mark.parametrize("wave", WAVES)
def test_spss_knows_the_multi_response_sets(wave):
    book, _, _ = archived(wave)
    found = read_statistics_file(open_source(Path("responses.sav"), files(wave)["spss"])).sets
    expected = response_sets(book.questionnaire, "en")
    assert len(expected) > 0
    assert [replace(each, question="") for each in found] == [replace(each, question="") for each in expected]
    for each, wanted in zip(found, expected, strict=True):
        assert wanted.question.startswith(each.question.rstrip("…")[:40])


@pytest.mark.parametrize("wave", WAVES)
def test_stata_says_the_sets_and_whole_names_in_notes(wave):
    book, _, responses = archived(wave)
    data = files(wave)["stata"]
    _, meta = opened(data, "stata")
    fields = fields_of(responses, book.questionnaire, "en")
    for each in response_sets(book.questionnaire, "en"):
        (note,) = (note for note in meta.notes if note.startswith(f"{each.name}: "))
        assert note.split(" = ")[-1].split() == [names_of("stata", fields)[name] for name in each.variables]
    shortened = {name: short for name, short in names_of("stata", fields).items() if name != short}
    assert (len(shortened) > 0) == (wave == "lucerne")
    for name, short in shortened.items():
        assert short.encode().ljust(129, b"\0") + b"note1".ljust(129, b"\0") + name.encode() + b"\0" in data
    assert pd.read_stata(io.BytesIO(data), convert_categoricals=False).shape == (len(responses), len(fields))


@pytest.mark.parametrize("wave", WAVES)
def test_files_do_not_depend_on_when_they_were_written(wave):
    assert archive_files(*archived(wave), "en") == files(wave)
    for kind in KINDS:
        assert str(opened(files(wave)[kind], kind)[1].creation_time) == "2000-01-01 00:00:00"


def test_variables_say_how_they_measure():
    _, meta = opened(files("types")["spss"], "spss")
    assert {meta.variable_measure[name] for name in ("sector", "channels_xing", "remark")} == {"nominal"}
    assert (meta.variable_measure["attitudes_partners"], meta.variable_measure["hours"]) == ("ordinal", "scale")
    assert meta.original_variable_types["founded"] == "DATE11"
    assert meta.missing_ranges["hours"] == [{"lo": -9.0, "hi": -5.0}]
    assert meta.file_label == "Every type (types)"
    assert opened(files("types")["stata"], "stata")[1].original_variable_types["founded"] == "%td"


def test_texts_that_are_not_cleared_are_not_in_the_files():
    frame, _ = opened(files("types")["spss"], "spss")
    assert set(frame["remark"]) == {"given", ""}
    assert b"A word" not in b"".join(d if isinstance(d, bytes) else d.encode() for d in files("types").values())


def test_labels_are_in_the_language_asked_for():
    _, meta = opened(archive_files(*archived("lucerne"), "fr")["spss"], "spss")
    assert meta.variable_value_labels["adoption"][4] == "Oui, elle les utilise"
    assert meta.variable_value_labels["adoption"][-8] == "Ne sait pas"
    assert meta.column_names_to_labels["weight"] == "Pondération"


def test_a_wave_without_respondents_has_empty_files():
    book, wave, responses = archived("types")
    nobody = responses.keep(np.zeros(len(responses), bool))
    found = archive_files(book, wave, nobody, "en")
    for kind in KINDS:
        frame, _ = opened(found[kind], kind)
        assert len(frame) == 0
        assert "hours" in frame


# --- what files can hold ---


@pytest.mark.parametrize("day", ["0001-01-01", "1582-10-14", "1960-01-01", "9999-12-31"])
def test_days_far_away_stay_the_same(day):
    days, none = np.array([day, "NaT"], dtype="datetime64[s]"), np.array(["", ""], dtype=object)
    fields = [Field(kind, (kind,), kind, "interval", days, none) for kind in ("day", "moment")]
    raw, _ = pyreadstat.read_sav(io.BytesIO(spss.spss_file(fields, [], "t")), disable_datetime_conversion=True)
    seconds = (pd.Timestamp(day).to_datetime64().astype("datetime64[s]") - np.datetime64("1582-10-14", "s")).astype(
        float
    )
    assert (raw.iloc[0] == seconds).all()
    assert raw.iloc[1].isna().all()
    raw, _ = pyreadstat.read_dta(io.BytesIO(stata.stata_file(fields, [], "t", [])), disable_datetime_conversion=True)
    days_since = (pd.Timestamp(day).to_pydatetime().date() - pd.Timestamp("1960-01-01").date()).days
    assert raw.iloc[0].tolist() == [days_since, days_since * 86_400_000]


def answers(*codes, scores=()):
    scores = scores or range(1, len(codes) + 1)
    return tuple(Answer(code, {"en": code}, (), float(score)) for code, score in zip(codes, scores, strict=True))


@pytest.mark.parametrize(
    ("given", "numbers"),
    [
        (YES_NO, {"yes": 1, "no": 0}),
        (answers("a", "b", scores=(5, 1)), {"a": 5, "b": 1}),
        (answers("a", "b", "c", scores=(12.5, 30, 75)), {"a": 1, "b": 2, "c": 3}),
        (answers("7", "3", scores=(0.5, 0.5)), {"7": 7, "3": 3}),
        (answers("07", "3", scores=(-1, 2)), {"07": 1, "3": 2}),
        (answers("a", "b", scores=(1e9, 2)), {"a": 1, "b": 2}),
    ],
)
def test_an_answer_is_its_score_else_its_code_else_its_place(given, numbers):
    question = archived("types")[0].questionnaire.questions["consent"]
    assert answer_numbers(replace(question, answers=given)) == numbers


def numbers_field(values, reasons):
    values = np.array(values, dtype=float)
    reasons = np.array(reasons, dtype=object)
    return Field("change", ("Change",), "number", "interval", values, reasons, reason_labels=REASONS)


@pytest.mark.parametrize("least", [-1.0, -5.0, -9.0, -10.0, -250.5, -99_999.0])
def test_codes_of_reasons_are_below_negative_numbers(least):
    field = numbers_field([least, 4.0, np.nan, np.nan], ["", "", "refused", "not_shown"])
    codes = spss.reason_codes(field)
    assert max(codes.values()) < least
    assert len(set(codes.values())) == 5
    frame, meta = opened(spss.spss_file([field], [], "t"), "spss")
    assert [meta.variable_value_labels["change"].get(v, v) for v in frame["change"]] == [
        least,
        4.0,
        "Refused",
        "Not shown",
    ]
    frame, _ = opened(stata.stata_file([field], [], "t", []), "stata")
    assert frame["change"].tolist() == [least, 4.0, "c", "e"]


@given(st.lists(st.text("abcAB_1", min_size=1, max_size=12), unique=True, max_size=25), st.integers(6, 9))
def test_names_are_short_distinct_and_kept_where_they_can_be(names, most):
    found = names_within(names, most, ("aa", "b"))
    assert list(found) == names
    assert all(len(name) <= most for name in found.values())
    assert len({name.casefold() for name in found.values()} | {"aa", "b"}) == len(names) + 2
    for name, short in found.items():
        clashes = [n for n in names if n.casefold() == name.casefold()]
        if len(name) <= most and clashes == [name] and name.casefold() not in ("aa", "b"):
            assert short == name or len(short) < len(name) + 3


@given(st.text(max_size=60), st.integers(5, 40), st.booleans())
def test_labels_are_cut_at_a_character(text, most, in_bytes):
    text = text.encode(errors="ignore").decode()
    found = fitting([text], most, in_bytes)
    assert len(found.encode() if in_bytes else found) <= most
    assert found == text or (found.endswith("…") and text.startswith(found[:-1]))


def test_the_first_title_that_is_short_enough_is_taken():
    assert fitting(["a long title", "short"], 6, in_bytes=False) == "short"
    assert fitting([ALMOST], 14, in_bytes=True) == ALMOST
    assert fitting([ALMOST], 13, in_bytes=True) == "é" * 5 + "…"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x00b\x1fc\x85", "a�b�c�"),
        ("\u202eright to left 🙂 e\u0301", "\u202eright to left 🙂 e\u0301"),
        ("x" * 32_000, "x" * 32_000),
        ("=1+1", "=1+1"),
        ('<script>"&', '<script>"&'),
    ],
)
def test_hostile_texts_and_labels_survive_or_are_replaced_visibly(kind, text, shown):
    book, wave, responses = archived("types")
    sector = book.questionnaire.questions["sector"]
    label = {"en": text, "de": text}
    named = replace(sector, text=label, short=label, answers=tuple(replace(a, label=label) for a in sector.answers))
    questionnaire = replace(book.questionnaire, questions={**book.questionnaire.questions, "sector": named})
    values = responses.values.assign(remark=[text] * len(responses))
    missing = responses.missing.assign(
        remark=pd.Series([None] * len(responses), dtype=responses.missing["remark"].dtype)
    )
    written = archive_files(
        replace(book, questionnaire=questionnaire), wave, replace(responses, values=values, missing=missing), "en"
    )
    frame, meta = opened(written[kind], kind)
    assert set(frame["remark"]) == {shown}
    most = {"spss": (spss.MOST_VALUE_LABEL, spss.MOST_TITLE), "stata": (stata.MOST_VALUE_LABEL, stata.MOST_TITLE)}
    assert meta.variable_value_labels["sector"][1] == fitting([shown], most[kind][0], in_bytes=True)
    assert meta.column_names_to_labels["sector"] == fitting([shown], most[kind][1], in_bytes=kind == "spss")
    assert shown in pd.Series(re.findall(r"<labl[^>]*>([^<]*)", written["ddi"])).map(html.unescape).tolist()


# --- opened in other programs ---


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


@pytest.mark.skipif(shutil.which("pspp") is None, reason="PSPP is not installed")
@pytest.mark.parametrize("wave", WAVES)
def test_pspp_opens_them_and_counts_the_same(tmp_path, wave):
    book, _, responses = archived(wave)
    (tmp_path / "responses.sav").write_bytes(files(wave)["spss"])
    variable = next(v for v in book.questionnaire.variables if v.kind == "category")
    syntax = f"GET FILE='{tmp_path}/responses.sav'.\nMRSETS /DISPLAY NAME=ALL.\nFREQUENCIES {variable.name}.\n"
    (tmp_path / "look.sps").write_text(syntax)
    done = run("pspp", "-o", "-", "-O", "format=csv", str(tmp_path / "look.sps"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "warning" not in (done.stdout + done.stderr).lower()
    for each in response_sets(book.questionnaire, "en"):
        assert f"${each.name}" in done.stdout
    valid, missing = responses.is_valid(variable.name).sum(), responses.missing[variable.name].notna().sum()
    assert f"N,Valid,{valid}\n,Missing,{missing}\n" in done.stdout
    counts = responses.values[variable.name].value_counts()
    for name, count in counts[counts > 0].items():
        label = book.questionnaire.questions[variable.question].answer_label(name, "en")
        assert re.search(rf'{re.escape(label)}"?,{count},\d', done.stdout), label


def has_haven():
    return shutil.which("Rscript") is not None and run("Rscript", "-e", "library(haven)").returncode == 0


@pytest.mark.skipif(not has_haven(), reason="R with haven is not installed")
def test_haven_opens_them_and_counts_the_same(tmp_path):
    _, _, responses = archived("lucerne")
    for kind, (name, _) in KINDS.items():
        (tmp_path / name).write_bytes(files("lucerne")[kind])
    script = f"""
        library(haven)
        s <- read_sav("{tmp_path}/responses.sav", user_na = TRUE)
        d <- read_dta("{tmp_path}/responses.dta")
        cat(dim(s), dim(d), sum(is.na(s$adoption)), sum(na_tag(d$adoption) == "b", na.rm = TRUE), sep = "\\n")
        cat(attr(s$adoption, "na_range"), format(s$submitted_at[1]), format(d$submitted_at[1]), sep = "\\n")
        cat(mean(zap_missing(s$employees)), sum(d$weight), names(attr(d$adoption, "labels"))[1], sep = "\\n")
    """
    done = run("Rscript", "-e", script)
    assert done.returncode == 0, done.stderr
    found = done.stdout.split("\n")
    columns = str(len(fields_of(responses, archived("lucerne")[0].questionnaire, "en")))
    reasons = responses.missing["adoption"]
    assert found[:4] == [str(len(responses)), columns] * 2
    assert found[4:8] == [str(reasons.notna().sum()), str((reasons == "dont_know").sum()), "-9", "-5"]
    assert found[8] == found[9] == str(responses.respondents["submitted_at"].iloc[0])
    assert float(found[10]) == pytest.approx(responses.values["employees"].mean(), rel=1e-6)
    assert float(found[11]) == pytest.approx(responses.respondents["weight"].sum(), rel=1e-6)
    assert found[12] == "No, and it will not"
