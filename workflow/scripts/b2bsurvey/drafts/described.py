"""What was asked, as a platform's own definition of the questionnaire says: readings of its questions.

The columns of a question are found in the export by their codes, else by their texts. Answers that the export holds
and the definition does not know are added to them.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from b2bsurvey.columns import normal
from b2bsurvey.drafts.names import part_code, question_name, unique
from b2bsurvey.drafts.profile import Profile
from b2bsurvey.drafts.question import DraftQuestion, Part
from b2bsurvey.drafts.recognise import Reading, rank_pattern
from b2bsurvey.drafts.values import OTHER, answers, has_steps, pooled, pooled_missing, with_open, with_steps
from b2bsurvey.drafts.vocabulary import is_exclusive, missing_reason
from b2bsurvey.instruments.instrument import (
    Choice,
    ExportColumn,
    Instrument,
    InstrumentQuestion,
    in_language,
    item_text,
)
from b2bsurvey.readers.raw import RawExport

Located = Mapping[str, Profile]


def located(instrument: Instrument, export: RawExport) -> dict[str, int]:
    """Return the positions of the columns that the definition describes, by their codes in the definition."""
    by_code = {c.code: c.position for c in reversed(export.columns) if c.code}
    by_text: dict[tuple[str, str], list[int]] = {}
    for column in export.columns:
        by_text.setdefault((normal(column.question), normal(column.item)), []).append(column.position)
    found: dict[str, int] = {}
    taken: set[int] = set()
    for question in instrument.questions:
        for wanted in question.columns:
            position = next((by_code[name] for name in (wanted.code, *wanted.names) if name in by_code), None)
            if position is None:
                position = _by_text(question, wanted, by_text)
            if position is not None and position not in taken:
                taken.add(position)
                found[wanted.code] = position
    return found


def _by_text(
    question: InstrumentQuestion, column: ExportColumn, by_text: Mapping[tuple[str, str], list[int]]
) -> int | None:
    for language, text in question.text.items():
        item = item_text(question, column, language) or ("Other" if column.item == "other" else "")
        positions = by_text.get((normal(text), normal(item)), [])
        if text and len(positions) == 1:
            return positions[0]
    return None


def described(question: InstrumentQuestion, found: Located, language: str) -> Iterator[Reading]:
    """Yield readings of a question whose columns are in `found`, the definition's own first.

    A question that is only displayed, or of which the export has no column, has none.
    """
    reader = _Described(question, found, language)
    if reader.columns and question.type not in ("display", "file"):
        yield from reader.readings()


class _Described:
    """A question of a definition with its columns in the export."""

    def __init__(self, question: InstrumentQuestion, found: Located, language: str) -> None:
        self.question, self.language = question, language
        self.columns = [(c, found[c.code]) for c in question.columns if c.code in found]
        self.text = question.text or {language: question.code}
        asked = [f"asked if: {question.routing}"] if question.routing not in ("", "1") else []
        name = question_name(question.code, in_language(self.text, language))
        self.base = DraftQuestion(name, "text", self.text, notes=tuple(asked))

    def readings(self) -> Iterator[Reading]:
        """Yield what the definition says; then the same with the answers that the export holds beside."""
        match self.question.type:
            case "single":
                for extra in (False, True):
                    yield [*self._single(extra), *self._beside()]
            case "tick_all":
                yield [*self._ticks(), *self._beside()]
            case "battery" if self.question.cells == "choice":
                for extra in (False, True):
                    yield [*self._battery(self.columns, "", extra), *self._beside()]
                yield [*self._ticked_rows(self.columns), *self._beside()]
            case "grid" if self.question.cells == "tick":
                yield self._grid(self._main(), self.base)
            case "grid" if self.question.cells == "choice":
                for extra in (False, True):
                    yield self._by_context(extra)
            case "ranking":
                yield from self._ranking()
            case "constant_sum":
                yield [replace(self.base, type="constant_sum", items=self._items(self._main()))]
            case "number" | "date" | "text" | "battery" | "grid" | "computed":
                yield [one for column, profile in self.columns for one in [self._alone(column, profile)] if one]

    def _main(self) -> list[tuple[ExportColumn, Profile]]:
        return [(c, p) for c, p in self.columns if not c.open and c.context != "comment"]

    def _single(self, extra: bool) -> Reading:
        main = self._main()
        if not main:
            return []
        column, profile = main[0]
        made, level, missing = self._answers(column.answers or self.question.answers, [profile], extra)
        field = self._field(column.answers)
        if field is not None:
            made = with_open(made, self.language, source=field.column)
        elif extra and any(a.other for a in self.question.answers):
            made = with_open(made, self.language)
        return [replace(self.base, type="single", answers=made, source=profile.column, keys={**level, **missing})]

    def _field(self, choices: Sequence[Choice]) -> Profile | None:
        """Return the column with the text of the only open answer."""
        fields = [p for c, p in self.columns if c.open and c.context != "comment"]
        return fields[0] if len(fields) == 1 and self.question.type == "single" else None

    def _beside(self) -> Reading:
        """Return the text fields that belong to no open answer as questions of their own."""
        taken_up = self._field(self.question.answers)
        boxes = {c.item for c, _ in self._main()} if self.question.type == "tick_all" else set()
        made = []
        for column, profile in self.columns:
            is_field = bool(column.item) and column.item not in boxes and column.context == ""
            is_open_option = self.question.type == "tick_all" and is_field
            if (column.open or column.context == "comment") and profile is not taken_up and not is_open_option:
                made += [one for one in [self._alone(column, profile)] if one]
        return made

    def _ticks(self) -> Reading:
        boxes = [(c, p) for c, p in self._main() if c.item]
        ticked = {c.item for c, _ in boxes}
        fields = [(c, p) for c, p in self.columns if c.open and c.item and c.context == "" and c.item not in ticked]
        keys = {"missing": pooled_missing(p for _, p in boxes)} if any(p.missing for _, p in boxes) else {}
        if boxes:
            return [replace(self.base, type="tick_all", items=self._items([*boxes, *fields]), keys=keys)]
        joined = next((p for c, p in self._main()), None)
        if joined is None:
            return []
        return [
            replace(
                self.base,
                type="tick_all",
                items=self._options(),
                source=joined.column,
                keys={"joined": " ", **({"missing": pooled_missing([joined])} if joined.missing else {})},
            )
        ]

    def _items(self, columns: Sequence[tuple[ExportColumn, Profile]]) -> tuple[Part, ...]:
        """Return the items or options of columns, as the definition words them."""
        by_code = {item.code: item for item in self.question.items}
        made: list[Part] = []
        for column, profile in columns:
            item = by_code.get(column.item, Choice(column.item or column.code, {}))
            is_open = column.open and self.question.type == "tick_all"
            made.append(replace(self._part(item, {p.code for p in made}), source=profile.column, open=is_open))
        return tuple(made)

    def _options(self) -> tuple[Part, ...]:
        """Return the options of a set whose codes stand in one cell, which know them by their codes."""
        made: list[Part] = []
        for item in self.question.items:
            part = self._part(item, {p.code for p in made})
            known = {normal(text) for text in (part.code, *part.label.values())}
            made.append(replace(part, spellings=() if normal(item.code) in known else (item.code,)))
        return tuple(made)

    def _part(self, choice: Choice, taken: set[str]) -> Part:
        label = choice.text or (OTHER if choice.other else {self.language: choice.code})
        text = in_language(label, self.language) or choice.code
        exclusive = choice.exclusive or (self.question.type == "tick_all" and is_exclusive(text))
        code = unique(part_code(choice.code, text if text != choice.code else ""), taken)
        return Part(code, label, exclusive=exclusive)

    def _battery(self, columns: Sequence[tuple[ExportColumn, Profile]], suffix: str, extra: bool) -> Reading:
        main = [(c, p) for c, p in columns if not c.open and c.context != "comment"]
        if not main:
            return []
        choices = main[0][0].answers or self.question.answers
        made, level, missing = self._answers(choices, [p for _, p in main], extra)
        keys = {**({} if level or len(made) < 3 else {"level": "nominal"}), **missing}
        name = f"{self.base.name}{suffix}"
        return [replace(self.base, name=name, type="battery", items=self._items(main), answers=made, keys=keys)]

    def _by_context(self, extra: bool) -> Reading:
        """Return a grid as a battery a context: each may have answers of its own."""
        contexts = {c.context.partition("_")[0] for c, _ in self.columns}
        made: Reading = []
        for number in sorted(contexts):
            side = [(c, p) for c, p in self.columns if c.context.partition("_")[0] == number]
            text = next((c.text for c in self.question.contexts if c.code == number), {})
            shown = {
                name: f"{whole} – {in_language(text, name)}" if text else whole for name, whole in self.text.items()
            }
            base = replace(self.base, name=f"{self.base.name}_{number}", text=shown)
            if all("_" in c.context for c, _ in side):  # its answers are to tick, a column each
                made += self._grid(side, base)
            else:
                made += [replace(one, text=shown) for one in self._battery(side, f"_{number}", extra)]
        return made

    def _grid(self, main: Sequence[tuple[ExportColumn, Profile]], base: DraftQuestion) -> Reading:
        """Return a grid to tick; with one context it is a set of items to tick."""
        items, contexts = [self._parts(parts) for parts in (self.question.items, self.question.contexts)]
        at = [(c, p) for c, p in main if c.item in items and c.context in contexts]
        if len({c.context for c, _ in at}) == 1:
            return [replace(base, type="tick_all", items=self._items(at))]
        cells = {(items[c.item].code, contexts[c.context].code): p.column for c, p in at}
        used = {code for pair in cells for code in pair}
        return [
            replace(
                base,
                type="grid",
                items=tuple(p for p in items.values() if p.code in used),
                contexts=tuple(p for p in contexts.values() if p.code in used),
                cells=cells,
            )
        ]

    def _ticked_rows(self, columns: Sequence[tuple[ExportColumn, Profile]]) -> Reading:
        """Return a battery with one answer only as what it is: a set of items to tick."""
        main = [(c, p) for c, p in columns if not c.open and c.context != "comment"]
        choices = main[0][0].answers or self.question.answers if main else ()
        if len(choices) != 1:
            return []
        said = tuple(dict.fromkeys((choices[0].code, *choices[0].text.values())))
        items = tuple(replace(item, spellings=said) for item in self._items(main))
        return [replace(self.base, type="tick_all", items=items)]

    def _parts(self, choices: Sequence[Choice]) -> dict[str, Part]:
        made: dict[str, Part] = {}
        for choice in choices:
            made[choice.code] = self._part(choice, {part.code for part in made.values()})
        return made

    def _ranking(self) -> Iterator[Reading]:
        """Yield the ranking with a column an item, and with a column a rank or one cell for all."""
        main = self._main()
        if all(c.item for c, _ in main):
            missing = {"missing": {"not_answered": ["-1"]}} if any("-1" in p.counts for _, p in main) else {}
            yield [replace(self.base, type="ranking", items=self._items(main), keys=missing)]
            return
        options = self._options()
        if len(main) == 1:
            yield [replace(self.base, type="ranking", items=options, source=main[0][1].column, keys={"joined": " "})]
            return
        held = tuple(p.column for _, p in main)
        pattern = rank_pattern(held)
        if pattern is not None:
            most = {"most": len(main)} if len(main) < len(options) else {}
            yield [replace(self.base, type="ranking", items=options, column=pattern, keys=most, held=held)]

    def _alone(self, column: ExportColumn, profile: Profile) -> DraftQuestion | None:
        """Return one column as a question of its own: a number, a date or a text; None where it is left out."""
        reason = profile.left_out
        if reason is not None and reason != "no answers":
            return None
        cells = "text" if column.open or column.context == "comment" else self.question.cells
        kind = {"number": "number", "date": "date"}.get(cells, "text")
        several = len(self.question.columns) > 1
        below = {language: self._below(column, language, text) for language, text in self.text.items()}
        code = self.question.code if not several else column.code
        name = question_name(code, in_language(below, self.language)) if code.strip() else self.base.name
        whole = {"integer": True} if kind == "number" and profile.whole_numbers else {}
        keys = {**whole, **({"missing": pooled_missing([profile])} if profile.missing and kind != "text" else {})}
        return replace(self.base, name=name, type=kind, text=below, source=profile.column, keys=keys)

    def _below(self, column: ExportColumn, language: str, text: str) -> str:
        """Return the text of one of several columns: the question's, and behind it the item's or "other"."""
        if len(self.question.columns) == 1:
            return text
        item = item_text(self.question, column, language) or (in_language(OTHER, language) if column.open else "")
        return f"{text}: {item}" if item else text

    def _answers(
        self, choices: Sequence[Choice], profiles: Sequence[Profile], extra: bool
    ) -> tuple[tuple[Part, ...], dict[str, object], dict[str, object]]:
        """Return the answers in their order, their level, and the spellings of missing ones.

        With `extra`, values of the export that are none of the choices are added: as spellings, where they are the
        code and the text of one (`6. Agree`), else as answers.
        """
        missing = pooled_missing(profiles)
        substantive = []
        for choice in choices:
            text = in_language(choice.text, self.language) or choice.code
            reason = missing_reason(text)
            if choice.missing or reason is not None:
                spelled = missing.setdefault(reason or "not_answered", [])
                spelled += [s for s in dict.fromkeys((*choice.text.values(), choice.code)) if s not in spelled]
            else:
                substantive.append(choice)
        pairs = [(c.code, c.text or {self.language: c.code}) for c in substantive]
        counts = pooled(profiles)
        steps = extra and has_steps(counts, {code: code for code, _ in pairs})
        made, ordered = answers(with_steps(pairs, counts, self.language) if steps else pairs)
        if extra:
            made = _with_met(made, substantive, counts, self.language)
        ordered = ordered or steps
        level: dict[str, object] = {"level": "ordinal"} if ordered else {}
        return made, level, {"missing": missing} if missing else {}


def _with_met(
    made: tuple[Part, ...], choices: Sequence[Choice], counts: Mapping[str, int], language: str
) -> tuple[Part, ...]:
    """Return the answers with what else stands in the export: `6. Agree` is a spelling of 6, another text an answer."""
    known = {normal(t) for part in made for t in (part.code, *part.label.values(), *part.spellings)}
    found = list(made)
    for value in counts:
        if normal(value) in known:
            continue
        digits = re.match(r"(\w+)[ .:)-]+", value)
        place = next((i for i, part in enumerate(found) if digits and digits[1] in (part.code, *part.spellings)), None)
        if place is not None:
            found[place] = replace(found[place], spellings=(*found[place].spellings, value))
        elif len(counts) <= 2 * len(choices) + 3:
            code = unique(part_code("", value), {part.code for part in found})
            found.append(Part(code, {language: value}))
    return tuple(found)
