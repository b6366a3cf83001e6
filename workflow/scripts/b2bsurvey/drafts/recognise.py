"""What was asked, as far as the columns of an export tell: readings of a block of columns, the likeliest first.

A reading may be wrong; whoever takes one checks it against the reader of answers, and takes the next where that stops.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from b2bsurvey.columns import heading_of, normal
from b2bsurvey.drafts.joined import joined
from b2bsurvey.drafts.names import part_code, question_name, unique
from b2bsurvey.drafts.profile import Profile, is_list
from b2bsurvey.drafts.question import DraftQuestion, Part
from b2bsurvey.drafts.values import (
    CODES_ONLY,
    answers,
    has_steps,
    labelled,
    pooled,
    pooled_missing,
    whole_range,
    with_open,
)
from b2bsurvey.drafts.vocabulary import is_exclusive, is_other, is_usual_scale, yes_or_no
from b2bsurvey.instruments.instrument import Texts
from b2bsurvey.readers.raw import Column, RawExport
from b2bsurvey.written import day

# platforms whose exports can hold codes where people chose a text
CODED = ("sosci", "unipark", "qualtrics", "redcap", "limesurvey", "surveymonkey")
_SCALES = ("googleforms", "msforms", "typeform", "alchemer")
# platforms that write yes and no, or 1 and 0, for the options of a tick-all set
_TICKS_AS_YES_NO = ("limesurvey", "kobo", "redcap", "msforms")
_FORMATS = (None, "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%d.%m.%y", "%m/%d/%y")
_ROW_COLUMN = re.compile(r"(.+\S) ?\[([^\[\]]+)\]")
_LATEST = "2099-12-31"  # a day that comes after that of the answer is a plan
_FEWEST, _MOST_ANSWERS = 20, 60  # answers from which own words can be told, and listed answers
_RANK = re.compile(r"(?:ranke?|rang|rango|posto|posizione|platz)\W*\d+", re.IGNORECASE)
_SUFFIX = re.compile(r"(.+)#(\d)")
_UNIT = re.compile(r"[+-]?\d+(?:[.,]\d+)? ?([a-zäöüéèà€$%]+)")
_NO_QUESTION = {
    "en": "The question above these options (the export does not hold it)",
    "de": "Die Frage über diesen Antworten (sie steht nicht im Export)",
    "fr": "La question au-dessus de ces options (l’export ne la contient pas)",
    "it": "La domanda sopra queste opzioni (l’export non la contiene)",
}

Reading = list[DraftQuestion]


def readings(block: Sequence[Profile], export: RawExport, language: str) -> Iterator[Reading]:
    """Yield what the columns of a block may be, the likeliest first; a single column ends with open text.

    Columns that a reading leaves out hold no answers of their own.
    """
    reader = _Block(block, export, language)
    if len(block) > 1:
        yield from reader.several()
    else:
        yield from reader.one(block[0])


class _Block:
    """The columns of a block, and what they may be."""

    def __init__(self, block: Sequence[Profile], export: RawExport, language: str) -> None:
        self.block, self.export, self.language = list(block), export, language
        self.platform = export.platform

    # --- blocks of several columns ---

    def several(self) -> Iterator[Reading]:
        """Yield readings of the columns as one question, with the text field of an open answer among them."""
        opens = [p for p in self.block if p.is_open_field]
        main = [p for p in self.block if not p.is_open_field]
        if main and not main[0].column.item and all(p.is_tick for p in main[1:]) and _options_below(main):
            yield self._ticks(main[1:], opens)
        if len(main) == 1 and opens:
            yield from self._single_with_text(main[0], opens[0])
        filled = [p for p in main if not p.is_empty]
        yes_no = all(p.says_yes_or_no for p in filled) and self.platform not in _TICKS_AS_YES_NO
        doubtful = any(p.missing.keys() & {"dont_know", "refused", "not_applicable"} for p in filled)
        ticks = bool(filled) and all(p.is_tick for p in filled) and not doubtful
        if ticks and not (yes_no and len(filled) > 1):
            yield from self._grid(main)
            yield self._ticks(main, opens)
        if len(filled) > 1 and len(main) > 1:
            yield from self._battery(main, opens)
        boxes = [p for p in main if p.is_tick and not p.says_yes_or_no]
        if ticks:
            yield self._ticks(main, opens)
        elif len(boxes) > 1 and len(boxes) >= len(filled) / 2:
            others = [p for p in filled if p not in boxes]
            yield [*self._ticks(boxes, opens), *(one for p in others for one in _last(self.one(p)))]

    def _ticks(self, options: Sequence[Profile], opens: Sequence[Profile]) -> Reading:
        """Return the columns as a tick-all set; a text field of its own is the open option."""
        headed = all(p.column.item == "" and not p.column.code for p in options)
        parts = self._parts([*options, *opens], [*(p.ticked_text for p in options), *(None for _ in opens)])
        boxes, fields = parts[: len(options)], parts[len(options) :]
        items = (
            *(replace(box, exclusive=any(map(is_exclusive, box.label.values()))) for box in boxes),
            *(replace(field, open=len(fields) == 1) for field in fields),
        )
        text = {self.language: _NO_QUESTION[self.language]} if headed else self._text(options)
        notes = ("write the question: the export holds its options only",) if headed else ()
        name = f"which_{items[0].code}" if headed else self._name(options)
        keys = self._missing([p for p in (*options, *opens) if p.missing])
        return [DraftQuestion(name, "tick_all", text, items=items, keys=keys, notes=notes)]

    def _grid(self, options: Sequence[Profile]) -> Iterator[Reading]:
        """Yield a grid to tick, where headings name a row and a column of it: `row [column]`."""
        pairs = [_ROW_COLUMN.fullmatch(p.column.item) for p in options]
        if not all(pairs):
            return
        named = [(match[1], match[2]) for match in pairs if match]
        rows, across = (list(dict.fromkeys(pair[i] for pair in named)) for i in (0, 1))
        if len(named) != len(rows) * len(across) or len(across) < 2:
            return
        items, contexts = self._named(rows), self._named(across)
        code = {text: part.code for text, part in zip([*rows, *across], [*items, *contexts], strict=True)}
        cells = {(code[row], code[col]): p.column for (row, col), p in zip(named, options, strict=True)}
        yield [
            DraftQuestion(
                self._name(options),
                "grid",
                self._text(options),
                items=items,
                contexts=contexts,
                cells=cells,
                keys=self._missing(options),
            )
        ]

    def _battery(self, items: Sequence[Profile], opens: Sequence[Profile]) -> Iterator[Reading]:
        """Yield the columns as a battery, a ranking or a constant sum, texts beside it as questions of their own."""
        filled = [p for p in items if not p.is_empty]
        beside = [one for p in opens for one in _last(self.one(p))]
        counts = pooled(filled)
        if all(_RANK.fullmatch(p.column.item) for p in items) and is_list(sum(counts.values()), len(counts)):
            yield [*self._by_rank(items, list(counts)), *beside]
        numbers = [p.whole_numbers for p in filled]
        cells = self.export.cells[[p.column.position for p in filled]]
        parts = self._parts(items, [None] * len(items))
        base = DraftQuestion(self._name(items), "battery", self._text(items), items=parts, keys=self._missing(items))
        labels = {v: label for p in items for v, label in p.labels.items()}
        if all(numbers) and not labels and len(filled) == len(items):
            if _is_ranking(cells, len(filled)):
                yield [replace(base, type="ranking"), *beside]
            if _is_constant_sum(cells):
                yield [replace(base, type="constant_sum"), *beside]
        if labels and all(p.is_labelled or p.is_empty for p in items):
            alike = Counter(tuple(p.labels.items()) for p in items if p.labels)
            if len(alike) == 1:
                made, ordered = answers(labelled(counts, labels, self.language))
                yield [self._with_answers(base, made, ordered or has_steps(counts, labels)), *beside]
            else:
                yield from self._by_side(items, beside)
            return
        if not counts or any(p.holds_addresses for p in filled):
            return
        if all(numbers):
            top = max(max(n) for n in numbers)
            if min(min(n) for n in numbers) >= 0 and top <= 11 and len(counts) > 1 and self._may_be_codes(counts):
                made, _ = answers(whole_range(counts, self.language))
                yield [self._with_answers(base, made, True, CODES_ONLY), *beside]
            return
        known = is_usual_scale([*counts])
        shared = sum(len(p.counts) for p in filled) > 1.3 * len(counts)
        if len(counts) > 1 and (known or (shared and is_list(sum(counts.values()), len(counts)))):
            made, ordered = answers([(value, {self.language: value}) for value in counts])
            yield [self._with_answers(base, made, ordered), *beside]

    def _by_rank(self, ranks: Sequence[Profile], values: Sequence[str]) -> Reading:
        """Return a ranking with a column a rank, which holds an item: `order[1]`, `order[2]`."""
        pattern = rank_pattern([p.column for p in ranks])
        most = {"most": len(ranks)} if len(ranks) < len(values) else {}
        return [
            DraftQuestion(
                self._name(ranks),
                "ranking",
                self._text(ranks),
                items=self._named(values),
                column=pattern,
                keys={**most, **self._missing(ranks)},
                held=tuple(p.column for p in ranks),
            )
        ]

    def _by_side(self, items: Sequence[Profile], beside: Reading) -> Iterator[Reading]:
        """Yield a battery a scale for items that are answered on several scales: `activities_exp#0`, `…#1`."""
        sides: dict[str, list[Profile]] = {}
        for p in items:
            match = _SUFFIX.fullmatch(p.column.code)
            if match is None:
                return
            sides.setdefault(match[2], []).append(p)
        made = []
        for number, side in sides.items():
            found = next((r for r in self._battery(side, [])), None) if len(side) > 1 else None
            if found is None or found[0].type != "battery":
                return
            made.append(replace(found[0], name=f"{found[0].name}_scale_{int(number) + 1}"))
        yield [*made, *beside]

    def _with_answers(self, base: DraftQuestion, made: tuple[Part, ...], ordered: bool, *notes: str) -> DraftQuestion:
        keys = dict(base.keys)
        if not ordered:
            keys["level"] = "nominal"
        if not ordered and {part.code for part in made} != {"yes", "no"}:
            notes = (*notes, "put the answers into their order and take out `level: nominal` where they are a scale")
        return replace(base, answers=made, keys=keys, notes=notes)

    # --- one column ---

    def one(self, p: Profile, answer_field: Profile | None = None) -> Iterator[Reading]:
        """Yield readings of one column, open text at the end; `answer_field` holds the text of its open answer."""
        base = DraftQuestion(self._name([p]), "text", self._text([p]), source=p.column, keys=self._missing([p]))
        for question in self._closed(p, base, answer_field is not None):
            if answer_field is None:
                yield [question]
            elif question.type == "single":
                made = with_open(question.answers, self.language, source=answer_field.column)
                yield [replace(question, answers=made)]
        if answer_field is not None:
            return
        tail = self._with_rare_answers(p, base, max(3, round(0.015 * p.n)), 0.55)
        if tail is not None:
            yield [tail]
        same = len(p.counts) == 1 and p.n > 2
        notes = ("all gave the same answer; a single choice needs a second one",) if same else ()
        yield [replace(base, keys={}, notes=notes)]

    def _single_with_text(self, p: Profile, field: Profile) -> Iterator[Reading]:
        """Yield a single choice whose open answer has a column of its own."""
        yield from self.one(p, field)
        if len(p.counts) == 1 and not p.is_number:
            value = next(iter(p.counts))
            if is_other(value) or p.n >= 3:
                made, _ = answers([(value, {self.language: value})])
                base = DraftQuestion(self._name([p]), "single", self._text([p]), source=p.column)
                opened = with_open(made, self.language, source=field.column)
                yield [replace(base, answers=opened, keys=self._missing([p]))]

    def _closed(self, p: Profile, base: DraftQuestion, has_field: bool) -> Iterator[DraftQuestion]:
        """Yield what a column may be that is no open text; `has_field`: own words stand in another column."""
        if p.is_empty or p.holds_addresses:
            return
        single = replace(base, type="single")
        if p.is_labelled:
            made, ordered = answers(labelled(p.counts, p.labels, self.language))
            yield _levelled(replace(single, answers=made), ordered or has_steps(p.counts, p.labels))
            return
        if p.values <= p.own_names and not p.column.item:
            yield from self._ticks([p], [])
        dated = _dates(p, base)
        if dated is not None:
            yield dated
            yield replace(dated, keys={**dated.keys, "max": _LATEST})
            return
        if p.is_number:
            yield from self._numbers(p, base)
            return
        together = joined(p, self.platform)
        if together is not None:
            options = self._named(list(together.options))
            marked = tuple(replace(o, exclusive=any(map(is_exclusive, o.label.values()))) for o in options)
            if together.has_other:
                marked = with_open(marked, self.language)
            yield replace(base, type="tick_all", items=marked, keys={**base.keys, "joined": together.sign})
        if is_usual_scale(list(p.counts)) or p.is_closed:
            made, ordered = answers([(value, {self.language: value}) for value in p.counts])
            from_list = ordered or has_field or p.column.item == "Response"  # so SurveyMonkey heads choices only
            own_words = None if from_list else self._with_rare_answers(p, base, 2, 0.5)
            if own_words is None or min(p.counts.values()) > 1:
                yield _levelled(replace(single, answers=made), ordered)
            else:
                yield own_words
            return
        if len(p.counts) == 1 and yes_or_no(next(iter(p.counts))):
            both = {"en": ("Yes", "No"), "de": ("Ja", "Nein"), "fr": ("Oui", "Non"), "it": ("Sì", "No")}[self.language]
            made, _ = answers([(value, {self.language: value}) for value in both])
            yield replace(single, answers=made)
        units = {match[1] for v in p.values if (match := _UNIT.fullmatch(v))}
        if len(units) == 1 and all(_UNIT.fullmatch(v) or v.replace(".", "").isdigit() for v in p.values):
            yield replace(base, type="number", keys={**base.keys, "unit": {self.language: units.pop()}})

    def _numbers(self, p: Profile, base: DraftQuestion) -> Iterator[DraftQuestion]:
        whole = p.whole_numbers
        if len(whole) > 1 and whole[0] >= 0 and whole[-1] <= 11 and len(whole) <= 11 and self._may_be_codes(p.counts):
            made, _ = answers(whole_range(p.counts, self.language))
            level = {"level": "ordinal"} if self.platform in _SCALES else {}
            keys = {**base.keys, **level}
            yield replace(base, type="single", answers=made, keys=keys, notes=(CODES_ONLY,))
        number = {**base.keys, **({"integer": True} if whole else {})}
        yield replace(base, type="number", keys=number)
        for sign in ("comma", "point"):
            yield replace(base, type="number", keys={**number, "decimal": sign})

    def _may_be_codes(self, counts: Mapping[str, int]) -> bool:
        is_often = is_list(sum(counts.values()), len(counts))
        return self.platform in CODED or (self.platform in _SCALES and is_often)

    def _with_rare_answers(self, p: Profile, base: DraftQuestion, least: int, share: float) -> DraftQuestion | None:
        """Return a single choice of the answers given `least` times, all others being its open one: own words.

        None where there are too few answers to tell, or where those are less than a `share` (0–1) of them.
        """
        if p.is_empty or p.n < _FEWEST or p.holds_addresses or p.is_number:
            return None
        frequent = [value for value, n in p.counts.items() if n >= least]
        if not 2 <= len(frequent) <= _MOST_ANSWERS or sum(p.counts[v] for v in frequent) < share * p.n:
            return None
        made, ordered = answers([(value, {self.language: value}) for value in frequent])
        question = replace(base, type="single", answers=with_open(made, self.language))
        return _levelled(replace(question, notes=("answers that few gave count as the open one",)), ordered)

    # --- names and texts ---

    def _text(self, profiles: Sequence[Profile]) -> Texts:
        column = profiles[0].column
        shared = column.question or heading_of(column)
        if len(profiles) == 1 and column.item and not profiles[0].is_sole_answer:
            shared = f"{shared}: {column.item}"
        elif len(profiles) > 1 and not column.item and column.code:
            shared = _stem_of(profiles)
        return {self.language: shared}

    def _name(self, profiles: Sequence[Profile]) -> str:
        column = profiles[0].column
        if len(profiles) == 1:
            code = column.code if "#" not in column.code else ""
            if not code and column.item and not profiles[0].is_sole_answer:
                return question_name("", f"{_short(column.question)} {column.item}")
            return question_name(code, column.question or column.heading or f"column {column.position}")
        return question_name(_stem_of(profiles) if column.code else "", column.question or column.item)

    def _parts(self, profiles: Sequence[Profile], texts: Sequence[str | None]) -> tuple[Part, ...]:
        """Return the columns as items or options, labelled by their headings."""
        stem = _stem_of(profiles)
        made: list[Part] = []
        for p, ticked in zip(profiles, texts, strict=True):
            column = p.column
            own = column.code.removeprefix(stem).strip("_-./[]#") if len(profiles) > 1 else ""
            label = ticked or column.item or (column.question if not column.code else "") or own or heading_of(column)
            label = " ".join(label.split())
            code = unique(part_code(own, label if label != own else ""), {part.code for part in made})
            spellings = (ticked,) if ticked and normal(ticked) != normal(label) else ()
            made.append(Part(code, {self.language: label}, spellings, source=column))
        return tuple(made)

    def _named(self, labels: Sequence[str]) -> tuple[Part, ...]:
        made: list[Part] = []
        for label in labels:
            code = unique(part_code("", label), {part.code for part in made})
            made.append(Part(code, {self.language: label}))
        return tuple(made)

    def _missing(self, profiles: Sequence[Profile]) -> dict[str, object]:
        found = pooled_missing(profiles)
        return {"missing": found} if found else {}


def rank_pattern(columns: Sequence[Column]) -> str | None:
    """Return the column of a ranking whose columns hold the item of each rank: `order[{rank}]`, None without one."""
    places = [re.fullmatch(r"(.*?)(\d+)(\D*)", column.code or column.heading) for column in columns]
    parts = {(match[1], match[3]) for match in places if match}
    if not all(places) or len(parts) != 1:
        return None
    before, after = parts.pop()
    return None if "{" in before + after else f"{before}{{rank}}{after}"


def _levelled(question: DraftQuestion, ordered: bool) -> DraftQuestion:
    return replace(question, keys={"level": "ordinal", **question.keys}) if ordered else question


def _last(alternatives: Iterator[Reading]) -> Reading:
    return list(alternatives)[-1]


def _options_below(main: Sequence[Profile]) -> bool:
    """Return whether the columns behind the first are options of its question."""
    code = main[0].column.code
    return len(main) > 1 and all(p.column.item or p.column.code.startswith((f"{code}.", f"{code}_")) for p in main[1:])


def _stem_of(profiles: Sequence[Profile]) -> str:
    """Return what the codes of the columns begin with, up to a sign between question and item."""
    codes = [p.column.code for p in profiles]
    if not all(codes):
        return ""
    shortest = min(codes, key=len)
    length = next((i for i in range(len(shortest)) if len({code[i] for code in codes}) > 1), len(shortest))
    found = re.match(r"(.*[\W_])", shortest[:length])
    return (found[1] if found else shortest[:length]).strip("_-./[]#") if len(codes) > 1 else codes[0]


def _short(text: str) -> str:
    return " ".join(text.split()[:3])


def _dates(p: Profile, base: DraftQuestion) -> DraftQuestion | None:
    """Return the column as a date in the first format that reads all of its answers."""
    if not all(re.search(r"\d.*[-./].*\d", value) for value in p.values):
        return None
    for written_as in _FORMATS:
        if all(day(value, written_as) is not None for value in p.counts):
            both = written_as == "%d/%m/%Y" and all(day(v, "%m/%d/%Y") for v in p.counts)
            notes = ('day and month may be the other way round: "%m/%d/%Y"',) if both else ()
            keys = {**base.keys, **({"format": written_as} if written_as else {})}
            return replace(base, type="date", keys=keys, notes=notes)
    return None


def _matrix(cells: pd.DataFrame) -> np.ndarray:
    numbers = cells.apply(lambda column: pd.to_numeric(column.str.strip(), errors="coerce"))
    found: np.ndarray = numbers.to_numpy(dtype=float)
    return found[np.isfinite(found).sum(axis=1) >= 2]


def _is_ranking(cells: pd.DataFrame, k: int) -> bool:
    """Return whether nearly every row that ranks anything gives each rank from 1 to k at most once."""
    rows = _matrix(cells)
    if k < 3 or len(rows) < 3:
        return False
    distinct = np.array([len(set(given)) == len(given) for row in rows for given in [row[np.isfinite(row)]]])
    inside = (np.nanmin(rows, axis=1) >= 1) & (np.nanmax(rows, axis=1) <= k)
    return bool((distinct & inside).mean() > 0.9)


def _is_constant_sum(cells: pd.DataFrame) -> bool:
    rows = _matrix(cells)
    return len(rows) >= 3 and bool((np.abs(np.nansum(rows, axis=1) - 100) < 1).mean() > 0.9)
