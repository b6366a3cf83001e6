"""All that rendering gets to see of a wave."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from b2bsurvey.config import Inference, Wave
from b2bsurvey.provenance import versions
from b2bsurvey.published import read_checks
from b2bsurvey.questionnaire import Questionnaire
from b2bsurvey.questionnaire_file import load_questionnaire
from b2bsurvey.tables import read_table


@dataclass(frozen=True)
class WaveResults:
    """One wave, finished: its tables, what was read and left out, and what it was made with.

    `estimates` and `tests` map each analysis to its table, `ledger` has the columns of screening, `ingest` is
    `IngestReport.to_dict()`, `published` the checks against published numbers where there are any, `versions`
    maps software to its version, `sensitivity` holds the headline numbers under other screening decisions,
    `families` what was adjusted together.
    """

    study: str
    wave: Wave
    questionnaire: Questionnaire
    estimates: Mapping[str, pd.DataFrame]
    tests: Mapping[str, pd.DataFrame]
    ledger: pd.DataFrame
    ingest: Mapping[str, Any]
    codebook: pd.DataFrame
    published: pd.DataFrame | None
    config_hash: str
    versions: Mapping[str, str]
    sensitivity: pd.DataFrame | None = None
    families: pd.DataFrame | None = None

    @property
    def is_probability(self) -> bool:
        """Whether intervals have a sampling meaning; otherwise they are model-based."""
        return self.wave.sampling in ("probability", "census")

    @cached_property
    def confidence_level(self) -> float:
        """Level of the intervals (0–1), as the tables give it."""
        levels = (level for frame in self.estimates.values() for level in frame["conf_level"].dropna())
        return float(next(levels, 0.95))

    @property
    def adjustments(self) -> tuple[str, ...]:
        """How p values were adjusted: a code for each way that the tables give; diagnostics are not."""
        codes = (c for t in self.tests.values() for c in t.loc[t["role"] != "diagnostic", "adjustment"])
        return tuple(dict.fromkeys(codes))


def read_results(
    study: str,
    wave: Wave,
    inference: Inference,
    language: str,
    *,
    tables: Sequence[str],
    ledger: str,
    ingest: str,
    codebook: str,
    published: str,
    sensitivity: str,
    families: str,
) -> WaveResults:
    """Read what rendering needs of a wave: paths as the workflow lays them out, `tables` all of its tables.

    Raises:
        StudyError: when the questionnaire lacks `language`.
    """
    frames = {Path(path).stem: read_table(path) for path in tables}
    checks = read_checks(published)
    used = repr((study, wave, inference))
    return WaveResults(
        study=study,
        wave=wave,
        questionnaire=load_questionnaire(Path(wave.questionnaire), [language], wave.name),
        estimates={name: frame for name, frame in frames.items() if not name.endswith("_tests")},
        tests={name.removesuffix("_tests"): frame for name, frame in frames.items() if name.endswith("_tests")},
        ledger=read_table(ledger),
        ingest=json.loads(Path(ingest).read_text(encoding="utf-8")),
        codebook=read_table(codebook),
        published=checks if len(checks) else None,
        config_hash=hashlib.sha256(used.encode()).hexdigest(),
        versions=versions(),
        sensitivity=read_table(sensitivity),
        families=read_table(families),
    )
