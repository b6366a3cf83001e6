"""The shipped synthetic waves of the Lucerne design: their files, as ingested and screened, and draws from their truth."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np

from b2bsurvey.config import load_config
from b2bsurvey.design import survey_of
from b2bsurvey.fingerprint import file_hash
from b2bsurvey.ingest import ingest
from b2bsurvey.population import read_population
from b2bsurvey.questionnaire_file import load_questionnaire
from b2bsurvey.readers import read_export
from b2bsurvey.respondent_key import DEMONSTRATION_KEY
from b2bsurvey.screening import screen
from b2bsurvey.synthetic.forms import Drawing
from b2bsurvey.synthetic.truth import load_truth
from b2bsurvey.weighting import weigh

ROOT = Path(__file__).parents[1]
QUESTIONNAIRE = ROOT / "config" / "questionnaires" / "lucerne.yaml"


def export(wave):
    """Return the path of a wave's export."""
    (path,) = map(ROOT.joinpath, load_config([ROOT / "config" / "config.yaml"]).waves[wave].exports)
    return path


@cache
def questionnaire(wave="lucerne-2013"):
    """Return the questionnaire as it was asked in a wave."""
    return load_questionnaire(QUESTIONNAIRE, ("en", "de", "fr", "it"), wave)


@cache
def truth(wave="lucerne-2013"):
    """Return the true parameters of a wave."""
    return load_truth(ROOT / "data" / "raw" / f"{wave}.truth.yaml")


@cache
def read(wave="lucerne-2013"):
    """Return (responses, ingest report) of the shipped export."""
    config = load_config([ROOT / "config" / "config.yaml"]).waves[wave]
    return ingest([read_export(export(wave))], questionnaire(wave), DEMONSTRATION_KEY, config)


@cache
def screened(wave="lucerne-2013"):
    """Return the shipped wave after the screening of the shipped config."""
    config = load_config([ROOT / "config" / "config.yaml"]).waves[wave]
    return screen(read(wave)[0], questionnaire(wave), config.screening)


def weighted():
    """Return the respondents of lucerne-2013 with the weights of the shipped config."""
    config = load_config([ROOT / "config" / "config.yaml"]).waves["lucerne-2013"]
    config = replace(config, weighting=replace(config.weighting, population=str(ROOT / config.weighting.population)))
    population = read_population(config, questionnaire(), file_hash(Path(config.weighting.population)))
    return weigh(screened().responses, questionnaire(), config, population)[0]


@cache
def survey():
    """Return lucerne-2013 as its analyses get it."""
    config = load_config([ROOT / "config" / "config.yaml"])
    return survey_of(weighted(), questionnaire(), screened().ledger, config.waves["lucerne-2013"], config.inference)


def drawn(n, seed=0, of=None, wave="lucerne-2013"):
    """Return a drawing of `n` respondents with all its quantities."""
    drawing = Drawing(of or truth(wave), questionnaire(wave), n, np.random.default_rng(seed))
    for name in drawing.truth.steps:
        drawing.take(name)
    return drawing
