"""Read the exports of a wave and type their answers."""

import json
import os
from pathlib import Path

from b2bsurvey.ingest import ingest, read_unchanged
from b2bsurvey.questionnaire_file import load_questionnaire
from b2bsurvey.respondent_key import study_key
from b2bsurvey.responses import to_parquet
from doorway import run


def work(job):
    wave = job.params.wave
    exports = read_unchanged(wave, job.params.sha256)
    key = study_key(wave.origin, Path.cwd(), os.environ)
    questionnaire = load_questionnaire(Path(wave.questionnaire), wave=wave.name)
    responses, report = ingest(exports, questionnaire, key, wave)
    return {"responses": to_parquet(responses), "report": json.dumps(report.to_dict(), indent=1, ensure_ascii=False)}


run(snakemake, work)
