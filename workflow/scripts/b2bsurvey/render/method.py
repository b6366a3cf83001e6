"""How a wave was made: who was asked, by which methods, with what; in words, for the workbook and the report."""

from b2bsurvey.config import Wave
from b2bsurvey.questionnaire import ANALYSES
from b2bsurvey.render.labels import Labels
from b2bsurvey.render.results import WaveResults
from b2bsurvey.screening import ANALYSED


def method(results: WaveResults, labels: Labels) -> tuple[tuple[str, str], ...]:
    """Return (topic, text) pairs: population, field work, sampling, weights, intervals, tests, bases."""
    wave, questionnaire, language = results.wave, results.questionnaire, labels.language
    level = labels.percent(results.confidence_level)
    intervals = labels("method.intervals_text", level=level)
    if not results.is_probability:
        intervals += " " + labels("method.model_based")
    adjustment = labels.join(labels(f"adjustment.{code}") for code in results.adjustments)
    has_ranks = any((frame["statistic"] == "rank").any() for frame in results.estimates.values())
    analysed = int((results.ledger["disposition"] == ANALYSED).sum())
    topics = {
        "population": questionnaire.population.get(language, ""),
        "instrument": questionnaire.title[language],
        "source": questionnaire.source.get(language, ""),
        "mode": labels.known("mode", wave.fieldwork.mode or ""),
        "fieldwork": fieldwork(wave, labels),
        "sampling": f"{_capital(labels(f'sampling.{wave.sampling}'))}. {labels(f'sampling_note.{wave.sampling}')}",
        "origin": labels.origin(wave.origin),
        "respondents": labels(
            "method.respondents_text", n=labels.form.number(analysed), rows=labels.form.number(len(results.ledger))
        ),
        "weighting": _weighting(results, labels),
        "intervals": intervals,
        "ranks": labels("method.ranks_text", level=level) if has_ranks else "",
        "tests": labels("method.tests_text") if adjustment else "",
        "models": labels("method.models_text") if _has_models(results) else "",
        "multiplicity": labels("method.multiplicity_text", adjustment=adjustment) if adjustment else "",
        "bases": labels("method.bases_text"),
        "small_base": labels("method.small_base_text"),
        "not_asked": labels.join(labels(f"analysis.{name}") for name in ANALYSES if name not in results.estimates),
    }
    return tuple((labels(f"method.{topic}"), text) for topic, text in topics.items() if text)


def provenance(results: WaveResults, labels: Labels) -> tuple[tuple[str, str], ...]:
    """Return (topic, text) pairs: the files read with their sha256, the configuration, the software."""
    files = [(labels("method.export"), f"{f['file']} – sha256 {f['sha256']}") for f in results.ingest["files"]]
    versions = ", ".join(f"{name} {version}" for name, version in results.versions.items())
    return (*files, (labels("method.config"), results.config_hash), (labels("method.software"), versions))


def fieldwork(wave: Wave, labels: Labels) -> str:
    """Return from when to when answers were collected, empty where the config does not say."""
    start, end = wave.fieldwork.start, wave.fieldwork.end
    if start and end:
        return labels("method.from_to", start=labels.day(start), end=labels.day(end))
    return labels.day(start or end or "") if start or end else ""


def _has_models(results: WaveResults) -> bool:
    return (
        bool((results.estimates["models"]["statistic"] == "odds_ratio").any())
        if "models" in results.estimates
        else False
    )


def _weighting(results: WaveResults, labels: Labels) -> str:
    """Return the design in words with the design effect of the weights."""
    frame = results.estimates.get("sample")
    found = [] if frame is None else frame[frame["statistic"] == "design_effect"].to_dict("records")
    if not found:
        return ""
    deff, n = labels.form.number(found[0]["estimate"], 2), labels.form.number(found[0]["n_effective"], 0)
    design = _capital(labels.design(found[0]["design"]))
    return labels("method.weighting_text", design=design, deff=deff, n=n)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
