"""Look for anything personal in the results of a wave."""

import json
from pathlib import Path

from b2bsurvey.privacy import check_privacy
from b2bsurvey.provenance import files_of
from b2bsurvey.readers import read_export
from doorway import run


def work(job):
    wave = job.params.wave
    exports = [read_export(Path(path), wave.platform, wave.sheet) for path in wave.exports]
    ids = {i for export in exports for i in export.facts["respondent_id"]}
    return {"record": json.dumps({"files": check_privacy(files_of(job.input.results), ids), "personal": 0}) + "\n"}


run(snakemake, work)
