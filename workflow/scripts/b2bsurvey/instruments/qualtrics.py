"""Qualtrics' definition of a survey: .qsf, which is JSON."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from b2bsurvey.errors import StudyError
from b2bsurvey.instruments.instrument import (
    Cells,
    Choice,
    ExportColumn,
    Instrument,
    InstrumentQuestion,
    Texts,
    Type,
)
from b2bsurvey.markup import clean

_MOST_BYTES = 100_000_000
_ON = ("true", "on", True)
_SEVERAL = ("MAVR", "MAHR", "MACOL", "MSB")
_DISPLAYED = ("DB", "Timing", "Meta", "Captcha", "Draw", "PGR", "HeatMap", "HotSpot", "DD", "HL")

Json = Mapping[str, Any]


def read_qsf(data: bytes, file: str) -> Instrument:
    """Return the survey that a .qsf file defines; questions in the trash are left out and noted.

    Raises:
        StudyError: where it is no JSON of Qualtrics.
    """
    survey = _json(data, file)
    try:
        return _instrument(survey, file)
    except (KeyError, TypeError, AttributeError, ValueError):
        raise StudyError(
            f"{file}: found JSON that is not arranged as Qualtrics does it; expected a survey (.qsf); export it again"
        ) from None


def _instrument(survey: Json, file: str) -> Instrument:
    entry, elements = survey["SurveyEntry"], survey["SurveyElements"]
    base = _language(entry.get("SurveyLanguage") or "EN")
    payloads = {e["PrimaryAttribute"]: e["Payload"] for e in elements if e["Element"] == "SQ" and e.get("Payload")}
    blocks = next((_values(e["Payload"]) for e in elements if e["Element"] == "BL"), [])
    flow: Json = next((e["Payload"] for e in elements if e["Element"] == "FL"), {})
    order, routing = _flow(flow)
    used = [b for b in blocks if b.get("Type") != "Trash"]
    used.sort(key=lambda block: order.index(block.get("ID")) if block.get("ID") in order else len(order))
    questions, notes = [], []
    for block in used:
        for element in block.get("BlockElements") or []:
            payload = payloads.get(element.get("QuestionID", ""))
            if payload is None:
                continue
            page = clean(block.get("Description") or "")
            questions.append(_question(payload, page, base, routing.get(block.get("ID", ""), "")))
            notes += [
                f"{questions[-1].code}: {clean(skip['Description'])}"
                for skip in element.get("SkipLogic") or []
                if skip.get("Description")
            ]
    unused = [
        payloads[e["QuestionID"]].get("DataExportTag", e["QuestionID"])
        for block in blocks
        if block.get("Type") == "Trash"
        for e in block.get("BlockElements") or []
        if e.get("QuestionID") in payloads
    ]
    if unused:
        notes.append(f"questions in the trash, left out: {', '.join(unused)}")
    languages = dict.fromkeys([base, *(name for q in questions for name in q.text)])
    title = {base: clean(entry.get("SurveyName") or "")}
    return Instrument(file, title, tuple(languages), tuple(questions), tuple(notes), "qualtrics")


def _json(data: bytes, file: str) -> Json:
    if len(data) > _MOST_BYTES:
        raise StudyError(f"{file}: found {len(data):,} bytes; expected a survey of Qualtrics (.qsf); export it again")
    try:
        survey = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise StudyError(
            f"{file}: found no JSON in UTF-8; expected a whole survey of Qualtrics (.qsf); export it again"
        ) from None
    if not isinstance(survey, dict) or not {"SurveyEntry", "SurveyElements"} <= set(survey):
        raise StudyError(
            f"{file}: found JSON without 'SurveyEntry' and 'SurveyElements'; expected a survey of Qualtrics (.qsf); "
            "export it again"
        )
    return survey


def _values(collection: Any) -> list[Any]:
    """Return what a collection holds: Qualtrics writes lists, and objects numbered like lists."""
    return list(collection.values() if isinstance(collection, dict) else collection or [])


def _keyed(collection: Any) -> dict[str, Any]:
    """Return a collection by its keys; a list counts from 1."""
    if isinstance(collection, dict):
        return {str(key): value for key, value in collection.items()}
    return {str(number): value for number, value in enumerate(collection or [], start=1)}


def _flow(flow: Json, condition: str = "") -> tuple[list[str], dict[str, str]]:
    """Return the blocks in the order of the flow, and the condition under which each is reached."""
    order: list[str] = []
    routing: dict[str, str] = {}
    for element in flow.get("Flow") or []:
        here = condition
        if element.get("Type") == "Branch":
            here = " and ".join(text for text in (condition, _logic(element.get("BranchLogic"))) if text)
        if "ID" in element and element.get("Type") in ("Block", "Standard"):
            order.append(element["ID"])
            if here:
                routing[element["ID"]] = here
        below, deeper = _flow(element, here)
        order += below
        routing |= deeper
    return order, routing


def _logic(logic: Any) -> str:
    """Return the words in which Qualtrics describes a condition."""
    if not isinstance(logic, dict):
        return ""
    words = []
    for value in logic.values():
        if isinstance(value, dict):
            own = clean(value["Description"]) if isinstance(value.get("Description"), str) else ""
            words.append(own or _logic(value))
    return " ".join(word for word in words if word)


def _language(code: str) -> str:
    return code.lower()


def _question(payload: Json, page: str, base: str, routing: str) -> InstrumentQuestion:
    type_, selector = payload.get("QuestionType", ""), payload.get("Selector", "")
    kind, cells = _kind(type_, selector, payload.get("SubSelector") or "")
    tag = payload.get("DataExportTag") or payload.get("QuestionID", "")
    choices = _ordered(payload, "Choices", "ChoiceOrder")
    answers = _ordered(payload, "Answers", "AnswerOrder")
    recoded = _keyed(payload.get("RecodeValues"))
    items: tuple[Choice, ...] = ()
    contexts: tuple[Choice, ...] = ()
    options: tuple[Choice, ...] = ()
    columns: list[ExportColumn] = []
    if kind == "single":
        options = tuple(_answer(payload, "Choices", key, recoded, base) for key in choices)
        columns = [ExportColumn(tag, answers=options), *_texts_of(tag, choices)]
    elif type_ == "SBS":
        items = tuple(_item(payload, "Choices", key, base) for key in choices)
        for number, side in _keyed(payload.get("AdditionalQuestions")).items():
            below = _question({**side, "DataExportTag": f"{tag}#{number}"}, "", base, "")
            contexts += (Choice(number, below.text), *(_within(number, below.text, c) for c in below.contexts))
            columns += [replace(c, context=f"{number}_{c.context}" if c.context else number) for c in below.columns]
    elif type_ == "Matrix":
        items = tuple(_item(payload, "Choices", key, base) for key in choices)
        options = tuple(_answer(payload, "Answers", key, recoded, base) for key in answers)
        tags = _keyed(payload.get("ChoiceDataExportTags") or {})
        for key in choices:
            stem = f"{tag}_{tags.get(key) or key}"
            if kind == "battery":
                columns.append(ExportColumn(stem, key, answers=options))
            else:
                columns += [
                    ExportColumn(f"{stem}_{a.code}", key, a.code, _ticked(cells, a), cells == "text") for a in options
                ]
        columns += _texts_of(tag, choices)
        if kind == "grid":
            contexts, options = tuple(Choice(a.code, a.text) for a in options), ()
    elif kind in ("tick_all", "ranking", "constant_sum", "battery"):
        items = tuple(_item(payload, "Choices", key, base) for key in choices)
        columns = [
            ExportColumn(f"{tag}_{a.code}", key, "", _ticked(cells, a), cells == "text")
            for key in choices
            for a in [_answer(payload, "Choices", key, recoded, base)]
        ] + _texts_of(tag, choices)
    elif kind != "display":
        columns = [ExportColumn(tag, open=cells == "text", names=(f"{tag}_TEXT",))]
    return InstrumentQuestion(
        code=tag,
        type=kind,
        cells=cells,
        platform_type="/".join(part for part in (type_, selector, payload.get("SubSelector") or "") if part),
        text=_in_languages(payload, base, "QuestionText"),
        page=page,
        items=items,
        contexts=contexts,
        answers=options,
        mandatory=_keyed(_keyed(payload.get("Validation")).get("Settings")).get("ForceResponse") == "ON",
        routing=" and ".join(text for text in (routing, _logic(payload.get("DisplayLogic"))) if text),
        columns=tuple(columns),
    )


def _within(number: str, side: Texts, answer: Choice) -> Choice:
    """Return an answer to tick of one of the sides of a side-by-side question."""
    return Choice(f"{number}_{answer.code}", {name: f"{side.get(name, '')}: {t}" for name, t in answer.text.items()})


def _ticked(cells: Cells, answer: Choice) -> tuple[Choice, ...]:
    """Return what the cells of a tick box hold: 1, or in some files the code of the answer."""
    return (Choice("1", answer.text), answer)[: 1 + (answer.code != "1")] if cells == "tick" else ()


def _kind(type_: str, selector: str, below: str) -> tuple[Type, Cells]:
    """Return the kind of a question, and what its cells hold."""
    if type_ == "MC":
        return ("tick_all", "tick") if selector in _SEVERAL else ("single", "choice")
    if type_ == "Matrix":
        if selector == "TE":
            return "grid", "text"
        if selector in ("CS", "RO"):
            return "grid", "number"
        return ("grid", "tick") if below == "MultipleAnswer" else ("battery", "choice")
    if type_ == "SBS":
        return "grid", "choice"
    if type_ == "TE":
        return ("battery", "text") if selector == "FORM" else ("text", "text")
    plain: dict[str, tuple[Type, Cells]] = {
        "RO": ("ranking", "rank"),
        "CS": ("constant_sum", "number"),
        "Slider": ("battery", "number"),
        "FileUpload": ("file", "file"),
    }
    return plain.get(type_, ("display", "nothing") if type_ in _DISPLAYED else ("other", "text"))


def _ordered(payload: Json, name: str, order: str) -> dict[str, Any]:
    """Return choices or answers by their number, in the order in which they are shown."""
    found = _keyed(payload.get(name))
    first = [str(key) for key in payload.get(order) or [] if str(key) in found]
    return {key: found[key] for key in dict.fromkeys([*first, *found])}


def _texts_of(tag: str, choices: Mapping[str, Any]) -> list[ExportColumn]:
    """Return the columns of the choices that ask for words of one's own."""
    return [
        ExportColumn(f"{tag}_{key}_TEXT", key, open=True)
        for key, choice in choices.items()
        if isinstance(choice, dict) and choice.get("TextEntry") in _ON
    ]


def _answer(payload: Json, name: str, key: str, recoded: Mapping[str, Any], base: str) -> Choice:
    choice = _keyed(payload.get(name)).get(key)
    other = isinstance(choice, dict) and choice.get("TextEntry") in _ON
    return Choice(str(recoded.get(key, key)), _in_languages(payload, base, name, key), other=other)


def _item(payload: Json, name: str, key: str, base: str) -> Choice:
    choice = _keyed(payload.get(name)).get(key) or {}
    return Choice(
        key,
        _in_languages(payload, base, name, key),
        other=choice.get("TextEntry") in _ON,
        exclusive=choice.get("ExclusiveAnswer") in _ON,
        routing=_logic(choice.get("DisplayLogic")),
    )


def _in_languages(payload: Json, base: str, *path: str) -> Texts:
    """Return a text by language; `path` leads to it, within the question and within each translation."""
    found = {base: _at(payload, path)}
    translations = payload.get("Language")
    for code, translated in translations.items() if isinstance(translations, dict) else ():
        found[_language(code)] = _at(translated, path)
    return {language: text for language, text in found.items() if text}


def _at(source: Any, path: Iterable[str]) -> str:
    for step in path:
        source = _keyed(source).get(step) if isinstance(source, dict | list) else None
    if isinstance(source, dict):
        source = source.get("Display")
    return clean(source) if isinstance(source, str) else ""
