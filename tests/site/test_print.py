"""On paper every letter and line is dark on white, and nothing is cut off."""

import pytest
from browsing import PHONE, probe

PAPER = {"width": 680, "height": 900}  # A4 with the browser's own margins


@pytest.fixture(params=["chosen", "the system's"])
def dark(request, opened):
    """A browser in which it is dark, by either way, and that prints."""
    dark = {"color_scheme": "dark"}
    if request.param == "chosen":
        script = "localStorage.setItem('theme', 'dark')"
        dark = {"color_scheme": "light", "script": script}
    page = opened(viewport=PAPER, **dark).page
    page.emulate_media(media="print")
    return page


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


def test_an_open_menu_is_not_printed(opened, sample):
    page = opened(sample.address + "chapter.html", **PHONE).page
    page.get_by_role("button", name="Chapters").click()
    page.emulate_media(media="print")
    assert probe(page, "furniture") == []
