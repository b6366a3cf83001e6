"""Estimate the headline numbers of a wave under other screening decisions."""

from pathlib import Path

from b2bsurvey.population import read_population
from b2bsurvey.questionnaire_file import load_questionnaire
from b2bsurvey.responses import read_parquet
from b2bsurvey.sensitivity import sensitivity
from b2bsurvey.tables import to_csv
from doorway import run


def work(job):
    wave = job.params.wave
    questionnaire = load_questionnaire(Path(wave.questionnaire), wave=wave.name)
    ingested = read_parquet(job.input.responses, questionnaire)
    population = read_population(wave, questionnaire, job.params.population)
    return {"estimates": to_csv(sensitivity(ingested, questionnaire, wave, job.params.inference, population))}


run(snakemake, work)
