"""Which column of an export holds which variable."""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from b2bsurvey.errors import StudyError, nearest
from b2bsurvey.questionnaire import Item, Question, Questionnaire, Variable
from b2bsurvey.readers.raw import Column, RawExport

SIGNS = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-", "‐": "-", "\xa0": " ", "\ufeff": ""})
# how platforms head the answer column of a question that has just one
ANSWER_HEADINGS = ("", "response", "antwort", "réponse", "risposta")


@lru_cache(maxsize=65_536)  # the same headings and labels are compared over and over
def normal(text: str) -> str:
    """Return `text` as it is compared: Unicode composed, plain quotes and dashes, single spaces, no case."""
    return " ".join(unicodedata.normalize("NFC", text.translate(SIGNS)).split()).casefold()


@dataclass(frozen=True)
class Place:
    """What to look for: a heading, or an item's heading within a question's block."""

    heading: str
    item: str | None = None
    occurrence: int | None = None


@dataclass(frozen=True)
class Need:
    """A column that a question needs: under which key it is asked for, and the places where it may stand."""

    key: str
    question: Question
    places: tuple[Place, ...]


def needs(question: Question) -> list[Need]:
    """Return the columns that a question needs, by key.

    The key is the variable, the question where several options stand in one cell, `question.1` for the item ranked
    first where ranks have columns, and `question.code` for the text of an open answer.
    """
    if question.joined:
        found = [Need(question.name, question, (Place(question.column or question.name, None, question.occurrence),))]
    elif question.cells_name_items:
        found = [
            Need(f"{question.name}.{rank}", question, (Place(heading, None, question.occurrence),))
            for rank in range(1, (question.most or 0) + 1)
            for heading in [str(question.column).replace("{rank}", str(rank))]
        ]
    else:
        found = [Need(v.name, question, tuple(_places(question, v))) for v in question.variables]
    for answer in question.answers:
        if answer.column:
            places = (Place(question.column or question.name, answer.column), Place(answer.column))
            found.append(Need(f"{question.name}.{answer.code}", question, places))
    return found


def find_columns(export: RawExport, questionnaire: Questionnaire, overrides: Mapping[str, str]) -> dict[str, Column]:
    """Return the columns of everything that was asked, by the keys of `needs`.

    `overrides` are the wave's own headings by key; `#7` names the seventh column of the file.

    Raises:
        StudyError: for a heading that is missing (with the nearest one) or not unique, or an override of a
            variable that does not exist.
    """
    asked = [q for q in questionnaire.questions.values() if q.derivation is None]
    names = [need.key for question in asked for need in needs(question)]
    for name in overrides:
        if name not in names:
            raise StudyError(
                f"{questionnaire.file}: the wave's 'columns' give one for '{name}', which is not a variable of this "
                f"questionnaire{nearest(name, names)}; correct the name."
            )
    wanted = [need for question in asked if not question.not_asked for need in needs(question.as_asked)]
    found = {}
    for need in wanted:
        places = [Place(overrides[need.key])] if need.key in overrides else need.places
        found[need.key] = _find(export, need, places)
    _refuse_double_use(export, wanted, found)
    return found


def find_heading(export: RawExport, heading: str, purpose: str) -> Column:
    """Return the one column headed `heading`; an error begins with `purpose`: where it was asked for, and what for."""
    fitting = _by_heading(export, heading)
    if len(fitting) != 1:
        raise StudyError(
            f"{purpose} '{heading}', but {export.file} has {len(fitting) or 'no'} such columns"
            f"{nearest(heading, _headings(export))}; correct the heading, or name the column as '#7'."
        )
    return fitting[0]


def reference(export: RawExport, column: Column) -> str:
    """Return a heading that names just this column of the export; its place (`#7`) where no heading does."""
    headings = (column.code, column.heading, column.question, f"{column.question} [{column.item}]")
    plain = (text for text in headings if text.strip() and "{" not in text and not text.startswith("#"))
    return next((text for text in plain if _by_heading(export, text) == [column]), f"#{column.position}")


def heading_of(column: Column) -> str:
    """Return how a column is called in reports: its heading, else question and item, else its code or place."""
    if column.heading:
        return column.heading
    if column.item:
        return f"{column.question} [{column.item}]"
    return column.question or column.code or f"#{column.position}"


def _places(question: Question, variable: Variable) -> list[Place]:
    """Return where a variable may stand: item codes, own headings and labels are tried in turn."""
    item = next((i for i in question.items if i.code == variable.item), None)
    context = next((c for c in question.contexts if c.code == variable.context), None)
    if item is None:
        return [Place(question.column or question.name, occurrence=question.occurrence)]
    occurrence = item.occurrence or question.occurrence
    places = []
    for item_name in _names(item):
        for context_name in _names(context) if context else [""]:
            if question.column and "{" in question.column:
                heading = question.column.replace("{item}", item_name).replace("{context}", context_name)
                places.append(Place(heading, occurrence=occurrence))
            elif question.column:
                inner = f"{item_name} [{context_name}]" if context else item_name
                places.append(Place(question.column, inner, occurrence))
            else:
                places.append(Place(f"{item_name} [{context_name}]" if context else item_name, occurrence=occurrence))
    if not question.column:
        places.append(Place(variable.name, occurrence=occurrence))
    return places


def _names(item: Item) -> list[str]:
    return [item.column] if item.column else list(dict.fromkeys([item.code, *item.label.values()]))


def _find(export: RawExport, need: Need, places: Sequence[Place]) -> Column:
    for place in places:
        fitting = _fitting(export, place)
        if place.occurrence is not None and fitting:
            if len(fitting) < place.occurrence:
                raise StudyError(
                    f"{need.question.line}: '{need.key}' asks for occurrence {place.occurrence} of the heading "
                    f"'{place.item or place.heading}', but {export.file} has it {len(fitting)} times; correct that."
                )
            return fitting[place.occurrence - 1]
        if len(fitting) > 1:
            positions = ", ".join(str(c.position) for c in fitting)
            raise StudyError(
                f"{export.file}: columns {positions} all carry the heading of '{need.key}' "
                f"('{place.item or place.heading}'); say which with 'occurrence:' at {need.question.line}."
            )
        if fitting:
            return fitting[0]
    wanted = places[0]
    blocks = {normal(c.question) for c in export.columns}
    if wanted.item is not None and normal(wanted.heading) in blocks:
        candidates = [c.item for c in export.columns if normal(c.question) == normal(wanted.heading)]
        what, name = f"no column '{wanted.item}' in the block '{wanted.heading}'", wanted.item
    else:
        candidates, name = _headings(export), wanted.heading
        what = f"no column headed '{wanted.heading}'"
    raise StudyError(
        f"{need.question.line}: {export.file} has {what} for '{need.key}'{nearest(name, candidates)}; "
        "correct 'column:' there, or the wave's 'columns' in the config."
    )


def _fitting(export: RawExport, place: Place) -> list[Column]:
    if place.item is None:
        return _by_heading(export, place.heading)
    block, item = normal(place.heading), normal(place.item)
    return [c for c in export.columns if normal(c.question) == block and normal(c.item) == item]


def _by_heading(export: RawExport, heading: str) -> list[Column]:
    """Return the columns that a heading names: by position, code, whole heading, question, or question and item."""
    if re.fullmatch(r"#\d+", heading):
        return [c for c in export.columns if c.position == int(heading[1:])]
    wanted = normal(heading)
    tests: list[Callable[[Column], bool]] = [
        lambda c: normal(c.code) == wanted and c.code != "",
        lambda c: normal(c.heading) == wanted and c.heading != "",
        lambda c: normal(c.question) == wanted and normal(c.item) in (*ANSWER_HEADINGS, normal(c.question)),
        lambda c: normal(f"{c.question} [{c.item}]") == wanted,
        lambda c: normal(c.item) == wanted and c.question == "",
    ]
    return next((fitting for test in tests if (fitting := [c for c in export.columns if test(c)])), [])


def _headings(export: RawExport) -> list[str]:
    return [h for c in export.columns for h in (c.code, c.question) if h]


def _refuse_double_use(export: RawExport, wanted: Sequence[Need], found: Mapping[str, Column]) -> None:
    user: dict[int, str] = {}
    for need in wanted:
        column = found[need.key]
        other = user.setdefault(column.position, need.key)
        if other != need.key:
            raise StudyError(
                f"{need.question.line}: '{need.key}' and '{other}' both take column {column.position} of {export.file} "
                f"('{column.item or column.question}'); give each its own 'column:' or 'occurrence:'."
            )
