"""Run the doorway of one job as Snakemake runs it, on a large wave: `job.py ingest|screening EXPORT QUESTIONNAIRE`."""

import runpy
import sys
from pathlib import Path
from types import SimpleNamespace

from b2bsurvey.config import Fieldwork, Wave
from b2bsurvey.fingerprint import file_hash
from benchmark.measured import SCRIPTS

INGESTED = "ingested.parquet"
OUTPUTS = {
    "ingest": {"responses": INGESTED, "report": "ingest.json", "table": "ingest.csv"},
    "screening": {
        "responses": "responses.parquet",
        "csv": "responses.csv",
        "ledger": "ledger.csv",
        "quality": "quality.csv",
        "weighting": "weighting.json",
    },
}


def main(rule: str, export: str, questionnaire: str) -> None:
    """Run the job in the working folder."""
    fieldwork = Fieldwork("online", "2013-05-01", "2013-06-30")
    wave = Wave("large", (export,), questionnaire, "open_link", origin="synthetic", fieldwork=fieldwork)
    job = SimpleNamespace(
        rule=rule,
        wildcards=["large"],
        log=[f"{rule}.log"],
        input=SimpleNamespace(responses=INGESTED),
        output=OUTPUTS[rule],
        params=SimpleNamespace(wave=wave, sha256=[file_hash(export)], population=""),
    )
    sys.path.insert(0, str(SCRIPTS))
    runpy.run_path(str(SCRIPTS / f"{rule}.py"), init_globals={"snakemake": job})


if __name__ == "__main__":
    main(sys.argv[1], str(Path(sys.argv[2])), sys.argv[3])
