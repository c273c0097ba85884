"""What a reader does: keyboard, search, theme, menu, running a chapter."""

import re
from pathlib import Path

import pytest
from browsing import PHONE
from playwright.sync_api import expect


@pytest.fixture
def page(opened, sample):
    """The sample chapter on a desk."""
    return opened(sample.address + "chapter.html", color_scheme="light").page


@pytest.fixture
def phone(opened):
    return opened(**PHONE).page


def test_tab_goes_from_the_skip_link_to_search_to_theme_to_chapters(page):
    order = []
    for place in range(6):
        page.keyboard.press("Tab")
        order.append(page.evaluate("document.activeElement.className"))
        if place == 0:
            expect(page.locator(".skip-link")).to_be_in_viewport()
    assert order[:3] == ["skip-link", "brand", "search-button"]
    assert page.evaluate("!!document.activeElement.closest('.book-nav')")
    page.locator(".skip-link").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()


@pytest.mark.parametrize("keys", ["/", "Control+k"])
def test_search_opens_by_keyboard_and_finds_a_word(page, keys):
    page.keyboard.press(keys)
    page.keyboard.type("xylophone")
    expect(page.locator(".search-status")).to_have_text("1 section")
    page.keyboard.press("Enter")
    page.wait_for_url("**/chapter.html*")
    expect(page.locator("#search-dialog")).to_be_hidden()


def test_search_works_from_disk_and_says_when_there_is_nothing(phone, sample):
    phone.goto((sample.folder / "components.html").as_uri())
    phone.keyboard.press("/")
    phone.keyboard.type("xylophone")
    expect(phone.locator(".results a")).to_have_text("A sample chapter")
    phone.keyboard.type("zzzz")
    expect(phone.locator(".search-status")).to_have_text("0 sections")
    phone.keyboard.press("Escape")
    expect(phone.locator("#search-dialog")).to_be_hidden()


def test_the_theme_is_kept_on_the_next_page(page, sample):
    colour = "getComputedStyle(document.body).backgroundColor"
    day = page.evaluate(colour)
    page.get_by_role("button", name="Switch between light and dark").click()
    night = page.evaluate(colour)
    page.goto(sample.address + "components.html")
    assert page.evaluate(colour) == night != day


REFUSALS = {
    "no clipboard": "Object.defineProperty(navigator, 'clipboard', { value: null });",
    "refused": "navigator.clipboard.writeText = () => Promise.reject(Error('no'));",
}
OLD_WAYS = {"works": "null", "fails": "document.execCommand = () => false"}


@pytest.mark.parametrize("refusal", REFUSALS)
@pytest.mark.parametrize("old_way", OLD_WAYS)
def test_a_refused_clipboard_is_told(page, refusal, old_way):
    page.evaluate(f"() => {{ {REFUSALS[refusal]} {OLD_WAYS[old_way]} }}")
    page.evaluate("document.oncopy = () => { window.copied = `${getSelection()}`; }")
    button = page.locator(".run-first .copy")
    code = page.locator(".run-first pre").inner_text()
    button.click()
    if old_way == "works":
        expect(button).to_have_text("Copied")
        assert page.evaluate("window.copied.trim()") == code
    else:
        expect(button).to_have_text("Selected: press Ctrl+C")
        assert page.evaluate("`${getSelection()}`.trim()") == code
        expect(button).to_be_visible()


KEEPS_NOTHING = """Object.defineProperty(window, 'localStorage',
    { get() { throw new DOMException('denied', 'SecurityError'); } })"""


def test_a_browser_that_keeps_nothing_still_turns_dark(opened, sample):
    address = sample.address + "chapter.html"
    seen = opened(address, KEEPS_NOTHING, color_scheme="light")
    seen.page.get_by_role("button", name="Switch between light and dark").click()
    assert seen.page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert seen.errors == []


@pytest.mark.parametrize("how", ["forbidden", "lost"])
def test_without_our_script_no_button_is_dead(opened, sample, how):
    page = opened(java_script_enabled=how == "lost", **PHONE).page
    page.route("**/site.js*", lambda route: route.abort())
    page.goto(sample.address + "chapter.html")
    expect(page.get_by_role("button")).to_have_count(0)
    expect(page.locator(".book-nav").get_by_text("Components")).to_be_visible()
    page.goto(sample.address + "search.html")
    expect(page.get_by_role("button")).to_have_count(0)
    expect(page.locator("main")).to_contain_text("Searching needs JavaScript")


def test_a_phones_menu_opens_and_closes_and_what_scrolls_has_a_stop(phone, sample):
    phone.goto(sample.address + "chapter.html")
    chapter = phone.locator(".book-nav").get_by_text("Components")
    expect(chapter).to_be_hidden()
    phone.get_by_role("button", name="Chapters").click()
    expect(chapter).to_be_visible()
    phone.keyboard.press("Escape")
    expect(chapter).to_be_hidden()
    phone.goto(sample.address + "components.html")
    expect(phone.locator(".diagram .scroll")).to_have_attribute("tabindex", "0")


def test_a_chapter_says_what_it_costs_and_where_to_run_it(page, sample):
    expect(page.locator(".badges")).to_contain_text("140 s to run")
    expect(page.locator(".badges")).to_contain_text("3.1 GB of memory")
    links = page.locator(".run-it a").evaluate_all("all => all.map((a) => a.href)")
    colab, binder, notebook = links
    assert colab.startswith("https://colab.research.google.com/github/")
    assert colab.endswith("/blob/main/chapter.ipynb")
    assert binder.startswith("https://mybinder.org/v2/gh/")
    assert Path(sample.folder, notebook.removeprefix(sample.address)).exists()
    install = r"^%pip install -q git\+https://github\.com/[\w-]+/[\w-]+@main$"
    expect(page.locator(".run-first pre")).to_have_text(re.compile(install))
    page.locator(".run-first").get_by_role("button", name="Copy").wait_for()


@pytest.mark.parametrize(
    ("name", "address"),
    [("Figure 2.1", "#fig-recall"), ("Open loops", "components.html#term-open-loop")],
)
def test_figures_are_cited_and_bold_terms_lead_to_the_glossary(page, name, address):
    link = page.get_by_role("link", name=name)
    expect(link).to_have_attribute("href", address)
    expect(page.locator("#fig-recall figcaption")).to_contain_text("Figure 2.1")


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("812", "You said 812; it is 812: your guess is exact."),
        ("8120", "You said 8,120; it is 812: your guess is 10 times too high."),
        ("400", "You said 400; it is 812: your guess is 2.03 times too low."),
        ("-3", "You said -3; it is 812: your guess is on the wrong side of zero."),
        (None, "It is 812."),
    ],
)
def test_a_reader_of_the_page_commits_before_the_result_is_shown(page, typed, told):
    result = page.locator(".cell_output pre").last
    expect(result).to_contain_text("Commit to a number above")
    expect(page.locator("article")).not_to_contain_text("it is 812")
    if typed is None:
        page.get_by_role("button", name="Skip").click()
    else:
        page.get_by_label("Your guess").fill(typed)
        page.get_by_role("button", name="Commit").click()
    expect(result).to_have_text(told)
