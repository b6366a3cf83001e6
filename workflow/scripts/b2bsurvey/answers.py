"""From the cells of one question to its typed answers, whatever its type."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from itertools import chain

import numpy as np
import pandas as pd

from b2bsurvey.columns import normal
from b2bsurvey.errors import StudyError
from b2bsurvey.questionnaire import Item, Question
from b2bsurvey.readers.raw import Column
from b2bsurvey.responses import HELD_BACK, Mask
from b2bsurvey.written import bare, day, decimal_sign, number, options

TICKED = (
    *("1", "x", "y", "yes", "true", "checked", "selected"),
    *("ja", "wahr", "ausgewählt", "oui", "vrai", "sì", "si", "vero"),
)
NOT_TICKED = (
    *("0", "n", "no", "false", "unchecked", "not checked", "not selected"),
    *("nein", "falsch", "nicht gewählt", "nicht ausgewählt", "non", "faux", "falso"),
)
# kinds of contradictions, which are set aside and counted
CONTRADICTIONS = ("exclusive_with_others", "repeated_rank", "rank_above_most", "sum_off_total")
EXCLUSIVE, REPEATED_RANK, RANK_ABOVE_MOST, SUM_OFF = CONTRADICTIONS
# a constant sum may be off by this share of its total: three times 33 are meant as thirds of 100
TOLERANCE = 0.01

Columns = dict[str, tuple[pd.Series, pd.Series]]


@dataclass(frozen=True)
class Source:
    """One column of an export and its cells; each distinct text of them is read once."""

    file: str
    column: Column
    cells: pd.Series

    @cached_property
    def _distinct(self) -> tuple[np.ndarray, np.ndarray]:
        places, texts = pd.factorize(self.cells)
        return places, texts.to_numpy(dtype=object)

    @property
    def texts(self) -> np.ndarray:
        """The distinct texts of the cells."""
        return self._distinct[1]

    @cached_property
    def normal_texts(self) -> list[str]:
        """The distinct texts as they are compared."""
        return [normal(raw) for raw in self.texts]

    def of_cells(self, meanings: Iterable[object]) -> pd.Series:
        """Return (n,) what each cell means, from what each of the distinct texts does."""
        found = np.fromiter(meanings, dtype=object, count=len(self.texts))
        return pd.Series(found[self._distinct[0]], index=self.cells.index, dtype=object)


@dataclass(frozen=True)
class Answers:
    """The typed answers of one question.

    `columns` maps each variable to (values, missing reasons); `not_understood` gives, by the key of its column, the
    cells that are no answer; `contradictory` masks by kind the respondents whose answers were set aside; `texts` are
    the open answers, empty where there is none.
    """

    columns: Columns
    not_understood: Mapping[str, pd.Series] = field(default_factory=dict)
    contradictory: Mapping[str, Mask] = field(default_factory=dict)
    texts: pd.Series | None = None


def answers_of(question: Question, sources: Mapping[str, Source], cleared: bool, last_day: np.ndarray) -> Answers:
    """Type the cells of a question; `sources` are its columns by the keys of `columns.needs`.

    `cleared`: its texts may be kept. `last_day` (n,) datetime64[D] is the last day that a date can name.

    Raises:
        StudyError: when the file's own labels contradict the questionnaire, or the decimal sign cannot be told.
    """
    match question.type:
        case "single" | "battery":
            return _choices(question, sources)
        case "grid" if question.answers:
            return _choices(question, sources)
        case "tick_all" if question.joined:
            return _joined_ticks(question, sources[question.name])
        case "tick_all" | "grid":
            return _ticks(question, sources)
        case "number":
            return _numbers(question, sources)
        case "date":
            return _dates(question, sources[question.name], last_day)
        case "text":
            return _texts(question, sources[question.name], cleared)
        case "ranking":
            return _ranking(question, sources)
        case _:
            return _constant_sum(question, sources)


# --- what a cell means ---


def _reasons(question: Question, column: Column) -> dict[str, str]:
    """Return the missing reason of each normal text: by the questionnaire, the file's labels, its missing values."""
    own = {normal(s): reason for s, reason in question.missing.items()} | {"": "not_answered"}
    labelled = {normal(value): own[normal(label)] for value, label in column.values.items() if normal(label) in own}
    declared = dict.fromkeys(map(normal, column.missing), "not_answered")
    declared |= dict.fromkeys(map(normal, column.not_shown), "not_shown")
    return declared | labelled | own


def _by_label(question: Question, source: Source, known: Mapping[str, str]) -> dict[str, str]:
    """Return `known`, with the values that the file labels with one of its texts.

    Raises:
        StudyError: when a value has one meaning in the questionnaire and another by its label in the file.
    """
    meanings = dict(known)
    for value, label in source.column.values.items():
        code = known.get(normal(label))
        if code is not None and meanings.setdefault(normal(value), code) != code:
            raise StudyError(
                f"{question.line}: '{value}' stands for '{meanings[normal(value)]}' of '{question.name}', but column "
                f"{source.column.position} of {source.file} labels it '{label}', which is '{code}'; correct the "
                "spellings there."
            )
    return meanings


def spellings_of(part: Item) -> list[str]:
    """Return how an item or option may stand in an export: code, labels, spellings, heading."""
    return [part.code, *part.label.values(), *part.spellings, *([part.column] if part.column else [])]


def _mapped(source: Source, meanings: Mapping[str, object]) -> pd.Series:
    """Look each cell up by its normal text; None where it is not there."""
    return source.of_cells(map(meanings.get, source.normal_texts))


# --- closed questions ---


def _choices(question: Question, sources: Mapping[str, Source]) -> Answers:
    columns: Columns = {}
    bad = {}
    texts = None
    for variable in question.variables:
        source = sources[variable.name]
        own = {normal(s): a.code for a in question.answers for s in (a.code, *a.label.values(), *a.spellings)}
        meanings = _by_label(question, source, own)
        value = _mapped(source, meanings)
        reasons = _reasons(question, source.column)
        reason = _mapped(source, {text: r for text, r in reasons.items() if text not in meanings})
        value, reason, texts = _opened(question, sources, source.cells, value, reason)
        unknown = value.isna() & reason.isna()
        bad[variable.name] = source.cells[unknown]
        columns[variable.name] = (value, reason.where(~unknown, "not_answered"))
    return Answers(columns, bad, texts=texts)


def _opened(
    question: Question, sources: Mapping[str, Source], cells: pd.Series, value: pd.Series, reason: pd.Series
) -> tuple[pd.Series, pd.Series, pd.Series | None]:
    """Give who wrote an open answer that answer: in its own column, or in the cell of the question."""
    texts = None
    for answer in question.answers:
        if not answer.open:
            continue
        if answer.column:
            written = sources[f"{question.name}.{answer.code}"].cells
            gives_it = written.str.strip().ne("") & value.isna() & reason.eq("not_answered")
            found = written.where(value.eq(answer.code) | gives_it, "")
        else:
            gives_it = value.isna() & reason.isna()
            found = cells.where(gives_it, "")
        value, reason = value.mask(gives_it, answer.code), reason.mask(gives_it, None)
        texts = found if texts is None else texts.where(found == "", found)
    return value, reason, texts


def _ticks(question: Question, sources: Mapping[str, Source]) -> Answers:
    columns: Columns = {}
    bad = {}
    texts = None
    for variable in question.variables:
        source = sources[variable.name]
        item = next(i for i in question.items if i.code == variable.item)
        parts = [item, *(c for c in question.contexts if c.code == variable.context)]
        value, reason = _tick(question, item, parts, source)
        unknown = value.isna() & reason.isna()
        bad[variable.name] = source.cells[unknown]
        columns[variable.name] = (value.where(~unknown, 0).astype("Int8"), reason)
        if item.open:
            texts = source.cells.where(value.eq(1).fillna(False), "")
    return _set(question, columns, bad, texts)


def _tick(question: Question, item: Item, parts: Iterable[Item], source: Source) -> tuple[pd.Series, pd.Series]:
    """Platforms mark a tick by 1, yes or x, or repeat the option's text: its label, or the column's heading.

    A label that the file declares for a value goes before the value: 2 may be labelled "no".
    """
    heading = source.column.item or source.column.question
    names = [*TICKED, heading, *(s for part in parts for s in spellings_of(part))]
    meanings: dict[str, float] = {normal(s): 1.0 for s in names}
    meanings |= {normal(s): 0.0 for s in (*NOT_TICKED, *question.not_ticked, "")}
    labels = {
        normal(v): meanings[normal(label)] for v, label in source.column.values.items() if normal(label) in meanings
    }
    # a blank means not ticked
    reasons = {text: reason for text, reason in _reasons(question, source.column).items() if text}
    if item.open:  # whatever was written there is an answer, "don't know" too
        # a text field that was seen and left empty is one of the boxes that were not ticked
        blank = {"", "0", *map(normal, source.column.missing)}
        meanings = {text: float(text not in blank) for text in (*source.normal_texts, *blank)}
        reasons = dict.fromkeys(map(normal, source.column.not_shown), "not_shown")
    value = _mapped(source, {t: v for t, v in (meanings | labels).items() if t not in reasons})
    return value, _mapped(source, reasons)


def _joined_ticks(question: Question, source: Source) -> Answers:
    """Several options in one cell; what is none of them is the open option's text, where there is one."""
    codes, rest, reason = _options(question, source)
    columns: Columns = {}
    texts = None
    for variable in question.variables:
        ticked = codes.map(lambda found, code=variable.item: code in found).astype(bool)
        if next(i for i in question.items if i.code == variable.item).open:
            ticked, texts = ticked | (rest != ""), rest
        columns[variable.name] = (ticked.astype("Int8").where(reason.isna()), reason)
    return _set(question, columns, {question.name: rest[rest != ""]} if texts is None else {}, texts)


def _options(question: Question, source: Source) -> tuple[pd.Series, pd.Series, pd.Series]:
    """Return the codes of the options in each cell, the text that is none of them, and missing reasons."""
    own = {normal(s): i.code for i in question.items for s in spellings_of(i)}
    known = _by_label(question, source, own)
    reasons = {text: reason for text, reason in _reasons(question, source.column).items() if text not in known}
    read = [
        ([], "") if text in reasons else options(raw, question.joined or "\0", known)
        for raw, text in zip(source.texts, source.normal_texts, strict=True)
    ]
    codes, rest = (source.of_cells(found[part] for found in read) for part in (0, 1))
    return codes, rest.astype("str"), _mapped(source, reasons)


def _set(question: Question, columns: Columns, bad: Mapping[str, pd.Series], texts: pd.Series | None) -> Answers:
    """A tick-all set (each context of it) is answered when at least one of its options is ticked.

    An exclusive option ("none of these") ticked together with others is set aside: the others say more.
    """
    answered: Columns = {}
    contradictory = np.zeros(len(next(iter(columns.values()))[0]), bool)
    exclusive = {i.code for i in question.items if i.exclusive}
    for context in [c.code for c in question.contexts] or [""]:
        variables = [v for v in question.variables if v.context == context]
        ticked = {v.name: (columns[v.name][0] == 1).fillna(False).to_numpy(dtype=bool) for v in variables}
        others = _any([ticked[v.name] for v in variables if v.item not in exclusive], contradictory)
        any_ticked = _any(list(ticked.values()), contradictory)
        for variable in variables:
            value, reason = columns[variable.name]
            if variable.item in exclusive:
                contradictory = contradictory | (ticked[variable.name] & others)
                value = value.mask(ticked[variable.name] & others, 0)
            reason = reason.where(any_ticked | reason.notna(), "not_answered")
            answered[variable.name] = (value.where(reason.isna()), reason)
    return Answers(answered, bad, {EXCLUSIVE: contradictory} if contradictory.any() else {}, texts)


def _any(masks: list[Mask], like: Mask) -> Mask:
    return np.logical_or.reduce(masks) if masks else np.zeros_like(like)


# --- numbers, days, texts ---


def _numbers(question: Question, sources: Mapping[str, Source]) -> Answers:
    columns: Columns = {}
    bad = {}
    low = question.minimum if isinstance(question.minimum, float) else -np.inf
    high = question.maximum if isinstance(question.maximum, float) else np.inf
    for name, (value, reason) in _read_numbers(question, sources).items():
        fits = (value >= low) & (value <= high) & ((value == value.round()) | (not question.integer))
        unknown = ~fits & reason.isna()
        bad[name] = sources[name].cells[unknown]
        columns[name] = (value.where(fits), reason.where(~unknown, "not_answered"))
    return Answers(columns, bad)


def _read_numbers(question: Question, sources: Mapping[str, Source]) -> Columns:
    """Return each column as (numbers, missing reasons), both missing where a cell is neither."""
    reasons = {name: _reasons(question, source.column) for name, source in sources.items()}
    written = {
        name: ["" if text in reasons[name] else bare(text, question.unit.values()) for text in source.normal_texts]
        for name, source in sources.items()
    }
    signs = {"comma": ",", "point": "."}
    decimal = signs[question.decimal] if question.decimal else decimal_sign(chain.from_iterable(written.values()))
    if not decimal:
        source, row, text = next(
            (source, row, source.cells[row])
            for name, source in sources.items()
            for row, text in source.of_cells(written[name]).items()
            if decimal_sign([text]) != "."
        )
        raise StudyError(
            f"{source.file}, column {source.column.position}: the sign in '{text}' in row {row} may part decimals or "
            f"thousands; say 'decimal: comma' or 'decimal: point' for '{question.name}' at {question.line}."
        )
    return {
        name: (
            source.of_cells(number(text, decimal) for text in written[name]).astype("float64"),
            _mapped(source, reasons[name]),
        )
        for name, source in sources.items()
    }


def _dates(question: Question, source: Source, last_day: np.ndarray) -> Answers:
    reason = _mapped(source, _reasons(question, source.column))
    found = source.of_cells(day(raw, question.format) for raw in source.texts).to_numpy(dtype="datetime64[D]")
    first = np.datetime64(question.minimum if isinstance(question.minimum, date) else date.min)
    last = np.datetime64(question.maximum) if isinstance(question.maximum, date) else last_day
    fits = (found >= first) & (found <= last) & reason.isna().to_numpy()
    value = pd.Series(np.where(fits, found, np.datetime64("NaT")).astype("datetime64[s]"), index=source.cells.index)
    unknown = value.isna() & reason.isna()
    return Answers(
        {question.name: (value, reason.where(~unknown, "not_answered"))}, {question.name: source.cells[unknown]}
    )


def _texts(question: Question, source: Source, cleared: bool) -> Answers:
    """The text itself where it is cleared, else just that there is one."""
    reason = _mapped(source, _reasons(question, source.column))
    text = source.cells.str.strip() if cleared else pd.Series(HELD_BACK, index=source.cells.index)
    written = source.cells.where(reason.isna(), "")
    return Answers({question.name: (text.astype("str").where(reason.isna()), reason)}, texts=written)


# --- sets of numbers ---


def _ranking(question: Question, sources: Mapping[str, Source]) -> Answers:
    """Return the rank of each item, 1 = first; items left unranked share the mean of the ranks not given.

    All ranks of a respondent then have the same sum (mid-ranks, as in Friedman's test). A ranking that contradicts
    itself is set aside.
    """
    by_item = all(v.name in sources for v in question.variables)
    ranks, reasons, bad, repeated = (_ranks_by_item if by_item else _items_by_rank)(question, sources)
    k = len(question.items)
    above: Mask = np.any(ranks > (question.most or k), axis=1)
    repeated &= ~above
    ranks[above | repeated] = np.nan
    given = np.isfinite(ranks)
    answered: Mask = np.any(given, axis=1)
    left, n_left = k * (k + 1) / 2 - np.nansum(ranks, axis=1), k - given.sum(axis=1)
    shared = np.divide(left, n_left, out=np.zeros(len(ranks)), where=n_left > 0)
    filled = np.where(given, ranks, shared[:, None])
    columns: Columns = {}
    for place, variable in enumerate(question.variables):
        reason = reasons[variable.name].where(~given[:, place], None)
        columns[variable.name] = _completed(pd.Series(filled[:, place], index=reason.index), reason, answered)
    found = {REPEATED_RANK: repeated, RANK_ABOVE_MOST: above}
    return Answers(columns, bad, {kind: mask for kind, mask in found.items() if mask.any()})


def _completed(value: pd.Series, reason: pd.Series, answered: Mask) -> tuple[pd.Series, pd.Series]:
    """Keep the value where the set was answered, also of an item left blank in it; elsewhere there is a reason."""
    reason = reason.mask(answered & reason.eq("not_answered").to_numpy(dtype=bool), None)
    reason = reason.where(answered | reason.notna(), "not_answered")
    return value.where(reason.isna()), reason


RanksRead = tuple[np.ndarray, Mapping[str, pd.Series], Mapping[str, pd.Series], Mask]


def _ranks_by_item(question: Question, sources: Mapping[str, Source]) -> RanksRead:
    """A column an item, which holds its rank: (n, k) ranks, reasons, cells not understood, who gave a rank twice."""
    read = _read_numbers(question, sources)
    bad, reasons, ranks = {}, {}, []
    for variable in question.variables:
        value, reason = read[variable.name]
        is_rank = (value >= 1) & (value == value.round())
        bad[variable.name] = sources[variable.name].cells[~is_rank & reason.isna()]
        reasons[variable.name] = reason.where(is_rank | reason.notna(), "not_answered")
        ranks.append(value.where(is_rank).to_numpy(dtype=float))
    matrix = np.column_stack(ranks)
    ordered = np.sort(matrix, axis=1)
    return matrix, reasons, bad, (np.diff(ordered, axis=1) == 0).any(axis=1)


def _items_by_rank(question: Question, sources: Mapping[str, Source]) -> RanksRead:
    """A column a rank, which holds an item, or all items in their order in one cell."""
    places = {i.code: place for place, i in enumerate(question.items)}
    index = next(iter(sources.values())).cells.index
    ranks = np.full((len(index), len(places)), np.nan)
    repeated = np.zeros(len(index), bool)
    reason = pd.Series("not_answered", index=index, dtype=object)
    bad = {}
    for first, (key, source) in enumerate(sources.items(), start=1):
        codes, rest, here = _options(question, source)
        for row, found in enumerate(codes):
            for rank, code in enumerate(found, start=first):
                repeated[row] |= np.isfinite(ranks[row, places[code]])
                ranks[row, places[code]] = rank
        reason = reason.where(reason.ne("not_answered") | here.isna(), here)
        bad[key] = rest[rest != ""]
    # a rank that "don't know" stands at is just not given
    reason = reason.mask(np.isfinite(ranks).any(axis=1), "not_answered")
    return ranks, {v.name: reason for v in question.variables}, bad, repeated


def _constant_sum(question: Question, sources: Mapping[str, Source]) -> Answers:
    """Return the part of each item; blanks of an answered set are 0, a set with another sum is set aside."""
    total = question.total or 100.0
    bad, parts, reasons = {}, {}, {}
    for name, (value, reason) in _read_numbers(question, sources).items():
        fits = value >= 0
        bad[name] = sources[name].cells[~fits & reason.isna()]
        parts[name], reasons[name] = value.where(fits), reason.where(fits | reason.notna(), "not_answered")
    matrix = np.column_stack([parts[v.name].to_numpy(dtype=float) for v in question.variables])
    answered = np.isfinite(matrix).any(axis=1)
    off = answered & (np.abs(np.nansum(matrix, axis=1) - total) > TOLERANCE * total * (1 + 1e-9))
    columns: Columns = {}
    for variable in question.variables:
        reason = reasons[variable.name].where(~off, "not_answered")
        columns[variable.name] = _completed(parts[variable.name].fillna(0.0), reason, answered & ~off)
    return Answers(columns, bad, {SUM_OFF: off} if off.any() else {})
