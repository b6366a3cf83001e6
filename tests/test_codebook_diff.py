"""What changed in the questionnaire between waves: each change found, classed, and what it forbids."""

from dataclasses import replace
from pathlib import Path

import pytest

import lucerne_wave
from b2bsurvey.codebook_diff import CHANGES, CLASSES, COLUMNS, AskedWave, codebook_diff, verdict
from b2bsurvey.config import Fieldwork, Wave, Weighting, load_config
from b2bsurvey.questionnaire_file import load_questionnaire
from b2bsurvey.waves import WaveBase, base_in_common, in_time, series_of
from small_wave import FIXTURE

TEXT = (FIXTURE / "questionnaire.yaml").read_text(encoding="utf-8")


def asked(folder: Path, name: str, *edits: tuple[str, str], own: str = "", **settings) -> AskedWave:
    """Return a small wave whose questionnaire is edited; `own` is what the file says of single waves."""
    text = TEXT
    for old, new in edits:
        assert old in text
        text = text.replace(old, new, 1)
    file = folder / f"{name}.yaml"
    file.write_text(f"{text}\n{own}", encoding="utf-8")
    wave = Wave(name, (f"{name}.csv",), str(file), "open_link", fieldwork=Fieldwork("online"))
    return AskedWave(replace(wave, **settings), load_questionnaire(file, ("en",), name))


def changes(diff, question):
    rows = diff[diff["question"] == question]
    return list(rows[["item", "answer", "change", "comparability"]].itertuples(index=False, name=None))


def test_a_questionnaire_asked_again_did_not_change(tmp_path):
    diff = codebook_diff([[asked(tmp_path, "one"), asked(tmp_path, "two")]])
    assert list(diff) == COLUMNS
    assert set(diff["change"]) == {"none"}
    assert set(diff["comparability"]) == {"comparable"}
    assert (diff["base"] != "").all()


@pytest.mark.parametrize(
    ("old", "new", "question", "found"),
    [
        ("Does your firm use social media?", "Do you use social media?", "adoption", ("", "", "wording", "with_care")),
        ('{en: "Planned"}', '{en: "In planning"}', "adoption", ("", "planned", "wording", "with_care")),
        ('{en: "Privacy"}', '{en: "Data protection"}', "barriers", ("privacy", "", "wording", "with_care")),
        ("      never: {label", "      rare: {label", "activities", ("", "", "scale", "not_comparable")),
        ("    neutral: neither", "    neutral: neither\n    top: [agree]", "barriers", ("", "", "scale", "not_comparable")),
        ('      time: {label: {en: "Lack of time"}}\n', "", "barriers", ("time", "", "gone", "not_comparable")),
        ('{en: "No skills"}, column: why_not_no_skills}', '{en: "No skills"}, column: why_not_no_skills}\n      no_time: {label: {en: "No time"}}', "why_not", ("no_time", "", "new", "not_comparable")),
        ('{en: "No skills"}, column: why_not_no_skills}', '{en: "No skills"}, column: why_not_no_skills}\n      no_time: {label: {en: "No time"}}', "why_not", ("", "", "scale", "with_care")),
        ('      read: {label: {en: "Read posts"}}\n      publish: {label: {en: "Publish posts"}}', '      publish: {label: {en: "Publish posts"}}\n      read: {label: {en: "Read posts"}}', "activities", ("", "", "order", "with_care")),
        ("    asked_if: {adoption: [none]}", "    asked_if: {adoption: [planned, none]}", "why_not", ("", "", "base", "not_comparable")),
    ],
)  # fmt: skip
def test_each_change_is_found_and_classed(tmp_path, old, new, question, found):
    diff = codebook_diff([[asked(tmp_path, "one"), asked(tmp_path, "two", (old, new))]])
    assert found in changes(diff, question)
    others = diff[(diff["question"] != question) & (diff["change"] != "none")]
    assert others.empty, others


def test_a_change_of_words_that_is_held_to_mean_the_same_is_comparable(tmp_path):
    other = "waves: {two: {questions: {adoption: {text: {en: Do you use it?}%s}}}}"
    for more, comparability in (("", "with_care"), (", same_meaning: true", "comparable")):
        waves = [asked(tmp_path, name, own=other % more) for name in ("one", "two")]
        assert changes(codebook_diff([waves]), "adoption") == [("", "", "wording", comparability)]
        assert verdict(*waves, "adoption").comparability == comparability


def test_other_answers_or_another_top_box_are_refused_with_a_sentence(tmp_path):
    last = 'publish: {label: {en: "Publish posts"}}\n'
    for edit in (("      never: {label", "      rare: {label"), (last, f"{last}    top: [always]\n")):
        first, second = asked(tmp_path, "one"), asked(tmp_path, "two", edit)
        found = verdict(first, second, "activities")
        assert (found.comparability, found.base) == ("not_comparable", "")
        assert found.why == "'activities' has other answers in two than in one"


def test_a_question_that_moved_is_the_only_one_said_to_have_moved(tmp_path):
    start, end = TEXT.index("  activities:\n    type"), TEXT.index("  barriers:\n    type")
    block = TEXT[start:end]
    first, second = (
        asked(tmp_path, "one"),
        asked(tmp_path, "two", (block, ""), ("  why_not:\n    type", f"{block}  why_not:\n    type")),
    )
    diff = codebook_diff([[first, second]])
    assert len(diff[diff["change"] == "order"]) == 1
    assert set(diff.loc[diff["change"] == "order", "question"]) <= {"activities", "barriers"}


def test_what_changed_for_all_questions_stands_in_rows_without_one(tmp_path):
    first = asked(tmp_path, "one")
    second = asked(tmp_path, "two", weighting=Weighting("p.csv", rake=("staff",)), sampling="panel")
    second = replace(second, wave=replace(second.wave, fieldwork=Fieldwork("telephone")))
    diff = codebook_diff([[first, second]])
    whole = diff[diff["question"] == ""][["change", "comparability", "before", "after"]]
    assert list(whole.itertuples(index=False, name=None)) == [
        ("mode", "with_care", "online", "telephone"),
        ("mode", "with_care", "open_link", "panel"),
        ("weighting", "with_care", "none", "staff"),
    ]
    assert verdict(first, second, "barriers").comparability == "with_care"
    assert verdict(first, second, "barriers").changes == ("mode", "weighting")


def test_a_wave_of_users_is_compared_among_users_or_refused_with_a_sentence(tmp_path):
    first = asked(tmp_path, "one")
    second = asked(tmp_path, "two", ("eligible_if: {staff: any}", "eligible_if: {staff: any, adoption: [uses]}"))
    diff = codebook_diff([[first, second]])
    why = "one is of all, whatever they answered, two is of adoption=uses"
    refused = diff[(diff["question"] == "adoption") & (diff["change"] == "base")].iloc[0]
    assert (refused["comparability"], refused["base"]) == ("not_comparable", "")
    assert refused["note"] == f"one and two cannot be compared: {why}"
    among = diff[(diff["question"] == "barriers") & (diff["change"] == "base")].iloc[0]
    assert (among["comparability"], among["base"], among["note"]) == ("with_care", "users", why)
    assert diff.iloc[0]["note"] == f"one and two cannot be compared: {why}"


def test_what_is_made_of_an_item_that_a_wave_left_out_is_not_comparable():
    first, second = (WaveBase(w, lucerne_wave.questionnaire(w)) for w in ("lucerne-2013", "lucerne-2016"))
    assert base_in_common("barriers_means", first, second) == (
        "",
        "'barriers_means' is made of 'barriers_wait', which was not asked in lucerne-2016",
    )
    assert base_in_common("pressure_external", first, second)[0] == "adopters"
    assert base_in_common("adopter", first, second)[0] == ""


def test_classes_and_changes_are_those_that_are_documented():
    config = load_config([lucerne_wave.ROOT / "config" / "config.yaml"])
    waves = [AskedWave(config.waves[w], lucerne_wave.questionnaire(w)) for w in ("lucerne-2013", "lucerne-2016")]
    diff = codebook_diff([waves])
    assert set(diff["change"]) <= set(CHANGES)
    assert set(diff["comparability"]) <= set(CLASSES)
    assert changes(diff, "barriers") == [
        ("", "", "wording", "with_care"),
        ("wait", "", "gone", "not_comparable"),
        ("no_need", "", "gone", "not_comparable"),
        ("", "", "base", "with_care"),
    ]


def test_waves_of_one_questionnaire_or_of_one_named_series_are_compared(tmp_path, monkeypatch):
    monkeypatch.chdir(lucerne_wave.ROOT)
    config = load_config([lucerne_wave.ROOT / "config" / "config.yaml"])
    assert series_of(config) == (("lucerne-2013", "lucerne-2016"),)
    waves = {}
    for name, series in (("a", "series: firms\n"), ("b", "series: firms\n"), ("c", "")):
        (tmp_path / f"{name}.yaml").write_text(series + TEXT, encoding="utf-8")
        waves[name] = Wave(name, (f"{name}.csv",), str(tmp_path / f"{name}.yaml"), "open_link")
    assert series_of(replace(config, waves=waves)) == (("a", "b"),)
    assert series_of(replace(config, waves={"a": waves["a"]})) == ()
    pool = Wave("all", ("a.csv", "b.csv"), waves["a"].questionnaire, "open_link")
    assert series_of(replace(config, waves=waves | {"all": pool})) == (("a", "b"),)
    waves["b"] = replace(waves["b"], questionnaire=str(tmp_path / "missing.yaml"))
    assert series_of(replace(config, waves=waves)) == ()


def test_waves_stand_in_the_order_of_their_field_work():
    late, early = (Wave(y, (), "q", "open_link", fieldwork=Fieldwork(None, f"{y}-05-01")) for y in ("2016", "2013"))
    assert in_time([late, early]) == (early, late)
    assert in_time([late, replace(early, fieldwork=Fieldwork())])[0] == late
