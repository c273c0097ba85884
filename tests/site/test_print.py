"""On paper every letter and line is dark on white, and nothing is cut off."""

import pytest
from browsing import visit

# Text and shapes with too little contrast on white paper, and with it, backgrounds that
# a printer leaves out by default, so that white is what lies behind every letter.
PALE = """() => {
  const luminance = (colour) => colour.match(/[\\d.]+/g).slice(0, 3).map((v) => v / 255)
    .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const onWhite = (colour) => 1.05 / (luminance(colour) + 0.05);
  const shown = (e) => e.checkVisibility({ opacityProperty: true });
  const isClear = (colour) => colour === "none" || /, 0\\)$/.test(colour);
  const letters = [...document.querySelectorAll("body *")].filter((e) => shown(e)
    && [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()))
    .map((e) => [e, e.closest("svg") ? "fill" : "color", 4.5]);
  const lines = [...document.querySelectorAll("figure svg :is(path, line, use)")]
    .map((e) => [e, "stroke", 3]);
  return [...letters, ...lines]
    .map(([e, property, least]) => [e, getComputedStyle(e)[property], least])
    .filter(([, colour, least]) => !isClear(colour) && onWhite(colour) < least)
    .map(([e, colour]) => `${e.outerHTML.slice(0, 80)} ${colour}`);
}"""
CUT_OFF = """() => [...document.querySelectorAll("main *")]
  .filter((e) => e.getBoundingClientRect().right > innerWidth + 1
                 && e.checkVisibility() && !e.closest("svg, .sr-only"))
  .map((e) => e.outerHTML.slice(0, 120))"""
SHOWN = """() => [...document.querySelectorAll(
    ".top, .book-nav, .page-toc, .neighbours, .copy, .skip-link, dialog, body > footer"
  )].filter((e) => e.checkVisibility()).map((e) => e.className)"""
WIDTH = 680  # CSS pixels: A4 with the browser's own margins


@pytest.fixture(params=["chosen", "the system's"])
def dark(request, browser):
    """A browser in which it is dark, by either way, and that prints."""
    scheme = "dark" if request.param == "the system's" else "light"
    context = browser.new_context(
        color_scheme=scheme, viewport={"width": WIDTH, "height": 900}
    )
    if request.param == "chosen":
        context.add_init_script("localStorage.setItem('theme', 'dark')")
    page = context.new_page()
    page.emulate_media(media="print")
    yield page
    context.close()


@pytest.mark.parametrize("path", ["chapter", "components", "prices", "index"])
def test_letters_and_lines_are_dark_on_paper(dark, sample, path):
    dark.goto(f"{sample.address}{path}.html")
    assert dark.evaluate(PALE) == []
    paper = dark.evaluate("getComputedStyle(document.body).backgroundColor")
    assert paper == "rgb(255, 255, 255)"
    assert dark.evaluate(SHOWN) == []


@pytest.mark.parametrize("path", ["notebooks/10_fraud_detection", "book/bank/fraud"])
def test_a_page_of_the_book_is_dark_on_paper(dark, book, path):
    dark.goto(f"{book.address}{path}.html")
    assert dark.evaluate(PALE) == []


@pytest.mark.parametrize("path", ["chapter", "components"])
def test_nothing_is_cut_off_on_paper(dark, sample, path):
    dark.goto(f"{sample.address}{path}.html")
    assert dark.evaluate(CUT_OFF) == []


def test_an_open_menu_is_not_printed(browser, sample):
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = visit(context, sample.address + "chapter.html").page
    page.get_by_role("button", name="Chapters").click()
    page.emulate_media(media="print")
    assert page.evaluate(SHOWN) == []
    context.close()
