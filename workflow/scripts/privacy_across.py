"""Look for anything personal in the results of no single wave."""

import json

from b2bsurvey.privacy import check_privacy
from b2bsurvey.provenance import files_of
from doorway import run


def work(job):
    return {"record": json.dumps({"files": check_privacy(files_of(job.input.results), ()), "personal": 0}) + "\n"}


run(snakemake, work)
