"""Every page of the book and of the sample book, in a real browser."""

from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from browsing import probe, visit

# Each theme and each width once: colours do not depend on the width.
LOOKS = {
    "by day on a desk": ("light", {"width": 1280, "height": 900}),
    "by night on a telephone": ("dark", {"width": 390, "height": 844}),
}

#: What is looked at, and what it means if something is found.
MEANS = {
    "strangers": "the page asks another server",
    "complaints": "the browser's console complains, or a request fails",
    "axe": "axe finds a violation",
    "paleLetters": "letters in a figure have less than 4.5:1",
    "tinyLetters": "letters in a figure are under 8.5 px",
    "overflow": "the page is wider than the screen",
    "silent": "a picture has no text for a listener, or no size",
    "repeatedIds": "two elements share an id",
}


def look(browser, site, path, how):
    """Open one page and look at everything once: opening is what takes time."""
    theme, viewport = LOOKS[how]
    context = browser.new_context(color_scheme=theme, viewport=viewport)
    view = visit(context, site.address + path)
    host = urlsplit(site.address).netloc
    found = Axe().run(view.page)
    seen = {
        "strangers": [url for url in view.requests if urlsplit(url).netloc != host],
        "complaints": view.errors,
        "axe": found.generate_report() if found.violations_count else "",
    }
    seen |= {name: probe(view.page, name) for name in MEANS if name not in seen}
    context.close()
    return seen


@pytest.fixture(scope="module", params=["book", "sample"])
def survey(request, browser):
    site = request.getfixturevalue(request.param)
    return {
        f"{path} {how}": look(browser, site, path, how)
        for path in site.pages()
        for how in LOOKS
    }


@pytest.mark.parametrize("what", MEANS)
def test_pages_are_sound(survey, what):
    bad = [f"{page}: {seen[what]}" for page, seen in survey.items() if seen[what]]
    assert bad == [], MEANS[what]
