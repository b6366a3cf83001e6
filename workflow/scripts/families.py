"""List the families of tests of a wave."""

from pathlib import Path

from b2bsurvey.families import families
from b2bsurvey.tables import read_table, to_csv
from doorway import run


def work(job):
    tests = {Path(path).stem.removesuffix("_tests"): read_table(path) for path in job.input.tests}
    return {"families": to_csv(families(job.wildcards.wave, tests, job.params.inference))}


run(snakemake, work)
