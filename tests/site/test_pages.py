"""Every page of the book and of the sample book, in a real browser."""

from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from browsing import Site, visit

# Each theme and each width once: colours do not depend on the width.
LOOKS = {
    "by day on a desk": ("light", {"width": 1280, "height": 900}),
    "by night on a telephone": ("dark", {"width": 390, "height": 844}),
}

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


SILENT = """() => [...document.querySelectorAll("main img, main svg[role=img]")]
  .filter((e) => !(e.alt || e.getAttribute("aria-label")) || !e.clientWidth)
  .map((e) => e.outerHTML.slice(0, 120))"""

REPEATED_IDS = """() => {
  const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
  return ids.filter((id, at) => ids.indexOf(id) !== at);
}"""


@dataclass(frozen=True)
class Seen:
    """What one page showed in one look. Whatever is not empty is wrong."""

    strangers: list[str]
    complaints: list[str]
    axe: str
    pale: list[list[object]]
    tiny: list[list[object]]
    overflow: list[str]
    silent: list[str]
    repeated: list[str]


def look(browser, site, path, how):
    """Open one page and look at everything once: opening is what takes time."""
    theme, viewport = LOOKS[how]
    context = browser.new_context(color_scheme=theme, viewport=viewport)
    view = visit(context, site.address + path)
    host = urlsplit(site.address).netloc
    found = Axe().run(view.page)
    seen = Seen(
        strangers=[url for url in view.requests if urlsplit(url).netloc != host],
        complaints=view.errors,
        axe=found.generate_report() if found.violations_count else "",
        pale=view.page.evaluate(PALE_LETTERS),
        tiny=view.page.evaluate(TINY_LETTERS),
        overflow=view.page.evaluate(OVERFLOW),
        silent=view.page.evaluate(SILENT),
        repeated=view.page.evaluate(REPEATED_IDS),
    )
    context.close()
    return seen


@pytest.fixture(scope="module", params=["book", "sample"])
def survey(request, browser):
    """Every page of a site, by day and by night, wide and narrow."""
    site: Site = request.getfixturevalue(request.param)
    return {
        f"{path} {how}": look(browser, site, path, how)
        for path in site.pages()
        for how in LOOKS
    }


@pytest.mark.parametrize(
    ("what", "means"),
    [
        ("strangers", "the page asks another server"),
        ("complaints", "the browser's console complains, or a request fails"),
        ("axe", "axe finds a violation"),
        ("pale", "letters in a figure have less than 4.5:1"),
        ("tiny", "letters in a figure are under 8.5 px"),
        ("overflow", "the page is wider than the screen"),
        ("silent", "a picture has no text for a listener, or no size"),
        ("repeated", "two elements share an id"),
    ],
)
def test_pages_are_sound(survey, what, means):
    found = {page: getattr(seen, what) for page, seen in survey.items()}
    bad = {page: value for page, value in found.items() if value}
    assert not bad, f"{means}: " + "; ".join(f"{p}: {v}" for p, v in bad.items())
