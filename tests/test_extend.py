"""docs/extend.md works as it stands: its files are written, its commands run, and what they make is right."""

import csv
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from study import ROOT, clone, edit, environment, run

PAGE = ROOT / "docs" / "extend.md"
# a file name in bold with where the text goes, or nothing for a command, and the fenced block
BLOCK = re.compile(r"(?:\*\*`(?P<file>[^`]+)`\*\*(?P<place>[^\n]*)\n\n)?```(?P<kind>\w+)\n(?P<text>.*?)```", re.DOTALL)


@dataclass(frozen=True)
class Walk:
    """The study after both walks; what each command said."""

    folder: Path
    said: dict[str, str]


def follow(block: re.Match, folder: Path) -> str:
    """Do what a block of the page says; return what its commands printed."""
    text = block["text"]
    if not block["file"]:
        assert block["kind"] == "sh", f"a block without a file name is no command: {text}"
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(
            ["sh", "-ec", text],
            cwd=folder,
            env=environment(PATH=path),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout
    file = folder / block["file"]
    file.parent.mkdir(parents=True, exist_ok=True)
    match block["place"]:
        case "":
            assert not file.exists(), f"the page writes {file} twice"
            file.write_text(text, encoding="utf-8")
        case ", added at the end":
            file.write_text(file.read_text(encoding="utf-8") + text, encoding="utf-8")
        case ", under `waves`":
            edit(file, "waves:\n", f"waves:\n{text}")
        case place:
            pytest.fail(f"where the text of {file.name} goes is not understood: {place}")
    return ""


@pytest.fixture(scope="module")
def walk(tmp_path_factory) -> Walk:
    """A small study in two languages, taken through every block of the page."""
    folder = clone(tmp_path_factory.mktemp("extend") / "study", ("spring",))
    edit(folder / "config/config.yaml", "languages: [en]", "languages: [en, fr]")
    questionnaire = folder / "config/questionnaire.yaml"
    asked = re.sub(r'\{en: ("[^"]*")\}', r"{en: \1, fr: \1}", questionnaire.read_text(encoding="utf-8"))
    questionnaire.write_text(asked.replace("languages: [en]", "languages: [en, fr]"), encoding="utf-8")
    blocks = list(BLOCK.finditer(PAGE.read_text(encoding="utf-8")))
    return Walk(folder, {block["text"]: follow(block, folder) for block in blocks})


def table(walk: Walk, name: str) -> list[dict[str, str]]:
    with (walk.folder / "results" / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_page_says_where_each_of_its_blocks_goes():
    text = PAGE.read_text(encoding="utf-8")
    assert len(list(BLOCK.finditer(text))) == text.count("```") / 2 > 12
    assert text.count("**`") == len([b for b in BLOCK.finditer(text) if b["file"]])


def test_the_analysis_gives_shares_and_tests_in_the_columns_of_all_tables(walk):
    shares = table(walk, "spring/mine/taken_to_work.csv")
    assert [(r["item"], r["base"], r["status"]) for r in shares] == [
        ("linkedin", "private_users", "small_base"),
        ("xing", "private_users", "small_base"),
    ]
    assert all(0 < float(r["ci_low"]) < float(r["estimate"]) < float(r["ci_high"]) < 1 for r in shares)
    tests = table(walk, "spring/mine/taken_to_work_tests.csv")
    assert all(0 < float(r["p_value"]) <= float(r["p_adjusted"]) for r in tests)


def test_its_own_test_has_run(walk):
    assert "2 passed" in walk.said["python -m pytest -q mine\n"]


@pytest.mark.parametrize(
    ("language", "texts"),
    [("en", ["who uses it at work too?", "Base: private users"]), ("fr", ["au travail\u202f?", "Base : utilisateurs privés"])],
)  # fmt: skip
def test_the_figure_speaks_its_language(walk, language, texts):
    svg = (walk.folder / f"results/spring/mine/taken_to_work_{language}.svg").read_text(encoding="utf-8")
    for text in ["LinkedIn", "Xing", *texts]:
        assert text.replace("\u202f", " ") in svg.replace("\u202f", " ")


def test_a_change_of_the_analysis_runs_it_again(walk):
    edit(walk.folder / "mine/taken_to_work.py", '"""Of', '"""Among')
    planned = run(walk.folder, "-n", "--quiet", "host", "--", "mine").output
    assert "output: results/spring/mine/taken_to_work.csv" in planned


def test_the_draft_finds_what_the_page_says(walk):
    said = walk.said["snakemake draft_questionnaire --config export=data/raw/autumn.csv\n"]
    assert "results/drafts/autumn.yaml: from data/raw/autumn.csv (SurveyMonkey, 8 rows" in said
    assert "Respondent ID" in said
    assert "barriers:" in said
    assert "firm_size:" in said


def test_the_new_wave_is_read_and_estimated(walk):
    assert "platform,,,,surveymonkey" in (walk.folder / "results/autumn/data/ingest.csv").read_text(encoding="utf-8")
    ticked = {
        r["item"]: (r["count"], r["n"])
        for r in table(walk, "autumn/tables/barriers.csv")
        if r["answer"] == "ticked" and r["statistic"] == "proportion" and not r["segment"] and r["base"] == "answered"
    }
    assert ticked == {"privacy": ("6", "8"), "lack_time": ("5", "8"), "other_specify": ("1", "8")}
