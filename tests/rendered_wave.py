"""Waves to render: the shipped one, and the small one in four languages with labels that want to do harm."""

import re
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

import buffer_wave
import small_wave
from b2bsurvey import analyses
from b2bsurvey.codebook import codebook
from b2bsurvey.config import Inference, Outcomes, Screening, StraightLinerRule, Trim, Wave, Weighting, load_config
from b2bsurvey.design import survey_of
from b2bsurvey.families import families
from b2bsurvey.ingest import ingest
from b2bsurvey.ingest_table import columns_used
from b2bsurvey.population import Population
from b2bsurvey.published import check
from b2bsurvey.questionnaire import Questionnaire
from b2bsurvey.questionnaire_file import load_questionnaire
from b2bsurvey.readers import read_export
from b2bsurvey.render.results import WaveResults
from b2bsurvey.respondent_key import DEMONSTRATION_KEY
from b2bsurvey.responses import Responses
from b2bsurvey.screening import screen
from b2bsurvey.sensitivity import sensitivity
from b2bsurvey.weighting import weigh

LANGUAGES = ("en", "de", "fr", "it")
FORMULA, MARKUP, LONG = "=HYPERLINK(0)", "<script>alert(1)</script>", "a/b:c " + "long label " * 17 + "🙂"
HOSTILE = {"Privacy": FORMULA, "Lack of time": MARKUP, "No content strategy": LONG, "Read posts": "@SUM(1)"}
HOSTILE |= {"Barriers": "'Barriers' / [all]: *? 🙂 & more", "Publish posts": "#REF!", "No skills": "+1"}


POPULATION = Population(
    "pop.csv",
    1000.0,
    {
        ("staff",): {("small",): 900.0, ("large",): 100.0},
        ("adoption",): {("uses",): 300.0, ("planned",): 200.0, ("none",): 500.0},
    },
)


def hostile_questionnaire(folder: Path) -> Questionnaire:
    text = (small_wave.FIXTURE / "questionnaire.yaml").read_text(encoding="utf-8")
    for label, harm in HOSTILE.items():
        text = text.replace(f'{{en: "{label}"}}', f'{{en: "{harm}"}}')
    text = re.sub(r'\{en: ("[^"]*")\}', r"{en: \1, de: \1, fr: \1, it: \1}", text)
    file = folder / "questionnaire.yaml"
    file.write_text(text.replace("languages: [en]", "languages: [en, de, fr, it]"), encoding="utf-8")
    return load_questionnaire(file, LANGUAGES)


@cache
def hostile(
    sampling: str = "open_link", weighted: bool = False, nobody: bool = False, raked: bool = False
) -> WaveResults:
    """Return the small wave; `nobody`: all of its rows are tests; `raked` to a table of the population, and trimmed."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        questionnaire = hostile_questionnaire(folder)
        table = pd.read_csv(_csv(folder), dtype=str, keep_default_na=False)
        table["w"] = [str(1 + i % 3) for i in range(len(table))]
        table.iloc[: -1 if not nobody else 0].to_csv(folder / "small.csv", index=False)
        export = replace(read_export(folder / "small.csv"), file="small.csv")
    wave = Wave(
        "small", ("small.csv",), "q.yaml", sampling, weight_column="w" if weighted else None, origin="synthetic"
    )
    if raked:
        wave = replace(wave, weighting=Weighting("pop.csv", rake=("staff", "adoption"), trim=Trim(0.1, 2.45)))
    responses, report = ingest([export], questionnaire, DEMONSTRATION_KEY, wave)
    return finished("Study <b>&</b> =1", wave, questionnaire, responses, report, POPULATION if raked else None)


@cache
def fielded(sampling: str) -> WaveResults:
    """Return the small wave with what a platform says of time and completion, and counts of the field work."""
    outcomes = Outcomes(invited=120, undelivered=10, refused=4)
    if sampling not in ("probability", "census"):
        outcomes = Outcomes(invited=300, views_crude=150, views_unique=100)
    rules = Screening(straight_liner=StraightLinerRule(min_items=2, batteries="any"))
    wave = Wave("small", ("small.csv",), "q.yaml", sampling, origin="synthetic", outcomes=outcomes, screening=rules)
    with TemporaryDirectory() as name:
        folder = Path(name)
        questionnaire = hostile_questionnaire(folder)
        export = replace(read_export(_csv(folder)), file="small.csv")
    responses, report = ingest([export], questionnaire, DEMONSTRATION_KEY, wave)
    places = np.arange(len(responses))
    left = places % 9 == 0  # after the channels
    respondents = responses.respondents.assign(
        complete=np.where(left, "no", "yes"),
        last_page=np.where(left, 2.0, 5.0),
        duration=np.where(places < 4, 60.0, 480.0 + places),
        submitted_at=pd.Timestamp("2026-03-01") + pd.to_timedelta(places, unit="D"),
    )
    values, missing = responses.values.copy(), responses.missing.copy()
    for variable in list(values)[6:]:
        values.loc[left, variable], missing.loc[left, variable] = None, "not_answered"
    return finished("Fielded", wave, questionnaire, Responses(respondents, values, missing), report)


def _csv(folder: Path) -> Path:
    (folder / "small.csv").write_text(small_wave.export(), encoding="utf-8")
    return folder / "small.csv"


@cache
def shipped() -> WaveResults:
    questionnaire = buffer_wave.questionnaire()
    wave = load_config([buffer_wave.ROOT / "config/config.yaml"]).waves[buffer_wave.WAVE]
    responses, report = ingest([read_export(buffer_wave.EXPORT)], questionnaire, DEMONSTRATION_KEY, wave)
    results = finished("Social media", wave, questionnaire, responses, report)
    return replace(results, published=check(buffer_wave.published(), *buffer_wave.tables()))


def finished(study, wave, questionnaire, responses, report, population=None) -> WaveResults:
    screened = screen(responses, questionnaire, wave.screening)
    weighed, weighting = weigh(screened.responses, questionnaire, wave, population)
    survey = survey_of(weighed, questionnaire, screened.ledger, wave, Inference(), weighting)
    tables = {name: analyses.analyse(survey, name) for name in questionnaire.analyses}
    return WaveResults(
        study=study,
        wave=wave,
        questionnaire=questionnaire,
        estimates={name: t.estimates for name, t in tables.items()},
        tests={name: t.tests for name, t in tables.items()},
        ledger=screened.ledger,
        ingest=report.to_dict(),
        codebook=codebook(screened.responses, questionnaire, columns_used(report.to_dict())),
        published=None,
        config_hash="0123456789abcdef",
        versions={"b2bsurvey": "0.1.0"},
        sensitivity=sensitivity(responses, questionnaire, wave, Inference()),
        families=families(wave.name, {name: t.tests for name, t in tables.items()}, Inference()),
    )
