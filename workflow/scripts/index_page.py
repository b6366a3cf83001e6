"""Write the page that leads to all waves, in one language."""

from pathlib import Path

from b2bsurvey.questionnaire_file import load_questionnaire
from b2bsurvey.render.index_page import WaveEntry, index_page
from b2bsurvey.screening import ANALYSED
from b2bsurvey.tables import read_table
from doorway import run


def work(job):
    given, language = job.params, job.wildcards.language
    entries = []
    for wave, path in zip(given.waves, job.input.ledgers, strict=True):
        ledger = read_table(path)
        questionnaire = load_questionnaire(Path(wave.questionnaire), [language], wave.name)
        entries.append(WaveEntry(wave, questionnaire, len(ledger), int((ledger["disposition"] == ANALYSED).sum())))
    return {"page": index_page(given.study, entries, language, given.languages, given.compared)}


run(snakemake, work)
