"""The forms of the steps of a truth: how quantities and answers are drawn, one function a form.

Linear predictors are written as pairs `name: coefficient`. A name is a quantity drawn before, a construct of the
questionnaire (the mean score of its items) or a variable (its answer's place in the list, counted from 0; ticks 0 and
1; numbers). They are taken as drawn, before anybody's "don't know".

Answers are whole numbers: the place of a category in the question's list, a tick (0 or 1), a number, a rank. Missing
ones are negative: -1 - the place of the reason in `MISSING_REASONS`.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from b2bsurvey.errors import StudyError, nearest
from b2bsurvey.questionnaire import MISSING_REASONS, Question, Questionnaire
from b2bsurvey.synthetic.truth import Truth

Floats = NDArray[np.float64]
Codes = NDArray[np.int32]
Settings = Mapping[str, Any]
Drawn = dict[str, Codes]

MISSING_CODE = {reason: -1 - place for place, reason in enumerate(MISSING_REASONS)}
NOT_ANSWERED, NOT_SHOWN = MISSING_CODE["not_answered"], MISSING_CODE["not_shown"]
LARGEST_TEAM = 12
OF_ANOTHER = ("part", "multiple")  # forms whose number depends on another number


class Drawing:
    """`n` respondents under way: the quantities and answers that the steps taken so far have given.

    `complete` holds answers as drawn, `answers` those with "don't know" and other missing ones put in.
    """

    def __init__(self, truth: Truth, questionnaire: Questionnaire, n: int, rng: np.random.Generator) -> None:
        self.truth, self.questionnaire, self.n, self.rng = truth, questionnaire, n, rng
        self.quantities: dict[str, Floats] = {}
        self.complete: Drawn = {}
        self.answers: Drawn = {}

    def take(self, name: str) -> None:
        """Draw the step `name`."""
        step = dict(self.truth.steps[name])
        missing = step.pop("missing", {})
        forms: Mapping[str, Callable[..., Any]] = ANSWERS if name in self.questionnaire.questions else QUANTITIES
        if len(step) != 1 or next(iter(step)) not in forms:
            found = " and ".join(step) or "none"
            known = ", ".join(forms)
            raise StudyError(f"{self.place(name)}: '{name}' needs one of {known} (found {found}); correct it.")
        form, settings = next(iter(step.items()))
        if name not in self.questionnaire.questions:
            self.quantities[name] = forms[form](self, name, settings)
            return
        drawn = forms[form](self, self.questionnaire.questions[name].as_asked, settings)
        self.complete |= drawn
        self.answers |= {variable: self._with_missing(codes, missing) for variable, codes in drawn.items()}
        if form in OF_ANOTHER:  # who does not know the whole does not know the part
            whole = self.answers[settings["of"]]
            self.answers |= {v: np.where(whole < 0, np.int32(NOT_ANSWERED), self.answers[v]) for v in drawn}

    def predictor(self, name: str, coefficients: Settings) -> Floats:
        """Return the sum of coefficient × quantity (n,) of the step `name`."""
        total = np.zeros(self.n)
        for quantity, coefficient in coefficients.items():
            total += coefficient * self.quantity(name, quantity)
        return total

    def quantity(self, name: str, quantity: str) -> Floats:
        """Return a quantity, the score of a construct, or a variable, as numbers (n,)."""
        if quantity in self.quantities:
            return self.quantities[quantity]
        if quantity in self.complete:
            return self.complete[quantity].astype(float)
        if quantity in self.questionnaire.constructs:
            items = self.questionnaire.constructs[quantity].items
            if all(item in self.complete for item in items):
                return np.mean([self._score(item) for item in items], axis=0)
        known = [*self.quantities, *self.complete, *self.questionnaire.constructs]
        raise StudyError(
            f"{self.place(name)}: '{name}' builds on '{quantity}', which is nothing drawn before"
            f"{nearest(quantity, known)}; correct the name, or move the step down."
        )

    def normal(self) -> Floats:
        """Return standard normal numbers (n,)."""
        return self.rng.standard_normal(self.n)

    def chosen(self, name: str, shares: Settings, codes: Sequence[str]) -> Codes:
        """Return a code (n,) for each respondent by `shares`, which sum to 1; missing reasons are codes too."""
        for code in shares:
            if code not in codes and code not in MISSING_CODE:
                raise StudyError(
                    f"{self.place(name)}: '{code}' is not an answer of '{name}'{nearest(code, codes)}; correct it."
                )
        if abs(sum(shares.values()) - 1) > 1e-9:
            raise StudyError(f"{self.place(name)}: shares sum to {sum(shares.values()):g}, not 1; correct them.")
        places = np.array([codes.index(code) if code in codes else MISSING_CODE[code] for code in shares], np.int32)
        bounds = np.cumsum([*shares.values()])[:-1]
        return places[np.searchsorted(bounds, self.rng.random(self.n), side="right")]

    def place(self, name: str) -> str:
        """Return file and line of the step `name`."""
        return self.truth.document.where("steps", name)

    def _score(self, variable: str) -> Floats:
        question = self.questionnaire.owner(variable)
        scores = np.array([a.score for a in question.answers])
        if any(v.name == variable and i.reversed for v, i in zip(question.variables, question.items, strict=True)):
            scores = scores.min() + scores.max() - scores
        return scores[self.complete[variable]]

    def _with_missing(self, codes: Codes, missing: Settings) -> Codes:
        for reason, share in missing.items():
            codes = np.where(self.rng.random(self.n) < share, np.int32(MISSING_CODE[reason]), codes)
        return codes


def normal(drawing: Drawing, name: str, settings: Settings) -> Floats:
    """A trait: a linear predictor, and normal noise of standard deviation `sd`."""
    coefficients = {k: v for k, v in settings.items() if k != "sd"}
    return drawing.predictor(name, coefficients) + settings["sd"] * drawing.normal()


def bernoulli(drawing: Drawing, name: str, settings: float) -> Floats:
    """A latent group: 1 for this share of the respondents, 0 for the others."""
    return (drawing.rng.random(drawing.n) < settings).astype(float)


def log_of(drawing: Drawing, name: str, settings: Settings) -> Floats:
    """The logarithm of the variable `of`, relative to `centre`."""
    return np.log(drawing.quantity(name, settings["of"]) / settings["centre"])


def values(drawing: Drawing, name: str, settings: Settings) -> Floats:
    """A number for each answer of a single choice, `question: {code: number}`; 0 for the others."""
    ((question, numbers),) = settings.items()
    codes = [a.code for a in drawing.questionnaire.questions[question].answers]
    table = np.array([numbers.get(code, 0.0) for code in codes], float)
    return table[drawing.complete[question]]


def any_of(drawing: Drawing, name: str, settings: Sequence[str]) -> Floats:
    """1 where one of the variables listed is above 0."""
    return np.any([drawing.quantity(name, variable) > 0 for variable in settings], axis=0).astype(float)


def shares(drawing: Drawing, question: Question, settings: Settings) -> Drawn:
    """A single choice by shares."""
    return {question.name: drawing.chosen(question.name, settings, [a.code for a in question.answers])}


def shares_by(drawing: Drawing, question: Question, settings: Settings) -> Drawn:
    """A single choice by shares that differ with the answer to another: `other question: {code: shares}`."""
    ((other, groups),) = settings.items()
    codes = [a.code for a in drawing.questionnaire.questions[other].answers]
    drawn = np.full(drawing.n, NOT_ANSWERED, np.int32)
    for code, group in groups.items():
        members = drawing.complete[other] == codes.index(code)
        drawn = np.where(members, shares(drawing, question, group)[question.name], drawn)
    return {question.name: drawn}


def shares_of_items(drawing: Drawing, question: Question, settings: Settings) -> Drawn:
    """A battery, each item by its own shares, independent of each other."""
    codes = [a.code for a in question.answers]
    return {v.name: drawing.chosen(question.name, settings[v.item], codes) for v in question.variables}


def ordinal(drawing: Drawing, question: Question, settings: Settings) -> Drawn:
    """An ordinal logit: the answer is how many of the `cuts` lie below predictor + logistic noise."""
    coefficients = {k: v for k, v in settings.items() if k != "cuts"}
    latent = drawing.predictor(question.name, coefficients) + drawing.rng.logistic(size=drawing.n)
    return {question.name: np.searchsorted(settings["cuts"], latent).astype(np.int32)}


def scale(drawing: Drawing, question: Question, settings: Settings) -> Drawn:
    """A rating: mean + `spread` × (loadings · traits + rest), rounded to the scale, whose first answer is `lowest`.

    `item` (of a single choice) or `items` hold mean and loadings, `all` loadings common to all. The rest is normal,
    with a variance of 1 less the squared loadings.
    """
    common, spread, lowest = settings.get("all", {}), settings["spread"], settings.get("lowest", 1)
    drawn = {}
    for variable in question.variables:
        loadings = {**common, **(settings["items"][variable.item] if variable.item else settings["item"])}
        mean = loadings.pop("mean")
        rest = np.sqrt(max(0.0, 1 - sum(loading**2 for loading in loadings.values())))
        latent = drawing.predictor(question.name, loadings) + rest * drawing.normal()
        drawn[variable.name] = _rounded(mean - lowest + spread * latent, 0, len(question.answers) - 1)
    return drawn


def use(drawing: Drawing, question: Question, settings: Sequence[Settings]) -> Drawn:
    """A grid of frequencies: whether an item is used in a context (logit), and how often by those who use it.

    A block a context: `any` (coefficients), `items` (intercept and coefficients of each), `same_channel` (what using
    the same item in an earlier context adds to the log odds), `often` (mean, sd, coefficients, and `items` that differ
    from the mean by so much; rounded to 1 and more).
    """
    drawn: Drawn = {}
    name, most = question.name, len(question.answers) - 1
    for block in settings:
        often = dict(block["often"])
        differing, mean, sd = often.pop("items", {}), often.pop("mean"), often.pop("sd")
        shared, frequency = drawing.predictor(name, block["any"]), drawing.predictor(name, often)
        for item in question.items:
            own = dict(block["items"][item.code])
            log_odds = own.pop("intercept") + shared + drawing.predictor(name, own)
            for other, effect in block.get("same_channel", {}).items():
                log_odds += effect * (drawn[f"{name}_{item.code}_{other}"] > 0)
            used = drawing.rng.random(drawing.n) < expit(log_odds)
            level = mean + differing.get(item.code, 0) + frequency + sd * drawing.normal()
            drawn[f"{name}_{item.code}_{block['context']}"] = np.where(used, _rounded(level, 1, most), np.int32(0))
    return drawn


def stages(drawing: Drawing, question: Question, settings: Settings) -> Drawn:
    """A battery of stages that fits an overall stage `of`: a latent readiness for each item, cut by the overall stage.

    `cuts` lists for each overall stage the bounds between the stages that its items can have; at least one item has the
    highest. Readiness: `intercepts`, `any` (coefficients), `same_channel` (`[question, context, effect]`: what is added
    where the respondent uses that item there), and logistic noise.
    """
    overall = drawing.questionnaire.questions[settings["of"]]
    used_question, context, effect = settings["same_channel"]
    shared = drawing.predictor(question.name, settings["any"])
    readiness = np.column_stack(
        [
            intercept
            + shared
            + effect * (drawing.complete[f"{used_question}_{item}_{context}"] > 0)
            + drawing.rng.logistic(size=drawing.n)
            for item, intercept in settings["intercepts"].items()
        ]
    )
    drawn = np.zeros(readiness.shape, np.int32)
    for place, answer in enumerate(overall.answers):
        members = np.flatnonzero(drawing.complete[overall.name] == place)
        cuts = settings["cuts"].get(answer.code, [])
        drawn[members] = np.searchsorted(cuts, readiness[members])
        if cuts:
            drawn[members, readiness[members].argmax(axis=1)] = len(cuts)
    return {f"{question.name}_{item}": drawn[:, j] for j, item in enumerate(settings["intercepts"])}


def ticks(drawing: Drawing, question: Question, settings: Settings) -> Drawn:
    """A tick-all set of independent ticks with these log odds; an exclusive option where nothing else is ticked."""
    drawn = {}
    for item in question.items:
        if not item.exclusive:
            chance = expit(settings[item.code])
            drawn[f"{question.name}_{item.code}"] = (drawing.rng.random(drawing.n) < chance).astype(np.int32)
    nothing = ~np.any([*drawn.values()], axis=0)
    return drawn | {f"{question.name}_{i.code}": nothing.astype(np.int32) for i in question.items if i.exclusive}


def ticks_by_context(drawing: Drawing, question: Question, settings: Settings) -> Drawn:
    """A grid of independent ticks with shares `context: {item: share}`."""
    return {
        v.name: (drawing.rng.random(drawing.n) < settings[v.context][v.item]).astype(np.int32)
        for v in question.variables
    }


def ticks_of_used(drawing: Drawing, question: Question, settings: Settings) -> Drawn:
    """A grid of ticks for the contexts that are in use: `used` names the question and the answer that say so.

    Log odds: those of the item in `items`, and in `contexts` what the context adds to each, in the order of the items.
    """
    ((stage, code),) = settings["used"].items()
    needed = [a.code for a in drawing.questionnaire.questions[stage].answers].index(code)
    drawn = {}
    for variable in question.variables:
        added = settings["contexts"][variable.context][[*settings["items"]].index(variable.item)]
        ticked = drawing.rng.random(drawing.n) < expit(settings["items"][variable.item] + added)
        used = drawing.complete[f"{stage}_{variable.context}"] == needed
        drawn[variable.name] = (ticked & used).astype(np.int32)
    return drawn


def worths(drawing: Drawing, question: Question, settings: Settings) -> Drawn:
    """A ranking after Plackett and Luce: the chance to be put next is in proportion to an item's worth.

    `stop` is the chance, after each rank, to rank no more.
    """
    utilities = [np.full(drawing.n, np.log(settings["items"][i.code])) for i in question.items]
    return _ranked(drawing, question, np.column_stack(utilities), settings.get("stop", 0))


def preferred(drawing: Drawing, question: Question, settings: Settings) -> Drawn:
    """A ranking that follows the answers to a battery `of` the same items: worth = exp(weight × score)."""
    scores = [drawing.quantity(question.name, f"{settings['of']}_{i.code}") for i in question.items]
    return _ranked(drawing, question, settings["weight"] * np.column_stack(scores), settings.get("stop", 0))


def bands(drawing: Drawing, question: Question, settings: Settings) -> Drawn:
    """A number by shares of bands `lower bound: share`, even on the logarithm within a band; the last bound ends it."""
    bounds = np.array([*settings], float)
    band = np.searchsorted(np.cumsum([*settings.values()])[:-2], drawing.rng.random(drawing.n), side="right")
    low, high = np.log(bounds[band]), np.log(bounds[band + 1])
    return {question.name: np.exp(low + drawing.rng.random(drawing.n) * (high - low)).astype(np.int32)}


def percent(drawing: Drawing, question: Question, settings: Settings) -> Drawn:
    """A share of 0 to 100: beta with this mean and standard deviation (`spread`); `heaped` of them full tens."""
    share = 100 * _beta(drawing, settings["mean"], settings["spread"])
    heaped = drawing.rng.random(drawing.n) < settings["heaped"]
    return {question.name: np.where(heaped, 10 * np.rint(share / 10), np.rint(share)).astype(np.int32)}


def amount(drawing: Drawing, question: Question, settings: Settings) -> Drawn:
    """A positive number: log-normal with `median`, `sigma` and coefficients, rounded to so many `digits`."""
    coefficients = {k: v for k, v in settings.items() if k not in ("median", "sigma", "digits")}
    return {question.name: _log_normal(drawing, settings, drawing.predictor(question.name, coefficients))}


def multiple(drawing: Drawing, question: Question, settings: Settings) -> Drawn:
    """A multiple of the number `of`: log-normal with `median` and `sigma`, rounded to so many `digits`."""
    with np.errstate(divide="ignore"):
        base = np.log(drawing.quantity(question.name, settings["of"]))
    return {question.name: _log_normal(drawing, settings, base)}


def part(drawing: Drawing, question: Question, settings: Settings) -> Drawn:
    """A part of the number `of`: beta with this mean and standard deviation (`spread`)."""
    whole = drawing.quantity(question.name, settings["of"])
    return {question.name: np.rint(whole * _beta(drawing, settings["mean"], settings["spread"])).astype(np.int32)}


def years_ago(drawing: Drawing, question: Question, settings: Settings) -> Drawn:
    """A year: Poisson with this `mean` before `year`."""
    return {question.name: (settings["year"] - drawing.rng.poisson(settings["mean"], drawing.n)).astype(np.int32)}


def geometric(drawing: Drawing, question: Question, settings: Settings) -> Drawn:
    """A number of 1 and more: geometric with this `mean`."""
    return {question.name: drawing.rng.geometric(1 / settings["mean"], drawing.n).astype(np.int32)}


def portions(drawing: Drawing, question: Question, settings: Settings) -> Drawn:
    """Portions of a total, the largest first: Dirichlet over as many persons as `of` says (12 at most).

    The last item of the question gets what is left after the others. Rounded to whole numbers that sum to the total.
    """
    persons = drawing.quantity(question.name, settings["of"])[:, None] > np.arange(LARGEST_TEAM)
    weights = drawing.rng.gamma(settings["concentration"], size=(drawing.n, LARGEST_TEAM)) + 1e-9
    weights = -np.sort(-weights * persons, axis=1)
    last = len(question.items) - 1
    grouped = np.column_stack([weights[:, :last], weights[:, last:].sum(axis=1)])
    exact = float(question.total or 100) * grouped / grouped.sum(axis=1, keepdims=True)
    whole = np.floor(exact)
    short = (exact.sum(axis=1) - whole.sum(axis=1)).round()
    order = np.argsort(np.argsort(whole - exact, axis=1, kind="stable"), axis=1)
    filled = (whole + (order < short[:, None])).astype(np.int32)
    return {v.name: filled[:, j] for j, v in enumerate(question.variables)}


def _rounded(numbers: Floats, low: int, high: int) -> Codes:
    return np.clip(np.floor(numbers + 0.5), low, high).astype(np.int32)


def _beta(drawing: Drawing, mean: float, spread: float) -> Floats:
    size = mean * (1 - mean) / spread**2 - 1
    return drawing.rng.beta(mean * size, (1 - mean) * size, drawing.n)


def _log_normal(drawing: Drawing, settings: Settings, base: Floats) -> Codes:
    number = np.exp(base + np.log(settings["median"]) + settings["sigma"] * drawing.normal())
    power = 10.0 ** (np.floor(np.log10(np.maximum(number, 1))) + 1 - settings["digits"])
    return np.rint(np.rint(number / power) * power).astype(np.int32)


def _ranked(drawing: Drawing, question: Question, utilities: Floats, stop: float) -> Drawn:
    """Rank by utility + Gumbel noise, which is Plackett and Luce's model (Yellott 1977)."""
    noisy = utilities + drawing.rng.gumbel(size=utilities.shape)
    ranks = 1 + np.argsort(np.argsort(-noisy, axis=1), axis=1)
    given = drawing.rng.geometric(stop, drawing.n) if stop else np.full(drawing.n, len(question.items))
    most = np.minimum(given, question.most or len(question.items))
    drawn = np.where(ranks <= most[:, None], ranks, NOT_ANSWERED).astype(np.int32)
    return {v.name: drawn[:, j] for j, v in enumerate(question.variables)}


QUANTITIES: Mapping[str, Callable[[Drawing, str, Any], Floats]] = {
    "normal": normal,
    "bernoulli": bernoulli,
    "log": log_of,
    "values": values,
    "any_of": any_of,
}
ANSWERS: Mapping[str, Callable[[Drawing, Question, Any], Drawn]] = {
    f.__name__: f
    for f in (
        *(shares, shares_by, shares_of_items, ordinal, scale, use, stages),
        *(ticks, ticks_by_context, ticks_of_used, worths, preferred),
        *(bands, percent, amount, multiple, part, years_ago, geometric, portions),
    )
}
