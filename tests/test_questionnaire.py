"""Questionnaires: what is loaded, and the sentence for each mistake."""

from pathlib import Path

import pytest

from b2bsurvey.errors import StudyError
from b2bsurvey.questionnaire_file import load_questionnaire, structure_hash, text_hash

SMALL = Path(__file__).parent / "fixtures" / "small" / "questionnaire.yaml"


@pytest.fixture
def changed(tmp_path):
    """Load the small questionnaire after replacing text in it."""

    def load(old, new, languages=("en",)):
        text = SMALL.read_text(encoding="utf-8")
        assert old in text
        path = tmp_path / "q.yaml"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        return load_questionnaire(path, languages)

    return load


def test_variables_are_items_times_contexts():
    questionnaire = load_questionnaire(SMALL)
    names = [v.name for v in questionnaire.questions["channels"].variables]
    assert names == [
        "channels_linkedin_private",
        "channels_linkedin_work",
        "channels_xing_private",
        "channels_xing_work",
    ]


def test_top_box_and_scores_have_defaults():
    barriers = load_questionnaire(SMALL).questions["barriers"]
    assert barriers.top == ("partly_agree", "agree")
    assert [a.score for a in barriers.answers] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("firm_size: staff", "firm_siz: staff", "line 8: 'firm_siz' is not a role; did you mean 'firm_size'?"),
        (
            "firm_size: staff",
            "firm_size: staf",
            "role 'firm_size' names 'staf', which is not a question; did you mean 'staff'?",
        ),
        ("firm_size: staff", "firm_size: channels", "'channels' cannot be a segment: it is not a single choice"),
        ("neutral: neither", "neutral: nether", "'nether' is not an answer of 'barriers'; did you mean 'neither'?"),
        (
            "asked_if: {adoption: [none]}",
            "asked_if: {adoption: [non]}",
            "'non' is not an answer of 'adoption'; did you mean 'none'?",
        ),
        (
            "asked_if: {adoption: [none]}",
            "asked_if: {adopton: [none]}",
            "'adopton' is not a question; did you mean 'adoption'?",
        ),
        (
            "asked_if: {adoption: [none]}",
            "asked_if: {why_not: any}",
            "'why_not' cannot decide whether it is itself asked",
        ),
        ("type: grid", "type: gird", "'questions.channels.type' is 'gird'; did you mean 'grid'?"),
        ("type: grid", "type: ranking", "'contexts' is for grid, but 'channels' is of type ranking; remove it"),
        (
            'large: {label: {en: "50 and more"}}',
            'dont_know: {label: {en: "?"}}',
            "'dont_know' is a missing reason, not an answer",
        ),
        (
            'large: {label: {en: "50 and more"}}',
            'large: {label: {en: "1–49"}}',
            "'1–49' stands for both 'small' and 'large'",
        ),
        ('short: {en: "Firm size"}', 'short: {fr: "Taille"}', "'questions.staff.short' has no text in 'en'; add it"),
        ("    level: ordinal", "    base: usrs", "'usrs' is not a base; did you mean 'users'?"),
        ("filters:", "filters:\n  valid: {adoption: any}", "'valid' is the name of a base; choose another"),
        (
            "  adoption:\n    type: single",
            "  respondent:\n    type: single",
            "'respondent' is a variable of 'the respondents' table' and",
        ),
    ],
)
def test_mistakes_are_one_sentence(changed, old, new, sentence):
    with pytest.raises(StudyError) as error:
        changed(old, new)
    assert sentence in str(error.value)
    assert "q.yaml, line" in str(error.value)


def test_language_of_the_config_must_be_there(changed):
    with pytest.raises(
        StudyError, match="the config asks for outputs in 'fr', but this questionnaire has texts in en only"
    ):
        changed("firm_size: staff", "firm_size: staff", languages=("en", "fr"))


def test_circles_are_named(changed):
    new = 'text: {en: "Does your firm use social media?"}\n    asked_if: {why_not: any}'
    with pytest.raises(StudyError, match="these depend on each other in a circle: .*why_not"):
        changed('text: {en: "Does your firm use social media?"}', new)


def derived(changed, body):
    return changed("filters:", f"derived:\n  made:\n    text: {{en: Made}}\n    {body}\n\nfilters:")


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ("net: {of: staf, codes: [small]}", "'staf' is not a question; did you mean 'staff'?"),
        ("net: {of: staff, codes: [smal]}", "'smal' is not an answer of 'staff'; did you mean 'small'?"),
        ("net: {of: channels, codes: [linkedin]}", "'channels' is not a single choice, which 'net' needs"),
        ("map: {of: staff, to: {a: [small], b: [large]}}", "'made' needs 'answers' with labels for exactly a, b"),
    ],
)
def test_derived_mistakes(changed, body, sentence):
    with pytest.raises(StudyError) as error:
        derived(changed, body)
    assert sentence in str(error.value)


def test_a_derived_variable_has_one_method(changed):
    with pytest.raises(StudyError, match="needs exactly one of net, map"):
        changed("filters:", "derived:\n  made:\n    text: {en: Made}\n\nfilters:")


def test_a_changed_text_changes_the_text_hash_only(tmp_path):
    path = tmp_path / "q.yaml"
    before = structure_hash(SMALL), text_hash(SMALL)
    path.write_text(SMALL.read_text(encoding="utf-8").replace("work in your firm?", "work there?"), encoding="utf-8")
    assert structure_hash(path) == before[0]
    assert text_hash(path) != before[1]


def test_a_changed_label_changes_both_hashes(tmp_path):
    path = tmp_path / "q.yaml"
    path.write_text(SMALL.read_text(encoding="utf-8").replace('"Planned"', '"Is planned"'), encoding="utf-8")
    assert structure_hash(path) != structure_hash(SMALL)
    assert text_hash(path) != text_hash(SMALL)


def test_a_comment_changes_no_hash(tmp_path):
    path = tmp_path / "q.yaml"
    path.write_text("# a comment\n" + SMALL.read_text(encoding="utf-8"), encoding="utf-8")
    assert (structure_hash(path), text_hash(path)) == (structure_hash(SMALL), text_hash(SMALL))


def test_a_missing_questionnaire_has_a_hash(tmp_path):
    assert structure_hash(tmp_path / "none.yaml") == text_hash(tmp_path / "none.yaml")
