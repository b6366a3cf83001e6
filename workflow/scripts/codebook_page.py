"""Write the codebook of a wave as a page in one language."""

import json
from pathlib import Path

from b2bsurvey.codebook import described
from b2bsurvey.questionnaire_file import load_questionnaire
from b2bsurvey.render.codebook_page import Codebook, codebook_page
from b2bsurvey.responses import read_parquet
from doorway import run


def work(job):
    wave, language = job.params.wave, job.wildcards.language
    questionnaire = load_questionnaire(Path(wave.questionnaire), [language], wave.name)
    variables = described(read_parquet(job.input.responses, questionnaire), questionnaire)
    ingest = json.loads(Path(job.input.ingest).read_text(encoding="utf-8"))
    book = Codebook(job.params.study, wave.name, wave.origin, questionnaire, variables, ingest, wave.cleared_answers)
    return {"page": codebook_page(book, language)}


run(snakemake, work)
