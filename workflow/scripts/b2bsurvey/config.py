"""The configuration: what to run, as frozen data, loaded strictly."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date
from pathlib import Path
from typing import Any, Literal

from b2bsurvey import schema
from b2bsurvey.errors import StudyError, nearest, nearest_file
from b2bsurvey.strict_yaml import Document, load_yaml

Action = Literal["exclude", "flag", "off"]


@dataclass(frozen=True)
class Rule:
    """What happens to respondents that a screening rule finds."""

    action: Action = "exclude"


@dataclass(frozen=True)
class IncompleteRule(Rule):
    """Signs that a respondent did not finish, and whether any or all of those in use must agree.

    The signs: the platform says so; less than `min_share` (0–1) of the questions asked is answered; the last page
    reached comes before `min_last_page`.
    """

    platform: bool = True
    min_share: float = 0.0
    min_last_page: int | None = None
    when: Literal["any", "all"] = "any"


@dataclass(frozen=True)
class DuplicateRule(Rule):
    """What makes two rows the same respondent, and which one stays.

    Equal `answers` count only where at least `min_answers` were given: short interviews are alike by chance.
    """

    by: tuple[str, ...] = ("respondent_id",)
    keep: Literal["first", "last"] = "first"
    min_answers: int = 10


@dataclass(frozen=True)
class SpeederRule(Rule):
    """Least share (0–1) of the median duration of those who completed.

    0.3 finds those who can hardly have read the questions; leaving out more of the fast respondents changes
    results little (Greszki, Meyer & Schoen 2015, who cut at 0.5 to 0.7; Leiner 2019).
    """

    action: Action = "flag"
    share_of_median: float = 0.3


@dataclass(frozen=True)
class StraightLinerRule(Rule):
    """Equal answers in a row: at least `share` (0–1; 1: no variation) of a battery with `min_items` answered or more.

    `batteries`: whether all such batteries of a respondent, or any of them, must be answered so.
    """

    action: Action = "flag"
    min_items: int = 5
    share: float = 1.0
    batteries: Literal["any", "all"] = "all"


@dataclass(frozen=True)
class AttentionRule(Rule):
    """Respondents who gave a wrong answer to the questionnaire's attention check."""

    action: Action = "flag"


@dataclass(frozen=True)
class Screening:
    """The screening rules in the order in which they are applied.

    Who is left out by default is decided by facts; how somebody answered is a reason to look closer only.
    """

    consent: Rule = Rule()
    test: Rule = Rule()
    empty: Rule = Rule()
    incomplete: IncompleteRule = IncompleteRule()
    duplicate: DuplicateRule = DuplicateRule()
    ineligible: Rule = Rule()
    speeder: SpeederRule = SpeederRule()
    straight_liner: StraightLinerRule = StraightLinerRule()
    attention: AttentionRule = AttentionRule()

    def with_settings(self, settings: Mapping[str, Any]) -> "Screening":
        """Return the rules with those of `settings` (as in the config file) replaced."""
        changed = {}
        for name, values in settings.items():
            tuples = {k: tuple(v) if isinstance(v, list) else v for k, v in values.items()}
            changed[name] = replace(getattr(self, name), **tuples)
        return replace(self, **changed)

    def with_action(self, action: Action, *rules: str) -> "Screening":
        """Return the rules with another action of those named."""
        return self.with_settings({rule: {"action": action} for rule in rules})


RULES = tuple(f.name for f in fields(Screening))
# these look at how somebody answered
BEHAVIOUR_RULES = ("speeder", "straight_liner", "attention")


@dataclass(frozen=True)
class SamplingDesign:
    """Variables that hold stratum and cluster; population size N, or N by stratum."""

    strata: str | None = None
    cluster: str | None = None
    fpc: int | Mapping[str, int] | None = None


@dataclass(frozen=True)
class Outcomes:
    """Counts of the field work that the export does not show; None where not known.

    Of those `invited`: invitations `undelivered`, known to be `ineligible`, `refused`, and of `unknown`
    eligibility; `e` is the share (0–1) of the unknown that is eligible. `views_crude` and `views_unique` count
    visits and visitors of the first page.
    """

    invited: int | None = None
    undelivered: int | None = None
    ineligible: int | None = None
    refused: int | None = None
    unknown: int | None = None
    e: float | None = None
    views_crude: int | None = None
    views_unique: int | None = None
    line: str = field(default="", repr=False, compare=False)


@dataclass(frozen=True)
class Trim:
    """Bounds of the weights, in multiples of their mean."""

    low: float = 0.0
    high: float | None = None


@dataclass(frozen=True)
class Weighting:
    """How weights are made to match a population, and the largest Kish design effect that weights may have.

    Beyond a design effect of 5, four of five respondents count for nothing.
    """

    population: str | None = None
    rake: tuple[str, ...] = ()
    post_stratify: tuple[str, ...] = ()
    trim: Trim | None = None
    max_design_effect: float = 5.0

    @property
    def variables(self) -> tuple[str, ...]:
        """The variables that weights are calibrated to."""
        return self.rake or self.post_stratify


@dataclass(frozen=True)
class Fieldwork:
    """Mode, first and last day of the field work."""

    mode: str | None = None
    start: str | None = None
    end: str | None = None


@dataclass(frozen=True)
class Wave:
    """One survey wave as the config describes it."""

    name: str
    exports: tuple[str, ...]
    questionnaire: str
    sampling: Literal["probability", "census", "open_link", "panel"]
    platform: str | None = None
    sheet: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    weight_column: str | None = None
    weighting: Weighting = Weighting()
    unit: Literal["person", "firm"] = "person"
    firm_id: str | None = None
    design: SamplingDesign = SamplingDesign()
    outcomes: Outcomes = Outcomes()
    fieldwork: Fieldwork = Fieldwork()
    disclosure: Literal["public", "standard", "strict"] = "standard"
    origin: Literal["observed", "synthetic", "rebuilt"] = "observed"
    rebuilt_from: tuple[tuple[str, ...], ...] = ()
    screening: Screening = Screening()
    cleared_answers: tuple[str, ...] = ()
    line: str = field(default="", repr=False, compare=False)

    def only(self, *names: str) -> "Wave":
        """Return the wave with all but its name and the fields `names` left at their defaults.

        A job is given just what it depends on, so that a change elsewhere does not rerun it.
        """
        kept = {name: getattr(self, name) for name in names}
        return Wave(self.name, **{"exports": (), "questionnaire": "", "sampling": "open_link"} | kept, line=self.line)


WHOLE_WAVE = tuple(f.name for f in fields(Wave) if f.name not in ("name", "line"))


@dataclass(frozen=True)
class Figures:
    """File formats and width of the figures."""

    formats: tuple[str, ...] = ("svg", "png", "pdf")
    size: Literal["one-column", "two-column", "slide"] = "two-column"


@dataclass(frozen=True)
class Family:
    """Tests that are adjusted together: those of the questions, crossed with the segments."""

    name: str
    questions: tuple[str, ...]
    segments: tuple[str, ...] = ()
    line: str = field(default="", repr=False, compare=False)


@dataclass(frozen=True)
class NamedModel:
    """A model that the config names: an outcome, its predictors, and whether their importance is compared."""

    name: str
    outcome: str
    predictors: tuple[str, ...]
    importance: bool = False
    interactions: tuple[tuple[str, str], ...] = ()
    line: str = field(default="", repr=False, compare=False)


@dataclass(frozen=True)
class Models:
    """Which models of adoption there are, and what becomes of respondents with a missing predictor."""

    missing_predictors: Literal["listwise", "imputed"] = "listwise"
    imputations: int = 20
    named: tuple[NamedModel, ...] = ()


@dataclass(frozen=True)
class Inference:
    """How intervals are made, p values adjusted and models specified."""

    confidence_level: float = 0.95
    adjustment: Literal["holm", "bh", "none"] = "holm"
    families: tuple[Family, ...] = ()
    models: Models = Models()


@dataclass(frozen=True)
class Config:
    """The whole configuration; `custom` holds the free keys of a user's own rules."""

    study: str
    languages: tuple[str, ...]
    waves: Mapping[str, Wave]
    inference: Inference = Inference()
    figures: Figures = Figures()
    published: tuple[str, ...] = ()
    cleared_answers: tuple[str, ...] = ()
    cleared_line: str = field(default="", repr=False, compare=False)
    custom_rules: tuple[str, ...] = ()
    custom: Mapping[str, Any] = field(default_factory=dict)


def load_config(paths: Sequence[Path], command_line: Mapping[str, Any] | None = None) -> Config:
    """Load the config file; `command_line` holds top-level keys given there (`--config key=value`).

    Raises:
        StudyError: for a key, value or name that is not allowed, naming file and line.
    """
    if len(paths) > 1:
        files = ", ".join(str(p) for p in paths)
        raise StudyError(f"{files}: these are {len(paths)} config files, but a study has one; name just one of them.")
    return with_command_line(load_yaml(paths[0]), command_line or {})


def with_command_line(document: Document, command_line: Mapping[str, Any]) -> Config:
    """Build the configuration from a document and the keys given on the command line, which go before."""
    if command_line and isinstance(document.data, dict):
        document = replace(document, data={**document.data, **command_line})
    return config_of(document)


def config_of(document: Document) -> Config:
    """Build the configuration from a document: a file, or what a workflow that imports ours passes."""
    if document.data is None:
        raise StudyError(f"{document.file}: the file is empty; give at least study, languages and waves.")
    schema.check(document, "config")
    data = document.data
    _refuse_what_is_not_there_yet(document)
    screening = Screening().with_settings(data.get("screening", {}))
    _files_exist(document, "custom_rules")
    _files_exist(document, "published")
    return Config(
        study=data["study"],
        languages=tuple(data["languages"]),
        waves={name: _wave(name, document, screening) for name in data["waves"]},
        inference=Inference(
            confidence_level=data.get("confidence_level", 0.95),
            adjustment=data.get("adjustment", "holm"),
            families=tuple(
                Family(name, tuple(f["questions"]), tuple(f.get("segments", ())), document.where("families", name))
                for name, f in data.get("families", {}).items()
            ),
            models=_models(document),
        ),
        figures=_figures(data.get("figures", {})),
        published=tuple(data.get("published", ())),
        cleared_answers=tuple(data.get("cleared_answers", ())),
        cleared_line=document.where("cleared_answers"),
        custom_rules=tuple(data.get("custom_rules", ())),
        custom=data.get("custom", {}),
    )


def _files_exist(document: Document, key: str) -> None:
    for number, name in enumerate(document.data.get(key, [])):
        if not Path(name).is_file():
            where, hint = document.where(key, number), nearest_file(Path(name))
            raise StudyError(f"{where}: there is no file '{name}'{hint}; give the path from the working folder.")


def _models(document: Document) -> Models:
    data = document.data.get("models", {})
    for called, model in data.get("named", {}).items():
        if model["outcome"] in model["predictors"]:
            raise StudyError(
                f"{document.where('models', 'named', called)}: '{model['outcome']}' is the outcome of the model "
                f"'{called}' and among its predictors; remove it from them."
            )
        for name in (name for pair in model.get("interactions", ()) for name in pair):
            if name not in model["predictors"]:
                raise StudyError(
                    f"{document.where('models', 'named', called, 'interactions')}: '{name}' is in an interaction of "
                    f"the model '{called}', but not among its predictors{nearest(name, model['predictors'])}; name it "
                    "there."
                )
    named = (
        NamedModel(
            name,
            model["outcome"],
            tuple(model["predictors"]),
            model.get("importance", False),
            tuple((one, other) for one, other in model.get("interactions", ())),
            document.where("models", "named", name),
        )
        for name, model in data.get("named", {}).items()
    )
    return Models(
        data.get("missing_predictors", Models.missing_predictors),
        data.get("imputations", Models.imputations),
        tuple(named),
    )


def _figures(data: Mapping[str, Any]) -> Figures:
    return Figures(tuple(data.get("formats", Figures.formats)), data.get("size", Figures.size))


def _wave(name: str, document: Document, screening: Screening) -> Wave:
    data = document.data["waves"][name]
    exports = data["export"]
    if data.get("origin") == "rebuilt":  # from counts: there is nobody whose way of answering could be looked at
        screening = screening.with_action("off", *BEHAVIOUR_RULES)
    wave = Wave(
        name=name,
        exports=tuple([exports] if isinstance(exports, str) else exports),
        weight_column=(data.get("weights") or {}).get("column"),
        weighting=_weighting(data.get("weights") or {}),
        design=SamplingDesign(**data.get("design", {})),
        outcomes=Outcomes(**data.get("outcomes", {}), line=document.where("waves", name, "outcomes")),
        fieldwork=Fieldwork(**data.get("fieldwork", {})),
        rebuilt_from=tuple(tuple(joint) for joint in data.get("rebuilt_from", ())),
        screening=screening.with_settings(data.get("screening", {})),
        cleared_answers=tuple(document.data.get("cleared_answers", ())),
        line=document.where("waves", name),
        **{k: v for k, v in data.items() if k in _PLAIN},
    )
    _check_wave(wave, document)
    return wave


def _weighting(data: Mapping[str, Any]) -> Weighting:
    trim = data.get("trim")
    return Weighting(
        population=data.get("population"),
        rake=tuple(data.get("rake", ())),
        post_stratify=tuple(data.get("post_stratify", ())),
        trim=None if trim is None else Trim(**trim),
        max_design_effect=data.get("max_design_effect", Weighting.max_design_effect),
    )


_PLAIN = {f.name for f in fields(Wave)} - {
    "name",
    "exports",
    "weighting",
    "design",
    "outcomes",
    "fieldwork",
    "rebuilt_from",
    "screening",
    "cleared_answers",
    "line",
}


def _check_wave(wave: Wave, document: Document) -> None:
    here = ("waves", wave.name)
    for export in wave.exports:
        if wave.exports.count(export) > 1:
            where = document.where(*here, "export")
            raise StudyError(f"{where}: '{export}' is listed {wave.exports.count(export)} times; list it once.")
    if wave.design.fpc is not None and wave.sampling not in ("probability", "census"):
        raise StudyError(
            f"{document.where(*here, 'design', 'fpc')}: a finite population correction needs a random sample, but "
            f"sampling is '{wave.sampling}'; remove fpc, or say 'probability' or 'census' if that is what it was."
        )
    _check_weighting(wave, document)
    if wave.rebuilt_from and wave.origin != "rebuilt":
        raise StudyError(
            f"{document.where(*here, 'rebuilt_from')}: joint tables are given, but origin is '{wave.origin}'; "
            "say 'origin: rebuilt', or remove rebuilt_from."
        )
    _check_outcomes(wave.outcomes, document, here)
    days = {}
    for key in ("start", "end"):
        text = getattr(wave.fieldwork, key)
        try:
            days[key] = date.fromisoformat(text) if text else None
        except ValueError as error:
            where = document.where(*here, "fieldwork", key)
            raise StudyError(f"{where}: '{text}' is not a day; write it as 2013-05-31.") from error
    if days["start"] and days["end"] and days["end"] < days["start"]:
        where = document.where(*here, "fieldwork", "end")
        raise StudyError(f"{where}: the field work ends before it starts ({wave.fieldwork.start}); correct a day.")


def _check_outcomes(outcomes: Outcomes, document: Document, wave: tuple[str, str]) -> None:
    """Refuse counts that cannot be: parts of nothing or of less than themselves."""
    parts = {k: getattr(outcomes, k) for k in ("undelivered", "ineligible", "refused", "unknown")}
    given = [k for k, v in parts.items() if v is not None]
    if given and outcomes.invited is None:
        raise StudyError(
            f"{document.where(*wave, 'outcomes', given[0])}: '{given[0]}' counts some of those invited, but "
            "'invited' is not given; give it, or remove the count."
        )
    total = sum(v or 0 for v in parts.values())
    if outcomes.invited is not None and total > outcomes.invited:
        raise StudyError(
            f"{document.where(*wave, 'outcomes', 'invited')}: {outcomes.invited} were invited, but {', '.join(given)} "
            f"add up to {total}; correct the counts."
        )
    if outcomes.views_crude is not None and (outcomes.views_unique or 0) > outcomes.views_crude:
        raise StudyError(
            f"{document.where(*wave, 'outcomes', 'views_unique')}: {outcomes.views_unique} unique visitors cannot "
            f"have made {outcomes.views_crude} visits; correct a count."
        )


def _check_weighting(wave: Wave, document: Document) -> None:
    """Refuse weights that cannot be made, and designs with a stage that would be ignored."""
    weighting, here = wave.weighting, ("waves", wave.name)
    weights = document.where(*here, "weights")
    if weighting.rake and weighting.post_stratify:
        raise StudyError(f"{weights}: both rake and post_stratify are given; keep one.")
    if weighting.variables and not weighting.population:
        raise StudyError(f"{weights}: there is no population table to calibrate to; add population: FILE.csv.")
    if weighting.population and not weighting.variables:
        raise StudyError(
            f"{weights}: a population table is given, but not what to do with it; add rake or post_stratify with "
            "variables of the questionnaire."
        )
    if weighting.trim and not weighting.variables:
        raise StudyError(f"{weights}: trim needs rake or post_stratify, which make up for what it takes away; add one.")
    if weighting.variables and wave.origin == "rebuilt":
        raise StudyError(
            f"{weights}: the respondents were rebuilt from tables, and weights would need joint distributions that "
            "these tables do not hold; remove rake or post_stratify."
        )
    if wave.firm_id is not None:
        where = document.where(*here, "firm_id")
        if wave.design.cluster is not None:
            raise StudyError(
                f"{where}: the design has clusters, and firms within them would be a second stage, which is not "
                "computed; remove firm_id: the clusters cover all that lies within them."
            )
        if wave.design.fpc is not None:
            raise StudyError(
                f"{where}: persons were sampled within firms, and a finite population correction for the firms alone "
                "would ignore that stage; remove design.fpc: errors are then rather too large than too small."
            )


def _refuse_what_is_not_there_yet(document: Document) -> None:
    """Refuse keys of the contract that this version does not act on: ignoring them would mislead."""
    data = document.data
    places: list[tuple[str, ...]] = [(k,) for k in ("plan", "multiverse") if data.get(k)]
    if places:
        raise StudyError(
            f"{document.where(*places[0])}: '{'.'.join(places[0])}' is reserved but not acted on in this version; "
            "remove it, so that nobody believes it was applied."
        )
