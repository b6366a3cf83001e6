"""Write the report of a wave in one language."""

from pathlib import Path

from b2bsurvey.render.drawn import read_figures
from b2bsurvey.render.report import report
from b2bsurvey.render.results import read_results
from doorway import run


def work(job):
    given, language = job.params, job.wildcards.language
    inputs = dict(job.input)
    figures = read_figures(Path(inputs.pop("figures")))
    results = read_results(given.study, given.wave, given.settings, language, **inputs)
    return {"report": report(results, language, figures)}


run(snakemake, work)
