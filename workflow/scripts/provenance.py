"""Record what went in, what came out, with which versions and config."""

import json
from dataclasses import asdict

from b2bsurvey.provenance import provenance
from doorway import run


def work(job):
    params = job.params
    inputs = {**params.exports, **params.questionnaires, **params.populations, **params.published}
    record = provenance(inputs, job.input.results, asdict(params.config))
    return {"provenance": json.dumps(record, indent=1, ensure_ascii=False, sort_keys=True) + "\n"}


run(snakemake, work)
