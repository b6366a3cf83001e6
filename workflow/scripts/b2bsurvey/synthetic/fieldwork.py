"""A wave as it comes back from the field: answers left out, responses broken off, repeated, careless or not meant."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from b2bsurvey.errors import StudyError
from b2bsurvey.questionnaire import Questionnaire
from b2bsurvey.synthetic.forms import NOT_ANSWERED, NOT_SHOWN, Codes, Drawing
from b2bsurvey.synthetic.respondents import draw, responses_of
from b2bsurvey.synthetic.truth import Truth

ANALYSED = "analysed"
OFFICE_HOURS = (7, 12, 19)  # the earliest, the most frequent and the latest hour of a start
AWAY = 0.004  # chance that somebody goes away from a page, for so many seconds
AWAY_SECONDS = (300, 5400)

Ints = NDArray[np.int_]
Kinds = NDArray[np.str_]


@dataclass(frozen=True)
class Field:
    """All rows of a wave, in the order of the export.

    `answers` and `texts` by variable; `facts` has the columns kind (what the row is: analysed, no_consent, …), id,
    started, submitted (NaT: never), test (marked by the platform), page (the last one reached), language; `seconds` is
    (n, pages), 0 for pages not reached.
    """

    answers: Mapping[str, Codes]
    texts: Mapping[str, Sequence[str]]
    facts: pd.DataFrame
    seconds: NDArray[np.float64]


def field_wave(truth: Truth, questionnaire: Questionnaire) -> Field:
    """Return the whole wave that the truth describes; the same for the same truth and questionnaire.

    Raises:
        StudyError: when a question stands on no page of the truth, or on two, or a step cannot be drawn.
    """
    rng = np.random.default_rng(truth.seed)
    field = truth.fieldwork
    pages = _pages(truth, questionnaire)
    kinds = np.repeat([ANALYSED, *field["rows"]], [truth.respondents, *(r["rows"] for r in field["rows"].values())])
    answers = draw(truth, questionnaire, len(kinds), rng)
    for kind, row in field["rows"].items():
        _make_unusable(answers, np.flatnonzero(kinds == kind), row, truth, questionnaire, rng)
    _leave_out(answers, questionnaire, truth, rng)
    analysed = np.flatnonzero(kinds == ANALYSED)
    ordinary, lines = np.split(analysed, [len(analysed) - field["straight_liners"]])
    _draw_straight_lines(answers, lines, questionnaire)
    page = _last_pages(kinds, truth, rng)
    missing = responses_of(answers, questionnaire).missing
    for name, codes in answers.items():
        shown = (missing[name] != "not_shown").to_numpy()
        answers[name] = np.where(page < pages[name], NOT_ANSWERED, np.where(shown, codes, NOT_SHOWN)).astype(np.int32)
    seconds = _seconds(answers, pages, page, kinds, truth, rng)
    _tick(answers, ordinary, field.get("misrouted"), questionnaire, shown=False)
    _tick(answers, ordinary, field.get("contradictory"), questionnaire, shown=True)
    language = _languages(answers, questionnaire, truth, rng)
    texts = _texts(answers, page, pages, language, truth, rng)
    started = _starts(len(kinds), truth, rng)
    never = np.isin(kinds, [kind for kind, row in field["rows"].items() if not row.get("submitted", True)])
    facts = pd.DataFrame(
        {
            "kind": kinds,
            "started": started,
            "submitted": pd.Series(left(started, seconds)).where(~never),
            "test": np.isin(kinds, [kind for kind, row in field["rows"].items() if row.get("marked", False)]),
            "page": page,
            "language": language,
        }
    )
    return _with_copies(Field(answers, texts, facts, seconds), ordinary, field["copies"], rng)


def left(started: pd.DatetimeIndex | pd.Series, seconds: NDArray[np.float64]) -> pd.DatetimeIndex:
    """Return (n,) when respondents left the questionnaire."""
    return pd.DatetimeIndex(started + pd.to_timedelta(np.rint(seconds.sum(axis=1)), unit="s"))


def _pages(truth: Truth, questionnaire: Questionnaire) -> dict[str, int]:
    """Return the page of each variable, counted from 1."""
    where = truth.document.where("fieldwork", "pages")
    pages: dict[str, int] = {}
    for number, names in enumerate(truth.fieldwork["pages"], 1):
        for name in names:
            if pages.setdefault(name, number) != number:
                raise StudyError(f"{where}: '{name}' stands on two pages; keep one.")
    asked = [q for q in questionnaire.questions.values() if q.derivation is None and not q.not_asked]
    lacking = [q.name for q in asked if q.name not in pages]
    if lacking:
        raise StudyError(f"{where}: '{lacking[0]}' stands on no page; add it.")
    return {v.name: pages[q.name] for q in asked for v in q.variables}


def _make_unusable(
    answers: dict[str, Codes],
    members: Ints,
    row: Mapping[str, Any],
    truth: Truth,
    questionnaire: Questionnaire,
    rng: np.random.Generator,
) -> None:
    """Give rows the `answers` (by shares) and `numbers` (from, to) by which screening can tell what they are."""
    drawing = Drawing(truth, questionnaire, len(members), rng)
    for name, shares in row.get("answers", {}).items():
        answers[name][members] = drawing.chosen(name, shares, [a.code for a in questionnaire.questions[name].answers])
    for name, (low, high) in row.get("numbers", {}).items():
        answers[name][members] = rng.integers(low, high + 1, len(members))


def _leave_out(answers: dict[str, Codes], questionnaire: Questionnaire, truth: Truth, rng: np.random.Generator) -> None:
    """Leave answers out; a ranking or constant sum as a whole, and no single ticks."""
    for question in questionnaire.questions.values():
        names = [v.name for v in question.variables if v.name in answers]
        if question.kind == "tick" or question.name in truth.fieldwork["required"] or not names:
            continue
        together = question.type in ("ranking", "constant_sum")
        for group in [names] if together else [[name] for name in names]:
            left_out = rng.random(len(answers[names[0]])) < truth.fieldwork["not_answered"]
            answers |= {name: np.where(left_out, NOT_ANSWERED, answers[name]) for name in group}


def _draw_straight_lines(answers: dict[str, Codes], lines: Ints, questionnaire: Questionnaire) -> None:
    """Let them never use a channel, and answer every battery with its second to last answer."""
    for question in questionnaire.questions.values():
        if question.answers and question.type in ("battery", "grid"):
            for name in {v.name for v in question.variables} & set(answers):
                answers[name][lines] = 0 if question.type == "grid" else len(question.answers) - 2


def _last_pages(kinds: Kinds, truth: Truth, rng: np.random.Generator) -> Ints:
    """Return (n,) the last page with answers; 0 for none."""
    last = len(truth.fieldwork["pages"])
    page = np.full(len(kinds), last)
    for kind, row in truth.fieldwork["rows"].items():
        members = kinds == kind
        reached = row.get("page", last)
        if isinstance(reached, list):
            page[members] = 1 + rng.choice(last, members.sum(), p=np.array(reached) / sum(reached))
        else:
            page[members] = reached
    return page


def _seconds(
    answers: Mapping[str, Codes],
    pages: Mapping[str, int],
    page: Ints,
    kinds: Kinds,
    truth: Truth,
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    """Return (n, pages) seconds: so many a page and an answer shown on it; now and then somebody goes away."""
    usual, n, last = truth.fieldwork["seconds"], len(kinds), len(truth.fieldwork["pages"])
    shown = np.zeros((n, last))
    for name, codes in answers.items():
        shown[:, pages[name] - 1] += codes != NOT_SHOWN
    pace = np.exp(usual["sigma"] * np.clip(rng.standard_normal(n), -2, 3))
    away = rng.random((n, last)) < AWAY
    for kind, row in truth.fieldwork["rows"].items():
        if "pace" in row:
            low, high = row["pace"]
            pace[kinds == kind] = rng.uniform(low, high, (kinds == kind).sum())
            away[kinds == kind] = False
    seconds = (usual["page"] + usual["answer"] * shown) * pace[:, None] * np.exp(0.2 * rng.standard_normal((n, last)))
    seconds += away * rng.uniform(*AWAY_SECONDS, (n, last))
    reached: NDArray[np.float64] = np.where(np.arange(last) < np.maximum(page, 1)[:, None], seconds, 0.0)
    return reached.round(2)


def _tick(
    answers: dict[str, Codes],
    rows: Ints,
    settings: Mapping[str, Any] | None,
    questionnaire: Questionnaire,
    shown: bool,
) -> None:
    """Let the last of those who were shown (or not shown) a tick-all question tick the options of the settings."""
    if settings is None:
        return
    variables = questionnaire.questions[settings["question"]].variables
    fitting = rows[(answers[variables[0].name][rows] != NOT_SHOWN) == shown]
    for row in fitting[-settings["rows"] :]:
        for variable in variables:
            answers[variable.name][row] = variable.item in settings["ticks"]


def _languages(
    answers: Mapping[str, Codes], questionnaire: Questionnaire, truth: Truth, rng: np.random.Generator
) -> Kinds:
    """Return (n,) the language of the interview, by the answer to a question; the first one where there is none."""
    ((name, groups),) = truth.fieldwork["languages"].items()
    codes = [a.code for a in questionnaire.questions[name].answers]
    n = len(answers[name])
    drawn = np.full(n, next(iter(next(iter(groups.values())))))
    for code, shares in groups.items():
        chosen = rng.choice([*shares], n, p=[*shares.values()])
        drawn = np.where(answers[name] == codes.index(code), chosen, drawn)
    return drawn


def _texts(
    answers: Mapping[str, Codes],
    page: Ints,
    pages: Mapping[str, int],
    language: Kinds,
    truth: Truth,
    rng: np.random.Generator,
) -> dict[str, list[str]]:
    """Return open answers by variable; an open option has a text where it is ticked."""
    texts = {}
    for name, pool in truth.open_answers.items():
        written = answers[name] == 1 if name in answers else rng.random(len(page)) < pool["share"]
        written &= page >= pages[name]
        chosen = rng.random(len(page))
        texts[name] = [
            pool[spoken][int(c * len(pool[spoken]))] if w else ""
            for w, c, spoken in zip(written, chosen, language.tolist(), strict=True)
        ]
    return texts


def _starts(n: int, truth: Truth, rng: np.random.Generator) -> pd.DatetimeIndex:
    """Return (n,) starts: some days after one of the mailings, on weekdays in office hours."""
    mailings = np.array(truth.fieldwork["mailings"], "datetime64[D]")
    last = np.datetime64(truth.fieldwork["last_day"], "D")
    later = rng.exponential(truth.fieldwork["days_to_answer"], n).astype(int)
    day = np.minimum(mailings[rng.integers(0, len(mailings), n)] + later, last)
    seconds = np.rint(3600 * rng.triangular(*OFFICE_HOURS, n)).astype(int)
    weekday = np.busday_offset(day, 0, roll="backward")
    return pd.DatetimeIndex(weekday.astype("datetime64[s]") + seconds)


def _with_copies(wave: Field, candidates: Ints, copies: Mapping[str, int], rng: np.random.Generator) -> Field:
    """Return the wave in the order of its ids, which follow the starts, with copies of some of the candidates.

    `same_row`: all of a response again, below all others; `same_answers`: its answers under a new id, a day later.
    """
    n, pasted = len(wave.facts), copies["same_row"]
    chosen = rng.choice(candidates, sum(copies.values()), replace=False)
    source = np.concatenate([np.arange(n), chosen])
    facts = wave.facts.iloc[source].reset_index(drop=True)
    facts.loc[n:, "kind"] = np.repeat([*copies], [*copies.values()])
    facts.loc[n + pasted :, ["started", "submitted"]] += pd.Timedelta(days=1)
    own = np.array([*range(n), *range(n + pasted, len(facts))])
    order = own[np.argsort(facts["started"].to_numpy()[own], kind="stable")]
    ids = np.zeros(len(facts), int)
    ids[order] = 3 + np.cumsum(rng.integers(1, 3, len(order)))  # some ids are used up by who never began
    ids[n : n + pasted] = ids[chosen[:pasted]]
    order = np.concatenate([order, np.arange(n, n + pasted)])
    return Field(
        {name: codes[source[order]] for name, codes in wave.answers.items()},
        {name: [texts[place] for place in source[order]] for name, texts in wave.texts.items()},
        facts.assign(id=ids).iloc[order].reset_index(drop=True),
        wave.seconds[source[order]],
    )
