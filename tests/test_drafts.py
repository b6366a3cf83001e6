"""Drafts of questionnaires: they load without edits, read the export that they are from, and hold nobody's words."""

import csv
import os
import re
from pathlib import Path

import pandas as pd
import pyreadstat
import pytest

from b2bsurvey.columns import find_columns
from b2bsurvey.config import Wave, load_config
from b2bsurvey.drafts.document import findings, questionnaire, wave
from b2bsurvey.drafts.draft import Draft, draft
from b2bsurvey.drafts.files import chosen, named
from b2bsurvey.drafts.names import part_code, question_name, slug, unique
from b2bsurvey.drafts.roles import roles
from b2bsurvey.drafts.vocabulary import is_exclusive, is_other, is_personal, language_of, missing_reason, order_of
from b2bsurvey.errors import StudyError
from b2bsurvey.ingest import IngestReport, ingest, read_unchanged
from b2bsurvey.privacy import findings as personal_findings
from b2bsurvey.questionnaire import Questionnaire
from b2bsurvey.questionnaire_file import load_questionnaire
from b2bsurvey.questionnaire_loader import QuestionnaireLoader
from b2bsurvey.readers import read_export
from b2bsurvey.strict_yaml import Document, load_yaml
from study import clone, run
from test_definitions import form
from test_readers_limesurvey import archive

FIXTURES = Path(__file__).parent / "fixtures" / "exports"
EXPORTS = os.environ.get("SURVEY_EXPORTS", "")
NO_EXPORTS = {"kobo_repeat.csv", "redcap_events.csv"}  # instances and events, which the reader refuses
DEFINITIONS = (".lss", ".qsf", ".txt")


def fixtures() -> list[str]:
    names = sorted(p.name for p in FIXTURES.iterdir() if p.suffix in (".csv", ".tsv", ".ods"))
    return [name for name in names if name not in NO_EXPORTS and "dictionary" not in name]


def examples(*suffixes: str) -> list[str]:
    return sorted(
        str(p.relative_to(EXPORTS)) for p in Path(EXPORTS).rglob("*") if EXPORTS and p.name.endswith(suffixes)
    )


def drafted(given: str | Path) -> Draft:
    return draft(chosen(named(str(given))))


def written(made: Draft, folder: Path) -> Path:
    path = folder / "draft.yaml"
    path.write_text(questionnaire(made), encoding="utf-8")
    return path


def as_a_wave(made: Draft, folder: Path) -> tuple[Questionnaire, IngestReport]:
    """Load the draft as it stands and read its export as a wave of a config that the draft itself words."""
    path = written(made, folder)
    lines = [line.replace(f"config/questionnaires/{made.files.name}.yaml", str(path)) for line in wave(made)]
    config = folder / "config.yaml"
    config.write_text("study: Draft\nlanguages: [en]\nwaves:\n" + "".join(f"  {line}\n" for line in lines), "utf-8")
    (own,) = load_config([config]).waves.values()
    loaded = load_questionnaire(path, wave=own.name)
    hashes = [made.export.sha256, *made.export.label_files.values()]
    _, report = ingest(read_unchanged(own, hashes), loaded, b"key", own)
    return loaded, report


def question(made: Draft, name: str, folder: Path) -> dict:
    """Return a question as it stands in the file."""
    return load_yaml(written(made, folder)).data["questions"][name]


def export(folder: Path, rows: list[list[str]], name: str = "wave.csv") -> Path:
    path = folder / name
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
    return path


def check(made: Draft, folder: Path) -> None:
    """A draft reads its export: nothing is not understood, and each column is used, or listed with a reason."""
    loaded, report = as_a_wave(made, folder)
    assert report.not_understood == ()
    assert report.rows == len(made.export.cells)
    assert set(loaded.questions) == {q.name for q in made.questions}
    used = {c.position for q in made.questions for c in q.columns}
    listed = {left.position for left in made.left_out}
    assert used.isdisjoint(listed)
    assert used | listed == {c.position for c in made.export.columns}
    assert len(report.files[0]["extra"]) == len(listed)
    text = (folder / "draft.yaml").read_text("utf-8")
    assert all(f"#   {left.position} '" in text for left in made.left_out)
    assert not list(personal_findings(folder / "draft.yaml", set()))
    holds_no_open_answer(made, text)
    every_suggested_role_loads(folder / "draft.yaml")


def holds_no_open_answer(made: Draft, text: str) -> None:
    """No answer to an open question, and no text of an open option, stands in the file."""
    fields = [p.source for q in made.questions for p in (*q.answers, *q.items) if p.open and p.source]
    opens = [q.source for q in made.questions if q.type == "text" and q.source]
    for column in [*fields, *opens]:
        headings = f"{column.code} {column.question} {column.item} {column.heading}"
        for cell in made.export.cells[column.position].str.strip().unique():
            says_nothing = len(cell) < 8 or re.sub(r"[\d\W]", "", cell) == "" or missing_reason(cell)
            assert says_nothing or cell in headings or cell in _listed(made) or f'"{cell}"' not in text, cell


def _listed(made: Draft) -> set[str]:
    """Return the answers of closed questions: somebody may have typed the same elsewhere."""
    parts = (p for q in made.questions for p in (*q.answers, *q.items, *q.contexts))
    return {text for part in parts for text in (*part.label.values(), *part.spellings)}


def every_suggested_role_loads(path: Path) -> None:
    """The suggestions in the comments are right as they stand: without their # the file loads."""
    lines = path.read_text("utf-8").splitlines()
    start = lines.index("# roles:")
    found = []
    for i in range(start + 1, len(lines)):
        if not lines[i].startswith("#   ") or "…" in lines[i].split(" # ")[0]:
            break
        found.append(lines[i][2:])
    if found:
        path.write_text("\n".join([*lines[:start], "roles:", *found, *lines[start:]]) + "\n", "utf-8")
        assert load_questionnaire(path).roles


# --- every file that there is ---


@pytest.mark.parametrize("name", fixtures())
def test_the_draft_of_a_fixture_reads_it(name: str, tmp_path: Path) -> None:
    check(drafted(FIXTURES / name), tmp_path)


@pytest.mark.parametrize("definition", ["limesurvey_178.lss", "limesurvey_426.lss"])
@pytest.mark.parametrize("name", ["limesurvey_code", "limesurvey_text", "limesurvey_code_text"])
def test_the_draft_of_an_export_with_its_definition_reads_it(name: str, definition: str, tmp_path: Path) -> None:
    check(drafted(f"{FIXTURES / name}.csv,{FIXTURES / definition}"), tmp_path)


@pytest.mark.parametrize("name", sorted(p.name for p in FIXTURES.iterdir() if p.suffix in DEFINITIONS))
def test_the_draft_of_a_definition_alone_loads(name: str, tmp_path: Path) -> None:
    made = drafted(FIXTURES / name)
    path = written(made, tmp_path)
    assert load_questionnaire(path, ("en", "de")).questions
    every_suggested_role_loads(path)


REFUSED = {  # neither is an export: a published table, and a file with a torn row
    "surveymonkey/538_masculinity-survey.csv": "found 6 of 12 columns without a heading",
    "kobo/formpack_restaurant_profile_details.csv": "found 9 fields; expected 8",
}


@pytest.mark.skipif(not EXPORTS, reason="SURVEY_EXPORTS is not set: no folder of real exports")
@pytest.mark.parametrize("name", examples(".csv", ".csv.gz", ".sav") or ["none"])
def test_the_draft_of_a_real_export_reads_it(name: str, tmp_path: Path) -> None:
    path = Path(EXPORTS) / name
    if name in REFUSED:
        with pytest.raises(StudyError, match=REFUSED[name]):
            drafted(path)
    elif drafted_from_definition(path):
        assert load_questionnaire(written(drafted(path), tmp_path)).questions
    else:
        check(drafted(path), tmp_path)


def drafted_from_definition(path: Path) -> bool:
    return not chosen(named(str(path))).exports


@pytest.mark.skipif(not EXPORTS, reason="SURVEY_EXPORTS is not set: no folder of real exports")
@pytest.mark.parametrize("name", examples(".lss", ".qsf", "testing-export.txt") or ["none"])
def test_the_draft_of_a_real_definition_loads(name: str, tmp_path: Path) -> None:
    assert load_questionnaire(written(drafted(Path(EXPORTS) / name), tmp_path)).questions


# --- what is recognised ---

PEOPLE = ["Anna Muster", "Beat Beispiel", "Carla Esempio", "Denis Exemple", "Eva Example"]
WORDS = [
    "we ask our customers every week",
    "ring 044 111 22 33",
    "nothing to add here",
    "my boss, Mr Beispiel, decides",
]


def mixed(n: int = 60) -> list[list[str]]:
    """Return a table with a column of each kind; names, addresses and words of respondents are in the open ones."""
    head = [
        *("Respondent ID", "Your e-mail", "Your full name", "Town", "Who decides?", "How satisfied are you?"),
        *("Employees", "Founded on", "Turnover", "Sector", "Which channels?", "Uses social media", "Recommend (0-10)"),
        *("Agree: It costs time", "Agree: Customers ask for it", "weight"),
    ]
    agree = ["Strongly agree", "Disagree", "Agree", "Neither", "Don't know", "Strongly disagree"]
    channels = [
        "LinkedIn",
        "LinkedIn; YouTube",
        "YouTube; Blog",
        "Blog",
        "LinkedIn; Blog",
        "None of these",
        "Blog; Pigeon post",
    ]
    sectors = ["Industry", "Services", "Trade", "Industry", "Other: fishing"]
    rows = [
        [
            *(f"r{i}", f"p{i}@example.org", PEOPLE[i % 5], f"Town{i}", WORDS[i % 4] + " " * (i % 2) + str(i)),
            ["Very satisfied", "Satisfied", "Not satisfied", "keine Angabe"][i % 4],
            *(
                ["10–49", "50–249", "1–9", "250+"][i % 4],
                f"{1 + i % 28}.03.{1950 + i}",
                f"1'{100 + i}.50",
                sectors[i % 5],
            ),
            *(channels[i % 7] if i > 1 else "Blog; Pigeon post", ["Yes", "No"][i % 2], str(i % 11)),
            *(agree[i % 6], agree[(i + 2) % 6], f"0.{80 + i % 40}"),
        ]
        for i in range(n)
    ]
    return [head, *rows]


def test_kinds_scales_and_missing_answers_are_recognised(tmp_path: Path) -> None:
    made = drafted(export(tmp_path, mixed()))
    check(made, tmp_path)
    found = {q.name: q for q in made.questions}
    assert {name: q.type for name, q in found.items()} == {
        "town": "text",
        "decides": "text",
        "satisfied": "single",
        "employees": "single",
        "founded": "date",
        "turnover": "number",
        "sector": "single",
        "channels": "tick_all",
        "uses_social_media": "single",
        "recommend_0_10": "number",
        "agree_costs_time": "single",
        "agree_customers_ask": "single",
    }
    assert [a.code for a in found["satisfied"].answers] == ["not_satisfied", "satisfied", "very_satisfied"]
    assert [a.code for a in found["employees"].answers] == ["1_9", "10_49", "50_249", "250"]
    assert all(found[name].keys["level"] == "ordinal" for name in ("satisfied", "employees", "agree_costs_time"))
    assert found["founded"].keys["format"] == "%d.%m.%Y"
    assert [a.code for a in found["agree_costs_time"].answers][::4] == ["strongly_disagree", "strongly_agree"]
    assert made.missing == {"dont_know": ["Don't know"]}
    assert found["satisfied"].keys["missing"] == {"refused": ["keine Angabe"]}
    options = {i.code: (i.exclusive, i.open) for i in found["channels"].items}
    assert options["none"] == (True, False)
    assert found["channels"].keys["joined"] == ";"


def test_what_may_name_a_person_is_left_out_and_named(tmp_path: Path) -> None:
    made = drafted(export(tmp_path, mixed()))
    reasons = {left.heading: left.reason for left in made.left_out}
    assert set(reasons) == {"Your e-mail", "Your full name", "weight"}
    text = questionnaire(made) + findings(made, "results/drafts/wave.yaml")
    assert "'Your full name'" in text
    for words in [*PEOPLE, *WORDS, "Town1", "example.org"]:
        assert words not in text


def test_an_answer_is_listed_only_where_it_repeats(tmp_path: Path) -> None:
    few = [["id", "remark"], *([str(i), f"remark of person {i}"] for i in range(40))]
    repeated = [["id", "remark"], *([str(i), f"remark {i % 3}"] for i in range(40))]
    assert drafted(export(tmp_path, few)).questions[0].type == "text"
    assert drafted(export(tmp_path, repeated)).questions[0].type == "single"


def test_an_address_in_a_heading_does_not_reach_the_draft(tmp_path: Path) -> None:
    rows = [
        ["q1", "Questions to office@example.org?", "Ask +41 44 111 22 33"],
        *([["a", "Yes", "No"], ["b", "No", "Yes"]] * 5),
    ]
    made = drafted(export(tmp_path, rows))
    check(made, tmp_path)
    assert question(made, made.questions[1].name, tmp_path)["column"] == "#2"


def test_batteries_rankings_and_sums(tmp_path: Path) -> None:
    rows = [["p1_1", "p1_2", "p1_3", "r2_1", "r2_2", "r2_3", "s3_1", "s3_2", "t4_a", "t4_b"]]
    likert = ["Never", "Rarely", "Often", "Always"]
    ranks = [["1", "2", "3"], ["3", "1", "2"], ["2", "3", "1"]]
    for i in range(30):
        sums = [str(i), str(100 - i)]
        rows.append([likert[i % 4], likert[(i + 1) % 4], likert[i % 3], *ranks[i % 3], *sums, "x" * (i % 2), "x"])
    made = drafted(export(tmp_path, rows))
    check(made, tmp_path)
    assert [(q.name, q.type, q.column) for q in made.questions] == [
        ("p1", "battery", "p1_{item}"),
        ("r2", "ranking", "r2_{item}"),
        ("s3", "constant_sum", "s3_{item}"),
        ("t4", "tick_all", "t4_{item}"),
    ]


@pytest.mark.parametrize(
    ("definition", "data"), [("limesurvey_426.lss", "limesurvey_code.csv"), ("qualtrics.qsf", "")]
)  # fmt: skip
def test_languages_are_kept(definition: str, data: str, tmp_path: Path) -> None:
    made = drafted(f"{FIXTURES / definition},{FIXTURES / data}" if data else FIXTURES / definition)
    loaded = load_questionnaire(written(made, tmp_path), ("en", "de"))
    texts = [q.text for q in loaded.questions.values()]
    assert any(text["de"] == "Nutzt Ihre Firma soziale Medien?" or "eine Antwort" in text["de"] for text in texts)
    assert all(text["en"] for text in texts)


def test_the_definition_gives_types_and_routing_that_data_cannot(tmp_path: Path) -> None:
    made = drafted(FIXTURES / "limesurvey_426.lss")
    kinds = {q.name: (q.type, q.column) for q in made.questions}
    assert kinds["likert"] == ("battery", "Likert[{item}]")
    assert kinds["order"] == ("ranking", "order[{rank}]")
    assert kinds["channels"] == ("tick_all", "channels[{item}]")
    assert 'asked if: adoption.NAOK != "A2"' in questionnaire(made)
    channels = question(made, "channels", tmp_path)["options"]
    assert [code for code, option in channels.items() if option.get("exclusive")] == ["none"]
    assert channels["other"]["open"]


def test_side_by_side_questions_become_one_question_a_side() -> None:
    made = drafted(FIXTURES / "qualtrics.qsf")
    sides = {q.name: (q.type, q.column) for q in made.questions if q.name.startswith("q7")}
    assert sides == {"q7_1": ("battery", None), "q7_2": ("grid", "Q7#2_{item}_{context}")}


def test_a_scale_of_which_the_ends_are_labelled_has_all_its_steps() -> None:
    made = drafted(FIXTURES / "sosci.csv")
    battery = next(q for q in made.questions if q.type == "battery")
    assert [a.code for a in battery.answers] == ["stimme_nicht", "2", "3", "4", "stimme"]
    assert "level" not in battery.keys
    assert {left.heading: left.reason for left in made.left_out}["CH01"] == "repeats other columns"


# --- words ---


@pytest.mark.parametrize(
    ("reason", "texts"),
    [
        ("dont_know", ["Don't know", "I don’t know", "Not sure", "Weiss nicht", "weiß nicht", "Ne sait pas", "Non so", "No sé"]),
        ("refused", ["Prefer not to say", "Keine Angabe", "k. A.", "Préfère ne pas répondre", "Preferisco non rispondere", "Prefiero no contestar"]),
        ("not_applicable", ["Not applicable", "N/A", "Unfamiliar (N/A)", "nicht zutreffend", "Sans objet", "Non applicabile", "No aplica"]),
        ("not_answered", ["No answer", "Keine Antwort", "NA", "-", "Sans réponse", "Nessuna risposta", "Sin respuesta"]),
        ("not_shown", ["Not shown", "nicht gezeigt", "non posée"]),
        (None, ["No", "Nein", "trifft nicht zu", "Nothing", "I don't use it", "Agree", "0", "Missing persons unit"]),
    ],
)  # fmt: skip
def test_missing_reasons(reason: str | None, texts: list[str]) -> None:
    assert {text: missing_reason(text) for text in texts} == dict.fromkeys(texts, reason)


@pytest.mark.parametrize(
    "ascending",
    [
        ["Strongly disagree", "Disagree", "Neither agree nor disagree", "Agree", "Strongly agree"],
        ["trifft gar nicht zu", "trifft eher nicht zu", "trifft eher zu", "trifft voll zu"],
        ["Pas du tout d’accord", "Plutôt pas d'accord", "Plutôt d'accord", "Tout à fait d'accord"],
        ["Per niente d'accordo", "Poco d'accordo", "Abbastanza d'accordo", "Molto d'accordo"],
        ["Muy en desacuerdo", "En desacuerdo", "De acuerdo", "Muy de acuerdo"],
        ["Never", "Rarely", "Sometimes", "Often", "Always"],
        ["nie", "selten", "manchmal", "häufig", "immer"],
        ["Jamais", "Rarement", "Parfois", "Souvent", "Toujours"],
        ["Mai", "Raramente", "A volte", "Spesso", "Sempre"],
        ["Very unfavorably", "Somewhat unfavorably", "Neither favorably nor unfavorably", "Somewhat favorably", "Very favorably"],
        ["gar nicht wichtig", "weniger wichtig", "eher wichtig", "sehr wichtig"],
        ["Pas du tout satisfait", "Peu satisfait", "Plutôt satisfait", "Très satisfait"],
        ["Per niente utile", "Poco utile", "Abbastanza utile", "Molto utile"],
        ["Nada importante", "Poco importante", "Bastante importante", "Muy importante"],
        ["1–9", "10–49", "50–249", "250+"],
        ["weniger als 10", "10 bis 49", "50 bis 249", "250 und mehr"],
        ["Less than 3 months", "3 months - 1 year", "1 - 3 years", "More than 3 years"],
        ["$0 - $24,999", "$25,000 - $49,999", "$100,000 - $149,999", "$150,000+"],
        ["1 (None at all)", "2", "3", "10 (All of it)"],
        ["Less than monthly", "Monthly", "Weekly", "Daily"],
    ],
)  # fmt: skip
def test_usual_scales_are_put_into_their_order(ascending: list[str]) -> None:
    shuffled = ascending[1::2] + ascending[::2][::-1]
    order = order_of(shuffled)
    assert order is not None
    assert [shuffled[i] for i in order] == ascending


@pytest.mark.parametrize("labels", [["Industry", "Services", "Trade"], ["Yes", "No"], ["Agree"], ["Often", "Blue"]])
def test_what_is_no_scale_has_no_order(labels: list[str]) -> None:
    assert order_of(labels) is None


def test_other_options_exclusive_ones_and_languages() -> None:
    assert all(
        map(
            is_other,
            ["Other", "Other (please specify)", "Anderes", "Sonstiges, nämlich", "Autre", "Altro", "Otro", "-oth-"],
        )
    )
    assert not any(map(is_other, ["Mother", "Otherwise", "Brother"]))
    assert all(map(is_exclusive, ["None of these", "Keine davon", "Nichts davon", "Aucun", "Nessuno", "Don't know"]))
    assert language_of(["Wie viele Personen arbeiten in Ihrer Firma?"]) == "de"
    assert language_of(["Quels canaux votre entreprise utilise-t-elle ?"]) == "fr"
    assert language_of(["Quali canali usa la Sua azienda?"]) == "it"
    assert language_of(["v_1", "v_2"]) is None
    assert all(map(is_personal, ["E-mail", "Phone", "Name", "Vorname", "Ihre Adresse: PLZ", "Address", "ip_address"]))
    assert not any(map(is_personal, ["Which smartphone do you use?", "Number of employees", "Name of the strategy"]))


def test_names_are_valid_readable_and_unique() -> None:
    assert slug("Größe der Firma (ohne Lehrlinge)") == "groesse_firma_ohne_lehrlinge"
    assert slug("Don't use it") == "dont_use"
    assert len(slug("incomprehensibilities " * 9)) <= 32
    assert question_name("Q12", "How many?") == "q12"
    assert question_name("1.2", "How many?") == "q1_2"
    assert question_name("", "Сколько?") == "question"
    assert question_name("firm", "") == "firm_answer"  # a column of the respondents' table
    assert part_code("SQ001", "LinkedIn") == "linkedin"
    assert part_code("linkedin", "LinkedIn, the network") == "linkedin"
    assert part_code("A1", "") == "A1"
    assert unique("a", {"a", "a_2"}) == "a_3"


# --- files ---


def test_a_definition_beside_the_export_is_used_and_named(tmp_path: Path) -> None:
    for name in ("limesurvey_r_data.csv", "limesurvey_r_data.R"):
        (tmp_path / name).write_bytes((FIXTURES / name).read_bytes())
    made = drafted(tmp_path / "limesurvey_r_data.csv")
    assert made.files.definition == tmp_path / "limesurvey_r_data.R"
    assert f"with {tmp_path}/limesurvey_r_data.R, which lies beside it" in findings(made, "results/drafts/x.yaml")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("", "There is no export to draft a questionnaire from; say which: "),
        ("{folder}/wav.csv", "{folder}/wav.csv: there is no such file; did you mean 'wave.csv'?; correct the path"),
        ("{folder}", "{folder}: this is a folder; name the export in it"),
        ("{folder}/one.lss,{folder}/two.lss", "one.lss and {folder}/two.lss both define a questionnaire"),
        ("{folder}/wave.csv", "{folder}/wave.lss and {folder}/wave.qsf lie beside it, and each may define"),
        ("{folder}/labels.R", "labels.R: found labels of an export, which alone are no questionnaire; name the export"),
        ("{folder}/notes.pdf", "notes.pdf: found a PDF document"),
    ],
)
def test_mistakes_are_told_in_one_sentence(given: str, message: str, tmp_path: Path) -> None:
    export(tmp_path, [["q"], ["a"]])
    for name in ("one.lss", "two.lss", "wave.lss", "wave.qsf"):
        (tmp_path / name).write_text("<document/>", "utf-8")
    (tmp_path / "labels.R").write_bytes((FIXTURES / "limesurvey_r_data.R").read_bytes())
    (tmp_path / "notes.pdf").write_bytes(b"%PDF-1.7 and so on")
    with pytest.raises(StudyError) as error:
        drafted(given.format(folder=tmp_path))
    assert message.format(folder=tmp_path) in str(error.value)
    assert "\n" not in str(error.value)


def test_the_definition_of_another_export(tmp_path: Path) -> None:
    with pytest.raises(
        StudyError, match="limesurvey_426.lss: found other columns than those of .*limesurvey_german.csv"
    ):
        drafted(f"{FIXTURES / 'limesurvey_german.csv'},{FIXTURES / 'limesurvey_426.lss'}")
    for name, source in (("w.csv", "limesurvey_german.csv"), ("w.lss", "limesurvey_426.lss")):
        (tmp_path / name).write_bytes((FIXTURES / source).read_bytes())
    made = drafted(tmp_path / "w.csv")
    check(made, tmp_path)
    assert f"{tmp_path}/w.lss lies beside the export and was not used" in findings(made, "x")


def test_several_exports_of_a_wave_must_have_the_same_columns(tmp_path: Path) -> None:
    rows = [["size", "use"], *([["small", "Yes"], ["large", "No"]] * 3)]
    first, second = export(tmp_path, rows, "a.csv"), export(tmp_path, rows[:1] + rows[1:][::-1], "b.csv")
    made = drafted(f"{first},{second}")
    assert [len(q.answers) for q in made.questions] == [2, 2]
    assert made.wave_exports == (first, second)
    other = export(tmp_path, [["size", "why"], ["small", "Yes"]], "c.csv")
    with pytest.raises(StudyError, match="found other columns than those of"):
        drafted(f"{first},{other}")


def test_roles_are_suggested_by_words_and_kinds() -> None:
    made = drafted(FIXTURES / "limesurvey_426.lss")
    suggested = {role: [q.name for q in found] for role, found in roles(made.questions).items()}
    assert suggested["channels"] == ["channels"]
    assert suggested["adopter"] == ["adoption"]
    assert suggested["sector"] == ["sector"]


def test_snakemake_drafts_without_a_study_and_says_so_each_time(tmp_path: Path) -> None:
    folder = clone(tmp_path / "study")
    (folder / "config" / "config.yaml").unlink()
    (folder / "data" / "raw" / "wave.csv").write_text("size,use\n" + "small,Yes\nlarge,No\n" * 3, "utf-8")
    for _ in range(2):
        done = run(folder, "draft_questionnaire", "--config", "export=data/raw/wave.csv")
        assert done.status == 0, done.output
        assert "results/drafts/wave.yaml: from data/raw/wave.csv (a plain table, 6 rows, 2 columns)" in done.output
        assert "found: 2 questions (2 single), texts in en" in done.output
    assert load_questionnaire(folder / "results" / "drafts" / "wave.yaml").questions
    wrong = run(folder, "draft_questionnaire", "--config", "export=data/raw/waves.csv")
    assert wrong.status != 0
    assert wrong.last.startswith("data/raw/waves.csv: there is no such file; did you mean 'wave.csv'?")


@pytest.mark.parametrize(
    ("file", "kind", "column", "items"),
    [  # the table of config/README.md: how a question finds its columns on each platform
        ("limesurvey_code.csv", "tick_all", "channels[{item}]", ["SQ001", "SQ002"]),
        ("limesurvey_code.csv", "ranking", "use[Y1_X{item}]", ["1", "2"]),
        ("limesurvey_text.csv", "tick_all", "Which channels?", ["LinkedIn", "YouTube"]),
        ("qualtrics_three_rows.csv", "tick_all", "Q7_{item}", ["1", "2"]),
        ("qualtrics_three_rows.csv", "tick_all", "q10#1_{item}", ["1", "2"]),
        ("sosci.csv", "tick_all", "BA01_{item}", ["01", "02"]),
        ("unipark.csv", "tick_all", None, ["v_3", "v_4"]),
        ("surveymonkey_two_headings.csv", "tick_all", "How useful are they?", ["LinkedIn", "YouTube"]),
        ("typeform.csv", "tick_all", None, ["LinkedIn"]),
        ("googleforms.csv", "tick_all", "How useful are they? [{item}]", ["LinkedIn", "Xing (in German) [beta]"]),
        ("msforms.csv", "tick_all", "How useful are they?.{item}", ["LinkedIn", "Xing vs. LinkedIn"]),
        ("kobo_both.csv", "tick_all", "channels/{item}", ["linkedin", "youtube", "none"]),
        ("kobo_r.csv", "tick_all", "channels.{item}", ["linkedin", "youtube"]),
        ("redcap.csv", "tick_all", "channels___{item}", ["1", "2", "_9"]),
        ("alchemer.csv", "tick_all", "{item}:Which channels does your firm use: all of them?", ["LinkedIn", "YouTube"]),
    ],
)  # fmt: skip
def test_the_patterns_of_the_readme_find_the_columns(file: str, kind: str, column: str, items: list[str]) -> None:
    named_items = {f"i{n}": {"label": {"en": f"item {n}"}, "column": item} for n, item in enumerate(items)}
    part = "options" if kind == "tick_all" else "items"
    asked = {"type": kind, "text": {"en": "?"}, part: named_items} | ({"column": column} if column else {})
    document = Document("README", {"title": {"en": "?"}, "languages": ["en"], "questions": {"q": asked}})
    questions = QuestionnaireLoader(document, ("en",)).load()
    found = find_columns(read_export(FIXTURES / file), questions, {})
    assert len({c.position for c in found.values()}) == len(items)


def test_a_ranking_with_a_column_a_rank(tmp_path: Path) -> None:
    items = ["Price", "Quality", "Service"]
    rows = [["lastpage. Last page", "seed. Seed", *(f"order[{rank}]. What counts? [Rank {rank}]" for rank in (1, 2))]]
    rows += [["1", "9", items[i % 3], items[(i + 1) % 3]] for i in range(30)]
    made = drafted(export(tmp_path, rows))
    check(made, tmp_path)
    order = question(made, "order", tmp_path)
    assert (order["type"], order["column"], order["most"]) == ("ranking", "order[{rank}]", 2)
    assert list(order["items"]) == ["price", "quality", "service"]


def test_an_item_that_speaks_of_others_is_no_open_answer(tmp_path: Path) -> None:
    steps = ["Never", "Often", "Always"]
    rows = [["t_1", "t_2"], *([steps[i % 3], steps[(i + 1) % 3]] for i in range(30))]
    heads = ["How much? [Teaching]", "How much? [Other activities]"]
    made = drafted(export(tmp_path, [["Timestamp", *heads], *(["4/22/2016 19:57:50", *row] for row in rows[1:])]))
    assert [(q.type, len(q.items)) for q in made.questions] == [("battery", 2)]


def test_an_xlsform_names_the_answers_of_a_kobo_export(tmp_path: Path) -> None:
    for name, data in (("kobo_both.csv", (FIXTURES / "kobo_both.csv").read_bytes()), ("kobo_both.xlsx", form())):
        (tmp_path / name).write_bytes(data)
    made = drafted(tmp_path / "kobo_both.csv")
    check(made, tmp_path)
    assert made.files.definition == tmp_path / "kobo_both.xlsx"
    assert made.languages == ("fr", "en")
    size = question(made, "size", tmp_path)["answers"]
    assert size["small"] == {"label": {"fr": "Petite", "en": "Small"}, "spellings": ["1"]}
    assert {left.heading: left.reason for left in made.left_out}["channels"] == "repeats other columns"
    assert "asked by the definition, without a column in the export: views, trust, staff" in " ".join(made.notes)
    alone = drafted(tmp_path / "kobo_both.xlsx")
    assert [q.type for q in alone.questions][:4] == ["single", "tick_all", "text", "battery"]


def test_labels_and_missing_values_of_a_data_file_are_kept(tmp_path: Path) -> None:
    frame = pd.DataFrame({"size": [1.0, 2.0, 9.0, 1.0] * 5, "trust": [1.0, 2, 3, 5] * 5, "staff": [9.0, 20, 30, 9] * 5})
    labels = {"size": {1.0: "Small", 2.0: "Large", 9.0: "Don't know"}, "trust": {1.0: "Not at all", 5.0: "Fully"}}
    pyreadstat.write_sav(
        frame, str(tmp_path / "a.sav"), column_labels={"size": "How large?"}, variable_value_labels=labels,
        missing_ranges={"size": [9.0]},
    )  # fmt: skip
    made = drafted(tmp_path / "a.sav")
    check(made, tmp_path)
    assert [(q.name, q.type) for q in made.questions] == [("size", "single"), ("trust", "single"), ("staff", "number")]
    assert question(made, "size", tmp_path)["missing"] == {"dont_know": ["Don't know", "9"]}
    assert list(question(made, "trust", tmp_path)["answers"]) == ["not_all", "2", "3", "4", "fully"]
    assert made.missing == {}  # 9 is a number of staff too


def test_an_export_without_answers_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="found no question in 2 columns") as error:
        drafted(export(tmp_path, [["q1", "q2"], ["", ""], ["", ""]]))
    assert "name another export, or a definition of the questionnaire." in str(error.value)


@pytest.mark.skipif(not EXPORTS, reason="SURVEY_EXPORTS is not set: no folder of real exports")
def test_drafts_give_the_published_shares(tmp_path: Path) -> None:
    """Published: 71.6 % use open source internally "frequently" (n = 736), 53.3 % have or plan a programme (n = 748)."""
    made = drafted(Path(EXPORTS) / "surveymonkey/osposurvey_2018_results.csv")
    loaded = load_questionnaire(written(made, tmp_path))
    responses, _ = ingest([made.export], loaded, b"key", Wave("w", (), "", "open_link"))
    use = next(v.name for v in loaded.variables if v.name.startswith("company_following") and v.name.endswith("code"))
    frequently = responses.has(use, ("frequently",)).sum()
    assert (frequently, responses.is_answered(use).sum()) == (527, 736)
    programme = next(
        q for q in loaded.questions.values() if q.text["en"].startswith("Does your company have an open source program")
    )
    no = next(a.code for a in programme.answers if a.label["en"] == "No")
    others = tuple(a.code for a in programme.answers if a.code != no)
    assert round(100 * responses.has(programme.name, others).sum() / 748, 1) == 53.3


def test_an_archive_of_limesurvey_holds_its_own_definition(tmp_path: Path) -> None:
    (tmp_path / "survey.lsa").write_bytes(archive())
    made = drafted(tmp_path / "survey.lsa")
    check(made, tmp_path)
    assert made.languages == ("en", "de")
    assert question(made, "likert", tmp_path)["text"]["de"] == "Wie sehr stimmen Sie zu?"
