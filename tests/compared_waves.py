"""Waves to compare: three small ones, and the shipped Lucerne waves with a small third that asks all again."""

from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

import lucerne_wave
import small_wave
from b2bsurvey.config import Fieldwork, Inference, Wave, load_config
from b2bsurvey.design import survey_of
from b2bsurvey.ingest import ingest
from b2bsurvey.questionnaire_file import load_questionnaire
from b2bsurvey.readers import read_export
from b2bsurvey.respondent_key import DEMONSTRATION_KEY
from b2bsurvey.screening import screen
from b2bsurvey.wave_changes import SurveyedWave

# of which questions the Lucerne waves are compared: enough, and quick
ROLES = ("firm_size", "sector", "adopter", "stage", "strategy", "media", "barriers", "buying_process", "key_figures")
NAMES = ("one", "two", "three")
YEARS = {"one": 2013, "two": 2016, "three": 2019}


def small(names=NAMES, own="", seeds=None, rows=60, edits=None, **settings):
    """Return small waves; `own` is what the questionnaire says of single waves, `seeds` those of their exports.

    `edits` are (old, new) in the questionnaire file of single waves, which is then one of its own.
    """
    with TemporaryDirectory() as folder:
        file = Path(folder) / "questionnaire.yaml"
        text = (small_wave.FIXTURE / "questionnaire.yaml").read_text(encoding="utf-8")
        found = []
        for place, name in enumerate(names):
            old, new = (edits or {}).get(name, ("", ""))
            file.write_text(f"{text.replace(old, new, 1)}\n{own}", encoding="utf-8")
            questionnaire = load_questionnaire(file, ("en",), name)
            export = Path(folder) / f"{name}.csv"
            export.write_text(small_wave.export(rows, seed=(seeds or {}).get(name, place + 1)), encoding="utf-8")
            days = Fieldwork("online", f"{YEARS[name]}-05-01", f"{YEARS[name]}-05-31")
            wave = Wave(name, (str(export),), str(file), "open_link", origin="synthetic", fieldwork=days)
            wave = replace(wave, **settings)
            responses, _ = ingest([read_export(export)], questionnaire, DEMONSTRATION_KEY, wave)
            done = screen(responses, questionnaire, wave.screening)
            survey = survey_of(done.responses, questionnaire, done.ledger, wave, Inference())
            found.append(SurveyedWave(wave, survey))
    return found


@cache
def lucerne():
    """Return lucerne-2013, of all; lucerne-2016, of users only; and lucerne-2019, every fifth of the first again, less some roles."""
    config = load_config([lucerne_wave.ROOT / "config" / "config.yaml"])
    found = []
    for name, of in (("lucerne-2013",) * 2, ("lucerne-2016",) * 2, ("lucerne-2019", "lucerne-2013")):
        wave = replace(config.waves[of], name=name)
        responses = lucerne_wave.weighted() if name == "lucerne-2013" else lucerne_wave.screened(of).responses
        if name == "lucerne-2019":
            wave = replace(wave, fieldwork=Fieldwork("online", "2019-05-01", "2019-06-30"))
            responses = responses.keep(np.arange(len(responses)) % 5 == 0)
        asked = lucerne_wave.questionnaire(of)
        asked = replace(asked, roles={role: names for role, names in asked.roles.items() if role in ROLES})
        survey = survey_of(responses, asked, lucerne_wave.screened(of).ledger, wave, Inference())
        found.append(SurveyedWave(wave, survey))
    return tuple(found)
