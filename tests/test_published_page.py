"""The page of published results: every value with its verdict, what cannot be first, four languages, offline."""

import re
from functools import cache

import pytest

import buffer_wave
from b2bsurvey.as_printed import fitting_bases, nearest_counts, number, possible_counts
from b2bsurvey.config import load_config
from b2bsurvey.published import VERDICTS, check_all, load_published, refusals
from b2bsurvey.render.labels import Labels
from b2bsurvey.render.published_page import RebuiltWave, published_page
from rendered_wave import LANGUAGES
from study import ROOT
from test_report import Page

# "Published results to reproduce" and "Feasibility" of the design documents: file, table, values as printed by row
PRINTED = {
    ("buffer-2018", "channels_percent"): "96 89 70",
    ("buffer-2018", "messaging_percent"): "20",
    ("buffer-2018", "size_percent"): "49 21 30",
    ("buffer-2018", "small_team_percent"): "88",
    ("buffer-2018", "channels_chi2"): "8.518 4.181 33.723 136.655 0.537 16.561 13.384 3.652",
    ("buffer-2018", "priorities_log2"): "0.5239 −0.3893 0.6946 −2.0212 0.0168 1.2273 1.0554 0.1191",
    ("swiss-smes-2020", "use"): "36.5 21.3 29.3 16.1 12.4 14.0 9.8 8.8",
    ("swiss-smes-2020", "use_count"): "356 208 148 286 157 121 137 96 86",
    (
        "us-innovation-barriers",
        "barriers",
    ): "82.2 75.6 71.5 66.8 80.4 62.9 55.2 49.1 41.2 60.6 83.8 79.9 75.4 83.5 82.7 "
    "74.5 77.3 75.9 74.6 75.1 56.4 57.1 54.6 58.1 56.5 41.4 36.6 29.0 22.3 39.8 63.9 62.8 64.1 60.7 63.6 "
    "69.1 67.7 72.1 63.8 68.9 52.0 52.3 45.9 52.2 51.8 52.6 52.3 49.8 51.7 52.4 46.4 45.9 41.8 41.3 46.1",
    ("eurostat-2013", "use"): "30 28 11 10 6 73 8",
    ("eurostat-2013", "purposes"): "73 72 79",
    ("bernet-zhaw-2016", "use"): "84 87 59 87 55 62 49 75 34 62 36 67 88",
    ("chur-2013", "field_work"): "5447 324 278",
    ("chur-2013", "returned"): "6",
    ("chur-2013", "use"): "35",
    ("stelzner-2024", "most_important"): "44 8 33 51 17 30 4 7 1 2 1 2",
    ("vujade-2012", "shares"): "53.1 78.1 56.3 71.9 84.4 75.0 58.4",
    ("zhaw-2012", "shares"): "23.3 17.6 66.5",
}


@cache
def config():
    return load_config([ROOT / "config" / "config.yaml"])


@cache
def checks():
    files = [load_published(ROOT / path) for path in config().published]
    return check_all(files, *buffer_wave.tables())


@cache
def page(language="en"):
    wave = config().waves["buffer-2018"]
    rebuilt = [RebuiltWave(wave, refusals(buffer_wave.tables()))]
    return published_page("Study", checks(), {wave.name: buffer_wave.questionnaire()}, rebuilt, language, LANGUAGES)


def seen(language="en"):
    return " ".join("".join(Page(page(language)).text).split())


@pytest.mark.parametrize(("place", "printed"), PRINTED.items(), ids=[" ".join(place) for place in PRINTED])
def test_the_published_files_hold_what_was_printed(place, printed):
    file, table = place
    published = load_published(ROOT / "config" / "published" / f"{file}.yaml")
    values = [v for row in published.tables[table].rows.values() for v in row.values() if v != "–"]
    assert [v.replace("-", "−") for v in values] == printed.split()
    assert f"config/published/{file}.yaml" in config().published


def test_every_value_has_a_verdict_and_a_reason_where_it_is_not_reproduced():
    found = checks()
    assert set(found["verdict"]) <= set(VERDICTS)
    counts = found["verdict"].value_counts().to_dict()
    assert counts == {"reproduced": 223, "not_testable": 91, "consistent": 18, "impossible": 4}
    assert found.loc[found["verdict"] != "reproduced", "reason"].str.len().min() > 0


def test_the_verdicts_are_those_that_are_known():
    """Buffer comes out whole; credit is consistent; one share of Vujàdé and three of ZHAW are impossible."""
    by_wave = checks().groupby("wave")["verdict"].agg(set)
    assert by_wave["buffer-2018"] == {"reproduced"}
    barriers = checks()[(checks()["table"] == "barriers") & (checks()["verdict"] != "not_testable")]
    verdicts = barriers.set_index("entry")["verdict"]
    assert verdicts["credit/all"] == "consistent"
    assert sorted(verdicts.value_counts()) == [2, 9]
    assert list(checks().loc[checks()["verdict"] == "impossible", "published"]) == ["58.4", "23.3", "17.6", "66.5"]
    assert not any(possible_counts("58.4", n) for n in range(1, 43))
    assert possible_counts("23.3", 433)
    assert possible_counts("66.5", 454)


def test_counts_are_recovered_where_they_are_unique():
    found = checks()
    smes = found[found["source"].str.contains("FHGR")]
    unique = smes[smes["take"] == "percent"].set_index("entry")
    assert (unique["count_low"] == unique["count_high"]).all()
    printed = smes[smes["take"] == "count"].set_index("entry")["published"]
    for entry, count in unique["count_low"].items():  # the source printed both
        assert str(count) == printed[entry.replace("/percent", "/firms")]
    returned = found[found["entry"] == "returned/percent"].iloc[0]
    assert (returned["count_low"], returned["count_high"]) == (300, 354)
    assert found.loc[found["take"] != "percent", "count_low"].isna().all()


@pytest.mark.parametrize(("printed", "n"), [("58.4", 32), ("23.3", 453), ("17.6", 453), ("66.5", 453)])
def test_what_would_fit_is_what_is_found_one_by_one(printed, n):
    below, above = nearest_counts(printed, n)
    assert below + 1 == above
    assert below / n < float(number(printed)) / 100 < above / n
    smaller = [m for m in range(1, n) if possible_counts(printed, m)]
    larger = [m for m in range(n + 1, 2000) if possible_counts(printed, m)]
    assert fitting_bases(printed, n) == (*smaller[-1:], *larger[:1])


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_shows_every_value_and_what_cannot_be_comes_first(language):
    found, text = Page(page(language)), seen(language)
    labels = Labels(buffer_wave.questionnaire(), language)
    assert ("html", {"lang": language}, []) in found.elements
    rows = sum(tag == "tr" for tag, _, _ in found.elements)
    assert rows == len(checks()) + 4 + checks()["source"].nunique() + 1
    assert text.index(labels("published_page.impossible")) < text.index("Buffer, State of Social 2018 (2018)")
    near = labels("published_page.next", count=18, n=32, percent=labels.form.percent(18 / 32, 2))
    assert " ".join(near.split()) in text
    assert "451, 454" in text
    for verdict in set(checks()["verdict"]):
        assert labels(f"verdict.{verdict}") in text
    assert language == "en" or "nothing to compare it with" not in text
    assert not any(tag in ("script", "link", "img") for tag, _, _ in found.elements)


def test_the_rebuilt_wave_says_what_it_carries_and_what_is_refused():
    text = seen()
    section = text[text.index("Respondents rebuilt from print: buffer-2018") :]
    valid, refused = section.split("Refused")
    labels = Labels(buffer_wave.questionnaire(), "en")
    joint = " × ".join(map(labels.question, ("business_type", "channels")))
    assert joint in valid
    assert labels("published_page.items", question=labels.question("channels")) in refused
    assert f"{labels.question('channels')} × {labels.question('size_class')}" in refused


def test_the_page_leads_to_all_waves_and_to_its_other_languages():
    links = [a["href"] for tag, a, _ in Page(page("de")).elements if tag == "a"]
    assert links[:5] == ["#summary", "../index_de.html", "report_en.html", "report_fr.html", "report_it.html"]
    rules = (ROOT / "workflow" / "rules" / "published.smk").read_text(encoding="utf-8")
    assert re.search(r'"results/published/report_\{language\}\.html"', rules)


def test_a_study_without_impossible_values_says_so():
    possible = checks()[checks()["verdict"] != "impossible"]
    wave = config().waves["buffer-2018"]
    text = published_page("Study", possible, {wave.name: buffer_wave.questionnaire()}, [], "en", ["en"])
    assert "Every percentage with a known base can be." in text
    assert "rebuilt-" not in text
