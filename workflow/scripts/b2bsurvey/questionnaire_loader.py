"""From the document of a questionnaire file to a Questionnaire, checking what a schema cannot."""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime
from graphlib import CycleError, TopologicalSorter
from typing import Any, NoReturn

from b2bsurvey.errors import StudyError, nearest
from b2bsurvey.questionnaire import (
    BASES,
    MISSING_REASONS,
    RESERVED,
    ROLES,
    SEGMENT_ROLES,
    SERIAL,
    YES_NO,
    Answer,
    Bounds,
    Claim,
    Condition,
    Construct,
    Derivation,
    Item,
    Level,
    Mediation,
    Question,
    Questionnaire,
    Text,
    Wanted,
    condition_codes,
)
from b2bsurvey.strict_yaml import Document

# what a question of each type must have, and what just some types may have
NEEDED = {
    "single": ("answers",),
    "tick_all": ("options",),
    "battery": ("items", "answers"),
    "grid": ("items", "contexts"),
    "ranking": ("items",),
    "constant_sum": ("items",),
}
ONLY_FOR = {
    "answers": ("single", "battery", "grid"),
    "top": ("single", "battery", "grid"),
    "neutral": ("single", "battery", "grid"),
    "items": ("battery", "grid", "ranking", "constant_sum"),
    "options": ("tick_all",),
    "contexts": ("grid",),
    "classes": ("tick_all", "battery", "grid", "ranking", "constant_sum"),
    "not_ticked": ("tick_all", "grid"),
    "joined": ("tick_all", "ranking"),
    "unit": ("number", "constant_sum"),
    "min": ("number", "date"),
    "max": ("number", "date"),
    "integer": ("number",),
    "decimal": ("number", "constant_sum"),
    "format": ("date",),
    "most": ("ranking",),
    "total": ("constant_sum",),
    "claim": ("number",),
    "shared_by": ("constant_sum",),
}
LEVELS: Mapping[str, Level] = {
    "battery": "ordinal",
    "grid": "ordinal",
    "ranking": "ordinal",
    "number": "interval",
    "constant_sum": "interval",
    "date": "interval",
}
DEFAULT_BASES = {"tick_all": "answered", "date": "asked", "text": "asked"}
METHODS = ("net", "map", "band", "any_of", "all_of", "count", "index", "ratio", "back_code", "themes")


class QuestionnaireLoader:
    """Builds a Questionnaire from a document that fits the schema; each mistake is a StudyError with its line.

    The document is that of one wave: `waves` has been put in (`questionnaire_file.of_wave`).
    """

    def __init__(self, document: Document, languages: tuple[str, ...]) -> None:
        self.document = document
        self.data = document.data
        self.languages = languages

    def load(self) -> Questionnaire:
        """Return the questionnaire; its texts must exist in all `languages`."""
        self._languages()
        self.reasons = self._spellings(("missing",), self.data.get("missing", {}))
        self.filters = {n: self._condition(c) for n, c in self.data.get("filters", {}).items()}
        questions = {name: self._question(name) for name in self.data["questions"]}
        constructs = {name: self._construct(name, questions) for name in self.data.get("constructs", {})}
        for section in ("constructs", "derived"):
            for name in self.data.get(section, {}):
                if name in questions:
                    self._stop((section, name), f"'{name}' is already the name of a question; choose another")
                made = self._scored(constructs[name]) if section == "constructs" else self._derived(name, questions)
                questions[name] = made
        self._variables_are_unique(questions)
        self._conditions_are_known(questions)
        order = self._evaluation_order(questions)
        self._bases_are_known(questions)
        self._sharers_are_known(questions)
        questions = self._left_out(questions, order)
        return Questionnaire(
            file=self.document.file,
            title=self._text(("title",)),
            source=self._text(("source",)) if "source" in self.data else {},
            population=self._text(("population",)) if "population" in self.data else {},
            languages=tuple(self.data["languages"]),
            questions=questions,
            filters=self.filters,
            roles=self._roles(questions),
            evaluation_order=order,
            eligible_if=self._condition_of_wave("eligible_if", questions),
            consent_if=self._condition_of_wave("consent_if", questions),
            attention_if=self._condition_of_wave("attention_if", questions),
            test_if=self._condition_of_wave("test_if", questions),
            not_understood=self.data.get("not_understood", 0.0),
            constructs={name: c for name, c in constructs.items() if not questions[name].not_asked},
            columns=self.data.get("columns", {}),
            blocks=self._blocks(questions),
            mediations=tuple(self._mediations(questions)),
        )

    def _blocks(self, questions: Mapping[str, Question]) -> dict[str, Text]:
        for name in self.data.get("blocks", {}):
            if name not in questions or questions[name].derivation is not None:
                asked = [q.name for q in questions.values() if q.derivation is None]
                self._stop(
                    ("blocks", name),
                    f"a block begins with '{name}', which is no question{nearest(name, asked)}; correct it",
                )
        return {name: self._text(("blocks", name, "title")) for name in self.data.get("blocks", {})}

    def _mediations(self, questions: Mapping[str, Question]) -> Iterator[Mediation]:
        """Yield the mediations of which this wave asked all that they name."""
        numbers = [q.name for q in questions.values() if q.kind == "number" and not q.items]
        for name, data in self.data.get("mediations", {}).items():
            covariates = tuple(data.get("covariates", ()))
            named = (data["predictor"], data["mediator"], data["outcome"], *covariates)
            for variable in named:
                if variable not in numbers:
                    self._stop(
                        ("mediations", name),
                        f"'{variable}' is no number and no score of a construct{nearest(variable, numbers)}, which a "
                        "mediation needs",
                    )
            if len(set(named)) < len(named):
                self._stop(("mediations", name), f"'{name}' names a variable twice; correct it")
            if not any(questions[variable].not_asked for variable in named):
                yield Mediation(name, data["predictor"], data["mediator"], data["outcome"], covariates)

    def _stop(self, place: tuple[str | int, ...], what: str) -> NoReturn:
        raise StudyError(f"{self.document.where(*place)}: {what}.")

    def _languages(self) -> None:
        for language in self.languages:
            if language not in self.data["languages"]:
                self._stop(
                    ("languages",),
                    f"the config asks for outputs in '{language}', but this questionnaire has texts in "
                    f"{', '.join(self.data['languages'])} only; add the texts, or take the language out of the config",
                )

    def _text(self, place: tuple[str | int, ...]) -> Text:
        value: Any = self.data
        for step in place:
            value = value[step]
        for language in self.data["languages"]:
            if language not in value:
                self._stop(place, f"'{'.'.join(map(str, place))}' has no text in '{language}'; add it")
        return dict(value)

    def _spellings(self, place: tuple[str, ...], data: Mapping[str, Any]) -> dict[str, str]:
        """Map each spelling of a missing answer to its reason."""
        reasons: dict[str, str] = {}
        for reason, spellings in data.items():
            for spelling in map(str, spellings):
                if reasons.setdefault(spelling, reason) != reason:
                    self._stop(
                        (*place, reason),
                        f"'{spelling}' stands for both '{reasons[spelling]}' and '{reason}'; keep one",
                    )
        return reasons

    def _condition(self, data: Any) -> Condition:
        alternatives = data if isinstance(data, list) else [data]
        return Condition(
            tuple(tuple((name, self._wanted(codes)) for name, codes in one.items()) for one in alternatives)
        )

    def _condition_of_wave(self, key: str, questions: Mapping[str, Question]) -> Condition | None:
        """Return a condition on respondents; a check that the wave did not make (attention, tests) finds nobody."""
        if self.data.get(key) is None:
            return None
        condition = self._condition(self.data[key])
        if not _is_lost(condition, questions):
            return condition
        if key in ("eligible_if", "consent_if"):
            self._stop(
                (key,),
                f"'{key}' looks at {' and '.join(condition.names)}, which this wave did not ask; give the wave its own "
                f"'{key}' (null for everybody)",
            )
        return None

    def _wanted(self, data: Any) -> Wanted:
        if isinstance(data, dict):
            return Bounds(data.get("min"), data.get("max"))
        return None if data == "any" else tuple(map(str, data))

    def _question(self, name: str) -> Question:
        place = ("questions", name)
        data = self.data["questions"][name]
        kind = data["type"]
        for part in NEEDED.get(kind, ()):
            if part not in data:
                self._stop(place, f"'{name}' is of type {kind} and needs '{part}'; add it")
        for part, types in ONLY_FOR.items():
            if part in data and kind not in types:
                self._stop(
                    (*place, part), f"'{part}' is for {' and '.join(types)}, but '{name}' is of type {kind}; remove it"
                )
        answers = self._answers(place)
        items = self._items(place, "options" if kind == "tick_all" else "items")
        codes = [a.code for a in answers]
        top = tuple(map(str, data.get("top", codes[-2:] if kind == "battery" and len(codes) > 3 else ())))
        neutral = None if "neutral" not in data else str(data["neutral"])
        for code in (*top, *([neutral] if neutral else [])):
            if code not in codes:
                self._stop((*place, "top"), f"'{code}' is not an answer of '{name}'{nearest(code, codes)}")
        question = Question(
            name=name,
            type=kind,
            text=self._text((*place, "text")),
            short=self._text((*place, "short" if "short" in data else "text")),
            level=data.get("level", LEVELS.get(kind, "nominal")),
            base=data.get("base", DEFAULT_BASES.get(kind, "valid")),
            line=self.document.where(*place),
            answers=answers,
            items=items,
            contexts=self._items(place, "contexts"),
            top=top,
            neutral=neutral,
            column=data.get("column"),
            occurrence=data.get("occurrence"),
            missing={**self.reasons, **self._spellings((*place, "missing"), data.get("missing", {}))},
            not_ticked=tuple(map(str, data.get("not_ticked", ()))),
            asked_if=self._condition(data["asked_if"]) if data.get("asked_if") else None,
            unit=self._text((*place, "unit")) if "unit" in data else {},
            minimum=self._bound((*place, "min")),
            maximum=self._bound((*place, "max")),
            integer=data.get("integer", False),
            decimal=data.get("decimal"),
            format=data.get("format"),
            most=data.get("most", len(items)) if kind == "ranking" else None,
            total=float(data.get("total", 100)) if kind == "constant_sum" else None,
            joined=data.get("joined"),
            classes=self._items(place, "classes"),
            shared_by=data.get("shared_by"),
            claim=Claim(float(data["claim"]["value"]), data["claim"]["source"]) if "claim" in data else None,
            not_asked=data.get("not_asked", False),
            same_meaning=data.get("same_meaning", False),
        )
        self._fits_together(place, question)
        return question

    def _bound(self, place: tuple[str, str, str]) -> float | date | None:
        """Return a smallest or largest value: a number, or a day of a question of type date."""
        data = self.data[place[0]][place[1]]
        value = data.get(place[2])
        if value is None:
            return None
        try:
            return date.fromisoformat(value) if data["type"] == "date" else float(value)
        except (TypeError, ValueError):
            expected = "a day such as 2013-05-31" if data["type"] == "date" else "a number"
            self._stop(place, f"'{value}' cannot bound '{place[1]}'; give {expected}")

    def _fits_together(self, place: tuple[str, ...], question: Question) -> None:
        """Check what the keys of one question say together."""
        low, high = question.minimum, question.maximum
        if low is not None and high is not None and low > high:  # type: ignore[operator]
            self._stop((*place, "min"), f"the smallest value of '{question.name}' is above the largest; swap them")
        self._claim_is_possible(place, question)
        if question.most is not None and question.most > len(question.items):
            self._stop(
                (*place, "most"), f"{question.most} items are to be ranked, but there are {len(question.items)} only"
            )
        rest = [i.code for i in question.items if i.rest]
        if len(rest) > 1 or (rest and question.type != "constant_sum"):
            self._stop(
                (*place, "items", rest[-1]), "'rest' is for one item of a constant sum, which stands for all others"
            )
        classes = [c.code for c in question.classes]
        for item in question.items:
            if item.class_name and item.class_name not in classes:
                self._stop(
                    (*place, "options" if question.type == "tick_all" else "items", item.code),
                    f"the class '{item.class_name}' is none of the 'classes' of '{question.name}'"
                    f"{nearest(item.class_name, classes)}; add it there",
                )
        if question.type != "single" and any(a.open for a in question.answers):
            self._stop((*place, "answers"), f"only a single choice has open answers, but '{question.name}' is none")
        in_cell = [a.code for a in question.answers if a.open and a.column is None]
        if len(in_cell) > 1:
            self._stop(
                (*place, "answers"),
                f"{' and '.join(in_cell)} are both open; give each the 'column' that its text stands in",
            )
        if "{rank}" in (question.column or "") and question.type != "ranking":
            self._stop((*place, "column"), f"'{{rank}}' is for rankings, but '{question.name}' is of another type")
        if question.format is not None and not _is_date_format(question.format):
            self._stop(
                (*place, "format"),
                f"dates cannot be written as '{question.format}'; use %d, %m and %Y as in \"%d.%m.%Y\", or serial",
            )
        if question.joined is not None and not question.joined:
            self._stop((*place, "joined"), "'joined' is empty; give the signs between two options, such as \";\"")
        if question.joined and "{" in (question.column or ""):
            self._stop((*place, "column"), "options joined in one cell have one column, without {item}; correct it")

    def _claim_is_possible(self, place: tuple[str, ...], question: Question) -> None:
        bounds = Bounds(question.minimum, question.maximum) if question.type == "number" else Bounds()  # type: ignore[arg-type]
        if question.claim is not None and not bounds.hold(question.claim.value):
            self._stop(
                (*place, "claim"),
                f"{question.claim.value:g} is claimed of '{question.name}', whose numbers are {bounds}; "
                "give the claim in the question's unit, or correct 'min' and 'max'",
            )

    def _answers(self, place: tuple[str, ...]) -> tuple[Answer, ...]:
        data = self.data[place[0]][place[1]].get("answers", {})
        seen: dict[str, str] = {}
        answers = []
        for position, (code, entry) in enumerate(data.items(), 1):
            here = (*place, "answers", code)
            if code in MISSING_REASONS:
                self._stop(here, f"'{code}' is a missing reason, not an answer; put its spellings under 'missing'")
            answer = Answer(
                code=code,
                label=self._text((*here, "label")),
                spellings=tuple(map(str, entry.get("spellings", ()))),
                score=float(entry.get("score", position)),
                open=entry.get("open", False),
                column=entry.get("column"),
            )
            if answer.column is not None and not answer.open:
                self._stop(here, f"'{code}' has a column of its own, which only an answer with 'open: true' may have")
            for spelling in {code, *answer.label.values(), *answer.spellings}:
                if seen.setdefault(spelling.casefold(), code) != code:
                    self._stop(
                        here,
                        f"'{spelling}' stands for both '{seen[spelling.casefold()]}' and '{code}'; make them differ",
                    )
            answers.append(answer)
        return tuple(answers)

    def _items(self, place: tuple[str, ...], part: str) -> tuple[Item, ...]:
        return tuple(
            Item(
                code=code,
                label=self._text((*place, part, code, "label")),
                spellings=tuple(map(str, entry.get("spellings", ()))),
                class_name=entry.get("class", ""),
                **{k: v for k, v in entry.items() if k not in ("label", "spellings", "class")},
            )
            for code, entry in self.data[place[0]][place[1]].get(part, {}).items()
        )

    def _construct(self, name: str, questions: Mapping[str, Question]) -> Construct:
        """Return a construct with the items that this wave asked."""
        place = ("constructs", name)
        data = self.data["constructs"][name]
        owners = {v.name: q for q in questions.values() if q.type == "battery" for v in q.variables}
        scales = {}
        for item in data["items"]:
            if item not in owners:
                self._stop(
                    (*place, "items"), f"'{item}' is not an item of a battery{nearest(item, owners)}; correct it"
                )
            scores = [a.score for a in owners[item].answers]
            scales[item] = (min(scores), max(scores))
        if len(set(scales.values())) > 1:
            ranges = ", ".join(f"{item} {low:g} to {high:g}" for item, (low, high) in scales.items())
            self._stop(
                (*place, "items"), f"the scores of the items have different ranges ({ranges}); set 'score' alike"
            )
        if len(scales) < len(data["items"]) or data.get("min_valid", 1) > len(scales):
            self._stop(place, f"'{name}' names an item twice, or asks for more valid items than it has; correct it")
        if "min_valid" in data and "answered" in data:
            self._stop(place, f"'{name}' gives both min_valid and answered; keep the one that is to decide")
        asked = {v.name for q in questions.values() if not q.as_asked.not_asked for v in q.as_asked.variables}
        items = tuple(item for item in scales if item in asked)
        share = math.ceil(data.get("answered", 1) * len(items) - 1e-9)  # 2/3 of 3 items are 2, whatever the rounding
        return Construct(
            name,
            items,
            data.get("min_valid", max(share, 1)),
            self._text((*place, "short" if "short" in data else "text")),
        )

    def _scored(self, construct: Construct) -> Question:
        """Return the score of a construct: a number derived from its items."""
        place = ("constructs", construct.name)
        measured = len(construct.items) >= max(construct.min_valid, 2)
        of = construct.items if measured else tuple(self.data["constructs"][construct.name]["items"])
        return Question(
            name=construct.name,
            type="number",
            text=self._text((*place, "text")),
            short=construct.label,
            level="interval",
            base="valid",
            line=self.document.where(*place),
            derivation=Derivation("index", of, min_valid=construct.min_valid),
            not_asked=not measured,
        )

    def _derived(self, name: str, questions: Mapping[str, Question]) -> Question:
        place = ("derived", name)
        data = self.data["derived"][name]
        methods = [m for m in METHODS if m in data]
        if len(methods) != 1:
            found = " and ".join(methods) or "none"
            self._stop(place, f"'{name}' needs exactly one of {', '.join(METHODS)} (found {found})")
        method = methods[0]
        derivation = self._derivation(place, method, data[method], questions)
        if "among" in data:
            derivation = replace(derivation, among=self._condition(data["among"]))
        if method == "back_code":
            return self._back_coded(place, questions[derivation.of[0]], derivation)
        if method == "themes":
            return self._themes(place, derivation, questions[data[method]["of"]])
        answers = self._derived_answers(place, method, derivation)
        return Question(
            name=name,
            type="single" if answers else "number",
            text=self._text((*place, "text")),
            short=self._text((*place, "short" if "short" in data else "text")),
            level="ordinal" if method in ("map", "band") else "nominal" if answers else "interval",
            base=data.get("base", "valid"),
            line=self.document.where(*place),
            answers=answers,
            derivation=derivation,
            unit=self._text((*place, "unit")) if "unit" in data else {},
        )

    def _back_coded(self, place: tuple[str, str], source: Question, derivation: Derivation) -> Question:
        """Return a copy of `source`, with the answers that the coding adds after its own."""
        data = self.data[place[0]][place[1]]
        more = self._answers(place)
        have = [*(a.code for a in source.answers), *(i.code for i in source.items)]
        for answer in more:
            if answer.code in have:
                self._stop((*place, "answers", answer.code), f"'{answer.code}' is an answer of '{source.name}' already")
        ticks = source.kind == "tick"
        return replace(
            source,
            name=place[1],
            text=self._text((*place, "text")),
            short=self._text((*place, "short" if "short" in data else "text")),
            base=data.get("base", source.base),
            line=self.document.where(*place),
            answers=source.answers if ticks else (*source.answers, *more),
            items=(*source.items, *(Item(a.code, a.label) for a in more)) if ticks else (),
            derivation=derivation,
        )

    def _themes(self, place: tuple[str, str], derivation: Derivation, source: Question) -> Question:
        """Return the themes of an open question as options; the one without words takes what no other finds.

        A second coding, made `of` the first, has the themes of that.
        """
        data = self.data[place[0]][place[1]]
        themes = self._answers(place) or source.items
        codes = [theme.code for theme in themes]
        for code in derivation.words:
            if code not in codes:
                self._stop(
                    (*place, "themes", "words", code),
                    f"'{code}' is no theme of '{place[1]}'{nearest(code, codes)}; label it under 'answers'",
                )
        rest = [code for code in codes if derivation.words and code not in derivation.words]
        if not themes or len(rest) > 1:
            found = f"{' and '.join(rest)} have no words" if rest else "there are none"
            self._stop(
                (*place, "themes"),
                f"'{place[1]}' needs themes under 'answers', at most one of them without words, but {found}",
            )
        return Question(
            name=place[1],
            type="tick_all",
            text=self._text((*place, "text")),
            short=self._text((*place, "short" if "short" in data else "text")),
            level="nominal",
            base=data.get("base", "valid"),
            line=self.document.where(*place),
            items=tuple(Item(theme.code, theme.label, exclusive=theme.code in rest) for theme in themes),
            derivation=derivation,
        )

    def _derivation(
        self, place: tuple[str, ...], method: str, data: Any, questions: Mapping[str, Question]
    ) -> Derivation:
        place = (*place, method)
        if method in ("any_of", "all_of"):
            alternatives = self._condition(data).alternatives
            merged = tuple(pair for one in alternatives for pair in one)
            condition = Condition(alternatives if method == "any_of" else (merged,))
            return Derivation(method, condition.names, condition=condition)  # type: ignore[arg-type]
        if method == "ratio":
            return self._ratio(place, data, questions)
        of = tuple([data["of"]] if isinstance(data["of"], str) else data["of"])
        for source in of:
            if source not in questions:
                self._stop(
                    place,
                    f"'{source}' is not a question{nearest(source, questions)}; derive from questions above",
                )
        source_question = questions[of[0]]
        if method == "themes":
            made = source_question.derivation
            of = made.of if made is not None and made.method == "themes" else of
            if questions[of[0]].type != "text":
                self._stop(place, f"'{of[0]}' is no open question (type text), which 'themes' needs")
            if ("words" in data) == ("codes" in data):
                self._stop(place, "themes are found by 'words' or given in the file 'codes'; give one of the two")
            return Derivation("themes", of, file=data.get("codes", ""), words=self._words(place, data.get("words", {})))
        if method == "back_code":
            if not any([*(a.open for a in source_question.answers), *(i.open for i in source_question.items)]):
                self._stop(place, f"'{of[0]}' has no answer or option with 'open: true', whose texts could be coded")
            if source_question.derivation or source_question.type not in ("single", "tick_all"):
                self._stop(place, f"'{of[0]}' is no single or tick_all question, which 'back_code' needs")
            return Derivation("back_code", of, file=data["codes"])
        groups = {code: tuple(map(str, codes)) for code, codes in data.get("to", {}).items()}
        codes = tuple(map(str, data.get("codes", ())))
        if method in ("net", "map") and (source_question.kind != "category" or source_question.items):
            self._stop(place, f"'{of[0]}' is not a single choice, which '{method}' needs")
        if method == "band" and (source_question.kind != "number" or source_question.items):
            self._stop(place, f"'{of[0]}' is not a number, which 'band' needs")
        if method == "count" and source_question.kind not in ("category", "tick"):
            self._stop(place, f"'{of[0]}' has neither options nor answers, which 'count' needs")
        if method == "index" and any(not questions[s].answers for s in of):
            self._stop(place, "an index needs questions with answers that have scores")
        valid = [*(a.code for a in source_question.answers), *MISSING_REASONS]
        for code in (*codes, *(c for group in groups.values() for c in group)):
            if source_question.answers and code not in valid:
                self._stop(place, f"'{code}' is not an answer of '{of[0]}'{nearest(code, valid)}")
        return Derivation(
            method,  # type: ignore[arg-type]
            of,
            codes,
            groups,
            dict(data.get("from", {})),
            min_valid=data.get("min_valid", 1),
        )

    def _words(self, place: tuple[str, ...], data: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
        """Return the patterns of each theme, of all languages together."""
        for code, by_language in data.items():
            for language, patterns in by_language.items():
                for pattern in patterns:
                    try:
                        re.compile(pattern)
                    except re.error as error:
                        self._stop(
                            (*place, "words", code, language),
                            f"'{pattern}' is no regular expression ({error}); correct it, or put \\ before its signs",
                        )
        return {code: tuple(p for patterns in found.values() for p in patterns) for code, found in data.items()}

    def _ratio(self, place: tuple[str, ...], data: Any, questions: Mapping[str, Question]) -> Derivation:
        numbers = [v.name for q in questions.values() if q.kind == "number" for v in q.variables]
        of = (str(data["of"]), str(data["per"]))
        for source in of:
            if source not in numbers:
                self._stop(place, f"'{source}' is not a number{nearest(source, numbers)}, which a ratio needs")
        return Derivation("ratio", of)

    def _derived_answers(self, place: tuple[str, ...], method: str, derivation: Derivation) -> tuple[Answer, ...]:
        if method in ("count", "index", "ratio"):
            return ()
        answers = self._answers(place)
        if method in ("map", "band"):
            expected = tuple(derivation.groups or derivation.bounds)
            if tuple(a.code for a in answers) != expected:
                self._stop(place, f"'{place[1]}' needs 'answers' with labels for exactly {', '.join(expected)}")
            return answers
        if not answers:
            return YES_NO
        if [a.code for a in answers] != ["yes", "no"]:
            self._stop(place, f"the answers of '{place[1]}' must be yes and no, in this order")
        return answers

    def _roles(self, questions: Mapping[str, Question]) -> dict[str, tuple[str, ...]]:
        roles = {}
        for role, names in self.data.get("roles", {}).items():
            if role not in ROLES:
                self._stop(
                    ("roles", role),
                    f"'{role}' is not a role{nearest(role, ROLES)}; roles are {', '.join(ROLES)}",
                )
            roles[role] = tuple([names] if isinstance(names, str) else names)
            for name in roles[role]:
                if name not in questions:
                    self._stop(
                        ("roles", role),
                        f"role '{role}' names '{name}', which is not a question{nearest(name, questions)}",
                    )
                if role in SEGMENT_ROLES and (questions[name].kind != "category" or questions[name].items):
                    self._stop(
                        ("roles", role),
                        f"'{name}' cannot be a segment: it is not a single choice; derive one from it",
                    )
        return roles

    def _variables_are_unique(self, questions: Mapping[str, Question]) -> None:
        owner: dict[str, str] = dict.fromkeys(RESERVED, "the respondents' table")
        for question in questions.values():
            for variable in question.variables:
                if owner.setdefault(variable.name, question.name) != question.name:
                    section = "derived" if question.derivation else "questions"
                    self._stop(
                        (section, question.name),
                        f"'{variable.name}' is a variable of '{owner[variable.name]}' and '{question.name}'; rename it",
                    )

    def _conditions_are_known(self, questions: Mapping[str, Question]) -> None:
        """Check names and codes of filters, routing, eligibility and conditions of derived variables."""
        places: list[tuple[tuple[str, ...], Condition]] = [(("filters", n), c) for n, c in self.filters.items()]
        for name in ("eligible_if", "consent_if", "attention_if", "test_if"):
            if self.data.get(name) is not None:
                places.append(((name,), self._condition(self.data[name])))
        for q in questions.values():
            if q.asked_if:
                places.append((("questions", q.name, "asked_if"), q.asked_if))
            if q.derivation and q.derivation.among:
                places.append((("derived", q.name, "among"), q.derivation.among))
            if q.derivation and q.derivation.condition:
                places.append((("derived", q.name, q.derivation.method), q.derivation.condition))
        variables = {v.name: questions[v.question] for q in questions.values() for v in q.variables}
        for place, condition in places:
            for name, wanted in (pair for one in condition.alternatives for pair in one):
                question = questions.get(name) or variables.get(name)
                if question is None:
                    self._stop(place, f"'{name}' is not a question{nearest(name, [*questions, *variables])}")
                if place == ("questions", question.name, "asked_if"):
                    self._stop(place, f"'{name}' cannot decide whether it is itself asked")
                if isinstance(wanted, Bounds):
                    if question.kind != "number":
                        self._stop(place, f"'{name}' is not a number, so min and max say nothing of it; list its codes")
                    continue
                valid = condition_codes(question, name)
                for code in wanted or ():
                    if code not in valid:
                        self._stop(place, f"'{code}' is not an answer of '{name}'{nearest(code, valid)}")

    def _evaluation_order(self, questions: Mapping[str, Question]) -> tuple[str, ...]:
        owner = {v.name: q.name for q in questions.values() for v in q.variables}
        graph = {}
        for q in questions.values():
            needed = (q.asked_if.names if q.asked_if else ()) + (q.derivation.of if q.derivation else ())
            needed += q.derivation.among.names if q.derivation and q.derivation.among else ()
            graph[q.name] = [owner.get(name, name) for name in needed]
        try:
            return tuple(TopologicalSorter(graph).static_order())
        except CycleError as error:
            circle = " → ".join(error.args[1])
            section = "derived" if questions[error.args[1][0]].derivation else "questions"
            self._stop((section, error.args[1][0]), f"these depend on each other in a circle: {circle}; break it")

    def _bases_are_known(self, questions: Mapping[str, Question]) -> None:
        valid = (*BASES, *self.filters)
        for name in self.filters:
            if name in BASES:
                self._stop(("filters", name), f"'{name}' is the name of a base; choose another")
        for q in questions.values():
            if q.base not in valid:
                section = "derived" if q.derivation else "questions"
                self._stop(
                    (section, q.name, "base"),
                    f"'{q.base}' is not a base{nearest(q.base, valid)}; bases are {', '.join(valid)}",
                )

    def _sharers_are_known(self, questions: Mapping[str, Question]) -> None:
        numbers = [q.name for q in questions.values() if q.kind == "number" and not q.items]
        for q in questions.values():
            if q.shared_by is not None and q.shared_by not in numbers:
                self._stop(
                    ("questions", q.name, "shared_by"),
                    f"'{q.shared_by}' is not a number{nearest(q.shared_by, numbers)}, but says how many share",
                )

    def _left_out(self, questions: Mapping[str, Question], order: tuple[str, ...]) -> dict[str, Question]:
        """Mark the questions that this wave left out: all of their items, or all that they are derived from.

        A ratio needs both of its numbers. A question that was asked cannot be routed by one that was not.
        """
        absent: set[str] = set()
        for name in order:
            question = questions[name]
            gone = [source in absent for source in question.derivation.of] if question.derivation else [False]
            is_ratio = question.derivation is not None and question.derivation.method == "ratio"
            if question.as_asked.not_asked or (any(gone) if is_ratio else all(gone)):
                absent |= {name, *(v.name for v in question.variables)}
            absent |= {v.name for v in question.variables} - {v.name for v in question.as_asked.variables}
        marked = {name: replace(q, not_asked=name in absent) for name, q in questions.items()}
        for name, question in marked.items():
            if question.asked_if and not question.not_asked and _is_lost(question.asked_if, marked):
                self._stop(
                    ("questions", name),
                    f"'{name}' is asked depending on {' and '.join(question.asked_if.names)}, which this wave did not "
                    "ask; give it its own 'asked_if' under the wave (null for everybody)",
                )
        return marked


def _is_lost(condition: Condition, questions: Mapping[str, Question]) -> bool:
    """Whether a wave asked so little that a condition holds for nobody: each alternative needs what it left out."""
    asked = [q.as_asked for q in questions.values() if not q.not_asked]
    names = {name for q in asked for name in (q.name, *(v.name for v in q.variables))}
    return all(any(name not in names for name, _ in pairs) for pairs in condition.alternatives)


def _is_date_format(written_as: str) -> bool:
    """Whether a format tells day, month and year, so that a date written by it can be read again."""
    day = date(2013, 5, 31)
    try:
        return written_as == SERIAL or datetime.strptime(day.strftime(written_as), written_as).date() == day
    except ValueError:
        return False
