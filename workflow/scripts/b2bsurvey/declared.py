"""What an export itself declares of its values: labels of codes, and codes that are no answer.

A cell is read by its own text first. Where the file gives it a label, the label may place it, too; the two must not
disagree.
"""

from collections.abc import Iterable, Mapping

from b2bsurvey.columns import normal
from b2bsurvey.errors import StudyError
from b2bsurvey.questionnaire import Question
from b2bsurvey.readers.raw import Column


def answers_of(question: Question, column: Column, answers: Mapping[str, str]) -> dict[str, str]:
    """Return the answer code of each text that a cell can hold, labels of the file included.

    `answers` gives the code of each spelling. Raises StudyError where the file calls a value otherwise than the
    questionnaire does.
    """
    labelled = {normal(v): answers[normal(label)] for v, label in column.values.items() if normal(label) in answers}
    for value, label in column.values.items():
        code, other = answers.get(normal(value)), labelled.get(normal(value))
        if code is not None and other is not None and code != other:
            raise StudyError(
                f"{question.line}: '{value}' is a spelling of '{code}' in '{question.name}', but the export labels it "
                f"'{label}', which is '{other}' (column {column.position}, '{column.code or column.question}'); "
                "correct the answers there, or leave the file of labels out."
            )
    return {**labelled, **answers}


def reasons_of(column: Column, reasons: Mapping[str, str]) -> dict[str, str]:
    """Return the missing reason of each text that a cell can hold; the questionnaire's own `reasons` go first."""
    labelled = {normal(v): reasons[normal(label)] for v, label in column.values.items() if normal(label) in reasons}
    declared = dict.fromkeys(map(normal, column.missing), "not_answered")
    return {**declared, **not_shown_of(column), **labelled, **reasons}


def not_shown_of(column: Column) -> dict[str, str]:
    """Return the reason `not_shown` of each value that stands for it."""
    return dict.fromkeys(map(normal, column.not_shown), "not_shown")


def ticks_of(column: Column, ticked: Iterable[str], not_ticked: Iterable[str]) -> tuple[set[str], set[str]]:
    """Return the texts of cells that mean ticked, and those that do not.

    A label goes before the value: SoSci Survey's 1 is labelled "not checked". A value that is declared to be no
    answer leaves the box empty.
    """
    yes, no = set(map(normal, ticked)), set(map(normal, not_ticked)) | set(map(normal, column.missing))
    labels = {normal(value): normal(label) for value, label in column.values.items()}
    labelled_no = {value for value, label in labels.items() if label in no}
    labelled_yes = {value for value, label in labels.items() if label in yes} - labelled_no
    return (yes - labelled_no) | labelled_yes, (no - labelled_yes) | labelled_no
