"""Write the page of published results in one language."""

from pathlib import Path

from b2bsurvey.published import read_checks, refusals
from b2bsurvey.questionnaire_file import load_questionnaire
from b2bsurvey.render.published_page import RebuiltWave, published_page
from b2bsurvey.tables import read_table
from doorway import run


def work(job):
    given, language = job.params, job.wildcards.language
    asked = {w.name: load_questionnaire(Path(w.questionnaire), [language], w.name) for w in given.waves}
    rebuilt = []
    for wave in (wave for wave in given.waves if wave.origin == "rebuilt"):
        tables = [read_table(path) for path in job.input.tables if f"/{wave.name}/" in path]
        rebuilt.append(RebuiltWave(wave, refusals(tables)))
    checks = read_checks(job.input.checks)
    return {"page": published_page(given.study, checks, asked, rebuilt, language, given.languages)}


run(snakemake, work)
