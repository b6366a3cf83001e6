"""Sizes that want to do harm, through figures, workbook and report: nobody to 60 respondents, 1 to 40 items,
labels of 200 characters in four languages."""

import csv
import io
import json
import random
from functools import cache
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory

import openpyxl
import pytest

from b2bsurvey.config import Wave
from b2bsurvey.ingest import ingest
from b2bsurvey.questionnaire_file import load_questionnaire
from b2bsurvey.readers import read_export
from b2bsurvey.render.drawn import figure_files, read_figures
from b2bsurvey.render.figures import draw_figures
from b2bsurvey.render.report import report
from b2bsurvey.render.results import WaveResults
from b2bsurvey.render.workbook import workbook
from b2bsurvey.respondent_key import DEMONSTRATION_KEY
from measured_figures import assert_readable, text
from rendered_wave import LANGUAGES, finished

GRID = 5  # items of the grid, at most
FREQUENCY = ("never", "rarely", "often", "always", "daily")
WORDS = [
    "Zusammenarbeit",
    "acquisition",
    "concorrenza",
    "réseaux",
    "Weiterempfehlung",
    "&",
    "<customers>",
    "entretien",
    "of",
    "Kundschaft",
]


def label(number: int) -> str:
    """Return 200 characters that differ from those of any other number."""
    words = random.Random(number)
    return (f"{number}: " + " ".join(words.choices(WORDS, k=40)))[:199] + "."


def hostile_questionnaire(items: int) -> dict:
    answers = {code: {"label": text(label(1000 + place))} for place, code in enumerate(FREQUENCY)}
    listed = {f"i{number}": {"label": text(label(number))} for number in range(items)}
    few = dict(list(listed.items())[:GRID])
    contexts = {"private": {"label": text(label(2000))}, "work": {"label": text(label(2001))}}
    staff = {"small": {"label": text(label(3000))}, "large": {"label": text(label(3001))}}

    def asked(number: int, **other) -> dict:
        return {"text": text(label(number)), "short": text(label(number + 1))} | other

    return {
        "title": text(label(9000)),
        "source": text(label(9001)),
        "languages": list(LANGUAGES),
        "roles": {
            "firm_size": "staff",
            "adoption": "adoption",
            "channels": ["channels", "grid"],
            "barriers": ["barriers", "ranked"],
        },
        "questions": {
            "staff": asked(4000, type="single", level="ordinal", answers=staff),
            "adoption": asked(4002, type="single", answers=answers),
            "channels": asked(4004, type="tick_all", options=listed),
            "grid": asked(4006, type="grid", items=few, contexts=contexts),
            "barriers": asked(4008, type="battery", items=listed, answers=answers),
            "ranked": asked(4010, type="ranking", items=listed),
        },
    }


def export(items: int, respondents: int) -> str:
    listed = [f"i{number}" for number in range(items)]
    heads = ["Respondent ID", "staff", "adoption", *(f"channels_{i}" for i in listed)]
    heads += [f"{i} [{c}]" for i in listed[:GRID] for c in ("private", "work")]
    heads += [*(f"barriers_{i}" for i in listed), *(f"ranked_{i}" for i in listed)]
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(heads)
    pick = random.Random(items)
    for number in range(respondents):
        ranks = pick.sample(range(1, items + 1), items)
        row = [f"r{number}", pick.choice(["small", "large"]), pick.choice(FREQUENCY)]
        row += [pick.choice(["1", ""]) for _ in range(items + 2 * min(items, GRID))] + pick.choices(FREQUENCY, k=items)
        writer.writerow(row + ranks)
    return table.getvalue()


@cache
def hostile(items: int, respondents: int) -> WaveResults:
    with TemporaryDirectory() as name:
        folder = Path(name)
        file = folder / "questionnaire.yaml"
        file.write_text(json.dumps(hostile_questionnaire(items)), encoding="utf-8")  # JSON is YAML
        questionnaire = load_questionnaire(file, LANGUAGES)
    wave = Wave("hostile", ("hostile.csv",), "q.yaml", "open_link", origin="synthetic")
    raw = read_export(Path("hostile.csv"), data=export(items, respondents).encode())
    responses, read = ingest([raw], questionnaire, DEMONSTRATION_KEY, wave)
    return finished("Hostile sizes", wave, questionnaire, responses, read)


SIZES = [(1, 0), (1, 1), (1, 2), (40, 0), (40, 2), (40, 60)]


@pytest.mark.parametrize(("items", "respondents"), SIZES)
def test_every_figure_workbook_and_report_is_made_and_legible(items, respondents):
    results = hostile(items, respondents)
    language = LANGUAGES[(items + respondents) % 4]
    figures = draw_figures(results.estimates, results.questionnaire, language, "synthetic")
    assert len(figures) >= 8
    for figure in figures:
        assert_readable(figure)
    book = openpyxl.load_workbook(io.BytesIO(workbook(results, language)))
    cells = {str(c.value) for sheet in book for row in sheet for c in row if c.value is not None}
    with TemporaryDirectory() as name:
        for file, content in figure_files(figures, ()).items():
            Path(name, file).write_bytes(content if isinstance(content, bytes) else content.encode())
        page = report(results, language, read_figures(Path(name)))
    for number in range(items):
        assert any(label(number) in cell for cell in cells)
        assert escape(label(number)) in page or not respondents  # then the report says that nobody is left
    assert not {cell for cell in cells if cell.lower() in ("nan", "inf", "none", "-inf")}
