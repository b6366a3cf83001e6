"""Check a YAML document against its JSON schema, and word what is wrong for the person who wrote it."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any, cast

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from b2bsurvey.errors import StudyError, nearest
from b2bsurvey.strict_yaml import Document

SCHEMAS = Path(__file__).parents[2] / "schemas"
DECIMAL = re.compile(r"-?(\d+(\.\d*)?|\.\d+)")
BOUNDS = {"minimum": "at least", "maximum": "at most", "exclusiveMinimum": "above", "exclusiveMaximum": "below"}
NAMES = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "keys with values",
    "null": "nothing",
}


@cache
def schema(name: str) -> dict[str, Any]:
    """Return the JSON schema `name` of `workflow/schemas/`."""
    loaded: dict[str, Any] = json.loads((SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8"))
    return loaded


def check(document: Document, name: str) -> None:
    """Raise a StudyError with one sentence for the first error of `document` against the schema `name`."""
    validator = Draft202012Validator(schema(name))
    errors = list(validator.iter_errors(document.data))
    while any(_made_a_number(document, error) for error in errors):
        errors = list(validator.iter_errors(document.data))
    first = min(errors, key=lambda e: (_line(document, e), len(e.absolute_path)), default=None)
    if first is not None:
        raise StudyError(_sentence(document, _most_specific(first)))


def _made_a_number(document: Document, error: ValidationError) -> bool:
    """Turn text like `0.90`, which stays text elsewhere, into the number that is wanted in its place."""
    if error.validator != "type" or error.validator_value != "number" or not isinstance(error.instance, str):
        return False
    if not DECIMAL.fullmatch(error.instance):
        return False
    *path, last = error.absolute_path
    parent = document.data
    for step in path:
        parent = parent[step]
    parent[last] = float(error.instance)
    return True


def _most_specific(error: ValidationError) -> ValidationError:
    """Follow `anyOf` and `oneOf` into the branch that the writer most likely meant: the deepest error."""
    while error.context:
        kind = _kind(error.instance)
        fitting = [e for e in error.context if not (e.validator == "type" and not e.path)] or list(error.context)
        error = max(fitting, key=lambda e: (len(e.absolute_path), kind in str(e.validator_value)))
    return error


def _line(document: Document, error: ValidationError) -> int:
    place = tuple(error.absolute_path)
    while place and place not in document.lines:
        place = place[:-1]
    return document.lines.get(place, 0)


def _sentence(document: Document, error: ValidationError) -> str:
    place = tuple(error.absolute_path)
    where = document.where(*place)
    # the stubs of jsonschema cannot know which type goes with which validator
    rule, required, instance = (
        cast("dict[str, Any]", error.schema),
        cast(Any, error.validator_value),
        cast(Any, error.instance),
    )
    what = f"'{'.'.join(str(p) for p in place)}'" if place else "the file"
    match error.validator:
        case "additionalProperties":
            valid = list(rule.get("properties", {}))
            unknown = next(k for k in instance if k not in valid)
            around = f" in {what}" if place else ""
            return (
                f"{document.where(*place, unknown)}: the key '{unknown}'{around} is not known"
                f"{nearest(unknown, valid)}; valid keys are {', '.join(valid)}."
            )
        case "required":
            lacking = next(k for k in required if k not in instance)
            return f"{where}: {what} lacks the key '{lacking}'; add it."
        case "enum":
            valid = [str(v) for v in required if v is not None]
            found = str(instance)
            return f"{where}: {what} is '{found}'{nearest(found, valid)}; it can be {', '.join(valid)}."
        case "type":
            wanted = required
            wanted = [wanted] if isinstance(wanted, str) else wanted
            expected = " or ".join(NAMES[w] for w in wanted)
            hint = "; put it in quotes to make it text" if wanted == ["string"] and _scalar(instance) else ""
            return f"{where}: {what} is {_shown(instance)}, but must be {expected}{hint}."
        case "not" | "pattern":
            where = document.where(*place, instance)
            shape = rule.get("description") or f"text of the form {rule.get('pattern')}"
            return f"{where}: '{instance}' is not a valid name here; use {shape}."
        case "minProperties" | "minItems" | "minLength":
            found = "is empty" if not instance else "has one entry only"
            return f"{where}: {what} {found}; give at least {'one entry' if required == 1 else required}."
        case "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum":
            return f"{where}: {what} is {instance}, but must be {BOUNDS[str(error.validator)]} {required}."
        case _:
            return f"{where}: {what} is not as expected: {error.message[:200]}."


def _kind(value: Any) -> str:
    kinds = {dict: "object", list: "array", str: "string", bool: "boolean", int: "integer", float: "number"}
    return kinds.get(type(value), "null")


def _scalar(value: Any) -> bool:
    return isinstance(value, int | float | bool)


def _shown(value: Any) -> str:
    if value is None:
        return "empty"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f"'{text[:60]}'" if len(text) <= 60 else f"'{text[:57]}…'"
