"""docs/coverage.md is true: what it names is asked, estimated, tested and drawn in lucerne-2013."""

import re
from dataclasses import dataclass, replace
from functools import cache

import pytest

import lucerne_wave
from b2bsurvey.analyses import analyse
from b2bsurvey.design import Survey
from b2bsurvey.render.catalogue import catalogue
from b2bsurvey.render.figures.plan import figure_names
from b2bsurvey.tables import Tables

PAGE = lucerne_wave.ROOT / "docs" / "coverage.md"
HEADS = ["concept", "questions", "analysis", "statistics", "tests", "figures"]


@dataclass(frozen=True)
class Line:
    """A concept and the names of what there is of it."""

    concept: str
    questions: tuple[str, ...]
    analysis: str
    statistics: tuple[str, ...]
    tests: tuple[str, ...]
    figures: tuple[str, ...]


def lines() -> list[Line]:
    rows = re.findall(r"^\| (.+) \|$", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    cells = [[cell.strip() for cell in row.split("|")] for row in rows]
    assert cells[0] == HEADS
    found = []
    for concept, questions, analysis, *others in cells[1:]:
        names = [tuple(name for name in cell.split() if name != "–") for cell in (questions, *others)]
        found.append(Line(concept, names[0], analysis, *names[1:]))
    return found


LINES = lines()


@cache
def narrow() -> Survey:
    """The shipped wave beside one segment instead of all: what there is of a question does not hang on them."""
    whole = lucerne_wave.survey()
    left_out = ("sector", "region", "language", "business_type")
    roles = {role: names for role, names in whole.questionnaire.roles.items() if role not in left_out}
    return replace(whole, questionnaire=replace(whole.questionnaire, roles=roles | {"segments": ("adopter",)}))


@cache
def tables(analysis: str) -> Tables:
    return analyse(lucerne_wave.survey() if analysis in ("sample", "adoption") else narrow(), analysis)


@pytest.mark.parametrize("line", LINES, ids=[line.concept for line in LINES])
def test_what_a_line_names_is_there(line):
    questionnaire = lucerne_wave.questionnaire()
    unknown = set(line.questions) - {*questionnaire.questions, *questionnaire.constructs}
    assert not unknown, f"not asked: {unknown}"
    assert line.analysis in questionnaire.analyses
    assert f"analysis.{line.analysis}" in catalogue("en").texts
    assert not set(line.figures) - set(figure_names(questionnaire)), "not drawn"
    found = tables(line.analysis)
    mine = found.estimates[found.estimates["question"].isin(line.questions or [""])]  # a path is of several questions
    assert not set(line.questions) - set(mine["question"]), "no estimates of"
    assert not set(line.statistics) - set(mine.loc[mine["status"] != "not_estimable", "statistic"]), "no such statistic"
    tests = found.tests[found.tests["question"].isin(line.questions)]
    assert not set(line.tests) - set(tests["test"]), "no such test"


def test_every_question_with_a_finding_is_in_the_table():
    """Whatever has a figure of its own is a concept that the table must name."""
    named = {question for line in LINES for question in line.questions}
    questionnaire = lucerne_wave.questionnaire()
    roles = {
        name for role, names in questionnaire.roles.items() if role not in ("segments", "marker") for name in names
    }
    missing = {n for n in roles - named if n in questionnaire.questions and not questionnaire.questions[n].not_asked}
    assert missing <= {"sells_to", "met_or_deterred", "regular_use", "since_year", "outlook"}
