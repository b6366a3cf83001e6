"""The export of a synthetic wave, drawn from a file of true parameters.

    python -m b2bsurvey.simulate data/raw/WAVE.truth.yaml config/questionnaires/NAME.yaml OUT.xlsx

(with `workflow/scripts` on PYTHONPATH). The same files give the same bytes. Simulations that need answers only, of any
number of respondents, call `synthetic.respondents.draw`.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from b2bsurvey.errors import StudyError
from b2bsurvey.questionnaire_file import load_questionnaire
from b2bsurvey.synthetic.fieldwork import field_wave
from b2bsurvey.synthetic.limesurvey import limesurvey_xlsx
from b2bsurvey.synthetic.truth import load_truth


def main(arguments: Sequence[str]) -> None:
    """Read true parameters and questionnaire, write the export; a user's mistake ends in one sentence."""
    if len(arguments) != 3:
        raise SystemExit("three paths are needed: the file of true parameters, the questionnaire, and the XLSX to write")
    parameters, asked, out = map(Path, arguments)
    try:
        truth = load_truth(parameters)
        questionnaire = load_questionnaire(asked)
        content = limesurvey_xlsx(field_wave(truth, questionnaire), questionnaire)
    except StudyError as error:
        raise SystemExit(str(error)) from None
    out.write_bytes(content)


if __name__ == "__main__":
    main(sys.argv[1:])
