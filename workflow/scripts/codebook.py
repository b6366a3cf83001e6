"""Describe every variable of the responses."""

import json
from pathlib import Path

from b2bsurvey.codebook import codebook
from b2bsurvey.ingest_table import columns_used
from b2bsurvey.questionnaire_file import load_questionnaire
from b2bsurvey.responses import read_parquet
from b2bsurvey.tables import to_csv
from doorway import run


def work(job):
    questionnaire = load_questionnaire(Path(job.params.wave.questionnaire), wave=job.params.wave.name)
    columns = columns_used(json.loads(Path(job.input.ingest).read_text(encoding="utf-8")))
    return {"codebook": to_csv(codebook(read_parquet(job.input.responses, questionnaire), questionnaire, columns))}


run(snakemake, work)
