"""On paper every letter and line is dark on white, and nothing is cut off."""

import pytest
from browsing import probe, visit

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
    assert probe(dark, "paleOnPaper") == []
    paper = dark.evaluate("getComputedStyle(document.body).backgroundColor")
    assert paper == "rgb(255, 255, 255)"
    assert probe(dark, "furniture") == []


@pytest.mark.parametrize("path", ["notebooks/10_fraud_detection", "book/bank/fraud"])
def test_a_page_of_the_book_is_dark_on_paper(dark, book, path):
    dark.goto(f"{book.address}{path}.html")
    assert probe(dark, "paleOnPaper") == []


@pytest.mark.parametrize("path", ["chapter", "components"])
def test_nothing_is_cut_off_on_paper(dark, sample, path):
    dark.goto(f"{sample.address}{path}.html")
    assert probe(dark, "cutOff") == []


def test_an_open_menu_is_not_printed(browser, sample):
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = visit(context, sample.address + "chapter.html").page
    page.get_by_role("button", name="Chapters").click()
    page.emulate_media(media="print")
    assert probe(page, "furniture") == []
    context.close()
