"""The export of a synthetic wave, drawn from a file of true parameters.

    python -m b2bsurvey.simulate data/raw/WAVE.truth.yaml config/questionnaires/NAME.yaml OUT

(with `workflow/scripts` on PYTHONPATH). The same files give the same bytes: XLSX for LimeSurvey, CSV for Qualtrics.
Simulations that need answers only, of any number of respondents, call `synthetic.respondents.draw`.
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from b2bsurvey.errors import StudyError, nearest
from b2bsurvey.questionnaire import Questionnaire
from b2bsurvey.questionnaire_file import load_questionnaire
from b2bsurvey.synthetic.fieldwork import Field, field_wave
from b2bsurvey.synthetic.limesurvey import limesurvey_xlsx
from b2bsurvey.synthetic.qualtrics import qualtrics_csv
from b2bsurvey.synthetic.truth import load_truth

PLATFORMS: Mapping[str, Callable[[Field, Questionnaire], bytes]] = {
    "limesurvey": limesurvey_xlsx,
    "qualtrics": qualtrics_csv,
}


def simulate(parameters: Path, asked: Path) -> bytes:
    """Return the export of the wave that the file `parameters` describes, of the questionnaire `asked`.

    Raises:
        StudyError: for a mistake in one of the files, with file and line.
    """
    truth = load_truth(parameters)
    questionnaire = load_questionnaire(asked, wave=truth.wave)
    platform = truth.fieldwork["platform"]
    if platform not in PLATFORMS:
        raise StudyError(
            f"{truth.document.where('fieldwork', 'platform')}: no export can be written for '{platform}'"
            f"{nearest(platform, PLATFORMS)}; choose one of {', '.join(PLATFORMS)}."
        )
    return PLATFORMS[platform](field_wave(truth, questionnaire), questionnaire)


def main(arguments: Sequence[str]) -> None:
    """Read true parameters and questionnaire, write the export; a user's mistake ends in one sentence."""
    if len(arguments) != 3:
        raise SystemExit("three paths are needed: the true parameters, the questionnaire, and the file to write")
    parameters, asked, out = map(Path, arguments)
    try:
        content = simulate(parameters, asked)
    except StudyError as error:
        raise SystemExit(str(error)) from None
    out.write_bytes(content)


if __name__ == "__main__":
    main(sys.argv[1:])
