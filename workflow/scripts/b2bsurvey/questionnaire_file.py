"""Loading a questionnaire file strictly, and the hashes of its parts."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any, NoReturn

from b2bsurvey import schema
from b2bsurvey.config import Config
from b2bsurvey.errors import StudyError, nearest
from b2bsurvey.questionnaire import (
    BASES,
    MISSING_REASONS,
    RESERVED,
    ROLES,
    SEGMENT_ROLES,
    TYPES_IMPLEMENTED,
    YES_NO,
    Answer,
    Condition,
    Derivation,
    Item,
    Level,
    Question,
    Questionnaire,
    Text,
    condition_codes,
)
from b2bsurvey.strict_yaml import Document, load_yaml


def load_questionnaire(path: Path, languages: Iterable[str] = ()) -> Questionnaire:
    """Load the questionnaire file `path`; its texts must exist in all output `languages`.

    Raises:
        StudyError: one sentence with file and line for whatever is missing, unknown or contradictory.
    """
    document = load_yaml(path)
    schema.check(document, "questionnaire")
    return _Loader(document, tuple(languages)).load()


def families_are_known(config: Config) -> None:
    """Check that configured families name questions and segments of some wave.

    Raises:
        StudyError: for a name that no questionnaire has. A questionnaire that cannot be read is left to its wave.
    """
    known: set[str] = set()
    for path in {wave.questionnaire for wave in config.waves.values()}:
        try:
            data = load_yaml(Path(path)).data
            known |= {*data["questions"], *data.get("derived", {})}
        except (StudyError, TypeError, KeyError):
            return
    for family in config.inference.families:
        for name in (*family.questions, *family.segments):
            if name not in known:
                raise StudyError(
                    f"{family.line}: the family '{family.name}' names '{name}', which is a question of no wave"
                    f"{nearest(name, known)}; correct it."
                )


def structure_hash(path: Path) -> str:
    """Hash what decides how answers are read: everything but titles and question texts.

    A changed question text then reruns rendering only. A file that cannot be read hashes as its bytes, so
    that the job which loads it reports the error.
    """
    return _hash_without(path, {"text", "short", "title", "source", "population"})


def text_hash(path: Path) -> str:
    """Hash the whole content of the questionnaire (not its comments and layout)."""
    return _hash_without(path, set())


def _hash_without(path: Path, left_out: set[str]) -> str:
    def kept(value: Any) -> Any:
        if isinstance(value, dict):
            return {k: kept(v) for k, v in value.items() if not (k in left_out and isinstance(v, dict))}
        return [kept(v) for v in value] if isinstance(value, list) else value

    try:
        content = json.dumps(kept(load_yaml(path).data), ensure_ascii=False).encode()
    except StudyError:
        content = path.read_bytes() if path.is_file() else b"missing"
    return hashlib.sha256(content).hexdigest()[:16]


class _Loader:
    """Builds a Questionnaire from a document that fits the schema, checking what a schema cannot."""

    def __init__(self, document: Document, languages: tuple[str, ...]) -> None:
        self.document = document
        self.data = document.data
        self.languages = languages

    def load(self) -> Questionnaire:
        self._languages()
        self.reasons = self._spellings(("missing",), self.data.get("missing", {}))
        self.filters = {n: self._condition(c) for n, c in self.data.get("filters", {}).items()}
        questions = {name: self._question(name) for name in self.data["questions"]}
        for name in self.data.get("derived", {}):
            if name in questions:
                self._stop(("derived", name), f"'{name}' is already the name of a question; choose another")
            questions[name] = self._derived(name, questions)
        self._variables_are_unique(questions)
        self._conditions_are_known(questions)
        order = self._evaluation_order(questions)
        self._bases_are_known(questions)
        eligible = self.data.get("eligible_if")
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
            eligible_if=None if eligible is None else self._condition(eligible),
            not_understood=self.data.get("not_understood", 0.0),
        )

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
            tuple(
                tuple((name, None if codes == "any" else tuple(map(str, codes))) for name, codes in one.items())
                for one in alternatives
            )
        )

    def _question(self, name: str) -> Question:
        place = ("questions", name)
        data = self.data["questions"][name]
        kind = data["type"]
        if kind not in TYPES_IMPLEMENTED:
            self._stop(
                (*place, "type"),
                f"questions of type '{kind}' are part of the format but cannot be read in this version; "
                f"leave '{name}' out (types read are {', '.join(TYPES_IMPLEMENTED)})",
            )
        needs = {"single": ["answers"], "tick_all": ["options"], "battery": ["items", "answers"]}
        for part in needs.get(kind, ["items", "contexts"]):
            if part not in data:
                self._stop(place, f"'{name}' is of type {kind} and needs '{part}'; add it")
        answers = self._answers(place)
        items = self._items(place, "options" if kind == "tick_all" else "items")
        level: Level = data.get("level", "ordinal" if kind in ("battery", "grid") else "nominal")
        codes = [a.code for a in answers]
        top = tuple(map(str, data.get("top", codes[-2:] if kind == "battery" and len(codes) > 3 else ())))
        neutral = None if "neutral" not in data else str(data["neutral"])
        for code in (*top, *([neutral] if neutral else [])):
            if code not in codes:
                self._stop((*place, "top"), f"'{code}' is not an answer of '{name}'{nearest(code, codes)}")
        return Question(
            name=name,
            type=kind,
            text=self._text((*place, "text")),
            short=self._text((*place, "short")) if "short" in data else self._text((*place, "text")),
            level=level,
            base=data.get("base", "answered" if kind == "tick_all" else "valid"),
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
            asked_if=self._condition(data["asked_if"]) if "asked_if" in data else None,
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
            )
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
                **{k: v for k, v in entry.items() if k not in ("label", "spellings")},
            )
            for code, entry in self.data[place[0]][place[1]].get(part, {}).items()
        )

    def _derived(self, name: str, questions: Mapping[str, Question]) -> Question:
        place = ("derived", name)
        data = self.data["derived"][name]
        methods = [m for m in ("net", "map", "band", "any_of", "all_of", "count", "index") if m in data]
        if len(methods) != 1:
            found = " and ".join(methods) or "none"
            self._stop(
                place,
                f"'{name}' needs exactly one of net, map, band, any_of, all_of, count, index (found {found})",
            )
        derivation = self._derivation(place, methods[0], data[methods[0]], questions)
        answers = self._derived_answers(place, methods[0], derivation)
        return Question(
            name=name,
            type="single" if answers else "number",
            text=self._text((*place, "text")),
            short=self._text((*place, "short")) if "short" in data else self._text((*place, "text")),
            level="ordinal" if methods[0] in ("map", "band") else "nominal" if answers else "interval",
            base=data.get("base", "valid"),
            line=self.document.where(*place),
            answers=answers,
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
        of = tuple([data["of"]] if isinstance(data["of"], str) else data["of"])
        for source in of:
            if source not in questions:
                self._stop(
                    place,
                    f"'{source}' is not a question{nearest(source, questions)}; derive from questions above",
                )
        groups = {code: tuple(map(str, codes)) for code, codes in data.get("to", {}).items()}
        codes = tuple(map(str, data.get("codes", ())))
        source_question = questions[of[0]]
        if method in ("net", "map") and (source_question.kind != "category" or source_question.items):
            self._stop(place, f"'{of[0]}' is not a single choice, which '{method}' needs")
        if method == "band" and source_question.kind != "number":
            self._stop(place, f"'{of[0]}' is not a number, which 'band' needs")
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

    def _derived_answers(self, place: tuple[str, ...], method: str, derivation: Derivation) -> tuple[Answer, ...]:
        if method in ("count", "index"):
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
        if "eligible_if" in self.data:
            places.append((("eligible_if",), self._condition(self.data["eligible_if"])))
        for q in questions.values():
            if q.asked_if:
                places.append((("questions", q.name, "asked_if"), q.asked_if))
            if q.derivation and q.derivation.condition:
                places.append((("derived", q.name, q.derivation.method), q.derivation.condition))
        variables = {v.name: questions[v.question] for q in questions.values() for v in q.variables}
        for place, condition in places:
            for name, codes in (pair for one in condition.alternatives for pair in one):
                question = questions.get(name) or variables.get(name)
                if question is None:
                    self._stop(place, f"'{name}' is not a question{nearest(name, [*questions, *variables])}")
                if place == ("questions", question.name, "asked_if"):
                    self._stop(place, f"'{name}' cannot decide whether it is itself asked")
                valid = condition_codes(question, name)
                for code in codes or ():
                    if code not in valid:
                        self._stop(place, f"'{code}' is not an answer of '{name}'{nearest(code, valid)}")

    def _evaluation_order(self, questions: Mapping[str, Question]) -> tuple[str, ...]:
        owner = {v.name: q.name for q in questions.values() for v in q.variables}
        graph = {}
        for q in questions.values():
            needed = (q.asked_if.names if q.asked_if else ()) + (q.derivation.of if q.derivation else ())
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
