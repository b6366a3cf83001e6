"""Questionnaires: what is loaded, and the sentence for each mistake."""

from pathlib import Path

import pytest

import typed_wave
from b2bsurvey.errors import StudyError
from b2bsurvey.questionnaire import Bounds
from b2bsurvey.questionnaire_file import coding_files, load_questionnaire, structure_hash, text_hash

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


# --- the format with every type, tests/fixtures/types ---


def typed(tmp_path, *changes, **keywords):
    return typed_wave.questionnaire(tmp_path, *changes, **keywords)


def test_kinds_and_defaults_of_every_type(tmp_path):
    questions = typed(tmp_path).questions
    assert {name: q.kind for name, q in questions.items() if q.kind != "category"} == {
        **dict.fromkeys(["hours", "posts", "main_barriers", "post_shares", "pressure", "posts_per_hour"], "number"),
        "founded": "date",
        "remark": "text",
        "channels": "tick",
    }
    assert {questions[n].level for n in ("hours", "founded", "post_shares")} == {"interval"}
    assert (questions["main_barriers"].level, questions["remark"].base) == ("ordinal", "asked")
    assert questions["hours"].unit["de"] == "Stunden pro Woche"
    assert [i.class_name for i in questions["channels"].items] == ["networking", "networking", "publication", "", ""]
    assert questions["channels"].classes[0].label["de"] == "Vernetzung"
    assert [a.code for a in questions["sector_coded"].answers] == ["industry", "services", "other", "farming"]


def test_conditions_take_numbers_codes_and_reasons(tmp_path):
    questionnaire = typed(tmp_path)
    assert questionnaire.filters["busy"].alternatives == ((("hours", Bounds(10, None)),),)
    assert questionnaire.consent_if.alternatives == ((("consent", ("yes",)),),)
    assert questionnaire.attention_if.names == ("attention",)
    assert [str(b) for b in (Bounds(1, 10), Bounds(0.5), Bounds(high=3))] == ["1–10", "≥ 0.5", "≤ 3"]


def test_a_construct_is_known_with_its_items_and_is_a_number(tmp_path):
    questionnaire = typed(tmp_path)
    construct = questionnaire.constructs["pressure"]
    assert construct.items == ("attitudes_customers", "attitudes_partners", "attitudes_nobody")
    assert (construct.min_valid, construct.label["en"]) == (2, "Pressure from outside")
    assert questionnaire.questions["pressure"].derivation.of == construct.items
    everything = typed(tmp_path, ("    min_valid: 2\n", "")).constructs["pressure"]
    assert everything.min_valid == 3


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("    integer: true", "    most: 3", "'most' is for ranking, but 'hours' is of type number; remove it"),
        ("    min: 0\n    max: 168", "    min: 9\n    max: 8", "the smallest value of 'hours' is above the largest; swap"),
        ("    max: 168", "    max: many", "'many' cannot bound 'hours'; give a number"),
        ("1800-01-01", "1.1.1800", "'1.1.1800' cannot bound 'founded'; give a day such as 2013-05-31"),
        ('"%d.%m.%Y"', "dd.mm.yyyy", "dates cannot be written as 'dd.mm.yyyy'; use %d, %m and %Y as in"),
        ('"%d.%m.%Y"', '"%d.%m"', "dates cannot be written as '%d.%m'"),
        ("most: 3", "most: 5", "5 items are to be ranked, but there are 4 only"),
        ("class: publication", "class: publicaton", "the class 'publicaton' is none of the 'classes' of 'channels'; did"),
        ('joined: ", "', 'joined: ""', "'joined' is empty; give the signs between two options"),
        ('joined: ", "', 'joined: ", "\n    column: "c{item}"', "options joined in one cell have one column, without"),
        ('column: "shares[{item}]"', 'column: "shares[{rank}]"', "'{rank}' is for rankings, but 'post_shares' is of"),
        ("open: true, column: sector_text", "column: sector_text", "'other' has a column of its own, which only an"),
        ('spellings: [3]}', 'open: true}', "only a single choice has open answers, but 'attitudes' is none"),
        ("busy: {hours: {min: 10}}", "busy: {sector: {min: 10}}", "'sector' is not a number, so min and max say nothing"),
        ("consent: [yes]}\nattention_if", "consent: [ja]}\nattention_if", "'ja' is not an answer of 'consent'"),
        ("attitudes_nobody]", "attitudes_nobod]", "'attitudes_nobod' is not an item of a battery; did you mean 'attitudes_no"),
        ("min_valid: 2", "min_valid: 4", "'pressure' names an item twice, or asks for more valid items than it has"),
        ("{of: posts, per: hours}", "{of: posts, per: hour}", "'hour' is not a number; did you mean 'hours'?"),
        ("back_code: {of: sector,", "back_code: {of: consent,", "'consent' has no answer or option with 'open: true'"),
        ("      farming:", "      services:", "'services' is an answer of 'sector' already"),
        ("  pressure:\n", "  hours:\n", "'hours' is already the name of a question; choose another"),
        ("      founded: {not", "      foundet: {not", "'foundet' is none of the questionnaire's questions; did you mean"),
        ("agree: {label: {en: \"Agree fully\"}}", "agre: {label: {en: \"A\"}}", "'agre' is none of the questionnaire's answers; did"),
    ],
)  # fmt: skip
def test_mistakes_in_what_types_have(tmp_path, old, new, sentence):
    with pytest.raises(StudyError) as error:
        typed(tmp_path, (old, new))
    assert sentence in str(error.value)
    assert "q.yaml, line" in str(error.value)


def test_one_answer_at_most_has_its_text_in_the_cell(tmp_path):
    services = '{label: {en: "Services", de: "Dienstleistungen"}'
    with pytest.raises(StudyError, match="services and other are both open; give each the 'column'"):
        typed(tmp_path, (f"{services}}}", f"{services}, open: true}}"), (", column: sector_text", ""))


def test_scores_of_a_construct_have_one_range(tmp_path):
    text = typed_wave.QUESTIONNAIRE.read_text(encoding="utf-8")
    views = text[text.index("  attitudes:\n") : text.index("  attention:\n")].replace("attitudes", "views", 1)
    views = views.replace("spellings: [1]", "score: -5")
    with pytest.raises(StudyError, match=r"different ranges \(views_customers -5 to 3, attitudes_partners 1 to 3, "):
        typed(tmp_path, ("\nconstructs:", f"{views}\nconstructs:"), ("[attitudes_customers,", "[views_customers,"))


# --- waves of one questionnaire ---


def test_a_wave_has_its_own_words_and_no_more(tmp_path):
    general, later = typed(tmp_path), typed(tmp_path, wave="later")
    assert later.questions["sector"].text == general.questions["sector"].text | {"en": "In which sector are you?"}
    assert later.questions["attitudes"].answer_label("agree", "en") == "Agree fully"
    assert later.questions["attitudes"].answer_label("agree", "de") == "Stimme zu"
    assert later.columns == {"posts": "n_posts"}
    assert (general.other_waves, later.other_waves) == ((), ())
    assert typed(tmp_path, wave="latre").other_waves == ("later",)


def test_what_a_wave_left_out_is_in_no_analysis_but_still_a_variable(tmp_path):
    founded = ("results: [hours,", "results: [founded, hours,")
    general, later = typed(tmp_path, founded), typed(tmp_path, founded, wave="later")
    assert [v.name for v in later.variables] == [v.name for v in general.variables]
    assert [q.name for q in later.with_role("results")] == ["hours", "post_shares", "posts_per_hour"]
    assert [i.code for i in later.with_role("barriers")[1].items] == ["customers", "partners"]
    assert later.constructs["pressure"].items == ("attitudes_customers", "attitudes_partners")


def test_what_is_derived_from_what_was_left_out_is_left_out_too(tmp_path):
    gone = ("      founded: {not_asked: true}", "      posts: {not_asked: true}")
    sector = ('sector: {text: {en: "In which sector are you?"}}', "sector: {not_asked: true}")
    alone = ("items: {nobody: {not_asked: true}}", "items: {nobody: {not_asked: true}, partners: {not_asked: true}}")
    later = typed(tmp_path, gone, sector, alone, wave="later")
    left_out = {name for name, q in later.questions.items() if q.not_asked}
    assert left_out == {"posts", "sector", "posts_per_hour", "sector_coded", "pressure"}
    assert later.constructs == {}
    assert later.with_role("sector") == ()


def test_who_is_asked_cannot_depend_on_what_was_not(tmp_path):
    gone = ("      founded: {not_asked: true}", "      consent: {not_asked: true}")
    with pytest.raises(
        StudyError, match="line .*: 'attention' is asked depending on consent, which this wave did not ask"
    ):
        typed(tmp_path, gone, wave="later")
    everybody = (gone[0], gone[1] + "\n      attention: {asked_if: null}\n    consent_if: null")
    assert typed(tmp_path, everybody, wave="later").questions["attention"].asked_if is None
    assert typed(tmp_path, everybody).questions["attention"].asked_if is not None


def test_whom_a_wave_is_about_can_differ(tmp_path):
    own = ("    columns: {posts:", "    eligible_if: {sector: [industry]}\n    consent_if: null\n    columns: {posts:")
    general, later = typed(tmp_path, own), typed(tmp_path, own, wave="later")
    assert general.eligible_if.names == ("hours",)
    assert (later.eligible_if.names, later.consent_if) == (("sector",), None)


def test_checks_on_what_a_wave_did_not_ask(tmp_path):
    def gone(name, more=""):
        return ("      founded: {not_asked: true}", f"      {name}: {{not_asked: true}}{more}")

    assert typed(tmp_path, gone("attention"), wave="later").attention_if is None
    assert typed(tmp_path, gone("attention")).attention_if is not None
    with pytest.raises(
        StudyError, match="line .*: 'eligible_if' looks at hours, which this wave did not ask; give the wave"
    ):
        typed(tmp_path, gone("hours"), wave="later")
    routed = "\n      attention: {asked_if: null}"
    with pytest.raises(StudyError, match="'consent_if' looks at consent, which this wave did not ask"):
        typed(tmp_path, gone("consent", routed), wave="later")


def test_what_one_wave_words_reruns_nothing_in_another(tmp_path):
    typed(tmp_path)
    path = tmp_path / "q.yaml"
    hashes = {w: (structure_hash(path, w), text_hash(path, w)) for w in ("", "later")}
    typed(tmp_path, ("In which sector are you?", "Which sector are you in?"))
    assert (structure_hash(path), text_hash(path)) == hashes[""]
    assert structure_hash(path, "later") == hashes["later"][0]
    assert text_hash(path, "later") != hashes["later"][1]
    typed(tmp_path, ("Agree fully", "Fully agree"))
    assert (structure_hash(path), text_hash(path)) == hashes[""]
    assert structure_hash(path, "later") != hashes["later"][0]


def test_a_changed_coding_changes_both_hashes(tmp_path):
    typed(tmp_path)
    path = tmp_path / "q.yaml"
    assert coding_files(path) == (str(tmp_path / "sector.csv"),)
    before = structure_hash(path), text_hash(path)
    typed(tmp_path, coding="text,code\nfarm,farming\n")
    assert structure_hash(path) != before[0]
    assert text_hash(path) != before[1]


def test_an_answer_may_be_coded_text(tmp_path):
    """A code that is called like a text of the questionnaire is no text: a change of its label reruns the ingest."""
    path = tmp_path / "q.yaml"
    text = SMALL.read_text(encoding="utf-8").replace("      planned: {", "      text: {").replace("planned: ", "text: ")
    path.write_text(text, encoding="utf-8")
    before = structure_hash(path)
    path.write_text(text.replace('"Planned"', '"Is planned"'), encoding="utf-8")
    assert structure_hash(path) != before


def test_sources_go_through_all_steps(tmp_path):
    more = "derived:\n  busy_firm:\n    text: {en: B, de: B}\n    band: {of: posts_per_hour, from: {few: 0, many: 2}}\n    answers: {few: {label: {en: F, de: F}}, many: {label: {en: M, de: M}}}\n"
    text = typed_wave.QUESTIONNAIRE.read_text(encoding="utf-8")
    ratio = text[text.index("  posts_per_hour:\n") : text.index("  sector_coded:\n")]
    moved = ((ratio, ""), ("derived:\n", more.replace("derived:\n", "derived:\n" + ratio)))
    questionnaire = typed(tmp_path, *moved, ("  sector: sector_coded", "  sector: sector_coded\n  segments: busy_firm"))
    assert questionnaire.sources("busy_firm") == {"busy_firm", "posts_per_hour", "posts", "hours"}
    assert questionnaire.sources("pressure") == {"pressure", "attitudes"}
    assert [s.name for s in questionnaire.segments_of(questionnaire.questions["hours"])] == ["sector_coded"]
    assert [s.name for s in questionnaire.segments_of(questionnaire.questions["channels"])] == [
        "busy_firm",
        "sector_coded",
    ]
