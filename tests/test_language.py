"""A report, workbook and figures in German, French and Italian hold no word, key or placeholder of another language."""

import io
import re
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
import pytest
from openpyxl import load_workbook

import adoption_wave
from b2bsurvey.config import Wave
from b2bsurvey.ingest import ingest
from b2bsurvey.questionnaire import ANALYSES, Questionnaire
from b2bsurvey.questionnaire_file import load_questionnaire
from b2bsurvey.readers import read_export
from b2bsurvey.render.catalogue import catalogue
from b2bsurvey.render.figures import draw_figures
from b2bsurvey.render.results import WaveResults
from b2bsurvey.render.workbook import workbook
from rendered_wave import LANGUAGES, finished, shipped
from test_report import page

OTHERS = LANGUAGES[1:]
WORD = re.compile(r"[^\W\d_]{3,}")
PLACEHOLDER = re.compile(r"\{\w*\}")
STOP_WORDS = frozenset(("the", "of", "and", "with", "not", "which", "is", "are", "was", "were", "by", "than", "those"))
# names stand as they are: of files and what is in them, derivations in codes, what a sheet's name cuts off
NAME = re.compile(r"\w+\([^)]*\)|\S*[/\\_]\S*|\S+\.\w+\b|\b[0-9a-f]{16,}\b|\w+…")
NAMES = {*ANALYSES, "flow", "models", "scales", "tables", "sensitivity", "families", "id", "raking", "rake"}


def words(text: str) -> set[str]:
    return {word.lower() for word in WORD.findall(NAME.sub(" ", PLACEHOLDER.sub(" ", text)))}


@cache
def english(language: str) -> frozenset[str]:
    """Return the words of the English catalogue that the language does not use, and the commonest of English."""
    own, theirs = (set().union(*map(words, catalogue(code).texts.values())) for code in (language, "en"))
    return frozenset((theirs | STOP_WORDS) - own)


def of_the_study(questionnaire: Questionnaire, language: str) -> set[str]:
    """Return the words that the study itself brings: its labels in the language, and its names."""
    found = set(NAMES)
    for question in questionnaire.questions.values():
        parts = (*question.items, *question.contexts, *question.answers)
        texts = [question.text, question.short, *(part.label for part in parts)]
        found |= set().union(*(words(text[language]) for text in texts))
        found |= {question.name, *(part.code for part in parts)}
    return found | words(questionnaire.source.get(language, "")) | words(questionnaire.title.get(language, ""))


def of_the_export(results: WaveResults) -> set[str]:
    """Return the words of the headings of the export, which stand as they are."""
    return set().union(*map(words, results.codebook["source_column"]), words("Respondent ID"))


@cache
def in_all_languages() -> WaveResults:
    """A wave with something for every analysis, whose labels are no words of any language but English."""
    text, number = adoption_wave.QUESTIONNAIRE.read_text(encoding="utf-8"), iter(range(10_000))

    def translated(label: re.Match) -> str:
        word = f"Xq{next(number)}"
        return "{" + ", ".join([f"en: {label[1]}", *(f'{language}: "{word}{language}"' for language in OTHERS)]) + "}"

    text = re.sub(r'\{en: ("[^"]*")\}', translated, text).replace("languages: [en]", "languages: [en, de, fr, it]")
    with TemporaryDirectory() as name:
        file = Path(name) / "questionnaire.yaml"
        file.write_text(text, encoding="utf-8")
        questionnaire = load_questionnaire(file, LANGUAGES)
    rows = adoption_wave.answers()
    data = pd.DataFrame(list(rows), columns=list(rows[0])).to_csv(index=False).encode()
    wave = Wave("xq", ("xq.csv",), "q.yaml", "open_link", weight_column="w", origin="synthetic")
    responses, report = ingest([read_export(Path("xq.csv"), data=data)], questionnaire, b"key", wave)
    return finished("Xq", wave, questionnaire, responses, report)


def texts(results: WaveResults, language: str) -> set[str]:
    """Return every text of the report, the workbook and the figures."""
    tables = dict(results.estimates) | {f"{name}_tests": table for name, table in results.tests.items()}
    figures = draw_figures(tables, results.questionnaire, language, results.wave.origin, study=results.study)
    found = set(page(results, language, figures=[]).text)
    found |= {text.get_text() for figure in figures for text in figure.page.canvas().texts}
    found |= {text for f in figures for text in (f.title, f.subtitle, f.caption, f.alt)}
    book = load_workbook(io.BytesIO(workbook(results, language)))
    found |= {str(cell) for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row if cell}
    return found | set(book.sheetnames)


@pytest.mark.parametrize(
    ("wave", "language"), [*((in_all_languages, language) for language in OTHERS), (shipped, "it")]
)
def test_nothing_is_left_in_another_language(wave, language):
    results = wave()
    brought = of_the_study(results.questionnaire, language) | words(results.study) | of_the_export(results)
    foreign = english(language) - brought
    keys = set(catalogue("en").texts)
    found = [text.strip() for text in texts(results, language)]
    assert len(found) > 500
    leaks = {text: words(text) & foreign for text in found if words(text) & foreign}
    assert not leaks
    assert not [text for text in found if text in keys and "." in text]
    assert not [text for text in found if PLACEHOLDER.search(text)]


def test_a_leak_would_be_found():
    foreign = english("de")
    assert words("Anteil of those asked") & foreign == {"those", "asked"}
    assert {"weighted", "respondents", "share", "which"} <= foreign
    assert not words("Anteil der gewichteten Befragten, siehe results/small/tables/usage.csv") & foreign
