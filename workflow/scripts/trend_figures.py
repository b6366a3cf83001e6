"""Draw the figures of trends in one language."""

from b2bsurvey.render.drawn import figure_files
from b2bsurvey.render.figures.trend_charts import draw_trends
from b2bsurvey.render.trend_report import read_compared
from b2bsurvey.tables import read_table
from doorway import run


def work(job):
    language, settings = job.wildcards.language, job.params.settings
    compared = read_compared(job.params.series, language)
    tables = (read_table(path) for path in (job.input.estimates, job.input.tests))
    series = [each.as_series for each in compared]
    figures = draw_trends(*tables, series, language, settings.size, job.params.study)
    return {"figures": figure_files(figures, settings.formats)}


run(snakemake, work)
