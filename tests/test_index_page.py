"""The page of all waves: what each is, links to files that the workflow makes, four languages, offline."""

import re

import pytest

from b2bsurvey.config import Fieldwork, Wave
from b2bsurvey.render.index_page import LINKS, WaveEntry, index_page
from rendered_wave import LANGUAGES, hostile
from study import ROOT
from test_report import Page


def page(language="en", languages=LANGUAGES, compared=False):
    questionnaire = hostile().questionnaire
    first = Wave("one", ("a.csv",), "q.yaml", "open_link", origin="synthetic")
    second = Wave("two", ("b.csv",), "q.yaml", "open_link", fieldwork=Fieldwork("online", "2013-05-01", "2013-06-30"))
    entries = [WaveEntry(first, questionnaire, 1764, 1571), WaveEntry(second, questionnaire, 60, 58)]
    return index_page("Study <b>&</b>", entries, language, languages, compared)


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_wave_leads_to_its_files_in_the_language_of_the_page(language):
    found = Page(page(language))
    assert ("html", {"lang": language}, []) in found.elements
    links = [a["href"] for tag, a, _ in found.elements if tag == "a" and "index_" not in a["href"]]
    files = [path.format(wave=wave, language=language) for wave in ("one", "two") for path in LINKS.values()]
    assert links == ["#waves", *files, f"published/report_{language}.html"]
    others = [a["href"] for tag, a, _ in found.elements if tag == "a" and "index_" in a["href"]]
    assert others == [f"index_{other}.html" for other in LANGUAGES if other != language]
    assert not any(tag in ("script", "link", "img") for tag, _, _ in found.elements)


def test_trends_are_linked_where_waves_are_compared():
    assert 'href="waves/report_de.html">Trends zwischen den Wellen</a>' in page("de", compared=True)
    assert "waves/report" not in page("de")


def test_each_wave_says_what_it_is():
    seen = " ".join("".join(Page(page()).text).split())
    assert "Study <b>&</b>" in seen
    assert "1,571 analysed, from 1,764 rows of the export" in seen
    assert seen.count("Synthetic data") == 1
    assert "Field work" in seen
    assert "2013" in seen


def test_a_study_in_one_language_has_no_links_to_others():
    assert "index_" not in page("en", ["en"])


def test_the_links_are_what_the_rules_make():
    rules = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "workflow" / "rules").glob("*.smk"))
    for kind, path in LINKS.items():
        made = re.sub(r"/questionnaire_.*|/$", "", path)
        assert f'"results/{made}"' in rules, kind
