"""Decide who is analysed, and account for every row of the export."""

from pathlib import Path

from b2bsurvey.quality import quality
from b2bsurvey.questionnaire_file import load_questionnaire
from b2bsurvey.responses import read_parquet, to_parquet
from b2bsurvey.screening import screen
from b2bsurvey.tables import to_csv
from doorway import run


def work(job):
    questionnaire = load_questionnaire(Path(job.params.wave.questionnaire), wave=job.params.wave.name)
    ingested = read_parquet(job.input.responses, questionnaire)
    screened = screen(ingested, questionnaire, job.params.wave.screening)
    return {
        "responses": to_parquet(screened.responses),
        "csv": to_csv(screened.responses.to_frame()),
        "ledger": to_csv(screened.ledger),
        "quality": to_csv(quality(ingested, questionnaire, screened.ledger, job.params.wave.origin)),
    }


run(snakemake, work)
