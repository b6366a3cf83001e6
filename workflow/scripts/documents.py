"""Write the main tables and figures of a wave in one language for Word and LaTeX."""

from pathlib import Path

from b2bsurvey.render.documents import documents
from b2bsurvey.render.results import read_results
from doorway import run


def work(job):
    given, language, inputs = job.params, job.wildcards.language, dict(job.input)
    folder = Path(inputs.pop("figures"))
    return documents(read_results(given.study, given.wave, given.settings, language, **inputs), language, folder)


run(snakemake, work)
