"""Definitions in files that exports can be as well: XLSForms, REDCap's data dictionaries, labels of SPSS and Stata files."""

import csv
import io
import os
from collections import Counter
from pathlib import Path

import openpyxl
import pandas as pd
import pyreadstat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from b2bsurvey.config import Wave
from b2bsurvey.errors import StudyError
from b2bsurvey.ingest import ingest
from b2bsurvey.instruments.instrument import Choice, Instrument, InstrumentQuestion
from b2bsurvey.instruments.redcap import read_dictionary
from b2bsurvey.instruments.xlsform import read_xlsform
from b2bsurvey.questionnaire_file import load_questionnaire
from b2bsurvey.readers import read_exports
from b2bsurvey.readers.definitions import is_definition, read_definition

FIXTURES = Path(__file__).parent / "fixtures" / "exports"
EXPORTS = os.environ.get("SURVEY_EXPORTS", "")
SURVEY = [
    ["type", "name", "label::English (en)", "label::French (fr)", "hint::English (en)", "relevant", "required", "appearance"],
    ["start", "start", "", "", "", "", "", ""],
    ["begin_group", "firm", "Your firm", "Votre entreprise", "", "", "", ""],
    ["select_one size", "size", "How <b>large</b> is it?", "De quelle taille ?", "Staff", "", "yes", ""],
    ["select_multiple channel or_other", "channels", "Which channels?", "Quels canaux ?", "", "${size} != '1'", "", ""],
    ["begin_group", "views", "How far do you agree?", "", "", "${size} = '2'", "", ""],
    ["select_one agree", "views_label", "Agree", "", "", "", "", "w1 label"],
    ["select_one agree", "privacy", "Privacy", "Vie privée", "", "", "", "list-nolabel"],
    ["select_one agree", "time", "Time", "Temps", "", "", "", "list-nolabel"],
    ["end_group", "", "", "", "", "", "", ""],
    ["end group", "", "", "", "", "", "", ""],
    ["", "", "", "", "", "", "", ""],
    ["begin_group", "trust", "How far do you trust …", "", "", "", "", "table-list"],
    ["select_one agree", "trust_news", "News", "", "", "", "", ""],
    ["select_one agree", "trust_firms", "Firms", "", "", "", "", ""],
    ["end_group", "", "", "", "", "", "", ""],
    ["begin_repeat", "branch", "Branch", "", "", "", "", ""],
    ["text", "town", "Town", "", "", "", "", ""],
    ["end_repeat", "", "", "", "", "", "", ""],
    ["integer", "staff", "How many?", "Combien ?", "", "", "", ""],
    ["date", "founded", "When?", "Quand ?", "", "", "", ""],
    ["rank channel", "order", "In which order?", "", "", "", "", ""],
    ["geopoint", "place", "Where?", "", "", "", "", ""],
    ["note", "thanks", "Thank you", "Merci", "", "", "", ""],
]  # fmt: skip
CHOICES = [
    ["list_name", "name", "label::English (en)", "label::French (fr)"],
    ["size", "1", "Small", "Petite"],
    ["size", "2", "Large", "Grande"],
    ["channel", "linkedin", "LinkedIn", "LinkedIn"],
    ["channel", "youtube", "YouTube", "YouTube"],
    ["channel", "none", "None of these", "Aucun"],
    ["agree", "1", "Disagree", "Pas d'accord"],
    ["agree", "2", "Agree", "D'accord"],
]
SETTINGS = [["form_title", "form_id", "default_language"], ["Channels 2026", "c26", "French (fr)"]]


def form(survey: list[list[str]] = SURVEY) -> bytes:
    """Return the bytes of an XLSForm."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in (("survey", survey), ("choices", CHOICES), ("settings", SETTINGS)):
        sheet = book.create_sheet(name)
        for cells in rows:
            sheet.append([cell or None for cell in cells])
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def by_code(instrument: Instrument | None) -> dict[str, InstrumentQuestion]:
    assert instrument is not None
    return {question.code: question for question in instrument.questions}


# --- XLSForm ---


def test_xlsform() -> None:
    instrument = read_definition(Path("form.xlsx"), form())
    assert instrument is not None
    assert (instrument.platform, instrument.title) == ("kobo", {"fr": "Channels 2026"})
    assert instrument.languages == ("fr", "en")
    assert instrument.notes == ("questions of the repeat 'branch' left out",)
    assert [(q.code, q.type, q.cells) for q in instrument.questions] == [
        ("size", "single", "choice"),
        ("channels", "tick_all", "tick"),
        ("views", "battery", "choice"),
        ("trust", "battery", "choice"),
        ("staff", "number", "number"),
        ("founded", "date", "date"),
        ("order", "ranking", "choice"),
        ("place", "other", ""),
        ("thanks", "display", "nothing"),
    ]
    questions = by_code(instrument)
    size = questions["size"]
    assert size.text == {"en": "How large is it?", "fr": "De quelle taille ?"}
    assert size.help == {"en": "Staff"}
    assert size.mandatory
    assert size.answers == (Choice("1", {"en": "Small", "fr": "Petite"}), Choice("2", {"en": "Large", "fr": "Grande"}))
    assert (size.page, size.routing) == ("Your firm", "")
    channels = questions["channels"]
    assert [(c.code, c.other) for c in channels.items] == [
        *(("linkedin", False), ("youtube", False), ("none", False), ("other", True)),
    ]
    assert [c.code for c in channels.columns] == [
        *("channels", "channels/linkedin", "channels/youtube", "channels/none", "channels/other", "channels_other"),
    ]
    assert channels.routing == "${size} != '1'"


def test_rows_of_a_matrix_are_a_battery() -> None:
    questions = by_code(read_definition(Path("form.xlsx"), form()))
    views, trust = questions["views"], questions["trust"]
    assert views.text == {"en": "How far do you agree?"}
    assert [i.code for i in views.items] == ["privacy", "time"]  # the first row only shows the answers
    assert [a.code for a in views.answers] == ["1", "2"]
    assert [(c.code, c.item) for c in views.columns] == [("privacy", "privacy"), ("time", "time")]
    assert views.routing == "${size} = '2'"
    assert [i.code for i in trust.items] == ["trust_news", "trust_firms"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda rows: [r for r in rows if r[0] != "end group"], "found no end of the group 'firm'"),
        (lambda rows: [*rows, ["end_group"] + [""] * 7], "row 25: found the end of a group that does not begin"),
        (
            lambda rows: [[cell.replace("one size", "one sizes") for cell in r] for r in rows],
            "row 4: found the list of choices 'sizes', which the sheet 'choices' does not have; did you mean 'size'?",
        ),
        (lambda rows: [["kind", *rows[0][1:]], *rows[1:]], "sheet 'survey': found no columns 'type' and 'name'"),
    ],
)
def test_broken_forms(change, words: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(StudyError) as caught:
        read_definition(Path("form.xlsx"), form(change(SURVEY)))
    assert str(caught.value).startswith("form.xlsx, sheet 'survey'")
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("heading", "language"),
    [
        ("label", "fr"),
        ("label:Deutsch", "de"),
        ("label..Italian", "it"),
        ("label::Somali", "Somali"),
        ("Label::en", "en"),
    ],
)
def test_headings_of_languages(heading: str, language: str) -> None:
    instrument = read_xlsform([["type", "name", heading], ["text", "q", "?"]], [], SETTINGS, "f")
    assert instrument.questions[0].text == {language: "?"}
    assert instrument.languages == (language,)


KINDS = [*("begin_group", "end_group", "begin repeat", "end_repeat", "select_one a", "select_multiple a or_other"),
         *("select_one", "rank a", "text", "start", "", "note", "select_one b", "integer")]  # fmt: skip
CELL = st.sampled_from(["", "a", "b", "label", "list-nolabel", "table-list", "é <b>x</b>"])


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(KINDS), CELL, CELL, CELL), max_size=12))
def test_any_form(rows: list[tuple[str, str, str, str]]) -> None:
    survey = [["type", "name", "label", "appearance"], *map(list, rows)]
    try:
        instrument = read_xlsform(survey, [["list_name", "name"], ["a", "1"], ["", ""]], [], "f")
    except StudyError as error:
        assert str(error).startswith("f, sheet 'survey'")
    else:
        assert all(question.type for question in instrument.questions)


# --- REDCap ---


def test_data_dictionary() -> None:
    instrument = read_definition(FIXTURES / "redcap_dictionary.csv")
    assert instrument is not None
    assert (instrument.platform, instrument.languages, instrument.title) == ("redcap", ("",), {})
    assert instrument.notes == ("fields marked as identifiers of a person: email",)
    assert [(q.code, q.type, q.page) for q in instrument.questions] == [
        ("record_id", "text", "firm"),
        ("email", "text", "About you"),
        ("channels", "tick_all", "About you"),
        ("role", "single", "About you"),
        ("since", "date", "About you"),
        ("staff", "number", "About you"),
        ("exports", "single", "About you"),
        ("agree", "battery", "views"),
        ("where", "grid", "views"),
        ("score", "computed", "Where do you use them?"),
        ("thanks", "display", "Where do you use them?"),
    ]
    questions = by_code(instrument)
    channels = questions["channels"]
    assert channels.text == {"": "Which channels if any?"}
    assert [(c.code, c.text[""], c.exclusive) for c in channels.items] == [
        ("1", "LinkedIn", False),
        ("2", "YouTube, Vimeo and the like", False),
        ("-9", "None of these", True),
    ]
    assert [c.code for c in channels.columns] == ["channels___1", "channels___2", "channels____9"]
    assert channels.mandatory
    assert questions["role"].routing == "[channels(1)] = '1'"
    assert [a.code for a in questions["exports"].answers] == ["1", "0"]
    agree, where = questions["agree"], questions["where"]
    assert agree.text == {"": "How far do you agree?"}
    assert [(i.code, i.routing) for i in agree.items] == [("privacy", ""), ("time", "[role] = '1'")]
    assert [c.code for c in where.contexts] == ["a", "b"]
    assert [(c.code, c.item, c.context) for c in where.columns][1] == ("use_work___b", "use_work", "b")


def test_dictionary_of_the_api_and_no_dictionary() -> None:
    rows = [["field_name", "form_name", "field_type", "field_label", "select_choices_or_calculations"]]
    rows.append(["role", "firm", "dropdown", "Role?", "1, Owner"])
    (question,) = read_dictionary(rows, "f").questions
    assert (question.type, question.answers) == ("single", (Choice("1", {"": "Owner"}),))
    with pytest.raises(StudyError, match="f: found no columns 'Variable / Field Name'"):
        read_dictionary([["a", "b"]], "f")


# --- SPSS and Stata ---


def test_labels_of_a_data_file(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {"use": [1.0, -9.0], "age": [30.0, 99.0], "town": ["Zug", "x"], "day": pd.to_datetime(["2020-01-02"] * 2)}
    )
    pyreadstat.write_sav(
        frame,
        tmp_path / "x.sav",
        column_labels=["Wie oft?", "Wie alt?", "Wo?", "Wann?"],
        variable_value_labels={"use": {-9: "keine Angabe", 1: "nie", 2: "oft"}, "age": {99: "unbekannt"}},
        missing_ranges={"use": [-9], "age": [99]},
    )
    instrument = read_definition(tmp_path / "x.sav")
    assert instrument is not None
    assert (instrument.platform, instrument.languages) == ("spss", ("",))
    assert [(q.code, q.type, q.text) for q in instrument.questions] == [
        ("use", "single", {"": "Wie oft?"}),
        ("age", "number", {"": "Wie alt?"}),  # its only label is that of a missing value
        ("town", "text", {"": "Wo?"}),
        ("day", "date", {"": "Wann?"}),
    ]
    use = instrument.questions[0]
    assert [(a.code, a.text[""], a.missing) for a in use.answers] == [
        ("1", "nie", False),
        ("2", "oft", False),
        ("-9", "keine Angabe", True),
    ]
    assert instrument.questions[2].columns[0].open


def test_response_sets_are_questions(tmp_path: Path) -> None:
    from test_readers_statistics import sav, with_sets

    frame = pd.DataFrame({"ch_1": [1.0, 2.0], "ch_2": [2.0, 2.0], "q": [1.0, 2.0]})
    data = with_sets(sav(tmp_path, frame, column_labels=["LinkedIn", "YouTube", ""]), "$ch=D1 2 8 Kanaele? ch_1 ch_2\n")
    instrument = read_definition(Path("x.sav"), data)
    assert instrument is not None
    assert [(q.code, q.type, [i.code for i in q.items]) for q in instrument.questions] == [
        ("ch", "tick_all", ["ch_1", "ch_2"]),
        ("q", "number", []),
    ]


# --- beside an export ---

QUESTIONNAIRE = """title: {en: "Channels"}
source: {en: "Synthetic"}
languages: [en]
questions:
  size: {type: single, text: {en: "Size"}, answers: {small: {label: {en: SMALL}}, large: {label: {en: LARGE}}}}
"""


def test_which_files_are_definitions(tmp_path: Path) -> None:
    (tmp_path / "form.xlsx").write_bytes(form())
    book = openpyxl.Workbook()
    book.active.append(["q1", "q2"])
    book.save(tmp_path / "export.xlsx")
    assert is_definition(tmp_path / "form.xlsx")
    assert is_definition(FIXTURES / "redcap_dictionary.csv")
    assert not is_definition(tmp_path / "export.xlsx")
    assert not is_definition(FIXTURES / "redcap.csv")
    assert not is_definition(tmp_path / "nowhere.csv")
    assert read_definition(FIXTURES / "redcap.csv") is None
    assert read_definition(tmp_path / "export.xlsx") is None


def test_a_form_labels_the_codes_of_an_export(tmp_path: Path) -> None:
    (tmp_path / "form.xlsx").write_bytes(form())
    (export,) = read_exports([FIXTURES / "kobo_both.csv", tmp_path / "form.xlsx"])
    columns = {column.code: column for column in export.columns}
    assert columns["size"].values == {"1": "Petite", "2": "Grande"}
    assert columns["channels"].values["none"] == "Aucun"
    assert export.notes[-1].startswith("names and labels of 5 columns, 2 of them with labels of their values")
    text = QUESTIONNAIRE.replace("SMALL", '"Petite"').replace("LARGE", '"Grande"')
    (tmp_path / "q.yaml").write_text(text, encoding="utf-8")
    typed, _ = ingest([export], load_questionnaire(tmp_path / "q.yaml"), b"key", Wave("w", (), "", "open_link"))
    assert typed.values["size"].tolist()[:2] == ["small", "large"]


def test_a_dictionary_labels_the_codes_of_an_export() -> None:
    (export,) = read_exports([FIXTURES / "redcap.csv", FIXTURES / "redcap_dictionary.csv"])
    columns = {column.code: column for column in export.columns}
    assert columns["role"].values == {"1": "Owner", "2": "Marketing"}
    assert columns["role"].question == "What is your role?"
    assert (columns["channels____9"].question, columns["channels____9"].item) == ("channels", "_9")


real = pytest.mark.skipif(not EXPORTS, reason="SURVEY_EXPORTS is not set: no folder of real exports")


@real
@pytest.mark.parametrize("name", ["checkboxes-1_dictionary", "decimal-comma_dictionay", "simple_dictionary"])
def test_real_dictionaries_name_the_columns_of_their_exports(name: str) -> None:
    folder = Path(EXPORTS) / "redcap"
    instrument = read_definition(folder / f"redcapr_{name}.csv")
    assert instrument is not None
    data = folder / f"redcapr_{name.partition('_')[0]}_data.csv"
    with data.open(encoding="utf-8", newline="") as stream:
        headings = next(csv.reader(stream))
    named = {column.code for question in instrument.questions for column in question.columns}
    assert named == {heading for heading in headings if not heading.endswith("_complete")}


@real
def test_real_form_saved_by_r() -> None:
    with (Path(EXPORTS) / "kobo" / "koboquest_kobo_questions.csv").open(encoding="utf-8", newline="") as stream:
        survey = list(csv.reader(stream))
    with (Path(EXPORTS) / "kobo" / "koboquest_kobo_choices.csv").open(encoding="utf-8", newline="") as stream:
        choices = list(csv.reader(stream))
    instrument = read_xlsform(survey, choices, [], "koboquest")
    types = Counter(question.type for question in instrument.questions)
    rows = Counter(row[1].split()[0] for row in survey[1:] if row[1])
    assert types["tick_all"] <= rows["select_multiple"]
    assert types["single"] == 144
    assert len(instrument.notes) == 2  # two repeat groups
    assert by_code(instrument)["resp_gender"].answers[0].text.keys() == {"en", "Somali", "Graph"}
