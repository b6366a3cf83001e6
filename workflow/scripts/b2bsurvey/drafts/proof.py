"""Where the questions of a draft stand in the export, and whether their answers would be read.

A draft is checked by what reads a wave: the loader of questionnaires, the finding of columns, and the ingest.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from b2bsurvey.columns import find_columns, needs
from b2bsurvey.columns import reference as heading_or_place
from b2bsurvey.config import Wave
from b2bsurvey.drafts.question import DraftQuestion, Part, without_addresses
from b2bsurvey.errors import StudyError
from b2bsurvey.ingest import ingest
from b2bsurvey.questionnaire import Questionnaire
from b2bsurvey.questionnaire_loader import QuestionnaireLoader
from b2bsurvey.readers.raw import Column, RawExport
from b2bsurvey.schema import check
from b2bsurvey.strict_yaml import Document

_WAVE = Wave("draft", (), "", "open_link")
_MOST_CONTRADICTIONS = 0.1  # share of the rows


def proved(question: DraftQuestion, export: RawExport, languages: tuple[str, ...]) -> DraftQuestion | None:
    """Return the question with the columns named so that the ingest finds and understands all of them, else None."""
    for placed in _placed(question, export):
        questionnaire = _loaded(placed, languages)
        if questionnaire is not None and _found(placed, questionnaire, export):
            columns = placed.columns
            own = replace(export, columns=columns, cells=export.cells[[c.position for c in columns]])
            return placed if _understood(questionnaire, own) else None
    return None


def _loaded(question: DraftQuestion, languages: tuple[str, ...]) -> Questionnaire | None:
    data = {"title": dict.fromkeys(languages, "?"), "languages": list(languages)}
    document = Document("draft", {**data, "questions": {question.name: question.data(languages)}})
    try:
        check(document, "questionnaire")
        return QuestionnaireLoader(document, ()).load()
    except StudyError:
        return None


def _found(question: DraftQuestion, questionnaire: Questionnaire, export: RawExport) -> bool:
    """Return whether the file names just the columns that the question was drafted from, each in its place."""
    try:
        found = find_columns(export, questionnaire, {})
    except StudyError:
        return False
    wanted = {need.key: _source(question, need.key) for need in needs(questionnaire.questions[question.name])}
    return all(column is None or found[name].position == column.position for name, column in wanted.items()) and {
        c.position for c in found.values()
    } == {c.position for c in question.columns}


def _source(question: DraftQuestion, key: str) -> Column | None:
    """Return the column of a variable, or of an open answer's text; None where any of the question's will do."""
    sources = {f"{question.name}_{item.code}": item.source for item in question.items}
    sources |= {f"{question.name}_{i}_{c}": column for (i, c), column in question.cells.items()}
    sources |= {f"{question.name}.{answer.code}": answer.source for answer in question.answers}
    return sources.get(key)


def _understood(questionnaire: Questionnaire, export: RawExport) -> bool:
    try:
        _, report = ingest([export], questionnaire, b"draft", _WAVE)
    except StudyError:
        return False
    contradictory = sum(n for kinds in report.contradictory.values() for n in kinds.values())
    return not report.not_understood and contradictory <= _MOST_CONTRADICTIONS * report.rows


# --- where a question stands ---


def reference(export: RawExport, column: Column) -> str:
    """Return what names a column in the file: a heading without anybody's address, else its place."""
    heading = heading_or_place(export, column)
    return heading if _may_stand(heading) else f"#{column.position}"


def _may_stand(heading: str) -> bool:
    """Return whether a heading can stand in the file as it is: it holds no address and none of a pattern's braces."""
    return "{" not in heading and without_addresses(heading) == heading


def _placed(question: DraftQuestion, export: RawExport) -> Iterator[DraftQuestion]:
    """Yield the question with its columns named: by a pattern of codes, by the block's heading, one by one."""
    if question.column is not None:
        yield question
        return
    if question.cells:
        yield from _grid(question)
    elif any(item.source for item in question.items):
        yield from _itemised(question, export)
    elif question.source is not None:
        question = replace(question, column=reference(export, question.source))
        for in_block in (True, False):
            yield replace(question, answers=tuple(_named(a, export, in_block) for a in question.answers))


def _named(answer: Part, export: RawExport, in_block: bool) -> Part:
    """Return an open answer with the heading of its text's column: that within the question's block, or the whole."""
    if answer.source is None:
        return answer
    heading = answer.source.item if in_block and _may_stand(answer.source.item) else ""
    return replace(answer, column=heading or reference(export, answer.source))


def _itemised(question: DraftQuestion, export: RawExport) -> Iterator[DraftQuestion]:
    columns = [item.source for item in question.items if item.source is not None]
    pattern = _pattern([c.code for c in columns])
    if pattern is not None:
        before, own, after = pattern
        items = tuple(_with_column(i, code) for i, code in zip(question.items, own, strict=True))
        yield replace(question, column=f"{before}{{item}}{after}", items=items)
    block = columns[0].question
    if block and all(c.question == block and c.item and _may_stand(f"{block} {c.item}") for c in columns):
        items = tuple(_with_column(i, c.item) for i, c in zip(question.items, columns, strict=True))
        yield replace(question, column=block, items=items)
    headings = [reference(export, c) for c in columns]
    items = tuple(_with_column(i, heading) for i, heading in zip(question.items, headings, strict=True))
    yield replace(question, items=items)


def _with_column(part: Part, name: str) -> Part:
    """Return the part with the heading that names it, where neither its code nor its label does."""
    return part if name in (part.code, *part.label.values()) else replace(part, column=name)


def _pattern(codes: Sequence[str]) -> tuple[str, list[str], str] | None:
    """Return what codes begin with, hold in between and end with; the parts in between are all different.

    The beginning goes up to a sign between question and item: BA01_01 and BA01_02 share `BA01_`, not `BA01_0`.
    """
    if len(codes) < 2 or not all(codes) or any("{" in code or code[:1] == "#" for code in codes):
        return None
    before = _common(codes)
    sign = re.match(r".*[\W_]", before)
    before = sign[0] if sign else ""
    if not before:
        return None
    after = _common([code[len(before) :][::-1] for code in codes])[::-1]
    closing = re.search(r"[\])].*", after)
    after = closing[0] if closing else ""
    own = [code[len(before) : len(code) - len(after)] for code in codes]
    return (before, own, after) if all(own) and len(set(own)) == len(own) else None


def _common(texts: Sequence[str]) -> str:
    shortest = min(texts, key=len)
    return next((shortest[:i] for i in range(len(shortest)) if len({t[i] for t in texts}) > 1), shortest)


def _grid(question: DraftQuestion) -> Iterator[DraftQuestion]:
    """Yield the grid by a pattern of codes with both axes, then by the heading of its block."""
    pairs = [(item.code, context.code) for item in question.items for context in question.contexts]
    if any(pair not in question.cells for pair in pairs):
        return
    columns = [question.cells[pair] for pair in pairs]
    yield from _by_codes(question, pairs, [c.code for c in columns])
    block = columns[0].question
    parts = [re.fullmatch(r"(.+\S) ?\[([^\[\]]+)\]", c.item) for c in columns]
    if all(parts) and all(c.question == block and block and _may_stand(f"{block} {c.item}") for c in columns):
        names = [(m[1], m[2]) for m in parts if m]
        yield from _on_axes(question, pairs, names, block)


def _by_codes(question: DraftQuestion, pairs: list[tuple[str, str]], codes: list[str]) -> Iterator[DraftQuestion]:
    pattern = _pattern(codes)
    if pattern is None:
        return
    longest, rests, after = pattern
    # all cells may share the first axis too: what they begin with is then shorter than it looks
    for length in [i + 1 for i in reversed(range(len(longest))) if longest[i] in "[#._/-"]:
        before, own = longest[:length], [longest[length:] + rest for rest in rests]
        for sign in ("][", "_"):
            split = [tuple(code.split(sign)) for code in own]
            if any(len(parts) != 2 for parts in split):
                continue
            for first in (0, 1):
                names = [(parts[first], parts[1 - first]) for parts in split]
                axes = ("{item}", "{context}") if first == 0 else ("{context}", "{item}")
                yield from _on_axes(question, pairs, names, f"{before}{axes[0]}{sign}{axes[1]}{after}")


def _on_axes(
    question: DraftQuestion, pairs: list[tuple[str, str]], names: list[tuple[str, str]], column: str
) -> Iterator[DraftQuestion]:
    """Yield the grid in that column, where each item and each context has one name throughout."""
    items, contexts = ({pair[i]: name[i] for pair, name in zip(pairs, names, strict=True)} for i in (0, 1))
    if any((items[i], contexts[c]) != name for (i, c), name in zip(pairs, names, strict=True)):
        return
    yield replace(
        question,
        column=column,
        items=tuple(_with_column(p, items[p.code]) for p in question.items),
        contexts=tuple(_with_column(p, contexts[p.code]) for p in question.contexts),
    )
