"""The workflow end to end on a small study: what it makes, what reruns after which change, and what it says."""

import csv
import json
import os
import re
import subprocess
import sys

import pytest

from small_wave import WAVE, export
from study import ROOT, clone, edit, environment, planned, results, run

RENDERING = {"figures", "workbook", "wave_report", "codebook", "codebook_page", "fielding", "privacy"}
RENDERING |= {"topline", "archive", "index_page", "privacy_across", "provenance"}
ACROSS = {"trends", "trend_figures", "trend_report"}
RENDERING |= {"codebook_diff"} | ACROSS
ANALYSIS = {"analysis", "sensitivity", "check_wave", "checks", "figures", "workbook", "wave_report", "privacy"}
ANALYSIS |= {"topline", "families", "privacy_across", "provenance"} | ACROSS
EVERYTHING = {"ingest", "screening", "codebook", "codebook_page", "archive", "index_page"} | ANALYSIS


def test_everything_that_is_promised_is_there(finished_study):
    made = set(results(finished_study))
    for wave in ("one", "two"):
        files = ("responses.parquet", "responses.csv", "codebook.csv", "ingest.csv", "ledger.csv", "quality.csv")
        files += ("responses.sav", "responses.dta", "codebook.xml")
        data = {f"results/{wave}/data/{name}" for name in files}
        tables = {f"results/{wave}/tables/{a}{k}.csv" for a in ("sample", "usage", "barriers") for k in ("", "_tests")}
        tables |= {f"results/{wave}/tables/{name}.csv" for name in ("sensitivity", "families")}
        pages = {
            f"results/{wave}/{n}" for n in ("tables_en.xlsx", "report_en.html", "codebook_en.html", "topline_en.html")
        }
        assert data | tables | pages <= made
        assert f"results/{wave}/figures/en/flow.svg" in made
    names = ("codebook_diff.csv", "trends.csv", "trends_tests.csv", "families.csv", "report_en.html")
    assert {f"results/waves/{name}" for name in names} <= made
    assert {
        "results/index_en.html",
        "results/published/checks.csv",
        "results/privacy.json",
        "results/provenance.json",
    } <= made


def test_the_end_names_the_report(tmp_path):
    folder = clone(tmp_path / "study")
    first = run(folder)
    assert first.status == 0, first.output
    assert first.output.count("small: ") == 7  # six stages and the summary
    said = first.output[first.output.index("small: export read") :]
    assert "Execute 1 jobs" not in said
    end = "small: analysed 58, excluded 2, warnings 1\n  results/small/report_en.html\nAll waves: "
    assert end in said
    assert "  results/index_en.html\n" in said
    before = {p: p.stat().st_mtime_ns for p in (folder / "results").rglob("*")}
    second = run(folder)
    assert second.status == 0
    assert "Nothing to be done" in second.output
    assert before == {p: p.stat().st_mtime_ns for p in (folder / "results").rglob("*")}


def test_a_touch_reruns_nothing(study):
    for pattern in ("data/raw/*", "config/*", "workflow/**/*.py", "workflow/**/*.smk", "workflow/schemas/*"):
        for path in study.glob(pattern):
            os.utime(path)
    assert planned(study) == set()


@pytest.mark.parametrize(
    ("file", "old", "new", "reruns"),
    [
        ("config/questionnaire.yaml", "How many people work in", "How many persons work in", RENDERING),
        ("config/questionnaire.yaml", 'planned: {label: {en: "Planned"}}', 'planned: {label: {en: "Is planned"}, spellings: [Planned]}', EVERYTHING | {"fielding", "codebook_diff"}),
        ("config/questionnaire.yaml", "title: ", "# a comment\ntitle: ", {"provenance"}),
        ("workflow/scripts/b2bsurvey/statistics/ranks.py", '"""Ranks', '"""The ranks', ANALYSIS),
        ("workflow/scripts/b2bsurvey/readers/typeform.py", '"""', '"""The ', EVERYTHING),
        ("workflow/scripts/b2bsurvey/render/workbook.py", '"""', '"""The ', {"workbook", "privacy", "provenance"}),
        ("workflow/scripts/b2bsurvey/analyses/usage.py", '"""', '"""Of ', ANALYSIS - {"sensitivity"} - ACROSS),
        ("config/config.yaml", "languages: [en]", "languages: [en]\nadjustment: bh", ANALYSIS),
        ("config/config.yaml", "languages: [en]", "languages: [en]\nscreening: {duplicate: {keep: last}}", EVERYTHING - {"ingest"}),
        ("config/config.yaml", "Small study", "Our study", RENDERING - {"codebook", "codebook_diff", "trends"}),
        ("config/questionnaire.yaml", "languages: [en]", "languages: [en]\nwaves: {one: {questions: {staff: {text: {en: How many}}}}}", RENDERING),
    ],
)  # fmt: skip
def test_a_change_reruns_what_depends_on_it(study, file, old, new, reruns):
    edit(study / file, old, new)
    assert planned(study) == reruns


def test_only_the_analysis_that_reaches_a_module_reruns(study):
    edit(study / "workflow/scripts/b2bsurvey/analyses/usage.py", '"""', '"""Of ')
    dry = run(study, "-n", "--quiet", "host").output
    assert "results/one/tables/usage.csv" in dry
    assert "output: results/one/tables/sample.csv" not in dry


def test_what_the_questionnaire_says_of_one_wave_reruns_that_wave_only(study):
    own = "waves: {one: {questions: {adoption: {answers: {planned: {label: {en: Is planned}, spellings: [Planned]}}}}}}"
    edit(study / "config/questionnaire.yaml", "languages: [en]", f"languages: [en]\n{own}")
    dry = run(study, "-n", "--quiet", "host").output
    assert "output: results/one/data/ingested.parquet" in dry
    assert "output: results/two/" not in dry


def test_an_older_export_reruns_its_wave_only(study):
    path = study / "data/raw/one.csv"
    path.write_text(export(seed=99), encoding="utf-8")
    os.utime(path, (1_000_000_000, 1_000_000_000))
    before = results(study)
    assert planned(study) == EVERYTHING
    assert run(study).status == 0
    changed = {name for name, sha in results(study).items() if before.get(name) != sha}
    assert "results/one/data/responses.csv" in changed
    assert not {name for name in changed if name.startswith("results/two/")}


def test_a_wave_that_is_added_runs_for_itself_and_across_waves(study):
    (study / "data/raw/three.csv").write_text(export(seed=3), encoding="utf-8")
    with (study / "config/config.yaml").open("a") as file:
        file.write(WAVE.format(name="three"))
    assert not outputs_of(study, "one", "two")
    added = planned(study)
    assert {"ingest", "analysis", "wave_report", "trends", "trend_report", "codebook_diff", "index_page"} <= added
    before = results(study)
    done = run(study, "--until", "trends")
    assert done.status == 0, done.output
    changed = {name for name, sha in results(study).items() if before.get(name, sha) != sha}
    assert {name.rsplit("/", 1)[0] for name in changed} == {"results/waves"}
    assert "three" in (study / "results/waves/trends.csv").read_text(encoding="utf-8")


def outputs_of(folder, *waves):
    """Return the outputs within the folders of waves that a run would make now."""
    dry = run(folder, "-n", "--quiet", "host").output
    return [line for line in dry.splitlines() if any(f"output: results/{wave}/" in line for wave in waves)]


def test_a_single_wave_is_compared_with_nothing(tmp_path):
    dry = run(clone(tmp_path / "study"), "-n", "--quiet", "host").output
    assert "results/small/" in dry
    assert "results/waves/" not in dry


def test_an_edited_population_table_reruns_the_weights_of_its_wave_and_what_they_enter(study):
    table = study / "config/pop.csv"
    table.write_text("variable,code,count\nstaff,small,900\nstaff,large,100\n", encoding="utf-8")
    weights = "    sampling: open_link\n    weights: {population: config/pop.csv, rake: [staff]}\n"
    edit(study / "config/config.yaml", "    sampling: open_link\n", weights)
    done = run(study)
    assert done.status == 0, done.output
    assert planned(study) == set()
    os.utime(table)
    assert planned(study) == set()
    edit(table, "small,900", "small,800")
    assert planned(study) == EVERYTHING - {"ingest"}
    stats = run(study, "-n", "--quiet", "host").output
    assert re.search(r"^screening +1$", stats, flags=re.MULTILINE), stats  # of the two waves
    record = json.loads((study / "results/provenance.json").read_text(encoding="utf-8"))
    assert "config/pop.csv" in record["inputs"]
    table.unlink()
    done = run(study)
    assert "config/config.yaml, line 5: the file 'config/pop.csv' does not exist; correct the path." in done.output
    assert "Traceback" not in done.last


def test_two_folders_give_identical_bytes(finished_study, tmp_path):
    other = clone(tmp_path / "Ein Ördner mit Leerzeichen", ("one",))
    done = run(other, "--quiet", LC_ALL="C")
    assert done.status == 0, done.output
    assert "export read" not in done.output
    assert "analysed" not in done.output
    of_one = {name: sha for name, sha in results(finished_study).items() if name.startswith("results/one/")}
    assert of_one.items() <= results(other).items()


def test_every_row_is_in_the_ledger(finished_study):
    with (finished_study / "results/one/data/ledger.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [int(r["row"]) for r in rows] == list(range(2, 62))


def test_verify_names_what_was_edited_by_hand(study):
    def verify():
        record = [sys.executable, "-m", "b2bsurvey.provenance", "results/provenance.json"]
        env = environment(PYTHONPATH="workflow/scripts")
        return subprocess.run(record, cwd=study, env=env, capture_output=True, text=True, check=False)

    assert verify().returncode == 0
    with (study / "results/one/tables/usage.csv").open("a") as file:
        file.write("\n")
    assert verify().returncode == 1
    assert "results/one/tables/usage.csv differs from what the workflow wrote" in verify().stderr


def test_provenance_has_inputs_and_no_time(finished_study):
    record = json.loads((finished_study / "results/provenance.json").read_text(encoding="utf-8"))
    assert set(record) == {"inputs", "results", "versions", "config"}
    assert "data/raw/one.csv" in record["inputs"]
    assert record["config"]["waves"]["one"]["sampling"] == "open_link"


@pytest.mark.parametrize(
    ("file", "old", "new", "sentence"),
    [
        ("config/config.yaml", "sampling", "samplng", "config/config.yaml, line 8: the key 'samplng' in 'waves.one' is not known; did you mean 'sampling'?"),
        ("config/config.yaml", "[en]", "[em]", "config/config.yaml, line 2: 'languages.0' is 'em'; did you mean 'en'?"),
        ("config/config.yaml", "study:", "study: x\nstudy:", "config/config.yaml, line 2: the key 'study' stands here again"),
    ],
)  # fmt: skip
def test_a_mistake_in_the_config_stops_before_the_first_job(tmp_path, file, old, new, sentence):
    folder = clone(tmp_path / "study", ("one", "two"))
    edit(folder / file, old, new)
    done = run(folder)
    assert done.status != 0
    assert sentence in done.last
    assert "Traceback" not in done.output
    assert not (folder / "results").exists()


@pytest.mark.parametrize(
    ("file", "old", "new", "sentence"),
    [
        ("config/questionnaire.yaml", '"Will not use"', '"Wil not use"', "did you mean 'Wil not use'?"),
        ("config/questionnaire.yaml", "firm_size: staff", "firm_siz: staff", "line 8: 'firm_siz' is not a role; did you mean 'firm_size'?"),
        ("config/questionnaire.yaml", "    asked_if", "    base: usrs\n    asked_if", "'usrs' is not a base; did you mean 'users'?"),
        ("config/questionnaire.yaml", "activities_{item}", "activites_{item}", "no column headed 'activites_read' for 'activities_read'; did you mean 'activities_read'?"),
        ("config/questionnaire.yaml", "languages: [en]", "languages: [fr]", "has no text in 'fr'; add it"),
        ("config/config.yaml", "data/raw/small.csv", "data/raw/smal.csv", "config/config.yaml, line 5: the file 'data/raw/smal.csv' does not exist; did you mean 'small.csv'?"),
        ("config/config.yaml", "config/questionnaire.yaml", "config/questionaire.yaml", "line 5: the file 'config/questionaire.yaml' does not exist; did you mean 'questionnaire.yaml'?"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_wave_is_one_plain_sentence(tmp_path, file, old, new, sentence):
    folder = clone(tmp_path / "study")
    edit(folder / file, old, new)
    done = run(folder)
    assert done.status != 0
    assert sentence in done.last
    assert "Traceback" not in done.output
    made = {p.parent.name for p in (folder / "results").rglob("*") if p.is_file()}
    assert made <= {"questionnaire"}  # which needs no export


def test_rules_of_the_user_join_in(tmp_path):
    folder = clone(tmp_path / "study")
    (folder / "mine").mkdir()
    (folder / "mine" / "rules.smk").write_text(
        'rule mine:\n    input:\n        "results/small/tables/usage.csv",\n    output:\n        "results/small/mine.txt",\n'
        '    params:\n        note=lambda wildcards: study.custom["note"],\n    script:\n        "mine.py"\n\n\n'
        'targets.append("results/small/mine.txt")\n'
    )
    (folder / "mine" / "mine.py").write_text(
        "from pathlib import Path\nfrom b2bsurvey.tables import read_table\n"
        "table = read_table(snakemake.input[0])\n"
        'Path(snakemake.output[0]).write_text(f"{snakemake.params.note}: {len(table) > 0}")\n'
    )
    with (folder / "config/config.yaml").open("a") as file:
        file.write("custom_rules: [mine/rules.smk]\ncustom: {note: hello}\n")
    done = run(folder)
    assert done.status == 0, done.output
    assert (folder / "results/small/mine.txt").read_text() == "hello: True"
    assert "results/small/mine.txt" in (folder / "results/provenance.json").read_text()


def test_the_workflow_can_be_imported_as_a_module(tmp_path):
    clone(tmp_path / "b2bsurvey")
    folder = tmp_path / "other"
    (folder / "workflow").mkdir(parents=True)
    for part in ("config", "data"):
        (tmp_path / "b2bsurvey" / part).rename(folder / part)
    (folder / "workflow" / "Snakefile").write_text(
        'configfile: "config/config.yaml"\n\n\nmodule b2bsurvey:\n    snakefile:\n        "../../b2bsurvey/Snakefile"\n'
        "    config:\n        config\n\n\nuse rule * from b2bsurvey\n\n\n"
        "rule mine:\n    default_target: True\n    input:\n        rules.all.input,\n"
    )
    done = run(folder, "--cores", "2", "--keep-going")
    assert done.status == 0, done.output
    assert (folder / "results/small/report_en.html").is_file()


def test_snakemake_users_find_what_they_expect(study):
    dag = run(study, "--dag")
    assert dag.status == 0
    assert "digraph" in dag.output
    lint = run(study, "--lint")
    assert lint.status == 0, lint.output
    report = run(study, "--report", "report.zip")
    assert report.status == 0, report.output
    assert (study / "report.zip").stat().st_size > 10_000


def test_another_config_in_another_folder(tmp_path):
    folder = clone(tmp_path / "study")
    (folder / "config/config.yaml").rename(folder / "other.yaml")
    done = run(
        ROOT,
        "-s",
        str(folder / "Snakefile"),
        "--directory",
        str(folder),
        "--configfile",
        str(folder / "other.yaml"),
        "--until",
        "ingest",
    )
    assert done.status == 0, done.output
    assert (folder / "results/small/data/ingested.parquet").is_file()
