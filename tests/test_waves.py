"""Waves of different people are neither compared nor pooled: the second Lucerne wave is of users only."""

from dataclasses import replace

import pytest

import lucerne_wave
from b2bsurvey.config import Wave, load_config
from b2bsurvey.errors import StudyError
from b2bsurvey.questionnaire import Condition
from b2bsurvey.waves import WaveBase, not_comparable, require_comparable, waves_are_not_pooled
from study import clone, edit, run

FIRST = WaveBase("lucerne-2013", lucerne_wave.questionnaire())
SECOND = WaveBase("lucerne-2016", lucerne_wave.questionnaire("lucerne-2016"))


def test_a_wave_of_users_is_not_compared_with_one_of_all():
    with pytest.raises(StudyError) as found:
        require_comparable("barriers", FIRST, SECOND)
    assert str(found.value) == (
        "lucerne-2013 and lucerne-2016 cannot be compared: lucerne-2013 is of all, whatever they answered, lucerne-2016 "
        "is of adoption=uses; give each wave a base (a filter of its questionnaire) with which both are of the same "
        "people, or leave the comparison out."
    )


def test_among_users_both_are_of_the_same_people():
    users = Condition(((("adoption", ("uses",)),),))
    among_users = replace(FIRST.questionnaire, filters={**FIRST.questionnaire.filters, "using": users})
    first = WaveBase("lucerne-2013", among_users, "using")
    assert "is taken of valid in lucerne-2013, of all in lucerne-2016" in not_comparable("barriers", first, SECOND)
    assert not_comparable("barriers", first, replace(SECOND, base="valid")) == ""
    require_comparable("barriers", first, replace(SECOND, base="valid"))


def test_who_was_asked_counts_too():
    asked = lucerne_wave.questionnaire("lucerne-2016")
    routed = next(name for name, q in asked.questions.items() if q.asked_if and not q.not_asked)
    without = replace(asked, questions=asked.questions | {routed: replace(asked.questions[routed], asked_if=None)})
    assert not_comparable(routed, SECOND, SECOND) == ""
    assert "lucerne-2016 is of" in not_comparable(routed, replace(SECOND, questionnaire=without), SECOND)


def test_a_question_of_one_wave_is_not_compared():
    missing = next(n for n, q in SECOND.questionnaire.questions.items() if q.not_asked)
    assert not_comparable(missing, FIRST, SECOND) == f"'{missing}' was not asked in lucerne-2016"


def test_a_base_that_is_not_there_is_named():
    with pytest.raises(StudyError, match=r"lucerne-2013: there is no base 'professional_user'; did you mean"):
        not_comparable("barriers", replace(FIRST, base="professional_user"), replace(SECOND, base="valid"))


def pooled():
    """Return the shipped config with an entry that pools both Lucerne waves."""
    config = load_config([lucerne_wave.ROOT / "config" / "config.yaml"])
    asked = str(lucerne_wave.QUESTIONNAIRE)
    waves = {name: replace(wave, questionnaire=asked) for name, wave in config.waves.items() if "lucerne" in name}
    exports = tuple(export for wave in waves.values() for export in wave.exports)
    both = Wave("both", exports, asked, "open_link", line="config.yaml, line 60")
    return replace(config, waves=waves | {"both": both})


def test_exports_of_waves_of_different_people_are_not_pooled():
    with pytest.raises(StudyError) as found:
        waves_are_not_pooled(pooled())
    assert str(found.value) == (
        "config.yaml, line 60: 'both' pools the exports of lucerne-2013 and lucerne-2016, but lucerne-2013 is of all, "
        "whatever they answered, lucerne-2016 is of adoption=uses; analyse each wave by itself, or give both "
        "questionnaires the same eligible_if."
    )


def test_exports_of_the_same_people_may_be_pooled():
    config = pooled()
    same = {n: replace(w, name="lucerne-2013") if w.name == "lucerne-2016" else w for n, w in config.waves.items()}
    waves_are_not_pooled(replace(config, waves=same))
    waves_are_not_pooled(load_config([lucerne_wave.ROOT / "config" / "config.yaml"]))


def test_a_run_says_so_before_its_first_job(tmp_path):
    folder = clone(tmp_path / "study", ("one", "two"))
    entry = "  both:\n    export: [data/raw/one.csv, data/raw/two.csv]\n    questionnaire: config/questionnaire.yaml\n"
    edit(folder / "config/config.yaml", "waves:\n", f"waves:\n{entry}    sampling: open_link\n")
    assert run(folder, "-n").status == 0
    edit(folder / "config/questionnaire.yaml", "roles:", "waves: {two: {eligible_if: {adoption: [uses]}}}\n\nroles:")
    done = run(folder, "-n")
    assert done.status != 0
    assert (
        "'both' pools the exports of one and two, but one is of staff=any answer, two is of adoption=uses" in done.last
    )
