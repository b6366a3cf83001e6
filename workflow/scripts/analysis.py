"""Run one analysis on the survey of a wave."""

from b2bsurvey.analyses import analyse
from b2bsurvey.design import read_survey
from b2bsurvey.tables import to_csv
from doorway import run


def work(job):
    survey = read_survey(job.params.wave, job.params.inference, **dict(job.input))
    tables = analyse(survey, job.wildcards.analysis)
    return {"estimates": to_csv(tables.estimates), "tests": to_csv(tables.tests)}


run(snakemake, work)
