"""Read the exports of a wave and type their answers."""

import json
import os
from pathlib import Path

from b2bsurvey.ingest import ingest, read_unchanged
from b2bsurvey.ingest_table import ingest_table
from b2bsurvey.questionnaire_file import load_questionnaire
from b2bsurvey.respondent_key import study_key
from b2bsurvey.responses import to_parquet
from b2bsurvey.tables import to_csv
from doorway import run


def work(job):
    wave = job.params.wave
    exports = read_unchanged(wave, job.params.sha256)
    key = study_key(wave.origin, Path.cwd(), os.environ)
    questionnaire = load_questionnaire(Path(wave.questionnaire), wave=wave.name)
    responses, report = ingest(exports, questionnaire, key, wave)
    found = report.to_dict()
    return {
        "responses": to_parquet(responses),
        "report": json.dumps(found, indent=1, ensure_ascii=False),
        "table": to_csv(ingest_table(found)),
    }


run(snakemake, work)
