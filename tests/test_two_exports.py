"""Two exports of the same respondents, one of codes and one of texts, give the same responses, whatever the platform.

The layouts are those that the platforms document; the answers are random.
"""

import csv
import io
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
import pyreadstat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from b2bsurvey.config import Wave
from b2bsurvey.errors import StudyError
from b2bsurvey.ingest import ingest
from b2bsurvey.ingest_table import ingest_table
from b2bsurvey.questionnaire import Questionnaire
from b2bsurvey.questionnaire_file import load_questionnaire
from b2bsurvey.readers import read_export
from b2bsurvey.responses import Responses, to_parquet

QUESTIONNAIRE = """title: {en: "Two exports", de: "Zwei Exporte"}
source: {en: "Synthetic", de: "Synthetisch"}
languages: [en, de]
missing: {dont_know: ["Don't know", "Weiss nicht", "9"]}
questions:
  adoption:
    type: single
    text: {en: "Does your firm use social media?", de: "Nutzt Ihre Firma soziale Medien?"}
    answers:
      uses: {label: {en: "Uses it", de: "Nutzt sie"}, spellings: ["1", "A1", "In use"]}
      planned: {label: {en: "Plans to", de: "Ist geplant"}, spellings: ["2", "A2"]}
      none: {label: {en: "Won’t use it", de: "Nutzt sie nicht"}, spellings: ["3", "A3"]}
  agreement:
    type: battery
    text: {en: "How far do you agree?", de: "Wie sehr stimmen Sie zu?"}
    items:
      time: {label: {en: "It costs time", de: "Es kostet Zeit"}}
      demand: {label: {en: "Customers ask for it", de: "Kunden fragen danach"}}
    answers:
      low: {label: {en: "Disagree", de: "Stimme nicht zu"}, spellings: ["1", "A1", "1. Disagree"]}
      mid: {label: {en: "Neither", de: "Teils, teils"}, spellings: ["2", "A2"]}
      high: {label: {en: "Agree", de: "Stimme zu"}, spellings: ["3", "A3"]}
  channels:
    type: tick_all
    text: {en: "Which channels?", de: "Welche Kanäle?"}
    options:
      linkedin: {label: {en: "LinkedIn", de: "LinkedIn"}}
      youtube: {label: {en: "YouTube", de: "YouTube"}}
  staff:
    type: number
    text: {en: "How many staff?", de: "Wie viele Beschäftigte?"}
"""
ADOPTION, AGREEMENT, TICKS = ("uses", "planned", "none"), ("low", "mid", "high", "dont_know"), ("linkedin", "youtube")
WAVE = Wave("w", ("x.csv",), "q.yaml", "open_link")
Table = list[list[str]]


@dataclass(frozen=True)
class Respondent:
    """What somebody answered, by the codes of the questionnaire; '' where nothing."""

    adoption: str
    time: str
    demand: str
    ticked: frozenset[str]
    staff: str


def respondents(random_: random.Random, n: int = 12) -> list[Respondent]:
    return [
        Respondent(
            random_.choice((*ADOPTION, "")),
            random_.choice((*AGREEMENT, "")),
            random_.choice((*AGREEMENT, "")),
            frozenset(t for t in TICKS if random_.random() < 0.6),
            random_.choice(("", str(random_.randrange(1, 500)))),
        )
        for _ in range(n)
    ]


Write = Callable[[str, str], str]  # an answer of a question, as the export has it


def codes(prefix: str = "") -> Write:
    """Write answers as the platform's codes: 1, 2, 3 (or A1, A2, A3), 9 for don't know."""
    known = {code: f"{prefix}{i}" for q in (ADOPTION, AGREEMENT[:3]) for i, code in enumerate(q, 1)}
    return lambda question, code: {"": "", "dont_know": "9"}.get(code, known.get(code, code))


def texts(random_: random.Random | None = None) -> Write:
    """Write answers as their labels; with `random_` in any language, spelling, case and spacing, codes among them."""

    def write(question: str, code: str) -> str:
        if code in ("", "dont_know"):
            spellings = {"": [""], "dont_know": ["Don't know", "Weiss nicht", "don’t know"]}[code]
        else:
            answer = next(a for a in questionnaire().questions[question].answers if a.code == code)
            spellings = [answer.label["en"], answer.label["de"], *answer.spellings, answer.code]
        if random_ is None:
            return spellings[0]
        chosen = random_.choice(spellings)
        return random_.choice([chosen, chosen.upper(), f" {chosen} ", chosen.replace(" ", "\u00a0")]) if chosen else ""

    return write


def to_csv(rows: Table, delimiter: str = ",") -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


Export = tuple[str, bytes, Mapping[str, str]]  # name, content, headings by variable
VARIABLES = ("adoption", "agreement_time", "agreement_demand", "channels_linkedin", "channels_youtube", "staff")


def headed(headings: list[str]) -> Mapping[str, str]:
    return dict(zip(VARIABLES, headings, strict=True))


def answers(r: Respondent, write: Write, ticked: Mapping[str, str], empty: str) -> list[str]:
    battery = [write("agreement", code) for code in (r.time, r.demand)]
    return [write("adoption", r.adoption), *battery, *(ticked[t] if t in r.ticked else empty for t in TICKS), r.staff]


def limesurvey(people: list[Respondent], write: Write, of_codes: bool) -> Export:
    own = ["id", "submitdate", "lastpage", "startlanguage", "startdate", "datestamp"]
    heads = ["adoption", "agree[time]", "agree[demand]", "channels[linkedin]", "channels[youtube]", "staff"]
    ticked, empty = dict.fromkeys(TICKS, "Y"), ""
    if not of_codes:
        own = ["Response ID", "Date submitted", "Last page", "Start language", "Date started", "Date last action"]
        heads = ["Does your firm use social media?"]
        heads += [f"How far do you agree? [{i}]" for i in ("It costs time", "Customers ask for it")]
        heads += [f"Which channels? [{i}]" for i in ("LinkedIn", "YouTube")] + ["How many staff?"]
        ticked, empty = dict.fromkeys(TICKS, "Yes"), "No"
    day = "2026-03-02 10:00:00"
    rows = [[str(i), day, "3", "en", day, day, *answers(r, write, ticked, empty)] for i, r in enumerate(people, 1)]
    return "x.csv", to_csv([own + heads, *rows], "," if of_codes else ";"), headed(heads)


def qualtrics(people: list[Respondent], write: Write, of_codes: bool) -> Export:
    own = [
        "StartDate",
        "EndDate",
        "Status",
        "Progress",
        "Duration (in seconds)",
        "Finished",
        "ResponseId",
        "UserLanguage",
    ]
    ids = ["startDate", "endDate", "status", "progress", "duration", "finished", "_recordId", "userLanguage"]
    heads = ["Q1", "Q2_1", "Q2_2", "Q3_1", "Q3_2", "Q4"]
    said = ["Does your firm use social media?", "How far do you agree? - It costs time"]
    said += ["How far do you agree? - Customers ask for it", "Which channels? - LinkedIn", "Which channels? - YouTube"]
    imports = [
        f'{{"ImportId":"{name}"}}' for name in (*ids, "QID1", "QID2_1", "QID2_2", "QID3_1", "QID3_2", "QID4_TEXT")
    ]
    ticked = {"linkedin": "1", "youtube": "1"} if of_codes else {"linkedin": "LinkedIn", "youtube": "YouTube"}
    platform = ["0", "100", "300", "1"] if of_codes else ["IP Address", "100", "300", "True"]
    rows = [
        ["2026-03-02 10:00:00", "2026-03-02 10:05:00", *platform, f"R_{i}", "EN", *answers(r, write, ticked, "")]
        for i, r in enumerate(people, 1)
    ]
    return "x.csv", to_csv([own + heads, [*own, *said, "How many staff?"], imports, *rows]), headed(heads)


def kobo(people: list[Respondent], write: Write, of_codes: bool) -> Export:
    heads = ["adoption", "agree_time", "agree_demand", "channels/linkedin", "channels/youtube", "staff"]
    joined = "channels"
    if not of_codes:
        heads = ["Does your firm use social media?", "It costs time", "Customers ask for it"]
        heads += ["Which channels?/LinkedIn", "Which channels?/YouTube", "How many staff?"]
        joined = "Which channels?"
    own = ["_id", "_uuid", "_submission_time", "_index"]
    labels = dict(zip(TICKS, TICKS if of_codes else ("LinkedIn", "YouTube"), strict=True))
    rows = []
    for i, r in enumerate(people, 1):
        cells = answers(r, write, dict.fromkeys(TICKS, "1"), "0" if r.ticked else "")
        together = " ".join(labels[t] for t in TICKS if t in r.ticked)
        time = "2026-05-04T08:42:23.990+02:00"
        rows.append(
            [time, time, *cells[:3], together, *cells[3:], f"{900 + i}", f"u-{i}", "2026-05-06T07:00:01", f"{i}"]
        )
    return "x.csv", to_csv([["start", "end", *heads[:3], joined, *heads[3:], *own], *rows], ";"), headed(heads)


def redcap(people: list[Respondent], write: Write, of_codes: bool) -> Export:
    first, last = ["record_id", "redcap_survey_identifier", "form_timestamp"], "form_complete"
    heads = ["adoption", "agree_time", "agree_demand", "channels___1", "channels___2", "staff"]
    ticked, empty, complete = dict.fromkeys(TICKS, "1"), "0", "2"
    if not of_codes:
        first, last = ["Record ID", "Survey Identifier", "Survey Timestamp"], "Complete?"
        heads = ["Does your firm use social media?", "It costs time", "Customers ask for it"]
        heads += [f"Which channels? (choice={label})" for label in ("LinkedIn", "YouTube")] + ["How many staff?"]
        ticked, empty, complete = dict.fromkeys(TICKS, "Checked"), "Unchecked", "Complete"
    rows = [
        [str(i), "", "2026-05-04 08:56:15", *answers(r, write, ticked, empty), complete]
        for i, r in enumerate(people, 1)
    ]
    return "x.csv", to_csv([[*first, *heads, last], *rows]), headed(heads)


def surveymonkey(people: list[Respondent], write: Write, of_codes: bool) -> Export:
    upper = ["Respondent ID", "Start Date", "End Date", "Does your firm use social media?", "How far do you agree?", ""]
    lower = ["", "", "", "Response", "It costs time", "Customers ask for it", "LinkedIn", "YouTube", "Response"]
    ticked = dict.fromkeys(TICKS, "1") if of_codes else {"linkedin": "LinkedIn", "youtube": "YouTube"}
    rows = [
        [f"1000000{i}", "06/18/2020 10:36:30 AM", "06/18/2020 10:41:02 AM", *answers(r, write, ticked, "")]
        for i, r in enumerate(people, 1)
    ]
    heads = ["Does your firm use social media?"]
    heads += [f"How far do you agree? [{i}]" for i in ("It costs time", "Customers ask for it")]
    heads += [f"Which channels? [{i}]" for i in ("LinkedIn", "YouTube")] + ["How many staff?"]
    table = [[*upper, "Which channels?", "", "How many staff?"], lower, *rows]
    return "x.csv", to_csv(table), headed(heads)


PLATFORMS = {f.__name__: f for f in (limesurvey, qualtrics, kobo, redcap, surveymonkey)}


@cache
def questionnaire() -> Questionnaire:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "q.yaml"
        path.write_text(QUESTIONNAIRE, encoding="utf-8")
        return load_questionnaire(path)


def read(export: Export) -> Responses:
    name, data, columns = export
    raw = read_export(Path(name), data=data)
    assert raw.platform != "plain"
    typed, report = ingest([raw], questionnaire(), b"key", replace(WAVE, columns=columns))
    assert report.not_understood == ()
    return typed


def stored(typed: Responses) -> bytes:
    """Return responses.parquet without the columns that say where in which file a respondent stands."""
    return to_parquet(replace(typed, respondents=typed.respondents.drop(columns=["file", "row"])))


def as_given(typed: Responses, people: list[Respondent]) -> None:
    """The answers are those that were given, and not just the same wrong ones."""
    missing = {"dont_know": "dont_know", "": "not_answered"}
    for name, given_ in (("adoption", [p.adoption for p in people]), ("agreement_time", [p.time for p in people])):
        values, reasons = typed.values[name].astype(object), typed.missing[name].astype(object)
        assert [r if isinstance(r, str) else v for v, r in zip(values, reasons, strict=True)] == [
            missing.get(code, code) for code in given_
        ]
    linkedin = typed.values["channels_linkedin"].fillna(0).tolist()
    assert linkedin == [int("linkedin" in p.ticked) for p in people]


@pytest.mark.parametrize("platform", PLATFORMS)
@settings(max_examples=4, deadline=None)
@given(random_=st.randoms(use_true_random=False))
def test_codes_and_texts_of_the_same_respondents_give_the_same_responses(platform, random_):
    people = respondents(random_)
    write = PLATFORMS[platform]
    prefix = "A" if platform == "limesurvey" else ""
    of_codes = read(write(people, codes(prefix), True))
    as_given(of_codes, people)
    for spelling in (texts(), texts(random_)):
        assert stored(read(write(people, spelling, False))) == stored(of_codes)


LABELS = {"adoption": {1.0: "Uses it", 2.0: "Plans to", 3.0: "Won’t use it"}}
LABELS |= {f"agree_{i}": {1.0: "Disagree", 2.0: "Neither", 3.0: "Agree", 9.0: "Don't know"} for i in ("time", "demand")}
LABELS |= {f"ch_{i}": {0.0: "No", 1.0: "Yes"} for i in TICKS}


@pytest.mark.parametrize("kind", ["sav", "dta"])
def test_numbers_with_labels_and_texts_of_a_data_file_give_the_same_responses(tmp_path, kind):
    """SPSS and Stata files hold codes with labels, or, written by a platform as texts, the labels themselves."""
    people = respondents(random.Random(5))
    names = ["adoption", "agree_time", "agree_demand", "ch_linkedin", "ch_youtube", "staff"]

    def file(write: Write, ticked: str, empty: str, labels: Mapping[str, Mapping[float, str]]) -> Export:
        rows = [[f"R_{i}", *answers(r, write, dict.fromkeys(TICKS, ticked), empty)] for i, r in enumerate(people, 1)]
        frame = pd.DataFrame(rows, columns=["ResponseId", *names])
        for name in (*labels, "staff"):
            frame[name] = pd.to_numeric(frame[name])
        path = tmp_path / f"x.{kind}"
        writer = pyreadstat.write_sav if kind == "sav" else pyreadstat.write_dta
        writer(frame, path, variable_value_labels=labels)
        return path.name, path.read_bytes(), headed(names)

    of_codes = read(file(codes(), "1", "0", LABELS))
    as_given(of_codes, people)
    assert stored(read(file(texts(), "Yes", "No", {}))) == stored(of_codes)


# --- what is not understood ---


@pytest.mark.parametrize("platform", PLATFORMS)
def test_what_is_not_understood_is_listed_and_stops_above_the_share(platform):
    people = respondents(random.Random(3), 40)
    spelt = texts()
    spoiled = iter(["Uses its"] * 3)  # no answer of the question, but near one

    def write(question: str, code: str) -> str:
        return (
            (next(spoiled, "") or spelt(question, code))
            if (question, code) == ("adoption", "uses")
            else spelt(question, code)
        )

    name, data, columns = PLATFORMS[platform](people, write, False)
    raw, wave = read_export(Path(name), data=data), replace(WAVE, columns=columns)
    with pytest.raises(StudyError) as stopped:
        ingest([raw], replace(questionnaire(), not_understood=0.05), b"key", wave)
    first = next(row for row, person in zip(raw.cells.index, people, strict=True) if person.adoption == "uses")
    assert f"'Uses its' in 3 rows, first in row {first} is no answer of 'adoption'; did you mean 'Uses it'?" in str(
        stopped.value
    )
    assert "correct the answer's label at" in str(stopped.value)
    typed, report = ingest([raw], replace(questionnaire(), not_understood=0.2), b"key", wave)
    listed = ingest_table(report.to_dict()).query("kind == 'not_understood'")
    assert [(r.name, r.value) for r in listed[["name", "value"]].itertuples(index=False, name="R")] == [
        ("adoption", "Uses its")
    ] * 3
    assert listed["row"].iloc[0] == first
    assert typed.missing["adoption"].iloc[list(raw.cells.index).index(first)] == "not_answered"
