"""LimeSurvey: four styles of headings, codes and texts, files for R, archives; the same respondents throughout."""

import csv
import io
import zipfile
from dataclasses import replace
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from b2bsurvey.config import Wave
from b2bsurvey.errors import StudyError
from b2bsurvey.ingest import ingest
from b2bsurvey.questionnaire_file import load_questionnaire
from b2bsurvey.readers import RawExport, read_export, read_exports

EXPORTS = Path(__file__).parent / "fixtures" / "exports"
QUESTIONNAIRE = Path(__file__).parent / "fixtures" / "limesurvey" / "questionnaire.yaml"
FILES = ("limesurvey_code.csv", "limesurvey_text.csv", "limesurvey_code_text.csv", "limesurvey_separator.tsv")
WAVE = Wave("w", ("x.csv",), "q.yaml", "open_link")
TEXTS = {
    "adoption": "Does your firm use social media? [tick one]",
    "agreement_time": "How far do you agree? [It costs too much time]",
    "agreement_demand": "How far do you agree? [Customers [of ours] ask for it]",
    "channels_linkedin": "Which channels? [LinkedIn]",
    "channels_youtube": "Which channels? [YouTube]",
    "channels_other": "Which channels? [Other]",
    "consent": "May we call you?",
}


def export(name: str) -> RawExport:
    return read_export(EXPORTS / name)


def refused(data: bytes, name: str) -> str:
    with pytest.raises(StudyError) as caught:
        read_export(Path(name), data=data)
    return str(caught.value)


def archive(**changed: bytes | None) -> bytes:
    """Return an .lsa; `changed` replaces members by the last part of their names, None leaves one out."""
    members = {
        "lss": (EXPORTS / "limesurvey_426.lss").read_bytes(),
        "lsr": (EXPORTS / "limesurvey_responses.lsr").read_bytes(),
        "lst": b"<document>names and addresses</document>",
        **changed,
    }
    names = {
        "lss": "survey_123.lss", "lsr": "survey_123_responses.lsr",
        "lst": "survey_123_tokens.lst", "lsi": "survey_123_timings.lsi",
    }  # fmt: skip
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as packed:
        for ending, content in members.items():
            if content is not None:
                packed.writestr(names[ending], content)
    return stream.getvalue()


def responses(raw: RawExport, columns: dict[str, str] | None = None) -> pd.DataFrame:
    """Return the typed answers of an export through the small questionnaire."""
    questionnaire = load_questionnaire(QUESTIONNAIRE)
    typed, report = ingest([raw], questionnaire, b"key", replace(WAVE, columns=columns or {}))
    assert report.not_understood == ()
    return pd.concat([typed.values, typed.missing.add_suffix("?")], axis=1).astype(object)


# --- headings ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FILES)
def test_facts_are_the_same_in_each_style(name: str) -> None:
    raw = export(name)
    facts = raw.facts
    assert raw.platform == "limesurvey"
    assert len(raw.cells) == 4
    assert facts["respondent_id"].tolist() == ["1", "2", "3", "004"]  # text, zeros kept
    assert facts["complete"].tolist() == [True, True, False, True]  # blank: incomplete; 1980-01-01: complete
    assert facts["submitted_at"].isna().tolist() == [False, True, True, False]  # 1980-01-01 is no date
    assert facts["started_at"].isna().tolist() == [False, True, False, False]
    assert facts["duration"].tolist() == [600.5, 320, 61, 1200]
    assert facts["last_page"].tolist() == [3, 3, 1, 3]
    assert facts["language"].tolist() == ["en", "de", "en", "en"]
    assert not facts["test"].any()


@pytest.mark.parametrize("name", FILES)
def test_personal_columns_are_dropped_and_timings_are_no_answers(name: str) -> None:
    raw = export(name)
    assert len(raw.columns) == 15
    assert len(raw.personal) == 6  # id, token, first name, e-mail, IP address, referrer
    kept = "\n".join(raw.cells.to_numpy().ravel())
    assert not any(text in kept for text in ("tok1", "Ada", "ada@example.org", "192.0.2.1", "https://", "1041181964"))
    (note,) = (note for note in raw.notes if "of the platform" in note)
    assert note.startswith("5 columns of the platform without answers left out: ")
    assert all(word in note.lower() for word in ("seed", "grouptime" if "code" in name else "group time"))


def test_code_headings() -> None:
    raw = export("limesurvey_code.csv")
    columns = {column.code: column for column in raw.columns}
    assert raw.reason.endswith("headings are codes")
    assert list(columns)[:4] == ["adoption", "adoption[other]", "Likert[1]", "Likert[2]"]
    assert (columns["Likert[2]"].question, columns["Likert[2]"].item) == ("Likert", "2")
    assert columns["use[Y1_X2]"].item == "Y1_X2"
    assert columns["dual[SQ001][2]"].item == "SQ001 [2]"
    assert columns["adoption"].values == {"-oth-": "Other"}
    assert raw.cells[columns["photo"].position].iloc[0].startswith('[{ "title":"plant"')


def test_text_headings() -> None:
    raw = export("limesurvey_text.csv")
    columns = {column.position: column for column in raw.columns}
    assert raw.reason.endswith("headings are texts")
    assert (columns[16].question, columns[16].item) == ("How far do you agree?", "Customers [of ours] ask for it")
    assert columns[13].heading == "Does your firm use social media? [tick one]"  # tags and no-break space gone
    assert columns[21].item == "Posting [At work]"
    assert (columns[25].question, columns[25].item) == ("", "")
    assert "no heading above column 25" in raw.notes
    assert columns[27].question == "{if(size.NAOK > 249, 1, 0)}"


@pytest.mark.parametrize(("name", "separator"), [(FILES[2], "."), (FILES[3], "._.")])
def test_headings_of_code_and_text(name: str, separator: str) -> None:
    raw = export(name)
    columns = {column.code: column for column in raw.columns}
    assert raw.reason.endswith(f"headings hold code and text, parted by '{separator}'")
    assert columns["Likert[2]"].question == "How far do you agree?"
    assert columns["Likert[2]"].item == "Customers [of ours] ask for it"
    assert columns["adoption"].question == "Does your firm use social media? [tick one]"
    assert columns["adoption[other]"].item == "Other"
    assert columns["dual[SQ001][1]"].item == "Videos [Importance]"
    assert columns["photo"].question == "photo"  # a question without a text


def test_german_headings_that_repeat_are_told_by_position() -> None:
    raw = export("limesurvey_german.csv")
    assert raw.platform == "limesurvey"
    assert [(c.position, c.question) for c in raw.columns] == [
        (8, "Nutzt Ihre Firma soziale Medien?"),
        (9, "Sonstiges"),
        (10, "Sonstiges"),
    ]
    assert raw.facts["complete"].tolist() == [True, False]
    assert raw.facts["duration"].tolist() == [600, 30]
    assert any("Gruppenzeit: Nutzung, Fragenzeit: adoption" in note for note in raw.notes)


@pytest.mark.parametrize(
    "headings",
    [
        "ID de la réponse,Date de soumission,Dernière page,Langue de départ,Tête de série,Votre avis ?",
        "ID risposta,Data invio,Ultima pagina,Lingua iniziale,Seme,La sua opinione?",
        "Response_ID,Date_submitted,Last_page,Start_language,Seed,Your_view?",
    ],
)
def test_other_languages_of_the_interface(headings: str) -> None:
    raw = read_export(Path("x.csv"), data=f"{headings}\n7,2026-01-01 10:00:00,2,fr,5,Oui\n".encode())
    assert raw.platform == "limesurvey"
    assert len(raw.columns) == 1
    assert raw.facts["complete"].tolist() == [True]


def test_without_a_submit_date_nothing_is_said_of_completion() -> None:
    raw = read_export(Path("x.csv"), data=b"id,lastpage,startlanguage,q1\n1,2,en,A1\n")
    assert raw.facts["complete"].tolist() == [None]


def test_codes_with_brackets_suffice_without_the_platforms_columns() -> None:
    raw = read_export(Path("x.csv"), data=b"adoption,Likert[1],Likert[2]\nA1,5,1\n")
    assert (raw.platform, raw.reason) == (
        "limesurvey",
        "the headings carry codes like 'Likert[1]'; headings are codes",
    )
    assert read_export(Path("x.csv"), data=b"Question [A],Question [B]\n1,2\n").platform == "plain"


def test_a_workbook_is_read_like_the_text() -> None:
    with open(EXPORTS / "limesurvey_code.csv", encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append([int(c) if c.isdigit() and not c.startswith("0") else c or None for c in row])
    stream = io.BytesIO()
    book.save(stream)
    raw, text = read_export(Path("x.xlsx"), data=stream.getvalue()), export("limesurvey_code.csv")
    assert raw.columns == text.columns
    assert raw.cells.to_numpy().tolist() == text.cells.to_numpy().tolist()
    assert raw.facts["complete"].tolist() == text.facts["complete"].tolist()


def test_the_structure_of_a_survey_is_no_export() -> None:
    sentence = refused((EXPORTS / "limesurvey_structure.txt").read_bytes(), "structure.txt")
    assert sentence == (
        "structure.txt, line 1: found the structure of a LimeSurvey survey (its questions and answers), which holds no "
        "responses; expected exported responses; export the responses, and use this file for a draft of the "
        "questionnaire"
    )


# --- the same answers --------------------------------------------------------------------------------------


def test_codes_and_texts_of_the_same_respondents_give_the_same_responses() -> None:
    by_code = responses(export("limesurvey_code.csv"))
    assert by_code["adoption"].tolist() == ["uses", "plans", "uses", "other"]
    assert by_code["agreement_demand"].iloc[3] == "agree"
    assert by_code["channels_linkedin"].iloc[0] == 1
    assert by_code["channels_linkedin?"].iloc[1] == "not_answered"  # N/A in texts, blank in codes
    assert by_code["channels_other"].iloc[3] == 1
    assert by_code["consent"].iloc[1] == "n"
    for name in FILES[1:]:
        columns = TEXTS if name == "limesurvey_text.csv" else {}
        pd.testing.assert_frame_equal(responses(export(name), columns), by_code)
    whole = {name: f"Likert[1]. {TEXTS[name]}" for name in ["agreement_time"]}
    pd.testing.assert_frame_equal(responses(export(FILES[2]), whole), by_code)  # the whole heading may be given, too


def test_archive_gives_the_same_responses() -> None:
    raw = read_export(Path("x.lsa"), data=archive())
    pd.testing.assert_frame_equal(responses(raw), responses(export("limesurvey_code.csv")))


def test_data_file_for_r_with_its_syntax_file_gives_the_same_responses() -> None:
    (raw,) = read_exports([EXPORTS / "limesurvey_r_data.csv", EXPORTS / "limesurvey_r_data.R"])
    columns = {c.code: c for c in raw.columns}
    assert list(columns) == [
        *("adoption", "adoption_other", "Likert_1", "Likert_2", "channels_SQ001", "channels_SQ002", "channels_other"),
        "consent",
    ]
    assert columns["adoption"].values == {"A1": "Uses it", "A2": "Plans to", "-oth-": "Other"}
    assert columns["Likert_2"].values == {"1": "Disagree", "3": "Neither", "5": "Agree"}
    wave = {
        "adoption": "adoption", "agreement_time": "Likert_1", "agreement_demand": "Likert_2",
        "channels_linkedin": "channels_SQ001", "channels_youtube": "channels_SQ002", "channels_other": "channels_other",
    }  # fmt: skip
    assert raw.cells[13].tolist() == ["1", "2", "", "1"]  # yes and no, by their labels only
    pd.testing.assert_frame_equal(responses(raw, wave), responses(export("limesurvey_code.csv")))


def test_labels_of_the_survey_place_codes_that_the_questionnaire_does_not_know(tmp_path: Path) -> None:
    text = QUESTIONNAIRE.read_text(encoding="utf-8")
    for code in ('"A1"', '"A2"', '"1", "Disagree"', '"3", "Neither"', '"5", "Agree"'):
        text = text.replace(f", spellings: [{code}]", "")
    for label in ("1. Disagree", "3. Neither", "5. Agree"):
        text = text.replace(label, label[3:])
    (tmp_path / "q.yaml").write_text(text, encoding="utf-8")
    questionnaire = load_questionnaire(tmp_path / "q.yaml")
    raw = export("limesurvey_code.csv")
    with pytest.raises(StudyError, match="'A1' in 2 rows, first in row 2 is no answer of 'adoption'"):
        ingest([raw], questionnaire, b"key", WAVE)
    (labelled,) = read_exports([EXPORTS / "limesurvey_code.csv", EXPORTS / "limesurvey_426.lss"])
    typed, _ = ingest([labelled], questionnaire, b"key", WAVE)
    expected = responses(raw)[list(typed.values)]
    pd.testing.assert_frame_equal(typed.values.astype(object), expected)


# --- archives ----------------------------------------------------------------------------------------------


def test_archive() -> None:
    raw = read_export(Path("x.lsa"), data=archive())
    columns = {c.code: c for c in raw.columns}
    assert (raw.platform, raw.reason) == (
        "limesurvey",
        "the archive holds the survey 'survey_123.lss' and its responses",
    )
    assert raw.facts["respondent_id"].tolist() == ["1", "2", "3", "004"]
    assert raw.facts["complete"].tolist() == [True, True, False, True]
    assert raw.personal == ("id", "token", "ipaddr")
    assert columns["Likert[2]"].question == "How far do you agree?"
    assert columns["Likert[2]"].item == "Customers [of ours] ask for it"
    assert columns["Likert[2]"].values == {"1": "Disagree", "3": "Neither", "5": "Agree"}
    assert columns["dual[SQ001][2]"].values["A3"] == "Often"
    assert columns["order[1]"].values == {"ads": "Advertising", "news": "News"}
    assert raw.cells[columns["order[2]"].position].tolist() == ["ads", "", "", ""]
    assert raw.cells[columns["staff"].position].tolist() == ["40", "", "", "250.5"]  # as exports write it
    assert raw.cells[columns["photo[filecount]"].position].iloc[0] == "0"
    assert len(raw.sha256) == 64


def test_archive_is_told_from_its_bytes() -> None:
    assert refused(archive(), "x.zip") == (
        "x.zip: found an archive of LimeSurvey under a name that does not end in .lsa; expected name and content to agree; "
        "rename the file to .lsa"
    )
    assert refused(archive(lss=None), "x.lsa").startswith("x.lsa: found no files that end in '.lss' in the archive")
    with pytest.raises(StudyError) as caught:
        read_export(Path("x.lsa"), platform="qualtrics", data=archive())
    assert str(caught.value) == (
        "x.lsa: found an archive of LimeSurvey; expected a file of the platform 'qualtrics'; leave `platform` out"
    )
    assert read_export(Path("x.lsa"), platform="limesurvey", data=archive()).platform == "limesurvey"


def test_archive_with_times() -> None:
    times = b"""<document><LimeSurveyDocType>Timings</LimeSurveyDocType><timings><fields><fieldname>id</fieldname>
    <fieldname>interviewtime</fieldname></fields><rows><row><id>004</id><interviewtime>99.5</interviewtime></row>
    </rows></timings></document>"""
    raw = read_export(Path("x.lsa"), data=archive(lsi=times))
    assert raw.facts["duration"].tolist()[3] == 99.5
    assert raw.facts["duration"].isna().sum() == 3


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"PK\x03\x04 cut", "x.lsa: found a damaged or cut zip archive; expected a whole one"),
        (archive(lsr=None), "x.lsa: found no files that end in '_responses.lsr' in the archive; expected one"),
        (archive(lss=b"<html/>"), "x.lsa, survey_123.lss: found XML whose outermost element is 'html'"),
        (archive(lsr=b"<document>"), "x.lsa, survey_123_responses.lsr, line 1: found damaged XML"),
        (
            archive(lsr=b'<!DOCTYPE d [<!ENTITY a "aa">]><document>&a;</document>'),
            "x.lsa, survey_123_responses.lsr: found a document type declaration, which no file of LimeSurvey holds",
        ),
        (
            archive(lsr=b"<document><LimeSurveyDocType>Responses</LimeSurveyDocType></document>"),
            "x.lsa, survey_123_responses.lsr: found no responses; expected at least one",
        ),
        (archive(lsr=b"<!--" + b" " * 30_000_000 + b"-->"), "x.lsa: unpacks to far more than an archive"),
    ],
    ids=["cut", "no responses", "no survey", "broken XML", "entities", "empty", "bomb"],
)
def test_archives_that_are_refused(data: bytes, words: str) -> None:
    assert refused(data, "x.lsa").startswith(words)
