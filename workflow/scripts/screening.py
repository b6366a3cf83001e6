"""Decide who is analysed and with which weight, and account for every row of the export."""

import json
from pathlib import Path

from b2bsurvey.population import read_population
from b2bsurvey.quality import quality
from b2bsurvey.questionnaire_file import load_questionnaire
from b2bsurvey.responses import read_parquet, to_parquet
from b2bsurvey.screening import screen
from b2bsurvey.tables import csv_parts, to_csv
from b2bsurvey.weighting import weigh
from doorway import run


def work(job):
    wave = job.params.wave
    questionnaire = load_questionnaire(Path(wave.questionnaire), wave=wave.name)
    ingested = read_parquet(job.input.responses, questionnaire)
    screened = screen(ingested, questionnaire, wave.screening)
    population = read_population(wave, questionnaire, job.params.population)
    responses, weighting = weigh(screened.responses, questionnaire, wave, population)
    return {
        "quality": to_csv(quality(ingested, questionnaire, screened.ledger, wave.origin)),
        "ledger": to_csv(screened.ledger),
        "responses": to_parquet(responses),
        "csv": csv_parts(responses.to_frame()),
        "weighting": json.dumps(weighting.to_dict(), indent=1, ensure_ascii=False),
    }


run(snakemake, work)
