"""The questionnaire as an XLSForm, for KoboToolbox, ODK and SurveyCTO."""

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from b2bsurvey.fielding.form import Form, FormChoice, FormQuestion
from b2bsurvey.fielding.routing import Router
from b2bsurvey.questionnaire import Bounds, Text
from b2bsurvey.repacked import DAY, repacked

NAMES = {"en": "English", "de": "Deutsch", "fr": "Français", "it": "Italiano", "es": "Español"}
Row = Mapping[str, str]


class OpenDataKit:
    """Conditions in the expressions of XLSForm: `${B2} = 'A1'`, `selected(${F3}, 'SQ001')`."""

    nobody = "false()"

    def has(self, question: FormQuestion, item: str, context: str, codes: tuple[str, ...]) -> str:
        name = column_of(question, item, context)
        tests = [f"${{{name}}} = '{code}'" for code in codes]
        return tests[0] if len(tests) == 1 else "(" + " or ".join(tests) + ")"

    def ticked(self, question: FormQuestion, item: str, context: str) -> str:
        code = next(c.code for c in question.items if c.ours == item)
        return f"selected(${{{column_of(question, '', context)}}}, '{code}')"

    def answered(self, question: FormQuestion, item: str, context: str) -> str:
        return f"${{{column_of(question, item, context)}}} != ''"

    def within(self, question: FormQuestion, item: str, context: str, bounds: Bounds) -> str:
        return _within(f"${{{column_of(question, item, context)}}}", bounds.low, bounds.high)

    def denied(self, condition: str) -> str:
        return f"not({condition})"


def column_of(question: FormQuestion, item: str, context: str) -> str:
    """Return the name of the form's column: code, item and context, joined by underscores."""
    parts = [c.code for c in question.items if c.ours == item and item] if question.question.kind != "tick" else []
    parts += [c.code for c in question.contexts if c.ours == context and context]
    return "_".join([question.code, *parts])


def write_xlsform(form: Form) -> bytes:
    """Return the form as an XLSForm workbook, the same bytes for the same form.

    Batteries are groups of questions shown as a table, grids a table for each context, sets of numbers a question
    each. Verified by reading it back and by pyxform.
    """
    sheets = _Sheets(form.languages)
    router = Router(form, OpenDataKit())
    for number, block in enumerate(form.blocks, start=1):
        sheets.survey({"type": "begin_group", "name": f"block_{number}", "appearance": "field-list"}, block.title)
        for question in block.questions:
            condition = question.question.asked_if
            _add(sheets, question, router.expression(condition) if condition else "")
        sheets.survey({"type": "end_group"}, {})
    first = form.languages[0]
    settings = {
        "form_title": form.questionnaire.title[first],
        "form_id": re.sub(r"[^a-z0-9]+", "_", form.questionnaire.title[first].casefold()).strip("_")[:40] or "form",
        "default_language": _language(first),
        "style": "pages",
    }
    return _workbook({"survey": sheets.rows, "choices": sheets.choices, "settings": [settings]})


@dataclass(frozen=True)
class _Sheets:
    """The rows of the sheets while they fill; equal lists of choices are one list."""

    languages: tuple[str, ...]
    rows: list[Row] = field(default_factory=list)
    choices: list[Row] = field(default_factory=list)
    lists: dict[tuple[tuple[str, ...], ...], str] = field(default_factory=dict)

    def survey(self, row: Row, text: Text, **columns: str) -> None:
        self.rows.append({**row, **self._labels(text), **{k: v for k, v in columns.items() if v}})

    def list_of(self, choices: Sequence[FormChoice]) -> str:
        key = tuple((c.code, *(c.text[language] for language in self.languages)) for c in choices)
        if key not in self.lists:
            self.lists[key] = f"list_{len(self.lists) + 1}"
            for choice in choices:
                self.choices.append(
                    {"list_name": self.lists[key], "name": choice.code, **self._labels(choice.text)},
                )
        return self.lists[key]

    def _labels(self, text: Text) -> Row:
        return {f"label::{_language(language)}": text[language] for language in self.languages if language in text}


def _add(sheets: _Sheets, asked: FormQuestion, relevant: str) -> None:
    question = asked.question
    match question.type:
        case "single":
            chosen = {"type": f"select_one {sheets.list_of(asked.answers)}", "name": asked.code}
            sheets.survey(chosen, question.text, relevant=relevant)
            _add_open(sheets, asked, asked.answers, relevant)
        case "tick_all":
            chosen = {"type": f"select_multiple {sheets.list_of(asked.items)}", "name": asked.code}
            alone = [f"not(selected(., '{c.code}') and count-selected(.) > 1)" for c in asked.items if c.exclusive]
            sheets.survey(chosen, question.text, relevant=relevant, constraint=" and ".join(alone))
            _add_open(sheets, asked, asked.items, relevant)
        case "ranking":
            chosen = {"type": f"rank {sheets.list_of(asked.items)}", "name": asked.code}
            sheets.survey(chosen, question.text, relevant=relevant)
        case "battery" | "grid" | "constant_sum":
            _add_table(sheets, asked, relevant)
        case "number":
            limits = _bounds_of(asked)
            kind = "integer" if question.integer else "decimal"
            sheets.survey({"type": kind, "name": asked.code}, question.text, relevant=relevant, constraint=limits)
        case _:
            sheets.survey({"type": question.type, "name": asked.code}, question.text, relevant=relevant)


def _add_open(sheets: _Sheets, asked: FormQuestion, choices: Sequence[FormChoice], relevant: str) -> None:
    """Ask for the words behind an open choice."""
    for choice in choices:
        if choice.open:
            row = {"type": "text", "name": f"{asked.code}_other"}
            test = f"selected(${{{asked.code}}}, '{choice.code}')"
            sheets.survey(row, choice.text, relevant=f"{relevant} and {test}" if relevant else test)


def _add_table(sheets: _Sheets, asked: FormQuestion, relevant: str) -> None:
    """Add a group with a row an item, or with one such group a context."""
    ticks = asked.question.kind == "tick"
    begin = {"type": "begin_group", "name": asked.code}
    if asked.answers and not asked.contexts:
        begin |= {"appearance": "table-list"}
    sheets.survey(begin, asked.question.text, relevant=relevant)
    for context in asked.contexts or (None,):
        if ticks and context is not None:
            row = {"type": f"select_multiple {sheets.list_of(asked.items)}"}
            sheets.survey({**row, "name": column_of(asked, "", context.ours)}, context.text)
            continue
        if context is not None:
            name = {"type": "begin_group", "name": f"{asked.code}_{context.code}", "appearance": "table-list"}
            sheets.survey(name, context.text)
        kind = f"select_one {sheets.list_of(asked.answers)}" if asked.answers else "decimal"
        for item in asked.items:
            row = {"type": kind, "name": column_of(asked, item.ours, context.ours if context else "")}
            total = _sums_up(asked) if item == asked.items[-1] else ""
            sheets.survey(row, item.text, constraint=total)
        if context is not None:
            sheets.survey({"type": "end_group"}, {})
    sheets.survey({"type": "end_group"}, {})


def _sums_up(asked: FormQuestion) -> str:
    total = asked.question.total
    if total is None:
        return ""
    others = "".join(f" + ${{{column_of(asked, item.ours, '')}}}" for item in asked.items[:-1])
    return f".{others} = {total:g}"


def _bounds_of(asked: FormQuestion) -> str:
    low, high = (b if isinstance(b, float | int) else None for b in (asked.question.minimum, asked.question.maximum))
    return _within(".", low, high) if (low, high) != (None, None) else ""


def _within(name: str, low: float | None, high: float | None) -> str:
    tests = [f"{name} >= {low:g}"] if low is not None else []
    tests += [f"{name} <= {high:g}"] if high is not None else []
    return tests[0] if len(tests) == 1 else "(" + " and ".join(tests) + ")"


def _language(code: str) -> str:
    return f"{NAMES.get(code, code)} ({code})"


def _workbook(sheets: Mapping[str, Sequence[Row]]) -> bytes:
    book = Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        headings = list(dict.fromkeys(key for row in rows for key in row))
        for line in [headings, *([row.get(key, "") for key in headings] for row in rows)]:
            sheet.append([None] * len(headings))
            for place, text in enumerate(_plain(line), start=1):
                cell = sheet.cell(sheet.max_row, place)
                cell.value = text
                cell.data_type = "s"  # never a formula
        sheet.freeze_panes = "A2"
    book.properties.created = DAY
    file = io.BytesIO()
    book.save(file)
    return repacked(file.getvalue())


def _plain(cells: Sequence[str]) -> Iterator[str]:
    for cell in cells:
        yield ILLEGAL_CHARACTERS_RE.sub("", cell)
