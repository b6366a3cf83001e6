"""Run one analysis on the survey of a wave."""

import json
from pathlib import Path

from b2bsurvey.analyses import analyse
from b2bsurvey.design import survey_of
from b2bsurvey.questionnaire_file import load_questionnaire
from b2bsurvey.responses import read_parquet
from b2bsurvey.sampling import WeightingReport
from b2bsurvey.tables import read_table, to_csv
from doorway import run


def work(job):
    wave = job.params.wave
    questionnaire = load_questionnaire(Path(wave.questionnaire), wave=wave.name)
    responses = read_parquet(job.input.responses, questionnaire)
    weighting = WeightingReport(**json.loads(Path(job.input.weighting).read_text(encoding="utf-8")))
    survey = survey_of(responses, questionnaire, read_table(job.input.ledger), wave, job.params.inference, weighting)
    tables = analyse(survey, job.wildcards.analysis)
    return {"estimates": to_csv(tables.estimates), "tests": to_csv(tables.tests)}


run(snakemake, work)
