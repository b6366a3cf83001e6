"""Draw the figures of a wave in one language."""

from pathlib import Path

from b2bsurvey.questionnaire_file import load_questionnaire
from b2bsurvey.render.drawn import figure_files
from b2bsurvey.render.figures import draw_figures
from b2bsurvey.tables import read_table
from doorway import run


def work(job):
    wave, language, settings = job.params.wave, job.wildcards.language, job.params.settings
    questionnaire = load_questionnaire(Path(wave.questionnaire), [language], wave.name)
    tables = {Path(path).stem: read_table(path) for path in job.input.tables}
    figures = draw_figures(tables, questionnaire, language, wave.origin, settings.size, job.params.study)
    return {"figures": figure_files(figures, settings.formats)}


run(snakemake, work)
