"""Write the workbook of a wave in one language."""

from b2bsurvey.render.results import read_results
from b2bsurvey.render.workbook import workbook
from doorway import run


def work(job):
    given, language = job.params, job.wildcards.language
    results = read_results(given.study, given.wave, given.settings, language, **job.input)
    return {"workbook": workbook(results, language)}


run(snakemake, work)
