"""XLSForm, the form of KoboToolbox and ODK: sheets `survey`, `choices` and `settings`, labels in several languages.

The sheets come as rows of texts, the headings first. Kobo's exports name the columns as `instruments` names them here:
`question`, and `question/option` for an option of a tick-all set.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from b2bsurvey.errors import StudyError, nearest
from b2bsurvey.instruments.instrument import Cells, Choice, ExportColumn, Instrument, InstrumentQuestion, Texts, Type
from b2bsurvey.markup import clean

Rows = Sequence[Sequence[str]]

_TYPES: dict[str, tuple[Type, Cells]] = {
    "select_one": ("single", "choice"),
    "select_multiple": ("tick_all", "tick"),
    "select_one_from_file": ("single", "choice"),
    "select_multiple_from_file": ("tick_all", "tick"),
    "rank": ("ranking", "choice"),
    **dict.fromkeys(("integer", "decimal", "range"), ("number", "number")),
    **dict.fromkeys(("date", "datetime"), ("date", "date")),
    **dict.fromkeys(("text", "time", "barcode"), ("text", "text")),
    **dict.fromkeys(("image", "audio", "video", "file"), ("file", "file")),
    **dict.fromkeys(("calculate", "hidden"), ("computed", "text")),
    "note": ("display", "nothing"),
}
_SETTINGS = (  # facts that the device adds, no questions
    *("start", "end", "today", "deviceid", "subscriberid", "simserial", "phonenumber", "username", "email", "audit"),
    *("start-geopoint", "background-audio"),
)
_LANGUAGES = {
    **dict.fromkeys(("english", "anglais", "englisch", "inglese"), "en"),
    **dict.fromkeys(("german", "deutsch", "allemand", "tedesco"), "de"),
    **dict.fromkeys(("french", "français", "francais", "französisch", "francese"), "fr"),
    **dict.fromkeys(("italian", "italiano", "italien", "italienisch"), "it"),
}
_CODE = re.compile(r".*\(([A-Za-z]{2,3}(?:[-_]\w+)?)\)")
_PARTED = re.compile(r"\s*(?:::?|\.\.)\s*")  # label::French (fr); one colon in old forms, dots after R
_BEGIN = re.compile(r"begin[ _](group|repeat|kobomatrix|score|rank)")
_END = re.compile(r"end[ _](group|repeat|kobomatrix|score|rank)")
_MATRIX = {"label", "list-nolabel"}


@dataclass
class _Group:
    """A group that is open: its questions are collected until it ends."""

    name: str = ""
    title: Texts = field(default_factory=dict)
    routing: str = ""
    left_out: bool = False
    """Whether it is, or stands in, a group whose answers are no columns of the main table."""
    is_table: bool = False
    questions: list[InstrumentQuestion] = field(default_factory=list)
    matrix: dict[str, str] = field(default_factory=dict)
    """What each row of a matrix shows: `label` only the answers' labels, `list-nolabel` the answers."""


@dataclass(frozen=True)
class _Form:
    """What the questions of a form refer to."""

    file: str
    lists: Mapping[str, tuple[Choice, ...]]
    default: str
    """The language of texts whose heading names none."""

    def place(self, number: int) -> str:
        return f"{self.file}, sheet 'survey', row {number}"


def read_xlsform(survey: Rows, choices: Rows, settings: Rows, file: str) -> Instrument:
    """Return the questionnaire that an XLSForm defines; `settings` may be empty.

    A group shown as a table, or the rows of a matrix (`label`, `list-nolabel`), is a battery. Questions of a repeat
    group are left out with a note: their answers are instances and not respondents. Raises StudyError for a form
    without types and names, a list of choices that is not there, and groups that do not end.
    """
    records = _records(survey)
    if not records or not {"type", "name"} <= set(records[0][1]):
        raise StudyError(
            f"{file}, sheet 'survey': found no columns 'type' and 'name'; expected an XLSForm; export the form again"
        )
    said: Mapping[str, str] = next((record for _, record in _records(settings)), {})
    default = _language(said.get("default_language", ""))
    questions, notes = _grouped(records, _Form(file, _lists(choices, default), default))
    texts = [t for q in questions for t in (q.text, *(choice.text for choice in (*q.items, *q.answers)))]
    used = dict.fromkeys(language for text in texts for language in text)
    languages = tuple(dict.fromkeys([*([default] if default in used else []), *used])) or (default,)
    title = clean(said.get("form_title", ""))
    return Instrument(file, {languages[0]: title} if title else {}, languages, tuple(questions), tuple(notes), "kobo")


def _grouped(records: Sequence[tuple[int, dict[str, str]]], form: _Form) -> tuple[list[InstrumentQuestion], list[str]]:
    """Return the questions of the survey sheet, and notes on groups that are left out."""
    groups, notes = [_Group()], []
    for number, record in records:
        kind = " ".join(record["type"].split())
        if begin := _BEGIN.fullmatch(kind.casefold()):
            groups.append(_begun(record, begin[1], groups[-1], form.default))
            if begin[1] != "group":
                notes.append(f"questions of the {begin[1]} '{record['name']}' left out")
        elif _END.fullmatch(kind.casefold()):
            if len(groups) == 1:
                raise StudyError(
                    f"{form.place(number)}: found the end of a group that does not begin; expected 'begin_group' "
                    "before; correct the form"
                )
            ended = groups.pop()
            groups[-1].questions += [] if ended.left_out else _closed(ended)
        elif kind and kind.casefold() not in _SETTINGS:
            question = _question(record, kind, groups, form, number)
            groups[-1].questions.append(question)
            for word in _MATRIX & set(record.get("appearance", "").casefold().split()):
                groups[-1].matrix[question.code] = word
    if len(groups) > 1:
        raise StudyError(
            f"{form.file}, sheet 'survey': found no end of the group '{groups[-1].name}'; expected 'end_group'; "
            "correct the form"
        )
    return groups[0].questions, notes


def _begun(record: Mapping[str, str], kind: str, parent: _Group, default: str) -> _Group:
    return _Group(
        record["name"],
        _texts(record, "label", default),
        record.get("relevant", ""),
        left_out=parent.left_out or kind != "group",
        is_table="table-list" in record.get("appearance", "").casefold(),
    )


def _question(
    record: Mapping[str, str], kind: str, groups: Sequence[_Group], form: _Form, number: int
) -> InstrumentQuestion:
    """Return one question of the survey sheet."""
    first, _, rest = kind.partition(" ")
    name, with_other = rest.removesuffix(" or_other").strip(), rest.endswith(" or_other")
    of_type, cells = _TYPES.get(first.casefold(), ("other", ""))
    choices: tuple[Choice, ...] = ()
    if of_type in ("single", "tick_all", "ranking") and not first.endswith("_from_file"):
        if name not in form.lists:
            raise StudyError(
                f"{form.place(number)}: found the list of choices '{name}', which the sheet 'choices' does not "
                f"have{nearest(name, form.lists)}; expected one that it has; correct the form"
            )
        choices = form.lists[name] + ((Choice("other", {}, other=True),) if with_other else ())
    code = record["name"]
    columns = [ExportColumn(code, answers=choices, open=of_type == "text")]
    if of_type == "tick_all":
        columns += [ExportColumn(f"{code}/{choice.code}", choice.code) for choice in choices]
    if with_other:
        columns.append(ExportColumn(f"{code}_other", open=True))
    routing = [part for part in (*(g.routing for g in groups), record.get("relevant", "")) if part]
    page = next((g.title for g in reversed(groups) if g.title), {})
    as_items = of_type in ("tick_all", "ranking")
    return InstrumentQuestion(
        code,
        of_type,
        _texts(record, "label", form.default),
        items=choices if as_items else (),
        answers=() if as_items else choices,
        routing=" and ".join(f"({part})" for part in routing) if len(routing) > 1 else "".join(routing),
        page=next(iter(page.values()), ""),
        cells=cells,
        platform_type=kind,
        help=_texts(record, "hint", form.default),
        mandatory=record.get("required", "").casefold() in ("yes", "true", "true()", "1"),
        columns=() if of_type == "display" else tuple(columns),
    )


def _closed(group: _Group) -> list[InstrumentQuestion]:
    """Return the questions of a group that ended: one battery, where they are the rows of a table."""
    rows = [q for q in group.questions if q.type == "single"]
    others = [q for q in group.questions if q.type != "single"]
    as_rows = group.is_table or (len(group.matrix) > 1 and set(group.matrix) >= {q.code for q in rows})
    if not as_rows or len(rows) < 2 or any(q.answers != rows[0].answers for q in rows):
        return group.questions
    rows = [q for q in rows if group.matrix.get(q.code) != "label"]  # that one holds no answer
    battery = replace(
        rows[0],
        code=group.name,
        type="battery",
        text=group.title,
        items=tuple(Choice(q.code, q.text) for q in rows),
        columns=tuple(ExportColumn(q.code, q.code, answers=q.answers) for q in rows),
        help={},
    )
    return [battery, *others]


def _lists(choices: Rows, default: str) -> dict[str, tuple[Choice, ...]]:
    """Return the lists of choices by name."""
    lists: dict[str, tuple[Choice, ...]] = {}
    for _, record in _records(choices):
        name = record.get("list_name") or record.get("list name", "")
        if name:
            choice = Choice(record.get("name") or record.get("value", ""), _texts(record, "label", default))
            lists[name] = (*lists.get(name, ()), choice)
    return lists


def _records(rows: Rows) -> list[tuple[int, dict[str, str]]]:
    """Return the rows below the headings that are not blank, each with its number in the sheet."""
    if not rows:
        return []
    headings = [" ".join(cell.split()) for cell in rows[0]]
    found = []
    for number, row in enumerate(rows[1:], start=2):
        if any(cell.strip() for cell in row):
            record = {
                h.casefold() if _PARTED.search(h) is None else h: c.strip() for h, c in zip(headings, row, strict=True)
            }
            found.append((number, record))
    return found


def _texts(record: Mapping[str, str], name: str, default: str) -> Texts:
    """Return a text in all its languages: `label` is in the form's default language."""
    return {language: clean(text) for language, text in _translations(record, name, default) if text}


def _translations(record: Mapping[str, str], name: str, default: str) -> Iterator[tuple[str, str]]:
    for heading, text in record.items():
        parts = _PARTED.split(heading, maxsplit=1)
        if parts[0].casefold() == name:
            yield (_language(parts[1]) if len(parts) > 1 else default), text


def _language(name: str) -> str:
    """Return the code of a language: in brackets, or of a language we know, else the name as it stands."""
    match = _CODE.fullmatch(name.strip())
    return match[1] if match else _LANGUAGES.get(name.strip().casefold(), name.strip())
