"""Results computed in R on real data: values, data and designs; tests skip where they are not at hand."""

import json
import os
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from b2bsurvey.statistics.linearisation import SampleDesign

DESIGNS = {
    "strat_fpc": ("apistrat", ("strata", "weights", "population")),
    "strat_nofpc": ("apistrat", ("strata", "weights")),
    "weights_only": ("apistrat", ("weights",)),
    "srs_fpc": ("apisrs", ("weights", "population")),
    "clus1_fpc": ("apiclus1", ("clusters", "weights", "population")),
}
COLUMNS = {"strata": "stype", "weights": "pw", "population": "fpc", "clusters": "dnum"}


def folder() -> Path:
    """Return the folder of the reference, or skip the test."""
    if not os.environ.get("SURVEY_REFERENCE"):
        pytest.skip("SURVEY_REFERENCE does not name the folder of the R reference")
    return Path(os.environ["SURVEY_REFERENCE"])


@cache
def _results(path: Path) -> dict:
    return json.loads(path.read_text())


def entries(file: str) -> dict:
    """Return all entries of a file: data, call, versions, values."""
    return _results(folder() / "ref" / f"{file}.json")


def value(file: str, key: str) -> dict:
    """Return R's values of one entry, or skip the test when the reference does not hold it."""
    if key not in entries(file):
        pytest.skip(f"the reference holds no {key}")
    return entries(file)[key]["values"]


def data(name: str) -> pd.DataFrame:
    """Return one data set as R wrote it, empty cells missing."""
    return pd.read_csv(folder() / "data" / f"{name}.csv", na_values=[""], keep_default_na=False)


def design(name: str) -> tuple[pd.DataFrame, SampleDesign]:
    """Return the data and the design of one of R's svydesign objects."""
    source, parts = DESIGNS[name]
    frame = data(source)
    fields = {part: frame[COLUMNS[part]] for part in parts}
    if "strata" in fields:
        fields["strata"] = pd.factorize(fields["strata"], sort=True)[0]
    if name == "srs_fpc":  # R derives the weights from the population
        fields["weights"] = frame["fpc"] / len(frame)
    return frame, SampleDesign(**{part: np.asarray(column) for part, column in fields.items()})
