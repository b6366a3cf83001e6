"""The pages in a browser: axe finds nothing against WCAG 2.2 A and AA, the keyboard reaches all, the HTML is valid."""

import shutil

import pytest

from b2bsurvey.fielding.printed import printed_questionnaire
from b2bsurvey.fielding.topline import topline
from b2bsurvey.render.codebook_page import codebook_page
from b2bsurvey.render.report import report
from rendered_wave import LANGUAGES, hostile, shipped
from test_codebook import typed_book
from test_fielding import form
from test_index_page import page as index_page
from test_published_page import page as published_page
from test_report import FIGURES

html5lib = pytest.importorskip("html5lib", reason="html5lib is not installed")
playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
RULES = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
# page, width and colours of the window: each language of the report once, for axe takes seconds over its tables
VIEWS = [
    ("report_en", 1280, "light"),
    ("report_de", 320, "dark"),
    ("report_fr", 1280, "dark"),
    ("report_it", 320, "light"),
]
VIEWS += [
    (n, *view)
    for n in ("index", "codebook", "questionnaire", "topline", "published")
    for view in ((1280, "light"), (320, "dark"))
]

in_a_browser = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """Return pages by name: the report in each language, the others in one."""
    folder = tmp_path_factory.mktemp("book")
    return {
        **{f"report_{language}": report(hostile(raked=True), language, FIGURES) for language in LANGUAGES},
        "index": index_page("fr"),
        "published": published_page("de"),
        "codebook": codebook_page(typed_book(folder)[0], "en"),
        "questionnaire": printed_questionnaire(form(), "it", "Study"),
        "topline": topline(shipped(), {}, "de"),
    }


def opened(browser, text, width=1280, scheme="light"):
    tab = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, offline=True).new_page()
    tab.set_content(text)
    return tab


def violations(tab):
    found = axe.Axe().run(tab, options={"runOnly": RULES, "resultTypes": ["violations"]}).response["violations"]
    return [f"{v['id']}: {node['html'][:200]}" for v in found for node in v["nodes"]]


@in_a_browser
@pytest.mark.parametrize(("name", "width", "scheme"), VIEWS)
def test_axe_finds_nothing_and_the_page_is_no_wider_than_the_window(browser, pages, name, width, scheme):
    tab = opened(browser, pages[name], width, scheme)
    tab.evaluate("document.querySelectorAll('details').forEach((part) => { part.open = true })")
    assert violations(tab) == []
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    tab.context.close()


@in_a_browser
def test_axe_sees_what_is_wrong(browser):
    tab = opened(browser, "<html><title>t</title><p style='color:#ccc'>pale</p><svg role=img></svg></html>")
    assert {line.split(":")[0] for line in violations(tab)} == {"color-contrast", "html-has-lang", "svg-img-alt"}
    tab.context.close()


@in_a_browser
def test_the_keyboard_skips_opens_and_scrolls(browser, pages):
    tab = opened(browser, pages["report_en"], width=320)
    tab.keyboard.press("Tab")
    assert (
        tab.evaluate("document.activeElement.getBoundingClientRect().left >= 0 && document.activeElement.className")
        == "skip"
    )
    tab.keyboard.press("Enter")
    assert tab.evaluate("document.activeElement.id") == "findings"
    tab.locator("summary").first.focus()
    tab.keyboard.press("Enter")
    assert tab.locator("details").first.get_attribute("open") is not None
    wide = tab.locator(".scroll", has=tab.locator("table.overall")).first
    wide.focus()
    for _ in range(5):
        tab.keyboard.press("ArrowRight")
    tab.wait_for_function("document.activeElement.scrollLeft > 0", timeout=5000)
    tab.context.close()


@pytest.mark.parametrize("name", dict.fromkeys(name for name, *_ in VIEWS))
def test_the_html_is_valid(pages, name):
    html5lib.HTMLParser(strict=True).parse(pages[name])


def test_the_parser_sees_what_is_wrong():
    with pytest.raises(html5lib.html5parser.ParseError):
        html5lib.HTMLParser(strict=True).parse("<!DOCTYPE html><title>t</title><p></div>")
