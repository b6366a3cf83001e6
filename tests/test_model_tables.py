"""The tables of the models as they are printed, in the workbook and the report."""

import re
from dataclasses import replace

import pytest

import small_wave
from b2bsurvey.analyses import analyse
from b2bsurvey.config import Inference, Models, NamedModel
from b2bsurvey.design import survey_of
from b2bsurvey.ingest import ingest
from b2bsurvey.readers import read_export
from b2bsurvey.render.figures import draw_figures
from b2bsurvey.render.labels import Labels
from b2bsurvey.render.model_tables import model_tables
from b2bsurvey.render.report import report
from b2bsurvey.render.wave_tables import printed_tables
from b2bsurvey.respondent_key import DEMONSTRATION_KEY
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
        assert f'<table class="{kind}"' in section
    assert labels("table.model", outcome="Adoption") in section
    none = report(shipped(), language, ())
    assert '<section id="models"' not in none
    assert re.search(f"{labels('method.not_asked')}</dt><dd>[^<]*{labels('analysis.models')}", none)


def test_an_item_may_be_an_outcome_beside_the_importance_of_its_predictors(tmp_path):
    models = Models(named=(NamedModel("own", "channels_linkedin_work", ("staff", "barriers"), importance=True),))
    results = hostile()
    (tmp_path / "small.csv").write_text(small_wave.export(300), encoding="utf-8")
    export = replace(read_export(tmp_path / "small.csv"), file="small.csv")
    responses, _ = ingest([export], results.questionnaire, DEMONSTRATION_KEY, results.wave)
    survey = survey_of(responses, results.questionnaire, results.ledger, results.wave, Inference(models=models))
    tables = analyse(survey, "models")
    results = replace(results, estimates={"models": tables.estimates}, tests={"models": tables.tests})
    terms, _, predictors = model_tables(results, Labels(results.questionnaire, "en"))
    assert terms.title == "Channels: LinkedIn · At work: model with own"
    assert "Odds ratio of “Ticked”" in terms.base_note
    assert "Adds to R²" in [column.heading for column in predictors.columns]
    shares = [row.cells[3].value for row in predictors.rows]
    assert shares == sorted(shares, reverse=True)
    assert sum(shares) == pytest.approx(1)
    figure = draw_figures({"models": tables.estimates}, results.questionnaire, "en")[-1]
    assert (figure.name, figure.analysis) == ("models_own", "models")
    assert figure.title.startswith("“Channels: LinkedIn · At work”: ")
    assert "Probability and odds of “ticked”." in figure.caption
