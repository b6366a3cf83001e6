"""Write the questionnaire of a wave as it can be fielded: printed in each language, and for survey platforms."""

from pathlib import Path

from b2bsurvey.fielding import fielding_files
from b2bsurvey.questionnaire_file import load_in_all_languages
from doorway import run


def work(job):
    wave = job.params.wave
    questionnaire = load_in_all_languages(Path(wave.questionnaire), wave.name)
    return {"questionnaire": fielding_files(questionnaire, job.params.study)}


run(snakemake, work)
