"""Say what changed in the questionnaire between the waves of each series."""

from pathlib import Path

from b2bsurvey.codebook_diff import AskedWave, codebook_diff
from b2bsurvey.questionnaire_file import load_questionnaire
from b2bsurvey.tables import to_csv
from doorway import run


def work(job):
    series = [
        [AskedWave(wave, load_questionnaire(Path(wave.questionnaire), (), wave.name)) for wave in waves]
        for waves in job.params.series
    ]
    return {"diff": to_csv(codebook_diff(series))}


run(snakemake, work)
