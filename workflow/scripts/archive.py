"""Write the responses of a wave for SPSS and Stata, and its codebook in DDI."""

import json
from pathlib import Path

from b2bsurvey.archive import archive_files
from b2bsurvey.codebook import described
from b2bsurvey.questionnaire_file import load_in_all_languages
from b2bsurvey.render.codebook_page import Codebook
from b2bsurvey.responses import read_parquet
from doorway import run


def work(job):
    given, wave = job.params, job.params.wave
    questionnaire = load_in_all_languages(Path(wave.questionnaire), wave.name, [given.language])
    responses = read_parquet(job.input.responses, questionnaire)
    ingest = json.loads(Path(job.input.ingest).read_text(encoding="utf-8"))
    variables = described(responses, questionnaire)
    book = Codebook(given.study, wave.name, wave.origin, questionnaire, variables, ingest, wave.cleared_answers)
    return archive_files(book, wave, responses, given.language)


run(snakemake, work)
