"""Banners: letters counted by hand, columns that overlap, and what they are in the workbook."""

import io
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from scipy.stats import norm
from statsmodels.stats.multitest import multipletests

from b2bsurvey.config import Wave
from b2bsurvey.ingest import ingest
from b2bsurvey.questionnaire_file import load_questionnaire
from b2bsurvey.readers import read_export
from b2bsurvey.render.banner_tables import banner_table, letter
from b2bsurvey.render.labels import Labels
from b2bsurvey.render.wave_tables import printed_tables
from b2bsurvey.render.workbook import workbook
from rendered_wave import LANGUAGES, finished, hostile, shipped

QUESTIONNAIRE = """
title: {en: "Banner"}
source: {en: "Synthetic test data"}
languages: [en]
roles: {sector: sector, adoption: likes, priorities: uses, activities: score, banner: uses}
questions:
  sector:
    type: single
    text: {en: "Sector?"}
    short: {en: "Sector"}
    answers:
      north: {label: {en: "North"}}
      south: {label: {en: "South"}}
      west: {label: {en: "West"}}
      few: {label: {en: "Few"}}
  likes:
    type: single
    text: {en: "Do you like it?"}
    short: {en: "Likes it"}
    answers: {yes: {label: {en: "Yes"}}, no: {label: {en: "No"}}}
  score:
    type: battery
    level: interval
    text: {en: "How much?"}
    short: {en: "Score"}
    column: "score_{item}"
    items: {a: {label: {en: "First"}}, b: {label: {en: "Second"}}}
    answers:
      low: {label: {en: "Low"}}
      mid: {label: {en: "Mid"}}
      high: {label: {en: "High"}}
    top: [high]
  uses:
    type: tick_all
    text: {en: "Which do you use?"}
    short: {en: "Uses"}
    options:
      mail: {label: {en: "Mail"}, column: uses_mail}
      phone: {label: {en: "Phone"}, column: uses_phone}
"""
LIKED = {"North": (60, 100), "South": (52, 120), "West": (30, 100), "Few": (20, 20)}


@cache
def answers() -> pd.DataFrame:
    """340 respondents: as many as `LIKED` says like it in each sector; who likes it rather uses mail, others phone."""
    rng, rows = np.random.default_rng(5), []
    for sector, (liked, n) in LIKED.items():
        for i in range(n):
            likes = i < liked
            mail, phone = rng.random() < (0.8 if likes else 0.3), rng.random() < (0.4 if likes else 0.8)
            scores = ["High" if sector == "North" and i % 4 else ("Low", "Mid", "High")[i % 3], "Mid"]
            ticks = ["1" if ticked else "" for ticked in (mail or not phone, phone)]
            rows.append([f"r{len(rows)}", sector, "Yes" if likes else "No", *scores, *ticks])
    names = ["Respondent ID", "sector", "likes", "score_a", "score_b", "uses_mail", "uses_phone"]
    return pd.DataFrame(rows, columns=names)


def wave(table=None, text=QUESTIONNAIRE):
    with TemporaryDirectory() as name:
        (Path(name) / "q.yaml").write_text(text, encoding="utf-8")
        questionnaire = load_questionnaire(Path(name) / "q.yaml", ["en"])
    given_wave = Wave("banner", ("b.csv",), "q.yaml", "open_link", origin="synthetic")
    data = (answers() if table is None else table).to_csv(index=False).encode()
    responses, report = ingest([read_export(Path("b.csv"), data=data)], questionnaire, b"key", given_wave)
    return finished("Banner", given_wave, questionnaire, responses, report)


@cache
def results():
    return wave()


def table(found=None, analysis="usage"):
    found = found or results()
    return banner_table(found, Labels(found.questionnaire, "en"), analysis)


def marks(banner, section, label):
    """Return the letters under a row by the label of the column, empty ones left out."""
    rows = list(banner.rows)
    place = next(i for i, row in enumerate(rows) if (row.section, row.label) == (section, label))
    below = rows[place + 1] if place + 1 < len(rows) else rows[place]
    if not any(cell.kind == "letters" for cell in below.cells):
        return {}
    return {c.heading: cell.value for c, cell in zip(banner.columns, below.cells, strict=True) if cell.value}


def test_letters_agree_with_those_counted_by_hand():
    """60 %, 43.3 % and 30 %: z = 2.50, 4.47 and 2.07, by Holm p = 0.025, 0.00003 and 0.039; 20 are too few."""
    assert marks(table(), "Likes it", "Yes") | {"Mail": "", "Phone": ""} == {
        "North": "bC", "South": "c", "Mail": "", "Phone": "",
    }  # fmt: skip
    shares = [likes / n for likes, n in list(LIKED.values())[:3]]
    pairs = [(0, 1), (0, 2), (1, 2)]
    variance = [p * (1 - p) / n for p, (_, n) in zip(shares, LIKED.values(), strict=False)]
    z = [(shares[i] - shares[j]) / np.sqrt(variance[i] + variance[j]) for i, j in pairs]
    adjusted = multipletests(2 * norm.sf(z), method="holm")[1]
    assert (adjusted[0] > 0.01, adjusted[0] < 0.05, adjusted[1] < 0.01, 0.01 < adjusted[2] < 0.05) == (True,) * 4


def test_spss_would_set_no_letter_where_bonferroni_is_stricter():
    """SPSS Custom Tables by its rules: pooled z, Bonferroni within the row; South is then not above West."""
    pooled = (52 + 30) / 220
    z = (52 / 120 - 0.3) / np.sqrt(pooled * (1 - pooled) * (1 / 120 + 1 / 100))
    assert 3 * 2 * norm.sf(z) > 0.05
    assert "SPSS Custom Tables may set other letters" in table().notes[2]


def test_means_take_the_letters_of_the_pairs_after_their_test():
    tests = results().tests["usage"]
    pairs = tests[(tests["role"] == "posthoc") & (tests["question"] == "score") & (tests["item"] == "a")]
    assert set(pairs["test"]) == {"welch_t"}
    below = pairs.set_index("comparison")["p_adjusted"]
    expected = "".join(
        other if below[f"north / {code}"] < 0.01 else other.lower()
        for other, code in (("B", "south"), ("C", "west"))
        if below[f"north / {code}"] < 0.05
    )
    assert expected
    assert marks(table(), "Score: Mean", "First")["North"] == expected
    assert marks(table(), "Score: Mean", "Second") == {}


def test_columns_that_overlap_are_those_who_use_an_item():
    data = answers()
    row = next(r for r in table().rows if (r.section, r.label) == ("Likes it", "Yes"))
    found = {c.heading: cell.value for c, cell in zip(table().columns, row.cells, strict=True)}
    for name in ("mail", "phone"):
        users = data[data[f"uses_{name}"] == "1"]
        assert found[name.capitalize()] == pytest.approx((users["likes"] == "Yes").mean())
    assert ((data["uses_mail"] == "1") & (data["uses_phone"] == "1")).sum() > 50, "they do overlap"
    assert marks(table(), "Likes it", "Yes")["Mail"] == "B"
    assert not any(c.group == "Uses" for c in banner_columns_of("uses")), "a question is no column beside itself"


def banner_columns_of(question):
    """Return the columns that have a number in the rows of a question."""
    rows = [row for row in table().rows if row.question == question]
    used = {i for row in rows for i, cell in enumerate(row.cells) if isinstance(cell.value, float)}
    return [table().columns[i] for i in used]


def test_bases_stand_below_and_small_ones_are_marked():
    rows = [row for row in table().rows if row.section == "Likes it"]
    assert [(row.label, row.cells[0].value, row.cells[4].value) for row in rows if row.label.startswith("Base")] == [
        ("Base: n", 340, 20)
    ]
    assert rows[0].cells[4].small
    weighted = table(hostile(weighted=True))
    assert {"Weighted n (smallest)", "Effective n (smallest)"} <= {row.label for row in weighted.rows}
    assert not [row for row in table(hostile()).rows if "eighted" in row.label]


def test_each_letter_has_its_p_value_in_the_ledger_of_families():
    found = results()
    tests = found.tests["banner"]
    estimable = tests[tests["p_value"].notna()]
    assert set(estimable["family"]) <= set(found.families.loc[found.families["analysis"] == "banner", "family"])
    assert (estimable["role"] == "posthoc").all()
    assert estimable.loc[estimable["family"] == "likes × sector: columns", "family_size"].eq(3).all()


@settings(max_examples=5, deadline=None)
@given(st.permutations(range(4)), st.integers(0, 99))
def test_the_order_of_columns_and_respondents_permutes_the_letters_alone(order, seed):
    parts = [f'      {c}: {{label: {{en: "{c.capitalize()}"}}}}' for c in ("north", "south", "west", "few")]
    text = QUESTIONNAIRE.replace("\n".join(parts), "\n".join(parts[i] for i in order))
    turned = table(wave(answers().sample(frac=1, random_state=seed), text))
    for section, label in (("Likes it", "Yes"), ("Score: High", "First"), ("Score: Mean", "First")):
        assert by_label(turned, section, label) == by_label(table(), section, label)


def by_label(banner, section, label):
    """Return which columns each is above, by their labels; capitals stay capitals."""
    letters = {c.letter: c.heading for c in banner.columns if c.group == "Sector"}
    found = marks(banner, section, label)
    groups = {c.heading: c.group for c in banner.columns}
    return {
        name: {(letters[one.upper()], one.isupper()) for one in text.replace(" ", "")}
        for name, text in found.items()
        if groups[name] == "Sector"
    }


def test_letters_go_on_after_z():
    assert [letter(i) for i in (0, 25, 26, 27, 51, 52)] == ["A", "Z", "AA", "AB", "AZ", "BA"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_workbook_has_a_banner_an_analysis_in_place_of_tables_by_segment(language):
    for found in (hostile(), shipped()):
        labels = Labels(found.questionnaire, language)
        kinds = [(t.kind, t.analysis) for t in printed_tables(found, labels, banners=True)]
        assert ("segment", "usage") not in kinds
        assert ("banner", "usage") in kinds
        assert len({a for kind, a in kinds if kind == "banner"}) == sum(kind == "banner" for kind, _ in kinds)
        assert "banner" not in {t.kind for t in printed_tables(found, labels)}, "the report shows tables by segment"


def test_heads_of_banners_are_merged_and_letters_stand_below_them():
    sheet = next(s for s in load_workbook(io.BytesIO(workbook(results(), "en"))) if "Use banner" in s.title)
    rows = list(sheet.iter_rows(values_only=True))
    top = next(i for i, row in enumerate(rows) if "Sector" in row)
    assert rows[top + 1][:6] == ("Question and answer", "Total", "North", "South", "West", "Few")
    assert rows[top + 2][2:8] == ("A", "B", "C", "D", "A", "B")
    assert {"C5:F5", "G5:H5"} <= {str(merged) for merged in sheet.merged_cells.ranges}
    assert sheet.freeze_panes == "B8"


def test_nobody_left_has_no_banner():
    assert table(hostile(nobody=True)) is None
    assert table(replace(results(), tests={k: v for k, v in results().tests.items() if k != "banner"})) is None
