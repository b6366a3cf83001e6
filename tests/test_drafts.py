"""Drafts of questionnaires: they load without edits, read the export that they are from, and hold nobody's words."""

import csv
import os
import re
from pathlib import Path

import pytest

from b2bsurvey.config import load_config
from b2bsurvey.drafts.document import questionnaire, wave
from b2bsurvey.drafts.draft import Draft, draft
from b2bsurvey.drafts.files import chosen, named
from b2bsurvey.errors import StudyError
from b2bsurvey.ingest import IngestReport, ingest, read_unchanged
from b2bsurvey.privacy import findings as personal_findings
from b2bsurvey.questionnaire import Questionnaire
from b2bsurvey.questionnaire_file import load_questionnaire
from b2bsurvey.strict_yaml import load_yaml

FIXTURES = Path(__file__).parent / "fixtures" / "exports"
EXPORTS = os.environ.get("SURVEY_EXPORTS", "")
NO_EXPORTS = {"kobo_repeat.csv", "redcap_events.csv"}  # instances and events, which the reader refuses
DEFINITIONS = (".lss", ".qsf", ".txt")


def fixtures() -> list[str]:
    names = sorted(p.name for p in FIXTURES.iterdir() if p.suffix in (".csv", ".tsv", ".ods"))
    return [name for name in names if name not in NO_EXPORTS and "dictionary" not in name]


def examples(*suffixes: str) -> list[str]:
    return sorted(
        str(p.relative_to(EXPORTS)) for p in Path(EXPORTS).rglob("*") if EXPORTS and p.name.endswith(suffixes)
    )


def drafted(given: str | Path) -> Draft:
    return draft(chosen(named(str(given))))


def written(made: Draft, folder: Path) -> Path:
    path = folder / "draft.yaml"
    path.write_text(questionnaire(made), encoding="utf-8")
    return path


def as_a_wave(made: Draft, folder: Path) -> tuple[Questionnaire, IngestReport]:
    """Load the draft as it stands and read its export as a wave of a config that the draft itself words."""
    path = written(made, folder)
    lines = [line.replace(f"config/questionnaires/{made.files.name}.yaml", str(path)) for line in wave(made)]
    config = folder / "config.yaml"
    config.write_text("study: Draft\nlanguages: [en]\nwaves:\n" + "".join(f"  {line}\n" for line in lines), "utf-8")
    (own,) = load_config([config]).waves.values()
    loaded = load_questionnaire(path, wave=own.name)
    hashes = [made.export.sha256, *made.export.label_files.values()]
    _, report = ingest(read_unchanged(own, hashes), loaded, b"key", own)
    return loaded, report


def question(made: Draft, name: str, folder: Path) -> dict:
    """Return a question as it stands in the file."""
    return load_yaml(written(made, folder)).data["questions"][name]


def export(folder: Path, rows: list[list[str]], name: str = "wave.csv") -> Path:
    path = folder / name
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
    return path


def check(made: Draft, folder: Path) -> None:
    """A draft reads its export: nothing is not understood, and each column is used, or listed with a reason."""
    loaded, report = as_a_wave(made, folder)
    assert report.not_understood == ()
    assert report.rows == len(made.export.cells)
    assert set(loaded.questions) == {q.name for q in made.questions}
    used = {c.position for q in made.questions for c in q.columns}
    listed = {left.position for left in made.left_out}
    assert used.isdisjoint(listed)
    assert used | listed == {c.position for c in made.export.columns}
    assert len(report.extra) == len(listed)
    text = (folder / "draft.yaml").read_text("utf-8")
    assert all(f"#   {left.position} '" in text for left in made.left_out)
    assert not list(personal_findings(folder / "draft.yaml", set()))
    holds_no_open_answer(made, text)
    every_suggested_role_loads(folder / "draft.yaml")


def holds_no_open_answer(made: Draft, text: str) -> None:
    """No answer to an open question, and no text of an open option, stands in the file."""
    fields = [p.source for q in made.questions for p in (*q.answers, *q.items) if p.open and p.source]
    opens = [q.source for q in made.questions if q.type == "text" and q.source]
    for column in [*fields, *opens]:
        headings = f"{column.code} {column.question} {column.item} {column.heading}"
        for cell in made.export.cells[column.position].str.strip().unique():
            short = len(cell) < 8 or re.sub(r"[\d\W]", "", cell) == ""
            assert short or cell in headings or cell in _listed(made) or f'"{cell}"' not in text, cell


def _listed(made: Draft) -> set[str]:
    """Return the answers of closed questions: somebody may have typed the same elsewhere."""
    parts = (p for q in made.questions for p in (*q.answers, *q.items, *q.contexts))
    return {text for part in parts for text in (*part.label.values(), *part.spellings)}


def every_suggested_role_loads(path: Path) -> None:
    """The suggestions in the comments are right as they stand: without their # the file loads."""
    lines = path.read_text("utf-8").splitlines()
    start = lines.index("# roles:")
    found = []
    for i in range(start + 1, len(lines)):
        if not lines[i].startswith("#   ") or "…" in lines[i].split(" # ")[0]:
            break
        found.append(lines[i][2:])
    if found:
        path.write_text("\n".join([*lines[:start], "roles:", *found, *lines[start:]]) + "\n", "utf-8")
        assert load_questionnaire(path).roles


# --- every file that there is ---


@pytest.mark.parametrize("name", fixtures())
def test_the_draft_of_a_fixture_reads_it(name: str, tmp_path: Path) -> None:
    check(drafted(FIXTURES / name), tmp_path)


@pytest.mark.parametrize("definition", ["limesurvey_178.lss", "limesurvey_426.lss"])
@pytest.mark.parametrize("name", ["limesurvey_code", "limesurvey_text", "limesurvey_code_text", "limesurvey_german"])
def test_the_draft_of_an_export_with_its_definition_reads_it(name: str, definition: str, tmp_path: Path) -> None:
    check(drafted(f"{FIXTURES / name}.csv,{FIXTURES / definition}"), tmp_path)


@pytest.mark.parametrize("name", sorted(p.name for p in FIXTURES.iterdir() if p.suffix in DEFINITIONS))
def test_the_draft_of_a_definition_alone_loads(name: str, tmp_path: Path) -> None:
    made = drafted(FIXTURES / name)
    path = written(made, tmp_path)
    assert load_questionnaire(path, ("en", "de")).questions
    every_suggested_role_loads(path)


REFUSED = {  # neither is an export: a published table, and a file with a torn row
    "surveymonkey/538_masculinity-survey.csv": "found 6 of 12 columns without a heading",
    "kobo/formpack_restaurant_profile_details.csv": "found 9 fields; expected 8",
}


@pytest.mark.skipif(not EXPORTS, reason="SURVEY_EXPORTS is not set: no folder of real exports")
@pytest.mark.parametrize("name", examples(".csv", ".csv.gz", ".sav") or ["none"])
def test_the_draft_of_a_real_export_reads_it(name: str, tmp_path: Path) -> None:
    path = Path(EXPORTS) / name
    if name in REFUSED:
        with pytest.raises(StudyError, match=REFUSED[name]):
            drafted(path)
    elif drafted_from_definition(path):
        assert load_questionnaire(written(drafted(path), tmp_path)).questions
    else:
        check(drafted(path), tmp_path)


def drafted_from_definition(path: Path) -> bool:
    return not chosen(named(str(path))).exports


@pytest.mark.skipif(not EXPORTS, reason="SURVEY_EXPORTS is not set: no folder of real exports")
@pytest.mark.parametrize("name", examples(".lss", ".qsf", "testing-export.txt") or ["none"])
def test_the_draft_of_a_real_definition_loads(name: str, tmp_path: Path) -> None:
    assert load_questionnaire(written(drafted(Path(EXPORTS) / name), tmp_path)).questions
