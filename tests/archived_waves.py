"""Waves as they are archived: the codebook, the wave of the config, and the responses."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import buffer_wave
import lucerne_wave
import small_wave
import typed_wave
from b2bsurvey.archive import archive_files
from b2bsurvey.codebook import described
from b2bsurvey.config import Fieldwork, Wave, load_config
from b2bsurvey.ingest import ingest
from b2bsurvey.readers import read_export
from b2bsurvey.render.codebook_page import Codebook
from b2bsurvey.screening import screen
from rendered_wave import hostile_questionnaire

WAVES = ("small", "types", "buffer", "lucerne")
SMALL = Wave("small", ("small.csv",), "q.yaml", "census", fieldwork=Fieldwork("telephone", "2026-01-01"), unit="firm")


def book_of(wave, questionnaire, responses, report):
    about = (questionnaire, described(responses, questionnaire), report.to_dict(), wave.cleared_answers)
    return Codebook("Study <b>&</b>", wave.name, wave.origin, *about), wave, responses


def analysed(responses, questionnaire, wave):
    return screen(responses, questionnaire, wave.screening).responses


@cache
def archived(name):
    """Return (codebook, wave, responses): with hostile labels, of every type, rebuilt, and weighted."""
    with TemporaryDirectory() as folder:
        if name == "small":
            questionnaire = hostile_questionnaire(Path(folder))
            export = read_export(Path("small.csv"), data=small_wave.export().encode())
            responses, report = ingest([export], questionnaire, b"key", SMALL)
            return book_of(SMALL, questionnaire, analysed(responses, questionnaire, SMALL), report)
        if name == "types":
            questionnaire = typed_wave.questionnaire(Path(folder))
            rows = [*typed_wave.some_rows(40, seed=2), {"remark": "A word", "founded": "01.02.1801"}]
            responses, report = typed_wave.read(typed_wave.export(*rows), questionnaire)
            return book_of(typed_wave.WAVE, questionnaire, responses, report)
    config = load_config([buffer_wave.ROOT / "config/config.yaml"])
    if name == "buffer":
        wave, questionnaire = config.waves[buffer_wave.WAVE], buffer_wave.questionnaire()
        responses, report = ingest([read_export(buffer_wave.EXPORT)], questionnaire, b"key", wave)
        return book_of(wave, questionnaire, analysed(responses, questionnaire, wave), report)
    wave = config.waves["lucerne-2013"]
    return book_of(wave, lucerne_wave.questionnaire(), lucerne_wave.weighted(), lucerne_wave.read()[1])


@cache
def files(name):
    """Return the three files of a wave, with English labels."""
    return archive_files(*archived(name), "en")
