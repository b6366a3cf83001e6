"""Write the report of trends in one language."""

from pathlib import Path

from b2bsurvey.render.drawn import read_figures
from b2bsurvey.render.trend_report import Trends, read_compared, trend_report
from b2bsurvey.tables import read_table
from doorway import run


def work(job):
    given, language = job.params, job.wildcards.language
    inputs = dict(job.input)
    figures = read_figures(Path(inputs.pop("figures")))
    tables = {name: read_table(path) for name, path in inputs.items()}
    trends = Trends(given.study, read_compared(given.series, language), tuple(given.others), **tables)
    return {"report": trend_report(trends, language, figures)}


run(snakemake, work)
