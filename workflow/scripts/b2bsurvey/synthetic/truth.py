"""The file of true parameters that a synthetic wave is drawn from."""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from b2bsurvey.errors import StudyError, nearest
from b2bsurvey.strict_yaml import Document, load_yaml

KEYS = ("wave", "seed", "respondents", "steps", "fieldwork", "open_answers")

Step = Mapping[str, Any]


@dataclass(frozen=True)
class Truth:
    """What is true of a synthetic wave.

    `steps` say, in the order in which they are drawn, how answers and traits come about (forms: `synthetic.forms`);
    `fieldwork` and `open_answers` are what `synthetic.fieldwork` makes a wave of them with.
    """

    document: Document
    wave: str
    seed: int
    respondents: int
    steps: Mapping[str, Step]
    fieldwork: Mapping[str, Any]
    open_answers: Mapping[str, Any]

    def changed(self, *place: str | int, to: Any) -> "Truth":
        """Return the truth with the parameter at `place` within `steps` set to `to`.

        Raises:
            StudyError: when there is no such parameter.
        """
        steps: Any = deepcopy(dict(self.steps))
        part = steps
        for step in place[:-1]:
            part = part[step]
        if place[-1] not in part:
            raise StudyError(
                f"{self.document.where('steps', *place)}: there is no parameter '{place[-1]}'"
                f"{nearest(str(place[-1]), list(part))}; correct the name."
            )
        part[place[-1]] = to
        return replace(self, steps=steps)


def load_truth(path: Path) -> Truth:
    """Load the file of true parameters `path`.

    Raises:
        StudyError: with file and line, for a key that is missing or unknown, or a step that is not one form.
    """
    document = load_yaml(path)
    data = document.data
    for key in data:
        if key not in KEYS:
            raise StudyError(f"{document.where(key)}: '{key}' is not known here{nearest(key, KEYS)}; correct it.")
    for key in KEYS:
        if key not in data:
            raise StudyError(f"{document.where()}: '{key}' is missing; add it.")
    return Truth(document, **data)
