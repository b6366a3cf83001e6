"""A synthetic wave as Qualtrics exported it in 2016: CSV, three rows of headings, the choices' texts in the cells."""

import csv
import io
from collections.abc import Mapping

import pandas as pd

from b2bsurvey.questionnaire import Question, Questionnaire, Variable
from b2bsurvey.respondent_key import DEMONSTRATION_KEY, hashed
from b2bsurvey.synthetic.fieldwork import Field, left
from b2bsurvey.synthetic.forms import MISSING_CODE

LANGUAGE = "de"  # of the survey's first version, in which Qualtrics exports choices whatever respondents read
DONT_KNOW = "Weiss nicht"
TIME = "%Y-%m-%d %H:%M:%S"
# the platform's columns: code, text, ImportId; those with personal data are left out, as in an anonymised survey
OWN = (
    ("StartDate", "Startdatum", "startDate"),
    ("EndDate", "Enddatum", "endDate"),
    ("Status", "Antworttyp", "status"),
    ("Progress", "Fortschritt", "progress"),
    ("Duration (in seconds)", "Dauer (in Sekunden)", "duration"),
    ("Finished", "Beendet", "finished"),
    ("RecordedDate", "Aufzeichnungsdatum", "recordedDate"),
    ("ResponseId", "Antwort-ID", "_recordId"),
    ("DistributionChannel", "Verteilungskanal", "distributionChannel"),
    ("UserLanguage", "Benutzersprache", "userLanguage"),
)


def qualtrics_csv(wave: Field, questionnaire: Questionnaire) -> bytes:
    """Return the export of a wave; the headings of its questions are the wave's `columns` in the questionnaire."""
    columns = [(*heading, cells) for heading, cells in zip(OWN, _own_cells(wave), strict=True)]
    for question in questionnaire.questions.values():
        if question.derivation is None and not question.not_asked:
            for variable in question.as_asked.variables:
                code = questionnaire.columns[variable.name]
                cells = _cells(wave, question, variable)
                columns.append((code, _heading(question, variable), code.replace("Q", "QID", 1), cells))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(code for code, _, _, _ in columns)
    writer.writerow(heading for _, heading, _, _ in columns)
    writer.writerow(f"{{'ImportId': '{identity}'}}" for _, _, identity, _ in columns)
    writer.writerows(zip(*(cells for _, _, _, cells in columns), strict=True))
    return text.getvalue().encode()


def _own_cells(wave: Field) -> list[list[str]]:
    facts = wave.facts
    ends = [time.strftime(TIME) for time in left(facts["started"], wave.seconds)]
    finished = facts["submitted"].notna()
    progress = (100 * facts["page"] / wave.seconds.shape[1]).astype(int).where(~finished, 100)
    return [
        [time.strftime(TIME) for time in facts["started"]],
        ends,
        ["Umfragevorschau" if test else "IP-Adresse" for test in facts["test"]],
        progress.astype(str).tolist(),
        [str(int(seconds)) for seconds in wave.seconds.sum(axis=1)],
        ["Wahr" if done else "Falsch" for done in finished],
        ends,
        [f"R_{key[:15]}" for key in hashed(DEMONSTRATION_KEY, facts["id"].astype(str))],
        ["preview" if test else "anonymous" for test in facts["test"]],
        facts["language"].str.upper().tolist(),
    ]


def _heading(question: Question, variable: Variable) -> str:
    """Return the text above a column: the question, then context and item after dashes."""
    parts = [question.item_label(code, LANGUAGE) for code in (variable.context, variable.item) if code]
    return " - ".join([question.text[LANGUAGE], *parts])


def _cells(wave: Field, question: Question, variable: Variable) -> list[str]:
    if variable.name in wave.texts:
        return list(wave.texts[variable.name])
    codes: pd.Series = pd.Series(wave.answers[variable.name])
    if question.kind == "number":
        return [str(code) if code >= 0 else "" for code in codes]
    labels: Mapping[int, str] = {place: answer.label[LANGUAGE] for place, answer in enumerate(question.answers)}
    labels = {**labels, MISSING_CODE["dont_know"]: DONT_KNOW}
    return codes.map(labels).fillna("").tolist()
