"""Record what went in, what came out, with which versions and config."""

import json
from dataclasses import asdict

from b2bsurvey.provenance import provenance
from doorway import run


def work(job):
    inputs = {**job.params.exports, **job.params.questionnaires, **job.params.published}
    record = provenance(inputs, job.input.results, asdict(job.params.config))
    return {"provenance": json.dumps(record, indent=1, ensure_ascii=False, sort_keys=True) + "\n"}


run(snakemake, work)
