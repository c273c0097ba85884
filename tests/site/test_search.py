"""The search finds a word in its other forms, and says when it finds none."""

import shutil

import pytest
import sample_book
from playwright.sync_api import expect

SEARCH = sample_book.ROOT / "book" / "_ext" / "booksite" / "search.js"
INDEX = "**/search-index.js"

#: Heading and text of each section of a small book.
SECTIONS = {
    "Cold-start": "New videos have a cold-start problem. Naïve rules re-rank them.",
    "Labels": "Labels arrive after a delay: chargebacks take weeks: Goodhart’s law.",
    "Rates": "Fraud is 0.01 % of all; of 1,230,000 payments 0.840 were within 50 ms.",
    "Behaviour": "Optimised behaviour of colour; modelling a catalogue of queries.",
    "Propensity": "Propensities correct the position bias. Recommendation needs BM25.",
    "Losses": "Two classes of losses, and a tower of cells at Kulić’s, by Müller.",
}


@pytest.fixture(scope="module")
def blank(browser):
    page = browser.new_page()
    page.add_script_tag(content=SEARCH.read_text("utf-8"))
    index = [{"u": h, "p": "Book", "h": h, "t": t} for h, t in SECTIONS.items()]
    page.evaluate("index => { window.searchBook = makeSearch(index); }", index)
    yield page
    page.close()


def found(page, typed):
    said = page.evaluate("typed => searchBook(typed)", typed)
    if "none with all" in said["status"]:
        return []
    n_sections = int(said["status"].split()[0])
    assert n_sections == len(said["hits"])
    return [hit["h"] for hit in said["hits"]]


#: A heading, and what finds its section.
FORMS = """
Cold-start|cold start|cold-start|coldstart|Cold Starts|start cold|cold‑start
Cold-start|re-rank|rerank|re rank|reranking|naive|naïve|NAIVE|nai\u0308ve
Labels|delayed labels|label delays|labels delayed|arrived labels
Labels|chargeback|chargebacks|chargback|charge back|chargebakcs
Labels|goodhart|Goodhart's|Goodharts|Goodhart’s law
Rates|0.01 %|0.01%|.01 %|0.010%|0.01 percent|0,01 %|0.01\u202f%|0.01
Rates|1,230,000|1230000|1\u202f230\u202f000|0.84|.84|0.840|50ms|50 ms|50
Behaviour|behavior|behaviour|behaviours|optimize|optimised|optimisation
Behaviour|color|colours|modeling|modelling|models|catalog|catalogue|query
Propensity|propensity|propensties|propensty|porpensity|propensitty
Propensity|bm25|bm 25|BM-25|biased positions|recomendation|recommender
Losses|loss|losses|class|classes|cell|towers|kulic|Muller|Müller|Mueller
"""


@pytest.mark.parametrize("line", FORMS.strip().splitlines())
def test_every_form_finds_the_section(blank, line):
    heading, *forms = line.split("|")
    for typed in forms:
        assert found(blank, typed)[:1] == [heading], typed


@pytest.mark.parametrize(
    "typed",
    ["zzzz", "qqqq", "xylophone", "99 %", "0.02", "la", "e", "lo", "ms", "%", "?!"],
)
def test_what_is_not_there_is_not_found(blank, typed):
    said = blank.evaluate("typed => searchBook(typed)", typed)
    assert said == {"status": "0 sections", "hits": []}


def test_a_short_word_is_found_whole_and_a_heading_comes_first(blank):
    assert set(found(blank, "of")) == {"Rates", "Behaviour", "Losses"}
    assert found(blank, "by") == ["Losses"]
    assert found(blank, "labels")[0] == "Labels"
    assert found(blank, "behaviour")[0] == "Behaviour"


@pytest.mark.parametrize(
    ("typed", "status"),
    [
        ("propensty", "1 section with words like “propensty”"),
        ("0.01 ms", "1 section with words like “0.01 ms”"),
        ("propensity", "1 section"),
    ],
)
def test_a_wrong_letter_is_told_and_so_is_another_unit(blank, typed, status):
    assert blank.evaluate("typed => searchBook(typed).status", typed) == status


def test_sections_with_some_of_the_words_are_shown_if_none_has_all(blank):
    asked = "what is the propensity of a label?"
    said = blank.evaluate("typed => searchBook(typed)", asked)
    assert said["status"] == "2 sections with some of the words, none with all"
    assert {hit["h"] for hit in said["hits"]} == {"Propensity", "Labels"}


def test_the_excerpt_shows_where_the_words_stand_together(blank):
    before, after = "Of labels. " + "So it goes. " * 60, " Yes." * 60
    told = before + "Delayed labels are late." + after
    make = "told => { window.one = makeSearch([{ u: '', p: 'A', h: 'A', t: told }]); }"
    blank.evaluate(make, told)
    [hit] = blank.evaluate("() => one('delay label').hits")
    assert "Delayed labels are late." in hit["excerpt"]
    assert hit["excerpt"][0] == hit["excerpt"][-1] == "…"


@pytest.fixture
def page(opened):
    return opened().page


def search(page, address, typed):
    page.goto(address)
    page.keyboard.press("/")
    page.keyboard.type(typed)
    return page.locator(".search-status")


FAULTS = {
    "lost": {},
    "not found": {"status": 404, "body": "not here"},
    "cut short": {"body": "window.searchBook = (", "content_type": "text/javascript"},
    "another page": {"body": "<!DOCTYPE html><p>Sign in", "content_type": "text/html"},
}


@pytest.mark.parametrize("fault", FAULTS)
def test_an_index_that_does_not_load_is_told_and_asked_for_again(page, sample, fault):
    def answer(route):
        route.fulfill(**FAULTS[fault]) if FAULTS[fault] else route.abort()

    page.route(INDEX, answer)
    status = search(page, sample.address + "chapter.html", "xylophone")
    expect(status).to_contain_text("The search index did not load")
    page.unroute(INDEX)
    page.keyboard.press("Enter")
    expect(status).to_have_text("1 section")


def test_an_index_that_is_slow_is_told(page, sample):
    held = []
    page.route(INDEX, lambda route: held.append(route))
    status = search(page, sample.address + "chapter.html", "xylophone")
    expect(status).to_have_text("Loading the search index …")
    held[0].continue_()
    expect(status).to_have_text("1 section")
    assert len(held) == 1


def test_an_index_that_is_gone_from_disk_is_told(page, sample, tmp_path):
    copy = shutil.copytree(sample.folder, tmp_path / "copy")
    (copy / "_static" / "search-index.js").unlink()
    status = search(page, (copy / "chapter.html").as_uri(), "x")
    expect(status).to_contain_text("did not load")


def test_captions_and_titles_of_boxes_are_found(page, sample):
    address = sample.address + "components.html"
    status = search(page, address, "what happens at night is dashed")
    expect(status).to_have_text("1 section")
    page.locator("#search-dialog input").fill("Decision: train honest")
    expect(status).to_have_text("1 section")
