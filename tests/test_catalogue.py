"""The texts of all outputs: complete in every language, and none that nobody uses."""

import re
import string
from pathlib import Path

import pytest
import yaml

from b2bsurvey import archive, fielding, render
from b2bsurvey.answers import CONTRADICTIONS
from b2bsurvey.config import RULES
from b2bsurvey.errors import StudyError
from b2bsurvey.published import VERDICTS
from b2bsurvey.questionnaire import ANALYSES, BASES, MISSING_REASONS, TYPES
from b2bsurvey.readers import read_export
from b2bsurvey.render.catalogue import LANGUAGES, TEXTS, catalogue
from b2bsurvey.render.labels import Labels
from b2bsurvey.screening import DISPOSITIONS
from b2bsurvey.statistics.contingency import pearson
from rendered_wave import hostile, shipped

FILES = {path.name: yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(TEXTS.glob("*.yaml"))}
ENTRIES = [(key, texts) for entries in FILES.values() for key, texts in entries.items()]
EXPORTS = Path(__file__).parent / "fixtures" / "exports"
PACKAGE = Path(render.__file__).parents[1]
ROOMS = [Path(room.__file__).parent for room in (archive, fielding, render)]
SHOWN = [path for room in ROOMS for kind in ("*.py", "*.j2") for path in room.rglob(kind)]
CODE = "\n".join(path.read_text(encoding="utf-8") for path in sorted(SHOWN))

SOURCE = "\n".join(path.read_text(encoding="utf-8") for path in sorted(PACKAGE.rglob("*.py")))
SOURCE += "\n".join(path.read_text(encoding="utf-8") for path in sorted(PACKAGE.parents[1].glob("schemas/*.json")))

# codes of tests: what a result is made with, and what is chosen between
MADE = (
    r'(?:SignificanceTest|not_estimable|_test|_too_small|_student|_classical|_by_design|_chi2|_corrected)\(\s*"(\w+)"'
)
TESTS = {*re.findall(MADE, SOURCE), "mcnemar_exact", "mcnemar_midp", "design_group_F", "design_rank_F"}

# the same word, or nothing but signs and placeholders, in both languages
SAME = {
    "de": "Trends|Lift|BIC|Segment|p (Bootstrap)|Somers’ D|Median|Test|Tests|Item|Total|Variable|Codes|Option|Export|Software|online|nominal|ordinal|Holm|df|df 2|Tests: {analysis}",
    "fr": "Lift|BIC|Segment|p (bootstrap)|Test|Tests|tests|tests (CSV)|Item|Base|Bases|Variable|Variables|Option|Classes|Minimum|Maximum|Verdict|Type|Codes|Source|Questionnaire|Export|Holm|"
    "comparable|Note.|Compo\xadsition|proportions|access panel|date|Figure {number}|{points} points|Population|Coefficient",
    "it": "Lift|BIC|p (bootstrap)|odds ratio|Test|Item|Base|File|Export|Software|online|Holm|Base: {base}.|Base: {base}; {first}: n = {n}, {last}: n = {m}.|Base: {base}; n = {n}.|Base: {who}, n\xa0=\xa0{n}.",
}
SIGNS = re.compile(r"(\W|\b(n|p|T|Top)\b|\{\w+\})*")


def names(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize(("key", "texts"), ENTRIES, ids=[key for key, _ in ENTRIES])
def test_every_text_is_there_in_all_languages(key, texts):
    assert tuple(texts) == LANGUAGES
    assert len({frozenset(names(text)) for text in texts.values()}) == 1, "placeholders differ"
    for language, text in texts.items():
        assert isinstance(text, str)
        assert text.strip() or set(text) <= set("; :")
        if language != "en" and text == texts["en"]:
            assert text in SAME[language].split("|") or SIGNS.fullmatch(text), f"{language} is still English"


def test_no_key_stands_in_two_files():
    keys = [key for key, _ in ENTRIES]
    assert len(keys) == len(set(keys))


def test_german_is_swiss_and_quotation_marks_are_those_of_the_language():
    for key, texts in ENTRIES:
        assert "ß" not in texts["de"], key
        assert not re.search('[“”„"]', texts["de"] + texts["fr"] + texts["it"]), key


@pytest.mark.parametrize("key", [key for key, _ in ENTRIES if not key.startswith("note.")])
def test_every_text_is_used(key):
    if re.search(rf"""["']{re.escape(key)}["']""", CODE):
        return
    # composed of a beginning that stands in the code, and a code that stands in the package or its schemas
    cuts = [i for i, sign in enumerate(key) if sign in "._"]
    composed = [key[i + 1 :] for i in cuts if re.search(rf"""f["']{re.escape(key[: i + 1])}\{{""", CODE)]
    composed += [key[i + 1 :] for i in cuts if f'known("{key[:i]}"' in CODE]
    composed += [code.removesuffix("_ticked") for code in composed if '"_ticked"' in CODE]
    assert any(f'"{code}' in SOURCE or key.startswith("mode.") for code in composed)


@pytest.mark.parametrize(
    ("prefix", "codes"),
    [
        ("analysis", ANALYSES),
        ("base", BASES),
        ("missing", MISSING_REASONS),
        ("disposition", DISPOSITIONS),
        ("rule", RULES),
        ("type", TYPES),
        ("contradictory", CONTRADICTIONS),
        ("level", ("nominal", "ordinal", "interval")),
        ("verdict", VERDICTS),
        ("published", ("published", "counted")),
        ("sampling", ("probability", "census", "open_link", "panel")),
        ("sampling_note", ("probability", "census", "open_link", "panel")),
        ("origin", ("synthetic", "rebuilt")),
        ("adjustment", ("holm", "bh", "none")),
        ("design", ("weighted", "unweighted", "raked", "post_stratified", "strata", "clusters", "fpc")),
        ("test", (*TESTS, "little_mcar")),
        ("interval", ("wilson", "wilson_finite", "student", "woodruff", "newcombe", "simultaneous")),
        ("status", ("not_estimable", "suppressed")),
    ],
)
def test_every_code_of_the_tables_has_a_text(prefix, codes):
    assert {f"{prefix}.{code}" for code in codes} <= {key for key, _ in ENTRIES}


# where the code puts a word of the note in by a condition: what stands around it
INLINE = {
    "note.no_estimate": "have no row with",
    "note.no_test": "have no row with",
    "note.sheet_end": "at the end of the sheet left out",
    "note.empty_row": "empty {what}",
    "note.empty_rows": "empty {what}",
    "note.empty_column": "empty {what}",
    "note.empty_columns": "empty {what}",
    "note.technical_column": "of the platform without answers left out: ",
    "note.technical_columns": "of the platform without answers left out: ",
    "note.wholly_empty_row": "wholly empty row",
    "note.wholly_empty_rows": "wholly empty row",
    "note.counts_give": " of {n} give",
    "note.one_count_gives": " of {n} give",
    "note.time_not_understood": "' not understood",
    "note.times_not_understood": "' not understood",
    "note.time_ambiguous": ": whether the day or the month stands first cannot be told",
    "note.times_ambiguous": ": whether the day or the month stands first cannot be told",
    "note.byte_order_mark": " more byte-order mark",
    "note.byte_order_marks": " more byte-order mark",
    "note.spam": " marked as spam by Qualtrics, read like the others",
    "note.spams": " marked as spam by Qualtrics, read like the others",
    "note.spss_file": "'an SPSS'",
    "note.stata_file": "'a Stata'",
    "note.wave_of_all_first": "all, whatever they answered",
    "note.wave_of_all_last": "all, whatever they answered",
}


@pytest.mark.parametrize("key", [key for key, _ in ENTRIES if key.startswith("note.")])
def test_the_english_of_a_note_is_what_the_code_writes(key):
    longest = max(re.split(r"\{\w+\}", FILES["notes.yaml"][key]["en"]), key=len).strip(" ();:'%")
    assert INLINE.get(key, longest) in re.sub(r'"\s*\n\s*f?"', "", SOURCE)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_note_of_the_tables_is_translated(language):
    waves = (shipped(), hostile(), hostile(weighted=True), hostile(sampling="probability"), hostile(raked=True))
    for results in waves:
        labels = Labels(results.questionnaire, language)
        frames = [*results.estimates.values(), *results.tests.values(), results.sensitivity]
        notes = {note for frame in frames for note in frame["note"] if note and note != "Kish"}
        notes |= {reason for frame in results.tests.values() for reason in frame["method_reason"] if reason}
        notes |= {file["reason"] for file in results.ingest["files"]}
        notes |= set() if results.published is None else {r for r in results.published["reason"] if r}
        assert notes
        unknown = {note for note in notes if not labels.is_known(note)}
        assert not unknown
        assert language == "en" or all(labels.note(note) != note for note in notes)


@pytest.mark.parametrize(
    "path", [p for p in sorted(EXPORTS.iterdir()) if p.suffix in (".csv", ".tsv", ".ods")], ids=lambda p: p.name
)
def test_every_note_on_reading_an_export_is_translated(path):
    try:
        export = read_export(path)
    except StudyError:
        return  # a definition of a questionnaire, not an export
    for language in LANGUAGES[1:]:
        labels = Labels(hostile().questionnaire, language)
        for note in (export.reason, *export.notes):
            assert labels.is_known(note), note
            assert labels.note(note) != note


def test_places_within_a_note_are_translated():
    note = "2 cells hold '###': a spreadsheet column was too narrow, the value was lost (line 2, column 3; line 9, column 3)"
    assert Labels(hostile().questionnaire, "de").note(note) == (
        "2 Zellen enthalten «###»: eine Spalte der Tabellenkalkulation war zu schmal, der Wert ging verloren "
        "(Zeile 2, Spalte 3; Zeile 9, Spalte 3)"
    )


def test_notes_on_tables_with_gaps_are_translated():
    labels = Labels(hostile().questionnaire, "de")
    assert (
        labels.note(pearson([[5, 0, 0, 3], [0, 0, 0, 0], [2, 0, 0, 4]]).note)
        == "weggelassen: 1 leere Zeile und 2 leere Spalten"
    )
    assert labels.note(pearson([[1, 2], [0, 0], [0, 0]]).note) == (
        "weggelassen: 2 leere Zeilen; nicht schätzbar: die Tabelle braucht mindestens 2 Zeilen und 2 Spalten, belegt sind aber "
        "Zeilen: 1, Spalten: 2"
    )


@pytest.mark.parametrize(
    ("note", "french"),
    [
        ("left out: 1 empty row and 2 empty columns", "omis\u202f: 1 ligne vide et 2 colonnes vides"),
        (
            "the design has unequal weights, strata, so the test is design-based",
            "le plan comporte des poids inégaux, des strates\u202f; le test est donc fondé sur le plan",
        ),
        ("an expected count is only 3.9, below 5", "un effectif théorique de 3,9 seulement, inférieur à 5"),
        (
            "rank of means among 7 items; no interval: the respondents were rebuilt without the joint distribution of the "
            "items of barriers",
            "rang des moyennes parmi 7 items\u202f; pas d’intervalle\u202f: les répondants ont été reconstitués sans la "
            "distribution conjointe des items de 'Barriers' / [all]: *? 🙂 & more",
        ),
        ("a new note; another", "a new note\u202f; another"),
    ],
)
def test_notes_are_recognised_with_what_they_hold(note, french):
    assert Labels(hostile().questionnaire, "fr").note(note) == french


def test_french_punctuation_stays_with_its_word():
    french = catalogue("fr")
    assert french("table.family", family="a", size=1, adjustment="Holm").startswith(
        "famille «\u202fa\u202f», tests\u202f: 1"
    )
    assert french("word.semicolon") == "\u202f; "
    assert catalogue("en")("word.semicolon") == "; "
