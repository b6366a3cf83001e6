"""The page that leads to all waves: what each is, and where its report and files are."""

from collections.abc import Sequence
from dataclasses import dataclass

from b2bsurvey.config import Wave
from b2bsurvey.questionnaire import Questionnaire
from b2bsurvey.render.html_page import html_page
from b2bsurvey.render.labels import Labels
from b2bsurvey.render.method import fieldwork

# from the folder of the results
LINKS = {
    "report": "{wave}/report_{language}.html",
    "topline": "{wave}/topline_{language}.html",
    "workbook": "{wave}/tables_{language}.xlsx",
    "codebook": "{wave}/codebook_{language}.html",
    "figures": "{wave}/figures/{language}/",
    "questionnaire": "{wave}/questionnaire/questionnaire_{language}.html",
}
TRENDS = "waves/report_{language}.html"
PUBLISHED = "published/report_{language}.html"
ENDONYMS = {"en": "English", "de": "Deutsch", "fr": "Français", "it": "Italiano"}


@dataclass(frozen=True)
class WaveEntry:
    """A finished wave with the rows of its export and the respondents analysed, as counts."""

    wave: Wave
    questionnaire: Questionnaire
    rows: int
    analysed: int


@dataclass(frozen=True)
class Card:
    """What the page shows of a wave: its facts as (topic, text), its files as (path, name)."""

    name: str
    title: str
    mark: str
    facts: tuple[tuple[str, str], ...]
    links: tuple[tuple[str, str], ...]


def index_page(
    study: str, entries: Sequence[WaveEntry], language: str, languages: Sequence[str], compared: bool = False
) -> str:
    """Return the page of all waves in `language`, with links to the same page in the other `languages`.

    `compared` says that there is a report of what changed between waves.
    """
    return html_page(
        "index.html.j2",
        t=Labels(entries[0].questionnaire, language),
        study=study,
        cards=[_card(entry, language) for entry in entries],
        published=PUBLISHED.format(language=language),
        language=language,
        trends=TRENDS.format(language=language) if compared else "",
        others=[(other, ENDONYMS[other]) for other in languages if other != language],
    )


def _card(entry: WaveEntry, language: str) -> Card:
    labels = Labels(entry.questionnaire, language)
    numbers = {"n": labels.form.number(entry.analysed), "rows": labels.form.number(entry.rows)}
    facts = {
        "population": entry.questionnaire.population.get(language, ""),
        "fieldwork": fieldwork(entry.wave, labels),
        "respondents": labels("index.respondents", **numbers),
    }
    return Card(
        name=entry.wave.name,
        title=entry.questionnaire.title[language],
        mark=labels.origin(entry.wave.origin),
        facts=tuple((labels(f"method.{topic}"), text) for topic, text in facts.items() if text),
        links=tuple(
            (path.format(wave=entry.wave.name, language=language), labels(f"index.{kind}"))
            for kind, path in LINKS.items()
        ),
    )
