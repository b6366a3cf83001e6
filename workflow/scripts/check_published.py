"""Check whether the numbers of a table typed from a paper can be."""

from pathlib import Path

from b2bsurvey.feasibility import check_file, findings
from b2bsurvey.tables import to_csv
from doorway import run


def work(job):
    checked = check_file(Path(job.params.table))
    return {"checks": to_csv(checked), "findings": findings(checked, job.output.checks)}


run(snakemake, work)
