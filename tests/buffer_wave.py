"""The shipped wave, from its export to its tables, without Snakemake."""

from functools import cache
from pathlib import Path

import pandas as pd

from b2bsurvey import analyses
from b2bsurvey.config import load_config
from b2bsurvey.design import Survey, survey_of
from b2bsurvey.ingest import ingest
from b2bsurvey.published import PublishedFile, load_published
from b2bsurvey.questionnaire import ANALYSES, Questionnaire
from b2bsurvey.questionnaire_file import load_questionnaire
from b2bsurvey.readers import read_export
from b2bsurvey.respondent_key import DEMONSTRATION_KEY
from b2bsurvey.screening import screen

ROOT = Path(__file__).parents[1]
WAVE = "buffer-2018"
EXPORT = ROOT / "data/raw/buffer-2018.csv"
COUNTS = ROOT / "config/published/buffer-2018.yaml"
QUESTIONNAIRE = ROOT / "config/questionnaires/buffer-2018.yaml"


def published() -> PublishedFile:
    return load_published(COUNTS)


def questionnaire() -> Questionnaire:
    return load_questionnaire(QUESTIONNAIRE, ["en", "de", "fr", "it"])


@cache
def survey() -> Survey:
    config = load_config([ROOT / "config/config.yaml"])
    wave, asked = config.waves[WAVE], questionnaire()
    responses, _ = ingest([read_export(EXPORT)], asked, DEMONSTRATION_KEY, wave)
    screened = screen(responses, asked, wave.screening)
    return survey_of(screened.responses, asked, screened.ledger, wave, config.inference)


@cache
def tables() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the estimates and the tests of all analyses."""
    found = [analyses.analyse(survey(), name) for name in ANALYSES]
    return tuple(
        pd.concat(part, ignore_index=True) for part in zip(*((t.estimates, t.tests) for t in found), strict=True)
    )
