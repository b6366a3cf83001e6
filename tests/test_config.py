"""The config is loaded strictly; every mistake is one sentence with file, line and the nearest valid name."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from b2bsurvey.config import RULES, Models, NamedModel, Outcomes, Screening, Trim, Weighting, config_of, load_config
from b2bsurvey.errors import StudyError
from b2bsurvey.questionnaire_file import config_names_are_known
from b2bsurvey.readers import PLATFORMS
from b2bsurvey.schema import schema
from b2bsurvey.strict_yaml import parse_yaml

ROOT = Path(__file__).parents[1]
GOOD = """study: "S"
languages: [en]
waves:
  a-1:
    export: data/raw/a.csv
    questionnaire: config/q.yaml
    sampling: probability
"""


def config(text):
    return config_of(parse_yaml(text.encode(), "c.yaml"))


def test_defaults():
    wave = config(GOOD).waves["a-1"]
    assert wave.exports == ("data/raw/a.csv",)
    assert wave.screening.incomplete.action == "exclude"
    assert config(GOOD).inference.confidence_level == 0.95


def test_unquoted_year_is_a_wave_name():
    assert list(config(GOOD.replace("a-1", "2013")).waves) == ["2013"]


def test_screening_of_a_wave_goes_before_that_of_all():
    text = GOOD + "    screening: {duplicate: {action: flag}}\nscreening:\n  duplicate: {by: [answers]}\n"
    rule = config(text).waves["a-1"].screening.duplicate
    assert (rule.action, rule.by) == ("flag", ("answers",))


def test_weights_in_all_their_forms():
    def weights(text):
        wave = config(GOOD + f"    weights: {text}\n").waves["a-1"]
        return wave.weight_column, wave.weighting

    assert weights("{column: w}") == ("w", Weighting())
    assert weights("{population: p.csv, rake: [a, b]}") == (None, Weighting("p.csv", rake=("a", "b")))
    both = "{column: w, population: p.csv, post_stratify: [a], trim: {low: 0.3, high: 3}, max_design_effect: 2.5}"
    assert weights(both) == ("w", Weighting("p.csv", (), ("a",), Trim(0.3, 3), 2.5))
    assert weights("null") == weights("{}") == (None, Weighting())
    assert weights("{rake: [a], population: p.csv}")[1].variables == ("a",)


def test_only_leaves_the_rest_at_its_default():
    wave = config(GOOD).waves["a-1"]
    assert wave.only("sampling").exports == ()
    assert wave.only("sampling").sampling == "probability"


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("languages", "langages", "c.yaml, line 2: the key 'langages' is not known; did you mean 'languages'?"),
        ("[en]", "[en, fe]", "c.yaml, line 2: 'languages.1' is 'fe'; did you mean 'fr'?; it can be en, de, fr, it."),
        (
            "sampling:",
            "samplng:",
            "c.yaml, line 7: the key 'samplng' in 'waves.a-1' is not known; did you mean 'sampling'?",
        ),
        (
            "probability",
            "probabilty",
            "c.yaml, line 7: 'waves.a-1.sampling' is 'probabilty'; did you mean 'probability'?",
        ),
        ("a-1", "../../x", "c.yaml, line 4: '../../x' is not a valid name here; use small letters"),
        ("a-1", "x;touch y", "'x;touch y' is not a valid name here"),
        ("a-1", "$(id)", "'$(id)' is not a valid name here"),
        ("a-1", "waves", "'waves' is not a valid name here"),
        ("    export: data/raw/a.csv\n", "", "c.yaml, line 4: 'waves.a-1' lacks the key 'export'; add it."),
        ('"S"', "[1]", "c.yaml, line 1: 'study' is '[1]', but must be text."),
        ('"S"', "2013", "c.yaml, line 1: 'study' is '2013', but must be text; put it in quotes to make it text."),
    ],
)
def test_mistakes_are_one_sentence(old, new, sentence):
    with pytest.raises(StudyError) as error:
        config(GOOD.replace(old, new))
    assert sentence in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (
            "    origin: synthetic\n    rebuilt_from: [[a, b]]\n",
            "line 9: joint tables are given, but origin is 'synthetic'",
        ),
        ("    fieldwork: {start: 2013-02-31}\n", "c.yaml, line 8: '2013-02-31' is not a day; write it as 2013-05-31."),
        ("    fieldwork: {start: 2013-06-01, end: 2013-05-01}\n", "the field work ends before it starts (2013-06-01)"),
        (
            "    weights: {rake: [size], post_stratify: [size], population: p.csv}\n",
            "c.yaml, line 8: both rake and post_stratify are given; keep one.",
        ),
        (
            "    weights: {rake: [size]}\n",
            "c.yaml, line 8: there is no population table to calibrate to; add population: FILE.csv.",
        ),
        (
            "    weights: {population: p.csv}\n",
            "c.yaml, line 8: a population table is given, but not what to do with it; add rake or post_stratify",
        ),
        (
            "    weights: {column: w, trim: {high: 3}}\n",
            "c.yaml, line 8: trim needs rake or post_stratify, which make up for what it takes away; add one.",
        ),
        (
            "    weights: {rake: [size], population: p.csv, trim: {high: 0.5}}\n",
            "c.yaml, line 8: 'waves.a-1.weights.trim.high' is 0.5, but must be at least 1.",
        ),
        (
            "    weights: {column: w, max_design_effect: 0.5}\n",
            "c.yaml, line 8: 'waves.a-1.weights.max_design_effect' is 0.5, but must be at least 1.",
        ),
        (
            "    weights: {rake: [], population: p.csv}\n",
            "c.yaml, line 8: 'waves.a-1.weights.rake' is empty; give at least one entry.",
        ),
        (
            "    weights: {rakes: [size], population: p.csv}\n",
            "the key 'rakes' in 'waves.a-1.weights' is not known; did you mean 'rake'?",
        ),
        (
            "    origin: rebuilt\n    weights: {rake: [size], population: p.csv}\n",
            "c.yaml, line 9: the respondents were rebuilt from tables, and weights would need joint distributions that",
        ),
        (
            "    firm_id: firm\n    design: {cluster: site}\n",
            "c.yaml, line 8: the design has clusters, and firms within them would be a second stage, which is not computed",
        ),
        (
            "    firm_id: firm\n    design: {fpc: 500}\n",
            "c.yaml, line 8: persons were sampled within firms, and a finite population correction for the firms alone",
        ),
        (
            "    unit: firms\n",
            "c.yaml, line 8: 'waves.a-1.unit' is 'firms'; did you mean 'firm'?; it can be person, firm.",
        ),
        (
            "    outcomes: {refused: 3}\n",
            "c.yaml, line 8: 'refused' counts some of those invited, but 'invited' is not given; give it, or remove the count.",
        ),
        (
            "    outcomes: {invited: 10, refused: 8, undelivered: 3}\n",
            "c.yaml, line 8: 10 were invited, but undelivered, refused add up to 11; correct the counts.",
        ),
        (
            "    outcomes: {views_crude: 10, views_unique: 11}\n",
            "c.yaml, line 8: 11 unique visitors cannot have made 10 visits; correct a count.",
        ),
        (
            "    screening: {speeder: {share_of_median: 30}}\n",
            "'waves.a-1.screening.speeder.share_of_median' is 30, but must be below 1.",
        ),
        ("confidence_level: 95\n", "c.yaml, line 8: 'confidence_level' is 95, but must be below 1."),
        (
            "custom_rules: [mine.smk]\n",
            "c.yaml, line 8: there is no file 'mine.smk'; give the path from the working folder.",
        ),
        (
            "models: {named: {m: {outcome: a, predictors: [b, a]}}}\n",
            "c.yaml, line 8: 'a' is the outcome of the model 'm' and among its predictors; remove it from them.",
        ),
        (
            "models: {named: {m: {outcome: a, predictors: [b, size], interactions: [[b, sise]]}}}\n",
            "c.yaml, line 8: 'sise' is in an interaction of the model 'm', but not among its predictors; did you mean "
            "'size'?; name it there.",
        ),
        ("models: {imputations: 1}\n", "'models.imputations' is 1, but must be at least 2."),
        ("multiverse: {a: 1}\n", "c.yaml, line 8: 'multiverse' is reserved but not acted on in this version"),
    ],
)
def test_what_a_schema_cannot_see(more, sentence):
    with pytest.raises(StudyError) as error:
        config(GOOD + more)
    assert sentence in str(error.value)


def test_finite_population_needs_a_random_sample():
    text = GOOD.replace("probability", "open_link") + "    design: {fpc: 100}\n"
    with pytest.raises(
        StudyError, match="a finite population correction needs a random sample, but sampling is 'open_link'"
    ):
        config(text)


def test_numbers_may_be_written_as_people_write_them():
    assert config(GOOD + "confidence_level: 0.90\n").inference.confidence_level == 0.9
    assert (
        config(GOOD + "screening: {incomplete: {min_share: .50}}\n").waves["a-1"].screening.incomplete.min_share == 0.5
    )


def test_an_export_is_listed_once():
    with pytest.raises(StudyError, match="line 5: 'data/raw/a.csv' is listed 2 times; list it once"):
        config(GOOD.replace("export: data/raw/a.csv", "export: [data/raw/a.csv, data/raw/a.csv]"))


def test_platforms_are_those_there_are_readers_for():
    assert (
        tuple(schema("config")["properties"]["waves"]["additionalProperties"]["properties"]["platform"]["enum"])
        == PLATFORMS
    )


def test_families_name_questions_of_some_wave(tmp_path):
    path = tmp_path / "q.yaml"
    path.write_text("questions: {barriers: {}, sector: {}}\n", encoding="utf-8")
    text = GOOD.replace("config/q.yaml", str(path))
    config_names_are_known(config(text + "families: {f: {questions: [barriers], segments: [sector]}}\n"))
    for wrong in ("{questions: [barrierz]}", "{questions: [barriers], segments: [sectr]}"):
        with pytest.raises(
            StudyError, match="line 8: the family 'f' names '(barrierz|sectr)'.*did you mean '(barriers|sector)'"
        ):
            config_names_are_known(config(text + f"families: {{f: {wrong}}}\n"))


def test_models_name_questions_or_items_of_some_wave(tmp_path):
    path = tmp_path / "q.yaml"
    path.write_text("questions: {adopter: {}, barriers: {}}\nconstructs: {pressure: {}}\n", encoding="utf-8")
    text = (
        GOOD.replace("config/q.yaml", str(path))
        + "models: {missing_predictors: imputed, named: {m: {outcome: adopter, "
    )
    known = config(text + "predictors: [pressure, barriers_time], importance: true}}}\n")
    config_names_are_known(known)
    model = NamedModel("m", "adopter", ("pressure", "barriers_time"), importance=True)
    assert known.inference.models == Models("imputed", 20, (model,))
    with pytest.raises(StudyError, match="line 8: the model 'm' names 'presure', .* did you mean 'pressure'"):
        config_names_are_known(config(text + "predictors: [presure]}}}\n"))


def test_cleared_answers_are_open_questions(tmp_path):
    path = tmp_path / "q.yaml"
    path.write_text("questions: {remark: {type: text}, sector: {type: single}}\n", encoding="utf-8")
    text = GOOD.replace("config/q.yaml", str(path))
    cleared = config(text + "cleared_answers: [remark]\n")
    config_names_are_known(cleared)
    assert cleared.waves["a-1"].only("cleared_answers").cleared_answers == ("remark",)
    for wrong in ("remarks", "sector"):
        with pytest.raises(
            StudyError,
            match=f"c.yaml, line 8: 'cleared_answers' names '{wrong}', which is an open question .* of no wave",
        ):
            config_names_are_known(config(text + f"cleared_answers: [{wrong}]\n"))


def test_two_config_files_are_refused():
    with pytest.raises(StudyError, match="these are 2 config files"):
        load_config([Path("a.yaml"), Path("b.yaml")])


SETTING = re.compile(r"`(\w+): ([^`]+)`")


def test_defaults_of_screening_agree_in_code_schema_and_documentation():
    text = (ROOT / "config" / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\w+) \| (exclude|flag|off) \| .* \| (.*)\|$", text, flags=re.MULTILINE)
    assert tuple(name for name, _, _ in rows) == RULES
    in_schema = schema("config")["$defs"]["screening"]["properties"]
    assert tuple(in_schema) == RULES
    for name, action, written in rows:
        documented = {
            "action": action,
            **{k: parse_yaml(f"x: {v}".encode(), "").data["x"] for k, v in SETTING.findall(written)},
        }
        declared = {k: v["default"] for k, v in in_schema[name]["properties"].items()}
        rule = getattr(Screening(), name)
        coded = {f.name: list(v) if isinstance(v := getattr(rule, f.name), tuple) else v for f in fields(rule)}
        assert documented == declared == coded, name


def test_outcomes_agree_in_code_schema_and_documentation():
    text = (ROOT / "config" / "README.md").read_text(encoding="utf-8")
    table = text.partition("| outcome | counts |")[2].partition("\n\n")[0]
    in_schema = schema("config")["properties"]["waves"]["additionalProperties"]["properties"]["outcomes"]["properties"]
    assert re.findall(r"^\| ([a-z_]+) \|", table, flags=re.MULTILINE) == list(in_schema)
    assert set(in_schema) == {f.name for f in fields(Outcomes)} - {"line"}


def test_outcomes_are_read_with_their_place():
    outcomes = config(GOOD + "    outcomes: {invited: 5636, views_unique: 1849, e: 0.5}\n").waves["a-1"].outcomes
    assert (outcomes.invited, outcomes.views_unique, outcomes.e, outcomes.refused) == (5636, 1849, 0.5, None)
    assert outcomes.line == "c.yaml, line 8"


def test_the_way_of_answering_is_not_looked_at_in_rebuilt_waves():
    rules = config(GOOD + "    origin: rebuilt\n    screening: {attention: {action: flag}}\n").waves["a-1"].screening
    assert [getattr(rules, name).action for name in ("speeder", "straight_liner", "attention")] == [
        "off",
        "off",
        "flag",
    ]
    assert config(GOOD).waves["a-1"].screening.speeder.action == "flag"


def test_schema_example_and_documentation_agree():
    """Every key of the schema is documented, and every documented key exists; the shipped config is valid."""
    text = (ROOT / "config" / "README.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"^\| `([a-z_]+)` \| ", text, flags=re.MULTILINE))
    assert documented == set(schema("config")["properties"]) | set(schema("questionnaire")["properties"])
    load_config([ROOT / "config" / "config.yaml"])
