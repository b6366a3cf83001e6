"""Loading a questionnaire file strictly as it was in a wave, and the hashes that decide what reruns."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from b2bsurvey import schema
from b2bsurvey.config import Config
from b2bsurvey.errors import StudyError, nearest
from b2bsurvey.fingerprint import file_hash
from b2bsurvey.questionnaire import ANALYSES, Questionnaire
from b2bsurvey.questionnaire_loader import QuestionnaireLoader
from b2bsurvey.strict_yaml import Document, load_yaml


def load_questionnaire(path: Path, languages: Iterable[str] = (), wave: str = "") -> Questionnaire:
    """Load the questionnaire file `path` as it was asked in `wave`; its texts must exist in all output `languages`.

    Raises:
        StudyError: one sentence with file and line for whatever is missing, unknown or contradictory.
    """
    document = load_yaml(path)
    schema.check(document, "questionnaire")
    others = tuple(document.data.get("waves", {}))
    loaded = QuestionnaireLoader(of_wave(document, wave), tuple(languages)).load()
    return replace(loaded, other_waves=() if wave in ("", *others) else others)


def analyses_of(path: Path, wave: str) -> tuple[str, ...]:
    """Return the analyses that a wave has questions for; all of them where the file cannot be read: a job says why."""
    try:
        return load_questionnaire(path, (), wave).analyses
    except StudyError:
        return tuple(ANALYSES)


def load_in_all_languages(path: Path, wave: str = "", needed: Iterable[str] = ()) -> Questionnaire:
    """Load the questionnaire file `path` with its texts in every language that it has; `needed` are among them.

    Raises:
        StudyError: as `load_questionnaire`, where a text lacks in one of them.
    """
    return load_questionnaire(path, dict.fromkeys((*load_questionnaire(path, (), wave).languages, *needed)), wave)


def of_wave(document: Document, wave: str) -> Document:
    """Return the questionnaire document as it was in `wave`: what its `waves` say of it goes before.

    Raises:
        StudyError: when a wave says something of a question, answer or item that there is not.
    """
    data = document.data
    for name, own in data.get("waves", {}).items():
        _known_parts(document, data["questions"], own.get("questions", {}), ("waves", name, "questions"))
    own = data.get("waves", {}).get(wave, {})
    return replace(document, data=_merged({k: v for k, v in data.items() if k != "waves"}, own))


def _known_parts(document: Document, asked: Mapping[str, Any], own: Mapping[str, Any], place: tuple[str, ...]) -> None:
    """Check that a wave words what the questionnaire has: questions, and the parts of each by their codes."""
    for name, changes in own.items():
        if name not in asked:
            raise StudyError(
                f"{document.where(*place, name)}: '{name}' is none of the questionnaire's {place[-1]}"
                f"{nearest(name, asked)}; correct the name."
            )
        for part in ("answers", "items", "options", "contexts"):
            if part in changes:
                _known_parts(document, asked[name].get(part, {}), changes[part], (*place, name, part))


def _merged(data: Any, own: Any) -> Any:
    """Return `data` with the entries of `own` in their place, key by key; a condition (`…_if`) takes all of it."""
    if not (isinstance(data, dict) and isinstance(own, dict)):
        return own
    merged = {key: value if key.endswith("_if") else _merged(data.get(key), value) for key, value in own.items()}
    return {**data, **merged}


def config_names_are_known(config: Config) -> None:
    """Check that what the config names is there in some wave: families' questions, open questions that are cleared.

    Raises:
        StudyError: for a name that no questionnaire has. A questionnaire that cannot be read is left to its wave.
    """
    known: dict[str, str] = {}
    for path in {wave.questionnaire for wave in config.waves.values()}:
        try:
            data = load_yaml(Path(path)).data
            known |= {name: str(question.get("type")) for name, question in data["questions"].items()}
            known |= dict.fromkeys([*data.get("constructs", {}), *data.get("derived", {})], "derived")
        except (StudyError, TypeError, KeyError, AttributeError):
            return
    for family in config.inference.families:
        for name in (*family.questions, *family.segments):
            if name not in known:
                raise StudyError(
                    f"{family.line}: the family '{family.name}' names '{name}', which is a question of no wave"
                    f"{nearest(name, known)}; correct it."
                )
    for model in config.inference.models.named:
        for name in (model.outcome, *model.predictors):
            if not any(name == question or name.startswith(f"{question}_") for question in known):
                raise StudyError(
                    f"{model.line}: the model '{model.name}' names '{name}', which is a question or item of no wave"
                    f"{nearest(name, known)}; correct it."
                )
    texts = [name for name, kind in known.items() if kind == "text"]
    for name in config.cleared_answers:
        if name not in texts:
            raise StudyError(
                f"{config.cleared_line}: 'cleared_answers' names '{name}', which is an open question (type text) of no "
                f"wave{nearest(name, texts)}; correct it."
            )


def structure_hash(path: Path, wave: str = "") -> str:
    """Hash what decides how the answers of a wave are read: everything but titles and question texts.

    A changed question text then reruns rendering only; what the file says of other waves reruns nothing here. The files
    that open answers are coded with count too. A file that cannot be read hashes as its bytes, so that the job
    which loads it reports the error.
    """
    return _hash_without(path, wave, {"text", "short", "title", "source", "population"})


def text_hash(path: Path, wave: str = "") -> str:
    """Hash the whole content of the questionnaire for a wave (not its comments and layout)."""
    return _hash_without(path, wave, set())


def series_named(path: Path) -> str:
    """Return the series that a questionnaire says its waves are of; without one, or unreadable, its path."""
    try:
        return str(load_yaml(path).data["series"])
    except (StudyError, TypeError, KeyError):
        return str(path)


def coding_files(path: Path) -> tuple[str, ...]:
    """Return the files that open answers are coded with; none where the questionnaire cannot be read."""
    try:
        return _coding_files(load_yaml(path).data)
    except StudyError:
        return ()


def _coding_files(data: Any) -> tuple[str, ...]:
    try:
        coded = (d[method] for d in data["derived"].values() for method in ("back_code", "themes") if method in d)
        return tuple(str(made["codes"]) for made in coded if "codes" in made)
    except (TypeError, KeyError, AttributeError):
        return ()


def _hash_without(path: Path, wave: str, left_out: set[str]) -> str:
    def kept(value: Any) -> Any:
        if isinstance(value, dict):
            return {k: kept(v) for k, v in value.items() if not (k in left_out and _is_text(v))}
        return [kept(v) for v in value] if isinstance(value, list) else value

    try:
        data = of_wave(load_yaml(path), wave).data
        coding = [file_hash(name) for name in _coding_files(data)]
        content = json.dumps([kept(data), coding], ensure_ascii=False).encode()
    except (StudyError, TypeError, KeyError, AttributeError):
        content = path.read_bytes() if path.is_file() else b"missing"
    return hashlib.sha256(content).hexdigest()[:16]


def _is_text(value: Any) -> bool:
    """Whether a value is one text in several languages: a code may be called `text` too."""
    return isinstance(value, dict) and all(isinstance(text, str) for text in value.values())
