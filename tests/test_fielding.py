"""The questionnaire as it can be fielded: read back by our own readers, checked by pyxform, printed in each language."""

import re
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import pytest
from pyxform.xls2xform import convert

import typed_wave
from b2bsurvey.fielding import fielding_files
from b2bsurvey.fielding.form import form_of
from b2bsurvey.fielding.limesurvey import LimeSurvey, write_lss
from b2bsurvey.fielding.routing import Router
from b2bsurvey.fielding.xlsform import OpenDataKit, write_xlsform
from b2bsurvey.questionnaire import Bounds, Condition
from b2bsurvey.questionnaire_file import load_in_all_languages
from b2bsurvey.readers.definitions import read_definition

ROOT = Path(__file__).parents[1]
LUCERNE = ROOT / "config" / "questionnaires" / "lucerne.yaml"
BUFFER = ROOT / "config" / "questionnaires" / "buffer-2018.yaml"


def plain(texts):
    return {language: " ".join(text.split()) for language, text in texts.items()}


@cache
def form(path: Path = LUCERNE):
    return form_of(load_in_all_languages(path))


def read_back(tmp_path, name: str, data: bytes):
    path = tmp_path / name
    path.write_bytes(data)
    return read_definition(path)


@pytest.mark.parametrize("path", [LUCERNE, BUFFER], ids=lambda p: p.stem)
def test_limesurvey_reads_back_as_the_same_questionnaire(tmp_path, path):
    written = form(path)
    read = read_back(tmp_path, "survey.lss", write_lss(written))
    assert read.languages == written.languages
    assert read.title == plain(written.questionnaire.title)
    assert [q.code for q in read.questions] == [q.code for q in written.questions.values()]
    assert not read.notes
    for found, wrote in zip(read.questions, written.questions.values(), strict=True):
        asked = wrote.question
        assert found.text == plain(asked.text)
        kind = "battery" if asked.type == "constant_sum" else asked.type
        assert found.type == kind, asked.name
        assert bool(found.routing) == bool(asked.asked_if), asked.name
        if asked.type != "ranking":  # whose items LimeSurvey calls answers
            closed = [(a.code, plain(a.text)) for a in wrote.answers if not a.open]
            assert [(a.code, a.text) for a in found.answers if not a.other] == closed
        rows, across = found.items, found.contexts
        if wrote.contexts_first:
            rows, across = across, rows
        items = [(i.code, plain(i.text), i.exclusive) for i in rows if not i.other]
        assert items == [(i.code, plain(i.text), i.exclusive) for i in wrote.items if not i.open], asked.name
        assert any(i.other for i in rows) == any(i.open for i in wrote.items)
        if asked.type == "grid":
            assert [(c.code, plain(c.text)) for c in across] == [(c.code, plain(c.text)) for c in wrote.contexts]


def test_an_export_of_the_fielded_survey_has_the_columns_that_the_questionnaire_names(tmp_path):
    read = read_back(tmp_path, "survey.lss", write_lss(form()))
    headings = {column.code for question in read.questions for column in question.columns}
    for wrote in form().questions.values():
        asked = wrote.question
        if asked.column and "{" in asked.column:
            for item in wrote.items if "{item}" in asked.column else wrote.items[: asked.most]:
                place = wrote.items.index(item) + 1
                heading = asked.column.replace("{item}", item.code).replace("{rank}", str(place))
                heading = heading.replace("{context}", wrote.contexts[0].code if wrote.contexts else "")
                assert heading in headings, asked.name
        else:
            assert asked.column in headings, asked.name


@pytest.mark.parametrize("path", [LUCERNE, BUFFER], ids=lambda p: p.stem)
def test_pyxform_takes_the_xlsform_and_it_reads_back(tmp_path, path):
    written = form(path)
    file = tmp_path / "form.xlsx"
    file.write_bytes(write_xlsform(written))
    converted = convert(str(file))
    assert not converted.warnings
    for language in written.languages:
        assert f"({language})" in converted.xform
    read = read_definition(file)
    found = {q.code: q for q in read.questions}
    for wrote in written.questions.values():
        asked = wrote.question
        if asked.type in ("single", "tick_all", "ranking", "number", "date", "text", "battery"):
            question = found[wrote.code]
            assert question.type == asked.type
            assert question.text == plain(asked.text)
            assert [a.code for a in question.answers] == [a.code for a in wrote.answers]
            listed = [i.code.removeprefix(f"{wrote.code}_") for i in question.items]
            assert listed == [i.code for i in wrote.items]
            assert bool(question.routing) == bool(asked.asked_if) or asked.type == "battery"


@pytest.mark.parametrize(
    ("condition", "limesurvey", "odk"),
    [
        (Condition(((("adoption", ("uses",)),),)), 'B2.NAOK == "A1"', "${B2} = 'A1'"),
        (Condition(((("adopter", ("no",)),),)), None, None),
        (Condition(((("why_not", ("costs",)),),)), 'F3_SQ001.NAOK == "Y"', "selected(${F3}, 'SQ001')"),
        (Condition(((("why_not_costs", ("0",)),),)), '!(F3_SQ001.NAOK == "Y")', "not(selected(${F3}, 'SQ001'))"),
        (
            Condition(((("employees", Bounds(10, 249)), ("consent", ("yes",))),)),
            '((A3.NAOK >= 10 and A3.NAOK <= 249) and A1.NAOK == "Y")',
            "((${A3} >= 10 and ${A3} <= 249) and ${A1} = 'Y')",
        ),
        (Condition(((("employees", None),), (("consent", ("no",)),))), '(!is_empty(A3.NAOK) or A1.NAOK == "N")', None),
        (Condition(((("firm_size", ("s100_249",)),),)), "A3.NAOK >= 100", None),
    ],
)
def test_routing_in_the_words_of_the_platforms(condition, limesurvey, odk):
    said = Router(form(), LimeSurvey()).expression(condition)
    assert limesurvey is None or said == limesurvey
    for code in ("A4", "A3", "A2") if limesurvey is None else ():  # who does not use it
        assert f'B2.NAOK == "{code}"' in said
    assert odk is None or Router(form(), OpenDataKit()).expression(condition) == odk


def test_what_cannot_be_said_leaves_nobody_out():
    mean = Condition(((("pressure_external", Bounds(3, None)), ("consent", ("yes",))),))
    assert Router(form(), LimeSurvey()).expression(mean) == ""


def test_codes_are_what_limesurvey_takes():
    for path in (LUCERNE, BUFFER):
        questions = form(path).questions.values()
        codes = [q.code for q in questions]
        assert len(set(codes)) == len(codes)
        assert all(re.fullmatch(r"[A-Za-z][A-Za-z0-9]{0,19}", code) for code in codes)
        for question in questions:
            for choices, longest in ((question.answers, 5), (question.items, 20)):
                found = [c.code for c in choices]
                assert len(set(found)) == len(found)
                assert all(re.fullmatch(rf"[A-Za-z0-9]{{1,{longest}}}", code) for code in found)


class Text(HTMLParser):
    def __init__(self, page):
        super().__init__()
        self.words, self.marks, self.style = [], 0, False
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.style = tag == "style"
        self.marks += "mark " in (dict(attrs).get("class") or "")

    def handle_data(self, data):
        if not self.style and data.strip():
            self.words.append(" ".join(data.split()))


@pytest.mark.parametrize("language", ["en", "de", "fr", "it"])
def test_every_question_answer_and_item_is_printed(language):
    files = fielding_files(form().questionnaire, "Study <1>")
    page = files[f"questionnaire_{language}.html"]
    assert "http" not in page
    assert "Study &lt;1&gt;" in page
    words = " ".join(Text(page).words)
    for question in form().questions.values():
        if question.question.name == "link":  # filled in by the link, asked of nobody
            assert question.question.text[language] not in words
            continue
        for text in (question.question.text, *(c.text for c in (*question.answers, *question.items))):
            assert " ".join(text[language].split()) in words
    assert all(block.title[language] in words for block in form().blocks)


def test_a_question_has_a_mark_for_each_answer_it_can_take():
    page = Text(fielding_files(form().questionnaire, "S")["questionnaire_en.html"])
    expected = 0
    for question in form().questions.values():
        rows, contexts = len(question.items) or 1, len(question.contexts) or 1
        if question.question.name != "link" and (question.items or question.answers):
            expected += rows * contexts * (len(question.answers) or 1)
    assert page.marks == expected


def test_two_builds_give_the_same_bytes():
    assert fielding_files(form().questionnaire, "S") == fielding_files(form().questionnaire, "S")


def test_every_type_of_question_can_be_fielded(tmp_path):
    files = fielding_files(typed_wave.questionnaire(tmp_path), "S")
    assert {"questionnaire_en.html", "questionnaire_de.html", "limesurvey.lss", "xlsform.xlsx"} == set(files)
    assert len(read_back(tmp_path, "typed.lss", files["limesurvey.lss"]).questions) > 8
    (tmp_path / "typed.xlsx").write_bytes(files["xlsform.xlsx"])
    assert not convert(str(tmp_path / "typed.xlsx")).warnings
