"""REDCap's data dictionary: a row a field, choices as `1, one | 2, two`, matrices by the name of their group.

The dictionary comes as rows of texts, the headings first: those of the download, or the field names of the API.
"""

import re
from collections.abc import Mapping, Sequence
from itertools import groupby

from b2bsurvey.errors import StudyError
from b2bsurvey.instruments.instrument import Cells, Choice, ExportColumn, Instrument, InstrumentQuestion, Texts, Type
from b2bsurvey.markup import clean

# what we use of a field: the heading of the download, and of the API
_HEADINGS = {
    "field_name": "variable / field name",
    "form_name": "form name",
    "section_header": "section header",
    "field_type": "field type",
    "field_label": "field label",
    "select_choices_or_calculations": "choices, calculations, or slider labels",
    "field_note": "field note",
    "text_validation_type_or_show_slider_number": "text validation type or show slider number",
    "identifier": "identifier?",
    "branching_logic": "branching logic (show field only if...)",
    "required_field": "required field?",
    "matrix_group_name": "matrix group name",
    "field_annotation": "field annotation",
}
_NEEDED = ("field_name", "field_type", "field_label", "select_choices_or_calculations")
_TYPES: dict[str, tuple[Type, Cells]] = {
    **dict.fromkeys(("radio", "dropdown", "yesno", "truefalse"), ("single", "choice")),
    "checkbox": ("tick_all", "tick"),
    "slider": ("number", "number"),
    "notes": ("text", "text"),
    "calc": ("computed", "number"),
    "file": ("file", "file"),
    "descriptive": ("display", "nothing"),
}
_BUILT_IN = {
    "yesno": (Choice("1", {"en": "Yes"}), Choice("0", {"en": "No"})),
    "truefalse": (Choice("1", {"en": "True"}), Choice("0", {"en": "False"})),
}
_NONE_OF = re.compile(r"@NONEOFTHEABOVE\s*=\s*['\"]?([^'\"@]*)['\"]?", re.IGNORECASE)


def is_dictionary(headings: Sequence[str]) -> bool:
    """Return whether headings are those of a data dictionary."""
    names = {heading.strip().casefold() for heading in headings}
    return all(name in names or _HEADINGS[name] in names for name in _NEEDED)


def read_dictionary(rows: Sequence[Sequence[str]], file: str) -> Instrument:
    """Return the questionnaire that a data dictionary defines; the language is not said.

    Fields of a matrix group are a battery, or a grid where several choices can be ticked. Fields marked as identifiers
    are named in a note. Raises StudyError for another table.
    """
    if not rows or not is_dictionary(rows[0]):
        raise StudyError(
            f"{file}: found no columns 'Variable / Field Name', 'Field Type' and 'Field Label'; expected a data "
            "dictionary of REDCap; download it again"
        )
    names = {heading: name for name, heading in _HEADINGS.items()}
    headings = [names.get(cell.strip().casefold(), cell.strip().casefold()) for cell in rows[0]]
    fields: list[dict[str, str]] = []
    section = ""
    for row in rows[1:]:
        field = dict(zip(headings, (cell.strip() for cell in row), strict=True))
        started = bool(fields) and fields[-1].get("form_name") != field.get("form_name")
        section = clean(field.get("section_header", "")) or ("" if started else section)
        fields.append({**field, "section": section})
    questions: list[InstrumentQuestion] = []
    for matrix, group in groupby(fields, key=lambda field: field.get("matrix_group_name", "")):
        members = list(group)
        questions += [_matrix(matrix, members)] if matrix and len(members) > 1 else map(_question, members)
    identifiers = [field["field_name"] for field in fields if field.get("identifier", "").casefold() in ("y", "1")]
    notes = (f"fields marked as identifiers of a person: {', '.join(identifiers)}",) if identifiers else ()
    return Instrument(file, {}, ("",), tuple(questions), notes, "redcap")


def _question(field: Mapping[str, str]) -> InstrumentQuestion:
    """Return one field as a question."""
    of_type, cells = _type(field)
    choices = _choices(field)
    code = field["field_name"]
    columns = [ExportColumn(code, answers=choices, open=of_type == "text")]
    if of_type == "tick_all":
        columns = [ExportColumn(_ticked(code, choice.code), choice.code) for choice in choices]
    return InstrumentQuestion(
        code,
        of_type,
        _texts(field.get("field_label", "")),
        items=choices if of_type == "tick_all" else (),
        answers=() if of_type == "tick_all" else choices,
        routing=field.get("branching_logic", ""),
        page=field["section"] or field.get("form_name", ""),
        cells=cells,
        platform_type=field.get("field_type", ""),
        help=_texts(field.get("field_note", "")),
        mandatory=field.get("required_field", "").casefold() in ("y", "1"),
        columns=() if of_type == "display" else tuple(columns),
    )


def _matrix(name: str, fields: Sequence[Mapping[str, str]]) -> InstrumentQuestion:
    """Return the fields of a matrix as one battery, or as a grid of ticks; its text is the section header above it."""
    choices = _choices(fields[0])
    ticked = fields[0].get("field_type") == "checkbox"
    pairs = [(field["field_name"], choice.code) for field in fields for choice in choices]
    return InstrumentQuestion(
        name,
        "grid" if ticked else "battery",
        _texts(fields[0]["section"]),
        items=tuple(
            Choice(f["field_name"], _texts(f.get("field_label", "")), routing=f.get("branching_logic", ""))
            for f in fields
        ),
        answers=() if ticked else choices,
        contexts=choices if ticked else (),
        page=fields[0].get("form_name", ""),
        cells="tick" if ticked else "choice",
        platform_type=f"matrix of {fields[0].get('field_type', '')}",
        columns=tuple(ExportColumn(_ticked(item, context), item, context) for item, context in pairs)
        if ticked
        else tuple(ExportColumn(field["field_name"], field["field_name"], answers=choices) for field in fields),
    )


def _type(field: Mapping[str, str]) -> tuple[Type, Cells]:
    """Return the type of a field; a text's validation tells numbers and dates."""
    kind = field.get("field_type", "")
    if kind == "text":
        validation = field.get("text_validation_type_or_show_slider_number", "").casefold()
        if validation.startswith("date"):
            return "date", "date"
        return ("number", "number") if validation.startswith(("integer", "number")) else ("text", "text")
    return _TYPES.get(kind, ("other", ""))


def _choices(field: Mapping[str, str]) -> tuple[Choice, ...]:
    """Return the choices of a field, `code, label` parted by strokes."""
    kind = field.get("field_type", "")
    if kind not in ("radio", "dropdown", "checkbox"):
        return _BUILT_IN.get(kind, ())
    none_of = _NONE_OF.search(field.get("field_annotation", ""))
    exclusive = {code.strip() for code in none_of[1].split(",")} if none_of else set()
    parts = (part.partition(",") for part in field.get("select_choices_or_calculations", "").split("|"))
    pairs = [(code.strip(), label.strip()) for code, _, label in parts if code.strip()]
    return tuple(Choice(code, _texts(label), exclusive=code in exclusive) for code, label in pairs)


def _ticked(field: str, code: str) -> str:
    """Return the column of a choice: minus signs and capitals are not in the names of columns."""
    return f"{field}___{code.casefold().replace('-', '_')}"


def _texts(text: str) -> Texts:
    return {"": clean(text)} if clean(text) else {}
