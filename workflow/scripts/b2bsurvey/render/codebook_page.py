"""The codebook of a wave as a page to read: every question as it was asked, with what was answered."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from b2bsurvey.codebook import Described
from b2bsurvey.ingest_table import columns_used
from b2bsurvey.questionnaire import MISSING_REASONS, Derivation, Question, Questionnaire, Variable
from b2bsurvey.render.html_page import html_page
from b2bsurvey.render.labels import Labels

# of these the respondents answered, if not in substance; the others have no share
ANSWERED_REASONS = ("dont_know", "refused", "not_applicable")


@dataclass(frozen=True)
class Heading:
    """The heading of a column, with the code that it stands for."""

    text: str
    code: str = ""


@dataclass(frozen=True)
class Cell:
    """What stands in a cell, a line below it, and the share (0–1) that its bar shows."""

    text: str
    detail: str = ""
    share: float | None = None


@dataclass(frozen=True)
class Row:
    """A row: an answer, an item, or a reason, with its code."""

    label: str
    code: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class BookTable:
    """A table of one question; its rows stand in groups, which may have a title."""

    caption: str
    head: str
    columns: tuple[Heading, ...]
    groups: tuple[tuple[str, tuple[Row, ...]], ...]


@dataclass(frozen=True)
class Entry:
    """What the codebook says of one question."""

    id: str
    name: str
    title: str
    text: str
    facts: tuple[tuple[str, str], ...]
    table: BookTable | None


@dataclass(frozen=True)
class Part:
    """A part of the codebook: what was asked, constructs, or what was derived."""

    id: str
    title: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class Codebook:
    """What the page is made of: the questionnaire of a wave, the description of each variable, and the ingest report.

    `cleared` are the open questions whose texts stand in the data.
    """

    study: str
    wave: str
    origin: str
    questionnaire: Questionnaire
    variables: Mapping[str, Described]
    ingest: Mapping[str, Any]
    cleared: tuple[str, ...] = ()


def codebook_page(book: Codebook, language: str) -> str:
    """Return the codebook in `language` as one HTML document without any external request.

    Two calls with equal input return equal texts.
    """
    labels = Labels(book.questionnaire, language)
    n = next((v.n for v in book.variables.values()), 0)
    return html_page(
        "codebook.html.j2",
        t=labels,
        book=book,
        language=language,
        mark=labels.origin(book.origin),
        about=labels("codebook.about", n=labels.form.number(n)),
        parts=_parts(book, labels),
    )


def _parts(book: Codebook, labels: Labels) -> list[Part]:
    questions = list(book.questionnaire.questions.values())
    constructs = [q for q in questions if q.derivation and _scores_items(book.questionnaire, q.derivation)]
    groups = {
        "questions": [q for q in questions if q.derivation is None],
        "constructs": constructs,
        "derived": [q for q in questions if q.derivation is not None and q not in constructs],
    }
    return [
        Part(name, labels(f"codebook.{name}"), tuple(_entry(book, labels, q) for q in found))
        for name, found in groups.items()
        if found
    ]


def _scores_items(questionnaire: Questionnaire, derivation: Derivation) -> bool:
    """Whether a variable is the score of a construct, made of single items, also where the wave left it out."""
    return derivation.method == "index" and not any(name in questionnaire.questions for name in derivation.of)


def _entry(book: Codebook, labels: Labels, question: Question) -> Entry:
    asked = question.as_asked
    return Entry(
        id=f"question-{question.name}",
        name=question.name,
        title=labels.question(question.name),
        text=question.text[labels.language] if question.text != question.short else "",
        facts=tuple((topic, text) for topic, text in _facts(book, labels, asked) if text),
        table=None if question.not_asked else _table(book, labels, asked),
    )


# --- facts ---


def _facts(book: Codebook, labels: Labels, question: Question) -> Iterable[tuple[str, str]]:
    names = [v.name for v in question.variables]
    several = labels("codebook.several", first=names[0], last=names[-1], count=labels.form.number(len(names)))
    yield labels("codebook.variable"), several if len(names) > 1 else names[0]
    level = "nominal" if question.kind == "tick" else question.level
    yield labels("head.type"), labels(f"type.{question.type}")
    yield labels("head.level"), labels(f"level.{level}")
    if question.not_asked:
        yield labels("head.asked_if"), labels("codebook.not_asked")
        return
    if question.derivation is None or question.asked_if:
        who = labels.condition(question.asked_if) if question.asked_if else labels("codebook.everybody")
        yield labels("head.asked_if"), who
    yield labels("codebook.base"), labels.base(question.base, question)
    yield labels("codebook.unit"), question.unit.get(labels.language, "")
    yield labels("codebook.understood"), _allowed(book, labels, question)
    classes = [
        c.label[labels.language]
        + labels("word.colon")
        + ", ".join(i.label[labels.language] for i in question.items if i.class_name == c.code)
        for c in question.classes
    ]
    yield labels("codebook.classes"), labels.join(classes)
    yield labels("codebook.reversed"), ", ".join(i.label[labels.language] for i in question.items if i.reversed)
    if question.derivation:
        yield labels("codebook.made"), derivation_in_words(book, labels, question, question.derivation)
        among = question.derivation.among
        yield labels("codebook.among"), labels.condition(among) if among else ""
    used = columns_used(book.ingest)
    columns = [used.get(name, "") for name in names]
    yield labels("head.source_column"), "; ".join(dict.fromkeys(c for c in columns if c))
    yield labels("codebook.set_aside"), labels.join(_set_aside(book, labels, question))


def _allowed(book: Codebook, labels: Labels, question: Question) -> str:
    """Say which numbers, days, ranks or parts a question takes."""
    if question.type == "ranking":
        return labels("codebook.ranked", most=question.most)
    if question.total is not None:
        return labels("codebook.total", total=_number(labels, question.total))
    if question.kind == "text":
        return labels("codebook.cleared" if question.name in book.cleared else "codebook.held_back")
    low, high = (_bound(labels, bound) for bound in (question.minimum, question.maximum))
    parts = [labels("codebook.whole")] * question.integer
    parts += [labels("codebook.at_least", low=low)] * bool(low) + [labels("codebook.at_most", high=high)] * bool(high)
    return ", ".join(parts)


def _bound(labels: Labels, bound: Any) -> str:
    if bound is None:
        return ""
    return _number(labels, bound) if isinstance(bound, float) else labels.day(bound.isoformat())


def _set_aside(book: Codebook, labels: Labels, question: Question) -> Iterable[str]:
    def said(key: str, count: int) -> str:
        return labels(key, count=labels.form.number(count)) if count else ""

    yield said("codebook.misrouted", book.ingest["misrouted"].get(question.name, 0))
    for kind, counts in book.ingest["contradictory"].items():
        yield said(f"contradictory.{kind}", counts.get(question.name, 0))
    owners = [book.questionnaire.owner(cell["variable"].partition(".")[0]) for cell in book.ingest["not_understood"]]
    yield said("codebook.not_understood", sum(owner.name == question.name for owner in owners))


def derivation_in_words(book: Codebook, labels: Labels, question: Question, derivation: Derivation) -> str:
    """Say how a derived variable is made, in the labels of the questionnaire."""
    method = derivation.method
    if derivation.condition is not None:
        return labels(f"codebook.made_{method}", condition=labels.condition(derivation.condition))
    first = book.questionnaire.owner(derivation.of[0])
    about = {"question": labels.question(first.name)}
    match method:
        case "map":
            groups = [_group(labels, question, first, code, codes) for code, codes in derivation.groups.items()]
            about["groups"] = labels.join(groups)
        case "band":
            bands = derivation.bounds.items()
            about["groups"] = labels.join(
                labels("codebook.from", label=labels.answer(question, code), bound=_number(labels, bound))
                for code, bound in bands
            )
        case "ratio":
            above, below = (_name(book, labels, source) for source in derivation.of)
            about |= {"above": above, "below": below}
        case "index":
            return _index_made(book, labels, derivation)
        case "back_code":
            counts = book.ingest["back_coded"].get(question.name, {"coded": 0, "not_coded": 0})
            about |= {"file": derivation.file, "coded": labels.form.number(counts["coded"])}
            about |= {"left": labels.form.number(counts["not_coded"])}
        case "themes":
            words = [f"{question.item_label(c, labels.language)}: {', '.join(w)}" for c, w in derivation.words.items()]
            about["how"] = derivation.file or labels.join(words)
        case _:
            about["codes"] = _either(labels, first, derivation.codes)
    if method == "count" and derivation.codes:
        return labels("codebook.made_count_of", **about)
    return labels(f"codebook.made_{method}", **about)


def _index_made(book: Codebook, labels: Labels, derivation: Derivation) -> str:
    turned = [
        item.label[labels.language]
        for name in derivation.of
        for variable in _variables(book, name)
        for item in book.questionnaire.owner(name).items
        if item.code == variable.item and item.reversed
    ]
    items = ", ".join(_name(book, labels, name) for name in derivation.of)
    made = labels("codebook.made_index", items=items, least=labels.form.number(derivation.min_valid))
    return labels.join([made, labels("codebook.made_reversed", items=", ".join(turned)) if turned else ""])


def _variables(book: Codebook, name: str) -> Sequence[Variable]:
    owner = book.questionnaire.owner(name)
    return [v for v in owner.variables if name in (owner.name, v.name)]


def _name(book: Codebook, labels: Labels, name: str) -> str:
    """Return what a question or one of its items is called."""
    owner = book.questionnaire.owner(name)
    if name == owner.name:
        return labels.question(name)
    (variable,) = _variables(book, name)
    parts = [owner.item_label(code, labels.language) for code in (variable.item, variable.context) if code]
    return f"{labels.question(owner.name)} [{' · '.join(parts)}]"


def _group(labels: Labels, question: Question, source: Question, code: str, codes: tuple[str, ...]) -> str:
    return f"{labels.answer(question, code)} = {_either(labels, source, codes)}"


def _either(labels: Labels, question: Question, codes: Iterable[str]) -> str:
    return f" {labels('word.or')} ".join(labels.answer(question, code) for code in codes)


# --- tables ---


def _table(book: Codebook, labels: Labels, question: Question) -> BookTable:
    if question.kind == "category" and not question.items:
        return _answers(labels, question, book.variables[question.name])
    variables = [book.variables[v.name] for v in question.variables]
    reasons = [reason for reason in MISSING_REASONS if any(reason in v.missing for v in variables)]
    columns = [*_value_columns(labels, question), Heading(labels("codebook.valid"))]
    columns += [Heading(labels(f"missing.{reason}")) for reason in reasons]
    contexts = [c.code for c in question.contexts] or [""]
    whole = all(_whole(v) for v in variables)
    groups = tuple(
        (
            question.item_label(context, labels.language) if context else "",
            tuple(_row(labels, question, v, reasons, whole) for v in variables if v.variable.context == context),
        )
        for context in contexts
    )
    head = "codebook.option" if question.type == "tick_all" else "head.item" if question.items else "head.variable"
    return BookTable(labels.question(question.name), labels(head), tuple(columns), groups)


def _answers(labels: Labels, question: Question, found: Described) -> BookTable:
    """A single choice: a row an answer, a row a reason, and all respondents."""
    number = labels.form.number
    rows = [
        Row(labels.answer(question, code), code, (Cell(number(count)), _share(labels, count, found.n_answered)))
        for code, count in found.counts.items()
    ]
    missing = [
        Row(
            labels(f"missing.{reason}"),
            reason,
            (
                Cell(number(count)),
                _share(labels, count, found.n_answered) if reason in ANSWERED_REASONS else Cell("–"),
            ),
        )
        for reason, count in found.missing.items()
    ]
    everybody = Row(labels("codebook.sum"), "", (Cell(number(found.n)), Cell("")))
    groups = [("", tuple(rows)), (labels("head.missing") if missing else "", (*missing, everybody))]
    columns = (Heading(labels("head.count")), Heading(labels("codebook.share")))
    return BookTable(labels.question(question.name), labels("head.answer"), columns, tuple(groups))


def _value_columns(labels: Labels, question: Question) -> list[Heading]:
    match question.kind:
        case "category":
            return [Heading(a.label[labels.language], a.code) for a in question.answers]
        case "tick":
            return [Heading(labels("head.count")), Heading(labels("codebook.share"))]
        case "number":
            return [Heading(labels("head.mean" if name == "mean" else f"codebook.{name}")) for name in _SUMMARY]
        case "date":
            return [Heading(labels("codebook.first_day")), Heading(labels("codebook.last_day"))]
        case _:
            return []


_SUMMARY = ("mean", "sd", "min", "q1", "median", "q3", "max")


def _row(labels: Labels, question: Question, found: Described, reasons: Sequence[str], whole: bool) -> Row:
    number, variable = labels.form.number, found.variable
    cells: list[Cell]
    match question.kind:
        case "category":
            cells = [_share(labels, count, found.n_answered, number(count)) for count in found.counts.values()]
        case "tick":
            cells = [Cell(number(found.counts["1"])), _share(labels, found.counts["1"], found.n_answered)]
        case "number":
            digits = [2, 2, *([0 if whole else 2] * 5)]
            numbers = [found.numbers.get(name, float("nan")) for name in _SUMMARY]
            cells = [Cell(number(value, d)) for value, d in zip(numbers, digits, strict=True)]
        case "date":
            days = found.days or ()
            cells = [Cell(labels.day(day.isoformat())) for day in days] or [Cell("–"), Cell("–")]
        case _:
            cells = []
    cells += [Cell(number(found.n_valid)), *(Cell(number(found.missing.get(reason, 0))) for reason in reasons)]
    label = question.item_label(variable.item, labels.language) if variable.item else labels.question(question.name)
    return Row(label, variable.name, tuple(cells))


def _whole(found: Described) -> bool:
    """Whether the values that respondents gave are whole numbers, quartiles included."""
    return all(value.is_integer() for name, value in found.numbers.items() if name not in ("mean", "sd"))


def _share(labels: Labels, count: int, n: int, detail: str = "") -> Cell:
    return Cell(labels.form.percent(count / n), detail, count / n) if n else Cell("–", detail)


def _number(labels: Labels, value: float) -> str:
    """Return a number of the questionnaire with the decimals that it has."""
    return labels.form.number(value, len(f"{value:.10g}".partition(".")[2]))
