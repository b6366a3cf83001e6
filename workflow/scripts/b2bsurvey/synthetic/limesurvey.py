"""A synthetic wave as LimeSurvey exports it: XLSX, question codes as headings, answer codes in the cells."""

import io
import re
from collections.abc import Sequence

import numpy as np
import pandas as pd
from openpyxl import Workbook

from b2bsurvey.columns import Need, needs
from b2bsurvey.questionnaire import Question, Questionnaire
from b2bsurvey.repacked import DAY, repacked
from b2bsurvey.synthetic.fieldwork import Field, left
from b2bsurvey.synthetic.forms import MISSING_CODE

SHEET = "Survey 571203"
FIRST_GROUP = 101  # LimeSurvey numbers groups throughout a site
TIME = "%Y-%m-%d %H:%M:%S"
NUMBER = re.compile(r"0|[1-9]\d{0,14}(\.\d+)?")


def limesurvey_xlsx(wave: Field, questionnaire: Questionnaire) -> bytes:
    """Return the export of a wave; the same bytes for the same wave and questionnaire."""
    facts, blank = wave.facts, [""] * len(wave.facts)
    columns = {
        "id": facts["id"].astype(str).tolist(),
        "submitdate": _times(facts["submitted"]),
        "lastpage": ["" if page == 0 else str(page) for page in facts["page"]],
        "startlanguage": facts["language"].tolist(),
        "startdate": _times(facts["started"]),
        "datestamp": _times(left(facts["started"], wave.seconds)),
        "refurl": blank,
    }
    for question in questionnaire.questions.values():
        if question.derivation is None:
            for need in needs(question):
                columns[need.places[0].heading] = _cells(wave, need, question)
    columns["interviewtime"] = [f"{seconds:.2f}" for seconds in wave.seconds.sum(axis=1)]
    for page in range(wave.seconds.shape[1]):
        taken = [f"{s:.2f}" if s > 0 else "" for s in wave.seconds[:, page]]
        columns[f"groupTime{FIRST_GROUP + page}"] = taken
    return _workbook([*columns], [*zip(*columns.values(), strict=True)])


def _times(times: pd.Series | pd.DatetimeIndex) -> list[str]:
    return [time.strftime(TIME) if not pd.isna(time) else "" for time in times]


def _cells(wave: Field, need: Need, question: Question) -> list[str]:
    """Return the cells of one column, '' for whatever is missing and has no answer code of its own."""
    if need.key in wave.texts:
        return list(wave.texts[need.key])
    if question.type == "ranking":
        rank = int(need.key.rpartition(".")[2])
        ranks = np.column_stack([wave.answers[v.name] for v in question.variables])
        codes = [item.spellings[0] for item in question.items]
        return [codes[int(row.argmax())] if row.any() else "" for row in ranks == rank]
    if question.kind == "number":
        return [str(number) if number >= 0 else "" for number in wave.answers[need.key]]
    codes_of = _spellings(question)
    return [codes_of.get(int(code), "") for code in wave.answers[need.key]]


def _spellings(question: Question) -> dict[int, str]:
    """Return how an answer or a missing reason stands in the cells of a question."""
    if question.kind == "tick":
        return {1: "Y" if question.type == "tick_all" else "1"}
    # the question's own spelling comes after those that hold for all questions
    reasons = {MISSING_CODE[r]: s for s, r in question.missing.items() if re.fullmatch(r"A\d+", s)}
    return reasons | {place: answer.spellings[0] for place, answer in enumerate(question.answers)}


def _workbook(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> bytes:
    book = Workbook(write_only=True)
    sheet = book.create_sheet(SHEET)
    sheet.append(headings)
    for row in rows:
        sheet.append([_native(cell) for cell in row])
    book.properties.creator, book.properties.created = "LimeSurvey", DAY
    file = io.BytesIO()
    book.save(file)
    return repacked(file.getvalue())


def _native(cell: str) -> str | int | float | None:
    """Return what LimeSurvey's spreadsheet has in a cell: numbers as numbers, nothing where there is no answer."""
    if NUMBER.fullmatch(cell):
        return float(cell) if "." in cell else int(cell)
    return cell or None
