"""The topline: the questionnaire in the order in which it was asked, with the result beside every answer."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from b2bsurvey.codebook import Described
from b2bsurvey.fielding.beside import TICKED, Counted, Place, Tabulated
from b2bsurvey.fielding.form import OFFERED, FormChoice, FormQuestion, form_of
from b2bsurvey.fielding.printed import PrintedQuestion, printed_blocks
from b2bsurvey.questionnaire import ANSWERED, MISSING_REASONS, Question
from b2bsurvey.render.html_page import html_page
from b2bsurvey.render.labels import Labels
from b2bsurvey.render.method import method
from b2bsurvey.render.printed import SMALL, Cell
from b2bsurvey.render.question_tables import NUMBERS, PRINTED, QuestionRows, n_range
from b2bsurvey.render.results import WaveResults
from b2bsurvey.render.wave_tables import questions_of

MEAN = ("", "mean")
WHOLE: Place = ("", "")
# what the page says of the wave before the questions
FACTS = ("population", "mode", "fieldwork", "sampling", "respondents", "weighting")


@dataclass(frozen=True)
class ToplineRow:
    """An answer or an item with its results."""

    label: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class ToplineColumn:
    """A heading; one `beside` the answers sums them up, or has another base."""

    heading: str
    beside: bool = False


@dataclass(frozen=True)
class ToplineTable:
    """The results of a question.

    A `wide` table has a row an item and a column an answer, else there is a row an answer. Rows stand in groups with
    a title: the contexts of a grid, or one without a title. `n` is of each row where they differ, none in others.
    """

    head: str
    columns: tuple[ToplineColumn, ...]
    groups: tuple[tuple[str, tuple[ToplineRow, ...]], ...]
    wide: bool = False


@dataclass(frozen=True)
class ToplineQuestion:
    """A question as it was asked, whom its results are of, and the results.

    `missing` says how many gave no substantive answer, where that is not in the table.
    """

    id: str
    asked: PrintedQuestion
    base: str
    missing: str
    table: ToplineTable
    notes: tuple[str, ...]


@dataclass(frozen=True)
class ToplineBlock:
    """A part of the questionnaire."""

    id: str
    title: str
    questions: tuple[ToplineQuestion, ...]


def topline(results: WaveResults, variables: Mapping[str, Described], language: str) -> str:
    """Return the topline in `language` as one HTML document without any external request.

    Its numbers are those of the tables, to the printed digit; questions that no analysis takes have the unweighted
    counts of `variables`, and say so. Two calls with equal input return equal texts.
    """
    labels = Labels(results.questionnaire, language)
    wanted = {labels(f"method.{topic}") for topic in FACTS}
    return html_page(
        "topline.html.j2",
        t=labels,
        form=labels.form,
        language=language,
        study=results.study,
        wave=results.wave.name,
        title=results.questionnaire.title[language],
        mark=labels.origin(results.wave.origin),
        facts=[(topic, text) for topic, text in method(results, labels) if topic in wanted],
        blocks=list(_blocks(results, variables, labels)),
    )


def _blocks(results: WaveResults, variables: Mapping[str, Described], labels: Labels) -> Iterator[ToplineBlock]:
    tabulated = _tabulated(results, labels)
    for number, (title, questions) in enumerate(printed_blocks(form_of(results.questionnaire), labels), start=1):
        found = []
        for asked, printed in questions:
            name = asked.question.name
            beside = tabulated.get(name) or Counted(asked.question, variables)
            found.append(_question(results, variables, labels, asked, printed, beside))
        yield ToplineBlock(f"block-{number}", title, tuple(found))


def _tabulated(results: WaveResults, labels: Labels) -> dict[str, Tabulated]:
    """Return the results of each question that stands in a table of its own, of the first analysis that has one."""
    found: dict[str, Tabulated] = {}
    for analysis, frame in results.estimates.items():
        shown = frame[frame["statistic"].isin(PRINTED) & (frame["segment"] == "")]
        rows = dict(iter(shown.groupby("question", sort=False)))
        for question in questions_of(results, analysis):
            if question.name in rows and question.name not in found:
                found[question.name] = Tabulated(QuestionRows(labels, question, list(rows[question.name].itertuples())))
    return found


def _question(
    results: WaveResults,
    variables: Mapping[str, Described],
    labels: Labels,
    asked: FormQuestion,
    printed: PrintedQuestion,
    beside: Tabulated | Counted,
) -> ToplineQuestion:
    question = asked.question
    table = _table(labels, asked, beside)
    notes = [labels("topline.unweighted")] if isinstance(beside, Counted) else []
    guests = [choice for choice in asked.items if choice.ours not in {item.code for item in question.items}]
    if guests:
        table = _with_guests(results, variables, labels, table, asked, guests)
        notes.append(labels("topline.unweighted_row", items=", ".join(g.text[labels.language] for g in guests)))
    if question.type == "ranking":
        notes.append(labels("topline.ranked"))
    if question.kind == "text":
        cleared = question.name in results.wave.cleared_answers
        notes.append(labels("topline.texts" if cleared else "topline.texts_held_back"))
    if any(cell.small for _, rows in table.groups for row in rows for cell in row.cells):
        notes.append(labels("table.small_base", mark=SMALL))
    places = [(v.item, v.context) for v in question.variables]
    n = n_range(labels, (beside.n(place).value for place in places))
    return ToplineQuestion(
        id=f"question-{question.name}",
        asked=printed,
        base=labels("table.base", base=labels.base(beside.base, question), n=n),
        missing="" if table.wide else _missing(labels, beside, places[0]),
        table=table,
        notes=tuple(notes),
    )


def _missing(labels: Labels, beside: Tabulated | Counted, place: Place) -> str:
    """Say how many gave no substantive answer for which reason, of whom."""
    said = []
    for reason in MISSING_REASONS:
        cell, base = beside.missing(place, reason)
        if cell.value is not None and base != beside.base:
            share = cell.text(labels.form)
            of = labels.base(base, beside.question)
            said.append(labels("topline.missing", reason=labels(f"missing.{reason}"), share=share, base=of))
    return labels.join(said)


# --- tables ---


def _table(labels: Labels, asked: FormQuestion, beside: Tabulated | Counted) -> ToplineTable:
    question = asked.question
    if question.kind == "number":
        return _numbers(labels, asked, beside)
    if question.kind == "category" and question.items:
        return _battery(labels, asked, beside)
    if question.kind == "tick" and question.contexts:
        return _ticks_by_context(labels, asked, beside)
    if question.kind == "tick":
        rows = [(item.text[labels.language], (item.ours, ""), TICKED) for item in asked.items]
    elif question.kind == "category":
        rows = [(answer.label[labels.language], WHOLE, answer.code) for answer in question.answers]
        rows += [(labels(f"missing.{reason}"), WHOLE, reason) for reason in _among_answers(beside)]
    else:
        rows = [(labels.answer(question, ANSWERED), WHOLE, ANSWERED)]
    head = "codebook.option" if question.kind == "tick" else "head.answer"
    columns = (ToplineColumn(labels("head.share")), ToplineColumn(labels("head.count")))
    shown = [ToplineRow(label, (beside.share(at, code), beside.count(at, code))) for label, at, code in rows]
    shown += [
        ToplineRow(_kind_label(labels, question, kind), (_summary(beside, WHOLE, kind), Cell("")))
        for kind in _summaries(beside, "top2", "bottom2")
        if question.kind == "category"
    ]
    return ToplineTable(labels(head), columns, (("", tuple(shown)),))


def _among_answers(beside: Tabulated | Counted) -> list[str]:
    """Return the missing reasons whose shares have the base of the answers."""
    return [reason for reason in MISSING_REASONS if beside.missing(WHOLE, reason)[1] == beside.base]


def _summaries(beside: Tabulated | Counted, *boxes: str) -> list[tuple[str, str]]:
    """Return what sums a scale up: the mean, and `boxes` of several answers."""
    return [kind for kind in beside.kinds if kind == MEAN or (kind[1] in boxes and "+" in kind[0])]


def _summary(beside: Tabulated | Counted, place: Place, kind: tuple[str, str]) -> Cell:
    return beside.number(place, kind) if kind == MEAN else beside.share(place, kind[0])


def _kind_label(labels: Labels, question: Question, kind: tuple[str, str]) -> str:
    if kind in NUMBERS:
        return labels(NUMBERS[kind])
    first, *more, last = (labels.answer(question, code) for code in kind[0].split("+"))
    return f"{first} … {last}" if more else f"{first} + {last}"


def _battery(labels: Labels, asked: FormQuestion, beside: Tabulated | Counted) -> ToplineTable:
    """A row an item: the answers, what sums them up, the missing reasons that could be chosen, and n."""
    question = asked.question
    places = [(v.item, v.context) for v in question.variables]
    summaries = _summaries(beside, "top2")
    reasons = [r for r in OFFERED if any(beside.missing(place, r)[0].value is not None for place in places)]
    columns = [ToplineColumn(answer.label[labels.language]) for answer in question.answers]
    columns += [ToplineColumn(_kind_label(labels, question, kind), beside=True) for kind in summaries]
    columns += [ToplineColumn(labels(f"missing.{reason}"), beside=True) for reason in reasons]
    columns += [ToplineColumn(labels("head.n"), beside=True)]

    def cells(place: Place) -> tuple[Cell, ...]:
        answers = [beside.share(place, answer.code) for answer in question.answers]
        sums = [_summary(beside, place, kind) for kind in summaries]
        return (*answers, *sums, *(beside.missing(place, r)[0] for r in reasons), beside.n(place))

    groups = []
    items = [item for item in asked.items if item.ours in {place[0] for place in places}]
    for context in question.contexts or (None,):
        code, title = (context.code, context.label[labels.language]) if context else ("", "")
        rows = [ToplineRow(item.text[labels.language], cells((item.ours, code))) for item in items]
        groups.append((title, tuple(rows)))
    return ToplineTable(labels("head.item"), tuple(columns), tuple(groups), wide=True)


def _with_guests(
    results: WaveResults,
    variables: Mapping[str, Described],
    labels: Labels,
    table: ToplineTable,
    asked: FormQuestion,
    guests: Sequence[FormChoice],
) -> ToplineTable:
    """Return the table of a battery with the questions that were asked as rows of it, in their places."""
    ((title, rows),) = table.groups
    places = [item.ours for item in asked.items]
    shown = list(rows)
    for guest in guests:
        question = results.questionnaire.questions[guest.ours]
        counted, codes = Counted(question, variables), {a.code for a in question.answers}
        answers = [counted.share(WHOLE, a.code) if a.code in codes else Cell() for a in asked.question.answers]
        between = len(table.columns) - len(answers) - 1
        cells = (*answers, *[Cell()] * between, counted.n(WHOLE))
        shown.insert(places.index(guest.ours), ToplineRow(guest.text[labels.language], cells))
    return ToplineTable(table.head, table.columns, ((title, tuple(shown)),), wide=True)


def _ticks_by_context(labels: Labels, asked: FormQuestion, beside: Tabulated | Counted) -> ToplineTable:
    """A row an item, a column a context: the shares of those who ticked."""
    columns = tuple(ToplineColumn(context.text[labels.language]) for context in asked.contexts)
    rows = [
        ToplineRow(item.text[labels.language], tuple(beside.share((item.ours, c.ours), TICKED) for c in asked.contexts))
        for item in asked.items
    ]
    return ToplineTable(labels("head.item"), columns, (("", tuple(rows)),), wide=True)


def _numbers(labels: Labels, asked: FormQuestion, beside: Tabulated | Counted) -> ToplineTable:
    """A row a statistic, or of several items a row an item and a column a statistic."""
    kinds = [kind for kind in NUMBERS if kind in beside.kinds]
    names = [_kind_label(labels, asked.question, kind) for kind in kinds]
    if not asked.items:
        unit = asked.question.unit.get(labels.language, "") or labels("head.value")
        rows = [ToplineRow(name, (beside.number(WHOLE, kind),)) for name, kind in zip(names, kinds, strict=True)]
        return ToplineTable(labels("topline.statistic"), (ToplineColumn(unit),), (("", tuple(rows)),))
    columns = [*map(ToplineColumn, names), ToplineColumn(labels("head.n"), beside=True)]
    rows = [
        ToplineRow(
            item.text[labels.language],
            (*(beside.number((item.ours, ""), kind) for kind in kinds), beside.n((item.ours, ""))),
        )
        for item in asked.items
    ]
    return ToplineTable(labels("head.item"), tuple(columns), (("", tuple(rows)),), wide=True)
