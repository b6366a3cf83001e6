"""A questionnaire with three constructs in two batteries and a marker, and answers with a known structure."""

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

from b2bsurvey.analyses import analyse
from b2bsurvey.config import Inference, Wave
from b2bsurvey.design import Survey, survey_of
from b2bsurvey.ingest import ingest
from b2bsurvey.questionnaire import Questionnaire
from b2bsurvey.questionnaire_file import load_questionnaire
from b2bsurvey.readers import read_export
from b2bsurvey.tables import Tables

LANGUAGES = ("en", "de", "fr", "it")
WAVE = Wave("scales", ("scales.csv",), "q.yaml", "open_link", origin="synthetic")
VIEWS = {"risk": 4, "need": 3}  # construct → items in the battery `views`
ITEMS = [*(f"views_{name}{i}" for name, k in VIEWS.items() for i in range(1, k + 1)), "plans_more", "plans_money"]
COLUMNS = [*(f"views[{item.partition('_')[2]}]" for item in ITEMS[:-2]), "plans[more]", "plans[money]"]


def text(label: str) -> str:
    return "{" + ", ".join(f'{language}: "{label}"' for language in LANGUAGES) + "}"


ANSWERS = "\n".join(f"      a{i}: {{label: {text(f'Answer {i}')}, spellings: [{i}]}}" for i in range(1, 6))
BATTERY = """  {name}:
    type: battery
    text: {text}
    column: "{name}[{{item}}]"
    missing: {{dont_know: [9]}}
    items:
{items}
    answers:
{answers}
"""
QUESTIONNAIRE = f"""title: {text("Scales")}
languages: [en, de, fr, it]
roles: {{firm_size: staff, marker: marker}}
questions:
  staff:
    type: single
    text: {text("Staff")}
    answers: {{small: {{label: {text("Small")}}}, large: {{label: {text("Large")}}}}}
  marker:
    type: single
    level: ordinal
    text: {text("Marker")}
    answers:
{ANSWERS}
constructs:
  risk: {{text: {text("Risk")}, items: [{", ".join(ITEMS[:4])}], answered: 0.5}}
  need: {{text: {text("Need")}, items: [{", ".join(ITEMS[4:7])}], min_valid: 2}}
  plan: {{text: {text("Plan")}, items: [{", ".join(ITEMS[7:])}]}}
"""


def _battery(name: str, items: list[str]) -> str:
    lines = [
        f"      {item}: {{label: {text(f'Item {item}')}{', reversed: true' if item == 'risk4' else ''}}}"
        for item in items
    ]
    return BATTERY.format(name=name, text=text(name.title()), items="\n".join(lines), answers=ANSWERS)


def questionnaire(*changes: tuple[str, str]) -> Questionnaire:
    """Load the questionnaire after replacing texts in it, everywhere they stand."""
    batteries = _battery("views", [c[6:-1] for c in COLUMNS[:-2]]) + _battery("plans", ["more", "money"])
    source = QUESTIONNAIRE.replace("constructs:", batteries + "constructs:", 1)
    for old, new in changes:
        assert old in source, old
        source = source.replace(old, new)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "q.yaml"
        path.write_text(source, encoding="utf-8")
        return load_questionnaire(path, LANGUAGES)


def answers(n: int = 200, seed: int = 1) -> pd.DataFrame:
    """Return answers 1 to 5 as an export holds them: three correlated factors, risk4 the other way round."""
    rng = np.random.default_rng(seed)
    factors = rng.multivariate_normal([0, 0, 0], [[1, 0.3, 0.2], [0.3, 1, 0.4], [0.2, 0.4, 1]], n)
    latent = 0.8 * factors[:, [0] * 4 + [1] * 3 + [2] * 2] + 0.6 * rng.normal(size=(n, 9))
    latent[:, 3] *= -1
    frame = pd.DataFrame(np.clip(np.rint(3 + 1.1 * latent), 1, 5).astype(int), columns=COLUMNS).astype(str)
    frame = frame.mask(rng.random(frame.shape) < 0.02, "9")
    frame["marker"] = rng.integers(1, 6, n).astype(str)
    frame["staff"] = rng.choice(["small", "large"], n)
    frame.insert(0, "Respondent ID", [f"r{i}" for i in range(n)])
    return frame


def survey(frame: pd.DataFrame | None = None, asked: Questionnaire | None = None, wave: Wave = WAVE) -> Survey:
    """Return the survey of an export; a column `w` holds weights."""
    frame = answers() if frame is None else frame
    wave = replace(wave, weight_column="w") if "w" in frame else wave
    data = frame.to_csv(index=False).encode()
    found = asked or questionnaire()
    responses, _ = ingest([read_export(Path("scales.csv"), data=data)], found, b"key", wave)
    return survey_of(responses, found, pd.DataFrame({"disposition": []}), wave, Inference())


def tables(*arguments, **options) -> Tables:
    """Return what the analysis finds in the survey of an export."""
    return analyse(survey(*arguments, **options), "scales")
