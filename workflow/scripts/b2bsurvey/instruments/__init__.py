"""Definitions of questionnaires as platforms write them (.lss, LimeSurvey's .txt, .qsf), read into one neutral shape.

They say what was asked: questions, items, answers, languages, routing, and the columns of an export that hold the
answers. Readers take labels from them; a draft of a questionnaire starts from them.
"""

from collections.abc import Callable
from pathlib import Path

from b2bsurvey.errors import StudyError
from b2bsurvey.instruments import limesurvey, qualtrics
from b2bsurvey.instruments.instrument import Instrument

# how the name of a file ends → what reads it
_READERS: dict[str, Callable[[bytes, str], Instrument]] = {
    ".lss": limesurvey.read_lss,
    ".txt": limesurvey.read_structure,
    ".qsf": qualtrics.read_qsf,
}

SUFFIXES = tuple(_READERS)


def read_instrument(data: bytes, file: str) -> Instrument:
    """Return the instrument that a file defines; what it is, is told from its name.

    Raises:
        StudyError: where the name is of no known kind, or the file cannot be read exactly.
    """
    suffix = Path(file).suffix.lower()
    if suffix not in _READERS:
        raise StudyError(
            f"{file}: found a name that ends in '{suffix}'; expected the definition of a questionnaire "
            f"({', '.join(SUFFIXES)}); name such a file"
        )
    return _READERS[suffix](data, file)
