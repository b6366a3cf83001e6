"""The tables of the models as they are printed, in the workbook and the report."""

import re

import pytest

from b2bsurvey.render.labels import Labels
from b2bsurvey.render.report import report
from b2bsurvey.render.wave_tables import printed_tables
from rendered_wave import LANGUAGES, hostile, shipped


def printed(results, language="en", kind="model"):
    labels = Labels(results.questionnaire, language)
    return [t for t in printed_tables(results, labels) if t.kind == kind], labels


def test_a_model_has_its_terms_its_fit_and_its_predictors():
    (terms,), labels = printed(hostile(weighted=True))
    assert (terms.analysis, terms.question, terms.title) == ("models", "adoption", "Adoption: model")
    assert [c.heading for c in terms.columns if not c.role] == [
        "Odds ratio",
        "Difference in probability, points",
        "p adjusted",
    ]
    assert [row.section for row in terms.rows] == [
        "“Planned” against “Uses” · Firm size (reference: 1–49)",
        "“Will not use” against “Uses” · Firm size (reference: 1–49)",
    ]
    estimates = hostile(weighted=True).estimates["models"]
    first = estimates[(estimates["statistic"] == "odds_ratio") & (estimates["answer"] == "planned")].iloc[0]
    effect = estimates[(estimates["statistic"] == "ame") & (estimates["answer"] == "planned")].iloc[0]
    shown = [cell.text(labels.form) for cell in terms.rows[0].cells]
    assert shown[0] == labels.form.number(first["estimate"], 2)
    assert shown[3] == labels.form.number(100 * effect["estimate"], 1)
    assert "n = 58. Odds ratio of each answer against “Uses”" in terms.base_note
    assert "associations, not causes" in terms.base_note
    assert "family “model: Adoption”, tests: 1, p adjusted: Holm" in terms.source
    assert "score equations are weighted" in terms.source
    (fit,), _ = printed(hostile(weighted=True), kind="model_fit")
    assert [row.label for row in fit.rows] == [
        "Respondents in the model",
        "Events per term",
        "McFadden’s R²",
        "Any predictor missing",
        "All predictors: Wald F",
    ]
    (predictors,), _ = printed(hostile(weighted=True), kind="model_predictors")
    assert [row.label for row in predictors.rows] == ["Firm size"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_report_shows_models_and_says_where_there_are_none(language):
    labels = Labels(hostile().questionnaire, language)
    section = re.search(r'<section id="models".*?</section>', report(hostile(), language, ()), re.DOTALL).group()
    for kind in ("model", "model_fit", "model_predictors"):
        assert f'<table class="{kind}">' in section
    assert labels("table.model", outcome="Adoption") in section
    none = re.search(r'<section id="models".*?</section>', report(shipped(), language, ()), re.DOTALL).group()
    assert labels("report.not_asked") in none
