"""The questionnaire on paper: a page to print in one language."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from b2bsurvey.fielding.form import Form, FormChoice, FormQuestion
from b2bsurvey.questionnaire import Question
from b2bsurvey.render.html_page import html_page
from b2bsurvey.render.labels import Labels

ONE, SEVERAL, WRITE = "one", "several", "write"


@dataclass(frozen=True)
class PrintedRow:
    """A line to fill in: its label, and how many marks stand beside it; an open one has room for words."""

    label: str
    marks: int = 1
    is_open: bool = False


@dataclass(frozen=True)
class PrintedQuestion:
    """A question as it is printed; `heads` stand above the marks of its rows, `groups` above those of each context."""

    number: int
    text: str
    only_if: str
    how: str
    mark: str
    heads: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    rows: tuple[PrintedRow, ...] = ()
    unit: str = ""
    lines: int = 0


def printed_questionnaire(form: Form, language: str, study: str) -> str:
    """Return the form as an HTML page to print, offline; the same text for the same form.

    A question that only marks tests is left out: the platform fills it in, nobody is asked.
    """
    labels = Labels(form.questionnaire, language)
    blocks = [(title, [printed for _, printed in questions]) for title, questions in printed_blocks(form, labels)]
    return html_page(
        "questionnaire.html.j2",
        language=language,
        t=labels,
        study=study,
        title=form.questionnaire.title[language],
        blocks=blocks,
    )


def printed_blocks(form: Form, labels: Labels) -> Iterator[tuple[str, list[tuple[FormQuestion, PrintedQuestion]]]]:
    """Yield the title of each block with its questions, numbered through, as they are and as they are printed."""
    hidden = form.questionnaire.test_if.names if form.questionnaire.test_if else ()
    number = 0
    for block in form.blocks:
        questions = []
        for question in block.questions:
            if question.question.name not in hidden:
                number += 1
                questions.append((question, _printed(number, question, labels)))
        if questions:
            yield block.title[labels.language], questions


def _printed(number: int, asked: FormQuestion, labels: Labels) -> PrintedQuestion:
    question, language = asked.question, labels.language
    answers = [answer.text[language] for answer in asked.answers]
    only_if = labels("print.only_if", condition=labels.condition(question.asked_if)) if question.asked_if else ""

    def printed(how: str, mark: str, **more: object) -> PrintedQuestion:
        return PrintedQuestion(number, question.text[language], only_if, how, mark, **more)  # type: ignore[arg-type]

    match question.type:
        case "single":
            rows = tuple(PrintedRow(a.text[language], is_open=a.open) for a in asked.answers)
            return printed(labels("print.one"), ONE, rows=rows)
        case "tick_all":
            return printed(labels("print.several"), SEVERAL, rows=tuple(_rows(asked.items, 1, labels)))
        case "battery" if answers:
            rows = tuple(_rows(asked.items, len(answers), labels))
            return printed(labels("print.each_row"), ONE, heads=tuple(answers), rows=rows)
        case "grid":
            contexts = tuple(context.label[language] for context in question.contexts)
            if not answers:
                rows = tuple(_rows(asked.items, len(contexts), labels))
                return printed(labels("print.several"), SEVERAL, heads=contexts, rows=rows)
            rows = tuple(_rows(asked.items, len(contexts) * len(answers), labels))
            how = labels("print.each_row_and_part")
            return printed(how, ONE, heads=tuple(answers) * len(contexts), groups=contexts, rows=rows)
        case "ranking":
            how = labels("print.rank", most=question.most or len(question.items))
            return printed(how, WRITE, rows=tuple(_rows(asked.items, 1, labels)))
        case "constant_sum" | "battery":
            total = f"{question.total:g}" if question.total is not None else ""
            how = labels("print.total", total=total) if total else labels("print.numbers")
            return printed(how, WRITE, rows=tuple(_rows(asked.items, 1, labels)), unit=_unit(question, language))
        case "text":
            return printed(labels("print.words"), WRITE, lines=3)
        case kind:
            how = labels("print.date" if kind == "date" else "print.number")
            return printed(how, WRITE, lines=1, unit=_unit(question, language))


def _rows(items: Sequence[FormChoice], marks: int, labels: Labels) -> Iterator[PrintedRow]:
    for item in items:
        alone = f" ({labels('print.alone')})" if item.exclusive else ""
        yield PrintedRow(item.text[labels.language] + alone, marks, item.open)


def _unit(question: Question, language: str) -> str:
    return question.unit.get(language, "")
