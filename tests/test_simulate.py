"""The shipped synthetic waves: made again byte for byte, complete in all that a real wave brings, and marked as synthetic."""

import numpy as np
import pandas as pd
import pytest

import lucerne_wave
from b2bsurvey.config import load_config
from b2bsurvey.errors import StudyError
from b2bsurvey.simulate import main, simulate
from b2bsurvey.synthetic.fieldwork import field_wave

WAVES = ("lucerne-2013", "lucerne-2016")
TRUTH = lucerne_wave.ROOT / "data" / "raw" / "lucerne-2013.truth.yaml"
# what the ledger must count, written out: the truth file counts the same rows by what they are
LEDGERS = {
    "lucerne-2013": {
        "analysed": 571,
        "incomplete": 84,
        "ineligible": 37,
        "consent": 33,
        "duplicate": 12,
        "attention": 12,
        "speeder": 9,
        "test": 6,
    },
    "lucerne-2016": {"analysed": 116, "ineligible": 29, "incomplete": 19, "consent": 4, "test": 3, "duplicate": 2},
}


@pytest.fixture(scope="module")
def sheet() -> pd.DataFrame:
    """The shipped workbook, read without any of our code."""
    return pd.read_excel(lucerne_wave.export("lucerne-2013"), dtype=str, keep_default_na=False, engine="calamine")


@pytest.fixture(scope="module")
def analysed(sheet) -> pd.DataFrame:
    """The rows of the workbook that are analysed."""
    ledger = lucerne_wave.screened().ledger
    return sheet[(ledger["disposition"] == "analysed").to_numpy()]


@pytest.mark.parametrize("wave", WAVES)
def test_the_shipped_file_is_made_again_byte_for_byte(wave, tmp_path):
    shipped, out = lucerne_wave.export(wave), tmp_path / "again"
    main([str(lucerne_wave.truth(wave).document.file), str(lucerne_wave.QUESTIONNAIRE), str(out)])
    assert out.read_bytes() == shipped.read_bytes()


@pytest.mark.parametrize("wave", WAVES)
def test_the_ledger_accounts_for_every_row(wave):
    ledger = lucerne_wave.screened(wave).ledger
    assert ledger["disposition"].value_counts().to_dict() == LEDGERS[wave]
    assert len(ledger) == sum(LEDGERS[wave].values()) == {"lucerne-2013": 764, "lucerne-2016": 173}[wave]
    assert (ledger.loc[ledger["disposition"] == "analysed", "rule"] == "straight_liner").sum() == (
        lucerne_wave.truth(wave).fieldwork["straight_liners"]
    )


def test_each_row_is_found_by_the_rule_that_it_was_made_for():
    made = field_wave(lucerne_wave.truth(), lucerne_wave.questionnaire()).facts["kind"]
    found = lucerne_wave.screened().ledger["disposition"]
    rules = {"opened": "consent", "no_consent": "consent", "broken_off": "incomplete", "inattentive": "attention"}
    rules |= dict.fromkeys(("same_row", "same_answers"), "duplicate")
    rules |= dict.fromkeys(("micro", "large", "consumers", "other_function"), "ineligible")
    assert (found == made.replace(rules)).all()


@pytest.mark.parametrize("wave", WAVES)
def test_every_cell_is_understood_and_every_column_used(wave):
    report = lucerne_wave.read(wave)[1]
    assert report.not_understood == ()
    assert set(report.files[0]["extra"]) <= {"Verteilungskanal"}
    misrouted, contradictory = {"lucerne-2013": ({"why_not": 6}, 4), "lucerne-2016": ({}, 0)}[wave]
    assert report.misrouted == misrouted
    assert sum(report.contradictory.get("exclusive_with_others", {}).values()) == contradictory


def test_the_layout_is_that_of_limesurvey(sheet):
    assert list(sheet.columns[:7]) == [
        *("id", "submitdate", "lastpage", "startlanguage", "startdate", "datestamp", "refurl"),
    ]
    assert (sheet["refurl"] == "").all(), "nothing in the file tells who somebody is"
    assert (sheet["submitdate"] == "").sum() == 12 + 84
    assert sheet["id"].duplicated().sum() == 5
    assert list(sheet.columns[-23:-21]) == ["interviewtime", "groupTime101"]
    assert set(sheet["F1[SQ001]"]) == {"", "A1", "A2", "A3", "A4", "A5", "A6"}
    assert set(sheet["B1[SQ010][1]"]) == {"", "0", "1", "2", "3", "4"}
    times = sheet[[c for c in sheet if c.startswith("groupTime")]].replace("", "0").astype(float).sum(axis=1)
    assert np.allclose(times, sheet["interviewtime"].astype(float), atol=0.006)


def test_respondents_answer_in_german_and_french(analysed):
    share = analysed["startlanguage"].value_counts(normalize=True)
    assert set(share.index) == {"de", "fr"}
    assert 0.6 < share["de"] < 0.85
    pools = lucerne_wave.truth().open_answers["helpful"]
    for language in ("de", "fr"):
        written = analysed.loc[(analysed["startlanguage"] == language) & (analysed["U1"] != ""), "U1"]
        assert len(written) > 10
        assert set(written) <= set(pools[language])


def test_who_was_not_asked_did_not_answer_but_for_the_misrouted(analysed):
    reasons = [c for c in analysed if c.startswith("F3[")]
    answered = (analysed[reasons] != "").any(axis=1)
    not_asked = analysed["B2"].isin(["A1", "A2", "A6"])
    assert (answered & not_asked).sum() == 6
    assert (answered & ~not_asked).sum() > 150
    purposes = [c for c in analysed if c.startswith("C1[")]
    assert not (analysed.loc[analysed["B2"] != "A1", purposes] != "").any(axis=None)


def test_constant_sums_and_rankings_hold(analysed):
    shares = analysed[[c for c in analysed if c.startswith("R2[")]].replace("", np.nan).astype(float)
    given = shares.notna().all(axis=1)
    assert given.sum() > 180
    assert (given == shares.notna().any(axis=1)).all()
    assert (shares[given].sum(axis=1) == 100).all()
    ranked = analysed[[f"P2[{rank}]" for rank in range(1, 6)]]
    complete = (ranked != "").all(axis=1)
    assert (ranked[complete].nunique(axis=1) == 5).all()
    assert complete.mean() > 0.95


def test_what_is_published_in_words_is_so_in_the_file(analysed):
    """Counted from the cells: the few things known of the study of 2013."""
    use = {
        context: analysed[[f"B1[SQ{i:03d}][{context}]" for i in range(1, 11)]].apply(pd.to_numeric)
        for context in (1, 2)
    }
    little = ((use[1] < 2) | use[1].isna()).all(axis=1) & ((use[2] < 2) | use[2].isna()).all(axis=1)
    assert 0.28 < little.mean() < 0.39, "about a third use social media little or not at all"
    private = (use[1] > 0).mean()
    assert set(private.nlargest(2).index) == {"B1[SQ005][1]", "B1[SQ010][1]"}, "YouTube and Facebook lead in private"
    assert private.nlargest(2).min() > 0.5
    active = analysed[[f"D2[SQ00{i}]" for i in range(1, 6)]].apply(pd.to_numeric)
    weekly = (active >= 3).sum() / active.notna().sum()
    assert weekly.iloc[0] > 3 * weekly.iloc[1:].max(), "professional use is mostly reading"
    barriers = scores(analysed, "F1", 11)
    assert set(barriers.nlargest(2).index) == {1, 2}, "confidentiality, and no separation of spheres"
    digital = scores(analysed, "I1", 6)
    assert list(digital.nlargest(2).index) == [1, 2], "website and newsletter"
    assert scores(analysed, "H1", 6).max() < 2.6, "pressure is low"
    audience = analysed[["J1[SQ001]", "J1[SQ002]"]]
    assert ((audience == "A1").sum() > (audience.isin(["A2", "A3"])).sum()).all(), "blogs and wikis serve the staff"


def scores(rows, question, items):
    """Return the mean score of each item of a battery, A1 = 1 to A5 = 5; A6 is no score."""
    cells = rows[[f"{question}[SQ{i:03d}]" for i in range(1, items + 1)]]
    found = cells.apply(lambda c: pd.to_numeric(c.str.removeprefix("A").where(~c.isin(["", "A6"]))).mean())
    return found.set_axis(range(1, items + 1))


def test_all_of_2016_use_social_media_and_two_thirds_export():
    responses = lucerne_wave.screened("lucerne-2016").responses
    assert (responses.values["adoption"] == "uses").all()
    assert (responses.values["exporter"] == "yes").mean() == pytest.approx(2 / 3, abs=0.1)
    for channel in ("twitter", "xing"):
        stage = responses.values[f"channel_stage_{channel}"].dropna()
        assert stage.isin(["uses", "planned"]).mean() > 0.5
    assert (responses.values["outlook"] == "undecided").mean() == pytest.approx(0.2, abs=0.09)


def test_2016_asked_fewer_questions_and_two_in_other_words():
    first, second = (lucerne_wave.questionnaire(wave) for wave in WAVES)
    asked = [q.name for q in second.questions.values() if q.derivation is None and not q.not_asked]
    assert len(asked) == 18
    assert {n for n in asked if second.questions[n].text != first.questions[n].text} == {"adoption", "barriers"}
    assert {i.code for i in second.questions["barriers"].items if i.not_asked} == {"wait", "no_need"}
    responses = lucerne_wave.screened("lucerne-2016").responses
    assert (responses.missing["affinity_score"] == "not_shown").all()
    assert responses.values["pressure_external"].notna().mean() > 0.9


@pytest.mark.parametrize("wave", WAVES)
def test_waves_are_labelled_synthetic(wave):
    assert load_config([lucerne_wave.ROOT / "config" / "config.yaml"]).waves[wave].origin == "synthetic"
    source = lucerne_wave.questionnaire(wave).source
    assert ("Synthetic" in source["en"], "Synthetisch" in source["de"]) == (True, True)
    assert ("synthétiques" in source["fr"], "sintetici" in source["it"]) == (True, True)


def test_the_population_leaves_enough_of_the_sample():
    """Shares of the raked sample are those of the table, added up here, and Kish's design effect stays below 2."""
    table = pd.read_csv(lucerne_wave.ROOT / "config" / "populations" / "swiss-smes-2013.csv")
    weighted = lucerne_wave.weighted()
    weights = weighted.respondents["weight"].to_numpy()
    for variable in ("firm_size", "sector"):
        wanted = table.groupby(variable)["count"].sum() / table["count"].sum()
        found = pd.Series(weights).groupby(weighted.values[variable].astype(str)).sum() / weights.sum()
        assert found.to_dict() == pytest.approx(wanted.to_dict(), abs=1e-6)
    assert 1.2 < len(weights) * (weights**2).sum() / weights.sum() ** 2 < 2


def test_a_wrong_call_ends_in_one_sentence(tmp_path):
    out = tmp_path / "out.xlsx"
    with pytest.raises(SystemExit, match="three paths are needed"):
        main([])
    with pytest.raises(SystemExit, match=r"truth\.yaml: there is no such file"):
        main([str(tmp_path / "a.truth.yaml"), str(lucerne_wave.QUESTIONNAIRE), str(out)])
    assert not out.exists()


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("seed: 2013\n", "", "'seed' is missing; add it"),
        ("seed: 2013", "sead: 2013", "line 11: 'sead' is not known here; did you mean 'seed'"),
        ("platform: limesurvey", "platform: limesurvy", "no export can be written for 'limesurvy'; did you mean"),
        ("{shares: {b2b: 0.62,", "{shares: {b2bb: 0.62,", "'b2bb' is not an answer of 'business'; did you mean 'b2b'"),
        ("{shares: {b2b: 0.62,", "{shares: {b2b: 0.72,", "shares sum to 1.1, not 1; correct them"),
        ("business: {shares:", "business: {sharess:", "'business' needs one of shares, .* (found sharess)"),
        (
            " years: -0.3, french",
            " yeasr: -0.3, french",
            "builds on 'yeasr', which is nothing drawn before; did you mean",
        ),
        ("    - [marker]\n", "", "'marker' stands on no page; add it"),
        ("    - [marker]\n", "    - [marker, trust]\n", "'trust' stands on two pages; keep one"),
    ],
)
def test_a_mistake_in_the_parameters_is_one_sentence(old, new, sentence, tmp_path):
    text = TRUTH.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "wave.truth.yaml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(StudyError, match=sentence.replace("(", r"\(").replace(")", r"\)")):
        simulate(path, lucerne_wave.QUESTIONNAIRE)
