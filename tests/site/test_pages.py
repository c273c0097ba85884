"""Every page of the book and of the sample book, in a real browser."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from browsing import Site, Visit, visit
from playwright.sync_api import Browser

NARROW = {"width": 390, "height": 844}
WIDE = {"width": 1280, "height": 900}

# The contrast of every letter inside a picture, which axe does not look at.
PALE_LETTERS = """() => {
  const luminance = (rgb) => rgb.map((v) => v / 255)
    .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const parts = (colour) => colour.match(/[\\d.]+/g).slice(0, 3).map(Number);
  const paper = luminance(parts(getComputedStyle(document.body).backgroundColor));
  const ratio = (colour) => {
    const ink = luminance(parts(colour));
    return (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
  };
  return [...document.querySelectorAll("figure svg text")]
    .map((text) => [text.textContent, ratio(getComputedStyle(text).fill)])
    .filter(([, contrast]) => !(contrast >= 4.5));
}"""

# Letters of a picture, in CSS pixels as drawn.
TINY_LETTERS = """() => [...document.querySelectorAll("figure svg text")]
  .map((text) => {
    const { a, b } = text.getScreenCTM();  // b: of a text that stands upright
    return [text.textContent,
            parseFloat(getComputedStyle(text).fontSize) * Math.hypot(a, b)];
  })
  .filter(([, size]) => size < 8.5)"""

OVERFLOW = """() => {
  const wide = document.documentElement.clientWidth;
  return document.documentElement.scrollWidth <= wide ? [] :
    [...document.querySelectorAll("main *")]
      .filter((e) => e.getBoundingClientRect().right > wide + 1
                     && !e.parentElement.closest(".scroll, pre, .text_html"))
      .map((e) => e.outerHTML.slice(0, 120)).slice(0, 5);
}"""


@pytest.fixture(params=["book", "sample"])
def site(request: pytest.FixtureRequest) -> Site:
    """Both sites, one after the other."""
    return request.getfixturevalue(request.param)


def _visits(
    browser: Browser, site: Site, theme: str, viewport: dict[str, int]
) -> Iterator[tuple[str, Visit]]:
    context = browser.new_context(color_scheme=theme, viewport=viewport)
    for path in site.pages():
        seen = visit(context, site.address + path)
        yield path, seen
        seen.page.close()
    context.close()


def test_pages_ask_nobody_else_and_complain_of_nothing(
    browser: Browser, site: Site
) -> None:
    host = urlsplit(site.address).netloc
    for path, seen in _visits(browser, site, "light", WIDE):
        strangers = [url for url in seen.requests if urlsplit(url).netloc != host]
        assert not strangers, f"{path} asks {strangers}"
        assert not seen.errors, f"{path}: {seen.errors}"


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["wide", "narrow"])
def test_axe_finds_no_violation(
    browser: Browser, site: Site, theme: str, viewport: dict[str, int]
) -> None:
    axe = Axe()
    for path, seen in _visits(browser, site, theme, viewport):
        found = axe.run(seen.page)
        assert found.violations_count == 0, f"{path}: {found.generate_report()}"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_letters_in_figures_can_be_read(
    browser: Browser, site: Site, theme: str
) -> None:
    for path, seen in _visits(browser, site, theme, NARROW):
        assert seen.page.evaluate(PALE_LETTERS) == [], f"{path}: too pale in {theme}"
        assert seen.page.evaluate(TINY_LETTERS) == [], f"{path}: too small"


def test_nothing_overflows_a_telephone(browser: Browser, site: Site) -> None:
    for path, seen in _visits(browser, site, "light", NARROW):
        assert seen.page.evaluate(OVERFLOW) == [], path


def test_pictures_have_words_and_show_something(browser: Browser, site: Site) -> None:
    silent = """() => [...document.querySelectorAll("main img, main svg[role=img]")]
      .filter((e) => !(e.alt || e.getAttribute("aria-label")) || !e.clientWidth)
      .map((e) => e.outerHTML.slice(0, 120))"""
    for path, seen in _visits(browser, site, "light", WIDE):
        assert seen.page.evaluate(silent) == [], path


def test_ids_are_unique(browser: Browser, site: Site) -> None:
    twice = """() => {
      const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
      return ids.filter((id, at) => ids.indexOf(id) !== at);
    }"""
    for path, seen in _visits(browser, site, "light", WIDE):
        assert seen.page.evaluate(twice) == [], path
