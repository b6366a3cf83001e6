"""The codebook for archives: DDI-Codebook 2.5 in its order, complete, in every language, with counts that add up."""

import re
import xml.etree.ElementTree as ET

import pytest

from archived_waves import WAVES, archived, files
from b2bsurvey.archive.ddi import NAMESPACE
from b2bsurvey.archive.fields import response_sets
from b2bsurvey.codebook import codebook
from rendered_wave import MARKUP

LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
# what may stand in each element, in this order, and what must: of the schema of the standard, as far as we use it
ORDER = {
    "codeBook": "docDscr stdyDscr fileDscr dataDscr otherMat",
    "docDscr": "citation docStatus docSrc notes",
    "stdyDscr": "citation studyAuthorization stdyInfo studyDevelopment method dataAccs othrStdyMat notes",
    "citation": "titlStmt rspStmt prodStmt distStmt serStmt verStmt biblCit holdings notes",
    "titlStmt": "titl subTitl altTitl parTitl IDNo",
    "prodStmt": "producer copyright prodDate prodPlac software fundAg grantNo",
    "stdyInfo": "studyBudget subject abstract sumDscr qualityStatement notes exPostEvaluation",
    "sumDscr": "timePrd collDate nation geogCover geogUnit geoBndBox boundPoly anlyUnit universe dataKind",
    "method": "dataColl notes anlyInfo stdyClas dataProcessing codingInstructions",
    "dataColl": "timeMeth dataCollector collectorTraining frequenc sampProc sampleFrame targetSampleSize deviat collMode "
    "resInstru instrumentDevelopment sources collSitu actMin ConOps weight cleanOps",
    "fileDscr": "fileTxt locMap notes",
    "fileTxt": "fileName fileCitation dataFingerprint fileCont fileStrc dimensns fileType format filePlac dataChck "
    "ProcStat dataMsng software verStmt",
    "dimensns": "caseQnty varQnty logRecL recPrCas recNumTot",
    "dataDscr": "varGrp nCubeGrp var nCube notes",
    "varGrp": "labl txt concept defntn universe notes",
    "var": "location labl imputation security embargo respUnit anlysUnit qstn valrng invalrng undocCod universe "
    "TotlResp sumStat txt stdCatgry catgryGrp catgry codInstr verStmt concept derivation varFormat geoMap catLevel notes",
    "qstn": "preQTxt qstnLit postQTxt forward backward ivuInstr",
    "catgry": "catValu labl txt catStat mrow catgry",
    "derivation": "drvdesc drvcmd",
    "valrng": "range",
    "invalrng": "range",
}
ATTRIBUTES = {
    "codeBook": "version",
    "collDate": "date event",
    "fileDscr": "ID",
    "varGrp": "ID type var name",
    "var": "ID name files intrvl nature wgt measUnit",
    "universe": "clusion",
    "range": "min max",
    "sumStat": "type",
    "catStat": "type",
    "catgry": "missing",
    "varFormat": "type category",
    "notes": "subject type",
}
VALUES = {
    ("varGrp", "type"): "section multipleResp grid analysis",
    ("var", "intrvl"): "contin discrete",
    ("var", "nature"): "nominal ordinal interval",
    ("var", "wgt"): "wgt",
    ("sumStat", "type"): "mean medn vald invd min max stdev",
    ("catStat", "type"): "freq",
    ("catgry", "missing"): "Y",
    ("universe", "clusion"): "I E",
    ("collDate", "event"): "start end",
    ("varFormat", "type"): "numeric character",
    ("varFormat", "category"): "date time",
}
ONCE = {"docDscr", "dataDscr", "titl", "fileName", "dimensns", "catValu", "derivation", "varFormat", "titlStmt"}


def tag(element):
    assert element.tag.startswith(f"{{{NAMESPACE}}}")
    return element.tag.partition("}")[2]


def root(wave):
    return ET.fromstring(files(wave)["ddi"])


def under(element, *path):
    return element.findall("/".join(f"{{{NAMESPACE}}}{name}" for name in path))


def variables(wave):
    return {element.get("name"): element for element in under(root(wave), "dataDscr", "var")}


def texts(element, *path):
    return {found.get(LANGUAGE): found.text for found in under(element, *path)}


@pytest.mark.parametrize("wave", WAVES)
def test_every_element_stands_where_the_standard_wants_it(wave):
    top = root(wave)
    assert tag(top) == "codeBook"
    for element in top.iter():
        name = tag(element)
        children = [tag(child) for child in element]
        order = ORDER.get(name, "").split()
        assert set(children) <= set(order), name
        assert children == sorted(children, key=order.index), name
        assert not [child for child in ONCE if children.count(child) > 1], name
        assert not (children and (element.text or "").strip()), name
        assert children or (element.text or "").strip() or name in ("range", "varFormat"), name
        own = {key for key in element.keys() if key != LANGUAGE}  # noqa: SIM118
        assert own <= set(ATTRIBUTES.get(name, "").split()), name
        for key in own & {attribute for of, attribute in VALUES if of == name}:
            assert element.get(key) in VALUES[name, key].split()


@pytest.mark.parametrize("wave", WAVES)
def test_ids_are_unique_names_and_references_lead_to_them(wave):
    top = root(wave)
    ids = [element.get("ID") for element in top.iter() if element.get("ID")]
    assert len(ids) == len(set(ids))
    assert all(re.fullmatch(r"[A-Za-z_][\w.-]*", each) for each in ids)
    refers = [each for element in top.iter() for key in ("var", "files") for each in element.get(key, "").split()]
    assert refers
    assert set(refers) <= set(ids)


@pytest.mark.parametrize("wave", WAVES)
def test_every_variable_of_the_codebook_is_there_and_its_counts_add_up(wave):
    book, _, responses = archived(wave)
    rows = codebook(responses, book.questionnaire, {})
    found = variables(wave)
    assert [name for name in found if name in set(rows["variable"])] == list(rows["variable"])
    n = len(responses)
    for row in rows.itertuples():
        element = found[row.variable]
        numbers = {stat.get("type"): stat.text for stat in under(element, "sumStat")}
        assert int(numbers["vald"]) + int(numbers["invd"]) == n
        assert int(numbers["vald"]) == row.n_valid, row.variable
        counts = [int(stat.text) for stat in under(element, "catgry", "catStat")]
        reasons = found.get(f"{row.variable}__missing")
        beside = [] if reasons is None else [int(stat.text) for stat in under(reasons, "catgry", "catStat")]
        if row.codes:
            assert sum(counts) == n, row.variable
        else:
            assert sum(counts) in (0, n - row.n_valid)
            assert sum(beside) in (0, n)
        missing = [int(s.text) for c in under(element, "catgry") if c.get("missing") for s in under(c, "catStat")]
        if row.type not in ("text", "date"):
            assert "; ".join(map(str, missing)) == re.sub(r"\w+=", "", row.missing)


@pytest.mark.parametrize("wave", WAVES)
def test_every_text_is_there_in_every_language(wave):
    languages = [each for each in archived(wave)[0].questionnaire.languages if each in ("en", "de", "fr", "it")]
    for element in root(wave).iter():
        groups = {}
        for child in element:
            if child.get(LANGUAGE):
                groups.setdefault((tag(child), child.get("clusion")), []).append(child.get(LANGUAGE))
        for (name, _), found in groups.items():
            if name in ("titl", "parTitl"):
                continue
            assert found == languages * (len(found) // len(languages)), name
    titles = under(root(wave), "stdyDscr", "citation", "titlStmt")[0]
    assert [*texts(titles, "titl"), *texts(titles, "parTitl")] == languages


def test_the_study_says_how_it_was_made():
    top = root("lucerne")
    (method,) = under(top, "stdyDscr", "method", "dataColl")
    assert texts(method, "sampProc")["en"].startswith("open link (self-selected). Whoever found the link")
    assert texts(method, "collMode")["fr"] == "en ligne"
    assert texts(method, "weight")["de"] == ("per Raking an die Grundgesamtheit angepasst: Unternehmensgrösse, Branche")
    assert texts(method, "cleanOps")["it"] == "n = 571 analizzati, su 764 righe dell’esportazione."
    summary = under(top, "stdyDscr", "stdyInfo", "sumDscr")[0]
    days = {d.get("event"): d.text for d in under(summary, "collDate")}
    assert days == {"start": "2013-05-06", "end": "2013-06-30"}
    assert texts(summary, "universe")["en"] == "managers of SMEs"
    assert texts(summary, "dataKind")["fr"].startswith("Données synthétiques")
    assert [w.get("name") for w in variables("lucerne").values() if w.get("wgt")] == ["weight", "base_weight"]
    other = root("small")
    assert texts(under(other, "stdyDscr", "method", "dataColl")[0], "collMode")["de"] == "telefonisch"
    assert texts(under(other, "stdyDscr", "stdyInfo", "sumDscr")[0], "anlyUnit")["it"] == "azienda"
    (buffer,) = under(root("buffer"), "stdyDscr", "method", "dataColl")
    assert texts(buffer, "weight")["en"] == "unweighted"


def test_a_variable_says_what_was_asked_of_whom_and_what_each_code_means():
    found = variables("lucerne")
    stage = found["channel_stage_blogs"]
    assert texts(stage, "qstn", "preQTxt")["en"] == "And how does your firm stand towards each of these channels today?"
    assert texts(stage, "qstn", "qstnLit")["de"] == "Blogs"
    assert texts(stage, "universe")["en"].startswith("Stage of adoption: Yes, it uses them or")
    assert texts(found["adoption"], "universe")["en"] == "everybody"
    codes = {c.findtext(f"{{{NAMESPACE}}}catValu"): texts(c, "labl")["fr"] for c in under(found["adoption"], "catgry")}
    assert codes == {
        "1": "Non, et ce n’est pas prévu",
        "2": "Non, encore indécise",
        "3": "Non, mais c’est prévu",
        "4": "Oui, elle les utilise",
        "-8": "Ne sait pas",
    }
    employees = {stat.get("type"): stat.text for stat in under(found["employees"], "sumStat")}
    values = archived("lucerne")[2].values["employees"]
    assert float(employees["mean"]) == pytest.approx(values.mean())
    assert (employees["min"], employees["max"]) == (str(int(values.min())), str(int(values.max())))
    assert texts(found["helpful"], "txt")["en"] == "the texts are cleared and stand in the data"
    assert texts(found["remark"], "txt")["en"] == "the texts are held back"


def test_derived_variables_say_how_they_are_made_and_asked_ones_what_was_asked():
    questionnaire = archived("lucerne")[0].questionnaire
    for name, element in variables("lucerne").items():
        try:
            derived = questionnaire.owner(name).derivation is not None
        except KeyError:
            continue
        assert bool(under(element, "derivation", "drvcmd")) == derived, name
        assert bool(under(element, "qstn", "qstnLit")) != derived, name
    adopter = variables("lucerne")["adopter"]
    assert under(adopter, "derivation", "drvcmd")[0].text == "net(adoption: uses)"
    assert texts(adopter, "derivation", "drvdesc")["fr"].startswith("oui si Stade d’adoption vaut Oui")


@pytest.mark.parametrize("wave", WAVES)
def test_groups_are_the_sets_and_batteries(wave):
    book, _, _ = archived(wave)
    groups = {g.get("name"): g for g in under(root(wave), "dataDscr", "varGrp")}
    for each in response_sets(book.questionnaire, "en"):
        assert groups[each.name].get("type") == "multipleResp"
        assert groups[each.name].get("var").split() == [f"V_{name}" for name in each.variables]
    for question in book.questionnaire.questions.values():
        if len(question.variables) > 1 and question.kind != "tick":
            assert groups[question.name].get("type") == "grid"
    for construct in book.questionnaire.constructs.values():
        group = groups[f"construct_{construct.name}"]
        assert group.get("var").split() == [f"V_{name}" for name in (*construct.items, construct.name)]


def test_markup_in_labels_is_text():
    labels = [label for element in variables("small").values() for label in texts(element, "labl").values()]
    assert any(MARKUP in label for label in labels)
    assert MARKUP not in files("small")["ddi"]
