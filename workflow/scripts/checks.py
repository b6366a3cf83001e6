"""Bring the checks of all waves together, with those of published results that no wave of ours can be compared with."""

from pathlib import Path

import pandas as pd

from b2bsurvey.published import check_all, load_published, read_checks
from b2bsurvey.tables import estimates_table, tests_table, to_csv
from doorway import run


def work(job):
    published = [load_published(Path(path)) for path in job.params.published]
    others = [file for file in published if file.wave not in job.params.waves]
    alone = check_all(others, estimates_table([]), tests_table([]))
    return {"checks": to_csv(pd.concat([*(read_checks(path) for path in job.input.checks), alone]))}


run(snakemake, work)
