"""Good exports with a questionnaire each: what the tests of damaged ones begin from.

The exports are the fixtures of every platform, one with every type of question, and one with routing. The fixtures
get a questionnaire that asks for each of their columns by its heading.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

import small_wave
import typed_wave
from b2bsurvey.columns import find_columns, heading_of, normal
from b2bsurvey.config import Wave
from b2bsurvey.ingest import IngestReport, ingest
from b2bsurvey.questionnaire import Questionnaire
from b2bsurvey.questionnaire_file import load_questionnaire
from b2bsurvey.readers import RawExport, read_export
from b2bsurvey.responses import Responses

EXPORTS = Path(__file__).parent / "fixtures" / "exports"
NO_EXPORTS = ("kobo_repeat", "redcap_dictionary", "redcap_events", "redcap_repeats")  # not one row a respondent
NUMBER = re.compile(r"-?\d+(\.\d\d?)?")
DAY = re.compile(r"\d{4}-\d\d-\d\d")
MOST_ANSWERS = 6
LONGEST_ANSWER = 60

Rows = list[list[str]]

ACCENTS = [
    ["Respondent ID", "Région", "Größe", "Umsatz (Mio.)", "Weshalb nicht?", "Fréquence"],
    ["é1", "Genève", "über 50", "1.5", "Für uns zu „teuer“, à vrai dire…", "très souvent"],
    ["é2", "Zürich", "unter 50", "12.25", "Perché no? È così – più tardi", "jamais"],
    ["é3", "Genève", "unter 50", "0.5", "Pas d’idée, désolé; ça dépend", "très souvent"],
    ["é4", "Neuchâtel", "über 50", "", "", "jamais"],
]


@dataclass(frozen=True)
class GoodExport:
    """An export as a table of texts, its questionnaire, and what the two say together."""

    name: str
    rows: Rows
    """Headings included."""
    head: int
    """How many rows stand above the respondents."""
    questionnaire: Questionnaire
    wave: Wave
    raw: RawExport
    responses: Responses
    variables: dict[int, frozenset[str]]
    """The variables that depend on a column, by its position from 1."""

    @property
    def body(self) -> Rows:
        return self.rows[self.head :]

    def ingest(self, raw: RawExport) -> tuple[Responses, IngestReport]:
        return ingest([raw], self.questionnaire, b"key", self.wave)

    def columns(self, *types: str) -> list[int]:
        """Return the positions of the columns that questions of these types take, one each."""
        asked = self.questionnaire.questions
        owner = {v.name: v.question for v in self.questionnaire.variables}
        return [
            position
            for position, names in self.variables.items()
            if names and all(asked[owner[name]].type in types for name in names)
        ]


def written(
    rows: Rows, delimiter: str = ",", end: str = "\r\n", quoting: Any = csv.QUOTE_MINIMAL, encoding: str = "utf-8"
) -> bytes:
    """Return rows as a delimited file."""
    stream = io.StringIO(newline="")
    csv.writer(stream, delimiter=delimiter, lineterminator=end, quoting=quoting).writerows(rows)
    return stream.getvalue().encode(encoding)


def good_exports(folder: Path) -> Iterator[GoodExport]:
    """Yield all good exports; the questionnaires are written to `folder`."""
    for path in sorted(EXPORTS.iterdir()):
        if path.suffix in (".csv", ".tsv") and path.stem not in NO_EXPORTS:
            raw = read_export(path)
            asked = folder / f"{path.stem}.yaml"
            asked.write_text(yaml.dump(_questionnaire(raw), allow_unicode=True, sort_keys=False), encoding="utf-8")
            questionnaire = load_questionnaire(asked)
            yield _good(path.name.removesuffix(".csv"), _records(path.read_bytes(), raw), questionnaire, raw.platform)
    with_accents = read_export(Path("accents.csv"), data=written(ACCENTS))
    asked = folder / "accents.yaml"
    asked.write_text(yaml.dump(_questionnaire(with_accents), allow_unicode=True, sort_keys=False), encoding="utf-8")
    yield _good("accents", ACCENTS, load_questionnaire(asked), "plain")
    typed = typed_wave.export(*typed_wave.some_rows(12, 1))
    yield _good("types", _of_text(typed), typed_wave.questionnaire(folder), "plain")
    small = _of_text(small_wave.export(12))
    yield _good("small", small, load_questionnaire(small_wave.FIXTURE / "questionnaire.yaml"), "plain")


def _good(name: str, rows: Rows, questionnaire: Questionnaire, platform: str) -> GoodExport:
    while not any(rows[-1]):  # a workbook ends with its last filled row
        rows = rows[:-1]
    raw = read_export(Path(f"{name}.csv"), data=written(rows))
    assert raw.platform == platform
    texts = tuple(q.name for q in questionnaire.questions.values() if q.type == "text")
    wave = Wave(name, (f"{name}.csv",), "q.yaml", "open_link", cleared_answers=texts)
    responses, report = ingest([raw], questionnaire, b"key", wave)
    assert report.not_understood == ()
    found = find_columns(raw, questionnaire, {})
    variables: dict[int, set[str]] = {j: set() for j in range(1, len(rows[0]) + 1)}
    for key, column in found.items():
        question = next(q for n, q in questionnaire.questions.items() if key == n or key.startswith((f"{n}.", f"{n}_")))
        own = {v.name for v in question.variables}
        variables[column.position] |= {key} if key in own and question.type in ("single", "battery", "number") else own
    head = len(rows) - len(raw.cells)
    by_position = {position: frozenset(names) for position, names in variables.items()}
    return GoodExport(name, rows, head, questionnaire, wave, raw, responses, by_position)


def _records(content: bytes, raw: RawExport) -> Rows:
    """Return the records of a text file, without the line that says the delimiter."""
    text = content.decode(raw.encoding).lstrip("\ufeff")
    return _of_text(text.split("\n", 1)[1] if text.startswith("sep=") else text, raw.delimiter)


def _of_text(text: str, delimiter: str = ",") -> Rows:
    rows = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True) if row]
    return [rows[0] + [""] * (len(rows[1]) - len(rows[0])), *rows[1:]]  # a title stands alone in its row


def _questionnaire(raw: RawExport) -> dict[str, Any]:
    """Return a questionnaire that asks for every column of an export: a choice, a number, a day or a text."""
    same = Counter(_name(raw, column) for column in raw.columns)
    seen: Counter[str] = Counter()
    questions = {}
    for column in raw.columns:
        name = _name(raw, column)
        if name.startswith("#"):  # without a heading
            continue
        seen[name] += 1
        where: dict[str, Any] = {"text": {"en": f"Column {column.position}"}, "column": name}
        if same[name] > 1:
            where["occurrence"] = seen[name]
        questions[f"q{column.position}"] = where | _type(list(raw.cells[column.position]), column.position)
    return {"title": {"en": raw.platform}, "languages": ["en"], "not_understood": 0.5, "questions": questions}


def _name(raw: RawExport, column: Any) -> str:
    codes = Counter(normal(c.code) for c in raw.columns)
    return column.code if column.code and codes[normal(column.code)] == 1 else heading_of(column)


def _type(cells: list[str], position: int) -> dict[str, Any]:
    filled = {cell.strip() for cell in cells} - {""}
    if filled and all(NUMBER.fullmatch(cell) for cell in filled) and position % 3:
        return {"type": "number", "decimal": "point"} if any("." in cell for cell in filled) else {"type": "number"}
    if filled and all(DAY.fullmatch(cell) for cell in filled):
        return {"type": "date", "format": "%Y-%m-%d"}
    distinct = {normal(cell): cell for cell in sorted(filled)}
    if 0 < len(distinct) <= MOST_ANSWERS and all(len(cell) <= LONGEST_ANSWER for cell in filled) and "" not in distinct:
        labels = enumerate([*distinct.values(), "something else"], start=1)
        return {"type": "single", "answers": {f"answer{n}": {"label": {"en": text}} for n, text in labels}}
    return {"type": "text"}
