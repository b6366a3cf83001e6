"""Compare the published results of a wave with its tables."""

from pathlib import Path

import pandas as pd

from b2bsurvey.published import check_all, load_published
from b2bsurvey.tables import read_table, to_csv
from doorway import run


def work(job):
    published = [load_published(Path(path)) for path in job.params.published]
    tables = [read_table(path) for path in job.input.tables]
    estimates = pd.concat([t for t in tables if "estimate_id" in t])
    tests = pd.concat([t for t in tables if "test_id" in t])
    ours = [file for file in published if file.wave == job.wildcards.wave]
    return {"checks": to_csv(check_all(ours, estimates, tests))}


run(snakemake, work)
