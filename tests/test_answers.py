"""Each type of question, from cells to typed answers; what contradicts itself or is not understood."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import typed_wave
from b2bsurvey.columns import normal
from b2bsurvey.config import Fieldwork
from b2bsurvey.errors import StudyError
from b2bsurvey.ingest import ingest
from b2bsurvey.ingest_table import columns_used
from b2bsurvey.questionnaire_file import load_questionnaire
from b2bsurvey.readers import read_export
from b2bsurvey.responses import HELD_BACK, from_frame, read_parquet, to_parquet
from b2bsurvey.tables import to_csv
from typed_wave import HEADINGS, WAVE, cells, export, questionnaire, read, some_rows

LENIENT = ("languages: [en, de]", "languages: [en, de]\nnot_understood: 0.5")


def answers(folder, name, written, *changes, column=None):
    """Return the answers to a question that is written like this, one respondent a text."""
    return cells(read(export(*({column or name: w} for w in written)), questionnaire(folder, *changes))[0], name)


def sentence(folder, row, *changes, **keywords):
    """Return the sentence that a row stops the wave with, after one that is understood."""
    with pytest.raises(StudyError) as error:
        read(export({}, row, **keywords), questionnaire(folder, *changes))
    assert "q.yaml, line" in str(error.value)
    return str(error.value)


# --- numbers ---


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("30", 30.0), (" 30 ", 30.0), ("30 hours a week", 30.0), ("30 Stunden pro Woche", 30.0), ("30Hours a week", 30.0),
        ("30.0", 30.0), ("3e1", 30.0), ("", "not_answered"), ("Don’t know", "dont_know"), ("-99", "refused"),
    ],
)  # fmt: skip
def test_numbers_are_read_with_their_unit_in_any_language(tmp_path, written, number):
    assert answers(tmp_path, "hours", [written]) == [number]


@pytest.mark.parametrize(
    ("decimal", "written", "numbers"),
    [
        ("", ["2.5", "3"], [2.5, 3]),
        ("", ["2,5", "3"], [2.5, 3]),
        ("", ["0.125"], [0.125]),
        ("", ["1’234", "5 678"], [1234, 5678]),
        ("decimal: comma", ["1.234,5", "2,5", "1'234"], [1234.5, 2.5, 1234]),
        ("decimal: point", ["1,234.5", "2.5", "1,234"], [1234.5, 2.5, 1234]),
        ("decimal: comma", ["1,234"], [1.234]),
    ],
)  # fmt: skip
def test_decimal_signs_are_declared_or_clear(tmp_path, decimal, written, numbers):
    assert (
        answers(tmp_path, "posts", written, ("    min: 0\n  founded", f"    min: 0\n    {decimal}\n  founded"))
        == numbers
    )


@pytest.mark.parametrize("written", [["1,234"], ["1.234", "12.500"], ["1.234,5"], ["1,234.5"], ["2,5", "2.5"]])
def test_a_sign_that_may_part_thousands_asks_for_decimal(tmp_path, written):
    with pytest.raises(StudyError) as error:
        answers(tmp_path, "posts", written)
    assert f"column 6: the sign in '{written[0]}' in row 2 may part decimals or thousands; " in str(error.value)
    assert "say 'decimal: comma' or 'decimal: point' for 'posts' at " in str(error.value)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"hours": "200"}, "'200' in row 3 is no answer of 'hours'; a whole number from 0 to 168 was expected"),
        ({"hours": "2.5"}, "'2.5' in row 3 is no answer of 'hours'; a whole number from 0 to 168 was expected"),
        ({"hours": "5-10"}, "'5-10' in row 3 is no answer of 'hours'"),
        ({"hours": "9" * 400}, "a text of 400 characters in row 3 is no answer of 'hours'"),
        ({"hours": "30 days"}, "'30 days' in row 3 is no answer of 'hours'"),
        ({"hours": "about ten, ask Anna Meier"}, "a text of 25 characters in row 3 is no answer of 'hours'"),
        ({"posts": "1e999"}, "'1e999' in row 3 is no answer of 'posts'"),
        ({"posts": "-1"}, "'-1' in row 3 is no answer of 'posts'; a number from 0 was expected, so correct the export, or"),
        ({"founded": "31.02.2013"}, "'31.02.2013' in row 3 is no answer of 'founded'; a day written as %d.%m.%Y from 1800"),
        ({"founded": "01.05.1700"}, "'01.05.1700' in row 3 is no answer of 'founded'"),
        ({"founded": "01.05.2999"}, "'01.05.2999' in row 3 is no answer of 'founded'"),
        ({"founded": "05/13/2013"}, "was expected, so correct 'format' or the export, or add the text to its 'missing' at"),
        ({"rank[time]": "first"}, "'first' in row 3 is no answer of 'main_barriers'; a rank from 1 to 3 was expected"),
        ({"rank[time]": "0"}, "'0' in row 3 is no answer of 'main_barriers'"),
        ({"shares[sales]": "-5"}, "'-5' in row 3 is no answer of 'post_shares'; a number was expected"),
        ({"attitudes[customers]": "Agre"}, "'Agre' in row 3 is no answer of 'attitudes'; did you mean 'Agree'?"),
    ],
)  # fmt: skip
def test_what_is_not_understood_stops_with_place_and_remedy(tmp_path, row, expected):
    found = sentence(tmp_path, row)
    assert expected in found
    assert found.startswith("types.csv, column ")


def test_what_is_not_understood_can_be_let_pass_and_is_reported(tmp_path):
    responses, report = read(export({"hours": "200"}, {"hours": "7"}), questionnaire(tmp_path, LENIENT))
    assert cells(responses, "hours") == ["not_answered", 7.0]
    assert [(n.row, n.variable, n.value) for n in report.not_understood] == [(2, "hours", "200")]


# --- days ---


@pytest.mark.parametrize(
    ("form", "written", "day"),
    [
        ('"%d.%m.%Y"', "31.05.1999", "1999-05-31"),
        ('"%d.%m.%Y"', "1.5.1999", "1999-05-01"),
        ('"%d.%m.%Y"', "1999-05-31 00:00:00", "1999-05-31"),  # a date cell of a spreadsheet
        ("serial", "36311", "1999-05-31"),
        ("serial", "36311.75", "1999-05-31"),
        ('"%Y-%d-%m"', "1999-31-05", "1999-05-31"),
    ],
)
def test_dates_are_read_as_declared(tmp_path, form, written, day):
    (found,) = answers(tmp_path, "founded", [written], ('"%d.%m.%Y"', form))
    assert found == np.datetime64(day)


def test_iso_is_the_default_and_formats_are_not_mixed(tmp_path):
    no_format = ('    format: "%d.%m.%Y"\n', "")
    assert answers(tmp_path, "founded", ["1999-05-31"], no_format) == [np.datetime64("1999-05-31")]
    assert "a day written as 2013-05-31" in sentence(tmp_path, {"founded": "31.05.1999"}, no_format)
    # 1999-05-31 is no day of year, day, month
    assert "is no answer of 'founded'" in sentence(tmp_path, {"founded": "1999-05-31"}, ('"%d.%m.%Y"', '"%Y-%d-%m"'))


def test_no_day_after_that_of_the_answer(tmp_path):
    asked = questionnaire(tmp_path)
    wave = replace(WAVE, fieldwork=Fieldwork(end="2013-06-30"))
    assert cells(read(export({"founded": "30.06.2013"}), asked, wave)[0], "founded") == [np.datetime64("2013-06-30")]
    with pytest.raises(StudyError, match="'01.07.2013' in row 2 is no answer of 'founded'"):
        read(export({"founded": "01.07.2013"}), asked, wave)
    later = questionnaire(tmp_path, ("    min: 1800-01-01", "    max: 2030-01-01"))
    assert cells(read(export({"founded": "01.07.2029"}), later, wave)[0], "founded") == [np.datetime64("2029-07-01")]


# --- texts ---


def test_open_answers_leave_the_ingest_only_when_cleared(tmp_path):
    text = export({"remark": " Ask Anna. "}, {"remark": ""}, {"sector_text": "Anna's farm", "channels": "Annagram"})
    asked = questionnaire(tmp_path)
    responses, report = read(text, asked)
    assert cells(responses, "remark") == [HELD_BACK, "not_answered", "not_answered"]
    assert responses.is_answered("remark").tolist() == [True, False, False]
    everything = to_csv(responses.to_frame()) + str(report) + str(report.to_dict())
    assert "Anna" not in everything
    cleared, report = read(text, asked, replace(WAVE, cleared_answers=("remark",)))
    assert cells(cleared, "remark") == ["Ask Anna.", "not_answered", "not_answered"]
    assert "farm" not in to_csv(cleared.to_frame()) + str(report)


# --- rankings ---


def ranks(responses):
    return [
        [responses.values.loc[row, f"main_barriers_{i}"] for i in typed_wave.ITEMS["rank"]]
        for row in responses.values.index
    ]


RANKED = [["1", "2", "3", ""], ["", "1", "", ""], ["3", "", "", "1"], ["", "", "", ""]]
EXPECTED = [[1, 2, 3, 4], [3, 1, 3, 3], [3, 3, 3, 1], [np.nan] * 4]
BY_RANK = ('column: "rank[{item}]"', 'column: "rank[{rank}]"')


def row_of(places):
    return {f"rank[{item}]": rank for item, rank in zip(typed_wave.ITEMS["rank"], places, strict=True)}


def test_a_column_an_item_holds_its_rank_and_the_others_share_what_is_left(tmp_path):
    responses, report = read(export(*map(row_of, RANKED)), questionnaire(tmp_path))
    np.testing.assert_array_equal(ranks(responses), EXPECTED)
    assert set(responses.missing.loc[3, "main_barriers_privacy":"main_barriers_money"]) == {"not_answered"}
    assert report.contradictory == {}


def test_a_column_a_rank_and_one_cell_give_the_same(tmp_path):
    labels = {"privacy": "Privacy", "time": "Keine Zeit", "skills": "skills", "money": "NO MONEY"}
    headings = (*(h for h in HEADINGS if not h.startswith("rank")), "rank[1]", "rank[2]", "rank[3]")
    orders = [["privacy", "time", "skills"], ["time"], ["money", "", "privacy"], []]
    rows = [{f"rank[{r}]": labels.get(i, "") for r, i in enumerate(o, start=1)} for o in orders]
    responses, report = read(export(*rows, headings=headings), questionnaire(tmp_path, BY_RANK))
    np.testing.assert_array_equal(ranks(responses), EXPECTED)
    assert columns_used(report.to_dict())["main_barriers_time"] == "rank[1]; rank[2]; rank[3]"
    headings = (*(h for h in HEADINGS if not h.startswith("rank")), "ranked")
    rows = [{"ranked": ";".join(labels[i] for i in o if i)} for o in orders if "" not in o]
    joined = questionnaire(tmp_path, ('column: "rank[{item}]"', 'column: ranked\n    joined: ";"'))
    responses, _ = read(export(*rows, headings=headings), joined)
    np.testing.assert_array_equal(ranks(responses), [EXPECTED[0], EXPECTED[1], EXPECTED[3]])


def test_rankings_that_contradict_themselves_are_set_aside_and_counted(tmp_path):
    rows = [["1", "1", "2", ""], ["1", "2", "3", "4"], ["1", "2", "", ""]]
    responses, report = read(export(*map(row_of, rows)), questionnaire(tmp_path))
    np.testing.assert_array_equal(ranks(responses), [[np.nan] * 4, [np.nan] * 4, [1, 2, 3.5, 3.5]])
    assert set(responses.missing.loc[0, "main_barriers_privacy":"main_barriers_money"]) == {"not_answered"}
    assert report.contradictory == {"repeated_rank": {"main_barriers": 1}, "rank_above_most": {"main_barriers": 1}}
    headings = (*(h for h in HEADINGS if not h.startswith("rank")), "rank[1]", "rank[2]", "rank[3]")
    twice = export({"rank[1]": "Privacy", "rank[3]": "privacy"}, headings=headings)
    responses, report = read(twice, questionnaire(tmp_path, BY_RANK))
    assert report.contradictory == {"repeated_rank": {"main_barriers": 1}}
    assert np.isnan(ranks(responses)).all()


def test_an_item_that_is_none_is_named(tmp_path):
    headings = (*(h for h in HEADINGS if not h.startswith("rank")), "rank[1]", "rank[2]", "rank[3]")
    found = sentence(tmp_path, {"rank[2]": "Privaci"}, BY_RANK, headings=headings)
    assert (
        "('rank[2]'): 'Privaci' in row 3 is no answer of 'main_barriers'; did you mean 'Privacy'?; correct the label at"
        in found
    )


def test_reasons_of_single_items_are_kept(tmp_path):
    responses, _ = read(
        export(row_of(["1", "Don't know", "", ""]), row_of(["Don't know"] * 4)), questionnaire(tmp_path)
    )
    assert cells(responses, "main_barriers_time") == ["dont_know", "dont_know"]
    assert cells(responses, "main_barriers_money") == [3.0, "dont_know"]


@settings(max_examples=12, deadline=None)
@given(st.lists(st.permutations([1, 2, 3, 4]), min_size=1, max_size=5), st.data())
def test_all_ranks_of_a_respondent_have_the_same_sum(tmp_path_factory, orders, data):
    most = data.draw(st.integers(1, 4))
    rows = [row_of([str(r) if r <= most else "" for r in order]) for order in orders]
    asked = questionnaire(tmp_path_factory.mktemp("q"), ("most: 3", f"most: {most}"))
    found = np.array(ranks(read(export(*rows), asked)[0]))
    np.testing.assert_allclose(found.sum(axis=1), 10)


# --- constant sums ---


def test_blanks_are_nothing_and_a_wrong_sum_is_set_aside(tmp_path):
    rows = [
        ("60", "40", ""),
        ("", "", ""),
        ("33", "33", "33"),
        ("60", "30", ""),
        ("33,3", "33,3", "33,4"),
        ("100", "100", ""),
    ]
    block = [f"shares[{i}]" for i in typed_wave.ITEMS["shares"]]
    text = export(*(dict(zip(block, row, strict=True)) for row in rows))
    responses, report = read(text, questionnaire(tmp_path))
    found = [cells(responses, f"post_shares_{i}") for i in typed_wave.ITEMS["shares"]]
    assert list(zip(*found, strict=True)) == [
        (60, 40, 0),
        ("not_answered",) * 3,
        (33, 33, 33),
        ("not_answered",) * 3,
        (33.3, 33.3, 33.4),
        ("not_answered",) * 3,
    ]
    assert report.contradictory == {"sum_off_total": {"post_shares": 2}}


# --- several options in one cell ---


@pytest.mark.parametrize(
    ("joined", "written", "ticked"),
    [
        (", ", "LinkedIn, Xing", {"linkedin", "xing"}),
        (", ", "Blogs, wikis and the like", {"blogs"}),
        (", ", "Xing, Blogs, Wikis und dergleichen, LinkedIn", {"xing", "blogs", "linkedin"}),
        (", ", "Weblogs, but none of mine, LinkedIn", {"other", "linkedin"}),
        (";", "LinkedIn;Blogs, wikis and the like;", {"linkedin", "blogs"}),
        (" ", "linkedin blogs", {"linkedin", "blogs"}),
        (" ", "None of these", {"none"}),
        (", ", "Others by far", {"other"}),
    ],
)
def test_options_joined_in_one_cell(tmp_path, joined, written, ticked):
    asked = questionnaire(tmp_path, ('joined: ", "', f'joined: "{joined}"'))
    responses, report = read(export({"channels": written}), asked)
    assert {
        i.code for i in asked.questions["channels"].items if cells(responses, f"channels_{i.code}") == [1]
    } == ticked
    assert report.not_understood == ()
    assert columns_used(report.to_dict())["channels_xing"] == "channels"


def test_what_is_no_option_is_named_where_no_option_is_open(tmp_path):
    closed = ('other: {label: {en: "Other", de: "Andere"}, open: true}', 'other: {label: {en: "Other", de: "Andere"}}')
    found = sentence(tmp_path, {"channels": "LinkedIn, Xin"}, closed)
    assert (
        "column 9 ('channels'): 'Xin' in row 3 is no answer of 'channels'; did you mean 'Xing'?; correct the label at"
        in found
    )
    responses, report = read(
        export({"channels": "LinkedIn, Xin"}, {}),
        questionnaire(tmp_path, closed, ("languages: [en, de]", "languages: [en, de]\nnot_understood: 1")),
    )
    assert cells(responses, "channels_linkedin") == [1, "not_answered"]
    assert [(n.row, n.variable, n.value) for n in report.not_understood] == [(2, "channels", "Xin")]


def test_an_exclusive_option_ticked_with_others_is_set_aside(tmp_path):
    rows = [{"channels": "LinkedIn, None of these"}, {"channels": "None of these"}, {}, {"channels": "Don't know"}]
    responses, report = read(export(*rows), questionnaire(tmp_path))
    assert cells(responses, "channels_none") == [0, 1, "not_answered", "dont_know"]
    assert cells(responses, "channels_linkedin") == [1, 0, "not_answered", "dont_know"]
    assert report.contradictory == {"exclusive_with_others": {"channels": 1}}


# --- single choices with an open answer ---


IN_CELL = ("open: true, column: sector_text}", "open: true}")


def test_the_text_of_an_open_answer_stands_in_its_column_or_in_the_cell(tmp_path):
    rows = [("Industry", ""), ("", "farm"), ("Andere", "farm"), ("Services", "farm"), ("", ""), ("Weiss nicht", "farm")]
    responses, _ = read(export(*({"sector": s, "sector_text": t} for s, t in rows)), questionnaire(tmp_path))
    assert cells(responses, "sector") == ["industry", "other", "other", "services", "not_answered", "dont_know"]
    rows = ["Industry", "a farm", "Other", "", "don’t know"]
    assert answers(tmp_path, "sector", rows, IN_CELL) == ["industry", "other", "other", "not_answered", "dont_know"]
    assert "'farm' in row 3 is no answer of 'sector'" in sentence(tmp_path, {"sector": "farm"})


def test_open_answers_are_coded(tmp_path):
    coding = 'text;code\n"Our  FARM";farming\nfactory;industry\nnone of your business;refused\n'
    written = ["our farm", "Factory", "None of your business", "school", ""]
    rows = [{"sector_text": text} for text in written]
    responses, report = read(
        export(*rows, {"sector": "industry", "sector_text": "our farm"}), questionnaire(tmp_path, coding=coding)
    )
    assert cells(responses, "sector_coded") == ["farming", "industry", "refused", "other", "not_answered", "industry"]
    assert cells(responses, "sector") == ["other"] * 4 + ["not_answered", "industry"]
    assert report.back_coded == {"sector_coded": {"coded": 3, "not_coded": 1}}
    assert "school" not in str(report)


def test_open_options_are_coded_into_several(tmp_path):
    coded = ("back_code: {of: sector,", "back_code: {of: channels,")
    coding = "text,code\nlinkedin and newsgroups,linkedin\nlinkedin and newsgroups,farming\n"
    rows = [{"channels": "Xing, LinkedIn and newsgroups"}, {"channels": "Xing, smoke signs"}, {"channels": "Xing"}, {}]
    responses, report = read(
        export(*rows),
        questionnaire(
            tmp_path,
            coded,
            ("sector: sector_coded", "channels: sector_coded"),
            ("\n  channels: channels", ""),
            coding=coding,
        ),
    )
    found = {i: cells(responses, f"sector_coded_{i}") for i in ("linkedin", "xing", "other", "farming")}
    assert found == {
        "linkedin": [1, 0, 0, "not_answered"],
        "xing": [1, 1, 1, "not_answered"],
        "other": [0, 1, 0, "not_answered"],
        "farming": [1, 0, 0, "not_answered"],
    }
    assert report.back_coded == {"sector_coded": {"coded": 1, "not_coded": 1}}


@pytest.mark.parametrize(
    ("coding", "expected"),
    [
        ("text,codes\n", "sector.csv, line 1: the header must be 'text,code', but is 'text,codes'"),
        ("text,code\nfarm,farmin\n", "sector.csv, line 2: 'farmin' is not an answer there; did you mean 'farming'?"),
        (
            "text,code\na, farm,farming\n",
            "line 2: a line has a text and a code, but this one has 3 fields; put a text with",
        ),
        (
            "text,code\nfarm,farming\nFarm,industry\n",
            "line 3: the same text has the code 'farming' further up; a single",
        ),
    ],
)
def test_mistakes_in_a_coding_name_file_and_line(tmp_path, coding, expected):
    with pytest.raises(StudyError) as error:
        read(export({}), questionnaire(tmp_path, coding=coding))
    assert expected in str(error.value)


def test_a_coding_that_is_not_there_is_named(tmp_path):
    asked = questionnaire(tmp_path)
    (tmp_path / "sector.csv").rename(tmp_path / "sectors.csv")
    with pytest.raises(
        StudyError, match="q.yaml, line .*: there is no file '.*sector.csv'; did you mean 'sectors.csv'?"
    ):
        read(export({}), asked)


def test_the_text_of_an_open_option_with_its_own_column_is_coded(tmp_path):
    coded = ("back_code: {of: sector,", "back_code: {of: channels,")
    role = (("sector: sector_coded", "channels: sector_coded"), ("\n  channels: channels", ""))
    separate = ('    joined: ", "\n', "")
    headings = (*(h for h in HEADINGS if h != "channels"), "linkedin", "xing", "blogs", "other", "none")
    rows = [{"xing": "1", "other": "Linked In"}, {"other": "smoke signs"}, {"xing": "1"}]
    asked = questionnaire(tmp_path, coded, *role, separate, coding="text,code\nlinked in,linkedin\n")
    responses, report = read(export(*rows, headings=headings), asked)
    assert cells(responses, "sector_coded_linkedin") == [1, 0, 0]
    assert cells(responses, "sector_coded_other") == [0, 1, 0]
    assert cells(responses, "channels_other") == [1, 1, 0]
    assert report.back_coded == {"sector_coded": {"coded": 1, "not_coded": 1}}


def test_surveymonkey_has_the_text_field_within_the_block_of_the_question(tmp_path):
    """Two header rows: the question over its block, `Response` and the text field below it."""
    block = ("  sector:\n    type: single\n", '  sector:\n    type: single\n    column: "What is your sector?"\n')
    field = ("column: sector_text}", 'column: "Other (please specify)"}')
    names = [h for h in HEADINGS if h not in ("Respondent ID", "sector", "sector_text")]
    heads = [
        ["Respondent ID", "What is your sector?", "", *names],
        ["", "Response", "Other (please specify)", *["Response"] * len(names)],
    ]
    rows = [["1", "Industry", "", *[""] * len(names)], ["2", "", "a farm", *[""] * len(names)]]
    text = "\n".join(",".join(row) for row in [*heads, *rows]) + "\n"
    raw = read_export(Path("types.csv"), "surveymonkey", data=text.encode())
    responses, report = ingest([raw], questionnaire(tmp_path, block, field), b"key", WAVE)
    assert cells(responses, "sector") == ["industry", "other"]
    assert report.files[0]["extra"] == ()


# --- labels that the file declares ---


def labelled(text, name, values, missing=()):
    """Return the export with value labels and missing values declared for a column, as .sav files have them."""
    raw = read_export(Path("types.csv"), data=text.encode())
    columns = tuple(
        replace(c, values=values, missing=missing) if name in (c.question, f"{c.question}[{c.item}]") else c
        for c in raw.columns
    )
    assert columns != raw.columns
    return replace(raw, columns=columns)


def test_a_value_is_known_by_the_label_that_the_file_gives_it(tmp_path):
    asked = questionnaire(tmp_path)
    raw = labelled(
        export(*({"sector": s} for s in ("17", "18", "98", "99", "")), {"sector": "services"}),
        "sector",
        {"17": "INDUSTRY", "18": "Dienstleistungen", "98": "Don't know"},
        ("99",),
    )
    responses, _ = ingest([raw], asked, b"key", WAVE)
    assert cells(responses, "sector") == [
        "industry",
        "services",
        "dont_know",
        "not_answered",
        "not_answered",
        "services",
    ]
    raw = labelled(
        export({"hours": "999"}, {"hours": "998"}, {"hours": "7"}), "hours", {"998": "Weiss nicht"}, ("998", "999")
    )
    assert cells(ingest([raw], asked, b"key", WAVE)[0], "hours") == ["not_answered", "dont_know", 7.0]


def test_the_questionnaire_says_what_a_declared_missing_value_means(tmp_path):
    text = export({"attitudes[customers]": "1"}, {"attitudes[customers]": "-99"})
    raw = labelled(text, "attitudes[customers]", {}, ("1", "-99"))
    assert cells(ingest([raw], questionnaire(tmp_path), b"key", WAVE)[0], "attitudes_customers") == [
        "disagree",
        "refused",
    ]


def test_labels_that_contradict_the_questionnaire_stop_the_wave(tmp_path):
    raw = labelled(export({"attitudes[customers]": "1"}), "attitudes[customers]", {"1": "Agree", "3": "Disagree"})
    with pytest.raises(StudyError) as error:
        ingest([raw], questionnaire(tmp_path), b"key", WAVE)
    assert (
        "'1' stands for 'disagree' of 'attitudes', but column 17 of types.csv labels it 'Agree', which is 'agree'"
        in str(error.value)
    )


def test_ticks_follow_the_labels_of_the_file(tmp_path):
    separate = ('    joined: ", "\n', "")
    headings = (*(h for h in HEADINGS if h != "channels"), "linkedin", "xing", "blogs", "other", "none")
    raw = labelled(
        export({"linkedin": "1", "xing": "1"}, {"linkedin": "2", "xing": "1"}, headings=headings),
        "linkedin",
        {"1": "No", "2": "Yes"},
    )
    responses, _ = ingest([raw], questionnaire(tmp_path, separate), b"key", WAVE)
    assert cells(responses, "channels_linkedin") == [0, 1]


# --- waves ---


def test_a_wave_has_its_own_wording_and_leaves_out_what_it_did_not_ask(tmp_path):
    headings = tuple("n_posts" if h == "posts" else h for h in HEADINGS if h not in ("founded", "attitudes[nobody]"))
    text = export(
        {"attitudes[customers]": "Agree fully", "attitudes[partners]": "3", "n_posts": "4"}, headings=headings
    )
    later = questionnaire(tmp_path, wave="later")
    responses, report = read(text, later)
    assert cells(responses, "founded") == cells(responses, "attitudes_nobody") == ["not_shown"]
    assert cells(responses, "attitudes_customers") == ["agree"]
    assert cells(responses, "pressure") == [3.0]
    assert columns_used(report.to_dict())["posts"] == "n_posts"
    assert report.notes == ()
    with pytest.raises(StudyError, match="types.csv has no column headed 'founded'"):
        read(text.replace("n_posts", "posts"), questionnaire(tmp_path))
    _, other = read(export({}), questionnaire(tmp_path, wave="latre"))
    assert other.notes == ("the questionnaire words something for other waves only: later",)


def test_what_is_derived_from_what_was_left_out_is_shown_to_nobody(tmp_path):
    gone = ("      founded: {not_asked: true}", "      posts: {not_asked: true}")
    sector = ('sector: {text: {en: "In which sector are you?"}}', "sector: {not_asked: true}")
    alone = ("items: {nobody: {not_asked: true}}", "items: {nobody: {not_asked: true}, partners: {not_asked: true}}")
    asked = questionnaire(tmp_path, gone, sector, alone, wave="later")
    responses, _ = read(export(*some_rows(3, seed=1)), asked)
    for name in ("posts", "sector", "posts_per_hour", "sector_coded", "pressure", "attitudes_partners"):
        assert cells(responses, name) == ["not_shown"] * 3
    assert from_frame(responses.to_frame(), asked).values.equals(responses.values)


def test_a_scale_of_which_no_item_was_asked_has_no_score(tmp_path):
    gone = ("items: {nobody: {not_asked: true}}", "not_asked: true")
    responses, _ = read(
        export({"n_posts": "3"}, headings=(*HEADINGS, "n_posts")), questionnaire(tmp_path, gone, wave="later")
    )
    assert cells(responses, "pressure") == ["not_shown"]


def test_the_column_of_the_config_goes_before_that_of_the_questionnaire(tmp_path):
    headings = tuple({"posts": "mine", "sector_text": "txt"}.get(h, h) for h in HEADINGS if h != "founded")
    wave = replace(WAVE, columns={"posts": "mine", "sector.other": "txt"})
    responses, _ = read(
        export({"mine": "4", "txt": "farm"}, headings=headings), questionnaire(tmp_path, wave="later"), wave
    )
    assert (cells(responses, "posts"), cells(responses, "sector")) == ([4.0], ["other"])


# --- laws ---


def in_labels(row, language):
    """Return a row of codes as a platform exports it in labels of a language."""
    asked = load_questionnaire(typed_wave.QUESTIONNAIRE)
    labels = {a.code: a.label[language] for a in asked.questions["attitudes"].answers}
    labels |= {
        a.code: a.label[language] for n in ("consent", "sector", "attention") for a in asked.questions[n].answers
    }
    channels = {i.code: i.label[language] for i in asked.questions["channels"].items}
    written = {h: labels.get(cell, cell) for h, cell in row.items()}
    written["channels"] = ", ".join(channels[c] for c in row["channels"].split(", ") if c)
    if row["hours"]:
        written["hours"] += f" {asked.questions['hours'].unit[language]}"
    return written


@pytest.mark.parametrize("language", ["en", "de"])
def test_an_export_of_codes_and_one_of_labels_give_the_same_answers(tmp_path, language):
    rows = some_rows(60, seed=7)
    asked = questionnaire(tmp_path)
    codes, report = read(export(*rows), asked)
    labels, other = read(export(*(in_labels(row, language) for row in rows)), asked)
    assert len(codes) == 60
    assert codes.values.equals(labels.values)
    assert codes.missing.equals(labels.missing)
    assert codes.respondents.equals(labels.respondents)
    assert (report.contradictory, report.misrouted) == (other.contradictory, other.misrouted)


SPELLINGS = st.lists(st.text("abcxyz0123456789 .-/", min_size=1, max_size=8), min_size=3, max_size=3, unique_by=normal)


@settings(max_examples=8, deadline=None)
@given(SPELLINGS.filter(lambda spellings: all(map(normal, spellings)) and "-99" not in spellings))
def test_however_answers_are_spelt_they_are_the_same(tmp_path_factory, spellings):
    rows = some_rows(10, seed=4)
    folder = tmp_path_factory.mktemp("q")
    codes = ("disagree", "neither", "agree")
    changes = [(f"spellings: [{i}]", f'spellings: ["{s}"]') for i, s in enumerate(spellings, start=1)]
    spelt = dict(zip(codes, spellings, strict=True))
    recoded = [{h: spelt.get(c, c) if h.startswith("attitudes") else c for h, c in row.items()} for row in rows]
    one, other = (
        read(export(*rows), questionnaire(folder))[0],
        read(export(*recoded), questionnaire(folder, *changes))[0],
    )
    assert one.values.equals(other.values)
    assert one.missing.equals(other.missing)


@settings(max_examples=10, deadline=None)
@given(st.permutations(range(20)))
def test_permuted_rows_give_permuted_answers(tmp_path_factory, order):
    asked = questionnaire(tmp_path_factory.mktemp("q"))
    rows = [{"Respondent ID": f"r{i}"} | row for i, row in enumerate(some_rows(20, seed=3))]
    one, other = read(export(*rows), asked)[0], read(export(*(rows[i] for i in order)), asked)[0]
    for before, after in ((one.values, other.values), (one.missing, other.missing)):
        assert after.equals(before.iloc[list(order)].reset_index(drop=True))
    assert other.respondents["respondent"].tolist() == one.respondents["respondent"].iloc[list(order)].tolist()


def test_every_kind_goes_through_the_files_unchanged(tmp_path):
    asked = questionnaire(tmp_path)
    responses, _ = read(export(*some_rows(20, seed=5), {"remark": "x"}), asked)
    again = from_frame(responses.to_frame(), asked)
    (tmp_path / "r.parquet").write_bytes(to_parquet(responses))
    stored = read_parquet(str(tmp_path / "r.parquet"), asked)
    for other in (again, stored):
        assert other.values.equals(responses.values)
        assert other.missing.equals(responses.missing)
    assert to_parquet(responses) == to_parquet(responses)
    assert ",1999-05-31," in to_csv(read(export({"founded": "31.05.1999"}), asked)[0].to_frame())


def test_two_exports_of_a_wave_are_joined_with_their_counts(tmp_path):
    asked = questionnaire(tmp_path)
    texts = [
        export({"channels": "LinkedIn, none", "sector_text": "a"}),
        export({"channels": "Xing, none"}, {"sector_text": "b"}),
    ]
    raws = [replace(read_export(Path("types.csv"), data=t.encode()), file=f"{i}.csv") for i, t in enumerate(texts)]
    responses, report = ingest(raws, asked, b"key", WAVE)
    assert len(responses) == 3
    assert report.contradictory == {"exclusive_with_others": {"channels": 2}}
    assert report.back_coded == {"sector_coded": {"coded": 0, "not_coded": 2}}
