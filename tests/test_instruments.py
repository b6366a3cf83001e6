"""Definitions of questionnaires: LimeSurvey of old and new database versions, its structure, Qualtrics."""

import csv
import os
from pathlib import Path

import pytest

from b2bsurvey.errors import StudyError
from b2bsurvey.instruments import read_instrument
from b2bsurvey.instruments.instrument import Instrument, InstrumentQuestion, in_language, item_text

FIXTURES = Path(__file__).parent / "fixtures" / "exports"
EXPORTS = os.environ.get("SURVEY_EXPORTS", "")
real = pytest.mark.skipif(not EXPORTS, reason="SURVEY_EXPORTS is not set: no folder of real exports")


def fixture(name: str) -> Instrument:
    return read_instrument((FIXTURES / name).read_bytes(), name)


def by_code(instrument: Instrument) -> dict[str, InstrumentQuestion]:
    return {question.code: question for question in instrument.questions}


# --- LimeSurvey --------------------------------------------------------------------------------------------


def test_old_and_new_database_versions_give_the_same_instrument() -> None:
    old, new = fixture("limesurvey_178.lss"), fixture("limesurvey_426.lss")
    assert old.questions == new.questions
    assert (old.title, old.languages) == (new.title, new.languages)


def test_survey() -> None:
    survey = fixture("limesurvey_426.lss")
    questions = by_code(survey)
    assert (survey.platform, survey.languages) == ("limesurvey", ("en", "de"))
    assert survey.title == {"en": "Channels 2026", "de": "Kanäle 2026"}
    assert survey.notes == ()
    assert [(q.code, q.type, q.cells) for q in survey.questions] == [
        ("adoption", "single", "choice"),
        ("Likert", "battery", "choice"),
        ("channels", "tick_all", "tick"),
        ("use", "grid", "number"),
        ("dual", "grid", "choice"),
        ("consent", "single", "choice"),
        ("order", "ranking", "rank"),
        ("staff", "number", "number"),
        ("photo", "file", "file"),
        ("thanks", "display", "nothing"),
        ("sector", "single", "choice"),
        ("isLarge", "computed", "text"),
    ]
    adoption = questions["adoption"]
    assert adoption.text["de"] == "Nutzt Ihre Firma soziale Medien? [eine Antwort]"  # without tags
    assert adoption.help["en"] == "Any channel counts."
    assert adoption.page == "Use"
    assert adoption.mandatory
    assert not questions["Likert"].mandatory
    assert [a.code for a in adoption.answers] == ["A1", "A2", "-oth-"]
    assert adoption.answers[1].text == {"en": "Plans to", "de": "Plant es"}
    assert [a.code for a in questions["consent"].answers] == ["Y", "N"]
    assert in_language(questions["consent"].answers[0].text, "de-informal") == "Ja"


def test_routing_of_question_group_and_item() -> None:
    questions = by_code(fixture("limesurvey_426.lss"))
    assert questions["adoption"].routing == ""
    assert questions["channels"].routing == 'adoption.NAOK != "A2"'
    assert questions["staff"].routing == 'adoption.NAOK == "A1"'
    assert [i.routing for i in questions["channels"].items] == ["", "staff.NAOK > 9", "", ""]
    assert [i.code for i in questions["channels"].items if i.exclusive] == ["none"]


def test_conditions_of_old_versions_where_there_is_no_equation() -> None:
    old = (FIXTURES / "limesurvey_178.lss").read_text(encoding="utf-8")
    conditions = """ <conditions><fields><fieldname>qid</fieldname></fields><rows><row><qid>2</qid>
    <cfieldname>123X7X1</cfieldname><method>==</method><value>A1</value></row></rows></conditions>\n</document>"""
    survey = read_instrument(old.replace("</document>", conditions).encode(), "x.lss")
    assert by_code(survey)["Likert"].routing == "123X7X1 == A1"


def test_columns_of_an_export() -> None:
    questions = by_code(fixture("limesurvey_426.lss"))
    codes = {code: [c.code for c in question.columns] for code, question in questions.items()}
    assert codes["adoption"] == ["adoption", "adoption[other]"]
    assert codes["channels"] == [f"channels[{s}]" for s in ("SQ001", "SQ002", "none", "other")]
    assert codes["use"] == ["use[Y1_X1]", "use[Y1_X2]"]
    assert codes["dual"] == ["dual[SQ001][1]", "dual[SQ001][2]"]
    assert codes["order"] == ["order[1]", "order[2]"]
    assert codes["photo"] == ["photo", "photo[filecount]"]
    assert codes["sector"] == ["sector", "sector[comment]"]
    assert codes["thanks"] == []
    names = {c.code: c.names for q in questions.values() for c in q.columns}
    assert names["Likert[2]"] == ("Likert_2", "123X7X22")
    assert names["dual[SQ001][2]"] == ("dual_SQ001#1", "123X7X5SQ001#1")
    open_ones = [c.code for q in questions.values() for c in q.columns if c.open]
    assert open_ones == ["adoption[other]", "channels[other]", "sector[comment]", "isLarge"]


def test_what_stands_below_a_question_in_a_heading() -> None:
    questions = by_code(fixture("limesurvey_426.lss"))

    def texts(code: str, language: str) -> list[str]:
        return [item_text(questions[code], column, language) for column in questions[code].columns]

    assert texts("use", "de") == ["Beiträge [Privat]", "Beiträge [Bei der Arbeit]"]
    assert texts("order", "en") == ["Rank 1", "Rank 2"]
    assert texts("adoption", "it") == ["", "Altro"]
    assert texts("sector", "en") == ["", "Comment"]


def test_structure_as_tab_separated_values() -> None:
    structure, survey = fixture("limesurvey_structure.txt"), by_code(fixture("limesurvey_426.lss"))
    questions = by_code(structure)
    assert structure.languages == ("en", "de")
    assert structure.title == {"en": "Channels 2026", "de": "Kanäle 2026"}
    assert questions["adoption"].answers == survey["adoption"].answers
    assert questions["adoption"].page == survey["adoption"].page
    assert questions["adoption"].mandatory
    assert questions["channels"].routing == survey["channels"].routing
    assert [i.exclusive for i in questions["channels"].items] == [False, True]
    assert questions["channels"].items[1].text == {"en": "None of these", "de": "Keiner davon"}


@pytest.mark.parametrize(
    ("data", "name", "words"),
    [
        (b"<document>", "x.lss", "x.lss, line 1: found damaged XML"),
        (b"x", "x.lss", "x.lss: found no XML"),
        (b"\xff\xfe<\0d\0", "x.lss", "x.lss: found XML in an encoding other than UTF-8"),
        (b"<survey/>", "x.lss", "x.lss: found XML whose outermost element is 'survey'"),
        (
            b'<?xml version="1.0"?><!-- a --><!DOCTYPE d SYSTEM "file:///etc/passwd"><document/>',
            "x.lss",
            "x.lss: found a document type declaration, which no file of LimeSurvey holds, so it was not opened",
        ),
        (
            b"<document><LimeSurveyDocType>Label set</LimeSurveyDocType></document>",
            "x.lss",
            "x.lss: found LimeSurvey's 'Label set'; expected a survey (.lss)",
        ),
        (b"a\tb\n1\t2\n", "x.txt", "x.txt, line 1: found other headings than LimeSurvey's"),
        (b"\xff", "x.txt", "x.txt: found no tab-separated text in UTF-8"),
        (b"{", "x.qsf", "x.qsf: found no JSON in UTF-8"),
        (b"[" * 100_000, "x.qsf", "x.qsf: found no JSON in UTF-8"),
        (b'{"a": 1}', "x.qsf", "x.qsf: found JSON without 'SurveyEntry' and 'SurveyElements'"),
        (b'{"SurveyEntry": {}, "SurveyElements": [1]}', "x.qsf", "x.qsf: found JSON that is not arranged as Qualtrics"),
        (
            b"",
            "x.csv",
            "x.csv: found a name that ends in '.csv'; expected the definition of a questionnaire (.lss, .txt",
        ),
    ],
)
def test_what_is_refused(data: bytes, name: str, words: str) -> None:
    with pytest.raises(StudyError) as caught:
        read_instrument(data, name)
    assert str(caught.value).startswith(words)
    assert "\n" not in str(caught.value)


def test_texts_may_speak_of_document_types() -> None:
    text = (FIXTURES / "limesurvey_426.lss").read_text(encoding="utf-8").replace("Thank you", "&<!DOCTYPE x>")
    assert by_code(read_instrument(text.encode(), "x.lss"))["thanks"].text["en"] == "&<!DOCTYPE x>"


# --- Qualtrics ---------------------------------------------------------------------------------------------


def test_qualtrics() -> None:
    survey = fixture("qualtrics.qsf")
    questions = by_code(survey)
    assert (survey.platform, survey.languages, survey.title) == ("qualtrics", ("en", "de"), {"en": "Channels 2026"})
    assert [(q.code, q.type, q.cells) for q in survey.questions] == [  # in the order of the survey's flow
        ("Q1", "single", "choice"),
        ("Q2", "tick_all", "tick"),
        ("Q3", "battery", "choice"),
        ("Q4", "battery", "text"),
        ("Q5", "ranking", "rank"),
        ("Q6", "constant_sum", "number"),
        ("Q7", "grid", "choice"),
        ("Q8", "display", "nothing"),
    ]
    assert questions["Q1"].text == {"en": "Does your firm use social media?", "de": "Nutzt Ihre Firma soziale Medien?"}
    assert [(a.code, a.text["de"]) for a in questions["Q1"].answers] == [
        *(("12", "Plant es"), ("11", "Nutzt sie"), ("15", "Anderes")),  # recoded, and in the order shown
    ]
    assert questions["Q1"].mandatory
    assert questions["Q2"].routing == "If Uses it Is Selected"
    assert questions["Q4"].routing == "If Uses it Is Selected"  # the branch that leads to its block
    assert [i.exclusive for i in questions["Q2"].items] == [False, True]
    assert survey.notes == (
        "Q1: If Plans to Is Selected, Then Skip To End of Block",
        "questions in the trash, left out: Q9",
    )


def test_columns_of_a_qualtrics_export() -> None:
    codes = {q.code: [c.code for c in q.columns] for q in fixture("qualtrics.qsf").questions}
    assert codes == {
        "Q1": ["Q1", "Q1_5_TEXT"],
        "Q2": ["Q2_1", "Q2_4"],
        "Q3": ["Q3_1", "Q3_2"],
        "Q4": ["Q4_1", "Q4_2"],
        "Q5": ["Q5_1", "Q5_2"],
        "Q6": ["Q6_1", "Q6_2"],
        "Q7": ["Q7#1_1", "Q7#2_1_1", "Q7#2_1_2"],
        "Q8": [],
    }


# --- real definitions --------------------------------------------------------------------------------------


def instrument(name: str) -> Instrument:
    path = Path(EXPORTS) / name
    return read_instrument(path.read_bytes(), str(path))


@real
@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("citric_limesurvey_survey_432535.lss", ["single", "text"]),
        ("citric_survey.lss", ["text", "single", "file", "single"]),
        ("citric_answers.lss", ["tick_all", "battery"]),
        ("tonis_two-languages.lss", ["text"]),
        ("limonaid_testing-export.txt", ["single"]),
    ],
)
def test_real_surveys_of_limesurvey(name: str, kinds: list[str]) -> None:
    survey = instrument(f"limesurvey/{name}")
    assert [q.type for q in survey.questions] == kinds
    assert survey.notes == ()
    assert all(q.text.keys() >= {survey.languages[0]} for q in survey.questions)


@real
def test_texts_of_real_surveys() -> None:
    answers = by_code(instrument("limesurvey/citric_answers.lss"))
    assert [i.text["en"] for i in answers["Q02"].items] == [
        *("Color", "Milkiness", "Creaminess", "Mouthfeel", "Aftertaste"),
    ]
    assert [(a.code, a.text["en"]) for a in answers["Q02"].answers][::4] == [
        ("AO01", "Too much"),
        ("AO05", "Too little"),
    ]
    assert by_code(instrument("limesurvey/citric_survey.lss"))["G01Q01"].text["en"] == "Text for first question"
    assert instrument("limesurvey/tonis_two-languages.lss").languages == ("en", "et")


@real
def test_real_survey_of_qualtrics_names_the_columns_of_its_export() -> None:
    survey = instrument("qualtrics/Better_Sample_Survey.qsf")
    with open(Path(EXPORTS) / "qualtrics" / "Better_Sample_Survey.csv", encoding="utf-8-sig", newline="") as file:
        headings = next(csv.reader(file))[11:-3]
    named = {column.code for question in survey.questions for column in question.columns}
    assert [h for h in headings if h not in named] == ["Q13_1_-1", "Q13_2_-1", "Q13_3_-1"]  # added after the .qsf
    assert {code.partition("#")[0] for code in named - set(headings)} == {"Q11"}  # and Q11 taken out
    assert [a.text["en"] for a in by_code(survey)["q4_rank"].answers] == [
        *("Enjoy", "Ambivalent", "Dislike", "Never Tried It"),
    ]
