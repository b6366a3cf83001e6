"""From cells to typed answers: columns, spellings, missing reasons, routing, and what is not understood."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from b2bsurvey.config import Wave
from b2bsurvey.errors import StudyError
from b2bsurvey.ingest import ingest, read_unchanged
from b2bsurvey.questionnaire_file import load_questionnaire
from b2bsurvey.readers import read_export
from b2bsurvey.responses import from_frame, read_parquet, to_parquet
from small_wave import FIXTURE, export

WAVE = Wave("small", ("small.csv",), "q.yaml", "open_link")
QUESTIONNAIRE = FIXTURE / "questionnaire.yaml"


def read(text, questionnaire=None, wave=WAVE):
    raw = read_export(Path("small.csv"), data=text.encode())
    return ingest([raw], questionnaire or load_questionnaire(QUESTIONNAIRE), b"key", wave)


def with_yaml(tmp_path, old, new):
    path = tmp_path / "q.yaml"
    text = QUESTIONNAIRE.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return load_questionnaire(path)


def test_answers_missing_reasons_and_ticks():
    heads = export().splitlines()[0]
    row = "a1,1–49,Will not use,1,,,1,ALWAYS,Don’t know,Agree,,Neither,1,,don't know"
    responses, report = read(f"{heads}\n{row}\n")
    values, missing = responses.values.iloc[0], responses.missing.iloc[0]
    assert values["activities_read"] == "always"  # case does not matter
    assert missing["activities_publish"] == "dont_know"  # nor does the kind of apostrophe
    assert missing["barriers_time"] == "not_answered"
    assert values[["channels_linkedin_private", "channels_xing_private"]].tolist() == [1, 0]
    assert values["why_not_other"] == 1  # any text in an open option counts as a tick
    assert report.not_understood == ()
    assert "don't know" not in responses.to_frame().to_csv()  # and the text itself is not kept


def test_answers_outside_the_routing_are_set_aside_and_counted():
    heads = export().splitlines()[0]
    responses, report = read(f"{heads}\na1,1–49,Uses,1,,,1,Always,Never,Agree,Agree,Neither,1,,\n")
    assert report.misrouted == {"why_not": 1}
    assert responses.missing.loc[0, "why_not_no_need"] == "not_shown"


def test_order_of_columns_does_not_matter():
    rows = [line.split(",") for line in export().splitlines()]
    turned = "\n".join(",".join(reversed(row)) for row in rows) + "\n"
    one, other = read(export())[0], read(turned)[0]
    assert one.values.equals(other.values)
    assert one.missing.equals(other.missing)


@settings(max_examples=10, deadline=None)
@given(st.permutations(range(1, 61)))
def test_permuted_rows_give_the_same_answers(order):
    lines = export().splitlines()
    one = read(export())[0]
    other = read("\n".join([lines[0], *(lines[i] for i in order)]) + "\n")[0]
    place = np.argsort(order)
    assert one.values.equals(other.values.iloc[place].reset_index(drop=True))
    assert one.missing.equals(other.missing.iloc[place].reset_index(drop=True))


def test_recoding_labels_changes_nothing(tmp_path):
    recoded = with_yaml(tmp_path, 'uses: {label: {en: "Uses"}}', 'uses: {label: {en: "Does use"}, spellings: ["X-17"]}')
    one, other = read(export())[0], read(export().replace(",Uses,", ",X-17,"), recoded)[0]
    assert one.values.equals(other.values)


def test_flat_table_keeps_everything(tmp_path):
    responses, _ = read(export())
    questionnaire = load_questionnaire(QUESTIONNAIRE)
    again = from_frame(responses.to_frame(), questionnaire)
    assert again.values.equals(responses.values)
    assert again.missing.equals(responses.missing)
    (tmp_path / "r.parquet").write_bytes(to_parquet(responses))
    stored = read_parquet(str(tmp_path / "r.parquet"), questionnaire)
    assert stored.values.equals(responses.values)
    assert to_parquet(responses) == to_parquet(responses)


def test_keys_are_hashes_of_ids():
    responses, report = read(export())
    assert responses.respondents["respondent"].str.fullmatch("[0-9a-f]{16}").all()
    assert report.files[0]["personal"] == ("Respondent ID",)
    assert read(export())[0].respondents.equals(responses.respondents)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (
            'none: {label: {en: "Will not use"}}',
            'none: {label: {en: "Wil not use"}}',
            "is no answer of 'adoption'; did you mean 'Wil not use'?; correct the answer's label at",
        ),
        ('column: "barriers_{item}"', 'column: "barrier_{item}"', "no column headed 'barrier_privacy'"),
        ('column: "barriers_{item}"', 'column: "barrier_{item}"', "did you mean 'barriers_privacy'?"),
        (
            "column: why_not_no_skills",
            "column: why_not_no_need",
            "'why_not_no_skills' and 'why_not_no_need' both take column 13",
        ),
        ("column: why_not_no_need", "column: why_not_no_need, occurrence: 2", "asks for occurrence 2 of the heading"),
    ],
)
def test_mistakes_name_place_and_nearest(tmp_path, old, new, sentence):
    with pytest.raises(StudyError) as error:
        read(export(), with_yaml(tmp_path, old, new))
    assert sentence in str(error.value)
    assert "q.yaml, line" in str(error.value)


def test_equal_headings_need_an_occurrence(tmp_path):
    text = export().replace("why_not_no_skills", "why_not_no_need")
    with pytest.raises(
        StudyError, match="columns 13, 14 all carry the heading of 'why_not_no_need'.*say which with 'occurrence:'"
    ):
        read(text)
    first = with_yaml(tmp_path, "column: why_not_no_need}", "column: why_not_no_need, occurrence: 1}")
    text_of = Path(first.file).read_text(encoding="utf-8")
    Path(first.file).write_text(
        text_of.replace("column: why_not_no_skills}", "column: why_not_no_need, occurrence: 2}"), encoding="utf-8"
    )
    assert read(text, load_questionnaire(Path(first.file)))[0].values.equals(read(export())[0].values)


def test_a_share_of_answers_may_be_not_understood(tmp_path):
    lenient = with_yaml(tmp_path, "languages: [en]", "languages: [en]\nnot_understood: 0.05")
    text = export().replace(",50 and more,", ",fifty,", 1)
    responses, report = read(text, lenient)
    (found,) = report.not_understood
    assert (found.variable, found.value) == ("staff", "fifty")
    assert responses.missing.loc[found.row - 2, "staff"] == "not_answered"


def test_wave_names_its_own_columns():
    text = export().replace("staff", "Q1", 1)
    columns = replace(WAVE, columns={"staff": "Q1"})
    assert read(text, wave=columns)[0].values.equals(read(export())[0].values)
    by_position = replace(WAVE, columns={"staff": "#2"})
    assert read(text, wave=by_position)[0].values.equals(read(export())[0].values)
    with pytest.raises(StudyError, match="give one for 'staf', .* did you mean 'staff'"):
        read(text, wave=replace(WAVE, columns={"staf": "Q1"}))


def test_weights_must_be_positive():
    lines = export(5).splitlines()
    text = "\n".join(
        [lines[0] + ",w", *(f"{line},{w}" for line, w in zip(lines[1:], ("1", "2,5", "3", "1", "1"), strict=True))]
    )
    text = text.replace("2,5", '"2,5"')
    weighted = replace(WAVE, weight_column="w")
    assert read(text + "\n", wave=weighted)[0].respondents["weight"].tolist() == [1, 2.5, 3, 1, 1]
    with pytest.raises(StudyError, match="row 4, column 'w': the weight is '-3', but must be above 0"):
        read(text.replace(",3\n", ",-3\n") + "\n", wave=weighted)
    with pytest.raises(
        StudyError, match="the weights are in 'wt', but small.csv has no such columns; did you mean 'w'"
    ):
        read(text + "\n", wave=replace(WAVE, weight_column="wt"))


def test_commas_in_weights_are_not_guessed():
    lines = export(3).splitlines()
    text = "\n".join([lines[0] + ",w", lines[1] + ',"1,234"', lines[2] + ",1", lines[3] + ",1"]) + "\n"
    with pytest.raises(StudyError, match="the comma in '1,234' may part decimals or thousands"):
        read(text, wave=replace(WAVE, weight_column="w"))


def test_the_same_file_twice_is_refused(tmp_path):
    paths = [tmp_path / "a.csv", tmp_path / "b.csv"]
    for path in paths:
        path.write_text(export(), encoding="utf-8")
    wave = replace(WAVE, exports=tuple(map(str, paths)), questionnaire=str(QUESTIONNAIRE))
    sha = read_export(paths[0]).sha256
    with pytest.raises(StudyError, match="b.csv and .*a.csv are the same file twice"):
        read_unchanged(wave, [sha, sha])


def test_what_is_not_ticked_can_be_said(tmp_path):
    text = export().replace("Will not use,1", "Will not use,1")
    rows = [line.split(",") for line in text.splitlines()]
    for row in rows[1:]:
        row[12] = {"1": "Gewählt", "": "Leer"}[row[12]] if row[2] == "Will not use" else ""
    changed = "\n".join(",".join(row) for row in rows) + "\n"
    with pytest.raises(
        StudyError, match="add the text to the option's 'spellings' if it means ticked, to 'not_ticked' if"
    ):
        read(changed)
    said = with_yaml(tmp_path, "column: why_not_no_need}", "column: why_not_no_need, spellings: [Gewählt]}")
    path = Path(said.file)
    path.write_text(
        path.read_text(encoding="utf-8").replace("    options:", "    not_ticked: [Leer]\n    options:", 1),
        encoding="utf-8",
    )
    assert read(changed, load_questionnaire(path))[0].values.equals(read(export())[0].values)


def test_personal_text_stays_out_of_messages_and_report(tmp_path):
    text = export().replace(",50 and more,", ",hans@firm.example,", 1)
    with pytest.raises(StudyError, match="a text of 17 characters in row"):
        read(text)
    lenient = with_yaml(tmp_path, "languages: [en]", "languages: [en]\nnot_understood: 0.05")
    _, report = read(text, lenient)
    assert len(report.not_understood) == 1
    assert "hans@" not in str(report.to_dict())


def test_files_that_do_not_exist_are_named_with_the_config_line(tmp_path):
    (tmp_path / "small.csv").write_text(export(), encoding="utf-8")
    wave = replace(WAVE, exports=(str(tmp_path / "smal.csv"),), line="config.yaml, line 5")
    with pytest.raises(
        StudyError, match="config.yaml, line 5: the file '.*smal.csv' does not exist; did you mean 'small.csv'?"
    ):
        read_unchanged(wave, ["missing"])


def test_a_replaced_export_is_refused(tmp_path):
    path = tmp_path / "small.csv"
    path.write_text(export(), encoding="utf-8")
    with pytest.raises(StudyError, match="the export was replaced while the run was under way"):
        read_unchanged(replace(WAVE, exports=(str(path),), questionnaire=str(QUESTIONNAIRE)), ["0" * 64])
