"""Every file of the corpus gives what is written down for it: exactly the right cells, or one plain sentence.

`corpus_outcomes.tsv` has a line a file: the outcome; for answers the number of rows and columns, a digest of all cells
and what the notes must say; for a sentence its place and its telling words. The cells were read by another library
(`told by`: Python's csv module, openpyxl, pyreadstat, the JSON beside the file), or written down by hand, never by ours.
"""

import csv
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from b2bsurvey.columns import normal
from b2bsurvey.config import Wave, load_config
from b2bsurvey.errors import StudyError
from b2bsurvey.ingest import ingest
from b2bsurvey.markup import clean
from b2bsurvey.questionnaire_file import load_questionnaire
from b2bsurvey.readers import RawExport, read_export, table_in
from b2bsurvey.readers.source import open_source
from b2bsurvey.strict_yaml import parse_yaml
from limited import SECONDS, Outcome, outcomes

CORPUS = os.environ.get("SURVEY_CORPUS", "")
pytestmark = pytest.mark.skipif(not CORPUS, reason="SURVEY_CORPUS is not set: no corpus of malformed files")

EVERYTHING = sorted(p for p in Path(CORPUS or "nowhere").rglob("*") if p.is_file())
FILES = [p for p in EVERYTHING if p.suffix in (".csv", ".xlsx", ".zip", ".sav")]
SPECTRUM = [p for p in FILES if p.parent.name == "csv-spectrum"]
TABLE = Path(__file__).parent / "corpus_outcomes.tsv"
with TABLE.open(encoding="utf-8", newline="") as stream:
    WRITTEN = {line["file"]: line for line in csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE)}

# The headings and the first rows as they stand in the files, written down by hand; ids and personal columns
# included where the reader keeps them apart.
RIGHT = {
    "csvkit/blanks.csv": (["a", "b", "c", "d", "e", "f"], ["", "NA", "N/A", "NONE", "NULL", "."]),
    "csvkit/date_like_number.csv": (["a"], ["4.5"]),
    "csvkit/mac_newlines.csv": (["a", "b", "c"], ["1", "2", "3"], ["Once upon\ra time", "5", "6"]),
    "csvkit/sniff_limit.csv": (["a", "b", "c"], ["1", "2", "3"]),
    "csvkit/test_empty_columns_long_row.csv": (["a", "b", "c"], ["", "", ""]),
    "csvkit/test_latin1.csv": (["a", "b", "c"], ["1", "2", "3"], ["4", "5", "©"]),
    "csvkit/test_locale.csv": (["a", "b", "c"], ["1,7", "200.000.000", ""]),
    "csvkit/test_no_leading_zeroes.csv": (["a", "b", "c"], ["01", "00.11", "0.1"]),
    "csvkit/test_numeric_date_format.csv": (["a"], ["20140102"], ["20121231"]),
    "csvkit/test_utf16_big.csv": (["a", "b", "c"], ["1", "2", "3"], ["4", "5", "ʤ"]),
    "csvkit/test_utf16_little.csv": (["a", "b", "c"], ["1", "2", "3"], ["4", "5", "ʤ"]),
    "csvkit/test_utf8_bom.csv": (["foo", "bar", "baz"], ["1", "2", "3"], ["4", "5", "ʤ"]),
    "frictionless/Table With Data.csv": (["id", "name"], ["1", "english"], ["2", "中国人"]),
    "frictionless/duplicate-column.csv": (["A", "B", "B", "C"], ["a", "b", "C", "c"]),
    "frictionless/issue-1066-largecellsizewithdeviation.csv": (["Description", "status"],),
    "frictionless/leading-zeros.csv": (["value"], ["01"], ["002"], ["00003"]),
    "frictionless/long.csv": (["id", "name"], ["1", "a"], ["2", "b"], ["3", "c"], ["4", "d"], ["5", "e"], ["6", "f"]),
    "generated/csv_bom_quoted_header.csv": (["id", "q1"], ["r1", "1"]),
    "generated/csv_bom_twice.csv": (["id", "q1"], ["r1", "1"]),
    "generated/csv_cp1252.csv": (["id", "ort", "txt"], ["r1", "Zürich", "5 €"]),
    "generated/csv_decimal_comma_semicolon.csv": (
        ["id", "q1", "umsatz"],
        ["r1", "1", "1'234,50"],
        ["r2", "2", "1.234,50"],
    ),
    "generated/csv_dup_cols.csv": (["id", "q1", "q1", "q1.1"], ["r1", "1", "2", "3"]),
    "generated/csv_formula_injection.csv": (
        ["id", "txt"],
        *(["r1", "=1+1"], ["r2", "=cmd|'/c calc'!A1"], ["r3", "@SUM(1)"], ["r4", "+41 79 000"], ["r5", "-9"]),
        *(["r6", "\t=1"], ["r7", "\r=1"], ["r8", "＝1+1"], ["r9", " =1"], ["r10", ";=1"]),
    ),
    "generated/csv_header_only.csv": (["id", "q1"],),
    "generated/csv_id_float_big.csv": (
        ["id", "q1"],
        *(["12345678901234567890", "1"], ["12345678901234567891", "2"], ["", "3"]),
    ),
    "generated/csv_id_sci.csv": (["id", "q1"], ["1E5", "1"], ["100000", "2"]),
    "generated/csv_leading_zero_ids.csv": (["id", "plz"], ["00123", "08001"], ["123", "8001"]),
    "generated/csv_na_strings_country.csv": (
        ["id", "country", "name", "channel"],
        *(["r1", "NA", "null", "None"], ["r2", "CH", "Nan", "n/a"]),
    ),
    "generated/csv_nested_quotes_fields_200k.csv": (["id", "txt"], ["r1", '"' * 100_000]),
    "generated/csv_sep_line.csv": (["id", "q1"], ["r1", "1"]),
    "generated/csv_trailing_delim_all_rows.csv": (["id", "q1"], ["r1", "1"], ["r2", "2"]),
    "generated/csv_utf16le_nobom.csv": (["id", "ort"], ["r1", "Zürich"]),
    "generated/csv_utf32_bom.csv": (["id", "ort"], ["r1", "Zürich"]),
    "generated/xlsx_cell_at_last_row.xlsx": (["id", "q1"], ["r1", "1"]),
    "generated/xlsx_claims_1048576_rows.xlsx": (["id", "q1", "q2"], ["r1", "1", "ok"]),
}


def name(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


def inside(path: Path) -> str:
    """Return the path of a file inside the corpus, as the table of outcomes has it."""
    return path.relative_to(CORPUS).as_posix()


def whole(export: RawExport) -> list[list[str]]:
    """Return headings and rows with the respondent id, which the reader keeps apart, back in its place."""
    headings = [c.question for c in export.columns]
    rows = export.cells.to_numpy().tolist()
    if "id" in export.personal:
        headings = ["id", *headings]
        rows = [[i, *row] for i, row in zip(export.facts["respondent_id"], rows, strict=True)]
    return [headings, *rows]


@pytest.fixture(scope="module")
def found() -> dict[Path, Outcome]:
    """What came of each file, read in a child process with limits."""
    return outcomes(EVERYTHING)


@pytest.mark.parametrize("path", EVERYTHING, ids=name)
def test_what_is_written_down_for_the_file(path: Path, found: dict[Path, Outcome]) -> None:
    outcome = found[path]
    assert outcome.kind in ("answers", "sentence"), outcome.sentence
    assert outcome.seconds < SECONDS
    if outcome.kind == "sentence":
        assert outcome.sentence.startswith(str(path))
        assert "\n" not in outcome.sentence
        assert len(outcome.sentence.removeprefix(str(path))) < 400
    written = WRITTEN.get(inside(path))
    if written is None:
        return  # of files that nobody has judged, only the general promise can be asked
    assert outcome.kind == written["outcome"], outcome.sentence
    says = [words for words in written["says"].split(" | ") if words]
    if outcome.kind == "sentence":
        place, words = says if len(says) == 2 else ("", says[0])
        assert outcome.sentence.startswith(f"{path}, {place}: " if place else f"{path}: ")
        assert words in outcome.sentence
    else:
        assert [outcome.rows, outcome.columns] == [int(written[n] or 0) for n in ("rows", "columns")]
        assert outcome.cells == written["cells"], (outcome.headings, outcome.first)
        notes = [note for note in outcome.notes if not note.startswith("sheet '")]
        assert len(notes) == len(says)
        assert all(note.startswith(words) for note, words in zip(notes, says, strict=True))


def test_every_file_has_its_outcome_written_down() -> None:
    missing = [inside(path) for path in EVERYTHING if inside(path) not in WRITTEN]
    assert not missing, (
        f"{TABLE.name} says nothing of {', '.join(missing)}; expected a line a file of the corpus; read each with "
        "another library, judge what ours makes of it, and add its line"
    )
    gone = set(WRITTEN) - {inside(path) for path in EVERYTHING}
    assert not gone, f"{TABLE.name} speaks of files that the corpus does not hold: {', '.join(sorted(gone))}"


@pytest.mark.parametrize("path", SPECTRUM, ids=name)
def test_csv_spectrum_against_its_truth(path: Path) -> None:
    truth = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    if b"\r" not in path.read_bytes():  # newlines_crlf.csv was stored with plain line ends, its truth was not
        truth = json.loads(json.dumps(truth).replace("\\r\\n", "\\n"))
    records = truth if isinstance(truth, list) else [truth]
    headings, *rows = whole(read_export(path))
    assert headings == list(records[0])
    # location_coordinates.csv and its JSON disagree about the first number; the file is right about itself.
    skip = {"Contact Phone Number"} if path.stem == "location_coordinates" else set()
    for row, record in zip(rows, records, strict=True):
        assert {k: v for k, v in zip(headings, row, strict=True) if k not in skip} == {
            k: v for k, v in record.items() if k not in skip
        }


@pytest.mark.parametrize("path", [p for p in FILES if name(p) in RIGHT], ids=name)
def test_cells_written_down_by_hand(path: Path) -> None:
    expected = [list(row) for row in RIGHT[name(path)]]
    assert whole(read_export(path))[: len(expected)] == expected
    if len(expected) > 1 and not path.name.startswith(("xlsx_claims", "issue-1066")):
        assert len(whole(read_export(path))) == len(expected)


def test_every_csv_that_is_read_agrees_with_the_csv_module() -> None:
    compared = 0
    for path in (p for p in FILES if p.suffix == ".csv"):
        try:
            export = read_export(path)
        except StudyError:
            continue
        if not export.delimiter or path.name == "csv_sep_line.csv":
            continue
        content = path.read_bytes().decode(export.encoding).lstrip("\ufeff")
        limit = csv.field_size_limit(10**9)
        records = [r for r in csv.reader(content.splitlines(keepends=True), delimiter=export.delimiter) if r]
        csv.field_size_limit(limit)
        for row, record in zip(export.cells.to_numpy().tolist(), records[1:], strict=True):
            assert row == [record[column.position - 1] for column in export.columns]
        compared += 1
    assert compared >= 40


# --- the naughty strings: read exactly wherever they stand ---


@pytest.fixture(scope="module")
def naughty() -> list[str]:
    return json.loads((Path(CORPUS) / "blns" / "blns.json").read_text(encoding="utf-8"))


def quoted(*cells: str) -> str:
    return ",".join('"{}"'.format(cell.replace('"', '""')) for cell in cells) + "\r\n"


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_naughty_strings_as_cells(naughty: list[str], codec: str) -> None:
    content = "q1,q2\r\n" + "".join(quoted(str(i), text) for i, text in enumerate(naughty))
    export = read_export(Path("blns.csv"), data=content.encode(codec))
    assert list(export.cells[2]) == naughty


def test_naughty_strings_as_headings(naughty: list[str]) -> None:
    content = (quoted("q1", *naughty) + quoted("1", *map(str, range(len(naughty))))).encode()
    path = Path("blns.csv")
    assert table_in(open_source(path, content)).rows[0] == ["q1", *naughty]
    export = read_export(path, data=content)
    headings = ["q1", *map(clean, naughty)]
    assert [column.question for column in export.columns] == headings
    assert export.personal == ()


def test_naughty_strings_as_labels_and_open_answers(naughty: list[str], tmp_path: Path) -> None:
    texts = list({normal(text): text for text in naughty if normal(text)}.values())
    labels = [text for text in texts if text == text.strip()]
    questionnaire = {
        "title": {"en": "Naughty"},
        "languages": ["en"],
        "questions": {
            "single": {
                "type": "single",
                "text": {"en": "One"},
                "answers": {f"a{i}": {"label": {"en": text}} for i, text in enumerate(labels)},
            },
            "open": {"type": "text", "text": {"en": "Two"}},
        },
    }
    path = tmp_path / "q.yaml"
    path.write_text(yaml.dump(questionnaire, default_style='"', sort_keys=False), encoding="utf-8")
    asked = load_questionnaire(path)
    assert [a.label["en"] for a in asked.questions["single"].answers] == labels
    rows = "".join(quoted(label, text) for label, text in zip(labels, reversed(labels), strict=True))
    export = read_export(Path("blns.csv"), data=("single,open\r\n" + rows).encode())
    wave = Wave("naughty", ("blns.csv",), "q.yaml", "open_link", cleared_answers=("open",))
    responses, report = ingest([export], asked, b"key", wave)
    assert report.not_understood == ()
    assert list(responses.values["single"]) == [f"a{i}" for i in range(len(labels))]
    assert list(responses.values["open"]) == [text.strip() for text in reversed(labels)]


def test_naughty_strings_as_yaml(naughty: list[str]) -> None:
    for text in naughty:
        for unicode in (True, False):
            written = yaml.dump({"key": text}, default_style='"', allow_unicode=unicode)
            assert parse_yaml(written.encode(), "q.yaml").data == {"key": text}


# --- the faulty YAML files as config and as questionnaire ---


@pytest.mark.parametrize(
    "load", [lambda path: load_config([path]), load_questionnaire], ids=["config", "questionnaire"]
)
@pytest.mark.parametrize("path", [p for p in EVERYTHING if p.suffix == ".yaml"], ids=name)
def test_faulty_yaml_names_line_and_what_to_do(path: Path, load: Callable[[Path], object]) -> None:
    with pytest.raises(StudyError) as raised:
        load(path)
    sentence = str(raised.value)
    assert sentence.startswith(f"{path}, line ")
    assert "\n" not in sentence
    assert any(hint in sentence for hint in ("valid keys are", "keep one", "save the file as", "remove it", "indent"))
    written = WRITTEN.get(inside(path), {"says": ""})["says"]
    assert all(words in sentence for words in written.split(" | "))
